//! Switches that go well: exactly what differs is touched.

use std::fs;
use std::time::Duration;

use systemd_user::manager::ExecuteOptions;

use crate::scenario::{Scenario, WANTED, daemon, note};

#[test]
fn a_service_comes_changes_and_goes() {
    let Some(scenario) = Scenario::new() else { return };
    let wanted = ("default.target.wants/a.service", WANTED);
    let (one, two) = (daemon("one"), daemon("two"));
    scenario.switch(&[("a.service", &one), wanted]).expect(&["a.service started"]);
    assert_eq!(scenario.notes(), "+one");

    scenario.switch(&[("a.service", &one), wanted]).expect(&[]);
    assert_eq!(scenario.notes(), "+one");

    // The old definition's ExecStop= runs, though its file is gone by then.
    scenario.switch(&[("a.service", &two), wanted]).expect(&["a.service restarted"]);
    assert_eq!(scenario.notes(), "+one -one +two");

    scenario.switch(&[]).expect(&["a.service stopped"]);
    assert_eq!(scenario.notes(), "+one -one +two -two");
    assert_eq!(scenario.manager.property("a.service", "LoadState"), "not-found");
}

#[test]
fn what_was_stopped_by_hand_stays_stopped() {
    let Some(scenario) = Scenario::new() else { return };
    let (a, b, c) = (daemon("a"), daemon("b"), daemon("c"));
    let wants = [("default.target.wants/a.service", WANTED), ("default.target.wants/b.service", WANTED)];
    scenario.switch(&[("a.service", &a), wants[0]]);
    scenario.switch(&[("a.service", &a), ("b.service", &b), wants[0], wants[1]]);
    scenario.systemctl(&["stop", "a.service"]);
    scenario
        .switch(&[("a.service", &a), ("b.service", &c), wants[0], wants[1]])
        .expect(&["b.service restarted"]);
    assert_eq!(scenario.state("a.service"), "inactive/dead");
    assert_eq!(scenario.notes(), "+a +b -a -b +c");
}

#[test]
fn required_by_starts_too() {
    let Some(scenario) = Scenario::new() else { return };
    let a = daemon("a");
    scenario
        .switch(&[("a.service", &a), ("default.target.requires/a.service", WANTED)])
        .expect(&["a.service started"]);
    assert_eq!(scenario.state("a.service"), "active/running");
    // default.target goes down with what it requires and comes back without pulling anything in.
    let b = daemon("b");
    let switched = scenario.switch(&[("a.service", &b), ("default.target.requires/a.service", WANTED)]);
    switched.expect(&["a.service restarted", "default.target restarted"]);
    assert_eq!(scenario.state("default.target"), "active/active");
    assert_eq!(scenario.notes(), "+a -a +b");
}

#[test]
fn a_target_that_refuses_to_be_started_stays_up() {
    let Some(scenario) = Scenario::new() else { return };
    let target = "[Unit]|RefuseManualStart=yes|RefuseManualStop=yes|";
    let pulling = ("default.target.wants/pull.service", WANTED);
    // Only something that pulls it in starts such a target.
    let pull = "[Unit]|Wants=my.target|[Service]|ExecStart=/bin/sleep 1000|";
    let required = ("my.target.requires/a.service", WANTED);
    let (a, b) = (daemon("a"), daemon("b"));
    let switch = |service: &str| {
        scenario.switch(&[
            ("my.target", target),
            ("pull.service", pull),
            ("a.service", service),
            pulling,
            required,
        ])
    };
    assert!(switch(&a).report.is_ok());
    assert_eq!(scenario.state("my.target"), "active/active");
    switch(&b).expect(&["a.service restarted"]);
    assert_eq!(scenario.state("my.target"), "active/active");
    // A restart in one job stops by the new definition.
    assert_eq!(scenario.notes(), "+a -b +b");
}

