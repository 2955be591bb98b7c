//! Inputs behind a URL: single files, and trees in archives.

use std::io::Read;
use std::path::Path;

use nix_formats::flake_ref::Scheme;
use nix_formats::uri::Leniency;
use nix_formats::{Hash, InputValue, Url};
use serde_json::{Map, Value};

use crate::cache::{Cache, CachedTree, Record, facts};
use crate::error::{Context, Error, Result};
use crate::fetcher::Fetcher;
use crate::http::{Answer, Body};
use crate::input::{Input, string};
use crate::unpack::{Unpacked, spool, unpack};

/// The tree in an archive that was downloaded.
pub(crate) struct Tarball {
    pub(crate) tree: CachedTree,
    pub(crate) last_modified: u64,
    immutable_url: Option<String>,
}

/// Whether what is behind `url` costs nothing to look at, so that no cached answer is taken without looking.
fn is_local(url: &str) -> bool {
    url.starts_with("file:")
}

fn usable<'r>(record: Option<&'r Record>, url: &str) -> Option<&'r Record> {
    record.filter(|record| !record.expired && !is_local(url))
}

impl Fetcher<'_> {
    /// A file behind a URL: the hash that the cache has it under.
    pub(crate) fn download(&self, url: &str, headers: &[(String, String)]) -> Result<Hash> {
        let cached = |record: &Record| record.hash("hash").filter(|hash| self.cache.file(hash).is_some());
        self.note_local(url);
        let known = self.cache.record(&["file", url]);
        if let Some(hash) = usable(known.as_ref(), url).and_then(cached) {
            return Ok(hash);
        }
        let known = known.as_ref().and_then(|record| Some((cached(record)?, record)));
        let etag = known.and_then(|(_, record)| record.text("etag"));
        let body = match self.client.get(url, headers, etag) {
            Ok(Answer::Body(body)) => body,
            Ok(Answer::Unchanged) => {
                let Some((hash, record)) = known else {
                    let reason = "HTTP error 304".to_owned();
                    return Err(Error::Download { url: url.to_owned(), reason });
                };
                self.cache.set_record(&["file", url], &record.facts)?;
                return Ok(hash);
            }
            Err(error) => {
                let Some((hash, _)) = known.filter(|_| !is_local(url)) else { return Err(error) };
                self.warn(&format!("{error}; using cached version"));
                return Ok(hash);
            }
        };
        let Body { mut reader, etag, urls, .. } = *body;
        let mut contents = Vec::new();
        let interrupted =
            |error: std::io::Error| Error::Download { url: url.to_owned(), reason: error.to_string() };
        reader.read_to_end(&mut contents).map_err(interrupted)?;
        let hash = self.cache.add_file(&contents)?;
        for url in urls {
            let facts = facts([("hash", hash.to_sri().into()), ("etag", etag.as_str().into())]);
            self.cache.set_record(&["file", &url], &facts)?;
        }
        Ok(hash)
    }

    /// Notes that the file which a local URL names is looked at.
    fn note_local(&self, url: &str) {
        if is_local(&url.to_ascii_lowercase())
            && let Ok(parsed) = Url::parse(url, Leniency::Strict)
            && let Ok(path) = parsed.file_path()
        {
            self.cache.notes.local(Path::new(&path));
        }
    }

    /// A single file as an input.
    pub(crate) fn file(&self, input: Input) -> Result<(CachedTree, Input)> {
        let hash = self.download(string(&input.attrs, "url")?, &[])?;
        let path = self.cache.file(&hash).unwrap_or_default();
        let (nar_hash, _) = nix_store::nar_hash(&path)?;
        Ok((CachedTree { path, nar_hash }, input))
    }

    /// The tree in an archive as an input.
    pub(crate) fn tarball(&self, mut input: Input) -> Result<(CachedTree, Input)> {
        let url = string(&input.attrs, "url")?;
        let found = self.download_tarball(url, &[])?;
        if let Some(url) = &found.immutable_url {
            let name = input.attrs.get("name").cloned();
            input = Input::from_url(url)?;
            if input.scheme != Some(Scheme::Tarball) {
                let message = "tarball 'Link' headers that redirect to non-tarball URLs are not supported";
                return Err(Error::BadInput(message.to_owned()));
            }
            if let Some(name) = name {
                input.set("name", name);
            }
        }
        if found.last_modified != 0 && !input.attrs.contains_key("lastModified") {
            input.set("lastModified", InputValue::Int(found.last_modified));
        }
        Ok((found.tree, input))
    }

    /// Downloads and unpacks an archive, unless the cache knows what is in it.
    pub(crate) fn download_tarball(&self, url: &str, headers: &[(String, String)]) -> Result<Tarball> {
        check_local(url)?;
        self.note_local(url);
        let cached = |record: &Record| {
            let tree = self.cache.tree(&record.hash("narHash")?)?;
            let immutable_url = record.text("immutableUrl").map(str::to_owned);
            Some(Tarball { tree, last_modified: record.number("lastModified")?, immutable_url })
        };
        let known = self.cache.record(&["tarball", url]);
        if let Some(found) = usable(known.as_ref(), url).and_then(cached) {
            return Ok(found);
        }
        let known = known.as_ref().and_then(|record| Some((cached(record)?, record)));
        let etag = known.as_ref().and_then(|(_, record)| record.text("etag"));
        let body = match (self.client.get(url, headers, etag), known) {
            (Ok(Answer::Body(body)), _) => body,
            (Ok(Answer::Unchanged), Some((found, record))) => {
                self.cache.set_record(&["tarball", url], &record.facts)?;
                return Ok(found);
            }
            (Ok(Answer::Unchanged), None) => {
                let reason = "HTTP error 304".to_owned();
                return Err(Error::Download { url: url.to_owned(), reason });
            }
            (Err(error), Some((found, _))) if !is_local(url) => {
                self.warn(&format!("{error}; using cached version"));
                return Ok(found);
            }
            (Err(error), _) => return Err(error),
        };
        let Body { reader, etag, immutable_url, urls } = *body;
        let (tree, last_modified) = unpack_into(&self.cache, url, reader)?;
        let mut record: Map<String, Value> = facts([
            ("narHash", tree.nar_hash.to_sri().into()),
            ("lastModified", last_modified.into()),
            ("etag", etag.into()),
        ]);
        if let Some(url) = &immutable_url {
            record.insert("immutableUrl".to_owned(), url.as_str().into());
        }
        for url in urls {
            self.cache.set_record(&["tarball", &url], &record)?;
        }
        Ok(Tarball { tree, last_modified, immutable_url })
    }
}

