//! A git repository on disk: questions to it and the files of its commits, always by calling `git`.
//!
//! Blobs are taken as they are stored. No filter, line end or keyword conversion of the user's or the repository's
//! configuration touches them, nor do replacement objects.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::builder::TreeBuilder;
use crate::error::{Context, Error, Result};
use crate::program::{Output, Programs};

/// A repository.
pub(super) struct Repository<'p> {
    programs: &'p Programs,
    place: PathBuf,
    /// The URL that a bare one is a clone of.
    clone_of: Option<String>,
}

/// A member of a commit's tree.
pub(super) struct Member {
    /// What it is, as git numbers it.
    pub(super) mode: Mode,
    /// Its object.
    pub(super) object: String,
    /// Its path.
    pub(super) path: Vec<u8>,
}

/// The kinds of members that git knows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Mode {
    /// A directory.
    Directory,
    /// A regular file.
    File,
    /// A regular file that may be executed.
    Executable,
    /// A symbolic link.
    Link,
    /// A commit of another repository.
    Submodule,
}

/// An entry of `.gitmodules`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Submodule {
    pub(super) path: String,
    pub(super) url: String,
    pub(super) branch: String,
}

/// The state of a checkout.
pub(super) struct WorkTree {
    /// The tracked files that are there.
    pub(super) files: Vec<Vec<u8>>,
    /// Whether it differs from the commit it is of.
    pub(super) dirty: bool,
    /// That commit, if there is one.
    pub(super) head: Option<String>,
}

impl<'p> Repository<'p> {
    /// The repository with a work tree at `place`.
    pub(super) fn local(programs: &'p Programs, place: PathBuf) -> Self {
        Repository { programs, place, clone_of: None }
    }

    /// The bare clone of `url` at `place`.
    pub(super) fn clone_of(programs: &'p Programs, place: PathBuf, url: String) -> Self {
        Repository { programs, place, clone_of: Some(url) }
    }

    /// Whether it has no work tree.
    pub(super) fn is_bare(&self) -> bool {
        self.clone_of.is_some()
    }

    /// Whether the work tree has a directory there.
    pub(super) fn has_directory(&self, path: &[u8]) -> bool {
        !self.is_bare() && self.place.join(nix_eval::strings::path_of(path)).is_dir()
    }

    /// Where it lies.
    pub(super) fn place(&self) -> &Path {
        &self.place
    }

    fn command(&self, variables: &[(&str, &OsStr)]) -> Command {
        let mut command = self.programs.command("git", &[]);
        let ceiling = self.place.parent().unwrap_or(Path::new("/"));
        command.env("GIT_CEILING_DIRECTORIES", ceiling).env("GIT_NO_REPLACE_OBJECTS", "1");
        command.env("GIT_ATTR_NOSYSTEM", "1").env("GIT_OPTIONAL_LOCKS", "0").envs(variables.iter().copied());
        for setting in [
            "core.fsmonitor=false",
            "core.attributesFile=/dev/null",
            "core.quotePath=false",
            "core.hooksPath=/dev/null",
            "log.showSignature=false",
            "gc.auto=0",
            "maintenance.auto=false",
        ] {
            command.arg("-c").arg(setting);
        }
        if self.clone_of.is_some() {
            command.arg("--git-dir").arg(&self.place);
        } else {
            command.arg("-C").arg(&self.place);
        }
        command
    }

    fn run<S: AsRef<OsStr>>(&self, arguments: &[S]) -> Result<Output> {
        Programs::run("git", self.command(&[]).args(arguments), None)
    }

    /// What a command prints that has no reason to fail.
    fn ask(&self, arguments: &[&str]) -> Result<Output> {
        let output = self.run(arguments)?;
        if output.success { Ok(output) } else { Err(complaint(arguments, &output)) }
    }

    /// Makes it, bare and empty, unless it is there.
    pub(super) fn create(&self) -> Result<()> {
        if self.place.join("HEAD").exists() {
            return Ok(());
        }
        let mut command = self.programs.command("git", &[]);
        command.args(["-c", "init.defaultBranch=master", "init", "--quiet", "--bare", "--template=", "--"]);
        let output = Programs::run("git", command.arg(&self.place), None)?;
        if output.success { Ok(()) } else { Err(complaint(&["init"], &output)) }
    }

