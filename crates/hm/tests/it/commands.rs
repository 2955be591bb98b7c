//! What the commands say and do, without a user manager.

use std::fs;

use crate::support::{Home, Run, repository};

const ONE: &str = r#"{ pkgs, ... }: {
  home.file.greeting.text = "hello\n";
  systemd.user.services.greet = {
    Unit.Description = "Greet";
    Service.ExecStart = "${pkgs.writeShellScript "greet" "echo hello"}";
    Install.WantedBy = [ "default.target" ];
  };
}
"#;

#[test]
fn a_life() {
    let home = Home::new();
    insta::assert_snapshot!(home.hm(&["status"]).complained(0), @"there is no generation yet; `hm switch` makes the first");
    insta::assert_snapshot!(home.hm(&["init"]).ended(0), @r"
    wrote @home@/.config/hm/home.nix
    next: edit it, see what it would do with `hm switch --dry-run`, then run `hm switch`
    ");
    insta::assert_snapshot!(home.hm(&["init"]).complained(1), @r"
    error: there is a configuration at @home@/.config/hm/home.nix already; it was left alone
    hint: `hm switch` builds it
    ");
    insta::assert_snapshot!(home.hm(&["switch"]).ended(0), @"switched to generation 1: no link or unit changed");

    home.configure(ONE);
    let before = home.listing();
    insta::assert_snapshot!(home.hm(&["switch", "--dry-run"]).ended(0), @r"
    would switch to generation 2:
    make dir    .config/systemd/
    make dir    .config/systemd/user/
    make dir    .config/systemd/user/default.target.wants/
    link        .config/systemd/user/default.target.wants/greet.service
    link        .config/systemd/user/greet.service
    link        greeting
    @no manager@; greet.service starts with the next session
    ");
    assert_eq!(home.listing(), before, "a dry run changes nothing");
    insta::assert_snapshot!(home.hm(&["switch"]).ended(0), @r"
    switched to generation 2: 3 links created
    @no manager@; greet.service starts with the next session
    ");
    assert_eq!(fs::read_to_string(home.path().join("greeting")).unwrap(), "hello\n");
    let switched = home.listing();
    insta::assert_snapshot!(home.hm(&["switch"]).ended(0), @"nothing to do: generation 2 is current, with 3 links and 1 unit");
    assert_eq!(home.listing(), switched);
    insta::assert_snapshot!(home.hm(&["status"]).ended(0), @r"
    generation 2: @store@/home-manager-generation
    @no manager@; units start with the next session
    UNIT
    greet.service
    ");

    home.configure(&ONE.replace("greeting", "welcome").replace("echo hello", "echo welcome"));
    insta::assert_snapshot!(home.hm(&["switch", "-v"]).ended(0), @r"
    switched to generation 3: 1 link created, 2 replaced, 1 removed
    created welcome
    replaced .config/systemd/user/default.target.wants/greet.service
    replaced .config/systemd/user/greet.service
    removed greeting
    @no manager@; greet.service starts with the next session
    ");
    insta::assert_snapshot!(home.hm(&["rollback", "--dry-run"]).ended(0), @r"
    would roll back to generation 2:
    link        greeting
    relink      .config/systemd/user/default.target.wants/greet.service
    relink      .config/systemd/user/greet.service
    remove      welcome
    @no manager@; greet.service starts with the next session
    ");
    insta::assert_snapshot!(home.hm(&["rollback"]).ended(0), @r"
    rolled back to generation 2: 1 link created, 2 replaced, 1 removed
    @no manager@; greet.service starts with the next session
    ");
    let links = |listing: &std::collections::BTreeMap<String, String>| {
        let keep = |name: &str| !name.starts_with(".local") && name != ".config/hm/home.nix";
        listing.iter().filter(|(name, _)| keep(name)).map(|(a, b)| format!("{a} {b}")).collect::<Vec<_>>()
    };
    assert_eq!(links(&home.listing()), links(&switched));
    insta::assert_snapshot!(home.hm(&["rollback", "2"]).ended(0), @"nothing to do: generation 2 is current, with 3 links and 1 unit");
    let listed = home.hm(&["generations"]).ended(0);
    let columns: Vec<Vec<&str>> = listed.lines().map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(columns[0], ["ID", "CREATED", "UNITS", "FILES", "PACKAGES", "PATH"]);
    let marks: Vec<(&str, bool)> =
        columns[1..].iter().map(|row| (row[0], row.contains(&"current"))).collect();
    assert_eq!(marks, [("3", false), ("2", true), ("1", false)]);
    let json: serde_json::Value =
        serde_json::from_str(&home.hm(&["generations", "--json"]).ended(0)).unwrap();
    assert_eq!(json[1]["current"], true);
    assert_eq!(json[1]["path"], "@store@/home-manager-generation");
}

#[test]
fn a_build_links_its_result() {
    let home = Home::new();
    home.configure(ONE);
    insta::assert_snapshot!(home.hm(&["build"]).ended(0), @"@store@/home-manager-generation");
    let link = fs::read_link(home.path().join("result")).unwrap();
    assert!(link.join("manifest.json").is_file());
    home.hm(&["build"]).ended(0);
    assert!(!home.path().join("greeting").exists());
    home.write("mine", "");
    let said = home.hm(&["build", "-o", "mine"]).complained(1);
    assert!(said.contains("@home@/mine is not a link into the store"), "{said}");
    assert_eq!(home.hm(&["generations", "--json"]).ended(0), "[]");
}

#[test]
fn where_the_configuration_is_looked_for() {
    let home = Home::new();
    let file = |text: &str| format!("{{ home.file.{text}.text = \"\"; }}\n");
    home.write(".config/home-manager/home.nix", &file("three"));
    let made = |run: Run, name: &str| {
        run.ended(0);
        assert!(home.path().join(name).is_symlink(), "{name}");
    };
    made(home.hm(&["switch"]), "three");
    home.configure(&file("two"));
    made(home.hm(&["switch"]), "two");
    let one = home.write("one.nix", &file("one"));
    made(Run::of(home.command(&["switch"]).env("HM_CONFIG", &one), &home.path()), "one");
    home.write("zero.nix", &file("zero"));
    made(Run::of(home.command(&["switch", "-f", "zero.nix"]).env("HM_CONFIG", &one), &home.path()), "zero");
}

#[test]
fn no_more_is_said_than_wanted() {
    let home = Home::new();
    home.configure(ONE);
    let run = home.hm(&["switch", "--quiet"]);
    assert_eq!((run.status, run.stdout.as_str(), run.stderr.as_str()), (0, "", ""));
    let run = home.hm(&["switch", "--timings"]);
    let phases: Vec<&str> = run.stderr.lines().filter_map(|line| line.split_whitespace().next()).collect();
    assert_eq!(phases, ["store", "read", "evaluate", "plan", "total"]);
    assert!(run.stderr.lines().all(|line| line.ends_with(" ms")), "{}", run.stderr);
}

#[test]
fn commands_of_the_configuration_run_once() {
    let home = Home::new();
    let configuration = |text: &str| {
        format!(
            r#"{{ lib, ... }}: {{
  home.file.watched = {{ text = "{text}"; onChange = "echo changed >> $HOME/log"; }};
  home.activation.before = lib.hm.dag.entryBefore [ "writeBoundary" ] ''echo check: $(ls $HOME) >> $HOME/log'';
  home.activation.after = lib.hm.dag.entryAfter [ "linkGeneration" ] ''run cat $HOME/watched >> $HOME/log'';
  home.activation.calm = lib.hm.dag.entryAfter [ "linkGeneration" ] "echo calm";
}}
"#
        )
    };
    home.configure(&configuration("one"));
    insta::assert_snapshot!(home.hm(&["switch", "--dry-run"]).ended(0), @r"
    would switch to generation 1:
    link        watched
    activate    before
    activate    after
    activate    calm
    on change   watched
    ");
    assert!(!home.path().join("log").exists());
    insta::assert_snapshot!(home.hm(&["switch"]).ended(0), @"switched to generation 1: 1 link created; ran onChange of watched");
    home.hm(&["switch"]).ended(0);
    insta::assert_snapshot!(fs::read_to_string(home.path().join("log")).unwrap(), @r"
    check:
    onechanged
    ");
    home.configure(&configuration("two").replace("check: $(ls $HOME)", "x; exit 7"));
    let before = home.listing();
    let said = home.hm(&["switch"]).complained(1);
    assert!(said.contains("home.activation.before failed: exit status: 7"), "{said}");
    let after = home.listing();
    assert_eq!(after["watched"], before["watched"]);
    home.configure(&configuration("three").replace("run cat $HOME/watched >> $HOME/log", "false"));
    let said = home.hm(&["switch"]).complained(3);
    assert!(said.contains("home.activation.after failed: exit status: 1"), "{said}");
    assert_eq!(fs::read_to_string(home.path().join("watched")).unwrap(), "three");
}

#[test]
fn the_first_configuration_works_with_its_examples() {
    let home = Home::new();
    home.hm(&["init"]).ended(0);
    let path = home.path().join(".config/hm/home.nix");
    let text = fs::read_to_string(&path).unwrap();
    let switched_on: Vec<&str> = text
        .lines()
        .map(|line| line.trim_start().strip_prefix("#   ").unwrap_or(line))
        .filter(|line| !line.contains("alice"))
        .collect();
    fs::write(&path, switched_on.join("\n")).unwrap();
    let said = home.hm(&["switch"]).ended(0);
    assert!(
        said.starts_with("switched to generation 1: 7 links created"),
        "{said}\n{}",
        switched_on.join("\n")
    );
    assert!(home.path().join(".config/systemd/user/timers.target.wants/greet.timer").exists());
    assert!(home.path().join(".inputrc").exists());
}

#[test]
fn a_store_in_another_place() {
    let home = Home::new();
    home.configure(ONE);
    home.hm(&["switch", "--store-dir", "other"]).ended(0);
    let target = fs::read_link(home.path().join("greeting")).unwrap();
    assert!(target.starts_with(home.path().join("other/store")), "{}", target.display());
    // The links into that store are still known to be hm's.
    assert_eq!(
        home.hm(&["switch"]).ended(0).lines().next().unwrap(),
        "switched to generation 2: 3 links replaced"
    );
    assert_eq!(
        home.hm(&["rollback"]).ended(0).lines().next().unwrap(),
        "rolled back to generation 1: 3 links replaced"
    );
}

#[test]
fn the_examples_switch() {
    for (name, links) in [("attic-watch-store", 2), ("nix-index-watchintake", 6), ("seeds", 8)] {
        let home = Home::new();
        let file = repository().join("examples").join(name).join("home.nix");
        let said = home.hm(&["switch", "-f", file.to_str().unwrap()]).ended(0);
        let first = said.lines().next().unwrap();
        assert_eq!(first, format!("switched to generation 1: {links} links created"));
        assert_eq!(said.lines().count(), 2, "one more line says what starts when: {said}");
    }
}
