//! `hm diff`: what differs between two generations, or between the current one and what the configuration would give.
//!
//! Nothing is changed. To compare a configuration its objects are added to the store without registering them, as a dry
//! run does, and taken back.

use std::fs;
use std::path::{Path, PathBuf};

use clap::Args;
use clap_complete::ArgValueCompleter;
use hm_generation::{Generation, HomeEnv, find_home_manager};
use nix_store::Store;

use crate::cli::ConfigurationArguments;
use crate::commands::evaluate;
use crate::completion;
use crate::diff::render::View;
use crate::diff::{Doing, Side, closures, compare};
use crate::environment::Environment;
use crate::error::{CommandError, Kind};
use crate::listing::json;
use crate::output::Output;
use crate::store::LazyStore;
use crate::{home, units};

/// The word for the generation that the home is at.
const CURRENT: &str = "current";
/// The word for what the configuration would give.
const CONFIG: &str = "config";

#[derive(Debug, Args)]
pub(crate) struct DiffArguments {
    /// The old side: a generation's number, `current`, `config` (what the configuration would give) or the path of a
    /// generation, such as the link of `hm build`. [default: current]
    ///
    /// Without B, a number is compared with what is current now. `config` and a path are new things: alone they are
    /// what the current generation is compared with.
    #[arg(value_name = "A", add = ArgValueCompleter::new(completion::generations))]
    a: Option<String>,
    /// The new side, given like A. [default: config; with A a number, current]
    #[arg(value_name = "B", add = ArgValueCompleter::new(completion::generations))]
    b: Option<String>,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    /// End with status 1 when there are differences, 0 when there are none, and 2 when something is wrong.
    #[arg(long)]
    exit_code: bool,
    /// Draw B's units and what relates them instead, with what differs from A in colour: an SVG picture on standard
    /// output, or in FILE.
    #[arg(long, value_name = "FILE", num_args = 0..=1, require_equals = true, default_missing_value = "-", conflicts_with = "json")]
    graph: Option<PathBuf>,
    #[command(flatten)]
    configuration: ConfigurationArguments,
}

/// What one side of a comparison is given as.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Revision {
    Id(u64),
    Current,
    Configuration,
    Path(PathBuf),
}

impl Revision {
    fn parse(text: &str) -> Self {
        match text {
            CURRENT => Revision::Current,
            CONFIG => Revision::Configuration,
            _ => text.parse().map_or_else(|_| Revision::Path(PathBuf::from(text)), Revision::Id),
        }
    }
}

/// Both sides, with what is not given in its place.
fn sides(a: Option<&str>, b: Option<&str>) -> (Revision, Revision) {
    match (a.map(Revision::parse), b.map(Revision::parse)) {
        (Some(a), Some(b)) => (a, b),
        (Some(a @ Revision::Id(_)), None) => (a, Revision::Current),
        (Some(a @ (Revision::Path(_) | Revision::Configuration)), None) => (Revision::Current, a),
        (Some(Revision::Current), None) | (None, None) => (Revision::Current, Revision::Configuration),
        (None, Some(b)) => (Revision::Current, b),
    }
}

/// Runs the command.
///
/// # Errors
/// When a side cannot be found or read; and, as an error that says nothing, when there are differences and the caller wants
/// to know by the exit status.
pub(crate) fn run(
    environment: &Environment,
    output: &Output,
    arguments: &DiffArguments,
) -> Result<(), CommandError> {
    match show(environment, output, arguments) {
        Ok(true) if arguments.exit_code => Err(CommandError::differences()),
        Ok(_) => Ok(()),
        Err(error) if arguments.exit_code && error.kind == Kind::User => {
            Err(CommandError { kind: Kind::Comparison, ..error })
        }
        Err(error) => Err(error),
    }
}

