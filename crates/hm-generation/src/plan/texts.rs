//! The part of a plan that concerns files of the user: lines in them, and what is given back its old name.

use std::collections::BTreeMap;

use super::{Note, Planner, Way};
use crate::content::OwnFile;
use crate::lines;
use crate::live::{Leaf, Text};
use crate::path::RelPath;
use crate::step::Step;

impl Planner<'_> {
    /// Plans the lines of every file that has some or shall have some.
    pub(super) fn set_lines(&mut self) {
        // Links can make two files one, which then gets its lines once.
        let mut done: BTreeMap<&RelPath, ()> = BTreeMap::new();
        let live = self.live;
        for (path, text) in &live.texts {
            let wanted = self.new.lines().get(path).filter(|_| !self.new.entries().contains_key(path));
            let lines = wanted.map(|wanted| lines::normal(&wanted.text));
            match text {
                Text::Managed => {}
                Text::Absent => {
                    if let Some(lines) = lines
                        && wanted.is_some_and(|wanted| wanted.create)
                    {
                        self.make_text(path, lines);
                    }
                }
                Text::Unusable(why) => {
                    if wanted.is_some() {
                        self.notes.push(Note { path: path.clone(), why: why.clone() });
                    }
                }
                Text::File { at, lines: was, own } => {
                    if *was == lines || done.insert(at, ()).is_some() {
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
        for (path, backup) in &self.live.kept {
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
                _ => {}
            }
        }
    }
}
