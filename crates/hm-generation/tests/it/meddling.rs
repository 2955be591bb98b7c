//! A user who goes on working while a switch runs, or after one was killed: before every change of every scenario the same
//! thing is done to all places at once, at a third of the moments each. Whatever comes of the switch, what the user has written is somewhere in the home,
//! nothing was written outside it, and the next command recovers.

use std::fs;
use std::io;
use std::io::Write as _;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use hm_generation::{Change, Session, Watch};

use crate::faults::{EIO, Fault, NEVER, Run, SCENARIOS, Scenario, visit};
use crate::fixture::recover;

/// What the user writes.
const MINE: &str = "written by the user";

/// What the user does to all of a home, in which hm puts something at `places`. True when something was written.
type Deed = fn(home: &Path, places: &[String]) -> bool;

const DEEDS: &[(&str, Deed)] = &[
    ("saves files as editors do", |home, _| {
        each_file(home, &|path| {
            let text = fs::read_to_string(path).unwrap();
            fs::write(home.join("editing"), format!("{text}\n{MINE}")).unwrap();
            fs::rename(home.join("editing"), path).unwrap();
        })
    }),
    ("appends to files", |home, _| {
        each_file(home, &|path| {
            fs::OpenOptions::new().append(true).open(path).unwrap().write_all(MINE.as_bytes()).unwrap();
        })
    }),
    ("puts files in the place of links", |home, _| {
        each_link(home, &|path| {
            fs::remove_file(path).unwrap();
            fs::write(path, MINE).unwrap();
        })
    }),
    ("puts directories in the place of links", |home, _| {
        each_link(home, &|path| {
            fs::remove_file(path).unwrap();
            fs::create_dir(path).unwrap();
            fs::write(path.join("file"), MINE).unwrap();
        })
    }),
    ("makes files where there are none", |home, places| {
        let free = |place: &&String| {
            let path = home.join(place);
            fs::symlink_metadata(&path).is_err() && path.parent().unwrap().is_dir()
        };
        places.iter().filter(free).map(|place| fs::write(home.join(place), MINE).unwrap()).count() > 0
    }),
    ("removes links", |home, _| {
        each_link(home, &|path| fs::remove_file(path).unwrap());
        false
    }),
    ("moves directories and links to them", |home, _| {
        each_dir(home, &|path| {
            fs::write(path.join("file"), MINE).unwrap();
            let moved = path.with_extension("moved");
            fs::rename(path, &moved).unwrap();
            symlink(&moved, path).unwrap();
        })
    }),
    ("links directories to elsewhere", |home, _| {
        each_dir(home, &|path| {
            fs::write(path.join("file"), MINE).unwrap();
            fs::rename(path, path.with_extension("moved")).unwrap();
            symlink(home.with_file_name("outside"), path).unwrap();
        })
    }),
    ("puts files in the place of directories", |home, _| {
        each_dir(home, &|path| {
            fs::rename(path, path.with_extension("moved")).unwrap();
            fs::write(path, MINE).unwrap();
        })
    }),
];

fn is_temporary(path: &Path) -> bool {
    path.components().any(|part| part.as_os_str().to_string_lossy().starts_with(".hm-"))
}

fn each_place(home: &Path, wanted: fn(&fs::Metadata) -> bool, act: &dyn Fn(&Path)) -> bool {
    let mut places = Vec::new();
    visit(home, &mut |path| {
        let kind = fs::symlink_metadata(path).unwrap();
        if !is_temporary(path) && wanted(&kind) {
            places.push(path.to_owned());
        }
    });
    places.iter().for_each(|path| act(path));
    !places.is_empty()
}

fn each_file(home: &Path, act: &dyn Fn(&Path)) -> bool {
    each_place(home, fs::Metadata::is_file, act)
}

fn each_link(home: &Path, act: &dyn Fn(&Path)) -> bool {
    each_place(home, fs::Metadata::is_symlink, act)
}

fn each_dir(home: &Path, act: &dyn Fn(&Path)) -> bool {
    let dirs = fs::read_dir(home).unwrap().map(|entry| entry.unwrap().path());
    let dirs: Vec<PathBuf> =
        dirs.filter(|path| !is_temporary(path) && fs::symlink_metadata(path).unwrap().is_dir()).collect();
    dirs.iter().for_each(|path| act(path));
    !dirs.is_empty()
}

