//! The shapes of sets that are made of others: found by their content, and by the two that they were made of.

use std::cell::RefCell;
use std::collections::hash_map::Entry as MapEntry;
use std::hash::Hasher as _;

use nix_syntax::arena::Arena;
use nix_syntax::program::Shape;
use nix_syntax::source::Pos;
use nix_syntax::symbol::Symbol;
use rustc_hash::{FxHashMap, FxHasher};

use crate::value::Boxes;

/// The shapes of sets that are made of others. A program makes its sets at few places, so most have the same names as one
/// before; then no names are kept, and whoever looks up attributes by an [`InlineCache`] finds them again.
///
/// [`InlineCache`]: nix_syntax::program::InlineCache
pub struct Shapes<'a> {
    /// Where shapes and sets live.
    pub arena: &'a Arena,
    /// Where values are that have no room in their slots.
    pub boxes: &'a Boxes<'a>,
    /// Each place is for the pairs with one hash; the last one made stays.
    unions: RefCell<Vec<Option<Union<'a>>>>,
    /// By the hash of names and places; of two with the same hash the later one stays.
    known: RefCell<FxHashMap<u64, &'a Shape<'a>>>,
    /// Names and places of a shape that may be known.
    wanted: RefCell<(Vec<Symbol>, Vec<Pos>)>,
}

/// A shape with all names of two others.
#[derive(Clone, Copy)]
struct Union<'a> {
    lower: &'a Shape<'a>,
    upper: &'a Shape<'a>,
    shape: &'a Shape<'a>,
}

/// How many unions are remembered, a power of two.
const REMEMBERED: usize = 1 << 13;

impl<'a> Shapes<'a> {
    /// No shapes yet.
    pub fn new(arena: &'a Arena) -> Self {
        let boxes = arena.alloc(Boxes::new(arena));
        Shapes {
            arena,
            boxes,
            unions: RefCell::default(),
            known: RefCell::default(),
            wanted: RefCell::default(),
        }
    }

    /// The shape with these names, which ascend, and places.
    pub fn of(&self, names: impl Iterator<Item = (Symbol, Pos)>) -> &'a Shape<'a> {
        self.like(names, &[])
    }

    /// The shape with these names, which ascend, and places. Where one of `others` has the same names, both keep them together.
    fn like(&self, names: impl Iterator<Item = (Symbol, Pos)>, others: &[&'a Shape<'a>]) -> &'a Shape<'a> {
        let (keys, positions) = &mut *self.wanted.borrow_mut();
        keys.clear();
        positions.clear();
        let mut hasher = FxHasher::default();
        let mut positioned = false;
        for (name, pos) in names {
            hasher.write_u64(u64::from(name.as_u32()) << 32 | u64::from(pos.as_u32()));
            positioned |= pos.is_some();
            keys.push(name);
            positions.push(pos);
        }
        if !positioned {
            positions.clear();
        }
        match self.known.borrow_mut().entry(hasher.finish()) {
            MapEntry::Occupied(known)
                if known.get().keys == keys.as_slice() && known.get().positions == positions.as_slice() =>
            {
                known.get()
            }
            entry => {
                let positions = self.arena.alloc_slice_copy(positions);
                let shape = match others.iter().find(|other| other.keys == keys.as_slice()) {
                    Some(other) => other.placed(positions),
                    None => Shape::new(self.arena.alloc_slice_copy(keys), positions),
                };
                let shape = &*self.arena.alloc(shape);
                entry.insert_entry(shape);
                shape
            }
        }
    }

    /// The names of both, with the places of `upper` where both have one.
    pub(crate) fn union(&self, lower: &'a Shape<'a>, upper: &'a Shape<'a>) -> &'a Shape<'a> {
        let mut unions = self.unions.borrow_mut();
        if unions.is_empty() {
            unions.resize(REMEMBERED, None);
        }
        let hash = (lower.number() as usize).wrapping_mul(31) ^ upper.number() as usize;
        let hash = hash.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (usize::BITS - REMEMBERED.trailing_zeros());
        let place = unions.get_mut(hash);
        if let Some(Some(known)) = &place
            && std::ptr::eq(known.lower, lower)
            && std::ptr::eq(known.upper, upper)
        {
            return known.shape;
        }
        let shape = self.like(Both { lower, upper, below: 0, above: 0 }, &[lower, upper]);
        if let Some(place) = place {
            *place = Some(Union { lower, upper, shape });
        }
        shape
    }
}

/// The names of two shapes, ascending, with their places.
struct Both<'s, 'a> {
    lower: &'s Shape<'a>,
    upper: &'s Shape<'a>,
    below: usize,
    above: usize,
}

impl Iterator for Both<'_, '_> {
    type Item = (Symbol, Pos);

    fn next(&mut self) -> Option<(Symbol, Pos)> {
        let (below, above) = (self.lower.keys.get(self.below), self.upper.keys.get(self.above));
        match (below, above) {
            (Some(a), above) if above.is_none_or(|b| a < b) => {
                self.below += 1;
                Some((*a, self.lower.position(self.below - 1)))
            }
            (a, Some(b)) => {
                self.below += usize::from(a == Some(b));
                self.above += 1;
                Some((*b, self.upper.position(self.above - 1)))
            }
            _ => None,
        }
    }
}
