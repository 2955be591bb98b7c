//! Nix's settings: `nix.conf`, `$NIX_CONFIG` and `--option`, as far as they change what a program means.
//!
//! All of Nix's names are known, so that a misspelt one is noticed; those that matter to building alone have no effect.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use nix_eval::Settings;
use nix_eval::features::Feature;

use crate::environment::Environment;
use crate::error::CommandError;

/// The form of a setting's value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// `true` or `false`.
    Flag,
    /// One word, number or path.
    Text,
    /// Words; `extra-NAME` adds to them.
    Words,
}

const FLAGS: &str = "abort-on-warn accept-flake-config allow-dirty allow-dirty-locks allow-import-from-derivation \
    allow-new-privileges allow-symlinked-store allow-unsafe-native-code-during-evaluation always-allow-substitutes \
    auto-allocate-uids auto-optimise-store builders-use-substitutes compress-build-log debugger-on-trace \
    debugger-on-warn eval-cache fallback filter-syscalls fsync-metadata fsync-store-paths http2 ignore-try \
    impersonate-linux-26 keep-build-log keep-derivations keep-env-derivations keep-failed keep-going keep-outputs \
    nix-shell-always-looks-for-shell-nix nix-shell-shebang-arguments-relative-to-script preallocate-contents \
    print-missing pure-eval require-drop-supplementary-groups require-sigs restrict-eval run-diff-hook \
    sandbox-fallback show-trace substitute sync-before-registering trace-function-calls \
    trace-import-from-derivation trace-verbose trust-tarballs-from-git-forges use-case-hack use-cgroups \
    use-registries use-sqlite-wal use-xdg-base-directories warn-dirty warn-short-path-literals";

const WORDS: &str = "access-tokens allowed-impure-host-deps allowed-uris allowed-users build-hook experimental-features \
    external-builders extra-platforms hashed-mirrors ignored-acls impure-env nix-path plugin-files sandbox-paths \
    secret-key-files substituters system-features trusted-public-keys trusted-substituters trusted-users";

const TEXTS: &str = "bash-prompt bash-prompt-prefix bash-prompt-suffix build-dir build-poll-interval build-users-group \
    builders commit-lock-file-summary connect-timeout cores diff-hook download-attempts download-buffer-size \
    download-speed eval-attrset-update-layer-rhs-threshold eval-profile-file eval-profiler eval-profiler-frequency \
    eval-system flake-registry gc-reserved-space http-connections id-count json-log-path \
    lint-absolute-path-literals lint-short-path-literals lint-url-literals log-lines max-build-log-size \
    max-call-depth max-free max-jobs max-silent-time max-substitution-jobs min-free min-free-check-interval \
    nar-buffer-size narinfo-cache-meta-ttl narinfo-cache-negative-ttl narinfo-cache-positive-ttl netrc-file \
    post-build-hook pre-build-hook sandbox sandbox-build-dir sandbox-dev-shm-size ssl-cert-file \
    stalled-download-timeout start-id store system tarball-ttl timeout upgrade-nix-store-path-url \
    user-agent-suffix warn-large-path-threshold";

/// The form of the setting `name`, `None` when Nix has no such setting.
pub(crate) fn form(name: &str) -> Option<Form> {
    let is_in = |names: &str| names.split_ascii_whitespace().any(|known| known == name);
    if is_in(FLAGS) {
        Some(Form::Flag)
    } else if is_in(WORDS) {
        Some(Form::Words)
    } else if is_in(TEXTS) {
        Some(Form::Text)
    } else {
        None
    }
}

/// How many files may include each other.
const MAX_INCLUDES: usize = 16;

/// Settings that were given, and what is to be said about them.
#[derive(Clone, Debug, Default)]
pub(crate) struct NixSettings {
    values: BTreeMap<String, String>,
    /// What is wrong with them without being an error.
    pub(crate) warnings: Vec<String>,
}

impl NixSettings {
    /// What the machine's and the user's files and `$NIX_CONFIG` say.
    ///
    /// # Errors
    /// When a line of them cannot be understood.
    pub(crate) fn read(environment: &Environment) -> Result<Self, CommandError> {
        let mut settings = NixSettings::default();
        for file in &environment.nix_config_files {
            settings.read_file(file, 0)?;
        }
        if let Some(text) = &environment.nix_config {
            settings.read_text(text, None, "$NIX_CONFIG", 0)?;
        }
        Ok(settings)
    }

    fn read_file(&mut self, file: &Path, depth: usize) -> Result<(), CommandError> {
        match std::fs::read(file) {
            Ok(bytes) => {
                let text = String::from_utf8_lossy(&bytes);
                self.read_text(&text, file.parent(), &file.display().to_string(), depth)
            }
            // What may not be read says nothing, as a file of tokens that belongs to root.
            Err(_) => Ok(()),
        }
    }

