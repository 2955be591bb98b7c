//! Programs that go too deep end in an error and never in a crash.

use std::path::Path;

use nix_eval::{ErrorKind, Settings};

use nix_syntax::lower::PartSizes;

use crate::host::{ALL_LATE, Outcome, STACK, evaluate, evaluate_here, on_large_stack};

/// Either a value, or the error that the stack ends.
#[track_caller]
fn survives(outcome: &Outcome) {
    if let Err(error) = &outcome.value {
        assert_eq!(error.kind, ErrorKind::StackOverflow, "{error}");
    }
}

#[test]
fn endless_recursion_is_an_error() {
    let error = evaluate("let f = x: f (x + 1); in f 0").value.unwrap_err();
    assert_eq!(error.kind, ErrorKind::StackOverflow);
    assert_eq!(error.message, "stack overflow; max-call-depth exceeded");
    assert!(
        error.trace.len() + error.omitted >= 10_000 && error.trace.len() <= 2_000,
        "{}",
        error.trace.len()
    );
    let error = evaluate("let f = x: [ (f x) ]; in f 0").value.unwrap_err();
    assert_eq!(error.kind, ErrorKind::StackOverflow);
    let error = evaluate("let s = { __functor = self: self self; }; in s 1").value.unwrap_err();
    assert_eq!(error.kind, ErrorKind::StackOverflow);
    let error = evaluate("let s = { outPath = s; }; in \"${s}\"").value.unwrap_err();
    assert_eq!(error.kind, ErrorKind::StackOverflow);
    let error = evaluate("\"${let s = { __toString = self: s; }; in s}\"").value.unwrap_err();
    assert_eq!(error.kind, ErrorKind::StackOverflow);
}

#[test]
fn the_depth_of_calls_is_a_setting() {
    let count = |limit: u32, depth: u32| {
        let text = format!("let f = n: if n == 0 then 0 else 1 + f (n - 1); in f {depth}");
        crate::host::on_large_stack(move || {
            let settings =
                Settings { max_call_depth: limit, stack_size: crate::host::STACK, ..Settings::default() };
            evaluate_here(&text, Path::new("/"), &settings).value
        })
    };
    assert_eq!(count(100, 90).unwrap(), "90");
    assert_eq!(count(100, 110).unwrap_err().kind, ErrorKind::StackOverflow);
    assert_eq!(count(10_000, 9_000).unwrap(), "9000");
}

fn fold(count: u32, step: &str, start: &str) -> String {
    format!("builtins.foldl' (acc: x: {step}) {start} (builtins.genList (x: x) {count})")
}

#[test]
fn lazily_nested_computations() {
    survives(&evaluate(&format!("({}).v", fold(1_000_000, "{ v = acc.v + x; }", "{ v = 0; }"))));
    survives(&evaluate(&fold(1_000_000, "let v = builtins.head acc; in [ (v + x) ]", "[ 0 ]")));
}

#[test]
fn deep_values() {
    let nested = fold(200_000, "[ acc ]", "[ ]");
    for consumer in
        ["builtins.toJSON", "toString", "x: builtins.deepSeq x 1", "x: x == x", "x: assert x == 1; 1"]
    {
        let outcome = evaluate(&format!("({consumer}) ({nested})"));
        if !consumer.contains("assert") {
            survives(&outcome);
        }
    }
    survives(&evaluate(&format!("let a = {nested}; b = {nested}; in a == b")));
    survives(&evaluate(&format!("let a = {nested}; b = {nested}; in a < b")));
    survives(&evaluate(&nested));
    survives(&evaluate(&fold(200_000, "(y: acc)", "0")));
    survives(&evaluate(&fold(200_000, "acc // { a = acc; }", "{ }")));
    // Each line of XML is indented by its depth, so the text of a deeper value would fill the memory.
    survives(&evaluate(&format!("builtins.toXML ({})", fold(2_000, "[ acc ]", "[ ]"))));
}

#[test]
fn deep_programs() {
    for (open, close) in
        [("(", ")"), ("[ ", " ]"), ("{ a = ", "; }"), ("x: ", ""), ("\"${", "}\""), ("1 + ", "")]
    {
        let text = format!("{}1{}", open.repeat(100_000), close.repeat(100_000));
        let outcome = evaluate(&text);
        if let Err(error) = outcome.value {
            assert!(matches!(error.kind, ErrorKind::Syntax | ErrorKind::StackOverflow), "{error}");
        }
    }
}

#[test]
fn a_failed_attempt_gives_its_depth_back() {
    let text = "let f = n: if n == 0 then throw \"end\" else 1 + f (n - 1);
                    try = n: (builtins.tryEval (f n)).success;
                in map (i: try 6000) (builtins.genList (i: i) 5)";
    assert_eq!(evaluate(text).value.unwrap(), "[ false false false false false ]");
}

#[test]
fn texts_that_nest_deeper_than_the_stack_allows() {
    let nested = |depth: usize| format!("{}1{}", "[ ".repeat(depth), " ]".repeat(depth));
    let run = |text: String, parts: PartSizes| {
        let stack = 2 << 20;
        let thread = std::thread::Builder::new().stack_size(stack + (1 << 20)).spawn(move || {
            let settings = Settings { stack_size: stack, parts, ..Settings::default() };
            evaluate_here(&text, Path::new("/"), &settings).value.map_err(|error| error.kind)
        });
        thread.unwrap().join().unwrap()
    };
    for parts in [PartSizes::default(), ALL_LATE] {
        assert!(run(nested(20), parts).is_ok());
        assert_eq!(run(nested(5_000), parts), Err(ErrorKind::StackOverflow));
    }
    // What is read where hardly any stack is left.
    let part = format!("builtins.length {}", nested(4_000));
    let chain = format!(
        "builtins.foldl' (acc: x: {{ v = acc.v + x; }}) {{ v = {part}; }} (builtins.genList (x: x) {{N}})"
    );
    on_large_stack(|| {
        for count in (0..40).map(|step| 100_000 + 5_000 * step) {
            let text = format!("({}).v", chain.replace("{N}", &count.to_string()));
            let settings = Settings { stack_size: STACK, parts: ALL_LATE, ..Settings::default() };
            survives(&evaluate_here(&text, Path::new("/"), &settings));
        }
    });
}
