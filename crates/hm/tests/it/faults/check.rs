//! What must hold after a fault, and after the command that follows it.

use std::process::Output;

use super::scenarios::{End, Foreign, Scenario};
use super::strace::{Call, Fault, Met};
use super::tree::{Entry, Kind, Through, Tree, differences};
use super::world::{World, told};

/// The profile link.
const PROFILE: &str = "home/.local/state/nix/profiles/hm";
/// Which generation was current when.
const HISTORY: &str = "home/.local/state/hm/history.json";
/// How many differences are told.
const DIFFERENCES: usize = 6;

/// A world with what is accidental taken out.
#[derive(PartialEq, Eq)]
struct Settled {
    tree: Tree,
    registered: String,
}

impl Settled {
    /// Only what is the user's.
    fn home(&self) -> Settled {
        let mut tree = self.tree.clone();
        tree.retain(|name, _| !name.starts_with("home/.local"));
        tree.values_mut().for_each(|entry| entry.canonical_time = false);
        Settled { tree, registered: String::new() }
    }
}

/// What undisturbed runs make of a scenario.
pub(super) struct Expected {
    /// Before a run that was interrupted before the beginning.
    earlier: Tree,
    before: Tree,
    /// The same, only what is the user's.
    begun: Settled,
    after: Tree,
    /// After the command.
    done: Settled,
    /// After the command that follows it, too.
    settled: Settled,
    /// After a collection of garbage on top of that: everything, with nothing left out.
    collected: Settled,
}

/// What became of a run that met a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Outcome {
    Killed,
    /// It did what it should in spite of the error.
    Succeeded,
    /// It failed, and nothing was changed.
    Undone,
    /// It failed after its commit, or as the completion of another.
    Left,
}

impl Expected {
    /// Plays the scenario, whose beginning is there, without a fault; tells the calls that can be disturbed.
    pub(super) fn of(world: &mut World, scenario: &Scenario) -> (Self, Vec<Call>) {
        let before = world.tree();
        let earlier = world.earlier().unwrap_or_else(|| before.clone());
        let begun = Settled { tree: before.clone(), registered: String::new() }.home();
        let (output, calls) = world.record(scenario.command);
        assert!(output.status.success(), "{}: {}", scenario.name, told(&output));
        let after = world.tree();
        let done = settle(world, scenario, &after);
        let output = world.hm(scenario.again);
        assert!(output.status.success(), "{}: {}", scenario.name, told(&output));
        let last = world.tree();
        let settled = settle(world, scenario, &last);
        let collected = collect(world, scenario).unwrap();
        (Expected { earlier, before, begun, after, done, settled, collected }, calls)
    }

    /// Checks a run that met `fault` at `call`, and lets the next command put everything right.
    ///
    /// # Errors
    /// What does not hold.
    pub(super) fn check(
        &self,
        world: &mut World,
        scenario: &Scenario,
        call: &Call,
        fault: Fault,
    ) -> Result<Outcome, String> {
        let Met { output, call, muted } = world.inject(scenario.command, call, fault)?;
        let now = world.tree();
        self.always(scenario, &now)?;
        let outcome = match (fault, output.status.code()) {
            (Fault::Kill, _) => Outcome::Killed,
            (Fault::Error(_), Some(0)) => {
                compare(&settle(world, scenario, &now), &self.done, "although it succeeded, ")?;
                Outcome::Succeeded
            }
            (Fault::Error(_), Some(1 | 3)) => {
                if !muted {
                    names_it(&output, world, &call)?;
                }
                self.undone(&now).map_err(|why| format!("{why}\nafter: {}", told(&output).trim_end()))?
            }
            (Fault::Error(_), _) => {
                return Err(format!("it ended with {}: {}", output.status, told(&output)));
            }
        };
        let again = world.hm(scenario.again);
        if !again.status.success() {
            return Err(format!(
                "the next command ended with {}: {}\nafter: {}",
                again.status,
                told(&again).trim_end(),
                told(&output).trim_end()
            ));
        }
        let last = world.tree();
        let settled = settle(world, scenario, &last);
        let (found, wanted) = match scenario.end {
            End::All => (settled, &self.settled),
            End::Home | End::HomeOrBefore => (settled.home(), &self.settled.home()),
        };
        let about = |why| format!("{why}\nafter: {}then: {}", told(&output), told(&again).trim_end());
        if scenario.end != End::HomeOrBefore || found != self.begun {
            compare(&found, wanted, "in the end, ").map_err(about)?;
        }
        let collected = collect(world, scenario)?;
        if scenario.end == End::All {
            compare(&collected, &self.collected, "after a garbage collection, ").map_err(about)?;
        }
        Ok(outcome)
    }

