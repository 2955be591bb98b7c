//! Calendar events, the expressions of `OnCalendar=`: read, written in their normal form, and asked when they elapse.
//!
//! The format is that of systemd.time(7), section "CALENDAR EVENTS". The manager would tell the same, but only of timers
//! that it has loaded; here it can be known of a configuration that nothing was switched to yet, and on another machine.
//! What the manual page leaves open (what is refused, what happens when clocks are changed) is as systemd 252 does it, found
//! by asking `systemd-analyze calendar`; the tests compare with it. Known differences to other versions:
//!
//! - Where an hour is skipped, some zones (Europe/Dublin, Australia/Lord_Howe) made older versions go in a circle; that was
//!   mended for 258 and in later releases of 252, with which what is computed here agrees.
//! - 252 gives up on some events that would elapse, such as `*-1/5-1` in a zone whose clocks are changed, when asked after the
//!   last month: it goes from the 16th month back and forth between two years. Such an event has no next time here, either.
//! - Newer versions warn of a weekday that a fixed date does not have; such an event never elapses in any version.
//!
//! Zones of the `right/` and `posix/` folders, which systemd takes, are refused: nobody has them in a timer.

mod clock;
mod component;
mod next;
mod parse;
mod zone;

use std::fmt;

use jiff::Timestamp;

use crate::error::ParseError;
use component::{Field, Unit};
use zone::Zone;

pub use zone::LocalTime;

/// A calendar event, systemd.time(7).
#[derive(Debug, Clone, PartialEq)]
pub struct CalendarEvent {
    weekdays: Weekdays,
    year: Field,
    month: Field,
    day: Field,
    /// Whether days are counted from the end of the month: `~`.
    from_end_of_month: bool,
    hour: Field,
    minute: Field,
    /// In microseconds.
    second: Field,
    zone: Zone,
}

impl CalendarEvent {
    /// Reads an expression. `local` is the zone that it is meant in unless it names one; its abbreviations, such as `CET`,
    /// are taken as names, too.
    ///
    /// # Errors
    /// What systemd refuses, with the place.
    pub fn parse(text: &str, local: &LocalTime) -> Result<Self, ParseError> {
        parse::event(text, local)
    }

    /// The first time after `after` at which the event elapses; none if it never does again. Asking with the last answer gives
    /// all of them in order.
    pub fn next_after(&self, after: Timestamp, local: &LocalTime) -> Option<Timestamp> {
        next::next(self, after, local)
    }

    fn field(&self, unit: Unit) -> &Field {
        match unit {
            Unit::Year => &self.year,
            Unit::Month => &self.month,
            Unit::Day => &self.day,
            Unit::Hour => &self.hour,
            Unit::Minute => &self.minute,
            Unit::Second => &self.second,
        }
    }
}

/// The normal form, as `systemd-analyze calendar` prints it.
impl fmt::Display for CalendarEvent {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if !self.weekdays.is_any() {
            write!(formatter, "{} ", self.weekdays)?;
        }
        let show = |unit| self.field(unit).show(unit);
        let (year, month, day) = (show(Unit::Year), show(Unit::Month), show(Unit::Day));
        let mark = if self.from_end_of_month { '~' } else { '-' };
        write!(formatter, "{year}-{month}{mark}{day} ")?;
        write!(formatter, "{}:{}:{}{}", show(Unit::Hour), show(Unit::Minute), show(Unit::Second), self.zone)
    }
}

/// Days of the week, as bits from Monday on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Weekdays(u8);

