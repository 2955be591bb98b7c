//! Switches in which something fails: it is said what, and the rest is done.

use std::time::{Duration, Instant};

use systemd_user::manager::ExecuteOptions;
use systemd_user::{BusEnv, Manager, Unreachable, journal};

use crate::scenario::{Scenario, Switched, WANTED, daemon, name};

/// Switches to one service, and gives it more time to fail than anybody would want to wait.
fn start(scenario: &Scenario, unit: &str) -> Switched {
    let options = ExecuteOptions {
        deadline: Duration::from_secs(60),
        settle: Duration::from_millis(1500),
        wait: false,
    };
    scenario.switch_with(&[("a.service", unit), ("default.target.wants/a.service", WANTED)], options)
}

#[test]
fn results_and_exit_statuses() {
    let Some(scenario) = Scenario::new() else { return };
    let check = |unit: &str, expected: &str| {
        let switched = start(&scenario, unit);
        switched.expect(&[&format!("a.service {expected}")]);
        assert!(!switched.report.is_ok());
        // The next one is new to the manager, not a change of a failed one.
        scenario.switch(&[]);
    };
    check("[Service]|Type=oneshot|ExecStart=/bin/sh -c 'exit 3'|", "failed: exit-code, exit status 3");
    check("[Service]|Type=exec|ExecStart=/nonexistent|", "failed: exit-code, exit status 203/EXEC");
    check("[Service]|ExecStart=/bin/sh -c 'exit 4'|", "failed: exit-code, exit status 4");
    check("[Service]|ExecStart=/bin/sh -c 'kill -KILL $$$$'|", "failed: signal, killed by SIGKILL");
    check(
        "[Service]|Type=notify|TimeoutStartSec=1|ExecStart=/bin/sleep 1000|",
        "failed: timeout, killed by SIGTERM",
    );
    check(
        "[Unit]|Requires=none.service|[Service]|ExecStart=/bin/true|",
        "failed: refused: Unit none.service not found.",
    );
    check("[Service]|", "failed: refused: Unit a.service has a bad unit file setting.");
}

#[test]
fn a_service_that_is_restarted_over_and_over() {
    let Some(scenario) = Scenario::new() else { return };
    let unit = "[Unit]|StartLimitIntervalSec=0|[Service]|Restart=always|RestartSec=1h|ExecStart=/bin/sh -c 'exit 5'|";
    start(&scenario, unit).expect(&["a.service failed: exit-code, exit status 5"]);
    // The next attempt is an hour away, but the mended one is started now.
    start(&scenario, &daemon("a")).expect(&["a.service restarted"]);
    assert_eq!(scenario.notes(), "+a");
}

#[test]
fn the_start_limit_of_before_does_not_hold_against_the_new() {
    let Some(scenario) = Scenario::new() else { return };
    let broken = "[Service]|Restart=always|RestartSec=0|ExecStart=/bin/false|";
    let switched = start(&scenario, broken);
    assert!(!switched.report.is_ok());
    scenario.eventually("the limit", || {
        scenario.manager.property("a.service", "Result") == "exit-code"
            && scenario.state("a.service") == "failed/failed"
    });
    // Unchanged, it is left alone, and that it had failed before is no failure of this switch.
    let again = start(&scenario, broken);
    assert!(again.report.is_ok());
    assert_eq!(again.plan.steps[0].reason.to_string(), "unchanged; it had failed before");
    start(&scenario, &daemon("a")).expect(&["a.service started"]);
}

#[test]
fn one_failure_does_not_keep_the_others() {
    let Some(scenario) = Scenario::new() else { return };
    let b = daemon("b");
    let units = [
        ("a.service", "[Service]|Type=oneshot|ExecStart=/bin/false|"),
        ("b.service", &b),
        ("c.service", "[Unit]|Requires=a.service|After=a.service|[Service]|ExecStart=/bin/sleep 1000|"),
        ("default.target.wants/a.service", WANTED),
        ("default.target.wants/b.service", WANTED),
        ("default.target.wants/c.service", WANTED),
    ];
    let options = ExecuteOptions {
        deadline: Duration::from_secs(60),
        settle: Duration::from_millis(1500),
        wait: false,
    };
    scenario.switch_with(&units, options).expect(&[
        "a.service failed: exit-code, exit status 1",
        "b.service started",
        "c.service failed: dependency",
    ]);
}

