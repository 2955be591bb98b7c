//! Attribute paths and automatic arguments, as `-A`, `--arg` and `--argstr` have them.

use std::cell::Cell;

use nix_eval::attrs::Attrs;
use nix_eval::value::Entry;
use nix_eval::{Eval, EvalError, EvalResult, Value, View};
use nix_syntax::source::{Origin, Pos};

use super::EvaluationArguments;
use crate::environment::Environment;

/// The set of arguments that functions are called with on the way to a value.
pub(super) fn automatic_arguments<'a>(
    eval: &Eval<'a>,
    arguments: &EvaluationArguments,
    environment: &Environment,
) -> EvalResult<Value<'a>> {
    let mut entries = Vec::new();
    let mut push = |name: &str, value| {
        entries.push(Entry { name: eval.symbols.intern(name.as_bytes()), pos: Pos::NONE, value });
    };
    for pair in arguments.arg.chunks(2) {
        if let [name, text] = pair {
            let expr = eval.load(Origin::String, text.as_bytes(), &environment.directory, &[])?;
            push(name, eval.suspend(expr));
        }
    }
    for pair in arguments.argstr.chunks(2) {
        if let [name, text] = pair {
            push(name, eval.string(text.as_bytes()));
        }
    }
    Ok(Value::attrs(Attrs::from_entries(&eval.shapes, entries)))
}

/// Calls a function that takes a set, with those of the automatic arguments that it names; functors are called as well.
pub(super) fn auto_call<'a>(
    eval: &Eval<'a>,
    value: Value<'a>,
    automatic: Value<'a>,
) -> EvalResult<Value<'a>> {
    let mut value = eval.force(value)?;
    for _ in 0..100 {
        let View::Attrs(attrs) = value.view() else { break };
        let Some(functor) = attrs.get(eval.names.functor) else { break };
        let functor = eval.force_slot(functor)?;
        value = eval.call(functor, &[value], Pos::NONE)?;
    }
    let View::Lambda(_, id, _) = value.view() else { return Ok(value) };
    let Some(lambda) = eval.lambdas.get(id) else { return Ok(value) };
    let Some(formals) = lambda.formals.as_ref().filter(|_| lambda.arity == 1) else { return Ok(value) };
    let given = eval.expect_attrs(automatic, Pos::NONE)?;
    if formals.ellipsis {
        return eval.call(value, &[automatic], Pos::NONE);
    }
    let mut entries = Vec::new();
    for formal in formals.formals {
        if let Some((slot, pos)) = given.get_with_pos(formal.name) {
            entries.push(Entry { name: formal.name, pos, value: Value::reference(slot) });
        } else if formal.default.is_none() {
            let name = eval.name(formal.name);
            return Err(EvalError::type_error(
                format!(
                    "cannot evaluate a function that has an argument without a value ('{name}'); \
                     pass it with '--arg' or '--argstr'"
                ),
                formal.pos,
            ));
        }
    }
    eval.call(value, &[Value::attrs(Attrs::from_entries(&eval.shapes, entries))], Pos::NONE)
}

/// The elements of an attribute path; quotes keep dots together.
fn split(path: &str) -> EvalResult<Vec<String>> {
    let mut names = Vec::new();
    let mut name = String::new();
    let mut rest = path.chars();
    while let Some(c) = rest.next() {
        match c {
            '.' => names.push(std::mem::take(&mut name)),
            '"' => loop {
                match rest.next() {
                    Some('"') => break,
                    Some(c) => name.push(c),
                    None => {
                        let message = format!("missing closing quote in selection path '{path}'");
                        return Err(EvalError::other(message, Pos::NONE));
                    }
                }
            },
            c => name.push(c),
        }
    }
    if !name.is_empty() {
        names.push(name);
    }
    Ok(names)
}

/// A program's value, from which several paths may select.
pub(super) struct Root<'a> {
    value: Value<'a>,
    /// What calling it gave. A package set is made once, however many of its packages are asked for.
    called: Cell<Option<Value<'a>>>,
}

impl<'a> Root<'a> {
    pub(super) fn new(value: Value<'a>) -> Root<'a> {
        Root { value, called: Cell::new(None) }
    }

    fn called(&self, eval: &Eval<'a>, automatic: Value<'a>) -> EvalResult<Value<'a>> {
        if let Some(known) = self.called.get() {
            return Ok(known);
        }
        let called = auto_call(eval, self.value, automatic)?;
        self.called.set(Some(called));
        Ok(called)
    }
}

/// The value that `path` selects, functions on the way called.
pub(super) fn along<'a>(
    eval: &Eval<'a>,
    root: &Root<'a>,
    path: &str,
    automatic: Value<'a>,
) -> EvalResult<Value<'a>> {
    let mut value = root.value;
    for (index, name) in split(path)?.into_iter().enumerate() {
        value = if index == 0 { root.called(eval, automatic)? } else { auto_call(eval, value, automatic)? };
        if let Ok(index) = name.parse::<usize>() {
            let View::List(list) = value.view() else {
                return Err(eval.unexpected("a list", value, Pos::NONE).frame(
                    format!("while selecting the element {index} in the selection path '{path}'"),
                    Pos::NONE,
                ));
            };
            value = match list.slice().get(index) {
                Some(slot) => eval.force_slot(slot)?,
                None => {
                    let message = format!("list index {index} in selection path '{path}' is out of range");
                    return Err(EvalError::other(message, Pos::NONE));
                }
            };
            continue;
        }
        let View::Attrs(attrs) = value.view() else {
            return Err(eval
                .unexpected("a set", value, Pos::NONE)
                .frame(format!("while selecting '{name}' in the selection path '{path}'"), Pos::NONE));
        };
        if name.is_empty() {
            return Err(EvalError::other(
                format!("empty attribute name in selection path '{path}'"),
                Pos::NONE,
            ));
        }
        value = match attrs.get(eval.symbols.intern(name.as_bytes())) {
            Some(slot) => eval.force_slot(slot)?,
            None => {
                let mut error = EvalError::new(
                    nix_eval::ErrorKind::MissingAttribute,
                    format!("attribute '{name}' in selection path '{path}' not found"),
                    Pos::NONE,
                );
                error.suggestions = eval.similar_names(&name, attrs);
                return Err(error);
            }
        };
    }
    Ok(value)
}
