//! Remembers what came of searching on from a branching state at some position.

/// The largest table of remembered results, in entries of two bits.
const MEMO_LIMIT: usize = 1 << 30;

/// The remembered results of a search.
#[derive(Debug)]
pub(super) enum Memo {
    /// There is no need yet.
    Waiting,
    Table(Table),
    /// The table would be too large.
    Off,
}

impl Memo {
    pub(super) fn new(width: usize, positions: usize) -> Self {
        match width.checked_mul(positions) {
            Some(entries) if entries <= MEMO_LIMIT => {
                Self::Table(Table { positions, words: vec![0; entries.div_ceil(32)] })
            }
            _ => Self::Off,
        }
    }

    pub(super) fn set(&mut self, slot: u32, pos: u32, accepted: bool) {
        if let Self::Table(table) = self {
            table.set(slot, pos, accepted);
        }
    }
}

/// Two bits for each branching state and position: nothing known, failed, accepted.
#[derive(Debug)]
pub(super) struct Table {
    positions: usize,
    words: Vec<u64>,
}

impl Table {
    fn place(&self, slot: u32, pos: u32) -> (usize, u32) {
        let entry = slot as usize * self.positions + pos as usize;
        (entry / 32, (entry % 32) as u32 * 2)
    }

    pub(super) fn get(&self, slot: u32, pos: u32) -> Option<bool> {
        let (word, shift) = self.place(slot, pos);
        match self.words.get(word)? >> shift & 3 {
            1 => Some(false),
            2 => Some(true),
            _ => None,
        }
    }

    pub(super) fn set(&mut self, slot: u32, pos: u32, accepted: bool) {
        let (word, shift) = self.place(slot, pos);
        if let Some(word) = self.words.get_mut(word) {
            *word = *word & !(3 << shift) | if accepted { 2 } else { 1 } << shift;
        }
    }
}
