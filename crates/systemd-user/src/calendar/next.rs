//! When a calendar event elapses next.
//!
//! From a time on, each field, the largest first, is moved to its first value that fits, and all smaller ones begin anew. Where
//! nothing fits, the field above goes one further. It is what a person does with a calendar; the order of the steps matters, since
//! what a clock shows near a change depends on what it showed before, and the answers are to be systemd's.

use jiff::Timestamp;

use super::CalendarEvent;
use super::clock::{Civil, Clock};
use super::component::{LAST_YEAR, SECOND, Unit};
use super::zone::LocalTime;

/// After so many rounds systemd takes an event for one that never elapses.
const MAX_ROUNDS: usize = 1000;

pub(super) fn next(event: &CalendarEvent, after: Timestamp, local: &LocalTime) -> Option<Timestamp> {
    let from = after.as_microsecond() + 1;
    let (clock, now) = Clock::at(event.zone.time_zone(local), from.div_euclid(SECOND))?;
    let start = (now.shown(), from.rem_euclid(SECOND));
    let mut search = Search { event, clock, now, micros: start.1, keeps_daylight: false };
    for _ in 0..MAX_ROUNDS {
        search.normalize();
        match search.round() {
            Round::Found if (search.now.shown(), search.micros) < start => search.leave_circle(),
            Round::Found => {
                let second = search.clock.resolve(&mut search.now)?;
                return Timestamp::from_microsecond(second * SECOND + search.micros).ok();
            }
            Round::Again => {}
            Round::Never => return None,
        }
    }
    None
}

struct Search<'a> {
    event: &'a CalendarEvent,
    clock: Clock<'a>,
    now: Civil,
    /// The microseconds of the second.
    micros: i64,
    /// Whether times are taken to be in daylight saving time or not as the one before was.
    keeps_daylight: bool,
}

/// What came of moving the fields.
enum Round {
    /// All of them fit.
    Found,
    /// One was moved so that those above it have to be looked at again.
    Again,
    Never,
}

/// Whether a time exists.
enum Existence {
    Exists,
    /// It was moved forward to one that does.
    Moved,
    /// It would have to be moved back, or there is no such time at all.
    None,
}

impl Search<'_> {
    /// Makes a time that exists of one whose last field went beyond its limit, or that the clock skips.
    fn normalize(&mut self) {
        _ = self.clock.resolve(&mut self.now);
        if !self.keeps_daylight {
            self.now.daylight = self.event.zone.daylight();
        }
    }

    /// Goes on an hour later after the search came out before where it began. A time that the clock skips may lead back: in
    /// Dublin, where daylight is "saved" in winter, where half an hour is skipped, or midnight. From here on it is not asked
    /// any more which time was meant, so that the clock leads forward.
    fn leave_circle(&mut self) {
        let mut real = self.now;
        if self.clock.resolve(&mut real).is_some() {
            self.now.daylight = real.daylight;
        }
        self.keeps_daylight = true;
        self.now.hour += 1;
    }

    fn round(&mut self) -> Round {
        for unit in Unit::ALL {
            let existence = if self.advance(unit) { self.existence() } else { Existence::None };
            match (existence, unit.above()) {
                (Existence::Exists, _) => {}
                // The first day of that year does not begin, or there are no more years.
                (_, None) => return Round::Never,
                (Existence::Moved, _) => return Round::Again,
                (Existence::None, Some(above)) => {
                    self.carry(above);
                    return Round::Again;
                }
            }
            if unit == Unit::Day && !self.weekday_fits() {
                self.carry(Unit::Day);
                return Round::Again;
            }
        }
        Round::Found
    }

    /// Moves a field to its first value that fits, if there is one.
    fn advance(&mut self, unit: Unit) -> bool {
        let value = match unit {
            Unit::Second => self.now.second * SECOND + self.micros,
            _ => self.now.get(unit),
        };
        let from_end = unit == Unit::Day && self.event.from_end_of_month;
        let field = self.event.field(unit);
        let first = field.first_from(value, |component| {
            let (start, stop) = (component.start, component.stop);
            if !from_end {
                return (start, stop);
            }
            // The last day is the first one from the end. Asked for in any case, as systemd does: the clock remembers it.
            let (last, first) = (self.day_from_end(start), self.day_from_end(stop.unwrap_or(-1)));
            if first > 0 { (first, Some(last)) } else { (last, None) }
        });
        let Some(first) = first else { return false };
        if unit == Unit::Second {
            self.micros = first % SECOND;
            self.now.second = first / SECOND;
        } else if first != value {
            self.now.set(unit, first);
            self.reset_below(unit);
        }
        true
    }

    /// The day that is so many days from the end of the month; -1 if the month has no such day.
    fn day_from_end(&mut self, days: i64) -> i64 {
        let mut day = Civil { month: self.now.month + 1, day: 1 - days, ..self.now };
        match self.clock.resolve(&mut day) {
            Some(_) if day.month == self.now.month => day.day,
            _ => -1,
        }
    }

    fn weekday_fits(&mut self) -> bool {
        if self.event.weekdays.is_any() {
            return true;
        }
        let mut day = self.now;
        self.clock.resolve(&mut day).is_some() && self.event.weekdays.has(day.weekday())
    }

    /// Whether the clock ever shows the time. If not, and it goes on from a later one, that becomes the time, with what is
    /// below the field that changed beginning anew.
    fn existence(&mut self) -> Existence {
        if self.now.year > LAST_YEAR {
            return Existence::None;
        }
        let mut real = self.now;
        if self.clock.resolve(&mut real).is_none() {
            return Existence::None;
        }
        let Some(changed) = Unit::ALL.into_iter().find(|unit| real.get(*unit) != self.now.get(*unit)) else {
            return Existence::Exists;
        };
        if real.get(changed) < self.now.get(changed) {
            return Existence::None;
        }
        if let Some(below) = Unit::ALL.into_iter().find(|unit| *unit > changed) {
            real.reset(below);
        }
        self.now = real;
        Existence::Moved
    }

    /// Goes on to the next value of a field.
    fn carry(&mut self, unit: Unit) {
        self.now.set(unit, self.now.get(unit) + 1);
        self.reset_below(unit);
    }

    fn reset_below(&mut self, unit: Unit) {
        for below in Unit::ALL.into_iter().filter(|below| *below > unit) {
            self.now.reset(below);
        }
        self.micros = 0;
    }
}
