//! Running the program: one case for each form of expression.

use nix_syntax::lower::Later;
use nix_syntax::program::{Attr, Delayed, DynamicAttr, Expr, InlineCache, Selection, SetDef};
use nix_syntax::source::Pos;
use nix_syntax::symbol::Symbol;

use crate::attrs::Attrs;
use crate::error::{ErrorKind, EvalError, EvalResult, WithFrame};
use crate::eval::Eval;
use crate::frames::slot_of;
use crate::packed::Outcome;
use crate::value::{CopyId, Entry, Env, List, MaybeEnv, Slot, Value, View, share};

type Node<'a> = Expr<'a, Value<'a>>;

impl<'a> Eval<'a> {
    /// Evaluates `expr` in `env` to a value whose outermost form is known.
    ///
    /// # Errors
    /// Whatever the program runs into.
    #[inline(always)]
    pub fn eval(&self, expr: &'a Node<'a>, env: MaybeEnv<'a>) -> EvalResult<Value<'a>> {
        self.outcome(expr, env).result()
    }

    #[inline(never)]
    fn outcome(&self, expr: &'a Node<'a>, env: MaybeEnv<'a>) -> Outcome<'a> {
        self.eval_form(expr, env).into()
    }

    #[inline(always)]
    fn eval_form(&self, expr: &'a Node<'a>, env: MaybeEnv<'a>) -> EvalResult<Value<'a>> {
        match expr {
            Expr::Const(value) => Ok(*value),
            Expr::Local { slot, name, pos } => match slot_of(env, 0, *slot) {
                Some(slot) => self.force_variable(slot, *name, *pos),
                None => Err(no_frame(*pos)),
            },
            Expr::Outer { level, slot, name, pos } => match slot_of(env, *level, *slot) {
                Some(slot) => self.force_variable(slot, *name, *pos),
                None => Err(no_frame(*pos)),
            },
            Expr::FromWith { levels, name, pos } => self.with_variable(levels, *name, *pos, env),
            Expr::Select { base, name, pos, cache } => {
                let base = self.eval(base, env)?;
                self.select(base, *name, *pos, cache)
            }
            Expr::SelectPath(selection) => self.select_path(selection, env),
            Expr::HasAttr { base, path } => self.has_attr(base, path, env),
            Expr::Lambda(id) => Ok(Value::lambda(CopyId::ORIGINAL, *id, env)),
            Expr::Call { func, args, pos } => self.eval_call(func, args, *pos, env),
            Expr::Let { values, body } => {
                let frame = self.recursive_frame(values, &[], env);
                self.eval(body, frame)
            }
            Expr::Set(def) => self.eval_set(def, env),
            Expr::List(items) => Ok(if items.is_empty() {
                self.empty_list()
            } else {
                Value::list(List::new(self.arena, (), items.len(), |index| {
                    self.kept(items.get(index).map_or(Value::NULL, |item| self.delay(item, env)))
                }))
            }),
            Expr::With { scope, body, .. } => {
                let frame = Env::new(self.arena, env, 1, |_| self.kept(self.delay(scope, env)));
                self.eval(body, Some(frame))
            }
            Expr::If { cond, yes, no, pos } => {
                let branch = if self.eval_bool(cond, env, *pos, "while evaluating a branch condition")? {
                    yes
                } else {
                    no
                };
                self.eval(branch, env)
            }
            Expr::Assert { cond, body, text, pos } => {
                if self.eval_bool(cond, env, *pos, "in the condition of the assert statement")? {
                    self.eval(body, env)
                } else {
                    Err(self.failed_assertion(cond, text, *pos, env))
                }
            }
            Expr::Not { operand, pos } => {
                Ok(Value::bool(!self.eval_bool(operand, env, *pos, "in the argument of the not operator")?))
            }
            Expr::And { left, right, pos } => Ok(Value::bool(
                self.eval_bool(left, env, *pos, "in the left operand of the AND (&&) operator")?
                    && self.eval_bool(right, env, *pos, "in the right operand of the AND (&&) operator")?,
            )),
            Expr::Or { left, right, pos } => Ok(Value::bool(
                self.eval_bool(left, env, *pos, "in the left operand of the OR (||) operator")?
                    || self.eval_bool(right, env, *pos, "in the right operand of the OR (||) operator")?,
            )),
            Expr::Implies { left, right, pos } => Ok(Value::bool(
                !self.eval_bool(left, env, *pos, "in the left operand of the IMPL (->) operator")?
                    || self.eval_bool(right, env, *pos, "in the right operand of the IMPL (->) operator")?,
            )),
            Expr::Equal { left, right, negate, pos } => {
                let (left, right) = (self.eval(left, env)?, self.eval(right, env)?);
                Ok(Value::bool(self.equal(left, right, *pos)? != *negate))
            }
            Expr::Less { left, right, negate, pos } => {
                let (left, right) = (self.eval(left, env)?, self.eval(right, env)?);
                Ok(Value::bool(self.less_than(left, right, *pos)? != *negate))
            }
            Expr::Arith { op, left, right, pos } => {
                let (left, right) = (self.eval(left, env)?, self.eval(right, env)?);
                self.arithmetic(*op, left, right, *pos)
            }
            Expr::Add { left, right, pos } => self.eval_add(left, right, *pos, env),
            Expr::Update { left, right, pos } => self.eval_update(left, right, *pos, env),
            Expr::ConcatLists { parts, pos } => self.concat_lists(parts, *pos, env),
            Expr::Interpolate { parts, path, pos } => self.interpolate(parts, *path, *pos, env),
            Expr::CurPos(pos) => Ok(self.position_value(*pos)),
            Expr::Later(part) => self.eval_part(part, env),
        }
    }

    /// A part of the program that is lowered when it is first needed.
    #[inline(never)]
    fn eval_part(&self, part: &'a Later<'a, Value<'a>>, env: MaybeEnv<'a>) -> EvalResult<Value<'a>> {
        self.eval(self.code_of(part)?, env)
    }

    /// `left // right`. As in Nix, the right operand is evaluated first.
    #[inline(never)]
    fn eval_update(
        &self,
        left: &'a Node<'a>,
        right: &'a Node<'a>,
        pos: Pos,
        env: MaybeEnv<'a>,
    ) -> EvalResult<Value<'a>> {
        let operand = |operand: &'a Node<'a>, side: &str| {
            let value = self.eval(operand, env)?;
            let what = || format!("in the {side} operand of the update (//) operator");
            self.expect_attrs(value, pos).with_frame(what, pos)
        };
        let right = operand(right, "right")?;
        let left = operand(left, "left")?;
        Ok(Value::attrs(left.update(&self.shapes, right)))
    }

    #[inline]
    fn eval_bool(&self, expr: &'a Node<'a>, env: MaybeEnv<'a>, pos: Pos, what: &str) -> EvalResult<bool> {
        match self.eval(expr, env)?.view() {
            View::Bool(value) => Ok(value),
            other => Err(self.unexpected("a Boolean", other.value(), pos).frame(what, pos)),
        }
    }

    /// The slots of a frame that sees itself. They are all computing until filled, so that one that is merely another
    /// variable refers to that variable's slot.
    fn recursive_frame(
        &self,
        values: &'a [Delayed<'a, Value<'a>>],
        hidden: &'a [Delayed<'a, Value<'a>>],
        env: MaybeEnv<'a>,
    ) -> MaybeEnv<'a> {
        let frame = Env::new(self.arena, env, values.len() + hidden.len(), |_| Slot::blackhole());
        let inner = Some(frame);
        for (slot, value) in frame.slots().iter().zip(values.iter().chain(hidden)) {
            slot.fill(self.delay(value, inner), self.boxes);
        }
        inner
    }

