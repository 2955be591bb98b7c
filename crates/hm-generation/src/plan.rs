//! The link plan: from the old generation, the live home and the new generation to a list of steps.
//!
//! Planning is a pure function. A dry run prints the plan, a report counts it, a journal stores it, and applying
//! executes it; none of them decides anything again. When any target cannot be written, there is no plan but the
//! list of all problems.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::generation::{Entry, FileSet};
use crate::handles::{Redirect, Redirects};
use crate::live::{Leaf, LiveHome, Parent};
use crate::path::RelPath;
use crate::problem::Problem;
use crate::step::Step;

/// What is to be done to a home.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LinkPlan {
    /// The store object that new links point into.
    pub home_files: String,
    /// The places that get a copy instead of a link, with the file of a store that it is made from.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub copies: BTreeMap<RelPath, String>,
    /// Names that are added to the targets of links ([`Manifest::aliases`](crate::Manifest)).
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub aliases: BTreeMap<RelPath, String>,
    /// Linked directories that are followed.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub redirects: Redirects,
    /// The steps, in the order they are taken.
    pub steps: Vec<Step>,
    /// How many links and copies are as they should be.
    pub unchanged: usize,
    /// Copies that the user has edited. They are kept as they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub edited: Vec<RelPath>,
    /// Places of the old generation where something else stands now. They are left alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub left_alone: Vec<RelPath>,
    /// Files that cannot be given the lines that they should have.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
}

/// A file that is not given its lines.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// The file.
    pub path: RelPath,
    /// Why it is not.
    pub why: String,
}

impl LinkPlan {
    /// Whether there is nothing to do.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }

    /// What the new link at `path` points to.
    #[must_use]
    pub fn target(&self, path: &RelPath) -> String {
        crate::generation::target(&self.home_files, path, &self.aliases)
    }
}

/// The plan as a dry run shows it: one line per step.
impl fmt::Display for LinkPlan {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for step in &self.steps {
            step.write(f, self.copies.contains_key(step.path()))?;
            writeln!(f)?;
        }
        for path in &self.edited {
            writeln!(f, "keep        {path} (edited since it was copied)")?;
        }
        for path in &self.left_alone {
            writeln!(f, "left alone  {path} (no longer as hm made it, or out of reach)")?;
        }
        for note in &self.notes {
            writeln!(f, "no lines in {} ({})", note.path, note.why)?;
        }
        Ok(())
    }
}

/// Makes the plan that takes `live` from the generation `old` to `new`.
///
/// # Errors
/// Every reason why a target of `new` cannot be written, in the order of the targets.
pub fn plan(old: Option<&FileSet>, new: &FileSet, live: &LiveHome) -> Result<LinkPlan, Vec<Problem>> {
    let mut planner = Planner::new(new, live);
    planner.check_same_places();
    for (path, entry) in new.entries() {
        planner.want(path, *entry);
    }
    if let Some(old) = old {
        for path in old.without(new) {
            planner.drop_stale(path);
        }
    }
    planner.give_back();
    planner.set_lines();
    planner.check_writable();
    planner.finish()
}

struct Planner<'a> {
    new: &'a FileSet,
    live: &'a LiveHome,
    problems: Vec<Problem>,
    /// Directories to make, and links in new places, in the order of the paths.
    additions: Vec<Step>,
    replacements: Vec<Step>,
    removals: Vec<Step>,
    /// Changes of lines in the user's files.
    texts: Vec<Step>,
    copies: BTreeMap<RelPath, String>,
    edited: Vec<RelPath>,
    notes: Vec<Note>,
    /// Directories that a step makes.
    made: BTreeSet<RelPath>,
    /// Parents that were reported; the targets below them are not reported again.
    reported: BTreeSet<RelPath>,
    /// Managed links and files that become directories, with the links that go below them.
    opened: BTreeMap<RelPath, Vec<RelPath>>,
    /// Links that go as part of a directory that becomes a link.
    swallowed: BTreeSet<RelPath>,
    unchanged: usize,
    left_alone: Vec<RelPath>,
    /// Where the targets really are, if there are linked directories.
    places: BTreeSet<String>,
}

