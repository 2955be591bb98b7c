//! How old something has to be, as people write it: `30d`, `2 weeks`, `-30 days` as for Home Manager, or a date.

use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned, civil};

/// A point in time, given as such or seen from now.
#[derive(Clone, Debug)]
pub(crate) enum Cutoff {
    /// That long ago.
    Age(Span),
    /// A date and time in the time zone of the system.
    Date(civil::DateTime),
    /// An instant.
    At(Timestamp),
}

/// Reads an age or a date.
///
/// # Errors
/// What is wrong with the text, for the command line's message.
pub(crate) fn cutoff(text: &str) -> Result<Cutoff, String> {
    let text = text.trim();
    if let Ok(date) = text.parse::<civil::Date>() {
        return Ok(Cutoff::Date(date.into()));
    }
    if let Ok(instant) = text.parse::<Timestamp>() {
        return Ok(Cutoff::At(instant));
    }
    if let Ok(date) = text.parse::<civil::DateTime>() {
        return Ok(Cutoff::Date(date));
    }
    if has_bare_m(text) {
        return Err("'m' can be minutes or months; write 'min' or 'mo'".to_owned());
    }
    // Whether "30 days", "-30 days" or "30 days ago": nothing in the future is meant.
    match text.parse::<Span>() {
        Ok(span) => Ok(Cutoff::Age(span.abs())),
        Err(_) => Err("write an age such as 30d, 2w, 12h or 6mo, or a date such as 2026-01-31".to_owned()),
    }
}

/// Whether a number is followed by an `m` alone. What is read as minutes and meant as months loses generations.
fn has_bare_m(text: &str) -> bool {
    let mut words = text.split(|c: char| !c.is_ascii_alphabetic());
    !text.starts_with(['P', 'p']) && words.any(|word| word == "m")
}

impl Cutoff {
    /// The instant, seen from `now`.
    ///
    /// # Errors
    /// What is wrong with it, for instance that no calendar reaches back that far.
    pub(crate) fn instant(&self, now: &Zoned) -> Result<Timestamp, String> {
        match self {
            Cutoff::Age(span) => {
                now.checked_sub(*span).map(|then| then.timestamp()).map_err(|error| error.to_string())
            }
            Cutoff::Date(date) => date
                .to_zoned(TimeZone::system())
                .map(|then| then.timestamp())
                .map_err(|error| error.to_string()),
            Cutoff::At(instant) => Ok(*instant),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ages_and_dates() {
        let now: Zoned = "2026-03-31T12:00[UTC]".parse().unwrap();
        let check = |text: &str, expected: &str| {
            let then = cutoff(text).unwrap().instant(&now).unwrap();
            assert_eq!(then.to_string(), expected, "{text}");
        };
        for text in ["30d", "30 days", "-30 days", "30 days ago", " 30d "] {
            check(text, "2026-03-01T12:00:00Z");
        }
        check("2w", "2026-03-17T12:00:00Z");
        check("12h", "2026-03-31T00:00:00Z");
        check("90min", "2026-03-31T10:30:00Z");
        check("1mo", "2026-02-28T12:00:00Z");
        check("1y", "2025-03-31T12:00:00Z");
        check("1d 12h", "2026-03-30T00:00:00Z");
        check("-1 month", "2026-02-28T12:00:00Z");
        check("2018-01-01T00:00:00Z", "2018-01-01T00:00:00Z");
        assert!(matches!(cutoff("2018-01-01"), Ok(Cutoff::Date(_))));
        assert!(matches!(cutoff("2018-01-01 12:30"), Ok(Cutoff::Date(_))));
    }

    #[test]
    fn what_is_no_age() {
        for text in ["", "x", "30", "6m", "1d 6m", "-6 m", "30x", "yesterday"] {
            assert!(cutoff(text).is_err(), "{text}");
        }
        assert!(cutoff("6m").unwrap_err().contains("minutes or months"));
    }
}
