//! The `[Timer]` section of a unit: what makes it elapse, and when that is next as far as it can be told beforehand.
//!
//! Settings are those of systemd.timer(5). systemd skips a value that it does not understand, with a warning in the journal, and
//! the timer does not elapse; here each is an error that can be shown before anything is switched.

use std::fmt;

use jiff::Timestamp;

use crate::calendar::{CalendarEvent, LocalTime};
use crate::error::ParseError;
use crate::name::{UnitName, UnitType};
use crate::timespan::TimeSpan;
use crate::unit::{Unit, parse_boolean};

/// What the span of a monotonic timer is counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Since {
    /// `OnActiveSec=`
    TimerStarted,
    /// `OnBootSec=`
    Booted,
    /// `OnStartupSec=`
    ManagerStarted,
    /// `OnUnitActiveSec=`
    UnitStarted,
    /// `OnUnitInactiveSec=`
    UnitStopped,
}

impl Since {
    const SETTINGS: [(&'static str, Self); 5] = [
        ("OnActiveSec", Self::TimerStarted),
        ("OnBootSec", Self::Booted),
        ("OnStartupSec", Self::ManagerStarted),
        ("OnUnitActiveSec", Self::UnitStarted),
        ("OnUnitInactiveSec", Self::UnitStopped),
    ];

    /// The name of the setting.
    pub fn setting(self) -> &'static str {
        Self::SETTINGS.iter().find(|(_, since)| *since == self).map_or("", |(name, _)| name)
    }
}

impl fmt::Display for Since {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::TimerStarted => "the timer was started",
            Self::Booted => "the machine was booted",
            Self::ManagerStarted => "the user manager was started",
            Self::UnitStarted => "its unit was last started",
            Self::UnitStopped => "its unit last ended",
        })
    }
}

/// The setting for calendar events.
const ON_CALENDAR: &str = "OnCalendar";

/// What makes a timer elapse.
#[derive(Debug, Clone, PartialEq)]
pub enum Trigger {
    /// `OnCalendar=`
    Calendar(CalendarEvent),
    /// One of the others.
    Span(Since, TimeSpan),
    /// A value with specifiers such as `%i`, which the manager replaces: the setting and the value.
    Unknown(&'static str, String),
}

/// A setting that is not understood.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{setting}: {problem}")]
pub struct InvalidSetting {
    /// Its name.
    pub setting: &'static str,
    /// What is wrong with it.
    pub problem: ParseError,
}

/// A timer unit.
#[derive(Debug, Clone, PartialEq)]
pub struct Timer {
    /// The unit that it starts.
    pub starts: String,
    /// What makes it elapse, in the order of the file.
    pub triggers: Vec<Trigger>,
    /// `RandomizedDelaySec=`: it elapses up to so much later.
    pub randomized_delay: Option<TimeSpan>,
    /// `AccuracySec=`, where it is set: it elapses within such a span, together with others.
    pub accuracy: Option<TimeSpan>,
    /// `Persistent=`: what was missed while it was not active is made up for.
    pub persistent: bool,
}

impl Timer {
    /// Reads the unit `name`. What is not understood is left out of the timer, and listed.
    pub fn read(name: &UnitName, unit: &Unit, local: &LocalTime) -> (Self, Vec<InvalidSetting>) {
        let mut problems = Vec::new();
        let mut triggers = Vec::new();
        let sections = unit.sections.iter().filter(|section| section.name == "Timer");
        for entry in sections.flat_map(|section| &section.entries) {
            let since = Since::SETTINGS.iter().find(|(setting, _)| *setting == entry.key);
            let setting = match since {
                Some((setting, _)) => *setting,
                None if entry.key == ON_CALENDAR => ON_CALENDAR,
                None => continue,
            };
            // Whichever of them is empty, all that stand before it are forgotten.
            if entry.value.is_empty() {
                triggers.clear();
                problems.clear();
                continue;
            }
            let Some(value) = without_specifiers(&entry.value) else {
                triggers.push(Trigger::Unknown(setting, entry.value.clone()));
                continue;
            };
            let trigger = match since {
                Some((_, since)) => TimeSpan::parse(&value).map(|span| Trigger::Span(*since, span)),
                None => CalendarEvent::parse(&value, local).map(Trigger::Calendar),
            };
            match trigger {
                Ok(trigger) => triggers.push(trigger),
                Err(problem) => problems.push(InvalidSetting { setting, problem }),
            }
        }
        let mut span = |setting| {
            let parsed = TimeSpan::parse(unit.value("Timer", setting)?);
            parsed.map_err(|problem| problems.push(InvalidSetting { setting, problem })).ok()
        };
        let timer = Timer {
            starts: unit
                .value("Timer", "Unit")
                .map_or_else(|| name.with_type(UnitType::Service).to_string(), str::to_owned),
            randomized_delay: span("RandomizedDelaySec").filter(|span| span.as_micros() > 0),
            accuracy: span("AccuracySec"),
            triggers,
            persistent: unit.value("Timer", "Persistent").and_then(parse_boolean).unwrap_or(false),
        };
        (timer, problems)
    }

