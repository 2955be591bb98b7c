//! Definitions: attribute sets and `let`.

use crate::ast::{self, Binding, ExprKind, Span};
use crate::program::{Delayed, DynamicAttr, Expr, InlineCache, SetDef, Shape};
use crate::source::Pos;
use crate::symbol::Symbol;

use super::merge::{Def, Merged, gather};
use super::scope::Scope;
use super::{LowerError, Lowered, Lowerer};

impl<'a, V: Copy> Lowerer<'a, '_, '_, V> {
    pub(super) fn attr_set(
        &mut self,
        recursive: bool,
        bindings: &[Binding<'_>],
        span: Span,
    ) -> Lowered<'a, V> {
        let set = gather(self.context.symbols, recursive, bindings, span)?;
        self.merged(set)
    }

    fn definition(
        &mut self,
        name: Symbol,
        span: Span,
        def: Def<'_>,
        skip: usize,
        sources: &[Source<'a, V>],
    ) -> Result<Delayed<'a, V>, LowerError> {
        let expr = match def {
            Def::Expr(expr) => self.delayed(expr)?.expr,
            Def::Set(set) => self.merged(*set)?,
            Def::Inherit => self.variable(name, span, skip)?,
            Def::InheritFrom(at) => {
                let base = match sources.get(at) {
                    Some(Source::Direct(expr)) => *expr,
                    Some(Source::Slot(slot)) => {
                        self.make(Expr::Local { slot: *slot, name, pos: self.pos(span) })
                    }
                    None => return Err(LowerError { message: "no source".to_owned(), span, related: None }),
                };
                self.make(Expr::Select { base, name, pos: self.pos(span), cache: InlineCache::default() })
            }
        };
        if let Expr::Lambda(id) = expr
            && let Some(lambda) = self.context.lambdas.get(*id)
            && lambda.name.get().is_none()
        {
            lambda.name.set(Some(name));
        }
        Ok(Delayed { expr })
    }

