//! Tables and JSON, the two forms in which commands list things.

use std::fmt::{self, Write as _};

use serde::Serialize;

use crate::error::CommandError;
use crate::paint;

/// Rows of text in aligned columns. Columns that are empty in every row are left out.
pub(crate) struct Table<const N: usize> {
    head: [&'static str; N],
    rows: Vec<[String; N]>,
}

impl<const N: usize> Table<N> {
    /// A table with these names of columns.
    pub(crate) fn new(head: [&'static str; N]) -> Self {
        Table { head, rows: Vec::new() }
    }

    /// Adds a row at the end.
    pub(crate) fn row(&mut self, row: [String; N]) {
        self.rows.push(row);
    }
}

impl<const N: usize> fmt::Display for Table<N> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let widths: Vec<usize> = (0..N)
            .map(|column| {
                let width = |text: &str| text.chars().count();
                let cells = self.rows.iter().filter_map(|row| row.get(column));
                let widest = cells.map(|cell| width(cell)).max().unwrap_or(0);
                if widest == 0 { 0 } else { widest.max(self.head.get(column).map_or(0, |name| width(name))) }
            })
            .collect();
        let line = |cells: &mut dyn Iterator<Item = &str>| -> String {
            let padded = cells.zip(&widths).filter(|(_, width)| **width > 0);
            let text: Vec<String> = padded.map(|(cell, width)| format!("{cell:<width$}")).collect();
            text.join("  ").trim_end().to_owned()
        };
        f.write_str(&line(&mut self.head.iter().copied()))?;
        for row in &self.rows {
            write!(f, "\n{}", line(&mut row.iter().map(String::as_str)))?;
        }
        Ok(())
    }
}

/// A value as JSON for people and programs.
///
/// # Errors
/// Never for the values that commands list; the signature is serde's.
pub(crate) fn json(value: &impl Serialize) -> Result<String, CommandError> {
    let text =
        serde_json::to_string_pretty(value).map_err(|error| CommandError::internal(error.to_string()))?;
    Ok(escape(text))
}

/// Writes characters that could do something to a terminal, and that JSON has no need to escape, by their numbers. They only
/// stand in strings, where that means the same.
fn escape(text: String) -> String {
    let harmful = |character: char| character != '\n' && paint::is_harmful(character);
    if !text.contains(harmful) {
        return text;
    }
    let mut escaped = String::with_capacity(text.len());
    for character in text.chars() {
        if harmful(character) {
            _ = write!(escaped, "\\u{:04x}", u32::from(character));
        } else {
            escaped.push(character);
        }
    }
    escaped
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn json_has_nothing_for_a_terminal_in_it() {
        let text = json(&["a\u{1b}\u{9b}\u{7f}\u{202e}ü\t"]).unwrap();
        assert_eq!(text, "[\n  \"a\\u001b\\u009b\\u007f\\u202eü\\t\"\n]");
        let back: Vec<String> = serde_json::from_str(&text).unwrap();
        assert_eq!(back, ["a\u{1b}\u{9b}\u{7f}\u{202e}ü\t"]);
    }

    #[test]
    fn columns_are_aligned_and_empty_ones_left_out() {
        let mut table = Table::new(["A", "EMPTY", "LONG", "LAST"]);
        table.row(["1".into(), String::new(), "x".into(), String::new()]);
        table.row(["22".into(), String::new(), "ü".into(), "end".into()]);
        insta::assert_snapshot!(table, @r"
        A   LONG  LAST
        1   x
        22  ü     end
        ");
    }
}
