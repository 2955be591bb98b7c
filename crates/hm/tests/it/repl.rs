//! `hm nix repl`, with a pipe and at a terminal.

use std::io::{Read, Write};
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};

use crate::support::{HM, Home, Run, skip};

fn pipe(home: &Home, arguments: &[&str], lines: &str) -> Run {
    let all = [&["nix", "repl"], arguments].concat();
    let mut command = home.command(&all);
    command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap();
    child.stdin.take().unwrap().write_all(lines.as_bytes()).unwrap();
    let Output { status, stdout, stderr } = child.wait_with_output().unwrap();
    let text = |bytes| crate::support::settle(&String::from_utf8(bytes).unwrap(), &home.path());
    Run { status: status.code().unwrap_or(-1), stdout: text(stdout), stderr: text(stderr) }
}

#[test]
fn from_a_pipe() {
    let home = Home::new();
    home.write("set.nix", "{ a ? 1, b ? \"b\" }: { inherit a b; }");
    let run = pipe(
        &home,
        &["set.nix", "--arg", "a", "40 + 1", "--argstr", "b", "text"],
        "a + 1\nb\nx = {\n  y = 1;\n}\nthrow \"no\"\nx\n:nothing\nif true",
    );
    assert_eq!(run.status, 0);
    insta::assert_snapshot!(run.stdout, @r#"
    42
    "text"
    { y = 1; }
    "#);
    insta::assert_snapshot!(run.stderr, @r#"
    Loading "set.nix"...
    Added 2 variables.
    a, b
    error: no
     --> «string»:1:1
      |
    1 | throw "no"
      | ^^^^^
    note: 1 more steps, shown by --show-trace
    error: unknown command ':nothing'
    hint: :? lists the commands
    error: syntax error, unexpected end of file, expecting 'then'
     --> «string»:1:8
      |
    1 | if true
      |        ^
    "#);
}

#[test]
fn expressions_as_arguments_and_the_search_path() {
    let home = Home::new();
    home.write("lib/default.nix", "{ c = 3; }");
    let run = pipe(&home, &["--expr", "{ a = 1; }", "-I", "lib=lib"], ":l <lib>\na + c\n:q\nignored\n");
    assert_eq!(run.stdout, "4");
    assert_eq!(run.status, 0);
    let run = pipe(&home, &["--expr", "1"], "2");
    assert!(run.stderr.contains("expected a set but found an integer: 1"), "{}", run.stderr);
    assert_eq!(run.ended(0), "2");
}

#[test]
fn building() {
    let home = Home::new();
    let derivation = "derivation { name = \"x\"; system = \"y\"; builder = \"z\"; }";
    let run = pipe(&home, &["--store-dir", "/nix/store"], &format!("{derivation}\n:b {derivation}"));
    assert_eq!(run.stdout, "«derivation /nix/store/n01dy158nk2mfsjgkgdpm9ma51dy2ry5-x.drv»");
    assert!(run.stderr.starts_with("error: building output 'out' of '/nix/store/n01d"), "{}", run.stderr);
    assert!(!home.path().join(".local").exists(), "a session writes no store unless it is asked to");
}

/// A terminal, made by `script` of util-linux.
struct Terminal {
    child: Child,
    keys: ChildStdin,
    screen: ChildStdout,
    seen: Vec<u8>,
}

impl Terminal {
    fn start(home: &Home) -> Option<Self> {
        // A shell in between would end by the interrupt that is meant for the session.
        let mut command = Command::new("timeout");
        command.args(["60", "script", "-qec", &format!("exec {HM} nix repl"), "/dev/null"]);
        command.env_clear().env("PATH", std::env::var_os("PATH")?).env("HOME", home.path());
        command.env("USER", "alice").env("TERM", "xterm").env("NO_COLOR", "1").env("SHELL", "/bin/sh");
        command.current_dir(home.path()).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().ok()?;
        let (keys, screen) = (child.stdin.take()?, child.stdout.take()?);
        Some(Terminal { child, keys, screen, seen: Vec::new() })
    }

    /// Waits until `text` is written, and goes on behind it.
    #[track_caller]
    fn wait_for(&mut self, text: &str) {
        let mut byte = [0];
        while !self.seen.ends_with(text.as_bytes()) {
            let count = self.screen.read(&mut byte).unwrap();
            assert_eq!(count, 1, "{text:?} does not come: {}", String::from_utf8_lossy(&self.seen));
            self.seen.extend_from_slice(&byte);
        }
        self.seen.clear();
    }

    fn press(&mut self, keys: &str) {
        self.keys.write_all(keys.as_bytes()).unwrap();
    }
}

#[test]
fn at_a_terminal() {
    let has_script = Command::new("script").arg("--version").output().is_ok_and(|run| run.status.success());
    let home = Home::new();
    let Some(mut terminal) = has_script.then(|| Terminal::start(&home)).flatten() else {
        return skip("the session at a terminal: there is no `script`");
    };
    terminal.wait_for("Type :? for help.");
    terminal.wait_for("nix-repl> ");
    terminal.press("set = { attribute = 41; }\r");
    terminal.wait_for("nix-repl> ");
    // Tab completes, Ctrl-C drops the line, also an unfinished one; then the last line but one is fetched.
    terminal.press("1 + set.att\t");
    terminal.wait_for("1 + set.attribute");
    terminal.press("\r");
    terminal.wait_for("42");
    terminal.wait_for("nix-repl> ");
    terminal.press("let dropped\r");
    terminal.wait_for("        > ");
    terminal.press("\x03");
    terminal.wait_for("nix-repl> ");
    terminal.press("dropped\x03");
    terminal.wait_for("nix-repl> ");
    terminal.press("\x1b[A\r");
    terminal.wait_for("42");
    terminal.wait_for("nix-repl> ");
    // What is evaluated ends, and the session goes on.
    let endless = "startSet = [ { key = 0; } ]; operator = x: [ { key = x.key + 1; } ];";
    terminal.press(&format!("builtins.trace \"begun\" (builtins.genericClosure {{ {endless} }})\r"));
    terminal.wait_for("trace: begun");
    terminal.press("\x03");
    terminal.wait_for("error: interrupted by the user");
    terminal.wait_for("nix-repl> ");
    terminal.press("\x04");
    assert!(terminal.child.wait().unwrap().success());
    let history = std::fs::read_to_string(home.path().join(".local/state/hm/repl-history")).unwrap();
    let kept: Vec<&str> = history.lines().take(3).collect();
    assert_eq!(kept, ["#V2", "set = { attribute = 41; }", "1 + set.attribute"]);
}
