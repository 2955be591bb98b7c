//! The automaton that a pattern compiles to: its states, how fragments of it are joined and copied, and
//! what is worked out about it once it is complete.
//!
//! States are added for the same constructs, and in the same number, as in libstdc++, because the number of
//! states is limited and the limit is observable.

use super::RegexError;
use super::charset::ByteSet;

/// The largest number of states an automaton may have.
const STATE_LIMIT: usize = 100_000;

/// How many states are looked at to find out what a state can begin with, before the answer "anything" is
/// given instead. It keeps the preparation of large automata linear.
const LOOKAHEAD_STATES: usize = 64;

/// The index of a state in its program.
pub(super) type StateId = u32;

/// Stands for a successor that is not yet known.
const UNLINKED: StateId = StateId::MAX;

/// What a state does before the search goes on to its successor.
#[derive(Debug, Clone, Copy)]
pub(super) enum Op {
    /// Nothing; only a join between fragments, skipped in a complete program.
    Join,
    /// Consumes one byte of the set.
    Byte(ByteSet),
    /// Opens a group. Group 0 is the whole match.
    GroupOpen(u32),
    /// Closes a group.
    GroupClose(u32),
    /// Passes at the beginning of the text.
    LineBegin,
    /// Passes at the end of the text.
    LineEnd,
    /// Tries `first`, then the successor, and takes the better.
    Either { first: StateId },
    /// Tries `again`, then, unless that was accepted, the successor.
    Repeat { again: StateId, body: Body },
    /// The match is complete.
    Accept,
}

/// What is known of the body of a repetition.
#[derive(Debug, Clone, Copy)]
pub(super) enum Body {
    /// It always consumes something.
    Consuming,
    /// It may match nothing; the number is that of its entry counter.
    Nullable { counter: u32 },
    /// It is one byte of the set and leads straight back, so the whole loop is one scan. The number is that
    /// of the filter for what follows the loop.
    Scan { set: ByteSet, exit: u32 },
}

/// A state and its successor.
#[derive(Debug, Clone, Copy)]
pub(super) struct State {
    pub(super) op: Op,
    pub(super) next: StateId,
}

/// What a path from some state can begin with; never less than the truth.
#[derive(Debug, Clone, Copy)]
pub(super) struct Filter {
    /// The bytes that may be consumed first.
    pub(super) bytes: ByteSet,
    /// Whether the path may be accepted without consuming anything.
    pub(super) accepts: bool,
}

impl Filter {
    const ANYTHING: Self = Self { bytes: ByteSet::ALL, accepts: true };
}

/// A part of the automaton with one entry and one exit whose successor is open.
#[derive(Debug, Clone, Copy)]
pub(super) struct Fragment {
    pub(super) start: StateId,
    pub(super) end: StateId,
    /// Whether it can be passed without consuming anything.
    pub(super) nullable: bool,
    /// Every state of the fragment has an index in this range.
    low: StateId,
    high: StateId,
}

impl Fragment {
    /// This fragment with another exit, spanning the states of `parts` too.
    pub(super) fn spanning(self, parts: &[Self], end: StateId, nullable: bool) -> Self {
        let low = parts.iter().map(|part| part.low).fold(self.low, StateId::min);
        let high = parts.iter().map(|part| part.high).fold(self.high.max(end), StateId::max);
        Self { start: self.start, end, nullable, low, high }
    }
}

/// An automaton under construction.
#[derive(Debug, Default)]
pub(super) struct Builder {
    states: Vec<State>,
    counters: u32,
}

impl Builder {
    /// Adds one state and returns it as a fragment.
    pub(super) fn add(&mut self, op: Op, nullable: bool) -> Result<Fragment, RegexError> {
        if self.states.len() >= STATE_LIMIT {
            return Err(RegexError::Space);
        }
        let id = StateId::try_from(self.states.len()).map_err(|_| RegexError::Space)?;
        self.states.push(State { op, next: UNLINKED });
        Ok(Fragment { start: id, end: id, nullable, low: id, high: id })
    }

    /// Adds a state that only joins.
    pub(super) fn join(&mut self) -> Result<Fragment, RegexError> {
        self.add(Op::Join, true)
    }

    /// Adds a repetition of `body`; its own successor is where the repetition is left.
    pub(super) fn repeat(&mut self, again: StateId, body: Fragment) -> Result<Fragment, RegexError> {
        let kind = if body.nullable {
            self.counters += 1;
            Body::Nullable { counter: self.counters - 1 }
        } else {
            Body::Consuming
        };
        self.add(Op::Repeat { again, body: kind }, true)
    }

