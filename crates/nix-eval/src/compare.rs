//! Equality, order and arithmetic of values.

use std::cmp::Ordering;

use nix_syntax::ast::BinOp;
use nix_syntax::source::Pos;

use crate::attrs::Attrs;
use crate::error::{EvalError, EvalResult, WithFrame};
use crate::eval::Eval;
use crate::value::{Env, MaybeEnv, Slot, Value, View};

impl<'a> Eval<'a> {
    /// Whether two values are equal. Functions never are, except where both sides share the very same one inside a set
    /// or list; derivations are equal when their output paths are.
    ///
    /// # Errors
    /// Those of evaluating the parts that have to be looked at.
    pub fn equal(&self, left: Value<'a>, right: Value<'a>, pos: Pos) -> EvalResult<bool> {
        let (left, right) = (self.force(left)?, self.force(right)?);
        Ok(match (left.view(), right.view()) {
            (View::Int(a), View::Int(b)) => a == b,
            (View::Float(a), View::Float(b)) => a == b,
            (View::Int(a), View::Float(b)) | (View::Float(b), View::Int(a)) => a as f64 == b,
            (View::Null, View::Null) => true,
            (View::Bool(a), View::Bool(b)) => a == b,
            (View::Str(a), View::Str(b)) | (View::Path(a), View::Path(b)) => a.bytes() == b.bytes(),
            (View::List(a), View::List(b)) => {
                if a.len() != b.len() {
                    return Ok(false);
                }
                return self.deeper(pos, || {
                    for (x, y) in a.slice().iter().zip(b.slice()) {
                        if !self.equal_slots(x, y, pos)? {
                            return Ok(false);
                        }
                    }
                    Ok(true)
                });
            }
            (View::Attrs(a), View::Attrs(b)) => return self.deeper(pos, || self.equal_attrs(a, b, pos)),
            _ => false,
        })
    }

    /// Whether the values of two slots are equal.
    pub(crate) fn equal_slots(&self, left: &'a Slot<'a>, right: &'a Slot<'a>, pos: Pos) -> EvalResult<bool> {
        self.equal_shared(Value::reference(left), Value::reference(right), pos)
    }

    /// Whether two values that are shared, and not the results of operands, are equal: a function then is equal to itself, and a
    /// set or list too, whatever is in it.
    pub(crate) fn equal_shared(&self, left: Value<'a>, right: Value<'a>, pos: Pos) -> EvalResult<bool> {
        let (a, b) = (self.force(left)?, self.force(right)?);
        Ok(match (a.view(), b.view()) {
            (View::Lambda(copy, id, env), View::Lambda(other_copy, other, other_env)) => {
                let address = |env: MaybeEnv<'a>| env.map(Env::address);
                copy == other_copy && id == other && address(env) == address(other_env)
            }
            (View::List(x), View::List(y)) if x.address() == y.address() => true,
            (View::Attrs(x), View::Attrs(y)) if std::ptr::eq(x, y) => true,
            (View::Builtin(copy, x), View::Builtin(other, y)) => copy == other && std::ptr::eq(x, y),
            (View::Partial(copy, x), View::Partial(other, y)) => copy == other && std::ptr::eq(x, y),
            _ => return self.equal(a, b, pos),
        })
    }

    /// Whether a set is a derivation.
    ///
    /// # Errors
    /// That of its attribute `type`.
    pub fn is_derivation(&self, attrs: &'a Attrs<'a>) -> EvalResult<bool> {
        match attrs.get(self.names.r#type) {
            Some(slot) => {
                let value = self.force_slot(slot)?;
                Ok(matches!(value.view(), View::Str(text) if text.bytes() == b"derivation"))
            }
            None => Ok(false),
        }
    }

