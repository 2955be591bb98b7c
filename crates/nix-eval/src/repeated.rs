//! Calls that builtins make for the elements of a list or set: one after the other, or put off until somebody needs them.

use std::cell::Cell;

use nix_syntax::program::{Keeps, Lambda};
use nix_syntax::source::Pos;

use crate::error::EvalResult;
use crate::eval::Eval;
use crate::frames::new_frame;
use crate::value::{Env, EnvRef, PendingArgs, PendingCalls, Value, View, share};

/// A function that is called again and again, whose frame is made once where no call keeps it.
pub(crate) struct Repeated<'a> {
    func: Value<'a>,
    frame: Option<(&'a Lambda<'a, Value<'a>>, Env<'a>)>,
}

impl<'a> Eval<'a> {
    /// Makes one of the calls that were put off.
    pub(crate) fn call_pending(&self, number: u32, calls: &'a PendingCalls<'a>) -> EvalResult<Value<'a>> {
        let PendingCalls { func, args, pos } = *calls;
        let index = number as usize;
        match args {
            PendingArgs::These(args) => self.call(func, args, pos),
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

    /// A function that a builtin calls again and again with `arity` arguments.
    pub(crate) fn repeated(&self, func: Value<'a>, arity: usize) -> Repeated<'a> {
        let frame = match func.view() {
            View::Lambda(_, id, captured) => self
                .lambdas
                .get(id)
                .filter(|lambda| {
                    lambda.arity as usize == arity && lambda.formals.is_none() && lambda.keeps != Keeps::Frame
                })
                .map(|lambda| (lambda, new_frame(self.arena, captured, arity, |_| Cell::new(Value::NULL)))),
            _ => None,
        };
        Repeated { func, frame }
    }

    /// One call of such a function, as [`Eval::call`] makes it. The next one may only come after this has returned.
    ///
    /// # Errors
    /// What the function runs into, or that it is none.
    #[inline]
    pub(crate) fn call_repeated(
        &self,
        func: &Repeated<'a>,
        args: &[Value<'a>],
        pos: Pos,
    ) -> EvalResult<Value<'a>> {
        let Some((lambda, frame)) = func.frame else { return self.call(func.func, args, pos) };
        for (slot, arg) in frame.slice().iter().zip(args) {
            slot.set(*arg);
        }
        self.run_body(lambda, Some(EnvRef(frame)), pos)
    }
}
