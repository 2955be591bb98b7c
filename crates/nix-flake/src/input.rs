//! Inputs as the fetchers see them: what kind they are of, what they ask for, and whether what was found is that.

use nix_formats::flake_ref::{Scheme, check_input, input_from_url, nar_hash, revision, shown};
use nix_formats::input::{attrs_to_json, maybe_int};
use nix_formats::uri::Leniency;
use nix_formats::{Hash, InputAttrs, InputValue, Url};

pub(crate) use nix_formats::input::{flag, maybe_string, string};

use crate::error::{Error, Result};

/// An input whose attributes are those of its kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Input {
    /// Its kind; none when nobody knows how to fetch it.
    pub(crate) scheme: Option<Scheme>,
    /// All its attributes, `type` included.
    pub(crate) attrs: InputAttrs,
}

impl Input {
    /// Checks that `attrs` are an input's.
    pub(crate) fn from_attrs(attrs: InputAttrs) -> Result<Input> {
        let attrs = check_input(attrs)?;
        Ok(Input { scheme: Scheme::of(&attrs), attrs })
    }

    /// Reads an input from its URL. That of a file means the archive there, whatever its name.
    pub(crate) fn from_url(text: &str) -> Result<Input> {
        let attrs = input_from_url(&Url::parse(text, Leniency::Strict)?, true)?;
        Ok(Input { scheme: Scheme::of(&attrs), attrs })
    }

    /// The input as messages show it.
    pub(crate) fn shown(&self) -> String {
        shown(&self.attrs)
    }

    /// Whether its attributes are complete, as those in a lock file.
    pub(crate) fn is_final(&self) -> Result<bool> {
        Ok(flag(&self.attrs, "__final")?)
    }

    /// The name of the tree's store object.
    pub(crate) fn name(&self) -> Result<&str> {
        Ok(maybe_string(&self.attrs, "name")?.unwrap_or("source"))
    }

    /// The hash of the tree's archive, if it is given.
    pub(crate) fn nar_hash(&self) -> Result<Option<Hash>> {
        Ok(nar_hash(&self.attrs)?)
    }

    /// The branch or tag, if it is given.
    pub(crate) fn reference(&self) -> Result<Option<&str>> {
        Ok(maybe_string(&self.attrs, "ref")?)
    }

    /// The revision, if it is given.
    pub(crate) fn rev(&self) -> Result<Option<Hash>> {
        Ok(revision(&self.attrs)?)
    }

    /// When it was last changed, in seconds since the epoch, if that is known.
    pub(crate) fn last_modified(&self) -> Result<Option<u64>> {
        Ok(maybe_int(&self.attrs, "lastModified")?)
    }

    /// Sets an attribute.
    pub(crate) fn set(&mut self, name: &str, value: InputValue) {
        self.attrs.insert(name.to_owned(), value);
    }

    /// Sets a string attribute.
    pub(crate) fn set_string(&mut self, name: &str, value: &str) {
        self.set(name, InputValue::from(value));
    }

    /// Checks that what was found is what `self` asked for.
    pub(crate) fn check_found(&self, found: &mut Input) -> Result<()> {
        if self.is_final()? {
            let mut specified = self.clone();
            // Old lock files have hashes that lack the `=` at the end.
            if let Some(hash) = self.nar_hash()? {
                specified.set_string("narHash", &hash.to_sri());
            }
            for (name, value) in &specified.attrs {
                if found.attrs.get(name).is_some_and(|other| other != value) {
                    return Err(Error::FieldMismatch {
                        field: name.clone(),
                        specified: attrs_to_json(&specified.attrs),
                        found: attrs_to_json(&found.attrs),
                    });
                }
            }
            found.attrs = specified.attrs;
            return Ok(());
        }
        if let (Some(expected), Some(hash)) = (self.nar_hash()?, found.nar_hash()?)
            && expected != hash
        {
            return Err(Error::HashMismatch {
                input: self.shown(),
                expected: expected.to_sri(),
                found: hash.to_sri(),
            });
        }
        let mismatch = |name: &str, rest: String| {
            Error::BadInput(format!(
                "'{name}' attribute mismatch in input '{}', expected {rest}",
                found.shown()
            ))
        };
        if let Some(time) = self.last_modified()?
            && let other = found.last_modified()?
            && other != Some(time)
        {
            let other = other.map_or_else(|| "-1".to_owned(), |other| other.to_string());
            return Err(mismatch("lastModified", format!("{time}, got {other}")));
        }
        if let Some(rev) = self.rev()?
            && found.rev()? != Some(rev)
        {
            return Err(mismatch("rev", rev.to_base16()));
        }
        if let Some(count) = maybe_int(&self.attrs, "revCount")?
            && maybe_int(&found.attrs, "revCount")? != Some(count)
        {
            return Err(mismatch("revCount", count.to_string()));
        }
        Ok(())
    }
}
