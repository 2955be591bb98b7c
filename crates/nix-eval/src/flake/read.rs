//! `flake.nix`: what a flake says of itself, which has to be data.
//!
//! The file is evaluated, but of its attributes nothing that would compute: a value has to stand there, or a set, list or
//! function that is written out.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use nix_formats::flake_lock::{InputPath, parse_input_path};
use nix_formats::flake_ref::{Reading, Scheme, shown};
use nix_formats::registry::Scope;
use nix_formats::{FlakeRef, InputAttrs, InputValue};
use nix_syntax::ast::ExprKind;
use nix_syntax::program::Expr;
use nix_syntax::source::{Origin, Pos};

use super::tree::SourceTree;
use crate::attrs::Attrs;
use crate::error::{EvalError, EvalResult, WithFrame};
use crate::eval::Eval;
use crate::strings::{bytes_of, path_of};
use crate::value::{Slot, Value, View};

/// A flake as its file tells of it.
pub(super) struct Flake {
    /// The very tree.
    pub(super) locked: FlakeRef,
    /// The directory of the file.
    pub(super) directory: PathBuf,
    /// Its inputs by name.
    pub(super) inputs: BTreeMap<String, FlakeInput>,
    /// Whether the revisions of its tree are counted once somebody asks.
    pub(super) counts_revisions: bool,
    own: InputAttrs,
}

/// An input as a flake names it.
#[derive(Clone, Debug, Default)]
pub(super) struct FlakeInput {
    /// The flake or tree.
    pub(super) reference: Option<FlakeRef>,
    /// Whether it is a flake, or just a tree.
    pub(super) is_tree: bool,
    /// The input that it is the same as, from the root on.
    pub(super) follows: Option<InputPath>,
    /// What its own inputs are to be instead.
    pub(super) overrides: BTreeMap<String, FlakeInput>,
}

/// How many variables may stand for each other before something is taken for a computation.
const MAX_STEPS: usize = 100;

/// What is needed to understand the inputs in a file.
struct Surroundings<'p> {
    root: &'p InputPath,
    directory: &'p Path,
}

/// Where the flake `dir` of the tree at `root` lies.
pub(super) fn flake_directory(root: &Path, dir: &str) -> PathBuf {
    // `..` does not lead out of the tree.
    let inner = nix_syntax::lower::canonical_path(b"/", dir.as_bytes());
    let inner = path_of(inner.strip_prefix(b"/").unwrap_or(&inner));
    if inner.as_os_str().is_empty() { root.to_path_buf() } else { root.join(inner) }
}

impl<'a> Eval<'a> {
    /// Fetches a flake and reads its file. `root` is the way to it from the flake that is being locked.
    pub(super) fn get_flake(
        &self,
        reference: &FlakeRef,
        scope: Scope,
        root: &InputPath,
        pos: Pos,
    ) -> EvalResult<Flake> {
        let tree = self.fetch_input_tree(&reference.input, scope, pos)?;
        let dir = tree.dir.clone().unwrap_or_else(|| reference.dir.clone());
        let resolved = FlakeRef { input: tree.resolved.clone(), dir };
        let flake = self.read_fetched(&resolved, &tree, root, pos)?;
        let is_git = Scheme::of(&resolved.input) == Some(Scheme::Git);
        if let Some(other) = flake.own.keys().find(|name| !matches!(name.as_str(), "submodules" | "lfs")) {
            let message = format!("flake 'self' attribute '{other}' is not supported");
            return Err(EvalError::other(message, pos));
        }
        let mut wanted = tree.locked.clone();
        wanted.extend(flake.own.clone());
        if !is_git || wanted == tree.locked {
            return Ok(flake);
        }
        // The tree is another one with what the flake wants of it.
        wanted.remove("narHash");
        let tree = self.fetch_input_tree(&wanted, Scope::Nothing, pos)?;
        self.read_fetched(&resolved, &tree, root, pos)
    }

    /// Reads a flake in a tree that was fetched.
    fn read_fetched(
        &self,
        resolved: &FlakeRef,
        tree: &SourceTree,
        root: &InputPath,
        pos: Pos,
    ) -> EvalResult<Flake> {
        let locked = FlakeRef { input: tree.locked.clone(), dir: resolved.dir.clone() };
        let place = path_of(self.host.store_dir().join(&tree.path).as_bytes());
        let directory = flake_directory(&place, &resolved.dir);
        let flake = self.read_flake(resolved, &locked, directory, root, pos)?;
        Ok(Flake { counts_revisions: tree.counts_revisions, ..flake })
    }

