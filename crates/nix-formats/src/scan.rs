//! Finding the bytes of a text that need an escape.

/// How many bytes are looked at together, which the compiler turns into few comparisons of all of them.
const BLOCK: usize = 16;

/// The length of the part before the first byte that is `special`, which is quick where that question is answered without
/// a branch: by `|`, not by `||` or a pattern.
#[inline]
pub fn plain_prefix(text: &[u8], special: impl Fn(u8) -> bool) -> usize {
    let mut blocks = text.chunks_exact(BLOCK);
    let mut plain = 0;
    for block in blocks.by_ref() {
        if block.iter().fold(false, |found, byte| found | special(*byte)) {
            return plain + block.iter().take_while(|byte| !special(**byte)).count();
        }
        plain += BLOCK;
    }
    plain + blocks.remainder().iter().take_while(|byte| !special(**byte)).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn prefixes() {
        let special = |byte| byte == b'"';
        for length in 0..70 {
            let mut text = vec![b'a'; length];
            assert_eq!(plain_prefix(&text, special), length);
            for at in (0..length).rev() {
                if let Some(byte) = text.get_mut(at) {
                    *byte = b'"';
                }
                assert_eq!(plain_prefix(&text, special), at);
            }
        }
    }
}
