//! Checks a directive's value by its kind, as the table has it.

use std::ops::Range;

use super::catalog::{Lint, Severity};
use super::enums;
use super::exec;
use super::lists;
use super::number;
use super::paths;
use super::special;
use super::specifier::{self, Scope, Wrong};
use super::value;
use super::words::{Unbalanced, Word, Words};
use crate::name::{UnitName, UnitType};
use crate::suggest;
use crate::unit::parse_boolean;

/// The value of one directive.
#[derive(Debug, Clone, Copy)]
pub(super) struct Subject<'a> {
    pub(super) unit: &'a UnitName,
    pub(super) directive: &'a str,
    pub(super) kind: &'a str,
    pub(super) value: &'a str,
    /// The version of systemd.
    pub(super) version: u32,
}

/// Something wrong with a value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Problem {
    pub(super) lint: Lint,
    /// Where it is not the lint's own.
    pub(super) severity: Option<Severity>,
    /// Which part of the value.
    pub(super) at: Range<usize>,
    pub(super) message: String,
    pub(super) help: Option<String>,
}

impl Problem {
    pub(super) fn new(lint: Lint, at: Range<usize>, message: impl Into<String>) -> Self {
        Self { lint, severity: None, at, message: message.into(), help: None }
    }

    pub(super) fn help(self, help: impl Into<Option<String>>) -> Self {
        Self { help: help.into(), ..self }
    }

    pub(super) fn warning(self) -> Self {
        Self { severity: Some(Severity::Warning), ..self }
    }
}

impl Subject<'_> {
    /// A problem with the whole value.
    pub(super) fn invalid(&self, expected: &str) -> Problem {
        let message = match self.value {
            "" => format!("`{}=` needs {expected}", self.directive),
            value => format!("`{value}` is not {expected}"),
        };
        Problem::new(Lint::InvalidValue, 0..self.value.len(), message)
    }
}

/// Whether nothing is a value, mostly one that resets what came before.
fn may_be_empty(kind: &str) -> bool {
    !matches!(
        kind,
        "bool"
            | "int"
            | "unsigned"
            | "long"
            | "sec"
            | "nsec"
            | "iec-size"
            | "signal"
            | "exec-cpu-sched-prio"
            | "trigger-unit"
            | "unit-slice"
            | "bus-name"
            | "job-mode-isolate"
            | "sec-fix-0"
            | "service-timeout"
            | "service-timeout-abort"
            | "job-timeout-sec"
            | "job-running-timeout-sec"
            | "rlimit"
            | "mode"
            | "exec-input"
            | "exec-output"
    )
}

/// Checks a value; what is wrong goes to `out`.
pub(super) fn check(subject: &Subject<'_>, out: &mut Vec<Problem>) {
    let value = subject.value;
    if let Some(choice) = enums::choice(subject.kind) {
        return check_choice(subject, &choice, out);
    }
    if value.is_empty() && may_be_empty(subject.kind) {
        return;
    }
    if special::check(subject, out) || number::check(subject, out) {
        return;
    }
    check_text(subject, out);
}

fn check_choice(subject: &Subject<'_>, choice: &enums::Choice, out: &mut Vec<Problem>) {
    let value = subject.value;
    if (choice.boolean && parse_boolean(value).is_some()) || (value.is_empty() && choice.empty) {
        return;
    }
    if let Some((_, since)) = choice.words.iter().find(|(word, _)| *word == value) {
        if *since > subject.version {
            out.push(newer(subject, 0..value.len(), *since, "value"));
        }
        return;
    }
    if subject.kind == "emergency-action" && is_system_action(value) {
        out.push(Problem::new(
            Lint::InvalidValue,
            0..value.len(),
            format!("`{value}` is for the system's manager; units of a user can only `exit` or `exit-force`"),
        ));
        return;
    }
    let mut expected: Vec<String> = choice
        .words
        .iter()
        .filter(|(_, since)| *since <= subject.version)
        .map(|(word, _)| format!("`{word}`"))
        .collect();
    if expected.len() > 10 {
        expected.truncate(8);
        expected.push("…".to_owned());
    }
    let booleans = if choice.boolean { "a truth value or " } else { "" };
    let help = suggest::help(value, choice.words.iter().map(|(word, _)| *word));
    let expected = format!("{booleans}one of {}", expected.join(", "));
    out.push(subject.invalid(expected.trim_end_matches(" or one of ")).help(help));
}

