//! What kind of value something is, and functions of functions.

use nix_syntax::source::Pos;

use super::{Def, arity, def};
use crate::attrs::Attrs;
use crate::error::{EvalError, EvalResult};
use crate::eval::Eval;
use crate::value::{Entry, Value, View};

pub(super) fn defs<'a>() -> Vec<Def<'a>> {
    vec![
        def("typeOf", 1, 1, |eval, args, pos| {
            let [value] = args else { return Err(arity(pos)) };
            Ok(eval.string(value.type_name().as_bytes()))
        }),
        def("isNull", 1, 1, |_, args, _| is(args, |value| matches!(value.view(), View::Null))),
        def("isBool", 1, 1, |_, args, _| is(args, |value| matches!(value.view(), View::Bool(_)))),
        def("isInt", 1, 1, |_, args, _| is(args, |value| matches!(value.view(), View::Int(_)))),
        def("isFloat", 1, 1, |_, args, _| is(args, |value| matches!(value.view(), View::Float(_)))),
        def("isString", 1, 1, |_, args, _| is(args, |value| matches!(value.view(), View::Str(_)))),
        def("isPath", 1, 1, |_, args, _| is(args, |value| matches!(value.view(), View::Path(_)))),
        def("isList", 1, 1, |_, args, _| is(args, |value| matches!(value.view(), View::List(_)))),
        def("isAttrs", 1, 1, |_, args, _| is(args, |value| matches!(value.view(), View::Attrs(_)))),
        def("isFunction", 1, 1, |_, args, _| is(args, Value::is_function)),
        def("functionArgs", 1, 1, function_args),
    ]
}

fn is<'a>(args: &[Value<'a>], test: impl Fn(Value<'a>) -> bool) -> EvalResult<Value<'a>> {
    Ok(Value::bool(args.first().is_some_and(|value| test(*value))))
}

/// `functionArgs f`: for each name of the set pattern, whether it has a default.
fn function_args<'a>(eval: &Eval<'a>, args: &[Value<'a>], pos: Pos) -> EvalResult<Value<'a>> {
    let [func] = args else { return Err(arity(pos)) };
    // A curried function with all arguments but the last applied has the pattern of its last argument.
    let (id, given) = match func.view() {
        View::Lambda(_, id, _) => (id, 0),
        View::Builtin(..) => return Ok(eval.attrs(&[])),
        View::Partial(_, partial) => match partial.func.view() {
            View::Lambda(_, id, _) => (id, partial.args.len()),
            _ => return Ok(eval.attrs(&[])),
        },
        _ => return Err(EvalError::type_error("'functionArgs' requires a function", pos)),
    };
    let formals = eval
        .lambdas
        .get(id)
        .and_then(|lambda| if given + 1 == lambda.arity as usize { lambda.formals.as_ref() } else { None });
    let entries: Vec<Entry<'a>> = formals
        .map_or(&[][..], |formals| formals.formals)
        .iter()
        .map(|formal| Entry {
            name: formal.name,
            pos: formal.pos,
            value: Value::bool(formal.default.is_some()),
        })
        .collect();
    Ok(Value::attrs(Attrs::from_entries(&eval.shapes, entries)))
}
