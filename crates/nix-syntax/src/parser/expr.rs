//! Expressions: functions and their kin, operators, application, selection, and the simple ones.

use super::token::Kind;
use super::{Parsed, Parser, error, pipes_refused, span_of};
use crate::ast::{BinOp, Expr, ExprKind, Param, Span, StrPart};

/// What may stand in `rec { }` and `let { }` besides a definition.
const OR_END: &[&str] = &["'inherit'", "'}'"];

/// How strongly an operator binds, and to which side.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Side {
    Left,
    Right,
    None,
}

/// `!` binds its operand more weakly than arithmetic does, so `!a + b` is `!(a + b)`.
const NOT: u8 = 7;
/// The level of `?`.
const HAS_ATTR: u8 = 11;
/// Unary minus binds more strongly than every binary operator.
const NEGATE: u8 = 12;

fn binary(kind: Kind) -> Option<(u8, Side, BinOp)> {
    Some(match kind {
        Kind::Implies => (1, Side::Right, BinOp::Implies),
        Kind::Or => (2, Side::Left, BinOp::Or),
        Kind::And => (3, Side::Left, BinOp::And),
        Kind::EqEq => (4, Side::None, BinOp::Eq),
        Kind::NotEq => (4, Side::None, BinOp::NotEq),
        Kind::Less => (5, Side::None, BinOp::Less),
        Kind::LessEq => (5, Side::None, BinOp::LessEq),
        Kind::More => (5, Side::None, BinOp::More),
        Kind::MoreEq => (5, Side::None, BinOp::MoreEq),
        Kind::Update => (6, Side::Right, BinOp::Update),
        Kind::Plus => (8, Side::Left, BinOp::Add),
        Kind::Minus => (8, Side::Left, BinOp::Sub),
        Kind::Star => (9, Side::Left, BinOp::Mul),
        Kind::Slash => (9, Side::Left, BinOp::Div),
        Kind::Concat => (10, Side::Right, BinOp::Concat),
        _ => return None,
    })
}

/// Whether a token of this kind begins an operand, and so continues an application or a list.
fn begins_operand(kind: Kind) -> bool {
    matches!(
        kind,
        Kind::Ident
            | Kind::Quote
            | Kind::ParenOpen
            | Kind::BraceOpen
            | Kind::BracketOpen
            | Kind::IndentedOpen
            | Kind::Path
            | Kind::HomePath
            | Kind::SearchPath
            | Kind::Uri
            | Kind::Int
            | Kind::Float
            | Kind::Rec
            | Kind::Let
    )
}

