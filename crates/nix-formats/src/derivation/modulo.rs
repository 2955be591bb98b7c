//! The hash of a derivation modulo its fixed-output inputs, and the output paths that follow from it.

use std::collections::{BTreeMap, BTreeSet};

use super::aterm::{Masked, print_modulo};
use super::{Derivation, Output, fixed_path, placeholder};
use crate::error::Error;
use crate::hash::{Hash, HashAlgo};
use crate::store_path::{StoreDir, StorePath};

/// What stands for an input derivation in the hash of a derivation that depends on it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum HashModulo {
    /// The derivation's own hash.
    Derivation(Hash),
    /// A hash for each fixed output, whatever builds it.
    FixedOutputs(BTreeMap<String, Hash>),
    /// Nothing yet: an output path is not known before something is built.
    Deferred,
}

pub(super) type HashModuloInputs = BTreeMap<Hash, BTreeSet<String>>;

pub(super) fn hash_modulo<E: From<Error>>(
    derivation: &Derivation,
    dir: &StoreDir,
    lookup: impl FnMut(&StorePath) -> Result<HashModulo, E>,
) -> Result<HashModulo, E> {
    if derivation.is_fixed_output()? {
        let mut hashes = BTreeMap::new();
        for (output, kind) in &derivation.outputs {
            if let Output::Fixed(address) = kind {
                let path = dir.join(&fixed_path(dir, address, &derivation.name, output)?);
                let (method, hash) = (address.method.prefix(), &address.hash);
                let clear = format!("fixed:out:{method}{}:{}:{path}", hash.algo(), hash.to_base16());
                hashes.insert(output.clone(), HashAlgo::Sha256.digest(clear));
            }
        }
        return Ok(HashModulo::FixedOutputs(hashes));
    }
    if !derivation.outputs.values().all(|output| matches!(output, Output::InputAddressed(_))) {
        return Ok(HashModulo::Deferred);
    }
    Ok(match inputs(derivation, lookup)? {
        Some(inputs) => {
            let clear = print_modulo(derivation, dir, &inputs, Masked::No)?;
            HashModulo::Derivation(HashAlgo::Sha256.digest(clear))
        }
        None => HashModulo::Deferred,
    })
}

pub(super) fn fill_output_paths<E: From<Error>>(
    derivation: &mut Derivation,
    dir: &StoreDir,
    lookup: impl FnMut(&StorePath) -> Result<HashModulo, E>,
) -> Result<(), E> {
    derivation.is_fixed_output()?;
    // The variables take part in the hash, empty.
    for name in derivation.outputs.keys() {
        derivation.env.insert(name.clone().into_bytes(), Vec::new());
    }
    if derivation.outputs.values().any(|output| matches!(output, Output::Deferred))
        && let Some(inputs) = inputs(derivation, lookup)?
    {
        let hash = HashAlgo::Sha256.digest(print_modulo(derivation, dir, &inputs, Masked::Yes)?);
        for (name, output) in &mut derivation.outputs {
            *output = Output::InputAddressed(dir.make_output_path(name, &hash, &derivation.name)?);
        }
    }
    for (name, output) in &derivation.outputs {
        let value = match (output, output.path(dir, &derivation.name, name)?) {
            (_, Some(path)) => dir.join(&path),
            (Output::Floating { .. } | Output::Impure { .. }, None) => placeholder(name),
            (_, None) => String::new(),
        };
        derivation.env.insert(name.clone().into_bytes(), value.into_bytes());
    }
    Ok(())
}

/// The input derivations as the hash sees them; `None` when one of them is deferred. Two inputs with the same
/// hash become one.
fn inputs<E: From<Error>>(
    derivation: &Derivation,
    mut lookup: impl FnMut(&StorePath) -> Result<HashModulo, E>,
) -> Result<Option<HashModuloInputs>, E> {
    if !derivation.dynamic_inputs.is_empty() {
        return Ok(None);
    }
    let mut inputs = HashModuloInputs::new();
    for (path, outputs) in &derivation.input_drvs {
        match lookup(path)? {
            HashModulo::Deferred => return Ok(None),
            HashModulo::Derivation(hash) => inputs.entry(hash).or_default().extend(outputs.iter().cloned()),
            HashModulo::FixedOutputs(hashes) => {
                for output in outputs {
                    let hash = hashes.get(output).ok_or_else(|| Error::InvalidDerivation {
                        name: derivation.name.clone(),
                        reason: format!("its input '{path}' has no output '{output}'"),
                    })?;
                    inputs.entry(*hash).or_default().insert("out".to_owned());
                }
            }
        }
    }
    Ok(Some(inputs))
}
