//! The types of inputs: which attributes each has, which values they may take, and how each is written as a URL.

use nix_formats::{InputAttrs, InputValue};

use crate::error::{Error, Result};
use crate::input::{Input, flag, is_reference, is_rev, maybe_string, parse_rev, string, to_json};
use crate::url::{Url, git_url, split_scheme};

/// The type of an input.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scheme {
    /// A single file behind a URL.
    File,
    /// The tree in an archive behind a URL.
    Tarball,
    /// A file or directory of the machine.
    Path,
    /// A git repository.
    Git,
    /// A Mercurial repository.
    Mercurial,
    /// A repository of a GitHub, fetched as an archive.
    GitHub,
    /// A repository of a GitLab, fetched as an archive.
    GitLab,
    /// A repository of a SourceHut, fetched as an archive.
    SourceHut,
    /// A name that a registry knows.
    Indirect,
}

const CURL: &[&str] = &["url", "narHash", "name", "unpack", "rev", "revCount", "lastModified"];
const FORGE: &[&str] = &["owner", "repo", "ref", "rev", "narHash", "lastModified", "host", "treeHash"];
const GIT: &[&str] = &[
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
/// What a git input has only with the feature `verified-fetches`.
pub(crate) const VERIFICATION: [&str; 4] = ["verifyCommit", "keytype", "publicKey", "publicKeys"];

impl Scheme {
    const ALL: [Scheme; 9] = [
        Scheme::File,
        Scheme::Tarball,
        Scheme::Path,
        Scheme::Git,
        Scheme::Mercurial,
        Scheme::GitHub,
        Scheme::GitLab,
        Scheme::SourceHut,
        Scheme::Indirect,
    ];

    /// What the attribute `type` says.
    pub fn name(self) -> &'static str {
        match self {
            Scheme::File => "file",
            Scheme::Tarball => "tarball",
            Scheme::Path => "path",
            Scheme::Git => "git",
            Scheme::Mercurial => "hg",
            Scheme::GitHub => "github",
            Scheme::GitLab => "gitlab",
            Scheme::SourceHut => "sourcehut",
            Scheme::Indirect => "indirect",
        }
    }

    /// The type with this name.
    pub fn named(name: &str) -> Option<Scheme> {
        Scheme::ALL.into_iter().find(|scheme| scheme.name() == name)
    }

    /// Whether it exists only with the feature `flakes`.
    pub(crate) fn needs_flakes(self) -> bool {
        matches!(self, Scheme::Path | Scheme::GitHub | Scheme::GitLab | Scheme::SourceHut | Scheme::Indirect)
    }

    /// The attributes it may have besides `type`.
    pub(crate) fn attributes(self) -> &'static [&'static str] {
        match self {
            Scheme::File | Scheme::Tarball => CURL,
            Scheme::Path => &["path", "rev", "revCount", "lastModified", "narHash"],
            Scheme::Git => GIT,
            Scheme::Mercurial => &["url", "ref", "rev", "revCount", "narHash", "name"],
            Scheme::GitHub | Scheme::GitLab | Scheme::SourceHut => FORGE,
            Scheme::Indirect => &["id", "ref", "rev", "narHash"],
        }
    }

    /// Checks the values of attributes that are all of this type's, and gives them their usual form.
    pub(crate) fn check(self, mut attrs: InputAttrs) -> Result<InputAttrs> {
        match self {
            Scheme::File | Scheme::Tarball => {
                Url::parse(string(&attrs, "url")?)?;
            }
            Scheme::Path => {
                string(&attrs, "path")?;
            }
            Scheme::Git => {
                flag(&attrs, "verifyCommit")?;
                if let Some(name) = maybe_string(&attrs, "ref")?
                    && !is_reference(name)
                {
                    return Err(Error::BadInput(format!("invalid Git branch/tag name '{name}'")));
                }
                let url = git_url(string(&attrs, "url")?)?.to_string();
                attrs.insert("url".to_owned(), InputValue::String(url));
                for name in ["shallow", "submodules", "allRefs"] {
                    flag(&attrs, name)?;
                }
            }
            Scheme::Mercurial => {
                Url::parse(string(&attrs, "url")?)?;
                if let Some(name) = maybe_string(&attrs, "ref")?
                    && !is_mercurial_name(name)
                {
                    return Err(Error::BadInput(format!("invalid Mercurial branch/tag name '{name}'")));
                }
            }
            Scheme::GitHub | Scheme::GitLab | Scheme::SourceHut => check_forge(&attrs)?,
            Scheme::Indirect => {
                let id = string(&attrs, "id")?;
                if !is_flake_id(id) {
                    return Err(Error::BadInput(format!("'{id}' is not a valid flake ID")));
                }
            }
        }
        Ok(attrs)
    }

    /// The attributes of the input that `url` means, if it means one.
    pub(crate) fn read_url(url: &Url, require_tree: bool) -> Result<Option<InputAttrs>> {
        let (application, transport) = split_scheme(&url.scheme);
        Ok(Some(match (application, transport) {
            (None, "path") => path_attrs(url)?,
            (None, "flake") => indirect_attrs(url)?,
            (None, name @ ("github" | "gitlab" | "sourcehut")) => forge_attrs(name, url)?,
            (None, "git") | (Some("git"), _) => repository_attrs("git", url, url.scheme.clone()),
            (Some("hg"), "http" | "https" | "ssh" | "file") => {
                repository_attrs("hg", url, transport.to_owned())
            }
            (Some(kind @ ("file" | "tarball")), "file" | "http" | "https") => {
                curl_attrs(kind, url, transport)
            }
            (None, "file" | "http" | "https") => {
                let kind = if require_tree || names_archive(url) { "tarball" } else { "file" };
                curl_attrs(kind, url, transport)
            }
            _ => return Ok(None),
        }))
    }

    /// The URL of `input`, which is of this type.
    pub(crate) fn to_url(self, input: &Input) -> Result<Url> {
        let attrs = &input.attrs;
        match self {
            Scheme::File | Scheme::Tarball => {
                let mut url = Url::parse(string(attrs, "url")?)?;
                if let Some(hash) = input.nar_hash()? {
                    url.query.insert("narHash".to_owned(), hash.to_sri());
                }
                Ok(url)
            }
            Scheme::Path => {
                let mut url = Url { authority: None, ..Url::of_path(string(attrs, "path")?) };
                url.scheme = "path".to_owned();
                for (name, value) in attrs {
                    if !matches!(name.as_str(), "path" | "type" | "__final") {
                        url.query.insert(name.clone(), query_value(value));
                    }
                }
                Ok(url)
            }
            Scheme::Git | Scheme::Mercurial => {
                let mut url = Url::parse(string(attrs, "url")?)?;
                if url.scheme != self.name() {
                    url.scheme = format!("{}+{}", self.name(), url.scheme);
                }
                if let Some(rev) = input.rev()? {
                    url.query.insert("rev".to_owned(), rev.to_base16());
                }
                if let Some(name) = input.reference()? {
                    url.query.insert("ref".to_owned(), name.to_owned());
                }
                for name in ["shallow", "lfs", "submodules", "exportIgnore"] {
                    if self == Scheme::Git && flag(attrs, name)? {
                        url.query.insert(name.to_owned(), "1".to_owned());
                    }
                }
                Ok(url)
            }
            Scheme::GitHub | Scheme::GitLab | Scheme::SourceHut => {
                let mut path = vec![string(attrs, "owner")?.to_owned(), string(attrs, "repo")?.to_owned()];
                path.extend(input.reference()?.map(str::to_owned));
                path.extend(input.rev()?.map(|rev| rev.to_base16()));
                let mut url = Url { scheme: self.name().to_owned(), path, ..Url::default() };
                if let Some(hash) = input.nar_hash()? {
                    url.query.insert("narHash".to_owned(), hash.to_sri());
                }
                if let Some(host) = maybe_string(attrs, "host")? {
                    url.query.insert("host".to_owned(), host.to_owned());
                }
                Ok(url)
            }
            Scheme::Indirect => {
                let mut path = vec![string(attrs, "id")?.to_owned()];
                path.extend(input.reference()?.map(str::to_owned));
                path.extend(input.rev()?.map(|rev| rev.to_base16()));
                Ok(Url { scheme: "flake".to_owned(), path, ..Url::default() })
            }
        }
    }
}

