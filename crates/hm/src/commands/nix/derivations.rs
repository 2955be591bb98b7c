//! Which derivations a value means, and their paths.

use nix_eval::attrs::Attrs;
use nix_eval::{Eval, EvalError, EvalResult, Value, View};
use nix_syntax::source::Pos;

use super::select::auto_call;

/// Appends the derivation path of each derivation in `value`, one a line.
pub(super) fn print<'a>(
    eval: &Eval<'a>,
    value: Value<'a>,
    automatic: Value<'a>,
    out: &mut Vec<u8>,
) -> EvalResult<()> {
    let value = auto_call(eval, value, automatic)?;
    if let View::Attrs(attrs) = value.view()
        && eval.is_derivation(attrs)?
    {
        return print_derivation(eval, attrs, out);
    }
    match value.view() {
        View::Attrs(attrs) => print_members(eval, attrs, automatic, out),
        View::List(list) => {
            for slot in list.slice() {
                let item = eval.force_slot(slot)?;
                match item.view() {
                    View::Attrs(attrs) if eval.is_derivation(attrs)? => print_derivation(eval, attrs, out)?,
                    View::Attrs(_) | View::List(_) => print(eval, item, automatic, out)?,
                    _ => {}
                }
            }
            Ok(())
        }
        _ => Err(EvalError::type_error(
            "expression does not evaluate to a derivation (or a set or list of those)",
            Pos::NONE,
        )),
    }
}

fn print_derivation<'a>(eval: &Eval<'a>, attrs: &'a Attrs<'a>, out: &mut Vec<u8>) -> EvalResult<()> {
    let Some(slot) = attrs.get(eval.names.drv_path) else {
        return Err(EvalError::other("derivation does not contain a 'drvPath' attribute", Pos::NONE));
    };
    let path = eval.coerce(Value::reference(slot), Pos::NONE, nix_eval::strings::Coercion::PLAIN)?;
    out.extend_from_slice(path.bytes());
    if let Some(slot) = attrs.get(eval.names.output_name) {
        let output = eval.expect_plain_string(Value::reference(slot), Pos::NONE)?;
        if output != b"out" {
            out.push(b'!');
            out.extend_from_slice(output);
        }
    }
    out.push(b'\n');
    Ok(())
}

/// The derivations in a set: its members, and those of the sets in it that ask for it.
fn print_members<'a>(
    eval: &Eval<'a>,
    attrs: &'a Attrs<'a>,
    automatic: Value<'a>,
    out: &mut Vec<u8>,
) -> EvalResult<()> {
    let recurse = eval.symbols.intern(b"recurseForDerivations");
    for (name, _, slot) in attrs.alphabetical(&eval.shapes, &eval.symbols) {
        if !is_plain_name(eval.symbols.name(name)) {
            continue;
        }
        match eval.force_slot(slot)?.view() {
            View::Attrs(inner) if eval.is_derivation(inner)? => print_derivation(eval, inner, out)?,
            value @ View::Attrs(inner) => {
                if let Some(wanted) = inner.get(recurse)
                    && eval.expect_bool(Value::reference(wanted), Pos::NONE)?
                {
                    print(eval, value.value(), automatic, out)?;
                }
            }
            _ => {}
        }
    }
    Ok(())
}

/// Names that may stand in an attribute path without quotes, which are the only ones looked into.
fn is_plain_name(name: &[u8]) -> bool {
    matches!(name.first(), Some(first) if first.is_ascii_alphabetic() || *first == b'_')
        && name.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'+'))
}
