//! Whether the programs that units run are there, and can be run.

use std::fs::{self, File};
use std::io::Read;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use super::Options;
use super::catalog::Lint;
use super::exec::Command;
use super::kind::Problem;
use super::specifier;

/// Where systemd looks for a program that is given by its name.
const SEARCHED: [&str; 6] = ["/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin"];

/// How much of a script is read.
const SCRIPT: u64 = 64 * 1024;

/// What was found out about a path, kept because many units run the same program.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Verdict {
    Right,
    /// The link that leads nowhere on the way, or the path itself.
    Missing,
    Directory,
    NotExecutable,
    /// What is wrong with the first line.
    BadInterpreter(String),
    /// Specifiers that the script has in it.
    HasSpecifiers(String),
}

/// Checks the program of a command.
pub(super) fn check(
    command: &Command<'_>,
    options: &Options<'_>,
    known: &mut dyn FnMut(&Path) -> Verdict,
    out: &mut Vec<Problem>,
) {
    let home = options.home.map(Path::to_string_lossy);
    let Some(path) = specifier::expand(&command.program, home.as_deref()) else { return };
    let problem = |lint, message: String| Problem::new(lint, command.at.clone(), message);
    if !path.starts_with('/') {
        let found = SEARCHED.iter().map(|dir| Path::new(dir).join(&path)).any(|path| is_program(&path));
        if !found {
            let message = format!("there is no program `{path}` where systemd looks for one");
            let help = "systemd has its own list of directories, /usr/bin and its like, whatever PATH is; write the absolute path";
            out.push(severe(problem(Lint::MissingProgram, message), command, false).help(help.to_owned()));
        }
        return;
    }
    let path = PathBuf::from(path);
    let in_store = options.stores.iter().any(|store| path.starts_with(store));
    match known(&path) {
        Verdict::Right => {
            // A shell's script is often the first argument.
            if is_shell(&path)
                && let Some(script) = command.arguments.iter().find(|argument| !argument.starts_with('-'))
                && options.stores.iter().any(|store| Path::new(&**script).starts_with(store))
                && let Verdict::HasSpecifiers(found) = known(Path::new(&**script))
            {
                out.push(has_specifiers(problem(Lint::SpecifierInScript, String::new()), script, &found));
            }
        }
        Verdict::Missing if options.coming.is_some_and(|coming| coming(&path)) => {}
        Verdict::Missing => {
            let help = match in_store {
                true => "the package has no program of this name; `ls` its bin directory",
                false => "it may come later; until then the unit fails to start",
            };
            let message = format!("{} does not exist", path.display());
            out.push(severe(problem(Lint::MissingProgram, message), command, in_store).help(help.to_owned()));
        }
        Verdict::Directory => {
            let message = format!("{} is a directory", path.display());
            out.push(severe(problem(Lint::NotExecutable, message), command, true));
        }
        Verdict::NotExecutable => {
            let help = match in_store {
                true => "pkgs.writeShellScript makes a script that can be executed; pkgs.writeText does not",
                false => "make it executable: chmod +x",
            };
            let message = format!("{} is not executable", path.display());
            out.push(severe(problem(Lint::NotExecutable, message), command, true).help(help.to_owned()));
        }
        Verdict::BadInterpreter(why) => {
            let message = format!("{} cannot be run: {why}", path.display());
            out.push(severe(problem(Lint::BadInterpreter, message), command, true));
        }
        Verdict::HasSpecifiers(found) => {
            if in_store {
                let shown = path.to_string_lossy();
                out.push(has_specifiers(problem(Lint::SpecifierInScript, String::new()), &shown, &found));
            }
        }
    }
}

fn has_specifiers(problem: Problem, script: &str, found: &str) -> Problem {
    let message = format!(
        "the script {script} contains {found}: systemd expands specifiers in units, and nothing does in scripts"
    );
    let help = "give the path as an argument in ExecStart=, or by Environment=; in scripts, $XDG_RUNTIME_DIR is `%t` and $HOME is `%h`";
    Problem { message, ..problem }.help(help.to_owned())
}

/// A command whose failure does not matter cannot be an error, nor can a program that may come later.
fn severe(problem: Problem, command: &Command<'_>, certain: bool) -> Problem {
    if certain && !command.may_fail { problem } else { problem.warning() }
}

fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|metadata| metadata.is_file() && metadata.permissions().mode() & 0o111 != 0)
}

fn is_shell(path: &Path) -> bool {
    let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
    matches!(name, "sh" | "bash" | "dash" | "zsh" | "fish" | "ksh")
}

