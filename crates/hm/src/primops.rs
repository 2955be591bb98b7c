//! What nixlib asks hm for: store objects without a builder, and programs of the machine.
//!
//! These functions are handed to nixlib as an argument; they are no part of the language.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use nix_eval::attrs::Attrs;
use nix_eval::context::{Context, ContextBuilder, ContextElement};
use nix_eval::host::FileType;
use nix_eval::strings::{bytes_of, path_of};
use nix_eval::{Eval, EvalError, EvalResult, Value, View};
use nix_formats::StorePath;
use nix_formats::nar::Tree;
use nix_syntax::source::Pos;

/// The set that nixlib gets as `primops`.
pub(crate) fn primops<'a>(eval: &Eval<'a>) -> Value<'a> {
    eval.attrs(&[
        ("storeObject", eval.native("storeObject", 1, 1, store_object)),
        ("findProgram", eval.native("findProgram", 1, 1, find_program)),
        ("staysInStore", eval.native("staysInStore", 1, 1, stays_in_store)),
        ("hmVersion", eval.string(env!("CARGO_PKG_VERSION").as_bytes())),
    ])
}

#[cold]
fn wrong_call(pos: Pos) -> Box<EvalError> {
    EvalError::other("called with a wrong number of arguments", pos)
}

fn field<'a>(eval: &Eval<'a>, attrs: &'a Attrs<'a>, name: &str) -> Option<Value<'a>> {
    attrs.get(eval.symbols.intern(name.as_bytes())).map(Value::reference)
}

fn required<'a>(eval: &Eval<'a>, attrs: &'a Attrs<'a>, name: &str, pos: Pos) -> EvalResult<Value<'a>> {
    field(eval, attrs, name)
        .ok_or_else(|| EvalError::other(format!("the attribute '{name}' is missing"), pos))
}

fn text<'a>(eval: &Eval<'a>, value: Value<'a>, pos: Pos) -> EvalResult<String> {
    Ok(String::from_utf8_lossy(eval.expect_plain_string(value, pos)?).into_owned())
}

/// `storeObject { name; tree; }`
fn store_object<'a>(eval: &Eval<'a>, args: &[Value<'a>], pos: Pos) -> EvalResult<Value<'a>> {
    let [arg] = args else { return Err(wrong_call(pos)) };
    let attrs = eval.expect_attrs(*arg, pos)?;
    let name = text(eval, required(eval, attrs, "name", pos)?, pos)?;
    let mut references = BTreeSet::new();
    let tree = read_tree(eval, required(eval, attrs, "tree", pos)?, &mut references, pos)?;
    let path = match &tree {
        // A plain text file is what `builtins.toFile` would make.
        Tree::Regular { contents, executable: false } => eval.host.add_text(&name, contents, &references),
        tree => eval.host.add_tree(&name, tree, &references),
    };
    let path = path
        .map_err(|error| EvalError::other(format!("cannot make the store object '{name}': {error}"), pos))?;
    let path = eval.host.store_dir().join(&path);
    let mut context = ContextBuilder::default();
    context.insert(eval.contexts.intern(ContextElement::Opaque(path.as_str().into())));
    Ok(eval.string_with_context(path.as_bytes(), context.finish(&eval.contexts)))
}

/// Enters what a string depends on. Outputs of derivations would have to be built first, which objects without a builder
/// cannot wait for.
fn add_references<'a>(
    eval: &Eval<'a>,
    (text, context): (&[u8], Context),
    references: &mut BTreeSet<StorePath>,
    pos: Pos,
) -> EvalResult<()> {
    for element in eval.contexts.elements(context) {
        let path = match element {
            ContextElement::Opaque(path) => path,
            ContextElement::DeepDerivation(path) => path,
            ContextElement::Output { derivation, output } => {
                let derivation = parse(eval, &derivation, pos)?;
                eval.host.realise(&derivation, &output).map_err(|error| {
                    EvalError::other(format!("cannot build '{derivation}': {error}"), pos)
                })?;
                let shown = String::from_utf8_lossy(text).into_owned();
                if let Ok((object, _)) = eval.host.store_dir().parse_prefix(shown.as_bytes()) {
                    references.insert(object);
                }
                continue;
            }
        };
        references.insert(parse(eval, &path, pos)?);
    }
    Ok(())
}

fn parse(eval: &Eval<'_>, path: &str, pos: Pos) -> EvalResult<StorePath> {
    eval.host.store_dir().parse(path.as_bytes()).map_err(|error| EvalError::other(error.to_string(), pos))
}

