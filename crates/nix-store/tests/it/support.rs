//! What the tests share: a store in a temporary directory, some objects, stock Nix beside it.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};
use std::time::Duration;

use nix_formats::{StorePath, Tree};
use nix_store::{EmbeddedStore, OpenOptions, Store};
use tempfile::TempDir;

/// A directory that is deleted at the end, read-only objects in it or not.
pub(crate) struct Fixture {
    dir: Option<TempDir>,
}

impl Fixture {
    pub(crate) fn new() -> Self {
        Self { dir: Some(TempDir::new().unwrap()) }
    }

    pub(crate) fn path(&self) -> &Path {
        self.dir.as_ref().unwrap().path()
    }

    pub(crate) fn root(&self) -> PathBuf {
        self.path().join("nix")
    }

    pub(crate) fn open(&self) -> EmbeddedStore {
        EmbeddedStore::open(&self.root(), &options()).unwrap()
    }

    /// Stock Nix's `nix-store`, or another of its programs, on this store.
    pub(crate) fn nix(&self, program: &str, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Output {
        let nix_store = nix_store().unwrap();
        let state = self.root().join("var/nix");
        Command::new(nix_store.replace("nix-store", program))
            .args(args)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap_or_default())
            .env("HOME", self.path())
            .env("NIX_CONF_DIR", self.path())
            .env("NIX_CONFIG", "build-users-group =\nsubstitute = false")
            .env("NIX_STORE_DIR", self.root().join("store"))
            .env("NIX_LOCALSTATE_DIR", self.root().join("var"))
            .env("NIX_LOG_DIR", self.root().join("var/log/nix"))
            .env("NIX_STATE_DIR", state)
            .output()
            .unwrap()
    }

    /// The lines that a successful `nix-store` prints.
    #[track_caller]
    pub(crate) fn lines(&self, args: &[&str]) -> Vec<String> {
        let output = self.nix("nix-store", args);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
    }

    /// Stock Nix finds nothing wrong with any object.
    #[track_caller]
    pub(crate) fn assert_verified(&self) {
        if nix_store().is_some() {
            let output = self.nix("nix-store", ["--verify", "--check-contents"]);
            let messages = String::from_utf8_lossy(&output.stderr);
            assert!(output.status.success(), "{messages}");
            for bad in ["error", "modified", "disappeared", "not valid"] {
                assert!(!messages.contains(bad), "{messages}");
            }
        }
    }
}

impl Drop for Fixture {
    fn drop(&mut self) {
        fn make_writable(path: &Path) {
            if path.symlink_metadata().is_ok_and(|metadata| metadata.is_dir()) {
                _ = std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755));
                for entry in std::fs::read_dir(path).into_iter().flatten().flatten() {
                    make_writable(&entry.path());
                }
            }
        }
        make_writable(self.path());
        self.dir.take().unwrap().close().unwrap();
    }
}

/// Nothing waits long in a test, and no test survives a power failure.
pub(crate) fn options() -> OpenOptions {
    let mut options = OpenOptions::default();
    options.lock_timeout = Duration::from_secs(20);
    options.sync = false;
    options
}

/// The `nix-store` to check against; without one, the test that asks says that it is skipped.
pub(crate) fn nix_store() -> Option<String> {
    let program = std::env::var("HM_TEST_NIX_STORE").unwrap_or_else(|_| "nix-store".to_owned());
    match Command::new(&program).arg("--version").output() {
        Ok(output) if output.status.success() => Some(program),
        _ => {
            eprintln!("SKIPPED: stock Nix is absent ('{program}' does not run)");
            None
        }
    }
}

pub(crate) fn refs<'a>(paths: impl IntoIterator<Item = &'a StorePath>) -> BTreeSet<StorePath> {
    paths.into_iter().cloned().collect()
}

/// A tree with every kind of entry; a text in it mentions `other`.
pub(crate) fn sample_tree(store: &dyn Store, other: &StorePath) -> Tree {
    let script = format!("#!/bin/sh\nexec cat {}\n", store.store_dir().join(other));
    Tree::directory([
        ("bin", Tree::directory([("run", Tree::executable(script))])),
        ("empty", Tree::Directory(Default::default())),
        ("link", Tree::symlink("bin/run")),
        ("text", Tree::file("text\n")),
        ("with space and é", Tree::file("")),
    ])
}

/// Two objects, the second of which refers to the first.
pub(crate) fn add_samples(store: &dyn Store) -> [StorePath; 2] {
    let text = store.add_text("greeting", b"hello\n", &BTreeSet::new()).unwrap();
    let tree = sample_tree(store, &text);
    let tree = store.add_tree("sample", &tree, &refs([&text])).unwrap();
    [text, tree]
}
