//! The definitions of a set or `let`, gathered by name: attribute paths become sets, and a set that is defined in several
//! pieces becomes one, as Nix does it while parsing.

use crate::ast::{AttrName, Binding, Expr, ExprKind, Span};
use crate::symbol::{Symbol, Symbols};

use super::LowerError;

/// A set whose definitions are gathered.
#[derive(Default)]
pub(crate) struct Merged<'t> {
    /// Whether the first piece was a `rec` set; the others take its rules.
    pub(crate) recursive: bool,
    /// Where the first piece stands.
    pub(crate) span: Span,
    /// Names, where each was defined, and as what; in the order of their first definition.
    pub(crate) attrs: Vec<(Symbol, Span, Def<'t>)>,
    index: rustc_hash::FxHashMap<Symbol, usize>,
    /// Definitions whose names are computed.
    pub(crate) dynamic: Vec<(&'t Expr<'t>, Span, Def<'t>)>,
    /// What is inherited from.
    pub(crate) sources: Vec<&'t Expr<'t>>,
}

/// One gathered definition.
pub(crate) enum Def<'t> {
    /// An expression.
    Expr(&'t Expr<'t>),
    /// A set.
    Set(Box<Merged<'t>>),
    /// The variable of that name outside.
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

/// The way to a name from where its definition is written, for messages.
#[derive(Clone, Copy)]
enum Way<'w> {
    Written(&'w [AttrName<'w>]),
    Name(Symbol),
    Below(&'w Way<'w>, Symbol),
}

/// Gathers what stands between the braces of a set or behind `let`.
///
/// # Errors
/// A name that is defined twice.
pub(crate) fn gather<'t>(
    symbols: &Symbols<'_>,
    recursive: bool,
    bindings: &'t [Binding<'t>],
    span: Span,
) -> Result<Merged<'t>, LowerError> {
    Gatherer { symbols }.gather(recursive, bindings, span)
}

struct Gatherer<'s, 'n> {
    symbols: &'s Symbols<'n>,
}

impl Gatherer<'_, '_> {
    fn gather<'t>(
        &self,
        recursive: bool,
        bindings: &'t [Binding<'t>],
        span: Span,
    ) -> Result<Merged<'t>, LowerError> {
        let mut set = Merged { recursive, span, ..Merged::default() };
        for binding in bindings {
            match *binding {
                Binding::Inherit { from, names } => {
                    let source = set.sources.len();
                    set.sources.extend(from);
                    for (name, span) in names {
                        let def = if from.is_some() { Def::InheritFrom(source) } else { Def::Inherit };
                        self.insert(&mut set, Way::Name(*name), *name, *span, def)?;
                    }
                }
                Binding::Attr { path, value, span } => self.define(&mut set, path, value, span)?,
            }
        }
        Ok(set)
    }

    #[cold]
    fn duplicate(&self, way: Way<'_>, span: Span, previous: Span) -> LowerError {
        let message = format!("attribute '{}' already defined", self.show(way));
        LowerError { message, span, related: Some((previous, "defined here before".to_owned())) }
    }

    fn show(&self, way: Way<'_>) -> String {
        let shown = |name| {
            let mut out = Vec::new();
            crate::show::identifier(self.symbols.name(name), &mut out);
            String::from_utf8_lossy(&out).into_owned()
        };
        match way {
            Way::Name(name) => shown(name),
            Way::Below(outer, name) => format!("{}.{}", self.show(*outer), shown(name)),
            Way::Written(path) => {
                let names = path.iter().map(|name| match name {
                    AttrName::Static(name, _) => shown(*name),
                    AttrName::Dynamic(_) => "\"${…}\"".to_owned(),
                });
                names.collect::<Vec<_>>().join(".")
            }
        }
    }

    fn define<'t>(
        &self,
        mut set: &mut Merged<'t>,
        path: &'t [AttrName<'t>],
        value: &'t Expr<'t>,
        span: Span,
    ) -> Result<(), LowerError> {
        let Some((last, parents)) = path.split_last() else { return Ok(()) };
        for (depth, name) in parents.iter().enumerate() {
            let new = || Def::Set(Box::new(Merged { span: value.span, ..Merged::default() }));
            set = match name {
                AttrName::Static(name, _) => {
                    let at = match set.find(*name) {
                        Some(at) => at,
                        None => {
                            set.push(*name, span, new());
                            set.attrs.len() - 1
                        }
                    };
                    let way = Way::Written(path.get(..=depth).unwrap_or(path));
                    self.nested(set, at, way, span)?
                }
                AttrName::Dynamic(name) => {
                    set.dynamic.push((name, span, new()));
                    match set.dynamic.last_mut() {
                        Some((_, _, Def::Set(nested))) => nested,
                        _ => return Ok(()),
                    }
                }
            };
        }
        match last {
            AttrName::Static(name, _) => self.insert(set, Way::Written(path), *name, span, Def::Expr(value)),
            AttrName::Dynamic(name) => {
                set.dynamic.push((name, span, Def::Expr(value)));
                Ok(())
            }
        }
    }

    /// The set defined at index `at`, for the definition at `span` to go into.
    fn nested<'m, 't>(
        &self,
        set: &'m mut Merged<'t>,
        at: usize,
        way: Way<'_>,
        span: Span,
    ) -> Result<&'m mut Merged<'t>, LowerError> {
        let Some((_, previous, def)) = set.attrs.get_mut(at) else {
            return Err(self.duplicate(way, span, span));
        };
        if let Def::Expr(expr) = def
            && let ExprKind::AttrSet { recursive, bindings } = expr.kind
        {
            *def = Def::Set(Box::new(self.gather(recursive, bindings, expr.span)?));
        }
        match def {
            Def::Set(nested) => Ok(nested),
            _ => Err(self.duplicate(way, span, *previous)),
        }
    }

    fn insert<'t>(
        &self,
        set: &mut Merged<'t>,
        way: Way<'_>,
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
            Def::Expr(Expr { kind: ExprKind::AttrSet { recursive, bindings }, span }) => {
                self.gather(*recursive, bindings, *span)?
            }
            Def::Set(nested) => *nested,
            _ => return Err(self.duplicate(way, span, previous)),
        };
        let nested = self.nested(set, at, way, span)?;
        // Whether the added set was recursive is not looked at: its definitions take the rules of the first one.
        let offset = nested.sources.len();
        nested.sources.extend(added.sources);
        for (name, span, def) in added.attrs {
            let def = match def {
                Def::InheritFrom(source) => Def::InheritFrom(source + offset),
                other => other,
            };
            self.insert(nested, Way::Below(&way, name), name, span, def)?;
        }
        nested.dynamic.extend(added.dynamic);
        Ok(())
    }
}
