//! Functions that fetch: what their arguments mean, what the settings allow, and the sets that they give. Whoever fetches is
//! the host's [`Fetcher`].

mod closure;
mod mercurial;
mod trees;

use nix_formats::InputValue;
use nix_formats::flake_ref::input_to_url;
use nix_formats::hash::{Hash, HashAlgo};
use nix_syntax::source::Pos;

use super::{Def, arity, def};
use crate::context::{ContextBuilder, ContextElement};
use crate::error::{ErrorKind, EvalError, EvalResult, WithFrame};
use crate::eval::Eval;
use crate::features::{Feature, Features};
use crate::host::{Fetcher, FileRequest, HostError, MessageLevel};
use crate::strings::name_fault;
use crate::value::{Value, View};
use trees::TreeCall;

pub(super) fn defs<'a>(features: Features) -> Vec<Def<'a>> {
    let mut defs = vec![
        def("fetchGit", 1, 1, |eval, args, pos| trees::fetch_tree(eval, args, &TreeCall::GIT, pos)),
        def("fetchMercurial", 1, 1, mercurial::fetch_mercurial),
        def("fetchTarball", 1, 1, |eval, args, pos| fetch_file(eval, args, "fetchTarball", pos)),
        def("fetchurl", 1, 1, |eval, args, pos| fetch_file(eval, args, "fetchurl", pos)),
    ];
    // The one comes with the other.
    if features.has(Feature::FetchTree) || features.has(Feature::Flakes) {
        defs.push(def("fetchTree", 1, 1, |eval, args, pos| {
            trees::fetch_tree(eval, args, &TreeCall::TREE, pos)
        }));
    }
    if features.has(Feature::FetchClosure) {
        defs.push(def("fetchClosure", 1, 1, closure::fetch_closure));
    }
    defs
}

fn failed(error: HostError, pos: Pos) -> Box<EvalError> {
    EvalError::other(error.0, pos)
}

fn fetch_file<'a>(eval: &Eval<'a>, args: &[Value<'a>], who: &'static str, pos: Pos) -> EvalResult<Value<'a>> {
    let [arg] = args else { return Err(arity(pos)) };
    let unpack = who == "fetchTarball";
    let mut name = if unpack { "source".to_owned() } else { String::new() };
    let (mut url, mut expected, mut names_itself) = (None, None, false);
    let text = |value, pos, what: &str| -> EvalResult<String> {
        let frame = || format!("while evaluating the {what} we should fetch");
        let bytes = eval.expect_plain_string(value, pos).with_frame(frame, pos)?;
        Ok(String::from_utf8_lossy(bytes).into_owned())
    };
    let argument = eval.force(*arg)?;
    if let View::Attrs(attrs) = argument.view() {
        for (symbol, attr_pos, slot) in attrs.alphabetical(&eval.shapes, &eval.symbols) {
            let value = Value::reference(slot);
            match eval.symbols.name(symbol) {
                b"url" => url = Some(text(value, attr_pos, "url")?),
                b"sha256" => {
                    let digits = text(value, attr_pos, "sha256 of the content")?;
                    expected = Some(parse_hash(eval, &digits, pos)?);
                }
                b"name" => {
                    name = text(value, attr_pos, "name of the content")?;
                    names_itself = true;
                }
                _ => {
                    let message = format!("unsupported argument '{}' to '{who}'", eval.name(symbol));
                    return Err(EvalError::other(message, pos));
                }
            }
        }
    } else {
        url = Some(text(argument, pos, "url")?);
    }
    let url = url.ok_or_else(|| EvalError::other("'url' argument required", pos))?;
    let url = if unpack { resolve_channel(&url) } else { url };
    eval.check_uri(&url, pos)?;
    if name.is_empty() {
        name = base_name(&url).to_owned();
    }
    if let Some(fault) = name_fault(&name) {
        let advice = if names_itself {
            format!("change the value for the 'name' attribute passed to '{who}', ")
        } else if matches!(argument.view(), View::Attrs(_)) {
            format!("add a valid 'name' attribute to the argument for '{who}', ")
        } else {
            format!("pass an attribute set with 'url' and 'name' attributes to '{who}',  ")
        };
        let message = format!(
            "invalid store path name when fetching URL '{url}': {fault}. \
             Please {advice}so that it can create a valid store path."
        );
        return Err(EvalError::other(message, pos));
    }
    if eval.settings.pure && expected.is_none() {
        let message = format!("in pure evaluation mode, '{who}' requires a 'sha256' argument");
        return Err(EvalError::new(ErrorKind::Restricted, message, pos));
    }
    let fetcher = eval.fetcher(who, pos)?;
    let request = FileRequest { url: &url, name: &name, unpack, expected };
    let path = fetcher.fetch_file(&request).map_err(|error| {
        let error = failed(error, pos);
        match tarball_url(&url).filter(|_| unpack) {
            Some(shown) => error.frame(format!("while fetching the input '{shown}'"), Pos::NONE),
            None => error,
        }
    })?;
    Ok(eval.fetched(&path))
}

