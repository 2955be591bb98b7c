//! The commands that are disturbed, each with the home it is run in. A new command is one more entry.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

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

/// See the module.
pub(super) struct Scenario {
    pub(super) name: &'static str,
    pub(super) set_up: &'static [SetUp],
    pub(super) foreign: &'static [Foreign],
    /// What is disturbed.
    pub(super) command: &'static [&'static str],
    /// What is run after that and has to put everything right.
    pub(super) again: &'static [&'static str],
    /// Whether all is to be the same in the end, not only what is the user's: generations may have other numbers.
    pub(super) all_settles: bool,
    /// The directory of the store, below the world.
    pub(super) store: &'static str,
}

const STORE: &str = "home/.local/share/hm/nix";

use Foreign::{Adopted, Kept, Stays};
use SetUp::{Configure, Dir, File, Hm, Killed, Link, With};

const fn file(path: &'static str, text: &'static str) -> SetUp {
    File { path, mode: 0o644, text }
}

const SIMPLE: &str = r#"{ pkgs, ... }: {
  home.file.greeting.text = "hello\n";
  home.file."d/e/deep".text = "deep\n";
  xdg.configFile."tool/settings".text = "set\n";
  systemd.user.services.greet = {
    Unit.Description = "Greet";
    Service.ExecStart = "${pkgs.writeShellScript "greet" "echo hello"}";
    Install.WantedBy = [ "default.target" ];
  };
}
"#;

const BEFORE: &str = r#"{ pkgs, ... }:
let
  service = text: {
    Service.ExecStart = "${pkgs.writeShellScript "service" "echo ${text}"}";
    Install.WantedBy = [ "default.target" ];
  };
in {
  home.file = {
    same.text = "same\n";
    changed.text = "one\n";
    gone.text = "gone\n";
    "deep/er/gone".text = "gone\n";
    "dir/one".text = "one\n";
    "dir/two/three".text = "three\n";
    link.source = ./tree;
    script = { text = "exec true\n"; executable = true; };
  };
  systemd.user.services = { stays = service "same"; changes = service "one"; goes = service "bye"; };
}
"#;

const AFTER: &str = r#"{ pkgs, ... }:
let
  service = text: {
    Service.ExecStart = "${pkgs.writeShellScript "service" "echo ${text}"}";
    Install.WantedBy = [ "default.target" ];
  };
in {
  home.file = {
    same.text = "same\n";
    changed.text = "two\n";
    new.text = "new\n";
    "new-dir/x".text = "x\n";
    dir.source = ./tree;
    "link/now/dir".text = "dir\n";
    "link/two".text = "two\n";
    adopted.text = "the very same\n";
    backed.text = "ours\n";
    "full/backed".text = "ours\n";
    forced = { text = "ours\n"; force = true; };
    script = { text = "exec true\n"; executable = true; };
  };
  systemd.user.services = { stays = service "same"; changes = service "two"; comes = service "hi"; };
}
"#;

const NOTHING: &str = "{ }\n";

/// Files that the user may edit, and lines in files that are the user's.
const COPIES: &str = r#"{
  home.file = {
    copied = { text = "one\n"; mode = "copy"; };
    edited = { text = "one\n"; mode = "copy"; };
    "sub/goes" = { text = "bye\n"; mode = "copy"; };
    linked.text = "linked\n";
    becomes-link = { text = "copy\n"; mode = "copy"; };
    becomes-copy.text = "link\n";
  };
  hm.lines.".bashrc".text = "alias a=b";
  hm.lines.".goes".text = "bye";
}
"#;

const COPIES_AFTER: &str = r#"{
  home.file = {
    copied = { text = "two\n"; mode = "copy"; };
    edited = { text = "one\n"; mode = "copy"; };
    comes = { text = "hi\n"; mode = "copy"; };
    linked.text = "linked\n";
    becomes-link.text = "copy\n";
    becomes-copy = { text = "link\n"; mode = "copy"; };
    taken = { text = "taken\n"; mode = "copy"; };
  };
  home.sessionVariables.EDITOR = "vi";
  hm.lines.".bashrc".text = "alias a=c";
  hm.lines.".comes".text = "hi";
}
"#;

/// A home as home-manager leaves it: its profile, and links to the files of a generation that has no manifest. They are
/// those that `hm build` has made.
fn as_home_manager(home: &Path) {
    let files = fs::read_link(fs::read_link(home.join("kept")).unwrap().join("home-files")).unwrap();
    let (generation, profiles) = (home.join(".local/generation"), home.join(".local/state/nix/profiles"));
    for dir in [&generation, &profiles] {
        fs::create_dir_all(dir).unwrap();
    }
    symlink(&files, generation.join("home-files")).unwrap();
    symlink(&generation, profiles.join("home-manager-3-link")).unwrap();
    symlink("home-manager-3-link", profiles.join("home-manager")).unwrap();
    link_all(&files, home);
}

fn link_all(from: &Path, to: &Path) {
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let (path, place) = (entry.path(), to.join(entry.file_name()));
        if path.symlink_metadata().unwrap().is_dir() {
            fs::create_dir_all(&place).unwrap();
            link_all(&path, &place);
        } else {
            symlink(&path, place).unwrap();
        }
    }
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
        all_settles: true,
        store: STORE,
    },
    Scenario {
        name: "everything-changes",
        set_up: EVERYTHING,
        foreign: OWN,
        command: &["switch", "--backup=bak"],
        again: &["switch", "--backup=bak"],
        all_settles: true,
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
        all_settles: true,
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
        all_settles: true,
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
        all_settles: true,
        store: STORE,
    },
    Scenario {
        name: "store-elsewhere",
        set_up: &[Configure(SIMPLE), Hm(&["switch"]), SECRET, Configure(AFTER), TREE],
        foreign: &[Stays("mine")],
        command: &["switch", "--store-dir", "../elsewhere/nix"],
        again: &["switch", "--store-dir", "../elsewhere/nix"],
        all_settles: true,
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
        all_settles: true,
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
        all_settles: true,
        store: STORE,
    },
    Scenario {
        name: "dry-run",
        set_up: EVERYTHING,
        foreign: OWN,
        command: &["switch", "--dry-run", "--backup=bak"],
        again: &["switch", "--dry-run", "--backup=bak"],
        all_settles: true,
        store: STORE,
    },
    Scenario {
        name: "build",
        set_up: &[Configure(SIMPLE), Hm(&["build"]), SECRET, Configure(AFTER), TREE],
        foreign: &[Stays("mine")],
        command: &["build"],
        again: &["build"],
        all_settles: true,
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
        all_settles: true,
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
        all_settles: true,
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
        all_settles: true,
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
        all_settles: true,
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
        all_settles: true,
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
        all_settles: false,
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
        all_settles: true,
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
        all_settles: true,
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
        all_settles: true,
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
        all_settles: true,
        store: STORE,
    },
];
