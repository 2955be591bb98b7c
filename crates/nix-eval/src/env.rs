//! Frames of variables: their slots, and before them one word that tells how many there are and what frame is around them.
//!
//! Most frames have one, two or three slots, so each word before them would be a fifth of their memory.
//!
//! # Invariant
//! `head` comes from [`Env::new`]. It points to a cell of the arena, which outlives `'a` and never moves or frees what it
//! holds. The cell's lower six bytes are the address of another frame's cell, with its provenance, or zero; the upper two
//! are how many slots lie behind the cell, or [`MANY`], where that stands as a `usize` before the cell. Nobody gets
//! a `&mut` to any of it.

#![allow(unsafe_code, reason = "the module named for it; the invariant is above, the tests run under Miri")]

use std::alloc::Layout;
use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr::{self, NonNull};

use nix_syntax::arena::Arena;

use crate::thin::oversized;
use crate::value::{MaybeEnv, Slot};

/// Where in a word the number of slots begins.
const COUNT_SHIFT: u32 = 48;
/// The bits of a word that are the address of the frame around.
const OUTER: usize = (1 << COUNT_SHIFT) - 1;
/// So many slots, or more than that.
const MANY: usize = 0xffff;
/// The size of a word, in bytes.
const WORD: usize = size_of::<usize>();

type Head = Cell<*const ()>;

/// A frame of variables.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Env<'a> {
    head: NonNull<Head>,
    marker: PhantomData<(&'a [Slot<'a>], Cell<&'a ()>)>,
}

const _: () = assert!(size_of::<MaybeEnv<'static>>() == 8, "no frame costs nothing");
const _: () = assert!(size_of::<Head>() == WORD && size_of::<Slot<'static>>() == WORD, "all parts are words");

impl<'a> Env<'a> {
    /// A frame in `outer` with `len` slots, each made by `fill` from its index.
    ///
    /// # Panics
    /// Where addresses have more than 48 bits, which no system gives a program that does not ask for them.
    #[inline]
    pub(crate) fn new(
        arena: &'a Arena,
        outer: MaybeEnv<'a>,
        len: usize,
        mut fill: impl FnMut(usize) -> Slot<'a>,
    ) -> Self {
        let before = if len < MANY { 0 } else { 1 };
        let size = len.checked_add(before + 1).and_then(|words| words.checked_mul(WORD));
        let layout = size.and_then(|size| Layout::from_size_align(size, WORD).ok());
        let Some(layout) = layout else { oversized() };
        let first = arena.layout(layout).cast::<usize>();
        let outer = outer.map_or(ptr::null(), Env::as_ptr);
        // SAFETY: there is room for the words counted above, and it is ours alone here. A panic in `fill` leaves slots
        // unwritten, but then no frame is made.
        let head = unsafe {
            if before != 0 {
                first.write(len);
            }
            let head = first.add(before).cast::<Head>();
            head.write(Cell::new(outer.map_addr(|address| address | len.min(MANY) << COUNT_SHIFT)));
            let slots = head.add(1).cast::<Slot<'a>>();
            for index in 0..len {
                slots.add(index).write(fill(index));
            }
            head
        };
        assert!(head.addr().get() <= OUTER, "addresses have at most 48 bits");
        Env { head, marker: PhantomData }
    }

    #[inline(always)]
    fn word(self) -> *const () {
        // SAFETY: the module's invariant.
        unsafe { self.head.as_ref().get() }
    }

    /// The frame around this one.
    #[inline(always)]
    pub fn outer(self) -> MaybeEnv<'a> {
        let outer = self.word().map_addr(|word| word & OUTER).cast_mut().cast::<Head>();
        // By the module's invariant this is a frame's cell if it is anything.
        NonNull::new(outer).map(|head| Env { head, marker: PhantomData })
    }

    /// Puts another frame around this one.
    #[inline]
    pub(crate) fn set_outer(self, outer: MaybeEnv<'a>) {
        let count = self.word().addr() & !OUTER;
        let word = outer.map_or(ptr::null(), Env::as_ptr).map_addr(|address| address | count);
        // SAFETY: the module's invariant.
        unsafe { self.head.as_ref().set(word) };
    }

    /// The variables.
    #[inline(always)]
    pub fn slots(self) -> &'a [Slot<'a>] {
        // SAFETY: the module's invariant.
        unsafe { std::slice::from_raw_parts(self.head.add(1).cast::<Slot<'a>>().as_ptr(), self.len()) }
    }

    /// The variable with this index.
    #[inline(always)]
    pub(crate) fn slot(self, index: u32) -> Option<&'a Slot<'a>> {
        let count = self.word().addr() >> COUNT_SHIFT;
        if (index as usize) < count || (count == MANY && (index as usize) < self.many()) {
            // SAFETY: the module's invariant; there are more slots than that.
            return Some(unsafe { self.head.add(1 + index as usize).cast::<Slot<'a>>().as_ref() });
        }
        None
    }

    /// How many variables there are.
    #[inline(always)]
    pub fn len(self) -> usize {
        match self.word().addr() >> COUNT_SHIFT {
            MANY => self.many(),
            few => few,
        }
    }

    #[cold]
    #[inline(never)]
    fn many(self) -> usize {
        // SAFETY: the module's invariant.
        unsafe { self.head.cast::<usize>().sub(1).read() }
    }

    /// Whether there are no variables.
    #[inline]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The pointer without its type.
    #[inline(always)]
    pub(crate) fn as_ptr(self) -> *const () {
        self.head.as_ptr().cast_const().cast()
    }

    /// The address, which tells two frames apart.
    #[inline]
    pub(crate) fn address(self) -> usize {
        self.head.addr().get()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::value::{Boxes, Value, View};

    #[test]
    fn a_frame_has_its_slots_and_what_is_around() {
        let arena = Arena::new();
        let boxes = Boxes::new(&arena);
        let mut around = None;
        let most = if cfg!(miri) { 3 } else { MANY + 1 };
        let sizes: Vec<usize> =
            [0, 1, 2, 3, MANY - 1, MANY, MANY + 1].into_iter().filter(|len| *len <= most).collect();
        for len in sizes.iter().copied() {
            let frame = Env::new(&arena, around, len, |index| Slot::new(Value::int(index as i64), &boxes));
            assert_eq!((frame.len(), frame.is_empty()), (len, len == 0));
            assert_eq!(frame.outer().map(Env::address), around.map(Env::address));
            for (index, slot) in frame.slots().iter().enumerate() {
                assert!(matches!(slot.get().view(), View::Int(found) if found == index as i64));
            }
            around = Some(frame);
        }
        let slots: usize = std::iter::successors(around, |frame| frame.outer()).map(Env::len).sum();
        assert_eq!(slots, sizes.iter().sum::<usize>());
    }

    #[test]
    fn many_slots_are_counted_apart() {
        let arena = Arena::new();
        let frame = Env::new(&arena, None, MANY, |_| Slot::blackhole());
        assert_eq!((frame.len(), frame.slots().len(), frame.many()), (MANY, MANY, MANY));
    }

    #[test]
    fn what_is_around_can_be_changed() {
        let arena = Arena::new();
        let (one, other) = (Env::new(&arena, None, 0, |_| Slot::blackhole()), {
            Env::new(&arena, None, 1, |_| Slot::blackhole())
        });
        let frame = Env::new(&arena, Some(one), 2, |_| Slot::blackhole());
        for around in [Some(other), None, Some(one)] {
            frame.set_outer(around);
            assert_eq!(frame.outer().map(Env::address), around.map(Env::address));
            assert_eq!(frame.len(), 2);
        }
    }
}
