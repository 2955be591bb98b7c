//! `hm rollback`: goes back to an earlier generation, its files and its units.

use std::path::Path;

use hm_generation::Target;

use crate::cli::RollbackArguments;
use crate::environment::Environment;
use crate::error::CommandError;
use crate::home;
use crate::output::Output;
use crate::timings::Timings;
use crate::transition::{Keeper, Transition};

/// A generation that has a number is registered and kept already.
struct Kept;

impl Keeper for Kept {
    fn commit(&self) -> Result<(), nix_store::Error> {
        Ok(())
    }

    fn keep(&self, _link: &Path) -> Result<(), nix_store::Error> {
        Ok(())
    }

    fn root(&self) -> Option<&Path> {
        None
    }
}

/// Runs the command.
///
/// # Errors
/// When there is no such generation or its files cannot be put in place; or the units that failed.
pub(crate) fn run(
    environment: &Environment,
    output: &Output,
    arguments: &RollbackArguments,
) -> Result<(), CommandError> {
    home::check(environment)?;
    let home = home::describe(environment, None)?;
    let transition = Transition {
        environment,
        output,
        home: &home,
        done: "rolled back to",
        would: "would roll back to",
        backup: arguments.backup.as_deref(),
        dry_run: arguments.dry_run,
        lock: arguments.lock,
        units: arguments.units,
    };
    let target = arguments.id.map_or(Target::Previous, Target::Id);
    transition.run(target, &Kept, &mut Timings::start())
}
