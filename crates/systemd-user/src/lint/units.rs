//! The units as wholes, and all of them together.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use super::catalog::{Lint, Severity};
use super::graph::{self, Known, Order, STARTERS, triggered};
use super::kind::{Problem, Subject};
use super::place::{self, Place};
use super::words::Words;
use super::{About, Linter, Options, rules, specifier};
use crate::name::{UnitName, UnitType};
use crate::unit::{Entry, Unit};
use crate::unit_set::{Fragment, Source, UnitSet};

/// The units that there are, for references.
pub(super) struct Names<'a> {
    known: graph::Names<'a>,
    /// Whether units of others can be looked for; without that, nothing is said of what is not in the set.
    complete: bool,
}

/// Gathers the names that references may lead to.
pub(super) fn names<'a>(units: &'a UnitSet, options: &'a Options<'a>) -> Names<'a> {
    let own = units.names();
    let mut aliases = BTreeSet::new();
    for name in &own {
        if let Some(unit) = units.definition(name) {
            let words = unit.raw_values("Install", "Alias").flat_map(str::split_whitespace);
            aliases.extend(words.filter_map(|word| UnitName::new(word).ok()));
        }
    }
    let complete = !options.unit_dirs.is_empty();
    Names { known: graph::Names { own, aliases, dirs: options.unit_dirs, stores: options.stores }, complete }
}

impl Names<'_> {
    /// Looks whether the units exist that a value refers to.
    pub(super) fn check_references(&self, subject: &Subject<'_>, section: &str, out: &mut Vec<Problem>) {
        let fails = match (section, subject.directive) {
            ("Unit", "Requires" | "BindsTo" | "Requisite") => true,
            ("Install", "WantedBy" | "RequiredBy" | "UpheldBy" | "Also") => false,
            ("Unit", _) if subject.kind == "unit-deps" => false,
            _ => return,
        };
        for word in Words::plain(subject.value).flatten() {
            let Ok(name) = UnitName::new(&*word.text) else { continue };
            if specifier::any(&word.text) {
                continue;
            }
            match self.known.know(&name) {
                Known::Yes => {}
                Known::System(instead) => {
                    let message =
                        format!("{name} is one of the system's manager; the user's manager has no such unit");
                    let help = match instead {
                        Some(instead) => format!("did you mean `{instead}`?"),
                        None => "units of a user cannot wait for units of the system".to_owned(),
                    };
                    out.push(self.problem(word.at, message, fails).help(help));
                }
                Known::No if self.complete => {
                    let message = format!("there is no unit {name}");
                    let help = self.known.nearest(&name).map(|found| format!("did you mean `{found}`?"));
                    out.push(self.problem(word.at, message, fails).help(help));
                }
                Known::No => {}
            }
        }
    }

    fn problem(&self, at: std::ops::Range<usize>, message: String, fails: bool) -> Problem {
        let severity = fails.then_some(Severity::Error);
        Problem { severity, ..Problem::new(Lint::UnknownUnit, at, message) }
    }
}

/// The files of a unit, its own first, then drop-ins.
fn files<'a>(
    name: &UnitName,
    sources: &'a BTreeMap<&str, Vec<&'a Source>>,
) -> impl Iterator<Item = &'a Source> {
    let own = sources.get(name.as_str()).into_iter().flatten();
    let template = name.template().and_then(|template| sources.get(template.as_str())).into_iter().flatten();
    let general = sources.get(name.unit_type().suffix()).into_iter().flatten();
    own.chain(template).chain(general).copied()
}

/// Where something of a unit is written: the last assignment of a directive, else the section's header.
fn locate<'a>(
    units: &UnitSet,
    files: impl Iterator<Item = &'a Source>,
    section: &str,
    directive: Option<&str>,
    value: Option<&str>,
) -> Option<(&'a Source, Place)> {
    let (mut found, mut header, mut start) = (None, None, None);
    for source in files {
        let Some(unit) = units.source_unit(source) else { continue };
        start = start.or_else(|| Some((source, place::line(&source.text, 1))));
        for part in unit.sections.iter().filter(|part| part.name == section) {
            header = header.or_else(|| Some((source, place::line(&source.text, part.line))));
            let fits = |entry: &&Entry| Some(entry.key.as_str()) == directive;
            for entry in part.entries.iter().filter(fits) {
                match value {
                    None => found = Some((source, place::key(&source.text, entry))),
                    Some(value) => {
                        if let Some(at) = entry.value.find(value) {
                            let part = at..at + value.len();
                            found = Some((source, place::value(&source.text, entry, &part)));
                        }
                    }
                }
            }
        }
    }
    found.or(header).or(start)
}

