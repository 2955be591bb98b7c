//! Numbers, sizes and other single values, as systemd reads them.

use super::enums::SIGNALS;

/// A whole number, also in other bases (`0x1f`, `0o17`, `0b1`, `017`).
pub(super) fn integer(text: &str) -> Option<i128> {
    let text = text.trim_start_matches([' ', '\t']);
    let (negative, digits) = match text.strip_prefix('-') {
        Some(digits) => (true, digits),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    if !digits.starts_with(|c: char| c.is_ascii_digit()) {
        return None;
    }
    let (digits, radix) = match digits.get(..2) {
        Some("0x" | "0X") => (digits.get(2..)?, 16),
        Some("0o") => (digits.get(2..)?, 8),
        Some("0b") => (digits.get(2..)?, 2),
        Some(_) if digits.starts_with('0') => (digits.get(1..)?, 8),
        _ => (digits, 10),
    };
    if digits.starts_with(['+', '-']) {
        return None;
    }
    let number = i128::from_str_radix(digits, radix).ok()?;
    Some(if negative { -number } else { number })
}

/// A number of bytes: `1.5G`, `1G 512M`, with suffixes up to `E`, each `base` times the one before.
pub(super) fn size(text: &str, base: u64) -> Option<u64> {
    const SUFFIXES: [(&str, u32); 8] =
        [("E", 6), ("P", 5), ("T", 4), ("G", 3), ("M", 2), ("K", 1), ("B", 0), ("", 0)];
    let mut rest = text.trim_matches([' ', '\t']);
    if rest.is_empty() {
        return None;
    }
    let mut sum: u64 = 0;
    let mut smallest = u32::MAX;
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit()).unwrap_or(rest.len());
        let number: u64 = rest.get(..digits)?.parse().ok()?;
        rest = rest.get(digits..)?;
        let mut fraction = 0.0;
        if let Some(after) = rest.strip_prefix('.') {
            let digits = after.find(|c: char| !c.is_ascii_digit()).unwrap_or(after.len());
            let shown = after.get(..digits).filter(|digits| !digits.is_empty())?;
            fraction = format!("0.{shown}").parse().ok()?;
            rest = after.get(digits..)?;
        }
        rest = rest.trim_start_matches([' ', '\t']);
        let (suffix, power) = SUFFIXES.into_iter().find(|(suffix, _)| rest.starts_with(suffix))?;
        // Each part is of a smaller unit than the one before.
        if power >= smallest || smallest == 0 {
            return None;
        }
        smallest = power;
        rest = rest.get(suffix.len()..)?.trim_start_matches([' ', '\t']);
        let factor = base.checked_pow(power)?;
        #[expect(
            clippy::cast_precision_loss,
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "a fraction is inexact anyway"
        )]
        let part = (fraction * factor as f64) as u64;
        sum = sum.checked_add(number.checked_mul(factor)?)?.checked_add(part)?;
    }
    Some(sum)
}

/// A share in hundredths of a percent: `50%`, `12.5%`, `125‰`, `1250‱`.
pub(super) fn permyriad(text: &str) -> Option<u64> {
    let (number, factor, digits) = if let Some(number) = text.strip_suffix('%') {
        (number, 100, 2)
    } else if let Some(number) = text.strip_suffix('‰') {
        (number, 10, 1)
    } else {
        (text.strip_suffix('‱')?, 1, 0)
    };
    let (whole, fraction) = match number.split_once('.') {
        Some((whole, fraction)) if (1..=digits).contains(&fraction.len()) => (whole, fraction),
        Some(_) => return None,
        None => (number, ""),
    };
    let plain = |digits: &str| digits.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !plain(whole) || !plain(fraction) {
        return None;
    }
    let whole: u64 = whole.parse().ok()?;
    let padded: u64 = format!("{fraction:0<digits$}").parse().unwrap_or(0);
    whole.checked_mul(factor)?.checked_add(padded)
}

/// Whether it is the name or number of a signal.
pub(super) fn is_signal(text: &str) -> bool {
    let name = text.strip_prefix("SIG").unwrap_or(text);
    let real_time = |name: &str| {
        let offset = |rest: &str, sign: char| {
            rest.is_empty()
                || rest.strip_prefix(sign).is_some_and(|number| number.parse::<u8>().is_ok_and(|n| n <= 30))
        };
        name.strip_prefix("RTMIN").is_some_and(|rest| offset(rest, '+'))
            || name.strip_prefix("RTMAX").is_some_and(|rest| offset(rest, '-'))
    };
    SIGNALS.contains(&name)
        || real_time(name)
        || integer(text).is_some_and(|number| (1..=64).contains(&number))
}

/// Whether it can be the name of an environment variable.
pub(super) fn is_variable(name: &str) -> bool {
    !name.is_empty()
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
}

/// Whether it is a name on a message bus that services can have.
pub(super) fn is_bus_name(name: &str) -> bool {
    let part = |part: &str| {
        !part.is_empty()
            && !part.starts_with(|c: char| c.is_ascii_digit())
            && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
    };
    name.len() <= 255 && name.contains('.') && name.split('.').all(part)
}

/// Whether it is a URI of documentation that systemd takes.
pub(super) fn is_documentation(uri: &str) -> bool {
    let rest =
        ["http://", "https://", "file:/", "info:", "man:"].iter().find_map(|scheme| uri.strip_prefix(scheme));
    rest.is_some_and(|rest| !rest.is_empty()) && uri.bytes().all(|byte| byte.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn integers() {
        for (text, expected) in [
            ("12", Some(12)),
            ("-3", Some(-3)),
            ("+3", Some(3)),
            ("0x1F", Some(31)),
            ("017", Some(15)),
            ("0", Some(0)),
            ("09", None),
            ("1.5", None),
            ("", None),
            ("--1", None),
            ("1 ", None),
        ] {
            assert_eq!(integer(text), expected, "{text:?}");
        }
    }

    #[test]
    fn sizes() {
        for (text, expected) in [
            ("1024", Some(1024)),
            ("1K", Some(1024)),
            ("1.5K", Some(1536)),
            ("1G 1M", Some((1 << 30) + (1 << 20))),
            ("1 K", Some(1024)),
            ("1M 1G", None),
            ("1k", None),
            ("1KB", None),
            ("12Q", None),
            ("-1", None),
            ("16E", None),
            ("", None),
        ] {
            assert_eq!(size(text, 1024), expected, "{text:?}");
        }
    }

    #[test]
    fn shares() {
        for (text, expected) in [
            ("50%", Some(5000)),
            ("12.5%", Some(1250)),
            ("12.55%", Some(1255)),
            ("12.555%", None),
            ("5‰", Some(50)),
            ("7‱", Some(7)),
            ("50", None),
            ("%", None),
            ("-5%", None),
        ] {
            assert_eq!(permyriad(text), expected, "{text:?}");
        }
    }

    #[test]
    fn names() {
        for signal in ["TERM", "SIGTERM", "9", "SIGRTMIN+3", "RTMAX-1"] {
            assert!(is_signal(signal), "{signal}");
        }
        for signal in ["", "0", "65", "SIGFOO", "term", "RTMIN+99"] {
            assert!(!is_signal(signal), "{signal}");
        }
        assert!(is_variable("_A1") && !is_variable("1A") && !is_variable("A-B") && !is_variable(""));
        assert!(
            is_bus_name("org.x-y.Z") && !is_bus_name("org") && !is_bus_name("org..x") && !is_bus_name(":1.2")
        );
        assert!(
            is_documentation("man:a(1)") && !is_documentation("example.org") && !is_documentation("http://")
        );
    }
}
