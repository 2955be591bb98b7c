//! The world as an evaluation sees it: files, the environment, nixlib's own files, and a store.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fs::{File, Metadata};
use std::io::Read;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use nix_eval::host::{self, FileType, Host, HostError, MessageLevel};
use nix_flake::Fetcher;
use nix_formats::nar::Tree;
use nix_formats::{Derivation, StoreDir, StorePath, WrittenDerivation};
use nix_store::Store;

use crate::environment::Environment;
use crate::nixlib;

/// The machine's files, a store, and the fetchers that fill it.
pub(crate) struct Machine<'s> {
    store: &'s dyn Store,
    fetcher: &'s Fetcher<'s>,
    messages: &'s dyn Fn(MessageLevel, &str),
    read_only: bool,
}

impl<'s> Machine<'s> {
    /// The machine with `store`, which `fetcher` fetches into; what programs say goes to `messages`.
    pub(crate) fn new(
        store: &'s dyn Store,
        fetcher: &'s Fetcher<'s>,
        messages: &'s dyn Fn(MessageLevel, &str),
    ) -> Self {
        Machine { store, fetcher, messages, read_only: false }
    }

    /// Where to read `path`: what was fetched without being added to a store lies elsewhere.
    pub(crate) fn real<'p>(&self, path: &'p Path) -> Cow<'p, Path> {
        self.fetcher.overlay().map_or(Cow::Borrowed(path), |overlay| overlay.resolve(path))
    }

    /// Whether paths are only computed: then every store path is taken to be there.
    pub(crate) fn read_only(self, read_only: bool) -> Self {
        Machine { read_only, ..self }
    }

    /// A file's bytes, and the status that it had before they were read; nixlib's files have none.
    ///
    /// # Errors
    /// As [`Host::read_file`].
    pub(crate) fn read_with_status(&self, path: &Path) -> Result<(Vec<u8>, Option<Metadata>), HostError> {
        if nixlib::contains(path) {
            return Ok((self.read_file(path)?, None));
        }
        let mut file = File::open(self.real(path))?;
        let status = file.metadata()?;
        let mut contents = Vec::new();
        file.read_to_end(&mut contents)?;
        Ok((contents, Some(status)))
    }

    /// Whether nothing is written to the store.
    pub(crate) fn is_read_only(&self) -> bool {
        self.read_only
    }

    /// What the fetchers' answers so far rely on.
    pub(crate) fn reliance(&self) -> nix_flake::Reliance {
        self.fetcher.reliance()
    }
}

fn store_error(error: nix_store::Error) -> HostError {
    HostError(error.to_string())
}

/// What an entry of a directory is.
pub(crate) fn kind_of(kind: std::fs::FileType) -> FileType {
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

/// Whether what has this status is a file that somebody may execute.
pub(crate) fn is_program(found: &Metadata) -> bool {
    found.is_file() && found.permissions().mode() & 0o111 != 0
}

fn absent() -> HostError {
    HostError("No such file or directory".to_owned())
}

impl Host for Machine<'_> {
    fn store_dir(&self) -> &StoreDir {
        self.store.store_dir()
    }

    fn read_file(&self, path: &Path) -> Result<Vec<u8>, HostError> {
        if nixlib::contains(path) {
            return nixlib::read(path).map(<[u8]>::to_vec).ok_or_else(absent);
        }
        Ok(std::fs::read(self.real(path))?)
    }

    fn read_dir(&self, path: &Path) -> Result<Vec<(Vec<u8>, FileType)>, HostError> {
        if nixlib::contains(path) {
            return nixlib::read_dir(path).ok_or_else(absent);
        }
        let mut entries = Vec::new();
        for entry in std::fs::read_dir(self.real(path))? {
            let entry = entry?;
            entries.push((entry.file_name().as_bytes().to_vec(), kind_of(entry.file_type()?)));
        }
        Ok(entries)
    }

    fn file_type(&self, path: &Path) -> Result<Option<FileType>, HostError> {
        if nixlib::contains(path) {
            return Ok(nixlib::file_type(path));
        }
        match std::fs::symlink_metadata(self.real(path)) {
            Ok(metadata) => Ok(Some(kind_of(metadata.file_type()))),
            Err(error)
                if matches!(
                    error.kind(),
                    std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory
                ) =>
            {
                Ok(None)
            }
            Err(error) => Err(error.into()),
        }
    }

    fn is_executable(&self, path: &Path) -> Result<bool, HostError> {
        if nixlib::contains(path) {
            return Ok(false);
        }
        Ok(std::fs::symlink_metadata(self.real(path))?.permissions().mode() & 0o100 != 0)
    }

    fn read_link(&self, path: &Path) -> Result<PathBuf, HostError> {
        Ok(std::fs::read_link(self.real(path))?)
    }

    fn is_program(&self, path: &Path) -> bool {
        std::fs::metadata(self.real(path)).is_ok_and(|found| is_program(&found))
    }

    fn environment(&self, name: &str) -> Option<Vec<u8>> {
        Environment::lookup(name)
    }

    fn current_time(&self) -> i64 {
        SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs() as i64)
    }

    fn add_text(
        &self,
        name: &str,
        contents: &[u8],
        references: &BTreeSet<StorePath>,
    ) -> Result<StorePath, HostError> {
        self.store.add_text(name, contents, references).map_err(store_error)
    }

    fn add_tree(
        &self,
        name: &str,
        tree: &Tree,
        references: &BTreeSet<StorePath>,
    ) -> Result<StorePath, HostError> {
        self.store.add_tree(name, tree, references).map_err(store_error)
    }

    fn add_flat(&self, name: &str, contents: &[u8]) -> Result<StorePath, HostError> {
        self.store.add_flat(name, contents).map_err(store_error)
    }

    fn add_derivation(&self, derivation: &WrittenDerivation<'_>) -> Result<StorePath, HostError> {
        self.store.add_derivation(derivation).map_err(store_error)
    }

    fn is_valid_path(&self, path: &StorePath) -> Result<bool, HostError> {
        Ok(self.read_only || self.store.is_valid(path).map_err(store_error)?)
    }

    fn references(&self, path: &StorePath) -> Result<BTreeSet<StorePath>, HostError> {
        self.store.references(path).map_err(store_error)
    }

    fn realise(&self, derivation: &StorePath, output: &str) -> Result<(), HostError> {
        let dir = self.store.store_dir();
        let path = dir.join(derivation);
        let name = derivation.name().strip_suffix(".drv").unwrap_or(derivation.name());
        let text = std::fs::read(&path).map_err(|_| {
            HostError(format!("the derivation is not in the store at '{dir}', which was only computed with"))
        })?;
        let parsed =
            Derivation::from_aterm(dir, name, &text).map_err(|error| HostError(error.to_string()))?;
        let known = parsed.outputs.get(output).and_then(|kind| kind.path(dir, name, output).ok().flatten());
        match known {
            Some(object) if self.store.is_valid(&object).map_err(store_error)? => Ok(()),
            _ => {
                let advice = "`--pkgs host` takes the programs of this machine instead";
                Err(HostError(format!("this store has no builder for derivations; {advice}")))
            }
        }
    }

    fn message(&self, level: MessageLevel, text: &str) {
        (self.messages)(level, text);
    }

    fn fetcher(&self) -> Option<&dyn host::Fetcher> {
        Some(self.fetcher)
    }
}
