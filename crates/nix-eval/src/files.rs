//! Files: programs to import, trees to copy into the store, and the search path.

use std::path::{Path, PathBuf};

use nix_formats::nar::Tree;
use nix_syntax::lower;
use nix_syntax::source::{Origin, Pos};
use nix_syntax::symbol::Symbol;

use crate::error::{ErrorKind, EvalError, EvalResult, WithFrame};
use crate::eval::Eval;
use crate::host::{FileRequest, FileType, MessageLevel};
use crate::strings::bytes_of;
use crate::value::{MaybeEnv, Value};

/// Decides which files belong to a tree; the path is absolute.
pub(crate) type TreeFilter<'f> = &'f mut dyn FnMut(&Path, FileType) -> EvalResult<bool>;

impl<'a> Eval<'a> {
    /// Evaluates a text in no surroundings.
    ///
    /// # Errors
    /// When it is no program, and what it runs into.
    pub fn eval_text(&self, origin: Origin, text: &[u8], directory: &Path) -> EvalResult<Value<'a>> {
        let expr = self.load(origin, text, directory, &[])?;
        self.eval(expr, None)
    }

    /// The value of the file at `path`, evaluated once. A directory means the `default.nix` in it.
    ///
    /// # Errors
    /// When it cannot be read, is no program, and what it runs into.
    pub fn import(&self, path: &Path, pos: Pos) -> EvalResult<Value<'a>> {
        let known = |path: &Path| self.imports.borrow().get(path).copied();
        if let Some(slot) = known(path) {
            return self.force_slot(slot);
        }
        let given = path;
        let path = self.resolve_import(path, pos)?;
        if let Some(slot) = known(&path) {
            // Where a path leads is found out once. One that fails in the end is looked for again.
            if slot.get().is_forced() {
                self.imports.borrow_mut().insert(given.to_path_buf(), slot);
            }
            return self.force_slot(slot);
        }
        let slot = self.slot(Value::BLACKHOLE);
        self.imports.borrow_mut().insert(path.clone(), slot);
        let result = self.import_file(&path, None, &[], pos);
        match &result {
            Ok(value) => slot.set(*value, self.boxes),
            Err(_) => {
                self.imports.borrow_mut().remove(&path);
            }
        }
        result
    }

    /// Evaluates the file at `path` with `scope`'s names in the frame `env`.
    pub(crate) fn import_file(
        &self,
        path: &Path,
        env: MaybeEnv<'a>,
        scope: &[Symbol],
        pos: Pos,
    ) -> EvalResult<Value<'a>> {
        let text = self.read_program(path, pos)?;
        let directory = path.parent().unwrap_or(Path::new("/"));
        let origin = Origin::File(bytes_of(path).to_vec());
        let expr = self.load(origin, &text, directory, scope)?;
        self.check_stack()?;
        self.eval(expr, env)
            .with_frame(|| format!("while evaluating the file '{}'", path.display()), Pos::NONE)
    }

    /// The text of the program at `path`.
    ///
    /// # Errors
    /// When it cannot or may not be read.
    pub fn read_program(&self, path: &Path, pos: Pos) -> EvalResult<Vec<u8>> {
        self.read_file(path).map_err(|error| self.file_error("opening file", path, &error, pos))
    }

    /// The file that an import of `path` means: links are followed, a directory stands for its `default.nix`.
    pub(crate) fn resolve_import(&self, path: &Path, pos: Pos) -> EvalResult<PathBuf> {
        let mut path = self.follow_links(path, pos)?;
        if self.file_type(&path, pos)? == Some(FileType::Directory) {
            path.push("default.nix");
            path = self.follow_links(&path, pos)?;
        }
        Ok(path)
    }

    /// What is at `path`, without following a link there.
    pub(crate) fn file_type(&self, path: &Path, pos: Pos) -> EvalResult<Option<FileType>> {
        self.kind_of_file(path).map_err(|error| self.path_error("getting status of", path, &error, pos))
    }

    /// `path` with a link at its end followed, repeatedly.
    pub(crate) fn follow_links(&self, path: &Path, pos: Pos) -> EvalResult<PathBuf> {
        let mut path = path.to_path_buf();
        for _ in 0..40 {
            if self.file_type(&path, pos)? != Some(FileType::Symlink) {
                return Ok(path);
            }
            let target = self
                .read_link(&path)
                .map_err(|error| self.path_error("reading symbolic link", &path, &error, pos))?;
            let directory = path.parent().unwrap_or(Path::new("/"));
            path = crate::strings::path_of(&lower::canonical_path(bytes_of(directory), bytes_of(&target)));
        }
        Err(EvalError::new(ErrorKind::Io, format!("too many symbolic links from '{}'", path.display()), pos))
    }

    /// A file or directory as a tree, without what `filter` refuses.
    pub(crate) fn read_tree(
        &self,
        path: &Path,
        filter: Option<TreeFilter<'_>>,
        pos: Pos,
    ) -> EvalResult<Tree> {
        let mut accept_all = |_: &Path, _: FileType| Ok(true);
        let filter: TreeFilter<'_> = match filter {
            Some(filter) => filter,
            None => &mut accept_all,
        };
        self.read_subtree(path, filter, pos)
    }

    /// A file or directory as a tree.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn read_source(&self, path: &Path, pos: Pos) -> EvalResult<Tree> {
        self.read_tree(path, None, pos)
    }

    fn read_subtree(&self, path: &Path, filter: TreeFilter<'_>, pos: Pos) -> EvalResult<Tree> {
        self.check_stack()?;
        let reading = |error| self.path_error("reading", path, &error, pos);
        match self.file_type(path, pos)? {
            None => {
                Err(EvalError::new(ErrorKind::Io, format!("path '{}' does not exist", path.display()), pos))
            }
            Some(FileType::Regular) => Ok(Tree::Regular {
                contents: self.read_file(path).map_err(reading)?,
                executable: self.is_executable(path).map_err(reading)?,
            }),
            Some(FileType::Symlink) => {
                let target = self.read_link(path).map_err(reading)?;
                Ok(Tree::Symlink { target: bytes_of(&target).to_vec() })
            }
            Some(FileType::Directory) => {
                let mut names = self.read_dir(path).map_err(reading)?;
                names.sort();
                let mut entries = std::collections::BTreeMap::new();
                for (name, kind) in names {
                    let inner = path.join(crate::strings::path_of(&name));
                    if filter(&inner, kind)? {
                        entries.insert(name, self.read_subtree(&inner, filter, pos)?);
                    }
                }
                Ok(Tree::Directory(entries))
            }
            Some(FileType::Unknown) => Err(EvalError::new(
                ErrorKind::Io,
                format!("file '{}' has an unsupported type", path.display()),
                pos,
            )),
        }
    }

    /// What `name` means in a search path of prefixes and paths.
    ///
    /// # Errors
    /// When no entry has it; `tryEval` catches that.
    pub fn find_file(&self, entries: &[(Vec<u8>, Vec<u8>)], name: &[u8], pos: Pos) -> EvalResult<Value<'a>> {
        let hidden = &self.settings.hidden_path;
        let hidden = hidden.iter().map(|(prefix, path)| (prefix.as_bytes(), path.as_bytes()));
        let given = entries.iter().map(|(prefix, path)| (prefix.as_slice(), path.as_slice()));
        for (prefix, path) in given.chain(hidden) {
            let rest = if prefix.is_empty() {
                Some(name)
            } else if name == prefix {
                Some(&b""[..])
            } else {
                name.strip_prefix(prefix).and_then(|rest| rest.strip_prefix(b"/"))
            };
            let Some(rest) = rest else { continue };
            let Some(path) = self.search_entry(path, pos)? else { continue };
            let mut candidate = lower::canonical_path(b"/", &path);
            if let Some(error) = self.forbidden_itself(&crate::strings::path_of(&candidate), pos) {
                return Err(error);
            }
            if !rest.is_empty() {
                candidate.push(b'/');
                candidate.extend_from_slice(rest);
            }
            let candidate = lower::canonical_path(b"/", &candidate);
            let file = crate::strings::path_of(&candidate);
            if self.path_exists(&file) {
                return Ok(self.path(&candidate));
            }
            if let Some(error) = self.forbidden_itself(&file, pos) {
                return Err(error);
            }
        }
        if let Some(rest) = name.strip_prefix(b"nix/") {
            let internal = [crate::access::INTERNAL_ROOT.as_bytes(), b"/", rest].concat();
            return Ok(self.path(&lower::canonical_path(b"/", &internal)));
        }
        let shown = String::from_utf8_lossy(name);
        let message = if self.settings.pure {
            format!("cannot look up '<{shown}>' in pure evaluation mode (use '--impure' to override)")
        } else {
            format!("file '{shown}' was not found in the Nix search path (add it using $NIX_PATH or -I)")
        };
        Err(EvalError::new(ErrorKind::Throw, message, pos))
    }

    /// Where an entry of the search path is; one that is a URL is fetched when it is first needed.
    fn search_entry(&self, entry: &[u8], pos: Pos) -> EvalResult<Option<Vec<u8>>> {
        if entry.first() == Some(&b'/') {
            return Ok(Some(entry.to_vec()));
        }
        let shown = String::from_utf8_lossy(entry).into_owned();
        if let Some(flake) = entry.strip_prefix(b"flake:") {
            return self.flake_in_search_path(flake, pos).map(Some);
        }
        if !is_pseudo_url(&shown) {
            return Ok(None);
        }
        if let Some(known) = self.fetched_entries.borrow().get(entry) {
            return Ok(known.clone());
        }
        let url = crate::builtins::fetch::resolve_channel(&shown);
        let request = FileRequest { url: &url, name: "source", unpack: true, expected: None };
        let fetched = match self.host.fetcher().map(|fetcher| fetcher.fetch_file(&request)) {
            Some(Ok(path)) => {
                let path = self.host.store_dir().join(&path);
                self.allow_stored(&path);
                Some(path.into_bytes())
            }
            failure => {
                let message = match failure {
                    Some(Err(error)) => {
                        format!("Nix search path entry '{shown}' cannot be downloaded, ignoring: {error}")
                    }
                    _ => format!("Nix search path entry '{shown}' cannot be downloaded, ignoring"),
                };
                self.host.message(MessageLevel::Notice, &message);
                None
            }
        };
        self.fetched_entries.borrow_mut().insert(entry.to_vec(), fetched.clone());
        Ok(fetched)
    }

    /// Whether something is at `path`; links before its last component are followed.
    pub(crate) fn path_exists(&self, path: &Path) -> bool {
        matches!(self.kind_of_file(path), Ok(Some(_)))
    }
}

/// Whether a search path entry is to be fetched.
fn is_pseudo_url(entry: &str) -> bool {
    const SCHEMES: [&str; 7] = ["http", "https", "file", "channel", "git", "s3", "ssh"];
    entry.starts_with("channel:")
        || entry.split_once("://").is_some_and(|(scheme, _)| SCHEMES.contains(&scheme))
}
