//! A real `systemd --user` for tests, private to each test.
//!
//! A started [`UserManager`] has a home, a runtime directory, a session bus and a control group of
//! its own, and disappears with all its processes and files when it is dropped, even when the test
//! process is killed. Several can run at once.
//!
//! Two ways of getting one are tried, depending on who runs the tests:
//!
//! - as root, [`root`] makes a mount namespace that looks like a booted system and a control
//!   group that looks like the one a login manager makes; PID 1 need not be systemd;
//! - as an ordinary user whose session already has a user manager, [`session`] nests a second
//!   one in a delegated scope of the first.
//!
//! Anything else is [`Unavailable`]; tests then say so through [`require`].

mod root;
mod script;
mod session;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

/// Why no user manager could be started here.
#[derive(Debug, thiserror::Error)]
pub enum Unavailable {
    /// A program that is needed to set the manager up is not installed.
    #[error("the program `{0}` is not installed")]
    MissingProgram(String),
    /// The tests run as an ordinary user who has no user manager to nest in.
    #[error("not root, and no user manager to nest in: {0}")]
    NotRoot(String),
    /// The user that the manager was to run as does not exist.
    #[error("no such user: {0}")]
    NoSuchUser(String),
    /// The kernel or the container does not let the control group be made.
    #[error("no control group can be made: {0}")]
    Cgroup(String),
    /// A file operation failed while the folders were laid out.
    #[error("{path}: {source}")]
    Io {
        /// The file or folder concerned.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// The manager ended while it was starting; its output is included.
    #[error("the manager ended while starting ({status}): {output}")]
    Exited {
        /// How it ended.
        status: ExitStatus,
        /// What it and its set-up wrote.
        output: String,
    },
    /// The manager did not become ready in time.
    #[error("the manager was not ready after {waited:?}; its state was `{state}`: {output}")]
    NotReady {
        /// How long was waited.
        waited: Duration,
        /// The state `systemctl is-system-running` reported last.
        state: String,
        /// What the manager and its set-up wrote.
        output: String,
    },
}

/// Attaches the path to an I/O error.
fn at(path: &Path) -> impl FnOnce(io::Error) -> Unavailable + '_ {
    move |source| Unavailable::Io { path: path.to_owned(), source }
}

/// What the manager is to be started with.
#[derive(Debug, Clone, Default)]
pub struct Options {
    /// The user it runs as; only root can choose. `None` is the user who runs the tests.
    pub user: Option<String>,
    /// Further environment variables of the manager, such as `SYSTEMD_LOG_LEVEL`.
    pub env: Vec<(String, String)>,
    /// Units that it starts with: files below [`UserManager::unit_dir`] and their texts.
    pub units: Vec<(String, String)>,
    /// Whether the jobs that it begins with are not waited for.
    pub starting: bool,
}

/// Folders, processes and control group of one manager; how it was made does not show.
struct Instance {
    dir: PathBuf,
    user: String,
    uid: u32,
    gid: u32,
    extra_env: Vec<(String, String)>,
    /// The manager itself: it was spawned as a shell that then became it.
    manager: Child,
    /// A shell that waits for its standard input to close and then removes everything. It lives
    /// in a session of its own, so it also does so when the test process is killed.
    janitor: Child,
    entry: Entry,
}

/// How a command gets to where the manager is.
enum Entry {
    /// Through a shell script that joins the control group and the namespaces.
    Script(PathBuf),
    /// The manager shares the caller's namespaces.
    Direct,
}

/// A running `systemd --user` with its own home, bus and units.
pub struct UserManager {
    instance: Instance,
}

/// How long a manager may take to start. Generous, for loaded machines: nothing is measured by it.
const START_LIMIT: Duration = Duration::from_secs(60);

impl UserManager {
    /// Starts a manager as the user who runs the tests.
    ///
    /// # Errors
    /// [`Unavailable`] says what this machine lacks.
    pub fn start() -> Result<Self, Unavailable> {
        Self::start_with(&Options::default())
    }

    /// Starts a manager with the given options.
    ///
    /// # Errors
    /// [`Unavailable`] says what this machine lacks.
    pub fn start_with(options: &Options) -> Result<Self, Unavailable> {
        let instance = if effective_uid()? == 0 { root::launch(options)? } else { session::launch(options)? };
        let mut manager = Self { instance };
        manager.wait_until_ready(options.starting)?;
        Ok(manager)
    }

    /// The home directory, empty at first.
    pub fn home(&self) -> PathBuf {
        self.instance.dir.join("home")
    }

    /// `$XDG_RUNTIME_DIR`: holds `bus` and `systemd/private`. It can be used from outside too.
    pub fn runtime_dir(&self) -> PathBuf {
        self.instance.dir.join("run")
    }

    /// The folder from which the manager reads the user's own units.
    pub fn unit_dir(&self) -> PathBuf {
        self.home().join(".config/systemd/user")
    }

    /// The numeric user the manager runs as.
    pub fn uid(&self) -> u32 {
        self.instance.uid
    }

    /// The process id of the manager.
    pub fn pid(&self) -> u32 {
        self.instance.manager.id()
    }

