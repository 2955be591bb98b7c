//! Slots in one word: the places that values are kept in, of which an evaluation makes tens of millions.
//!
//! Of the values that are kept, four in five say all in their tag and one word that has a byte to spare: what lies in the
//! arena, small numbers, references to other slots. Those are kept in the word itself. The others are suspended computations, which
//! become one of the former when they are forced, and functions, which have a number besides their frame. Those are kept
//! in a box that the slot refers to and that is used again as soon as the slot holds something else.
//!
//! # Invariant
//! The lowest byte of `word` is a tag. With [`BOXED`] or [`SUSPENDED`] what is above it is the address of a cell with a value that
//! lives for all of `'a`, with its provenance, and no other slot has that address; with [`CALL`] it is a number and the
//! address, in words, of a `PendingCalls` that lives as long. With any other one it is the second word of a value with this tag whose
//! first word says nothing more, its sign repeated in the byte that is missing; a boolean has its number in both.
//!
//! Boxes that wait to be used hold a value whose second word leads to the next one.

#![allow(unsafe_code, reason = "the module named for it; the invariant is above, the tests run under Miri")]

use std::cell::Cell;
use std::marker::PhantomData;
use std::ptr;

use nix_syntax::arena::Arena;

use crate::packed::{REFERENCE, Value};
use crate::value::{PendingCalls, View};

/// The tag of a value that is in a box.
const BOXED: u8 = 0;
/// The tag of a computation that is in a box.
const SUSPENDED: u8 = 13;
/// The tag of one of several calls.
const CALL: u8 = 14;

/// The tags of values that are kept in the word: all but those of functions, computations and calls. They are
/// null, booleans, numbers, strings, paths, lists, sets, references, and what is being computed.
const INLINE: u32 = 0b1001_0001_1111_1110;

/// The last tag of values, forced, that are kept in the word. All up to it are.
const LAST_INLINE: u8 = 8;

/// Where the address of calls begins in a word, behind the tag and a number. Its lowest bits, which are zero, are left out.
const CALLS_SHIFT: u32 = 20;
/// How many bits of the address of calls are zero.
const CALLS_ALIGN: u32 = 3;
/// Calls with lower numbers than this need no box.
pub(crate) const CALL_NUMBERS: u32 = 1 << (CALLS_SHIFT - 8);

const _: () = assert!(align_of::<PendingCalls<'static>>() >= 1 << CALLS_ALIGN, "so many bits are zero");
const _: () = assert!(size_of::<Slot<'static>>() == 8, "slots are one word");

/// A place that holds a value or the computation of one.
#[repr(transparent)]
pub struct Slot<'a> {
    word: Cell<*const ()>,
    marker: PhantomData<Cell<Value<'a>>>,
}

/// A value that has no room in its slot.
type Boxed<'a> = Cell<Value<'a>>;

/// The boxes of what has no room in a slot.
pub struct Boxes<'a> {
    /// Where they and everything else live.
    pub(crate) arena: &'a Arena,
    /// The first of those that wait to be used; null if there are none.
    free: Cell<*const Boxed<'a>>,
}

impl<'a> Boxes<'a> {
    /// No boxes yet.
    pub fn new(arena: &'a Arena) -> Self {
        Boxes { arena, free: Cell::new(ptr::null()) }
    }

    /// A box with `value`.
    #[inline(always)]
    fn take(&self, value: Value<'a>) -> *const Boxed<'a> {
        let first = self.free.get();
        if first.is_null() {
            return self.arena.alloc(Cell::new(value));
        }
        // SAFETY: the module's invariant.
        let taken = unsafe { &*first };
        self.free.set(taken.get().words().1.cast());
        taken.set(value);
        first
    }

    /// Takes back the box that a word refers to.
    #[inline(always)]
    fn give_back(&self, word: *const ()) {
        let given = pointer(word).cast::<Boxed<'a>>();
        // SAFETY: the module's invariant; the only slot that has its address is about to lose it.
        unsafe { (*given).set(Value::link(self.free.get().cast())) };
        self.free.set(given);
    }
}

/// What lies above a word's tag.
#[inline(always)]
fn pointer(word: *const ()) -> *const () {
    word.map_addr(|bits| (bits.cast_signed() >> 8).cast_unsigned())
}

/// A word of a tag and what is to be above it.
#[inline(always)]
fn tagged(tag: u8, above: *const ()) -> *const () {
    above.map_addr(|bits| bits << 8 | usize::from(tag))
}

#[inline(always)]
fn tag(word: *const ()) -> u8 {
    word.addr() as u8
}

impl<'a> Slot<'a> {
    /// A slot with `value` in it.
    #[inline(always)]
    pub fn new(value: Value<'a>, boxes: &Boxes<'a>) -> Self {
        Slot { word: Cell::new(encode(value, boxes)), marker: PhantomData }
    }

