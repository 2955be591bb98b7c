//! The difference between two texts, as the hunks of a unified diff.

use std::time::Duration;

use serde::Serialize;
use similar::{ChangeTag, TextDiff};

/// How many unchanged lines are shown around a change.
const CONTEXT: usize = 3;

/// After this long a difference that is right but not the smallest one is good enough.
const PATIENCE: Duration = Duration::from_secs(1);

/// A run of lines with changes among them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Hunk {
    /// Where it begins in the old text, from 1; where it has no lines there, the line before.
    pub old_start: usize,
    /// How many lines of the old text it has.
    pub old_lines: usize,
    /// Where it begins in the new text.
    pub new_start: usize,
    /// How many lines of the new text it has.
    pub new_lines: usize,
    /// The lines.
    pub lines: Vec<Line>,
}

/// One line of a hunk.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Line {
    /// Which of the texts it is in.
    pub mark: Mark,
    /// The line without its end.
    pub text: String,
    /// Whether the text ends with it and has no line end there.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub unfinished: bool,
}

/// Which of the texts a line is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Mark {
    /// In both.
    Both,
    /// Only in the old one.
    Old,
    /// Only in the new one.
    New,
}

/// The hunks that make `new` of `old`; none where they are the same.
#[must_use]
pub fn hunks(old: &str, new: &str) -> Vec<Hunk> {
    let diff = TextDiff::configure().timeout(PATIENCE).diff_lines(old, new);
    let groups = diff.grouped_ops(CONTEXT);
    groups
        .iter()
        .filter_map(|group| {
            let (first, last) = (group.first()?, group.last()?);
            let (old_range, new_range) = (
                first.old_range().start..last.old_range().end,
                first.new_range().start..last.new_range().end,
            );
            let lines = group.iter().flat_map(|operation| diff.iter_changes(operation)).map(|change| Line {
                mark: match change.tag() {
                    ChangeTag::Equal => Mark::Both,
                    ChangeTag::Delete => Mark::Old,
                    ChangeTag::Insert => Mark::New,
                },
                text: change.value().strip_suffix('\n').unwrap_or(change.value()).to_owned(),
                unfinished: change.missing_newline(),
            });
            Some(Hunk {
                old_start: old_range.start + usize::from(!old_range.is_empty()),
                old_lines: old_range.len(),
                new_start: new_range.start + usize::from(!new_range.is_empty()),
                new_lines: new_range.len(),
                lines: lines.collect(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(old: &str, new: &str, expected: &str) {
        let mut shown = String::new();
        for hunk in hunks(old, new) {
            let Hunk { old_start, old_lines, new_start, new_lines, lines } = hunk;
            shown += &format!("@{old_start},{old_lines} {new_start},{new_lines}");
            for line in lines {
                let mark = match line.mark {
                    Mark::Both => ' ',
                    Mark::Old => '-',
                    Mark::New => '+',
                };
                shown += &format!("|{mark}{}{}", line.text, if line.unfinished { "\\" } else { "" });
            }
        }
        assert_eq!(shown, expected);
    }

    #[test]
    fn hunks_of_texts() {
        check("a\n", "a\n", "");
        check("", "a\n", "@0,0 1,1|+a");
        check("a\nb\n", "a\nc\n", "@1,2 1,2| a|-b|+c");
        check("a", "a\n", "@1,1 1,1|-a\\|+a");
        check("a\r\n", "a\n", "@1,1 1,1|-a\r|+a");
        let old = "1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n";
        check(old, &format!("0\n{old}"), "@1,3 1,4|+0| 1| 2| 3");
        check(
            old,
            &old.replace("10", "x").replace("1\n", ""),
            "@1,4 1,3|-1| 2| 3| 4@7,4 6,4| 7| 8| 9|-10|+x",
        );
    }
}
