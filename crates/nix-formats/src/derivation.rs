//! Derivations: what Nix builds from, and the store paths that follow from it.
//!
//! A derivation is written as an ATerm (`aterm`), and identified by its hash modulo (`modulo`), in which each
//! input derivation is replaced by its own hash modulo and a fixed output by what its contents are known to
//! be.

mod aterm;
mod modulo;
mod recipe;
mod written;

use std::collections::{BTreeMap, BTreeSet};

use crate::content_address::{ContentAddress, ContentAddressMethod};
use crate::error::Error;
use crate::hash::{Hash, HashAlgo};
use crate::store_path::{FileIngestion, StoreDir, StorePath, output_path_name};

pub use modulo::HashModulo;
pub use recipe::Recipe;
pub use written::{WrittenDerivation, WrittenOutput};

/// A derivation. Output names and the platform are text, the rest is bytes as in the language.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Derivation {
    /// The name, without `.drv`. It is not part of the ATerm; the derivation's store path carries it.
    pub name: String,
    /// The outputs by name.
    pub outputs: BTreeMap<String, Output>,
    /// The derivations that it is built from, and which of their outputs.
    pub input_drvs: BTreeMap<StorePath, BTreeSet<String>>,
    /// Of outputs that are derivations themselves, which of their outputs it is built from.
    pub dynamic_inputs: BTreeMap<StorePath, DynamicOutputs>,
    /// The store objects that it is built from.
    pub input_srcs: BTreeSet<StorePath>,
    /// The system it is built on.
    pub platform: Vec<u8>,
    /// The program that builds it.
    pub builder: Vec<u8>,
    /// The builder's arguments.
    pub args: Vec<Vec<u8>>,
    /// The builder's environment.
    pub env: BTreeMap<Vec<u8>, Vec<u8>>,
}

/// What is wanted of outputs that are derivations themselves, by their names.
pub type DynamicOutputs = BTreeMap<String, DynamicInput>;

/// What is wanted of a derivation that some other one's output is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DynamicInput {
    /// Its outputs.
    pub outputs: BTreeSet<String>,
    /// Of its outputs that are derivations themselves, what is wanted of those.
    pub dynamic: DynamicOutputs,
}

/// How the path of a derivation's output comes about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Output {
    /// The path follows from the derivation.
    InputAddressed(StorePath),
    /// The path follows from the contents, whose hash is given beforehand.
    Fixed(ContentAddress),
    /// The path follows from the contents, which are known only after the build.
    Floating {
        /// How the contents will be hashed.
        method: ContentAddressMethod,
        /// With which algorithm.
        algo: HashAlgo,
    },
    /// The path will follow from the derivation, but is not known: not computed yet, or an input's is not
    /// known.
    Deferred,
    /// As `Floating`, and the build may differ each time.
    Impure {
        /// How the contents will be hashed.
        method: ContentAddressMethod,
        /// With which algorithm.
        algo: HashAlgo,
    },
}

impl Output {
    /// The output's store path, where it is known. `derivation` is the derivation's name, `output` the
    /// output's.
    ///
    /// # Errors
    /// [`Error::BadName`].
    pub fn path(&self, dir: &StoreDir, derivation: &str, output: &str) -> Result<Option<StorePath>, Error> {
        match self {
            Self::InputAddressed(path) => Ok(Some(path.clone())),
            Self::Fixed(address) => fixed_path(dir, address, derivation, output).map(Some),
            Self::Floating { .. } | Self::Deferred | Self::Impure { .. } => Ok(None),
        }
    }
}

fn fixed_path(
    dir: &StoreDir,
    address: &ContentAddress,
    derivation: &str,
    output: &str,
) -> Result<StorePath, Error> {
    let name = output_path_name(derivation, output);
    address.path(dir, &name, &BTreeSet::new(), false)
}

impl Derivation {
    /// The ATerm, byte for byte as Nix writes it.
    ///
    /// # Errors
    /// [`Error::BadName`] when a fixed output's name makes no store path.
    pub fn to_aterm(&self, dir: &StoreDir) -> Result<Vec<u8>, Error> {
        aterm::print(&Recipe::from(self), dir)
    }

