//! Playing a scenario, with `hm` or with sd-switch.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use serde_json::Value;
use systemd_harness::UserManager;

use super::folder::Scenario;
use super::observe::{self, States};
use crate::support::{HM, settle};

/// How many seconds sd-switch is left running. It may wait for ever, whatever its own time limit is; where a scenario
/// has one, that is what it shows.
const PATIENCE: &str = "120";
const LIMITED: &str = "15";

/// The status of a program that was killed, as a shell tells it.
const KILLED: i32 = 137;

/// A home in which the old generation is in force and everything is as the scenario wants it before the switch.
struct Stage<'a> {
    scenario: &'a Scenario,
    manager: UserManager,
    /// The units that are looked at.
    units: Vec<String>,
    old: PathBuf,
    new: PathBuf,
    before: States,
}

/// Plays a scenario with `hm` and tells its plan and what happened.
pub(super) fn with_hm(scenario: &Scenario) -> String {
    let stage = Stage::set(scenario);
    let file = scenario.dir.join("new.nix");
    let mut arguments = vec![HM, "switch", "--json", "-f", file.to_str().unwrap()];
    let timeout = scenario.about.timeout.map(|seconds| seconds.to_string());
    arguments.extend(timeout.iter().flat_map(|seconds| ["--timeout", seconds]));
    let (status, stdout, stderr) = stage.run(&arguments);
    let document: Value = serde_json::from_str(&stdout).unwrap_or(Value::Null);
    let mut text = String::from("plan\n");
    for step in array(&document["plan"]["units"]["plan"]["steps"]) {
        let part = |key: &str| step[key].as_str().unwrap_or_default();
        let note = step["note"].as_str().map(|note| format!("; {note}")).unwrap_or_default();
        text += &format!("  {} {}: {}{note}\n", part("action"), part("unit"), part("reason"));
    }
    text += &format!("exit {}\n", stage.ending(status));
    for unit in array(&document["units"]["units"]) {
        text += &format!("  {} {}\n", unit["unit"].as_str().unwrap_or_default(), outcome(&unit["outcome"]));
    }
    if document.is_null() {
        text.extend(settle(&stderr, &stage.manager.home()).lines().map(|line| format!("  {line}\n")));
    }
    text + &stage.tell()
}

/// Plays a scenario with `hm` and other arguments: what it says, of units only.
pub(super) fn words_of_hm(scenario: &Scenario, arguments: &[&str]) -> String {
    let stage = Stage::set(scenario);
    let file = scenario.dir.join("new.nix");
    let all = [&[HM], arguments, &["-f", file.to_str().unwrap()]].concat();
    let (status, stdout, stderr) = stage.run(&all);
    assert_eq!(status, 0, "{stderr}");
    stdout
        .lines()
        .filter(|line| line.contains(".service") && !line.contains("/"))
        .collect::<Vec<_>>()
        .join("\n")
}

/// Plays a scenario with sd-switch, in the way of home-manager: the links are those of the new generation when it is run.
pub(super) fn with_sd_switch(scenario: &Scenario, program: &Path) -> String {
    let stage = Stage::set(scenario);
    let (old, new) = (files_of(&stage.old), files_of(&stage.new));
    let home = stage.manager.home();
    unlink(&old, &home);
    link(&new, &home);
    let (old, new) = (units_of(&stage.old), units_of(&stage.new));
    let (old, new) = (existing(old, &stage.manager), existing(new, &stage.manager));
    let timeout = scenario.about.timeout.unwrap_or(60) * 1000;
    let timeout = timeout.to_string();
    let patience = if scenario.about.timeout.is_some() { LIMITED } else { PATIENCE };
    let mut arguments = vec!["timeout", "--signal=KILL", patience];
    arguments.extend([program.to_str().unwrap(), "--user", "--timeout", &timeout]);
    arguments.extend(["--new-units", new.to_str().unwrap()]);
    if !scenario.about.without_old {
        arguments.extend(["--old-units", old.to_str().unwrap()]);
    }
    let (status, ..) = stage.run(&arguments);
    format!("exit {}\n{}", stage.ending(status), stage.tell())
}

impl<'a> Stage<'a> {
    fn set(scenario: &'a Scenario) -> Self {
        let manager = UserManager::start().unwrap();
        let dir = &scenario.dir;
        let file = |name: &str| dir.join(name).to_str().unwrap().to_owned();
        let path = |text: Vec<u8>| PathBuf::from(String::from_utf8(text).unwrap().trim());
        let output = manager.command(HM).args(["switch", "-f", &file("old.nix")]).output().unwrap();
        assert_eq!(output.status.code(), Some(scenario.about.old_status), "{}: {output:?}", scenario.name);
        let build = |name: &str| {
            let output =
                manager.command(HM).args(["build", "--no-out-link", "-f", &file(name)]).output().unwrap();
            assert!(output.status.success(), "{}: {output:?}", scenario.name);
            path(output.stdout)
        };
        let (old, new) = (build("old.nix"), build("new.nix"));
        let mut units = names(&units_of(&old));
        units.extend(names(&units_of(&new)));
        units.extend(scenario.about.also.iter().cloned());
        let units: Vec<String> = units.into_iter().collect();
        let mut stage = Self { scenario, manager, units, old, new, before: States::new() };
        observe::settle(&stage.manager, &stage.units);
        stage.act("before");
        stage.before = observe::settle(&stage.manager, &stage.units);
        let _ = fs::remove_file(stage.manager.home().join("log"));
        stage
    }

