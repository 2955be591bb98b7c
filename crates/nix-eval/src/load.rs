//! From texts to code: programs that are read, and the parts of them that are read again when they are needed.

use std::borrow::Cow;
use std::path::Path;

use nix_syntax::ast::{self, Span};
use nix_syntax::lower::{self, Constants, Context as LowerContext, Later, lower, lower_part};
use nix_syntax::parser::{ParseOptions, SyntaxError, TOO_DEEP, parse, parse_bindings};
use nix_syntax::program::Expr;
use nix_syntax::show::{Surroundings, show};
use nix_syntax::source::{FileBase, Origin, Pos};
use nix_syntax::symbol::{Symbol, Symbols};

use crate::error::{ErrorKind, EvalError, EvalResult};
use crate::eval::Eval;
use crate::features::Feature;
use crate::strings::bytes_of;
use crate::value::{Value, View};

/// What makes a tree of a text.
type Reader = for<'t> fn(
    &'t bumpalo::Bump,
    &Symbols<'_>,
    &[u8],
    &ParseOptions,
) -> Result<&'t ast::Expr<'t>, SyntaxError>;

/// An arena for syntax trees is used again up to this size, in bytes.
const KEPT_TREE: usize = 1 << 20;

/// A text that is to become code.
struct Source<'t> {
    read: Reader,
    origin: Origin,
    text: &'t [u8],
    /// What is read behind the text and not shown.
    end: &'t [u8],
    directory: &'t Path,
    scope: &'t [Symbol],
}

