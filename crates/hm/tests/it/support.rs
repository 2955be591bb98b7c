//! A throwaway home, the binary in it, and what it says with the accidental parts taken out.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use systemd_harness::UserManager;

/// The binary under test.
pub(crate) const HM: &str = env!("CARGO_BIN_EXE_hm");

/// The top of the source tree.
pub(crate) fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").canonicalize().unwrap()
}

/// Says what is not tested here, or fails where nothing may be left out.
#[expect(clippy::print_stderr, reason = "a skipped test must be seen")]
pub(crate) fn skip(why: &str) {
    assert!(std::env::var_os("HM_TESTS_REQUIRE_ALL").is_none_or(|value| value != "1"), "not skipped: {why}");
    eprintln!("SKIPPED: {why}");
}

/// A real user manager, where there can be one.
pub(crate) fn manager() -> Option<UserManager> {
    match UserManager::start() {
        Ok(manager) => Some(manager),
        Err(why) => {
            skip(&format!("a scenario with a real user manager: {why}"));
            None
        }
    }
}

/// Runs the binary beside the manager.
pub(crate) fn hm_beside(manager: &UserManager, arguments: &[&str]) -> Run {
    Run::of(manager.command(HM).args(arguments), &manager.home())
}

/// Writes the configuration of the manager's home, whose `forever` is a command that does not end.
pub(crate) fn configure_beside(manager: &UserManager, text: &str) {
    let path = manager.home().join(".config/hm/home.nix");
    fs::create_dir_all(path.parent().unwrap()).unwrap();
    let head = "{ pkgs, ... }: let forever = \"${pkgs.coreutils}/bin/sleep infinity\"; in";
    fs::write(path, format!("{head} {{\n{text}\n}}\n")).unwrap();
}

/// The user who runs the tests.
pub(crate) fn uid() -> u32 {
    fs::metadata("/proc/self").unwrap().uid()
}

/// What a run of the binary said, and how it ended.
pub(crate) struct Run {
    pub(crate) status: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Run {
    pub(crate) fn of(command: &mut Command, home: &Path) -> Self {
        let Output { status, stdout, stderr } = command.output().unwrap();
        let text = |bytes: Vec<u8>| settle(&String::from_utf8(bytes).unwrap(), home);
        Run { status: status.code().unwrap_or(-1), stdout: text(stdout), stderr: text(stderr) }
    }

    /// What it wrote on standard output, after making sure that it ended with `status`.
    #[track_caller]
    pub(crate) fn ended(self, status: i32) -> String {
        assert_eq!(self.status, status, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self.stdout
    }

    /// What it wrote on standard error, after making sure that it ended with `status`.
    #[track_caller]
    pub(crate) fn complained(self, status: i32) -> String {
        assert_eq!(self.status, status, "stdout:\n{}\nstderr:\n{}", self.stdout, self.stderr);
        self.stderr
    }
}

/// Takes out of a text what is different on each run: the store, the home, the repository, and why there is no manager.
pub(crate) fn settle(text: &str, home: &Path) -> String {
    let home = home.to_str().unwrap();
    let text = without_hashes(text, &format!("{home}/.local/share/hm/nix/store/"))
        .replace(home, "@home@")
        .replace(repository().to_str().unwrap(), "@repository@");
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let told =
            ["with the next session", "no unit was started or stopped", "would do to units is not known"];
        match line.split_once("; ") {
            Some((_, rest)) if told.iter().any(|end| line.ends_with(end)) => {
                lines.push(format!("@no manager@; {rest}"));
            }
            // What to do about that depends on the machine as well.
            _ if line.starts_with("hint: ")
                && lines.last().is_some_and(|last| last.starts_with("@no manager@")) => {}
            _ => lines.push(line.to_owned()),
        }
    }
    lines.join("\n")
}

/// `STORE/HASH-NAME` as `@store@/NAME`.
fn without_hashes(text: &str, store: &str) -> String {
    let mut parts = text.split(store);
    let mut result = parts.next().unwrap().to_owned();
    for part in parts {
        result.push_str("@store@/");
        result.push_str(part.get(33..).unwrap_or(part));
    }
    result
}

/// A home that goes with the value.
pub(crate) struct Home {
    dir: tempfile::TempDir,
}

impl Home {
    pub(crate) fn new() -> Self {
        Home { dir: tempfile::Builder::new().prefix("hm-home-").tempdir().unwrap() }
    }

    /// Its path, as the system spells it.
    pub(crate) fn path(&self) -> PathBuf {
        self.dir.path().canonicalize().unwrap()
    }

    /// Writes a file in it, with the directories on the way.
    pub(crate) fn write(&self, path: &str, text: &str) -> PathBuf {
        let path = self.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, text).unwrap();
        path
    }

    /// Writes the configuration in its usual place.
    pub(crate) fn configure(&self, text: &str) -> PathBuf {
        self.write(".config/hm/home.nix", text)
    }

    /// The binary with arguments, to be run in this home with nothing of the caller's environment but `PATH`.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(HM);
        let path = std::env::var_os("PATH").unwrap();
        command.args(arguments).env_clear().env("PATH", path).env("HOME", self.path()).env("USER", "alice");
        command.current_dir(self.path());
        command
    }

    /// Runs the binary.
    pub(crate) fn hm(&self, arguments: &[&str]) -> Run {
        Run::of(&mut self.command(arguments), &self.path())
    }

    /// Everything in it, the store included.
    pub(crate) fn listing(&self) -> BTreeMap<String, String> {
        listing(&self.path())
    }
}

/// Files in which SQLite keeps what its connections agree about while they live.
const TRANSIENT: &str = "db.sqlite-shm";

/// Every file below `root` with its content or target, and every directory.
pub(crate) fn listing(root: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    list(root, root, &mut found);
    found
}

fn list(root: &Path, dir: &Path, found: &mut BTreeMap<String, String>) {
    for entry in fs::read_dir(dir).unwrap() {
        let path = entry.unwrap().path();
        let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
        let metadata = path.symlink_metadata().unwrap();
        if metadata.is_dir() {
            found.insert(name, "directory".to_owned());
            list(root, &path, found);
        } else if metadata.is_symlink() {
            found.insert(name, format!("-> {}", fs::read_link(&path).unwrap().display()));
        } else if metadata.is_file() && !name.ends_with(TRANSIENT) {
            let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
            found.insert(name, format!("{:o} {text}", metadata.mode()));
        } else {
            found.insert(name, "special".to_owned());
        }
    }
}
