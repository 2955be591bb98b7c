//! A home, a store and a profile in a temporary directory, and a way to write all of a home down as text.

use std::fs;
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use hm_generation::manifest::MANIFEST_VERSION;
use hm_generation::{
    Applied, Error, HomeEnv, Options, Profile, Recovery, Session, Stores, SwitchReport, Target,
};

pub(crate) struct Fixture {
    pub(crate) root: tempfile::TempDir,
    pub(crate) env: HomeEnv,
    made: AtomicU32,
}

impl Fixture {
    /// An empty home.
    pub(crate) fn new() -> Self {
        Self::below(tempfile::tempdir().unwrap())
    }

    /// An empty home in memory, where there is a file system for that: for tests that need thousands of them.
    pub(crate) fn in_memory() -> Self {
        Self::below(tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap())
    }

    /// What lies in `root` already stays.
    pub(crate) fn below(root: tempfile::TempDir) -> Self {
        let at = |name: &str| {
            let path = root.path().join(name);
            fs::create_dir_all(&path).unwrap();
            path
        };
        let env = HomeEnv {
            home: at("home"),
            state_dir: at("state").join("hm"),
            profile: Profile::new(root.path().join("state/nix/profiles"), "hm"),
            stores: Stores::new([at("store")]),
            uid: fs::metadata(root.path()).unwrap().uid(),
            trusted_parents: Vec::new(),
            home_manager: vec![
                root.path().join("state/nix/profiles/home-manager"),
                root.path().join("state/current-home"),
            ],
            watch: None,
        };
        Self { root, env, made: AtomicU32::new(0) }
    }

    pub(crate) fn home(&self, path: &str) -> PathBuf {
        self.env.home.join(path)
    }

    /// A generation with these files. `name=text` gives the contents, which are otherwise the name itself; at the end, `!`
    /// says `force`, `*` makes it a copy and `x` an executable one. `name&text` is a line in a file of the user, `name&&text`
    /// in one that is made for it.
    pub(crate) fn generation(&self, files: &str) -> PathBuf {
        let number = self.made.fetch_add(1, Ordering::Relaxed) + 1;
        let hash = format!("{number:0>32}");
        let store = self.root.path().join("store");
        let home_files = store.join(format!("{hash}-home-manager-files"));
        fs::create_dir_all(&home_files).unwrap();
        let mut declared = serde_json::Map::new();
        let mut lines = serde_json::Map::new();
        for word in files.split_whitespace() {
            if let Some((name, text)) = word.split_once('&') {
                let (text, create) = text.strip_prefix('&').map_or((text, false), |text| (text, true));
                lines.insert(name.to_owned(), serde_json::json!({ "text": text, "create": create }));
                continue;
            }
            let (word, executable) = word.strip_suffix("*x").map_or((word, false), |word| (word, true));
            let (word, copy) = word.strip_suffix('*').map_or((word, executable), |word| (word, true));
            let (word, force) = word.strip_suffix('!').map_or((word, false), |word| (word, true));
            let (name, text) = word.split_once('=').unwrap_or((word, word));
            let path = home_files.join(name);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(&path, text).unwrap();
            let mode = if executable { 0o555 } else { 0o444 };
            fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
            let mode = if copy { "copy" } else { "link" };
            declared.insert(name.to_owned(), serde_json::json!({ "force": force, "mode": mode }));
        }
        let generation = store.join(format!("{hash}-home-manager-generation"));
        fs::create_dir(&generation).unwrap();
        let manifest = serde_json::json!({
            "version": MANIFEST_VERSION, "hmVersion": "0.1.0", "username": "u", "homeDirectory": self.env.home, "lines": lines,
            "stateVersion": "24.05", "configHome": ".config", "homeFiles": home_files, "homePath": "/nowhere",
            "files": declared, "units": {}, "packages": [], "sessionVariables": {}, "warnings": [],
        });
        fs::write(generation.join("manifest.json"), manifest.to_string()).unwrap();
        generation
    }

    /// A home that home-manager manages: its profile, or a root that it keeps beside it, leads to a generation that it has
    /// built, and its links are in the home.
    pub(crate) fn home_manager(&self, files: &str, root: bool) -> PathBuf {
        let generation = self.generation(files);
        let home_files = generation.with_file_name(
            generation.file_name().unwrap().to_str().unwrap().replace("-generation", "-files"),
        );
        fs::remove_file(generation.join("manifest.json")).unwrap();
        symlink(&home_files, generation.join("home-files")).unwrap();
        let profiles = self.root.path().join("state/nix/profiles");
        fs::create_dir_all(&profiles).unwrap();
        if root {
            symlink(&generation, self.root.path().join("state/current-home")).unwrap();
        } else {
            symlink(&generation, profiles.join("home-manager-7-link")).unwrap();
            symlink("home-manager-7-link", profiles.join("home-manager")).unwrap();
        }
        for word in files.split_whitespace() {
            let name = word.split('=').next().unwrap();
            let place = self.home(name);
            fs::create_dir_all(place.parent().unwrap()).unwrap();
            let _ = fs::remove_file(&place);
            symlink(home_files.join(name), place).unwrap();
        }
        generation
    }

