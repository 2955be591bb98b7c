//! The lines that two generations keep in files of the user.

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use super::Change;
use super::text::{Hunk, hunks};
use crate::manifest::LinesInfo;

/// Lines that differ which a generation keeps in a file of the user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct LinesDiff {
    /// The file, relative to the home.
    pub path: String,
    /// What became of the lines.
    pub change: Change,
    /// How they differ.
    pub hunks: Vec<Hunk>,
    /// Whether the file is made when it does not exist, where that differs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub creates: Option<bool>,
}

/// Compares the lines that two generations keep in files of the user.
#[must_use]
pub fn diff_lines(old: &BTreeMap<String, LinesInfo>, new: &BTreeMap<String, LinesInfo>) -> Vec<LinesDiff> {
    let paths: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
    paths
        .into_iter()
        .filter_map(|path| {
            let (before, after) = (old.get(path), new.get(path));
            if before == after {
                return None;
            }
            // The manifest has the lines without the last line's end.
            let text = |info: Option<&LinesInfo>| match info {
                Some(info) if info.text.is_empty() || info.text.ends_with('\n') => info.text.clone(),
                Some(info) => format!("{}\n", info.text),
                None => String::new(),
            };
            let creates = match (before, after) {
                (Some(before), Some(after)) if before.create != after.create => Some(after.create),
                _ => None,
            };
            Some(LinesDiff {
                path: path.clone(),
                change: Change::between(before, after)?,
                hunks: hunks(&text(before), &text(after)),
                creates,
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_in_files() {
        let lines = |entries: &[(&str, &str, bool)]| -> BTreeMap<String, LinesInfo> {
            let each = |(path, text, create): &(&str, &str, bool)| {
                ((*path).to_owned(), LinesInfo { text: (*text).to_owned(), create: *create })
            };
            entries.iter().map(each).collect()
        };
        let old = lines(&[("a", "1\n2", true), ("b", "x", true), ("c", "x", false), ("d", "x", true)]);
        let new = lines(&[("a", "1\n3", true), ("b", "x", true), ("c", "x", true), ("e", "x", true)]);
        let shown: Vec<String> = diff_lines(&old, &new)
            .iter()
            .map(|diff| format!("{:?} {} {} {:?}", diff.change, diff.path, diff.hunks.len(), diff.creates))
            .collect();
        assert_eq!(
            shown,
            ["Changed a 1 None", "Changed c 0 Some(true)", "Removed d 1 None", "Added e 1 None"]
        );
    }
}
