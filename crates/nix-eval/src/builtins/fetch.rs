//! Functions that fetch. An evaluation reaches no network, so they are there to be named and tested for, and refuse to be
//! called.

use nix_syntax::source::Pos;

use super::{Def, def};
use crate::error::{ErrorKind, EvalError};
use crate::eval::Eval;
use crate::value::Value;

pub(super) fn defs<'a>() -> Vec<Def<'a>> {
    vec![
        def("fetchGit", 1, 1, |eval, args, pos| Err(refused(eval, "fetchGit", args, pos))),
        def("fetchMercurial", 1, 1, |eval, args, pos| Err(refused(eval, "fetchMercurial", args, pos))),
        def("fetchTarball", 1, 1, |eval, args, pos| Err(refused(eval, "fetchTarball", args, pos))),
        def("fetchurl", 1, 1, |eval, args, pos| Err(refused(eval, "fetchurl", args, pos))),
    ]
}

#[cold]
fn refused<'a>(eval: &Eval<'a>, name: &str, args: &[Value<'a>], pos: Pos) -> Box<EvalError> {
    let what = args.first().map(|arg| eval.show_for_error(*arg)).unwrap_or_default();
    let message = format!(
        "'builtins.{name}' is not supported, as evaluation reaches no network; it was called with {what}"
    );
    EvalError::new(ErrorKind::Restricted, message, pos)
}
