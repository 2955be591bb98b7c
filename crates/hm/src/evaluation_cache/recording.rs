//! The world as an evaluation sees it, with a note of each question and of what the answer was.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::{Instant, SystemTime};

use nix_eval::host::{
    ClosureRequest, FetchedClosure, FetchedTree, Fetcher, FileRequest, FileType, Host, HostError,
    MessageLevel,
};
use nix_eval::strings::{bytes_of, path_of};
use nix_formats::nar::Tree;
use nix_formats::{InputAttrs, Registry, StoreDir, StorePath, WrittenDerivation};

use rustc_hash::FxHashMap;

use super::record::{Query, Recorded};
use super::seen::{Asked, Digest, Read, Seen, digest};
use super::stamp::Stamp;
use crate::host::Machine;
use crate::nixlib;

/// How many files in trees that fetchers looked at are worth remembering.
const MOST_FILES: usize = 100_000;

/// Why an evaluation is not kept that was told different things.
const CHANGED: &str = "something changed during the evaluation";

/// A machine whose answers are noted.
pub(crate) struct Recording<'m, 's> {
    machine: &'m Machine<'s>,
    /// When nothing had been looked at yet.
    start: SystemTime,
    clock: Instant,
    log: RefCell<Log>,
}

#[derive(Default)]
struct Log {
    /// By their bytes, which are quicker to look up than their parts.
    paths: FxHashMap<Vec<u8>, Seen>,
    variables: BTreeMap<String, Option<Digest>>,
    queries: BTreeMap<Query, Digest>,
    objects: BTreeSet<StorePath>,
    /// What other objects refer to: where those are valid, it is.
    referenced: HashSet<StorePath>,
    /// Why this evaluation cannot be kept.
    given_up: Option<&'static str>,
}

impl Log {
    fn give_up(&mut self, why: &'static str) {
        self.given_up.get_or_insert(why);
    }

    fn seen(&mut self, path: &Path) -> &mut Seen {
        self.paths.entry(bytes_of(path).to_vec()).or_default()
    }
}

/// What is noted of an answer. A second answer to a question has to be the first one again.
fn note<T: PartialEq>(place: &mut Option<T>, answer: T, same: impl FnOnce(&T, &T) -> bool) -> bool {
    match place {
        Some(known) => same(known, &answer),
        None => {
            *place = Some(answer);
            true
        }
    }
}

/// Whether a refusal would be repeated in the same circumstances, unlike that of a disk which fails.
fn is_lasting(error: &HostError) -> bool {
    // As the system numbers them: too many links, a name that is too long, no link.
    ["No such file or directory", "Permission denied", "Not a directory", "Is a directory"]
        .contains(&error.0.as_str())
        || ["(os error 40)", "(os error 36)", "(os error 22)"].iter().any(|end| error.0.ends_with(end))
}

impl<'m, 's> Recording<'m, 's> {
    /// Begins to note what `machine` is asked.
    pub(crate) fn new(machine: &'m Machine<'s>) -> Self {
        let log = RefCell::default();
        Recording { machine, start: SystemTime::now(), clock: Instant::now(), log }
    }

    /// Says that this evaluation cannot be kept.
    pub(crate) fn give_up(&self, why: &'static str) {
        self.log.borrow_mut().give_up(why);
    }

    /// How long it has been going on, in milliseconds.
    pub(super) fn milliseconds(&self) -> u128 {
        self.clock.elapsed().as_millis()
    }

    /// Whether a directory is at `path`, links followed.
    pub(crate) fn is_folder(&self, path: &Path) -> bool {
        let answer = path.is_dir();
        let mut log = self.log.borrow_mut();
        // This is asked about the path as it is, wherever the contents of fetched trees lie.
        if !note(&mut log.seen(path).is_folder, answer, PartialEq::eq) {
            log.give_up(CHANGED);
        }
        answer
    }

    /// Notes something about a path, unless it belongs to the program itself; `enter` tells whether it agrees with what is
    /// there.
    fn about(&self, path: &Path, enter: impl FnOnce(&mut Seen) -> bool) {
        if nixlib::contains(path) {
            return;
        }
        let real = self.machine.real(path);
        let mut log = self.log.borrow_mut();
        if !enter(log.seen(&real)) {
            log.give_up(CHANGED);
        }
    }

    /// Notes an answer about a path, or that there was none.
    fn answer<T>(
        &self,
        asked: Asked,
        path: &Path,
        answer: Result<T, HostError>,
        enter: impl FnOnce(&mut Seen, &T) -> bool,
    ) -> Result<T, HostError> {
        match &answer {
            Ok(value) => self.about(path, |seen| enter(seen, value)),
            Err(error) if is_lasting(error) => {
                self.about(path, |seen| match seen.refused.iter().find(|(other, _)| *other == asked) {
                    Some((_, why)) => *why == error.0,
                    None => {
                        seen.refused.push((asked, error.0.clone()));
                        true
                    }
                })
            }
            Err(_) => self.give_up("something could not be read"),
        }
        answer
    }

