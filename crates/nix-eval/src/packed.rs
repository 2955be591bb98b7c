//! Values in two words, and results that fit into two registers.
//!
//! An enum of this size is copied by its fields, in pieces of one, two, four and eight bytes, and is passed through memory. A
//! pair of words is passed in registers; what it means is looked at as a [`View`]. The same goes for the result of an
//! evaluation, an [`Outcome`].
//!
//! # Invariant
//! The words of a [`Value`] come from one of its constructors, so they have the bytes of the [`View`] that was meant, and anything
//! between its fields: its tag in the first byte, what else is no word behind it, and in the second word a number or
//! a pointer, with its provenance, that lives for all of `'a`. A view of a boolean has no second word; there the value has its number.
//!
//! An [`Outcome`] whose first word is zero owns a `Box<EvalError>` by its second one; any other one is a [`Value`].

#![allow(unsafe_code, reason = "the module named for it; the invariant is above, the tests run under Miri")]

use std::marker::PhantomData;
use std::mem;
use std::num::NonZeroU64;
use std::ptr;

use nix_syntax::program::{Expr, LambdaId};

use crate::attrs::Attrs;
use crate::error::{EvalError, EvalResult};
use crate::value::{Builtin, CopyId, List, MaybeEnv, Partial, PendingCalls, Slot, Str};

/// A value, or in a slot the way to one: two words, copied freely. What it is tells [`Value::view`].
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Value<'a> {
    head: NonZeroU64,
    body: *const (),
    marker: PhantomData<View<'a>>,
}

