//! The kinds of inputs, and what is asked of each: whether its attributes make sense, its URL, whether it is locked.

use super::{Forge, curl, forge, git, indirect, mercurial, path};
use crate::error::{BadInput, BadUrl};
use crate::hash::{Hash, HashAlgo};
use crate::input::{InputAttrs, InputValue, attrs_to_json, maybe_int, maybe_string, string};
use crate::uri::Url;
use crate::{Error, HashFormat};

/// A kind of input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// A file behind a URL.
    File,
    /// The tree in an archive behind a URL.
    Tarball,
    /// A file or directory of the machine.
    Path,
    /// A Git repository.
    Git,
    /// A Mercurial repository.
    Mercurial,
    /// A repository whose forge makes archives.
    Forge(Forge),
    /// A name in a registry.
    Indirect,
}

/// Common to all, and set by Nix itself on what has been fetched.
const FINAL: &str = "__final";

impl Scheme {
    /// The kind that the attribute `type` has this name for.
    pub fn named(name: &str) -> Option<Scheme> {
        Some(match name {
            "file" => Scheme::File,
            "git" => Scheme::Git,
            "hg" => Scheme::Mercurial,
            "indirect" => Scheme::Indirect,
            "path" => Scheme::Path,
            "tarball" => Scheme::Tarball,
            _ => Scheme::Forge(Forge::named(name)?),
        })
    }

    /// The kind of an input, if it is one that Nix knows.
    pub fn of(attrs: &InputAttrs) -> Option<Scheme> {
        Scheme::named(attrs.get("type")?.as_str()?)
    }

    fn attributes(self) -> &'static [&'static str] {
        match self {
            Scheme::File | Scheme::Tarball => &curl::ATTRIBUTES,
            Scheme::Git => &git::ATTRIBUTES,
            Scheme::Forge(_) => &forge::ATTRIBUTES,
            Scheme::Mercurial => &mercurial::ATTRIBUTES,
            Scheme::Indirect => &indirect::ATTRIBUTES,
            Scheme::Path => &path::ATTRIBUTES,
        }
    }
}

/// The input that a URL stands for. `is_flake` says that a tree is wanted.
///
/// # Errors
/// When it is none that Nix knows.
pub fn input_from_url(url: &Url, is_flake: bool) -> Result<InputAttrs, Error> {
    let (application, transport) = url.scheme_parts();
    let attrs = match url.scheme.as_str() {
        _ if curl::is_file(url, is_flake) => curl::from_url(url, "file"),
        _ if url.scheme == "git" || application == Some("git") => git::from_url(url)?,
        "hg+http" | "hg+https" | "hg+ssh" | "hg+file" => mercurial::from_url(url)?,
        "flake" => indirect::from_url(url)?,
        "path" => path::from_url(url)?,
        _ if curl::is_tarball(url, is_flake) => curl::from_url(url, "tarball"),
        _ if (application, transport) == (Some("file"), "git") => {
            return Err(BadInput::FileGit(url.to_string()).into());
        }
        name => match Forge::named(name) {
            Some(forge) => forge::from_url(url, forge)?,
            None => return Err(BadInput::UnsupportedUrl(url.to_string()).into()),
        },
    };
    check_common(&attrs)?;
    Ok(attrs)
}

/// The attributes of an input, checked and in their usual form. An unknown type is taken as it is.
///
/// # Errors
/// When they make no sense.
pub fn check_input(attrs: InputAttrs) -> Result<InputAttrs, Error> {
    let Some(name) = maybe_string(&attrs, "type")? else { return Err(BadInput::NoType.into()) };
    let Some(scheme) = Scheme::named(name) else {
        check_common(&attrs)?;
        return Ok(attrs);
    };
    let allowed = scheme.attributes();
    let known = |name: &str| name == "type" || name == FINAL || allowed.contains(&name);
    if let Some(other) = attrs.keys().find(|other| !known(other)) {
        return Err(BadInput::Attribute { name: other.clone(), scheme: name.to_owned() }.into());
    }
    let attrs = match scheme {
        Scheme::File | Scheme::Tarball => attrs,
        Scheme::Git => git::check(attrs)?,
        Scheme::Forge(_) => forge::check(attrs)?,
        Scheme::Mercurial => mercurial::check(attrs)?,
        Scheme::Indirect => indirect::check(attrs)?,
        Scheme::Path => path::check(attrs)?,
    };
    check_common(&attrs)?;
    Ok(attrs)
}

fn check_common(attrs: &InputAttrs) -> Result<(), Error> {
    string(attrs, "type")?;
    maybe_string(attrs, "ref")?;
    maybe_int(attrs, "revCount")?;
    maybe_int(attrs, "lastModified")?;
    Ok(())
}

