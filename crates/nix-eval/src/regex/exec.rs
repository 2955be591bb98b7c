//! Runs an automaton over a text: a depth-first search with an explicit stack.
//!
//! The order of the search and the moments at which it is cut short decide the result, so they are
//! libstdc++'s. Three things make it fast without changing any result:
//!
//! - a loop over single bytes is one scan, which leaves one stack frame;
//! - positions at which the rest of the pattern cannot begin are skipped;
//! - once a search has taken suspiciously many steps, what came of continuing from a branching state at some
//!   position is remembered. Continuing from there depends on the path taken only through the entry counters
//!   of loops, and these count entries at the current position, so it does not depend on it as long as no
//!   counted loop has been entered since the last byte was consumed. A second visit that would succeed can
//!   find no longer match than the first one did, and equally long ones are not taken over.

use super::memo::Memo;
use super::program::{Body, Filter, Op, Program, StateId};
use super::{Captures, RegexError, Span};

/// Marks a group edge that has not been reached, and "no position".
const NONE: u32 = u32::MAX;

/// The largest stack, in frames; a text that needs a larger one is refused instead of exhausting memory.
const STACK_LIMIT: usize = 1 << 25;

/// Steps before results are remembered: some for each byte of text, so that ordinary matches never pay.
const STEPS_PER_BYTE_BEFORE_MEMO: u64 = 16;

/// Steps between two looks at the limits.
const STEPS_BETWEEN_CHECKS: u64 = 1 << 16;

/// Room on a new stack, enough for ordinary matches.
const STACK_ROOM: usize = 32;

/// Steps after which a search is given up, for any text.
const STEP_LIMIT: u64 = 1 << 26;

/// Which ends of a match are accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Mode {
    /// Only the end of the text.
    Exact,
    /// Any; the longest of those found.
    Prefix,
}

/// Where and how a run starts.
#[derive(Debug, Clone, Copy)]
struct Start {
    pos: usize,
    /// Whether `^` passes at this position.
    line_begin: bool,
    /// Whether a match of nothing at this position counts.
    allow_empty: bool,
}

impl Start {
    fn at(pos: usize) -> Self {
        Self { pos, line_begin: pos == 0, allow_empty: true }
    }
}

/// What is left to do when the path being followed ends.
#[derive(Debug, Clone, Copy)]
enum Frame {
    /// Leave the loop `node`, unless a path has been accepted.
    Leave { node: StateId, pos: u32 },
    /// Leave the scanning loop `node` at `pos`, then at ever smaller positions down to `least`. `fresh`: it
    /// has not been left anywhere yet; otherwise leaving it at `pos + 1` has failed.
    Shrink { node: StateId, pos: u32, least: u32, fresh: bool },
    /// Explore the second side of the alternation `node`.
    Second { node: StateId, pos: u32 },
    /// Both sides of an alternation are done; the first one's outcome is kept here.
    Both { first: bool },
    /// Restore an edge of a group.
    Edge { edge: u32, pos: u32 },
    /// Restore the position of a counted loop's last entry.
    Entry { counter: u32, pos: u32, count: u32 },
    /// Restore the position of the last entry into any counted loop.
    LastEntry { pos: u32 },
    /// Remember the outcome of what was explored above.
    Memo { slot: u32, pos: u32 },
}

/// How the search goes on after a step.
enum Flow {
    Continue(StateId),
    /// The path ends here.
    End,
    /// Nothing that could still be explored changes the result.
    Finished,
}

/// One text and the working memory for searches in it.
#[derive(Debug)]
pub(super) struct Machine<'p, 't> {
    program: &'p Program,
    text: &'t [u8],
    mode: Mode,
    start: Start,
    pos: u32,
    /// Whether a path has been accepted since the last alternation began.
    accepted: bool,
    /// Where each group opens and closes on the path being followed: two edges for each group.
    edges: Vec<u32>,
    /// Position and number of the latest entries of each counted loop.
    entries: Vec<(u32, u32)>,
    last_entry: u32,
    stack: Vec<Frame>,
    /// The end of the best match so far, and its edges.
    best_end: Option<u32>,
    best: Vec<u32>,
    steps: u64,
    /// The number of steps at which to look at the limits again.
    checkpoint: u64,
    memo: Memo,
}

