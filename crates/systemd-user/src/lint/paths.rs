//! Values that are paths, or have paths in them.

use std::ops::Range;

use super::catalog::Lint;
use super::enums;
use super::kind::{Problem, Subject, check_specifiers};
use super::specifier::{self, Scope};
use super::words::Words;

/// What a path has to be.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Wanted {
    Absolute,
    Relative,
}

/// Checks a value of these kinds; any other kind is right.
pub(super) fn check(subject: &Subject<'_>, out: &mut Vec<Problem>) {
    let value = subject.value;
    let whole = 0..value.len();
    match subject.kind {
        "unit-path-printf" | "path-spec" => path(subject, value, whole, Wanted::Absolute, out),
        "unit-env-file" => behind(subject, &['-'], out),
        "working-directory" if value.trim_start_matches('-') == "~" => {}
        "working-directory" => behind(subject, &['-'], out),
        "unit-condition-path" => behind(subject, &['|', '!'], out),
        "socket-listen" => listen(subject, out),
        "exec-input" | "exec-output" => stream(subject, out),
        "exec-directories" => {
            for word in Words::raw(value).flatten() {
                if subject.directive == "ConfigurationDirectory" && word.text.contains(':') {
                    let message = format!("`{}`: a second name after `:` is not possible here", word.text);
                    out.push(Problem::new(Lint::InvalidValue, word.at.clone(), message));
                }
                for part in word.text.splitn(3, ':').take(2).filter(|part| !part.is_empty()) {
                    path(subject, part, word.at.clone(), Wanted::Relative, out);
                }
            }
        }
        "namespace-path-strv" | "unit-requires-mounts-for" | "unit-mounts-for" | "unit-path-strv-printf" => {
            for word in Words::raw(value).flatten() {
                let plain = word.text.trim_start_matches(['-', '+']);
                path(subject, plain, word.at.clone(), Wanted::Absolute, out);
            }
        }
        "bind-paths" | "temporary-filesystems" => {
            for word in Words::raw(value).flatten() {
                let plain = word.text.strip_prefix('-').unwrap_or(&word.text);
                let first = plain.split(':').next().unwrap_or_default();
                path(subject, first, word.at.clone(), Wanted::Absolute, out);
            }
        }
        "pid-file" => _ = check_specifiers(subject, value, whole, Scope::Full, out),
        _ => {}
    }
}

/// A path behind marks such as `-`, each of which may be left out.
fn behind(subject: &Subject<'_>, marks: &[char], out: &mut Vec<Problem>) {
    let mut plain = subject.value;
    for mark in marks {
        plain = plain.strip_prefix(*mark).unwrap_or(plain);
    }
    let start = subject.value.len() - plain.len();
    path(subject, plain, start..subject.value.len(), Wanted::Absolute, out);
}

/// Checks a path that has to be absolute.
pub(super) fn absolute(subject: &Subject<'_>, path: &str, at: Range<usize>, out: &mut Vec<Problem>) {
    self::path(subject, path, at, Wanted::Absolute, out);
}

fn path(subject: &Subject<'_>, path: &str, at: Range<usize>, wanted: Wanted, out: &mut Vec<Problem>) {
    if !check_specifiers(subject, path, at.clone(), Scope::Full, out) {
        return;
    }
    let mut wrong = |message: String, help: Option<String>| {
        out.push(Problem::new(Lint::InvalidPath, at.clone(), message).help(help));
    };
    match (wanted, specifier::is_absolute(path)) {
        (Wanted::Absolute, Some(false)) => {
            let help = match path {
                _ if path.starts_with("~/") => {
                    Some(format!("`%h{}` is below the home directory", path.trim_start_matches('~')))
                }
                _ if path.starts_with("$HOME/") => {
                    Some("variables are not expanded here; `%h` is the home directory".to_owned())
                }
                _ => Some("a path below the home directory begins with `%h/`".to_owned()),
            };
            return wrong(format!("`{path}` is not an absolute path"), help);
        }
        (Wanted::Relative, Some(true)) => {
            return wrong(
                format!(
                    "`{path}` is absolute: `{}=` takes names below a directory of systemd's choice",
                    subject.directive
                ),
                None,
            );
        }
        _ => {}
    }
    if path.split('/').any(|part| part == ".." || part == ".") {
        wrong(format!("`{path}` has a part `.` or `..`, which systemd refuses"), None);
    } else if path.len() > 4095 {
        wrong("the path is longer than 4095 bytes".to_owned(), None);
    }
}