fn is_system_action(word: &str) -> bool {
    let action = word.trim_end_matches("-force").trim_end_matches("-immediate");
    matches!(action, "reboot" | "poweroff" | "halt" | "kexec" | "soft-reboot")
}

fn newer(subject: &Subject<'_>, at: Range<usize>, since: u32, what: &str) -> Problem {
    let part = subject.value.get(at.clone()).unwrap_or_default();
    let message = format!(
        "systemd {since} brought the {what} `{part}`; this one is {} and ignores the line",
        subject.version
    );
    Problem::new(Lint::NewerSystemd, at, message)
}

/// Kinds that are text: names, paths, lists.
fn check_text(subject: &Subject<'_>, out: &mut Vec<Problem>) {
    let whole = 0..subject.value.len();
    match subject.kind {
        "unit-deps" | "obsolete-unit-deps" | "install" => unit_names(subject, out),
        "trigger-unit" => {
            one_unit(subject, subject.value, whole, None, out);
        }
        "socket-service" => one_unit(subject, subject.value, whole, Some(UnitType::Service), out),
        "unit-slice" => one_unit(subject, subject.value, whole, Some(UnitType::Slice), out),
        "service-sockets" => {
            for word in Words::plain(subject.value).flatten() {
                one_unit(subject, &word.text, word.at, Some(UnitType::Socket), out);
            }
        }
        "exec" => exec::check(subject, out),
        "environ" => lists::assignments(subject, out),
        "pass-environ" | "unset-environ" => lists::variables(subject, out),
        "documentation" => {
            each_word(subject, out, |word, out| {
                if check_specifiers(subject, &word.text, word.at.clone(), Scope::Full, out)
                    && !specifier::any(&word.text)
                    && !value::is_documentation(&word.text)
                {
                    let message = format!("`{}` is not a URI of documentation", word.text);
                    let help = "URIs of documentation begin with http://, https://, file:/, info: or man:";
                    out.push(Problem::new(Lint::InvalidValue, word.at, message).help(help.to_owned()));
                }
            });
        }
        "bus-name" => {
            if check_specifiers(subject, subject.value, whole.clone(), Scope::Full, out)
                && !specifier::any(subject.value)
                && !value::is_bus_name(subject.value)
            {
                out.push(subject.invalid("a name on the bus, such as `org.example.Service`"));
            }
        }
        "set-status" => {
            for word in Words::plain(subject.value).flatten() {
                if !lists::is_exit_status(&word.text) && !value::is_signal(&word.text) {
                    let message =
                        format!("`{}` is neither an exit status from 0 to 255 nor a signal", word.text);
                    out.push(Problem::new(Lint::InvalidValue, word.at, message));
                }
            }
        }
        "delegate" if parse_boolean(subject.value).is_some() => {}
        "delegate" | "disable-controllers" => {
            lists::from_list(subject, enums::CONTROLLERS, "a controller", out)
        }
        "restrict-namespaces" | "namespace-flags" if parse_boolean(subject.value).is_some() => {}
        "restrict-namespaces" | "namespace-flags" => {
            lists::from_list(subject, enums::NAMESPACES, "a kind of namespace", out)
        }
        "exec-secure-bits" => lists::from_list(subject, enums::SECURE_BITS, "one of the secure bits", out),
        "capability-set" => lists::capabilities(subject, out),
        "address-families" => lists::families(subject, out),
        "unit-string-printf"
        | "fdname"
        | "user-group-compat"
        | "log-namespace"
        | "reboot-parameter"
        | "unit-condition-string"
        | "load-credential"
        | "set-credential"
        | "log-extra-fields"
        | "exec-input-text" => {
            check_specifiers(subject, subject.value, whole, Scope::Full, out);
        }
        _ => paths::check(subject, out),
    }
}

