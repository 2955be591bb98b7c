//! The session: what was loaded, which variables there are, and what comes of a text that is entered.

use std::cell::Cell;

use nix_eval::attrs::Attrs;
use nix_eval::show::{Palette, ShowOptions};
use nix_eval::value::share;
use nix_eval::{ErrorKind, Eval, EvalError, Value, View};
use nix_store::Store;
use nix_syntax::program::Expr;
use nix_syntax::source::{Origin, Pos};

use super::super::Failure;
use super::command::{self, Action, Line};
use super::load::Loaded;
use super::scope::Scope;
use crate::environment::Environment;
use crate::error::CommandError;

/// What a session is given.
pub(super) struct Surroundings<'e, 'a> {
    pub(super) eval: &'e Eval<'a>,
    pub(super) environment: &'e Environment,
    pub(super) store: &'e dyn Store,
    /// The arguments that files which are functions are called with.
    pub(super) automatic: Value<'a>,
    /// While it is set, messages of programs are dropped.
    pub(super) quiet: &'e Cell<bool>,
    /// Says something beside the results.
    pub(super) note: &'e dyn Fn(&str),
    /// Says what went wrong where the session goes on by itself, with all steps or few.
    pub(super) report: &'e dyn Fn(Failure, bool),
    pub(super) palette: Palette,
    pub(super) show_trace: bool,
}

/// A session.
pub(super) struct Session<'e, 'a> {
    pub(super) given: Surroundings<'e, 'a>,
    pub(super) scope: Scope<'a>,
    pub(super) loaded: Loaded<'a>,
}

/// What came of a text.
#[derive(Debug)]
pub(super) enum Outcome {
    /// It is dealt with.
    Done,
    /// It is not finished; this is what is wrong if nothing follows.
    Unfinished(Box<EvalError>),
    /// The session is to end.
    Quit,
}

/// The result of an action.
pub(super) type Acted<T = ()> = Result<T, Failure>;

impl<'e, 'a> Session<'e, 'a> {
    /// A session without variables.
    pub(super) fn new(given: Surroundings<'e, 'a>) -> Self {
        Session { given, scope: Scope::default(), loaded: Loaded::default() }
    }

    pub(super) fn eval(&self) -> &'e Eval<'a> {
        self.given.eval
    }

    pub(super) fn note(&self, text: &str) {
        (self.given.note)(text);
    }

    /// Says what went wrong.
    pub(super) fn report(&self, failure: Failure) {
        (self.given.report)(failure, self.given.show_trace);
    }

    /// Does what `text` says; results go to `out`.
    ///
    /// # Errors
    /// Whatever it runs into. The session is then as if the text had not been entered.
    pub(super) fn enter(&mut self, text: &[u8], out: &mut Vec<u8>) -> Acted<Outcome> {
        self.eval().clear_interrupt();
        let (action, argument) = match command::parse(text) {
            Line::Empty => return Ok(Outcome::Done),
            Line::Program(text) => return self.program(text, out),
            Line::Command(action, argument) => (action, argument),
            Line::Incomplete(name, argument) => {
                let message = format!("'{name}' needs {argument}");
                return Err(Failure::Command(CommandError::user(message)));
            }
            Line::Unknown(name) => return Err(Failure::Command(unknown(&name))),
        };
        match action {
            Action::Quit => return Ok(Outcome::Quit),
            Action::Help => out.extend_from_slice(command::help().as_bytes()),
            Action::Variables => self.list_variables(out),
            Action::LastLoaded => self.list_last_loaded(out)?,
            Action::Load => self.load_file(argument)?,
            Action::LoadFlake => self.load_flake(argument)?,
            Action::Reload => self.reload(),
            Action::Trace => self.set_trace(argument, out)?,
            Action::Add | Action::Build | Action::Document | Action::Edit | Action::Print | Action::Type => {
                let expr = match self.load(argument) {
                    Err(error) if is_unfinished(&error) => return Ok(Outcome::Unfinished(error)),
                    other => other?,
                };
                self.act(action, argument, expr, out)?;
            }
        }
        Ok(Outcome::Done)
    }

    fn act(
        &mut self,
        action: Action,
        text: &[u8],
        expr: &'a Expr<'a, Value<'a>>,
        out: &mut Vec<u8>,
    ) -> Acted {
        if action == Action::Document {
            return self.document(text, expr, out);
        }
        let value = self.value(expr)?;
        match action {
            Action::Add => self.add_attributes(value)?,
            Action::Build => self.build(value, out)?,
            Action::Edit => self.edit(value)?,
            Action::Type => out.extend_from_slice(format!("{}\n", value.type_with_article()).as_bytes()),
            _ => match value.view() {
                View::Str(text) => {
                    out.extend_from_slice(text.bytes());
                    out.push(b'\n');
                }
                _ => self.print(value, usize::MAX, out)?,
            },
        }
        Ok(())
    }

