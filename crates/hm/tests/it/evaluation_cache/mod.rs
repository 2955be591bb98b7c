//! Evaluations that are kept: they are used, and nobody could tell by what is said.

mod fetches;
mod mutations;

use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};
use std::time::{Duration, SystemTime};

use crate::support::{HM, Home};

/// What a run said, without the log, and what the log says of the cache.
#[derive(Debug)]
struct Said {
    status: Option<i32>,
    stdout: String,
    stderr: String,
    log: String,
}

impl Said {
    fn of(command: &mut Command) -> Said {
        let Output { status, stdout, stderr } = command.stdin(Stdio::null()).output().unwrap();
        let stderr = String::from_utf8(stderr).unwrap();
        let (log, rest): (Vec<&str>, Vec<&str>) =
            stderr.lines().partition(|line| line.starts_with("DEBUG the evaluation "));
        Said {
            status: status.code(),
            stdout: String::from_utf8(stdout).unwrap(),
            stderr: rest.join("\n"),
            log: log.join("\n"),
        }
    }

    fn is_from_the_cache(&self) -> bool {
        self.log.contains("taken from the cache")
    }

    fn words(&self) -> (Option<i32>, &str, &str) {
        (self.status, &self.stdout, &self.stderr)
    }
}

/// A home in which every evaluation is kept, however short.
struct Kept {
    home: Home,
    variables: Vec<(String, String)>,
}

impl Kept {
    fn new() -> Kept {
        let home = Home::new();
        fs::create_dir(home.path().join(".cache")).unwrap();
        Kept { home, variables: Vec::new() }
    }

    fn command(&self, program: &str, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        let first: &[&str] = if arguments.first() == Some(&"build") { &["-vv"] } else { &["-vv", "nix"] };
        command.args(first).args(arguments).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap()).env("HOME", self.home.path());
        command.envs(self.variables.iter().map(|(name, value)| (name, value)));
        command.env("HM_EVAL_CACHE_AFTER_MS", "0").current_dir(self.home.path());
        command
    }

    fn run(&self, arguments: &[&str]) -> Said {
        Said::of(&mut self.command(HM, arguments))
    }

    fn run_anew(&self, arguments: &[&str]) -> Said {
        let said = self.run(&[arguments, &["--no-eval-cache"]].concat());
        assert_eq!(said.log, "");
        said
    }

    /// Evaluates, and makes sure that it is as from scratch and that the cache had it or not.
    #[track_caller]
    fn check(&self, arguments: &[&str], from_cache: bool) -> Said {
        let said = self.run(arguments);
        assert_eq!(said.is_from_the_cache(), from_cache, "{arguments:?}: {said:?}");
        assert_eq!(said.words(), self.run_anew(arguments).words(), "{arguments:?}");
        said
    }

    /// As the first and the second time.
    #[track_caller]
    fn check_twice(&self, arguments: &[&str]) -> Said {
        self.check(arguments, false);
        self.check(arguments, true)
    }

    fn records(&self) -> Vec<PathBuf> {
        let Ok(entries) = fs::read_dir(self.home.path().join(".cache/hm/evaluations")) else {
            return Vec::new();
        };
        entries.map(|entry| entry.unwrap().path()).collect()
    }
}

#[test]
fn what_nothing_has_changed_is_not_evaluated_again() {
    let kept = Kept::new();
    kept.home.write("a.nix", "import ./b.nix + builtins.readFile ./text");
    kept.home.write("b.nix", "\"b\"");
    kept.home.write("text", "text");
    assert_eq!(kept.check_twice(&["eval", "a.nix"]).stdout, "\"btext\"\n");
    // Stamps that were too fresh to be believed have been replaced by now.
    std::thread::sleep(Duration::from_millis(120));
    kept.check(&["eval", "a.nix"], true);
    let said = kept.check(&["eval", "a.nix"], true);
    assert_eq!(said.log, "DEBUG the evaluation is taken from the cache");
    // Other arguments are another evaluation.
    kept.check(&["eval", "a.nix", "--json"], false);
    kept.home.write("text", "tixt");
    assert_eq!(kept.check(&["eval", "a.nix"], false).stdout, "\"btixt\"\n");
    kept.check(&["eval", "a.nix"], true);
    let secret = "builtins.getEnv \"TOKEN\" == \"\"";
    kept.check_twice(&["eval", "-E", secret]);
}

