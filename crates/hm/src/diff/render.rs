//! Differences as text for people.

use std::fmt::Write as _;

use hm_generation::diff::versions::aligned;
use hm_generation::diff::{
    Change, FileDiff, FileKind, FileState, Hunk, Mark, PackageDiff, PackagesDiff, Release, Status,
};
use hm_generation::manifest::FileMode;

use super::{Differences, units};
use crate::output::Output;
use crate::paint::{Paint, Style};
use crate::quantity::size;

/// How differences are shown.
#[derive(Clone, Copy, Debug)]
pub(crate) struct View {
    pub(crate) paint: Paint,
    /// Show also what files hold that were added or removed.
    pub(crate) verbose: bool,
}

impl View {
    /// How results are shown on this output.
    pub(crate) fn of(output: &Output) -> Self {
        View { paint: Paint { color: output.colors_results() }, verbose: output.is_verbose() }
    }

    pub(super) fn paint(self, style: Style, text: &str) -> String {
        self.paint.paint(style, text)
    }

    /// A headline with how many things there are of each kind.
    pub(super) fn headline(self, title: &str, numbers: &[(usize, &str)], text: &mut String) {
        let told: Vec<String> = numbers
            .iter()
            .filter(|(number, _)| *number > 0)
            .map(|(number, word)| format!("{number} {word}"))
            .collect();
        let end = if told.is_empty() { String::new() } else { format!(": {}", told.join(", ")) };
        _ = writeln!(text, "\n{}{end}", self.paint(Style::Bold, title));
    }
}

/// What stands before something that was changed, with its style.
pub(super) fn sign(change: Change) -> (&'static str, Style) {
    match change {
        Change::Added => ("+", Style::Green),
        Change::Removed => ("-", Style::Red),
        Change::Changed => ("~", Style::Yellow),
    }
}

