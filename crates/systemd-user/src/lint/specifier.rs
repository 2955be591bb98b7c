//! Specifiers such as `%h` in values: which there are, and which of them give an absolute path.

use std::ops::Range;

/// Those that every value knows that knows any.
const EVERYWHERE: &str = "%aAbBdgGHijlmMnNopqTuUvVwW";

/// Further ones, in values that are not names of units.
const FULL: &str = "CDEfIJLPsStyYh";

/// Those that systemd still expands and warns of.
const DEPRECATED: &str = "crR";

/// Those that came with a release.
const SINCE: [(char, u32); 4] = [('D', 256), ('d', 250), ('y', 251), ('Y', 251)];

/// What is expanded in a value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Scope {
    /// What names of units may contain.
    Names,
    /// All of them.
    Full,
}

/// What is wrong with a specifier.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Wrong {
    /// There is none.
    Unknown,
    /// There is one, but not in names of units.
    NotInNames,
    /// It is about to go.
    Deprecated,
    /// A later release has it.
    Since(u32),
}

/// The specifiers of a text: the letter and its place, with the percent sign.
pub(super) fn all(text: &str) -> impl Iterator<Item = (char, Range<usize>)> {
    let mut from = 0;
    std::iter::from_fn(move || {
        let at = from + text.get(from..)?.find('%')?;
        let letter = text.get(at + 1..)?.chars().next()?;
        from = at + 1 + letter.len_utf8();
        Some((letter, at..from))
    })
}

/// Whether there is any specifier, `%%` not counted.
pub(super) fn any(text: &str) -> bool {
    all(text).any(|(letter, _)| letter.is_ascii_alphabetic())
}

/// What is wrong with a specifier in a value of this kind. A percent sign before anything but a letter or digit stands for
/// itself.
pub(super) fn wrong(letter: char, scope: Scope, version: u32) -> Option<Wrong> {
    if !letter.is_ascii_alphanumeric() {
        return None;
    }
    if let Some((_, since)) = SINCE.iter().find(|(new, since)| *new == letter && *since > version) {
        return Some(Wrong::Since(*since));
    }
    let is_full = FULL.contains(letter);
    match scope {
        _ if EVERYWHERE.contains(letter) => None,
        _ if DEPRECATED.contains(letter) => Some(Wrong::Deprecated),
        Scope::Full if is_full => None,
        Scope::Names if is_full => Some(Wrong::NotInNames),
        _ => Some(Wrong::Unknown),
    }
}

/// Whether a path is absolute once its specifiers are expanded; `None` where that depends on an instance's name.
pub(super) fn is_absolute(path: &str) -> Option<bool> {
    let Some((letter, _)) = all(path).next().filter(|(_, at)| at.start == 0) else {
        return Some(path.starts_with('/'));
    };
    match letter {
        'C' | 'd' | 'D' | 'E' | 'f' | 'h' | 'L' | 's' | 'S' | 't' | 'T' | 'V' | 'y' | 'Y' => Some(true),
        'i' | 'I' | 'j' | 'J' | 'p' | 'P' | 'n' | 'N' | 'c' | 'r' | 'R' => None,
        _ => Some(false),
    }
}

/// The path with `%h` as the home directory and `%%` as a percent sign; `None` where other specifiers are in it.
pub(super) fn expand(path: &str, home: Option<&str>) -> Option<String> {
    let mut expanded = String::with_capacity(path.len());
    let mut from = 0;
    for (letter, at) in all(path) {
        expanded.push_str(path.get(from..at.start)?);
        match letter {
            '%' => expanded.push('%'),
            'h' => expanded.push_str(home?),
            _ => return None,
        }
        from = at.end;
    }
    expanded.push_str(path.get(from..)?);
    Some(expanded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn known_and_unknown() {
        for (letter, scope, version, expected) in [
            ('h', Scope::Full, 252, None),
            ('h', Scope::Names, 252, Some(Wrong::NotInNames)),
            ('i', Scope::Names, 252, None),
            ('Q', Scope::Full, 252, Some(Wrong::Unknown)),
            ('r', Scope::Full, 252, Some(Wrong::Deprecated)),
            ('d', Scope::Full, 249, Some(Wrong::Since(250))),
            ('%', Scope::Names, 252, None),
            (' ', Scope::Full, 252, None),
        ] {
            assert_eq!(wrong(letter, scope, version), expected, "{letter}");
        }
        assert!(any("a%hb") && !any("100%") && !any("a%%b") && !any("5% of"));
    }

    #[test]
    fn paths() {
        assert_eq!(is_absolute("%h/x"), Some(true));
        assert_eq!(is_absolute("x/%h"), Some(false));
        assert_eq!(is_absolute("%I"), None);
        assert_eq!(expand("%h/a%%b", Some("/home/u")).as_deref(), Some("/home/u/a%b"));
        assert_eq!(expand("%t/a", Some("/home/u")), None);
        assert_eq!(expand("/a", None).as_deref(), Some("/a"));
    }
}
