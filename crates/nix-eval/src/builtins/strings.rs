//! Strings: length, parts, joining and replacing.

use nix_syntax::source::Pos;

use super::{Def, arity, def};
use crate::context::ContextBuilder;
use crate::error::{EvalError, EvalResult, WithFrame};
use crate::eval::Eval;
use crate::strings::Coercion;
use crate::value::{Value, View};

pub(super) fn defs<'a>() -> Vec<Def<'a>> {
    vec![
        def("toString", 1, 1, |eval, args, pos| {
            let [value] = args else { return Err(arity(pos)) };
            if let View::Str(_) = value.view() {
                return Ok(*value);
            }
            Ok(Value::str(eval.coerce_shared(*value, pos, Coercion::TO_STRING)?))
        }),
        def("stringLength", 1, 1, |eval, args, pos| {
            let [value] = args else { return Err(arity(pos)) };
            Ok(Value::int(eval.coerce(*value, pos, Coercion::INTERPOLATION)?.bytes().len() as i64))
        }),
        def("substring", 3, 7, substring),
        def("concatStringsSep", 2, 3, concat_strings_sep),
        def("replaceStrings", 3, 3, replace_strings),
    ]
}

fn substring<'a>(eval: &Eval<'a>, args: &[Value<'a>], pos: Pos) -> EvalResult<Value<'a>> {
    let [start, length, text] = args else { return Err(arity(pos)) };
    let (start, length) = (eval.expect_int(*start, pos)?, eval.expect_int(*length, pos)?);
    let Ok(start) = usize::try_from(start) else {
        return Err(EvalError::other("negative start position in 'substring'", pos));
    };
    let text = eval.coerce(*text, pos, Coercion::INTERPOLATION)?;
    let rest = text.bytes().get(start..).unwrap_or(&[]);
    // A negative length means all that is left.
    let length = usize::try_from(length).unwrap_or(usize::MAX).min(rest.len());
    if length == text.bytes().len() {
        return Ok(Value::str(text));
    }
    Ok(eval.string_with_context(rest.get(..length).unwrap_or(rest), text.context()))
}

fn concat_strings_sep<'a>(eval: &Eval<'a>, args: &[Value<'a>], pos: Pos) -> EvalResult<Value<'a>> {
    let [separator, list] = args else { return Err(arity(pos)) };
    let separator = eval.expect_string(*separator, pos)?;
    let list = eval.expect_list(*list, pos)?;
    let mut out = Vec::new();
    let mut context = ContextBuilder::default();
    context.add(&eval.contexts, separator.context());
    for (index, slot) in list.slice().iter().enumerate() {
        if index > 0 {
            out.extend_from_slice(separator.bytes());
        }
        eval.coerce_into(Value::reference(slot), pos, Coercion::INTERPOLATION, &mut out, &mut context).with_frame(
            || "while evaluating one element of the list of strings to concat passed to builtins.concatStringsSep".to_owned(),
            pos,
        )?;
    }
    Ok(eval.string_with_context(&out, context.finish(&eval.contexts)))
}

/// `replaceStrings from to text`: at each place the first of `from` that fits is replaced. An empty one fits everywhere
/// and leaves the character behind it.
fn replace_strings<'a>(eval: &Eval<'a>, args: &[Value<'a>], pos: Pos) -> EvalResult<Value<'a>> {
    let [from, to, text] = args else { return Err(arity(pos)) };
    let (from, to) = (eval.expect_list(*from, pos)?, eval.expect_list(*to, pos)?);
    if from.len() != to.len() {
        return Err(EvalError::other(
            "'from' and 'to' arguments passed to builtins.replaceStrings have different lengths",
            pos,
        ));
    }
    let mut patterns: Vec<&'a [u8]> = Vec::with_capacity(from.len());
    for slot in from.slice() {
        patterns.push(eval.expect_string(Value::reference(slot), pos)?.bytes());
    }
    let text = eval.expect_string(*text, pos)?;
    let mut context = ContextBuilder::default();
    context.add(&eval.contexts, text.context());
    let mut out: Vec<u8> = Vec::with_capacity(text.bytes().len());
    let mut starts = [false; 256];
    let mut any_empty = false;
    for pattern in &patterns {
        match pattern.first() {
            Some(byte) => {
                if let Some(start) = starts.get_mut(usize::from(*byte)) {
                    *start = true;
                }
            }
            None => any_empty = true,
        }
    }
    let mut at = 0;
    while at <= text.bytes().len() {
        let rest = text.bytes().get(at..).unwrap_or(&[]);
        let may_match =
            any_empty || rest.first().is_some_and(|byte| starts.get(usize::from(*byte)) == Some(&true));
        let found =
            if may_match { patterns.iter().position(|pattern| rest.starts_with(pattern)) } else { None };
        match found {
            Some(index) => {
                if let Some(slot) = to.slice().get(index) {
                    let replacement = eval.expect_string(Value::reference(slot), pos)?;
                    out.extend_from_slice(replacement.bytes());
                    context.add(&eval.contexts, replacement.context());
                }
                let length = patterns.get(index).map_or(0, |pattern| pattern.len());
                if length == 0 {
                    out.extend(rest.first());
                    at += 1;
                } else {
                    at += length;
                }
            }
            None => {
                out.extend(rest.first());
                at += 1;
            }
        }
    }
    Ok(eval.string_with_context(&out, context.finish(&eval.contexts)))
}
