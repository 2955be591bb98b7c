//! `hm build`: builds the configuration and prints the generation's path.

use std::fs;
use std::io;
use std::os::unix::fs::symlink;
use std::path::Path;

use nix_store::Store;

use crate::cli::BuildArguments;
use crate::commands::evaluate;
use crate::environment::Environment;
use crate::error::CommandError;
use crate::output::Output;
use crate::store::LazyStore;

/// Runs the command.
///
/// # Errors
/// What is wrong with the configuration, or something else than a link to a store object where the link is to be.
pub(crate) fn run(
    environment: &Environment,
    output: &Output,
    arguments: &BuildArguments,
) -> Result<(), CommandError> {
    let store = LazyStore::find(environment, &arguments.configuration)?;
    let built = evaluate(environment, output, &arguments.configuration, &store)?;
    if arguments.no_out_link {
        store.commit()?;
    } else {
        let link = environment.absolute(&arguments.out_link);
        check_link(&link, store.store_dir().as_str())?;
        store.commit()?;
        store.add_indirect_root(&link)?;
        make_link(&link, &built.generation).map_err(|error| {
            CommandError::user(format!("cannot make the link {}: {error}", link.display()))
        })?;
    }
    output.result(built.generation.display())
}

/// Only a link into the store is replaced: anything else is somebody's.
fn check_link(link: &Path, store_dir: &str) -> Result<(), CommandError> {
    let ours = match fs::read_link(link) {
        Ok(target) => target.starts_with(store_dir) || target.starts_with("/nix/store"),
        Err(error) => error.kind() == io::ErrorKind::NotFound,
    };
    if ours {
        return Ok(());
    }
    Err(CommandError::user(format!("{} is not a link into the store, and is left alone", link.display()))
        .hint("move it away, or pass another place to --out-link, or --no-out-link"))
}

/// Makes or replaces the link in one step. The temporary name is always the same, so that the next build puts away what one
/// that was killed has left.
fn make_link(link: &Path, target: &Path) -> io::Result<()> {
    let name = link.file_name().ok_or(io::ErrorKind::InvalidInput)?.to_string_lossy();
    let temporary = link.with_file_name(format!(".{name}.hm-new"));
    match symlink(target, &temporary) {
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => {
            // Only a link is taken for such a remainder.
            fs::read_link(&temporary)?;
            fs::remove_file(&temporary)?;
            symlink(target, &temporary)?;
        }
        other => other?,
    }
    fs::rename(&temporary, link).inspect_err(|_| _ = fs::remove_file(&temporary))
}
