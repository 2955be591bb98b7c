//! Reads the text of a file into an [`crate::ast`], accepting exactly what Nix accepts.
//!
//! A recursive-descent parser over the bytes of the text, with one table of operators. It knows at every point whether
//! it is inside a string or a path, so the lexer needs no modes and one token of lookahead is enough, two behind a
//! brace. What Nix's grammar action refuses beyond the grammar is refused here as well: repeated formals, dynamic names
//! in `inherit` and `let`, a path with a slash at its end, numbers that do not fit. Attributes defined twice and
//! undefined variables are lowering's concern.

mod binding;
pub(crate) mod depth;
mod expr;
mod indented;
mod lexer;
mod pattern;
mod string;
#[cfg(test)]
mod tests;
mod token;

use bumpalo::Bump;

use self::lexer::Lexer;
use self::token::{Kind, Token};
use crate::ast::{AttrName, Binding, Expr, ExprKind, Formal, Span, StrPart};
use crate::symbol::{Symbol, Symbols};

pub use depth::TOO_DEEP;

/// How much stack a level of nesting takes the parser, or a reader of its tree, at most, in bytes.
pub const LEVEL: usize = if cfg!(debug_assertions) { 14 << 10 } else { 5 << 9 };

/// What the parser may accept.
#[derive(Clone, Debug)]
pub struct ParseOptions {
    /// Whether `|>` and `<|` are operators. Nix refuses them without its experimental feature `pipe-operators`.
    pub pipe_operators: bool,
    /// How deeply the parser may recurse, and how deep the tree may be that it returns: no way from the root to a leaf
    /// has more expressions than about this many. A reader of the tree may rely on it for its own recursion.
    pub max_depth: u32,
}

impl Default for ParseOptions {
    fn default() -> Self {
        ParseOptions { pipe_operators: false, max_depth: 20_000 }
    }
}

/// Why a text is not a program.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct SyntaxError {
    /// What is wrong, in Nix's words where Nix has any.
    pub message: String,
    /// Where it is wrong.
    pub span: Span,
    /// A second place that explains the first, such as the bracket that is not closed.
    pub note: Option<Note>,
}

/// A remark on another place of the same text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// What is to be said.
    pub message: String,
    /// Of which place.
    pub span: Span,
}

/// Parses a whole file.
///
/// `text` may be in any encoding; bytes above 127 are accepted where Nix accepts them, in strings and comments. All
/// spans are byte offsets into `text`. The tree lives in `bump`, which needs to live no longer than whoever reads the
/// tree; its names live in `symbols`.
///
/// The parser recurses as deeply as the text nests, up to [`ParseOptions::max_depth`]; the calling thread's stack must
/// be ample for that: a level takes up to [`LEVEL`].
///
/// # Errors
///
/// The first syntax error, or that the text nests too deeply or has 4 GiB or more.
pub fn parse<'a>(
    bump: &'a Bump,
    symbols: &Symbols<'_>,
    text: &[u8],
    options: &ParseOptions,
) -> Result<&'a Expr<'a>, SyntaxError> {
    Parser::new(bump, symbols, text, options).and_then(|mut parser| parser.file()).map_err(|error| *error)
}

/// Parses definitions without braces around them, as a set of them: `a = 1; inherit b;`.
///
/// # Errors
///
/// As [`parse`].
pub fn parse_bindings<'a>(
    bump: &'a Bump,
    symbols: &Symbols<'_>,
    text: &[u8],
    options: &ParseOptions,
) -> Result<&'a Expr<'a>, SyntaxError> {
    Parser::new(bump, symbols, text, options).and_then(|mut parser| parser.bare_set()).map_err(|error| *error)
}

/// A doc comment and what it stands before.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct DocComment {
    /// The comment with its delimiters.
    pub(crate) span: Span,
    /// Where the next token begins.
    pub(crate) token: u32,
}

/// As [`parse`] or [`parse_bindings`], with the doc comments in the order of the text.
pub(crate) fn parse_with_comments<'a>(
    bump: &'a Bump,
    symbols: &Symbols<'_>,
    text: &[u8],
    options: &ParseOptions,
    bare: bool,
) -> Result<(&'a Expr<'a>, Vec<DocComment>), SyntaxError> {
    let read = || {
        let mut parser = Parser::new(bump, symbols, text, options)?;
        // From the beginning again, as the first comment stands before the first token.
        parser.lexer.doc_comments = Some(Vec::new());
        parser.token = parser.lexer.token(0);
        let root = if bare { parser.bare_set() } else { parser.file() }?;
        let mut spans = parser.lexer.doc_comments.take().unwrap_or_default();
        spans.sort_by_key(|span| span.start);
        spans.dedup();
        let comments = spans
            .into_iter()
            .map(|span| DocComment { span, token: parser.lexer.token(span.end as usize).start })
            .collect();
        Ok((root, comments))
    };
    read().map_err(|error: Box<SyntaxError>| *error)
}

/// Boxed, because every expression is returned through one of these.
type Parsed<T> = Result<T, Box<SyntaxError>>;

struct Parser<'a, 's, 'n, 't> {
    bump: &'a Bump,
    symbols: &'s Symbols<'n>,
    lexer: Lexer<'t>,
    options: ParseOptions,
    /// The token to be read next.
    token: Token,
    /// The one behind it, when that was looked at.
    ahead: Option<Token>,
    /// The end of the token read last.
    last_end: u32,
    depth: u32,
    tally: depth::Tally,
    scratch: Scratch<'a>,
}

