//! Switches under a real user manager.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use systemd_harness::UserManager;

use crate::support::{HM, Run, listing, manager, repository, settle, uid};

/// Runs the binary beside the manager.
fn hm(manager: &UserManager, arguments: &[&str]) -> Run {
    Run::of(manager.command(HM).args(arguments), &manager.home())
}

/// Writes the configuration in its usual place.
fn configure(manager: &UserManager, text: &str) {
    let path = manager.home().join(".config/hm/home.nix");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, text).unwrap();
}

/// The state of units, in one word each.
fn states(manager: &UserManager, units: &[&str]) -> BTreeMap<String, String> {
    units.iter().map(|unit| ((*unit).to_owned(), manager.property(unit, "ActiveState"))).collect()
}

/// The unit files of both seeds, as their authors list them: sections and keys sorted.
const SEED_UNITS: [(&str, &str); 4] = [
    (
        "attic-watch-store.service",
        "[Install]\nWantedBy=default.target\n\n[Service]\nExecStart=@store@/watch-store\n\n\
         [Unit]\nDescription=Push nix store changes to attic binary cache.\n",
    ),
    (
        "nix-index.service",
        "[Install]\nWantedBy=default.target\n\n[Service]\nExecStart=@store@/nix-index/bin/nix-index\nType=oneshot\n\n\
         [Unit]\nDescription=Run nix-index.\n",
    ),
    (
        "nix-index.timer",
        "[Install]\nWantedBy=timers.target\n\n[Timer]\nOnCalendar=*-*-* 04:00:00\nUnit=nix-index.service\n\n\
         [Unit]\nDescription=Timer for nix-index.\n",
    ),
    (
        "watchintake.service",
        "[Install]\nWantedBy=default.target\n\n[Service]\nExecStart=@store@/watchintake/bin/watchintake @home@/intake\n\n\
         [Unit]\nDescription=Run watchintake.\n",
    ),
];

fn check_seed_units(manager: &UserManager, active: &[&str]) {
    for (unit, expected) in SEED_UNITS {
        let path = manager.unit_dir().join(unit);
        if !path.exists() {
            continue;
        }
        let found = settle(&fs::read_to_string(&path).unwrap(), &manager.home());
        // The lines that nixlib takes over as they are written may end in blank lines.
        let lines =
            |text: &str| text.lines().filter(|line| !line.is_empty()).map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(lines(&found), lines(expected), "{unit}");
    }
    for unit in active {
        let property = |name: &str| manager.property(unit, name);
        let found = (property("LoadState"), property("UnitFileState"), property("ActiveState"));
        assert_eq!(found, ("loaded".to_owned(), "enabled".to_owned(), "active".to_owned()), "{unit}");
    }
}

#[test]
fn the_seeds_switch() {
    let all: [(&str, &[&str], usize); 3] = [
        ("attic-watch-store", &["attic-watch-store.service"], 1),
        ("nix-index-watchintake", &["nix-index.timer", "watchintake.service"], 3),
        ("seeds", &["attic-watch-store.service", "nix-index.timer", "watchintake.service"], 4),
    ];
    for (name, active, units) in all {
        let Some(manager) = manager() else { return };
        let file = repository().join("examples").join(name).join("home.nix");
        let said = hm(&manager, &["switch", "-f", file.to_str().unwrap()]).ended(0);
        assert!(said.starts_with("switched to generation 1: "), "{said}");
        check_seed_units(&manager, active);
        let count = SEED_UNITS.iter().filter(|(unit, _)| manager.unit_dir().join(unit).exists()).count();
        assert_eq!(count, units);
        if name == "seeds" {
            let script = manager.property("attic-watch-store.service", "ExecStart");
            let script = script.split("path=").nth(1).unwrap().split(' ').next().unwrap().to_owned();
            let text = settle(&fs::read_to_string(script).unwrap(), &manager.home());
            let lines: Vec<&str> = text.lines().collect();
            assert!(lines[0].starts_with("#!") && lines[0].ends_with("/bin/bash"), "{text}");
            assert_eq!(
                lines[1..],
                [
                    "#!/run/current-system/sw/bin/bash",
                    "ATTIC_TOKEN=$(cat %r/secrets/attic_auth_token)",
                    "@store@/attic/bin/attic login prod https://majiy00-nix-binary-cache.fly.dev $ATTIC_TOKEN",
                    "@store@/attic/bin/attic use prod",
                    "@store@/attic/bin/attic watch-store prod:prod",
                ]
            );
            let status = hm(&manager, &["status", "--json"]).ended(0);
            let status: serde_json::Value = serde_json::from_str(&status).unwrap();
            let timer = status["units"]
                .as_array()
                .unwrap()
                .iter()
                .find(|unit| unit["unit"] == "nix-index.timer")
                .unwrap();
            assert_eq!(timer["state"]["sub"], "waiting");
            assert!(timer["state"]["next_elapse"].is_u64(), "{timer}");
            assert_eq!(timer["drift"], serde_json::Value::Null);
            let place = "@repository@/examples/nix-index-watchintake/users/chrism/nix-index.nix:";
            assert!(timer["defined"].as_str().unwrap().starts_with(place), "{timer}");
        }
    }
}

