//! The table of scenarios in docs/systemd.md, made from their folders.

use std::collections::BTreeMap;

use super::folder::Scenario;

/// Between these lines the table stands.
const BEGIN: &str = "<!-- The table of scenarios: made from the folders by HM_SCENARIOS_RECORD=1. -->\n";
const END: &str = "<!-- The end of the table of scenarios. -->\n";

/// The topics, in the order of the table.
const TOPICS: [&str; 10] = [
    "What counts as a change",
    "How a unit wants to be switched",
    "What the user did",
    "Failures",
    "Oneshots",
    "Timers, sockets and paths",
    "Units that depend on each other",
    "What pulls a unit in",
    "Units that come, go and change their kind",
    "Templates, drop-ins, masks, packages and other names",
];

/// What a scenario says of sd-switch where it does the same.
const SAME: &str = "the same";

/// What is wrong with what a scenario says of itself.
pub(super) fn contradiction(scenario: &Scenario) -> Option<String> {
    let about = &scenario.about;
    let name = &scenario.name;
    if !TOPICS.contains(&about.topic.as_str()) {
        return Some(format!("{name}: no such topic: {}", about.topic));
    }
    if about.shows.is_empty() || about.hm.is_empty() {
        return Some(format!("{name}: it has to say what it shows and what hm does"));
    }
    if about.incomparable.is_some() {
        return scenario.optional("sd-switch").map(|_| format!("{name}: it is compared after all"));
    }
    // Plans and outcomes are told by hm alone.
    let seen = |golden: &str| -> Vec<String> {
        let text = scenario.optional(golden).unwrap_or_default();
        let told = |line: &&str| !line.starts_with("plan");
        let mut lines: Vec<String> = text
            .lines()
            .skip_while(|line| !line.starts_with("exit"))
            .filter(told)
            .map(str::to_owned)
            .collect();
        let log = lines.iter().position(|line| line == "log").unwrap_or(lines.len());
        lines.drain(1.min(log)..log);
        lines
    };
    let same = seen("expected") == seen("sd-switch");
    if same != (about.sd_switch == SAME) {
        let found = if same { "the same" } else { "something else" };
        return Some(format!("{name}: sd-switch does {found}, which `about` does not say"));
    }
    (!same && about.why.is_empty()).then(|| format!("{name}: why sd-switch differs is not said"))
}

/// A page with its table made anew.
pub(super) fn put_into(page: &str, scenarios: &[Scenario]) -> String {
    let (head, rest) = page.split_once(BEGIN).expect("docs/systemd.md has no place for the table");
    let (_, tail) = rest.split_once(END).expect("docs/systemd.md has no end of the table");
    let mut by_topic: BTreeMap<&str, Vec<&Scenario>> = BTreeMap::new();
    for scenario in scenarios {
        by_topic.entry(&scenario.about.topic).or_default().push(scenario);
    }
    let mut table = String::new();
    for topic in TOPICS {
        table += &format!("\n### {topic}\n\n| scenario | `hm` | sd-switch 0.6.4 |\n|---|---|---|\n");
        for scenario in by_topic.get(topic).into_iter().flatten() {
            let about = &scenario.about;
            let other = match &about.incomparable {
                Some(why) => format!("not compared: {why}"),
                None if about.why.is_empty() => about.sd_switch.clone(),
                None => format!("**{}**: {}", about.sd_switch, linked(&about.why)),
            };
            let row = [format!("{} (`{}`)", linked(&about.shows), scenario.name), about.hm.clone(), other];
            table += &format!("| {} |\n", row.join(" | "));
        }
    }
    format!("{head}{BEGIN}{table}\n{END}{tail}")
}

/// Makes links of the threads that a text names, as in `HM #5452`.
fn linked(text: &str) -> String {
    let mut parts = text.split("HM #");
    let mut result = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let digits = part.len() - part.trim_start_matches(|character: char| character.is_ascii_digit()).len();
        let (number, rest) = part.split_at(digits);
        result += &format!(
            "[home-manager #{number}](https://github.com/nix-community/home-manager/issues/{number}){rest}"
        );
    }
    result
}
