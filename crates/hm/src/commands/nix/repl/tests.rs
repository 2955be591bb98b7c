//! The session without a terminal: what comes of lines, and what a word before the cursor is completed to.

use std::cell::{Cell, RefCell};
use std::path::Path;

use nix_eval::Eval;
use nix_eval::show::Palette;
use nix_formats::StoreDir;
use nix_store::ReadOnlyStore;
use nix_syntax::arena::Arena;

use super::super::Failure;
use super::session::{Outcome, Session, Surroundings};
use crate::environment::Environment;
use crate::evaluation;
use crate::host::Machine;
use crate::nix_settings::NixSettings;

/// Runs `body` with a session in `directory`, and gives what it said: results, notes behind `#`, errors behind `!`.
fn with_session(
    directory: &Path,
    body: impl FnOnce(&mut Session<'_, '_>, &dyn Fn(&str)) -> Vec<String>,
) -> Vec<String> {
    let environment = Environment {
        home: directory.to_path_buf(),
        directory: directory.to_path_buf(),
        nix_path: Some(String::new()),
        editor: Some("true".to_owned()),
        ..Environment::read().unwrap()
    };
    let store = ReadOnlyStore::new(StoreDir::default());
    let said = RefCell::new(Vec::new());
    let say = |text: &str| said.borrow_mut().push(text.to_owned());
    let quiet = Cell::new(false);
    let message = |_, text: &str| {
        if !quiet.get() {
            say(&format!("trace: {text}"));
        }
    };
    let config = nix_flake::Config::new(directory.join("cache"));
    let fetcher = nix_flake::Fetcher::new(&store, config, &|_| ()).computed(true);
    let machine = Machine::new(&store, &fetcher, &message).read_only(true);
    let arena = Arena::new();
    let settings = evaluation::settings(&environment, &NixSettings::default(), &[]).unwrap();
    let settings = nix_eval::Settings { stack_size: 1 << 20, ..settings };
    let eval = Eval::new(&arena, &machine, settings);
    let note = |text: &str| say(&format!("# {text}"));
    let report = |failure: Failure, _| say(&shown(&failure));
    let mut session = Session::new(Surroundings {
        eval: &eval,
        environment: &environment,
        store: &store,
        automatic: eval.attrs(&[]),
        quiet: &quiet,
        note: &note,
        report: &report,
        palette: Palette::default(),
        show_trace: false,
    });
    let found = body(&mut session, &say);
    said.into_inner().into_iter().chain(found).collect()
}

fn shown(failure: &Failure) -> String {
    match failure {
        Failure::Eval(error) => format!("! {}", error.message),
        Failure::Command(error) => format!("! {}", error.message),
    }
}

fn enter(session: &mut Session<'_, '_>, lines: &str, say: &dyn Fn(&str)) {
    let mut text = String::new();
    for line in lines.lines() {
        text.push_str(line);
        text.push('\n');
        let mut out = Vec::new();
        match session.enter(text.as_bytes(), &mut out) {
            Ok(Outcome::Done) => {}
            Ok(Outcome::Unfinished(_)) => continue,
            Ok(Outcome::Quit) => say("quit"),
            Err(failure) => say(&shown(&failure)),
        }
        if !out.is_empty() {
            say(String::from_utf8(out).unwrap().trim_end_matches('\n'));
        }
        text.clear();
    }
    if !text.is_empty() {
        say("unfinished");
    }
}

#[track_caller]
fn check_in(directory: &Path, lines: &str, expected: &str) {
    let found = with_session(directory, |session, say| {
        enter(session, lines, say);
        Vec::new()
    });
    assert_eq!(found.join("\n"), expected, "for {lines}");
}