#[test]
fn a_changed_timer_does_not_run_its_oneshot() {
    let Some(scenario) = Scenario::new() else { return };
    let service = format!("[Service]|Type=oneshot|ExecStart={}|", note("ran"));
    let units = |calendar: &'static str| {
        [("s.service", service.as_str()), ("s.timer", calendar), ("timers.target.wants/s.timer", WANTED)]
    };
    scenario.switch(&units("[Timer]|OnCalendar=*-01-01|Persistent=true|")).expect(&["s.timer started"]);
    assert_eq!(scenario.state("s.timer"), "active/waiting");
    scenario.switch(&units("[Timer]|OnCalendar=*-01-02|Persistent=true|")).expect(&["s.timer restarted"]);
    assert!(scenario.manager.property("s.timer", "TimersCalendar").contains("*-01-02"));
    assert_eq!(scenario.notes(), "");
    scenario.switch(&[]).expect(&["s.timer stopped"]);
    assert_eq!(scenario.notes(), "");
}

#[test]
fn a_oneshot_is_queued_and_not_awaited() {
    let Some(scenario) = Scenario::new() else { return };
    let fifo = scenario.manager.home().join("fifo");
    assert!(scenario.manager.command("mkfifo").arg(&fifo).status().unwrap().success());
    // It ends when the test lets it.
    let shot = |word: &str| {
        format!("[Service]|Type=oneshot|ExecStart=/bin/sh -c 'read line < %h/fifo; echo {word} >> %h/notes'|")
    };
    let wanted = ("default.target.wants/s.service", WANTED);
    let (one, two) = (shot("one"), shot("two"));
    scenario.switch(&[("s.service", &one), wanted]).expect(&["s.service running"]);
    assert_eq!(scenario.state("s.service"), "activating/start");
    scenario.switch(&[("s.service", &one), wanted]).expect(&[]);
    fs::write(&fifo, "go\n").unwrap();
    scenario.eventually("the first run", || scenario.notes() == "one");

    // An unchanged one is not run again; a changed one is.
    scenario.eventually("its end", || scenario.state("s.service") == "inactive/dead");
    scenario.switch(&[("s.service", &one), wanted]).expect(&[]);
    assert_eq!(scenario.state("s.service"), "inactive/dead");
    scenario.switch(&[("s.service", &two), wanted]).expect(&["s.service running"]);
    fs::write(&fifo, "go\n").unwrap();
    scenario.eventually("the second run", || scenario.notes() == "one two");
}

#[test]
fn what_is_ordered_after_a_oneshot_is_not_awaited_either() {
    let Some(scenario) = Scenario::new() else { return };
    let fifo = scenario.manager.home().join("fifo");
    assert!(scenario.manager.command("mkfifo").arg(&fifo).status().unwrap().success());
    let after = format!("[Unit]|After=s.service|{}", daemon("b"));
    let (a, b) = (daemon("a"), after.as_str());
    scenario
        .switch(&[
            ("a.service", &a),
            ("b.service", b),
            ("s.service", "[Service]|Type=oneshot|ExecStart=/bin/sh -c 'read line < %h/fifo'|"),
            ("default.target.wants/a.service", WANTED),
            ("default.target.wants/b.service", WANTED),
            ("default.target.wants/s.service", WANTED),
        ])
        .expect(&["a.service started", "s.service running", "b.service waiting for a oneshot to finish"]);
    fs::write(&fifo, "go\n").unwrap();
    scenario.eventually("the start", || scenario.notes() == "+a +b");
}

