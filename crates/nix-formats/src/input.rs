//! Inputs: what `builtins.fetchTree` takes and `flake.lock` holds, a source tree described by attributes.
//!
//! The format is that of Nix's `fetchers::Attrs`: names with strings, unsigned integers or booleans, in the order of the
//! names' bytes.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::Error;
use crate::error::{BadInput, BadLockFile};

/// The value of an input's attribute.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum InputValue {
    /// A string.
    String(String),
    /// An integer, such as `lastModified` in seconds since the epoch.
    Int(u64),
    /// A boolean, such as `submodules`.
    Bool(bool),
}

/// An input: `type` says which fetcher it is for, the others are that fetcher's.
pub type InputAttrs = BTreeMap<String, InputValue>;

impl From<&str> for InputValue {
    fn from(text: &str) -> Self {
        InputValue::String(text.to_owned())
    }
}

impl InputValue {
    /// The string, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            InputValue::String(text) => Some(text),
            _ => None,
        }
    }

    /// The integer, if it is one.
    pub fn as_int(&self) -> Option<u64> {
        match self {
            InputValue::Int(value) => Some(*value),
            _ => None,
        }
    }

    /// The boolean, if it is one.
    pub fn as_bool(&self) -> Option<bool> {
        match self {
            InputValue::Bool(value) => Some(*value),
            _ => None,
        }
    }
}

/// A string attribute that may be missing.
///
/// # Errors
/// When it is of another type.
pub fn maybe_string<'i>(attrs: &'i InputAttrs, name: &str) -> Result<Option<&'i str>, Error> {
    match attrs.get(name) {
        None => Ok(None),
        Some(InputValue::String(text)) => Ok(Some(text)),
        Some(_) => Err(BadInput::NotString { name: name.to_owned(), input: attrs_to_json(attrs) }.into()),
    }
}

/// A string attribute.
///
/// # Errors
/// When it is missing or of another type.
pub fn string<'i>(attrs: &'i InputAttrs, name: &str) -> Result<&'i str, Error> {
    maybe_string(attrs, name)?.ok_or_else(|| BadInput::Missing(name.to_owned()).into())
}

/// An integer attribute that may be missing.
///
/// # Errors
/// When it is of another type.
pub fn maybe_int(attrs: &InputAttrs, name: &str) -> Result<Option<u64>, Error> {
    match attrs.get(name) {
        None => Ok(None),
        Some(InputValue::Int(value)) => Ok(Some(*value)),
        Some(_) => Err(BadInput::NotInteger(name.to_owned()).into()),
    }
}

/// A boolean attribute, false where it is missing.
///
/// # Errors
/// When it is of another type.
pub fn flag(attrs: &InputAttrs, name: &str) -> Result<bool, Error> {
    match attrs.get(name) {
        None => Ok(false),
        Some(InputValue::Bool(value)) => Ok(*value),
        Some(_) => Err(BadInput::NotBoolean(name.to_owned()).into()),
    }
}

/// The attributes as a JSON object.
pub(crate) fn to_json(attrs: &InputAttrs) -> Json {
    let value = |value: &InputValue| match value {
        InputValue::String(text) => Json::from(text.as_str()),
        InputValue::Int(number) => Json::from(*number),
        InputValue::Bool(truth) => Json::from(*truth),
    };
    Json::Object(attrs.iter().map(|(name, item)| (name.clone(), value(item))).collect())
}

/// The attributes as JSON text.
pub fn attrs_to_json(attrs: &InputAttrs) -> String {
    to_json(attrs).to_string()
}

/// The attributes in a JSON object.
///
/// # Errors
/// When it is none, or has values that inputs do not have.
pub fn attrs_from_json(json: &Json) -> Result<InputAttrs, BadLockFile> {
    let Json::Object(object) = json else { return Err(BadLockFile::AttributeType) };
    let value = |value: &Json| match value {
        Json::String(text) => Ok(InputValue::String(text.clone())),
        Json::Bool(truth) => Ok(InputValue::Bool(*truth)),
        Json::Number(number) => number.as_u64().map(InputValue::Int).ok_or(BadLockFile::AttributeType),
        _ => Err(BadLockFile::AttributeType),
    };
    object.iter().map(|(name, item)| Ok((name.clone(), value(item)?))).collect()
}
