//! What a switch did, told from its plan.

use serde::Serialize;

use crate::apply::Kept;
use crate::journal::Side;
use crate::path::RelPath;
use crate::plan::{LinkPlan, Step};

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
    /// Foreign files with the same content that became links.
    pub adopted: Vec<RelPath>,
    /// Foreign files that were replaced because the configuration says `force`.
    pub forced: Vec<RelPath>,
    /// Foreign files that were moved to another name on request.
    pub backed_up: Vec<Kept>,
    /// Foreign files that turned up while the switch ran, and were moved to another name.
    pub kept: Vec<Kept>,
    /// Managed links that are gone.
    pub removed: Vec<RelPath>,
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
        let mut report =
            Self { unchanged: plan.unchanged, left_alone: plan.left_alone.clone(), ..Self::default() };
        for step in &plan.steps {
            let path = step.path().clone();
            match step {
                Step::MakeDir { .. } | Step::RemoveEmptyDir { .. } => {}
                Step::NewLink { .. } => report.created.push(path),
                Step::ReplaceLink { .. } => report.replaced.push(path),
                Step::AdoptSame { .. } => report.adopted.push(path),
                Step::ReplaceForeign { .. } => report.forced.push(path),
                Step::Backup { backup, .. } => {
                    report.backed_up.push(Kept { path: path.clone(), backup: backup.clone() });
                    report.created.push(path);
                }
                Step::LinkToDir { links, .. } => {
                    report.removed.push(path);
                    report.created.extend(links.iter().cloned());
                }
                Step::DirToLink { links, .. } => {
                    report.removed.extend(links.iter().cloned());
                    report.created.push(path);
                }
                Step::RemoveLink { .. } => report.removed.push(path),
            }
        }
        report
    }

    /// Whether any link changed.
    #[must_use]
    pub fn changed_anything(&self) -> bool {
        !(self.created.is_empty()
            && self.replaced.is_empty()
            && self.adopted.is_empty()
            && self.forced.is_empty()
            && self.removed.is_empty())
    }
}
