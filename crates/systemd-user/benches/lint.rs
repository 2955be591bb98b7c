//! Checking 200 units: the linter, reading included, and `systemd-analyze verify` on the same files.
//!
//!     cargo bench -p systemd-user --bench lint
//!
//! The goal is at most half of what systemd-analyze takes.

#![allow(clippy::unwrap_used, missing_docs, reason = "a measurement that cannot be made may stop")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use criterion::{Criterion, criterion_group, criterion_main};
use systemd_user::lint::{Options, Table, check};
use systemd_user::unit_set::UnitSet;

/// A folder like that of a large home: services with timers, sockets and paths.
fn lay(dir: &Path) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    let mut write = |name: String, text: String| {
        let path = dir.join(name);
        fs::write(&path, text).unwrap();
        paths.push(path);
    };
    for index in 0..100 {
        let mode =
            if index % 2 == 0 { "Type=oneshot" } else { "Type=exec\nRestart=on-failure\nRestartSec=5s" };
        write(
            format!("job-{index}.service"),
            format!(
                "[Unit]\nDescription=Job {index}\nDocumentation=man:true(1)\nAfter=basic.target\n\n[Service]\n{mode}\n\
                 ExecStart=/bin/true --index {index} \"two words\" %h\nEnvironment=INDEX={index} \"NAME=a b\"\n\
                 MemoryMax=512M\nCPUWeight=50\nNice=5\nNoNewPrivileges=yes\nWorkingDirectory=%h\n\n\
                 [Install]\nWantedBy=default.target\n"
            ),
        );
        write(
            format!("job-{index}.timer"),
            format!(
                "[Unit]\nDescription=Timer {index}\n\n[Timer]\nOnCalendar=Mon..Fri *-*-* {:02}:30:00\nPersistent=true\n\
                 RandomizedDelaySec=5min\n\n[Install]\nWantedBy=timers.target\n",
                index % 24
            ),
        );
    }
    paths
}

fn bench(criterion: &mut Criterion) {
    let dir = tempfile::tempdir().unwrap();
    let units = dir.path().join("user");
    fs::create_dir_all(&units).unwrap();
    fs::create_dir_all(dir.path().join("run")).unwrap();
    let paths = lay(&units);
    let mut group = criterion.benchmark_group("check 200 units");
    group.sample_size(20);
    let lint = || {
        let table = Table::for_version(252);
        let (set, sources) = UnitSet::read_dir_with_sources(&units).unwrap();
        let options = Options {
            table: &table,
            stores: &[],
            unit_dirs: &[dir.path().to_owned()],
            home: Some(dir.path()),
            controllers: None,
            coming: None,
            levels: &BTreeMap::new(),
            told: &[],
        };
        let findings = check(&set, &sources, &options);
        assert!(findings.is_empty(), "{findings:?}");
    };
    group.bench_function("linter", |bencher| bencher.iter(lint));
    let verify = || {
        let mut command = Command::new("systemd-analyze");
        command.args(["--user", "verify", "--man=no"]).args(&paths);
        command.env("XDG_RUNTIME_DIR", dir.path().join("run")).env("HOME", dir.path());
        command.stdout(Stdio::null()).stderr(Stdio::null()).status()
    };
    if verify().is_ok() {
        group.bench_function("systemd-analyze verify", |bencher| bencher.iter(|| verify().unwrap()));
    }
    group.finish();
}

criterion_group!(benches, bench);
criterion_main!(benches);
