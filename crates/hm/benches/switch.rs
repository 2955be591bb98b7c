//! How long `hm switch` takes without the systemd jobs: whole processes in throwaway homes without a user manager.
//!
//! `cargo bench -p hm --bench switch`. What was measured is in docs/performance.md.

#![allow(missing_docs, clippy::unwrap_used, clippy::panic, reason = "a benchmark")]

use std::cell::RefCell;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use criterion::{Criterion, SamplingMode, criterion_group, criterion_main};
use tempfile::TempDir;

fn switch(home: &Path, configuration: &Path) {
    let status = Command::new(env!("CARGO_BIN_EXE_hm"))
        .args(["--quiet", "switch", "-f"])
        .arg(configuration)
        .env_clear()
        .env("HOME", home)
        .env("USER", "someone")
        .env("PATH", "/usr/bin:/bin")
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success(), "the switch failed");
}

fn seeds() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../examples/seeds/home.nix").canonicalize().unwrap()
}

/// A configuration of `count` services and as many timers.
fn many(folder: &Path, count: usize) -> PathBuf {
    let file = folder.join(format!("many-{count}.nix"));
    let text = format!(
        r#"{{ lib, ... }}:
let names = builtins.genList (index: "unit-${{toString index}}") {count};
in {{
  home.stateVersion = "24.05";
  systemd.user.services = lib.genAttrs names (name: {{
    Unit.Description = "Service ${{name}}";
    Service = {{ Type = "oneshot"; ExecStart = "/bin/true ${{name}}"; }};
    Install.WantedBy = [ "default.target" ];
  }});
  systemd.user.timers = lib.genAttrs names (name: {{
    Unit.Description = "Timer ${{name}}";
    Timer.OnCalendar = "daily";
    Install.WantedBy = [ "timers.target" ];
  }});
}}
"#
    );
    std::fs::write(&file, text).unwrap();
    file
}

/// Each round in a home of its own; only the switch is timed. The homes are kept: ext4 is slow to make files for a while
/// after many were removed, which would be measured instead.
fn cold(rounds: u64, configuration: &Path, homes: &RefCell<Vec<TempDir>>) -> Duration {
    (0..rounds)
        .map(|_| {
            let home = TempDir::new().unwrap();
            let start = Instant::now();
            switch(home.path(), configuration);
            let elapsed = start.elapsed();
            homes.borrow_mut().push(home);
            elapsed
        })
        .sum()
}

fn benchmarks(criterion: &mut Criterion) {
    let folder = TempDir::new().unwrap();
    let homes = RefCell::new(Vec::new());
    let seeds = seeds();
    let home = TempDir::new().unwrap();
    switch(home.path(), &seeds);

    let mut group = criterion.benchmark_group("switch");
    group.sample_size(20);
    group.bench_function("seeds, cold", |bencher| bencher.iter_custom(|rounds| cold(rounds, &seeds, &homes)));
    group.bench_function("seeds, unchanged", |bencher| bencher.iter(|| switch(home.path(), &seeds)));
    // Each sample is one switch: they take seconds.
    group.sample_size(10).sampling_mode(SamplingMode::Flat);
    for count in [1_000, 10_000] {
        let configuration = many(folder.path(), count);
        group.bench_function(format!("{count} services and {count} timers, cold"), |bencher| {
            bencher.iter_custom(|rounds| cold(rounds, &configuration, &homes));
        });
    }
    group.finish();
}

criterion_group!(benches, benchmarks);
criterion_main!(benches);
