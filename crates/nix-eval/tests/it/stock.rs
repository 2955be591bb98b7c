//! Stock Nix, where it is installed, prints the same values and paths.

use nix_syntax::lower::PartSizes;
use std::path::Path;
use std::process::Command;

use nix_eval::features::Features;

use crate::host::conformance;
use crate::records::{Expected, Record, derivations, evaluate_all, neutral, values};

/// One process of stock Nix evaluates this many expressions.
const BATCH: usize = 150;

fn is_installed() -> bool {
    if Command::new("nix-instantiate").arg("--version").output().is_ok_and(|output| output.status.success()) {
        return true;
    }
    eprintln!("SKIPPED: nix-instantiate is not installed, so nothing was compared with it");
    assert!(std::env::var("HM_TESTS_REQUIRE_ALL").as_deref() != Ok("1"), "no test may be skipped");
    false
}

fn stock(records: &[&Record], root: &Path) -> Vec<String> {
    let folder = conformance();
    let mut command = Command::new("nix-instantiate");
    command.args(["--eval", "--strict", "-E"]);
    command.args(records.iter().map(|record| format!(" {}", record.expr)));
    command.current_dir(&folder);
    command.env_remove("NIX_REMOTE").env("HOME", "/home/conformance").env("CONFORMANCE", "set");
    command.env("NIX_PATH", format!("fixture={}", folder.join("files").display()));
    command.env("NIX_CONFIG", "experimental-features =");
    if records.iter().any(|record| record.writes) {
        command.arg("--read-write-mode").env("NIX_REMOTE", format!("local?root={}", root.display()));
    }
    let output = command.output().unwrap();
    assert!(output.status.success(), "nix-instantiate: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).lines().map(neutral).collect()
}

/// Those expressions on which the recorded versions of Nix agree, since any version may be installed.
#[test]
fn stock_nix_prints_the_same() {
    if !is_installed() {
        return;
    }
    let mut records = values();
    records.extend(derivations());
    records.retain(|record| record.stable && matches!(record.expected, Expected::Value(_)));
    records.retain(|record| record.features == Features::default());
    assert!(records.len() > 900, "only {} expressions", records.len());
    let outcomes = evaluate_all(&records, PartSizes::default());
    let root = tempfile::tempdir().unwrap();
    let mut wrong = String::new();
    for writes in [false, true] {
        let part: Vec<_> =
            records.iter().zip(&outcomes).filter(|(record, _)| record.writes == writes).collect();
        for batch in part.chunks(BATCH) {
            let batched: Vec<&Record> = batch.iter().map(|(record, _)| *record).collect();
            let lines = stock(&batched, root.path());
            assert_eq!(lines.len(), batch.len());
            for ((record, outcome), line) in batch.iter().zip(lines) {
                let found = outcome.value.as_ref().map(|value| neutral(value));
                if found.as_ref().ok() != Some(&line) {
                    wrong.push_str(&format!(
                        "{}: {}\n  Nix: {line}\n  found {found:?}\n",
                        record.place, record.expr
                    ));
                }
            }
        }
    }
    assert!(wrong.is_empty(), "stock Nix does otherwise:\n{wrong}");
}
