//! The linter over units that are wrong in every way, and systemd's own `systemd-analyze verify` over the same.

#![allow(clippy::unwrap_used, reason = "a test that cannot be set up fails")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use systemd_user::lint::{Controllers, Finding, Level, Lint, Options, Table, check};
use systemd_user::unit_set::UnitSet;

/// The units; their first lines say how they are written.
const CORPUS: &str = include_str!("lint-corpus.txt");

/// Programs in the store of the corpus: name, mode, text.
const PROGRAMS: &[(&str, u32, &str)] = &[
    ("good", 0o755, "#!/bin/sh\n"),
    ("plain", 0o644, "#!/bin/sh\n"),
    ("empty", 0o755, ""),
    ("no-shebang", 0o755, "echo\n"),
    ("bare-shebang", 0o755, "#!\necho\n"),
    ("no-interpreter", 0o755, "#!/nonexistent/sh\n"),
    ("indented", 0o755, "  #!/bin/sh\n"),
    ("relative", 0o755, "#!sh\n"),
    ("specifiers", 0o755, "#!/bin/sh\ncat %r/secrets/token\n"),
];

struct Case {
    name: String,
    /// As it is read, without marks.
    text: String,
    /// `SEVERITY LINT LINE:COLUMN`, in their order.
    expected: Vec<String>,
}

fn cases(store: &Path) -> Vec<Case> {
    let mut cases = Vec::new();
    for part in CORPUS.split("\n### ").skip(1) {
        let (head, text) = part.split_once('\n').unwrap();
        let (name, lints) = head.split_once(':').unwrap();
        let text = text.trim_end_matches('\n').replace("@store@", store.to_str().unwrap());
        let mut places = Vec::new();
        let mut plain = String::new();
        for character in text.chars() {
            match character {
                '«' => {
                    let column = plain.len() - plain.rfind('\n').map_or(0, |at| at + 1) + 1;
                    places.push(format!("{}:{column}", plain.matches('\n').count() + 1));
                }
                '»' => {}
                other => plain.push(other),
            }
        }
        let lints: Vec<&str> = lints.split(',').map(str::trim).filter(|lint| !lint.is_empty()).collect();
        assert_eq!(lints.len(), places.len(), "{name}: as many marks as lints");
        let expected = lints.iter().zip(places).map(|(lint, place)| format!("{lint} {place}")).collect();
        // A text that ends in a backslash is one that has no end.
        let end = if plain.ends_with('\\') { "" } else { "\n" };
        cases.push(Case { name: name.to_owned(), text: plain + end, expected });
    }
    cases
}

/// The corpus on disk.
struct Laid {
    dir: tempfile::TempDir,
    cases: Vec<Case>,
}

impl Laid {
    fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = dir.path().join("store");
        for directory in ["store/dir", "units", "others", "run"] {
            fs::create_dir_all(dir.path().join(directory)).unwrap();
        }
        for (name, mode, text) in PROGRAMS {
            fs::write(store.join(name), text).unwrap();
            fs::set_permissions(store.join(name), fs::Permissions::from_mode(*mode)).unwrap();
        }
        let cases = cases(&store);
        for case in &cases {
            fs::write(dir.path().join("units").join(&case.name), &case.text).unwrap();
        }
        Self { dir, cases }
    }

    fn units(&self) -> PathBuf {
        self.dir.path().join("units")
    }

    fn findings(&self, table: &Table<'_>, levels: &BTreeMap<Lint, Level>) -> Vec<Finding> {
        let (set, sources) = UnitSet::read_dir_with_sources(&self.units()).unwrap();
        check(
            &set,
            &sources,
            &Options {
                table,
                stores: &[self.dir.path().join("store")],
                unit_dirs: &[self.dir.path().join("others")],
                home: Some(self.dir.path()),
                controllers: None,
                coming: None,
                levels,
                told: &[],
            },
        )
    }
}

