//! The scripts that units run, where a new version took the place of an old one.
//!
//! A script's path changes with its contents, and the path is all that the unit says. The reader wants to know what it does
//! now.

use std::collections::BTreeMap;
use std::path::Path;

use hm_generation::diff::versions::object_name;
use hm_generation::diff::{FileDiff, diff_sources};
use systemd_user::diff::UnitDiff;

use crate::error::CommandError;

/// Compares the files that the settings of a unit name, where the old and the new one have the same name in the store.
///
/// # Errors
/// When one of them cannot be read.
pub(super) fn compare(unit: &UnitDiff, stores: &[String]) -> Result<Vec<FileDiff>, CommandError> {
    let named = |values: fn(&systemd_user::diff::SettingDiff) -> &Vec<String>| {
        let texts = unit.settings.iter().flat_map(values);
        texts.flat_map(|text| paths(text, stores)).collect::<BTreeMap<String, &str>>()
    };
    let (old, new) = (named(|setting| &setting.old), named(|setting| &setting.new));
    let mut diffs = Vec::new();
    for (name, after) in new {
        if let Some(before) = old.get(&name)
            && *before != after
        {
            diffs.extend(diff_sources(&name, Path::new(before), Path::new(after))?);
        }
    }
    Ok(diffs)
}

/// The paths of files in a store that a value names, by what follows the hash.
fn paths<'a>(text: &'a str, stores: &'a [String]) -> impl Iterator<Item = (String, &'a str)> {
    let words = text.split(|character: char| {
        character.is_whitespace() || matches!(character, '"' | '\'' | '=' | ';' | ',' | ':' | '$' | '`')
    });
    words.filter_map(move |word| {
        // What may stand before the program of an Exec setting (systemd.service(5)).
        let word = word.trim_start_matches(['-', '@', '+', '!']);
        let below = stores.iter().find_map(|store| word.strip_prefix(store.as_str())?.strip_prefix('/'))?;
        let (object, rest) = below.split_once('/').map_or((below, ""), |(object, rest)| (object, rest));
        let name = object_name(object);
        let name = if rest.is_empty() { name.to_owned() } else { format!("{name}/{rest}") };
        Some((name, word))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_in_values() {
        let hash = "0".repeat(32);
        let check = |text: &str, expected: &[&str]| {
            let text = text.replace('#', &hash);
            let stores = ["/s".to_owned(), "/nix/store".to_owned()];
            let found: Vec<String> = paths(&text, &stores).map(|(name, _)| name).collect();
            assert_eq!(found, expected, "{text}");
        };
        check("/s/#-greet", &["greet"]);
        check("-@/nix/store/#-x-1.0/bin/x arg \"A=/s/#-y\"", &["x-1.0/bin/x", "y"]);
        check("/sx/#-no /bin/sh", &[]);
    }
}
