//! Base 64 and base 16 as Nix reads and writes them in hashes.

use crate::error::{Error, printable};

const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// The two hexadecimal digits of each byte.
static HEX: [[u8; 2]; 256] = {
    let digits = b"0123456789abcdef";
    let mut pairs = [[0; 2]; 256];
    let mut byte = 0;
    while byte < 256 {
        pairs[byte] = [digits[byte / 16], digits[byte % 16]];
        byte += 1;
    }
    pairs
};

/// The text of some bytes, with `=` at its end where they are no multiple of three.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let group =
            chunk.iter().enumerate().fold(0_u32, |all, (i, &byte)| all | u32::from(byte) << (16 - 8 * i));
        for digit in 0..4 {
            if digit <= chunk.len() {
                text.push(char::from(ALPHABET[(group >> (18 - 6 * digit) & 0x3f) as usize]));
            } else {
                text.push('=');
            }
        }
    }
    text
}

/// The bytes of a text. Nix stops at the first `=`, skips line feeds, and drops bits that fill no byte; so does this.
///
/// # Errors
/// [`Error::BadDigit`].
pub fn decode(text: &[u8]) -> Result<Vec<u8>, Error> {
    let mut bytes = Vec::with_capacity(text.len() / 4 * 3 + 3);
    let (mut buffer, mut bits) = (0_u32, 0);
    for (position, &c) in text.iter().enumerate() {
        let digit = match c {
            b'=' => break,
            b'\n' => continue,
            b'A'..=b'Z' => c - b'A',
            b'a'..=b'z' => c - b'a' + 26,
            b'0'..=b'9' => c - b'0' + 52,
            b'+' => 62,
            b'/' => 63,
            byte => {
                return Err(Error::BadDigit { encoding: "base64", text: printable(text), position, byte });
            }
        };
        buffer = (buffer << 6 | u32::from(digit)) & 0xffff;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((buffer >> bits & 0xff) as u8);
        }
    }
    Ok(bytes)
}

pub(crate) fn encode_hex(bytes: &[u8]) -> String {
    let mut text = Vec::with_capacity(bytes.len() * 2);
    push_hex(&mut text, bytes);
    String::from_utf8(text).unwrap_or_default()
}

/// Appends the hexadecimal digits of `bytes`.
pub(crate) fn push_hex(out: &mut Vec<u8>, bytes: &[u8]) {
    let (groups, rest) = bytes.as_chunks::<8>();
    for group in groups {
        out.extend_from_slice(group.map(|byte| HEX[usize::from(byte)]).as_flattened());
    }
    for byte in rest {
        out.extend_from_slice(&HEX[usize::from(*byte)]);
    }
}

pub(crate) fn decode_hex(text: &[u8]) -> Result<Vec<u8>, Error> {
    let digit = |position: usize, byte: u8| match (byte as char).to_digit(16) {
        Some(digit) => Ok(digit as u8),
        None => Err(Error::BadDigit { encoding: "base16", text: printable(text), position, byte }),
    };
    let mut bytes = Vec::with_capacity(text.len() / 2);
    for (index, pair) in text.chunks(2).enumerate() {
        let &[high, low] = pair else {
            return Err(Error::Incomplete { encoding: "base16", text: printable(text) });
        };
        bytes.push(digit(2 * index, high)? << 4 | digit(2 * index + 1, low)?);
    }
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(bytes: &[u8], text: &str) {
        assert_eq!(encode(bytes), text);
        assert_eq!(decode(text.as_bytes()).unwrap(), bytes);
        assert_eq!(decode(text.trim_end_matches('=').as_bytes()).unwrap(), bytes);
        assert_eq!(decode_hex(encode_hex(bytes).as_bytes()).unwrap(), bytes);
    }

    #[test]
    fn round_trips() {
        check(b"", "");
        check(b"f", "Zg==");
        check(b"fo", "Zm8=");
        check(b"foo", "Zm9v");
        check(b"foob", "Zm9vYg==");
        check(&[0xfb, 0xff, 0xfe], "+//+");
    }

    #[test]
    fn rejects() {
        assert!(matches!(decode(b"Zm 9v").unwrap_err(), Error::BadDigit { position: 2, byte: b' ', .. }));
        assert!(matches!(decode_hex(b"0g").unwrap_err(), Error::BadDigit { position: 1, .. }));
        assert!(matches!(decode_hex(b"abc").unwrap_err(), Error::Incomplete { .. }));
        assert_eq!(decode_hex(b"aF").unwrap(), [0xaf]);
    }
}
