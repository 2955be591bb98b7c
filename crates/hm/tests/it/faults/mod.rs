//! Commands that are killed, or meet an error, at each system call that changes a file.
//!
//! Every scenario is played once undisturbed, under `strace`, which tells the calls. Then it is played again from the same
//! beginning for each call and each fault; what must hold is checked at once, and after the next command, which has to put
//! everything right without being asked to.
//!
//! | variable | |
//! |---|---|
//! | `HM_FAULTS` | how many points are tried, picked at random; `all` for each there is; default 250 |
//! | `HM_FAULTS_SEED` | a number that decides the pick; default the time, and printed |
//! | `HM_FAULTS_POINT` | only these: beginnings of `SCENARIO/CALL/FAULT` as failures are told, with commas between |
//! | `HM_FAULTS_BINARY` | another binary than the one that was built with the tests |

mod check;
mod homes;
mod scenarios;
mod strace;
mod tree;
mod units;
mod world;

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, OnceLock};
use std::time::{Instant, SystemTime};

use check::{Expected, Outcome};
use scenarios::{SCENARIOS, Scenario};
use strace::{Call, FAULTS, Fault};
use world::World;

use crate::support::skip;

/// How many points are tried where nothing else is asked for.
const SAMPLE: usize = 250;
/// What all points come to at least, so that none is lost unnoticed.
const AT_LEAST: usize = 2000;
/// How many failures are told in full.
const TOLD: usize = 20;

/// What is asked for.
struct Settings {
    /// How many points of each scenario; all without.
    budget: Option<usize>,
    seed: u64,
    only: Option<String>,
}

impl Settings {
    fn read() -> Self {
        let number = |name: &str| {
            std::env::var(name).ok().map(|text| text.parse().unwrap_or_else(|_| panic!("{name}={text}")))
        };
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap();
        let only = std::env::var("HM_FAULTS_POINT").ok();
        let all = only.is_some() || std::env::var("HM_FAULTS").is_ok_and(|text| text == "all");
        let total =
            if all { None } else { Some(number("HM_FAULTS").map_or(SAMPLE, |number| number as usize)) };
        Settings {
            budget: total.map(|total| total.div_ceil(SCENARIOS.len())),
            seed: number("HM_FAULTS_SEED").unwrap_or(now.as_secs()),
            only,
        }
    }

    /// The points of a scenario, those that are tried first before the others.
    fn pick(&self, scenario: &Scenario, calls: &[Call]) -> Vec<Point> {
        let all = (0..calls.len()).flat_map(|call| FAULTS.map(|fault| Point { call, fault }));
        let wanted = |point: &Point| {
            let name = point.name(scenario);
            self.only.as_ref().is_none_or(|only| only.split(',').any(|only| name.starts_with(only)))
        };
        let mut points: Vec<Point> = all.filter(wanted).collect();
        if let Some(budget) = self.budget {
            let mut random = Random(self.seed);
            for place in 0..points.len().min(budget) {
                let other = place + random.below(points.len() - place);
                points.swap(place, other);
            }
            points.truncate(budget);
        }
        points
    }
}

/// A call by its position, and what happens to it.
#[derive(Clone, Copy)]
struct Point {
    call: usize,
    fault: Fault,
}

impl Point {
    fn name(self, scenario: &Scenario) -> String {
        format!("{}/{}/{}", scenario.name, self.call, self.fault.name())
    }
}

/// Numbers that look like random ones (splitmix64), the same for the same beginning.
struct Random(u64);

impl Random {
    fn below(&mut self, limit: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((z ^ (z >> 31)) % limit as u64).unwrap()
    }
}

/// What the workers share about one scenario.
#[derive(Default)]
struct Shared {
    next: AtomicUsize,
    /// How many points there are, to be found by every worker.
    points: OnceLock<usize>,
    outcomes: Mutex<BTreeMap<Outcome, usize>>,
    failures: Mutex<Vec<String>>,
    seconds: Mutex<f64>,
}

