//! Time spans are what they are to systemd: `systemd-analyze timespan` is the judge.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test may fail, and tells what it left out")]

use systemd_user::TimeSpan;

use crate::analyze::{Random, spans, version};

const UNITS: [&str; 33] = [
    "", "s", "sec", "second", "seconds", "m", "min", "minute", "minutes", "h", "hr", "hour", "hours", "d",
    "day", "days", "w", "week", "weeks", "M", "month", "months", "y", "year", "years", "ms", "msec", "us",
    "usec", "µs", "μs", "ns", "S",
];

const NUMBERS: [&str; 18] = [
    "0",
    "1",
    "2",
    "5",
    "12",
    "59",
    "60",
    "61",
    "999",
    "1000",
    "100000",
    "1.5",
    "0.25",
    "0.0000001",
    "1.9999999",
    "584542",
    ".5",
    "9223372036854775807",
];

fn span(random: &mut Random) -> String {
    let mut text = String::new();
    loop {
        text.push_str(random.of(&NUMBERS));
        text.push_str(random.of(&["", "", " "]));
        let known = if random.chance(95) { 31 } else { UNITS.len() };
        text.push_str(random.of(&UNITS[..known]));
        if random.chance(50) {
            return text;
        }
        text.push_str(random.of(&["", " ", "  ", "\t"]));
    }
}

#[test]
fn read_and_printed_as_systemd_does() {
    if version().is_none() {
        return;
    }
    let mut random = Random::new(252);
    let alphabet = ["-", "+", ".", " ", "5", "m", "s", "y", "infinity", "é", "e"];
    let mut texts: Vec<String> =
        ["infinity", " infinity", "infinity ", "infinity 1", "", " "].map(String::from).into();
    texts.extend((0..500).map(|_| span(&mut random)));
    texts.extend((0..300).map(|_| {
        let text = span(&mut random);
        random.mutate(&text, &alphabet)
    }));
    // Every unit that is printed, and the places where one follows another.
    texts.extend(
        (0..64).flat_map(|bit| [1_u64 << bit, (1 << bit) - 1, (1 << bit) / 3]).map(|n| format!("{n}us")),
    );
    let theirs = spans(&texts);
    let mut taken = 0;
    for (text, theirs) in texts.iter().zip(theirs) {
        let ours = TimeSpan::parse(text).ok().map(|span| (span.as_micros(), span.to_string()));
        assert_eq!(ours, theirs, "{text:?}");
        taken += usize::from(ours.is_some());
        // What is printed can be read again.
        if let Some((micros, printed)) = ours {
            assert_eq!(TimeSpan::parse(&printed).unwrap().as_micros(), micros, "{text:?}");
        }
    }
    eprintln!("{} spans, {taken} taken", texts.len());
}
