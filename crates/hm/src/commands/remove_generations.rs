//! `hm remove-generations`: removes generations by number.

use std::collections::BTreeSet;

use clap::Args;
use clap_complete::ArgValueCompleter;
use hm_generation::Error;

use crate::completion;
use crate::environment::Environment;
use crate::error::CommandError;
use crate::home;
use crate::output::Output;
use crate::removal::{self, RemovalArguments};

#[derive(Debug, Args)]
pub(crate) struct RemoveArguments {
    /// Numbers as `hm generations` lists them, or ranges of them, such as 3..7.
    #[arg(value_name = "ID", required = true, value_parser = ids, add = ArgValueCompleter::new(completion::generations))]
    ids: Vec<Ids>,
    #[command(flatten)]
    removal: RemovalArguments,
}

/// One number, or all from one to another that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ids {
    One(u64),
    Range(u64, u64),
}

fn ids(text: &str) -> Result<Ids, String> {
    let number =
        |text: &str| text.parse::<u64>().map_err(|_| format!("'{text}' is not the number of a generation"));
    let Some((first, last)) = text.split_once("..") else { return number(text).map(Ids::One) };
    let (first, last) = (number(first)?, number(last)?);
    if first > last {
        return Err(format!("there is nothing from {first} to {last}"));
    }
    Ok(Ids::Range(first, last))
}

/// Runs the command.
///
/// # Errors
/// When a number is that of the current generation or of none, in which case nothing is removed.
pub(crate) fn run(
    environment: &Environment,
    output: &Output,
    arguments: &RemoveArguments,
) -> Result<(), CommandError> {
    home::check(environment)?;
    let home = home::describe(environment, None)?;
    let all = home.profile.list()?;
    let mut goes = BTreeSet::new();
    for ids in &arguments.ids {
        match *ids {
            Ids::One(id) => {
                goes.insert(home.profile.generation(id)?.id);
            }
            Ids::Range(first, last) => {
                goes.extend(all.iter().map(|each| each.id).filter(|id| (first..=last).contains(id)));
            }
        }
    }
    if let Some(current) = all.iter().find(|each| each.current && goes.contains(&each.id)) {
        return Err(Error::RemoveCurrent { id: current.id }.into());
    }
    removal::run(environment, output, &home, &all, &goes, &arguments.removal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_ranges() {
        assert_eq!(ids("7"), Ok(Ids::One(7)));
        assert_eq!(ids("3..7"), Ok(Ids::Range(3, 7)));
        assert!(ids("7..3").is_err() && ids("-1").is_err() && ids("3..").is_err() && ids("").is_err());
    }
}
