//! `hm rollback`: goes back to an earlier generation, its files and its units.

use std::path::Path;

use hm_generation::diff::Closure;
use hm_generation::{Generation, Target};

use crate::cli::RollbackArguments;
use crate::diff::closures;
use crate::environment::Environment;
use crate::error::CommandError;
use crate::home;
use crate::output::Output;
use crate::timings::Timings;
use crate::transition::{Keeper, Manner, Transition};

/// A generation that has a number is registered and kept already.
struct Kept;

impl Keeper for Kept {
    fn commit(&self) -> Result<(), nix_store::Error> {
        Ok(())
    }

    fn keep(&self, _link: &Path) -> Result<(), nix_store::Error> {
        Ok(())
    }

    fn closure(&self, generation: &Generation) -> Option<Closure> {
        closures::registered(generation)
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
    let manner = Manner {
        done: "rolled back to",
        verb: "roll back to",
        backup: arguments.backup.as_deref(),
        plan: arguments.plan,
        lock: arguments.lock,
        units: arguments.units,
        rollback_on_failure: arguments.failure.rollback_on_failure,
    };
    let target = arguments.id.map_or(Target::Previous, Target::Id);
    go(environment, output, target, manner, &mut Timings::start())
}

/// Moves the home to a generation that has a number already.
///
/// # Errors
/// As [`run`].
pub(super) fn go(
    environment: &Environment,
    output: &Output,
    target: Target<'_>,
    manner: Manner<'_>,
    timings: &mut Timings,
) -> Result<(), CommandError> {
    home::check(environment)?;
    let home = home::describe(environment, None)?;
    Transition { environment, output, home: &home, manner }.run(target, &Kept, timings)
}
