//! `derivationStrict`: from attributes to a derivation in the store and the paths of its outputs.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use nix_formats::derivation::{Derivation, HashModulo, Output, WrittenDerivation, downstream_placeholder};
use nix_formats::hash::{Hash, HashAlgo};
use nix_formats::store_path::{FileIngestion, StorePath};
use nix_formats::{ContentAddress, ContentAddressMethod};
use nix_syntax::source::Pos;
use nix_syntax::symbol::Symbol;
use rustc_hash::FxHashMap;

use crate::attrs::Attrs;
use crate::context::{ContextBuilder, ContextElement};
use crate::dynamic::chain;
use crate::error::{EvalError, EvalResult, WithFrame};
use crate::eval::Eval;
use crate::features::Feature;
use crate::strings::{Coercion, name_fault, path_of};
use crate::value::{Entry, Slot, Value, View};

/// What is remembered of a derivation made or read.
#[derive(Clone)]
pub(crate) struct Known {
    modulo: HashModulo,
    references: BTreeSet<StorePath>,
    /// What stands for each output in strings: its path, or a placeholder where that is not known.
    pub(crate) outputs: BTreeMap<String, String>,
}

/// The derivations met so far.
#[derive(Default)]
pub(crate) struct Memo(RefCell<FxHashMap<StorePath, Known>>);

/// A derivation while its attributes are gathered.
struct Draft {
    derivation: Derivation,
    context: ContextBuilder,
    outputs: Vec<String>,
    output_hash: Option<Vec<u8>>,
    output_algo: Option<HashAlgo>,
    output_mode: Option<ContentAddressMethod>,
    content_addressed: bool,
    impure: bool,
    structured: bool,
    json: Vec<u8>,
}

/// A failure while looking for the hash of an input.
enum Failure {
    Format(nix_formats::Error),
    Eval(Box<EvalError>),
}

impl From<nix_formats::Error> for Failure {
    fn from(error: nix_formats::Error) -> Self {
        Failure::Format(error)
    }
}

#[cold]
pub(crate) fn format_error(error: nix_formats::Error, pos: Pos) -> Box<EvalError> {
    EvalError::other(error.to_string(), pos)
}

