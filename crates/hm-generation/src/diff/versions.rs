//! Names and versions of packages, told apart and compared as Nix does.

use std::cmp::Ordering;

use similar::{Algorithm, DiffTag};

/// The name of a package and its version, which begins behind the first dash that no letter follows
/// (`builtins.parseDrvName`). The version may be empty.
#[must_use]
pub fn split_name(text: &str) -> (&str, &str) {
    let dash = text
        .match_indices('-')
        .map(|(at, _)| at)
        .find(|at| text.as_bytes().get(at + 1).is_some_and(|next| !next.is_ascii_alphabetic()));
    match dash {
        Some(at) => (text.get(..at).unwrap_or(text), text.get(at + 1..).unwrap_or("")),
        None => (text, ""),
    }
}

/// The name of the object at a store path: what follows the directory, the hash and a dash.
#[must_use]
pub fn object_name(path: &str) -> &str {
    /// The characters of a hash and the dash behind it.
    const HASH: usize = 33;
    let base = path.rsplit('/').next().unwrap_or(path);
    base.get(HASH..).unwrap_or(base)
}

/// A version's pieces: runs of digits and runs of anything else, with what separates them as pieces of its own.
#[must_use]
pub fn pieces(version: &str) -> Vec<&str> {
    #[derive(PartialEq)]
    enum Kind {
        Digits,
        Other,
        Separator,
    }
    let kind = |byte: u8| match byte {
        b'.' | b'-' | b'_' | b'+' => Kind::Separator,
        byte if byte.is_ascii_digit() => Kind::Digits,
        _ => Kind::Other,
    };
    let mut pieces = Vec::new();
    let mut rest = version;
    while let Some(first) = rest.bytes().next() {
        let end = match kind(first) {
            Kind::Separator => 1,
            own => rest.bytes().position(|byte| kind(byte) != own).unwrap_or(rest.len()),
        };
        let (piece, after) = rest.split_at_checked(end).unwrap_or((rest, ""));
        pieces.push(piece);
        rest = after;
    }
    pieces
}

/// A piece of a version, and whether the other version has it as well.
pub type Part<'a> = (&'a str, bool);

/// The pieces of two versions, each with whether it is in both.
#[must_use]
pub fn aligned<'a>(old: &'a str, new: &'a str) -> (Vec<Part<'a>>, Vec<Part<'a>>) {
    let (old, new) = (pieces(old), pieces(new));
    let mut parts = (Vec::new(), Vec::new());
    for operation in similar::capture_diff_slices(Algorithm::Myers, &old, &new) {
        let same = operation.tag() == DiffTag::Equal;
        let part = |piece: &&'a str| (*piece, same);
        parts.0.extend(old.get(operation.old_range()).into_iter().flatten().map(part));
        parts.1.extend(new.get(operation.new_range()).into_iter().flatten().map(part));
    }
    parts
}

/// Which of two versions is the later one (`builtins.compareVersions`).
#[must_use]
pub fn compare(old: &str, new: &str) -> Ordering {
    let (mut old, mut new) = (components(old), components(new));
    loop {
        let (left, right) = (old.next(), new.next());
        if left.is_none() && right.is_none() {
            return Ordering::Equal;
        }
        let (left, right) = (left.unwrap_or(""), right.unwrap_or(""));
        if before(left, right) {
            return Ordering::Less;
        }
        if before(right, left) {
            return Ordering::Greater;
        }
    }
}

fn components(version: &str) -> impl Iterator<Item = &str> {
    version.split(['.', '-']).flat_map(|part| {
        let mut rest = part;
        std::iter::from_fn(move || {
            let digit = rest.bytes().next()?.is_ascii_digit();
            let end = rest.bytes().position(|byte| byte.is_ascii_digit() != digit).unwrap_or(rest.len());
            let (component, after) = rest.split_at_checked(end)?;
            rest = after;
            Some(component)
        })
    })
}

/// Whether a component comes before another: numbers by value, `pre` before everything, text before numbers.
fn before(left: &str, right: &str) -> bool {
    let number = |text: &str| text.parse::<u64>().ok();
    match (number(left), number(right)) {
        (Some(left), Some(right)) => left < right,
        (None, Some(_)) if left.is_empty() => true,
        _ if left == "pre" && right != "pre" => true,
        _ if right == "pre" => false,
        (None, Some(_)) => true,
        (Some(_), None) => false,
        (None, None) => left < right,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_versions() {
        let check = |text: &str, name: &str, version: &str| {
            assert_eq!(split_name(text), (name, version), "{text}");
        };
        check("hello-2.12.1", "hello", "2.12.1");
        check("nix-index", "nix-index", "");
        check("gtk+3-3.24-dev", "gtk+3", "3.24-dev");
        check("python3.11-requests-2.31.0", "python3.11-requests", "2.31.0");
        check("x-", "x-", "");
        check("a-_b", "a", "_b");
        check("", "", "");
    }

    #[test]
    fn names_of_objects() {
        let check = |path: &str, expected: &str| assert_eq!(object_name(path), expected, "{path}");
        check("/nix/store/00000000000000000000000000000000-hello-1.0", "hello-1.0");
        check("/nix/store/short", "short");
    }

    #[test]
    fn versions_in_pieces() {
        let check = |version: &str, expected: &[&str]| assert_eq!(pieces(version), expected);
        check("1.2.3", &["1", ".", "2", ".", "3"]);
        check("2.3pre12-é", &["2", ".", "3", "pre", "12", "-", "é"]);
        check("", &[]);
    }

    #[test]
    fn what_versions_have_in_common() {
        let check = |old: &str, new: &str, expected: (&str, &str)| {
            let show = |parts: Vec<Part<'_>>| -> String {
                parts
                    .iter()
                    .map(|(piece, same)| if *same { (*piece).to_owned() } else { format!("[{piece}]") })
                    .collect()
            };
            let (old, new) = aligned(old, new);
            assert_eq!((show(old).as_str(), show(new).as_str()), expected);
        };
        check("1.2.3", "1.3.3", ("1.[2].3", "1.[3].3"));
        check("1.2", "1.2.1", ("1.2", "1.2[.][1]"));
        check("", "2", ("", "[2]"));
    }

    #[test]
    fn versions_compare_by_component() {
        let check = |old: &str, new: &str, expected: Ordering| {
            assert_eq!(compare(old, new), expected, "{old} and {new}");
        };
        check("1.0", "2.3", Ordering::Less);
        check("2.3", "2.3", Ordering::Equal);
        check("2.3.1", "2.3", Ordering::Greater);
        check("2.3.1", "2.3a", Ordering::Greater);
        check("2.3pre1", "2.3", Ordering::Less);
        check("2.3pre3", "2.3pre12", Ordering::Less);
        check("2.3a", "2.3c", Ordering::Less);
        check("", "1", Ordering::Less);
        check("1.", "1", Ordering::Equal);
    }
}
