//! Strings, paths, and the text of conditions.

use crate::ast::{self, Span, StrPart};
use crate::program::{Expr, Part};
use crate::show::{Surroundings, show};
use crate::source::Pos;

use super::{LowerError, Lowered, Lowerer};

impl<'a, V: Copy> Lowerer<'a, '_, '_, V> {
    /// An expression as Nix prints it.
    pub(super) fn show(&self, expr: &ast::Expr<'_>) -> Result<Vec<u8>, LowerError> {
        let home = || self.context.constants.home();
        show(
            expr,
            &Surroundings { symbols: self.context.symbols, directory: self.context.directory, home: &home },
        )
    }

    pub(super) fn string(&mut self, parts: &[StrPart<'_>], pos: Pos) -> Lowered<'a, V> {
        match parts {
            [] => Ok(self.constant(self.context.constants.string(b""))),
            [StrPart::Lit(bytes, _)] => Ok(self.constant(self.context.constants.string(bytes))),
            _ => {
                let mut lowered = Vec::with_capacity(parts.len());
                self.parts(parts, &mut lowered)?;
                if let [Part { expr: Expr::Const(_), .. }] = lowered.as_slice()
                    && !parts.iter().any(|part| matches!(part, StrPart::Interp(_)))
                    && let Some(only) = lowered.pop()
                {
                    return Ok(only.expr);
                }
                Ok(self.make(Expr::Interpolate { parts: self.slice(lowered), path: false, pos }))
            }
        }
    }

    /// Lowers the parts of a string or path; neighbouring literals become one.
    fn parts(&mut self, mut parts: &[StrPart<'_>], lowered: &mut Vec<Part<'a, V>>) -> Result<(), LowerError> {
        while let Some((first, rest)) = parts.split_first() {
            parts = rest;
            lowered.push(match first {
                StrPart::Interp(inner) => Part { expr: self.expr(inner)?, pos: self.pos(inner.span) },
                StrPart::Lit(bytes, span) => {
                    let mut joined = std::borrow::Cow::Borrowed(*bytes);
                    while let Some((StrPart::Lit(more, _), rest)) = parts.split_first() {
                        joined.to_mut().extend_from_slice(more);
                        parts = rest;
                    }
                    let expr = self.constant(self.context.constants.string(&joined));
                    Part { expr, pos: self.pos(*span) }
                }
            });
        }
        Ok(())
    }

    pub(super) fn path(&mut self, parts: &[StrPart<'_>], span: Span) -> Lowered<'a, V> {
        let pos = self.pos(span);
        let Some((StrPart::Lit(first, first_span), rest)) = parts.split_first() else {
            return Err(LowerError { message: "empty path".to_owned(), span, related: None });
        };
        let home = || self.context.constants.home();
        let absolute = absolute_path(first, self.context.directory, &home).map_err(|message| LowerError {
            message,
            span,
            related: None,
        })?;
        if rest.is_empty() {
            return Ok(self.constant(self.context.constants.path(&absolute)));
        }
        let first =
            Part { expr: self.constant(self.context.constants.path(&absolute)), pos: self.pos(*first_span) };
        let mut lowered = vec![first];
        self.parts(rest, &mut lowered)?;
        Ok(self.make(Expr::Interpolate { parts: self.slice(lowered), path: true, pos }))
    }
}

/// The first piece of a path literal made absolute; it keeps a slash at its end, which an interpolation follows.
///
/// # Errors
/// What `home` says where the path begins with `~`.
pub(crate) fn absolute_path(
    piece: &[u8],
    directory: &[u8],
    home: &dyn Fn() -> Result<Vec<u8>, String>,
) -> Result<Vec<u8>, String> {
    let mut absolute = match piece.strip_prefix(b"~") {
        Some(below) => {
            let home =
                home().map_err(|reason| format!("the path '{}' {reason}", String::from_utf8_lossy(piece)))?;
            canonical_path(&home, below.strip_prefix(b"/").unwrap_or(below))
        }
        None => canonical_path(directory, piece),
    };
    if piece.ends_with(b"/") && absolute.len() > 1 {
        absolute.push(b'/');
    }
    Ok(absolute)
}

/// `path` made absolute from `directory`, with `.` and `..` resolved by text alone, as Nix does for path literals.
pub fn canonical_path(directory: &[u8], path: &[u8]) -> Vec<u8> {
    let mut result: Vec<u8> = Vec::with_capacity(directory.len() + path.len() + 1);
    let whole = if path.first() == Some(&b'/') { [b"".as_slice(), path] } else { [directory, path] };
    for component in whole.iter().flat_map(|part| part.split(|byte| *byte == b'/')) {
        match component {
            b"" | b"." => {}
            b".." => {
                let parent = result.iter().rposition(|byte| *byte == b'/').unwrap_or(0);
                result.truncate(parent);
            }
            name => {
                result.push(b'/');
                result.extend_from_slice(name);
            }
        }
    }
    if result.is_empty() {
        result.push(b'/');
    }
    result
}
