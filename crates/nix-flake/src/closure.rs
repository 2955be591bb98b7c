//! Copies store objects from a binary cache, with everything that they refer to.
//!
//! Only objects that are known by their contents are taken: their paths prove them, so nobody needs to be trusted.

use std::collections::BTreeSet;
use std::io::{BufReader, Read};

use nix_eval::host::ClosureRequest;
use nix_formats::nar::{nar_hash, read_tree};
use nix_formats::{FileIngestion, Hash, HashAlgo, StorePath, Tree};

use crate::builder::TreeBuilder;
use crate::error::{Context, Error, Result};
use crate::fetcher::Fetcher;
use crate::http::Answer;
use crate::unpack::decompressed;

/// What a binary cache tells of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Info {
    url: String,
    nar_hash: Hash,
    references: BTreeSet<StorePath>,
    content_address: Option<String>,
}

impl Info {
    /// Reads a `.narinfo`.
    fn parse(text: &str) -> Option<Info> {
        let field = |name: &str| {
            let mut lines = text.lines();
            lines.find_map(|line| line.strip_prefix(name)?.strip_prefix(':').map(str::trim))
        };
        let references = field("References").unwrap_or_default().split_whitespace();
        Some(Info {
            url: field("URL")?.to_owned(),
            nar_hash: Hash::parse(field("NarHash")?, None).ok()?,
            references: references
                .map(|name| StorePath::from_base_name(name.as_bytes()).ok())
                .collect::<Option<_>>()?,
            content_address: field("CA").filter(|address| !address.is_empty()).map(str::to_owned),
        })
    }
}

