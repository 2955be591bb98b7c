//! `github:OWNER/REPO`, `gitlab:…`, `sourcehut:…`: the archive of a repository's revision, as its forge makes it.

use super::scheme::{nar_hash, revision_digits};
use super::{is_legal_ref_name, is_revision, typed};
use crate::Error;
use crate::error::BadUrl;
use crate::hash::{Hash, HashAlgo};
use crate::input::{InputAttrs, InputValue, attrs_to_json, maybe_string, string};
use crate::uri::Url;

pub(super) const ATTRIBUTES: [&str; 8] =
    ["owner", "repo", "ref", "rev", "narHash", "lastModified", "host", "treeHash"];

/// Who makes the archive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Forge {
    /// GitHub.
    GitHub,
    /// GitLab.
    GitLab,
    /// SourceHut.
    SourceHut,
}

impl Forge {
    /// The forge that URLs and the attribute `type` have this name for.
    pub fn named(name: &str) -> Option<Forge> {
        [Forge::GitHub, Forge::GitLab, Forge::SourceHut].into_iter().find(|forge| forge.name() == name)
    }

    /// Its name there.
    pub fn name(self) -> &'static str {
        match self {
            Forge::GitHub => "github",
            Forge::GitLab => "gitlab",
            Forge::SourceHut => "sourcehut",
        }
    }
}

pub(super) fn from_url(url: &Url, forge: Forge) -> Result<InputAttrs, Error> {
    let parts: Vec<&str> = url.segments().collect();
    let [owner, repo, rest @ ..] = parts.as_slice() else {
        return Err(BadUrl::NoRepository(url.to_string()).into());
    };
    let mut attrs = typed(forge.name(), &[("owner", owner), ("repo", repo)]);
    match rest {
        [] => {}
        [part] if is_revision(part) => {
            attrs.insert("rev".to_owned(), InputValue::from(*part));
        }
        parts => {
            attrs.insert("ref".to_owned(), InputValue::String(parts.join("/")));
        }
    }
    for (name, value) in &url.query {
        match name.as_str() {
            "rev" if attrs.contains_key("rev") => return Err(BadUrl::TwoRevisions(url.to_string()).into()),
            "ref" if attrs.contains_key("ref") => return Err(BadUrl::TwoRefs(url.to_string()).into()),
            "rev" | "ref" | "host" | "narHash" => {
                attrs.insert(name.clone(), InputValue::String(value.clone()));
            }
            // Nix 2.34 passes over all others.
            _ => {}
        }
    }
    check(attrs)
}

pub(super) fn check(attrs: InputAttrs) -> Result<InputAttrs, Error> {
    string(&attrs, "owner")?;
    string(&attrs, "repo")?;
    let (reference, revision) = (maybe_string(&attrs, "ref")?, maybe_string(&attrs, "rev")?);
    if let (Some(reference), Some(revision)) = (reference, revision) {
        let (reference, revision) = (reference.to_owned(), revision.to_owned());
        let input = attrs_to_json(&attrs);
        return Err(BadUrl::InputRefAndRevision { input, reference, revision }.into());
    }
    if let Some(revision) = revision {
        Hash::parse(revision, Some(HashAlgo::Sha1))?;
    }
    if reference.is_some_and(|reference| !is_legal_ref_name(reference)) {
        return Err(BadUrl::ForgeRef(attrs_to_json(&attrs)).into());
    }
    let in_host = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-');
    if maybe_string(&attrs, "host")?.is_some_and(|host| !host.bytes().all(in_host)) {
        return Err(BadUrl::ForgeHost(attrs_to_json(&attrs)).into());
    }
    Ok(attrs)
}

pub(super) fn to_url(attrs: &InputAttrs, forge: Forge) -> Result<Url, Error> {
    let mut path = vec![string(attrs, "owner")?.to_owned(), string(attrs, "repo")?.to_owned()];
    path.extend(maybe_string(attrs, "ref")?.map(str::to_owned));
    path.extend(revision_digits(attrs)?);
    let mut url = Url { scheme: forge.name().to_owned(), path, ..Url::default() };
    if let Some(hash) = nar_hash(attrs)? {
        url.query.insert("narHash".to_owned(), hash.to_sri());
    }
    if let Some(host) = maybe_string(attrs, "host")? {
        url.query.insert("host".to_owned(), host.to_owned());
    }
    Ok(url)
}
