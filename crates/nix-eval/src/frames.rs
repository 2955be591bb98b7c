//! Frames of variables: finding a slot in them, and using them again.
//!
//! Many functions only look at their arguments and return: nothing refers to the frame of such a call any more. It then
//! waits here, linked to others with as many slots, for the next call that has use for it.

use std::cell::Cell;

use crate::value::{Boxes, Env, MaybeEnv, Slot, Value};

/// Frames with fewer slots than this are kept.
const SIZES: usize = 9;

/// Frames that no call uses.
#[derive(Default)]
pub(crate) struct Frames<'a> {
    /// By how many slots they have; the first one, which has the next around it.
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
            Some((free, Some(frame))) => {
                free.set(frame.outer());
                frame.set_outer(outer);
                for (index, slot) in frame.slots().iter().enumerate() {
                    slot.set(fill(index), boxes);
                }
                frame
            }
            _ => Env::new(boxes.arena, outer, len, |index| Slot::new(fill(index), boxes)),
        }
    }

    /// Takes a frame back that nothing refers to.
    #[inline]
    pub(crate) fn give_back(&self, frame: Env<'a>) {
        if let Some(free) = self.free.get(frame.len()) {
            frame.set_outer(free.replace(Some(frame)));
        }
    }
}

/// A variable's slot.
#[inline(always)]
pub(crate) fn slot_of<'a>(mut env: MaybeEnv<'a>, level: u32, slot: u32) -> Option<&'a Slot<'a>> {
    for _ in 0..level {
        env = env?.outer();
    }
    env?.slot(slot)
}
