//! Inputs on GitHub, GitLab and SourceHut: their own ways to tell what a branch is at and to give out archives.

use std::collections::BTreeMap;

use nix_formats::flake_ref::{Forge, parse_revision};
use nix_formats::{Hash, InputValue};
use serde_json::Value;

use crate::cache::{CachedTree, facts};
use crate::error::{Context, Error, Result};
use crate::fetcher::Fetcher;
use crate::http::Headers;
use crate::input::{Input, maybe_string, string};

/// A repository of a forge.
#[derive(Clone, Debug)]
struct Repository<'i> {
    forge: Forge,
    host: &'i str,
    owner: &'i str,
    name: &'i str,
}

impl<'i> Repository<'i> {
    fn of(forge: Forge, input: &'i Input) -> Result<Self> {
        let default = match forge {
            Forge::GitHub => "github.com",
            Forge::GitLab => "gitlab.com",
            Forge::SourceHut => "git.sr.ht",
        };
        Ok(Repository {
            forge,
            host: maybe_string(&input.attrs, "host")?.unwrap_or(default),
            owner: string(&input.attrs, "owner")?,
            name: string(&input.attrs, "repo")?,
        })
    }

    /// Where to ask what `reference` is at.
    fn reference_url(&self, reference: &str) -> String {
        let Repository { forge, host, owner, name } = self;
        match forge {
            Forge::GitLab => format!(
                "https://{host}/api/v4/projects/{owner}%2F{name}/repository/commits?ref_name={reference}"
            ),
            Forge::SourceHut if reference == "HEAD" => format!("https://{host}/{owner}/{name}/HEAD"),
            Forge::SourceHut => format!("https://{host}/{owner}/{name}/info/refs"),
            _ if *host == "github.com" => {
                format!("https://api.{host}/repos/{owner}/{name}/commits/{reference}")
            }
            _ => format!("https://{host}/api/v3/repos/{owner}/{name}/commits/{reference}"),
        }
    }

    /// Where the archive of `rev` is. GitHub limits its API, so without a token it is asked in its other way.
    fn archive_url(&self, rev: &str, has_token: bool) -> String {
        let Repository { forge, host, owner, name } = self;
        match forge {
            Forge::GitLab => {
                format!("https://{host}/api/v4/projects/{owner}%2F{name}/repository/archive.tar.gz?sha={rev}")
            }
            Forge::SourceHut => format!("https://{host}/{owner}/{name}/archive/{rev}.tar.gz"),
            _ if *host != "github.com" => format!("https://{host}/api/v3/repos/{owner}/{name}/tarball/{rev}"),
            _ if has_token => format!("https://api.{host}/repos/{owner}/{name}/tarball/{rev}"),
            _ => format!("https://{host}/{owner}/{name}/archive/{rev}.tar.gz"),
        }
    }

    /// The headers that the user's token for it makes.
    fn headers(&self, tokens: &BTreeMap<String, String>) -> Headers {
        let whole = format!("{}/{}/{}", self.host, self.owner, self.name);
        let covers = |prefix: &str| {
            whole.strip_prefix(prefix).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        };
        let token = tokens
            .iter()
            .filter(|(prefix, _)| covers(prefix))
            .max_by_key(|(prefix, _)| prefix.len())
            .map(|(_, token)| token);
        let Some(token) = token else { return Vec::new() };
        let (name, value) = match self.forge {
            Forge::GitLab => match token.split_once(':') {
                Some(("OAuth2", token)) => ("Authorization", format!("Bearer {token}")),
                Some(("PAT", token)) => ("Private-token", token.to_owned()),
                Some((name, value)) => (name, value.to_owned()),
                None => (token.as_str(), token.clone()),
            },
            Forge::SourceHut => ("Authorization", format!("Bearer {token}")),
            _ => ("Authorization", format!("token {token}")),
        };
        vec![(name.to_owned(), value)]
    }
}

