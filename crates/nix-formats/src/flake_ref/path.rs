//! `path:DIRECTORY`: a directory of this machine, or of the flake that has it as an input.

use super::{number, typed};
use crate::Error;
use crate::error::BadInput;
use crate::input::{InputAttrs, InputValue, string};
use crate::uri::Url;

pub(super) const ATTRIBUTES: [&str; 5] = ["path", "rev", "revCount", "lastModified", "narHash"];

pub(super) fn from_url(url: &Url) -> Result<InputAttrs, Error> {
    if let Some(authority) = url.authority.as_ref().filter(|authority| !authority.host.is_empty()) {
        let authority = authority.to_string();
        return Err(BadInput::PathAuthority { url: url.to_string(), authority }.into());
    }
    let mut attrs = typed("path", &[("path", &url.file_path()?)]);
    for (name, value) in &url.query {
        let value = match name.as_str() {
            "rev" | "narHash" => InputValue::String(value.clone()),
            "revCount" | "lastModified" => match number(value) {
                Some(number) => InputValue::Int(number),
                None => {
                    return Err(BadInput::PathNumber { url: url.to_string(), name: name.clone() }.into());
                }
            },
            _ => return Err(BadInput::PathParameter { url: url.to_string(), name: name.clone() }.into()),
        };
        attrs.insert(name.clone(), value);
    }
    Ok(attrs)
}

pub(super) fn check(attrs: InputAttrs) -> Result<InputAttrs, Error> {
    string(&attrs, "path")?;
    Ok(attrs)
}

pub(super) fn to_url(attrs: &InputAttrs) -> Result<Url, Error> {
    let path = string(attrs, "path")?.split('/').map(str::to_owned).collect();
    let shown = |value: &InputValue| match value {
        InputValue::String(text) => text.clone(),
        InputValue::Int(number) => number.to_string(),
        InputValue::Bool(truth) => u8::from(*truth).to_string(),
    };
    let is_parameter = |name: &str| !matches!(name, "path" | "type" | "__final");
    let parameters = attrs.iter().filter(|(name, _)| is_parameter(name));
    let query = parameters.map(|(name, value)| (name.clone(), shown(value))).collect();
    Ok(Url { scheme: "path".to_owned(), path, query, ..Url::default() })
}
