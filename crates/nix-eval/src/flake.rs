//! Flakes: from a reference to what the flake puts out.
//!
//! The flake's tree is fetched, its `flake.nix` read for the inputs, each input locked by the lock file or, where that lacks
//! it, anew and in memory only; then its outputs are called with its inputs, each of which is fetched when it is looked at.

mod call;
mod lock;
mod read;
mod tree;

use nix_formats::FlakeRef;
use nix_formats::flake_ref::Reading;
use nix_formats::registry::Scope;
use nix_syntax::source::Pos;

pub(crate) use tree::Trees;

use crate::error::EvalResult;
use crate::eval::Eval;
use crate::features::Feature;
use crate::host::MessageLevel;
use crate::value::Value;

impl<'a> Eval<'a> {
    /// The flake that `reference` names, called: its outputs, its tree and its inputs.
    pub(crate) fn call_flake(&self, reference: &FlakeRef, pos: Pos) -> EvalResult<Value<'a>> {
        let flake = self.get_flake(reference, self.registries_in(Scope::All), &Vec::new(), pos)?;
        let locked = self.lock_flake(&flake, pos)?;
        if locked.changed {
            let message = format!("not writing modified lock file of flake '{}'", reference.describe());
            self.host.message(MessageLevel::Notice, &message);
        }
        self.call_locked(&flake, &locked, pos)
    }

    /// What the lock file of the flake that `reference` names has to say, as far as it does not say it already.
    ///
    /// # Errors
    /// When there is no such flake, or one of its inputs cannot be had.
    pub fn flake_lock(&self, reference: &str) -> EvalResult<String> {
        let pos = Pos::NONE;
        let reference = self.parse_flake_ref(reference, Reading::FLAKE, pos)?;
        self.require(Feature::Flakes, pos)?;
        let flake = self.get_flake(&reference, self.registries_in(Scope::All), &Vec::new(), pos)?;
        let mut locked = self.lock_flake(&flake, pos)?;
        self.count_revisions(&mut locked, pos)?;
        Ok(locked.file.to_text())
    }

    /// Those of the registries in `scope` that an evaluation may ask.
    fn registries_in(&self, scope: Scope) -> Scope {
        if self.settings.pure || !self.settings.use_registries { Scope::Nothing } else { scope }
    }

    /// Where the flake of an entry `flake:REFERENCE` of the search path lies.
    pub(crate) fn flake_in_search_path(&self, reference: &[u8], pos: Pos) -> EvalResult<Vec<u8>> {
        self.require(Feature::Flakes, pos)?;
        let how = Reading { is_flake: false, ..Reading::FLAKE };
        let found = self.parse_flake_ref(&String::from_utf8_lossy(reference), how, pos)?;
        let tree = self.fetch_input_tree(&found.input, Scope::All, pos)?;
        Ok(self.host.store_dir().join(&tree.path).into_bytes())
    }
}
