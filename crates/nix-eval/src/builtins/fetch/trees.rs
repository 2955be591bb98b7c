//! `fetchTree` and `fetchGit`: inputs as programs give them, and the sets that tell of fetched trees.

use nix_formats::{InputAttrs, InputValue};
use nix_syntax::source::Pos;

use super::{failed, int};
use crate::attrs::Attrs;
use crate::builtins::arity;
use crate::context::ContextBuilder;
use crate::error::{ErrorKind, EvalError, EvalResult, WithFrame};
use crate::eval::Eval;
use crate::features::Feature;
use crate::host::{FetchedTree, InputSource, MessageLevel, ReadInput};
use crate::strings::Coercion;
use crate::time::compact_date;
use crate::value::{Entry, PendingCall, Value};

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
    let fetcher = eval.fetcher(call.name, pos)?;
    let features = eval.settings.features;
    let source = match eval.force(*arg)? {
        Value::Attrs(attrs) => InputSource::Attrs(tree_attrs(eval, attrs, call, pos)?),
        value => {
            let frame = || format!("while evaluating the first argument passed to '{}'", call.name);
            let text = eval.coerce(value, pos, Coercion::PLAIN).with_frame(frame, pos)?;
            let url = String::from_utf8_lossy(text.bytes).into_owned();
            if call.is_git {
                let url = InputValue::String(url);
                InputSource::Attrs(git_defaults(InputAttrs::from([("url".to_owned(), url)]), pos)?)
            } else if features.has(Feature::Flakes) {
                let input = fetcher.read_input(InputSource::Url(&url), features);
                InputSource::Attrs(input.map_err(|error| failed(error, pos))?.attrs)
            } else {
                let name = call.name;
                let message = format!(
                    "passing a string argument to '{name}' requires the 'flakes' experimental feature"
                );
                return Err(EvalError::other(message, pos));
            }
        }
    };
    let mut input = fetcher.read_input(source, features).map_err(|error| failed(error, pos))?;
    if !eval.settings.pure && !input.direct && features.has(Feature::Flakes) {
        input = fetcher.resolve_input(&input.attrs, features).map_err(|error| failed(error, pos))?;
    }
    check_locked(eval, &input, call.name, pos)?;
    eval.check_uri(&input.url, pos)?;
    if input.attrs.get("__final").and_then(InputValue::as_bool) == Some(true) {
        let message = format!("input '{}' is not allowed to use the '__final' attribute", input.url);
        return Err(EvalError::other(message, pos));
    }
    let tree = eval.fetch_input(fetcher, &input, pos)?;
    Ok(eval.tree_attrs(&tree, call.is_git, pos))
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
            let kind = eval.expect_plain_string(Value::Ref(slot), attr_pos).with_frame(frame, attr_pos)?;
            attrs.insert("type".to_owned(), InputValue::String(String::from_utf8_lossy(kind).into_owned()));
        }
        None if call.is_git => {}
        None => {
            return Err(EvalError::other(format!("argument 'type' is missing in call to '{name}'"), pos));
        }
    }
    for (symbol, attr_pos, slot) in given.alphabetical(eval.bump, &eval.symbols) {
        if symbol == eval.names.r#type {
            continue;
        }
        let key = String::from_utf8_lossy(eval.symbols.name(symbol)).into_owned();
        let value = match eval.force_slot(slot)? {
            value @ (Value::Str(_) | Value::Path(_)) => {
                let text = eval.coerce(value, attr_pos, Coercion::PLAIN)?;
                InputValue::String(String::from_utf8_lossy(text.bytes).into_owned())
            }
            Value::Bool(value) => InputValue::Bool(value),
            Value::Int(number) => InputValue::Int(u64::try_from(number).map_err(|_| {
                EvalError::other(format!("negative value given for '{name}' argument '{key}': {number}"), pos)
            })?),
            value if key == "publicKeys" => {
                eval.require(Feature::VerifiedFetches, pos)?;
                let (mut keys, mut context) = (Vec::new(), ContextBuilder::default());
                eval.to_json(value, pos, false, &mut keys, &mut context)?;
                InputValue::String(String::from_utf8_lossy(&keys).into_owned())
            }
            other => {
                let found = other.type_with_article();
                let message = format!(
                    "argument '{key}' to '{name}' is {found} while a string, Boolean or integer is expected"
                );
                return Err(EvalError::type_error(message, pos));
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
fn check_locked(eval: &Eval<'_>, input: &ReadInput, name: &str, pos: Pos) -> EvalResult<()> {
    if !eval.settings.pure || input.locked {
        return Ok(());
    }
    if !input.hashed {
        let message =
            format!("in pure evaluation mode, '{name}' doesn't fetch unlocked input '{}'", input.url);
        return Err(EvalError::new(ErrorKind::Restricted, message, pos));
    }
    let message = format!(
        "Input '{}' is unlocked (e.g. lacks a Git revision) but is checked by NAR hash. \
         This is not reproducible and will break after garbage collection or when shared.",
        input.url
    );
    eval.host.message(MessageLevel::Notice, &message);
    Ok(())
}

/// Counts the revisions of an input, when somebody asks for them.
fn count_revisions<'a>(eval: &Eval<'a>, args: &[Value<'a>], pos: Pos) -> EvalResult<Value<'a>> {
    let [input] = args else { return Err(arity(pos)) };
    let given = eval.expect_attrs(*input, pos)?;
    let mut attrs = InputAttrs::new();
    for (symbol, _, slot) in given.alphabetical(eval.bump, &eval.symbols) {
        let value = match slot.get() {
            Value::Str(text) => InputValue::String(String::from_utf8_lossy(text.bytes).into_owned()),
            Value::Int(number) => InputValue::Int(number.unsigned_abs()),
            Value::Bool(value) => InputValue::Bool(value),
            _ => continue,
        };
        attrs.insert(String::from_utf8_lossy(eval.symbols.name(symbol)).into_owned(), value);
    }
    let count = eval.fetcher("fetchGit", pos)?.rev_count(&attrs);
    Ok(int(count.map_err(|error| failed(error, pos))?))
}

impl<'a> Eval<'a> {
    /// What a program gets to know of a fetched tree. With `rev_fallback`, a tree without a revision has one of zeros.
    pub fn tree_attrs(&self, tree: &FetchedTree, rev_fallback: bool, pos: Pos) -> Value<'a> {
        const NO_REVISION: &str = "0000000000000000000000000000000000000000";
        let text = |name: &str| tree.locked.get(name).and_then(InputValue::as_str);
        let number = |name: &str| tree.locked.get(name).and_then(InputValue::as_int);
        let string = |text: &str| self.string(text.as_bytes());
        let mut entries = vec![("outPath", self.fetched(&tree.path))];
        if let Some(hash) = text("narHash") {
            entries.push(("narHash", string(hash)));
        }
        if text("type") == Some("git") {
            let given = tree.locked.get("submodules").and_then(InputValue::as_bool);
            entries.push(("submodules", Value::Bool(given.unwrap_or(false))));
        }
        if let Some(rev) = text("rev").or(rev_fallback.then_some(NO_REVISION)) {
            entries.push(("rev", string(rev)));
            entries.push(("shortRev", string(rev.get(..7).unwrap_or(rev))));
        }
        if tree.counts_revisions {
            entries.push(("revCount", self.counted_later(&tree.locked, pos)));
        } else if let Some(count) = number("revCount").or(rev_fallback.then_some(0)) {
            entries.push(("revCount", int(count)));
        }
        if let (Some(rev), Some(short)) = (text("dirtyRev"), text("dirtyShortRev")) {
            entries.push(("dirtyRev", string(rev)));
            entries.push(("dirtyShortRev", string(short)));
        }
        if let Some(time) = number("lastModified") {
            let time = i64::try_from(time).unwrap_or(i64::MAX);
            entries.push(("lastModified", Value::Int(time)));
            entries.push(("lastModifiedDate", string(&compact_date(time))));
        }
        self.attrs(&entries)
    }

    fn counted_later(&self, locked: &InputAttrs, pos: Pos) -> Value<'a> {
        let entries = locked.iter().map(|(name, value)| Entry {
            name: self.symbols.intern(name.as_bytes()),
            pos: Pos::NONE,
            value: match value {
                InputValue::String(text) => self.string(text.as_bytes()),
                InputValue::Int(number) => int(*number),
                InputValue::Bool(value) => Value::Bool(*value),
            },
        });
        let input = Value::Attrs(Attrs::from_entries(self.bump, entries.collect()));
        let func = self.native("revCount", 1, 1, count_revisions);
        let args = self.bump.alloc_slice_copy(&[input]);
        Value::Ref(self.slot(Value::Call(self.bump.alloc(PendingCall { func, args, pos }))))
    }
}
