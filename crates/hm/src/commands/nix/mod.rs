//! `hm nix …`: the evaluator by itself, with the meaning and options of `nix-instantiate`.

mod arguments;
mod derivations;
mod repl;
mod select;

use std::io::{Read, Write};
use std::mem::ManuallyDrop;
use std::path::{Path, PathBuf};

use nix_eval::context::ContextBuilder;
use nix_eval::host::{Host, MessageLevel};
use nix_eval::{ErrorKind, Eval, EvalError, EvalResult, Value};
use nix_flake::Fetcher;
use nix_formats::StoreDir;
use nix_store::{EmbeddedStore, OpenOptions, ReadOnlyStore, Store};
use nix_syntax::arena::Arena;
use nix_syntax::source::{Origin, Pos};

pub(crate) use arguments::{EvaluationArguments, NixArguments, NixCommand, ReplArguments};

use crate::diagnostics::{self, Style};
use crate::environment::Environment;
use crate::error::CommandError;
use crate::evaluation_cache::{EvaluationCache, Key, Recording, Transcript};
use crate::host::Machine;
use crate::nix_settings::NixSettings;
use crate::output::Output;
use crate::{evaluation, fetching};

/// What is done with each expression.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Action {
    Evaluate,
    Instantiate,
    Parse,
}

/// Runs the command.
///
/// # Errors
/// What the expressions run into, as a report.
pub(crate) fn run(
    environment: &Environment,
    output: &Output,
    command: &NixCommand,
) -> Result<(), CommandError> {
    let (action, arguments) = match command {
        NixCommand::Eval(arguments) => (Action::Evaluate, arguments),
        NixCommand::Instantiate(arguments) if arguments.eval => (Action::Evaluate, arguments),
        NixCommand::Instantiate(arguments) if arguments.parse => (Action::Parse, arguments),
        NixCommand::Instantiate(arguments) => (Action::Instantiate, arguments),
        NixCommand::Parse(arguments) => (Action::Parse, arguments),
        NixCommand::Repl(arguments) => return repl::run(environment, output, arguments),
    };
    let given = read_settings(environment, output, &arguments.shared.option)?;
    let writes = action == Action::Instantiate && !arguments.find_file;
    let read_only = arguments.readonly_mode || (!writes && !arguments.read_write_mode);
    let store = open_store(environment, &arguments.shared, read_only)?;
    let config = fetching::config(environment, &given)?;
    let transcript = Transcript::default();
    let warn = |text: &str| transcript.message(MessageLevel::Notice, text);
    let message = |level: MessageLevel, text: &str| transcript.message(level, text);
    let fetcher = Fetcher::new(store.as_ref(), config, &warn).computed(read_only);
    let machine = Machine::new(store.as_ref(), &fetcher, &message).read_only(read_only);
    let settings = evaluation::settings(environment, &given, &arguments.shared.include)?;
    let full_trace = arguments.shared.show_trace || given.flag("show-trace") == Some(true);
    let style = Style { color: output.color(), full_trace };
    let work = Work { environment, arguments, action, style, transcript: &transcript };
    let commit = || if read_only { Ok(()) } else { store.commit().map_err(CommandError::from) };
    let key = work.key(&given, &settings, &machine);
    let Some(cache) = key.and_then(|key| EvaluationCache::new(environment, &key)) else {
        return work.evaluate(&machine, None, settings).and_then(|()| commit());
    };
    if let Some(outcome) = cache.find(&machine) {
        let mut out = std::io::stdout().lock();
        outcome.replay(|text| out.write_all(text))?;
        return Ok(out.flush()?);
    }
    let recording = Recording::new(&machine);
    let result = work.evaluate(&recording, Some(&recording), settings).and_then(|()| commit());
    match &result {
        Ok(()) => cache.keep(recording, &transcript, None),
        // Any other error is of the surroundings, and need not come again.
        Err(error) if error.rendered => cache.keep(recording, &transcript, Some(error)),
        Err(_) => {}
    }
    result
}

/// What is to be done, once it is known for which world.
struct Work<'w> {
    environment: &'w Environment,
    arguments: &'w NixArguments,
    action: Action,
    style: Style,
    transcript: &'w Transcript,
}