/// Stacks on which the children of unfinished nodes are collected; a node takes what lies above its own mark.
#[derive(Default)]
struct Scratch<'a> {
    exprs: Vec<Expr<'a>>,
    parts: Vec<StrPart<'a>>,
    pieces: Vec<indented::Piece<'a>>,
    path: Vec<AttrName<'a>>,
    bindings: Vec<Binding<'a>>,
    formals: Vec<Formal<'a>>,
    names: Vec<(Symbol, Span)>,
    /// The bytes of the literal being read; empty between literals.
    bytes: Vec<u8>,
}

impl<'a, 's, 'n, 't> Parser<'a, 's, 'n, 't> {
    fn new(bump: &'a Bump, symbols: &'s Symbols<'n>, text: &'t [u8], options: &ParseOptions) -> Parsed<Self> {
        if u32::try_from(text.len()).is_err() {
            return Err(error("a file of 4 GiB or more cannot be parsed", Span::default()));
        }
        let mut lexer = Lexer::new(text);
        let token = lexer.token(0);
        Ok(Parser {
            bump,
            symbols,
            lexer,
            options: options.clone(),
            token,
            ahead: None,
            last_end: 0,
            depth: 0,
            tally: depth::Tally::default(),
            scratch: Scratch::default(),
        })
    }

    fn file(&mut self) -> Parsed<&'a Expr<'a>> {
        let expr = self.expr()?;
        if self.token.kind != Kind::Eof {
            return Err(self.unexpected(&["end of file"]));
        }
        self.root(expr)
    }

    fn bare_set(&mut self) -> Parsed<&'a Expr<'a>> {
        let bindings = self.bindings(Kind::Eof, &["identifier", "'inherit'"])?;
        let kind = ExprKind::AttrSet { recursive: false, bindings };
        self.root(Expr { kind, span: self.span_from(0) })
    }

    fn root(&self, expr: Expr<'a>) -> Parsed<&'a Expr<'a>> {
        let root = self.alloc(expr);
        if self.tally.may_exceed(self.options.max_depth) {
            depth::check(root, self.options.max_depth)?;
        }
        Ok(root)
    }

    fn alloc<T>(&self, value: T) -> &'a T {
        self.bump.alloc(value)
    }

    fn bytes(&self, token: Token) -> &'t [u8] {
        self.lexer.slice(token.start as usize, token.end as usize)
    }

    fn intern(&self, token: Token) -> Symbol {
        self.symbols.intern(self.bytes(token))
    }

    /// The span from `start` to the end of what was read last.
    fn span_from(&self, start: u32) -> Span {
        Span { start, end: self.last_end }
    }

    /// Takes the current token.
    fn advance(&mut self) -> Token {
        let token = self.token;
        self.resume(token.end);
        token
    }

    /// Goes on with the first token at or behind `offset`, where the parser itself has read up to.
    fn resume(&mut self, offset: u32) {
        self.last_end = offset;
        self.token = match self.ahead.take() {
            Some(token) => token,
            None => self.lexer.token(offset as usize),
        };
    }

    /// The kind of the token behind the current one, which must not open a string or a path.
    fn peek(&mut self) -> Kind {
        let token = match self.ahead {
            Some(token) => token,
            None => self.lexer.token(self.token.end as usize),
        };
        self.ahead = Some(token);
        token.kind
    }

    /// Takes a token of this kind or refuses what is there.
    fn expect(&mut self, kind: Kind) -> Parsed<Token> {
        if self.token.kind == kind { Ok(self.advance()) } else { Err(self.unexpected(&[kind.describe()])) }
    }

    /// As [`Parser::expect`], for a token that belongs to an earlier one.
    fn expect_for(&mut self, kind: Kind, note: &str, opener: Span) -> Parsed<Token> {
        self.expect(kind).map_err(|mut error| {
            error.note.get_or_insert_with(|| Note { message: note.to_owned(), span: opener });
            error
        })
    }

    /// Counts one more level of recursion; [`Parser::leave`] ends it.
    fn enter(&mut self) -> Parsed<()> {
        self.depth += 1;
        self.tally.level(self.depth);
        if self.depth > self.options.max_depth {
            return Err(error(depth::TOO_DEEP, span_of(self.token)));
        }
        Ok(())
    }

    fn leave(&mut self) {
        self.depth -= 1;
    }

    /// The error that the current token is not one of `expected`; an empty list says nothing of what would be right.
    fn unexpected(&self, expected: &[&str]) -> Box<SyntaxError> {
        let token = self.token;
        let span = span_of(token);
        match token.kind {
            Kind::PipeLeft | Kind::PipeRight if !self.options.pipe_operators => return pipes_refused(span),
            _ => {}
        }
        let mut message = String::from("syntax error, unexpected ");
        message.push_str(token.kind.describe());
        for (index, name) in expected.iter().enumerate() {
            message.push_str(if index == 0 { ", expecting " } else { " or " });
            message.push_str(name);
        }
        let mut error = error(message, span);
        if let Some(start) = self.lexer.endless_comment
            && (start..start + 2).contains(&token.start)
        {
            error.note = Some(Note {
                message: "the comment that begins here has no end".to_owned(),
                span: Span { start, end: start + 2 },
            });
        }
        error
    }
}

fn span_of(token: Token) -> Span {
    Span { start: token.start, end: token.end }
}

fn error(message: impl Into<String>, span: Span) -> Box<SyntaxError> {
    Box::new(SyntaxError { message: message.into(), span, note: None })
}

fn pipes_refused(span: Span) -> Box<SyntaxError> {
    error(
        "experimental Nix feature 'pipe-operators' is disabled; add '--extra-experimental-features pipe-operators' \
         to enable it",
        span,
    )
}
