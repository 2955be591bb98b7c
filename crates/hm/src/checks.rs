//! Looking for mistakes in the units of a generation that was built: what the linter is told of the machine, and how its
//! findings are shown.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};
use hm_generation::Generation;
use hm_generation::manifest::Position;
use systemd_user::UnitSet;
use systemd_user::lint::{self, Finding, Lint, Options, Severity, Table};
use systemd_user::unit_set::Source;

use crate::control_groups::{self, ControlGroups};
use crate::environment::Environment;
use crate::error::CommandError;
use crate::home::unit_dir;
use crate::output::{Output, count};
use crate::{definition, units};

/// The page of the lints, a section for each.
const PAGE: &str = include_str!("../../../docs/lints.md");

/// Where systemd is.
const SYSTEMD: [&str; 3] =
    ["/usr/lib/systemd/systemd", "/lib/systemd/systemd", "/run/current-system/systemd/lib/systemd/systemd"];

/// Where units that are not the user's own lie.
const UNIT_DIRS: [&str; 8] = [
    "/etc/systemd/user",
    "/run/systemd/user",
    "/usr/local/lib/systemd/user",
    "/usr/local/share/systemd/user",
    "/usr/lib/systemd/user",
    "/lib/systemd/user",
    "/usr/share/systemd/user",
    "/run/current-system/systemd/example/systemd/user",
];

/// What was found.
pub(crate) struct Checked {
    /// The version of systemd whose directives were known.
    pub(crate) systemd: u32,
    /// The findings, and where the configuration defines what each is about.
    pub(crate) findings: Vec<(Finding, Option<Position>)>,
    sources: Vec<Source>,
}

/// What the machine's systemd said, to be kept for the next time.
#[derive(Default)]
pub(crate) struct Remember(Option<(PathBuf, String)>);

impl Remember {
    /// Writes it down. Without it the next check has to ask again, which is no more than slow.
    pub(crate) fn write(self) {
        let Some((path, text)) = self.0 else { return };
        let write = || {
            let dir = path.parent().unwrap_or(Path::new("/"));
            // A home without a directory for caches gets none: leaving it would not be giving the home back as it was.
            match fs::create_dir(dir) {
                Err(error) if error.kind() != std::io::ErrorKind::AlreadyExists => return Err(error),
                _ => {}
            }
            let mut file = tempfile::NamedTempFile::new_in(dir)?;
            std::io::Write::write_all(&mut file, text.as_bytes())?;
            file.persist(&path).map_err(|error| error.error)
        };
        if let Err(error) = write() {
            tracing::info!(%error, "what systemd knows was not kept");
        }
    }
}

/// The section of a lint.
pub(crate) fn explain(lint: Lint) -> String {
    let heading = format!("\n## {lint}\n");
    let section = PAGE.split_once(&heading).map_or("", |(_, rest)| rest);
    let end = section.find("\n## ").unwrap_or(section.len());
    format!("{lint} ({})\n\n{}", lint.severity(), section.get(..end).unwrap_or_default().trim())
}

/// Checks the units of a generation.
///
/// # Errors
/// When its units cannot be read.
pub(crate) fn check(
    environment: &Environment,
    output: &Output,
    generation: &Generation,
    allow: &[Lint],
) -> Result<(Checked, Remember), CommandError> {
    let dir = unit_dir(generation);
    let (set, sources) =
        UnitSet::read_dir_with_sources(&dir).map_err(|error| CommandError::user(error.to_string()))?;
    if set.is_empty() && set.problems().is_empty() {
        return Ok((Checked { systemd: 0, findings: Vec::new(), sources }, Remember::default()));
    }
    let levels = levels(output, generation, allow);
    let machine = Machine::ask(environment);
    let table = machine.table();
    let stores: Vec<PathBuf> = generation
        .path
        .parent()
        .map(Path::to_owned)
        .into_iter()
        .chain([PathBuf::from("/nix/store")])
        .collect();
    let coming = |path: &Path| {
        path.strip_prefix(&environment.home)
            .is_ok_and(|below| Path::new(generation.files.home_files()).join(below).exists())
    };
    let unit_dirs = unit_dirs(environment);
    let control_groups = ControlGroups::of(Path::new(control_groups::MOUNTED), environment.uid);
    let options = Options {
        table: &table,
        stores: &stores,
        unit_dirs: &unit_dirs,
        home: Some(&environment.home),
        controllers: control_groups.as_ref().map(ControlGroups::controllers),
        coming: Some(&coming),
        levels: &levels,
        told: &generation.manifest.lints.told,
    };
    let mut finder = definition::Finder::default();
    let findings = lint::check(&set, &sources, &options)
        .into_iter()
        .map(|finding| {
            let unit = generation.manifest.units.get(&finding.unit).and_then(|info| info.defined.as_ref());
            let path = [finding.section.as_deref(), finding.directive.as_deref()];
            let name = finding.unit.rsplit_once('.').map_or(finding.unit.as_str(), |(name, _)| name);
            let defined = unit.map(|unit| finder.inside(unit, name, path).unwrap_or_else(|| unit.clone()));
            (finding, defined)
        })
        .collect();
    Ok((Checked { systemd: table.version(), findings, sources }, Remember(machine.remember)))
}

