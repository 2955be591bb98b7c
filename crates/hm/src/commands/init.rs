//! `hm init`: writes a first configuration.

use std::fs;
use std::io::{self, Write as _};

use crate::environment::Environment;
use crate::error::CommandError;
use crate::home;
use crate::output::Output;

/// The first configuration.
const TEMPLATE: &str = include_str!("init.nix");

/// Runs the command.
///
/// # Errors
/// When there is a configuration already, or it cannot be written.
pub(crate) fn run(environment: &Environment, output: &Output) -> Result<(), CommandError> {
    home::check(environment)?;
    let dir = environment.config_home.join("hm");
    let path = dir.join("home.nix");
    let failed = |error: io::Error| CommandError::user(format!("cannot write {}: {error}", path.display()));
    fs::create_dir_all(&dir).map_err(failed)?;
    let mut builder = tempfile::Builder::new();
    let permissions: fs::Permissions = std::os::unix::fs::PermissionsExt::from_mode(0o644);
    let mut file = builder.permissions(permissions).tempfile_in(&dir).map_err(failed)?;
    file.write_all(TEMPLATE.as_bytes()).map_err(failed)?;
    file.persist_noclobber(&path).map_err(|error| {
        if error.error.kind() == io::ErrorKind::AlreadyExists {
            CommandError::user(format!(
                "there is a configuration at {} already; it was left alone",
                path.display()
            ))
            .hint("`hm switch` builds it")
        } else {
            failed(error.error)
        }
    })?;
    output.report(format_args!("wrote {}", path.display()))?;
    output.report("next: edit it, see what it would do with `hm switch --dry-run`, then run `hm switch`")
}