    /// What must hold at every moment.
    fn always(&self, scenario: &Scenario, now: &Tree) -> Result<(), String> {
        for (name, entry) in now.iter().filter(|(name, _)| name.starts_with("home/")) {
            let Kind::Link(target, through) = &entry.kind else { continue };
            if !target.contains("/store/") || name.starts_with(scenario.store) {
                continue;
            }
            let numbered = name.starts_with(PROFILE) && !now.contains_key(PROFILE);
            if *through == Through::Nothing && numbered {
                // The profile is gone, and its store is being removed.
                continue;
            }
            if *through == Through::Nothing {
                return Err(format!("{name} is {}", entry.describe()));
            }
            // A backup is swapped with the link that takes its place: for a moment that has the backup's name.
            let last = |path: &str| path.rsplit('/').next().unwrap_or_default().to_owned();
            let temporary = name.split('/').any(|part| part.starts_with(".hm-") || part.ends_with(".hm-new"))
                || last(name).starts_with(&format!("{}.", last(target)));
            let known = [self.earlier.get(name), self.before.get(name), self.after.get(name)];
            if !temporary && !known.contains(&Some(entry)) {
                return Err(format!("{name} is {}, which is neither old nor new", entry.describe()));
            }
        }
        // What is there before and after is there in between, and never half written.
        let users = |name: &str| name.starts_with("home/") && !name.starts_with("home/.local");
        let there = |tree: &Tree, name: &str| tree.contains_key(name);
        let stays =
            |name: &str| there(&self.earlier, name) && there(&self.before, name) && there(&self.after, name);
        for name in self.before.keys().filter(|name| users(name) && stays(name)) {
            let known = [self.earlier.get(name), self.before.get(name), self.after.get(name)];
            let found = now.get(name);
            if found.is_none() || !known.contains(&found) {
                let told = found.map_or("gone".to_owned(), Entry::describe);
                return Err(format!("{name} is {told} for a moment"));
            }
        }
        for foreign in scenario.foreign {
            self.keeps(foreign, now)?;
        }
        Ok(())
    }

    fn keeps(&self, foreign: &Foreign, now: &Tree) -> Result<(), String> {
        let place = |path: &str| format!("home/{path}");
        let (Foreign::Stays(path) | Foreign::Adopted(path) | Foreign::Kept(path, _)) = foreign;
        let path = place(path);
        let was = self.earlier.get(&path);
        let found = now.get(&path);
        let kept = match foreign {
            Foreign::Stays(_) => found.is_some() && found == was,
            Foreign::Adopted(_) => {
                let expected = self.after.get(&path).and_then(Entry::contents);
                expected.is_some() && found.and_then(Entry::contents) == expected
            }
            Foreign::Kept(_, second) => was.is_some() && [found, now.get(&place(second))].contains(&was),
        };
        if kept {
            return Ok(());
        }
        Err(format!("{path} was not kept: it is {}", found.map_or("gone".to_owned(), Entry::describe)))
    }

    /// What a run has left that failed.
    fn undone(&self, now: &Tree) -> Result<Outcome, String> {
        const JOURNAL: &str = "home/.local/state/hm/journal.json";
        let interrupted = self.before.contains_key(JOURNAL);
        let moves = self.before.get(PROFILE) != self.after.get(PROFILE);
        if interrupted || (moves && now.get(PROFILE) == self.after.get(PROFILE)) {
            return Ok(Outcome::Left);
        }
        let home = |tree: &Tree| -> Tree {
            let keep = |name: &str| {
                name.starts_with("home/")
                    && (!name.starts_with("home/.local")
                        || name.starts_with("home/.local/state/nix/profiles/")
                        || name == JOURNAL)
            };
            tree.iter()
                .filter(|(name, _)| keep(name))
                .map(|(name, entry)| (name.clone(), entry.clone()))
                .collect()
        };
        let (now, before, after) = (home(now), home(&self.before), home(&self.after));
        // What moves to no other generation has no commit: it is done as far as it came, and can be asked for again.
        let either =
            |name: &String| name == JOURNAL || [before.get(name), after.get(name)].contains(&now.get(name));
        if !moves && now != before && now.keys().chain(before.keys()).all(either) {
            return Ok(Outcome::Left);
        }
        let different = differences(&now, &before, DIFFERENCES);
        if different.is_empty() { Ok(Outcome::Undone) } else { Err(format!("not undone: {different:#?}")) }
    }
}

/// The history of generations without the times.
fn without_times(kind: &Kind) -> Kind {
    let Kind::File(text) = kind else { return kind.clone() };
    let Ok(mut history) = serde_json::from_slice::<serde_json::Value>(text) else { return kind.clone() };
    for switched in history["switches"].as_array_mut().into_iter().flatten() {
        switched["at"]["monotonic"] = 0.into();
    }
    Kind::File(history.to_string().into_bytes())
}

