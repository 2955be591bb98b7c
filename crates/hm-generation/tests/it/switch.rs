//! Switches that succeed, and what the home looks like then.

use std::fs;
use std::os::unix::fs::symlink;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use hm_generation::{
    Change, Error, History, Options, Recovery, Session, Target, Unfinished, Watch, interrupted, preview,
};

use crate::fixture::{Fixture, fast};

/// Switches through the generations one after another; the home must look as expected after the last.
fn check(foreign: &str, generations: &[&str], expected: &str) {
    let fixture = Fixture::new();
    fixture.foreign(foreign);
    for files in generations {
        fixture.switch(&fixture.generation(files)).unwrap();
    }
    assert_eq!(fixture.tree(), expected, "{generations:?}");
}

#[test]
fn from_nothing() {
    check("", &[""], "");
    check("", &["a d/e/b"], "a -> g1/a\nd/\nd/e/\nd/e/b -> g1/d/e/b");
}

#[test]
fn from_one_generation_to_the_next() {
    check("", &["a b d/x", "b c"], "b -> g2/b\nc -> g2/c");
    check("d/mine text", &["d/x", ""], "d/\nd/mine: text");
    check("d/", &["d/e/x", ""], "d/");
    check("", &["d/x", "d/y", ""], "");
}

#[test]
fn links_and_directories_take_each_others_place() {
    check("", &["a", "a/b a/c/d"], "a/\na/b -> g2/a/b\na/c/\na/c/d -> g2/a/c/d");
    check("", &["a/b a/c/d", "a"], "a -> g2/a");
    check("", &["a", "a/b a/c/d", "a", ""], "");
    check("", &["a", "a/b a/c/d", ""], "");
}

#[test]
fn foreign_things_in_the_way() {
    check("a same", &["a=same"], "a -> g1/a");
    check("a other", &["a!"], "a -> g1/a");
    check("a -> /nowhere", &["a!"], "a -> g1/a");
    check("mine text\nl -> mine", &["a"], "a -> g1/a\nl -> mine\nmine: text");
}

#[test]
fn linked_directories_inside_the_home_are_followed() {
    check(
        "dots/config/\n.config -> dots/config",
        &[".config/a/b"],
        ".config -> dots/config\ndots/\ndots/config/\ndots/config/a/\ndots/config/a/b -> g1/.config/a/b",
    );
    check("real/\nl -> real", &["l/x", "l/y", ""], "l -> real\nreal/");
    check("l -> .", &["l/x"], "l -> .\nx -> g1/l/x");
}

#[test]
fn trusted_directories_outside_the_home_are_followed() {
    let mut fixture = Fixture::new();
    let data = fixture.root.path().join("data/config");
    fs::create_dir_all(&data).unwrap();
    fixture.foreign(".config -> @/data/config");
    let generation = fixture.generation(".config/a/b");
    assert!(matches!(fixture.switch(&generation), Err(Error::Problems(_))));
    fixture.env.trusted_parents = vec![fixture.root.path().join("data")];
    fixture.switch(&generation).unwrap();
    assert!(fs::read_link(data.join("a/b")).is_ok());
    fixture.switch(&fixture.generation("")).unwrap();
    assert!(fs::symlink_metadata(data.join("a/b")).is_err());
}

#[test]
fn backups_are_numbered_and_move_anything() {
    let fixture = Fixture::new();
    fixture.foreign("a first\na.bak taken\nd/file text\nl -> /nowhere");
    let options = Options { backup: Some("bak".to_owned()), ..fast() };
    let report = fixture.switch_to(Target::Path(&fixture.generation("a d l")), &options).unwrap();
    assert_eq!(
        fixture.tree(),
        "a -> g1/a\na.bak: taken\na.bak.1: first\nd -> g1/d\nd.bak/\nd.bak/file: text\nl -> g1/l\nl.bak -> /nowhere"
    );
    let names: Vec<_> = report.backed_up.iter().map(|kept| kept.backup.as_str()).collect();
    assert_eq!(names, ["a.bak.1", "d.bak", "l.bak"]);
}

#[test]
fn what_the_user_put_in_place_of_a_link_stays() {
    let fixture = Fixture::new();
    fixture.switch(&fixture.generation("a b")).unwrap();
    fs::remove_file(fixture.home("a")).unwrap();
    fs::write(fixture.home("a"), "mine").unwrap();
    let report = fixture.switch(&fixture.generation("")).unwrap();
    assert_eq!(fixture.tree(), "a: mine");
    assert_eq!(report.left_alone.iter().map(|path| path.as_str()).collect::<Vec<_>>(), ["a"]);
}

