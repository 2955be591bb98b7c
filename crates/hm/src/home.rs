//! The home that a command works on, as hm-generation wants it described.

use std::fs;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};

use hm_generation::{Generation, HomeEnv, Interrupted, Profile, Stores, interrupted};
use rustix::fs::Access;

use crate::environment::Environment;
use crate::error::CommandError;
use crate::output::Output;

/// Nix's own store, where generations that were built with a Nix daemon lie.
const NIX_STORE: &str = "/nix/store";

impl From<hm_generation::Error> for CommandError {
    fn from(error: hm_generation::Error) -> Self {
        CommandError::user(error.to_string())
    }
}

/// The profile of the caller's home.
pub(crate) fn profile(environment: &Environment) -> Profile {
    Profile::new(environment.state_home.join("nix/profiles"), "hm")
}

/// The home. Links into `store`, into Nix's own store and into any store that holds one of its generations are hm's.
///
/// # Errors
/// When the profile cannot be read.
pub(crate) fn describe(environment: &Environment, store: Option<&Path>) -> Result<HomeEnv, CommandError> {
    let profile = profile(environment);
    let mut stores: Vec<PathBuf> =
        store.into_iter().chain([Path::new(NIX_STORE)]).map(Path::to_owned).collect();
    for generation in profile.list()? {
        if let Some(dir) = generation.target.parent().filter(|dir| !stores.iter().any(|known| known == dir)) {
            stores.push(dir.to_owned());
        }
    }
    Ok(HomeEnv {
        home: environment.home.clone(),
        state_dir: environment.state_home.join("hm"),
        profile,
        stores: Stores::new(stores),
        uid: environment.uid,
        trusted_parents: Vec::new(),
        home_manager: vec![
            environment.state_home.join("nix/profiles/home-manager"),
            Path::new("/nix/var/nix/profiles/per-user").join(&environment.user).join("home-manager"),
            environment.state_home.join("home-manager/gcroots/current-home"),
        ],
        watch: None,
    })
}

/// Says that a run was interrupted, in commands that only read.
///
/// # Errors
/// When the journal cannot be read.
pub(crate) fn warn_if_interrupted(output: &Output, home: &HomeEnv) -> Result<(), CommandError> {
    if let Some(Interrupted { work, .. }) = interrupted(home)? {
        output.warning(format_args!(
            "{work} was interrupted or is under way; the next command that writes deals with it"
        ));
    }
    Ok(())
}

/// Refuses a home that a switch could not write to, before anything is evaluated or created.
///
/// # Errors
/// When the home is missing, somebody else's or not writable, or what hm keeps of its own could not be created.
pub(crate) fn check(environment: &Environment) -> Result<(), CommandError> {
    let home = &environment.home;
    let no_home = |what| hm_generation::Error::NoHome { path: home.clone(), what };
    let metadata = match fs::metadata(home) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
            return Err(no_home("does not exist").into());
        }
        Err(error) => {
            let home = home.display();
            return Err(CommandError::user(format!("cannot look at the home directory {home}: {error}")));
        }
    };
    if !metadata.is_dir() {
        return Err(no_home("is not a directory").into());
    }
    if metadata.uid() != environment.uid {
        let (owner, uid) = (metadata.uid(), environment.uid);
        return Err(hm_generation::Error::HomeNotOwned { path: home.clone(), owner, uid }.into());
    }
    for (dir, purpose) in
        [(&environment.state_home, "generations are recorded"), (&environment.data_home, "the store is")]
    {
        let existing = dir.ancestors().find(|ancestor| ancestor.symlink_metadata().is_ok()).unwrap_or(dir);
        if let Err(errno) = rustix::fs::access(existing, Access::WRITE_OK | Access::EXEC_OK) {
            let why = std::io::Error::from(errno);
            let error = if existing == home.as_path() {
                CommandError::user(format!("the home directory {} is not writable: {why}", home.display()))
                    .hint(format!("make it writable: {purpose} in {}", dir.display()))
            } else {
                CommandError::user(format!("{} is not writable: {why}", existing.display()))
                    .hint(format!("make it writable: {purpose} in {}", dir.display()))
            };
            return Err(error);
        }
    }
    Ok(())
}

/// The folder of a generation with the variables of the user manager.
pub(crate) fn environment_dir(generation: &Generation) -> PathBuf {
    Path::new(generation.files.home_files()).join(&generation.manifest.config_home).join("environment.d")
}

/// The folder of a generation with its systemd user units.
pub(crate) fn unit_dir(generation: &Generation) -> PathBuf {
    Path::new(generation.files.home_files()).join(&generation.manifest.config_home).join("systemd/user")
}
