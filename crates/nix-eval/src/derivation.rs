//! `derivationStrict`: from attributes to a derivation in the store and the paths of its outputs.

mod known;

use std::borrow::Cow;
use std::rc::Rc;

use nix_formats::derivation::{Output, Recipe, WrittenDerivation};
use nix_formats::hash::{Hash, HashAlgo};
use nix_formats::store_path::{FileIngestion, StorePath};
use nix_formats::{ContentAddress, ContentAddressMethod};
use nix_syntax::source::Pos;
use nix_syntax::symbol::Symbol;

use crate::attrs::Attrs;
use crate::context::{ContextBuilder, ContextElement};
use crate::error::{EvalError, EvalResult, WithFrame};
use crate::eval::Eval;
use crate::features::Feature;
use crate::strings::{Coercion, name_fault};
use crate::value::{Entry, Slot, Value, View};

use known::Known;
pub(crate) use known::Memo;

/// A derivation while its attributes are gathered.
struct Draft<'a> {
    name: &'a str,
    platform: Cow<'a, [u8]>,
    builder: Cow<'a, [u8]>,
    args: Vec<Cow<'a, [u8]>>,
    env: Vec<(&'a [u8], Cow<'a, [u8]>)>,
    context: ContextBuilder,
    outputs: Vec<&'a str>,
    output_hash: Option<Vec<u8>>,
    output_algo: Option<HashAlgo>,
    output_mode: Option<ContentAddressMethod>,
    content_addressed: bool,
    impure: bool,
    structured: bool,
    json: Vec<u8>,
}

