//! One changed unit among a thousand.

use std::collections::BTreeMap;
use std::fs;

use serde_json::Value;
use systemd_harness::UserManager;

use super::observe;
use crate::support::{HM, Run, manager};

/// A thousand units: services that run, ones that nobody starts, oneshots that have run, targets and timers.
const UNITS: &str = r#"
let
  prelude = import @prelude@;
  named = prefix: count: make:
    builtins.listToAttrs (builtins.genList (number: {
      name = "${prefix}${toString number}";
      value = make number;
    }) count);
in {
  systemd.user.services =
    named "running" 30 (number: prelude.service (if number == 7 then "@word@" else "same") { })
    // named "idle" 420 (number: prelude.idle "same" { })
    // named "once" 50 (number: prelude.oneshot "same" { })
    // named "kept" 50 (number: prelude.oneshot "same" { Service.RemainAfterExit = true; })
    // named "nightly" 200 (number: prelude.idleOneshot "same" { });
  systemd.user.timers = named "nightly" 200 (number: prelude.timer "2100-01-01" { });
  systemd.user.targets = named "group" 50 (number: { Unit.Wants = "running${toString number}.service"; });
}
"#;

fn switch(manager: &UserManager, word: &str) -> Value {
    let prelude = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/scenarios/prelude.nix");
    let file = manager.home().join("home.nix");
    fs::write(&file, UNITS.replace("@prelude@", prelude).replace("@word@", word)).unwrap();
    let arguments = ["switch", "--json", "-f", file.to_str().unwrap()];
    let run = Run::of(manager.command(HM).args(arguments), &manager.home());
    serde_json::from_str(&run.ended(0)).unwrap()
}

/// How many jobs the manager has ever taken on.
fn jobs(manager: &UserManager) -> u64 {
    let output = manager.systemctl(&["show", "--value", "--property", "NInstalledJobs"]);
    String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
}

#[test]
fn one_changed_unit_of_a_thousand_is_the_only_one_touched() {
    let Some(manager) = manager() else { return };
    let first = switch(&manager, "old");
    let steps = |document: &Value| -> BTreeMap<String, String> {
        let steps = document["plan"]["units"]["plan"]["steps"].as_array().unwrap();
        let text = |step: &Value, key: &str| step[key].as_str().unwrap().to_owned();
        steps.iter().map(|step| (text(step, "unit"), text(step, "action"))).collect()
    };
    let units: Vec<String> = steps(&first).into_keys().collect();
    assert_eq!(units.len(), 1000);
    let changed = "running7.service".to_owned();

    // A look at one unit tells whether anything is still going on.
    let look = || {
        observe::settle(&manager, std::slice::from_ref(&changed));
        observe::states(&manager, &units)
    };
    let (before, jobs_before) = (look(), jobs(&manager));
    fs::remove_file(manager.home().join("log")).unwrap();
    let second = switch(&manager, "new");
    let jobs_after = jobs(&manager);
    let after = look();

    let planned: Vec<(String, String)> =
        steps(&second).into_iter().filter(|(_, action)| action != "keep").collect();
    assert_eq!(planned, [(changed.clone(), "stop-start".to_owned())]);
    let reported: Vec<&Value> =
        second["units"]["units"].as_array().unwrap().iter().map(|unit| &unit["unit"]).collect();
    assert_eq!(reported, [&Value::from(changed.as_str())]);
    // Its stop and its start, and nothing for anybody else.
    assert_eq!(jobs_after - jobs_before, 2);
    assert_eq!(observe::log(&manager), "stop running7.service old\nstart running7.service new\n");
    let touched: Vec<&String> = units.iter().filter(|unit| before[*unit] != after[*unit]).collect();
    assert_eq!(touched, [&changed]);
}