const BEFORE: &str = r#"{ pkgs, ... }:
let
  forever = "${pkgs.coreutils}/bin/sleep infinity";
  wanted = [ "default.target" ];
in {
  systemd.user.services = {
    same = { Service.ExecStart = forever; Install.WantedBy = wanted; };
    other = { Service.ExecStart = forever; Install.WantedBy = wanted; };
    changed = {
      Service.ExecStart = "${pkgs.writeShellScript "changed" "exec ${forever} # one"}";
      Install.WantedBy = wanted;
    };
    leaving = {
      Service.ExecStart = forever;
      Service.ExecStop = "${pkgs.writeShellScript "leave" "echo stopped by the old definition >> $HOME/stopped"}";
      Install.WantedBy = wanted;
    };
    nightly = { Service.Type = "oneshot"; Service.ExecStart = "${pkgs.coreutils}/bin/true"; };
  };
  systemd.user.timers.nightly = { Timer.OnCalendar = "04:00"; Install.WantedBy = [ "timers.target" ]; };
}
"#;

const AFTER: &str = r#"{ pkgs, ... }:
let
  forever = "${pkgs.coreutils}/bin/sleep infinity";
  wanted = [ "default.target" ];
in {
  systemd.user.services = {
    same = { Service.ExecStart = forever; Install.WantedBy = wanted; };
    other = { Service.ExecStart = forever; Install.WantedBy = wanted; };
    changed = {
      Service.ExecStart = "${pkgs.writeShellScript "changed" "exec ${forever} # two"}";
      Install.WantedBy = wanted;
    };
    nightly = { Service.Type = "oneshot"; Service.ExecStart = "${pkgs.coreutils}/bin/true"; };
    answer = { Service.ExecStart = forever; };
  };
  systemd.user.sockets.answer = { Socket.ListenStream = "%t/answer"; Install.WantedBy = [ "sockets.target" ]; };
}
"#;

const UNITS: [&str; 8] = [
    "same.service",
    "other.service",
    "changed.service",
    "leaving.service",
    "nightly.service",
    "nightly.timer",
    "answer.service",
    "answer.socket",
];

/// The links that a generation makes: everything below the folder of units.
fn unit_links(manager: &UserManager) -> BTreeMap<String, String> {
    listing(&manager.unit_dir())
}

fn invocations(manager: &UserManager) -> BTreeMap<&'static str, String> {
    UNITS.iter().map(|unit| (*unit, manager.property(unit, "InvocationID"))).collect()
}