/// Unpacks what `reader` gives into the cache, without a directory around everything.
fn unpack_into(cache: &Cache, url: &str, reader: impl Read) -> Result<(CachedTree, u64)> {
    let archive = spool(reader, cache.scratch()?).map_err(|error| match error {
        Error::Io { source, .. } => Error::Download { url: url.to_owned(), reason: source.to_string() },
        other => other,
    })?;
    let workshop = cache.workshop()?;
    let root = workshop.path().join("tree");
    std::fs::create_dir(&root).context("creating directory", &root)?;
    let Unpacked { tree, last_modified } = unpack(archive, root)?;
    Ok((cache.add_tree(tree.stripped())?, last_modified))
}

/// Says what is wrong with a local path that is no archive.
fn check_local(url: &str) -> Result<()> {
    let parsed = Url::parse(url, Leniency::Strict)?;
    if parsed.scheme != "file" {
        return Ok(());
    }
    let path = parsed.file_path()?;
    let path = Path::new(&path);
    if !path.is_absolute() {
        let message = "must use an absolute path. The 'file' scheme does not support relative paths.";
        return Err(Error::BadInput(format!("tarball '{parsed}' {message}")));
    }
    let reason = if !path.exists() {
        "does not exist."
    } else if path.is_dir() && path.join(".git").exists() {
        "is a git repository, not a tarball. Please use `git+file` as the scheme."
    } else if path.is_dir() {
        "is a directory, not a file."
    } else {
        return Ok(());
    };
    Err(Error::NotATarball { path: path.to_owned(), reason })
}
