//! The shell commands of a configuration that a switch runs: `home.activation` and `onChange`.
//!
//! A generation's script `activate` runs the entries of one phase. Its manifest lists the entries, so that no shell is
//! started for phases without any.

use std::fs;
use std::io::{self, BufRead as _, BufReader, Write as _};
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
        let names: Vec<&str> = self.names(phase).collect();
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
        // The script says which entry it comes to.
        let mut current = None;
        let result = run(command, &mut |line| {
            let name = line.strip_prefix(ANNOUNCEMENT);
            current = names.iter().find(|entry| Some(**entry) == name).copied().or(current);
        });
        result.map_err(|problem| {
            let what = match current {
                Some(name) => format!("home.activation.{name} failed: {problem}"),
                None => format!("home.activation ({}) failed: {problem}", names.join(", ")),
            };
            failure(what, phase.is_after_commit())
        })
    }

    /// The entries in the order in which they run.
    pub(crate) fn all_names(&self) -> impl Iterator<Item = &str> {
        [Phase::Check, Phase::Write, Phase::Link, Phase::Systemd]
            .into_iter()
            .flat_map(|phase| self.names(phase).collect::<Vec<_>>())
    }

    fn names(&self, phase: Phase) -> impl Iterator<Item = &str> {
        self.entries.iter().filter(move |entry| entry.phase == phase).map(|entry| entry.name.as_str())
    }
}

/// What a generation's script says before the name of each entry that it runs.
const ANNOUNCEMENT: &str = "Activating ";

/// What became of the hook of a file.
pub(crate) struct Hooked {
    /// The file, relative to the home.
    pub(crate) target: String,
    /// Why it failed, if it did.
    pub(crate) failure: Option<CommandError>,
}

/// Runs the `onChange` commands of files that are otherwise than they were, all of them whatever fails.
///
/// # Errors
/// When the files cannot be compared.
pub(crate) fn run_hooks(
    generation: &Generation,
    old: Option<&Generation>,
) -> Result<Vec<Hooked>, CommandError> {
    let mut all = Vec::new();
    for (target, commands) in generation.changed_hooks(old)? {
        let mut command = Command::new("bash");
        command.args(["-eu", "-c", &commands]).current_dir(&generation.manifest.home_directory);
        let result = run(command, &mut |_| {});
        let told = |problem| failure(format!("onChange of {target} failed: {problem}"), true);
        all.push(Hooked { failure: result.map_err(told).err(), target });
    }
    Ok(all)
}

fn failure(message: String, committed: bool) -> CommandError {
    let error = CommandError::user(message);
    if committed { CommandError { kind: Kind::Units, ..error } } else { error }
}

/// Runs a command, whose output goes to standard error as it comes, and shows each line of it to `seen`.
fn run(mut command: Command, seen: &mut dyn FnMut(&str)) -> Result<(), String> {
    let cannot = |program: &Path, error: io::Error| format!("cannot run {}: {error}", program.display());
    let program = PathBuf::from(command.get_program());
    let child = command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::inherit()).spawn();
    let mut child = child.map_err(|error| cannot(&program, error))?;
    if let Some(stdout) = child.stdout.take() {
        let mut lines = BufReader::new(stdout);
        let mut line = Vec::new();
        while lines.read_until(b'\n', &mut line).is_ok_and(|length| length > 0) {
            _ = io::stderr().lock().write_all(&line);
            seen(String::from_utf8_lossy(&line).trim_end());
            line.clear();
        }
    }
    let status = child.wait().map_err(|error| cannot(&program, error))?;
    if status.success() { Ok(()) } else { Err(status.to_string()) }
}