/// What a look at the directories around a target says.
enum Way {
    Free,
    /// The link or file at this path is one of ours and becomes a directory.
    Opens(RelPath),
    Blocked,
}

impl<'a> Planner<'a> {
    fn new(new: &'a FileSet, live: &'a LiveHome) -> Self {
        Self {
            new,
            live,
            problems: Vec::new(),
            additions: Vec::new(),
            replacements: Vec::new(),
            removals: Vec::new(),
            texts: Vec::new(),
            copies: BTreeMap::new(),
            edited: Vec::new(),
            notes: Vec::new(),
            made: BTreeSet::new(),
            reported: BTreeSet::new(),
            opened: BTreeMap::new(),
            swallowed: BTreeSet::new(),
            unchanged: 0,
            left_alone: Vec::new(),
            places: BTreeSet::new(),
        }
    }

    /// Plans one file of the new generation.
    fn want(&mut self, path: &RelPath, entry: Entry) {
        if self.live.leaves.get(path) == Some(&Leaf::Current) {
            self.unchanged += 1;
            return;
        }
        let force = entry.force;
        let source = self.new.copy_source(path);
        let copied = source.is_some();
        if let Some(source) = source {
            self.copies.insert(path.clone(), source);
        }
        match self.way(path) {
            Way::Free => {}
            Way::Opens(link) => {
                self.opened.entry(link).or_default().push(path.clone());
                return;
            }
            Way::Blocked => return,
        }
        let path = path.clone();
        let Some(leaf) = self.live.leaves.get(&path) else {
            self.make_dirs(&path);
            self.additions.push(Step::NewLink { path });
            return;
        };
        match leaf {
            Leaf::Current => {}
            Leaf::Ours(was) => self.replacements.push(Step::ReplaceLink { path, was: was.clone() }),
            Leaf::TooLong => self.problems.push(Problem::NameTooLong { path }),
            Leaf::Special(kind) => {
                self.problems.push(Problem::SpecialFile { path, kind: (*kind).to_owned() });
            }
            Leaf::File { other_owner: Some(owner), .. } => {
                self.problems.push(Problem::OtherOwner { path, owner: *owner });
            }
            Leaf::File { own: Some(was), .. } => {
                self.replacements.push(Step::ReplaceOwn { path, was: was.clone() });
            }
            Leaf::File { edited: true, .. } if copied && !force => {
                self.copies.remove(&path);
                self.edited.push(path);
            }
            Leaf::File { same: true, .. } if !copied => self.replacements.push(Step::AdoptSame { path }),
            Leaf::File { edited: true, difference, backup, .. } => {
                let problem = Problem::EditedCopy { path: path.clone(), difference: difference.clone() };
                self.displace(path, force, backup.as_ref(), problem);
            }
            Leaf::File { difference, backup, .. } => {
                let problem = Problem::ForeignFile { path: path.clone(), difference: difference.clone() };
                self.displace(path, force, backup.as_ref(), problem);
            }
            Leaf::Link { leads_to, backup } => {
                let problem = Problem::ForeignLink { path: path.clone(), leads_to: leads_to.clone() };
                self.displace(path, force, backup.as_ref(), problem);
            }
            Leaf::Directory { foreign, links, own, backup } => {
                let ours = !(links.is_empty() && own.is_empty()) || self.live.made.contains(&path);
                if foreign.is_empty() && (ours || force) {
                    self.swallowed.extend(links.iter().chain(own.iter().map(|(path, _)| path)).cloned());
                    let (links, own) = (links.clone(), own.clone());
                    self.replacements.push(Step::DirToLink { path, links, own });
                } else {
                    // `force` is permission to lose one file, not a tree.
                    let problem = Problem::DirectoryInTheWay { path: path.clone(), holds: foreign.clone() };
                    self.displace(path, false, backup.as_ref(), problem);
                }
            }
        }
    }

