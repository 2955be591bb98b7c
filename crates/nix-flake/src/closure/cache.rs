//! A binary cache: objects behind a URL, each with a `.narinfo` and an archive.

use std::cell::RefCell;
use std::collections::HashMap;
use std::io::{BufReader, Read};
use std::rc::Rc;

use nix_formats::nar_info::Compression;
use nix_formats::{CacheInfo, NarInfo, StorePath};

use crate::error::{Error, Result};
use crate::fetcher::Fetcher;
use crate::http::Answer;
use crate::unpack::decompressed;

/// The largest `.narinfo` that is read; real ones have some hundred references at most.
const MAX_INFO: u64 = 4 << 20;

/// A cache that objects are copied from.
pub(super) struct BinaryCache<'f> {
    fetcher: &'f Fetcher<'f>,
    /// Its URL, without a slash at the end.
    url: String,
    infos: RefCell<HashMap<StorePath, Rc<NarInfo>>>,
}

/// What is being sorted: an object, and those of its references that were not looked at yet.
type Open = (StorePath, Vec<StorePath>);

impl<'f> BinaryCache<'f> {
    /// The cache at `url`, whose objects must be for the same store directory.
    pub(super) fn open(fetcher: &'f Fetcher<'f>, url: &str) -> Result<Self> {
        let url = url.trim_end_matches('/').to_owned();
        let cache = BinaryCache { fetcher, url, infos: RefCell::default() };
        let url = &cache.url;
        let Some(text) = cache.text("nix-cache-info")? else {
            // A directory becomes a cache by being used as one.
            if url.starts_with("file:") {
                return Ok(cache);
            }
            return Err(Error::Closure(format!("'{url}' does not appear to be a binary cache")));
        };
        let own = fetcher.store.store_dir().as_str();
        match CacheInfo::parse(&text).store_dir {
            Some(other) if other != own => Err(Error::Closure(format!(
                "binary cache '{url}' is for Nix stores with prefix '{other}', not '{own}'"
            ))),
            _ => Ok(cache),
        }
    }

    /// What the cache tells of an object.
    pub(super) fn info(&self, path: &StorePath) -> Result<Rc<NarInfo>> {
        if let Some(info) = self.infos.borrow().get(path) {
            return Ok(info.clone());
        }
        let dir = self.fetcher.store.store_dir();
        let invalid = || Error::Closure(format!("path '{}' is not valid", dir.join(path)));
        let file = format!("{}.narinfo", path.hash_part());
        let text = self.text(&file)?.ok_or_else(invalid)?;
        let info = NarInfo::parse(dir, &text, &file)?;
        if info.object.path != *path {
            return Err(invalid());
        }
        let info = Rc::new(info);
        self.infos.borrow_mut().insert(path.clone(), info.clone());
        Ok(info)
    }

    /// The object's archive. It may be any.
    pub(super) fn archive(&self, info: &NarInfo) -> Result<Box<dyn Read>> {
        let Some(reader) = self.file(&info.url)? else {
            return Err(Error::Closure(format!(
                "file '{}' does not exist in binary cache '{}'",
                info.url, self.url
            )));
        };
        match info.compression {
            Compression::NONE => Ok(Box::new(BufReader::new(reader))),
            Compression::BZIP2 | Compression::GZIP | Compression::XZ | Compression::ZSTD => {
                Ok(Box::new(decompressed(Box::new(BufReader::with_capacity(64 << 10, reader)), 0)?))
            }
            other => Err(Error::Closure(format!(
                "file '{}' in binary cache '{}' is compressed with '{}', which is not supported",
                info.url,
                self.url,
                other.name()
            ))),
        }
    }

    /// An object and all that it refers to, except what `skip` knows of: each once, and after what it refers to.
    pub(super) fn sorted(
        &self,
        path: &StorePath,
        skip: impl Fn(&StorePath) -> Result<bool>,
    ) -> Result<Vec<StorePath>> {
        let mut sorted = Vec::new();
        // Whether an object is sorted already, or still waits for those that it refers to.
        let mut done: HashMap<StorePath, bool> = HashMap::new();
        let mut open: Vec<Open> = Vec::new();
        let begin = |path: StorePath, open: &mut Vec<Open>| -> Result<()> {
            let references = self.info(&path)?.object.references.iter().rev().cloned().collect();
            open.push((path, references));
            Ok(())
        };
        if !skip(path)? {
            done.insert(path.clone(), false);
            begin(path.clone(), &mut open)?;
        }
        while let Some((path, references)) = open.last_mut() {
            let Some(next) = references.pop() else {
                done.insert(path.clone(), true);
                sorted.extend(open.pop().map(|(path, _)| path));
                continue;
            };
            match done.get(&next) {
                Some(true) => {}
                Some(false) if next == *path => {}
                Some(false) => {
                    let dir = self.fetcher.store.store_dir();
                    return Err(Error::Closure(format!(
                        "cycle detected in the references of '{}' from '{}'",
                        dir.join(&next),
                        dir.join(path)
                    )));
                }
                None if skip(&next)? => _ = done.insert(next, true),
                None => {
                    done.insert(next.clone(), false);
                    begin(next, &mut open)?;
                }
            }
        }
        Ok(sorted)
    }

    fn text(&self, file: &str) -> Result<Option<String>> {
        let Some(reader) = self.file(file)? else { return Ok(None) };
        let mut text = Vec::new();
        reader.take(MAX_INFO).read_to_end(&mut text).map_err(|error| Error::Download {
            url: format!("{}/{file}", self.url),
            reason: error.to_string(),
        })?;
        Ok(Some(String::from_utf8_lossy(&text).into_owned()))
    }

    /// A file of the cache, if there is one.
    fn file(&self, file: &str) -> Result<Option<Box<dyn Read>>> {
        match self.fetcher.client.get(&self.resolve(file)?, &[], None) {
            Ok(Answer::Body(body)) => Ok(Some(body.reader)),
            Ok(Answer::Unchanged) => Ok(None),
            Err(error) if is_missing(&error) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The URL of a file, which itself is a URL relative to the cache's: on a server anywhere, on this machine in the cache.
    fn resolve(&self, file: &str) -> Result<String> {
        if self.url.starts_with("file:") {
            let outside =
                |reason| Error::Closure(format!("local binary cache path '{file}' must not {reason}"));
            if file.starts_with('/') {
                return Err(outside("be absolute"));
            }
            if file.split('/').any(|segment| matches!(segment, "." | "..")) {
                return Err(outside("contain '..' or '.' segments"));
            }
        } else if file.starts_with("http://") || file.starts_with("https://") {
            return Ok(file.to_owned());
        } else if file.starts_with('/')
            && let Some((scheme, rest)) = self.url.split_once("://")
        {
            let host = rest.split('/').next().unwrap_or(rest);
            return Ok(format!("{scheme}://{host}{file}"));
        }
        Ok(format!("{}/{file}", self.url))
    }
}

/// Whether a download failed because there is nothing, or nothing for us.
fn is_missing(error: &Error) -> bool {
    let Error::Download { reason, .. } = error else { return false };
    let status = reason.strip_prefix("HTTP error ");
    status.is_some_and(|status| matches!(status, "401" | "403" | "404" | "407" | "410"))
        || reason.starts_with("Could not read a file://")
}
