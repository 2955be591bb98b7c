//! Kinds of values that are a single number, size, time or word of a few characters.

use super::enums;
use super::kind::{Problem, Subject, check_specifiers};
use super::specifier::{self, Scope};
use super::time;
use super::value;
use crate::suggest;
use crate::unit::parse_boolean;

/// Kinds that are a single value of a few characters. Whether it was one of them.
pub(super) fn check(subject: &Subject<'_>, out: &mut Vec<Problem>) -> bool {
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