    /// Fetches `refspec` from `url`, with its history unless `shallow`.
    pub(super) fn fetch(&self, url: &str, refspec: &str, shallow: bool) -> Result<()> {
        // Left behind by a fetch that was interrupted; whoever calls this holds the only lock on the repository.
        _ = std::fs::remove_file(self.place.join("shallow.lock"));
        let mut arguments = vec!["fetch", "--quiet", "--force"];
        if shallow {
            arguments.extend(["--depth", "1"]);
        }
        arguments.extend(["--", url, refspec]);
        let output = self.run(&arguments)?;
        if output.success {
            return Ok(());
        }
        let detail = if output.stderr.is_empty() { String::new() } else { format!(":\n{}", output.stderr) };
        Err(Error::Git(format!("Failed to fetch git repository '{url}'{detail}")))
    }

    /// The branch that `HEAD` is, or the commit where it is none.
    pub(super) fn remote_head(&self, url: &str) -> Result<Option<String>> {
        let output = self.run(&["ls-remote", "--symref", "--", url, "HEAD"])?;
        if !output.success {
            return Ok(None);
        }
        let text = output.text();
        let line = text.lines().next().and_then(|line| line.split_once('\t'));
        Ok(line.map(|(target, _)| target.strip_prefix("ref: ").unwrap_or("HEAD").to_owned()))
    }

    /// The branch that is checked out, whether it has a commit or not.
    pub(super) fn branch(&self) -> Result<Option<String>> {
        let output = self.run(&["symbolic-ref", "--quiet", "HEAD"])?;
        Ok(output.success.then(|| output.text()))
    }

    /// The commit that `reference` leads to.
    pub(super) fn resolve(&self, reference: &str) -> Result<Option<String>> {
        let commit = format!("{reference}^{{commit}}");
        let output = self.run(&["rev-parse", "--verify", "--quiet", "--end-of-options", &commit])?;
        Ok(output.success.then(|| output.text()))
    }

    /// Whether the commit is there.
    pub(super) fn has_commit(&self, rev: &str) -> Result<bool> {
        Ok(self.run(&["cat-file", "-e", &format!("{rev}^{{commit}}")])?.success)
    }

    /// When the commit was made, in seconds since the epoch.
    pub(super) fn commit_time(&self, rev: &str) -> Result<u64> {
        let arguments =
            ["show", "--no-patch", "--format=%ct", "--end-of-options", &format!("{rev}^{{commit}}")];
        let output = self.ask(&arguments)?;
        output.text().parse().map_err(|_| complaint(&arguments, &output))
    }

    /// How many commits lead to `rev`, itself included.
    pub(super) fn commit_count(&self, rev: &str) -> Result<u64> {
        let arguments = ["rev-list", "--count", "--end-of-options", rev];
        let output = self.ask(&arguments)?;
        output.text().parse().map_err(|_| complaint(&arguments, &output))
    }

    /// Whether its history is cut off.
    pub(super) fn is_shallow(&self) -> Result<bool> {
        Ok(self.ask(&["rev-parse", "--is-shallow-repository"])?.text() == "true")
    }

    /// The URL that it was cloned from, if it knows one.
    pub(super) fn origin(&self) -> Result<Option<String>> {
        if self.clone_of.is_some() {
            return Ok(self.clone_of.clone());
        }
        let output = self.run(&["config", "--get", "remote.origin.url"])?;
        Ok(output.success.then(|| output.text()))
    }

    /// All members of a commit's tree, directories before what they hold.
    pub(super) fn members(&self, rev: &str) -> Result<Vec<Member>> {
        let output = self.ask(&["ls-tree", "-r", "-t", "-z", "--full-tree", rev])?;
        output
            .stdout
            .split(|byte| *byte == 0)
            .filter(|line| !line.is_empty())
            .map(|line| {
                read_member(line).ok_or_else(|| {
                    Error::Git(format!("git lists what nobody knows: '{}'", String::from_utf8_lossy(line)))
                })
            })
            .collect()
    }

