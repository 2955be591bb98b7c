//! What attribute sets look like in memory: one word for the names, and behind it the values, or where they or what the set has
//! besides are.
//!
//! An evaluation makes sets by the million, most of them small, so each word of a head is some percent of its memory. How
//! many values there are is known from the names.
//!
//! # Invariant
//! The word holds, for all of `'a`, the address of a [`Shape`] with its provenance, and in its lowest bits what is behind it: with
//! [`HERE`] as many slots as the shape has names, with [`ELSEWHERE`] the address of at least so many, with [`LAYERED`]
//! the address of a [`Layer`]. All of these live as long. A set is only ever referred to where it was made, and the
//! provenance of the whole of it was exposed then.

#![allow(unsafe_code, reason = "the module named for it; the invariant is above, the tests run under Miri")]

use std::alloc::Layout;
use std::cell::Cell;
use std::marker::PhantomData;
use std::{ptr, slice};

use nix_syntax::arena::Arena;
use nix_syntax::program::Shape;

use crate::attrs::Layer;
use crate::thin::oversized;
use crate::value::Slot;

/// An attribute set.
pub struct Attrs<'a> {
    names: *const (),
    /// It cannot be moved away from what is behind it: nobody can make or copy one.
    marker: PhantomData<(&'a Shape<'a>, Cell<&'a [Slot<'a>]>)>,
}

/// The values are behind the names.
const HERE: usize = 0;
/// Where the values are is behind the names.
const ELSEWHERE: usize = 1;
/// Where a layer is is behind the names.
const LAYERED: usize = 2;
/// The bits that tell which.
const KIND: usize = 3;
/// The size of a word, in bytes.
const WORD: usize = size_of::<usize>();

