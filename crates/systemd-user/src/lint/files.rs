//! One file, line by line.

use std::ops::Range;

use super::catalog::{Lint, Severity};
use super::kind::{self, Problem, Subject};
use super::table::REMOVED;
use super::units::Names;
use super::words::Words;
use super::{About, Linter, Table, exec, place, program, secret};
use crate::name::{UnitName, UnitType};
use crate::suggest;
use crate::unit::{Entry, Section, Unit};
use crate::unit_set::Source;

/// The section that units of a type have for themselves.
pub(super) fn section_of(unit_type: UnitType) -> Option<&'static str> {
    match unit_type {
        UnitType::Automount => Some("Automount"),
        UnitType::Mount => Some("Mount"),
        UnitType::Path => Some("Path"),
        UnitType::Scope => Some("Scope"),
        UnitType::Service => Some("Service"),
        UnitType::Slice => Some("Slice"),
        UnitType::Socket => Some("Socket"),
        UnitType::Swap => Some("Swap"),
        UnitType::Timer => Some("Timer"),
        UnitType::Device | UnitType::Target => None,
    }
}

/// The type of the units that a file is for: its name may be that of a type, as in `service.d`.
fn type_of(source: &Source) -> Option<UnitType> {
    match UnitName::new(source.unit.as_str()) {
        Ok(name) => Some(name.unit_type()),
        Err(_) => UnitType::from_suffix(&source.unit),
    }
}

impl Linter<'_> {
    /// Checks a file.
    pub(super) fn file(&mut self, source: &Source, unit: &Unit, names: &Names<'_>) {
        for error in &source.errors {
            let about = About { source, section: None, directive: None, value: None };
            let place = place::line(&source.text, error.line);
            let severity = match error.kind {
                // systemd reads the line all the same.
                crate::unit::SyntaxErrorKind::UnfinishedContinuation => Some(Severity::Warning),
                _ => None,
            };
            self.push(Lint::Syntax, severity, about, place, error.kind.to_string(), None);
        }
        let Some(unit_type) = type_of(source) else { return };
        let own = section_of(unit_type);
        let known = |name: &str| name == "Unit" || name == "Install" || Some(name) == own;
        for section in &unit.sections {
            if section.name.starts_with("X-") {
                continue;
            }
            if !known(&section.name) {
                self.unknown_section(source, section, unit_type);
                continue;
            }
            for entry in &section.entries {
                self.entry(source, unit, section, entry, unit_type, names);
            }
        }
    }

    fn unknown_section(&mut self, source: &Source, section: &Section, unit_type: UnitType) {
        let name = section.name.as_str();
        let candidates = ["Unit", "Install"].into_iter().chain(section_of(unit_type));
        let place = place::line(&source.text, section.line);
        let about = About { source, section: Some(name), directive: None, value: None };
        let (message, help) = match self.options.table.sections().find(|known| *known == name) {
            Some(_) => (
                format!("systemd ignores the section [{name}] in a unit of type {unit_type}"),
                Some(format!("it belongs into a `.{}` unit", name.to_ascii_lowercase())),
            ),
            None => (
                format!("there is no section [{name}] in a unit of type {unit_type}"),
                suggest::nearest(name, candidates).map(|found| format!("did you mean [{found}]?")),
            ),
        };
        self.push(Lint::UnknownSection, None, about, place, message, help);
    }

    fn entry(
        &mut self,
        source: &Source,
        unit: &Unit,
        section: &Section,
        entry: &Entry,
        unit_type: UnitType,
        names: &Names<'_>,
    ) {
        if entry.key.starts_with("X-") {
            return;
        }
        let about = About { source, section: Some(&section.name), directive: Some(&entry.key), value: None };
        let Some(known) = self.options.table.get(&section.name, &entry.key) else {
            return self.unknown_directive(about, entry, unit_type);
        };
        if known.kind == REMOVED {
            let message = format!("`{}=` does nothing any more", entry.key);
            return self.push(Lint::Obsolete, None, about, place::key(&source.text, entry), message, None);
        }
        self.limit(about, entry);
        if let Some(instead) = instead(&entry.key) {
            let message = format!("`{}=` is obsolete; `{instead}=` has taken its place", entry.key);
            self.push(Lint::Obsolete, None, about, place::key(&source.text, entry), message, None);
        }
        let Ok(name) =
            UnitName::new(source.unit.as_str()).or_else(|_| UnitName::new(format!("x.{unit_type}")))
        else {
            return;
        };
        let subject = Subject {
            unit: &name,
            directive: &entry.key,
            kind: known.kind,
            value: &entry.value,
            version: self.options.table.version(),
        };
        let mut problems = Vec::new();
        match known.kind {
            "exec" if !entry.value.is_empty() => {
                let commands = exec::parse(&subject, &mut problems);
                if !is_reset_later(unit, &section.name, entry) {
                    let options = self.options;
                    for command in &commands {
                        program::check(command, options, &mut |path| self.program(path), &mut problems);
                    }
                }
            }
            "environ" => {
                kind::check(&subject, &mut problems);
                secrets(&entry.value, &mut problems);
            }
            _ => kind::check(&subject, &mut problems),
        }
        if problems.is_empty() {
            names.check_references(&subject, &section.name, &mut problems);
        }
        for problem in problems {
            self.problem(source, section, entry, problem);
        }
    }

    fn problem(&mut self, source: &Source, section: &Section, entry: &Entry, problem: Problem) {
        let Problem { lint, severity, at, message, help } = problem;
        // Where a mark at nothing would be, the directive is meant.
        let place = match at.is_empty() {
            true => place::key(&source.text, entry),
            false => place::value(&source.text, entry, &at),
        };
        let shown = (lint != Lint::ExposedSecret).then(|| entry.value.get(at)).flatten();
        let is_secret = section.name != "Unit" && entry.key == "Environment";
        let value = shown.filter(|part| !part.is_empty() && !is_secret);
        let about = About { source, section: Some(&section.name), directive: Some(&entry.key), value };
        self.push(lint, severity, about, place, message, help);
    }

    fn unknown_directive(&mut self, about: About<'_>, entry: &Entry, unit_type: UnitType) {
        let table = self.options.table;
        let (section, key) = (about.section.unwrap_or_default(), entry.key.as_str());
        let place = place::key(&about.source.text, entry);
        let own = ["Unit", "Install"].into_iter().chain(section_of(unit_type));
        if let Some(right) = own.clone().find(|right| table.get(right, key).is_some()) {
            let message = format!("`{key}=` is not read in [{section}]");
            let help = Some(format!("it belongs into [{right}]"));
            return self.push(Lint::WrongSection, None, about, place, message, help);
        }
        if let Some(since) = Table::since(table.version(), section, key) {
            let message = format!(
                "systemd {} does not know `{key}=` and ignores it; release {since} does",
                table.version()
            );
            return self.push(Lint::NewerSystemd, None, about, place, message, None);
        }
        let names = |section: &str| table.section(section).iter().map(|known| known.name).collect::<Vec<_>>();
        let (message, help) = if let Some(found) = suggest::nearest(key, names(section)) {
            (
                format!("there is no directive `{key}=` in [{section}]"),
                Some(format!("did you mean `{found}`?")),
            )
        } else if let Some((right, found)) = own
            .filter(|other| *other != section)
            .find_map(|other| Some((other, suggest::nearest(key, names(other))?)))
        {
            (format!("there is no directive `{key}=`"), Some(format!("did you mean `{found}` in [{right}]?")))
        } else if let Some(other) = table.sections().find(|other| table.get(other, key).is_some()) {
            (
                format!("`{key}=` is not for units of type {unit_type}"),
                Some(format!("it belongs into [{other}] of a `.{}` unit", other.to_ascii_lowercase())),
            )
        } else {
            let help = "a name that begins with `X-` is for other programs, and systemd ignores it silently";
            (format!("there is no directive `{key}=` in [{section}]"), Some(help.to_owned()))
        };
        let lint =
            if message.contains("not for units") { Lint::WrongSection } else { Lint::UnknownDirective };
        self.push(lint, None, about, place, message, help);
    }
}

