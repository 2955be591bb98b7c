//! Lines that are kept in files of the user.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use crate::fixture::Fixture;

/// Switches through the generations; the home must look as given after each.
fn check(foreign: &str, steps: &[(&str, &str)]) {
    let fixture = Fixture::new();
    fixture.foreign(foreign);
    for (files, expected) in steps {
        fixture.switch(&fixture.generation(files)).unwrap();
        assert_eq!(fixture.tree(), *expected, "{files}");
    }
    let before = fixture.snapshot();
    let last = steps.last().unwrap().0;
    let report = fixture.switch(&fixture.generation(last)).unwrap();
    assert!(report.lines.is_empty() && before.split("--").next() == fixture.snapshot().split("--").next());
}

#[test]
fn lines_come_and_change_and_go() {
    check(
        ".profile mine",
        &[
            (".profile&one", ".profile: {one|}mine"),
            (".profile&two", ".profile: {two|}mine"),
            ("", ".profile: mine"),
        ],
    );
    check("", &[(".profile&one", ""), (".profile&&one", ".profile: {{one|}"), ("", "")]);
    check("", &[("d/e/p&&one", "d/\nd/e/\nd/e/p: {{one|}"), ("", "")]);
    check(".profile ", &[(".profile&&one", ".profile: {one|}"), ("", ".profile:")]);
}

#[test]
fn a_file_that_was_made_stays_when_the_user_writes_in_it() {
    let fixture = Fixture::new();
    fixture.switch(&fixture.generation("p&&one")).unwrap();
    let text = fs::read_to_string(fixture.home("p")).unwrap();
    fs::write(fixture.home("p"), format!("{text}mine")).unwrap();
    fixture.switch(&fixture.generation("p&&two")).unwrap();
    assert_eq!(fixture.tree(), "p: {{two|}mine");
    fixture.switch(&fixture.generation("")).unwrap();
    assert_eq!(fixture.tree(), "p: mine");
}

#[test]
fn the_mode_stays_and_links_are_followed_inside_the_home() {
    let fixture = Fixture::new();
    fixture.foreign("dots/profile mine\n.profile -> dots/profile\n.bash_profile -> .profile");
    let real = fixture.home("dots/profile");
    fs::set_permissions(&real, fs::Permissions::from_mode(0o640)).unwrap();
    fixture.switch(&fixture.generation(".profile&&one .bash_profile&one")).unwrap();
    assert_eq!(
        fixture.tree(),
        ".bash_profile -> .profile\n.profile -> dots/profile\ndots/\ndots/profile: {one|}mine"
    );
    assert_eq!(fs::metadata(&real).unwrap().permissions().mode() & 0o777, 0o640);
    fixture.switch(&fixture.generation("")).unwrap();
    assert_eq!(fs::read_to_string(&real).unwrap(), "mine");
}

#[test]
fn what_cannot_have_lines_is_noted_and_left() {
    let fixture = Fixture::new();
    fixture.foreign("dir/\nout -> /etc/hostname\nbroken -> nowhere");
    fs::write(fixture.home("half"), "# >>> hm: x\n").unwrap();
    let report = fixture.switch(&fixture.generation("dir&x out&x broken&x half&x ok&&x")).unwrap();
    let notes: Vec<String> = report.notes.iter().map(|note| format!("{}: {}", note.path, note.why)).collect();
    assert_eq!(
        notes,
        [
            "broken: it is a link to nowhere, where hm changes nothing",
            "dir: it is a directory",
            "half: the line `# <<< hm <<<` that ends the lines of hm is missing; put it back, or remove the lines of hm",
            "out: it is a link to /etc/hostname, where hm changes nothing",
        ]
    );
    assert!(fixture.tree().contains("ok: {{x|}"));
}

#[test]
fn a_managed_file_takes_the_place_of_lines_and_gives_it_back() {
    let fixture = Fixture::new();
    fixture.switch(&fixture.generation("p&&one")).unwrap();
    fixture.switch(&fixture.generation("p=whole p&&one")).unwrap();
    assert_eq!(fixture.tree(), "p -> g2/p");
    fixture.switch(&fixture.generation("p&&one")).unwrap();
    assert_eq!(fixture.tree(), "p: {{one|}");
    fixture.switch(&fixture.generation("p=copy*")).unwrap();
    assert_eq!(fixture.tree(), "p: copy");
    fixture.switch(&fixture.generation("p&&two")).unwrap();
    assert_eq!(fixture.tree(), "p: {{two|}");
}

#[test]
fn a_link_of_the_user_in_the_store_is_not_written_to() {
    let fixture = Fixture::new();
    let store = fixture.root.path().join("store/x");
    fs::write(&store, "theirs").unwrap();
    symlink(&store, fixture.home("p")).unwrap();
    let report = fixture.switch(&fixture.generation("p&&one")).unwrap();
    assert_eq!((report.notes.len(), fs::read_to_string(&store).unwrap().as_str()), (1, "theirs"));
}
