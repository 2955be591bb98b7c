//! Variables that files of environment.d(5) give to the user manager, and how two sets of such files differ.
//!
//! The manager reads the files anew whenever it reloads, and then knows nothing more of variables that are gone
//! from them. What was set by hand or imported from a session (`systemctl --user set-environment`,
//! `import-environment`) is kept apart and wins, also over newer files. So a change says which variables have to be
//! taken out of that, and for lists such as `PATH`, of which a session knows more than the files, what is to be replaced in
//! them.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Serialize;

/// The assignments in a folder of files, by variable, each as it is written, in the order in which they hold.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EnvironmentFiles {
    values: BTreeMap<String, Vec<String>>,
}

impl EnvironmentFiles {
    /// Reads the files of a folder whose names end in `.conf`, by name. What cannot be read is left out, as the manager
    /// does.
    #[must_use]
    pub fn read_dir(dir: &Path) -> Self {
        let mut paths: Vec<_> = std::fs::read_dir(dir)
            .into_iter()
            .flatten()
            .filter_map(|entry| Some(entry.ok()?.path()))
            .filter(|path| path.extension().is_some_and(|extension| extension == "conf"))
            .collect();
        paths.sort();
        let mut files = Self::default();
        for path in paths {
            match std::fs::read_to_string(&path) {
                Ok(text) => files.add(&text),
                Err(error) => tracing::debug!(path = %path.display(), %error, "not read"),
            }
        }
        files
    }

    /// Adds the assignments of one file.
    pub fn add(&mut self, text: &str) {
        let mut rest = text;
        while !rest.is_empty() {
            let (assignment, after) = split_assignment(rest);
            rest = after;
            let assignment = assignment.trim_start();
            if let Some((name, value)) = assignment.split_once('=')
                && !assignment.starts_with(['#', ';'])
                && is_name(name)
            {
                self.values.entry(name.to_owned()).or_default().push(unquoted(value));
            }
        }
    }

    /// What separates these files from `new`; `home` is what `$HOME` stands for in them.
    #[must_use]
    pub fn change_to(&self, new: &Self, home: &str) -> EnvironmentChange {
        let mut change = EnvironmentChange::default();
        let names: BTreeSet<&String> = self.values.keys().chain(new.values.keys()).collect();
        for name in names {
            let (before, after) = (self.values.get(name), new.values.get(name));
            if before == after {
                continue;
            }
            let entries = |values: Option<&Vec<String>>| -> Option<Vec<String>> {
                let values = values.map(Vec::as_slice).unwrap_or_default();
                // Each assignment puts its own before those of earlier ones.
                let lists = values.iter().rev().map(|value| put_in_front(name, value, home));
                lists.collect::<Option<Vec<_>>>().map(|lists| lists.concat())
            };
            match (entries(before), entries(after)) {
                (Some(removed), Some(added)) => {
                    change.lists.insert(name.clone(), ListChange { removed, added });
                }
                _ => _ = change.replaced.insert(name.clone()),
            }
        }
        change
    }
}

/// The first assignment of a text with its line end, which inside double quotes is part of it, and what follows.
fn split_assignment(text: &str) -> (&str, &str) {
    let mut quoted = false;
    let mut escaped = false;
    let comment = text.trim_start_matches([' ', '\t']).starts_with(['#', ';']);
    for (index, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = !comment,
            '"' if !comment => quoted = !quoted,
            '\n' if !quoted => {
                let (line, rest) = text.split_at(index + 1);
                return (line.trim_end_matches('\n'), rest);
            }
            _ => {}
        }
    }
    (text, "")
}

fn is_name(text: &str) -> bool {
    let starts = text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_');
    starts && text.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
}

fn unquoted(value: &str) -> String {
    let value = value.trim();
    value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value).to_owned()
}

