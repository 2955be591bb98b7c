//! What a switch does to units, under a real user manager: one small folder below `tests/scenarios` each, with what is
//! in force before, what comes, and what has to happen. The same is shown of sd-switch, which home-manager uses.
//!
//! `HM_SCENARIO=WORD` runs only the folders with that in their names, `HM_SCENARIOS_RECORD=1` writes down what happens.

mod compare;
mod folder;
mod observe;
mod run;
mod table;
mod thousand;

use std::fs;
use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use folder::Scenario;

use crate::support::{manager, repository, skip};

/// How many scenarios run at a time: they mostly wait for the manager.
const AT_ONCE: usize = 3;

/// How one scenario is run with a program, and what is to be seen is told.
type Runner = dyn Fn(&Scenario) -> String + Sync;

/// Runs scenarios and compares each with what the file `golden` in its folder says.
#[track_caller]
fn check(scenarios: &[Scenario], golden: &str, run: &Runner) {
    let recording = std::env::var_os("HM_SCENARIOS_RECORD").is_some_and(|value| value == "1");
    let (next, failures) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                while let Some(scenario) = scenarios.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let path = scenario.dir.join(golden);
                    let happened = run(scenario);
                    if recording {
                        fs::write(&path, &happened).unwrap();
                        continue;
                    }
                    let expected = fs::read_to_string(&path).unwrap_or_default();
                    if happened != expected {
                        let difference = compare::lines(&expected, &happened);
                        failures.lock().unwrap().push(format!("{} ({golden}):\n{difference}", scenario.name));
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().unwrap();
    assert!(failures.is_empty(), "{} of {}:\n{}", failures.len(), scenarios.len(), failures.join("\n"));
}

/// The scenarios that are asked for.
fn chosen() -> Vec<Scenario> {
    let word = std::env::var("HM_SCENARIO").unwrap_or_default();
    let mut scenarios = Scenario::read_all();
    scenarios.retain(|scenario| scenario.name.contains(&word));
    assert!(!scenarios.is_empty(), "no scenario is called like that");
    scenarios
}

/// The program to compare with, from `HM_TEST_SD_SWITCH` or the search path.
fn sd_switch() -> Option<PathBuf> {
    if let Some(path) = std::env::var_os("HM_TEST_SD_SWITCH") {
        return Some(PathBuf::from(path));
    }
    let path = std::env::var_os("PATH").unwrap();
    std::env::split_paths(&path).map(|dir| dir.join("sd-switch")).find(|program| program.is_file())
}

#[test]
fn scenarios_of_switches() {
    if manager().is_none() {
        return;
    }
    check(&chosen(), "expected", &run::with_hm);
}

#[test]
fn scenarios_through_sd_switch() {
    if manager().is_none() {
        return;
    }
    let Some(program) = sd_switch() else {
        return skip(
            "comparing with sd-switch: it is not in the search path, and HM_TEST_SD_SWITCH is not set",
        );
    };
    let mut scenarios = chosen();
    scenarios.retain(|scenario| scenario.about.incomparable.is_none());
    check(&scenarios, "sd-switch", &move |scenario| run::with_sd_switch(scenario, &program));
}

#[test]
fn the_unit_that_a_switch_runs_in_is_named() {
    if manager().is_none() {
        return;
    }
    let mut scenarios = Scenario::read_all();
    scenarios.retain(|scenario| scenario.name == "the-switch-runs-in-a-changed-unit");
    insta::assert_snapshot!(run::words_of_hm(&scenarios[0], &["switch", "--dry-run"]), @r"
    restart     a.service (Service.ExecStartPre and Service.ExecStop changed)
    keep        updater.service (this switch runs in it)
    ");
    insta::assert_snapshot!(run::words_of_hm(&scenarios[0], &["switch"]), @r"
    switched to generation 2: 4 links replaced; restarted a.service
    updater.service is left as it was, to be restarted by hand: this switch runs in it
    ");
}

#[test]
fn the_table_of_scenarios_is_current() {
    let scenarios = Scenario::read_all();
    assert!(scenarios.len() >= 60, "only {} scenarios", scenarios.len());
    let problems: Vec<String> = scenarios.iter().filter_map(table::contradiction).collect();
    assert_eq!(problems, Vec::<String>::new());
    let path = repository().join("docs/systemd.md");
    let text = fs::read_to_string(&path).unwrap();
    let current = table::put_into(&text, &scenarios);
    if std::env::var_os("HM_SCENARIOS_RECORD").is_some_and(|value| value == "1") {
        fs::write(&path, current).unwrap();
    } else {
        assert!(text == current, "docs/systemd.md:\n{}", compare::lines(&text, &current));
    }
}