    /// Puts `second` behind `first`.
    pub(super) fn append(&mut self, first: Fragment, second: Fragment) -> Fragment {
        self.link(first.end, second.start);
        Fragment {
            start: first.start,
            end: second.end,
            nullable: first.nullable && second.nullable,
            low: first.low.min(second.low),
            high: first.high.max(second.high),
        }
    }

    /// Makes `to` the successor of `from`.
    pub(super) fn link(&mut self, from: StateId, to: StateId) {
        if let Some(state) = self.states.get_mut(from as usize) {
            state.next = to;
        }
    }

    /// Adds a copy of `fragment`, whose exit must still be open. Copied groups keep their numbers.
    pub(super) fn copy(&mut self, fragment: Fragment) -> Result<Fragment, RegexError> {
        let low = fragment.low as usize;
        let mut copies: Vec<StateId> = vec![UNLINKED; (fragment.high as usize + 1).saturating_sub(low)];
        let mut originals = Vec::new();
        let mut pending = vec![fragment.start];
        while let Some(id) = pending.pop() {
            let Some(slot) = copies.get_mut((id as usize).wrapping_sub(low)) else { continue };
            let Some(state) = self.states.get(id as usize).copied() else { continue };
            if *slot != UNLINKED {
                continue;
            }
            let mut op = state.op;
            if let Op::Repeat { body: Body::Nullable { counter }, .. } = &mut op {
                *counter = self.counters;
                self.counters += 1;
            }
            *slot = self.add(op, false)?.start;
            originals.push(id);
            if let Op::Either { first: branch } | Op::Repeat { again: branch, .. } = op {
                pending.push(branch);
            }
            if id != fragment.end {
                pending.push(state.next);
            }
        }
        let copy_of = |id: StateId| copies.get((id as usize).wrapping_sub(low)).copied().unwrap_or(UNLINKED);
        for original in originals {
            let next = self.states.get(original as usize).map_or(UNLINKED, |state| state.next);
            if let Some(state) = self.states.get_mut(copy_of(original) as usize) {
                if let Op::Either { first: branch } | Op::Repeat { again: branch, .. } = &mut state.op {
                    *branch = copy_of(*branch);
                }
                state.next = if original == fragment.end { UNLINKED } else { copy_of(next) };
            }
        }
        let made = copies.iter().copied().filter(|copy| *copy != UNLINKED);
        Ok(Fragment {
            start: copy_of(fragment.start),
            end: copy_of(fragment.end),
            nullable: fragment.nullable,
            low: made.clone().min().unwrap_or(UNLINKED),
            high: made.max().unwrap_or(UNLINKED),
        })
    }

    /// Completes the automaton, which begins at `start` and has `groups` groups besides group 0.
    pub(super) fn finish(self, start: StateId, groups: usize) -> Program {
        let mut program = Program {
            states: self.states,
            start,
            groups,
            counters: self.counters as usize,
            exits: Vec::new(),
            memo_slots: Vec::new(),
            memo_width: 0,
            first: Filter::ANYTHING,
            literal_prefix: Vec::new(),
            literal_only: false,
        };
        program.skip_joins();
        program.find_scans();
        program.number_branches();
        program.first = program.filter_from(program.start);
        program.find_literal_prefix();
        program
    }
}

/// A complete automaton.
#[derive(Debug, Clone)]
pub(super) struct Program {
    states: Vec<State>,
    start: StateId,
    groups: usize,
    counters: usize,
    exits: Vec<Filter>,
    /// For each state its number among the states where paths part, or `u32::MAX`.
    memo_slots: Vec<u32>,
    memo_width: usize,
    first: Filter,
    literal_prefix: Vec<u8>,
    literal_only: bool,
}

impl Program {
    pub(super) fn start(&self) -> StateId {
        self.start
    }

    /// The state `id`. An index outside the program, which no program contains, reads as a state that
    /// nothing passes.
    #[inline]
    pub(super) fn state(&self, id: StateId) -> &State {
        const DEAD: &State = &State { op: Op::Byte(ByteSet::EMPTY), next: 0 };
        self.states.get(id as usize).unwrap_or(DEAD)
    }

    /// The number of groups without group 0.
    pub(super) fn group_count(&self) -> usize {
        self.groups
    }

