//! `git+https://…`, `git://…`: a revision of a Git repository, or its working tree.

use super::scheme::revision_digits;
use super::{is_legal_ref_name, typed};
use crate::Error;
use crate::error::{BadInput, BadUrl};
use crate::input::{InputAttrs, InputValue, flag, maybe_string, string};
use crate::uri::{Leniency, Url};

pub(super) const ATTRIBUTES: [&str; 18] = [
    "url",
    "ref",
    "rev",
    "shallow",
    "submodules",
    "lfs",
    "exportIgnore",
    "lastModified",
    "revCount",
    "narHash",
    "allRefs",
    "name",
    "dirtyRev",
    "dirtyShortRev",
    "verifyCommit",
    "keytype",
    "publicKey",
    "publicKeys",
];

pub(super) fn from_url(url: &Url) -> Result<InputAttrs, Error> {
    let mut attrs = typed("git", &[]);
    let mut repository = Url { query: Default::default(), ..url.clone() };
    for (name, value) in &url.query {
        match name.as_str() {
            "rev" | "ref" | "keytype" | "publicKey" | "publicKeys" => {
                attrs.insert(name.clone(), InputValue::String(value.clone()));
            }
            "shallow" | "submodules" | "lfs" | "exportIgnore" | "allRefs" | "verifyCommit" => {
                attrs.insert(name.clone(), InputValue::Bool(value == "1"));
            }
            _ => {
                repository.query.insert(name.clone(), value.clone());
            }
        }
    }
    attrs.insert("url".to_owned(), InputValue::String(repository.to_string()));
    check(attrs)
}

pub(super) fn check(mut attrs: InputAttrs) -> Result<InputAttrs, Error> {
    flag(&attrs, "verifyCommit")?;
    if let Some(name) = maybe_string(&attrs, "ref")?.filter(|name| !is_legal_ref_name(name)) {
        return Err(BadUrl::GitRef(name.to_owned()).into());
    }
    let url = fix_git_url(string(&attrs, "url")?)?.to_string();
    attrs.insert("url".to_owned(), InputValue::String(url));
    for name in ["shallow", "submodules", "allRefs"] {
        flag(&attrs, name)?;
    }
    Ok(attrs)
}

/// The URL that Git's own forms of one stand for: paths, and `USER@HOST:PATH`.
///
/// # Errors
/// When it is none.
pub fn fix_git_url(text: &str) -> Result<Url, BadUrl> {
    if let Some((login, host, path)) = scp_parts(text) {
        return Url::parse(&format!("ssh://{login}@{host}/{path}"), Leniency::Strict);
    }
    let is_url = text.contains("://") || text.starts_with("file:") || text.starts_with("git+file:");
    if !is_url {
        let url = Url::of_file(text);
        if url.path.first().is_some_and(|first| first.contains(':')) {
            return Err(BadUrl::ScpLike(text.to_owned()));
        }
        return Ok(url);
    }
    let mut url = Url::parse(text, Leniency::Strict)?;
    if let (Some("git"), transport) = url.scheme_parts() {
        url.scheme = transport.to_owned();
    }
    Ok(url)
}

/// The parts of `LOGIN@HOST:PATH`; the login is as long as it can be, then the host.
fn scp_parts(text: &str) -> Option<(&str, &str, &str)> {
    if text.contains(['\n', '\r']) {
        return None;
    }
    let before_path = text.find('/').unwrap_or(text.len());
    let ats = text.get(..before_path)?.rmatch_indices('@');
    ats.filter_map(|(at, _)| {
        let (host, path) = text.get(at + 1..)?.rsplit_once(':')?;
        Some((text.get(..at)?, host, path))
    })
    .next()
}

pub(super) fn to_url(attrs: &InputAttrs) -> Result<Url, Error> {
    let mut url = Url::parse(string(attrs, "url")?, Leniency::Strict)?;
    if url.scheme != "git" {
        url.scheme = format!("git+{}", url.scheme);
    }
    let mut set = |name: &str, value: &str| url.query.insert(name.to_owned(), value.to_owned());
    if let Some(revision) = revision_digits(attrs)? {
        set("rev", &revision);
    }
    if let Some(reference) = maybe_string(attrs, "ref")? {
        set("ref", reference);
    }
    for name in ["shallow", "lfs", "submodules", "exportIgnore", "verifyCommit"] {
        if flag(attrs, name)? {
            set(name, "1");
        }
    }
    let keys = public_keys(attrs)?;
    match keys.as_slice() {
        [] => {}
        [(kind, key)] => {
            set("keytype", kind);
            set("publicKey", key);
        }
        _ => {
            let items: Vec<serde_json::Value> =
                keys.iter().map(|(kind, key)| serde_json::json!({ "type": kind, "key": key })).collect();
            set("publicKeys", &serde_json::Value::from(items).to_string());
        }
    }
    Ok(url)
}

const DEFAULT_KEY_TYPE: &str = "ssh-ed25519";

/// The keys of which one must have signed the commit of a Git input, each after its type.
///
/// # Errors
/// When the attributes are of other types, or `publicKeys` is no JSON list of keys.
pub fn public_keys(attrs: &InputAttrs) -> Result<Vec<(String, String)>, Error> {
    let mut keys = Vec::new();
    if let Some(text) = maybe_string(attrs, "publicKeys")? {
        let fault = || BadInput::PublicKeys(text.to_owned());
        let items: Vec<serde_json::Value> = serde_json::from_str(text).map_err(|_| fault())?;
        for item in items {
            let field = |name: &str| item.get(name).and_then(serde_json::Value::as_str).map(str::to_owned);
            let kind = field("type").unwrap_or_else(|| DEFAULT_KEY_TYPE.to_owned());
            keys.push((kind, field("key").ok_or_else(fault)?));
        }
    }
    if let Some(key) = maybe_string(attrs, "publicKey")? {
        let kind = maybe_string(attrs, "keytype")?.unwrap_or(DEFAULT_KEY_TYPE);
        keys.push((kind.to_owned(), key.to_owned()));
    }
    Ok(keys)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_repositories() {
        for (text, expected) in [
            ("/a/b", "file:///a/b"),
            ("a/b", "file:a/b"),
            ("file:a", "file:a"),
            ("git+https://h/x", "https://h/x"),
            ("ssh://h/x", "ssh://h/x"),
            ("git@h.org:a/b.git", "ssh://git@h.org/a/b.git"),
            ("a@b@h:c", "! 'ssh://a@b@h/c' is not a valid URL: leftover"),
            ("h:x", "! SCP-like URL 'h:x' is not supported; use SSH URL syntax instead (ssh://...)"),
        ] {
            let found = match fix_git_url(text) {
                Ok(url) => url.to_string(),
                Err(error) => format!("! {error}"),
            };
            assert_eq!(found, expected, "{text}");
        }
    }
}
