//! How units are written, under a real user manager: NixOS's spelling, what `Install` asks for, drop-ins, packages.

use std::fs;

use systemd_harness::UserManager;

use crate::support::{HM, Run, manager, skip};

/// Runs the binary beside the manager.
fn hm(manager: &UserManager, arguments: &[&str]) -> Run {
    Run::of(manager.command(HM).args(arguments), &manager.home())
}

/// Switches to a configuration, whose `forever` is a command that does not end.
#[track_caller]
fn switch(manager: &UserManager, text: &str) -> String {
    let path = manager.home().join(".config/hm/home.nix");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let head = "{ pkgs, lib, ... }: let forever = \"${pkgs.coreutils}/bin/sleep infinity\"; in\n";
    fs::write(path, format!("{head}{{\n{text}\n}}\n")).unwrap();
    hm(manager, &["switch"]).ended(0)
}

#[track_caller]
fn systemctl(manager: &UserManager, arguments: &[&str]) {
    let output = manager.command("systemctl").arg("--user").args(arguments).output().unwrap();
    assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
}

#[track_caller]
fn check_state(manager: &UserManager, unit: &str, expected: &str) {
    assert_eq!(manager.property(unit, "ActiveState"), expected, "{unit}");
}

/// Everything of `systemd.user` at once, with commands that there are.
const ALL: &str = r#"
  systemd.user.services = {
    job = {
      description = "A job";
      documentation = [ "man:true(1)" ];
      path = [ pkgs.bash ];
      environment = { WORD = "two \"words\""; NOTHING = null; };
      script = ''
        echo "$WORD" > $HOME/said
        type -P sed >> $HOME/said
        type -P bash >> $HOME/said
        echo "''${NOTHING-unset} $1" >> $HOME/said
        case $- in *e*) echo strict >> $HOME/said ;; esac
      '';
      scriptArgs = "%N";
      preStart = "echo before > $HOME/before";
      serviceConfig.Type = "oneshot";
      startAt = [ "04:00" "16:00" ];
    };
    "one-of@" = { Service.ExecStart = "${pkgs.coreutils}/bin/sleep infinity"; Install = { WantedBy = "default.target"; DefaultInstance = "usual"; }; };
    "one-of@special" = { serviceConfig.Nice = 3; wantedBy = [ "default.target" ]; };
    named = { Service.ExecStart = forever; Install = { Alias = "other-name.service"; WantedBy = [ "default.target" ]; }; };
    answer.Service = { ExecStart = forever; };
  };
  systemd.user.timers.job.Timer.Persistent = true;
  systemd.user.sockets.answer = { listenStreams = [ "%t/answer" ]; wantedBy = [ "sockets.target" ]; };
  systemd.user.paths.answer = { pathConfig.PathExists = "%h/ask"; };
  systemd.user.slices.small.sliceConfig.MemoryMax = "1G";
  systemd.user.targets.mine = { wants = [ "named.service" ]; unitConfig.StopWhenUnneeded = true; };
  systemd.user.mounts."home-nobody-a\\x2db" = { what = "tmpfs"; where = "/home/nobody/a-b"; type = "tmpfs"; };
  systemd.user.automounts."home-nobody-a\\x2db".Automount.Where = "/home/nobody/a-b";
  systemd.user.overrides."named.service" = { Service.Nice = 2; environment.A = "1"; };
"#;

#[test]
fn units_in_the_spelling_of_nixos_run() {
    let Some(manager) = manager() else { return };
    let said = switch(&manager, ALL);
    assert!(said.contains("started answer.socket, named.service, one-of@special.service"), "{said}");
    check_state(&manager, "job.timer", "active");
    let calendar = manager.property("job.timer", "TimersCalendar");
    assert!(calendar.contains("*-*-* 04:00:00") && calendar.contains("*-*-* 16:00:00"), "{calendar}");
    assert_eq!(manager.property("job.timer", "Persistent"), "yes");

    systemctl(&manager, &["start", "job.service"]);
    let text = fs::read_to_string(manager.home().join("said")).unwrap();
    let lines: Vec<&str> = text.lines().collect();
    assert_eq!((lines[0], lines[3], lines[4]), ("two \"words\"", "unset job", "strict"), "{text}");
    assert!(lines[1].ends_with("-gnused/bin/sed") && lines[2].ends_with("-bash/bin/bash"), "{text}");
    assert_eq!(fs::read_to_string(manager.home().join("before")).unwrap(), "before\n");

    // Instances: the usual one of the template, and one with settings of its own.
    let nice = |unit: &str| manager.property(unit, "Nice");
    check_state(&manager, "one-of@usual.service", "active");
    check_state(&manager, "one-of@special.service", "active");
    assert_eq!(nice("one-of@special.service"), "3");
    // The usual one has that of the manager, which may be any.
    assert_ne!(nice("one-of@usual.service"), "3");

    // Another name for the same unit, and a drop-in beside its file.
    assert_eq!(manager.property("other-name.service", "Id"), "named.service");
    let status = hm(&manager, &["status"]).ended(0);
    assert!(!status.contains("link"), "{status}");
    assert_eq!(nice("named.service"), "2");
    assert_eq!(manager.property("mine.target", "StopWhenUnneeded"), "yes");
    assert!(switch(&manager, ALL).starts_with("nothing to do"));
    let said = switch(&manager, "");
    for unit in ["job.timer", "one-of@special.service", "one-of@usual.service", "named.service"] {
        check_state(&manager, unit, "inactive");
        assert!(said.contains(unit), "{said}");
    }
}

