//! A world for tests: the machine's files, a fixed environment, and a store that is only computed with.

use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::BTreeSet;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use nix_eval::features::{Feature, Features};
use nix_eval::host::{
    ClosureRequest, FetchedClosure, FetchedTree, Fetcher, FileRequest, FileType, Host, HostError,
    MessageLevel,
};
use nix_eval::{Eval, EvalError, Settings};
use nix_flake::{Config, program_environment};
use nix_formats::{InputAttrs, InputValue, Registry, StoreDir, StorePath, Tree, WrittenDerivation};
use nix_store::{ReadOnlyStore, Store};
use nix_syntax::arena::Arena;
use nix_syntax::lower::PartSizes;
use nix_syntax::source::{Origin, Pos};

/// The stack of an evaluation in tests.
pub(crate) const STACK: usize = 256 << 20;

/// What an evaluation came to.
#[derive(Debug)]
pub(crate) struct Outcome {
    /// The printed value.
    pub(crate) value: Result<String, Box<EvalError>>,
    /// The places of the error and its steps, as `file:line:column` each.
    pub(crate) places: Vec<String>,
    /// What was traced or warned of.
    pub(crate) messages: Vec<String>,
}

/// The lock file of the flake that `reference` names.
pub(crate) fn lock_here(reference: &str, settings: &Settings) -> Result<String, Box<EvalError>> {
    let arena = Arena::new();
    let store = ReadOnlyStore::new(StoreDir::default());
    let host = Machine::new(&store);
    Eval::new(&arena, &host, settings.clone()).flake_lock(reference)
}

/// Evaluates `text` as a file in `directory`, all of it, in an evaluation of its own. The calling thread needs [`STACK`].
pub(crate) fn evaluate_here(text: &str, directory: &Path, settings: &Settings) -> Outcome {
    let arena = Arena::new();
    let store = ReadOnlyStore::new(StoreDir::default());
    let host = Machine::new(&store);
    let eval = Eval::new(&arena, &host, settings.clone());
    let result = eval
        .eval_text(Origin::String, text.as_bytes(), directory)
        .and_then(|value| eval.force_deep(value))
        .and_then(|value| eval.print(value));
    let places = match &result {
        Ok(_) => Vec::new(),
        Err(error) => {
            let steps = error.trace.iter().map(|frame| frame.pos);
            std::iter::once(error.pos).chain(steps).map(|pos| place(&eval, pos)).collect()
        }
    };
    let value = result.map(|bytes| String::from_utf8_lossy(&bytes).into_owned());
    let messages = host.messages.take();
    Outcome { value, places, messages }
}

/// Runs `body` with an evaluation of its own.
pub(crate) fn with_eval<T: Send>(body: impl FnOnce(&Eval<'_>) -> T + Send) -> T {
    with_parts(PartSizes::default(), body)
}

/// Runs `body` with an evaluation of its own, where `parts` are lowered late.
pub(crate) fn with_parts<T: Send>(parts: PartSizes, body: impl FnOnce(&Eval<'_>) -> T + Send) -> T {
    on_large_stack(|| {
        let arena = Arena::new();
        let store = ReadOnlyStore::new(StoreDir::default());
        let host = Machine::new(&store);
        let features = Feature::ALL.into_iter().fold(Features::default(), Features::with);
        let settings = Settings { stack_size: STACK, features, parts, ..Settings::default() };
        body(&Eval::new(&arena, &host, settings))
    })
}

fn place(eval: &Eval<'_>, pos: Pos) -> String {
    match eval.sources.locate(pos) {
        Some(found) => format!("{}:{}:{}", found.origin.display(), found.line, found.column),
        None => "-".to_owned(),
    }
}

/// Runs `body` on a thread with the stack that evaluations need.
pub(crate) fn on_large_stack<T: Send>(body: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().stack_size(STACK).spawn_scoped(scope, body).unwrap();
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}

/// Everything that can be is lowered when it is evaluated.
pub(crate) const ALL_LATE: PartSizes = PartSizes { text: 0, least: 0, most: usize::MAX };

/// Evaluates `text` in the root directory with the default settings.
pub(crate) fn evaluate(text: &str) -> Outcome {
    evaluate_in_parts(text, PartSizes::default())
}

/// Evaluates `text` in the root directory, where `parts` are lowered late.
pub(crate) fn evaluate_in_parts(text: &str, parts: PartSizes) -> Outcome {
    on_large_stack(|| {
        let settings = Settings { stack_size: STACK, parts, ..Settings::default() };
        evaluate_here(text, Path::new("/"), &settings)
    })
}

/// The folder of the records.
pub(crate) fn conformance() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../tests/conformance").canonicalize().unwrap()
}

struct Machine<'s> {
    store: &'s ReadOnlyStore,
    fetcher: Timeless<'s>,
    messages: RefCell<Vec<String>>,
}

impl<'s> Machine<'s> {
    fn new(store: &'s ReadOnlyStore) -> Self {
        let mut config = Config::new(env!("CARGO_TARGET_TMPDIR").into());
        config.flake_registry.clear();
        config.environment = program_environment(std::env::vars_os());
        let fetcher = Timeless(nix_flake::Fetcher::new(store, config, &|_| ()).computed(true));
        Machine { store, fetcher, messages: RefCell::default() }
    }

