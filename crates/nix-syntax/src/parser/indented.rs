//! Strings in double single quotes, and the removal of their indentation.
//!
//! The indentation that all lines share is removed. Only blanks count as indentation; a line of blanks alone has no say,
//! and the last line is dropped down to its line break when nothing but blanks stands before the closing quotes. An
//! escape or an interpolation ends the indentation of its line. A line break keeps its carriage return.

use super::string::{unescape, zero_byte};
use super::{Parsed, Parser};
use crate::ast::{Expr, ExprKind, Span, StrPart};

/// What an indented string is cut into before its indentation is known.
#[derive(Clone, Copy, Debug)]
pub(super) enum Piece<'a> {
    /// Text as it is written.
    Text(Span),
    /// One or two bytes that an escape stands for, or a quote or dollar that is none.
    Escape { bytes: [u8; 2], len: u8, span: Span },
    /// `${expr}`
    Interp(&'a Expr<'a>),
}

/// How far into the blanks of a line the removal has come.
struct Margin {
    width: usize,
    at_line_start: bool,
    dropped: usize,
}

impl<'a> Parser<'a, '_, '_, '_> {
    /// An indented string, from its opening quotes at the current token to behind the closing ones.
    pub(super) fn indented(&mut self) -> Parsed<&'a [StrPart<'a>]> {
        let open = self.token;
        let mark = self.scratch.pieces.len();
        let mut at = open.end as usize;
        loop {
            at = self.indented_text(at)?;
            let pair = |byte: u8| ([byte, 0], 1);
            let (width, (bytes, len)) = match (self.lexer.byte(at), self.lexer.byte(at + 1)) {
                (b'$', b'{') => {
                    let (expr, end) = self.interpolated(at)?;
                    let expr = self.alloc(expr);
                    self.scratch.pieces.push(Piece::Interp(expr));
                    at = end;
                    continue;
                }
                (b'$', _) => (1, pair(b'$')),
                (b'\'', b'\'') => match self.lexer.byte(at + 2) {
                    b'$' => (3, pair(b'$')),
                    b'\'' => (3, ([b'\'', b'\''], 2)),
                    b'\\' if at + 3 < self.lexer.len() => {
                        let escaped = self.lexer.byte(at + 3);
                        if escaped == 0 {
                            return Err(zero_byte(&[0], Span { start: at as u32, end: at as u32 + 4 }));
                        }
                        (4, pair(unescape(escaped)))
                    }
                    _ => break,
                },
                (b'\'', _) => (1, pair(b'\'')),
                _ => {
                    return Err(
                        self.unclosed(open.start, "indented string or '${' or end of an indented string")
                    );
                }
            };
            let span = Span { start: at as u32, end: (at + width) as u32 };
            self.scratch.pieces.push(Piece::Escape { bytes, len, span });
            at += width;
        }
        self.ahead = None;
        self.resume(at as u32 + 2);
        let parts = self.strip(mark);
        // As in Nix, nothing but a plain string inside is that string.
        if let [StrPart::Interp(Expr { kind: ExprKind::Str(inner @ ([] | [StrPart::Lit(..)])), .. })] = parts
        {
            return Ok(inner);
        }
        Ok(parts)
    }

    /// Takes the text from `at` up to the next quote or dollar that may mean something.
    fn indented_text(&mut self, start: usize) -> Parsed<usize> {
        let mut at = start;
        let mut has_zero = false;
        loop {
            while !matches!(self.lexer.byte(at), b'\'' | b'$' | 0) {
                at += 1;
            }
            let (here, next) = (self.lexer.byte(at), self.lexer.byte(at + 1));
            match here {
                0 if at < self.lexer.len() => {
                    has_zero = true;
                    at += 1;
                }
                // Such a quote or dollar takes the next byte along, which then means nothing by itself.
                b'\'' if at + 1 < self.lexer.len() && !matches!(next, b'\'' | b'$' | 0) => at += 2,
                b'$' if at + 1 < self.lexer.len() && !matches!(next, b'\'' | b'{' | 0) => at += 2,
                _ => break,
            }
        }
        if has_zero {
            let span = Span { start: start as u32, end: at as u32 };
            return Err(zero_byte(self.lexer.slice(start, at), span));
        }
        if at > start {
            self.scratch.pieces.push(Piece::Text(Span { start: start as u32, end: at as u32 }));
        }
        Ok(at)
    }

    /// Turns the pieces above `mark` into parts, each into one, as Nix does; those that come out empty are dropped.
    fn strip(&mut self, mark: usize) -> &'a [StrPart<'a>] {
        let parts = self.scratch.parts.len();
        let width = self.margin(self.scratch.pieces.get(mark..).unwrap_or(&[]));
        let mut margin = Margin { width, at_line_start: true, dropped: 0 };
        let mut at = mark;
        while let Some(piece) = self.scratch.pieces.get(at).copied() {
            at += 1;
            let (text, span): (&[u8], Span) = match &piece {
                Piece::Text(span) => (self.lexer.slice(span.start as usize, span.end as usize), *span),
                Piece::Escape { bytes, len, span } => {
                    (bytes.get(..usize::from(*len)).unwrap_or(bytes), *span)
                }
                Piece::Interp(expr) => {
                    self.scratch.parts.push(StrPart::Interp(expr));
                    margin.at_line_start = false;
                    margin.dropped = 0;
                    continue;
                }
            };
            margin.copy(text, &mut self.scratch.bytes);
            if at == self.scratch.pieces.len() {
                drop_blank_line(&mut self.scratch.bytes);
            }
            self.finish_literal(span);
        }
        self.scratch.pieces.truncate(mark);
        self.take_parts(parts)
    }

    /// The number of blanks that every line begins with.
    fn margin(&self, pieces: &[Piece<'a>]) -> usize {
        let mut least = usize::MAX;
        let mut at_line_start = true;
        let mut indent = 0;
        for piece in pieces {
            let Piece::Text(span) = piece else {
                if at_line_start {
                    at_line_start = false;
                    least = least.min(indent);
                }
                continue;
            };
            let mut text = self.lexer.slice(span.start as usize, span.end as usize);
            loop {
                if at_line_start {
                    let blanks = text.iter().take_while(|&&c| c == b' ').count();
                    indent += blanks;
                    text = text.get(blanks..).unwrap_or(&[]);
                    match text.first() {
                        None => break,
                        Some(b'\n') => {}
                        Some(_) => {
                            at_line_start = false;
                            least = least.min(indent);
                        }
                    }
                }
                let Some(line) = text.iter().position(|&c| c == b'\n') else { break };
                text = text.get(line + 1..).unwrap_or(&[]);
                at_line_start = true;
                indent = 0;
            }
        }
        least
    }
}

