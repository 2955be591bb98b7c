//! `hm generations`: lists the generations of the home, and how each differs from the one before.

use hm_generation::{Changes, Contents, Count, Numbered};
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde::Serialize;

use crate::cli::ListArguments;
use crate::environment::Environment;
use crate::error::CommandError;
use crate::home;
use crate::listing::{Table, json};
use crate::output::Output;

/// One generation, as `--json` prints it.
#[derive(Serialize)]
pub(crate) struct Listed {
    pub(crate) id: u64,
    /// When it was made, by RFC 3339.
    created: Timestamp,
    pub(crate) path: String,
    current: bool,
    /// Whether its store object is still there.
    present: bool,
}

/// The same with how many units, files and packages are other than in the generation before; none where either cannot be
/// read.
#[derive(Serialize)]
struct Counted {
    #[serde(flatten)]
    listed: Listed,
    changes: Option<Changes>,
}

impl Listed {
    pub(crate) fn of(generation: &Numbered) -> Self {
        Listed {
            id: generation.id,
            created: Timestamp::try_from(generation.created).unwrap_or_default(),
            present: generation.target.exists(),
            path: generation.target.display().to_string(),
            current: generation.current,
        }
    }

    /// When it was made, for people.
    pub(crate) fn created(&self) -> String {
        self.created.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// What there is to know of it in a word or two.
    pub(crate) fn mark(&self) -> &'static str {
        match (self.current, self.present) {
            (true, true) => "current",
            (true, false) => "current, gone",
            (false, true) => "",
            (false, false) => "gone",
        }
    }
}

/// Runs the command.
///
/// # Errors
/// When the profile cannot be read.
pub(crate) fn run(
    environment: &Environment,
    output: &Output,
    arguments: &ListArguments,
) -> Result<(), CommandError> {
    let home = home::describe(environment, None)?;
    home::warn_if_interrupted(output, &home)?;
    let mut all = count(&home.profile.list()?, output);
    all.reverse();
    if arguments.json {
        return output.result(json(&all)?);
    }
    if all.is_empty() {
        output.note("there is no generation yet; `hm switch` makes the first");
        return Ok(());
    }
    let mut table = Table::new(["ID", "CREATED", "", "UNITS", "FILES", "PACKAGES", "PATH"]);
    for Counted { listed, changes } in all {
        let changes = changes.unwrap_or_default();
        let [units, files, packages] = [changes.units, changes.files, changes.packages].map(cell);
        let (id, created, mark) = (listed.id.to_string(), listed.created(), listed.mark().to_owned());
        table.row([id, created, mark, units, files, packages, listed.path]);
    }
    output.result(table)
}

/// What each generation changed, oldest first.
fn count(generations: &[Numbered], output: &Output) -> Vec<Counted> {
    let mut all = Vec::new();
    let mut before: Option<Contents> = None;
    for generation in generations {
        let contents = Contents::read(&generation.target, before.as_ref());
        let changes = match &contents {
            // Nothing can be said about the successor of one that is gone.
            Ok(contents) if before.is_some() || all.is_empty() => contents.since(before.as_ref()).ok(),
            Ok(_) => None,
            Err(error) => {
                output.note_verbose(error);
                None
            }
        };
        all.push(Counted { listed: Listed::of(generation), changes });
        before = contents.ok();
    }
    all
}

/// `+2 ~1 -3`, without what is nought.
fn cell(count: Count) -> String {
    let parts = [('+', count.added), ('~', count.changed), ('-', count.removed)];
    let shown: Vec<String> = parts
        .iter()
        .filter(|(_, number)| *number > 0)
        .map(|(sign, number)| format!("{sign}{number}"))
        .collect();
    shown.join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cells() {
        let check = |added, changed, removed, expected: &str| {
            assert_eq!(cell(Count { added, changed, removed }), expected);
        };
        check(0, 0, 0, "");
        check(2, 1, 3, "+2 ~1 -3");
        check(0, 1, 0, "~1");
    }
}
