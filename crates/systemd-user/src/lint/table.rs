//! Which sections and directives a release of systemd knows, and which kind of value each directive takes.
//!
//! The tables in `tables/` were made from systemd's own sources by the script beside them. The machine's systemd can be
//! asked for the names it knows (`systemd --dump-configuration-items`), which is better where it differs from the release,
//! as a distribution's may; the kinds of values still come from a table, since the dump lumps a third of them together.

/// A release whose table the program carries.
const RELEASES: [(u32, &str); 5] = [
    (249, include_str!("../../tables/249.txt")),
    (252, include_str!("../../tables/252.txt")),
    (255, include_str!("../../tables/255.txt")),
    (257, include_str!("../../tables/257.txt")),
    (258, include_str!("../../tables/258.txt")),
];

/// The kind of value of a directive that does nothing any more.
pub(super) const REMOVED: &str = "removed";

/// One directive.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Directive<'a> {
    /// The section it stands in.
    pub section: &'a str,
    /// Its name.
    pub name: &'a str,
    /// The kind of value it takes, a word such as `bool` or `exec`.
    pub kind: &'a str,
}

/// The directives of one systemd, sorted by section and name.
#[derive(Debug, Clone)]
pub struct Table<'a> {
    version: u32,
    directives: Vec<Directive<'a>>,
}

impl Table<'static> {
    /// The newest table that is not newer than a version; the oldest for versions before it.
    pub fn for_version(version: u32) -> Self {
        let (release, text) = RELEASES
            .iter()
            .rev()
            .find(|(release, _)| *release <= version)
            .or(RELEASES.first())
            .copied()
            .unwrap_or_default();
        // What the version says matters beyond the table: some values came with a release.
        Self { version: version.max(release), ..Self::parse(release, text) }
    }

    /// The newest table.
    pub fn newest() -> Self {
        Self::for_version(u32::MAX).at(Self::newest_release())
    }

    fn newest_release() -> u32 {
        RELEASES.last().map_or(0, |(release, _)| *release)
    }

    fn at(self, version: u32) -> Self {
        Self { version, ..self }
    }

    /// The first release with a table that knows a directive, of those newer than a version.
    pub(super) fn since(version: u32, section: &str, name: &str) -> Option<u32> {
        let newer = RELEASES.iter().filter(|(release, _)| *release > version);
        newer
            .map(|(release, text)| Self::parse(*release, text))
            .find(|table| table.get(section, name).is_some_and(|known| known.kind != REMOVED))
            .map(|table| table.version)
    }
}

impl<'a> Table<'a> {
    /// Reads a table as the script writes it: `[Section]`, then `Directive kind` lines.
    pub fn parse(version: u32, text: &'a str) -> Self {
        let directives = lines(text).filter_map(|(section, line)| {
            let (name, kind) = line.split_once(' ')?;
            Some(Directive { section, name, kind })
        });
        Self::new(version, directives.collect())
    }

    /// Reads what `systemd --dump-configuration-items` prints, `[Section]` and `Directive=TYPE` lines. The kinds of values
    /// come from `known`, and where that does not know a directive, from the type.
    pub fn from_dump(version: u32, dump: &'a str, known: &Table<'a>) -> Self {
        let mut directives: Vec<Directive<'a>> = lines(dump)
            .filter_map(|(section, line)| {
                let (name, value) = line.split_once('=')?;
                let kind = known.get(section, name).map_or_else(|| kind_of_dump(value), |entry| entry.kind);
                // What the dump lists is not removed.
                let kind = if kind == REMOVED { kind_of_dump(value) } else { kind };
                Some(Directive { section, name, kind })
            })
            .collect();
        // The dump is silent about what does nothing any more.
        directives.extend(known.directives.iter().filter(|entry| entry.kind == REMOVED));
        Self::new(version, directives)
    }

    fn new(version: u32, mut directives: Vec<Directive<'a>>) -> Self {
        directives.sort();
        directives.dedup_by(|later, earlier| later.section == earlier.section && later.name == earlier.name);
        Self { version, directives }
    }

