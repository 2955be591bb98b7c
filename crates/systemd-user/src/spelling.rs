//! Values that are written differently and mean the same to systemd.
//!
//! Only what is certain counts: the words of command lines and of variables, truth values, spans of time and lists of units.
//! Which settings have these is known from the tables of the linter.

use std::collections::BTreeSet;
use std::sync::OnceLock;

use crate::lint::Table;
use crate::lint::words::Words;
use crate::timespan::TimeSpan;
use crate::unit::parse_boolean;

/// Whether the values of a setting (its section and key) mean the same. None at all means something of its own.
pub(crate) fn alike((section, key): &(String, String), one: &[String], other: &[String]) -> bool {
    static TABLE: OnceLock<Table<'static>> = OnceLock::new();
    if one.is_empty() || other.is_empty() {
        return false;
    }
    let Some(directive) = TABLE.get_or_init(Table::newest).get(section, key) else { return false };
    match directive.kind {
        "bool" => last(one, parse_boolean).is_some_and(|value| last(other, parse_boolean) == Some(value)),
        "sec" => {
            let span = |text: &str| TimeSpan::parse(text).ok();
            last(one, span).is_some_and(|value| last(other, span) == Some(value))
        }
        "exec" => commands(one).is_some_and(|value| commands(other) == Some(value)),
        "environ" => words(one).is_some_and(|value| words(other) == Some(value)),
        "unit-deps" => units(one) == units(other),
        _ => false,
    }
}

/// Of several assignments the last counts.
fn last<T>(values: &[String], parse: impl Fn(&str) -> Option<T>) -> Option<T> {
    values.last().and_then(|value| parse(value))
}

/// The words of each command line.
fn commands(values: &[String]) -> Option<Vec<Vec<String>>> {
    values.iter().map(|value| words(std::slice::from_ref(value))).collect()
}

/// The words of all the values; none if one cannot be read.
fn words(values: &[String]) -> Option<Vec<String>> {
    let mut found = Vec::new();
    for value in values {
        for word in Words::quoted(value) {
            let word = word.ok().filter(|word| word.bad_escape.is_none())?;
            // A semicolon divides command lines only if it is written just so.
            let written = value.get(word.at.clone()).unwrap_or_default();
            let plain = word.text != ";" || written == ";";
            found.push(if plain { word.text.into_owned() } else { written.to_owned() });
        }
    }
    Some(found)
}

fn units(values: &[String]) -> BTreeSet<&str> {
    values.iter().flat_map(|value| value.split_whitespace()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(section: &str, key: &str, one: &[&str], other: &[&str], expected: bool) {
        let values = |values: &[&str]| values.iter().map(ToString::to_string).collect::<Vec<_>>();
        let setting = (section.to_owned(), key.to_owned());
        let (one, other) = (values(one), values(other));
        assert_eq!(alike(&setting, &one, &other), expected, "{key}: {one:?} {other:?}");
        assert_eq!(alike(&setting, &other, &one), expected, "{key}: {other:?} {one:?}");
    }

    #[test]
    fn commands_by_their_words() {
        let exec =
            |one: &str, other: &str, expected| check("Service", "ExecStart", &[one], &[other], expected);
        exec("/bin/a  'b c'", "\"/bin/a\" \"b c\"", true);
        exec("/bin/a b\\x20c", "/bin/a 'b c'", true);
        exec("/bin/a 'b c'", "/bin/a b c", false);
        exec("/bin/a ; /bin/b", "/bin/a ';' /bin/b", false);
        exec("/bin/a 'b", "/bin/a 'b ", false);
        check("Service", "ExecStart", &["/bin/a", "/bin/b"], &["/bin/a /bin/b"], false);
        check("Socket", "ExecStartPre", &["/bin/a 'b'"], &["/bin/a b"], true);
    }

    #[test]
    fn variables_by_their_words() {
        check("Service", "Environment", &["A=1 'B=2 3'"], &["\"A=1\"", "B='2 3'"], true);
        check("Service", "Environment", &["A=1 A=2"], &["A=2 A=1"], false);
    }

    #[test]
    fn truth_time_and_units() {
        check("Service", "RemainAfterExit", &["true"], &["no", "yes"], true);
        check("Service", "RemainAfterExit", &["true"], &["off"], false);
        check("Service", "RemainAfterExit", &["true"], &["perhaps"], false);
        check("Service", "RestartSec", &["90"], &["1min 30s"], true);
        check("Service", "RestartSec", &["90"], &["90ms"], false);
        check("Unit", "Requires", &["a.service b.service"], &["b.service", "a.service"], true);
        check("Unit", "Requires", &["a.service"], &[], false);
    }

    #[test]
    fn what_is_not_known_is_compared_by_the_letter() {
        check("Service", "Unheard", &["yes"], &["true"], false);
        check("X-Mine", "RemainAfterExit", &["yes"], &["true"], false);
        check("Service", "WorkingDirectory", &["'/a'"], &["/a"], false);
    }
}
