//! Regular expressions, JSON and TOML.

use std::rc::Rc;

use nix_syntax::source::Pos;

use super::{Def, arity, def};
use crate::attrs::Attrs;
use crate::context::ContextBuilder;
use crate::error::{EvalError, EvalResult};
use crate::eval::Eval;
use crate::features::Feature;
use crate::regex::{Captures, Regex, RegexError};
use crate::value::{Entry, Value};

pub(super) fn defs<'a>() -> Vec<Def<'a>> {
    vec![
        def("match", 2, 3, |eval, args, pos| {
            let [pattern, text] = args else { return Err(arity(pos)) };
            let pattern = eval.expect_plain_string(*pattern, pos)?;
            let regex = compiled(eval, pattern, pos)?;
            let text = eval.expect_string(*text, pos)?.bytes();
            let found = regex.full_match(text).map_err(|error| regex_error(&error, pattern, pos))?;
            Ok(match found {
                Some(captures) => groups(eval, text, &captures),
                None => Value::NULL,
            })
        }),
        // Only a text in which nothing matches keeps its context.
        def("split", 2, 3, |eval, args, pos| {
            let [pattern, text] = args else { return Err(arity(pos)) };
            let pattern = eval.expect_plain_string(*pattern, pos)?;
            let regex = compiled(eval, pattern, pos)?;
            let whole = eval.expect_string(*text, pos)?;
            let text = whole.bytes();
            let mut items = Vec::new();
            let mut end = 0;
            for found in regex.matches(text) {
                let captures = found.map_err(|error| regex_error(&error, pattern, pos))?;
                let span = captures.span();
                items.push(eval.string(text.get(end..span.0).unwrap_or(&[])));
                items.push(groups(eval, text, &captures));
                end = span.1;
            }
            if items.is_empty() {
                return Ok(eval.list(&[Value::str(whole)]));
            }
            items.push(eval.string(text.get(end..).unwrap_or(&[])));
            Ok(eval.list(&items))
        }),
        def("toJSON", 1, 0, |eval, args, pos| {
            let [value] = args else { return Err(arity(pos)) };
            let mut out = Vec::new();
            let mut context = ContextBuilder::default();
            eval.to_json(*value, pos, true, &mut out, &mut context)?;
            Ok(eval.string_with_context(&out, context.finish(&eval.contexts)))
        }),
        def("fromJSON", 1, 1, |eval, args, pos| {
            let [text] = args else { return Err(arity(pos)) };
            let text = eval.expect_plain_string(*text, pos)?;
            eval.from_json(text, pos)
        }),
        def("fromTOML", 1, 1, |eval, args, pos| {
            let [text] = args else { return Err(arity(pos)) };
            let text = eval.expect_plain_string(*text, pos)?;
            let text = std::str::from_utf8(text)
                .map_err(|error| EvalError::other(format!("while parsing TOML: {error}"), pos))?;
            let table: toml::Table = toml::from_str(text)
                .map_err(|error| EvalError::other(format!("while parsing TOML: {error}"), pos))?;
            from_table(eval, &table, pos)
        }),
    ]
}

fn from_table<'a>(eval: &Eval<'a>, table: &toml::Table, pos: Pos) -> EvalResult<Value<'a>> {
    let mut entries = Vec::with_capacity(table.len());
    for (name, value) in table {
        let value = from_toml(eval, value, pos)?;
        let name = eval.name_without_null(name, pos).map_err(toml_error)?;
        entries.push(Entry { name, pos: Pos::NONE, value });
    }
    Ok(Value::attrs(Attrs::from_entries(&eval.shapes, entries)))
}

fn from_toml<'a>(eval: &Eval<'a>, value: &toml::Value, pos: Pos) -> EvalResult<Value<'a>> {
    Ok(match value {
        toml::Value::String(text) => eval.string_without_null(text, pos).map_err(toml_error)?,
        toml::Value::Integer(number) => Value::int(*number),
        toml::Value::Float(number) => Value::float(*number),
        toml::Value::Boolean(truth) => Value::bool(*truth),
        toml::Value::Datetime(time) => {
            if eval.settings.features.has(Feature::ParseTomlTimestamps) {
                let text = eval.string(timestamp(time).as_bytes());
                return Ok(eval.attrs(&[("_type", eval.string(b"timestamp")), ("value", text)]));
            }
            return Err(EvalError::other("while parsing TOML: Dates and times are not supported", pos));
        }
        toml::Value::Array(items) => {
            let items =
                items.iter().map(|item| from_toml(eval, item, pos)).collect::<EvalResult<Vec<_>>>()?;
            eval.list(&items)
        }
        toml::Value::Table(table) => from_table(eval, table, pos)?,
    })
}

#[cold]
fn toml_error(mut error: Box<EvalError>) -> Box<EvalError> {
    error.message = format!("while parsing TOML: error: {}", error.message);
    error
}

/// A time as Nix's TOML library writes it: a fraction of a second has three, six or nine digits.
fn timestamp(time: &toml::value::Datetime) -> String {
    let mut out = String::new();
    if let Some(date) = &time.date {
        out.push_str(&format!("{:04}-{:02}-{:02}", date.year, date.month, date.day));
        if time.time.is_some() {
            out.push('T');
        }
    }
    if let Some(clock) = &time.time {
        let second = clock.second.unwrap_or(0);
        out.push_str(&format!("{:02}:{:02}:{second:02}", clock.hour, clock.minute));
        match clock.nanosecond.unwrap_or(0) {
            0 => {}
            nanos if nanos % 1_000_000 == 0 => out.push_str(&format!(".{:03}", nanos / 1_000_000)),
            nanos if nanos % 1_000 == 0 => out.push_str(&format!(".{:06}", nanos / 1_000)),
            nanos => out.push_str(&format!(".{nanos:09}")),
        }
    }
    match time.offset {
        Some(toml::value::Offset::Custom { minutes }) if minutes != 0 => {
            let sign = if minutes < 0 { '-' } else { '+' };
            let minutes = minutes.unsigned_abs();
            out.push_str(&format!("{sign}{:02}:{:02}", minutes / 60, minutes % 60));
        }
        Some(_) => out.push('Z'),
        None => {}
    }
    out
}

fn compiled<'a>(eval: &Eval<'a>, pattern: &[u8], pos: Pos) -> EvalResult<Rc<Regex>> {
    if let Some(known) = eval.regexes.borrow().get(pattern) {
        return Ok(Rc::clone(known));
    }
    let regex = Rc::new(Regex::new(pattern).map_err(|error| regex_error(&error, pattern, pos))?);
    eval.regexes.borrow_mut().insert(pattern.to_vec(), Rc::clone(&regex));
    Ok(regex)
}

#[cold]
fn regex_error(error: &RegexError, pattern: &[u8], pos: Pos) -> Box<EvalError> {
    let pattern = String::from_utf8_lossy(pattern);
    EvalError::other(
        if error.is_limit() {
            format!("memory limit exceeded by regular expression '{pattern}'")
        } else {
            format!("invalid regular expression '{pattern}'")
        },
        pos,
    )
}

fn groups<'a>(eval: &Eval<'a>, text: &'a [u8], captures: &Captures) -> Value<'a> {
    let items: Vec<Value<'a>> = captures
        .groups()
        .iter()
        .map(|group| match group {
            Some(span) => eval.string(text.get(span.0..span.1).unwrap_or(&[])),
            None => Value::NULL,
        })
        .collect();
    eval.list(&items)
}