/// Looks at a program.
pub(super) fn look(path: &Path, stores: &[PathBuf], told: &[String]) -> Verdict {
    let Ok(metadata) = fs::metadata(path) else { return Verdict::Missing };
    if metadata.is_dir() {
        return Verdict::Directory;
    }
    let in_store = stores.iter().any(|store| path.starts_with(store));
    let executable = metadata.permissions().mode() & 0o111 != 0;
    // Only what hm made is read as a whole: a system's programs have nothing to do with it.
    if !executable && !in_store {
        return Verdict::NotExecutable;
    }
    let mut start = Vec::with_capacity(256);
    let Ok(mut file) = File::open(path) else { return Verdict::Right };
    if file.by_ref().take(256).read_to_end(&mut start).is_err() {
        return Verdict::Right;
    }
    if start.starts_with(b"\x7fELF") {
        return if executable { Verdict::Right } else { Verdict::NotExecutable };
    }
    if executable && let Err(why) = interpreter(&start) {
        return Verdict::BadInterpreter(why);
    }
    if in_store && start.starts_with(b"#!") {
        _ = file.take(SCRIPT).read_to_end(&mut start);
        if let Some(found) = specifiers_in(&String::from_utf8_lossy(&start), told) {
            return Verdict::HasSpecifiers(found);
        }
    }
    if executable { Verdict::Right } else { Verdict::NotExecutable }
}

/// What the first line of a script says, or what is wrong with it.
fn interpreter(start: &[u8]) -> Result<(), String> {
    let end = start.iter().position(|byte| *byte == b'\n').unwrap_or(start.len());
    let line = String::from_utf8_lossy(start.get(..end).unwrap_or_default());
    let Some(rest) = line.strip_prefix("#!") else {
        return match start.is_empty() {
            true => Err("it is empty".to_owned()),
            // Other formats of programs the kernel may know; what is text is none of them.
            false if start.contains(&0) => Ok(()),
            false if line.trim_start().starts_with("#!") => {
                Err("blanks stand before the `#!` of its first line".to_owned())
            }
            false => Err("its first line does not begin with `#!` and an interpreter".to_owned()),
        };
    };
    let Some(program) = rest.split_whitespace().next() else {
        return Err("its first line names no interpreter after `#!`".to_owned());
    };
    if program.ends_with('\r') || rest.ends_with('\r') {
        return Err("its first line ends in a carriage return, as on Windows".to_owned());
    }
    if !program.starts_with('/') {
        return Err(format!("the interpreter `{program}` of its first line is not an absolute path"));
    }
    if !is_program(Path::new(program)) {
        return Err(format!(
            "the interpreter {program} of its first line does not exist or is not executable"
        ));
    }
    Ok(())
}

/// Words of a script that begin with a specifier for a directory and go on as a path: `%t/x`, `"%r/secrets"`. Letters that
/// mean something to printf or date as well, such as `%s`, are left out.
fn specifiers_in(script: &str, told: &[String]) -> Option<String> {
    let mut found: Vec<&str> = Vec::new();
    for line in script.lines().filter(|line| !line.trim_start().starts_with('#')) {
        for (letter, at) in specifier::all(line) {
            let before = line.get(..at.start).and_then(|before| before.chars().next_back());
            let begins = before.is_none_or(|before| " \t\"'=:(<>`".contains(before));
            let goes_on = line.get(at.end..).is_some_and(|rest| rest.starts_with('/'));
            if begins && goes_on && "CEhLrSt".contains(letter) {
                let rest = line.get(at.start..).unwrap_or_default();
                let end = rest.find([' ', '\t', '"', '\'', ')', ';', '`']).unwrap_or(rest.len());
                let word = rest.get(..end).unwrap_or_default();
                if !found.contains(&word) && !told.iter().any(|told| word.starts_with(told.as_str())) {
                    found.push(word);
                }
            }
        }
    }
    let shown: Vec<String> = found.iter().map(|word| format!("`{word}`")).collect();
    (!shown.is_empty()).then(|| shown.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn interpreters() {
        for (text, expected) in [
            ("#!/bin/sh\n", ""),
            ("#! /bin/sh -e\n", ""),
            ("", "it is empty"),
            ("echo\n", "its first line does not begin with `#!` and an interpreter"),
            ("\n#!/bin/sh\n", "its first line does not begin with `#!` and an interpreter"),
            ("  #!/bin/sh\n", "blanks stand before the `#!` of its first line"),
            ("#!\n", "its first line names no interpreter after `#!`"),
            ("#!sh\n", "the interpreter `sh` of its first line is not an absolute path"),
            (
                "#!/nonexistent/sh\n",
                "the interpreter /nonexistent/sh of its first line does not exist or is not executable",
            ),
            ("#!/bin/sh\r\n", "its first line ends in a carriage return, as on Windows"),
        ] {
            assert_eq!(interpreter(text.as_bytes()).err().unwrap_or_default(), expected, "{text:?}");
        }
    }

    #[test]
    fn specifiers_of_scripts() {
        for (text, expected) in [
            ("cat %r/secrets/a", Some("`%r/secrets/a`")),
            ("cat \"%t/a\" $(cat %h/b)", Some("`%t/a`, `%h/b`")),
            ("# cat %r/x", None),
            ("date +%T/%d", None),
            ("printf '%s/%s' a b", None),
            ("cat %r/told/x", None),
            ("echo 100%", None),
        ] {
            assert_eq!(specifiers_in(text, &["%r/told".to_owned()]).as_deref(), expected, "{text}");
        }
    }
}
