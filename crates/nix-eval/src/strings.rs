//! Strings out of values: coercion, and the checks that a builtin's string arguments go through.

use std::borrow::Cow;
use std::path::{Path, PathBuf};

use nix_formats::error::BadName;
use nix_syntax::source::Pos;

use crate::attrs::Attrs;
use crate::context::{Context, ContextBuilder, ContextElement};
use crate::error::{ErrorKind, EvalError, EvalResult, WithFrame};
use crate::eval::Eval;
use crate::host::HostError;
use crate::value::{List, Str, Value, View};

/// What a coercion to a string accepts and does.
#[derive(Clone, Copy, Debug)]
pub struct Coercion {
    /// Numbers, booleans, null and lists too, as `toString` does.
    pub more: bool,
    /// A path means its copy in the store.
    pub copy: bool,
}

impl Coercion {
    /// As in `"${…}"`.
    pub const INTERPOLATION: Coercion = Coercion { more: false, copy: true };
    /// As by `toString`.
    pub const TO_STRING: Coercion = Coercion { more: true, copy: false };
    /// Strings, and sets that stand for one; a path stays as it is.
    pub const PLAIN: Coercion = Coercion { more: false, copy: false };
}

impl<'a> Eval<'a> {
    /// Appends `value` as a string to `out` and its dependencies to `context`.
    ///
    /// # Errors
    /// When the value stands for no string.
    pub fn coerce_into(
        &self,
        value: Value<'a>,
        pos: Pos,
        how: Coercion,
        out: &mut Vec<u8>,
        context: &mut ContextBuilder,
    ) -> EvalResult<()> {
        match self.force(value)?.view() {
            View::Str(text) => {
                out.extend_from_slice(text.bytes());
                context.add(&self.contexts, text.context());
                Ok(())
            }
            View::Path(path) => {
                if how.copy {
                    let copied = self.copy_to_store(path.bytes(), pos)?;
                    out.extend_from_slice(copied.as_bytes());
                    context.insert(self.contexts.intern(ContextElement::Opaque(copied.into())));
                } else {
                    out.extend_from_slice(path.bytes());
                }
                Ok(())
            }
            View::Attrs(attrs) => self.deeper(pos, || self.coerce_attrs(attrs, pos, how, out, context)),
            View::Bool(value) if how.more => {
                if value {
                    out.push(b'1');
                }
                Ok(())
            }
            View::Int(value) if how.more => {
                out.extend_from_slice(itoa::Buffer::new().format(value).as_bytes());
                Ok(())
            }
            View::Float(value) if how.more => {
                out.extend_from_slice(format!("{value:.6}").as_bytes());
                Ok(())
            }
            View::Null if how.more => Ok(()),
            View::List(list) if how.more => {
                self.deeper(pos, || self.coerce_list(list, pos, how, out, context))
            }
            other => Err(self.cannot_coerce(other.value(), pos)),
        }
    }

    #[cold]
    fn cannot_coerce(&self, value: Value<'a>, pos: Pos) -> Box<EvalError> {
        let shown = self.show_for_error(value);
        EvalError::type_error(
            format!("cannot coerce {} to a string: {shown}", value.type_with_article()),
            pos,
        )
    }

    fn coerce_attrs(
        &self,
        attrs: &'a Attrs<'a>,
        pos: Pos,
        how: Coercion,
        out: &mut Vec<u8>,
        context: &mut ContextBuilder,
    ) -> EvalResult<()> {
        if let Some(slot) = attrs.get(self.names.to_string) {
            let function = self.force_slot(slot)?;
            let text = self.call(function, &[Value::attrs(attrs)], pos)?;
            return self
                .coerce_into(text, pos, how, out, context)
                .with_frame(|| "while evaluating the result of the `__toString` attribute".to_owned(), pos);
        }
        match attrs.get(self.names.out_path) {
            Some(slot) => {
                let path = self.force_slot(slot)?;
                self.coerce_into(path, pos, how, out, context)
            }
            None => Err(self.cannot_coerce(Value::attrs(attrs), pos)),
        }
    }