/// What has taken the place of a directive that systemd reads and warns of.
fn instead(directive: &str) -> Option<&'static str> {
    match directive {
        "RequiresOverridable" => Some("Requires"),
        "RequisiteOverridable" => Some("Requisite"),
        "MemoryLimit" => Some("MemoryMax"),
        "CPUShares" => Some("CPUWeight"),
        "StartupCPUShares" => Some("StartupCPUWeight"),
        "BlockIOAccounting" => Some("IOAccounting"),
        "BlockIOWeight" => Some("IOWeight"),
        "StartupBlockIOWeight" => Some("StartupIOWeight"),
        "BlockIODeviceWeight" => Some("IODeviceWeight"),
        "BlockIOReadBandwidth" => Some("IOReadBandwidthMax"),
        "BlockIOWriteBandwidth" => Some("IOWriteBandwidthMax"),
        _ => None,
    }
}

/// Whether a later empty assignment in the same file takes an entry back.
fn is_reset_later(unit: &Unit, section: &str, entry: &Entry) -> bool {
    let later = unit.sections.iter().filter(|other| other.name == section).flat_map(|other| &other.entries);
    later
        .filter(|other| other.line > entry.line)
        .any(|other| other.key == entry.key && other.value.is_empty())
}

/// Assignments that look like secrets. Neither the value nor a part of it is repeated.
fn secrets(value: &str, out: &mut Vec<Problem>) {
    for word in Words::quoted(value).flatten() {
        let Some((name, secret)) = word.text.split_once('=') else { continue };
        if let Some(why) = secret::looks_like_one(name, secret) {
            let message = format!("`{name}` looks like a secret in a file that others can read: {why}");
            let help = "keep it in a file and name that by EnvironmentFile= or LoadCredential=";
            let end = word.at.start + name.len();
            let at: Range<usize> = word.at.start..end.min(word.at.end);
            out.push(Problem::new(Lint::ExposedSecret, at, message).help(help.to_owned()));
        }
    }
}
