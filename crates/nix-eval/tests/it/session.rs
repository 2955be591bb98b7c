//! What a session of several texts relies on: its form of values, variables, documentation.

use std::collections::BTreeMap;
use std::path::Path;

use nix_eval::builtins::{documentation, documented};
use nix_eval::session::FunctionDoc;
use nix_eval::show::{Palette, ShowOptions};
use nix_eval::{ErrorKind, Eval, EvalResult, Value, View};
use nix_syntax::lower::PartSizes;
use nix_syntax::source::Origin;

use crate::host::{ALL_LATE, with_eval, with_parts};

fn value<'a>(eval: &Eval<'a>, text: &str) -> EvalResult<Value<'a>> {
    eval.eval_text(Origin::String, text.as_bytes(), Path::new("/"))
}

/// The form of a value, `depth` levels of it, or the error's message.
#[track_caller]
fn check_at(depth: usize, text: &str, expected: &str) {
    let found = with_eval(|eval| {
        let options = ShowOptions::session(depth, Palette::default());
        match value(eval, text).and_then(|value| eval.show(value, options)) {
            Ok(shown) => String::from_utf8(shown).unwrap(),
            Err(error) => format!("error: {}", error.message),
        }
    });
    assert_eq!(found, expected, "for {text}");
}

#[test]
fn one_level() {
    let check = |text, expected| check_at(1, text, expected);
    check("1 + 1", "2");
    check("[ ]", "[ ]");
    check("{ }", "{ }");
    check("[ 1 ]", "[ 1 ]");
    check("{ a = 1; }", "{ a = 1; }");
    check("[ 1 2 ]", "[\n  1\n  2\n]");
    check("{ a = { b = 1; }; }", "{\n  a = { ... };\n}");
    check("[ [ ] ]", "[\n  [ ... ]\n]");
    check("{ b = ''x\ny''; a = throw \"no\"; }", "{\n  a = «error: no»;\n  b = \"x\\ny\";\n}");
    check("{ a = throw \"no\"; }", "{ a = «error: no»; }");
    check("throw \"no\"", "error: no");
    check("let x = { y = { }; inherit x; }; in x", "{\n  x = «repeated»;\n  y = { ... };\n}");
    check("let x = { y = 1; }; in [ x x ]", "[\n  { ... }\n  «repeated»\n]");
    check("x: x", "«lambda @ «string»:1:1»");
    check("{ f = a: b: c: 1; }.f", "«lambda f @ «string»:1:7»");
    check("{ f = a: b: c: 1; }.f 1", "«lambda f @ «string»:1:10»");
    check("{ f = a: b: { c }: 1; }.f 1 2", "«lambda f @ «string»:1:13»");
    check("builtins.map", "«primop map»");
    check("builtins.map 1", "«partially applied primop map»");
    check("{ type = \"derivation\"; }", "«derivation»");
    check(
        "[ { type = \"derivation\"; drvPath = \"/x\"; } ]",
        "[\n  «error: path '/x' is not in the Nix store»\n]",
    );
    check(
        "[ (derivation { name = \"x\"; system = \"y\"; builder = \"z\"; }) ]",
        "[\n  «derivation /nix/store/n01dy158nk2mfsjgkgdpm9ma51dy2ry5-x.drv»\n]",
    );
    check("{ \"a b\" = 1; \"if\" = 2; or = 3; }", "{\n  \"a b\" = 1;\n  \"if\" = 2;\n  or = 3;\n}");
}

#[test]
fn all_levels() {
    let check = |text, expected| check_at(usize::MAX, text, expected);
    check("{ a = { b = 2; }; s = \"x\"; }", "{\n  a = { b = 2; };\n  s = \"x\";\n}");
    check("let x = [ 1 x ]; in x", "[\n  1\n  [\n    1\n    «repeated»\n  ]\n]");
    check("[ { a = throw \"no\"; } ]", "[\n  { a = «error: no»; }\n]");
    check("let f = n: { x = f (n + 1); }; in f 0", "error: stack overflow; max-call-depth exceeded");
}

#[test]
fn marks_stand_around_the_parts() {
    let palette = Palette { atom: "<a>", text: "<t>", error: "<e>", end: "</>", ..Palette::default() };
    let shown = with_eval(|eval| {
        let value = value(eval, "[ 1 \"s\" (throw \"no\") ]").unwrap();
        eval.show(value, ShowOptions { indent: 0, ..ShowOptions::session(1, palette) }).unwrap()
    });
    assert_eq!(String::from_utf8(shown).unwrap(), "[ <a>1</> <t>\"s\"</> <e>«error: no»</> ]");
}

#[test]
fn an_evaluation_ends_when_interrupted() {
    with_eval(|eval| {
        let flag = eval.interrupter();
        flag.store(nix_eval::eval::INTERRUPT, std::sync::atomic::Ordering::Relaxed);
        let text = "[ (builtins.tryEval ((x: x) 1)).value ]";
        let shown =
            value(eval, text).and_then(|value| eval.show(value, ShowOptions::session(1, Palette::default())));
        assert_eq!(shown.map_err(|error| error.kind), Err(ErrorKind::Interrupted));
        eval.clear_interrupt();
        assert!(value(eval, text).and_then(|value| eval.force_deep(value)).is_ok());
    });
}

