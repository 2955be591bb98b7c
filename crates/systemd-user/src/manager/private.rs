//! The manager's private socket, which it listens on where there is no message bus.
//!
//! There the manager signs its messages with its well-known name, though the D-Bus specification
//! has only unique names, which begin with a colon, in that place, and the D-Bus library insists on
//! it. So the bytes go through a pair of threads, one of which turns the first letter of such a name
//! into a colon. Nobody looks at the sender of a message on a connection with only two ends.

use std::io::{self, Read, Write};
use std::net::Shutdown;
use std::os::unix::net::UnixStream;
use std::path::Path;
use std::thread;

/// Connects to the socket; what is read from and written to the returned stream goes through the threads,
/// which end with the connection.
pub(super) fn connect(path: &Path) -> io::Result<UnixStream> {
    let manager = UnixStream::connect(path)?;
    let (near, far) = UnixStream::pair()?;
    let (mut from_manager, mut to_manager) = (manager.try_clone()?, manager);
    let (mut from_near, mut to_near) = (far.try_clone()?, far);
    // The end of either direction, for whatever reason, is the end of the connection.
    thread::spawn(move || {
        let _ = io::copy(&mut from_near, &mut to_manager);
        let _ = to_manager.shutdown(Shutdown::Both);
    });
    thread::spawn(move || {
        let _ = relay(&mut from_manager, &mut to_near);
        let _ = to_near.shutdown(Shutdown::Both);
    });
    Ok(near)
}

/// The parts of a message before its body have at most this length (D-Bus specification, "Message
/// Format").
const HEADER_MAX: usize = 1 << 26;

/// Copies what the manager says: first lines of text by which both sides agree to speak, then messages.
fn relay(from: &mut impl Read, to: &mut impl Write) -> io::Result<()> {
    let mut first = [0];
    loop {
        if from.read(&mut first)? == 0 {
            return Ok(());
        }
        match first[0] {
            // No line of the agreement begins with these: they are the byte orders of a message.
            b'l' => message(first[0], u32::from_le_bytes, from, to)?,
            b'B' => message(first[0], u32::from_be_bytes, from, to)?,
            byte => to.write_all(&[byte]).and_then(|()| rest_of_line(byte, from, to))?,
        }
    }
}

fn rest_of_line(mut byte: u8, from: &mut impl Read, to: &mut impl Write) -> io::Result<()> {
    while byte != b'\n' {
        let mut next = [0];
        from.read_exact(&mut next)?;
        to.write_all(&next)?;
        byte = next[0];
    }
    Ok(())
}

fn message(
    order: u8,
    number: fn([u8; 4]) -> u32,
    from: &mut impl Read,
    to: &mut impl Write,
) -> io::Result<()> {
    let mut fixed = [0; 16];
    fixed[0] = order;
    from.read_exact(&mut fixed[1..])?;
    let at = |offset: usize| number_at(&fixed, offset, number).unwrap_or(0);
    let (body, fields) = (at(4), at(12) as usize);
    if fields > HEADER_MAX {
        return Err(io::ErrorKind::InvalidData.into());
    }
    // The body begins at a multiple of eight.
    let mut header = vec![0; fields.next_multiple_of(8)];
    from.read_exact(&mut header)?;
    // A header that is not understood goes on as it is: the library will say what is wrong.
    if let Some(sender) = find_sender(&header, fields, number)
        && let Some(letter) = header.get_mut(sender)
    {
        *letter = b':';
    }
    to.write_all(&fixed)?;
    to.write_all(&header)?;
    let copied = io::copy(&mut from.take(u64::from(body)), to)?;
    if copied == u64::from(body) { Ok(()) } else { Err(io::ErrorKind::UnexpectedEof.into()) }
}

fn number_at(bytes: &[u8], offset: usize, number: fn([u8; 4]) -> u32) -> Option<u32> {
    Some(number(bytes.get(offset..offset.checked_add(4)?)?.try_into().ok()?))
}

/// The code of the sender among the header fields.
const SENDER: u8 = 7;

/// Where the first letter of the sender stands. Each field is a code and a variant, aligned to eight
/// bytes; the variant's signature is one letter for all fields there are.
fn find_sender(header: &[u8], len: usize, number: fn([u8; 4]) -> u32) -> Option<usize> {
    let mut offset = 0;
    while offset < len {
        let (code, signature) = (*header.get(offset)?, *header.get(offset + 2)?);
        offset += 4;
        match signature {
            b's' | b'o' => {
                let text = number_at(header, offset, number)? as usize;
                if code == SENDER {
                    return Some(offset + 4);
                }
                offset = offset.checked_add(4 + text + 1)?;
            }
            b'g' => offset += 1 + usize::from(*header.get(offset)?) + 1,
            b'u' => offset += 4,
            _ => return None,
        }
        offset = offset.next_multiple_of(8);
    }
    None
}

#[cfg(test)]
mod tests {
    use zbus::message::Message;

    use super::*;

    #[test]
    fn the_sender_becomes_unique() {
        let sender = ":rg.freedesktop.systemd1";
        let message = |body: &str| {
            let builder = Message::signal("/a", "b.c", "D").unwrap().sender(sender).unwrap();
            builder.build(&(body, 7u32)).unwrap().data().bytes().to_vec()
        };
        let expected = [b"OK 1234\r\nAGREE_UNIX_FD\r\n".to_vec(), message("one"), message("")].concat();
        // As the manager sends it.
        let place =
            |haystack: &[u8]| haystack.windows(sender.len()).position(|part| part == sender.as_bytes());
        let mut sent = expected.clone();
        while let Some(index) = place(&sent) {
            sent[index] = b'o';
        }
        assert_ne!(sent, expected);
        let mut received = Vec::new();
        relay(&mut sent.as_slice(), &mut received).unwrap();
        assert_eq!(received, expected);
    }

    #[test]
    fn broken_streams_end() {
        let check = |bytes: &[u8]| relay(&mut &*bytes, &mut Vec::new()).is_ok();
        assert!(check(b""));
        assert!(check(b"OK\r\n"));
        assert!(!check(b"OK"));
        assert!(!check(b"l\x01"));
        assert!(!check(&[b'l', 4, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 0xff, 0xff, 0xff, 0xff]));
        assert!(!check(&[b'l', 4, 0, 1, 9, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0]));
        let nonsense = [b'l', 4, 0, 1, 0, 0, 0, 0, 1, 0, 0, 0, 8, 0, 0, 0, 7, 1, b's', 0, 255, 255, 255, 255];
        assert!(check(&nonsense));
    }
}
