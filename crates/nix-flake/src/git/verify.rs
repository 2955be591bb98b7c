//! Signatures of commits: whether one of the keys that an input names has signed the commit it leads to.
//!
//! Git itself and `ssh-keygen` check the signature, against a list of signers that has these keys and no others.

use std::io::Write;

use nix_formats::flake_ref::public_keys;
use nix_formats::{HashAlgo, base64};

use super::repository::Repository;
use crate::error::{Context, Error, Result};
use crate::fetcher::Fetcher;
use crate::input::{Input, flag};

/// The types of keys by Nix's names, and what OpenSSH calls them.
const KEY_TYPES: [(&str, &str); 6] = [
    ("ssh-dsa", "ssh-dsa"),
    ("ssh-ecdsa", "ssh-ecdsa"),
    ("ssh-ecdsa-sk", "sk-ecdsa-sha2-nistp256@openssh.com"),
    ("ssh-ed25519", "ssh-ed25519"),
    ("ssh-ed25519-sk", "sk-ssh-ed25519@openssh.com"),
    ("ssh-rsa", "ssh-rsa"),
];

impl Fetcher<'_> {
    /// Checks the signature of the commit that `input` led to, if it asks for that; without a commit, there can be none.
    pub(super) fn git_verify(&self, input: &Input, commit: Option<(&Repository<'_>, &str)>) -> Result<()> {
        let keys = public_keys(&input.attrs)?;
        // Whoever names keys wants them to be used.
        let asked = match input.attrs.contains_key("verifyCommit") {
            true => flag(&input.attrs, "verifyCommit")?,
            false => !keys.is_empty(),
        };
        if !asked {
            return Ok(());
        }
        let Some((repository, rev)) = commit else {
            return Err(Error::Git(format!(
                "commit verification is required for Git repository '{}', but it's dirty",
                input.shown()
            )));
        };
        let workshop = self.cache.workshop()?;
        let list = workshop.path().join("signers");
        let mut file = std::fs::File::create(&list).context("creating file", &list)?;
        file.write_all(allowed_signers(&keys)?.as_bytes()).context("writing", &list)?;
        let (success, output) = repository.verify_commit(rev, &list)?;
        let named = names_one_of(&output, &keys)?;
        if success && named {
            return Ok(());
        }
        Err(Error::Git(format!("Commit signature verification on commit {rev} failed: {output}")))
    }
}

/// Keys in the form of `ssh-keygen`'s ALLOWED SIGNERS, for any signer.
fn allowed_signers(keys: &[(String, String)]) -> Result<String> {
    let mut text = String::new();
    for (kind, key) in keys {
        let Some((_, name)) = KEY_TYPES.iter().find(|(known, _)| known == kind) else {
            let names: String = KEY_TYPES.iter().map(|(known, _)| format!("  {known}\n")).collect();
            return Err(Error::Git(format!(
                "Invalid SSH key type '{kind}' in publicKeys.\nPlease use one of:\n{names}"
            )));
        };
        text.push_str(&format!("* {name} {key}\n"));
    }
    Ok(text)
}

/// Whether Git found a good signature by one of the keys. That it is content is not enough: it also is with a signature of
/// another kind, by a key that the user trusts.
fn names_one_of(output: &str, keys: &[(String, String)]) -> Result<bool> {
    let mut found = false;
    for (_, key) in keys {
        let digest = HashAlgo::Sha256.digest(base64::decode(key.as_bytes())?).to_base64();
        let end = format!(" key SHA256:{}", digest.trim_end_matches('='));
        found |= output.lines().any(|line| {
            line.strip_prefix("Good \"git\" signature for * with ").is_some_and(|rest| rest.ends_with(&end))
        });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "AAAAC3NzaC1lZDI1NTE5AAAAIArPKULJOid8eS6XETwUjO48/HKBWl7FTCK0Z//fplDi";

    fn key(kind: &str) -> Vec<(String, String)> {
        vec![(kind.to_owned(), KEY.to_owned())]
    }

    #[test]
    fn signers() {
        for (kind, expected) in [("ssh-rsa", "ssh-rsa"), ("ssh-ed25519-sk", "sk-ssh-ed25519@openssh.com")] {
            assert_eq!(allowed_signers(&key(kind)).unwrap(), format!("* {expected} {KEY}\n"));
        }
        let error = allowed_signers(&key("ssh-x")).unwrap_err().to_string();
        assert!(
            error.starts_with("Invalid SSH key type 'ssh-x' in publicKeys.\nPlease use one of:\n  ssh-dsa\n")
        );
    }

    #[test]
    fn fingerprints() {
        let digest = HashAlgo::Sha256.digest(base64::decode(KEY.as_bytes()).unwrap()).to_base64();
        let good =
            format!("Good \"git\" signature for * with ED25519 key SHA256:{}", digest.trim_end_matches('='));
        for (output, expected) in [
            (good.clone(), true),
            (format!("x\n{good}\ny"), true),
            (good.replace("Good", "Bad"), false),
            (format!("{good}x"), false),
            (good.replace("SHA256:", "SHA256:x"), false),
            (format!("gpg: {good}"), false),
            (String::new(), false),
        ] {
            assert_eq!(names_one_of(&output, &key("ssh-ed25519")).unwrap(), expected, "{output}");
        }
        assert!(names_one_of("", &[("ssh-rsa".to_owned(), "*".to_owned())]).is_err());
    }
}
