//! Gets what is behind a URL: over HTTP, or from a local file.

use std::cell::OnceCell;
use std::fs::File;
use std::io::Read;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use nix_formats::Url;
use nix_formats::error::BadUrl;
use nix_formats::uri::Leniency;
use ureq::ResponseExt;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use crate::config::Config;
use crate::error::{Error, Result};
use crate::netrc;

/// A client for any number of downloads.
pub(crate) struct Client {
    agent: OnceCell<ureq::Agent>,
    netrc: Option<PathBuf>,
    certificates: Option<PathBuf>,
}

/// Names and values of HTTP headers.
pub(crate) type Headers = Vec<(String, String)>;

/// What a URL leads to.
pub(crate) enum Answer {
    /// The same as when it had the tag that was sent along.
    Unchanged,
    /// A new body.
    Body(Box<Body>),
}

/// A download that has begun.
pub(crate) struct Body {
    /// The bytes.
    pub(crate) reader: Box<dyn Read>,
    /// The server's name for this state of it; empty if it gave none.
    pub(crate) etag: String,
    /// A URL that always leads to just this.
    pub(crate) immutable_url: Option<String>,
    /// The URLs that led here, the last one first asked.
    pub(crate) urls: Vec<String>,
}

/// How often a server that seems to have passing trouble is asked in all.
const ATTEMPTS: u32 = 4;

impl Client {
    pub(crate) fn new(config: &Config) -> Self {
        Client {
            agent: OnceCell::new(),
            netrc: config.netrc.clone(),
            certificates: config.certificates.clone(),
        }
    }

    /// Gets `url`, unless what it leads to still has the tag `etag`.
    pub(crate) fn get(&self, url: &str, headers: &[(String, String)], etag: Option<&str>) -> Result<Answer> {
        let parsed = Url::parse(url, Leniency::Strict).map_err(|error| match error {
            BadUrl::NoScheme(text) => Error::BadInput(format!("URL '{text}' doesn't have a scheme")),
            other => other.into(),
        })?;
        match parsed.scheme.to_ascii_lowercase().as_str() {
            "file" => local_file(url, &parsed, etag),
            "http" | "https" => self.request(url, &parsed, headers, etag),
            other => Err(failed(url, format!("Unsupported protocol (1) Protocol \"{other}\" not supported"))),
        }
    }

