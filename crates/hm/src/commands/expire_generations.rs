//! `hm expire-generations`: removes the generations that are neither among the newest nor young enough.

use std::collections::BTreeSet;

use clap::Args;
use hm_generation::Numbered;
use jiff::{Timestamp, Zoned};

use crate::age::{Cutoff, cutoff};
use crate::environment::Environment;
use crate::error::CommandError;
use crate::home;
use crate::output::Output;
use crate::removal::{self, RemovalArguments};

#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("what").required(true).multiple(true))]
pub(crate) struct ExpireArguments {
    /// Keep this many of the newest generations.
    #[arg(short, long, value_name = "N", group = "what")]
    keep: Option<usize>,
    /// Keep what was made since: an age (12h, 30d, 2w, 6mo, 1y) or a date (2026-01-31).
    #[arg(long, value_name = "AGE", group = "what", value_parser = cutoff, allow_hyphen_values = true)]
    older_than: Option<Cutoff>,
    /// The same as --older-than, as for Home Manager: "-30 days".
    #[arg(value_name = "AGE", group = "what", value_parser = cutoff, allow_hyphen_values = true, conflicts_with = "older_than")]
    age: Option<Cutoff>,
    #[command(flatten)]
    removal: RemovalArguments,
}

/// Runs the command.
///
/// # Errors
/// When the profile cannot be read or changed.
pub(crate) fn run(
    environment: &Environment,
    output: &Output,
    arguments: &ExpireArguments,
) -> Result<(), CommandError> {
    home::check(environment)?;
    let home = home::describe(environment, None)?;
    let all = home.profile.list()?;
    let older_than = arguments.older_than.as_ref().or(arguments.age.as_ref());
    let since = older_than.map(|cutoff| cutoff.instant(&Zoned::now())).transpose();
    let since = since.map_err(|why| CommandError::user(format!("there is no such time: {why}")))?;
    let goes = expired(&all, arguments.keep, since);
    removal::run(environment, output, &home, &all, &goes, &arguments.removal)
}

/// The numbers of those of the generations, oldest first, that are neither the current one, nor among the `keep` newest, nor
/// made at `since` or later.
fn expired(all: &[Numbered], keep: Option<usize>, since: Option<Timestamp>) -> BTreeSet<u64> {
    let young = |each: &Numbered| {
        since.is_some_and(|since| Timestamp::try_from(each.created).is_ok_and(|created| created >= since))
    };
    let old = all.iter().rev().skip(keep.unwrap_or(0));
    old.filter(|each| !each.current && !young(each)).map(|each| each.id).collect()
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, SystemTime};

    use super::*;

    #[test]
    fn what_expires() {
        // Made at the seconds 10, 20, 30, …; number 2 is current.
        let all: Vec<Numbered> = (1..=5)
            .map(|id| Numbered {
                id,
                link: "/p".into(),
                target: "/s".into(),
                created: SystemTime::UNIX_EPOCH + Duration::from_secs(10 * id),
                current: id == 2,
            })
            .collect();
        let check = |keep, since: Option<i64>, expected: &[u64]| {
            let since = since.map(|second| Timestamp::from_second(second).unwrap());
            let found: Vec<u64> = expired(&all, keep, since).into_iter().collect();
            assert_eq!(found, expected, "{keep:?} {since:?}");
        };
        check(Some(1), None, &[1, 3, 4]);
        check(Some(0), None, &[1, 3, 4, 5]);
        check(Some(9), None, &[]);
        check(None, Some(30), &[1]);
        check(None, Some(41), &[1, 3, 4]);
        check(Some(2), Some(50), &[1, 3]);
        check(Some(2), Some(1), &[]);
    }
}
