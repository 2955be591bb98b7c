//! Store objects and derivations.

use std::path::Path;

use nix_formats::hash::Hash;
use nix_formats::nar::{Tree, nar_hash};
use nix_formats::store_path::FileIngestion;
use nix_syntax::source::Pos;

use super::{Def, arity, def};
use crate::context::{ContextBuilder, ContextElement};
use crate::error::{EvalError, EvalResult, WithFrame};
use crate::eval::Eval;
use crate::host::FileType;
use crate::strings::{bytes_of, name_fault};
use crate::value::Value;

pub(super) fn defs<'a>() -> Vec<Def<'a>> {
    vec![
        def("derivationStrict", 1, 1, |eval, args, pos| {
            let [attrs] = args else { return Err(arity(pos)) };
            eval.derivation_strict(eval.expect_attrs(*attrs, pos)?, pos)
        }),
        def("toFile", 2, 3, to_file),
        def("path", 1, 1, path),
        def("filterSource", 2, 2, |eval, args, pos| {
            let [filter, path] = args else { return Err(arity(pos)) };
            let (path, _) = eval.coerce_to_path(*path, pos)?;
            let filter = eval.expect_function(*filter, pos)?;
            let name = base_name(&path);
            add_path(eval, &path, &Wanted { name, filter: Some(filter), recursive: true, sha256: None }, pos)
        }),
        def("outputOf", 2, 2, |eval, args, pos| {
            let [reference, output] = args else { return Err(arity(pos)) };
            let reference = eval.expect_string(*reference, pos)?;
            let output = eval.expect_plain_string(*output, pos)?;
            eval.output_of(reference, output, pos)
        }),
        def("storePath", 1, 1, store_path),
        def("placeholder", 1, 1, |eval, args, pos| {
            let [output] = args else { return Err(arity(pos)) };
            let output = String::from_utf8_lossy(eval.expect_plain_string(*output, pos)?).into_owned();
            Ok(eval.string(nix_formats::derivation::placeholder(&output).as_bytes()))
        }),
    ]
}

fn base_name(path: &Path) -> String {
    path.file_name().map_or_else(|| "source".to_owned(), |name| name.to_string_lossy().into_owned())
}

/// A string that is a store path and depends on it.
fn stored<'a>(eval: &Eval<'a>, path: String) -> Value<'a> {
    let mut context = ContextBuilder::default();
    let text = path.clone();
    eval.allow_stored(&text);
    context.insert(eval.contexts.intern(ContextElement::Opaque(path.into())));
    eval.string_with_context(text.as_bytes(), context.finish(&eval.contexts))
}

fn to_file<'a>(eval: &Eval<'a>, args: &[Value<'a>], pos: Pos) -> EvalResult<Value<'a>> {
    let [name, contents] = args else { return Err(arity(pos)) };
    let name = String::from_utf8_lossy(eval.expect_plain_string(*name, pos)?).into_owned();
    let contents = eval.expect_string(*contents, pos)?;
    check_object_name(&name, pos)?;
    let mut references = std::collections::BTreeSet::new();
    for element in eval.contexts.elements(contents.context()) {
        match element {
            ContextElement::Opaque(path) => {
                let parsed = eval
                    .host
                    .store_dir()
                    .parse(path.as_bytes())
                    .map_err(|error| EvalError::other(error.to_string(), pos))?;
                references.insert(parsed);
            }
            element => {
                let prefix = format!("{}/", eval.host.store_dir());
                let element = element.encode().replacen(&prefix, "", 1);
                let message = format!(
                    "files created by builtins.toFile may not reference derivations, but {name} references {element}"
                );
                return Err(EvalError::other(message, pos));
            }
        }
    }
    let path = eval
        .host
        .add_text(&name, contents.bytes(), &references)
        .map_err(|error| eval.host_error(&format!("writing '{name}' to the store"), &error, pos))?;
    Ok(stored(eval, eval.host.store_dir().join(&path)))
}

/// How a path is to be copied into the store.
struct Wanted<'a> {
    name: String,
    filter: Option<Value<'a>>,
    recursive: bool,
    sha256: Option<Hash>,
}

