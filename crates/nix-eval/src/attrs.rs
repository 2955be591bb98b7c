//! Attribute sets.
//!
//! The names of a set are a [`Shape`], shared by all sets that one expression makes; the values are slots in the shape's
//! order. Sets made of others in the same way share their shapes too ([`Shapes`]). `a // b` with a small `b` makes a
//! layer over `a` instead of a copy; whoever needs all attributes gets them flattened once.

use std::cell::{Cell, RefCell};
use std::collections::hash_map::Entry as MapEntry;
use std::hash::Hasher as _;

use nix_syntax::arena::Arena;
use nix_syntax::program::Shape;
use nix_syntax::source::Pos;
use nix_syntax::symbol::{Symbol, Symbols};
use rustc_hash::{FxHashMap, FxHasher};

use crate::value::{Entry, Slot, Value, share};

/// A set becomes the base of a layer from this many attributes on; below, a copy is cheaper.
const LAYER_FROM: usize = 16;

/// So many layers may lie below another whatever their sizes are.
const PLAIN_LAYERS: u32 = 3;

/// A layer is at most this part of what lies below it; more is copied at once.
const LAYER_PART: usize = 4;

/// An attribute set.
pub struct Attrs<'a> {
    /// The names of the uppermost layer.
    pub shape: &'a Shape<'a>,
    /// The values of the uppermost layer.
    pub values: &'a [Slot<'a>],
    below: Option<&'a Below<'a>>,
}

/// What lies below the uppermost layer, seen where that lacks a name.
struct Below<'a> {
    base: &'a Attrs<'a>,
    /// How many attributes the whole set has.
    len: u32,
    /// How many layers there are below.
    layers: u32,
    /// The whole set in one layer, once somebody needed it.
    flat: Cell<Option<&'a Attrs<'a>>>,
}

impl<'a> Attrs<'a> {
    /// A set of one layer.
    #[inline(always)]
    pub fn new(shape: &'a Shape<'a>, values: &'a [Slot<'a>]) -> Self {
        Attrs { shape, values, below: None }
    }

    /// A set of `entries`; where a name comes twice, the first one counts.
    pub fn from_entries(shapes: &Shapes<'a>, mut entries: Vec<Entry<'a>>) -> &'a Attrs<'a> {
        entries.sort_by_key(|entry| entry.name);
        entries.dedup_by_key(|entry| entry.name);
        Self::from_sorted(shapes, &entries)
    }

    /// A set of `entries`, which ascend by name without duplicates.
    pub fn from_sorted(shapes: &Shapes<'a>, entries: &[Entry<'a>]) -> &'a Attrs<'a> {
        let shape = shapes.of(entries.iter().map(|entry| (entry.name, entry.pos)));
        let values = shapes.arena.alloc_slice_fill_iter(entries.iter().map(|entry| Cell::new(entry.value)));
        shapes.arena.alloc(Attrs::new(shape, values))
    }

    /// How many attributes there are.
    #[inline]
    pub fn len(&self) -> usize {
        match self.below {
            None => self.shape.len(),
            Some(below) => below.len as usize,
        }
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// The layer below the uppermost one, with what lies below it in turn.
    #[inline(always)]
    pub(crate) fn base(&self) -> Option<&'a Attrs<'a>> {
        self.below.map(|below| below.base)
    }

    /// The slot of `name`.
    #[inline]
    pub fn get(&'a self, name: Symbol) -> Option<&'a Slot<'a>> {
        let mut set = self;
        loop {
            if let Some(index) = set.shape.find(name) {
                return set.values.get(index);
            }
            set = set.base()?;
        }
    }

    /// Whether this is a single layer, whose shape tells all names.
    #[inline(always)]
    pub fn is_flat(&self) -> bool {
        self.below.is_none()
    }

    /// The slot of `name` and where the attribute was defined.
    pub fn get_with_pos(&'a self, name: Symbol) -> Option<(&'a Slot<'a>, Pos)> {
        let mut set = self;
        loop {
            if let Some(index) = set.shape.find(name) {
                return Some((set.values.get(index)?, set.shape.position(index)));
            }
            set = set.base()?;
        }
    }

    /// The same set in one layer.
    pub fn flat(&'a self, shapes: &Shapes<'a>) -> &'a Attrs<'a> {
        let Some(below) = self.below else { return self };
        if let Some(flat) = below.flat.get() {
            return flat;
        }
        // From above, where the layers are small, so that the large one at the bottom is gone over once.
        let mut merged = self;
        let mut next = Some(below);
        while let Some(Below { base, .. }) = next {
            let flat = base.below.and_then(|below| below.flat.get());
            merged = merge(shapes, flat.unwrap_or(base), merged);
            next = if flat.is_some() { None } else { base.below };
        }
        below.flat.set(Some(merged));
        merged
    }

    /// All attributes, ascending by symbol.
    pub fn entries(&'a self, shapes: &Shapes<'a>) -> impl Iterator<Item = (Symbol, Pos, &'a Slot<'a>)> {
        let Attrs { shape, values, .. } = self.flat(shapes);
        let all = shape.keys.iter().zip(*values).enumerate();
        all.map(|(index, (name, slot))| (*name, shape.position(index), slot))
    }

    /// All attributes in alphabetical order of their names.
    pub fn alphabetical(
        &'a self,
        shapes: &Shapes<'a>,
        symbols: &Symbols<'a>,
    ) -> impl Iterator<Item = (Symbol, Pos, &'a Slot<'a>)> {
        let Attrs { shape, values, .. } = self.flat(shapes);
        shape.order(shapes.arena, symbols).iter().filter_map(|index| {
            let index = *index as usize;
            Some((*shape.keys.get(index)?, shape.position(index), values.get(index)?))
        })
    }

    /// `self // other`.
    pub fn update(&'a self, shapes: &Shapes<'a>, other: &'a Attrs<'a>) -> &'a Attrs<'a> {
        if other.is_empty() {
            return self;
        }
        if self.is_empty() {
            return other;
        }
        let (left, right) = (self.len(), other.len());
        if left < LAYER_FROM || right * LAYER_PART > left {
            return merge(shapes, self.flat(shapes), other.flat(shapes));
        }
        let mut upper = other.flat(shapes);
        let mut base = self.below.and_then(|below| below.flat.get()).unwrap_or(self);
        // Where there are several, each layer is at least twice as large as the one above it. So there are few of them, and
        // of a set that grows one by one an attribute is copied as often as the set doubles.
        while let Some(below) = base.below
            && below.layers >= PLAIN_LAYERS
            && base.shape.len() < 2 * upper.shape.len()
        {
            upper = merge(shapes, base, upper);
            base = below.base;
        }
        if upper.shape.len() * LAYER_PART > base.len() {
            return merge(shapes, base.flat(shapes), upper);
        }
        let added = upper.shape.keys.iter().filter(|name| base.get(**name).is_none()).count();
        let layers = 1 + base.below.map_or(0, |below| below.layers);
        let below = Below { base, len: (base.len() + added) as u32, layers, flat: Cell::new(None) };
        let below = Some(&*shapes.arena.alloc(below));
        shapes.arena.alloc(Attrs { shape: upper.shape, values: upper.values, below })
    }
}