    /// Plans the replacement of something foreign, in the way that was allowed.
    fn displace(&mut self, path: RelPath, force: bool, backup: Option<&String>, otherwise: Problem) {
        match backup {
            _ if force => self.replacements.push(Step::ReplaceForeign { path }),
            Some(backup) => self.replacements.push(Step::Backup { path, backup: backup.clone() }),
            None => self.problems.push(otherwise),
        }
    }

    /// Plans the end of a file of the old generation that the new one does not have.
    fn drop_stale(&mut self, path: &RelPath) {
        if self.swallowed.contains(path) || self.opened.contains_key(path) {
            return;
        }
        // What was one place of the home and is another by a link that the user has made since.
        if !self.live.redirects.is_empty() && self.places.contains(&real_place(path, &self.live.redirects)) {
            return;
        }
        match self.live.leaves.get(path) {
            Some(Leaf::Ours(was)) => {
                self.removals.push(Step::RemoveLink { path: path.clone(), was: was.clone() });
            }
            Some(Leaf::File { own: Some(was), .. }) => {
                self.removals.push(Step::RemoveOwn { path: path.clone(), was: was.clone() });
            }
            // Where the new generation puts a directory, the links in it are the reason, not the user.
            Some(Leaf::Directory { .. }) if self.new.below(path.as_str()).next().is_some() => {}
            Some(_) => self.left_alone.push(path.clone()),
            None => {
                // The directory may have been moved away with the link in it, and its place taken by a link that
                // is not followed. Whatever is behind that is not touched.
                let hidden = path.ancestors().any(|parent| {
                    matches!(self.live.parents.get(&parent), Some(Parent::Outside { .. } | Parent::Closed(_)))
                });
                if hidden {
                    self.left_alone.push(path.clone());
                }
            }
        }
    }

    /// Looks at the directories around `path`, outermost first.
    fn way(&mut self, path: &RelPath) -> Way {
        for parent in path.ancestors() {
            let problem = match self.live.parents.get(&parent) {
                None => return Way::Free,
                Some(Parent::Directory) => continue,
                Some(Parent::Ours(_) | Parent::Own(_)) => return Way::Opens(parent),
                Some(_) if self.reported.contains(&parent) => return Way::Blocked,
                Some(Parent::File) => Problem::ParentIsFile { path: path.clone(), parent: parent.clone() },
                Some(Parent::InStore(leads_to)) => Problem::ParentInStore {
                    path: path.clone(),
                    parent: parent.clone(),
                    leads_to: leads_to.clone(),
                },
                Some(Parent::Outside { leads_to, other_owner }) => Problem::ParentOutsideHome {
                    path: path.clone(),
                    parent: parent.clone(),
                    leads_to: leads_to.clone(),
                    other_owner: *other_owner,
                },
                Some(Parent::Dangling(leads_to)) => Problem::ParentDangling {
                    path: path.clone(),
                    parent: parent.clone(),
                    leads_to: leads_to.clone(),
                },
                Some(Parent::TooLong) => Problem::NameTooLong { path: parent.clone() },
                Some(Parent::Closed(why)) => Problem::ParentNotWritable {
                    path: path.clone(),
                    parent: parent.as_str().to_owned(),
                    why: why.clone(),
                },
            };
            self.problems.push(problem);
            self.reported.insert(parent);
            return Way::Blocked;
        }
        Way::Free
    }

    fn make_dirs(&mut self, path: &RelPath) {
        for parent in path.ancestors() {
            if !self.live.parents.contains_key(&parent) && self.made.insert(parent.clone()) {
                self.additions.push(Step::MakeDir { path: parent });
            }
        }
    }

