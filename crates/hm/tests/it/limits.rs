//! Places that are full, closed or elsewhere, and many switches at once: the binary says what is wrong and changes nothing, or
//! does all of it.

use std::collections::BTreeSet;
use std::fs::{self, Permissions};
use std::os::unix::fs::{MetadataExt, PermissionsExt, symlink};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::support::{HM, Home, listing, skip, uid};

/// The binary for a home that is not a [`Home`].
fn hm(home: &Path, arguments: &[&str]) -> Command {
    let mut command = Command::new(HM);
    let path = std::env::var_os("PATH").unwrap();
    command.args(arguments).env_clear().env("PATH", path).env("HOME", home).env("USER", "alice");
    command.env("XDG_RUNTIME_DIR", home.join("run")).current_dir(home);
    command
}

/// How a run ended, and what it wrote on standard error.
fn ended(command: &mut Command) -> (i32, String) {
    let output = command.output().unwrap();
    (output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stderr).into_owned())
}

/// The directory that a variable names.
fn given(variable: &str, what: &str) -> Option<PathBuf> {
    let dir = std::env::var_os(variable).map(PathBuf::from);
    if dir.is_none() {
        skip(&format!("{what} ({variable} names none)"));
    }
    dir
}

/// Some files, one of them large, and a unit.
fn configuration(text: &str) -> String {
    format!(
        r#"{{ lib, ... }}: {{
  home.file = lib.genAttrs (map (n: "d/f${{toString n}}") (lib.range 1 30)) (name: {{ text = "{text} ${{name}}"; }}) // {{
    large.text = lib.concatStrings (lib.genList (n: "{text} ${{toString n}}\n") 8000);
  }};
  systemd.user.services.unit.Service.ExecStart = "/bin/echo {text}";
}}
"#
    )
}

fn configure(home: &Path, text: &str) {
    fs::create_dir_all(home.join(".config/hm")).unwrap();
    fs::write(home.join(".config/hm/home.nix"), configuration(text)).unwrap();
}

/// The home without what is hm's own.
fn of_user(home: &Path) -> std::collections::BTreeMap<String, String> {
    let mut found = listing(home);
    found.retain(|name, _| !name.starts_with(".local") && name != "filler" && name != ".config/hm/home.nix");
    found
}

/// Leaves `free` bytes on the file system of `home`.
fn fill(home: &Path, free: u64) {
    let stat = rustix::fs::statvfs(home).unwrap();
    let size = (stat.f_bavail * stat.f_frsize).saturating_sub(free);
    let file = fs::File::create(home.join("filler")).unwrap();
    rustix::fs::fallocate(&file, rustix::fs::FallocateFlags::empty(), 0, size.max(1)).unwrap();
}

#[test]
fn a_full_file_system() {
    let Some(small) = given("HM_TEST_SMALL_DIR", "a small file system") else { return };
    let mut refused = 0;
    for free in (0..20).map(|step: u64| step * 40 * 1024) {
        let dir = tempfile::tempdir_in(&small).unwrap();
        let home = dir.path().canonicalize().unwrap();
        fs::write(home.join("mine"), "text").unwrap();
        configure(&home, "one");
        let before = of_user(&home);
        fill(&home, free);
        let (status, said) = ended(&mut hm(&home, &["switch"]));
        match status {
            0 => {}
            1 => {
                refused += 1;
                let full = said.contains("No space left on device") || said.contains("is full");
                assert!(full, "with {free} bytes: {said}");
                assert_eq!(of_user(&home), before, "with {free} bytes: {said}");
            }
            _ => panic!("with {free} bytes: {status}: {said}"),
        }
        // A second switch finds less room than the first.
        let second = status == 0;
        if second {
            let first = of_user(&home);
            configure(&home, "two");
            let (status, said) = ended(&mut hm(&home, &["switch"]));
            assert!(status == 0 || of_user(&home) == first, "with {free} bytes: {said}");
            assert!(
                status == 0 || said.contains("No space left on device") || said.contains("is full"),
                "{said}"
            );
        }
        fs::remove_file(home.join("filler")).unwrap();
        let (status, said) = ended(&mut hm(&home, &["switch"]));
        assert_eq!(status, 0, "with {free} bytes, then with room: {said}");
        let text = if second { "two" } else { "one" };
        assert_eq!(fs::read_to_string(home.join("d/f7")).unwrap(), format!("{text} d/f7"));
        assert_eq!(fs::read_to_string(home.join("mine")).unwrap(), "text");
        assert!(!home.join(".local/state/hm/journal.json").exists());
        remove(dir);
    }
    assert!(refused > 3, "there was too much room: {refused}");
}