    /// A slot that is being computed, or is to be filled.
    #[inline(always)]
    pub(crate) const fn blackhole() -> Self {
        let word = ptr::without_provenance(Value::BLACKHOLE_TAG as usize);
        Slot { word: Cell::new(word), marker: PhantomData }
    }

    /// What is in the slot.
    #[inline(always)]
    pub fn get(&self) -> Value<'a> {
        decode(self.word.get())
    }

    /// The value in the slot, if it is there already.
    #[inline(always)]
    pub fn forced(&self) -> Option<Value<'a>> {
        let word = self.word.get();
        match tag(word) {
            // SAFETY: as in `get`.
            1..=LAST_INLINE => Some(unsafe { Value::of_words(word.addr() as u64, pointer(word)) }),
            BOXED => Some(decode_other(word)),
            _ => None,
        }
    }

    /// Puts `value` into the slot in place of what is there.
    #[inline(always)]
    pub fn set(&self, value: Value<'a>, boxes: &Boxes<'a>) {
        let old = self.word.get();
        if matches!(tag(old), BOXED | SUSPENDED) {
            boxes.give_back(old);
        }
        self.word.set(encode(value, boxes));
    }

    /// What is in the slot, which is being computed from now on.
    #[inline(always)]
    pub(crate) fn begin(&self, boxes: &Boxes<'a>) -> Value<'a> {
        let word = self.word.replace(ptr::without_provenance(Value::BLACKHOLE_TAG as usize));
        let value = decode(word);
        if tag(word) == SUSPENDED {
            boxes.give_back(word);
        }
        value
    }

    /// Puts `value` into a slot that was being computed, or was to be filled. If it holds something else, that one's box is lost.
    #[inline(always)]
    pub(crate) fn fill(&self, value: Value<'a>, boxes: &Boxes<'a>) {
        debug_assert!(tag(self.word.get()) == Value::BLACKHOLE_TAG, "a box would be lost");
        self.word.set(encode(value, boxes));
    }

    /// What is in the slot for whoever shares it without evaluating it: a value is copied, a computation referred to.
    #[inline(always)]
    pub(crate) fn share(&'a self) -> Value<'a> {
        if tag(self.word.get()) > REFERENCE { Value::reference(self) } else { self.get() }
    }
}

/// The value that a slot's word stands for.
#[inline(always)]
fn decode<'a>(word: *const ()) -> Value<'a> {
    if INLINE >> (tag(word) & 31) & 1 == 0 {
        return decode_other(word);
    }
    // SAFETY: the module's invariant: the second word is that of the value that was kept, and of the first one only the tag
    // counts, and for a boolean the byte above it. No such tag is zero.
    unsafe { Value::of_words(word.addr() as u64, pointer(word)) }
}

/// The value of a word that refers to it, or is one of several calls.
#[inline]
fn decode_other<'a>(word: *const ()) -> Value<'a> {
    if tag(word) != CALL {
        // SAFETY: the module's invariant.
        return unsafe { (*pointer(word).cast::<Boxed<'a>>()).get() };
    }
    let number = word.addr() as u32 >> 8 & (CALL_NUMBERS - 1);
    let calls = word.map_addr(|bits| bits >> CALLS_SHIFT << CALLS_ALIGN);
    // SAFETY: the module's invariant.
    Value::call(number, unsafe { &*calls.cast::<PendingCalls<'a>>() })
}

/// The word for a value, with a box where it has no room.
#[inline(always)]
fn encode<'a>(value: Value<'a>, boxes: &Boxes<'a>) -> *const () {
    let (head, body) = value.words();
    let tag = head as u8;
    let word = tagged(tag, body);
    if INLINE >> (tag & 31) & 1 != 0 && pointer(word) == body { word } else { encode_other(value, boxes) }
}

/// The word for a value that is more than its tag and seven bytes.
#[inline(never)]
fn encode_other<'a>(value: Value<'a>, boxes: &Boxes<'a>) -> *const () {
    match value.view() {
        View::Call(number, calls) if number < CALL_NUMBERS => {
            let calls = ptr::from_ref(calls).cast::<()>();
            let low = (number as usize) << 8 | usize::from(CALL);
            let word = calls.map_addr(|bits| bits >> CALLS_ALIGN << CALLS_SHIFT | low);
            let back = word.addr() >> CALLS_SHIFT << CALLS_ALIGN;
            if back == calls.addr() { word } else { boxed(SUSPENDED, value, boxes) }
        }
        View::Suspended(..) | View::Call(..) => boxed(SUSPENDED, value, boxes),
        _ => boxed(BOXED, value, boxes),
    }
}

/// The word for a value in a box.
///
/// # Panics
/// Where addresses have 56 bits or more, which no system gives a program that does not ask for them.
#[inline(always)]
fn boxed<'a>(tag: u8, value: Value<'a>, boxes: &Boxes<'a>) -> *const () {
    let of = boxes.take(value).cast::<()>();
    let word = tagged(tag, of);
    assert!(pointer(word) == of, "addresses have less than 56 bits");
    word
}

#[cfg(test)]
mod tests {
    use nix_syntax::program::Expr;

    use super::*;
    use crate::context::Context;
    use crate::value::{CopyId, Env, List, Str};

    /// Hands one value of each kind to `check`, and some that are at the edge of what has room.
    fn each<'a>(arena: &'a Arena, check: &mut dyn FnMut(Value<'a>)) {
        let slot = &*arena.alloc(Slot::blackhole());
        let env = Some(Env::new(arena, None, 1, |_| Slot::blackhole()));
        let calls = &*arena.alloc(PendingCalls::of_numbers(Value::NULL));
        check(Value::NULL);
        check(Value::BLACKHOLE);
        check(Value::bool(true));
        check(Value::bool(false));
        for edge in [0, 1 << 55, 1 << 56, i64::MAX] {
            for int in [edge - 1, edge, -edge, (-edge).wrapping_sub(1)] {
                check(Value::int(int));
            }
        }
        for float in [0.0, -0.0, 0.5, f64::NAN, f64::from_bits(1)] {
            check(Value::float(float));
        }
        check(Value::str(Str::new(arena, b"text", Context::EMPTY)));
        check(Value::path(Str::new(arena, b"/path", Context::EMPTY)));
        check(Value::list(List::new(arena, (), 1, |_| Slot::blackhole())));
        check(Value::reference(slot));
        check(Value::suspended(arena.alloc(Expr::Const(Value::NULL)), env));
        check(Value::suspended(arena.alloc(Expr::Const(Value::NULL)), None));
        for (copy, number) in [(CopyId::ORIGINAL, 0), (CopyId(1), 0), (CopyId::ORIGINAL, u32::MAX)] {
            check(Value::lambda(copy, number, env));
            check(Value::lambda(copy, number, None));
        }
        for number in [0, 1, CALL_NUMBERS - 1, CALL_NUMBERS, u32::MAX] {
            check(Value::call(number, calls));
        }
    }

    /// That both are the same, whatever else is in their words.
    fn assert_same(one: Value<'_>, other: Value<'_>) {
        assert_eq!(one.view().value().words(), other.view().value().words());
    }

    #[test]
    fn a_slot_gives_what_was_put_into_it() {
        let arena = Arena::new();
        let boxes = Boxes::new(&arena);
        let used = &*arena.alloc(Slot::blackhole());
        each(&arena, &mut |value| {
            let new = Slot::new(value, &boxes);
            assert_same(new.get(), value);
            used.set(value, &boxes);
            assert_same(used.get(), value);
            match used.forced() {
                Some(found) => assert_same(found, value),
                None => assert!(!value.is_forced()),
            }
            assert_same(used.share(), if value.is_computation() { Value::reference(used) } else { value });
            assert_same(used.begin(&boxes), value);
            assert_same(used.get(), Value::BLACKHOLE);
            used.fill(value, &boxes);
            assert_same(used.get(), value);
        });
    }

    #[test]
    fn boxes_are_used_again() {
        let arena = Arena::new();
        let boxes = Boxes::new(&arena);
        let function = |number| Value::lambda(CopyId(1), number, None);
        let slots: Vec<Slot<'_>> = (0..3).map(|number| Slot::new(function(number), &boxes)).collect();
        let address = |slot: &Slot<'_>| pointer(slot.word.get());
        let (first, second) = (address(&slots[0]), address(&slots[1]));
        slots[0].set(Value::NULL, &boxes);
        slots[1].set(function(7), &boxes);
        assert_eq!(address(&slots[1]), second, "its own, which was free last");
        slots[0].set(function(8), &boxes);
        assert_eq!(address(&slots[0]), first);
        assert!(boxes.free.get().is_null());
        for (slot, number) in slots.iter().zip([8, 7, 2]) {
            assert_same(slot.get(), function(number));
        }
    }
}
