//! What a session needs that evaluates one text after another: variables, going on after an error, and what is known of a
//! value's origin.

use std::borrow::Cow;

use nix_syntax::docs;
use nix_syntax::program::{Attr, Expr, Selection};
use nix_syntax::source::{self, Pos, Text};
use nix_syntax::symbol::Symbol;

use crate::builtins::{self, Documentation};
use crate::error::{ErrorKind, EvalError, EvalResult, WithFrame};
use crate::eval::Eval;
use crate::strings::path_of;
use crate::value::{Env, MaybeEnv, Value, View};

/// What is to be read about a function.
#[derive(Clone, Debug)]
pub enum FunctionDoc {
    /// A function of the language.
    Builtin(Documentation),
    /// A function of a program.
    Lambda {
        /// The name it is bound to.
        name: Option<String>,
        /// Where it begins.
        pos: Pos,
        /// Its doc comment.
        text: Option<String>,
    },
}

impl<'a> Eval<'a> {
    /// A frame of variables, for a text that was loaded with as many names in its scope.
    pub fn variables(&self, values: &[Value<'a>]) -> MaybeEnv<'a> {
        if values.is_empty() {
            return None;
        }
        Some(Env::new(self.arena, None, values.len(), |index| {
            self.kept(values.get(index).copied().unwrap_or(Value::NULL))
        }))
    }

    /// Does something that may fail, after which evaluation goes on.
    ///
    /// # Errors
    /// Those of what is done.
    pub fn attempt<T>(&self, what: impl FnOnce(&Self) -> EvalResult<T>) -> EvalResult<T> {
        let depth = self.depth.get();
        let result = what(self);
        // Calls that an error left count no longer.
        self.depth.set(depth);
        result
    }

    /// Forgets what was read from files, which may have changed since.
    pub fn forget_files(&self) {
        self.imports.borrow_mut().clear();
        self.copied.borrow_mut().clear();
    }

    /// The names that every program may use, in any order.
    pub fn global_names(&self) -> Vec<Vec<u8>> {
        self.globals.borrow().keys().cloned().collect()
    }

    /// The name that a function of a program is bound to.
    pub(crate) fn function_name_of(&self, function: Value<'a>) -> Option<String> {
        let View::Lambda(_, id, _) = function.view() else { return None };
        self.lambdas.get(id)?.name.get().map(|name| self.name(name))
    }

    /// Where a function of a program begins; [`Pos::NONE`] for other values. What a call with too few arguments gives is
    /// the function inside that takes the next one.
    pub fn function_position(&self, value: Value<'a>) -> Pos {
        let (id, given) = match value.view() {
            View::Lambda(_, id, _) => (id, 0),
            View::Partial(_, partial) => match partial.func.view() {
                View::Lambda(_, id, _) => (id, partial.args.len()),
                _ => return Pos::NONE,
            },
            _ => return Pos::NONE,
        };
        let Some(lambda) = self.lambdas.get(id) else { return Pos::NONE };
        match given.checked_sub(1) {
            None => lambda.pos,
            Some(index) => lambda.inner.get(index).copied().unwrap_or(lambda.pos),
        }
    }

    /// What is to be read about a function, or a set that is called like one; `None` for all other values.
    ///
    /// # Errors
    /// Those of the set's `__functor`.
    pub fn function_doc(&self, value: Value<'a>) -> EvalResult<Option<FunctionDoc>> {
        let mut value = self.force(value)?;
        for _ in 0..self.settings.max_call_depth {
            let View::Attrs(attrs) = value.view() else { return Ok(self.plain_function_doc(value)) };
            let Some(functor) = attrs.get(self.names.functor) else { return Ok(None) };
            value = self.call(Value::reference(functor), &[value], Pos::NONE).with_frame(
                || "while partially calling '__functor' to retrieve documentation".to_owned(),
                Pos::NONE,
            )?;
        }
        let message = "stack overflow; max-call-depth exceeded";
        Err(EvalError::new(ErrorKind::StackOverflow, message, Pos::NONE))
    }

    fn plain_function_doc(&self, value: Value<'a>) -> Option<FunctionDoc> {
        let function = match value.view() {
            View::Builtin(_, builtin) => {
                return builtins::documentation(builtin.name).map(FunctionDoc::Builtin);
            }
            View::Partial(_, partial) => partial.func,
            _ => value,
        };
        let View::Lambda(_, id, _) = function.view() else { return None };
        // The one function of the language that is written in it.
        let derivation = self.globals.borrow().get(&b"derivation"[..]).copied();
        if matches!(derivation.map(Value::view), Some(View::Lambda(_, known, _)) if known == id) {
            return builtins::documentation("derivation").map(FunctionDoc::Builtin);
        }
        let pos = self.function_position(value);
        let text = self.source_text(pos).and_then(|(text, offset)| docs::of_function(&text, offset));
        Some(FunctionDoc::Lambda { name: self.function_name_of(function), pos, text })
    }

    /// The doc comment of the definition at `pos`.
    pub fn definition_doc(&self, pos: Pos) -> Option<String> {
        self.source_text(pos).and_then(|(text, offset)| docs::of_definition(&text, offset))
    }

    /// The text that a place lies in, and the place's offset in it. A file is read once more, and its text is only what was
    /// evaluated if the file is still the same.
    fn source_text(&self, pos: Pos) -> Option<(Cow<'a, [u8]>, u32)> {
        let (text, offset) = self.sources.text(pos)?;
        let text = match text {
            Text::Kept(text) => Cow::Borrowed(text),
            Text::File(path, hash) => {
                let text = self.read_file(&path_of(&path)).ok()?;
                Cow::Owned(Some(text).filter(|text| source::hash(text) == hash)?)
            }
        };
        Some((text, offset))
    }

    /// The line of the source in which a place lies, without its end; nothing where it cannot be had any more.
    pub fn source_line(&self, pos: Pos) -> Option<String> {
        let (text, offset) = self.source_text(pos)?;
        Some(String::from_utf8_lossy(source::line_at(&text, offset as usize)).into_owned())
    }

    /// For an expression that ends in the selection of an attribute: the attribute's name and the place of its definition.
    ///
    /// # Errors
    /// Those of evaluating what it is selected from.
    pub fn selected_definition(
        &self,
        expr: &'a Expr<'a, Value<'a>>,
        env: MaybeEnv<'a>,
    ) -> EvalResult<Option<(Symbol, Pos)>> {
        let (attrs, name) = match expr {
            Expr::Select { base, name, .. } => (self.eval(base, env)?, *name),
            Expr::SelectPath(Selection { base, path: [Attr::Static(name, ..)], default: None }) => {
                (self.eval(base, env)?, *name)
            }
            _ => return Ok(None),
        };
        let View::Attrs(attrs) = attrs.view() else { return Ok(None) };
        Ok(attrs.get_with_pos(name).map(|(_, pos)| (name, pos)).filter(|(_, pos)| pos.is_some()))
    }
}
