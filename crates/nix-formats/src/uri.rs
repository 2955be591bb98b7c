//! URLs as Nix reads and writes them: RFC 3986, with the leniencies that flake references have always had.
//!
//! A path is kept as its decoded segments, so that a `/` that was written as `%2F` stays inside its segment. Whatever is
//! written out again is in one canonical form: only unreserved characters, and a few in their places, stand for themselves.

use std::collections::BTreeMap;
use std::fmt;
use std::net::Ipv6Addr;

use crate::error::BadUrl;

/// A URL in its parts, all of them decoded.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Url {
    /// What stands before the first colon, such as `git+https`.
    pub scheme: String,
    /// What stands behind `//`, if that is there.
    pub authority: Option<Authority>,
    /// The path, split at its slashes: `/a` is `["", "a"]`.
    pub path: Vec<String>,
    /// The parameters behind `?`; of several with one name, the first.
    pub query: BTreeMap<String, String>,
    /// What stands behind `#`.
    pub fragment: String,
}

/// The server in a URL, and who asks there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Authority {
    /// The name or address; an IPv6 address without its brackets.
    pub host: String,
    /// Whether the host was written in brackets.
    pub bracketed: bool,
    /// The user.
    pub user: Option<String>,
    /// The password.
    pub password: Option<String>,
    /// The port, if one is given.
    pub port: Option<u16>,
}

/// Whether characters that RFC 3986 forbids are taken where people write them in flake references.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Leniency {
    /// As the RFC has it, but for `[` and `]` in the query.
    Strict,
    /// Blanks and `"` in the query and the fragment, and `^` in the fragment.
    Lenient,
}

impl Leniency {
    fn in_query(self) -> &'static [u8] {
        match self {
            Leniency::Strict => b"/?[]",
            Leniency::Lenient => b"/?[] \"",
        }
    }

    fn in_fragment(self) -> &'static [u8] {
        match self {
            Leniency::Strict => b"/?#",
            Leniency::Lenient => b"/?# \"^",
        }
    }
}

impl Url {
    /// The URL that `text` is.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str, leniency: Leniency) -> Result<Url, BadUrl> {
        Reader { text, rest: text, leniency }.url()
    }

    /// The URL of a file, whose path may be relative.
    pub fn of_file(path: &str) -> Url {
        Url {
            scheme: "file".to_owned(),
            authority: path.starts_with('/').then(Authority::default),
            path: path.split('/').map(str::to_owned).collect(),
            ..Url::default()
        }
    }

    /// The segments of the path that are not empty.
    pub fn segments(&self) -> impl Iterator<Item = &str> {
        self.path.iter().map(String::as_str).filter(|segment| !segment.is_empty())
    }

    /// The path as one of a file system.
    ///
    /// # Errors
    /// When a segment has a slash or a null byte in it.
    pub fn file_path(&self) -> Result<String, BadUrl> {
        for segment in &self.path {
            if segment.contains('/') {
                return Err(BadUrl::SlashInSegment(segment.clone()));
            }
            if segment.contains('\0') {
                return Err(BadUrl::NulInSegment(segment.replace('\0', "␀")));
            }
        }
        let mut segments = self.path.iter();
        let mut path = match segments.as_slice().first() {
            Some(first) if first.is_empty() => {
                segments.next();
                "/".to_owned()
            }
            _ => String::new(),
        };
        for segment in segments {
            if !path.is_empty() && !path.ends_with('/') {
                path.push('/');
            }
            path.push_str(segment);
        }
        Ok(path)
    }

    /// The parts of a scheme `APPLICATION+TRANSPORT`.
    pub fn scheme_parts(&self) -> (Option<&str>, &str) {
        scheme_parts(&self.scheme)
    }
}

fn scheme_parts(scheme: &str) -> (Option<&str>, &str) {
    match scheme.split_once('+') {
        Some((application, transport)) => (Some(application), transport),
        None => (None, scheme),
    }
}