/// Removes a home with its store, whose directories nobody may write.
fn remove(dir: tempfile::TempDir) {
    let output = Command::new("chmod").args(["-R", "u+w"]).arg(dir.path()).output().unwrap();
    assert!(output.status.success());
    dir.close().unwrap();
}

#[test]
fn a_home_on_a_read_only_file_system() {
    let Some(home) = given("HM_TEST_READONLY_DIR", "a read-only directory") else { return };
    if fs::metadata(&home).unwrap().uid() != uid() {
        skip("a read-only directory of one's own");
        return;
    }
    let elsewhere = Home::new();
    let file = elsewhere.write("home.nix", &configuration("one"));
    for arguments in [&["switch", "-f"][..], &["switch", "--dry-run", "-f"]] {
        let mut arguments = arguments.to_vec();
        arguments.push(file.to_str().unwrap());
        let (status, said) = ended(&mut hm(&home, &arguments));
        let expected =
            format!("the home directory {} is not writable: Read-only file system", home.display());
        assert!(status == 1 && said.contains(&expected), "{status}: {said}");
    }
    // Even where all that is hm's own lies elsewhere.
    let mut command = hm(&home, &["switch", "-f", file.to_str().unwrap()]);
    for (name, dir) in [("XDG_DATA_HOME", "data"), ("XDG_STATE_HOME", "state"), ("XDG_CACHE_HOME", "cache")] {
        command.env(name, elsewhere.path().join(dir));
    }
    let (status, said) = ended(&mut command);
    assert!(status == 1 && said.to_lowercase().contains("read-only"), "{status}: {said}");
    assert!(!elsewhere.path().join("state/nix/profiles/hm").exists());
    assert_eq!(fs::read_dir(&home).unwrap().count(), 0);
}

#[test]
fn a_home_on_another_file_system_than_its_store() {
    let store = tempfile::tempdir().unwrap();
    let Ok(dir) = tempfile::tempdir_in("/dev/shm") else {
        skip("a second file system: /dev/shm");
        return;
    };
    if fs::metadata(store.path()).unwrap().dev() == fs::metadata(dir.path()).unwrap().dev() {
        skip("a second file system: /dev/shm is the first");
        return;
    }
    let home = dir.path().canonicalize().unwrap();
    let root = store.path().join("nix");
    let switch = |text: &str| {
        configure(&home, text);
        let (status, said) = ended(&mut hm(&home, &["switch", "--store-dir", root.to_str().unwrap()]));
        assert_eq!(status, 0, "{said}");
        assert_eq!(fs::read_to_string(home.join("d/f7")).unwrap(), format!("{text} d/f7"));
        assert!(fs::read_link(home.join("d/f7")).unwrap().starts_with(root.canonicalize().unwrap()));
    };
    switch("one");
    switch("two");
    let (status, said) = ended(&mut hm(&home, &["rollback"]));
    assert_eq!(status, 0, "{said}");
    assert_eq!(fs::read_to_string(home.join("d/f7")).unwrap(), "one d/f7");
    remove(store);
}

