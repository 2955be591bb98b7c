//! The printed form of an expression, as `nix-instantiate --parse` and failed assertions give it: sugar removed,
//! definitions merged and sorted, paths absolute.

use crate::ast::{AttrName, BinOp, Binding, Expr, ExprKind, Param, Span, StrPart};
use crate::float::general_float;
use crate::lower::merge::{Def, Merged, gather};
use crate::lower::{LowerError, absolute_path};
use crate::symbol::{Symbol, Symbols};

/// What the printed form depends on besides the expression.
pub struct Surroundings<'s, 'n> {
    /// The names.
    pub symbols: &'s Symbols<'n>,
    /// The directory that relative paths start from, absolute.
    pub directory: &'s [u8],
    /// The directory that `~` means, or why there is none.
    pub home: &'s dyn Fn() -> Result<Vec<u8>, String>,
}

/// The expression as Nix prints it.
///
/// # Errors
/// A name defined twice, and `~` where it means nothing.
pub fn show(expr: &Expr<'_>, surroundings: &Surroundings<'_, '_>) -> Result<Vec<u8>, LowerError> {
    let mut printer = Printer { surroundings, out: Vec::new() };
    printer.expr(expr)?;
    Ok(printer.out)
}

struct Printer<'p, 'n> {
    surroundings: &'p Surroundings<'p, 'n>,
    out: Vec<u8>,
}

type Printed = Result<(), LowerError>;

