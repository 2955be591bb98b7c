//! `hm generations`: lists the generations of the home.

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
struct Listed {
    id: u64,
    /// When it was made, by RFC 3339.
    created: Timestamp,
    path: String,
    current: bool,
    /// Whether its store object is still there.
    present: bool,
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
    let mut all = Vec::new();
    for generation in home::profile(environment).list()?.into_iter().rev() {
        all.push(Listed {
            id: generation.id,
            created: Timestamp::try_from(generation.created).unwrap_or_default(),
            present: generation.target.exists(),
            path: generation.target.display().to_string(),
            current: generation.current,
        });
    }
    if arguments.json {
        return output.result(json(&all)?);
    }
    if all.is_empty() {
        output.note("there is no generation yet; `hm switch` makes the first");
        return Ok(());
    }
    let mut table = Table::new(["ID", "CREATED", "", "PATH"]);
    for generation in all {
        let created =
            generation.created.to_zoned(TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string();
        let mark = match (generation.current, generation.present) {
            (true, true) => "current",
            (true, false) => "current, gone",
            (false, true) => "",
            (false, false) => "gone",
        };
        table.row([generation.id.to_string(), created, mark.to_owned(), generation.path]);
    }
    output.result(table)
}
