//! String contexts.

use std::rc::Rc;

use nix_syntax::source::Pos;

use super::{Def, arity, def};
use crate::attrs::Attrs;
use crate::context::{ContextBuilder, ContextElement};
use crate::error::{EvalError, EvalResult};
use crate::eval::Eval;
use crate::strings::Coercion;
use crate::value::{Entry, Value};

pub(super) fn defs<'a>() -> Vec<Def<'a>> {
    vec![
        def("hasContext", 1, 1, |eval, args, pos| {
            let [text] = args else { return Err(arity(pos)) };
            Ok(Value::bool(!eval.expect_string(*text, pos)?.context().is_empty()))
        }),
        def("unsafeDiscardStringContext", 1, 1, |eval, args, pos| {
            let [text] = args else { return Err(arity(pos)) };
            let text = eval.coerce(*text, pos, Coercion::INTERPOLATION)?;
            Ok(eval.string(text.bytes()))
        }),
        def("unsafeDiscardOutputDependency", 1, 1, |eval, args, pos| {
            let [text] = args else { return Err(arity(pos)) };
            let text = eval.coerce(*text, pos, Coercion::INTERPOLATION)?;
            let mut context = ContextBuilder::default();
            for id in eval.contexts.ids(text.context()) {
                context.insert(match eval.contexts.get(*id) {
                    Some(ContextElement::DeepDerivation(path)) => {
                        eval.contexts.intern(ContextElement::Opaque(path))
                    }
                    _ => *id,
                });
            }
            Ok(eval.string_with_context(text.bytes(), context.finish(&eval.contexts)))
        }),
        def("addDrvOutputDependencies", 1, 1, add_output_dependencies),
        def("getContext", 1, 1, get_context),
        def("appendContext", 2, 3, append_context),
    ]
}

fn add_output_dependencies<'a>(eval: &Eval<'a>, args: &[Value<'a>], pos: Pos) -> EvalResult<Value<'a>> {
    let [text] = args else { return Err(arity(pos)) };
    let text = eval.coerce(*text, pos, Coercion::INTERPOLATION)?;
    let shown = String::from_utf8_lossy(text.bytes()).into_owned();
    let ids = eval.contexts.ids(text.context());
    let [id] = ids else {
        let message =
            format!("context of string '{shown}' must have exactly one element, but has {}", ids.len());
        return Err(EvalError::other(message, pos));
    };
    let deep = match eval.contexts.get(*id) {
        Some(ContextElement::Opaque(path)) if path.ends_with(".drv") => path,
        Some(ContextElement::DeepDerivation(path)) => path,
        Some(ContextElement::Opaque(path)) => {
            return Err(EvalError::other(format!("path '{path}' is not a derivation"), pos));
        }
        Some(ContextElement::Output { output, .. }) => {
            let message = format!(
                "`addDrvOutputDependencies` can only act on derivations, not on a derivation output such as '{output}'"
            );
            return Err(EvalError::other(message, pos));
        }
        None => return Err(EvalError::other(format!("unknown context of string '{shown}'"), pos)),
    };
    let mut context = ContextBuilder::default();
    context.insert(eval.contexts.intern(ContextElement::DeepDerivation(deep)));
    Ok(eval.string_with_context(text.bytes(), context.finish(&eval.contexts)))
}

/// What a context says of one store path.
#[derive(Default)]
struct Info {
    path: bool,
    all_outputs: bool,
    outputs: Vec<Rc<str>>,
}

fn get_context<'a>(eval: &Eval<'a>, args: &[Value<'a>], pos: Pos) -> EvalResult<Value<'a>> {
    let [text] = args else { return Err(arity(pos)) };
    let text = eval.expect_string(*text, pos)?;
    let mut infos: std::collections::BTreeMap<Rc<str>, Info> = std::collections::BTreeMap::new();
    for element in eval.contexts.elements(text.context()) {
        match element {
            ContextElement::Opaque(path) => infos.entry(path).or_default().path = true,
            ContextElement::DeepDerivation(path) => infos.entry(path).or_default().all_outputs = true,
            ContextElement::Output { derivation, output } => {
                infos.entry(derivation).or_default().outputs.push(output);
            }
        }
    }
    let mut entries = Vec::new();
    for (path, mut info) in infos {
        let mut fields = Vec::new();
        let mut field = |name, value| fields.push(Entry { name, pos: Pos::NONE, value });
        if info.path {
            field(eval.names.path, Value::bool(true));
        }
        if info.all_outputs {
            field(eval.names.all_outputs, Value::bool(true));
        }
        if !info.outputs.is_empty() {
            info.outputs.sort();
            let outputs: Vec<Value<'a>> =
                info.outputs.iter().map(|name| eval.string(name.as_bytes())).collect();
            field(eval.names.outputs, eval.list(&outputs));
        }
        let value = Value::attrs(Attrs::from_entries(&eval.shapes, fields));
        entries.push(Entry { name: eval.symbols.intern(path.as_bytes()), pos: Pos::NONE, value });
    }
    Ok(Value::attrs(Attrs::from_entries(&eval.shapes, entries)))
}

fn append_context<'a>(eval: &Eval<'a>, args: &[Value<'a>], pos: Pos) -> EvalResult<Value<'a>> {
    let [text, added] = args else { return Err(arity(pos)) };
    let text = eval.expect_string(*text, pos)?;
    let mut context = ContextBuilder::default();
    context.add(&eval.contexts, text.context());
    for (name, attr_pos, slot) in eval.expect_attrs(*added, pos)?.entries(&eval.shapes) {
        let path: Rc<str> = String::from_utf8_lossy(eval.symbols.name(name)).into();
        if eval.host.store_dir().parse(path.as_bytes()).is_err() {
            return Err(EvalError::other(format!("context key '{path}' is not a store path"), attr_pos));
        }
        let info = eval.expect_attrs(Value::reference(slot), attr_pos)?;
        let flag = |name| match info.get(name) {
            Some(slot) => eval.expect_bool(Value::reference(slot), attr_pos),
            None => Ok(false),
        };
        if flag(eval.names.path)? {
            context.insert(eval.contexts.intern(ContextElement::Opaque(path.clone())));
        }
        if flag(eval.names.all_outputs)? {
            if !path.ends_with(".drv") {
                let message = format!(
                    "tried to add all-outputs context of \"{path}\", which is not a derivation, to a string"
                );
                return Err(EvalError::other(message, attr_pos));
            }
            context.insert(eval.contexts.intern(ContextElement::DeepDerivation(path.clone())));
        }
        if let Some(outputs) = info.get(eval.names.outputs) {
            let outputs = eval.expect_list(Value::reference(outputs), attr_pos)?;
            if !outputs.is_empty() && !path.ends_with(".drv") {
                let message = format!(
                    "tried to add derivation output context of \"{path}\", which is not a derivation, to a string"
                );
                return Err(EvalError::other(message, attr_pos));
            }
            for output in outputs.slice() {
                let output = eval.expect_plain_string(Value::reference(output), attr_pos)?;
                let output = String::from_utf8_lossy(output).into();
                context.insert(
                    eval.contexts.intern(ContextElement::Output { derivation: path.clone(), output }),
                );
            }
        }
    }
    Ok(eval.string_with_context(text.bytes(), context.finish(&eval.contexts)))
}
