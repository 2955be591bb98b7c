//! Frames of variables: finding a slot in them, and using them again.
//!
//! Many functions only look at their arguments and return: nothing refers to the frame of such a call any more. It then
//! waits here, linked by its head to others with as many slots, for the next call that has use for it.

use std::cell::Cell;

use nix_syntax::arena::Arena;

use crate::value::{Boxes, Env, EnvRef, MaybeEnv, Slot, Value};

/// Frames with fewer slots than this are kept.
const SIZES: usize = 9;

/// Frames that no call uses.
#[derive(Default)]
pub(crate) struct Frames<'a> {
    /// By how many slots they have; the first one, whose head leads to the next.
    free: [Cell<MaybeEnv<'a>>; SIZES],
}

impl<'a> Frames<'a> {
    /// A frame in `outer` with `len` slots, each filled by its index.
    #[inline]
    pub(crate) fn take(
        &self,
        boxes: &'a Boxes<'a>,
        outer: MaybeEnv<'a>,
        len: usize,
        fill: impl Fn(usize) -> Value<'a>,
    ) -> Env<'a> {
        match self.free.get(len).map(|free| (free, free.get())) {
            Some((free, Some(EnvRef(frame)))) => {
                free.set(frame.head().replace(outer));
                for (index, slot) in frame.slice().iter().enumerate() {
                    slot.set(fill(index), boxes);
                }
                frame
            }
            _ => new_frame(boxes.arena, outer, len, |index| Slot::new(fill(index), boxes)),
        }
    }

    /// Takes a frame back that nothing refers to.
    #[inline]
    pub(crate) fn give_back(&self, frame: Env<'a>) {
        if let Some(free) = self.free.get(frame.len()) {
            frame.head().set(free.replace(Some(EnvRef(frame))));
        }
    }
}

/// A frame in `outer` with `len` slots, each filled by its index.
#[inline]
pub(crate) fn new_frame<'a>(
    arena: &'a Arena,
    outer: MaybeEnv<'a>,
    len: usize,
    fill: impl FnMut(usize) -> Slot<'a>,
) -> Env<'a> {
    Env::new(arena, Cell::new(outer), len, fill)
}

/// A variable's slot.
#[inline(always)]
pub(crate) fn slot_of<'a>(mut env: MaybeEnv<'a>, level: u32, slot: u32) -> Option<&'a Slot<'a>> {
    for _ in 0..level {
        let EnvRef(frame) = env?;
        env = frame.head().get();
    }
    let EnvRef(frame) = env?;
    frame.slice().get(slot as usize)
}