impl fmt::Display for Url {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:", self.scheme)?;
        if let Some(authority) = &self.authority {
            write!(f, "//{authority}")?;
        }
        for (index, segment) in self.path.iter().enumerate() {
            let slash = if index > 0 { "/" } else { "" };
            write!(f, "{slash}{}", percent_encode(segment, ":@"))?;
        }
        for (index, (name, value)) in self.query.iter().enumerate() {
            let separator = if index > 0 { '&' } else { '?' };
            let encoded = |text| percent_encode(text, ":@/?");
            write!(f, "{separator}{}={}", encoded(name), encoded(value))?;
        }
        if !self.fragment.is_empty() {
            write!(f, "#{}", percent_encode(&self.fragment, ""))?;
        }
        Ok(())
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(user) = &self.user {
            f.write_str(&percent_encode(user, ""))?;
            if let Some(password) = &self.password {
                write!(f, ":{}", percent_encode(password, ""))?;
            }
            f.write_str("@")?;
        }
        if self.bracketed {
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

/// `text` with everything written as `%XX` but unreserved characters and those of `keep`.
pub fn percent_encode(text: &str, keep: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for byte in text.bytes() {
        let c = char::from(byte);
        if is_unreserved(byte) || (byte.is_ascii() && keep.contains(c)) {
            out.push(c);
        } else {
            out.push_str(&format!("%{byte:02X}"));
        }
    }
    out
}

/// `text` with each `%XX` replaced by the byte it stands for.
///
/// # Errors
/// When a `%` is not followed by two hexadecimal digits, or the result is not UTF-8.
pub fn percent_decode(text: &str) -> Result<String, BadUrl> {
    let fault = |reason| BadUrl::Parameter { text: text.to_owned(), reason };
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte != b'%' {
            bytes.push(byte);
            continue;
        }
        let (Some(high), Some(low)) = (rest.next(), rest.next()) else {
            return Err(fault("incomplete pct-encoding"));
        };
        let digit = |byte: u8| char::from(byte).to_digit(16);
        let (Some(high), Some(low)) = (digit(high), digit(low)) else {
            return Err(fault("bad hexdig in pct-encoding"));
        };
        bytes.push((high * 16 + low) as u8);
    }
    String::from_utf8(bytes).map_err(|_| BadUrl::NotUtf8(text.to_owned()))
}

/// The parameters in the query `text`, without its `?`. What has no `=` is left out.
///
/// # Errors
/// When it has characters that no query has.
pub fn decode_query(text: &str, leniency: Leniency) -> Result<BTreeMap<String, String>, BadUrl> {
    let (taken, _) = take(text, leniency.in_query());
    if taken.len() < text.len() {
        return Err(BadUrl::Query(text.to_owned()));
    }
    query(taken)
}

fn query(text: &str) -> Result<BTreeMap<String, String>, BadUrl> {
    let mut parameters = BTreeMap::new();
    for (name, value) in text.split('&').filter_map(|parameter| parameter.split_once('=')) {
        parameters.entry(percent_decode(name)?).or_insert(percent_decode(value)?);
    }
    Ok(parameters)
}

fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

fn is_sub_delimiter(byte: u8) -> bool {
    matches!(byte, b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=')
}

/// Whether `text` is an address of a kind that is still to come, as RFC 3986 provides for them: `v1.ADDRESS`.
fn is_future_address(text: &str) -> bool {
    let Some((version, address)) = text.strip_prefix(['v', 'V']).and_then(|rest| rest.split_once('.')) else {
        return false;
    };
    let in_address = |byte: u8| is_unreserved(byte) || is_sub_delimiter(byte) || byte == b':';
    let is_version = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_hexdigit());
    is_version && !address.is_empty() && address.bytes().all(in_address)
}

/// What of `text` is made of the characters of a path segment, of `extra` and of whole percent codes, and whether it was a
/// broken percent code that ended it.
fn take<'t>(text: &'t str, extra: &[u8]) -> (&'t str, bool) {
    let bytes = text.as_bytes();
    let mut at = 0;
    while let Some(&byte) = bytes.get(at) {
        if byte == b'%' {
            let is_code =
                bytes.get(at + 1..at + 3).is_some_and(|code| code.iter().all(u8::is_ascii_hexdigit));
            if !is_code {
                return (text.get(..at).unwrap_or_default(), true);
            }
            at += 3;
        } else if is_unreserved(byte)
            || is_sub_delimiter(byte)
            || matches!(byte, b':' | b'@')
            || extra.contains(&byte)
        {
            at += 1;
        } else {
            break;
        }
    }
    (text.get(..at).unwrap_or_default(), false)
}

/// Reads a URL from left to right.
struct Reader<'t> {
    text: &'t str,
    rest: &'t str,
    leniency: Leniency,
}

