//! Parts of a large program that are lowered when they are evaluated for the first time, which for most of them is never: of a
//! text that lists ten thousand packages, an evaluation needs ten.
//!
//! A lowered program takes three times the memory of its text. So in a large text, arguments, attributes and the like that
//! are neither short nor most of it stay text, with the scopes that they stand in. What is wrong with a program is said when it
//! is read, wherever it stands: a part is lowered then too, in an arena that is emptied right away. Nothing is read more
//! than twice, since parts have no parts.

use std::cell::Cell;

use crate::ast::{self, ExprKind, StrPart};
use crate::program::{Expr, LambdaTable};
use crate::source::{FileBase, Pos};

use super::scope::{Kept, keep};
use super::{Constants, Context, LowerError, Lowered, Lowerer};

/// What stays text until it is evaluated: sizes in bytes.
#[derive(Clone, Copy, Debug)]
pub struct PartSizes {
    /// Of the texts that have parts, the least.
    pub text: usize,
    /// Of a part, the least. What is kept for one takes about a hundred bytes.
    pub least: usize,
    /// Of a part, the most.
    pub most: usize,
}

impl Default for PartSizes {
    fn default() -> Self {
        PartSizes { text: 100_000, least: 192, most: 16 << 10 }
    }
}

/// A part of a program that was not lowered yet, or is by now.
pub struct Later<'a, V> {
    lowered: Cell<Option<&'a Expr<'a, V>>>,
    /// The part's text.
    pub text: &'a [u8],
    /// Where it begins.
    pub pos: Pos,
    scopes: &'a Kept<'a>,
}

impl<V> std::fmt::Debug for Later<'_, V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Later").field("pos", &self.pos).finish_non_exhaustive()
    }
}

impl<'a, V> Later<'a, V> {
    /// What the part was lowered to, if it was.
    #[inline]
    pub fn lowered(&self) -> Option<&'a Expr<'a, V>> {
        self.lowered.get()
    }

    /// Where the places of its tree are counted from.
    pub fn base(&self) -> FileBase {
        FileBase::of(self.pos)
    }
}

impl<'a, V: Copy> Lowerer<'a, '_, '_, V> {
    /// Leaves an expression whose evaluation is put off as it is, where that is worth it.
    pub(super) fn leave(&mut self, expr: &ast::Expr<'_>) -> Result<Option<&'a Expr<'a, V>>, LowerError> {
        let Some(text) =
            self.leaving.and_then(|text| text.get(expr.span.start as usize..expr.span.end as usize))
        else {
            return Ok(None);
        };
        let PartSizes { least, most, .. } = self.context.parts;
        if !(least..=most).contains(&text.len()) || !is_computed(expr) {
            return Ok(None);
        }
        self.check(expr)?;
        let arena = self.context.arena;
        let scopes = keep(arena, &mut self.scopes, self.context.directory);
        let text = arena.alloc_slice_copy(text);
        let later = Later { lowered: Cell::new(None), text, pos: self.pos(expr.span), scopes };
        Ok(Some(self.make(Expr::Later(arena.alloc(later)))))
    }

    /// Finds what is wrong with an expression.
    fn check(&mut self, expr: &ast::Expr<'_>) -> Result<(), LowerError> {
        let mut scratch = self.scratch.take().unwrap_or_default();
        let result = {
            let (lambdas, constants) = (LambdaTable::new(), Unkept(self.context.constants));
            let context = Context {
                arena: &scratch,
                symbols: self.context.symbols,
                lambdas: &lambdas,
                constants: &constants,
                ..*self.context
            };
            let around = &self.scopes;
            Lowerer { context: &context, around, scopes: Vec::new(), leaving: None, scratch: None }
                .expr(expr)
                .map(|_| ())
        };
        scratch.reset();
        self.scratch = Some(scratch);
        result
    }
}

/// Lowers a part, whose tree is `expr`. The part has a directory and scopes of its own; those of the context do not count.
///
/// # Errors
/// None, if the tree is that of the part's text.
pub fn lower_part<'a, V: Copy>(
    context: &Context<'a, '_, '_, V>,
    part: &'a Later<'a, V>,
    expr: &ast::Expr<'_>,
) -> Lowered<'a, V> {
    let (scopes, directory) = part.scopes.scopes();
    let context = Context { directory, ..*context };
    let lowered =
        Lowerer { context: &context, around: &[], scopes, leaving: None, scratch: None }.expr(expr)?;
    part.lowered.set(Some(lowered));
    Ok(lowered)
}

/// Whether evaluating an expression is work that can be put off, for Nix as well: one can see whether it was done.
fn is_computed(expr: &ast::Expr<'_>) -> bool {
    match expr.kind {
        ExprKind::Str(parts) => parts.iter().any(|part| matches!(part, StrPart::Interp(_))),
        ExprKind::List(items) => !items.is_empty(),
        ExprKind::Select { .. }
        | ExprKind::Apply { .. }
        | ExprKind::Let { .. }
        | ExprKind::AttrSet { .. }
        | ExprKind::With { .. }
        | ExprKind::If { .. }
        | ExprKind::Assert { .. }
        | ExprKind::Binary { .. } => true,
        _ => false,
    }
}

/// Values that nobody will look at.
struct Unkept<'c, V>(&'c dyn Constants<V>);

impl<V> Constants<V> for Unkept<'_, V> {
    fn int(&self, value: i64) -> V {
        self.0.int(value)
    }

    fn float(&self, value: f64) -> V {
        self.0.float(value)
    }

    fn string(&self, _: &[u8]) -> V {
        self.0.int(0)
    }

    fn path(&self, _: &[u8]) -> V {
        self.0.int(0)
    }

    fn global(&self, name: &[u8]) -> Option<V> {
        self.is_global(name).then(|| self.0.int(0))
    }

    fn is_global(&self, name: &[u8]) -> bool {
        self.0.is_global(name)
    }

    fn home(&self) -> Result<Vec<u8>, String> {
        self.0.home()
    }
}