fn query_value(value: &InputValue) -> String {
    match value {
        InputValue::String(text) => text.clone(),
        InputValue::Int(number) => number.to_string(),
        InputValue::Bool(value) => if *value { "1" } else { "0" }.to_owned(),
    }
}

fn is_mercurial_name(name: &str) -> bool {
    name.starts_with(|first: char| first.is_ascii_alphanumeric() || first == '@')
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_./@+-".contains(&byte))
}

fn is_flake_id(id: &str) -> bool {
    id.starts_with(|first: char| first.is_ascii_alphabetic())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"_-".contains(&byte))
}

fn check_forge(attrs: &InputAttrs) -> Result<()> {
    string(attrs, "owner")?;
    string(attrs, "repo")?;
    let (name, rev) = (maybe_string(attrs, "ref")?, maybe_string(attrs, "rev")?);
    if let (Some(name), Some(rev)) = (name, rev) {
        let both = format!("a commit hash ('{rev}') and a branch/tag name ('{name}')");
        return Err(Error::BadInput(format!("input {} contains both {both}", to_json(attrs))));
    }
    rev.map(parse_rev).transpose()?;
    if name.is_some_and(|name| !is_reference(name)) {
        return Err(Error::BadInput(format!("input {} contains an invalid branch/tag name", to_json(attrs))));
    }
    let is_host = |host: &str| host.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
    if maybe_string(attrs, "host")?.is_some_and(|host| !is_host(host)) {
        return Err(Error::BadInput(format!("input {} contains an invalid instance host", to_json(attrs))));
    }
    Ok(())
}

