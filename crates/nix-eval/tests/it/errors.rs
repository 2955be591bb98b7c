//! What an error tells: the cause first, then the steps to it, with places and names that were perhaps meant.

use nix_eval::{Cycle, ErrorKind};

use crate::host::{ALL_LATE, Outcome, evaluate, evaluate_in_parts};

/// The error's message and steps, each with its place. They are the same however late a program is lowered.
#[track_caller]
fn check(text: &str, expected: &[&str]) {
    check_outcome(text, evaluate(text), expected);
    check_outcome(text, evaluate_in_parts(text, ALL_LATE), expected);
}

#[track_caller]
fn check_outcome(text: &str, outcome: Outcome, expected: &[&str]) {
    let error = outcome.value.expect_err("an error");
    let texts = std::iter::once(&error.message).chain(error.trace.iter().map(|frame| &frame.text));
    let shown: Vec<String> = texts
        .zip(&outcome.places)
        .map(|(text, place)| format!("{} {text}", place.replace("«string»:", "")))
        .collect();
    assert_eq!(shown, expected, "for {text}");
}

#[track_caller]
fn suggests(text: &str, expected: &[&str]) {
    assert_eq!(evaluate(text).value.expect_err("an error").suggestions, expected, "for {text}");
}

#[test]
fn the_cause_comes_first() {
    check("throw \"here\"", &["1:1 here", "1:1 while calling the 'throw' builtin"]);
    check(
        "let f = x: x.a; in\nf { a = 1 + { }; }",
        &[
            "2:11 cannot add a set to an integer",
            "2:5 while evaluating the attribute 'a'",
            "2:1 while calling 'f'",
        ],
    );
    check(
        "builtins.addErrorContext \"while adding\"\n  (1 + null)",
        &[
            "2:6 cannot add null to an integer",
            "- while adding",
            "1:1 while calling the 'addErrorContext' builtin",
        ],
    );
}

#[test]
fn what_is_never_evaluated_has_to_be_right_too() {
    check("{ a = [ unknown ]; b = 1; }.b", &["1:9 undefined variable 'unknown'"]);
    check("let f = x: { a = g { y = x + unknown; }; g = y: y; }; in 1", &["1:18 undefined variable 'g'"]);
}

#[test]
fn a_failed_equality_tells_the_difference() {
    check(
        "assert { a = [ 1 2 ]; } ==\n  { a = [ 1 3 ]; }; 1",
        &[
            "1:25 an integer with value '2' is not equal to an integer with value '3'",
            "1:25 while comparing list element 1",
            "2:5 where right hand side is",
            "1:10 where left hand side is",
            "1:25 while comparing attribute 'a'",
            "1:1 while evaluating the condition of the assertion '({ a = [ (1) (2) ]; } == { a = [ (1) (3) ]; })'",
        ],
    );
}

#[test]
fn messages_go_to_the_host() {
    let outcome = evaluate("builtins.trace { a = 1 + 1; b = [ 1 ]; } (builtins.warn \"careful\" 1)");
    assert_eq!(outcome.value.unwrap(), "1");
    assert_eq!(outcome.messages, ["Trace: { a = «thunk»; b = «thunk»; }", "Warning: careful"]);
}

#[test]
fn infinite_recursion_has_a_place() {
    check("let a = b;\n    b = a; in a", &["2:15 infinite recursion encountered"]);
    check(
        "rec { a = a + 1; }.a",
        &["1:11 infinite recursion encountered", "1:7 while evaluating the attribute 'a'"],
    );
    check(
        "let a = b + 1;\n    b = c.x;\n    c = { x = d 3; };\n    d = n: a + n;\nin { r = a; }",
        &[
            "4:12 infinite recursion encountered",
            "3:15 while calling 'd'",
            "3:11 while evaluating the attribute 'x'",
            "1:9 while evaluating the variable 'b'",
            "5:6 while evaluating the attribute 'r'",
        ],
    );
    let error = evaluate("let a = b + 1; b = (x: a) 0; in { r = a; }").value.unwrap_err();
    assert_eq!((error.cycle, error.trace.len()), (Cycle::Closed(2), 3));
    let error = evaluate("let x = x + 1; in x").value.unwrap_err();
    assert_eq!(
        (error.kind, error.message.as_str()),
        (ErrorKind::InfiniteRecursion, "infinite recursion encountered")
    );
}

#[test]
fn names_that_were_perhaps_meant() {
    suggests("{ hello = 1; world = 2; }.hlelo", &["hello"]);
    suggests("builtins.getAttr \"wrold\" { hello = 1; world = 2; }", &["world"]);
    suggests("({ first, second }: 1) { first = 1; secnd = 2; }", &["secnd"]);
    suggests("({ first, second ? 1 }: 1) { first = 1; secnd = 2; }", &["second"]);
    suggests("{ a = 1; }.xyz", &[]);
}
