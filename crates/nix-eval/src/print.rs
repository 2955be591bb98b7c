//! The printed form of a value, as `nix-instantiate --eval` prints a result.

use std::borrow::Cow;

use nix_syntax::float::general_float;
use nix_syntax::show::{identifier, literal};
use nix_syntax::symbol::Symbol;
use rustc_hash::FxHashSet;

use crate::error::EvalResult;
use crate::eval::Eval;
use crate::value::{Value, View};

impl<'a> Eval<'a> {
    /// The form in which `nix-instantiate --eval` prints a value. What is not evaluated yet is `<CODE>`.
    ///
    /// # Errors
    /// When the value nests too deeply.
    pub fn print(&self, value: Value<'a>) -> EvalResult<Vec<u8>> {
        let mut out = Vec::new();
        self.print_into(value, true, &mut FxHashSet::default(), &mut out)?;
        Ok(out)
    }

    fn print_into(
        &self,
        value: Value<'a>,
        outermost: bool,
        seen: &mut FxHashSet<usize>,
        out: &mut Vec<u8>,
    ) -> EvalResult<()> {
        self.check_stack()?;
        match settled(value).view() {
            value @ (View::Null | View::Bool(_) | View::Int(_) | View::Float(_)) => {
                out.extend_from_slice(atom(value.value()).as_bytes());
            }
            View::Str(text) => literal(text.bytes(), out),
            View::Path(path) => match crate::access::internal_name(path.bytes()) {
                Some(name) => out.extend_from_slice(&name),
                None => out.extend_from_slice(path.bytes()),
            },
            View::List(list) => {
                // Nix keeps one or two elements inside the value, and the outermost value is a copy: it is not the one
                // that a cycle comes back to.
                let is_copy = outermost && list.len() <= 2;
                if !list.is_empty() && !is_copy && !seen.insert(list.address()) {
                    out.extend_from_slice("«repeated»".as_bytes());
                    return Ok(());
                }
                out.extend_from_slice(b"[ ");
                for slot in list.slice() {
                    self.print_into(slot.get(), false, seen, out)?;
                    out.push(b' ');
                }
                out.push(b']');
            }
            View::Attrs(attrs) => {
                if !attrs.is_empty() && !seen.insert(std::ptr::from_ref(attrs).addr()) {
                    out.extend_from_slice("«repeated»".as_bytes());
                    return Ok(());
                }
                out.extend_from_slice(b"{ ");
                for (name, _, slot) in attrs.alphabetical(&self.shapes, &self.symbols) {
                    self.print_name(name, out);
                    out.extend_from_slice(b" = ");
                    self.print_into(slot.get(), false, seen, out)?;
                    out.extend_from_slice(b"; ");
                }
                out.push(b'}');
            }
            View::Lambda(..) => out.extend_from_slice(b"<LAMBDA>"),
            View::Builtin(..) => out.extend_from_slice(b"<PRIMOP>"),
            View::Partial(_, partial) => out.extend_from_slice(match partial.func.view() {
                View::Builtin(..) => b"<PRIMOP-APP>",
                _ => b"<LAMBDA>",
            }),
            other => match self.shown_time(other.value())? {
                Some(time) => out.extend_from_slice(atom(time).as_bytes()),
                None => out.extend_from_slice(b"<CODE>"),
            },
        }
        Ok(())
    }

    /// The time, if that is what was not asked for yet: it is shown like any other constant.
    pub(crate) fn shown_time(&self, pending: Value<'a>) -> EvalResult<Option<Value<'a>>> {
        match settled(pending).view() {
            View::Call(_, calls) if matches!(calls.func.view(), View::Builtin(_, func) if func.name == "currentTime") => {
                self.force(pending).map(Some)
            }
            _ => Ok(None),
        }
    }

    pub(crate) fn print_name(&self, name: Symbol, out: &mut Vec<u8>) {
        identifier(self.symbols.name(name), out);
    }
}

/// The text of null, a boolean or a number.
pub(crate) fn atom(value: Value<'_>) -> Cow<'static, str> {
    Cow::Borrowed(match value.view() {
        View::Bool(true) => "true",
        View::Bool(false) => "false",
        View::Int(value) => return Cow::Owned(value.to_string()),
        View::Float(value) => return Cow::Owned(general_float(value)),
        _ => "null",
    })
}

/// The value behind references that need no evaluation.
pub(crate) fn settled(mut value: Value<'_>) -> Value<'_> {
    // A chain of references is as long as the program made it, but it never has a cycle without a computation in it.
    for _ in 0..1000 {
        match value.view() {
            View::Ref(slot) => value = slot.get(),
            other => return other.value(),
        }
    }
    value
}
