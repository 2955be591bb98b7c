//! Logins in which the user manager cannot be reached as usual, or is in a state of its own: in each, a switch moves the
//! units, or says in one sentence why it does not and what to do.

use std::fs;
use std::process::Command;
use std::time::{Duration, Instant};

use systemd_harness::{Options, UserManager};

use crate::support::{HM, Home, Run, manager, skip, uid};

const HOME: &str = r#"{ pkgs, ... }: {
  systemd.user.services.a = {
    Service.ExecStart = "${pkgs.coreutils}/bin/sleep infinity";
    Install.WantedBy = [ "default.target" ];
  };
}
"#;

fn configure(manager: &UserManager) {
    let path = manager.home().join(".config/hm/home.nix");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    fs::write(path, HOME).unwrap();
}

/// A manager with a home that is configured and not yet switched to.
fn configured() -> Option<UserManager> {
    let manager = manager()?;
    configure(&manager);
    Some(manager)
}

fn hm(manager: &UserManager) -> Command {
    let mut command = manager.command(HM);
    command.arg("switch");
    command
}

/// What a run wrote on standard output; the reason that there is no manager stays in it.
fn said(command: &mut Command, manager: &UserManager) -> String {
    let output = command.output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    let (stdout, stderr) = (text(output.stdout), text(output.stderr));
    assert!(output.status.success(), "stdout:\n{stdout}\nstderr:\n{stderr}");
    let (home, runtime) = (manager.home(), manager.runtime_dir());
    stdout.replace(home.to_str().unwrap(), "@home@").replace(runtime.to_str().unwrap(), "@runtime@")
}

#[track_caller]
fn check_state(manager: &UserManager, unit: &str, expected: &str) {
    assert_eq!(manager.property(unit, "ActiveState"), expected, "{unit}");
}

/// Waits until the manager is in a state.
fn reaches(manager: &UserManager, state: &str) {
    let began = Instant::now();
    loop {
        let output = manager.systemctl(&["is-system-running"]);
        let found = String::from_utf8_lossy(&output.stdout).trim().to_owned();
        if found == state {
            return;
        }
        assert!(began.elapsed() < Duration::from_secs(60), "the manager is {found}, not {state}");
        std::thread::sleep(Duration::from_millis(20));
    }
}

const STARTED: &str = "switched to generation 1: 2 links created; started a.service\n";

/// Environments in which the manager of this home is found all the same.
#[test]
fn a_manager_is_found() {
    let check = |change: &dyn Fn(&UserManager, &mut Command)| {
        let Some(manager) = configured() else { return };
        let mut command = hm(&manager);
        change(&manager, &mut command);
        assert_eq!(said(&mut command, &manager), STARTED);
        check_state(&manager, "a.service", "active");
    };
    // As after `sudo -u`, and in a login that no session manager knows of.
    check(&|_, command| {
        command.env_remove("XDG_RUNTIME_DIR").env_remove("DBUS_SESSION_BUS_ADDRESS");
    });
    check(&|_, command| _ = command.env("XDG_RUNTIME_DIR", "/nonexistent"));
    // Without a bus the manager's own socket is left.
    check(&|manager, _| fs::remove_file(manager.runtime_dir().join("bus")).unwrap());
    // A bus without a manager, as `dbus-run-session` makes it.
    check(&|_, command| _ = command.env("DBUS_SESSION_BUS_ADDRESS", "unix:path=/nonexistent"));
}

/// The manager of a login, whose `default.target` pulls a unit in.
fn at_login(unit: &str) -> Option<UserManager> {
    let units = [("default.target.d/early.conf", "[Unit]\nWants=early.service\n"), ("early.service", unit)];
    let units = units.map(|(name, text)| (name.to_owned(), text.to_owned())).to_vec();
    let manager = match UserManager::start_with(&Options { units, starting: true, ..Options::default() }) {
        Ok(manager) => manager,
        Err(why) => {
            skip(&format!("a manager that begins with a unit: {why}"));
            return None;
        }
    };
    configure(&manager);
    Some(manager)
}

#[test]
fn a_manager_that_is_starting_or_degraded_moves_units() {
    let check = |state: &str, unit: &str| {
        let Some(manager) = at_login(unit) else { return };
        reaches(&manager, state);
        assert_eq!(said(&mut hm(&manager), &manager), STARTED);
        check_state(&manager, "a.service", "active");
    };
    check("starting", "[Service]\nType=oneshot\nExecStart=sleep infinity\n");
    check("degraded", "[Service]\nType=oneshot\nExecStart=false\n");
}

