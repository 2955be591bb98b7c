//! Inputs of fetchers on the way between programs and `nix-formats`, which knows what they mean: as sets of values, with the
//! features that they need, by the names that registries have for them, and what is told of a tree that was fetched.

use nix_formats::error::BadInput;
use nix_formats::flake_ref::{Scheme, check_input, input_from_url, is_direct, nar_hash, revision, shown};
use nix_formats::registry::Scope;
use nix_formats::uri::Leniency;
use nix_formats::{Error, Hash, HashAlgo, InputAttrs, InputValue, StorePath, Url};
use nix_syntax::source::Pos;

use crate::attrs::Attrs;
use crate::builtins::arity;
use crate::context::ContextBuilder;
use crate::error::{ErrorKind, EvalError, EvalResult, WithFrame};
use crate::eval::Eval;
use crate::features::Feature;
use crate::host::FetchedTree;
use crate::pending::PendingArgs;
use crate::value::{BuiltinFn, Entry, Value, View};

/// What is told of a tree beside what its input says.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct TreeView {
    /// Whether a tree without a revision has one of zeros.
    pub(crate) rev_fallback: bool,
    /// Whether it has no revision, whatever its input says.
    pub(crate) dirty: bool,
    /// Whether its revisions are counted once somebody asks.
    pub(crate) counts_revisions: bool,
}

impl<'a> Eval<'a> {
    /// An error of a format, as one of the evaluation.
    #[cold]
    pub(crate) fn format_error(&self, error: &Error, pos: Pos) -> Box<EvalError> {
        EvalError::other(error.to_string(), pos)
    }

    /// The input that a URL stands for, which is to be a tree.
    pub(crate) fn input_of_url(&self, url: &str, pos: Pos) -> EvalResult<InputAttrs> {
        let input = Url::parse(url, Leniency::Strict).map_err(Error::from);
        let input = input.and_then(|url| input_from_url(&url, true));
        let input = input.map_err(|error| self.format_error(&error, pos))?;
        self.require_for_input(&input, pos)?;
        Ok(input)
    }

    /// The attributes of an input, checked and in their usual form.
    pub(crate) fn check_input(&self, input: InputAttrs, pos: Pos) -> EvalResult<InputAttrs> {
        self.require_for_input(&input, pos)?;
        check_input(input).map_err(|error| self.format_error(&error, pos))
    }

    /// Refuses an input of which a feature that is off would be needed: those that came with flakes, and signed commits.
    pub(crate) fn require_for_input(&self, attrs: &InputAttrs, pos: Pos) -> EvalResult<()> {
        match Scheme::of(attrs) {
            Some(Scheme::Indirect | Scheme::Path | Scheme::Forge(_)) => self.require(Feature::Flakes, pos),
            Some(Scheme::Git) => {
                let mut asks = ["verifyCommit", "keytype", "publicKey", "publicKeys"].into_iter();
                if asks.any(|name| attrs.contains_key(name)) {
                    self.require(Feature::VerifiedFetches, pos)?;
                }
                Ok(())
            }
            _ => Ok(()),
        }
    }

    /// Public keys as the attribute of an input that they are.
    pub(crate) fn public_keys(&self, keys: Value<'a>, pos: Pos) -> EvalResult<InputValue> {
        self.require(Feature::VerifiedFetches, pos)?;
        let (mut json, mut context) = (Vec::new(), ContextBuilder::default());
        self.to_json(keys, pos, false, &mut json, &mut context)?;
        Ok(InputValue::String(String::from_utf8_lossy(&json).into_owned()))
    }

