//! Checks a directive's value by its kind, as the table has it.

use std::ops::Range;

use super::catalog::{Lint, Severity};
use super::enums;
use super::exec;
use super::paths;
use super::special;
use super::specifier::{self, Scope, Wrong};
use super::suggest;
use super::time;
use super::value;
use super::words::{Unbalanced, Word, Words};
use crate::name::{UnitName, UnitType};
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
    if special::check(subject, out) || check_number(subject, out) {
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

/// Kinds that are a single value of a few characters. Whether it was one of them.
fn check_number(subject: &Subject<'_>, out: &mut Vec<Problem>) -> bool {
    let value = subject.value;
    let number = || value::integer(value);
    let within =
        |range: std::ops::RangeInclusive<i128>| number().is_some_and(|number| range.contains(&number));
    let infinite = |check: bool| check || value == "infinity";
    let span = || time::span(value).is_ok();
    let (right, expected): (bool, &str) = match subject.kind {
        "bool" => (parse_boolean(value).is_some(), "a truth value: `yes` or `no`, `true` or `false`"),
        "tristate" | "job-mode-isolate" => (parse_boolean(value).is_some(), "a truth value: `yes` or `no`"),
        "int" => (within(i32::MIN.into()..=i32::MAX.into()), "a whole number"),
        "unsigned" => (within(0..=u32::MAX.into()), "a whole number from 0"),
        "concurrency-max" => (infinite(within(0..=u32::MAX.into())), "a whole number from 0, or `infinity`"),
        "long" => (within(i64::MIN.into()..=i64::MAX.into()), "a whole number"),
        "mode" => (
            !value.is_empty()
                && value.len() <= 5
                && u32::from_str_radix(value, 8).is_ok_and(|mode| mode <= 0o7777),
            "an access mode in octal digits, such as 0644",
        ),
        "sec"
        | "sec-fix-0"
        | "sec-def-infinity"
        | "job-timeout-sec"
        | "job-running-timeout-sec"
        | "service-timeout"
        | "service-timeout-abort"
        | "managed-oom-mem-pressure-duration-sec"
        | "nsec" => {
            if let Err(why) = time::span(value).or_else(|why| match subject.kind {
                "nsec" if value.ends_with("ns") || value.ends_with("nsec") => Ok(()),
                _ => Err(why),
            }) {
                let expected = "a time span, such as `30s` or `1h 30min`";
                out.push(subject.invalid(expected).help(why));
            }
            return true;
        }
        "iec-size" => (
            value::size(value, 1024).is_some_and(|size| i64::try_from(size).is_ok()),
            "a size, such as `512K` or `2G`",
        ),
        "memory-limit" => {
            (infinite(is_memory(subject)), "a size such as `512M`, a share such as `20%`, or `infinity`")
        }
        "tasks-max" => (
            infinite(
                within(1..=i128::from(u64::MAX) - 1)
                    || value::permyriad(value).is_some_and(|share| (1..=10_000).contains(&share)),
            ),
            "a number of tasks from 1, a share such as `20%`, or `infinity`",
        ),
        "cpu-quota" => (
            value::permyriad(value).is_some_and(|share| share > 0),
            "a share of one CPU above 0%, such as `50%` or `200%`",
        ),
        "managed-oom-mem-pressure-limit" => {
            (value::permyriad(value).is_some_and(|share| share <= 10_000), "a share from 0% to 100%")
        }
        "cg-weight" => (within(1..=10_000), "a weight from 1 to 10000"),
        "cg-cpu-weight" => (within(1..=10_000) || value == "idle", "a weight from 1 to 10000, or `idle`"),
        "cpu-shares" => (within(2..=262_144), "a number of shares from 2 to 262144"),
        "blockio-weight" => (within(10..=1000), "a weight from 10 to 1000"),
        "signal" => (value::is_signal(value), "a signal, such as `SIGTERM`"),
        "exec-nice" => (within(-20..=19), "a nice level from -20 to 19"),
        "exec-oom-score-adjust" => (within(-1000..=1000), "an adjustment from -1000 to 1000"),
        "exec-io-priority" => (within(0..=7), "a priority from 0 to 7"),
        "exec-cpu-sched-prio" => (within(0..=99), "a priority from 0 to 99"),
        "exit-status" => (within(0..=255), "an exit status from 0 to 255"),
        "tty-size" => (within(0..=65_535), "a number from 0 to 65535"),
        "ip-tos" => (
            within(0..=255) || matches!(value, "low-delay" | "throughput" | "reliability" | "low-cost"),
            "a number, `low-delay`, `throughput`, `reliability` or `low-cost`",
        ),
        "rlimit" => (
            is_limit(subject.directive, value, &span),
            "a limit, `infinity`, or a soft and a hard limit such as `1024:4096`",
        ),
        "timer" if subject.directive == "OnCalendar" => {
            if check_specifiers(subject, value, 0..value.len(), Scope::Full, out)
                && !specifier::any(value)
                && let Err(why) = time::calendar(value)
            {
                let expected = "a calendar event, such as `daily` or `Mon *-*-* 04:00`";
                out.push(subject.invalid(expected).help(why));
            }
            return true;
        }
        "timer" if specifier::any(value) => {
            check_specifiers(subject, value, 0..value.len(), Scope::Full, out);
            return true;
        }
        "timer" => (span(), "a time span, such as `15min`"),
        _ => return false,
    };
    if !right {
        let help = match subject.kind {
            "bool" | "tristate" => suggest::help(value, ["yes", "no", "true", "false"]),
            "signal" => suggest::nearest(value.trim_start_matches("SIG"), enums::SIGNALS.iter().copied())
                .map(|name| format!("did you mean `SIG{name}`?")),
            "iec-size" | "memory-limit" => size_help(value),
            _ => None,
        };
        out.push(subject.invalid(expected).help(help));
    }
    true
}

/// A size or share. Only a guarantee, or no swap at all, may be nothing.
fn is_memory(subject: &Subject<'_>) -> bool {
    let least = u64::from(!["Min", "Low", "Swap"].iter().any(|part| subject.directive.contains(part)));
    value::size(subject.value, 1024).is_some_and(|size| size >= least)
        || value::permyriad(subject.value).is_some_and(|share| (least..=10_000).contains(&share))
}

fn size_help(value: &str) -> Option<String> {
    let plain = value.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    let suffix = value.get(plain.len()..)?.chars().next()?.to_ascii_uppercase();
    let right = format!("{}{suffix}", plain.trim_end());
    value::size(&right, 1024).map(|_| format!("did you mean `{right}`? The suffixes are K, M, G, T, P and E"))
}

/// Whether it is a limit of a resource: one value for both limits, or a soft and a hard one.
fn is_limit(directive: &str, value: &str, span: &dyn Fn() -> bool) -> bool {
    let parts: Vec<&str> = value.splitn(2, ':').collect();
    let single = |part: &str| {
        (part == "infinity" && directive != "LimitNICE")
            || match directive {
                "LimitCPU" | "LimitRTTIME" => time::span(part).is_ok(),
                "LimitNICE" => {
                    value::integer(part).is_some_and(|number| match part.starts_with(['+', '-']) {
                        true => (-20..=19).contains(&number),
                        false => (0..=40).contains(&number),
                    })
                }
                "LimitNOFILE" | "LimitNPROC" | "LimitLOCKS" | "LimitSIGPENDING" | "LimitRTPRIO" => {
                    value::integer(part).is_some_and(|number| number >= 0)
                }
                _ => value::size(part, 1024).is_some(),
            }
    };
    let order = |soft: &str, hard: &str| {
        let number = |part| value::size(part, 1024);
        match (number(soft), number(hard)) {
            (Some(soft), Some(hard)) => soft <= hard,
            (None, Some(_)) => soft != "infinity",
            _ => true,
        }
    };
    match parts.as_slice() {
        [one] => single(one) || (directive == "LimitCPU" && span()),
        [soft, hard] => single(soft) && single(hard) && order(soft, hard),
        _ => false,
    }
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
        "environ" => assignments(subject, out),
        "pass-environ" | "unset-environ" => variables(subject, out),
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
                if !is_exit_status(&word.text) && !value::is_signal(&word.text) {
                    let message =
                        format!("`{}` is neither an exit status from 0 to 255 nor a signal", word.text);
                    out.push(Problem::new(Lint::InvalidValue, word.at, message));
                }
            }
        }
        "delegate" if parse_boolean(subject.value).is_some() => {}
        "delegate" | "disable-controllers" => from_list(subject, enums::CONTROLLERS, "a controller", out),
        "restrict-namespaces" | "namespace-flags" if parse_boolean(subject.value).is_some() => {}
        "restrict-namespaces" | "namespace-flags" => {
            from_list(subject, enums::NAMESPACES, "a kind of namespace", out)
        }
        "exec-secure-bits" => from_list(subject, enums::SECURE_BITS, "one of the secure bits", out),
        "capability-set" => capabilities(subject, out),
        "address-families" => families(subject, out),
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