#[test]
fn the_deadline_holds() {
    let Some(scenario) = Scenario::new() else { return };
    // It never says that it is ready.
    let unit = "[Service]|Type=notify|TimeoutStartSec=infinity|ExecStart=/bin/sleep 1000|";
    let options = ExecuteOptions { deadline: Duration::from_secs(3), ..ExecuteOptions::default() };
    let b = daemon("b");
    let switched = scenario.switch_with(
        &[
            ("a.service", unit),
            ("b.service", &b),
            ("default.target.wants/a.service", WANTED),
            ("default.target.wants/b.service", WANTED),
        ],
        options,
    );
    switched.expect(&["a.service timed out, still activating (start)", "b.service started"]);
}

#[test]
fn the_deadline_holds_though_stopping_hangs() {
    let Some(scenario) = Scenario::new() else { return };
    let stuck = "[Service]|ExecStart=/bin/sleep 1000|ExecStop=/bin/sleep 1000|TimeoutStopSec=infinity|";
    let (b, changed) = (daemon("b"), daemon("B"));
    let wants = [("default.target.wants/a.service", WANTED), ("default.target.wants/b.service", WANTED)];
    scenario.switch(&[("a.service", stuck), ("b.service", &b), wants[0], wants[1]]);
    let options = ExecuteOptions { deadline: Duration::from_millis(700), ..ExecuteOptions::default() };
    let switched = scenario.switch_with(&[("b.service", &changed), wants[1]], options);
    let stopped = &switched.report.units[0];
    assert_eq!(stopped.outcome.to_string(), "timed out, still deactivating (stop)");
    // What was stopped to be started again does come back, by its new definition.
    scenario.eventually("the start", || scenario.notes() == "+b -b +B");
}

#[test]
fn the_deadline_holds_though_the_manager_hangs() {
    let Some(scenario) = Scenario::new() else { return };
    let (a, b) = (daemon("a"), daemon("b"));
    start(&scenario, &a);
    let mut manager = scenario.connect();
    let old = systemd_user::UnitSet::read_dir(&scenario.manager.unit_dir()).unwrap();
    let mut new = systemd_user::UnitSet::default();
    let text = systemd_user::Unit::parse(&b.replace('|', "\n")).0;
    new.insert(name("a.service"), systemd_user::unit_set::Fragment::File(text));
    let live = manager.live_state(&old, &new).unwrap();
    let plan = systemd_user::plan(&old, &new, &live);
    let signal = |signal: &str| {
        let pid = scenario.manager.pid().to_string();
        assert!(std::process::Command::new("kill").args([signal, &pid]).status().unwrap().success());
    };
    signal("-STOP");
    let began = Instant::now();
    let options = ExecuteOptions { deadline: Duration::from_millis(500), ..ExecuteOptions::default() };
    let report = manager.execute(&plan, options, &mut |_| {}).unwrap();
    let elapsed = began.elapsed();
    signal("-CONT");
    assert_eq!(report.units[0].outcome.to_string(), "timed out, still unknown (unknown)");
    // Not a measurement: without a limit this would take for ever.
    assert!(elapsed < Duration::from_secs(60), "{elapsed:?}");
}

#[test]
fn the_deadline_holds_though_the_manager_hangs_in_the_midst() {
    let Some(scenario) = Scenario::new() else { return };
    let unit = "[Service]|ExecStartPre=/bin/sh -c 'kill -STOP $MANAGERPID'|ExecStart=/bin/sleep 1000|";
    let options = ExecuteOptions { deadline: Duration::from_secs(2), ..ExecuteOptions::default() };
    let began = Instant::now();
    let switched =
        scenario.switch_with(&[("a.service", unit), ("default.target.wants/a.service", WANTED)], options);
    let elapsed = began.elapsed();
    let pid = scenario.manager.pid().to_string();
    assert!(std::process::Command::new("kill").args(["-CONT", &pid]).status().unwrap().success());
    switched.expect(&["a.service timed out, still unknown (unknown)"]);
    // Not a measurement: without a limit this would take for ever.
    assert!(elapsed < Duration::from_secs(60), "{elapsed:?}");
    // The manager goes on with what it was told before.
    scenario.eventually("the start", || scenario.state("a.service") == "active/running");
}

