//! `hm uninstall`: gives the home back as it was before `hm`, with its units stopped or home-manager's in their place, and
//! removes everything of `hm`'s own but the configuration and the program.

use std::fmt::Write as _;
use std::io;
use std::path::PathBuf;

use hm_generation::{LeavePreview, preview_leave};
use nix_store::{EmbeddedStore, OpenOptions};

use crate::cli::UninstallArguments;
use crate::environment::Environment;
use crate::error::CommandError;
use crate::home;
use crate::output::{Output, count, names};
use crate::transition::file_clauses;
use crate::units;
use crate::writing::Writing;

/// Runs the command.
///
/// # Errors
/// When a place cannot be given back, in which case nothing was changed, or the user does not want it; or units that failed.
pub(crate) fn run(
    environment: &Environment,
    output: &Output,
    arguments: &UninstallArguments,
) -> Result<(), CommandError> {
    let home = home::describe(environment, None)?;
    let writing = Writing {
        environment,
        output,
        home: &home,
        lock: arguments.lock,
        units: arguments.units,
        store: None,
    };
    let store = if arguments.keep_store { None } else { store_to_remove(environment, output, &home)? };
    if hm_generation::interrupted(&home)?.is_none() || arguments.dry_run {
        let Some(preview) = preview_leave(&home)? else {
            return nothing(&writing, arguments.dry_run);
        };
        if arguments.dry_run {
            let units = units::prepare(
                environment,
                output,
                preview.old.as_ref().map(|(_, old)| old),
                preview.back_to.as_ref(),
            )?;
            let mut text = format!("would give the home back{}:\n", to_whom(&preview));
            _ = write!(text, "{}{}", preview.plan, units.describe(output.is_verbose()));
            if let Some(store) = &store {
                _ = writeln!(text, "remove      the store {}", store.display());
            }
            return output.result(text.trim_end());
        }
        if !arguments.yes && !output.confirm(&question(&preview, store.is_some()))? {
            return Err(CommandError::user("nothing was changed"));
        }
    }
    let (session, earlier) = writing.begin()?;
    let Some(leaving) = session.prepare_leave()? else {
        session.remove_traces()?;
        remove_cache(environment, output);
        return match earlier {
            Some(failure) => Err(failure),
            None => output.report("hm manages nothing in this home"),
        };
    };
    let preview = leaving.preview().clone();
    let old = preview.old.as_ref().map(|(_, old)| old);
    let units = units::prepare(environment, output, old, preview.back_to.as_ref())?;
    let left = leaving.apply(store.as_deref())?;
    let (told, report) = writing.finish_leaving(left, units)?;
    remove_cache(environment, output);

    let clauses: Vec<String> = file_clauses(&report).into_iter().chain(told.clauses).collect();
    let clauses = if clauses.is_empty() { "no file or unit changed".to_owned() } else { clauses.join("; ") };
    output.report(format_args!("gave the home back{}: {clauses}", to_whom(&preview)))?;
    for line in told.lines {
        output.report(line)?;
    }
    for path in &report.left_alone {
        output.warning(format_args!("{path} is no longer as hm made it and stays"));
    }
    if let Some(why) = &report.old_unreadable {
        output.warning(format_args!("the links of the current generation were not removed: {why}"));
    }
    match told.failure {
        Some(failure) => Err(failure),
        None => Ok(()),
    }
}

/// Where nothing is managed, only traces can be left.
fn nothing(writing: &Writing<'_>, dry_run: bool) -> Result<(), CommandError> {
    if !dry_run && writing.home.state_dir.exists() {
        writing.begin()?.0.remove_traces()?;
        remove_cache(writing.environment, writing.output);
    }
    writing.output.report("hm manages nothing in this home")
}

fn to_whom(preview: &LeavePreview) -> String {
    match &preview.back_to {
        Some(generation) => format!(" to home-manager ({})", generation.path.display()),
        None => String::new(),
    }
}

fn question(preview: &LeavePreview, store: bool) -> String {
    let units = preview.old.as_ref().map_or(0, |(_, old)| old.manifest.units.len());
    let files = preview.old.as_ref().map_or(0, |(_, old)| old.files.entries().len());
    format!(
        "Give the home back{}: {}, {} and all generations{} go?",
        to_whom(preview),
        count(files, "file"),
        count(units, "unit"),
        if store { " with the store" } else { "" }
    )
}

/// The store that nothing but this home's generations needs.
fn store_to_remove(
    environment: &Environment,
    output: &Output,
    home: &hm_generation::HomeEnv,
) -> Result<Option<PathBuf>, CommandError> {
    let root = environment.data_home.join("hm/nix");
    if !root.join("store").exists() {
        return Ok(None);
    }
    let store = EmbeddedStore::open(&root, &OpenOptions::default())?;
    let profiles = home.profile.dir();
    let others: Vec<String> = store
        .indirect_roots()?
        .into_iter()
        .filter(|link| !(link.starts_with(profiles) && is_of_profile(link, &home.profile.path())))
        .map(|link| link.display().to_string())
        .collect();
    if others.is_empty() {
        return Ok(Some(root));
    }
    output.warning(format_args!(
        "the store {} stays, because it is in use by {}",
        root.display(),
        names(&others)
    ));
    Ok(None)
}

/// Whether `link` is a numbered link of the profile.
fn is_of_profile(link: &std::path::Path, profile: &std::path::Path) -> bool {
    let name = |path: &std::path::Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    match (name(link), name(profile)) {
        (Some(link), Some(profile)) => {
            link.strip_prefix(&profile).is_some_and(|rest| rest.starts_with('-') && rest.ends_with("-link"))
        }
        _ => false,
    }
}

/// Removes what was downloaded. It is only a cache: what cannot be removed does no harm.
fn remove_cache(environment: &Environment, output: &Output) {
    let cache = environment.cache_home.join("hm");
    match std::fs::remove_dir_all(&cache) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            output.warning(format_args!("the cache {} stays: {error}", cache.display()));
        }
        _ => {}
    }
}