#[test]
fn twenty_switches_at_once() {
    let home = Home::new();
    let files: Vec<PathBuf> =
        ["one", "two"].map(|text| home.write(&format!("{text}.nix"), &configuration(text))).into();
    let switches: Vec<Child> = (0..20)
        .map(|number| {
            let mut command = hm(&home.path(), &["switch", "-f", files[number % 2].to_str().unwrap()]);
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap()
        })
        .collect();
    for switch in switches {
        let output = switch.wait_with_output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let home = home.path();
    let current = fs::canonicalize(home.join(".local/state/nix/profiles/hm/home-files")).unwrap();
    let mut links = 0;
    for (name, found) in of_user(&home) {
        assert!(!name.contains(".hm-"), "{name} is left");
        if let Some(target) = found.strip_prefix("-> ") {
            assert_eq!(Path::new(target), current.join(&name), "the home is of one generation");
            links += 1;
        }
    }
    assert_eq!(links, 32);
    assert!(!home.join(".local/state/hm/journal.json").exists());
    // What is current is what the last one wanted, and no store object was lost on the way.
    let told: BTreeSet<String> =
        (1..=30).map(|n| fs::read_to_string(home.join(format!("d/f{n}"))).unwrap()).collect();
    let text = if told.contains("one d/f1") { "one" } else { "two" };
    assert_eq!(told, (1..=30).map(|n| format!("{text} d/f{n}")).collect());
}

/// Swaps `d` for a link to a directory outside and back, until told to stop.
fn swap_in_a_loop(home: &Path, outside: &Path, stop: &AtomicBool, rounds: &AtomicUsize) {
    while !stop.load(Ordering::Relaxed) {
        let _ = fs::rename(home.join("d"), home.join("aside"));
        let _ = symlink(outside, home.join("d"));
        std::thread::yield_now();
        let _ = fs::remove_file(home.join("d"));
        let _ = fs::rename(home.join("aside"), home.join("d"));
        rounds.fetch_add(1, Ordering::Relaxed);
    }
}

#[test]
fn a_directory_that_is_swapped_for_a_link_out_of_the_home() {
    const SWAPS: usize = 10_000;
    let home = Home::new();
    home.write("d/mine", "text");
    let outside = tempfile::tempdir().unwrap();
    let files: Vec<PathBuf> = [
        r#"{ home.file."d/e/x".text = "1"; home.file."d/y".text = "1"; }"#,
        r#"{ home.file."d/e/x" = { text = "2"; mode = "copy"; }; home.file."d/z".text = "2"; hm.lines."d/l".text = "l"; }"#,
        "{ }",
    ]
    .iter()
    .enumerate()
    .map(|(number, text)| home.write(&format!("{number}.nix"), text))
    .collect();
    let (stop, rounds) = (AtomicBool::new(false), AtomicUsize::new(0));
    let mut succeeded = 0;
    std::thread::scope(|scope| {
        let path = home.path();
        let (outside, stop, rounds) = (outside.path(), &stop, &rounds);
        scope.spawn(move || swap_in_a_loop(&path, outside, stop, rounds));
        for number in 0.. {
            let (status, said) =
                ended(&mut hm(&home.path(), &["switch", "-f", files[number % 3].to_str().unwrap()]));
            assert!(status == 0 || status == 1, "{status}: {said}");
            succeeded += usize::from(status == 0);
            // How many get through depends on the machine, so there are more until one has.
            let enough = number >= 30 && rounds.load(Ordering::Relaxed) >= SWAPS;
            if enough && (succeeded > 0 || number >= 1000) {
                break;
            }
        }
        stop.store(true, Ordering::Relaxed);
    });
    assert_eq!(fs::read_dir(outside.path()).unwrap().count(), 0, "something was written outside");
    let mine = ["d/mine", "aside/mine"].map(|name| fs::read_to_string(home.path().join(name)).ok());
    assert!(mine.contains(&Some("text".to_owned())));
    assert!(succeeded > 0, "no switch got through at all");
    // A copy that was aside when it was to be removed is nobody's now.
    home.hm(&["switch", "--backup", "-f", files[0].to_str().unwrap()]).ended(0);
    assert_eq!(fs::read_to_string(home.path().join("d/e/x")).unwrap(), "1");
}

#[test]
fn a_directory_that_may_not_be_written() {
    let home = Home::new();
    home.write("closed/mine", "text");
    home.configure(r#"{ home.file."closed/x".text = "x"; home.file.open.text = "y"; }"#);
    fs::set_permissions(home.path().join("closed"), Permissions::from_mode(0o555)).unwrap();
    let before = of_user(&home.path());
    // Root may do everything, except where it has given that up.
    let mut command = hm(&home.path(), &["switch"]);
    if uid() == 0 {
        let arguments = [
            "--bounding-set=-dac_override,-dac_read_search",
            "--inh-caps=-dac_override,-dac_read_search",
            HM,
            "switch",
        ];
        let mut without = Command::new("setpriv");
        without.args(arguments).current_dir(home.path()).env_clear();
        for (name, value) in command.get_envs() {
            without.env(name, value.unwrap());
        }
        command = without;
    }
    let (status, said) = ended(&mut command);
    assert!(
        status == 1 && said.contains("closed/x cannot be written: the directory closed: permission denied"),
        "{status}: {said}"
    );
    assert_eq!(of_user(&home.path()), before);
    fs::set_permissions(home.path().join("closed"), Permissions::from_mode(0o755)).unwrap();
    home.hm(&["switch"]).ended(0);
}
