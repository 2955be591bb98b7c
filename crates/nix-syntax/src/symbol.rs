//! Interned attribute and variable names.

use std::cell::{Cell, RefCell};
use std::hash::{BuildHasher, Hasher};

use bumpalo::Bump;
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
    bump: &'a Bump,
    names: RefCell<Vec<&'a [u8]>>,
    /// Open addressing; each entry is a symbol number plus one, zero is free.
    table: RefCell<Vec<u32>>,
    mask: Cell<usize>,
    hasher: FxBuildHasher,
}

impl<'a> Symbols<'a> {
    /// An empty table whose names live in `bump`.
    pub fn new(bump: &'a Bump) -> Self {
        let size = 1 << 12;
        Symbols {
            bump,
            names: RefCell::new(Vec::with_capacity(size)),
            table: RefCell::new(vec![0; size]),
            mask: Cell::new(size - 1),
            hasher: FxBuildHasher,
        }
    }

    fn hash(&self, name: &[u8]) -> usize {
        let mut hasher = self.hasher.build_hasher();
        hasher.write(name);
        let hash = hasher.finish();
        // FxHash leaves its entropy in the high bits.
        (hash ^ (hash >> 32)) as usize
    }

    /// The symbol of `name`, made if it is new.
    pub fn intern(&self, name: &[u8]) -> Symbol {
        let mut at = self.hash(name) & self.mask.get();
        let names = self.names.borrow();
        loop {
            match self.table.borrow().get(at).copied() {
                None | Some(0) => break,
                Some(entry) => {
                    let index = entry - 1;
                    if names.get(index as usize).is_some_and(|known| *known == name) {
                        return Symbol(index);
                    }
                    at = (at + 1) & self.mask.get();
                }
            }
        }
        drop(names);
        let mut names = self.names.borrow_mut();
        let index = names.len() as u32;
        names.push(self.bump.alloc_slice_copy(name));
        if let Some(slot) = self.table.borrow_mut().get_mut(at) {
            *slot = index + 1;
        }
        if names.len() * 2 > self.mask.get() {
            self.grow(&names);
        }
        Symbol(index)
    }

    fn grow(&self, names: &[&'a [u8]]) {
        let size = (self.mask.get() + 1) * 4;
        let mut table = vec![0u32; size];
        for (index, name) in names.iter().enumerate() {
            let mut at = self.hash(name) & (size - 1);
            while table.get(at).is_some_and(|entry| *entry != 0) {
                at = (at + 1) & (size - 1);
            }
            if let Some(slot) = table.get_mut(at) {
                *slot = index as u32 + 1;
            }
        }
        self.mask.set(size - 1);
        *self.table.borrow_mut() = table;
    }

    /// The symbol of `name` if it was interned before.
    pub fn lookup(&self, name: &[u8]) -> Option<Symbol> {
        let names = self.names.borrow();
        let table = self.table.borrow();
        let mut at = self.hash(name) & self.mask.get();
        loop {
            match table.get(at).copied() {
                None | Some(0) => return None,
                Some(entry) => {
                    if names.get(entry as usize - 1).is_some_and(|known| *known == name) {
                        return Some(Symbol(entry - 1));
                    }
                    at = (at + 1) & self.mask.get();
                }
            }
        }
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
