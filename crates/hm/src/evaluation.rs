//! Setting up an evaluation: search path, limits, and where messages go.

use std::io::IsTerminal;

use nix_eval::Settings;
use nix_eval::host::MessageLevel;

use crate::environment::Environment;
use crate::error::CommandError;
use crate::nix_settings::NixSettings;
use crate::nixlib;

/// The stack that is left to evaluations on the program's main thread, which has a little more.
pub(crate) const EVALUATION_STACK: usize = (1 << 30) - (4 << 20);

/// Settings for an evaluation with further search path entries, which come first.
///
/// # Errors
/// When one of Nix's settings cannot be understood.
pub(crate) fn settings(
    environment: &Environment,
    given: &NixSettings,
    include: &[String],
) -> Result<Settings, CommandError> {
    let mut settings = Settings {
        stack_size: EVALUATION_STACK,
        hidden_path: vec![("nixlib".to_owned(), nixlib::ROOT.to_owned())],
        system: format!("{}-linux", std::env::consts::ARCH),
        ..Settings::default()
    };
    given.apply(&mut settings)?;
    let entries = |texts: &[String]| -> Vec<(String, String)> {
        texts.iter().map(|entry| search_entry(environment, entry)).collect()
    };
    let mut search_path = entries(include);
    match (&environment.nix_path, given.text("nix-path")) {
        (Some(path), _) => search_path.extend(entries(&split_search_path(path))),
        (None, Some(_)) => {
            let words: Vec<String> = given.words("nix-path").map(str::to_owned).collect();
            search_path.extend(entries(&words));
        }
        (None, None) if settings.restrict => {}
        (None, None) => search_path.extend(default_search_path(environment)),
    }
    settings.search_path = search_path;
    settings.registries = crate::registries::read(environment, given);
    settings.use_registries = given.flag("use-registries").unwrap_or(settings.use_registries);
    Ok(settings)
}

/// The entries of `$NIX_PATH`, whose separator also stands in URLs.
fn split_search_path(text: &str) -> Vec<String> {
    let mut entries: Vec<String> = Vec::new();
    for piece in text.split(':') {
        match entries.last_mut() {
            Some(last)
                if piece.starts_with("//")
                    || ["flake", "channel", "path", "git"]
                        .iter()
                        .any(|scheme| last == scheme || last.ends_with(&format!("={scheme}"))) =>
            {
                last.push(':');
                last.push_str(piece);
            }
            _ => entries.push(piece.to_owned()),
        }
    }
    entries.retain(|entry| !entry.is_empty());
    entries
}

/// `PREFIX=PATH` or `PATH`, with the path made absolute.
fn search_entry(environment: &Environment, entry: &str) -> (String, String) {
    let (prefix, path) = entry.split_once('=').unwrap_or(("", entry));
    let is_url = path.contains("://")
        || path.split_once(':').is_some_and(|(scheme, _)| matches!(scheme, "flake" | "channel"));
    let path = if is_url {
        path.to_owned()
    } else {
        environment.absolute(std::path::Path::new(path)).to_string_lossy().into_owned()
    };
    (prefix.to_owned(), path)
}

/// What Nix searches when `$NIX_PATH` is not set.
fn default_search_path(environment: &Environment) -> Vec<(String, String)> {
    let root = "/nix/var/nix/profiles/per-user/root/channels";
    let candidates = [
        (String::new(), environment.home.join(".nix-defexpr/channels")),
        ("nixpkgs".to_owned(), std::path::PathBuf::from(format!("{root}/nixpkgs"))),
        (String::new(), std::path::PathBuf::from(root)),
    ];
    candidates
        .into_iter()
        .filter(|(_, path)| path.exists())
        .map(|(prefix, path)| (prefix, path.to_string_lossy().into_owned()))
        .collect()
}

/// Prints a fetcher's warning on standard error.
pub(crate) fn print_warning(text: &str) {
    print_message(MessageLevel::Notice, text);
}

/// Prints a program's message on standard error.
#[allow(clippy::print_stderr, reason = "this is where the messages of programs go")]
pub(crate) fn print_message(level: MessageLevel, text: &str) {
    // Programs colour their texts without knowing who reads them.
    let plain = anstream::adapter::strip_str(text).to_string();
    let text = if std::io::stderr().is_terminal() { text } else { &plain };
    match level {
        MessageLevel::Trace => eprintln!("trace: {text}"),
        MessageLevel::Warning => eprintln!("evaluation warning: {text}"),
        MessageLevel::Notice => eprintln!("warning: {text}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn search_paths_split_outside_urls() {
        for (text, expected) in [
            ("", &[][..]),
            ("a:b", &["a", "b"]),
            ("nixpkgs=/x:/y::z", &["nixpkgs=/x", "/y", "z"]),
            ("nixpkgs=https://h/a.tar.gz:b=/c", &["nixpkgs=https://h/a.tar.gz", "b=/c"]),
            ("n=flake:nixpkgs:m=/x", &["n=flake:nixpkgs", "m=/x"]),
            ("channel:nixos-25.11:/x", &["channel:nixos-25.11", "/x"]),
        ] {
            assert_eq!(split_search_path(text), expected, "{text}");
        }
    }
}