    /// The version of systemd that it is for, such as 252.
    pub fn version(&self) -> u32 {
        self.version
    }

    /// Whether there is nothing in it, as after a dump that was none.
    pub fn is_empty(&self) -> bool {
        self.directives.is_empty()
    }

    /// A directive of a section.
    pub fn get(&self, section: &str, name: &str) -> Option<Directive<'a>> {
        let at = self.directives.binary_search_by(|entry| (entry.section, entry.name).cmp(&(section, name)));
        self.directives.get(at.ok()?).copied()
    }

    /// All directives of a section.
    pub fn section(&self, section: &str) -> &[Directive<'a>] {
        let start = self.directives.partition_point(|entry| entry.section < section);
        let end = self.directives.partition_point(|entry| entry.section <= section);
        self.directives.get(start..end).unwrap_or_default()
    }

    /// The names of the sections, sorted.
    pub fn sections(&self) -> impl Iterator<Item = &'a str> {
        self.directives
            .chunk_by(|a, b| a.section == b.section)
            .filter_map(|chunk| Some(chunk.first()?.section))
    }
}

/// The lines below each section's header.
fn lines(text: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut section = "";
    text.lines().filter_map(move |line| {
        if let Some(header) = line.strip_prefix('[') {
            section = header.trim_end().trim_end_matches(']');
            return None;
        }
        (!section.is_empty() && !line.starts_with('#')).then_some((section, line))
    })
}

/// The kind of value for a type of the dump, where it is certain.
fn kind_of_dump(value: &str) -> &'static str {
    match value {
        "BOOLEAN" => "bool",
        "SECONDS" => "sec",
        "SIGNAL" => "signal",
        "UNSIGNED" => "unsigned",
        "UNIT [...]" => "unit-deps",
        "PATH [ARGUMENT [...]]" => "exec",
        "LIMIT" => "rlimit",
        "ENVIRON" => "environ",
        _ => "string",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_release_is_read() {
        for (release, _) in RELEASES {
            let table = Table::for_version(release);
            assert_eq!(table.version(), release);
            assert_eq!(table.get("Service", "Type").map(|entry| entry.kind), Some("service-type"));
            assert_eq!(table.get("Install", "WantedBy").map(|entry| entry.kind), Some("install"));
            assert!(table.get("Unit", "ExecStart").is_none());
            let sections: Vec<&str> = table.sections().collect();
            for section in ["Install", "Path", "Service", "Socket", "Timer", "Unit"] {
                assert!(sections.contains(&section), "{release}: {section}");
            }
        }
    }

    #[test]
    fn the_nearest_release() {
        for (version, nearest) in [(100, 249), (249, 249), (253, 252), (256, 255), (999, 258)] {
            let table = Table::for_version(version);
            let expected = Table::for_version(nearest);
            assert_eq!(table.directives, expected.directives, "{version}");
        }
        assert_eq!(Table::newest().version(), 258);
        assert_eq!(Table::since(252, "Service", "RestartSteps"), Some(255));
        assert_eq!(Table::since(252, "Service", "Nonsense"), None);
    }

    #[test]
    fn a_dump_of_a_systemd_that_knows_more() {
        let known = Table::for_version(252);
        let dump = "[Service]\nType=SERVICETYPE\nFuture=BOOLEAN\nFurther=THING\n[Unit]\nAfter=UNIT [...]\n";
        let table = Table::from_dump(300, dump, &known);
        let kind = |section, name| table.get(section, name).map(|entry| entry.kind);
        assert_eq!(kind("Service", "Type"), Some("service-type"));
        assert_eq!(kind("Service", "Future"), Some("bool"));
        assert_eq!(kind("Service", "Further"), Some("string"));
        assert_eq!(kind("Unit", "After"), Some("unit-deps"));
        assert_eq!(kind("Service", "ExecStart"), None);
        assert_eq!(kind("Service", "Capabilities"), Some(REMOVED), "which a dump does not list");
        assert!(Table::from_dump(300, "not a dump", &Table::parse(0, "")).is_empty());
    }
}
