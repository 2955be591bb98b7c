//! Which frame and slot a name means.

use std::borrow::Cow;

use crate::arena::Arena;

use crate::symbol::Symbol;

/// One frame of the environment, as known while lowering.
pub(super) struct Scope<'a> {
    names: Names<'a>,
    /// The same, with what is around it, for parts that are lowered later.
    kept: Option<&'a Kept<'a>>,
}

/// The names of a frame.
enum Names<'a> {
    /// Names with slots, ascending by name, each once.
    Frame(Cow<'a, [(Symbol, u32)]>),
    /// A lambda's arguments in their order, where a later one hides an earlier one of the same name.
    Arguments(Cow<'a, [(Symbol, u32)]>),
    /// A `with`, whose names are known only when it is evaluated.
    With,
}

/// A frame and what is around it, kept for what is lowered later.
pub(super) enum Kept<'a> {
    /// No frame: the directory that relative paths start from.
    File(&'a [u8]),
    /// As [`Names::Frame`].
    Frame(&'a [(Symbol, u32)], &'a Kept<'a>),
    /// As [`Names::Arguments`].
    Arguments(&'a [(Symbol, u32)], &'a Kept<'a>),
    /// As [`Names::With`].
    With(&'a Kept<'a>),
}

impl<'a> Scope<'a> {
    pub(super) fn frame(names: impl IntoIterator<Item = (Symbol, u32)>) -> Self {
        let mut names: Vec<(Symbol, u32)> = names.into_iter().collect();
        names.sort_unstable();
        Scope { names: Names::Frame(Cow::Owned(names)), kept: None }
    }

    pub(super) fn arguments(names: Vec<(Symbol, u32)>) -> Self {
        Scope { names: Names::Arguments(Cow::Owned(names)), kept: None }
    }

    pub(super) fn with() -> Self {
        Scope { names: Names::With, kept: None }
    }

    fn find(&self, name: Symbol) -> Option<u32> {
        match &self.names {
            Names::Frame(names) => {
                let at = names.binary_search_by_key(&name, |(known, _)| *known).ok()?;
                names.get(at).map(|(_, slot)| *slot)
            }
            Names::Arguments(names) => {
                names.iter().rev().find(|(known, _)| *known == name).map(|(_, slot)| *slot)
            }
            Names::With => None,
        }
    }
}

/// All of `scopes`, the innermost one last, in a file whose paths start from `directory`.
pub(super) fn keep<'a>(arena: &'a Arena, scopes: &mut [Scope<'a>], directory: &[u8]) -> &'a Kept<'a> {
    let (known, mut outer) =
        match scopes.iter().enumerate().rev().find_map(|(at, scope)| Some((at, scope.kept?))) {
            Some((at, kept)) => (at + 1, kept),
            None => (0, &*arena.alloc(Kept::File(arena.alloc_slice_copy(directory)))),
        };
    for scope in scopes.iter_mut().skip(known) {
        outer = arena.alloc(match &scope.names {
            Names::Frame(names) => Kept::Frame(arena.alloc_slice_copy(names), outer),
            Names::Arguments(names) => Kept::Arguments(arena.alloc_slice_copy(names), outer),
            Names::With => Kept::With(outer),
        });
        scope.kept = Some(outer);
    }
    outer
}

impl<'a> Kept<'a> {
    /// The scopes, the innermost one last, and the directory that paths start from.
    pub(super) fn scopes(&'a self) -> (Vec<Scope<'a>>, &'a [u8]) {
        let mut scopes = Vec::new();
        let mut kept = self;
        loop {
            let (names, outer) = match kept {
                Kept::File(directory) => {
                    scopes.reverse();
                    return (scopes, directory);
                }
                Kept::Frame(names, outer) => (Names::Frame(Cow::Borrowed(names)), outer),
                Kept::Arguments(names, outer) => (Names::Arguments(Cow::Borrowed(names)), outer),
                Kept::With(outer) => (Names::With, outer),
            };
            scopes.push(Scope { names, kept: Some(kept) });
            kept = outer;
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

/// Looks `name` up in `scopes`, the innermost one first, passing over the `skip` innermost ones (which still count as
/// levels).
pub(super) fn resolve<'a, 's, 'n: 's>(
    scopes: impl Iterator<Item = &'s Scope<'n>> + Clone,
    name: Symbol,
    skip: usize,
    arena: &'a Arena,
) -> Resolved<'a> {
    for (level, scope) in scopes.clone().enumerate().skip(skip) {
        if let Some(slot) = scope.find(name) {
            return Resolved::Slot { level: level as u32, slot };
        }
    }
    let withs = scopes.enumerate().skip(skip).filter(|(_, scope)| matches!(scope.names, Names::With));
    let levels: Vec<u32> = withs.map(|(level, _)| level as u32).collect();
    Resolved::Unbound { withs: arena.alloc_slice_copy(&levels) }
}

/// Whether some frame has `name`.
pub(super) fn is_bound<'s, 'n: 's>(mut scopes: impl Iterator<Item = &'s Scope<'n>>, name: Symbol) -> bool {
    scopes.any(|scope| scope.find(name).is_some())
}
