//! Carrying a plan for units out: with a view of what is happening, again where the connection to the manager breaks, and
//! until it is interrupted.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use hm_generation::Generation;
use systemd_user::manager::{ExecuteOptions, Report};
use systemd_user::{Action, BusEnv, Error, Manager, SwitchPlan, UnitName, Unreachable};

use crate::error::{CommandError, Kind};
use crate::interrupt;
use crate::output::count;
use crate::session;
use crate::unit_report::{UnitsReport, tell};
use crate::unit_view::UnitView;
use crate::units::{self, Units, Way, bus};

/// How often a plan is made anew because the connection broke. Where that goes on, it is not by chance.
const ATTEMPTS: usize = 5;
/// How long a manager that has gone is waited for: one that is executed anew is back in less than a second. One that is there
/// and does not answer is waited for as long as for its units.
const PATIENCE: Duration = Duration::from_secs(10);
/// How long until it is looked again whether it is back.
const PAUSE: Duration = Duration::from_millis(100);

/// Carries out `plan`, which stops the units `stops` for a moment, and tells what became of it.
pub(crate) fn carry_out(
    way: Way<'_>,
    manager: Manager,
    plan: &SwitchPlan,
    stops: &[UnitName],
    told: &mut UnitsReport,
) {
    let Some(about) = way.new.or(way.old) else { return };
    match interrupt::during(|flag| run(way, manager, plan, stops, &flag)) {
        Ok((report, breaks)) => {
            tell(&report, way.environment, about, way.arguments.no_block, told);
            if breaks > 0 {
                told.lines.push(format!(
                    "the connection to the user manager broke {}; what had been done to units before is not told here",
                    count(breaks, "time")
                ));
            }
            if report.units.iter().any(|unit| unit.action != Action::Stop) {
                told.lines.extend(session::ends_with_login(way.environment).map(str::to_owned));
            }
            told.report = Some(report);
        }
        Err(error) => {
            told.broken_off = true;
            told.failure = Some(error);
        }
    }
}

/// What was done, and how often the connection broke on the way.
fn run(
    way: Way<'_>,
    mut manager: Manager,
    plan: &SwitchPlan,
    stops: &[UnitName],
    flag: &Arc<AtomicBool>,
) -> Result<(Report, usize), CommandError> {
    let options = options(way);
    let deadline = Instant::now() + options.deadline;
    let stops: Vec<String> = stops.iter().map(ToString::to_string).collect();
    let (mut plan, mut breaks) = (plan.clone(), 0);
    loop {
        manager.interrupt_by(Arc::clone(flag));
        let left = deadline.saturating_duration_since(Instant::now());
        let view = UnitView::new(way.output, left);
        let result = manager
            .execute(&plan, ExecuteOptions { deadline: left, ..options }, &mut |event| view.see(event));
        drop(view);
        let error = match result {
            Ok(report) => return Ok((report, breaks)),
            Err(error) => error,
        };
        breaks += 1;
        if !error.is_disconnection() || breaks >= ATTEMPTS {
            return Err(broken_off(way, &error));
        }
        way.output.note(format_args!("{error}; connecting again"));
        (manager, plan) = again(way, &stops, flag, &error, deadline)?;
    }
}

/// Connects again, and plans what is left to be done.
fn again(
    way: Way<'_>,
    stops: &[String],
    flag: &AtomicBool,
    error: &Error,
    deadline: Instant,
) -> Result<(Manager, SwitchPlan), CommandError> {
    let bus = BusEnv { directly: true, ..bus(way.environment) };
    let gone_until = Instant::now() + PATIENCE;
    let mut is_silent = false;
    loop {
        match Manager::connect(&bus) {
            // It may be gone again before it is asked all there is to ask.
            Ok(_) => match units::prepare_again(way.environment, way.output, way.old, way.new, stops)? {
                Units::Planned { manager, plan, .. } => return Ok((*manager, plan)),
                Units::None => return Err(broken_off(way, error)),
                Units::Unreachable { .. } => {}
            },
            Err(unreachable) => {
                let silent = matches!(unreachable, Unreachable::Silent { .. });
                if silent && !is_silent {
                    way.output.note(format_args!("{unreachable}; waiting for it"));
                }
                is_silent = silent;
            }
        }
        if flag.load(Ordering::SeqCst) {
            return Err(broken_off(way, &Error::Interrupted));
        }
        if Instant::now() >= if is_silent { deadline } else { gone_until } {
            return Err(broken_off(way, error));
        }
        thread::sleep(PAUSE);
    }
}

fn broken_off(way: Way<'_>, error: &Error) -> CommandError {
    let (kind, message) = match error {
        Error::Interrupted => (Kind::Interrupted, "interrupted while units were moved".to_owned()),
        error => (Kind::Units, format!("units were not all moved: {error}")),
    };
    let files = if way.new.is_some() { "the files are in place" } else { "the files are given back" };
    CommandError { kind, ..CommandError::user(message) }.hint(format!(
        "{files}; the next command that changes anything moves the rest, and `hm status` shows how the units are"
    ))
}

fn options(way: Way<'_>) -> ExecuteOptions {
    let defaults = ExecuteOptions::default();
    let arguments = way.arguments;
    if arguments.no_block {
        return ExecuteOptions { deadline: Duration::ZERO, settle: Duration::ZERO, wait: false };
    }
    let configured = || way.new.or(way.old).map_or(defaults.deadline, start_limit);
    let deadline = arguments.timeout.unwrap_or_else(configured);
    ExecuteOptions { deadline, wait: arguments.wait, ..defaults }
}

/// How long the configuration wants units to be waited for.
pub(crate) fn start_limit(generation: &Generation) -> Duration {
    match generation.manifest.systemd.services_start_timeout_ms {
        0 => ExecuteOptions::default().deadline,
        milliseconds => Duration::from_millis(milliseconds),
    }
}
