//! A switch as a transaction: killed anywhere, nothing is lost and nothing stays half done.
//!
//! A [`Session`] holds the lock. [`Session::recover`] deals with a run that was interrupted, [`Session::prepare`]
//! makes a plan and checks every target, [`Pending::apply`] carries it out up to the commit, and after the caller
//! has moved the systemd units, [`Applied::finish`] closes the transaction:
//!
//! 1. the journal, with the whole plan, is written and synced;
//! 2. the numbered link of the new generation is made, and registered as a garbage-collection root;
//! 3. the steps are carried out, then the file system is synced once;
//! 4. the profile link is moved: the commit;
//! 5. what the steps had put aside is removed, and directories that became empty are;
//! 6. the caller moves the units;
//! 7. the journal goes.
//!
//! A run that ended before the commit is rolled back: its journal says what to undo. One that ended after it is
//! rolled forward, and the caller gets to move the units again. Both can themselves be interrupted.

use std::collections::BTreeSet;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use rustix::fs::{Mode, OFlags};

use crate::apply::{Hand, Kept};
use crate::error::Error;
use crate::generation::Generation;
use crate::handles::Redirect;
use crate::home::{HomeEnv, open_home};
use crate::plan::LinkPlan;
use crate::preview::{Options, Preview, Target, look_and_plan, read_if_generation};
use crate::report::SwitchReport;
use crate::state::{Journal, Side, State};
use crate::step::Step;
use crate::sys::Sys;

/// The caller's way to register a numbered link as an indirect root of the store's garbage collection.
pub type RegisterRoot<'a> = dyn FnMut(&Path) -> Result<(), Box<dyn std::error::Error + Send + Sync>> + 'a;

/// A run that was interrupted, or that another process has under way.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Interrupted {
    /// The generation it came from.
    pub old: Option<Side>,
    /// The generation it goes to.
    pub new: Side,
    /// Whether it has passed its commit, so that it will be rolled forward and not back.
    pub committed: bool,
    /// Whether it is still under way in another process.
    pub running: bool,
}

/// What became of an interrupted run.
#[derive(Debug)]
pub enum Recovery<'s> {
    /// It had not been committed and was undone.
    RolledBack {
        /// The generation it wanted to reach.
        wanted: Side,
        /// The generation that is current again.
        current: Option<Side>,
        /// Foreign files that had turned up in the places of links, and were moved to another name.
        kept: Vec<Kept>,
    },
    /// It had been committed and was completed, but for the units: move them, then finish.
    RolledForward(Box<Applied<'s>>),
}

/// The right to write to a home: while it lives, no other process has one.
#[derive(Debug)]
pub struct Session<'e> {
    env: &'e HomeEnv,
    sys: Sys,
    home: OwnedFd,
    _lock: OwnedFd,
}

/// A plan that can be carried out.
#[derive(Debug)]
pub struct Pending<'s> {
    session: &'s Session<'s>,
    preview: Preview,
    sync: bool,
}

/// A switch that is committed. The units are the caller's to move now.
#[derive(Debug)]
pub struct Applied<'s> {
    session: &'s Session<'s>,
    old: Option<(u64, Generation)>,
    new: (u64, Generation),
    report: SwitchReport,
    journalled: bool,
}

/// Whether a run was interrupted, for commands that only read.
///
/// # Errors
/// [`Error::NewerFormat`], [`Error::Malformed`], [`Error::Io`].
pub fn interrupted(env: &HomeEnv) -> Result<Option<Interrupted>, Error> {
    let sys = Sys::default();
    let state = State { dir: &env.state_dir, sys: &sys };
    let Some(journal) = state.journal()? else { return Ok(None) };
    let committed = env.profile.current_id()? == Some(journal.new.id);
    let running = matches!(state.lock(&mut || false), Err(Error::Locked { .. }));
    Ok(Some(Interrupted { old: journal.old, new: journal.new, committed, running }))
}