/// Names or numbers of exit statuses.
fn is_exit_status(word: &str) -> bool {
    const NAMES: &[&str] = &[
        "SUCCESS",
        "FAILURE",
        "INVALIDARGUMENT",
        "NOTIMPLEMENTED",
        "NOPERMISSION",
        "NOTINSTALLED",
        "NOTCONFIGURED",
        "NOTRUNNING",
        "USAGE",
        "DATAERR",
        "NOINPUT",
        "NOUSER",
        "NOHOST",
        "UNAVAILABLE",
        "SOFTWARE",
        "OSERR",
        "OSFILE",
        "CANTCREAT",
        "IOERR",
        "TEMPFAIL",
        "PROTOCOL",
        "NOPERM",
        "CONFIG",
        "CHDIR",
        "NICE",
        "FDS",
        "EXEC",
        "MEMORY",
        "LIMITS",
        "OOM_ADJUST",
        "SIGNAL_MASK",
        "STDIN",
        "STDOUT",
        "CHROOT",
        "IOPRIO",
        "TIMERSLACK",
        "SECUREBITS",
        "SETSCHEDULER",
        "CPUAFFINITY",
        "GROUP",
        "USER",
        "CAPABILITIES",
        "CGROUP",
        "SETSID",
        "CONFIRM",
        "STDERR",
        "PAM",
        "NETWORK",
        "NAMESPACE",
        "NO_NEW_PRIVILEGES",
        "SECCOMP",
        "SELINUX_CONTEXT",
        "PERSONALITY",
        "APPARMOR_PROFILE",
        "ADDRESS_FAMILIES",
        "RUNTIME_DIRECTORY",
        "CHOWN",
        "SMACK_PROCESS_LABEL",
        "KEYRING",
        "STATE_DIRECTORY",
        "CACHE_DIRECTORY",
        "LOGS_DIRECTORY",
        "CONFIGURATION_DIRECTORY",
        "NUMA_POLICY",
        "CREDENTIALS",
        "BPF",
        "EXCEPTION",
    ];
    NAMES.contains(&word) || value::integer(word).is_some_and(|number| (0..=255).contains(&number))
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
fn each_word(
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

fn assignments(subject: &Subject<'_>, out: &mut Vec<Problem>) {
    each_word(subject, out, |word, out| {
        check_specifiers(subject, &word.text, word.at.clone(), Scope::Full, out);
        let name = word.text.split_once('=').map(|(name, _)| name);
        match name {
            // The word itself may be the tail of a secret, so it is not shown.
            None => out.push(
                Problem::new(Lint::InvalidValue, word.at, "this word has no `=`, so it sets no variable")
                    .help("put quotes around an assignment with blanks: \"NAME=first second\"".to_owned()),
            ),
            Some(name) if !value::is_variable(name) => {
                let message = format!("`{name}` cannot be the name of a variable");
                out.push(Problem::new(Lint::InvalidValue, word.at, message));
            }
            Some(_) => {}
        }
    });
}

fn variables(subject: &Subject<'_>, out: &mut Vec<Problem>) {
    each_word(subject, out, |word, out| {
        let name = match subject.kind {
            "unset-environ" => word.text.split_once('=').map_or(&*word.text, |(name, _)| name),
            _ => &*word.text,
        };
        if !specifier::any(name) && !value::is_variable(name) {
            let message = format!("`{name}` cannot be the name of a variable");
            out.push(Problem::new(Lint::InvalidValue, word.at, message));
        }
    });
}

fn from_list(subject: &Subject<'_>, known: &[&str], what: &str, out: &mut Vec<Problem>) {
    for word in Words::raw(subject.value.trim_start_matches('~')).flatten() {
        if !known.contains(&&*word.text) {
            let shift = subject.value.len() - subject.value.trim_start_matches('~').len();
            let at = word.at.start + shift..word.at.end + shift;
            let message = format!("`{}` is not {what}", word.text);
            let help = suggest::help(&word.text, known.iter().copied());
            out.push(Problem::new(Lint::InvalidValue, at, message).help(help));
        }
    }
}

fn capabilities(subject: &Subject<'_>, out: &mut Vec<Problem>) {
    for word in Words::raw(subject.value).flatten() {
        let name = word.text.trim_start_matches('~');
        let upper = name.to_ascii_uppercase();
        let plain = upper.strip_prefix("CAP_");
        let known = plain.is_some_and(|plain| enums::CAPABILITIES.contains(&plain))
            || value::integer(name).is_some_and(|number| (0..=62).contains(&number));
        if !known && !name.is_empty() {
            let wanted = plain.unwrap_or(&upper);
            let help = suggest::nearest(wanted, enums::CAPABILITIES.iter().copied())
                .map(|found| format!("did you mean `CAP_{found}`?"));
            let message = format!("`{name}` is not a capability");
            out.push(Problem::new(Lint::InvalidValue, word.at, message).help(help));
        }
    }
}

fn families(subject: &Subject<'_>, out: &mut Vec<Problem>) {
    if subject.value == "none" {
        return;
    }
    let names = subject.value.strip_prefix('~').unwrap_or(subject.value);
    let shift = subject.value.len() - names.len();
    for word in Words::raw(names).flatten() {
        let plain = word.text.strip_prefix("AF_").is_some_and(|rest| {
            !rest.is_empty()
                && rest.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
        });
        if !plain {
            let at = word.at.start + shift..word.at.end + shift;
            let help = ["AF_UNIX", "AF_INET", "AF_INET6", "AF_NETLINK", "AF_PACKET"];
            let help = suggest::help(&word.text, help);
            out.push(
                Problem::new(Lint::InvalidValue, at, format!("`{}` is not an address family", word.text))
                    .help(help),
            );
        }
    }
}
