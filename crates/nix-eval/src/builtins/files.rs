//! Files and directories.

use std::path::PathBuf;

use nix_syntax::source::Pos;

use super::{Def, arity, def};
use crate::attrs::Attrs;
use crate::context::ContextElement;
use crate::error::{EvalError, EvalResult};
use crate::eval::Eval;
use crate::host::FileType;
use crate::strings::{Coercion, bytes_of};
use crate::value::{Entry, Value, View};

pub(super) fn defs<'a>() -> Vec<Def<'a>> {
    vec![
        def("baseNameOf", 1, 1, |eval, args, pos| {
            let [path] = args else { return Err(arity(pos)) };
            let text = eval.coerce(*path, pos, Coercion::PLAIN)?;
            // One slash at the end does not count.
            let whole = match text.bytes() {
                [rest @ .., b'/'] if !rest.is_empty() => rest,
                bytes => bytes,
            };
            let start = whole.iter().rposition(|byte| *byte == b'/').map_or(0, |at| at + 1);
            Ok(eval.string_with_context(whole.get(start..).unwrap_or(&[]), text.context()))
        }),
        def("dirOf", 1, 1, |eval, args, pos| {
            let [path] = args else { return Err(arity(pos)) };
            let is_path = matches!(path.view(), View::Path(_));
            let text = eval.coerce(*path, pos, Coercion::PLAIN)?;
            let directory = match text.bytes().iter().rposition(|byte| *byte == b'/') {
                None => &b"."[..],
                Some(0) => b"/",
                Some(at) => text.bytes().get(..at).unwrap_or(&[]),
            };
            Ok(if is_path {
                eval.path(directory)
            } else {
                eval.string_with_context(directory, text.context())
            })
        }),
        def("toPath", 1, 1, |eval, args, pos| {
            let [path] = args else { return Err(arity(pos)) };
            let (path, context) = eval.coerce_to_path(*path, pos)?;
            Ok(eval.string_with_context(bytes_of(&path), context))
        }),
        def("pathExists", 1, 1, |eval, args, pos| {
            let [value] = args else { return Err(arity(pos)) };
            let path = eval.realised_path(*value, pos)?;
            // A string with a slash at its end asks for a directory.
            let wants_directory = matches!(value.view(), View::Str(text) if text.bytes().ends_with(b"/") || text.bytes().ends_with(b"/."));
            Ok(Value::bool(if wants_directory {
                match eval.follow_links(&path, pos) {
                    Ok(path) => matches!(eval.kind_of_file(&path), Ok(Some(FileType::Directory))),
                    Err(_) => false,
                }
            } else {
                eval.path_exists(&path)
            }))
        }),
        def("readFile", 1, 1, |eval, args, pos| {
            let [path] = args else { return Err(arity(pos)) };
            let path = eval.realised_path(*path, pos)?;
            let bytes =
                eval.read_file(&path).map_err(|error| eval.file_error("opening file", &path, &error, pos))?;
            if bytes.contains(&0) {
                let message = format!(
                    "the contents of the file '{}' cannot be represented as a Nix string",
                    path.display()
                );
                return Err(EvalError::other(message, pos));
            }
            Ok(eval.string(&bytes))
        }),
        def("readDir", 1, 1, |eval, args, pos| {
            let [path] = args else { return Err(arity(pos)) };
            let path = eval.realised_path(*path, pos)?;
            let names = eval.read_dir(&path).map_err(|error| eval.directory_error(&path, &error, pos))?;
            let entries = names
                .iter()
                .map(|(name, kind)| Entry {
                    name: eval.symbols.intern(name),
                    pos: Pos::NONE,
                    value: eval.string(kind.name().as_bytes()),
                })
                .collect();
            Ok(Value::attrs(Attrs::from_entries(&eval.shapes, entries)))
        }),
        def("readFileType", 1, 1, |eval, args, pos| {
            let [path] = args else { return Err(arity(pos)) };
            let path = eval.realised_path(*path, pos)?;
            match eval.file_type(&path, pos)? {
                Some(kind) => Ok(eval.string(kind.name().as_bytes())),
                None => Err(EvalError::other(format!("path '{}' does not exist", path.display()), pos)),
            }
        }),
        def("findFile", 2, 3, |eval, args, pos| {
            let [entries, name] = args else { return Err(arity(pos)) };
            let mut search = Vec::new();
            for slot in eval.expect_list(*entries, pos)?.slice() {
                let entry = eval.expect_attrs(Value::reference(slot), pos)?;
                let prefix = match entry.get(eval.names.prefix) {
                    Some(slot) => eval.expect_plain_string(Value::reference(slot), pos)?.to_vec(),
                    None => Vec::new(),
                };
                let Some(path) = entry.get(eval.names.path) else {
                    return Err(eval.missing_attribute(entry, eval.names.path, pos));
                };
                let path = eval.coerce(Value::reference(path), pos, Coercion::PLAIN)?;
                search.push((prefix, path.bytes().to_vec()));
            }
            let name = eval.expect_plain_string(*name, pos)?;
            eval.find_file(&search, name, pos)
        }),
        def("getEnv", 1, 1, |eval, args, pos| {
            let [name] = args else { return Err(arity(pos)) };
            let name = String::from_utf8_lossy(eval.expect_plain_string(*name, pos)?).into_owned();
            let hidden = eval.settings.pure || eval.settings.restrict;
            let value = if hidden { None } else { eval.host.environment(&name) };
            Ok(eval.string(&value.unwrap_or_default()))
        }),
    ]
}

impl<'a> Eval<'a> {
    /// A value as a path that can be read: outputs of derivations that it lies in are built first.
    pub(crate) fn realised_path(&self, value: Value<'a>, pos: Pos) -> EvalResult<PathBuf> {
        let (path, context) = self.coerce_to_path(value, pos)?;
        for element in self.contexts.elements(context) {
            if let ContextElement::Output { derivation, output } = element {
                if !self.settings.import_from_derivation {
                    let message = format!(
                        "cannot build '{derivation}^{output}' during evaluation because the option \
                         'allow-import-from-derivation' is disabled"
                    );
                    return Err(EvalError::other(message, pos));
                }
                let parsed = self
                    .host
                    .store_dir()
                    .parse(derivation.as_bytes())
                    .map_err(|error| EvalError::other(error.to_string(), pos))?;
                self.host.realise(&parsed, &output).map_err(|error| {
                    self.host_error(&format!("building '{derivation}' for the evaluation"), &error, pos)
                })?;
            }
        }
        Ok(path)
    }
}
