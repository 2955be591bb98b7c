//! What must be refused: each with a message that says what, where and what to do, exit status 1, and a home in which
//! nothing has changed.

use std::fs;
use std::os::unix::fs::{PermissionsExt, chown, symlink};
use std::path::Path;
use std::process::Command;

use crate::support::{HM, Home, Run, listing, skip, uid};

/// Switches to a configuration with this text, and looks for each of the lines in what is said.
#[track_caller]
fn refused(configuration: &str, expected: &[&str]) {
    refused_in(&Home::new(), configuration, expected);
}

#[track_caller]
fn refused_in(home: &Home, configuration: &str, expected: &[&str]) {
    home.configure(configuration);
    let before = home.listing();
    for command in [&["switch"] as &[&str], &["switch", "--dry-run"]] {
        let run = home.hm(command);
        assert_eq!((run.status, run.stdout.as_str()), (1, ""), "{}", run.stderr);
        for text in expected {
            assert!(run.stderr.contains(text), "{text:?} is not in\n{}", run.stderr);
        }
        assert_eq!(home.listing(), before);
    }
}

const FILE: &str = "@home@/.config/hm/home.nix";

#[test]
fn a_syntax_error() {
    refused("{\n  home.stateVersion = \"24.05\"\n}\n", &["syntax error", &format!("{FILE}:3:1")]);
    let home = Home::new();
    home.configure("{ a = ; }\n");
    home.hm(&["switch"]).complained(1);
    let all: Vec<_> = fs::read_dir(home.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(all, [".config"], "not even a store is made for text that does not parse");
}

#[test]
fn a_missing_attribute() {
    refused(
        "{ config, ... }: {\n  home.file.a.text = config.home.homeDirectroy;\n}\n",
        &["attribute 'homeDirectroy' missing", "did you mean `homeDirectory`?", &format!("{FILE}:2:")],
    );
}

#[test]
fn a_value_of_the_wrong_type() {
    refused(
        "{\n  home.file.a.text = 3;\n}\n",
        &["A definition for option `home.file.a.text' is not of type", FILE],
    );
}

#[test]
fn an_option_that_does_not_exist() {
    refused(
        "{\n  home.fiel.a.text = \"\";\n}\n",
        &["The option `home.fiel' does not exist", "Did you mean `home.file'?", &format!("{FILE}:2:3")],
    );
}

#[test]
fn a_failure_after_the_first_objects_were_made() {
    let late =
        "{\n  home.file.a.text = builtins.readFile (builtins.toFile \"x\" \"y\") + throw \"too late\";\n}\n";
    let expected = ["too late", FILE];
    refused(late, &expected);
    let home = Home::new();
    home.configure("{\n  home.file.a.text = \"first\";\n}\n");
    home.hm(&["switch"]).ended(0);
    refused_in(&home, late, &expected);
    home.configure("{\n  home.file.b.text = \"second\";\n}\n");
    home.write("taken", "");
    let before = home.listing();
    let said = home.hm(&["build", "--out-link", "taken"]).complained(1);
    assert!(said.contains("is not a link into the store"), "{said}");
    assert_eq!(home.listing(), before);
    home.hm(&["switch", "--dry-run"]).ended(0);
    assert_eq!(home.listing(), before);
}

#[test]
fn infinite_recursion() {
    refused(
        "{ config, ... }: {\n  home.file.a.text = config.home.file.a.text;\n}\n",
        &["infinite recursion encountered", FILE],
    );
    refused(
        "let x = x + 1; in {\n  home.file.a.text = toString x;\n}\n",
        &["infinite recursion encountered", &format!("{FILE}:1:9")],
    );
}

#[test]
fn a_missing_file() {
    let source = "{\n  xdg.configFile.rc.source = ./absent;\n}\n";
    refused(source, &[&format!("xdg.configFile.rc ({FILE}:2:3)"), "@home@/.config/hm/absent does not exist"]);
    refused("{\n  imports = [ ./absent.nix ];\n}\n", &["@home@/.config/hm/absent.nix"]);
    let home = Home::new();
    let said = home.hm(&["switch", "-f", "no.nix"]).complained(1);
    assert!(said.contains("there is no configuration at @home@/no.nix"), "{said}");
    assert!(home.listing().is_empty());
}

#[test]
fn no_configuration() {
    let home = Home::new();
    insta::assert_snapshot!(home.hm(&["switch"]).complained(1), @r"
    error: there is no configuration at @home@/.config/hm/home.nix or @home@/.config/home-manager/home.nix
    hint: `hm init` writes a first one; -f FILE and $HM_CONFIG name another place
    ");
    assert!(home.listing().is_empty());
}

#[test]
fn targets_outside_the_home() {
    let outside = "is outside the home directory @home@";
    let place = &format!("{FILE}:2:3");
    refused("{\n  home.file.\"/etc/motd\".text = \"\";\n}\n", &["the target /etc/motd", outside, place]);
    refused("{\n  home.file.\"a/../../b\".text = \"\";\n}\n", &["the target a/../../b", outside, place]);
}

#[test]
fn everything_in_the_way_is_named_at_once() {
    let home = Home::new();
    let configuration = "{\n  home.file.notes.text = \"new\\n\";\n  home.file.dir.text = \"\";\n  home.file.link.text = \"\";\n  home.file.\"file/inner\".text = \"\";\n}\n";
    home.write("notes", "old\n");
    home.write("file", "");
    home.write("dir/mine", "");
    symlink("elsewhere", home.path().join("link")).unwrap();
    refused_in(
        &home,
        configuration,
        &[
            "4 targets cannot be written; nothing was changed",
            "notes is a file that hm did not make",
            "dir is a directory that holds dir/mine",
            "link is a link to elsewhere that hm did not make",
            "file/inner cannot be made: file is a file",
            &format!("notes is defined at {FILE}:2:3"),
            &format!("file/inner is defined at {FILE}:5:3"),
        ],
    );
    home.hm(&["switch", "--backup"]).complained(1);
    fs::remove_file(home.path().join("file")).unwrap();
    let said = home.hm(&["switch", "--backup=old"]).ended(0);
    assert!(said.contains("kept notes as notes.old"), "{said}");
    assert_eq!(fs::read_to_string(home.path().join("notes.old")).unwrap(), "old\n");
    assert_eq!(fs::read_to_string(home.path().join("notes")).unwrap(), "new\n");
}

#[test]
fn a_home_of_somebody_else() {
    let home = Home::new();
    home.configure("{ }\n");
    let mut command =
        home.command(&["switch", "-f", home.path().join(".config/hm/home.nix").to_str().unwrap()]);
    let place = if uid() == 0 {
        chown(home.path(), Some(12_345), None).unwrap();
        home.path()
    } else {
        command.env("HOME", "/");
        "/".into()
    };
    let before = home.listing();
    let run = Run::of(&mut command, Path::new("/nonexistent"));
    let said = run.complained(1);
    assert!(said.contains(&format!("the home directory {} belongs to user", place.display())), "{said}");
    assert!(said.contains("set HOME to your own"), "{said}");
    assert_eq!(home.listing(), before);
}

#[test]
fn a_home_that_is_not_there() {
    let home = Home::new();
    let run = Run::of(home.command(&["switch"]).env("HOME", "/nonexistent/home"), &home.path());
    assert!(run.complained(1).contains("the home directory /nonexistent/home does not exist"));
    let run = Run::of(home.command(&["switch"]).env("HOME", "relative"), &home.path());
    assert!(run.complained(1).contains("HOME is not an absolute path: 'relative'"));
}

#[test]
fn a_home_that_cannot_be_written_to() {
    let home = Home::new();
    let file = home.configure("{ home.file.a.text = \"\"; }\n");
    let mut command = if uid() == 0 {
        // Root may write everywhere, so another user has to try, with a binary that it may read.
        let user = 12_345;
        let program = home.path().join("hm");
        if fs::hard_link(HM, &program).is_err() {
            fs::copy(HM, &program).unwrap();
        }
        chown(home.path(), Some(user), Some(user)).unwrap();
        let mut command = Command::new("setpriv");
        command.args(["--reuid=12345", "--regid=12345", "--clear-groups"]).arg(program).env_clear();
        if Command::new("setpriv").arg("--version").output().is_err() {
            return skip("a home that cannot be written to: setpriv is not installed");
        }
        command
    } else {
        Command::new(HM)
    };
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o555)).unwrap();
    let before = listing(&home.path());
    command.arg("switch").arg("-f").arg(file).env("HOME", home.path()).current_dir("/");
    let said = Run::of(&mut command, &home.path()).complained(1);
    assert_eq!(listing(&home.path()), before);
    fs::set_permissions(home.path(), fs::Permissions::from_mode(0o755)).unwrap();
    insta::assert_snapshot!(said, @r"
    error: the home directory @home@ is not writable: Permission denied (os error 13)
    hint: make it writable: generations are recorded in @home@/.local/state
    ");
}

#[test]
fn a_store_in_an_unsuitable_place() {
    let home = Home::new();
    home.configure("{ home.file.a.text = \"\"; }\n");
    let before = home.listing();
    let run = home.hm(&["switch", "--store-dir", "with blank"]);
    let said = run.complained(1);
    assert!(said.contains("contains the character ' '"), "{said}");
    assert!(said.contains("--store-dir"), "{said}");
    assert_eq!(home.listing(), before);
}

#[test]
fn a_misspelt_command() {
    let home = Home::new();
    assert!(home.hm(&["swich"]).complained(2).contains("switch"));
    assert!(
        home.hm(&["switch", "--no-block", "--timeout", "3"]).complained(2).contains("cannot be used with")
    );
    assert!(home.hm(&["rollback", "7"]).complained(1).contains("has no generation 7"));
    assert!(home.hm(&["rollback"]).complained(1).contains("has no generation before the current one"));
}
