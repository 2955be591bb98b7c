//! Names like one that was not found.

/// Up to three of `names` that are close to `wanted`, closest first; behind them those that continue it after a dash, as
/// `attic-client` does `attic`.
pub(crate) fn similar(wanted: &str, names: impl IntoIterator<Item = String>) -> Vec<String> {
    let limit = (wanted.chars().count() / 3).clamp(1, 3);
    let mut found: Vec<(usize, String)> = names
        .into_iter()
        .filter_map(|name| {
            let distance = distance(wanted, &name, limit).or_else(|| continues(wanted, &name))?;
            Some((distance, name))
        })
        .collect();
    found.sort();
    found.truncate(3);
    found.into_iter().map(|(_, name)| name).collect()
}

/// Farther than anything that is merely misspelt, for a name that continues a whole word.
fn continues(wanted: &str, name: &str) -> Option<usize> {
    let rest = name.strip_prefix(wanted).filter(|_| wanted.len() >= 3)?;
    rest.starts_with(['-', '_']).then(|| 10 + rest.len())
}

/// The edit distance of two names, transpositions counted as one, if it is at most `limit`.
fn distance(left: &str, right: &str, limit: usize) -> Option<usize> {
    let left: Vec<char> = left.chars().flat_map(char::to_lowercase).collect();
    let right: Vec<char> = right.chars().flat_map(char::to_lowercase).collect();
    if left.len().abs_diff(right.len()) > limit {
        return None;
    }
    let mut before: Vec<usize> = Vec::new();
    let mut previous: Vec<usize> = (0..=right.len()).collect();
    for (i, a) in left.iter().enumerate() {
        let mut current = vec![i + 1];
        for (j, b) in right.iter().enumerate() {
            let at = |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX - 1);
            let mut cost = at(&previous, j) + usize::from(a != b);
            cost = cost.min(at(&previous, j + 1) + 1).min(at(&current, j) + 1);
            if i > 0 && j > 0 && left.get(i - 1) == Some(b) && right.get(j - 1) == Some(a) {
                cost = cost.min(at(&before, j - 1) + 1);
            }
            current.push(cost);
        }
        before = std::mem::replace(&mut previous, current);
    }
    previous.last().copied().filter(|distance| *distance <= limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(wanted: &str, names: &[&str], expected: &[&str]) {
        assert_eq!(similar(wanted, names.iter().map(|name| (*name).to_owned())), expected);
    }

    #[test]
    fn suggests_what_is_close() {
        check("hlelo", &["hello", "world"], &["hello"]);
        check("Wantedby", &["WantedBy", "RequiredBy"], &["WantedBy"]);
        check("a", &["b", "c", "d", "e"], &["b", "c", "d"]);
        check("services", &["service", "timers"], &["service"]);
        check(
            "attic",
            &["attic-server", "attic-client", "attica", "pkg-attic"],
            &["attica", "attic-client", "attic-server"],
        );
        check("a", &["a-b"], &[]);
        check("xyz", &["abc"], &[]);
        check("", &[], &[]);
    }
}