#[test]
fn a_oneshot_that_the_plan_does_not_name_is_not_awaited_either() {
    let Some(scenario) = Scenario::new() else { return };
    let fifo = scenario.manager.home().join("fifo");
    assert!(scenario.manager.command("mkfifo").arg(&fifo).status().unwrap().success());
    // Nothing but the service pulls the oneshot in, and a chain of others lies between them.
    let units = |word: &str| {
        let after =
            |what: &str| format!("[Unit]|Wants={what}|After={what}|[Service]|ExecStart=/bin/sleep 1000|");
        [
            ("a.service".to_owned(), after("b.service").replace("1000", word)),
            ("b.service".to_owned(), after("s.service")),
            (
                "s.service".to_owned(),
                "[Service]|Type=oneshot|ExecStart=/bin/sh -c 'read line < %h/fifo'|".to_owned(),
            ),
        ]
    };
    let switch = |units: &[(String, String)]| {
        let mut all: Vec<(&str, &str)> =
            units.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        all.push(("default.target.wants/a.service", WANTED));
        scenario.switch(&all)
    };
    let go = || fs::write(&fifo, "go\n").unwrap();
    let waits = "a.service waiting for a oneshot to finish";
    let first = switch(&units("1000"));
    assert!(
        first.report.units.iter().any(|unit| format!("{} {}", unit.unit, unit.outcome) == waits),
        "{:?}",
        first.report
    );
    go();
    scenario.eventually("the start", || scenario.state("a.service") == "active/running");
    scenario.systemctl(&["stop", "b.service"]);
    // The only step is that of the service; the two others are left alone, and come along with it.
    switch(&units("2000")).expect(&[waits]);
    go();
    scenario.eventually("the start", || scenario.state("a.service") == "active/running");
}

#[test]
fn a_quick_oneshot_is_seen_finishing() {
    let Some(scenario) = Scenario::new() else { return };
    let shot = format!("[Service]|Type=oneshot|ExecStart={}|", note("ran"));
    let wanted = ("default.target.wants/s.service", WANTED);
    // Nothing else is started, so the wait ends with the oneshot.
    let options =
        ExecuteOptions { deadline: Duration::from_secs(60), settle: Duration::from_secs(30), wait: false };
    scenario.switch_with(&[("s.service", &shot), wanted], options).expect(&["s.service finished"]);
    assert_eq!(scenario.notes(), "ran");
}

#[test]
fn a_changed_socket_takes_its_service_along() {
    let Some(scenario) = Scenario::new() else { return };
    // It keeps the socket it is given, as a socket-activated service does.
    let service = format!("[Service]|ExecStartPre={}|ExecStart=/bin/sleep 1000|", note("+s"));
    let units = |listen: &'static str| {
        [("s.service", service.as_str()), ("s.socket", listen), ("sockets.target.wants/s.socket", WANTED)]
    };
    scenario.switch(&units("[Socket]|ListenStream=%t/one|")).expect(&["s.socket started"]);
    assert_eq!(scenario.state("s.socket"), "active/listening");
    // Nothing runs behind it: only the socket moves.
    scenario.switch(&units("[Socket]|ListenStream=%t/two|")).expect(&["s.socket restarted"]);
    assert_eq!(scenario.notes(), "");
    let connection =
        std::os::unix::net::UnixStream::connect(scenario.manager.runtime_dir().join("two")).unwrap();
    scenario.eventually("activation", || scenario.state("s.service") == "active/running");
    drop(connection);
    let switched = scenario.switch(&units("[Socket]|ListenStream=%t/three|"));
    switched.expect(&["s.socket restarted", "s.service restarted"]);
    assert_eq!(scenario.state("s.socket"), "active/running");
    assert_eq!(scenario.notes(), "+s +s");
    assert!(scenario.manager.runtime_dir().join("three").exists());
}

#[test]
fn instances_of_a_template() {
    let Some(scenario) = Scenario::new() else { return };
    let (one, two) = (daemon("one-%i"), daemon("two-%i"));
    let wanted = ("default.target.wants/t@x.service", WANTED);
    scenario.switch(&[("t@.service", &one), wanted]).expect(&["t@x.service started"]);
    scenario.systemctl(&["start", "t@y.service"]);
    let switched = scenario.switch(&[("t@.service", &two), wanted]);
    switched.expect(&["t@x.service restarted", "t@y.service restarted"]);
    scenario.switch(&[]).expect(&["t@x.service stopped", "t@y.service stopped"]);
    let mut notes: Vec<String> = scenario.notes().split(' ').map(str::to_owned).collect();
    notes.sort();
    let expected = ["+one-x", "+one-y", "+two-x", "+two-y", "-one-x", "-one-y", "-two-x", "-two-y"];
    assert_eq!(notes, expected);
}

