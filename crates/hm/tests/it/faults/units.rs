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

/// How many moments of a switch that goes back are tried.
const POINTS: usize = 20;

#[test]
fn a_switch_that_goes_back_can_be_killed_anywhere() {
    if let Some(why) = strace::missing() {
        skip(&format!("a switch that is killed while it goes back: {why}"));
        return;
    }
    let Some(manager) = manager() else { return };
    let dir = tempfile::tempdir().unwrap();
    let log = dir.path().join("log");
    let mut command = manager.command(HM);
    command.args(["switch", "--no-check", "--rollback-on-failure"]);
    let fails = AFTER.replace("comes = service \"2004\"", "comes = service \"nonsense\"");
    let profile = manager.home().join(".local/state/nix/profiles/hm");
    let current = || profile.canonicalize().unwrap();
    configure(&manager, BEFORE);
    switch(&manager);
    let (before, ran) = (current(), running(&manager));
    // What is built is in the store from here on.
    configure(&manager, &fails);
    let output = command.output().unwrap();
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!((current(), running(&manager)), (before.clone(), ran.clone()));

    let (_, calls) = strace::record(&command, &log, &manager.home());
    let is_commit = |text: &str| text.contains("-profile\", ");
    let first = calls.iter().position(|call| is_commit(&call.text)).unwrap();
    assert_eq!(calls.iter().filter(|call| is_commit(&call.text)).count(), 2, "there and back");
    let calls = &calls[first..];
    let mut points = 0;
    for call in calls.iter().step_by(calls.len().div_ceil(POINTS)) {
        let met = strace::inject(&command, &log, call, Fault::Kill).is_ok();
        // Any command that writes goes on with what was begun, whichever way that led.
        let run = Run::of(manager.command(HM).arg("gc"), &manager.home());
        assert!(matches!(run.status, 0 | 3), "killed at {}: {}", call.describe(), run.stderr);
        let (now, runs) = (current(), running(&manager));
        let at = if now == before { BEFORE } else { &fails };
        let seconds = |unit: &str| runs.iter().find(|(name, _)| name == unit).map(|(_, word)| word.as_str());
        let changes = if at == BEFORE { "1002" } else { "2002" };
        let expected = [Some("1001"), Some(changes), Some("1005"), (at == BEFORE).then_some("1003")];
        let found = ["stays", "changes", "follows", "leaves"].map(|name| seconds(&format!("{name}.service")));
        assert_eq!(found, expected, "killed at {}: {}", call.describe(), run.stderr);
        configure(&manager, BEFORE);
        switch(&manager);
        assert_eq!(running(&manager), ran, "killed at {}", call.describe());
        configure(&manager, &fails);
        points += usize::from(met);
    }
    assert!(points > 3, "only {points} points");
}
