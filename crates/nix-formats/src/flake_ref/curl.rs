//! `https://…`, `tarball+…`, `file+…`: an archive or a file that is downloaded.

use super::scheme::nar_hash;
use super::{number, typed};
use crate::Error;
use crate::input::{InputAttrs, InputValue, string};
use crate::uri::{Leniency, Url};

pub(super) const ATTRIBUTES: [&str; 7] =
    ["url", "narHash", "name", "unpack", "rev", "revCount", "lastModified"];

const ARCHIVES: [&str; 7] = [".zip", ".tar", ".tgz", ".tar.gz", ".tar.xz", ".tar.bz2", ".tar.zst"];

fn is_archive(url: &Url) -> bool {
    url.path.last().is_some_and(|name| ARCHIVES.iter().any(|ending| name.ends_with(ending)))
}

fn is_for(url: &Url, application: &str, without: bool) -> bool {
    let (given, transport) = url.scheme_parts();
    matches!(transport, "file" | "http" | "https") && given.map_or(without, |given| given == application)
}

pub(super) fn is_file(url: &Url, is_flake: bool) -> bool {
    is_for(url, "file", !is_flake && !is_archive(url))
}

pub(super) fn is_tarball(url: &Url, is_flake: bool) -> bool {
    is_for(url, "tarball", is_flake || is_archive(url))
}

pub(super) fn from_url(url: &Url, kind: &str) -> InputAttrs {
    let mut server = Url { scheme: url.scheme_parts().1.to_owned(), ..url.clone() };
    let mut attrs = typed(kind, &[]);
    for name in ["narHash", "rev"] {
        if let Some(value) = url.query.get(name) {
            attrs.insert(name.to_owned(), InputValue::String(value.clone()));
        }
    }
    for name in ["revCount", "lastModified"] {
        if let Some(value) = url.query.get(name).and_then(|value| number(value)) {
            attrs.insert(name.to_owned(), InputValue::Int(value));
        }
    }
    // What is meant for Nix is not sent to the server.
    server.query.retain(|name, _| !ATTRIBUTES.contains(&name.as_str()));
    attrs.insert("url".to_owned(), InputValue::String(server.to_string()));
    attrs
}

pub(super) fn to_url(attrs: &InputAttrs) -> Result<Url, Error> {
    let mut url = Url::parse(string(attrs, "url")?, Leniency::Strict)?;
    if let Some(hash) = nar_hash(attrs)? {
        url.query.insert("narHash".to_owned(), hash.to_sri());
    }
    Ok(url)
}