fn path<'a>(eval: &Eval<'a>, args: &[Value<'a>], pos: Pos) -> EvalResult<Value<'a>> {
    let [arg] = args else { return Err(arity(pos)) };
    let attrs = eval.expect_attrs(*arg, pos)?;
    let mut source = None;
    let mut wanted = Wanted { name: String::new(), filter: None, recursive: true, sha256: None };
    for (name, attr_pos, slot) in attrs.alphabetical(&eval.shapes, &eval.symbols) {
        let value = Value::reference(slot);
        if name == eval.names.path {
            let frame = || "while evaluating the 'path' attribute passed to 'builtins.path'".to_owned();
            source = Some(eval.realised_path(value, attr_pos).with_frame(frame, attr_pos)?);
        } else if name == eval.names.name {
            wanted.name = String::from_utf8_lossy(eval.expect_plain_string(value, attr_pos)?).into_owned();
        } else if name == eval.names.filter {
            wanted.filter = Some(eval.expect_function(value, attr_pos)?);
        } else if name == eval.names.recursive {
            wanted.recursive = eval.expect_bool(value, attr_pos)?;
        } else if name == eval.names.sha256 {
            let text = eval.expect_plain_string(value, attr_pos)?;
            let hash = Hash::parse(text, Some(nix_formats::HashAlgo::Sha256))
                .map_err(|error| EvalError::other(error.to_string(), attr_pos))?;
            wanted.sha256 = Some(hash);
        } else {
            let message = format!("unsupported argument '{}' to 'builtins.path'", eval.name(name));
            return Err(EvalError::other(message, attr_pos));
        }
    }
    let Some(source) = source else {
        let message = "missing required 'path' attribute in the first argument to 'builtins.path'";
        return Err(EvalError::other(message, pos));
    };
    if wanted.name.is_empty() {
        wanted.name = base_name(&source);
    }
    add_path(eval, &source, &wanted, pos)
}

fn check_object_name(name: &str, pos: Pos) -> EvalResult<()> {
    match name_fault(name) {
        Some(fault) => Err(EvalError::other(fault, pos)),
        None => Ok(()),
    }
}

fn add_path<'a>(eval: &Eval<'a>, path: &Path, wanted: &Wanted<'a>, pos: Pos) -> EvalResult<Value<'a>> {
    let shown = path.display();
    check_object_name(&wanted.name, pos)?;
    let mut accept = |inner: &Path, kind: FileType| match wanted.filter {
        Some(filter) => {
            let args = [eval.string(bytes_of(inner)), eval.string(kind.name().as_bytes())];
            let verdict = eval.call(filter, &args, pos)?;
            eval.expect_bool(verdict, pos).with_frame(
                || "while evaluating the return value of the path filter function".to_owned(),
                pos,
            )
        }
        None => Ok(true),
    };
    let mut tree = eval.read_tree(path, Some(&mut accept), pos)?;
    let dir = eval.host.store_dir();
    let none = std::collections::BTreeSet::new();
    if !wanted.recursive {
        let Tree::Regular { contents, executable } = &mut tree else {
            return Err(EvalError::other(
                format!("'{shown}' cannot be added as a flat file: Is a directory"),
                pos,
            ));
        };
        *executable = false;
        let hash = nix_formats::HashAlgo::Sha256.digest(contents.as_slice());
        check_hash(wanted, hash, &shown.to_string(), pos)?;
        let expected = dir
            .make_fixed_output_path(&wanted.name, FileIngestion::Flat, &hash, &none, false)
            .map_err(|error| EvalError::other(error.to_string(), pos))?;
        let path = eval
            .host
            .add_flat(&wanted.name, contents)
            .map_err(|error| eval.host_error(&format!("copying '{shown}' to the store"), &error, pos))?;
        debug_assert_eq!(path, expected);
        return Ok(stored(eval, dir.join(&path)));
    }
    if wanted.sha256.is_some() {
        let (hash, _) = nar_hash(&tree).map_err(|error| EvalError::other(error.to_string(), pos))?;
        check_hash(wanted, hash, &shown.to_string(), pos)?;
    }
    let path = eval
        .host
        .add_tree(&wanted.name, &tree, &none)
        .map_err(|error| eval.host_error(&format!("copying '{shown}' to the store"), &error, pos))?;
    Ok(stored(eval, dir.join(&path)))
}

fn check_hash(wanted: &Wanted<'_>, found: Hash, shown: &str, pos: Pos) -> EvalResult<()> {
    match wanted.sha256 {
        Some(given) if given != found => {
            let (given, found) = (given.to_sri(), found.to_sri());
            let message = format!(
                "store path mismatch in (possibly filtered) path added from '{shown}': specified {given}, got {found}"
            );
            Err(EvalError::other(message, pos))
        }
        _ => Ok(()),
    }
}

fn store_path<'a>(eval: &Eval<'a>, args: &[Value<'a>], pos: Pos) -> EvalResult<Value<'a>> {
    let [value] = args else { return Err(arity(pos)) };
    if eval.settings.pure {
        return Err(EvalError::other("'builtins.storePath' is not allowed in pure evaluation mode", pos));
    }
    let (path, context) = eval.coerce_to_path(*value, pos)?;
    let dir = eval.host.store_dir();
    // A link that is itself a store object is meant, not what it points to.
    let is_stored = dir.parse_prefix(bytes_of(&path)).is_ok();
    let path = if is_stored { path } else { eval.follow_links(&path, pos)? };
    let Ok((object, _)) = dir.parse_prefix(bytes_of(&path)) else {
        return Err(EvalError::other(format!("path '{}' is not in the Nix store", path.display()), pos));
    };
    let valid =
        eval.host.is_valid_path(&object).map_err(|error| eval.host_error("asking the store", &error, pos))?;
    if !valid {
        return Err(EvalError::other(format!("path '{}' is not valid", dir.join(&object)), pos));
    }
    let mut all = ContextBuilder::default();
    all.add(&eval.contexts, context);
    all.insert(eval.contexts.intern(ContextElement::Opaque(dir.join(&object).into())));
    Ok(eval.string_with_context(bytes_of(&path), all.finish(&eval.contexts)))
}
