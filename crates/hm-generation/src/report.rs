//! What a switch did, told from its plan.

use serde::Serialize;

use crate::apply::Kept;
use crate::journal::Side;
use crate::path::RelPath;
use crate::plan::{LinkPlan, Note};
use crate::step::Step;

/// What a switch did to the home.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct SwitchReport {
    /// The generation that was current before.
    pub old: Option<Side>,
    /// The generation that is current now.
    pub new: Option<Side>,
    /// Links where nothing was.
    pub created: Vec<RelPath>,
    /// Managed links that point elsewhere now.
    pub replaced: Vec<RelPath>,
    /// Copies that are new, or made anew.
    pub copied: Vec<RelPath>,
    /// Copies that the user has edited. They were kept as they are.
    pub edited: Vec<RelPath>,
    /// Files of the user whose lines were set or removed.
    pub lines: Vec<RelPath>,
    /// Files that could not be given their lines.
    pub notes: Vec<Note>,
    /// Foreign files with the same content that became links.
    pub adopted: Vec<RelPath>,
    /// Foreign files that were replaced because the configuration says `force`.
    pub forced: Vec<RelPath>,
    /// Foreign files that were moved to another name on request.
    pub backed_up: Vec<Kept>,
    /// Foreign files that turned up while the switch ran, and were moved to another name.
    pub kept: Vec<Kept>,
    /// Managed links and copies that are gone.
    pub removed: Vec<RelPath>,
    /// Files that were put back where they had been before `hm` took their places.
    pub restored: Vec<RelPath>,
    /// Places of the old generation where something else stood. They were left alone.
    pub left_alone: Vec<RelPath>,
    /// How many links were as they should be.
    pub unchanged: usize,
    /// Why the old generation could not be read, so that its links were not removed.
    pub old_unreadable: Option<String>,
}

impl SwitchReport {
    /// What carrying out `plan` does.
    #[must_use]
    pub fn of(plan: &LinkPlan) -> Self {
        let mut report = Self {
            unchanged: plan.unchanged,
            edited: plan.edited.clone(),
            left_alone: plan.left_alone.clone(),
            notes: plan.notes.clone(),
            ..Self::default()
        };
        for step in &plan.steps {
            let path = step.path().clone();
            let copied = plan.copies.contains_key(&path);
            match step {
                Step::MakeDir { .. } | Step::RemoveEmptyDir { .. } => {}
                Step::NewLink { .. } => report.put(plan, path),
                Step::ReplaceLink { .. } if !copied => report.replaced.push(path),
                Step::ReplaceLink { .. } | Step::ReplaceOwn { .. } => report.put(plan, path),
                Step::AdoptSame { .. } => report.adopted.push(path),
                Step::ReplaceForeign { .. } => report.forced.push(path),
                Step::Backup { backup, .. } => {
                    report.backed_up.push(Kept { path: path.clone(), backup: backup.clone() });
                    report.put(plan, path);
                }
                Step::LinkToDir { links, .. } | Step::OwnToDir { links, .. } => {
                    report.removed.push(path);
                    for link in links {
                        report.put(plan, link.clone());
                    }
                }
                Step::DirToLink { links, own, .. } => {
                    report.removed.extend(links.iter().cloned());
                    report.removed.extend(own.iter().map(|(path, _)| path.clone()));
                    report.put(plan, path);
                }
                Step::RemoveLink { .. } | Step::RemoveOwn { .. } => report.removed.push(path),
                Step::Restore { .. } => report.restored.push(path),
                Step::SetLines { .. } => report.lines.push(path),
            }
        }
        report
    }

    /// Counts something new at `path`.
    fn put(&mut self, plan: &LinkPlan, path: RelPath) {
        if plan.copies.contains_key(&path) { self.copied.push(path) } else { self.created.push(path) }
    }

    /// Whether anything changed in the home.
    #[must_use]
    pub fn changed_anything(&self) -> bool {
        !(self.created.is_empty()
            && self.replaced.is_empty()
            && self.copied.is_empty()
            && self.lines.is_empty()
            && self.restored.is_empty()
            && self.adopted.is_empty()
            && self.forced.is_empty()
            && self.removed.is_empty())
    }
}
