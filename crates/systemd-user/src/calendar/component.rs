//! One field of a calendar event, such as the hours: a list of values, ranges and repetitions.
//!
//! A field knows how it is brought to its normal form, which values it can have, how it is printed, and its first value that is
//! not less than another. Seconds are counted in microseconds, so that fractions are whole numbers.

use std::fmt;

/// The fields, from the largest on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Unit {
    Year,
    Month,
    Day,
    Hour,
    Minute,
    Second,
}

/// A second, in the unit that seconds are counted in here.
pub(super) const SECOND: i64 = 1_000_000;

/// The last year that an event can be in.
pub(super) const LAST_YEAR: i64 = 2199;

impl Unit {
    pub(super) const ALL: [Self; 6] =
        [Self::Year, Self::Month, Self::Day, Self::Hour, Self::Minute, Self::Second];

    /// The next larger one.
    pub(super) fn above(self) -> Option<Self> {
        match self {
            Self::Year => None,
            Self::Month => Some(Self::Year),
            Self::Day => Some(Self::Month),
            Self::Hour => Some(Self::Day),
            Self::Minute => Some(Self::Hour),
            Self::Second => Some(Self::Minute),
        }
    }

    /// Its name in a sentence.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Year => "year",
            Self::Month => "month",
            Self::Day => "day",
            Self::Hour => "hour",
            Self::Minute => "minute",
            Self::Second => "second",
        }
    }

    /// The least and the greatest value.
    fn limits(self) -> (i64, i64) {
        match self {
            Self::Year => (1970, LAST_YEAR),
            Self::Month => (1, 12),
            Self::Day => (1, 31),
            Self::Hour => (0, 23),
            Self::Minute => (0, 59),
            Self::Second => (0, 60 * SECOND - 1),
        }
    }
}

/// A value, or several: `START`, `START..STOP`, `START/REPEAT`, `START..STOP/REPEAT`. The order of these fields is the order in
/// which a list is sorted.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Component {
    pub(super) start: i64,
    pub(super) stop: Option<i64>,
    /// The distance between the values; 0 where there is only one.
    pub(super) repeat: i64,
}

/// A list of components. An empty one is `*`, but for the seconds, where `*` is each whole one.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Field(pub(super) Vec<Component>);

impl Field {
    /// The single value.
    pub(super) fn of(value: i64) -> Self {
        Field(vec![Component { start: value, stop: None, repeat: 0 }])
    }

    /// Each whole second.
    pub(super) fn every_second() -> Self {
        Field(vec![Component { start: 0, stop: None, repeat: SECOND }])
    }

    /// Whether it is `*` of another field than the seconds.
    pub(super) fn is_any(&self) -> bool {
        self.0.is_empty()
    }

    /// Sorts it, and writes what comes to the same in the same way.
    pub(super) fn normalize(&mut self, unit: Unit) {
        for component in &mut self.0 {
            if unit == Unit::Year {
                component.start = full_year(component.start);
                component.stop = component.stop.map(full_year);
            }
            let Some(stop) = component.stop else { continue };
            let mut last = stop;
            if stop > component.start && component.repeat > 0 {
                last -= (stop - component.start) % component.repeat;
            }
            component.stop = Some(last);
            let holds_one = last == component.start
                || (last > component.start
                    && component.repeat > 0
                    && component.start + component.repeat > last);
            if holds_one {
                *component = Component { start: component.start, stop: None, repeat: 0 };
            }
        }
        self.0.sort();
        self.0.dedup();
    }

