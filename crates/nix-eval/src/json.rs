//! JSON from values and values from JSON.

use std::cell::Cell;

use nix_syntax::source::Pos;

use crate::attrs::Attrs;
use crate::context::ContextBuilder;
use crate::error::{EvalError, EvalResult, WithFrame};
use crate::eval::Eval;
use crate::strings::Coercion;
use crate::value::{Entry, List, Value};

impl<'a> Eval<'a> {
    /// Appends `value` as JSON to `out`, evaluating all of it, and its dependencies to `context`. With `copy`, a path
    /// means its copy in the store.
    ///
    /// # Errors
    /// Functions, strings that are not UTF-8, and whatever evaluation runs into.
    pub fn to_json(
        &self,
        value: Value<'a>,
        pos: Pos,
        copy: bool,
        out: &mut Vec<u8>,
        context: &mut ContextBuilder,
    ) -> EvalResult<()> {
        self.check_stack()?;
        match self.force(value)? {
            Value::Null => out.extend_from_slice(b"null"),
            Value::Bool(value) => out.extend_from_slice(if value { b"true" } else { b"false" }),
            Value::Int(value) => out.extend_from_slice(value.to_string().as_bytes()),
            Value::Float(value) => out.extend_from_slice(json_float(value).as_bytes()),
            Value::Str(text) => {
                context.add(text.context);
                json_string(text.bytes, out).map_err(|at| bad_utf8(text.bytes, at, pos))?;
            }
            value @ Value::Path(_) => {
                let mut text = Vec::new();
                self.coerce_into(value, pos, Coercion { more: false, copy }, &mut text, context)?;
                json_string(&text, out).map_err(|at| bad_utf8(&text, at, pos))?;
            }
            Value::List(list) => {
                out.push(b'[');
                for (index, slot) in list.slice().iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    self.to_json(Value::Ref(slot), pos, copy, out, context)
                        .with_frame(|| format!("while evaluating list element at index {index}"), pos)?;
                }
                out.push(b']');
            }
            Value::Attrs(attrs) => self.attrs_to_json(attrs, pos, copy, out, context)?,
            other => {
                return Err(EvalError::type_error(
                    format!("cannot convert {} to JSON", other.type_with_article()),
                    pos,
                ));
            }
        }
        Ok(())
    }

    fn attrs_to_json(
        &self,
        attrs: &'a Attrs<'a>,
        pos: Pos,
        copy: bool,
        out: &mut Vec<u8>,
        context: &mut ContextBuilder,
    ) -> EvalResult<()> {
        if attrs.get(self.names.to_string).is_some() {
            let mut text = Vec::new();
            self.coerce_into(Value::Attrs(attrs), pos, Coercion { more: false, copy }, &mut text, context)?;
            return json_string(&text, out).map_err(|at| bad_utf8(&text, at, pos));
        }
        if let Some(slot) = attrs.get(self.names.out_path) {
            return self.to_json(Value::Ref(slot), pos, copy, out, context);
        }
        out.push(b'{');
        for (index, (name, attr_pos, slot)) in attrs.alphabetical(self.bump, &self.symbols).enumerate() {
            if index > 0 {
                out.push(b',');
            }
            let text = self.symbols.name(name);
            json_string(text, out).map_err(|at| bad_utf8(text, at, pos))?;
            out.push(b':');
            self.to_json(Value::Ref(slot), attr_pos, copy, out, context)
                .with_frame(|| format!("while evaluating attribute '{}'", self.name(name)), attr_pos)?;
        }
        out.push(b'}');
        Ok(())
    }

    /// The value of a JSON text.
    ///
    /// # Errors
    /// Text that is no JSON, and integers beyond 64 bits signed.
    pub fn from_json(&self, text: &[u8], pos: Pos) -> EvalResult<Value<'a>> {
        let parsed: serde_json::Value = serde_json::from_slice(text)
            .map_err(|error| EvalError::other(format!("failed to parse JSON: {error}"), pos))?;
        self.json_value(&parsed, pos)
    }

    fn json_value(&self, json: &serde_json::Value, pos: Pos) -> EvalResult<Value<'a>> {
        Ok(match json {
            serde_json::Value::Null => Value::Null,
            serde_json::Value::Bool(value) => Value::Bool(*value),
            serde_json::Value::Number(number) => {
                if let Some(value) = number.as_i64() {
                    Value::Int(value)
                } else if number.is_u64() {
                    return Err(EvalError::other(
                        format!("unsigned json number {number} outside of Nix integer range"),
                        pos,
                    ));
                } else {
                    Value::Float(number.as_f64().unwrap_or(f64::NAN))
                }
            }
            serde_json::Value::String(text) => self.string(text.as_bytes()),
            serde_json::Value::Array(items) => {
                let items =
                    items.iter().map(|item| self.json_value(item, pos)).collect::<EvalResult<Vec<_>>>()?;
                Value::List(List::new(self.bump, (), items.len(), |index| {
                    Cell::new(items.get(index).copied().unwrap_or(Value::Null))
                }))
            }
            serde_json::Value::Object(fields) => {
                let mut entries = Vec::with_capacity(fields.len());
                for (name, value) in fields {
                    let value = self.json_value(value, pos)?;
                    entries.push(Entry { name: self.symbols.intern(name.as_bytes()), pos: Pos::NONE, value });
                }
                Value::Attrs(Attrs::from_entries(self.bump, entries))
            }
        })
    }
}

