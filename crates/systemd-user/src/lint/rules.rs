//! What a unit as a whole has to have, by its type.

use std::borrow::Cow;

use super::catalog::Lint;
use super::enums;
use crate::name::{UnitName, UnitType};
use crate::unit::Unit;

/// Something wrong with a unit: the section, directive and value that it is about, where there are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Breach {
    pub(super) lint: Lint,
    /// Whether systemd goes on with the unit nevertheless.
    pub(super) mild: bool,
    pub(super) section: &'static str,
    pub(super) directive: Option<&'static str>,
    pub(super) message: String,
    pub(super) help: Option<&'static str>,
}

impl Breach {
    fn new(lint: Lint, section: &'static str, message: impl Into<String>) -> Self {
        Self { lint, mild: false, section, directive: None, message: message.into(), help: None }
    }

    fn at(self, directive: &'static str) -> Self {
        Self { directive: Some(directive), ..self }
    }

    fn help(self, help: &'static str) -> Self {
        Self { help: Some(help), ..self }
    }

    fn mild(self) -> Self {
        Self { mild: true, ..self }
    }
}

/// Checks a unit with its drop-ins.
pub(super) fn check(name: &UnitName, unit: &Unit) -> Vec<Breach> {
    let mut found = Vec::new();
    match name.unit_type() {
        UnitType::Service => service(unit, &mut found),
        UnitType::Timer => timer(unit, &mut found),
        UnitType::Socket => socket(unit, &mut found),
        UnitType::Path => path(unit, &mut found),
        UnitType::Mount => required(name, unit, "Mount", &["What"], &mut found),
        UnitType::Automount => required(name, unit, "Automount", &[], &mut found),
        _ => {}
    }
    found
}

/// The type of a service, as systemd settles it.
pub(super) fn service_type(unit: &Unit) -> Cow<'_, str> {
    match last_right(unit, "Service", "Type", "service-type") {
        Some(kind) => Cow::Borrowed(kind),
        None if unit.value("Service", "BusName").is_some() => Cow::Borrowed("dbus"),
        None => match unit.values("Service", "ExecStart").is_empty() {
            true => Cow::Borrowed("oneshot"),
            false => Cow::Borrowed("simple"),
        },
    }
}

/// The last value that systemd does not ignore.
fn last_right<'a>(unit: &'a Unit, section: &str, directive: &str, kind: &str) -> Option<&'a str> {
    let choice = enums::choice(kind)?;
    unit.raw_values(section, directive)
        .filter(|value| choice.words.iter().any(|(word, _)| word == value))
        .last()
}

