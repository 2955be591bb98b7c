//! From the syntax tree to the program: scopes are resolved, definitions merged, sugar removed.

mod bindings;
mod frames;
mod later;
pub(crate) mod merge;
mod scope;
mod text;

use crate::arena::Arena;
use thiserror::Error;

use crate::ast::{self, AttrName, BinOp, ExprKind, Span};
use crate::program::{Attr, Delayed, Expr, Formal, Formals, InlineCache, Lambda, LambdaTable, Selection};
use crate::source::{FileBase, Pos};
use crate::symbol::{Symbol, Symbols};
pub use later::{Later, PartSizes, lower_part};
use scope::{Resolved, Scope};
pub(crate) use text::absolute_path;
pub use text::canonical_path;

/// What is wrong with a program that parses: an unknown variable, a name defined twice.
#[derive(Debug, Error, Clone, PartialEq, Eq)]
#[error("{message}")]
pub struct LowerError {
    /// What is wrong, in Nix's words where Nix has them.
    pub message: String,
    /// Where.
    pub span: Span,
    /// A further place that belongs to it, with what it is.
    pub related: Option<(Span, String)>,
}

/// Makes the evaluator's values out of literals and names of the language.
pub trait Constants<V> {
    /// An integer.
    fn int(&self, value: i64) -> V;
    /// A floating-point number.
    fn float(&self, value: f64) -> V;
    /// A string without context.
    fn string(&self, bytes: &[u8]) -> V;
    /// A path, absolute; it ends in a slash only as the first piece of an interpolated one.
    fn path(&self, bytes: &[u8]) -> V;
    /// The global with this name, such as `true`, `builtins` or `map`.
    fn global(&self, name: &[u8]) -> Option<V>;
    /// Whether there is a global with this name. It is not looked at.
    fn is_global(&self, name: &[u8]) -> bool;
    /// The directory that `~` means, or why there is none.
    fn home(&self) -> Result<Vec<u8>, String>;
}

/// What lowering needs to know about a file and its surroundings.
pub struct Context<'a, 'c, 'n, V> {
    /// The arena of the program.
    pub arena: &'a Arena,
    /// The names.
    pub symbols: &'c Symbols<'n>,
    /// Where code and lambdas get their numbers.
    pub lambdas: &'c LambdaTable<'a, V>,
    /// The maker of values.
    pub constants: &'c dyn Constants<V>,
    /// Where the file's places begin.
    pub base: FileBase,
    /// The directory that relative paths start from, absolute.
    pub directory: &'c [u8],
    /// Names of an outermost frame (`scopedImport`, the REPL), in the order of its slots.
    pub scope: &'c [Symbol],
    /// What is lowered when it is evaluated.
    pub parts: PartSizes,
}

/// Lowers a file, whose text is `text` and whose tree `expr`. The result is evaluated in no frame at all, or in the one that [`Context::scope`] names.
///
/// # Errors
/// A variable that nothing defines, a definition given twice, a computed name where none may be.
pub fn lower<'a, V: Copy>(
    context: &Context<'a, '_, '_, V>,
    text: &[u8],
    expr: &ast::Expr<'_>,
) -> Result<&'a Expr<'a, V>, LowerError> {
    let mut scopes = Vec::new();
    if !context.scope.is_empty() {
        scopes.push(Scope::frame(context.scope.iter().enumerate().map(|(slot, name)| (*name, slot as u32))));
    }
    let leaving = (text.len() >= context.parts.text).then_some(text);
    Lowerer { context, around: &[], scopes, leaving, scratch: None }.expr(expr)
}

struct Lowerer<'a, 'c, 'n, V> {
    context: &'c Context<'a, 'c, 'n, V>,
    /// The scopes around those below.
    around: &'c [Scope<'c>],
    scopes: Vec<Scope<'a>>,
    /// The text of which parts are left to be lowered later.
    leaving: Option<&'c [u8]>,
    /// Where parts are lowered only to find what is wrong with them.
    scratch: Option<Arena>,
}

type Lowered<'a, V> = Result<&'a Expr<'a, V>, LowerError>;

impl<'a, V: Copy> Lowerer<'a, '_, '_, V> {
    fn pos(&self, span: Span) -> Pos {
        self.context.base.at(span.start)
    }

    fn make(&self, expr: Expr<'a, V>) -> &'a Expr<'a, V> {
        self.context.arena.alloc(expr)
    }

    fn constant(&self, value: V) -> &'a Expr<'a, V> {
        self.make(Expr::Const(value))
    }

