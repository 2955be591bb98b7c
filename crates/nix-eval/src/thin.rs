//! Slices behind one pointer: a length, a head and elements in one piece of the arena.
//!
//! Lists and strings are made by the million; a pointer of one word to a single allocation saves a third of their memory and one load for
//! each access against a struct with a slice in it.
//!
//! # Invariant
//! `pointer` comes from [`Thin::new`], where `Head<H>` was written and, from the first suitably aligned address behind
//! it, exactly `len` elements of `T`; the arena outlives `'a` and never moves or frees what it holds; nobody gets a
//! `&mut` to any of it. So shared references to the head and the elements are valid for all of `'a`.

#![allow(unsafe_code, reason = "the module named for it; the invariant is above, the tests run under Miri")]

use std::alloc::Layout;
use std::marker::PhantomData;
use std::ptr::NonNull;

use nix_syntax::arena::Arena;

#[repr(C)]
struct Head<H> {
    len: u32,
    head: H,
}

/// A head and a slice behind one pointer, shared for all of `'a`.
#[repr(transparent)]
pub struct Thin<'a, H, T> {
    pointer: NonNull<Head<H>>,
    marker: PhantomData<&'a (H, [T])>,
}

impl<H, T> Clone for Thin<'_, H, T> {
    #[inline(always)]
    fn clone(&self) -> Self {
        *self
    }
}

impl<H, T> Copy for Thin<'_, H, T> {}

impl<'a, H, T: 'a> Thin<'a, H, T> {
    /// The offset of the first element from the head.
    const OFFSET: usize = {
        assert!(!std::mem::needs_drop::<T>() && !std::mem::needs_drop::<H>(), "the arena drops nothing");
        size_of::<Head<H>>().next_multiple_of(align_of::<T>())
    };

    /// Room for a head and `len` elements, of which nothing is written yet.
    #[inline]
    fn room(arena: &'a Arena, len: usize) -> NonNull<Head<H>> {
        let align =
            if align_of::<T>() > align_of::<Head<H>>() { align_of::<T>() } else { align_of::<Head<H>>() };
        let size = size_of::<T>().checked_mul(len).and_then(|size| size.checked_add(Self::OFFSET));
        let layout = size.and_then(|size| Layout::from_size_align(size, align).ok());
        let (Some(layout), true) = (layout, u32::try_from(len).is_ok()) else { oversized() };
        arena.layout(layout).cast::<Head<H>>()
    }

    /// Allocates `head` and `len` elements, each made by `fill` from its index.
    #[inline]
    pub fn new(arena: &'a Arena, head: H, len: usize, mut fill: impl FnMut(usize) -> T) -> Self {
        let pointer = Self::room(arena, len);
        // SAFETY: the allocation has room for the head and `len` aligned elements behind it, and is ours alone here.
        // A panic in `fill` leaves elements unwritten, but then no `Thin` is made. `fill` may allocate in `arena`,
        // which never touches what was handed out before.
        unsafe {
            pointer.write(Head { len: len as u32, head });
            let first = pointer.cast::<u8>().add(Self::OFFSET).cast::<T>();
            for index in 0..len {
                first.add(index).write(fill(index));
            }
        }
        Thin { pointer, marker: PhantomData }
    }

    /// Allocates `head` and copies of the elements of all `parts`.
    #[inline]
    pub fn joined<'p>(arena: &'a Arena, head: H, parts: impl Iterator<Item = &'p [T]> + Clone) -> Self
    where
        T: Copy + 'p,
    {
        // No sum of what lies in memory is larger than a `usize`, unless parts come more than once.
        let total = parts.clone().fold(0usize, |sum, part| sum.saturating_add(part.len()));
        let pointer = Self::room(arena, total);
        let mut written = 0;
        // SAFETY: as in `new`; no more is written than there is room for, whatever the iterator yields the second time.
        unsafe {
            let first = pointer.cast::<u8>().add(Self::OFFSET).cast::<T>();
            for part in parts {
                let count = part.len().min(total - written);
                first.add(written).copy_from_nonoverlapping(NonNull::from(part).cast::<T>(), count);
                written += count;
            }
            pointer.write(Head { len: written as u32, head });
        }
        Thin { pointer, marker: PhantomData }
    }

    /// The head.
    #[inline(always)]
    pub fn head(self) -> &'a H {
        // SAFETY: the module's invariant.
        unsafe { &self.pointer.as_ref().head }
    }

    /// The elements.
    #[inline(always)]
    pub fn slice(self) -> &'a [T] {
        // SAFETY: the module's invariant; the elements lie at `OFFSET` and there are `len` of them.
        unsafe {
            let len = self.pointer.as_ref().len as usize;
            let first = self.pointer.cast::<u8>().add(Self::OFFSET).cast::<T>();
            std::slice::from_raw_parts(first.as_ptr(), len)
        }
    }

    /// How many elements there are.
    #[inline(always)]
    pub fn len(self) -> usize {
        // SAFETY: the module's invariant.
        unsafe { self.pointer.as_ref().len as usize }
    }

    /// Whether there are no elements.
    #[inline(always)]
    pub fn is_empty(self) -> bool {
        self.len() == 0
    }

    /// The pointer without its type.
    #[inline(always)]
    pub fn as_ptr(self) -> *const () {
        self.pointer.as_ptr().cast_const().cast()
    }

    /// The address, which tells two objects apart.
    #[inline(always)]
    pub fn address(self) -> usize {
        self.pointer.addr().get()
    }
}

