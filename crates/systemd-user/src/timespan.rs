//! Time spans, such as `OnBootSec=` has: `5min 20s`, `1y 12month`, `infinity`.
//!
//! The format is that of systemd.time(7), sections "DISPLAYING TIME SPANS" and "PARSING TIME SPANS"; what they leave open is as
//! systemd 252 does it, found by asking `systemd-analyze timespan`, with which the tests compare.

use std::fmt;

use crate::error::ParseError;

/// A span of time in microseconds, or for ever.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TimeSpan(u64);

/// A second in microseconds.
const SECOND: u64 = 1_000_000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;
/// A month is a twelfth of a year of 365.25 days.
const YEAR: u64 = 31_557_600 * SECOND;
const MONTH: u64 = YEAR / 12;

/// What a unit can be called, and how many microseconds it has. Case matters: `m` is not `M`.
const UNITS: [(&[&str], u64); 9] = [
    (&["years", "year", "y"], YEAR),
    (&["months", "month", "M"], MONTH),
    (&["weeks", "week", "w"], 7 * DAY),
    (&["days", "day", "d"], DAY),
    (&["hours", "hour", "hr", "h"], HOUR),
    (&["minutes", "minute", "min", "m"], MINUTE),
    (&["seconds", "second", "sec", "s"], SECOND),
    (&["msec", "ms"], 1000),
    // The sign for micro, and the Greek letter.
    (&["usec", "us", "\u{b5}s", "\u{3bc}s"], 1),
];

/// How units are printed, and with how many digits of a fraction where it is less than a minute.
const SHOWN: [(&str, u64, usize); 9] = [
    ("y", YEAR, 0),
    ("month", MONTH, 0),
    ("w", 7 * DAY, 0),
    ("d", DAY, 0),
    ("h", HOUR, 0),
    ("min", MINUTE, 0),
    ("s", SECOND, 6),
    ("ms", 1000, 3),
    ("us", 1, 0),
];

const BLANKS: [char; 4] = [' ', '\t', '\n', '\r'];

impl TimeSpan {
    /// Longer than anything: `infinity`.
    pub const INFINITY: Self = TimeSpan(u64::MAX);

    /// A span of so many microseconds.
    pub fn from_micros(micros: u64) -> Self {
        TimeSpan(micros)
    }

    /// Its microseconds; the greatest number stands for [`Self::INFINITY`].
    pub fn as_micros(self) -> u64 {
        self.0
    }

    /// Reads a span in which a number without a unit is in seconds, as in most settings.
    ///
    /// # Errors
    /// What systemd refuses, with the place.
    pub fn parse(text: &str) -> Result<Self, ParseError> {
        Self::parse_with_unit(text, Self(SECOND))
    }

    /// Reads a span in which a number without a unit is so many times `unit`.
    ///
    /// # Errors
    /// What systemd refuses, with the place.
    pub fn parse_with_unit(text: &str, unit: Self) -> Result<Self, ParseError> {
        read(text, unit.0).map(Self).map_err(|Refusal(rest, problem)| ParseError {
            text: text.to_owned(),
            expected: "time span",
            at: text.len().saturating_sub(rest.len()),
            problem: problem.to_owned(),
        })
    }
}

/// What is left of a text where it is refused, and why.
struct Refusal<'a>(&'a str, &'static str);

fn read(text: &str, default: u64) -> Result<u64, Refusal<'_>> {
    let mut rest = text.trim_start_matches(BLANKS);
    if let Some(after) = rest.strip_prefix("infinity") {
        let after = after.trim_start_matches(BLANKS);
        return if after.is_empty() { Ok(u64::MAX) } else { Err(Refusal(after, "infinity stands alone")) };
    }
    if rest.is_empty() {
        return Err(Refusal(rest, "it is empty"));
    }
    let mut sum: u64 = 0;
    while !rest.is_empty() {
        let (micros, after) = part(rest, default)?;
        // The greatest number means for ever, which no sum can be.
        sum = sum.checked_add(micros).filter(|sum| *sum < u64::MAX).ok_or(Refusal(rest, TOO_LONG))?;
        rest = after.trim_start_matches(BLANKS);
    }
    Ok(sum)
}

const TOO_LONG: &str = "the span is too long";

