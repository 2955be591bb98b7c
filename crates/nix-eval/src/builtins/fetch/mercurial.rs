//! `fetchMercurial`.

use nix_formats::flake_ref::is_revision;
use nix_formats::hash::{Hash, HashAlgo};
use nix_formats::{InputAttrs, InputValue};
use nix_syntax::source::Pos;

use crate::builtins::arity;
use crate::error::{ErrorKind, EvalError, EvalResult, WithFrame};
use crate::eval::Eval;
use crate::inputs::int;
use crate::strings::Coercion;
use crate::value::{Value, View};

pub(super) fn fetch_mercurial<'a>(eval: &Eval<'a>, args: &[Value<'a>], pos: Pos) -> EvalResult<Value<'a>> {
    let [arg] = args else { return Err(arity(pos)) };
    let (mut url, mut name) = (String::new(), "source".to_owned());
    let mut attrs = InputAttrs::from([("type".to_owned(), InputValue::from("hg"))]);
    let coerce = |value, pos, what: &str| -> EvalResult<String> {
        let frame = || format!("while evaluating the {what} passed to builtins.fetchMercurial");
        let text = eval.coerce(value, pos, Coercion::PLAIN).with_frame(frame, pos)?;
        Ok(String::from_utf8_lossy(text.bytes()).into_owned())
    };
    let plain = |value, pos, what: &str| -> EvalResult<String> {
        let frame = || format!("while evaluating the `{what}` attribute passed to builtins.fetchMercurial");
        let text = eval.expect_plain_string(value, pos).with_frame(frame, pos)?;
        Ok(String::from_utf8_lossy(text).into_owned())
    };
    match eval.force(*arg)?.view() {
        View::Attrs(given) => {
            for (symbol, attr_pos, slot) in given.alphabetical(&eval.shapes, &eval.symbols) {
                let value = Value::reference(slot);
                match eval.symbols.name(symbol) {
                    b"url" => url = coerce(value, attr_pos, "`url` attribute")?,
                    b"name" => name = plain(value, attr_pos, "name")?,
                    // It may be a branch as well.
                    b"rev" => {
                        let rev = plain(value, attr_pos, "rev")?;
                        let key = if is_revision(&rev) { "rev" } else { "ref" };
                        attrs.insert(key.to_owned(), InputValue::String(rev));
                    }
                    _ => {
                        let name = eval.name(symbol);
                        let message = format!("unsupported argument '{name}' to 'fetchMercurial'");
                        return Err(EvalError::other(message, attr_pos));
                    }
                }
            }
            if url.is_empty() {
                return Err(EvalError::other("'url' argument required", pos));
            }
        }
        value => url = coerce(value.value(), pos, "first argument")?,
    }
    eval.check_uri(&url, pos)?;
    if eval.settings.pure && !attrs.contains_key("rev") {
        let message = "in pure evaluation mode, 'fetchMercurial' requires a Mercurial revision";
        return Err(EvalError::new(ErrorKind::Restricted, message, pos));
    }
    let url = if url.contains("://") { url } else { format!("file://{url}") };
    attrs.insert("url".to_owned(), InputValue::String(url));
    attrs.insert("name".to_owned(), InputValue::String(name));
    let input = eval.check_input(attrs, pos)?;
    let tree = eval.fetch_tree(&input, pos)?;
    let text = |name: &str| tree.locked.get(name).and_then(InputValue::as_str);
    // A changed checkout has the revision that none has.
    let rev = text("rev").map_or_else(|| Hash::zero(HashAlgo::Sha1).to_base16(), str::to_owned);
    let mut entries = vec![
        ("outPath", eval.fetched(&tree.path)),
        ("rev", eval.string(rev.as_bytes())),
        ("shortRev", eval.string(rev.as_bytes().get(..12).unwrap_or(rev.as_bytes()))),
    ];
    if let Some(branch) = text("ref") {
        entries.push(("branch", eval.string(branch.as_bytes())));
    }
    if let Some(count) = tree.locked.get("revCount").and_then(InputValue::as_int) {
        entries.push(("revCount", int(count)));
    }
    Ok(eval.attrs(&entries))
}
