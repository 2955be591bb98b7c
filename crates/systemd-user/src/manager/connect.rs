//! Finding the user manager, and saying in plain words why there is none.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use super::link::{Call, Link, Place, Reply};
use super::{Manager, SystemState};
use zbus::zvariant::OwnedValue;

/// Where to look for a manager. The caller takes it from the environment; nothing here does.
#[derive(Debug, Clone, Default)]
pub struct BusEnv {
    /// `$XDG_RUNTIME_DIR`, if it is set.
    pub runtime_dir: Option<PathBuf>,
    /// `$DBUS_SESSION_BUS_ADDRESS`, if it is set.
    pub dbus_session_bus_address: Option<String>,
    /// The user whose manager is meant: the effective user of the process.
    pub uid: u32,
    /// Whether no bus is tried where the manager has a socket of its own, so that a bus that has died or waits for a manager
    /// that is gone is not waited for.
    pub directly: bool,
}

/// Why the user manager cannot be worked with.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unreachable {
    /// There is no session of this user, nor does one linger.
    #[error("no user manager runs: XDG_RUNTIME_DIR is not set and /run/user/{uid} does not exist")]
    NoRuntimeDir {
        /// The user.
        uid: u32,
    },
    /// The environment is that of somebody else, as after `sudo` or `su`.
    #[error("the runtime directory {} belongs to user {owner}, but this is user {uid}", path.display())]
    OtherUser {
        /// `$XDG_RUNTIME_DIR`.
        path: PathBuf,
        /// Whose it is.
        owner: u32,
        /// Who asks.
        uid: u32,
    },
    /// None of the places where a manager listens exists.
    #[error("no user manager runs: there is neither {}", tried.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(" nor "))]
    NoSocket {
        /// The places.
        tried: Vec<PathBuf>,
    },
    /// The places exist, but nothing could be reached there.
    #[error("the user manager cannot be reached: {}", tried.iter().map(|(address, reason)| format!("{address}: {reason}")).collect::<Vec<_>>().join("; "))]
    Failed {
        /// Each address with what went wrong there.
        tried: Vec<(String, String)>,
    },
    /// Something listens, but does not answer.
    #[error("the user manager at {address} does not answer")]
    Silent {
        /// Where.
        address: String,
    },
    /// The manager is there, but takes no jobs now.
    #[error("the user manager is in the state `{0}` and takes no jobs")]
    State(SystemState),
}

impl Unreachable {
    /// What the user can do about it, whose number is `uid`.
    pub fn hint(&self, uid: u32) -> String {
        match self {
            Self::NoRuntimeDir { .. } | Self::NoSocket { .. } => {
                "log in as this user, or let the manager run without a session: `loginctl enable-linger`"
                    .to_owned()
            }
            Self::OtherUser { .. } => {
                "run this in a login of the user itself (`machinectl shell USER@` or `su - USER`), not by sudo"
                    .to_owned()
            }
            Self::Failed { .. } => {
                "see `systemctl --user status`; logging out and in starts a new manager".to_owned()
            }
            Self::Silent { .. } => format!("see `journalctl --user -b` and `systemctl status user@{uid}.service`"),
            Self::State(SystemState::Maintenance) => {
                "see `systemctl --user --failed`; `systemctl --user default` leaves that state".to_owned()
            }
            Self::State(_) => "wait for the session to end and log in again".to_owned(),
        }
    }
}

/// How long connecting to one address may take, and how long its first answer.
const CONNECT_LIMIT: Duration = Duration::from_secs(3);

/// One place where the manager may be reached.
struct Candidate {
    place: Place,
    /// The place in a form for messages.
    address: String,
    /// The socket, where it is known: it is looked at before anything is tried.
    path: Option<PathBuf>,
}

impl Candidate {
    fn by_address(address: String) -> Self {
        Self { place: Place::Bus(address.clone()), address, path: None }
    }

    fn bus(path: PathBuf) -> Self {
        Self { path: Some(path.clone()), ..Self::by_address(format!("unix:path={}", escape(&path))) }
    }

    fn private(path: PathBuf) -> Self {
        Self { address: path.display().to_string(), path: Some(path.clone()), place: Place::Private(path) }
    }

    /// Whether there may be something at this place.
    fn exists(&self) -> bool {
        self.path.as_ref().is_none_or(|path| path.exists())
    }
}

