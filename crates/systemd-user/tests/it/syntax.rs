//! The parser reads what systemd reads: the manager is the judge.

use std::fs;

use systemd_user::unit_set::UnitSet;
use systemd_user::{Unit, UnitName};

use crate::scenario::Scenario;

/// Texts whose `Description=` says how they are read.
const TEXTS: &[&str] = &[
    "[Unit]\nDescription=plain\n",
    "[Unit]\n  Description  =  blanks around  \n",
    "[Unit]\nDescription=one\nDescription=two\n",
    "[Unit]\nDescription=one\nDescription=\n",
    "[Unit]\nDescription=one\n[Service]\n[Unit]\nDescription=later section\n",
    "[Unit]\nDescription=a=b=c\n",
    "[Unit]\nDescription=not a # comment ; at all\n",
    "# comment\n; another\n  # indented\n[Unit]\nDescription=after comments\n",
    "[Unit]\nDescription=one \\\n  two\\\nthree\n",
    "[Unit]\nDescription=one \\\n# between\n; and\ntwo\n",
    "[Unit]\nDescription=ends in two \\\\\nAfter=x.service\n",
    "[Unit]\nDescription=ends in three \\\\\\\nAfter=x.service\n",
    "[Unit]\nDescription=backslash and blank \\ \nAfter=x.service\n",
    "[Unit]\nDescription=continued into nothing \\\n\nAfter=x.service\n",
    "[Unit]\nDescription=continued into the end \\",
    "[Unit]\nDescription=no line break at the end",
    "[Unit]\r\nDescription=carriage returns\r\nAfter=x.service\r\n",
    "\u{feff}[Unit]\nDescription=byte order mark\n",
    "Description=before any section\n[Unit]\nDescription=in the section\n",
    "[Unit]\nno assignment\n=no key\nDescription=after broken lines\n",
    "[Unit]\nDescription=quotes 'stay' \"as they\" are\n",
    "[Unit]\nDescription=umlauts äöü\n",
    "[Unit]\n\tDescription=\ttabs\t\n",
    "[Unit]\n[X-Own]\nDescription=elsewhere\n",
    "[Unit ]\nDescription=odd section\n",
];

#[test]
fn read_as_systemd_reads() {
    let Some(scenario) = Scenario::new() else { return };
    let names: Vec<UnitName> =
        (0..TEXTS.len()).map(|number| UnitName::new(format!("u{number}.service")).unwrap()).collect();
    let runs = "\n[Service]\nExecStart=/bin/true\n";
    for (name, text) in names.iter().zip(TEXTS) {
        // A text that ends within a line is to stay like that; systemd loads it without a command, too.
        let ending = if text.ends_with('\n') { runs } else { "" };
        scenario.manager.write_unit(name.as_str(), &format!("{text}{ending}")).unwrap();
    }
    scenario.systemctl(&["daemon-reload"]);
    let found = scenario.connect().unit_status(&names).unwrap();
    let units = UnitSet::read_dir(&scenario.manager.unit_dir()).unwrap();
    for ((name, text), status) in names.iter().zip(TEXTS).zip(found) {
        let read = units.definition(name).unwrap();
        assert_eq!(read.value("Unit", "Description"), status.description.as_deref(), "{text:?}");
    }
}

/// Whatever is read can be written and is then read the same, drawn from the characters that matter.
#[test]
fn written_and_read_again() {
    let pieces =
        ["[", "]", "A", "=", "\\", "\n", " ", "\t", "#", ";", "\r", "\"", "é", "[S]\n", "k=v\n", "\\\n"];
    let mut state: u64 = 1;
    for _ in 0..20_000 {
        let mut text = String::new();
        for _ in 0..24 {
            // A linear congruential generator: the same texts in every run.
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text.push_str(pieces[(state >> 33) as usize % pieces.len()]);
        }
        let values = |unit: &Unit| -> Vec<(String, Vec<(String, String)>)> {
            let entries = |section: &systemd_user::unit::Section| {
                section.entries.iter().map(|entry| (entry.key.clone(), entry.value.clone())).collect()
            };
            unit.sections.iter().map(|section| (section.name.clone(), entries(section))).collect()
        };
        let unit = Unit::parse(&text).0;
        let written = unit.to_string();
        let (again, errors) = Unit::parse(&written);
        assert_eq!(values(&again), values(&unit), "{text:?} was written as {written:?}");
        assert_eq!(errors, [], "{text:?} was written as {written:?}");
    }
}

#[test]
fn the_folder_of_the_distribution_is_understood() {
    let dir = std::path::Path::new("/usr/lib/systemd/user");
    if !dir.is_dir() {
        eprintln!("SKIPPED: no units of the distribution in {}", dir.display());
        return;
    }
    let set = UnitSet::read_dir(dir).unwrap();
    for name in set.names() {
        let path = dir.join(name.as_str());
        let Ok(text) = fs::read_to_string(&path) else { continue };
        assert_eq!(Unit::parse(&text).1, [], "{}", path.display());
    }
}