/// The commit in GitHub's or GitLab's answer about a reference.
fn commit_of_answer(forge: Forge, answer: &str) -> Result<Hash> {
    let unexpected = || {
        let name = if forge == Forge::GitLab { "GitLab" } else { "GitHub" };
        Error::Forge(format!("Unexpected response received from {name}: {answer}"))
    };
    let json: Value = serde_json::from_str(answer).map_err(|_| unexpected())?;
    let commit = match (forge, &json) {
        (Forge::GitLab, Value::Array(commits)) if commits.is_empty() => {
            let message = "No commits returned by GitLab API -- does the git ref really exist?";
            return Err(Error::Forge(message.to_owned()));
        }
        (Forge::GitLab, json) => json.pointer("/0/id"),
        (_, json) => json.get("sha"),
    };
    Ok(parse_revision(commit.and_then(Value::as_str).ok_or_else(unexpected)?)?)
}

/// The branch in a repository's file `HEAD`, or the commit if it has none.
fn head_of_answer(answer: &str) -> Option<&str> {
    let line = answer.lines().next()?.trim();
    let target = line.strip_prefix("ref: ").unwrap_or(line).split('\t').next()?.trim();
    (!target.is_empty()).then_some(target)
}

/// The commit of a branch or tag in a list of references, one a line: commit, tab, name.
fn commit_in_list<'a>(list: &'a str, reference: &str) -> Option<&'a str> {
    let wanted = |name: &str| match reference.strip_prefix("refs/") {
        Some(_) => name == reference,
        None => ["refs/heads/", "refs/tags/"].iter().any(|kind| name.strip_prefix(kind) == Some(reference)),
    };
    list.lines()
        .find_map(|line| line.split_once('\t').filter(|(_, name)| wanted(name.trim())).map(|(id, _)| id))
}

