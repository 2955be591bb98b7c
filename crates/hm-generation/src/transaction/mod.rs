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

mod leave;
mod maintenance;
mod recover;

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::os::fd::{AsFd, OwnedFd};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::SystemTime;

use rustix::fs::{Mode, OFlags};
use rustix::io::Errno;

pub use leave::{LeavePreview, Leaving, Left, preview_leave};
pub use maintenance::Collection;
pub use recover::{Interrupted, Recovery, Unfinished, interrupted};

use crate::apply::{Hand, Kept};
use crate::error::Error;
use crate::generation::Generation;
use crate::handles::Redirect;
use crate::home::{HomeEnv, open_home};
use crate::journal::{Journal, Side, Switch, Work, profile_temporary};
use crate::plan::LinkPlan;
use crate::preview::{Options, Preview, Target, look_and_plan};
use crate::report::SwitchReport;
use crate::state::State;
use crate::step::Step;
use crate::sys::Sys;

/// The caller's way to register a numbered link as an indirect root of the store's garbage collection.
pub type RegisterRoot<'a> = dyn FnMut(&Path) -> Result<(), Box<dyn std::error::Error + Send + Sync>> + 'a;

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
    stops: Vec<String>,
    sync: bool,
}

/// A switch that is committed. The units are the caller's to move now.
#[derive(Debug)]
pub struct Applied<'s> {
    session: &'s Session<'s>,
    old: Option<(u64, Generation)>,
    taken_over: Option<Generation>,
    new: (u64, Generation),
    report: SwitchReport,
    stops: Vec<String>,
    journalled: bool,
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

    fn hand<'h>(&'h self, token: &'h str, plan: &'h LinkPlan) -> Hand<'h> {
        Hand::new(&self.sys, &self.env.stores, self.home.as_fd(), &self.env.home, plan, token)
    }

    /// Puts a journal about `work` on the disk, or leaves none.
    fn begin(&self, token: &str, work: Work<'_>, sync: bool) -> Result<(), Error> {
        let (home, profile) = (self.env.home.clone(), self.env.profile.path());
        let journal = Journal::new(token.to_owned(), home, profile, work);
        self.state().write_journal(&journal, sync).inspect_err(|_| {
            // It may be in place and only its sync have failed. Should this fail too, there is nothing to undo.
            let _ = self.state().drop_journal();
        })
    }

    /// Makes sure that no interrupted run waits to be recovered.
    fn check_recovered(&self) -> Result<(), Error> {
        match self.state().journal()? {
            None => Ok(()),
            Some(_) => Err(Error::RecoveryPending { journal: self.state().journal_path() }),
        }
    }

    /// Makes the plan for a switch to `target` and checks every place it concerns.
    ///
    /// # Errors
    /// [`Error::Problems`] with every target that cannot be written, [`Error::RecoveryPending`] before
    /// [`Self::recover`], what is wrong with the target generation, [`Error::Io`]. Nothing has been changed then.
    pub fn prepare(&self, target: Target<'_>, options: &Options) -> Result<Pending<'_>, Error> {
        self.check_recovered()?;
        let preview = look_and_plan(self.env, &self.home, target, options)?;
        Ok(Pending { session: self, preview, stops: Vec::new(), sync: options.sync })
    }

    /// What follows the commit, up to the units.
    fn clean_up(&self, switch: &Switch, hand: &mut Hand<'_>, sync: bool) -> Result<SwitchReport, Error> {
        let mut report = self.finish_steps(&switch.plan, hand, sync)?;
        self.note_directories(&switch.plan, sync)?;
        self.note_origins(switch, &report.kept, sync)?;
        let mut history = self.state().history();
        if history.note(&switch.new) {
            self.state().write_history(&history)?;
        }
        report.old.clone_from(&switch.old);
        report.new = Some(switch.new.clone());
        Ok(report)
    }

    /// Does what the steps have left for after the commit.
    fn finish_steps(&self, plan: &LinkPlan, hand: &mut Hand<'_>, sync: bool) -> Result<SwitchReport, Error> {
        let mut displaced = false;
        for (index, step) in plan.steps.iter().enumerate() {
            hand.finish(index, step)?;
            displaced |= step.displaces();
        }
        if displaced && sync {
            // The journal must not be gone from the disk while temporary names are still on it.
            self.sync_home(plan)?;
        }
        let mut report = SwitchReport::of(plan);
        report.kept.append(&mut hand.kept);
        Ok(report)
    }

    /// Brings up to date what is known of the home as it was before `hm` came.
    fn note_origins(&self, switch: &Switch, kept: &[Kept], sync: bool) -> Result<(), Error> {
        let before = self.state().origins()?;
        let mut after = before.clone();
        after.note(&switch.plan, kept);
        if let Some(generation) = &switch.takes_over {
            after.home_manager = Some(generation.clone());
        }
        if before == after { Ok(()) } else { self.state().write_origins(&after, sync) }
    }

    /// Writes the home to the disk, and the trusted directories outside it that the plan reaches.
    fn sync_home(&self, plan: &LinkPlan) -> Result<(), Error> {
        self.sys.sync_all(self.home.as_fd()).map_err(Error::at("sync", &self.env.home))?;
        for redirect in plan.redirects.values() {
            if let Redirect::Outside(real) = redirect {
                let flags = OFlags::RDONLY | OFlags::DIRECTORY | OFlags::CLOEXEC;
                let dir = match rustix::fs::open(real, flags, Mode::empty()) {
                    Err(Errno::NOENT | Errno::NOTDIR) => continue,
                    other => other.map_err(Error::at("open", real))?,
                };
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
                Step::LinkToDir { path, links, .. } | Step::OwnToDir { path, links, .. } => {
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

    /// Notes units that the caller will stop for a moment after the commit, so that a run that completes this one knows that
    /// they are to run.
    #[must_use]
    pub fn stopping(self, units: Vec<String>) -> Self {
        Self { stops: units, ..self }
    }

    /// Carries out the plan and commits it. `register_root` is called with the numbered link of the new generation
    /// before anything else in the home changes; it is not called when the number exists.
    ///
    /// # Errors
    /// The first step that failed, everything before it having been undone; [`Error::UndoFailed`] when that failed
    /// too, and [`Error::AfterCommit`] when the switch is done but what follows it is not: the next
    /// [`Session::recover`] then goes on.
    pub fn apply(self, register_root: &mut RegisterRoot<'_>) -> Result<Applied<'s>, Error> {
        let Self { session, preview, stops, sync } = self;
        let Preview { old, taken_over, new, plan, makes_link, old_unreadable } = preview;
        let side = |(id, generation): &(u64, Generation)| Side { id: *id, path: generation.path.clone() };
        let moves_profile = old.as_ref().map(|(id, _)| *id) != Some(new.0);
        if plan.is_empty() && !moves_profile {
            let mut report = SwitchReport::of(&plan);
            report.old = old.as_ref().map(side);
            report.new = Some(side(&new));
            return Ok(Applied { session, old, taken_over, new, report, stops, journalled: false });
        }
        let (token, old_side, new_side) = (new_token(), old.as_ref().map(side), side(&new));
        let takes_over = taken_over.as_ref().map(|generation| generation.path.clone());
        let switch = Switch { old: old_side, new: new_side, makes_link, takes_over, stops, plan };
        session.begin(&token, Work::Switch(Cow::Borrowed(&switch)), sync)?;
        let mut hand = session.hand(&token, &switch.plan);
        hand.sync = sync;
        let mut begun = 0;
        if let Err(cause) = session.run(&token, &switch, &mut hand, &mut begun, register_root, sync) {
            return Err(match session.roll_back(&token, &switch, begun, sync) {
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
        let mut report = session.clean_up(&switch, &mut hand, sync).map_err(after)?;
        report.old_unreadable = old_unreadable;
        Ok(Applied { session, old, taken_over, new, report, stops: switch.stops, journalled: true })
    }
}

impl Session<'_> {
    /// Everything from the journal to the commit. `begun` counts the steps that may have changed something.
    fn run(
        &self,
        token: &str,
        switch: &Switch,
        hand: &mut Hand<'_>,
        begun: &mut usize,
        register_root: &mut RegisterRoot<'_>,
        sync: bool,
    ) -> Result<(), Error> {
        let profile = &self.env.profile;
        self.sys.make_dirs(profile.dir()).map_err(Error::at("make the directory", profile.dir()))?;
        if switch.makes_link {
            profile.make_link(&self.sys, switch.new.id, &switch.new.path)?;
            let link = profile.link(switch.new.id);
            register_root(&link).map_err(|source| Error::Root { link, source })?;
        }
        for (index, step) in switch.plan.steps.iter().enumerate() {
            *begun = index + 1;
            hand.run(index, step)?;
        }
        if sync && !switch.plan.is_empty() {
            self.sync_home(&switch.plan)?;
        }
        if profile.current_id()? != Some(switch.new.id) {
            profile.set_current(&self.sys, switch.new.id, &profile_temporary(token))?;
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

    /// The generation that the home comes from: `hm`'s own before, or that of home-manager.
    #[must_use]
    pub fn before(&self) -> Option<&Generation> {
        self.old.as_ref().map(|(_, old)| old).or(self.taken_over.as_ref())
    }

    /// The generation that is current now, with its number.
    #[must_use]
    pub fn new_generation(&self) -> &(u64, Generation) {
        &self.new
    }

    /// The units that were to be stopped for a moment.
    #[must_use]
    pub fn stops(&self) -> &[String] {
        &self.stops
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

/// A text that no other run has used for its temporary names.
fn new_token() -> String {
    static RUNS: AtomicU64 = AtomicU64::new(0);
    let time = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |since| since.as_micros());
    let run = RUNS.fetch_add(1, Ordering::Relaxed);
    format!("{time:x}-{:x}-{run:x}", std::process::id())
}
