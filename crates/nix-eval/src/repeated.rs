//! Calls that builtins make for the elements of a list, one after the other.

use nix_syntax::program::{Keeps, Lambda};
use nix_syntax::source::Pos;

use crate::error::EvalResult;
use crate::eval::Eval;
use crate::value::{Env, Slot, Value, View};

/// A function that is called again and again, whose frame is made once where no call keeps it.
pub(crate) struct Repeated<'a> {
    func: Value<'a>,
    frame: Option<(&'a Lambda<'a, Value<'a>>, Env<'a>)>,
}

impl<'a> Eval<'a> {
    /// A function that a builtin calls again and again with `arity` arguments.
    pub(crate) fn repeated(&self, func: Value<'a>, arity: usize) -> Repeated<'a> {
        let frame = match func.view() {
            View::Lambda(_, id, captured) => self
                .lambdas
                .get(id)
                .filter(|lambda| {
                    lambda.arity as usize == arity && lambda.formals.is_none() && lambda.keeps != Keeps::Frame
                })
                .map(|lambda| (lambda, Env::new(self.arena, captured, arity, |_| Slot::blackhole()))),
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
        for (slot, arg) in frame.slots().iter().zip(args) {
            slot.set(*arg, self.boxes);
        }
        self.run_body(lambda, Some(frame), pos)
    }
}
