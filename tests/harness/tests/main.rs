//! The harness itself: what it starts is real, private, and gone afterwards.

#![allow(clippy::unwrap_used, reason = "a test may fail")]

use std::fs;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use systemd_harness::{Options, UserManager, require, require_with};

fn stdout(output: std::process::Output) -> String {
    assert!(output.status.success(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().trim_end().to_owned()
}

/// It stays: of a process that has ended before the journal looks at it, the journal cannot tell the unit.
const ECHO: &str = "[Service]\nExecStart=/bin/sh -c 'echo from %n; exec sleep 1000'\n";

#[test]
fn runs_units_and_keeps_their_output() {
    let Some(manager) = require() else { return };
    manager.write_unit("echo.service", ECHO).unwrap();
    assert_eq!(stdout(manager.systemctl(&["daemon-reload"])), "");
    assert_eq!(stdout(manager.systemctl(&["start", "echo.service"])), "");
    assert_eq!(manager.property("echo.service", "ActiveState"), "active");
    assert!(eventually(|| manager.journal("echo.service").contains("from echo.service")));
    assert!(manager.runtime_dir().join("bus").exists(), "the session bus");
}

#[test]
fn managers_know_nothing_of_each_other() {
    let (Some(one), Some(two)) = (require(), require()) else { return };
    assert_ne!(one.home(), two.home());
    assert_eq!(stdout(one.systemctl(&["set-environment", "WHO=one"])), "");
    assert!(stdout(one.systemctl(&["show-environment"])).contains("WHO=one"));
    assert!(!stdout(two.systemctl(&["show-environment"])).contains("WHO="));
}

#[test]
fn commands_see_the_home_and_nothing_of_the_caller() {
    let Some(manager) = require() else { return };
    let home = manager.home().display().to_string();
    assert_eq!(stdout(manager.command("pwd").output().unwrap()), home);
    let mut command = manager.command("sh");
    command.args(["-c", "echo \"$1 $X ${CARGO_MANIFEST_DIR-unset}\"", "sh", "a  b"]).env("X", "y");
    assert_eq!(stdout(command.output().unwrap()), "a  b y unset");
    fs::create_dir(manager.home().join("sub")).unwrap();
    let mut command = manager.command("pwd");
    assert_eq!(
        stdout(command.current_dir(manager.home().join("sub")).output().unwrap()),
        format!("{home}/sub")
    );
}

/// Waits for what other processes will do in their own time.
fn eventually(condition: impl Fn() -> bool) -> bool {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !condition() {
        if Instant::now() > deadline {
            return false;
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    true
}

/// How many processes on the machine live in this home, by their environment.
fn processes_of(manager_home: &Path) -> usize {
    let marker = format!("HOME={}", manager_home.display());
    let environments = fs::read_dir("/proc").unwrap().filter_map(|entry| {
        let bytes = fs::read(entry.ok()?.path().join("environ")).ok()?;
        Some(String::from_utf8_lossy(&bytes).into_owned())
    });
    environments.filter(|text| text.split('\0').any(|word| word == marker)).count()
}

#[test]
fn nothing_is_left_behind() {
    let Some(manager) = require() else { return };
    let own_group = fs::read_to_string("/proc/self/cgroup").unwrap();
    let home = manager.home();
    manager.write_unit("long.service", "[Service]\nExecStart=/bin/sleep 1000\n").unwrap();
    manager.systemctl(&["daemon-reload"]);
    assert_eq!(stdout(manager.systemctl(&["start", "long.service"])), "");
    // A process that ignores being asked and is no unit's.
    let mut stubborn = manager.command("sh").args(["-c", "trap '' TERM HUP; sleep 1000"]).spawn().unwrap();
    // The manager, the service and the stubborn shell, once all have become what they shall be.
    assert!(eventually(|| processes_of(&home) >= 3));
    drop(manager);
    assert!(!stubborn.wait().unwrap().success());
    assert!(eventually(|| processes_of(&home) == 0));
    assert!(!home.exists() && !home.parent().unwrap().exists());
    assert_eq!(fs::read_to_string("/proc/self/cgroup").unwrap(), own_group, "we were not moved");
}

#[test]
fn another_user_has_a_manager_too() {
    let options = Options {
        user: Some("nobody".to_owned()),
        env: vec![("EXTRA".into(), "1".into())],
        ..Options::default()
    };
    let manager = match UserManager::start_with(&options) {
        Ok(manager) => manager,
        Err(reason @ systemd_harness::Unavailable::NotRoot(_)) => {
            eprintln!("SKIPPED: a manager of another user: {reason}");
            return;
        }
        Err(_) => match require_with(&options) {
            Some(manager) => manager,
            None => return,
        },
    };
    assert_eq!(stdout(manager.command("id").arg("-un").output().unwrap()), "nobody");
    assert!(stdout(manager.systemctl(&["show-environment"])).contains("EXTRA=1"));
    manager.write_unit("echo.service", ECHO).unwrap();
    assert_eq!(stdout(manager.systemctl(&["daemon-reload"])), "");
    assert_eq!(stdout(manager.systemctl(&["start", "echo.service"])), "");
    assert!(eventually(|| manager.journal("echo.service").contains("from echo.service")));
}

/// The way of an ordinary user is taken by running another test of this program inside, where
/// everything looks as in a session of a booted machine.
#[test]
fn an_ordinary_user_nests_a_manager() {
    let options = Options { user: Some("nobody".to_owned()), ..Options::default() };
    let Ok(manager) = UserManager::start_with(&options) else {
        eprintln!("SKIPPED: nesting a manager needs root to make the outer one");
        return;
    };
    let program = manager.home().join("tests");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let output = manager
        .command(&program)
        .args(["--exact", "managers_know_nothing_of_each_other", "--nocapture"])
        .env("HM_TESTS_REQUIRE_SYSTEMD", "1")
        .output()
        .unwrap();
    assert!(stdout(output).contains("1 passed"));
    let left = stdout(manager.systemctl(&["list-units", "--all", "--plain", "--no-legend", "hmsd-*.scope"]));
    assert_eq!(left, "");
}

/// What a killed test runner leaves is cleared away all the same. The test that is killed is this one
/// itself, run once more, with a manager whose home it says.
#[test]
fn nothing_is_left_behind_by_a_killed_test() {
    if std::env::var_os("HM_HARNESS_HOLD").is_some() {
        let Some(manager) = require() else { return };
        println!("home {}", manager.home().display());
        loop {
            std::thread::park();
        }
    }
    let Some(_able) = require() else { return };
    let mut killed = Command::new(std::env::current_exe().unwrap())
        .args(["--exact", "nothing_is_left_behind_by_a_killed_test", "--nocapture"])
        .env("HM_HARNESS_HOLD", "1")
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let lines = BufReader::new(killed.stdout.take().unwrap()).lines();
    let home = lines
        .map_while(Result::ok)
        .find_map(|line| line.split_once("home ").map(|(_, home)| PathBuf::from(home)));
    let home = home.unwrap();
    assert!(home.exists());
    killed.kill().unwrap();
    killed.wait().unwrap();
    assert!(eventually(|| processes_of(&home) == 0 && !home.parent().unwrap().exists()));
}