#[test]
fn exactly_what_changed_is_touched_and_comes_back() {
    let Some(manager) = manager() else { return };
    configure(&manager, BEFORE);
    insta::assert_snapshot!(hm(&manager, &["switch"]).ended(0), @"switched to generation 1: 11 links created; started changed.service, leaving.service, other.service, same.service and nightly.timer");
    let (links, running, first) = (unit_links(&manager), states(&manager, &UNITS), invocations(&manager));
    let up: Vec<&String> =
        running.iter().filter(|(_, state)| *state == "active").map(|(unit, _)| unit).collect();
    assert_eq!(up, ["changed.service", "leaving.service", "nightly.timer", "other.service", "same.service"]);
    assert!(!manager.home().join("stopped").exists());

    configure(&manager, AFTER);
    insta::assert_snapshot!(hm(&manager, &["switch", "--dry-run"]).ended(0), @r"
    would switch to generation 2:
    link        .config/systemd/user/answer.service
    link        .config/systemd/user/answer.socket
    make dir    .config/systemd/user/sockets.target.wants/
    link        .config/systemd/user/sockets.target.wants/answer.socket
    relink      .config/systemd/user/changed.service
    relink      .config/systemd/user/default.target.wants/changed.service
    relink      .config/systemd/user/default.target.wants/other.service
    relink      .config/systemd/user/default.target.wants/same.service
    relink      .config/systemd/user/nightly.service
    relink      .config/systemd/user/other.service
    relink      .config/systemd/user/same.service
    remove      .config/systemd/user/default.target.wants/leaving.service
    remove      .config/systemd/user/leaving.service
    remove      .config/systemd/user/nightly.timer
    remove      .config/systemd/user/timers.target.wants/nightly.timer
    remove dir  .config/systemd/user/timers.target.wants/
    reload      the user manager
    start       answer.socket (new, pulled in by sockets.target)
    restart     changed.service (Service.ExecStart changed)
    stop        leaving.service (no longer in the configuration)
    stop        nightly.timer (no longer in the configuration)
    ");
    assert_eq!((unit_links(&manager), invocations(&manager)), (links.clone(), first.clone()));
    insta::assert_snapshot!(hm(&manager, &["switch"]).ended(0), @"switched to generation 2: 3 links created, 7 replaced, 4 removed; stopped leaving.service and nightly.timer; started answer.socket; restarted changed.service");
    let stopped = fs::read_to_string(manager.home().join("stopped")).unwrap();
    assert_eq!(stopped, "stopped by the old definition\n");
    let second = invocations(&manager);
    for unit in ["same.service", "other.service"] {
        assert_eq!(first[unit], second[unit], "{unit} was touched");
    }
    assert_ne!(first["changed.service"], second["changed.service"]);
    let now = states(&manager, &UNITS);
    let up: Vec<&String> = now.iter().filter(|(_, state)| *state == "active").map(|(unit, _)| unit).collect();
    assert_eq!(up, ["answer.socket", "changed.service", "other.service", "same.service"]);
    let load = |unit: &str| manager.property(unit, "LoadState");
    assert_eq!(
        (load("leaving.service"), load("nightly.timer")),
        ("not-found".to_owned(), "not-found".to_owned())
    );

    insta::assert_snapshot!(hm(&manager, &["switch"]).ended(0), @"nothing to do: generation 2 is current, with 10 links and 6 units");
    insta::assert_snapshot!(hm(&manager, &["rollback"]).ended(0), @"rolled back to generation 1: 4 links created, 7 replaced, 3 removed; stopped answer.socket; started leaving.service and nightly.timer; restarted changed.service");
    assert_eq!(unit_links(&manager), links, "the links are the same to the byte");
    assert_eq!(states(&manager, &UNITS), running);
    let third = invocations(&manager);
    for unit in ["same.service", "other.service"] {
        assert_eq!(first[unit], third[unit], "{unit} was touched");
    }
}

#[test]
fn a_unit_that_fails_is_named_with_its_place_and_its_words() {
    let Some(manager) = manager() else { return };
    configure(
        &manager,
        r#"{ pkgs, ... }: {
  systemd.user.services.good = {
    Service.ExecStart = "${pkgs.coreutils}/bin/sleep infinity";
    Install.WantedBy = [ "default.target" ];
  };
  systemd.user.services.bad = {
    Service.ExecStart = "${pkgs.writeShellScript "bad" "echo the disk is on fire; exit 7"}";
    Install.WantedBy = [ "default.target" ];
  };
}
"#,
    );
    let run = hm(&manager, &["switch"]);
    assert_eq!(run.status, 3, "{}{}", run.stdout, run.stderr);
    insta::assert_snapshot!(run.stdout, @"switched to generation 1: 4 links created; started good.service; failed bad.service");
    let lines: Vec<&str> = run.stderr.lines().collect();
    assert_eq!(lines[0], "error: bad.service failed: exit-code, exit status 7");
    assert_eq!(lines[1], "  defined at @home@/.config/hm/home.nix:6:3");
    if uid() == 0 {
        assert!(lines.iter().any(|line| line.ends_with("the disk is on fire")), "{}", run.stderr);
    }
    assert_eq!(manager.property("good.service", "ActiveState"), "active");

    // The links are in place, and a mended configuration starts the unit.
    assert!(manager.unit_dir().join("bad.service").exists());
    insta::assert_snapshot!(hm(&manager, &["switch"]).ended(0), @"nothing to do: generation 1 is current, with 4 links and 2 units");
    let text = fs::read_to_string(manager.home().join(".config/hm/home.nix")).unwrap();
    configure(&manager, &text.replace("echo the disk is on fire; exit 7", "exec sleep infinity"));
    insta::assert_snapshot!(hm(&manager, &["switch"]).ended(0), @"switched to generation 2: 4 links replaced; started bad.service");
    assert_eq!(manager.property("bad.service", "ActiveState"), "active");
}

