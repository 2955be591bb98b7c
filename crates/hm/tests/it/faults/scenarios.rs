//! The commands that are disturbed, each with the home it is run in. A new command is one more entry.

use std::path::Path;

use super::homes::{AFTER, BEFORE, COPIES, COPIES_AFTER, NOTHING, SIMPLE, as_home_manager};

/// A step on the way to a scenario's beginning. Paths are below the home.
pub(super) enum SetUp {
    /// Writes the configuration.
    Configure(&'static str),
    File {
        path: &'static str,
        mode: u32,
        text: &'static str,
    },
    Link {
        path: &'static str,
        to: &'static str,
    },
    Dir(&'static str),
    /// Runs the binary, which must succeed.
    Hm(&'static [&'static str]),
    /// Does something else to the home.
    With(fn(&Path)),
    /// Runs the binary, which is killed before the first call that `strace` prints with this in it.
    Killed {
        command: &'static [&'static str],
        before: &'static str,
    },
}

/// What may become of something that the user has put there. Paths are below the home.
pub(super) enum Foreign {
    /// It is there at every moment, with the same contents and mode.
    Stays(&'static str),
    /// It is replaced by a link; whoever reads it finds the same contents at every moment.
    Adopted(&'static str),
    /// It is at its place or under the second name.
    Kept(&'static str, &'static str),
}

/// What is to be as without a fault in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum End {
    /// Everything.
    All,
    /// What is the user's: generations may have other numbers.
    Home,
    /// What is the user's, or that is as it was in the beginning: the next command does not ask for the same.
    HomeOrBefore,
}

/// See the module.
pub(super) struct Scenario {
    pub(super) name: &'static str,
    pub(super) set_up: &'static [SetUp],
    pub(super) foreign: &'static [Foreign],
    /// What is disturbed.
    pub(super) command: &'static [&'static str],
    /// What is run after that and has to put everything right.
    pub(super) again: &'static [&'static str],
    pub(super) end: End,
    /// The directory of the store, below the world.
    pub(super) store: &'static str,
}

const STORE: &str = "home/.local/share/hm/nix";

use Foreign::{Adopted, Kept, Stays};
use SetUp::{Configure, Dir, File, Hm, Killed, Link, With};

const fn file(path: &'static str, text: &'static str) -> SetUp {
    File { path, mode: 0o644, text }
}

const OWN_UNIT: SetUp =
    File { path: ".config/systemd/user/own.service", mode: 0o640, text: "[Service]\nExecStart=/bin/true\n" };

const TREE: SetUp = file(".config/hm/tree/two", "in the tree\n");
const SECRET: SetUp = File { path: "mine", mode: 0o600, text: "secret" };

/// The home of [`BEFORE`] with what [`AFTER`] meets there.
const EVERYTHING: &[SetUp] = &[
    TREE,
    Configure(BEFORE),
    Hm(&["switch"]),
    SECRET,
    OWN_UNIT,
    file("deep/er/mine", "deep"),
    file("adopted", "the very same\n"),
    File { path: "backed", mode: 0o755, text: "not ours" },
    file("full/backed", "nor this"),
    file("forced", "goes"),
    Configure(AFTER),
];

const OWN: &[Foreign] = &[
    Stays("mine"),
    Stays(".config/systemd/user/own.service"),
    Stays("deep/er/mine"),
    Stays(".config/hm/home.nix"),
    Adopted("adopted"),
    Kept("backed", "backed.bak"),
    Kept("full/backed", "full/backed.bak"),
];

