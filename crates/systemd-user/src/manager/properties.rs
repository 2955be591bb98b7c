//! The properties of one unit, as `GetAll` returns them, read by name.

use std::collections::HashMap;

use zbus::message::Message;
use zbus::zvariant::{OwnedValue, Value};

use super::report::ExitStatus;
use crate::name::UnitName;

/// Properties by name. One that is missing or of another type than expected reads as `None`: not
/// every type of unit and not every version of systemd has all of them.
pub(super) struct Properties(HashMap<String, OwnedValue>);

impl Properties {
    pub(super) fn of(message: &Message) -> Self {
        Self(message.body().deserialize().unwrap_or_default())
    }

    /// Shows every value.
    pub(super) fn each(&self, show: &mut dyn FnMut(&Value<'_>)) {
        self.0.values().for_each(|value| show(value));
    }

    fn get<T: TryFrom<OwnedValue>>(&self, name: &str) -> Option<T> {
        T::try_from(self.0.get(name)?.try_clone().ok()?).ok()
    }

    /// A text; an empty one counts as missing.
    pub(super) fn text(&self, name: &str) -> Option<String> {
        self.get::<String>(name).filter(|text| !text.is_empty())
    }

    pub(super) fn flag(&self, name: &str) -> bool {
        self.get(name).unwrap_or(false)
    }

    pub(super) fn u32(&self, name: &str) -> Option<u32> {
        self.get(name)
    }

    /// A number for which systemd writes "none" as the highest one.
    pub(super) fn u64(&self, name: &str) -> Option<u64> {
        self.get(name).filter(|value| *value != u64::MAX)
    }

    /// A point in time, for which systemd writes "never" as 0.
    pub(super) fn time(&self, name: &str) -> Option<u64> {
        self.u64(name).filter(|value| *value != 0)
    }

    /// The invocation id in the form the journal uses; `None` for a unit that was never started.
    pub(super) fn invocation_id(&self) -> Option<String> {
        let bytes: Vec<u8> = self.get("InvocationID")?;
        (!bytes.is_empty()).then(|| bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }

    /// How the main process of a service ended, if it has.
    pub(super) fn exit_status(&self) -> Option<ExitStatus> {
        let status: i32 = self.get("ExecMainStatus")?;
        // The codes of waitid(2).
        match self.get::<i32>("ExecMainCode")? {
            1 => Some(ExitStatus::Exited(status)),
            2 => Some(ExitStatus::Killed(status)),
            3 => Some(ExitStatus::Dumped(status)),
            _ => None,
        }
    }
}

/// The object of a unit. Reading a property of it loads the unit.
pub(super) fn unit_path(unit: &UnitName) -> String {
    use std::fmt::Write;
    let mut path = String::from("/org/freedesktop/systemd1/unit/");
    for (index, byte) in unit.as_str().bytes().enumerate() {
        if byte.is_ascii_alphabetic() || (index > 0 && byte.is_ascii_digit()) {
            path.push(char::from(byte));
        } else {
            let _ = write!(path, "_{byte:02x}");
        }
    }
    path
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_of_units() {
        let path = |name: &str| unit_path(&UnitName::new(name).unwrap());
        assert_eq!(path("a-b.service"), "/org/freedesktop/systemd1/unit/a_2db_2eservice");
        assert_eq!(path("1a@2.timer"), "/org/freedesktop/systemd1/unit/_31a_402_2etimer");
    }
}
