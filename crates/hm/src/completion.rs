//! What a shell offers when the user presses Tab: commands, flags, and the names of units and generations.
//!
//! The shell runs this program with [`VARIABLE`] set and the words so far. It is answered from what lies on disk, without
//! evaluating anything and without asking the manager, which may hang; and where something is wrong there is just nothing
//! to offer. The variable is looked at by `clap_complete`, before anything else is.

use std::ffi::{OsStr, OsString};
use std::io;
use std::path::Path;

use clap::CommandFactory;
use clap_complete::engine::complete;
use clap_complete::env::{EnvCompleter, Fish, Shells, Zsh};
use clap_complete::{CompleteEnv, CompletionCandidate};
use hm_generation::Generation;
use systemd_user::{UnitName, UnitSet};

use crate::cli::Cli;
use crate::commands::generations::Listed;
use crate::environment::Environment;
use crate::{home, managed};

/// Set to the name of the shell that asks.
const VARIABLE: &str = "HM_COMPLETE";

/// The shells that are answered.
const SHELLS: Shells<'static> = Shells(&[&Bash, &Fish, &Zsh]);

/// Answers the shell, if it is one that asks.
pub(crate) fn answer() -> bool {
    let directory = std::env::current_dir().ok();
    CompleteEnv::with_factory(Cli::command)
        .var(VARIABLE)
        .shells(SHELLS)
        .try_complete(std::env::args_os(), directory.as_deref())
        // The shell would show the message in the middle of what is being typed.
        .unwrap_or(true)
}

/// What a shell has to read to complete the command lines of the program that is run as `program`.
///
/// # Errors
/// As the signature of the crate has it; writing to memory does not fail.
pub(crate) fn script(shell: &str, program: &Path) -> io::Result<String> {
    let completer = SHELLS.completer(shell).ok_or_else(|| io::Error::other("an unknown shell"))?;
    let mut script = Vec::new();
    completer.write_registration(VARIABLE, "hm", "hm", &program.to_string_lossy(), &mut script)?;
    Ok(String::from_utf8_lossy(&script).into_owned())
}

/// The units of the current generation, templates among them.
pub(crate) fn units(current: &OsStr) -> Vec<CompletionCandidate> {
    candidates(current, |_| true)
}

/// The same without templates.
pub(crate) fn startable_units(current: &OsStr) -> Vec<CompletionCandidate> {
    candidates(current, |name| !name.is_template())
}

fn candidates(current: &OsStr, wanted: impl Fn(&UnitName) -> bool) -> Vec<CompletionCandidate> {
    let Some(typed) = current.to_str() else { return Vec::new() };
    let read = || {
        let current = home::profile(&Environment::read().ok()?).current().ok()??;
        let generation = Generation::read(&current.target).ok()?;
        let units = UnitSet::read_dir(&home::unit_dir(&generation)).ok()?;
        Some((managed::names(&generation, &units), units))
    };
    let Some((names, units)) = read() else { return Vec::new() };
    let names = names.into_iter().filter(|name| name.as_str().starts_with(typed) && wanted(name));
    names
        .map(|name| {
            let description = units.definition(&name);
            let description = description.as_ref().and_then(|unit| unit.value("Unit", "Description"));
            CompletionCandidate::new(name.as_str()).help(description.map(|text| text.to_owned().into()))
        })
        .collect()
}

/// The numbers of the generations, newest first.
pub(crate) fn generations(current: &OsStr) -> Vec<CompletionCandidate> {
    let Some(typed) = current.to_str() else { return Vec::new() };
    let Ok(environment) = Environment::read() else { return Vec::new() };
    let all = home::profile(&environment).list().unwrap_or_default();
    all.iter()
        .rev()
        .map(Listed::of)
        .filter(|listed| listed.id.to_string().starts_with(typed))
        .enumerate()
        .map(|(order, listed)| {
            let help = format!("{} {}", listed.created(), listed.mark());
            CompletionCandidate::new(listed.id.to_string())
                .help(Some(help.trim_end().to_owned().into()))
                .display_order(Some(order))
        })
        .collect()
}

/// Bash breaks words at `@` and other characters that units have in their names, so the pieces are put together
/// before it is asked, and what bash has broken off is taken off the answers.
struct Bash;

/// The word up to the cursor is what follows the last blank; a name with a blank in it is completed by its last piece.
const BASH: &str = r#"
_hm() {
    local word=${COMP_LINE:0:COMP_POINT} index=$COMP_CWORD whole= at answer
    word=${word##*[[:space:]]}
    for ((at = COMP_CWORD; at > 0; at--)); do
        whole=${COMP_WORDS[at]}$whole
        if [[ $whole == "$word"* ]]; then break; fi
    done
    if ((at > 0)); then index=$at; else word=$2; fi
    local broken=${word%"$2"}
    COMPREPLY=()
    while IFS= read -r answer; do
        if [[ $answer == "$broken"* ]]; then COMPREPLY+=("${answer#"$broken"}"); fi
    done < <(VARIABLE=bash COMPLETER -- "${COMP_WORDS[@]:0:index}" "$word" 2>/dev/null)
    if [[ ${#COMPREPLY[@]} == 1 && ${COMPREPLY[0]} == *[=/] ]]; then compopt -o nospace; fi
}
complete -o bashdefault -F _hm BIN
"#;

impl EnvCompleter for Bash {
    fn name(&self) -> &'static str {
        "bash"
    }

    fn is(&self, name: &str) -> bool {
        name == "bash"
    }

    fn write_registration(
        &self,
        var: &str,
        _name: &str,
        bin: &str,
        completer: &str,
        buf: &mut dyn io::Write,
    ) -> io::Result<()> {
        let quoted = format!("'{}'", completer.replace('\'', r"'\''"));
        let script = BASH.replace("VARIABLE", var).replace("COMPLETER", &quoted).replace("BIN", bin);
        buf.write_all(script.trim_start().as_bytes())
    }

    fn write_complete(
        &self,
        cmd: &mut clap::Command,
        args: Vec<OsString>,
        current_dir: Option<&Path>,
        buf: &mut dyn io::Write,
    ) -> io::Result<()> {
        let index = args.len().saturating_sub(1);
        for candidate in complete(cmd, args, index, current_dir)? {
            // As bash will read it: names of mounts have backslashes.
            writeln!(buf, "{}", candidate.get_value().to_string_lossy().replace('\\', r"\\"))?;
        }
        Ok(())
    }
}
