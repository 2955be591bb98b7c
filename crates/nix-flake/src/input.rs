//! Inputs: the attributes that describe a source tree, checked for their type, and the same as a URL.

use nix_eval::features::{Feature, Features};
use nix_formats::{Hash, HashAlgo, InputAttrs, InputValue};

use crate::error::{Error, Result};
use crate::refname;
use crate::scheme::{Scheme, VERIFICATION};
use crate::url::Url;

/// An input whose attributes are those of its type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Input {
    /// Its type; none when nobody knows how to fetch it.
    pub scheme: Option<Scheme>,
    /// All its attributes, `type` included.
    pub attrs: InputAttrs,
}

/// Attributes as JSON, as messages show them.
pub(crate) fn to_json(attrs: &InputAttrs) -> String {
    let map = attrs.iter().map(|(name, value)| {
        let value = match value {
            InputValue::String(text) => serde_json::Value::from(text.as_str()),
            InputValue::Int(number) => serde_json::Value::from(*number),
            InputValue::Bool(value) => serde_json::Value::from(*value),
        };
        (name.clone(), value)
    });
    serde_json::Value::Object(map.collect()).to_string()
}

/// A string attribute, if it is there.
pub(crate) fn maybe_string<'i>(attrs: &'i InputAttrs, name: &str) -> Result<Option<&'i str>> {
    match attrs.get(name) {
        None => Ok(None),
        Some(InputValue::String(text)) => Ok(Some(text)),
        Some(_) => Err(Error::NotAString { name: name.to_owned(), input: to_json(attrs) }),
    }
}

/// A string attribute that must be there.
pub(crate) fn string<'i>(attrs: &'i InputAttrs, name: &str) -> Result<&'i str> {
    maybe_string(attrs, name)?.ok_or_else(|| Error::MissingAttribute(name.to_owned()))
}

/// An integer attribute, if it is there.
pub(crate) fn maybe_int(attrs: &InputAttrs, name: &str) -> Result<Option<u64>> {
    match attrs.get(name) {
        None => Ok(None),
        Some(InputValue::Int(number)) => Ok(Some(*number)),
        Some(_) => Err(Error::NotAnInteger(name.to_owned())),
    }
}

/// A Boolean attribute; false when it is absent.
pub(crate) fn flag(attrs: &InputAttrs, name: &str) -> Result<bool> {
    match attrs.get(name) {
        None => Ok(false),
        Some(InputValue::Bool(value)) => Ok(*value),
        Some(_) => Err(Error::NotABoolean(name.to_owned())),
    }
}

/// The number of a revision: SHA-1 unless it says otherwise.
pub(crate) fn parse_rev(text: &str) -> Result<Hash> {
    Ok(Hash::parse(text, None).or_else(|_| Hash::parse(text, Some(HashAlgo::Sha1)))?)
}

impl Input {
    /// Checks that `attrs` are an input's.
    ///
    /// # Errors
    /// When an attribute is missing, is of another type, has a value that cannot be, or does not belong to its kind of
    /// input.
    pub fn from_attrs(attrs: InputAttrs, features: Features) -> Result<Input> {
        let kind = match attrs.get("type") {
            None => {
                let message = "'type' attribute to specify input scheme is required but not provided";
                return Err(Error::BadInput(message.to_owned()));
            }
            Some(_) => string(&attrs, "type")?,
        };
        let Some(scheme) = Scheme::named(kind) else {
            let input = Input { scheme: None, attrs };
            input.check_common()?;
            return Ok(input);
        };
        if scheme.needs_flakes() && !features.has(Feature::Flakes) {
            return Err(Error::FeatureDisabled("flakes"));
        }
        if scheme == Scheme::Git
            && !features.has(Feature::VerifiedFetches)
            && VERIFICATION.iter().any(|name| attrs.contains_key(*name))
        {
            return Err(Error::FeatureDisabled("verified-fetches"));
        }
        let foreign = attrs.keys().find(|name| {
            *name != "type" && *name != "__final" && !scheme.attributes().contains(&name.as_str())
        });
        if let Some(name) = foreign {
            return Err(Error::UnsupportedAttribute { name: name.clone(), scheme: kind.to_owned() });
        }
        let attrs = scheme.check(attrs)?;
        let input = Input { scheme: Some(scheme), attrs };
        input.check_common()?;
        Ok(input)
    }

    /// Reads an input from its URL. With `require_tree`, a URL of a file means the archive there, whatever its name.
    ///
    /// # Errors
    /// When it is no URL, or none of an input.
    pub fn from_url(text: &str, require_tree: bool, features: Features) -> Result<Input> {
        let url = Url::parse(text)?;
        match Scheme::read_url(&url, require_tree)? {
            Some(attrs) => Input::from_attrs(attrs, features),
            None if url.scheme == "file+git" => Err(Error::FileGit(url.to_string())),
            None => Err(Error::UnsupportedUrl(url.to_string())),
        }
    }

    fn check_common(&self) -> Result<()> {
        string(&self.attrs, "type")?;
        self.reference()?;
        maybe_int(&self.attrs, "revCount")?;
        self.last_modified()?;
        Ok(())
    }

    /// The type that the attributes name.
    pub fn kind(&self) -> &str {
        self.attrs.get("type").and_then(InputValue::as_str).unwrap_or_default()
    }

    /// The input as a URL.
    ///
    /// # Errors
    /// When its type is unknown or an attribute is of another type.
    pub fn to_url(&self) -> Result<Url> {
        match self.scheme {
            Some(scheme) => scheme.to_url(self),
            None => Err(Error::UnknownType(to_json(&self.attrs))),
        }
    }

