//! The head of an attribute set in two words: its names, and either its values or what it has besides.
//!
//! An evaluation makes sets by the million, most of them small, so each word of a head is some percent of its memory. How
//! many values there are is known from the names; whether something lies below is told by a bit of the pointer.
//!
//! # Invariant
//! `rest` points, for all of `'a`, either to as many slots as `shape` has names, or with its lowest bit set to an `L`.
//! Both are aligned to more than one byte, so that the bit is free.

#![allow(unsafe_code, reason = "the module named for it; the invariant is above, the tests run under Miri")]

use std::marker::PhantomData;
use std::slice;

use nix_syntax::program::Shape;

use crate::value::Slot;

/// Names, with values for them or with an `L`.
pub(crate) struct Head<'a, L> {
    shape: &'a Shape<'a>,
    rest: *const (),
    marker: PhantomData<(&'a [Slot<'a>], &'a L)>,
}

/// The bit of a pointer to an `L`.
const LAYER: usize = 1;

impl<'a, L> Head<'a, L> {
    const ALIGNED: () = assert!(align_of::<L>() > 1 && align_of::<Slot<'static>>() > 1, "a bit is free");

    /// Names with their values.
    ///
    /// # Panics
    /// When there are fewer values than names, which no caller has: both come from one count.
    #[inline(always)]
    pub(crate) fn flat(shape: &'a Shape<'a>, values: &'a [Slot<'a>]) -> Self {
        let () = Self::ALIGNED;
        assert!(values.len() >= shape.len(), "each name has a value");
        Head { shape, rest: values.as_ptr().cast(), marker: PhantomData }
    }

    /// Names with what else there is.
    #[inline]
    pub(crate) fn layered(shape: &'a Shape<'a>, layer: &'a L) -> Self {
        let () = Self::ALIGNED;
        let rest = std::ptr::from_ref(layer).cast::<()>().map_addr(|address| address | LAYER);
        Head { shape, rest, marker: PhantomData }
    }

    /// The names.
    #[inline(always)]
    pub(crate) fn shape(&self) -> &'a Shape<'a> {
        self.shape
    }

    /// What else there is, if it is not the values.
    #[inline(always)]
    pub(crate) fn layer(&self) -> Option<&'a L> {
        if self.rest.addr() & LAYER == 0 {
            return None;
        }
        // SAFETY: the module's invariant: with the bit set, this is a pointer to an `L` and the bit.
        Some(unsafe { &*self.rest.map_addr(|address| address & !LAYER).cast::<L>() })
    }

    /// The values, if it is they that are there.
    #[inline(always)]
    pub(crate) fn values(&self) -> Option<&'a [Slot<'a>]> {
        if self.rest.addr() & LAYER != 0 {
            return None;
        }
        // SAFETY: the module's invariant: without the bit, these are as many slots as there are names.
        Some(unsafe { slice::from_raw_parts(self.rest.cast::<Slot<'a>>(), self.shape.len()) })
    }
}

#[cfg(test)]
mod tests {
    use nix_syntax::arena::Arena;
    use nix_syntax::symbol::Symbols;

    use super::*;
    use crate::value::{Boxes, Value, View};

    #[test]
    fn a_head_has_what_it_was_made_of() {
        let arena = Arena::new();
        let symbols = Symbols::new(&arena);
        let keys = arena.alloc_slice_copy(&[symbols.intern(b"a"), symbols.intern(b"b")]);
        let shape = &*arena.alloc(Shape::new(keys, &[]));
        let boxes = Boxes::new(&arena);
        let slots = &*arena.alloc_slice_fill_with(3, |index| Slot::new(Value::int(index as i64), &boxes));

        let flat: Head<'_, u64> = Head::flat(shape, slots);
        assert!(flat.layer().is_none());
        let values: Vec<_> = flat.values().unwrap().iter().map(|slot| slot.get().view()).collect();
        assert!(matches!(values[..], [View::Int(0), View::Int(1)]));
        assert!(std::ptr::eq(flat.shape(), shape));

        let layered = Head::layered(shape, arena.alloc(7u64));
        assert_eq!((layered.layer(), layered.values().is_none()), (Some(&7), true));
    }

    #[test]
    #[should_panic(expected = "each name has a value")]
    fn names_without_values_are_refused() {
        let arena = Arena::new();
        let keys = arena.alloc_slice_copy(&[Symbols::new(&arena).intern(b"a")]);
        let _: Head<'_, u64> = Head::flat(arena.alloc(Shape::new(keys, &[])), &[]);
    }
}
