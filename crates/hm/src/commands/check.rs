//! `hm check`: looks for mistakes in the configuration's units, and changes nothing.

use clap::Args;
use hm_generation::Generation;
use hm_generation::manifest::Position;
use serde::Serialize;
use systemd_user::lint::{Finding, Lint, Severity};

use crate::checks;
use crate::cli::ConfigurationArguments;
use crate::commands::evaluate;
use crate::environment::Environment;
use crate::error::CommandError;
use crate::listing::json;
use crate::output::{Output, count};
use crate::store::LazyStore;

#[derive(Debug, Args)]
pub(crate) struct CheckArguments {
    #[command(flatten)]
    pub(crate) configuration: ConfigurationArguments,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
    /// Say nothing of this kind of mistake; may be given several times.
    #[arg(long, value_name = "NAME", value_parser = lint)]
    pub(crate) allow: Vec<Lint>,
    /// Tell what is wrong with this kind of mistake and what to do, and check nothing.
    #[arg(long, value_name = "NAME", value_parser = lint)]
    pub(crate) explain: Option<Lint>,
}

/// What `--json` prints.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Report<'a> {
    /// Whose tables of directives were used.
    systemd: u32,
    errors: usize,
    warnings: usize,
    findings: Vec<Entry<'a>>,
}

#[derive(Serialize)]
struct Entry<'a> {
    #[serde(flatten)]
    finding: &'a Finding,
    /// Where the configuration defines the unit, or the directive where that is known.
    defined: Option<&'a Position>,
}

fn lint(name: &str) -> Result<Lint, String> {
    Lint::from_name(name).ok_or_else(|| match Lint::nearest(name) {
        Some(near) => format!("there is no lint of this name; did you mean '{near}'?"),
        None => {
            let names: Vec<&str> = Lint::ALL.iter().map(|lint| lint.name()).collect();
            format!("there is no lint of this name; there are {}", names.join(", "))
        }
    })
}

/// Runs the command.
///
/// # Errors
/// What is wrong with the configuration; and when there are errors in its units, that there are.
pub(crate) fn run(
    environment: &Environment,
    output: &Output,
    arguments: &CheckArguments,
) -> Result<(), CommandError> {
    if let Some(lint) = arguments.explain {
        return output.result(checks::explain(lint));
    }
    let store = LazyStore::find(environment, &arguments.configuration)?;
    let built = evaluate(environment, output, &arguments.configuration, &store)?;
    let generation = Generation::read(&built.generation)?;
    let (checked, remember) = checks::check(environment, output, &generation, &arguments.allow)?;
    remember.write();
    let errors = checked.count(Severity::Error);
    let warnings = checked.count(Severity::Warning);
    if arguments.json {
        let findings = checked
            .findings
            .iter()
            .map(|(finding, defined)| Entry { finding, defined: defined.as_ref() })
            .collect();
        output.result(json(&Report { systemd: checked.systemd, errors, warnings, findings })?)?;
    } else {
        for (finding, defined) in &checked.findings {
            output.result(checked.render(finding, defined.as_ref(), output.color()))?;
            output.result("")?;
        }
        let units = count(generation.manifest.units.len(), "unit");
        match (errors, warnings) {
            (0, 0) => output.report(format_args!("nothing is wrong with {units}"))?,
            _ => output.report(format_args!(
                "{} and {} in {units}; `hm check --explain NAME` tells more",
                count(errors, "error"),
                count(warnings, "warning")
            ))?,
        }
    }
    match errors {
        0 => Ok(()),
        _ => Err(CommandError::user(format!("{} in units", count(errors, "mistake")))),
    }
}
