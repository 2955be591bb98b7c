//! The syntax tree of one file, as the parser gives it to lowering.
//!
//! Nodes live in the arena that the parser was given, are plain data, and hold byte offsets into their file. String escapes, the
//! stripping of indentation and the reading of numbers are done; merging of `a.b = …; a.c = …;`, scopes and
//! desugaring are not: that is lowering's work.

#![allow(missing_docs, reason = "the fields of a variant are told by its own comment")]

use crate::symbol::Symbol;

/// A half-open range of byte offsets in one file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub struct Span {
    /// Offset of the first byte.
    pub start: u32,
    /// Offset behind the last byte.
    pub end: u32,
}

/// An expression and where it stands.
#[derive(Clone, Copy, Debug)]
pub struct Expr<'a> {
    /// What it is.
    pub kind: ExprKind<'a>,
    /// Where it stands. For a binary operator, see [`ExprKind::Binary`].
    pub span: Span,
}

/// The forms of an expression.
#[derive(Clone, Copy, Debug)]
pub enum ExprKind<'a> {
    /// An integer literal.
    Int(i64),
    /// A floating-point literal.
    Float(f64),
    /// A string (either quoting) or a URI literal. Empty literal parts are dropped: `""` has no parts. Only in an indented
    /// string do literal parts follow each other, where an escape stands between them.
    Str(&'a [StrPart<'a>]),
    /// A path literal; the first part is literal and begins with `/`, `./`, `../`, `~/` or a name (`a/b`). A literal part
    /// follows another one where the text has several slashes in a row.
    Path(&'a [StrPart<'a>]),
    /// `<name>`, without the brackets.
    SearchPath(&'a [u8]),
    /// A variable; `__curPos` is one as well.
    Ident(Symbol),
    /// `base.path` or `base.path or default`.
    Select { base: &'a Expr<'a>, path: &'a [AttrName<'a>], default: Option<&'a Expr<'a>> },
    /// `base ? path`.
    HasAttr { base: &'a Expr<'a>, path: &'a [AttrName<'a>] },
    /// `func arg`, one argument at a time.
    Apply { func: &'a Expr<'a>, arg: &'a Expr<'a> },
    /// `param: body`.
    Lambda { param: Param<'a>, body: &'a Expr<'a> },
    /// `let bindings in body`.
    Let { bindings: &'a [Binding<'a>], body: &'a Expr<'a> },
    /// `let { bindings }`, which means `(rec { bindings }).body`.
    LegacyLet { bindings: &'a [Binding<'a>] },
    /// `{ bindings }` or `rec { bindings }`.
    AttrSet { recursive: bool, bindings: &'a [Binding<'a>] },
    /// `[ items ]`.
    List(&'a [Expr<'a>]),
    /// `with scope; body`.
    With { scope: &'a Expr<'a>, body: &'a Expr<'a> },
    /// `if cond then yes else no`.
    If { cond: &'a Expr<'a>, yes: &'a Expr<'a>, no: &'a Expr<'a> },
    /// `assert cond; body`.
    Assert { cond: &'a Expr<'a>, body: &'a Expr<'a> },
    /// `!e`.
    Not(&'a Expr<'a>),
    /// `-e`.
    Neg(&'a Expr<'a>),
    /// `left op right`; `op_span` is the operator's own place, which Nix gives as the position of most of them.
    Binary { op: BinOp, op_span: Span, left: &'a Expr<'a>, right: &'a Expr<'a> },
}

/// The binary operators.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[allow(missing_docs)]
pub enum BinOp {
    Add,
    Sub,
    Mul,
    Div,
    Concat,
    Update,
    Eq,
    NotEq,
    Less,
    LessEq,
    More,
    MoreEq,
    And,
    Or,
    Implies,
    /// `f <| x`
    PipeLeft,
    /// `x |> f`
    PipeRight,
}

/// A piece of a string or path.
#[derive(Clone, Copy, Debug)]
pub enum StrPart<'a> {
    /// Bytes as they are, escapes resolved.
    Lit(&'a [u8], Span),
    /// `${expr}`.
    Interp(&'a Expr<'a>),
}

/// One element of an attribute path.
#[derive(Clone, Copy, Debug)]
pub enum AttrName<'a> {
    /// `name`, or `"name"` and `${"name"}` without interpolation inside.
    Static(Symbol, Span),
    /// `${expr}`, or a string with interpolation.
    Dynamic(&'a Expr<'a>),
}

/// One definition in a set or `let`.
#[derive(Clone, Copy, Debug)]
pub enum Binding<'a> {
    /// `path = value;`; `span` is the path's.
    Attr { path: &'a [AttrName<'a>], value: &'a Expr<'a>, span: Span },
    /// `inherit names;` or `inherit (from) names;` (names are static; the parser refuses dynamic ones).
    Inherit { from: Option<&'a Expr<'a>>, names: &'a [(Symbol, Span)] },
}

/// What stands before a lambda's colon.
#[derive(Clone, Copy, Debug)]
pub enum Param<'a> {
    /// `x:`
    Ident(Symbol, Span),
    /// `{ a, b ? 1, ... } @ all:`
    Formals(&'a Formals<'a>),
}

/// A set pattern.
#[derive(Clone, Copy, Debug)]
pub struct Formals<'a> {
    /// The names in the order they are written; the parser refuses duplicates.
    pub formals: &'a [Formal<'a>],
    /// Whether `...` is there.
    pub ellipsis: bool,
    /// The name bound to the whole argument by `@`.
    pub at: Option<(Symbol, Span)>,
}

/// One name of a set pattern.
#[derive(Clone, Copy, Debug)]
pub struct Formal<'a> {
    /// The name.
    pub name: Symbol,
    /// Where it stands.
    pub span: Span,
    /// What it is when the argument lacks it.
    pub default: Option<&'a Expr<'a>>,
}