    /// The end of `hm` in the home.
    pub(crate) fn leave(&self) -> Result<SwitchReport, Error> {
        let session = Session::open(&self.env, || true)?;
        if recover(&session)? {
            return Ok(SwitchReport::default());
        }
        match session.prepare_leave()? {
            Some(leaving) => leaving.apply(None)?.finish(),
            None => {
                session.remove_traces()?;
                Ok(SwitchReport::default())
            }
        }
    }

    /// Puts foreign things into the home, one a line: `a/b text`, `a/` (a directory), `a -> target`.
    pub(crate) fn foreign(&self, lines: &str) {
        for line in lines.lines().map(str::trim).filter(|line| !line.is_empty()) {
            let (name, what) = line.split_once(' ').unwrap_or((line, ""));
            let path = self.home(name);
            if let Some(target) = what.strip_prefix("-> ") {
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                symlink(target.replace('@', self.root.path().to_str().unwrap()), path).unwrap();
            } else if name.ends_with('/') {
                fs::create_dir_all(path).unwrap();
            } else {
                fs::create_dir_all(path.parent().unwrap()).unwrap();
                fs::write(path, what).unwrap();
            }
        }
    }

    /// One whole switch, an interrupted one being recovered first.
    pub(crate) fn switch_to(&self, target: Target<'_>, options: &Options) -> Result<SwitchReport, Error> {
        let session = Session::open(&self.env, || true)?;
        if recover(&session)? {
            drop(session);
            return self.switch_to(target, options);
        }
        let pending = session.prepare(target, options)?;
        let applied: Applied<'_> = pending.apply(&mut |link| {
            assert!(link.exists(), "a root is registered when it exists");
            Ok(())
        })?;
        applied.finish()
    }

    pub(crate) fn switch(&self, generation: &Path) -> Result<SwitchReport, Error> {
        self.switch_to(Target::Path(generation), &fast())
    }

    /// The home, one place a line, the profile and what `hm` remembers. Store paths are `gN`, N counting the
    /// generations of this fixture.
    pub(crate) fn snapshot(&self) -> String {
        let mut lines = Vec::new();
        write_down(&self.env.home, "", &mut lines);
        lines.push("--".to_owned());
        if self.env.profile.dir().exists() {
            write_down(self.env.profile.dir(), "", &mut lines);
        }
        lines.push("--".to_owned());
        lines.push(fs::read_to_string(self.env.state_dir.join("directories.json")).unwrap_or_default());
        lines.push(format!("journal: {}", self.env.state_dir.join("journal.json").exists()));
        let mut text = lines.join("\n").replace(self.root.path().to_str().unwrap(), "@");
        for number in 1..=self.made.load(Ordering::Relaxed) {
            text = text
                .replace(&format!("@/store/{number:0>32}-home-manager-files"), &format!("g{number}"))
                .replace(&format!("@/store/{number:0>32}-home-manager-generation"), &format!("g{number}"));
        }
        text
    }

    /// The home alone.
    pub(crate) fn tree(&self) -> String {
        self.snapshot().split("--\n").next().unwrap().trim_end().to_owned()
    }
}

/// Recovers an interrupted run, with nothing for the caller to do.
/// True when it was the end of `hm` in the home, after which its lock is gone too.
pub(crate) fn recover(session: &Session<'_>) -> Result<bool, Error> {
    match session.recover()? {
        Some(Recovery::RolledForward(applied)) => drop(applied.finish()?),
        Some(Recovery::Collecting(collection)) => collection.finish()?,
        Some(Recovery::Leaving(left)) => {
            left.finish()?;
            return Ok(true);
        }
        Some(
            Recovery::RolledBack { .. }
            | Recovery::Lost { .. }
            | Recovery::Stayed { .. }
            | Recovery::GenerationsRemoved { .. },
        )
        | None => {}
    }
    Ok(false)
}

/// Switches without syncing, which no test without a power switch can see.
pub(crate) fn fast() -> Options {
    Options { backup: None, sync: false }
}

/// Everything below `dir`, one a line: a directory, a link or a file, each with `prefix` before its name.
pub(crate) fn write_down(dir: &Path, prefix: &str, lines: &mut Vec<String>) {
    let mut names: Vec<_> = fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    names.sort();
    for name in names {
        let path = dir.join(&name);
        let shown = format!("{prefix}{}", name.to_string_lossy());
        let meta = fs::symlink_metadata(&path).unwrap();
        if meta.is_symlink() {
            lines.push(format!("{shown} -> {}", fs::read_link(&path).unwrap().display()));
        } else if meta.is_dir() {
            let mode = meta.permissions().mode() & 0o777;
            lines.push(if mode == 0o755 { format!("{shown}/") } else { format!("{shown}/ {mode:o}") });
            write_down(&path, &format!("{shown}/"), lines);
        } else if meta.is_file() {
            let text = String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned();
            let mode = if meta.permissions().mode() & 0o111 == 0 { "" } else { "x" };
            // The marks are the lines module's own business.
            let text = text
                .replace(
                    "# >>> hm: do not edit up to the end of these lines, which hm keeps up to date >>>\n",
                    "{",
                )
                .replace("# >>> hm: hm made this file; do not edit up to the end of these lines >>>\n", "{{")
                .replace("# <<< hm <<<\n", "}");
            lines.push(format!("{shown}:{mode} {}", text.replace('\n', "|")));
        } else {
            lines.push(format!("{shown}: {:?}", meta.file_type()));
        }
    }
}