/// Checks the units before a switch: warnings are told, errors end it.
///
/// # Errors
/// The errors.
pub(crate) fn before_switch(
    environment: &Environment,
    output: &Output,
    generation: &Path,
) -> Result<Option<Remember>, CommandError> {
    // What is wrong with a generation is told when it is looked at as a whole.
    let Ok(generation) = Generation::read(generation) else { return Ok(None) };
    let (checked, remember) = check(environment, output, &generation, &[])?;
    let mut errors = String::new();
    for (finding, defined) in &checked.findings {
        // The plan of the units says this itself.
        if finding.lint == Lint::StrayFile && finding.severity == Severity::Warning {
            continue;
        }
        let shown = checked.render(finding, defined.as_ref(), output.color());
        match finding.severity {
            Severity::Warning => output.note(shown),
            Severity::Error => {
                errors.push_str(&shown);
                errors.push('\n');
            }
        }
    }
    match checked.count(Severity::Error) {
        0 => Ok(Some(remember)),
        number => {
            errors.push_str(&format!("error: {} in units; nothing was switched", count(number, "mistake")));
            Err(CommandError::report(errors)
                .hint("`hm check --explain NAME` tells more; `systemd.user.lints.NAME = \"warn\"` lets one pass, --no-check all"))
        }
    }
}

/// What the configuration and the command line say of lints. A name that there is none of is told.
fn levels(output: &Output, generation: &Generation, allow: &[Lint]) -> BTreeMap<Lint, lint::Level> {
    let mut levels = BTreeMap::new();
    for (name, level) in &generation.manifest.lints.levels {
        match (Lint::from_name(name), lint::Level::parse(level)) {
            (Some(lint), Some(level)) => _ = levels.insert(lint, level),
            _ => {
                let near = Lint::nearest(name).map(|near| format!("; did you mean `{near}`?"));
                output.warning(format_args!(
                    "systemd.user.lints: there is no lint `{name}`{}",
                    near.unwrap_or_default()
                ));
            }
        }
    }
    levels.extend(allow.iter().map(|lint| (*lint, lint::Level::Off)));
    levels
}

/// Where units of others lie, if this machine has a systemd whose units can be looked for.
fn unit_dirs(environment: &Environment) -> Vec<PathBuf> {
    let system: Vec<PathBuf> = UNIT_DIRS.iter().map(PathBuf::from).filter(|dir| dir.is_dir()).collect();
    if system.is_empty() {
        return system;
    }
    let own = [
        environment.config_home.join("systemd/user"),
        environment.data_home.join("systemd/user"),
        environment.home.join(".nix-profile/share/systemd/user"),
    ];
    let runtime = environment.runtime_dir.iter().map(|dir| dir.join("systemd/user"));
    own.into_iter().chain(runtime).filter(|dir| dir.is_dir()).chain(system).collect()
}

impl Checked {
    /// How many findings there are of a severity.
    pub(crate) fn count(&self, severity: Severity) -> usize {
        self.findings.iter().filter(|(finding, _)| finding.severity == severity).count()
    }

    /// A finding as people read it.
    pub(crate) fn render(&self, finding: &Finding, defined: Option<&Position>, color: bool) -> String {
        let level = match finding.severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let title = format!("{} [{}]", finding.message, finding.lint);
        let source = self.sources.iter().find(|source| source.file == finding.file);
        let line =
            source.and_then(|source| source.text.split('\n').nth(finding.line - 1)).unwrap_or_default();
        let line = hidden(line, finding);
        let start = (finding.column - 1).min(line.len());
        let end = (start + finding.length).min(line.len());
        let mut group = level.primary_title(title).elements((!line.is_empty()).then(|| {
            Snippet::source(line.clone())
                .line_start(finding.line)
                .path(finding.file.clone())
                .fold(false)
                .annotation(AnnotationKind::Primary.span(start..end))
        }));
        if let Some(defined) = defined {
            group = group.element(Level::NOTE.message(format!("defined at {defined}")));
        }
        if let Some(help) = &finding.help {
            group = group.element(Level::HELP.message(help.clone()));
        }
        let renderer = if color { Renderer::styled() } else { Renderer::plain() };
        renderer.decor_style(DecorStyle::Ascii).render(&[group])
    }
}