    /// What an input stands for in the registries of `scope`, and the directory of the flake in it where they say so. The
    /// global registry is fetched when no other one knows the name.
    pub(crate) fn look_up_input(
        &self,
        input: &InputAttrs,
        scope: Scope,
        pos: Pos,
    ) -> EvalResult<(InputAttrs, Option<String>)> {
        if is_direct(input) {
            return Ok((input.clone(), None));
        }
        if scope == Scope::Nothing {
            let name = shown(input);
            let message =
                format!("'{name}' is an indirect flake reference, but registry lookups are not allowed");
            return Err(EvalError::other(message, pos));
        }
        let registries = &self.settings.registries;
        let found = match (registries.lookup(input, scope, None), self.host.fetcher()) {
            (Err(Error::BadInput(BadInput::GlobalRegistry(_))), Some(fetcher)) => {
                let global = match self.global_registry.get() {
                    Some(known) => known,
                    None => {
                        let fetched = fetcher.global_registry();
                        let fetched = fetched.map_err(|error| EvalError::other(error.0, pos))?;
                        self.global_registry.get_or_init(|| fetched)
                    }
                };
                registries.lookup(input, scope, Some(global))
            }
            (found, _) => found,
        };
        found.map_err(|error| self.format_error(&error, pos))
    }

    /// Fetches a tree, wherever it may be.
    pub(crate) fn fetch_tree(&self, input: &InputAttrs, pos: Pos) -> EvalResult<FetchedTree> {
        let fetched = match self.host.fetcher() {
            Some(fetcher) => {
                fetcher.fetch_tree(input).map_err(|error| EvalError::new(ErrorKind::Io, error.0, pos))
            }
            None => {
                let message = format!("nothing may be fetched here, and so not '{}'", shown(input));
                Err(EvalError::new(ErrorKind::Restricted, message, pos))
            }
        };
        fetched.with_frame(|| format!("while fetching the input '{}'", shown(input)), pos)
    }

    /// A value as the attribute of an input, if it is of a type that these have; messages call it `what`.
    pub(crate) fn input_value(
        &self,
        value: Value<'a>,
        what: impl FnOnce() -> String,
        pos: Pos,
    ) -> EvalResult<Option<InputValue>> {
        Ok(Some(match value.view() {
            View::Str(text) => InputValue::String(String::from_utf8_lossy(text.bytes()).into_owned()),
            View::Bool(truth) => InputValue::Bool(truth),
            View::Int(number) => InputValue::Int(u64::try_from(number).map_err(|_| {
                EvalError::other(format!("negative value given for {}: {number}", what()), pos)
            })?),
            _ => return Ok(None),
        }))
    }

