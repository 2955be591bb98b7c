//! What is loaded into a session, and loaded again when it is asked for.

use nix_eval::attrs::Attrs;
use nix_eval::error::WithFrame;
use nix_eval::{EvalError, EvalResult, Value};
use nix_syntax::source::{Origin, Pos};

use super::super::{Failure, select};
use super::session::{Acted, Session};
use crate::error::CommandError;

/// How many names are told when variables are added.
const NAMES: usize = 20;

/// What was loaded, in its order.
#[derive(Default)]
pub(super) struct Loaded<'a> {
    files: Vec<Vec<u8>>,
    expressions: Vec<Vec<u8>>,
    flakes: Vec<Vec<u8>>,
    /// The set whose attributes became variables last.
    last: Option<&'a Attrs<'a>>,
}

impl<'a> Session<'_, 'a> {
    /// Loads what the command line names. What fails is reported and left for `:reload`.
    pub(super) fn begin(&mut self, inputs: &[String], expressions: bool) {
        let inputs = inputs.iter().map(|input| input.clone().into_bytes()).collect();
        *(if expressions { &mut self.loaded.expressions } else { &mut self.loaded.files }) = inputs;
        self.load_all();
    }

    /// Loads everything again, into a scope without other variables.
    pub(super) fn reload(&mut self) {
        self.eval().forget_files();
        self.scope = super::scope::Scope::default();
        self.load_all();
    }

    fn load_all(&mut self) {
        for file in self.loaded.files.clone() {
            self.note(&format!("Loading \"{}\"...", String::from_utf8_lossy(&file)));
            let loaded = self.add_file(&file);
            self.report_failed(loaded);
        }
        for text in self.loaded.expressions.clone() {
            self.note(&format!("Loading expression '{}'...", String::from_utf8_lossy(&text)));
            let loaded = self.add_expression(&text);
            self.report_failed(loaded);
        }
        for flake in self.loaded.flakes.clone() {
            self.note(&format!("Loading flake '{}'...", String::from_utf8_lossy(&flake)));
            let loaded = self.add_flake(&flake);
            self.report_failed(loaded);
        }
    }

    fn report_failed(&self, loaded: EvalResult<()>) {
        if let Err(error) = loaded {
            self.report(Failure::Eval(error));
        }
    }

    /// Loads a file as it is now, and keeps it for [`Session::reload`] if that works.
    pub(super) fn load_file(&mut self, path: &[u8]) -> Acted {
        self.eval().forget_files();
        self.add_file(path)?;
        keep(&mut self.loaded.files, path);
        Ok(())
    }

    /// Loads a flake, and keeps it for [`Session::reload`] if that works.
    pub(super) fn load_flake(&mut self, reference: &[u8]) -> Acted {
        self.add_flake(reference)?;
        keep(&mut self.loaded.flakes, reference);
        Ok(())
    }

    fn add_file(&mut self, path: &[u8]) -> EvalResult<()> {
        let (automatic, environment) = (self.given.automatic, self.given.environment);
        let value = self.eval().attempt(|eval| {
            let path = if path.starts_with(b"<") && path.ends_with(b">") {
                let found = eval.eval_text(Origin::String, path, &environment.directory)?;
                eval.coerce_to_path(found, Pos::NONE)?.0
            } else {
                environment.absolute(&environment.expand_home(&nix_eval::strings::path_of(path)))
            };
            let value = eval.import(&path, Pos::NONE)?;
            select::auto_call(eval, value, automatic)
        })?;
        self.add_attributes(value)
    }

    fn add_expression(&mut self, text: &[u8]) -> EvalResult<()> {
        let directory = &self.given.environment.directory;
        let value = self.eval().attempt(|eval| eval.eval_text(Origin::String, text, directory))?;
        self.add_attributes(value)
    }

    fn add_flake(&mut self, reference: &[u8]) -> EvalResult<()> {
        let environment = self.given.environment;
        let value = self.eval().attempt(|eval| {
            let builtins = eval.expect_attrs(eval.builtins(), Pos::NONE)?;
            let Some(function) = builtins.get(eval.symbols.intern(b"getFlake")) else {
                return Err(EvalError::other(
                    "there is no builtins.getFlake to load a flake with",
                    Pos::NONE,
                ));
            };
            // A path is meant from the current directory, which the function does not know.
            let is_path = reference.starts_with(b".") || reference.starts_with(b"/");
            let reference = if is_path {
                let path = environment.absolute(&nix_eval::strings::path_of(reference));
                eval.string(nix_eval::strings::bytes_of(&path))
            } else {
                eval.string(reference)
            };
            eval.call(Value::reference(function), &[reference], Pos::NONE)
        })?;
        self.add_attributes(value)
    }

    /// Makes the attributes of a set variables, and says which.
    pub(super) fn add_attributes(&mut self, value: Value<'a>) -> EvalResult<()> {
        let eval = self.eval();
        let attrs = eval.attempt(|eval| {
            let value = eval.force(value)?;
            eval.expect_attrs(value, Pos::NONE).with_frame(
                || "while evaluating an attribute set to be merged in the global scope".to_owned(),
                Pos::NONE,
            )
        })?;
        self.bind(attrs);
        self.loaded.last = Some(attrs);
        let count = attrs.len(&eval.shapes);
        self.note(&format!("Added {count} variable{}.", if count == 1 { "" } else { "s" }));
        let names: Vec<String> = self.sorted_names(attrs).take(NAMES).collect();
        if !names.is_empty() {
            self.note(&names.join(", "));
        }
        if count > NAMES {
            self.note(&format!("... and {} more; view with :ll", count - NAMES));
        }
        Ok(())
    }

    fn sorted_names(&self, attrs: &'a Attrs<'a>) -> impl Iterator<Item = String> {
        let eval = self.eval();
        attrs.alphabetical(&eval.shapes, &eval.symbols).map(|(name, ..)| eval.name(name))
    }

    /// The names that became variables last, one a line.
    pub(super) fn list_last_loaded(&self, out: &mut Vec<u8>) -> Acted {
        let Some(attrs) = self.loaded.last else {
            return Err(Failure::Command(CommandError::user("nothing has been loaded yet")));
        };
        let eval = self.eval();
        for (name, ..) in attrs.alphabetical(&eval.shapes, &eval.symbols) {
            out.extend_from_slice(eval.symbols.name(name));
            out.push(b'\n');
        }
        Ok(())
    }
}

/// Puts `item` at the end, once.
fn keep(items: &mut Vec<Vec<u8>>, item: &[u8]) {
    items.retain(|known| known != item);
    items.push(item.to_vec());
}
