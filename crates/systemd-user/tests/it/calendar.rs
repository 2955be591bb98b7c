//! Calendar events mean what they mean to systemd: `systemd-analyze calendar` is the judge.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test may fail, and tells what it left out")]

use jiff::{Timestamp, tz::TimeZone};
use systemd_user::{CalendarEvent, LocalTime};

use crate::analyze::{Answer, Event, ITERATIONS, Random, events, shown, version};

/// Zones whose clocks are changed: in the north and in the south, one that was changed long ago.
const ZONES: [&str; 4] = ["Europe/Berlin", "America/New_York", "Australia/Sydney", "Asia/Tokyo"];

/// Zones in which systemd has gone in circles until 258 and late releases of older versions: clocks are changed by half an
/// hour, or at midnight, or winter time is the one that is "saved".
const ODD_ZONES: [&str; 4] = ["Australia/Lord_Howe", "America/Santiago", "Africa/Cairo", "Europe/Dublin"];

/// Whether the judge goes in circles.
fn goes_in_circles() -> bool {
    match events("Europe/Dublin", "2024-03-30 23:30:00", &["hourly".to_owned()]).as_slice() {
        [Answer::Event(event)] => event.times[0] == event.times[1],
        _ => true,
    }
}

/// Times from which on is asked, in UTC: before and within changes of clocks, before a leap day, at the end of a year.
const BASES: [&str; 14] = [
    "2024-03-30 21:59:59.5",
    "2024-10-26 23:20:00",
    "2024-10-27 00:30:00",
    "2024-11-03 04:59:59.999999",
    "2024-11-03 06:15:00",
    "2024-10-05 14:59:59",
    "2025-04-05 15:10:00",
    "2024-09-08 03:30:00",
    "2024-04-25 21:59:59",
    "2024-02-28 20:00:00.25",
    "2023-12-31 23:59:59",
    "2099-12-31 12:00:00",
    "2024-03-30 23:00:00.9",
    "2024-10-26 22:59:59",
];

/// A field of an expression, from the values that are worth trying.
fn field(random: &mut Random, values: &[&str], repeats: &[&str]) -> String {
    if random.chance(25) {
        return "*".to_owned();
    }
    let mut parts = Vec::new();
    loop {
        let mut part = random.of(values).to_owned();
        if random.chance(25) {
            let end = random.of(values);
            // Most ranges run forwards.
            let number = |text: &str| text.parse::<f64>().unwrap();
            let swap = number(end) < number(&part) && random.chance(90);
            part = if swap { format!("{end}..{part}") } else { format!("{part}..{end}") };
        }
        if random.chance(25) {
            part = format!("{part}/{}", random.of(repeats));
        }
        parts.push(part);
        if !random.chance(25) {
            return parts.join(",");
        }
    }
}

const DAYS: [&str; 14] = [
    "Mon",
    "tue",
    "WED",
    "Thursday",
    "fri",
    "Sat",
    "sunday",
    "Mon",
    "Sun",
    "Tue",
    "Wednesday",
    "Thu",
    "Fri",
    "sAt",
];

fn weekdays(random: &mut Random) -> String {
    let mut parts = Vec::new();
    loop {
        let range = random.of(&["..", "..", "-"]);
        match random.below(3) {
            0 => parts.push(format!("{}{range}{}", random.of(&DAYS[..3]), random.of(&DAYS[3..7]))),
            1 if random.chance(50) => parts.push(format!("{}{range}{}", random.of(&DAYS), random.of(&DAYS))),
            _ => parts.push(random.of(&DAYS).to_owned()),
        }
        if !random.chance(40) {
            return parts.join(",") + if random.chance(5) { "," } else { "" };
        }
    }
}

fn date(random: &mut Random) -> String {
    let years = [
        "2024", "2025", "2028", "24", "2030", "2096", "2100", "1970", "70", "69", "2000", "2199", "2198",
        "2200",
    ];
    let year =
        if random.chance(60) { "*".to_owned() } else { field(random, &years, &["1", "2", "4", "100"]) };
    let months = ["1", "2", "02", "3", "4", "10", "11", "12", "9"];
    let month = field(random, &months, &["1", "2", "3", "5", "11"]);
    let days = ["1", "01", "2", "7", "8", "15", "27", "28", "29", "30", "31", "26", "3", "5", "10"];
    let day = field(random, &days, &["1", "2", "7", "10", "14", "30"]);
    let mark = if random.chance(30) { "~" } else { "-" };
    let blank = random.of(&["", "", "", "", " ", "  "]);
    if random.chance(30) {
        format!("{month}{mark}{day}{blank}")
    } else {
        format!("{year}-{month}{mark}{day}{blank}")
    }
}

fn time(random: &mut Random) -> String {
    let hours = ["0", "1", "2", "02", "3", "4", "12", "22", "23", "00"];
    let hour = field(random, &hours, &["1", "2", "3", "6", "22"]);
    let minutes = ["0", "00", "1", "15", "29", "30", "31", "45", "59", "58"];
    let minute = field(random, &minutes, &["1", "2", "7", "15", "30", "59"]);
    if random.chance(45) {
        return format!("{hour}:{minute}");
    }
    let seconds = [
        "0",
        "00",
        "1",
        "30",
        "59",
        "58",
        "0.5",
        "0.25",
        "1.000001",
        "30.9999995",
        "59.999999",
        "59.9999999",
        "7.125",
        "0.1",
    ];
    let repeats = ["1", "2", "15", "0.5", "0.3", "1.5", "59", "59.999999", "7.000001", "0.0000005", "13"];
    format!("{hour}:{minute}:{}", field(random, &seconds, &repeats))
}

