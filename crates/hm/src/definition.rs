//! Where in a Nix file a directive of a unit is written, once it is known where the unit is.
//!
//! The manifest has the place of each unit. That of a directive is looked for in the text, and only when there is something
//! to say of it: positions of every key of a thousand units would cost more than the rest of their evaluation.

use std::collections::HashMap;
use std::fs;

use hm_generation::manifest::Position;
use nix_syntax::arena::Arena;
use nix_syntax::ast::{AttrName, Binding, Expr, ExprKind, Span, StrPart};
use nix_syntax::parser::{ParseOptions, parse};
use nix_syntax::symbol::Symbols;

/// Files that were read while looking.
#[derive(Default)]
pub(crate) struct Finder {
    texts: HashMap<String, Option<Vec<u8>>>,
}

impl Finder {
    /// Where the attribute is that a path leads to from a unit, such as `Service` and `ExecStart`; a part that is `None` ends
    /// the path. Nothing where the text does not show it, as when a function makes the unit.
    pub(crate) fn inside(
        &mut self,
        unit: &Position,
        name: &str,
        path: [Option<&str>; 2],
    ) -> Option<Position> {
        let text =
            self.texts.entry(unit.file.clone()).or_insert_with(|| fs::read(&unit.file).ok()).as_deref()?;
        let path: Vec<&str> = path.into_iter().map_while(|part| part).collect();
        let at = offset(text, unit)?;
        // NixOS spells `Service` as `serviceConfig`.
        let nixos = path.first().map(|section| format!("{}Config", section.to_ascii_lowercase()));
        let other: Vec<&str> = nixos.as_deref().into_iter().chain(path.iter().skip(1).copied()).collect();
        let span = find(text, at, name, &path).or_else(|| find(text, at, name, &other))?;
        Some(position(text, span, &unit.file))
    }
}

/// Where a place is in the text.
fn offset(text: &[u8], place: &Position) -> Option<u32> {
    let skip = usize::try_from(place.line).ok()?.checked_sub(1)?;
    let line: usize = text.split(|byte| *byte == b'\n').take(skip).map(|line| line.len() + 1).sum();
    u32::try_from(line + usize::try_from(place.column).ok()?.checked_sub(1)?).ok()
}

fn position(text: &[u8], span: Span, file: &str) -> Position {
    let before = text.get(..span.start as usize).unwrap_or_default();
    let start = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let line = before.iter().filter(|byte| **byte == b'\n').count() as u64 + 1;
    Position { file: file.to_owned(), line, column: (before.len() - start) as u64 + 1 }
}

/// Looks for the definition at an offset, then for the path inside it.
fn find(text: &[u8], at: u32, name: &str, path: &[&str]) -> Option<Span> {
    let (tree, names) = (bumpalo::Bump::new(), Arena::new());
    let symbols = Symbols::new(&names);
    let program = parse(&tree, &symbols, text, &ParseOptions::default()).ok()?;
    let is = |attr: &AttrName<'_>, wanted: &str| match attr {
        AttrName::Static(symbol, _) => symbols.name(*symbol) == wanted.as_bytes(),
        AttrName::Dynamic(_) => false,
    };
    let search = Search { is: &is, path };
    let mut found = None;
    visit(program, &mut |bindings| {
        for binding in bindings {
            let Binding::Attr { path: names, value, span } = binding else { continue };
            let starts = |attr: &AttrName<'_>| matches!(attr, AttrName::Static(_, span) if span.start == at);
            if found.is_some() || !(span.start == at || names.iter().any(starts)) {
                continue;
            }
            // The place is that of the whole path, or of the unit's name in it, or of the first attribute inside the unit.
            found = match names.iter().position(|attr| is(attr, name)) {
                Some(index) => search.down(names.get(index + 1..).unwrap_or_default(), value, path, None),
                None => search.among(bindings, path),
            };
        }
    });
    found
}

struct Search<'s> {
    is: &'s dyn Fn(&AttrName<'_>, &str) -> bool,
    path: &'s [&'s str],
}

