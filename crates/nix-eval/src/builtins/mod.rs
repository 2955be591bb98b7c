//! The functions of the language, by what they work on, and the set `builtins`.

mod attrs;
mod context;
mod control;
mod docs;
pub(crate) mod fetch;
mod files;
mod flakes;
mod hashing;
mod lists;
mod numbers;
mod store;
mod strings;
mod text;
mod types;
mod versions;
mod xml;

pub use docs::{Documentation, documentation, documented};
use nix_syntax::source::{Origin, Pos};

use crate::attrs::Attrs;
use crate::error::EvalError;
use crate::eval::Eval;
use crate::features::Feature;
use crate::pending::PendingArgs;
use crate::value::{Builtin, BuiltinFn, CopyId, Entry, Value};

/// The definition of a builtin.
struct Def<'a> {
    name: &'static str,
    arity: usize,
    strict: u8,
    run: BuiltinFn<'a>,
}

const fn def<'a>(name: &'static str, arity: usize, strict: u8, run: BuiltinFn<'a>) -> Def<'a> {
    Def { name, arity, strict, run }
}

/// Names that are global without the leading underscores.
const PLAIN_GLOBALS: [&str; 20] = [
    "abort",
    "baseNameOf",
    "break",
    "derivation",
    "derivationStrict",
    "dirOf",
    "false",
    "fetchGit",
    "fetchMercurial",
    "fetchTarball",
    "fetchTree",
    "fromTOML",
    "import",
    "isNull",
    "map",
    "null",
    "placeholder",
    "removeAttrs",
    "scopedImport",
    "throw",
];

/// `derivation`, which calls `derivationStrict` and gives each output as a set of its own.
const DERIVATION: &str = include_str!("derivation.nix");

/// Fills the evaluation's globals.
pub(crate) fn install<'a>(eval: &Eval<'a>) {
    let mut entries: Vec<Entry<'a>> = Vec::new();
    let mut add = |name: &str, value: Value<'a>| {
        entries.push(Entry { name: eval.symbols.intern(name.as_bytes()), pos: Pos::NONE, value });
        let global = if PLAIN_GLOBALS.contains(&name) || name == "true" || name == "toString" {
            name.to_owned()
        } else {
            format!("__{name}")
        };
        eval.globals.borrow_mut().insert(global.into_bytes(), value);
    };
    let groups = [
        attrs::defs(),
        context::defs(),
        control::defs(),
        fetch::defs(eval.settings.features),
        files::defs(),
        flakes::defs(),
        hashing::defs(),
        lists::defs(),
        numbers::defs(),
        store::defs(),
        strings::defs(),
        text::defs(),
        types::defs(),
        versions::defs(),
        xml::defs(),
    ];
    let features = eval.settings.features;
    let is_there = |def: &Def<'_>| match def.name {
        "outputOf" => features.has(Feature::DynamicDerivations),
        _ => true,
    };
    for def in groups.into_iter().flatten().filter(is_there) {
        let builtin =
            eval.arena.alloc(Builtin { name: def.name, arity: def.arity, strict: def.strict, run: def.run });
        add(def.name, Value::builtin(CopyId::ORIGINAL, builtin));
    }
    add("true", Value::bool(true));
    add("false", Value::bool(false));
    add("null", Value::NULL);
    add("langVersion", Value::int(6));
    add("nixVersion", eval.string(eval.settings.nix_version.as_bytes()));
    add("storeDir", eval.string(eval.host.store_dir().as_str().as_bytes()));
    add("nixPath", search_path(eval));
    if !eval.settings.pure {
        add("currentSystem", eval.string(eval.settings.system.as_bytes()));
        add("currentTime", clock(eval));
    }
    // The text is part of the program and always loads; if it did not, `derivation` would be an unknown name.
    let origin = Origin::File(b"<nix/derivation-internal.nix>".to_vec());
    if let Ok(derivation) = eval.eval_text(origin, DERIVATION.as_bytes(), std::path::Path::new("/")) {
        add("derivation", derivation);
    }
    let slot = eval.slot(Value::NULL);
    let name = eval.symbols.intern(b"builtins");
    entries.push(Entry { name, pos: Pos::NONE, value: Value::reference(slot) });
    let set = Value::attrs(Attrs::from_entries(&eval.shapes, entries));
    slot.set(set, eval.boxes);
    eval.builtins.set(set);
    eval.globals.borrow_mut().insert(b"builtins".to_vec(), set);
}

/// The time, which the host is asked for when a program is: whoever keeps what an evaluation asked for has to know which
/// ones depend on it.
fn clock<'a>(eval: &Eval<'a>) -> Value<'a> {
    let func = eval.native("currentTime", 1, 0, |eval, _, _| Ok(Value::int(eval.host.current_time())));
    let call = eval.put_off(func, PendingArgs::One(&Value::NULL), Pos::NONE).number(0);
    Value::reference(eval.slot(call))
}

fn search_path<'a>(eval: &Eval<'a>) -> Value<'a> {
    let entries: &[(String, String)] = if eval.settings.pure { &[] } else { &eval.settings.search_path };
    let items: Vec<Value<'a>> = entries
        .iter()
        .map(|(prefix, path)| {
            let entry =
                |name, text: &str| Entry { name, pos: Pos::NONE, value: eval.string(text.as_bytes()) };
            Value::attrs(Attrs::from_entries(
                &eval.shapes,
                vec![entry(eval.names.prefix, prefix), entry(eval.names.path, path)],
            ))
        })
        .collect();
    eval.list(&items)
}

impl<'a> Eval<'a> {
    /// A function written in Rust for programs of the caller; it is not part of `builtins`.
    pub fn native(&self, name: &'static str, arity: usize, strict: u8, run: BuiltinFn<'a>) -> Value<'a> {
        Value::builtin(CopyId::ORIGINAL, self.arena.alloc(Builtin { name, arity, strict, run }))
    }

    /// The set `builtins`.
    pub fn builtins(&self) -> Value<'a> {
        self.builtins.get()
    }

    /// A set of the given attributes.
    pub fn attrs(&self, entries: &[(&str, Value<'a>)]) -> Value<'a> {
        let entries = entries
            .iter()
            .map(|(name, value)| Entry {
                name: self.symbols.intern(name.as_bytes()),
                pos: Pos::NONE,
                value: *value,
            })
            .collect();
        Value::attrs(Attrs::from_entries(&self.shapes, entries))
    }
}

/// The error that a builtin got another number of arguments than it takes, which calling rules out.
#[cold]
pub(crate) fn arity(pos: Pos) -> Box<EvalError> {
    EvalError::other("a builtin was called with a wrong number of arguments", pos)
}