impl Fetcher<'_> {
    pub(crate) fn closure(&self, request: &ClosureRequest<'_>) -> Result<StorePath> {
        let from = request.from_path;
        if let Some(to) = request.to_path {
            return match to {
                Some(to) if self.has(to)? => Ok(to.clone()),
                _ => Err(Error::Closure(format!(
                    "rewriting '{}' to content-addressed form is not supported",
                    self.store.store_dir().join(from)
                ))),
            };
        }
        if request.input_addressed {
            if self.has(from)? {
                return Ok(from.clone());
            }
            return Err(Error::Closure(format!(
                "'{}' is not in the store, and copying input-addressed objects is not supported",
                self.store.store_dir().join(from)
            )));
        }
        self.copy(request.from_store.trim_end_matches('/'), from, &mut Vec::new())?;
        Ok(from.clone())
    }

    /// Copies an object and what it refers to; `open` are those that wait for this one.
    fn copy(&self, store: &str, path: &StorePath, open: &mut Vec<StorePath>) -> Result<()> {
        if self.has(path)? {
            return Ok(());
        }
        let full = self.store.store_dir().join(path);
        let info = self.info(store, path)?;
        let Some(address) = &info.content_address else {
            return Err(Error::Closure(match open.last() {
                None => format!(
                    "The 'fromPath' value '{full}' is input-addressed, but 'inputAddressed' is set to 'false' (default)."
                ),
                Some(_) => format!("'{full}' is input-addressed, and copying such objects is not supported"),
            }));
        };
        if info.references.contains(path) {
            return Err(Error::Closure(format!("'{full}' refers to itself, which is not supported")));
        }
        if open.contains(path) {
            return Err(Error::Closure(format!("'{full}' refers to itself by way of others")));
        }
        open.push(path.clone());
        for reference in &info.references {
            self.copy(store, reference, open)?;
        }
        open.pop();
        let tree = self.archive(store, path, &info)?;
        self.add_object(path, &tree, address, &info.references)
    }

    fn info(&self, store: &str, path: &StorePath) -> Result<Info> {
        let full = self.store.store_dir().join(path);
        let url = format!("{store}/{}.narinfo", path.hash_part());
        let missing = |reason: String| Error::Closure(format!("path '{full}' is not in '{store}': {reason}"));
        let mut text = String::new();
        if let Answer::Body(body) =
            self.client.get(&url, &[], None).map_err(|error| missing(error.to_string()))?
        {
            body.reader
                .take(1 << 20)
                .read_to_string(&mut text)
                .map_err(|error| Error::Download { url: url.clone(), reason: error.to_string() })?;
        }
        Info::parse(&text).ok_or_else(|| Error::Closure(format!("NAR info file '{url}' is corrupt")))
    }

    fn archive(&self, store: &str, path: &StorePath, info: &Info) -> Result<Tree> {
        let url = format!("{store}/{}", info.url);
        let Answer::Body(body) = self.client.get(&url, &[], None)? else {
            return Err(Error::Closure(format!("'{url}' is not there")));
        };
        let tree = read_tree(decompressed(Box::new(BufReader::new(body.reader)), 0)?)?;
        let (found, _) = nar_hash(&tree)?;
        if found != info.nar_hash {
            let full = self.store.store_dir().join(path);
            return Err(Error::Closure(format!(
                "hash mismatch importing path '{full}';\n  specified: {}\n  got:       {}",
                info.nar_hash.to_sri(),
                found.to_sri()
            )));
        }
        Ok(tree)
    }

    /// Adds an object after checking that its path is the one its contents give.
    fn add_object(
        &self,
        path: &StorePath,
        tree: &Tree,
        address: &str,
        references: &BTreeSet<StorePath>,
    ) -> Result<()> {
        let dir = self.store.store_dir();
        let name = path.name();
        let contents = match tree {
            Tree::Regular { contents, executable: false } => Some(contents.as_slice()),
            _ => None,
        };
        let recursive = || -> Result<StorePath> {
            Ok(dir.make_fixed_output_path(
                name,
                FileIngestion::Recursive,
                &nar_hash(tree)?.0,
                references,
                false,
            )?)
        };
        let computed = match (address.split_once(':'), contents) {
            (Some(("text", _)), Some(text)) => {
                dir.make_text_path(name, &HashAlgo::Sha256.digest(text), references)?
            }
            (Some(("fixed", how)), _) if how.starts_with("r:sha256:") => recursive()?,
            (Some(("fixed", how)), Some(contents)) if how.starts_with("sha256:") => {
                self.object(name, FileIngestion::Flat, &HashAlgo::Sha256.digest(contents))?
            }
            _ => return Err(Error::Closure(format!("the content address '{address}' is not supported"))),
        };
        if computed != *path {
            return Err(Error::Closure(format!(
                "the contents of '{}' are those of '{}'",
                dir.join(path),
                dir.join(&computed)
            )));
        }
        if let Some(overlay) = self.overlay() {
            let workshop = self.cache.workshop()?;
            // A file is written as the only member of a directory.
            let root = workshop.path().join("tree");
            std::fs::create_dir(&root).context("creating directory", &root)?;
            let mut builder = TreeBuilder::new(root.clone());
            builder.tree(b"object", tree)?;
            builder.finish()?;
            overlay.insert(path, self.cache.add_tree(&root.join("object"))?.path);
            return Ok(());
        }
        match (address.starts_with("text:"), contents) {
            (true, Some(text)) => self.store.add_text(name, text, references)?,
            (false, Some(contents)) if address.starts_with("fixed:sha256:") => {
                self.store.add_flat(name, contents)?
            }
            _ => self.store.add_tree(name, tree, references)?,
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn infos() {
        let text = "StorePath: /nix/store/x\nURL: nar/1.nar.xz\nCompression: xz\n\
            NarHash: sha256:0sg9f58l1jj88w6pdrfdpj5x9b1zrwszk84j81zvby36q9whhhqa\nNarSize: 1\n\
            References: 00000000000000000000000000000000-a\nCA: text:sha256:1\nSig: a:b\n";
        let info = Info::parse(text).unwrap();
        assert_eq!(info.url, "nar/1.nar.xz");
        assert_eq!(info.references.len(), 1);
        assert_eq!(info.content_address.as_deref(), Some("text:sha256:1"));
        for (from, to) in [("URL", "LRU"), ("NarHash: s", "NarHash: x"), ("00000-a", "")] {
            assert_eq!(Info::parse(&text.replace(from, to)), None, "{to}");
        }
    }
}