#[test]
fn systemd_accepts_what_is_written() {
    let Some(manager) = manager() else { return };
    switch(&manager, ALL);
    let units =
        ["job.service", "job.timer", "one-of@special.service", "one-of@usual.service", "named.service"];
    let rest = ["answer.socket", "answer.path", "small.slice", "mine.target", "home-nobody-a\\x2db.mount"];
    let mut command = manager.command("systemd-analyze");
    let output = match command.args(["--user", "verify"]).args(units).args(rest).output() {
        Ok(output) if output.status.code() != Some(127) => output,
        _ => return skip("systemd-analyze is not installed"),
    };
    let said = String::from_utf8_lossy(&output.stderr);
    let ours: Vec<&str> = said.lines().filter(|line| !line.contains("/usr/lib/systemd")).collect();
    assert!(output.status.success(), "{said}");
    assert_eq!(ours, Vec::<&str>::new());
}

#[test]
fn drop_ins_of_units_from_elsewhere_restart_them() {
    let Some(manager) = manager() else { return };
    let dir = manager.home().join(".local/share/systemd/user");
    fs::create_dir_all(&dir).unwrap();
    for unit in ["foreign.service", "unwanted.service", "idle.service"] {
        fs::write(dir.join(unit), "[Service]\nExecStart=/bin/sleep infinity\nNice=1\n").unwrap();
    }
    systemctl(&manager, &["daemon-reload"]);
    systemctl(&manager, &["start", "foreign.service", "unwanted.service"]);
    let configure = |nice: u32| {
        format!(
            "systemd.user.overrides.\"foreign.service\".serviceConfig.Nice = {nice};
             systemd.user.overrides.\"unwanted.service\".enable = false;
             systemd.user.overrides.\"idle.service\".wantedBy = [ \"default.target\" ];"
        )
    };
    let nice = || manager.property("foreign.service", "Nice");
    insta::assert_snapshot!(switch(&manager, &configure(2)), @"switched to generation 1: 3 links created; stopped unwanted.service; started idle.service; restarted foreign.service");
    assert_eq!(nice(), "2");
    assert_eq!(manager.property("unwanted.service", "LoadState"), "masked");
    assert!(switch(&manager, &configure(2)).starts_with("nothing to do"));
    insta::assert_snapshot!(switch(&manager, &configure(3)), @"switched to generation 2: 3 links replaced; restarted foreign.service");
    assert_eq!(nice(), "3");
    let run = hm(&manager, &["status"]).ended(0);
    assert!(run.contains("foreign.service") && !run.contains("missing"), "{run}");
    let said = switch(&manager, "");
    assert!(said.contains("restarted foreign.service"), "{said}");
    assert_eq!(nice(), "1");
    assert_eq!(manager.property("unwanted.service", "LoadState"), "loaded");
}

#[test]
fn upheld_units_come_back_until_they_go() {
    let Some(manager) = manager() else { return };
    let unit = |word: &str| {
        format!(
            "systemd.user.services.kept = {{
               Service.ExecStart = \"${{pkgs.writeShellScript \"kept\" \"exec sleep infinity # {word}\"}}\";
               Install.UpheldBy = \"default.target\";
             }};"
        )
    };
    let process = || manager.property("kept.service", "MainPID");
    assert!(switch(&manager, &unit("one")).contains("started kept.service"));
    let first = process();
    systemctl(&manager, &["kill", "--signal=KILL", "kept.service"]);
    let began = std::time::Instant::now();
    while process() == first || process() == "0" {
        assert!(began.elapsed() < std::time::Duration::from_secs(60), "it did not come back");
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    let said = switch(&manager, &unit("two"));
    assert!(said.contains("restarted kept.service"), "{said}");
    let script = manager.property("kept.service", "ExecStart");
    let script = script.split("path=").nth(1).unwrap().split(' ').next().unwrap().to_owned();
    assert!(fs::read_to_string(script).unwrap().ends_with("# two\n"));
    let said = switch(&manager, "");
    assert!(said.contains("stopped kept.service"), "{said}");
    check_state(&manager, "kept.service", "inactive");
}

#[test]
fn units_of_packages_are_moved_like_others() {
    let Some(manager) = manager() else { return };
    let configure = |word: &str, more: &str| {
        format!(
            r#"systemd.user.packages = [ (pkgs.symlinkJoin {{
                 name = "with-units";
                 paths = [
                   (pkgs.writeTextDir "share/systemd/user/packaged.service" ''
                     [Service]
                     ExecStart=${{pkgs.coreutils}}/bin/sleep infinity
                     Environment=WORD={word}
                   '')
                   (pkgs.writeTextDir "lib/systemd/user/plain.service" "[Service]\nExecStart=${{forever}}\n[Install]\nWantedBy=default.target\n")
                   (pkgs.writeTextDir "lib/systemd/user/replaced.service" "[Service]\nExecStart=/nonexistent\n")
                 ];
               }}) ];
               systemd.user.services.replaced = {{ Service.ExecStart = forever; wantedBy = [ "default.target" ]; }};
               systemd.user.services.packaged = {{ wantedBy = [ "default.target" ]; {more} }};"#
        )
    };
    let said = switch(&manager, &configure("one", ""));
    assert!(said.ends_with("started packaged.service and replaced.service"), "{said}");
    check_state(&manager, "plain.service", "inactive");
    assert_eq!(manager.property("packaged.service", "Environment"), "WORD=one");
    let said = switch(&manager, &configure("two", ""));
    assert!(said.ends_with("restarted packaged.service"), "{said}");
    let said =
        switch(&manager, &configure("two", "serviceConfig.Nice = 4; Install.Also = \"plain.service\";"));
    assert!(said.ends_with("started plain.service; restarted packaged.service"), "{said}");
    assert_eq!(manager.property("packaged.service", "Nice"), "4");
    check_state(&manager, "plain.service", "active");
}
