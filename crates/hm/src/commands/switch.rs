//! `hm switch`: builds the configuration and moves the home to it.
//!
//! A dry run adds the objects of the generation to the store without registering them, because files can only be compared
//! with what exists, and takes them back when it has told the difference.

use std::path::Path;

use hm_generation::diff::Closure;
use hm_generation::{Generation, Target};
use nix_store::Store;

use crate::checks;
use crate::cli::SwitchArguments;
use crate::commands::{evaluate, rollback};
use crate::diff::closures;
use crate::environment::Environment;
use crate::error::CommandError;
use crate::home;
use crate::output::Output;
use crate::store::{LazyStore, canonical};
use crate::timings::Timings;
use crate::transition::{Keeper, Manner, Transition};
use crate::writing::Writing;

impl Keeper for LazyStore {
    fn commit(&self) -> Result<(), nix_store::Error> {
        Store::commit(self)
    }

    fn keep(&self, link: &Path) -> Result<(), nix_store::Error> {
        self.add_indirect_root(link)
    }

    fn closure(&self, generation: &Generation) -> Option<Closure> {
        closures::pending(self, generation)
    }

    fn root(&self) -> Option<&Path> {
        Some(LazyStore::root(self))
    }
}

/// Runs the command.
///
/// # Errors
/// What is wrong with the configuration or the home, in which case nothing was switched; or the units that failed.
pub(crate) fn run(
    environment: &Environment,
    output: &Output,
    arguments: &SwitchArguments,
) -> Result<(), CommandError> {
    let mut timings = Timings::start();
    let manner = Manner {
        done: "switched to",
        verb: "switch to",
        backup: arguments.backup.as_deref(),
        plan: arguments.plan,
        lock: arguments.lock,
        units: arguments.units,
        rollback_on_failure: arguments.failure.rollback_on_failure,
    };
    let result = match arguments.generation {
        Some(id) => rollback::go(environment, output, Target::Id(id), manner, &mut timings),
        None => to_configuration(environment, output, arguments, manner, &mut timings),
    };
    if arguments.timings {
        output.note(&timings);
    }
    result
}

fn to_configuration(
    environment: &Environment,
    output: &Output,
    arguments: &SwitchArguments,
    manner: Manner<'_>,
    timings: &mut Timings,
) -> Result<(), CommandError> {
    home::check(environment)?;
    if !arguments.plan.dry_run {
        let root = canonical(&LazyStore::place(environment, &arguments.configuration));
        let home = home::describe(environment, Some(&root.join("store")))?;
        let (lock, units) = (arguments.lock, arguments.units);
        Writing { environment, output, home: &home, lock, units, store: None }.complete_uninstallation()?;
    }
    let store = timings.time("store", || LazyStore::find(environment, &arguments.configuration))?;
    let built = evaluate(environment, output, &arguments.configuration, &store)?;
    timings.add("read", built.parse);
    timings.add("evaluate", built.evaluate);
    let home = home::describe(environment, Some(Path::new(store.store_dir().as_str())))?;
    // What is current was checked when it became that.
    let is_current = home.profile.current()?.is_some_and(|current| current.target == built.generation);
    let remember = match arguments.no_check || is_current {
        true => None,
        false => timings.time("check", || checks::before_switch(environment, output, &built.generation))?,
    };
    let transition = Transition { environment, output, home: &home, manner };
    transition.run(Target::Path(&built.generation), &store, timings)?;
    if let (false, Some(remember)) = (arguments.plan.dry_run, remember) {
        remember.write();
    }
    Ok(())
}
