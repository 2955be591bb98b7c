//! Functions that fetch: what their arguments mean, what the settings allow, and the sets that they give. Whoever fetches is
//! the host's [`Fetcher`].

use nix_formats::hash::{Hash, HashAlgo};
use nix_formats::{InputAttrs, InputValue};
use nix_syntax::source::Pos;

use super::{Def, arity, def};
use crate::attrs::Attrs;
use crate::context::{ContextBuilder, ContextElement};
use crate::error::{ErrorKind, EvalError, EvalResult, WithFrame};
use crate::eval::Eval;
use crate::features::{Feature, Features};
use crate::host::{
    ClosureRequest, FetchedTree, Fetcher, FileRequest, HostError, InputSource, MessageLevel, ReadInput,
};
use crate::strings::{Coercion, name_fault};
use crate::time::compact_date;
use crate::value::{Entry, PendingCall, Value};

pub(super) fn defs<'a>(features: Features) -> Vec<Def<'a>> {
    let mut defs = vec![
        def("fetchGit", 1, 1, |eval, args, pos| fetch_tree(eval, args, &TreeCall::GIT, pos)),
        def("fetchMercurial", 1, 1, fetch_mercurial),
        def("fetchTarball", 1, 1, |eval, args, pos| fetch_file(eval, args, "fetchTarball", pos)),
        def("fetchurl", 1, 1, |eval, args, pos| fetch_file(eval, args, "fetchurl", pos)),
        def("flakeRefToString", 1, 1, |eval, args, pos| Err(refused(eval, "flakeRefToString", args, pos))),
        def("getFlake", 1, 1, |eval, args, pos| Err(refused(eval, "getFlake", args, pos))),
        def("parseFlakeRef", 1, 1, |eval, args, pos| Err(refused(eval, "parseFlakeRef", args, pos))),
    ];
    // The one comes with the other.
    if features.has(Feature::FetchTree) || features.has(Feature::Flakes) {
        defs.push(def("fetchTree", 1, 1, |eval, args, pos| fetch_tree(eval, args, &TreeCall::TREE, pos)));
    }
    if features.has(Feature::FetchClosure) {
        defs.push(def("fetchClosure", 1, 1, fetch_closure));
    }
    defs
}

#[cold]
fn refused<'a>(eval: &Eval<'a>, name: &str, args: &[Value<'a>], pos: Pos) -> Box<EvalError> {
    let what = args.first().map(|arg| eval.show_for_error(*arg)).unwrap_or_default();
    let message = format!("'builtins.{name}' is not supported; it was called with {what}");
    EvalError::new(ErrorKind::Restricted, message, pos)
}

fn failed(error: HostError, pos: Pos) -> Box<EvalError> {
    EvalError::other(error.0, pos)
}

/// Which of the functions for source trees is called.
struct TreeCall {
    name: &'static str,
    is_git: bool,
}

impl TreeCall {
    const GIT: TreeCall = TreeCall { name: "fetchGit", is_git: true };
    const TREE: TreeCall = TreeCall { name: "fetchTree", is_git: false };
}