    /// The environment of a login of the manager's user. It replaces the caller's: nothing of the
    /// session that runs the tests shines through.
    pub fn env(&self) -> Vec<(String, String)> {
        login_env(&self.instance.dir, &self.instance.user, &self.instance.extra_env)
    }

    /// A command that runs beside the manager, as its user and with [`env`](Self::env), in the
    /// home directory. Arguments, environment and working directory can be added as usual.
    pub fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        self.command_as(program, self.instance.uid, self.instance.gid)
    }

    fn command_as(&self, program: impl AsRef<std::ffi::OsStr>, uid: u32, gid: u32) -> Command {
        let mut command = match &self.instance.entry {
            Entry::Direct => Command::new(program),
            Entry::Script(path) => {
                let mut command = Command::new("/bin/sh");
                command.arg(path).args([uid.to_string(), gid.to_string()]).arg(program);
                command
            }
        };
        command.env_clear().envs(self.env()).current_dir(self.home()).stdin(Stdio::null());
        command
    }

    /// Runs `systemctl --user` with the given arguments and waits for it.
    pub fn systemctl(&self, args: &[&str]) -> Output {
        match self.command("systemctl").arg("--user").args(args).output() {
            Ok(output) => output,
            Err(error) => Output {
                status: std::os::unix::process::ExitStatusExt::from_raw(127 << 8),
                stdout: Vec::new(),
                stderr: error.to_string().into_bytes(),
            },
        }
    }

    /// The value of one property of a unit, as `systemctl show` prints it.
    pub fn property(&self, unit: &str, property: &str) -> String {
        let output = self.systemctl(&["show", "--value", "--property", property, "--", unit]);
        String::from_utf8_lossy(&output.stdout).trim_end().to_owned()
    }

    /// The messages of a unit's processes and of the manager about it, oldest first, one a line.
    ///
    /// A nested manager (ordinary user) logs to the machine's journal, where the lines of a unit's
    /// processes are filed under the scope it is nested in; only the manager's own lines are found.
    pub fn journal(&self, unit: &str) -> String {
        // Not every user may read the private journal or ask for it to be written out.
        let _ = self.command_as("journalctl", 0, 0).arg("--sync").output();
        let output = self
            .command_as("journalctl", 0, 0)
            .args(["--no-pager", "--quiet", "-o", "cat"])
            .args([&format!("_SYSTEMD_USER_UNIT={unit}"), "+", &format!("USER_UNIT={unit}"), "+"])
            // So the journal files the words of a process that ended before it could be looked at.
            .arg(format!("_SYSTEMD_UNIT={unit}"))
            .output();
        output.map(|output| String::from_utf8_lossy(&output.stdout).into_owned()).unwrap_or_default()
    }

    /// Writes a file below [`unit_dir`](Self::unit_dir), with the folders on the way, for the
    /// manager's user. The manager sees it after a daemon-reload.
    ///
    /// # Errors
    /// Whatever the file operations return.
    pub fn write_unit(&self, name: &str, text: &str) -> io::Result<()> {
        let path = self.unit_dir().join(name);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(&path, text)?;
        // Only root's backend can have another owner than the caller.
        if self.instance.uid != effective_uid().map_err(io::Error::other)? {
            let mut made = path;
            while made.starts_with(self.home()) && made != self.home() {
                std::os::unix::fs::chown(&made, Some(self.instance.uid), None)?;
                made.pop();
            }
        }
        Ok(())
    }

    /// Waits until the start-up jobs are done, so that a test begins from a settled state; or only until the manager
    /// can be talked to.
    fn wait_until_ready(&mut self, starting: bool) -> Result<(), Unavailable> {
        let began = Instant::now();
        let mut state = String::from("no socket yet");
        loop {
            let ended = self.instance.manager.try_wait().map_err(at(&self.instance.dir))?;
            if let Some(status) = ended {
                return Err(Unavailable::Exited { status, output: self.start_output() });
            }
            if self.runtime_dir().join("systemd/private").exists() {
                let output = self.systemctl(&["is-system-running"]);
                state = String::from_utf8_lossy(&output.stdout).trim().to_owned();
                if state == "running" || state == "degraded" || (starting && state == "starting") {
                    return Ok(());
                }
            }
            if began.elapsed() > START_LIMIT {
                let output = self.start_output();
                return Err(Unavailable::NotReady { waited: began.elapsed(), state, output });
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// What the set-up and the manager wrote to standard output and error.
    fn start_output(&self) -> String {
        fs::read_to_string(self.instance.dir.join("output")).unwrap_or_default().trim().to_owned()
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        // Closing the pipe is the janitor's signal. It must be waited for, so that the next test
        // finds the machine as it was, and the manager is this process's to reap.
        drop(self.janitor.stdin.take());
        let _ = self.janitor.wait();
        let _ = self.manager.kill();
        let _ = self.manager.wait();
    }
}

/// A manager for a test, or `None` where there can be none, which is then said on standard error.
///
/// With `HM_TESTS_REQUIRE_SYSTEMD=1` in the environment (as on the project's own CI) there is no
/// such excuse.
///
/// # Panics
/// When the environment requires systemd and no manager could be started.
pub fn require() -> Option<UserManager> {
    require_with(&Options::default())
}

/// As [`require`], with options.
///
/// # Panics
/// When the environment requires systemd and no manager could be started.
#[expect(clippy::print_stderr, reason = "a skipped test must be seen")]
#[expect(clippy::panic, reason = "this is how a test fails")]
pub fn require_with(options: &Options) -> Option<UserManager> {
    match UserManager::start_with(options) {
        Ok(manager) => Some(manager),
        Err(reason) if std::env::var_os("HM_TESTS_REQUIRE_SYSTEMD").is_some_and(|value| value == "1") => {
            panic!("HM_TESTS_REQUIRE_SYSTEMD=1, but no user manager: {reason}")
        }
        Err(reason) => {
            eprintln!("SKIPPED: a test that needs a systemd user manager: {reason}");
            None
        }
    }
}

/// The environment of a login: the manager's own, and that of the commands beside it.
fn login_env(dir: &Path, user: &str, extra: &[(String, String)]) -> Vec<(String, String)> {
    let (home, runtime) = (dir.join("home"), dir.join("run"));
    let (home, runtime) = (home.display(), runtime.display());
    let mut env: Vec<(String, String)> = [
        ("PATH", script::PATH.to_owned()),
        ("LANG", "C.UTF-8".to_owned()),
        ("SHELL", "/bin/sh".to_owned()),
        ("USER", user.to_owned()),
        ("LOGNAME", user.to_owned()),
        ("HOME", home.to_string()),
        ("XDG_CONFIG_HOME", format!("{home}/.config")),
        ("XDG_DATA_HOME", format!("{home}/.local/share")),
        ("XDG_STATE_HOME", format!("{home}/.local/state")),
        ("XDG_CACHE_HOME", format!("{home}/.cache")),
        ("XDG_RUNTIME_DIR", runtime.to_string()),
        ("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={runtime}/bus")),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .to_vec();
    env.extend(extra.iter().cloned());
    env
}

/// The same as the words that `env` takes.
fn login_words(dir: &Path, user: &str, extra: &[(String, String)]) -> Vec<String> {
    login_env(dir, user, extra).into_iter().map(|(name, value)| format!("{name}={value}")).collect()
}

/// Who the tests run as. The owner of `/proc/self` is the effective user of this process.
fn effective_uid() -> Result<u32, Unavailable> {
    let path = Path::new("/proc/self");
    let metadata = fs::metadata(path).map_err(at(path))?;
    Ok(std::os::unix::fs::MetadataExt::uid(&metadata))
}

/// A folder for one manager. Its path must be short: sockets below it have at most 107 bytes.
fn make_dir() -> Result<PathBuf, Unavailable> {
    let temporary = std::env::temp_dir();
    let base = if temporary.as_os_str().len() <= 40 { temporary } else { PathBuf::from("/tmp") };
    let dir = tempfile::Builder::new().prefix("hmsd-").tempdir_in(&base).map_err(at(&base))?.keep();
    let dir = dir.canonicalize().map_err(at(&dir))?;
    for name in ["home", "run", "journal"] {
        let path = dir.join(name);
        fs::create_dir(&path).map_err(at(&path))?;
        set_mode(&path, 0o700)?;
    }
    set_mode(&dir, 0o755)?;
    Ok(dir)
}

/// Writes the units that a manager starts with, for its user.
fn write_units(dir: &Path, options: &Options, owner: Option<(u32, u32)>) -> Result<(), Unavailable> {
    let folder = dir.join("home/.config/systemd/user");
    for (name, text) in &options.units {
        let path = folder.join(name);
        let parent = path.parent().unwrap_or(&folder);
        fs::create_dir_all(parent).map_err(at(parent))?;
        fs::write(&path, text).map_err(at(&path))?;
        for made in path.ancestors().take_while(|made| *made != dir.join("home")) {
            if let Some((uid, gid)) = owner {
                std::os::unix::fs::chown(made, Some(uid), Some(gid)).map_err(at(made))?;
            }
        }
    }
    Ok(())
}

fn set_mode(path: &Path, mode: u32) -> Result<(), Unavailable> {
    fs::set_permissions(path, std::os::unix::fs::PermissionsExt::from_mode(mode)).map_err(at(path))
}

/// Where a program is, by the search path that the manager gets too.
fn find_program(name: &str) -> Result<PathBuf, Unavailable> {
    script::PATH
        .split(':')
        .map(|dir| Path::new(dir).join(name))
        .find(|path| path.is_file())
        .ok_or_else(|| Unavailable::MissingProgram(name.to_owned()))
}

/// The manager's binary, which is on no search path.
fn find_systemd() -> Result<PathBuf, Unavailable> {
    ["/usr/lib/systemd/systemd", "/lib/systemd/systemd"]
        .map(PathBuf::from)
        .into_iter()
        .find(|path| path.is_file())
        .ok_or_else(|| Unavailable::MissingProgram("systemd".to_owned()))
}
