//! Store paths inside of archives: other ones in their place, and hashes that do not depend on one of them.
//!
//! An object that is known by its contents and mentions its own path is hashed with zeros in place of its hash part (Nix's
//! "hash modulo self references"). Nix up to 2.16 and from 2.35 on also hashes where these places are; in between it was
//! forgotten. The versions so give such objects different paths.

use std::collections::HashMap;
use std::io;

use crate::base32;
use crate::hash::{Hash, HashAlgo, Hasher};
use crate::store_path::{HASH_PART_LEN, StoreDir, StorePath};

type HashPart = [u8; HASH_PART_LEN];

fn hash_part(path: &StorePath) -> Option<HashPart> {
    path.hash_part().into_bytes().try_into().ok()
}

/// The next place from `start` on where a whole hash part of base-32 digits stands.
fn next_digits(data: &[u8], mut start: usize) -> Option<(usize, &HashPart)> {
    loop {
        let window = data.get(start..)?.first_chunk::<HASH_PART_LEN>()?;
        // Looking from the end skips most of what is not made of digits.
        match window.iter().rposition(|&byte| !base32::is_digit(byte)) {
            Some(other) => start += other + 1,
            None => return Some((start, window)),
        }
    }
}

/// Puts other store paths in the place of some, which all have the same names as before.
#[derive(Debug, Default)]
pub struct Rewrites(HashMap<HashPart, Rewrite>);

#[derive(Debug)]
struct Rewrite {
    before: Vec<u8>,
    after: Vec<u8>,
    new: HashPart,
}

impl Rewrites {
    /// Rewrites the whole path of `from`, as it is in the store `dir`, to another hash part.
    pub fn path(&mut self, dir: &StoreDir, from: &StorePath, to: &StorePath) {
        if let (Some(old), Some(new)) = (hash_part(from), hash_part(to)) {
            let (before, after) = (format!("{dir}/").into_bytes(), format!("-{}", from.name()).into_bytes());
            self.0.insert(old, Rewrite { before, after, new });
        }
    }

    /// Rewrites the hash part of `from` wherever it stands.
    pub fn hash_part(&mut self, from: &StorePath, to: &StorePath) {
        if let (Some(old), Some(new)) = (hash_part(from), hash_part(to)) {
            self.0.insert(old, Rewrite { before: Vec::new(), after: Vec::new(), new });
        }
    }

    /// Rewrites `data` in place.
    pub fn apply(&self, data: &mut [u8]) {
        let mut start = 0;
        while let Some((at, found)) = next_digits(data, start) {
            let end = at + HASH_PART_LEN;
            let rewrite = self.0.get(found).filter(|rewrite| {
                data.get(..at).is_some_and(|before| before.ends_with(&rewrite.before))
                    && data.get(end..).is_some_and(|after| after.starts_with(&rewrite.after))
            });
            let (Some(rewrite), Some(place)) = (rewrite, data.get_mut(at..end)) else {
                start = at + 1;
                continue;
            };
            place.copy_from_slice(&rewrite.new);
            start = end;
        }
    }
}

/// The hashes of bytes that mention a store path, as if they did not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModuloHashes {
    /// Of the bytes with zeros for the hash part, as Nix 2.17 to 2.34 has it.
    pub zeroed: Hash,
    /// Of these bytes and of the places of the zeros, as other versions have it.
    pub placed: Hash,
}

impl ModuloHashes {
    /// Whether one of them is `hash`.
    pub fn contains(&self, hash: &Hash) -> bool {
        self.zeroed == *hash || self.placed == *hash
    }
}

/// Hashes bytes, which are given in pieces of any size, as if they did not mention one store path's hash part.
///
/// Also an [`io::Write`] that never fails.
#[derive(Debug)]
pub struct ModuloHasher {
    hasher: Hasher,
    modulus: HashPart,
    /// What was given and not hashed yet, because a hash part may begin there.
    tail: Vec<u8>,
    /// Where the tail begins.
    position: u64,
    places: Vec<u64>,
}

