//! A home whose units are switched from one set to the next, with a real manager to see it.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test may fail")]

use std::cell::Cell;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::PathBuf;
use std::time::{Duration, Instant};

use systemd_harness::UserManager;
use systemd_user::manager::{ExecuteOptions, Report};
use systemd_user::{BusEnv, Manager, SwitchPlan, UnitName, UnitSet, plan};

/// Units as a table: file name (with folder) and content. `-> TARGET` makes a link.
pub(crate) type Units<'a> = &'a [(&'a str, &'a str)];

pub(crate) struct Scenario {
    pub(crate) manager: UserManager,
    /// The generation whose units are linked; each one has a folder of its own.
    generation: Cell<u32>,
}

/// What came of a switch: the plan and the report, one line a unit.
pub(crate) struct Switched {
    pub(crate) plan: SwitchPlan,
    pub(crate) report: Report,
}

impl Scenario {
    /// A fresh manager, or `None` where there can be none (which is said).
    pub(crate) fn new() -> Option<Self> {
        Some(Self { manager: systemd_harness::require()?, generation: Cell::new(0) })
    }

    pub(crate) fn env(&self) -> BusEnv {
        BusEnv {
            runtime_dir: Some(self.manager.runtime_dir()),
            dbus_session_bus_address: None,
            uid: self.manager.uid(),
            ..BusEnv::default()
        }
    }

    pub(crate) fn connect(&self) -> Manager {
        Manager::connect(&self.env()).unwrap()
    }

    fn generation_dir(&self, number: u32) -> PathBuf {
        self.manager.home().join(format!("generations/{number}"))
    }

    /// Writes the next generation, makes the manager's unit folder a link to it, and carries the plan
    /// out. With the folder itself being the link, files appear and disappear as in a real switch.
    pub(crate) fn switch(&self, units: Units<'_>) -> Switched {
        self.switch_with(
            units,
            ExecuteOptions { deadline: Duration::from_secs(60), ..ExecuteOptions::default() },
        )
    }

    pub(crate) fn switch_with(&self, units: Units<'_>, options: ExecuteOptions) -> Switched {
        let number = self.generation.get();
        let dir = self.generation_dir(number + 1);
        fs::create_dir_all(&dir).unwrap();
        for (name, content) in units {
            let path = dir.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            let target = if *content == WANTED {
                Some(wanted_unit(name))
            } else {
                content.strip_prefix("-> ").map(str::to_owned)
            };
            match target {
                Some(target) => symlink(target, path).unwrap(),
                None => fs::write(path, content.replace('|', "\n")).unwrap(),
            }
        }
        let old = UnitSet::read_dir(&self.generation_dir(number)).unwrap();
        let new = UnitSet::read_dir(&dir).unwrap();
        assert_eq!(new.problems(), []);
        self.generation.set(number + 1);

        let mut manager = self.connect();
        let live = manager.live_state(&old, &new).unwrap();
        let plan = plan(&old, &new, &live);
        let link = self.manager.unit_dir();
        fs::create_dir_all(link.parent().unwrap()).unwrap();
        let _ = fs::remove_file(&link);
        symlink(&dir, &link).unwrap();
        let report = manager.execute(&plan, options, &mut |_| {}).unwrap();
        Switched { plan, report }
    }

    /// What a unit's `ExecStart=` and `ExecStop=` lines have noted so far: see [`note`].
    pub(crate) fn notes(&self) -> String {
        let notes = fs::read_to_string(self.manager.home().join("notes")).unwrap_or_default();
        notes.split_whitespace().collect::<Vec<_>>().join(" ")
    }

    pub(crate) fn state(&self, unit: &str) -> String {
        format!("{}/{}", self.manager.property(unit, "ActiveState"), self.manager.property(unit, "SubState"))
    }

    /// Waits for what the manager does in its own time.
    pub(crate) fn eventually(&self, what: &str, condition: impl Fn() -> bool) {
        let deadline = Instant::now() + Duration::from_secs(30);
        while !condition() {
            assert!(Instant::now() < deadline, "{what} did not come true; notes: {}", self.notes());
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    pub(crate) fn systemctl(&self, args: &[&str]) {
        let output = self.manager.systemctl(args);
        assert!(output.status.success(), "{args:?}: {output:?}");
    }
}

impl Switched {
    /// The report's lines, `UNIT OUTCOME`.
    #[track_caller]
    pub(crate) fn expect(&self, expected: &[&str]) -> &Self {
        let shown: Vec<String> =
            self.report.units.iter().map(|unit| format!("{} {}", unit.unit, unit.outcome)).collect();
        assert_eq!(shown, expected, "{:#?}", self.plan);
        self
    }
}

/// A command line that appends a word to the notes.
pub(crate) fn note(word: &str) -> String {
    format!("/bin/sh -c 'echo {word} >> %h/notes'")
}

/// A service that notes its start and its stop and runs in between.
pub(crate) fn daemon(word: &str) -> String {
    let (start, stop) = (note(&format!("+{word}")), note(&format!("-{word}")));
    format!("[Service]|ExecStartPre={start}|ExecStart=/bin/sleep 1000|ExecStop={stop}|")
}

/// A link in the `.wants` or `.requires` folder of a target, to the unit or template.
pub(crate) const WANTED: &str = "wanted";

/// What such a link leads to: `default.target.wants/t@x.service` to `../t@.service`.
fn wanted_unit(link: &str) -> String {
    let unit = UnitName::new(link.split_once('/').unwrap().1).unwrap();
    format!("../{}", unit.template().unwrap_or(unit))
}

pub(crate) fn name(text: &str) -> UnitName {
    UnitName::new(text).unwrap()
}