#[test]
fn bindings_without_braces() {
    let check = |text: &str, expected: &str| {
        let found = with_eval(|eval| {
            let set = eval.load_bindings(Origin::String, text.as_bytes(), Path::new("/"), &[]);
            let shown = set
                .and_then(|set| eval.eval(set, None))
                .and_then(|set| eval.force_deep(set))
                .and_then(|set| eval.print(set));
            shown.map_or_else(|error| error.message, |shown| String::from_utf8(shown).unwrap())
        });
        assert_eq!(found, expected, "for {text}");
    };
    check("a = 1", "{ a = 1; }");
    check("a = 1; b.c = 2;", "{ a = 1; b = { c = 2; }; }");
    check("inherit (builtins) langVersion", "{ langVersion = 6; }");
    check("# nothing", "{ }");
    check("${\"x\"} = 1", "{ x = 1; }");
    check("a = 1 # one", "{ a = 1; }");
    check("a = 1; a = 2", "attribute 'a' already defined at «string»:1:1");
    check("a = 1 +", "syntax error, unexpected end of file");
    check("a = b", "undefined variable 'b'");
    check(
        "a = ''",
        "syntax error, unexpected end of file, expecting indented string or '${' or end of an indented string",
    );
    check("a = {", "syntax error, unexpected end of file, expecting 'inherit'");
    check("a", "syntax error, unexpected end of file, expecting '.' or '='");
}

#[test]
fn every_builtin_is_documented_and_nothing_else() {
    let members: BTreeMap<String, usize> = with_eval(|eval| {
        let View::Attrs(attrs) = eval.builtins().view() else { panic!("builtins is no set") };
        let arity = |value: Value<'_>| match value.view() {
            View::Builtin(_, builtin) => builtin.arity,
            View::Lambda(..) => 1,
            _ => 0,
        };
        let entries = attrs.entries(&eval.shapes);
        entries.map(|(name, _, slot)| (eval.name(name), arity(eval.force_slot(slot).unwrap()))).collect()
    });
    let texts: Vec<_> = documented().collect();
    let found: BTreeMap<String, usize> =
        texts.iter().map(|text| (text.name.to_owned(), text.arguments.len())).collect();
    assert_eq!(found, members);
    assert_eq!(found.len(), texts.len(), "a name has two texts");
    assert!(texts.iter().all(|text| !text.text.is_empty()));
    assert_eq!(documentation("add").map(|found| found.arguments), Some(vec!["a", "b"]));
}

/// An indented block `expression => value` is an example.
#[test]
fn the_examples_of_the_documentation_are_true() {
    let mut examples = 0;
    for found in documented() {
        let blocks = found.text.split("\n\n").filter(|block| block.starts_with("    "));
        for (expression, result) in blocks.filter_map(|block| block.split_once("=>")) {
            // Whether there is anything to fetch with is the host's concern.
            if found.name.contains("lakeRef") {
                continue;
            }
            let text = format!("with builtins; ({expression}) == ({result})");
            let shown = with_eval(|eval| value(eval, &text).and_then(|value| eval.print(value)));
            assert_eq!(shown.unwrap(), b"true", "for {text}");
            examples += 1;
        }
    }
    assert!(examples > 20, "{examples}");
}

#[test]
fn where_the_documentation_of_a_function_is_found() {
    let check = |text: &str, expected: &str| {
        let found = with_eval(|eval| match value(eval, text).and_then(|value| eval.function_doc(value)) {
            Ok(Some(FunctionDoc::Builtin(found))) => format!("builtin {}", found.name),
            Ok(Some(FunctionDoc::Lambda { name, pos, text })) => {
                let place = eval.sources.locate(pos).unwrap();
                format!("{name:?} {}:{} {text:?}", place.line, place.column)
            }
            Ok(None) => "none".to_owned(),
            Err(error) => error.message,
        });
        assert_eq!(found, expected, "for {text}");
    };
    check("1", "none");
    check("map", "builtin map");
    check("map 1", "none");
    check("derivation", "builtin derivation");
    check("let /** one */ f = x: x; in f", "Some(\"f\") 1:20 Some(\"one\")");
    check("(x: /** two */ y: x) 1", "None 1:16 Some(\"two\")");
    check("{ /** one */ __functor = self: x: x; }", "Some(\"__functor\") 1:32 Some(\"one\")");
    check("{ __functor = self: self; }", "stack overflow; max-call-depth exceeded");
}

#[test]
fn an_argument_that_is_passed_on_outlives_its_frame() {
    let program = r#"
        let
          inner = key: wanted: args@{ x, ... }: map (name: "${name} ${key}") [ "a" "b" ];
          outer = key: wanted: args@{ x, ... }: if wanted then inner key wanted args else [ ];
          other = key: wanted: args@{ x, ... }: if wanted then key else args;
          first = outer ("k" + toString 1) true { x = 1; };
        in builtins.seq first (builtins.seq (other [ 9 ] true { x = 1; }) (builtins.elemAt first 1))
    "#;
    check_at(1, program, "\"b k1\"");
}

#[test]
fn parts_are_lowered_when_they_are_needed() {
    // Whether the function in the text is there once the text was read, and once it was evaluated.
    let check = |text: &str, parts: PartSizes, expected: (bool, bool)| {
        let found = with_parts(parts, |eval| {
            let next = (0..).find(|number| eval.lambdas.get(*number).is_none()).unwrap();
            let read = value(eval, text).unwrap();
            let early = eval.lambdas.get(next).is_some();
            eval.force_deep(read).unwrap();
            (early, eval.lambdas.get(next).is_some())
        });
        assert_eq!(found, expected, "of {} bytes", text.len());
    };
    let of = |items: usize, more: usize| {
        format!("{{ a = map (x: x) [ {} ]; }} # {}", "1 ".repeat(items), "-".repeat(more))
    };
    check(&of(1, 0), ALL_LATE, (false, true));
    check(&of(500, 0), PartSizes::default(), (true, true));
    check(&of(500, 100_000), PartSizes::default(), (false, true));
    check(&of(1, 100_000), PartSizes::default(), (true, true));
    check(&of(60_000, 0), PartSizes::default(), (true, true));
}
