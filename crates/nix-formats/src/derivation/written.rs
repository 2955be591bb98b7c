//! A derivation's text and what follows from it, made in one go.
//!
//! Of a derivation that depends on others, three texts are hashed: without its output paths and with the hashes of its inputs,
//! which gives the paths; with both, which is what others that depend on it see; and its own, with the paths of its inputs. Most
//! of it, the variables, is the same in all three but for the output paths, so that is printed once.

use std::cell::Cell;
use std::sync::Arc;
use std::thread::LocalKey;

use super::aterm::{print_behind_inputs, print_inputs, print_modulo_inputs, print_outputs};
use super::modulo::{HashModulo, fixed_modulo, inputs};
use super::{Output, Recipe, path_of_aterm, placeholder};
use crate::error::Error;
use crate::hash::{Hash, HashAlgo, Hasher};
use crate::store_path::{StoreDir, StorePath};

/// How large a buffer may be that is kept.
const MAX_KEPT: usize = 1 << 16;

thread_local! {
    /// Room for the text behind the inputs, which differs little in size from one derivation to the next.
    static BEHIND: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
    /// Room for the whole text.
    static ATERM: Cell<Vec<u8>> = const { Cell::new(Vec::new()) };
}

/// The buffer that is kept, emptied, or a new one while it is in use.
fn empty(kept: &'static LocalKey<Cell<Vec<u8>>>) -> Vec<u8> {
    let mut buffer = kept.take();
    buffer.clear();
    buffer
}

/// Keeps a buffer for the next derivation.
fn keep(kept: &'static LocalKey<Cell<Vec<u8>>>, buffer: Vec<u8>) {
    if buffer.capacity() <= MAX_KEPT {
        kept.set(buffer);
    }
}

/// A derivation as it goes into a store.
#[derive(Debug, Clone)]
pub struct WrittenDerivation<'d> {
    name: &'d str,
    outputs: Vec<WrittenOutput<'d>>,
    aterm: Vec<u8>,
    references: Arc<[StorePath]>,
    modulo: HashModulo,
}

/// An output's name, and its path where that is known.
pub type WrittenOutput<'d> = (&'d str, Option<StorePath>);

impl<'d> WrittenDerivation<'d> {
    /// Makes every deferred output whose path can be known an input-addressed one, and sets the variables named after
    /// outputs: to the output's path, to its [`placeholder`] when its contents decide the path, or to nothing when an
    /// input's path is unknown and the output stays deferred.
    ///
    /// Before, each output of an input-addressed derivation is [`Output::Deferred`]. `lookup` gives the hash modulo of an
    /// input derivation; memoising is its business.
    ///
    /// # Errors
    /// What `lookup` returns; [`Error::InvalidDerivation`] for outputs that do not go together, or when an input derivation
    /// lacks an output; [`Error::BadName`].
    pub fn new<E: From<Error>>(
        mut recipe: Recipe<'d>,
        dir: &StoreDir,
        lookup: impl FnMut(&StorePath) -> Result<HashModulo, E>,
    ) -> Result<Self, E> {
        recipe.sort();
        let fixed = recipe.is_fixed_output()?;
        let mut behind = empty(&BEHIND);
        let mut holes = Vec::with_capacity(recipe.outputs.len());
        print_behind_inputs(&mut behind, &recipe, dir, &recipe.outputs, &mut holes);
        let hash = |head: &[u8], inputs: &[u8], behind: &[u8]| {
            let mut hasher = Hasher::new(HashAlgo::Sha256);
            for part in [head, inputs, behind] {
                hasher.update(part);
            }
            hasher.finish()
        };
        let inputs = if fixed { None } else { inputs(&recipe, lookup)? };
        let inputs = inputs.map(|inputs| {
            let mut text = Vec::with_capacity(80 * inputs.len());
            print_modulo_inputs(&mut text, &inputs);
            text
        });
        let deferred = recipe.outputs.iter().any(|(_, output)| matches!(output, Output::Deferred));
        let mut aterm = empty(&ATERM);
        if let Some(inputs) = inputs.as_ref().filter(|_| deferred) {
            print_outputs(&mut aterm, &recipe, dir, None);
            let hash = hash(&aterm, inputs, &behind);
            aterm.clear();
            make_paths(&mut recipe, dir, &hash)?;
        }
        let paths = recipe.paths(dir)?;
        print_outputs(&mut aterm, &recipe, dir, Some(&paths));
        let head_end = aterm.len();
        print_inputs(&mut aterm, &recipe, dir);
        let inputs_end = aterm.len();
        fill(&mut aterm, &behind, &holes, &recipe, &paths, dir);
        keep(&BEHIND, behind);

        let known = recipe.outputs.iter().all(|(_, output)| matches!(output, Output::InputAddressed(_)));
        let modulo = match inputs {
            _ if fixed => fixed_modulo(&recipe, dir, &paths),
            Some(inputs) if known => {
                let (head, rest) = aterm.split_at(head_end);
                let (_, behind) = rest.split_at(inputs_end - head_end);
                HashModulo::Derivation(hash(head, &inputs, behind))
            }
            _ => HashModulo::Deferred,
        };
        let references = recipe.references().into_iter().cloned().collect();
        let outputs = recipe.outputs.iter().map(|(name, _)| *name).zip(paths).collect();
        Ok(WrittenDerivation { name: recipe.name, outputs, aterm, references, modulo })
    }

    /// The name, without `.drv`.
    pub fn name(&self) -> &'d str {
        self.name
    }

    /// The outputs, ascending by name.
    pub fn outputs(&self) -> &[WrittenOutput<'d>] {
        &self.outputs
    }

    /// Its text, byte for byte as Nix writes it.
    pub fn aterm(&self) -> &[u8] {
        &self.aterm
    }

    /// The store objects that it refers to, itself a store object, ascending.
    pub fn references(&self) -> &Arc<[StorePath]> {
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
        path_of_aterm(dir, self.name, &self.aterm, self.references.iter())
    }

    /// The outputs, what it refers to and its hash as an input of others.
    pub fn into_parts(self) -> (Vec<WrittenOutput<'d>>, Arc<[StorePath]>, HashModulo) {
        keep(&ATERM, self.aterm);
        (self.outputs, self.references, self.modulo)
    }
}

/// Gives the outputs the paths that follow from the hash.
fn make_paths(recipe: &mut Recipe<'_>, dir: &StoreDir, hash: &Hash) -> Result<(), Error> {
    for (name, output) in &mut recipe.outputs {
        *output = Output::InputAddressed(dir.make_output_path(name, hash, recipe.name)?);
    }
    Ok(())
}

/// Appends the text with the values of the outputs' variables put in: both are in the order of names.
fn fill(
    out: &mut Vec<u8>,
    text: &[u8],
    holes: &[usize],
    recipe: &Recipe<'_>,
    paths: &[Option<StorePath>],
    dir: &StoreDir,
) {
    let mut done = 0;
    for ((hole, (name, output)), path) in holes.iter().zip(&recipe.outputs).zip(paths) {
        out.extend_from_slice(text.get(done..*hole).unwrap_or_default());
        // Paths and placeholders have nothing to be escaped.
        match (output, path) {
            (_, Some(path)) => dir.push_path(out, path),
            (Output::Floating { .. } | Output::Impure { .. }, None) => {
                out.extend_from_slice(placeholder(name).as_bytes());
            }
            (_, None) => {}
        }
        done = *hole;
    }
    out.extend_from_slice(text.get(done..).unwrap_or_default());
}
