//! Every change of a run is made the last one before a crash, and every change is made to fail.
//!
//! A crash is a change that is refused together with all that follow it, so that nothing more reaches the disk,
//! as when the process is killed. The next session then recovers without being asked.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use hm_generation::{Change, Error, Options, Target, Watch};

use crate::fixture::Fixture;

pub(crate) const NEVER: usize = usize::MAX;
pub(crate) const EIO: i32 = 5;

/// Refuses one change, or that and every later one, and can play a file system that only has plain renames.
pub(crate) struct Fault {
    seen: AtomicUsize,
    at: usize,
    errno: i32,
    crash: bool,
    plain: bool,
}

impl Fault {
    pub(crate) fn new(at: usize, errno: i32, crash: bool, plain: bool) -> Arc<Self> {
        Arc::new(Self { seen: AtomicUsize::new(0), at, errno, crash, plain })
    }

    pub(crate) fn seen(&self) -> usize {
        self.seen.load(Ordering::Relaxed)
    }
}

impl Watch for Fault {
    fn before(&self, change: Change, _: &str) -> io::Result<()> {
        let number = self.seen.fetch_add(1, Ordering::Relaxed);
        if number == self.at || (self.crash && number > self.at) {
            return Err(io::Error::from_raw_os_error(self.errno));
        }
        if self.plain && matches!(change, Change::Exchange | Change::RenameNoReplace) {
            return Err(io::Error::from_raw_os_error(22));
        }
        Ok(())
    }
}

/// A home before a switch and the switch.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    /// Generations already switched through.
    pub(crate) before: &'static [&'static str],
    foreign: &'static str,
    pub(crate) after: &'static str,
    backup: bool,
    /// Foreign contents that must survive, wherever they are.
    keeps: &'static [&'static str],
    /// What home-manager has put into the home before all that.
    home_manager: &'static str,
    /// The home is given back instead of switched.
    leaves: bool,
    /// What the user has removed before that, relative to the home.
    removes: &'static [&'static str],
    /// The target is the generation that is current.
    again: bool,
}

const BASE: Scenario = Scenario {
    name: "",
    before: &[],
    foreign: "",
    after: "",
    backup: false,
    keeps: &[],
    home_manager: "",
    leaves: false,
    removes: &[],
    again: false,
};

pub(crate) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "first",
        before: &[],
        foreign: "mine text",
        after: "a d/e/b d/c",
        backup: false,
        keeps: &["text"],
        ..BASE
    },
    Scenario {
        name: "everything changes",
        before: &["same a b d/x d/e/y link dir/one dir/two/three gone/deep/er"],
        foreign: "d/mine text",
        after: "same a=new d/x=new n/e/w link/now/dir link/two dir",
        backup: false,
        keeps: &["text"],
        ..BASE
    },
    Scenario {
        name: "foreign files",
        before: &["a"],
        foreign: "same content\nforced lost\nother kept\nl -> /nowhere\nfull/file kept too",
        after: "a same=content forced! other l full",
        backup: true,
        keeps: &["kept", "kept too"],
        ..BASE
    },
    Scenario {
        name: "linked directories",
        before: &["x"],
        foreign: "dots/mine text\ndots/same content\n.config -> dots",
        after: ".config/a/b .config/c .config/same=content x=new",
        backup: false,
        keeps: &["text"],
        ..BASE
    },
    Scenario {
        name: "copies",
        before: &["new=1* same=1* gone=1* to-link=1* to-copy link dir/a=1* dir/b edited=1*"],
        foreign: "backed text\nequal content",
        after: "new=2* fresh/x=1*x same=1* to-link to-copy=1* link/a=1* link/b dir backed=1* equal=content* edited=2*",
        backup: true,
        keeps: &["text", "content"],
        ..BASE
    },
    Scenario {
        name: "lines",
        before: &["changed&one gone&one made&&one going&&one a"],
        foreign: "other mine\ndots/real theirs\nlinked -> dots/real",
        after: "changed&two made&&two new/file&&x other&y linked&z a=2",
        backup: false,
        keeps: &["mine", "theirs"],
        ..BASE
    },
    Scenario {
        name: "moving in",
        foreign: "other text",
        after: "a=2 dir/b new fresh/copy* link",
        keeps: &["text"],
        home_manager: "a dir/b gone stale/x link/y",
        ..BASE
    },
    Scenario {
        name: "leaving",
        before: &["a made/b copy=1* p&&one", "a=2 same=content q&one moved copy=2* made/c edited=1*"],
        foreign: "mine text\nq theirs\nmoved.bak away",
        keeps: &["text", "theirs"],
        leaves: true,
        ..BASE
    },
    Scenario {
        name: "giving back to home-manager",
        before: &["a=2 dir new c=1*"],
        foreign: "mine text",
        keeps: &["text"],
        home_manager: "a dir/b gone",
        leaves: true,
        ..BASE
    },
    Scenario {
        name: "files and directories",
        before: &["copy=1* deep=1* lines&&one dir/a=1* dir/p&&one a b"],
        foreign: "mine text",
        after: "copy/a copy/b/c=1*x deep/er/est lines/p/q dir a/x=1* b=2",
        keeps: &["text"],
        ..BASE
    },
    Scenario {
        name: "again",
        before: &["a f! g=1!* c=1* d/e d/k=1* same=content p&&one"],
        removes: &["a", "f", "g", "c", "d", "same", "p"],
        foreign: "f lost\ng lost\nsame content\nmine text",
        again: true,
        keeps: &["text"],
        ..BASE
    },
    Scenario {
        name: "giving back without a profile",
        before: &["a=2 new c=1*"],
        foreign: "mine text",
        removes: &["../state/nix/profiles/hm"],
        keeps: &["text"],
        home_manager: "a dir/b gone",
        leaves: true,
        ..BASE
    },
    Scenario {
        name: "all goes",
        before: &["a d/b d/e/c f"],
        foreign: "",
        after: "",
        backup: false,
        keeps: &[],
        ..BASE
    },
];

