//! Kinds of values that are lists of words: variables, capabilities, families of addresses.

use super::catalog::Lint;
use super::enums;
use super::kind::{Problem, Subject, check_specifiers, each_word};
use super::specifier::{self, Scope};
use super::value;
use super::words::Words;
use crate::suggest;

pub(super) fn from_list(subject: &Subject<'_>, known: &[&str], what: &str, out: &mut Vec<Problem>) {
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

pub(super) fn capabilities(subject: &Subject<'_>, out: &mut Vec<Problem>) {
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

pub(super) fn families(subject: &Subject<'_>, out: &mut Vec<Problem>) {
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

/// Names or numbers of exit statuses.
pub(super) fn is_exit_status(word: &str) -> bool {
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

pub(super) fn variables(subject: &Subject<'_>, out: &mut Vec<Problem>) {
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

pub(super) fn assignments(subject: &Subject<'_>, out: &mut Vec<Problem>) {
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