    /// Loads an expression that sees the variables.
    pub(super) fn load(&self, text: &[u8]) -> Result<&'a Expr<'a, Value<'a>>, Box<EvalError>> {
        self.eval().load(Origin::String, text, &self.given.environment.directory, self.scope.names())
    }

    /// The value of an expression that was loaded with the variables there are.
    pub(super) fn value(&mut self, expr: &'a Expr<'a, Value<'a>>) -> Result<Value<'a>, Box<EvalError>> {
        let frame = self.scope.frame(self.given.eval);
        self.eval().attempt(|eval| eval.eval(expr, frame))
    }

    fn print(&self, value: Value<'a>, depth: usize, out: &mut Vec<u8>) -> Acted {
        let options = ShowOptions::session(depth, self.given.palette);
        out.extend_from_slice(&self.eval().attempt(|eval| eval.show(value, options))?);
        out.push(b'\n');
        Ok(())
    }

    /// Definitions, or else an expression.
    fn program(&mut self, text: &[u8], out: &mut Vec<u8>) -> Acted<Outcome> {
        let eval = self.eval();
        let directory = &self.given.environment.directory;
        let bindings = eval.load_bindings(Origin::String, text, directory, self.scope.names());
        let as_bindings = match bindings {
            Ok(set) => {
                let View::Attrs(attrs) = self.value(set)?.view() else { return Ok(Outcome::Done) };
                self.bind(attrs);
                return Ok(Outcome::Done);
            }
            Err(error) if error.kind != ErrorKind::Syntax => return Err(error.into()),
            Err(error) => error,
        };
        match self.load(text) {
            Ok(expr) => {
                let value = self.value(expr)?;
                self.print(value, 1, out)?;
                Ok(Outcome::Done)
            }
            Err(error) if is_unfinished(&error) => Ok(Outcome::Unfinished(error)),
            // Read as definitions, the text is only too short.
            Err(error) if error.kind == ErrorKind::Syntax && is_unfinished(&as_bindings) => {
                Ok(Outcome::Unfinished(as_bindings))
            }
            // Whichever reading got further is what was meant.
            Err(error) => {
                let further =
                    error.kind == ErrorKind::Syntax && self.offset(as_bindings.pos) > self.offset(error.pos);
                Err(if further { as_bindings } else { error }.into())
            }
        }
    }

    /// Makes attributes variables.
    pub(super) fn bind(&mut self, attrs: &'a Attrs<'a>) {
        for (name, _, slot) in attrs.entries(&self.given.eval.shapes) {
            self.scope.set(name, share(slot));
        }
    }

    fn offset(&self, pos: Pos) -> Option<u32> {
        self.eval().sources.offset(pos)
    }

    fn list_variables(&self, out: &mut Vec<u8>) {
        let mut names: Vec<String> = self.scope.names().iter().map(|name| self.eval().name(*name)).collect();
        names.sort_unstable();
        for name in names {
            out.extend_from_slice(name.as_bytes());
            out.push(b'\n');
        }
    }

    fn set_trace(&mut self, argument: &[u8], out: &mut Vec<u8>) -> Acted {
        let on = match argument {
            b"" => !self.given.show_trace,
            b"true" => true,
            b"false" => false,
            other => {
                let other = String::from_utf8_lossy(other);
                let message = format!("unexpected argument '{other}' to :te");
                return Err(Failure::Command(CommandError::user(message)));
            }
        };
        self.given.show_trace = on;
        let said = if on { "showing error traces\n" } else { "not showing error traces\n" };
        out.extend_from_slice(said.as_bytes());
        Ok(())
    }
}

/// Whether a text is wrong only because it ends.
fn is_unfinished(error: &EvalError) -> bool {
    error.kind == ErrorKind::Syntax && error.message.contains("unexpected end of file")
}

/// Nix's commands that need its profiles or its shell are told apart from those that nobody has.
fn unknown(name: &str) -> CommandError {
    let error = CommandError::user(format!("unknown command '{name}'"));
    match name {
        ":i" => error.hint("hm has no profile to install into; packages belong into home.packages"),
        ":sh" | ":u" => error.hint("hm has no nix-shell"),
        ":bl" => error.hint("`:b` builds, without a link to the result"),
        ":log" => error.hint("hm keeps no logs of builds"),
        _ => error.hint(":? lists the commands"),
    }
}
