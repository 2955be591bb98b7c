//! The real nixpkgs, home-manager and Nix's own language tests, where somebody has laid them out.
//!
//! None of their code is part of the project. Each test takes a folder from an environment variable and is passed over,
//! loudly, where that is unset; docs/conformance.md tells how to get them and what came out.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use systemd_user::Unit;

use crate::support::{HM, Home, repository, settle};

/// How many attributes one process evaluates.
const BATCH: usize = 100;

/// The folder or program that a variable names.
#[expect(clippy::print_stderr, reason = "a skipped test must be seen")]
fn given(name: &str, what: &str) -> Option<PathBuf> {
    let found = std::env::var_os(name).map(PathBuf::from);
    if found.is_none() {
        eprintln!("SKIPPED: {name} does not name {what}");
    }
    found
}

fn nix() -> Option<PathBuf> {
    given("NIX_INSTANTIATE", "a nix-instantiate of Nix 2.34")
}

fn nixpkgs() -> Option<PathBuf> {
    given("NIXPKGS", "a folder with nixpkgs")
}

/// A folder with the binary under the name that scripts call.
fn applets() -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    symlink(HM, folder.path().join("nix-instantiate")).unwrap();
    folder
}

/// A command in surroundings that are the same for every evaluator.
fn command(program: &Path, home: &Path, search_path: &str) -> Command {
    let mut command = Command::new(program);
    command
        .stdin(Stdio::null())
        .env("HOME", home)
        .env("NIX_PATH", search_path)
        .env("NIX_STATE_DIR", home.join("state"))
        .env("NIX_CONF_DIR", "/nonexistent")
        .env("NIX_STORE_DIR", "/nix/store")
        .env_remove("NIX_CONFIG")
        .env_remove("XDG_CACHE_HOME");
    for allowed in ["UNFREE", "BROKEN", "INSECURE", "UNSUPPORTED_SYSTEM"] {
        command.env(format!("NIXPKGS_ALLOW_{allowed}"), "1");
    }
    command
}

