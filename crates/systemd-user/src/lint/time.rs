//! Time spans and calendar events, which have parsers of their own.

use std::sync::OnceLock;

use jiff::Timestamp;
use jiff::tz::TimeZone;

use crate::calendar::{CalendarEvent, LocalTime};
use crate::error::ParseError;
use crate::timespan::TimeSpan;

/// Whether it is a time span; what is wrong with it otherwise.
pub(super) fn span(text: &str) -> Result<(), String> {
    TimeSpan::parse(text).map(drop).map_err(why)
}

/// Whether it is a calendar event; what is wrong with it otherwise.
pub(super) fn calendar(text: &str) -> Result<(), String> {
    // Which abbreviations of zones are known depends on the machine; looking its zone up takes longer than a set of units.
    static LOCAL: OnceLock<LocalTime> = OnceLock::new();
    let local = LOCAL.get_or_init(|| LocalTime::at(TimeZone::system(), Timestamp::now()));
    CalendarEvent::parse(text, local).map(drop).map_err(why)
}

fn why(error: ParseError) -> String {
    match error.text.get(error.at..) {
        Some(rest) if error.at > 0 && !rest.is_empty() => format!("at `{rest}`: {}", error.problem),
        _ => error.problem,
    }
}