pub(super) const SCENARIOS: &[Scenario] = &[
    Scenario {
        name: "first-switch",
        set_up: &[
            SECRET,
            OWN_UNIT,
            file("d/mine", "d"),
            file("greeting", "hello\n"),
            Link { path: "elsewhere", to: "/nowhere" },
            Configure(SIMPLE),
        ],
        foreign: &[
            Stays("mine"),
            Stays(".config/systemd/user/own.service"),
            Stays("d/mine"),
            Stays("elsewhere"),
            Stays(".config/hm/home.nix"),
            Adopted("greeting"),
        ],
        command: &["switch"],
        again: &["switch"],
        end: End::All,
        store: STORE,
    },
    Scenario {
        name: "everything-changes",
        set_up: EVERYTHING,
        foreign: OWN,
        command: &["switch", "--backup=bak"],
        again: &["switch", "--backup=bak"],
        end: End::All,
        store: STORE,
    },
    Scenario {
        name: "rollback",
        set_up: &[
            TREE,
            Configure(BEFORE),
            Hm(&["switch"]),
            SECRET,
            OWN_UNIT,
            file("deep/er/mine", "deep"),
            file("backed", "not ours"),
            Configure(AFTER),
            Hm(&["switch", "--backup=bak"]),
        ],
        foreign: &[
            Stays("mine"),
            Stays(".config/systemd/user/own.service"),
            Stays("deep/er/mine"),
            Stays("backed.bak"),
        ],
        command: &["rollback"],
        again: &["rollback", "1"],
        end: End::All,
        store: STORE,
    },
    Scenario {
        name: "all-goes",
        set_up: &[
            TREE,
            Configure(BEFORE),
            Hm(&["switch"]),
            SECRET,
            OWN_UNIT,
            file("dir/two/mine", "two"),
            Configure(NOTHING),
        ],
        foreign: &[Stays("mine"), Stays(".config/systemd/user/own.service"), Stays("dir/two/mine")],
        command: &["switch"],
        again: &["switch"],
        end: End::All,
        store: STORE,
    },
    Scenario {
        name: "linked-directories",
        set_up: &[
            Dir("dots/systemd"),
            Link { path: ".config", to: "dots" },
            file("dots/mine", "dots"),
            Configure(SIMPLE),
            Hm(&["switch"]),
            Configure(AFTER),
            TREE,
        ],
        foreign: &[Stays("dots/mine"), Stays("dots/hm/home.nix"), Stays(".config")],
        command: &["switch"],
        again: &["switch"],
        end: End::All,
        store: STORE,
    },
    Scenario {
        name: "store-elsewhere",
        set_up: &[Configure(SIMPLE), Hm(&["switch"]), SECRET, Configure(AFTER), TREE],
        foreign: &[Stays("mine")],
        command: &["switch", "--store-dir", "../elsewhere/nix"],
        again: &["switch", "--store-dir", "../elsewhere/nix"],
        end: End::All,
        store: "elsewhere/nix",
    },
    Scenario {
        name: "undoing",
        set_up: &{
            const KILLED: SetUp = Killed { command: &["switch", "--backup=bak"], before: "-profile\", " };
            [
                TREE,
                Configure(BEFORE),
                Hm(&["switch"]),
                SECRET,
                OWN_UNIT,
                file("deep/er/mine", "deep"),
                file("adopted", "the very same\n"),
                file("backed", "not ours"),
                file("full/backed", "nor this"),
                file("forced", "goes"),
                Configure(AFTER),
                KILLED,
            ]
        },
        foreign: OWN,
        command: &["switch", "--backup=bak"],
        again: &["switch", "--backup=bak"],
        end: End::All,
        store: STORE,
    },
    Scenario {
        name: "completing",
        set_up: &[
            TREE,
            Configure(BEFORE),
            Hm(&["switch"]),
            SECRET,
            OWN_UNIT,
            file("deep/er/mine", "deep"),
            file("adopted", "the very same\n"),
            file("backed", "not ours"),
            file("full/backed", "nor this"),
            file("forced", "goes"),
            Configure(AFTER),
            Killed { command: &["switch", "--backup=bak"], before: "/nix/profiles>)" },
        ],
        foreign: OWN,
        command: &["switch", "--backup=bak"],
        again: &["switch", "--backup=bak"],
        end: End::All,
        store: STORE,
    },
    Scenario {
        name: "dry-run",
        set_up: EVERYTHING,
        foreign: OWN,
        command: &["switch", "--dry-run", "--backup=bak"],
        again: &["switch", "--dry-run", "--backup=bak"],
        end: End::All,
        store: STORE,
    },
    Scenario {
        name: "build",
        set_up: &[Configure(SIMPLE), Hm(&["build"]), SECRET, Configure(AFTER), TREE],
        foreign: &[Stays("mine")],
        command: &["build"],
        again: &["build"],
        end: End::All,
        store: STORE,
    },
    Scenario {
        name: "copies-and-lines",
        set_up: &[
            file(".bashrc", "mine\n"),
            file(".goes", "mine\n"),
            Configure(COPIES),
            Hm(&["switch"]),
            SECRET,
            file("taken", "taken\n"),
            Configure(COPIES_AFTER),
        ],
        foreign: &[Stays("mine"), Adopted("taken"), Adopted("becomes-copy"), Adopted("becomes-link")],
        command: &["switch"],
        again: &["switch"],
        end: End::All,
        store: STORE,
    },
    Scenario {
        name: "copies-back",
        set_up: &[
            file(".bashrc", "mine\n"),
            Configure(COPIES),
            Hm(&["switch"]),
            SECRET,
            Configure(COPIES_AFTER),
            Hm(&["switch"]),
        ],
        foreign: &[Stays("mine"), Adopted("becomes-copy"), Adopted("becomes-link")],
        command: &["rollback"],
        again: &["rollback", "1"],
        end: End::All,
        store: STORE,
    },
    Scenario {
        name: "moving-in",
        set_up: &[
            Configure(BEFORE),
            TREE,
            Hm(&["build", "--out-link", "kept"]),
            With(as_home_manager),
            SECRET,
            OWN_UNIT,
            Configure(AFTER),
        ],
        foreign: &[Stays("mine"), Stays(".config/systemd/user/own.service")],
        command: &["switch"],
        again: &["switch"],
        end: End::All,
        store: STORE,
    },
    Scenario {
        name: "uninstalling",
        set_up: &[
            SECRET,
            OWN_UNIT,
            file("adopted", "the very same\n"),
            file("backed", "not ours"),
            file(".bashrc", "mine\n"),
            TREE,
            Configure(AFTER),
            Hm(&["switch", "--backup"]),
            Configure(COPIES),
            Hm(&["switch"]),
            Configure(AFTER),
            Hm(&["switch", "--backup"]),
        ],
        foreign: &[
            Stays("mine"),
            Stays(".config/systemd/user/own.service"),
            Stays(".config/hm/home.nix"),
            Adopted("adopted"),
        ],
        command: &["uninstall", "--yes"],
        again: &["uninstall", "--yes"],
        end: End::All,
        store: STORE,
    },
    Scenario {
        name: "giving-back",
        set_up: &[
            Configure(BEFORE),
            TREE,
            Hm(&["build", "--out-link", "kept"]),
            With(as_home_manager),
            SECRET,
            OWN_UNIT,
            Configure(AFTER),
            Hm(&["switch"]),
        ],
        foreign: &[Stays("mine"), Stays(".config/systemd/user/own.service")],
        command: &["uninstall", "--yes"],
        again: &["uninstall", "--yes"],
        end: End::All,
        store: STORE,
    },
    Scenario {
        name: "uninstalling-then-switching",
        set_up: &[
            SECRET,
            OWN_UNIT,
            file("adopted", "the very same\n"),
            file("backed", "not ours"),
            TREE,
            Configure(AFTER),
            Hm(&["switch", "--backup=bak"]),
        ],
        foreign: &[Stays("mine"), Stays(".config/systemd/user/own.service"), Adopted("adopted")],
        command: &["uninstall", "--yes"],
        again: &["switch", "--backup=bak"],
        end: End::Home,
        store: STORE,
    },
    Scenario {
        name: "collecting",
        set_up: &[
            TREE,
            Configure(BEFORE),
            Hm(&["switch"]),
            Configure(COPIES),
            Hm(&["build", "--no-out-link"]),
            SECRET,
            OWN_UNIT,
            Configure(AFTER),
            Killed { command: &["switch"], before: "/db.sqlite-wal>)" },
        ],
        foreign: &[Stays("mine"), Stays(".config/systemd/user/own.service")],
        command: &["gc"],
        again: &["gc"],
        end: End::All,
        store: STORE,
    },
    Scenario {
        name: "collecting-then-switching",
        set_up: &[
            TREE,
            Configure(BEFORE),
            Hm(&["switch"]),
            Configure(AFTER),
            Hm(&["build", "--no-out-link"]),
            SECRET,
        ],
        foreign: &[Stays("mine")],
        command: &["gc"],
        again: &["switch"],
        end: End::All,
        store: STORE,
    },
    Scenario {
        name: "removing-generations",
        set_up: &[
            Configure(SIMPLE),
            Hm(&["switch"]),
            Configure(COPIES),
            Hm(&["switch"]),
            Configure(NOTHING),
            Hm(&["switch"]),
            SECRET,
        ],
        foreign: &[Stays("mine")],
        command: &["remove-generations", "--yes", "1", "2"],
        again: &["expire-generations", "--yes", "--keep", "1"],
        end: End::All,
        store: STORE,
    },
    Scenario {
        name: "expiring-generations",
        set_up: &[
            Configure(SIMPLE),
            Hm(&["switch"]),
            Configure(COPIES),
            Hm(&["switch"]),
            Configure(NOTHING),
            Hm(&["switch"]),
            SECRET,
        ],
        foreign: &[Stays("mine")],
        command: &["expire-generations", "--yes", "--keep", "1"],
        again: &["expire-generations", "--yes", "--keep", "1"],
        end: End::All,
        store: STORE,
    },
    Scenario {
        name: "uninstalling-then-collecting",
        set_up: &[SECRET, OWN_UNIT, Configure(SIMPLE), Hm(&["switch"])],
        foreign: &[Stays("mine"), Stays(".config/systemd/user/own.service")],
        command: &["uninstall", "--yes"],
        again: &["gc"],
        end: End::HomeOrBefore,
        store: STORE,
    },
];