#[track_caller]
fn printed(output: &Output) -> String {
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

/// What the store path of a file's derivation is to both evaluators.
fn compare_file(file: &str) {
    let (Some(nix), Some(nixpkgs)) = (nix(), nixpkgs()) else { return };
    let Some(home_manager) = given("HOME_MANAGER", "a folder with home-manager") else { return };
    let folder = applets();
    let path = format!("nixpkgs={}:home-manager={}", nixpkgs.display(), home_manager.display());
    let run = |program: &Path| {
        let mut command = command(program, folder.path(), &path);
        let file = repository().join("tests/judges").join(file);
        printed(&command.arg("--readonly-mode").arg(file).output().unwrap())
    };
    let expected = run(&nix);
    assert!(expected.trim_end().ends_with(".drv"), "{expected}");
    assert_eq!(run(&folder.path().join("nix-instantiate")), expected);
}

#[test]
fn a_home_of_home_manager_is_the_same_derivation() {
    compare_file("home-manager.nix");
}

#[test]
fn a_nixos_system_is_the_same_derivation() {
    compare_file("nixos.nix");
}

/// What a unit file says, by section and key, as far as it can be the same in NixOS and here.
fn settings(text: &str) -> BTreeMap<String, Vec<String>> {
    const WORDS: [&str; 13] = [
        "After",
        "Before",
        "BindsTo",
        "Conflicts",
        "Documentation",
        "OnFailure",
        "OnSuccess",
        "PartOf",
        "Requires",
        "Requisite",
        "Upholds",
        "Wants",
        "WantedBy",
    ];
    let mut found: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for section in Unit::parse(text).0.sections {
        for entry in section.entries {
            // The switch of NixOS reads its own settings in any section, the one of hm in [Unit]; of triggers it
            // only matters that there are any.
            let of_switch = entry.key.starts_with("X-");
            let name = if of_switch { "Unit" } else { section.name.as_str() };
            let values = found.entry(format!("{name}.{}", entry.key)).or_default();
            if entry.key.ends_with("Triggers") {
                values.push("some".to_owned());
            } else if WORDS.contains(&entry.key.as_str()) {
                values.extend(entry.value.split_whitespace().map(str::to_owned));
            } else {
                values.push(entry.value);
            }
        }
    }
    found
}

#[test]
fn units_mean_what_they_mean_in_nixos() {
    let (Some(nix), Some(nixpkgs)) = (nix(), nixpkgs()) else { return };
    let folder = repository().join("tests/judges");
    let home = Home::new();
    let mut judge = command(&nix, &home.path(), &format!("nixpkgs={}", nixpkgs.display()));
    judge.args(["--eval", "--strict", "--json", "--readonly-mode"]).arg(folder.join("units.nix"));
    let expected: BTreeMap<String, String> =
        serde_json::from_str(&printed(&judge.output().unwrap())).unwrap();
    assert!(expected.len() >= 12);

    let shared = folder.join("units-shared.nix");
    let mut build = home.command(&["build", "--no-out-link", "-f", shared.to_str().unwrap()]);
    let generation = printed(&build.output().unwrap());
    let units = Path::new(generation.trim_end()).join("home-files/.config/systemd/user");
    for (name, text) in expected {
        let found = fs::read_to_string(units.join(&name)).unwrap_or_else(|error| format!("{name}: {error}"));
        assert_eq!(settings(&settle(&found, &home.path())), settings(&text), "{name}");
    }
}

#[test]
fn attributes_of_nixpkgs_are_the_same_derivations() {
    let (Some(nix), Some(nixpkgs)) = (nix(), nixpkgs()) else { return };
    let folder = applets();
    let list = fs::read_to_string(repository().join("tests/judges/attributes.txt")).unwrap();
    let attributes: Vec<&str> = list.lines().collect();
    assert!(attributes.len() >= 2000);
    let path = format!("nixpkgs={}", nixpkgs.display());
    let evaluate = |program: &Path, batch: &[&str]| -> Vec<String> {
        // One expression for all, so that each set of packages is made once.
        let names =
            |attribute: &str| attribute.split('.').map(|name| format!("{name:?} ")).collect::<String>();
        let list: String = batch.iter().map(|attribute| format!("[ {}]", names(attribute))).collect();
        let expression = format!(
            "with import <nixpkgs> {{ }}; map (path: (lib.getAttrFromPath path pkgs).drvPath) [ {list} ]"
        );
        let mut command = command(program, folder.path(), &path);
        command.args(["--readonly-mode", "--eval", "--strict", "--json", "-E", &expression]);
        let paths: Vec<String> = serde_json::from_str(&printed(&command.output().unwrap())).unwrap();
        assert_eq!(paths.len(), batch.len());
        paths
    };
    let mut wrong = Vec::new();
    for batch in attributes.chunks(BATCH) {
        let expected = evaluate(&nix, batch);
        let found = evaluate(&folder.path().join("nix-instantiate"), batch);
        for ((attribute, expected), found) in batch.iter().zip(expected).zip(found) {
            if expected != found {
                wrong.push(format!("{attribute}\n  Nix: {expected}\n  hm:  {found}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_tests_of_nixpkgs_lib_pass() {
    let Some(lib) = given("NIXPKGS_LIB", "a folder with nix-community/nixpkgs.lib") else { return };
    let folder = applets();
    let home = tempfile::tempdir().unwrap();
    let mut misc = command(&folder.path().join("nix-instantiate"), home.path(), "");
    misc.args(["--eval", "--strict"]).arg(lib.join("lib/tests/misc.nix"));
    assert_eq!(printed(&misc.output().unwrap()), "[ ]\n");

    let path = format!("{}:{}", folder.path().display(), std::env::var("PATH").unwrap());
    let mut modules = command(Path::new("bash"), home.path(), "");
    modules.arg(lib.join("lib/tests/modules.sh")).env("PATH", path);
    modules.env("NIX_STORE_DIR", home.path().join("nix/store"));
    let text = printed(&modules.output().unwrap());
    assert!(text.contains("\n0 Fail"), "{text}");
}

/// One case of Nix's language tests: its files by their endings.
struct Case<'c> {
    name: &'c str,
    folder: &'c Path,
    files: &'c BTreeMap<String, PathBuf>,
}

impl Case<'_> {
    fn read(&self, ending: &str) -> Option<String> {
        self.files.get(ending).map(|file| String::from_utf8_lossy(&fs::read(file).unwrap()).into_owned())
    }

    fn flags(&self) -> Option<Vec<String>> {
        let text = self.read("flags")?;
        let lines = text.lines().map(|line| line.split_once('#').map_or(line, |(flags, _)| flags));
        Some(lines.flat_map(str::split_whitespace).map(str::to_owned).collect())
    }

    /// Runs the binary with `arguments`, with the program as a file or from standard input.
    fn run(&self, binary: &Path, arguments: &[String], as_input: bool) -> (i32, String) {
        let file = Path::new("lang").join(format!("{}.nix", self.name));
        let home = if self.name.starts_with("eval-okay") { "/fake-home" } else { "/nonexistent" };
        let mut command = command(binary, Path::new(home), "lang/dir3:lang/dir4");
        if !self.name.starts_with("eval-okay") {
            command.env_remove("NIX_PATH");
        }
        // As Nix's own test suite is run.
        command.env("NIX_CONFIG", "experimental-features = nix-command flakes");
        command.env("TEST_VAR", "foo").current_dir(self.folder).args(arguments);
        if as_input {
            command.arg("-").stdin(fs::File::open(self.folder.join(&file)).unwrap());
        } else {
            command.arg(&file);
        }
        let output = command.output().unwrap();
        let text =
            String::from_utf8_lossy(&output.stdout).replace(&self.folder.display().to_string(), "/pwd");
        (output.status.code().unwrap_or(-1), text)
    }

    /// Whether exit status and standard output are the recorded ones; `None` where nothing is recorded.
    fn passes(&self, binary: &Path) -> Option<bool> {
        let words = |text: &str| text.split(' ').map(str::to_owned).collect::<Vec<_>>();
        let fails = |(status, _): (i32, String)| status == 1;
        let gives = |(status, text): (i32, String), expected: Option<String>| {
            status == 0 && text == expected.unwrap_or_default()
        };
        if self.name.starts_with("parse-fail-") {
            return Some(fails(self.run(binary, &words("--parse"), true)));
        }
        if self.name.starts_with("parse-okay-") {
            return Some(gives(self.run(binary, &words("--parse"), true), self.read("exp")));
        }
        if self.name.starts_with("eval-fail-") {
            let flags = self.flags().unwrap_or_else(|| words("--eval --strict --show-trace"));
            return Some(fails(self.run(binary, &flags, false)));
        }
        if !self.name.starts_with("eval-okay-") || self.files.contains_key("exp-disabled") {
            return None;
        }
        if let Some(expected) = self.read("exp.xml") {
            let flags = words("--eval --xml --no-location --strict");
            return Some(gives(self.run(binary, &flags, false), Some(expected)));
        }
        let mut flags = self.flags().unwrap_or_default();
        flags.extend(words("--eval --strict"));
        Some(gives(self.run(binary, &flags, false), self.read("exp")))
    }
}

#[test]
fn nix_language_tests_end_alike() {
    let Some(lang) = given("NIX_LANG_TESTS", "Nix's tests/functional/lang") else { return };
    let folder = applets();
    let binary = folder.path().join("nix-instantiate");
    let mut cases: BTreeMap<String, BTreeMap<String, PathBuf>> = BTreeMap::new();
    for entry in fs::read_dir(&lang).unwrap() {
        let entry = entry.unwrap();
        if let Some((name, ending)) = entry.file_name().to_str().unwrap().split_once('.') {
            cases.entry(name.to_owned()).or_default().insert(ending.to_owned(), entry.path());
        }
    }
    let (mut passed, mut failed) = (0, Vec::new());
    for (name, files) in cases.iter().filter(|(_, files)| files.contains_key("nix")) {
        match (Case { name, folder: lang.parent().unwrap(), files }).passes(&binary) {
            Some(true) => passed += 1,
            Some(false) => failed.push(name.as_str()),
            None => {}
        }
    }
    assert!(passed > 450, "only {passed} cases passed");
    assert!(failed.is_empty(), "{failed:?} of {} cases", passed + failed.len());
}
