//! Ten thousand links: made, found unchanged, replaced and removed, beside a plain loop that does the same number of
//! system calls and promises nothing.
#![allow(clippy::unwrap_used, missing_docs, reason = "a benchmark fails by panicking")]

use std::fs;
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::{Path, PathBuf};
use std::time::Duration;

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use hm_generation::{HomeEnv, Options, Profile, Session, Stores, Target};

const LINKS: usize = 10_000;
const DIRS: usize = 100;

struct Home {
    root: tempfile::TempDir,
    env: HomeEnv,
}

fn path_of(number: usize) -> String {
    format!(".config/dir{}/file{number}", number % DIRS)
}

fn home() -> Home {
    let root = tempfile::tempdir().unwrap();
    for name in ["home", "store"] {
        fs::create_dir(root.path().join(name)).unwrap();
    }
    let env = HomeEnv {
        home: root.path().join("home"),
        state_dir: root.path().join("state/hm"),
        profile: Profile::new(root.path().join("state/nix/profiles"), "hm"),
        stores: Stores::new([root.path().join("store")]),
        uid: fs::metadata(root.path()).unwrap().uid(),
        trusted_parents: Vec::new(),
        home_manager: Vec::new(),
        watch: None,
    };
    Home { root, env }
}

/// A generation of `links` links in the store of `home`.
fn generation(store: &Path, number: usize, links: usize) -> PathBuf {
    let home_files = store.join(format!("{number:0>32}-home-manager-files"));
    for dir in 0..DIRS {
        fs::create_dir_all(home_files.join(format!(".config/dir{dir}"))).unwrap();
    }
    for link in 0..links {
        symlink("/nowhere", home_files.join(path_of(link))).unwrap();
    }
    let generation = store.join(format!("{number:0>32}-home-manager-generation"));
    fs::create_dir(&generation).unwrap();
    let manifest = serde_json::json!({
        "version": 1, "hmVersion": "0.1.0", "username": "u", "homeDirectory": "/home/u", "stateVersion": "24.05",
        "configHome": ".config", "homeFiles": home_files, "homePath": "/nowhere",
    });
    fs::write(generation.join("manifest.json"), manifest.to_string()).unwrap();
    generation
}

fn switch(home: &Home, generation: &Path, sync: bool) {
    let session = Session::open(&home.env, || true).unwrap();
    let options = Options { backup: None, sync };
    let pending = session.prepare(Target::Path(generation), &options).unwrap();
    pending.apply(&mut |_| Ok(())).unwrap().finish().unwrap();
}

fn links(criterion: &mut Criterion) {
    let mut group = criterion.benchmark_group("10,000 links");
    group.sample_size(10).warm_up_time(Duration::from_millis(500)).measurement_time(Duration::from_secs(2));
    let with_generation = |links| {
        move || {
            let home = home();
            let made = generation(&home.root.path().join("store"), 1, links);
            (home, made)
        }
    };
    for sync in [true, false] {
        let name = if sync { "cold" } else { "cold, not synced" };
        group.bench_function(name, |bencher| {
            let run = |(home, made): (Home, PathBuf)| {
                switch(&home, &made, sync);
                home
            };
            bencher.iter_batched(with_generation(LINKS), run, BatchSize::PerIteration);
        });
    }
    group.bench_function("limit: a plain loop", |bencher| {
        let run = |(home, _): (Home, PathBuf)| {
            for dir in 0..DIRS {
                fs::create_dir_all(home.env.home.join(format!(".config/dir{dir}"))).unwrap();
            }
            let files = home.root.path().join(format!("store/{:0>32}-home-manager-files", 1));
            for link in 0..LINKS {
                let path = path_of(link);
                symlink(files.join(&path), home.env.home.join(&path)).unwrap();
            }
            home
        };
        bencher.iter_batched(with_generation(LINKS), run, BatchSize::PerIteration);
    });
    group.bench_function("replaced, not synced", |bencher| {
        let set_up = || {
            let home = home();
            let store = home.root.path().join("store");
            switch(&home, &generation(&store, 1, LINKS), false);
            let next = generation(&store, 2, LINKS);
            (home, next)
        };
        let run = |(home, next): (Home, PathBuf)| {
            switch(&home, &next, false);
            home
        };
        bencher.iter_batched(set_up, run, BatchSize::PerIteration);
    });
    let home = home();
    let made = generation(&home.root.path().join("store"), 1, LINKS);
    switch(&home, &made, false);
    group.bench_function("unchanged", |bencher| bencher.iter(|| switch(&home, &made, true)));
    group.finish();
}

criterion_group!(benches, links);
criterion_main!(benches);
