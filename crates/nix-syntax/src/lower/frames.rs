//! Which functions are done with their arguments once they have returned.

use crate::program::{Attr, Delayed, Expr, Formal, Keeps, Selection};

/// What the values of a function with this body, and the computations that it puts off, need of a call's frame later.
pub(super) fn kept<V>(formals: &[Formal<'_, V>], body: &Expr<'_, V>) -> Keeps {
    // A default that is another argument refers to that one's slot.
    let in_frame = |default: &Delayed<'_, V>| is_put_off(default) || is_variable(default);
    let has_default = formals.iter().filter_map(|formal| formal.default.as_ref()).any(in_frame);
    if has_default || keeps_frame(body) {
        Keeps::Frame
    } else if passes_on(body) {
        Keeps::Arguments
    } else {
        Keeps::Nothing
    }
}

/// Whether a value of `body`, or a computation that it puts off, may look into the frame of its function later.
///
/// Variables do not count: whoever takes one gets its value, or a reference to where that is computed.
fn keeps_frame<V>(body: &Expr<'_, V>) -> bool {
    let keeps = |expr: &&Expr<'_, V>| keeps_frame(expr);
    match body {
        Expr::Const(_)
        | Expr::Local { .. }
        | Expr::Outer { .. }
        | Expr::FromWith { .. }
        | Expr::CurPos(_) => false,
        Expr::Lambda(_) | Expr::Let { .. } | Expr::Set(_) | Expr::With { .. } => true,
        Expr::Select { base, .. } => keeps_frame(base),
        Expr::SelectPath(Selection { base, path, default }) => {
            keeps_frame(base) || keeps_in_path(path) || default.is_some_and(|default| keeps_frame(default))
        }
        Expr::HasAttr { base, path } => keeps_frame(base) || keeps_in_path(path),
        Expr::Call { func, args, .. } => keeps_frame(func) || args.iter().any(is_put_off),
        Expr::List(items) => items.iter().any(is_put_off),
        Expr::If { cond, yes, no, .. } => [cond, yes, no].into_iter().any(keeps),
        // The message of one that fails looks at the values once more, right away.
        Expr::Assert { cond, body, .. } => [cond, body].into_iter().any(keeps),
        Expr::Not { operand, .. } => keeps_frame(operand),
        Expr::And { left, right, .. }
        | Expr::Or { left, right, .. }
        | Expr::Implies { left, right, .. }
        | Expr::Equal { left, right, .. }
        | Expr::Less { left, right, .. }
        | Expr::Arith { left, right, .. }
        | Expr::Update { left, right, .. }
        | Expr::Add { left, right, .. } => [left, right].into_iter().any(keeps),
        Expr::ConcatLists { parts, .. } => parts.iter().any(|part| keeps_frame(part)),
        Expr::Interpolate { parts, .. } => parts.iter().any(|part| keeps_frame(part.expr)),
    }
}

/// Whether `body`, which keeps no frame, hands on a variable of its function as it is. It may not be computed yet; whoever gets
/// it refers to the place where it will be.
fn passes_on<V>(body: &Expr<'_, V>) -> bool {
    let passes = |expr: &&Expr<'_, V>| passes_on(expr);
    match body {
        Expr::Const(_)
        | Expr::Local { .. }
        | Expr::Outer { .. }
        | Expr::FromWith { .. }
        | Expr::CurPos(_)
        | Expr::Lambda(_)
        | Expr::Let { .. }
        | Expr::Set(_)
        | Expr::With { .. } => false,
        Expr::Select { base, .. } => passes_on(base),
        Expr::SelectPath(Selection { base, path, default }) => {
            passes_on(base) || passes_in_path(path) || default.is_some_and(|default| passes_on(default))
        }
        Expr::HasAttr { base, path } => passes_on(base) || passes_in_path(path),
        Expr::Call { func, args, .. } => passes_on(func) || args.iter().any(is_variable),
        Expr::List(items) => items.iter().any(is_variable),
        Expr::If { cond, yes, no, .. } => [cond, yes, no].into_iter().any(passes),
        Expr::Assert { cond, body, .. } => [cond, body].into_iter().any(passes),
        Expr::Not { operand, .. } => passes_on(operand),
        Expr::And { left, right, .. }
        | Expr::Or { left, right, .. }
        | Expr::Implies { left, right, .. }
        | Expr::Equal { left, right, .. }
        | Expr::Less { left, right, .. }
        | Expr::Arith { left, right, .. }
        | Expr::Update { left, right, .. }
        | Expr::Add { left, right, .. } => [left, right].into_iter().any(passes),
        Expr::ConcatLists { parts, .. } => parts.iter().any(|part| passes_on(part)),
        Expr::Interpolate { parts, .. } => parts.iter().any(|part| passes_on(part.expr)),
    }
}

fn passes_in_path<V>(path: &[Attr<'_, V>]) -> bool {
    path.iter().any(|attr| match attr {
        Attr::Static(..) => false,
        Attr::Dynamic(name, _) => passes_on(name),
    })
}

fn keeps_in_path<V>(path: &[Attr<'_, V>]) -> bool {
    path.iter().any(|attr| match attr {
        Attr::Static(..) => false,
        Attr::Dynamic(name, _) => keeps_frame(name),
    })
}

/// Whether an argument or element is a variable of the innermost frame.
fn is_variable<V>(delayed: &Delayed<'_, V>) -> bool {
    matches!(delayed.expr, Expr::Local { .. })
}

/// Whether an argument or element becomes a computation of its own, which needs the frame when it runs.
fn is_put_off<V>(delayed: &Delayed<'_, V>) -> bool {
    !matches!(delayed.expr, Expr::Const(_) | Expr::Local { .. } | Expr::Outer { .. } | Expr::List([]))
}
