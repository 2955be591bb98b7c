//! Texts that nest deeply: read up to the limit, refused behind it, never a crash.

use super::super::ParseOptions;
use super::on_ample_stack;
use crate::parser::depth::TOO_DEEP;
use crate::symbol::Symbols;

fn accepted(text: &str) -> Result<(), String> {
    let (bump, names) = (bumpalo::Bump::new(), crate::arena::Arena::new());
    let symbols = Symbols::new(&names);
    super::parse(&bump, &symbols, text.as_bytes(), &ParseOptions::default())
        .map(|_| ())
        .map_err(|error| error.message)
}

/// Seven levels of recursion and six nodes for every parenthesis.
const OPERATORS: &str = "(a || a && a == a < a + a * ";

/// An opening, the innermost part, a closing.
const NESTED: &[(&str, &str, &str)] = &[
    ("[", "", "]"),
    ("(", "1", ")"),
    ("!", "a", ""),
    ("-", "a", ""),
    ("\"${", "a", "}\""),
    ("''${", "a", "}''"),
    ("./a${", "a", "}"),
    ("{a=", "1", ";}"),
    ("{${", "a", "}=1;}"),
    ("rec{a=", "1", ";}"),
    ("{inherit(", "a", ")b;}"),
    ("a: ", "a", ""),
    ("{a}: ", "a", ""),
    ("{a?", "a", "}: a"),
    ("if a then b else ", "c", ""),
    ("if ", "c", " then a else b"),
    ("with a; ", "b", ""),
    ("assert a; ", "b", ""),
    ("let a = 1; in ", "b", ""),
    ("let{body=", "b", ";}"),
    ("a ++ ", "b", ""),
    ("a // ", "b", ""),
    ("a -> ", "b", ""),
    ("a.b or ", "b", ""),
    ("a.${", "b", "}"),
    ("f (", "b", ")"),
];

#[test]
fn nesting() {
    on_ample_stack(|| {
        for (open, inner, close) in NESTED {
            let nested = |levels: usize| format!("{}{inner}{}", open.repeat(levels), close.repeat(levels));
            assert_eq!(accepted(&nested(5_000)), Ok(()), "5,000 × {open}");
            assert_eq!(accepted(&nested(100_000)), Err(TOO_DEEP.to_owned()), "100,000 × {open}");
            // The same without its end must not hurt either.
            assert!(accepted(&open.repeat(100_000)).is_err(), "100,000 × {open}, unclosed");
        }
        let nested = |levels: usize| format!("{}b{}", OPERATORS.repeat(levels), ")".repeat(levels));
        assert_eq!(accepted(&nested(2_500)), Ok(()));
        assert_eq!(accepted(&nested(19_000)), Err(TOO_DEEP.to_owned()));
    });
}

#[test]
fn chains() {
    on_ample_stack(|| {
        for link in [" + a", " * a", " && a", " || a", " a", " ? a", " a or"] {
            assert_eq!(accepted(&format!("a{}", link.repeat(15_000))), Ok(()), "15,000 × {link}");
            let long = format!("a{}", link.repeat(100_000));
            assert_eq!(accepted(&long), Err(TOO_DEEP.to_owned()), "100,000 × {link}");
        }
        assert_eq!(accepted(&format!("a{}", ".a".repeat(100_000))), Ok(()));
        assert_eq!(accepted(&format!("[{}]", "a b.c ".repeat(100_000))), Ok(()));
        // Many chains that are each short make no deep tree.
        assert_eq!(accepted(&format!("[{}]", "(f a b c + d)".repeat(50_000))), Ok(()));
        // Chains inside of each other's first link add up.
        let tower = format!("{}a{}", "(".repeat(1_000), format!("{})", " + a".repeat(50)).repeat(1_000));
        assert_eq!(accepted(&tower), Err(TOO_DEEP.to_owned()));
    });
}
