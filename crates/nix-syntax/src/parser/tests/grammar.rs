//! Everything but strings.

use super::{check, parse, with_pipes};
use crate::ast::{Binding, Expr, ExprKind, Span};
use crate::symbol::Symbols;

#[test]
fn precedence() {
    check("1 + 2 * 3 - 4", "(- (+ 1 (* 2 3)) 4)");
    check("a ++ b ++ c", "(++ a (++ b c))");
    check("a // b // c", "(// a (// b c))");
    check("a -> b -> c", "(-> a (-> b c))");
    check("a * b ++ c", "(* a (++ b c))");
    check("a + b // c + d", "(// (+ a b) (+ c d))");
    check("a == b && c != d || e", "(|| (&& (== a b) (!= c d)) e)");
    check("a < b == c >= d", "(== (< a b) (>= c d))");
    check("a -> b || c", "(-> a (|| b c))");
    check("a / b", "(/ a b)");
    check("a-1", "a-1");
    check("a -1", "(- a 1)");
    check("f -1", "(- f 1)");
}

#[test]
fn prefix_operators() {
    check("!a + b", "(! (+ a b))");
    check("!a // b", "(// (! a) b)");
    check("!a == b", "(== (! a) b)");
    check("!a ? b", "(! (? a b))");
    check("!a && b", "(&& (! a) b)");
    check("-a ? b", "(? (neg a) b)");
    check("-a ++ b", "(++ (neg a) b)");
    check("-f x", "(neg (f x))");
    check("- - 1", "(neg (neg 1))");
    check("-!a + b", "(neg (! (+ a b)))");
    check("a * !b + c", "(* a (! (+ b c)))");
    check("a * -b + c", "(+ (* a (neg b)) c)");
    check("!!a", "(! (! a))");
}

#[test]
fn has_attr() {
    check("a ? b.c", "(? a b.c)");
    check("a ? b ? c", "(? (? a b) c)");
    check("a ? \"b\" && c", "(&& (? a b) c)");
    check("a ? ${b}.\"c${d}\"", "(? a ${b}.${(str \"c\" ${d})})");
    check("a ++ b ? c", "(++ a (? b c))");
    check("f a ? b", "(? (f a) b)");
    check("a ? or", "(? a or)");
}

#[test]
fn pipes() {
    check("a |> b |> c", "(|> (|> a b) c)");
    check("a <| b <| c", "(<| a (<| b c))");
    check("a -> b |> c d", "(|> (-> a b) (c d))");
    check("x: a |> b", "(fn x (|> a b))");
}

#[test]
fn application_and_selection() {
    check("f a b", "((f a) b)");
    check("f a.b c", "((f (select a b)) c)");
    check("a.b.c", "(select a b.c)");
    check("(a.b).c", "(select (select a b) c)");
    check("a.\"b\".${\"c\"}.${d}", "(select a b.c.${d})");
    check("a.${''b''}", "(select a b)");
    check("a.\"\"", "(select a )");
    check("{}.a", "(select (set) a)");
    check("1.a", "(1.0 a)");
    check("f { a = 1; } [ ]", "((f (set (= a 1))) [])");
    check("__curPos", "__curPos");
}

#[test]
fn or_is_a_word_in_many_places() {
    check("a.b or c", "(or (select a b) c)");
    check("a.b or c d", "((or (select a b) c) d)");
    check("a.b or c.d or e", "(or (select a b) (or (select c d) e))");
    check("f a.b or c", "(f (or (select a b) c))");
    check("a.or", "(select a or)");
    check("a.or or b", "(or (select a or) b)");
    check("{ or = 1; inherit or; or.or = 2; }", "(set (= or 1) (inherit or) (= or.or 2))");
    check("f or", "(f or)");
    check("f or x", "((f or) x)");
    check("g f or x", "((g (f or)) x)");
    check("[ f or x ]", "[(f or) x]");
    check("[ a.b or c ]", "[(or (select a b) c)]");
    check("a.b or f or x", "((or (select a b) (f or)) x)");
}

#[test]
fn lambdas() {
    check("x: x", "(fn x x)");
    check("x: y: x y", "(fn x (fn y (x y)))");
    check("{ }: 1", "(fn {} 1)");
    check("{ a, b ? 1, ... }: a", "(fn {a b?1 ...} a)");
    check("{ a, }: a", "(fn {a} a)");
    check("{ a ? x: y, }: a", "(fn {a?(fn x y)} a)");
    check("{ ... }: 1", "(fn {...} 1)");
    check("{ a }@all: a", "(fn {a}@all a)");
    check("all@{ a }: a", "(fn {a}@all a)");
    check("all @ { }: 1", "(fn {}@all 1)");
    check("{ } @ all: 1", "(fn {}@all 1)");
    check("x :y", "(fn x y)");
    check("[ (x: x) ]", "[(fn x x)]");
}