#[test]
fn a_failure_is_told_in_full_again() {
    let kept = Kept::new();
    kept.home.write(
        "bad.nix",
        "let\n  f = x: builtins.trace \"seen\" (builtins.warn \"careful\" (x + 1));\nin { a = f { }; }\n",
    );
    let said = kept.check_twice(&["eval", "--strict", "bad.nix"]);
    assert_eq!((said.status, said.stdout.as_str()), (Some(1), ""));
    for part in ["trace: seen", "evaluation warning: careful", "bad.nix:2", "f = x: builtins.trace", "error"]
    {
        assert!(said.stderr.contains(part), "{part}: {}", said.stderr);
    }
    // What was said before it failed is said again too.
    let said = kept.check_twice(&["eval", "-E", "1", "throw \"second\""]);
    assert_eq!(said.stdout, "1\n");
    kept.check_twice(&["eval", "-E", "import ./absent.nix"]);
    kept.home.write("absent.nix", "5");
    assert_eq!(kept.check(&["eval", "-E", "import ./absent.nix"], false).stdout, "5\n");
    kept.check_twice(&["eval", "-E", "{"]);
    kept.check_twice(&["eval", "/no/such/file.nix"]);
}

#[test]
fn some_evaluations_are_never_kept() {
    let kept = Kept::new();
    kept.home.write("loop.nix", "let f = x: 1 + f x; in f 1");
    for arguments in [
        &["eval", "-E", "builtins.typeOf builtins.currentTime"][..],
        &["eval", "-E", "builtins.typeOf __currentTime"],
        &["eval", "loop.nix"],
        &["eval", "-E", "builtins.readFile /dev/null"],
        &["eval", "-E", "builtins.fetchurl \"file:///no/such/file\""],
        &["eval", "-"],
        &["parse", "-E", "1"],
    ] {
        kept.check(arguments, false);
        kept.check(arguments, false);
    }
    let mut quick = kept.command(HM, &["eval", "-E", "1"]);
    assert_eq!(Said::of(quick.env("HM_EVAL_CACHE_AFTER_MS", "60000")).log, "");
    assert_eq!(kept.records(), Vec::<PathBuf>::new());
    // The time is a constant like any other as long as nobody asks.
    let said = kept.run(&["eval", "-E", "builtins"]);
    assert!(said.stdout.contains("currentTime = 1"), "{}", said.stdout);
}

#[test]
fn settings_switch_it_off() {
    let kept = Kept::new();
    let program = ["eval", "-E", "1 + 1"];
    for off in [&["--no-eval-cache"][..], &["--option", "eval-cache", "false"]] {
        kept.run(&[&program[..], off].concat());
        assert_eq!(kept.records(), Vec::<PathBuf>::new(), "{off:?}");
    }
    kept.home.write(".config/nix/nix.conf", "eval-cache = false\n");
    kept.check(&program, false);
    kept.check(&program, false);
    kept.home.write(".config/nix/nix.conf", "");
    kept.check_twice(&program);
    // Settings are part of what is evaluated, wherever they come from.
    kept.home.write(".config/nix/nix.conf", "max-call-depth = 5000\n");
    kept.check(&program, false);
}

#[test]
fn damaged_records_are_no_records() {
    let kept = Kept::new();
    kept.home.write("text", "text");
    let program = ["eval", "-E", "builtins.trace \"t\" (builtins.readFile ./text)"];
    kept.check(&program, false);
    let [record] = &kept.records()[..] else { panic!("one evaluation, one record") };
    let whole = fs::read(record).unwrap();
    assert_eq!(fs::metadata(record).unwrap().permissions().mode() & 0o077, 0, "it may tell secrets");
    for index in (0..whole.len()).step_by(whole.len() / 16) {
        let mut damaged = whole.clone();
        damaged[index] ^= 0x10;
        fs::write(record, damaged).unwrap();
        kept.check(&program, false);
        fs::write(record, &whole[..index]).unwrap();
        kept.check(&program, false);
    }
    fs::write(record, &whole).unwrap();
    kept.check(&program, true);
}

#[test]
fn a_cache_that_cannot_be_written_is_done_without() {
    let kept = Kept::new();
    kept.home.write(".cache/hm", "a file");
    kept.check(&["eval", "-E", "1"], false);
    kept.check(&["eval", "-E", "1"], false);
    // A home without a directory for caches is left without one.
    fs::remove_dir_all(kept.home.path().join(".cache")).unwrap();
    kept.check(&["eval", "-E", "1"], false);
    kept.check(&["eval", "-E", "1"], false);
    assert!(kept.home.listing().is_empty());
}

