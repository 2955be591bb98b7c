//! What looks like a secret in `Environment=`: unit files can be read by everybody who can read the store.

/// Parts of names of variables that hold secrets, between underscores.
const NAMES: &[&str] = &[
    "TOKEN",
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "SECRET",
    "APIKEY",
    "CREDENTIAL",
    "CREDENTIALS",
    "PASS",
    "PW",
    "PAT",
    "AUTH",
];

/// Pairs of parts that together name one.
const PAIRS: &[(&str, &str)] = &[
    ("API", "KEY"),
    ("PRIVATE", "KEY"),
    ("ACCESS", "KEY"),
    ("SECRET", "KEY"),
    ("ENCRYPTION", "KEY"),
    ("SIGNING", "KEY"),
    ("SSH", "KEY"),
    ("CLIENT", "KEY"),
    ("MASTER", "KEY"),
    ("SERVICE", "KEY"),
];

/// How values of common secrets begin.
const VALUES: &[&str] = &[
    "-----BEGIN ",
    "ghp_",
    "gho_",
    "ghs_",
    "github_pat_",
    "glpat-",
    "xoxb-",
    "xoxp-",
    "sk-ant-",
    "sk-proj-",
    "sk_live_",
    "AKIA",
    "AGE-SECRET-KEY-",
    "eyJhbGciOi",
    "hf_",
    "npm_",
    "pypi-AgEI",
];

/// Endings of names whose value only leads to a secret, or is something else after all.
const HARMLESS: &[&str] = &[
    "FILE", "PATH", "DIR", "URL", "URI", "CMD", "COMMAND", "SOCK", "SOCKET", "NAME", "TTL", "TIMEOUT",
    "TYPE", "ID", "METHOD",
];

/// Why an assignment looks like one of a secret; the value itself is not to be repeated.
pub(super) fn looks_like_one(name: &str, value: &str) -> Option<&'static str> {
    if VALUES.iter().any(|start| value.starts_with(start) && value.len() >= start.len() + 8) {
        return Some("its value looks like a key or token");
    }
    if has_password(value) {
        return Some("the URL in it has a password");
    }
    // A path, a reference or a truth value is no secret.
    if value.len() < 4
        || value.starts_with(['/', '%', '$', '~'])
        || crate::unit::parse_boolean(value).is_some()
    {
        return None;
    }
    if value.bytes().all(|byte| byte.is_ascii_digit()) && value.len() < 6 {
        return None;
    }
    let upper = name.to_ascii_uppercase();
    let parts: Vec<&str> = upper.split(['_', '-', '.']).filter(|part| !part.is_empty()).collect();
    if parts.last().is_some_and(|last| HARMLESS.contains(last)) {
        return None;
    }
    let joined = ["TOKEN", "PASSWORD", "SECRET", "APIKEY", "PASSPHRASE"];
    let named = parts.iter().any(|part| NAMES.contains(part) || joined.iter().any(|end| part.ends_with(end)))
        || parts.windows(2).any(|pair| matches!(pair, [first, second] if PAIRS.contains(&(*first, *second))));
    named.then_some("its name is that of a secret")
}

/// Whether it is a URL with a user and a password: `scheme://user:password@host`.
fn has_password(value: &str) -> bool {
    let Some((_, rest)) = value.split_once("://") else { return false };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let Some((user, _)) = authority.rsplit_once('@') else { return false };
    user.split_once(':')
        .is_some_and(|(_, password)| !password.is_empty() && !password.starts_with(['$', '%']))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_and_others() {
        for (name, value, expected) in [
            ("GITHUB_TOKEN", "abcdefgh", true),
            ("DB_PASSWORD", "hunter22", true),
            ("api_key", "0123456789", true),
            ("APP_SECRET", "xxxxxx", true),
            ("MYTOKEN", "xxxxxx", true),
            ("X", "ghp_0123456789abcdef", true),
            ("X", "-----BEGIN OPENSSH PRIVATE KEY-----", true),
            ("DATABASE_URL", "postgres://u:geheim@localhost/db", true),
            ("DATABASE_URL", "postgres://u@localhost/db", false),
            ("TOKEN_FILE", "secrets", false),
            ("TOKEN", "%d/token", false),
            ("TOKEN", "/run/token", false),
            ("SSH_AUTH_SOCK", "agent", false),
            ("PATH", "somewhere", false),
            ("KEYBOARD", "german", false),
            ("KEY", "value", false),
            ("PASSWORD_REQUIRED", "true", false),
            ("MAX_TOKENS", "4096", false),
        ] {
            assert_eq!(looks_like_one(name, value).is_some(), expected, "{name}");
        }
    }
}
