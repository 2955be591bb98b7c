//! Evaluation order, errors, messages and imports.

use nix_syntax::source::Pos;

use super::{Def, arity, def};
use crate::attrs::Attrs;
use crate::error::{ErrorKind, EvalError, EvalResult};
use crate::eval::Eval;
use crate::host::MessageLevel;
use crate::strings::Coercion;
use crate::value::{Entry, Env, Value, View, share};

pub(super) fn defs<'a>() -> Vec<Def<'a>> {
    vec![
        def("seq", 2, 1, |eval, args, pos| {
            let [_, value] = args else { return Err(arity(pos)) };
            eval.force(*value)
        }),
        def("deepSeq", 2, 0, |eval, args, pos| {
            let [first, value] = args else { return Err(arity(pos)) };
            eval.force_deep(*first)?;
            eval.force(*value)
        }),
        def("throw", 1, 1, |eval, args, pos| Err(raise(eval, ErrorKind::Throw, args, pos))),
        def("abort", 1, 1, |eval, args, pos| Err(raise(eval, ErrorKind::Abort, args, pos))),
        def("tryEval", 1, 0, try_eval),
        def("trace", 2, 1, |eval, args, pos| {
            let [message, value] = args else { return Err(arity(pos)) };
            eval.host.message(MessageLevel::Trace, &message_text(eval, *message));
            eval.force(*value)
        }),
        def("traceVerbose", 2, 0, |eval, args, pos| {
            let [message, value] = args else { return Err(arity(pos)) };
            if eval.settings.trace_verbose {
                let message = eval.force(*message)?;
                eval.host.message(MessageLevel::Trace, &message_text(eval, message));
            }
            eval.force(*value)
        }),
        def("warn", 2, 1, |eval, args, pos| {
            let [message, value] = args else { return Err(arity(pos)) };
            let text = eval.expect_string(*message, pos)?;
            eval.host.message(MessageLevel::Warning, &String::from_utf8_lossy(text.bytes()));
            if eval.settings.abort_on_warn {
                let message = "aborting to reveal stack trace of warning, as abort-on-warn is set";
                return Err(EvalError::new(ErrorKind::Abort, message, pos));
            }
            eval.force(*value)
        }),
        def("break", 1, 0, |eval, args, pos| {
            let [value] = args else { return Err(arity(pos)) };
            eval.force(*value)
        }),
        def("addErrorContext", 2, 0, |eval, args, pos| {
            let [context, value] = args else { return Err(arity(pos)) };
            eval.force(*value).map_err(|error| match eval.coerce(*context, pos, Coercion::PLAIN) {
                Ok(text) => error.frame(String::from_utf8_lossy(text.bytes()).into_owned(), Pos::NONE),
                Err(other) => other,
            })
        }),
        def("import", 1, 1, |eval, args, pos| {
            let [path] = args else { return Err(arity(pos)) };
            let path = eval.realised_path(*path, pos)?;
            eval.import(&path, pos)
        }),
        def("scopedImport", 2, 2, scoped_import),
    ]
}

/// The error of `throw` and `abort`.
#[cold]
fn raise<'a>(eval: &Eval<'a>, kind: ErrorKind, args: &[Value<'a>], pos: Pos) -> Box<EvalError> {
    let [message] = args else { return arity(pos) };
    match eval.coerce(*message, pos, Coercion::PLAIN) {
        Ok(text) => {
            let text = String::from_utf8_lossy(text.bytes()).into_owned();
            let message = match kind {
                ErrorKind::Abort => {
                    format!("evaluation aborted with the following error message: '{text}'")
                }
                _ => text,
            };
            EvalError::new(kind, message, pos)
        }
        Err(error) => error,
    }
}

fn message_text<'a>(eval: &Eval<'a>, message: Value<'a>) -> String {
    match message.view() {
        View::Str(text) => String::from_utf8_lossy(text.bytes()).into_owned(),
        other => eval.show_for_error(other.value()),
    }
}

fn try_eval<'a>(eval: &Eval<'a>, args: &[Value<'a>], pos: Pos) -> EvalResult<Value<'a>> {
    let [value] = args else { return Err(arity(pos)) };
    let depth = eval.depth.get();
    let (success, value) = match eval.force(*value) {
        Ok(value) => (true, value),
        Err(error) if error.is_catchable() => {
            // Calls that the error left count no longer.
            eval.depth.set(depth);
            (false, Value::bool(false))
        }
        Err(error) => return Err(error),
    };
    let entry = |name, value| Entry { name, pos: Pos::NONE, value };
    Ok(Value::attrs(Attrs::from_entries(
        &eval.shapes,
        vec![entry(eval.names.success, Value::bool(success)), entry(eval.names.value, value)],
    )))
}

/// `scopedImport scope path`: the file sees the attributes of `scope` as variables.
fn scoped_import<'a>(eval: &Eval<'a>, args: &[Value<'a>], pos: Pos) -> EvalResult<Value<'a>> {
    let [scope, path] = args else { return Err(arity(pos)) };
    let path = eval.realised_path(*path, pos)?;
    let scope = eval.expect_attrs(*scope, pos)?.flat(&eval.shapes);
    let path = eval.resolve_import(&path, pos)?;
    let frame = Env::new(eval.arena, None, scope.shape().len(), |index| {
        eval.kept(scope.values().get(index).map_or(Value::NULL, share))
    });
    let env = if scope.is_empty() { None } else { Some(frame) };
    eval.import_file(&path, env, scope.shape().keys, pos)
}
