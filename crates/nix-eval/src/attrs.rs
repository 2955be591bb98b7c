//! Attribute sets.
//!
//! The names of a set are a [`Shape`], shared by all sets that one expression makes; the values are slots in the shape's
//! order. Sets made of others in the same way share their shapes too ([`Shapes`]). `a // b` puts the layers of `b` over
//! those of `a` where that saves more than a copy costs; whoever needs all attributes gets them flattened once.

use std::cell::Cell;

use nix_syntax::program::Shape;
use nix_syntax::source::Pos;
use nix_syntax::symbol::{Symbol, Symbols};

pub use crate::head::Attrs;
use crate::shapes::Shapes;
use crate::value::{Entry, Slot, Value, share};

/// Two sets with fewer attributes than this together are copied into one.
const LAYER_FROM: usize = 16;

/// So are larger ones up to so many attributes together, unless one has but a fraction of the other's.
const LAYER_ALL_FROM: usize = 64;

/// What that fraction is.
const LAYER_PART: usize = 4;

/// So many layers a set may have whatever their sizes are.
const PLAIN_LAYERS: usize = 7;

/// The uppermost layer of a set, and what lies below it, seen where that lacks a name.
pub(crate) struct Layer<'a> {
    /// The values of the uppermost layer.
    values: &'a [Slot<'a>],
    base: &'a Attrs<'a>,
    /// How many attributes all layers have together, those counted again that hide others.
    bound: u32,
    /// The names of the whole set, once somebody needed them.
    names: Cell<Option<&'a Shape<'a>>>,
    /// The whole set in one layer, once somebody needed it.
    flat: Cell<Option<&'a Attrs<'a>>>,
}

impl<'a> Layer<'a> {
    /// The uppermost layer of `above` over `base`.
    pub(crate) fn new(above: &Attrs<'a>, base: &'a Attrs<'a>) -> Self {
        Layer {
            values: above.values(),
            base,
            bound: (base.bound() + above.shape().len()) as u32,
            names: Cell::new(None),
            flat: Cell::new(None),
        }
    }

    /// The values of the uppermost layer.
    #[inline(always)]
    pub(crate) fn values(&self) -> &'a [Slot<'a>] {
        self.values
    }
}

impl<'a> Attrs<'a> {
    /// A set of `entries`; where a name comes twice, the first one counts.
    pub fn from_entries(shapes: &Shapes<'a>, mut entries: Vec<Entry<'a>>) -> &'a Attrs<'a> {
        entries.sort_by_key(|entry| entry.name);
        entries.dedup_by_key(|entry| entry.name);
        Self::from_sorted(shapes, &entries)
    }

