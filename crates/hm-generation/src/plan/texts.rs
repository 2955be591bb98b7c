//! The part of a plan that concerns files of the user: lines in them, and what is given back its old name.

use std::collections::BTreeSet;

use super::{Note, Planner, Way, real_place};
use crate::content::OwnFile;
use crate::lines;
use crate::live::{Displaced, Leaf, Text};
use crate::path::RelPath;
use crate::step::Step;

impl Planner<'_> {
    /// Plans the lines of every file that has some or shall have some.
    pub(super) fn set_lines(&mut self) {
        let (live, new) = (self.live, self.new);
        if live.texts.is_empty() {
            return;
        }
        let place = |path: &RelPath| real_place(path, &live.redirects);
        let entries: BTreeSet<String> = new.entries().keys().map(place).collect();
        // Links can make two files one, which then gets its lines once, and does not lose them with its other name.
        let mut wanted_at = BTreeSet::new();
        for (path, text) in &live.texts {
            if let Text::File { at, .. } = text
                && new.lines().contains_key(path)
            {
                wanted_at.insert(place(at));
            }
        }
        let mut done = BTreeSet::new();
        for (path, text) in &live.texts {
            let wanted = new.lines().get(path).filter(|_| !new.entries().contains_key(path));
            let lines = wanted.map(|wanted| lines::normal(&wanted.text));
            let at = match text {
                Text::File { at, .. } => at,
                _ => path,
            };
            let clash = self.clash(path, at, &entries);
            if self.swallowed.contains(path) || self.opened.contains_key(path) || clash.is_some() {
                if let (Some(_), Some(why)) = (wanted, clash) {
                    self.notes.push(Note { path: path.clone(), why });
                }
                continue;
            }
            match text {
                Text::Managed => {}
                Text::Absent | Text::Ours(_) => {
                    if let Some(lines) = lines
                        && wanted.is_some_and(|wanted| wanted.create)
                    {
                        if let Text::Ours(was) = text
                            && !self.removals.iter().any(|step| step.path() == path)
                        {
                            self.removals.push(Step::RemoveLink { path: path.clone(), was: was.clone() });
                        }
                        self.make_text(path, lines);
                    }
                }
                Text::Unusable(why) => {
                    if wanted.is_some() {
                        self.notes.push(Note { path: path.clone(), why: why.clone() });
                    }
                }
                Text::File { at, lines: was, own } => {
                    let other_name = lines.is_none() && wanted_at.contains(&place(at));
                    if *was == lines || other_name || !done.insert(place(at)) {
                        continue;
                    }
                    match (was, own, lines) {
                        (Some(was), true, None) => self
                            .removals
                            .push(Step::RemoveOwn { path: at.clone(), was: OwnFile::Lines(was.clone()) }),
                        (was, _, lines) => self.texts.push(Step::SetLines {
                            path: at.clone(),
                            was: was.clone(),
                            lines,
                            made: false,
                        }),
                    }
                }
            }
        }
    }

    /// Why the file at `path`, which is really at `at`, cannot have lines beside what the configuration puts into the home.
    fn clash(&self, path: &RelPath, at: &RelPath, entries: &BTreeSet<String>) -> Option<String> {
        let new = self.new;
        let managed = |place: &RelPath| new.entries().contains_key(place);
        if let Some(around) = path.ancestors().chain(at.ancestors()).find(managed) {
            return Some(format!("{around} is managed as a whole"));
        }
        if new.below(path.as_str()).next().is_some() {
            return Some("it is a directory of the configuration".to_owned());
        }
        let wanted = new.lines().contains_key(path);
        if let Some(around) = path.ancestors().find(|around| wanted && new.lines().contains_key(around)) {
            return Some(format!("{around} is a file that gets lines, too"));
        }
        let place = real_place(at, &self.live.redirects);
        let elsewhere = !managed(path) && entries.contains(&place);
        elsewhere.then(|| format!("it is {place}, which is managed as a whole"))
    }

    /// Plans a new file for lines.
    fn make_text(&mut self, path: &RelPath, lines: String) {
        match self.way(path) {
            Way::Free => {}
            Way::Opens(link) => {
                let why = format!("{link} is a link of hm");
                return self.notes.push(Note { path: path.clone(), why });
            }
            Way::Blocked => return,
        }
        self.make_dirs(path);
        self.texts.push(Step::SetLines { path: path.clone(), was: None, lines: Some(lines), made: true });
    }

    /// Plans the return of what `hm` had moved away, to the places that it leaves.
    pub(super) fn give_back(&mut self) {
        for (path, Displaced { backup, lines }) in &self.live.kept {
            if self.new.entries().contains_key(path) {
                continue;
            }
            let restore = |was| Step::Restore { path: path.clone(), backup: backup.clone(), was };
            let removed = self.removals.iter().position(|step| step.path() == path);
            match (self.live.leaves.get(path), removed) {
                (Some(Leaf::Ours(was)), Some(index)) => {
                    if let Some(step) = self.removals.get_mut(index) {
                        *step = restore(Some(was.clone()));
                    }
                }
                // A file of our own goes first.
                (Some(Leaf::File { own: Some(_), .. }), Some(_)) | (None, _) => {
                    self.texts.push(restore(None))
                }
                _ => continue,
            }
            if lines.is_some() {
                let (path, was) = (path.clone(), lines.clone());
                self.texts.push(Step::SetLines { path, was, lines: None, made: false });
            }
        }
    }
}