fn names_archive(url: &Url) -> bool {
    const ENDINGS: [&str; 7] = [".zip", ".tar", ".tgz", ".tar.gz", ".tar.xz", ".tar.bz2", ".tar.zst"];
    url.path.last().is_some_and(|name| ENDINGS.iter().any(|ending| name.ends_with(ending)))
}

fn typed(kind: &str) -> InputAttrs {
    InputAttrs::from([("type".to_owned(), InputValue::from(kind))])
}

fn curl_attrs(kind: &str, url: &Url, transport: &str) -> InputAttrs {
    let mut attrs = typed(kind);
    let mut url = Url { scheme: transport.to_owned(), ..url.clone() };
    for name in ["narHash", "rev"] {
        if let Some(value) = url.query.get(name) {
            attrs.insert(name.to_owned(), InputValue::String(value.clone()));
        }
    }
    for name in ["revCount", "lastModified"] {
        if let Some(number) = url.query.get(name).and_then(|value| value.parse().ok()) {
            attrs.insert(name.to_owned(), InputValue::Int(number));
        }
    }
    // What is meant for the fetcher is not the server's business.
    url.query.retain(|name, _| !CURL.contains(&name.as_str()));
    attrs.insert("url".to_owned(), InputValue::String(url.to_string()));
    attrs
}

