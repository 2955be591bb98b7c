//! Calling a locked flake: the nodes of its lock file become a set that `call.nix` makes flakes of.

use std::collections::BTreeMap;
use std::path::Path;

use nix_formats::flake_lock::{Edge, Node, NodeId};
use nix_formats::flake_ref::relative_path;
use nix_formats::{InputAttrs, LockFile};
use nix_syntax::source::{Origin, Pos};

use super::lock::Locked;
use super::read::{Flake, outside};
use crate::attrs::Attrs;
use crate::error::{EvalError, EvalResult};
use crate::eval::Eval;
use crate::inputs::TreeView;
use crate::strings::bytes_of;
use crate::value::{Entry, Value};

/// Makes flakes of nodes.
const CALL: &str = include_str!("call.nix");

impl<'a> Eval<'a> {
    /// What a locked flake puts out, with its tree and inputs.
    pub(super) fn call_locked(&self, flake: &Flake, locked: &Locked, pos: Pos) -> EvalResult<Value<'a>> {
        let keys = locked.file.keys();
        let mut nodes = Vec::new();
        for (id, key) in &keys {
            let Some(node) = locked.file.node(*id) else { continue };
            let mut parts = vec![("inputs", self.input_keys(node, &keys, locked, pos)?)];
            let lock = node.lock.as_ref();
            parts.push(("isFlake", Value::bool(lock.is_none_or(|lock| lock.is_flake))));
            let input = lock.map_or(&flake.locked.input, |lock| &lock.locked.input);
            if let Some(place) = locked.places.get(id) {
                let view = TreeView {
                    dirty: *id == LockFile::ROOT && locked.changed,
                    counts_revisions: locked.uncounted.contains(id),
                    ..TreeView::default()
                };
                parts.extend(self.fetched_node(place, input, view, pos)?);
            } else if let Some(lock) = lock {
                parts.push(("directory", self.string(lock.locked.dir.as_bytes())));
                if let (Some(path), Some(parent)) = (relative_path(input), &lock.parent) {
                    let above = self.found(parent, locked, pos)?;
                    let key = keys.get(&above).map(String::as_str).unwrap_or_default();
                    parts.push(("parent", self.string(key.as_bytes())));
                    parts.push(("path", self.string(path.as_bytes())));
                } else {
                    parts.push(("tree", self.tree_fetched_later(input, pos)));
                }
            }
            nodes.push((key.as_str(), self.attrs(&parts)));
        }
        let origin = Origin::File(b"<nix/call-flake.nix>".to_vec());
        let call = self.eval_text(origin, CALL.as_bytes(), Path::new("/"))?;
        self.call(call, &[self.attrs(&nodes)], pos)
    }

    fn found(&self, path: &[String], locked: &Locked, pos: Pos) -> EvalResult<NodeId> {
        let found = locked.file.find(path).map_err(|error| EvalError::other(error.to_string(), pos))?;
        found.ok_or_else(|| EvalError::other(format!("there is no input '{}'", path.join("/")), pos))
    }

    /// The names of the nodes that a node's inputs are.
    fn input_keys(
        &self,
        node: &Node,
        keys: &BTreeMap<NodeId, String>,
        locked: &Locked,
        pos: Pos,
    ) -> EvalResult<Value<'a>> {
        let mut entries = Vec::new();
        for (name, edge) in &node.inputs {
            let id = match edge {
                Edge::Node(id) => *id,
                Edge::Follows(path) => self.found(path, locked, pos)?,
            };
            let key = keys.get(&id).map(String::as_str).unwrap_or_default();
            let name = self.symbols.intern(name.as_bytes());
            entries.push(Entry { name, pos: Pos::NONE, value: self.string(key.as_bytes()) });
        }
        Ok(Value::attrs(Attrs::from_entries(&self.shapes, entries)))
    }

    /// A node whose tree is in the store already, with the directory of the flake in it.
    fn fetched_node(
        &self,
        place: &Path,
        input: &InputAttrs,
        view: TreeView,
        pos: Pos,
    ) -> EvalResult<[(&'static str, Value<'a>); 2]> {
        let dir = self.host.store_dir();
        let (object, rest) = dir.parse_prefix(bytes_of(place)).map_err(|_| outside(input, pos))?;
        let rest = String::from_utf8_lossy(rest).into_owned();
        let tree = self.tree_attrs(&object, input, view, pos)?;
        Ok([("tree", tree), ("directory", self.string(rest.trim_matches('/').as_bytes()))])
    }
}
