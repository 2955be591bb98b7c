//! Files: programs to import, trees to copy into the store, and the search path.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use nix_formats::nar::Tree;
use nix_syntax::ast::{self, Span};
use nix_syntax::lower::{self, Constants, Context as LowerContext, lower};
use nix_syntax::parser::{ParseOptions, SyntaxError, parse, parse_bindings};
use nix_syntax::program::Expr;
use nix_syntax::show::{Surroundings, show};
use nix_syntax::source::{FileBase, Origin, Pos};
use nix_syntax::symbol::{Symbol, Symbols};

use crate::error::{ErrorKind, EvalError, EvalResult, WithFrame};
use crate::eval::Eval;
use crate::features::Feature;
use crate::host::{FileRequest, FileType, MessageLevel};
use crate::strings::bytes_of;
use crate::value::{MaybeEnv, Value, View};

/// Decides which files belong to a tree; the path is absolute.
pub(crate) type TreeFilter<'f> = &'f mut dyn FnMut(&Path, FileType) -> EvalResult<bool>;

/// What makes a tree of a text.
type Reader = for<'t> fn(
    &'t bumpalo::Bump,
    &Symbols<'_>,
    &[u8],
    &ParseOptions,
) -> Result<&'t ast::Expr<'t>, SyntaxError>;

/// An arena for syntax trees is used again up to this size, in bytes.
const KEPT_TREE: usize = 1 << 20;

/// A text that is to become code.
struct Source<'t> {
    read: Reader,
    origin: Origin,
    text: &'t [u8],
    /// What is read behind the text and not shown.
    end: &'t [u8],
    directory: &'t Path,
    scope: &'t [Symbol],
}

