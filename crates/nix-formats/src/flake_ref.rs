//! Flake references: the text by which people name a flake, and the input that it stands for.
//!
//! A text is first taken for a name in a registry (`nixpkgs/23.05`), then for a URL, and what is neither is a path. So a URL
//! with a mistake in it is told of as a path that is not absolute, as in Nix.

mod curl;
mod forge;
mod git;
mod indirect;
mod mercurial;
mod path;
mod ref_name;
mod scheme;

use std::collections::BTreeMap;

pub use forge::Forge;
pub use git::{fix_git_url, public_keys};
pub use ref_name::is_legal_ref_name;
pub use scheme::{
    Scheme, apply_overrides, check_input, input_from_url, input_to_url, is_direct, is_locked, nar_hash,
    parse_revision, relative_path, revision, shown,
};

use crate::Error;
use crate::error::{BadInput, BadUrl};
use crate::input::{InputAttrs, InputValue, attrs_to_json, maybe_string};
use crate::uri::{Authority, Leniency, Url, decode_query, percent_decode};

/// A flake: a source tree, and the directory in it where the flake lies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FlakeRef {
    /// The source tree.
    pub input: InputAttrs,
    /// The directory in it, empty for its root.
    pub dir: String,
}

/// How the text of a reference is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reading {
    /// Whether a path may be relative, as in a flake's inputs.
    pub keep_relative: bool,
    /// Whether a tree is wanted: then a URL with no known ending is an archive, else a file.
    pub is_flake: bool,
}

impl Reading {
    /// A flake that stands for itself.
    pub const FLAKE: Reading = Reading { keep_relative: false, is_flake: true };
}

impl FlakeRef {
    /// The flake that `text` names.
    ///
    /// # Errors
    /// When it names none, or something inside of a flake.
    pub fn parse(text: &str, how: Reading) -> Result<FlakeRef, Error> {
        let (found, fragment) = FlakeRef::parse_with_fragment(text, how)?;
        if fragment.is_empty() {
            return Ok(found);
        }
        Err(BadInput::Fragment { fragment, reference: text.to_owned() }.into())
    }

    /// The flake that `text` names, and what behind `#` is named inside of it.
    ///
    /// # Errors
    /// When it names none.
    pub fn parse_with_fragment(text: &str, how: Reading) -> Result<(FlakeRef, String), Error> {
        if let Some((name, fragment)) = split_name(text) {
            let path = name.split('/').map(str::to_owned).collect();
            let url = Url { scheme: "flake".to_owned(), path, ..Url::default() };
            let input = input_from_url(&url, how.is_flake)?;
            return Ok((FlakeRef { input, dir: String::new() }, percent_decode(fragment)?));
        }
        let found = Url::parse(text, Leniency::Lenient).map_err(Error::from);
        match found.and_then(|url| FlakeRef::from_url(url, how)) {
            Err(Error::BadUrl(_)) => FlakeRef::parse_path(text, how),
            other => other,
        }
    }

    fn from_url(mut url: Url, how: Reading) -> Result<(FlakeRef, String), Error> {
        let dir = url.query.remove("dir").unwrap_or_default();
        let fragment = std::mem::take(&mut url.fragment);
        Ok((FlakeRef { input: input_from_url(&url, how.is_flake)?, dir }, fragment))
    }

    fn parse_path(text: &str, how: Reading) -> Result<(FlakeRef, String), Error> {
        let (rest, fragment) = text.split_once('#').unwrap_or((text, ""));
        if fragment.contains(['\n', '\r']) {
            return Err(BadInput::Reference(text.to_owned()).into());
        }
        let (path, query) = rest.split_once('?').unwrap_or((rest, ""));
        let query = decode_query(query, Leniency::Lenient)?;
        let fragment = percent_decode(fragment)?;
        let absolute = path.starts_with('/');
        if !absolute && !how.keep_relative {
            return Err(BadUrl::NotAbsolute(text.to_owned()).into());
        }
        let url = Url {
            scheme: "path".to_owned(),
            authority: absolute.then(Authority::default),
            path: segments_of(path),
            query,
            fragment,
        };
        FlakeRef::from_url(url, how)
    }