    /// Reads the flake in `directory`.
    pub(super) fn read_flake(
        &self,
        resolved: &FlakeRef,
        locked: &FlakeRef,
        directory: PathBuf,
        root: &InputPath,
        pos: Pos,
    ) -> EvalResult<Flake> {
        let attrs = self.flake_file(&directory.join("flake.nix"), pos)?;
        let get = |name: &str| attrs.get_with_pos(self.symbols.intern(name.as_bytes()));
        if let Some((slot, at)) = get("description") {
            self.plain(slot, "a string", at)?;
        }
        let (mut inputs, own) = match get("inputs") {
            Some((slot, at)) => {
                self.flake_inputs(slot, at, &Surroundings { root, directory: &directory }, true)?
            }
            None => Default::default(),
        };
        let Some((slot, at)) = get("outputs") else {
            let message = format!("flake '{}' lacks attribute 'outputs'", resolved.describe());
            return Err(EvalError::other(message, pos));
        };
        let outputs = self.plain(slot, "a function", at)?;
        for name in self.argument_names(outputs) {
            if name != "self" && !inputs.contains_key(&name) {
                let reference = Some(self.parse_flake_ref(&name, Reading::FLAKE, pos)?);
                inputs.insert(name, FlakeInput { reference, ..FlakeInput::default() });
            }
        }
        if let Some((slot, at)) = get("nixConfig") {
            self.check_flake_settings(slot, at)?;
        }
        for (name, at, _) in attrs.alphabetical(&self.shapes, &self.symbols) {
            let name = self.name(name);
            if !matches!(name.as_str(), "description" | "inputs" | "outputs" | "nixConfig") {
                let message = format!(
                    "flake '{}' has an unsupported attribute '{name}', at {}",
                    resolved.describe(),
                    self.describe_pos(at)
                );
                return Err(EvalError::other(message, at));
            }
        }
        Ok(Flake { locked: locked.clone(), directory, inputs, counts_revisions: false, own })
    }

    /// The set in a `flake.nix`, which is evaluated once and imported by whoever calls the flake.
    fn flake_file(&self, path: &Path, pos: Pos) -> EvalResult<&'a Attrs<'a>> {
        let file = self.follow_links(path, pos)?;
        let known = self.imports.borrow().get(&file).copied();
        let slot = match known {
            Some(slot) => slot,
            None => {
                let text = self
                    .read_file(&file)
                    .map_err(|error| self.file_error("opening file", &file, &error, pos))?;
                let origin = Origin::File(bytes_of(&file).to_vec());
                let directory = file.parent().unwrap_or(Path::new("/"));
                let expr = self.load_checked(origin, &text, directory, &[], |tree| match tree.kind {
                    ExprKind::AttrSet { .. } => Ok(()),
                    _ => {
                        let message = format!("file '{}' must be an attribute set", file.display());
                        Err(EvalError::other(message, pos))
                    }
                })?;
                let slot = self.slot(self.suspend(expr));
                self.imports.borrow_mut().insert(file, slot);
                slot
            }
        };
        self.expect_attrs(Value::reference(slot), pos)
    }

    fn argument_names(&self, function: Value<'a>) -> BTreeSet<String> {
        let View::Lambda(_, id, _) = function.view() else { return BTreeSet::new() };
        let lambda = self.lambdas.get(id).filter(|lambda| lambda.arity == 1);
        let formals =
            lambda.and_then(|lambda| lambda.formals.as_ref()).map_or(&[][..], |formals| formals.formals);
        let name = |formal: &nix_syntax::program::Formal<'a, Value<'a>>| {
            String::from_utf8_lossy(self.symbols.name(formal.name)).into_owned()
        };
        formals.iter().map(name).collect()
    }