/// Does the deed before one change, and makes that the last one or not.
struct Meddler {
    seen: AtomicUsize,
    at: usize,
    kills: bool,
    home: PathBuf,
    places: Vec<String>,
    deed: Deed,
    wrote: AtomicBool,
}

impl Watch for Meddler {
    fn before(&self, _: Change, _: &str) -> io::Result<()> {
        let number = self.seen.fetch_add(1, Ordering::Relaxed);
        if number == self.at {
            self.wrote.store((self.deed)(&self.home, &self.places), Ordering::Relaxed);
        }
        if self.kills && number >= self.at { Err(io::Error::from_raw_os_error(EIO)) } else { Ok(()) }
    }
}

impl Scenario {
    /// The places at which some generation puts something, but for those where it may destroy what it finds.
    fn places(&self) -> Vec<String> {
        let words = self.before.iter().chain([&self.after]).flat_map(|files| files.split_whitespace());
        let names = words
            .filter(|word| !word.contains('!'))
            .map(|word| word.split(['=', '&', '*']).next().unwrap().to_owned());
        names.collect()
    }
}

/// What must hold when a run has ended, whichever way.
fn check_home(run: &Run, wrote: bool, what: &str) {
    let mut found = false;
    visit(&run.fixture.env.home, &mut |path| {
        if let Ok(target) = fs::read_link(path) {
            let managed = target.to_string_lossy().contains("-home-manager-files/");
            assert!(!managed || path.exists(), "{what}: {} dangles", path.display());
        } else {
            found |= fs::read_to_string(path).unwrap().contains(MINE);
        }
    });
    assert!(found || !wrote, "{what}: what was written is lost\n{}", run.fixture.tree());
    let outside = run.fixture.env.home.with_file_name("outside");
    assert_eq!(fs::read_dir(outside).unwrap().count(), 0, "{what}: something was written outside");
}

fn meddle(scenario: &Scenario, (name, deed): (&str, Deed), kills: bool, points: impl Iterator<Item = usize>) {
    for at in points {
        let how = if kills { "after a kill" } else { "" };
        let what = format!("{}: the user {name} {how} before change {at}", scenario.name);
        let mut run = scenario.set_up();
        let home = run.fixture.env.home.clone();
        fs::create_dir(home.with_file_name("outside")).unwrap();
        let meddler = Arc::new(Meddler {
            seen: AtomicUsize::new(0),
            at,
            kills,
            home,
            places: scenario.places(),
            deed,
            wrote: AtomicBool::new(false),
        });
        run.fixture.env.watch = Some(meddler.clone());
        let result = run.go_watched();
        run.fixture.env.watch = None;
        let wrote = meddler.wrote.load(Ordering::Relaxed);
        check_home(&run, wrote, &format!("{what}, {result:?}"));
        let session = Session::open(&run.fixture.env, || true).unwrap();
        recover(&session)
            .unwrap_or_else(|error| panic!("{what}, {result:?}: {error}\n{}", run.fixture.tree()));
        drop(session);
        check_home(&run, wrote, &what);
        let in_reach = !name.contains("elsewhere") && !name.contains("place of directories");
        visit(&run.fixture.env.home, &mut |path| {
            assert!(!in_reach || !is_temporary(path), "{what}: {} is left", path.display());
        });
        assert!(!run.fixture.env.state_dir.join("journal.json").exists(), "{what}");
        // A user who lets go is given the same as everybody.
        let _ = run.go(&Fault::new(NEVER, EIO, false, false));
        check_home(&run, wrote, &what);
    }
}

fn meddle_everywhere(kills: bool) {
    let mut failures = Vec::new();
    for scenario in SCENARIOS {
        let (_, changes) = Run::undisturbed(scenario, false);
        for (number, (name, deed)) in DEEDS.iter().enumerate() {
            let points = (number % 3..changes).step_by(3);
            let tried = std::panic::catch_unwind(|| meddle(scenario, (name, *deed), kills, points));
            if let Err(failure) = tried {
                failures.push(failure.downcast_ref::<String>().cloned().unwrap_or_default());
            }
        }
    }
    assert!(failures.is_empty(), "{} of all:\n{}", failures.len(), failures.join("\n\n"));
}

#[test]
fn a_user_who_works_while_a_switch_runs_loses_nothing() {
    meddle_everywhere(false);
}

#[test]
fn a_user_who_works_after_a_switch_was_killed_loses_nothing() {
    meddle_everywhere(true);
}
