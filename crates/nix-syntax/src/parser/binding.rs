//! What stands between the braces of a set and behind `let`: definitions, `inherit`, attribute paths.

use super::token::{Kind, Token};
use super::{Parsed, Parser, error, span_of};
use crate::ast::{AttrName, Binding, Expr, ExprKind, Span, StrPart};
use crate::symbol::Symbol;

/// What Nix says may begin an attribute's name.
const NAMES: &[&str] = &["identifier", "'or'", "'${'", "'\"'"];

impl<'a> Parser<'a, '_, '_, '_> {
    /// `{ bindings }`.
    pub(super) fn braces(&mut self, expected: &[&str]) -> Parsed<&'a [Binding<'a>]> {
        let open = self.expect(Kind::BraceOpen)?;
        self.enter()?;
        let bindings = self.bindings(Kind::BraceClose, expected).map_err(|mut error| {
            if self.token.kind == Kind::Eof {
                error.note.get_or_insert_with(|| super::Note {
                    message: "the brace opened here is not closed".to_owned(),
                    span: span_of(open),
                });
            }
            error
        })?;
        self.advance();
        self.leave();
        Ok(bindings)
    }

    /// The bindings up to a token of kind `end`, which is left. `expected` is what an error calls right instead.
    pub(super) fn bindings(&mut self, end: Kind, expected: &[&str]) -> Parsed<&'a [Binding<'a>]> {
        let mark = self.scratch.bindings.len();
        while self.token.kind != end {
            let binding = match self.token.kind {
                Kind::Ident | Kind::OrWord | Kind::Quote | Kind::DollarBrace => self.definition()?,
                Kind::Inherit => self.inherit()?,
                _ => return Err(self.unexpected(expected)),
            };
            self.scratch.bindings.push(binding);
        }
        Ok(self.bump.alloc_slice_fill_iter(self.scratch.bindings.drain(mark..)))
    }

    fn definition(&mut self) -> Parsed<Binding<'a>> {
        let start = self.token.start;
        let path = self.attr_path()?;
        let span = self.span_from(start);
        if self.token.kind != Kind::Assign {
            return Err(self.unexpected(&["'.'", "'='"]));
        }
        self.advance();
        let value = self.boxed_expr()?;
        self.expect_for(Kind::Semicolon, "the definition that begins here has no end", span)?;
        Ok(Binding::Attr { path, value, span })
    }

    fn inherit(&mut self) -> Parsed<Binding<'a>> {
        self.advance();
        let mut from = None;
        if self.token.kind == Kind::ParenOpen {
            let open = self.advance();
            from = Some(self.boxed_expr()?);
            self.expect_for(Kind::ParenClose, "the parenthesis opened here is not closed", span_of(open))?;
        }
        let mark = self.scratch.names.len();
        loop {
            match self.token.kind {
                Kind::Semicolon => break,
                Kind::Ident | Kind::OrWord | Kind::Quote | Kind::DollarBrace => {
                    let start = self.token.start;
                    match self.attr_name()? {
                        AttrName::Static(name, span) => self.scratch.names.push((name, span)),
                        AttrName::Dynamic(_) => {
                            let span = self.span_from(start);
                            return Err(error("dynamic attributes not allowed in inherit", span));
                        }
                    }
                }
                _ => return Err(self.unexpected(&[])),
            }
        }
        self.advance();
        let names = self.bump.alloc_slice_fill_iter(self.scratch.names.drain(mark..));
        Ok(Binding::Inherit { from, names })
    }

    /// Refuses what `let` cannot have: a definition whose first name is not known.
    pub(super) fn refuse_dynamic(&self, bindings: &[Binding<'a>], start: u32) -> Parsed<()> {
        let is_dynamic = |binding: &Binding<'a>| matches!(binding, Binding::Attr { path, .. } if matches!(path.first(), Some(AttrName::Dynamic(_))));
        if bindings.iter().any(is_dynamic) {
            return Err(error("dynamic attributes not allowed in let", self.span_from(start)));
        }
        Ok(())
    }

    /// `a.b."c".${d}`
    pub(super) fn attr_path(&mut self) -> Parsed<&'a [AttrName<'a>]> {
        let first = self.attr_name()?;
        if self.token.kind != Kind::Dot {
            return Ok(self.bump.alloc_slice_copy(&[first]));
        }
        let mark = self.scratch.path.len();
        self.scratch.path.push(first);
        while self.token.kind == Kind::Dot {
            self.advance();
            let name = self.attr_name()?;
            self.scratch.path.push(name);
        }
        Ok(self.bump.alloc_slice_fill_iter(self.scratch.path.drain(mark..)))
    }

    fn attr_name(&mut self) -> Parsed<AttrName<'a>> {
        let token = self.token;
        match token.kind {
            Kind::Ident | Kind::OrWord => {
                self.advance();
                Ok(AttrName::Static(self.intern(token), span_of(token)))
            }
            Kind::Quote => {
                let parts = self.quoted()?;
                let span = self.span_from(token.start);
                Ok(self.string_name(parts, span).unwrap_or_else(|| {
                    AttrName::Dynamic(self.alloc(Expr { kind: ExprKind::Str(parts), span }))
                }))
            }
            Kind::DollarBrace => self.interpolated_name(token),
            _ => Err(self.unexpected(NAMES)),
        }
    }

    fn interpolated_name(&mut self, open: Token) -> Parsed<AttrName<'a>> {
        self.advance();
        let expr = self.expr()?;
        self.expect_for(Kind::BraceClose, "the interpolation opened here is not closed", span_of(open))?;
        let known = match expr.kind {
            ExprKind::Str(parts) => self.string_name(parts, self.span_from(open.start)),
            _ => None,
        };
        Ok(known.unwrap_or_else(|| AttrName::Dynamic(self.alloc(expr))))
    }

    /// The name that a string without interpolation is.
    fn string_name(&self, parts: &[StrPart<'a>], span: Span) -> Option<AttrName<'a>> {
        let name: Symbol = match parts {
            [] => self.symbols.intern(b""),
            [StrPart::Lit(bytes, _)] => self.symbols.intern(bytes),
            _ => return None,
        };
        Some(AttrName::Static(name, span))
    }
}
