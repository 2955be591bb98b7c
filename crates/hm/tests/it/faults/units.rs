//! A switch that is killed when its links are moved and its units are not, or not all: the next command moves them.

use std::fs;

use systemd_harness::UserManager;

use super::strace::{self, Fault};
use crate::support::{HM, Run, manager, skip};

const BEFORE: &str = r#"{ pkgs, ... }:
let service = seconds: {
  Service.ExecStart = "${pkgs.coreutils}/bin/sleep ${seconds}";
  Install.WantedBy = [ "default.target" ];
}; in {
  systemd.user.services = {
    stays = service "1001";
    changes = service "1002";
    leaves = service "1003";
    # It does not change, but goes down with what it requires.
    follows = service "1005" // {
      Unit = { Requires = [ "changes.service" ]; After = [ "changes.service" ]; };
    };
  };
}
"#;

const AFTER: &str = r#"{ pkgs, ... }:
let service = seconds: {
  Service.ExecStart = "${pkgs.coreutils}/bin/sleep ${seconds}";
  Install.WantedBy = [ "default.target" ];
}; in {
  systemd.user.services = {
    stays = service "1001";
    changes = service "2002";
    comes = service "2004";
    # It does not change, but goes down with what it requires.
    follows = service "1005" // {
      Unit = { Requires = [ "changes.service" ]; After = [ "changes.service" ]; };
    };
  };
}
"#;

fn configure(manager: &UserManager, text: &str) {
    let path = manager.home().join(".config/hm/home.nix");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

fn switch(manager: &UserManager) {
    Run::of(manager.command(HM).arg("switch"), &manager.home()).ended(0);
}

/// The units that run, each with the last word of its process's command line.
fn running(manager: &UserManager) -> Vec<(String, String)> {
    let seconds = |unit: &str| {
        let id = manager.property(unit, "MainPID");
        let line = fs::read_to_string(format!("/proc/{id}/cmdline")).unwrap_or_default();
        line.trim_end_matches('\0').rsplit('\0').next().unwrap_or_default().to_owned()
    };
    ["stays", "changes", "leaves", "comes", "follows"]
        .iter()
        .map(|name| format!("{name}.service"))
        .filter(|unit| manager.property(unit, "ActiveState") == "active")
        .map(|unit| (unit.clone(), seconds(&unit)))
        .collect()
}

#[test]
fn units_that_a_killed_switch_has_not_moved() {
    if let Some(why) = strace::missing() {
        skip(&format!("a switch that is killed before its units are moved: {why}"));
        return;
    }
    let Some(manager) = manager() else { return };
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log");
    let mut command = manager.command(HM);
    command.args(["switch", "--no-check"]);
    // What is built is in the store from here on, so that every later switch makes the same calls.
    for text in [BEFORE, AFTER, BEFORE] {
        configure(&manager, text);
        switch(&manager);
    }
    configure(&manager, AFTER);
    let (output, calls) = strace::record(&command, &log, &manager.home());
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let expected = running(&manager);
    let named: Vec<(&str, &str)> =
        expected.iter().map(|(unit, word)| (unit.as_str(), word.as_str())).collect();
    let wanted = [
        ("stays.service", "1001"),
        ("changes.service", "2002"),
        ("comes.service", "2004"),
        ("follows.service", "1005"),
    ];
    assert_eq!(named, wanted);
    let commit = calls.iter().position(|call| call.text.contains("-profile\", ")).unwrap();
    let mut points = 0;
    for call in &calls[commit..] {
        configure(&manager, BEFORE);
        switch(&manager);
        configure(&manager, AFTER);
        // Which thread asks, and how much there is to ask, depends on how quick the manager is.
        let met = strace::inject(&command, &log, call, Fault::Kill).is_ok();
        switch(&manager);
        assert_eq!(running(&manager), expected, "killed at {}", call.describe());
        points += usize::from(met);
    }
    assert!(points > 3, "only {points} points");
}