/// A failure while looking for the hash of an input.
pub(crate) enum Failure {
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
        let name = self.text_in_place(name);
        self.derivation_named(name, attrs, pos)
            .with_frame(|| format!("while evaluating derivation '{name}'"), name_pos)
    }

    fn derivation_named(&self, name: &'a str, attrs: &'a Attrs<'a>, pos: Pos) -> EvalResult<Value<'a>> {
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
            name,
            platform: Cow::default(),
            builder: Cow::default(),
            args: Vec::new(),
            env: Vec::with_capacity(attrs.bound() + 1),
            context: ContextBuilder::default(),
            outputs: vec!["out"],
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
        draft: &mut Draft<'a>,
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
                let how = Coercion { more: true, copy: true };
                let text = self
                    .coerce_to_bytes(Value::reference(item), pos, how, &mut draft.context)
                    .with_frame(|| "while evaluating an element of the argument list".to_owned(), pos)?;
                draft.args.push(text);
            }
            return Ok(());
        }
        if draft.structured {
            if key == names.structured_attrs {
                return Ok(());
            }
            return self.structured_attribute(draft, key, value, pos);
        }
        let text =
            self.coerce_to_bytes(value, pos, Coercion { more: true, copy: true }, &mut draft.context)?;
        if key == names.builder {
            draft.builder = text.clone();
        } else if key == names.system {
            draft.platform = text.clone();
        } else if key == names.outputs {
            let outputs = text.split(|byte| byte.is_ascii_whitespace()).filter(|word| !word.is_empty());
            set_outputs(draft, outputs.map(|word| self.output_name(word)).collect(), pos)?;
        } else {
            self.output_setting(draft, key, &text, pos)?;
        }
        draft.env.push((self.symbols.name(key), text));
        Ok(())
    }

    fn structured_attribute(
        &self,
        draft: &mut Draft<'a>,
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
            draft.builder = Cow::Borrowed(text.bytes());
        } else if key == names.system {
            draft.platform = Cow::Borrowed(self.expect_plain_string(value, pos)?);
        } else if key == names.outputs {
            let mut outputs = Vec::new();
            for item in self.expect_list(value, pos)?.slice() {
                let output = self.expect_plain_string(Value::reference(item), pos)?;
                outputs.push(self.output_name(output));
            }
            set_outputs(draft, outputs, pos)?;
        } else if key == names.output_hash || key == names.output_hash_algo || key == names.output_hash_mode {
            let text = self.expect_plain_string(value, pos)?;
            self.output_setting(draft, key, text, pos)?;
        }
        Ok(())
    }

    /// The attributes that make a fixed output.
    fn output_setting(&self, draft: &mut Draft<'a>, key: Symbol, text: &[u8], pos: Pos) -> EvalResult<()> {
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

    fn finish_derivation(&self, mut draft: Draft<'a>, pos: Pos) -> EvalResult<Value<'a>> {
        if draft.structured {
            if draft.json.is_empty() {
                draft.json.push(b'{');
            }
            draft.json.push(b'}');
            draft.env.push((b"__json", Cow::Owned(std::mem::take(&mut draft.json))));
        }
        let inputs = self.derivation_inputs(&draft.context.into_ids(&self.contexts), pos)?;
        for (missing, name) in [(draft.builder.is_empty(), "builder"), (draft.platform.is_empty(), "system")]
        {
            if missing {
                return Err(EvalError::other(format!("required attribute '{name}' missing"), pos));
            }
        }
        let name = draft.name;
        let makes_one_text =
            draft.output_mode == Some(ContentAddressMethod::Text) && draft.outputs == ["out"];
        if name.ends_with(".drv") && !makes_one_text {
            let message =
                "derivation names are allowed to end in '.drv' only if they produce a single derivation file";
            return Err(EvalError::other(message, pos));
        }
        let dir = self.host.store_dir();
        let outputs;
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
            outputs = vec![("out", output)];
        } else {
            if draft.content_addressed && draft.impure {
                return Err(EvalError::other("derivation cannot be both content-addressed and impure", pos));
            }
            let algo = draft.output_algo.unwrap_or(HashAlgo::Sha256);
            let method = draft.output_mode.unwrap_or(ContentAddressMethod::Fixed(FileIngestion::Recursive));
            let output = if draft.impure {
                Output::Impure { method, algo }
            } else if draft.content_addressed {
                Output::Floating { method, algo }
            } else {
                Output::Deferred
            };
            outputs = draft.outputs.iter().map(|name| (*name, output.clone())).collect();
        }
        let (input_drvs, input_srcs) = inputs.parts();
        let recipe = Recipe {
            name,
            outputs,
            input_drvs,
            dynamic_inputs: inputs.dynamic(),
            input_srcs,
            platform: draft.platform,
            builder: draft.builder,
            args: draft.args,
            env: draft.env,
        };
        let written = WrittenDerivation::new(recipe, dir, |path| self.modulo_of(path, pos));
        let written = self.unwrap_failure(written, pos)?;
        let stored = self.host.add_derivation(&written).map_err(|error| {
            self.host_error(&format!("writing derivation '{name}' to the store"), &error, pos)
        })?;
        let (outputs, references, modulo) = written.into_parts();
        let outputs = outputs.into_iter().map(|(name, path)| (self.contexts.output(name), path)).collect();
        let known = Known { modulo, references, outputs };
        let result = self.derivation_result(&stored, &known);
        self.derivations.insert(stored, known);
        Ok(result)
    }

    fn derivation_result(&self, path: &StorePath, known: &Known) -> Value<'a> {
        let dir = self.host.store_dir();
        let drv_path: Rc<str> = dir.join(path).into();
        let string = |text: &[u8], element| {
            let context = self.contexts.only(self.contexts.intern_known(element, path));
            self.string_with_context(text, context)
        };
        let mut text = Vec::with_capacity(256);
        let mut entries = Vec::with_capacity(1 + known.outputs.len());
        entries.push(Entry {
            name: self.names.drv_path,
            pos: Pos::NONE,
            value: string(drv_path.as_bytes(), ContextElement::DeepDerivation(Rc::clone(&drv_path))),
        });
        for (name, object) in &known.outputs {
            text.clear();
            match object {
                Some(object) => dir.push_path(&mut text, object),
                None => text.extend_from_slice(self.text_of_output(path, name, None).as_bytes()),
            }
            let element =
                ContextElement::Output { derivation: Rc::clone(&drv_path), output: Rc::clone(name) };
            entries.push(Entry {
                name: self.symbols.intern(name.as_bytes()),
                pos: Pos::NONE,
                value: string(&text, element),
            });
        }
        Value::attrs(Attrs::from_entries(&self.shapes, entries))
    }

    /// Text that lives as long as the bytes; what is no UTF-8 is replaced.
    fn text_in_place(&self, bytes: &'a [u8]) -> &'a str {
        match String::from_utf8_lossy(bytes) {
            Cow::Borrowed(text) => text,
            Cow::Owned(text) => self.arena.alloc_str(&text),
        }
    }

    /// The name of an output, which in most derivations is one that is known.
    fn output_name(&self, name: &[u8]) -> &'a str {
        match self.symbols.lookup(name) {
            Some(known) => self.text_in_place(self.symbols.name(known)),
            None => self.arena.alloc_str(&String::from_utf8_lossy(name)),
        }
    }

    fn unwrap_failure<T>(&self, result: Result<T, Failure>, pos: Pos) -> EvalResult<T> {
        result.map_err(|failure| match failure {
            Failure::Format(error) => format_error(error, pos),
            Failure::Eval(error) => error,
        })
    }
}

fn set_outputs<'a>(draft: &mut Draft<'a>, outputs: Vec<&'a str>, pos: Pos) -> EvalResult<()> {
    for (index, output) in outputs.iter().enumerate() {
        if outputs.iter().take(index).any(|other| other == output) {
            return Err(EvalError::other(format!("duplicate derivation output '{output}'"), pos));
        }
        if *output == "drvPath" {
            return Err(EvalError::other("invalid derivation output name 'drvPath'", pos));
        }
    }
    if outputs.is_empty() {
        return Err(EvalError::other("derivation cannot have an empty set of outputs", pos));
    }
    draft.outputs = outputs;
    Ok(())
}
