//! What the parser makes of texts, shown as s-expressions.

mod corpus;
mod depth;
mod errors;
mod grammar;
mod random;
mod strings;

use bumpalo::Bump;

use crate::arena::Arena;

use super::{ParseOptions, SyntaxError, parse};
use crate::ast::{AttrName, BinOp, Binding, Expr, ExprKind, Param, StrPart};
use crate::symbol::{Symbol, Symbols};

/// The text's tree, or its error.
fn read(text: &[u8], options: &ParseOptions) -> Result<String, SyntaxError> {
    let (bump, names) = (Bump::new(), Arena::new());
    let symbols = Symbols::new(&names);
    let expr = parse(&bump, &symbols, text, options)?;
    Ok(Show(&symbols).expr(expr))
}

fn with_pipes() -> ParseOptions {
    ParseOptions { pipe_operators: true, ..ParseOptions::default() }
}

#[track_caller]
fn check(text: &str, expected: &str) {
    let found = read(text.as_bytes(), &with_pipes()).unwrap_or_else(|error| format!("error: {error}"));
    assert_eq!(found, expected, "for {text:?}");
}

/// Runs `body` on a stack that suits the default depth without optimisation.
fn on_ample_stack(body: impl FnOnce() + Send + 'static) {
    std::thread::Builder::new().stack_size(1 << 30).spawn(body).unwrap().join().unwrap();
}

fn quoted(bytes: Vec<u8>) -> String {
    format!("\"{}\"", bytes.escape_ascii())
}

/// Neighbouring literal parts are shown as one.
struct Show<'s, 'a>(&'s Symbols<'a>);

impl<'a> Show<'_, 'a> {
    fn name(&self, symbol: Symbol) -> String {
        String::from_utf8_lossy(self.0.name(symbol)).into_owned()
    }

    fn parts(&self, parts: &[StrPart<'a>]) -> String {
        let mut shown: Vec<String> = Vec::new();
        let mut literal: Option<Vec<u8>> = None;
        for part in parts {
            match part {
                StrPart::Lit(bytes, _) => literal.get_or_insert_default().extend_from_slice(bytes),
                StrPart::Interp(expr) => {
                    shown.extend(literal.take().map(quoted));
                    shown.push(format!("${{{}}}", self.expr(expr)));
                }
            }
        }
        shown.extend(literal.map(quoted));
        shown.join(" ")
    }

    fn path(&self, path: &[AttrName<'a>]) -> String {
        let shown: Vec<String> = path
            .iter()
            .map(|name| match name {
                AttrName::Static(name, _) => self.name(*name),
                AttrName::Dynamic(expr) => format!("${{{}}}", self.expr(expr)),
            })
            .collect();
        shown.join(".")
    }

    fn bindings(&self, bindings: &[Binding<'a>]) -> String {
        let mut shown = String::new();
        for binding in bindings {
            match binding {
                Binding::Attr { path, value, .. } => {
                    shown += &format!(" (= {} {})", self.path(path), self.expr(value));
                }
                Binding::Inherit { from, names } => {
                    shown += " (inherit";
                    if let Some(from) = from {
                        shown += &format!(" from {}", self.expr(from));
                    }
                    for (name, _) in *names {
                        shown += &format!(" {}", self.name(*name));
                    }
                    shown += ")";
                }
            }
        }
        shown
    }

    fn param(&self, param: &Param<'a>) -> String {
        let formals = match param {
            Param::Ident(name, _) => return self.name(*name),
            Param::Formals(formals) => formals,
        };
        let mut shown: Vec<String> = formals
            .formals
            .iter()
            .map(|formal| match formal.default {
                Some(default) => format!("{}?{}", self.name(formal.name), self.expr(default)),
                None => self.name(formal.name),
            })
            .collect();
        if formals.ellipsis {
            shown.push("...".to_owned());
        }
        let at = formals.at.map(|(name, _)| format!("@{}", self.name(name))).unwrap_or_default();
        format!("{{{}}}{at}", shown.join(" "))
    }

    fn expr(&self, expr: &Expr<'a>) -> String {
        let e = |expr: &Expr<'a>| self.expr(expr);
        match &expr.kind {
            ExprKind::Int(value) => value.to_string(),
            ExprKind::Float(value) => format!("{value:?}"),
            ExprKind::Str([]) => "\"\"".to_owned(),
            ExprKind::Str(parts) if parts.iter().all(|part| matches!(part, StrPart::Lit(..))) => {
                self.parts(parts)
            }
            ExprKind::Str(parts) => format!("(str {})", self.parts(parts)),
            ExprKind::Path(parts) => format!("(path {})", self.parts(parts)),
            ExprKind::SearchPath(name) => format!("<{}>", name.escape_ascii()),
            ExprKind::Ident(name) => self.name(*name),
            ExprKind::Select { base, path, default: None } => {
                format!("(select {} {})", e(base), self.path(path))
            }
            ExprKind::Select { base, path, default: Some(default) } => {
                format!("(or (select {} {}) {})", e(base), self.path(path), e(default))
            }
            ExprKind::HasAttr { base, path } => format!("(? {} {})", e(base), self.path(path)),
            ExprKind::Apply { func, arg } => format!("({} {})", e(func), e(arg)),
            ExprKind::Lambda { param, body } => format!("(fn {} {})", self.param(param), e(body)),
            ExprKind::Let { bindings, body } => format!("(let{} {})", self.bindings(bindings), e(body)),
            ExprKind::LegacyLet { bindings } => format!("(let-body{})", self.bindings(bindings)),
            ExprKind::AttrSet { recursive: false, bindings } => format!("(set{})", self.bindings(bindings)),
            ExprKind::AttrSet { recursive: true, bindings } => format!("(rec{})", self.bindings(bindings)),
            ExprKind::List(items) => {
                let items: Vec<String> = items.iter().map(e).collect();
                format!("[{}]", items.join(" "))
            }
            ExprKind::With { scope, body } => format!("(with {} {})", e(scope), e(body)),
            ExprKind::If { cond, yes, no } => format!("(if {} {} {})", e(cond), e(yes), e(no)),
            ExprKind::Assert { cond, body } => format!("(assert {} {})", e(cond), e(body)),
            ExprKind::Not(inner) => format!("(! {})", e(inner)),
            ExprKind::Neg(inner) => format!("(neg {})", e(inner)),
            ExprKind::Binary { op, left, right, .. } => {
                format!("({} {} {})", operator(*op), e(left), e(right))
            }
        }
    }
}

fn operator(op: BinOp) -> &'static str {
    match op {
        BinOp::Add => "+",
        BinOp::Sub => "-",
        BinOp::Mul => "*",
        BinOp::Div => "/",
        BinOp::Concat => "++",
        BinOp::Update => "//",
        BinOp::Eq => "==",
        BinOp::NotEq => "!=",
        BinOp::Less => "<",
        BinOp::LessEq => "<=",
        BinOp::More => ">",
        BinOp::MoreEq => ">=",
        BinOp::And => "&&",
        BinOp::Or => "||",
        BinOp::Implies => "->",
        BinOp::PipeLeft => "<|",
        BinOp::PipeRight => "|>",
    }
}