#[test]
fn lines() {
    let check = |lines, expected| check_in(Path::new("/"), lines, expected);
    check("1 + 1", "2");
    check("{ a = { }; }", "{\n  a = { ... };\n}");
    check(":p { a.b = 1; }", "{\n  a = { b = 1; };\n}");
    check(":p \"a\\nb\"", "a\nb");
    check("# nothing\n\n", "");
    check("1 # comment", "1");
    check("throw \"no\"\n2", "! no\n2");
    check(":t x: x\n:t builtins.map\n:type null", "a function\nthe built-in function 'map'\nnull");
    check(":q", "quit");
    check(":zz", "! unknown command ':zz'");
    check(":i 1", "! unknown command ':i'");
    check(":p\n1", "! ':p' needs <expr>\n1");
    check(
        ":te\n:te\n:te true\n:te x",
        "showing error traces\nnot showing error traces\nshowing error traces\n! unexpected argument 'x' to :te",
    );
    check(":ll", "! nothing has been loaded yet");
    check(":b 1", "! expression does not evaluate to a derivation, so it cannot be built");
}

#[test]
fn variables() {
    let check = |lines, expected| check_in(Path::new("/"), lines, expected);
    check("x = 1\nx", "1");
    check("x = 1;\ny = 2; z = x + 2\nz", "3");
    check("y = 2; z = y", "! undefined variable 'y'");
    check("a.b.c = 1\na.b", "{ c = 1; }");
    check("s = { p = 1; }\ninherit (s) p\np", "1");
    check("x = y", "! undefined variable 'y'");
    check("x = throw \"late\"\n1\nx", "1\n! late");
    check("x = builtins.trace \"once\" 1\nx + x\nx", "trace: once\n2\n1");
    check("x = 1\nf = y: x + y\nx = 10\nf 1\nx = x + 1\nx", "2\n11");
    check("x = 1; x = 2", "! attribute 'x' already defined at «string»:1:1");
    check("true = 1\ntrue", "1");
    check(
        "f = x: x\nf\ng = f\n[ g f ]",
        "«lambda f @ «string»:1:5»\n[\n  «lambda f @ «string»:1:5»\n  «lambda f @ «string»:1:5»\n]",
    );
    check(":a { b = 1; \"c d\" = 2; }\nb", "# Added 2 variables.\n# b, \"c d\"\n1");
    check(":a 1", "! expected a set but found an integer: 1");
    check("b = 1\na = 2\n:env", "a\nb");
    check("x = 1\n:r\nx", "! undefined variable 'x'");
}

#[test]
fn unfinished_texts() {
    let check = |lines, expected| check_in(Path::new("/"), lines, expected);
    check("if true\nthen 1\nelse 2", "1");
    check("x = {\n  a = 1;\n}\nx", "{ a = 1; }");
    check("''\n  a\n''", "\"a\\n\"");
    check("x = ''\n  a\n''\nx", "\"a\\n\"");
    check("f = x: x\ny = f ''\n  a\n''\ny", "\"a\\n\"");
    check(":p [\n1\n]", "[ 1 ]");
    check("(1", "unfinished");
    check("1 )", "! syntax error, unexpected ')', expecting end of file");
    check("x = 1 2\nx", "! attempt to call something which is not a function but an integer: 1");
    check("x = )", "! syntax error, unexpected ')'");
}

