//! From an expression's text to a calendar event.
//!
//! An expression has three parts: weekdays, a date, a time, each of which may be missing, and a zone at the end. Date and time
//! are told apart by what follows their first list, `-` or `:`, so a list may be read twice. Blanks are allowed only where
//! systemd allows them: after weekdays and after the date.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::component::{Component, Field, SECOND, Unit};
use super::zone::{LocalTime, Zone};
use super::{CalendarEvent, Weekdays};
use crate::error::ParseError;

/// Words that stand for expressions. The ones that the manual page does not tell of are taken, too.
const SHORTHANDS: [(&str, &str); 12] = [
    ("minutely", "*-*-* *:*:00"),
    ("hourly", "*-*-* *:00:00"),
    ("daily", "*-*-* 00:00:00"),
    ("weekly", "Mon *-*-* 00:00:00"),
    ("monthly", "*-*-01 00:00:00"),
    ("quarterly", "*-01,04,07,10-01 00:00:00"),
    ("semiannually", "*-01,07-01 00:00:00"),
    ("semi-annually", "*-01,07-01 00:00:00"),
    ("biannually", "*-01,07-01 00:00:00"),
    ("bi-annually", "*-01,07-01 00:00:00"),
    ("yearly", "*-01-01 00:00:00"),
    ("annually", "*-01-01 00:00:00"),
];

/// A misspelling of old that is still taken.
const MISSPELLED: (&str, &str) = ("anually", "annually");

/// How many components a list may have.
const MAX_COMPONENTS: usize = 241;

/// The largest number, of hours or of microseconds.
const MAX_NUMBER: i64 = i32::MAX as i64;

/// Why and where an expression is refused: what is left of the text where the problem is, and what is wrong.
struct Refusal<'a>(&'a str, String);

type Parsed<'a, T> = Result<T, Refusal<'a>>;

fn refuse<'a, T>(rest: &'a str, problem: impl Into<String>) -> Parsed<'a, T> {
    Err(Refusal(rest, problem.into()))
}

/// Reads an expression.
pub(super) fn event(text: &str, local: &LocalTime) -> Result<CalendarEvent, ParseError> {
    let (body, zone) = Zone::split(text, local);
    let same = |word: &str| body.eq_ignore_ascii_case(word);
    let body = if same(MISSPELLED.0) { MISSPELLED.1 } else { body };
    let shorthand = SHORTHANDS.iter().find(|(word, _)| same(word) || *word == body);
    let expression = shorthand.map_or(body, |(_, expression)| *expression);
    parts(expression, zone).map_err(|Refusal(rest, problem)| {
        let at = expression.len().saturating_sub(rest.len());
        ParseError { text: text.to_owned(), expected: "calendar event", at, problem }
    })
}

/// The date of an event, with what of the text each field was read from.
struct Date<'a> {
    year: (Field, &'a str),
    month: (Field, &'a str),
    day: (Field, &'a str),
    from_end: bool,
    /// It is a moment that has its own time, from `@SECONDS`.
    time: Option<[Field; 3]>,
}

fn parts(text: &str, zone: Zone) -> Parsed<'_, CalendarEvent> {
    if text.is_empty() {
        return refuse(text, "it is empty");
    }
    let (weekdays, text) = weekdays(text)?;
    let (date, text) = date(text)?;
    let zone = if date.time.is_some() { Zone::Utc } else { zone };
    let [hour, minute, second] = match date.time {
        Some(fields) if text.is_empty() => fields.map(|field| (field, text)),
        Some(_) => return refuse(text, "nothing can follow a time since the epoch"),
        None => time(text)?,
    };
    let mut event = CalendarEvent {
        weekdays,
        year: Field::default(),
        month: Field::default(),
        day: Field::default(),
        // `*~*` is any day.
        from_end_of_month: date.from_end && !date.day.0.is_any(),
        hour: Field::default(),
        minute: Field::default(),
        second: Field::default(),
        zone,
    };
    let fields = [
        (Unit::Year, date.year, &mut event.year),
        (Unit::Month, date.month, &mut event.month),
        (Unit::Day, date.day, &mut event.day),
        (Unit::Hour, hour, &mut event.hour),
        (Unit::Minute, minute, &mut event.minute),
        (Unit::Second, second, &mut event.second),
    ];
    for (unit, (mut field, place), into) in fields {
        field.normalize(unit);
        let from_end = unit == Unit::Day && event.from_end_of_month;
        if let Some(problem) = field.problem(unit, from_end) {
            return refuse(place, problem);
        }
        *into = field;
    }
    Ok(event)
}

/// The weekday that the text begins with, and what follows its name.
fn weekday(text: &str) -> Option<(usize, &str)> {
    Weekdays::NAMES.iter().enumerate().find_map(|(day, name)| {
        [name.len(), 3].into_iter().find_map(|length| {
            let (word, rest) = text.split_at_checked(length)?;
            word.eq_ignore_ascii_case(name.get(..length)?).then_some((day, rest))
        })
    })
}

/// Weekdays at the beginning of the text, and the rest. Without any it is every day.
fn weekdays(text: &str) -> Parsed<'_, (Weekdays, &str)> {
    let mut days = Weekdays(0);
    let mut from: Option<usize> = None;
    let mut rest = text;
    if weekday(text).is_none() {
        return Ok((Weekdays::ANY, text));
    }
    loop {
        let Some((day, after)) = weekday(rest) else {
            return refuse(rest, "a weekday is missing");
        };
        if !(after.is_empty() || after.starts_with(['-', '.', ',', ' '])) {
            return refuse(rest, "that is not a weekday");
        }
        match from {
            Some(first) if first > day => {
                return refuse(
                    rest,
                    "the range of weekdays runs backwards; it can be split in two at Monday",
                );
            }
            first => (first.unwrap_or(day)..=day).for_each(|day| days.add(day)),
        }
        let range = after.strip_prefix("..").or_else(|| after.strip_prefix('-'));
        rest = match (range, after.strip_prefix(',')) {
            (Some(_), _) if from.is_some() => return refuse(after, "a range has two ends"),
            (Some(next), _) => {
                from = Some(day);
                next
            }
            (None, Some(next)) => {
                from = None;
                next
            }
            (None, None) if after.starts_with('.') => return refuse(after, "a range is written `..`"),
            (None, None) => {
                from = None;
                after
            }
        };
        // The list ends here, perhaps with a comma that nothing follows.
        if rest.is_empty() || rest.starts_with(' ') {
            let open = from.is_some();
            return if open {
                refuse(rest, "the range of weekdays has no end")
            } else {
                Ok((days, rest.trim_start_matches(' ')))
            };
        }
    }
}

