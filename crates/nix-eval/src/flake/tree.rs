//! Source trees of flakes: fetched once, and put where programs may read them.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use nix_formats::registry::Scope;
use nix_formats::{InputAttrs, StorePath};
use nix_syntax::source::Pos;

use crate::error::EvalResult;
use crate::eval::Eval;

/// A tree in the store.
pub(crate) struct SourceTree {
    /// The store object.
    pub(crate) path: StorePath,
    /// What the input is when no registry has to be asked any more.
    pub(crate) resolved: InputAttrs,
    /// The input with all that is known of the tree.
    pub(crate) locked: InputAttrs,
    /// The directory of the flake, where the registry says it.
    pub(crate) dir: Option<String>,
    /// Whether its revisions are counted once somebody asks.
    pub(crate) counts_revisions: bool,
}

/// The trees that an evaluation has fetched, by what was asked for.
pub(crate) type Trees = RefCell<BTreeMap<InputAttrs, Rc<SourceTree>>>;

impl Eval<'_> {
    /// The tree of an input, which the registries in `scope` are asked for where it is but a name.
    pub(crate) fn fetch_input_tree(
        &self,
        input: &InputAttrs,
        scope: Scope,
        pos: Pos,
    ) -> EvalResult<Rc<SourceTree>> {
        if let Some(known) = self.fetched_trees.borrow().get(input) {
            return Ok(known.clone());
        }
        let (resolved, dir) = self.look_up_input(input, scope, pos)?;
        let fetched = self.fetch_tree(&resolved, pos)?;
        self.allow_stored(&self.host.store_dir().join(&fetched.path));
        let mut locked = fetched.locked;
        locked.remove("__final");
        let counts_revisions = fetched.counts_revisions;
        let tree = Rc::new(SourceTree { path: fetched.path, resolved, locked, dir, counts_revisions });
        self.fetched_trees.borrow_mut().insert(input.clone(), tree.clone());
        Ok(tree)
    }
}