    /// The flake that a set of attributes describes, as it stands in a lock file or in a flake's inputs.
    ///
    /// # Errors
    /// When they describe none.
    pub fn from_attrs(attrs: &InputAttrs) -> Result<FlakeRef, Error> {
        let mut input = attrs.clone();
        input.remove("dir");
        let input = check_input(input)?;
        let dir = maybe_string(attrs, "dir")?.unwrap_or_default().to_owned();
        Ok(FlakeRef { input, dir })
    }

    /// The attributes that describe it.
    pub fn to_attrs(&self) -> InputAttrs {
        let mut attrs = self.input.clone();
        if !self.dir.is_empty() {
            attrs.entry("dir".to_owned()).or_insert_with(|| InputValue::String(self.dir.clone()));
        }
        attrs
    }

    /// Its text.
    ///
    /// # Errors
    /// When inputs of its type have none, or one of its attributes makes no sense.
    pub fn to_url(&self) -> Result<String, Error> {
        let mut url = input_to_url(&self.input)?;
        if !self.dir.is_empty() {
            url.query.entry("dir".to_owned()).or_insert_with(|| self.dir.clone());
        }
        Ok(url.to_string())
    }

    /// Its text, or for an input that has none its attributes.
    pub fn describe(&self) -> String {
        self.to_url().unwrap_or_else(|_| attrs_to_json(&self.to_attrs()))
    }

    /// The same reference in the form in which two are compared. Old lock files say the directory a second time in the URL.
    #[must_use]
    pub fn canonical(&self) -> FlakeRef {
        let mut found = self.clone();
        if let Some(InputValue::String(text)) = found.input.get_mut("url")
            && let Ok(mut url) = Url::parse(text, Leniency::Lenient)
        {
            if !self.dir.is_empty() && url.query.get("dir") == Some(&self.dir) {
                url.query.remove("dir");
            }
            *text = url.to_string();
        }
        found
    }
}

/// A path of the file system as one of a URL: several slashes in a row count once, but two for one at the end.
fn segments_of(path: &str) -> Vec<String> {
    let parts: Vec<&str> = path.split('/').filter(|part| !part.is_empty()).collect();
    let root = path.starts_with('/').then_some("");
    let end = match (path.ends_with('/') || path.is_empty(), parts.is_empty()) {
        (false, _) => 0,
        (true, true) => 1,
        (true, false) => 2,
    };
    root.into_iter().chain(parts).chain(std::iter::repeat_n("", end)).map(str::to_owned).collect()
}

/// A set of attributes with one more type.
fn typed(kind: &str, attrs: &[(&str, &str)]) -> InputAttrs {
    let mut input: InputAttrs = BTreeMap::from([("type".to_owned(), InputValue::from(kind))]);
    input.extend(attrs.iter().map(|(name, value)| ((*name).to_owned(), InputValue::from(*value))));
    input
}

/// The parts of `text` if it has the form of a name in a registry: `ID`, `ID/REF`, `ID/REF/REVISION`, with a fragment.
fn split_name(text: &str) -> Option<(&str, &str)> {
    let (name, fragment) = text.split_once('#').unwrap_or((text, ""));
    let (id, reference) = match name.split_once('/') {
        Some((id, reference)) => (id, Some(reference)),
        None => (name, None),
    };
    let is_name = is_flake_id(id) && reference.is_none_or(is_plain_ref) && is_fragment(fragment);
    is_name.then_some((name, fragment))
}

/// Whether a registry can have this name.
pub fn is_flake_id(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'))
}

/// Whether `text` is made like most branches and tags.
fn is_plain_ref(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '@')
        && text.bytes().all(|byte| {
            byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'/' | b'@' | b'+' | b'-')
        })
}

/// A number as a URL's parameter.
fn number(text: &str) -> Option<u64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
}

