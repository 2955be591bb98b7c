//! The embedded store: a Nix store in a directory of the user's own, without a daemon.
//!
//! Objects are written in canonical form under a temporary name, renamed into place at once, and registered
//! in Nix's database only by the commit, after one sync of the file system. Until then a collector leaves
//! them alone because they are temporary roots of this process. A process that dies before the commit leaves
//! garbage, never a registered object that is not whole.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeSet, HashMap, HashSet};
use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::os::unix::fs::{MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use nix_formats::content_address::{ContentAddress, ContentAddressMethod};
use nix_formats::nar::Tree;
use nix_formats::{FileIngestion, Hash, HashAlgo, ObjectInfo, StoreDir, StorePath, WrittenDerivation};
use tempfile::NamedTempFile;

use crate::database::{Database, Registration, SCHEMA_VERSION};
use crate::error::{Context, Error};
use crate::layout::{Layout, UNFINISHED};
use crate::location::{self, Place};
use crate::lock::{LockFile, Mode};
use crate::node::{Contents, Node};
use crate::object;
use crate::roots;
use crate::store::{Filter, Store};
use crate::temp_roots::TempRoots;
use crate::workshop::Workshop;

/// How much space Nix keeps free for collecting garbage on a full disk, in bytes.
const RESERVED: u64 = 8 << 20;

/// How often a store that others discard meanwhile is opened again.
const MAX_ATTEMPTS: usize = 8;

/// How to open an [`EmbeddedStore`].
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct OpenOptions {
    /// How long to wait for another process that collects garbage or writes the database.
    pub lock_timeout: Duration,
    /// Whether a commit waits until the objects are on the disk. Without, a power failure may leave
    /// registered objects that are not whole.
    pub sync: bool,
}

impl Default for OpenOptions {
    /// One minute; with syncing.
    fn default() -> Self {
        Self { lock_timeout: Duration::from_secs(60), sync: true }
    }
}

/// A Nix store in a private directory.
pub struct EmbeddedStore {
    pub(crate) dir: StoreDir,
    pub(crate) layout: Layout,
    pub(crate) options: OpenOptions,
    pub(crate) database: RefCell<Database>,
    pub(crate) temp_roots: TempRoots,
    pub(crate) workshop: OnceCell<Workshop>,
    /// Objects that are valid or wait for the commit; all of them are temporary roots, so that none can
    /// vanish.
    known: RefCell<HashSet<StorePath>>,
    pending: RefCell<Pending>,
    /// What was put into the store directory since the last commit, and was not found there.
    pub(crate) installed: RefCell<Vec<StorePath>>,
    /// The directories that were created when the store was; none if it was there.
    pub(crate) created: Vec<PathBuf>,
    /// Held shared, so that nobody changes the database's schema or discards the store meanwhile.
    pub(crate) big_lock: LockFile,
}

/// What the next commit will register, each object after what it refers to.
#[derive(Default)]
struct Pending {
    objects: Vec<Registration>,
    index: HashMap<StorePath, usize>,
}

/// Everything that decides an object's path, and the path.
struct Identity {
    path: StorePath,
    content_address: ContentAddress,
    outputs: Vec<(String, StorePath)>,
}

impl EmbeddedStore {
    /// Opens the store below `root`, creating it if there is none: objects in `ROOT/store`, state in
    /// `ROOT/var/nix`.
    ///
    /// # Errors
    /// [`Error::Unsuitable`] with the reason when the directory cannot hold a store; [`Error::Moved`] for one
    /// that was created elsewhere; [`Error::Schema`], [`Error::Database`], [`Error::Io`].
    pub fn open(root: &Path, options: &OpenOptions) -> Result<Self, Error> {
        // Another process may discard the store that it has just created while this one is about to open it.
        for _ in 0..MAX_ATTEMPTS {
            match Self::try_open(root, options) {
                Ok(None) => {}
                Err(Error::Io { source, .. })
                    if matches!(source.kind(), io::ErrorKind::NotFound | io::ErrorKind::AlreadyExists) => {}
                Ok(Some(store)) => return Ok(store),
                Err(error) => return Err(error),
            }
        }
        Self::try_open(root, options)?.ok_or_else(|| Error::Locked { path: Layout::new(root).big_lock() })
    }

    /// Opens the store, unless it is discarded meanwhile.
    fn try_open(root: &Path, options: &OpenOptions) -> Result<Option<Self>, Error> {
        let Place { layout, dir, created } = location::prepare(root)?;
        create_state(&layout)?;
        let big_lock = LockFile::open(layout.big_lock())?;
        if !layout.schema().exists() && big_lock.try_hold(Mode::Exclusive)? && big_lock.is_in_place()? {
            remove_half_made(&layout)?;
        }
        big_lock.hold(Mode::Shared, options.lock_timeout)?;
        if !big_lock.is_in_place()? {
            return Ok(None);
        }
        check_schema(&layout)?;
        let database = Database::open(&layout.database(), options.lock_timeout)?;
        Ok(Some(Self {
            temp_roots: TempRoots::new(&layout, options.lock_timeout)?,
            dir,
            layout,
            options: options.clone(),
            database: RefCell::new(database),
            workshop: OnceCell::new(),
            known: RefCell::default(),
            pending: RefCell::default(),
            installed: RefCell::default(),
            created,
            big_lock,
        }))
    }

    /// Nix's state directory of this store, for `NIX_STATE_DIR`.
    pub fn state_dir(&self) -> &Path {
        &self.layout.state
    }

    /// Where the object lies, whether it is valid or not.
    pub fn path_of(&self, path: &StorePath) -> PathBuf {
        PathBuf::from(self.dir.join(path))
    }

    /// How many objects the next commit will register.
    pub fn pending(&self) -> usize {
        self.pending.borrow().objects.len()
    }

    /// Whether the object is there, and will be as long as this store is open.
    pub(crate) fn keep(&self, path: &StorePath) -> Result<bool, Error> {
        if self.known.borrow().contains(path) {
            return Ok(true);
        }
        // In this order: once it is a root, a collector cannot take it away any more.
        self.temp_roots.add(&self.dir, path)?;
        let valid = self.database.borrow().id(&self.dir, path)?.is_some()
            && self.path_of(path).symlink_metadata().is_ok();
        if valid {
            self.known.borrow_mut().insert(path.clone());
        }
        Ok(valid)
    }

    fn add(
        &self,
        object: Identity,
        node: &Node<'_>,
        nar: Option<(Hash, u64)>,
        references: &BTreeSet<StorePath>,
    ) -> Result<StorePath, Error> {
        let Identity { path, content_address, outputs } = object;
        if self.keep(&path)? {
            return Ok(path);
        }
        self.keep_references(&path, references)?;
        let (nar_hash, nar_size) = match nar {
            Some(nar) => nar,
            None => node.nar_hash()?,
        };
        let destination = self.path_of(&path);
        if !object::adopt(&destination, &nar_hash)? {
            self.workshop()?.install(node, &nar_hash, &destination)?;
            self.installed.borrow_mut().push(path.clone());
        }
        let info = ObjectInfo {
            path: path.clone(),
            nar_hash,
            nar_size,
            references: references.clone(),
            deriver: None,
            signatures: BTreeSet::new(),
            content_address: Some(content_address),
        };
        self.wait_for_commit(Registration { info, outputs });
        Ok(path)
    }

    /// Makes sure of what `object` refers to, itself aside.
    pub(crate) fn keep_references(
        &self,
        object: &StorePath,
        references: &BTreeSet<StorePath>,
    ) -> Result<(), Error> {
        for reference in references.iter().filter(|reference| *reference != object) {
            if !self.keep(reference)? {
                return Err(Error::InvalidReference {
                    object: object.name().to_owned(),
                    reference: reference.clone(),
                });
            }
        }
        Ok(())
    }

    /// Lets the next commit register an object that is in its place.
    pub(crate) fn wait_for_commit(&self, registration: Registration) {
        let path = registration.info.path.clone();
        let mut pending = self.pending.borrow_mut();
        let position = pending.objects.len();
        pending.index.insert(path.clone(), position);
        pending.objects.push(registration);
        self.known.borrow_mut().insert(path);
    }

    /// Looks at an object that waits for the commit.
    pub(crate) fn with_pending<T>(&self, path: &StorePath, look: impl FnOnce(&ObjectInfo) -> T) -> Option<T> {
        let pending = self.pending.borrow();
        let position = *pending.index.get(path)?;
        pending.objects.get(position).map(|object| look(&object.info))
    }

    fn add_text_object(
        &self,
        name: &str,
        contents: &[u8],
        references: &BTreeSet<StorePath>,
        outputs: Vec<(String, StorePath)>,
    ) -> Result<StorePath, Error> {
        let hash = HashAlgo::Sha256.digest(contents);
        let path = self.dir.make_text_path(name, &hash, references)?;
        let content_address = ContentAddress { method: ContentAddressMethod::Text, hash };
        let node = Node::Regular { contents: Contents::Bytes(contents), executable: false };
        self.add(Identity { path, content_address, outputs }, &node, None, references)
    }

    fn add_source_object(
        &self,
        name: &str,
        node: &Node<'_>,
        references: &BTreeSet<StorePath>,
    ) -> Result<StorePath, Error> {
        let nar = node.nar_hash()?;
        let ingestion = FileIngestion::Recursive;
        let path = self.dir.make_fixed_output_path(name, ingestion, &nar.0, references, false)?;
        let method = ContentAddressMethod::Fixed(ingestion);
        let content_address = ContentAddress { method, hash: nar.0 };
        let object = Identity { path, content_address, outputs: Vec::new() };
        self.add(object, node, Some(nar), references)
    }

    /// Waits until the objects, and the database as far as it was created without syncing, are on the disk.
    fn sync(&self) -> Result<(), Error> {
        let store = File::open(&self.layout.store).context("open", &self.layout.store)?;
        let state = File::open(&self.layout.state).context("open", &self.layout.state)?;
        rustix::fs::syncfs(&store).context("write to disk", &self.layout.store)?;
        let device = |file: &File, path| file.metadata().context("examine", path).map(|found| found.dev());
        if device(&store, &self.layout.store)? != device(&state, &self.layout.state)? {
            rustix::fs::syncfs(&state).context("write to disk", &self.layout.state)?;
        }
        Ok(())
    }

    pub(crate) fn workshop(&self) -> Result<&Workshop, Error> {
        if let Some(workshop) = self.workshop.get() {
            return Ok(workshop);
        }
        let workshop = Workshop::create(&self.layout.store, |name| self.temp_roots.add(&self.dir, name))?;
        Ok(self.workshop.get_or_init(|| workshop))
    }
}

impl Store for EmbeddedStore {
    fn store_dir(&self) -> &StoreDir {
        &self.dir
    }

    fn add_text(
        &self,
        name: &str,
        contents: &[u8],
        references: &BTreeSet<StorePath>,
    ) -> Result<StorePath, Error> {
        self.add_text_object(name, contents, references, Vec::new())
    }

    fn add_flat(&self, name: &str, contents: &[u8]) -> Result<StorePath, Error> {
        let (ingestion, references) = (FileIngestion::Flat, BTreeSet::new());
        let hash = HashAlgo::Sha256.digest(contents);
        let path = self.dir.make_fixed_output_path(name, ingestion, &hash, &references, false)?;
        let method = ContentAddressMethod::Fixed(ingestion);
        let object = Identity { path, content_address: ContentAddress { method, hash }, outputs: Vec::new() };
        let node = Node::Regular { contents: Contents::Bytes(contents), executable: false };
        self.add(object, &node, None, &references)
    }

    fn add_tree(
        &self,
        name: &str,
        tree: &Tree,
        references: &BTreeSet<StorePath>,
    ) -> Result<StorePath, Error> {
        self.add_source_object(name, &Node::from(tree), references)
    }

    fn add_path_from_fs(
        &self,
        name: &str,
        source: &Path,
        filter: Option<&mut Filter<'_>>,
    ) -> Result<StorePath, Error> {
        let node = Node::from_fs(source, filter)?;
        self.add_source_object(name, &node, &BTreeSet::new()).map_err(|error| match error {
            // Only the whole was found to be different.
            Error::Changed(path) if path.starts_with(&self.layout.store) => Error::Changed(source.to_owned()),
            other => other,
        })
    }

    fn add_derivation(&self, derivation: &WrittenDerivation<'_>) -> Result<StorePath, Error> {
        let outputs = derivation.outputs().iter();
        let known = outputs.filter_map(|(name, path)| Some(((*name).to_owned(), path.clone()?))).collect();
        let references = derivation.references().iter().cloned().collect();
        self.add_text_object(&format!("{}.drv", derivation.name()), derivation.aterm(), &references, known)
    }

    fn add_valid(&self, info: &ObjectInfo, archive: &mut dyn Read) -> Result<(), Error> {
        self.import(info, archive)
    }

    fn is_valid(&self, path: &StorePath) -> Result<bool, Error> {
        if self.known.borrow().contains(path) {
            return Ok(true);
        }
        Ok(self.database.borrow().id(&self.dir, path)?.is_some())
    }

    fn references(&self, path: &StorePath) -> Result<BTreeSet<StorePath>, Error> {
        if let Some(references) = self.with_pending(path, |info| info.references.clone()) {
            return Ok(references);
        }
        let database = self.database.borrow();
        let id = database.id(&self.dir, path)?.ok_or_else(|| Error::NotValid(path.clone()))?;
        database.references(&self.dir, id)
    }

    fn is_content_addressed(&self, path: &StorePath) -> Result<bool, Error> {
        self.has_content_address(path)
    }

    fn commit(&self) -> Result<(), Error> {
        let mut pending = self.pending.borrow_mut();
        if pending.objects.is_empty() {
            return Ok(());
        }
        let schema = stage_schema(&self.layout)?;
        if self.options.sync {
            self.sync()?;
        }
        if let Some(file) = schema {
            let place = self.layout.schema();
            file.persist(&place).map_err(|error| error.error).context("write", &place)?;
        }
        self.database.borrow_mut().register(&self.dir, &pending.objects)?;
        *pending = Pending::default();
        self.installed.borrow_mut().clear();
        Ok(())
    }

    fn add_indirect_root(&self, link: &Path) -> Result<(), Error> {
        roots::add_indirect(&self.layout, link)
    }
}

fn create_state(layout: &Layout) -> Result<(), Error> {
    for dir in [
        layout.links(),
        layout.database_dir(),
        layout.indirect_roots(),
        layout.temp_roots(),
        layout.profiles(),
    ] {
        fs::create_dir_all(&dir).context("create the directory", &dir)?;
    }
    // Nix before 2.13 finds the profiles only through this link; it is absolute as Nix makes it. Whoever made the directory
    // may have ended before it made the link.
    let link = layout.gc_roots().join("profiles");
    if link.symlink_metadata().is_err() {
        match std::os::unix::fs::symlink(layout.profiles(), &link) {
            Err(error) if error.kind() != io::ErrorKind::AlreadyExists => {
                return Err(error).context("create the link", &link);
            }
            _ => {}
        }
    }
    // Objects would inherit a default access list, which is not canonical. Few file systems have any.
    _ = rustix::fs::removexattr(&layout.store, "system.posix_acl_default");
    reserve_space(layout);
    Ok(())
}

/// Sets space aside for a collection on a full disk. It is a convenience: without it everything else still
/// works.
pub(crate) fn reserve_space(layout: &Layout) {
    let path = layout.reserved();
    if path.metadata().is_ok_and(|metadata| metadata.len() == RESERVED) {
        return;
    }
    let file = File::options().write(true).create(true).truncate(false).mode(0o600).open(&path);
    let reserved = file.and_then(|file| {
        rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, RESERVED)?;
        file.set_len(RESERVED)
    });
    if let Err(error) = reserved {
        tracing::debug!(%error, path = %path.display(), "no space was reserved");
    }
}

