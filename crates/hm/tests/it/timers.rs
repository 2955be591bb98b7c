//! `hm timers`: when the timers of a configuration run, as systemd says it, too.

use std::fs;
use std::process::Command;

use crate::support::{Home, Run, skip};

const CONFIGURATION: &str = r#"{ pkgs, ... }: {
  systemd.user.services.backup.Service.ExecStart = "${pkgs.coreutils}/bin/true";
  systemd.user.timers.backup = {
    Timer = {
      OnCalendar = [ "2150-06-15 04:00" "2150-06-15,16 04:00:00.5" "1999-1-1" ];
      RandomizedDelaySec = "30m";
      AccuracySec = 1;
      Persistent = true;
    };
    Install.WantedBy = [ "timers.target" ];
  };
  systemd.user.timers.boot = {
    Timer = { OnBootSec = "15 min"; OnUnitActiveSec = "1.5h"; Unit = "backup.service"; };
    Install.WantedBy = [ "timers.target" ];
  };
}
"#;

/// Runs the command in Berlin, and takes out how long it is until then.
fn timers(home: &Home, arguments: &[&str]) -> Run {
    let all: Vec<&str> = std::iter::once("timers").chain(arguments.iter().copied()).collect();
    let mut run = Run::of(home.command(&all).env("TZ", "Europe/Berlin"), &home.path());
    // Centuries are told in days and hours, or in days alone when it is just so many. The columns are as wide as these.
    let left = |cell: &str| {
        let days = cell.split(' ').next().and_then(|word| word.strip_suffix('d'));
        days.is_some_and(|days| days.parse::<u32>().is_ok())
    };
    let row = |line: &str| {
        let cells = line.split("  ").map(str::trim).filter(|cell| !cell.is_empty());
        cells.map(|cell| if left(cell) { "@left@" } else { cell }).collect::<Vec<_>>().join("  ")
    };
    if !arguments.contains(&"--json") {
        run.stdout = run.stdout.lines().map(row).collect::<Vec<_>>().join("\n");
    }
    run
}