pub(crate) struct Run {
    pub(crate) fixture: Fixture,
    target: PathBuf,
    options: Options,
    before: String,
    leaves: bool,
}

impl Scenario {
    pub(crate) fn set_up(&self) -> Run {
        let fixture = Fixture::in_memory();
        if !self.home_manager.is_empty() {
            fixture.home_manager(self.home_manager, false);
        }
        for files in self.before {
            fixture.switch(&fixture.generation(files)).unwrap();
        }
        for name in self.removes {
            let path = fixture.home(name);
            fs::remove_file(&path).or_else(|_| fs::remove_dir_all(&path)).unwrap();
        }
        fixture.foreign(self.foreign);
        let target = match fixture.env.profile.current().unwrap() {
            Some(current) if self.again => current.target,
            _ => fixture.generation(self.after),
        };
        let before = fixture.snapshot();
        let options = Options { backup: self.backup.then(|| "bak".to_owned()), sync: true };
        Run { fixture, target, options, before, leaves: self.leaves }
    }

    /// What must hold at every moment, also right after a crash.
    fn check_invariants(&self, run: &Run, what: &str) {
        let mut contents = Vec::new();
        visit(&run.fixture.env.home, &mut |path| {
            if let Ok(target) = fs::read_link(path) {
                let managed = target.to_string_lossy().contains("-home-manager-files/");
                assert!(!managed || path.exists(), "{what}: {} dangles", path.display());
            } else {
                let text = fs::read_to_string(path).unwrap();
                // A file that is being written has a name that says so.
                let half = text.matches(">>>\n").count() != text.matches("# <<< hm").count();
                assert!(
                    !half || path.to_string_lossy().ends_with("-new"),
                    "{what}: {} is half",
                    path.display()
                );
                contents.push(text);
            }
        });
        for text in self.keeps {
            let kept =
                contents.iter().any(|content| content == text || content.ends_with(&format!("<<<\n{text}")));
            assert!(kept, "{what}: {text:?} is lost");
        }
        let current = run.fixture.env.profile.current().unwrap();
        assert!(current.is_none_or(|current| current.target.exists()), "{what}: the profile dangles");
    }
}

pub(crate) fn visit(dir: &Path, each: &mut dyn FnMut(&Path)) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        if fs::symlink_metadata(&path).unwrap().is_dir() {
            visit(&path, each);
        } else {
            each(&path);
        }
    }
}

impl Run {
    pub(crate) fn go(&mut self, fault: &Arc<Fault>) -> Result<(), Error> {
        self.fixture.env.watch = Some(fault.clone());
        let result = self.go_watched();
        self.fixture.env.watch = None;
        result
    }

    pub(crate) fn go_watched(&self) -> Result<(), Error> {
        let result = match self.leaves {
            true => self.fixture.leave(),
            false => self.fixture.switch_to(Target::Path(&self.target), &self.options),
        };
        result.map(drop)
    }

    /// The end of a run that nothing disturbed, and how many changes it made.
    pub(crate) fn undisturbed(scenario: &Scenario, plain: bool) -> (String, usize) {
        let mut run = scenario.set_up();
        let fault = Fault::new(NEVER, EIO, false, plain);
        run.go(&fault).unwrap();
        (run.fixture.snapshot(), fault.seen())
    }
}

