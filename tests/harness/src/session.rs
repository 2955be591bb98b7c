//! The manager as an ordinary user starts it on a machine booted with systemd: nested in a
//! delegated scope of the user manager that is already there.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::{
    Entry, Instance, Options, Unavailable, at, effective_uid, find_program, find_systemd, login_words,
    make_dir, script, write_units,
};

/// Lays out the folders and spawns the manager; does not wait until it is ready.
pub(crate) fn launch(options: &Options) -> Result<Instance, Unavailable> {
    static COUNT: AtomicU32 = AtomicU32::new(0);
    for tool in ["systemd-run", "systemctl", "setsid", "id"] {
        find_program(tool)?;
    }
    let systemd = find_systemd()?;
    let uid = effective_uid()?;
    let user = user_name()?;
    if let Some(other) = options.user.as_ref().filter(|other| **other != user) {
        return Err(Unavailable::NotRoot(format!("only root can run a manager as {other}")));
    }
    let probe = Command::new("systemctl")
        .args(["--user", "is-system-running"])
        .output()
        .map_err(at(Path::new("systemctl")))?;
    let state = String::from_utf8_lossy(&probe.stdout).trim().to_owned();
    if state != "running" && state != "degraded" {
        let said = String::from_utf8_lossy(&probe.stderr).trim().to_owned();
        return Err(Unavailable::NotRoot(format!("systemctl --user says `{state}` {said}")));
    }

    let dir = make_dir()?;
    write_units(&dir, options, None)?;
    let dir_text = dir.display().to_string();
    let number = COUNT.fetch_add(1, Ordering::Relaxed);
    let scope = format!("hmsd-{}-{number}.scope", std::process::id());
    let output = dir.join("output");
    let log = fs::File::create(&output).map_err(at(&output))?;
    let variables = [("dir", dir_text.as_str()), ("scope", scope.as_str())];
    let mut janitor = script::janitor(&(script::assign(&variables) + script::SESSION_JANITOR))?;
    let spawned = Command::new("systemd-run")
        .args(["--user", "--scope", "--quiet", "--collect", "--unit", &scope])
        .args(["-p", "Delegate=yes", "-p", "TimeoutStopSec=3", "env", "-i"])
        .args(login_words(&dir, &user, &options.env))
        .arg(&systemd)
        .arg("--user")
        .stdin(Stdio::null())
        .stdout(log.try_clone().map_err(at(&output))?)
        .stderr(log)
        .spawn();
    let manager = spawned.map_err(|source| {
        drop(janitor.stdin.take());
        let _ = janitor.wait();
        Unavailable::Io { path: "systemd-run".into(), source }
    })?;
    let extra_env = options.env.clone();
    Ok(Instance { dir, user, uid, gid: uid, extra_env, manager, janitor, entry: Entry::Direct })
}

fn user_name() -> Result<String, Unavailable> {
    let output = Command::new("id").arg("-un").output().map_err(at(Path::new("id")))?;
    Ok(String::from_utf8_lossy(&output.stdout).trim().to_owned())
}