fn check_schema(layout: &Layout) -> Result<(), Error> {
    let path = layout.schema();
    match fs::read_to_string(&path) {
        Ok(found) if found.trim() == SCHEMA_VERSION => Ok(()),
        Ok(found) => Err(Error::Schema { dir: layout.state.clone(), found: found.trim().to_owned() }),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        Err(error) => Err(error).context("read", &path),
    }
}

/// Removes a database that a power failure left half written, before the first commit has synced it, and files that a
/// process did not come to put in place. The caller holds the exclusive lock. Nothing is registered in such a database: a
/// store has the schema's version before it has an object.
fn remove_half_made(layout: &Layout) -> Result<(), Error> {
    if layout.schema().exists() {
        return Ok(());
    }
    if !Database::is_sound(&layout.database()) {
        for file in layout.database_files() {
            object::delete(&file)?;
        }
    }
    // A process that is only now creating the same store may lose a file to this; it begins again then.
    for dir in [&layout.state, &layout.database_dir()] {
        for entry in fs::read_dir(dir).context("read the directory", dir)? {
            let entry = entry.context("read the directory", dir)?;
            if entry.file_name().as_encoded_bytes().starts_with(UNFINISHED.as_bytes()) {
                object::delete(&entry.path())?;
            }
        }
    }
    Ok(())
}

/// The file that says, by its presence, that the database is complete; to be put in place when the database is on the disk
/// and before anything is registered. None if it is there.
fn stage_schema(layout: &Layout) -> Result<Option<NamedTempFile>, Error> {
    if layout.schema().exists() {
        return Ok(None);
    }
    let dir = layout.database_dir();
    let mut builder = tempfile::Builder::new();
    let permissions = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    let builder = builder.prefix(UNFINISHED).permissions(permissions);
    let mut file = builder.tempfile_in(&dir).context("create a file in", &dir)?;
    file.write_all(SCHEMA_VERSION.as_bytes()).context("write", file.path())?;
    Ok(Some(file))
}
