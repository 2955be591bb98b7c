//! JSON from values and values from JSON.

use std::borrow::Cow;
use std::cell::RefCell;

use nix_formats::scan::plain_prefix;
use nix_syntax::source::Pos;
use nix_syntax::symbol::Symbol;
use serde::de::{DeserializeSeed, MapAccess, SeqAccess, Visitor};

use crate::attrs::Attrs;
use crate::context::ContextBuilder;
use crate::error::{EvalError, EvalResult, WithFrame};
use crate::eval::Eval;
use crate::strings::Coercion;
use crate::value::{Entry, Value, View};

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
        self.enter_call(pos)?;
        let result = self.to_json_inside(value, pos, copy, out, context);
        self.leave_call();
        result
    }

    fn to_json_inside(
        &self,
        value: Value<'a>,
        pos: Pos,
        copy: bool,
        out: &mut Vec<u8>,
        context: &mut ContextBuilder,
    ) -> EvalResult<()> {
        match self.force(value)?.view() {
            View::Null => out.extend_from_slice(b"null"),
            View::Bool(value) => out.extend_from_slice(if value { b"true" } else { b"false" }),
            View::Int(value) => out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes()),
            View::Float(value) => out.extend_from_slice(json_float(value).as_bytes()),
            View::Str(text) => {
                context.add(&self.contexts, text.context());
                json_string(text.bytes(), out).map_err(|at| bad_utf8(text.bytes(), at, pos))?;
            }
            value @ View::Path(_) => {
                let mut text = Vec::new();
                self.coerce_into(value.value(), pos, Coercion { more: false, copy }, &mut text, context)?;
                json_string(&text, out).map_err(|at| bad_utf8(&text, at, pos))?;
            }
            View::List(list) => {
                out.push(b'[');
                for (index, slot) in list.slice().iter().enumerate() {
                    if index > 0 {
                        out.push(b',');
                    }
                    self.to_json(Value::reference(slot), pos, copy, out, context)
                        .with_frame(|| format!("while evaluating list element at index {index}"), pos)?;
                }
                out.push(b']');
            }
            View::Attrs(attrs) => self.attrs_to_json(attrs, pos, copy, out, context)?,
            other => {
                return Err(EvalError::type_error(
                    format!("cannot convert {} to JSON", other.value().type_with_article()),
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
            self.coerce_into(Value::attrs(attrs), pos, Coercion { more: false, copy }, &mut text, context)?;
            return json_string(&text, out).map_err(|at| bad_utf8(&text, at, pos));
        }
        if let Some(slot) = attrs.get(self.names.out_path) {
            return self.to_json(Value::reference(slot), pos, copy, out, context);
        }
        out.push(b'{');
        for (index, (name, attr_pos, slot)) in attrs.alphabetical(&self.shapes, &self.symbols).enumerate() {
            if index > 0 {
                out.push(b',');
            }
            let text = self.symbols.name(name);
            json_string(text, out).map_err(|at| bad_utf8(text, at, pos))?;
            out.push(b':');
            self.to_json(Value::reference(slot), attr_pos, copy, out, context)
                .with_frame(|| format!("while evaluating attribute '{}'", self.name(name)), attr_pos)?;
        }
        out.push(b'}');
        Ok(())
    }

    /// The value of a JSON text.
    ///
    /// # Errors
    /// Text that is no JSON, integers beyond 64 bits signed, strings with null bytes, and nesting that uses up the stack.
    pub fn from_json(&self, text: &[u8], pos: Pos) -> EvalResult<Value<'a>> {
        let refused = RefCell::new(None);
        let text = integer_zeros(text);
        let mut reader = serde_json::Deserializer::from_slice(&text);
        // How deep it may nest is for the stack to say.
        reader.disable_recursion_limit();
        let seed = JsonSeed { eval: self, refused: &refused, pos };
        let read = seed.deserialize(&mut reader).and_then(|value| reader.end().map(|()| value));
        read.map_err(|error| match refused.take() {
            Some(refusal) => refusal,
            None => EvalError::other(format!("failed to parse JSON: {error}"), pos),
        })
    }

    /// `text` as a string, unless it has null bytes, which no string of the language may hold.
    pub(crate) fn string_without_null(&self, text: &str, pos: Pos) -> EvalResult<Value<'a>> {
        check_null(text, pos)?;
        Ok(self.string(text.as_bytes()))
    }

    /// `text` as an attribute's name.
    pub(crate) fn name_without_null(&self, text: &str, pos: Pos) -> EvalResult<Symbol> {
        check_null(text, pos)?;
        Ok(self.symbols.intern(text.as_bytes()))
    }
}

