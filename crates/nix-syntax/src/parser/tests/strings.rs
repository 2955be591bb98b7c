//! Strings of both kinds.

use super::{check, read, with_pipes};

#[test]
fn quoted() {
    check(r#""""#, r#""""#);
    check(r#""a\n\r\t\\\"\x""#, r#""a\n\r\t\\\"x""#);
    check("\"a\\\nb\"", r#""a\nb""#);
    check("\"a\r\nb\rc\n\"", r#""a\nb\nc\n""#);
    check("\"\\\r\n\"", r#""\r\n""#);
    check(r#""$""#, r#""$""#);
    check(r#""$$""#, r#""$$""#);
    check(r#""$${a}""#, r#""$${a}""#);
    check(r#""$$${a}""#, r#"(str "$$" ${a})"#);
    check(r#""\${a}""#, r#""${a}""#);
    check(r#""$\{a}""#, r#""${a}""#);
    check(r#""${a}""#, "(str ${a})");
    check(r#""x${"y${z}"}w""#, r#"(str "x" ${(str "y" ${z})} "w")"#);
    check(r#""${{ a = "}"; }.a}""#, r#"(str ${(select (set (= a "}")) a)})"#);
    check(r#""''""#, r#""\'\'""#);
}

#[test]
fn any_bytes() {
    let found = read(b"# \xff\n\"\xff\xc3\xa9\" + ''\xfe''", &with_pipes()).unwrap();
    assert_eq!(found, r#"(+ "\xff\xc3\xa9" "\xfe")"#);
}

#[test]
fn indentation() {
    check("''''", r#""""#);
    check("''a''", r#""a""#);
    check("''  a''", r#""a""#);
    check("''\n  a\n   b\n  ''", r#""a\n b\n""#);
    check("''\n    a\n  b''", r#""  a\nb""#);
    check("''   \n  a\n''", r#""a\n""#);
    check("''\n\n  a\n\n  b\n''", r#""\na\n\nb\n""#);
    check("''\n  a\n \n  b''", r#""a\n\nb""#);
    check("''\n  a\n     \n  b''", r#""a\n   \nb""#);
    check("''\n\ta\n  b''", r#""\ta\n  b""#);
    check("''\n  \ta\n   b''", r#""\ta\n b""#);
    check("''  \n  ''", r#""""#);
    check("''  \n  \n  ''", r#""\n""#);
    check("''x\n  y''", r#""x\n  y""#);
    check("''\r\n  a\r\n  b''", r#""\r\n  a\r\n  b""#);
    check("''\n  a\n  b\r\n  ''", r#""a\nb\r\n""#);
}

#[test]
fn indentation_and_interpolation() {
    check("''\n  ${a}\n  b\n''", r#"(str ${a} "\nb\n")"#);
    check("''\n    ${a}\n  b''", r#"(str "  " ${a} "\nb")"#);
    check("''\n  a ${b}  c\n    ''", r#"(str "a " ${b} "  c\n")"#);
    check("''${a}\n  b''", r#"(str ${a} "\n  b")"#);
    check("''\n  ${a}${b}  ''", r#"(str ${a} ${b} "  ")"#);
    check("''\n  a\n  ${b}''", r#"(str "a\n" ${b})"#);
}

#[test]
fn indented_escapes() {
    check("'''''''", r#""\'\'""#);
    check("''a'b''", r#""a\'b""#);
    check("''$a''", r#""$a""#);
    check("''a$''", r#""a$""#);
    check("''$${a}''", r#""$${a}""#);
    check("''''${a}''", r#""${a}""#);
    check("''a''\\n''\\t''\\x''\\\\''", r#""a\n\tx\\""#);
    check("''\\n\\''", r#""\\n\\""#);
    check("''\n  a''\\n  b''", r#""a\nb""#);
    check("''\n  ''\\ta\n   b''", r#""\ta\n b""#);
    check("''\n    '' ", r#""""#);
    check("''\"''", r#""\"""#);
}
