//! `fetchTree` and `fetchGit`: inputs as programs give them, and what of them may be fetched.

use nix_formats::flake_ref::{input_to_url, is_locked, nar_hash};
use nix_formats::registry::Scope;
use nix_formats::{InputAttrs, InputValue};
use nix_syntax::source::Pos;

use crate::attrs::Attrs;
use crate::builtins::arity;
use crate::error::{ErrorKind, EvalError, EvalResult, WithFrame};
use crate::eval::Eval;
use crate::features::Feature;
use crate::host::MessageLevel;
use crate::inputs::TreeView;
use crate::strings::Coercion;
use crate::value::{Value, View};

/// Which of the functions for source trees is called.
pub(super) struct TreeCall {
    name: &'static str,
    is_git: bool,
}

impl TreeCall {
    pub(super) const GIT: TreeCall = TreeCall { name: "fetchGit", is_git: true };
    pub(super) const TREE: TreeCall = TreeCall { name: "fetchTree", is_git: false };
}

pub(super) fn fetch_tree<'a>(
    eval: &Eval<'a>,
    args: &[Value<'a>],
    call: &TreeCall,
    pos: Pos,
) -> EvalResult<Value<'a>> {
    let [arg] = args else { return Err(arity(pos)) };
    let features = eval.settings.features;
    let input = match eval.force(*arg)?.view() {
        View::Attrs(attrs) => eval.check_input(tree_attrs(eval, attrs, call, pos)?, pos)?,
        value => {
            let frame = || format!("while evaluating the first argument passed to '{}'", call.name);
            let text = eval.coerce(value.value(), pos, Coercion::PLAIN).with_frame(frame, pos)?;
            let url = String::from_utf8_lossy(text.bytes()).into_owned();
            if call.is_git {
                let attrs = InputAttrs::from([("url".to_owned(), InputValue::String(url))]);
                eval.check_input(git_defaults(attrs, pos)?, pos)?
            } else if features.has(Feature::Flakes) {
                eval.input_of_url(&url, pos)?
            } else {
                let name = call.name;
                let message = format!(
                    "passing a string argument to '{name}' requires the 'flakes' experimental feature"
                );
                return Err(EvalError::other(message, pos));
            }
        }
    };
    let input = if eval.settings.pure || !features.has(Feature::Flakes) {
        input
    } else {
        eval.look_up_input(&input, Scope::Shared, pos)?.0
    };
    let url = input_to_url(&input).map_err(|error| eval.format_error(&error, pos))?.to_string();
    check_locked(eval, &input, &url, call.name, pos)?;
    eval.check_uri(&url, pos)?;
    if input.get("__final").and_then(InputValue::as_bool) == Some(true) {
        let message = format!("input '{url}' is not allowed to use the '__final' attribute");
        return Err(EvalError::other(message, pos));
    }
    let tree = eval.fetch_tree(&input, pos)?;
    let view = TreeView { rev_fallback: call.is_git, counts_revisions: tree.counts_revisions, dirty: false };
    eval.tree_attrs(&tree.path, &tree.locked, view, pos)
}

/// The attributes of an input that a program gives as a set.
fn tree_attrs<'a>(
    eval: &Eval<'a>,
    given: &'a Attrs<'a>,
    call: &TreeCall,
    pos: Pos,
) -> EvalResult<InputAttrs> {
    let name = call.name;
    let mut attrs = InputAttrs::new();
    match given.get_with_pos(eval.names.r#type) {
        Some(_) if call.is_git => return Err(EvalError::other("unexpected argument 'type'", pos)),
        Some((slot, attr_pos)) => {
            let frame = || format!("while evaluating the `type` argument passed to '{name}'");
            let kind =
                eval.expect_plain_string(Value::reference(slot), attr_pos).with_frame(frame, attr_pos)?;
            attrs.insert("type".to_owned(), InputValue::String(String::from_utf8_lossy(kind).into_owned()));
        }
        None if call.is_git => {}
        None => {
            return Err(EvalError::other(format!("argument 'type' is missing in call to '{name}'"), pos));
        }
    }
    for (symbol, attr_pos, slot) in given.alphabetical(&eval.shapes, &eval.symbols) {
        if symbol == eval.names.r#type {
            continue;
        }
        let key = String::from_utf8_lossy(eval.symbols.name(symbol)).into_owned();
        let value = match eval.force_slot(slot)?.view() {
            value @ (View::Str(_) | View::Path(_)) => {
                let text = eval.coerce(value.value(), attr_pos, Coercion::PLAIN)?;
                InputValue::String(String::from_utf8_lossy(text.bytes()).into_owned())
            }
            value if key == "publicKeys" => eval.public_keys(value.value(), pos)?,
            value => {
                let what = || format!("'{name}' argument '{key}'");
                eval.input_value(value.value(), what, pos)?.ok_or_else(|| {
                    let found = value.value().type_with_article();
                    let message = format!(
                        "argument '{key}' to '{name}' is {found} while a string, Boolean or integer is expected"
                    );
                    EvalError::type_error(message, pos)
                })?
            }
        };
        attrs.insert(key, value);
    }
    if call.is_git {
        return git_defaults(attrs, pos);
    }
    if attrs.get("type").and_then(InputValue::as_str) == Some("git") {
        attrs.entry("shallow".to_owned()).or_insert(InputValue::Bool(true));
    }
    if attrs.contains_key("name") {
        return Err(EvalError::other(format!("argument 'name' isn’t supported in call to '{name}'"), pos));
    }
    Ok(attrs)
}

/// What `fetchGit` takes where nothing is said.
fn git_defaults(mut attrs: InputAttrs, pos: Pos) -> EvalResult<InputAttrs> {
    attrs.insert("type".to_owned(), InputValue::from("git"));
    if !attrs.contains_key("exportIgnore") {
        let submodules = match attrs.get("submodules") {
            None => false,
            Some(InputValue::Bool(value)) => *value,
            Some(_) => return Err(EvalError::other("input attribute 'submodules' is not a Boolean", pos)),
        };
        if !submodules {
            attrs.insert("exportIgnore".to_owned(), InputValue::Bool(true));
        }
    }
    Ok(attrs)
}

/// Nothing that may change is fetched by an evaluation that is to come out the same anywhere.
fn check_locked(eval: &Eval<'_>, input: &InputAttrs, url: &str, name: &str, pos: Pos) -> EvalResult<()> {
    let failed = |error| eval.format_error(&error, pos);
    if !eval.settings.pure || is_locked(input).map_err(failed)? {
        return Ok(());
    }
    if nar_hash(input).map_err(failed)?.is_none() {
        let message = format!("in pure evaluation mode, '{name}' doesn't fetch unlocked input '{url}'");
        return Err(EvalError::new(ErrorKind::Restricted, message, pos));
    }
    let message = format!(
        "Input '{url}' is unlocked (e.g. lacks a Git revision) but is checked by NAR hash. \
         This is not reproducible and will break after garbage collection or when shared."
    );
    eval.host.message(MessageLevel::Notice, &message);
    Ok(())
}
