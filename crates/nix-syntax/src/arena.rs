//! The arena in which everything lives that an evaluation makes: programs, names, values. Nothing in it is freed or moved before
//! the arena itself goes.
//!
//! A page that a process uses for the first time has to be cleared by the system, which for an evaluation is the largest
//! single cost. So once an arena has grown to some size, a thread of its own touches the pages of the next chunks
//! while the evaluation fills the last one.
//!
//! This is the crate's only unsafe code.
//!
//! # Invariant
//! `floor <= free`, both lie in, or at the end of, the chunk that is filled, `free` is aligned to [`ALIGN`], and the bytes
//! from `floor` to `free` were never handed out. Chunks are freed only when the arena is dropped, which the lifetimes of
//! what was handed out do not outlast. So what [`Arena::layout`] returns is the caller's alone.

#![allow(unsafe_code, reason = "the module named for it; the invariant is above, the tests run under Miri")]
#![allow(clippy::mut_from_ref, reason = "each reference is to memory that was handed out to nobody else")]

use std::alloc::{self, Layout};
use std::cell::{Cell, OnceCell, RefCell};
use std::ptr::NonNull;
use std::sync::mpsc::{Receiver, sync_channel};
use std::{slice, thread};

/// To what everything is aligned at least, so that no allocation of a word has to align anything.
const ALIGN: usize = 8;
/// The size of a page, in bytes. Where pages are larger, some are touched more often than needed.
const PAGE: usize = 4096;
/// The size of chunks once the arena has grown, in bytes.
const CHUNK: usize = if cfg!(miri) { 64 << 10 } else { 1 << 20 };
/// The size of the first chunk, in bytes.
const FIRST: usize = CHUNK / 16;
/// How many chunks the thread has ready, beside the one that it works on.
const READY: usize = 2;

/// An arena.
pub struct Arena {
    /// The end of what is free: allocations are made from the end of a chunk to its beginning.
    free: Cell<NonNull<u8>>,
    /// The beginning of the chunk that is filled.
    floor: Cell<NonNull<u8>>,
    chunks: RefCell<Vec<Chunk>>,
    /// Where chunks whose pages were touched come from, once there is a thread that makes them.
    ahead: OnceCell<Option<Receiver<Chunk>>>,
}

impl Default for Arena {
    fn default() -> Self {
        Self::new()
    }
}

impl Arena {
    /// An empty arena.
    pub fn new() -> Self {
        let nothing = NonNull::<u64>::dangling().cast();
        Arena {
            free: Cell::new(nothing),
            floor: Cell::new(nothing),
            chunks: RefCell::default(),
            ahead: OnceCell::new(),
        }
    }

    /// Moves `value` into the arena. It is never dropped.
    #[inline(always)]
    pub fn alloc<T>(&self, value: T) -> &mut T {
        const { assert!(!std::mem::needs_drop::<T>(), "the arena drops nothing") };
        let place = self.layout(Layout::new::<T>()).cast::<T>();
        // SAFETY: the module's invariant; `layout` has room for a `T` and is aligned for it.
        unsafe {
            place.write(value);
            &mut *place.as_ptr()
        }
    }

    /// A copy of `values`.
    #[inline]
    pub fn alloc_slice_copy<T: Copy>(&self, values: &[T]) -> &mut [T] {
        let first = self.layout(Layout::for_value(values)).cast::<T>();
        // SAFETY: the module's invariant; the two do not overlap, since the new one was handed out to nobody before.
        unsafe {
            first.copy_from_nonoverlapping(NonNull::from(values).cast::<T>(), values.len());
            slice::from_raw_parts_mut(first.as_ptr(), values.len())
        }
    }

    /// A copy of `text`.
    pub fn alloc_str(&self, text: &str) -> &str {
        let bytes = self.alloc_slice_copy(text.as_bytes());
        // SAFETY: these are the bytes of a `str`.
        unsafe { std::str::from_utf8_unchecked(bytes) }
    }

