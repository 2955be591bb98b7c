//! The prompt at a terminal: editing of lines, history, completion.

use std::cell::RefCell;
use std::path::PathBuf;

use rustyline::completion::{Completer, Pair};
use rustyline::config::{BellStyle, CompletionType, Config};
use rustyline::error::ReadlineError;
use rustyline::highlight::Highlighter;
use rustyline::hint::Hinter;
use rustyline::history::FileHistory;
use rustyline::validate::Validator;
use rustyline::{Context, Editor, Helper};

use super::session::Session;
use super::{Input, Line};
use crate::environment::Environment;
use crate::error::CommandError;

/// How many texts are kept in the history.
const HISTORY: usize = 10_000;

/// The prompt, and the one for further lines of the same text: those of Nix.
const PROMPT: &str = "nix-repl> ";
const CONTINUED: &str = "        > ";

/// The user at a terminal.
pub(super) struct Prompt<'s, 'e, 'a> {
    editor: Editor<Assistant<'s, 'e, 'a>, FileHistory>,
    history: PathBuf,
}

impl<'s, 'e, 'a> Prompt<'s, 'e, 'a> {
    /// A prompt whose completions `session` knows.
    pub(super) fn new(
        session: &'s RefCell<Session<'e, 'a>>,
        environment: &Environment,
    ) -> Result<Self, CommandError> {
        let config = Config::builder()
            .max_history_size(HISTORY)
            .map_err(error)?
            .completion_type(CompletionType::List)
            .bell_style(BellStyle::None)
            .build();
        let mut editor = Editor::with_config(config).map_err(error)?;
        editor.set_helper(Some(Assistant { session }));
        let history = environment.state_home.join("hm/repl-history");
        // There is none at first, and a session without one is better than no session.
        _ = editor.load_history(&history);
        Ok(Prompt { editor, history })
    }
}

impl Input for Prompt<'_, '_, '_> {
    fn line(&mut self, continued: bool) -> Result<Line, CommandError> {
        match self.editor.readline(if continued { CONTINUED } else { PROMPT }) {
            Ok(line) => Ok(Line::Text(line.into_bytes())),
            Err(ReadlineError::Interrupted) => Ok(Line::Interrupted),
            Err(ReadlineError::Eof) => Ok(Line::End),
            Err(other) => Err(error(other)),
        }
    }

    fn entered(&mut self, text: &[u8]) {
        let text = String::from_utf8_lossy(text);
        if !matches!(self.editor.add_history_entry(text.trim_end()), Ok(true)) {
            return;
        }
        // At once, as the next text may be one that ends the program. Nobody is told that the disk is full for this.
        if let Some(directory) = self.history.parent() {
            _ = std::fs::create_dir_all(directory);
        }
        _ = self.editor.append_history(&self.history);
    }
}

fn error(error: ReadlineError) -> CommandError {
    match error {
        ReadlineError::Io(error) => error.into(),
        other => CommandError::user(format!("cannot read from the terminal: {other}")),
    }
}

/// What the editor asks the session.
struct Assistant<'s, 'e, 'a> {
    session: &'s RefCell<Session<'e, 'a>>,
}

impl Completer for Assistant<'_, '_, '_> {
    type Candidate = Pair;

    fn complete(&self, line: &str, pos: usize, _: &Context<'_>) -> rustyline::Result<(usize, Vec<Pair>)> {
        let Ok(mut session) = self.session.try_borrow_mut() else { return Ok((pos, Vec::new())) };
        let (start, names) = session.complete(line.get(..pos).unwrap_or(line));
        let pairs = names.into_iter().map(|name| Pair { display: name.clone(), replacement: name });
        Ok((start, pairs.collect()))
    }
}

impl Hinter for Assistant<'_, '_, '_> {
    type Hint = String;
}

impl Highlighter for Assistant<'_, '_, '_> {}

impl Validator for Assistant<'_, '_, '_> {}

impl Helper for Assistant<'_, '_, '_> {}