    /// How many repetitions need an entry counter.
    pub(super) fn counter_count(&self) -> usize {
        self.counters
    }

    /// The number of states at which paths part.
    pub(super) fn memo_width(&self) -> usize {
        self.memo_width
    }

    #[inline]
    pub(super) fn memo_slot(&self, id: StateId) -> Option<u32> {
        self.memo_slots.get(id as usize).copied().filter(|slot| *slot != u32::MAX)
    }

    /// What may follow the scanning loop that names filter `exit`.
    #[inline]
    pub(super) fn exit_filter(&self, exit: u32) -> &Filter {
        self.exits.get(exit as usize).unwrap_or(&Filter::ANYTHING)
    }

    /// What a match can begin with.
    pub(super) fn first(&self) -> &Filter {
        &self.first
    }

    /// Bytes that every match begins with.
    pub(super) fn literal_prefix(&self) -> &[u8] {
        &self.literal_prefix
    }

    /// Whether the literal prefix is all there is: no groups, no choices.
    pub(super) fn is_literal(&self) -> bool {
        self.literal_only
    }

    fn skip_joins(&mut self) {
        for index in 0..self.states.len() {
            let Some(mut state) = self.states.get(index).copied() else { continue };
            state.next = self.past_joins(state.next);
            if let Op::Either { first: branch } | Op::Repeat { again: branch, .. } = &mut state.op {
                *branch = self.past_joins(*branch);
            }
            if let Some(place) = self.states.get_mut(index) {
                *place = state;
            }
        }
    }

    fn past_joins(&self, mut id: StateId) -> StateId {
        while let Some(State { op: Op::Join, next }) = self.states.get(id as usize) {
            id = *next;
        }
        id
    }

    fn find_scans(&mut self) {
        for index in 0..self.states.len() {
            let Some(State { op: Op::Repeat { again, .. }, next }) = self.states.get(index).copied() else {
                continue;
            };
            let State { op: Op::Byte(set), next: back } = *self.state(again) else { continue };
            if back as usize != index {
                continue;
            }
            let exit = u32::try_from(self.exits.len()).unwrap_or(u32::MAX);
            let filter = self.filter_from(next);
            self.exits.push(filter);
            if let Some(state) = self.states.get_mut(index) {
                state.op = Op::Repeat { again, body: Body::Scan { set, exit } };
            }
        }
    }

    fn number_branches(&mut self) {
        let mut width = 0;
        self.memo_slots = self
            .states
            .iter()
            .map(|state| match state.op {
                Op::Either { .. } | Op::Repeat { .. } => {
                    width += 1;
                    width - 1
                }
                _ => u32::MAX,
            })
            .collect();
        self.memo_width = width as usize;
    }

    /// What can be consumed first on a path from `start`. Assertions are taken to pass.
    fn filter_from(&self, start: StateId) -> Filter {
        let mut filter = Filter { bytes: ByteSet::EMPTY, accepts: false };
        let mut seen = vec![start];
        let mut looked_at = 0;
        while let Some(id) = seen.get(looked_at).copied() {
            looked_at += 1;
            if looked_at > LOOKAHEAD_STATES {
                return Filter::ANYTHING;
            }
            let state = self.state(id);
            let mut reach = |target: StateId| {
                if !seen.contains(&target) {
                    seen.push(target);
                }
            };
            match state.op {
                Op::Byte(set) => filter.bytes.extend(&set),
                Op::Accept => filter.accepts = true,
                Op::Either { first: branch } | Op::Repeat { again: branch, .. } => {
                    reach(branch);
                    reach(state.next);
                }
                Op::Join | Op::GroupOpen(_) | Op::GroupClose(_) | Op::LineBegin | Op::LineEnd => {
                    reach(state.next);
                }
            }
        }
        filter
    }

    fn find_literal_prefix(&mut self) {
        let mut id = self.state(self.start).next;
        let mut prefix = Vec::new();
        while let Op::Byte(set) = self.state(id).op {
            let Some(byte) = set.sole_member() else { break };
            prefix.push(byte);
            id = self.state(id).next;
        }
        let rest = self.state(id);
        // A group that is repeated no times is no part of the automaton and yet counts.
        self.literal_only = self.groups == 0
            && matches!(rest.op, Op::GroupClose(0))
            && matches!(self.state(rest.next).op, Op::Accept);
        self.literal_prefix = prefix;
    }
}
