//! All that the manager's loaded units say: what they refer to must not be deleted while the manager may start it.
//!
//! The manager remembers the commands of a unit as they were when it read the unit's file, which may be gone or
//! another since.

use std::time::Instant;

use zbus::zvariant::Value;

use super::link::{Call, Reply};
use super::properties::{Properties, unit_path};
use super::{CALL_LIMIT, Manager};
use crate::error::Error;
use crate::name::UnitType;

impl Manager {
    /// Every text in the properties of the units that the manager has loaded, running or not: commands, environments,
    /// places of files. A unit that is unloaded meanwhile is passed over.
    ///
    /// # Errors
    /// When the manager does not answer.
    pub fn texts_of_loaded_units(&mut self) -> Result<Vec<String>, Error> {
        let deadline = Instant::now() + CALL_LIMIT;
        let units = self.list_units(deadline)?;
        // Devices are many and say nothing of their own.
        let names = units.keys().filter(|name| name.unit_type() != UnitType::Device);
        let calls = names.map(|name| Call::get_all(&unit_path(name))).collect::<Result<Vec<_>, _>>()?;
        let mut texts = Vec::new();
        for reply in self.link.call_all(calls, deadline)? {
            match reply {
                Reply::Answer(message) => {
                    Properties::of(&message).each(&mut |value| collect(value, &mut texts))
                }
                Reply::Refused { .. } => {}
                Reply::Silence => {
                    let seconds = CALL_LIMIT.as_secs_f64();
                    return Err(Error::Silent { call: "GetAll".to_owned(), seconds });
                }
            }
        }
        Ok(texts)
    }
}

/// Adds the texts in `value`, however deep.
fn collect(value: &Value<'_>, texts: &mut Vec<String>) {
    match value {
        Value::Str(text) => texts.push(text.as_str().to_owned()),
        Value::Value(inner) => collect(inner, texts),
        Value::Array(array) => array.iter().for_each(|inner| collect(inner, texts)),
        Value::Structure(structure) => structure.fields().iter().for_each(|inner| collect(inner, texts)),
        Value::Dict(dict) => dict.iter().for_each(|(key, inner)| {
            collect(key, texts);
            collect(inner, texts);
        }),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_found_at_any_depth() {
        let commands = Value::from(vec![("/s/bin/a", vec!["/s/bin/a", "x"], true)]);
        let mut texts = Vec::new();
        collect(&Value::Value(Box::new(commands)), &mut texts);
        assert_eq!(texts, ["/s/bin/a", "/s/bin/a", "x"]);
    }
}
