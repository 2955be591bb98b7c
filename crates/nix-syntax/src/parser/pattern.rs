//! Set patterns: `{ a, b ? 1, ... }`, with `all @` before or `@ all` behind.

use super::token::{Kind, Token};
use super::{Parsed, Parser, error, span_of};
use crate::ast::{Expr, Formal, Formals, Param, Span};
use crate::symbol::Symbol;

impl<'a> Parser<'a, '_, '_, '_> {
    /// Whether the brace at the current token opens a pattern and not a set. Reads nothing.
    pub(super) fn at_pattern(&mut self) -> bool {
        let (open, last_end) = (self.token, self.last_end);
        self.advance();
        let is_pattern = match self.token.kind {
            Kind::BraceClose => matches!(self.peek(), Kind::Colon | Kind::At),
            Kind::Ident => matches!(self.peek(), Kind::Comma | Kind::Question | Kind::BraceClose),
            Kind::Ellipsis => true,
            _ => false,
        };
        (self.token, self.last_end, self.ahead) = (open, last_end, None);
        is_pattern
    }

    /// A lambda that begins with a pattern.
    pub(super) fn pattern(&mut self) -> Parsed<Expr<'a>> {
        let start = self.token.start;
        let mark = self.scratch.formals.len();
        let ellipsis = self.formals()?;
        let at = match self.token.kind {
            Kind::At => {
                self.advance();
                Some(self.expect(Kind::Ident)?)
            }
            Kind::Colon => None,
            _ => return Err(self.unexpected(&["':'", "'@'"])),
        };
        self.pattern_lambda(start, mark, ellipsis, at)
    }

    /// A lambda that begins with `all @`.
    pub(super) fn named_pattern(&mut self) -> Parsed<Expr<'a>> {
        let name = self.advance();
        self.advance();
        if self.token.kind != Kind::BraceOpen {
            return Err(self.unexpected(&[Kind::BraceOpen.describe()]));
        }
        let mark = self.scratch.formals.len();
        let ellipsis = self.formals()?;
        self.pattern_lambda(name.start, mark, ellipsis, Some(name))
    }

    fn pattern_lambda(
        &mut self,
        start: u32,
        mark: usize,
        ellipsis: bool,
        at: Option<Token>,
    ) -> Parsed<Expr<'a>> {
        let formals = self.bump.alloc_slice_fill_iter(self.scratch.formals.drain(mark..));
        let at = at.map(|name| (self.intern(name), span_of(name)));
        let param = Param::Formals(self.alloc(Formals { formals, ellipsis, at }));
        let lambda = self.lambda(start, param)?;
        self.refuse_repeated(formals, at, lambda.span)?;
        Ok(lambda)
    }

    /// Reads from `{` to `}`, leaves the formals on the scratch stack and tells whether there is an ellipsis.
    fn formals(&mut self) -> Parsed<bool> {
        self.advance();
        match self.token.kind {
            Kind::BraceClose => {
                self.advance();
                return Ok(false);
            }
            Kind::Ellipsis => {
                self.advance();
                self.expect(Kind::BraceClose)?;
                return Ok(true);
            }
            Kind::Ident => {}
            _ => return Err(self.unexpected(&["identifier", "'...'", "'}'"])),
        }
        loop {
            let name = self.expect(Kind::Ident)?;
            let symbol = self.intern(name);
            let mut default = None;
            if self.token.kind == Kind::Question {
                self.advance();
                default = Some(self.boxed_expr()?);
            }
            self.scratch.formals.push(Formal { name: symbol, span: span_of(name), default });
            match self.token.kind {
                Kind::BraceClose => {
                    self.advance();
                    return Ok(false);
                }
                Kind::Comma => {
                    self.advance();
                }
                _ => return Err(self.unexpected(&["'}'", "','"])),
            }
            match self.token.kind {
                Kind::Ident => {}
                Kind::Ellipsis => {
                    self.advance();
                    self.expect(Kind::BraceClose)?;
                    return Ok(true);
                }
                Kind::BraceClose => {
                    self.advance();
                    return Ok(false);
                }
                _ => return Err(self.unexpected(&["identifier", "'...'", "'}'"])),
            }
        }
    }

    fn refuse_repeated(
        &self,
        formals: &[Formal<'a>],
        at: Option<(Symbol, Span)>,
        lambda: Span,
    ) -> Parsed<()> {
        let repeated = |name: Symbol, span: Span| {
            let name = String::from_utf8_lossy(self.symbols.name(name));
            Err(error(format!("duplicate formal function argument '{name}'"), span))
        };
        let twice = |(index, formal): &(usize, &Formal<'a>)| {
            formals.iter().take(*index).any(|earlier| earlier.name == formal.name)
        };
        // Nearly all patterns are short, where comparing all pairs beats sorting a copy.
        let duplicate = if formals.len() <= 16 {
            formals.iter().enumerate().find(twice).map(|(_, formal)| formal)
        } else {
            let mut sorted: Vec<&Formal<'a>> = formals.iter().collect();
            sorted.sort_by_key(|formal| (formal.name, formal.span.start));
            sorted.windows(2).find_map(|pair| match pair {
                [first, second] if first.name == second.name => Some(*second),
                _ => None,
            })
        };
        if let Some(formal) = duplicate {
            return repeated(formal.name, formal.span);
        }
        match at {
            Some((name, _)) if formals.iter().any(|formal| formal.name == name) => repeated(name, lambda),
            _ => Ok(()),
        }
    }
}