    /// Lowers the sources of `inherit (source) …`: those that are a variable are used as they are, the others get a
    /// slot from `first_slot` on, so that each is evaluated once.
    #[allow(clippy::type_complexity, reason = "a pair of two lists")]
    fn sources(
        &mut self,
        sources: &[&ast::Expr<'_>],
        first_slot: u32,
    ) -> Result<(Vec<Source<'a, V>>, Vec<Delayed<'a, V>>), LowerError> {
        let mut result = Vec::with_capacity(sources.len());
        let mut hidden = Vec::new();
        for source in sources {
            let expr = self.expr(source)?;
            if matches!(expr, Expr::Const(_) | Expr::Local { .. } | Expr::Outer { .. }) {
                result.push(Source::Direct(expr));
            } else {
                result.push(Source::Slot(first_slot + hidden.len() as u32));
                hidden.push(Delayed { expr });
            }
        }
        Ok((result, hidden))
    }

    fn merged(&mut self, mut set: Merged<'_>) -> Lowered<'a, V> {
        set.attrs.sort_by_key(|(name, ..)| *name);
        if !set.recursive && set.sources.iter().any(|source| !matches!(source.kind, ExprKind::Ident(_))) {
            return self.with_sources(set);
        }
        if set.recursive {
            let names = set.attrs.iter().enumerate().map(|(slot, (name, ..))| (*name, slot as u32));
            self.scopes.push(Scope::frame(names));
            let result = self.set_inside(set, &[]);
            self.scopes.pop();
            return result;
        }
        let mut direct = Vec::with_capacity(set.sources.len());
        for source in &set.sources {
            direct.push(Source::Direct(self.expr(source)?));
        }
        self.set_inside(set, &direct)
    }

    /// A plain set that inherits from computed sources: they get a frame around it.
    fn with_sources(&mut self, set: Merged<'_>) -> Lowered<'a, V> {
        self.scopes.push(Scope::frame([]));
        let result = self.with_sources_inside(set);
        self.scopes.pop();
        result
    }

    fn with_sources_inside(&mut self, set: Merged<'_>) -> Lowered<'a, V> {
        let (sources, hidden) = self.sources(&set.sources, 0)?;
        let body = self.set_inside(set, &sources)?;
        Ok(self.make(Expr::Let { values: self.slice(hidden), body }))
    }

    fn set_inside(&mut self, set: Merged<'_>, given: &[Source<'a, V>]) -> Lowered<'a, V> {
        let pos = self.pos(set.span);
        let (own, hidden) = if set.recursive {
            self.sources(&set.sources, set.attrs.len() as u32)?
        } else {
            (Vec::new(), Vec::new())
        };
        let sources = if set.recursive { own.as_slice() } else { given };
        let skip = usize::from(set.recursive);
        let keys: Vec<Symbol> = set.attrs.iter().map(|(name, ..)| *name).collect();
        let positions: Vec<Pos> = set.attrs.iter().map(|(_, span, _)| self.pos(*span)).collect();
        let mut values = Vec::with_capacity(keys.len());
        for (name, span, def) in set.attrs {
            values.push(self.definition(name, span, def, skip, sources)?);
        }
        let mut dynamic = Vec::with_capacity(set.dynamic.len());
        for (name, span, def) in set.dynamic {
            let name = self.expr(name)?;
            let expr = match def {
                Def::Expr(expr) => self.delayed(expr)?.expr,
                Def::Set(nested) => self.merged(*nested)?,
                Def::Inherit | Def::InheritFrom(_) => {
                    return Err(LowerError {
                        message: "dynamic attributes not allowed in inherit".to_owned(),
                        span,
                        related: None,
                    });
                }
            };
            dynamic.push(DynamicAttr { name, value: Delayed { expr }, pos: self.pos(span) });
        }
        let overrides = if set.recursive {
            self.context.symbols.lookup(b"__overrides").and_then(|name| keys.binary_search(&name).ok())
        } else {
            None
        };
        let shape = self.context.arena.alloc(Shape::new(self.slice(keys), self.slice(positions)));
        let def = self.context.arena.alloc(SetDef {
            recursive: set.recursive,
            shape,
            values: self.slice(values),
            hidden: self.slice(hidden),
            dynamic: self.slice(dynamic),
            overrides: overrides.map(|at| at as u32),
            pos,
        });
        Ok(self.make(Expr::Set(def)))
    }

    pub(super) fn let_in(&mut self, bindings: &[Binding<'_>], body: &ast::Expr<'_>) -> Lowered<'a, V> {
        let mut set = gather(self.context.symbols, true, bindings, Span::default())?;
        if let Some((_, span, _)) = set.dynamic.first() {
            return Err(LowerError {
                message: "dynamic attributes not allowed in let".to_owned(),
                span: *span,
                related: None,
            });
        }
        set.attrs.sort_by_key(|(name, ..)| *name);
        let names = set.attrs.iter().enumerate().map(|(slot, (name, ..))| (*name, slot as u32));
        self.scopes.push(Scope::frame(names));
        let result = self.let_inside(set, body);
        self.scopes.pop();
        result
    }

    fn let_inside(&mut self, set: Merged<'_>, body: &ast::Expr<'_>) -> Lowered<'a, V> {
        let (sources, hidden) = self.sources(&set.sources, set.attrs.len() as u32)?;
        let mut values = Vec::with_capacity(set.attrs.len() + hidden.len());
        for (name, span, def) in set.attrs {
            values.push(self.definition(name, span, def, 1, &sources)?);
        }
        values.extend(hidden);
        let body = self.expr(body)?;
        Ok(self.make(Expr::Let { values: self.slice(values), body }))
    }
}

/// Where an inherited name comes from.
enum Source<'a, V> {
    /// A variable or constant.
    Direct(&'a Expr<'a, V>),
    /// A hidden slot of the innermost frame.
    Slot(u32),
}