    /// Reads lines of `name = value`, comments and includes.
    fn read_text(
        &mut self,
        text: &str,
        directory: Option<&Path>,
        place: &str,
        depth: usize,
    ) -> Result<(), CommandError> {
        for (index, line) in text.lines().enumerate() {
            let line = line.split_once('#').map_or(line, |(before, _)| before);
            let words: Vec<&str> = line.split_ascii_whitespace().collect();
            let wrong = || CommandError::user(format!("{place}:{}: cannot understand '{line}'", index + 1));
            match words.as_slice() {
                [] => {}
                ["include" | "!include", file] => {
                    if depth >= MAX_INCLUDES {
                        return Err(CommandError::user(format!("{place} includes itself")));
                    }
                    let file = directory.unwrap_or(Path::new("/")).join(file);
                    if words.first() == Some(&"include") && !file.exists() {
                        let line = index + 1;
                        let message = format!("{place}:{line}: included file '{}' not found", file.display());
                        return Err(CommandError::user(message));
                    }
                    self.read_file(&file, depth + 1)?;
                }
                [name, "=", value @ ..] => self.set(name, &value.join(" "))?,
                _ => return Err(wrong()),
            }
        }
        Ok(())
    }

    /// Sets one; `extra-NAME` adds words to NAME.
    ///
    /// # Errors
    /// When the value does not fit.
    pub(crate) fn set(&mut self, name: &str, value: &str) -> Result<(), CommandError> {
        if let Some(base) = name.strip_prefix("extra-")
            && form(base) == Some(Form::Words)
        {
            let words = self.values.entry(base.to_owned()).or_insert_with(|| default_words(base).to_owned());
            words.push(' ');
            words.push_str(value);
            return Ok(());
        }
        match form(name) {
            None => {
                self.warnings.push(format!("unknown setting '{name}'"));
                return Ok(());
            }
            Some(Form::Flag) if boolean(value).is_none() => {
                return Err(CommandError::user(format!(
                    "Boolean setting '{name}' has invalid value '{value}'"
                )));
            }
            Some(_) => {}
        }
        self.values.insert(name.to_owned(), value.to_owned());
        Ok(())
    }

    /// The value of a setting that was given.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.values.get(name).map(String::as_str)
    }

    /// The value of a flag that was given.
    pub(crate) fn flag(&self, name: &str) -> Option<bool> {
        self.text(name).and_then(boolean)
    }

    /// The words of a setting; none when it was not given.
    pub(crate) fn words(&self, name: &str) -> impl Iterator<Item = &str> {
        self.text(name).unwrap_or("").split_ascii_whitespace()
    }

    /// Puts them into effect.
    ///
    /// # Errors
    /// When a number is none.
    pub(crate) fn apply(&self, settings: &mut Settings) -> Result<(), CommandError> {
        for name in self.words("experimental-features") {
            // Features that change no program are nothing to an evaluator.
            if let Some(feature) = Feature::named(name) {
                settings.features = settings.features.with(feature);
            }
        }
        settings.restrict = self.flag("restrict-eval").unwrap_or(settings.restrict);
        settings.pure = self.flag("pure-eval").unwrap_or(settings.pure);
        settings.trace_verbose = self.flag("trace-verbose").unwrap_or(settings.trace_verbose);
        settings.abort_on_warn = self.flag("abort-on-warn").unwrap_or(settings.abort_on_warn);
        settings.import_from_derivation =
            self.flag("allow-import-from-derivation").unwrap_or(settings.import_from_derivation);
        settings.allowed_uris = self.words("allowed-uris").map(str::to_owned).collect();
        if let Some(system) =
            self.text("eval-system").filter(|text| !text.is_empty()).or_else(|| self.text("system"))
        {
            settings.system = system.to_owned();
        }
        if let Some(text) = self.text("max-call-depth") {
            settings.max_call_depth = text.parse().map_err(|_| {
                CommandError::user(format!("setting 'max-call-depth' has invalid value '{text}'"))
            })?;
        }
        Ok(())
    }
}

/// What `extra-NAME` adds to where NAME is not given; for most there is nothing that matters here.
fn default_words(name: &str) -> &'static str {
    if name == "trusted-public-keys" { nix_formats::signature::DEFAULT_TRUSTED_KEY } else { "" }
}

fn boolean(text: &str) -> Option<bool> {
    match text {
        "true" | "yes" | "1" => Some(true),
        "false" | "no" | "0" => Some(false),
        _ => None,
    }
}

/// The files that hold settings, those that count last coming last: the machine's, then the user's.
pub(crate) fn files(
    machine: Option<PathBuf>,
    user: Option<String>,
    config_home: &Path,
    config_dirs: Option<String>,
) -> Vec<PathBuf> {
    let mut files = vec![machine.unwrap_or_else(|| PathBuf::from("/etc/nix")).join("nix.conf")];
    match user {
        Some(list) => files.extend(list.split(':').filter(|path| !path.is_empty()).rev().map(PathBuf::from)),
        None => {
            let shared = config_dirs.unwrap_or_else(|| "/etc/xdg".to_owned());
            files.extend(shared.split(':').rev().map(|dir| Path::new(dir).join("nix/nix.conf")));
            files.push(config_home.join("nix/nix.conf"));
        }
    }
    files
}

