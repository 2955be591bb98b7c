//! Runs `git` and `hg` in an environment that the caller chose.

use std::ffi::{OsStr, OsString};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::error::{Error, Result};

/// Programs that are run for a fetch.
#[derive(Debug)]
pub(crate) struct Programs {
    environment: Vec<(OsString, OsString)>,
    directory: PathBuf,
}

/// What a program came to.
#[derive(Debug)]
pub(crate) struct Output {
    /// Whether it ended well.
    pub(crate) success: bool,
    /// Its exit code, if it was not killed.
    pub(crate) code: Option<i32>,
    /// What it printed.
    pub(crate) stdout: Vec<u8>,
    /// What it complained of.
    pub(crate) stderr: String,
}

impl Output {
    /// The output as text, without the end of the last line.
    pub(crate) fn text(&self) -> String {
        String::from_utf8_lossy(&self.stdout).trim_end_matches(['\n', '\r']).to_owned()
    }
}

impl Programs {
    pub(crate) fn new(environment: Vec<(OsString, OsString)>, directory: PathBuf) -> Self {
        Programs { environment, directory }
    }

    /// The directory that relative paths start from.
    pub(crate) fn directory(&self) -> &Path {
        &self.directory
    }

    /// The program in this environment, with more variables, not started yet.
    pub(crate) fn command(&self, program: &'static str, variables: &[(&str, &OsStr)]) -> Command {
        let mut command = Command::new(program);
        command.env_clear().envs(self.environment.iter().map(|(name, value)| (name, value)));
        command.envs(variables.iter().copied()).current_dir(&self.directory);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs a command to its end, with `input` on its standard input.
    pub(crate) fn run(program: &'static str, command: &mut Command, input: Option<&[u8]>) -> Result<Output> {
        let failed = |source| Error::Program { program, source };
        if input.is_some() {
            command.stdin(Stdio::piped());
        }
        let mut child = command.spawn().map_err(failed)?;
        let stdin = child.stdin.take();
        let output = std::thread::scope(|scope| {
            if let (Some(mut stdin), Some(input)) = (stdin, input) {
                // A program that ends before it has read everything says why itself.
                scope.spawn(move || _ = stdin.write_all(input));
            }
            child.wait_with_output()
        })
        .map_err(failed)?;
        Ok(Output {
            success: output.status.success(),
            code: output.status.code(),
            stdout: output.stdout,
            stderr: String::from_utf8_lossy(&output.stderr).trim().to_owned(),
        })
    }
}