/// What a value is.
#[derive(Clone, Copy)]
#[repr(u8)]
pub enum View<'a> {
    /// `null`
    Null = 1,
    /// A boolean.
    Bool(bool) = 2,
    /// A 64-bit integer.
    Int(i64) = 3,
    /// A floating-point number.
    Float(f64) = 4,
    /// A string with its context.
    Str(Str<'a>) = 5,
    /// A path.
    Path(Str<'a>) = 6,
    /// A list.
    List(List<'a>) = 7,
    /// An attribute set.
    Attrs(&'a Attrs<'a>) = 8,
    /// A function of the program and the frame it was made in.
    Lambda(CopyId, LambdaId, MaybeEnv<'a>) = 9,
    /// A function of the language.
    Builtin(CopyId, &'a Builtin<'a>) = 10,
    /// A function with some of its arguments.
    Partial(CopyId, &'a Partial<'a>) = 11,
    /// Not a value: look in that slot.
    Ref(&'a Slot<'a>) = 12,
    /// Not a value yet: the code to run, in that frame.
    Suspended(Code<'a>, MaybeEnv<'a>) = 13,
    /// Not a value yet: one of several calls of a function, by its number.
    Call(u32, &'a PendingCalls<'a>) = 14,
    /// Not a value yet: it is being computed; to ask for it now is an infinite recursion.
    Blackhole = 15,
}

/// The expression of a suspended computation, by its address in seven bytes.
#[derive(Clone, Copy)]
#[repr(C)]
pub struct Code<'a> {
    address: [u8; 7],
    marker: PhantomData<&'a Expr<'a, Value<'a>>>,
}

impl<'a> Code<'a> {
    #[inline(always)]
    fn new(expr: &'a Expr<'a, Value<'a>>) -> Self {
        let [a, b, c, d, e, f, g, top] = ptr::from_ref(expr).expose_provenance().to_le_bytes();
        assert!(top == 0, "addresses have less than 57 bits");
        Code { address: [a, b, c, d, e, f, g], marker: PhantomData }
    }

    /// The expression.
    #[inline(always)]
    pub fn expr(self) -> &'a Expr<'a, Value<'a>> {
        let [a, b, c, d, e, f, g] = self.address;
        let address = usize::from_le_bytes([a, b, c, d, e, f, g, 0]);
        // SAFETY: the only way to make one is from a reference that lives for all of `'a`, whose provenance was exposed.
        unsafe { &*ptr::with_exposed_provenance(address) }
    }

    /// The first word of a value with this tag and this code behind it.
    #[inline(always)]
    fn head(self, tag: u8) -> NonZeroU64 {
        let [a, b, c, d, e, f, g] = self.address;
        NonZeroU64::new(u64::from_le_bytes([tag, a, b, c, d, e, f, g])).unwrap_or(NonZeroU64::MIN)
    }
}

/// The tags of functions.
const FUNCTIONS: std::ops::RangeInclusive<u8> = 9..=11;
/// The tag of references; what comes before is a value, what comes behind a computation.
pub(crate) const REFERENCE: u8 = 12;

const _: () =
    assert!(cfg!(target_endian = "little") && size_of::<usize>() == 8, "where a view has its fields");
const _: () = assert!(size_of::<Value<'static>>() == 16, "values are two words");
const _: () = assert!(size_of::<View<'static>>() == 16, "a view has the bytes of its value");
const _: () = assert!(size_of::<Option<Value<'static>>>() == 16, "no value costs nothing");

/// The first word of a value with this tag, copy number and other number.
#[inline(always)]
const fn head(tag: u8, copy: CopyId, number: u32) -> NonZeroU64 {
    let word = tag as u64 | (copy.0 as u64) << 16 | (number as u64) << 32;
    match NonZeroU64::new(word) {
        Some(head) => head,
        // No tag is zero.
        None => NonZeroU64::MIN,
    }
}

/// The second word of a value that has a frame.
#[inline(always)]
fn frame_pointer(env: MaybeEnv<'_>) -> *const () {
    env.map_or(ptr::null(), |env| env.as_ptr())
}

impl<'a> Value<'a> {
    /// `null`
    pub const NULL: Value<'a> = Value::plain(1, 0);
    /// What is being computed.
    pub(crate) const BLACKHOLE: Value<'a> = Value::plain(Self::BLACKHOLE_TAG, 0);
    /// Its tag.
    pub(crate) const BLACKHOLE_TAG: u8 = 15;

    #[inline(always)]
    const fn new(head: NonZeroU64, body: *const ()) -> Value<'a> {
        Value { head, body, marker: PhantomData }
    }

    #[inline(always)]
    const fn plain(tag: u8, number: u64) -> Value<'a> {
        Value::new(head(tag, CopyId::ORIGINAL, 0), ptr::without_provenance(number as usize))
    }

    #[inline(always)]
    const fn pointing<T>(tag: u8, copy: CopyId, number: u32, to: &'a T) -> Value<'a> {
        Value::new(head(tag, copy, number), ptr::from_ref(to).cast())
    }

    /// The words that it is made of.
    #[inline(always)]
    pub(crate) fn words(self) -> (u64, *const ()) {
        (self.head.get(), self.body)
    }

    /// The value that is made of these words.
    ///
    /// # Safety
    /// They are those of a value that lives for all of `'a`.
    #[inline(always)]
    pub(crate) unsafe fn of_words(head: u64, body: *const ()) -> Value<'a> {
        // SAFETY: the caller's promise; no value's first word is zero.
        Value::new(unsafe { NonZeroU64::new_unchecked(head) }, body)
    }

    /// What stands for no value and leads to `next`.
    #[inline(always)]
    pub(crate) const fn link(next: *const ()) -> Value<'a> {
        Value::new(head(1, CopyId::ORIGINAL, 0), next)
    }

    /// A boolean.
    #[inline(always)]
    pub const fn bool(value: bool) -> Value<'a> {
        match NonZeroU64::new(2 | (value as u64) << 8) {
            Some(head) => Value::new(head, ptr::without_provenance(value as usize)),
            None => Value::NULL,
        }
    }

    /// A 64-bit integer.
    #[inline(always)]
    pub const fn int(value: i64) -> Value<'a> {
        Value::plain(3, value as u64)
    }

    /// A floating-point number.
    #[inline(always)]
    pub const fn float(value: f64) -> Value<'a> {
        Value::plain(4, value.to_bits())
    }

    /// A string with its context.
    #[inline(always)]
    pub fn str(text: Str<'a>) -> Value<'a> {
        Value::new(head(5, CopyId::ORIGINAL, 0), text.as_ptr())
    }

    /// A path.
    #[inline(always)]
    pub fn path(text: Str<'a>) -> Value<'a> {
        Value::new(head(6, CopyId::ORIGINAL, 0), text.as_ptr())
    }

    /// A list.
    #[inline(always)]
    pub fn list(list: List<'a>) -> Value<'a> {
        Value::new(head(7, CopyId::ORIGINAL, 0), list.as_ptr())
    }

    /// An attribute set.
    #[inline(always)]
    pub const fn attrs(attrs: &'a Attrs<'a>) -> Value<'a> {
        Value::pointing(8, CopyId::ORIGINAL, 0, attrs)
    }

    /// A function of the program and the frame it was made in.
    #[inline(always)]
    pub fn lambda(copy: CopyId, id: LambdaId, env: MaybeEnv<'a>) -> Value<'a> {
        Value::new(head(9, copy, id), frame_pointer(env))
    }

    /// A function of the language.
    #[inline(always)]
    pub const fn builtin(copy: CopyId, builtin: &'a Builtin<'a>) -> Value<'a> {
        Value::pointing(10, copy, 0, builtin)
    }

    /// A function with some of its arguments.
    #[inline(always)]
    pub const fn partial(copy: CopyId, partial: &'a Partial<'a>) -> Value<'a> {
        Value::pointing(11, copy, 0, partial)
    }

    /// What is in that slot.
    #[inline(always)]
    pub const fn reference(slot: &'a Slot<'a>) -> Value<'a> {
        Value::pointing(12, CopyId::ORIGINAL, 0, slot)
    }

    /// What the expression gives when it is evaluated in that frame.
    #[inline(always)]
    pub fn suspended(expr: &'a Expr<'a, Value<'a>>, env: MaybeEnv<'a>) -> Value<'a> {
        Value::new(Code::new(expr).head(13), frame_pointer(env))
    }

    /// What one of several calls gives when it is made.
    #[inline(always)]
    pub const fn call(number: u32, calls: &'a PendingCalls<'a>) -> Value<'a> {
        Value::pointing(14, CopyId::ORIGINAL, number, calls)
    }

    /// What the value is.
    #[inline(always)]
    pub fn view(self) -> View<'a> {
        // SAFETY: the module's invariant: these are the bytes of a `View`. Its variants are laid out as `repr(C)` structs that
        // begin with the tag: a `bool` is the second byte, a `CopyId` the third and fourth, a number of 32 bits
        // the fifth to eighth, and what takes a word is the second one.
        unsafe { mem::transmute::<Value<'a>, View<'a>>(self) }
    }

    #[inline(always)]
    fn tag(self) -> u8 {
        self.head.get() as u8
    }

    /// Whether this is a value, and not the way to one.
    #[inline(always)]
    pub fn is_forced(self) -> bool {
        self.tag() < REFERENCE
    }

    /// Whether this is no value yet, nor refers to one: what stays where it is, since it is computed once.
    #[inline(always)]
    pub fn is_computation(self) -> bool {
        self.tag() > REFERENCE
    }

    /// Whether it can be called without being a functor.
    #[inline(always)]
    pub fn is_function(self) -> bool {
        FUNCTIONS.contains(&self.tag())
    }
}