    /// Those of `paths` that are not part of an archive of the tree of `rev`, or of the index without one. A directory's
    /// path ends with a slash.
    /// `scratch` is a directory to work in.
    pub(super) fn ignored(
        &self,
        rev: Option<&str>,
        paths: &[Vec<u8>],
        scratch: &Path,
    ) -> Result<BTreeSet<Vec<u8>>> {
        let index = scratch.join("index");
        let mut variables: Vec<(&str, &OsStr)> = Vec::new();
        if let Some(rev) = rev {
            variables.push(("GIT_INDEX_FILE", index.as_os_str()));
            let mut command = self.command(&variables);
            let output = Programs::run("git", command.args(["read-tree", rev]), None)?;
            if !output.success {
                return Err(complaint(&["read-tree"], &output));
            }
        }
        let mut command = self.command(&variables);
        command.args(["check-attr", "--cached", "-z", "--stdin", "export-ignore"]);
        let mut input = paths.join(&0);
        input.push(0);
        let output = Programs::run("git", &mut command, Some(&input))?;
        if !output.success {
            return Err(complaint(&["check-attr"], &output));
        }
        let mut fields = output.stdout.split(|byte| *byte == 0);
        let mut found = BTreeSet::new();
        while let (Some(path), Some(_), Some(value)) = (fields.next(), fields.next(), fields.next()) {
            if value == b"set" {
                found.insert(path.to_vec());
            }
        }
        Ok(found)
    }

    /// Writes the contents of members into `builder`.
    pub(super) fn write(&self, members: &[&Member], builder: &mut TreeBuilder) -> Result<()> {
        let failed = |source| Error::Program { program: "git", source };
        let mut command = self.command(&[]);
        command.args(["cat-file", "--batch"]).stdin(std::process::Stdio::piped());
        let mut child = command.spawn().map_err(failed)?;
        let (Some(mut stdin), Some(stdout)) = (child.stdin.take(), child.stdout.take()) else {
            return Err(failed(std::io::ErrorKind::BrokenPipe.into()));
        };
        let blobs: Vec<&&Member> = members
            .iter()
            .filter(|member| !matches!(member.mode, Mode::Directory | Mode::Submodule))
            .collect();
        let names: Vec<u8> =
            blobs.iter().flat_map(|member| format!("{}\n", member.object).into_bytes()).collect();
        std::thread::scope(|scope| {
            scope.spawn(move || _ = stdin.write_all(&names));
            for member in members {
                if matches!(member.mode, Mode::Directory | Mode::Submodule) {
                    builder.directory(&member.path)?;
                }
            }
            let mut answers = BufReader::with_capacity(64 << 10, stdout);
            for member in &blobs {
                write_blob(&mut answers, member, builder)?;
            }
            Ok(())
        })
        .and_then(|()| {
            child.wait().map_err(failed)?;
            Ok(())
        })
    }

    /// Whether Git finds a commit well signed by one of the keys in `signers`, and what it says.
    pub(super) fn verify_commit(&self, rev: &str, signers: &Path) -> Result<(bool, String)> {
        let mut setting = OsString::from("gpg.ssh.allowedSignersFile=");
        setting.push(signers);
        let mut command = self.command(&[]);
        // A repository shall not choose the program that checks it.
        command.args(["-c", "gpg.ssh.program=ssh-keygen", "-c"]).arg(setting).args(["verify-commit", rev]);
        let output = Programs::run("git", &mut command, None)?;
        let text = format!("{}\n{}", output.text(), output.stderr).replace('\r', "").trim().to_owned();
        Ok((output.success, text))
    }

    /// What is checked out.
    pub(super) fn work_tree(&self) -> Result<WorkTree> {
        let status = ["status", "--porcelain", "-z", "--untracked-files=no", "--ignore-submodules=all"];
        let dirty = !self.ask(&status)?.stdout.is_empty();
        let list = |output: &Output| -> Vec<Vec<u8>> {
            let lines = output.stdout.split(|byte| *byte == 0);
            lines.filter(|line| !line.is_empty()).map(<[u8]>::to_vec).collect()
        };
        let deleted: BTreeSet<Vec<u8>> =
            list(&self.ask(&["ls-files", "-z", "--deleted"])?).into_iter().collect();
        let mut files: Vec<Vec<u8>> = list(&self.ask(&["ls-files", "-z", "--stage"])?)
            .iter()
            .filter(|line| !line.starts_with(b"160000 "))
            .filter_map(|line| line.splitn(2, |byte| *byte == b'\t').nth(1).map(<[u8]>::to_vec))
            .filter(|path| !deleted.contains(path))
            .collect();
        files.dedup();
        Ok(WorkTree { files, dirty, head: self.resolve("HEAD")? })
    }