fn read_tree<'a>(
    eval: &Eval<'a>,
    value: Value<'a>,
    references: &mut BTreeSet<StorePath>,
    pos: Pos,
) -> EvalResult<Tree> {
    let attrs = eval.expect_attrs(value, pos)?;
    let kind = text(eval, required(eval, attrs, "type", pos)?, pos)?;
    match kind.as_str() {
        "regular" => {
            let executable = match field(eval, attrs, "executable") {
                Some(value) => match eval.force(value)?.view() {
                    View::Null => None,
                    value => Some(eval.expect_bool(value.value(), pos)?),
                },
                None => None,
            };
            if let Some(contents) = field(eval, attrs, "contents") {
                let contents = eval.expect_string(contents, pos)?;
                add_references(eval, (contents.bytes(), contents.context()), references, pos)?;
                return Ok(Tree::Regular {
                    contents: contents.bytes().to_vec(),
                    executable: executable.unwrap_or(false),
                });
            }
            match source(eval, attrs, references, pos)? {
                Tree::Regular { contents, executable: bit } => {
                    Ok(Tree::Regular { contents, executable: executable.unwrap_or(bit) })
                }
                _ => Err(EvalError::other("the source of a regular file is something else", pos)),
            }
        }
        "symlink" => {
            let target = eval.expect_string(required(eval, attrs, "target", pos)?, pos)?;
            add_references(eval, (target.bytes(), target.context()), references, pos)?;
            Ok(Tree::Symlink { target: target.bytes().to_vec() })
        }
        "directory" => {
            let entries = eval.expect_attrs(required(eval, attrs, "entries", pos)?, pos)?;
            let mut trees = BTreeMap::new();
            for (name, entry_pos, slot) in entries.entries(&eval.shapes) {
                let tree = read_tree(eval, Value::reference(slot), references, entry_pos)?;
                trees.insert(eval.symbols.name(name).to_vec(), tree);
            }
            Ok(Tree::Directory(trees))
        }
        "copy" => source(eval, attrs, references, pos),
        other => Err(EvalError::other(format!("unknown kind of tree '{other}'"), pos)),
    }
}

/// The file or directory that `source` names. What lies in the store may refer to what its object refers to.
fn source<'a>(
    eval: &Eval<'a>,
    attrs: &'a Attrs<'a>,
    references: &mut BTreeSet<StorePath>,
    pos: Pos,
) -> EvalResult<Tree> {
    let (path, context) = eval.coerce_to_path(required(eval, attrs, "source", pos)?, pos)?;
    add_references(eval, (bytes_of(&path), context), references, pos)?;
    eval.read_source(&path, pos)
}

/// How many links a path may lead through, as the kernel has it.
const LINK_LIMIT: usize = 40;

/// `staysInStore path`: whether the links on the way to a path in the store, and at its end, all lead to the store.
fn stays_in_store<'a>(eval: &Eval<'a>, args: &[Value<'a>], pos: Pos) -> EvalResult<Value<'a>> {
    let [arg] = args else { return Err(wrong_call(pos)) };
    let (path, _) = eval.coerce_to_path(*arg, pos)?;
    let store = Path::new(eval.host.store_dir().as_str());
    let failed = |error| EvalError::other(format!("cannot look at '{}': {error}", path.display()), pos);
    let mut whole = path.clone();
    for _ in 0..LINK_LIMIT {
        let Ok(inside) = whole.strip_prefix(store) else { return Ok(Value::bool(false)) };
        let mut at = store.to_owned();
        let mut parts = inside.components();
        let mut led = None;
        for part in parts.by_ref() {
            at.push(part);
            if eval.host.file_type(&at).map_err(failed)? == Some(FileType::Symlink) {
                let target = eval.host.read_link(&at).map_err(failed)?;
                led = Some(at.parent().unwrap_or(store).join(target).join(parts.as_path()));
                break;
            }
        }
        match led {
            None => return Ok(Value::bool(true)),
            Some(next) => {
                whole = path_of(&nix_syntax::lower::canonical_path(b"/", bytes_of(&next)));
            }
        }
    }
    Ok(Value::bool(false))
}

/// `findProgram { name; dirs; }`
fn find_program<'a>(eval: &Eval<'a>, args: &[Value<'a>], pos: Pos) -> EvalResult<Value<'a>> {
    let [arg] = args else { return Err(wrong_call(pos)) };
    let attrs = eval.expect_attrs(*arg, pos)?;
    let name = eval.expect_plain_string(required(eval, attrs, "name", pos)?, pos)?;
    if name.contains(&b'/') {
        return Ok(if eval.host.is_program(&path_of(name)) { eval.string(name) } else { Value::NULL });
    }
    for slot in eval.expect_list(required(eval, attrs, "dirs", pos)?, pos)?.slice() {
        let directory = eval.expect_plain_string(Value::reference(slot), pos)?;
        let path = path_of(directory).join(path_of(name));
        if eval.host.is_program(&path) {
            return Ok(eval.string(bytes_of(&path)));
        }
    }
    Ok(Value::NULL)
}