impl Work<'_> {
    /// Under which key the outcome is kept, if it is: what takes no time or reads standard input is not.
    fn key(&self, given: &NixSettings, settings: &nix_eval::Settings, machine: &Machine<'_>) -> Option<Key> {
        let Work { environment, arguments, action, style, .. } = self;
        let wanted = !arguments.no_eval_cache && given.flag("eval-cache") != Some(false);
        let reads_input = !arguments.expression && arguments.files.iter().any(|file| file == "-");
        if !wanted || *action == Action::Parse || arguments.find_file || reads_input {
            return None;
        }
        let mut key = Key::new()?;
        key.add("action", action);
        key.add("arguments", arguments);
        key.add("directory", &environment.directory);
        key.add("home", &environment.home);
        key.add("cache", &environment.cache_home);
        key.add("given", given);
        key.add("settings", settings);
        key.add("style", style);
        key.add("store", (machine.store_dir().as_str(), machine.is_read_only()));
        Some(key)
    }

    /// Evaluates, and prints what comes of it.
    fn evaluate(
        &self,
        host: &dyn Host,
        recording: Option<&Recording<'_, '_>>,
        settings: nix_eval::Settings,
    ) -> Result<(), CommandError> {
        let Work { environment, arguments, .. } = *self;
        // The program ends with this, and the system takes the memory back quicker than it could be freed piece by piece.
        let arena: &Arena = Box::leak(Box::new(Arena::new()));
        let eval = ManuallyDrop::new(Eval::new(arena, host, settings));
        let mut out = std::io::stdout().lock();
        let report = |error: Box<EvalError>| {
            if let Some(recording) = recording
                && matches!(error.kind, ErrorKind::StackOverflow | ErrorKind::Interrupted)
            {
                recording.give_up("how far it came depends on the process");
            }
            diagnostics::command_error(&eval, &error, self.style)
        };
        if arguments.find_file {
            for name in &arguments.files {
                let found = find_file(&eval, name).map_err(report)?;
                out.write_all(&line(&found))?;
            }
            return Ok(());
        }
        let automatic = select::automatic_arguments(&eval, &arguments.shared, environment).map_err(report)?;
        let default = ["./default.nix".to_owned()];
        let inputs: &[String] =
            if arguments.files.is_empty() && !arguments.expression { &default } else { &arguments.files };
        for input in inputs {
            let text = self.one(&eval, recording, automatic, input).map_err(|failure| match failure {
                Failure::Eval(error) => report(error),
                Failure::Command(error) => error,
            })?;
            self.transcript.result(&mut out, &text)?;
        }
        Ok(out.flush()?)
    }

    fn one<'a>(
        &self,
        eval: &Eval<'a>,
        recording: Option<&Recording<'_, '_>>,
        automatic: Value<'a>,
        input: &str,
    ) -> Result<Vec<u8>, Failure> {
        let Work { environment, arguments, action, .. } = *self;
        let is_folder =
            |path: &Path| recording.map_or_else(|| path.is_dir(), |recording| recording.is_folder(path));
        let (origin, text, directory) = read_input(eval, environment, arguments, input, &is_folder)?;
        if action == Action::Parse {
            let mut shown = eval.show_program(origin, &text, &directory)?;
            shown.push(b'\n');
            return Ok(shown);
        }
        let expr = eval.load(origin, &text, &directory, &[])?;
        let root = select::Root::new(eval.eval(expr, None)?);
        let mut out = Vec::new();
        let everything = [String::new()];
        let paths: &[String] = if arguments.attr.is_empty() { &everything } else { &arguments.attr };
        for path in paths {
            let value = select::along(eval, &root, path, automatic)?;
            if action == Action::Instantiate {
                derivations::print(eval, value, automatic, &mut out)?;
            } else {
                let has_arguments = !arguments.shared.arg.is_empty() || !arguments.shared.argstr.is_empty();
                let value = if has_arguments { select::auto_call(eval, value, automatic)? } else { value };
                print_value(eval, arguments, value, &mut out)?;
            }
        }
        Ok(out)
    }
}

/// Where the search path has a name.
fn find_file(eval: &Eval<'_>, name: &str) -> EvalResult<PathBuf> {
    let entries = &eval.settings.search_path;
    let entries: Vec<(Vec<u8>, Vec<u8>)> = entries
        .iter()
        .map(|(prefix, path)| (prefix.clone().into_bytes(), path.clone().into_bytes()))
        .collect();
    let found = eval.find_file(&entries, name.as_bytes(), Pos::NONE)?;
    Ok(eval.coerce_to_path(found, Pos::NONE)?.0)
}

/// Nix's settings as its files and the command line have them.
fn read_settings(
    environment: &Environment,
    output: &Output,
    options: &[String],
) -> Result<NixSettings, CommandError> {
    let mut given = NixSettings::read(environment)?;
    for pair in options.chunks(2) {
        if let [name, value] = pair {
            given.set(name, value)?;
        }
    }
    for warning in &given.warnings {
        output.warning(warning);
    }
    Ok(given)
}