    /// Parses an ATerm. `name` is the derivation's name, without `.drv`.
    ///
    /// # Errors
    /// [`Error::BadDerivation`] with the place; [`Error::BadStorePath`] for a path outside `dir`.
    pub fn from_aterm(dir: &StoreDir, name: &str, text: &[u8]) -> Result<Self, Error> {
        aterm::parse(dir, name, text)
    }

    /// The store objects that the derivation, itself a store object, refers to.
    pub fn references(&self) -> BTreeSet<StorePath> {
        let derivations = self.input_drvs.keys().chain(self.dynamic_inputs.keys());
        self.input_srcs.iter().chain(derivations).cloned().collect()
    }

    /// The derivation's own store path.
    ///
    /// # Errors
    /// [`Error::BadName`].
    pub fn path(&self, dir: &StoreDir) -> Result<StorePath, Error> {
        path_of_aterm(dir, &self.name, &self.to_aterm(dir)?, &self.references())
    }

    /// The derivation's hash as an input of others, outputs included.
    ///
    /// `lookup` gives the hash modulo of an input derivation; memoising is its business.
    ///
    /// # Errors
    /// What `lookup` returns; [`Error::InvalidDerivation`] for outputs that do not go together, or when an
    /// input derivation lacks an output.
    pub fn hash_modulo<E: From<Error>>(
        &self,
        dir: &StoreDir,
        lookup: impl FnMut(&StorePath) -> Result<HashModulo, E>,
    ) -> Result<HashModulo, E> {
        modulo::hash_modulo(&Recipe::from(self), dir, lookup)
    }

    /// Whether the derivation has one output whose contents' hash is given.
    ///
    /// # Errors
    /// [`Error::InvalidDerivation`] when there is no output, when kinds of output are mixed, when there are
    /// several fixed outputs or one that is not called `out`.
    pub fn is_fixed_output(&self) -> Result<bool, Error> {
        Recipe::from(self).is_fixed_output()
    }
}

/// The store path of a derivation with this text and these references, which ascend.
fn path_of_aterm<'r>(
    dir: &StoreDir,
    name: &str,
    aterm: &[u8],
    references: impl IntoIterator<Item = &'r StorePath>,
) -> Result<StorePath, Error> {
    dir.text_path(&[name, ".drv"].concat(), &HashAlgo::Sha256.digest(aterm), references)
}

/// The stand-in for the path of one of a derivation's own outputs (`builtins.placeholder`).
pub fn placeholder(output: &str) -> String {
    format!("/{}", HashAlgo::Sha256.digest(format!("nix-output:{output}")).to_nix32())
}

/// The stand-in for the path of another derivation's output that is not known before that is built.
pub fn downstream_placeholder(derivation: &StorePath, output: &str) -> String {
    let name = derivation.name();
    let name = output_path_name(name.strip_suffix(".drv").unwrap_or(name), output);
    let clear = format!("nix-upstream-output:{}:{name}", derivation.hash_part());
    format!("/{}", HashAlgo::Sha256.digest(clear).to_nix32())
}

/// The stand-in for the path of an output of a derivation that is itself not known before `placeholder`, which stands for
/// its path, is.
///
/// # Errors
/// [`Error::BadHash`] when `placeholder` is none.
pub fn computed_placeholder(placeholder: &str, output: &str) -> Result<String, Error> {
    let hash = Hash::parse_digits(placeholder.strip_prefix('/').unwrap_or(placeholder), HashAlgo::Sha256)?;
    let short = crate::base32::encode(&hash.fold20());
    let clear = format!("nix-computed-output:{short}:{output}");
    Ok(format!("/{}", HashAlgo::Sha256.digest(clear).to_nix32()))
}

/// A fixed output as derivations describe it: the hash of one file or of an archive.
pub fn fixed_output(recursive: bool, hash: Hash) -> Output {
    let ingestion = if recursive { FileIngestion::Recursive } else { FileIngestion::Flat };
    Output::Fixed(ContentAddress { method: ContentAddressMethod::Fixed(ingestion), hash })
}

#[cfg(test)]
mod tests;
