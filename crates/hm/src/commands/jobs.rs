//! `hm start`, `stop`, `restart` and `reload`: what `systemctl --user` does, with the report that a switch gives.

use std::time::Duration;

use clap::Args;
use clap_complete::ArgValueCompleter;
use serde::Serialize;
use systemd_user::manager::{ExecuteOptions, ReloadOutcome, Report, UnitReport, UnitStatus};
use systemd_user::plan::Reason;
use systemd_user::{Action, ActiveState, Manager, Step, SwitchPlan, UnitName};

use crate::cli::seconds;
use crate::completion;
use crate::environment::Environment;
use crate::error::CommandError;
use crate::home;
use crate::listing::json;
use crate::managed::{self, Managed};
use crate::moving::start_limit;
use crate::outdated;
use crate::output::{Output, names};
use crate::unit_report::{self, UnitsReport};
use crate::unit_view::UnitView;
use crate::units;

#[derive(Debug, Args)]
pub(crate) struct JobArguments {
    /// The units, services where no type is named. Units that the user manager has from elsewhere can be named, too.
    #[arg(value_name = "UNIT", required = true, add = ArgValueCompleter::new(completion::startable_units))]
    units: Vec<String>,
    /// Do not wait until it is done, nor say whether it failed.
    #[arg(long, conflicts_with = "timeout")]
    no_block: bool,
    /// How long to wait. [default: systemd.user.servicesStartTimeoutMs, else 120]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    timeout: Option<Duration>,
    /// Print what became of the units as JSON.
    #[arg(long)]
    json: bool,
}

/// What `--json` prints.
#[derive(Serialize)]
struct Document {
    units: Vec<UnitReport>,
    failures: Vec<String>,
}

/// Runs the command that does `action`.
///
/// # Errors
/// When there is no such unit or no manager, and then nothing was done; or the units that failed.
pub(crate) fn run(
    environment: &Environment,
    output: &Output,
    arguments: &JobArguments,
    action: Action,
) -> Result<(), CommandError> {
    let Some(managed) = Managed::current(environment, output)? else {
        return Err(CommandError::user("there is no generation yet").hint("`hm switch` makes the first"));
    };
    let mut units = Vec::new();
    for word in &arguments.units {
        let name = managed::unit_name(word)?;
        if name.is_template() {
            let instance = name.as_str().replacen('@', "@NAME", 1);
            return Err(CommandError::user(format!("{name} is a template, of which only instances run"))
                .hint(format!("name one, such as `{instance}`")));
        }
        if !units.contains(&name) {
            units.push(name);
        }
    }
    let mut manager = units::connect(environment, &managed.generation)?;
    let states = manager.unit_status(&units).map_err(|error| CommandError::user(error.to_string()))?;
    for state in states.iter().filter(|state| state.load == "not-found") {
        // One that is the generation's own is missing in the home or has not been read, as the manager is going to say.
        if !managed.has(&state.unit) {
            return Err(managed::unknown(&state.unit, Some(&managed)));
        }
    }
    // What is stopped is stopped by the definition that it runs by.
    let reads = action != Action::Stop && needs_reload(environment, &mut manager, &managed, &states)?;
    let plan = plan(&states, action, reads);
    let report = carry_out(&mut manager, output, &managed, &plan, arguments)?;
    tell(environment, output, &managed, arguments, action, &states, report)
}

/// Whether the manager has to read its files first, for what is started to be what the generation has.
fn needs_reload(
    environment: &Environment,
    manager: &mut Manager,
    managed: &Managed,
    states: &[UnitStatus],
) -> Result<bool, CommandError> {
    let read_at = manager.units_read_at().map_err(|error| CommandError::user(error.to_string()))?;
    let home = home::describe(environment, None)?;
    let unread = |at| outdated::is_unread(&home, &managed.current.target, &managed.units, at);
    Ok(states.iter().any(|state| state.need_daemon_reload) || read_at.is_some_and(unread))
}

fn plan(units: &[UnitStatus], action: Action, reload_needed: bool) -> SwitchPlan {
    let step = |state: &UnitStatus| Step {
        unit: state.unit.clone(),
        action,
        reason: Reason::Asked,
        note: None,
        is_oneshot: state.service_type.as_deref() == Some("oneshot"),
        is_simple: true,
        alone: false,
    };
    SwitchPlan { steps: units.iter().map(step).collect(), reload_needed, ..SwitchPlan::default() }
}

fn carry_out(
    manager: &mut Manager,
    output: &Output,
    managed: &Managed,
    plan: &SwitchPlan,
    arguments: &JobArguments,
) -> Result<Report, CommandError> {
    let options = if arguments.no_block {
        ExecuteOptions { deadline: Duration::ZERO, settle: Duration::ZERO, wait: false }
    } else {
        let deadline = arguments.timeout.unwrap_or_else(|| start_limit(&managed.generation));
        // Whoever asks for a oneshot wants to know how it ends, unlike a switch.
        ExecuteOptions { deadline, wait: true, ..ExecuteOptions::default() }
    };
    let view = UnitView::new(output, options.deadline);
    let report = manager.execute(plan, options, &mut |event| view.see(event));
    drop(view);
    report.map_err(|error| CommandError::units(error.to_string()))
}

fn tell(
    environment: &Environment,
    output: &Output,
    managed: &Managed,
    arguments: &JobArguments,
    action: Action,
    before: &[UnitStatus],
    mut report: Report,
) -> Result<(), CommandError> {
    let before = |unit: &UnitName| before.iter().find(|state| state.unit == *unit);
    let mut told = UnitsReport::default();
    if arguments.json {
        unit_report::tell(&report, environment, &managed.generation, arguments.no_block, &mut told);
        let failures = told.failure.iter().map(|failure| failure.message.trim_end().to_owned()).collect();
        output.result(json(&Document { units: report.units, failures })?)?;
    } else {
        // To start what runs does nothing, and is not told as if it did.
        let idle = |unit: &UnitReport| {
            unit.outcome.is_ok()
                && before(&unit.unit).is_some_and(|state| match action {
                    Action::Start => state.active == ActiveState::Active,
                    Action::Stop => matches!(state.active, ActiveState::Inactive | ActiveState::Failed),
                    _ => false,
                })
        };
        let (idle, moved): (Vec<_>, Vec<_>) = report.units.into_iter().partition(idle);
        report.units = moved;
        unit_report::tell(&report, environment, &managed.generation, arguments.no_block, &mut told);
        if !idle.is_empty() {
            let idle: Vec<UnitName> = idle.into_iter().map(|report| report.unit).collect();
            let how = if action == Action::Stop { "not running" } else { "already running" };
            told.clauses.push(format!("{how}: {}", names(&idle)));
        }
        if report.reload == ReloadOutcome::Done {
            told.clauses.push("the user manager has read its files again".to_owned());
        }
        output.report(told.clauses.join("; "))?;
    }
    told.failure.map_or(Ok(()), Err)
}