    fn real<'p>(&self, path: &'p Path) -> Cow<'p, Path> {
        self.fetcher.0.overlay().map_or(Cow::Borrowed(path), |overlay| overlay.resolve(path))
    }
}

/// The fetchers, for which all directories are of one age: a checkout's files are as old as the checkout.
struct Timeless<'s>(nix_flake::Fetcher<'s>);

impl Fetcher for Timeless<'_> {
    fn global_registry(&self) -> Result<Registry, HostError> {
        Fetcher::global_registry(&self.0)
    }

    fn fetch_file(&self, request: &FileRequest<'_>) -> Result<StorePath, HostError> {
        Fetcher::fetch_file(&self.0, request)
    }

    fn fetch_tree(&self, input: &InputAttrs) -> Result<FetchedTree, HostError> {
        let mut fetched = self.0.fetch_tree(input)?;
        if input.get("type") == Some(&InputValue::from("path")) && !input.contains_key("lastModified") {
            fetched.locked.insert("lastModified".to_owned(), InputValue::Int(1_700_000_000));
        }
        Ok(fetched)
    }

    fn rev_count(&self, locked: &InputAttrs) -> Result<u64, HostError> {
        self.0.rev_count(locked)
    }

    fn fetch_closure(&self, request: &ClosureRequest<'_>) -> Result<FetchedClosure, HostError> {
        self.0.fetch_closure(request)
    }
}

fn failed(error: nix_store::Error) -> HostError {
    HostError(error.to_string())
}

fn kind(kind: std::fs::FileType) -> FileType {
    if kind.is_file() {
        FileType::Regular
    } else if kind.is_dir() {
        FileType::Directory
    } else if kind.is_symlink() {
        FileType::Symlink
    } else {
        FileType::Unknown
    }
}

impl Host for Machine<'_> {
    fn store_dir(&self) -> &StoreDir {
        self.store.store_dir()
    }

    fn read_file(&self, path: &Path) -> Result<Vec<u8>, HostError> {
        Ok(std::fs::read(self.real(path))?)
    }

    fn read_dir(&self, path: &Path) -> Result<Vec<(Vec<u8>, FileType)>, HostError> {
        std::fs::read_dir(self.real(path))?
            .map(|entry| {
                let entry = entry?;
                Ok((entry.file_name().as_bytes().to_vec(), kind(entry.file_type()?)))
            })
            .collect()
    }

    fn file_type(&self, path: &Path) -> Result<Option<FileType>, HostError> {
        use std::io::ErrorKind::{NotADirectory, NotFound};
        match std::fs::symlink_metadata(self.real(path)) {
            Ok(metadata) => Ok(Some(kind(metadata.file_type()))),
            Err(error) if matches!(error.kind(), NotFound | NotADirectory) => Ok(None),
            Err(error) => Err(error.into()),
        }
    }

    fn is_executable(&self, path: &Path) -> Result<bool, HostError> {
        Ok(std::fs::symlink_metadata(self.real(path))?.permissions().mode() & 0o100 != 0)
    }

    fn read_link(&self, path: &Path) -> Result<PathBuf, HostError> {
        Ok(std::fs::read_link(self.real(path))?)
    }

    fn environment(&self, name: &str) -> Option<Vec<u8>> {
        match name {
            "CONFORMANCE" => Some(b"set".to_vec()),
            "HOME" => Some(b"/home/conformance".to_vec()),
            _ => None,
        }
    }

    fn current_time(&self) -> i64 {
        1_700_000_000
    }

    fn add_text(
        &self,
        name: &str,
        contents: &[u8],
        references: &BTreeSet<StorePath>,
    ) -> Result<StorePath, HostError> {
        self.store.add_text(name, contents, references).map_err(failed)
    }

    fn add_tree(
        &self,
        name: &str,
        tree: &Tree,
        references: &BTreeSet<StorePath>,
    ) -> Result<StorePath, HostError> {
        self.store.add_tree(name, tree, references).map_err(failed)
    }

    fn add_flat(&self, name: &str, contents: &[u8]) -> Result<StorePath, HostError> {
        self.store.add_flat(name, contents).map_err(failed)
    }

    fn add_derivation(&self, derivation: &WrittenDerivation<'_>) -> Result<StorePath, HostError> {
        self.store.add_derivation(derivation).map_err(failed)
    }

    // Paths are only computed, as by `nix-instantiate --eval`: each is taken to be there.
    fn is_valid_path(&self, _path: &StorePath) -> Result<bool, HostError> {
        Ok(true)
    }

    fn references(&self, path: &StorePath) -> Result<BTreeSet<StorePath>, HostError> {
        self.store.references(path).map_err(failed)
    }

    fn realise(&self, derivation: &StorePath, _output: &str) -> Result<(), HostError> {
        Err(HostError(format!("'{derivation}' is only computed with")))
    }

    fn fetcher(&self) -> Option<&dyn Fetcher> {
        Some(&self.fetcher)
    }

    fn message(&self, level: MessageLevel, text: &str) {
        self.messages.borrow_mut().push(format!("{level:?}: {text}"));
    }
}