    fn coerce_list(
        &self,
        list: List<'a>,
        pos: Pos,
        how: Coercion,
        out: &mut Vec<u8>,
        context: &mut ContextBuilder,
    ) -> EvalResult<()> {
        let last = list.len().saturating_sub(1);
        for (index, slot) in list.slice().iter().enumerate() {
            let item = self.force_slot(slot)?;
            self.coerce_into(item, pos, how, out, context)
                .with_frame(|| "while evaluating one element of the list".to_owned(), pos)?;
            // An empty list inside leaves no blank behind it.
            if index < last && !matches!(item.view(), View::List(inner) if inner.is_empty()) {
                out.push(b' ');
            }
        }
        Ok(())
    }

    /// `value` as a string in the arena; one that a set stands for by its `outPath` is not copied.
    pub(crate) fn coerce_shared(&self, value: Value<'a>, pos: Pos, how: Coercion) -> EvalResult<Str<'a>> {
        let value = self.behind_sets(value)?;
        match value.view() {
            View::Str(text) => return Ok(text),
            View::Int(number) if how.more => {
                let mut digits = itoa::Buffer::new();
                return Ok(Str::new(self.arena, digits.format(number).as_bytes(), Context::EMPTY));
            }
            _ => {}
        }
        let mut out = Vec::new();
        let mut context = ContextBuilder::default();
        self.coerce_into(value, pos, how, &mut out, &mut context)?;
        Ok(Str::new(self.arena, &out, context.finish(&self.contexts)))
    }

    /// As [`Eval::coerce_into`] where nothing stands before it: a string that is there already is not copied.
    pub(crate) fn coerce_to_bytes(
        &self,
        value: Value<'a>,
        pos: Pos,
        how: Coercion,
        context: &mut ContextBuilder,
    ) -> EvalResult<Cow<'a, [u8]>> {
        let value = self.behind_sets(value)?;
        if let View::Str(text) = value.view() {
            context.add(&self.contexts, text.context());
            return Ok(Cow::Borrowed(text.bytes()));
        }
        let mut out = Vec::new();
        self.coerce_into(value, pos, how, &mut out, context)?;
        Ok(Cow::Owned(out))
    }

