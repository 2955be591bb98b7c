//! Checks the engine against outcomes recorded from stock Nix.

use super::{Captures, Regex, RegexError};

/// Each line is `FUNCTION PATTERN TEXT => OUTCOME`, with strings written as in Nix and outcomes as Nix prints
/// them, or `invalid` or `limit` for a refused pattern.
const RECORDED: &str = include_str!("../../../../tests/conformance/regex.txt");

/// Reads a Nix string literal without interpolation; returns its bytes and what follows it.
fn literal(input: &str) -> (Vec<u8>, &str) {
    let mut chars = input.strip_prefix('"').unwrap().char_indices();
    let mut bytes = String::new();
    while let Some((index, char)) = chars.next() {
        match char {
            '"' => return (bytes.into_bytes(), &input[index + 2..]),
            '\\' => bytes.push(match chars.next().unwrap().1 {
                'n' => '\n',
                't' => '\t',
                'r' => '\r',
                other => other,
            }),
            other => bytes.push(other),
        }
    }
    panic!("unterminated string: {input}");
}

fn show_string(bytes: &[u8]) -> String {
    let mut shown = String::from("\"");
    let text = String::from_utf8_lossy(bytes);
    let mut chars = text.chars().peekable();
    while let Some(char) = chars.next() {
        match char {
            '"' => shown.push_str("\\\""),
            '\\' => shown.push_str("\\\\"),
            '\n' => shown.push_str("\\n"),
            '\t' => shown.push_str("\\t"),
            '\r' => shown.push_str("\\r"),
            '$' if chars.peek() == Some(&'{') => shown.push_str("\\$"),
            other => shown.push(other),
        }
    }
    shown + "\""
}

fn show_list(items: impl IntoIterator<Item = String>) -> String {
    let mut shown = String::from("[ ");
    for item in items {
        shown.push_str(&item);
        shown.push(' ');
    }
    shown + "]"
}

fn show_groups(text: &[u8], captures: &Captures) -> String {
    show_list(captures.groups().iter().map(|group| match group {
        Some((from, to)) => show_string(&text[*from..*to]),
        None => "null".to_owned(),
    }))
}

fn run(function: &str, pattern: &[u8], text: &[u8]) -> Result<String, RegexError> {
    let regex = Regex::new(pattern)?;
    if function == "match" {
        let found = regex.full_match(text)?;
        return Ok(found.map_or("null".to_owned(), |captures| show_groups(text, &captures)));
    }
    let mut items = Vec::new();
    let mut end = 0;
    for captures in regex.matches(text) {
        let captures = captures?;
        let (from, to) = captures.span();
        items.push(show_string(&text[end..from]));
        items.push(show_groups(text, &captures));
        end = to;
    }
    items.push(show_string(&text[end..]));
    Ok(show_list(items))
}

fn outcome(function: &str, pattern: &[u8], text: &[u8]) -> String {
    match run(function, pattern, text) {
        Ok(shown) => shown,
        Err(error) if error.is_limit() => "limit".to_owned(),
        Err(_) => "invalid".to_owned(),
    }
}

#[test]
fn agrees_with_recorded_nix() {
    let mut wrong = Vec::new();
    let mut checked = 0;
    for line in RECORDED.lines().filter(|line| !line.is_empty() && !line.starts_with('#')) {
        let (function, rest) = line.split_once(' ').unwrap();
        let (pattern, rest) = literal(rest);
        let (text, rest) = literal(rest.trim_start());
        let expected = rest.trim_start().strip_prefix("=> ").unwrap();
        let actual = outcome(function, &pattern, &text);
        if actual != expected {
            wrong.push(format!("{line}\n   got {actual}"));
        }
        checked += 1;
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(checked >= 250, "only {checked} records");
}

#[track_caller]
fn check(function: &str, pattern: &str, text: &str, expected: &str) {
    assert_eq!(outcome(function, pattern.as_bytes(), text.as_bytes()), expected, "{function} {pattern}");
}

/// Patterns on which backtracking without memory takes exponential or polynomial time.
#[test]
fn stays_linear_on_hostile_patterns() {
    let text = "a".repeat(20_000);
    for pattern in [
        "(a*)*b",
        "(a|a)*b",
        "(a|aa)+b",
        "(a+)+b",
        ".*.*.*.*b",
        "(.*)(.*)(.*)(.*)(b)",
        "((a?)*)*b",
        "(a|b|ab)*(a|b)*c",
        "(([a-z])+.)+[A-Z]([a-z])+",
    ] {
        assert_eq!(run("match", pattern.as_bytes(), text.as_bytes()), Ok("null".to_owned()), "{pattern}");
        let split = run("split", pattern.as_bytes(), text.as_bytes()).unwrap();
        assert_eq!(split.len(), text.len() + 6, "{pattern}");
    }
}

#[test]
fn remembers_without_changing_results() {
    let text = format!("{}b", "a".repeat(3_000));
    check("match", "(a|aa)*(a*)b", &text, "[ \"a\" \"\" ]");
    check("match", "(a*)*(b)", &text, "[ \"\" \"b\" ]");
    let split = run("split", b"(a|aa)*(a|b)", text.as_bytes()).unwrap();
    assert_eq!(split, "[ \"\" [ \"a\" \"b\" ] \"\" ]");
}

#[test]
fn survives_deep_nesting_and_long_texts() {
    let deep = format!("{}a{}", "(".repeat(30_000), ")".repeat(30_000));
    let regex = Regex::new(deep.as_bytes()).unwrap();
    assert_eq!(regex.group_count(), 30_000);
    assert!(regex.full_match(b"a").unwrap().is_some());
    check("match", &format!("{}a", "(".repeat(30_000)), "a", "invalid");
    let long = "ab".repeat(500_000);
    check("match", "((a|b)(b|a))*", &long, "[ \"ab\" \"a\" \"b\" ]");
    check("match", "(.*)b", &long, &format!("[ \"{}\" ]", &long[..long.len() - 1]));
}

/// What multiplies inside one position cannot be remembered and ends at a limit.
#[test]
fn gives_up_on_exploding_empty_loops() {
    let mut pattern = String::from("a");
    for _ in 0..40 {
        pattern = format!("({pattern})*");
    }
    check("match", &format!("{pattern}b"), "c", "limit");
}

#[test]
fn handles_bytes_that_are_not_text() {
    assert_eq!(Regex::new(b"a\0").err(), Some(RegexError::Nul(1)));
    let any = Regex::new(b".").unwrap();
    assert!(any.full_match(b"\xff").unwrap().is_some());
    assert!(any.full_match(b"\0").unwrap().is_none());
    assert!(Regex::new(b"[^a]").unwrap().full_match(b"\0").unwrap().is_some());
    // The bounds are compared as signed characters.
    let range = Regex::new(b"[\x80-\x02]").unwrap();
    assert!(range.full_match(b"\xff").unwrap().is_some());
    assert!(range.full_match(b"\x03").unwrap().is_none());
}

#[test]
fn finds_from_a_position() {
    let regex = Regex::new(b"^a|b").unwrap();
    let spans = |text: &[u8], start| regex.find_at(text, start).unwrap().map(|found| found.span());
    assert_eq!(spans(b"aab", 0), Some((0, 1)));
    assert_eq!(spans(b"aab", 1), Some((2, 3)));
    assert_eq!(spans(b"aab", 3), None);
    assert_eq!(spans(b"aab", 4), None);
}
