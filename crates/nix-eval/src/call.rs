//! Calling functions.

use nix_syntax::program::{Delayed, Expr, Keeps, Lambda};
use nix_syntax::source::Pos;

use crate::attrs::Attrs;
use crate::error::{ErrorKind, EvalError, EvalResult, WithFrame};
use crate::eval::Eval;
use crate::packed::Outcome;
use crate::value::{Builtin, CopyId, Env, MaybeEnv, Partial, Value, View, share};

type Node<'a> = Expr<'a, Value<'a>>;

/// Calls with up to this many arguments need no allocation for them.
const INLINE_ARGS: usize = 4;

/// The arguments that a function has with those that it is given now.
enum JoinedArgs<'a> {
    Few([Value<'a>; 2 * INLINE_ARGS], usize),
    Many(Vec<Value<'a>>),
}

impl<'a> JoinedArgs<'a> {
    #[inline]
    fn new(first: &[Value<'a>], second: &[Value<'a>]) -> Self {
        let count = first.len() + second.len();
        if count > 2 * INLINE_ARGS {
            return Self::Many([first, second].concat());
        }
        let mut few = [Value::NULL; 2 * INLINE_ARGS];
        for (place, value) in few.iter_mut().zip(first.iter().chain(second)) {
            *place = *value;
        }
        Self::Few(few, count)
    }

    #[inline]
    fn slice(&self) -> &[Value<'a>] {
        match self {
            Self::Few(few, count) => few.get(..*count).unwrap_or(few),
            Self::Many(many) => many,
        }
    }
}

impl<'a> Eval<'a> {
    /// Evaluates a call expression.
    #[inline]
    pub(crate) fn eval_call(
        &self,
        func: &'a Node<'a>,
        args: &'a [Delayed<'a, Value<'a>>],
        pos: Pos,
        env: MaybeEnv<'a>,
    ) -> EvalResult<Value<'a>> {
        let func = self.eval(func, env)?;
        match func.view() {
            View::Lambda(_, id, captured) => {
                if let Some(lambda) = self.lambdas.get(id)
                    && lambda.arity as usize == args.len()
                {
                    let frame = match lambda.formals {
                        None if lambda.keeps != Keeps::Frame => {
                            Some(self.short_frame(lambda, captured, args, env))
                        }
                        None => Some(Env::new(self.arena, captured, args.len(), |index| {
                            self.kept(args.get(index).map_or(Value::NULL, |arg| self.delay(arg, env)))
                        })),
                        Some(_) => {
                            let last = match args.last() {
                                Some(last) => self.eval(last.expr, env)?,
                                None => Value::NULL,
                            };
                            let share = lambda.keeps == Keeps::Arguments;
                            let simple = |index: usize| match args.get(index) {
                                Some(arg) if share => self.delay_shared(arg, env),
                                Some(arg) => self.delay(arg, env),
                                None => Value::NULL,
                            };
                            self.pattern_frame(lambda, captured, simple, last, pos)?
                        }
                    };
                    return self.enter(lambda, frame, pos);
                }
            }
            View::Builtin(_, builtin) if builtin.arity == args.len() && args.len() <= INLINE_ARGS => {
                return self.eval_builtin_call(builtin, args, pos, env);
            }
            _ => {}
        }
        self.eval_other_call(func, args, pos, env)
    }

    /// The frame of a call that nobody looks into later.
    #[inline(never)]
    fn short_frame(
        &self,
        lambda: &'a Lambda<'a, Value<'a>>,
        captured: MaybeEnv<'a>,
        args: &'a [Delayed<'a, Value<'a>>],
        env: MaybeEnv<'a>,
    ) -> Env<'a> {
        let share = lambda.keeps == Keeps::Arguments;
        self.frames.take(self.boxes, captured, args.len(), |index| match args.get(index) {
            Some(arg) if share => self.delay_shared(arg, env),
            Some(arg) => self.delay(arg, env),
            None => Value::NULL,
        })
    }

    /// A builtin with all its arguments. What has room for values is kept out of the frames that nest.
    #[inline(never)]
    fn eval_builtin_call(
        &self,
        builtin: &'a Builtin<'a>,
        args: &'a [Delayed<'a, Value<'a>>],
        pos: Pos,
        env: MaybeEnv<'a>,
    ) -> EvalResult<Value<'a>> {
        let mut values = [Value::NULL; INLINE_ARGS];
        for (index, (value, arg)) in values.iter_mut().zip(args).enumerate() {
            *value = if builtin.strict & (1 << index) != 0 {
                self.eval(arg.expr, env).map_err(|error| builtin_frame(error, builtin, pos))?
            } else {
                self.delay_shared(arg, env)
            };
        }
        let values = values.get(..args.len()).unwrap_or(&[]);
        (builtin.run)(self, values, pos).map_err(|error| builtin_frame(error, builtin, pos))
    }

    /// A call with fewer or more arguments than the function takes, or of something else.
    #[inline(never)]
    fn eval_other_call(
        &self,
        func: Value<'a>,
        args: &'a [Delayed<'a, Value<'a>>],
        pos: Pos,
        env: MaybeEnv<'a>,
    ) -> EvalResult<Value<'a>> {
        let mut values = [Value::NULL; INLINE_ARGS];
        if let Some(values) = values.get_mut(..args.len()) {
            for (value, arg) in values.iter_mut().zip(args) {
                *value = self.delay_shared(arg, env);
            }
            return self.call(func, values, pos);
        }
        let values: Vec<Value<'a>> = args.iter().map(|arg| self.delay_shared(arg, env)).collect();
        self.call(func, &values, pos)
    }

    /// Calls `func` with `args`, which may be put-off computations in slots.
    ///
    /// # Errors
    /// What the function runs into, or that it is none.
    #[inline(always)]
    pub fn call(&self, func: Value<'a>, args: &[Value<'a>], pos: Pos) -> EvalResult<Value<'a>> {
        self.call_outcome(func, args, pos).result()
    }

    #[inline(never)]
    fn call_outcome(&self, func: Value<'a>, args: &[Value<'a>], pos: Pos) -> Outcome<'a> {
        self.call_through(func, args, pos).into()
    }

    #[inline(always)]
    fn call_through(&self, func: Value<'a>, args: &[Value<'a>], pos: Pos) -> EvalResult<Value<'a>> {
        let mut func = self.force(func)?;
        let mut args = args;
        loop {
            if args.is_empty() {
                return Ok(func);
            }
            match func.view() {
                View::Lambda(_, id, captured) => {
                    let Some(lambda) = self.lambdas.get(id) else {
                        return Err(EvalError::other("unknown function", pos));
                    };
                    let arity = lambda.arity as usize;
                    let Some((now, later)) = args.split_at_checked(arity) else {
                        return Ok(self.partial(func, args));
                    };
                    let simple = |index: usize| now.get(index).copied().unwrap_or(Value::NULL);
                    let frame = match (&lambda.formals, now.last()) {
                        (Some(_), Some(last)) => {
                            let last = self.force(*last)?;
                            self.pattern_frame(lambda, captured, simple, last, pos)?
                        }
                        _ if lambda.keeps != Keeps::Frame => {
                            Some(self.frames.take(self.boxes, captured, arity, simple))
                        }
                        _ => Some(Env::new(self.arena, captured, arity, |index| self.kept(simple(index)))),
                    };
                    func = self.enter(lambda, frame, pos)?;
                    args = later;
                }
                View::Builtin(_, builtin) => {
                    let Some((now, later)) = args.split_at_checked(builtin.arity) else {
                        return Ok(self.partial(func, args));
                    };
                    func = self.run_builtin(builtin, now, pos)?;
                    args = later;
                }
                View::Partial(_, partial) => {
                    return self.call_partial(partial, args, pos);
                }
                View::Attrs(attrs) => {
                    let Some(slot) = attrs.get(self.names.functor) else {
                        return Err(self.not_a_function(func, pos));
                    };
                    let functor = self
                        .force_slot(slot)
                        .with_frame(|| "while evaluating the functor of a set".to_owned(), pos)?;
                    self.enter_call(pos)?;
                    let result = self.call(functor, &[func], pos);
                    self.leave_call();
                    func = result?;
                }
                other => return Err(self.not_a_function(other.value(), pos)),
            }
        }
    }

    #[inline(never)]
    fn call_partial(&self, partial: &'a Partial<'a>, args: &[Value<'a>], pos: Pos) -> EvalResult<Value<'a>> {
        let joined = JoinedArgs::new(partial.args, args);
        self.call(partial.func, joined.slice(), pos)
    }

    #[inline(never)]
    fn run_builtin(&self, builtin: &'a Builtin<'a>, args: &[Value<'a>], pos: Pos) -> EvalResult<Value<'a>> {
        let mut forced = [Value::NULL; INLINE_ARGS];
        let Some(forced) = forced.get_mut(..args.len()) else {
            return Err(EvalError::other("a builtin has too many arguments", pos));
        };
        for (index, (value, arg)) in forced.iter_mut().zip(args).enumerate() {
            *value = if builtin.strict & (1 << index) != 0 {
                self.force(*arg).map_err(|error| builtin_frame(error, builtin, pos))?
            } else {
                self.shareable(*arg)
            };
        }
        (builtin.run)(self, forced, pos).map_err(|error| builtin_frame(error, builtin, pos))
    }

    fn partial(&self, func: Value<'a>, args: &[Value<'a>]) -> Value<'a> {
        let args = self.arena.alloc_slice_fill_iter(args.iter().map(|arg| self.shareable(*arg)));
        Value::partial(CopyId::ORIGINAL, self.arena.alloc(Partial { func, args }))
    }

    #[cold]
    fn not_a_function(&self, value: Value<'a>, pos: Pos) -> Box<EvalError> {
        let shown = self.show_for_error(value);
        EvalError::type_error(
            format!(
                "attempt to call something which is not a function but {}: {shown}",
                value.type_with_article()
            ),
            pos,
        )
    }

    /// Counts one more step of nesting, which calls, coercions and conversions share.
    #[inline(always)]
    pub(crate) fn enter_call(&self, pos: Pos) -> EvalResult<()> {
        let depth = self.depth.get();
        if depth >= self.settings.max_call_depth {
            return Err(EvalError::new(
                ErrorKind::StackOverflow,
                "stack overflow; max-call-depth exceeded",
                pos,
            ));
        }
        self.check_stack()?;
        self.depth.set(depth + 1);
        Ok(())
    }

    /// The end of a step that [`Eval::enter_call`] counted.
    #[inline(always)]
    pub(crate) fn leave_call(&self) {
        self.depth.set(self.depth.get() - 1);
    }

    /// Runs `body` as one more step of nesting.
    #[inline]
    pub(crate) fn deeper<T>(&self, pos: Pos, body: impl FnOnce() -> EvalResult<T>) -> EvalResult<T> {
        self.enter_call(pos)?;
        let result = body();
        self.leave_call();
        result
    }

    /// Runs a lambda's body in a frame that is this call's own.
    #[inline]
    fn enter(
        &self,
        lambda: &'a Lambda<'a, Value<'a>>,
        frame: MaybeEnv<'a>,
        pos: Pos,
    ) -> EvalResult<Value<'a>> {
        let result = self.run_body(lambda, frame, pos);
        if lambda.keeps != Keeps::Frame
            && let Some(frame) = frame
        {
            self.frames.give_back(frame);
        }
        result
    }

    /// Runs a lambda's body in a frame.
    #[inline]
    pub(crate) fn run_body(
        &self,
        lambda: &'a Lambda<'a, Value<'a>>,
        frame: MaybeEnv<'a>,
        pos: Pos,
    ) -> EvalResult<Value<'a>> {
        self.enter_call(pos)?;
        let result = self.eval(lambda.body, frame);
        self.leave_call();
        result.map_err(|error| self.call_frame(error, lambda, pos))
    }

    #[cold]
    fn call_frame(&self, error: Box<EvalError>, lambda: &Lambda<'a, Value<'a>>, pos: Pos) -> Box<EvalError> {
        let text = match lambda.name.get() {
            Some(name) => format!("while calling '{}'", self.name(name)),
            None => "while calling a function".to_owned(),
        };
        error.frame(text, pos)
    }

    /// The frame of a lambda whose last argument is a set pattern.
    fn pattern_frame(
        &self,
        lambda: &'a Lambda<'a, Value<'a>>,
        captured: MaybeEnv<'a>,
        simple: impl Fn(usize) -> Value<'a>,
        last: Value<'a>,
        pos: Pos,
    ) -> EvalResult<MaybeEnv<'a>> {
        let Some(formals) = &lambda.formals else {
            return Err(EvalError::other("a lambda has no pattern", pos));
        };
        let View::Attrs(attrs) = last.view() else {
            return Err(self
                .unexpected("a set", last, pos)
                .frame("while evaluating the value passed for the lambda argument", pos));
        };
        let plain = lambda.params.len();
        let first = formals.first_slot as usize;
        let at = formals.at.map(|(_, slot)| slot as usize);
        let initial = |index| {
            if index < plain {
                simple(index)
            } else if Some(index) == at {
                last
            } else {
                Value::BLACKHOLE
            }
        };
        let count = lambda.frame as usize;
        let frame = if lambda.keeps == Keeps::Frame {
            Env::new(self.arena, captured, count, |index| self.kept(initial(index)))
        } else {
            self.frames.take(self.boxes, captured, count, initial)
        };
        let inner = Some(frame);
        let slots = frame.slots().get(first..).unwrap_or(&[]);
        let mut found = 0;
        if attrs.is_flat() {
            // Both sides ascend by symbol, so one pass over them finds all.
            let keys = attrs.shape().keys;
            let small = keys.len() <= 4 * formals.formals.len() + 8;
            let mut at = 0;
            for (formal, slot) in formals.formals.iter().zip(slots) {
                let index = if small {
                    while keys.get(at).is_some_and(|key| *key < formal.name) {
                        at += 1;
                    }
                    (keys.get(at) == Some(&formal.name)).then_some(at)
                } else {
                    attrs.shape().find(formal.name)
                };
                if let Some(value) = index.and_then(|index| attrs.values().get(index)) {
                    found += 1;
                    slot.fill(share(value), self.boxes);
                } else if let Some(default) = &formal.default {
                    slot.fill(self.delay(default, inner), self.boxes);
                } else {
                    return Err(self.missing_argument(lambda, formal.name, attrs, pos));
                }
            }
        } else {
            for (formal, slot) in formals.formals.iter().zip(slots) {
                if let Some(value) = attrs.get(formal.name) {
                    found += 1;
                    slot.fill(share(value), self.boxes);
                } else if let Some(default) = &formal.default {
                    slot.fill(self.delay(default, inner), self.boxes);
                } else {
                    return Err(self.missing_argument(lambda, formal.name, attrs, pos));
                }
            }
        }
        if !formals.ellipsis && found != attrs.len(&self.shapes) {
            return Err(self.unexpected_argument(lambda, attrs, pos));
        }
        Ok(inner)
    }

    #[cold]
    fn function_name(&self, lambda: &Lambda<'a, Value<'a>>) -> String {
        match lambda.name.get() {
            Some(name) => format!("function '{}'", self.name(name)),
            None => "function 'anonymous lambda'".to_owned(),
        }
    }

    #[cold]
    fn missing_argument(
        &self,
        lambda: &Lambda<'a, Value<'a>>,
        name: nix_syntax::symbol::Symbol,
        attrs: &'a Attrs<'a>,
        pos: Pos,
    ) -> Box<EvalError> {
        let wanted = self.name(name);
        let message = format!("{} called without required argument '{wanted}'", self.function_name(lambda));
        let mut error = EvalError::type_error(message, lambda.pos);
        let given = attrs.alphabetical(&self.shapes, &self.symbols).map(|(name, ..)| self.name(name));
        error.suggestions = crate::suggest::similar(&wanted, given);
        error.frame("while calling it", pos)
    }

    #[cold]
    fn unexpected_argument(
        &self,
        lambda: &Lambda<'a, Value<'a>>,
        attrs: &'a Attrs<'a>,
        pos: Pos,
    ) -> Box<EvalError> {
        let formals = lambda.formals.as_ref().map_or(&[][..], |formals| formals.formals);
        let extra = attrs
            .alphabetical(&self.shapes, &self.symbols)
            .map(|(name, ..)| name)
            .find(|name| !formals.iter().any(|formal| formal.name == *name));
        let given = extra.map(|name| self.name(name)).unwrap_or_default();
        let message = format!("{} called with unexpected argument '{given}'", self.function_name(lambda));
        let mut error = EvalError::type_error(message, lambda.pos);
        error.suggestions =
            crate::suggest::similar(&given, formals.iter().map(|formal| self.name(formal.name)));
        error.frame("while calling it", pos)
    }
}

#[cold]
fn builtin_frame(error: Box<EvalError>, builtin: &Builtin<'_>, pos: Pos) -> Box<EvalError> {
    error.at(pos).frame(format!("while calling the '{}' builtin", builtin.name), pos)
}