impl<'a> Eval<'a> {
    /// Parses and lowers a text.
    ///
    /// # Errors
    /// When it is no program.
    pub fn load(
        &self,
        origin: Origin,
        text: &[u8],
        directory: &Path,
        scope: &[Symbol],
    ) -> EvalResult<&'a Expr<'a, Value<'a>>> {
        self.load_checked(origin, text, directory, scope, |_| Ok(()))
    }

    /// Parses and lowers a text whose tree `check` accepts.
    pub(crate) fn load_checked(
        &self,
        origin: Origin,
        text: &[u8],
        directory: &Path,
        scope: &[Symbol],
        check: impl FnOnce(&ast::Expr<'_>) -> EvalResult<()>,
    ) -> EvalResult<&'a Expr<'a, Value<'a>>> {
        self.load_source(Source { read: parse, origin, text, end: b"", directory, scope }, check)
    }

    /// Parses and lowers definitions without braces around them, as a set. The last of them needs no semicolon.
    ///
    /// # Errors
    /// When they are none.
    pub fn load_bindings(
        &self,
        origin: Origin,
        text: &[u8],
        directory: &Path,
        scope: &[Symbol],
    ) -> EvalResult<&'a Expr<'a, Value<'a>>> {
        let load = |end| {
            let source = Source { read: parse_bindings, origin: origin.clone(), text, end, directory, scope };
            self.load_source(source, |_| Ok(()))
        };
        match load(b"") {
            Err(error) if error.kind == ErrorKind::Syntax => {
                let retried = load(b"\n;");
                match &retried {
                    // What is wrong with the semicolon is not the user's concern.
                    Err(other) if self.offset_of(other.pos) >= text.len() => Err(error),
                    _ => retried,
                }
            }
            other => other,
        }
    }

    fn offset_of(&self, pos: Pos) -> usize {
        self.sources.offset(pos).unwrap_or(0) as usize
    }

    fn load_source(
        &self,
        source: Source<'_>,
        check: impl FnOnce(&ast::Expr<'_>) -> EvalResult<()>,
    ) -> EvalResult<&'a Expr<'a, Value<'a>>> {
        let Source { read, origin, text, end, directory, scope } = source;
        let whole = if end.is_empty() { Cow::Borrowed(text) } else { Cow::Owned([text, end].concat()) };
        let base = self.sources.add(self.arena, origin, text);
        let context = LowerContext {
            arena: self.arena,
            symbols: &self.symbols,
            lambdas: &self.lambdas,
            constants: self,
            base,
            directory: bytes_of(directory),
            scope,
            parts: self.settings.parts,
        };
        self.with_tree(read, &whole, base, |tree| {
            check(tree)?;
            lower(&context, &whole, tree).map_err(|error| self.lower_error(error, base))
        })
    }

    /// Parses a text and passes its tree to `read`. The tree lives in an arena of its own, which the next text reuses.
    fn with_tree<T>(
        &self,
        parse: Reader,
        text: &[u8],
        base: FileBase,
        read: impl FnOnce(&ast::Expr<'_>) -> EvalResult<T>,
    ) -> EvalResult<T> {
        let pipe_operators = self.settings.features.has(Feature::PipeOperators);
        let usual = ParseOptions::default().max_depth;
        let max_depth = self.levels_left().min(usual);
        let options = ParseOptions { pipe_operators, max_depth };
        let mut trees = self.trees.take();
        let result = parse(&trees, &self.symbols, text, &options)
            .map_err(|error| {
                if max_depth < usual && error.message == TOO_DEEP {
                    return self.stack_overflow(at(base, error.span));
                }
                let syntax = EvalError::new(ErrorKind::Syntax, error.message, at(base, error.span));
                match error.note {
                    Some(note) => syntax.frame(note.message, at(base, note.span)),
                    None => syntax,
                }
            })
            .and_then(read);
        // The tree of a large file takes much, and few files are large.
        if trees.allocated_bytes() > KEPT_TREE {
            trees = bumpalo::Bump::new();
        }
        trees.reset();
        self.trees.set(trees);
        result
    }

    /// The printed form of a text that is a valid program.
    ///
    /// # Errors
    /// When it is none.
    pub fn show_program(&self, origin: Origin, text: &[u8], directory: &Path) -> EvalResult<Vec<u8>> {
        self.load(origin.clone(), text, directory, &[])?;
        let base = self.sources.add(self.arena, origin, text);
        let home = || Constants::home(self);
        let surroundings =
            Surroundings { symbols: &self.symbols, directory: bytes_of(directory), home: &home };
        self.with_tree(parse, text, base, |tree| {
            show(tree, &surroundings).map_err(|error| self.lower_error(error, base))
        })
    }

    fn lower_error(&self, error: lower::LowerError, base: FileBase) -> Box<EvalError> {
        let kind = if error.message.starts_with("undefined variable") {
            ErrorKind::UndefinedVariable
        } else {
            ErrorKind::Syntax
        };
        let message = match &error.related {
            Some((span, _)) => format!("{} at {}", error.message, self.describe_pos(at(base, *span))),
            None => error.message,
        };
        let found = EvalError::new(kind, message, at(base, error.span));
        match error.related {
            Some((span, text)) => found.frame(text, at(base, span)),
            None => found,
        }
    }

    /// A part of the program that is lowered when it is first needed.
    ///
    /// # Errors
    /// When there is too little stack left to read its text.
    pub(crate) fn code_of(&self, part: &'a Later<'a, Value<'a>>) -> EvalResult<&'a Expr<'a, Value<'a>>> {
        if let Some(known) = part.lowered() {
            return Ok(known);
        }
        self.check_stack()?;
        let base = part.base();
        let context = LowerContext {
            arena: self.arena,
            symbols: &self.symbols,
            lambdas: &self.lambdas,
            constants: self,
            base,
            directory: b"/",
            scope: &[],
            parts: self.settings.parts,
        };
        self.with_tree(parse, part.text, base, |tree| {
            lower_part(&context, part, tree).map_err(|error| self.lower_error(error, base))
        })
    }
}

fn at(base: FileBase, span: Span) -> Pos {
    base.at(span.start)
}

impl<'a> Constants<Value<'a>> for Eval<'a> {
    fn int(&self, value: i64) -> Value<'a> {
        Value::int(value)
    }

    fn float(&self, value: f64) -> Value<'a> {
        Value::float(value)
    }

    fn string(&self, bytes: &[u8]) -> Value<'a> {
        Eval::string(self, bytes)
    }

    fn path(&self, bytes: &[u8]) -> Value<'a> {
        Eval::path(self, bytes)
    }

    fn global(&self, name: &[u8]) -> Option<Value<'a>> {
        let known = self.globals.borrow().get(name).copied();
        match known.map(Value::view) {
            // A constant is a value; the time is none until somebody names it.
            Some(View::Ref(slot)) => self.force_slot(slot).ok(),
            _ => known,
        }
    }

    fn is_global(&self, name: &[u8]) -> bool {
        self.globals.borrow().contains_key(name)
    }

    fn home(&self) -> Result<Vec<u8>, String> {
        if self.settings.pure {
            return Err("can not be resolved in pure mode".to_owned());
        }
        self.host.environment("HOME").ok_or_else(|| "means no directory, as HOME is not set".to_owned())
    }
}
