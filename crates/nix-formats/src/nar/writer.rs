//! Writing archives, from a tree in memory or step by step.

use std::io::{self, Read, Write};

use super::{MAGIC, MAX_DEPTH, Tree, check_entry_name, check_symlink_target};
use crate::error::{Error, printable};
use crate::hash::{Hash, HashAlgo, Hasher};

/// Writes one archive step by step, so that a file's contents need not be in memory.
///
/// The caller gives one node ([`Writer::regular`], [`Writer::regular_from`], [`Writer::symlink`], or a
/// directory between [`Writer::begin_directory`] and [`Writer::end_directory`]); within a directory, each
/// node follows an [`Writer::entry`] that names it. Entries come in the order of their names' bytes.
pub struct Writer<W> {
    out: W,
    /// The last entry's name in each open directory, the outermost first.
    open: Vec<Option<Vec<u8>>>,
}

impl<W: Write> Writer<W> {
    /// Begins an archive.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn new(mut out: W) -> Result<Self, Error> {
        write_string(&mut out, MAGIC)?;
        Ok(Self { out, open: Vec::new() })
    }

    /// A regular file whose contents are at hand.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn regular(&mut self, executable: bool, contents: &[u8]) -> Result<(), Error> {
        self.begin_regular(executable)?;
        write_string(&mut self.out, contents)?;
        self.end_node()
    }

    /// A regular file of exactly `size` bytes, read from `contents`.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::BadTree`] when there are fewer or more bytes than `size`.
    pub fn regular_from(
        &mut self,
        executable: bool,
        size: u64,
        contents: &mut (impl Read + ?Sized),
    ) -> Result<(), Error> {
        self.begin_regular(executable)?;
        self.out.write_all(&size.to_le_bytes())?;
        let copied = io::copy(&mut contents.take(size), &mut self.out)?;
        if copied != size || contents.read(&mut [0])? != 0 {
            return Err(Error::BadTree(format!("a file of {size} bytes changed its size while it was read")));
        }
        write_padding(&mut self.out, size)?;
        self.end_node()
    }

    /// A symbolic link.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::BadTree`] for a target that no link can have.
    pub fn symlink(&mut self, target: &[u8]) -> Result<(), Error> {
        check_symlink_target(target)?;
        self.begin_node(b"symlink")?;
        self.strings(&[b"target", target])?;
        self.end_node()
    }

    /// Begins a directory.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::BadTree`] when directories nest deeper than [`MAX_DEPTH`].
    pub fn begin_directory(&mut self) -> Result<(), Error> {
        self.begin_node(b"directory")?;
        self.open.push(None);
        Ok(())
    }

    /// Names the node that follows.
    ///
    /// # Errors
    /// [`Error::Io`]; [`Error::BadTree`] for a bad name, one out of order, or one outside a directory.
    pub fn entry(&mut self, name: &[u8]) -> Result<(), Error> {
        check_entry_name(name)?;
        match self.open.last_mut() {
            Some(last) if last.as_deref().is_none_or(|last| last < name) => *last = Some(name.to_vec()),
            _ => return Err(Error::BadTree(format!("the entry '{}' is out of order", printable(name)))),
        }
        self.strings(&[b"entry", b"(", b"name", name, b"node"])
    }

    /// Ends the innermost open directory.
    ///
    /// # Errors
    /// [`Error::Io`].
    pub fn end_directory(&mut self) -> Result<(), Error> {
        self.open.pop();
        self.end_node()
    }

    /// The underlying stream, once the one outermost node is complete.
    pub fn finish(self) -> W {
        self.out
    }

    fn begin_node(&mut self, kind: &[u8]) -> Result<(), Error> {
        if self.open.len() >= MAX_DEPTH {
            return Err(Error::BadTree(format!("directories nest deeper than {MAX_DEPTH}")));
        }
        self.strings(&[b"(", b"type", kind])
    }

    fn begin_regular(&mut self, executable: bool) -> Result<(), Error> {
        self.begin_node(b"regular")?;
        if executable {
            self.strings(&[b"executable", b""])?;
        }
        self.strings(&[b"contents"])
    }

    /// Closes the node, and the entry that it is the node of.
    fn end_node(&mut self) -> Result<(), Error> {
        self.strings(&[b")"])?;
        if self.open.is_empty() { Ok(()) } else { self.strings(&[b")"]) }
    }

    fn strings(&mut self, strings: &[&[u8]]) -> Result<(), Error> {
        for string in strings {
            write_string(&mut self.out, string)?;
        }
        Ok(())
    }
}

fn write_string(out: &mut impl Write, string: &[u8]) -> Result<(), Error> {
    out.write_all(&(string.len() as u64).to_le_bytes())?;
    out.write_all(string)?;
    write_padding(out, string.len() as u64)
}

fn write_padding(out: &mut impl Write, len: u64) -> Result<(), Error> {
    let padding = (len.next_multiple_of(8) - len) as usize;
    Ok(out.write_all([0; 8].split_at(padding).0)?)
}

/// Writes `tree` as an archive.
///
/// # Errors
/// [`Error::Io`] from `out`; [`Error::BadTree`] for names, targets and depths that an archive cannot have.
pub fn write(tree: &Tree, out: impl Write) -> Result<(), Error> {
    fn node<W: Write>(tree: &Tree, writer: &mut Writer<W>) -> Result<(), Error> {
        match tree {
            Tree::Regular { contents, executable } => writer.regular(*executable, contents),
            Tree::Symlink { target } => writer.symlink(target),
            Tree::Directory(entries) => {
                writer.begin_directory()?;
                for (name, tree) in entries {
                    writer.entry(name)?;
                    node(tree, writer)?;
                }
                writer.end_directory()
            }
        }
    }
    node(tree, &mut Writer::new(out)?)
}

/// The SHA-256 of `tree`'s archive and the archive's size in bytes, as a store records them.
///
/// # Errors
/// [`Error::BadTree`].
pub fn nar_hash(tree: &Tree) -> Result<(Hash, u64), Error> {
    struct Counting(Hasher, u64);
    impl Write for Counting {
        fn write(&mut self, data: &[u8]) -> io::Result<usize> {
            self.0.update(data);
            self.1 += data.len() as u64;
            Ok(data.len())
        }
        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }
    let mut counting = Counting(Hasher::new(HashAlgo::Sha256), 0);
    write(tree, &mut counting)?;
    Ok((counting.0.finish(), counting.1))
}
