//! Locking in memory: from a flake's inputs and its lock file to a lock file that is complete.
//!
//! What the lock file says of an input stands as long as the flake still asks for the same. Everything else is fetched, its
//! own lock file used for its inputs. Nothing is written.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::rc::Rc;

use nix_formats::flake_lock::{Edge, InputPath, Lock, NodeId};
use nix_formats::flake_ref::{is_locked, relative_path, shown};
use nix_formats::registry::Scope;
use nix_formats::{FlakeRef, InputValue, LockFile};
use nix_syntax::source::Pos;

use super::read::{Flake, FlakeInput, outside};
use crate::error::{EvalError, EvalResult, WithFrame};
use crate::eval::Eval;
use crate::host::MessageLevel;
use crate::strings::{bytes_of, path_of};

/// A flake's inputs, locked.
pub(super) struct Locked {
    pub(super) file: LockFile,
    /// Where the trees and flakes lie that had to be fetched.
    pub(super) places: BTreeMap<NodeId, PathBuf>,
    /// Those whose revisions are counted once somebody asks.
    pub(super) uncounted: BTreeSet<NodeId>,
    /// Whether the flake's own lock file says something else.
    pub(super) changed: bool,
}

/// What somebody further up wants an input to be.
#[derive(Clone)]
struct Override {
    input: FlakeInput,
    /// The directory that relative paths are seen from.
    directory: PathBuf,
    parent: InputPath,
}

/// A lock file that is being made.
struct Locker<'e, 'a> {
    eval: &'e Eval<'a>,
    scope: Scope,
    file: LockFile,
    places: BTreeMap<NodeId, PathBuf>,
    uncounted: BTreeSet<NodeId>,
    overrides: BTreeMap<InputPath, Override>,
    /// The flakes on the way from the root, which must not come again.
    parents: Vec<FlakeRef>,
    pos: Pos,
}

/// Where the inputs of a node are to be looked at.
struct Around<'f> {
    node: NodeId,
    /// The way to it.
    path: &'f InputPath,
    /// What an older lock file knows of it.
    old: Option<(&'f LockFile, NodeId)>,
    /// What the followed paths in that lock file are seen from.
    follows: &'f InputPath,
    /// The directory of the flake.
    directory: &'f Path,
    /// Whether the inputs come from the lock file itself.
    trusted: bool,
}

impl<'a> Eval<'a> {
    /// Locks the inputs of a flake.
    pub(super) fn lock_flake(&self, flake: &Flake, pos: Pos) -> EvalResult<Locked> {
        let frame = || format!("while updating the lock file of flake '{}'", flake.locked.describe());
        self.lock_inputs(flake, pos).with_frame(frame, pos)
    }

    fn lock_inputs(&self, flake: &Flake, pos: Pos) -> EvalResult<Locked> {
        let old = self.read_lock_file(&flake.directory, pos)?;
        let mut locker = Locker {
            eval: self,
            scope: self.registries_in(Scope::Shared),
            file: LockFile::default(),
            places: BTreeMap::from([(LockFile::ROOT, flake.directory.clone())]),
            uncounted: flake.counts_revisions.then_some(LockFile::ROOT).into_iter().collect(),
            overrides: BTreeMap::new(),
            parents: Vec::new(),
            pos,
        };
        let root = InputPath::new();
        let around = Around {
            node: LockFile::ROOT,
            path: &root,
            old: Some((&old, LockFile::ROOT)),
            follows: &root,
            directory: &flake.directory,
            trusted: false,
        };
        locker.lock(&flake.inputs, &around)?;
        locker.file.check().map_err(|error| EvalError::other(error.to_string(), pos))?;
        let changed = locker.file != old;
        Ok(Locked { file: locker.file, places: locker.places, uncounted: locker.uncounted, changed })
    }

    /// Counts what only a lock file that is written needs to know.
    pub(super) fn count_revisions(&self, locked: &mut Locked, pos: Pos) -> EvalResult<()> {
        for node in std::mem::take(&mut locked.uncounted) {
            if let Some(lock) = locked.file.lock_mut(node) {
                let count = self.revision_count(&lock.locked.input, pos)?;
                lock.locked.input.insert("revCount".to_owned(), InputValue::Int(count));
            }
        }
        Ok(())
    }

