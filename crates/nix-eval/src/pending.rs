//! Calls that are put off until somebody needs what they give, as `map` makes one for each element.
//!
//! They differ only in their numbers, so a call that is never made costs nothing but the slot that it stands in.

use std::cell::Cell;

use nix_syntax::arena::Arena;
use nix_syntax::source::Pos;

use crate::attrs::Attrs;
use crate::error::EvalResult;
use crate::eval::Eval;
use crate::slot::CALL_NUMBERS;
use crate::value::{List, Value, share};

/// Calls that were put off.
#[derive(Clone, Copy)]
pub struct PendingCalls<'a> {
    /// The function.
    pub(crate) func: Value<'a>,
    args: PendingArgs<'a>,
    pos: Pos,
    /// What the number of the first of these calls means.
    first: u32,
}

/// What each of some calls is given.
#[derive(Clone, Copy)]
pub(crate) enum PendingArgs<'a> {
    /// This, whatever its number.
    One(&'a Value<'a>),
    /// These, whatever its number.
    Two(&'a [Value<'a>; 2]),
    /// Its number.
    Number,
    /// The element of a list with its number.
    Element(List<'a>),
    /// Name and value of the attribute with its number.
    Attribute(&'a Attrs<'a>),
}

const _: () = assert!(size_of::<PendingCalls<'static>>() == 40, "each `map` makes one");

#[cfg(test)]
impl<'a> PendingCalls<'a> {
    /// Calls of `func` with their numbers.
    pub(crate) fn of_numbers(func: Value<'a>) -> Self {
        PendingCalls { func, args: PendingArgs::Number, pos: Pos::NONE, first: 0 }
    }
}

/// Calls with numbers that ascend.
pub(crate) struct Numbered<'a> {
    arena: &'a Arena,
    /// Those that the last number was one of. A slot has room for small numbers only.
    last: Cell<&'a PendingCalls<'a>>,
}

impl<'a> Numbered<'a> {
    /// The call with a number, which lists of any length that memory can hold have.
    #[inline]
    pub(crate) fn number(&self, index: usize) -> Value<'a> {
        let calls = self.last.get();
        let number = (index as u32).wrapping_sub(calls.first);
        if number < CALL_NUMBERS {
            return Value::call(number, calls);
        }
        let calls = &*self.arena.alloc(PendingCalls { first: index as u32, ..*calls });
        self.last.set(calls);
        Value::call(0, calls)
    }
}

impl<'a> Eval<'a> {
    /// Calls of `func`, to be made when their values are wanted.
    pub(crate) fn put_off(&self, func: Value<'a>, args: PendingArgs<'a>, pos: Pos) -> Numbered<'a> {
        let calls = self.arena.alloc(PendingCalls { func, args, pos, first: 0 });
        Numbered { arena: self.arena, last: Cell::new(calls) }
    }

    /// One of the calls that were put off.
    #[inline(never)]
    pub(crate) fn call_pending(&self, number: u32, calls: &'a PendingCalls<'a>) -> EvalResult<Value<'a>> {
        let PendingCalls { func, args, pos, first } = *calls;
        let number = first.wrapping_add(number);
        let index = number as usize;
        match args {
            PendingArgs::One(arg) => self.call(func, &[*arg], pos),
            PendingArgs::Two(args) => self.call(func, args, pos),
            PendingArgs::Number => self.call(func, &[Value::int(i64::from(number))], pos),
            PendingArgs::Element(list) => {
                self.call(func, &[list.slice().get(index).map_or(Value::NULL, share)], pos)
            }
            PendingArgs::Attribute(set) => {
                let key = set.names(&self.shapes).keys.get(index);
                let name = key.map_or(Value::NULL, |key| self.name_string(*key));
                let slot =
                    if set.is_flat() { set.values().get(index) } else { key.and_then(|key| set.get(*key)) };
                let value = slot.map_or(Value::NULL, share);
                self.call(func, &[name, value], pos)
            }
        }
    }
}