/// Whether `text` is 40 hexadecimal digits, as revisions in URLs are.
pub fn is_revision(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

fn is_fragment(text: &str) -> bool {
    let url = format!("x:#{text}");
    !text.contains('#') && (text.is_empty() || Url::parse(&url, Leniency::Lenient).is_ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, how: Reading, expected: &str) {
        let found = match FlakeRef::parse_with_fragment(text, how) {
            Ok((found, fragment)) => format!("{} {fragment}", attrs_to_json(&found.to_attrs())),
            Err(error) => format!("! {error}"),
        };
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn fragments_name_what_is_inside() {
        for (text, expected) in [
            ("nixpkgs#a.b", r#"{"id":"nixpkgs","type":"indirect"} a.b"#),
            ("nixpkgs#a^*", r#"{"id":"nixpkgs","type":"indirect"} a^*"#),
            ("github:a/b#\"x.y\" z", r#"{"owner":"a","repo":"b","type":"github"} "x.y" z"#),
            ("/a?dir=b#c%20d", r#"{"dir":"b","path":"/a","type":"path"} c d"#),
        ] {
            check(text, Reading::FLAKE, expected);
        }
    }

    #[test]
    fn relative_paths_are_kept_where_asked_for() {
        for (text, expected) in [
            ("./a?dir=x", r#"{"dir":"x","path":"./a","type":"path"} "#),
            ("..", r#"{"path":"..","type":"path"} "#),
            ("github:a", r#"{"path":"github:a","type":"path"} "#),
        ] {
            check(text, Reading { keep_relative: true, is_flake: true }, expected);
            check(text, Reading::FLAKE, &format!("! flake reference '{text}' is not an absolute path"));
        }
    }

    #[test]
    fn what_is_no_flake_may_be_a_file() {
        let file = Reading { keep_relative: true, is_flake: false };
        check("https://h/x", file, r#"{"type":"file","url":"https://h/x"} "#);
        check("https://h/x.tar.gz", file, r#"{"type":"tarball","url":"https://h/x.tar.gz"} "#);
        check("https://h/x", Reading::FLAKE, r#"{"type":"tarball","url":"https://h/x"} "#);
    }

    #[test]
    fn a_directory_said_twice_is_said_once() {
        let attrs = typed("git", &[("dir", "a"), ("url", "https://h/r?dir=a")]);
        let found = FlakeRef::from_attrs(&attrs).unwrap().canonical();
        assert_eq!(found.to_url().unwrap(), "git+https://h/r?dir=a");
        assert_eq!(found, FlakeRef::parse("git+https://h/r?dir=a", Reading::FLAKE).unwrap());
    }

    /// Types, as Nix guesses them from URLs.
    #[test]
    fn urls_of_files_and_trees() {
        for (text, kind, shown) in [
            ("https://h/x.tar.gz", "tarball", "https://h/x.tar.gz"),
            ("https://h/x", "tarball", "https://h/x"),
            (
                "file+https://h/x.tar.gz?a=1&rev=f173c99092391bfeec05b3185b7583d9a40f9a01",
                "file",
                "https://h/x.tar.gz?a=1",
            ),
            ("tarball+file:///x", "tarball", "file:///x"),
            ("git://h/x?ref=b", "git", "git://h/x?ref=b"),
            ("git+ssh://u@h/x?shallow=1&dir=d", "git", "git+ssh://u@h/x?dir=d&shallow=1"),
        ] {
            let input = input_from_url(&Url::parse(text, Leniency::Strict).unwrap(), true).unwrap();
            assert_eq!(input["type"].as_str(), Some(kind), "{text}");
            assert_eq!(input_to_url(&input).unwrap().to_string(), shown, "{text}");
        }
    }

    #[test]
    fn inputs_that_always_mean_the_same() {
        for (text, expected) in [
            ("git+https://h/x", false),
            ("git+https://h/x?rev=f173c99092391bfeec05b3185b7583d9a40f9a01", true),
            ("https://h/x.tar.gz", false),
            ("https://h/x.tar.gz?narHash=sha256-AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA%3D", true),
        ] {
            let input = input_from_url(&Url::parse(text, Leniency::Strict).unwrap(), true).unwrap();
            assert_eq!(is_locked(&input).unwrap(), expected, "{text}");
        }
    }

    #[test]
    fn urls_of_no_input() {
        for (text, expected) in [
            ("path:/x?foo=1", "path URL 'path:/x?foo=1' has unsupported parameter 'foo'"),
            ("path://h/x", "path URL 'path://h/x' should not have an authority ('h')"),
            ("flake:a/b/c", "in flake URL 'flake:a/b/c', 'c' is not a commit hash"),
            ("github:a", "URL 'github:a' is invalid"),
            (
                "file+git:///x",
                "input 'file+git:///x' is unsupported; did you mean 'git+file' instead of 'file+git'?",
            ),
            ("gopher://h/x", "input 'gopher://h/x' is unsupported"),
        ] {
            let url = Url::parse(text, Leniency::Strict).unwrap();
            assert_eq!(input_from_url(&url, true).unwrap_err().to_string(), expected, "{text}");
        }
    }
}
