//! Arithmetic, bits and comparison.

use nix_syntax::ast::BinOp;
use nix_syntax::float::general_float;
use nix_syntax::source::Pos;

use super::{Def, arity, def};
use crate::error::{EvalError, EvalResult};
use crate::eval::Eval;
use crate::value::{Value, View};

pub(super) fn defs<'a>() -> Vec<Def<'a>> {
    vec![
        def("add", 2, 3, |eval, args, pos| arithmetic(eval, BinOp::Add, args, pos)),
        def("sub", 2, 3, |eval, args, pos| arithmetic(eval, BinOp::Sub, args, pos)),
        def("mul", 2, 3, |eval, args, pos| arithmetic(eval, BinOp::Mul, args, pos)),
        def("div", 2, 3, |eval, args, pos| arithmetic(eval, BinOp::Div, args, pos)),
        def("bitAnd", 2, 3, |eval, args, pos| bits(eval, args, pos, |a, b| a & b)),
        def("bitOr", 2, 3, |eval, args, pos| bits(eval, args, pos, |a, b| a | b)),
        def("bitXor", 2, 3, |eval, args, pos| bits(eval, args, pos, |a, b| a ^ b)),
        def("lessThan", 2, 3, |eval, args, pos| {
            let [left, right] = args else { return Err(arity(pos)) };
            Ok(Value::bool(eval.less_than(*left, *right, pos)?))
        }),
        def("ceil", 1, 1, |eval, args, pos| round(eval, "ceil", f64::ceil, args, pos)),
        def("floor", 1, 1, |eval, args, pos| round(eval, "floor", f64::floor, args, pos)),
    ]
}

fn arithmetic<'a>(eval: &Eval<'a>, op: BinOp, args: &[Value<'a>], pos: Pos) -> EvalResult<Value<'a>> {
    let [left, right] = args else { return Err(arity(pos)) };
    eval.arithmetic(op, *left, *right, pos)
}

fn bits<'a>(
    eval: &Eval<'a>,
    args: &[Value<'a>],
    pos: Pos,
    combine: impl Fn(i64, i64) -> i64,
) -> EvalResult<Value<'a>> {
    let [left, right] = args else { return Err(arity(pos)) };
    Ok(Value::int(combine(eval.expect_int(*left, pos)?, eval.expect_int(*right, pos)?)))
}

/// The whole number next to a float. Floats that no integer equals are refused.
fn round<'a>(
    eval: &Eval<'a>,
    name: &str,
    step: impl Fn(f64) -> f64,
    args: &[Value<'a>],
    pos: Pos,
) -> EvalResult<Value<'a>> {
    let [value] = args else { return Err(arity(pos)) };
    match value.view() {
        View::Int(number) => exact(number, name, pos),
        View::Float(number) => {
            let whole = step(number);
            // Both bounds are exact: -2^63 is an integer of 64 bits, 2^63 is not.
            if (-9_223_372_036_854_775_808.0..9_223_372_036_854_775_808.0).contains(&whole) {
                Ok(Value::int(whole as i64))
            } else {
                Err(EvalError::other(
                    format!("NixFloat argument {} is not in the range of NixInt", general_float(number)),
                    pos,
                ))
            }
        }
        other => Err(eval.unexpected("a float", other.value(), pos)),
    }
}

/// Nix goes by way of floating point, and refuses integers that do not survive it.
fn exact<'a>(number: i64, name: &str, pos: Pos) -> EvalResult<Value<'a>> {
    // The value that 2^63 rounds to is no integer of 64 bits.
    let rounded = number as f64;
    if rounded < 9_223_372_036_854_775_808.0 && rounded as i64 == number {
        return Ok(Value::int(number));
    }
    let message = if rounded < 9_223_372_036_854_775_808.0 {
        format!(
            "Due to a bug (see https://github.com/NixOS/nix/issues/12899) a loss of precision occurred in previous \
             Nix versions because the NixInt argument {number} was rounded to {}; builtins.{name} refuses it",
            rounded as i64
        )
    } else {
        format!(
            "Due to a bug (see https://github.com/NixOS/nix/issues/12899) the NixInt argument {number} caused \
             undefined behavior in previous Nix versions; builtins.{name} refuses it"
        )
    };
    Err(EvalError::other(message, pos))
}