#[test]
fn a_manager_that_takes_no_jobs_is_said_to() {
    let Some(manager) = at_login(
        "[Service]\nType=oneshot\nRemainAfterExit=yes\nExecStart=true\nExecStop=sleep infinity\nTimeoutStopSec=infinity\n",
    ) else {
        return;
    };
    reaches(&manager, "running");
    manager.systemctl(&["exit"]);
    reaches(&manager, "stopping");
    insta::assert_snapshot!(said(&mut hm(&manager), &manager), @r"
    switched to generation 1: 2 links created
    the user manager is in the state `stopping` and takes no jobs; a.service starts with the next session
    hint: wait for the session to end and log in again
    ");
}

#[test]
fn units_that_the_manager_would_never_read_are_refused() {
    let Some(manager) = configured() else { return };
    let elsewhere = manager.home().join(".cfg");
    fs::create_dir_all(elsewhere.join("hm")).unwrap();
    fs::write(elsewhere.join("hm/home.nix"), HOME).unwrap();
    let command = &mut hm(&manager);
    let run = Run::of(command.env("XDG_CONFIG_HOME", &elsewhere), &manager.home());
    insta::assert_snapshot!(run.complained(1), @r"
    error: the user manager reads units from @home@/.config/systemd/user, not from @home@/.cfg/systemd/user, where XDG_CONFIG_HOME puts them; nothing was switched
    hint: unset XDG_CONFIG_HOME and run this again; to keep it, set it for the whole login (/etc/environment) and log in anew
    ");
    assert!(!elsewhere.join("systemd").exists());
    assert!(!manager.home().join(".local/state/hm/generations").exists());

    // Another home is another matter: it can be tried out beside the login's own.
    let home = Home::new();
    home.configure(HOME);
    let mut command = hm(&manager);
    for variable in ["XDG_CONFIG_HOME", "XDG_DATA_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME"] {
        command.env_remove(variable);
    }
    let output = command.env("HOME", home.path()).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap().replace(home.path().to_str().unwrap(), "@home@");
    assert!(output.status.success(), "{text}");
    insta::assert_snapshot!(text, @r"
    switched to generation 1: 2 links created
    the user manager in reach is that of another home: it reads no units from @home@/.config/systemd/user; a.service starts with the next session
    hint: HOME is not that of this login; units run in a login whose home it is
    ");
}

/// As root by `sudo`, which leaves the runtime directory or the home of the one who called it in the environment.
#[test]
fn the_environment_of_somebody_else() {
    if uid() != 0 {
        return skip("root with the environment of another user: the tests do not run as root");
    }
    let options = Options { user: Some("nobody".to_owned()), ..Options::default() };
    let theirs = match UserManager::start_with(&options) {
        Ok(theirs) => theirs,
        Err(why) => return skip(&format!("a manager of another user: {why}")),
    };
    let home = Home::new();
    home.configure(HOME);
    let mut command = home.command(&["switch"]);
    let text = said(command.env("XDG_RUNTIME_DIR", theirs.runtime_dir()), &theirs);
    let (owner, expected) = (theirs.uid(), "the runtime directory @runtime@ belongs to user");
    assert_eq!(
        text,
        format!(
            "switched to generation 1: 2 links created\n\
             {expected} {owner}, but this is user 0; a.service starts with the next session\n\
             hint: run this in a login of the user itself (`machinectl shell USER@` or `su - USER`), not by sudo\n"
        )
    );
    let run = Run::of(home.command(&["switch"]).env("HOME", theirs.home()), &theirs.home());
    insta::assert_snapshot!(run.complained(1), @"error: the home directory @home@ belongs to user 65534, not to user 0 who runs this; run as its owner, or set HOME to your own (sudo keeps HOME: use `sudo -H`)");
    assert_eq!(fs::read_dir(theirs.home()).unwrap().count(), 0);
}

/// Runs `hm switch` in a mount namespace of its own, after the shell commands.
fn beside(manager: &UserManager, commands: &str) -> Command {
    let mut command = manager.command("unshare");
    command.args(["--mount", "sh", "-ec", &format!("{commands}\nexec {HM} switch")]);
    command
}

/// A login without a session manager, as over ssh into a container, or with lingering off.
#[test]
fn logins_without_a_session() {
    if uid() != 0 {
        return skip("logins without a session: mount namespaces need root");
    }
    let no_session = "umount -l /run/user/0 2>/dev/null || true; mount -t tmpfs tmpfs /run/user";
    let check = |environment: &[(&str, &str)], commands: &str, expected: &str| {
        let Some(manager) = configured() else { return };
        let mut command = beside(&manager, commands);
        command.env_remove("DBUS_SESSION_BUS_ADDRESS").envs(environment.iter().copied());
        if commands.contains("/run/user") {
            command.env_remove("XDG_RUNTIME_DIR");
        }
        assert_eq!(said(&mut command, &manager), expected, "{commands}");
    };
    let no_manager = "switched to generation 1: 2 links created\n\
        no user manager runs: XDG_RUNTIME_DIR is not set and /run/user/0 does not exist; \
        a.service starts with the next session\n";
    check(
        &[],
        no_session,
        &format!(
            "{no_manager}hint: log in as this user, or let the manager run without a session: `loginctl enable-linger`\n"
        ),
    );
    let lingering = "mount -t tmpfs tmpfs /var/lib && mkdir -p /var/lib/systemd/linger";
    check(
        &[("USER", "root")],
        &format!("{no_session}; {lingering}; touch /var/lib/systemd/linger/root"),
        &format!(
            "{no_manager}hint: lingering is on, so the manager should run: see `systemctl status user@0.service`\n"
        ),
    );
    let not_booted = "mount -t tmpfs tmpfs /run/systemd";
    check(
        &[],
        &format!("{no_session}; {not_booted}"),
        &format!(
            "{no_manager}hint: this machine was not booted with systemd, which would run the units; \
             the files are in place all the same\n"
        ),
    );
    check(
        &[("WSL_DISTRO_NAME", "Ubuntu")],
        &format!("{no_session}; {not_booted}"),
        &format!(
            "{no_manager}hint: set `systemd=true` in the section [boot] of /etc/wsl.conf, then `wsl --shutdown`\n"
        ),
    );
    let ssh = ("SSH_CONNECTION", "192.0.2.1 50000 192.0.2.2 22");
    check(
        &[ssh],
        lingering,
        &format!(
            "{STARTED}lingering is off: units stop when you log out; `loginctl enable-linger` keeps them running\n"
        ),
    );
    check(&[ssh, ("USER", "root")], &format!("{lingering}; touch /var/lib/systemd/linger/root"), STARTED);
    check(&[ssh, ("DISPLAY", ":0")], lingering, STARTED);
}
