//! The printed forms of values: as `nix-instantiate --eval` prints a result, and shortened for messages.

use nix_syntax::float::general_float;
use nix_syntax::show::{identifier, literal};
use nix_syntax::symbol::Symbol;
use rustc_hash::FxHashSet;

use crate::error::EvalResult;
use crate::eval::Eval;
use crate::value::{Slot, Value};

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
        match settled(value) {
            Value::Null => out.extend_from_slice(b"null"),
            Value::Bool(value) => out.extend_from_slice(if value { b"true" } else { b"false" }),
            Value::Int(value) => out.extend_from_slice(value.to_string().as_bytes()),
            Value::Float(value) => out.extend_from_slice(general_float(value).as_bytes()),
            Value::Str(text) => literal(text.bytes, out),
            Value::Path(path) => match crate::access::internal_name(path.bytes) {
                Some(name) => out.extend_from_slice(&name),
                None => out.extend_from_slice(path.bytes),
            },
            Value::List(list) => {
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
            Value::Attrs(attrs) => {
                if !attrs.is_empty() && !seen.insert(std::ptr::from_ref(attrs).addr()) {
                    out.extend_from_slice("«repeated»".as_bytes());
                    return Ok(());
                }
                out.extend_from_slice(b"{ ");
                for (name, _, slot) in attrs.alphabetical(self.bump, &self.symbols) {
                    self.print_name(name, out);
                    out.extend_from_slice(b" = ");
                    self.print_into(slot.get(), false, seen, out)?;
                    out.extend_from_slice(b"; ");
                }
                out.push(b'}');
            }
            Value::Lambda(..) => out.extend_from_slice(b"<LAMBDA>"),
            Value::Builtin(..) => out.extend_from_slice(b"<PRIMOP>"),
            Value::Partial(_, partial) => out.extend_from_slice(match partial.func {
                Value::Builtin(..) => b"<PRIMOP-APP>",
                _ => b"<LAMBDA>",
            }),
            _ => out.extend_from_slice(b"<CODE>"),
        }
        Ok(())
    }

    fn print_name(&self, name: Symbol, out: &mut Vec<u8>) {
        identifier(self.symbols.name(name), out);
    }

    /// A value as messages show it: short, and without evaluating anything.
    pub fn show_for_error(&self, value: Value<'a>) -> String {
        let mut out = Vec::new();
        self.show_into(value, 0, &mut out);
        let text = String::from_utf8_lossy(&out).into_owned();
        match text.char_indices().nth(MAX_SHOWN) {
            Some((at, _)) => format!("{}…", text.get(..at).unwrap_or_default()),
            None => text,
        }
    }

    fn show_into(&self, value: Value<'a>, depth: usize, out: &mut Vec<u8>) {
        if out.len() > MAX_SHOWN * 4 {
            return;
        }
        match settled(value) {
            Value::List(list) if depth >= MAX_DEPTH && !list.is_empty() => {
                out.extend_from_slice("[ … ]".as_bytes());
            }
            Value::Attrs(attrs) if depth >= MAX_DEPTH && !attrs.is_empty() => {
                out.extend_from_slice("{ … }".as_bytes());
            }
            Value::List(list) => {
                out.extend_from_slice(b"[ ");
                self.show_items(list.slice(), depth, out);
                out.push(b']');
            }
            Value::Attrs(attrs) => {
                out.extend_from_slice(b"{ ");
                for (index, (name, _, slot)) in attrs.alphabetical(self.bump, &self.symbols).enumerate() {
                    if index >= MAX_ITEMS {
                        let more = format!("«{} more attributes» ", attrs.len() - index);
                        out.extend_from_slice(more.as_bytes());
                        break;
                    }
                    self.print_name(name, out);
                    out.extend_from_slice(b" = ");
                    self.show_into(slot.get(), depth + 1, out);
                    out.extend_from_slice(b"; ");
                }
                out.push(b'}');
            }
            Value::Lambda(_, id, _) => {
                let lambda = self.codes.lambda(id);
                let name = lambda.and_then(|lambda| lambda.name.get()).map(|name| self.name(name) + " ");
                let place =
                    self.describe_pos(lambda.map_or(nix_syntax::source::Pos::NONE, |lambda| lambda.pos));
                out.extend_from_slice(format!("«lambda {}@ {place}»", name.unwrap_or_default()).as_bytes());
            }
            Value::Builtin(_, builtin) => {
                out.extend_from_slice(format!("«primop {}»", builtin.name).as_bytes());
            }
            Value::Partial(_, partial) => match partial.func {
                Value::Builtin(_, builtin) => {
                    out.extend_from_slice(format!("«partially applied primop {}»", builtin.name).as_bytes());
                }
                func => self.show_into(func, depth, out),
            },
            Value::Ref(_) | Value::Suspended(..) | Value::Call(_) => {
                out.extend_from_slice("«thunk»".as_bytes())
            }
            Value::Blackhole => out.extend_from_slice("«potential infinite recursion»".as_bytes()),
            // The remaining ones are atoms, which cannot nest.
            atom => {
                if let Ok(text) = self.print(atom) {
                    out.extend_from_slice(&text);
                }
            }
        }
    }

    fn show_items(&self, slots: &'a [Slot<'a>], depth: usize, out: &mut Vec<u8>) {
        for (index, slot) in slots.iter().enumerate() {
            if index >= MAX_ITEMS {
                out.extend_from_slice(format!("«{} more items» ", slots.len() - index).as_bytes());
                break;
            }
            self.show_into(slot.get(), depth + 1, out);
            out.push(b' ');
        }
    }
}

/// How deep, how many items and how many characters a message shows of a value.
const MAX_DEPTH: usize = 3;
const MAX_ITEMS: usize = 10;
const MAX_SHOWN: usize = 400;

/// The value behind references that need no evaluation.
fn settled(mut value: Value<'_>) -> Value<'_> {
    // A chain of references is as long as the program made it, but it never has a cycle without a computation in it.
    for _ in 0..1000 {
        match value {
            Value::Ref(slot) => value = slot.get(),
            other => return other,
        }
    }
    value
}
