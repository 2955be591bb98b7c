//! The printed form of an expression, as Nix gives it in failed assertions and for `nix-instantiate --parse`.

use crate::ast::{AttrName, BinOp, Binding, Expr, ExprKind, Param, StrPart};
use crate::symbol::{Symbol, Symbols};

/// The expression as Nix prints it.
pub fn show(expr: &Expr<'_>, symbols: &Symbols<'_>) -> String {
    let mut printer = Printer { symbols, out: String::new() };
    printer.expr(expr);
    printer.out
}

struct Printer<'p, 'a> {
    symbols: &'p Symbols<'a>,
    out: String,
}

impl Printer<'_, '_> {
    fn text(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn name(&mut self, symbol: Symbol) {
        let name = self.symbols.name(symbol);
        if is_identifier(name) {
            self.text(&String::from_utf8_lossy(name));
        } else {
            self.literal(name);
        }
    }

    fn literal(&mut self, bytes: &[u8]) {
        self.out.push('"');
        let text = String::from_utf8_lossy(bytes);
        let mut rest = text.chars().peekable();
        while let Some(c) = rest.next() {
            match c {
                '"' | '\\' => self.out.extend(['\\', c]),
                '\n' => self.text("\\n"),
                '\r' => self.text("\\r"),
                '\t' => self.text("\\t"),
                '$' if rest.peek() == Some(&'{') => self.text("\\$"),
                c => self.out.push(c),
            }
        }
        self.out.push('"');
    }

    fn parts(&mut self, parts: &[StrPart<'_>], path: bool) {
        match parts {
            [] => self.text("\"\""),
            [StrPart::Lit(bytes, _)] if path => self.text(&String::from_utf8_lossy(bytes)),
            [StrPart::Lit(bytes, _)] => self.literal(bytes),
            parts => {
                self.text("(");
                for (at, part) in parts.iter().enumerate() {
                    if at > 0 {
                        self.text(" + ");
                    }
                    match part {
                        StrPart::Lit(bytes, _) if path && at == 0 => {
                            self.text(&String::from_utf8_lossy(bytes))
                        }
                        StrPart::Lit(bytes, _) => self.literal(bytes),
                        StrPart::Interp(inner) => self.expr(inner),
                    }
                }
                self.text(")");
            }
        }
    }

    fn attr_path(&mut self, path: &[AttrName<'_>]) {
        for (at, name) in path.iter().enumerate() {
            if at > 0 {
                self.text(".");
            }
            match name {
                AttrName::Static(name, _) => self.name(*name),
                AttrName::Dynamic(inner) => {
                    self.text("\"${");
                    self.expr(inner);
                    self.text("}\"");
                }
            }
        }
    }

    fn bindings(&mut self, bindings: &[Binding<'_>]) {
        for binding in bindings {
            match binding {
                Binding::Attr { path, value, .. } => {
                    self.attr_path(path);
                    self.text(" = ");
                    self.expr(value);
                }
                Binding::Inherit { from, names } => {
                    self.text("inherit");
                    if let Some(from) = from {
                        self.text(" (");
                        self.expr(from);
                        self.text(")");
                    }
                    for (name, _) in *names {
                        self.text(" ");
                        self.name(*name);
                    }
                }
            }
            self.text("; ");
        }
    }

    fn param(&mut self, param: &Param<'_>) {
        match param {
            Param::Ident(name, _) => self.name(*name),
            Param::Formals(formals) => {
                self.text("{ ");
                for (at, formal) in formals.formals.iter().enumerate() {
                    if at > 0 {
                        self.text(", ");
                    }
                    self.name(formal.name);
                    if let Some(default) = formal.default {
                        self.text(" ? ");
                        self.expr(default);
                    }
                }
                if formals.ellipsis {
                    self.text(if formals.formals.is_empty() { "..." } else { ", ..." });
                }
                self.text(" }");
                if let Some((name, _)) = formals.at {
                    self.text(" @ ");
                    self.name(name);
                }
            }
        }
    }

    fn call(&mut self, function: &str, args: &[&Expr<'_>]) {
        self.text("(");
        self.text(function);
        for arg in args {
            self.text(" ");
            self.expr(arg);
        }
        self.text(")");
    }

    fn infix(&mut self, operator: &str, left: &Expr<'_>, right: &Expr<'_>) {
        self.text("(");
        self.expr(left);
        self.text(operator);
        self.expr(right);
        self.text(")");
    }

    fn binary(&mut self, op: BinOp, left: &Expr<'_>, right: &Expr<'_>) {
        match op {
            BinOp::Add => self.infix(" + ", left, right),
            BinOp::Concat => self.infix(" ++ ", left, right),
            BinOp::Update => self.infix(" // ", left, right),
            BinOp::Eq => self.infix(" == ", left, right),
            BinOp::NotEq => self.infix(" != ", left, right),
            BinOp::And => self.infix(" && ", left, right),
            BinOp::Or => self.infix(" || ", left, right),
            BinOp::Implies => self.infix(" -> ", left, right),
            BinOp::Sub => self.call("__sub", &[left, right]),
            BinOp::Mul => self.call("__mul", &[left, right]),
            BinOp::Div => self.call("__div", &[left, right]),
            BinOp::Less => self.call("__lessThan", &[left, right]),
            BinOp::More => self.call("__lessThan", &[right, left]),
            BinOp::LessEq => self.negated("__lessThan", &[right, left]),
            BinOp::MoreEq => self.negated("__lessThan", &[left, right]),
            BinOp::PipeLeft => self.infix(" ", left, right),
            BinOp::PipeRight => self.infix(" ", right, left),
        }
    }

    fn negated(&mut self, function: &str, args: &[&Expr<'_>]) {
        self.text("(! ");
        self.call(function, args);
        self.text(")");
    }

    fn applied(&mut self, expr: &Expr<'_>) {
        if let ExprKind::Apply { func, arg } = expr.kind {
            self.applied(func);
            self.text(" ");
            self.expr(arg);
        } else {
            self.expr(expr);
        }
    }

    fn expr(&mut self, expr: &Expr<'_>) {
        match expr.kind {
            ExprKind::Int(value) => self.text(&value.to_string()),
            ExprKind::Float(value) => self.text(&value.to_string()),
            ExprKind::Str(parts) => self.parts(parts, false),
            ExprKind::Path(parts) => self.parts(parts, true),
            ExprKind::SearchPath(name) => {
                self.text("(__findFile __nixPath ");
                self.literal(name);
                self.text(")");
            }
            ExprKind::Ident(name) => self.text(&String::from_utf8_lossy(self.symbols.name(name))),
            ExprKind::Select { base, path, default } => {
                self.text("(");
                self.expr(base);
                self.text(").");
                self.attr_path(path);
                if let Some(default) = default {
                    self.text(" or (");
                    self.expr(default);
                    self.text(")");
                }
            }
            ExprKind::HasAttr { base, path } => {
                self.text("((");
                self.expr(base);
                self.text(") ? ");
                self.attr_path(path);
                self.text(")");
            }
            ExprKind::Apply { .. } => {
                self.text("(");
                self.applied(expr);
                self.text(")");
            }
            ExprKind::Lambda { param, body } => {
                self.text("(");
                self.param(&param);
                self.text(": ");
                self.expr(body);
                self.text(")");
            }
            ExprKind::Let { bindings, body } => {
                self.text("(let ");
                self.bindings(bindings);
                self.text("in ");
                self.expr(body);
                self.text(")");
            }
            ExprKind::LegacyLet { bindings } => {
                self.text("(rec { ");
                self.bindings(bindings);
                self.text("}).body");
            }
            ExprKind::AttrSet { recursive, bindings } => {
                self.text(if recursive { "rec { " } else { "{ " });
                self.bindings(bindings);
                self.text("}");
            }
            ExprKind::List(items) => {
                self.text("[ ");
                for item in items {
                    self.text("(");
                    self.expr(item);
                    self.text(") ");
                }
                self.text("]");
            }
            ExprKind::With { scope, body } => {
                self.text("(with ");
                self.expr(scope);
                self.text("; ");
                self.expr(body);
                self.text(")");
            }
            ExprKind::If { cond, yes, no } => {
                self.text("(if ");
                self.expr(cond);
                self.text(" then ");
                self.expr(yes);
                self.text(" else ");
                self.expr(no);
                self.text(")");
            }
            ExprKind::Assert { cond, body } => {
                self.text("assert ");
                self.expr(cond);
                self.text("; ");
                self.expr(body);
            }
            ExprKind::Not(operand) => {
                self.text("(! ");
                self.expr(operand);
                self.text(")");
            }
            ExprKind::Neg(operand) => {
                self.text("(__sub 0 ");
                self.expr(operand);
                self.text(")");
            }
            ExprKind::Binary { op, left, right, .. } => self.binary(op, left, right),
        }
    }
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
