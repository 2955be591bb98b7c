//! Failed assertions, and how two values differ, which the failed assertion of an equality tells.

use nix_syntax::program::Expr;
use nix_syntax::source::Pos;

use crate::attrs::Attrs;
use crate::error::{ErrorKind, EvalError};
use crate::eval::Eval;
use crate::value::{MaybeEnv, Slot, Value, View};

impl<'a> Eval<'a> {
    /// The error of an assertion whose condition is false.
    #[cold]
    pub(crate) fn failed_assertion(
        &self,
        cond: &'a Expr<'a, Value<'a>>,
        text: &str,
        pos: Pos,
        env: MaybeEnv<'a>,
    ) -> Box<EvalError> {
        if let Expr::Equal { left, right, negate: false, pos: place } = cond {
            let both = self.eval(left, env).and_then(|left| Ok((left, self.eval(right, env)?)));
            let found = match both {
                Ok((left, right)) => self.difference(left, right, *place),
                Err(error) => Some(error),
            };
            if let Some(error) = found {
                return error.frame(format!("while evaluating the condition of the assertion '{text}'"), pos);
            }
        }
        EvalError::new(ErrorKind::Assertion, format!("assertion '{text}' failed"), pos)
    }

    /// What makes two values unequal; the steps to it are the error's frames.
    fn difference(&self, left: Value<'a>, right: Value<'a>, pos: Pos) -> Option<Box<EvalError>> {
        let unequal = |message: String| Some(EvalError::new(ErrorKind::Assertion, message, pos));
        let both = self.check_stack().and_then(|()| Ok((self.force(left)?, self.force(right)?)));
        let (left, right) = match both {
            Ok(both) => both,
            Err(error) => return Some(error),
        };
        let (a, b) = (self.show_for_error(left), self.show_for_error(right));
        let (kind, other) = (left.type_with_article(), right.type_with_article());
        match (left.view(), right.view()) {
            (View::Int(_) | View::Float(_), View::Int(_) | View::Float(_)) => {
                match self.equal(left, right, pos) {
                    Ok(true) => None,
                    Ok(false) => {
                        unequal(format!("{kind} with value '{a}' is not equal to {other} with value '{b}'"))
                    }
                    Err(error) => Some(error),
                }
            }
            _ if left.type_name() != right.type_name() => {
                unequal(format!("{kind} of value '{a}' is not equal to {other} of value '{b}'"))
            }
            (View::Bool(x), View::Bool(y)) if x != y => {
                unequal(format!("boolean '{a}' is not equal to boolean '{b}'"))
            }
            (View::Str(x), View::Str(y)) if x.bytes() != y.bytes() => {
                unequal(format!("string '{a}' is not equal to string '{b}'"))
            }
            (View::Path(x), View::Path(y)) if x.bytes() != y.bytes() => {
                unequal(format!("path '{a}' is not equal to path '{b}'"))
            }
            (View::List(x), View::List(y)) if x.len() != y.len() => unequal(format!(
                "list of size '{}' is not equal to list of size '{}', left hand side is '{a}', right hand side is '{b}'",
                x.len(),
                y.len()
            )),
            (View::List(x), View::List(y)) => {
                x.slice().iter().zip(y.slice()).enumerate().find_map(|(index, (x, y))| {
                    let error = self.slot_difference(x, y, pos)?;
                    Some(error.frame(format!("while comparing list element {index}"), pos))
                })
            }
            (View::Attrs(x), View::Attrs(y)) => self.attrs_difference(x, y, pos),
            _ if left.is_function() => unequal(
                "distinct functions and immediate comparisons of identical functions compare as unequal"
                    .to_owned(),
            ),
            _ => None,
        }
    }

    fn slot_difference(&self, left: &'a Slot<'a>, right: &'a Slot<'a>, pos: Pos) -> Option<Box<EvalError>> {
        match self.equal_slots(left, right, pos) {
            Ok(true) => None,
            Ok(false) => self.difference(Value::reference(left), Value::reference(right), pos),
            Err(error) => Some(error),
        }
    }

    fn attrs_difference(
        &self,
        left: &'a Attrs<'a>,
        right: &'a Attrs<'a>,
        pos: Pos,
    ) -> Option<Box<EvalError>> {
        let unequal = |message: String| Some(EvalError::new(ErrorKind::Assertion, message, pos));
        let (a, b) = (self.show_for_error(Value::attrs(left)), self.show_for_error(Value::attrs(right)));
        let derivations = self.is_derivation(left).and_then(|is| Ok(is && self.is_derivation(right)?));
        match derivations {
            Ok(true) => {
                if let (Some(x), Some(y)) = (left.get(self.names.out_path), right.get(self.names.out_path)) {
                    let error = self.slot_difference(x, y, pos)?;
                    return Some(error.frame("while comparing a derivation by its 'outPath' attribute", pos));
                }
            }
            Ok(false) => {}
            Err(error) => return Some(error),
        }
        if left.len(&self.shapes) != right.len(&self.shapes) {
            return unequal(format!(
                "attribute names of attribute set '{a}' differs from attribute set '{b}'"
            ));
        }
        for ((name, left_pos, x), (other, right_pos, y)) in
            left.entries(&self.shapes).zip(right.entries(&self.shapes))
        {
            if name != other {
                return unequal(if right.get(name).is_none() {
                    format!("attribute name '{}' is contained in '{a}', but not in '{b}'", self.name(name))
                } else {
                    format!(
                        "attribute name '{}' is missing in '{a}', but is contained in '{b}'",
                        self.name(other)
                    )
                });
            }
            if let Some(error) = self.slot_difference(x, y, pos) {
                let error = error.frame("where right hand side is", right_pos);
                let error = error.frame("where left hand side is", left_pos);
                return Some(error.frame(format!("while comparing attribute '{}'", self.name(name)), pos));
            }
        }
        None
    }
}
