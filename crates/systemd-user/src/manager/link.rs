//! One D-Bus connection, spoken over by two threads: one that sends, one that receives.
//!
//! Calls are sent one after another without waiting for answers in between, so that a batch takes
//! one round trip and the manager sees all of it before it runs the first job. Neither a peer that
//! stops reading nor one that stops answering can hold up the caller beyond its time limit.

use std::collections::{HashMap, VecDeque};
use std::num::NonZeroU32;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

use zbus::blocking::connection::Builder;
use zbus::blocking::{Connection, MessageIterator};
use zbus::message::{Flags, Message, Type};

use super::private;
use super::{DESTINATION, MANAGER, MANAGER_PATH, PROPERTIES};
use crate::error::Error;
use crate::name::UnitName;

/// The name of the bus itself.
const BUS: &str = "org.freedesktop.DBus";

/// How often it is looked whether a wait is to be interrupted.
const SLICE: Duration = Duration::from_millis(50);

/// A method call that is ready to be sent.
pub(super) struct Call {
    message: Message,
    /// What it is, for error messages.
    pub(super) label: String,
}

impl Call {
    /// A call of any method. The bus refuses it where the manager is not there.
    pub(super) fn new<B>(
        destination: &str,
        path: &str,
        interface: &str,
        member: &str,
        body: &B,
    ) -> Result<Self, Error>
    where
        B: serde::Serialize + zbus::zvariant::DynamicType,
    {
        let build = || {
            let call = Message::method_call(path, member)?.with_flags(Flags::NoAutoStart)?;
            call.destination(destination)?.interface(interface)?.build(body)
        };
        Self::built(member, build())
    }

    /// The question for the state of the manager, the first that is asked. A bus that the manager has only just started
    /// keeps it until the manager is there.
    pub(super) fn system_state() -> Result<Self, Error> {
        let build = || {
            let call = Message::method_call(MANAGER_PATH, "Get")?;
            call.destination(DESTINATION)?.interface(PROPERTIES)?.build(&(MANAGER, "SystemState"))
        };
        Self::built("Get SystemState", build())
    }

    fn built(label: &str, message: zbus::Result<Message>) -> Result<Self, Error> {
        let failed = |source| Error::Bus { call: label.to_owned(), source: Box::new(source) };
        Ok(Self { message: message.map_err(failed)?, label: label.to_owned() })
    }

    /// A call of the manager.
    pub(super) fn manager<B>(member: &str, body: &B) -> Result<Self, Error>
    where
        B: serde::Serialize + zbus::zvariant::DynamicType,
    {
        Self::new(DESTINATION, MANAGER_PATH, MANAGER, member, body)
    }

    /// A call of the manager that queues a job, such as `StartUnit`.
    pub(super) fn job(member: &str, unit: &UnitName, mode: &str) -> Result<Self, Error> {
        let mut call = Self::manager(member, &(unit.as_str(), mode))?;
        call.label = format!("{member} {unit}");
        Ok(call)
    }

    /// Reading one property of an object.
    pub(super) fn get(path: &str, interface: &str, property: &str) -> Result<Self, Error> {
        let mut call = Self::new(DESTINATION, path, PROPERTIES, "Get", &(interface, property))?;
        call.label = format!("Get {property}");
        Ok(call)
    }

    /// Reading all properties of an object, of every interface it has: the manager takes an empty
    /// name for that.
    pub(super) fn get_all(path: &str) -> Result<Self, Error> {
        Self::new(DESTINATION, path, PROPERTIES, "GetAll", &"")
    }
}

/// What came back for a call.
pub(super) enum Reply {
    /// The answer.
    Answer(Message),
    /// An error.
    Refused {
        /// Its D-Bus name.
        name: String,
        /// Its text.
        message: String,
    },
    /// Nothing within the time limit.
    Silence,
}

/// Where to connect to.
#[derive(Debug, Clone)]
pub(super) enum Place {
    /// A message bus, by its D-Bus address.
    Bus(String),
    /// The manager's private socket, by its path.
    Private(PathBuf),
}

/// The connection.
#[derive(Debug)]
pub(super) struct Link {
    connection: Option<Connection>,
    outgoing: mpsc::Sender<Message>,
    incoming: mpsc::Receiver<Message>,
    /// Signals that came while an answer was waited for.
    signals: VecDeque<Message>,
    /// Whether there is a message bus in between, which delivers only the signals asked for.
    pub(super) is_bus: bool,
    /// Ends every wait once it is set.
    pub(super) interrupt: Option<Arc<AtomicBool>>,
}