impl<'a> Parser<'a, '_, '_, '_> {
    /// Any expression.
    pub(super) fn expr(&mut self) -> Parsed<Expr<'a>> {
        self.enter()?;
        let expr = self.function()?;
        self.leave();
        Ok(expr)
    }

    fn function(&mut self) -> Parsed<Expr<'a>> {
        let start = self.token.start;
        match self.token.kind {
            Kind::Ident => match self.peek() {
                Kind::Colon => {
                    let name = self.advance();
                    let param = Param::Ident(self.intern(name), span_of(name));
                    self.lambda(start, param)
                }
                Kind::At => self.named_pattern(),
                _ => self.piped(),
            },
            Kind::BraceOpen => {
                if self.at_pattern() {
                    self.pattern()
                } else {
                    self.piped()
                }
            }
            Kind::If => self.condition(),
            Kind::Let => {
                if self.peek() == Kind::BraceOpen {
                    return self.piped();
                }
                self.advance();
                let bindings = self.bindings(Kind::In, &["'in'", "'inherit'"])?;
                self.advance();
                let body = self.boxed_expr()?;
                self.refuse_dynamic(bindings, start)?;
                Ok(self.node(start, ExprKind::Let { bindings, body }))
            }
            Kind::With => {
                self.advance();
                let scope = self.boxed_expr()?;
                self.expect(Kind::Semicolon)?;
                let body = self.boxed_expr()?;
                Ok(self.node(start, ExprKind::With { scope, body }))
            }
            Kind::Assert => {
                self.advance();
                let cond = self.boxed_expr()?;
                self.expect(Kind::Semicolon)?;
                let body = self.boxed_expr()?;
                Ok(self.node(start, ExprKind::Assert { cond, body }))
            }
            _ => self.piped(),
        }
    }

    /// A lambda's colon and body.
    pub(super) fn lambda(&mut self, start: u32, param: Param<'a>) -> Parsed<Expr<'a>> {
        self.expect(Kind::Colon)?;
        let body = self.boxed_expr()?;
        Ok(self.node(start, ExprKind::Lambda { param, body }))
    }

    fn condition(&mut self) -> Parsed<Expr<'a>> {
        let start = self.advance().start;
        let cond = self.boxed_expr()?;
        self.expect(Kind::Then)?;
        let yes = self.boxed_expr()?;
        self.expect(Kind::Else)?;
        let no = self.boxed_expr()?;
        Ok(self.node(start, ExprKind::If { cond, yes, no }))
    }

    pub(super) fn boxed_expr(&mut self) -> Parsed<&'a Expr<'a>> {
        let expr = self.expr()?;
        Ok(self.alloc(expr))
    }

    fn node(&self, start: u32, kind: ExprKind<'a>) -> Expr<'a> {
        Expr { kind, span: self.span_from(start) }
    }

    /// Operators, and at most one kind of pipe between them: the two do not mix without parentheses.
    fn piped(&mut self) -> Parsed<Expr<'a>> {
        let start = self.token.start;
        let first = self.operators(0)?;
        match self.token.kind {
            Kind::PipeLeft => self.piped_left(start, first),
            Kind::PipeRight => {
                let mut left = first;
                let mut links = 0;
                while self.token.kind == Kind::PipeRight {
                    let op_span = self.pipe()?;
                    let right = self.operators(0)?;
                    left = self.binary(start, BinOp::PipeRight, op_span, left, right);
                    links += 1;
                }
                self.tally.chain(links);
                Ok(left)
            }
            _ => Ok(first),
        }
    }

    fn piped_left(&mut self, start: u32, left: Expr<'a>) -> Parsed<Expr<'a>> {
        let op_span = self.pipe()?;
        self.enter()?;
        let inner = self.token.start;
        let mut right = self.operators(0)?;
        if self.token.kind == Kind::PipeLeft {
            right = self.piped_left(inner, right)?;
        }
        self.leave();
        Ok(self.binary(start, BinOp::PipeLeft, op_span, left, right))
    }

    fn pipe(&mut self) -> Parsed<Span> {
        let span = span_of(self.token);
        if !self.options.pipe_operators {
            return Err(pipes_refused(span));
        }
        self.advance();
        Ok(span)
    }

    fn binary(&self, start: u32, op: BinOp, op_span: Span, left: Expr<'a>, right: Expr<'a>) -> Expr<'a> {
        let (left, right) = (self.alloc(left), self.alloc(right));
        self.node(start, ExprKind::Binary { op, op_span, left, right })
    }

    /// An operand and all operators behind it that bind at least as strongly as `weakest`.
    fn operators(&mut self, weakest: u8) -> Parsed<Expr<'a>> {
        let start = self.token.start;
        let mut left = match self.token.kind {
            Kind::Not => {
                let operand = self.prefix_operand(NOT)?;
                self.node(start, ExprKind::Not(operand))
            }
            Kind::Minus => {
                let operand = self.prefix_operand(NEGATE)?;
                self.node(start, ExprKind::Neg(operand))
            }
            _ => self.application()?,
        };
        let mut links = 0;
        loop {
            if self.token.kind == Kind::Question && HAS_ATTR >= weakest {
                self.advance();
                let path = self.attr_path()?;
                let base = self.alloc(left);
                left = self.node(start, ExprKind::HasAttr { base, path });
                links += 1;
                continue;
            }
            let Some((level, side, op)) = binary(self.token.kind) else { break };
            if level < weakest {
                break;
            }
            let op_span = span_of(self.advance());
            self.enter()?;
            let right = self.operators(if side == Side::Right { level } else { level + 1 })?;
            self.leave();
            left = self.binary(start, op, op_span, left, right);
            links += 1;
            if side == Side::None && binary(self.token.kind).is_some_and(|(next, ..)| next == level) {
                return Err(self.unexpected(&[]));
            }
        }
        self.tally.chain(links);
        Ok(left)
    }

    fn prefix_operand(&mut self, level: u8) -> Parsed<&'a Expr<'a>> {
        self.advance();
        self.enter()?;
        let operand = self.operators(level + 1)?;
        self.leave();
        Ok(self.alloc(operand))
    }

    fn application(&mut self) -> Parsed<Expr<'a>> {
        let start = self.token.start;
        let mut func = self.operand()?;
        let mut links = 0;
        while begins_operand(self.token.kind) {
            let arg = self.operand()?;
            let (callee, arg) = (self.alloc(func), self.alloc(arg));
            func = self.node(start, ExprKind::Apply { func: callee, arg });
            links += 1;
        }
        self.tally.chain(links);
        Ok(func)
    }

    /// A simple expression with the selection behind it.
    fn operand(&mut self) -> Parsed<Expr<'a>> {
        let start = self.token.start;
        let simple = self.simple()?;
        match self.token.kind {
            Kind::Dot => {
                self.advance();
                let path = self.attr_path()?;
                let mut default = None;
                if self.token.kind == Kind::OrWord {
                    self.advance();
                    self.enter()?;
                    let expr = self.operand()?;
                    self.leave();
                    default = Some(self.alloc(expr));
                }
                let base = self.alloc(simple);
                Ok(self.node(start, ExprKind::Select { base, path, default }))
            }
            // Where no selection stands before it, `or` is a variable that the simple expression is applied to, even
            // inside of a list.
            Kind::OrWord => {
                let word = self.advance();
                let kind = ExprKind::Ident(self.intern(word));
                let arg = self.alloc(Expr { kind, span: Span { start, end: word.end } });
                let func = self.alloc(simple);
                Ok(self.node(start, ExprKind::Apply { func, arg }))
            }
            _ => Ok(simple),
        }
    }

    fn simple(&mut self) -> Parsed<Expr<'a>> {
        let token = self.token;
        let start = token.start;
        let kind = match token.kind {
            Kind::Ident => {
                self.advance();
                ExprKind::Ident(self.intern(token))
            }
            Kind::Quote => ExprKind::Str(self.quoted()?),
            Kind::IndentedOpen => ExprKind::Str(self.indented()?),
            Kind::Int => self.integer()?,
            Kind::Float => self.float()?,
            Kind::Path | Kind::HomePath => ExprKind::Path(self.path()?),
            Kind::SearchPath => {
                self.advance();
                let name = self.lexer.slice(start as usize + 1, token.end as usize - 1);
                ExprKind::SearchPath(self.bump.alloc_slice_copy(name))
            }
            Kind::Uri => {
                self.advance();
                let text = self.bump.alloc_slice_copy(self.bytes(token));
                ExprKind::Str(self.bump.alloc_slice_copy(&[StrPart::Lit(text, span_of(token))]))
            }
            Kind::ParenOpen => {
                self.advance();
                let inner = self.expr()?;
                self.expect_for(
                    Kind::ParenClose,
                    "the parenthesis opened here is not closed",
                    span_of(token),
                )?;
                return Ok(inner);
            }
            Kind::BracketOpen => ExprKind::List(self.list()?),
            Kind::BraceOpen => ExprKind::AttrSet { recursive: false, bindings: self.braces(&["'inherit'"])? },
            Kind::Rec => {
                self.advance();
                ExprKind::AttrSet { recursive: true, bindings: self.braces(OR_END)? }
            }
            Kind::Let => {
                self.advance();
                ExprKind::LegacyLet { bindings: self.braces(OR_END)? }
            }
            _ => return Err(self.unexpected(&[])),
        };
        Ok(self.node(start, kind))
    }

    fn list(&mut self) -> Parsed<&'a [Expr<'a>]> {
        let open = self.advance();
        self.enter()?;
        let mark = self.scratch.exprs.len();
        while begins_operand(self.token.kind) {
            let item = self.operand()?;
            self.scratch.exprs.push(item);
        }
        if self.token.kind != Kind::BracketClose {
            let mut error = self.unexpected(&[]);
            error.note.get_or_insert_with(|| super::Note {
                message: "the list opened here is not closed".to_owned(),
                span: span_of(open),
            });
            return Err(error);
        }
        self.advance();
        self.leave();
        Ok(self.bump.alloc_slice_fill_iter(self.scratch.exprs.drain(mark..)))
    }

    fn integer(&mut self) -> Parsed<ExprKind<'a>> {
        let token = self.advance();
        let mut value = Some(0i64);
        for digit in self.bytes(token) {
            value = value.and_then(|v| v.checked_mul(10)?.checked_add(i64::from(digit - b'0')));
        }
        value.map(ExprKind::Int).ok_or_else(|| {
            let text = String::from_utf8_lossy(self.bytes(token));
            error(format!("invalid integer '{text}'"), span_of(token))
        })
    }

    fn float(&mut self) -> Parsed<ExprKind<'a>> {
        let token = self.advance();
        let text = String::from_utf8_lossy(self.bytes(token));
        // Nix takes strtod's range error for an error, which a result too small for full precision is as well.
        let mantissa = text.split(['e', 'E']).next().unwrap_or_default();
        let is_zero = !mantissa.bytes().any(|c| matches!(c, b'1'..=b'9'));
        let in_range = |value: &f64| value.is_normal() || is_zero;
        match text.parse::<f64>().ok().filter(in_range) {
            Some(value) => Ok(ExprKind::Float(value)),
            None => Err(error(format!("invalid float '{text}'"), span_of(token))),
        }
    }
}