    /// The status of what `path` leads to, before it is read.
    fn status(&self, path: &Path) -> Option<Metadata> {
        if nixlib::contains(path) { None } else { std::fs::metadata(self.machine.real(path)).ok() }
    }

    fn stored(&self, answer: Result<StorePath, HostError>) -> Result<StorePath, HostError> {
        match &answer {
            Ok(path) if !self.machine.is_read_only() => {
                self.log.borrow_mut().objects.insert(path.clone());
            }
            Ok(_) => {}
            Err(_) => self.give_up("the store refused something"),
        }
        answer
    }

    fn referenced<'r>(&self, references: impl IntoIterator<Item = &'r StorePath>) {
        if !self.machine.is_read_only() {
            self.log.borrow_mut().referenced.extend(references.into_iter().cloned());
        }
    }

    fn query(&self, query: Query) {
        let mut log = self.log.borrow_mut();
        log.queries.entry(query).or_insert_with_key(|query| query.ask(self.machine));
    }

    /// Notes what was fetched: where its contents are, or that it is in the store.
    fn fetched(&self, path: &StorePath) {
        if self.machine.is_read_only() {
            let place = PathBuf::from(self.machine.store_dir().join(path));
            _ = self.file_type(&place);
        } else {
            self.log.borrow_mut().objects.insert(path.clone());
        }
    }

    /// Everything that was noted, or why it is of no use.
    pub(super) fn finish(self) -> Result<Recorded, &'static str> {
        let reliance = self.machine.reliance();
        let mut log = self.log.into_inner();
        for path in &reliance.local {
            untouched(path, self.start, &mut log)?;
        }
        if let Some(why) = log.given_up.or(reliance.untold) {
            return Err(why);
        }
        let (mut objects, mut needed) = (Vec::new(), Vec::new());
        for object in log.objects {
            if log.referenced.contains(&object) { needed.push(object) } else { objects.push(object) }
        }
        let mut paths: Vec<(Vec<u8>, Seen)> = log.paths.into_iter().collect();
        paths.sort_by(|(one, _), (other, _)| one.cmp(other));
        Ok(Recorded {
            until: reliance.until,
            variables: log.variables.into_iter().collect(),
            queries: log.queries.into_iter().collect(),
            objects,
            needed,
            paths: paths.into_iter().map(|(path, seen)| (path_of(&path), seen)).collect(),
        })
    }
}

/// Notes the status of all that is at and below `path`, which a fetcher has read. None of it may have changed since before.
fn untouched(path: &Path, start: SystemTime, log: &mut Log) -> Result<(), &'static str> {
    const UNCERTAIN: &str = "a local file was fetched right after it had changed";
    let mut open = vec![path.to_owned()];
    let mut count = 0;
    while let Some(path) = open.pop() {
        count += 1;
        if count > MOST_FILES {
            return Err("a local tree with very many files was fetched");
        }
        let metadata = std::fs::symlink_metadata(&path).map_err(|_| UNCERTAIN)?;
        if count == 1 && metadata.is_symlink() {
            return Err("a local tree was fetched by a link to it");
        }
        let stamp = Stamp::of(&metadata, start);
        if !stamp.trusted {
            return Err(UNCERTAIN);
        }
        if metadata.is_dir() {
            for entry in std::fs::read_dir(&path).map_err(|_| UNCERTAIN)? {
                open.push(entry.map_err(|_| UNCERTAIN)?.path());
            }
        }
        log.seen(&path).untouched = Some(stamp);
    }
    Ok(())
}

impl Host for Recording<'_, '_> {
    fn store_dir(&self) -> &StoreDir {
        self.machine.store_dir()
    }

    fn read_file(&self, path: &Path) -> Result<Vec<u8>, HostError> {
        let answer = self.machine.read_with_status(path);
        if let Ok((_, Some(before))) = &answer
            && !before.is_file()
        {
            self.give_up("something was read that is no file");
        }
        let answer = self.answer(Asked::Contents, path, answer, |seen, (contents, before)| {
            let Some(stamp) = before.as_ref().map(|before| Stamp::of(before, self.start)) else {
                return true;
            };
            match &seen.contents {
                Some(known) if known.stamp.vouches_for(&stamp) => true,
                Some(known) => known.digest == digest(contents),
                None => {
                    seen.contents = Some(Read::new(stamp, contents));
                    true
                }
            }
        });
        answer.map(|(contents, _)| contents)
    }

    fn read_dir(&self, path: &Path) -> Result<Vec<(Vec<u8>, FileType)>, HostError> {
        let before = self.status(path);
        self.answer(Asked::Listing, path, self.machine.read_dir(path), |seen, entries| {
            before.is_some_and(|before| {
                let read = Read::of_entries(Stamp::of(&before, self.start), entries);
                note(&mut seen.listing, read, |known, now| known.digest == now.digest)
            })
        })
    }

