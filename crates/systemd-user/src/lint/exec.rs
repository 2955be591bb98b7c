//! Command lines: `ExecStart=` and its like.

use std::borrow::Cow;
use std::ops::Range;

use super::catalog::Lint;
use super::kind::{Problem, Subject, bad_escape, check_specifiers, unbalanced};
use super::specifier::{self, Scope};
use super::words::{Unbalanced, Words};

/// One command of a line, which may have several, divided by `;`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Command<'a> {
    /// The program, without the characters before it.
    pub(super) program: Cow<'a, str>,
    /// Where the program stands in the value.
    pub(super) at: Range<usize>,
    /// Whether a failure is taken for a success (`-`).
    pub(super) may_fail: bool,
    /// The arguments, without the one that `@` takes as the program's name.
    pub(super) arguments: Vec<Cow<'a, str>>,
}

/// Checks a command line.
pub(super) fn check(subject: &Subject<'_>, out: &mut Vec<Problem>) {
    if !subject.value.is_empty() {
        parse(subject, out);
    }
}

/// The commands of a line; what is wrong with it goes to `out`.
pub(super) fn parse<'a>(subject: &Subject<'a>, out: &mut Vec<Problem>) -> Vec<Command<'a>> {
    let mut commands = Vec::new();
    let mut words = Words::quoted(subject.value);
    while let Some(command) = one(subject, &mut words, out) {
        commands.extend(command);
    }
    commands
}

/// The next command: `None` at the end, `Some(None)` for one that is wrong.
fn one<'a>(
    subject: &Subject<'a>,
    words: &mut Words<'a>,
    out: &mut Vec<Problem>,
) -> Option<Option<Command<'a>>> {
    let first = match words.next()? {
        Ok(word) => word,
        Err(Unbalanced(at)) => {
            out.push(unbalanced(Lint::InvalidCommand, at));
            return Some(None);
        }
    };
    if let Some(at) = &first.bad_escape {
        out.push(bad_escape(subject.value, at.clone()));
    }
    let marks = first.text.len() - prefixes(&first.text, subject.version).len();
    let found = first.text.get(..marks).unwrap_or_default();
    let (may_fail, own_name) = (found.contains('-'), found.contains('@'));
    let program: Cow<'a, str> = match first.text {
        Cow::Borrowed(text) => Cow::Borrowed(text.get(marks..).unwrap_or_default()),
        Cow::Owned(text) => Cow::Owned(text.get(marks..).unwrap_or_default().to_owned()),
    };
    let at = first.at.start + marks..first.at.end;
    let mut right = check_program(subject, &program, at.clone(), out);
    let mut arguments = Vec::new();
    let mut named = !own_name;
    loop {
        // A lone `;` ends the command; `\;` is an argument.
        let rest = words.rest().trim_start_matches([' ', '\t']);
        if let Some(after) = rest.strip_prefix(';')
            && after.chars().next().is_none_or(|next| matches!(next, ' ' | '\t'))
        {
            words.next();
            break;
        }
        if let Some(after) = rest.strip_prefix("\\;")
            && after.chars().next().is_none_or(|next| matches!(next, ' ' | '\t'))
        {
            words.next();
            arguments.push(Cow::Borrowed(";"));
            continue;
        }
        match words.next() {
            None => break,
            Some(Err(Unbalanced(at))) => {
                out.push(unbalanced(Lint::InvalidCommand, at));
                return Some(None);
            }
            Some(Ok(word)) => {
                if let Some(at) = &word.bad_escape {
                    out.push(bad_escape(subject.value, at.clone()));
                }
                check_specifiers(subject, &word.text, word.at.clone(), Scope::Full, out);
                if let Some(shell) = shell_syntax(&word.text) {
                    out.push(shell_problem(shell, word.at.clone()));
                }
                if named {
                    arguments.push(word.text);
                }
                named = true;
            }
        }
    }
    if !named {
        right = false;
        let message = "`@` takes the next word as the program's own name, and there is none";
        out.push(Problem::new(Lint::InvalidCommand, at.clone(), message));
    }
    Some(right.then_some(Command { program, at, may_fail, arguments }))
}

/// What is left of a word without the characters that say how a program is run.
fn prefixes(word: &str, version: u32) -> &str {
    let mut rest = word;
    let (mut seen, mut privileges, mut bangs) = (String::new(), false, 0);
    loop {
        let Some(next) = rest.chars().next() else { return rest };
        let fits = match next {
            '-' | '@' | ':' => !seen.contains(next),
            '|' => version >= 258 && !seen.contains(next),
            '+' => !privileges,
            '!' => bangs < 2 && (!privileges || bangs == 1),
            _ => false,
        };
        if !fits {
            return rest;
        }
        seen.push(next);
        privileges |= matches!(next, '+' | '!');
        bangs += usize::from(next == '!');
        rest = rest.get(1..).unwrap_or_default();
    }
}

