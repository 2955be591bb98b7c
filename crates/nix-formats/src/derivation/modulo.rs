//! The hash of a derivation modulo its fixed-output inputs, and the output paths that follow from it.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::aterm::print_modulo;
use super::{Output, Recipe};
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
    recipe: &Recipe<'_>,
    dir: &StoreDir,
    lookup: impl FnMut(&StorePath) -> Result<HashModulo, E>,
) -> Result<HashModulo, E> {
    if recipe.is_fixed_output()? {
        return Ok(fixed_modulo(recipe, dir, &recipe.paths(dir)?));
    }
    if !recipe.outputs.iter().all(|(_, output)| matches!(output, Output::InputAddressed(_))) {
        return Ok(HashModulo::Deferred);
    }
    Ok(match inputs(recipe, lookup)? {
        Some(inputs) => {
            let clear = print_modulo(recipe, dir, &inputs)?;
            HashModulo::Derivation(HashAlgo::Sha256.digest(clear))
        }
        None => HashModulo::Deferred,
    })
}

/// What stands for a derivation with a fixed output, whose `paths` are known.
pub(super) fn fixed_modulo(recipe: &Recipe<'_>, dir: &StoreDir, paths: &[Option<StorePath>]) -> HashModulo {
    let mut hashes = BTreeMap::new();
    for ((output, kind), path) in recipe.outputs.iter().zip(paths) {
        if let (Output::Fixed(address), Some(path)) = (kind, path) {
            let (method, hash) = (address.method.prefix(), &address.hash);
            let mut clear = Vec::with_capacity(256);
            for part in ["fixed:out:", method, hash.algo().name(), ":"] {
                clear.extend_from_slice(part.as_bytes());
            }
            hash.push_base16(&mut clear);
            clear.push(b':');
            dir.push_path(&mut clear, path);
            hashes.insert((*output).to_owned(), HashAlgo::Sha256.digest(clear));
        }
    }
    HashModulo::FixedOutputs(Arc::new(hashes))
}

/// The input derivations as the hash sees them; `None` when one of them is deferred. Two inputs with the same
/// hash become one.
pub(super) fn inputs<'d, E: From<Error>>(
    recipe: &Recipe<'d>,
    mut lookup: impl FnMut(&StorePath) -> Result<HashModulo, E>,
) -> Result<Option<HashModuloInputs<'d>>, E> {
    if !recipe.dynamic_inputs.is_empty() {
        return Ok(None);
    }
    let mut inputs = HashModuloInputs::with_capacity(recipe.input_drvs.len());
    for same in recipe.input_drvs.chunk_by(|one, other| one.0 == other.0) {
        let Some((path, _)) = same.first() else { continue };
        match lookup(path)? {
            HashModulo::Deferred => return Ok(None),
            HashModulo::Derivation(hash) => inputs.extend(same.iter().map(|(_, output)| (hash, *output))),
            HashModulo::FixedOutputs(hashes) => {
                for (_, output) in same {
                    let hash = hashes.get(*output).ok_or_else(|| Error::InvalidDerivation {
                        name: recipe.name.to_owned(),
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