fn fetch_tree<'a>(eval: &Eval<'a>, args: &[Value<'a>], call: &TreeCall, pos: Pos) -> EvalResult<Value<'a>> {
    let [arg] = args else { return Err(arity(pos)) };
    let fetcher = eval.fetcher(call.name, pos)?;
    let features = eval.settings.features;
    let source = match eval.force(*arg)? {
        Value::Attrs(attrs) => InputSource::Attrs(tree_attrs(eval, attrs, call, pos)?),
        value => {
            let frame = || format!("while evaluating the first argument passed to '{}'", call.name);
            let text = eval.coerce(value, pos, Coercion::PLAIN).with_frame(frame, pos)?;
            let url = String::from_utf8_lossy(text.bytes).into_owned();
            if call.is_git {
                let url = InputValue::String(url);
                InputSource::Attrs(git_defaults(InputAttrs::from([("url".to_owned(), url)]), pos)?)
            } else if features.has(Feature::Flakes) {
                let input = fetcher.read_input(InputSource::Url(&url), features);
                InputSource::Attrs(input.map_err(|error| failed(error, pos))?.attrs)
            } else {
                let name = call.name;
                let message = format!(
                    "passing a string argument to '{name}' requires the 'flakes' experimental feature"
                );
                return Err(EvalError::other(message, pos));
            }
        }
    };
    let mut input = fetcher.read_input(source, features).map_err(|error| failed(error, pos))?;
    if !eval.settings.pure && !input.direct && features.has(Feature::Flakes) {
        input = fetcher.resolve_input(&input.attrs, features).map_err(|error| failed(error, pos))?;
    }
    check_locked(eval, &input, call.name, pos)?;
    eval.check_uri(&input.url, pos)?;
    if input.attrs.get("__final").and_then(InputValue::as_bool) == Some(true) {
        let message = format!("input '{}' is not allowed to use the '__final' attribute", input.url);
        return Err(EvalError::other(message, pos));
    }
    let tree = eval.fetch_input(fetcher, &input, pos)?;
    Ok(eval.tree_attrs(&tree, call.is_git, pos))
}

/// The attributes of an input that a program gives as a set.
fn tree_attrs<'a>(
    eval: &Eval<'a>,
    given: &'a Attrs<'a>,
    call: &TreeCall,
    pos: Pos,
) -> EvalResult<InputAttrs> {
    let name = call.name;
    let mut attrs = InputAttrs::new();
    match given.get_with_pos(eval.names.r#type) {
        Some(_) if call.is_git => return Err(EvalError::other("unexpected argument 'type'", pos)),
        Some((slot, attr_pos)) => {
            let frame = || format!("while evaluating the `type` argument passed to '{name}'");
            let kind = eval.expect_plain_string(Value::Ref(slot), attr_pos).with_frame(frame, attr_pos)?;
            attrs.insert("type".to_owned(), InputValue::String(String::from_utf8_lossy(kind).into_owned()));
        }
        None if call.is_git => {}
        None => {
            return Err(EvalError::other(format!("argument 'type' is missing in call to '{name}'"), pos));
        }
    }
    for (symbol, attr_pos, slot) in given.alphabetical(eval.bump, &eval.symbols) {
        if symbol == eval.names.r#type {
            continue;
        }
        let key = String::from_utf8_lossy(eval.symbols.name(symbol)).into_owned();
        let value = match eval.force_slot(slot)? {
            value @ (Value::Str(_) | Value::Path(_)) => {
                let text = eval.coerce(value, attr_pos, Coercion::PLAIN)?;
                InputValue::String(String::from_utf8_lossy(text.bytes).into_owned())
            }
            Value::Bool(value) => InputValue::Bool(value),
            Value::Int(number) => InputValue::Int(u64::try_from(number).map_err(|_| {
                EvalError::other(format!("negative value given for '{name}' argument '{key}': {number}"), pos)
            })?),
            _ if key == "publicKeys" => {
                let message = "experimental Nix feature 'verified-fetches' is disabled; \
                    add '--extra-experimental-features verified-fetches' to enable it";
                return Err(EvalError::other(message, pos));
            }
            other => {
                let found = other.type_with_article();
                let message = format!(
                    "argument '{key}' to '{name}' is {found} while a string, Boolean or integer is expected"
                );
                return Err(EvalError::type_error(message, pos));
            }
        };
        attrs.insert(key, value);
    }
    if call.is_git {
        return git_defaults(attrs, pos);
    }
    if attrs.get("type").and_then(InputValue::as_str) == Some("git") {
        attrs.entry("shallow".to_owned()).or_insert(InputValue::Bool(true));
    }
    if attrs.contains_key("name") {
        return Err(EvalError::other(format!("argument 'name' isn’t supported in call to '{name}'"), pos));
    }
    Ok(attrs)
}

/// What `fetchGit` takes where nothing is said.
fn git_defaults(mut attrs: InputAttrs, pos: Pos) -> EvalResult<InputAttrs> {
    attrs.insert("type".to_owned(), InputValue::from("git"));
    if !attrs.contains_key("exportIgnore") {
        let submodules = match attrs.get("submodules") {
            None => false,
            Some(InputValue::Bool(value)) => *value,
            Some(_) => return Err(EvalError::other("input attribute 'submodules' is not a Boolean", pos)),
        };
        if !submodules {
            attrs.insert("exportIgnore".to_owned(), InputValue::Bool(true));
        }
    }
    Ok(attrs)
}

/// Nothing that may change is fetched by an evaluation that is to come out the same anywhere.
fn check_locked(eval: &Eval<'_>, input: &ReadInput, name: &str, pos: Pos) -> EvalResult<()> {
    if !eval.settings.pure || input.locked {
        return Ok(());
    }
    if !input.hashed {
        let message =
            format!("in pure evaluation mode, '{name}' doesn't fetch unlocked input '{}'", input.url);
        return Err(EvalError::new(ErrorKind::Restricted, message, pos));
    }
    let message = format!(
        "Input '{}' is unlocked (e.g. lacks a Git revision) but is checked by NAR hash. \
         This is not reproducible and will break after garbage collection or when shared.",
        input.url
    );
    eval.host.message(MessageLevel::Warning, &message);
    Ok(())
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
    if let Value::Attrs(attrs) = argument {
        for (symbol, attr_pos, slot) in attrs.alphabetical(eval.bump, &eval.symbols) {
            let value = Value::Ref(slot);
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
        } else if matches!(argument, Value::Attrs(_)) {
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
        match tarball_url(fetcher, &url).filter(|_| unpack) {
            Some(shown) => error.frame(format!("while fetching the input '{shown}'"), Pos::NONE),
            None => error,
        }
    })?;
    Ok(eval.fetched(&path))
}