/// How many of `changes` are changed, added and removed.
fn numbers(changes: impl Iterator<Item = Change> + Clone) -> [(usize, &'static str); 3] {
    let count = |wanted: Change| changes.clone().filter(|change| *change == wanted).count();
    [
        (count(Change::Changed), "changed"),
        (count(Change::Added), "added"),
        (count(Change::Removed), "removed"),
    ]
}

impl Differences {
    /// The text.
    pub(crate) fn render(&self, view: View) -> String {
        let (old, new) = (&self.old.name, &self.new.name);
        if !self.different {
            return format!("no differences between {old} and {new}");
        }
        let mut text = format!("{} -> {}\n", view.paint(Style::Bold, old), view.paint(Style::Bold, new));
        packages(&self.packages, &self.unknown_closures, view, &mut text);
        units::render(&self.units, &self.switch, view, &mut text);
        if !self.files.is_empty() {
            view.headline("files", &numbers(self.files.iter().map(|file| file.change)), &mut text);
            for diff in &self.files {
                file(diff, "  ", view, &mut text);
            }
        }
        if !self.lines.is_empty() {
            view.headline("lines in files", &numbers(self.lines.iter().map(|lines| lines.change)), &mut text);
            for lines in &self.lines {
                let (sign, style) = sign(lines.change);
                let creates = match lines.creates {
                    None => "",
                    Some(true) => " (made when it does not exist)",
                    Some(false) => " (no longer made when it does not exist)",
                };
                _ = writeln!(
                    text,
                    "  {} {}{creates}",
                    view.paint(style, sign),
                    view.paint(style, &lines.path)
                );
                hunks(&lines.hunks, "    ", view, &mut text);
            }
        }
        self.variables(view, &mut text);
        text.truncate(text.trim_end().len());
        text
    }

    fn variables(&self, view: View, text: &mut String) {
        let variables = &self.session_variables;
        if variables.is_empty() {
            return;
        }
        let counts = [
            (variables.changed.len(), "changed"),
            (variables.added.len(), "added"),
            (variables.removed.len(), "removed"),
        ];
        view.headline("session variables", &counts, text);
        for (name, value) in &variables.changed {
            let arrow = replaced(&value.old, &value.new, view);
            _ = writeln!(
                text,
                "  {} {}: {arrow}",
                view.paint(Style::Yellow, "~"),
                view.paint(Style::Plain, name)
            );
        }
        for (change, values) in [(Change::Added, &variables.added), (Change::Removed, &variables.removed)] {
            let (sign, style) = sign(change);
            for (name, value) in values {
                let assignment = format!("{name} = {}", shown(value));
                _ = writeln!(text, "  {} {}", view.paint(style, sign), view.paint(style, &assignment));
            }
        }
    }
}

/// `OLD -> NEW`.
pub(super) fn replaced(old: &str, new: &str, view: View) -> String {
    format!("{} -> {}", view.paint(Style::Red, shown(old)), view.paint(Style::Green, shown(new)))
}

/// A value as something that can be seen.
fn shown(value: &str) -> &str {
    if value.is_empty() { "\"\"" } else { value }
}

fn packages(diff: &PackagesDiff, unknown: &[String], view: View, text: &mut String) {
    let moved = diff.closure.filter(|closure| closure.added_paths + closure.removed_paths > 0);
    if diff.packages.is_empty() && moved.is_none() && unknown.is_empty() {
        return;
    }
    let changes = diff.packages.iter().map(|package| match package.status {
        Status::Added => Change::Added,
        Status::Removed => Change::Removed,
        Status::Upgraded | Status::Downgraded | Status::Changed => Change::Changed,
    });
    view.headline("packages", &numbers(changes), text);
    let width = diff.packages.iter().map(|package| package.name.chars().count()).max().unwrap_or(0);
    for package in &diff.packages {
        let (letter, style) = match package.status {
            Status::Upgraded => ("U", Style::Cyan),
            Status::Downgraded => ("D", Style::Yellow),
            Status::Changed => ("C", Style::Yellow),
            Status::Added => ("A", Style::Green),
            Status::Removed => ("R", Style::Red),
        };
        let selected = if package.selected { "*" } else { "." };
        let space = " ".repeat(width - package.name.chars().count());
        _ = writeln!(
            text,
            "  [{}{selected}] {}{space}  {}",
            view.paint(style, letter),
            view.paint(Style::Plain, &package.name),
            releases(package, view)
        );
    }
    match diff.closure {
        Some(closure) => {
            _ = writeln!(
                text,
                "  closure: {} -> {} paths (+{}, -{}), {} -> {} ({})",
                closure.old_paths,
                closure.new_paths,
                closure.added_paths,
                closure.removed_paths,
                size(closure.old_size),
                size(closure.new_size),
                delta(closure.old_size, closure.new_size),
            );
        }
        None => {
            _ = writeln!(
                text,
                "  home.packages only: no store's database knows {}, so its size and what it depends on are unknown",
                unknown.join(" or ")
            );
        }
    }
}

/// What a package without a version has in its place.
const NO_VERSION: &str = "<none>";

fn releases(package: &PackageDiff, view: View) -> String {
    let version = |release: &Release| -> String {
        if release.version.is_empty() { NO_VERSION.to_owned() } else { release.version.clone() }
    };
    let times = |release: &Release| {
        if release.count > 1 { format!(" ×{}", release.count) } else { String::new() }
    };
    if let ([old], [new]) = (package.old.as_slice(), package.new.as_slice()) {
        let (old_version, new_version) = (version(old), version(new));
        let (old_parts, new_parts) = aligned(&old_version, &new_version);
        let join = |parts: Vec<(&str, bool)>, own: Style| -> String {
            let style = |same| if same { Style::Yellow } else { own };
            parts.into_iter().map(|(piece, same)| view.paint(style(same), piece)).collect()
        };
        let (old_text, new_text) = (join(old_parts, Style::Red), join(new_parts, Style::Green));
        return format!("{old_text}{} -> {new_text}{}", times(old), times(new));
    }
    let list = |releases: &[Release], style: Style| {
        let each = |release: &Release| view.paint(style, &format!("{}{}", version(release), times(release)));
        releases.iter().map(each).collect::<Vec<_>>().join(", ")
    };
    let (old, new) = (list(&package.old, Style::Red), list(&package.new, Style::Green));
    match (package.status, old.is_empty(), new.is_empty()) {
        (Status::Added, ..) => new,
        (Status::Removed, ..) => old,
        (_, true, _) => format!("+ {new}"),
        (_, _, true) => format!("- {old}"),
        _ => format!("{old} -> {new}"),
    }
}

/// A file that differs, below `indent`.
pub(super) fn file(diff: &FileDiff, indent: &str, view: View, text: &mut String) {
    let (sign, style) = sign(diff.change);
    let (sign, path) = (view.paint(style, sign), view.paint(style, &diff.path));
    _ = writeln!(text, "{indent}{sign} {path} ({})", describe(diff, view));
    if diff.change == Change::Changed || view.verbose {
        hunks(&diff.hunks, &format!("{indent}  "), view, text);
    }
}

/// What a file is and was, in a few words.
fn describe(diff: &FileDiff, view: View) -> String {
    let kind = |state: &FileState| match state.kind {
        FileKind::Text => "text",
        FileKind::Binary => "binary",
        FileKind::Link => "link",
        FileKind::Special => "special file",
    };
    let whole = |state: &FileState| match &state.leads_to {
        Some(target) => format!("link to {}", view.paint(Style::Plain, target)),
        None => format!("{}, {}", kind(state), size(state.size)),
    };
    let copy = |state: &FileState| state.mode == FileMode::Copy;
    let (old, new) = match (&diff.old, &diff.new) {
        (Some(old), Some(new)) => (old, new),
        (Some(state), None) | (None, Some(state)) => {
            let copied = if copy(state) { ", copied" } else { "" };
            return whole(state) + copied;
        }
        (None, None) => return String::new(),
    };
    let mut words = vec![if kind(old) != kind(new) || old.leads_to != new.leads_to {
        format!("{} -> {}", whole(old), whole(new))
    } else if old.size != new.size {
        format!("{}, {} -> {}", kind(new), size(old.size), size(new.size))
    } else {
        whole(new)
    }];
    match (old.executable, new.executable) {
        (false, true) => words.push("now executable".to_owned()),
        (true, false) => words.push("no longer executable".to_owned()),
        _ => {}
    }
    match (copy(old), copy(new)) {
        (false, true) => words.push("now copied".to_owned()),
        (true, false) => words.push("now linked".to_owned()),
        (true, true) => words.push("copied".to_owned()),
        (false, false) => {}
    }
    words.join(", ")
}

pub(super) fn hunks(hunks: &[Hunk], indent: &str, view: View, text: &mut String) {
    for hunk in hunks {
        let range = |start: usize, lines: usize| {
            if lines == 1 { start.to_string() } else { format!("{start},{lines}") }
        };
        let head = format!(
            "@@ -{} +{} @@",
            range(hunk.old_start, hunk.old_lines),
            range(hunk.new_start, hunk.new_lines)
        );
        _ = writeln!(text, "{indent}{}", view.paint(Style::Cyan, &head));
        for line in &hunk.lines {
            let (sign, style) = match line.mark {
                Mark::Both => (' ', Style::Plain),
                Mark::Old => ('-', Style::Red),
                Mark::New => ('+', Style::Green),
            };
            if line.mark == Mark::Both && line.text.is_empty() {
                text.push('\n');
            } else {
                // Blanks at the end stay: they may be all that differs.
                _ = writeln!(text, "{indent}{}", view.paint(style, &format!("{sign}{}", line.text)));
            }
            if line.unfinished {
                _ = writeln!(text, "{indent}{}", view.paint(Style::Faint, "\\ No newline at end of file"));
            }
        }
    }
}

/// By how much something grew or shrank.
fn delta(old: u64, new: u64) -> String {
    if new >= old { format!("+{}", size(new - old)) } else { format!("-{}", size(old - new)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_of_sizes() {
        assert_eq!(
            (delta(1, 3), delta(3, 1), delta(1, 1)),
            ("+2 bytes".into(), "-2 bytes".into(), "+0 bytes".into())
        );
    }

    #[test]
    fn versions() {
        let check = |color: bool, old: &[(&str, usize)], new: &[(&str, usize)], expected: &str| {
            let releases = |all: &[(&str, usize)]| -> Vec<Release> {
                all.iter()
                    .map(|(version, count)| Release { version: (*version).to_owned(), count: *count })
                    .collect()
            };
            let package = PackageDiff {
                name: "p".to_owned(),
                status: match (old.is_empty(), new.is_empty()) {
                    (true, _) => Status::Added,
                    (_, true) => Status::Removed,
                    _ => Status::Changed,
                },
                selected: false,
                old: releases(old),
                new: releases(new),
            };
            let view = View { paint: Paint { color }, verbose: false };
            let shown = super::releases(&package, view);
            assert_eq!(shown.replace('\u{1b}', "^"), expected);
        };
        check(false, &[("1.2", 1)], &[("1.3", 2)], "1.2 -> 1.3 ×2");
        check(false, &[("", 1)], &[("1", 1)], "<none> -> 1");
        check(false, &[], &[("1", 1), ("2", 1)], "1, 2");
        check(false, &[("1", 3)], &[], "1 ×3");
        check(false, &[("1", 1), ("2", 1)], &[("3", 1)], "1, 2 -> 3");
        check(
            true,
            &[("1.2", 1)],
            &[("1.3", 1)],
            "^[33m1^[0m^[33m.^[0m^[31m2^[0m -> ^[33m1^[0m^[33m.^[0m^[32m3^[0m",
        );
    }
}