    /// Reports directories that steps would change and that cannot be.
    fn check_writable(&mut self) {
        if self.live.unwritable.is_empty() {
            return;
        }
        let mut reported = BTreeSet::new();
        let opened = self.opened.keys();
        let changed = self
            .additions
            .iter()
            .chain(&self.replacements)
            .chain(&self.removals)
            .chain(&self.texts)
            .map(Step::path)
            .chain(opened);
        for path in changed {
            if let Some(why) = self.live.unwritable.get(path.parent())
                && reported.insert(path.parent())
            {
                self.problems.push(Problem::ParentNotWritable {
                    path: path.clone(),
                    parent: path.parent().to_owned(),
                    why: why.clone(),
                });
            }
        }
    }

    /// Reports targets that a followed link makes one and the same place.
    fn check_same_places(&mut self) {
        if self.live.redirects.is_empty() {
            return;
        }
        let mut places: BTreeMap<String, &RelPath> = BTreeMap::new();
        for path in self.new.entries().keys() {
            let place = real_place(path, &self.live.redirects);
            if let Some(other) = places.insert(place, path) {
                self.problems.push(Problem::SamePlace { path: path.clone(), other: other.clone() });
            }
        }
        self.places = places.into_keys().collect();
    }

    fn finish(mut self) -> Result<LinkPlan, Vec<Problem>> {
        if !self.problems.is_empty() {
            return Err(self.problems);
        }
        for (path, links) in std::mem::take(&mut self.opened) {
            match self.live.parents.get(&path) {
                Some(Parent::Ours(was)) => {
                    self.replacements.push(Step::LinkToDir { path, was: was.clone(), links });
                }
                Some(Parent::Own(was)) => {
                    self.replacements.push(Step::OwnToDir { path, was: was.clone(), links });
                }
                _ => {}
            }
        }
        self.replacements.sort_by(|a, b| a.path().cmp(b.path()));
        let emptied = self.emptied_dirs();
        let mut steps = self.additions;
        steps.append(&mut self.replacements);
        steps.append(&mut self.removals);
        steps.append(&mut self.texts);
        steps.extend(emptied.into_iter().map(|path| Step::RemoveEmptyDir { path }));
        Ok(LinkPlan {
            home_files: self.new.home_files().to_owned(),
            aliases: self.new.aliases().clone(),
            redirects: self.live.redirects.clone(),
            copies: self.copies,
            steps,
            unchanged: self.unchanged,
            edited: self.edited,
            left_alone: self.left_alone,
            notes: self.notes,
        })
    }

    /// Directories that `hm` made and that hold nothing any more once the steps are taken, innermost first.
    fn emptied_dirs(&self) -> Vec<RelPath> {
        let mut gone: BTreeSet<&str> = self.removals.iter().map(|step| step.path().as_str()).collect();
        let kept: BTreeSet<&str> =
            self.additions.iter().chain(&self.texts).map(|step| step.path().parent()).collect();
        let mut emptied = Vec::new();
        for (dir, names) in self.live.listed.iter().rev() {
            let empty = names.iter().all(|name| gone.contains(&*format!("{dir}/{name}")));
            if empty && self.live.made.contains(dir) && !kept.contains(dir.as_str()) {
                gone.insert(dir.as_str());
                emptied.push(dir.clone());
            }
        }
        emptied
    }
}

/// The place that `path` really is at, as text that two paths have in common exactly when they are one place.
fn real_place(path: &RelPath, redirects: &Redirects) -> String {
    for parent in path.ancestors().collect::<Vec<_>>().into_iter().rev() {
        let Some(redirect) = redirects.get(&parent) else { continue };
        let rest = path.below(parent.as_str()).unwrap_or_default();
        return match redirect {
            Redirect::HomeItself => rest.to_owned(),
            Redirect::Home(real) => format!("{real}/{rest}"),
            Redirect::Outside(real) => format!("{}/{rest}", real.display()),
        };
    }
    path.as_str().to_owned()
}

mod texts;

#[cfg(test)]
mod tests;