    /// The value in `slot` without computing anything; what would have to be computed is returned as it is.
    fn peek(&self, mut slot: &'a Slot<'a>) -> EvalResult<Value<'a>> {
        // Variables may stand for each other in a circle.
        for _ in 0..MAX_STEPS {
            match slot.get().view() {
                View::Ref(inner) => slot = inner,
                pending @ View::Suspended(code, _) => {
                    let expr = match code.expr() {
                        Expr::Later(part) => self.code_of(part)?,
                        expr => expr,
                    };
                    return match expr {
                        Expr::Set(set) if set.dynamic.is_empty() => self.force_slot(slot),
                        Expr::List(_) | Expr::Lambda(_) | Expr::Const(_) => self.force_slot(slot),
                        _ => Ok(pending.value()),
                    };
                }
                value => return Ok(value.value()),
            }
        }
        Ok(Value::BLACKHOLE)
    }

    /// The value in `slot`, which has to be of the type `wanted`.
    fn plain(&self, slot: &'a Slot<'a>, wanted: &'static str, pos: Pos) -> EvalResult<Value<'a>> {
        let value = self.peek(slot)?;
        let found = value.plain_type();
        if found == wanted {
            return Ok(value);
        }
        let place = self.describe_pos(pos);
        Err(EvalError::type_error(format!("expected {wanted} but got {found} at {place}"), pos))
    }

    fn plain_set(&self, slot: &'a Slot<'a>, pos: Pos) -> EvalResult<&'a Attrs<'a>> {
        match self.plain(slot, "a set", pos)?.view() {
            View::Attrs(attrs) => Ok(attrs),
            other => Err(self.unexpected("a set", other.value(), pos)),
        }
    }

    fn plain_text(&self, slot: &'a Slot<'a>, pos: Pos) -> EvalResult<String> {
        match self.plain(slot, "a string", pos)?.view() {
            View::Str(text) => Ok(String::from_utf8_lossy(text.bytes()).into_owned()),
            other => Err(self.unexpected("a string", other.value(), pos)),
        }
    }

    fn raw_name(&self, name: nix_syntax::symbol::Symbol) -> String {
        String::from_utf8_lossy(self.symbols.name(name)).into_owned()
    }

    /// The inputs in a set, and what the flake wants of its own tree.
    fn flake_inputs(
        &self,
        slot: &'a Slot<'a>,
        pos: Pos,
        around: &Surroundings<'_>,
        allow_self: bool,
    ) -> EvalResult<(BTreeMap<String, FlakeInput>, InputAttrs)> {
        self.check_stack()?;
        let mut inputs = BTreeMap::new();
        let mut own = InputAttrs::new();
        for (name, at, slot) in self.plain_set(slot, pos)?.alphabetical(&self.shapes, &self.symbols) {
            let name = self.raw_name(name);
            if name != "self" {
                inputs.insert(name, self.flake_input(slot, at, around)?);
                continue;
            }
            if !allow_self {
                let message = format!("'self' input attribute not allowed at {}", self.describe_pos(at));
                return Err(EvalError::other(message, at));
            }
            for (name, at, slot) in self.plain_set(slot, at)?.alphabetical(&self.shapes, &self.symbols) {
                let name = self.raw_name(name);
                own.insert(name.clone(), self.input_attribute(&name, slot, at)?);
            }
        }
        Ok((inputs, own))
    }

    fn flake_input(&self, slot: &'a Slot<'a>, pos: Pos, around: &Surroundings<'_>) -> EvalResult<FlakeInput> {
        let mut input = FlakeInput::default();
        let mut attrs = InputAttrs::new();
        for (name, at, slot) in self.plain_set(slot, pos)?.alphabetical(&self.shapes, &self.symbols) {
            let name = self.raw_name(name);
            self.input_part(&name, slot, (pos, at), around, &mut input, &mut attrs)
                .with_frame(|| format!("while evaluating flake attribute '{name}'"), at)?;
        }
        if attrs.contains_key("type") {
            let frame = || "while evaluating flake input".to_owned();
            self.require_for_input(&attrs, pos).with_frame(frame, pos)?;
            let found = FlakeRef::from_attrs(&attrs).map_err(|error| self.format_error(&error, pos));
            input.reference = Some(found.with_frame(frame, pos)?);
        } else {
            let url = attrs.remove("url");
            if let Some(name) = attrs.keys().next() {
                let place = self.describe_pos(pos);
                let message = format!("unexpected flake input attribute '{name}', at {place}");
                return Err(EvalError::other(message, pos));
            }
            if let Some(url) = url.as_ref().and_then(InputValue::as_str) {
                let how = Reading { keep_relative: true, is_flake: !input.is_tree };
                input.reference = Some(self.parse_flake_ref(url, how, pos)?);
            }
        }
        if input.reference.is_some() && input.follows.is_some() {
            let message = format!(
                "flake input has both a flake reference and a follows attribute, at {}",
                self.describe_pos(pos)
            );
            return Err(EvalError::other(message, pos));
        }
        Ok(input)
    }

    /// One attribute of an input; `places` are the input's and the attribute's.
    fn input_part(
        &self,
        name: &str,
        slot: &'a Slot<'a>,
        places: (Pos, Pos),
        around: &Surroundings<'_>,
        input: &mut FlakeInput,
        attrs: &mut InputAttrs,
    ) -> EvalResult<()> {
        let (_, at) = places;
        match name {
            "url" => {
                let url = match self.peek(slot)?.view() {
                    View::Str(text) => String::from_utf8_lossy(text.bytes()).into_owned(),
                    View::Path(path) => {
                        format!("path:{}", relative_to(around.directory, &path_of(path.bytes())))
                    }
                    other => {
                        let place = self.describe_pos(at);
                        let found = other.value().plain_type();
                        let message = format!("expected a string or a path but got {found} at {place}");
                        return Err(EvalError::type_error(message, at));
                    }
                };
                attrs.insert(name.to_owned(), InputValue::String(url));
            }
            "flake" => input.is_tree = !matches!(self.plain(slot, "a Boolean", at)?.view(), View::Bool(true)),
            "inputs" => input.overrides = self.flake_inputs(slot, at, around, false)?.0,
            "follows" => {
                let path = parse_input_path(&self.plain_text(slot, at)?)
                    .map_err(|error| EvalError::other(error.to_string(), at))?;
                input.follows = Some([around.root.as_slice(), &path].concat());
            }
            _ => {
                attrs.insert(name.to_owned(), self.input_attribute(name, slot, at)?);
            }
        }
        Ok(())
    }

    fn input_attribute(&self, name: &str, slot: &'a Slot<'a>, pos: Pos) -> EvalResult<InputValue> {
        let value = slot.get();
        if let Some(plain) = self.input_value(value, || format!("flake input attribute {name}"), pos)? {
            return Ok(plain);
        }
        match value {
            _ if name == "publicKeys" => self.public_keys(Value::reference(slot), pos),
            other => {
                let message = format!(
                    "flake input attribute '{name}' is {} while a string, Boolean, or integer is expected",
                    other.type_with_article()
                );
                Err(EvalError::type_error(message, pos))
            }
        }
    }

    /// Checks `nixConfig`, which changes no evaluation.
    fn check_flake_settings(&self, slot: &'a Slot<'a>, pos: Pos) -> EvalResult<()> {
        for (name, at, slot) in self.plain_set(slot, pos)?.alphabetical(&self.shapes, &self.symbols) {
            let name = self.raw_name(name);
            match self.peek(slot)?.view() {
                View::Str(_) | View::Path(_) | View::Int(_) | View::Bool(_) => {}
                View::List(items) => {
                    if items.slice().iter().any(|item| !matches!(item.get().view(), View::Str(_))) {
                        // Nix names the list's type here, not the element's.
                        let message = format!(
                            "list element in flake configuration setting '{name}' is a list while a string is expected"
                        );
                        return Err(EvalError::type_error(message, at));
                    }
                }
                other => {
                    let message = format!(
                        "flake configuration setting '{name}' is {}",
                        other.value().type_with_article()
                    );
                    return Err(EvalError::type_error(message, at));
                }
            }
        }
        Ok(())
    }
}

/// The way from a directory to a path.
fn relative_to(directory: &Path, path: &Path) -> String {
    let shared = directory.components().zip(path.components()).take_while(|(a, b)| a == b).count();
    let up = directory.components().skip(shared).map(|_| "..".to_owned());
    let down = path.components().skip(shared).map(|part| part.as_os_str().to_string_lossy().into_owned());
    up.chain(down).collect::<Vec<_>>().join("/")
}

/// The error that a tree lies outside of the store.
pub(super) fn outside(input: &InputAttrs, pos: Pos) -> Box<EvalError> {
    EvalError::other(format!("input '{}' lies outside of the tree of its flake", shown(input)), pos)
}