/// The date that the text begins with, and the rest. Without one it is every day.
fn date(text: &str) -> Parsed<'_, (Date<'_>, &str)> {
    let any = || (Field::default(), text);
    let every_day = Date { year: any(), month: any(), day: any(), from_end: false, time: None };
    if text.is_empty() {
        return Ok((every_day, text));
    }
    if let Some(rest) = text.strip_prefix('@') {
        return moment(rest);
    }
    if !text.starts_with(|first: char| first.is_ascii_digit() || first == '*') {
        return refuse(text, "that is neither a date nor a time, nor a word such as `daily` or `Mon`");
    }
    let (first, rest) = list(text, Unit::Year)?;
    if rest.is_empty() || rest.starts_with(':') {
        // That was the hour.
        return Ok((every_day, text));
    }
    let separator = |rest: &'_ str| match rest.strip_prefix('~') {
        Some(after) => Some((true, after.len())),
        None => rest.strip_prefix('-').map(|after| (false, after.len())),
    };
    let tail = |length: usize| text.get(text.len() - length..).unwrap_or_default();
    let Some((from_end, after)) = separator(rest) else {
        return refuse(rest, "`-`, `~` or `:` is expected here");
    };
    let second_text = tail(after);
    let (second, rest) = list(second_text, Unit::Month)?;
    if rest.is_empty() || rest.starts_with(' ') {
        let date = Date { month: (first, text), day: (second, second_text), from_end, ..every_day };
        return Ok((date, rest.trim_start_matches(' ')));
    }
    if from_end {
        return refuse(rest, "`~` stands before the day, which is the last part of a date");
    }
    let Some((from_end, after)) = separator(rest) else {
        return refuse(rest, "`-` or `~` is expected here");
    };
    let third_text = tail(after);
    let (third, rest) = list(third_text, Unit::Day)?;
    if !(rest.is_empty() || rest.starts_with(' ')) {
        return refuse(rest, "the date should end here");
    }
    let (year, month, day) = ((first, text), (second, second_text), (third, third_text));
    Ok((Date { year, month, day, from_end, time: None }, rest.trim_start_matches(' ')))
}

/// `@SECONDS` since the epoch, in UTC. The number is read like C's `strtoul` reads it.
fn moment(text: &str) -> Parsed<'_, (Date<'_>, &str)> {
    let number = text.trim_start_matches([' ', '\t', '\n', '\x0b', '\x0c', '\r']);
    let unsigned = number.strip_prefix(['-', '+']).unwrap_or(number);
    let end = unsigned.find(|character: char| !character.is_ascii_digit()).unwrap_or(unsigned.len());
    let (digits, rest) = unsigned.split_at_checked(end).unwrap_or((unsigned, ""));
    let Ok(seconds) = digits.parse::<u64>() else {
        return refuse(text, "a number of seconds since the epoch is expected after `@`");
    };
    let seconds = if number.starts_with('-') { seconds.wrapping_neg() } else { seconds };
    let time = i64::try_from(seconds).ok().and_then(|seconds| Timestamp::from_second(seconds).ok());
    let Some(time) = time.map(|time| TimeZone::UTC.to_datetime(time)) else {
        return refuse(text, "it is too far in the future");
    };
    let field = |value: i64| Field::of(value);
    let date = Date {
        year: (field(time.year().into()), text),
        month: (field(time.month().into()), text),
        day: (field(time.day().into()), text),
        from_end: false,
        time: Some([
            field(time.hour().into()),
            field(time.minute().into()),
            field(i64::from(time.second()) * SECOND),
        ]),
    };
    Ok((date, rest))
}