    /// The lock file of the flake in `directory`; an empty one where there is none.
    fn read_lock_file(&self, directory: &Path, pos: Pos) -> EvalResult<LockFile> {
        let path = directory.join("flake.lock");
        if !self.path_exists(&path) {
            return Ok(LockFile::default());
        }
        let text =
            self.read_file(&path).map_err(|error| self.file_error("opening file", &path, &error, pos))?;
        let (file, warnings) = LockFile::parse(&String::from_utf8_lossy(&text), &path.display().to_string())
            .map_err(|error| self.format_error(&error, pos))?;
        for warning in warnings {
            self.host.message(MessageLevel::Warning, &warning);
        }
        Ok(file)
    }
}

impl Locker<'_, '_> {
    /// Gives a node its inputs.
    fn lock(&mut self, inputs: &BTreeMap<String, FlakeInput>, around: &Around<'_>) -> EvalResult<()> {
        self.eval.check_stack()?;
        for (name, input) in inputs {
            self.add_overrides(input, &extended(around.path, name), around);
        }
        for path in self.overrides.keys() {
            if let Some((name, above)) = path.split_last()
                && above == around.path.as_slice()
                && !inputs.contains_key(name)
            {
                let message = format!(
                    "input '{}' has an override for a non-existent input '{name}'",
                    around.path.join("/")
                );
                self.eval.host.message(MessageLevel::Warning, &message);
            }
        }
        for (name, input) in inputs {
            let path = extended(around.path, name);
            self.lock_input(name, input, &path, around)
                .with_frame(|| format!("while updating the flake input '{}'", path.join("/")), self.pos)?;
        }
        Ok(())
    }

    fn add_overrides(&mut self, input: &FlakeInput, path: &InputPath, around: &Around<'_>) {
        for (name, inner) in &input.overrides {
            let path = extended(path, name);
            if inner.reference.is_some() || inner.follows.is_some() {
                let found = Override {
                    input: inner.clone(),
                    directory: around.directory.to_path_buf(),
                    parent: around.path.clone(),
                };
                self.overrides.entry(path.clone()).or_insert(found);
            }
            self.add_overrides(inner, &path, around);
        }
    }

    fn lock_input(
        &mut self,
        name: &str,
        given: &FlakeInput,
        path: &InputPath,
        around: &Around<'_>,
    ) -> EvalResult<()> {
        let over = self.overrides.get(path).cloned();
        let (input, directory, parent) = match &over {
            Some(over) => (&over.input, over.directory.as_path(), &over.parent),
            None => (given, around.directory, around.path),
        };
        if let Some(target) = &input.follows {
            self.file.set_input(around.node, name, Edge::Follows(target.clone()));
            return Ok(());
        }
        let reference = input.reference.clone().unwrap_or_else(|| FlakeRef {
            input: [("type", "indirect"), ("id", name)]
                .map(|(name, value)| (name.to_owned(), InputValue::from(value)))
                .into(),
            dir: String::new(),
        });
        let relative = match relative_path(&reference.input) {
            Some(inner) => {
                let joined = directory.join(inner);
                let place = nix_syntax::lower::canonical_path(b"/", bytes_of(&joined));
                if self.eval.host.store_dir().parse_prefix(&place).is_err() {
                    return Err(outside(&reference.input, self.pos));
                }
                Some(path_of(&place))
            }
            None => None,
        };
        let parent = relative.is_some().then(|| parent.clone());
        let old = around.old.and_then(|(file, node)| match file.node(node)?.inputs.get(name)? {
            Edge::Node(id) => Some((file, *id, file.lock(*id)?)),
            Edge::Follows(_) => None,
        });
        if let Some((file, id, lock)) = old
            && lock.original.canonical() == reference.canonical()
            && lock.parent == parent
        {
            let node = self.file.add(lock.clone());
            self.file.set_input(around.node, name, Edge::Node(node));
            let inner = Around { node, path, old: Some((file, id)), ..*around };
            return match self.known_inputs(file, id, &inner) {
                Some(inputs) => self.lock(&inputs, &Around { trusted: true, ..inner }),
                None => {
                    let flake = self.input_flake(&lock.locked, relative.as_deref(), path)?;
                    self.places.insert(node, flake.directory.clone());
                    let inner = Around { directory: &flake.directory, trusted: false, ..inner };
                    self.lock(&flake.inputs, &inner)
                }
            };
        }
        // Whether it is a flake is for the flake to say that has the input.
        self.lock_anew(name, reference, !given.is_tree, relative, parent, path, around)
    }

