//! Attribute sets.
//!
//! The names of a set are a [`Shape`], shared by all sets that one expression makes; the values are slots in the shape's
//! order. `a // b` with a small `b` makes a layer over `a` instead of a copy; whoever needs all attributes gets them
//! flattened once.

use std::cell::Cell;

use bumpalo::Bump;
use nix_syntax::program::Shape;
use nix_syntax::source::Pos;
use nix_syntax::symbol::{Symbol, Symbols};

use crate::value::{Entry, Slot, Value, share};

/// How many layers a look-up may have to go through.
const MAX_LAYERS: u16 = 6;

/// A set becomes the base of a layer from this many attributes on; below, a copy is cheaper.
const LAYER_FROM: usize = 16;

/// An attribute set.
pub struct Attrs<'a> {
    /// The names of the uppermost layer.
    pub shape: &'a Shape<'a>,
    /// The values of the uppermost layer.
    pub values: &'a [Slot<'a>],
    /// What lies below, seen where the upper layers lack a name.
    base: Option<&'a Attrs<'a>>,
    layers: u16,
    /// Whether the shape's positions are those of these values.
    positioned: bool,
    len: u32,
    flat: Cell<Option<&'a Attrs<'a>>>,
}

impl<'a> Attrs<'a> {
    /// A set of one layer.
    pub fn new(shape: &'a Shape<'a>, values: &'a [Slot<'a>]) -> Self {
        let len = shape.len() as u32;
        Attrs { shape, values, base: None, layers: 1, positioned: true, len, flat: Cell::new(None) }
    }

    /// A set of one layer that has the names of `shape` but was defined elsewhere.
    pub fn without_positions(shape: &'a Shape<'a>, values: &'a [Slot<'a>]) -> Self {
        Attrs { positioned: false, ..Attrs::new(shape, values) }
    }

    /// Where the attribute at `index` of the uppermost layer was defined.
    fn position(&self, index: usize) -> Pos {
        if self.positioned { self.shape.position(index) } else { Pos::NONE }
    }

    /// A set of `entries`; where a name comes twice, the first one counts.
    pub fn from_entries(bump: &'a Bump, mut entries: Vec<Entry<'a>>) -> &'a Attrs<'a> {
        entries.sort_by_key(|entry| entry.name);
        entries.dedup_by_key(|entry| entry.name);
        Self::from_sorted(bump, &entries)
    }

    /// A set of `entries`, which ascend by name without duplicates.
    pub fn from_sorted(bump: &'a Bump, entries: &[Entry<'a>]) -> &'a Attrs<'a> {
        let keys = bump.alloc_slice_fill_iter(entries.iter().map(|entry| entry.name));
        let positions: &[Pos] = if entries.iter().any(|entry| entry.pos.is_some()) {
            bump.alloc_slice_fill_iter(entries.iter().map(|entry| entry.pos))
        } else {
            &[]
        };
        let values = bump.alloc_slice_fill_iter(entries.iter().map(|entry| Cell::new(entry.value)));
        bump.alloc(Attrs::new(bump.alloc(Shape::new(keys, positions)), values))
    }

    /// How many attributes there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.len as usize
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// The slot of `name`.
    #[inline]
    pub fn get(&'a self, name: Symbol) -> Option<&'a Slot<'a>> {
        let mut set = self;
        loop {
            if let Some(index) = set.shape.find(name) {
                return set.values.get(index);
            }
            set = set.base?;
        }
    }

    /// Whether this is a single layer, whose shape tells all names.
    #[inline(always)]
    pub fn is_flat(&self) -> bool {
        self.base.is_none()
    }

    /// The slot of `name` and where the attribute was defined.
    pub fn get_with_pos(&'a self, name: Symbol) -> Option<(&'a Slot<'a>, Pos)> {
        let mut set = self;
        loop {
            if let Some(index) = set.shape.find(name) {
                return Some((set.values.get(index)?, set.position(index)));
            }
            set = set.base?;
        }
    }

    /// The same set in one layer.
    pub fn flat(&'a self, bump: &'a Bump) -> &'a Attrs<'a> {
        let Some(base) = self.base else { return self };
        if let Some(flat) = self.flat.get() {
            return flat;
        }
        let flat = merge(bump, base.flat(bump), self);
        self.flat.set(Some(flat));
        flat
    }

    /// All attributes, ascending by symbol.
    pub fn entries(&'a self, bump: &'a Bump) -> impl Iterator<Item = (Symbol, Pos, &'a Slot<'a>)> {
        let flat = self.flat(bump);
        flat.shape
            .keys
            .iter()
            .zip(flat.values)
            .enumerate()
            .map(|(index, (name, slot))| (*name, flat.position(index), slot))
    }

    /// All attributes in alphabetical order of their names.
    pub fn alphabetical(
        &'a self,
        bump: &'a Bump,
        symbols: &Symbols<'a>,
    ) -> impl Iterator<Item = (Symbol, Pos, &'a Slot<'a>)> {
        let flat = self.flat(bump);
        flat.shape.order(bump, symbols).iter().filter_map(|index| {
            let index = *index as usize;
            Some((*flat.shape.keys.get(index)?, flat.position(index), flat.values.get(index)?))
        })
    }

    /// `self // other`.
    pub fn update(&'a self, bump: &'a Bump, other: &'a Attrs<'a>) -> &'a Attrs<'a> {
        if other.is_empty() {
            return self;
        }
        if self.is_empty() {
            return other;
        }
        let (left, right) = (self.len(), other.len());
        if left >= LAYER_FROM && right * 4 <= left {
            let upper = other.flat(bump);
            let base = if self.layers < MAX_LAYERS { self } else { self.flat(bump) };
            let added = upper.shape.keys.iter().filter(|name| base.get(**name).is_none()).count();
            return bump.alloc(Attrs {
                shape: upper.shape,
                values: upper.values,
                base: Some(base),
                layers: base.layers + 1,
                positioned: upper.positioned,
                len: (base.len() + added) as u32,
                flat: Cell::new(None),
            });
        }
        merge(bump, self.flat(bump), other.flat(bump))
    }
}

