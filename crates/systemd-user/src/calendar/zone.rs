//! The time zone that a calendar event is meant in, and what the machine's own zone is called.

use std::fmt;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// The time zone of the machine, with the abbreviations that it goes by, such as `CET` and `CEST`: an expression may name it so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LocalTime {
    zone: TimeZone,
    /// Of standard time and of daylight saving time.
    names: [Option<String>; 2],
}

impl LocalTime {
    /// The zone, with the names that it had at last at that time: zones change their names.
    pub fn at(zone: TimeZone, time: Timestamp) -> Self {
        let mut names = [None, None];
        let now = zone.to_offset_info(time);
        let mut learn = |daylight: bool, name: &str| {
            let [standard, saving] = &mut names;
            let known = if daylight { saving } else { standard };
            known.get_or_insert_with(|| name.to_owned());
        };
        learn(now.dst().is_dst(), now.abbreviation());
        for transition in zone.preceding(time) {
            learn(transition.dst().is_dst(), transition.abbreviation());
        }
        LocalTime { zone, names }
    }

    /// The zone itself.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// Whether daylight saving time is meant, for each name: standard time first.
    fn named(&self) -> impl Iterator<Item = (bool, &str)> {
        let names = self.names.iter().zip([false, true]);
        names.filter_map(|(name, daylight)| Some((daylight, name.as_deref()?)))
    }
}

static UTC: TimeZone = TimeZone::UTC;

/// The zone of an event.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Zone {
    /// None is named: the machine's.
    Local,
    /// The machine's by an abbreviation: times are either in daylight saving time or not, whatever the season.
    LocalNamed { daylight: bool, name: String },
    /// `UTC`.
    Utc,
    /// One of the IANA database.
    Named(TimeZone, String),
}

impl Zone {
    /// Splits an expression before the zone at its end, if it ends in one.
    pub(super) fn split<'a>(text: &'a str, local: &LocalTime) -> (&'a str, Self) {
        if let Some(rest) = strip_word(text, "UTC") {
            return (rest, Self::Utc);
        }
        for (daylight, name) in local.named() {
            if let Some(rest) = strip_word(text, name) {
                return (rest, Self::LocalNamed { daylight, name: name.to_owned() });
            }
        }
        match text.rsplit_once(' ') {
            Some((rest, name)) => match find(name) {
                Some(zone) => (rest, Self::Named(zone, name.to_owned())),
                None => (text, Self::Local),
            },
            None => (text, Self::Local),
        }
    }

    pub(super) fn time_zone<'a>(&'a self, local: &'a LocalTime) -> &'a TimeZone {
        match self {
            Self::Local | Self::LocalNamed { .. } => local.zone(),
            Self::Utc => &UTC,
            Self::Named(zone, _) => zone,
        }
    }

    /// Whether times have to be daylight saving times, or have to be none.
    pub(super) fn daylight(&self) -> Option<bool> {
        match self {
            Self::LocalNamed { daylight, .. } => Some(*daylight),
            Self::Local | Self::Utc | Self::Named(..) => None,
        }
    }
}

impl fmt::Display for Zone {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Local => Ok(()),
            Self::Utc => formatter.write_str(" UTC"),
            Self::LocalNamed { name, .. } | Self::Named(_, name) => write!(formatter, " {name}"),
        }
    }
}

/// A zone of the machine's database. Its name is that of a file, so its case matters.
fn find(name: &str) -> Option<TimeZone> {
    let zone = TimeZone::get(name).ok()?;
    (zone.iana_name() == Some(name) && !zone.is_unknown()).then_some(zone)
}

/// What stands before the last word, if that is `word`.
fn strip_word<'a>(text: &'a str, word: &str) -> Option<&'a str> {
    let (rest, last) = text.rsplit_once(' ')?;
    last.eq_ignore_ascii_case(word).then_some(rest)
}
