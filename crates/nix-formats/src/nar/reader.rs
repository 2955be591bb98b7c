//! Reading archives as a stream, as strictly as Nix does: what is accepted here is what writing the same tree
//! would give again.

use std::collections::BTreeMap;
use std::io::{self, Read};

use super::{MAGIC, MAX_DEPTH, MAX_NAME_LEN, MAX_TARGET_LEN, Tree, check_entry_name, check_symlink_target};
use crate::error::{Error, printable};

/// The longest of the words that structure an archive, with some slack for messages about garbage.
const MAX_WORD_LEN: usize = 32;

/// Receives an archive's nodes in the order in which they stand there.
pub trait Visitor {
    /// The visitor's own errors.
    type Error: From<Error>;

    /// A regular file of `size` bytes. What is left unread of `contents` is skipped.
    fn regular(&mut self, executable: bool, size: u64, contents: &mut dyn Read) -> Result<(), Self::Error>;

    /// A symbolic link; the target is neither empty nor has it zero bytes.
    fn symlink(&mut self, target: &[u8]) -> Result<(), Self::Error>;

    /// A directory begins.
    fn begin_directory(&mut self) -> Result<(), Self::Error>;

    /// The name of the node that follows, in the innermost open directory. Names are safe: not empty, `.` or
    /// `..`, without slashes and zero bytes, ascending without repetition.
    fn entry(&mut self, name: &[u8]) -> Result<(), Self::Error>;

    /// The innermost open directory ends.
    fn end_directory(&mut self) -> Result<(), Self::Error>;
}

/// Reads one archive from `source`, up to its end and no further.
///
/// # Errors
/// [`Error::BadNar`] for anything but a canonical archive, [`Error::Io`] from `source`, and what the visitor
/// returns.
pub fn read<V: Visitor>(source: impl Read, visitor: &mut V) -> Result<(), V::Error> {
    let mut parser = Parser { source, offset: 0 };
    match parser.string(MAGIC.len()) {
        Ok(magic) if magic == MAGIC => parser.node(visitor, 0),
        Err(error @ Error::Io(_)) => Err(error.into()),
        _ => Err(parser.bad("this does not look like a Nix archive").into()),
    }
}

/// Reads one archive into memory.
///
/// # Errors
/// As [`read`].
pub fn read_tree(source: impl Read) -> Result<Tree, Error> {
    let mut visitor = TreeVisitor::default();
    read(source, &mut visitor)?;
    visitor.finish()
}

/// Looks at nothing: for archives that are read for their hashes.
#[derive(Debug, Clone, Copy, Default)]
pub struct Skip;

impl Visitor for Skip {
    type Error = Error;

    fn regular(&mut self, _executable: bool, _size: u64, _contents: &mut dyn Read) -> Result<(), Error> {
        Ok(())
    }

    fn symlink(&mut self, _target: &[u8]) -> Result<(), Error> {
        Ok(())
    }

    fn begin_directory(&mut self) -> Result<(), Error> {
        Ok(())
    }

    fn entry(&mut self, _name: &[u8]) -> Result<(), Error> {
        Ok(())
    }

    fn end_directory(&mut self) -> Result<(), Error> {
        Ok(())
    }
}

/// Makes a tree in memory of an archive.
#[derive(Debug, Default)]
pub struct TreeVisitor {
    open: Vec<OpenDirectory>,
    done: Option<Tree>,
}

#[derive(Debug, Default)]
struct OpenDirectory {
    entries: BTreeMap<Vec<u8>, Tree>,
    /// The name of the entry whose node is being read.
    current: Vec<u8>,
}

impl TreeVisitor {
    /// The tree, after a whole archive.
    ///
    /// # Errors
    /// When there was none.
    pub fn finish(self) -> Result<Tree, Error> {
        self.done.ok_or_else(|| Error::BadNar { offset: 0, reason: "there is no node".to_owned() })
    }

    fn node(&mut self, tree: Tree) {
        match self.open.last_mut() {
            Some(open) => _ = open.entries.insert(std::mem::take(&mut open.current), tree),
            None => self.done = Some(tree),
        }
    }
}

impl Visitor for TreeVisitor {
    type Error = Error;

    fn regular(&mut self, executable: bool, _size: u64, source: &mut dyn Read) -> Result<(), Error> {
        let mut contents = Vec::new();
        source.read_to_end(&mut contents)?;
        self.node(Tree::Regular { contents, executable });
        Ok(())
    }

    fn symlink(&mut self, target: &[u8]) -> Result<(), Error> {
        self.node(Tree::Symlink { target: target.to_vec() });
        Ok(())
    }

    fn begin_directory(&mut self) -> Result<(), Error> {
        self.open.push(OpenDirectory::default());
        Ok(())
    }