/// Takes out what is accidental: when switches were made, the bytes of the database, which processes used the store, and what lies there without
/// being registered, which is garbage.
fn settle(world: &mut World, scenario: &Scenario, tree: &Tree) -> Settled {
    let registered = world.registered(scenario.store);
    let objects = format!("{}/store/", scenario.store);
    let state = format!("{}/var/nix/", scenario.store);
    let counts = |name: &str| {
        if let Some(below) = name.strip_prefix(&objects) {
            let object = below.split('/').next().unwrap_or_default();
            let path = world.path(&objects).join(object);
            return object == ".links" || registered.contains(&format!("\"{}\"", path.display()));
        }
        match name.strip_prefix(&state) {
            // The space that is set aside is a convenience.
            Some("db/reserved") => false,
            Some(below) => !below.starts_with("db/db.sqlite") && !below.starts_with("temproots/"),
            None => true,
        }
    };
    // Directories around what is hm's own stay where they cannot be removed.
    let around = |name: &str| {
        ["", "/share", "/share/hm", "/state", "/state/nix"]
            .iter()
            .any(|end| name.strip_prefix("home/.local") == Some(end))
    };
    let holds = |dir: &str| tree.keys().any(|name| name.starts_with(&format!("{dir}/")) && !around(name));
    let tree = tree
        .iter()
        .filter(|(name, _)| counts(name) && (!around(name) || holds(name)))
        .map(|(name, entry)| {
            let canonical_time = entry.canonical_time && name.starts_with(&objects);
            let kind = if name == HISTORY { without_times(&entry.kind) } else { entry.kind.clone() };
            (name.clone(), Entry { mode: entry.mode, canonical_time, kind })
        })
        .collect();
    Settled { tree, registered }
}

/// Collects the garbage; then nothing may be there that is not registered.
fn collect(world: &mut World, scenario: &Scenario) -> Result<Settled, String> {
    let root = world.path(scenario.store);
    let output = world.hm(&["gc", "--store-dir", root.to_str().unwrap()]);
    if !output.status.success() {
        return Err(format!("`hm gc` ended with {}: {}", output.status, told(&output)));
    }
    let mut tree = world.tree();
    let mut settled = settle(world, scenario, &tree);
    let state = format!("{}/var/nix/db/", scenario.store);
    tree.retain(|name, _| !name.starts_with(&state));
    settled.tree.retain(|name, _| !name.starts_with(&state));
    for (name, entry) in tree.into_iter().filter(|(name, _)| name.starts_with(scenario.store)) {
        settled.tree.entry(name).or_insert(entry);
    }
    Ok(settled)
}

fn compare(found: &Settled, expected: &Settled, when: &str) -> Result<(), String> {
    let different = differences(&found.tree, &expected.tree, DIFFERENCES);
    if !different.is_empty() {
        return Err(format!("{when}{different:#?}"));
    }
    if found.registered != expected.registered {
        return Err(format!("{when}{} is registered, not {}", found.registered, expected.registered));
    }
    Ok(())
}

/// Whether the message says what failed: something on the way to what the call was about, or beside it.
fn names_it(output: &Output, world: &World, call: &str) -> Result<(), String> {
    let said = String::from_utf8_lossy(&output.stderr);
    let root = world.root().to_str().unwrap();
    let paths = |text: &str| -> Vec<String> {
        let mut found = Vec::new();
        for part in text.split(root).skip(1) {
            let end = part.find(['"', '\'', '>', ' ', '\n']).unwrap_or(part.len());
            found.push(part.get(..end).unwrap_or_default().trim_end_matches([':', ',', '.']).to_owned());
        }
        found
    };
    // What is said of a temporary name is said of the place that it is beside.
    let settled = |path: String| path.split("/.hm-").next().map(|dir| format!("{dir}/")).unwrap_or_default();
    let parent = |path: &str| path.rsplit_once('/').map_or("", |(parent, _)| parent).to_owned();
    let real = |path: &str| {
        let dir = world.path(parent(path).trim_start_matches('/')).canonicalize().unwrap_or_default();
        format!("{}/", dir.to_string_lossy().strip_prefix(root).unwrap_or_default())
    };
    let concerned: Vec<String> = paths(call).into_iter().map(settled).collect();
    let related = |told: &str| {
        concerned.iter().any(|path| {
            let path = path.trim_end_matches('/');
            path.starts_with(told)
                || told.starts_with(path) && path.len() > "/home".len()
                || [format!("{}/", parent(told)), real(told)]
                    .iter()
                    .any(|dir| *dir == format!("{path}/") || *dir == format!("{}/", parent(path)))
        })
    };
    if said.contains("error: ") && paths(&said).iter().any(|told| related(told)) {
        return Ok(());
    }
    Err(format!("the message does not say what failed: {said}"))
}