    /// The input as messages show it.
    pub(crate) fn shown(&self) -> String {
        self.to_url().map_or_else(|_| to_json(&self.attrs), |url| url.to_string())
    }

    /// Whether it always means the same tree.
    ///
    /// # Errors
    /// When an attribute that decides it cannot be read.
    pub fn is_locked(&self) -> Result<bool> {
        match self.scheme {
            None | Some(Scheme::Indirect) => Ok(false),
            Some(Scheme::Git) => Ok(self.rev()?.is_some_and(|rev| rev.bytes().iter().any(|byte| *byte != 0))),
            // An archive of a forge is trusted to be that of the revision, as `trust-tarballs-from-git-forges` has it.
            Some(Scheme::Mercurial | Scheme::GitHub | Scheme::GitLab | Scheme::SourceHut) => {
                Ok(self.rev()?.is_some())
            }
            Some(Scheme::File | Scheme::Tarball | Scheme::Path) => Ok(self.nar_hash()?.is_some()),
        }
    }

    /// Whether it can be fetched without asking a registry.
    pub fn is_direct(&self) -> bool {
        self.scheme != Some(Scheme::Indirect)
    }

    /// Whether its attributes are complete, as those in a lock file.
    ///
    /// # Errors
    /// When it says so otherwise than with a Boolean.
    pub fn is_final(&self) -> Result<bool> {
        flag(&self.attrs, "__final")
    }

    /// The name of the tree's store object.
    ///
    /// # Errors
    /// When it is no string.
    pub fn name(&self) -> Result<&str> {
        Ok(maybe_string(&self.attrs, "name")?.unwrap_or("source"))
    }

    /// The hash of the tree's archive, if it is given.
    ///
    /// # Errors
    /// When it is none.
    pub fn nar_hash(&self) -> Result<Option<Hash>> {
        let Some(text) = maybe_string(&self.attrs, "narHash")? else { return Ok(None) };
        if text.is_empty() {
            return Ok(Hash::from_bytes(HashAlgo::Sha256, &[0; 32]));
        }
        let hash = Hash::parse_sri(text)?;
        if hash.algo() != HashAlgo::Sha256 {
            return Err(Error::BadInput("narHash must use SHA-256".to_owned()));
        }
        Ok(Some(hash))
    }

    /// The branch or tag, if it is given.
    ///
    /// # Errors
    /// When it is no string.
    pub fn reference(&self) -> Result<Option<&str>> {
        maybe_string(&self.attrs, "ref")
    }

    /// The revision, if it is given.
    ///
    /// # Errors
    /// When it is none.
    pub fn rev(&self) -> Result<Option<Hash>> {
        maybe_string(&self.attrs, "rev")?.map(parse_rev).transpose()
    }

    /// When it was last changed, in seconds since the epoch, if that is known.
    ///
    /// # Errors
    /// When it is no integer.
    pub fn last_modified(&self) -> Result<Option<u64>> {
        maybe_int(&self.attrs, "lastModified")
    }

    /// Sets an attribute.
    pub(crate) fn set(&mut self, name: &str, value: InputValue) {
        self.attrs.insert(name.to_owned(), value);
    }

    /// Sets a string attribute.
    pub(crate) fn set_string(&mut self, name: &str, value: &str) {
        self.set(name, InputValue::from(value));
    }

    /// The input with another branch or revision.
    ///
    /// # Errors
    /// When its type has none.
    pub fn with_overrides(mut self, reference: Option<&str>, rev: Option<&str>) -> Result<Input> {
        let Some(scheme) = self.scheme else { return Ok(self) };
        let forge = matches!(scheme, Scheme::GitHub | Scheme::GitLab | Scheme::SourceHut);
        if matches!(scheme, Scheme::File | Scheme::Tarball | Scheme::Path) {
            let what = match (reference, rev) {
                (Some(reference), _) => {
                    format!("branch/tag name of input '{}' to '{reference}'", self.shown())
                }
                (None, Some(rev)) => format!("revision of input '{}' to '{rev}'", self.shown()),
                (None, None) => return Ok(self),
            };
            return Err(Error::BadInput(format!("don't know how to set {what}")));
        }
        if let (true, Some(reference), Some(rev)) = (forge, reference, rev) {
            let what = format!("a commit hash ({rev}) and a branch/tag name ('{reference}')");
            return Err(Error::BadInput(format!("cannot apply both {what} to input '{}'", self.shown())));
        }
        for (name, value, other) in [("rev", rev, "ref"), ("ref", reference, "rev")] {
            if let Some(value) = value {
                self.set_string(name, value);
                if forge {
                    self.attrs.remove(other);
                }
            }
        }
        if scheme == Scheme::Git && self.attrs.contains_key("rev") && !self.attrs.contains_key("ref") {
            let shown = self.shown();
            return Err(Error::BadInput(format!(
                "Git input '{shown}' has a commit hash but no branch/tag name"
            )));
        }
        Ok(self)
    }

    /// Checks that what was found is what `self` asked for.
    ///
    /// # Errors
    /// When a hash or revision is another.
    pub fn check_found(&self, found: &mut Input) -> Result<()> {
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
                        specified: to_json(&specified.attrs),
                        found: to_json(&found.attrs),
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

/// Whether `text` is 40 hexadecimal digits.
pub(crate) fn is_rev(text: &str) -> bool {
    text.len() == 40 && text.bytes().all(|byte| byte.is_ascii_hexdigit())
}

/// Whether `text` can name a branch or tag.
pub(crate) fn is_reference(text: &str) -> bool {
    refname::is_legal(text)
}
