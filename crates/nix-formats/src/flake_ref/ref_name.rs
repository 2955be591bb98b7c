//! Which names branches and tags of a Git repository can have.

/// Whether `name` can be that of a reference, a branch or a tag.
pub fn is_legal_ref_name(name: &str) -> bool {
    if name == "@" || name.ends_with('.') || !name.split('/').all(is_component) {
        return false;
    }
    // A branch or a tag may be called anything that does not look like an option; a whole reference, such as
    // `refs/heads/-x`, may begin with anything.
    !name.starts_with('-') || name.contains('/')
}

fn is_component(part: &str) -> bool {
    let allowed = |c: char| c > ' ' && c != '\x7f' && !matches!(c, '~' | '^' | ':' | '\\' | '?' | '[' | '*');
    !part.is_empty()
        && !part.starts_with('.')
        && !part.ends_with(".lock")
        && !part.contains("..")
        && !part.contains("@{")
        && part.chars().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_git_s() {
        for name in ["main", "HEAD", "refs/heads/x", "1.0", "@a", "a@b", "é", "a./b", "x#", "-a/b", "a-b_c+1"]
        {
            assert!(is_legal_ref_name(name), "{name}");
        }
        for name in [
            "", "@", "-x", "a..b", ".a", "a/.b", "a.lock", "a/", "/a", "a//b", "a b", "a~1", "a.", "a@{b",
            "a^", "a:b", "a\x7f",
        ] {
            assert!(!is_legal_ref_name(name), "{name}");
        }
    }
}
