//! The command line's grammar. The doc comments are the help texts.

use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::{ArgAction, Args, CommandFactory, Parser, Subcommand, ValueEnum};
use clap_complete::ArgValueCompleter;

use crate::commands::check::CheckArguments;
use crate::commands::completions::CompletionsArguments;
use crate::commands::diff::DiffArguments;
use crate::commands::expire_generations::ExpireArguments;
use crate::commands::gc::GcArguments;
use crate::commands::jobs::JobArguments;
use crate::commands::logs::LogsArguments;
use crate::commands::nix::{NixArguments, NixCommand};
use crate::commands::remove_generations::RemoveArguments;
use crate::commands::status::StatusArguments;
use crate::completion;
use crate::configuration::{Modules, Packages};

/// A home manager in one binary: systemd user services and dotfiles from a home.nix.
#[derive(Debug, Parser)]
#[command(name = "hm", version, propagate_version = true, max_term_width = 100)]
pub(crate) struct Cli {
    /// Say nothing but errors and what was asked for.
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Say more: every link and unit. Twice: what goes on inside.
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub(crate) verbose: u8,
    #[command(subcommand)]
    pub(crate) command: Command,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write a first configuration.
    Init,
    /// Build the configuration, and move files and units to it.
    Switch(SwitchArguments),
    /// Build the configuration without switching to it, and print the generation's path.
    Build(BuildArguments),
    /// Look for mistakes in the configuration's units, as every switch does first.
    Check(CheckArguments),
    /// Show what differs between two generations, or between the current one and the configuration.
    Diff(DiffArguments),
    /// List the generations of this home, newest first.
    Generations(ListArguments),
    /// Remove generations by number.
    RemoveGenerations(RemoveArguments),
    /// Remove old generations: all but the current one, the newest, and what was made since some time.
    ExpireGenerations(ExpireArguments),
    /// Repair links that lead nowhere, then free what no generation needs any more.
    Gc(GcArguments),
    /// Go back to the previous generation, or to the one with the given number.
    Rollback(RollbackArguments),
    /// Show the units of the current generation and how they are, or some of them at length.
    Status(StatusArguments),
    /// Show what units wrote into the journal.
    Logs(LogsArguments),
    /// Start units, and say how it went.
    Start(JobArguments),
    /// Stop units.
    Stop(JobArguments),
    /// Restart units, and start those that do not run.
    Restart(JobArguments),
    /// Have units read their own configuration again.
    Reload(JobArguments),
    /// Show when the timers of the configuration will run, before anything is switched to it.
    Timers(TimersArguments),
    /// Give the home back as it was before hm, or to home-manager where that had it.
    Uninstall(UninstallArguments),
    /// Print what a shell reads to complete the command lines of hm, with the names of units.
    Completions(CompletionsArguments),
    /// Evaluate Nix programs, as nix-instantiate does.
    #[command(subcommand)]
    Nix(NixCommand),
}

/// The command line of `nix-instantiate`, the name that this program answers to as well.
#[derive(Debug, Parser)]
#[command(name = "nix-instantiate", disable_version_flag = true, max_term_width = 100)]
pub(crate) struct NixInstantiate {
    #[command(flatten)]
    arguments: NixArguments,
    /// Print the version
    #[arg(long)]
    version: bool,
    /// Say less
    #[arg(long)]
    quiet: bool,
    /// Say more
    #[arg(short, long, action = ArgAction::Count)]
    verbose: u8,
    // Options for building and for the roots of what was built, which have no effect on evaluation.
    #[arg(long, hide = true)]
    add_root: Option<PathBuf>,
    #[arg(long, hide = true)]
    indirect: bool,
    #[arg(short = 'j', hide = true)]
    jobs: Option<String>,
    #[arg(long, hide = true)]
    log_format: Option<String>,
    #[arg(short = 'K', hide = true)]
    keep_failed: bool,
    #[arg(short = 'k', hide = true)]
    keep_going: bool,
    #[arg(short = 'Q', long = "no-build-output", hide = true)]
    no_build_output: bool,
    #[arg(short = 'L', long, hide = true)]
    print_build_logs: bool,
    #[arg(long, hide = true)]
    debug: bool,
}

impl Cli {
    /// The process's command line. What cannot be understood ends the process with a message.
    pub(crate) fn from_process() -> Cli {
        let arguments: Vec<OsString> = std::env::args_os().collect();
        // Programs are text: what is no UTF-8 cannot be given on the command line of an evaluation.
        let texts = || arguments.iter().map(|argument| argument.to_string_lossy().into_owned()).collect();
        if arguments
            .first()
            .is_some_and(|path| Path::new(path).file_name() == Some("nix-instantiate".as_ref()))
        {
            return NixInstantiate::from_arguments(texts());
        }
        let mut words =
            arguments.iter().skip(1).filter(|argument| !argument.to_string_lossy().starts_with('-'));
        if words.next().is_some_and(|word| word == "nix") {
            return Cli::parse_from(with_settings::<NixInstantiate>(texts()));
        }
        Cli::parse_from(arguments)
    }
}

