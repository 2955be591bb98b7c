//! A place where one scenario is played again and again: always under the same path, because links and store objects
//! hold absolute paths, and always from the same beginning.

use std::fs::{self, Permissions};
use std::io::{BufRead as _, BufReader, Write as _};
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Output, Stdio};

use rustix::fs::StatVfsMountFlags;

use super::scenarios::{Scenario, SetUp};
use super::strace::{self, Call, Fault, Met};
use super::tree::{self, Tree};
use crate::support::HM;

/// A directory for worlds, in memory where programs can be run from there.
pub(super) fn directory() -> tempfile::TempDir {
    let memory = Path::new("/dev/shm");
    let executable =
        rustix::fs::statvfs(memory).is_ok_and(|found| !found.f_flag.contains(StatVfsMountFlags::NOEXEC));
    let mut builder = tempfile::Builder::new();
    let builder = builder.prefix("hmf-");
    match builder.tempdir_in(memory) {
        Ok(dir) if executable => dir,
        _ => builder.tempdir().unwrap(),
    }
}

/// See the module.
pub(super) struct World {
    /// What is seen: `home`, and whatever lies outside it.
    root: PathBuf,
    /// What it is at the beginning.
    start: PathBuf,
    log: PathBuf,
    binary: PathBuf,
    /// What was there before the beginning, where that is an interrupted run.
    earlier: Option<Tree>,
    database: DatabaseReader,
}

impl World {
    /// An empty world in the directory `dir`, which is not there yet.
    pub(super) fn new(dir: &Path) -> Self {
        // The paths of stores may not be long.
        let beside = |suffix: &str| PathBuf::from(format!("{}{suffix}", dir.display()));
        World {
            root: dir.to_owned(),
            start: beside("s"),
            log: beside("l"),
            binary: std::env::var_os("HM_FAULTS_BINARY").map_or(HM.into(), PathBuf::from),
            earlier: None,
            database: DatabaseReader::start(),
        }
    }

    pub(super) fn root(&self) -> &Path {
        &self.root
    }

    pub(super) fn home(&self) -> PathBuf {
        self.root.join("home")
    }

    pub(super) fn earlier(&self) -> Option<Tree> {
        self.earlier.clone()
    }

    pub(super) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// The binary with arguments, to be run in the home.
    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(&self.binary);
        command
            .args(arguments)
            .env_clear()
            .env("PATH", std::env::var_os("PATH").unwrap())
            .env("HOME", self.home())
            .env("USER", "alice")
            // Whoever runs the tests may have a user manager, which is none of ours.
            .env("XDG_RUNTIME_DIR", self.root.join("run"))
            .current_dir(self.home());
        // Looking for mistakes writes nothing, but asks systemd, whose calls would be taken for those of another thread.
        if arguments.first() == Some(&"switch") {
            command.arg("--no-check");
        }
        command
    }

    pub(super) fn hm(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    pub(super) fn record(&self, arguments: &[&str]) -> (Output, Vec<Call>) {
        strace::record(&self.command(arguments), &self.log, &self.root)
    }

    pub(super) fn inject(&self, arguments: &[&str], call: &Call, fault: Fault) -> Result<Met, String> {
        strace::inject(&self.command(arguments), &self.log, call, fault)
    }

    pub(super) fn tree(&self) -> Tree {
        tree::read(&self.root)
    }

    /// Everything that is registered in the store at `store`, as text.
    pub(super) fn registered(&mut self, store: &str) -> String {
        self.database.ask(&self.root.join(store).join("var/nix/db/db.sqlite"))
    }

    /// Makes the scenario's beginning.
    pub(super) fn set_up(&mut self, scenario: &Scenario) {
        tree::remove(&self.root);
        tree::remove(&self.start);
        self.earlier = None;
        fs::create_dir_all(self.home()).unwrap();
        fs::set_permissions(&self.root, Permissions::from_mode(0o755)).unwrap();
        for step in scenario.set_up {
            self.step(step);
        }
        tree::copy(&self.root, &self.start);
    }

    /// Goes back to the beginning.
    pub(super) fn restore(&self) {
        tree::remove(&self.root);
        tree::copy(&self.start, &self.root);
    }

    fn step(&mut self, step: &SetUp) {
        let made = |name: &str| {
            let path = self.home().join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            path
        };
        match step {
            SetUp::Configure(text) => fs::write(made(".config/hm/home.nix"), text).unwrap(),
            SetUp::File { path, mode, text } => {
                let path = made(path);
                fs::write(&path, text).unwrap();
                fs::set_permissions(&path, Permissions::from_mode(*mode)).unwrap();
            }
            SetUp::Link { path, to } => {
                symlink(to, made(path)).unwrap();
            }
            SetUp::Dir(path) => fs::create_dir_all(made(path)).unwrap(),
            SetUp::Hm(arguments) => {
                let output = self.hm(arguments);
                assert!(output.status.success(), "hm {arguments:?}: {}", told(&output));
            }
            SetUp::With(act) => act(&self.home()),
            SetUp::Killed { command, before } => {
                self.earlier = Some(self.tree());
                let kept = self.start.with_extension("k");
                tree::copy(&self.root, &kept);
                let (_, calls) = self.record(command);
                let call = calls.iter().find(|call| call.text.contains(before)).unwrap().clone();
                tree::remove(&self.root);
                fs::rename(&kept, &self.root).unwrap();
                self.inject(command, &call, Fault::Kill).unwrap();
            }
        }
    }
}

/// What a run wrote.
pub(super) fn told(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

/// A process that reads databases. It is Python because SQLite in this process would be the very one that is tested.
struct DatabaseReader {
    child: Child,
    questions: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl DatabaseReader {
    fn start() -> Self {
        let mut child = Command::new("python3")
            .args(["-c", include_str!("registered.py")])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let questions = child.stdin.take().unwrap();
        let answers = BufReader::new(child.stdout.take().unwrap());
        DatabaseReader { child, questions, answers }
    }

    fn ask(&mut self, database: &Path) -> String {
        writeln!(self.questions, "{}", database.display()).unwrap();
        let mut answer = String::new();
        self.answers.read_line(&mut answer).unwrap();
        assert!(!answer.is_empty(), "the reader of databases has ended");
        answer
    }
}

impl Drop for DatabaseReader {
    fn drop(&mut self) {
        _ = self.child.kill();
        _ = self.child.wait();
    }
}