/// Rewrites settings given as flags of their own (`--restrict-eval`, `--no-substitute`, `--max-call-depth 9`) as
/// `--option NAME VALUE`, which Nix's commands take as the same. `own` says which flags are the command's.
pub(crate) fn flags_as_options(arguments: Vec<String>, own: impl Fn(&str) -> bool) -> Vec<String> {
    let mut out = Vec::with_capacity(arguments.len());
    let mut rest = arguments.into_iter();
    while let Some(argument) = rest.next() {
        let takes = match argument.as_str() {
            "--option" | "--arg" | "--argstr" => 2,
            "--" => usize::MAX,
            _ => 0,
        };
        let Some(name) = argument.strip_prefix("--").filter(|name| takes == 0 && !own(name)) else {
            out.push(argument);
            out.extend(rest.by_ref().take(takes));
            continue;
        };
        let base = name.strip_prefix("extra-").unwrap_or(name);
        let option = |name: &str, value: &str| ["--option".to_owned(), name.to_owned(), value.to_owned()];
        match (form(base), name.strip_prefix("no-").map(form)) {
            (Some(Form::Flag), _) => out.extend(option(name, "true")),
            (_, Some(Some(Form::Flag))) => {
                out.extend(option(name.strip_prefix("no-").unwrap_or(name), "false"));
            }
            (Some(_), _) => match rest.next() {
                Some(value) => out.extend(option(name, &value)),
                None => out.push(argument),
            },
            _ if name == "impure" => out.extend(option("pure-eval", "false")),
            _ => out.push(argument),
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> NixSettings {
        let mut settings = NixSettings::default();
        settings.read_text(text, None, "test", 0).unwrap();
        settings
    }

    #[test]
    fn lines_are_settings() {
        let settings =
            read("# c\n\nrestrict-eval = true # why\nallowed-uris = a  b\nextra-allowed-uris = c\nx = 1\n");
        assert_eq!(settings.flag("restrict-eval"), Some(true));
        assert_eq!(settings.words("allowed-uris").collect::<Vec<_>>(), ["a", "b", "c"]);
        assert_eq!(settings.warnings, ["unknown setting 'x'"]);
        let settings = read("extra-trusted-public-keys = a:b");
        assert!(settings.text("trusted-public-keys").unwrap().starts_with("cache.nixos.org-1:"));
        assert_eq!(settings.words("trusted-public-keys").last(), Some("a:b"));
        let mut values = Settings::default();
        read("experimental-features = flakes nix-command\nmax-call-depth = 7\nsystem = s")
            .apply(&mut values)
            .unwrap();
        assert!(values.features.has(Feature::Flakes) && !values.features.has(Feature::FetchTree));
        assert_eq!((values.max_call_depth, values.system.as_str()), (7, "s"));
    }

    #[test]
    fn what_cannot_be_understood_is_an_error() {
        for (text, expected) in [
            ("nonsense", "test:1: cannot understand 'nonsense'"),
            ("pure-eval = maybe", "Boolean setting 'pure-eval' has invalid value 'maybe'"),
            ("\ninclude /no/such/file", "test:2: included file '/no/such/file' not found"),
        ] {
            let error = NixSettings::default().read_text(text, None, "test", 0).unwrap_err();
            assert_eq!(error.message, expected, "{text}");
        }
        let error = read("max-call-depth = x").apply(&mut Settings::default()).unwrap_err();
        assert_eq!(error.message, "setting 'max-call-depth' has invalid value 'x'");
    }

    #[test]
    fn files_include_others() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a"), "include b\n!include absent\n").unwrap();
        std::fs::write(folder.path().join("b"), "pure-eval = true\n").unwrap();
        let mut settings = NixSettings::default();
        settings.read_file(&folder.path().join("a"), 0).unwrap();
        assert_eq!(settings.flag("pure-eval"), Some(true));
        std::fs::write(folder.path().join("b"), "include a\n").unwrap();
        assert!(settings.read_file(&folder.path().join("a"), 0).is_err());
    }

    #[test]
    fn settings_are_flags_as_well() {
        let own = |name: &str| name == "eval";
        for (given, expected) in [
            ("--eval x", "--eval x"),
            ("--restrict-eval x", "--option restrict-eval true x"),
            ("--no-restrict-eval", "--option restrict-eval false"),
            ("--max-call-depth 9 x", "--option max-call-depth 9 x"),
            ("--extra-experimental-features flakes", "--option extra-experimental-features flakes"),
            ("--impure", "--option pure-eval false"),
            ("--option cores 1", "--option cores 1"),
            ("--argstr a --pure-eval", "--argstr a --pure-eval"),
            ("--unknown 1", "--unknown 1"),
            ("-- --pure-eval", "-- --pure-eval"),
        ] {
            let words = given.split(' ').map(str::to_owned).collect();
            assert_eq!(flags_as_options(words, own).join(" "), expected);
        }
    }
}