    /// `len` times `value`.
    pub fn alloc_slice_fill_copy<T: Copy>(&self, len: usize, value: T) -> &mut [T] {
        self.alloc_slice_fill_with(len, |_| value)
    }

    /// `len` elements, each made from its index by `make`, which may itself use the arena.
    #[inline]
    pub fn alloc_slice_fill_with<T>(&self, len: usize, mut make: impl FnMut(usize) -> T) -> &mut [T] {
        self.alloc_slice_fill_iter((0..len).map(&mut make))
    }

    /// The elements that `values` yields, as many as it says that it has at most. It may itself use the arena.
    #[inline]
    pub fn alloc_slice_fill_iter<T, I>(&self, values: I) -> &mut [T]
    where
        I: IntoIterator<Item = T, IntoIter: ExactSizeIterator>,
    {
        const { assert!(!std::mem::needs_drop::<T>(), "the arena drops nothing") };
        let values = values.into_iter();
        let Ok(layout) = Layout::array::<T>(values.len()) else { exhausted() };
        let first = self.layout(layout).cast::<T>();
        let mut written = 0;
        for value in values.take(values_that_fit::<T>(layout)) {
            // SAFETY: the module's invariant; fewer than `len` elements were written.
            unsafe { first.add(written).write(value) };
            written += 1;
        }
        // SAFETY: the module's invariant; so many were written.
        unsafe { slice::from_raw_parts_mut(first.as_ptr(), written) }
    }

    /// Takes everything back that was handed out, and keeps the room for it, up to one chunk.
    pub fn reset(&mut self) {
        let chunks = self.chunks.get_mut();
        // What is large has a chunk of its own, which need not be the last to go.
        let kept = chunks.iter().rposition(|chunk| chunk.size <= CHUNK).map(|at| chunks.swap_remove(at));
        chunks.clear();
        if let Some(chunk) = kept {
            self.floor.set(chunk.start);
            self.free.set(chunk.end());
            chunks.push(chunk);
        } else {
            *self = Self::new();
        }
    }

    /// Room for something of this layout, which nobody else has.
    #[inline(always)]
    pub fn layout(&self, layout: Layout) -> NonNull<u8> {
        let free = self.free.get();
        // The size of an allocation is at most `isize::MAX`, so that this cannot overflow.
        let size = layout.size().next_multiple_of(ALIGN);
        let room = free.addr().get() - self.floor.get().addr().get();
        if size > room || layout.align() > ALIGN {
            return self.layout_slow(layout);
        }
        // SAFETY: `size` bytes below `free` are in the chunk, and `size` keeps it aligned.
        let place = unsafe { free.sub(size) };
        self.free.set(place);
        place
    }

    #[cold]
    #[inline(never)]
    fn layout_slow(&self, layout: Layout) -> NonNull<u8> {
        let align = layout.align().max(ALIGN);
        let Some(wanted) = layout.size().checked_add(align).filter(|size| *size <= isize::MAX as usize / 2)
        else {
            exhausted()
        };
        let room = self.free.get().addr().get() - self.floor.get().addr().get();
        if wanted <= room {
            return self.take(layout.size(), align);
        }
        // What is large gets a chunk of its own, and the one that is filled stays.
        if wanted > CHUNK / 4 {
            let chunk = Chunk::new(wanted);
            let end = chunk.end();
            let below = end.addr().get() - layout.size();
            let offset = end.addr().get() - (below - below % align);
            // SAFETY: the chunk is larger than the layout by its alignment.
            let place = unsafe { end.sub(offset) };
            self.chunks.borrow_mut().push(chunk);
            return place;
        }
        let chunk = self.next_chunk(wanted);
        self.floor.set(chunk.start);
        self.free.set(chunk.end());
        self.chunks.borrow_mut().push(chunk);
        self.take(layout.size(), align)
    }

