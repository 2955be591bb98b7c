//! Removing generations: what stays and goes is shown, the user asked, and then the profile changed.
//!
//! Nobody is kept waiting by a question: the lock is taken after the answer, and what has become current or is gone by then
//! is not removed.

use std::collections::BTreeSet;

use clap::Args;
use hm_generation::{HomeEnv, Numbered, interrupted};
use serde::Serialize;

use crate::cli::{LockArguments, UnitArguments};
use crate::commands::generations::Listed;
use crate::environment::Environment;
use crate::error::CommandError;
use crate::listing::{Table, json};
use crate::output::{Output, count, names};
use crate::writing::Writing;

/// How to go about it.
#[derive(Debug, Args)]
pub(crate) struct RemovalArguments {
    /// Show what would go, and remove nothing.
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Remove without asking.
    #[arg(short, long)]
    yes: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    lock: LockArguments,
}

/// What `--json` prints.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Removed<'a> {
    dry_run: bool,
    removed: Vec<&'a Listed>,
    kept: Vec<&'a Listed>,
}

/// Removes those of the generations `all` whose numbers are in `goes`. None of them is the current one.
///
/// # Errors
/// When there is nobody to ask, or they cannot be removed.
pub(crate) fn run(
    environment: &Environment,
    output: &Output,
    home: &HomeEnv,
    all: &[Numbered],
    goes: &BTreeSet<u64>,
    arguments: &RemovalArguments,
) -> Result<(), CommandError> {
    let listed: Vec<Listed> = all.iter().rev().map(Listed::of).collect();
    let (removed, kept): (Vec<_>, Vec<_>) = listed.iter().partition(|each| goes.contains(&each.id));
    let asks = !(arguments.dry_run || arguments.yes || goes.is_empty());
    if !arguments.json && (arguments.dry_run || asks) && !goes.is_empty() {
        let mut table = Table::new(["", "ID", "CREATED", "", "PATH"]);
        for each in &listed {
            let verdict = if goes.contains(&each.id) { "DEL" } else { "OK" };
            let (id, created, mark) = (each.id.to_string(), each.created(), each.mark().to_owned());
            table.row([verdict.to_owned(), id, created, mark, each.path.clone()]);
        }
        let text = format!("{table}\nOK: {} stay, DEL: {} go", kept.len(), removed.len());
        // With a question it is for whoever answers; without, it is what was asked for.
        if arguments.dry_run { output.result(text)? } else { output.report(text)? }
    }
    if asks && !output.confirm(&format!("remove {}?", generations(goes)))? {
        output.note("nothing was removed");
        return Ok(());
    }
    let mut failure = None;
    // What an interrupted run has left is dealt with even where it has left nothing to remove.
    if !arguments.dry_run && (!goes.is_empty() || interrupted(home)?.is_some()) {
        failure = remove(environment, output, home, goes, arguments)?;
    }
    if arguments.json {
        output.result(json(&Removed { dry_run: arguments.dry_run, removed, kept })?)?;
    } else if goes.is_empty() {
        output.report(format_args!("nothing to remove: {} kept", count(kept.len(), "generation")))?;
    } else if !arguments.dry_run {
        output.report(format_args!("removed {}; `hm gc` frees what only they held", generations(goes)))?;
    }
    failure.map_or(Ok(()), Err)
}

fn remove(
    environment: &Environment,
    output: &Output,
    home: &HomeEnv,
    goes: &BTreeSet<u64>,
    arguments: &RemovalArguments,
) -> Result<Option<CommandError>, CommandError> {
    let units = UnitArguments::default();
    let writing = Writing { environment, output, home, lock: arguments.lock, units, store: None };
    let (session, failure) = writing.begin()?;
    let left: BTreeSet<u64> = home.profile.list()?.iter().map(|each| each.id).collect();
    session.remove_generations(&goes.intersection(&left).copied().collect::<Vec<_>>())?;
    Ok(failure)
}

/// Generations in a sentence.
fn generations(ids: &BTreeSet<u64>) -> String {
    let word = if ids.len() == 1 { "generation" } else { "generations" };
    format!("{word} {}", names(&ids.iter().collect::<Vec<_>>()))
}