impl Fetcher<'_> {
    /// The tree of a forge's input.
    pub(crate) fn forge(&self, forge: Forge, mut input: Input) -> Result<(CachedTree, Input)> {
        let rev = match input.rev()? {
            Some(rev) => rev,
            None => self.forge_commit(forge, &input)?,
        };
        let rev = rev.to_base16();
        input.attrs.remove("ref");
        input.set_string("rev", &rev);
        let key = ["forge-rev", rev.as_str()];
        let known = self.cache.record(&key).and_then(|record| {
            Some((self.cache.tree(&record.hash("narHash")?)?, record.number("lastModified")?))
        });
        let (tree, last_modified) = match known {
            Some(known) => known,
            None => {
                let repository = Repository::of(forge, &input)?;
                let headers = repository.headers(&self.config.access_tokens);
                let url = repository.archive_url(&rev, !headers.is_empty());
                let found = self.download_tarball(&url, &headers)?;
                let record = facts([
                    ("narHash", found.tree.nar_hash.to_sri().into()),
                    ("lastModified", found.last_modified.into()),
                ]);
                self.cache.set_record(&key, &record)?;
                (found.tree, found.last_modified)
            }
        };
        input.set("lastModified", InputValue::Int(last_modified));
        Ok((tree, input))
    }

    /// The commit that the input's branch or tag is at.
    fn forge_commit(&self, forge: Forge, input: &Input) -> Result<Hash> {
        let repository = Repository::of(forge, input)?;
        let reference = input.reference()?.unwrap_or("HEAD");
        let headers = repository.headers(&self.config.access_tokens);
        let ask = |reference: &str| self.download_text(&repository.reference_url(reference), &headers);
        if repository.forge != Forge::SourceHut {
            return commit_of_answer(repository.forge, &ask(reference)?);
        }
        let reference = if reference == "HEAD" {
            let answer = ask(reference)?;
            let head = head_of_answer(&answer).ok_or_else(|| {
                Error::Forge(format!("in '{}', couldn't resolve HEAD ref '{reference}'", input.shown()))
            })?;
            if let Ok(commit) = parse_revision(head) {
                return Ok(commit);
            }
            head.to_owned()
        } else {
            reference.to_owned()
        };
        let list = ask(&reference)?;
        let commit = commit_in_list(&list, &reference).ok_or_else(|| {
            Error::Forge(format!("in '{}', couldn't find ref '{reference}'", input.shown()))
        })?;
        Ok(parse_revision(commit)?)
    }

    fn download_text(&self, url: &str, headers: &[(String, String)]) -> Result<String> {
        let hash = self.download(url, headers)?;
        let path = self.cache.file(&hash).unwrap_or_default();
        std::fs::read_to_string(&path).context("opening file", &path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use nix_formats::flake_ref::Scheme;

    #[track_caller]
    fn check(url: &str, token: Option<(&str, &str)>, expected: [&str; 3]) {
        let input = Input::from_url(url).unwrap();
        let Some(Scheme::Forge(forge)) = input.scheme else { panic!("{url} is no forge's") };
        let repository = Repository::of(forge, &input).unwrap();
        let tokens = token.map(|(place, token)| (place.to_owned(), token.to_owned())).into_iter().collect();
        let headers = repository.headers(&tokens);
        let reference = repository.reference_url(input.reference().unwrap().unwrap_or("HEAD"));
        let archive = repository.archive_url("REV", !headers.is_empty());
        let headers: Vec<String> = headers.iter().map(|(name, value)| format!("{name}: {value}")).collect();
        assert_eq!([reference.as_str(), archive.as_str(), headers.join(", ").as_str()], expected);
    }

    #[test]
    fn urls() {
        check(
            "github:o/r",
            None,
            [
                "https://api.github.com/repos/o/r/commits/HEAD",
                "https://github.com/o/r/archive/REV.tar.gz",
                "",
            ],
        );
        check(
            "github:o/r/b",
            Some(("github.com/o", "t")),
            [
                "https://api.github.com/repos/o/r/commits/b",
                "https://api.github.com/repos/o/r/tarball/REV",
                "Authorization: token t",
            ],
        );
        check(
            "github:o/r?host=h.org",
            Some(("github.com", "t")),
            ["https://h.org/api/v3/repos/o/r/commits/HEAD", "https://h.org/api/v3/repos/o/r/tarball/REV", ""],
        );
        check(
            "gitlab:o/r/b",
            Some(("gitlab.com", "PAT:t")),
            [
                "https://gitlab.com/api/v4/projects/o%2Fr/repository/commits?ref_name=b",
                "https://gitlab.com/api/v4/projects/o%2Fr/repository/archive.tar.gz?sha=REV",
                "Private-token: t",
            ],
        );
        check(
            "gitlab:o/r",
            Some(("gitlab.com", "OAuth2:t")),
            [
                "https://gitlab.com/api/v4/projects/o%2Fr/repository/commits?ref_name=HEAD",
                "https://gitlab.com/api/v4/projects/o%2Fr/repository/archive.tar.gz?sha=REV",
                "Authorization: Bearer t",
            ],
        );
        check(
            "sourcehut:~o/r",
            Some(("git.sr.ht", "t")),
            [
                "https://git.sr.ht/~o/r/HEAD",
                "https://git.sr.ht/~o/r/archive/REV.tar.gz",
                "Authorization: Bearer t",
            ],
        );
        check(
            "sourcehut:~o/r/b",
            Some(("git.sr.ht/~", "t")),
            ["https://git.sr.ht/~o/r/info/refs", "https://git.sr.ht/~o/r/archive/REV.tar.gz", ""],
        );
    }

    #[test]
    fn answers() {
        let rev = "dea8e16a0d0e6cf6ac1d3df2e5d4c4e1a3f0a001";
        let found = |forge, answer: &str| match commit_of_answer(forge, answer) {
            Ok(hash) => hash.to_base16(),
            Err(error) => error.to_string(),
        };
        let github = format!(r#"{{"sha": "{rev}", "commit": {{}}}}"#);
        assert_eq!(found(Forge::GitHub, &github), rev);
        assert_eq!(found(Forge::GitHub, "{}"), "Unexpected response received from GitHub: {}");
        assert_eq!(found(Forge::GitLab, &format!(r#"[{{"id": "{rev}"}}]"#)), rev);
        let none = "No commits returned by GitLab API -- does the git ref really exist?";
        assert_eq!(found(Forge::GitLab, "[]"), none);
        assert_eq!(found(Forge::GitLab, "<html>"), "Unexpected response received from GitLab: <html>");
        assert_eq!(head_of_answer("ref: refs/heads/main\n"), Some("refs/heads/main"));
        assert_eq!(head_of_answer(""), None);
        let list = format!("{rev}\trefs/heads/a/main\n1\trefs/heads/main\n2\trefs/tags/v1\n");
        for (reference, expected) in
            [("main", Some("1")), ("refs/tags/v1", Some("2")), ("v1", Some("2")), ("x", None)]
        {
            assert_eq!(commit_in_list(&list, reference), expected, "{reference}");
        }
    }
}