    fn entry(&mut self, name: &[u8]) -> Result<(), Error> {
        if let Some(open) = self.open.last_mut() {
            open.current = name.to_vec();
        }
        Ok(())
    }

    fn end_directory(&mut self) -> Result<(), Error> {
        let entries = self.open.pop().map(|open| open.entries).unwrap_or_default();
        self.node(Tree::Directory(entries));
        Ok(())
    }
}

struct Parser<R> {
    source: R,
    offset: u64,
}

impl<R: Read> Parser<R> {
    fn bad(&self, reason: impl Into<String>) -> Error {
        Error::BadNar { offset: self.offset, reason: reason.into() }
    }

    fn exact(&mut self, buffer: &mut [u8]) -> Result<(), Error> {
        match self.source.read_exact(buffer) {
            Ok(()) => {
                self.offset += buffer.len() as u64;
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(self.bad("it ends too early")),
            Err(error) => Err(error.into()),
        }
    }

    fn number(&mut self) -> Result<u64, Error> {
        let mut bytes = [0; 8];
        self.exact(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn padding(&mut self, len: u64) -> Result<(), Error> {
        let mut bytes = [0; 8];
        let (used, _) = bytes.split_at_mut((len.wrapping_neg() % 8) as usize);
        self.exact(used)?;
        if used.iter().all(|&byte| byte == 0) { Ok(()) } else { Err(self.bad("there is non-zero padding")) }
    }

    fn string(&mut self, max: usize) -> Result<Vec<u8>, Error> {
        let len = self.number()?;
        let fitting = usize::try_from(len).ok().filter(|&len| len <= max);
        let Some(len) = fitting else {
            return Err(self.bad(format!("a string of {len} bytes is longer than the {max} allowed here")));
        };
        let mut bytes = vec![0; len];
        self.exact(&mut bytes)?;
        self.padding(len as u64)?;
        Ok(bytes)
    }

    fn expect(&mut self, expected: &str) -> Result<(), Error> {
        let found = self.string(MAX_WORD_LEN)?;
        if found == expected.as_bytes() {
            return Ok(());
        }
        Err(self.bad(format!("expected '{expected}', found '{}'", printable(&found))))
    }

    fn node<V: Visitor>(&mut self, visitor: &mut V, depth: usize) -> Result<(), V::Error> {
        if depth >= MAX_DEPTH {
            return Err(self.bad(format!("directories nest deeper than {MAX_DEPTH}")).into());
        }
        self.expect("(")?;
        self.expect("type")?;
        match self.string(MAX_WORD_LEN)?.as_slice() {
            b"regular" => self.regular(visitor),
            b"directory" => self.directory(visitor, depth),
            b"symlink" => {
                self.expect("target")?;
                let target = self.string(MAX_TARGET_LEN)?;
                check_symlink_target(&target).map_err(|error| self.bad(error.to_string()))?;
                self.expect(")")?;
                visitor.symlink(&target)
            }
            other => Err(self.bad(format!("unknown file type '{}'", printable(other))).into()),
        }
    }

    fn regular<V: Visitor>(&mut self, visitor: &mut V) -> Result<(), V::Error> {
        let mut word = self.string(MAX_WORD_LEN)?;
        let executable = word == b"executable";
        if executable {
            self.expect("")?;
            word = self.string(MAX_WORD_LEN)?;
        }
        if word != b"contents" {
            return Err(self.bad(format!("expected 'contents', found '{}'", printable(&word))).into());
        }
        let size = self.number()?;
        let mut contents = (&mut self.source).take(size);
        visitor.regular(executable, size, &mut contents)?;
        io::copy(&mut contents, &mut io::sink()).map_err(Error::from)?;
        let missing = contents.limit();
        self.offset += size - missing;
        if missing != 0 {
            return Err(self.bad("it ends too early").into());
        }
        self.padding(size)?;
        Ok(self.expect(")")?)
    }

    fn directory<V: Visitor>(&mut self, visitor: &mut V, depth: usize) -> Result<(), V::Error> {
        visitor.begin_directory()?;
        let mut previous: Vec<u8> = Vec::new();
        loop {
            match self.string(MAX_WORD_LEN)?.as_slice() {
                b")" => return visitor.end_directory(),
                b"entry" => {}
                other => {
                    let found = printable(other);
                    return Err(self.bad(format!("expected 'entry' or ')', found '{found}'")).into());
                }
            }
            self.expect("(")?;
            self.expect("name")?;
            let name = self.string(MAX_NAME_LEN)?;
            check_entry_name(&name).map_err(|error| self.bad(error.to_string()))?;
            if name <= previous {
                return Err(self.bad(format!("the entry '{}' is not sorted", printable(&name))).into());
            }
            self.expect("node")?;
            visitor.entry(&name)?;
            self.node(visitor, depth + 1)?;
            self.expect(")")?;
            previous = name;
        }
    }
}