#[test]
fn masking_stops() {
    let Some(scenario) = Scenario::new() else { return };
    let a = daemon("a");
    let wanted = ("default.target.wants/a.service", WANTED);
    scenario.switch(&[("a.service", &a), wanted]).expect(&["a.service started"]);
    scenario.switch(&[("a.service", "-> /dev/null"), wanted]).expect(&["a.service stopped"]);
    assert_eq!(scenario.manager.property("a.service", "LoadState"), "masked");
    scenario.switch(&[("a.service", &a), wanted]).expect(&["a.service started"]);
    assert_eq!(scenario.notes(), "+a -a +a");
}

#[test]
fn what_already_runs_alike_is_kept_on_the_first_switch() {
    let Some(scenario) = Scenario::new() else { return };
    let (a, b) = (daemon("a"), daemon("b"));
    for (unit, text) in [("a.service", &a), ("b.service", &b)] {
        scenario.manager.write_unit(unit, &text.replace('|', "\n")).unwrap();
    }
    scenario.systemctl(&["daemon-reload"]);
    scenario.systemctl(&["start", "a.service"]);
    scenario.systemctl(&["start", "b.service"]);
    fs::rename(scenario.manager.unit_dir(), scenario.manager.home().join("before")).unwrap();
    std::os::unix::fs::symlink("../../before", scenario.manager.unit_dir()).unwrap();
    let same = format!("[Unit]|Description=the same|{a}");
    let changed = daemon("c");
    scenario
        .switch(&[
            ("a.service", &same),
            ("b.service", &changed),
            ("default.target.wants/a.service", WANTED),
            ("default.target.wants/b.service", WANTED),
        ])
        .expect(&["b.service restarted"]);
    assert_eq!(scenario.notes(), "+a +b -b +c");
    assert_eq!(scenario.manager.property("a.service", "Description"), "the same");
}

#[test]
fn dependents_come_back() {
    let Some(scenario) = Scenario::new() else { return };
    let (a, changed) = (daemon("a"), daemon("A"));
    let b = format!("[Unit]|Requires=a.service|After=a.service|{}", daemon("b"));
    let c = format!("[Unit]|PartOf=b.service|After=b.service|{}", daemon("c"));
    let with = |first: &str| {
        let scenario = &scenario;
        scenario.switch(&[
            ("a.service", first),
            ("b.service", &b),
            ("c.service", &c),
            ("default.target.wants/b.service", WANTED),
            ("default.target.wants/c.service", WANTED),
        ])
    };
    // a.service comes by way of Requires=.
    with(&a).expect(&["a.service started", "b.service started", "c.service started"]);
    assert_eq!(scenario.notes(), "+a +b +c");
    with(&changed).expect(&["a.service restarted", "b.service restarted", "c.service restarted"]);
    assert_eq!(scenario.notes(), "+a +b +c -c -b -a +A +b +c");
}

#[test]
fn reload_instead_of_restart() {
    let Some(scenario) = Scenario::new() else { return };
    let unit = |trigger: u8| {
        format!("[Unit]|X-Reload-Triggers={trigger}|{}ExecReload={}|", daemon("a"), note("reload"))
    };
    let (one, two) = (unit(1), unit(2));
    let wanted = ("default.target.wants/a.service", WANTED);
    scenario.switch(&[("a.service", &one), wanted]).expect(&["a.service started"]);
    scenario.switch(&[("a.service", &two), wanted]).expect(&["a.service reloaded"]);
    assert_eq!(scenario.notes(), "+a reload");
}

