//! String contexts: the store paths that a string depends on.
//!
//! Each distinct element has a number, so that a context is a short ascending slice of numbers and joining two of them
//! is a merge.

use std::cell::{OnceCell, RefCell};
use std::rc::Rc;

use nix_formats::StorePath;
use nix_syntax::arena::Arena;
use rustc_hash::FxHashMap;

use crate::value::{Context, ContextId};

/// One dependency of a string. Paths are whole (`/nix/store/…`).
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ContextElement {
    /// A store object as it is.
    Opaque(String),
    /// A derivation with everything that it needs to be built.
    DeepDerivation(String),
    /// An output of a derivation.
    Output {
        /// The derivation's path; of a derivation that is itself the output NAME of another one, `!NAME!` and that
        /// other one.
        derivation: String,
        /// The output's name.
        output: String,
    },
}

impl ContextElement {
    /// The form in which Nix writes an element: a path, `=` and a derivation, or `!output!derivation`.
    pub fn encode(&self) -> String {
        match self {
            ContextElement::Opaque(path) => path.clone(),
            ContextElement::DeepDerivation(path) => format!("={path}"),
            ContextElement::Output { derivation, output } => format!("!{output}!{derivation}"),
        }
    }
}

/// The table of all context elements of an evaluation.
#[derive(Default)]
pub struct Contexts {
    elements: RefCell<Vec<Rc<Interned>>>,
    numbers: RefCell<FxHashMap<ContextElement, ContextId>>,
}

/// An element in the table.
pub(crate) struct Interned {
    /// The element.
    pub(crate) element: ContextElement,
    /// The store object that its path names, once somebody had to know.
    pub(crate) path: OnceCell<StorePath>,
}

impl Contexts {
    /// The number of `element`.
    pub fn intern(&self, element: ContextElement) -> ContextId {
        if let Some(id) = self.numbers.borrow().get(&element) {
            return *id;
        }
        let mut elements = self.elements.borrow_mut();
        let id = ContextId(elements.len() as u32);
        elements.push(Rc::new(Interned { element: element.clone(), path: OnceCell::new() }));
        self.numbers.borrow_mut().insert(element, id);
        id
    }

    /// The element with this number.
    pub fn get(&self, id: ContextId) -> Option<ContextElement> {
        self.elements.borrow().get(id.0 as usize).map(|interned| interned.element.clone())
    }

    /// The elements of a context: in their own order where that can be seen, which is where inputs are looked up.
    pub(crate) fn interned(&self, context: Context<'_>) -> Vec<Rc<Interned>> {
        let elements = self.elements.borrow();
        let mut found: Vec<Rc<Interned>> =
            context.iter().filter_map(|id| elements.get(id.0 as usize).cloned()).collect();
        if found.iter().any(|interned| matches!(interned.element, ContextElement::DeepDerivation(_))) {
            found.sort_by(|one, other| one.element.cmp(&other.element));
        }
        found
    }

    /// The elements of a context in their own order.
    pub fn elements(&self, context: Context<'_>) -> Vec<ContextElement> {
        let mut found: Vec<ContextElement> = context.iter().filter_map(|id| self.get(*id)).collect();
        found.sort();
        found
    }
}

/// A context while it is gathered.
#[derive(Default, Clone, Debug)]
pub struct ContextBuilder {
    ids: Vec<ContextId>,
}

impl ContextBuilder {
    /// Adds all of `context`.
    #[inline]
    pub fn add(&mut self, context: Context<'_>) {
        if !context.is_empty() {
            self.ids.extend_from_slice(context);
        }
    }

    /// Adds one element.
    pub fn insert(&mut self, id: ContextId) {
        self.ids.push(id);
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.ids.is_empty()
    }

    /// The gathered context, in the arena.
    #[inline]
    pub fn finish<'a>(mut self, arena: &'a Arena) -> Context<'a> {
        if self.ids.is_empty() {
            return &[];
        }
        self.ids.sort_unstable();
        self.ids.dedup();
        arena.alloc_slice_copy(&self.ids)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_numbered_once_and_contexts_are_sets() {
        let arena = Arena::new();
        let contexts = Contexts::default();
        let a = contexts.intern(ContextElement::Opaque("/s/a".to_owned()));
        let b = contexts.intern(ContextElement::DeepDerivation("/s/b.drv".to_owned()));
        assert_eq!(a, contexts.intern(ContextElement::Opaque("/s/a".to_owned())));
        let mut builder = ContextBuilder::default();
        builder.insert(b);
        builder.add(&[a, b]);
        let context = builder.finish(&arena);
        assert_eq!(context, &[a, b]);
        let texts: Vec<String> = contexts.elements(context).iter().map(ContextElement::encode).collect();
        assert_eq!(texts, ["/s/a", "=/s/b.drv"]);
    }
}
