//! `hm gc`: frees what no generation needs any more, links that lead nowhere having been repaired before.

use std::path::{Path, PathBuf};

use clap::Args;
use hm_generation::{HomeEnv, Problem, SwitchReport, interrupted, preview_repair};
use nix_store::GcReport;
use serde::Serialize;

use crate::cli::{LockArguments, UnitArguments};
use crate::collection::{check_current, collect, freed};
use crate::environment::Environment;
use crate::error::CommandError;
use crate::home;
use crate::listing::json;
use crate::output::{Output, count};
use crate::store::canonical;
use crate::units::{self, Way};
use crate::writing::Writing;

#[derive(Debug, Args)]
pub(crate) struct GcArguments {
    /// Show what would be repaired and freed, and do nothing.
    #[arg(short = 'n', long)]
    dry_run: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// The directory of the embedded store. [default: hm/nix in $XDG_DATA_HOME]
    #[arg(long, value_name = "DIR")]
    store_dir: Option<PathBuf>,
    #[command(flatten)]
    lock: LockArguments,
}

/// What `--json` prints.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Freed {
    dry_run: bool,
    /// Links of the current generation that were made again, relative to the home.
    repaired: Vec<String>,
    /// Links of no generation that led nowhere and were removed, relative to the home.
    removed: Vec<String>,
    /// Paths of store objects, and of remains of interrupted processes.
    deleted: Vec<PathBuf>,
    /// The space that these took.
    bytes: u64,
}

/// Runs the command.
///
/// # Errors
/// When the current generation is gone, or the store cannot be collected: nothing is deleted then.
pub(crate) fn run(
    environment: &Environment,
    output: &Output,
    arguments: &GcArguments,
) -> Result<(), CommandError> {
    home::check(environment)?;
    let root = match &arguments.store_dir {
        Some(dir) => environment.absolute(dir),
        None => environment.data_home.join("hm/nix"),
    };
    let home = home::describe(environment, Some(&canonical(&root).join("store")))?;
    // An uninstallation that was interrupted may have removed the store and not yet the rest.
    let unfinished = !arguments.dry_run && interrupted(&home)?.is_some();
    if !root.join("store").exists() && !unfinished {
        output.note(no_store(&home, &root)?);
        let report = GcReport::default();
        return if arguments.json {
            tell(output, arguments, &SwitchReport::default(), report)
        } else {
            Ok(())
        };
    }
    if arguments.dry_run {
        check_current(&home)?;
        let mut links = SwitchReport::default();
        if let Some(repair) = preview_repair(&home)? {
            tell_problems(output, &repair.problems);
            links = SwitchReport::of(&repair.preview.plan);
        }
        let report = collect(environment, output, &home, &root, true)?;
        return tell(output, arguments, &links, report);
    }
    let unit_arguments = UnitArguments::default();
    let writing = Writing {
        environment,
        output,
        home: &home,
        lock: arguments.lock,
        units: unit_arguments,
        store: None,
    };
    let (session, mut failure) = writing.begin()?;
    check_current(&home)?;
    let mut links = SwitchReport::default();
    if let Some((pending, problems)) = session.prepare_repair()? {
        tell_problems(output, &problems);
        let generation = pending.preview().new.1.clone();
        let folder = format!("{}/systemd/user/", generation.manifest.config_home);
        let units = if pending.plan().steps.iter().any(|step| step.path().as_str().starts_with(&folder)) {
            Some(units::prepare(environment, output, Some(&generation), Some(&generation))?)
        } else {
            None
        };
        let applied = pending.apply(&mut |_| Ok(()))?;
        if let Some(units) = units {
            let told = units.carry_out(Way {
                environment,
                output,
                old: Some(&generation),
                new: Some(&generation),
                arguments: unit_arguments,
            });
            if told.broken_off {
                return told.failure.map_or(Ok(()), Err);
            }
            failure = failure.or(told.failure);
        }
        links = applied.finish()?;
    }
    let collection = session.begin_collection(&root)?;
    let report = collect(environment, output, &home, &root, false);
    collection.finish()?;
    tell(output, arguments, &links, report?)?;
    failure.map_or(Ok(()), Err)
}

/// Says why there is nothing to collect.
fn no_store(home: &HomeEnv, root: &Path) -> Result<String, CommandError> {
    let mut dirs = home.profile.list()?.into_iter().filter_map(|each| Some(each.target.parent()?.to_owned()));
    Ok(match dirs.next_back() {
        Some(dir) if dir == Path::new("/nix/store") => format!(
            "the generations of this home are in {}: `nix-collect-garbage` collects it, and {} keeps them",
            dir.display(),
            home.profile.path().display()
        ),
        Some(dir) => format!(
            "there is no store in {}: the generations of this home are in {}; `hm gc --store-dir {}` collects it",
            root.display(),
            dir.display(),
            dir.parent().unwrap_or(&dir).display()
        ),
        None => format!("nothing to collect: there is no store in {} yet", root.display()),
    })
}

fn tell_problems(output: &Output, problems: &[Problem]) {
    for problem in problems {
        output.warning(format_args!("a link of the current generation cannot be made again: {problem}"));
    }
}

fn tell(
    output: &Output,
    arguments: &GcArguments,
    links: &SwitchReport,
    report: GcReport,
) -> Result<(), CommandError> {
    let repaired: Vec<String> =
        links.created.iter().chain(&links.replaced).chain(&links.adopted).map(ToString::to_string).collect();
    let removed: Vec<String> = links.removed.iter().map(ToString::to_string).collect();
    if arguments.json {
        let GcReport { deleted, bytes } = report;
        let freed = Freed { dry_run: arguments.dry_run, repaired, removed, deleted, bytes };
        return output.result(json(&freed)?);
    }
    // What would be done is what a dry run was asked for.
    let say = |text: String| if arguments.dry_run { output.result(text) } else { output.report(text) };
    let would = if arguments.dry_run { "would have " } else { "" };
    for (what, paths) in [("repaired", &repaired), ("removed", &removed)] {
        if !paths.is_empty() {
            let kind = if what == "removed" { " that led nowhere" } else { "" };
            say(format!("{would}{what} {}{kind}", count(paths.len(), "link")))?;
        }
        if arguments.dry_run || output.is_verbose() {
            paths.iter().try_for_each(|path| say(format!("  {path}")))?;
        }
    }
    if report.deleted.is_empty() {
        return say("nothing to free".to_owned());
    }
    say(format!("{would}freed {}", freed(&report)))?;
    if arguments.dry_run || output.is_verbose() {
        report.deleted.iter().try_for_each(|path| say(format!("  {}", path.display())))?;
    }
    Ok(())
}
