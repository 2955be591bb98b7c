//! String contexts: the store paths that a string depends on.
//!
//! Each distinct element has a number, and so has each distinct set of elements: a context is one word of a string, and two
//! of them that were joined before are joined by a look into a table.

use std::cell::{Cell, OnceCell, RefCell};
use std::hash::{BuildHasher, BuildHasherDefault};
use std::rc::Rc;

use nix_formats::StorePath;
use nix_syntax::arena::Arena;
use rustc_hash::{FxHashMap, FxHashSet, FxHasher};

/// The number of a context element in the evaluation's table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ContextId(u32);

/// The context of a string: the number of a set of elements in the evaluation's table.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub struct Context(u32);

impl Context {
    /// The context of a string that depends on nothing.
    pub const EMPTY: Context = Context(0);

    /// Whether there is nothing in it.
    #[inline(always)]
    pub fn is_empty(self) -> bool {
        self == Context::EMPTY
    }
}

/// One dependency of a string. Paths are whole (`/nix/store/…`); the elements that name one derivation can share it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum ContextElement {
    /// A store object as it is.
    Opaque(Rc<str>),
    /// A derivation with everything that it needs to be built.
    DeepDerivation(Rc<str>),
    /// An output of a derivation.
    Output {
        /// The derivation's path; of a derivation that is itself the output NAME of another one, `!NAME!` and that
        /// other one.
        derivation: Rc<str>,
        /// The output's name.
        output: Rc<str>,
    },
}

impl ContextElement {
    /// The form in which Nix writes an element: a path, `=` and a derivation, or `!output!derivation`.
    pub fn encode(&self) -> String {
        match self {
            ContextElement::Opaque(path) => path.to_string(),
            ContextElement::DeepDerivation(path) => format!("={path}"),
            ContextElement::Output { derivation, output } => format!("!{output}!{derivation}"),
        }
    }
}

/// The table of all context elements of an evaluation, and of all sets of them that strings have.
pub struct Contexts<'a> {
    arena: &'a Arena,
    elements: RefCell<Vec<Rc<Interned>>>,
    /// By their hashes, the last one of those with that hash.
    numbers: RefCell<FxHashMap<u64, ContextId>>,
    outputs: RefCell<FxHashSet<Rc<str>>>,
    /// The sets but the empty one: ascending, without duplicates.
    sets: RefCell<Vec<&'a [ContextId]>>,
    /// Those of several elements.
    set_numbers: RefCell<FxHashMap<&'a [ContextId], Context>>,
    /// Two contexts and what they are together; each place is for the pairs with one hash, and the last one made stays.
    unions: RefCell<Vec<(Context, Context, Context)>>,
}

/// How many unions are remembered, a power of two.
const REMEMBERED: usize = 1 << 12;

/// An element in the table.
pub(crate) struct Interned {
    /// The element.
    pub(crate) element: ContextElement,
    /// The store object that its path names, once somebody had to know.
    pub(crate) path: OnceCell<StorePath>,
    /// The one before it with the same hash.
    before: Option<ContextId>,
    /// The context of it alone, once a string had that.
    alone: Cell<Context>,
}

impl<'a> Contexts<'a> {
    /// No elements yet.
    pub fn new(arena: &'a Arena) -> Self {
        Contexts {
            arena,
            elements: RefCell::default(),
            numbers: RefCell::default(),
            outputs: RefCell::default(),
            sets: RefCell::default(),
            set_numbers: RefCell::default(),
            unions: RefCell::default(),
        }
    }