#[test]
fn sets_and_let() {
    check("{ }", "(set)");
    check("{ } // { }", "(// (set) (set))");
    check("rec { a = b; b.c.d = 1; }", "(rec (= a b) (= b.c.d 1))");
    check("{ \"a b\" = 1; ${\"c\"} = 2; ${d} = 3; }", "(set (= a b 1) (= c 2) (= ${d} 3))");
    check(
        "{ inherit a \"b\" ${\"c\"}; inherit (d.e) f; inherit; }",
        "(set (inherit a b c) (inherit from (select d e) f) (inherit))",
    );
    check("let a = 1; inherit b; in a", "(let (= a 1) (inherit b) a)");
    check("let in 1", "(let 1)");
    check("let a.${b} = 1; in a", "(let (= a.${b} 1) a)");
    check("let { body = 1; }", "(let-body (= body 1))");
    check("f let { body = 1; }.a or 2", "(f (or (select (let-body (= body 1)) a) 2))");
    check("rec { }.a", "(select (rec) a)");
}

#[test]
fn keywords() {
    check("if a then b else if c then d else e", "(if a b (if c d e))");
    check("with a; with b; c", "(with a (with b c))");
    check("assert a; b -> c", "(assert a (-> b c))");
    check("if x: x then y: y else z: z", "(if (fn x x) (fn y y) (fn z z))");
    check("[ a (b c) d.e ]", "[a (b c) (select d e)]");
    check("iff ? inn", "(? iff inn)");
    check("let' in_ rec'", "((let' in_) rec')");
}

#[test]
fn numbers() {
    check("0", "0");
    check("007", "7");
    check("9223372036854775807", "9223372036854775807");
    check("1.5", "1.5");
    check("1.", "1.0");
    check(".5", "0.5");
    check("0.5", "0.5");
    check("1.e3", "1000.0");
    check("1.5E-3", "0.0015");
    check("0.0", "0.0");
    check("1e3", "(1 e3)");
    check("1.5e", "(1.5 e)");
    check("1.5.2", "(1.5 0.2)");
    check("01.5", "(1 0.5)");
}

#[test]
fn paths_and_uris() {
    check("./a", "(path \"./a\")");
    check("../a/b.nix", "(path \"../a/b.nix\")");
    check("a/b", "(path \"a/b\")");
    check("/a", "(path \"/a\")");
    check("~/a", "(path \"~/a\")");
    check("./.", "(path \"./.\")");
    check("a+b/c", "(path \"a+b/c\")");
    check("1/2", "(path \"1/2\")");
    check("-1/2", "(path \"-1/2\")");
    check("a /b", "(a (path \"/b\"))");
    check("a/ b", "(/ a b)");
    check("a//b", "(// a b)");
    check("./a//${b}///c", "(path \"./a//\" ${b} \"///c\")");
    check("a.b/c", "(path \"a.b/c\")");
    check("./a/${b}/c", "(path \"./a/\" ${b} \"/c\")");
    check("./a${b}.nix", "(path \"./a\" ${b} \".nix\")");
    check("a/${b}", "(path \"a/\" ${b})");
    check("/${b}", "(path \"/\" ${b})");
    check("~/${b}", "(path \"~/\" ${b})");
    check("[./a./b ./c]", "[(path \"./a./b\") (path \"./c\")]");
    check("<nixpkgs>", "<nixpkgs>");
    check("<a/b.c>", "<a/b.c>");
    check("a <b> c", "((a <b>) c)");
    check("a<b", "(< a b)");
    check("a:b", "\"a:b\"");
    check("https://example.org/?a=b&c='d'", "\"https://example.org/?a=b&c=\\'d\\'\"");
    check("a.b:c", "\"a.b:c\"");
    check("a_b:c", "(fn a_b c)");
    check("a'b:c", "(fn a'b c)");
}

#[test]
fn comments_and_blanks() {
    check("# x\n1 # y", "1");
    check("#x\r1", "1");
    check("/* a * / b **/ 1 /**/", "1");
    check("/*/ 2 */ 1", "1");
    check("\t\r\n1\r\n", "1");
    check("1 \0 anything", "1");
}

/// The spans that positions in messages and in `unsafeGetAttrPos` come from.
#[test]
fn spans() {
    fn spanned(text: &str, pick: impl for<'a> Fn(&'a Expr<'a>) -> Span) -> &str {
        let (bump, names) = (bumpalo::Bump::new(), crate::arena::Arena::new());
        let symbols = Symbols::new(&names);
        let span = pick(parse(&bump, &symbols, text.as_bytes(), &with_pipes()).unwrap());
        &text[span.start as usize..span.end as usize]
    }
    assert_eq!(spanned(" a  + b ", |e| e.span), "a  + b");
    assert_eq!(spanned("(f x) y #", |e| e.span), "(f x) y");
    assert_eq!(spanned("( (f) )", |e| e.span), "f");
    assert_eq!(spanned(" \"é\" ", |e| e.span), "\"é\"");
    assert_eq!(spanned("./a/${b}/c ", |e| e.span), "./a/${b}/c");
    let operator = |e: &Expr<'_>| match e.kind {
        ExprKind::Binary { op_span, .. } => op_span,
        _ => Span::default(),
    };
    assert_eq!(spanned("a  == b", operator), "==");
    assert_eq!(spanned("a  |> b", operator), "|>");
    let first = |e: &Expr<'_>| match e.kind {
        ExprKind::AttrSet { bindings: [Binding::Attr { span, .. }, ..], .. } => *span,
        _ => Span::default(),
    };
    assert_eq!(spanned("{ a . \"b\" = 1; }", first), "a . \"b\"");
}