impl<'p, 't> Machine<'p, 't> {
    pub(super) fn new(program: &'p Program, text: &'t [u8]) -> Result<Self, RegexError> {
        // Positions up to and including the end must be distinct from `NONE`.
        if text.len() >= NONE as usize {
            return Err(RegexError::Space);
        }
        let edges = 2 * (program.group_count() + 1);
        Ok(Self {
            program,
            text,
            mode: Mode::Exact,
            start: Start::at(0),
            pos: 0,
            accepted: false,
            edges: vec![NONE; edges],
            entries: vec![(NONE, 0); program.counter_count()],
            last_entry: NONE,
            stack: Vec::with_capacity(STACK_ROOM),
            best_end: None,
            best: vec![NONE; edges],
            steps: 0,
            checkpoint: 0,
            memo: Memo::Waiting,
        })
    }

    /// Forgets what earlier searches remembered and how long they took.
    fn begin(&mut self) {
        self.steps = 0;
        self.checkpoint = STEPS_PER_BYTE_BEFORE_MEMO * (self.text.len() as u64 + 64);
        self.memo = Memo::Waiting;
    }

    /// Matches all of the text.
    pub(super) fn full_match(&mut self) -> Result<Option<Captures>, RegexError> {
        self.begin();
        self.run(Start::at(0), Mode::Exact)
    }

    /// Finds the first match at or after `from`, where a line begins only at 0.
    pub(super) fn search(&mut self, from: usize) -> Result<Option<Captures>, RegexError> {
        self.begin();
        if from == 0
            && let Some(found) = self.try_at(Start::at(0))?
        {
            return Ok(Some(found));
        }
        self.search_inside(from.max(1))
    }

    /// Finds the match that follows one that spans `last`.
    pub(super) fn search_after(&mut self, last: Span) -> Result<Option<Captures>, RegexError> {
        self.begin();
        let (from, to) = last;
        if from != to {
            return self.search_inside(to);
        }
        if to == self.text.len() {
            return Ok(None);
        }
        // After an empty match a longer one may still start at the same place.
        let same = Start { pos: to, line_begin: to == 0, allow_empty: false };
        if let Some(found) = self.run(same, Mode::Prefix)? {
            return Ok(Some(found));
        }
        self.search_inside(to + 1)
    }

    /// Finds the first match at or after `from`, which is not the beginning of a line.
    fn search_inside(&mut self, from: usize) -> Result<Option<Captures>, RegexError> {
        for pos in from..=self.text.len() {
            let start = Start { pos, line_begin: false, allow_empty: true };
            if let Some(found) = self.try_at(start)? {
                return Ok(Some(found));
            }
        }
        Ok(None)
    }

    fn try_at(&mut self, start: Start) -> Result<Option<Captures>, RegexError> {
        let first = self.program.first();
        let possible = match self.text.get(start.pos) {
            Some(byte) => first.accepts || first.bytes.contains(*byte),
            None => first.accepts,
        };
        if !possible {
            return Ok(None);
        }
        let literal = self.program.literal_prefix();
        if !self.text.get(start.pos..).is_some_and(|rest| rest.starts_with(literal)) {
            return Ok(None);
        }
        if self.program.is_literal() && !literal.is_empty() {
            let span = (start.pos, start.pos + literal.len());
            return Ok(Some(Captures { span, groups: Vec::new() }));
        }
        self.run(start, Mode::Prefix)
    }

    /// Matches at exactly `start`.
    fn run(&mut self, start: Start, mode: Mode) -> Result<Option<Captures>, RegexError> {
        self.mode = mode;
        self.start = start;
        self.pos = u32::try_from(start.pos).map_err(|_| RegexError::Space)?;
        self.accepted = false;
        self.edges.fill(NONE);
        self.entries.fill((NONE, 0));
        self.last_entry = NONE;
        self.stack.clear();
        self.best_end = None;

        let mut state = self.program.start();
        loop {
            let mut flow = self.step(state)?;
            loop {
                match flow {
                    Flow::Continue(next) => {
                        state = next;
                        break;
                    }
                    Flow::Finished => return Ok(self.take_best()),
                    Flow::End => flow = self.resume()?,
                }
            }
        }
    }

    fn take_best(&mut self) -> Option<Captures> {
        self.best_end.take()?;
        let mut spans = self.best.chunks_exact(2).map(|edges| match *edges {
            [open, close] if close != NONE => Some((open as usize, close as usize)),
            _ => None,
        });
        let span = spans.next()??;
        Some(Captures { span, groups: spans.collect() })
    }

    #[inline]
    fn count_step(&mut self, weight: u64) -> Result<(), RegexError> {
        self.steps += weight;
        if self.steps > self.checkpoint { self.check_limits() } else { Ok(()) }
    }

