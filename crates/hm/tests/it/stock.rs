//! Stock Nix as judge of the embedded store.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::{Command, Output};

use crate::support::{Home, repository, skip};

/// Runs `nix-store` on the embedded store of a home. `None` where it is not installed.
fn nix_store(home: &Home, arguments: &[&str]) -> Option<Output> {
    let root = home.path().join(".local/share/hm/nix");
    let output = Command::new("nix-store")
        .args(arguments)
        .env("NIX_STORE_DIR", root.join("store"))
        .env("NIX_STATE_DIR", root.join("var/nix"))
        .env("NIX_LOG_DIR", root.join("var/log"))
        .env("NIX_CONF_DIR", root.join("etc"))
        .env("NIX_REMOTE", "")
        .output();
    match output {
        Ok(output) => Some(output),
        Err(why) => {
            skip(&format!("stock Nix as judge: nix-store: {why}"));
            None
        }
    }
}

fn text(output: &Output) -> String {
    format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
}

#[test]
fn stock_nix_accepts_the_store_and_keeps_live_generations_and_nothing_else() {
    let home = Home::new();
    let seeds = repository().join("examples/seeds/home.nix");
    let configuration = |number: u32| {
        home.configure(&format!(
            "{{ imports = [ {} ]; home.file.number.text = \"{number}\"; }}\n",
            seeds.display()
        ));
    };
    let verify = || nix_store(&home, &["--verify", "--check-contents"]);
    for number in 1..=3 {
        configuration(number);
        home.hm(&["switch"]).ended(0);
        let Some(output) = verify() else { return };
        assert!(output.status.success(), "{}", text(&output));
        assert!(!text(&output).contains("error"), "{}", text(&output));
    }
    // Something that no generation holds, so that there is something to collect.
    configuration(4);
    let dropped = home.command(&["build", "--no-out-link"]).output().unwrap();
    let dropped = PathBuf::from(String::from_utf8(dropped.stdout).unwrap().trim_end());
    assert!(dropped.exists());

    let output = nix_store(&home, &["--gc"]).unwrap();
    assert!(output.status.success(), "{}", text(&output));
    assert!(!dropped.exists(), "{}", text(&output));
    let output = verify().unwrap();
    assert!(output.status.success(), "{}", text(&output));
    for number in 1..=3 {
        let profile = home.path().join(format!(".local/state/nix/profiles/hm-{number}-link"));
        let output = nix_store(&home, &["--query", "--requisites", profile.to_str().unwrap()]).unwrap();
        assert!(output.status.success(), "{}", text(&output));
        let closure = String::from_utf8(output.stdout).unwrap();
        assert!(
            closure.lines().count() > 5 && closure.lines().all(|path| fs::symlink_metadata(path).is_ok()),
            "{closure}"
        );
        let file = profile.join("home-files/number");
        assert_eq!(fs::read_to_string(file).unwrap(), number.to_string());
    }
    home.hm(&["rollback", "1"]).ended(0);
    assert_eq!(fs::read_to_string(home.path().join("number")).unwrap(), "1");

    home.hm(&["expire-generations", "--keep", "1", "--yes"]).ended(0);
    home.hm(&["rollback", "3"]).ended(0);
    home.hm(&["remove-generations", "1", "--yes"]).ended(0);
    let said = home.hm(&["gc"]).ended(0);
    assert!(said.starts_with("freed "), "{said}");
    let output = verify().unwrap();
    assert!(output.status.success() && !text(&output).contains("error"), "{}", text(&output));
    // What is left is what the last generation needs, and stock Nix finds nothing more to collect.
    let profile = home.path().join(".local/state/nix/profiles/hm-3-link");
    let output = nix_store(&home, &["--query", "--requisites", profile.to_str().unwrap()]).unwrap();
    let closure: BTreeSet<PathBuf> =
        String::from_utf8(output.stdout).unwrap().lines().map(PathBuf::from).collect();
    let objects = || -> BTreeSet<PathBuf> {
        let all = fs::read_dir(home.path().join(".local/share/hm/nix/store")).unwrap();
        all.map(|entry| entry.unwrap().path()).filter(|path| !path.ends_with(".links")).collect()
    };
    assert_eq!(objects(), closure);
    assert!(nix_store(&home, &["--gc"]).unwrap().status.success());
    assert_eq!(objects(), closure);
    assert_eq!(fs::read_to_string(home.path().join("number")).unwrap(), "3");
}
