//! Two texts as the lines in which they differ.

use similar::{ChangeTag, TextDiff};

/// The lines of both texts, those that differ with a mark.
pub(super) fn lines(expected: &str, found: &str) -> String {
    let difference = TextDiff::from_lines(expected, found);
    let hunks = difference.grouped_ops(2).into_iter().flatten();
    let changes = hunks.flat_map(|op| difference.iter_changes(&op).collect::<Vec<_>>());
    changes
        .map(|change| {
            let mark = match change.tag() {
                ChangeTag::Delete => '-',
                ChangeTag::Insert => '+',
                ChangeTag::Equal => ' ',
            };
            format!("  {mark} {}\n", change.value().trim_end_matches('\n'))
        })
        .collect()
}