/// The arguments with Nix's settings, where they are not flags of `C`, as `--option`.
fn with_settings<C: CommandFactory>(arguments: Vec<String>) -> Vec<String> {
    let command = C::command();
    let own = |flag: &str| {
        command.get_arguments().any(|argument| {
            argument.get_long() == Some(flag)
                || argument.get_all_aliases().is_some_and(|aliases| aliases.contains(&flag))
        })
    };
    crate::nix_settings::flags_as_options(arguments, own)
}

impl NixInstantiate {
    fn from_arguments(arguments: Vec<String>) -> Cli {
        let parsed = match NixInstantiate::try_parse_from(with_settings::<NixInstantiate>(arguments)) {
            Ok(parsed) => parsed,
            Err(error) => {
                // Scripts take any other status for something else than a refusal.
                let status = i32::from(error.use_stderr());
                _ = error.print();
                std::process::exit(status);
            }
        };
        if parsed.version {
            let text =
                format!("nix-instantiate (hm {}) {}\n", env!("CARGO_PKG_VERSION"), nix_eval::NIX_VERSION);
            _ = std::io::Write::write_all(&mut std::io::stdout(), text.as_bytes());
            std::process::exit(0);
        }
        Cli {
            quiet: parsed.quiet,
            verbose: parsed.verbose,
            command: Command::Nix(NixCommand::Instantiate(parsed.arguments)),
        }
    }
}

/// Which configuration is built, and where to.
#[derive(Debug, Args)]
pub(crate) struct ConfigurationArguments {
    /// The configuration. [default: $HM_CONFIG, else hm/home.nix or home-manager/home.nix in $XDG_CONFIG_HOME]
    #[arg(short, long, value_name = "FILE")]
    pub(crate) file: Option<PathBuf>,
    /// Which modules the configuration is for. [default: home-manager where <home-manager> resolves, else nixlib]
    #[arg(long, value_enum)]
    pub(crate) modules: Option<Modules>,
    /// Where packages come from. [default: nixpkgs where <nixpkgs> resolves, else the programs of this machine]
    #[arg(long, value_enum)]
    pub(crate) pkgs: Option<Packages>,
    /// Look for host programs in the directories of PATH, not only in the system's.
    #[arg(long)]
    pub(crate) search_path: bool,
    /// Show every step of the evaluation that an error came up in.
    #[arg(long)]
    pub(crate) show_trace: bool,
    /// Evaluate anew also when nothing has changed since the last time, and keep nothing of it.
    #[arg(long)]
    pub(crate) no_eval_cache: bool,
    /// The kind of store that holds what is built.
    #[arg(long, value_enum, default_value_t = StoreKind::Embedded)]
    pub(crate) store: StoreKind,
    /// The directory of the embedded store. [default: hm/nix in $XDG_DATA_HOME]
    #[arg(long, value_name = "DIR")]
    pub(crate) store_dir: Option<PathBuf>,
}

/// A kind of store.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum StoreKind {
    /// A Nix store in a directory of the user's own.
    Embedded,
}

/// How to go about it when another `hm` is writing to this home.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct LockArguments {
    /// Give up at once when another hm is writing to this home, instead of waiting for it.
    #[arg(long)]
    pub(crate) no_wait: bool,
}

/// How units are moved.
#[derive(Clone, Copy, Debug, Default, Args)]
pub(crate) struct UnitArguments {
    /// Do not wait for units to be up, nor say whether they failed.
    #[arg(long, conflicts_with_all = ["timeout", "wait"])]
    pub(crate) no_block: bool,
    /// Wait for oneshots until they end, those that are running already included, and say whether they failed.
    #[arg(long)]
    pub(crate) wait: bool,
    /// How long to wait for units. [default: systemd.user.servicesStartTimeoutMs, else 120]
    #[arg(long, value_name = "SECONDS", value_parser = seconds)]
    pub(crate) timeout: Option<Duration>,
}

/// What is done when units fail.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct FailureArguments {
    /// Go back to the generation that was current before when units fail or do not come up in time.
    #[arg(long, conflicts_with = "no_block")]
    pub(crate) rollback_on_failure: bool,
}

