//! What the fetchers are told from outside, since they look at no environment themselves.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;

use nix_formats::signature::DEFAULT_TRUSTED_KEY;

/// The surroundings and settings of fetchers.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where downloads, trees and clones are kept; it need not exist.
    pub cache: PathBuf,
    /// For how many seconds what a URL or branch led to is taken to be still so (`tarball-ttl`).
    pub ttl: u64,
    /// Tokens by host or `HOST/OWNER/REPO` (`access-tokens`).
    pub access_tokens: BTreeMap<String, String>,
    /// A file of user names and passwords by host (`netrc-file`).
    pub netrc: Option<PathBuf>,
    /// A file of certificates to trust in place of the system's (`ssl-cert-file`).
    pub certificates: Option<PathBuf>,
    /// Where the registry of flakes that everybody shares is downloaded from (`flake-registry`); empty for none.
    pub flake_registry: String,
    /// Whether checkouts with changes that are not committed may be fetched (`allow-dirty`).
    pub allow_dirty: bool,
    /// Whether to warn of them (`warn-dirty`).
    pub warn_dirty: bool,
    /// The public keys that may vouch for objects of binary caches, `NAME:BASE64` (`trusted-public-keys`).
    pub trusted_public_keys: Vec<String>,
    /// Files of secret keys, whose public halves may vouch for objects too (`secret-key-files`).
    pub secret_key_files: Vec<PathBuf>,
    /// Whether somebody has to vouch for objects that are not known by their contents (`require-sigs`).
    pub require_signatures: bool,
    /// The environment that `git` and `hg` run in; see [`program_environment`].
    pub environment: Vec<(OsString, OsString)>,
    /// The directory that relative paths of repositories start from.
    pub directory: PathBuf,
}

impl Config {
    /// Nix's defaults, with a cache at `cache`.
    pub fn new(cache: PathBuf) -> Config {
        Config {
            cache,
            ttl: 3600,
            access_tokens: BTreeMap::new(),
            netrc: None,
            certificates: None,
            flake_registry: "https://channels.nixos.org/flake-registry.json".to_owned(),
            allow_dirty: true,
            warn_dirty: true,
            trusted_public_keys: vec![DEFAULT_TRUSTED_KEY.to_owned()],
            secret_key_files: Vec::new(),
            require_signatures: true,
            environment: Vec::new(),
            directory: PathBuf::from("/"),
        }
    }
}

/// The variables out of `all` that `git` and `hg` may see: everything but what would make them work on another repository
/// than the one they are called for.
pub fn program_environment(all: impl IntoIterator<Item = (OsString, OsString)>) -> Vec<(OsString, OsString)> {
    // How to reach a server is the user's to say.
    const GIT: [&str; 9] = [
        "GIT_ASKPASS",
        "GIT_PROXY_COMMAND",
        "GIT_PROXY_SSL_CAINFO",
        "GIT_SSH",
        "GIT_SSH_COMMAND",
        "GIT_SSH_VARIANT",
        "GIT_SSL_CAINFO",
        "GIT_SSL_CAPATH",
        "GIT_SSL_NO_VERIFY",
    ];
    let mut kept: Vec<(OsString, OsString)> = all
        .into_iter()
        .filter(|(name, _)| {
            let name = name.to_string_lossy();
            let own = ["GIT_", "HG", "LC_", "LANG"].iter().any(|prefix| name.starts_with(prefix));
            !own || GIT.contains(&&*name)
        })
        .collect();
    for (name, value) in [("GIT_TERMINAL_PROMPT", "0"), ("LC_ALL", "C"), ("HGPLAIN", "")] {
        kept.push((name.into(), value.into()));
    }
    kept
}
