//! Which functions are done with their arguments once they have returned.

use crate::program::{Attr, Delayed, Expr};

/// Whether a value of `body`, or a computation that it puts off, may look into the frame of its function later. Where not, one
/// frame does for all calls that follow each other, as those of a comparison by a sort.
///
/// Variables do not count: whoever takes one gets its value, or a reference to where that is computed, which is not in the
/// frame of a function whose arguments came as values.
pub(super) fn keeps_frame<V>(body: &Expr<'_, V>) -> bool {
    let keeps = |expr: &&Expr<'_, V>| keeps_frame(expr);
    match body {
        Expr::Const(_)
        | Expr::Local { .. }
        | Expr::Outer { .. }
        | Expr::FromWith { .. }
        | Expr::CurPos(_) => false,
        Expr::Lambda(_) | Expr::Let { .. } | Expr::Set(_) | Expr::With { .. } => true,
        Expr::Select { base, .. } => keeps_frame(base),
        Expr::SelectPath { base, path, default, .. } => {
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

fn keeps_in_path<V>(path: &[Attr<'_, V>]) -> bool {
    path.iter().any(|attr| match attr {
        Attr::Static(..) => false,
        Attr::Dynamic(name, _) => keeps_frame(name),
    })
}

/// Whether an argument or element becomes a computation of its own, which needs the frame when it runs.
fn is_put_off<V>(delayed: &Delayed<'_, V>) -> bool {
    !matches!(delayed.expr, Expr::Const(_) | Expr::Local { .. } | Expr::Outer { .. } | Expr::List([]))
}
