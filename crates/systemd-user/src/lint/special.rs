//! Kinds of values that only a directive or two has: devices, addresses, system calls, credentials.

use std::net::IpAddr;

use super::catalog::Lint;
use super::enums;
use super::kind::{Problem, Subject, check_specifiers};
use super::paths::absolute;
use super::specifier::{self, Scope};
use super::value;
use super::words::Words;
use crate::name::UnitType;
use crate::suggest;

/// The names of system calls.
const SYSCALLS: &str = include_str!("../../tables/syscalls.txt");

/// Checks a value; whether it is of one of these kinds.
pub(super) fn check(subject: &Subject<'_>, out: &mut Vec<Problem>) -> bool {
    let text = subject.value;
    let whole = || 0..text.len();
    match subject.kind {
        "allowed-cpuset" | "allowed-cpus" | "allowed-mems" | "unit-cpu-set" | "exec-cpu-affinity"
        | "numa-mask" => {
            let special = match subject.kind {
                "exec-cpu-affinity" => "numa",
                "numa-mask" => "all",
                _ => "",
            };
            let right = text == special || specifier::any(text) || text.split([' ', '\t', ',']).all(is_range);
            expect(subject, right, "a list of numbers and ranges, such as `0-3 8`", out);
            check_specifiers(subject, text, whole(), Scope::Full, out);
        }
        "bpf-foreign-program" => {
            let right =
                text.split_once(':').is_some_and(|(kind, path)| !kind.is_empty() && path.starts_with('/'));
            expect(subject, right, "a type and a path, such as `egress:/sys/fs/bpf/program`", out);
        }
        "cgroup-socket-bind" => {
            expect(subject, is_bind(text), "`any`, or a port such as `tcp:8080` or `ipv6:udp:1000-2000`", out)
        }
        "colon-separated-paths" => text.split(':').for_each(|path| absolute(subject, path, whole(), out)),
        "ip-filter-bpf-progs" => absolute(subject, text, whole(), out),
        "extension-images" | "mount-images" => {
            for word in Words::raw(text).flatten() {
                let first =
                    word.text.trim_start_matches('-').split(':').next().unwrap_or_default().to_owned();
                if subject.kind == "mount-images" && !word.text.contains(':') {
                    let message = format!("`{}` names no place to mount it at: `IMAGE:PLACE`", word.text);
                    out.push(Problem::new(Lint::InvalidValue, word.at.clone(), message));
                }
                absolute(subject, &first, word.at, out);
            }
        }
        "device-allow" => {
            let first = text.split_whitespace().next().unwrap_or_default();
            let right = ["/dev/", "/run/systemd/inaccessible/", "block-", "char-"]
                .iter()
                .any(|start| first.starts_with(start));
            let modes = text
                .split_whitespace()
                .nth(1)
                .is_none_or(|modes| modes.bytes().all(|mode| b"rwm".contains(&mode)));
            if check_specifiers(subject, text, whole(), Scope::Full, out) && !specifier::any(first) {
                expect(
                    subject,
                    right && modes,
                    "a device below /dev, `char-…` or `block-…`, with `r`, `w` or `m`",
                    out,
                );
            }
        }
        "io-device-weight"
        | "io-device-latency"
        | "io-limit"
        | "blockio-bandwidth"
        | "blockio-device-weight" => {
            device_limit(subject, out);
        }
        "delegate" => {
            if matches!(subject.unit.unit_type(), UnitType::Service | UnitType::Scope | UnitType::Slice) {
                return false;
            }
            expect(subject, false, &format!("possible in units of type {}", subject.unit.unit_type()), out);
        }
        "exec-apparmor-profile" | "exec-selinux-context" | "exec-smack-process-label" => {
            check_specifiers(subject, text, whole(), Scope::Full, out);
        }
        "root-image-options" => {
            if check_specifiers(subject, text, whole(), Scope::Full, out) && !specifier::any(text) {
                let partition = text.split_once(':').map_or("", |(partition, _)| partition);
                let known = partition.is_empty() || enums::PARTITIONS.contains(&partition);
                expect(subject, known, "options, or a partition and its options, as in `root:ro`", out);
            }
        }
        "pass-environ" | "unset-environ" => {
            check_specifiers(subject, text, whole(), Scope::Full, out);
            return false;
        }
        "exec-coredump-filter" => {
            const NAMES: &[&str] = &[
                "private-anonymous",
                "shared-anonymous",
                "private-file-backed",
                "shared-file-backed",
                "elf-headers",
                "private-huge",
                "shared-huge",
                "private-dax",
                "shared-dax",
                "all",
                "default",
            ];
            let mask = |word: &str| {
                word.len() <= 16 && u64::from_str_radix(word.trim_start_matches("0x"), 16).is_ok()
            };
            let right = text.split_whitespace().all(|word| NAMES.contains(&word) || mask(word));
            expect(subject, right, "a list of kinds of memory, such as `private-anonymous elf-headers`", out);
        }
        "exec-input-data" => {
            let plain: String = text.chars().filter(|c| !c.is_whitespace()).collect();
            let digits = plain.trim_end_matches('=');
            let alphabet = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/');
            let right = plain.len().is_multiple_of(4)
                && plain.len() - digits.len() <= 2
                && digits.bytes().all(alphabet);
            expect(subject, right, "data in base 64", out);
        }
        "exec-mount-apivfs" => {
            expect(subject, crate::unit::parse_boolean(text).is_some(), "a truth value: `yes` or `no`", out)
        }
        "exec-root-hash" => {
            let hex = text.len() >= 32
                && text.len().is_multiple_of(2)
                && text.bytes().all(|byte| byte.is_ascii_hexdigit());
            expect(subject, hex || text.starts_with('/'), "a hash in hexadecimal digits, or a path", out);
        }
        "exec-root-hash-sig" => {
            let right = text.starts_with('/') || text.starts_with("base64:");
            expect(subject, right, "a path, or `base64:` and data", out);
        }
        "fdname" => {
            if check_specifiers(subject, text, whole(), Scope::Full, out) && !specifier::any(text) {
                expect(
                    subject,
                    is_fd_name(text),
                    "a name without `:` and control characters, at most 255 bytes long",
                    out,
                );
            }
        }
        "in-addr-prefixes" => {
            for word in Words::raw(text).flatten().filter(|word| !is_prefix(&word.text)) {
                let message = format!(
                    "`{}` is not an address, a prefix such as `10.0.0.0/8`, `any` or `localhost`",
                    word.text
                );
                out.push(Problem::new(Lint::InvalidValue, word.at, message));
            }
        }
        "log-extra-fields" => {
            for word in Words::quoted(text).flatten() {
                check_specifiers(subject, &word.text, word.at.clone(), Scope::Full, out);
                let field = word.text.split_once('=').map(|(name, _)| name);
                let right = field.is_some_and(|name| {
                    !name.is_empty()
                        && !name.starts_with('_')
                        && name.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit() || b == b'_')
                });
                if !right {
                    let message =
                        format!("`{}` is not a field of the journal, such as `NAME=value`", word.text);
                    out.push(Problem::new(Lint::InvalidValue, word.at, message));
                }
            }
        }
        "log-namespace" => {
            if check_specifiers(subject, text, whole(), Scope::Full, out) && !specifier::any(text) {
                let right = text.bytes().all(|b| b.is_ascii_alphanumeric() || b":_.@-".contains(&b));
                expect(subject, right, "the name of a journal's namespace", out);
            }
        }
        "personality" | "syscall-archs" => archs(subject, out),
        "restrict-network-interfaces" | "socket-bindtodevice" => {
            for word in Words::raw(text.trim_start_matches('~')).flatten() {
                let name = &*word.text;
                let right = name.len() < 16
                    && !name.bytes().all(|byte| byte.is_ascii_digit())
                    && !name.bytes().any(|byte| b":/% ".contains(&byte) || !byte.is_ascii_graphic());
                if !right {
                    let message = format!("`{name}` cannot be the name of a network interface");
                    out.push(Problem::new(Lint::InvalidValue, 0..text.len(), message));
                }
            }
        }
        "set-credential" => {
            let name = text.split_once(':').map(|(name, _)| name);
            let right = name.is_some_and(|name| specifier::any(name) || is_credential(name));
            if !right {
                let message =
                    format!("`{}=` takes a name and a value, such as `NAME:value`", subject.directive);
                out.push(Problem::new(Lint::InvalidValue, 0..name.map_or(0, str::len), message));
            } else if subject.directive == "SetCredentialEncrypted" {
                let data = text.split_once(':').map_or("", |(_, data)| data);
                expect(
                    subject,
                    is_base64(data),
                    "a name and data in Base64, as `systemd-creds encrypt` writes it",
                    out,
                );
            }
        }
        "load-credential" => {
            let (name, path) = text.split_once(':').map_or((text, None), |(name, path)| (name, Some(path)));
            if check_specifiers(subject, text, whole(), Scope::Full, out) && !specifier::any(name) {
                let right = is_credential(name) && path.is_none_or(|path| !path.is_empty());
                expect(subject, right, "a name and a path, such as `token:%h/.config/token`", out);
            }
        }
        "syscall-errno" => {
            let number = value::integer(text).is_some_and(|number| (1..=4095).contains(&number));
            let name = text.strip_prefix('E').is_some_and(|rest| {
                rest.len() > 1 && rest.bytes().all(|b| b.is_ascii_uppercase() || b.is_ascii_digit())
            });
            expect(
                subject,
                number || name || text == "kill",
                "an error such as `EPERM`, a number from 1 to 4095, or `kill`",
                out,
            );
        }
        "syscall-filter" | "syscall-log" => syscalls(subject, out),
        "user-group-compat" | "user-group-strv-compat" => {
            for word in Words::raw(text).flatten() {
                if check_specifiers(subject, &word.text, word.at.clone(), Scope::Full, out)
                    && !specifier::any(&word.text)
                    && (word.text.starts_with('-') || word.text.contains([':', '/']))
                {
                    let message =
                        format!("`{}` is neither the name of a user or group nor a number", word.text);
                    out.push(Problem::new(Lint::InvalidValue, word.at, message));
                }
            }
        }
        _ => return false,
    }
    true
}