#[test]
fn another_build_evaluates_anew() {
    let kept = Kept::new();
    let program = ["eval", "-E", "1"];
    kept.check_twice(&program);
    let other = kept.home.path().join("hm");
    fs::copy(HM, &other).unwrap();
    let other = other.to_str().unwrap();
    assert!(!Said::of(&mut kept.command(other, &program)).is_from_the_cache());
    assert!(Said::of(&mut kept.command(other, &program)).is_from_the_cache());
    kept.check(&program, true);
}

#[test]
fn processes_use_it_at_once() {
    let kept = Kept::new();
    kept.home.write("a.nix", "builtins.foldl' builtins.add 0 (builtins.genList (x: x) 20000)");
    let arguments = ["eval", "a.nix"];
    let expected = kept.run_anew(&arguments);
    for round in 0..4 {
        kept.home.write("other", &round.to_string());
        let running: Vec<_> = (0..4)
            .map(|_| {
                let mut command = kept.command(HM, &arguments);
                command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
            })
            .collect();
        for child in running {
            let output = child.wait_with_output().unwrap();
            assert_eq!(String::from_utf8(output.stdout).unwrap(), expected.stdout);
        }
    }
    kept.check(&arguments, true);
    assert_eq!(kept.records().len(), 1, "nothing is left lying about");
}

/// Removes an object of a store, whose directories nobody may write.
fn remove(object: &Path) {
    if object.is_dir() {
        fs::set_permissions(object, fs::Permissions::from_mode(0o755)).unwrap();
        fs::remove_dir_all(object).unwrap();
    } else {
        fs::remove_file(object).unwrap();
    }
}

#[test]
fn objects_have_to_be_in_the_store_still() {
    let kept = Kept::new();
    kept.home.write("dir/file", "contents");
    kept.home.write(
        "d.nix",
        "let inner = derivation { name = \"inner\"; builder = ./dir; system = \"s\"; };\n\
         in derivation { name = \"outer\"; builder = builtins.toFile \"text\" \"t\"; args = [ inner ]; system = \"s\"; }",
    );
    let program = ["instantiate", "d.nix"];
    let said = kept.check_twice(&program);
    let outer = PathBuf::from(said.stdout.trim());
    let store = outer.parent().unwrap().to_owned();
    for name in ["-outer.drv", "-inner.drv", "-text", "-dir"] {
        let object = fs::read_dir(&store)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .find(|path| path.to_str().unwrap().ends_with(name))
            .unwrap();
        remove(&object);
        let said = kept.run(&program);
        assert!(!said.is_from_the_cache(), "{name}: {said:?}");
        assert_eq!(said.stdout.trim(), outer.to_str().unwrap());
        assert!(object.exists(), "{name}");
        kept.run(&program);
        kept.check(&program, true);
    }
    // Where paths are only computed it is another evaluation, which needs none of them.
    let computed = ["instantiate", "--readonly-mode", "d.nix"];
    kept.check_twice(&computed);
    // A store of which nothing is left.
    fs::remove_dir_all(kept.home.path().join(".local/share/hm")).unwrap();
    kept.check(&computed, true);
    let said = kept.run(&program);
    assert!(!said.is_from_the_cache() && outer.exists(), "{said:?}");
    // What the store is asked is asked again.
    let query = format!("builtins.readFile (builtins.storePath \"{}\")", outer.display());
    let query = ["eval", "--read-write-mode", "-E", &query];
    kept.check_twice(&query);
}

#[test]
fn a_change_that_leaves_size_and_time_is_seen() {
    let kept = Kept::new();
    let text = kept.home.write("text", "aaaa");
    let program = ["eval", "-E", "builtins.readFile ./text"];
    kept.check_twice(&program);
    std::thread::sleep(Duration::from_millis(120));
    kept.check(&program, true);
    kept.check(&program, true);
    let before: SystemTime = fs::metadata(&text).unwrap().modified().unwrap();
    fs::write(&text, "bbbb").unwrap();
    fs::File::options().append(true).open(&text).unwrap().set_modified(before).unwrap();
    assert_eq!(kept.check(&program, false).stdout, "\"bbbb\"\n");
    // Right after one another, as fast as a test can be.
    for round in 0..20 {
        let new = if round % 2 == 0 { "cccc" } else { "dddd" };
        fs::write(&text, new).unwrap();
        assert_eq!(kept.run(&program).stdout, format!("{new:?}\n"));
    }
}