impl<'a> View<'a> {
    /// The value that this is the view of.
    pub fn value(self) -> Value<'a> {
        match self {
            View::Null => Value::NULL,
            View::Bool(value) => Value::bool(value),
            View::Int(value) => Value::int(value),
            View::Float(value) => Value::float(value),
            View::Str(text) => Value::str(text),
            View::Path(text) => Value::path(text),
            View::List(list) => Value::list(list),
            View::Attrs(attrs) => Value::attrs(attrs),
            View::Lambda(copy, id, env) => Value::lambda(copy, id, env),
            View::Builtin(copy, builtin) => Value::builtin(copy, builtin),
            View::Partial(copy, partial) => Value::partial(copy, partial),
            View::Ref(slot) => Value::reference(slot),
            View::Suspended(code, env) => Value::suspended(code.expr(), env),
            View::Call(number, calls) => Value::call(number, calls),
            View::Blackhole => Value::BLACKHOLE,
        }
    }
}

/// An [`EvalResult`] in two registers.
#[must_use]
pub(crate) struct Outcome<'a> {
    head: u64,
    body: *const (),
    marker: PhantomData<(Value<'a>, Box<EvalError>)>,
}

impl<'a> Outcome<'a> {
    /// The same as a result.
    #[inline(always)]
    pub(crate) fn result(self) -> EvalResult<Value<'a>> {
        match NonZeroU64::new(self.head) {
            Some(head) => Ok(Value::new(head, self.body)),
            // SAFETY: the module's invariant; `self` ends here, so that the box has no other owner.
            None => Err(unsafe { Box::from_raw(self.body.cast::<EvalError>().cast_mut()) }),
        }
    }
}