    fn file_type(&self, path: &Path) -> Result<Option<FileType>, HostError> {
        self.answer(Asked::Kind, path, self.machine.file_type(path), |seen, kind| {
            note(&mut seen.kind, *kind, PartialEq::eq)
        })
    }

    fn is_executable(&self, path: &Path) -> Result<bool, HostError> {
        self.answer(Asked::Executable, path, self.machine.is_executable(path), |seen, executable| {
            note(&mut seen.executable, *executable, PartialEq::eq)
        })
    }

    fn read_link(&self, path: &Path) -> Result<PathBuf, HostError> {
        self.answer(Asked::Link, path, self.machine.read_link(path), |seen, target| {
            note(&mut seen.link, digest(bytes_of(target)), PartialEq::eq)
        })
    }

    fn is_program(&self, path: &Path) -> bool {
        let answer = self.machine.is_program(path);
        self.about(path, |seen| note(&mut seen.is_program, answer, PartialEq::eq));
        answer
    }

    fn environment(&self, name: &str) -> Option<Vec<u8>> {
        let answer = self.machine.environment(name);
        let noted = answer.as_ref().map(digest);
        self.log.borrow_mut().variables.insert(name.to_owned(), noted);
        answer
    }

    fn current_time(&self) -> i64 {
        self.give_up("the time was asked for");
        self.machine.current_time()
    }

    fn add_text(
        &self,
        name: &str,
        contents: &[u8],
        references: &BTreeSet<StorePath>,
    ) -> Result<StorePath, HostError> {
        self.referenced(references);
        self.stored(self.machine.add_text(name, contents, references))
    }

    fn add_tree(
        &self,
        name: &str,
        tree: &Tree,
        references: &BTreeSet<StorePath>,
    ) -> Result<StorePath, HostError> {
        self.referenced(references);
        self.stored(self.machine.add_tree(name, tree, references))
    }

    fn add_flat(&self, name: &str, contents: &[u8]) -> Result<StorePath, HostError> {
        self.stored(self.machine.add_flat(name, contents))
    }

    fn add_derivation(&self, derivation: &WrittenDerivation<'_>) -> Result<StorePath, HostError> {
        if !self.machine.is_read_only() {
            self.referenced(derivation.references().iter());
        }
        self.stored(self.machine.add_derivation(derivation))
    }

    fn is_valid_path(&self, path: &StorePath) -> Result<bool, HostError> {
        self.query(Query::IsValid(path.clone()));
        self.machine.is_valid_path(path)
    }

    fn references(&self, path: &StorePath) -> Result<BTreeSet<StorePath>, HostError> {
        // What is only computed with follows from the evaluation itself.
        if !self.machine.is_read_only() {
            self.query(Query::References(path.clone()));
        }
        self.machine.references(path)
    }

    fn realise(&self, derivation: &StorePath, output: &str) -> Result<(), HostError> {
        self.query(Query::Realise(derivation.clone(), output.to_owned()));
        self.machine.realise(derivation, output)
    }

    fn message(&self, level: MessageLevel, text: &str) {
        self.machine.message(level, text);
    }

    fn fetcher(&self) -> Option<&dyn Fetcher> {
        self.machine.fetcher().map(|_| self as &dyn Fetcher)
    }
}

impl Recording<'_, '_> {
    fn fetch<T>(&self, ask: impl FnOnce(&dyn Fetcher) -> Result<T, HostError>) -> Result<T, HostError> {
        match self.machine.fetcher() {
            Some(fetcher) => ask(fetcher),
            None => Err(HostError("nothing may be fetched".to_owned())),
        }
    }
}

impl Fetcher for Recording<'_, '_> {
    fn global_registry(&self) -> Result<Registry, HostError> {
        self.fetch(|fetcher| fetcher.global_registry())
    }

    fn fetch_file(&self, request: &FileRequest<'_>) -> Result<StorePath, HostError> {
        let path = self.fetch(|fetcher| fetcher.fetch_file(request))?;
        self.fetched(&path);
        Ok(path)
    }

    fn fetch_tree(&self, input: &InputAttrs) -> Result<FetchedTree, HostError> {
        let tree = self.fetch(|fetcher| fetcher.fetch_tree(input))?;
        self.fetched(&tree.path);
        Ok(tree)
    }

    fn rev_count(&self, locked: &InputAttrs) -> Result<u64, HostError> {
        self.fetch(|fetcher| fetcher.rev_count(locked))
    }

    fn fetch_closure(&self, request: &ClosureRequest<'_>) -> Result<FetchedClosure, HostError> {
        self.fetch(|fetcher| fetcher.fetch_closure(request))
    }
}
