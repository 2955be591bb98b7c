//! `fetchClosure`.

use nix_syntax::source::Pos;

use super::failed;
use crate::builtins::arity;
use crate::error::{EvalError, EvalResult, WithFrame};
use crate::eval::Eval;
use crate::host::ClosureRequest;
use crate::value::{Value, View};

pub(super) fn fetch_closure<'a>(eval: &Eval<'a>, args: &[Value<'a>], pos: Pos) -> EvalResult<Value<'a>> {
    let [arg] = args else { return Err(arity(pos)) };
    let frame = || "while evaluating the argument passed to builtins.fetchClosure".to_owned();
    let attrs = eval.expect_attrs(*arg, pos).with_frame(frame, pos)?;
    let (mut from_store, mut from_path, mut to_path, mut input_addressed) = (None, None, None, None);
    for (symbol, attr_pos, slot) in attrs.alphabetical(&eval.shapes, &eval.symbols) {
        let value = Value::reference(slot);
        let name = eval.name(symbol);
        let frame = || format!("while evaluating the attribute '{name}' passed to builtins.fetchClosure");
        match eval.symbols.name(symbol) {
            b"fromPath" => {
                from_path = Some(eval.coerce_to_object(value, attr_pos).with_frame(frame, attr_pos)?);
            }
            b"toPath" => {
                to_path = Some(match eval.force(value)?.view() {
                    View::Str(text) if text.bytes().is_empty() => None,
                    value => {
                        Some(eval.coerce_to_object(value.value(), attr_pos).with_frame(frame, attr_pos)?)
                    }
                });
            }
            b"fromStore" => {
                let url = eval.expect_plain_string(value, attr_pos).with_frame(frame, attr_pos)?;
                from_store = Some(String::from_utf8_lossy(url).into_owned());
            }
            b"inputAddressed" => {
                input_addressed = Some(eval.expect_bool(value, attr_pos).with_frame(frame, attr_pos)?);
            }
            _ => {
                let message = format!("attribute '{name}' isn't supported in call to 'fetchClosure'");
                return Err(EvalError::other(message, attr_pos));
            }
        }
    }
    let missing =
        |name| EvalError::other(format!("attribute '{name}' is missing in call to 'fetchClosure'"), pos);
    let from_path = from_path.ok_or_else(|| missing("fromPath"))?;
    let input_addressed = input_addressed.unwrap_or(false);
    if input_addressed && to_path.is_some() {
        let message =
            "attribute 'inputAddressed' is set to true, but 'toPath' is also set. Please remove one of them";
        return Err(EvalError::other(message, pos));
    }
    let from_store = from_store.ok_or_else(|| missing("fromStore"))?;
    // Nix takes local caches in its own tests only. What is taken from one is proven or signed as well.
    if !["http://", "https://", "file://"].iter().any(|scheme| from_store.starts_with(scheme)) {
        let message = "'fetchClosure' only supports http:// and https:// stores";
        return Err(EvalError::other(message, pos));
    }
    if from_store.contains('?') {
        let message = format!("'fetchClosure' does not support URL query parameters (in '{from_store}')");
        return Err(EvalError::other(message, pos));
    }
    let request = ClosureRequest {
        from_store: &from_store,
        from_path: &from_path,
        to_path: to_path.as_ref().map(Option::as_ref),
        input_addressed,
    };
    let fetched = eval.fetcher("fetchClosure", pos)?.fetch_closure(&request);
    let fetched = fetched.map_err(|error| failed(error, pos))?;
    for path in &fetched.closure {
        eval.allow_stored(&eval.host.store_dir().join(path));
    }
    Ok(eval.fetched(&fetched.path))
}

impl<'a> Eval<'a> {
    /// A value as the path of a store object itself.
    fn coerce_to_object(&self, value: Value<'a>, pos: Pos) -> EvalResult<nix_formats::StorePath> {
        let (path, _) = self.coerce_to_path(value, pos)?;
        self.host
            .store_dir()
            .parse(crate::strings::bytes_of(&path))
            .map_err(|_| EvalError::other(format!("path '{}' is not in the Nix store", path.display()), pos))
    }
}