fn of<'a>(findings: &'a [Finding], unit: &'a str) -> impl Iterator<Item = &'a Finding> {
    findings.iter().filter(move |finding| finding.unit == unit)
}

#[test]
fn each_finding_is_right() {
    let laid = Laid::new();
    let findings = laid.findings(&Table::for_version(252), &BTreeMap::new());
    assert!(laid.cases.len() > 200);
    let mut wrong = String::new();
    for case in &laid.cases {
        let shown: Vec<String> = of(&findings, &case.name)
            .map(|f| format!("{} {} {}:{}", f.severity, f.lint, f.line, f.column))
            .collect();
        if shown != case.expected {
            let said: Vec<&str> = of(&findings, &case.name).map(|f| f.message.as_str()).collect();
            wrong += &format!(
                "{}\nexpected {:?}\nfound    {shown:?}\nsaid     {said:?}\n{}\n",
                case.name, case.expected, case.text
            );
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    let seen: BTreeSet<Lint> = findings.iter().map(|finding| finding.lint).collect();
    let unseen: Vec<&Lint> = Lint::ALL.iter().filter(|lint| !seen.contains(lint)).collect();
    assert_eq!(unseen, [&Lint::StrayFile, &Lint::NoController], "each other lint has a case");
}

#[test]
fn what_the_findings_say() {
    let laid = Laid::new();
    let findings = laid.findings(&Table::for_version(252), &BTreeMap::new());
    let mut lines: Vec<String> = findings
        .iter()
        .map(|f| {
            let place = [f.section.as_deref(), f.directive.as_deref(), f.value.as_deref()];
            let place: Vec<&str> = place.into_iter().flatten().collect();
            let help = f.help.as_deref().map(|help| format!(" ({help})")).unwrap_or_default();
            format!("{}: {}: {}{help}", f.lint, place.join(" "), f.message)
        })
        .collect();
    lines.sort();
    lines.dedup();
    let text = lines.join("\n").replace(laid.dir.path().to_str().unwrap(), "@dir@");
    assert!(!text.contains("hunter22") && !text.contains("geheim") && !text.contains("ghp_"), "{text}");
    insta::assert_snapshot!(text);
}

#[test]
fn lints_can_be_switched_off() {
    let laid = Laid::new();
    let table = Table::for_version(252);
    let count = |level: Option<Level>| {
        let levels = level.map(|level| BTreeMap::from([(Lint::InvalidValue, level)])).unwrap_or_default();
        let findings = laid.findings(&table, &levels);
        let found = findings.into_iter().filter(|finding| finding.lint == Lint::InvalidValue);
        found.fold((0, 0), |(warnings, errors), finding| match finding.severity {
            systemd_user::lint::Severity::Warning => (warnings + 1, errors),
            systemd_user::lint::Severity::Error => (warnings, errors + 1),
        })
    };
    let (warnings, errors) = count(None);
    assert!(warnings > 0 && errors > 0);
    assert_eq!(count(Some(Level::Off)), (0, 0));
    assert_eq!(count(Some(Level::Warn)), (warnings + errors, 0));
    assert_eq!(count(Some(Level::Error)), (0, warnings + errors));
}

/// Says what is not tested here, or fails where nothing may be left out.
#[expect(clippy::print_stderr, reason = "a skipped test must be seen")]
fn skip(why: &str) {
    assert!(std::env::var_os("HM_TESTS_REQUIRE_ALL").is_none_or(|value| value != "1"), "not skipped: {why}");
    eprintln!("SKIPPED: {why}");
}

/// The machine's systemd: its version and what it knows.
fn machine() -> Option<(u32, String)> {
    let binary = ["/usr/lib/systemd/systemd", "/lib/systemd/systemd"]
        .into_iter()
        .find(|path| Path::new(path).exists())?;
    let said = |argument: &str| {
        let output =
            Command::new(binary).arg(argument).output().ok().filter(|output| output.status.success())?;
        String::from_utf8(output.stdout).ok()
    };
    let version = said("--version")?;
    let version =
        version.split_whitespace().nth(1)?.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok()?;
    Some((version, said("--dump-configuration-items")?))
}

#[test]
fn nothing_is_missed_that_systemd_finds() {
    let Some((version, dump)) = machine() else { return skip("there is no systemd to ask") };
    let laid = Laid::new();
    let table = Table::from_dump(version, &dump, &Table::for_version(version));
    let findings = laid.findings(&table, &BTreeMap::new());
    let output = Command::new("systemd-analyze")
        .args(["--user", "verify", "--man=no"])
        .args(laid.cases.iter().map(|case| laid.units().join(&case.name)).filter(|path| !is_template(path)))
        .env("XDG_RUNTIME_DIR", laid.dir.path().join("run"))
        .env("HOME", laid.dir.path())
        .env("SYSTEMD_LOG_LEVEL", "notice")
        .env("LC_ALL", "C")
        .output();
    let Ok(output) = output else { return skip("there is no systemd-analyze") };
    let said = String::from_utf8_lossy(&output.stderr).replace(&format!("{}/", laid.units().display()), "");
    let mut complaints: BTreeMap<&str, &str> = BTreeMap::new();
    for line in said.lines() {
        let subject = line.strip_prefix("Unit ").unwrap_or(line);
        let subject = subject.split([':', ' ']).next().unwrap_or_default();
        complaints.entry(subject).or_insert(line);
    }
    assert!(complaints.len() > 100, "{said}");
    let missed: Vec<&str> = laid
        .cases
        .iter()
        .filter(|case| of(&findings, &case.name).next().is_none())
        .filter_map(|case| complaints.get(case.name.as_str()).copied())
        .filter(|line| !is_part_of_a_cycle(line))
        .collect();
    assert!(missed.is_empty(), "{}", missed.join("\n"));
}

fn is_template(path: &Path) -> bool {
    path.to_string_lossy().contains("@.")
}

/// A cycle is found once, at one of its units; systemd tells of it at each.
fn is_part_of_a_cycle(line: &str) -> bool {
    line.contains("ordering cycle") || line.contains("Transaction order is cyclic")
}

#[test]
fn the_table_is_that_of_the_machine() {
    let Some((version, dump)) = machine() else { return skip("there is no systemd to ask") };
    let table = Table::for_version(version);
    if table.version() != version || version != 252 {
        return skip(&format!("there is no table of systemd {version}"));
    }
    let asked = Table::from_dump(version, &dump, &Table::parse(0, ""));
    for section in asked.sections() {
        let known: BTreeSet<&str> = table.section(section).iter().map(|known| known.name).collect();
        let missing: Vec<&str> = asked
            .section(section)
            .iter()
            .map(|known| known.name)
            .filter(|name| !known.contains(name))
            .collect();
        // A distribution's systemd has what was brought back from later releases.
        assert!(missing.len() <= 1, "[{section}] {missing:?}");
    }
}

/// Values that most directives refuse.
const ODD: [&str; 4] = ["garbage", "-1", "a:b", "%Q"];

#[test]
fn no_directive_is_missed_that_systemd_finds() {
    let Some((version, dump)) = machine() else { return skip("there is no systemd to ask") };
    let table = Table::from_dump(version, &dump, &Table::for_version(version));
    let dir = tempfile::tempdir().unwrap();
    for directory in ["units", "run", "others"] {
        fs::create_dir_all(dir.path().join(directory)).unwrap();
    }
    let units = dir.path().join("units");
    fs::write(units.join("shared.service"), "[Service]\nExecStart=/bin/true\n").unwrap();
    let mut written: BTreeMap<String, String> = BTreeMap::new();
    for (section, suffix, rest) in [
        ("Unit", "service", "[Service]\nExecStart=/bin/true\n"),
        ("Service", "service", "ExecStart=/bin/true\n"),
        ("Timer", "timer", "OnBootSec=1\nUnit=shared.service\n"),
        ("Path", "path", "PathExists=/x\nUnit=shared.service\n"),
        ("Socket", "socket", "ListenStream=/run/x\nService=shared.service\n"),
    ] {
        for directive in table.section(section) {
            // What services have too is looked at there.
            let seen = section == "Socket" && table.get("Service", directive.name).is_some();
            if seen {
                continue;
            }
            let rest = if matches!(directive.name, "Unit" | "Service") { "" } else { rest };
            for value in ODD {
                let name = format!("u{}.{suffix}", written.len());
                let line = format!("{}={value}", directive.name);
                fs::write(units.join(&name), format!("[{section}]\n{line}\n{rest}")).unwrap();
                written.insert(name, line);
            }
        }
    }
    let said = Command::new("systemd-analyze")
        .args(["--user", "verify", "--man=no"])
        .args(written.keys().map(|name| units.join(name)))
        .env("XDG_RUNTIME_DIR", dir.path().join("run"))
        .env("HOME", dir.path())
        .env("SYSTEMD_LOG_LEVEL", "notice")
        .env("LC_ALL", "C")
        .output();
    let Ok(said) = said else { return skip("there is no systemd-analyze") };
    let said = String::from_utf8_lossy(&said.stderr).replace(&format!("{}/", units.display()), "");
    let (set, sources) = UnitSet::read_dir_with_sources(&units).unwrap();
    let findings = check(
        &set,
        &sources,
        &Options {
            table: &table,
            stores: &[],
            unit_dirs: &[dir.path().join("others")],
            home: Some(dir.path()),
            controllers: None,
            coming: None,
            levels: &BTreeMap::from([(Lint::NeverStarted, Level::Off)]),
            told: &[],
        },
    );
    let found: BTreeSet<&str> = findings.iter().map(|finding| finding.unit.as_str()).collect();
    let mut missed: BTreeMap<&str, &str> = BTreeMap::new();
    for line in said.lines() {
        let subject = line.strip_prefix("Unit ").unwrap_or(line);
        let unit = subject.split([':', ' ']).next().unwrap_or_default();
        if let Some(written) = written.get(unit).filter(|_| !found.contains(unit)) {
            missed.entry(written).or_insert(line);
        }
    }
    assert!(missed.is_empty(), "{missed:#?}");
}

#[test]
fn limits_that_will_not_hold() {
    let dir = tempfile::tempdir().unwrap();
    let text = "[Service]\nExecStart=true\nMemoryMax=1G\nIOWeight=10\nTasksMax=\n[Install]\nWantedBy=default.target\n";
    fs::write(dir.path().join("a.service"), text).unwrap();
    let (set, sources) = UnitSet::read_dir_with_sources(dir.path()).unwrap();
    let found = |controllers: Option<Controllers<'_>>| -> Vec<String> {
        let options = Options {
            table: &Table::newest(),
            stores: &[],
            unit_dirs: &[],
            home: None,
            controllers,
            coming: None,
            levels: &BTreeMap::new(),
            told: &[],
        };
        check(&set, &sources, &options)
            .iter()
            .map(|finding| format!("{}:{} {}", finding.line, finding.column, finding.message))
            .collect()
    };
    assert_eq!(found(None), [""; 0]);
    let all = ["cpu", "cpuset", "io", "memory", "pids"].map(str::to_owned);
    assert_eq!(found(Some(Controllers::Delegated(&all))), [""; 0]);
    assert_eq!(
        found(Some(Controllers::Delegated(&["memory".to_owned(), "pids".to_owned()]))),
        ["4:1 `IOWeight=` has no effect: the user manager of this machine has no controller `io`"]
    );
    let why = "the control groups of this machine are of version 1, where a user manager sets no limits";
    assert_eq!(
        found(Some(Controllers::Version1)),
        [format!("3:1 `MemoryMax=` has no effect: {why}"), format!("4:1 `IOWeight=` has no effect: {why}")]
    );
}
