//! Access to an input's attributes by the type that they must have, and their JSON.

use serde_json::Value as Json;

use crate::error::{BadInput, BadLockFile};
use crate::input::{InputAttrs, InputValue};

/// A string that may be missing.
pub(super) fn maybe_string<'i>(attrs: &'i InputAttrs, name: &str) -> Result<Option<&'i str>, BadInput> {
    match attrs.get(name) {
        None => Ok(None),
        Some(InputValue::String(text)) => Ok(Some(text)),
        Some(_) => Err(BadInput::NotString { name: name.to_owned(), input: attrs_to_json(attrs) }),
    }
}

/// A string.
pub(super) fn string<'i>(attrs: &'i InputAttrs, name: &str) -> Result<&'i str, BadInput> {
    maybe_string(attrs, name)?.ok_or_else(|| BadInput::Missing(name.to_owned()))
}

/// An integer that may be missing.
pub(super) fn maybe_int(attrs: &InputAttrs, name: &str) -> Result<Option<u64>, BadInput> {
    match attrs.get(name) {
        None => Ok(None),
        Some(InputValue::Int(value)) => Ok(Some(*value)),
        Some(_) => Err(BadInput::NotInteger(name.to_owned())),
    }
}

/// A boolean, false where it is missing.
pub(super) fn flag(attrs: &InputAttrs, name: &str) -> Result<bool, BadInput> {
    match attrs.get(name) {
        None => Ok(false),
        Some(InputValue::Bool(value)) => Ok(*value),
        Some(_) => Err(BadInput::NotBoolean(name.to_owned())),
    }
}

/// A number as a URL's parameter.
pub(super) fn number(text: &str) -> Option<u64> {
    if text.bytes().all(|byte| byte.is_ascii_digit()) { text.parse().ok() } else { None }
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
