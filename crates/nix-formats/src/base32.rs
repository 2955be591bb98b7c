//! nixbase32, the encoding of hashes in store paths.
//!
//! The alphabet leaves out `e`, `o`, `t` and `u`; the digits stand in the reverse order of the bits, the most
//! significant digit of the last byte first, so that a digest sorts by its last byte.

use crate::error::{Error, printable};

/// The 32 digits in ascending order.
pub const ALPHABET: &[u8; 32] = b"0123456789abcdfghijklmnpqrsvwxyz";

const INVALID: u8 = 0xff;

const REVERSE: [u8; 256] = {
    let mut table = [INVALID; 256];
    let mut digit = 0;
    while digit < 32 {
        table[ALPHABET[digit] as usize] = digit as u8;
        digit += 1;
    }
    table
};

/// The two digits of each number of ten bits.
static PAIRS: [[u8; 2]; 1024] = {
    let mut pairs = [[0; 2]; 1024];
    let mut number = 0;
    while number < 1024 {
        pairs[number] = [ALPHABET[number / 32], ALPHABET[number % 32]];
        number += 1;
    }
    pairs
};

/// Whether `byte` is one of the 32 digits.
pub const fn is_digit(byte: u8) -> bool {
    REVERSE[byte as usize] != INVALID
}

/// The number of digits that encode `bytes` bytes.
pub const fn encoded_len(bytes: usize) -> usize {
    (bytes * 8).div_ceil(5)
}

/// Encodes `bytes`.
pub fn encode(bytes: &[u8]) -> String {
    let mut text = Vec::with_capacity(encoded_len(bytes.len()));
    push(&mut text, bytes);
    String::from_utf8(text).unwrap_or_default()
}

/// Appends what `bytes` are encoded as.
pub(crate) fn push(out: &mut Vec<u8>, bytes: &[u8]) {
    // Five bytes are eight digits, and hash parts of store paths are made of such groups.
    let (groups, rest) = bytes.as_chunks::<5>();
    if rest.is_empty() {
        for [a, b, c, d, e] in groups.iter().rev() {
            let bits = u64::from_le_bytes([*a, *b, *c, *d, *e, 0, 0, 0]);
            let pair = |number: u64| PAIRS[(bits >> (30 - 10 * number) & 0x3ff) as usize];
            out.extend_from_slice([pair(0), pair(1), pair(2), pair(3)].as_flattened());
        }
        return;
    }
    let byte = |index: usize| u16::from(bytes.get(index).copied().unwrap_or(0));
    for n in (0..encoded_len(bytes.len())).rev() {
        let (index, shift) = (n * 5 / 8, n * 5 % 8);
        let digit = (byte(index) | byte(index + 1) << 8) >> shift & 0x1f;
        out.push(ALPHABET[usize::from(digit)]);
    }
}

/// Decodes `text`.
///
/// # Errors
/// [`Error::BadDigit`] for a character that is no digit; [`Error::Incomplete`] when the digits do not make
/// whole bytes, or when bits are set beyond the last byte.
pub fn decode(text: &[u8]) -> Result<Vec<u8>, Error> {
    let len = text.len() * 5 / 8;
    let mut bytes = vec![0_u8; len];
    let incomplete = || Error::Incomplete { encoding: "nix32", text: printable(text) };
    if encoded_len(len) != text.len() {
        return Err(incomplete());
    }
    for (n, &c) in text.iter().rev().enumerate() {
        let digit = REVERSE[usize::from(c)];
        if digit == INVALID {
            return Err(Error::BadDigit {
                encoding: "nix32",
                text: printable(text),
                position: text.len() - 1 - n,
                byte: c,
            });
        }
        let (index, shift) = (n * 5 / 8, n * 5 % 8);
        let [low, high] = (u16::from(digit) << shift).to_le_bytes();
        for (index, part) in [(index, low), (index + 1, high)] {
            match bytes.get_mut(index) {
                Some(byte) => *byte |= part,
                None if part == 0 => {}
                None => return Err(incomplete()),
            }
        }
    }
    Ok(bytes)
}

/// The bytes that the digits of a store path's hash part stand for, or `None` where one is no digit.
pub(crate) fn decode_hash_part(digits: &[u8; 32]) -> Option<[u8; 20]> {
    let mut bytes = [0; 20];
    let (groups, _) = digits.as_chunks::<8>();
    for (group, part) in groups.iter().zip(bytes.rchunks_exact_mut(5)) {
        let mut bits = 0_u64;
        for digit in group {
            let value = REVERSE[usize::from(*digit)];
            if value == INVALID {
                return None;
            }
            bits = bits << 5 | u64::from(value);
        }
        for (byte, from) in part.iter_mut().zip(bits.to_le_bytes()) {
            *byte = from;
        }
    }
    Some(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hash_parts() {
        let bytes: [u8; 20] = std::array::from_fn(|index| (index as u8).wrapping_mul(37) ^ 0xa5);
        let mut digits: [u8; 32] = encode(&bytes).as_bytes().try_into().unwrap();
        assert_eq!(decode(&digits).unwrap(), bytes);
        assert_eq!(decode_hash_part(&digits), Some(bytes));
        digits[31] = b'e';
        assert_eq!(decode_hash_part(&digits), None);
    }

    #[track_caller]
    fn check(bytes: &[u8], text: &str) {
        assert_eq!(encode(bytes), text);
        assert_eq!(decode(text.as_bytes()).unwrap(), bytes);
    }

    #[test]
    fn round_trips() {
        check(b"", "");
        check(&[0x1f], "0z");
        check(&[0xff], "7z");
        check(
            &[
                0xd8, 0x6b, 0x33, 0x92, 0xc1, 0x20, 0x2e, 0x8f, 0xf5, 0xa4, 0x23, 0xb3, 0x02, 0xe6, 0x28,
                0x4d, 0xb7, 0xf8, 0xf4, 0x35, 0xea, 0x9f, 0x39, 0xb5, 0xb1, 0xb2, 0x0f, 0xd3, 0xac, 0x36,
                0xdf, 0xcb,
            ],
            "1jyz6snd63xjn6skk7za6psgidsd53k05cr3lksqybi0q6936syq",
        );
    }

    #[test]
    fn rejects() {
        assert!(matches!(decode(b"0e").unwrap_err(), Error::BadDigit { position: 1, byte: b'e', .. }));
        assert!(matches!(decode(b"zz").unwrap_err(), Error::Incomplete { .. }));
        assert!(matches!(decode(b"0").unwrap_err(), Error::Incomplete { .. }));
    }
}