    /// The submodules that a `.gitmodules` names: that of a commit, or a file.
    pub(super) fn submodules(&self, from: &SubmoduleList<'_>) -> Result<Vec<Submodule>> {
        let mut arguments: Vec<OsString> = vec!["config".into(), "-z".into()];
        match from {
            SubmoduleList::Commit(rev) => {
                arguments.extend(["--blob".into(), format!("{rev}:.gitmodules").into()]);
            }
            SubmoduleList::File(file) => arguments.extend(["--file".into(), file.as_os_str().to_owned()]),
        }
        arguments.extend(["--get-regexp".into(), r"^submodule\..*\.(path|url|branch)$".into()]);
        let output = self.run(&arguments)?;
        match output.code {
            // Nothing matched.
            Some(1) => return Ok(Vec::new()),
            _ if !output.success => return Err(complaint(&["config"], &output)),
            _ => {}
        }
        let mut found: std::collections::BTreeMap<String, Submodule> = Default::default();
        for entry in String::from_utf8_lossy(&output.stdout).split('\0') {
            let Some((key, value)) = entry.split_once('\n') else { continue };
            let Some((name, field)) = key.rsplit_once('.') else { continue };
            let submodule = found.entry(name.to_owned()).or_default();
            match field {
                "path" => submodule.path = value.to_owned(),
                "url" => submodule.url = value.to_owned(),
                _ => submodule.branch = value.to_owned(),
            }
        }
        Ok(found.into_values().filter(|submodule| !submodule.path.is_empty()).collect())
    }
}

/// Where submodules are listed.
pub(super) enum SubmoduleList<'l> {
    /// In a commit.
    Commit(&'l str),
    /// In a file.
    File(&'l Path),
}

fn complaint<S: AsRef<OsStr>>(arguments: &[S], output: &Output) -> Error {
    let command = arguments.first().map(|first| first.as_ref().to_string_lossy()).unwrap_or_default();
    Error::Git(format!("git {command} failed: {}", output.stderr))
}

fn read_member(line: &[u8]) -> Option<Member> {
    let tab = line.iter().position(|byte| *byte == b'\t')?;
    let (head, path) = line.split_at(tab);
    let mut words = std::str::from_utf8(head).ok()?.split(' ');
    let mode = match words.next()? {
        "040000" => Mode::Directory,
        "100755" => Mode::Executable,
        "120000" => Mode::Link,
        "160000" => Mode::Submodule,
        mode if mode.starts_with("100") => Mode::File,
        _ => return None,
    };
    let object = words.nth(1)?.to_owned();
    Some(Member { mode, object, path: path.get(1..)?.to_vec() })
}

/// Reads one answer of `git cat-file --batch`.
fn write_blob(answers: &mut impl BufRead, member: &Member, builder: &mut TreeBuilder) -> Result<()> {
    let shown = || OsStr::from_bytes(&member.path).to_string_lossy().into_owned();
    let mut line = String::new();
    answers.read_line(&mut line).context("reading from git the file", shown())?;
    let size = line.trim_end().rsplit(' ').next().and_then(|size| size.parse::<u64>().ok());
    let Some(size) = size.filter(|_| line.contains(" blob ")) else {
        return Err(Error::Git(format!(
            "git has not got the contents of '{}': {}",
            shown(),
            line.trim_end()
        )));
    };
    let mut contents = answers.take(size);
    match member.mode {
        Mode::Link => {
            let mut target = Vec::new();
            contents.read_to_end(&mut target).context("reading from git the file", shown())?;
            builder.symlink(&member.path, &target)?;
        }
        mode => {
            let mut file = builder.file(&member.path, mode == Mode::Executable)?;
            std::io::copy(&mut contents, &mut file).context("reading from git the file", shown())?;
        }
    }
    // The answer ends with a line end of its own.
    let mut end = [0];
    answers.read_exact(&mut end).context("reading from git the file", shown())
}
