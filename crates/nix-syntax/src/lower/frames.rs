//! Which functions are done with their arguments once they have returned.

use crate::program::{Attr, Delayed, Expr, Formal, Keeps, Selection};

/// What the values of a function with this body, and the computations that it puts off, need of a call's frame later.
pub(super) fn kept<V>(formals: &[Formal<'_, V>], body: &Expr<'_, V>) -> Keeps {
    // A default that is computed does so in the frame, and one that is another argument refers to that one's slot.
    let defaults = formals.iter().filter_map(|formal| formal.default.as_ref());
    if most(defaults.map(of_delayed)) == Keeps::Nothing { of_value(body) } else { Keeps::Frame }
}

/// The same for the value of one expression. A variable that is only evaluated needs nothing: what counts is its value.
fn of_value<V>(expr: &Expr<'_, V>) -> Keeps {
    match expr {
        Expr::Const(_)
        | Expr::Local { .. }
        | Expr::Outer { .. }
        | Expr::FromWith { .. }
        | Expr::CurPos(_) => Keeps::Nothing,
        // What it is made of is not known.
        Expr::Later(_) => Keeps::Frame,
        Expr::Lambda(_) | Expr::Let { .. } | Expr::Set(_) | Expr::With { .. } => Keeps::Frame,
        Expr::Select { base, .. } => of_value(base),
        Expr::SelectPath(Selection { base, path, default }) => {
            most([of_value(base), of_path(path)].into_iter().chain(default.map(of_value)))
        }
        Expr::HasAttr { base, path } => of_value(base).max(of_path(path)),
        Expr::Call { func, args, .. } => of_value(func).max(most(args.iter().map(of_delayed))),
        Expr::List(items) => most(items.iter().map(of_delayed)),
        Expr::If { cond, yes, no, .. } => of_value(cond).max(of_value(yes)).max(of_value(no)),
        // The message of one that fails looks at the values once more, right away.
        Expr::Assert { cond, body, .. } => of_value(cond).max(of_value(body)),
        Expr::Not { operand, .. } => of_value(operand),
        Expr::And { left, right, .. }
        | Expr::Or { left, right, .. }
        | Expr::Implies { left, right, .. }
        | Expr::Equal { left, right, .. }
        | Expr::Less { left, right, .. }
        | Expr::Arith { left, right, .. }
        | Expr::Update { left, right, .. }
        | Expr::Add { left, right, .. } => of_value(left).max(of_value(right)),
        Expr::ConcatLists { parts, .. } => most(parts.iter().map(|part| of_value(part))),
        Expr::Interpolate { parts, .. } => most(parts.iter().map(|part| of_value(part.expr))),
    }
}

fn of_path<V>(path: &[Attr<'_, V>]) -> Keeps {
    most(path.iter().map(|attr| match attr {
        Attr::Static(..) => Keeps::Nothing,
        Attr::Dynamic(name, _) => of_value(name),
    }))
}

/// The same for what is handed on as it is. A variable of the function may not be computed yet, and whoever gets it refers to the
/// place where it will be; anything else that is not known yet needs the frame when it is computed.
fn of_delayed<V>(delayed: &Delayed<'_, V>) -> Keeps {
    match delayed.expr {
        Expr::Const(_) | Expr::Outer { .. } | Expr::List([]) => Keeps::Nothing,
        Expr::Local { .. } => Keeps::Arguments,
        _ => Keeps::Frame,
    }
}

fn most(all: impl Iterator<Item = Keeps>) -> Keeps {
    all.max().unwrap_or(Keeps::Nothing)
}
