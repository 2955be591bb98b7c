//! Git inputs: a commit of a local repository or of one that is cloned into the cache, or the files of a checkout.

mod repository;
mod submodules;
mod verify;

use std::path::{Path, PathBuf};

use nix_formats::uri::Leniency;
use nix_formats::{InputValue, Url};
use serde_json::Value;

use crate::builder::TreeBuilder;
use crate::cache::{CachedTree, facts};
use crate::error::{Context, Error, Result};
use crate::fetcher::Fetcher;
use crate::input::{Input, flag, string};
use repository::{Member, Mode, Repository};

/// The commit of a repository that has none.
const NO_COMMIT: &str = "0000000000000000000000000000000000000000";

/// Where a repository is.
enum Location {
    /// A repository with a work tree on this machine, which is used in place.
    Local(PathBuf),
    /// One that is cloned.
    Remote(String),
}

impl Location {
    fn shown(&self) -> String {
        match self {
            Location::Local(path) => path.display().to_string(),
            Location::Remote(url) => url.clone(),
        }
    }
}

impl Fetcher<'_> {
    /// The tree of a git input.
    pub(crate) fn git(&self, input: Input) -> Result<(CachedTree, Input)> {
        let location = self.git_location(&input)?;
        if flag(&input.attrs, "exportIgnore")? && flag(&input.attrs, "submodules")? {
            let message = "exportIgnore and submodules are not supported together yet";
            return Err(Error::Git(message.to_owned()));
        }
        if flag(&input.attrs, "lfs")? {
            return Err(Error::Git("fetching the files of Git LFS is not supported".to_owned()));
        }
        match &location {
            Location::Local(path) if input.reference()?.is_none() && input.rev()?.is_none() => {
                self.git_work_tree(path, input)
            }
            _ => self.git_commit(&location, input),
        }
    }

    /// How many commits lead to the commit of an input that [`Fetcher::git`] returned.
    pub(crate) fn git_rev_count(&self, input: &Input) -> Result<u64> {
        let rev = string(&input.attrs, "rev")?;
        if rev == NO_COMMIT {
            return Ok(0);
        }
        let location = self.git_location(input)?;
        let key = ["git-rev-count", rev];
        if let Some(count) = self.cache.record(&key).and_then(|record| record.number("revCount")) {
            return Ok(count);
        }
        let (repository, _lock) = self.git_repository(&location, flag(&input.attrs, "shallow")?)?;
        let count = repository.commit_count(rev)?;
        self.cache.set_record(&key, &facts([("revCount", count.into())]))?;
        Ok(count)
    }

    fn git_location(&self, input: &Input) -> Result<Location> {
        let mut url = Url::parse(string(&input.attrs, "url")?, Leniency::Strict)?;
        if url.scheme == "file" {
            let given = PathBuf::from(url.file_path()?);
            let path = self.programs.directory().join(&given);
            let bare = path.exists() && !path.join(".git").exists();
            if !bare {
                if !given.is_absolute() {
                    self.warn(&format!(
                        "the Git repository '{url}' is looked for from the current directory; Nix is to refuse that"
                    ));
                }
                if !path.exists() {
                    return Err(Error::Git(format!("Git repository {path:?} does not exist.")));
                }
                self.cache.notes.untold("a Git repository of this machine was looked at");
                return Ok(Location::Local(path));
            }
            // Git would take a query for a part of the file's name.
            url.query.clear();
            url = if given.is_absolute() { url } else { Url::of_file(&path.to_string_lossy()) };
        }
        // Old lock files name the flake's directory here, which the server knows nothing of.
        url.query.remove("dir");
        Ok(Location::Remote(url.to_string()))
    }

    /// The repository to read commits from, and the lock on it if it is a clone of ours.
    fn git_repository(
        &self,
        location: &Location,
        shallow: bool,
    ) -> Result<(Repository<'_>, Option<std::fs::File>)> {
        match location {
            Location::Local(path) => Ok((Repository::local(&self.programs, path.clone()), None)),
            Location::Remote(url) => {
                let key = if shallow { format!("{url}\nshallow") } else { url.clone() };
                let place = self.cache.place("git", &key)?;
                let lock = self.cache.lock(&place)?;
                let repository = Repository::clone_of(&self.programs, place, url.clone());
                repository.create()?;
                Ok((repository, Some(lock)))
            }
        }
    }

    fn git_commit(&self, location: &Location, mut input: Input) -> Result<(CachedTree, Input)> {
        let shallow = flag(&input.attrs, "shallow")?;
        let (repository, lock) = self.git_repository(location, shallow)?;
        let given = input.rev()?.map(|rev| rev.to_base16());
        let named = input.reference()?.map(str::to_owned);
        // A commit that is there is the same whatever branch it is on.
        let present = match (&given, location) {
            (Some(rev), Location::Remote(_)) => repository.has_commit(rev)?,
            _ => false,
        };
        let reference = match named {
            Some(reference) => Some(reference),
            // Where it came from was noted when it was cloned.
            None if present => self
                .cache
                .record(&["git-head", &location.shown()])
                .and_then(|record| record.text("ref").map(str::to_owned)),
            None => Some(self.git_head(location, &repository)?),
        };
        if let Some(reference) = &reference {
            input.set_string("ref", reference);
        }
        let reference = reference.as_deref().unwrap_or("HEAD");
        let rev = match (location, given) {
            (Location::Local(_), None) => {
                repository.resolve(reference)?.ok_or_else(|| unresolved(reference))?
            }
            (Location::Local(_), Some(rev)) => {
                if !repository.has_commit(&rev)? {
                    return Err(Error::Git(format!(
                        "getting Git object '{rev}': object not found - no match for id ({rev}) (libgit2 error code = 9)"
                    )));
                }
                rev
            }
            (Location::Remote(_), Some(rev)) if present => rev,
            (Location::Remote(url), Some(rev)) => {
                let refspec = if flag(&input.attrs, "allRefs")? { "refs/*:refs/*" } else { rev.as_str() };
                repository.fetch(url, refspec, shallow)?;
                if !repository.has_commit(&rev)? {
                    return Err(Error::Git(format!(
                        "Cannot find Git revision '{rev}' in ref '{reference}' of repository '{url}'! Please make sure \
                         that the rev exists on the ref you've specified or add allRefs = true; to fetchGit."
                    )));
                }
                rev
            }
            (Location::Remote(url), None) => self.git_update(&repository, url, reference, &input)?,
        };
        if !shallow && repository.is_shallow()? {
            return Err(Error::Git(format!(
                "'{}' is a shallow Git repository, but shallow repositories are only allowed when `shallow = true;` \
                 is specified",
                location.shown()
            )));
        }
        drop(lock);
        input.set_string("rev", &rev);
        input.set("lastModified", InputValue::Int(self.git_time(&repository, &rev)?));
        if !shallow && input.attrs.contains_key("revCount") {
            let count = self.git_rev_count(&input)?;
            input.set("revCount", InputValue::Int(count));
        }
        self.git_verify(&input, Some((&repository, &rev)))?;
        let tree = self.git_tree(&repository, &rev, &input)?;
        Ok((tree, input))
    }

    /// The branch that a repository has checked out.
    fn git_head(&self, location: &Location, repository: &Repository<'_>) -> Result<String> {
        let head = match location {
            Location::Local(_) => repository.branch()?,
            Location::Remote(url) => {
                let key = ["git-head", url];
                let known = self.cache.record(&key);
                let recorded = |record: &crate::cache::Record| record.text("ref").map(str::to_owned);
                if let Some(record) = known.as_ref().filter(|record| !record.expired)
                    && let Some(head) = recorded(record)
                {
                    return Ok(head);
                }
                match repository.remote_head(url)? {
                    Some(head) => {
                        self.cache.set_record(&key, &facts([("ref", head.as_str().into())]))?;
                        Some(head)
                    }
                    None => {
                        let old = known.as_ref().and_then(recorded);
                        if let Some(head) = &old {
                            self.warn(&format!(
                                "could not get HEAD ref for repository '{url}'; using expired cached ref '{head}'"
                            ));
                        }
                        old
                    }
                }
            }
        };
        Ok(head.unwrap_or_else(|| {
            let shown = location.shown();
            self.warn(&format!("could not read HEAD ref from repo at '{shown}', using 'master'"));
            "master".to_owned()
        }))
    }

    /// The commit that a branch of a remote repository is at, asked for again when that is too long ago.
    fn git_update(
        &self,
        repository: &Repository<'_>,
        url: &str,
        reference: &str,
        input: &Input,
    ) -> Result<String> {
        let all = flag(&input.attrs, "allRefs")?;
        let shallow = flag(&input.attrs, "shallow")?;
        let (from, to) = match reference {
            "HEAD" => ("HEAD".to_owned(), "refs/hm/HEAD".to_owned()),
            full if full.starts_with("refs/") => (full.to_owned(), full.to_owned()),
            branch => (format!("refs/heads/{branch}"), format!("refs/heads/{branch}")),
        };
        let key = ["git-ref", url, reference, if shallow { "shallow" } else { "" }];
        let known = self.cache.record(&key);
        if all {
            self.cache.notes.untold("all branches of a Git repository were asked for");
        }
        let current = if all { None } else { known.as_ref().filter(|record| !record.expired) };
        if let Some(rev) = current.and_then(|record| record.text("rev"))
            && repository.has_commit(rev)?
        {
            return Ok(rev.to_owned());
        }
        let refspec = if all { "refs/*:refs/*".to_owned() } else { format!("{from}:{to}") };
        if let Err(error) = repository.fetch(url, &refspec, shallow) {
            let old = known.as_ref().and_then(|record| record.text("rev"));
            let Some(rev) = old else { return Err(error) };
            if !repository.has_commit(rev)? {
                return Err(error);
            }
            self.warn(&format!(
                "could not update local clone of Git repository '{url}'; continuing with the most recent version"
            ));
            return Ok(rev.to_owned());
        }
        let rev = repository.resolve(&to)?.ok_or_else(|| unresolved(reference))?;
        self.cache.set_record(&key, &facts([("rev", rev.as_str().into())]))?;
        Ok(rev)
    }

    fn git_time(&self, repository: &Repository<'_>, rev: &str) -> Result<u64> {
        let key = ["git-last-modified", rev];
        if let Some(time) = self.cache.record(&key).and_then(|record| record.number("lastModified")) {
            return Ok(time);
        }
        let time = repository.commit_time(rev)?;
        self.cache.set_record(&key, &facts([("lastModified", time.into())]))?;
        Ok(time)
    }

    /// The files of a commit.
    fn git_tree(&self, repository: &Repository<'_>, rev: &str, input: &Input) -> Result<CachedTree> {
        let ignore = flag(&input.attrs, "exportIgnore")?;
        let with_submodules = flag(&input.attrs, "submodules")?;
        let options = format!("{ignore} {with_submodules} {}", ignore && repository.is_bare());
        let key = ["git-tree", rev, &options];
        let known = self.cache.record(&key).and_then(|record| record.hash("narHash"));
        if let Some(tree) = known.and_then(|hash| self.cache.tree(&hash)) {
            return Ok(tree);
        }
        let workshop = self.cache.workshop()?;
        let root = workshop.path().join("tree");
        std::fs::create_dir(&root).context("creating directory", &root)?;
        let mut builder = TreeBuilder::new(root.clone());
        let members = repository.members(rev)?;
        let kept = if ignore {
            without_ignored(repository, rev, &members, workshop.path())?
        } else {
            members.iter().collect()
        };
        repository.write(&kept, &mut builder)?;
        if with_submodules {
            self.git_submodules(repository, rev, &members, input, &mut builder)?;
        }
        builder.finish()?;
        let tree = self.cache.add_tree(&root)?;
        self.cache.set_record(&key, &facts([("narHash", Value::from(tree.nar_hash.to_sri()))]))?;
        Ok(tree)
    }

    /// The tracked files of a checkout as they are now.
    fn git_work_tree(&self, path: &Path, mut input: Input) -> Result<(CachedTree, Input)> {
        let repository = Repository::local(&self.programs, path.to_owned());
        let state = repository.work_tree()?;
        let workshop = self.cache.workshop()?;
        let root = workshop.path().join("tree");
        std::fs::create_dir(&root).context("creating directory", &root)?;
        let mut builder = TreeBuilder::new(root.clone());
        let ignored =
            if flag(&input.attrs, "exportIgnore")? && has_attributes(state.files.iter().map(Vec::as_slice)) {
                repository.ignored(None, &with_directories(&state.files), workshop.path())?
            } else {
                Default::default()
            };
        for file in state.files.iter().filter(|file| !is_ignored(&ignored, file)) {
            let source = path.join(nix_eval::strings::path_of(file));
            if source.symlink_metadata().is_ok_and(|metadata| !metadata.is_dir()) {
                builder.copy(file, &source)?;
            }
        }
        let mut dirty = state.dirty;
        if flag(&input.attrs, "submodules")? {
            dirty |= self.git_checked_out_submodules(&repository, &input, &mut builder)?;
        }
        builder.finish()?;
        if dirty {
            self.note_dirty(&format!("Git tree '{}' is dirty", path.display()))?;
            if let Some(head) = &state.head {
                input.set_string("dirtyRev", &format!("{head}-dirty"));
                input.set_string("dirtyShortRev", &format!("{}-dirty", head.get(..7).unwrap_or(head)));
            }
        } else {
            if let Some(branch) = repository.branch()? {
                input.set_string("ref", &branch);
            }
            input.set_string("rev", state.head.as_deref().unwrap_or(NO_COMMIT));
        }
        let commit = state.head.as_deref().unwrap_or(NO_COMMIT);
        self.git_verify(&input, (!dirty).then_some((&repository, commit)))?;
        let time = match &state.head {
            Some(head) => self.git_time(&repository, head)?,
            None => 0,
        };
        input.set("lastModified", InputValue::Int(time));
        let (nar_hash, _) = nix_store::nar_hash(&root)?;
        self.hold(workshop);
        Ok((CachedTree { path: root, nar_hash }, input))
    }
}

