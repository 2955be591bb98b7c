//! What a line that begins with a colon means.

/// What is done by a command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Action {
    Add,
    Build,
    Document,
    Edit,
    Variables,
    Help,
    LastLoaded,
    Load,
    LoadFlake,
    Print,
    Quit,
    Reload,
    Trace,
    Type,
}

/// A command: its names, what follows it, and what it does.
pub(super) struct Command {
    pub(super) names: &'static [&'static str],
    /// Empty where nothing follows; optional in brackets.
    pub(super) argument: &'static str,
    help: &'static str,
    pub(super) action: Action,
}

const fn command(
    names: &'static [&'static str],
    argument: &'static str,
    action: Action,
    help: &'static str,
) -> Command {
    Command { names, argument, help, action }
}

/// All commands, in the order of the help.
pub(super) const COMMANDS: [Command; 14] = [
    command(&[":?", ":help"], "", Action::Help, "show this help"),
    command(&[":a", ":add"], "<expr>", Action::Add, "make the attributes of a set variables"),
    command(&[":b", ":build"], "<expr>", Action::Build, "build a derivation"),
    command(&[":doc"], "<expr>", Action::Document, "show the documentation of a function or attribute"),
    command(&[":e", ":edit"], "<expr>", Action::Edit, "open a file, function or package in $EDITOR"),
    command(&[":env"], "", Action::Variables, "list the variables"),
    command(&[":l", ":load"], "<path>", Action::Load, "make the attributes of a file's value variables"),
    command(&[":lf", ":load-flake"], "<ref>", Action::LoadFlake, "make the attributes of a flake variables"),
    command(&[":ll", ":last-loaded"], "", Action::LastLoaded, "list what was made variables last"),
    command(&[":p", ":print"], "<expr>", Action::Print, "print all of a value, and a string as it is"),
    command(&[":q", ":quit"], "", Action::Quit, "leave"),
    command(&[":r", ":reload"], "", Action::Reload, "load all files anew and forget other variables"),
    command(&[":t", ":type"], "<expr>", Action::Type, "say of which type a value is"),
    command(
        &[":te", ":trace-enable"],
        "[bool]",
        Action::Trace,
        "show all steps that lead to an error, or few",
    ),
];

/// The help.
pub(super) fn help() -> String {
    let mut lines = vec![
        ("<expr>".to_owned(), "evaluate an expression and print its value, one level of it"),
        ("<x> = <expr>".to_owned(), "make a variable; several follow each other after semicolons"),
    ];
    for command in &COMMANDS {
        lines.push((format!("{} {}", command.names.join(", "), command.argument), command.help));
    }
    lines.iter().map(|(what, help)| format!("  {what:<28} {help}\n")).collect()
}

/// A line's meaning.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line<'t> {
    /// Nothing at all.
    Empty,
    /// An expression or definitions.
    Program(&'t [u8]),
    /// A command and what follows it.
    Command(Action, &'t [u8]),
    /// A command without what must follow it.
    Incomplete(&'static str, &'static str),
    /// A command that there is not.
    Unknown(String),
}

/// Reads what was entered.
pub(super) fn parse(text: &[u8]) -> Line<'_> {
    let text = text.trim_ascii();
    if text.is_empty() {
        return Line::Empty;
    }
    if text.first() != Some(&b':') {
        return Line::Program(text);
    }
    let end = text.iter().position(u8::is_ascii_whitespace).unwrap_or(text.len());
    let (name, argument) = text.split_at(end);
    let argument = argument.trim_ascii();
    let name = String::from_utf8_lossy(name);
    match COMMANDS.iter().find(|command| command.names.contains(&name.as_ref())) {
        None => Line::Unknown(name.into_owned()),
        Some(command) if argument.is_empty() && command.argument.starts_with('<') => {
            Line::Incomplete(command.names.first().copied().unwrap_or_default(), command.argument)
        }
        Some(command) => Line::Command(command.action, argument),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines() {
        let check = |text: &str, expected| assert_eq!(parse(text.as_bytes()), expected, "for {text:?}");
        check(" \n", Line::Empty);
        check(" 1 + 1\n", Line::Program(b"1 + 1"));
        check(":q\n", Line::Command(Action::Quit, b""));
        check(" :p  [ 1\n 2 ]\n", Line::Command(Action::Print, b"[ 1\n 2 ]"));
        check(":print\t1", Line::Command(Action::Print, b"1"));
        check(":p", Line::Incomplete(":p", "<expr>"));
        check(":te", Line::Command(Action::Trace, b""));
        check(":zz 1", Line::Unknown(":zz".to_owned()));
        check(":", Line::Unknown(":".to_owned()));
    }

    #[test]
    fn names_are_given_once() {
        let mut names: Vec<&str> =
            COMMANDS.iter().flat_map(|command| command.names.iter().copied()).collect();
        names.sort_unstable();
        assert!(names.windows(2).all(|pair| pair[0] != pair[1]));
        assert!(help().lines().all(|line| line.len() <= 100), "{}", help());
    }
}