    /// The elements' numbers, ascending.
    pub fn ids(&self, context: Context) -> &'a [ContextId] {
        let index = (context.0 as usize).checked_sub(1);
        index.and_then(|index| self.sets.borrow().get(index).copied()).unwrap_or_default()
    }

    /// The context with these elements.
    fn set(&self, mut ids: Vec<ContextId>) -> Context {
        if ids.is_empty() {
            return Context::EMPTY;
        }
        ids.sort_unstable();
        ids.dedup();
        if let [id] = *ids {
            return self.only(id);
        }
        if let Some(known) = self.set_numbers.borrow().get(ids.as_slice()) {
            return *known;
        }
        let ids = &*self.arena.alloc_slice_copy(&ids);
        let mut sets = self.sets.borrow_mut();
        sets.push(ids);
        let context = Context(sets.len() as u32);
        self.set_numbers.borrow_mut().insert(ids, context);
        context
    }

    /// The context with one element.
    pub(crate) fn only(&self, id: ContextId) -> Context {
        let elements = self.elements.borrow();
        let alone = elements.get(id.0 as usize).map(|interned| &interned.alone);
        if let Some(known) = alone.map(Cell::get).filter(|known| !known.is_empty()) {
            return known;
        }
        let mut sets = self.sets.borrow_mut();
        sets.push(self.arena.alloc_slice_copy(&[id]));
        let context = Context(sets.len() as u32);
        if let Some(alone) = alone {
            alone.set(context);
        }
        context
    }

    /// The context with the elements of both.
    pub fn union(&self, one: Context, other: Context) -> Context {
        if one == other || other.is_empty() {
            return one;
        }
        if one.is_empty() {
            return other;
        }
        let hash = (u64::from(one.0) << 32 | u64::from(other.0)).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        let place = (hash >> (u64::BITS - REMEMBERED.trailing_zeros())) as usize;
        match self.unions.borrow().get(place) {
            Some((left, right, both)) if (*left, *right) == (one, other) => return *both,
            _ => {}
        }
        let both = self.set([self.ids(one), self.ids(other)].concat());
        let mut unions = self.unions.borrow_mut();
        if unions.is_empty() {
            unions.resize(REMEMBERED, Default::default());
        }
        if let Some(place) = unions.get_mut(place) {
            *place = (one, other, both);
        }
        both
    }

    /// The number of `element`.
    pub fn intern(&self, element: ContextElement) -> ContextId {
        self.intern_with(element, OnceCell::new)
    }

    /// The number of `element`, whose path names this store object.
    pub(crate) fn intern_known(&self, element: ContextElement, path: &StorePath) -> ContextId {
        self.intern_with(element, || OnceCell::from(path.clone()))
    }

    fn intern_with(&self, element: ContextElement, path: impl FnOnce() -> OnceCell<StorePath>) -> ContextId {
        let mut elements = self.elements.borrow_mut();
        let id = ContextId(elements.len() as u32);
        let hash = BuildHasherDefault::<FxHasher>::default().hash_one(&element);
        let mut numbers = self.numbers.borrow_mut();
        let last = numbers.entry(hash).or_insert(id);
        let before = (*last != id).then_some(*last);
        let mut next = before;
        while let Some(known) = next.and_then(|id| elements.get(id.0 as usize).map(|known| (id, known))) {
            if known.1.element == element {
                return known.0;
            }
            next = known.1.before;
        }
        *last = id;
        elements.push(Rc::new(Interned { element, path: path(), before, alone: Cell::default() }));
        id
    }

    /// The name of an output, which many elements share.
    pub(crate) fn output(&self, name: &str) -> Rc<str> {
        let mut outputs = self.outputs.borrow_mut();
        match outputs.get(name) {
            Some(known) => Rc::clone(known),
            None => {
                let name: Rc<str> = name.into();
                outputs.insert(Rc::clone(&name));
                name
            }
        }
    }

    /// The element with this number.
    pub fn get(&self, id: ContextId) -> Option<ContextElement> {
        self.elements.borrow().get(id.0 as usize).map(|interned| interned.element.clone())
    }

    /// The elements of a context: in their own order where that can be seen, which is where inputs are looked up.
    pub(crate) fn interned(&self, context: &[ContextId]) -> Vec<Rc<Interned>> {
        let elements = self.elements.borrow();
        let mut found: Vec<Rc<Interned>> =
            context.iter().filter_map(|id| elements.get(id.0 as usize).cloned()).collect();
        if found.iter().any(|interned| matches!(interned.element, ContextElement::DeepDerivation(_))) {
            found.sort_by(|one, other| one.element.cmp(&other.element));
        }
        found
    }

    /// The elements of a context in their own order.
    pub fn elements(&self, context: Context) -> Vec<ContextElement> {
        let mut found: Vec<ContextElement> =
            self.ids(context).iter().filter_map(|id| self.get(*id)).collect();
        found.sort();
        found
    }
}