    /// Looks at the limits, and starts to remember results, since there have been many steps.
    #[cold]
    fn check_limits(&mut self) -> Result<(), RegexError> {
        self.checkpoint = self.steps + STEPS_BETWEEN_CHECKS;
        if matches!(self.memo, Memo::Waiting) {
            self.memo = Memo::new(self.program.memo_width(), self.text.len() + 1);
        }
        let step_limit = STEP_LIMIT.saturating_add(self.text.len() as u64 * 64);
        if self.steps > step_limit || self.stack.len() > STACK_LIMIT {
            return Err(RegexError::Space);
        }
        Ok(())
    }

    #[inline]
    fn byte(&self) -> Option<u8> {
        self.text.get(self.pos as usize).copied()
    }

    #[inline]
    fn at_end(&self) -> bool {
        self.pos as usize == self.text.len()
    }

    fn step(&mut self, id: StateId) -> Result<Flow, RegexError> {
        self.count_step(1)?;
        let program = self.program;
        let state = program.state(id);
        let passes = match &state.op {
            Op::Byte(set) => {
                let passes = self.byte().is_some_and(|byte| set.contains(byte));
                self.pos += u32::from(passes);
                passes
            }
            Op::Join => true,
            Op::GroupOpen(group) => self.pass_edge(2 * *group),
            Op::GroupClose(group) => self.pass_edge(2 * *group + 1),
            Op::LineBegin => self.start.line_begin && self.pos as usize == self.start.pos,
            Op::LineEnd => self.at_end(),
            Op::Either { first } => {
                if let Some(known) = self.recall(id) {
                    return Ok(known);
                }
                self.stack.push(Frame::Second { node: id, pos: self.pos });
                return Ok(Flow::Continue(*first));
            }
            Op::Repeat { again, body } => {
                if let Some(known) = self.recall(id) {
                    return Ok(known);
                }
                return match body {
                    Body::Scan { set, .. } => {
                        let least = self.pos;
                        self.scan(id, set)?;
                        self.stack.push(Frame::Shrink { node: id, pos: self.pos, least, fresh: true });
                        Ok(Flow::End)
                    }
                    Body::Consuming => {
                        self.stack.push(Frame::Leave { node: id, pos: self.pos });
                        Ok(Flow::Continue(*again))
                    }
                    Body::Nullable { counter } => {
                        self.stack.push(Frame::Leave { node: id, pos: self.pos });
                        Ok(if self.enter(*counter) { Flow::Continue(*again) } else { Flow::End })
                    }
                };
            }
            Op::Accept => return Ok(self.accept()),
        };
        Ok(if passes { Flow::Continue(state.next) } else { Flow::End })
    }

    /// Notes that the path passes an edge of a group here.
    fn pass_edge(&mut self, edge: u32) -> bool {
        let Some(place) = self.edges.get_mut(edge as usize) else { return false };
        self.stack.push(Frame::Edge { edge, pos: *place });
        *place = self.pos;
        true
    }

    /// Ends the path here, as a match if it is one.
    fn accept(&mut self) -> Flow {
        let empty = self.pos as usize == self.start.pos;
        if (self.mode == Mode::Exact && !self.at_end()) || (empty && !self.start.allow_empty) {
            return Flow::End;
        }
        self.accepted = true;
        if self.best_end.is_none_or(|end| end < self.pos) {
            self.best_end = Some(self.pos);
            self.best.copy_from_slice(&self.edges);
        }
        // No match is longer than one that ends with the text, and of equal ones the first stays.
        if self.at_end() { Flow::Finished } else { Flow::End }
    }

    /// Moves over the bytes of `set`, up to a position from which repeating loop `id` is known to fail.
    fn scan(&mut self, id: StateId, set: &super::charset::ByteSet) -> Result<(), RegexError> {
        let rest = self.text.get(self.pos as usize..).unwrap_or_default();
        let length = match (&self.memo, self.program.memo_slot(id)) {
            (Memo::Table(table), Some(slot)) => {
                let mut pos = self.pos;
                rest.iter()
                    .take_while(|byte| {
                        pos += 1;
                        set.contains(**byte) && table.get(slot, pos) != Some(false)
                    })
                    .count()
            }
            _ => rest.iter().take_while(|byte| set.contains(**byte)).count(),
        };
        self.pos += u32::try_from(length).map_err(|_| RegexError::Space)?;
        // Scanning is much cheaper than stepping.
        self.count_step(length as u64 / 16)
    }

