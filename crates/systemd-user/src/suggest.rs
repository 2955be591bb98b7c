//! "Did you mean": the known word that is nearest to what was written.

/// The candidate that a typing mistake, or other case, could have turned into `word`.
pub fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    // Longer words bear more mistakes.
    let length = word.chars().count();
    let limit = (length / 3).min(3);
    let mut best: Option<(usize, &str)> = None;
    for candidate in candidates {
        let distance = match candidate.eq_ignore_ascii_case(word) {
            true => 0,
            // The beginning of a word is taken for it, unless something is nearer.
            false if length > 4 && candidate.starts_with(word) => distance(word, candidate).min(limit),
            false => distance(word, candidate),
        };
        if distance <= limit && best.is_none_or(|(least, _)| distance < least) {
            best = Some((distance, candidate));
        }
    }
    best.map(|(_, candidate)| candidate)
}

/// `did you mean X?` for the nearest candidate.
pub(crate) fn help<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    nearest(word, candidates).map(|found| format!("did you mean `{found}`?"))
}

/// How many insertions, deletions, replacements and swaps of neighbours lead from one word to the other, whatever their
/// case.
fn distance(from: &str, to: &str) -> usize {
    let from: Vec<char> = from.chars().map(|c| c.to_ascii_lowercase()).collect();
    let to: Vec<char> = to.chars().map(|c| c.to_ascii_lowercase()).collect();
    let at = |row: &[usize], index: usize| row.get(index).copied().unwrap_or(usize::MAX / 2);
    let mut before_last: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=to.len()).collect();
    for (i, a) in from.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, b) in to.iter().enumerate() {
            let mut least =
                (at(&row, j) + 1).min(at(&last, j + 1) + 1).min(at(&last, j) + usize::from(a != b));
            if i > 0 && j > 0 && from.get(i - 1) == Some(b) && to.get(j - 1) == Some(a) {
                least = least.min(at(&before_last, j - 1) + 1);
            }
            row.push(least);
        }
        before_last = std::mem::replace(&mut last, row);
    }
    at(&last, to.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_meant() {
        let known = ["WantedBy", "RequiredBy", "Restart", "RestartSec", "ExecStart", "Nice"];
        for (word, expected) in [
            ("Wantedby", Some("WantedBy")),
            ("WantdBy", Some("WantedBy")),
            ("Resatrt", Some("Restart")),
            ("ExeStrat", Some("ExecStart")),
            ("RestartSecs", Some("RestartSec")),
            ("Ncie", Some("Nice")),
            ("Colour", None),
            ("Required", Some("RequiredBy")),
            ("9", None),
            ("X", None),
        ] {
            assert_eq!(nearest(word, known), expected, "{word}");
        }
        assert_eq!(help("restart", known).as_deref(), Some("did you mean `Restart`?"));
    }
}
