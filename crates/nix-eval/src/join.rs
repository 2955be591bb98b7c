//! What joins: `+`, strings and paths with interpolations, `++`.

use nix_syntax::ast::BinOp;
use nix_syntax::program::{Expr, Part};
use nix_syntax::source::Pos;

use crate::context::Context;
use crate::error::{EvalError, EvalResult, WithFrame};
use crate::eval::Eval;
use crate::strings::Coercion;
use crate::value::{List, MaybeEnv, Str, Value, View, share};

type Node<'a> = Expr<'a, Value<'a>>;

/// A string of up to this many parts is joined without a list of them on the heap.
const FEW_PARTS: usize = 8;

impl<'a> Eval<'a> {
    pub(crate) fn eval_add(
        &self,
        left: &'a Node<'a>,
        right: &'a Node<'a>,
        pos: Pos,
        env: MaybeEnv<'a>,
    ) -> EvalResult<Value<'a>> {
        let first = self.eval(left, env)?;
        if matches!(first.view(), View::Int(_) | View::Float(_) | View::Str(_) | View::Path(_)) {
            let second = self.eval(right, env)?;
            return self.add(first, second, pos);
        }
        // The first is coerced before the second is evaluated, so that the error that comes first is the same as Nix's.
        let first = self.part(first, false, false, pos)?;
        let second = self.part(self.eval(right, env)?, false, false, pos)?;
        self.joined(&[first, second], false, pos)
    }

    /// `left + right`: numbers are added, a path is extended, everything else is joined as strings.
    pub(crate) fn add(&self, left: Value<'a>, right: Value<'a>, pos: Pos) -> EvalResult<Value<'a>> {
        match (left.view(), right.view()) {
            (View::Int(_) | View::Float(_), View::Int(_) | View::Float(_)) => {
                self.arithmetic(BinOp::Add, left, right, pos)
            }
            (View::Int(_), other) => Err(EvalError::type_error(
                format!("cannot add {} to an integer", other.value().type_with_article()),
                pos,
            )),
            (View::Float(_), other) => Err(EvalError::type_error(
                format!("cannot add {} to a float", other.value().type_with_article()),
                pos,
            )),
            (View::Path(first), _) => {
                let second = self.part(right, true, false, pos)?;
                self.joined(&[first, second], true, pos)
            }
            _ => {
                // A string on the left means that a path on the right is its copy in the store.
                let copy = matches!(left.view(), View::Str(_));
                let first = self.part(left, false, copy, pos)?;
                let second = self.part(right, false, copy, pos)?;
                self.joined(&[first, second], false, pos)
            }
        }
    }

    /// A part of a string or path, as the text that it stands for; `copy` says whether a path means its copy in the store.
    #[inline]
    fn part(&self, value: Value<'a>, path: bool, copy: bool, pos: Pos) -> EvalResult<Str<'a>> {
        match value.view() {
            View::Str(text) => Ok(text),
            View::Path(text) if path => Ok(text),
            value => self
                .coerce_shared(value.value(), pos, Coercion { more: false, copy })
                .with_frame(|| "while evaluating a path segment".to_owned(), pos),
        }
    }

    #[inline(never)]
    pub(crate) fn interpolate(
        &self,
        parts: &'a [Part<'a, Value<'a>>],
        path: bool,
        pos: Pos,
        env: MaybeEnv<'a>,
    ) -> EvalResult<Value<'a>> {
        // Each part is coerced before the next one is evaluated, so that the error that comes first is the same as Nix's.
        let mut few = [self.empty_string; FEW_PARTS];
        if let Some(few) = few.get_mut(..parts.len()) {
            for (slot, part) in few.iter_mut().zip(parts) {
                *slot = self.part(self.eval(part.expr, env)?, path, !path, part.pos)?;
            }
            return self.joined(few, path, pos);
        }
        let mut many = Vec::with_capacity(parts.len());
        for part in parts {
            many.push(self.part(self.eval(part.expr, env)?, path, !path, part.pos)?);
        }
        self.joined(&many, path, pos)
    }

    /// One string or path of all `parts`.
    fn joined(&self, parts: &[Str<'a>], is_path: bool, pos: Pos) -> EvalResult<Value<'a>> {
        if is_path {
            if parts.iter().any(|part| !part.context().is_empty()) {
                return Err(EvalError::other(
                    "a string that refers to a store path cannot be appended to a path",
                    pos,
                ));
            }
            let bytes: Vec<u8> = parts.iter().flat_map(|part| part.bytes()).copied().collect();
            return Ok(self.path(&nix_syntax::lower::canonical_path(b"/", &bytes)));
        }
        let contexts = parts.iter().map(|part| part.context());
        let context = contexts.fold(Context::EMPTY, |all, context| self.contexts.union(all, context));
        let bytes = parts.iter().map(|part| part.bytes());
        Ok(Value::str(Str::joined(self.arena, bytes, context)))
    }

    #[inline(never)]
    pub(crate) fn concat_lists(
        &self,
        parts: &'a [&'a Node<'a>],
        pos: Pos,
        env: MaybeEnv<'a>,
    ) -> EvalResult<Value<'a>> {
        let mut lists: Vec<List<'a>> = Vec::with_capacity(parts.len());
        // As in Nix, all parts are evaluated before one is found to be no list.
        let mut wrong = None;
        for part in parts {
            match self.eval(part, env)?.view() {
                View::List(list) => lists.push(list),
                other => wrong = wrong.or(Some(other)),
            }
        }
        match wrong {
            None => Ok(self.joined_lists(&lists)),
            Some(other) => Err(self
                .unexpected("a list", other.value(), pos)
                .frame("while evaluating one of the elements to concatenate", pos)),
        }
    }

    /// One list of the elements of all `lists`.
    pub(crate) fn joined_lists(&self, lists: &[List<'a>]) -> Value<'a> {
        let mut filled = lists.iter().filter(|list| !list.is_empty());
        match (filled.next(), filled.next()) {
            (None, _) => return self.empty_list(),
            (Some(only), None) => return Value::list(*only),
            _ => {}
        }
        let total = lists.iter().map(|list| list.len()).sum();
        let (mut lists, mut slots) = (lists.iter(), [].iter());
        Value::list(List::new(self.arena, (), total, |_| {
            loop {
                if let Some(slot) = slots.next() {
                    return self.kept(share(slot));
                }
                match lists.next() {
                    Some(list) => slots = list.slice().iter(),
                    None => return self.kept(Value::NULL),
                }
            }
        }))
    }
}