    /// What is wrong with the values, if anything is.
    pub(super) fn problem(&self, unit: Unit, from_end: bool) -> Option<String> {
        let (least, last) = unit.limits();
        self.0.iter().zip(1..).find_map(|(component, number)| {
            // From the end of the month only days are counted that every month has. systemd subtracts again for each part of
            // a list, and so refuses some that would do no harm.
            let greatest = if from_end { last - 3 * number } else { last };
            let Component { start, stop, repeat } = component;
            let (name, within) = (unit.name(), least..=greatest);
            if !within.contains(start) || stop.is_some_and(|stop| !within.contains(&stop)) {
                let greatest = if unit == Unit::Second { 59 } else { greatest };
                let counted = if from_end { " from the end of the month" } else { "" };
                return Some(format!("the {name}{counted} is not between {least} and {greatest}"));
            }
            // At least one repetition has to come before the field ends.
            let fits = *repeat <= greatest - least
                && match stop {
                    Some(stop) => start + repeat <= *stop,
                    None if from_end => start - repeat >= least,
                    None => start + repeat <= greatest,
                };
            match (fits, stop) {
                (true, _) => None,
                (false, Some(stop)) if stop < start => {
                    Some(format!("the range of the {name} runs backwards"))
                }
                (false, _) => Some(format!("the {name} is never repeated")),
            }
        })
    }

    /// Its first value that is not less than `value`. `bounds` tells what a component's start and stop stand for, if not for
    /// themselves.
    pub(super) fn first_from(
        &self,
        value: i64,
        mut bounds: impl FnMut(&Component) -> (i64, Option<i64>),
    ) -> Option<i64> {
        if self.is_any() {
            return Some(value);
        }
        let mut first: Option<i64> = None;
        for component in &self.0 {
            let (start, stop) = bounds(component);
            let candidate = if start >= value {
                Some(start)
            } else if component.repeat > 0 {
                let steps = (value - start).div_euclid(component.repeat)
                    + i64::from((value - start).rem_euclid(component.repeat) > 0);
                let candidate = start + steps * component.repeat;
                stop.is_none_or(|stop| candidate <= stop).then_some(candidate)
            } else {
                None
            };
            first = match (first, candidate) {
                (Some(first), Some(candidate)) => Some(first.min(candidate)),
                (first, candidate) => first.or(candidate),
            };
        }
        first
    }

    /// For printing it.
    pub(super) fn show(&self, unit: Unit) -> Shown<'_> {
        Shown { field: self, unit }
    }
}

/// Two digits are a year of this century up to 69, and of the last one from 70 on.
fn full_year(year: i64) -> i64 {
    match year {
        0..70 => year + 2000,
        70..100 => year + 1900,
        _ => year,
    }
}

/// A field to be printed.
pub(super) struct Shown<'a> {
    field: &'a Field,
    unit: Unit,
}

impl Shown<'_> {
    fn number(&self, formatter: &mut fmt::Formatter<'_>, value: i64, width: usize) -> fmt::Result {
        if self.unit != Unit::Second {
            return write!(formatter, "{value:0width$}");
        }
        write!(formatter, "{:0width$}", value / SECOND)?;
        if value % SECOND > 0 { write!(formatter, ".{:06}", value % SECOND) } else { Ok(()) }
    }
}

impl fmt::Display for Shown<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let step = if self.unit == Unit::Second { SECOND } else { 1 };
        let components = &self.field.0;
        // What else is in the list is within the whole seconds, or at least systemd prints it as if it were.
        let each = Component { start: 0, stop: None, repeat: SECOND };
        if components.is_empty() || (self.unit == Unit::Second && components.contains(&each)) {
            return formatter.write_str("*");
        }
        let width = if self.unit == Unit::Year { 4 } else { 2 };
        for (index, Component { start, stop, repeat }) in components.iter().enumerate() {
            if index > 0 {
                formatter.write_str(",")?;
            }
            self.number(formatter, *start, width)?;
            if let Some(stop) = stop {
                formatter.write_str("..")?;
                self.number(formatter, *stop, width)?;
            }
            if *repeat > 0 && !(stop.is_some() && *repeat == step) {
                formatter.write_str("/")?;
                self.number(formatter, *repeat, 1)?;
            }
        }
        Ok(())
    }
}