#[test]
fn status_tells_states_and_drift() {
    let Some(manager) = manager() else { return };
    configure(&manager, BEFORE);
    hm(&manager, &["switch"]).ended(0);
    fs::remove_file(manager.unit_dir().join("other.service")).unwrap();
    fs::remove_file(manager.unit_dir().join("same.service")).unwrap();
    fs::write(manager.unit_dir().join("same.service"), "[Service]\nExecStart=/bin/true\n").unwrap();
    let said = hm(&manager, &["status"]).ended(0);
    let lines: Vec<&str> = said.lines().collect();
    assert_eq!(lines[0], "generation 1: @store@/home-manager-generation");
    let row = |unit: &str| -> Vec<&str> {
        lines.iter().find(|line| line.starts_with(unit)).unwrap().split_whitespace().collect()
    };
    assert_eq!(row("changed.service")[..3], ["changed.service", "active", "running"]);
    assert!(row("changed.service").last() == Some(&"success"), "{said}");
    assert_eq!(row("nightly.service")[..3], ["nightly.service", "inactive", "dead"]);
    assert_eq!(row("nightly.timer")[..3], ["nightly.timer", "active", "waiting"]);
    assert!(lines.contains(&"other.service: its link is missing"), "{said}");
    assert!(lines.contains(&"same.service: its place is taken by something that hm did not make"), "{said}");
}

#[test]
fn units_are_only_suggested_when_the_configuration_says_so() {
    let Some(manager) = manager() else { return };
    let text = BEFORE.replace("in {\n", "in {\n  systemd.user.startServices = \"suggest\";\n");
    configure(&manager, &text);
    insta::assert_snapshot!(hm(&manager, &["switch"]).ended(0), @r"
    switched to generation 1: 11 links created
    units are left as they are (systemd.user.startServices); to move them:
      systemctl --user daemon-reload
      systemctl --user start changed.service leaving.service other.service same.service nightly.timer
    ");
    assert_eq!(manager.property("same.service", "ActiveState"), "inactive");
}

#[test]
fn a_manager_of_another_home_is_left_alone() {
    let Some(manager) = manager() else { return };
    let other = manager.home().join("other");
    fs::create_dir(&other).unwrap();
    configure(&manager, BEFORE);
    let file = manager.home().join(".config/hm/home.nix");
    let mut command = manager.command(HM);
    command.args(["switch", "-f", file.to_str().unwrap()]).env("HOME", &other);
    for name in ["CONFIG", "DATA", "STATE", "CACHE"] {
        command.env_remove(format!("XDG_{name}_HOME"));
    }
    let output = command.output().unwrap();
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.contains("the user manager in reach is that of another home"), "{said}");
    assert_eq!(output.status.code(), Some(0));
    assert!(Path::new(&other).join(".config/systemd/user/same.service").exists());
    assert_eq!(manager.property("same.service", "LoadState"), "not-found");
}

#[test]
fn a_switch_that_was_killed_is_completed() {
    let Some(manager) = manager() else { return };
    // The unit never says that it is up, so the switch that starts it is still waiting when it is killed.
    configure(
        &manager,
        r#"{ pkgs, ... }: {
  systemd.user.services.slow = {
    Service.Type = "notify";
    Service.TimeoutStartSec = "infinity";
    Service.ExecStart = "${pkgs.coreutils}/bin/sleep infinity";
    Install.WantedBy = [ "default.target" ];
  };
}
"#,
    );
    let mut killed = manager.command(HM).args(["switch", "--quiet"]).spawn().unwrap();
    let profile = manager.home().join(".local/state/nix/profiles/hm");
    while !profile.exists() {
        assert!(killed.try_wait().unwrap().is_none(), "it ended by itself");
        std::thread::sleep(std::time::Duration::from_millis(5));
    }
    killed.kill().unwrap();
    killed.wait().unwrap();
    let said = hm(&manager, &["status"]).complained(0);
    assert!(said.contains("a switch to generation 1 was interrupted"), "{said}");

    let run = hm(&manager, &["switch", "--timeout", "0.5"]);
    assert!(run.stderr.starts_with("completing an interrupted switch to generation 1\n"), "{}", run.stderr);
    assert!(run.stderr.contains("error: slow.service timed out, still activating"), "{}", run.stderr);
    assert_eq!(run.ended(3), "switched to generation 1: no link or unit changed");
    let said = hm(&manager, &["switch"]).ended(0);
    assert!(said.starts_with("nothing to do: generation 1 is current"), "{said}");
}

#[test]
fn nothing_is_waited_for_on_request() {
    let Some(manager) = manager() else { return };
    configure(&manager, BEFORE);
    let said = hm(&manager, &["switch", "--no-block"]).ended(0);
    assert!(said.starts_with("switched to generation 1: 11 links created; "), "{said}");
    let began = std::time::Instant::now();
    while manager.property("same.service", "ActiveState") != "active" {
        assert!(began.elapsed() < std::time::Duration::from_secs(60), "it was not queued");
        std::thread::sleep(std::time::Duration::from_millis(10));
    }
}