impl<'a> From<EvalResult<Value<'a>>> for Outcome<'a> {
    #[inline(always)]
    fn from(result: EvalResult<Value<'a>>) -> Self {
        match result {
            Ok(Value { head, body, .. }) => Outcome { head: head.get(), body, marker: PhantomData },
            Err(error) => {
                Outcome { head: 0, body: Box::into_raw(error).cast_const().cast(), marker: PhantomData }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use nix_syntax::arena::Arena;
    use nix_syntax::source::Pos;

    use super::*;
    use crate::context::Context;
    use crate::shapes::Shapes;
    use crate::value::Env;

    #[test]
    fn a_value_is_what_it_was_made_as() {
        let arena = Arena::new();
        let shapes = Shapes::new(&arena);
        let text = Str::new(&arena, b"text", Context::EMPTY);
        let list = List::new(&arena, (), 2, |_| Slot::blackhole());
        let attrs = Attrs::from_entries(&shapes, Vec::new());
        let env = Some(Env::new(&arena, None, 1, |_| Slot::blackhole()));
        let run = |_: &crate::Eval<'_>, _: &[Value<'_>], _| Ok(Value::NULL);
        let builtin = &*arena.alloc(Builtin { name: "it", arity: 1, strict: 1, run });
        let partial = &*arena.alloc(Partial { func: Value::builtin(CopyId(3), builtin), args: &[] });
        let slot = &*arena.alloc(Slot::blackhole());
        let calls = &*arena.alloc(PendingCalls::of_numbers(Value::NULL));
        let (copy, number) = (CopyId(u16::MAX), u32::MAX);
        let expr = &*arena.alloc(Expr::Const(Value::int(3)));

        assert!(matches!(Value::NULL.view(), View::Null));
        assert!(matches!(Value::bool(true).view(), View::Bool(true)));
        assert!(matches!(Value::bool(false).view(), View::Bool(false)));
        for int in [0, 1, -1, i64::MIN, i64::MAX] {
            assert!(matches!(Value::int(int).view(), View::Int(found) if found == int));
        }
        assert!(matches!(Value::float(-0.5).view(), View::Float(-0.5)));
        assert!(matches!(Value::str(text).view(), View::Str(found) if found.bytes() == b"text"));
        assert!(matches!(Value::path(text).view(), View::Path(found) if found.bytes() == b"text"));
        assert!(matches!(Value::list(list).view(), View::List(found) if found.len() == 2));
        assert!(matches!(Value::attrs(attrs).view(), View::Attrs(found) if found.is_empty()));
        for env in [None, env] {
            let same = |found: MaybeEnv<'_>| found.map(|env| env.len()) == env.map(|env| env.len());
            let function = Value::lambda(copy, number, env).view();
            assert!(matches!(function, View::Lambda(c, n, e) if c == copy && n == number && same(e)));
            let suspended = Value::suspended(expr, env).view();
            assert!(matches!(suspended, View::Suspended(code, e) if ptr::eq(code.expr(), expr) && same(e)));
            assert!(matches!(Value::suspended(expr, env).view().value().view(), View::Suspended(..)));
        }
        assert!(
            matches!(Value::builtin(copy, builtin).view(), View::Builtin(c, b) if c == copy && b.arity == 1)
        );
        let View::Partial(found, of) = Value::partial(copy, partial).view() else { panic!("another value") };
        assert!(found == copy && matches!(of.func.view(), View::Builtin(CopyId(3), _)));
        let View::Ref(to) = Value::reference(slot).view() else { panic!("another value") };
        assert!(matches!(to.get().view(), View::Blackhole));
        let View::Call(found, of) = Value::call(number, calls).view() else { panic!("another value") };
        assert!(found == number && matches!(of.func.view(), View::Null));
    }

    #[test]
    fn a_view_is_that_of_one_value_and_kinds_are_told_apart() {
        let arena = Arena::new();
        let slot = &*arena.alloc(Slot::blackhole());
        let list = List::new(&arena, (), 0, |_| Slot::blackhole());
        let check = |value: Value<'_>, forced, computation, function| {
            let again = value.view().value();
            assert_eq!((again.head, again.body), (value.head, value.body));
            let kinds = (value.is_forced(), value.is_computation(), value.is_function());
            assert_eq!(kinds, (forced, computation, function));
        };
        check(Value::NULL, true, false, false);
        check(Value::bool(true), true, false, false);
        check(Value::int(-7), true, false, false);
        check(Value::float(f64::INFINITY), true, false, false);
        check(Value::str(Str::new(&arena, b"", Context::EMPTY)), true, false, false);
        check(Value::path(Str::new(&arena, b"", Context::EMPTY)), true, false, false);
        check(Value::list(list), true, false, false);
        check(Value::lambda(CopyId(1), 2, None), true, false, true);
        check(Value::reference(slot), false, false, false);
        check(Value::suspended(arena.alloc(Expr::Const(Value::NULL)), None), false, true, false);
        check(Value::BLACKHOLE, false, true, false);
    }

    #[test]
    fn an_outcome_is_its_result() {
        let outcome = Outcome::from(Ok(Value::int(5)));
        assert!(matches!(outcome.result().map(Value::view), Ok(View::Int(5))));
        let outcome = Outcome::from(Err(EvalError::other("wrong", Pos::NONE)));
        assert_eq!(outcome.result().err().map(|error| error.message), Some("wrong".to_owned()));
    }
}