    #[inline(never)]
    fn with_variable(
        &self,
        levels: &[u32],
        name: Symbol,
        pos: Pos,
        env: MaybeEnv<'a>,
    ) -> EvalResult<Value<'a>> {
        for level in levels {
            let Some(scope) = slot_of(env, *level, 0) else { return Err(no_frame(pos)) };
            let scope = self.force_slot_at(scope, pos)?;
            let scope = self.expect_attrs(scope, pos).with_frame(
                || "while evaluating the first subexpression of a with expression".to_owned(),
                pos,
            )?;
            if let Some(slot) = scope.get(name) {
                return self.force_variable(slot, name, pos);
            }
        }
        Err(EvalError::new(
            ErrorKind::UndefinedVariable,
            format!("undefined variable '{}'", self.name(name)),
            pos,
        ))
    }

    #[inline]
    fn select(&self, base: Value<'a>, name: Symbol, pos: Pos, cache: &InlineCache) -> EvalResult<Value<'a>> {
        let View::Attrs(attrs) = base.view() else {
            return Err(self
                .unexpected("a set", base, pos)
                .frame(format!("while selecting the attribute '{}'", self.name(name)), pos));
        };
        let slot = match cached_slot(attrs, name, cache) {
            Some(slot) => slot,
            None => return Err(self.missing_attribute(attrs, name, pos)),
        };
        if let Some(value) = slot.forced() {
            return Ok(value);
        }
        self.force_slot_at(slot, pos).map_err(|error| self.attribute_frame(error, attrs, name))
    }

    #[cold]
    fn attribute_frame(&self, error: Box<EvalError>, attrs: &'a Attrs<'a>, name: Symbol) -> Box<EvalError> {
        let pos = attrs.get_with_pos(name).map_or(Pos::NONE, |(_, pos)| pos);
        error.frame(format!("while evaluating the attribute '{}'", self.name(name)), pos)
    }

    /// The error for an attribute that `attrs` lacks, with names like it.
    #[cold]
    pub(crate) fn missing_attribute(&self, attrs: &'a Attrs<'a>, name: Symbol, pos: Pos) -> Box<EvalError> {
        let wanted = self.name(name);
        let mut error =
            EvalError::new(ErrorKind::MissingAttribute, format!("attribute '{wanted}' missing"), pos);
        let names = attrs.alphabetical(&self.shapes, &self.symbols).map(|(name, ..)| self.name(name));
        error.suggestions = crate::suggest::similar(&wanted, names);
        error
    }

    /// An attribute's name, computed where it is not known.
    pub(crate) fn attr_name(
        &self,
        name: &'a Node<'a>,
        pos: Pos,
        env: MaybeEnv<'a>,
    ) -> EvalResult<Option<Symbol>> {
        match self.eval(name, env)?.view() {
            View::Null => Ok(None),
            value => {
                let text = self
                    .expect_plain_string(value.value(), pos)
                    .with_frame(|| "while evaluating the name of a dynamic attribute".to_owned(), pos)?;
                Ok(Some(self.symbols.intern(text)))
            }
        }
    }

    fn path_name(
        &self,
        attr: &'a Attr<'a, Value<'a>>,
        env: MaybeEnv<'a>,
    ) -> EvalResult<(Symbol, Pos, Option<&'a InlineCache>)> {
        match attr {
            Attr::Static(name, pos, cache) => Ok((*name, *pos, Some(cache))),
            Attr::Dynamic(expr, pos) => {
                let value = self.eval(expr, env)?;
                let text = self.expect_plain_string(value, *pos)?;
                Ok((self.symbols.intern(text), *pos, None))
            }
        }
    }

    #[inline(never)]
    fn select_path(
        &self,
        Selection { base, path, default }: &'a Selection<'a, Value<'a>>,
        env: MaybeEnv<'a>,
    ) -> EvalResult<Value<'a>> {
        let mut value = self.eval(base, env)?;
        for attr in *path {
            let (name, pos, cache) = self.path_name(attr, env)?;
            if let Some(default) = default {
                let View::Attrs(attrs) = value.view() else { return self.eval(default, env) };
                let slot = match cache {
                    Some(cache) => cached_slot(attrs, name, cache),
                    None => attrs.get(name),
                };
                let Some(slot) = slot else { return self.eval(default, env) };
                value = self
                    .force_slot_at(slot, pos)
                    .map_err(|error| self.attribute_frame(error, attrs, name))?;
            } else {
                let uncached = InlineCache::default();
                value = self.select(value, name, pos, cache.unwrap_or(&uncached))?;
            }
        }
        Ok(value)
    }

    #[inline(never)]
    fn has_attr(
        &self,
        base: &'a Node<'a>,
        path: &'a [Attr<'a, Value<'a>>],
        env: MaybeEnv<'a>,
    ) -> EvalResult<Value<'a>> {
        let mut value = self.eval(base, env)?;
        for (index, attr) in path.iter().enumerate() {
            let (name, pos, cache) = self.path_name(attr, env)?;
            let View::Attrs(attrs) = value.view() else { return Ok(Value::bool(false)) };
            let slot = match cache {
                Some(cache) => cached_slot(attrs, name, cache),
                None => attrs.get(name),
            };
            let Some(slot) = slot else { return Ok(Value::bool(false)) };
            if index + 1 < path.len() {
                value = self.force_slot_at(slot, pos)?;
            }
        }
        Ok(Value::bool(true))
    }

    #[inline(never)]
    fn eval_set(&self, def: &'a SetDef<'a, Value<'a>>, env: MaybeEnv<'a>) -> EvalResult<Value<'a>> {
        if !def.recursive {
            let attrs = Attrs::new(self.arena, def.shape, |index| {
                self.kept(def.values.get(index).map_or(Value::NULL, |value| self.delay(value, env)))
            });
            return self.dynamic_attrs(attrs, def.dynamic, env);
        }
        let inner = self.recursive_frame(def.values, def.hidden, env);
        let slots: &'a [Slot<'a>] = match inner {
            Some(frame) => frame.slots().get(..def.values.len()).unwrap_or(&[]),
            None => &[],
        };
        let mut attrs = Attrs::of_slots(self.arena, def.shape, slots);
        if let Some(index) = def.overrides
            && let Some(slot) = slots.get(index as usize)
        {
            let overrides = self.force_slot(slot)?;
            let overrides = self
                .expect_attrs(overrides, def.pos)
                .with_frame(|| "while evaluating the `__overrides` attribute".to_owned(), def.pos)?;
            for (name, _, value) in overrides.entries(&self.shapes) {
                let value = share(value);
                // One that is inherited from the set stays what it is.
                let is_itself = |slot| matches!(value.view(), View::Ref(other) if std::ptr::eq(other, slot));
                if let Some(slot) = attrs.get(name).filter(|slot| !is_itself(*slot)) {
                    slot.set(value, self.boxes);
                }
            }
            self.renew_variables(def.values, attrs, overrides, inner);
            attrs = attrs.update(&self.shapes, overrides);
        }
        self.dynamic_attrs(attrs, def.dynamic, inner)
    }

    /// Lets the attributes of a set that are merely another of its variables have what was put in that one's place.
    fn renew_variables(
        &self,
        values: &'a [Delayed<'a, Value<'a>>],
        attrs: &'a Attrs<'a>,
        overrides: &'a Attrs<'a>,
        env: MaybeEnv<'a>,
    ) {
        let variables = || {
            attrs.shape().keys.iter().zip(attrs.values()).zip(values).filter(|((name, _), value)| {
                matches!(value.expr, Expr::Local { .. }) && overrides.get(**name).is_none()
            })
        };
        for ((_, slot), _) in variables() {
            slot.set(Value::BLACKHOLE, self.boxes);
        }
        for ((_, slot), value) in variables() {
            slot.set(self.delay(value, env), self.boxes);
        }
    }

    fn dynamic_attrs(
        &self,
        attrs: &'a Attrs<'a>,
        dynamic: &'a [DynamicAttr<'a, Value<'a>>],
        env: MaybeEnv<'a>,
    ) -> EvalResult<Value<'a>> {
        if dynamic.is_empty() {
            return Ok(Value::attrs(attrs));
        }
        let mut entries: Vec<Entry<'a>> = attrs
            .entries(&self.shapes)
            .map(|(name, pos, slot)| Entry { name, pos, value: share(slot) })
            .collect();
        let mut known: rustc_hash::FxHashMap<Symbol, Pos> =
            entries.iter().map(|entry| (entry.name, entry.pos)).collect();
        for attr in dynamic {
            let Some(name) = self.attr_name(attr.name, attr.pos, env)? else { continue };
            if let Some(previous) = known.insert(name, attr.pos) {
                let place = self.describe_pos(previous);
                let message = format!("dynamic attribute '{}' already defined at {place}", self.name(name));
                return Err(EvalError::other(message, attr.pos));
            }
            self.name_lambda(attr.value.expr, name);
            entries.push(Entry { name, pos: attr.pos, value: self.delay(&attr.value, env) });
        }
        Ok(Value::attrs(Attrs::from_entries(&self.shapes, entries)))
    }

    fn name_lambda(&self, expr: &'a Node<'a>, name: Symbol) {
        if let Expr::Lambda(id) = expr
            && let Some(lambda) = self.lambdas.get(*id)
        {
            lambda.name.set(Some(name));
        }
    }
}

/// An attribute's slot, by way of the place in the program that looks for it.
#[inline(always)]
fn cached_slot<'a>(attrs: &'a Attrs<'a>, name: Symbol, cache: &InlineCache) -> Option<&'a Slot<'a>> {
    let mut layer = attrs;
    loop {
        let shape = layer.shape();
        if let Some(index) = cache.get(shape) {
            return layer.values().get(index);
        }
        if let Some(index) = shape.find(name) {
            cache.set(shape, index);
            return layer.values().get(index);
        }
        layer = layer.base()?;
    }
}

#[cold]
fn no_frame(pos: Pos) -> Box<EvalError> {
    EvalError::other("a variable has no frame", pos)
}