    /// Runs commands of the scenario, if it has these.
    fn act(&self, name: &str) {
        if self.scenario.optional(name).is_none() {
            return;
        }
        let file = self.scenario.dir.join(name);
        let functions = self.scenario.dir.join("../functions.sh");
        let script = format!(". {}; set -eu; . {}", functions.display(), file.display());
        let output = self.manager.command("/bin/sh").args(["-c", &script]).output().unwrap();
        assert!(output.status.success(), "{} of {}: {output:?}", name, self.scenario.name);
    }

    /// Runs the program that does the switch: its status, and what it wrote.
    fn run(&self, arguments: &[&str]) -> (i32, String, String) {
        let mut command = match &self.scenario.about.inside {
            None => self.manager.command(arguments[0]),
            // The service takes commands out of a pipe, and says how they end in another.
            Some(_) => {
                let mut command = self.manager.command("/bin/sh");
                let functions = self.scenario.dir.join("../functions.sh");
                let script = format!(". {}; inside \"$@\"", functions.display());
                command.args(["-c", &script, "sh", arguments[0]]);
                command
            }
        };
        let output = command.args(&arguments[1..]).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap_or(KILLED), text(output.stdout), text(output.stderr))
    }

    /// How the program that did the switch ended, in words where it did not by itself.
    fn ending(&self, status: i32) -> String {
        match status {
            KILLED if self.scenario.about.inside.is_some() => "none, for it was stopped itself".to_owned(),
            KILLED => "none, for it waited on when its time was up".to_owned(),
            status => status.to_string(),
        }
    }

    /// Waits for what follows from the switch, and tells it.
    fn tell(&self) -> String {
        observe::settle(&self.manager, &self.units);
        self.act("after");
        let after = observe::settle(&self.manager, &self.units);
        let log = observe::log(&self.manager);
        observe::tell_log(&log, self.scenario.about.ordered) + &observe::tell_states(&self.before, &after)
    }
}

fn array(value: &Value) -> &[Value] {
    value.as_array().map(Vec::as_slice).unwrap_or_default()
}

/// What became of a unit, in one line.
fn outcome(value: &Value) -> String {
    let mut text = value["kind"].as_str().unwrap_or_default().to_owned();
    for key in ["result", "exit", "message", "active", "sub"] {
        if let Some(part) = value[key].as_str() {
            text += &format!(", {part}");
        }
    }
    text
}

/// The files of a generation, by the path that links lead to.
fn files_of(generation: &Path) -> PathBuf {
    generation.join("home-files").canonicalize().unwrap()
}

/// The folder of units in a generation.
fn units_of(generation: &Path) -> PathBuf {
    files_of(generation).join(".config/systemd/user")
}

/// A folder, or an empty one in place of one that is not there.
fn existing(dir: PathBuf, manager: &UserManager) -> PathBuf {
    if dir.is_dir() {
        return dir;
    }
    let empty = manager.home().join("no-units");
    fs::create_dir_all(&empty).unwrap();
    empty
}

/// The names of the units that a folder has files or links for, without templates.
fn names(dir: &Path) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for path in leaves(dir) {
        let mut name = path.to_str().unwrap();
        if let Some((folder, link)) = name.split_once('/') {
            match folder.rsplit_once('.') {
                Some((unit, "d")) => name = unit,
                Some((unit, _)) => {
                    found.insert(unit.to_owned());
                    name = link;
                }
                None => continue,
            }
        }
        if !name.contains("@.") {
            found.insert(name.to_owned());
        }
    }
    found
}

/// The files and links in a folder, as paths beneath it.
fn leaves(dir: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let Ok(entries) = fs::read_dir(dir) else { return found };
    for entry in entries {
        let entry = entry.unwrap();
        let name = PathBuf::from(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            found.extend(leaves(&entry.path()).into_iter().map(|leaf| name.join(leaf)));
        } else {
            found.push(name);
        }
    }
    found
}

/// Takes the links of a generation out of the home.
fn unlink(files: &Path, home: &Path) {
    for leaf in leaves(files) {
        let place = home.join(leaf);
        fs::remove_file(&place).unwrap();
        // A folder that is left empty may be one such as `default.target.wants`.
        let _ = fs::remove_dir(place.parent().unwrap());
    }
}

/// Makes a link to each of a generation's files. For an alias, which is a link to the folder of units there, home-manager
/// makes none.
fn link(files: &Path, home: &Path) {
    let units = home.join(".config/systemd/user");
    for leaf in leaves(files) {
        if fs::read_link(files.join(&leaf)).is_ok_and(|target| target == units) {
            continue;
        }
        let place = home.join(&leaf);
        fs::create_dir_all(place.parent().unwrap()).unwrap();
        symlink(files.join(&leaf), place).unwrap();
    }
}