#[test]
fn files() {
    let dir = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(dir.path().join(name), text).unwrap();
    write("set.nix", "{ a = 1; /** The b. */ b = 2; }");
    write("function.nix", "{ x ? 1 }: { c = x; }");
    write("broken.nix", "{");
    let check = |lines: &str, expected: &str| check_in(dir.path(), lines, expected);
    check(":l set.nix\na + b\n:ll", "# Added 2 variables.\n# a, b\n3\na\nb");
    check(":l ~/function.nix\nc", "# Added 1 variable.\n# c\n1");
    check("import ./broken.nix", "! syntax error, unexpected end of file, expecting 'inherit'");
    let path = dir.path().display();
    check(
        ":l set.nix\n:doc (import ./set.nix).b\n:doc b\n:doc (import ./set.nix).a",
        &format!(
            "# Added 2 variables.\n# a, b\nAttribute `b`\n  … defined at {path}/set.nix:1:24\n\nThe b.\n\
             ! value does not have documentation\n\
             Attribute `a`\n  … defined at {path}/set.nix:1:3\n\nNo documentation found."
        ),
    );
    check(
        ":l function.nix\n:e import ./function.nix",
        "# Added 1 variable.\n# c\n# Loading \"function.nix\"...\n# Added 1 variable.\n# c",
    );
    check(":e x: x", "! '«string»:1:1' cannot be shown in an editor");
    let found = with_session(dir.path(), |session, say| {
        session.begin(&["broken.nix".to_owned(), "set.nix".to_owned()], false);
        std::fs::write(dir.path().join("set.nix"), "{ a = 5; }").unwrap();
        enter(session, "a\nb = 7\n:r\na\nb", say);
        Vec::new()
    });
    let broken = "# Loading \"broken.nix\"...\n! syntax error, unexpected end of file, expecting 'inherit'\n# Loading \"set.nix\"...";
    assert_eq!(
        found.join("\n"),
        format!(
            "{broken}\n# Added 2 variables.\n# a, b\n1\n{broken}\n# Added 1 variable.\n# a\n5\n! undefined variable 'b'"
        )
    );
}

#[test]
fn documentation() {
    let check = |lines, expected| check_in(Path::new("/"), lines, expected);
    check(":doc builtins.isNull", "Synopsis: builtins.isNull value\n\nWhether *value* is `null`.");
    check(":doc true", "The boolean that is so.");
    check("true = 1\n:doc true", "! value does not have documentation");
    check(
        ":doc builtins.langVersion",
        "The version of the language, an integer, which was last raised when Nix still counted it.",
    );
    check("/** One. */ f = x: y: x\n:doc f 1", "Function `f`\n  … defined at «string»:1:20\n\nOne.");
    check(":doc x: x", "Function defined at «string»:1:1");
    check(":doc nothing", "! undefined variable 'nothing'");
}

#[test]
fn completion() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("folder")).unwrap();
    std::fs::write(dir.path().join("file.nix"), "{ inside = 1; }").unwrap();
    std::fs::write(dir.path().join(".hidden"), "").unwrap();
    let check = |text: &str, expected: &[&str]| {
        let found = with_session(dir.path(), |session, say| {
            enter(
                session,
                "set = { abc = 1; abd = { x = 1; }; \"a b\" = 2; bad = builtins.trace \"loud\" (throw \"no\"); }",
                say,
            );
            let (start, names) = session.complete(text);
            names.iter().map(|name| format!("{}{name}", &text[..start])).collect()
        });
        assert_eq!(found, expected, "for {text}");
    };
    check("se", &["set"]);
    check("1 + (se", &["1 + (set"]);
    check("builtins.readFileT", &["builtins.readFileType"]);
    check("set.ab", &["set.abc", "set.abd"]);
    check("a=set.abd.", &["a=set.abd.x"]);
    check("set.\"a", &["set.\"a b\""]);
    check("set.\"abd\".", &["set.\"abd\".x"]);
    check("\"${set.abd.", &["\"${set.abd.x"]);
    check("(import ./file.nix).in", &["(import ./file.nix).inside"]);
    check("set.bad.", &[]);
    check("set.nothing.x", &[]);
    check("1.", &[]);
    check(").", &[]);
    check("\".", &[]);
    check("é.", &[]);
    check("__ad", &["__add", "__addDrvOutputDependencies", "__addErrorContext"]);
    check(":lo", &[":load", ":load-flake"]);
    check("  :qu", &["  :quit"]);
    check(":p set.abd.", &[":p set.abd.x"]);
    check(":l f", &[":l file.nix", ":l folder/"]);
    check("./f", &["./file.nix", "./folder/"]);
    check("import ~/fi", &["import ~/file.nix"]);
    check("./.h", &["./.hidden"]);
    check("/nonexistent/", &[]);
}
