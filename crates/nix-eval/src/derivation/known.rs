//! The derivations met so far: what others that depend on them need to know of them.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;
use std::sync::Arc;

use nix_formats::derivation::{Derivation, DynamicOutputs, HashModulo, downstream_placeholder};
use nix_formats::store_path::StorePath;
use nix_syntax::source::Pos;
use rustc_hash::FxHashMap;

use super::{Failure, format_error};
use crate::context::{ContextElement, ContextId, Interned};
use crate::dynamic::chain;
use crate::error::EvalResult;
use crate::eval::Eval;
use crate::strings::path_of;

/// What is remembered of a derivation made or read.
pub(crate) struct Known {
    pub(super) modulo: HashModulo,
    pub(super) references: Arc<[StorePath]>,
    /// The outputs, ascending by name, and their paths where they are known.
    pub(super) outputs: Box<[(Rc<str>, Option<StorePath>)]>,
}

/// The derivations met so far.
#[derive(Default)]
pub(crate) struct Memo(RefCell<FxHashMap<StorePath, Rc<Known>>>);

impl Memo {
    fn get(&self, path: &StorePath) -> Option<Rc<Known>> {
        self.0.borrow().get(path).cloned()
    }

    pub(super) fn insert(&self, path: StorePath, known: Known) -> Rc<Known> {
        let known = Rc::new(known);
        self.0.borrow_mut().insert(path, Rc::clone(&known));
        known
    }
}

/// What a context says that a derivation is built from.
#[derive(Default)]
pub(super) struct Inputs {
    elements: Vec<Rc<Interned>>,
    /// What lies behind the derivations that are wanted with everything, in no order.
    behind: Vec<(StorePath, Option<Rc<Known>>)>,
    dynamic: BTreeMap<StorePath, DynamicOutputs>,
}

impl Inputs {
    /// Those that are derivations, each with one of its wanted outputs, and the other ones.
    pub(super) fn parts(&self) -> (Vec<(&StorePath, &str)>, Vec<&StorePath>) {
        let (mut derivations, mut sources) = (Vec::with_capacity(self.elements.len()), Vec::new());
        for interned in &self.elements {
            // An element without a path is one of those that are kept apart.
            let Some(path) = interned.path.get() else { continue };
            match &interned.element {
                ContextElement::Opaque(_) => sources.push(path),
                ContextElement::Output { output, .. } => derivations.push((path, &**output)),
                ContextElement::DeepDerivation(_) => {}
            }
        }
        for (path, known) in &self.behind {
            sources.push(path);
            let outputs = known.iter().flat_map(|known| known.outputs.iter());
            derivations.extend(outputs.map(|(output, _)| (path, &**output)));
        }
        (derivations, sources)
    }

    /// Of outputs that are derivations themselves, what is wanted of those.
    pub(super) fn dynamic(&self) -> &BTreeMap<StorePath, DynamicOutputs> {
        &self.dynamic
    }
}

impl<'a> Eval<'a> {
    /// The inputs that the context tells.
    pub(super) fn derivation_inputs(&self, context: &[ContextId], pos: Pos) -> EvalResult<Inputs> {
        let parse = |path: &str| {
            self.host.store_dir().parse(path.as_bytes()).map_err(|error| format_error(error, pos))
        };
        let elements = self.contexts.interned(context);
        let (mut behind, mut dynamic): (_, BTreeMap<_, DynamicOutputs>) = (Vec::new(), BTreeMap::new());
        for interned in &elements {
            match &interned.element {
                ContextElement::Output { derivation: path, output } if path.starts_with('!') => {
                    let (names, path) = chain(path);
                    let mut names = names.into_iter();
                    let inputs = dynamic.entry(parse(path)?).or_default();
                    let mut node = inputs.entry(names.next().unwrap_or_default()).or_default();
                    for name in names {
                        node = node.dynamic.entry(name).or_default();
                    }
                    node.outputs.insert(output.to_string());
                }
                ContextElement::Opaque(path)
                | ContextElement::DeepDerivation(path)
                | ContextElement::Output { derivation: path, .. } => {
                    let path = match interned.path.get() {
                        Some(path) => path,
                        None => {
                            let parsed = parse(path)?;
                            interned.path.get_or_init(|| parsed)
                        }
                    };
                    if matches!(interned.element, ContextElement::DeepDerivation(_)) {
                        self.everything_behind(path, &mut behind, pos)?;
                    }
                }
            }
        }
        Ok(Inputs { elements, behind, dynamic })
    }

    /// Enters a derivation and all that it refers to, directly and indirectly.
    fn everything_behind(
        &self,
        path: &StorePath,
        found: &mut Vec<(StorePath, Option<Rc<Known>>)>,
        pos: Pos,
    ) -> EvalResult<()> {
        let mut seen = BTreeSet::new();
        let mut work = vec![path.clone()];
        while let Some(path) = work.pop() {
            if !seen.insert(path.clone()) {
                continue;
            }
            if path.is_derivation() {
                let known = self.known_derivation(&path, pos)?;
                work.extend(known.references.iter().cloned());
                found.push((path, Some(known)));
            } else {
                let references = self
                    .host
                    .references(&path)
                    .map_err(|error| self.host_error("asking for references", &error, pos))?;
                work.extend(references);
                found.push((path, None));
            }
        }
        Ok(())
    }

    pub(super) fn modulo_of(&self, path: &StorePath, pos: Pos) -> Result<HashModulo, Failure> {
        Ok(self.known_derivation(path, pos).map_err(Failure::Eval)?.modulo.clone())
    }

    /// A derivation made before, or read from the store.
    pub(crate) fn known_derivation(&self, path: &StorePath, pos: Pos) -> EvalResult<Rc<Known>> {
        match self.derivations.get(path) {
            Some(known) => Ok(known),
            None => self.read_derivation(path, pos),
        }
    }

    #[cold]
    fn read_derivation(&self, path: &StorePath, pos: Pos) -> EvalResult<Rc<Known>> {
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
        let outputs = derivation.outputs.iter().map(|(name, output)| {
            let path = output.path(dir, &derivation.name, name).map_err(|error| format_error(error, pos))?;
            Ok((self.contexts.output(name), path))
        });
        let outputs = outputs.collect::<EvalResult<_>>()?;
        let references = derivation.references().into_iter().collect();
        Ok(self.derivations.insert(path.clone(), Known { modulo, references, outputs }))
    }

    /// What stands in strings for an output of the derivation at `path`, if there is such an output.
    pub(crate) fn known_output(&self, known: &Known, path: &StorePath, output: &str) -> Option<String> {
        let (_, object) = known.outputs.iter().find(|(name, _)| **name == *output)?;
        Some(self.text_of_output(path, output, object.as_ref()))
    }

    /// What stands in strings for an output: its path, or a placeholder where that is not known.
    pub(super) fn text_of_output(
        &self,
        derivation: &StorePath,
        output: &str,
        path: Option<&StorePath>,
    ) -> String {
        match path {
            Some(path) => self.host.store_dir().join(path),
            None => downstream_placeholder(derivation, output),
        }
    }
}
