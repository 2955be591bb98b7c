//! What can go wrong in an evaluation, and the way it came about.

use nix_syntax::source::Pos;
use thiserror::Error;

/// The result of anything that evaluates. The error is boxed so that a result stays as small as a value.
pub type EvalResult<T> = Result<T, Box<EvalError>>;

/// The kinds of errors that somebody treats differently.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ErrorKind {
    /// `throw`, and what Nix makes catchable in the same way; `tryEval` catches it.
    Throw,
    /// A failed `assert`; `tryEval` catches it.
    Assertion,
    /// `abort`.
    Abort,
    /// A value of another type than needed.
    Type,
    /// An attribute that is not there.
    MissingAttribute,
    /// A variable that is not there.
    UndefinedVariable,
    /// A value that needs itself.
    InfiniteRecursion,
    /// Calls nested deeper than the limit.
    StackOverflow,
    /// Somebody ended the evaluation from outside.
    Interrupted,
    /// Text that is no program.
    Syntax,
    /// A file that could not be read, a store that refused.
    Io,
    /// What the settings forbid (`pure-eval`, `restrict-eval`).
    Restricted,
    /// Anything else.
    Other,
}

/// How many of its innermost steps a trace keeps for certain, and of its outermost ones as well. Deep recursion would
/// otherwise fill the memory with steps that nobody reads.
pub const KEPT_STEPS: usize = 500;

/// A step on the way to an error, innermost first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame {
    /// What was being done, such as `while calling 'f'`.
    pub text: String,
    /// Where.
    pub pos: Pos,
}

/// An error of evaluation: the cause, its place, and the frames around it.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
#[error("{message}")]
pub struct EvalError {
    /// What kind of error it is.
    pub kind: ErrorKind,
    /// What is wrong, in Nix's words where Nix has them.
    pub message: String,
    /// Where.
    pub pos: Pos,
    /// The steps that led to it, innermost first.
    pub trace: Vec<Frame>,
    /// How many steps were left out of a very long trace, behind its first [`KEPT_STEPS`].
    pub omitted: usize,
    /// Names close to the one that was not found.
    pub suggestions: Vec<String>,
    /// For an infinite recursion, which of the steps lead from the value back to itself.
    pub cycle: Cycle,
}

/// What is known of the way on which a value needs itself.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Cycle {
    /// The error is no infinite recursion, or the value is nobody's.
    #[default]
    None,
    /// The steps so far are all part of it; the number stands for the value.
    Open(usize),
    /// This many of the first steps are.
    Closed(usize),
}

impl EvalError {
    /// An error at a place.
    #[cold]
    pub fn new(kind: ErrorKind, message: impl Into<String>, pos: Pos) -> Box<EvalError> {
        Box::new(EvalError {
            kind,
            message: message.into(),
            pos,
            trace: Vec::new(),
            omitted: 0,
            suggestions: Vec::new(),
            cycle: Cycle::None,
        })
    }

    /// A value of the wrong type.
    #[cold]
    pub fn type_error(message: impl Into<String>, pos: Pos) -> Box<EvalError> {
        Self::new(ErrorKind::Type, message, pos)
    }

    /// Any other error.
    #[cold]
    pub fn other(message: impl Into<String>, pos: Pos) -> Box<EvalError> {
        Self::new(ErrorKind::Other, message, pos)
    }

    /// Whether `builtins.tryEval` catches it.
    pub fn is_catchable(&self) -> bool {
        matches!(self.kind, ErrorKind::Throw | ErrorKind::Assertion)
    }

    /// Adds a step to the trace.
    #[cold]
    pub fn frame(mut self: Box<Self>, text: impl Into<String>, pos: Pos) -> Box<Self> {
        self.trace.push(Frame { text: text.into(), pos });
        if self.trace.len() >= 4 * KEPT_STEPS {
            self.trace.drain(KEPT_STEPS..3 * KEPT_STEPS);
            self.omitted += 2 * KEPT_STEPS;
        }
        self
    }

    /// Notes that the value `number` was being computed, so that the steps from here on are not part of its cycle.
    #[cold]
    pub(crate) fn close_cycle(&mut self, number: usize) {
        if self.cycle == Cycle::Open(number) {
            self.cycle = Cycle::Closed(self.trace.len());
        }
    }

    /// Gives the error a place if it has none yet.
    #[cold]
    pub fn at(mut self: Box<Self>, pos: Pos) -> Box<Self> {
        if !self.pos.is_some() {
            self.pos = pos;
        }
        self
    }
}

/// Adds steps to the trace of a result that is an error.
pub trait WithFrame<T> {
    /// Adds the step that `text` gives.
    fn with_frame(self, text: impl FnOnce() -> String, pos: Pos) -> EvalResult<T>;
}

impl<T> WithFrame<T> for EvalResult<T> {
    #[inline]
    fn with_frame(self, text: impl FnOnce() -> String, pos: Pos) -> EvalResult<T> {
        match self {
            Ok(value) => Ok(value),
            Err(error) => Err(error.frame(text(), pos)),
        }
    }
}