    /// Takes `size` bytes from the chunk that is filled, which has them.
    fn take(&self, size: usize, align: usize) -> NonNull<u8> {
        let free = self.free.get();
        let below = free.addr().get() - size;
        let offset = free.addr().get() - (below - below % align);
        // SAFETY: the caller looked that there is room for the size and the alignment, which is one of at least `ALIGN`.
        let place = unsafe { free.sub(offset) };
        self.free.set(place);
        place
    }

    /// A chunk with room for `wanted` bytes, which are at most a quarter of the largest.
    fn next_chunk(&self, wanted: usize) -> Chunk {
        let last = self.chunks.borrow().last().map_or(FIRST / 2, |chunk| chunk.size.min(CHUNK));
        let size = (last * 2).max((wanted * 2).next_power_of_two()).min(CHUNK);
        if size < CHUNK || last < CHUNK {
            return Chunk::new(size);
        }
        let ahead = self.ahead.get_or_init(touch_ahead).as_ref();
        // Nothing is waited for: what is not ready is made here.
        ahead.and_then(|ahead| ahead.try_recv().ok()).unwrap_or_else(|| Chunk::new(CHUNK))
    }
}

/// How many elements of a type have room in a layout that was made for a slice of them.
fn values_that_fit<T>(layout: Layout) -> usize {
    layout.size().checked_div(size_of::<T>()).unwrap_or(usize::MAX)
}

/// Starts the thread that prepares chunks, which ends when nobody wants them any more; nothing where there can be none.
fn touch_ahead() -> Option<Receiver<Chunk>> {
    let (sender, receiver) = sync_channel(READY);
    let prepare = move || {
        loop {
            let mut chunk = Chunk::new(CHUNK);
            chunk.touch();
            if sender.send(chunk).is_err() {
                return;
            }
        }
    };
    thread::Builder::new().name("arena".to_owned()).stack_size(64 << 10).spawn(prepare).ok()?;
    Some(receiver)
}

/// A piece of memory.
struct Chunk {
    start: NonNull<u8>,
    size: usize,
}

// SAFETY: a chunk is the only owner of its memory until an arena has it.
unsafe impl Send for Chunk {}

impl Chunk {
    fn layout(size: usize) -> Layout {
        match Layout::from_size_align(size, PAGE) {
            Ok(layout) => layout,
            Err(_) => exhausted(),
        }
    }

    /// `size` is not zero.
    fn new(size: usize) -> Self {
        let size = size.max(1).next_multiple_of(PAGE);
        let layout = Self::layout(size);
        // SAFETY: the size is not zero.
        match NonNull::new(unsafe { alloc::alloc(layout) }) {
            Some(start) => Chunk { start, size },
            None => alloc::handle_alloc_error(layout),
        }
    }

    fn end(&self) -> NonNull<u8> {
        // SAFETY: this is the end of the allocation.
        unsafe { self.start.add(self.size) }
    }

    /// Lets the system provide all pages.
    fn touch(&mut self) {
        for offset in (0..self.size).step_by(PAGE) {
            // SAFETY: the offset is within the allocation, which nobody else knows yet.
            unsafe { self.start.add(offset).write_volatile(0) };
        }
    }
}

impl Drop for Chunk {
    fn drop(&mut self) {
        // SAFETY: it was allocated with this layout.
        unsafe { alloc::dealloc(self.start.as_ptr(), Self::layout(self.size)) };
    }
}

