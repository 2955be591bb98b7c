//! A place to fetch in: a directory, a cache, a store, and ways to say what was fetched.

use std::cell::RefCell;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use nix_eval::host::{FetchedTree, Fetcher as _, FileRequest, HostError};
use nix_flake::{Config, Fetcher, program_environment};
use nix_formats::flake_ref::input_from_url;
use nix_formats::uri::Leniency;
use nix_formats::{Hash, InputAttrs, InputValue, StoreDir, StorePath, Url};
use nix_store::{EmbeddedStore, OpenOptions, ReadOnlyStore, Store};

/// A directory with everything that a test needs.
pub(crate) struct World {
    dir: tempfile::TempDir,
    store: Box<dyn Store>,
    computed: bool,
    warnings: RefCell<Vec<String>>,
    ttl: u64,
    registry: String,
    trusted: Option<Vec<String>>,
}

impl World {
    /// With a store that is only computed with.
    pub(crate) fn new() -> World {
        let store = Box::new(ReadOnlyStore::new(StoreDir::default()));
        World {
            dir: tempfile::tempdir().unwrap(),
            store,
            computed: true,
            warnings: RefCell::default(),
            ttl: 3600,
            registry: String::new(),
            trusted: Some(Vec::new()),
        }
    }

    /// With a real store.
    pub(crate) fn with_store() -> World {
        let dir = tempfile::tempdir().unwrap();
        let root = dir.path().canonicalize().unwrap().join("nix");
        let store = Box::new(EmbeddedStore::open(&root, &OpenOptions::default()).unwrap());
        World {
            dir,
            store,
            computed: false,
            warnings: RefCell::default(),
            ttl: 3600,
            registry: String::new(),
            trusted: Some(Vec::new()),
        }
    }

    /// With answers that are asked for again after so many seconds.
    pub(crate) fn ttl(self, ttl: u64) -> World {
        World { ttl, ..self }
    }

    /// With a registry of flakes that everybody shares, behind a URL.
    pub(crate) fn registry(self, registry: String) -> World {
        World { registry, ..self }
    }

    /// With public keys that may vouch for objects of binary caches; without any, nobody has to.
    pub(crate) fn trusting(self, trusted: Option<Vec<String>>) -> World {
        World { trusted, ..self }
    }

    /// The directory.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.dir.path().join(name)
    }

    /// The store.
    pub(crate) fn store(&self) -> &dyn Store {
        self.store.as_ref()
    }

    /// What was warned of since the last call.
    pub(crate) fn warnings(&self) -> Vec<String> {
        self.warnings.take()
    }

    /// Calls `body` with new fetchers, which share the cache of earlier ones.
    pub(crate) fn with<T>(&self, body: impl FnOnce(&Fetcher<'_>) -> T) -> T {
        let mut config = Config::new(self.path("cache"));
        config.ttl = self.ttl;
        config.flake_registry.clone_from(&self.registry);
        config.require_signatures = self.trusted.is_some();
        config.trusted_public_keys = self.trusted.clone().unwrap_or_default();
        config.environment = program_environment(std::env::vars_os());
        config.environment.push(("HOME".into(), self.path("home").into()));
        config.directory = self.dir.path().to_owned();
        let warn = |text: &str| self.warnings.borrow_mut().push(text.to_owned());
        body(&Fetcher::new(self.store.as_ref(), config, &warn).computed(self.computed))
    }

    /// Fetches an input by its attributes, and says what it is and has.
    pub(crate) fn tree(&self, attrs: &[(&str, InputValue)]) -> Result<Found, HostError> {
        let attrs: InputAttrs =
            attrs.iter().map(|(name, value)| ((*name).to_owned(), value.clone())).collect();
        self.input(&attrs)
    }

    /// Fetches an input by its URL, and says what it is and has.
    pub(crate) fn url(&self, url: &str) -> Result<Found, HostError> {
        let input = Url::parse(url, Leniency::Strict).map_err(nix_formats::Error::from);
        let input = input.and_then(|url| input_from_url(&url, true));
        self.input(&input.map_err(|error| HostError(error.to_string()))?)
    }

    fn input(&self, input: &InputAttrs) -> Result<Found, HostError> {
        self.with(|fetcher| {
            let fetched = fetcher.fetch_tree(input)?;
            let rev_count = match fetched.counts_revisions {
                true => Some(fetcher.rev_count(&fetched.locked)?),
                false => fetched.locked.get("revCount").and_then(InputValue::as_int),
            };
            let files = self.listing(fetcher, &fetched.path);
            Ok(Found { fetched, rev_count, files })
        })
    }

    /// Fetches a file or archive, and says what is in it.
    pub(crate) fn file(&self, url: &str, unpack: bool, expected: Option<&str>) -> Result<String, HostError> {
        self.with(|fetcher| {
            let expected = expected.map(|text| Hash::parse(text, None).unwrap());
            let path = fetcher.fetch_file(&FileRequest { url, name: "source", unpack, expected })?;
            Ok(self.listing(fetcher, &path))
        })
    }

    /// What is in an object, wherever it lies.
    pub(crate) fn listing(&self, fetcher: &Fetcher<'_>, object: &StorePath) -> String {
        let path = PathBuf::from(self.store.store_dir().join(object));
        let real = fetcher.overlay().map_or(path.clone(), |overlay| overlay.resolve(&path).into_owned());
        list(&real)
    }
}

