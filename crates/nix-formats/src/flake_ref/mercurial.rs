//! `hg+https://…`: a revision of a Mercurial repository, or its working tree.

use super::scheme::revision_digits;
use super::{is_plain_ref, typed};
use crate::Error;
use crate::error::BadUrl;
use crate::input::{InputAttrs, InputValue, maybe_string, string};
use crate::uri::{Leniency, Url};

pub(super) const ATTRIBUTES: [&str; 6] = ["url", "ref", "rev", "revCount", "narHash", "name"];

pub(super) fn from_url(url: &Url) -> Result<InputAttrs, Error> {
    let (_, transport) = url.scheme_parts();
    let mut attrs = typed("hg", &[]);
    let mut repository = Url { scheme: transport.to_owned(), query: Default::default(), ..url.clone() };
    for (name, value) in &url.query {
        if matches!(name.as_str(), "rev" | "ref") {
            attrs.insert(name.clone(), InputValue::String(value.clone()));
        } else {
            repository.query.insert(name.clone(), value.clone());
        }
    }
    attrs.insert("url".to_owned(), InputValue::String(repository.to_string()));
    check(attrs)
}

pub(super) fn check(attrs: InputAttrs) -> Result<InputAttrs, Error> {
    Url::parse(string(&attrs, "url")?, Leniency::Strict)?;
    if let Some(name) = maybe_string(&attrs, "ref")?.filter(|name| !is_plain_ref(name)) {
        return Err(BadUrl::MercurialRef(name.to_owned()).into());
    }
    Ok(attrs)
}

pub(super) fn to_url(attrs: &InputAttrs) -> Result<Url, Error> {
    let mut url = Url::parse(string(attrs, "url")?, Leniency::Strict)?;
    url.scheme = format!("hg+{}", url.scheme);
    if let Some(revision) = revision_digits(attrs)? {
        url.query.insert("rev".to_owned(), revision);
    }
    if let Some(reference) = maybe_string(attrs, "ref")? {
        url.query.insert("ref".to_owned(), reference.to_owned());
    }
    Ok(url)
}