    /// The inputs of a node as the lock file has them, or nothing where they may have changed.
    fn known_inputs(
        &self,
        file: &LockFile,
        id: NodeId,
        around: &Around<'_>,
    ) -> Option<BTreeMap<String, FlakeInput>> {
        let mut inputs = BTreeMap::new();
        for (name, edge) in &file.node(id)?.inputs {
            let input = match edge {
                Edge::Node(inner) => {
                    let lock = file.lock(*inner)?;
                    let reference = Some(lock.original.clone());
                    FlakeInput { reference, is_tree: !lock.is_flake, ..FlakeInput::default() }
                }
                Edge::Follows(target) => {
                    if !around.trusted && !self.overrides.contains_key(&extended(around.path, name)) {
                        return None;
                    }
                    let target = [around.follows.as_slice(), target].concat();
                    FlakeInput { follows: Some(target), ..FlakeInput::default() }
                }
            };
            inputs.insert(name.clone(), input);
        }
        Some(inputs)
    }

    fn input_flake(
        &self,
        reference: &FlakeRef,
        relative: Option<&Path>,
        path: &InputPath,
    ) -> EvalResult<Rc<Flake>> {
        let flake = match relative {
            Some(directory) => {
                let directory = super::read::flake_directory(directory, &reference.dir);
                self.eval.read_flake(reference, reference, directory, path, self.pos)?
            }
            None => self.eval.get_flake(reference, self.scope, path, self.pos)?,
        };
        Ok(Rc::new(flake))
    }

    #[allow(clippy::too_many_arguments, reason = "they are the parts of one input")]
    fn lock_anew(
        &mut self,
        name: &str,
        reference: FlakeRef,
        is_flake: bool,
        relative: Option<PathBuf>,
        parent: Option<InputPath>,
        path: &InputPath,
        around: &Around<'_>,
    ) -> EvalResult<()> {
        let pure = self.eval.settings.pure;
        let locked = || is_locked(&reference.input).map_err(|error| self.eval.format_error(&error, self.pos));
        if pure && relative.is_none() && !locked()? {
            let message = format!("cannot update unlocked flake input '{}' in pure mode", path.join("/"));
            return Err(EvalError::other(message, self.pos));
        }
        if !is_flake {
            let (place, locked, counts_revisions) = match relative {
                Some(place) => (place, reference.clone(), false),
                None => {
                    let tree = self.eval.fetch_input_tree(&reference.input, self.scope, self.pos)?;
                    let place = path_of(self.eval.host.store_dir().join(&tree.path).as_bytes());
                    let locked = FlakeRef { input: tree.locked.clone(), dir: reference.dir.clone() };
                    (place, locked, tree.counts_revisions)
                }
            };
            let node = self.file.add(Lock { locked, original: reference, is_flake, parent });
            self.places.insert(node, place);
            self.uncounted.extend(counts_revisions.then_some(node));
            self.file.set_input(around.node, name, Edge::Node(node));
            return Ok(());
        }
        let flake = self.input_flake(&reference, relative.as_deref(), path)?;
        let lock = Lock { locked: flake.locked.clone(), original: reference.clone(), is_flake, parent };
        let node = self.file.add(lock);
        self.file.set_input(around.node, name, Edge::Node(node));
        if self.parents.contains(&reference) {
            let message = format!("found circular import of flake '{}'", shown(&reference.input));
            return Err(EvalError::other(message, self.pos));
        }
        self.parents.push(reference);
        self.places.insert(node, flake.directory.clone());
        self.uncounted.extend(flake.counts_revisions.then_some(node));
        let old = self.eval.read_lock_file(&flake.directory, self.pos)?;
        let inner = Around {
            node,
            path,
            old: Some((&old, LockFile::ROOT)),
            follows: path,
            directory: &flake.directory,
            trusted: false,
        };
        let result = self.lock(&flake.inputs, &inner);
        self.parents.pop();
        result
    }
}

fn extended(path: &InputPath, name: &str) -> InputPath {
    let mut path = path.clone();
    path.push(name.to_owned());
    path
}
