//! Switches that are interrupted or lose the manager while they move units.

use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use systemd_harness::UserManager;

use crate::support::{HM, Run, configure_beside as configure, hm_beside as hm, manager};

/// A service with a stop command, and one beside it.
fn configuration(word: &str, at_stop: &str) -> String {
    format!(
        r#"
  systemd.user.services = {{
    breaks = {{
      Service.ExecStart = "${{pkgs.writeShellScript "breaks" "exec sleep infinity # {word}"}}";
      Service.ExecStop = "${{pkgs.writeShellScript "stop" "{at_stop}"}}";
      Install.WantedBy = [ "default.target" ];
    }};
    beside = {{
      Service.ExecStart = "${{pkgs.writeShellScript "beside" "exec sleep infinity # {word}"}}";
      Install.WantedBy = [ "default.target" ];
    }};
  }};
"#
    )
}

/// Whether the two services run by the definition with the word.
fn check_running(manager: &UserManager, word: &str) {
    for unit in ["breaks.service", "beside.service"] {
        assert_eq!(manager.property(unit, "ActiveState"), "active", "{unit}");
        let script = manager.property(unit, "ExecStart");
        let script = script.split("path=").nth(1).unwrap().split(' ').next().unwrap().to_owned();
        assert!(std::fs::read_to_string(script).unwrap().ends_with(&format!("# {word}\n")), "{unit}");
    }
}

/// Switches from one definition to another, when stopping the old one does something to the connection. Returns what
/// was said.
fn check_taken_up(manager: &UserManager, at_stop: &str) -> String {
    configure(manager, &configuration("one", at_stop));
    hm(manager, &["switch"]).ended(0);
    check_running(manager, "one");
    configure(manager, &configuration("two", "true"));
    let run = hm(manager, &["switch"]);
    let said = format!("{}\n{}", run.stdout, run.stderr);
    assert_eq!(run.status, 0, "{said}");
    check_running(manager, "two");
    let status = hm(manager, &["status"]);
    assert!(!status.stderr.contains("interrupted"), "{}", status.stderr);
    said
}

#[test]
fn the_message_bus_dies() {
    let Some(manager) = manager() else { return };
    // It is not killed: a manager of systemd 252 that starts or stops a unit before it has seen that its bus was killed waits for
    // that bus itself, 90 seconds.
    let said = check_taken_up(&manager, "systemctl --user stop dbus.service");
    assert!(said.contains("; connecting again"), "{said}");
    assert!(said.contains("the connection to the user manager broke 1 time"), "{said}");
}

#[test]
fn the_manager_hangs_after_its_bus_has_died() {
    let Some(manager) = manager() else { return };
    let said = check_taken_up(
        &manager,
        "(sleep 5; kill -CONT $MANAGERPID) & systemctl --user stop dbus.service; kill -STOP $MANAGERPID",
    );
    assert!(said.contains("; connecting again"), "{said}");
}

#[test]
fn the_manager_is_executed_anew() {
    let Some(manager) = manager() else { return };
    // Whether the connection breaks depends on how soon the manager is back on its bus.
    check_taken_up(&manager, "systemctl --user daemon-reexec");
    // Its private socket is closed in any case.
    std::fs::remove_file(manager.runtime_dir().join("bus")).unwrap();
    configure(&manager, &configuration("three", "systemctl --user daemon-reexec"));
    hm(&manager, &["switch"]).ended(0);
    configure(&manager, &configuration("four", "true"));
    let run = hm(&manager, &["switch"]);
    assert!(run.stderr.contains("; connecting again"), "{}", run.stderr);
    run.ended(0);
    check_running(&manager, "four");
}

#[test]
fn the_manager_dies() {
    let Some(manager) = manager() else { return };
    configure(&manager, &configuration("one", "kill -KILL $MANAGERPID"));
    hm(&manager, &["switch"]).ended(0);
    configure(&manager, &configuration("two", "true"));
    let run = hm(&manager, &["switch"]);
    assert_eq!(run.status, 3, "{}{}", run.stdout, run.stderr);
    assert!(run.stderr.contains("error: units were not all moved: "), "{}", run.stderr);
    assert!(run.stderr.contains("the next command that changes anything moves the rest"), "{}", run.stderr);
    // Nothing can be run beside a manager that is gone.
    let hm = |command: &str| {
        Run::of(Command::new(HM).arg(command).env_clear().envs(manager.env()), &manager.home())
    };
    let said = hm("status");
    assert!(said.stderr.contains("a switch to generation 2 was interrupted"), "{}", said.stderr);
    let run = hm("switch");
    assert!(run.stderr.contains("completing an interrupted switch to generation 2"), "{}", run.stderr);
    assert!(
        run.stderr.contains("; beside.service and breaks.service start with the next session"),
        "{}",
        run.stderr
    );
    let said = run.ended(0);
    assert!(said.contains("generation 2"), "{said}");
}

fn eventually(what: &str, mut condition: impl FnMut() -> bool) {
    let began = Instant::now();
    while !condition() {
        assert!(began.elapsed() < Duration::from_secs(60), "{what} did not come true");
        std::thread::sleep(Duration::from_millis(10));
    }
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args([name, &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

#[test]
fn a_switch_that_is_asked_to_end_says_what_is_left() {
    let Some(manager) = manager() else { return };
    // It never says that it is up.
    let slow = r#"
  systemd.user.services.slow = {
    Service.Type = "notify";
    Service.TimeoutStartSec = "infinity";
    Service.ExecStart = forever;
    Install.WantedBy = [ "default.target" ];
  };"#;
    configure(&manager, &configuration("one", "true"));
    hm(&manager, &["switch"]).ended(0);
    configure(&manager, &format!("{} {slow}", configuration("two", "true")));
    for name in ["-INT", "-TERM"] {
        let mut command = manager.command(HM);
        // Going back is for units that fail.
        command.args(["switch", "--rollback-on-failure"]).stdout(Stdio::piped()).stderr(Stdio::piped());
        let child = command.spawn().unwrap();
        eventually("the start", || manager.property("slow.service", "ActiveState") == "activating");
        signal(&child, name);
        let output = child.wait_with_output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(130), "{said}");
        assert!(
            said.contains("error: interrupted while units were moved\nhint: the files are in place; "),
            "{said}"
        );
        let status = hm(&manager, &["status"]).stderr;
        assert!(status.contains("a switch to generation 2 was interrupted"), "{status}");
        assert!(manager.systemctl(&["stop", "slow.service"]).status.success());
    }
    let run = hm(&manager, &["switch", "--timeout", "0.5"]);
    assert!(run.stderr.starts_with("completing an interrupted switch to generation 2\n"), "{}", run.stderr);
    run.ended(3);
    check_running(&manager, "two");
}
