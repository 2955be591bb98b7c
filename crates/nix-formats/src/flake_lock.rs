//! `flake.lock`: which trees a flake's inputs, and theirs, are.
//!
//! The file is a graph: each node is a flake or a tree, its inputs lead to other nodes or say that they follow an input of
//! somebody else. Versions 5 to 7 are read, version 7 is written, byte for byte as Nix does.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json};

use crate::Error;
use crate::error::BadLockFile;
use crate::flake_ref::{FlakeRef, is_flake_id, is_locked, nar_hash, relative_path};
use crate::input::{InputAttrs, attrs_from_json, attrs_to_json};

/// The names that lead from the root to an input.
pub type InputPath = Vec<String>;

/// A node of one lock file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct NodeId(usize);

/// What an input is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Edge {
    /// A node of its own.
    Node(NodeId),
    /// What another input is, seen from the root.
    Follows(InputPath),
}

/// What is known of a node that is not the root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lock {
    /// The very tree.
    pub locked: FlakeRef,
    /// What was asked for.
    pub original: FlakeRef,
    /// Whether it is a flake, or just a tree.
    pub is_flake: bool,
    /// For a tree relative to a flake, where that flake is.
    pub parent: Option<InputPath>,
}

/// A flake or a tree, and its inputs.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Node {
    /// The inputs by name.
    pub inputs: BTreeMap<String, Edge>,
    /// What it is; nothing for the root.
    pub lock: Option<Lock>,
}

/// A whole lock file.
#[derive(Clone, Debug)]
pub struct LockFile {
    nodes: Vec<Node>,
}

/// How many inputs may follow each other in a row. Each is a step of recursion.
const MAX_FOLLOWS: usize = 1000;

impl Default for LockFile {
    fn default() -> Self {
        LockFile { nodes: vec![Node::default()] }
    }
}

/// Two lock files are equal when the same would be written for them.
impl PartialEq for LockFile {
    fn eq(&self, other: &Self) -> bool {
        self.to_json() == other.to_json()
    }
}

impl LockFile {
    /// The flake whose lock file it is.
    pub const ROOT: NodeId = NodeId(0);

    /// A node; those of another lock file may not be here.
    pub fn node(&self, id: NodeId) -> Option<&Node> {
        self.nodes.get(id.0)
    }

    /// What a node is known to be; nothing for the root.
    pub fn lock(&self, id: NodeId) -> Option<&Lock> {
        self.node(id)?.lock.as_ref()
    }

    /// What a node is known to be, to be changed.
    pub fn lock_mut(&mut self, id: NodeId) -> Option<&mut Lock> {
        self.nodes.get_mut(id.0)?.lock.as_mut()
    }

    /// Adds a node that no input leads to yet.
    pub fn add(&mut self, lock: Lock) -> NodeId {
        self.nodes.push(Node { inputs: BTreeMap::new(), lock: Some(lock) });
        NodeId(self.nodes.len() - 1)
    }

    /// Makes the input `name` of a node be `edge`.
    pub fn set_input(&mut self, node: NodeId, name: &str, edge: Edge) {
        if let Some(node) = self.nodes.get_mut(node.0) {
            node.inputs.insert(name.to_owned(), edge);
        }
    }

    /// The node that `path` leads to from the root.
    ///
    /// # Errors
    /// When inputs follow each other in a circle.
    pub fn find(&self, path: &[String]) -> Result<Option<NodeId>, BadLockFile> {
        self.find_past(path, &mut Vec::new())
    }

    fn find_past(
        &self,
        path: &[String],
        visited: &mut Vec<InputPath>,
    ) -> Result<Option<NodeId>, BadLockFile> {
        if let Some(first) = visited.iter().position(|past| past == path) {
            let circle = visited.iter().skip(first).map(|past| past.join("/")).chain([path.join("/")]);
            return Err(BadLockFile::FollowCycle(circle.collect::<Vec<_>>().join(" -> ")));
        }
        if visited.len() >= MAX_FOLLOWS {
            return Err(BadLockFile::TooManyFollows(path.join("/")));
        }
        visited.push(path.to_vec());
        let mut at = LockFile::ROOT;
        for name in path {
            at = match self.node(at).and_then(|node| node.inputs.get(name)) {
                Some(Edge::Node(next)) => *next,
                Some(Edge::Follows(target)) => match self.find_past(target, visited)? {
                    Some(next) => next,
                    None => return Ok(None),
                },
                None => return Ok(None),
            };
        }
        Ok(Some(at))
    }

