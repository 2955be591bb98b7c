//! What a clock on the wall shows, and which moment that is.
//!
//! systemd leaves this to `mktime` of the C library, so the answers where clocks are changed are the C library's: a time that the
//! clock skips is moved by as much as was skipped; of a time that the clock shows twice, the one is meant whose distance to UTC
//! is that of the time before, which is why a clock remembers it. This is the behaviour that mktime(3) describes, and where it
//! says nothing that of the GNU C library.

use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::component::Unit;

/// What a clock and a calendar on the wall show. Values may be beyond their limits: a 32nd of January is the 1st of February.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Civil {
    pub(super) year: i64,
    pub(super) month: i64,
    pub(super) day: i64,
    pub(super) hour: i64,
    pub(super) minute: i64,
    pub(super) second: i64,
    /// Whether daylight saving time is meant, if that is known.
    pub(super) daylight: Option<bool>,
}

const DAY: i64 = 86_400;

impl Civil {
    /// The seconds since the epoch if the clock ran in UTC.
    fn wall(&self) -> i64 {
        let months = self.month - 1;
        let days = days(self.year + months.div_euclid(12), months.rem_euclid(12) + 1) + self.day - 1;
        days * DAY + self.hour * 3600 + self.minute * 60 + self.second
    }

    fn of_wall(wall: i64, daylight: Option<bool>) -> Self {
        let (year, month, day) = date(wall.div_euclid(DAY));
        let second = wall.rem_euclid(DAY);
        Civil {
            year,
            month,
            day,
            hour: second / 3600,
            minute: second / 60 % 60,
            second: second % 60,
            daylight,
        }
    }

    /// The day of the week, Monday being 0.
    pub(super) fn weekday(&self) -> usize {
        // The epoch was a Thursday.
        usize::try_from((self.wall().div_euclid(DAY) + 3).rem_euclid(7)).unwrap_or_default()
    }

    /// What it shows, so that earlier is less.
    pub(super) fn shown(&self) -> [i64; 6] {
        [self.year, self.month, self.day, self.hour, self.minute, self.second]
    }

    pub(super) fn get(&self, unit: Unit) -> i64 {
        match unit {
            Unit::Year => self.year,
            Unit::Month => self.month,
            Unit::Day => self.day,
            Unit::Hour => self.hour,
            Unit::Minute => self.minute,
            Unit::Second => self.second,
        }
    }

    pub(super) fn set(&mut self, unit: Unit, value: i64) {
        match unit {
            Unit::Year => self.year = value,
            Unit::Month => self.month = value,
            Unit::Day => self.day = value,
            Unit::Hour => self.hour = value,
            Unit::Minute => self.minute = value,
            Unit::Second => self.second = value,
        }
    }

    /// Sets a field to its first value.
    pub(super) fn reset(&mut self, unit: Unit) {
        self.set(unit, i64::from(matches!(unit, Unit::Month | Unit::Day)));
    }
}

/// The days from the epoch to the first of a month, by the calendar that is in use today.
fn days(year: i64, month: i64) -> i64 {
    // Years begin in March, so that the day that may be missing is the last one.
    let (year, month) = if month > 2 { (year, month - 3) } else { (year - 1, month + 9) };
    let leap_days = year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400);
    // 719_468 days are between 0000-03-01 and the epoch; five months have 153 days, whichever they are.
    year * 365 + leap_days + (153 * month + 2) / 5 - 719_468
}

/// The year, month and day of a day after the epoch.
fn date(day: i64) -> (i64, i64, i64) {
    // A guess that is at most a year too late or too early.
    let mut year = 1970 + day.div_euclid(366);
    while days(year + 1, 1) <= day {
        year += 1;
    }
    let month = (1..=12).rev().find(|month| days(year, *month) <= day).unwrap_or(1);
    (year, month, day - days(year, month) + 1)
}

/// A clock in a zone.
pub(super) struct Clock<'a> {
    zone: &'a TimeZone,
    /// The distance to UTC, in seconds, that was found last.
    offset: i64,
}

/// How far from a time to look for one that is, or is not, in daylight saving time; and in which steps. No zone had a shorter
/// period of either than the step.
const SEARCH: i64 = 268_227_000 + STEP;
const STEP: i64 = 601_200;

/// How often to try before there is no such time.
const PROBES: usize = 6;

impl<'a> Clock<'a> {
    /// The clock and what it shows at a second since the epoch.
    pub(super) fn at(zone: &'a TimeZone, second: i64) -> Option<(Self, Civil)> {
        let mut clock = Clock { zone, offset: 0 };
        let (offset, daylight) = clock.look(second)?;
        clock.offset = offset;
        Some((clock, Civil::of_wall(second + offset, Some(daylight))))
    }

    /// The distance to UTC at a second since the epoch, and whether it is daylight saving time.
    fn look(&self, second: i64) -> Option<(i64, bool)> {
        let info = self.zone.to_offset_info(Timestamp::from_second(second).ok()?);
        Some((info.offset().seconds().into(), info.dst().is_dst()))
    }

    /// The second since the epoch at which the clock shows `civil`, which is changed to what it shows then. None if there is
    /// no such time, or it is before the epoch.
    pub(super) fn resolve(&mut self, civil: &mut Civil) -> Option<i64> {
        let wall = civil.wall();
        let second = self.find(wall, civil.daylight)?;
        let (offset, daylight) = self.look(second)?;
        self.offset = wall - second;
        *civil = Civil::of_wall(second + offset, Some(daylight));
        (second >= 0).then_some(second)
    }

    fn find(&self, wall: i64, wanted: Option<bool>) -> Option<i64> {
        // Corrects a guess by as much as the clock is wrong there. It may go to and fro where a time is skipped.
        let mut second = wall - self.offset;
        let (mut before, mut before_that) = (second, second);
        let mut daylight_before = false;
        for _ in 0..PROBES {
            let (offset, daylight) = self.look(second)?;
            let wrong = wall - (second + offset);
            if wrong == 0 {
                return match wanted {
                    Some(wanted) if wanted != daylight => self.extrapolate(second, wall, wanted),
                    _ => Some(second),
                };
            }
            let to_and_fro = second == before_that && second != before;
            let preferred = wanted.map_or(daylight || !daylight_before, |wanted| wanted != daylight);
            if to_and_fro && preferred {
                return Some(second);
            }
            (before_that, before, daylight_before) = (before, second, daylight);
            second += wrong;
        }
        None
    }

    /// The time when the clock would show `wall` if the daylight saving time were as wanted, as it is at the nearest time when
    /// it is so.
    fn extrapolate(&self, second: i64, wall: i64, wanted: bool) -> Option<i64> {
        let distances = (1..).map(|steps| steps * STEP).take_while(|distance| *distance < SEARCH);
        let places = distances.flat_map(|distance| [second - distance, second + distance]);
        for place in places {
            let (offset, daylight) = self.look(place)?;
            if daylight == wanted {
                return Some(wall - offset);
            }
        }
        None
    }
}