    /// Enters the counted loop `counter` once more, unless it has been entered twice at this position.
    fn enter(&mut self, counter: u32) -> bool {
        let Some(entry) = self.entries.get_mut(counter as usize) else { return false };
        let (pos, count) = *entry;
        if pos != self.pos || count == 0 {
            *entry = (self.pos, 1);
        } else if count < 2 {
            entry.1 = count + 1;
        } else {
            return false;
        }
        self.stack.push(Frame::Entry { counter, pos, count });
        self.stack.push(Frame::LastEntry { pos: self.last_entry });
        self.last_entry = self.pos;
        true
    }

    /// The flow that follows from a remembered result for `id` at this position. If there is none but one may
    /// be kept, arranges for that.
    #[inline]
    fn recall(&mut self, id: StateId) -> Option<Flow> {
        let Memo::Table(table) = &self.memo else { return None };
        if self.last_entry == self.pos {
            return None;
        }
        let slot = self.program.memo_slot(id)?;
        match table.get(slot, self.pos) {
            Some(accepted) => {
                self.accepted = accepted;
                Some(Flow::End)
            }
            None => {
                self.stack.push(Frame::Memo { slot, pos: self.pos });
                None
            }
        }
    }

    /// Takes up the topmost piece of work that was left for later.
    fn resume(&mut self) -> Result<Flow, RegexError> {
        self.count_step(1)?;
        let Some(frame) = self.stack.pop() else { return Ok(Flow::Finished) };
        match frame {
            Frame::Leave { node, pos } => {
                if !self.accepted {
                    self.pos = pos;
                    return Ok(Flow::Continue(self.program.state(node).next));
                }
            }
            Frame::Shrink { node, pos, least, fresh } => return self.shrink(node, pos, least, fresh),
            Frame::Second { node, pos } => {
                self.stack.push(Frame::Both { first: self.accepted });
                self.accepted = false;
                self.pos = pos;
                return Ok(Flow::Continue(self.program.state(node).next));
            }
            Frame::Both { first } => self.accepted |= first,
            Frame::Edge { edge, pos } => {
                if let Some(place) = self.edges.get_mut(edge as usize) {
                    *place = pos;
                }
            }
            Frame::Entry { counter, pos, count } => {
                if let Some(entry) = self.entries.get_mut(counter as usize) {
                    *entry = (pos, count);
                }
            }
            Frame::LastEntry { pos } => self.last_entry = pos,
            Frame::Memo { slot, pos } => self.memo.set(slot, pos, self.accepted),
        }
        Ok(Flow::End)
    }

    /// Leaves the scanning loop `node` at the largest position that promises anything, from `pos` down.
    fn shrink(&mut self, node: StateId, pos: u32, least: u32, fresh: bool) -> Result<Flow, RegexError> {
        if self.accepted {
            return Ok(Flow::End);
        }
        let state = self.program.state(node);
        let Op::Repeat { body: Body::Scan { exit, .. }, .. } = state.op else { return Ok(Flow::End) };
        let filter = self.program.exit_filter(exit);
        let failed = if fresh { pos } else { pos + 1 };
        let Some(leave) = self.last_promising(filter, pos, least) else {
            self.remember_failures(node, least, failed);
            return Ok(Flow::End);
        };
        self.count_step(u64::from(pos - leave) / 16)?;
        self.remember_failures(node, leave, failed);
        if leave > least {
            self.stack.push(Frame::Shrink { node, pos: leave - 1, least, fresh: false });
        }
        self.pos = leave;
        Ok(Flow::Continue(state.next))
    }

    /// The largest position from `least` to `pos` at which something that `filter` admits follows.
    fn last_promising(&self, filter: &Filter, pos: u32, least: u32) -> Option<u32> {
        let admits = |at: u32| match self.text.get(at as usize) {
            Some(byte) => filter.bytes.contains(*byte) || (filter.accepts && self.mode == Mode::Prefix),
            None => filter.accepts,
        };
        (least..=pos).rev().find(|at| admits(*at))
    }

    /// Remembers that repeating the scanning loop `node` fails from the positions above `leave` up to
    /// `failed`, because leaving it fails at all of them and at all later ones.
    fn remember_failures(&mut self, node: StateId, leave: u32, failed: u32) {
        if let (Memo::Table(table), Some(slot)) = (&mut self.memo, self.program.memo_slot(node)) {
            for at in leave + 1..=failed {
                table.set(slot, at, false);
            }
        }
    }
}
