//! Submodules: other repositories whose trees lie in that of a git input.

use nix_formats::{InputAttrs, InputValue};

use super::repository::{Member, Mode, Repository, SubmoduleList};
use crate::builder::TreeBuilder;
use crate::error::{Error, Result};
use crate::fetcher::Fetcher;
use crate::input::{Input, flag, maybe_string};

impl Fetcher<'_> {
    /// Adds the trees of a commit's submodules.
    pub(super) fn git_submodules(
        &self,
        repository: &Repository<'_>,
        rev: &str,
        members: &[Member],
        input: &Input,
        builder: &mut TreeBuilder,
    ) -> Result<()> {
        if !members.iter().any(|member| member.path == b".gitmodules") {
            return Ok(());
        }
        for submodule in repository.submodules(&SubmoduleList::Commit(rev))? {
            let member = members
                .iter()
                .find(|member| member.mode == Mode::Submodule && member.path == submodule.path.as_bytes());
            let Some(member) = member else { continue };
            let url = resolve_url(repository, &submodule.url)?;
            let mut attrs = typed(&url);
            let branch = match submodule.branch.as_str() {
                "" => None,
                // It is on the branch that this repository is on.
                "." => maybe_string(&input.attrs, "ref")?,
                branch => Some(branch),
            };
            if let Some(branch) = branch {
                attrs.insert("ref".to_owned(), InputValue::from(branch));
            }
            attrs.insert("rev".to_owned(), InputValue::from(member.object.as_str()));
            attrs.insert("allRefs".to_owned(), InputValue::Bool(true));
            let (tree, _) = self.git(Input::from_attrs(attrs)?)?;
            builder.graft(submodule.path.as_bytes(), &tree.path)?;
        }
        Ok(())
    }

    /// Adds the submodules of a checkout as they are checked out, and tells whether one differs from its commit.
    pub(super) fn git_checked_out_submodules(
        &self,
        repository: &Repository<'_>,
        input: &Input,
        builder: &mut TreeBuilder,
    ) -> Result<bool> {
        let list = repository.place().join(".gitmodules");
        if !list.exists() {
            return Ok(false);
        }
        debug_assert!(flag(&input.attrs, "submodules").unwrap_or(true), "somebody asked for them");
        let mut dirty = false;
        for submodule in repository.submodules(&SubmoduleList::File(&list))? {
            let path = repository.place().join(&submodule.path);
            let (tree, found) = self.git(Input::from_attrs(typed(&path.to_string_lossy()))?)?;
            dirty |= found.rev()?.is_none();
            builder.graft(submodule.path.as_bytes(), &tree.path)?;
        }
        Ok(dirty)
    }
}

fn typed(url: &str) -> InputAttrs {
    let text = InputValue::from;
    InputAttrs::from([
        ("type".to_owned(), text("git")),
        ("url".to_owned(), text(url)),
        ("submodules".to_owned(), InputValue::Bool(true)),
    ])
}

/// The URL of a submodule, which may be relative to where its repository came from.
fn resolve_url(repository: &Repository<'_>, url: &str) -> Result<String> {
    if !url.starts_with("./") && !url.starts_with("../") {
        return Ok(url.to_owned());
    }
    let place = repository.place().display().to_string();
    let base = repository.origin()?.unwrap_or(place);
    join_url(&base, url).ok_or_else(|| Error::Git(format!("resolving Git submodule URL '{url}'")))
}

fn join_url(base: &str, url: &str) -> Option<String> {
    let (mut base, mut rest) = (base.trim_end_matches('/'), url);
    loop {
        if let Some(inner) = rest.strip_prefix("./") {
            rest = inner;
        } else if let Some(inner) = rest.strip_prefix("../") {
            rest = inner;
            base = base.get(..base.rfind(['/', ':'])?)?;
        } else {
            return Some(format!("{base}/{rest}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::join_url;

    #[test]
    fn relative_urls() {
        for (base, url, expected) in [
            ("https://h/a/b.git", "../c.git", Some("https://h/a/c.git")),
            ("https://h/a/b/", "./c", Some("https://h/a/b/c")),
            ("/srv/a", "../../b", Some("/b")),
            ("a", "../b", None),
        ] {
            assert_eq!(join_url(base, url).as_deref(), expected, "{base} {url}");
        }
    }
}