/// Checks the specifiers of a part of the value. Whether all of them are right.
pub(super) fn check_specifiers(
    subject: &Subject<'_>,
    text: &str,
    at: Range<usize>,
    scope: Scope,
    out: &mut Vec<Problem>,
) -> bool {
    let mut right = true;
    for (letter, place) in specifier::all(text) {
        let Some(wrong) = specifier::wrong(letter, scope, subject.version) else { continue };
        // Where the part stands as it is written, the mark is on the specifier itself.
        let exact = at.start + place.start..at.start + place.end;
        let at = if subject.value.get(exact.clone()) == text.get(place) { exact } else { at.clone() };
        let literal = format!("write `%%{letter}` for a percent sign");
        match wrong {
            Wrong::Unknown => {
                right = false;
                let message = format!("there is no specifier `%{letter}`");
                out.push(Problem::new(Lint::UnknownSpecifier, at, message).help(literal));
            }
            Wrong::NotInNames => {
                right = false;
                let message = format!("the specifier `%{letter}` is not expanded in names of units");
                out.push(Problem::new(Lint::UnknownSpecifier, at, message));
            }
            Wrong::Since(since) => {
                right = false;
                out.push(newer(subject, at, since, "specifier"));
            }
            Wrong::Deprecated => {
                let message =
                    format!("the specifier `%{letter}` gives a path of a control group and is deprecated");
                let help = match letter {
                    'r' => Some("`%t` is the runtime directory".to_owned()),
                    _ => None,
                };
                out.push(Problem::new(Lint::Obsolete, at, message).help(help));
            }
        }
    }
    right
}

/// Calls `check` for each word, and tells of quotes without end and escapes that there are none of.
pub(super) fn each_word(
    subject: &Subject<'_>,
    out: &mut Vec<Problem>,
    mut check: impl FnMut(Word<'_>, &mut Vec<Problem>),
) {
    for word in Words::quoted(subject.value) {
        match word {
            Ok(word) => {
                if let Some(at) = &word.bad_escape {
                    out.push(bad_escape(subject.value, at.clone()));
                }
                check(word, out);
            }
            Err(Unbalanced(at)) => out.push(unbalanced(Lint::InvalidValue, at)),
        }
    }
}

pub(super) fn unbalanced(lint: Lint, at: Range<usize>) -> Problem {
    Problem::new(lint, at.start..at.start + 1, "this quote is not closed")
}

pub(super) fn bad_escape(value: &str, at: Range<usize>) -> Problem {
    let shown = value.get(at.clone()).unwrap_or_default();
    let message = format!("`{shown}` is not an escape that systemd knows");
    Problem::new(Lint::InvalidValue, at, message).help("write `\\\\` for a backslash".to_owned()).warning()
}

fn unit_names(subject: &Subject<'_>, out: &mut Vec<Problem>) {
    for word in Words::plain(subject.value).flatten() {
        // An instance's default name is not a unit's.
        if subject.directive == "DefaultInstance" {
            continue;
        }
        one_unit(subject, &word.text, word.at, None, out);
    }
}

fn one_unit(
    subject: &Subject<'_>,
    name: &str,
    at: Range<usize>,
    wanted: Option<UnitType>,
    out: &mut Vec<Problem>,
) {
    if !check_specifiers(subject, name, at.clone(), Scope::Names, out) || specifier::any(name) {
        return;
    }
    let problem = match UnitName::new(name) {
        Ok(found) => match wanted {
            Some(wanted) if wanted != found.unit_type() => Problem::new(
                Lint::InvalidUnitName,
                at,
                format!("`{}=` takes a `.{wanted}` unit, not `{name}`", subject.directive),
            ),
            _ => return,
        },
        Err(error) => {
            let suffixed = format!(
                "{name}.{}",
                wanted.unwrap_or(match subject.directive {
                    "WantedBy" | "RequiredBy" => UnitType::Target,
                    _ => UnitType::Service,
                })
            );
            let help = UnitName::new(suffixed).ok().map(|name| format!("did you mean `{name}`?"));
            Problem::new(Lint::InvalidUnitName, at, error.to_string()).help(help)
        }
    };
    out.push(problem);
}
