//! `flake:ID`, `flake:ID/REF/REVISION`: what a registry knows under a name.

use super::scheme::revision_digits;
use super::{is_flake_id, is_legal_ref_name, is_revision, typed};
use crate::Error;
use crate::error::BadUrl;
use crate::input::{InputAttrs, InputValue, maybe_string, string};
use crate::uri::Url;

pub(super) const ATTRIBUTES: [&str; 4] = ["id", "ref", "rev", "narHash"];

pub(super) fn from_url(url: &Url) -> Result<InputAttrs, Error> {
    let parts: Vec<&str> = url.segments().collect();
    let (shown, part) = (|| url.to_string(), |part: &str| part.to_owned());
    let (id, reference, revision) = match *parts.as_slice() {
        [id] => (id, None, None),
        [id, second] if is_revision(second) => (id, None, Some(second)),
        [id, second] if is_legal_ref_name(second) => (id, Some(second), None),
        [_, second] => {
            return Err(BadUrl::NeitherRefNorRevision { url: shown(), part: part(second) }.into());
        }
        [_, second, _] if !is_legal_ref_name(second) => {
            return Err(BadUrl::NoRef { url: shown(), part: part(second) }.into());
        }
        [_, _, third] if !is_revision(third) => {
            return Err(BadUrl::NoRevision { url: shown(), part: part(third) }.into());
        }
        [id, second, third] => (id, Some(second), Some(third)),
        _ => return Err(BadUrl::IndirectParts(shown()).into()),
    };
    check_id(id)?;
    let mut attrs = typed("indirect", &[("id", id)]);
    if let Some(reference) = reference {
        attrs.insert("ref".to_owned(), InputValue::from(reference));
    }
    if let Some(revision) = revision {
        attrs.insert("rev".to_owned(), InputValue::String(revision.to_ascii_lowercase()));
    }
    Ok(attrs)
}

fn check_id(id: &str) -> Result<(), BadUrl> {
    if is_flake_id(id) { Ok(()) } else { Err(BadUrl::FlakeId(id.to_owned())) }
}

pub(super) fn check(attrs: InputAttrs) -> Result<InputAttrs, Error> {
    check_id(string(&attrs, "id")?)?;
    Ok(attrs)
}

pub(super) fn to_url(attrs: &InputAttrs) -> Result<Url, Error> {
    let mut path = vec![string(attrs, "id")?.to_owned()];
    path.extend(maybe_string(attrs, "ref")?.map(str::to_owned));
    path.extend(revision_digits(attrs)?);
    Ok(Url { scheme: "flake".to_owned(), path, ..Url::default() })
}
