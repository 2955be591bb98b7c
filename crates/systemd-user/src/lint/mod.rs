//! Looks for mistakes in the units of a generation before a switch writes anything.
//!
//! [`check`] goes over each file line by line ([`files`]: which directives there are, which values they take, which programs
//! they run), then over each unit with its drop-ins ([`rules`]) and over all of them together ([`graph`]). What systemd
//! knows comes from a [`Table`]. Nothing is started and nothing written; programs and the units of others are looked at in
//! the file system, and that only where [`Options`] say so.

mod catalog;
mod enums;
mod exec;
mod files;
mod graph;
mod kind;
mod lists;
mod number;
mod paths;
mod place;
mod program;
mod resources;
mod rules;
mod secret;
mod special;
mod specifier;
mod table;
mod time;
mod units;
mod value;
pub(crate) mod words;

use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};

use serde::Serialize;

pub use self::catalog::{Level, Lint, Severity};
pub use self::resources::Controllers;
pub use self::table::{Directive, Table};

use self::place::Place;
use self::program::Verdict;
use crate::unit_set::{Source, UnitSet};

/// What the linter is told of the machine and of the configuration's wishes.
pub struct Options<'a> {
    /// What systemd knows.
    pub table: &'a Table<'a>,
    /// Directories of stores: what is missing in them will not come later.
    pub stores: &'a [PathBuf],
    /// Directories with units of others; without any, references to units that nobody knows of are not looked at.
    pub unit_dirs: &'a [PathBuf],
    /// The home directory, for `%h`.
    pub home: Option<&'a Path>,
    /// Whether the generation will make a file at a path.
    pub coming: Option<&'a dyn Fn(&Path) -> bool>,
    /// Which limits on resources the user manager can set, if that is known.
    pub controllers: Option<Controllers<'a>>,
    /// What the configuration says of lints.
    pub levels: &'a BTreeMap<Lint, Level>,
    /// Paths with specifiers that scripts were already found to contain.
    pub told: &'a [String],
}

/// Something that was found.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// The lint.
    pub lint: Lint,
    /// How bad it is.
    pub severity: Severity,
    /// The unit, or the name of a file that is none of a unit.
    pub unit: String,
    /// The file, relative to the folder of the units.
    pub file: String,
    /// The section.
    pub section: Option<String>,
    /// The directive.
    pub directive: Option<String>,
    /// The part of its value that it is about. A secret is not repeated.
    pub value: Option<String>,
    /// The line in the file, from 1.
    pub line: usize,
    /// The column in the line, in bytes from 1.
    pub column: usize,
    /// How many bytes it is long there.
    pub length: usize,
    /// What is wrong.
    pub message: String,
    /// What to do.
    pub help: Option<String>,
}

/// Checks the units of a set; `sources` are the texts that they were read from.
///
/// The findings are sorted by file and place.
pub fn check(units: &UnitSet, sources: &[Source], options: &Options<'_>) -> Vec<Finding> {
    let mut linter = Linter { options, findings: Vec::new(), programs: HashMap::new() };
    linter.stray(units);
    let names = units::names(units, options);
    for source in sources {
        if let Some(unit) = units.source_unit(source) {
            linter.file(source, unit, &names);
        }
    }
    linter.units(units, sources, &names);
    let mut findings = linter.findings;
    findings.sort_by(|a, b| (&a.file, a.line, a.column, a.lint).cmp(&(&b.file, b.line, b.column, b.lint)));
    findings.dedup();
    findings
}

/// The findings so far, and what is kept while looking for more.
struct Linter<'a> {
    options: &'a Options<'a>,
    findings: Vec<Finding>,
    programs: HashMap<PathBuf, Verdict>,
}

/// What a finding is about.
#[derive(Clone, Copy)]
struct About<'a> {
    source: &'a Source,
    section: Option<&'a str>,
    directive: Option<&'a str>,
    value: Option<&'a str>,
}

impl Linter<'_> {
    /// Adds a finding, unless the configuration does not want to hear of it.
    fn push(
        &mut self,
        lint: Lint,
        severity: Option<Severity>,
        about: About<'_>,
        place: Place,
        message: String,
        help: Option<String>,
    ) {
        let severity = match self.options.levels.get(&lint) {
            Some(Level::Off) => return,
            Some(Level::Warn) => Severity::Warning,
            Some(Level::Error) => Severity::Error,
            None => severity.unwrap_or(lint.severity()),
        };
        self.findings.push(Finding {
            lint,
            severity,
            unit: about.source.unit.clone(),
            file: about.source.file.clone(),
            section: about.section.map(str::to_owned),
            directive: about.directive.map(str::to_owned),
            value: about.value.map(str::to_owned),
            line: place.line,
            column: place.column,
            length: place.length,
            message,
            help,
        });
    }

    /// What lies among the units and is none.
    fn stray(&mut self, units: &UnitSet) {
        for problem in units.problems() {
            let file = problem.path.file_name().unwrap_or_default().to_string_lossy().into_owned();
            let source =
                Source { unit: file.clone(), file, drop_in: None, text: String::new(), errors: Vec::new() };
            let about = About { source: &source, section: None, directive: None, value: None };
            let place = Place { line: 1, column: 1, length: 1 };
            self.push(Lint::StrayFile, None, about, place, problem.problem.clone(), None);
        }
    }

    /// What there is at the path of a program.
    fn program(&mut self, path: &Path) -> Verdict {
        if let Some(known) = self.programs.get(path) {
            return known.clone();
        }
        let verdict = program::look(path, self.options.stores, self.options.told);
        self.programs.insert(path.to_owned(), verdict.clone());
        verdict
    }
}
