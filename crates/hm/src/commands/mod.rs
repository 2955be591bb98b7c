//! The commands, one module each.

mod build;
pub(crate) mod check;
pub(crate) mod completions;
pub(crate) mod diff;
pub(crate) mod expire_generations;
pub(crate) mod gc;
pub(crate) mod generations;
mod init;
pub(crate) mod jobs;
pub(crate) mod logs;
pub(crate) mod nix;
pub(crate) mod remove_generations;
mod rollback;
pub(crate) mod status;
mod switch;
mod timers;
mod uninstall;

use systemd_user::Action;

use crate::cli::{Command, ConfigurationArguments};
use crate::configuration::{self, Built, Request};
use crate::diagnostics::Style;
use crate::environment::Environment;
use crate::error::CommandError;
use crate::output::Output;
use crate::store::LazyStore;

/// Runs one command.
///
/// # Errors
/// What the user or the caller is to be told, with the exit status.
pub(crate) fn run(environment: &Environment, output: &Output, command: Command) -> Result<(), CommandError> {
    match command {
        Command::Init => init::run(environment, output),
        Command::Switch(arguments) => switch::run(environment, output, &arguments),
        Command::Check(arguments) => check::run(environment, output, &arguments),
        Command::Diff(arguments) => diff::run(environment, output, &arguments),
        Command::Build(arguments) => build::run(environment, output, &arguments),
        Command::Generations(arguments) => generations::run(environment, output, &arguments),
        Command::RemoveGenerations(arguments) => remove_generations::run(environment, output, &arguments),
        Command::ExpireGenerations(arguments) => expire_generations::run(environment, output, &arguments),
        Command::Gc(arguments) => gc::run(environment, output, &arguments),
        Command::Rollback(arguments) => rollback::run(environment, output, &arguments),
        Command::Completions(arguments) => completions::run(environment, output, &arguments),
        Command::Start(arguments) => jobs::run(environment, output, &arguments, Action::Start),
        Command::Stop(arguments) => jobs::run(environment, output, &arguments, Action::Stop),
        Command::Restart(arguments) => jobs::run(environment, output, &arguments, Action::Restart),
        Command::Reload(arguments) => jobs::run(environment, output, &arguments, Action::Reload),
        Command::Logs(arguments) => logs::run(environment, output, &arguments),
        Command::Status(arguments) => status::run(environment, output, &arguments),
        Command::Timers(arguments) => timers::run(environment, output, &arguments),
        Command::Uninstall(arguments) => uninstall::run(environment, output, &arguments),
        Command::Nix(command) => nix::run(environment, output, &command),
    }
}

/// Evaluates the configuration that the arguments name. Its objects wait in `store` for the commit.
fn evaluate(
    environment: &Environment,
    output: &Output,
    arguments: &ConfigurationArguments,
    store: &LazyStore,
) -> Result<Built, CommandError> {
    let request = Request {
        file: configuration::find(environment, arguments.file.as_deref())?,
        modules: arguments.modules,
        pkgs: arguments.pkgs,
        search_path_from_caller: arguments.search_path,
        style: Style { color: output.color(), full_trace: arguments.show_trace },
        eval_cache: !arguments.no_eval_cache,
    };
    let progress = output.progress("evaluating the configuration");
    let built = configuration::build(environment, &request, store);
    drop(progress);
    let built = built.map_err(|error| match store.refusal() {
        Some(refusal) => refusal.into(),
        None => error,
    })?;
    for warning in &built.warnings {
        output.warning(warning);
    }
    Ok(built)
}