impl Margin {
    /// Copies `text` to `out` without the margin of its lines.
    fn copy(&mut self, mut text: &[u8], out: &mut Vec<u8>) {
        loop {
            if self.at_line_start {
                let blanks = text.iter().take_while(|&&c| c == b' ').count();
                let drop = blanks.min(self.width.saturating_sub(self.dropped));
                self.dropped += blanks;
                out.extend_from_slice(text.get(drop..blanks).unwrap_or(&[]));
                text = text.get(blanks..).unwrap_or(&[]);
                match text.first() {
                    None => return,
                    Some(b'\n') => {}
                    Some(_) => self.at_line_start = false,
                }
                self.dropped = 0;
            }
            match text.iter().position(|&c| c == b'\n') {
                Some(line) => {
                    out.extend_from_slice(text.get(..=line).unwrap_or(&[]));
                    text = text.get(line + 1..).unwrap_or(&[]);
                    self.at_line_start = true;
                }
                None => {
                    out.extend_from_slice(text);
                    return;
                }
            }
        }
    }
}

/// Drops the blanks behind the last line break, when there is nothing else.
fn drop_blank_line(bytes: &mut Vec<u8>) {
    if let Some(line) = bytes.iter().rposition(|&c| c == b'\n')
        && bytes.iter().skip(line + 1).all(|&c| c == b' ')
    {
        bytes.truncate(line + 1);
    }
}