/// A path, a port, or an address with a port.
fn listen(subject: &Subject<'_>, out: &mut Vec<Problem>) {
    let value = subject.value;
    let whole = 0..value.len();
    match subject.directive {
        "ListenFIFO" | "ListenSpecial" | "ListenUSBFunction" | "ListenMessageQueue" => {
            return path(subject, value, whole, Wanted::Absolute, out);
        }
        "ListenNetlink" => {
            if check_specifiers(subject, value, whole, Scope::Full, out)
                && !specifier::any(value)
                && !is_netlink(value)
            {
                out.push(subject.invalid("a family of netlink and a group, such as `kobject-uevent 1`"));
            }
            return;
        }
        _ => {}
    }
    if !check_specifiers(subject, value, whole.clone(), Scope::Full, out) {
        return;
    }
    if specifier::any(value) {
        return;
    }
    let sun_path = 107;
    let right = match value.chars().next() {
        Some('/') => value.len() <= sun_path && !value.split('/').any(|part| part == ".."),
        Some('@') => value.len() <= sun_path + 1,
        _ => is_address(value),
    };
    if !right {
        let message = format!("`{value}` is not a path, a port or an address with a port");
        let help = (value.len() > sun_path && value.starts_with(['/', '@']))
            .then(|| format!("a socket's path has at most {sun_path} bytes"));
        out.push(Problem::new(Lint::InvalidValue, whole, message).help(help));
    }
}

/// `FAMILY [GROUP]`, as systemd.socket(5) has it; a family may be a number (netlink(7)).
fn is_netlink(text: &str) -> bool {
    let mut words = text.split_whitespace();
    let family = words.next().unwrap_or_default();
    let known = enums::NETLINK.contains(&family) || family.parse::<u16>().is_ok();
    known && words.next().is_none_or(|group| group.parse::<u32>().is_ok()) && words.next().is_none()
}

/// `PORT`, `A.B.C.D:PORT`, `[ADDRESS]:PORT` or `vsock:CID:PORT`.
fn is_address(text: &str) -> bool {
    let port = |text: &str| text.parse::<u16>().is_ok_and(|port| port > 0);
    if let Some(rest) = text.strip_prefix("vsock:") {
        return rest.split_once(':').is_some_and(|(_, port)| port.parse::<u32>().is_ok());
    }
    if port(text) {
        return true;
    }
    match text.rsplit_once(':') {
        Some((host, number)) => {
            let number = number.split('%').next().unwrap_or_default();
            let six = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
            let known = match six {
                Some(six) => six.split('%').next().unwrap_or_default().parse::<std::net::Ipv6Addr>().is_ok(),
                None => host.parse::<std::net::Ipv4Addr>().is_ok(),
            };
            known && port(number)
        }
        None => false,
    }
}

/// `StandardInput=` and its like.
fn stream(subject: &Subject<'_>, out: &mut Vec<Problem>) {
    let value = subject.value;
    let whole = 0..value.len();
    let input = subject.kind == "exec-input";
    let words: &[&str] = if input {
        &["null", "tty", "tty-force", "tty-fail", "socket", "data"]
    } else {
        &["inherit", "null", "tty", "kmsg", "kmsg+console", "journal", "journal+console", "socket"]
    };
    let schemes: &[&str] = if input { &["file:"] } else { &["file:", "append:", "truncate:"] };
    if let Some(scheme) = schemes.iter().find(|scheme| value.starts_with(**scheme)) {
        let start = scheme.len();
        return path(
            subject,
            value.get(start..).unwrap_or_default(),
            start..value.len(),
            Wanted::Absolute,
            out,
        );
    }
    if matches!(value, "syslog" | "syslog+console") && !input {
        let now = value.replace("syslog", "journal");
        let message = format!("`{value}` is obsolete, and taken for `{now}`");
        out.push(Problem::new(Lint::Obsolete, whole, message).help(format!("write `{now}`")));
    } else if !words.contains(&value) && !value.starts_with("fd:") && value != "fd" {
        let expected: Vec<String> = words.iter().map(|word| format!("`{word}`")).collect();
        let more = if input {
            "`fd:NAME` or `file:PATH`"
        } else {
            "`fd:NAME`, `file:PATH`, `append:PATH` or `truncate:PATH`"
        };
        let message = format!("`{value}` is none of {}, {more}", expected.join(", "));
        let help = crate::suggest::help(value, words.iter().copied());
        out.push(Problem::new(Lint::InvalidValue, whole, message).help(help));
    }
}
