//! The registry of flakes: a list of names and what they stand for.

use std::path::Path;

use nix_eval::features::Features;
use nix_formats::{InputAttrs, InputValue};
use serde_json::Value;

use crate::error::{Error, Result};
use crate::fetcher::Fetcher;
use crate::input::Input;

/// An entry of a registry.
#[derive(Clone, Debug)]
struct Entry {
    from: Input,
    to: Input,
    exact: bool,
}

/// How often an input may stand for another.
const MAX_STEPS: usize = 100;

fn attributes(json: Option<&Value>) -> Option<InputAttrs> {
    let mut attrs = InputAttrs::new();
    for (name, value) in json?.as_object()? {
        let value = match value {
            Value::String(text) => InputValue::String(text.clone()),
            Value::Bool(value) => InputValue::Bool(*value),
            value => InputValue::Int(value.as_u64()?),
        };
        attrs.insert(name.clone(), value);
    }
    Some(attrs)
}

/// The entries of a registry file.
fn parse(text: &[u8], features: Features) -> Result<Vec<Entry>, String> {
    let json: Value = serde_json::from_slice(text).map_err(|error| error.to_string())?;
    match json.get("version").and_then(Value::as_u64) {
        Some(2) => {}
        other => return Err(format!("it has unsupported version {}", other.unwrap_or(0))),
    }
    let entries = json.get("flakes").and_then(Value::as_array).ok_or("it has no list 'flakes'")?;
    let input = |entry: &Value, side: &str| {
        let mut attrs =
            attributes(entry.get(side)).ok_or_else(|| format!("an entry has no valid '{side}'"))?;
        // The directory of a flake is not part of its source tree.
        attrs.remove("dir");
        Input::from_attrs(attrs, features).map_err(|error| error.to_string())
    };
    let read = |entry: &Value| {
        let exact = entry.get("exact").and_then(Value::as_bool).unwrap_or(false);
        Ok(Entry { from: input(entry, "from")?, to: input(entry, "to")?, exact })
    };
    entries.iter().map(read).collect()
}

impl Entry {
    /// What `input` stands for, if this entry knows it.
    fn apply(&self, input: &Input) -> Result<Option<Input>> {
        if self.exact {
            return Ok((self.from == *input).then(|| self.to.clone()));
        }
        let mut general = input.clone();
        general.attrs.remove("ref");
        general.attrs.remove("rev");
        if self.from != *input && self.from != general {
            return Ok(None);
        }
        let own = |name: &str| {
            let given = input.attrs.get(name).and_then(InputValue::as_str);
            given.filter(|_| !self.from.attrs.contains_key(name))
        };
        Ok(Some(self.to.clone().with_overrides(own("ref"), own("rev"))?))
    }
}

/// Follows entries until there is none for what was reached.
fn follow(entries: &[Entry], input: Input) -> Result<Input> {
    let mut found = input.clone();
    for _ in 0..MAX_STEPS {
        let mut next = None;
        for entry in entries {
            next = entry.apply(&found)?;
            if next.is_some() {
                break;
            }
        }
        match next {
            Some(next) => found = next,
            None if found.is_direct() => return Ok(found),
            None => {
                let shown = found.shown();
                return Err(Error::Registry(format!("cannot find flake '{shown}' in the flake registries")));
            }
        }
    }
    Err(Error::Registry(format!("cycle detected in flake registry for '{}'", input.shown())))
}

impl Fetcher<'_> {
    /// What an input stands for, by the registry that everybody shares.
    pub(crate) fn resolve(&self, input: Input, features: Features) -> Result<Input> {
        let entries = self.global_registry(features)?;
        follow(&entries, input)
    }

    fn global_registry(&self, features: Features) -> Result<Vec<Entry>> {
        let place = self.config.flake_registry.as_str();
        if place.is_empty() {
            return Ok(Vec::new());
        }
        let path = if place.starts_with('/') {
            Path::new(place).to_owned()
        } else {
            self.cache.file(&self.download(place, &[])?).unwrap_or_default()
        };
        let Ok(text) = std::fs::read(&path) else { return Ok(Vec::new()) };
        Ok(parse(&text, features).unwrap_or_else(|reason| {
            self.warn(&format!("cannot read flake registry '{place}': {reason}"));
            Vec::new()
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix_eval::features::Feature;

    #[track_caller]
    fn check(url: &str, expected: &str) {
        let features = Features::default().with(Feature::Flakes);
        let registry = br#"{"version": 2, "flakes": [
            {"from": {"type": "indirect", "id": "a"}, "to": {"type": "github", "owner": "o", "repo": "r"}},
            {"from": {"type": "indirect", "id": "b"}, "to": {"type": "indirect", "id": "a"}},
            {"from": {"type": "indirect", "id": "c"}, "to": {"type": "indirect", "id": "c"}},
            {"from": {"type": "indirect", "id": "d"}, "exact": true, "to": {"type": "path", "path": "/d", "dir": "x"}},
            {"from": {"type": "indirect", "id": "e"}, "to": {"type": "path", "path": "/e"}}
        ]}"#;
        let entries = parse(registry, features).unwrap();
        let input = Input::from_url(url, true, features).unwrap();
        let found = match follow(&entries, input) {
            Ok(input) => input.to_url().unwrap().to_string(),
            Err(error) => error.to_string(),
        };
        assert_eq!(found, expected, "{url}");
    }

    #[test]
    fn names() {
        check("flake:a", "github:o/r");
        check("flake:b/main", "github:o/r/main");
        check("flake:c", "cycle detected in flake registry for 'flake:c'");
        check("flake:d", "path:/d");
        check("flake:d/x", "cannot find flake 'flake:d/x' in the flake registries");
        check("flake:e/x", "don't know how to set branch/tag name of input 'path:/e' to 'x'");
        check("flake:f", "cannot find flake 'flake:f' in the flake registries");
        check("path:/z", "path:/z");
    }

    #[test]
    fn registries_that_are_none() {
        let features = Features::default();
        for (text, expected) in [
            (r#"{"version": 1}"#, "it has unsupported version 1"),
            (r#"{"version": 2}"#, "it has no list 'flakes'"),
            (r#"{"version": 2, "flakes": [{}]}"#, "an entry has no valid 'from'"),
        ] {
            assert_eq!(parse(text.as_bytes(), features).unwrap_err(), expected);
        }
    }
}