/// A tarball as an input, for messages; nothing when its URL is none.
fn tarball_url(url: &str) -> Option<String> {
    let input = [("type", "tarball"), ("url", url)];
    let input = input.map(|(name, value)| (name.to_owned(), InputValue::from(value)));
    Some(input_to_url(&input.into()).ok()?.to_string())
}

/// A SHA-256; where there should be one and is none, the hash that nothing has, so that the message tells the right one.
fn parse_hash(eval: &Eval<'_>, digits: &str, pos: Pos) -> EvalResult<Hash> {
    if digits.is_empty() {
        let hash = Hash::zero(HashAlgo::Sha256);
        let message = format!("found empty hash, assuming '{}'", hash.to_sri());
        eval.host.message(MessageLevel::Notice, &message);
        return Ok(hash);
    }
    Hash::parse(digits, Some(HashAlgo::Sha256)).map_err(|error| EvalError::other(error.to_string(), pos))
}

/// The last component of a URL, a slash at the end aside.
fn base_name(url: &str) -> &str {
    let url = url.strip_suffix('/').filter(|rest| !rest.is_empty()).unwrap_or(url);
    url.rsplit('/').next().unwrap_or(url)
}

/// `channel:NAME` as the URL of the channel's archive.
pub(crate) fn resolve_channel(url: &str) -> String {
    match url.strip_prefix("channel:") {
        Some(name) => format!("https://channels.nixos.org/{name}/nixexprs.tar.xz"),
        None => url.to_owned(),
    }
}

impl<'a> Eval<'a> {
    /// Whoever fetches.
    ///
    /// # Errors
    /// When nobody does.
    pub fn fetcher(&self, who: &str, pos: Pos) -> EvalResult<&'a dyn Fetcher> {
        self.host.fetcher().ok_or_else(|| {
            EvalError::new(
                ErrorKind::Restricted,
                format!("'{who}' is not available here: nobody fetches"),
                pos,
            )
        })
    }

    /// The path of a store object, as a string that depends on it.
    pub(crate) fn fetched(&self, path: &nix_formats::StorePath) -> Value<'a> {
        let text = self.host.store_dir().join(path);
        self.allow_stored(&text);
        let mut context = ContextBuilder::default();
        context.insert(self.contexts.intern(ContextElement::Opaque(text.as_str().into())));
        self.string_with_context(text.as_bytes(), context.finish(&self.contexts))
    }
}

#[cfg(test)]
mod tests {
    use super::base_name;

    #[test]
    fn names_of_urls() {
        for (url, expected) in [("http://h/a/b", "b"), ("http://h/a/", "a"), ("x", "x")] {
            assert_eq!(base_name(url), expected, "{url}");
        }
    }
}