const _: () = assert!(align_of::<Shape<'static>>() > KIND, "the bits are free");
const _: () = assert!(size_of::<Attrs<'static>>() == WORD && size_of::<Slot<'static>>() == WORD);

impl<'a> Attrs<'a> {
    /// A set of one layer, whose values `fill` makes in the order of the names, each from its index.
    #[inline]
    pub fn new(arena: &'a Arena, names: &'a Shape<'a>, mut fill: impl FnMut(usize) -> Slot<'a>) -> &'a Self {
        let made = room(arena, names, names.len(), HERE);
        // SAFETY: there is room for so many slots behind the first word, which is ours alone. A panic in `fill` leaves slots
        // unwritten, but then no set is made.
        unsafe {
            let first = made.add(1).cast::<Slot<'a>>();
            for index in 0..names.len() {
                first.add(index).write(fill(index));
            }
            &*made.cast_const().cast::<Attrs<'a>>()
        }
    }

    /// A set of one layer with slots that are somewhere else.
    ///
    /// # Panics
    /// When there are fewer of them than names, which no caller has: both come from one count.
    pub fn of_slots(arena: &'a Arena, names: &'a Shape<'a>, values: &'a [Slot<'a>]) -> &'a Self {
        assert!(values.len() >= names.len(), "each name has a value");
        Self::pointing(arena, names, ELSEWHERE, values.as_ptr().cast())
    }

    /// A set of several layers, of which the uppermost has these names.
    #[inline]
    pub(crate) fn layered(arena: &'a Arena, names: &'a Shape<'a>, layer: &'a Layer<'a>) -> &'a Self {
        Self::pointing(arena, names, LAYERED, ptr::from_ref(layer).cast())
    }

    fn pointing(arena: &'a Arena, names: &'a Shape<'a>, kind: usize, to: *const ()) -> &'a Self {
        let made = room(arena, names, 1, kind);
        // SAFETY: there is room for one word behind the first.
        unsafe {
            made.add(1).write(to);
            &*made.cast_const().cast::<Attrs<'a>>()
        }
    }

    /// The names of the uppermost layer.
    #[inline(always)]
    pub fn shape(&self) -> &'a Shape<'a> {
        // SAFETY: the module's invariant.
        unsafe { &*self.names.map_addr(|word| word & !KIND).cast() }
    }

    /// What is behind the names.
    #[inline(always)]
    fn behind(&self) -> *const *const () {
        ptr::with_exposed_provenance(ptr::from_ref(self).addr() + WORD)
    }

    /// The layers, if there are several.
    #[inline(always)]
    pub(crate) fn layer(&self) -> Option<&'a Layer<'a>> {
        if self.names.addr() & KIND != LAYERED {
            return None;
        }
        // SAFETY: the module's invariant.
        Some(unsafe { &*self.behind().read().cast() })
    }

    /// The values of the uppermost layer.
    #[inline(always)]
    pub fn values(&self) -> &'a [Slot<'a>] {
        let first = match self.names.addr() & KIND {
            HERE => self.behind().cast::<Slot<'a>>(),
            // SAFETY: the module's invariant.
            ELSEWHERE => unsafe { self.behind().read() }.cast(),
            _ => return self.layer().map_or(&[], Layer::values),
        };
        // SAFETY: the module's invariant.
        unsafe { slice::from_raw_parts(first, self.shape().len()) }
    }
}

/// Room for a set with `words` words behind its names, which are written already.
#[inline(always)]
fn room<'a>(arena: &'a Arena, names: &'a Shape<'a>, words: usize, kind: usize) -> *mut *const () {
    let size = words.checked_add(1).and_then(|words| words.checked_mul(WORD));
    let layout = size.and_then(|size| Layout::from_size_align(size, WORD).ok());
    let Some(layout) = layout else { oversized() };
    let made = arena.layout(layout).cast::<*const ()>().as_ptr();
    made.expose_provenance();
    let names = ptr::from_ref(names).cast::<()>().map_addr(|address| address | kind);
    // SAFETY: there is room for one word more than `words`, and it is ours alone.
    unsafe { made.write(names) };
    made
}

#[cfg(test)]
mod tests {
    use nix_syntax::symbol::Symbols;

    use super::*;
    use crate::shapes::Shapes;
    use crate::value::{Value, View};

    fn check<'a>(set: &Attrs<'a>, shape: &'a Shape<'a>) {
        assert!(ptr::eq(set.shape(), shape));
        let values: Vec<_> = set.values().iter().map(|slot| slot.get().view()).collect();
        assert!(matches!(values[..], [View::Int(0), View::Int(1)]));
    }

    #[test]
    fn a_set_has_what_it_was_made_of() {
        let arena = Arena::new();
        let (symbols, shapes) = (Symbols::new(&arena), Shapes::new(&arena));
        let keys = arena.alloc_slice_copy(&[symbols.intern(b"a"), symbols.intern(b"b")]);
        let shape = &*arena.alloc(Shape::new(keys, &[]));
        let slot = |index: usize| Slot::new(Value::int(index as i64), shapes.boxes);
        let slots = &*arena.alloc_slice_fill_with(3, slot);
        let here = Attrs::new(&arena, shape, slot);
        check(here, shape);
        assert!(here.layer().is_none());
        let elsewhere = Attrs::of_slots(&arena, shape, slots);
        check(elsewhere, shape);
        assert!(elsewhere.layer().is_none() && ptr::eq(elsewhere.values().as_ptr(), slots.as_ptr()));
        let layered = Attrs::layered(&arena, shape, arena.alloc(Layer::new(here, elsewhere)));
        check(layered, shape);
        assert!(layered.base().is_some_and(|base| ptr::eq(base, elsewhere)));

        let empty = &*arena.alloc(Shape::new(&[], &[]));
        for set in [Attrs::new(&arena, empty, slot), Attrs::of_slots(&arena, empty, &[])] {
            assert!(set.values().is_empty() && set.layer().is_none());
        }
    }

    #[test]
    #[should_panic(expected = "each name has a value")]
    fn names_without_values_are_refused() {
        let arena = Arena::new();
        let keys = arena.alloc_slice_copy(&[Symbols::new(&arena).intern(b"a")]);
        Attrs::of_slots(&arena, arena.alloc(Shape::new(keys, &[])), &[]);
    }
}
