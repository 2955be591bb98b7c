//! The environment of a running manager, after it has read the files of a new generation.

use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use super::link::{Call, Reply};
use super::{MANAGER, MANAGER_PATH, Manager};
use crate::environment::EnvironmentChange;
use crate::error::Error;
use zbus::zvariant::OwnedValue;

impl Manager {
    /// The variables that units get.
    ///
    /// # Errors
    /// When the manager does not answer.
    pub fn environment(&mut self) -> Result<BTreeMap<String, String>, Error> {
        self.environment_until(Instant::now() + super::CALL_LIMIT)
    }

    fn environment_until(&mut self, deadline: Instant) -> Result<BTreeMap<String, String>, Error> {
        let call = Call::get(MANAGER_PATH, MANAGER, "Environment")?;
        let label = call.label.clone();
        let value: OwnedValue = self.ask_until(call, deadline)?;
        let assignments = Vec::<String>::try_from(value)
            .map_err(|error| Error::Bus { call: label, source: Box::new(error.into()) })?;
        let pairs = assignments.iter().filter_map(|assignment| assignment.split_once('='));
        Ok(pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    /// Makes the files' values of the variables that have changed hold against those that a session imported.
    pub(super) fn settle_environment(
        &mut self,
        change: &EnvironmentChange,
        deadline: Instant,
    ) -> Result<(), Error> {
        let names: Vec<&str> = change.names().collect();
        let before = self.environment_until(deadline)?;
        self.command(Call::manager("UnsetEnvironment", &names)?, deadline)?;
        let after = self.environment_until(deadline)?;
        // A list that has changed by this was a session's own: it keeps what else is in it.
        let lists: HashMap<&str, String> = change
            .lists
            .iter()
            .filter_map(|(name, list)| {
                let imported = before.get(name).filter(|value| after.get(name) != Some(*value))?;
                Some((name.as_str(), list.apply(imported)))
            })
            .filter(|(name, value)| after.get(*name) != Some(value))
            .collect();
        if lists.is_empty() {
            return Ok(());
        }
        let assignments: Vec<String> = lists.iter().map(|(name, value)| format!("{name}={value}")).collect();
        self.command(Call::manager("SetEnvironment", &assignments)?, deadline)
    }

    /// Makes a call that is answered by nothing.
    fn command(&mut self, call: Call, deadline: Instant) -> Result<(), Error> {
        let (label, began) = (call.label.clone(), Instant::now());
        match self.link.call_all(vec![call], deadline)?.into_iter().next() {
            Some(Reply::Answer(_)) => Ok(()),
            Some(Reply::Refused { name, message }) => Err(Error::Refused { call: label, name, message }),
            Some(Reply::Silence) | None => {
                Err(Error::Silent { call: label, seconds: began.elapsed().as_secs_f64() })
            }
        }
    }
}
