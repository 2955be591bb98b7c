//! Looking at units and moving them by hand, under a real user manager: `hm logs`, `start`, `stop`, `restart`, `status`.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use systemd_harness::{Options, UserManager};

use crate::support::{HM, Home, Run, manager, skip, uid};

/// Runs the binary beside the manager.
fn hm(manager: &UserManager, arguments: &[&str]) -> Run {
    Run::of(manager.command(HM).args(arguments), &manager.home())
}

fn configure(manager: &UserManager, text: &str) {
    let path = manager.home().join(".config/hm/home.nix");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let head = "{ pkgs, lib, ... }: let script = text: pkgs.writeShellScript \"script\" text; in\n";
    fs::write(path, format!("{head}{{\n{text}\n}}\n")).unwrap();
}

#[track_caller]
fn switch(manager: &UserManager, text: &str) -> String {
    configure(manager, text);
    hm(manager, &["switch"]).ended(0)
}

fn state(manager: &UserManager, unit: &str) -> String {
    manager.property(unit, "ActiveState")
}

const UNITS: &str = r#"
  systemd.user.services = {
    talk = {
      Unit.Description = "Talk";
      Service = { ExecStart = script "echo hello from $$; exec sleep infinity"; ExecReload = script "echo reloaded"; };
    };
    other.Service.ExecStart = script "echo another; exec sleep infinity";
    fail.Service = { Type = "oneshot"; ExecStart = script "echo that went wrong; sleep 0.1; exit 7"; };
    job.Service = { Type = "oneshot"; ExecStart = script "sleep 0.5; echo done"; };
    "each@".Service.ExecStart = script "echo instance $1; exec sleep infinity";
  };
  systemd.user.timers.job.Timer.OnCalendar = "2150-01-01";
"#;

#[test]
fn units_are_moved_by_hand() {
    let Some(manager) = manager() else { return };
    switch(&manager, UNITS);
    insta::assert_snapshot!(hm(&manager, &["start", "talk", "other.service", "talk"]).ended(0), @"started talk.service and other.service");
    insta::assert_snapshot!(hm(&manager, &["start", "talk"]).ended(0), @"already running: talk.service");
    let process = manager.property("talk.service", "MainPID");
    insta::assert_snapshot!(hm(&manager, &["restart", "talk"]).ended(0), @"restarted talk.service");
    assert_ne!(manager.property("talk.service", "MainPID"), process);
    insta::assert_snapshot!(hm(&manager, &["reload", "talk"]).ended(0), @"reloaded talk.service");
    insta::assert_snapshot!(hm(&manager, &["stop", "talk", "other"]).ended(0), @"stopped talk.service and other.service");
    insta::assert_snapshot!(hm(&manager, &["stop", "talk"]).ended(0), @"not running: talk.service");
    assert_eq!(state(&manager, "talk.service"), "inactive");

    // A oneshot is waited for.
    insta::assert_snapshot!(hm(&manager, &["start", "job"]).ended(0), @"ran job.service");
    assert_eq!(state(&manager, "job.service"), "inactive");
    insta::assert_snapshot!(hm(&manager, &["start", "--no-block", "job"]).ended(0), @"still running job.service");
    insta::assert_snapshot!(hm(&manager, &["start", "job.timer", "each@one"]).ended(0), @"started job.timer and each@one.service");
    assert_eq!(state(&manager, "each@one.service"), "active");
    let said = hm(&manager, &["status"]).ended(0);
    assert!(said.lines().any(|line| line.starts_with("each@one.service ")), "{said}");

    // What the manager has from elsewhere can be moved, too.
    manager
        .write_unit(
            "../../../.local/share/systemd/user/foreign.service",
            "[Service]\nExecStart=sleep infinity\n",
        )
        .unwrap();
    manager.systemctl(&["daemon-reload"]);
    insta::assert_snapshot!(hm(&manager, &["start", "foreign"]).ended(0), @"started foreign.service");
    let said = hm(&manager, &["start", "--json", "other"]).ended(0);
    let said: serde_json::Value = serde_json::from_str(&said).unwrap();
    assert_eq!(said["units"][0]["unit"], "other.service");
    assert_eq!(said["units"][0]["outcome"]["kind"], "started");
    assert_eq!(said["failures"], serde_json::json!([]));
}

