//! What is to be seen of units: the log that they write themselves, and their states.

use std::collections::BTreeMap;
use std::fs;
use std::time::{Duration, Instant};

use systemd_harness::UserManager;

/// How long nothing may have happened any more before it is taken that nothing will.
const QUIET: Duration = Duration::from_millis(400);
/// How long that is waited for; only a test that fails comes near it.
const LIMIT: Duration = Duration::from_secs(60);

/// A unit at a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct State {
    load: String,
    active: String,
    sub: String,
    /// What tells its starts apart.
    run: String,
}

/// Units, by the names that they are looked at under.
pub(super) type States = BTreeMap<String, State>;

/// The states of units.
pub(super) fn states(manager: &UserManager, units: &[String]) -> States {
    let mut arguments = vec!["show", "--property", "Id,LoadState,ActiveState,SubState,InvocationID", "--"];
    arguments.extend(units.iter().map(String::as_str));
    if units.is_empty() {
        return States::new();
    }
    let output = manager.systemctl(&arguments);
    let text = String::from_utf8(output.stdout).unwrap();
    let blocks: Vec<&str> = text.trim().split("\n\n").collect();
    assert_eq!(blocks.len(), units.len(), "{text}");
    let state = |block: &str| {
        let value = |key: &str| {
            let line = block.lines().find_map(|line| line.strip_prefix(key)?.strip_prefix('='));
            line.unwrap_or_default().to_owned()
        };
        State {
            load: value("LoadState"),
            active: value("ActiveState"),
            sub: value("SubState"),
            run: value("InvocationID"),
        }
    };
    units.iter().cloned().zip(blocks.into_iter().map(state)).collect()
}

/// The lines that units have noted so far.
pub(super) fn log(manager: &UserManager) -> String {
    fs::read_to_string(manager.home().join("log")).unwrap_or_default()
}

/// Waits until nothing happens any more. A job that runs for ever does not count as something.
pub(super) fn settle(manager: &UserManager, units: &[String]) -> States {
    let began = Instant::now();
    let look = || (states(manager, units), log(manager), jobs(manager));
    let (mut last, mut since) = (look(), Instant::now());
    while since.elapsed() < QUIET || (last.2.contains("waiting") && since.elapsed() < 5 * QUIET) {
        assert!(began.elapsed() < LIMIT, "{last:?}");
        std::thread::sleep(Duration::from_millis(50));
        let now = look();
        if now != last {
            (last, since) = (now, Instant::now());
        }
    }
    last.0
}

fn jobs(manager: &UserManager) -> String {
    let output = manager.systemctl(&["list-jobs", "--no-legend", "--plain"]);
    String::from_utf8(output.stdout).unwrap()
}

/// Tells how units came out of a switch.
pub(super) fn tell_states(before: &States, after: &States) -> String {
    let mut text = String::from("states\n");
    let none = State { load: String::new(), active: String::new(), sub: String::new(), run: String::new() };
    for (unit, now) in after {
        let was = before.get(unit).unwrap_or(&none);
        let up = !matches!(now.active.as_str(), "inactive" | "failed");
        let same = was.run == now.run;
        // Of what the manager has by itself, only what changed is of interest.
        if same && unit.ends_with(".target") && is_standard(unit) {
            continue;
        }
        let load = if now.load == "loaded" { String::new() } else { format!(", {}", now.load) };
        let run = match (up, same, was.run.is_empty()) {
            (false, ..) => "",
            (true, true, _) => ", the same run",
            (true, false, _) => ", a new run",
        };
        text += &format!("  {unit} {}/{}{load}{run}\n", now.active, now.sub);
    }
    text
}

/// Whether every user manager has the target.
fn is_standard(unit: &str) -> bool {
    ["default.target", "timers.target", "sockets.target", "paths.target", "basic.target"].contains(&unit)
}

/// Tells the log. Neighbouring stops are sorted and so are neighbouring starts, unless their order matters: what is not
/// ordered is done at the same time.
pub(super) fn tell_log(text: &str, ordered: bool) -> String {
    let kind = |line: &str| line.starts_with("stop ");
    let mut groups: Vec<Vec<&str>> = Vec::new();
    for line in text.lines() {
        match groups.last_mut() {
            Some(group) if !ordered && kind(group[0]) == kind(line) => group.push(line),
            _ => groups.push(vec![line]),
        }
    }
    let mut told = String::from("log\n");
    for mut group in groups {
        group.sort_unstable();
        told.extend(group.into_iter().map(|line| format!("  {line}\n")));
    }
    told
}
