//! `systemd-analyze` as the judge of times, and texts to be judged.

#![allow(clippy::unwrap_used, clippy::print_stderr, reason = "a test may fail, and tells what it left out")]

use std::collections::VecDeque;
use std::process::{Command, Output};

use jiff::Timestamp;

/// The version of `systemd-analyze`, or `None` where there is none (which is said).
pub(crate) fn version() -> Option<u32> {
    let output = Command::new("systemd-analyze").arg("--version").output();
    let text = output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default();
    let version = text.split_whitespace().nth(1).and_then(|version| version.parse().ok());
    if version.is_none() {
        let why = "times are compared with systemd-analyze, which is not installed";
        assert!(std::env::var_os("HM_TESTS_REQUIRE_ALL").is_none_or(|value| value != "1"), "{why}");
        eprintln!("SKIPPED: {why}");
    }
    version
}

/// What is said of a calendar event.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Event {
    pub(crate) normal: String,
    /// When it elapses, in whole seconds.
    pub(crate) times: Vec<String>,
}

/// What is said to an expression.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Answer {
    Refused,
    /// It is understood, but the search for one of its times was given up.
    GivenUp,
    Event(Event),
}

/// How often an event elapses here.
pub(crate) const ITERATIONS: usize = 10;

/// A time as it is printed: `2024-10-27 01:00:00`.
pub(crate) fn shown(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%S").to_string()
}

/// Asks about calendar events.
pub(crate) fn events(zone: &str, base: &str, texts: &[String]) -> Vec<Answer> {
    let arguments =
        ["calendar".to_owned(), format!("--iterations={ITERATIONS}"), format!("--base-time={base} UTC")];
    let output = ask(zone, &arguments, texts);
    let stdout = String::from_utf8(output.stdout).unwrap();
    let mut blocks: VecDeque<(String, Event)> = VecDeque::new();
    for block in stdout.split("\n\n") {
        let lines = block.lines().filter_map(|line| line.split_once(": "));
        let mut original = None;
        let mut event = None;
        let mut times = Vec::new();
        for (name, value) in lines {
            match name.trim() {
                "Original form" => original = Some(value.to_owned()),
                "Normalized form" => event = Some(value.to_owned()),
                // The weekday goes, and so does the zone.
                "(in UTC)" => times.push(value[4..23].to_owned()),
                _ => {}
            }
        }
        if let Some(normal) = event {
            blocks.push_back((original.unwrap_or_else(|| normal.clone()), Event { normal, times }));
        }
    }
    // What is given up after a thousand rounds is told of on the other stream only.
    let stderr = String::from_utf8(output.stderr).unwrap();
    let failures =
        stderr.lines().filter_map(|line| line.strip_prefix("Failed to determine next elapse for '"));
    let given_up: Vec<&str> = failures.filter_map(|line| Some(line.rsplit_once("': ")?.0)).collect();
    // Of what is refused there is no block. Blanks at the end are not always printed.
    let answer = |text: &String| {
        if blocks.front().is_some_and(|(original, _)| original.trim_end() == text.trim_end()) {
            return blocks.pop_front().map_or(Answer::Refused, |(_, event)| Answer::Event(event));
        }
        if given_up.contains(&text.as_str()) { Answer::GivenUp } else { Answer::Refused }
    };
    let answers = texts.iter().map(answer).collect();
    assert!(blocks.is_empty(), "not understood: {:?}\nasked: {texts:?}", blocks[0]);
    answers
}

/// What is said of a time span: its microseconds, and how it is printed.
pub(crate) type Span = (u64, String);

/// Asks about time spans; `None` stands for those that are refused.
pub(crate) fn spans(texts: &[String]) -> Vec<Option<Span>> {
    let mut answers = Vec::new();
    // The command ends at the first that it refuses.
    while answers.len() < texts.len() {
        let stdout = ask("UTC", &["timespan".to_owned()], &texts[answers.len()..]).stdout;
        let stdout = String::from_utf8(stdout).unwrap();
        let values: Vec<&str> = stdout
            .lines()
            .filter(|line| !line.starts_with("Original: "))
            .filter_map(|line| Some(line.split_once(": ")?.1))
            .collect();
        answers
            .extend(values.chunks_exact(2).map(|pair| Some((pair[0].parse().unwrap(), pair[1].to_owned()))));
        if answers.len() < texts.len() {
            answers.push(None);
        }
    }
    answers
}

fn ask(zone: &str, arguments: &[String], texts: &[String]) -> Output {
    Command::new("systemd-analyze")
        .args(arguments)
        .arg("--")
        .args(texts)
        .env("TZ", zone)
        .env("LC_ALL", "C.UTF-8")
        .output()
        .unwrap()
}

/// The same numbers in every run.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Random(seed)
    }

    pub(crate) fn below(&mut self, limit: usize) -> usize {
        // A linear congruential generator, of which the upper bits are good.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as usize % limit
    }

    /// True `percent` times in a hundred.
    pub(crate) fn chance(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    pub(crate) fn of<'a>(&mut self, choices: &[&'a str]) -> &'a str {
        choices[self.below(choices.len())]
    }

    /// A text with one or two characters changed, lost, doubled or put in.
    pub(crate) fn mutate(&mut self, text: &str, alphabet: &[&str]) -> String {
        let mut parts: Vec<String> = text.chars().map(String::from).collect();
        for _ in 0..=self.below(2) {
            let place = self.below(parts.len() + 1);
            match self.below(4) {
                0 if place < parts.len() => parts[place] = self.of(alphabet).to_owned(),
                1 if place < parts.len() => _ = parts.remove(place),
                2 if place < parts.len() => parts.insert(place, parts[place].clone()),
                _ => parts.insert(place, self.of(alphabet).to_owned()),
            }
        }
        parts.concat()
    }
}