/// The time, which is the rest of the text: hours and minutes, and seconds or none. Without one it is midnight.
fn time(text: &str) -> Parsed<'_, [(Field, &str); 3]> {
    if text.is_empty() {
        return Ok([(Field::of(0), text), (Field::of(0), text), (Field::of(0), text)]);
    }
    let (hour, rest) = list(text, Unit::Hour)?;
    let Some(minute_text) = rest.strip_prefix(':') else {
        return refuse(rest, "`:` is expected here");
    };
    let (minute, rest) = list(minute_text, Unit::Minute)?;
    let (second, second_text, rest) = match rest.strip_prefix(':') {
        Some(second_text) => {
            let (second, rest) = list(second_text, Unit::Second)?;
            (second, second_text, rest)
        }
        None => (Field::of(0), rest, rest),
    };
    if rest.is_empty() {
        return Ok([(hour, text), (minute, minute_text), (second, second_text)]);
    }
    refuse(
        rest,
        match rest.strip_prefix(' ') {
            Some(zone) => format!("`{zone}` is not a time zone of this machine"),
            None => "the time should end here".to_owned(),
        },
    )
}

/// A field at the beginning of the text, and what follows it.
fn list(text: &str, unit: Unit) -> Parsed<'_, (Field, &str)> {
    if let Some(rest) = text.strip_prefix('*') {
        let any = if unit == Unit::Second { Field::every_second() } else { Field::default() };
        return Ok((any, rest));
    }
    let mut components = Vec::new();
    let mut rest = text;
    loop {
        if components.len() == MAX_COMPONENTS {
            return refuse(rest, format!("a list has at most {MAX_COMPONENTS} parts"));
        }
        let (component, after) = component(rest, unit)?;
        components.push(component);
        match after.strip_prefix(',') {
            Some(next) => rest = next,
            None => return Ok((Field(components), after)),
        }
    }
}

fn component(text: &str, unit: Unit) -> Parsed<'_, (Component, &str)> {
    let (start, mut rest) = number(text, unit)?;
    let mut component = Component { start, stop: None, repeat: 0 };
    if let Some(after) = rest.strip_prefix("..") {
        let (stop, after) = number(after, unit)?;
        component.stop = Some(stop);
        component.repeat = if unit == Unit::Second { SECOND } else { 1 };
        rest = after;
    }
    if let Some(after) = rest.strip_prefix('/') {
        let (repeat, behind) = number(after, unit)?;
        if repeat == 0 {
            return refuse(after, "a repetition of 0 has no end");
        }
        component.repeat = repeat;
        rest = behind;
    } else if unit == Unit::Second && component.stop.is_some_and(|stop| start + component.repeat > stop) {
        return refuse(text, "a range of less than a second needs a repetition, such as `/0.1`");
    }
    match rest.chars().next() {
        None | Some(' ' | ',' | '-' | '~' | ':') => Ok((component, rest)),
        Some('*') => refuse(rest, "`*` stands alone"),
        Some(_) => refuse(rest, "that is not part of a number, range or repetition"),
    }
}

/// A number and what follows it. Seconds may have a fraction, of which six digits count and the seventh rounds.
fn number(text: &str, unit: Unit) -> Parsed<'_, (i64, &str)> {
    let digits_end =
        |text: &str| text.find(|character: char| !character.is_ascii_digit()).unwrap_or(text.len());
    let (digits, rest) = text.split_at_checked(digits_end(text)).unwrap_or((text, ""));
    if digits.is_empty() {
        return refuse(text, if text.starts_with('*') { "`*` stands alone" } else { "a number is missing" });
    }
    let scale = if unit == Unit::Second { SECOND } else { 1 };
    let whole = digits.parse::<i64>().ok().filter(|value| *value <= MAX_NUMBER / scale);
    let Some(whole) = whole else {
        return refuse(text, "the number is too large");
    };
    let value = whole * scale;
    let fraction = rest.strip_prefix('.').filter(|_| unit == Unit::Second);
    // Two dots are a range.
    let Some(fraction) = fraction.filter(|fraction| !fraction.starts_with('.')) else {
        return Ok((value, rest));
    };
    let (decimals, rest) = fraction.split_at_checked(digits_end(fraction)).unwrap_or((fraction, ""));
    if decimals.is_empty() {
        return refuse(fraction, "a digit is missing after the point");
    }
    let micros = decimals.bytes().chain(std::iter::repeat(b'0')).take(6);
    let micros = micros.fold(0, |sum, digit| sum * 10 + i64::from(digit - b'0'));
    let round = decimals.as_bytes().get(6).is_some_and(|digit| *digit >= b'5');
    let value = value + micros + i64::from(round);
    if value > MAX_NUMBER { refuse(text, "the number is too large") } else { Ok((value, rest)) }
}
