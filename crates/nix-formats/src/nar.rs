//! Nix archives (NAR): the canonical serialisation of a file tree, whose hash is the hash of a store object.
//!
//! A tree is regular files with one executable bit, symbolic links and directories; no owner, no time, no
//! other permission. Every string is its length (64 bits, little-endian), its bytes, and zeros up to a
//! multiple of 8.

mod reader;
mod tree;
mod verify;
mod writer;

pub use reader::{Skip, TreeVisitor, Visitor, read, read_tree};
pub use tree::{Tree, check_entry_name, check_symlink_target};
pub use verify::read_verified;
pub use writer::{Writer, nar_hash, write};

/// What every archive begins with.
pub const MAGIC: &[u8] = b"nix-archive-1";

/// The deepest nesting of directories that Nix archives.
pub const MAX_DEPTH: usize = 64;

/// The longest name of a directory entry, in bytes.
pub const MAX_NAME_LEN: usize = 255;

/// The longest target of a symbolic link, in bytes.
pub const MAX_TARGET_LEN: usize = 4095;

#[cfg(test)]
mod tests {
    use super::*;

    fn file(contents: &[u8], executable: bool) -> Tree {
        Tree::Regular { contents: contents.to_vec(), executable }
    }

    fn directory(entries: impl IntoIterator<Item = (&'static str, Tree)>) -> Tree {
        Tree::Directory(entries.into_iter().map(|(name, tree)| (name.as_bytes().to_vec(), tree)).collect())
    }

    fn sample() -> Tree {
        directory([
            ("bin", directory([("run", file(b"#!/bin/sh\necho hi\n", true))])),
            ("empty", directory([])),
            ("link", Tree::Symlink { target: b"bin/run".to_vec() }),
            ("text", file(b"12345678", false)),
            ("zero", file(b"", false)),
        ])
    }

    /// `nix-hash --type sha256 --base32` of the same trees on disk (stock Nix 2.34), and the size of its
    /// dump.
    #[track_caller]
    fn check(tree: &Tree, hash: &str, size: u64) {
        let (found, found_size) = nar_hash(tree).unwrap();
        assert_eq!((found.to_nix32().as_str(), found_size), (hash, size));
        let mut bytes = Vec::new();
        write(tree, &mut bytes).unwrap();
        assert_eq!(bytes.len() as u64, size);
        assert_eq!(&read_tree(bytes.as_slice()).unwrap(), tree);
    }

    #[test]
    fn stock_hashes() {
        check(&file(b"hello", false), "0sg9f58l1jj88w6pdrfdpj5x9b1zrwszk84j81zvby36q9whhhqa", 120);
        check(&sample(), "1dn9yfdl9amh2zy2rz1gqx2lbyn4wwa6iya72gh22jx6r9dy6ni1", 1240);
    }

    /// The sample's archive with one string replaced by another must be refused with `expected` in the
    /// message.
    #[track_caller]
    fn reject(from: &str, to: &str, expected: &str) {
        let encode = |text: &str| {
            let mut bytes = (text.len() as u64).to_le_bytes().to_vec();
            bytes.extend_from_slice(text.as_bytes());
            bytes.resize(bytes.len().next_multiple_of(8), 0);
            bytes
        };
        let mut archive = Vec::new();
        write(&sample(), &mut archive).unwrap();
        let (from, to) = (encode(from), encode(to));
        let at = archive.windows(from.len()).position(|window| window == from).unwrap();
        archive.splice(at..at + from.len(), to);
        let error = read_tree(archive.as_slice()).unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }

    #[test]
    fn rejects() {
        reject("nix-archive-1", "nix-archive-2", "does not look like a Nix archive");
        reject("bin", "zoo", "not sorted");
        reject("link", "empty", "not sorted");
        reject("empty", "..", "invalid file name");
        reject("empty", "e/y", "invalid file name");
        reject("empty", "", "invalid file name");
        reject("empty", &"e".repeat(256), "longer than");
        reject("bin/run", "", "invalid symlink target");
        reject("bin/run", "a\0b", "invalid symlink target");
        reject("symlink", "socket", "unknown file type 'socket'");
        reject("executable", "sticky", "expected 'contents'");
        reject("entry", "enter", "expected 'entry' or ')'");
    }

    #[test]
    fn rejects_padding_and_truncation() {
        let mut archive = Vec::new();
        write(&file(b"hello", false), &mut archive).unwrap();
        let error = |bytes: &[u8]| read_tree(bytes).unwrap_err().to_string();
        for len in 0..archive.len() {
            let expected = if len < 24 { "does not look like" } else { "ends too early" };
            assert!(error(&archive[..len]).contains(expected), "{len}");
        }
        let at = archive.windows(5).position(|window| window == b"hello").unwrap();
        archive[at + 6] = 1;
        assert!(error(&archive).contains("padding"));
    }

    #[test]
    fn depth_is_limited() {
        let nested = |depth| (0..depth).fold(file(b"", false), |tree, _| directory([("d", tree)]));
        let mut archive = Vec::new();
        write(&nested(MAX_DEPTH - 1), &mut archive).unwrap();
        assert_eq!(read_tree(archive.as_slice()).unwrap(), nested(MAX_DEPTH - 1));
        assert!(write(&nested(MAX_DEPTH), &mut Vec::new()).is_err());
    }
}