/// Shows the differences, and says whether there are any.
fn show(environment: &Environment, output: &Output, arguments: &DiffArguments) -> Result<bool, CommandError> {
    let (a, b) = sides(arguments.a.as_deref(), arguments.b.as_deref());
    // Generations are read without opening a store: that takes a lock, and makes one where there is none.
    let evaluates = [&a, &b].contains(&&Revision::Configuration);
    let store = evaluates.then(|| LazyStore::find(environment, &arguments.configuration)).transpose()?;
    let store_dir = store.as_ref().map(|store| Path::new(store.store_dir().as_str()));
    let home = home::describe(environment, store_dir)?;
    home::warn_if_interrupted(output, &home)?;
    let finder = Finder { environment, output, arguments, store: store.as_ref(), home: &home };
    let old = finder.find(&a)?;
    let new = if a == b { old.clone() } else { finder.find(&b)? };
    let path = old.generation.as_ref().map(|generation| &generation.path);
    let from_here = a == Revision::Current
        || home.profile.current()?.is_some_and(|current| path == Some(&current.target));
    let planned = if arguments.graph.is_none() && from_here {
        Some(units::prepare(environment, output, old.generation.as_ref(), new.generation.as_ref())?)
    } else {
        None
    };
    let doing = planned.as_ref().map_or(Doing::NotFromHere, Doing::Planned);
    let differences = compare(&old, &new, &doing)?;
    if let Some(file) = &arguments.graph {
        let title = format!("Units: {} -> {}", old.name, new.name);
        let picture = systemd_user::graph::graph(&old.units()?, &new.units()?, &title);
        if file == Path::new("-") {
            output.result(picture.trim_end())?;
        } else {
            let file = environment.absolute(file);
            fs::write(&file, picture)
                .map_err(|error| CommandError::user(format!("cannot write {}: {error}", file.display())))?;
            output.report(format_args!("wrote {}", file.display()))?;
        }
    } else if arguments.json {
        output.result(json(&differences)?)?;
    } else {
        output.result(differences.render(View::of(output)))?;
    }
    Ok(differences.different)
}

/// What it takes to find a side.
struct Finder<'a> {
    environment: &'a Environment,
    output: &'a Output,
    arguments: &'a DiffArguments,
    /// Open if one of the sides is the configuration.
    store: Option<&'a LazyStore>,
    home: &'a HomeEnv,
}

impl Finder<'_> {
    fn find(&self, revision: &Revision) -> Result<Side, CommandError> {
        match revision {
            Revision::Id(id) => self.numbered(*id),
            Revision::Current => match self.home.profile.current()? {
                Some(current) => self.numbered(current.id),
                None => self.before_the_first(),
            },
            Revision::Configuration => {
                let store = self
                    .store
                    .ok_or_else(|| CommandError::internal("no store was opened for the configuration"))?;
                let built = evaluate(self.environment, self.output, &self.arguments.configuration, store)?;
                let generation = Generation::read(&built.generation)?;
                let closure = closures::pending(store, &generation);
                Ok(Side::of("the configuration".to_owned(), None, &generation, closure))
            }
            Revision::Path(given) => {
                let path = self.environment.absolute(given);
                let path = path.canonicalize().map_err(|error| {
                    CommandError::user(format!("there is no generation at {}: {error}", path.display())).hint(
                        format!(
                            "name a generation by its number, as `hm generations` lists it, by its path, or as `{CURRENT}` or `{CONFIG}`"
                        ),
                    )
                })?;
                let generation = Generation::read(&path)?;
                let closure = closures::registered(&generation);
                Ok(Side::of(given.display().to_string(), None, &generation, closure))
            }
        }
    }

    /// What a first switch comes from.
    fn before_the_first(&self) -> Result<Side, CommandError> {
        let Environment { home, config_home, .. } = self.environment;
        let config_home = config_home.strip_prefix(home).unwrap_or(config_home).to_string_lossy();
        Ok(match find_home_manager(self.home, &config_home)? {
            Some(generation) => Side::home_manager(&generation),
            None => Side::nothing(),
        })
    }

    fn numbered(&self, id: u64) -> Result<Side, CommandError> {
        let path = self.home.profile.generation(id)?.target;
        let generation = Generation::read(&path)?;
        let closure = closures::registered(&generation);
        Ok(Side::of(format!("generation {id}"), Some(id), &generation, closure))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn which_sides_are_compared() {
        use Revision::{Configuration, Current, Id};
        let path = |text: &str| Revision::Path(PathBuf::from(text));
        let check = |given: &[&str], old: Revision, new: Revision| {
            let found = sides(given.first().copied(), given.get(1).copied());
            assert_eq!(found, (old, new), "{given:?}");
        };
        check(&[], Current, Configuration);
        check(&["3"], Id(3), Current);
        check(&["config"], Current, Configuration);
        check(&["current"], Current, Configuration);
        check(&["./result"], Current, path("./result"));
        check(&["3", "config"], Id(3), Configuration);
        check(&["config", "3"], Configuration, Id(3));
        check(&["-1", "x"], path("-1"), path("x"));
    }
}
