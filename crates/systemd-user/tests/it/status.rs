//! What the manager says about units.

use systemd_user::UnitName;

use crate::scenario::{Scenario, WANTED, daemon, name};

#[test]
fn the_status_of_units() {
    let Some(scenario) = Scenario::new() else { return };
    let a = format!("{}|[Install]|WantedBy=default.target|", daemon("a"));
    scenario.switch(&[
        ("a.service", &a),
        ("s.service", "[Service]|Type=oneshot|ExecStart=/bin/sh -c 'exit 7'|"),
        ("s.timer", "[Timer]|OnCalendar=*-01-01|"),
        ("default.target.wants/a.service", WANTED),
        ("default.target.wants/s.service", WANTED),
        ("timers.target.wants/s.timer", WANTED),
    ]);
    let names: Vec<UnitName> = ["a.service", "s.service", "s.timer", "none.service"].map(name).into();
    let mut manager = scenario.connect();
    let found = manager.unit_status(&names).unwrap();
    let shown: Vec<String> = found
        .iter()
        .map(|unit| format!("{} {} {} {} {:?}", unit.unit, unit.load, unit.active, unit.sub, unit.result))
        .collect();
    assert_eq!(
        shown,
        [
            "a.service loaded active running Some(\"success\")",
            "s.service loaded failed failed Some(\"exit-code\")",
            "s.timer loaded active waiting Some(\"success\")",
            "none.service not-found inactive dead Some(\"success\")",
        ]
    );
    assert!(found[0].main_pid.is_some() && found[0].since.is_some() && found[0].invocation_id.is_some());
    assert_eq!(found[0].unit_file_state.as_deref(), Some("enabled"));
    assert!(found[0].fragment_path.as_deref().is_some_and(|path| path.ends_with("/systemd/user/a.service")));
    assert_eq!(found[1].exit.map(|exit| exit.to_string()).as_deref(), Some("exit status 7"));
    assert!(found[2].next_elapse.is_some_and(|time| time > 1_600_000_000_000_000));
    assert!(found.iter().all(|unit| !unit.need_daemon_reload));

    scenario.manager.write_unit("a.service", "[Service]\nExecStart=/bin/true\n").unwrap();
    assert!(manager.unit_status(&names).unwrap()[0].need_daemon_reload);
}

#[test]
fn where_the_manager_looks_for_units() {
    let Some(scenario) = Scenario::new() else { return };
    let mut manager = scenario.connect();
    let path = manager.unit_path().unwrap();
    assert!(path.contains(&scenario.manager.unit_dir().display().to_string()), "{path:?}");
    assert!(!manager.version().unwrap().is_empty());
    assert_eq!(manager.system_state().to_string(), "running");
}

#[test]
fn what_loaded_units_say_is_what_was_read() {
    let Some(scenario) = Scenario::new() else { return };
    let script = "/store/abc-script";
    scenario.switch(&[
        ("a.service", &daemon("a")),
        ("t.service", &format!("[Service]|Environment=X=/store/abc-env|ExecStart=-{script} --flag|")),
        ("default.target.wants/a.service", WANTED),
        ("default.target.wants/t.service", WANTED),
    ]);
    // The manager remembers what the file said.
    scenario.manager.write_unit("t.service", "[Service]\nExecStart=/bin/true\n").unwrap();
    let texts = scenario.connect().texts_of_loaded_units().unwrap();
    for wanted in [script, "X=/store/abc-env", "--flag"] {
        assert!(texts.iter().any(|text| text == wanted), "{wanted}");
    }
}