fn expect(subject: &Subject<'_>, right: bool, expected: &str, out: &mut Vec<Problem>) {
    if !right {
        out.push(subject.invalid(expected));
    }
}

/// `3` or `0-7`; nothing is right as well, since several separators may follow each other.
fn is_range(text: &str) -> bool {
    let number = |text: &str| text.parse::<u16>().ok();
    text.is_empty()
        || number(text).is_some()
        || text
            .split_once('-')
            .is_some_and(|(from, to)| matches!((number(from), number(to)), (Some(a), Some(b)) if a <= b))
}

fn is_bind(text: &str) -> bool {
    let mut parts: Vec<&str> = text.split(':').collect();
    if parts.len() > 1 && parts.first().is_some_and(|part| matches!(*part, "ipv4" | "ipv6")) {
        parts.remove(0);
    }
    if parts.len() > 1 && parts.first().is_some_and(|part| matches!(*part, "tcp" | "udp")) {
        parts.remove(0);
    }
    let port = |text: &str| text.parse::<u16>().is_ok_and(|port| port > 0);
    match parts.as_slice() {
        ["any" | "ipv4" | "ipv6" | "tcp" | "udp"] => true,
        [ports] => port(ports) || ports.split_once('-').is_some_and(|(from, to)| port(from) && port(to)),
        _ => false,
    }
}

