//! `hm completions`: what a shell reads to complete the command lines of hm.

use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};

use crate::completion;
use crate::environment::Environment;
use crate::error::CommandError;
use crate::output::Output;

#[derive(Debug, Args)]
pub(crate) struct CompletionsArguments {
    /// The shell.
    #[arg(value_enum)]
    shell: Shell,
}

/// A shell that can complete.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Shell {
    /// `eval "$(hm completions bash)"` in ~/.bashrc
    Bash,
    /// `hm completions fish | source` in ~/.config/fish/config.fish
    Fish,
    /// `eval "$(hm completions zsh)"` in ~/.zshrc, after compinit
    Zsh,
}

/// Runs the command.
///
/// # Errors
/// When nobody reads what is written.
pub(crate) fn run(
    environment: &Environment,
    output: &Output,
    arguments: &CompletionsArguments,
) -> Result<(), CommandError> {
    let shell = match arguments.shell {
        Shell::Bash => "bash",
        Shell::Fish => "fish",
        Shell::Zsh => "zsh",
    };
    // By its name it is found in PATH also after the next upgrade.
    let called = std::env::args_os().next().map_or_else(|| PathBuf::from("hm"), PathBuf::from);
    let is_path = called.parent().is_some_and(|parent| parent != Path::new(""));
    let program = if is_path { environment.absolute(&called) } else { called };
    output.result(completion::script(shell, &program)?.trim_end())
}