#[test]
fn the_deadline_holds_for_oneshots_that_are_waited_for() {
    let Some(scenario) = Scenario::new() else { return };
    let options =
        ExecuteOptions { deadline: Duration::from_secs(2), wait: true, ..ExecuteOptions::default() };
    let units = [
        ("a.service", "[Unit]|After=s.service|[Service]|ExecStart=/bin/sleep 1000|"),
        ("s.service", "[Service]|Type=oneshot|ExecStart=/bin/sleep 1000|"),
        ("default.target.wants/a.service", WANTED),
        ("default.target.wants/s.service", WANTED),
    ];
    scenario.switch_with(&units, options).expect(&[
        "s.service timed out, still activating (start)",
        "a.service timed out, still inactive (dead)",
    ]);
}

#[test]
fn waiting_can_be_interrupted() {
    let Some(scenario) = Scenario::new() else { return };
    let mut manager = scenario.connect();
    let flag = std::sync::Arc::new(std::sync::atomic::AtomicBool::new(true));
    manager.interrupt_by(flag);
    assert!(matches!(manager.version(), Err(systemd_user::Error::Interrupted)));
}

#[test]
fn the_last_words_of_a_failed_unit() {
    let Some(scenario) = Scenario::new() else { return };
    let unit = "[Service]|Type=oneshot|ExecStart=/bin/sh -c 'echo WORD; echo last words; exit 1'|";
    start(&scenario, &unit.replace("WORD", "before"));
    let switched = start(&scenario, &unit.replace("WORD", "now"));
    let failed = switched.report.failures().next().unwrap();
    assert!(failed.invocation_id.is_some() && failed.main_pid.is_some());
    // Lines reach the journal in their own time.
    let _ = scenario.manager.journal("a.service");
    let read = || {
        let journalctl = scenario.manager.command("journalctl");
        let lines = journal::tail_of(journalctl, failed, scenario.manager.uid(), 20).unwrap();
        lines.into_iter().map(|line| line.text).collect::<Vec<_>>()
    };
    scenario.eventually("the journal", || read().iter().any(|line| line == "last words"));
    let lines = read();
    assert!(lines.iter().any(|line| line == "now"), "{lines:?}");
    assert!(!lines.iter().any(|line| line == "before"), "{lines:?}");
}

#[test]
fn a_manager_that_stops_takes_no_jobs() {
    let Some(scenario) = Scenario::new() else { return };
    let stuck = "[Service]|ExecStart=/bin/sleep 1000|ExecStop=/bin/sleep 1000|TimeoutStopSec=infinity|";
    start(&scenario, stuck);
    scenario.systemctl(&["--no-block", "exit"]);
    let refused = || match Manager::connect(&scenario.env()) {
        Err(error @ Unreachable::State(_)) => {
            error.to_string() == "the user manager is in the state `stopping` and takes no jobs"
        }
        _ => false,
    };
    scenario.eventually("the refusal", refused);
}

#[test]
fn all_ways_to_the_manager() {
    let Some(scenario) = Scenario::new() else { return };
    let bus = scenario.manager.runtime_dir().join("bus");
    let address = format!("unix:path={}", bus.display());
    let by_address = BusEnv { runtime_dir: None, dbus_session_bus_address: Some(address), ..scenario.env() };
    assert!(Manager::connect(&by_address).unwrap().version().is_ok());
    // A bus without systemd, or a dead address, does not keep from finding the manager.
    let dead = Some("unix:path=/nonexistent/bus".to_owned());
    let by_dir = BusEnv { dbus_session_bus_address: dead, ..scenario.env() };
    assert!(Manager::connect(&by_dir).unwrap().version().is_ok());
    // Without a session bus there is the manager's private socket, signals included.
    std::fs::remove_file(&bus).unwrap();
    start(&scenario, &daemon("a")).expect(&["a.service started"]);
    start(&scenario, &daemon("b")).expect(&["a.service restarted"]);
}
