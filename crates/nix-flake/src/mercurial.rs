//! Mercurial inputs: a revision of a repository that is cloned into the cache, or the files of a changed checkout.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};

use nix_formats::uri::Leniency;
use nix_formats::{InputValue, Url};

use crate::builder::TreeBuilder;
use crate::cache::{CachedTree, Record, facts};
use crate::error::{Context, Error, Result};
use crate::fetcher::Fetcher;
use crate::input::{Input, string};
use crate::program::{Output, Programs};

impl Fetcher<'_> {
    fn hg_try(&self, arguments: &[&OsStr]) -> Result<Output> {
        Programs::run("hg", self.programs.command("hg", &[]).args(arguments), None)
    }

    fn hg<S: AsRef<OsStr> + ?Sized>(&self, arguments: &[&S]) -> Result<Output> {
        let arguments: Vec<&OsStr> = arguments.iter().map(|argument| (*argument).as_ref()).collect();
        let output = self.hg_try(&arguments)?;
        if output.success {
            return Ok(output);
        }
        let code = output.code.map_or_else(|| "a signal".to_owned(), |code| format!("exit code {code}"));
        let detail = if output.stderr.is_empty() { String::new() } else { format!(": {}", output.stderr) };
        Err(Error::Mercurial(format!("hg failed with {code}{detail}")))
    }

    /// The tree of a Mercurial input.
    pub(crate) fn mercurial(&self, mut input: Input) -> Result<(CachedTree, Input)> {
        let url = Url::parse(string(&input.attrs, "url")?, Leniency::Strict)?;
        let local = if url.scheme == "file" { Some(PathBuf::from(url.file_path()?)) } else { None };
        if local.is_some() {
            self.cache.notes.untold("a Mercurial repository of this machine was looked at");
        }
        let unlocked = input.reference()?.is_none() && input.rev()?.is_none();
        if let Some(path) = local.as_ref().filter(|path| unlocked && path.join(".hg").exists())
            && let Some(found) = self.hg_changed_checkout(path, &mut input)?
        {
            return Ok((found, input));
        }
        let place = local.map_or_else(|| url.to_string(), |path| path.display().to_string());
        if input.reference()?.is_none() {
            input.set_string("ref", "default");
        }
        let reference = string(&input.attrs, "ref")?.to_owned();
        let branch = ["hg-ref", place.as_str(), reference.as_str()];
        let mut rev = input.rev()?.map(|rev| rev.to_base16());
        if rev.is_none() {
            let known = self.cache.record(&branch).filter(|record| !record.expired);
            rev = known.and_then(|record| record.text("rev").map(str::to_owned));
        }
        if let Some(rev) = &rev
            && let Some((tree, count, branch)) = self.hg_known(rev)
        {
            input.set_string("rev", rev);
            input.set("revCount", InputValue::Int(count));
            input.set_string("ref", &branch);
            return Ok((tree, input));
        }
        let clone = self.cache.place("hg", &place)?;
        let lock = self.cache.lock(&clone)?;
        self.hg_update(&place, &clone, input.rev()?.map(|rev| rev.to_base16()).as_deref())?;
        let wanted = input.rev()?.map_or_else(|| reference.clone(), |rev| rev.to_base16());
        let template = "{node} {rev} {branch}";
        let clone_text = clone.display().to_string();
        let output = self.hg(&["log", "-R", &clone_text, "-r", &wanted, "--template", template])?.text();
        let mut words = output.splitn(3, ' ');
        let (Some(node), Some(count), Some(branch_name)) = (words.next(), words.next(), words.next()) else {
            return Err(Error::Mercurial(format!("hg log printed '{output}'")));
        };
        let count: u64 = count.parse().map_err(|_| Error::Mercurial(format!("hg log printed '{output}'")))?;
        let tree = match self.hg_known(node) {
            Some((tree, ..)) => tree,
            None => {
                let workshop = self.cache.workshop()?;
                let root = workshop.path().join("tree");
                let target = root.display().to_string();
                self.hg(&["archive", "-R", &clone_text, "-r", node, &target])?;
                _ = std::fs::remove_file(root.join(".hg_archival.txt"));
                self.cache.add_tree(&root)?
            }
        };
        drop(lock);
        let known = facts([
            ("narHash", tree.nar_hash.to_sri().into()),
            ("revCount", count.into()),
            ("branch", branch_name.into()),
        ]);
        self.cache.set_record(&["hg-rev", node], &known)?;
        if input.rev()?.is_none() {
            self.cache.set_record(&branch, &facts([("rev", node.into())]))?;
        }
        input.set_string("rev", node);
        input.set_string("ref", branch_name);
        input.set("revCount", InputValue::Int(count));
        Ok((tree, input))
    }

    /// The tree of a revision, how many came before it, and its branch, if the cache has it.
    fn hg_known(&self, rev: &str) -> Option<(CachedTree, u64, String)> {
        let record = self.cache.record(&["hg-rev", rev])?;
        let tree = record.hash("narHash").and_then(|hash| self.cache.tree(&hash))?;
        let text = |record: &Record| record.text("branch").map(str::to_owned);
        Some((tree, record.number("revCount")?, text(&record)?))
    }

    /// Makes the clone have what the repository has, unless it already has the one revision that is wanted.
    fn hg_update(&self, url: &str, clone: &Path, rev: Option<&str>) -> Result<()> {
        let place = clone.display().to_string();
        if !clone.exists() {
            self.hg(&["clone", "--noupdate", "--", url, &place])?;
            return Ok(());
        }
        if let Some(rev) = rev {
            let question = ["log", "-R", &place, "-r", rev, "--template", "1"].map(OsStr::new);
            if self.hg_try(&question)?.stdout == b"1" {
                return Ok(());
            }
        }
        let pull = ["pull", "-R", &place, "--", url];
        match self.hg(&pull) {
            // A pull that was killed left its transaction open.
            Err(_) if clone.join(".hg/store/journal").exists() => {
                self.hg(&["recover", "-R", &place])?;
                self.hg(&pull)?;
            }
            done => _ = done?,
        }
        Ok(())
    }

    /// The tracked files of a checkout that differs from its revision.
    fn hg_changed_checkout(&self, path: &Path, input: &mut Input) -> Result<Option<CachedTree>> {
        let place = path.display().to_string();
        let changes = self.hg(&["status", "-R", &place, "--modified", "--added", "--removed"])?;
        if changes.stdout.is_empty() {
            return Ok(None);
        }
        self.note_dirty(&format!("Mercurial tree {path:?} is unclean"))?;
        let branch = self.hg(&["branch", "-R", &place])?.text();
        input.set_string("ref", &branch);
        let listing = ["status", "-R", &place, "--clean", "--modified", "--added", "--no-status", "--print0"];
        let files = self.hg(&listing)?.stdout;
        let workshop = self.cache.workshop()?;
        let root = workshop.path().join("tree");
        std::fs::create_dir(&root).context("creating directory", &root)?;
        let mut builder = TreeBuilder::new(root.clone());
        for file in files.split(|byte| *byte == 0).filter(|file| !file.is_empty()) {
            builder.copy(file, &path.join(nix_eval::strings::path_of(file)))?;
        }
        builder.finish()?;
        let (nar_hash, _) = nix_store::nar_hash(&root)?;
        self.hold(workshop);
        Ok(Some(CachedTree { path: root, nar_hash }))
    }
}
