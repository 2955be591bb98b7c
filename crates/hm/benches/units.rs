//! How long the systemd phase of a switch takes beside the D-Bus calls that cannot be done without, under a real user manager.
//!
//! Each round changes one service by `hm switch --timings`, and then another one like it by bare calls: stop it and wait for
//! the job, reload, start it and wait for the job. The phase has more to do: it compares what runs with what is to run, and
//! watches whether the service stays up. What was measured is in docs/performance.md.
//!
//! `cargo bench -p hm --bench units`

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, clippy::print_stdout, reason = "a benchmark")]

use std::fs;
use std::time::{Duration, Instant};

use systemd_harness::UserManager;
use zbus::blocking::connection::Builder;
use zbus::blocking::{Connection, Proxy};
use zbus::zvariant::OwnedObjectPath;

const ROUNDS: usize = 20;
/// Rounds before those that count: the first has more to read from the disk.
const BEFORE: usize = 2;

fn main() {
    // `cargo test --benches` runs this too, and measures nothing.
    if !std::env::args().any(|argument| argument == "--bench") {
        return;
    }
    let Some(manager) = systemd_harness::require() else { return };
    let (mut phases, mut calls, mut connected) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..ROUNDS + BEFORE {
        let phase = switch(&manager, round);
        let (all, without_connecting) = bare(&manager, round);
        if round >= BEFORE {
            phases.push(phase);
            calls.push(all);
            connected.push(without_connecting);
        }
    }
    let (phase, all, without) = (median(phases), median(calls), median(connected));
    println!("systemd phase of hm switch      {}", shown(&phase));
    println!("bare calls, with connecting     {}", shown(&all));
    println!("bare calls, without connecting  {}", shown(&without));
    println!("the phase takes {:.2} times the calls", phase[1] / all[1]);
}

/// The lowest, the middle one and the highest, in milliseconds.
fn median(mut durations: Vec<Duration>) -> [f64; 3] {
    durations.sort();
    let milliseconds = |index: usize| durations[index].as_secs_f64() * 1000.0;
    [milliseconds(0), milliseconds(durations.len() / 2), milliseconds(durations.len() - 1)]
}

fn shown([low, middle, high]: &[f64; 3]) -> String {
    format!("{middle:6.1} ms ({low:.1} to {high:.1})")
}

/// Changes a service by a switch, and reads how long moving the units took.
fn switch(manager: &UserManager, round: usize) -> Duration {
    let file = manager.home().join("home.nix");
    let text = format!(
        r#"{{ pkgs, ... }}: {{
  home.stateVersion = "24.05";
  systemd.user.services.changes = {{
    Unit.X-Round = "{round}";
    Service.ExecStart = "${{pkgs.coreutils}}/bin/sleep infinity";
    Install.WantedBy = [ "default.target" ];
  }};
}}
"#
    );
    fs::write(&file, text).unwrap();
    let mut command = manager.command(env!("CARGO_BIN_EXE_hm"));
    let output = command.args(["switch", "--timings", "-f", "home.nix"]).output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{said}");
    let line = said.lines().find_map(|line| line.strip_prefix("systemd")).unwrap();
    let milliseconds: f64 = line.trim().trim_end_matches(" ms").parse().unwrap();
    Duration::from_secs_f64(milliseconds / 1000.0)
}

/// Changes a service by the calls alone; how long it took with the connection, and without.
fn bare(manager: &UserManager, round: usize) -> (Duration, Duration) {
    let dir = manager.home().join(".local/share/systemd/user");
    fs::create_dir_all(&dir).unwrap();
    let text = format!("[Unit]\nX-Round={round}\n[Service]\nExecStart=/bin/sleep infinity\n");
    fs::write(dir.join("bare.service"), text).unwrap();
    if round == 0 {
        assert!(manager.systemctl(&["daemon-reload"]).status.success());
        assert!(manager.systemctl(&["start", "bare.service"]).status.success());
    }
    let began = Instant::now();
    let address = format!("unix:path={}/bus", manager.runtime_dir().display());
    let connection = Builder::address(address.as_str()).unwrap().build().unwrap();
    let proxy = subscribed(&connection);
    let connected = Instant::now();
    job(&proxy, "StopUnit");
    let () = proxy.call("Reload", &()).unwrap();
    job(&proxy, "StartUnit");
    (began.elapsed(), connected.elapsed())
}

fn subscribed(connection: &Connection) -> Proxy<'static> {
    let name = "org.freedesktop.systemd1";
    let proxy = Proxy::new(connection, name, "/org/freedesktop/systemd1", "org.freedesktop.systemd1.Manager");
    let proxy = proxy.unwrap();
    let () = proxy.call("Subscribe", &()).unwrap();
    proxy
}

fn job(proxy: &Proxy<'_>, member: &str) {
    let mut signals = proxy.receive_signal("JobRemoved").unwrap();
    let queued: OwnedObjectPath = proxy.call(member, &("bare.service", "replace")).unwrap();
    loop {
        let signal = signals.next().unwrap();
        let (_, path, _, result): (u32, OwnedObjectPath, String, String) =
            signal.body().deserialize().unwrap();
        if path == queued {
            assert_eq!(result, "done");
            return;
        }
    }
}