    /// The next `count` times at which one of its calendar events elapses after `after`, with the event. Times at which several
    /// do come once.
    pub fn next(
        &self,
        count: usize,
        after: Timestamp,
        local: &LocalTime,
    ) -> Vec<(Timestamp, &CalendarEvent)> {
        let events = self.triggers.iter().filter_map(|trigger| match trigger {
            Trigger::Calendar(event) => Some(event),
            Trigger::Span(..) | Trigger::Unknown(..) => None,
        });
        let mut all: Vec<(Timestamp, &CalendarEvent)> = Vec::new();
        for event in events {
            // Clocks that are changed can lead systemd to a time twice; as many as are asked for end the search all the same.
            let times =
                std::iter::successors(event.next_after(after, local), |time| event.next_after(*time, local));
            all.extend(times.take(count).map(|time| (time, event)));
        }
        all.sort_by_key(|(time, _)| *time);
        all.dedup_by_key(|(time, _)| *time);
        all.truncate(count);
        all
    }
}

/// The value with `%%` as `%`; none if it has specifiers.
fn without_specifiers(value: &str) -> Option<String> {
    let plain = value.replace("%%", "\0");
    (!plain.contains('%')).then(|| plain.replace('\0', "%"))
}

#[cfg(test)]
mod tests {
    use jiff::tz::TimeZone;

    use super::*;

    /// Compares what the lines of a section are read as, with the next three times.
    fn check(lines: &str, expected: &str) {
        let (unit, _) = Unit::parse(&format!("[Timer]\n{}\n", lines.replace('|', "\n")));
        let start = Timestamp::from_second(1_700_000_000).unwrap();
        let local = LocalTime::at(TimeZone::UTC, start);
        let (timer, problems) = Timer::read(&UnitName::new("a.timer").unwrap(), &unit, &local);
        let mut parts = vec![timer.starts.clone()];
        parts.extend(timer.triggers.iter().map(|trigger| match trigger {
            Trigger::Calendar(event) => event.to_string(),
            Trigger::Span(since, span) => format!("{span} after {since}"),
            Trigger::Unknown(setting, value) => format!("{setting}={value}"),
        }));
        parts.extend(timer.next(3, start, &local).iter().map(|(time, _)| time.to_string()));
        parts.extend(timer.randomized_delay.map(|span| format!("delay {span}")));
        parts.extend(timer.accuracy.map(|span| format!("accuracy {span}")));
        parts.extend(timer.persistent.then(|| "persistent".to_owned()));
        parts.extend(problems.iter().map(InvalidSetting::to_string));
        assert_eq!(parts.join("; "), expected);
    }

    #[test]
    fn timers() {
        check(
            "OnCalendar=*:0/15|OnCalendar=*:0/10",
            "a.service; *-*-* *:00/15:00; *-*-* *:00/10:00; 2023-11-14T22:15:00Z; 2023-11-14T22:20:00Z; 2023-11-14T22:30:00Z",
        );
        check(
            "OnBootSec=15min|OnUnitActiveSec=1d|Unit=b.target",
            "b.target; 15min after the machine was booted; 1d after its unit was last started",
        );
        check(
            "OnBootSec=5|OnCalendar=never|OnStartupSec=|OnActiveSec=2",
            "a.service; 2s after the timer was started",
        );
        check("OnCalendar=1", "a.service; OnCalendar: `1` is not a calendar event: `:` is expected here");
        check(
            "OnCalendar=%i:00|AccuracySec=1us|RandomizedDelaySec=5m|Persistent=yes",
            "a.service; OnCalendar=%i:00; delay 5min; accuracy 1us; persistent",
        );
        check(
            "RandomizedDelaySec=x",
            "a.service; RandomizedDelaySec: `x` is not a time span: a number is missing",
        );
    }
}
