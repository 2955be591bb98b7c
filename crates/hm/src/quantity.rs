//! Times and sizes as people read them.

use std::time::Duration;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A span of time in its two largest units.
pub(crate) fn span(duration: Duration) -> String {
    let seconds = duration.as_secs();
    let parts = [
        (seconds / 86_400, "d"),
        (seconds / 3600 % 24, "h"),
        (seconds / 60 % 60, "min"),
        (seconds % 60, "s"),
    ];
    let shown: Vec<String> = parts
        .iter()
        .skip_while(|(number, _)| *number == 0)
        .take(2)
        .filter(|(number, _)| *number > 0)
        .map(|(number, unit)| format!("{number}{unit}"))
        .collect();
    if shown.is_empty() { "0s".to_owned() } else { shown.join(" ") }
}

/// A time that was spent computing: `12ms`, `3.4s`, `5min 6s`.
pub(crate) fn computing(duration: Duration) -> String {
    match duration.as_millis() {
        milliseconds @ 0..1000 => format!("{milliseconds}ms"),
        milliseconds @ 1000..60_000 => format!("{}.{}s", milliseconds / 1000, milliseconds / 100 % 10),
        _ => span(duration),
    }
}

/// A number of bytes in powers of 1024, spelt out: `1 byte`, `1.5 MiB`.
pub(crate) fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    let mut unit = None;
    // In tenths, so that no fractions are needed.
    let mut tenths = u128::from(bytes) * 10;
    for name in UNITS {
        if tenths < 10_240 {
            break;
        }
        tenths /= 1024;
        unit = Some(name);
    }
    match unit {
        None if bytes == 1 => "1 byte".to_owned(),
        None => format!("{bytes} bytes"),
        Some(unit) => format!("{}.{} {unit}", tenths / 10, tenths % 10),
    }
}

/// A number of bytes in powers of 1024 with three digits at most, as systemd writes them: `512B`, `3.4M`.
pub(crate) fn bytes(bytes: u64) -> String {
    if bytes < 1024 {
        return format!("{bytes}B");
    }
    // Tenths, so that no fraction is needed.
    let (mut tenths, mut unit) = (u128::from(bytes) * 10, ' ');
    for larger in ['K', 'M', 'G', 'T', 'P', 'E'] {
        if tenths < 10_240 {
            break;
        }
        (tenths, unit) = (tenths / 1024, larger);
    }
    if tenths < 1000 {
        format!("{}.{}{unit}", tenths / 10, tenths % 10)
    } else {
        format!("{}{unit}", tenths / 10)
    }
}

/// A point in time, in microseconds since 1970, by the clock on the wall: the day and the minute.
pub(crate) fn date(microseconds: u64) -> Option<String> {
    written(microseconds, "%a %Y-%m-%d %H:%M")
}

/// The same to the second, without the year, as the journal has it.
pub(crate) fn moment(microseconds: u64) -> Option<String> {
    written(microseconds, "%b %d %H:%M:%S")
}

fn written(microseconds: u64, form: &str) -> Option<String> {
    let at = Timestamp::from_microsecond(i64::try_from(microseconds).ok()?).ok()?;
    Some(at.to_zoned(TimeZone::system()).strftime(form).to_string())
}

/// How long ago that is; nothing for what is to come.
pub(crate) fn since(microseconds: u64) -> Option<Duration> {
    let now = u64::try_from(Timestamp::now().as_microsecond()).ok()?;
    now.checked_sub(microseconds).map(Duration::from_micros)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans() {
        let check = |seconds, expected: &str| assert_eq!(span(Duration::from_secs(seconds)), expected);
        check(0, "0s");
        check(59, "59s");
        check(60, "1min");
        check(3 * 3600 + 59, "3h");
        check(3 * 3600 + 61, "3h 1min");
        check(2 * 86_400 + 3600 + 60, "2d 1h");
    }

    #[test]
    fn time_spent_computing() {
        let check = |milliseconds, expected: &str| {
            assert_eq!(computing(Duration::from_millis(milliseconds)), expected)
        };
        check(0, "0ms");
        check(999, "999ms");
        check(1050, "1.0s");
        check(59_999, "59.9s");
        check(61_000, "1min 1s");
    }

    #[test]
    fn sizes_spelt_out() {
        let check = |bytes, expected: &str| assert_eq!(size(bytes), expected);
        check(0, "0 bytes");
        check(1, "1 byte");
        check(1023, "1023 bytes");
        check(1024, "1.0 KiB");
        check(1536 * 1024, "1.5 MiB");
        check(u64::MAX, "16777215.9 TiB");
    }

    #[test]
    fn sizes() {
        let check = |number, expected: &str| assert_eq!(bytes(number), expected);
        check(0, "0B");
        check(1023, "1023B");
        check(1024, "1.0K");
        check(1536, "1.5K");
        check(100 * 1024, "100K");
        check(1024 * 1024 - 1, "1023K");
        check(5 << 30, "5.0G");
        check(u64::MAX, "15.9E");
    }
}