/// A device and a number.
fn device_limit(subject: &Subject<'_>, out: &mut Vec<Problem>) {
    let words: Vec<&str> = subject.value.split_whitespace().collect();
    if !check_specifiers(subject, subject.value, 0..subject.value.len(), Scope::Full, out)
        || subject.value.is_empty()
    {
        return;
    }
    let number = |text: &str| match subject.kind {
        "io-device-latency" => super::time::span(text).is_ok(),
        "io-device-weight" => value::integer(text).is_some_and(|weight| (1..=10_000).contains(&weight)),
        "blockio-device-weight" => value::integer(text).is_some_and(|weight| (10..=1000).contains(&weight)),
        _ => text == "infinity" || value::size(text, 1000).is_some_and(|size| size > 0),
    };
    let right = match words.as_slice() {
        [device, limit] => specifier::is_absolute(device) != Some(false) && number(limit),
        _ => false,
    };
    expect(subject, right, "the path of a device or file and a number, such as `/dev/sda 100`", out);
}

fn is_prefix(text: &str) -> bool {
    if matches!(text, "any" | "localhost" | "link-local" | "multicast") {
        return true;
    }
    let (address, length) =
        text.split_once('/').map_or((text, None), |(address, length)| (address, Some(length)));
    let most = match address.parse::<IpAddr>() {
        Ok(IpAddr::V4(_)) => 32,
        Ok(IpAddr::V6(_)) => 128,
        Err(_) => return false,
    };
    length.is_none_or(|length| length.parse::<u8>().is_ok_and(|length| length <= most))
}