impl<'e> Session<'e> {
    /// Checks the home and takes the lock. When another process has it, `waiting` is called once and says whether
    /// to wait.
    ///
    /// # Errors
    /// [`Error::NoHome`], [`Error::HomeNotOwned`], [`Error::UnusablePath`], [`Error::Locked`], [`Error::Io`].
    pub fn open(env: &'e HomeEnv, mut waiting: impl FnMut() -> bool) -> Result<Self, Error> {
        let home = open_home(env)?;
        let sys = Sys::new(env.watch.clone());
        let lock = State { dir: &env.state_dir, sys: &sys }.lock(&mut waiting)?;
        Ok(Self { env, sys, home, _lock: lock })
    }

    fn state(&self) -> State<'_> {
        State { dir: &self.env.state_dir, sys: &self.sys }
    }

    fn hand<'h>(&'h self, journal: &'h Journal) -> Hand<'h> {
        Hand::new(
            &self.sys,
            &self.env.stores,
            self.home.as_fd(),
            &self.env.home,
            &journal.plan,
            &journal.token,
        )
    }

    /// Completes or undoes an interrupted run. None when there was none.
    ///
    /// # Errors
    /// What keeps it from being completed or undone; the journal then stays for the next attempt.
    /// [`Error::ForeignJournal`] when the state directory is shared with another home.
    pub fn recover(&self) -> Result<Option<Recovery<'_>>, Error> {
        let Some(journal) = self.state().journal()? else { return Ok(None) };
        if !(same_place(&journal.home, &self.env.home)
            && same_profile(&journal.profile, &self.env.profile.path()))
        {
            return Err(Error::ForeignJournal {
                journal: self.state().journal_path(),
                theirs: journal.home,
                ours: self.env.home.clone(),
            });
        }
        if self.env.profile.current_id()? != Some(journal.new.id) {
            let kept = self.roll_back(&journal, journal.plan.steps.len())?;
            return Ok(Some(Recovery::RolledBack { wanted: journal.new, current: journal.old, kept }));
        }
        let old = match &journal.old {
            Some(side) => read_if_generation(&side.path)?.0.map(|generation| (side.id, generation)),
            None => None,
        };
        let new = (journal.new.id, Generation::read(&journal.new.path)?);
        let mut hand = self.hand(&journal);
        hand.again = true;
        for (index, step) in journal.plan.steps.iter().enumerate() {
            hand.run(index, step)?;
        }
        let report = self.clean_up(&journal, &mut hand, true)?;
        let applied = Applied { session: self, old, new, report, journalled: true };
        Ok(Some(Recovery::RolledForward(Box::new(applied))))
    }

    /// Makes the plan for a switch to `target` and checks every place it concerns.
    ///
    /// # Errors
    /// [`Error::Problems`] with every target that cannot be written, [`Error::RecoveryPending`] before
    /// [`Self::recover`], what is wrong with the target generation, [`Error::Io`]. Nothing has been changed then.
    pub fn prepare(&self, target: Target<'_>, options: &Options) -> Result<Pending<'_>, Error> {
        if self.state().journal()?.is_some() {
            return Err(Error::RecoveryPending { journal: self.state().journal_path() });
        }
        let preview = look_and_plan(self.env, &self.home, target, options)?;
        Ok(Pending { session: self, preview, sync: options.sync })
    }

    /// Removes numbered links from the profile.
    ///
    /// # Errors
    /// [`Error::RemoveCurrent`] and [`Error::NoSuchGeneration`] before anything is removed; [`Error::Io`].
    pub fn remove_generations(&self, ids: &[u64]) -> Result<(), Error> {
        if self.state().journal()?.is_some() {
            return Err(Error::RecoveryPending { journal: self.state().journal_path() });
        }
        for id in ids {
            if self.env.profile.generation(*id)?.current {
                return Err(Error::RemoveCurrent { id: *id });
            }
        }
        for id in ids {
            self.env.profile.remove_link(&self.sys, *id, None)?;
        }
        Ok(())
    }

    /// Undoes the first `count` steps of a run that was not committed, and everything else it did.
    fn roll_back(&self, journal: &Journal, count: usize) -> Result<Vec<Kept>, Error> {
        let mut hand = self.hand(journal);
        for (index, step) in journal.plan.steps.iter().enumerate().take(count).rev() {
            hand.undo(index, step)?;
        }
        if journal.makes_link {
            self.env.profile.remove_link(&self.sys, journal.new.id, Some(&journal.new.path))?;
        }
        self.env.profile.remove_temporary(&self.sys, &journal.profile_temporary())?;
        self.state().drop_journal()?;
        Ok(hand.kept)
    }

    /// What follows the commit, up to the units.
    fn clean_up(&self, journal: &Journal, hand: &mut Hand<'_>, sync: bool) -> Result<SwitchReport, Error> {
        let mut displaced = false;
        for (index, step) in journal.plan.steps.iter().enumerate() {
            hand.finish(index, step)?;
            displaced |= step.displaces();
        }
        if displaced && sync {
            // The journal must not be gone from the disk while temporary names are still on it.
            self.sync_home(&journal.plan)?;
        }
        self.note_directories(&journal.plan, sync)?;
        let mut report = SwitchReport::of(&journal.plan);
        report.old.clone_from(&journal.old);
        report.new = Some(journal.new.clone());
        report.kept.append(&mut hand.kept);
        Ok(report)
    }

    /// Writes the home to the disk, and the trusted directories outside it that the plan reaches.
    fn sync_home(&self, plan: &LinkPlan) -> Result<(), Error> {
        self.sys.sync_all(self.home.as_fd()).map_err(Error::at("sync", &self.env.home))?;
        for redirect in plan.redirects.values() {
            if let Redirect::Outside(real) = redirect {
                let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
                let dir = rustix::fs::open(real, flags, Mode::empty()).map_err(Error::at("open", real))?;
                self.sys.sync_all(dir.as_fd()).map_err(Error::at("sync", real))?;
            }
        }
        Ok(())
    }

    /// Brings the list of directories that `hm` made up to date.
    fn note_directories(&self, plan: &LinkPlan, sync: bool) -> Result<(), Error> {
        let before = self.state().made()?;
        let mut after = before.clone();
        for step in &plan.steps {
            match step {
                Step::MakeDir { path } => {
                    after.insert(path.clone());
                }
                Step::LinkToDir { path, links, .. } => {
                    let inside = links.iter().flat_map(|link| {
                        link.ancestors().filter(|dir| dir == path || dir.below(path.as_str()).is_some())
                    });
                    after.extend(inside.collect::<BTreeSet<_>>());
                }
                Step::RemoveEmptyDir { path } => {
                    after.remove(path);
                }
                Step::DirToLink { path, .. } => {
                    after.retain(|dir| dir != path && dir.below(path.as_str()).is_none());
                }
                _ => {}
            }
        }
        if before == after { Ok(()) } else { self.state().write_made(after, sync) }
    }
}