/// The attributes of the uppermost layer of `upper`, and those of the uppermost layer of `lower` that it lacks.
fn merge<'a>(shapes: &Shapes<'a>, lower: &'a Attrs<'a>, upper: &'a Attrs<'a>) -> &'a Attrs<'a> {
    let shape = shapes.union(lower.shape, upper.shape);
    let (mut below, mut above) = (lower.shape.keys.iter().zip(lower.values).peekable(), 0);
    let values = shapes.arena.alloc_slice_fill_iter(shape.keys.iter().map(|key| {
        let value = below.next_if(|(name, _)| *name == key).map(|(_, value)| value);
        if upper.shape.keys.get(above) == Some(key) {
            above += 1;
            return Cell::new(upper.values.get(above - 1).map_or(Value::Null, share));
        }
        Cell::new(value.map_or(Value::Null, share))
    }));
    shapes.arena.alloc(Attrs::new(shape, values))
}

/// The shapes of sets that are made of others. A program makes its sets at few places, so most have the same names as one
/// before; then no names are kept, and whoever looks up attributes by an [`InlineCache`] finds them again.
///
/// [`InlineCache`]: nix_syntax::program::InlineCache
pub struct Shapes<'a> {
    /// Where shapes and sets live.
    pub arena: &'a Arena,
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
        Shapes { arena, unions: RefCell::default(), known: RefCell::default(), wanted: RefCell::default() }
    }

    /// The shape with these names, which ascend, and places.
    pub fn of(&self, names: impl Iterator<Item = (Symbol, Pos)>) -> &'a Shape<'a> {
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
                let keys = self.arena.alloc_slice_copy(keys);
                let positions = self.arena.alloc_slice_copy(positions);
                let shape = &*self.arena.alloc(Shape::new(keys, positions));
                entry.insert_entry(shape);
                shape
            }
        }
    }

    /// The names of both, with the places of `upper` where both have one.
    fn union(&self, lower: &'a Shape<'a>, upper: &'a Shape<'a>) -> &'a Shape<'a> {
        let mut unions = self.unions.borrow_mut();
        if unions.is_empty() {
            unions.resize(REMEMBERED, None);
        }
        // Shapes are aligned to words, so the lowest bits of their addresses say nothing.
        let hash = (lower.address() >> 3).wrapping_mul(31) ^ (upper.address() >> 3);
        let hash = hash.wrapping_mul(0x9E37_79B9_7F4A_7C15) >> (usize::BITS - REMEMBERED.trailing_zeros());
        let place = unions.get_mut(hash);
        if let Some(Some(known)) = &place
            && std::ptr::eq(known.lower, lower)
            && std::ptr::eq(known.upper, upper)
        {
            return known.shape;
        }
        let shape = self.of(Both { lower, upper, below: 0, above: 0 });
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

#[cfg(test)]
mod tests {
    use super::*;

    fn set<'a>(shapes: &Shapes<'a>, symbols: &Symbols<'a>, names: &[(&str, i64)]) -> &'a Attrs<'a> {
        let entries = names
            .iter()
            .map(|(name, value)| Entry {
                name: symbols.intern(name.as_bytes()),
                pos: Pos::NONE,
                value: Value::Int(*value),
            })
            .collect();
        Attrs::from_entries(shapes, entries)
    }

    fn show<'a>(shapes: &Shapes<'a>, symbols: &Symbols<'a>, set: &'a Attrs<'a>) -> String {
        let mut out = String::new();
        for (name, _, slot) in set.alphabetical(shapes, symbols) {
            let Value::Int(value) = slot.get() else { panic!("not an integer") };
            out.push_str(&format!("{}={value} ", String::from_utf8_lossy(symbols.name(name))));
        }
        assert_eq!(set.len(), set.flat(shapes).shape.len());
        out
    }

    fn check(left: &[(&str, i64)], right: &[(&str, i64)], expected: &str) {
        let arena = Arena::new();
        let (symbols, shapes) = (Symbols::new(&arena), Shapes::new(&arena));
        let updated = set(&shapes, &symbols, left).update(&shapes, set(&shapes, &symbols, right));
        assert_eq!(show(&shapes, &symbols, updated), expected);
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

    fn layers(set: &Attrs<'_>) -> usize {
        1 + set.base().map_or(0, layers)
    }

    #[test]
    fn sets_that_grow_one_by_one_have_few_layers() {
        let arena = Arena::new();
        let (symbols, shapes) = (Symbols::new(&arena), Shapes::new(&arena));
        let mut grown = set(&shapes, &symbols, &[]);
        for number in 0..2000 {
            let name = format!("n{number}");
            grown = grown.update(&shapes, set(&shapes, &symbols, &[(&name, number)]));
            assert_eq!(grown.len(), number as usize + 1);
            assert!(layers(grown) <= 12, "{}", layers(grown));
        }
        assert_eq!(show(&shapes, &symbols, grown).split_whitespace().count(), 2000);
    }

    #[test]
    fn sets_made_in_the_same_way_share_their_shape() {
        let arena = Arena::new();
        let (symbols, shapes) = (Symbols::new(&arena), Shapes::new(&arena));
        let (left, right) = (set(&shapes, &symbols, &[("a", 1)]), set(&shapes, &symbols, &[("b", 2)]));
        let once = left.update(&shapes, right);
        assert!(std::ptr::eq(once.shape, left.update(&shapes, right).shape));
        assert!(std::ptr::eq(once.shape, right.update(&shapes, left).shape));
        let placed = |pos| shapes.of([(symbols.intern(b"a"), pos)].into_iter());
        let sources = nix_syntax::source::SourceMap::new();
        let base = sources.add(nix_syntax::source::Origin::String, b"a");
        assert!(std::ptr::eq(placed(Pos::NONE), left.shape));
        assert!(std::ptr::eq(placed(base.at(0)), placed(base.at(0))));
        assert!(!std::ptr::eq(placed(base.at(0)), left.shape));
    }

    #[test]
    fn layers_behave_like_copies() {
        let arena = Arena::new();
        let (symbols, shapes) = (Symbols::new(&arena), Shapes::new(&arena));
        let names: Vec<String> = (0..100).map(|i| format!("n{i:02}")).collect();
        let base: Vec<(&str, i64)> = names.iter().map(|name| (name.as_str(), 0)).collect();
        let mut layered = set(&shapes, &symbols, &base);
        for round in 1..=20 {
            let name = format!("n{:02}", round * 7);
            layered = layered.update(&shapes, set(&shapes, &symbols, &[(&name, round), ("x", round)]));
            assert!(layers(layered) <= 6);
        }
        assert_eq!(layered.len(), 100 + 1 + 6);
        let found = layered.get(symbols.intern(b"x")).map(Cell::get);
        assert!(matches!(found, Some(Value::Int(20))));
        assert!(layered.get(symbols.intern(b"absent")).is_none());
        assert_eq!(
            show(&shapes, &symbols, layered).split(' ').filter(|item| item.ends_with("=0")).count(),
            86
        );
    }
}