    /// A set of `entries`, which ascend by name without duplicates.
    pub fn from_sorted(shapes: &Shapes<'a>, entries: &[Entry<'a>]) -> &'a Attrs<'a> {
        let shape = shapes.of(entries.iter().map(|entry| (entry.name, entry.pos)));
        Attrs::new(shapes.arena, shape, |index| {
            Slot::new(entries.get(index).map_or(Value::NULL, |entry| entry.value), shapes.boxes)
        })
    }

    /// All names.
    #[inline]
    pub fn names(&self, shapes: &Shapes<'a>) -> &'a Shape<'a> {
        let Some(below) = self.layer() else { return self.shape() };
        if let Some(names) = below.names.get() {
            return names;
        }
        let names = match below.flat.get() {
            Some(flat) => flat.shape(),
            None => shapes.union(below.base.names(shapes), self.shape()),
        };
        below.names.set(Some(names));
        names
    }

    /// How many attributes there are.
    #[inline]
    pub fn len(&self, shapes: &Shapes<'a>) -> usize {
        self.names(shapes).len()
    }

    /// How many attributes there are at most, which is known at once.
    #[inline]
    pub fn bound(&self) -> usize {
        match self.layer() {
            None => self.shape().len(),
            Some(below) => below.bound as usize,
        }
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.bound() == 0
    }

    /// The layer below the uppermost one, with what lies below it in turn.
    #[inline(always)]
    pub(crate) fn base(&self) -> Option<&'a Attrs<'a>> {
        self.layer().map(|below| below.base)
    }

    /// The slot of `name`.
    #[inline]
    pub fn get(&'a self, name: Symbol) -> Option<&'a Slot<'a>> {
        let mut set = self;
        loop {
            if let Some(index) = set.shape().find(name) {
                return set.values().get(index);
            }
            set = set.base()?;
        }
    }

    /// Whether this is a single layer, whose shape tells all names.
    #[inline(always)]
    pub fn is_flat(&self) -> bool {
        self.layer().is_none()
    }

    /// The slot of `name` and where the attribute was defined.
    pub fn get_with_pos(&'a self, name: Symbol) -> Option<(&'a Slot<'a>, Pos)> {
        let mut set = self;
        loop {
            if let Some(index) = set.shape().find(name) {
                return Some((set.values().get(index)?, set.shape().position(index)));
            }
            set = set.base()?;
        }
    }

    /// The same set in one layer.
    pub fn flat(&'a self, shapes: &Shapes<'a>) -> &'a Attrs<'a> {
        let Some(below) = self.layer() else { return self };
        if let Some(flat) = below.flat.get() {
            return flat;
        }
        let flat = together(shapes, self.names(shapes), self.layers());
        below.flat.set(Some(flat));
        flat
    }

    /// The set as it is quickest to look at: in one layer if that was made before.
    fn quickest(&'a self) -> &'a Attrs<'a> {
        self.layer().and_then(|below| below.flat.get()).unwrap_or(self)
    }

    /// The sets whose uppermost layers make up this one, from above.
    fn layers(&'a self) -> impl Iterator<Item = &'a Attrs<'a>> {
        std::iter::successors(Some(self), |layer| layer.base())
    }

    /// All attributes, ascending by symbol.
    pub fn entries(&'a self, shapes: &Shapes<'a>) -> Entries<'a> {
        Entries::new(self.names(shapes), self.quickest().layers())
    }

    /// All attributes in alphabetical order of their names.
    pub fn alphabetical(
        &'a self,
        shapes: &Shapes<'a>,
        symbols: &Symbols<'a>,
    ) -> impl Iterator<Item = (Symbol, Pos, &'a Slot<'a>)> {
        let set = self.quickest();
        let names = set.names(shapes);
        names.order(shapes.arena, symbols).iter().filter_map(move |index| {
            let index = *index as usize;
            let name = *names.keys.get(index)?;
            let slot = if set.is_flat() { set.values().get(index) } else { set.get(name) };
            Some((name, names.position(index), slot?))
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
        let (lower, upper) = (self.quickest(), other.quickest());
        if !pays_off(lower.bound(), upper.bound()) {
            let names = shapes.union(lower.names(shapes), upper.names(shapes));
            return together(shapes, names, upper.layers().chain(lower.layers()));
        }
        let mut layers: Vec<&'a Attrs<'a>> = upper.layers().chain(lower.layers()).collect();
        // What lies below a layer that is put together with another one can stay as it is.
        let mut changed = layers.len() - lower.layers().count();
        while layers.len() > PLAIN_LAYERS
            && let Some(above) = neighbours(&layers)
            && let Some(&[one, other]) = layers.get(above..above + 2)
        {
            let names = shapes.union(other.shape(), one.shape());
            let both = together(shapes, names, [one, other].into_iter());
            layers.splice(above..above + 2, [both]);
            changed = if above + 1 < changed { changed - 1 } else { above + 1 };
        }
        let mut set = layers.get(changed).copied();
        for layer in layers.iter().take(changed).rev() {
            set = Some(match set {
                None => layer,
                Some(base) => layer.over(shapes, base),
            });
        }
        set.unwrap_or(self)
    }

    /// The uppermost layer of this set over `base`.
    fn over(&self, shapes: &Shapes<'a>, base: &'a Attrs<'a>) -> &'a Attrs<'a> {
        Attrs::layered(shapes.arena, self.shape(), shapes.arena.alloc(Layer::new(self, base)))
    }
}

/// Of several layers, the two on top of each other that should rather be one, as the upper one's index. They have less than twice the
/// size of each other; those that never have are few, and in a set that grows one by one an attribute is copied
/// as often as the set doubles.
fn neighbours(layers: &[&Attrs<'_>]) -> Option<usize> {
    let sizes = layers.iter().map(|layer| layer.shape().len());
    let pairs = sizes.clone().zip(sizes.skip(1)).enumerate();
    let alike = pairs.filter(|(_, (one, other))| *one < 2 * other && *other < 2 * one);
    alike.min_by_key(|(_, (one, other))| one + other).map(|(index, _)| index)
}

/// All attributes of a set, ascending by symbol, with the places of their definitions.
pub struct Entries<'a> {
    names: &'a Shape<'a>,
    next: usize,
    /// The layers from above, each with the index of the attribute that comes next in it.
    first: Option<(&'a Attrs<'a>, usize)>,
    others: Vec<(&'a Attrs<'a>, usize)>,
}

impl<'a> Entries<'a> {
    /// The attributes of layers whose names are all in `names`.
    fn new(names: &'a Shape<'a>, mut layers: impl Iterator<Item = &'a Attrs<'a>>) -> Self {
        let first = layers.next().map(|layer| (layer, 0));
        Entries { names, next: 0, first, others: layers.map(|layer| (layer, 0)).collect() }
    }
}

impl<'a> Iterator for Entries<'a> {
    type Item = (Symbol, Pos, &'a Slot<'a>);

    #[inline]
    fn next(&mut self) -> Option<Self::Item> {
        let index = self.next;
        let name = *self.names.keys.get(index)?;
        self.next += 1;
        let mut found = None;
        for (layer, next) in self.first.iter_mut().chain(&mut self.others) {
            if layer.shape().keys.get(*next) == Some(&name) {
                found = found.or(layer.values().get(*next));
                *next += 1;
            }
        }
        Some((name, self.names.position(index), found?))
    }

    fn size_hint(&self) -> (usize, Option<usize>) {
        let left = self.names.len() - self.next;
        (left, Some(left))
    }
}

impl ExactSizeIterator for Entries<'_> {}

/// Whether two sets of so many attributes make another one rather as layers than as a copy.
fn pays_off(lower: usize, upper: usize) -> bool {
    let (small, large) = (lower.min(upper), lower.max(upper));
    lower + upper >= LAYER_ALL_FROM || (large >= LAYER_FROM && small * LAYER_PART <= large)
}

/// One layer of several, from above, which have `names` together.
fn together<'a>(
    shapes: &Shapes<'a>,
    names: &'a Shape<'a>,
    layers: impl Iterator<Item = &'a Attrs<'a>>,
) -> &'a Attrs<'a> {
    let mut entries = Entries::new(names, layers);
    Attrs::new(shapes.arena, names, |_| {
        Slot::new(entries.next().map_or(Value::NULL, |(.., slot)| share(slot)), shapes.boxes)
    })
}