/// A line of a unit as it may be shown: of a secret only the beginning.
fn hidden(line: &str, finding: &Finding) -> String {
    let is_secret = finding.directive.as_deref() == Some("Environment");
    if !is_secret {
        return line.to_owned();
    }
    let end = (finding.column - 1 + finding.length).min(line.len());
    match finding.lint {
        Lint::ExposedSecret => format!("{}=…", line.get(..end).unwrap_or_default()),
        // Any other word of the line may be one.
        _ => format!(
            "{}…",
            line.get(..end).filter(|start| start.matches('=').count() < 2).unwrap_or("Environment=")
        ),
    }
}

/// The machine's systemd.
struct Machine {
    version: u32,
    dump: Option<String>,
    remember: Option<(PathBuf, String)>,
}

impl Machine {
    /// What its systemd knows: as it was kept from the last time, or as it says now.
    fn ask(environment: &Environment) -> Self {
        let binary = SYSTEMD.iter().map(Path::new).find_map(|path| Some((path, fs::metadata(path).ok()?)));
        let Some((binary, metadata)) = binary else {
            // Without the binary there may still be a manager to ask, as in a container of a host.
            let manager = systemd_user::Manager::connect(&units::bus(environment)).ok();
            let version =
                manager.and_then(|mut manager| manager.version().ok()).and_then(|text| number(&text));
            let version = version.unwrap_or_else(|| Table::newest().version());
            return Self { version, dump: None, remember: None };
        };
        // Another file of this name is another systemd.
        let key =
            format!("# {} {} {} {}", binary.display(), metadata.mtime(), metadata.size(), metadata.ino());
        let path = environment.cache_home.join("hm/systemd-directives");
        if let Ok(kept) = fs::read_to_string(&path)
            && let Some((head, rest)) = kept.split_once('\n')
            && head == key
            && let Some((version, dump)) = rest.split_once('\n')
            && let Ok(version) = version.parse()
        {
            return Self { version, dump: Some(dump.to_owned()), remember: None };
        }
        let said = |argument: &str| {
            let output = Command::new(binary).arg(argument).env("LC_ALL", "C").output().ok()?;
            output.status.success().then(|| String::from_utf8(output.stdout).ok()).flatten()
        };
        let version = said("--version").and_then(|text| number(text.split_whitespace().nth(1)?));
        let Some(version) = version else {
            return Self { version: Table::newest().version(), dump: None, remember: None };
        };
        let dump = said("--dump-configuration-items");
        let remember = dump.as_ref().map(|dump| (path, format!("{key}\n{version}\n{dump}")));
        Self { version, dump, remember }
    }

    /// The directives it knows.
    fn table(&self) -> Table<'_> {
        let known = Table::for_version(self.version);
        match &self.dump {
            Some(dump) => Some(Table::from_dump(self.version, dump, &known))
                .filter(|table| table.get("Service", "ExecStart").is_some())
                .unwrap_or(known),
            None => known,
        }
    }
}

/// The number that a version begins with.
fn number(version: &str) -> Option<u32> {
    version.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_lint_has_a_section() {
        let mut before = 0;
        for lint in Lint::ALL {
            let at = PAGE.find(&format!("\n## {lint}\n")).unwrap_or_else(|| panic!("{lint} has no section"));
            assert!(at > before, "{lint} is in its order");
            before = at;
            assert!(explain(*lint).lines().count() > 4, "{lint}");
            assert!(PAGE.contains(&format!("| [`{lint}`](#{lint}) | {} |", lint.severity())), "{lint}");
        }
        assert_eq!(PAGE.matches("\n## ").count(), Lint::ALL.len());
    }

    #[test]
    fn versions() {
        for (text, expected) in
            [("252.38-1~deb12u1", Some(252)), ("257", Some(257)), ("v1", None), ("", None)]
        {
            assert_eq!(number(text), expected, "{text}");
        }
    }
}