impl Linter<'_> {
    /// Checks units as wholes.
    pub(super) fn units(&mut self, units: &UnitSet, sources: &[Source], names: &Names<'_>) {
        let mut files_of: BTreeMap<&str, Vec<&Source>> = BTreeMap::new();
        for source in sources {
            files_of.entry(source.unit.as_str()).or_default().push(source);
        }
        let mut definitions: BTreeMap<UnitName, Cow<'_, Unit>> = BTreeMap::new();
        for name in &names.known.own {
            // A unit whose file is elsewhere is not known as a whole.
            if matches!(units.fragment(name), Some(Fragment::File(_)))
                && let Some(unit) = units.definition(name)
            {
                definitions.insert(name.clone(), unit);
            }
        }
        for (name, unit) in &definitions {
            for breach in rules::check(name, unit) {
                let at = locate(units, files(name, &files_of), breach.section, breach.directive, None);
                let Some((source, place)) = at else { continue };
                let about =
                    About { source, section: Some(breach.section), directive: breach.directive, value: None };
                let severity = breach.mild.then_some(Severity::Warning);
                self.push(
                    breach.lint,
                    severity,
                    about,
                    place,
                    breach.message,
                    breach.help.map(str::to_owned),
                );
            }
            self.missing_service(units, names, &files_of, name, unit);
        }
        self.never_started(units, &files_of, &definitions);
        self.cycles(units, &files_of, &definitions);
    }

    fn missing_service(
        &mut self,
        units: &UnitSet,
        names: &Names<'_>,
        files_of: &BTreeMap<&str, Vec<&Source>>,
        name: &UnitName,
        unit: &Unit,
    ) {
        let Some((service, directive)) = triggered(name, unit) else { return };
        // Without the folders of other units, only the timer that has neither Unit= nor a service of its name is certain.
        if names.known.know(&service) == Known::Yes || !names.complete && directive.is_some() {
            return;
        }
        let section = super::files::section_of(name.unit_type()).unwrap_or_default();
        let value = directive.map(|_| service.as_str());
        let at = locate(units, files(name, files_of), section, directive, value);
        let Some((source, place)) = at else { return };
        let message = match directive {
            Some(_) => format!("there is no unit {service} for the {} to start", name.unit_type()),
            None => format!(
                "the {} has no `{}=`, and there is no {service}",
                name.unit_type(),
                match name.unit_type() {
                    UnitType::Socket => "Service",
                    UnitType::Automount => "Where",
                    _ => "Unit",
                }
            ),
        };
        let help = names.known.nearest(&service).map(|found| format!("did you mean `{found}`?"));
        let about = About { source, section: Some(section), directive, value };
        self.push(Lint::MissingService, None, about, place, message, help);
    }

    fn never_started(
        &mut self,
        units: &UnitSet,
        files_of: &BTreeMap<&str, Vec<&Source>>,
        definitions: &BTreeMap<UnitName, Cow<'_, Unit>>,
    ) {
        let mut started: BTreeSet<UnitName> = units.edges().into_iter().map(|edge| edge.to).collect();
        for (name, unit) in definitions {
            started.extend(triggered(name, unit).map(|(service, _)| service));
            let starters = STARTERS.iter().flat_map(|directive| unit.raw_values("Unit", directive));
            let also = unit.raw_values("Service", "Sockets").chain(unit.raw_values("Install", "Also"));
            let words = starters.chain(also).flat_map(str::split_whitespace);
            started.extend(words.filter_map(|word| UnitName::new(word).ok()));
        }
        for (name, unit) in definitions {
            let kind = name.unit_type();
            let is_asked =
                matches!(kind, UnitType::Service | UnitType::Timer | UnitType::Socket | UnitType::Path);
            let installs = ["WantedBy", "RequiredBy", "UpheldBy", "Alias"];
            let installed =
                installs.iter().any(|directive| unit.raw_values("Install", directive).any(|v| !v.is_empty()));
            let by_bus = unit.value("Service", "BusName").is_some();
            if !is_asked || name.is_template() || installed || by_bus || started.contains(name) {
                continue;
            }
            let Some((source, place)) = locate(units, files(name, files_of), "Install", None, None) else {
                continue;
            };
            let message = format!("nothing starts {name}: no unit wants it, and it has no `WantedBy=`");
            let target = match kind {
                UnitType::Timer => "timers.target",
                UnitType::Socket => "sockets.target",
                UnitType::Path => "paths.target",
                _ => "default.target",
            };
            let help = Some(format!("with `WantedBy={target}` in [Install] it starts with each session"));
            let about = About { source, section: None, directive: None, value: None };
            self.push(Lint::NeverStarted, None, about, place, message, help);
        }
    }

    fn cycles(
        &mut self,
        units: &UnitSet,
        files_of: &BTreeMap<&str, Vec<&Source>>,
        definitions: &BTreeMap<UnitName, Cow<'_, Unit>>,
    ) {
        for cycle in Order::of(definitions).cycles() {
            let Some((first, _)) = cycle.first() else { continue };
            let mut message = "units wait for each other: ".to_owned();
            for (unit, _) in &cycle {
                _ = write!(message, "{unit} -> ");
            }
            _ = write!(message, "{first}");
            let mut help = "one of these has to go, or systemd leaves a unit out:".to_owned();
            for (index, (unit, why)) in cycle.iter().enumerate() {
                let next = cycle.get(index + 1).map_or(first, |(next, _)| next);
                _ = match *why {
                    "Before" => write!(help, " Before={unit} in {next},"),
                    "Unit" => write!(help, " {next} starts {unit},"),
                    _ => write!(help, " {why}={next} in {unit},"),
                };
            }
            help.pop();
            // The first step whose directive is in the unit's own file shows where to look.
            let at = cycle.iter().enumerate().find_map(|(index, (unit, why))| {
                let next = cycle.get(index + 1).or(cycle.first())?;
                let (written, other) = if *why == "Before" { (&next.0, unit) } else { (unit, &next.0) };
                let found = locate(units, files(written, files_of), "Unit", Some(why), Some(other.as_str()))?;
                (found.1.line > 1).then_some((found, *why))
            });
            let Some(((source, place), why)) = at else { continue };
            let about = About { source, section: Some("Unit"), directive: Some(why), value: None };
            self.push(Lint::OrderingCycle, None, about, place, message, Some(help));
        }
    }
}
