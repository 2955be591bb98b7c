//! A record: all that an evaluation was told by the world, and its outcome. The world is asked again before the outcome is
//! believed.

use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use nix_eval::host::{Host, HostError};
use nix_eval::strings::path_of;
use nix_formats::StorePath;

use super::bytes::{Reader, Writer};
use super::outcome::Outcome;
use super::seen::{Again, Digest, Seen, digest};
use crate::host::Machine;

/// A question to a store.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Query {
    IsValid(StorePath),
    References(StorePath),
    Realise(StorePath, String),
}

impl Query {
    /// A hash of the answer.
    pub(super) fn ask(&self, machine: &Machine<'_>) -> Digest {
        let told = |answer: Result<String, HostError>| digest(format!("{answer:?}"));
        match self {
            Query::IsValid(path) => told(machine.is_valid_path(path).map(|valid| valid.to_string())),
            Query::References(path) => told(machine.references(path).map(|paths| format!("{paths:?}"))),
            Query::Realise(derivation, output) => {
                told(machine.realise(derivation, output).map(|()| String::new()))
            }
        }
    }

    fn write(&self, out: &mut Writer) {
        let (tag, path, output) = match self {
            Query::IsValid(path) => (0, path, ""),
            Query::References(path) => (1, path, ""),
            Query::Realise(path, output) => (2, path, output.as_str()),
        };
        out.number(tag);
        out.text(path.base_name().as_bytes());
        out.text(output.as_bytes());
    }

    fn read(from: &mut Reader<'_>) -> Option<Query> {
        let tag = from.number()?;
        let path = StorePath::from_base_name(from.text()?).ok()?;
        let output = from.string()?;
        Some(match tag {
            0 => Query::IsValid(path),
            1 => Query::References(path),
            2 => Query::Realise(path, output),
            _ => return None,
        })
    }
}

/// What an evaluation was told.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Recorded {
    /// When something that was fetched is to be asked for again.
    pub(super) until: Option<u64>,
    /// Environment variables, as hashes only: they may be secrets.
    pub(super) variables: Vec<(String, Option<Digest>)>,
    pub(super) queries: Vec<(Query, Digest)>,
    /// What was written to the store and is needed by nothing else that was.
    pub(super) objects: Vec<StorePath>,
    /// What those need.
    pub(super) needed: Vec<StorePath>,
    /// In their order.
    pub(super) paths: Vec<(PathBuf, Seen)>,
}

/// An evaluation that was kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Record {
    pub(super) recorded: Recorded,
    pub(super) outcome: Outcome,
}

impl Record {
    /// Asks the world again. The first thing that is different is told.
    pub(super) fn again(&mut self, machine: &Machine<'_>) -> Result<Again, String> {
        let start = SystemTime::now();
        let recorded = &mut self.recorded;
        let now = start.duration_since(UNIX_EPOCH).map_or(u64::MAX, |since| since.as_secs());
        if recorded.until.is_some_and(|until| until <= now) {
            return Err("what was fetched is to be asked for again".to_owned());
        }
        for (name, known) in &recorded.variables {
            if machine.environment(name).map(digest) != *known {
                return Err(format!("the variable {name} is another"));
            }
        }
        let mut all = Again::Same;
        for (path, seen) in &mut recorded.paths {
            match seen.again(path, machine, start) {
                Again::Same => {}
                Again::Renewed => all = Again::Renewed,
                Again::Other => return Err(format!("{} is not as it was", path.display())),
            }
        }
        // A failure has written nothing that counts.
        if self.outcome.is_success() {
            let store = Path::new(machine.store_dir().as_str());
            for object in recorded.objects.iter().chain(&recorded.needed) {
                if store.join(object.base_name()).symlink_metadata().is_err() {
                    return Err(format!("{object} has gone"));
                }
            }
            // What these need is there as long as they are: a store sees to that.
            for object in &recorded.objects {
                if machine.is_valid_path(object) != Ok(true) {
                    return Err(format!("{object} is no longer in the store"));
                }
            }
        }
        for (query, answer) in &recorded.queries {
            if query.ask(machine) != *answer {
                return Err(format!("the store has another answer: {query:?}"));
            }
        }
        Ok(all)
    }

    pub(super) fn write(&self) -> Vec<u8> {
        let mut out = Writer::default();
        let Recorded { until, variables, queries, objects, needed, paths } = &self.recorded;
        out.number(until.map_or(0, |until| until.saturating_add(1)));
        out.number(variables.len() as u64);
        for (name, value) in variables {
            out.text(name.as_bytes());
            out.number(u64::from(value.is_some()));
            out.fixed(value.as_ref().map_or(&[], |value| value.as_slice()));
        }
        out.number(queries.len() as u64);
        for (query, answer) in queries {
            query.write(&mut out);
            out.fixed(answer);
        }
        for objects in [objects, needed] {
            out.number(objects.len() as u64);
            objects.iter().for_each(|object| out.text(object.base_name().as_bytes()));
        }
        out.number(paths.len() as u64);
        let mut before: &[u8] = &[];
        for (path, seen) in paths {
            let path = path.as_os_str().as_bytes();
            let shared = before.iter().zip(path).take_while(|(one, other)| one == other).count();
            out.number(shared as u64);
            out.text(path.get(shared..).unwrap_or_default());
            seen.write(&mut out);
            before = path;
        }
        self.outcome.write(&mut out);
        out.finish()
    }

    pub(super) fn read(bytes: &[u8]) -> Option<Record> {
        let mut from = Reader(bytes);
        let mut recorded = Recorded { until: from.number()?.checked_sub(1), ..Recorded::default() };
        for _ in 0..from.count()? {
            let name = from.string()?;
            let value = if from.number()? == 1 { Some(from.fixed()?) } else { None };
            recorded.variables.push((name, value));
        }
        for _ in 0..from.count()? {
            recorded.queries.push((Query::read(&mut from)?, from.fixed()?));
        }
        for objects in [&mut recorded.objects, &mut recorded.needed] {
            for _ in 0..from.count()? {
                objects.push(StorePath::from_base_name(from.text()?).ok()?);
            }
        }
        let mut path = Vec::new();
        for _ in 0..from.count()? {
            let shared = usize::try_from(from.number()?).ok()?;
            if shared > path.len() {
                return None;
            }
            path.truncate(shared);
            path.extend_from_slice(from.text()?);
            recorded.paths.push((path_of(&path), Seen::read(&mut from)?));
        }
        let outcome = Outcome::read(&mut from)?;
        from.0.is_empty().then_some(Record { recorded, outcome })
    }
}