fn unresolved(reference: &str) -> Error {
    Error::Git(format!(
        "resolving Git reference '{reference}': revspec '{reference}' not found (libgit2 error code = 4)"
    ))
}

fn has_attributes<'f>(mut files: impl Iterator<Item = &'f [u8]>) -> bool {
    files.any(|file| file.rsplit(|byte| *byte == b'/').next() == Some(b".gitattributes"))
}

/// `files` and the directories they are in, these with a slash at their ends.
fn with_directories(files: &[Vec<u8>]) -> Vec<Vec<u8>> {
    let mut all: std::collections::BTreeSet<Vec<u8>> = files.iter().cloned().collect();
    for file in files {
        for (index, _) in file.iter().enumerate().filter(|(_, byte)| **byte == b'/') {
            all.insert(file.get(..=index).unwrap_or_default().to_vec());
        }
    }
    all.into_iter().collect()
}

/// Whether a file or a directory that it is in is ignored.
fn is_ignored(ignored: &std::collections::BTreeSet<Vec<u8>>, path: &[u8]) -> bool {
    let mut directories = path.iter().enumerate().filter(|(_, byte)| **byte == b'/').map(|(index, _)| index);
    ignored.contains(path)
        || directories.any(|end| {
            [path.get(..end), path.get(..=end)]
                .into_iter()
                .flatten()
                .any(|directory| ignored.contains(directory))
        })
}

fn without_ignored<'m>(
    repository: &Repository<'_>,
    rev: &str,
    members: &'m [Member],
    scratch: &Path,
) -> Result<Vec<&'m Member>> {
    if !has_attributes(members.iter().map(|member| member.path.as_slice())) {
        return Ok(members.iter().collect());
    }
    let name = |member: &Member| {
        let mut path = member.path.clone();
        // A rule for directories holds, as for Nix, where one can be seen on disk, and so for none of a bare repository.
        if member.mode == Mode::Directory && repository.has_directory(&path) {
            path.push(b'/');
        }
        path
    };
    let ignored = repository.ignored(Some(rev), &members.iter().map(name).collect::<Vec<_>>(), scratch)?;
    Ok(members.iter().filter(|member| !is_ignored(&ignored, &name(member))).collect())
}
