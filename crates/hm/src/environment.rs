//! What the process is told from outside: the only module that reads environment variables.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

use crate::error::CommandError;

/// The caller's surroundings, read once.
#[derive(Clone, Debug)]
pub(crate) struct Environment {
    /// `$HOME`, as it is spelled there.
    pub(crate) home: PathBuf,
    /// The user's name: `$USER`, else `$LOGNAME`, else the user database's.
    pub(crate) user: String,
    /// The user's number.
    pub(crate) uid: u32,
    /// `$XDG_CONFIG_HOME` or its default.
    pub(crate) config_home: PathBuf,
    /// `$XDG_DATA_HOME` or its default.
    pub(crate) data_home: PathBuf,
    /// `$XDG_STATE_HOME` or its default.
    pub(crate) state_home: PathBuf,
    /// `$XDG_CACHE_HOME` or its default.
    pub(crate) cache_home: PathBuf,
    /// `$XDG_RUNTIME_DIR`, if set.
    pub(crate) runtime_dir: Option<PathBuf>,
    /// `$DBUS_SESSION_BUS_ADDRESS`, if set.
    pub(crate) bus_address: Option<String>,
    /// `$HM_CONFIG`, if set.
    pub(crate) config_file: Option<PathBuf>,
    /// `$NIX_PATH`, if set.
    pub(crate) nix_path: Option<String>,
    /// `$NIX_CONFIG`, if set: lines of settings.
    pub(crate) nix_config: Option<String>,
    /// The files with Nix's settings, in the order of reading.
    pub(crate) nix_config_files: Vec<PathBuf>,
    /// `$NIX_STORE_DIR`, if set.
    pub(crate) nix_store_dir: Option<String>,
    /// `$NIX_SSL_CERT_FILE` or `$SSL_CERT_FILE`, if set.
    pub(crate) certificates: Option<PathBuf>,
    /// `$PATH`'s directories.
    pub(crate) path: Vec<PathBuf>,
    /// `$EDITOR`, if set.
    pub(crate) editor: Option<String>,
    /// Whether `$NO_COLOR` asks for plain text.
    pub(crate) no_color: bool,
    /// Whether `$SSH_CONNECTION` tells of a login over the network.
    pub(crate) over_ssh: bool,
    /// Whether there is a desktop: `$DISPLAY` or `$WAYLAND_DISPLAY`.
    pub(crate) has_display: bool,
    /// Whether this is a machine inside Windows, which sets `$WSL_DISTRO_NAME`.
    pub(crate) is_wsl: bool,
    /// `$HM_EVAL_CACHE_AFTER_MS`, if set: how long an evaluation has to take to be kept. Tests keep them all.
    pub(crate) eval_cache_after: Option<u128>,
    /// The current directory.
    pub(crate) directory: PathBuf,
}

fn variable(name: &str) -> Option<OsString> {
    std::env::var_os(name).filter(|value| !value.is_empty())
}

fn text(name: &str) -> Option<String> {
    variable(name).and_then(|value| value.into_string().ok())
}

impl Environment {
    /// Reads it.
    ///
    /// # Errors
    /// When there is no home directory.
    pub(crate) fn read() -> Result<Environment, CommandError> {
        let uid = rustix::process::getuid().as_raw();
        let home = match variable("HOME") {
            Some(home) => PathBuf::from(home),
            None => database_entry(uid).map(|(_, home)| home).ok_or_else(|| {
                CommandError::user("HOME is not set").hint("set HOME to your home directory, as a login does")
            })?,
        };
        if !home.is_absolute() {
            return Err(CommandError::user(format!("HOME is not an absolute path: '{}'", home.display())));
        }
        let user = text("USER")
            .or_else(|| text("LOGNAME"))
            .or_else(|| database_entry(uid).map(|(name, _)| name))
            .unwrap_or_else(|| uid.to_string());
        // As the specification wants it, a relative path counts as unset.
        let base = |name: &str, default: &str| {
            variable(name)
                .map(PathBuf::from)
                .filter(|path| path.is_absolute())
                .unwrap_or_else(|| home.join(default))
        };
        Ok(Environment {
            user,
            uid,
            config_home: base("XDG_CONFIG_HOME", ".config"),
            data_home: base("XDG_DATA_HOME", ".local/share"),
            state_home: base("XDG_STATE_HOME", ".local/state"),
            cache_home: base("XDG_CACHE_HOME", ".cache"),
            runtime_dir: variable("XDG_RUNTIME_DIR").map(PathBuf::from),
            bus_address: text("DBUS_SESSION_BUS_ADDRESS"),
            config_file: variable("HM_CONFIG").map(PathBuf::from),
            nix_path: std::env::var("NIX_PATH").ok(),
            nix_config: text("NIX_CONFIG"),
            nix_config_files: crate::nix_settings::files(
                variable("NIX_CONF_DIR").map(PathBuf::from),
                text("NIX_USER_CONF_FILES"),
                &base("XDG_CONFIG_HOME", ".config"),
                text("XDG_CONFIG_DIRS"),
            ),
            nix_store_dir: text("NIX_STORE_DIR"),
            certificates: variable("NIX_SSL_CERT_FILE")
                .or_else(|| variable("SSL_CERT_FILE"))
                .map(PathBuf::from),
            path: std::env::var_os("PATH")
                .map(|path| std::env::split_paths(&path).collect())
                .unwrap_or_default(),
            editor: text("EDITOR"),
            no_color: variable("NO_COLOR").is_some(),
            over_ssh: variable("SSH_CONNECTION").is_some(),
            has_display: variable("DISPLAY").or_else(|| variable("WAYLAND_DISPLAY")).is_some(),
            is_wsl: variable("WSL_DISTRO_NAME").is_some(),
            eval_cache_after: text("HM_EVAL_CACHE_AFTER_MS").and_then(|time| time.parse().ok()),
            directory: std::env::current_dir().unwrap_or_else(|_| PathBuf::from("/")),
            home,
        })
    }

    /// `path` made absolute from the current directory, with `.` and `..` resolved by text.
    pub(crate) fn absolute(&self, path: &Path) -> PathBuf {
        let joined = self.directory.join(path);
        nix_eval::strings::path_of(&nix_syntax::lower::canonical_path(
            b"/",
            nix_eval::strings::bytes_of(&joined),
        ))
    }

    /// All variables, for programs that are called.
    pub(crate) fn variables() -> impl Iterator<Item = (OsString, OsString)> {
        std::env::vars_os()
    }

    /// `path` with a `~` at its beginning as the home directory.
    pub(crate) fn expand_home(&self, path: &Path) -> PathBuf {
        match path.strip_prefix("~") {
            Ok(rest) => self.home.join(rest),
            Err(_) => path.to_path_buf(),
        }
    }

    /// The value of any variable, for `builtins.getEnv`.
    pub(crate) fn lookup(name: &str) -> Option<Vec<u8>> {
        use std::os::unix::ffi::OsStringExt;
        if name.is_empty() || name.contains(['=', '\0']) {
            return None;
        }
        std::env::var_os(name).map(OsStringExt::into_vec)
    }
}

/// Name and home of a user in `/etc/passwd`, which is where a machine without further user databases has them.
fn database_entry(uid: u32) -> Option<(String, PathBuf)> {
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    users.lines().find_map(|line| {
        let fields: Vec<&str> = line.split(':').collect();
        let [name, _, number, _, _, home, ..] = fields.as_slice() else { return None };
        (number.parse() == Ok(uid)).then(|| ((*name).to_owned(), PathBuf::from(home)))
    })
}
