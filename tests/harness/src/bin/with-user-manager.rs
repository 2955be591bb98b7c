//! `with-user-manager PROGRAM [ARGUMENT…]` runs a program in a throwaway home beside a systemd user manager of its own,
//! and removes both when the program ends. Where no manager can be started, the program runs without one.

#![allow(clippy::print_stderr, reason = "a program that talks to people")]

use std::os::unix::process::ExitStatusExt;
use std::process::{Command, ExitCode, ExitStatus};

use systemd_harness::UserManager;

fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let Some(program) = arguments.next() else {
        eprintln!("usage: with-user-manager PROGRAM [ARGUMENT…]");
        return ExitCode::from(2);
    };
    let directory = std::env::current_dir().unwrap_or_else(|_| "/".into());
    let status = match UserManager::start() {
        Ok(manager) => {
            let status = manager.command(&program).args(arguments).current_dir(directory).status();
            drop(manager);
            status
        }
        Err(reason) => {
            eprintln!("note: no systemd user manager here ({reason}); the home is switched without one");
            without_manager(&program, arguments)
        }
    };
    match status {
        Ok(status) => exit_code(status),
        Err(error) => {
            eprintln!("error: cannot run {}: {error}", program.display());
            ExitCode::from(127)
        }
    }
}

fn without_manager(
    program: &std::ffi::OsStr,
    arguments: impl Iterator<Item = std::ffi::OsString>,
) -> std::io::Result<ExitStatus> {
    let home = tempfile::tempdir()?;
    let mut command = Command::new(program);
    command.args(arguments).env("HOME", home.path());
    for name in [
        "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",
        "XDG_STATE_HOME",
        "XDG_CACHE_HOME",
        "XDG_RUNTIME_DIR",
        "DBUS_SESSION_BUS_ADDRESS",
        "HM_CONFIG",
    ] {
        command.env_remove(name);
    }
    command.status()
}

fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().unwrap_or_else(|| 128 + status.signal().unwrap_or(1));
    ExitCode::from(u8::try_from(code).unwrap_or(1))
}