/// The URL of an input.
///
/// # Errors
/// When inputs of its type have none, or one of its attributes makes no sense.
pub fn input_to_url(attrs: &InputAttrs) -> Result<Url, Error> {
    match Scheme::of(attrs) {
        None => Err(BadInput::NoUrl(attrs_to_json(attrs)).into()),
        Some(Scheme::File | Scheme::Tarball) => curl::to_url(attrs),
        Some(Scheme::Git) => git::to_url(attrs),
        Some(Scheme::Forge(forge)) => forge::to_url(attrs, forge),
        Some(Scheme::Mercurial) => mercurial::to_url(attrs),
        Some(Scheme::Indirect) => indirect::to_url(attrs),
        Some(Scheme::Path) => path::to_url(attrs),
    }
}

/// The input as messages show it: its URL, or its attributes where it has none.
pub fn shown(attrs: &InputAttrs) -> String {
    input_to_url(attrs).map_or_else(|_| attrs_to_json(attrs), |url| url.to_string())
}

/// Whether the input says where it is to be had, and is not to be looked up in a registry.
pub fn is_direct(attrs: &InputAttrs) -> bool {
    Scheme::of(attrs) != Some(Scheme::Indirect)
}

/// Whether the input means the same tree for ever.
///
/// # Errors
/// When one of its hashes is none.
pub fn is_locked(attrs: &InputAttrs) -> Result<bool, Error> {
    Ok(match Scheme::of(attrs) {
        None | Some(Scheme::Indirect) => false,
        Some(Scheme::File | Scheme::Tarball | Scheme::Path) => nar_hash(attrs)?.is_some(),
        Some(Scheme::Git) => revision(attrs)?.is_some_and(|rev| rev != Hash::zero(HashAlgo::Sha1)),
        Some(Scheme::Forge(_) | Scheme::Mercurial) => revision(attrs)?.is_some(),
    })
}

/// The path of an input that lies relative to the flake that has it.
pub fn relative_path(attrs: &InputAttrs) -> Option<&str> {
    if Scheme::of(attrs) != Some(Scheme::Path) {
        return None;
    }
    attrs.get("path").and_then(InputValue::as_str).filter(|path| !path.starts_with('/'))
}

/// The hash of the tree, if it is known. An empty text stands for zeros.
///
/// # Errors
/// When it is none.
pub fn nar_hash(attrs: &InputAttrs) -> Result<Option<Hash>, Error> {
    let hash = match maybe_string(attrs, "narHash")? {
        None => return Ok(None),
        Some("") => Hash::zero(HashAlgo::Sha256),
        Some(text) => Hash::parse_sri(text)?,
    };
    if hash.algo() != HashAlgo::Sha256 {
        return Err(BadInput::NarHashAlgo.into());
    }
    Ok(Some(hash))
}

/// The revision, if it is known.
///
/// # Errors
/// When it is none.
pub fn revision(attrs: &InputAttrs) -> Result<Option<Hash>, Error> {
    maybe_string(attrs, "rev")?.map(parse_revision).transpose()
}

/// A revision by its digits: those of SHA-1, unless it says otherwise.
///
/// # Errors
/// When it is none.
pub fn parse_revision(text: &str) -> Result<Hash, Error> {
    Hash::parse(text, None).or_else(|_| Hash::parse(text, Some(HashAlgo::Sha1)))
}

/// The revision as URLs carry it.
pub(super) fn revision_digits(attrs: &InputAttrs) -> Result<Option<String>, Error> {
    Ok(revision(attrs)?.map(|rev| rev.digits(HashFormat::Base16)))
}

/// The input with another branch or tag, or another revision, as a registry's entry is used with the ones that were asked
/// for.
///
/// # Errors
/// When inputs of its type have no such thing.
pub fn apply_overrides(
    attrs: &InputAttrs,
    reference: Option<&str>,
    revision: Option<&str>,
) -> Result<InputAttrs, Error> {
    let mut found = attrs.clone();
    let mut set = |name: &str, value: Option<&str>, other: Option<&str>| {
        let Some(value) = value else { return };
        found.insert(name.to_owned(), InputValue::from(value));
        if let Some(other) = other {
            found.remove(other);
        }
    };
    match Scheme::of(attrs) {
        Some(Scheme::Forge(_)) => {
            if let (Some(reference), Some(revision)) = (reference, revision) {
                let (reference, revision) = (reference.to_owned(), revision.to_owned());
                return Err(BadUrl::TwoOverrides { input: shown(attrs), reference, revision }.into());
            }
            set("rev", revision, Some("ref"));
            set("ref", reference, Some("rev"));
        }
        Some(Scheme::Git | Scheme::Mercurial | Scheme::Indirect) => {
            set("rev", revision, None);
            set("ref", reference, None);
        }
        _ => {
            let (input, owned) = (|| shown(attrs), str::to_owned);
            if let Some(value) = reference.map(owned) {
                return Err(BadInput::SetRef { input: input(), value }.into());
            }
            if let Some(value) = revision.map(owned) {
                return Err(BadInput::SetRevision { input: input(), value }.into());
            }
        }
    }
    let is_git = Scheme::of(attrs) == Some(Scheme::Git);
    if is_git && found.contains_key("rev") && !found.contains_key("ref") {
        return Err(BadInput::RevisionAlone(input_to_url(&found)?.to_string()).into());
    }
    Ok(found)
}
