//! Files as programs see them: those that belong to the language, and of the machine's those that may be read.
//!
//! With `restrict-eval` or `pure-eval` a path may be looked at when it lies below an allowed one, or on the way to one.
//! Allowed are the search path's entries and whatever the evaluation itself put into the store.

use std::cell::RefCell;
use std::collections::BTreeSet;
use std::path::{Component, Path, PathBuf};

use nix_syntax::source::Pos;

use crate::error::{ErrorKind, EvalError, EvalResult};
use crate::eval::{Eval, Settings};
use crate::host::{FileType, HostError};
use crate::strings::{bytes_of, path_of};

/// Where the language's own files (`<nix/…>`) appear to lie. No file system has this path.
pub const INTERNAL_ROOT: &str = "/<nix>";

/// The language's own files.
const INTERNAL: [(&str, &str); 1] = [("fetchurl.nix", include_str!("builtins/fetchurl.nix"))];

/// What may be read when access is restricted.
pub(crate) struct Access {
    allowed: Option<RefCell<BTreeSet<PathBuf>>>,
}

impl Access {
    /// The rule that `settings` ask for: the search path's entries are allowed.
    pub(crate) fn new(settings: &Settings) -> Access {
        if !settings.restrict && !settings.pure {
            return Access { allowed: None };
        }
        let searched: &[(String, String)] = if settings.pure { &[] } else { &settings.search_path };
        let paths = searched.iter().map(|(_, path)| PathBuf::from(path)).filter(|path| path.is_absolute());
        let given = settings.allowed_paths.iter().cloned();
        Access { allowed: Some(RefCell::new(paths.chain(given).collect())) }
    }

    /// Whether some paths may not be read.
    pub(crate) fn is_restricted(&self) -> bool {
        self.allowed.is_some()
    }

    /// Allows `path` and what lies below it.
    pub(crate) fn allow(&self, path: &Path) {
        if let Some(allowed) = &self.allowed {
            allowed.borrow_mut().insert(path.to_path_buf());
        }
    }

    /// Whether `path` may be looked at.
    fn allows(&self, path: &Path) -> bool {
        let Some(allowed) = &self.allowed else { return true };
        let allowed = allowed.borrow();
        let leads_to_one = allowed
            .range::<Path, _>((std::ops::Bound::Included(path), std::ops::Bound::Unbounded))
            .next()
            .is_some_and(|next| next.starts_with(path));
        leads_to_one || path.ancestors().any(|ancestor| allowed.contains(ancestor))
    }
}

/// Why a path was not followed to its end.
enum Stopped {
    /// Nobody may look at this one.
    Refused(PathBuf),
    /// The machine could not say.
    Failed(HostError),
}

/// The part of `path` below [`INTERNAL_ROOT`].
fn internal(path: &Path) -> Option<&Path> {
    path.strip_prefix(INTERNAL_ROOT).ok()
}

/// A path of the language's own files as programs write it, such as `<nix/fetchurl.nix>`.
pub fn internal_name(path: &[u8]) -> Option<Vec<u8>> {
    let rest = path.strip_prefix(INTERNAL_ROOT.as_bytes())?;
    (rest.first() == Some(&b'/')).then(|| [b"<nix", rest, b">"].concat())
}

fn internal_file(path: &Path) -> Option<&'static str> {
    INTERNAL.iter().find(|(name, _)| Path::new(name) == path).map(|(_, text)| *text)
}

fn absent() -> HostError {
    HostError("No such file or directory".to_owned())
}