#[test]
fn a_unit_that_fails_is_told_like_in_a_switch() {
    let Some(manager) = manager() else { return };
    switch(&manager, UNITS);
    let run = hm(&manager, &["start", "fail", "talk"]);
    assert_eq!(run.status, 3, "{}\n{}", run.stdout, run.stderr);
    insta::assert_snapshot!(run.stdout, @"started talk.service; failed fail.service");
    assert!(run.stderr.starts_with("error: fail.service failed: exit-code, exit status 7\n  defined at @home@/.config/hm/home.nix:10:5\n  its last "), "{}", run.stderr);
    assert!(run.stderr.contains("that went wrong"), "{}", run.stderr);

    let said = hm(&manager, &["status"]).ended(0);
    let told = "fail.service: failed, defined at @home@/.config/hm/home.nix:10:5; `hm status fail.service` shows what it wrote";
    assert!(said.contains(told), "{said}");
    assert!(said.contains("exit-code (exit status 7)"), "{said}");
    let said = hm(&manager, &["status", "fail"]).ended(0);
    for part in [
        "\nfail.service\n  state    failed (failed) since ",
        "\n  defined  @home@/.config/hm/home.nix:10:5\n",
        "that went wrong",
    ] {
        assert!(said.contains(part), "{part}: {said}");
    }
    let said: serde_json::Value =
        serde_json::from_str(&hm(&manager, &["status", "--json", "talk"]).ended(0)).unwrap();
    let unit = &said["units"][0];
    assert_eq!(
        (&unit["unit"], &unit["state"]["active"], &unit["outdated"]),
        (&"talk.service".into(), &"active".into(), &serde_json::Value::Null)
    );
    assert!(
        unit["lines"]
            .as_array()
            .unwrap()
            .iter()
            .any(|line| line["text"].as_str().unwrap().starts_with("hello from ")),
        "{unit}"
    );
}

