//! `hm switch`: builds the configuration and moves the home to it.
//!
//! A dry run adds the objects of the generation to the store without registering them, because files can only be compared
//! with what exists, and takes them back when it has told the difference.

use std::path::Path;

use hm_generation::Target;
use nix_store::Store;

use crate::cli::SwitchArguments;
use crate::commands::evaluate;
use crate::environment::Environment;
use crate::error::CommandError;
use crate::home;
use crate::output::Output;
use crate::store::{LazyStore, canonical};
use crate::timings::Timings;
use crate::transition::{Keeper, Transition};
use crate::writing::Writing;

impl Keeper for LazyStore {
    fn commit(&self) -> Result<(), nix_store::Error> {
        Store::commit(self)
    }

    fn keep(&self, link: &Path) -> Result<(), nix_store::Error> {
        self.add_indirect_root(link)
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
    home::check(environment)?;
    if !arguments.dry_run {
        let root = canonical(&LazyStore::root(environment, &arguments.configuration));
        let home = home::describe(environment, Some(&root.join("store")))?;
        let (lock, units) = (arguments.lock, arguments.units);
        Writing { environment, output, home: &home, lock, units }.complete_uninstallation()?;
    }
    let store = timings.time("store", || LazyStore::find(environment, &arguments.configuration))?;
    let built = evaluate(environment, output, &arguments.configuration, &store)?;
    timings.add("read", built.parse);
    timings.add("evaluate", built.evaluate);
    let home = home::describe(environment, Some(Path::new(store.store_dir().as_str())))?;
    let transition = Transition {
        environment,
        output,
        home: &home,
        done: "switched to",
        would: "would switch to",
        backup: arguments.backup.as_deref(),
        dry_run: arguments.dry_run,
        lock: arguments.lock,
        units: arguments.units,
    };
    let result = transition.run(Target::Path(&built.generation), &store, &mut timings);
    if arguments.timings {
        output.note(&timings);
    }
    result
}