fn path_attrs(url: &Url) -> Result<InputAttrs> {
    if let Some(authority) = url.authority.as_ref().filter(|authority| !authority.host.is_empty()) {
        let message = format!("path URL '{url}' should not have an authority ('{authority}')");
        return Err(Error::BadInputUrl(message));
    }
    let mut attrs = typed("path");
    attrs.insert("path".to_owned(), InputValue::String(url.file_path()));
    for (name, value) in &url.query {
        let value = match name.as_str() {
            "rev" | "narHash" => InputValue::String(value.clone()),
            "revCount" | "lastModified" => InputValue::Int(value.parse().map_err(|_| {
                Error::BadInputUrl(format!("path URL '{url}' has invalid parameter '{name}'"))
            })?),
            _ => {
                let message = format!("path URL '{url}' has unsupported parameter '{name}'");
                return Err(Error::BadInputUrl(message));
            }
        };
        attrs.insert(name.clone(), value);
    }
    Ok(attrs)
}

fn repository_attrs(kind: &str, url: &Url, scheme: String) -> InputAttrs {
    let mut attrs = typed(kind);
    let mut plain = Url { scheme, query: Default::default(), ..url.clone() };
    for (name, value) in &url.query {
        let git = kind == "git";
        match name.as_str() {
            "rev" | "ref" => attrs.insert(name.clone(), InputValue::String(value.clone())),
            "keytype" | "publicKey" | "publicKeys" if git => {
                attrs.insert(name.clone(), InputValue::String(value.clone()))
            }
            "shallow" | "submodules" | "lfs" | "exportIgnore" | "allRefs" | "verifyCommit" if git => {
                attrs.insert(name.clone(), InputValue::Bool(value == "1"))
            }
            _ => {
                plain.query.insert(name.clone(), value.clone());
                None
            }
        };
    }
    attrs.insert("url".to_owned(), InputValue::String(plain.to_string()));
    attrs
}

fn forge_attrs(kind: &str, url: &Url) -> Result<InputAttrs> {
    let mut attrs = typed(kind);
    let segments = url.segments();
    let [owner, repo, rest @ ..] = segments.as_slice() else {
        return Err(Error::BadInputUrl(format!("URL '{url}' is invalid")));
    };
    let mut insert = |name: &str, value: &str| attrs.insert(name.to_owned(), InputValue::from(value));
    insert("owner", owner);
    insert("repo", repo);
    match rest {
        [] => {}
        [rev] if is_rev(rev) => {
            insert("rev", rev);
        }
        parts => {
            insert("ref", &parts.join("/"));
        }
    }
    for (name, value) in &url.query {
        let twice = match name.as_str() {
            "rev" => insert("rev", value).map(|_| "commit hashes"),
            "ref" => insert("ref", value).map(|_| "branch/tag names"),
            "host" | "narHash" => {
                insert(name, value);
                None
            }
            _ => None,
        };
        if let Some(what) = twice {
            return Err(Error::BadInputUrl(format!("URL '{url}' contains multiple {what}")));
        }
    }
    Ok(attrs)
}

fn indirect_attrs(url: &Url) -> Result<InputAttrs> {
    let bad = |what: String| Err(Error::BadInputUrl(format!("in flake URL '{url}', {what}")));
    let mut attrs = typed("indirect");
    let segments = url.segments();
    let mut insert = |name: &str, value: &str| attrs.insert(name.to_owned(), InputValue::from(value));
    let id = match segments.as_slice() {
        [id] => id,
        [id, rev] if is_rev(rev) => {
            insert("rev", rev);
            id
        }
        [id, name] if is_reference(name) => {
            insert("ref", name);
            id
        }
        [_, name] => return bad(format!("'{name}' is not a commit hash or branch/tag name")),
        [_, name, _] if !is_reference(name) => return bad(format!("'{name}' is not a branch/tag name")),
        [_, _, rev] if !is_rev(rev) => return bad(format!("'{rev}' is not a commit hash")),
        [id, name, rev] => {
            insert("ref", name);
            insert("rev", rev);
            id
        }
        _ => return Err(Error::BadInputUrl(format!("GitHub URL '{url}' is invalid"))),
    };
    insert("id", id);
    Ok(attrs)
}
