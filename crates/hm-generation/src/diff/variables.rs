//! The session variables of two generations.

use std::collections::BTreeMap;

use serde::Serialize;

/// A value and what it was before.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Replaced {
    /// The old value.
    pub old: String,
    /// The new one.
    pub new: String,
}

/// How the variables differ, by name.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct VariablesDiff {
    /// Those that only the new generation sets.
    pub added: BTreeMap<String, String>,
    /// Those that only the old one set.
    pub removed: BTreeMap<String, String>,
    /// Those with another value.
    pub changed: BTreeMap<String, Replaced>,
}

impl VariablesDiff {
    /// Whether they are the same.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.added.is_empty() && self.removed.is_empty() && self.changed.is_empty()
    }
}

/// Compares variables.
#[must_use]
pub fn diff_variables(old: &BTreeMap<String, String>, new: &BTreeMap<String, String>) -> VariablesDiff {
    let mut diff = VariablesDiff::default();
    for (name, value) in old {
        match new.get(name) {
            None => {
                diff.removed.insert(name.clone(), value.clone());
            }
            Some(now) if now != value => {
                let replaced = Replaced { old: value.clone(), new: now.clone() };
                diff.changed.insert(name.clone(), replaced);
            }
            Some(_) => {}
        }
    }
    let added = new.iter().filter(|(name, _)| !old.contains_key(*name));
    diff.added = added.map(|(name, value)| (name.clone(), value.clone())).collect();
    diff
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn variables() {
        let map = |pairs: &[(&str, &str)]| -> BTreeMap<String, String> {
            pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
        };
        let check = |old: &[(&str, &str)], new: &[(&str, &str)], expected: &str| {
            let diff = diff_variables(&map(old), &map(new));
            assert_eq!(serde_json::to_string(&diff).unwrap(), expected);
            assert_eq!(diff.is_empty(), old == new);
        };
        check(&[("A", "1")], &[("A", "1")], r#"{"added":{},"removed":{},"changed":{}}"#);
        check(
            &[("A", "1"), ("B", "2")],
            &[("B", "3"), ("C", "4")],
            r#"{"added":{"C":"4"},"removed":{"A":"1"},"changed":{"B":{"old":"2","new":"3"}}}"#,
        );
    }
}