#[test]
fn of_the_configuration_and_of_the_current_generation() {
    let home = Home::new();
    home.configure(CONFIGURATION);
    let before = home.listing();
    let said = timers(&home, &[]).ended(0);
    insta::assert_snapshot!(said, @r"
    time zone Europe/Berlin
    TIMER  STARTS  WHEN  IN  BY
    backup.timer  backup.service  Mon 2150-06-15 04:00:00 CEST  @left@  OnCalendar=2150-06-15 04:00:00
    Mon 2150-06-15 04:00:00.5 CEST  @left@  OnCalendar=2150-06-15,16 04:00:00.500000
    Tue 2150-06-16 04:00:00.5 CEST  @left@  OnCalendar=2150-06-15,16 04:00:00.500000
    never again  OnCalendar=1999-01-01 00:00:00
    boot.timer  backup.service  15min after the machine was booted  OnBootSec=15min
    1h 30min after its unit was last started  OnUnitActiveSec=1h 30min
    backup.timer: up to 30min later, by chance (RandomizedDelaySec), within 1s of the time (AccuracySec), at once if a time was missed (Persistent)
    ");
    assert_eq!(home.listing(), before, "nothing is left behind");
    insta::assert_snapshot!(timers(&home, &["--current"]).complained(0), @r"there is no generation yet; `hm switch` makes the first");
    home.hm(&["switch"]).ended(0);
    assert_eq!(timers(&home, &["--current"]).ended(0), said);
    fs::remove_file(home.path().join(".config/hm/home.nix")).unwrap();
    insta::assert_snapshot!(timers(&home, &["--current", "-n", "1"]).ended(0), @r"
    time zone Europe/Berlin
    TIMER  STARTS  WHEN  IN  BY
    backup.timer  backup.service  Mon 2150-06-15 04:00:00 CEST  @left@  OnCalendar=2150-06-15 04:00:00
    never again  OnCalendar=1999-01-01 00:00:00
    boot.timer  backup.service  15min after the machine was booted  OnBootSec=15min
    1h 30min after its unit was last started  OnUnitActiveSec=1h 30min
    backup.timer: up to 30min later, by chance (RandomizedDelaySec), within 1s of the time (AccuracySec), at once if a time was missed (Persistent)
    ");
    insta::assert_snapshot!(timers(&home, &["--current", "-n", "1", "--json"]).ended(0), @r#"
    {
      "timeZone": "Europe/Berlin",
      "timers": [
        {
          "unit": "backup.timer",
          "defined": "@home@/.config/hm/home.nix:3:3",
          "starts": "backup.service",
          "next": [
            {
              "time": "2150-06-15T02:00:00Z",
              "calendar": "2150-06-15 04:00:00"
            }
          ],
          "relative": [
            {
              "setting": "OnCalendar=1999-01-01 00:00:00",
              "when": "never again"
            }
          ],
          "randomizedDelay": "30min",
          "accuracy": "1s",
          "persistent": true
        },
        {
          "unit": "boot.timer",
          "defined": "@home@/.config/hm/home.nix:12:3",
          "starts": "backup.service",
          "next": [],
          "relative": [
            {
              "setting": "OnBootSec=15min",
              "when": "15min after the machine was booted"
            },
            {
              "setting": "OnUnitActiveSec=1h 30min",
              "when": "1h 30min after its unit was last started"
            }
          ],
          "randomizedDelay": null,
          "accuracy": null,
          "persistent": false
        }
      ]
    }
    "#);
    home.configure("{ }");
    insta::assert_snapshot!(timers(&home, &[]).ended(0), @r"no timers");
}

#[test]
fn what_systemd_would_skip_names_the_place() {
    let home = Home::new();
    home.configure("{\n  systemd.user.timers.a.Timer.OnCalendar = \"dayly\";\n}\n");
    insta::assert_snapshot!(timers(&home, &[]).complained(1), @r"
    error: @home@/.config/hm/home.nix:2:3: a.timer: OnCalendar: `dayly` is not a calendar event: that is neither a date nor a time, nor a word such as `daily` or `Mon`
    hint: systemd skips what it does not understand; systemd.time(7) tells what can be written
    ");
    home.configure(
        "{\n  systemd.user.timers.a.Timer.OnCalendar = \"*-13-01\";\n  systemd.user.timers.b = {\n    Timer.OnBootSec = \"5 apples\";\n  };\n}\n",
    );
    insta::assert_snapshot!(timers(&home, &[]).complained(1), @r"
    error: 2 settings of timers are not understood:
    @home@/.config/hm/home.nix:2:3: a.timer: OnCalendar: `*-13-01` is not a calendar event: the month is not between 1 and 12, at `13-01`
    @home@/.config/hm/home.nix:3:3: b.timer: OnBootSec: `5 apples` is not a time span: a number is missing, at `apples`
    hint: systemd skips what it does not understand; systemd.time(7) tells what can be written
    ");
    assert_eq!(
        timers(&home, &["-n", "0"]).complained(2).lines().next(),
        Some("error: invalid value '0' for '--number <N>': 0 is not in 1..=65535")
    );
}

/// The times of a timer that runs often are those that `systemd-analyze` tells.
#[test]
fn as_systemd_says() {
    let home = Home::new();
    let expression = "Mon..Fri *-*-* 2:30";
    home.configure(&format!("{{ systemd.user.timers.a.Timer.OnCalendar = \"{expression}\"; }}"));
    let analyze = Command::new("systemd-analyze")
        .args(["calendar", "--iterations=10", expression])
        .env("TZ", "Europe/Berlin")
        .output();
    let Ok(analyze) = analyze else { return skip("systemd-analyze is not installed") };
    let theirs: Vec<String> = String::from_utf8(analyze.stdout)
        .unwrap()
        .lines()
        .filter_map(|line| Some(line.split_once("(in UTC): ")?.1[4..23].replace(' ', "T") + "Z"))
        .collect();
    let said: serde_json::Value = serde_json::from_str(&timers(&home, &["--json"]).ended(0)).unwrap();
    let ours: Vec<&str> = said["timers"][0]["next"]
        .as_array()
        .unwrap()
        .iter()
        .map(|run| run["time"].as_str().unwrap())
        .collect();
    assert_eq!(ours, theirs);
}