fn check_program(subject: &Subject<'_>, program: &str, at: Range<usize>, out: &mut Vec<Problem>) -> bool {
    let mut wrong = |message: String, help: Option<&str>| {
        out.push(Problem::new(Lint::InvalidCommand, at.clone(), message).help(help.map(str::to_owned)));
        false
    };
    if program.is_empty() {
        return wrong("the command has no program".to_owned(), None);
    }
    if program.ends_with('/') {
        return wrong(format!("`{program}` is a directory"), None);
    }
    if program
        .bytes()
        .any(|byte| byte < 0x20 || byte == 0x7f || byte == b'"' || byte == b'\'' || byte == b'\\')
    {
        return wrong("the program's name has characters that systemd refuses".to_owned(), None);
    }
    if let Some(mark) = program.chars().next().filter(|first| "+!|".contains(*first)) {
        let message = format!(
            "`{mark}` does not fit here: the characters before it exclude it, or this systemd does not know it"
        );
        return wrong(message, None);
    }
    if program.contains('=') && !program.contains('/') {
        return wrong(
            format!("`{program}` is taken for a program"),
            Some("variables are set by Environment=, or by `/usr/bin/env NAME=value PROGRAM`"),
        );
    }
    let relative = specifier::is_absolute(program) == Some(false);
    if relative && program.contains('/') {
        let help = match program.starts_with("~/") || program.starts_with('$') {
            true => "`%h` is the home directory; variables and `~` are not expanded in the program's path",
            false => "write an absolute path, or a name without `/`",
        };
        return wrong(format!("`{program}` is neither an absolute path nor a plain name"), Some(help));
    }
    if program.starts_with('$') {
        return wrong(format!("`{program}` is not expanded: the program cannot come from a variable"), None);
    }
    check_specifiers(subject, program, at, Scope::Full, out)
}

/// A word that is an operator in a shell, and nothing but an argument here.
fn shell_syntax(word: &str) -> Option<&'static str> {
    ["|", "||", "&&", "&", ">", ">>", "<", "2>&1", "2>/dev/null", ">/dev/null"]
        .into_iter()
        .find(|operator| *operator == word)
}

fn shell_problem(operator: &str, at: Range<usize>) -> Problem {
    Problem::new(
        Lint::InvalidCommand,
        at,
        format!("`{operator}` is given to the program as an argument: systemd runs no shell"),
    )
    .help("run the line by `/bin/sh -c '…'`, or write a script".to_owned())
    .warning()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::name::UnitName;

    fn check(value: &str, expected: &[&str]) {
        let unit = UnitName::new("a.service").unwrap();
        let subject = Subject { unit: &unit, directive: "ExecStart", kind: "exec", value, version: 252 };
        let mut problems = Vec::new();
        let commands = parse(&subject, &mut problems);
        let mut shown: Vec<String> = commands
            .iter()
            .map(|command| {
                let mark = if command.may_fail { "-" } else { "" };
                format!("{mark}{} {:?}", command.program, command.arguments)
            })
            .collect();
        shown.extend(
            problems.iter().map(|problem| format!("{}: {}", &value[problem.at.clone()], problem.message)),
        );
        assert_eq!(shown, expected, "{value}");
    }

    #[test]
    fn command_lines() {
        check("/bin/a b 'c d'", &[r#"/bin/a ["b", "c d"]"#]);
        check("-@/bin/a name b", &[r#"-/bin/a ["b"]"#]);
        check("!!-/bin/a", &["-/bin/a []"]);
        check("/bin/a x ; /bin/b \\; y", &[r#"/bin/a ["x"]"#, r#"/bin/b [";", "y"]"#]);
        check("/bin/a \"b c", &["\": this quote is not closed"]);
        check("- x", &["-: the command has no program".replace("-:", ":").as_str()]);
        check("a/b", &["a/b: `a/b` is neither an absolute path nor a plain name"]);
        check("/bin/", &["/bin/: `/bin/` is a directory"]);
        check("@/bin/a", &["/bin/a: `@` takes the next word as the program's own name, and there is none"]);
        check("/bin/a %Q", &[r#"/bin/a ["%Q"]"#, "%Q: there is no specifier `%Q`"]);
        check(
            "/bin/a | b",
            &[r#"/bin/a ["|", "b"]"#, "|: `|` is given to the program as an argument: systemd runs no shell"],
        );
    }
}