    fn equal_attrs(&self, left: &'a Attrs<'a>, right: &'a Attrs<'a>, pos: Pos) -> EvalResult<bool> {
        if self.is_derivation(left)?
            && self.is_derivation(right)?
            && let (Some(a), Some(b)) = (left.get(self.names.out_path), right.get(self.names.out_path))
        {
            return self.equal_slots(a, b, pos);
        }
        if left.len(&self.shapes) != right.len(&self.shapes) {
            return Ok(false);
        }
        for ((name, _, x), (other, _, y)) in left.entries(&self.shapes).zip(right.entries(&self.shapes)) {
            if name != other
                || !self
                    .equal_slots(x, y, pos)
                    .with_frame(|| format!("while comparing attribute '{}'", self.name(name)), pos)?
            {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// The order of two values.
    ///
    /// # Errors
    /// When the two cannot be compared.
    pub fn compare(&self, left: Value<'a>, right: Value<'a>, pos: Pos) -> EvalResult<Option<Ordering>> {
        let (left, right) = (self.force(left)?, self.force(right)?);
        Ok(match (left.view(), right.view()) {
            (View::Int(a), View::Int(b)) => Some(a.cmp(&b)),
            (View::Float(a), View::Float(b)) => a.partial_cmp(&b),
            (View::Int(a), View::Float(b)) => (a as f64).partial_cmp(&b),
            (View::Float(a), View::Int(b)) => a.partial_cmp(&(b as f64)),
            (View::Str(a), View::Str(b)) | (View::Path(a), View::Path(b)) => Some(a.bytes().cmp(b.bytes())),
            (View::List(a), View::List(b)) => {
                self.check_stack()?;
                for (x, y) in a.slice().iter().zip(b.slice()) {
                    if !self.equal_slots(x, y, pos)? {
                        return self.compare(Value::reference(x), Value::reference(y), pos);
                    }
                }
                Some(a.len().cmp(&b.len()))
            }
            _ => return Err(self.incomparable(left, right, pos)),
        })
    }

    #[cold]
    fn incomparable(&self, left: Value<'a>, right: Value<'a>, pos: Pos) -> Box<EvalError> {
        let (a, b) = (left.type_with_article(), right.type_with_article());
        let values = format!("values are {} and {}", self.show_for_error(left), self.show_for_error(right));
        let message = if std::mem::discriminant(&left.view()) == std::mem::discriminant(&right.view()) {
            format!("cannot compare {a} with {b}; values of that type are incomparable ({values})")
        } else {
            format!("cannot compare {a} with {b}; {values}")
        };
        EvalError::type_error(message, pos)
    }

    /// Whether `left < right`.
    ///
    /// # Errors
    /// When the two cannot be compared.
    #[inline]
    pub fn less_than(&self, left: Value<'a>, right: Value<'a>, pos: Pos) -> EvalResult<bool> {
        if let (View::Int(a), View::Int(b)) = (left.view(), right.view()) {
            return Ok(a < b);
        }
        Ok(self.compare(left, right, pos)? == Some(Ordering::Less))
    }

    /// `left op right` for numbers.
    ///
    /// # Errors
    /// Operands that are no numbers, a result out of range, a division by zero.
    #[inline]
    pub fn arithmetic(
        &self,
        op: BinOp,
        left: Value<'a>,
        right: Value<'a>,
        pos: Pos,
    ) -> EvalResult<Value<'a>> {
        if let (View::Int(a), View::Int(b)) = (left.view(), right.view()) {
            let result = match op {
                BinOp::Add => a.checked_add(b),
                BinOp::Sub => a.checked_sub(b),
                BinOp::Mul => a.checked_mul(b),
                _ => {
                    if b == 0 {
                        return Err(EvalError::other("division by zero", pos));
                    }
                    a.checked_div(b)
                }
            };
            return match result {
                Some(value) => Ok(Value::int(value)),
                None => Err(overflow(op, a, b, pos)),
            };
        }
        // Division looks at its right operand first, as Nix does.
        if op == BinOp::Div && self.number(right, "a float", pos)? == 0.0 {
            return Err(EvalError::other("division by zero", pos));
        }
        let wanted = match (left.view(), right.view()) {
            (View::Float(_), _) | (_, View::Float(_)) => "a float",
            _ => "an integer",
        };
        let (a, b) = (self.number(left, wanted, pos)?, self.number(right, wanted, pos)?);
        Ok(Value::float(match op {
            BinOp::Add => a + b,
            BinOp::Sub => a - b,
            BinOp::Mul => a * b,
            _ => a / b,
        }))
    }

    fn number(&self, value: Value<'a>, wanted: &str, pos: Pos) -> EvalResult<f64> {
        match self.force(value)?.view() {
            View::Int(number) => Ok(number as f64),
            View::Float(number) => Ok(number),
            other => Err(self.unexpected(wanted, other.value(), pos)),
        }
    }
}

#[cold]
fn overflow(op: BinOp, left: i64, right: i64, pos: Pos) -> Box<EvalError> {
    let (doing, sign) = match op {
        BinOp::Add => ("adding", "+"),
        BinOp::Sub => ("subtracting", "-"),
        BinOp::Mul => ("multiplying", "*"),
        _ => ("dividing", "/"),
    };
    EvalError::other(format!("integer overflow in {doing} {left} {sign} {right}"), pos)
}
