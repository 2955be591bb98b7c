//! Plans as data: what the generations have and what stands in the home, against the steps or the problems.

use super::*;
use crate::generation::Entry;

/// Reads a set of files: names, with `!` behind those that say `force`.
fn files(object: &str, text: &str) -> FileSet {
    let entries = text.split_whitespace().map(|word| {
        let (name, force) = word.strip_suffix('!').map_or((word, false), |name| (name, true));
        (RelPath::new(name).unwrap(), Entry { force, ..Entry::default() })
    });
    FileSet::new(object, entries)
}

/// Reads a live home, one place per line:
///
/// ```text
/// a/b         absent directories and targets are not written
/// a/          a directory                      a/ file | ours | store | outside [UID] | dangling | closed
/// a = now     the wanted link                  a = ours | link | same | other | other UID | socket | toolong
/// a = dir x !y        a directory with the managed link a/x and the foreign a/y
/// made a      `hm` made the directory          holds a x y     it holds these names
/// locked a    it cannot be written to          at a = b        it is a link to the directory b of the home
/// ```
fn live(text: &str, backup: bool) -> LiveHome {
    let mut live = LiveHome::default();
    let path = |text: &str| RelPath::new(text).unwrap();
    for line in text.lines().map(str::trim).filter(|line| !line.is_empty()) {
        let words: Vec<&str> = line.split_whitespace().collect();
        let spare = |name: &str| backup.then(|| format!("{name}.bak"));
        match *words.as_slice() {
            ["made", dir] => drop(live.made.insert(path(dir))),
            ["holds", dir, ..] => {
                let names = words[2..].iter().map(|name| (*name).to_owned()).collect();
                live.listed.insert(path(dir), names);
            }
            ["locked", dir] => {
                live.unwritable.insert(dir.trim_end_matches('.').to_owned(), "read-only".to_owned());
            }
            ["at", dir, "=", real] => {
                live.redirects.insert(path(dir), Redirect::Home(path(real)));
                live.parents.insert(path(dir), Parent::Directory);
            }
            [dir, ref what @ ..] if dir.ends_with('/') => {
                let parent = match *what {
                    [] => Parent::Directory,
                    ["file"] => Parent::File,
                    ["ours"] => Parent::Ours("OLD".to_owned()),
                    ["store"] => Parent::InStore("/s/x".to_owned()),
                    ["outside"] => Parent::Outside { leads_to: "/data".to_owned(), other_owner: None },
                    ["outside", uid] => {
                        Parent::Outside { leads_to: "/data".to_owned(), other_owner: uid.parse().ok() }
                    }
                    ["dangling"] => Parent::Dangling("gone".to_owned()),
                    ["closed"] => Parent::Closed("no".to_owned()),
                    _ => panic!("{line}"),
                };
                live.parents.insert(path(dir.trim_end_matches('/')), parent);
            }
            [name, "=", ref what @ ..] => {
                let file = |same, owner: Option<&str>| Leaf::File {
                    same,
                    difference: None,
                    own: None,
                    edited: false,
                    other_owner: owner.map(|uid| uid.parse().unwrap()),
                    backup: spare(path(name).name()),
                };
                let leaf = match *what {
                    ["now"] => Leaf::Current,
                    ["ours"] => Leaf::Ours("OLD".to_owned()),
                    ["link"] => Leaf::Link { leads_to: "/x".to_owned(), backup: spare(path(name).name()) },
                    ["same"] => file(true, None),
                    ["other"] => file(false, None),
                    ["other", uid] => file(true, Some(uid)),
                    ["socket"] => Leaf::Special("socket"),
                    ["toolong"] => Leaf::TooLong,
                    ["dir", ref names @ ..] => {
                        let (foreign, links): (Vec<&str>, Vec<&str>) =
                            names.iter().partition(|name| name.starts_with('!'));
                        Leaf::Directory {
                            own: Vec::new(),
                            foreign: foreign.iter().map(|child| format!("{name}/{}", &child[1..])).collect(),
                            links: links.iter().map(|child| path(&format!("{name}/{child}"))).collect(),
                            backup: spare(path(name).name()),
                        }
                    }
                    _ => panic!("{line}"),
                };
                live.leaves.insert(path(name), leaf);
            }
            _ => panic!("{line}"),
        }
    }
    live
}

fn outcome(old: &str, new: &str, live: &LiveHome) -> String {
    match plan(Some(&files("OLD", old)), &files("NEW", new), live) {
        Ok(plan) => plan.to_string(),
        Err(problems) => problems
            .iter()
            .map(|problem| {
                let value = serde_json::to_value(problem).unwrap();
                let (kind, path) = (value["problem"].as_str().unwrap(), value["path"].as_str().unwrap());
                let more = value["parent"].as_str().or(value["other"].as_str()).unwrap_or_default();
                format!("{kind} {path} {more}").trim_end().to_owned() + "\n"
            })
            .collect(),
    }
}

fn compare(got: &str, expected: &str, what: &str) {
    let squeeze = |text: &str| {
        let lines = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" "));
        lines.filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
    };
    assert_eq!(squeeze(got), squeeze(expected), "{what}");
}

fn check(old: &str, home: &str, new: &str, expected: &str) {
    compare(&outcome(old, new, &live(home, false)), expected, &format!("{old} | {home} | {new}"));
}

fn check_backup(home: &str, new: &str, expected: &str) {
    compare(&outcome("", new, &live(home, true)), expected, &format!("{home} | {new}"));
}

