//! What fetchers are told: Nix's settings, where the cache is, and the environment of the programs that they run.

use std::path::PathBuf;

use nix_flake::{Config, program_environment};

use crate::environment::Environment;
use crate::error::CommandError;
use crate::nix_settings::NixSettings;

/// The fetchers' surroundings.
///
/// # Errors
/// When one of Nix's settings cannot be understood.
pub(crate) fn config(environment: &Environment, given: &NixSettings) -> Result<Config, CommandError> {
    let mut config = Config::new(environment.cache_home.join("hm"));
    if let Some(seconds) = given.text("tarball-ttl") {
        config.ttl = seconds.parse().map_err(|_| {
            CommandError::user(format!("setting 'tarball-ttl' has invalid value '{seconds}'"))
        })?;
    }
    for word in given.words("access-tokens") {
        if let Some((place, token)) = word.split_once('=') {
            config.access_tokens.insert(place.to_owned(), token.to_owned());
        }
    }
    let path = |name: &str| given.text(name).filter(|path| !path.is_empty()).map(PathBuf::from);
    config.netrc = path("netrc-file").or_else(|| Some(PathBuf::from("/etc/nix/netrc")));
    config.certificates = environment.certificates.clone().or_else(|| path("ssl-cert-file"));
    if let Some(registry) = given.text("flake-registry") {
        config.flake_registry = registry.to_owned();
    }
    if given.text("trusted-public-keys").is_some() {
        config.trusted_public_keys = given.words("trusted-public-keys").map(str::to_owned).collect();
    }
    config.secret_key_files = given.words("secret-key-files").map(PathBuf::from).collect();
    config.require_signatures = given.flag("require-sigs").unwrap_or(true);
    config.allow_dirty = given.flag("allow-dirty").unwrap_or(true);
    config.warn_dirty = given.flag("warn-dirty").unwrap_or(true);
    config.environment = program_environment(Environment::variables());
    config.directory = environment.directory.clone();
    Ok(config)
}