#[test]
fn missing_and_misdirected_links_are_repaired() {
    let fixture = Fixture::new();
    let generation = fixture.generation("a b");
    fixture.switch(&generation).unwrap();
    let before = fixture.snapshot();
    fs::remove_file(fixture.home("a")).unwrap();
    fs::remove_file(fixture.home("b")).unwrap();
    let old = format!("{}/store/{:0>32}-home-manager-files/b", fixture.root.path().display(), "zz");
    symlink(old, fixture.home("b")).unwrap();
    let report = fixture.switch(&generation).unwrap();
    assert_eq!((report.created.len(), report.replaced.len()), (1, 1));
    assert_eq!(fixture.snapshot(), before, "no new number for the same generation");
}

#[test]
fn what_was_current_when_is_noted() {
    let fixture = Fixture::new();
    let current = || History::read(&fixture.env).at(u64::MAX).map(|side| side.id);
    assert_eq!(current(), None);
    for (target, expected) in [("a", 1), ("b", 2)] {
        fixture.switch(&fixture.generation(target)).unwrap();
        assert_eq!(current(), Some(expected));
    }
    fixture.switch_to(Target::Previous, &fast()).unwrap();
    assert_eq!(current(), Some(1));
    // Notes that make no sense are no reason to refuse anything.
    fs::write(fixture.env.state_dir.join("history.json"), "{").unwrap();
    assert_eq!(current(), None);
    fixture.switch_to(Target::Id(2), &fast()).unwrap();
    assert_eq!(current(), Some(2));
}

#[test]
fn rollback_returns_to_the_very_links() {
    let fixture = Fixture::new();
    fixture.switch(&fixture.generation("a d/x")).unwrap();
    let first = fixture.tree();
    fixture.switch(&fixture.generation("a=changed e/y")).unwrap();
    let second = fixture.tree();
    fixture.switch_to(Target::Previous, &fast()).unwrap();
    assert_eq!(fixture.tree(), first);
    assert_eq!(fixture.env.profile.current_id().unwrap(), Some(1));
    fixture.switch_to(Target::Id(2), &fast()).unwrap();
    assert_eq!(fixture.tree(), second);
    assert!(matches!(fixture.switch_to(Target::Id(3), &fast()), Err(Error::NoSuchGeneration { id: 3, .. })));
    fixture.switch_to(Target::Previous, &fast()).unwrap();
    assert!(matches!(fixture.switch_to(Target::Previous, &fast()), Err(Error::NoPreviousGeneration { .. })));
}

#[test]
fn a_preview_writes_nothing() {
    let fixture = Fixture::new();
    let generation = fixture.generation("a d/b");
    let preview = preview(&fixture.env, Target::Path(&generation), &fast()).unwrap();
    assert_eq!(preview.plan.to_string(), "link        a\nmake dir    d/\nlink        d/b\n");
    assert_eq!((preview.old.is_none(), preview.new.0), (true, 1));
    assert!(!fixture.env.state_dir.exists() && !fixture.env.profile.dir().exists());
    assert_eq!(fixture.tree(), "");
}

#[derive(Default)]
struct Count(AtomicUsize, Mutex<Vec<Change>>);

impl Watch for Count {
    fn before(&self, change: Change, _: &str) -> std::io::Result<()> {
        self.0.fetch_add(1, Ordering::Relaxed);
        self.1.lock().unwrap().push(change);
        Ok(())
    }
}

#[test]
fn an_unchanged_switch_changes_nothing_on_disk() {
    let mut fixture = Fixture::new();
    let generation = fixture.generation("a d/b");
    fixture.switch(&generation).unwrap();
    let count = Arc::new(Count::default());
    fixture.env.watch = Some(count.clone());
    let report = fixture.switch_to(Target::Path(&generation), &Options::default()).unwrap();
    assert_eq!((count.0.load(Ordering::Relaxed), report.unchanged), (0, 2));
    assert!(!report.changed_anything());
}

#[test]
fn a_thousand_links_are_synced_as_one() {
    let mut fixture = Fixture::new();
    let names: String = (0..1000).map(|number| format!("d{}/f{number} ", number % 10)).collect();
    let count = Arc::new(Count::default());
    fixture.env.watch = Some(count.clone());
    fixture.switch_to(Target::Path(&fixture.generation(&names)), &Options::default()).unwrap();
    let changes = count.1.lock().unwrap();
    let of = |wanted: Change| changes.iter().filter(|change| **change == wanted).count();
    // The links, the numbered link and the new profile link.
    assert_eq!(of(Change::Symlink), 1000 + 2);
    // Journal, list of directories (file and folder each), the home once, and the profile.
    assert_eq!(of(Change::Sync), 6);
}