impl<'a> Eval<'a> {
    /// Parses and lowers a text.
    ///
    /// # Errors
    /// When it is no program.
    pub fn load(
        &self,
        origin: Origin,
        text: &[u8],
        directory: &Path,
        scope: &[Symbol],
    ) -> EvalResult<&'a Expr<'a, Value<'a>>> {
        self.load_checked(origin, text, directory, scope, |_| Ok(()))
    }

    /// Parses and lowers a text whose tree `check` accepts.
    pub(crate) fn load_checked(
        &self,
        origin: Origin,
        text: &[u8],
        directory: &Path,
        scope: &[Symbol],
        check: impl FnOnce(&ast::Expr<'_>) -> EvalResult<()>,
    ) -> EvalResult<&'a Expr<'a, Value<'a>>> {
        self.load_source(Source { read: parse, origin, text, end: b"", directory, scope }, check)
    }

    /// Parses and lowers definitions without braces around them, as a set. The last of them needs no semicolon.
    ///
    /// # Errors
    /// When they are none.
    pub fn load_bindings(
        &self,
        origin: Origin,
        text: &[u8],
        directory: &Path,
        scope: &[Symbol],
    ) -> EvalResult<&'a Expr<'a, Value<'a>>> {
        let load = |end| {
            let source = Source { read: parse_bindings, origin: origin.clone(), text, end, directory, scope };
            self.load_source(source, |_| Ok(()))
        };
        match load(b"") {
            Err(error) if error.kind == ErrorKind::Syntax => {
                let retried = load(b"\n;");
                match &retried {
                    // What is wrong with the semicolon is not the user's concern.
                    Err(other) if self.offset_of(other.pos) >= text.len() => Err(error),
                    _ => retried,
                }
            }
            other => other,
        }
    }

    fn offset_of(&self, pos: Pos) -> usize {
        self.sources.offset(pos).unwrap_or(0) as usize
    }

    fn load_source(
        &self,
        source: Source<'_>,
        check: impl FnOnce(&ast::Expr<'_>) -> EvalResult<()>,
    ) -> EvalResult<&'a Expr<'a, Value<'a>>> {
        let Source { read, origin, text, end, directory, scope } = source;
        let whole = if end.is_empty() { Cow::Borrowed(text) } else { Cow::Owned([text, end].concat()) };
        let base = self.sources.add(self.arena, origin, text);
        let context = LowerContext {
            arena: self.arena,
            symbols: &self.symbols,
            lambdas: &self.lambdas,
            constants: self,
            base,
            directory: bytes_of(directory),
            scope,
        };
        self.with_tree(read, &whole, base, |tree| {
            check(tree)?;
            lower(&context, tree).map_err(|error| self.lower_error(error, base))
        })
    }

    /// Parses a text and passes its tree to `read`. The tree lives in an arena of its own, which the next text reuses.
    fn with_tree<T>(
        &self,
        parse: Reader,
        text: &[u8],
        base: FileBase,
        read: impl FnOnce(&ast::Expr<'_>) -> EvalResult<T>,
    ) -> EvalResult<T> {
        let pipe_operators = self.settings.features.has(Feature::PipeOperators);
        let options = ParseOptions { pipe_operators, ..ParseOptions::default() };
        let mut trees = self.trees.take();
        let result = parse(&trees, &self.symbols, text, &options)
            .map_err(|error| {
                let syntax = EvalError::new(ErrorKind::Syntax, error.message, at(base, error.span));
                match error.note {
                    Some(note) => syntax.frame(note.message, at(base, note.span)),
                    None => syntax,
                }
            })
            .and_then(read);
        // The tree of a large file takes much, and few files are large.
        if trees.allocated_bytes() > KEPT_TREE {
            trees = bumpalo::Bump::new();
        }
        trees.reset();
        self.trees.set(trees);
        result
    }

    /// The printed form of a text that is a valid program.
    ///
    /// # Errors
    /// When it is none.
    pub fn show_program(&self, origin: Origin, text: &[u8], directory: &Path) -> EvalResult<Vec<u8>> {
        self.load(origin.clone(), text, directory, &[])?;
        let base = self.sources.add(self.arena, origin, text);
        let home = || Constants::home(self);
        let surroundings =
            Surroundings { symbols: &self.symbols, directory: bytes_of(directory), home: &home };
        self.with_tree(parse, text, base, |tree| {
            show(tree, &surroundings).map_err(|error| self.lower_error(error, base))
        })
    }

    fn lower_error(&self, error: lower::LowerError, base: FileBase) -> Box<EvalError> {
        let kind = if error.message.starts_with("undefined variable") {
            ErrorKind::UndefinedVariable
        } else {
            ErrorKind::Syntax
        };
        let message = match &error.related {
            Some((span, _)) => format!("{} at {}", error.message, self.describe_pos(at(base, *span))),
            None => error.message,
        };
        let found = EvalError::new(kind, message, at(base, error.span));
        match error.related {
            Some((span, text)) => found.frame(text, at(base, span)),
            None => found,
        }
    }

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

fn at(base: FileBase, span: Span) -> Pos {
    base.at(span.start)
}

impl<'a> Constants<Value<'a>> for Eval<'a> {
    fn int(&self, value: i64) -> Value<'a> {
        Value::int(value)
    }

    fn float(&self, value: f64) -> Value<'a> {
        Value::float(value)
    }

    fn string(&self, bytes: &[u8]) -> Value<'a> {
        Eval::string(self, bytes)
    }

    fn path(&self, bytes: &[u8]) -> Value<'a> {
        Eval::path(self, bytes)
    }

    fn global(&self, name: &[u8]) -> Option<Value<'a>> {
        let known = self.globals.borrow().get(name).copied();
        match known.map(Value::view) {
            // A constant is a value; the time is none until somebody names it.
            Some(View::Ref(slot)) => self.force_slot(slot).ok(),
            _ => known,
        }
    }

    fn home(&self) -> Result<Vec<u8>, String> {
        if self.settings.pure {
            return Err("can not be resolved in pure mode".to_owned());
        }
        self.host.environment("HOME").ok_or_else(|| "means no directory, as HOME is not set".to_owned())
    }
}