impl<'n> Printer<'_, 'n> {
    fn text(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn bytes(&self, symbol: Symbol) -> &'n [u8] {
        self.surroundings.symbols.name(symbol)
    }

    fn name(&mut self, symbol: Symbol) {
        identifier(self.bytes(symbol), &mut self.out);
    }

    fn names(&mut self, names: &[Symbol]) {
        for name in names {
            self.text(" ");
            self.name(*name);
        }
        self.text("; ");
    }

    fn string(&mut self, parts: &[StrPart<'_>]) -> Printed {
        match parts {
            [] => literal(b"", &mut self.out),
            [StrPart::Lit(bytes, _)] => literal(bytes, &mut self.out),
            parts => {
                self.text("(");
                self.parts(parts)?;
                self.text(")");
            }
        }
        Ok(())
    }

    fn parts(&mut self, parts: &[StrPart<'_>]) -> Printed {
        for (at, part) in parts.iter().enumerate() {
            if at > 0 {
                self.text(" + ");
            }
            match part {
                StrPart::Lit(bytes, _) => literal(bytes, &mut self.out),
                StrPart::Interp(inner) => self.expr(inner)?,
            }
        }
        Ok(())
    }

    fn path(&mut self, parts: &[StrPart<'_>], span: Span) -> Printed {
        let Some((StrPart::Lit(first, _), rest)) = parts.split_first() else { return self.string(parts) };
        let absolute = absolute_path(first, self.surroundings.directory, self.surroundings.home)
            .map_err(|message| LowerError { message, span, related: None })?;
        if rest.is_empty() {
            self.out.extend_from_slice(&absolute);
            return Ok(());
        }
        self.text("(");
        self.out.extend_from_slice(&absolute);
        self.text(" + ");
        self.parts(rest)?;
        self.text(")");
        Ok(())
    }

    fn attr_path(&mut self, path: &[AttrName<'_>]) -> Printed {
        for (at, name) in path.iter().enumerate() {
            if at > 0 {
                self.text(".");
            }
            match name {
                AttrName::Static(name, _) => self.name(*name),
                AttrName::Dynamic(inner) => self.computed(inner)?,
            }
        }
        Ok(())
    }

    /// A computed name.
    fn computed(&mut self, name: &Expr<'_>) -> Printed {
        self.text("\"${");
        self.expr(name)?;
        self.text("}\"");
        Ok(())
    }

    fn bindings(&mut self, recursive: bool, bindings: &[Binding<'_>], span: Span) -> Printed {
        let set = gather(self.surroundings.symbols, recursive, bindings, span)?;
        self.merged(&set)
    }

    fn set(&mut self, set: &Merged<'_>) -> Printed {
        self.text(if set.recursive { "rec { " } else { "{ " });
        self.merged(set)?;
        self.text("}");
        Ok(())
    }

    fn merged(&mut self, set: &Merged<'_>) -> Printed {
        let mut sorted: Vec<&(Symbol, Span, Def<'_>)> = set.attrs.iter().collect();
        sorted.sort_by_key(|(name, ..)| self.bytes(*name));
        let inherited: Vec<Symbol> =
            sorted.iter().filter(|(_, _, def)| matches!(def, Def::Inherit)).map(|(name, ..)| *name).collect();
        if !inherited.is_empty() {
            self.text("inherit");
            self.names(&inherited);
        }
        let mut from: Vec<Vec<Symbol>> = vec![Vec::new(); set.sources.len()];
        for (name, _, def) in &sorted {
            if let Def::InheritFrom(source) = def
                && let Some(names) = from.get_mut(*source)
            {
                names.push(*name);
            }
        }
        for (source, names) in set.sources.iter().zip(&from).filter(|(_, names)| !names.is_empty()) {
            self.text("inherit (");
            self.expr(source)?;
            self.text(")");
            self.names(names);
        }
        for (name, _, def) in sorted {
            if matches!(def, Def::Expr(_) | Def::Set(_)) {
                self.name(*name);
                self.definition(def)?;
            }
        }
        for (name, _, def) in &set.dynamic {
            self.computed(name)?;
            self.definition(def)?;
        }
        Ok(())
    }

    fn definition(&mut self, def: &Def<'_>) -> Printed {
        self.text(" = ");
        match def {
            Def::Expr(expr) => self.expr(expr)?,
            Def::Set(set) => self.set(set)?,
            Def::Inherit | Def::InheritFrom(_) => {}
        }
        self.text("; ");
        Ok(())
    }

    fn param(&mut self, param: &Param<'_>) -> Printed {
        let formals = match param {
            Param::Ident(name, _) => {
                self.name(*name);
                return Ok(());
            }
            Param::Formals(formals) => formals,
        };
        let mut sorted: Vec<_> = formals.formals.iter().collect();
        sorted.sort_by_key(|formal| self.bytes(formal.name));
        self.text("{ ");
        for (at, formal) in sorted.iter().enumerate() {
            if at > 0 {
                self.text(", ");
            }
            self.name(formal.name);
            if let Some(default) = formal.default {
                self.text(" ? ");
                self.expr(default)?;
            }
        }
        if formals.ellipsis {
            self.text(if sorted.is_empty() { "..." } else { ", ..." });
        }
        self.text(" }");
        if let Some((name, _)) = formals.at {
            self.text(" @ ");
            self.name(name);
        }
        Ok(())
    }

    fn infix(&mut self, operator: &str, left: &Expr<'_>, right: &Expr<'_>) -> Printed {
        self.text("(");
        self.expr(left)?;
        self.text(operator);
        self.expr(right)?;
        self.text(")");
        Ok(())
    }

    fn negated(&mut self, left: &Expr<'_>, right: &Expr<'_>) -> Printed {
        self.text("(! (__lessThan ");
        self.expr(left)?;
        self.text(" ");
        self.expr(right)?;
        self.text("))");
        Ok(())
    }

    /// The inside of a call's parentheses. What Nix reads as a call takes further arguments into itself, even from
    /// outside of parentheses, and so does an operator that Nix reads as one.
    fn call(&mut self, expr: &Expr<'_>) -> Printed {
        let (function, args) = match expr.kind {
            ExprKind::Apply { func, arg } => {
                self.call(func)?;
                self.text(" ");
                return self.expr(arg);
            }
            ExprKind::Binary { op: BinOp::PipeRight, left, right, .. } => {
                self.call(right)?;
                self.text(" ");
                return self.expr(left);
            }
            ExprKind::Binary { op: BinOp::PipeLeft, left, right, .. } => {
                self.call(left)?;
                self.text(" ");
                return self.expr(right);
            }
            ExprKind::SearchPath(name) => {
                self.text("__findFile __nixPath ");
                literal(name, &mut self.out);
                return Ok(());
            }
            ExprKind::Neg(operand) => {
                self.text("__sub 0 ");
                return self.expr(operand);
            }
            ExprKind::Binary { op: BinOp::Sub, left, right, .. } => ("__sub ", [left, right]),
            ExprKind::Binary { op: BinOp::Mul, left, right, .. } => ("__mul ", [left, right]),
            ExprKind::Binary { op: BinOp::Div, left, right, .. } => ("__div ", [left, right]),
            ExprKind::Binary { op: BinOp::Less, left, right, .. } => ("__lessThan ", [left, right]),
            ExprKind::Binary { op: BinOp::More, left, right, .. } => ("__lessThan ", [right, left]),
            _ => return self.expr(expr),
        };
        self.text(function);
        let [first, second] = args;
        self.expr(first)?;
        self.text(" ");
        self.expr(second)
    }

    fn binary(&mut self, op: BinOp, left: &Expr<'_>, right: &Expr<'_>, whole: &Expr<'_>) -> Printed {
        match op {
            BinOp::Add => self.infix(" + ", left, right),
            BinOp::Concat => self.infix(" ++ ", left, right),
            BinOp::Update => self.infix(" // ", left, right),
            BinOp::Eq => self.infix(" == ", left, right),
            BinOp::NotEq => self.infix(" != ", left, right),
            BinOp::And => self.infix(" && ", left, right),
            BinOp::Or => self.infix(" || ", left, right),
            BinOp::Implies => self.infix(" -> ", left, right),
            BinOp::LessEq => self.negated(right, left),
            BinOp::MoreEq => self.negated(left, right),
            _ => self.called(whole),
        }
    }

    fn called(&mut self, expr: &Expr<'_>) -> Printed {
        self.text("(");
        self.call(expr)?;
        self.text(")");
        Ok(())
    }

    /// Words before and between expressions.
    fn sentence(&mut self, parts: &[(&str, &Expr<'_>)]) -> Printed {
        for (word, expr) in parts {
            self.text(word);
            self.expr(expr)?;
        }
        Ok(())
    }

    fn expr(&mut self, expr: &Expr<'_>) -> Printed {
        match expr.kind {
            ExprKind::Int(value) => self.text(&value.to_string()),
            ExprKind::Float(value) => self.text(&general_float(value)),
            ExprKind::Str(parts) => self.string(parts)?,
            ExprKind::Path(parts) => self.path(parts, expr.span)?,
            ExprKind::Ident(name) => self.name(name),
            ExprKind::Select { base, path, default } => {
                self.sentence(&[("(", base)])?;
                self.text(").");
                self.attr_path(path)?;
                if let Some(default) = default {
                    self.sentence(&[(" or (", default)])?;
                    self.text(")");
                }
            }
            ExprKind::HasAttr { base, path } => {
                self.sentence(&[("((", base)])?;
                self.text(") ? ");
                self.attr_path(path)?;
                self.text(")");
            }
            ExprKind::Apply { .. } | ExprKind::SearchPath(_) | ExprKind::Neg(_) => self.called(expr)?,
            ExprKind::Lambda { param, body } => {
                self.text("(");
                self.param(&param)?;
                self.sentence(&[(": ", body)])?;
                self.text(")");
            }
            ExprKind::Let { bindings, body } => {
                self.text("(let ");
                self.bindings(true, bindings, expr.span)?;
                self.sentence(&[("in ", body)])?;
                self.text(")");
            }
            ExprKind::LegacyLet { bindings } => {
                self.text("(rec { ");
                self.bindings(true, bindings, expr.span)?;
                self.text("}).body");
            }
            ExprKind::AttrSet { recursive, bindings } => {
                self.text(if recursive { "rec { " } else { "{ " });
                self.bindings(recursive, bindings, expr.span)?;
                self.text("}");
            }
            ExprKind::List(items) => {
                self.text("[ ");
                for item in items {
                    self.sentence(&[("(", item)])?;
                    self.text(") ");
                }
                self.text("]");
            }
            ExprKind::With { scope, body } => {
                self.sentence(&[("(with ", scope), ("; ", body)])?;
                self.text(")");
            }
            ExprKind::If { cond, yes, no } => {
                self.sentence(&[("(if ", cond), (" then ", yes), (" else ", no)])?;
                self.text(")");
            }
            ExprKind::Assert { cond, body } => self.sentence(&[("assert ", cond), ("; ", body)])?,
            ExprKind::Not(operand) => {
                self.sentence(&[("(! ", operand)])?;
                self.text(")");
            }
            ExprKind::Binary { op, left, right, .. } => self.binary(op, left, right, expr)?,
        }
        Ok(())
    }
}

/// Appends a name, in quotes where it needs them.
pub fn identifier(name: &[u8], out: &mut Vec<u8>) {
    if is_identifier(name) { out.extend_from_slice(name) } else { literal(name, out) }
}

/// Appends a string literal with Nix's escapes.
pub fn literal(bytes: &[u8], out: &mut Vec<u8>) {
    out.push(b'"');
    for (index, byte) in bytes.iter().enumerate() {
        match byte {
            b'"' | b'\\' => out.extend_from_slice(&[b'\\', *byte]),
            b'\n' => out.extend_from_slice(b"\\n"),
            b'\r' => out.extend_from_slice(b"\\r"),
            b'\t' => out.extend_from_slice(b"\\t"),
            b'$' if bytes.get(index + 1) == Some(&b'{') => out.extend_from_slice(b"\\$"),
            byte => out.push(*byte),
        }
    }
    out.push(b'"');
}

/// Whether a name can be written without quotes.
pub fn is_identifier(name: &[u8]) -> bool {
    const KEYWORDS: [&[u8]; 9] =
        [b"if", b"then", b"else", b"assert", b"with", b"let", b"in", b"rec", b"inherit"];
    match name.split_first() {
        Some((first, rest)) => {
            (first.is_ascii_alphabetic() || *first == b'_')
                && rest.iter().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'\'' | b'-'))
                && !KEYWORDS.contains(&name)
        }
        None => false,
    }
}

#[cfg(test)]
mod tests {
    use bumpalo::Bump;

    use crate::arena::Arena;

    use super::*;
    use crate::parser::{ParseOptions, parse};

    #[track_caller]
    fn check(text: &str, expected: &str) {
        let (bump, names) = (Bump::new(), Arena::new());
        let symbols = Symbols::new(&names);
        let options = ParseOptions { pipe_operators: true, ..ParseOptions::default() };
        let tree = parse(&bump, &symbols, text.as_bytes(), &options).unwrap();
        let home = || Ok(b"/home/u".to_vec());
        let surroundings = Surroundings { symbols: &symbols, directory: b"/dir", home: &home };
        let shown = show(tree, &surroundings).unwrap_or_else(|error| error.message.into_bytes());
        assert_eq!(String::from_utf8(shown).unwrap(), expected, "for {text}");
    }

    #[test]
    fn definitions_are_merged_and_sorted() {
        check("{ b = 1; a = 2; }", "{ a = 2; b = 1; }");
        check("{ a.b = 1; a = { c = 2; }; }", "{ a = { b = 1; c = 2; }; }");
        check("{ a = rec { b = 1; }; a.c = b; }", "{ a = rec { b = 1; c = b; }; }");
        check("{ z = 1; inherit y x; inherit (s) w v; }", "{ inherit x y; inherit (s) v w; z = 1; }");
        check(
            "{ a = { inherit (p) x; }; a = { inherit (q) y; }; }",
            "{ a = { inherit (p) x; inherit (q) y; }; }",
        );
        check("{ ${n}.x = 1; \"a b\" = 2; }", "{ \"a b\" = 2; \"${n}\" = { x = 1; }; }");
        check("let b = 1; a = b; in a", "(let a = b; b = 1; in a)");
        check("let { body = 1; }", "(rec { body = 1; }).body");
        check("{ a.b = 1; a.b = 2; }", "attribute 'a.b' already defined");
        check("{ a = { b = 1; }; a = { b = 2; }; }", "attribute 'a.b' already defined");
    }

    #[test]
    fn calls_are_flat() {
        check("(f a) b c", "(f a b c)");
        check("-a", "(__sub 0 a)");
        check("(a - b) c", "(__sub a b c)");
        check("<n> { }", "(__findFile __nixPath \"n\" { })");
        check("a <= b", "(! (__lessThan b a))");
        check("a > b", "(__lessThan b a)");
        check("a |> f b", "(f b a)");
        check("f <| a", "(f a)");
        check("f or", "(f or)");
    }

    #[test]
    fn functions() {
        check("{ b ? 1, a, ... }@s: a", "({ a, b ? 1, ... } @ s: a)");
        check("{ ... }: 1", "({ ... }: 1)");
        check("{ }: 1", "({  }: 1)");
        check("x: y: x", "(x: (y: x))");
    }

    #[test]
    fn strings_and_paths() {
        check("\"a${b}c\"", "(\"a\" + b + \"c\")");
        check("\"${b}\"", "(b)");
        check("\"\\${\"", "\"\\${\"");
        check("''\n  a''\\nb\n''", "(\"a\" + \"\\n\" + \"b\\n\")");
        check("''${\"b\"}''", "\"b\"");
        check("\"a\\n\\\"${b}\"", "(\"a\\n\\\"\" + b)");
        check("./a/../b", "/dir/b");
        check("~/x", "/home/u/x");
        check("./${a}/b", "(/dir/ + a + \"/b\")");
        check("1.5e10", "1.5e+10");
    }
}