impl<'t> Reader<'t> {
    fn fault(&self, reason: &'static str) -> BadUrl {
        BadUrl::Syntax { url: self.text.to_owned(), reason }
    }

    /// What of the rest may stand in a component that a `/` does not end.
    fn take(&mut self, extra: &[u8]) -> Result<&'t str, BadUrl> {
        let (taken, broken) = take(self.rest, extra);
        if broken {
            return Err(self.fault("mismatch"));
        }
        self.rest = self.rest.get(taken.len()..).unwrap_or_default();
        Ok(taken)
    }

    fn url(mut self) -> Result<Url, BadUrl> {
        let scheme = self.scheme()?;
        let authority = match self.rest.strip_prefix("//") {
            Some(rest) => {
                self.rest = rest;
                Some(self.authority()?)
            }
            None => None,
        };
        let path = self.take(b"/")?;
        let query_text = match self.rest.strip_prefix('?') {
            Some(rest) => {
                self.rest = rest;
                let (taken, _) = take(rest, self.leniency.in_query());
                self.rest = rest.get(taken.len()..).unwrap_or_default();
                taken
            }
            None => "",
        };
        let fragment = match self.rest.strip_prefix('#') {
            Some(rest) => {
                self.rest = rest;
                self.take(self.leniency.in_fragment())?
            }
            None => "",
        };
        if !self.rest.is_empty() {
            return Err(self.fault("leftover"));
        }
        let Some(scheme) = scheme else { return Err(BadUrl::NoScheme(self.text.to_owned())) };
        let is_file = scheme_parts(scheme).1 == "file";
        let path = if is_file && path.is_empty() { "/" } else { path };
        if let Some(authority) = authority.as_ref().filter(|it| is_file && !it.host.is_empty()) {
            let authority = authority.to_string();
            return Err(BadUrl::FileAuthority { url: self.text.to_owned(), authority });
        }
        Ok(Url {
            scheme: scheme.to_owned(),
            authority,
            path: path.split('/').map(percent_decode).collect::<Result<_, _>>()?,
            query: query(query_text)?,
            fragment: percent_decode(fragment)?,
        })
    }

    /// The scheme, or none where the text is a relative reference.
    fn scheme(&mut self) -> Result<Option<&'t str>, BadUrl> {
        let in_scheme = |c: char| c.is_ascii_alphanumeric() || matches!(c, '+' | '-' | '.');
        let (candidate, rest) = match self.rest.find(|c| !in_scheme(c)) {
            Some(end) => self.rest.split_at(end),
            None => (self.rest, ""),
        };
        if let Some(rest) = rest.strip_prefix(':')
            && candidate.starts_with(|c: char| c.is_ascii_alphabetic())
        {
            self.rest = rest;
            return Ok(Some(candidate));
        }
        // A colon in the first segment of a relative path could be taken for the end of a scheme.
        let (first, _) = take(self.rest, b"");
        if first.find(':').is_some_and(|at| at > 0) {
            return Err(self.fault("mismatch"));
        }
        if first.starts_with(':') {
            return Err(self.fault("leftover"));
        }
        Ok(None)
    }

    fn authority(&mut self) -> Result<Authority, BadUrl> {
        let end = self.rest.find(['/', '?', '#']).unwrap_or(self.rest.len());
        let (text, rest) = self.rest.split_at(end);
        self.rest = rest;
        let (taken, broken) = take(text, b"[]");
        if broken {
            return Err(self.fault("mismatch"));
        }
        if taken.len() < text.len() {
            return Err(self.fault("leftover"));
        }
        let (login, place) = match text.split_once('@') {
            Some((login, place)) => (Some(login), place),
            None => (None, text),
        };
        if place.contains('@') || login.is_some_and(|login| login.contains(['[', ']'])) {
            return Err(self.fault("leftover"));
        }
        let (user, password) = match login.and_then(|login| login.split_once(':')) {
            Some((user, password)) => (Some(percent_decode(user)?), Some(percent_decode(password)?)),
            None => (login.map(percent_decode).transpose()?, None),
        };
        let (host, port, bracketed) = match place.strip_prefix('[') {
            Some(inner) => {
                let Some((host, port)) = inner.split_once(']') else { return Err(self.fault("mismatch")) };
                let (address, _) = host.split_once("%25").unwrap_or((host, ""));
                if !is_future_address(host) && address.parse::<Ipv6Addr>().is_err() {
                    return Err(self.fault("mismatch"));
                }
                (host, port, true)
            }
            None => {
                let at = place.find(':').unwrap_or(place.len());
                let (host, port) = place.split_at(at);
                (host, port, false)
            }
        };
        let digits = match port.strip_prefix(':') {
            None if port.is_empty() => "",
            None => return Err(self.fault("leftover")),
            Some(digits) => digits,
        };
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) || (!bracketed && host.contains(['[', ']'])) {
            return Err(self.fault("leftover"));
        }
        let port = match digits {
            "" => None,
            digits => match digits.parse() {
                Ok(0) | Err(_) => return Err(BadUrl::Port(digits.to_owned())),
                Ok(port) => Some(port),
            },
        };
        Ok(Authority { host: percent_decode(host)?, bracketed, user, password, port })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, leniency: Leniency, expected: &str) {
        let found = match Url::parse(text, leniency) {
            Ok(url) => url.to_string(),
            Err(error) => format!("! {error}"),
        };
        assert_eq!(found, expected, "{text}");
    }

    #[test]
    fn urls_are_written_in_one_form() {
        for (text, expected) in [
            ("https://h/a?b=c#d", "https://h/a?b=c#d"),
            ("https://h/%7Ea/%2f+", "https://h/~a/%2F%2B"),
            ("https://h?b=1&a=2&b=3&c", "https://h?a=2&b=1"),
            ("https://u:p%3Aq@[::1]:80/", "https://u:p%3Aq@[::1]:80/"),
            ("https://h:/", "https://h/"),
            ("git+file:", "git+file:/"),
            ("github:a/b", "github:a/b"),
            ("x:#a#b", "x:#a%23b"),
            ("https://u:p@h:80/a//b", "https://u:p@h:80/a//b"),
            ("file:///a%20b", "file:///a%20b"),
            ("path:./x?rev=1&y", "path:./x?rev=1"),
            ("flake:nixpkgs", "flake:nixpkgs"),
        ] {
            check(text, Leniency::Strict, expected);
        }
    }

    #[test]
    fn what_is_no_url_is_told() {
        for (text, expected) in [
            ("a", "! 'a' doesn't have a scheme"),
            ("/a:b", "! '/a:b' doesn't have a scheme"),
            ("https://h:a/", "! 'https://h:a/' is not a valid URL: leftover"),
            ("1a:b", "! '1a:b' is not a valid URL: mismatch"),
            (":b", "! ':b' is not a valid URL: leftover"),
            ("https://h/a b", "! 'https://h/a b' is not a valid URL: leftover"),
            ("https://h/%zz", "! 'https://h/%zz' is not a valid URL: mismatch"),
            ("https://h?a=b c", "! 'https://h?a=b c' is not a valid URL: leftover"),
            ("https://h:0", "! port '0' is invalid"),
            ("https://[::g]", "! 'https://[::g]' is not a valid URL: mismatch"),
            ("file://h/", "! file:// URL 'file://h/' has unexpected authority 'h'"),
            ("https://h/%ff", "! '%ff' does not stand for UTF-8 text"),
        ] {
            check(text, Leniency::Strict, expected);
        }
    }

    #[test]
    fn people_write_blanks_and_quotes() {
        check("x:a?b=c d\"#e f^\"", Leniency::Lenient, "x:a?b=c%20d%22#e%20f%5E%22");
        check("x:a b", Leniency::Lenient, "! 'x:a b' is not a valid URL: leftover");
        check("x:a?b^", Leniency::Lenient, "! 'x:a?b^' is not a valid URL: leftover");
    }

    #[test]
    fn paths_of_files() {
        for (url, expected) in [
            ("path:", Ok("/")),
            ("path:a//b", Ok("a/b")),
            ("path:/a/", Ok("/a/")),
            ("path:/%20", Ok("/ ")),
            ("path:/a%2Fb", Err("URL path component 'a/b' contains '/', which is not allowed in file names")),
        ] {
            let found = Url::parse(url, Leniency::Strict).unwrap().file_path();
            assert_eq!(
                found.map_err(|error| error.to_string()),
                expected.map(str::to_owned).map_err(str::to_owned)
            );
        }
    }
}
