//! The alphabetical order of many names.
//!
//! The names of large sets mostly begin alike (`name-1`, `name-2`), so comparing them as they are looks at the same bytes
//! again and again. What follows the common beginning fits a number or nearly so, and numbers are quickly sorted.

/// The indices of `names` in alphabetical order; names that are equal keep theirs.
pub(crate) fn alphabetical(names: &[&[u8]]) -> Vec<u32> {
    let begin = common_prefix(names);
    let rest = |name: &'_ [u8]| name.get(begin..).map_or(0, key);
    let mut keyed: Vec<(u64, u32)> = names.iter().map(|name| rest(name)).zip(0..).collect();
    keyed.sort_unstable();
    // Names with the same key differ behind it, or in zeros that only one of them has.
    for alike in keyed.chunk_by_mut(|one, other| one.0 == other.0) {
        if alike.len() > 1 {
            alike.sort_by_key(|(_, index)| names.get(*index as usize));
        }
    }
    keyed.into_iter().map(|(_, index)| index).collect()
}

/// How many bytes all names have in common at their beginning.
fn common_prefix(names: &[&[u8]]) -> usize {
    let Some((first, others)) = names.split_first() else { return 0 };
    let shortest = names.iter().map(|name| name.len()).min().unwrap_or(0);
    // Most differ in the first eight bytes, which are looked at together.
    let key_of_first = key(first);
    let different = others.iter().fold(0, |different, name| different | key(name) ^ key_of_first);
    let alike = different.leading_zeros() as usize / 8;
    if alike < 8 {
        return alike.min(shortest);
    }
    others.iter().fold(shortest, |length, name| {
        first.iter().zip(*name).take(length).take_while(|(one, other)| one == other).count()
    })
}

/// The first eight bytes as a number that sorts like them; bytes that are missing count as zeros.
fn key(name: &[u8]) -> u64 {
    if let Some(bytes) = name.first_chunk() {
        return u64::from_be_bytes(*bytes);
    }
    let mut bytes = [0; 8];
    for (byte, from) in bytes.iter_mut().zip(name) {
        *byte = *from;
    }
    u64::from_be_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(names: &[&[u8]]) {
        let mut expected: Vec<u32> = (0..names.len() as u32).collect();
        expected.sort_by_key(|index| names[*index as usize]);
        assert_eq!(alphabetical(names), expected);
    }

    #[test]
    fn names() {
        check(&[]);
        check(&[b""]);
        check(&[b"b", b"", b"a", b"a\0", b"a\0\0", b"\xff", b"ab"]);
        check(&[
            b"name-10",
            b"name-9",
            b"name-1",
            b"name-",
            b"name-123456789",
            b"name-12345678a",
            b"name-12345678",
        ]);
        check(&[b"same", b"same", b"other"]);
        check(&[b"12345678", b"1234567", b"123456789", b"12345678\0"]);
        let many: Vec<String> = (0..2000).map(|number| format!("x{}", number * 7919 % 2003)).collect();
        check(&[b"a-long-beginning-1", b"a-long-beginning-", b"a-long-beginnin", b"a-long-beginning-0"]);
        check(&many.iter().map(|name| name.as_bytes()).collect::<Vec<_>>());
    }
}