/// An expression, mostly one that makes sense.
fn expression(random: &mut Random) -> String {
    let shorthands = [
        "minutely",
        "hourly",
        "daily",
        "monthly",
        "weekly",
        "yearly",
        "annually",
        "quarterly",
        "semiannually",
        "Hourly",
    ];
    let moments = [
        "@0",
        "@1730000000",
        "@1729987200",
        "@4102444800",
        "@7258118399",
        "@99999999999",
        "@ +5",
        "@-0",
        "@1.5",
    ];
    let mut parts = Vec::new();
    match random.below(20) {
        0 => parts.push(random.of(&shorthands).to_owned()),
        1 => parts.push(random.of(&moments).to_owned()),
        _ => {
            if random.chance(30) {
                parts.push(weekdays(random));
            }
            let dated = random.chance(60);
            if dated {
                parts.push(date(random));
            }
            if !dated || random.chance(75) {
                parts.push(time(random));
            }
        }
    }
    let zones = [
        "UTC",
        "utc",
        "CET",
        "CEST",
        "EST",
        "EDT",
        "AEDT",
        "+11",
        "JST",
        "Europe/Berlin",
        "America/New_York",
        "Etc/GMT-3",
        "Pacific/Auckland",
        "America/Sao_Paulo",
        "Asia/Kathmandu",
        "europe/berlin",
    ];
    if random.chance(25) {
        parts.push(random.of(&zones).to_owned());
    }
    parts.join(" ")
}

/// What is made of expressions here.
fn own(zone: &str, base: &str, text: &str) -> Option<Event> {
    let base: Timestamp = format!("{}Z", base.replace(' ', "T")).parse().unwrap();
    let local = LocalTime::at(TimeZone::get(zone).unwrap(), base);
    let event = CalendarEvent::parse(text, &local).ok()?;
    let normal = event.to_string();
    let mut times = Vec::new();
    let mut after = base;
    while times.len() < ITERATIONS
        && let Some(time) = event.next_after(after, &local)
    {
        times.push(shown(time));
        after = time;
    }
    // What is printed can be read again, and is then printed the same.
    assert_eq!(CalendarEvent::parse(&normal, &local).unwrap().to_string(), normal, "{text}");
    Some(Event { normal, times })
}

/// Compares all expressions in all zones, from one of the times each.
fn compare(texts: &[String]) {
    if version().is_none() {
        return;
    }
    let mut zones = ZONES.to_vec();
    if goes_in_circles() {
        eprintln!("SKIPPED: zones in which this version of systemd goes in circles");
    } else {
        zones.extend(ODD_ZONES);
    }
    let (mut taken, mut elapsing, mut differing) = (0, 0, Vec::new());
    for zone in zones {
        for (offset, base) in BASES.into_iter().enumerate() {
            let some: Vec<String> = texts.iter().skip(offset).step_by(BASES.len()).cloned().collect();
            for (text, theirs) in some.iter().zip(events(zone, base, &some)) {
                taken += usize::from(theirs != Answer::Refused);
                elapsing += usize::from(matches!(&theirs, Answer::Event(event) if !event.times.is_empty()));
                let ours = own(zone, base, text);
                let same = match (&ours, &theirs) {
                    (None, theirs) => *theirs == Answer::Refused,
                    (Some(ours), Answer::Event(theirs)) => ours == theirs,
                    (Some(ours), Answer::GivenUp) => ours.times.len() < ITERATIONS,
                    (Some(_), Answer::Refused) => false,
                };
                if !same {
                    differing
                        .push(format!("{text:?} in {zone} from {base}:\nours   {ours:?}\ntheirs {theirs:?}"));
                }
            }
        }
    }
    eprintln!("{} expressions, {taken} taken, {elapsing} elapsing over all zones", texts.len());
    assert!(elapsing > 300, "too few of them say anything");
    assert!(
        differing.is_empty(),
        "{} differ:\n{}",
        differing.len(),
        differing[..differing.len().min(15)].join("\n")
    );
}

#[test]
fn generated_expressions() {
    let mut random = Random::new(252);
    compare(&(0..1000).map(|_| expression(&mut random)).collect::<Vec<_>>());
}

#[test]
fn mutated_expressions() {
    let alphabet = [
        "*",
        "-",
        "~",
        "/",
        ".",
        "..",
        ",",
        ":",
        " ",
        "0",
        "1",
        "2",
        "9",
        "Mon",
        "T",
        "@",
        "+",
        "é",
        "UTC",
        "99999999999",
        "\t",
    ];
    let mut random = Random::new(7);
    let mutant = |_| {
        let text = expression(&mut random);
        random.mutate(&text, &alphabet)
    };
    compare(&(0..1000).map(mutant).collect::<Vec<_>>());
}
