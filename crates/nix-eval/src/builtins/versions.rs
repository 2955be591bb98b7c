//! Version strings, compared as package versions.

use std::cmp::Ordering;

use nix_syntax::source::Pos;

use super::{Def, arity, def};
use crate::attrs::Attrs;
use crate::error::EvalResult;
use crate::eval::Eval;
use crate::value::{Entry, Value};

pub(super) fn defs<'a>() -> Vec<Def<'a>> {
    vec![
        def("compareVersions", 2, 3, |eval, args, pos| {
            let [left, right] = args else { return Err(arity(pos)) };
            let (left, right) =
                (eval.expect_plain_string(*left, pos)?, eval.expect_plain_string(*right, pos)?);
            Ok(Value::int(compare(left, right) as i64))
        }),
        def("splitVersion", 1, 1, |eval, args, pos| {
            let [text] = args else { return Err(arity(pos)) };
            let mut rest = eval.expect_plain_string(*text, pos)?;
            let mut parts = Vec::new();
            loop {
                let (part, after) = component(rest);
                if part.is_empty() {
                    return Ok(eval.list(&parts));
                }
                parts.push(eval.string(part));
                rest = after;
            }
        }),
        def("parseDrvName", 1, 1, parse_drv_name),
    ]
}

/// The next component of a version: a run of digits or of anything else but dots and dashes.
fn component(text: &[u8]) -> (&[u8], &[u8]) {
    let start = text.iter().position(|byte| !matches!(byte, b'.' | b'-')).unwrap_or(text.len());
    let text = text.get(start..).unwrap_or(&[]);
    let digits = text.first().is_some_and(u8::is_ascii_digit);
    let end = text
        .iter()
        .position(|byte| matches!(byte, b'.' | b'-') || byte.is_ascii_digit() != digits)
        .unwrap_or(text.len());
    text.split_at(end)
}

fn number(text: &[u8]) -> Option<u64> {
    std::str::from_utf8(text).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()))?.parse().ok()
}

/// Whether a component comes before another: numbers by value, `pre` before everything, text before numbers.
fn before(left: &[u8], right: &[u8]) -> bool {
    match (number(left), number(right)) {
        (Some(a), Some(b)) => a < b,
        (None, Some(_)) if left.is_empty() => true,
        _ if left == b"pre" && right != b"pre" => true,
        _ if right == b"pre" => false,
        (None, Some(_)) => true,
        (Some(_), None) => false,
        (None, None) => left < right,
    }
}

fn compare(mut left: &[u8], mut right: &[u8]) -> Ordering {
    while !left.is_empty() || !right.is_empty() {
        let (a, b);
        (a, left) = component(left);
        (b, right) = component(right);
        if before(a, b) {
            return Ordering::Less;
        }
        if before(b, a) {
            return Ordering::Greater;
        }
    }
    Ordering::Equal
}

/// `parseDrvName`: the version begins behind the first dash that no letter follows.
fn parse_drv_name<'a>(eval: &Eval<'a>, args: &[Value<'a>], pos: Pos) -> EvalResult<Value<'a>> {
    let [text] = args else { return Err(arity(pos)) };
    let text = eval.expect_plain_string(*text, pos)?;
    let dash = text.windows(2).position(|pair| matches!(pair, [b'-', next] if !next.is_ascii_alphabetic()));
    let (name, version) = match dash {
        Some(at) => (text.get(..at).unwrap_or(text), text.get(at + 1..).unwrap_or(&[])),
        None => (text, &b""[..]),
    };
    let entry = |name, value| Entry { name, pos: Pos::NONE, value };
    Ok(Value::attrs(Attrs::from_entries(
        &eval.shapes,
        vec![entry(eval.names.name, eval.string(name)), entry(eval.names.version, eval.string(version))],
    )))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_compare_by_component() {
        for (left, right, expected) in [
            ("1.0", "2.3", Ordering::Less),
            ("2.1", "2.3", Ordering::Less),
            ("2.3", "2.3", Ordering::Equal),
            ("2.5", "2.3", Ordering::Greater),
            ("2.3.1", "2.3", Ordering::Greater),
            ("2.3.1", "2.3a", Ordering::Greater),
            ("2.3pre1", "2.3", Ordering::Less),
            ("2.3pre3", "2.3pre12", Ordering::Less),
            ("2.3a", "2.3c", Ordering::Less),
            ("2.3pre1", "2.3c", Ordering::Less),
            ("", "1", Ordering::Less),
            ("1.", "1", Ordering::Equal),
        ] {
            assert_eq!(compare(left.as_bytes(), right.as_bytes()), expected, "{left} and {right}");
        }
    }
}
