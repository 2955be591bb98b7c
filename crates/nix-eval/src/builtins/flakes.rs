//! Flakes: their references between text and attributes, and calling one.

use nix_formats::flake_ref::{Reading, is_locked};
use nix_formats::{FlakeRef, InputAttrs};
use nix_syntax::source::Pos;

use super::{Def, arity, def};
use crate::error::{ErrorKind, EvalError, EvalResult, WithFrame};
use crate::eval::Eval;
use crate::features::Feature;
use crate::value::Value;

pub(super) fn defs<'a>() -> Vec<Def<'a>> {
    vec![
        def("flakeRefToString", 1, 1, to_text),
        def("getFlake", 1, 1, get),
        def("parseFlakeRef", 1, 1, parse),
    ]
}

fn parse<'a>(eval: &Eval<'a>, args: &[Value<'a>], pos: Pos) -> EvalResult<Value<'a>> {
    let [text] = args else { return Err(arity(pos)) };
    let frame = || "while evaluating the argument passed to builtins.parseFlakeRef".to_owned();
    let text = eval.expect_plain_string(*text, pos).with_frame(frame, pos)?;
    let found = eval.parse_flake_ref(&String::from_utf8_lossy(text), Reading::FLAKE, pos)?;
    Ok(eval.input_set(&found.to_attrs()))
}

fn to_text<'a>(eval: &Eval<'a>, args: &[Value<'a>], pos: Pos) -> EvalResult<Value<'a>> {
    let [attrs] = args else { return Err(arity(pos)) };
    let frame = || "while evaluating the argument passed to builtins.flakeRefToString".to_owned();
    let set = eval.expect_attrs(*attrs, pos).with_frame(frame, pos)?;
    let mut attrs = InputAttrs::new();
    for (symbol, attr_pos, slot) in set.alphabetical(&eval.shapes, &eval.symbols) {
        let name = String::from_utf8_lossy(eval.symbols.name(symbol)).into_owned();
        let value = eval.force_slot_at(slot, attr_pos)?;
        let Some(plain) = eval.input_value(value, || format!("flake ref attr {name}"), pos)? else {
            let message = format!(
                "flake reference attribute sets may only contain integers, Booleans, and strings, but attribute \
                 '{name}' is {}",
                value.type_with_article()
            );
            return Err(EvalError::other(message, pos));
        };
        attrs.insert(name, plain);
    }
    eval.require_for_input(&attrs, pos)?;
    let found = FlakeRef::from_attrs(&attrs).map_err(|error| eval.format_error(&error, pos))?;
    let text = found.to_url().map_err(|error| eval.format_error(&error, pos))?;
    Ok(eval.string(text.as_bytes()))
}

fn get<'a>(eval: &Eval<'a>, args: &[Value<'a>], pos: Pos) -> EvalResult<Value<'a>> {
    let [text] = args else { return Err(arity(pos)) };
    let frame = || "while evaluating the argument passed to builtins.getFlake".to_owned();
    let text = eval.expect_plain_string(*text, pos).with_frame(frame, pos)?;
    let text = String::from_utf8_lossy(text).into_owned();
    let found = eval.parse_flake_ref(&text, Reading::FLAKE, pos)?;
    eval.require(Feature::Flakes, pos)?;
    let locked = is_locked(&found.input).map_err(|error| eval.format_error(&error, pos))?;
    if eval.settings.pure && !locked {
        let message = format!(
            "cannot call 'getFlake' on unlocked flake reference '{text}', at {} (use --impure to override)",
            eval.describe_pos(pos)
        );
        return Err(EvalError::new(ErrorKind::Restricted, message, pos));
    }
    eval.call_flake(&found, pos)
}

impl<'a> Eval<'a> {
    /// The flake that a text names.
    pub(crate) fn parse_flake_ref(&self, text: &str, how: Reading, pos: Pos) -> EvalResult<FlakeRef> {
        let found = FlakeRef::parse(text, how).map_err(|error| self.format_error(&error, pos))?;
        self.require_for_input(&found.input, pos)?;
        Ok(found)
    }
}
