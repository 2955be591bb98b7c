//! Strings in double quotes, and paths, with what is interpolated into them.

use super::token::Kind;
use super::{Note, Parsed, Parser, SyntaxError, error};
use crate::ast::{Expr, Span, StrPart};

/// The refusal of a literal with a zero byte in it.
pub(super) fn zero_byte(literal: &[u8], span: Span) -> Box<SyntaxError> {
    let text = String::from_utf8_lossy(literal).replace('\0', "␀");
    error(
        format!("input string '{text}' cannot be represented as Nix string because it contains null bytes"),
        span,
    )
}

impl<'a> Parser<'a, '_, '_, '_> {
    /// A string, from its opening quote at the current token to behind the closing one.
    pub(super) fn quoted(&mut self) -> Parsed<&'a [StrPart<'a>]> {
        let open = self.token;
        let mark = self.scratch.parts.len();
        let mut at = open.end as usize;
        loop {
            let start = at;
            at = self.quoted_literal(at)?;
            let stop = self.lexer.byte(at);
            let literal = Span { start: start as u32, end: at as u32 };
            self.finish_literal(literal);
            match stop {
                b'"' if at < self.lexer.len() => {
                    self.resume(at as u32 + 1);
                    break;
                }
                b'$' if self.lexer.interpolates(at) => at = self.interpolation(at)?,
                _ => return Err(self.unclosed(open.start, "'\"'")),
            }
        }
        Ok(self.take_parts(mark))
    }

    /// Takes what lies on the stack of parts above `mark`.
    pub(super) fn take_parts(&mut self, mark: usize) -> &'a [StrPart<'a>] {
        self.bump.alloc_slice_fill_iter(self.scratch.parts.drain(mark..))
    }

    /// Makes a part of the bytes collected, unless there are none.
    pub(super) fn finish_literal(&mut self, span: Span) {
        if !self.scratch.bytes.is_empty() {
            let bytes = self.bump.alloc_slice_copy(&self.scratch.bytes);
            self.scratch.bytes.clear();
            self.scratch.parts.push(StrPart::Lit(bytes, span));
        }
    }

    /// Reads `${expr}` at `at` as a part; returns the offset behind it.
    fn interpolation(&mut self, at: usize) -> Parsed<usize> {
        let (expr, end) = self.interpolated(at)?;
        self.scratch.parts.push(StrPart::Interp(self.alloc(expr)));
        Ok(end)
    }

    /// Reads `${expr}` at `at`; returns the offset behind it, from which the caller goes on in its own mode.
    pub(super) fn interpolated(&mut self, at: usize) -> Parsed<(Expr<'a>, usize)> {
        let open = Span { start: at as u32, end: at as u32 + 2 };
        self.ahead = None;
        self.resume(open.end);
        let expr = self.expr()?;
        if self.token.kind != Kind::BraceClose {
            let mut error = self.unexpected(&["'}'"]);
            error.note.get_or_insert_with(|| Note {
                message: "the interpolation opened here is not closed".to_owned(),
                span: open,
            });
            return Err(error);
        }
        Ok((expr, self.token.end as usize))
    }

    /// The error that the file ends inside of the string that began at `start`.
    pub(super) fn unclosed(&self, start: u32, expected: &str) -> Box<SyntaxError> {
        let end = self.lexer.len() as u32;
        let mut error = error(
            format!("syntax error, unexpected end of file, expecting {expected}"),
            Span { start: end, end },
        );
        error.note = Some(Note {
            message: "the string opened here is not closed".to_owned(),
            span: Span { start, end: start + 1 },
        });
        error
    }

    /// Collects the literal bytes from `at` to the closing quote, the next interpolation or the end of the file, and
    /// returns where that is. Escapes are resolved, and each CR and CR LF becomes LF.
    fn quoted_literal(&mut self, mut at: usize) -> Parsed<usize> {
        let start = at;
        let mut has_zero = false;
        loop {
            let from = at;
            while !matches!(self.lexer.byte(at), b'"' | b'\\' | b'$' | b'\r' | 0) {
                at += 1;
            }
            self.scratch.bytes.extend_from_slice(self.lexer.slice(from, at));
            let next = self.lexer.byte(at + 1);
            match self.lexer.byte(at) {
                b'\r' => {
                    self.scratch.bytes.push(b'\n');
                    at += if next == b'\n' { 2 } else { 1 };
                }
                b'\\' if next != 0 => {
                    self.scratch.bytes.push(unescape(next));
                    at += 2;
                }
                b'$' if next != b'{' && at + 1 < self.lexer.len() => {
                    // A second dollar is a literal as well, whatever follows it.
                    self.scratch.bytes.push(b'$');
                    at += 1;
                    if next == b'$' {
                        self.scratch.bytes.push(b'$');
                        at += 1;
                    }
                }
                0 if at < self.lexer.len() => {
                    has_zero = true;
                    self.scratch.bytes.push(0);
                    at += 1;
                }
                _ if has_zero => {
                    let span = Span { start: start as u32, end: at as u32 };
                    return Err(zero_byte(&self.scratch.bytes, span));
                }
                _ => return Ok(at),
            }
        }
    }

    /// A path, from its first piece at the current token. Nix's scanner cuts path text into pieces where slashes follow
    /// each other, and its grammar takes a second piece only before an interpolation or behind one.
    pub(super) fn path(&mut self) -> Parsed<&'a [StrPart<'a>]> {
        let token = self.token;
        let mark = self.scratch.parts.len();
        let mut at = token.start as usize;
        let mut end = token.end as usize;
        let mut interpolated = false;
        loop {
            let mut pieces = 0;
            let mut piece = Span::default();
            while at < end {
                piece = Span { start: at as u32, end: self.lexer.path_piece(at, end) as u32 };
                pieces += 1;
                if pieces > 2 && !interpolated {
                    return Err(error("syntax error, unexpected string, expecting '${'", piece));
                }
                at = piece.end as usize;
                let text = self.lexer.slice(piece.start as usize, at);
                self.scratch.parts.push(StrPart::Lit(self.bump.alloc_slice_copy(text), piece));
            }
            if self.lexer.interpolates(at) {
                at = self.interpolation(at)?;
                end = self.lexer.path_end(at);
                interpolated = true;
                continue;
            }
            if pieces > 0 && self.lexer.byte(at - 1) == b'/' {
                // As in Nix, the place is that of the byte that should have gone on with the path.
                let (start, end) = (at as u32, self.lexer.len().min(at + 1) as u32);
                return Err(error("path has a trailing slash", Span { start, end }));
            }
            if pieces > 1 && !interpolated {
                return Err(error("syntax error, unexpected end of path, expecting '${'", piece));
            }
            break;
        }
        self.ahead = None;
        self.resume(at as u32);
        Ok(self.take_parts(mark))
    }
}

/// What a backslash and `byte` stand for.
pub(super) fn unescape(byte: u8) -> u8 {
    match byte {
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        other => other,
    }
}