fn service(unit: &Unit, found: &mut Vec<Breach>) {
    let commands = unit.values("Service", "ExecStart");
    let written = unit.value("Service", "Type");
    let kind = service_type(unit);
    let stops = !unit.values("Service", "ExecStop").is_empty();
    let acts = unit.value("Unit", "SuccessAction").is_some_and(|action| action != "none");
    let remains = unit.boolean("Service", "RemainAfterExit").unwrap_or(false);
    if commands.is_empty() {
        if kind != "oneshot" {
            let message = format!("a service of `Type={kind}` needs an `ExecStart=`");
            found.push(Breach::new(Lint::NoCommand, "Service", message));
        } else if !stops && !acts {
            let message =
                "the service has no `ExecStart=`, `ExecStop=` or `SuccessAction=`, so it does nothing";
            found.push(Breach::new(Lint::NoCommand, "Service", message));
        } else if !remains && !acts {
            let message = "a service with an `ExecStop=` alone needs `RemainAfterExit=yes`";
            found.push(Breach::new(Lint::NoCommand, "Service", message).at("ExecStop"));
        }
    } else if commands.len() > 1 && kind != "oneshot" {
        let message = format!(
            "{} commands, but only `Type=oneshot` runs several, and this is `Type={kind}`",
            commands.len()
        );
        let help = "set Type=oneshot, run the others by ExecStartPre=, or begin with an empty ExecStart= to replace the first";
        found.push(Breach::new(Lint::SeveralCommands, "Service", message).at("ExecStart").help(help));
    }
    let restart = last_right(unit, "Service", "Restart", "service-restart");
    if kind == "oneshot"
        && let Some(restart @ ("always" | "on-success")) = restart
    {
        let message =
            format!("`Restart={restart}` is not allowed for `Type=oneshot`: systemd refuses the service");
        let help = "a timer runs it again and again; `Restart=on-failure` is allowed";
        found.push(Breach::new(Lint::Contradiction, "Service", message).at("Restart").help(help));
    }
    if written == Some("dbus") && unit.value("Service", "BusName").is_none() {
        found.push(Breach::new(Lint::Contradiction, "Service", "`Type=dbus` needs a `BusName=`").at("Type"));
    }
    if unit.value("Service", "PAMName").is_some()
        && !matches!(unit.value("Service", "KillMode"), None | Some("control-group" | "mixed"))
    {
        let message = "`PAMName=` needs `KillMode=control-group` or `mixed`";
        found.push(Breach::new(Lint::Contradiction, "Service", message).at("KillMode").mild());
    }
    if remains && unit.value("Service", "ExitType") == Some("cgroup") {
        let message = "`RemainAfterExit=` does not go with `ExitType=cgroup`";
        found.push(Breach::new(Lint::Contradiction, "Service", message).at("ExitType"));
    }
    if kind == "oneshot" && unit.value("Service", "RuntimeMaxSec").is_some_and(|limit| limit != "infinity") {
        let message = "`RuntimeMaxSec=` does nothing for `Type=oneshot`";
        found.push(
            Breach::new(Lint::Contradiction, "Service", message)
                .at("RuntimeMaxSec")
                .help("use TimeoutStartSec=")
                .mild(),
        );
    }
    if unit.value("Service", "RuntimeRandomizedExtraSec").is_some()
        && unit.value("Service", "RuntimeMaxSec").is_none()
    {
        let message = "`RuntimeRandomizedExtraSec=` does nothing without `RuntimeMaxSec=`";
        found.push(
            Breach::new(Lint::Contradiction, "Service", message).at("RuntimeRandomizedExtraSec").mild(),
        );
    }
    if kind == "oneshot" && unit.value("Service", "ExitType") == Some("cgroup") {
        let message = "`ExitType=cgroup` does not go with `Type=oneshot`";
        found.push(Breach::new(Lint::Contradiction, "Service", message).at("ExitType"));
    }
}

fn timer(unit: &Unit, found: &mut Vec<Breach>) {
    const TRIGGERS: [&str; 6] =
        ["OnCalendar", "OnActiveSec", "OnBootSec", "OnStartupSec", "OnUnitActiveSec", "OnUnitInactiveSec"];
    let clock = unit.boolean("Timer", "OnClockChange") == Some(true)
        || unit.boolean("Timer", "OnTimezoneChange") == Some(true);
    if !clock && TRIGGERS.iter().all(|trigger| unit.values("Timer", trigger).is_empty()) {
        let message = "the timer has no `OnCalendar=`, `OnBootSec=` or other time at which it elapses";
        found.push(Breach::new(Lint::NoTrigger, "Timer", message));
        return;
    }
    let has = |trigger: &&str| !unit.values("Timer", trigger).is_empty();
    let relative = ["OnUnitActiveSec", "OnUnitInactiveSec"];
    if !clock && relative.iter().any(has) && !TRIGGERS.iter().take(4).any(has) {
        let message = "the timer counts from the last run alone, so that nothing starts the first one";
        let help = "add OnStartupSec= or OnActiveSec= for the first run";
        let at = if has(&"OnUnitActiveSec") { "OnUnitActiveSec" } else { "OnUnitInactiveSec" };
        found.push(Breach::new(Lint::NoTrigger, "Timer", message).at(at).help(help).mild());
    }
    if unit.boolean("Timer", "Persistent") == Some(true) && unit.values("Timer", "OnCalendar").is_empty() {
        let message = "`Persistent=` does something for `OnCalendar=` only";
        found.push(Breach::new(Lint::Contradiction, "Timer", message).at("Persistent").mild());
    }
}

