//! Keeps the tree from being deeper than a reader that recurses can bear.
//!
//! The parser's own recursion is counted while it runs. Chains such as `a + b + c` and `f a b c` are read in a loop and
//! make a deep tree without recursion, so a tree that might be too deep because of them is measured at the end.

use super::{Parsed, error};
use crate::ast::{AttrName, Binding, Expr, ExprKind, Param, StrPart};

/// The message for a text that nests too deeply.
pub const TOO_DEEP: &str = "expression nested too deeply";

/// What is known of the tree's depth while it is built.
#[derive(Default)]
pub(super) struct Tally {
    deepest: u32,
    longest: u32,
    links: u32,
}

impl Tally {
    /// The parser is at this depth.
    pub(super) fn level(&mut self, depth: u32) {
        self.deepest = self.deepest.max(depth);
    }

    /// A chain of this many links was read.
    pub(super) fn chain(&mut self, links: u32) {
        self.longest = self.longest.max(links);
        self.links = self.links.saturating_add(links);
    }

    /// Whether the tree may be deeper than `limit`. A level of recursion adds at most four nodes besides its chains, of
    /// which it has at most 14: one for each level of operators, one of pipes, one of applications.
    pub(super) fn may_exceed(&self, limit: u32) -> bool {
        let chains = self.longest.saturating_mul(14).saturating_mul(self.deepest).min(self.links);
        self.deepest.saturating_mul(4).saturating_add(chains) > limit
    }
}

/// Measures a tree without recursion.
pub(super) fn check<'a>(root: &'a Expr<'a>, limit: u32) -> Parsed<()> {
    let mut open = vec![(root, 1u32)];
    while let Some((expr, depth)) = open.pop() {
        if depth > limit {
            return Err(error(TOO_DEEP, expr.span));
        }
        children(expr, &mut |child| open.push((child, depth + 1)));
    }
    Ok(())
}

/// Shows the expressions that `expr` is directly made of.
pub(crate) fn children<'a>(expr: &'a Expr<'a>, visit: &mut impl FnMut(&'a Expr<'a>)) {
    match expr.kind {
        ExprKind::Int(_) | ExprKind::Float(_) | ExprKind::SearchPath(_) | ExprKind::Ident(_) => {}
        ExprKind::Str(parts) | ExprKind::Path(parts) => {
            for part in parts {
                if let StrPart::Interp(expr) = part {
                    visit(expr);
                }
            }
        }
        ExprKind::Select { base, path, default } => {
            visit(base);
            names(path, visit);
            if let Some(default) = default {
                visit(default);
            }
        }
        ExprKind::HasAttr { base, path } => {
            visit(base);
            names(path, visit);
        }
        ExprKind::Lambda { param, body } => {
            if let Param::Formals(formals) = param {
                formals.formals.iter().filter_map(|formal| formal.default).for_each(&mut *visit);
            }
            visit(body);
        }
        ExprKind::Let { bindings: all, body } => {
            bindings(all, visit);
            visit(body);
        }
        ExprKind::LegacyLet { bindings: all } | ExprKind::AttrSet { bindings: all, .. } => {
            bindings(all, visit)
        }
        ExprKind::List(items) => items.iter().for_each(visit),
        ExprKind::If { cond, yes, no } => [cond, yes, no].into_iter().for_each(visit),
        ExprKind::Apply { func: first, arg: second }
        | ExprKind::With { scope: first, body: second }
        | ExprKind::Assert { cond: first, body: second }
        | ExprKind::Binary { left: first, right: second, .. } => {
            visit(first);
            visit(second);
        }
        ExprKind::Not(inner) | ExprKind::Neg(inner) => visit(inner),
    }
}

fn names<'a>(path: &'a [AttrName<'a>], visit: &mut impl FnMut(&'a Expr<'a>)) {
    for name in path {
        if let AttrName::Dynamic(expr) = name {
            visit(expr);
        }
    }
}

fn bindings<'a>(bindings: &'a [Binding<'a>], visit: &mut impl FnMut(&'a Expr<'a>)) {
    for binding in bindings {
        match binding {
            Binding::Attr { path, value, .. } => {
                names(path, visit);
                visit(value);
            }
            Binding::Inherit { from, .. } => from.iter().for_each(|from| visit(from)),
        }
    }
}
