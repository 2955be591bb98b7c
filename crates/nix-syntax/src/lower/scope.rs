//! Which frame and slot a name means.

use crate::arena::Arena;

use crate::symbol::Symbol;

/// One frame of the environment, as known while lowering.
pub(super) enum Scope {
    /// Names with slots, ascending by name, each once.
    Frame(Vec<(Symbol, u32)>),
    /// A lambda's arguments in their order, where a later one hides an earlier one of the same name.
    Arguments(Vec<(Symbol, u32)>),
    /// A `with`, whose names are known only when it is evaluated.
    With,
}

impl Scope {
    pub(super) fn frame(names: impl IntoIterator<Item = (Symbol, u32)>) -> Scope {
        let mut names: Vec<(Symbol, u32)> = names.into_iter().collect();
        names.sort_unstable();
        Scope::Frame(names)
    }

    pub(super) fn arguments(names: Vec<(Symbol, u32)>) -> Scope {
        Scope::Arguments(names)
    }

    fn find(&self, name: Symbol) -> Option<u32> {
        match self {
            Scope::Frame(names) => {
                let at = names.binary_search_by_key(&name, |(known, _)| *known).ok()?;
                names.get(at).map(|(_, slot)| *slot)
            }
            Scope::Arguments(names) => {
                names.iter().rev().find(|(known, _)| *known == name).map(|(_, slot)| *slot)
            }
            Scope::With => None,
        }
    }
}

/// What a name means.
pub(super) enum Resolved<'a> {
    /// A slot of the frame `level` above the innermost one.
    Slot { level: u32, slot: u32 },
    /// No frame has it; these `with` frames may, innermost first.
    Unbound { withs: &'a [u32] },
}

/// Looks `name` up from the innermost scope outwards, passing over the `skip` innermost ones (which still count as
/// levels).
pub(super) fn resolve<'a>(scopes: &[Scope], name: Symbol, skip: usize, arena: &'a Arena) -> Resolved<'a> {
    for (level, scope) in scopes.iter().rev().enumerate().skip(skip) {
        if let Some(slot) = scope.find(name) {
            return Resolved::Slot { level: level as u32, slot };
        }
    }
    let withs = scopes.iter().rev().enumerate().skip(skip).filter(|(_, scope)| matches!(scope, Scope::With));
    let levels: Vec<u32> = withs.map(|(level, _)| level as u32).collect();
    Resolved::Unbound { withs: arena.alloc_slice_copy(&levels) }
}

/// Whether some frame has `name`.
pub(super) fn is_bound(scopes: &[Scope], name: Symbol) -> bool {
    scopes.iter().any(|scope| scope.find(name).is_some())
}