fn line(path: &Path) -> Vec<u8> {
    let mut text = nix_eval::strings::bytes_of(path).to_vec();
    text.push(b'\n');
    text
}

#[derive(Debug)]
enum Failure {
    Eval(Box<EvalError>),
    Command(CommandError),
}

impl From<CommandError> for Failure {
    fn from(error: CommandError) -> Self {
        Failure::Command(error)
    }
}

impl From<Box<EvalError>> for Failure {
    fn from(error: Box<EvalError>) -> Self {
        Failure::Eval(error)
    }
}

fn open_store(
    environment: &Environment,
    arguments: &EvaluationArguments,
    read_only: bool,
) -> Result<Box<dyn Store>, CommandError> {
    let embedded = environment.data_home.join("hm/nix");
    if read_only {
        let dir = match arguments.store_dir.as_ref().or(environment.nix_store_dir.as_ref()) {
            Some(dir) => dir.clone(),
            None if Path::new("/nix/store").exists() => "/nix/store".to_owned(),
            None => embedded.join("store").to_string_lossy().into_owned(),
        };
        return Ok(Box::new(ReadOnlyStore::new(StoreDir::new(&dir)?)));
    }
    let root = match arguments.store_dir.as_ref().or(environment.nix_store_dir.as_ref()) {
        Some(dir) => {
            let dir = environment.absolute(Path::new(dir));
            match dir.parent() {
                Some(parent) if dir.ends_with("store") => parent.to_path_buf(),
                _ => {
                    return Err(CommandError::user(format!(
                        "the store directory {} is not named 'store'",
                        dir.display()
                    ))
                    .hint("--readonly-mode computes paths for any directory and writes nothing"));
                }
            }
        }
        None => embedded,
    };
    Ok(Box::new(EmbeddedStore::open(&root, &OpenOptions::default())?))
}

/// A program's origin, its text, and the directory that its relative paths start from.
type Input = (Origin, Vec<u8>, PathBuf);

fn read_input(
    eval: &Eval<'_>,
    environment: &Environment,
    arguments: &NixArguments,
    input: &str,
    is_folder: &dyn Fn(&Path) -> bool,
) -> Result<Input, Failure> {
    if arguments.expression {
        return Ok((Origin::String, input.as_bytes().to_vec(), environment.directory.clone()));
    }
    if input == "-" {
        let mut text = Vec::new();
        std::io::stdin().lock().read_to_end(&mut text).map_err(|error| Failure::Command(error.into()))?;
        return Ok((Origin::Stdin, text, environment.directory.clone()));
    }
    let path = match input.strip_prefix('<').and_then(|rest| rest.strip_suffix('>')) {
        Some(name) => {
            let call = format!("<{name}>");
            let found = eval.eval_text(Origin::String, call.as_bytes(), Path::new("/"))?;
            eval.coerce_to_path(found, Pos::NONE)?.0
        }
        None => environment.absolute(Path::new(input)),
    };
    let path = if is_folder(&path) || nix_dir(eval, &path) { path.join("default.nix") } else { path };
    let text = eval.read_program(&path, Pos::NONE)?;
    let directory = path.parent().unwrap_or(Path::new("/")).to_path_buf();
    Ok((Origin::File(nix_eval::strings::bytes_of(&path).to_vec()), text, directory))
}

fn nix_dir(eval: &Eval<'_>, path: &Path) -> bool {
    matches!(eval.kind_of_file(path), Ok(Some(nix_eval::host::FileType::Directory)))
}

fn print_value<'a>(
    eval: &Eval<'a>,
    arguments: &NixArguments,
    value: Value<'a>,
    out: &mut Vec<u8>,
) -> EvalResult<()> {
    let value = eval.force(value)?;
    if arguments.strict {
        eval.force_deep(value)?;
    }
    let mut context = ContextBuilder::default();
    if arguments.raw {
        let text = eval.coerce(value, Pos::NONE, nix_eval::strings::Coercion::INTERPOLATION)?;
        out.extend_from_slice(text.bytes());
        return Ok(());
    }
    if arguments.json {
        eval.to_json(value, Pos::NONE, true, out, &mut context)?;
    } else if arguments.xml {
        let positions = !arguments.no_location;
        let text = eval.to_xml(value, arguments.strict, positions, &mut context, Pos::NONE)?;
        out.extend_from_slice(text.as_bytes());
        return Ok(());
    } else {
        out.extend_from_slice(&eval.print(value)?);
    }
    out.push(b'\n');
    Ok(())
}
