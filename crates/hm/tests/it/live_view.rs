//! What a terminal shows while units are moved.

use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use systemd_harness::UserManager;

use crate::support::{HM, configure_beside as configure, manager, skip};

/// One that fails, one that is held up until somebody writes to a fifo, and one behind that.
const UNITS: &str = r#"
  systemd.user.services = {
    bad = {
      Service.ExecStartPre = "${pkgs.coreutils}/bin/false";
      Service.ExecStart = forever;
      Install.WantedBy = [ "default.target" ];
    };
    slow = {
      Service.ExecStartPre = "${pkgs.writeShellScript "slow" "read line < $HOME/fifo"}";
      Service.ExecStart = forever;
      Install.WantedBy = [ "default.target" ];
    };
    behind = {
      Unit.After = [ "slow.service" ];
      Service.ExecStart = forever;
      Install.WantedBy = [ "default.target" ];
    };
  };
"#;

/// A switch on a terminal, and everything that it has written there.
struct OnTerminal {
    child: Child,
    written: Arc<Mutex<String>>,
    reader: thread::JoinHandle<()>,
}

impl OnTerminal {
    fn start(manager: &UserManager, columns: u32, variables: &[(&str, &str)]) -> Self {
        let mut command: Command = manager.command("script");
        let switch = format!("stty cols {columns} rows 24; exec {HM} switch > $HOME/said");
        command.args(["--quiet", "--return", "--flush", "--command", &switch, "/dev/null"]);
        command.env("TERM", "xterm").envs(variables.iter().copied());
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let written = Arc::new(Mutex::new(String::new()));
        let (mut stdout, shared) = (child.stdout.take().unwrap(), Arc::clone(&written));
        let reader = thread::spawn(move || {
            let (mut all, mut buffer) = (Vec::new(), [0; 4096]);
            while let Ok(count @ 1..) = stdout.read(&mut buffer) {
                all.extend_from_slice(&buffer[..count]);
                *shared.lock().unwrap() = String::from_utf8_lossy(&all).into_owned();
            }
        });
        OnTerminal { child, written, reader }
    }

    fn wait_for(&self, what: impl Fn(&str) -> bool) {
        let began = Instant::now();
        while !what(&self.written.lock().unwrap()) {
            assert!(began.elapsed() < Duration::from_secs(60), "{:?}", self.written.lock().unwrap());
            thread::sleep(Duration::from_millis(10));
        }
    }

    /// Lets the held service go, and returns all that was written.
    fn finish(mut self, manager: &UserManager) -> String {
        assert!(manager.command("sh").args(["-c", "echo > fifo"]).status().unwrap().success());
        self.child.wait().unwrap();
        self.reader.join().unwrap();
        self.written.lock().unwrap().clone()
    }
}

fn prepare() -> Option<UserManager> {
    if Command::new("script").arg("--version").output().is_err() {
        skip("a terminal: script of util-linux is not installed");
        return None;
    }
    let manager = manager()?;
    assert!(manager.command("mkfifo").arg("fifo").status().unwrap().success());
    configure(&manager, UNITS);
    Some(manager)
}

/// The text without escape sequences: what stands on each line that was written, and each that was written over.
fn lines(text: &str) -> Vec<String> {
    let (mut plain, mut rest) = (String::new(), text);
    while let Some((before, after)) = rest.split_once('\u{1b}') {
        plain.push_str(before);
        let end = after.find(|letter: char| letter.is_ascii_alphabetic()).unwrap_or(after.len() - 1);
        // To go back to the beginning of a line is to write it again.
        plain.push('\r');
        rest = &after[end + 1..];
    }
    plain.push_str(rest);
    let lines = plain.split(['\r', '\n']).map(|line| line.trim_end().to_owned());
    lines.filter(|line| !line.is_empty()).collect()
}

/// The live lines, without the turning sign and with all times the same, each once.
fn frames(text: &str) -> Vec<String> {
    let mut frames: Vec<String> = Vec::new();
    for line in lines(text) {
        let Some((sign, line)) = line.split_once(' ') else { continue };
        if sign.is_empty() || !sign.chars().all(|letter| ('\u{2800}'..'\u{2900}').contains(&letter)) {
            continue;
        }
        let words: Vec<&str> = line
            .split(' ')
            .map(|word| match word.strip_prefix('(') {
                Some(number) if number.parse::<u64>().is_ok() => "(N",
                _ => word,
            })
            .collect();
        let frame = words.join(" ");
        if !frames.contains(&frame) {
            frames.push(frame);
        }
    }
    frames
}

const HELD: &str = "1 of 3 done; starting behind.service (N s, behind slow.service) and slow.service (N s)";

#[test]
fn a_terminal_shows_what_is_moved_and_what_waits() {
    let Some(manager) = prepare() else { return };
    let terminal = OnTerminal::start(&manager, 120, &[("NO_COLOR", "1")]);
    terminal.wait_for(|text| frames(text).iter().any(|frame| frame == HELD));
    let text = terminal.finish(&manager);
    let shown = frames(&text);
    // In between there may be others, or too little time for them.
    let known = [
        "evaluating the configuration",
        "moving units",
        "reloading the user manager",
        "0 of 3 done; starting bad.service (N s), behind.service (N s) and slow.service (N s)",
        "0 of 3 done; starting bad.service (N s), behind.service (N s, behind slow.service) and slow.service (N s)",
        "1 of 3 done; starting behind.service (N s) and slow.service (N s)",
        HELD,
        "2 of 3 done; starting behind.service (N s)",
        "2 of 3 done; starting slow.service (N s)",
    ];
    let unknown: Vec<&String> = shown.iter().filter(|frame| !known.contains(&frame.as_str())).collect();
    assert!(unknown.is_empty(), "{unknown:?}");
    assert!(!text.contains("\u{1b}[3"), "{text:?}");
    // What failed is told as soon as it is known, on a line that stays, and at length in the end.
    let lines = lines(&text);
    let first = |what: &str| {
        lines.iter().position(|line| line.starts_with(what)).unwrap_or_else(|| panic!("{what}: {lines:#?}"))
    };
    let above = first("bad.service: failed");
    let held = lines.iter().rposition(|line| line.contains("behind slow.service")).unwrap();
    let last = first("error: bad.service failed: exit-code");
    assert!(above < held && held < last, "{lines:#?}");
    let said = std::fs::read_to_string(manager.home().join("said")).unwrap();
    insta::assert_snapshot!(said.trim_end(), @"switched to generation 1: 6 links created; started slow.service and behind.service; failed bad.service");
}

#[test]
fn a_narrow_terminal_shows_the_beginning() {
    let Some(manager) = prepare() else { return };
    let terminal = OnTerminal::start(&manager, 30, &[]);
    terminal.wait_for(|text| frames(text).iter().any(|frame| frame.starts_with("1 of 3 done; starting")));
    let text = terminal.finish(&manager);
    let wide: Vec<String> = frames(&text).into_iter().filter(|frame| frame.chars().count() > 28).collect();
    assert!(wide.is_empty(), "{wide:?}");
}

#[test]
fn a_terminal_that_cannot_go_back_in_a_line_shows_nothing() {
    let Some(manager) = prepare() else { return };
    let terminal = OnTerminal::start(&manager, 80, &[("TERM", "dumb")]);
    let began = Instant::now();
    while manager.property("slow.service", "ActiveState") != "activating" {
        assert!(began.elapsed() < Duration::from_secs(60), "it was not started");
        thread::sleep(Duration::from_millis(10));
    }
    let text = terminal.finish(&manager);
    assert!(frames(&text).is_empty() && !text.contains('\u{1b}'), "{text:?}");
}