/// Gives up as the arena does when there is no memory left.
#[cold]
#[allow(clippy::panic, reason = "the arena has no other way either; the program turns it into an error")]
pub(crate) fn oversized() -> ! {
    std::panic::panic_any("out of memory")
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    #[test]
    fn holds_head_and_elements() {
        let arena = Arena::new();
        for len in [0, 1, 2, 7, 1000] {
            let thin: Thin<'_, u8, u64> = Thin::new(&arena, 7, len, |index| index as u64 * 3);
            assert_eq!(*thin.head(), 7);
            assert_eq!(thin.len(), len);
            assert_eq!(thin.is_empty(), len == 0);
            assert!(thin.slice().iter().enumerate().all(|(index, item)| *item == index as u64 * 3));
        }
    }

    #[test]
    fn parts_are_joined() {
        let arena = Arena::new();
        let check = |parts: &[&[u8]], expected: &[u8]| {
            let thin: Thin<'_, u32, u8> = Thin::joined(&arena, 9, parts.iter().copied());
            assert_eq!((*thin.head(), thin.slice()), (9, expected));
        };
        check(&[], b"");
        check(&[b""], b"");
        check(&[b"one", b"", b" and ", b"two"], b"one and two");
        let long = [1u8; 5000];
        check(&[&long, &long[1..]], &[1; 9999]);
    }

    #[test]
    fn elements_can_be_cells_and_refer_to_each_other() {
        let arena = Arena::new();
        let first: Thin<'_, Option<&u32>, Cell<u16>> =
            Thin::new(&arena, None, 3, |index| Cell::new(index as u16));
        let number = arena.alloc(9);
        let second: Thin<'_, Option<&u32>, Cell<&[Cell<u16>]>> =
            Thin::new(&arena, Some(number), 2, |_| Cell::new(first.slice()));
        first.slice()[1].set(40);
        assert_eq!(second.slice()[0].get()[1].get(), 40);
        assert_eq!(*second.head(), Some(&9));
        assert_ne!(first.address(), second.address());
    }

    #[test]
    fn filling_may_allocate() {
        let arena = Arena::new();
        let nested: Thin<'_, (), Thin<'_, u8, u8>> =
            Thin::new(&arena, (), 50, |index| Thin::new(&arena, index as u8, index, |at| at as u8));
        for (index, inner) in nested.slice().iter().enumerate() {
            assert_eq!(usize::from(*inner.head()), index);
            assert_eq!(inner.slice().len(), index);
        }
    }

    #[test]
    fn over_aligned_elements() {
        #[derive(Clone, Copy)]
        #[repr(align(32))]
        struct Wide(u8);
        let arena = Arena::new();
        arena.alloc(1u8);
        let thin: Thin<'_, u8, Wide> = Thin::new(&arena, 1, 4, |index| Wide(index as u8));
        assert_eq!(thin.slice().as_ptr().addr() % 32, 0);
        assert_eq!(thin.slice()[3].0, 3);
    }
}