#[cold]
fn bad_utf8(bytes: &[u8], at: usize, pos: Pos) -> Box<EvalError> {
    let byte = bytes.get(at).copied().unwrap_or(0);
    EvalError::other(format!("JSON serialization error: invalid UTF-8 byte at index {at}: 0x{byte:02X}"), pos)
}

/// Appends a JSON string; the error is the index of the first byte that is not UTF-8.
fn json_string(bytes: &[u8], out: &mut Vec<u8>) -> Result<(), usize> {
    if let Err(error) = std::str::from_utf8(bytes) {
        return Err(error.valid_up_to());
    }
    out.push(b'"');
    for byte in bytes {
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0c => out.extend_from_slice(b"\\f"),
            byte if *byte < 0x20 => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
            byte => out.push(*byte),
        }
    }
    out.push(b'"');
    Ok(())
}

/// A number in the form of Nix's JSON library: plain between 1e-4 and 1e15, always recognisable as a float.
fn json_float(value: f64) -> String {
    if !value.is_finite() {
        return "null".to_owned();
    }
    if value == 0.0 {
        return if value.is_sign_negative() { "-0.0" } else { "0.0" }.to_owned();
    }
    let (digits, last) = crate::grisu::digits(value.abs());
    let count = digits.len() as i32;
    let point = count + last;
    let body = if count <= point && point <= 15 {
        format!("{digits}{}.0", "0".repeat((point - count) as usize))
    } else if 0 < point && point <= 15 {
        let (whole, part) = digits.split_at(point as usize);
        format!("{whole}.{part}")
    } else if -4 < point && point <= 0 {
        format!("0.{}{digits}", "0".repeat(-point as usize))
    } else {
        let (first, rest) = digits.split_at(1);
        let exponent = point - 1;
        let sign = if exponent < 0 { '-' } else { '+' };
        let point = if rest.is_empty() { "" } else { "." };
        format!("{first}{point}{rest}e{sign}{:02}", exponent.abs())
    };
    if value < 0.0 { format!("-{body}") } else { body }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn floats() {
        for (value, expected) in [
            (0.0, "0.0"),
            (1.0, "1.0"),
            (-1.5, "-1.5"),
            (0.1, "0.1"),
            (100000.0, "100000.0"),
            (1e15, "1e+15"),
            (1e14, "100000000000000.0"),
            (123456789.125, "123456789.125"),
            (1e100, "1e+100"),
            (1.5e-7, "1.5e-07"),
            (0.001, "0.001"),
        ] {
            assert_eq!(json_float(value), expected);
        }
    }

    #[test]
    fn strings() {
        let mut out = Vec::new();
        json_string("a\"\\\u{1}é".as_bytes(), &mut out).unwrap();
        assert_eq!(String::from_utf8(out).unwrap(), "\"a\\\"\\\\\\u0001é\"");
        assert_eq!(json_string(b"a\xff", &mut Vec::new()), Err(1));
    }
}