impl Weekdays {
    const NAMES: [&'static str; 7] =
        ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"];

    const ANY: Self = Weekdays(0x7f);

    /// No weekday named is every weekday.
    fn is_any(self) -> bool {
        self == Self::ANY
    }

    /// Whether it has this day, Monday being 0.
    fn has(self, day: usize) -> bool {
        day < Self::NAMES.len() && self.0 & (1 << day) != 0
    }

    fn add(&mut self, day: usize) {
        self.0 |= 1 << day;
    }
}

impl fmt::Display for Weekdays {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let name = |day: usize| Self::NAMES.get(day).and_then(|name| name.get(..3)).unwrap_or_default();
        let mut separator = "";
        let mut day = 0;
        while day < Self::NAMES.len() {
            if !self.has(day) {
                day += 1;
                continue;
            }
            let length = (day..).take_while(|day| self.has(*day)).count();
            let last = day + length - 1;
            write!(formatter, "{separator}{}", name(day))?;
            match length {
                1 => {}
                2 => write!(formatter, ",{}", name(last))?,
                _ => write!(formatter, "..{}", name(last))?,
            }
            separator = ",";
            day = last + 1;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    fn utc() -> LocalTime {
        LocalTime::at(TimeZone::UTC, Timestamp::UNIX_EPOCH)
    }

    /// Compares the normal form, or what is said of an expression that has none.
    fn check(text: &str, expected: &str) {
        let found = match CalendarEvent::parse(text, &utc()) {
            Ok(event) => event.to_string(),
            Err(error) => error.to_string(),
        };
        assert_eq!(found, expected);
    }

    #[test]
    fn normal_forms() {
        check("Sat,Thu,Mon..Wed,Sat..Sun", "Mon..Thu,Sat,Sun *-*-* 00:00:00");
        check("Mon,Sun 12-*-* 2,1:23", "Mon,Sun 2012-*-* 01,02:23:00");
        check("Wed, 17:48", "Wed *-*-* 17:48:00");
        check("12,14,13,12:20,10,30", "*-*-* 12,13,14:10,20,30:00");
        check("05:40:23.4200004/3.1700005", "*-*-* 05:40:23.420000/3.170001");
        check("0..5/2:00", "*-*-* 00..04/2:00:00");
        check("0..5/6:00", "*-*-* 00:00:00");
        check("*-02~03", "*-02~03 00:00:00");
        check("*:*:0/1,5", "*-*-* *:*:*");
        check("Mon..Sun utc", "*-*-* 00:00:00 UTC");
        check("quarterly", "*-01,04,07,10-01 00:00:00");
        check("@1730000000", "2024-10-27 03:33:20 UTC");
    }

    #[test]
    fn refusals_tell_the_place() {
        let check =
            |text: &str, problem: &str| check(text, &format!("`{text}` is not a calendar event: {problem}"));
        check("", "it is empty");
        check("*-13-01", "the month is not between 1 and 12, at `13-01`");
        check("*-*-* 24:00", "the hour is not between 0 and 23, at `24:00`");
        check("*-*~29", "the day from the end of the month is not between 1 and 28, at `29`");
        check("5..1:00", "the range of the hour runs backwards");
        check("*-*-31/1", "the day is never repeated, at `31/1`");
        check("*/2:00", "`-`, `~` or `:` is expected here, at `/2:00`");
        check("Fri..Mon", "the range of weekdays runs backwards; it can be split in two at Monday, at `Mon`");
        check("Mon..", "the range of weekdays has no end");
        check(
            "10:00 Europe/berlin",
            "`Europe/berlin` is not a time zone of this machine, at ` Europe/berlin`",
        );
        check("dayly", "that is neither a date nor a time, nor a word such as `daily` or `Mon`");
        check("Mon *-*-x", "a number is missing, at `x`");
        check(
            "10:00:0..0.5",
            "a range of less than a second needs a repetition, such as `/0.1`, at `0..0.5`",
        );
    }

    #[test]
    fn elapses() {
        let check = |text: &str, from: &str, expected: &[&str]| {
            let event = CalendarEvent::parse(text, &utc()).unwrap();
            let first = event.next_after(from.parse().unwrap(), &utc());
            let all = std::iter::successors(first, |time| event.next_after(*time, &utc()));
            assert_eq!(all.take(3).map(|time| time.to_string()).collect::<Vec<_>>(), expected, "{text}");
        };
        check(
            "*-02-29",
            "2024-02-29T00:00:00Z",
            &["2028-02-29T00:00:00Z", "2032-02-29T00:00:00Z", "2036-02-29T00:00:00Z"],
        );
        check(
            "2199-12-31..31/1 23:59:58/1",
            "2024-01-01T00:00:00Z",
            &["2199-12-31T23:59:58Z", "2199-12-31T23:59:59Z"],
        );
        check("*-02-30", "2024-01-01T00:00:00Z", &[]);
        check(
            "Mon *-05~07/1",
            "2024-01-01T00:00:00Z",
            &["2024-05-27T00:00:00Z", "2025-05-26T00:00:00Z", "2026-05-25T00:00:00Z"],
        );
        check(
            "*:0:0.25/0.5",
            "2024-01-01T00:01:00Z",
            &["2024-01-01T01:00:00.25Z", "2024-01-01T01:00:00.75Z", "2024-01-01T01:00:01.25Z"],
        );
    }
}