/// A tarball as an input, for messages; nothing when its URL is none.
fn tarball_url(fetcher: &dyn Fetcher, url: &str) -> Option<String> {
    let attrs = InputAttrs::from([
        ("type".to_owned(), InputValue::from("tarball")),
        ("url".to_owned(), InputValue::from(url)),
    ]);
    Some(fetcher.read_input(InputSource::Attrs(attrs), Features::default()).ok()?.url)
}

/// A SHA-256; where there should be one and is none, the hash that nothing has, so that the message tells the right one.
fn parse_hash(eval: &Eval<'_>, digits: &str, pos: Pos) -> EvalResult<Hash> {
    if digits.is_empty() {
        let hash = Hash::zero(HashAlgo::Sha256);
        let message = format!("found empty hash, assuming '{}'", hash.to_sri());
        eval.host.message(MessageLevel::Warning, &message);
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

fn fetch_mercurial<'a>(eval: &Eval<'a>, args: &[Value<'a>], pos: Pos) -> EvalResult<Value<'a>> {
    let [arg] = args else { return Err(arity(pos)) };
    let (mut url, mut name) = (String::new(), "source".to_owned());
    let mut attrs = InputAttrs::from([("type".to_owned(), InputValue::from("hg"))]);
    let coerce = |value, pos, what: &str| -> EvalResult<String> {
        let frame = || format!("while evaluating the {what} passed to builtins.fetchMercurial");
        let text = eval.coerce(value, pos, Coercion::PLAIN).with_frame(frame, pos)?;
        Ok(String::from_utf8_lossy(text.bytes).into_owned())
    };
    let plain = |value, pos, what: &str| -> EvalResult<String> {
        let frame = || format!("while evaluating the `{what}` attribute passed to builtins.fetchMercurial");
        let text = eval.expect_plain_string(value, pos).with_frame(frame, pos)?;
        Ok(String::from_utf8_lossy(text).into_owned())
    };
    match eval.force(*arg)? {
        Value::Attrs(given) => {
            for (symbol, attr_pos, slot) in given.alphabetical(eval.bump, &eval.symbols) {
                let value = Value::Ref(slot);
                match eval.symbols.name(symbol) {
                    b"url" => url = coerce(value, attr_pos, "`url` attribute")?,
                    b"name" => name = plain(value, attr_pos, "name")?,
                    // It may be a branch as well.
                    b"rev" => {
                        let rev = plain(value, attr_pos, "rev")?;
                        let is_rev = rev.len() == 40 && rev.bytes().all(|byte| byte.is_ascii_hexdigit());
                        let key = if is_rev { "rev" } else { "ref" };
                        attrs.insert(key.to_owned(), InputValue::String(rev));
                    }
                    _ => {
                        let name = eval.name(symbol);
                        let message = format!("unsupported argument '{name}' to 'fetchMercurial'");
                        return Err(EvalError::other(message, attr_pos));
                    }
                }
            }
            if url.is_empty() {
                return Err(EvalError::other("'url' argument required", pos));
            }
        }
        value => url = coerce(value, pos, "first argument")?,
    }
    eval.check_uri(&url, pos)?;
    if eval.settings.pure && !attrs.contains_key("rev") {
        let message = "in pure evaluation mode, 'fetchMercurial' requires a Mercurial revision";
        return Err(EvalError::new(ErrorKind::Restricted, message, pos));
    }
    let url = if url.contains("://") { url } else { format!("file://{url}") };
    attrs.insert("url".to_owned(), InputValue::String(url));
    attrs.insert("name".to_owned(), InputValue::String(name));
    let fetcher = eval.fetcher("fetchMercurial", pos)?;
    let input = fetcher
        .read_input(InputSource::Attrs(attrs), eval.settings.features)
        .map_err(|error| failed(error, pos))?;
    let tree = eval.fetch_input(fetcher, &input, pos)?;
    let text = |name: &str| tree.locked.get(name).and_then(InputValue::as_str);
    // A changed checkout has the revision that none has.
    let rev = text("rev").map_or_else(|| Hash::zero(HashAlgo::Sha1).to_base16(), str::to_owned);
    let mut entries = vec![
        ("outPath", eval.fetched(&tree.path)),
        ("rev", eval.string(rev.as_bytes())),
        ("shortRev", eval.string(rev.as_bytes().get(..12).unwrap_or(rev.as_bytes()))),
    ];
    if let Some(branch) = text("ref") {
        entries.push(("branch", eval.string(branch.as_bytes())));
    }
    if let Some(count) = tree.locked.get("revCount").and_then(InputValue::as_int) {
        entries.push(("revCount", int(count)));
    }
    Ok(eval.attrs(&entries))
}

fn fetch_closure<'a>(eval: &Eval<'a>, args: &[Value<'a>], pos: Pos) -> EvalResult<Value<'a>> {
    let [arg] = args else { return Err(arity(pos)) };
    let frame = || "while evaluating the argument passed to builtins.fetchClosure".to_owned();
    let attrs = eval.expect_attrs(*arg, pos).with_frame(frame, pos)?;
    let (mut from_store, mut from_path, mut to_path, mut input_addressed) = (None, None, None, None);
    for (symbol, attr_pos, slot) in attrs.alphabetical(eval.bump, &eval.symbols) {
        let value = Value::Ref(slot);
        let name = eval.name(symbol);
        let frame = || format!("while evaluating the attribute '{name}' passed to builtins.fetchClosure");
        match eval.symbols.name(symbol) {
            b"fromPath" => {
                from_path = Some(eval.coerce_to_object(value, attr_pos).with_frame(frame, attr_pos)?);
            }
            b"toPath" => {
                to_path = Some(match eval.force(value)? {
                    Value::Str(text) if text.bytes.is_empty() => None,
                    value => Some(eval.coerce_to_object(value, attr_pos).with_frame(frame, attr_pos)?),
                });
            }
            b"fromStore" => {
                let url = eval.expect_plain_string(value, attr_pos).with_frame(frame, attr_pos)?;
                from_store = Some(String::from_utf8_lossy(url).into_owned());
            }
            b"inputAddressed" => {
                input_addressed = Some(eval.expect_bool(value, attr_pos).with_frame(frame, attr_pos)?);
            }
            _ => {
                let message = format!("attribute '{name}' isn't supported in call to 'fetchClosure'");
                return Err(EvalError::other(message, attr_pos));
            }
        }
    }
    let missing =
        |name| EvalError::other(format!("attribute '{name}' is missing in call to 'fetchClosure'"), pos);
    let from_path = from_path.ok_or_else(|| missing("fromPath"))?;
    let input_addressed = input_addressed.unwrap_or(false);
    if input_addressed && to_path.is_some() {
        let message =
            "attribute 'inputAddressed' is set to true, but 'toPath' is also set. Please remove one of them";
        return Err(EvalError::other(message, pos));
    }
    let from_store = from_store.ok_or_else(|| missing("fromStore"))?;
    if !from_store.starts_with("http://") && !from_store.starts_with("https://") {
        let message = "'fetchClosure' only supports http:// and https:// stores";
        return Err(EvalError::other(message, pos));
    }
    if from_store.contains('?') {
        let message = format!("'fetchClosure' does not support URL query parameters (in '{from_store}')");
        return Err(EvalError::other(message, pos));
    }
    let request = ClosureRequest {
        from_store: &from_store,
        from_path: &from_path,
        to_path: to_path.as_ref().map(Option::as_ref),
        input_addressed,
    };
    let path = eval.fetcher("fetchClosure", pos)?.fetch_closure(&request);
    Ok(eval.fetched(&path.map_err(|error| failed(error, pos))?))
}

/// Counts the revisions of an input, when somebody asks for them.
fn count_revisions<'a>(eval: &Eval<'a>, args: &[Value<'a>], pos: Pos) -> EvalResult<Value<'a>> {
    let [input] = args else { return Err(arity(pos)) };
    let given = eval.expect_attrs(*input, pos)?;
    let mut attrs = InputAttrs::new();
    for (symbol, _, slot) in given.alphabetical(eval.bump, &eval.symbols) {
        let value = match slot.get() {
            Value::Str(text) => InputValue::String(String::from_utf8_lossy(text.bytes).into_owned()),
            Value::Int(number) => InputValue::Int(number.unsigned_abs()),
            Value::Bool(value) => InputValue::Bool(value),
            _ => continue,
        };
        attrs.insert(String::from_utf8_lossy(eval.symbols.name(symbol)).into_owned(), value);
    }
    let count = eval.fetcher("fetchGit", pos)?.rev_count(&attrs);
    Ok(int(count.map_err(|error| failed(error, pos))?))
}

fn int<'a>(number: u64) -> Value<'a> {
    Value::Int(i64::try_from(number).unwrap_or(i64::MAX))
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

    /// Fetches an input that may be fetched.
    pub(crate) fn fetch_input(
        &self,
        fetcher: &dyn Fetcher,
        input: &ReadInput,
        pos: Pos,
    ) -> EvalResult<FetchedTree> {
        fetcher.fetch_tree(&input.attrs).map_err(|error| {
            failed(error, pos).frame(format!("while fetching the input '{}'", input.url), Pos::NONE)
        })
    }

    /// The path of a store object, as a string that depends on it.
    pub(crate) fn fetched(&self, path: &nix_formats::StorePath) -> Value<'a> {
        let text = self.host.store_dir().join(path);
        self.allow_stored(&text);
        let mut context = ContextBuilder::default();
        context.insert(self.contexts.intern(ContextElement::Opaque(text.clone())));
        self.string_with_context(text.as_bytes(), context.finish(self.bump))
    }

    /// What a program gets to know of a fetched tree. With `rev_fallback`, a tree without a revision has one of zeros.
    pub fn tree_attrs(&self, tree: &FetchedTree, rev_fallback: bool, pos: Pos) -> Value<'a> {
        const NO_REVISION: &str = "0000000000000000000000000000000000000000";
        let text = |name: &str| tree.locked.get(name).and_then(InputValue::as_str);
        let number = |name: &str| tree.locked.get(name).and_then(InputValue::as_int);
        let string = |text: &str| self.string(text.as_bytes());
        let mut entries = vec![("outPath", self.fetched(&tree.path))];
        if let Some(hash) = text("narHash") {
            entries.push(("narHash", string(hash)));
        }
        if text("type") == Some("git") {
            let given = tree.locked.get("submodules").and_then(InputValue::as_bool);
            entries.push(("submodules", Value::Bool(given.unwrap_or(false))));
        }
        if let Some(rev) = text("rev").or(rev_fallback.then_some(NO_REVISION)) {
            entries.push(("rev", string(rev)));
            entries.push(("shortRev", string(rev.get(..7).unwrap_or(rev))));
        }
        if tree.counts_revisions {
            entries.push(("revCount", self.counted_later(&tree.locked, pos)));
        } else if let Some(count) = number("revCount").or(rev_fallback.then_some(0)) {
            entries.push(("revCount", int(count)));
        }
        if let (Some(rev), Some(short)) = (text("dirtyRev"), text("dirtyShortRev")) {
            entries.push(("dirtyRev", string(rev)));
            entries.push(("dirtyShortRev", string(short)));
        }
        if let Some(time) = number("lastModified") {
            let time = i64::try_from(time).unwrap_or(i64::MAX);
            entries.push(("lastModified", Value::Int(time)));
            entries.push(("lastModifiedDate", string(&compact_date(time))));
        }
        self.attrs(&entries)
    }

    fn counted_later(&self, locked: &InputAttrs, pos: Pos) -> Value<'a> {
        let entries = locked.iter().map(|(name, value)| Entry {
            name: self.symbols.intern(name.as_bytes()),
            pos: Pos::NONE,
            value: match value {
                InputValue::String(text) => self.string(text.as_bytes()),
                InputValue::Int(number) => int(*number),
                InputValue::Bool(value) => Value::Bool(*value),
            },
        });
        let input = Value::Attrs(Attrs::from_entries(self.bump, entries.collect()));
        let func = self.native("revCount", 1, 1, count_revisions);
        let args = self.bump.alloc_slice_copy(&[input]);
        Value::Ref(self.slot(Value::Call(self.bump.alloc(PendingCall { func, args, pos }))))
    }

    /// A value as the path of a store object itself.
    fn coerce_to_object(&self, value: Value<'a>, pos: Pos) -> EvalResult<nix_formats::StorePath> {
        let (path, _) = self.coerce_to_path(value, pos)?;
        self.host
            .store_dir()
            .parse(crate::strings::bytes_of(&path))
            .map_err(|_| EvalError::other(format!("path '{}' is not in the Nix store", path.display()), pos))
    }
}

#[cfg(test)]
mod tests {
    use super::base_name;

    #[test]
    fn names_of_urls() {
        for (url, expected) in [("http://h/a/b", "b"), ("http://h/a/", "a"), ("x", "x"), ("/", "/")] {
            assert_eq!(base_name(url), expected, "{url}");
        }
    }
}