impl<'s> Pending<'s> {
    /// What [`Self::apply`] will do.
    #[must_use]
    pub fn preview(&self) -> &Preview {
        &self.preview
    }

    /// The steps it will take.
    #[must_use]
    pub fn plan(&self) -> &LinkPlan {
        &self.preview.plan
    }

    /// Carries out the plan and commits it. `register_root` is called with the numbered link of the new generation
    /// before anything else in the home changes; it is not called when the number exists.
    ///
    /// # Errors
    /// The first step that failed, everything before it having been undone; [`Error::UndoFailed`] when that failed
    /// too, and [`Error::AfterCommit`] when the switch is done but what follows it is not: the next
    /// [`Session::recover`] then goes on.
    pub fn apply(self, register_root: &mut RegisterRoot<'_>) -> Result<Applied<'s>, Error> {
        let Self { session, preview, sync } = self;
        let Preview { old, new, plan, makes_link, old_unreadable } = preview;
        let side = |(id, generation): &(u64, Generation)| Side { id: *id, path: generation.path.clone() };
        let moves_profile = old.as_ref().map(|(id, _)| *id) != Some(new.0);
        if plan.is_empty() && !moves_profile {
            let mut report = SwitchReport::of(&plan);
            report.old = old.as_ref().map(side);
            report.new = Some(side(&new));
            return Ok(Applied { session, old, new, report, journalled: false });
        }
        let journal = Journal {
            version: Journal::VERSION,
            token: new_token(),
            home: session.env.home.clone(),
            profile: session.env.profile.path(),
            old: old.as_ref().map(side),
            new: side(&new),
            makes_link,
            plan,
        };
        if let Err(error) = session.state().write_journal(&journal, sync) {
            // It may be in place and only its sync have failed. Should this fail too, there is nothing to undo.
            let _ = session.state().drop_journal();
            return Err(error);
        }
        let mut hand = session.hand(&journal);
        hand.sync = sync;
        let mut begun = 0;
        if let Err(cause) = session.run(&journal, &mut hand, &mut begun, register_root, sync) {
            return Err(match session.roll_back(&journal, begun) {
                Ok(kept) => {
                    hand.kept.extend(kept);
                    if hand.kept.is_empty() {
                        cause
                    } else {
                        Error::KeptAside { cause: Box::new(cause), kept: hand.kept }
                    }
                }
                Err(undo) => Error::UndoFailed { cause: Box::new(cause), undo: Box::new(undo) },
            });
        }
        let after = |error| Error::AfterCommit(Box::new(error));
        if sync {
            session.env.profile.sync(&session.sys).map_err(after)?;
        }
        let mut report = session.clean_up(&journal, &mut hand, sync).map_err(after)?;
        report.old_unreadable = old_unreadable;
        Ok(Applied { session, old, new, report, journalled: true })
    }
}

impl Session<'_> {
    /// Everything from the journal to the commit. `begun` counts the steps that may have changed something.
    fn run(
        &self,
        journal: &Journal,
        hand: &mut Hand<'_>,
        begun: &mut usize,
        register_root: &mut RegisterRoot<'_>,
        sync: bool,
    ) -> Result<(), Error> {
        let profile = &self.env.profile;
        self.sys.make_dirs(profile.dir()).map_err(Error::at("make the directory", profile.dir()))?;
        if journal.makes_link {
            profile.make_link(&self.sys, journal.new.id, &journal.new.path)?;
            let link = profile.link(journal.new.id);
            register_root(&link).map_err(|source| Error::Root { link, source })?;
        }
        for (index, step) in journal.plan.steps.iter().enumerate() {
            *begun = index + 1;
            hand.run(index, step)?;
        }
        if sync && !journal.plan.is_empty() {
            self.sync_home(&journal.plan)?;
        }
        if profile.current_id()? != Some(journal.new.id) {
            profile.set_current(&self.sys, journal.new.id, &journal.profile_temporary())?;
        }
        Ok(())
    }
}