/// What came of an input.
#[derive(Debug)]
pub(crate) struct Found {
    pub(crate) fetched: FetchedTree,
    pub(crate) rev_count: Option<u64>,
    pub(crate) files: String,
}

impl Found {
    /// An attribute of the locked input, as text.
    pub(crate) fn attr(&self, name: &str) -> String {
        match self.fetched.locked.get(name) {
            Some(InputValue::String(text)) => text.clone(),
            Some(InputValue::Int(number)) => number.to_string(),
            Some(InputValue::Bool(value)) => value.to_string(),
            None => "-".to_owned(),
        }
    }
}

/// What is at `path`: `name` or `name*` with contents for files, `name/` for directories, `name->target` for links.
pub(crate) fn list(path: &Path) -> String {
    fn entry(path: &Path, name: &str, out: &mut Vec<String>) {
        let metadata = path.symlink_metadata().unwrap();
        if metadata.is_symlink() {
            out.push(format!("{name}->{}", fs::read_link(path).unwrap().display()));
        } else if metadata.is_dir() {
            let mut names: Vec<_> =
                fs::read_dir(path).unwrap().map(|found| found.unwrap().file_name()).collect();
            names.sort();
            if names.is_empty() {
                out.push(format!("{name}/"));
            }
            for inner in names {
                let shown = inner.to_string_lossy();
                let full = if name.is_empty() { shown.into_owned() } else { format!("{name}/{shown}") };
                entry(&path.join(&inner), &full, out);
            }
        } else {
            let mark = if metadata.permissions().mode() & 0o100 != 0 { "*" } else { "" };
            let text = fs::read_to_string(path).unwrap_or_else(|_| "(bytes)".to_owned());
            out.push(format!("{name}{mark}={}", text.trim_end()));
        }
    }
    let mut out = Vec::new();
    entry(path, "", &mut out);
    out.join(" ")
}

/// The text of a failure.
pub(crate) fn failure<T>(result: Result<T, HostError>) -> String {
    match result {
        Ok(_) => panic!("it did not fail"),
        Err(error) => error.0,
    }
}

/// Whether `program` is installed; without it the test is passed over, loudly.
pub(crate) fn has_program(program: &str) -> bool {
    let output = Command::new(program).arg("--version").output();
    // This one has no version to tell.
    if output.is_ok_and(|output| output.status.success() || program == "ssh-keygen") {
        return true;
    }
    eprintln!("SKIPPED: {program} is not installed");
    assert!(std::env::var("HM_TESTS_REQUIRE_ALL").as_deref() != Ok("1"), "no test may be skipped");
    false
}

/// Runs a shell script in `directory` with an author, fixed times and no configuration of the user.
#[track_caller]
pub(crate) fn run(directory: &Path, script: &str) -> String {
    let mut command = Command::new("sh");
    command.args(["-euc", script]).current_dir(directory).env("HOME", directory);
    for (name, value) in [
        ("GIT_CONFIG_NOSYSTEM", "1"),
        ("GIT_AUTHOR_NAME", "a"),
        ("GIT_AUTHOR_EMAIL", "a@b"),
        ("GIT_AUTHOR_DATE", "1000000000 +0000"),
        ("GIT_COMMITTER_NAME", "a"),
        ("GIT_COMMITTER_EMAIL", "a@b"),
        ("GIT_COMMITTER_DATE", "1000000000 +0000"),
        ("GIT_CONFIG_COUNT", "1"),
        ("GIT_CONFIG_KEY_0", "protocol.file.allow"),
        ("GIT_CONFIG_VALUE_0", "always"),
        ("HGUSER", "a"),
    ] {
        command.env(name, value);
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "{script}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).trim().to_owned()
}

/// A string as an attribute.
pub(crate) fn text(value: impl AsRef<str>) -> InputValue {
    InputValue::from(value.as_ref())
}