/// What a socket unit can listen on.
const LISTENS: [&str; 8] = [
    "ListenStream",
    "ListenDatagram",
    "ListenSequentialPacket",
    "ListenFIFO",
    "ListenNetlink",
    "ListenSpecial",
    "ListenMessageQueue",
    "ListenUSBFunction",
];

fn socket(unit: &Unit, found: &mut Vec<Breach>) {
    let streams = ["ListenStream", "ListenSequentialPacket", "ListenFIFO", "ListenSpecial"];
    let has = |listen: &&str| !unit.values("Socket", listen).is_empty();
    if !LISTENS.iter().any(has) {
        let message = "the socket unit has no `ListenStream=` or other thing that it listens on";
        found.push(Breach::new(Lint::NoTrigger, "Socket", message));
        return;
    }
    let accepts = unit.boolean("Socket", "Accept") == Some(true);
    if accepts && LISTENS.iter().filter(|listen| has(listen)).any(|listen| !streams.contains(listen)) {
        let message = "`Accept=yes` goes with connections only, as of `ListenStream=`";
        found.push(Breach::new(Lint::Contradiction, "Socket", message).at("Accept"));
    }
    if accepts && unit.value("Socket", "Service").is_some() {
        let message = "`Accept=yes` starts an instance for each connection, so `Service=` cannot be set";
        found.push(Breach::new(Lint::Contradiction, "Socket", message).at("Service"));
    }
    if accepts && unit.value("Socket", "MaxConnections") == Some("0") {
        let message = "`MaxConnections=` of a socket with `Accept=yes` has to be above 0";
        found.push(Breach::new(Lint::Contradiction, "Socket", message).at("MaxConnections"));
    }
}

fn path(unit: &Unit, found: &mut Vec<Breach>) {
    const WATCHES: [&str; 5] =
        ["PathExists", "PathExistsGlob", "PathChanged", "PathModified", "DirectoryNotEmpty"];
    if WATCHES.iter().all(|watch| unit.values("Path", watch).is_empty()) {
        let message = "the path unit has no `PathExists=`, `PathChanged=` or other path that it watches";
        found.push(Breach::new(Lint::NoTrigger, "Path", message));
    }
}

/// Mounts and automounts: their names follow from where they are.
fn required(
    name: &UnitName,
    unit: &Unit,
    section: &'static str,
    needed: &[&'static str],
    found: &mut Vec<Breach>,
) {
    for directive in needed {
        if unit.value(section, directive).is_none() {
            found.push(Breach::new(Lint::Contradiction, section, format!("the unit needs `{directive}=`")));
        }
    }
    if let Some(place) = unit.value(section, "Where").filter(|place| place.starts_with('/')) {
        let escaped = escape_path(place);
        if escaped != name.prefix() {
            let message = format!("a unit for {place} has to be named `{escaped}.{}`", name.unit_type());
            found.push(Breach::new(Lint::Contradiction, section, message).at("Where"));
        }
    }
}

/// A path as the name of a unit, as `systemd-escape --path` makes it.
fn escape_path(path: &str) -> String {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    if parts.is_empty() {
        return "-".to_owned();
    }
    let mut escaped = String::new();
    for (index, byte) in parts.join("/").bytes().enumerate() {
        match byte {
            b'/' => escaped.push('-'),
            b'.' if index == 0 => escaped.push_str("\\x2e"),
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b':' | b'_' | b'.' => escaped.push(char::from(byte)),
            other => escaped.push_str(&format!("\\x{other:02x}")),
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_mounts() {
        for (path, expected) in
            [("/", "-"), ("/home/u", "home-u"), ("/a-b//c/", r"a\x2db-c"), ("/.x/y", r"\x2ex-y")]
        {
            assert_eq!(escape_path(path), expected, "{path}");
        }
    }
}
