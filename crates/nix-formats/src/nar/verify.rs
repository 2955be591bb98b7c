//! Reading the archive of an object of which something is known beforehand: its hash, its size, its content address.

use std::io::{self, Read};

use super::{Visitor, read};
use crate::content_address::{ContentAddress, ContentAddressMethod};
use crate::error::{BadObject, Error};
use crate::hash::{Hash, HashAlgo, HashFormat, Hasher};
use crate::object_info::ObjectInfo;
use crate::rewrite::ModuloHasher;
use crate::store_path::{FileIngestion, StoreDir};

/// Reads one archive as [`read`] does, and at its end compares it with what is known of the object, whose path is in `dir`.
/// Whoever gets an error throws away what the visitor has made.
///
/// # Errors
/// As [`read`], and what is different: [`BadObject::NarHash`], [`BadObject::NarSize`], [`BadObject::ContentHash`],
/// [`BadObject::NotAFile`], [`BadObject::UnsupportedAddress`].
pub fn read_verified<V: Visitor>(
    dir: &StoreDir,
    info: &ObjectInfo,
    source: impl Read,
    visitor: &mut V,
) -> Result<(), V::Error> {
    let address = info.content_address.as_ref();
    let modulo = |address: &ContentAddress| ModuloHasher::new(address.hash.algo(), &info.path);
    let full = || dir.join(&info.path);
    let shown = |hash: &Hash| hash.prefixed(HashFormat::Nix32);
    let mut archive = Hashing { source, hasher: Hasher::new(HashAlgo::Sha256), modulo: None, size: 0 };
    let mut file = None;
    match address.map(|address| address.method) {
        Some(ContentAddressMethod::Fixed(FileIngestion::Recursive)) => archive.modulo = address.map(modulo),
        Some(ContentAddressMethod::Fixed(FileIngestion::Flat) | ContentAddressMethod::Text) => {
            file = address.map(modulo);
        }
        Some(ContentAddressMethod::Fixed(FileIngestion::Git)) => {
            let address = address.map(ToString::to_string).unwrap_or_default();
            return Err(Error::from(BadObject::UnsupportedAddress { path: full(), address }).into());
        }
        None => {}
    }
    let mut watching = Watching { visitor, file };
    read(&mut archive, &mut watching)?;
    let file = watching.file;
    let found = archive.hasher.finish();
    if found != info.nar_hash {
        let (specified, found) = (shown(&info.nar_hash), shown(&found));
        return Err(Error::from(BadObject::NarHash { path: full(), specified, found }).into());
    }
    if archive.size != info.nar_size {
        let (specified, found) = (info.nar_size, archive.size);
        return Err(Error::from(BadObject::NarSize { path: full(), specified, found }).into());
    }
    let Some(address) = address else { return Ok(()) };
    let Some(found) = archive.modulo.or(file).map(ModuloHasher::finish) else {
        let address = address.to_string();
        return Err(Error::from(BadObject::NotAFile { path: full(), address }).into());
    };
    if !found.contains(&address.hash) {
        let (specified, found) = (shown(&address.hash), shown(&found.zeroed));
        return Err(Error::from(BadObject::ContentHash { path: full(), specified, found }).into());
    }
    Ok(())
}

/// Hashes what is read.
struct Hashing<R> {
    source: R,
    hasher: Hasher,
    modulo: Option<ModuloHasher>,
    size: u64,
}

impl<R: Read> Read for Hashing<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = self.source.read(buffer)?;
        let data = buffer.get(..len).unwrap_or_default();
        self.hasher.update(data);
        if let Some(modulo) = &mut self.modulo {
            modulo.update(data);
        }
        self.size += len as u64;
        Ok(len)
    }
}

/// Hashes also the contents of the file that an archive consists of. Without a hasher, or when there is anything else, it
/// has none afterwards.
struct Watching<'v, V> {
    visitor: &'v mut V,
    file: Option<ModuloHasher>,
}

impl<V: Visitor> Visitor for Watching<'_, V> {
    type Error = V::Error;

    fn regular(&mut self, executable: bool, size: u64, contents: &mut dyn Read) -> Result<(), V::Error> {
        let Some(modulo) = &mut self.file else { return self.visitor.regular(executable, size, contents) };
        let mut tee = Tee { contents, modulo };
        self.visitor.regular(executable, size, &mut tee)?;
        io::copy(&mut tee, &mut io::sink()).map_err(Error::from)?;
        Ok(())
    }

    fn symlink(&mut self, target: &[u8]) -> Result<(), V::Error> {
        self.file = None;
        self.visitor.symlink(target)
    }

    fn begin_directory(&mut self) -> Result<(), V::Error> {
        self.file = None;
        self.visitor.begin_directory()
    }

    fn entry(&mut self, name: &[u8]) -> Result<(), V::Error> {
        self.visitor.entry(name)
    }

    fn end_directory(&mut self) -> Result<(), V::Error> {
        self.visitor.end_directory()
    }
}

