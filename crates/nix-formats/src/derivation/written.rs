//! A derivation with its text and what follows from it, made in one go.
//!
//! Of a derivation that depends on others, three texts are hashed: without its output paths and with the hashes of its inputs,
//! which gives the paths; with both, which is what others that depend on it see; and its own, with the paths of its inputs. Most
//! of it, the variables, is the same in all three but for the output paths, so that is printed once.

use std::collections::BTreeSet;

use super::aterm::{
    Masked, print_behind_inputs, print_inputs, print_modulo_inputs, print_outputs, print_sources,
};
use super::modulo::{HashModulo, fixed_modulo, inputs, variables};
use super::{Derivation, Output};
use crate::error::Error;
use crate::hash::{Hash, HashAlgo, Hasher};
use crate::store_path::{StoreDir, StorePath};

/// A derivation as it goes into a store.
#[derive(Debug, Clone)]
pub struct WrittenDerivation {
    derivation: Derivation,
    aterm: Vec<u8>,
    references: BTreeSet<StorePath>,
    modulo: HashModulo,
}

impl WrittenDerivation {
    /// Makes every deferred output whose path can be known an input-addressed one, and sets the variables named after
    /// outputs: to the output's path, to its [`placeholder`](super::placeholder) when its contents decide the path, or to
    /// nothing when an input's path is unknown and the output stays deferred.
    ///
    /// Before, each output of an input-addressed derivation is [`Output::Deferred`]. `lookup` gives the hash modulo of an
    /// input derivation; memoising is its business.
    ///
    /// # Errors
    /// What `lookup` returns; [`Error::InvalidDerivation`] for outputs that do not go together, or when an input derivation
    /// lacks an output; [`Error::BadName`].
    pub fn new<E: From<Error>>(
        mut derivation: Derivation,
        dir: &StoreDir,
        lookup: impl FnMut(&StorePath) -> Result<HashModulo, E>,
    ) -> Result<Self, E> {
        let fixed = derivation.is_fixed_output()?;
        // The variables take part in the hash, empty.
        for name in derivation.outputs.keys() {
            derivation.env.insert(name.clone().into_bytes(), Vec::new());
        }
        let mut behind = Vec::with_capacity(1 << 12);
        let mut holes = Vec::with_capacity(derivation.outputs.len());
        print_behind_inputs(&mut behind, &derivation, Masked::Yes, &mut holes);
        let mut sources = Vec::new();
        print_sources(&mut sources, &derivation, dir);
        let hash = |head: &[u8], inputs: &[u8], behind: &[u8]| {
            let mut hasher = Hasher::new(HashAlgo::Sha256);
            for part in [head, inputs, &sources, behind] {
                hasher.update(part);
            }
            hasher.finish()
        };
        let mut head = Vec::with_capacity(1 << 10);
        let mut modulo = HashModulo::Deferred;
        if fixed {
            fill(&mut derivation, dir, None)?;
            modulo = fixed_modulo(&derivation, dir)?;
            behind = filled(&behind, &holes, &derivation);
        } else {
            let inputs = inputs(&derivation, lookup)?.map(|inputs| {
                let mut text = Vec::with_capacity(80 * inputs.len());
                print_modulo_inputs(&mut text, &inputs);
                text
            });
            let deferred = derivation.outputs.values().any(|output| matches!(output, Output::Deferred));
            let masked = match inputs.as_ref().filter(|_| deferred) {
                Some(inputs) => {
                    print_outputs(&mut head, &derivation, dir, Masked::Yes)?;
                    Some(hash(&head, inputs, &behind))
                }
                None => None,
            };
            fill(&mut derivation, dir, masked)?;
            behind = filled(&behind, &holes, &derivation);
            let known = derivation.outputs.values().all(|output| matches!(output, Output::InputAddressed(_)));
            if let Some(inputs) = inputs.filter(|_| known) {
                head.clear();
                print_outputs(&mut head, &derivation, dir, Masked::No)?;
                modulo = HashModulo::Derivation(hash(&head, &inputs, &behind));
            }
        }
        head.clear();
        print_outputs(&mut head, &derivation, dir, Masked::No)?;
        print_inputs(&mut head, &derivation, dir);
        let aterm = [head.as_slice(), &sources, &behind].concat();
        let references = derivation.references();
        Ok(WrittenDerivation { derivation, aterm, references, modulo })
    }

    /// The derivation, with its outputs as far as they are known.
    pub fn derivation(&self) -> &Derivation {
        &self.derivation
    }

    /// Its text, byte for byte as Nix writes it.
    pub fn aterm(&self) -> &[u8] {
        &self.aterm
    }

    /// The store objects that it refers to, itself a store object.
    pub fn references(&self) -> &BTreeSet<StorePath> {
        &self.references
    }

    /// Its hash as an input of others.
    pub fn modulo(&self) -> &HashModulo {
        &self.modulo
    }

    /// Its own store path.
    ///
    /// # Errors
    /// [`Error::BadName`].
    pub fn path(&self, dir: &StoreDir) -> Result<StorePath, Error> {
        Derivation::path_of_aterm(dir, &self.derivation.name, &self.aterm, &self.references)
    }

    /// The derivation, what it refers to and its hash as an input of others.
    pub fn into_parts(self) -> (Derivation, BTreeSet<StorePath>, HashModulo) {
        (self.derivation, self.references, self.modulo)
    }
}

/// Gives deferred outputs the paths that follow from the hash, and the variables their values.
fn fill(derivation: &mut Derivation, dir: &StoreDir, hash: Option<Hash>) -> Result<(), Error> {
    if let Some(hash) = hash {
        for (name, output) in &mut derivation.outputs {
            *output = Output::InputAddressed(dir.make_output_path(name, &hash, &derivation.name)?);
        }
    }
    variables(derivation, dir)
}

/// The text with the values of the outputs' variables put in: both are in the order of names.
fn filled(text: &[u8], holes: &[usize], derivation: &Derivation) -> Vec<u8> {
    let values = derivation.outputs.keys().filter_map(|name| derivation.env.get(name.as_bytes()));
    let mut out = Vec::with_capacity(text.len() + 128 * holes.len());
    let mut done = 0;
    for (hole, value) in holes.iter().zip(values) {
        out.extend_from_slice(text.get(done..*hole).unwrap_or_default());
        // Paths and placeholders have nothing to be escaped.
        out.extend_from_slice(value);
        done = *hole;
    }
    out.extend_from_slice(text.get(done..).unwrap_or_default());
    out
}