#[test]
fn links_come_and_change_and_go() {
    check("", "", "", "");
    check("", "", "a b/c/d", "link a \n make dir b/ \n make dir b/c/ \n link b/c/d");
    check("", "b/", "b/c/d b/c/e", "make dir b/c/ \n link b/c/d \n link b/c/e");
    check("a b", "a = now \n b = now", "a b", "");
    check("a b", "a = ours \n b = now", "a b", "relink a");
    check("a b", "b = now", "a b", "link a");
    check("a b", "a = ours \n b = now", "b", "remove a");
    check("a", "", "", "");
    check("d/a", "d/ file", "", "");
    check("d/a", "d/ outside", "", "left alone d/a (no longer as hm made it, or out of reach)");
}

#[test]
fn additions_come_first_and_removals_last() {
    check(
        "gone y/changed",
        "gone = ours \n y/ \n y/changed = ours",
        "y/changed z/added",
        "make dir z/ \n link z/added \n relink y/changed \n remove gone",
    );
}

#[test]
fn what_is_no_longer_ours_is_left_alone() {
    for what in ["link", "other", "same", "socket", "dir !x"] {
        check("a", &format!("a = {what}"), "", "left alone a (no longer as hm made it, or out of reach)");
    }
}

#[test]
fn foreign_files() {
    check("", "a = same", "a", "adopt a (a file with the same content)");
    check("", "a = other", "a", "foreign-file a");
    check("", "a = link", "a", "foreign-link a");
    check("", "a = socket", "a!", "special-file a");
    check("", "a = other 7", "a!", "other-owner a");
    check("", "a = toolong", "a!", "name-too-long a");
    check("", "a = dir", "a", "directory-in-the-way a");
    check("", "a = dir !x", "a", "directory-in-the-way a");
}

#[test]
fn force_is_for_that_very_entry() {
    check("", "a = other", "a!", "replace a (force)");
    check("", "a = link", "a!", "replace a (force)");
    check("", "a = same", "a!", "adopt a (a file with the same content)");
    check("", "a = other \n ab = other", "a! ab", "foreign-file ab");
    check("", "a = dir !x", "a!", "directory-in-the-way a");
    check("", "a = dir", "a!", "dir to link a (of 0 links)");
}

#[test]
fn backups() {
    check_backup("a = other", "a", "back up a as a.bak, and link");
    check_backup("d/ \n d/a = link", "d/a", "back up d/a as a.bak, and link");
    check_backup("a = dir !x", "a", "back up a as a.bak, and link");
    check_backup("a = same", "a", "adopt a (a file with the same content)");
    check_backup("a = other", "a!", "replace a (force)");
    check_backup("a = socket", "a", "special-file a");
    check_backup("a = other 7", "a", "other-owner a");
}

#[test]
fn all_problems_at_once() {
    check(
        "",
        "a = other \n b = link \n c/ file \n e/ outside \n f/ store \n g/ dangling \n h/ outside 7 \n i/ closed",
        "a b c/x c/y d e/x f/x g/x h/x i/x",
        "foreign-file a \n foreign-link b \n parent-is-file c/x c \n parent-outside-home e/x e
         parent-in-store f/x f \n parent-dangling g/x g \n parent-outside-home h/x h \n parent-not-writable i/x i",
    );
}

#[test]
fn a_link_becomes_a_directory_without_writing_through_it() {
    check("a", "a/ ours \n a = ours", "a/b a/c/d", "link to dir a/ (2 links)");
    check("x/a", "x/ \n x/a/ ours", "x/a/b x/z", "link x/z \n link to dir x/a/ (1 links)");
    // A managed link that no generation knows of is ours all the same.
    check("", "a/ ours", "a/b", "link to dir a/ (1 links)");
}

#[test]
fn a_directory_becomes_a_link() {
    check("a/b a/c", "a/ \n a = dir b c \n a/b = ours \n a/c = ours", "a", "dir to link a (of 2 links)");
    check("a/b", "a/ \n a = dir b !mine \n a/b = ours", "a", "directory-in-the-way a");
    check("", "made a \n a = dir", "a", "dir to link a (of 0 links)");
}

#[test]
fn empty_directories_go_when_we_made_them() {
    let home = "d/ \n d/e/ \n d/e/x = ours \n holds d/e x";
    check("d/e/x", home, "", "remove d/e/x");
    let home = format!("{home} \n made d/e");
    check("d/e/x", &home, "", "remove d/e/x \n remove dir d/e/");
    let both = format!("{home} \n made d \n holds d e");
    check("d/e/x", &both, "", "remove d/e/x \n remove dir d/e/ \n remove dir d/");
    let more = format!("{home} \n made d \n holds d e mine");
    check("d/e/x", &more, "", "remove d/e/x \n remove dir d/e/");
    check("d/e/x", &both, "d/e/y", "link d/e/y \n remove d/e/x");
    check("d/e/x", &both, "d/f/y", "make dir d/f/ \n link d/f/y \n remove d/e/x \n remove dir d/e/");
}

#[test]
fn directories_that_cannot_be_written() {
    check("", "d/ \n locked d", "d/x d/y", "parent-not-writable d/x d");
    check("d/x", "d/ \n d/x = now \n locked d", "d/x", "");
    check("d/x", "d/ \n d/x = ours \n locked d", "", "parent-not-writable d/x d");
    check("", "locked .", "x", "parent-not-writable x");
    check("", "locked .", "d/x", "parent-not-writable d");
    check("", "d/ ours \n locked .", "d/x", "parent-not-writable d");
}

#[test]
fn one_place_by_two_names() {
    check("", "real/ \n at l = real", "l/x real/y", "link l/x \n link real/y");
    check("", "real/ \n at l = real", "l/x real/x", "same-place real/x l/x");
}
