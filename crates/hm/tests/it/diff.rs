//! `hm diff`, and the plans of `hm switch` and `hm rollback` as they are shown, asked about and printed as JSON.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{HM, Home, Run, manager};

const OLD: &str = r#"{ pkgs, ... }: {
  home.file.greeting.text = "one\ntwo\nthree\n";
  home.file.gone.text = "gone\n";
  home.file."moved.bin".source = ./old.bin;
  home.file.settings = { text = "a = 1\n"; mode = "copy"; };
  hm.lines.".profile".text = "export A=1";
  systemd.user.services.greet = {
    Unit = { Description = "Greet"; After = [ "x.service" "y.service" ]; };
    Service = { ExecStart = "${pkgs.writeShellScript "greet" "echo hello"}"; Nice = 1; };
    Install.WantedBy = [ "default.target" ];
  };
  systemd.user.services.old.Service.ExecStart = "/bin/sleep 1";
}
"#;

const NEW: &str = r#"{ pkgs, ... }: {
  home.file.greeting.text = "one\n2\u001b[31m\nthree\n";
  home.file.come.text = "come\n";
  home.file."moved.bin".source = ./new.bin;
  home.file.settings = { text = "a = 2\n"; mode = "copy"; };
  hm.lines.".profile".text = "export A=2";
  systemd.user.services.greet = {
    Unit = { Description = "Greet"; After = [ "y.service" "z.service" ]; };
    Service = { ExecStart = "${pkgs.writeShellScript "greet" "echo welcome"}"; Nice = 2; };
    Install.WantedBy = [ "default.target" ];
  };
  systemd.user.timers.new = {
    Timer.OnCalendar = "daily";
    Timer.Unit = "greet.service";
    Install.WantedBy = [ "timers.target" ];
  };
}
"#;

/// A home with two generations, the second of which is current.
fn two_generations() -> Home {
    let home = Home::new();
    home.write(".config/hm/old.bin", "\0old");
    home.write(".config/hm/new.bin", "\0newer");
    home.write(".profile", "# mine\n");
    home.configure(OLD);
    home.hm(&["switch"]).ended(0);
    home.configure(&NEW.replace("\\u001b", "\u{1b}"));
    home.hm(&["switch"]).ended(0);
    home
}

/// Without the sizes of archives, which depend on how long the home's path is.
fn without_sizes(text: &str) -> String {
    let line = |line: &str| match line.split_once(" paths (") {
        Some((start, rest)) => format!("{start} paths ({}), @sizes@", rest.split_once("),").unwrap().0),
        None => line.to_owned(),
    };
    text.lines().map(line).collect::<Vec<_>>().join("\n")
}