    /// What a set stands for by its `outPath`; any other value itself.
    #[inline]
    fn behind_sets(&self, value: Value<'a>) -> EvalResult<Value<'a>> {
        let mut value = self.force(value)?;
        // Sets may stand for each other in a circle, which the general way ends with an error.
        for _ in 0..4 {
            let View::Attrs(attrs) = value.view() else { break };
            if attrs.get(self.names.to_string).is_some() {
                break;
            }
            let Some(slot) = attrs.get(self.names.out_path) else { break };
            value = self.force_slot(slot)?;
        }
        Ok(value)
    }

    /// `value` as a string with its context.
    ///
    /// # Errors
    /// When the value stands for no string.
    pub fn coerce(&self, value: Value<'a>, pos: Pos, how: Coercion) -> EvalResult<Str<'a>> {
        if let View::Str(text) = self.force(value)?.view() {
            return Ok(text);
        }
        let mut out = Vec::new();
        let mut context = ContextBuilder::default();
        self.coerce_into(value, pos, how, &mut out, &mut context)?;
        Ok(Str::new(self.arena, &out, context.finish(&self.contexts)))
    }

    /// A value as an absolute path, in canonical form, with the context it had.
    ///
    /// # Errors
    /// When it is no path, or a relative one.
    pub fn coerce_to_path(&self, value: Value<'a>, pos: Pos) -> EvalResult<(PathBuf, Context)> {
        let text = self.coerce(value, pos, Coercion::PLAIN)?;
        if text.bytes().first() != Some(&b'/') {
            let shown = String::from_utf8_lossy(text.bytes()).into_owned();
            return Err(EvalError::other(
                format!("string '{shown}' doesn't represent an absolute path"),
                pos,
            ));
        }
        let canonical = nix_syntax::lower::canonical_path(b"/", text.bytes());
        Ok((path_of(&canonical), text.context()))
    }

    /// The copy of a file or directory in the store, made once for each path.
    pub(crate) fn copy_to_store(&self, path: &[u8], pos: Pos) -> EvalResult<String> {
        let path = path_of(path);
        if let Some(copied) = self.copied.borrow().get(&path) {
            return Ok(copied.clone());
        }
        let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
        let name = if name.is_empty() { "source".to_owned() } else { name };
        let tree = self.read_tree(&path, None, pos)?;
        let stored = self.host.add_tree(&name, &tree, &Default::default()).map_err(|error| {
            self.host_error(&format!("copying '{}' to the store", path.display()), &error, pos)
        })?;
        let copied = self.host.store_dir().join(&stored);
        self.allow_stored(&copied);
        self.copied.borrow_mut().insert(path, copied.clone());
        Ok(copied)
    }

    /// An error of the host about a file, or that there is none.
    #[cold]
    pub(crate) fn file_error(&self, doing: &str, path: &Path, error: &HostError, pos: Pos) -> Box<EvalError> {
        self.absent(path, pos).unwrap_or_else(|| self.path_error(doing, path, error, pos))
    }

    /// An error of the host about a path, or that nobody may look at it.
    #[cold]
    pub(crate) fn path_error(&self, doing: &str, path: &Path, error: &HostError, pos: Pos) -> Box<EvalError> {
        self.forbidden(path, pos).unwrap_or_else(|| {
            EvalError::new(ErrorKind::Io, format!("{doing} '{}': {error}", path.display()), pos)
        })
    }

    /// An error of the host about a directory, or that there is none.
    #[cold]
    pub(crate) fn directory_error(&self, path: &Path, error: &HostError, pos: Pos) -> Box<EvalError> {
        self.forbidden(path, pos).or_else(|| self.absent(path, pos)).unwrap_or_else(|| {
            let message = format!("cannot read directory \"{}\": {error}", path.display());
            EvalError::new(ErrorKind::Io, message, pos)
        })
    }

    /// The error that nothing is at `path`, if that is so; for a link it names where the link points.
    fn absent(&self, path: &Path, pos: Pos) -> Option<Box<EvalError>> {
        let path = self.follow_links(path, pos).unwrap_or_else(|_| path.to_path_buf());
        matches!(self.kind_of_file(&path), Ok(None)).then(|| {
            EvalError::new(ErrorKind::Io, format!("path '{}' does not exist", self.shown_path(&path)), pos)
        })
    }

    /// An error of the host, with what was being done.
    #[cold]
    pub(crate) fn host_error(&self, doing: &str, error: &HostError, pos: Pos) -> Box<EvalError> {
        EvalError::new(ErrorKind::Io, format!("{doing}: {error}"), pos)
    }

    /// The set in `value`.
    ///
    /// # Errors
    /// When it is something else.
    #[inline]
    pub fn expect_attrs(&self, value: Value<'a>, pos: Pos) -> EvalResult<&'a Attrs<'a>> {
        match self.force(value)?.view() {
            View::Attrs(attrs) => Ok(attrs),
            other => Err(self.unexpected("a set", other.value(), pos)),
        }
    }

    /// The list in `value`.
    ///
    /// # Errors
    /// When it is something else.
    #[inline]
    pub fn expect_list(&self, value: Value<'a>, pos: Pos) -> EvalResult<List<'a>> {
        match self.force(value)?.view() {
            View::List(list) => Ok(list),
            other => Err(self.unexpected("a list", other.value(), pos)),
        }
    }

    /// The integer in `value`.
    ///
    /// # Errors
    /// When it is something else.
    #[inline]
    pub fn expect_int(&self, value: Value<'a>, pos: Pos) -> EvalResult<i64> {
        match self.force(value)?.view() {
            View::Int(number) => Ok(number),
            other => Err(self.unexpected("an integer", other.value(), pos)),
        }
    }

    /// The boolean in `value`.
    ///
    /// # Errors
    /// When it is something else.
    #[inline]
    pub fn expect_bool(&self, value: Value<'a>, pos: Pos) -> EvalResult<bool> {
        match self.force(value)?.view() {
            View::Bool(truth) => Ok(truth),
            other => Err(self.unexpected("a Boolean", other.value(), pos)),
        }
    }

    /// The string in `value`, with its context.
    ///
    /// # Errors
    /// When it is something else.
    #[inline]
    pub fn expect_string(&self, value: Value<'a>, pos: Pos) -> EvalResult<Str<'a>> {
        match self.force(value)?.view() {
            View::Str(text) => Ok(text),
            other => Err(self.unexpected("a string", other.value(), pos)),
        }
    }

    /// The string in `value`, which may have no context.
    ///
    /// # Errors
    /// When it is something else, or refers to a store path.
    #[inline]
    pub fn expect_plain_string(&self, value: Value<'a>, pos: Pos) -> EvalResult<&'a [u8]> {
        let text = self.expect_string(value, pos)?;
        match self.contexts.ids(text.context()).first() {
            None => Ok(text.bytes()),
            Some(id) => Err(self.unwanted_context(text, *id, pos)),
        }
    }

    #[cold]
    fn unwanted_context(&self, text: Str<'a>, id: crate::context::ContextId, pos: Pos) -> Box<EvalError> {
        let shown = String::from_utf8_lossy(text.bytes()).into_owned();
        let path = match self.contexts.get(id) {
            Some(ContextElement::Opaque(path) | ContextElement::DeepDerivation(path)) => path,
            Some(ContextElement::Output { derivation, .. }) => derivation,
            None => "".into(),
        };
        EvalError::other(
            format!("the string '{shown}' is not allowed to refer to a store path (such as '{path}')"),
            pos,
        )
    }

    /// A function in `value` (a functor counts).
    ///
    /// # Errors
    /// When it is something else.
    pub fn expect_function(&self, value: Value<'a>, pos: Pos) -> EvalResult<Value<'a>> {
        let value = self.force(value)?;
        match value.view() {
            View::Attrs(attrs) if attrs.get(self.names.functor).is_some() => Ok(value),
            _ if value.is_function() => Ok(value),
            other => Err(self.unexpected("a function", other.value(), pos)),
        }
    }

    /// The error for a value of another type than wanted.
    #[cold]
    pub fn unexpected(&self, wanted: &str, found: Value<'a>, pos: Pos) -> Box<EvalError> {
        EvalError::type_error(format!("expected {wanted} but found {}", self.describe(found)), pos)
    }

    /// A value's type and, shortened, the value itself, for messages.
    #[cold]
    pub fn describe(&self, value: Value<'a>) -> String {
        match value.view() {
            View::Null => "null".to_owned(),
            value => format!("{}: {}", value.value().type_with_article(), self.show_for_error(value.value())),
        }
    }

    /// A place as `file:line:column`.
    pub fn describe_pos(&self, pos: Pos) -> String {
        match self.sources.locate(pos) {
            Some(found) => format!("{}:{}:{}", found.origin.display(), found.line, found.column),
            None => "an unknown place".to_owned(),
        }
    }
}

/// A path from its bytes.
pub fn path_of(bytes: &[u8]) -> PathBuf {
    use std::os::unix::ffi::OsStrExt;
    PathBuf::from(std::ffi::OsStr::from_bytes(bytes))
}

/// A path's bytes.
pub fn bytes_of(path: &Path) -> &[u8] {
    use std::os::unix::ffi::OsStrExt;
    path.as_os_str().as_bytes()
}

/// What is wrong with the name of a store object, in Nix's words.
pub(crate) fn name_fault(name: &str) -> Option<String> {
    let error = nix_formats::store_path::check_name(name).err()?;
    let nix_formats::Error::BadName { reason, .. } = &error else { return Some(error.to_string()) };
    Some(match reason {
        BadName::Empty => "name must not be empty".to_owned(),
        BadName::TooLong(_) => format!("name '{name}' must be no longer than 211 characters"),
        BadName::Dots => format!("name '{name}' is not valid"),
        BadName::Character { position, .. } => {
            let character = name.get(*position..).and_then(|rest| rest.chars().next()).unwrap_or_default();
            format!("name '{name}' contains illegal character '{character}'")
        }
    })
}
