//! Finding references: which of a set of store paths are mentioned in a stream of bytes.
//!
//! As in Nix, a mention is the hash part of a store path, anywhere.

use std::collections::{BTreeSet, HashMap};
use std::io;

use crate::base32;
use crate::store_path::{HASH_PART_LEN, StorePath};

/// Looks for the hash parts of candidate store paths in the bytes it is given, in pieces of any size.
///
/// Also an [`io::Write`] that never fails.
#[derive(Debug)]
pub struct ReferenceScanner {
    candidates: HashMap<[u8; HASH_PART_LEN], StorePath>,
    found: BTreeSet<StorePath>,
    /// The digits at the end of what was given so far; fewer than a hash part has.
    tail: Vec<u8>,
}

impl ReferenceScanner {
    /// A scanner for the given store paths.
    pub fn new(candidates: impl IntoIterator<Item = StorePath>) -> Self {
        let keyed = |path: StorePath| path.hash_part().into_bytes().try_into().ok().map(|key| (key, path));
        Self {
            candidates: candidates.into_iter().filter_map(keyed).collect(),
            found: BTreeSet::new(),
            tail: Vec::new(),
        }
    }

    /// Scans the next piece.
    pub fn update(&mut self, data: impl AsRef<[u8]>) {
        let data = data.as_ref();
        if self.candidates.is_empty() {
            return;
        }
        if !self.tail.is_empty() {
            // Whatever spans the border lies within the tail and as many bytes of this piece.
            let mut border = std::mem::take(&mut self.tail);
            border.extend(data.iter().take(HASH_PART_LEN - 1));
            self.scan(&border);
            if data.len() < HASH_PART_LEN - 1 {
                self.keep_tail(&border);
                return;
            }
        }
        self.scan(data);
        self.keep_tail(data);
    }

    /// The candidates found so far.
    pub fn found(&self) -> &BTreeSet<StorePath> {
        &self.found
    }

    /// The candidates found.
    pub fn finish(self) -> BTreeSet<StorePath> {
        self.found
    }

    fn keep_tail(&mut self, data: &[u8]) {
        let digits =
            data.iter().rev().take(HASH_PART_LEN - 1).take_while(|&&byte| base32::is_digit(byte)).count();
        self.tail = data.get(data.len() - digits..).unwrap_or_default().to_vec();
    }

    fn scan(&mut self, data: &[u8]) {
        let mut start = 0;
        while let Some(window) = data.get(start..).and_then(|rest| rest.first_chunk::<HASH_PART_LEN>()) {
            // Looking from the end skips most of a text that is not made of digits.
            if let Some(other) = window.iter().rposition(|&byte| !base32::is_digit(byte)) {
                start += other + 1;
                continue;
            }
            if let Some(path) = self.candidates.get(window)
                && !self.found.contains(path)
            {
                self.found.insert(path.clone());
            }
            start += 1;
        }
    }
}

impl io::Write for ReferenceScanner {
    fn write(&mut self, data: &[u8]) -> io::Result<usize> {
        self.update(data);
        Ok(data.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "9p0nl625gm5mli8h2xfsgma0zz31g9yc";
    const B: &str = "mfa5kfz5xhvgi5gjnc8yjm7bp0qpmyrp";

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let path = |hash: &str| StorePath::from_base_name(format!("{hash}-x")).unwrap();
        let expected: BTreeSet<_> = expected.iter().map(|hash| path(hash)).collect();
        for piece in [1, 2, 31, 32, 33, 1000] {
            let mut scanner = ReferenceScanner::new([path(A), path(B)]);
            for piece in text.as_bytes().chunks(piece) {
                scanner.update(piece);
            }
            assert_eq!(scanner.finish(), expected, "in pieces of {piece}");
        }
    }

    #[test]
    fn finds_hash_parts() {
        check("", &[]);
        check(A, &[A]);
        check(&format!("see /nix/store/{A}-x/bin and {B}"), &[A, B]);
        check(&format!("000{A}{B}zzz"), &[A, B]);
        check(&format!("{} {}", &A[..31], &A[1..]), &[]);
        check(&format!("{}e{}", &A[..16], &A[16..]), &[]);
    }
}
