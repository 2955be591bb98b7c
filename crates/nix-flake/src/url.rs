//! URLs as Nix reads and prints them: RFC 3986 with a few more characters, decoded parts, an ordered query.

use std::collections::BTreeMap;
use std::fmt;

use crate::error::{Error, Result};

/// A URL in its parts, percent-decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Url {
    /// The scheme, such as `git+https`.
    pub scheme: String,
    /// User, host and port, if there is a `//`; empty for `file:///…`.
    pub authority: Option<Authority>,
    /// The path between its slashes; the first part of an absolute one is empty.
    pub path: Vec<String>,
    /// The parameters behind `?`.
    pub query: BTreeMap<String, String>,
    /// What follows `#`.
    pub fragment: String,
}

/// The part of a URL that names a machine.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Authority {
    /// The user, with the password behind a colon, percent-decoded.
    pub user: Option<(String, Option<String>)>,
    /// The host; an IPv6 address without its brackets.
    pub host: String,
    /// The port.
    pub port: Option<u16>,
}

impl Authority {
    fn parse(text: &str) -> Option<Authority> {
        let (user, rest) = match text.rsplit_once('@') {
            Some((user, rest)) => (Some(user), rest),
            None => (None, text),
        };
        let user = match user.map(|user| user.split_once(':').map_or((user, None), |(u, p)| (u, Some(p)))) {
            Some((user, password)) => Some((
                percent_decode(user)?,
                match password {
                    Some(password) => Some(percent_decode(password)?),
                    None => None,
                },
            )),
            None => None,
        };
        let (host, port) = match rest.strip_prefix('[') {
            Some(rest) => {
                let (host, rest) = rest.split_once(']')?;
                (host.to_owned(), rest.strip_prefix(':').or(rest.is_empty().then_some(""))?)
            }
            None => {
                let (host, port) = rest.split_once(':').unwrap_or((rest, ""));
                (percent_decode(host)?, port)
            }
        };
        let port = if port.is_empty() { None } else { Some(port.parse().ok()?) };
        Some(Authority { user, host, port })
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((user, password)) = &self.user {
            f.write_str(&percent_encode(user, ""))?;
            if let Some(password) = password {
                write!(f, ":{}", percent_encode(password, ""))?;
            }
            f.write_str("@")?;
        }
        if self.host.contains(':') {
            write!(f, "[{}]", percent_encode(&self.host, ":"))?;
        } else {
            f.write_str(&percent_encode(&self.host, ""))?;
        }
        match self.port {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

/// The characters of RFC 3986 that stand for themselves everywhere in a URL.
fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"-._~".contains(&byte)
}

/// `text` with everything encoded but the unreserved characters and those in `keep`.
pub fn percent_encode(text: &str, keep: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        if is_unreserved(byte) || keep.as_bytes().contains(&byte) {
            out.push(char::from(byte));
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// `text` with its percent-encoded bytes decoded; nothing when one is cut off or the bytes are no UTF-8.
pub fn percent_decode(text: &str) -> Option<String> {
    let mut out = Vec::with_capacity(text.len());
    let mut bytes = text.bytes();
    while let Some(byte) = bytes.next() {
        if byte == b'%' {
            let digits = [bytes.next()?, bytes.next()?].map(char::from).map(|digit| digit.to_digit(16));
            let [Some(high), Some(low)] = digits else { return None };
            out.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            out.push(byte);
        }
    }
    String::from_utf8(out).ok()
}

/// Whether `text` is the name of a scheme.
fn is_scheme(text: &str) -> bool {
    text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"+.-".contains(&byte))
}

/// A scheme `APPLICATION+TRANSPORT` in its two parts.
pub fn split_scheme(scheme: &str) -> (Option<&str>, &str) {
    match scheme.split_once('+') {
        Some((application, transport)) => (Some(application), transport),
        None => (None, scheme),
    }
}

const SUB_DELIMITERS: &[u8] = b"!$&'()*+,;=:@%";

impl Url {
    /// Reads a URL.
    ///
    /// # Errors
    /// When `text` is none.
    pub fn parse(text: &str) -> Result<Url> {
        let bad = |reason: &str| Error::BadUrl { url: text.to_owned(), reason: reason.to_owned() };
        let (scheme, rest) = match text.split_once(':') {
            Some((scheme, rest)) if is_scheme(scheme) => (scheme, rest),
            _ => return Err(Error::NoScheme(text.to_owned())),
        };
        let (rest, fragment) = rest.split_once('#').unwrap_or((rest, ""));
        let (rest, query) = rest.split_once('?').unwrap_or((rest, ""));
        let (authority, path) = match rest.strip_prefix("//") {
            Some(rest) => {
                let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
                (Some(Authority::parse(authority).ok_or_else(|| bad("its authority is invalid"))?), path)
            }
            None => (None, rest),
        };
        let allowed = |bytes: &str, more: &[u8]| {
            bytes
                .bytes()
                .all(|byte| is_unreserved(byte) || SUB_DELIMITERS.contains(&byte) || more.contains(&byte))
        };
        if !allowed(path, b"/") {
            return Err(bad("leftover"));
        }
        if !allowed(query, b"/? \"") || !allowed(fragment, b"/? \"^") {
            return Err(bad("leftover"));
        }
        let is_file = split_scheme(scheme).1 == "file";
        if is_file && authority.as_ref().is_some_and(|authority| !authority.host.is_empty()) {
            let shown = authority.map(|authority| authority.to_string()).unwrap_or_default();
            return Err(Error::BadInputUrl(format!(
                "file:// URL '{text}' has unexpected authority '{shown}'"
            )));
        }
        let path = if is_file && path.is_empty() { "/" } else { path };
        let decode =
            |part: &str| percent_decode(part).ok_or_else(|| bad("a percent-encoded character is invalid"));
        let mut parameters = BTreeMap::new();
        for pair in query.split('&') {
            if let Some((name, value)) = pair.split_once('=') {
                parameters.entry(decode(name)?).or_insert(decode(value)?);
            }
        }
        Ok(Url {
            scheme: scheme.to_ascii_lowercase(),
            authority,
            path: path.split('/').map(decode).collect::<Result<_>>()?,
            query: parameters,
            fragment: decode(fragment)?,
        })
    }

    /// The `file` URL of an absolute path.
    pub fn of_path(path: &str) -> Url {
        Url {
            scheme: "file".to_owned(),
            authority: Some(Authority::default()),
            path: path.split('/').map(str::to_owned).collect(),
            ..Url::default()
        }
    }

    /// The path, decoded, as a path of a file system.
    pub fn file_path(&self) -> String {
        self.path.join("/")
    }

    /// The parts of the path that are not empty.
    pub fn segments(&self) -> Vec<&str> {
        self.path.iter().map(String::as_str).filter(|part| !part.is_empty()).collect()
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.scheme)?;
        if let Some(authority) = &self.authority {
            write!(f, "//{authority}")?;
        }
        let path: Vec<String> = self.path.iter().map(|part| percent_encode(part, ":@")).collect();
        f.write_str(&path.join("/"))?;
        for (index, (name, value)) in self.query.iter().enumerate() {
            let (name, value) = (percent_encode(name, ":@/?"), percent_encode(value, ":@/?"));
            write!(f, "{}{name}={value}", if index == 0 { '?' } else { '&' })?;
        }
        if !self.fragment.is_empty() {
            write!(f, "#{}", percent_encode(&self.fragment, ""))?;
        }
        Ok(())
    }
}

/// What git takes as the place of a repository, as a URL: a path, `USER@HOST:PATH` as ssh has it, or a URL, with or
/// without `git+`.
///
/// # Errors
/// When it is none of these.
pub fn git_url(text: &str) -> Result<Url> {
    let text = scp_url(text).unwrap_or_else(|| text.to_owned());
    let is_file = text.starts_with("file:") || text.starts_with("git+file:");
    if !is_file && !text.contains("://") {
        if text.starts_with('/') {
            return Ok(Url::of_path(&text));
        }
        if text.contains(':') {
            return Err(Error::BadInputUrl(format!(
                "SCP-like URL '{text}' is not supported; use SSH URL syntax instead (ssh://...)"
            )));
        }
        return Ok(Url { authority: None, ..Url::of_path(&text) });
    }
    let mut url = Url::parse(&text)?;
    if let (Some("git"), transport) = split_scheme(&url.scheme) {
        url.scheme = transport.to_owned();
    }
    Ok(url)
}

/// `USER@HOST:PATH` as an ssh URL.
fn scp_url(text: &str) -> Option<String> {
    let (user, rest) = text.split_once('@')?;
    let (host, path) = rest.rsplit_once(':')?;
    (!user.contains('/')).then(|| format!("ssh://{user}@{host}/{path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let found = match Url::parse(text) {
            Ok(url) => url.to_string(),
            Err(error) => error.to_string(),
        };
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn urls() {
        check("https://h/a.tar.gz", "https://h/a.tar.gz");
        check("HTTPS://u:p@h:80/a//b?b=1&a=2#x y", "https://u:p@h:80/a//b?a=2&b=1#x%20y");
        check("file:///a%20b", "file:///a%20b");
        check("file:///a b", "'file:///a b' is not a valid URL: leftover");
        check("file://h/x", "file:// URL 'file://h/x' has unexpected authority 'h'");
        check("path:./x?rev=1&y", "path:./x?rev=1");
        check("flake:nixpkgs", "flake:nixpkgs");
        check("http://[::1]:8/x", "http://[::1]:8/x");
        check("nixpkgs", "'nixpkgs' doesn't have a scheme");
        check("/x:y", "'/x:y' doesn't have a scheme");
        check("http://h/%zz", "'http://h/%zz' is not a valid URL: a percent-encoded character is invalid");
        check("http://h:x/", "'http://h:x/' is not a valid URL: its authority is invalid");
    }

    #[test]
    fn places_of_repositories() {
        for (text, expected) in [
            ("/a/b", "file:///a/b"),
            ("git@github.com:a/b.git", "ssh://git@github.com/a/b.git"),
            ("git+https://h/x", "https://h/x"),
            ("file:rel", "file:rel"),
            ("ssh://h/x", "ssh://h/x"),
        ] {
            assert_eq!(git_url(text).unwrap().to_string(), expected, "{text}");
        }
        assert_eq!(git_url("rel/x").unwrap().to_string(), "file:rel/x");
        let error = git_url("host:x").unwrap_err().to_string();
        assert!(error.starts_with("SCP-like URL 'host:x' is not supported"), "{error}");
    }
}