#[test]
fn a_condition_that_does_not_hold() {
    let Some(scenario) = Scenario::new() else { return };
    let unit = |path: &str| format!("[Unit]|ConditionPathExists={path}|{}", daemon("a"));
    let (never, always) = (unit("/nonexistent"), unit("/"));
    let wanted = ("default.target.wants/a.service", WANTED);
    let switched = scenario.switch(&[("a.service", &never), wanted]);
    switched.expect(&["a.service not started, a condition does not hold"]);
    assert!(switched.report.is_ok());
    scenario.switch(&[("a.service", &always), wanted]).expect(&["a.service started"]);
}

#[test]
fn drop_ins_for_a_unit_from_elsewhere() {
    let Some(scenario) = Scenario::new() else { return };
    let elsewhere = scenario.manager.home().join(".local/share/systemd/user");
    fs::create_dir_all(&elsewhere).unwrap();
    fs::write(elsewhere.join("foreign.service"), daemon("f").replace('|', "\n")).unwrap();
    scenario.systemctl(&["daemon-reload"]);
    scenario.systemctl(&["start", "foreign.service"]);
    let drop_in = ("foreign.service.d/x.conf", "[Service]|Environment=A=1|");
    scenario.switch(&[drop_in]).expect(&["foreign.service restarted"]);
    assert!(scenario.manager.property("foreign.service", "Environment").contains("A=1"));
    scenario.switch(&[drop_in]).expect(&[]);
    scenario.switch(&[]).expect(&["foreign.service restarted"]);
    assert_eq!(scenario.notes(), "+f -f +f -f +f");
}

#[test]
fn without_waiting_what_stops_still_stops_by_its_old_definition() {
    let Some(scenario) = Scenario::new() else { return };
    let (one, two) = (daemon("one"), daemon("two"));
    let wanted = ("default.target.wants/a.service", WANTED);
    let options = ExecuteOptions { deadline: Duration::ZERO, settle: Duration::ZERO, wait: false };
    scenario.switch_with(&[("a.service", &one), wanted], options);
    scenario.eventually("the start", || scenario.state("a.service") == "active/running");
    scenario.switch_with(&[("a.service", &two), wanted], options);
    scenario.eventually("the restart", || scenario.notes() == "+one -one +two");
}

/// Most of a large configuration is left alone, and told apart from the rest in one go.
#[test]
fn one_of_many() {
    let Some(scenario) = Scenario::new() else { return };
    let units = |changed: &str| -> Vec<(String, String)> {
        (0..300)
            .flat_map(|number| {
                let word = if number == 7 { changed } else { "same" };
                let service =
                    format!("[Service]|Type=oneshot|RemainAfterExit=yes|ExecStart=/bin/echo {word}|");
                let timer = "[Timer]|OnCalendar=*-01-01|".to_owned();
                [
                    (format!("u{number}.service"), service),
                    (format!("u{number}.timer"), timer),
                    (format!("timers.target.wants/u{number}.timer"), WANTED.to_owned()),
                ]
            })
            .chain([("default.target.wants/u7.service".to_owned(), WANTED.to_owned())])
            .collect()
    };
    let switch = |changed: &str| {
        let units = units(changed);
        let units: Vec<(&str, &str)> =
            units.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
        // Nothing but oneshots and timers is started, so the wait ends with the oneshot.
        let options = ExecuteOptions {
            deadline: Duration::from_secs(60),
            settle: Duration::from_secs(30),
            wait: false,
        };
        scenario.switch_with(&units, options)
    };
    let first = switch("one");
    assert!(first.report.is_ok());
    assert_eq!(first.report.units.len(), 301);
    switch("two").expect(&["u7.service finished"]);
    let third = switch("two");
    third.expect(&[]);
    assert_eq!(third.plan.steps.len(), 600);
}