struct Tee<'t> {
    contents: &'t mut dyn Read,
    modulo: &'t mut ModuloHasher,
}

impl Read for Tee<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = self.contents.read(buffer)?;
        self.modulo.update(buffer.get(..len).unwrap_or_default());
        Ok(len)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::super::{Tree, TreeVisitor, nar_hash, write};
    use super::*;
    use crate::store_path::StorePath;

    const PATH: &str = "9p0nl625gm5mli8h2xfsgma0zz31g9yc-x";

    /// What becomes of `tree` with the content address `address`, where `NAR` and `FILE` stand for its hashes.
    #[track_caller]
    fn check(tree: &Tree, address: &str, expected: Result<(), &str>) {
        let dir = StoreDir::default();
        let mut archive = Vec::new();
        write(tree, &mut archive).unwrap();
        let (nar_hash, nar_size) = nar_hash(tree).unwrap();
        let contents = if let Tree::Regular { contents, .. } = tree { contents.as_slice() } else { b"" };
        let address = address
            .replace("NAR", &nar_hash.prefixed(HashFormat::Nix32))
            .replace("FILE", &HashAlgo::Sha256.digest(contents).prefixed(HashFormat::Nix32));
        let mut info = ObjectInfo {
            path: StorePath::from_base_name(PATH).unwrap(),
            nar_hash,
            nar_size,
            references: BTreeSet::new(),
            deriver: None,
            signatures: BTreeSet::new(),
            content_address: (!address.is_empty()).then(|| address.parse().unwrap()),
        };
        let read = |info: &ObjectInfo| {
            let mut visitor = TreeVisitor::default();
            read_verified(&dir, info, archive.as_slice(), &mut visitor)
                .map(|()| assert_eq!(visitor.finish().unwrap(), *tree))
                .map_err(|error| error.to_string())
        };
        let found = read(&info);
        match (&found, expected) {
            (Ok(()), Ok(())) => {}
            (Err(found), Err(expected)) if found.contains(expected) => {}
            _ => panic!("{found:?} is not {expected:?}"),
        }
        info.nar_size += 1;
        assert!(read(&info).unwrap_err().contains(if expected.is_ok() { "size mismatch" } else { "" }));
        info.nar_hash = Hash::zero(HashAlgo::Sha256);
        assert!(read(&info).unwrap_err().contains(if expected.is_ok() {
            "\n  specified: sha256:000"
        } else {
            ""
        }));
    }

    #[test]
    fn contents_are_compared() {
        let file = Tree::file("hello");
        let directory = Tree::directory([("a", file.clone())]);
        for tree in [&file, &directory, &Tree::symlink("x")] {
            check(tree, "", Ok(()));
            check(tree, "fixed:r:NAR", Ok(()));
        }
        check(&file, "text:FILE", Ok(()));
        check(&file, "fixed:FILE", Ok(()));
        check(&file, "fixed:r:FILE", Err("ca hash mismatch importing path '/nix/store/9p0nl6"));
        check(&file, "text:NAR", Err("ca hash mismatch"));
        check(&directory, "text:FILE", Err("of a file and is none"));
        check(&Tree::symlink("x"), "fixed:FILE", Err("of a file and is none"));
        let git = "fixed:git:sha1:9m1skbnr5i43n3yypvda5s65vhfwdx5a";
        check(&file, git, Err("the content address 'fixed:git:sha1:9m1skb"));
        let own = Tree::file(format!("/nix/store/{PATH}/bin"));
        check(&own, "fixed:r:NAR", Err("ca hash mismatch"));
        let mut hasher = ModuloHasher::new(HashAlgo::Sha256, &StorePath::from_base_name(PATH).unwrap());
        write(&own, &mut hasher).unwrap();
        let hashes = hasher.finish();
        for hash in [hashes.zeroed, hashes.placed] {
            check(&own, &format!("fixed:r:{}", hash.prefixed(HashFormat::Nix32)), Ok(()));
        }
    }
}