    /// The attributes of an input as a set.
    pub(crate) fn input_set(&self, input: &InputAttrs) -> Value<'a> {
        let value = |value: &InputValue| match value {
            InputValue::String(text) => self.string(text.as_bytes()),
            InputValue::Int(number) => int(*number),
            InputValue::Bool(truth) => Value::bool(*truth),
        };
        let entry = |(name, item): (&String, &InputValue)| Entry {
            name: self.symbols.intern(name.as_bytes()),
            pos: Pos::NONE,
            value: value(item),
        };
        Value::attrs(Attrs::from_entries(&self.shapes, input.iter().map(entry).collect()))
    }

    /// The attributes in a set that [`Eval::input_set`] made.
    fn input_of_set(&self, set: Value<'a>, pos: Pos) -> EvalResult<InputAttrs> {
        let mut input = InputAttrs::new();
        for (name, _, slot) in self.expect_attrs(set, pos)?.entries(&self.shapes) {
            let name = String::from_utf8_lossy(self.symbols.name(name)).into_owned();
            if let Some(value) = self.input_value(slot.get(), || name.clone(), pos)? {
                input.insert(name, value);
            }
        }
        Ok(input)
    }

    /// What a program gets to know of a tree: `outPath`, and where it came from.
    pub(crate) fn tree_attrs(
        &self,
        path: &StorePath,
        input: &InputAttrs,
        view: TreeView,
        pos: Pos,
    ) -> EvalResult<Value<'a>> {
        let failed = |error: Error| self.format_error(&error, pos);
        let text = |text: &str| self.string(text.as_bytes());
        let string = |name: &str| input.get(name).and_then(InputValue::as_str);
        let number = |name: &str| input.get(name).and_then(InputValue::as_int);
        let mut known = vec![("outPath", self.fetched(path))];
        if let Some(hash) = nar_hash(input).map_err(failed)? {
            known.push(("narHash", text(&hash.to_sri())));
        }
        if Scheme::of(input) == Some(Scheme::Git) {
            let submodules = input.get("submodules").and_then(InputValue::as_bool);
            known.push(("submodules", Value::bool(submodules.unwrap_or(false))));
        }
        if !view.dirty {
            let none = view.rev_fallback.then(|| Hash::zero(HashAlgo::Sha1));
            if let Some(rev) = revision(input).map_err(failed)?.or(none) {
                let rev = rev.to_base16();
                known.push(("shortRev", text(rev.get(..7).unwrap_or(&rev))));
                known.push(("rev", text(&rev)));
            }
            if view.counts_revisions {
                known.push(("revCount", self.asked_later("revCount", count_revisions, input, pos)));
            } else if let Some(count) = number("revCount").or(view.rev_fallback.then_some(0)) {
                known.push(("revCount", int(count)));
            }
        }
        for name in ["dirtyRev", "dirtyShortRev"] {
            known.extend(string(name).map(|rev| (name, text(rev))));
        }
        if let Some(seconds) = number("lastModified") {
            let seconds = i64::try_from(seconds).unwrap_or(i64::MAX);
            known.push(("lastModified", Value::int(seconds)));
            known.push(("lastModifiedDate", text(&crate::time::compact_date(seconds))));
        }
        Ok(self.attrs(&known))
    }

    /// How many revisions lead to that of a fetched input.
    pub(crate) fn revision_count(&self, input: &InputAttrs, pos: Pos) -> EvalResult<u64> {
        let count = self.fetcher("fetchGit", pos)?.rev_count(input);
        count.map_err(|error| EvalError::other(error.0, pos))
    }

    /// The tree of a locked input, fetched when somebody looks at it.
    pub(crate) fn tree_fetched_later(&self, input: &InputAttrs, pos: Pos) -> Value<'a> {
        self.asked_later("fetchFinalTree", fetch_locked, input, pos)
    }

    fn asked_later(
        &self,
        name: &'static str,
        function: BuiltinFn<'a>,
        input: &InputAttrs,
        pos: Pos,
    ) -> Value<'a> {
        let func = self.native(name, 1, 1, function);
        let args = PendingArgs::One(self.arena.alloc(self.input_set(input)));
        Value::reference(self.slot(self.put_off(func, args, pos).number(0)))
    }
}

/// Counts the revisions that lead to that of a fetched input.
fn count_revisions<'a>(eval: &Eval<'a>, args: &[Value<'a>], pos: Pos) -> EvalResult<Value<'a>> {
    let [input] = args else { return Err(arity(pos)) };
    let input = eval.input_of_set(*input, pos)?;
    Ok(int(eval.revision_count(&input, pos)?))
}

/// Fetches an input whose attributes are known to be final.
fn fetch_locked<'a>(eval: &Eval<'a>, args: &[Value<'a>], pos: Pos) -> EvalResult<Value<'a>> {
    let [input] = args else { return Err(arity(pos)) };
    let input = eval.input_of_set(*input, pos)?;
    let mut wanted = input.clone();
    wanted.insert("__final".to_owned(), InputValue::Bool(true));
    let tree = eval.fetch_input_tree(&wanted, Scope::Nothing, pos)?;
    // What the lock file says stands, whatever the fetcher has to add.
    eval.tree_attrs(&tree.path, &input, TreeView::default(), pos)
}

/// A number of an input as a value.
pub(crate) fn int<'a>(number: u64) -> Value<'a> {
    Value::int(i64::try_from(number).unwrap_or(i64::MAX))
}