impl Link {
    /// Opens a connection; `None` if that takes longer than `limit`.
    pub(super) fn open(place: Place, limit: Duration) -> Option<zbus::Result<Self>> {
        let (opened, outcome) = mpsc::sync_channel(1);
        let is_bus = matches!(place, Place::Bus(_));
        thread::spawn(move || {
            let build = || match place {
                Place::Bus(address) => Builder::address(address.as_str())?.build(),
                Place::Private(path) => Builder::async_io_unix_stream(private::connect(&path)?).p2p().build(),
            };
            // Nobody listens any more after the time limit; the connection closes then.
            let _ = opened.send(build());
        });
        match outcome.recv_timeout(limit).ok()? {
            Ok(connection) => Some(Ok(Self::over(connection, is_bus))),
            Err(error) => Some(Err(error)),
        }
    }

    fn over(connection: Connection, is_bus: bool) -> Self {
        let (outgoing, to_send) = mpsc::channel::<Message>();
        let (received, incoming) = mpsc::channel();
        let writer = connection.clone();
        thread::spawn(move || {
            for message in to_send {
                if writer.send(&message).is_err() {
                    break;
                }
            }
        });
        // Made before anything is sent, so that no answer is missed.
        let messages = MessageIterator::from(&connection);
        thread::spawn(move || {
            for message in messages {
                let Ok(message) = message else { break };
                if received.send(message).is_err() {
                    break;
                }
            }
        });
        Self {
            connection: Some(connection),
            outgoing,
            incoming,
            signals: VecDeque::new(),
            is_bus,
            interrupt: None,
        }
    }

    /// The next message before the deadline.
    fn receive(&self, deadline: Instant) -> Result<Option<Message>, Error> {
        loop {
            let now = Instant::now();
            let until = match &self.interrupt {
                Some(flag) if flag.load(Ordering::SeqCst) => return Err(Error::Interrupted),
                Some(_) => deadline.min(now + SLICE),
                None => deadline,
            };
            match self.incoming.recv_timeout(until.saturating_duration_since(now)) {
                Ok(message) => return Ok(Some(message)),
                Err(mpsc::RecvTimeoutError::Timeout) if until < deadline => {}
                Err(mpsc::RecvTimeoutError::Timeout) => return Ok(None),
                Err(mpsc::RecvTimeoutError::Disconnected) => return Err(Error::Closed),
            }
        }
    }

    /// Sends all the calls, then gathers their answers, in the order of the calls. Signals that
    /// come meanwhile are kept for [`signal`](Self::signal).
    pub(super) fn call_all(&mut self, calls: Vec<Call>, deadline: Instant) -> Result<Vec<Reply>, Error> {
        let mut replies: Vec<Reply> = Vec::new();
        let mut waiting: HashMap<NonZeroU32, (usize, String)> = HashMap::new();
        for call in calls {
            waiting.insert(call.message.primary_header().serial_num(), (replies.len(), call.label));
            replies.push(Reply::Silence);
            self.outgoing.send(call.message).map_err(|_| Error::Closed)?;
        }
        while !waiting.is_empty() {
            let Some(message) = self.receive(deadline)? else { break };
            if message.message_type() == Type::Signal {
                self.signals.push_back(message);
                continue;
            }
            // An answer to an earlier call that had been given up finds nobody waiting.
            let answered = message.header().reply_serial().and_then(|serial| waiting.remove(&serial));
            let Some((index, label)) = answered else { continue };
            let reply = reply(message).map_err(|why| Error::Left { call: label, why })?;
            if let Some(slot) = replies.get_mut(index) {
                *slot = reply;
            }
        }
        Ok(replies)
    }

    /// The next signal before the deadline.
    pub(super) fn signal(&mut self, deadline: Instant) -> Result<Option<Message>, Error> {
        loop {
            if let Some(signal) = self.signals.pop_front() {
                return Ok(Some(signal));
            }
            match self.receive(deadline)? {
                Some(message) if message.message_type() == Type::Signal => return Ok(Some(message)),
                Some(_) => {}
                None => return Ok(None),
            }
        }
    }
}

impl Drop for Link {
    fn drop(&mut self) {
        // Ends the receiving thread, which would wait for messages for ever. Closing itself may
        // wait for a peer that does not read, so it is left to a thread as well.
        if let Some(connection) = self.connection.take() {
            thread::spawn(move || connection.close());
        }
    }
}

/// Reads an answer. That the bus itself answers what the manager was asked says that the manager is not on it: the error is
/// the bus's reason.
fn reply(message: Message) -> Result<Reply, String> {
    if message.message_type() != Type::Error {
        return Ok(Reply::Answer(message));
    }
    let name = message.header().error_name().map(ToString::to_string).unwrap_or_default();
    let text = message.body().deserialize::<String>().unwrap_or_else(|_| name.clone());
    let by_bus = message.header().sender().is_some_and(|sender| sender.as_str() == BUS);
    if by_bus && !name.ends_with(".AccessDenied") {
        return Err(text);
    }
    Ok(Reply::Refused { name, message: text })
}