impl Applied<'_> {
    /// The generation that was current before, with its number.
    #[must_use]
    pub fn old(&self) -> Option<&(u64, Generation)> {
        self.old.as_ref()
    }

    /// The generation that is current now, with its number.
    #[must_use]
    pub fn new_generation(&self) -> &(u64, Generation) {
        &self.new
    }

    /// What was done.
    #[must_use]
    pub fn report(&self) -> &SwitchReport {
        &self.report
    }

    /// Closes the transaction. Until then a crash makes the next session roll this switch forward.
    ///
    /// # Errors
    /// [`Error::AfterCommit`] when the journal cannot be removed.
    pub fn finish(self) -> Result<SwitchReport, Error> {
        if self.journalled {
            self.session.state().drop_journal().map_err(|error| Error::AfterCommit(Box::new(error)))?;
        }
        Ok(self.report)
    }
}

/// Whether two paths are one file; a home can be spelled in several ways.
fn same_place(one: &Path, other: &Path) -> bool {
    let place = |path: &Path| rustix::fs::stat(path).map(|stat| (stat.st_dev, stat.st_ino)).ok();
    one == other || place(one).is_some_and(|found| Some(found) == place(other))
}

fn same_profile(one: &Path, other: &Path) -> bool {
    match (one.parent(), other.parent()) {
        (Some(here), Some(there)) => one.file_name() == other.file_name() && same_place(here, there),
        _ => one == other,
    }
}

/// A text that no other run has used for its temporary names.
fn new_token() -> String {
    static RUNS: AtomicU64 = AtomicU64::new(0);
    let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_micros());
    let run = RUNS.fetch_add(1, Ordering::Relaxed);
    format!("{time:x}-{:x}-{run:x}", std::process::id())
}