    /// All inputs, each with the way there; nodes that several ways lead to are entered by the first.
    pub fn inputs(&self) -> BTreeMap<InputPath, &Edge> {
        let mut found = BTreeMap::new();
        let mut entered = BTreeSet::new();
        let mut open = vec![(InputPath::new(), LockFile::ROOT)];
        while let Some((path, id)) = open.pop() {
            let Some(node) = self.node(id).filter(|_| entered.insert(id)) else { continue };
            for (name, edge) in node.inputs.iter().rev() {
                let mut inner = path.clone();
                inner.push(name.clone());
                if let Edge::Node(next) = edge {
                    open.push((inner.clone(), *next));
                }
                found.insert(inner, edge);
            }
        }
        found
    }

    /// Checks that whatever is followed is there.
    ///
    /// # Errors
    /// [`BadLockFile::FollowsNothing`], [`BadLockFile::FollowCycle`].
    pub fn check(&self) -> Result<(), BadLockFile> {
        for (path, edge) in self.inputs() {
            if let Edge::Follows(target) = edge
                && !target.is_empty()
                && self.find(target)?.is_none()
            {
                return Err(BadLockFile::FollowsNothing { input: path.join("/"), target: target.join("/") });
            }
        }
        Ok(())
    }

    /// The lock file in `text`, and what is to be warned of. `path` is for messages.
    ///
    /// # Errors
    /// When it is none, or locks an input without a hash.
    pub fn parse(text: &str, path: &str) -> Result<(LockFile, Vec<String>), Error> {
        let json: Json = serde_json::from_str(text)
            .map_err(|error| BadLockFile::Json { path: path.to_owned(), reason: error.to_string() })?;
        let version = json.get("version").and_then(Json::as_i64).unwrap_or(0);
        if !(5..=7).contains(&version) {
            return Err(BadLockFile::Version { path: path.to_owned(), version }.into());
        }
        let root = json.get("root").and_then(Json::as_str).ok_or(BadLockFile::Missing("root"))?;
        let mut reader = Reader {
            nodes: json.get("nodes"),
            file: LockFile::default(),
            known: BTreeMap::new(),
            warnings: vec![],
        };
        reader.known.insert(root.to_owned(), LockFile::ROOT);
        // Not a recursion: a file may nest as deep as it likes.
        let mut open = vec![(root.to_owned(), LockFile::ROOT)];
        while let Some((key, id)) = open.pop() {
            reader.read_inputs(&key, id, &mut open)?;
        }
        Ok((reader.file, reader.warnings))
    }

    /// The names that the nodes have in the file: that of the first input that leads there, with a number where it is
    /// taken.
    pub fn keys(&self) -> BTreeMap<NodeId, String> {
        let mut keys = BTreeMap::new();
        let mut taken = BTreeSet::new();
        let mut open = vec![("root", LockFile::ROOT)];
        while let Some((name, id)) = open.pop() {
            if keys.contains_key(&id) {
                continue;
            }
            let numbered = (2u64..).map(|number| format!("{name}_{number}"));
            let mut names = std::iter::once(name.to_owned()).chain(numbered);
            let Some(key) = names.find(|key| !taken.contains(key)) else { continue };
            taken.insert(key.clone());
            keys.insert(id, key);
            let inputs = self.node(id).map(|node| &node.inputs);
            for (name, edge) in inputs.into_iter().flatten().rev() {
                if let Edge::Node(next) = edge {
                    open.push((name, *next));
                }
            }
        }
        keys
    }

    fn to_json(&self) -> Json {
        let keys = self.keys();
        let mut nodes = Map::new();
        for (id, key) in &keys {
            let Some(node) = self.node(*id) else { continue };
            let mut object = Map::new();
            if !node.inputs.is_empty() {
                let edge = |edge: &Edge| match edge {
                    Edge::Node(next) => Json::from(keys.get(next).map(String::as_str).unwrap_or_default()),
                    Edge::Follows(path) => Json::from(path.as_slice()),
                };
                let inputs = node.inputs.iter().map(|(name, item)| (name.clone(), edge(item)));
                object.insert("inputs".to_owned(), Json::Object(inputs.collect()));
            }
            if let Some(lock) = &node.lock {
                let mut locked = lock.locked.to_attrs();
                // Whatever is locked is final, so it is not written down.
                locked.remove("__final");
                object.insert("original".to_owned(), crate::input::to_json(&lock.original.to_attrs()));
                object.insert("locked".to_owned(), crate::input::to_json(&locked));
                if !lock.is_flake {
                    object.insert("flake".to_owned(), Json::from(false));
                }
                if let Some(parent) = &lock.parent {
                    object.insert("parent".to_owned(), Json::from(parent.as_slice()));
                }
            }
            nodes.insert(key.clone(), Json::Object(object));
        }
        let root = keys.get(&LockFile::ROOT).cloned().unwrap_or_default();
        Json::Object(Map::from_iter([
            ("nodes".to_owned(), Json::Object(nodes)),
            ("root".to_owned(), Json::from(root)),
            ("version".to_owned(), Json::from(7)),
        ]))
    }

