//! `hm check`, and what a switch does with mistakes in units.

use std::path::Path;

use crate::support::{Home, skip};

/// A configuration with one error and one warning, and a unit that is right.
const WRONG: &str = r#"{
  home.stateVersion = "24.05";
  systemd.user.services.player = {
    Unit.Description = "A player";
    Service = {
      ExecStart = "/bin/true";
      Restart = "alway";
    };
    Install.WantedBy = [ "default.target" ];
  };
  systemd.user.services.idle.Service.ExecStart = "/bin/true";
  systemd.user.services.right = {
    Service.ExecStart = "/bin/true";
    Install.WantedBy = [ "default.target" ];
  };
}
"#;

#[test]
fn findings_with_their_places() {
    let home = Home::new();
    home.configure(WRONG);
    let said = home.hm(&["check"]).ended(1);
    for text in [
        "error: `alway` is not one of `no`",
        "[invalid-value]",
        "--> player.service:6:9",
        "Restart=alway",
        "defined at @home@/.config/hm/home.nix:7:7",
        "did you mean `always`?",
        "warning: nothing starts idle.service",
        "home.nix:11:",
        "1 error and 1 warning in 3 units",
    ] {
        assert!(said.contains(text), "{text:?} is not in\n{said}");
    }
    assert!(!said.contains("right.service"), "{said}");
    assert!(!home.path().join(".local/share/hm").exists(), "nothing is left in the store");
    let allowed = home.hm(&["check", "--allow", "invalid-value", "--allow", "never-started"]).ended(0);
    assert_eq!(allowed, "nothing is wrong with 3 units");
}

#[test]
fn findings_as_json() {
    let home = Home::new();
    home.configure(WRONG);
    let said: serde_json::Value = serde_json::from_str(&home.hm(&["check", "--json"]).ended(1)).unwrap();
    assert_eq!((&said["errors"], &said["warnings"]), (&1.into(), &1.into()));
    let finding = said["findings"].as_array().unwrap().iter().find(|one| one["severity"] == "error").unwrap();
    for (field, value) in [
        ("lint", "invalid-value"),
        ("unit", "player.service"),
        ("section", "Service"),
        ("directive", "Restart"),
        ("value", "alway"),
    ] {
        assert_eq!(finding[field], value, "{field}");
    }
    assert_eq!((&finding["line"], &finding["column"]), (&6.into(), &9.into()));
    assert_eq!(finding["defined"]["line"], 7);
}

#[test]
fn errors_end_a_switch_before_anything_is_written() {
    let home = Home::new();
    home.configure(WRONG);
    let before = home.listing();
    for command in [&["switch"] as &[&str], &["switch", "--dry-run"]] {
        let said = home.hm(command).complained(1);
        assert!(said.contains("error: `alway`") && said.contains("nothing was switched"), "{said}");
        assert_eq!(home.listing(), before);
    }
    home.hm(&["switch", "--no-check"]).ended(0);
    assert!(home.path().join(".config/systemd/user/player.service").exists());
}

#[test]
fn a_configuration_decides_how_bad_it_is() {
    let home = Home::new();
    let with = |lints: &str| {
        home.configure(&WRONG.replacen("{\n", &format!("{{\n  systemd.user.lints = {{ {lints} }};\n"), 1));
        home.hm(&["switch", "--dry-run"])
    };
    let said = with("invalid-value = \"warn\";").complained(0);
    assert!(said.contains("warning: `alway`"), "{said}");
    let said = with("invalid-value = \"off\"; never-started = \"error\";").complained(1);
    assert!(!said.contains("alway") && said.contains("error: nothing starts idle.service"), "{said}");
    let said = with("invalid-valeu = \"off\"; invalid-value = \"off\";").complained(0);
    assert!(said.contains("there is no lint `invalid-valeu`; did you mean `invalid-value`?"), "{said}");
    let said = with("invalid-value = \"loud\";").complained(1);
    assert!(said.contains("systemd.user.lints.invalid-value"), "{said}");
}

#[test]
fn programs_of_the_store_and_secrets() {
    let home = Home::new();
    home.configure(
        r##"{ pkgs, ... }: {
  home.stateVersion = "24.05";
  home.file."bin/own" = { text = "#!/bin/sh\n"; executable = true; };
  systemd.user.services = builtins.mapAttrs (_: ExecStart: {
    Service = { inherit ExecStart; Environment = "API_TOKEN=geheim-geheim"; };
    Install.WantedBy = [ "default.target" ];
  }) {
    absent = "${pkgs.writeShellScriptBin "one" "true"}/bin/two";
    plain = "${pkgs.writeText "plain" "#!/bin/sh\n"}";
    own = "%h/bin/own";
    specifier = "${pkgs.writeShellScript "cat" "cat %t/x"}";
  };
}
"##,
    );
    let said = home.hm(&["check"]).ended(1);
    for text in [
        "bin/two does not exist [missing-program]",
        "is not executable [not-executable]",
        "[specifier-in-script]",
    ] {
        assert!(said.contains(text), "{text:?} is not in\n{said}");
    }
    assert!(!said.contains("bin/own"), "a file of the same generation is there\n{said}");
    assert!(said.contains("[exposed-secret]") && !said.contains("geheim"), "{said}");
    let json = home.hm(&["check", "--json"]).ended(1);
    assert!(!json.contains("geheim"), "{json}");
}

#[test]
fn what_the_seed_warns_of_is_told_once() {
    let home = Home::new();
    home.configure(
        r#"{ config, pkgs, ... }: {
  home.stateVersion = "24.05";
  sops.defaultSymlinkPath = "%r/secrets";
  sops.secrets.token = { };
  systemd.user.services.a = {
    Service.ExecStart = "${pkgs.writeShellScript "a" "cat ${config.sops.secrets.token.path}"}";
    Install.WantedBy = [ "default.target" ];
  };
}
"#,
    );
    let run = home.hm(&["check"]);
    assert!(run.stderr.contains("%r/secrets/token"), "{}", run.stderr);
    assert_eq!(run.ended(0), "nothing is wrong with 1 unit");
}

#[test]
fn explanations() {
    let home = Home::new();
    let said = home.hm(&["check", "--explain", "ordering-cycle"]).ended(0);
    assert!(said.starts_with("ordering-cycle (error)") && said.contains("After=b.service"), "{said}");
    let said = home.hm(&["check", "--explain", "ordering-circle"]).complained(2);
    assert!(said.contains("did you mean 'ordering-cycle'?"), "{said}");
    assert!(home.listing().is_empty());
}

#[test]
fn what_systemd_knows_is_asked_once() {
    if !Path::new("/usr/lib/systemd/systemd").exists() {
        return skip("there is no systemd to ask");
    }
    let home = Home::new();
    home.configure(WRONG);
    home.hm(&["check"]).ended(1);
    assert!(!home.path().join(".cache").exists(), "a home without a cache is left without one");
    std::fs::create_dir(home.path().join(".cache")).unwrap();
    home.hm(&["check"]).ended(1);
    let kept = home.path().join(".cache/hm/systemd-directives");
    let text = std::fs::read_to_string(&kept).unwrap();
    assert!(text.contains("[Service]\n"), "{text}");
    // What was kept is used: with it a directive is known that no systemd has.
    std::fs::write(&kept, text.replace("[Service]\n", "[Service]\nAlsoKnown=BOOLEAN\n")).unwrap();
    home.configure(&WRONG.replace("Restart = \"alway\"", "AlsoKnown = true"));
    let said = home.hm(&["check"]).ended(0);
    assert!(!said.contains("AlsoKnown"), "{said}");
}
