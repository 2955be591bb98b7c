//! The units of the current generation, by the names that people type.

use std::collections::BTreeSet;

use hm_generation::{Generation, Numbered};
use systemd_user::{UnitName, UnitSet, UnitType, suggest};

use crate::environment::Environment;
use crate::error::CommandError;
use crate::home;
use crate::output::Output;
use crate::units;

/// The current generation and its units.
pub(crate) struct Managed {
    pub(crate) current: Numbered,
    pub(crate) generation: Generation,
    pub(crate) units: UnitSet,
}

impl Managed {
    /// Reads the current generation; none before the first switch.
    ///
    /// # Errors
    /// When it cannot be read.
    pub(crate) fn current(
        environment: &Environment,
        output: &Output,
    ) -> Result<Option<Managed>, CommandError> {
        let Some(current) = home::profile(environment).current()? else { return Ok(None) };
        let generation = Generation::read(&current.target)?;
        let units = units::read_units(&generation, output)?;
        Ok(Some(Managed { current, generation, units }))
    }

    /// Whether the generation says something about a unit, or it is an instance of one of its templates.
    pub(crate) fn has(&self, name: &UnitName) -> bool {
        let known = |name: &UnitName| {
            self.generation.manifest.units.contains_key(name.as_str())
                || self.units.fragment(name).is_some()
                || self.units.has_drop_ins(name)
        };
        known(name) || name.template().is_some_and(|template| known(&template))
    }

    /// Where the configuration defines a unit, or the template that it is an instance of: `FILE:LINE:COLUMN`.
    pub(crate) fn defined(&self, name: &UnitName) -> Option<String> {
        units::defined(&self.generation, name).map(ToString::to_string)
    }

    /// Every name that a unit can be called by, templates among them.
    pub(crate) fn names(&self) -> BTreeSet<UnitName> {
        names(&self.generation, &self.units)
    }
}

/// Every name that a unit of a generation can be called by: its units and templates, and the instances that it links to.
pub(crate) fn names(generation: &Generation, units: &UnitSet) -> BTreeSet<UnitName> {
    let mut names = units.names();
    names.extend(generation.manifest.units.keys().filter_map(|name| UnitName::new(name.as_str()).ok()));
    let instances = units.links().iter().map(|link| &link.to);
    let instances =
        instances.filter(|name| name.template().is_some_and(|template| names.contains(&template)));
    let instances: Vec<UnitName> = instances.cloned().collect();
    names.extend(instances);
    names
}

/// The unit that a word on the command line means: a service where it names no type.
///
/// # Errors
/// When it cannot be the name of a unit.
pub(crate) fn unit_name(text: &str) -> Result<UnitName, CommandError> {
    let has_type = text.rsplit_once('.').is_some_and(|(_, suffix)| UnitType::from_suffix(suffix).is_some());
    let name = if has_type { text.to_owned() } else { format!("{text}.service") };
    UnitName::new(name).map_err(|error| CommandError::user(error.to_string()))
}

/// That nobody knows a unit, with the one that may be meant.
pub(crate) fn unknown(name: &UnitName, managed: Option<&Managed>) -> CommandError {
    let error = CommandError::user(format!("there is no unit {name}"));
    let names = managed.map(Managed::names).unwrap_or_default();
    match nearest(name, &names) {
        Some(found) => error.hint(format!("did you mean `{found}`?")),
        None => error.hint("`hm status` lists the units of the current generation"),
    }
}

/// The name that is most like one that there is not. The same name with another type is nearer than any mistyped one.
fn nearest<'n>(name: &UnitName, names: &'n BTreeSet<UnitName>) -> Option<&'n UnitName> {
    let stem = |name: &UnitName| name.as_str().rsplit_once('.').map(|(stem, _)| stem.to_owned());
    names.iter().find(|known| stem(known) == stem(name)).or_else(|| {
        // Types are long and alike: what is mistyped is mostly before them.
        let stems: Vec<(String, &UnitName)> =
            names.iter().filter_map(|known| Some((stem(known)?, known))).collect();
        let of_type = stems.iter().filter(|(_, known)| known.unit_type() == name.unit_type());
        let others = stems.iter().filter(|(_, known)| known.unit_type() != name.unit_type());
        let wanted = stem(name)?;
        let ordered: Vec<&(String, &UnitName)> = of_type.chain(others).collect();
        let found = suggest::nearest(&wanted, ordered.iter().map(|(stem, _)| stem.as_str()))?;
        ordered.iter().find(|(stem, _)| stem == found).map(|(_, known)| *known)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_for_units() {
        let name = |text| unit_name(text).map(|name| name.to_string()).map_err(|error| error.message);
        assert_eq!(name("a"), Ok("a.service".to_owned()));
        assert_eq!(name("a.timer"), Ok("a.timer".to_owned()));
        assert_eq!(name("a.b"), Ok("a.b.service".to_owned()));
        assert_eq!(name("a@x"), Ok("a@x.service".to_owned()));
        assert!(name("a b").is_err() && name("").is_err());
    }

    #[test]
    fn units_that_may_be_meant() {
        let names: BTreeSet<UnitName> =
            ["backup.timer", "watch.path", "watch.service", "greet.service", "log@.service"]
                .map(|name| UnitName::new(name).unwrap())
                .into();
        let check = |text, expected: Option<&str>| {
            let found = nearest(&unit_name(text).unwrap(), &names);
            assert_eq!(found.map(UnitName::as_str), expected, "{text}");
        };
        check("grete", Some("greet.service"));
        check("backup", Some("backup.timer"));
        check("wathc", Some("watch.service"));
        check("wathc.path", Some("watch.path"));
        check("else", None);
    }
}