impl ModuloHasher {
    /// A hasher that does not see the hash part of `modulus`.
    pub fn new(algo: HashAlgo, modulus: &StorePath) -> Self {
        Self {
            hasher: Hasher::new(algo),
            modulus: hash_part(modulus).unwrap_or_default(),
            tail: Vec::new(),
            position: 0,
            places: Vec::new(),
        }
    }

    /// Takes the next piece.
    pub fn update(&mut self, data: impl AsRef<[u8]>) {
        let mut all = std::mem::take(&mut self.tail);
        all.extend_from_slice(data.as_ref());
        let mut start = 0;
        while let Some((at, found)) = next_digits(&all, start) {
            if *found != self.modulus {
                start = at + 1;
                continue;
            }
            let end = at + HASH_PART_LEN;
            if let Some(place) = all.get_mut(at..end) {
                place.fill(0);
            }
            self.places.push(self.position + at as u64);
            start = end;
        }
        let kept = all.iter().rev().take(HASH_PART_LEN - 1).take_while(|&&byte| base32::is_digit(byte));
        let (done, tail) = all.split_at(all.len() - kept.count());
        self.hasher.update(done);
        self.position += done.len() as u64;
        self.tail = tail.to_vec();
    }

    /// The hashes of all that was given.
    pub fn finish(mut self) -> ModuloHashes {
        self.hasher.update(&self.tail);
        let zeroed = self.hasher.clone().finish();
        for place in &self.places {
            self.hasher.update(format!("|{place}"));
        }
        ModuloHashes { zeroed, placed: self.hasher.finish() }
    }
}

impl io::Write for ModuloHasher {
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

    fn path(hash: &str, name: &str) -> StorePath {
        StorePath::from_base_name(format!("{hash}-{name}")).unwrap()
    }

    #[track_caller]
    fn check_rewrite(text: &str, expected: &str) {
        let mut rewrites = Rewrites::default();
        rewrites.path(&StoreDir::default(), &path(A, "x"), &path(B, "x"));
        let mut data = text.as_bytes().to_vec();
        rewrites.apply(&mut data);
        assert_eq!(String::from_utf8(data).unwrap(), expected);
    }

    #[test]
    fn paths_are_rewritten_as_wholes() {
        check_rewrite(
            &format!("/nix/store/{A}-x/bin:/nix/store/{A}-x"),
            &format!("/nix/store/{B}-x/bin:/nix/store/{B}-x"),
        );
        for text in [String::new(), A.to_owned(), format!("/nix/store/{A}-y"), format!("/nix/stor/{A}-x")] {
            check_rewrite(&text, &text);
        }
        let mut rewrites = Rewrites::default();
        rewrites.hash_part(&path(A, "x"), &path(B, "x"));
        let mut data = format!("00{A}{A}").into_bytes();
        rewrites.apply(&mut data);
        assert_eq!(data, format!("00{B}{B}").into_bytes());
    }

    #[track_caller]
    fn check_hash(text: &str, zeroed: &str, places: &str) {
        let digest = |text: &str| HashAlgo::Sha256.digest(text);
        let expected = ModuloHashes { zeroed: digest(zeroed), placed: digest(&format!("{zeroed}{places}")) };
        for piece in [1, 2, 31, 32, 33, 1000] {
            let mut hasher = ModuloHasher::new(HashAlgo::Sha256, &path(A, "x"));
            for piece in text.as_bytes().chunks(piece) {
                hasher.update(piece);
            }
            assert_eq!(hasher.finish(), expected, "in pieces of {piece}");
        }
    }

    #[test]
    fn self_references_are_hashed_as_zeros() {
        let zeros = "\0".repeat(32);
        check_hash("", "", "");
        check_hash(B, B, "");
        check_hash(&A[1..], &A[1..], "");
        check_hash(A, &zeros, "|0");
        check_hash(&format!("see {A}-x {B} 0{A}"), &format!("see {zeros}-x {B} 0{zeros}"), "|4|73");
        check_hash(&format!("{A}{A}"), &format!("{zeros}{zeros}"), "|0|32");
    }
}
