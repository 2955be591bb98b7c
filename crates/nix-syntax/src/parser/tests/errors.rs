//! What is refused, with which words, and where.

use super::super::ParseOptions;
use super::read;

/// `marked` is the text with `‹` before and `›` behind the place of the error.
#[track_caller]
fn refuse(marked: &str, message: &str) {
    let text = marked.replace(['‹', '›'], "");
    let error = read(text.as_bytes(), &ParseOptions::default()).expect_err("the text is accepted");
    assert_eq!(error.message, message, "for {text:?}");
    let start = marked.find('‹').unwrap();
    let end = marked.find('›').unwrap() - '‹'.len_utf8();
    assert_eq!((error.span.start as usize, error.span.end as usize), (start, end), "the place in {text:?}");
}

#[track_caller]
fn unexpected(marked: &str, rest: &str) {
    refuse(marked, &format!("syntax error, unexpected {rest}"));
}

#[test]
fn unexpected_tokens() {
    unexpected("‹›", "end of file");
    unexpected("‹&&› a", "'&&'");
    unexpected("1 != ‹!=› 2", "'!='");
    unexpected("a == b ‹==› c", "'=='");
    unexpected("a < b ‹>=› c", "'>='");
    unexpected("a + x‹:› y", "':', expecting end of file");
    unexpected("(1‹›", "end of file, expecting ')'");
    unexpected("[ 1 ‹+› 2 ]", "'+'");
    unexpected("[ 1‹›", "end of file");
    unexpected("{ a = 1 ‹}›", "'}', expecting ';'");
    unexpected("{ a = 1; b‹;› }", "';', expecting '.' or '='");
    unexpected("{ ‹1.5› = x; }", "floating-point literal, expecting 'inherit'");
    unexpected("{ a = 1;‹›", "end of file, expecting 'inherit'");
    unexpected("rec { ‹1› = x; }", "integer, expecting 'inherit' or '}'");
    unexpected("let a = 1; ‹›", "end of file, expecting 'in' or 'inherit'");
    unexpected("{ inherit ‹http://x›; }", "URI");
    unexpected("a.‹if›", "'if', expecting identifier or 'or' or '${' or '\"'");
    unexpected("if a ‹else› b", "'else', expecting 'then'");
    unexpected("with a‹›", "end of file, expecting ';'");
    unexpected("{ a ‹...› }", "'...', expecting '.' or '='");
    unexpected("{ a, b ‹:› c }: a", "':', expecting '}' or ','");
    unexpected("{ a, ‹,› b }: a", "',', expecting identifier or '...' or '}'");
    unexpected("{ a } ‹b›", "identifier, expecting ':' or '@'");
    unexpected("{ a, ...‹,› b }: a", "',', expecting '}'");
    unexpected("f { a ‹}›: a", "'}', expecting '.' or '='");
    unexpected("f {}‹:› a", "':', expecting end of file");
    unexpected("1 ‹%› 2", "invalid token, expecting end of file");
    unexpected("‹or›", "'or'");
    unexpected("a ? b ‹or› c", "'or', expecting end of file");
}

#[test]
fn unclosed() {
    unexpected("\"a‹›", "end of file, expecting '\"'");
    unexpected("a 1\"$‹›", "end of file, expecting '\"'");
    unexpected("\"a\\‹›", "end of file, expecting '\"'");
    unexpected("\"${a‹›", "end of file, expecting '}'");
    unexpected("''a'‹›", "end of file, expecting indented string or '${' or end of an indented string");
    unexpected("1 /‹*› a", "'*'");
    unexpected("‹/›* a", "'/'");
}

#[test]
fn beyond_the_grammar() {
    refuse("‹9223372036854775808›", "invalid integer '9223372036854775808'");
    refuse("‹1.0e999›", "invalid float '1.0e999'");
    refuse("‹1.0e-320›", "invalid float '1.0e-320'");
    refuse("{ x, y, ‹x› }: x", "duplicate formal function argument 'x'");
    refuse("‹args@{ args, x }: x›", "duplicate formal function argument 'args'");
    refuse("{ inherit ‹${x}›; }", "dynamic attributes not allowed in inherit");
    refuse("{ inherit (a) ‹\"b${x}\"›; }", "dynamic attributes not allowed in inherit");
    refuse("‹let ${x} = 1; in 2›", "dynamic attributes not allowed in let");
    refuse("./a/‹ ›b", "path has a trailing slash");
    refuse("./a/‹/b/c›", "syntax error, unexpected end of path, expecting '${'");
    refuse("./a//‹/b›", "syntax error, unexpected string, expecting '${'");
    refuse("./${a}/‹;›", "path has a trailing slash");
    refuse("./a/‹›", "path has a trailing slash");
    let pipes = "experimental Nix feature 'pipe-operators' is disabled; add '--extra-experimental-features \
                 pipe-operators' to enable it";
    refuse("a ‹|>› b", pipes);
    refuse("[ a ‹<|› b ]", pipes);
    refuse(
        "\"‹a\0b›\"",
        "input string 'a␀b' cannot be represented as Nix string because it contains null bytes",
    );
    refuse("''‹\0›''", "input string '␀' cannot be represented as Nix string because it contains null bytes");
    let many: Vec<String> = (0..40).map(|n| format!("a{n}")).collect();
    refuse(&format!("{{ {}, ‹a7› }}: 1", many.join(", ")), "duplicate formal function argument 'a7'");
}

#[test]
fn notes_name_what_is_open() {
    #[track_caller]
    fn note(text: &str, place: &str, message: &str) {
        let error = read(text.as_bytes(), &ParseOptions::default()).expect_err("the text is accepted");
        let note = error.note.expect("a note");
        assert_eq!(note.message, message);
        assert_eq!(&text[note.span.start as usize..note.span.end as usize], place, "for {text:?}");
    }
    note("[ (1 ]", "(", "the parenthesis opened here is not closed");
    note("{ a = [ 1; }", "[", "the list opened here is not closed");
    note("{ a = { b = 1; ", "{", "the brace opened here is not closed");
    note("{ a.b = 1 c = 2; }", "a.b", "the definition that begins here has no end");
    note("\"a", "\"", "the string opened here is not closed");
    note("\"${a b", "${", "the interpolation opened here is not closed");
    note("1 /* 2", "/*", "the comment that begins here has no end");
}