    fn slice<T>(&self, items: Vec<T>) -> &'a [T] {
        self.context.arena.alloc_slice_fill_iter(items)
    }

    fn delayed(&mut self, expr: &ast::Expr<'_>) -> Result<Delayed<'a, V>, LowerError> {
        let left = self.leave(expr)?;
        Ok(Delayed { expr: left.map_or_else(|| self.expr(expr), Ok)? })
    }

    fn variable(&self, name: Symbol, span: Span, skip: usize) -> Lowered<'a, V> {
        let pos = self.pos(span);
        Ok(self.make(match scope::resolve(self.inside_out(), name, skip, self.context.arena) {
            Resolved::Slot { level: 0, slot } => Expr::Local { slot, name, pos },
            Resolved::Slot { level, slot } => Expr::Outer { level, slot, name, pos },
            Resolved::Unbound { withs } => {
                let text = self.context.symbols.name(name);
                if text == b"__curPos" {
                    Expr::CurPos(pos)
                } else if let Some(value) = self.context.constants.global(text) {
                    Expr::Const(value)
                } else if !withs.is_empty() {
                    Expr::FromWith { levels: withs, name, pos }
                } else {
                    let text = String::from_utf8_lossy(text).into_owned();
                    return Err(LowerError {
                        message: format!("undefined variable '{text}'"),
                        span,
                        related: None,
                    });
                }
            }
        }))
    }

    /// The scopes from the innermost one outwards.
    fn inside_out(&self) -> impl Iterator<Item = &Scope<'_>> + Clone {
        self.scopes.iter().rev().chain(self.around.iter().rev())
    }

    /// Whether the program itself defines `name`, so that an operator written with it means something else.
    fn shadowed(&self, name: &[u8]) -> Option<Symbol> {
        let symbol = self.context.symbols.lookup(name)?;
        scope::is_bound(self.inside_out(), symbol).then_some(symbol)
    }

    fn expr(&mut self, expr: &ast::Expr<'_>) -> Lowered<'a, V> {
        let pos = self.pos(expr.span);
        let constants = self.context.constants;
        Ok(match expr.kind {
            ExprKind::Int(value) => self.constant(constants.int(value)),
            ExprKind::Float(value) => self.constant(constants.float(value)),
            ExprKind::Str(parts) => self.string(parts, pos)?,
            ExprKind::Path(parts) => self.path(parts, expr.span)?,
            ExprKind::SearchPath(name) => self.search_path(name, expr.span)?,
            ExprKind::Ident(name) => self.variable(name, expr.span, 0)?,
            ExprKind::Select { base, path, default } => {
                let base = self.expr(base)?;
                self.select(base, path, default)?
            }
            ExprKind::HasAttr { base, path } => {
                let base = self.expr(base)?;
                let path = self.attr_path(path)?;
                self.make(Expr::HasAttr { base, path })
            }
            ExprKind::Apply { .. } => self.apply(expr)?,
            ExprKind::Lambda { .. } => self.lambda(expr)?,
            ExprKind::Let { bindings, body } => self.let_in(bindings, body)?,
            ExprKind::LegacyLet { bindings } => {
                let base = self.attr_set(true, bindings, expr.span)?;
                let name = self.context.symbols.intern(b"body");
                self.make(Expr::Select { base, name, pos, cache: InlineCache::default() })
            }
            ExprKind::AttrSet { recursive, bindings } => self.attr_set(recursive, bindings, expr.span)?,
            ExprKind::List(items) => {
                let items = items.iter().map(|item| self.delayed(item)).collect::<Result<Vec<_>, _>>()?;
                self.make(Expr::List(self.slice(items)))
            }
            ExprKind::With { scope, body } => {
                let scope = self.delayed(scope)?;
                self.scopes.push(Scope::with());
                let body = self.expr(body);
                self.scopes.pop();
                self.make(Expr::With { scope, body: body?, pos })
            }
            ExprKind::If { cond, yes, no } => {
                let (cond, yes, no) = (self.expr(cond)?, self.expr(yes)?, self.expr(no)?);
                self.make(Expr::If { cond, yes, no, pos })
            }
            ExprKind::Assert { cond, body } => {
                let lowered = self.expr(cond)?;
                let text = self.context.arena.alloc_str(&String::from_utf8_lossy(&self.show(cond)?));
                let (cond, body) = (lowered, self.expr(body)?);
                self.make(Expr::Assert { cond, body, text: self.context.arena.alloc(text), pos })
            }
            ExprKind::Not(operand) => {
                let operand = self.expr(operand)?;
                self.make(Expr::Not { operand, pos })
            }
            ExprKind::Neg(operand) => {
                let left = self.constant(constants.int(0));
                let right = self.expr(operand)?;
                self.arith(BinOp::Sub, left, right, pos)?
            }
            ExprKind::Binary { op, op_span, left, right } => {
                self.binary(op, self.pos(op_span), left, right)?
            }
        })
    }

    /// `<name>` means `__findFile __nixPath "name"`, with whatever those two are where it stands.
    fn search_path(&mut self, name: &[u8], span: Span) -> Lowered<'a, V> {
        let symbols = self.context.symbols;
        let func = self.variable(symbols.intern(b"__findFile"), span, 0)?;
        let path = self.variable(symbols.intern(b"__nixPath"), span, 0)?;
        let name = self.constant(self.context.constants.string(name));
        let args = self.slice(vec![Delayed { expr: path }, Delayed { expr: name }]);
        Ok(self.make(Expr::Call { func, args, pos: self.pos(span) }))
    }

    fn attr(&mut self, name: &AttrName<'_>) -> Result<Attr<'a, V>, LowerError> {
        Ok(match name {
            AttrName::Static(symbol, span) => Attr::Static(*symbol, self.pos(*span), InlineCache::default()),
            AttrName::Dynamic(inner) => Attr::Dynamic(self.expr(inner)?, self.pos(inner.span)),
        })
    }

    fn attr_path(&mut self, path: &[AttrName<'_>]) -> Result<&'a [Attr<'a, V>], LowerError> {
        let path = path.iter().map(|name| self.attr(name)).collect::<Result<Vec<_>, _>>()?;
        Ok(self.slice(path))
    }

    fn select(
        &mut self,
        base: &'a Expr<'a, V>,
        path: &[AttrName<'_>],
        default: Option<&ast::Expr<'_>>,
    ) -> Lowered<'a, V> {
        let is_static = path.iter().all(|name| matches!(name, AttrName::Static(..)));
        if default.is_some() || !is_static {
            let default = default.map(|default| self.expr(default)).transpose()?;
            let path = self.attr_path(path)?;
            return Ok(self.make(Expr::SelectPath(self.context.arena.alloc(Selection {
                base,
                path,
                default,
            }))));
        }
        let mut result = base;
        for name in path {
            if let AttrName::Static(name, span) = name {
                let pos = self.pos(*span);
                result =
                    self.make(Expr::Select { base: result, name: *name, pos, cache: InlineCache::default() });
            }
        }
        Ok(result)
    }

    fn apply(&mut self, expr: &ast::Expr<'_>) -> Lowered<'a, V> {
        let mut args = Vec::new();
        let mut func = expr;
        while let ExprKind::Apply { func: inner, arg } = func.kind {
            args.push(arg);
            func = inner;
        }
        let lowered = self.expr(func)?;
        let args = args.into_iter().rev().map(|arg| self.delayed(arg)).collect::<Result<Vec<_>, _>>()?;
        Ok(self.make(Expr::Call { func: lowered, args: self.slice(args), pos: self.pos(expr.span) }))
    }

    /// Curried plain arguments, and a pattern behind them, share one frame.
    fn lambda(&mut self, expr: &ast::Expr<'_>) -> Lowered<'a, V> {
        let mut params = Vec::new();
        let mut pattern = None;
        let mut body = expr;
        let mut starts = Vec::new();
        while let ExprKind::Lambda { param, body: inner } = body.kind {
            starts.push(self.pos(body.span));
            body = inner;
            match param {
                ast::Param::Ident(name, _) => params.push(name),
                ast::Param::Formals(formals) => {
                    pattern = Some(formals);
                    break;
                }
            }
        }
        let mut names: Vec<(Symbol, u32)> =
            params.iter().enumerate().map(|(slot, name)| (*name, slot as u32)).collect();
        let mut sorted: Vec<&ast::Formal<'_>> = Vec::new();
        let mut at = None;
        if let Some(formals) = pattern {
            if let Some((name, _)) = formals.at {
                at = Some((name, names.len() as u32));
                names.push((name, names.len() as u32));
            }
            sorted = formals.formals.iter().collect();
            sorted.sort_by_key(|formal| formal.name);
            for formal in &sorted {
                names.push((formal.name, names.len() as u32));
            }
        }
        let frame = names.len() as u32;
        let first_slot = frame - sorted.len() as u32;
        self.scopes.push(Scope::arguments(names));
        let result = self.lambda_inside(&sorted, body);
        self.scopes.pop();
        let (formals, body) = result?;
        let lambda = self.context.arena.alloc(Lambda {
            arity: params.len() as u32 + u32::from(pattern.is_some()),
            frame,
            formals: pattern.map(|given| Formals { formals, ellipsis: given.ellipsis, at, first_slot }),
            body,
            keeps: frames::kept(formals, body),
            params: self.slice(params),
            name: std::cell::Cell::new(None),
            pos: self.pos(expr.span),
            inner: self.context.arena.alloc_slice_copy(starts.get(1..).unwrap_or(&[])),
        });
        Ok(self.make(Expr::Lambda(self.context.lambdas.push(self.context.arena, lambda))))
    }

    #[allow(clippy::type_complexity, reason = "a pair of two borrowed results")]
    fn lambda_inside(
        &mut self,
        sorted: &[&ast::Formal<'_>],
        body: &ast::Expr<'_>,
    ) -> Result<(&'a [Formal<'a, V>], &'a Expr<'a, V>), LowerError> {
        let mut formals = Vec::with_capacity(sorted.len());
        for formal in sorted {
            formals.push(Formal {
                name: formal.name,
                pos: self.pos(formal.span),
                default: formal.default.map(|default| self.delayed(default)).transpose()?,
            });
        }
        Ok((self.slice(formals), self.expr(body)?))
    }

    fn arith(
        &mut self,
        op: BinOp,
        left: &'a Expr<'a, V>,
        right: &'a Expr<'a, V>,
        pos: Pos,
    ) -> Lowered<'a, V> {
        let function: &[u8] = match op {
            BinOp::Sub => b"__sub",
            BinOp::Mul => b"__mul",
            _ => b"__div",
        };
        if let Some(call) = self.shadowed_call(function, left, right, pos)? {
            return Ok(call);
        }
        Ok(self.make(Expr::Arith { op, left, right, pos }))
    }

    /// Nix reads some operators as calls of a function by name, which a program may define for itself.
    fn shadowed_call(
        &mut self,
        function: &[u8],
        left: &'a Expr<'a, V>,
        right: &'a Expr<'a, V>,
        pos: Pos,
    ) -> Result<Option<&'a Expr<'a, V>>, LowerError> {
        let Some(name) = self.shadowed(function) else { return Ok(None) };
        let func = self.variable(name, Span::default(), 0)?;
        let args = self.slice(vec![Delayed { expr: left }, Delayed { expr: right }]);
        Ok(Some(self.make(Expr::Call { func, args, pos })))
    }

    fn less(
        &mut self,
        left: &'a Expr<'a, V>,
        right: &'a Expr<'a, V>,
        negate: bool,
        pos: Pos,
    ) -> Lowered<'a, V> {
        if let Some(operand) = self.shadowed_call(b"__lessThan", left, right, pos)? {
            return Ok(if negate { self.make(Expr::Not { operand, pos }) } else { operand });
        }
        Ok(self.make(Expr::Less { left, right, negate, pos }))
    }

    fn binary(&mut self, op: BinOp, pos: Pos, left: &ast::Expr<'_>, right: &ast::Expr<'_>) -> Lowered<'a, V> {
        if op == BinOp::Concat {
            let mut parts = Vec::new();
            self.concat_parts(left, right, &mut parts)?;
            return Ok(self.make(Expr::ConcatLists { parts: self.slice(parts), pos }));
        }
        let left = self.expr(left)?;
        let right = self.expr(right)?;
        Ok(match op {
            BinOp::Add => self.make(Expr::Add { left, right, pos }),
            BinOp::Sub | BinOp::Mul | BinOp::Div => self.arith(op, left, right, pos)?,
            BinOp::Update => self.make(Expr::Update { left, right, pos }),
            BinOp::Eq => self.make(Expr::Equal { left, right, negate: false, pos }),
            BinOp::NotEq => self.make(Expr::Equal { left, right, negate: true, pos }),
            BinOp::Less => self.less(left, right, false, pos)?,
            BinOp::MoreEq => self.less(left, right, true, pos)?,
            BinOp::More => self.less(right, left, false, pos)?,
            BinOp::LessEq => self.less(right, left, true, pos)?,
            BinOp::And => self.make(Expr::And { left, right, pos }),
            BinOp::Or => self.make(Expr::Or { left, right, pos }),
            BinOp::Implies => self.make(Expr::Implies { left, right, pos }),
            BinOp::PipeLeft => {
                let args = self.slice(vec![Delayed { expr: right }]);
                self.make(Expr::Call { func: left, args, pos })
            }
            BinOp::PipeRight => {
                let args = self.slice(vec![Delayed { expr: left }]);
                self.make(Expr::Call { func: right, args, pos })
            }
            BinOp::Concat => self.make(Expr::ConcatLists { parts: self.slice(vec![left, right]), pos }),
        })
    }

    /// `a ++ b ++ c` is right-associative: the chain becomes one node, so that the result is sized once.
    fn concat_parts(
        &mut self,
        left: &ast::Expr<'_>,
        right: &ast::Expr<'_>,
        parts: &mut Vec<&'a Expr<'a, V>>,
    ) -> Result<(), LowerError> {
        parts.push(self.expr(left)?);
        let mut rest = right;
        while let ExprKind::Binary { op: BinOp::Concat, left, right, .. } = rest.kind {
            parts.push(self.expr(left)?);
            rest = right;
        }
        parts.push(self.expr(rest)?);
        Ok(())
    }
}