#[expect(clippy::print_stderr, reason = "a long run is to be watched")]
fn play(world: &mut World, scenario: &Scenario, settings: &Settings, shared: &Shared) {
    let begun = Instant::now();
    world.set_up(scenario);
    let (expected, calls) = Expected::of(world, scenario);
    let points = settings.pick(scenario, &calls);
    assert_eq!(
        *shared.points.get_or_init(|| points.len()),
        points.len(),
        "{}: not always the same",
        scenario.name
    );
    eprintln!("{}: {} calls, {} points", scenario.name, calls.len(), points.len());
    while let Some(point) = points.get(shared.next.fetch_add(1, Ordering::Relaxed)) {
        world.restore();
        let call = &calls[point.call];
        match expected.check(world, scenario, call, point.fault) {
            Ok(outcome) => *shared.outcomes.lock().unwrap().entry(outcome).or_default() += 1,
            Err(why) => {
                let text = format!("{}, {}: {why}", point.name(scenario), call.describe());
                eprintln!("FAILED: {text}\n");
                shared.failures.lock().unwrap().push(text);
            }
        }
    }
    *shared.seconds.lock().unwrap() += begun.elapsed().as_secs_f64();
}

fn why_not() -> Option<String> {
    let python = Command::new("python3").args(["-c", "import sqlite3"]).output();
    let missing = match python {
        Ok(output) if output.status.success() => None,
        Ok(_) => Some("python3 has no sqlite3".to_owned()),
        Err(why) => Some(format!("python3: {why}")),
    };
    strace::missing().or(missing)
}

#[test]
fn any_command_can_end_or_fail_anywhere() {
    if let Some(why) = why_not() {
        skip(&format!("commands that are killed at system calls: {why}"));
        return;
    }
    let settings = Settings::read();
    eprintln!("HM_FAULTS_SEED={}", settings.seed);
    let shared: Vec<Shared> = SCENARIOS.iter().map(|_| Shared::default()).collect();
    let dir = world::directory();
    let workers = std::thread::available_parallelism().map_or(1, usize::from).min(8);
    std::thread::scope(|scope| {
        for worker in 0..workers {
            let place = dir.path().join(worker.to_string());
            let (settings, shared) = (&settings, &shared);
            scope.spawn(move || work(&place, settings, shared));
        }
    });
    let (mut total, mut failures) = (0, Vec::new());
    for (scenario, shared) in SCENARIOS.iter().zip(shared) {
        let Some(points) = shared.points.into_inner() else { continue };
        let outcomes = shared.outcomes.into_inner().unwrap();
        let failed = shared.failures.into_inner().unwrap();
        let seconds = shared.seconds.into_inner().unwrap();
        eprintln!(
            "{}: {points} points, {outcomes:?}, {} failed, {seconds:.0} s",
            scenario.name,
            failed.len()
        );
        total += points;
        failures.extend(failed);
    }
    eprintln!("{total} points");
    assert!(
        failures.is_empty(),
        "HM_FAULTS_SEED={}: {} of {total} points failed\n\n{}",
        settings.seed,
        failures.len(),
        failures.iter().take(TOLD).map(String::as_str).collect::<Vec<_>>().join("\n\n")
    );
    assert!(settings.budget.is_some() || settings.only.is_some() || total >= AT_LEAST, "only {total} points");
}

fn work(place: &Path, settings: &Settings, shared: &[Shared]) {
    let mut world = World::new(place);
    for (scenario, shared) in SCENARIOS.iter().zip(shared) {
        let name = |point: &str| scenario.name.starts_with(point.split('/').next().unwrap_or_default());
        let wanted = |only: &String| only.split(',').any(name);
        if settings.only.as_ref().is_none_or(wanted) {
            play(&mut world, scenario, settings, shared);
        }
    }
}