impl Eval<'_> {
    /// Lets programs read `path` and what lies below it, also where access is restricted.
    pub fn allow_path(&self, path: &Path) {
        self.access.allow(path);
    }

    /// The error that `path`, or what a link on the way to it leads to, may not be read, if that is so.
    pub(crate) fn forbidden(&self, path: &Path, pos: Pos) -> Option<Box<EvalError>> {
        if !self.access.is_restricted() || internal(path).is_some() {
            return None;
        }
        let refused = match self.resolve(path, true) {
            Err(Stopped::Refused(refused)) => Some(refused),
            Ok(_) | Err(Stopped::Failed(_)) => None,
        };
        refused.map(|path| self.refusal(&path, pos))
    }

    /// The error that `path` may not be read, if that is so, wherever links on the way to it lead.
    pub(crate) fn forbidden_itself(&self, path: &Path, pos: Pos) -> Option<Box<EvalError>> {
        (!self.may_look_at(path)).then(|| self.refusal(path, pos))
    }

    #[cold]
    fn refusal(&self, path: &Path, pos: Pos) -> Box<EvalError> {
        let mode = if self.settings.pure {
            "in pure evaluation mode (use '--impure' to override)"
        } else {
            "in restricted mode"
        };
        let message = format!("access to absolute path '{}' is forbidden {mode}", path.display());
        EvalError::new(ErrorKind::Restricted, message, pos)
    }

    fn may_look_at(&self, path: &Path) -> bool {
        self.access.allows(path) || internal(path).is_some()
    }

    /// `path` as the machine is to be asked for it, or that it may not be. Where access is restricted the machine must not
    /// follow links by itself, as they may lead out of what is allowed.
    fn ask_for(&self, path: &Path, last: bool) -> Result<PathBuf, HostError> {
        if !self.access.is_restricted() {
            return Ok(path.to_path_buf());
        }
        self.resolve(path, last).map_err(|stopped| match stopped {
            Stopped::Refused(path) => HostError(format!("access to '{}' is forbidden", path.display())),
            Stopped::Failed(error) => error,
        })
    }

    /// `path` without links in its directories, and with `last` none at its end either.
    fn resolve(&self, path: &Path, last: bool) -> Result<PathBuf, Stopped> {
        let mut resolved = PathBuf::from("/");
        let mut open: Vec<PathBuf> = vec![path.to_path_buf()];
        let mut followed = 0;
        while let Some(part) = open.pop() {
            let mut components = part.components();
            let Some(component) = components.next() else { continue };
            let rest = components.as_path().to_path_buf();
            let is_last = rest.as_os_str().is_empty() && open.iter().all(|part| part.as_os_str().is_empty());
            if !rest.as_os_str().is_empty() {
                open.push(rest);
            }
            match component {
                Component::Normal(name) => resolved.push(name),
                Component::ParentDir => {
                    resolved.pop();
                    continue;
                }
                Component::RootDir => {
                    resolved = PathBuf::from("/");
                    continue;
                }
                _ => continue,
            }
            if !self.may_look_at(&resolved) {
                open.iter().rev().for_each(|rest| resolved.push(rest));
                return Err(Stopped::Refused(resolved));
            }
            if is_last && !last {
                break;
            }
            if self.host.file_type(&resolved).map_err(Stopped::Failed)? == Some(FileType::Symlink) {
                followed += 1;
                if followed > 40 {
                    let error = HostError("Too many levels of symbolic links".to_owned());
                    return Err(Stopped::Failed(error));
                }
                open.push(self.host.read_link(&resolved).map_err(Stopped::Failed)?);
                resolved.pop();
            }
        }
        Ok(resolved)
    }

    /// A file's bytes.
    ///
    /// # Errors
    /// When it cannot or may not be read.
    pub fn read_file(&self, path: &Path) -> Result<Vec<u8>, HostError> {
        if let Some(rest) = internal(path) {
            return internal_file(rest).map(|text| text.as_bytes().to_vec()).ok_or_else(absent);
        }
        self.host.read_file(&self.ask_for(path, true)?)
    }

    /// The entries of a directory; where access is restricted, those that may be looked at.
    pub(crate) fn read_dir(&self, path: &Path) -> Result<Vec<(Vec<u8>, FileType)>, HostError> {
        if internal(path).is_some() {
            return Err(absent());
        }
        let path = self.ask_for(path, true)?;
        let mut entries = self.host.read_dir(&path)?;
        if self.access.is_restricted() {
            entries.retain(|(name, _)| self.may_look_at(&path.join(path_of(name))));
        }
        Ok(entries)
    }

    /// What is at `path` itself; `None` when nothing is.
    ///
    /// # Errors
    /// When that cannot be found out, or nobody may look.
    pub fn kind_of_file(&self, path: &Path) -> Result<Option<FileType>, HostError> {
        if let Some(rest) = internal(path) {
            return Ok(internal_file(rest).map(|_| FileType::Regular));
        }
        self.host.file_type(&self.ask_for(path, false)?)
    }

    pub(crate) fn is_executable(&self, path: &Path) -> Result<bool, HostError> {
        if internal(path).is_some() {
            return Ok(false);
        }
        self.host.is_executable(&self.ask_for(path, false)?)
    }

    pub(crate) fn read_link(&self, path: &Path) -> Result<PathBuf, HostError> {
        self.host.read_link(&self.ask_for(path, false)?)
    }

    /// Whether `uri` may be fetched from.
    ///
    /// # Errors
    /// When access is restricted and it is not among the allowed ones.
    pub(crate) fn check_uri(&self, uri: &str, pos: Pos) -> EvalResult<()> {
        if !self.settings.restrict || self.settings.allowed_uris.iter().any(|allowed| starts(uri, allowed)) {
            return Ok(());
        }
        let path = uri.strip_prefix("file://").unwrap_or(uri);
        if path.starts_with('/') {
            let path = path_of(&nix_syntax::lower::canonical_path(b"/", path.as_bytes()));
            return self.forbidden(&path, pos).map_or(Ok(()), Err);
        }
        let message = format!("access to URI '{uri}' is forbidden in restricted mode");
        Err(EvalError::new(ErrorKind::Restricted, message, pos))
    }

    /// Allows what the evaluation has put into the store.
    pub(crate) fn allow_stored(&self, path: &str) {
        self.access.allow(&path_of(path.as_bytes()));
    }

    /// The name under which messages show a path.
    pub(crate) fn shown_path(&self, path: &Path) -> String {
        match internal_name(bytes_of(path)) {
            Some(name) => String::from_utf8_lossy(&name).into_owned(),
            None => path.display().to_string(),
        }
    }
}

