//! Switches whose units fail and that go back by themselves, and oneshots that are waited for.

use systemd_harness::UserManager;

use crate::support::{Home, configure_beside as configure, hm_beside as hm, manager};

const BACK: &[&str] = &["switch", "--no-check", "--rollback-on-failure"];

/// What stays the same while the service `changes` becomes another one.
fn configuration(script: &str, more: &str) -> String {
    format!(
        r#"
  home.file.mine.text = ''{script}'';
  systemd.user.services.stays = {{ Service.ExecStart = forever; Install.WantedBy = [ "default.target" ]; }};
  systemd.user.services.changes = {{
    Service.ExecStart = "${{pkgs.writeShellScript "changes" ''{script}''}}";
    Install.WantedBy = [ "default.target" ];
  }};
  # It is started by hand only.
  systemd.user.services.by-hand = {{ Service.ExecStart = "${{pkgs.writeShellScript "by-hand" "exec sleep infinity # {script}"}}"; }};
  {more}
"#
    )
}

const FAILS: &str = "echo the disk is on fire; exit 7";

fn check_active(manager: &UserManager, units: &[&str]) {
    for unit in units {
        assert_eq!(manager.property(unit, "ActiveState"), "active", "{unit}");
    }
}

/// Everything but the lines of the journal, which not every user may read.
fn without_journal(text: &str) -> String {
    let lines = text.lines().filter(|line| !line.starts_with("    ") && !line.starts_with("  its last"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_switch_whose_unit_fails_goes_back() {
    let Some(manager) = manager() else { return };
    let gone = r#"systemd.user.services.gone = { Service.ExecStart = forever; };"#;
    configure(&manager, &configuration("exec sleep infinity", gone));
    hm(&manager, BACK).ended(0);
    assert!(manager.systemctl(&["start", "by-hand.service", "gone.service"]).status.success());
    let stays = manager.property("stays.service", "InvocationID");

    let new = r#"systemd.user.services.new = { Service.ExecStart = forever; Install.WantedBy = [ "default.target" ]; };"#;
    configure(&manager, &configuration(FAILS, new));
    let run = hm(&manager, BACK);
    assert_eq!(run.status, 3, "{}", run.stderr);
    insta::assert_snapshot!(run.stdout, @r"
    switched to generation 2: 2 links created, 6 replaced, 1 removed; stopped gone.service; started new.service; restarted by-hand.service; failed changes.service
    went back to generation 1: 1 link created, 6 replaced, 2 removed; stopped new.service; started changes.service and gone.service; restarted by-hand.service
    ");
    insta::assert_snapshot!(without_journal(&run.stderr), @r"
    generation 2 did not come up (changes.service); going back
    error: changes.service failed: exit-code, exit status 7
      defined at @home@/.config/hm/home.nix:5:3
    error: generation 2 did not come up (changes.service) and was left; generation 1 is current again
    hint: `hm diff 1 2` shows how they differ, `hm switch --generation 2` tries it again
    ");
    let active = ["stays.service", "changes.service", "by-hand.service", "gone.service"];
    check_active(&manager, &active);
    assert_eq!(manager.property("new.service", "LoadState"), "not-found");
    assert_eq!(manager.property("stays.service", "InvocationID"), stays);
    let text = std::fs::read_to_string(manager.home().join("mine")).unwrap();
    assert_eq!(text, "exec sleep infinity");

    // The generation that failed is there to be looked at, and to be tried again.
    let list = hm(&manager, &["generations"]).ended(0);
    assert_eq!(list.lines().count(), 3, "{list}");
    let run = hm(&manager, &["switch", "--generation", "2", "--rollback-on-failure", "--json"]);
    let document: serde_json::Value = serde_json::from_str(&run.ended(3)).unwrap();
    assert_eq!(document["report"]["new"]["id"], 2);
    assert_eq!(document["wentBack"]["report"]["new"]["id"], 1);
    let failures = document["failures"].as_array().unwrap();
    assert!(
        failures.last().unwrap().as_str().unwrap().contains("generation 1 is current again"),
        "{failures:?}"
    );
    check_active(&manager, &active);

    // What has failed before is no failure of a switch that leaves it alone.
    hm(&manager, &["switch"]).ended(3);
    configure(&manager, &configuration(FAILS, &format!("{new} home.file.other.text = \"\";")));
    let said = hm(&manager, BACK).ended(0);
    assert!(said.starts_with("switched to generation 4"), "{said}");
    let run = hm(&manager, &["rollback", "2", "--rollback-on-failure"]);
    assert!(run.ended(0).starts_with("rolled back to generation 2"));
}

#[test]
fn a_first_switch_whose_unit_fails_gives_the_home_back() {
    let Some(manager) = manager() else { return };
    std::fs::write(manager.home().join("mine"), "mine").unwrap();
    configure(&manager, &configuration(FAILS, ""));
    let run = hm(&manager, &["switch", "--no-check", "--rollback-on-failure", "--backup"]);
    assert_eq!(run.status, 3, "{}", run.stderr);
    insta::assert_snapshot!(run.stdout, @r"
    switched to generation 1: 6 links created; started stays.service; failed changes.service
    kept mine as mine.backup
    gave the home back: 5 links removed; 1 file put back; stopped stays.service
    ");
    insta::assert_snapshot!(without_journal(&run.stderr), @r"
    generation 1 did not come up (changes.service); going back
    error: changes.service failed: exit-code, exit status 7
      defined at @home@/.config/hm/home.nix:5:3
    error: generation 1 did not come up (changes.service); there was none before it, so the home was given back as it was
    hint: the configuration and the store are left; `hm switch` tries it again
    ");
    assert_eq!(std::fs::read_to_string(manager.home().join("mine")).unwrap(), "mine");
    assert_eq!(manager.property("stays.service", "LoadState"), "not-found");
    let said = hm(&manager, &["status"]).complained(0);
    assert!(said.contains("there is no generation yet"), "{said}");
    configure(&manager, &configuration("exec sleep infinity", ""));
    let said = hm(&manager, &["switch", "--backup"]).ended(0);
    assert!(said.starts_with("switched to generation 1"), "{said}");
}

#[test]
fn what_fails_on_the_way_back_is_told_too() {
    let Some(manager) = manager() else { return };
    let once = "test ! -e $HOME/again || exit 9; exec sleep infinity";
    configure(&manager, &configuration(once, ""));
    hm(&manager, &["switch"]).ended(0);
    std::fs::write(manager.home().join("again"), "").unwrap();
    configure(&manager, &configuration(FAILS, ""));
    let run = hm(&manager, BACK);
    assert_eq!(run.status, 3, "{}", run.stderr);
    insta::assert_snapshot!(run.stdout, @r"
    switched to generation 2: 6 links replaced; failed changes.service
    went back to generation 1: 6 links replaced; failed changes.service
    ");
    insta::assert_snapshot!(without_journal(&run.stderr), @r"
    generation 2 did not come up (changes.service); going back
    error: changes.service failed: exit-code, exit status 7
      defined at @home@/.config/hm/home.nix:5:3
    error: changes.service failed: exit-code, exit status 9
      defined at @home@/.config/hm/home.nix:5:3
    error: generation 2 did not come up (changes.service) and was left; generation 1 is current again, but not all of it is as it was
    hint: `hm diff 1 2` shows how they differ, `hm switch --generation 2` tries it again
    ");
}

#[test]
fn a_unit_that_does_not_come_up_in_time_is_taken_back() {
    let Some(manager) = manager() else { return };
    configure(&manager, &configuration("exec sleep infinity", ""));
    hm(&manager, &["switch"]).ended(0);
    let slow = r#"
  systemd.user.services.slow = {
    Service.Type = "notify";
    Service.TimeoutStartSec = "infinity";
    Service.ExecStart = forever;
    Install.WantedBy = [ "default.target" ];
  };"#;
    configure(&manager, &configuration("exec sleep infinity", slow));
    let run = hm(&manager, &["switch", "--no-check", "--rollback-on-failure", "--timeout", "0.5"]);
    assert_eq!(run.status, 3, "{}", run.stderr);
    insta::assert_snapshot!(run.stdout, @r"
    switched to generation 2: 2 links created, 6 replaced; failed slow.service
    went back to generation 1: 6 links replaced, 2 removed; stopped slow.service
    ");
    insta::assert_snapshot!(run.stderr, @r"
    generation 2 did not come up (slow.service); going back
    error: slow.service timed out, still activating (start)
      defined at @home@/.config/hm/home.nix:12:3
      its last 1 line:
        systemd: Starting slow.service...
    error: generation 2 did not come up (slow.service) and was left; generation 1 is current again
    hint: `hm diff 1 2` shows how they differ, `hm switch --generation 2` tries it again
    ");
    assert_eq!(manager.property("slow.service", "LoadState"), "not-found");
}

/// A oneshot that fails when it is let go on, and another service behind it.
const ONESHOT: &str = r#"
  systemd.user.services.job = {
    Service.Type = "oneshot";
    Service.ExecStart = "${pkgs.writeShellScript "job" "read line < $HOME/fifo; exit $line"}";
    Install.WantedBy = [ "default.target" ];
  };
  systemd.user.services.behind = {
    Unit.After = [ "job.service" ];
    Service.ExecStart = "${forever} 1d";
    Install.WantedBy = [ "default.target" ];
  };
"#;

/// Answers the job with an exit status as soon as it asks.
fn answer(manager: &UserManager, status: &str) -> std::process::Child {
    let fifo = manager.home().join("fifo");
    if !fifo.exists() {
        assert!(manager.command("mkfifo").arg(&fifo).status().unwrap().success());
    }
    manager.command("sh").args(["-c", "echo $1 > fifo", "sh", status]).spawn().unwrap()
}

#[test]
fn oneshots_are_waited_for_on_request() {
    let Some(manager) = manager() else { return };
    configure(&manager, &configuration("exec sleep infinity", ""));
    hm(&manager, &["switch"]).ended(0);
    configure(&manager, &configuration("exec sleep infinity", ONESHOT));
    let mut writer = answer(&manager, "5");
    let run = hm(&manager, &["switch", "--no-check", "--wait", "--rollback-on-failure"]);
    writer.wait().unwrap();
    assert_eq!(run.status, 3, "{}", run.stderr);
    insta::assert_snapshot!(run.stdout, @r"
    switched to generation 2: 4 links created, 6 replaced; started behind.service; failed job.service
    went back to generation 1: 6 links replaced, 4 removed; stopped behind.service
    ");
    insta::assert_snapshot!(without_journal(&run.stderr), @r"
    generation 2 did not come up (job.service); going back
    error: job.service failed: exit-code, exit status 5
      defined at @home@/.config/hm/home.nix:12:3
    error: generation 2 did not come up (job.service) and was left; generation 1 is current again
    hint: `hm diff 1 2` shows how they differ, `hm switch --generation 2` tries it again
    ");
    assert_eq!(manager.property("behind.service", "LoadState"), "not-found");

    let mut writer = answer(&manager, "0");
    insta::assert_snapshot!(hm(&manager, &["switch", "--wait"]).ended(0), @"switched to generation 3: 4 links created, 6 replaced; started behind.service; ran job.service");
    writer.wait().unwrap();

    // Without being asked to, nobody waits, neither for it nor for what is behind it.
    let mended = ONESHOT.replace("exit $line", "exit $((line + 0))").replace("1d", "2d");
    configure(&manager, &configuration("exec sleep infinity", &mended));
    insta::assert_snapshot!(hm(&manager, &["switch"]).ended(0), @"switched to generation 4: 10 links replaced; still running job.service; queued behind a running oneshot: behind.service");
    assert_eq!(manager.property("job.service", "ActiveState"), "activating");

    // One that runs already is waited for as well, though the switch does not touch it. That it fails is told, and no
    // reason to go back.
    let opener = r#"systemd.user.services.opener = {
      Service.Type = "oneshot";
      Service.ExecStart = "${pkgs.writeShellScript "opener" "echo 6 > $HOME/fifo"}";
      Install.WantedBy = [ "default.target" ];
    };"#;
    configure(&manager, &configuration("exec sleep infinity", &format!("{mended} {opener}")));
    let run = hm(&manager, &["switch", "--no-check", "--wait", "--rollback-on-failure"]);
    insta::assert_snapshot!(without_journal(&run.stderr), @r"
    error: job.service failed: exit-code, exit status 6
      defined at @home@/.config/hm/home.nix:12:3
    ");
    insta::assert_snapshot!(run.ended(3), @"switched to generation 5: 2 links created, 10 replaced; ran opener.service; failed job.service");
}

#[test]
fn nobody_goes_back_who_does_not_wait() {
    let home = Home::new();
    let said = home.hm(&["switch", "--rollback-on-failure", "--no-block"]).complained(2);
    assert!(said.contains("cannot be used with"), "{said}");
}