#[test]
fn unknown_units_are_refused() {
    let Some(manager) = manager() else { return };
    switch(&manager, UNITS);
    for command in ["start", "stop", "restart", "reload", "logs", "status"] {
        let check = |word: &str, expected: &str| {
            assert_eq!(hm(&manager, &[command, word]).complained(1), expected, "{command} {word}")
        };
        check("tlak", "error: there is no unit tlak.service\nhint: did you mean `talk.service`?");
        check("talk.socket", "error: there is no unit talk.socket\nhint: did you mean `talk.service`?");
        check(
            "entirely-else",
            "error: there is no unit entirely-else.service\nhint: `hm status` lists the units of the current generation",
        );
        check("a b", "error: `a b.service` is not a unit name: it contains ' ' (use systemd-escape)");
    }
    insta::assert_snapshot!(hm(&manager, &["start", "each@"]).complained(1), @r"
    error: each@.service is a template, of which only instances run
    hint: name one, such as `each@NAME.service`
    ");
    // Nothing was done for those that there are.
    hm(&manager, &["start", "talk", "tlak"]).complained(1);
    assert_eq!(state(&manager, "talk.service"), "inactive");
}

#[test]
fn without_a_manager() {
    let home = Home::new();
    insta::assert_snapshot!(home.hm(&["start", "a"]).complained(1), @r"
    error: there is no generation yet
    hint: `hm switch` makes the first
    ");
    insta::assert_snapshot!(home.hm(&["logs"]).complained(0), @"there is no generation yet; `hm switch` makes the first");
    home.configure("{ systemd.user.services.a.Service.ExecStart = \"/bin/true\"; }");
    home.hm(&["switch"]).ended(0);
    let mut command = home.command(&["start", "a"]);
    // That of whoever runs the tests is none of ours.
    let empty = home.path().join("run");
    fs::create_dir(&empty).unwrap();
    let said = Run::of(command.env("XDG_RUNTIME_DIR", &empty), &home.path()).complained(1);
    assert!(
        said.starts_with("error: ")
            && (said.contains("no user manager runs") || said.contains("another home")),
        "{said}"
    );
}

#[test]
fn what_units_wrote() {
    let Some(manager) = manager() else { return };
    switch(&manager, UNITS);
    hm(&manager, &["start", "talk", "other", "each@one", "each@two"]).ended(0);
    if !manager.journal("talk.service").contains("hello from") {
        return skip("there is no journal of the manager's units here");
    }
    let logs = |arguments: &[&str]| {
        manager.journal("talk.service");
        let all: Vec<&str> = std::iter::once("logs").chain(arguments.iter().copied()).collect();
        hm(&manager, &all).ended(0)
    };
    let said = logs(&["talk"]);
    assert!(said.contains("hello from") && said.contains("Started talk.service - Talk"), "{said}");
    assert!(!said.contains("another"), "{said}");
    let said = logs(&["talk", "other.service", "--output=cat"]);
    assert!(said.contains("hello from") && said.lines().any(|line| line == "another"), "{said}");
    let all = logs(&[]);
    assert!(all.contains("another") && all.contains("instance"), "{all}");
    assert_eq!(logs(&["each@", "-o", "cat"]).lines().filter(|line| line.starts_with("instance")).count(), 2);
    assert_eq!(logs(&["-n", "1", "-o", "cat", "each@two"]).lines().count(), 1);
    assert!(!logs(&["--since", "1 hour ago", "--boot", "talk"]).contains("No entries"));
    assert!(logs(&["--until", "1 hour ago", "talk"]).contains("No entries"));
    let said = logs(&["--json", "-n", "all", "talk"]);
    let messages: Vec<serde_json::Value> =
        said.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(
        messages.iter().any(|line| line["MESSAGE"].as_str().unwrap().starts_with("hello from")),
        "{said}"
    );

    let first = manager.property("talk.service", "MainPID");
    hm(&manager, &["restart", "talk"]).ended(0);
    assert!(logs(&["-o", "cat", "talk"]).contains(&format!("hello from {first}")));
    let said = logs(&["-o", "cat", "--last-run", "talk"]);
    assert!(!said.contains(&first) && said.contains("hello from"), "{said}");

    // A unit that is gone from the configuration has still written what it has.
    switch(&manager, "");
    assert!(logs(&["talk"]).contains("hello from"));
}

#[test]
fn lines_are_followed() {
    let Some(manager) = manager() else { return };
    switch(&manager, UNITS);
    hm(&manager, &["start", "talk"]).ended(0);
    if !manager.journal("talk.service").contains("hello from") {
        return skip("there is no journal of the manager's units here");
    }
    let mut command = manager.command(HM);
    command.args(["logs", "--follow", "--output=cat", "talk"]).stdout(Stdio::piped());
    let mut child = command.spawn().unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines().map(Result::unwrap);
    assert!(lines.any(|line| line.starts_with("hello from")));
    let process = manager.property("talk.service", "MainPID");
    hm(&manager, &["restart", "talk"]).ended(0);
    let again = lines.find(|line| line.starts_with("hello from")).unwrap();
    assert_ne!(again, format!("hello from {process}"));
    child.kill().unwrap();
    child.wait().unwrap();
}

#[test]
fn where_no_journal_can_be_read() {
    // Only root can have a manager of another user, and its files.
    if uid() != 0 {
        return;
    }
    let options = Options { user: Some("nobody".to_owned()), ..Options::default() };
    let manager = match UserManager::start_with(&options) {
        Ok(manager) => manager,
        Err(why) => return skip(&format!("a manager of another user: {why}")),
    };
    // That user may have no way to where the binary lies.
    let binary = manager.home().with_file_name("hm");
    fs::copy(HM, &binary).unwrap();
    let run = Run::of(manager.command(&binary).args(["logs", "a"]), &manager.home());
    assert_eq!((run.status, run.stdout.as_str()), (1, ""), "{}", run.stderr);
    assert!(
        run.stderr.starts_with("error: this user may read no journal: /var/log/journal"),
        "{}",
        run.stderr
    );
    assert!(run.stderr.contains("hint: ") && run.stderr.contains("systemd-journal"), "{}", run.stderr);

    // What a failed unit has said cannot be shown either, which is told with the failure.
    let configuration = manager.home().join("home.nix");
    fs::write(
        &configuration,
        "{ pkgs, ... }: { systemd.user.services.a = {
           Service = { Type = \"oneshot\"; ExecStart = \"/bin/sh -c 'echo no; exit 7'\"; };
           Install.WantedBy = [ \"default.target\" ];
         }; }",
    )
    .unwrap();
    let run = Run::of(manager.command(&binary).args(["switch", "-f"]).arg(&configuration), &manager.home());
    let said = run.complained(3);
    assert!(said.starts_with("error: a.service failed: exit-code, exit status 7\n"), "{said}");
    let why = "\n  no lines of the journal are shown: this user may read no journal: /var/log/journal";
    assert!(said.contains(why) && said.contains("\nhint: "), "{said}");
}

/// A service that stays as it is when it changes.
fn kept(word: &str, more: &str) -> String {
    format!(
        "systemd.user.services.kept = {{
           Unit.X-RestartIfChanged = false;
           Service.ExecStart = script \"exec sleep infinity # {word}\";
           Install.WantedBy = [ \"default.target\" ];
         }};
         systemd.user.services.moved = {{
           Service.ExecStart = script \"exec sleep infinity # {word}\";
           Install.WantedBy = [ \"default.target\" ];
         }};
         {more}"
    )
}

#[test]
fn a_unit_may_run_by_an_older_definition() {
    let Some(manager) = manager() else { return };
    let outdated = || {
        let said = hm(&manager, &["status"]).ended(0);
        let told: Vec<String> =
            said.lines().filter(|line| line.contains("runs by")).map(str::to_owned).collect();
        told.join("\n")
    };
    switch(&manager, &kept("one", ""));
    assert_eq!(outdated(), "");
    // Another file changes: what runs has been started before, by the same definition.
    switch(&manager, &kept("one", "home.file.a.text = \"a\";"));
    assert_eq!(outdated(), "");
    let said = switch(&manager, &kept("two", ""));
    assert!(said.ends_with("restarted moved.service"), "{said}");
    let said = outdated();
    assert!(said.starts_with("kept.service: runs by the definition of generation 1, started "), "{said}");
    assert!(
        said.ends_with("; other now: Service.ExecStart; `hm restart kept.service` takes it up"),
        "{said}"
    );
    assert_eq!(said.lines().count(), 1);
    let json: serde_json::Value =
        serde_json::from_str(&hm(&manager, &["status", "--json", "kept"]).ended(0)).unwrap();
    assert_eq!(
        json["units"][0]["outdated"],
        serde_json::json!({ "generation": 1, "settings": ["Service.ExecStart"] })
    );

    // Back where it was started, it is as it should be; and forward again, it is not.
    hm(&manager, &["rollback", "1"]).ended(0);
    assert_eq!(outdated(), "");
    hm(&manager, &["switch", "--generation", "3"]).ended(0);
    assert!(outdated().contains("generation 1"));
    hm(&manager, &["restart", "kept"]).ended(0);
    assert_eq!(outdated(), "");
    // It was started by generation 3 now, and that is known though others have been current before and since.
    hm(&manager, &["rollback", "2"]).ended(0);
    assert!(
        outdated().starts_with("kept.service: runs by the definition of generation 3, "),
        "{}",
        outdated()
    );
}

#[test]
fn a_manager_that_has_not_read_the_generation_is_made_to() {
    let Some(manager) = manager() else { return };
    let told = manager.systemctl(&["show", "--property=UnitsLoadTimestampMonotonic"]);
    if told.stdout.is_empty() {
        return skip("this systemd does not tell when it has read its units");
    }
    let script = || {
        let command = manager.property("kept.service", "ExecStart");
        let path = command.split("path=").nth(1).unwrap().split(' ').next().unwrap().to_owned();
        fs::read_to_string(path).unwrap()
    };
    switch(&manager, &kept("one", ""));
    // Here it is left alone, as it is where it cannot be reached.
    let said = switch(&manager, &kept("two", "systemd.user.startServices = \"suggest\";"));
    assert!(said.contains("units are left as they are"), "{said}");
    let said = hm(&manager, &["status"]).ended(0);
    assert!(said.contains("the user manager has not read the units of generation 2; "), "{said}");
    for unit in ["kept", "moved"] {
        let told = format!("{unit}.service: runs by the definition of generation 1");
        assert!(said.contains(&told), "{said}");
    }
    let said = hm(&manager, &["restart", "kept"]).ended(0);
    insta::assert_snapshot!(said, @"restarted kept.service; the user manager has read its files again");
    assert!(script().ends_with("# two\n"), "{}", script());
    let said = hm(&manager, &["status"]).ended(0);
    assert!(!said.contains("has not read") && !said.contains("kept.service: runs"), "{said}");
    insta::assert_snapshot!(hm(&manager, &["restart", "kept"]).ended(0), @"restarted kept.service");
}

#[test]
fn numbers_of_what_runs() {
    let Some(manager) = manager() else { return };
    switch(&manager, UNITS);
    hm(&manager, &["start", "talk"]).ended(0);
    let said = hm(&manager, &["status"]).ended(0);
    let head: Vec<&str> = said.lines().nth(1).unwrap().split_whitespace().collect();
    assert_eq!(head[..4], ["UNIT", "ACTIVE", "SUB", "SINCE"], "{said}");
    let row = said.lines().find(|line| line.starts_with("talk.service")).unwrap();
    assert!(row.contains(" ago"), "{said}");
    let said = hm(&manager, &["status", "talk"]).ended(0);
    assert!(said.contains("\ntalk.service: Talk\n  state    active (running) since "), "{said}");
    let process = format!("\n  process  {}\n", manager.property("talk.service", "MainPID"));
    assert!(said.contains(&process), "{said}");
}
