//! Which texts can name a branch or tag in git.

/// Whether `name` is legal as a reference, a branch or a tag.
pub(crate) fn is_legal(name: &str) -> bool {
    const FORBIDDEN: &[u8] = b" ~^:?*[\\";
    let well_made = |part: &str| !part.is_empty() && !part.starts_with('.') && !part.ends_with(".lock");
    name != "@"
        && name.split('/').all(well_made)
        && !name.ends_with('.')
        && !name.contains("..")
        && !name.contains("@{")
        && (name.contains('/') || !name.starts_with('-'))
        && name.bytes().all(|byte| byte >= b' ' && byte != 0x7f && !FORBIDDEN.contains(&byte))
}

#[cfg(test)]
mod tests {
    use super::is_legal;

    #[test]
    fn names() {
        for name in ["main", "HEAD", "refs/heads/a", "a/b", "1.0", "@a", "ü", "feature/x-y_z+1"] {
            assert!(is_legal(name), "{name}");
        }
        for name in [
            "", "@", "a..b", ".a", "a/.b", "a.lock", "a/", "/a", "a//b", "a b", "a~1", "a^", "a:b", "a@{1}",
            "-a", "a.", "a\u{7f}",
        ] {
            assert!(!is_legal(name), "{name}");
        }
    }
}