#[test]
fn a_run_that_stopped_after_its_commit_is_handed_back_to_move_the_units() {
    let fixture = Fixture::new();
    let (one, two) = (fixture.generation("a"), fixture.generation("b"));
    fixture.switch(&one).unwrap();
    {
        let session = Session::open(&fixture.env, || true).unwrap();
        let applied = session.prepare(Target::Path(&two), &fast()).unwrap().apply(&mut |_| Ok(())).unwrap();
        assert_eq!((applied.old().unwrap().0, applied.new_generation().0), (1, 2));
        assert!(interrupted(&fixture.env).unwrap().unwrap().running);
        // Dropped without `finish`, as a killed process would.
    }
    let seen = interrupted(&fixture.env).unwrap().unwrap();
    assert!(!seen.running);
    assert_eq!(seen.work.to_string(), "a switch to generation 2");
    let Unfinished::Switch { old, new, committed } = seen.work else { panic!("{:?}", seen.work) };
    assert_eq!((old.unwrap().path, new.path, committed), (one, two.clone(), true));
    let session = Session::open(&fixture.env, || true).unwrap();
    assert!(matches!(session.prepare(Target::Path(&two), &fast()), Err(Error::RecoveryPending { .. })));
    let Some(Recovery::RolledForward(applied)) = session.recover().unwrap() else { panic!("not committed") };
    assert_eq!((applied.old().unwrap().0, applied.new_generation().0), (1, 2));
    applied.finish().unwrap();
    assert!(session.recover().unwrap().is_none() && interrupted(&fixture.env).unwrap().is_none());
}

#[test]
fn a_root_that_cannot_be_registered_changes_nothing() {
    let fixture = Fixture::new();
    fixture.switch(&fixture.generation("a")).unwrap();
    let before = fixture.snapshot();
    let session = Session::open(&fixture.env, || true).unwrap();
    let generation = fixture.generation("b");
    let pending = session.prepare(Target::Path(&generation), &fast()).unwrap();
    let error = pending.apply(&mut |_| Err("the daemon is away".into())).unwrap_err();
    assert!(
        error.to_string().contains("hm-2-link as a garbage-collection root: the daemon is away"),
        "{error}"
    );
    assert_eq!(fixture.snapshot(), before);
}

#[test]
fn on_change_fires_for_what_changed() {
    let fixture = Fixture::new();
    let read = |files: &str, hooks: &[&str]| {
        let path = fixture.generation(files);
        let mut generation = hm_generation::Generation::read(&path).unwrap();
        for hook in hooks {
            generation.manifest.files.entry((*hook).to_owned()).or_default().on_change =
                format!("run {hook}");
        }
        generation
    };
    let old = read("a=1 b=1 d/x=1", &[]);
    let new = read("a=1 b=2 d/x=1 d/y=1 e=1", &["a", "b", "d", "e"]);
    let fired: Vec<_> =
        new.changed_hooks(Some(&old)).unwrap().into_iter().map(|(target, _)| target).collect();
    assert_eq!(fired, ["b", "d", "e"]);
    assert_eq!(new.changed_hooks(None).unwrap().len(), 4);
    assert!(new.changed_hooks(Some(&new)).unwrap().is_empty());
}

#[test]
fn the_name_of_a_backup_is_free_afterwards_too() {
    let fixture = Fixture::new();
    let long = "x".repeat(254);
    fixture.foreign(&format!("a text\n{long}1 one\n{long}2 two"));
    let generation = fixture.generation(&format!("a a.bak {long}1 {long}2"));
    let options = Options { backup: Some("bak".to_owned()), ..fast() };
    let report = fixture.switch_to(Target::Path(&generation), &options).unwrap();
    assert_eq!(report.backed_up.len(), 3);
    let tree = fixture.tree();
    assert!(tree.contains("a -> g1/a\na.bak -> g1/a.bak\na.bak.1: text"), "{tree}");
    assert!(tree.contains(".bak: one") && tree.contains(".bak.1: two"), "{tree}");
}

#[test]
fn a_place_that_a_link_of_the_user_gave_another_name_is_not_emptied() {
    let fixture = Fixture::new();
    fixture.switch(&fixture.generation(".config/a .config/b")).unwrap();
    std::fs::rename(fixture.home(".config"), fixture.home("dots")).unwrap();
    std::os::unix::fs::symlink("dots", fixture.home(".config")).unwrap();
    fixture.switch(&fixture.generation("dots/a")).unwrap();
    assert_eq!(fixture.tree(), ".config -> dots\ndots/\ndots/a -> g2/dots/a");
}

#[test]
fn files_of_the_old_generation_that_are_gone_are_no_obstacle() {
    let fixture = Fixture::new();
    fixture.switch(&fixture.generation("a b")).unwrap();
    let files = fixture.root.path().join("store").join(format!("{:0>32}-home-manager-files", 1));
    std::fs::remove_dir_all(files).unwrap();
    let report = fixture.switch(&fixture.generation("a=2")).unwrap();
    assert!(report.old_unreadable.unwrap().contains("are gone"));
    assert_eq!(fixture.tree(), "a -> g2/a\nb -> g1/b");
}