/// Kills the run before every change; returns how many times.
fn kill_everywhere(scenario: &Scenario, plain: bool) -> usize {
    let (after, changes) = Run::undisturbed(scenario, plain);
    for at in 0..changes {
        let what = format!("{}, killed before change {at}", scenario.name);
        let mut run = scenario.set_up();
        let fault = Fault::new(at, EIO, true, plain);
        run.go(&fault).unwrap_err();
        assert!(fault.seen() > at, "{what}: the fault was not met");
        scenario.check_invariants(&run, &what);
        run.go(&Fault::new(NEVER, EIO, false, plain)).unwrap_or_else(|error| panic!("{what}: {error}"));
        assert_eq!(run.fixture.snapshot(), after, "{what}");
    }
    changes
}

#[test]
fn killed_anywhere() {
    let points: usize = SCENARIOS.iter().map(|scenario| kill_everywhere(scenario, false)).sum();
    eprintln!("{points} points");
    assert!(points > 120, "only {points} points");
}

#[test]
fn killed_anywhere_on_a_file_system_with_plain_renames_only() {
    let points: usize = SCENARIOS.iter().map(|scenario| kill_everywhere(scenario, true)).sum();
    eprintln!("{points} points");
    assert!(points > 120, "only {points} points");
}

#[test]
fn killed_anywhere_and_then_again_while_recovering() {
    let mut points = 0;
    for (number, scenario) in SCENARIOS.iter().enumerate() {
        let plain = number % 2 == 1;
        let (after, changes) = Run::undisturbed(scenario, plain);
        // Each scenario is killed at points of its own first.
        for first in (number..changes).step_by(13) {
            for second in 0.. {
                let what = format!(
                    "{}, killed before change {first}, then before {second} of the recovery",
                    scenario.name
                );
                let mut run = scenario.set_up();
                run.go(&Fault::new(first, EIO, true, plain)).unwrap_err();
                let fault = Fault::new(second, EIO, true, plain);
                if run.go(&fault).is_ok() {
                    break;
                }
                points += 1;
                scenario.check_invariants(&run, &what);
                run.go(&Fault::new(NEVER, EIO, false, plain))
                    .unwrap_or_else(|error| panic!("{what}: {error}"));
                assert_eq!(run.fixture.snapshot(), after, "{what}");
            }
        }
    }
    eprintln!("{points} points");
    assert!(points > 1000, "only {points} points");
}

#[test]
fn any_change_can_fail() {
    let mut undone = 0;
    // EIO, EACCES, ENOSPC, EROFS
    for errno in [EIO, 13, 28, 30] {
        for (scenario, plain) in SCENARIOS.iter().flat_map(|scenario| [(scenario, false), (scenario, true)]) {
            let (after, changes) = Run::undisturbed(scenario, plain);
            for at in 0..changes {
                let what = format!("{}, change {at} fails with {errno}", scenario.name);
                let mut run = scenario.set_up();
                let fault = Fault::new(at, errno, false, plain);
                match run.go(&fault) {
                    // What follows the commit is completed by the next command.
                    Err(Error::AfterCommit(_)) => {}
                    Err(Error::Io { source, .. }) => {
                        assert_eq!(source.raw_os_error(), Some(errno), "{what}");
                        assert_eq!(run.fixture.snapshot(), run.before, "{what}: undone");
                        undone += 1;
                    }
                    other => panic!("{what}: {other:?}"),
                }
                assert!(fault.seen() > at, "{what}: the fault was not met");
                scenario.check_invariants(&run, &what);
                run.go(&Fault::new(NEVER, EIO, false, plain)).unwrap();
                assert_eq!(run.fixture.snapshot(), after, "{what}");
            }
        }
    }
    eprintln!("{undone} undone");
    assert!(undone > 700, "only {undone} were undone");
}

#[test]
fn an_adopted_file_comes_back_as_the_very_same_file() {
    let mut run = SCENARIOS[2].set_up();
    let inode = |run: &Run| fs::symlink_metadata(run.fixture.home("same")).unwrap().ino();
    let before = inode(&run);
    let (_, changes) = Run::undisturbed(&SCENARIOS[2], false);
    for at in 0..changes {
        match run.go(&Fault::new(at, EIO, false, false)) {
            Err(Error::AfterCommit(_)) => return,
            _ => assert_eq!(inode(&run), before, "change {at}"),
        }
    }
    panic!("no change follows the commit");
}

#[test]
fn a_generation_that_is_lost_is_no_obstacle() {
    let scenario = &SCENARIOS[1];
    let (_, changes) = Run::undisturbed(scenario, false);
    for at in 0..changes {
        let mut run = scenario.set_up();
        run.go(&Fault::new(at, EIO, true, false)).unwrap_err();
        fs::remove_dir_all(&run.target).unwrap();
        let next = run.fixture.generation("a=3 mine-too");
        run.fixture.switch(&next).unwrap_or_else(|error| panic!("change {at}: {error}"));
        assert!(run.fixture.tree().contains("mine-too -> g3/mine-too"), "change {at}");
        assert!(!run.fixture.tree().contains(".hm-"), "change {at}: {}", run.fixture.tree());
    }
}
