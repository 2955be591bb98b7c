//! What can follow the text before the cursor: commands, variables, attributes and files.

use std::path::Path;

use nix_eval::strings::bytes_of;
use nix_eval::{Value, View};

use super::command::COMMANDS;
use super::session::Session;

/// Commands that are followed by a file.
const TAKE_FILES: [&str; 4] = [":l", ":load", ":lf", ":load-flake"];

/// Where the word that is completed begins, and what may stand in its place.
pub(super) type Completions = (usize, Vec<String>);

impl Session<'_, '_> {
    /// Completes `text`, which ends at the cursor. What goes wrong on the way means only that there is nothing.
    pub(super) fn complete(&mut self, text: &str) -> Completions {
        let command = text.split_whitespace().next().filter(|word| word.starts_with(':'));
        if let Some(command) = command {
            let start = text.len() - text.trim_start().len();
            if text.len() == start + command.len() {
                return (start, commands(command));
            }
            if TAKE_FILES.contains(&command) {
                let start = text.rfind(char::is_whitespace).map_or(0, |at| at + 1);
                return (start, self.files(text.get(start..).unwrap_or_default()));
            }
        }
        let start = word_start(text);
        let word = text.get(start..).unwrap_or_default();
        if word.contains('/') && !word.starts_with('(') {
            return (start, self.files(word));
        }
        match last_dot(word) {
            Some(dot) => {
                let (base, name) = word.split_at(dot);
                (start + dot + 1, self.attributes(base, name.get(1..).unwrap_or_default()))
            }
            None => (start, self.variables(word)),
        }
    }

    fn variables(&self, prefix: &str) -> Vec<String> {
        let eval = self.eval();
        // Those with underscores are there for the parser's sake; few want to see them.
        let hidden = |name: &str| name.starts_with("__") && !prefix.starts_with("__");
        let globals = eval.global_names().into_iter().map(|name| String::from_utf8_lossy(&name).into_owned());
        let own = self.scope.names().iter().map(|name| eval.name(*name));
        sorted(own.chain(globals.filter(|name| !hidden(name))).filter(|name| name.starts_with(prefix)))
    }

    fn attributes(&mut self, base: &str, prefix: &str) -> Vec<String> {
        self.eval().clear_interrupt();
        let before = self.given.quiet.replace(true);
        let value = match self.load(base.as_bytes()) {
            Ok(expr) => self.value(expr),
            Err(error) => Err(error),
        };
        self.given.quiet.set(before);
        let Ok(View::Attrs(attrs)) = value.map(Value::view) else { return Vec::new() };
        let eval = self.eval();
        let names = attrs.alphabetical(&eval.shapes, &eval.symbols).map(|(name, ..)| eval.name(name));
        sorted(names.filter(|name| name.starts_with(prefix)))
    }

    /// The entries of a directory that go on with `word`, spelled as it begins.
    fn files(&self, word: &str) -> Vec<String> {
        let environment = self.given.environment;
        let (directory, prefix) = match word.rfind('/') {
            Some(slash) => word.split_at(slash + 1),
            None => ("", word),
        };
        let path = environment.absolute(&environment.expand_home(Path::new(directory)));
        let Ok(entries) = std::fs::read_dir(path) else { return Vec::new() };
        let names = entries.filter_map(|entry| {
            let entry = entry.ok()?;
            let mut name = String::from_utf8(bytes_of(Path::new(&entry.file_name())).to_vec()).ok()?;
            let shown = name.starts_with(prefix) && (!name.starts_with('.') || prefix.starts_with('.'));
            if entry.path().is_dir() {
                name.push('/');
            }
            shown.then(|| format!("{directory}{name}"))
        });
        sorted(names)
    }
}

fn commands(prefix: &str) -> Vec<String> {
    let names = COMMANDS.iter().flat_map(|command| command.names.iter().copied());
    sorted(names.filter(|name| name.starts_with(prefix)).map(str::to_owned))
}

fn sorted(names: impl Iterator<Item = String>) -> Vec<String> {
    let mut names: Vec<String> = names.collect();
    names.sort_unstable();
    names.dedup();
    names
}

/// Where the expression begins that ends `text`: a variable or path with what is selected from it. Parentheses and quotes
/// are passed over as a whole.
fn word_start(text: &str) -> usize {
    let bytes = text.as_bytes();
    let byte = |at: usize| bytes.get(at).copied().unwrap_or(b' ');
    let mut start = text.len();
    while start > 0 {
        start = match byte(start - 1) {
            b')' => match opening(bytes, start - 1) {
                Some(open) => open,
                None => return start,
            },
            b'"' => match bytes.get(..start - 1).and_then(|before| before.iter().rposition(|c| *c == b'"')) {
                // A name in quotes follows a dot.
                Some(open) if open > 0 && byte(open - 1) == b'.' => open,
                _ if start > 1 && byte(start - 2) == b'.' => start - 1,
                _ => return start,
            },
            c if c.is_ascii_alphanumeric() || c >= 0x80 || b"_-'.+/~".contains(&c) => start - 1,
            _ => return start,
        };
    }
    0
}

/// The parenthesis that the one at `close` closes.
fn opening(bytes: &[u8], close: usize) -> Option<usize> {
    let mut depth = 0usize;
    for (at, byte) in bytes.get(..=close)?.iter().enumerate().rev() {
        match byte {
            b')' => depth += 1,
            b'(' => {
                depth = depth.checked_sub(1)?;
                if depth == 0 {
                    return Some(at);
                }
            }
            _ => {}
        }
    }
    None
}

/// The last dot of a word that stands in no quotes or parentheses.
fn last_dot(word: &str) -> Option<usize> {
    let (mut quoted, mut depth, mut found) = (false, 0usize, None);
    for (at, c) in word.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '(' if !quoted => depth += 1,
            ')' if !quoted => depth = depth.saturating_sub(1),
            '.' if !quoted && depth == 0 => found = Some(at),
            _ => {}
        }
    }
    found
}
