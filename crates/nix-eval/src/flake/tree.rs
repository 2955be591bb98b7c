//! Source trees of flakes: fetched once, put where programs may read them, and told of as a set.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use nix_formats::flake_ref::{attrs_to_json, input_to_url, is_direct, nar_hash, revision};
use nix_formats::registry::Scope;
use nix_formats::{HashFormat, InputAttrs, InputValue, StorePath};
use nix_syntax::source::Pos;

use crate::attrs::Attrs;
use crate::context::{ContextBuilder, ContextElement};
use crate::error::{ErrorKind, EvalError, EvalResult, WithFrame};
use crate::eval::Eval;
use crate::value::{Entry, Value};

/// A tree in the store.
pub(crate) struct SourceTree {
    /// The store object.
    pub(crate) path: StorePath,
    /// What the input is when no registry has to be asked any more.
    pub(crate) resolved: InputAttrs,
    /// The input with all that is known of the tree.
    pub(crate) locked: InputAttrs,
    /// The directory of the flake, where the registry says it.
    pub(crate) dir: Option<String>,
}

/// The trees that an evaluation has fetched, by what was asked for.
pub(crate) type Trees = RefCell<BTreeMap<InputAttrs, Rc<SourceTree>>>;

/// The text of an input for messages.
pub(super) fn shown(input: &InputAttrs) -> String {
    input_to_url(input).map_or_else(|_| attrs_to_json(input), |url| url.to_string())
}

impl<'a> Eval<'a> {
    /// The tree of an input, which the registries in `scope` are asked for where it is but a name.
    pub(crate) fn fetch_input_tree(
        &self,
        input: &InputAttrs,
        scope: Scope,
        pos: Pos,
    ) -> EvalResult<Rc<SourceTree>> {
        if let Some(known) = self.fetched_trees.borrow().get(input) {
            return Ok(known.clone());
        }
        let (resolved, dir) = if is_direct(input) {
            (input.clone(), None)
        } else if scope == Scope::Nothing {
            let message = format!(
                "'{}' is an indirect flake reference, but registry lookups are not allowed",
                shown(input)
            );
            return Err(EvalError::other(message, pos));
        } else {
            let found = self.settings.registries.lookup(input, scope);
            found.map_err(|error| self.format_error(&error, pos))?
        };
        let tree = Rc::new(self.fetch_direct(resolved, dir, pos)?);
        self.fetched_trees.borrow_mut().insert(input.clone(), tree.clone());
        Ok(tree)
    }

    fn fetch_direct(&self, resolved: InputAttrs, dir: Option<String>, pos: Pos) -> EvalResult<SourceTree> {
        let frame = || format!("while fetching the input '{}'", shown(&resolved));
        let fetched = match self.host.fetcher() {
            Some(fetcher) => fetcher
                .fetch_tree(&resolved)
                .map_err(|error| EvalError::new(ErrorKind::Io, error.to_string(), pos)),
            None => {
                let message = format!("nothing may be fetched here, and so not '{}'", shown(&resolved));
                Err(EvalError::new(ErrorKind::Restricted, message, pos))
            }
        };
        let fetched = fetched.with_frame(frame, pos)?;
        self.allow_stored(&self.host.store_dir().join(&fetched.path));
        let mut locked = fetched.locked;
        locked.remove("__final");
        Ok(SourceTree { path: fetched.path, resolved, locked, dir })
    }

    /// What programs see of a tree: `outPath`, and what is known of where it came from. A `dirty` one has no revision.
    pub(super) fn source_info(
        &self,
        path: &StorePath,
        input: &InputAttrs,
        dirty: bool,
        pos: Pos,
    ) -> EvalResult<Value<'a>> {
        let failed = |error: nix_formats::Error| self.format_error(&error, pos);
        let text = |text: &str| self.string(text.as_bytes());
        let int = |value: u64| Value::Int(i64::try_from(value).unwrap_or(i64::MAX));
        let string = |name: &str| input.get(name).and_then(InputValue::as_str);
        let number = |name: &str| input.get(name).and_then(InputValue::as_int);
        let place = self.host.store_dir().join(path);
        let mut context = ContextBuilder::default();
        context.insert(self.contexts.intern(ContextElement::Opaque(place.clone())));
        let out_path = self.string_with_context(place.as_bytes(), context.finish(self.bump));
        let mut known = vec![("outPath", out_path)];
        if let Some(hash) = nar_hash(input).map_err(failed)? {
            known.push(("narHash", text(&hash.to_sri())));
        }
        if string("type") == Some("git") {
            let submodules = input.get("submodules").and_then(InputValue::as_bool);
            known.push(("submodules", Value::Bool(submodules.unwrap_or(false))));
        }
        if !dirty {
            if let Some(rev) = revision(input).map_err(failed)? {
                let rev = rev.digits(HashFormat::Base16);
                known.push(("shortRev", text(rev.get(..7).unwrap_or(&rev))));
                known.push(("rev", text(&rev)));
            }
            known.extend(number("revCount").map(|count| ("revCount", int(count))));
        }
        for name in ["dirtyRev", "dirtyShortRev"] {
            known.extend(string(name).map(|rev| (name, text(rev))));
        }
        if let Some(seconds) = number("lastModified") {
            known.push(("lastModified", int(seconds)));
            let date = crate::time::compact_date(i64::try_from(seconds).unwrap_or(i64::MAX));
            known.push(("lastModifiedDate", text(&date)));
        }
        let entry = |(name, value): (&str, Value<'a>)| Entry {
            name: self.symbols.intern(name.as_bytes()),
            pos: Pos::NONE,
            value,
        };
        Ok(Value::Attrs(Attrs::from_entries(self.bump, known.into_iter().map(entry).collect())))
    }
}
