//! Doc comments, `/** … */`: looked for in the text when somebody asks, so that reading programs costs no more for them.
//!
//! A comment documents the token behind it, other comments in between not counted. A function that has none of its own
//! takes that of the function around it whose body it is, and the outermost one that of its definition.

use bumpalo::Bump;

use crate::arena::Arena;
use rustc_hash::FxHashMap;

use crate::ast::{Binding, Expr, ExprKind, Span};
use crate::parser::depth::children;
use crate::parser::{DocComment, ParseOptions, parse_with_comments};
use crate::symbol::Symbols;

/// The documentation of what is defined at `offset`, which is where an attribute's path begins.
pub fn of_definition(text: &[u8], offset: u32) -> Option<String> {
    read(text, |_, comments| comments.get(&offset).copied())
}

/// The documentation of the function that begins at `offset`.
pub fn of_function(text: &[u8], offset: u32) -> Option<String> {
    read(text, |root, comments| function_comment(root, comments, offset))
}

type Comments = FxHashMap<u32, Span>;

fn read(text: &[u8], find: impl FnOnce(&Expr<'_>, &Comments) -> Option<Span>) -> Option<String> {
    let (bump, names) = (Bump::new(), Arena::new());
    let symbols = Symbols::new(&names);
    let options = ParseOptions { pipe_operators: true, ..ParseOptions::default() };
    let parse = |text, bare| parse_with_comments(&bump, &symbols, text, &options, bare);
    // What is entered in a session may be definitions, the last one without its semicolon.
    let closed = [text, b"\n;"].concat();
    let (root, comments) =
        parse(text, false).or_else(|_| parse(text, true)).or_else(|_| parse(&closed, true)).ok()?;
    // Of several comments before one token the last one counts.
    let comments = comments.into_iter().map(|DocComment { span, token }| (token, span)).collect();
    let span = find(root, &comments)?;
    let inner = text.get(span.start as usize + 3..(span.end as usize).checked_sub(2)?)?;
    Some(dedent(&String::from_utf8_lossy(inner)))
}

fn function_comment(root: &Expr<'_>, comments: &Comments, offset: u32) -> Option<Span> {
    let mut inherited = Comments::default();
    let mut open = vec![root];
    while let Some(expr) = open.pop() {
        let start = expr.span.start;
        match expr.kind {
            ExprKind::Lambda { body, .. } => {
                let comment = comments.get(&start).or_else(|| inherited.get(&start)).copied();
                if start == offset {
                    return comment;
                }
                if let (ExprKind::Lambda { .. }, Some(comment)) = (body.kind, comment) {
                    inherited.insert(body.span.start, comment);
                }
            }
            ExprKind::Let { bindings, .. }
            | ExprKind::LegacyLet { bindings }
            | ExprKind::AttrSet { bindings, .. } => {
                for binding in bindings {
                    if let Binding::Attr { value, span, .. } = binding
                        && let (ExprKind::Lambda { .. }, Some(comment)) =
                            (value.kind, comments.get(&span.start))
                    {
                        inherited.insert(value.span.start, *comment);
                    }
                }
            }
            _ => {}
        }
        children(expr, &mut |child| open.push(child));
    }
    None
}

/// Takes the indentation away that all lines share, and empty lines at both ends. The first line stands behind `/**`,
/// which counts as three blanks.
fn dedent(inner: &str) -> String {
    let inner = format!("   {inner}");
    let lines: Vec<&str> = inner.lines().map(str::trim_end).collect();
    let indentation = |line: &&str| line.len() - line.trim_start_matches(' ').len();
    let shared = lines.iter().filter(|line| !line.is_empty()).map(indentation).min().unwrap_or(0);
    let cut: Vec<&str> = lines.iter().map(|line| line.get(shared..).unwrap_or("")).collect();
    cut.join("\n").trim_matches('\n').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `@` marks the offset that is asked for.
    #[track_caller]
    fn check(of: fn(&[u8], u32) -> Option<String>, text: &str, expected: Option<&str>) {
        let offset = text.find('@').unwrap();
        let text = text.replacen('@', "", 1);
        assert_eq!(of(text.as_bytes(), offset as u32).as_deref(), expected, "for {text}");
    }

    #[test]
    fn definitions() {
        let check = |text, expected| check(of_definition, text, expected);
        check("{ /** one */ @a = 1; b = 2; }", Some("one"));
        check("{ /** one */ a = 1; @b = 2; }", None);
        check("{ /** one */ /* no */ # no\n @a.b.c = 1; }", Some("one"));
        check("{ /** one */ /** two */ @a = 1; }", Some("two"));
        check("{ /* one */ @a = 1; }", None);
        check("{ /*** one */ @a = 1; }", None);
        check("{ /**/ @a = 1; }", None);
        check("{ # /** one */\n @a = 1; }", None);
        check("{ s = \"/** one */\"; @a = 1; }", None);
        check("{ s = ''/** one */ ${/** two */ x}''; @a = 1; }", None);
        check("let /** one */ @a = 1; in a", Some("one"));
    }

    #[test]
    fn functions() {
        let check = |text, expected| check(of_function, text, expected);
        check("/** one */ @x: x", Some("one"));
        check("{ /** one */ f = @x: x; }", Some("one"));
        check("{ /** one */ f = /** two */ @x: x; }", Some("two"));
        check("{ /** one */ f = x: @y: x; }", Some("one"));
        check("{ /** one */ f = x: (/** two */ y: @z: x); }", Some("two"));
        check("{ /** one */ f = x: y: z: /** two */ (@{ a, ... }: x); }", Some("one"));
        check("{ /** one */ f.g = @{ a ? /** two */ 1 }: x; }", Some("one"));
        check("{ /** one */ f = id (@x: x); }", None);
        check("{ /** one */ f = 1; g = @x: x; }", None);
        check("let /** one */ f = @x: x; in f", Some("one"));
        check("{ f = /** one */ /* no */ @a@{ ... }: a; }", Some("one"));
        check("[ (@x: x) ]", None);
        check("/** one */ f = @x: x;", Some("one"));
        check("/** one */ f = @x: x", Some("one"));
    }

    #[test]
    fn what_is_left_of_the_indentation() {
        let check = |inner: &str, expected: &str| assert_eq!(dedent(inner), expected, "for {inner:?}");
        check(" one ", "one");
        check("\n    one\n\n      two\n    three\n  ", "one\n\n  two\nthree");
        check("one\n   two", "one\ntwo");
        check(" one\n    two", "one\ntwo");
        check(" one\n  two", "  one\ntwo");
        check("", "");
        check("\n\tone\n", "\tone");
        check("\r\n    one\r\n  ", "one");
        check("\n    é\n      ü\n", "é\n  ü");
    }
}
