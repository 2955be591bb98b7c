//! The alphabetical order of many names.
//!
//! The names of large sets mostly begin alike (`name-1`, `name-2`), so comparing them as they are looks at the same bytes
//! again and again. What follows the common beginning fits a number or nearly so, and numbers are quickly sorted.

/// The indices of `count` names in alphabetical order; names that are equal keep theirs.
pub(crate) fn alphabetical<'n>(
    count: usize,
    name: impl Fn(usize) -> &'n [u8],
) -> impl ExactSizeIterator<Item = u32> {
    let begin = common_prefix(count, &name);
    let rest = |index| key(name(index).get(begin..).unwrap_or_default());
    let mut keyed: Vec<(u64, u32)> = (0..count).map(|index| (rest(index), index as u32)).collect();
    keyed.sort_unstable();
    // Names with the same key differ behind it, or in zeros that only one of them has.
    for alike in keyed.chunk_by_mut(|one, other| one.0 == other.0) {
        if alike.len() > 1 {
            alike.sort_by_key(|(_, index)| name(*index as usize));
        }
    }
    keyed.into_iter().map(|(_, index)| index)
}

/// How many bytes all names have in common at their beginning.
fn common_prefix<'n>(count: usize, name: &impl Fn(usize) -> &'n [u8]) -> usize {
    if count == 0 {
        return 0;
    }
    let first = name(0);
    // Most differ in the first eight bytes, which are looked at together.
    let (mut different, mut shortest) = (0, first.len());
    for name in (1..count).map(name) {
        different |= key(name) ^ key(first);
        shortest = shortest.min(name.len());
    }
    let alike = different.leading_zeros() as usize / 8;
    if alike < 8 {
        return alike.min(shortest);
    }
    (1..count).map(name).fold(shortest, |length, name| {
        first.iter().zip(name).take(length).take_while(|(one, other)| one == other).count()
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
        assert!(alphabetical(names.len(), |index| names[index]).eq(expected));
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
