//! The shell commands of a configuration that a switch runs: `home.activation` and `onChange`.
//!
//! A generation's script `activate` runs the entries of one phase. Its manifest lists the entries, so that no shell is
//! started for phases without any.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use hm_generation::Generation;
use serde::Deserialize;

use crate::error::{CommandError, Kind};

/// When an entry runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Phase {
    /// Before anything is changed; an entry that fails refuses the generation.
    Check,
    /// Before the links are made.
    Write,
    /// After the links were made.
    Link,
    /// After the units were moved.
    Systemd,
}

impl Phase {
    fn argument(self) -> &'static str {
        match self {
            Phase::Check => "check",
            Phase::Write => "write",
            Phase::Link => "link",
            Phase::Systemd => "systemd",
        }
    }

    /// Whether the generation is the current one by then.
    fn is_after_commit(self) -> bool {
        matches!(self, Phase::Link | Phase::Systemd)
    }
}

#[derive(Deserialize)]
struct Entry {
    name: String,
    phase: Phase,
}

/// The part of a manifest that is read here.
#[derive(Deserialize)]
struct Entries {
    #[serde(default)]
    activation: Vec<Entry>,
}

/// The activation of one generation.
pub(crate) struct Activation {
    script: PathBuf,
    entries: Vec<Entry>,
    old: Option<PathBuf>,
    verbose: bool,
}

impl Activation {
    /// The activation of `generation`, which takes the place of `old`.
    ///
    /// # Errors
    /// When the list of entries cannot be read.
    pub(crate) fn new(
        generation: &Generation,
        old: Option<&Generation>,
        verbose: bool,
    ) -> Result<Self, CommandError> {
        let path = generation.path.join("manifest.json");
        let unreadable = |error: &dyn std::fmt::Display| {
            CommandError::user(format!("cannot read {}: {error}", path.display()))
        };
        let text = fs::read(&path).map_err(|error| unreadable(&error))?;
        let entries: Entries = serde_json::from_slice(&text).map_err(|error| unreadable(&error))?;
        Ok(Activation {
            script: generation.path.join("activate"),
            entries: entries.activation,
            old: old.map(|old| old.path.clone()),
            verbose,
        })
    }

    /// Runs the entries of `phase`. Their output goes to standard error: standard output is for results.
    ///
    /// # Errors
    /// When one fails.
    pub(crate) fn run(&self, phase: Phase) -> Result<(), CommandError> {
        let names: Vec<&str> = self
            .entries
            .iter()
            .filter(|entry| entry.phase == phase)
            .map(|entry| entry.name.as_str())
            .collect();
        if names.is_empty() {
            return Ok(());
        }
        let mut command = Command::new(&self.script);
        command.args(["--phase", phase.argument()]).env_remove("HM_OLD_GENERATION");
        if let Some(old) = &self.old {
            command.env("HM_OLD_GENERATION", old);
        }
        if self.verbose {
            command.arg("--verbose");
        }
        run(command, &format!("home.activation ({})", names.join(", ")), phase.is_after_commit())
    }
}

/// Runs the `onChange` commands of files that are otherwise than they were.
///
/// # Errors
/// When the files cannot be compared, or commands fail; the ones after those are run all the same.
pub(crate) fn run_hooks(generation: &Generation, old: Option<&Generation>) -> Result<(), CommandError> {
    let mut failures: Vec<CommandError> = Vec::new();
    for (target, commands) in generation.changed_hooks(old)? {
        let mut command = Command::new("bash");
        command.args(["-eu", "-c", &commands]).current_dir(&generation.manifest.home_directory);
        failures.extend(run(command, &format!("onChange of {target}"), true).err());
    }
    match failures
        .into_iter()
        .reduce(|first, next| CommandError { message: first.message + "\n" + &next.message, ..first })
    {
        Some(failure) => Err(failure),
        None => Ok(()),
    }
}

fn run(mut command: Command, what: &str, committed: bool) -> Result<(), CommandError> {
    let program = PathBuf::from(command.get_program());
    let output = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit()).output();
    let problem = match output {
        Ok(output) => {
            _ = std::io::stderr().lock().write_all(&output.stdout);
            if output.status.success() {
                return Ok(());
            }
            output.status.to_string()
        }
        Err(error) => format!("cannot run {}: {error}", Path::new(&program).display()),
    };
    let error = CommandError::user(format!("{what} failed: {problem}"));
    Err(if committed { CommandError { kind: Kind::Units, ..error } } else { error })
}