/// Whether `uri` begins with the allowed `prefix`, which ends at a `/` or, when it is a mere scheme, at its colon.
fn starts(uri: &str, prefix: &str) -> bool {
    let Some(rest) = uri.strip_prefix(prefix) else { return false };
    let scheme_only = prefix.strip_suffix(':').is_some_and(|scheme| {
        scheme.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.'))
    });
    rest.is_empty() || prefix.ends_with('/') || rest.starts_with('/') || scheme_only
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris_begin_with_allowed_ones() {
        for (uri, prefix, expected) in [
            ("https://a/b", "https://a/b", true),
            ("https://a/b/c", "https://a/b", true),
            ("https://a/bc", "https://a/b", false),
            ("https://a/b/c", "https://a/b/", true),
            ("github:o/r", "github:", true),
            ("github:o/r", "git", false),
            ("http://x", "https://", false),
        ] {
            assert_eq!(starts(uri, prefix), expected, "{uri} {prefix}");
        }
    }

    #[test]
    fn access_is_to_what_is_allowed_and_the_way_to_it() {
        let access = Access {
            allowed: Some(RefCell::new(BTreeSet::from([PathBuf::from("/a/b"), PathBuf::from("/c")]))),
        };
        for (path, expected) in [
            ("/", true),
            ("/a", true),
            ("/a/b", true),
            ("/a/b/x/y", true),
            ("/a/bc", false),
            ("/a/c", false),
            ("/c/d", true),
            ("/d", false),
        ] {
            assert_eq!(access.allows(Path::new(path)), expected, "{path}");
        }
    }
}
