//! Regular expressions, JSON and TOML.

use std::rc::Rc;

use nix_syntax::source::Pos;

use super::{Def, arity, def};
use crate::context::ContextBuilder;
use crate::error::{EvalError, EvalResult};
use crate::eval::Eval;
use crate::regex::{Captures, Regex, RegexError};
use crate::value::Value;

pub(super) fn defs<'a>() -> Vec<Def<'a>> {
    vec![
        def("match", 2, 3, |eval, args, pos| {
            let [pattern, text] = args else { return Err(arity(pos)) };
            let pattern = eval.expect_plain_string(*pattern, pos)?;
            let regex = compiled(eval, pattern, pos)?;
            let text = eval.expect_string(*text, pos)?.bytes;
            let found = regex.full_match(text).map_err(|error| regex_error(&error, pattern, pos))?;
            Ok(match found {
                Some(captures) => groups(eval, text, &captures),
                None => Value::Null,
            })
        }),
        def("split", 2, 3, |eval, args, pos| {
            let [pattern, text] = args else { return Err(arity(pos)) };
            let pattern = eval.expect_plain_string(*pattern, pos)?;
            let regex = compiled(eval, pattern, pos)?;
            let whole = eval.expect_string(*text, pos)?;
            let text = whole.bytes;
            let mut items = Vec::new();
            let mut end = 0;
            for found in regex.matches(text) {
                let captures = found.map_err(|error| regex_error(&error, pattern, pos))?;
                let span = captures.span();
                items.push(eval.string_in_place(text.get(end..span.0).unwrap_or(&[]), whole.context));
                items.push(groups(eval, text, &captures));
                end = span.1;
            }
            if items.is_empty() {
                return Ok(eval.list(&[Value::Str(whole)]));
            }
            items.push(eval.string_in_place(text.get(end..).unwrap_or(&[]), whole.context));
            Ok(eval.list(&items))
        }),
        def("toJSON", 1, 0, |eval, args, pos| {
            let [value] = args else { return Err(arity(pos)) };
            let mut out = Vec::new();
            let mut context = ContextBuilder::default();
            eval.to_json(*value, pos, true, &mut out, &mut context)?;
            Ok(eval.string_in_place(eval.bump.alloc_slice_copy(&out), context.finish(eval.bump)))
        }),
        def("fromJSON", 1, 1, |eval, args, pos| {
            let [text] = args else { return Err(arity(pos)) };
            let text = eval.expect_plain_string(*text, pos)?;
            eval.from_json(text, pos)
        }),
    ]
}

fn compiled<'a>(eval: &Eval<'a>, pattern: &[u8], pos: Pos) -> EvalResult<Rc<Regex>> {
    if let Some(known) = eval.regexes.borrow().get(pattern) {
        return Ok(Rc::clone(known));
    }
    let regex = Rc::new(Regex::new(pattern).map_err(|error| regex_error(&error, pattern, pos))?);
    eval.regexes.borrow_mut().insert(pattern.to_vec(), Rc::clone(&regex));
    Ok(regex)
}

#[cold]
fn regex_error(error: &RegexError, pattern: &[u8], pos: Pos) -> Box<EvalError> {
    let pattern = String::from_utf8_lossy(pattern);
    EvalError::other(
        if error.is_limit() {
            format!("memory limit exceeded by regular expression '{pattern}'")
        } else {
            format!("invalid regular expression '{pattern}'")
        },
        pos,
    )
}

fn groups<'a>(eval: &Eval<'a>, text: &'a [u8], captures: &Captures) -> Value<'a> {
    let items: Vec<Value<'a>> = captures
        .groups()
        .iter()
        .map(|group| match group {
            Some(span) => eval.string_in_place(text.get(span.0..span.1).unwrap_or(&[]), &[]),
            None => Value::Null,
        })
        .collect();
    eval.list(&items)
}
