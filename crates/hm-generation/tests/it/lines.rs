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

#[test]
fn a_file_with_two_names_keeps_its_lines_when_one_of_them_goes() {
    let linked = "\n.profile: {one|}mine";
    check(
        ".profile mine\n.bash_profile -> .profile",
        &[
            (".bash_profile&one", &format!(".bash_profile -> .profile{linked}")),
            (".profile&one", &format!(".bash_profile -> .profile{linked}")),
            ("", ".bash_profile -> .profile\n.profile: mine"),
        ],
    );
    check(
        "dots/p mine\n.config -> dots",
        &[
            (".config/p&one", ".config -> dots\ndots/\ndots/p: {one|}mine"),
            ("dots/p&one", ".config -> dots\ndots/\ndots/p: {one|}mine"),
            (".config/p&one dots/p&one", ".config -> dots\ndots/\ndots/p: {one|}mine"),
        ],
    );
}

/// Switches twice, and looks at what is said of lines that are not set.
fn check_notes(foreign: &str, files: &str, expected: &str, tree: &str) {
    let fixture = Fixture::new();
    fixture.foreign(foreign);
    let generation = fixture.generation(files);
    fixture.switch(&generation).unwrap();
    for _ in 0..2 {
        let report = fixture.switch(&generation).unwrap();
        let notes: Vec<String> =
            report.notes.iter().map(|note| format!("{}: {}", note.path, note.why)).collect();
        assert_eq!(notes, [expected], "{files}");
        assert_eq!(fixture.tree(), tree, "{files}");
        assert!(report.edited.is_empty());
    }
}

#[test]
fn what_is_managed_as_a_whole_gets_no_lines() {
    check_notes(
        "dots/\n.config -> dots",
        "dots/x .config/x&&one",
        ".config/x: it is dots/x, which is managed as a whole",
        ".config -> dots\ndots/\ndots/x -> g1/dots/x",
    );
    check_notes(
        "p -> dots/p",
        "dots/p* p&one",
        "p: it is dots/p, which is managed as a whole",
        "dots/\ndots/p: dots/p\np -> dots/p",
    );
    check_notes("", "d d/p&&one", "d/p: d is managed as a whole", "d -> g1/d");
    check_notes("", "p/x p&&one", "p: it is a directory of the configuration", "p/\np/x -> g1/p/x");
    check_notes("", "p&&one p/q&&two", "p/q: p is a file that gets lines, too", "p: {{one|}");
}

#[test]
fn a_store_in_the_home_is_not_written_to() {
    let mut fixture = Fixture::new();
    fixture.foreign(".store/x theirs\np -> .store/x");
    fixture.env.stores =
        hm_generation::Stores::new([fixture.root.path().join("store"), fixture.home(".store")]);
    let report = fixture.switch(&fixture.generation("p&&one")).unwrap();
    assert_eq!(
        (report.notes.len(), fixture.tree().as_str()),
        (1, ".store/\n.store/x: theirs\np -> .store/x")
    );
}

#[test]
fn a_link_that_nobody_remembers_makes_room_for_lines() {
    let fixture = Fixture::new();
    let first = fixture.generation("p");
    fixture.switch(&first).unwrap();
    fs::remove_dir_all(first).unwrap();
    fixture.switch(&fixture.generation("p&&one")).unwrap();
    assert_eq!(fixture.tree(), "p: {{one|}");
}

#[test]
fn files_made_for_lines_make_room() {
    for (lines, files, expected) in
        [("d/p&&one", "d", "d -> g2/d"), ("p&&one", "p/q", "p/\np/q -> g2/p/q"), ("p&&one", "p*", "p: p")]
    {
        let fixture = Fixture::new();
        fixture.switch(&fixture.generation(lines)).unwrap();
        fixture.switch(&fixture.generation(files)).unwrap();
        assert_eq!(fixture.tree(), expected);
    }
}
