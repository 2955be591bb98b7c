//! Inputs: what `builtins.fetchTree` takes and `flake.lock` holds, a source tree described by attributes.
//!
//! The format is that of Nix's `fetchers::Attrs`: names with strings, unsigned integers or booleans, in the order of the
//! names' bytes.

use std::collections::BTreeMap;

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
