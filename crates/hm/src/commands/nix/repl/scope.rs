//! The variables of a session.

use std::collections::HashMap;

use nix_eval::value::MaybeEnv;
use nix_eval::{Eval, Value};
use nix_syntax::symbol::Symbol;

/// Names and their values. A program sees those that there were when it was entered: each change makes a new frame.
#[derive(Default)]
pub(super) struct Scope<'a> {
    names: Vec<Symbol>,
    values: Vec<Value<'a>>,
    places: HashMap<Symbol, usize>,
    frame: Option<MaybeEnv<'a>>,
}

impl<'a> Scope<'a> {
    /// Gives `name` a value, which may be put off in a slot.
    pub(super) fn set(&mut self, name: Symbol, value: Value<'a>) {
        self.frame = None;
        match self.places.get(&name).and_then(|&place| self.values.get_mut(place)) {
            Some(old) => *old = value,
            None => {
                self.places.insert(name, self.names.len());
                self.names.push(name);
                self.values.push(value);
            }
        }
    }

    /// Whether there is a variable called `name`.
    pub(super) fn has(&self, name: Symbol) -> bool {
        self.places.contains_key(&name)
    }

    /// The names, in the order of the frame's slots.
    pub(super) fn names(&self) -> &[Symbol] {
        &self.names
    }

    /// The frame with their values.
    pub(super) fn frame(&mut self, eval: &Eval<'a>) -> MaybeEnv<'a> {
        *self.frame.get_or_insert_with(|| eval.variables(&self.values))
    }
}