pub(super) fn connect(env: &BusEnv) -> Result<Manager, Unreachable> {
    let mut dirs: Vec<PathBuf> = Vec::new();
    let mut other_user = None;
    if let Some(path) = &env.runtime_dir {
        match fs::metadata(path) {
            Ok(metadata) if metadata.uid() != env.uid => {
                other_user =
                    Some(Unreachable::OtherUser { path: path.clone(), owner: metadata.uid(), uid: env.uid });
            }
            _ => dirs.push(path.clone()),
        }
    }
    let usual = PathBuf::from(format!("/run/user/{}", env.uid));
    if usual.is_dir() && !dirs.contains(&usual) {
        dirs.push(usual);
    }
    // A bus address from the same foreign session is no better than its runtime directory.
    let addresses = env.dbus_session_bus_address.as_deref().filter(|_| other_user.is_none());
    let mut candidates: Vec<Candidate> = addresses
        .into_iter()
        .flat_map(|addresses| addresses.split(';'))
        .filter(|address| !address.is_empty())
        .map(|address| Candidate::by_address(address.to_owned()))
        .collect();
    candidates.extend(dirs.iter().map(|dir| Candidate::bus(dir.join("bus"))));
    candidates.extend(dirs.iter().map(|dir| Candidate::private(dir.join("systemd/private"))));

    let is_private = |candidate: &Candidate| matches!(candidate.place, Place::Private(_));
    if env.directly && candidates.iter().any(|candidate| is_private(candidate) && candidate.exists()) {
        candidates.retain(is_private);
    }

    let mut tried: Vec<(String, String)> = Vec::new();
    let mut silent = None;
    for candidate in &candidates {
        if !candidate.exists() || tried.iter().any(|(address, _)| *address == candidate.address) {
            continue;
        }
        tracing::debug!(address = %candidate.address, "connecting to the user manager");
        match attempt(candidate) {
            Ok(manager) => return Ok(manager),
            Err(Failure::Here(reason)) => tried.push((candidate.address.clone(), reason)),
            Err(Failure::Silent(unreachable)) => {
                tried.push((candidate.address.clone(), "no answer".to_owned()));
                silent = silent.or(Some(unreachable));
            }
            Err(Failure::Everywhere(unreachable)) => return Err(unreachable),
        }
    }
    if let Some(silent) = silent {
        return Err(silent);
    }
    if let Some(other_user) = other_user {
        Err(other_user)
    } else if !tried.is_empty() {
        Err(Unreachable::Failed { tried })
    } else if dirs.is_empty() {
        Err(Unreachable::NoRuntimeDir { uid: env.uid })
    } else {
        Err(Unreachable::NoSocket {
            tried: candidates.into_iter().filter_map(|candidate| candidate.path).collect(),
        })
    }
}

/// Why one place did not do.
enum Failure {
    /// Another place may.
    Here(String),
    /// Another place may, though whoever listens here should have answered: the bus may hang, and not the manager.
    Silent(Unreachable),
    /// The manager was found, and another way to it would say the same.
    Everywhere(Unreachable),
}

fn attempt(candidate: &Candidate) -> Result<Manager, Failure> {
    let here = |reason: String| Failure::Here(reason);
    let silent = || Unreachable::Silent { address: candidate.address.clone() };
    let mut link = match Link::open(candidate.place.clone(), CONNECT_LIMIT) {
        None => return Err(Failure::Silent(silent())),
        Some(Err(error)) => return Err(here(reason(&error))),
        Some(Ok(link)) => link,
    };
    let call = Call::system_state().map_err(|error| here(error.to_string()))?;
    let replies = link.call_all(vec![call], Instant::now() + CONNECT_LIMIT);
    let reply = replies.map_err(|error| here(error.to_string()))?.into_iter().next();
    let state = match reply {
        Some(Reply::Answer(message)) => {
            let value = message.body().deserialize::<OwnedValue>().map_err(|error| here(reason(&error)))?;
            SystemState::parse(&String::try_from(value).map_err(|error| here(error.to_string()))?)
        }
        // A message bus that somebody started without systemd.
        Some(Reply::Refused { message, .. }) => {
            return Err(here(format!("systemd is not on this bus ({message})")));
        }
        // The bus waits for a manager that is gone, too.
        Some(Reply::Silence) | None if link.is_bus => return Err(Failure::Silent(silent())),
        Some(Reply::Silence) | None => return Err(Failure::Everywhere(silent())),
    };
    tracing::debug!(%state, "connected");
    match state {
        SystemState::Maintenance | SystemState::Stopping => {
            Err(Failure::Everywhere(Unreachable::State(state)))
        }
        _ => Ok(Manager { link, state }),
    }
}

/// The cause in few words: the I/O error where there is one.
fn reason(error: &zbus::Error) -> String {
    match error {
        zbus::Error::InputOutput(error) | zbus::Error::Connection(error, _) => error.to_string(),
        other => other.to_string(),
    }
}

