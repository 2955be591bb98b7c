//! The records of `tests/conformance`, whose format its README tells, evaluated in process.

use std::path::{Path, PathBuf};

use nix_eval::Settings;
use nix_eval::features::{Feature, Features};
use nix_syntax::lower::PartSizes;

use crate::host::{ALL_LATE, Outcome, STACK, conformance, evaluate_here, on_large_stack};

/// What Nix made of an expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Expected {
    /// It printed this value.
    Value(String),
    /// It failed, and its message contains this text.
    Error(String),
}

/// An expression and its outcomes.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    /// The file and the line it begins in.
    pub(crate) place: String,
    /// The expression.
    pub(crate) expr: String,
    /// What the reference version made of it.
    pub(crate) expected: Expected,
    /// Whether the older version made the same of it.
    pub(crate) stable: bool,
    /// Whether stock Nix needs a store that it can write to.
    pub(crate) writes: bool,
    /// The experimental features that are on.
    pub(crate) features: Features,
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut files: Vec<PathBuf> = std::fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|found| found == extension))
        .collect();
    files.sort();
    files
}

/// The blocks of a file: an expression, or a `- name` that `expression` turns into one, and its outcomes.
fn blocks(path: &Path, expression: impl Fn(&str) -> String, writes: bool) -> Vec<Record> {
    let mut records: Vec<Record> = Vec::new();
    let mut open: Option<(usize, String)> = None;
    let (mut features, mut writes) = (Features::default(), writes);
    let shown = path.file_name().unwrap().to_string_lossy().into_owned();
    for (index, line) in std::fs::read_to_string(path).unwrap().lines().enumerate() {
        if let Some(names) = line.strip_prefix("@features ") {
            features =
                names.split(' ').map(|name| Feature::named(name).unwrap()).fold(features, Features::with);
        } else if line == "@writes" {
            writes = true;
        } else if let Some(name) = line.strip_prefix("- ") {
            open = Some((index, expression(name)));
        } else if let Some(rest) = line.strip_prefix(">>") {
            open = Some((index, rest.get(1..).unwrap_or_default().to_owned()));
        } else if let Some(rest) = line.strip_prefix("..") {
            if let Some((_, expr)) = &mut open {
                expr.push('\n');
                expr.push_str(rest.get(1..).unwrap_or_default());
            }
        } else if let Some(mark @ ('=' | '!')) = line.chars().next() {
            let (version, text) = line[1..].split_once(' ').unwrap_or((&line[1..], ""));
            let text = text.to_owned();
            if version.is_empty() {
                let Some((line, expr)) = open.take() else { panic!("{shown}: an outcome of nothing") };
                let expected = if mark == '=' { Expected::Value(text) } else { Expected::Error(text) };
                let place = format!("{shown}:{}", line + 1);
                records.push(Record { place, expr, expected, stable: true, writes, features });
            } else if let Some(last) = records.last_mut() {
                last.stable = false;
            }
        }
    }
    assert!(!records.is_empty(), "{shown} has no records");
    records
}

pub(crate) fn values() -> Vec<Record> {
    let files = files(&conformance().join("values"), "txt");
    files.iter().flat_map(|path| blocks(path, str::to_owned, false)).collect()
}

pub(crate) fn derivations() -> Vec<Record> {
    let files = files(&conformance().join("drv"), "txt");
    let records = |path: &PathBuf| {
        let stem = path.file_stem().unwrap().to_string_lossy().into_owned();
        let expression = |name: &str| format!("import ./drv/lib/show.nix (import ./drv/{stem}.nix).{name}");
        blocks(path, expression, stem == "writable")
    };
    files.iter().flat_map(records).collect()
}

/// The calls in `regex.txt`, each with its value behind ` => `.
pub(crate) fn regexes() -> Vec<Record> {
    let text = std::fs::read_to_string(conformance().join("regex.txt")).unwrap();
    let lines = text.lines().enumerate().filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let record = |(index, line): (usize, &str)| {
        let (call, outcome) = line.rsplit_once(" => ").unwrap();
        let expected = match outcome {
            "invalid" => Expected::Error("invalid regular expression".to_owned()),
            "limit" => Expected::Error("memory limit exceeded by regular expression".to_owned()),
            value => Expected::Value(value.to_owned()),
        };
        let place = format!("regex.txt:{}", index + 1);
        Record {
            place,
            expr: format!("builtins.{call}"),
            expected,
            stable: false,
            writes: false,
            features: Features::default(),
        }
    };
    lines.map(record).collect()
}

/// Evaluates all `records` in the records' folder.
pub(crate) fn evaluate_all(records: &[Record], parts: PartSizes) -> Vec<Outcome> {
    let folder = conformance();
    let settings = Settings {
        stack_size: STACK,
        search_path: vec![("fixture".to_owned(), folder.join("files").to_string_lossy().into_owned())],
        parts,
        ..Settings::default()
    };
    let run = |part: &[Record]| -> Vec<Outcome> {
        let evaluate = |record: &Record| {
            let settings = Settings { features: record.features, ..settings.clone() };
            evaluate_here(&record.expr, &folder, &settings)
        };
        on_large_stack(|| part.iter().map(evaluate).collect())
    };
    let (first, second) = records.split_at(records.len() / 2);
    std::thread::scope(|scope| {
        let other = scope.spawn(|| run(second));
        let mut outcomes = run(first);
        outcomes.extend(other.join().unwrap());
        outcomes
    })
}

/// What the records write in place of the folder they lie in.
pub(crate) fn neutral(text: &str) -> String {
    text.replace(&*conformance().to_string_lossy(), "$HERE")
}

fn words(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn agrees(expected: &Expected, outcome: &Outcome) -> bool {
    match (expected, &outcome.value) {
        (Expected::Value(expected), Ok(found)) => *expected == neutral(found),
        (Expected::Error(expected), Err(error)) => {
            let steps = error.trace.iter().map(|frame| frame.text.as_str());
            let said: Vec<&str> = std::iter::once(error.message.as_str()).chain(steps).collect();
            words(&neutral(&said.join(" "))).contains(&words(expected))
        }
        _ => false,
    }
}

#[track_caller]
fn check(records: &[Record], parts: PartSizes) {
    let mut wrong = String::new();
    for (record, outcome) in records.iter().zip(evaluate_all(records, parts)) {
        if !agrees(&record.expected, &outcome) {
            let Record { place, expr, expected, .. } = record;
            wrong.push_str(&format!(
                "{place}: {expr}\n  expected {expected:?}\n  found {:?}\n",
                outcome.value
            ));
        }
    }
    assert!(wrong.is_empty(), "Nix 2.34 does otherwise:\n{wrong}");
}

#[test]
fn recorded_values() {
    check(&values(), PartSizes::default());
}

#[test]
fn recorded_derivations() {
    check(&derivations(), PartSizes::default());
}

#[test]
fn recorded_values_where_all_is_lowered_late() {
    check(&values(), ALL_LATE);
}

#[test]
fn recorded_derivations_where_all_is_lowered_late() {
    check(&derivations(), ALL_LATE);
}

#[test]
fn recorded_regular_expressions() {
    check(&regexes(), PartSizes::default());
}