/// The attributes of the upper layer of `upper`, and those of the flat `lower` that it lacks.
fn merge<'a>(bump: &'a Bump, lower: &'a Attrs<'a>, upper: &'a Attrs<'a>) -> &'a Attrs<'a> {
    let (below, above) = (lower.shape.keys, upper.shape.keys);
    let mut entries: Vec<Entry<'a>> = Vec::with_capacity(below.len() + above.len());
    let entry = |set: &'a Attrs<'a>, index: usize, name: Symbol| Entry {
        name,
        pos: set.position(index),
        value: set.values.get(index).map_or(Value::Null, share),
    };
    let (mut i, mut j) = (0, 0);
    loop {
        match (below.get(i), above.get(j)) {
            (Some(a), Some(b)) if a < b => {
                entries.push(entry(lower, i, *a));
                i += 1;
            }
            (Some(a), Some(b)) => {
                if a == b {
                    i += 1;
                }
                entries.push(entry(upper, j, *b));
                j += 1;
            }
            (Some(a), None) => {
                entries.push(entry(lower, i, *a));
                i += 1;
            }
            (None, Some(b)) => {
                entries.push(entry(upper, j, *b));
                j += 1;
            }
            (None, None) => break,
        }
    }
    Attrs::from_sorted(bump, &entries)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set<'a>(bump: &'a Bump, symbols: &Symbols<'a>, names: &[(&str, i64)]) -> &'a Attrs<'a> {
        let entries = names
            .iter()
            .map(|(name, value)| Entry {
                name: symbols.intern(name.as_bytes()),
                pos: Pos::NONE,
                value: Value::Int(*value),
            })
            .collect();
        Attrs::from_entries(bump, entries)
    }

    fn show<'a>(bump: &'a Bump, symbols: &Symbols<'a>, set: &'a Attrs<'a>) -> String {
        let mut out = String::new();
        for (name, _, slot) in set.alphabetical(bump, symbols) {
            let Value::Int(value) = slot.get() else { panic!("not an integer") };
            out.push_str(&format!("{}={value} ", String::from_utf8_lossy(symbols.name(name))));
        }
        assert_eq!(set.len(), set.flat(bump).shape.len());
        out
    }

    fn check(left: &[(&str, i64)], right: &[(&str, i64)], expected: &str) {
        let bump = Bump::new();
        let symbols = Symbols::new(&bump);
        let updated = set(&bump, &symbols, left).update(&bump, set(&bump, &symbols, right));
        assert_eq!(show(&bump, &symbols, updated), expected);
    }

    #[test]
    fn update_prefers_the_right() {
        check(&[], &[], "");
        check(&[("a", 1)], &[], "a=1 ");
        check(&[], &[("a", 1)], "a=1 ");
        check(&[("b", 1), ("a", 2)], &[("a", 3), ("c", 4)], "a=3 b=1 c=4 ");
    }

    #[test]
    fn the_first_of_two_counts() {
        check(&[("a", 1), ("a", 2)], &[], "a=1 ");
    }

    #[test]
    fn layers_behave_like_copies() {
        let bump = Bump::new();
        let symbols = Symbols::new(&bump);
        let names: Vec<String> = (0..100).map(|i| format!("n{i:02}")).collect();
        let base: Vec<(&str, i64)> = names.iter().map(|name| (name.as_str(), 0)).collect();
        let mut layered = set(&bump, &symbols, &base);
        for round in 1..=20 {
            let name = format!("n{:02}", round * 7);
            layered = layered.update(&bump, set(&bump, &symbols, &[(&name, round), ("x", round)]));
            assert!(layered.layers <= MAX_LAYERS);
        }
        assert_eq!(layered.len(), 100 + 1 + 6);
        let found = layered.get(symbols.intern(b"x")).map(Cell::get);
        assert!(matches!(found, Some(Value::Int(20))));
        assert!(layered.get(symbols.intern(b"absent")).is_none());
        assert_eq!(show(&bump, &symbols, layered).split(' ').filter(|item| item.ends_with("=0")).count(), 86);
    }
}
