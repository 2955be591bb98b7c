//! What a derivation is made of, borrowed from where it was computed.
//!
//! An evaluation makes derivations by the ten thousand out of strings that it has anyway, and of each derivation only the
//! text is wanted. So nothing is copied on the way there but what has no other place.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::{Derivation, DynamicOutputs, Output};
use crate::error::Error;
use crate::store_path::{StoreDir, StorePath};

/// The parts of a [`Derivation`], which are the same by name.
#[derive(Debug, Clone)]
pub struct Recipe<'d> {
    /// The name, without `.drv`.
    pub name: &'d str,
    /// The outputs, each name once.
    pub outputs: Vec<(&'d str, Output)>,
    /// The derivations that it is built from, each with one of the outputs that are wanted of it.
    pub input_drvs: Vec<(&'d StorePath, &'d str)>,
    /// Of outputs that are derivations themselves, which of their outputs it is built from.
    pub dynamic_inputs: &'d BTreeMap<StorePath, DynamicOutputs>,
    /// The store objects that it is built from.
    pub input_srcs: Vec<&'d StorePath>,
    /// The system it is built on.
    pub platform: Cow<'d, [u8]>,
    /// The program that builds it.
    pub builder: Cow<'d, [u8]>,
    /// The builder's arguments.
    pub args: Vec<Cow<'d, [u8]>>,
    /// The builder's environment, each name once.
    pub env: Vec<(&'d [u8], Cow<'d, [u8]>)>,
}

impl<'d> From<&'d Derivation> for Recipe<'d> {
    fn from(derivation: &'d Derivation) -> Self {
        let inputs = derivation.input_drvs.iter();
        Recipe {
            name: &derivation.name,
            outputs: derivation
                .outputs
                .iter()
                .map(|(name, output)| (name.as_str(), output.clone()))
                .collect(),
            input_drvs: inputs
                .flat_map(|(path, outputs)| outputs.iter().map(move |output| (path, output.as_str())))
                .collect(),
            dynamic_inputs: &derivation.dynamic_inputs,
            input_srcs: derivation.input_srcs.iter().collect(),
            platform: Cow::Borrowed(&derivation.platform),
            builder: Cow::Borrowed(&derivation.builder),
            args: derivation.args.iter().map(|arg| Cow::Borrowed(arg.as_slice())).collect(),
            env: derivation
                .env
                .iter()
                .map(|(name, value)| (name.as_slice(), Cow::Borrowed(value.as_slice())))
                .collect(),
        }
    }
}

impl<'d> Recipe<'d> {
    /// Brings everything into the order in which it is written.
    pub(super) fn sort(&mut self) {
        self.outputs.sort_by_key(|(name, _)| *name);
        self.input_drvs.sort_unstable();
        self.input_drvs.dedup();
        self.input_srcs.sort_unstable();
        self.input_srcs.dedup();
        self.env.sort_by_key(|(name, _)| *name);
    }

    /// The store objects that the derivation refers to, ascending.
    pub(super) fn references(&self) -> Vec<&'d StorePath> {
        let derivations = self.input_drvs.iter().map(|(path, _)| *path).chain(self.dynamic_inputs.keys());
        let mut all: Vec<&StorePath> = self.input_srcs.iter().copied().chain(derivations).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The path of each output, where it is known.
    pub(super) fn paths(&self, dir: &StoreDir) -> Result<Vec<Option<StorePath>>, Error> {
        self.outputs.iter().map(|(name, output)| output.path(dir, self.name, name)).collect()
    }

    /// See [`Derivation::is_fixed_output`].
    pub(super) fn is_fixed_output(&self) -> Result<bool, Error> {
        let invalid = |reason: &str| {
            Err(Error::InvalidDerivation { name: self.name.to_owned(), reason: reason.to_owned() })
        };
        let kind = |output: &Output| std::mem::discriminant(output);
        let mut outputs = self.outputs.iter();
        let Some((name, first)) = outputs.next() else {
            return invalid("it must have at least one output");
        };
        if outputs.clone().any(|(_, other)| kind(other) != kind(first)) {
            return invalid("kinds of output cannot be mixed");
        }
        match first {
            Output::Fixed(_) if outputs.next().is_some() => invalid("only one fixed output is allowed"),
            Output::Fixed(_) if *name != "out" => invalid("the single fixed output must be named 'out'"),
            Output::Fixed(_) => Ok(true),
            Output::Floating { algo, .. }
                if outputs
                    .any(|(_, other)| !matches!(other, Output::Floating { algo: a, .. } if a == algo)) =>
            {
                invalid("all floating outputs must use the same hash algorithm")
            }
            _ => Ok(false),
        }
    }
}