/// A context while it is gathered.
#[derive(Default, Clone, Debug)]
pub struct ContextBuilder {
    /// What was added as long as that is one context.
    first: Context,
    /// Everything, once it is more.
    ids: Vec<ContextId>,
}

impl ContextBuilder {
    /// Adds all of `context`.
    #[inline]
    pub fn add(&mut self, contexts: &Contexts<'_>, context: Context) {
        if context.is_empty() || context == self.first {
            return;
        }
        if self.is_empty() {
            self.first = context;
            return;
        }
        self.spill(contexts);
        self.ids.extend_from_slice(contexts.ids(context));
    }

    /// Adds one element.
    pub fn insert(&mut self, id: ContextId) {
        self.ids.push(id);
    }

    fn spill(&mut self, contexts: &Contexts<'_>) {
        self.ids.extend_from_slice(contexts.ids(std::mem::take(&mut self.first)));
    }

    /// Whether nothing was added.
    pub fn is_empty(&self) -> bool {
        self.first.is_empty() && self.ids.is_empty()
    }

    /// The gathered context.
    #[inline]
    pub fn finish(mut self, contexts: &Contexts<'_>) -> Context {
        if self.ids.is_empty() {
            return self.first;
        }
        self.spill(contexts);
        contexts.set(self.ids)
    }

    /// What was gathered, ascending, where no string is to have it.
    pub(crate) fn into_ids(mut self, contexts: &Contexts<'_>) -> Vec<ContextId> {
        self.spill(contexts);
        self.ids.sort_unstable();
        self.ids.dedup();
        self.ids
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn elements_are_numbered_once_and_contexts_are_sets() {
        let arena = Arena::new();
        let contexts = Contexts::new(&arena);
        let a = contexts.intern(ContextElement::Opaque("/s/a".into()));
        let b = contexts.intern(ContextElement::DeepDerivation("/s/b.drv".into()));
        assert_eq!(a, contexts.intern(ContextElement::Opaque("/s/a".into())));
        let mut builder = ContextBuilder::default();
        builder.insert(b);
        let only_b = builder.clone().finish(&contexts);
        builder.insert(a);
        builder.add(&contexts, only_b);
        let context = builder.finish(&contexts);
        assert_eq!(contexts.ids(context), &[a, b]);
        let texts: Vec<String> = contexts.elements(context).iter().map(ContextElement::encode).collect();
        assert_eq!(texts, ["/s/a", "=/s/b.drv"]);
    }

    #[test]
    fn equal_sets_are_one_context() {
        let arena = Arena::new();
        let contexts = Contexts::new(&arena);
        let opaque = |name: &str| {
            let mut builder = ContextBuilder::default();
            builder.insert(contexts.intern(ContextElement::Opaque(format!("/s/{name}").into())));
            builder.finish(&contexts)
        };
        let (a, b) = (opaque("a"), opaque("b"));
        let both = contexts.union(a, b);
        assert_eq!((both, both), (contexts.union(b, a), contexts.union(a, b)));
        assert_eq!((contexts.union(both, a), contexts.union(a, Context::EMPTY)), (both, a));
        assert_eq!(contexts.ids(both).len(), 2);
        assert_eq!((opaque("a"), contexts.ids(Context::EMPTY).len()), (a, 0));
        let mut builder = ContextBuilder::default();
        builder.add(&contexts, a);
        builder.add(&contexts, Context::EMPTY);
        builder.add(&contexts, a);
        assert_eq!(builder.clone().finish(&contexts), a);
        builder.add(&contexts, b);
        builder.add(&contexts, both);
        assert_eq!(builder.finish(&contexts), both);
    }
}
