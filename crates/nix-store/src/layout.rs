//! Where the parts of a store lie: Nix's own layout below one directory.

use std::path::{Path, PathBuf};

/// How the names of files begin that are being written in the state directories of a store that is being created.
pub(crate) const UNFINISHED: &str = ".unfinished-";

/// The files and directories of a store below its root, which for Nix itself is `/nix`.
#[derive(Debug, Clone)]
pub(crate) struct Layout {
    /// The objects.
    pub(crate) store: PathBuf,
    /// Nix's state directory.
    pub(crate) state: PathBuf,
}

impl Layout {
    pub(crate) fn new(root: &Path) -> Self {
        Self { store: root.join("store"), state: root.join("var/nix") }
    }

    /// Files with the same contents, linked together by `nix-store --optimise`.
    pub(crate) fn links(&self) -> PathBuf {
        self.store.join(".links")
    }

    pub(crate) fn database_dir(&self) -> PathBuf {
        self.state.join("db")
    }

    pub(crate) fn database(&self) -> PathBuf {
        self.database_dir().join("db.sqlite")
    }

    /// Everything that the database consists of, the file itself last.
    pub(crate) fn database_files(&self) -> [PathBuf; 3] {
        ["db.sqlite-wal", "db.sqlite-shm", "db.sqlite"].map(|name| self.database_dir().join(name))
    }

    /// The version of the database's schema, as text.
    pub(crate) fn schema(&self) -> PathBuf {
        self.database_dir().join("schema")
    }

    /// Held shared by every process that has the store open.
    pub(crate) fn big_lock(&self) -> PathBuf {
        self.database_dir().join("big-lock")
    }

    /// Space that is freed before collecting garbage on a full disk.
    pub(crate) fn reserved(&self) -> PathBuf {
        self.database_dir().join("reserved")
    }

    /// Held exclusively while garbage is collected, shared while a temporary root is recorded.
    pub(crate) fn gc_lock(&self) -> PathBuf {
        self.state.join("gc.lock")
    }

    pub(crate) fn gc_roots(&self) -> PathBuf {
        self.state.join("gcroots")
    }

    /// Links to roots that lie outside the state directory.
    pub(crate) fn indirect_roots(&self) -> PathBuf {
        self.gc_roots().join("auto")
    }

    pub(crate) fn temp_roots(&self) -> PathBuf {
        self.state.join("temproots")
    }

    pub(crate) fn profiles(&self) -> PathBuf {
        self.state.join("profiles")
    }

    /// The store directory's path as it was when the store was created; hm's own.
    pub(crate) fn recorded_dir(&self) -> PathBuf {
        self.state.join("store-dir")
    }
}