/// The entries that an assignment puts in front of what the variable holds; `None` for one that replaces it.
fn put_in_front(name: &str, value: &str, home: &str) -> Option<Vec<String>> {
    let own = value.match_indices('$').map(|(index, _)| index).find(|index| {
        let rest = value.get(index + 1..).unwrap_or_default();
        let rest = rest.strip_prefix('{').unwrap_or(rest);
        rest.strip_prefix(name)
            .is_some_and(|after| !after.starts_with(|next: char| next.is_ascii_alphanumeric() || next == '_'))
    })?;
    let entries = value.get(..own).unwrap_or_default().split(':').filter(|entry| !entry.is_empty());
    let expanded = entries.map(|entry| match entry.strip_prefix("$HOME/") {
        Some(rest) => format!("{home}/{rest}"),
        None => entry.to_owned(),
    });
    // Others are known to the manager alone.
    Some(expanded.filter(|entry| !entry.contains(['$', '\\'])).collect())
}

/// The difference between the files of two generations.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct EnvironmentChange {
    /// Variables that one of them has, or that they give different values.
    pub replaced: BTreeSet<String>,
    /// Variables to which they only add, such as `PATH`.
    pub lists: BTreeMap<String, ListChange>,
}

impl EnvironmentChange {
    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.replaced.is_empty() && self.lists.is_empty()
    }

    /// The variables concerned.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.replaced.iter().chain(self.lists.keys()).map(String::as_str)
    }
}

/// What changes in a list separated by colons.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct ListChange {
    /// What the old files put into it.
    pub removed: Vec<String>,
    /// What the new ones do.
    pub added: Vec<String>,
}

impl ListChange {
    /// The list that a session has made of its own, with the change.
    #[must_use]
    pub fn apply(&self, list: &str) -> String {
        let ours = |entry: &&str| self.removed.iter().chain(&self.added).any(|known| known == entry);
        let kept = list.split(':').filter(|entry| !ours(entry));
        self.added.iter().map(String::as_str).chain(kept).collect::<Vec<_>>().join(":")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(text: &str) -> EnvironmentFiles {
        let mut files = EnvironmentFiles::default();
        files.add(text);
        files
    }

    #[test]
    fn assignments() {
        let read = files(
            "# A=1\n; B=\"2\nC=three\n  D=\"four \\\" and\nE=no variable\"\nF=\"$$5\"\nnot a variable=1\nC=again\n",
        );
        let names: Vec<&str> = read.values.keys().map(String::as_str).collect();
        assert_eq!(names, ["C", "D", "F"]);
        assert_eq!(read.values["C"], ["three", "again"]);
        assert_eq!(read.values["D"], ["four \\\" and\nE=no variable"]);
    }

    #[test]
    fn nothing_changes_between_equal_files() {
        let read = files("A=1\nPATH=\"/x:$PATH\"\n");
        assert!(read.change_to(&read, "/h").is_empty());
        assert!(files("").change_to(&files("# A=1\n"), "/h").is_empty());
    }

    #[test]
    fn variables_that_come_go_and_change() {
        let change = files("GONE=1\nSAME=2\nOTHER=3\n").change_to(&files("SAME=2\nOTHER=4\nNEW=5\n"), "/h");
        assert_eq!(change.names().collect::<Vec<_>>(), ["GONE", "NEW", "OTHER"]);
        assert!(change.lists.is_empty());
    }

    #[test]
    fn lists() {
        let old = files("PATH=\"$HOME/old:/both${PATH:+:$PATH}\"\nPATHS=/x\n");
        let new = files("PATH=\"/both:$HOME/new:$OTHER/x${PATH:+:$PATH}\"\nPATH=/first:$PATH\n");
        let change = old.change_to(&new, "/h");
        assert_eq!(change.replaced.iter().collect::<Vec<_>>(), ["PATHS"]);
        let path = &change.lists["PATH"];
        assert_eq!(path.removed, ["/h/old", "/both"]);
        assert_eq!(path.added, ["/first", "/both", "/h/new"]);
        assert_eq!(path.apply("/session:/h/old:/both:/usr/bin"), "/first:/both:/h/new:/session:/usr/bin");

        let none = old.change_to(&files(""), "/h");
        assert_eq!(none.lists["PATH"].apply("/h/old:/both:/usr/bin"), "/usr/bin");
        // A value that does not refer to the old one is no list, whichever side it is on.
        assert!(old.change_to(&files("PATH=/bin\n"), "/h").replaced.contains("PATH"));
    }
}