/// How a plan is told and agreed to.
#[derive(Clone, Copy, Debug, Args)]
pub(crate) struct PlanArguments {
    /// Show what would be done to files and units, and do nothing.
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,
    /// Show the differences and what would be done, and ask before it is done.
    #[arg(long, conflicts_with_all = ["dry_run", "json"])]
    pub(crate) ask: bool,
    /// Go ahead without being asked.
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// Print what is done or would be done as JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct SwitchArguments {
    #[command(flatten)]
    pub(crate) configuration: ConfigurationArguments,
    /// Switch to the generation with this number, as `hm generations` lists it, and not to the configuration.
    #[arg(long, value_name = "ID", conflicts_with = "ConfigurationArguments", add = ArgValueCompleter::new(completion::generations))]
    pub(crate) generation: Option<u64>,
    #[command(flatten)]
    pub(crate) plan: PlanArguments,
    /// Keep files that are in the way under a name with this extension, instead of refusing.
    #[arg(long, value_name = "EXTENSION", num_args = 0..=1, require_equals = true, default_missing_value = "backup", value_parser = extension)]
    pub(crate) backup: Option<String>,
    /// Do not look for mistakes in units.
    #[arg(long)]
    pub(crate) no_check: bool,
    /// Say how long each phase took.
    #[arg(long)]
    pub(crate) timings: bool,
    #[command(flatten)]
    pub(crate) lock: LockArguments,
    #[command(flatten)]
    pub(crate) units: UnitArguments,
    #[command(flatten)]
    pub(crate) failure: FailureArguments,
}

#[derive(Debug, Args)]
pub(crate) struct BuildArguments {
    #[command(flatten)]
    pub(crate) configuration: ConfigurationArguments,
    /// The link to the generation that is made, which also keeps it from garbage collection.
    #[arg(short, long, value_name = "LINK", default_value = "result")]
    pub(crate) out_link: PathBuf,
    /// Make no link.
    #[arg(long, conflicts_with = "out_link")]
    pub(crate) no_out_link: bool,
}

#[derive(Debug, Args)]
pub(crate) struct ListArguments {
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct TimersArguments {
    #[command(flatten)]
    pub(crate) configuration: ConfigurationArguments,
    /// Show the timers of the current generation, and evaluate nothing.
    #[arg(long, conflicts_with = "file")]
    pub(crate) current: bool,
    /// How many times to show of each timer.
    #[arg(short, long, value_name = "N", default_value_t = 10, value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) number: u16,
    /// Print JSON.
    #[arg(long)]
    pub(crate) json: bool,
}

#[derive(Debug, Args)]
pub(crate) struct RollbackArguments {
    /// The generation's number, as `hm generations` lists it. [default: the one before the current]
    #[arg(value_name = "ID", add = ArgValueCompleter::new(completion::generations))]
    pub(crate) id: Option<u64>,
    #[command(flatten)]
    pub(crate) plan: PlanArguments,
    /// Keep files that are in the way under a name with this extension, instead of refusing.
    #[arg(long, value_name = "EXTENSION", num_args = 0..=1, require_equals = true, default_missing_value = "backup", value_parser = extension)]
    pub(crate) backup: Option<String>,
    #[command(flatten)]
    pub(crate) lock: LockArguments,
    #[command(flatten)]
    pub(crate) units: UnitArguments,
    #[command(flatten)]
    pub(crate) failure: FailureArguments,
}

#[derive(Debug, Args)]
pub(crate) struct UninstallArguments {
    /// Show what would be done to files and units, and do nothing.
    #[arg(short = 'n', long)]
    pub(crate) dry_run: bool,
    /// Do not ask.
    #[arg(short, long)]
    pub(crate) yes: bool,
    /// Leave the store as it is.
    #[arg(long)]
    pub(crate) keep_store: bool,
    #[command(flatten)]
    pub(crate) lock: LockArguments,
    #[command(flatten)]
    pub(crate) units: UnitArguments,
}

pub(crate) fn seconds(text: &str) -> Result<Duration, String> {
    let seconds: f64 = text.parse().map_err(|_| format!("'{text}' is not a number of seconds"))?;
    Duration::try_from_secs_f64(seconds).map_err(|error| error.to_string())
}

/// A file name's extension stays in the file's directory.
fn extension(text: &str) -> Result<String, String> {
    if text.is_empty() || text.contains(['/', '\0']) {
        return Err(format!("'{text}' is not an extension of a file name"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grammar_is_consistent() {
        Cli::command().debug_assert();
        NixInstantiate::command().debug_assert();
    }

    #[test]
    fn values_are_checked() {
        assert_eq!(seconds("1.5"), Ok(Duration::from_millis(1500)));
        assert!(seconds("-1").is_err() && seconds("x").is_err() && seconds("nan").is_err());
        assert!(extension("bak").is_ok() && extension("").is_err() && extension("../x").is_err());
    }
}
