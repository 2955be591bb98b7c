//! Colours, and texts that cannot do anything to a terminal.
//!
//! What files and units hold is anybody's text. Escape sequences in it would be carried out by the terminal, and some
//! characters turn round what stands around them, so neither is ever written as it is.

use std::fmt::Write as _;

/// How a piece of text looks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Style {
    Plain,
    Bold,
    Faint,
    Red,
    Green,
    Yellow,
    Cyan,
}

impl Style {
    fn code(self) -> Option<&'static str> {
        match self {
            Style::Plain => None,
            Style::Bold => Some("1"),
            Style::Faint => Some("2"),
            Style::Red => Some("31"),
            Style::Green => Some("32"),
            Style::Yellow => Some("33"),
            Style::Cyan => Some("36"),
        }
    }
}

/// Whether there are colours.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Paint {
    pub(crate) color: bool,
}

impl Paint {
    /// The text in a style, harmless.
    pub(crate) fn paint(self, style: Style, text: &str) -> String {
        let text = harmless(text);
        match style.code() {
            Some(code) if self.color && !text.is_empty() => format!("\u{1b}[{code}m{text}\u{1b}[0m"),
            _ => text,
        }
    }
}

/// Whether a terminal may do something else with the character than to show it: control characters, and those that change
/// the direction of others.
pub(crate) fn is_harmful(character: char) -> bool {
    let turns = matches!(
        character,
        '\u{061c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}'
    );
    turns || character.is_control() && character != '\t'
}

/// The text with its harmful characters written out.
pub(crate) fn harmless(text: &str) -> String {
    let mut result = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '\r' => result.push_str("\\r"),
            '\n' => result.push_str("\\n"),
            character if is_harmful(character) => _ = write!(result, "{}", character.escape_unicode()),
            character => result.push(character),
        }
    }
    result
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_reaches_the_terminal_but_text() {
        let check = |text: &str, expected: &str| assert_eq!(harmless(text), expected);
        check("plain\ttext, ü", "plain\ttext, ü");
        check("\u{1b}[31mred\u{1b}]0;title\u{7}", "\\u{1b}[31mred\\u{1b}]0;title\\u{7}");
        check("a\r\n\0\u{7f}\u{9b}31m", "a\\r\\n\\u{0}\\u{7f}\\u{9b}31m");
        check("a\u{202e}b\u{2069}", "a\\u{202e}b\\u{2069}");
    }

    #[test]
    fn colours() {
        let check = |color: bool, style: Style, expected: &str| {
            assert_eq!(Paint { color }.paint(style, "x\u{1b}"), expected);
        };
        check(true, Style::Red, "\u{1b}[31mx\\u{1b}\u{1b}[0m");
        check(true, Style::Plain, "x\\u{1b}");
        check(false, Style::Red, "x\\u{1b}");
        assert_eq!(Paint { color: true }.paint(Style::Red, ""), "");
    }
}
