//! Collecting the garbage of the embedded store, with everything that is to be spared.
//!
//! The store spares by itself what roots keep and what processes use. This adds the generations of every profile beside
//! this one's, whose links may have been made by somebody who could not register them; what the user manager has loaded,
//! which starts units by commands that it read from files which may be gone; and what the home held before `hm` came.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use hm_generation::{Error, Generation, HomeEnv, Numbered, Unfinished, interrupted, needed_for_leaving};
use nix_formats::StorePath;
use nix_store::{EmbeddedStore, GcReport, OpenOptions, Store, mentioned};
use systemd_user::Manager;

use crate::environment::Environment;
use crate::error::CommandError;
use crate::output::{Output, count};
use crate::quantity::size;
use crate::units;

/// Collects the garbage of the store below `root`, if there is one.
///
/// # Errors
/// When the current generation is gone, what is in use cannot be found out, or the store cannot be opened; nothing is
/// deleted then. When it cannot be collected to the end.
pub(crate) fn collect(
    environment: &Environment,
    output: &Output,
    home: &HomeEnv,
    root: &Path,
    dry_run: bool,
) -> Result<GcReport, CommandError> {
    if !root.join("store").exists() {
        return Ok(GcReport::default());
    }
    check_current(home)?;
    let store = EmbeddedStore::open(root, &OpenOptions::default())?;
    let mut keep = loaded(environment, &store)?;
    for (link, object) in generations(home, &store)? {
        if !dry_run {
            store.add_indirect_root(&link)?;
        }
        keep.insert(object);
    }
    keep.extend(journalled(home, &store)?);
    for file in needed_for_leaving(home)? {
        keep.extend(mentioned(store.store_dir(), file.as_os_str().as_bytes()));
    }
    let progress = output.progress("collecting garbage");
    let report = store.collect_garbage_keeping(&keep, dry_run)?;
    drop(progress);
    Ok(report)
}

/// Makes sure that the current generation is there. Without it nobody knows what the home's links and units need.
///
/// # Errors
/// When it is not, with what to do.
pub(crate) fn check_current(home: &HomeEnv) -> Result<(), CommandError> {
    let Some(id) = home.profile.current_id()? else { return Ok(()) };
    let gone = |what: String| {
        let error = CommandError::user(format!(
            "generation {id} is current, but {what}: what the home's links need may be gone, and nothing was collected"
        ))
        .hint("`hm switch` builds it again from the configuration");
        let all = home.profile.list().unwrap_or_default();
        let whole = |each: &&Numbered| !each.current && Generation::read(&each.target).is_ok();
        match all.iter().rev().find(whole) {
            Some(other) => error.hint(format!(
                "`hm rollback {}` goes back to generation {}, which is whole",
                other.id, other.id
            )),
            None => error,
        }
    };
    let Some(current) = home.profile.current()? else {
        return Err(gone(format!("its link {} is gone", home.profile.link(id).display())));
    };
    match Generation::read(&current.target) {
        Ok(_) => Ok(()),
        Err(error @ (Error::NotAGeneration { .. } | Error::Io { .. } | Error::Malformed { .. })) => {
            Err(gone(error.to_string()))
        }
        Err(error) => Err(error.into()),
    }
}

/// What was freed, in the words of a sentence.
pub(crate) fn freed(report: &GcReport) -> String {
    format!("{}, {}", count(report.deleted.len(), "object"), size(report.bytes))
}

/// The numbered links of all profiles that lead into the store.
fn generations(home: &HomeEnv, store: &EmbeddedStore) -> Result<Vec<(PathBuf, StorePath)>, CommandError> {
    let dir = home.profile.dir();
    let failed = |error: io::Error| {
        CommandError::user(format!("cannot list the profiles in {}: {error}", dir.display()))
    };
    let listing = match fs::read_dir(dir) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        listing => listing.map_err(failed)?,
    };
    let mut found = Vec::new();
    for entry in listing {
        let path = entry.map_err(failed)?.path();
        let Ok(target) = fs::read_link(&path) else { continue };
        if let Ok((object, _)) = store.store_dir().parse_prefix(target.as_os_str().as_bytes()) {
            found.push((path, object));
        }
    }
    Ok(found)
}

/// The objects that units of the manager refer to, where there is a manager.
fn loaded(environment: &Environment, store: &EmbeddedStore) -> Result<BTreeSet<StorePath>, CommandError> {
    let Ok(mut manager) = Manager::connect(&units::bus(environment)) else { return Ok(BTreeSet::new()) };
    let texts = manager.texts_of_loaded_units().map_err(|error| {
        CommandError::user(format!("the user manager does not say what its units need: {error}"))
            .hint("nothing was collected; try again when it answers")
    })?;
    Ok(texts.iter().flat_map(|text| mentioned(store.store_dir(), text.as_bytes())).collect())
}

/// The generations that an interrupted run is about, which only a dry run leaves as it is.
fn journalled(home: &HomeEnv, store: &EmbeddedStore) -> Result<BTreeSet<StorePath>, CommandError> {
    let sides = match interrupted(home)?.map(|interrupted| interrupted.work) {
        Some(Unfinished::Switch { old, new, .. }) => old.into_iter().chain([new]).collect(),
        _ => Vec::new(),
    };
    let texts = sides.iter().map(|side| side.path.as_os_str().as_bytes());
    Ok(texts.flat_map(|text| mentioned(store.store_dir(), text)).collect())
}