/// Gives up as the allocator does when there is no memory left.
#[cold]
#[allow(
    clippy::panic,
    reason = "the standard library has no other way either; the program turns it into an error"
)]
fn exhausted() -> ! {
    std::panic::panic_any("out of memory")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_allocated_stays() {
        let arena = Arena::new();
        let mut numbers: Vec<&mut u64> = Vec::new();
        let mut texts: Vec<&str> = Vec::new();
        let count = if cfg!(miri) { 300 } else { 300_000 };
        for number in 0..count {
            numbers.push(arena.alloc(number));
            texts.push(arena.alloc_str(&number.to_string()));
            arena.alloc(number as u8);
        }
        for (number, kept) in numbers.iter_mut().enumerate() {
            assert_eq!(**kept, number as u64);
            **kept += 1;
        }
        for (number, text) in texts.iter().enumerate() {
            assert_eq!(*text, number.to_string());
        }
        assert!(numbers.iter().enumerate().all(|(number, kept)| **kept == number as u64 + 1));
    }

    #[test]
    fn chunks_come_from_the_thread() {
        let arena = Arena::new();
        let mut pieces = Vec::new();
        for number in 0..200u64 {
            pieces.push(arena.alloc_slice_fill_copy(CHUNK / 200, number));
        }
        assert!(arena.ahead.get().is_some());
        for (number, piece) in pieces.iter().enumerate() {
            assert!(piece.iter().all(|item| *item == number as u64));
        }
    }

    #[test]
    fn what_was_taken_back_is_handed_out_again() {
        let mut arena = Arena::new();
        arena.reset();
        for round in 0..3 {
            let first = std::ptr::from_ref(arena.alloc(round)).addr();
            arena.alloc_slice_fill_copy(CHUNK / 2, 1u8);
            for number in 0..3 * CHUNK as u64 / 256 {
                assert_eq!(*arena.alloc_slice_fill_copy(32, number).last().unwrap(), number);
            }
            arena.reset();
            assert!(arena.chunks.borrow().len() <= 1);
            assert_ne!(first, 0);
        }
        let large = arena.alloc_slice_fill_copy(CHUNK, 5u8);
        assert!(large.iter().all(|byte| *byte == 5));
        let mut only_large = Arena::new();
        only_large.alloc_slice_fill_copy(2 * CHUNK, 1u8);
        only_large.reset();
        assert_eq!(*only_large.alloc(7), 7);
    }

    #[test]
    fn slices() {
        let arena = Arena::new();
        assert_eq!(arena.alloc_slice_copy::<u32>(&[]), &[]);
        assert_eq!(arena.alloc_slice_copy(&[1u16, 2, 3]), &[1, 2, 3]);
        assert_eq!(arena.alloc_slice_fill_iter([1u8, 2].iter().map(|item| item * 2)), &[2, 4]);
        assert_eq!(arena.alloc_slice_fill_with(3, |index| arena.alloc(index)).len(), 3);
        assert_eq!(arena.alloc_slice_fill_copy(2, ()), &[(), ()]);
        let large = arena.alloc_slice_fill_copy(3 * CHUNK, 7u8);
        assert!(large.iter().all(|byte| *byte == 7));
    }

    #[test]
    fn iterators_that_lie() {
        struct Lies(usize, usize);
        impl Iterator for Lies {
            type Item = u64;
            fn next(&mut self) -> Option<u64> {
                self.1 = self.1.checked_sub(1)?;
                Some(self.1 as u64)
            }
            fn size_hint(&self) -> (usize, Option<usize>) {
                (self.0, Some(self.0))
            }
        }
        impl ExactSizeIterator for Lies {}
        let arena = Arena::new();
        let before = arena.alloc(1u64);
        assert_eq!(arena.alloc_slice_fill_iter(Lies(2, 4)), &[3, 2]);
        assert_eq!(arena.alloc_slice_fill_iter(Lies(4, 2)), &[1, 0]);
        assert_eq!(*before, 1);
    }

    #[test]
    fn alignment() {
        #[derive(Clone, Copy)]
        #[repr(align(64))]
        struct Wide(u8);
        let arena = Arena::new();
        for number in 0..100 {
            arena.alloc(1u8);
            let wide = arena.alloc(Wide(number));
            assert_eq!((std::ptr::from_ref(wide).addr() % 64, wide.0), (0, number));
            assert_eq!(std::ptr::from_ref(arena.alloc(0u64)).addr() % ALIGN, 0);
        }
    }
}
