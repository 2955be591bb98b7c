//! What stood in the home before `hm` came, as far as `hm` has taken its place: kept from the first switch on, so that
//! `hm uninstall` can give it back.

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::apply::Kept;
use crate::error::Error;
use crate::generation::Generation;
use crate::home::HomeEnv;
use crate::path::RelPath;
use crate::plan::LinkPlan;
use crate::state::State;
use crate::step::Step;
use crate::sys::Sys;

/// The newest form of the file that is understood.
pub(crate) const ORIGINS_VERSION: u64 = 1;

/// What stood in the home before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Origins {
    pub(crate) version: u64,
    /// Files that were moved to another name in the same directory, on request or because they turned up in a switch.
    #[serde(default)]
    pub moved: BTreeMap<RelPath, String>,
    /// Files that became links because they had the same contents, with the file of a store that has these.
    #[serde(default)]
    pub adopted: BTreeMap<RelPath, String>,
    /// The generation of home-manager that the first switch took over from.
    #[serde(default)]
    pub home_manager: Option<PathBuf>,
}

/// Files in stores that giving the home back would need, and that no generation need have any more: what files held that
/// became links because they had the same contents.
///
/// # Errors
/// [`Error::NewerFormat`], [`Error::Malformed`], [`Error::Io`], and what is wrong with the current generation.
pub fn needed_for_leaving(env: &HomeEnv) -> Result<Vec<PathBuf>, Error> {
    let adopted = State { dir: &env.state_dir, sys: &Sys::default() }.origins()?.adopted;
    let Some(current) = env.profile.current()? else { return Ok(Vec::new()) };
    if adopted.is_empty() {
        return Ok(Vec::new());
    }
    let files = Generation::read(&current.target)?.files;
    // What has been taken out of the configuration since is not given back.
    let managed =
        |(path, source): (RelPath, String)| files.entries().contains_key(&path).then(|| source.into());
    Ok(adopted.into_iter().filter_map(managed).collect())
}

impl Default for Origins {
    fn default() -> Self {
        Self {
            version: ORIGINS_VERSION,
            moved: BTreeMap::new(),
            adopted: BTreeMap::new(),
            home_manager: None,
        }
    }
}

impl Origins {
    /// Adds what the carried-out `plan` has displaced, and what was `kept` beside it. The first that stood at a place is what
    /// counts.
    pub(crate) fn note(&mut self, plan: &LinkPlan, kept: &[Kept]) {
        for step in &plan.steps {
            match step {
                Step::Backup { path, backup } if !self.knows(path) => {
                    self.moved.insert(path.clone(), backup.clone());
                }
                Step::AdoptSame { path } if !self.knows(path) => {
                    self.adopted.insert(path.clone(), plan.target(path));
                }
                Step::Restore { path, .. } => {
                    self.moved.remove(path);
                }
                _ => {}
            }
        }
        for Kept { path, backup } in kept {
            if !self.knows(path) {
                self.moved.insert(path.clone(), backup.clone());
            }
        }
    }

    fn knows(&self, path: &RelPath) -> bool {
        self.moved.contains_key(path) || self.adopted.contains_key(path)
    }
}
