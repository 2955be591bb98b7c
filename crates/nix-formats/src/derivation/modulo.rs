//! The hash of a derivation modulo its fixed-output inputs, and the output paths that follow from it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::aterm::print_modulo;
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
    FixedOutputs(Arc<BTreeMap<String, Hash>>),
    /// Nothing yet: an output path is not known before something is built.
    Deferred,
}

/// The inputs as the hash sees them: pairs of a hash and an output, ascending and without duplicates.
pub(super) type HashModuloInputs<'d> = Vec<(Hash, &'d str)>;

pub(super) fn hash_modulo<E: From<Error>>(
    derivation: &Derivation,
    dir: &StoreDir,
    lookup: impl FnMut(&StorePath) -> Result<HashModulo, E>,
) -> Result<HashModulo, E> {
    if derivation.is_fixed_output()? {
        return Ok(fixed_modulo(derivation, dir)?);
    }
    if !derivation.outputs.values().all(|output| matches!(output, Output::InputAddressed(_))) {
        return Ok(HashModulo::Deferred);
    }
    Ok(match inputs(derivation, lookup)? {
        Some(inputs) => {
            let clear = print_modulo(derivation, dir, &inputs)?;
            HashModulo::Derivation(HashAlgo::Sha256.digest(clear))
        }
        None => HashModulo::Deferred,
    })
}

/// What stands for a derivation with a fixed output.
pub(super) fn fixed_modulo(derivation: &Derivation, dir: &StoreDir) -> Result<HashModulo, Error> {
    let mut hashes = BTreeMap::new();
    for (output, kind) in &derivation.outputs {
        if let Output::Fixed(address) = kind {
            let path = dir.join(&fixed_path(dir, address, &derivation.name, output)?);
            let (method, hash) = (address.method.prefix(), &address.hash);
            let clear = format!("fixed:out:{method}{}:{}:{path}", hash.algo(), hash.to_base16());
            hashes.insert(output.clone(), HashAlgo::Sha256.digest(clear));
        }
    }
    Ok(HashModulo::FixedOutputs(Arc::new(hashes)))
}

/// Sets the variables named after outputs.
pub(super) fn variables(derivation: &mut Derivation, dir: &StoreDir) -> Result<(), Error> {
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
pub(super) fn inputs<'d, E: From<Error>>(
    derivation: &'d Derivation,
    mut lookup: impl FnMut(&StorePath) -> Result<HashModulo, E>,
) -> Result<Option<HashModuloInputs<'d>>, E> {
    if !derivation.dynamic_inputs.is_empty() {
        return Ok(None);
    }
    let mut inputs = HashModuloInputs::with_capacity(derivation.input_drvs.len());
    for (path, outputs) in &derivation.input_drvs {
        match lookup(path)? {
            HashModulo::Deferred => return Ok(None),
            HashModulo::Derivation(hash) => {
                inputs.extend(outputs.iter().map(|output| (hash, output.as_str())))
            }
            HashModulo::FixedOutputs(hashes) => {
                for output in outputs {
                    let hash = hashes.get(output).ok_or_else(|| Error::InvalidDerivation {
                        name: derivation.name.clone(),
                        reason: format!("its input '{path}' has no output '{output}'"),
                    })?;
                    inputs.push((*hash, "out"));
                }
            }
        }
    }
    inputs.sort_unstable();
    inputs.dedup();
    Ok(Some(inputs))
}
