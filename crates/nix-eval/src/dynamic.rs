//! `outputOf`: outputs of derivations that are themselves outputs, and what stands for them in strings.

use nix_formats::derivation::{computed_placeholder, downstream_placeholder};
use nix_syntax::source::Pos;

use crate::context::{ContextBuilder, ContextElement};
use crate::derivation::format_error;
use crate::error::{EvalError, EvalResult};
use crate::eval::Eval;
use crate::value::{Str, Value};

impl<'a> Eval<'a> {
    /// `outputOf`: the string that stands for an output of the derivation that `reference` is the path of, or will be.
    pub(crate) fn output_of(&self, reference: Str<'a>, output: &[u8], pos: Pos) -> EvalResult<Value<'a>> {
        let shown = String::from_utf8_lossy(reference.bytes());
        let output = String::from_utf8_lossy(output).into_owned();
        let ids = self.contexts.ids(reference.context());
        let [id] = ids else {
            let count = ids.len();
            let message = format!(
                "string '{shown}' has {count} entries in its context. It should only have exactly one entry"
            );
            return Err(EvalError::other(message, pos));
        };
        let (derivation, text) = match self.contexts.get(*id) {
            Some(ContextElement::Opaque(path)) if path.as_bytes() == reference.bytes() => {
                let parsed =
                    self.host.store_dir().parse(path.as_bytes()).map_err(|error| format_error(error, pos))?;
                if !parsed.is_derivation() {
                    let message = format!("store path '{path}' is not a valid derivation path");
                    return Err(EvalError::other(message, pos));
                }
                let known = self.known_derivation(&parsed, pos)?;
                let Some(text) = self.known_output(&known, &parsed, &output) else {
                    let message = format!("derivation '{path}' does not have output '{output}'");
                    return Err(EvalError::other(message, pos));
                };
                (path, text)
            }
            Some(ContextElement::Output { derivation, output: of }) => {
                let placeholder = self.output_text(&derivation, &of, pos)?;
                if placeholder.as_bytes() != reference.bytes() {
                    let message = format!(
                        "string '{shown}' has context with the output '{of}' from derivation '{derivation}', but the \
                         string is not the right placeholder for this derivation output. It should be '{placeholder}'"
                    );
                    return Err(EvalError::other(message, pos));
                }
                // A path that is known stands for itself; only the derivation there is not known yet.
                let unknown = self.unknown_output_text(&derivation, &of, pos)?;
                let text =
                    computed_placeholder(&unknown, &output).map_err(|error| format_error(error, pos))?;
                (format!("!{of}!{derivation}").into(), text)
            }
            Some(ContextElement::DeepDerivation(path)) => {
                let message = format!(
                    "string '{shown}' has a context which refers to a complete source and binary closure. \
                     This is not supported at this time ('{path}')"
                );
                return Err(EvalError::other(message, pos));
            }
            _ => {
                let message = format!("string '{shown}' is not the store path of its context");
                return Err(EvalError::other(message, pos));
            }
        };
        let mut context = ContextBuilder::default();
        let output = output.into();
        context.insert(self.contexts.intern(ContextElement::Output { derivation, output }));
        Ok(self.string_with_context(text.as_bytes(), context.finish(&self.contexts)))
    }

    /// What stands in strings for an output of a derivation, or of a derivation that is an output itself.
    fn output_text(&self, derivation: &str, output: &str, pos: Pos) -> EvalResult<String> {
        if derivation.starts_with('!') {
            return self.unknown_output_text(derivation, output, pos);
        }
        let path =
            self.host.store_dir().parse(derivation.as_bytes()).map_err(|error| format_error(error, pos))?;
        let known = self.known_derivation(&path, pos)?;
        self.known_output(&known, &path, output).ok_or_else(|| {
            let message = format!("derivation '{derivation}' does not have output '{output}'");
            EvalError::other(message, pos)
        })
    }

    /// The placeholder for an output whose path is taken to be unknown.
    fn unknown_output_text(&self, derivation: &str, output: &str, pos: Pos) -> EvalResult<String> {
        self.check_stack()?;
        if let Some((of, inner)) = derivation.strip_prefix('!').and_then(|rest| rest.split_once('!')) {
            let placeholder = self.unknown_output_text(inner, of, pos)?;
            return computed_placeholder(&placeholder, output).map_err(|error| format_error(error, pos));
        }
        let path =
            self.host.store_dir().parse(derivation.as_bytes()).map_err(|error| format_error(error, pos))?;
        Ok(downstream_placeholder(&path, output))
    }
}

/// The outputs on the way from a derivation to one that an output of an output of it is, the first one first, and the
/// derivation's path; see [`ContextElement::Output`].
pub(crate) fn chain(text: &str) -> (Vec<String>, &str) {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some((name, inner)) = rest.strip_prefix('!').and_then(|rest| rest.split_once('!')) {
        names.push(name.to_owned());
        rest = inner;
    }
    names.reverse();
    (names, rest)
}