#[cfg(test)]
mod tests {
    use nix_syntax::arena::Arena;

    use super::*;
    use crate::value::View;

    fn set<'a>(shapes: &Shapes<'a>, symbols: &Symbols<'a>, names: &[(&str, i64)]) -> &'a Attrs<'a> {
        let entries = names
            .iter()
            .map(|(name, value)| Entry {
                name: symbols.intern(name.as_bytes()),
                pos: Pos::NONE,
                value: Value::int(*value),
            })
            .collect();
        Attrs::from_entries(shapes, entries)
    }

    fn show<'a>(shapes: &Shapes<'a>, symbols: &Symbols<'a>, set: &'a Attrs<'a>) -> String {
        let mut out = String::new();
        for (name, _, slot) in set.alphabetical(shapes, symbols) {
            let View::Int(value) = slot.get().view() else { panic!("not an integer") };
            out.push_str(&format!("{}={value} ", String::from_utf8_lossy(symbols.name(name))));
        }
        assert_eq!(set.len(shapes), set.flat(shapes).shape().len());
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
            assert_eq!(grown.len(&shapes), number as usize + 1);
            assert!(layers(grown) <= PLAIN_LAYERS + 8, "{}", layers(grown));
        }
        assert_eq!(show(&shapes, &symbols, grown).split_whitespace().count(), 2000);
    }

    #[test]
    fn sets_that_grow_below_have_few_layers() {
        let arena = Arena::new();
        let (symbols, shapes) = (Symbols::new(&arena), Shapes::new(&arena));
        let mut grown = set(&shapes, &symbols, &[]);
        for number in 0..2000 {
            // Two names each, one of which hides that of the set before it.
            let names = [format!("n{number}"), format!("n{}", number + 1)];
            let below = set(&shapes, &symbols, &[(&names[0], number), (&names[1], -1)]);
            grown = below.update(&shapes, grown);
            assert_eq!(grown.len(&shapes), number as usize + 2);
            assert!(layers(grown) <= PLAIN_LAYERS + 10, "{}", layers(grown));
        }
        let shown = show(&shapes, &symbols, grown);
        assert_eq!(shown.split_whitespace().count(), 2001);
        assert_eq!(shown.split_whitespace().filter(|item| item.ends_with("=-1")).count(), 2000);
    }

    #[test]
    fn layers_of_both_sides_stay_in_order() {
        let arena = Arena::new();
        let (symbols, shapes) = (Symbols::new(&arena), Shapes::new(&arena));
        let numbered = |from: i64, count: i64, value: i64| {
            let names: Vec<String> = (from..from + count).map(|name| format!("n{name:03}")).collect();
            let pairs: Vec<(&str, i64)> = names.iter().map(|name| (name.as_str(), value)).collect();
            set(&shapes, &symbols, &pairs)
        };
        let one =
            numbered(0, 100, 1).update(&shapes, numbered(50, 10, 2)).update(&shapes, numbered(55, 3, 3));
        let other =
            numbered(40, 70, 4).update(&shapes, numbered(52, 20, 5)).update(&shapes, numbered(56, 9, 6));
        assert!(layers(one) > 1 && layers(other) > 1);
        let both = one.update(&shapes, other);
        let flat = set(&shapes, &symbols, &[]).update(&shapes, both).flat(&shapes);
        for number in 0..110 {
            let name = symbols.intern(format!("n{number:03}").as_bytes());
            let expected = match number {
                56..65 => 6,
                52..72 => 5,
                40..110 => 4,
                _ => 1,
            };
            for set in [both, flat] {
                let found = set.get(name).map(|slot| slot.get().view());
                assert!(matches!(found, Some(View::Int(value)) if value == expected), "{number}");
            }
        }
        assert_eq!((both.len(&shapes), flat.shape().len()), (110, 110));
    }

    #[test]
    fn sets_made_in_the_same_way_share_their_shape() {
        let arena = Arena::new();
        let (symbols, shapes) = (Symbols::new(&arena), Shapes::new(&arena));
        let (left, right) = (set(&shapes, &symbols, &[("a", 1)]), set(&shapes, &symbols, &[("b", 2)]));
        let once = left.update(&shapes, right);
        assert!(std::ptr::eq(once.shape(), left.update(&shapes, right).shape()));
        assert!(std::ptr::eq(once.shape(), right.update(&shapes, left).shape()));
        let placed = |pos| shapes.of([(symbols.intern(b"a"), pos)].into_iter());
        let sources = nix_syntax::source::SourceMap::new();
        let base = sources.add(&arena, nix_syntax::source::Origin::String, b"a");
        assert!(std::ptr::eq(placed(Pos::NONE), left.shape()));
        assert!(std::ptr::eq(placed(base.at(0)), placed(base.at(0))));
        assert!(!std::ptr::eq(placed(base.at(0)), left.shape()));
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
            assert!(layers(layered) <= PLAIN_LAYERS);
        }
        assert_eq!(layered.len(&shapes), 100 + 1 + 6);
        let found = layered.get(symbols.intern(b"x")).map(|slot| slot.get().view());
        assert!(matches!(found, Some(View::Int(20))));
        assert!(layered.get(symbols.intern(b"absent")).is_none());
        assert_eq!(
            show(&shapes, &symbols, layered).split(' ').filter(|item| item.ends_with("=0")).count(),
            86
        );
    }
}
