//! Nix's experimental features: what exists only where it was asked for.

use nix_syntax::source::Pos;

use crate::error::{ErrorKind, EvalError, EvalResult};
use crate::eval::Eval;

/// A feature, by the name that `experimental-features` gives it. Only those are here that change what a program means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Feature {
    /// `builtins.getFlake`, references to flakes.
    Flakes,
    /// `builtins.fetchTree`; comes with `flakes` as well.
    FetchTree,
    /// Git inputs whose commits must be signed (`verifyCommit`).
    VerifiedFetches,
    /// `builtins.fetchClosure`.
    FetchClosure,
    /// Derivations whose outputs are known by their contents (`__contentAddressed`).
    CaDerivations,
    /// Derivations that are built anew each time (`__impure`).
    ImpureDerivations,
    /// `builtins.outputOf`, and `outputHashMode = "text"`.
    DynamicDerivations,
    /// `outputHashMode = "git"`.
    GitHashing,
    /// The operators `|>` and `<|`.
    PipeOperators,
    /// Times in `builtins.fromTOML`.
    ParseTomlTimestamps,
    /// `blake3` as a hash.
    Blake3Hashes,
}

impl Feature {
    /// All of them.
    pub const ALL: [Feature; 11] = [
        Feature::Flakes,
        Feature::FetchTree,
        Feature::VerifiedFetches,
        Feature::FetchClosure,
        Feature::CaDerivations,
        Feature::ImpureDerivations,
        Feature::DynamicDerivations,
        Feature::GitHashing,
        Feature::PipeOperators,
        Feature::ParseTomlTimestamps,
        Feature::Blake3Hashes,
    ];

    /// The name in `experimental-features`.
    pub fn name(self) -> &'static str {
        match self {
            Feature::Flakes => "flakes",
            Feature::FetchTree => "fetch-tree",
            Feature::VerifiedFetches => "verified-fetches",
            Feature::FetchClosure => "fetch-closure",
            Feature::CaDerivations => "ca-derivations",
            Feature::ImpureDerivations => "impure-derivations",
            Feature::DynamicDerivations => "dynamic-derivations",
            Feature::GitHashing => "git-hashing",
            Feature::PipeOperators => "pipe-operators",
            Feature::ParseTomlTimestamps => "parse-toml-timestamps",
            Feature::Blake3Hashes => "blake3-hashes",
        }
    }

    /// The feature with this name.
    pub fn named(name: &str) -> Option<Feature> {
        Feature::ALL.into_iter().find(|feature| feature.name() == name)
    }
}

/// A set of features.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Features(u16);

impl Features {
    /// Whether `feature` is on.
    pub fn has(self, feature: Feature) -> bool {
        self.0 & (1 << feature as u8) != 0
    }

    /// The set with `feature` in it.
    #[must_use]
    pub fn with(self, feature: Feature) -> Features {
        Features(self.0 | (1 << feature as u8))
    }
}

impl Eval<'_> {
    /// An error unless `feature` is on.
    pub(crate) fn require(&self, feature: Feature, pos: Pos) -> EvalResult<()> {
        if self.settings.features.has(feature) {
            return Ok(());
        }
        let name = feature.name();
        let message = format!(
            "experimental Nix feature '{name}' is disabled; add '--extra-experimental-features {name}' to enable it"
        );
        Err(EvalError::new(ErrorKind::Restricted, message, pos))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_lead_to_features() {
        for feature in Feature::ALL {
            assert_eq!(Feature::named(feature.name()), Some(feature));
            assert!(!Features::default().has(feature));
            assert!(Features::default().with(feature).has(feature));
        }
        assert_eq!(Feature::named("nix-command"), None);
    }
}