    /// The file's contents.
    pub fn to_text(&self) -> String {
        format!("{:#}\n", self.to_json())
    }
}

/// A lock file that is being read.
struct Reader<'j> {
    nodes: Option<&'j Json>,
    file: LockFile,
    known: BTreeMap<String, NodeId>,
    warnings: Vec<String>,
}

impl Reader<'_> {
    fn read_inputs(&mut self, key: &str, id: NodeId, open: &mut Vec<(String, NodeId)>) -> Result<(), Error> {
        let Some(inputs) = self.nodes.and_then(|nodes| nodes.get(key)).and_then(|node| node.get("inputs"))
        else {
            return Ok(());
        };
        let inputs = inputs.as_object().ok_or_else(|| BadLockFile::Type("inputs".to_owned()))?;
        for (name, target) in inputs {
            let edge = match target {
                Json::Array(_) => Edge::Follows(input_path(name, target)?),
                Json::String(key) => Edge::Node(self.node(key, open)?),
                _ => return Err(BadLockFile::Type(name.clone()).into()),
            };
            self.file.set_input(id, name, edge);
        }
        Ok(())
    }

    fn node(&mut self, key: &str, open: &mut Vec<(String, NodeId)>) -> Result<NodeId, Error> {
        match self.known.get(key) {
            Some(&LockFile::ROOT) => Err(BadLockFile::RootCycle.into()),
            Some(id) => Ok(*id),
            None => {
                let json = self
                    .nodes
                    .and_then(|nodes| nodes.get(key))
                    .ok_or_else(|| BadLockFile::MissingNode(key.to_owned()))?;
                let lock = self.lock(json)?;
                let id = self.file.add(lock);
                self.known.insert(key.to_owned(), id);
                open.push((key.to_owned(), id));
                Ok(id)
            }
        }
    }

    fn lock(&mut self, json: &Json) -> Result<Lock, Error> {
        let mut attrs = attributes(json, "locked")?;
        // Version 5 had some of them elsewhere.
        if let Some(info) = json.get("info") {
            attrs.extend(attrs_from_json(info)?);
        }
        let locked = FlakeRef::from_attrs(&attrs)?;
        if !is_locked(&locked.input)? && relative_path(&locked.input).is_none() {
            if nar_hash(&locked.input)?.is_none() {
                return Err(BadLockFile::Unlocked(attrs_to_json(&locked.input)).into());
            }
            self.warnings.push(format!(
                "Lock file entry '{}' is unlocked (e.g. lacks a Git revision) but is checked by NAR hash. \
                 This is not reproducible and will break after garbage collection or when shared.",
                locked.describe()
            ));
        }
        let is_flake = match json.get("flake") {
            None => true,
            Some(flake) => flake.as_bool().ok_or_else(|| BadLockFile::Type("flake".to_owned()))?,
        };
        let parent = json.get("parent").map(|path| input_path("parent", path)).transpose()?;
        let original = FlakeRef::from_attrs(&attributes(json, "original")?)?;
        Ok(Lock { locked, original, is_flake, parent })
    }
}

fn attributes(json: &Json, name: &'static str) -> Result<InputAttrs, BadLockFile> {
    attrs_from_json(json.get(name).ok_or(BadLockFile::Missing(name))?)
}

fn input_path(name: &str, json: &Json) -> Result<InputPath, BadLockFile> {
    let fault = || BadLockFile::Type(name.to_owned());
    let names = json.as_array().ok_or_else(fault)?;
    names.iter().map(|name| name.as_str().map(str::to_owned).ok_or_else(fault)).collect()
}

/// The names in `NAME/NAME/…`, as `follows` has them.
///
/// # Errors
/// When one of them is no name of an input.
pub fn parse_input_path(text: &str) -> Result<InputPath, BadLockFile> {
    let names = text.split('/').filter(|name| !name.is_empty());
    let checked = |name: &str| {
        if is_flake_id(name) { Ok(name.to_owned()) } else { Err(BadLockFile::PathElement(name.to_owned())) }
    };
    names.map(checked).collect()
}

#[cfg(test)]
mod tests;
