//! A scenario as it lies in its folder.
//!
//! | file | holds |
//! |---|---|
//! | `old.nix`, `new.nix` | the home before and after |
//! | `before` | commands that bring about what the switch finds; optional |
//! | `after` | commands that show what it left; optional |
//! | `about` | what the table in docs/systemd.md says of it |
//! | `expected`, `sd-switch` | what happens when `hm` or sd-switch does the switch |

use std::fs;
use std::path::PathBuf;

use crate::support::repository;

/// A scenario.
#[derive(Debug)]
pub(super) struct Scenario {
    pub(super) name: String,
    pub(super) dir: PathBuf,
    pub(super) about: About,
}

/// The file `about`: lines `KEY: TEXT`.
#[derive(Debug, Default)]
pub(super) struct About {
    /// The heading that it stands under in the table.
    pub(super) topic: String,
    /// What it shows.
    pub(super) shows: String,
    /// What `hm` does.
    pub(super) hm: String,
    /// What sd-switch does; `the same` where nothing else is to be seen.
    pub(super) sd_switch: String,
    /// Why these differ, with the threads in which people met it.
    pub(super) why: String,
    /// Why sd-switch cannot do this switch at all.
    pub(super) incomparable: Option<String>,
    /// Further units that are looked at.
    pub(super) also: Vec<String>,
    /// How many seconds the switch may take; for those that never end.
    pub(super) timeout: Option<u32>,
    /// The status with which `hm` brings about the home before, where that is not 0.
    pub(super) old_status: i32,
    /// Whether the order in the log matters, also of what is done at the same time.
    pub(super) ordered: bool,
    /// Whether sd-switch is not told of the old units, as when home-manager is a module of NixOS.
    pub(super) without_old: bool,
    /// The service in which the switch itself runs.
    pub(super) inside: Option<String>,
}

impl Scenario {
    /// All the scenarios, by name.
    pub(super) fn read_all() -> Vec<Self> {
        let root = repository().join("crates/hm/tests/scenarios");
        let mut scenarios: Vec<Self> = fs::read_dir(root)
            .unwrap()
            .map(|entry| entry.unwrap().path())
            .filter(|path| path.is_dir())
            .map(|dir| {
                let name = dir.file_name().unwrap().to_str().unwrap().to_owned();
                let text = fs::read_to_string(dir.join("about")).unwrap();
                Self { about: About::read(&name, &text), name, dir }
            })
            .collect();
        scenarios.sort_by(|one, other| one.name.cmp(&other.name));
        scenarios
    }

    /// A file of the folder, if it is there.
    pub(super) fn optional(&self, name: &str) -> Option<String> {
        fs::read_to_string(self.dir.join(name)).ok()
    }
}

impl About {
    fn read(name: &str, text: &str) -> Self {
        let mut about = Self::default();
        for line in text.lines() {
            let (key, value) = line.split_once(": ").unwrap_or_else(|| panic!("{name}/about: {line}"));
            let value = value.trim().to_owned();
            match key {
                "topic" => about.topic = value,
                "shows" => about.shows = value,
                "hm" => about.hm = value,
                "sd-switch" => about.sd_switch = value,
                "why" => about.why = value,
                "incomparable" => about.incomparable = Some(value),
                "also" => about.also = value.split_whitespace().map(str::to_owned).collect(),
                "timeout" => about.timeout = Some(value.parse().unwrap()),
                "old-status" => about.old_status = value.parse().unwrap(),
                "ordered" => about.ordered = value == "yes",
                "without-old" => about.without_old = value == "yes",
                "inside" => about.inside = Some(value),
                _ => panic!("{name}/about: {line}"),
            }
        }
        about
    }
}
