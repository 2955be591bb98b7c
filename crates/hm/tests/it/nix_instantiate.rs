//! The binary under the name `nix-instantiate`, with that program's options.

use std::os::unix::fs::symlink;
use std::os::unix::process::CommandExt;
use std::path::Path;
use std::process::Stdio;

use crate::support::{Home, Run, repository};

/// Runs the command in a home and among the files that expressions of the records read.
fn run(home: &Home, arguments: &[&str], input: &str) -> Run {
    let text = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(text.path(), input).unwrap();
    let mut command = home.command(arguments);
    command.arg0("nix-instantiate").current_dir(repository().join("tests/conformance/files"));
    command.stdin(Stdio::from(std::fs::File::open(text.path()).unwrap()));
    Run::of(&mut command, &home.path())
}

#[track_caller]
fn check(arguments: &[&str], expected: &str) {
    let home = Home::new();
    assert_eq!(run(&home, arguments, "{ b = [ 1 { c = 2; } ]; }").ended(0), expected, "{arguments:?}");
    assert!(!home.path().join(".local").exists(), "evaluation writes nothing");
}

#[track_caller]
fn refuses(arguments: &[&str], expected: &str) {
    let said = run(&Home::new(), arguments, "").complained(1);
    assert!(said.contains(expected), "{arguments:?}: {said}");
}

#[test]
fn values_are_printed_as_asked() {
    check(&["--eval", "-E", "{ a = 1 + 1; }"], "{ a = <CODE>; }");
    check(&["--eval-only", "--strict", "-E", "{ a = 1 + 1; }"], "{ a = 2; }");
    check(&["--eval", "--strict", "--json", "-E", "{ a = 1 + 1; }"], "{\"a\":2}");
    check(&["--eval", "--raw", "-E", "\"a b\""], "a b");
    check(
        &["--eval", "--xml", "--no-location", "-E", "[ 1 ]"],
        "<?xml version='1.0' encoding='utf-8'?>\n<expr>\n  <list>\n    <int value=\"1\" />\n  </list>\n</expr>",
    );
    check(&["--parse", "-E", "x: x"], "(x: x)");
    check(&["--eval", "-"], "{ b = <CODE>; }");
    check(&["--eval", "-A", "b.1.c", "-"], "2");
    check(&["--eval", "three.nix"], "3");
    check(&["--eval", "-I", "f=.", "<f/three.nix>"], "3");
    check(&["--find-file", "-I", "f=.", "f/three.nix"], "@repository@/tests/conformance/files/three.nix");
}

#[test]
fn functions_get_their_arguments() {
    let function = "{ x, y ? \"none\" }: [ x y ]";
    check(&["--eval", "--strict", "-E", function, "--arg", "x", "1 + 1"], "[ 2 \"none\" ]");
    check(
        &["--eval", "--strict", "-E", function, "--arg", "x", "-1", "--argstr", "y", "--z"],
        "[ -1 \"--z\" ]",
    );
    // A function is called once for all paths.
    let counted = "{ }: builtins.trace \"called\" { a = 1; b = 2; }";
    let run = run(&Home::new(), &["--eval", "-E", counted, "-A", "a", "-A", "b"], "");
    assert_eq!((run.stdout.as_str(), run.stderr.as_str()), ("1\n2", "trace: called"));
}

#[test]
fn settings_have_effect_however_they_are_given() {
    let deep = "let f = n: if n == 0 then 0 else f (n - 1) + 1; in f 20";
    refuses(&["--eval", "--max-call-depth", "10", "-E", deep], "stack overflow; max-call-depth exceeded");
    refuses(&["--eval", "--option", "max-call-depth", "10", "-E", deep], "max-call-depth exceeded");
    check(&["--eval", "--timeout", "5", "--option", "cores", "2", "-E", deep], "20");
    refuses(
        &["--eval", "--restrict-eval", "-E", "builtins.readFile /etc/passwd"],
        "is forbidden in restricted mode",
    );
    refuses(&["--eval", "--pure-eval", "-E", "builtins.readFile /etc/passwd"], "in pure evaluation mode");
    check(&["--eval", "--pure-eval", "-E", "builtins ? currentTime"], "false");
    check(&["--eval", "--restrict-eval", "-I", "f=.", "-E", "import <f/three.nix>"], "3");
    refuses(&["--eval", "-E", "1 |> (x: x)"], "experimental Nix feature 'pipe-operators' is disabled");
    check(&["--eval", "--extra-experimental-features", "pipe-operators", "-E", "1 |> (x: x)"], "1");
    check(&["--eval", "--option", "eval-system", "a-b", "-E", "builtins.currentSystem"], "\"a-b\"");
}

#[test]
fn restricted_access_does_not_follow_links_out() {
    let home = Home::new();
    let folder = home.path().join("open");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(folder.join("inside"), "in").unwrap();
    symlink("inside", folder.join("near")).unwrap();
    symlink("/etc/passwd", folder.join("far")).unwrap();
    symlink(&folder, home.path().join("way")).unwrap();
    let include = format!("open={}", folder.display());
    let read = |path: &Path| {
        let text = format!("builtins.readFile {}", path.display());
        run(&home, &["--eval", "--restrict-eval", "-I", &include, "-E", &text], "")
    };
    assert_eq!(read(&folder.join("near")).ended(0), "\"in\"");
    let said = read(&folder.join("far")).complained(1);
    assert!(said.contains("access to absolute path '/etc/passwd' is forbidden"), "{said}");
    let said = read(&home.path().join("way/inside")).complained(1);
    assert!(said.contains("is forbidden in restricted mode"), "{said}");
}

#[test]
fn derivations_are_made() {
    let home = Home::new();
    let text = "{ a = derivation { name = \"x\"; builder = \"b\"; system = \"s\"; }; }";
    let made = run(&home, &["-E", text], "").ended(0);
    assert_eq!(made, "@store@/x.drv");
    let computed = run(&home, &["--readonly-mode", "--store-dir", "/nix/store", "-E", text, "-A", "a"], "");
    assert_eq!(computed.ended(0), "/nix/store/5wq5jx7219pmi3xklyhl77fjbqvy6qaj-x.drv");
}

#[test]
fn what_cannot_be_understood_ends_with_one() {
    refuses(&["--no-such-option"], "--no-such-option");
    refuses(&["--eval", "-E", "{"], "syntax error");
    refuses(&["--eval", "-E", "builtins.genList (x: x) 9223372036854775807"], "error: out of memory\n");
    refuses(&["--eval", "/no/such/file.nix"], "path '/no/such/file.nix' does not exist");
    let version = run(&Home::new(), &["--version"], "").ended(0);
    assert!(version.starts_with("nix-instantiate (hm ") && version.ends_with(" 2.34.8"), "{version}");
}