impl<'a> Eval<'a> {
    /// The set of `drvPath` and one path for each output.
    pub(crate) fn derivation_strict(&self, attrs: &'a Attrs<'a>, pos: Pos) -> EvalResult<Value<'a>> {
        let Some((slot, name_pos)) = attrs.get_with_pos(self.names.name) else {
            return Err(self.missing_attribute(attrs, self.names.name, pos));
        };
        let name = self
            .expect_plain_string(Value::reference(slot), name_pos)
            .with_frame(|| "while evaluating the derivation attribute 'name'".to_owned(), name_pos)?;
        let name = String::from_utf8_lossy(name).into_owned();
        self.derivation_named(&name, attrs, pos)
            .with_frame(|| format!("while evaluating derivation '{name}'"), name_pos)
    }

    fn derivation_named(&self, name: &str, attrs: &'a Attrs<'a>, pos: Pos) -> EvalResult<Value<'a>> {
        if let Some(fault) = name_fault(name) {
            let message = format!("invalid derivation name: {fault}. Please pass a different 'name'.");
            return Err(EvalError::other(message, pos));
        }
        let flag = |name| match attrs.get(name) {
            Some(slot) => self.expect_bool(Value::reference(slot), pos),
            None => Ok(false),
        };
        let structured = flag(self.names.structured_attrs)?;
        let ignore_nulls = flag(self.names.ignore_nulls)?;
        let mut draft = Draft {
            derivation: Derivation {
                name: name.to_owned(),
                outputs: BTreeMap::new(),
                input_drvs: BTreeMap::new(),
                dynamic_inputs: BTreeMap::new(),
                input_srcs: BTreeSet::new(),
                platform: Vec::new(),
                builder: Vec::new(),
                args: Vec::new(),
                env: BTreeMap::new(),
            },
            context: ContextBuilder::default(),
            outputs: vec!["out".to_owned()],
            output_hash: None,
            output_algo: None,
            output_mode: None,
            content_addressed: false,
            impure: false,
            structured,
            json: Vec::new(),
        };
        for (key, key_pos, slot) in attrs.alphabetical(&self.shapes, &self.symbols) {
            if key == self.names.ignore_nulls {
                continue;
            }
            if ignore_nulls && matches!(self.force_slot(slot)?.view(), View::Null) {
                continue;
            }
            self.derivation_attribute(&mut draft, key, slot, pos).map_err(|error| {
                error.frame(
                    format!("while evaluating attribute '{}' of derivation '{name}'", self.name(key)),
                    key_pos,
                )
            })?;
        }
        self.finish_derivation(draft, pos)
    }

    fn derivation_attribute(
        &self,
        draft: &mut Draft,
        key: Symbol,
        slot: &'a Slot<'a>,
        pos: Pos,
    ) -> EvalResult<()> {
        let value = Value::reference(slot);
        let names = &self.names;
        if key == names.content_addressed {
            draft.content_addressed = self.expect_bool(value, pos)?;
            return if draft.content_addressed { self.require(Feature::CaDerivations, pos) } else { Ok(()) };
        }
        if key == names.impure {
            draft.impure = self.expect_bool(value, pos)?;
            return if draft.impure { self.require(Feature::ImpureDerivations, pos) } else { Ok(()) };
        }
        if key == names.args {
            for item in self.expect_list(value, pos)?.slice() {
                let mut text = Vec::new();
                let how = Coercion { more: true, copy: true };
                self.coerce_into(Value::reference(item), pos, how, &mut text, &mut draft.context)
                    .with_frame(|| "while evaluating an element of the argument list".to_owned(), pos)?;
                draft.derivation.args.push(text);
            }
            return Ok(());
        }
        if draft.structured {
            if key == names.structured_attrs {
                return Ok(());
            }
            return self.structured_attribute(draft, key, value, pos);
        }
        let mut text = Vec::new();
        let how = Coercion { more: true, copy: true };
        self.coerce_into(value, pos, how, &mut text, &mut draft.context)?;
        if key == names.builder {
            draft.derivation.builder = text.clone();
        } else if key == names.system {
            draft.derivation.platform = text.clone();
        } else if key == names.outputs {
            let outputs = text.split(|byte| byte.is_ascii_whitespace()).filter(|word| !word.is_empty());
            set_outputs(
                draft,
                outputs.map(|word| String::from_utf8_lossy(word).into_owned()).collect(),
                pos,
            )?;
        } else {
            self.output_setting(draft, key, &text, pos)?;
        }
        draft.derivation.env.insert(self.symbols.name(key).to_vec(), text);
        Ok(())
    }

    fn structured_attribute(
        &self,
        draft: &mut Draft,
        key: Symbol,
        value: Value<'a>,
        pos: Pos,
    ) -> EvalResult<()> {
        let separator = if draft.json.is_empty() { b'{' } else { b',' };
        draft.json.push(separator);
        let name = self.name_string(key);
        self.to_json(name, pos, true, &mut draft.json, &mut ContextBuilder::default())?;
        draft.json.push(b':');
        self.to_json(value, pos, true, &mut draft.json, &mut draft.context)?;
        let names = &self.names;
        if key == names.builder {
            let text = self.expect_string(value, pos)?;
            draft.context.add(&self.contexts, text.context());
            draft.derivation.builder = text.bytes().to_vec();
        } else if key == names.system {
            draft.derivation.platform = self.expect_plain_string(value, pos)?.to_vec();
        } else if key == names.outputs {
            let mut outputs = Vec::new();
            for item in self.expect_list(value, pos)?.slice() {
                let output = self.expect_plain_string(Value::reference(item), pos)?;
                outputs.push(String::from_utf8_lossy(output).into_owned());
            }
            set_outputs(draft, outputs, pos)?;
        } else if key == names.output_hash || key == names.output_hash_algo || key == names.output_hash_mode {
            let text = self.expect_plain_string(value, pos)?;
            self.output_setting(draft, key, text, pos)?;
        }
        Ok(())
    }

    /// The attributes that make a fixed output.
    fn output_setting(&self, draft: &mut Draft, key: Symbol, text: &[u8], pos: Pos) -> EvalResult<()> {
        let names = &self.names;
        if key == names.output_hash {
            draft.output_hash = Some(text.to_vec());
        } else if key == names.output_hash_algo {
            draft.output_algo = HashAlgo::parse(text).ok();
        } else if key == names.output_hash_mode {
            draft.output_mode = Some(match text {
                b"recursive" | b"nar" => ContentAddressMethod::Fixed(FileIngestion::Recursive),
                b"flat" => ContentAddressMethod::Fixed(FileIngestion::Flat),
                b"git" => {
                    self.require(Feature::GitHashing, pos)?;
                    ContentAddressMethod::Fixed(FileIngestion::Git)
                }
                b"text" => {
                    self.require(Feature::DynamicDerivations, pos)?;
                    ContentAddressMethod::Text
                }
                other => {
                    let shown = String::from_utf8_lossy(other);
                    let message = format!("invalid value '{shown}' for 'outputHashMode' attribute");
                    return Err(EvalError::other(message, pos));
                }
            });
        }
        Ok(())
    }

    fn finish_derivation(&self, mut draft: Draft, pos: Pos) -> EvalResult<Value<'a>> {
        if draft.structured {
            if draft.json.is_empty() {
                draft.json.push(b'{');
            }
            draft.json.push(b'}');
            draft.derivation.env.insert(b"__json".to_vec(), std::mem::take(&mut draft.json));
        }
        let context = std::mem::take(&mut draft.context).finish(&self.contexts);
        self.derivation_inputs(&mut draft.derivation, context, pos)?;
        for (missing, name) in [
            (draft.derivation.builder.is_empty(), "builder"),
            (draft.derivation.platform.is_empty(), "system"),
        ] {
            if missing {
                return Err(EvalError::other(format!("required attribute '{name}' missing"), pos));
            }
        }
        let name = draft.derivation.name.clone();
        let makes_one_text =
            draft.output_mode == Some(ContentAddressMethod::Text) && draft.outputs == ["out"];
        if name.ends_with(".drv") && !makes_one_text {
            let message =
                "derivation names are allowed to end in '.drv' only if they produce a single derivation file";
            return Err(EvalError::other(message, pos));
        }
        let dir = self.host.store_dir();
        if let Some(given) = &draft.output_hash {
            if draft.outputs != ["out"] {
                let message = "multiple outputs are not supported in fixed-output derivations";
                return Err(EvalError::other(message, pos));
            }
            let hash = if given.is_empty() {
                let algo = draft
                    .output_algo
                    .ok_or_else(|| EvalError::other("empty hash requires explicit hash algorithm", pos))?;
                let text = format!("found empty hash, assuming '{}'", Hash::zero(algo).to_sri());
                self.host.message(crate::host::MessageLevel::Warning, &text);
                Hash::zero(algo)
            } else {
                Hash::parse(given, draft.output_algo).map_err(|error| format_error(error, pos))?
            };
            self.check_algorithm(hash.algo(), pos)?;
            let method = draft.output_mode.unwrap_or(ContentAddressMethod::Fixed(FileIngestion::Flat));
            let output = Output::Fixed(ContentAddress { method, hash });
            draft.derivation.outputs.insert("out".to_owned(), output);
        } else {
            if draft.content_addressed && draft.impure {
                return Err(EvalError::other("derivation cannot be both content-addressed and impure", pos));
            }
            let algo = draft.output_algo.unwrap_or(HashAlgo::Sha256);
            let method = draft.output_mode.unwrap_or(ContentAddressMethod::Fixed(FileIngestion::Recursive));
            for name in &draft.outputs {
                let output = if draft.impure {
                    Output::Impure { method, algo }
                } else if draft.content_addressed {
                    Output::Floating { method, algo }
                } else {
                    Output::Deferred
                };
                draft.derivation.outputs.insert(name.clone(), output);
            }
        }
        let written = WrittenDerivation::new(draft.derivation, dir, |path| self.modulo_of(path, pos));
        let written = self.unwrap_failure(written, pos)?;
        let stored = self.host.add_derivation(&written).map_err(|error| {
            self.host_error(&format!("writing derivation '{name}' to the store"), &error, pos)
        })?;
        let (derivation, references, modulo) = written.into_parts();
        let drv_path = dir.join(&stored);
        let outputs = self.output_texts(&derivation, &stored, pos)?;
        let result = self.derivation_result(&outputs, &drv_path);
        self.derivations.0.borrow_mut().insert(stored, Known { modulo, references, outputs });
        Ok(result)
    }

    fn derivation_result(&self, outputs: &BTreeMap<String, String>, drv_path: &str) -> Value<'a> {
        let one = |element| {
            let mut context = ContextBuilder::default();
            context.insert(self.contexts.intern(element));
            context.finish(&self.contexts)
        };
        let deep = one(ContextElement::DeepDerivation(drv_path.to_owned()));
        let mut entries = vec![Entry {
            name: self.names.drv_path,
            pos: Pos::NONE,
            value: self.string_with_context(drv_path.as_bytes(), deep),
        }];
        for (name, path) in outputs {
            let context =
                one(ContextElement::Output { derivation: drv_path.to_owned(), output: name.clone() });
            entries.push(Entry {
                name: self.symbols.intern(name.as_bytes()),
                pos: Pos::NONE,
                value: self.string_with_context(path.as_bytes(), context),
            });
        }
        Value::attrs(Attrs::from_entries(&self.shapes, entries))
    }

    /// What stands for each output of the derivation at `path` in strings.
    fn output_texts(
        &self,
        derivation: &Derivation,
        path: &StorePath,
        pos: Pos,
    ) -> EvalResult<BTreeMap<String, String>> {
        let dir = self.host.store_dir();
        let text = |(name, output): (&String, &Output)| {
            let known = output.path(dir, &derivation.name, name).map_err(|error| format_error(error, pos))?;
            let text = known.map_or_else(|| downstream_placeholder(path, name), |path| dir.join(&path));
            Ok((name.clone(), text))
        };
        derivation.outputs.iter().map(text).collect()
    }

    fn unwrap_failure<T>(&self, result: Result<T, Failure>, pos: Pos) -> EvalResult<T> {
        result.map_err(|failure| match failure {
            Failure::Format(error) => format_error(error, pos),
            Failure::Eval(error) => error,
        })
    }

    /// Enters the inputs that the context tells.
    fn derivation_inputs(
        &self,
        derivation: &mut Derivation,
        context: crate::context::Context,
        pos: Pos,
    ) -> EvalResult<()> {
        let parse = |path: &str| {
            self.host.store_dir().parse(path.as_bytes()).map_err(|error| format_error(error, pos))
        };
        for interned in self.contexts.interned(context) {
            let known = |path: &str| match interned.path.get() {
                Some(known) => Ok(known.clone()),
                None => parse(path).map(|parsed| interned.path.get_or_init(|| parsed).clone()),
            };
            match &interned.element {
                ContextElement::Opaque(path) => {
                    derivation.input_srcs.insert(known(path)?);
                }
                ContextElement::Output { derivation: path, output } if path.starts_with('!') => {
                    let (names, path) = chain(path);
                    let mut names = names.into_iter();
                    let inputs = derivation.dynamic_inputs.entry(parse(path)?).or_default();
                    let mut node = inputs.entry(names.next().unwrap_or_default()).or_default();
                    for name in names {
                        node = node.dynamic.entry(name).or_default();
                    }
                    node.outputs.insert(output.clone());
                }
                ContextElement::Output { derivation: path, output } => {
                    derivation.input_drvs.entry(known(path)?).or_default().insert(output.clone());
                }
                ContextElement::DeepDerivation(path) => {
                    let mut seen = BTreeSet::new();
                    let mut work = vec![known(path)?];
                    while let Some(path) = work.pop() {
                        if !seen.insert(path.clone()) {
                            continue;
                        }
                        derivation.input_srcs.insert(path.clone());
                        if path.is_derivation() {
                            let known = self.known_derivation(&path, pos)?;
                            work.extend(known.references);
                            derivation.input_drvs.insert(path, known.outputs.into_keys().collect());
                        } else {
                            let references = self
                                .host
                                .references(&path)
                                .map_err(|error| self.host_error("asking for references", &error, pos))?;
                            work.extend(references);
                        }
                    }
                }
            }
        }
        Ok(())
    }

    fn modulo_of(&self, path: &StorePath, pos: Pos) -> Result<HashModulo, Failure> {
        if let Some(known) = self.derivations.0.borrow().get(path) {
            return Ok(known.modulo.clone());
        }
        Ok(self.known_derivation(path, pos).map_err(Failure::Eval)?.modulo)
    }

    /// A derivation made before, or read from the store.
    pub(crate) fn known_derivation(&self, path: &StorePath, pos: Pos) -> EvalResult<Known> {
        if let Some(known) = self.derivations.0.borrow().get(path) {
            return Ok(known.clone());
        }
        self.check_stack()?;
        let dir = self.host.store_dir();
        let file = dir.join(path);
        let text = self
            .host
            .read_file(&path_of(file.as_bytes()))
            .map_err(|error| self.host_error(&format!("reading derivation '{file}'"), &error, pos))?;
        let name = path.name().strip_suffix(".drv").unwrap_or(path.name());
        let derivation =
            Derivation::from_aterm(dir, name, &text).map_err(|error| format_error(error, pos))?;
        let modulo =
            self.unwrap_failure(derivation.hash_modulo(dir, |input| self.modulo_of(input, pos)), pos)?;
        let known = Known {
            modulo,
            references: derivation.references(),
            outputs: self.output_texts(&derivation, path, pos)?,
        };
        self.derivations.0.borrow_mut().insert(path.clone(), known.clone());
        Ok(known)
    }
}

fn set_outputs(draft: &mut Draft, outputs: Vec<String>, pos: Pos) -> EvalResult<()> {
    for (index, output) in outputs.iter().enumerate() {
        if outputs.iter().take(index).any(|other| other == output) {
            return Err(EvalError::other(format!("duplicate derivation output '{output}'"), pos));
        }
        if output == "drvPath" {
            return Err(EvalError::other("invalid derivation output name 'drvPath'", pos));
        }
    }
    if outputs.is_empty() {
        return Err(EvalError::other("derivation cannot have an empty set of outputs", pos));
    }
    draft.outputs = outputs;
    Ok(())
}
