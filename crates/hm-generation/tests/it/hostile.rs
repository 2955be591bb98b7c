//! A home that changes while it is switched.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use hm_generation::{Change, Error, Watch};

use crate::fixture::Fixture;

/// Does something once, before the first change of a kind to a name.
struct Before {
    change: Change,
    name: &'static str,
    act: Mutex<Option<Box<dyn FnOnce() + Send>>>,
}

impl Watch for Before {
    fn before(&self, change: Change, name: &str) -> io::Result<()> {
        if change == self.change
            && name == self.name
            && let Some(act) = self.act.lock().unwrap().take()
        {
            act();
        }
        Ok(())
    }
}

/// Switches from `old` to `new`, `act` on the home happening just before `change` is made to `name`.
fn check(
    old: &str,
    foreign: &str,
    new: &str,
    (change, name): (Change, &'static str),
    act: fn(PathBuf),
    expected: Result<&str, &str>,
) {
    let mut fixture = Fixture::new();
    fixture.switch(&fixture.generation(old)).unwrap();
    fixture.foreign(foreign);
    let target = fixture.generation(new);
    let home = fixture.env.home.clone();
    let before = Arc::new(Before { change, name, act: Mutex::new(Some(Box::new(move || act(home)))) });
    fixture.env.watch = Some(before.clone());
    let result = fixture.switch(&target);
    assert!(before.act.lock().unwrap().is_none(), "the moment did not come");
    match (result, expected) {
        (Ok(_), Ok(tree)) => assert_eq!(fixture.tree(), tree),
        (Err(error), Err(text)) => {
            assert!(error.to_string().contains(text), "{error}");
            assert!(!fixture.tree().contains(".hm-"), "{}", fixture.tree());
        }
        (result, _) => panic!("{result:?}"),
    }
}

fn replace_by_file(path: PathBuf) {
    fs::remove_file(&path).unwrap();
    fs::write(path, "mine").unwrap();
}

#[test]
fn what_came_out_of_an_exchange_is_kept() {
    let moment = (Change::Exchange, "a");
    check(
        "a",
        "",
        "a=new",
        moment,
        |home| replace_by_file(home.join("a")),
        Ok("a -> g2/a\na.hm-backup: mine"),
    );
    let edited = |home: PathBuf| fs::write(home.join("a"), "edited meanwhile").unwrap();
    check("", "a text", "a=text", moment, edited, Ok("a -> g2/a\na.hm-backup: edited meanwhile"));
    let filled = |home: PathBuf| fs::write(home.join("a/mine"), "new").unwrap();
    check("a/x", "", "a", moment, filled, Ok("a -> g2/a\na.hm-backup/\na.hm-backup/mine: new"));
    let now_file = |home: PathBuf| replace_by_file(home.join("a"));
    check("a", "", "a/x", moment, now_file, Ok("a/\na/x -> g2/a/x\na.hm-backup: mine"));
}

#[test]
fn what_is_in_the_way_of_a_new_link_stops_the_switch() {
    let appear = |home: PathBuf| fs::write(home.join("b"), "mine").unwrap();
    check("a", "", "a=new b", (Change::Symlink, "b"), appear, Err("cannot make the link"));
}

#[test]
fn a_link_that_became_a_file_is_not_removed() {
    let moment = |home: PathBuf| replace_by_file(home.join("a"));
    let mut fixture = Fixture::new();
    fixture.switch(&fixture.generation("a")).unwrap();
    let home = fixture.env.home.clone();
    let act: Box<dyn FnOnce() + Send> = Box::new(move || moment(home));
    struct First(Mutex<Option<Box<dyn FnOnce() + Send>>>);
    impl Watch for First {
        fn before(&self, change: Change, _: &str) -> io::Result<()> {
            if change == Change::RenameNoReplace
                && let Some(act) = self.0.lock().unwrap().take()
            {
                act();
            }
            Ok(())
        }
    }
    fixture.env.watch = Some(Arc::new(First(Mutex::new(Some(act)))));
    fixture.switch(&fixture.generation("")).unwrap();
    assert_eq!(fixture.tree(), "a: mine");
}

#[test]
fn what_vanishes_is_no_obstacle() {
    let vanish = |home: PathBuf| fs::remove_file(home.join("a")).unwrap();
    check("a", "", "a=new", (Change::Exchange, "a"), vanish, Ok("a -> g2/a"));
    check("", "a text", "a!", (Change::Exchange, "a"), vanish, Ok("a -> g2/a"));
}

#[test]
fn a_directory_swapped_for_a_link_is_noticed() {
    let swap = |home: PathBuf| {
        fs::rename(home.join("d"), home.join("elsewhere")).unwrap();
        symlink("/", home.join("d")).unwrap();
    };
    // `b` is made before the directory is opened, so the link is found where the directory was.
    check("", "d/mine text", "b d/x", (Change::Symlink, "b"), swap, Err("is no longer the directory it was"));
}

/// Counts the rounds in which a thread swapped `d` for a link to a directory outside and back.
fn swap_in_a_loop(home: PathBuf, outside: PathBuf, stop: &AtomicBool, rounds: &AtomicUsize) {
    while !stop.load(Ordering::Relaxed) {
        let _ = fs::rename(home.join("d"), home.join("aside"));
        let _ = symlink(&outside, home.join("d"));
        std::thread::yield_now();
        let _ = fs::remove_file(home.join("d"));
        let _ = fs::rename(home.join("aside"), home.join("d"));
        rounds.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn nothing_is_ever_written_outside_the_home() {
    let fixture = Fixture::new();
    fixture.foreign("d/mine text");
    let outside = fixture.root.path().join("outside");
    fs::create_dir(&outside).unwrap();
    let generations =
        [fixture.generation("d/e/x d/y"), fixture.generation("d/e/x=2 d/z"), fixture.generation("")];
    let (stop, rounds) = (AtomicBool::new(false), AtomicUsize::new(0));
    let mut succeeded = 0;
    std::thread::scope(|scope| {
        scope.spawn(|| swap_in_a_loop(fixture.env.home.clone(), outside.clone(), &stop, &rounds));
        for number in 0.. {
            match fixture.switch(&generations[number % 3]) {
                Ok(_) => succeeded += 1,
                Err(
                    Error::Changed { .. }
                    | Error::Io { .. }
                    | Error::Problems(_)
                    | Error::AfterCommit(_)
                    | Error::UndoFailed { .. },
                ) => {}
                Err(other) => panic!("{other}"),
            }
            if rounds.load(Ordering::Relaxed) >= 10_000 && number >= 300 {
                break;
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert_eq!(fs::read_dir(&outside).unwrap().count(), 0, "something was written outside");
    // A directory that `hm` made while the other was away keeps that from coming back.
    let mine = ["d/mine", "aside/mine"].map(|path| fs::read_to_string(fixture.home(path)).ok());
    assert!(mine.contains(&Some("text".to_owned())), "{}", fixture.tree());
    assert!(succeeded > 0, "no switch got through at all");
    fixture.switch(&generations[0]).unwrap();
    assert!(fixture.tree().contains("d/e/x -> g1/d/e/x"), "{}", fixture.tree());
}

/// Puts a file in the place of `a` before that is exchanged, and lets the exchange of `b` fail.
struct ThenFail(PathBuf);

impl Watch for ThenFail {
    fn before(&self, change: Change, name: &str) -> io::Result<()> {
        match (change, name) {
            (Change::Exchange, "a") => {
                if fs::symlink_metadata(self.0.join("a.hm-backup")).is_err() {
                    replace_by_file(self.0.join("a"));
                }
                Ok(())
            }
            (Change::Exchange, "b") => Err(io::Error::from_raw_os_error(5)),
            _ => Ok(()),
        }
    }
}

#[test]
fn what_turned_up_before_a_switch_failed_is_told() {
    let mut fixture = Fixture::new();
    fixture.switch(&fixture.generation("a b")).unwrap();
    fixture.env.watch = Some(Arc::new(ThenFail(fixture.env.home.clone())));
    let error = fixture.switch(&fixture.generation("a=new b=new")).unwrap_err();
    let Error::KeptAside { cause, kept } = &error else { panic!("{error}") };
    assert!(matches!(**cause, Error::Io { .. }), "{cause}");
    assert_eq!((kept.len(), kept[0].path.as_str(), kept[0].backup.as_str()), (1, "a", "a.hm-backup"));
    assert_eq!(fixture.tree(), "a -> g1/a\na.hm-backup: mine\nb -> g1/b");
}