impl Search<'_> {
    fn among(&self, bindings: &[Binding<'_>], path: &[&str]) -> Option<Span> {
        bindings.iter().find_map(|binding| match binding {
            Binding::Attr { path: names, value, .. } => self.down(names, value, path, None),
            Binding::Inherit { .. } => None,
        })
    }

    /// Goes down names, then into the value; `last` is the name that was gone through before.
    fn down(
        &self,
        names: &[AttrName<'_>],
        value: &Expr<'_>,
        path: &[&str],
        last: Option<Span>,
    ) -> Option<Span> {
        let Some((wanted, rest)) = path.split_first() else {
            return last.filter(|_| !self.path.is_empty());
        };
        match names.split_first() {
            Some((first @ AttrName::Static(_, span), others)) if (self.is)(first, wanted) => {
                self.down(others, value, rest, Some(*span))
            }
            Some(_) => None,
            None => match value.kind {
                ExprKind::AttrSet { bindings, .. } => self.among(bindings, path),
                // `mkIf condition { … }` and the like.
                ExprKind::Apply { arg, .. } => self.down(&[], arg, path, last),
                ExprKind::Let { body, .. } | ExprKind::With { body, .. } | ExprKind::Assert { body, .. } => {
                    self.down(&[], body, path, last)
                }
                ExprKind::Binary { left, right, .. } => {
                    self.down(&[], right, path, last).or_else(|| self.down(&[], left, path, last))
                }
                _ => None,
            },
        }
    }
}

/// Calls `see` with the definitions of every set and `let` of a program.
fn visit(expr: &Expr<'_>, see: &mut dyn FnMut(&[Binding<'_>])) {
    match &expr.kind {
        ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::SearchPath(_) | ExprKind::Ident(_) => {}
        ExprKind::Str(parts) | ExprKind::Path(parts) => {
            for part in *parts {
                if let StrPart::Interp(inner) = part {
                    visit(inner, see);
                }
            }
        }
        ExprKind::Select { base, default, .. } => {
            visit(base, see);
            if let Some(default) = default {
                visit(default, see);
            }
        }
        ExprKind::HasAttr { base, .. } => visit(base, see),
        ExprKind::Apply { func, arg } => {
            visit(func, see);
            visit(arg, see);
        }
        ExprKind::Lambda { body, .. } => visit(body, see),
        ExprKind::Let { bindings, body } => {
            definitions(bindings, see);
            visit(body, see);
        }
        ExprKind::LegacyLet { bindings } | ExprKind::AttrSet { bindings, .. } => definitions(bindings, see),
        ExprKind::List(items) => items.iter().for_each(|item| visit(item, see)),
        ExprKind::With { scope, body } => {
            visit(scope, see);
            visit(body, see);
        }
        ExprKind::If { cond, yes, no } => [cond, yes, no].into_iter().for_each(|part| visit(part, see)),
        ExprKind::Assert { cond, body } => {
            visit(cond, see);
            visit(body, see);
        }
        ExprKind::Not(inner) | ExprKind::Neg(inner) => visit(inner, see),
        ExprKind::Binary { left, right, .. } => {
            visit(left, see);
            visit(right, see);
        }
    }
}

fn definitions(bindings: &[Binding<'_>], see: &mut dyn FnMut(&[Binding<'_>])) {
    see(bindings);
    for binding in bindings {
        if let Binding::Attr { value, .. } = binding {
            visit(value, see);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_of_directives() {
        let text = "{ lib, ... }: {\n  systemd.user.services.a = {\n    Unit.After = [ ];\n    Service = lib.mkIf true {\n      ExecStart = \"\";\n    };\n  };\n  systemd.user.services = { b.Service.Type = \"\"; };\n  c.serviceConfig.Nice = 5;\n}\n";
        let check =
            |column: u64, line: u64, name: &str, path: [Option<&str>; 2], expected: Option<(u64, u64)>| {
                let mut finder = Finder::default();
                finder.texts.insert("f".to_owned(), Some(text.as_bytes().to_vec()));
                let unit = Position { file: "f".to_owned(), line, column };
                let found = finder.inside(&unit, name, path).map(|place| (place.line, place.column));
                assert_eq!(found, expected, "{name} {path:?}");
            };
        check(3, 2, "a", [Some("Service"), Some("ExecStart")], Some((5, 7)));
        check(25, 2, "a", [Some("Unit"), Some("After")], Some((3, 10)));
        check(3, 2, "a", [Some("Service"), None], Some((4, 5)));
        check(5, 3, "a", [Some("Service"), Some("ExecStart")], Some((5, 7)));
        check(29, 8, "b", [Some("Service"), Some("Type")], Some((8, 39)));
        check(3, 9, "c", [Some("Service"), Some("Nice")], Some((9, 19)));
        check(3, 2, "a", [Some("Service"), Some("Type")], None);
        check(3, 2, "a", [None, None], None);
    }
}
