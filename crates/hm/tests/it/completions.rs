//! What shells offer on Tab, as the real ones ask for it.

use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::support::{HM, Home, skip};

const UNITS: &str = r#"{ pkgs, ... }: let forever = "${pkgs.coreutils}/bin/sleep infinity"; in {
  systemd.user.services.watch = { Unit.Description = "Watch $HOME"; Service.ExecStart = forever; };
  systemd.user.services.wait.Service.ExecStart = forever;
  systemd.user.services."one-of@" = {
    Service.ExecStart = forever;
    Install = { WantedBy = "default.target"; DefaultInstance = "usual"; };
  };
  systemd.user.mounts."home-nobody-a\\x2db" = { what = "tmpfs"; where = "/home/nobody/a-b"; type = "tmpfs"; };
}
"#;

fn home() -> Home {
    let home = Home::new();
    home.configure(UNITS);
    home.hm(&["switch", "--no-check"]).ended(0);
    home
}

/// The candidates for the last of `words`, by the protocol of fish: with a description behind a tab.
fn offered(home: &Home, words: &[&str]) -> Vec<String> {
    let mut command = home.command(&["--", "hm"]);
    let output = command.args(words).env("HM_COMPLETE", "fish").output().unwrap();
    assert!(output.status.success() && output.stderr.is_empty(), "{output:?}");
    String::from_utf8(output.stdout).unwrap().lines().map(str::to_owned).collect()
}

#[test]
fn units_and_generations_are_offered() {
    let home = home();
    assert_eq!(offered(&home, &["logs", "w"]), ["wait.service", "watch.service\tWatch $HOME"]);
    assert_eq!(offered(&home, &["status", "wat"]), ["watch.service\tWatch $HOME"]);
    for command in ["start", "stop", "restart", "reload"] {
        // Only instances of templates run.
        assert_eq!(offered(&home, &[command, "wait", "one"]), ["one-of@usual.service"], "{command}");
    }
    assert_eq!(offered(&home, &["logs", "one"]), ["one-of@.service", "one-of@usual.service"]);
    assert!(offered(&home, &["st"]).iter().any(|line| line.starts_with("status\t")));
    home.configure("{ }");
    home.hm(&["switch"]).ended(0);
    for words in [["rollback", ""], ["remove-generations", ""], ["diff", ""], ["switch", "--generation="]] {
        let said = offered(&home, &words);
        let said: Vec<&str> = said.iter().map(|line| line.trim_start_matches("--generation=")).collect();
        assert!(said[0].starts_with("2\t20") && said[0].ends_with(" current"), "{words:?}: {said:?}");
        assert!(said[1].starts_with("1\t20"), "{words:?}: {said:?}");
    }
    assert!(!offered(&home, &["logs", ""]).iter().any(|line| line.contains(".service")));
}

#[test]
fn nothing_is_offered_where_nothing_is_known() {
    let home = Home::new();
    assert_eq!(offered(&home, &["logs", "w"]), Vec::<String>::new());
    assert_eq!(offered(&home, &["no-such-command", "w"]), Vec::<String>::new());
    // Nor is anything said where the home or the profile makes no sense.
    home.write(".local/state/nix/profiles/hm", "");
    assert_eq!(offered(&home, &["logs", "w"]), Vec::<String>::new());
    let mut command = home.command(&["--", "hm", "logs", "w"]);
    let output = command.env("HM_COMPLETE", "fish").env("HOME", "relative").output().unwrap();
    assert_eq!((output.status.code(), output.stdout, output.stderr), (Some(0), vec![], vec![]));
    let output = home.command(&["status"]).env("HM_COMPLETE", "unheard-of").output().unwrap();
    assert_eq!((output.status.code(), output.stdout, output.stderr), (Some(0), vec![], vec![]));
    home.hm(&["completions", "unheard-of"]).complained(2);
}

/// What a shell on a terminal prints when these keys are pressed. `hm` only prints its arguments, one in each pair of
/// brackets, once its completions are there.
fn typed(home: &Home, shell: &[&str], start: &str, keys: &str) -> Option<String> {
    for program in [shell[0], "script"] {
        if !Path::new("/usr/bin").join(program).exists() {
            skip(&format!("completion in {}: there is no /usr/bin/{program}", shell[0]));
            return None;
        }
    }
    let mut script = Command::new("/usr/bin/script");
    script.args(["-q", "-e", "-c", &shell.join(" "), "/dev/null"]);
    script.env_clear().env("PATH", "/usr/bin:/bin").env("HOME", home.path()).env("TERM", "dumb");
    let mut child =
        script.current_dir(home.path()).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let print = "hm() { printf '[%s]' \"$@\"; echo; }";
    let keys = format!("{start}\neval \"$({HM} completions {})\"; {print}\n{keys}exit\n", shell[0]);
    child.stdin.as_mut().unwrap().write_all(keys.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    Some(String::from_utf8_lossy(&output.stdout).replace('\r', ""))
}

/// Words broken off at a character, names with a backslash, and nothing but the word that is meant.
const KEYS: &str = "hm status one-of@us\t\nhm logs wait wat\t\nhm stop home\t\n";

#[track_caller]
fn check_typed(said: &str) {
    for expected in
        ["[status][one-of@usual.service]", "[logs][wait][watch.service]", r"[stop][home-nobody-a\x2db.mount]"]
    {
        assert!(said.contains(expected), "{expected}: {said}");
    }
}

#[test]
fn bash_completes() {
    let home = home();
    let Some(said) = typed(&home, &["bash", "--norc", "--noprofile"], "", KEYS) else { return };
    check_typed(&said);
    let keys = "hm status one-of@\t\nhm status --js\t\n";
    let said = typed(&home, &["bash", "--norc", "--noprofile"], "", keys).unwrap();
    for expected in ["[status][one-of@usual.service]", "[status][--json]"] {
        assert!(said.contains(expected), "{expected}: {said}");
    }
}

#[test]
fn zsh_completes() {
    let home = home();
    let start = "autoload -Uz compinit; compinit -u -D";
    let Some(said) = typed(&home, &["zsh", "-f"], start, KEYS) else { return };
    check_typed(&said);
}

#[test]
fn fish_completes() {
    let home = home();
    let script = format!(
        "{HM} completions fish | source; complete -C 'hm logs w'; complete -C 'hm stop wait one-of@u'"
    );
    let mut fish = Command::new("fish");
    fish.args(["--no-config", "-c", &script]);
    fish.env_clear().env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", home.path());
    let Ok(output) = fish.output() else { return skip("completion in fish: it is not installed") };
    let said = String::from_utf8(output.stdout).unwrap();
    assert_eq!(said, "wait.service\nwatch.service\tWatch $HOME\none-of@usual.service\n");
}
