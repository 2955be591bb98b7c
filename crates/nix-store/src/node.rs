//! A file tree on its way into the store: its shape in memory, file contents in memory or still on disk.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, Write};
use std::os::unix::ffi::OsStringExt;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use nix_formats::nar::{MAX_DEPTH, Tree, Writer};
use nix_formats::{Hash, HashAlgo, Hasher};

use crate::error::{Context, Error};
use crate::store::{FileKind, Filter};

/// A file tree whose large parts are borrowed or left on disk. Directory entries are sorted by name.
pub(crate) enum Node<'a> {
    Regular { contents: Contents<'a>, executable: bool },
    Symlink { target: Cow<'a, [u8]> },
    Directory(Vec<(Cow<'a, [u8]>, Node<'a>)>),
}

/// The bytes of a regular file.
pub(crate) enum Contents<'a> {
    Bytes(&'a [u8]),
    File { path: PathBuf, size: u64 },
}

impl<'a> From<&'a Tree> for Node<'a> {
    fn from(tree: &'a Tree) -> Self {
        match tree {
            Tree::Regular { contents, executable } => {
                Self::Regular { contents: Contents::Bytes(contents), executable: *executable }
            }
            Tree::Symlink { target } => Self::Symlink { target: Cow::Borrowed(target) },
            Tree::Directory(entries) => Self::Directory(
                entries
                    .iter()
                    .map(|(name, tree)| (Cow::Borrowed(name.as_slice()), Node::from(tree)))
                    .collect(),
            ),
        }
    }
}

/// One step through a tree, in the order of its archive.
pub(crate) enum Step<'n, 'a> {
    Regular { contents: &'n Contents<'a>, executable: bool },
    Symlink { target: &'n [u8] },
    BeginDirectory,
    Entry(&'n [u8]),
    EndDirectory,
}

impl Node<'_> {
    /// The tree at `source` as it is on disk. Contents are not read yet.
    pub(crate) fn from_fs(source: &Path, filter: Option<&mut Filter<'_>>) -> Result<Node<'static>, Error> {
        read_fs(source, &mut Scan { filter, source }, 0)
    }
}

impl<'a> Node<'a> {
    pub(crate) fn walk<E>(&self, visit: &mut impl FnMut(Step<'_, 'a>) -> Result<(), E>) -> Result<(), E> {
        match self {
            Self::Regular { contents, executable } => {
                visit(Step::Regular { contents, executable: *executable })
            }
            Self::Symlink { target } => visit(Step::Symlink { target }),
            Self::Directory(entries) => {
                visit(Step::BeginDirectory)?;
                for (name, node) in entries {
                    visit(Step::Entry(name))?;
                    node.walk(visit)?;
                }
                visit(Step::EndDirectory)
            }
        }
    }

    /// The SHA-256 and the size of the tree's archive.
    pub(crate) fn nar_hash(&self) -> Result<(Hash, u64), Error> {
        let mut writer = NarHasher::new()?;
        self.walk(&mut |step| writer.step(step, None))?;
        Ok(writer.finish())
    }
}

struct Scan<'s, 'f> {
    filter: Option<&'s mut Filter<'f>>,
    source: &'s Path,
}

fn read_fs(path: &Path, scan: &mut Scan<'_, '_>, depth: usize) -> Result<Node<'static>, Error> {
    let metadata = path.symlink_metadata().context("examine", path)?;
    let kind = metadata.file_type();
    if kind.is_symlink() {
        let target = fs::read_link(path).context("read the link", path)?;
        return Ok(Node::Symlink { target: Cow::Owned(target.into_os_string().into_vec()) });
    }
    if kind.is_file() {
        let contents = Contents::File { path: path.to_owned(), size: metadata.len() };
        return Ok(Node::Regular { contents, executable: metadata.mode() & 0o100 != 0 });
    }
    if !kind.is_dir() {
        return Err(Error::UnsupportedFile(path.to_owned()));
    }
    if depth >= MAX_DEPTH {
        let reason = format!("'{}' is nested deeper than {MAX_DEPTH}", path.display());
        return Err(nix_formats::Error::BadTree(reason).into());
    }
    let mut entries: Vec<(Cow<'static, [u8]>, Node<'static>)> = Vec::new();
    for entry in fs::read_dir(path).context("read the directory", path)? {
        let entry = entry.context("read the directory", path)?;
        let child = entry.path();
        if let Some(filter) = &mut scan.filter {
            let kind = entry.file_type().context("examine", &child)?;
            let kind = match (kind.is_file(), kind.is_dir(), kind.is_symlink()) {
                (true, _, _) => FileKind::Regular,
                (_, true, _) => FileKind::Directory,
                (_, _, true) => FileKind::Symlink,
                _ => return Err(Error::UnsupportedFile(child)),
            };
            match filter(&child, kind) {
                Some(true) => {}
                Some(false) => continue,
                None => return Err(Error::FilterAborted(scan.source.to_owned())),
            }
        }
        entries.push((Cow::Owned(entry.file_name().into_vec()), read_fs(&child, scan, depth + 1)?));
    }
    entries.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(Node::Directory(entries))
}

/// Hashes a tree's archive step by step.
pub(crate) struct NarHasher(Writer<Counting>);

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

impl NarHasher {
    pub(crate) fn new() -> Result<Self, Error> {
        Ok(Self(Writer::new(Counting(Hasher::new(HashAlgo::Sha256), 0))?))
    }

    /// Takes one step; the bytes of a regular file are also written to the file of `copy`, whose path is for messages.
    pub(crate) fn step(&mut self, step: Step<'_, '_>, copy: Option<(&mut File, &Path)>) -> Result<(), Error> {
        let writer = &mut self.0;
        match step {
            Step::Regular { contents: Contents::Bytes(bytes), executable } => {
                if let Some((copy, place)) = copy {
                    copy.write_all(bytes).context("write a file in", place)?;
                }
                writer.regular(executable, bytes)?;
            }
            Step::Regular { contents: Contents::File { path, size }, executable } => {
                let file = File::open(path).context("open", path)?;
                let mut tee = Tee { from: file, to: copy, failed: None };
                let result = writer.regular_from(executable, *size, &mut tee);
                if let Some(error) = tee.failed {
                    return Err(error);
                }
                result.map_err(|error| match error {
                    nix_formats::Error::BadTree(_) => Error::Changed(path.clone()),
                    nix_formats::Error::Io(source) => {
                        Error::Io { action: "copy", path: path.clone(), source }
                    }
                    other => other.into(),
                })?;
            }
            Step::Symlink { target } => writer.symlink(target)?,
            Step::BeginDirectory => writer.begin_directory()?,
            Step::Entry(name) => writer.entry(name)?,
            Step::EndDirectory => writer.end_directory()?,
        }
        Ok(())
    }

    pub(crate) fn finish(self) -> (Hash, u64) {
        let counting = self.0.finish();
        (counting.0.finish(), counting.1)
    }
}

/// Copies what is read.
struct Tee<'a> {
    from: File,
    to: Option<(&'a mut File, &'a Path)>,
    /// Why writing failed: it is not the file that is read which is to blame then.
    failed: Option<Error>,
}

impl io::Read for Tee<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = self.from.read(buffer)?;
        if let (Some((to, place)), Some(data)) = (&mut self.to, buffer.get(..len))
            && let Err(error) = to.write_all(data).context("write a file in", place)
        {
            self.failed = Some(error);
            return Err(io::ErrorKind::Other.into());
        }
        Ok(len)
    }
}
