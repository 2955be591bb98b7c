//! Definitions: attribute sets and `let`, with attribute paths merged as Nix merges them.

use crate::ast::{self, AttrName, Binding, ExprKind, Span};
use crate::program::{Delayed, DynamicAttr, Expr, InlineCache, SetDef, Shape};
use crate::source::Pos;
use crate::symbol::Symbol;

use super::scope::Scope;
use super::{LowerError, Lowered, Lowerer};

/// A set while its definitions are gathered.
#[derive(Default)]
struct Merged<'t> {
    recursive: bool,
    span: Span,
    attrs: Vec<(Symbol, Span, Def<'t>)>,
    index: rustc_hash::FxHashMap<Symbol, usize>,
    dynamic: Vec<(&'t ast::Expr<'t>, Span, Def<'t>)>,
    sources: Vec<&'t ast::Expr<'t>>,
}

/// One gathered definition.
enum Def<'t> {
    Expr(&'t ast::Expr<'t>),
    Set(Box<Merged<'t>>),
    Inherit,
    /// Inherited from the source with this index.
    InheritFrom(usize),
}

/// From this many names on, finding one by a look at all of them is slower than by hash.
const INDEX_FROM: usize = 12;

impl<'t> Merged<'t> {
    fn find(&self, name: Symbol) -> Option<usize> {
        if self.attrs.len() < INDEX_FROM {
            self.attrs.iter().position(|(known, ..)| *known == name)
        } else {
            self.index.get(&name).copied()
        }
    }

    fn push(&mut self, name: Symbol, span: Span, def: Def<'t>) {
        self.attrs.push((name, span, def));
        if self.attrs.len() == INDEX_FROM {
            self.index = self.attrs.iter().enumerate().map(|(at, (name, ..))| (*name, at)).collect();
        } else if self.attrs.len() > INDEX_FROM {
            self.index.insert(name, self.attrs.len() - 1);
        }
    }
}

impl<'a, V: Copy> Lowerer<'a, '_, V> {
    fn gather<'t>(
        &self,
        recursive: bool,
        bindings: &'t [Binding<'t>],
        span: Span,
    ) -> Result<Merged<'t>, LowerError> {
        let mut set = Merged { recursive, span, ..Merged::default() };
        for binding in bindings {
            match *binding {
                Binding::Inherit { from: None, names } => {
                    for (name, span) in names {
                        self.insert(&mut set, &[], *name, *span, Def::Inherit)?;
                    }
                }
                Binding::Inherit { from: Some(source), names } => {
                    let at = set.sources.len();
                    set.sources.push(source);
                    for (name, span) in names {
                        self.insert(&mut set, &[], *name, *span, Def::InheritFrom(at))?;
                    }
                }
                Binding::Attr { path, value, span } => self.define(&mut set, path, value, span)?,
            }
        }
        Ok(set)
    }

    fn duplicate(&self, path: &[AttrName<'_>], last: Symbol, span: Span, previous: Span) -> LowerError {
        let mut names: Vec<String> = Vec::new();
        for name in path {
            names.push(match name {
                AttrName::Static(name, _) => {
                    String::from_utf8_lossy(self.context.symbols.name(*name)).into_owned()
                }
                AttrName::Dynamic(_) => "${…}".to_owned(),
            });
        }
        if names.is_empty() {
            names.push(String::from_utf8_lossy(self.context.symbols.name(last)).into_owned());
        }
        LowerError {
            message: format!("attribute '{}' already defined", names.join(".")),
            span,
            related: Some((previous, "defined here before".to_owned())),
        }
    }

    fn define<'t>(
        &self,
        mut set: &mut Merged<'t>,
        path: &'t [AttrName<'t>],
        value: &'t ast::Expr<'t>,
        span: Span,
    ) -> Result<(), LowerError> {
        let Some((last, parents)) = path.split_last() else { return Ok(()) };
        for (depth, name) in parents.iter().enumerate() {
            set = match name {
                AttrName::Static(name, _) => {
                    let at = match set.find(*name) {
                        Some(at) => at,
                        None => {
                            let nested = Merged { span: value.span, ..Merged::default() };
                            set.push(*name, span, Def::Set(Box::new(nested)));
                            set.attrs.len() - 1
                        }
                    };
                    self.nested(set, at).map_err(|previous| {
                        self.duplicate(path.get(..=depth).unwrap_or(path), *name, span, previous)
                    })??
                }
                AttrName::Dynamic(name) => {
                    let nested = Merged { span: value.span, ..Merged::default() };
                    set.dynamic.push((name, span, Def::Set(Box::new(nested))));
                    match set.dynamic.last_mut() {
                        Some((_, _, Def::Set(nested))) => nested,
                        _ => return Ok(()),
                    }
                }
            };
        }
        match last {
            AttrName::Static(name, _) => self.insert(set, path, *name, span, Def::Expr(value)),
            AttrName::Dynamic(name) => {
                set.dynamic.push((name, span, Def::Expr(value)));
                Ok(())
            }
        }
    }

    /// The set defined at index `at`, for further definitions to go into; the place of the definition if it is no set.
    #[allow(clippy::type_complexity, reason = "the outer error is a place, the inner one a whole error")]
    fn nested<'m, 't>(
        &self,
        set: &'m mut Merged<'t>,
        at: usize,
    ) -> Result<Result<&'m mut Merged<'t>, LowerError>, Span> {
        let Some((_, span, def)) = set.attrs.get_mut(at) else { return Err(Span::default()) };
        if let Def::Expr(expr) = def
            && let ExprKind::AttrSet { recursive, bindings } = expr.kind
        {
            match self.gather(recursive, bindings, expr.span) {
                Ok(gathered) => *def = Def::Set(Box::new(gathered)),
                Err(error) => return Ok(Err(error)),
            }
        }
        match def {
            Def::Set(nested) => Ok(Ok(nested)),
            _ => Err(*span),
        }
    }

    fn insert<'t>(
        &self,
        set: &mut Merged<'t>,
        path: &[AttrName<'t>],
        name: Symbol,
        span: Span,
        def: Def<'t>,
    ) -> Result<(), LowerError> {
        let Some(at) = set.find(name) else {
            set.push(name, span, def);
            return Ok(());
        };
        let previous = set.attrs.get(at).map_or(span, |(_, span, _)| *span);
        let added = match def {
            Def::Expr(ast::Expr { kind: ExprKind::AttrSet { recursive, bindings }, span }) => {
                self.gather(*recursive, bindings, *span)?
            }
            Def::Set(nested) => *nested,
            _ => return Err(self.duplicate(path, name, span, previous)),
        };
        let nested =
            self.nested(set, at).map_err(|previous| self.duplicate(path, name, span, previous))??;
        // Whether the added set was recursive is not looked at: its definitions take the rules of the first one.
        let offset = nested.sources.len();
        nested.sources.extend(added.sources);
        for (name, span, def) in added.attrs {
            let def = match def {
                Def::InheritFrom(source) => Def::InheritFrom(source + offset),
                other => other,
            };
            self.insert(nested, &[], name, span, def)?;
        }
        nested.dynamic.extend(added.dynamic);
        Ok(())
    }

    pub(super) fn attr_set(
        &mut self,
        recursive: bool,
        bindings: &[Binding<'_>],
        span: Span,
    ) -> Lowered<'a, V> {
        let set = self.gather(recursive, bindings, span)?;
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
            Def::Expr(expr) => self.expr(expr)?,
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
            && let Some(lambda) = self.context.codes.lambda(*id)
            && lambda.name.get().is_none()
        {
            lambda.name.set(Some(name));
        }
        Ok(self.delay(expr))
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
                hidden.push(self.delay(expr));
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
        self.scopes.push(Scope::Frame(Vec::new()));
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
                Def::Expr(expr) => self.expr(expr)?,
                Def::Set(nested) => self.merged(*nested)?,
                Def::Inherit | Def::InheritFrom(_) => {
                    return Err(LowerError {
                        message: "dynamic attributes not allowed in inherit".to_owned(),
                        span,
                        related: None,
                    });
                }
            };
            dynamic.push(DynamicAttr { name, value: self.delay(expr), pos: self.pos(span) });
        }
        let overrides = if set.recursive {
            self.context.symbols.lookup(b"__overrides").and_then(|name| keys.binary_search(&name).ok())
        } else {
            None
        };
        let shape = self.context.bump.alloc(Shape::new(self.slice(keys), self.slice(positions)));
        let def = self.context.bump.alloc(SetDef {
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
        let mut set = self.gather(true, bindings, Span::default())?;
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