fn is_fd_name(name: &str) -> bool {
    name.len() <= 255 && name.bytes().all(|byte| (0x20..0x7f).contains(&byte) && byte != b':')
}

/// Whether a text is Base64 (RFC 4648), which may have blanks in it.
fn is_base64(text: &str) -> bool {
    let text: String = text.split_whitespace().collect();
    let digits = text.trim_end_matches('=');
    let right = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'+' || byte == b'/';
    !digits.is_empty()
        && text.len().is_multiple_of(4)
        && text.len() - digits.len() <= 2
        && digits.bytes().all(right)
}

fn is_credential(name: &str) -> bool {
    !name.is_empty() && name != "." && name != ".." && !name.contains('/') && is_fd_name(name)
}

fn archs(subject: &Subject<'_>, out: &mut Vec<Problem>) {
    const KNOWN: &[&str] = &[
        "native",
        "x86",
        "x86-64",
        "x32",
        "arm",
        "arm64",
        "loongarch64",
        "mips",
        "mips64",
        "mips64-n32",
        "mips-le",
        "mips64-le",
        "mips64-le-n32",
        "parisc",
        "parisc64",
        "ppc",
        "ppc64",
        "ppc64-le",
        "ppc-le",
        "riscv32",
        "riscv64",
        "s390",
        "s390x",
        "alpha",
        "sparc",
        "sparc64",
        "ia64",
        "sh",
        "m68k",
        "tilegx",
        "cris",
        "arc",
        "nios2",
    ];
    for word in Words::raw(subject.value).flatten() {
        if !KNOWN.contains(&&*word.text) || (subject.kind == "personality" && word.text == "native") {
            let message = format!("`{}` is not an architecture, such as `x86-64`", word.text);
            let help = suggest::help(&word.text, KNOWN.iter().copied());
            out.push(Problem::new(Lint::InvalidValue, word.at, message).help(help));
        }
    }
}

fn syscalls(subject: &Subject<'_>, out: &mut Vec<Problem>) {
    let names = subject.value.strip_prefix('~').unwrap_or(subject.value);
    let shift = subject.value.len() - names.len();
    let known = |name: &str| SYSCALLS.lines().any(|known| known == name);
    for word in Words::raw(names).flatten() {
        let at = word.at.start + shift..word.at.end + shift;
        let (name, error) =
            word.text.split_once(':').map_or((&*word.text, None), |(name, error)| (name, Some(error)));
        let (message, help) = if name.starts_with('@') {
            if enums::SYSCALL_GROUPS.contains(&name) {
                continue;
            }
            let help = suggest::help(name, enums::SYSCALL_GROUPS.iter().copied());
            (format!("`{name}` is not a group of system calls"), help)
        } else if !known(name) {
            (
                format!("`{name}` is not a system call that systemd knows"),
                suggest::help(name, SYSCALLS.lines()),
            )
        } else if error.is_some_and(|error| {
            !error.starts_with('E') && error != "kill" && value::integer(error).is_none()
        }) {
            (format!("`{}` has no error after the `:`", word.text), None)
        } else {
            continue;
        };
        out.push(Problem::new(Lint::InvalidValue, at, message).help(help));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn single_values() {
        assert!(is_range("0-3") && is_range("8") && !is_range("3-0") && !is_range("x"));
        assert!(
            is_bind("any")
                && is_bind("tcp:80")
                && is_bind("ipv6:udp:1-9")
                && !is_bind("tcp:0")
                && !is_bind("a:b")
        );
        assert!(
            is_prefix("10.0.0.0/8")
                && is_prefix("::1")
                && is_prefix("any")
                && !is_prefix("10.0.0.0/33")
                && !is_prefix("x")
        );
        assert!(
            is_credential("a.b") && !is_credential("a/b") && !is_credential("..") && !is_credential("a:b")
        );
        assert!(SYSCALLS.lines().count() > 300);
    }
}
