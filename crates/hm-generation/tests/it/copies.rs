//! Copies: files that the user may edit, and that are updated only as long as nobody has.

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};

use hm_generation::{Error, Options, SwitchReport, Target};

use crate::fixture::{Fixture, fast};

fn paths(paths: &[hm_generation::RelPath]) -> Vec<&str> {
    paths.iter().map(|path| path.as_str()).collect()
}

/// Switches to the first generation, changes the home by hand, and switches to the second.
fn check(first: &str, edit: &dyn Fn(&Fixture), second: &str, expected: &str) -> SwitchReport {
    let fixture = Fixture::new();
    fixture.switch(&fixture.generation(first)).unwrap();
    edit(&fixture);
    let report = fixture.switch(&fixture.generation(second)).unwrap();
    assert_eq!(fixture.tree(), expected, "{first} -> {second}");
    report
}

fn write<'a>(name: &'a str, text: &'a str) -> impl Fn(&Fixture) + 'a {
    move |fixture| {
        // As editors do it.
        fs::write(fixture.home("editing"), text).unwrap();
        fs::rename(fixture.home("editing"), fixture.home(name)).unwrap();
    }
}

const NOTHING: &dyn Fn(&Fixture) = &|_| {};

#[test]
fn copies_are_files_of_the_user() {
    let fixture = Fixture::new();
    let report = fixture.switch(&fixture.generation("a=1* d/b*x c")).unwrap();
    assert_eq!(fixture.tree(), "a: 1\nc -> g1/c\nd/\nd/b:x d/b");
    assert_eq!((paths(&report.copied), paths(&report.created)), (vec!["a", "d/b"], vec!["c"]));
    let mode = |name: &str| fs::metadata(fixture.home(name)).unwrap().permissions().mode() & 0o700;
    assert_eq!((mode("a"), mode("d/b")), (0o600, 0o700));
    let again = fixture.switch(&fixture.generation("a=1* d/b*x c")).unwrap();
    assert!(again.copied.is_empty() && again.unchanged == 2, "{again:?}");
}

#[test]
fn unedited_copies_follow_the_configuration() {
    check("a=1*", NOTHING, "a=2*", "a: 2");
    check("a=1*", NOTHING, "a=1*x", "a:x 1");
    check("d/a=1*", NOTHING, "", "");
    check("a=1*", NOTHING, "a=2", "a -> g2/a");
    check("a=1", NOTHING, "a=2*", "a: 2");
    check("a", NOTHING, "a/b=1* a/c", "a/\na/b: 1\na/c -> g2/a/c");
    check("a/b=1* a/c", NOTHING, "a", "a -> g2/a");
    check("a/b/c=1*", NOTHING, "a=2*", "a: 2");
    check("a=1*", NOTHING, "a/b=2* a/c", "a/\na/b: 2\na/c -> g2/a/c");
    check("a=1*", &|fixture| fs::remove_file(fixture.home("a")).unwrap(), "a=1*", "a: 1");
}

#[test]
fn what_the_user_edited_is_kept_and_reported() {
    let report = check("a=1*", &write("a", "mine"), "a=2*", "a: mine");
    assert_eq!((paths(&report.edited), report.copied.len()), (vec!["a"], 0));
    let report = check("a=1*", &write("a", "mine"), "a=1*", "a: mine");
    assert_eq!(paths(&report.edited), ["a"]);
    let report = check("a=1*", &write("a", "mine"), "", "a: mine");
    assert_eq!(paths(&report.left_alone), ["a"]);
    // Edited to what the configuration says now.
    let report = check("a=1*", &write("a", "2"), "a=2*", "a: 2");
    assert_eq!((report.edited.len(), report.unchanged), (0, 1));
    check("a=1*", &write("a", "mine"), "a=2!*", "a: 2");
    let link = |fixture: &Fixture| {
        fs::remove_file(fixture.home("a")).unwrap();
        symlink("/nowhere", fixture.home("a")).unwrap();
    };
    check("a=1*", &link, "", "a -> /nowhere");
}

#[test]
fn an_edit_is_no_obstacle_to_the_very_same_generation() {
    let fixture = Fixture::new();
    let generation = fixture.generation("a=1* b=1* c");
    fixture.switch(&generation).unwrap();
    write("a", "mine")(&fixture);
    fs::remove_file(fixture.home("b")).unwrap();
    let report = fixture.switch(&generation).unwrap();
    assert_eq!((paths(&report.edited), paths(&report.copied)), (vec!["a"], vec!["b"]));
    assert_eq!(fixture.tree(), "a: mine\nb: 1\nc -> g1/c");
}

#[test]
fn foreign_files_are_not_overwritten_by_copies() {
    let fixture = Fixture::new();
    fixture.foreign("same text\nother text");
    let generation = fixture.generation("same=text* other*");
    let Err(Error::Problems(problems)) = fixture.switch(&generation) else { panic!("not refused") };
    assert_eq!(problems.len(), 1);
    assert!(problems[0].to_string().contains("-text\n    +other"), "{}", problems[0]);
    let options = Options { backup: Some("bak".to_owned()), ..fast() };
    fixture.switch_to(Target::Path(&generation), &options).unwrap();
    assert_eq!(fixture.tree(), "other: other\nother.bak: text\nsame: text");
}

#[test]
fn an_edited_copy_is_no_place_for_a_link() {
    let fixture = Fixture::new();
    fixture.switch(&fixture.generation("a=1* d/b*")).unwrap();
    write("a", "mine")(&fixture);
    write("d/b", "mine")(&fixture);
    let before = fixture.snapshot();
    let Err(Error::Problems(problems)) = fixture.switch(&fixture.generation("a d")) else {
        panic!("not refused")
    };
    assert_eq!(problems.len(), 2);
    assert!(problems[0].to_string().contains("has been edited since"), "{}", problems[0]);
    assert_eq!(fixture.snapshot(), before);
    let options = Options { backup: Some("bak".to_owned()), ..fast() };
    fixture.switch_to(Target::Path(&fixture.generation("a d")), &options).unwrap();
    assert_eq!(fixture.tree(), "a -> g3/a\na.bak: mine\nd -> g3/d\nd.bak/\nd.bak/b: mine");
}

#[test]
fn rolling_back_brings_back_what_was_copied() {
    let fixture = Fixture::new();
    fixture.switch(&fixture.generation("a=1* gone=1*")).unwrap();
    let first = fixture.tree();
    fixture.switch(&fixture.generation("a=2* new=1*")).unwrap();
    fixture.switch_to(Target::Previous, &fast()).unwrap();
    assert_eq!(fixture.tree(), first);
}
