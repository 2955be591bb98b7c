//! What the fetchers keep: files by the hash of their contents, trees by the hash of their archive, and records of what a
//! URL or revision led to.
//!
//! Everything is written aside and renamed, so whoever finds an entry finds all of it. Any of it may be deleted at any time
//! between two runs: it is then fetched again.

use std::cell::OnceCell;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use nix_formats::{Hash, HashAlgo};
use serde_json::{Map, Value};

use crate::error::{Context, Result};
use crate::reliance::Notes;
use crate::workshop::{Workshop, Workshops};

/// The cache directory.
#[derive(Debug)]
pub(crate) struct Cache {
    root: PathBuf,
    ttl: u64,
    workshops: OnceCell<Workshops>,
    /// What answers rely on, the age of records among it.
    pub(crate) notes: Notes,
}

/// What was recorded under a key.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    /// What is known.
    pub(crate) facts: Map<String, Value>,
    /// Whether it is too old to be taken for true without asking again.
    pub(crate) expired: bool,
}

impl Record {
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.facts.get(name).and_then(Value::as_str)
    }

    pub(crate) fn number(&self, name: &str) -> Option<u64> {
        self.facts.get(name).and_then(Value::as_u64)
    }

    pub(crate) fn hash(&self, name: &str) -> Option<Hash> {
        self.text(name).and_then(|text| Hash::parse_sri(text).ok())
    }
}

/// A tree in the cache.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct CachedTree {
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// The hash of its archive.
    pub(crate) nar_hash: Hash,
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_secs())
}

impl Cache {
    pub(crate) fn new(root: PathBuf, ttl: u64) -> Self {
        Cache { root, ttl, workshops: OnceCell::new(), notes: Notes::default() }
    }

    fn folder(&self, name: &str) -> Result<PathBuf> {
        let folder = self.root.join(name);
        fs::create_dir_all(&folder).context("creating directory", &folder)?;
        Ok(folder)
    }

    /// A place of its own for `key` in the folder `kind`, whose parent exists.
    pub(crate) fn place(&self, kind: &str, key: &str) -> Result<PathBuf> {
        Ok(self.folder(kind)?.join(HashAlgo::Sha256.digest(key).to_nix32()))
    }

    /// Where things are made. What earlier processes left there is removed when it is first needed.
    fn workshops(&self) -> Result<&Workshops> {
        if let Some(workshops) = self.workshops.get() {
            return Ok(workshops);
        }
        let workshops = Workshops::open(self.root.join("tmp"))?;
        Ok(self.workshops.get_or_init(|| workshops))
    }

    /// A new directory that is deleted unless it is renamed away.
    pub(crate) fn workshop(&self) -> Result<Workshop> {
        self.workshops()?.begin()
    }

    /// A new file that is deleted when it is let go.
    pub(crate) fn scratch(&self) -> Result<fs::File> {
        self.workshops()?.scratch()
    }

    /// What is recorded under `key`, whatever its age.
    pub(crate) fn record(&self, key: &[&str]) -> Option<Record> {
        let place = self.root.join("records").join(Self::record_name(key));
        let text = fs::read(place).ok()?;
        let Value::Object(mut facts) = serde_json::from_slice(&text).ok()? else { return None };
        let time = facts.remove("time").and_then(|time| time.as_u64())?;
        let until = time.saturating_add(self.ttl);
        let expired = until <= now();
        // One that is too old is either confirmed or made anew, or its use is warned of.
        if !expired && ages(key) {
            self.notes.until(until);
        }
        Some(Record { facts, expired })
    }

    /// Records `facts` under `key`, as of now.
    pub(crate) fn set_record(&self, key: &[&str], facts: &Map<String, Value>) -> Result<()> {
        let mut facts = facts.clone();
        let now = now();
        if ages(key) {
            self.notes.until(now.saturating_add(self.ttl));
        }
        facts.insert("time".to_owned(), now.into());
        facts.insert("key".to_owned(), key.iter().copied().map(Value::from).collect());
        let place = self.folder("records")?.join(Self::record_name(key));
        self.workshops()?.write(&place, Value::Object(facts).to_string().as_bytes())
    }

    fn record_name(key: &[&str]) -> String {
        HashAlgo::Sha256.digest(key.join("\0")).to_nix32()
    }

    /// The file whose contents have this SHA-256.
    pub(crate) fn file(&self, hash: &Hash) -> Option<PathBuf> {
        let path = self.root.join("files").join(hash.to_nix32());
        path.is_file().then_some(path)
    }

    /// Keeps a file.
    pub(crate) fn add_file(&self, contents: &[u8]) -> Result<Hash> {
        let hash = HashAlgo::Sha256.digest(contents);
        if self.file(&hash).is_none() {
            let place = self.folder("files")?.join(hash.to_nix32());
            self.workshops()?.write(&place, contents)?;
        }
        Ok(hash)
    }

    /// The tree whose archive has this hash.
    pub(crate) fn tree(&self, nar_hash: &Hash) -> Option<CachedTree> {
        let path = self.root.join("trees").join(nar_hash.to_nix32());
        path.symlink_metadata().is_ok().then_some(CachedTree { path, nar_hash: *nar_hash })
    }

    /// Keeps the tree at `path`, which lies in a [workshop](Self::workshop) and is moved away from there.
    pub(crate) fn add_tree(&self, path: &Path) -> Result<CachedTree> {
        let (nar_hash, _) = nix_store::nar_hash(path)?;
        if let Some(found) = self.tree(&nar_hash) {
            return Ok(found);
        }
        let place = self.folder("trees")?.join(nar_hash.to_nix32());
        match fs::rename(path, &place) {
            // Someone else was quicker with the same tree.
            Err(_) if place.symlink_metadata().is_ok() => {}
            done => done.context("keeping a fetched tree at", &place)?,
        }
        Ok(CachedTree { path: place, nar_hash })
    }

    /// Waits until nobody else works on `place`, and keeps others waiting as long as the result lives.
    pub(crate) fn lock(&self, place: &Path) -> Result<fs::File> {
        let path = place.with_extension("lock");
        let file = fs::File::options().create(true).append(true).open(&path).context("opening", &path)?;
        rustix::fs::flock(&file, rustix::fs::FlockOperation::LockExclusive).context("locking", &path)?;
        Ok(file)
    }
}

/// Whether what is recorded under `key` may be something else later: what a URL, branch or tag leads to, and not what a
/// revision is.
fn ages(key: &[&str]) -> bool {
    const LASTING: [&str; 5] = ["forge-rev", "git-last-modified", "git-rev-count", "git-tree", "hg-rev"];
    match key {
        // What is on this machine is looked at each time.
        ["file" | "tarball", url] if url.starts_with("file:") => false,
        [kind, ..] => !LASTING.contains(kind),
        [] => true,
    }
}

/// Facts from names and values.
pub(crate) fn facts<const N: usize>(entries: [(&str, Value); N]) -> Map<String, Value> {
    entries.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}
