//! What a switch would do or did, as one JSON document for programs.
//!
//! The plan in it is the plan that is carried out, not a description of it.

use std::path::PathBuf;

use hm_generation::{Generation, LinkPlan, Preview, Side, SwitchReport};
use serde::Serialize;
use systemd_user::manager::Report;
use systemd_user::{SwitchPlan, UnitName};

use crate::activation::Activation;
use crate::error::CommandError;
use crate::units::Units;

/// The document.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Document {
    /// Whether nothing was done.
    pub(crate) dry_run: bool,
    pub(crate) plan: PlanDocument,
    /// What was done to the files; none for a dry run, and where nothing was to be done.
    pub(crate) report: Option<SwitchReport>,
    /// What became of the units; none where no manager was asked to do anything.
    pub(crate) units: Option<Report>,
    /// What was done to go back because units failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) went_back: Option<WentBackDocument>,
    /// What failed after the files were in place.
    pub(crate) failures: Vec<String>,
}

/// The way back to the generation before.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct WentBackDocument {
    /// What was done to the files; none where they could not be put back.
    pub(crate) report: Option<SwitchReport>,
    /// What became of the units.
    pub(crate) units: Option<Report>,
}

/// What is to be done.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct PlanDocument {
    /// The current generation.
    old: Option<Side>,
    /// The generation of home-manager that is taken over from.
    taken_over: Option<PathBuf>,
    /// The one to switch to, with the number it has or gets.
    new: Side,
    /// The steps of the files.
    files: LinkPlan,
    units: UnitsDocument,
    /// The entries of `home.activation` that run.
    activation: Vec<String>,
    /// The files whose `onChange` commands run.
    on_change: Vec<String>,
}

/// What is to be done to the units.
#[derive(Debug, Default, Serialize)]
#[serde(rename_all = "camelCase")]
struct UnitsDocument {
    /// The steps; none where there is no manager to take them, and where there are no units.
    plan: Option<SwitchPlan>,
    /// Whether the configuration wants them only suggested, so that none is taken.
    suggested: bool,
    /// Why no manager can be reached.
    unreachable: Option<String>,
    /// The units that start with the next session for that reason.
    start_with_session: Vec<UnitName>,
}

impl PlanDocument {
    /// Tells the plan of a preview.
    ///
    /// # Errors
    /// When the entries or hooks of the new generation cannot be read.
    pub(crate) fn new(preview: &Preview, units: &Units) -> Result<Self, CommandError> {
        let side = |(id, generation): &(u64, Generation)| Side { id: *id, path: generation.path.clone() };
        let (new, before) = (&preview.new.1, preview.before());
        let activation = Activation::new(new, before, false)?;
        Ok(PlanDocument {
            old: preview.old.as_ref().map(side),
            taken_over: preview.taken_over.as_ref().map(|generation| generation.path.clone()),
            new: side(&preview.new),
            files: preview.plan.clone(),
            units: UnitsDocument::of(units),
            activation: activation.all_names().map(ToString::to_string).collect(),
            on_change: new.changed_hooks(before)?.into_iter().map(|(target, _)| target).collect(),
        })
    }
}

impl UnitsDocument {
    fn of(units: &Units) -> Self {
        match units {
            Units::None => Self::default(),
            Units::Unreachable { why, starting, .. } => Self {
                unreachable: Some(why.clone()),
                start_with_session: starting.clone(),
                ..Self::default()
            },
            Units::Planned { plan, suggest, .. } => {
                Self { plan: Some(plan.clone()), suggested: *suggest, ..Self::default() }
            }
        }
    }
}