/// A number with its unit, and what follows.
fn part(text: &str, default: u64) -> Result<(u64, &str), Refusal<'_>> {
    if text.starts_with('-') {
        return Err(Refusal(text, "a span cannot be negative"));
    }
    let (digits, rest) = split_digits(text.strip_prefix('+').unwrap_or(text));
    let (decimals, rest) = match rest.strip_prefix('.') {
        // C's `strtoll` takes a point without digits before it for the end of no number, which is 0.
        Some(fraction) if !(digits.is_empty() && text.starts_with('+')) => {
            let (decimals, rest) = split_digits(fraction);
            if decimals.is_empty() {
                return Err(Refusal(fraction, "a digit is missing after the point"));
            }
            (decimals, rest)
        }
        _ if digits.is_empty() => return Err(Refusal(text, "a number is missing")),
        _ => ("", rest),
    };
    let whole: i64 =
        if digits.is_empty() { 0 } else { digits.parse().map_err(|_| Refusal(text, TOO_LONG))? };
    let behind = rest.trim_start_matches(BLANKS);
    // `m` begins `min`, `ms` and `months`, so the longest name counts.
    let names = UNITS.iter().flat_map(|(names, unit)| names.iter().map(move |name| (*unit, *name)));
    let named = names
        .filter_map(|(unit, name)| Some((unit, behind.strip_prefix(name)?)))
        .min_by_key(|(_, after)| after.len());
    let (unit, after) = match named {
        Some(named) => named,
        // Something else can follow a number after a blank only.
        None if behind.len() == rest.len() && !rest.is_empty() => {
            return Err(Refusal(rest, "that is not a unit of time"));
        }
        None => (default, behind),
    };
    // One unit less than there could be is refused, too.
    let whole = u64::try_from(whole).ok().filter(|whole| *whole < u64::MAX / unit.max(1));
    let mut micros = whole.and_then(|whole| whole.checked_mul(unit)).ok_or(Refusal(text, TOO_LONG))?;
    let mut place = unit / 10;
    for digit in decimals.bytes() {
        micros = micros.checked_add(u64::from(digit - b'0') * place).ok_or(Refusal(text, TOO_LONG))?;
        place /= 10;
    }
    Ok((micros, after))
}

fn split_digits(text: &str) -> (&str, &str) {
    let end = text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    text.split_at_checked(end).unwrap_or((text, ""))
}

/// As `systemd-analyze timespan` prints it for people.
impl fmt::Display for TimeSpan {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Self::INFINITY {
            return formatter.write_str("infinity");
        }
        if self.0 == 0 {
            return formatter.write_str("0");
        }
        let mut left = self.0;
        let mut separator = "";
        for (name, unit, digits) in SHOWN {
            if left < unit {
                continue;
            }
            let (count, rest) = (left / unit, left % unit);
            write!(formatter, "{separator}{count}")?;
            separator = " ";
            left = rest;
            // Below a minute, what is left is a fraction.
            if digits > 0 && rest > 0 {
                write!(formatter, ".{rest:0digits$}")?;
                left = 0;
            }
            formatter.write_str(name)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Compares what is printed of what was read, or what is said of a text that is no span.
    fn check(text: &str, expected: &str) {
        let found = TimeSpan::parse(text).map_or_else(|error| error.to_string(), |span| span.to_string());
        assert_eq!(found, expected);
    }

    #[test]
    fn spans() {
        check("5min20", "5min 20s");
        check("1y 12month", "2y");
        check("300ms20s 5day", "5d 20.300000s");
        check("60.5s", "1min 500ms");
        check("0.5w", "3d 12h");
        check("5m3M", "3month 5min");
        check("0", "0");
        check(" infinity ", "infinity");
        assert_eq!(TimeSpan::parse_with_unit("5", TimeSpan::from_micros(1000)).unwrap().as_micros(), 5000);
    }

    #[test]
    fn refusals_tell_the_place() {
        check("", "`` is not a time span: it is empty");
        check("5 apples", "`5 apples` is not a time span: a number is missing, at `apples`");
        check("5secs", "`5secs` is not a time span: a number is missing, at `s`");
        check("1.s", "`1.s` is not a time span: a digit is missing after the point, at `s`");
        check("5min -1", "`5min -1` is not a time span: a span cannot be negative, at `-1`");
        check("584543y", "`584543y` is not a time span: the span is too long");
    }
}