/// JSON in which the integer `-0`, which the parser would take for a floating-point number, is `0`.
fn integer_zeros(text: &[u8]) -> Cow<'_, [u8]> {
    if !text.windows(2).any(|pair| pair == b"-0") {
        return Cow::Borrowed(text);
    }
    let mut out = Vec::with_capacity(text.len());
    let (mut in_string, mut escaped) = (false, false);
    for (index, byte) in text.iter().enumerate() {
        let is_zero = !in_string
            && *byte == b'-'
            && text.get(index + 1) == Some(&b'0')
            // An exponent's sign stands behind its letter.
            && !matches!(index.checked_sub(1).and_then(|before| text.get(before)), Some(b'e' | b'E'))
            && !matches!(text.get(index + 2), Some(b'.' | b'e' | b'E' | b'0'..=b'9'));
        if !is_zero {
            out.push(*byte);
        }
        match byte {
            b'"' if !escaped => in_string = !in_string,
            _ => {}
        }
        escaped = in_string && *byte == b'\\' && !escaped;
    }
    Cow::Owned(out)
}

fn check_null(text: &str, pos: Pos) -> EvalResult<()> {
    if text.contains('\0') {
        let shown = text.replace('\0', "\u{2400}");
        let message = format!(
            "input string '{shown}' cannot be represented as Nix string because it contains null bytes"
        );
        return Err(EvalError::other(message, pos));
    }
    Ok(())
}

/// Makes values of the language from JSON as it is read.
#[derive(Clone, Copy)]
struct JsonSeed<'s, 'a> {
    eval: &'s Eval<'a>,
    /// Why the text was refused although it is JSON.
    refused: &'s RefCell<Option<Box<EvalError>>>,
    pos: Pos,
}

impl JsonSeed<'_, '_> {
    /// Ends the reading with an error of ours.
    fn kept<T, E: serde::de::Error>(&self, result: EvalResult<T>) -> Result<T, E> {
        result.map_err(|error| {
            *self.refused.borrow_mut() = Some(error);
            E::custom("refused")
        })
    }
}

impl<'de, 'a> DeserializeSeed<'de> for JsonSeed<'_, 'a> {
    type Value = Value<'a>;

    fn deserialize<D: serde::Deserializer<'de>>(self, reader: D) -> Result<Value<'a>, D::Error> {
        self.kept(self.eval.check_stack())?;
        reader.deserialize_any(self)
    }
}

impl<'de, 'a> Visitor<'de> for JsonSeed<'_, 'a> {
    type Value = Value<'a>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value<'a>, E> {
        Ok(Value::NULL)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Value<'a>, E> {
        Ok(Value::bool(value))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Value<'a>, E> {
        Ok(Value::int(value))
    }

    fn visit_u64<E: serde::de::Error>(self, value: u64) -> Result<Value<'a>, E> {
        let number = i64::try_from(value).map_err(|_| {
            let message = format!("unsigned json number {value} outside of Nix integer range");
            EvalError::other(message, self.pos)
        });
        self.kept(number).map(Value::int)
    }

    fn visit_f64<E>(self, value: f64) -> Result<Value<'a>, E> {
        Ok(Value::float(value))
    }

    fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Value<'a>, E> {
        self.kept(self.eval.string_without_null(text, self.pos))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value<'a>, A::Error> {
        let mut values = Vec::new();
        while let Some(value) = items.next_element_seed(self)? {
            values.push(value);
        }
        Ok(self.eval.list(&values))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Value<'a>, A::Error> {
        let mut entries = Vec::new();
        while let Some(name) = fields.next_key::<Cow<'de, str>>()? {
            let name = self.kept(self.eval.name_without_null(&name, self.pos))?;
            entries.push(Entry { name, pos: Pos::NONE, value: fields.next_value_seed(self)? });
        }
        // Of a name that comes twice the last one counts.
        entries.reverse();
        Ok(Value::attrs(Attrs::from_entries(&self.eval.shapes, entries)))
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
    let mut rest = bytes;
    loop {
        let (plain, marked) =
            rest.split_at(plain_prefix(rest, |byte| (byte < 0x20) | (byte == b'"') | (byte == b'\\')));
        out.extend_from_slice(plain);
        let Some((byte, behind)) = marked.split_first() else { break };
        match byte {
            b'"' => out.extend_from_slice(b"\\\""),
            b'\\' => out.extend_from_slice(b"\\\\"),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            0x08 => out.extend_from_slice(b"\\b"),
            0x0c => out.extend_from_slice(b"\\f"),
            byte => out.extend_from_slice(format!("\\u{byte:04x}").as_bytes()),
        }
        rest = behind;
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
    fn zeros() {
        for (text, expected) in [
            ("-0", "0"),
            ("[-0,-0.0,-0e1,1e-0,-01]", "[0,-0.0,-0e1,1e-0,-01]"),
            ("\"-0\\\"-0\" -0", "\"-0\\\"-0\" 0"),
            ("{\"a\":-0}", "{\"a\":0}"),
        ] {
            assert_eq!(String::from_utf8_lossy(&integer_zeros(text.as_bytes())), expected);
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