/// A path as part of a D-Bus address: bytes other than those the specification lists are escaped.
fn escape(path: &Path) -> String {
    use std::fmt::Write;
    use std::os::unix::ffi::OsStrExt;
    let mut escaped = String::new();
    for byte in path.as_os_str().as_bytes() {
        if byte.is_ascii_alphanumeric() || b"-_/.\\*".contains(byte) {
            escaped.push(char::from(*byte));
        } else {
            let _ = write!(escaped, "%{byte:02x}");
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use std::os::unix::net::UnixListener;

    use super::*;

    /// A user that no machine has, so that /run/user/UID does not exist.
    const NOBODY: u32 = 3_999_999_999;

    fn sentence(env: &BusEnv) -> String {
        Manager::connect(env).unwrap_err().to_string()
    }

    #[test]
    fn no_session() {
        let env = BusEnv { uid: NOBODY, ..BusEnv::default() };
        let expected =
            "no user manager runs: XDG_RUNTIME_DIR is not set and /run/user/3999999999 does not exist";
        assert_eq!(sentence(&env), expected);
    }

    fn in_dir(dir: &Path) -> BusEnv {
        let uid = fs::metadata(dir).unwrap().uid();
        // Only what is in the directory is to be found, not this user's own session.
        BusEnv { runtime_dir: Some(dir.to_owned()), uid, ..BusEnv::default() }
    }

    #[test]
    fn an_empty_runtime_directory() {
        let dir = tempfile::tempdir().unwrap();
        let env = in_dir(dir.path());
        if Path::new(&format!("/run/user/{}", env.uid)).exists() {
            eprintln!("SKIPPED: this user has a session of its own");
            return;
        }
        let dir = dir.path().display();
        let expected = format!("no user manager runs: there is neither {dir}/bus nor {dir}/systemd/private");
        assert_eq!(sentence(&env), expected);
    }

    #[test]
    fn a_socket_that_nobody_listens_on() {
        let dir = tempfile::tempdir().unwrap();
        drop(UnixListener::bind(dir.path().join("bus")).unwrap());
        let found = sentence(&in_dir(dir.path()));
        assert!(found.starts_with("the user manager cannot be reached: unix:path="), "{found}");
        assert!(found.contains("Connection refused"), "{found}");
    }

    #[test]
    fn a_listener_that_never_answers() {
        let dir = tempfile::tempdir().unwrap();
        let _listener = UnixListener::bind(dir.path().join("bus")).unwrap();
        let found = sentence(&in_dir(dir.path()));
        assert!(found.ends_with("/bus does not answer"), "{found}");
    }

    /// Answers the one question that a manager is asked first, on its private socket.
    fn answer(dir: &Path, state: &'static str) {
        fs::create_dir_all(dir.join("systemd")).unwrap();
        let listener = UnixListener::bind(dir.join("systemd/private")).unwrap();
        std::thread::spawn(move || {
            let (stream, _) = listener.accept().unwrap();
            let guid = zbus::Guid::generate();
            let builder = zbus::blocking::connection::Builder::async_io_unix_stream(stream);
            let connection = builder.server(guid).unwrap().p2p().build().unwrap();
            for message in zbus::blocking::MessageIterator::from(&connection) {
                let Ok(message) = message else { break };
                if message.message_type() == zbus::message::Type::MethodCall {
                    connection.reply(&message.header(), &zbus::zvariant::Value::from(state)).unwrap();
                }
            }
        });
    }

    /// User managers of today are never in `maintenance`; those of before systemd 250 can be.
    #[test]
    fn states_in_which_it_takes_no_jobs() {
        let check = |state, expected: Option<(&str, &str)>| {
            let dir = tempfile::tempdir().unwrap();
            answer(dir.path(), state);
            let found = Manager::connect(&in_dir(dir.path()));
            let found = found.err().map(|error| (error.to_string(), error.hint(7)));
            let expected = expected.map(|(why, hint)| (why.to_owned(), hint.to_owned()));
            assert_eq!(found, expected, "{state}");
        };
        check("running", None);
        check("degraded", None);
        check("starting", None);
        check("a state of the future", None);
        check(
            "maintenance",
            Some((
                "the user manager is in the state `maintenance` and takes no jobs",
                "see `systemctl --user --failed`; `systemctl --user default` leaves that state",
            )),
        );
        check(
            "stopping",
            Some((
                "the user manager is in the state `stopping` and takes no jobs",
                "wait for the session to end and log in again",
            )),
        );
    }

    #[test]
    fn the_environment_of_somebody_else() {
        let dir = tempfile::tempdir().unwrap();
        let owner = fs::metadata(dir.path()).unwrap().uid();
        let env = BusEnv { uid: NOBODY, ..in_dir(dir.path()) };
        let expected = format!(
            "the runtime directory {} belongs to user {owner}, but this is user {NOBODY}",
            dir.path().display()
        );
        assert_eq!(sentence(&env), expected);
    }

    #[test]
    fn addresses() {
        assert_eq!(escape(Path::new("/run/a b;c=1")), "/run/a%20b%3bc%3d1");
    }
}
