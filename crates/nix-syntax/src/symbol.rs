//! Interned attribute and variable names.

use std::cell::{Cell, RefCell};
use std::hash::{BuildHasher, Hasher};

use crate::arena::Arena;
use rustc_hash::FxBuildHasher;

/// An interned name. Equal names have equal symbols; the order is that of first use, not of the alphabet.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Symbol(u32);

impl Symbol {
    /// The symbol's number, dense from zero.
    pub fn index(self) -> usize {
        self.0 as usize
    }

    /// The same number as the `u32` it is stored in.
    pub fn as_u32(self) -> u32 {
        self.0
    }
}

/// The table of all names of one evaluation.
pub struct Symbols<'a> {
    arena: &'a Arena,
    names: RefCell<Vec<&'a [u8]>>,
    /// Open addressing; an entry has a symbol number plus one in its low half and its name's hash in the high one, so
    /// that other names are seldom looked at. Zero is free.
    table: RefCell<Vec<u64>>,
    mask: Cell<usize>,
    hasher: FxBuildHasher,
}

impl<'a> Symbols<'a> {
    /// An empty table whose names live in `arena`.
    pub fn new(arena: &'a Arena) -> Self {
        let size = 1 << 12;
        Symbols {
            arena,
            names: RefCell::new(Vec::with_capacity(size)),
            table: RefCell::new(vec![0; size]),
            mask: Cell::new(size - 1),
            hasher: FxBuildHasher,
        }
    }

    fn hash(&self, name: &[u8]) -> u32 {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(name);
        let hash = hasher.finish();
        (hash ^ (hash >> 32)) as u32
    }

    /// The entry of `name`, or the place where it belongs.
    fn find(&self, name: &[u8], hash: u32) -> Result<Symbol, usize> {
        let names = self.names.borrow();
        let table = self.table.borrow();
        let mask = self.mask.get();
        let mut at = hash as usize & mask;
        loop {
            match table.get(at).copied() {
                None | Some(0) => return Err(at),
                Some(entry) => {
                    let index = (entry as u32).wrapping_sub(1);
                    if (entry >> 32) as u32 == hash
                        && names.get(index as usize).is_some_and(|known| *known == name)
                    {
                        return Ok(Symbol(index));
                    }
                    at = (at + 1) & mask;
                }
            }
        }
    }

    /// The symbol of `name`, made if it is new.
    pub fn intern(&self, name: &[u8]) -> Symbol {
        let hash = self.hash(name);
        let at = match self.find(name, hash) {
            Ok(symbol) => return symbol,
            Err(at) => at,
        };
        let mut names = self.names.borrow_mut();
        let index = names.len() as u32;
        names.push(self.arena.alloc_slice_copy(name));
        if let Some(slot) = self.table.borrow_mut().get_mut(at) {
            *slot = entry(hash, index);
        }
        if names.len() * 2 > self.mask.get() {
            self.grow();
        }
        Symbol(index)
    }

    fn grow(&self) {
        let size = (self.mask.get() + 1) * 2;
        let mut table = vec![0u64; size];
        for entry in self.table.borrow().iter().filter(|entry| **entry != 0) {
            let mut at = (entry >> 32) as usize & (size - 1);
            while table.get(at).is_some_and(|taken| *taken != 0) {
                at = (at + 1) & (size - 1);
            }
            if let Some(slot) = table.get_mut(at) {
                *slot = *entry;
            }
        }
        self.mask.set(size - 1);
        *self.table.borrow_mut() = table;
    }

    /// The symbol of `name` if it was interned before.
    pub fn lookup(&self, name: &[u8]) -> Option<Symbol> {
        self.find(name, self.hash(name)).ok()
    }

    /// The name of `symbol`.
    pub fn name(&self, symbol: Symbol) -> &'a [u8] {
        self.names.borrow().get(symbol.index()).copied().unwrap_or(b"")
    }

    /// How many names there are.
    pub fn len(&self) -> usize {
        self.names.borrow().len()
    }

    /// Whether there are none.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

fn entry(hash: u32, index: u32) -> u64 {
    u64::from(hash) << 32 | u64::from(index + 1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn equal_names_have_equal_symbols() {
        let arena = Arena::new();
        let symbols = Symbols::new(&arena);
        let names: Vec<String> = (0..20_000).map(|n| format!("name-{n}")).collect();
        let first: Vec<Symbol> = names.iter().map(|name| symbols.intern(name.as_bytes())).collect();
        assert_eq!(symbols.len(), names.len());
        for (name, symbol) in names.iter().zip(&first) {
            assert_eq!(symbols.intern(name.as_bytes()), *symbol);
            assert_eq!(symbols.lookup(name.as_bytes()), Some(*symbol));
            assert_eq!(symbols.name(*symbol), name.as_bytes());
        }
        assert_eq!(symbols.lookup(b"name"), None);
        assert_eq!(symbols.intern(b""), symbols.intern(b""));
    }
}
