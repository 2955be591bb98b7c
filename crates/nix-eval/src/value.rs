//! Values and what they are made of.
//!
//! A [`Value`] is two words and is copied freely; what is larger lives in the arena for the whole evaluation. A slot (of a
//! frame, an attribute set, a list) holds a value in one word, and may hold a computation that has not run yet. Whoever needs
//! a slot without evaluating it takes a [`View::Ref`] to the slot itself, so that a lazy value costs nothing but
//! its slot and is evaluated once, however many share it.

use std::borrow::Cow;

use nix_syntax::arena::Arena;
use nix_syntax::source::Pos;
use nix_syntax::symbol::Symbol;

use crate::context::Context;
use crate::error::EvalResult;
use crate::eval::Eval;
use crate::thin::Thin;

pub use crate::env::Env;
pub use crate::packed::{Value, View};
pub use crate::pending::PendingCalls;
pub use crate::slot::{Boxes, Slot};

/// A list.
pub type List<'a> = Thin<'a, (), Slot<'a>>;

/// Which copy of a function a value is.
///
/// In Nix, functions in sets and lists are equal where they are the very same object. A variable shares the object; what
/// is computed, be it a mere selection, ends in a new one. Here values are copied freely, so each computation that
/// yields a function marks it with a new number. The numbers wrap around; two copies of one function with the same number
/// would have to be compared to show it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct CopyId(pub u16);

impl CopyId {
    /// The function where it was made.
    pub const ORIGINAL: CopyId = CopyId(0);
}

/// The frame of a closure; top-level code has none.
pub type MaybeEnv<'a> = Option<Env<'a>>;

/// A string or path: bytes, and for strings the store paths that they depend on.
#[derive(Clone, Copy)]
#[repr(transparent)]
pub struct Str<'a>(Thin<'a, Context, u8>);

impl<'a> Str<'a> {
    /// A copy of `bytes`.
    #[inline]
    pub fn new(arena: &'a Arena, bytes: &[u8], context: Context) -> Self {
        Self::joined(arena, std::iter::once(bytes), context)
    }

    /// A copy of all `parts`, one behind the other.
    #[inline]
    pub fn joined<'p>(
        arena: &'a Arena,
        parts: impl Iterator<Item = &'p [u8]> + Clone,
        context: Context,
    ) -> Self {
        Str(Thin::joined(arena, context, parts))
    }

    /// The bytes.
    #[inline(always)]
    pub fn bytes(self) -> &'a [u8] {
        self.0.slice()
    }

    /// The context.
    #[inline(always)]
    pub fn context(self) -> Context {
        *self.0.head()
    }

    /// The pointer without its type.
    #[inline(always)]
    pub(crate) fn as_ptr(self) -> *const () {
        self.0.as_ptr()
    }
}

/// A function written in Rust.
pub struct Builtin<'a> {
    /// Its name, without the leading underscores of its global.
    pub name: &'static str,
    /// How many arguments it takes.
    pub arity: usize,
    /// Bit `n` is set where argument `n` is evaluated, in order, before the function runs.
    pub strict: u8,
    /// What it does.
    pub run: BuiltinFn<'a>,
}

/// The Rust side of a builtin.
pub type BuiltinFn<'a> = fn(&Eval<'a>, &[Value<'a>], Pos) -> EvalResult<Value<'a>>;

/// A function that still lacks arguments.
pub struct Partial<'a> {
    /// The function: a lambda or a builtin.
    pub func: Value<'a>,
    /// The arguments so far.
    pub args: &'a [Value<'a>],
}

impl<'a> Value<'a> {
    /// The value's type as messages name it, with its article.
    pub fn type_with_article(self) -> Cow<'static, str> {
        match self.view() {
            View::Str(text) if !text.context().is_empty() => Cow::Borrowed("a string with context"),
            View::Builtin(_, builtin) => Cow::Owned(format!("the built-in function '{}'", builtin.name)),
            View::Partial(_, partial) => match partial.func.view() {
                View::Builtin(_, builtin) => {
                    Cow::Owned(format!("the partially applied built-in function '{}'", builtin.name))
                }
                _ => Cow::Borrowed(self.plain_type()),
            },
            _ => Cow::Borrowed(self.plain_type()),
        }
    }

    /// The same without what else is known of the value.
    pub fn plain_type(self) -> &'static str {
        match self.view() {
            View::Null => "null",
            View::Bool(_) => "a Boolean",
            View::Int(_) => "an integer",
            View::Float(_) => "a float",
            View::Str(_) => "a string",
            View::Path(_) => "a path",
            View::List(_) => "a list",
            View::Attrs(_) => "a set",
            View::Lambda(..) | View::Builtin(..) | View::Partial(..) => "a function",
            View::Ref(_) | View::Suspended(..) | View::Call(..) | View::Blackhole => "a thunk",
        }
    }

    /// The value's type as `builtins.typeOf` names it.
    pub fn type_name(self) -> &'static str {
        match self.view() {
            View::Null => "null",
            View::Bool(_) => "bool",
            View::Int(_) => "int",
            View::Float(_) => "float",
            View::Str(_) => "string",
            View::Path(_) => "path",
            View::List(_) => "list",
            View::Attrs(_) => "set",
            View::Lambda(..) | View::Builtin(..) | View::Partial(..) => "lambda",
            View::Ref(_) | View::Suspended(..) | View::Call(..) | View::Blackhole => "thunk",
        }
    }
}

/// A slot's content for whoever shares it without evaluating it: a value is copied, a computation referred to.
#[inline(always)]
pub fn share<'a>(slot: &'a Slot<'a>) -> Value<'a> {
    slot.share()
}

/// One attribute on its way into a set.
#[derive(Clone, Copy)]
pub struct Entry<'a> {
    /// The name.
    pub name: Symbol,
    /// Where it was defined.
    pub pos: Pos,
    /// Its value.
    pub value: Value<'a>,
}