#[test]
fn links_are_looked_at_themselves() {
    let kept = Kept::new();
    for name in ["one", "two"] {
        kept.home.write(&format!("{name}.nix"), &format!("{name:?}"));
    }
    let link = kept.home.path().join("dir/link.nix");
    let lead = |target: &str| {
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        _ = fs::remove_file(&link);
        symlink(target, &link).unwrap();
    };
    lead("../one.nix");
    let (import, copy) = (["eval", "-E", "import ./dir/link.nix"], ["eval", "-E", "\"${./dir/link.nix}\""]);
    for program in [import, copy] {
        let one = kept.check_twice(&program).stdout;
        lead("../two.nix");
        let two = kept.check(&program, false).stdout;
        assert_ne!(one, two);
        lead("../one.nix");
        assert_eq!(kept.check(&program, false).stdout, one);
    }
}

#[test]
fn what_could_not_be_read_is_tried_again() {
    let kept = Kept::new();
    for builtin in ["readFile", "readDir", "readFileType", "hashFile \"sha256\""] {
        kept.home.write("later/x", "");
        fs::remove_dir_all(kept.home.path().join("later")).unwrap();
        let text = format!("builtins.{builtin} ./later");
        let program = ["eval", "-E", text.as_str()];
        assert_eq!(kept.check_twice(&program).status, Some(1));
        kept.home.write("later/x", "");
        kept.check(&program, false);
        fs::remove_dir_all(kept.home.path().join("later")).unwrap();
        kept.home.write("later", "text");
        kept.check(&program, false);
        fs::remove_file(kept.home.path().join("later")).unwrap();
    }
}

#[test]
fn the_way_to_a_file_is_looked_at() {
    let kept = Kept::new();
    kept.home.write("one/dir/text", "one");
    kept.home.write("two/dir/text", "two");
    let link = kept.home.path().join("link");
    symlink("one", &link).unwrap();
    std::thread::sleep(Duration::from_millis(120));
    let program = ["eval", "-E", "builtins.readFile ./link/dir/text"];
    assert_eq!(kept.check_twice(&program).stdout, "\"one\"\n");
    fs::remove_file(&link).unwrap();
    symlink("two", &link).unwrap();
    assert_eq!(kept.check(&program, false).stdout, "\"two\"\n");
}

#[test]
fn configurations_are_kept_too() {
    let kept = Kept::new();
    let configuration = |text: &str| {
        let text = format!(
            "{{ lib, ... }}: {{ home.file.text.text = builtins.readFile ./text; warnings = [ \"careful\" ]; {text} }}"
        );
        kept.home.configure(&text);
    };
    kept.home.write(".config/hm/text", "one");
    configuration("");
    let build = |from_cache: bool| {
        let said = kept.run(&["build", "--no-out-link"]);
        assert_eq!((said.status, said.is_from_the_cache()), (Some(0), from_cache), "{said:?}");
        assert!(said.stderr.contains("warning: careful"), "{said:?}");
        let anew = kept.run(&["build", "--no-out-link", "--no-eval-cache"]);
        assert_eq!((anew.log.as_str(), &anew.stdout), ("", &said.stdout));
        PathBuf::from(said.stdout.trim())
    };
    build(false);
    let first = build(true);
    kept.home.write(".config/hm/text", "two");
    let second = build(false);
    assert_ne!(first, second);
    assert_eq!(second, build(true));
    // A generation that is no longer there is made again.
    fs::remove_dir_all(kept.home.path().join(".local/share/hm")).unwrap();
    assert_eq!(second, build(false));
    assert!(second.exists());
    build(true);
    // Programs of the machine are found where they are.
    let bin = kept.home.path().join("bin");
    let program = |name: &str| {
        let path = kept.home.write(&format!("bin/{name}"), "#!/bin/sh\n");
        fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
    };
    program("found");
    let with = format!(
        "{{ pkgs, ... }}: {{ hm.hostPackages.found = {{ found = \"{}/found\"; }}; home.packages = [ pkgs.found ]; }}",
        bin.display()
    );
    kept.home.configure(&with);
    let run = || kept.run(&["build", "--no-out-link", "--pkgs", "host"]);
    assert_eq!(run().status, Some(0), "{:?}", run());
    assert!(run().is_from_the_cache());
    fs::remove_file(bin.join("found")).unwrap();
    let said = run();
    assert_eq!((said.status, said.is_from_the_cache()), (Some(1), false), "{said:?}");
    let again = run();
    assert!(again.is_from_the_cache());
    assert_eq!(again.words(), said.words());
    program("found");
    assert_eq!(run().status, Some(0));
    // A failure of the configuration is told again.
    configuration("oops = 1;");
    let said = kept.run(&["build", "--no-out-link"]);
    let again = kept.run(&["build", "--no-out-link"]);
    assert!(again.is_from_the_cache());
    assert_eq!((said.status, &said.stderr), (again.status, &again.stderr));
}