    fn agent(&self, url: &str) -> Result<&ureq::Agent> {
        if let Some(agent) = self.agent.get() {
            return Ok(agent);
        }
        let mut builder = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .save_redirect_history(true)
            .user_agent(concat!("hm/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(Some(Duration::from_secs(15)))
            .timeout_recv_response(Some(Duration::from_secs(300)))
            .timeout_per_read(Some(Duration::from_secs(300)));
        if url.starts_with("https:") {
            builder = builder.tls_config(self.tls(url)?);
            let agent: ureq::Agent = builder.build().into();
            return Ok(self.agent.get_or_init(|| agent));
        }
        // A plain request may be redirected to a secure one, so it needs certificates too, if there are any.
        if let Ok(tls) = self.tls(url) {
            builder = builder.tls_config(tls);
        }
        let agent: ureq::Agent = builder.build().into();
        Ok(self.agent.get_or_init(|| agent))
    }

    fn tls(&self, url: &str) -> Result<TlsConfig> {
        let found = match &self.certificates {
            Some(file) => rustls_native_certs::load_certs_from_paths(Some(file), None),
            None => rustls_native_certs::load_native_certs(),
        };
        if found.certs.is_empty() {
            let reason = match found.errors.first() {
                Some(error) => format!("no certificate authorities were found ({error})"),
                None => "no certificate authorities were found".to_owned(),
            };
            return Err(failed(url, reason));
        }
        let certificates: Vec<Certificate<'static>> =
            found.certs.iter().map(|certificate| Certificate::from_der(certificate).to_owned()).collect();
        Ok(TlsConfig::builder()
            .root_certs(RootCerts::Specific(Arc::new(certificates)))
            .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
            .build())
    }

    fn request(
        &self,
        url: &str,
        parsed: &Url,
        headers: &[(String, String)],
        etag: Option<&str>,
    ) -> Result<Answer> {
        let mut headers = headers.to_vec();
        let named =
            |name: &str, headers: &Headers| headers.iter().any(|(known, _)| known.eq_ignore_ascii_case(name));
        if let Some(etag) = etag.filter(|etag| !etag.is_empty()) {
            headers.push(("If-None-Match".to_owned(), etag.to_owned()));
        }
        if !named("authorization", &headers)
            && let Some((user, password)) = self.credentials(parsed)
        {
            headers.push(("Authorization".to_owned(), netrc::basic(&user, &password)));
        }
        let mut wait = Duration::from_millis(250);
        let mut attempt = 1;
        loop {
            match self.attempt(url, &headers) {
                Err((error, true)) if attempt < ATTEMPTS => {
                    tracing::info!(%error, attempt, "trying again");
                    std::thread::sleep(wait);
                    wait *= 2;
                    attempt += 1;
                }
                Err((error, _)) => return Err(error),
                Ok(answer) => return Ok(answer),
            }
        }
    }

    fn credentials(&self, url: &Url) -> Option<(String, String)> {
        let authority = url.authority.as_ref()?;
        if let Some(user) = &authority.user {
            return Some((user.clone(), authority.password.clone().unwrap_or_default()));
        }
        let text = std::fs::read_to_string(self.netrc.as_ref()?).ok()?;
        netrc::lookup(&text, &authority.host)
    }

    /// One request; with an error, whether it may go away by itself.
    fn attempt(&self, url: &str, headers: &[(String, String)]) -> Result<Answer, (Error, bool)> {
        let agent = self.agent(url).map_err(|error| (error, false))?;
        // The fragment is not the server's business, nor is a user in the URL, who is in a header.
        let plain = Url::parse(url, Leniency::Strict).map(|mut parsed| {
            parsed.fragment.clear();
            if let Some(authority) = &mut parsed.authority {
                (authority.user, authority.password) = (None, None);
            }
            parsed.to_string()
        });
        let mut request = agent.get(plain.as_deref().unwrap_or(url));
        for (name, value) in headers {
            request = request.header(name, value);
        }
        let response = request.call().map_err(|error| {
            let passing = matches!(
                error,
                ureq::Error::Io(_)
                    | ureq::Error::Timeout(_)
                    | ureq::Error::HostNotFound
                    | ureq::Error::ConnectionFailed
            );
            (failed(url, describe(&error, url)), passing)
        })?;
        let status = response.status();
        if status == ureq::http::StatusCode::NOT_MODIFIED {
            return Ok(Answer::Unchanged);
        }
        if !status.is_success() {
            let passing = status.is_server_error() || matches!(status.as_u16(), 408 | 429);
            return Err((failed(url, format!("HTTP error {}", status.as_u16())), passing));
        }
        let text = |name: &str| {
            response.headers().get(name).and_then(|value| value.to_str().ok()).map(str::to_owned)
        };
        let mut urls: Vec<String> =
            response.get_redirect_history().unwrap_or_default().iter().map(ToString::to_string).collect();
        if let Some(first) = urls.first_mut() {
            url.clone_into(first);
        } else {
            urls.push(url.to_owned());
        }
        let link = text("link").or_else(|| text("x-amz-meta-link"));
        Ok(Answer::Body(Box::new(Body {
            etag: text("etag").unwrap_or_default(),
            immutable_url: link.as_deref().and_then(immutable_link).map(str::to_owned),
            urls,
            reader: Box::new(response.into_body().into_reader()),
        })))
    }
}

fn failed(url: &str, reason: String) -> Error {
    Error::Download { url: url.to_owned(), reason }
}

fn describe(error: &ureq::Error, url: &str) -> String {
    let host = || {
        let url = Url::parse(url, Leniency::Strict).ok();
        url.and_then(|url| url.authority).map(|found| found.host).unwrap_or_default()
    };
    match error {
        ureq::Error::HostNotFound => {
            format!("Could not resolve hostname (6) Could not resolve host: {}", host())
        }
        ureq::Error::Io(error) if error.kind() == std::io::ErrorKind::ConnectionRefused => {
            format!("Could not connect to server (7) Failed to connect to {}: {error}", host())
        }
        other => other.to_string(),
    }
}

/// The URL in a header `Link: <URL>; rel="immutable"`.
fn immutable_link(header: &str) -> Option<&str> {
    let (url, rest) = header.trim().strip_prefix('<')?.split_once('>')?;
    rest.eq_ignore_ascii_case("; rel=\"immutable\"").then_some(url)
}

/// A local file. What it is tagged with changes whenever it is written.
fn local_file(url: &str, parsed: &Url, etag: Option<&str>) -> Result<Answer> {
    let path = parsed.file_path()?;
    let unreadable = || failed(url, format!("Could not read a file:// file (37) Could not open file {path}"));
    let file = File::open(Path::new(&path)).map_err(|_| unreadable())?;
    let metadata = file.metadata().map_err(|_| unreadable())?;
    if metadata.is_dir() {
        return Err(unreadable());
    }
    let (inode, size) = (metadata.ino(), metadata.len());
    let tag = format!("{inode}-{size}-{}-{}", metadata.ctime(), metadata.ctime_nsec());
    if etag == Some(tag.as_str()) {
        return Ok(Answer::Unchanged);
    }
    Ok(Answer::Body(Box::new(Body {
        reader: Box::new(file),
        etag: tag,
        immutable_url: None,
        urls: vec![url.to_owned()],
    })))
}

#[cfg(test)]
mod tests {
    use super::immutable_link;

    #[test]
    fn immutable_links() {
        for (header, expected) in [
            ("<https://h/x?rev=1>; rel=\"immutable\"", Some("https://h/x?rev=1")),
            ("<u>; rel=\"Immutable\"", Some("u")),
            ("<u>; rel=\"next\"", None),
            ("u; rel=\"immutable\"", None),
        ] {
            assert_eq!(immutable_link(header), expected, "{header}");
        }
    }
}