#[test]
fn everything_that_differs() {
    let home = two_generations();
    let before = home.listing();
    let said = home.hm(&["diff", "1", "2"]).ended(0);
    insta::assert_snapshot!(without_sizes(&said), @r"
    generation 1 -> generation 2

    packages
      closure: 10 -> 10 paths (+7, -7), @sizes@

    units: 1 changed, 1 added, 1 removed
      ~ greet.service
          Service.ExecStart:
            - @store@/greet
            + @store@/greet
          Service.Nice: 1 -> 2
          Unit.After: - x.service, + z.service
          ~ greet (text, 106 bytes -> 108 bytes)
            @@ -1,2 +1,2 @@
             #!@store@/bash/bin/bash
            -echo hello
            +echo welcome
      + new.timer
          Install.WantedBy = timers.target
          Timer.OnCalendar = daily
          Timer.Unit = greet.service
      - old.service
      what a switch would do to them is told where the old side is the current generation

    files: 3 changed, 1 added, 1 removed
      + come (text, 5 bytes)
      - gone (text, 5 bytes)
      ~ greeting (text, 14 bytes -> 17 bytes)
        @@ -1,3 +1,3 @@
         one
        -two
        +2\u{1b}[31m
         three
      ~ moved.bin (binary, 4 bytes -> 6 bytes)
      ~ settings (text, 6 bytes, copied)
        @@ -1 +1 @@
        -a = 1
        +a = 2

    lines in files: 1 changed
      ~ .profile
        @@ -1 +1 @@
        -export A=1
        +export A=2
    ");
    assert_eq!(home.listing(), before, "a comparison changes nothing");
    // One number is compared with what is current.
    assert_eq!(home.hm(&["diff", "1"]).ended(0), said);
    let back = home.hm(&["diff", "2", "1", "--verbose"]).ended(0);
    insta::assert_snapshot!(without_sizes(&back), @r"
    generation 2 -> generation 1

    packages
      closure: 10 -> 10 paths (+7, -7), @sizes@

    units: 1 changed, 1 added, 1 removed
      ~ greet.service
          Service.ExecStart:
            - @store@/greet
            + @store@/greet
          Service.Nice: 2 -> 1
          Unit.After: - z.service, + x.service
          ~ greet (text, 108 bytes -> 106 bytes)
            @@ -1,2 +1,2 @@
             #!@store@/bash/bin/bash
            -echo welcome
            +echo hello
      - new.timer
          Install.WantedBy was timers.target
          Timer.OnCalendar was daily
          Timer.Unit was greet.service
      + old.service
          Service.ExecStart = /bin/sleep 1
    @no manager@; what a switch would do to units is not known

    files: 3 changed, 1 added, 1 removed
      - come (text, 5 bytes)
        @@ -1 +0,0 @@
        -come
      + gone (text, 5 bytes)
        @@ -0,0 +1 @@
        +gone
      ~ greeting (text, 17 bytes -> 14 bytes)
        @@ -1,3 +1,3 @@
         one
        -2\u{1b}[31m
        +two
         three
      ~ moved.bin (binary, 6 bytes -> 4 bytes)
      ~ settings (text, 6 bytes, copied)
        @@ -1 +1 @@
        -a = 2
        +a = 1

    lines in files: 1 changed
      ~ .profile
        @@ -1 +1 @@
        -export A=2
        +export A=1
    ");
}

#[test]
fn the_configuration_against_what_is_current() {
    let home = Home::new();
    home.configure("{ home.file.a.text = \"1\"; }");
    insta::assert_snapshot!(without_sizes(&home.hm(&["diff"]).ended(0)), @r"
    no generation -> the configuration

    packages: 1 added
      [A*] hm-session-vars.sh  <none>
      closure: 0 -> 5 paths (+5, -0), @sizes@

    files: 1 added
      + a (text, 1 byte)
    ");
    assert!(!home.path().join(".local").exists(), "what was built is taken back");
    home.hm(&["switch"]).ended(0);
    assert_eq!(home.hm(&["diff"]).ended(0), "no differences between generation 1 and the configuration");
    // Where a line stands in the configuration is no difference.
    home.configure("\n\n{\n  home.file.a.text = \"1\"; }");
    home.hm(&["diff", "--exit-code"]).ended(0);
    home.configure("{ home.file.a.text = \"2\"; }");
    let before = home.listing();
    let said = home.hm(&["diff", "config"]).ended(0);
    assert_eq!(said, home.hm(&["diff", "current", "config"]).ended(0));
    insta::assert_snapshot!(without_sizes(&said), @r"
    generation 1 -> the configuration

    packages
      closure: 5 -> 5 paths (+3, -3), @sizes@

    files: 1 changed
      ~ a (text, 1 byte)
        @@ -1 +1 @@
        -1
        \ No newline at end of file
        +2
        \ No newline at end of file
    ");
    assert_eq!(home.listing(), before);
    home.hm(&["build"]).ended(0);
    let built = home.hm(&["diff", "./result"]).ended(0);
    assert_eq!(built.replace("./result", "the configuration"), said);
}

#[test]
fn variables_and_packages() {
    let home = Home::new();
    let configuration = |variables: &str, packages: &str| {
        let package = r#"name: pkgs.writeShellScriptBin name "echo""#;
        format!(
            "{{ pkgs, ... }}: let package = {package}; in {{ home.sessionVariables = {{ {variables} }}; home.packages = map package [ {packages} ]; }}"
        )
    };
    home.configure(&configuration(
        "KEPT = 1; CHANGED = \"a b\"; GONE = \"g\";",
        r#""tool-1.2.3" "kept" "gone-1""#,
    ));
    home.hm(&["switch"]).ended(0);
    home.configure(&configuration(
        "KEPT = 1; CHANGED = \"c\"; COME = \"\";",
        r#""tool-1.10.3" "kept" "come""#,
    ));
    let said = home.hm(&["diff"]).ended(0);
    let sections: Vec<&str> = said.split("\n\n").collect();
    insta::assert_snapshot!(without_sizes(sections[1]), @r"
    packages: 1 changed, 1 added, 1 removed
      [A*] come  <none>
      [R*] gone  1
      [U*] tool  1.2.3 -> 1.10.3
      closure: 8 -> 8 paths (+6, -6), @sizes@
    ");
    insta::assert_snapshot!(sections.last().unwrap(), @r#"
    session variables: 1 changed, 1 added, 1 removed
      ~ CHANGED: a b -> c
      + COME = ""
      - GONE = g
    "#);
}

#[test]
fn exit_statuses() {
    let home = two_generations();
    let check = |arguments: &[&str], status: i32| {
        let run = home.hm(&[&["diff"], arguments].concat());
        assert_eq!(run.status, status, "{arguments:?}: {}", run.stderr);
        assert_eq!(
            run.stderr.is_empty(),
            status < 2 && !run.stdout.is_empty(),
            "{arguments:?}: {}",
            run.stderr
        );
    };
    check(&["1", "2"], 0);
    check(&["1", "2", "--exit-code"], 1);
    check(&["1", "2", "--exit-code", "--json"], 1);
    check(&["1", "1", "--exit-code"], 0);
    check(&["1", "7", "--exit-code"], 2);
    check(&["nowhere", "--exit-code"], 2);
    let said = home.hm(&["diff", "7"]).complained(1);
    assert!(said.contains("generation 7"), "{said}");
    insta::assert_snapshot!(home.hm(&["diff", "nowhere"]).complained(1), @r"
    error: there is no generation at @home@/nowhere: No such file or directory (os error 2)
    hint: name a generation by its number, as `hm generations` lists it, by its path, or as `current` or `config`
    ");
    home.configure("{ a = ; }");
    check(&["--exit-code"], 2);
}

#[test]
fn as_json() {
    let home = two_generations();
    let said = home.hm(&["diff", "1", "2", "--json"]).ended(0);
    let json: serde_json::Value = serde_json::from_str(&said).unwrap();
    let keys: Vec<&String> = json.as_object().unwrap().keys().collect();
    assert_eq!(
        keys,
        [
            "old",
            "new",
            "different",
            "packages",
            "unknownClosures",
            "units",
            "switch",
            "files",
            "lines",
            "sessionVariables"
        ]
        .iter()
        .collect::<std::collections::BTreeSet<_>>()
        .into_iter()
        .collect::<Vec<_>>()
    );
    assert_eq!((json["old"]["id"].as_u64(), json["new"]["id"].as_u64()), (Some(1), Some(2)));
    assert_eq!(json["different"], true);
    assert_eq!(json["sessionVariables"], serde_json::json!({ "added": {}, "removed": {}, "changed": {} }));
    let greet = &json["units"][0];
    assert_eq!((&greet["unit"], &greet["change"]), (&"greet.service".into(), &"changed".into()));
    assert_eq!(greet["scripts"][0]["path"], "greet");
    let file = json["files"].as_array().unwrap().iter().find(|file| file["path"] == "greeting").unwrap();
    assert_eq!(file["hunks"][0]["lines"][2]["text"], "2\u{1b}[31m");
    assert!(json["packages"]["closure"]["newSize"].as_u64().unwrap() > 0);
}

#[test]
fn a_closure_that_no_database_knows() {
    let home = two_generations();
    fs::remove_dir_all(home.path().join(".local/share/hm/nix/var")).unwrap();
    let before = home.listing();
    let said = home.hm(&["diff", "1", "2"]).ended(0);
    assert_eq!(home.listing(), before, "no store is opened, which would make a database");
    let line = said.lines().find(|line| line.contains("home.packages only")).unwrap();
    insta::assert_snapshot!(line, @"  home.packages only: no store's database knows generation 1 or generation 2, so its size and what it depends on are unknown");
}

#[test]
fn a_picture_of_the_units() {
    let home = two_generations();
    let said = home.hm(&["diff", "1", "2", "--graph"]).ended(0);
    assert!(said.starts_with("<svg ") && said.ends_with("</svg>"), "{said}");
    for piece in [
        "<title>Units: generation 1 -&gt; generation 2</title>",
        ">~ greet.service</text>",
        ">+ new.timer</text>",
        ">- old.service</text>",
        "<title>new.timer triggers greet.service (added)</title>",
        "<title>default.target Wants greet.service</title>",
    ] {
        assert!(said.contains(piece), "{piece}");
    }
    insta::assert_snapshot!(home.hm(&["diff", "1", "2", "--graph=units.svg"]).ended(0), @"wrote @home@/units.svg");
    assert_eq!(fs::read_to_string(home.path().join("units.svg")).unwrap().trim_end(), said);
    let said = home.hm(&["diff", "--graph=no/where.svg"]).complained(1);
    assert!(said.contains("cannot write @home@/no/where.svg"), "{said}");
}

#[test]
fn plans_as_json() {
    let home = two_generations();
    let parse = |run: Run| -> serde_json::Value { serde_json::from_str(&run.ended(0)).unwrap() };
    let before = home.listing();
    let would = parse(home.hm(&["rollback", "--dry-run", "--json"]));
    assert_eq!(home.listing(), before);
    assert_eq!((&would["dryRun"], &would["report"]), (&true.into(), &serde_json::Value::Null));
    assert_eq!(would["plan"]["new"]["id"], 1);
    assert!(would["plan"]["units"]["unreachable"].is_string() || would["plan"]["units"]["plan"].is_object());
    let did = parse(home.hm(&["rollback", "--json", "-v"]));
    assert_eq!(did["dryRun"], false);
    assert_eq!(did["plan"]["files"], would["plan"]["files"], "the plan is the one that was shown");
    assert_eq!(did["report"]["new"]["id"], 1);
    assert_eq!(did["report"]["removed"].as_array().unwrap().len(), {
        let steps = would["plan"]["files"]["steps"].as_array().unwrap();
        steps
            .iter()
            .filter(|step| {
                step["step"].as_str().unwrap().starts_with("remove-link") || step["step"] == "remove-copy"
            })
            .count()
    });
    let nothing = parse(home.hm(&["rollback", "1", "--json"]));
    assert_eq!(
        (&nothing["report"], &nothing["plan"]["files"]["steps"]),
        (&serde_json::Value::Null, &serde_json::json!([]))
    );
    let switched = parse(home.hm(&["switch", "--json"]));
    assert_eq!((&switched["plan"]["new"]["id"], &switched["failures"]), (&3.into(), &serde_json::json!([])));
    home.configure("{ assertions = [ { assertion = false; message = \"no\"; } ]; }");
    let run = home.hm(&["switch", "--json"]);
    assert_eq!((run.status, run.stdout.as_str()), (1, ""));
}

#[test]
fn a_switch_to_a_generation() {
    let home = two_generations();
    let would = home.hm(&["switch", "--generation", "1", "--dry-run"]).ended(0);
    assert!(would.starts_with("would switch to generation 1:\n"), "{would}");
    let did = home.hm(&["switch", "--generation", "1"]).ended(0);
    assert!(did.starts_with("switched to generation 1: "), "{did}");
    assert_eq!(fs::read_to_string(home.path().join("greeting")).unwrap(), "one\ntwo\nthree\n");
    home.hm(&["switch", "--generation", "9"]).complained(1);
    for flag in [&["-f", "x"][..], &["--modules", "nixlib"], &["--store-dir", "x"], &["--show-trace"]] {
        let said = home.hm(&[&["switch", "--generation", "2"], flag].concat()).complained(2);
        assert!(said.contains("cannot be used with"), "{said}");
    }
}

#[test]
fn asking_first() {
    let home = two_generations();
    let before = home.listing();
    let run = home.hm(&["rollback", "--ask"]);
    assert_eq!(run.status, 1);
    insta::assert_snapshot!(run.stderr, @r"
    error: there is no terminal to ask on: roll back to generation 1?
    hint: pass --yes to go ahead without being asked
    ");
    assert!(run.stdout.starts_with("generation 2 -> generation 1\n"), "{}", run.stdout);
    let after = home.listing();
    assert_eq!(after, before, "nobody has agreed");
    let dry = home.hm(&["rollback", "--dry-run"]).ended(0);
    assert!(run.stdout.ends_with(&dry), "what is shown is the plan: {}", run.stdout);
    let said = home.hm(&["rollback", "--ask", "--yes"]).ended(0);
    assert!(said.starts_with(&run.stdout), "{said}");
    assert!(said.contains("\nrolled back to generation 1: "), "{said}");
    assert_eq!(fs::read_to_string(home.path().join("gone")).unwrap(), "gone\n");
    let said = home.hm(&["switch", "--ask", "-y"]).ended(0);
    assert!(said.starts_with("generation 1 -> generation 3\n"), "{said}");
    home.hm(&["switch", "--ask", "--dry-run"]).complained(2);
    home.hm(&["switch", "--ask", "--json"]).complained(2);
}

/// Runs the binary on a terminal, with an answer on it, and returns what it wrote there.
fn on_a_terminal(home: &Home, command: &str, answer: &str, status: i32) -> Option<String> {
    if !Path::new("/usr/bin/script").exists() {
        crate::support::skip("a question on a terminal: there is no /usr/bin/script");
        return None;
    }
    let mut script = Command::new("/usr/bin/script");
    script
        .args(["-q", "-e", "-c", &format!("{HM} {command}"), "/dev/null"])
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap())
        .env("HOME", home.path())
        .env("USER", "alice")
        .env("TERM", "xterm")
        .current_dir(home.path());
    let mut child = script.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.as_mut().unwrap().write_all(answer.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).replace('\r', "");
    assert_eq!(output.status.code(), Some(status), "{said}");
    Some(said)
}

#[test]
fn an_answer_on_a_terminal() {
    let home = two_generations();
    let Some(said) = on_a_terminal(&home, "rollback --ask", "n\n", 1) else { return };
    assert!(said.contains("roll back to generation 1? [y/N] "), "{said}");
    assert!(said.contains("error: nothing was changed"), "{said}");
    assert!(said.contains("\u{1b}[31m-"), "it is coloured: {said}");
    assert!(!said.contains("2\u{1b}[31m"), "nothing of a file reaches the terminal: {said}");
    assert!(home.path().join("come").exists());
    let said = on_a_terminal(&home, "rollback --ask", "yes\n", 0).unwrap();
    assert!(said.contains("rolled back to generation 1"), "{said}");
    assert!(!home.path().join("come").exists());
}

#[test]
fn what_a_switch_does_to_units() {
    let Some(manager) = manager() else { return };
    let hm = |arguments: &[&str]| Run::of(manager.command(HM).args(arguments), &manager.home());
    let configure = |text: &str| {
        let path = manager.home().join(".config/hm/home.nix");
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    };
    let unit = |name: &str, command: &str| {
        format!(
            "systemd.user.services.{name} = {{ Service.ExecStart = \"{command}\"; Install.WantedBy = [ \"default.target\" ]; }};"
        )
    };
    configure(&format!("{{ {} {} }}", unit("a", "/bin/sleep 1000"), unit("b", "/bin/sleep 1000")));
    let json: serde_json::Value = serde_json::from_str(&hm(&["switch", "--json"]).ended(0)).unwrap();
    let reported: Vec<(&str, &str)> = json["units"]["units"]
        .as_array()
        .unwrap()
        .iter()
        .map(|unit| (unit["unit"].as_str().unwrap(), unit["outcome"]["kind"].as_str().unwrap()))
        .collect();
    assert_eq!(reported, [("a.service", "started"), ("b.service", "started")]);
    assert_eq!(json["units"]["reload"]["kind"], "done");
    configure(&format!("{{ {} {} }}", unit("a", "/bin/sleep 2000"), unit("c", "/bin/sleep 1000")));
    insta::assert_snapshot!(without_sizes(&hm(&["diff"]).ended(0)), @r"
    generation 1 -> the configuration

    packages
      closure: 4 -> 4 paths (+2, -2), @sizes@

    units: 1 changed, 1 added, 1 removed
      ~ a.service: restart (Service.ExecStart changed)
          Service.ExecStart: /bin/sleep 1000 -> /bin/sleep 2000
      - b.service: stop (no longer in the configuration)
      + c.service: start (new, pulled in by default.target)
          Install.WantedBy = default.target
          Service.ExecStart = /bin/sleep 1000
    ");
    let said = hm(&["switch", "--ask", "--yes"]).ended(0);
    insta::assert_snapshot!(without_sizes(&said), @r"
    generation 1 -> generation 2

    packages
      closure: 4 -> 4 paths (+2, -2), @sizes@

    units: 1 changed, 1 added, 1 removed
      ~ a.service: restart (Service.ExecStart changed)
          Service.ExecStart: /bin/sleep 1000 -> /bin/sleep 2000
      - b.service: stop (no longer in the configuration)
      + c.service: start (new, pulled in by default.target)
          Install.WantedBy = default.target
          Service.ExecStart = /bin/sleep 1000

    would switch to generation 2:
    link        .config/systemd/user/c.service
    link        .config/systemd/user/default.target.wants/c.service
    relink      .config/systemd/user/a.service
    relink      .config/systemd/user/default.target.wants/a.service
    remove      .config/systemd/user/b.service
    remove      .config/systemd/user/default.target.wants/b.service
    reload      the user manager
    restart     a.service (Service.ExecStart changed)
    stop        b.service (no longer in the configuration)
    start       c.service (new, pulled in by default.target)
    switched to generation 2: 2 links created, 2 replaced, 2 removed; stopped b.service; started c.service; restarted a.service
    ");
    let json: serde_json::Value = serde_json::from_str(&hm(&["diff", "1", "2", "--json"]).ended(0)).unwrap();
    assert_eq!(json["switch"]["fromHere"], false);
    let json: serde_json::Value = serde_json::from_str(&hm(&["diff", "2", "1", "--json"]).ended(0)).unwrap();
    assert_eq!(json["switch"]["plan"]["reloadNeeded"], true);
    configure(&format!("{{ {} }}", unit("d", "/bin/false")));
    let run = hm(&["switch", "--json"]);
    assert_eq!(run.status, 3, "{}", run.stderr);
    let json: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    let failed = json["units"]["units"].as_array().unwrap().iter().find(|unit| unit["unit"] == "d.service");
    assert_eq!(failed.unwrap()["outcome"]["kind"], "failed");
    assert!(json["failures"][0].as_str().unwrap().contains("d.service"), "{json}");
    assert!(run.stderr.contains("error: d.service"), "{}", run.stderr);
}
