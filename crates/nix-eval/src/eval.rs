//! The evaluator's state, and forcing: how a slot's computation becomes its value.

use std::cell::{Cell, OnceCell, RefCell};
use std::path::PathBuf;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use nix_formats::Registry;
use nix_formats::registry::Registries;
use nix_syntax::arena::Arena;
use nix_syntax::lower::PartSizes;
use nix_syntax::program::{Delayed, Expr, LambdaTable};
use nix_syntax::source::{Pos, SourceMap};
use nix_syntax::symbol::{Symbol, Symbols};
use rustc_hash::FxHashMap;

use crate::context::{Context, Contexts};
use crate::error::{Cycle, ErrorKind, EvalError, EvalResult};
use crate::features::Features;
use crate::frames::slot_of;
use crate::host::Host;
use crate::names::Names;
use crate::packed::Outcome;
use crate::regex::Regex;
use crate::shapes::Shapes;
use crate::value::{Boxes, CopyId, List, MaybeEnv, Slot, Str, Value, View, share};

/// What an evaluation may do, and its limits.
#[derive(Clone, Debug)]
pub struct Settings {
    /// How deep calls may nest, as Nix's `max-call-depth`.
    pub max_call_depth: u32,
    /// How much stack the evaluating thread has, in bytes. Deep recursion becomes an error before it is used up.
    pub stack_size: usize,
    /// The value of `builtins.currentSystem`.
    pub system: String,
    /// The entries of `builtins.nixPath`: prefix and path.
    pub search_path: Vec<(String, String)>,
    /// Entries that are looked at behind the search path without being part of it, as Nix does for `<nix/…>`.
    pub hidden_path: Vec<(String, String)>,
    /// No access to the environment, the clock and unlocked files.
    pub pure: bool,
    /// Only what the search path, the allowed URIs and the program itself name may be read (`restrict-eval`).
    pub restrict: bool,
    /// The beginnings of URIs that may be fetched from when access is restricted (`allowed-uris`).
    pub allowed_uris: Vec<String>,
    /// Paths that may be read when access is restricted, beside the search path's.
    pub allowed_paths: Vec<PathBuf>,
    /// Whether `builtins.traceVerbose` says anything.
    pub trace_verbose: bool,
    /// Whether `builtins.warn` ends the evaluation.
    pub abort_on_warn: bool,
    /// Whether derivations may be built during evaluation.
    pub import_from_derivation: bool,
    /// Which experimental features are on.
    pub features: Features,
    /// What names of flakes stand for.
    pub registries: Registries,
    /// Whether names of flakes stand for anything (`use-registries`).
    pub use_registries: bool,
    /// The value of `builtins.nixVersion`, which programs compare.
    pub nix_version: String,
    /// What of large programs is lowered when it is evaluated.
    pub parts: PartSizes,
}

impl Default for Settings {
    fn default() -> Self {
        Settings {
            max_call_depth: 10_000,
            stack_size: 8 << 20,
            system: "x86_64-linux".to_owned(),
            search_path: Vec::new(),
            hidden_path: Vec::new(),
            pure: false,
            restrict: false,
            allowed_uris: Vec::new(),
            allowed_paths: Vec::new(),
            trace_verbose: false,
            abort_on_warn: false,
            import_from_derivation: true,
            features: Features::default(),
            registries: Default::default(),
            use_registries: true,
            nix_version: crate::NIX_VERSION.to_owned(),
            parts: PartSizes::default(),
        }
    }
}

/// An evaluation: its arena, tables and limits.
pub struct Eval<'a> {
    /// Where everything lives.
    pub arena: &'a Arena,
    /// Where values are that have no room in their slots.
    pub(crate) boxes: &'a Boxes<'a>,
    /// The names.
    pub symbols: Symbols<'a>,
    /// The shapes of sets that are made of others.
    pub shapes: Shapes<'a>,
    /// The source texts.
    pub sources: SourceMap<'a>,
    /// The functions.
    pub lambdas: LambdaTable<'a, Value<'a>>,
    /// The context elements.
    pub contexts: Contexts<'a>,
    /// Names that the evaluator looks for.
    pub names: Names,
    /// Limits and switches.
    pub settings: Settings,
    /// The world.
    pub host: &'a dyn Host,
    pub(crate) access: crate::access::Access,
    pub(crate) globals: RefCell<FxHashMap<Vec<u8>, Value<'a>>>,
    pub(crate) builtins: Cell<Value<'a>>,
    pub(crate) imports: RefCell<FxHashMap<PathBuf, &'a Slot<'a>>>,
    pub(crate) copied: RefCell<FxHashMap<PathBuf, String>>,
    /// The source trees that were fetched.
    pub(crate) fetched_trees: crate::flake::Trees,
    /// The registry of flakes for everybody, once it was downloaded.
    pub(crate) global_registry: OnceCell<Registry>,
    /// Where the search path's entries that are URLs lie now; nothing where one could not be had.
    pub(crate) fetched_entries: RefCell<FxHashMap<Vec<u8>, Option<Vec<u8>>>>,
    pub(crate) regexes: RefCell<FxHashMap<Vec<u8>, Rc<Regex>>>,
    pub(crate) derivations: crate::derivation::Memo,
    pub(crate) depth: Cell<u32>,
    pub(crate) frames: crate::frames::Frames<'a>,
    /// The arena of the syntax tree that is being read, kept to be reused.
    pub(crate) trees: Cell<bumpalo::Bump>,
    copies: Cell<u16>,
    /// Where the stack must not go below. To end an evaluation from outside it is raised over every address, so that being
    /// interruptible costs no check of its own.
    stack_limit: Arc<AtomicUsize>,
    stack_end: usize,
    empty_list: List<'a>,
    pub(crate) empty_string: Str<'a>,
    /// Names that were wanted as strings, by their numbers.
    name_strings: RefCell<Vec<Option<Str<'a>>>>,
}

/// How much stack is left untouched below the limit, for the code that runs between two checks.
const STACK_RESERVE: usize = 512 << 10;

/// How many levels of nesting in a text the reserve has room for.
const LEVELS_IN_RESERVE: u32 = 32;

/// What in place of the stack's limit ends an evaluation.
pub const INTERRUPT: usize = usize::MAX;

impl<'a> Eval<'a> {
    /// An evaluation in `arena`. It must run on the thread that made it, which has `settings.stack_size` of stack.
    pub fn new(arena: &'a Arena, host: &'a dyn Host, settings: Settings) -> Eval<'a> {
        let symbols = Symbols::new(arena);
        let names = Names::new(&symbols);
        let here = 0u8;
        let stack_end = std::ptr::from_ref(&here)
            .addr()
            .saturating_sub(settings.stack_size)
            .saturating_add(STACK_RESERVE.min(settings.stack_size / 2));
        let shapes = Shapes::new(arena);
        let eval = Eval {
            arena,
            boxes: shapes.boxes,
            symbols,
            shapes,
            sources: SourceMap::new(),
            lambdas: LambdaTable::new(),
            contexts: Contexts::new(arena),
            names,
            access: crate::access::Access::new(&settings),
            settings,
            host,
            globals: RefCell::default(),
            builtins: Cell::new(Value::NULL),
            imports: RefCell::default(),
            copied: RefCell::default(),
            fetched_trees: Default::default(),
            global_registry: OnceCell::new(),
            fetched_entries: RefCell::default(),
            regexes: RefCell::default(),
            derivations: crate::derivation::Memo::default(),
            depth: Cell::new(0),
            frames: Default::default(),
            trees: Cell::default(),
            copies: Cell::new(0),
            stack_limit: Arc::new(AtomicUsize::new(stack_end)),
            stack_end,
            empty_list: List::new(arena, (), 0, |_| Slot::blackhole()),
            empty_string: Str::new(arena, b"", Context::EMPTY),
            name_strings: RefCell::default(),
        };
        crate::builtins::install(&eval);
        eval
    }

    /// An error when the stack is nearly used up.
    #[inline(always)]
    pub(crate) fn check_stack(&self) -> EvalResult<()> {
        let here = 0u8;
        let limit = self.stack_limit.load(Ordering::Relaxed);
        if std::ptr::from_ref(&here).addr() < limit { Err(self.stack_error(limit)) } else { Ok(()) }
    }

    #[cold]
    fn stack_error(&self, limit: usize) -> Box<EvalError> {
        if limit == INTERRUPT {
            return EvalError::new(ErrorKind::Interrupted, "interrupted by the user", Pos::NONE);
        }
        self.stack_overflow(Pos::NONE)
    }

    /// That there is no more stack.
    pub(crate) fn stack_overflow(&self, pos: Pos) -> Box<EvalError> {
        EvalError::new(ErrorKind::StackOverflow, "stack overflow; possible infinite recursion", pos)
    }

    /// For how many levels of nesting in a text the stack suffices. For some it always does: the reserve is for them.
    pub(crate) fn levels_left(&self) -> u32 {
        let here = 0u8;
        let left = std::ptr::from_ref(&here).addr().saturating_sub(self.stack_end);
        u32::try_from(left / nix_syntax::parser::LEVEL).unwrap_or(u32::MAX).saturating_add(LEVELS_IN_RESERVE)
    }

    /// Where to store [`INTERRUPT`] to end the evaluation that runs: a signal's handler can do that, or another thread.
    pub fn interrupter(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.stack_limit)
    }

    /// Lets evaluation go on after an interrupt.
    pub fn clear_interrupt(&self) {
        self.stack_limit.store(self.stack_end, Ordering::Relaxed);
    }

    /// The value in `slot`, computed if it was not yet.
    ///
    /// # Errors
    /// Those of the computation.
    #[inline(always)]
    pub fn force_slot(&self, slot: &'a Slot<'a>) -> EvalResult<Value<'a>> {
        match slot.forced() {
            Some(value) => Ok(value),
            None => self.force_slow(slot).result(),
        }
    }

    #[inline(never)]
    fn force_slow(&self, slot: &'a Slot<'a>) -> Outcome<'a> {
        self.force_pending(slot).into()
    }

    #[inline(always)]
    fn force_pending(&self, slot: &'a Slot<'a>) -> EvalResult<Value<'a>> {
        let pending = slot.begin(self.boxes);
        let result = match pending.view() {
            View::Ref(inner) => self.force_slot(inner),
            View::Suspended(code, env) => self.check_stack().and_then(|()| self.eval(code.expr(), env)),
            View::Call(number, calls) => self.check_stack().and_then(|()| self.call_pending(number, calls)),
            View::Blackhole => return Err(recursion_error(slot)),
            _ => Ok(pending),
        };
        match result {
            Ok(value) => {
                let value = match value.view() {
                    View::List(list) if matches!(list.len(), 1 | 2) => self.copy_small_list(list, pending),
                    _ if value.is_function() => self.copy_function(value, pending),
                    _ => value,
                };
                slot.fill(value, self.boxes);
                Ok(value)
            }
            Err(mut error) => {
                slot.fill(pending, self.boxes);
                error.close_cycle(std::ptr::from_ref(slot).addr());
                Err(error)
            }
        }
    }

    /// A function that a slot came to hold by computing it is a copy of its own, which Nix tells from the original when
    /// it compares them; see [`CopyId`].
    fn copy_function(&self, value: Value<'a>, pending: Value<'a>) -> Value<'a> {
        if matches!(pending.view(), View::Ref(_)) {
            return value;
        }
        let copy = self.copies.get().wrapping_add(1).max(1);
        self.copies.set(copy);
        match value.view() {
            View::Lambda(_, id, env) => Value::lambda(CopyId(copy), id, env),
            View::Builtin(_, builtin) => Value::builtin(CopyId(copy), builtin),
            View::Partial(_, partial) => Value::partial(CopyId(copy), partial),
            _ => value,
        }
    }

    /// A list of one or two elements that a computation took from a variable or attribute is a copy of its own: Nix keeps
    /// such lists inside values, and a printed form tells how often it came by the same one.
    fn copy_small_list(&self, list: List<'a>, pending: Value<'a>) -> Value<'a> {
        let is_copy = match pending.view() {
            View::Suspended(code, _) => ends_in_variable(code.expr()),
            _ => false,
        };
        if !is_copy {
            return Value::list(list);
        }
        self.list_of(list.len(), list.slice().iter().map(share))
    }

    /// The value that `value` stands for.
    ///
    /// # Errors
    /// Those of its computation.
    #[inline(always)]
    pub fn force(&self, value: Value<'a>) -> EvalResult<Value<'a>> {
        if value.is_forced() { Ok(value) } else { self.force_value(value).result() }
    }

    #[inline(never)]
    fn force_value(&self, value: Value<'a>) -> Outcome<'a> {
        match value.view() {
            View::Ref(slot) => self.force_slot(slot).into(),
            _ => self.force_slow(self.slot(value)),
        }
    }

    /// Like [`Eval::force_slot`], with a place for an error that has none, as an infinite recursion.
    #[inline(always)]
    pub(crate) fn force_slot_at(&self, slot: &'a Slot<'a>, pos: Pos) -> EvalResult<Value<'a>> {
        if let Some(value) = slot.forced() {
            return Ok(value);
        }
        match self.force_slow(slot).result() {
            Ok(value) => Ok(value),
            Err(error) => Err(error.at(pos)),
        }
    }

    /// The value of the variable `name`.
    #[inline(always)]
    pub(crate) fn force_variable(&self, slot: &'a Slot<'a>, name: Symbol, pos: Pos) -> EvalResult<Value<'a>> {
        if let Some(value) = slot.forced() {
            return Ok(value);
        }
        match self.force_slow(slot).result() {
            Ok(value) => Ok(value),
            Err(error) => Err(self.variable_frame(error, name, pos)),
        }
    }

    /// That a variable is needed says something only on the way from a value to itself.
    #[cold]
    fn variable_frame(&self, error: Box<EvalError>, name: Symbol, pos: Pos) -> Box<EvalError> {
        if matches!(error.cycle, Cycle::Open(_)) && error.pos.is_some() {
            return error.frame(format!("while evaluating the variable '{}'", self.name(name)), pos);
        }
        error.at(pos)
    }

    /// A value that evaluates `expr`, in no frame, when it is wanted.
    pub fn suspend(&self, expr: &'a Expr<'a, Value<'a>>) -> Value<'a> {
        Value::reference(self.slot(Value::suspended(expr, None)))
    }

    /// Names in `attrs` that are close to `wanted`.
    pub fn similar_names(&self, wanted: &str, attrs: &'a crate::attrs::Attrs<'a>) -> Vec<String> {
        let names = attrs.alphabetical(&self.shapes, &self.symbols).map(|(name, ..)| self.name(name));
        crate::suggest::similar(wanted, names)
    }

    /// A new slot in the arena.
    #[inline]
    pub fn slot(&self, value: Value<'a>) -> &'a Slot<'a> {
        self.arena.alloc(self.kept(value))
    }

    /// A slot with `value`, to be put where it belongs.
    #[inline(always)]
    pub(crate) fn kept(&self, value: Value<'a>) -> Slot<'a> {
        Slot::new(value, self.boxes)
    }

    /// What to put into a slot for an expression that is evaluated later in `env`.
    #[inline]
    pub(crate) fn delay(&self, delayed: &Delayed<'a, Value<'a>>, env: MaybeEnv<'a>) -> Value<'a> {
        match delayed.expr {
            Expr::Const(value) => *value,
            Expr::Local { slot, .. } => match slot_of(env, 0, *slot) {
                Some(slot) => share(slot),
                None => Value::NULL,
            },
            Expr::Outer { level, slot, .. } => match slot_of(env, *level, *slot) {
                Some(slot) => share(slot),
                None => Value::NULL,
            },
            Expr::Lambda(id) => Value::lambda(CopyId::ORIGINAL, *id, env),
            Expr::List([]) => Value::list(self.empty_list),
            expr => Value::suspended(expr, env),
        }
    }

    /// Like [`Eval::delay`], for a value that may be copied: a computation gets a slot of its own.
    #[inline]
    pub(crate) fn delay_shared(&self, delayed: &Delayed<'a, Value<'a>>, env: MaybeEnv<'a>) -> Value<'a> {
        let value = self.delay(delayed, env);
        if value.is_computation() { Value::reference(self.slot(value)) } else { value }
    }

    /// A value that may be copied freely, whatever it is.
    #[inline]
    pub fn shareable(&self, value: Value<'a>) -> Value<'a> {
        if value.is_computation() { Value::reference(self.slot(value)) } else { value }
    }

    /// A string without context.
    pub fn string(&self, bytes: &[u8]) -> Value<'a> {
        self.string_with_context(bytes, Context::EMPTY)
    }

    /// A string.
    pub fn string_with_context(&self, bytes: &[u8], context: Context) -> Value<'a> {
        Value::str(Str::new(self.arena, bytes, context))
    }

    /// A path.
    pub fn path(&self, bytes: &[u8]) -> Value<'a> {
        Value::path(Str::new(self.arena, bytes, Context::EMPTY))
    }

    /// A name as a string, made once.
    pub fn name_string(&self, name: Symbol) -> Value<'a> {
        let index = name.as_u32() as usize;
        if let Some(Some(known)) = self.name_strings.borrow().get(index) {
            return Value::str(*known);
        }
        let made = Str::new(self.arena, self.symbols.name(name), Context::EMPTY);
        let mut strings = self.name_strings.borrow_mut();
        if strings.len() <= index {
            strings.resize(index + 1, None);
        }
        if let Some(place) = strings.get_mut(index) {
            *place = Some(made);
        }
        Value::str(made)
    }

    /// A list of `items`.
    pub fn list(&self, items: &[Value<'a>]) -> Value<'a> {
        self.list_of(items.len(), items.iter().copied())
    }

    /// A list of so many `values`.
    pub(crate) fn list_of(&self, count: usize, mut values: impl Iterator<Item = Value<'a>>) -> Value<'a> {
        if count == 0 {
            return self.empty_list();
        }
        Value::list(List::new(self.arena, (), count, |_| self.kept(values.next().unwrap_or(Value::NULL))))
    }

    /// The list without elements.
    pub fn empty_list(&self) -> Value<'a> {
        Value::list(self.empty_list)
    }

    /// Evaluates `value` and everything in it.
    ///
    /// # Errors
    /// Those of any part.
    pub fn force_deep(&self, value: Value<'a>) -> EvalResult<Value<'a>> {
        let mut seen = rustc_hash::FxHashSet::default();
        self.force_deep_inside(value, &mut seen)
    }

    fn force_deep_inside(
        &self,
        value: Value<'a>,
        seen: &mut rustc_hash::FxHashSet<usize>,
    ) -> EvalResult<Value<'a>> {
        self.enter_call(Pos::NONE)?;
        let result = self.force_parts(value, seen);
        self.leave_call();
        result
    }

    fn force_parts(
        &self,
        value: Value<'a>,
        seen: &mut rustc_hash::FxHashSet<usize>,
    ) -> EvalResult<Value<'a>> {
        let value = self.force(value)?;
        match value.view() {
            View::List(list) if seen.insert(list.address()) => {
                for slot in list.slice() {
                    self.force_deep_inside(Value::reference(slot), seen)?;
                }
            }
            View::Attrs(attrs) if seen.insert(std::ptr::from_ref(attrs).addr()) => {
                for (name, pos, slot) in attrs.alphabetical(&self.shapes, &self.symbols) {
                    self.force_deep_inside(Value::reference(slot), seen).map_err(|error| {
                        error.frame(format!("while evaluating the attribute '{}'", self.name(name)), pos)
                    })?;
                }
            }
            _ => {}
        }
        Ok(value)
    }

    /// A name for messages, in quotes where a program would have to quote it.
    pub fn name(&self, symbol: Symbol) -> String {
        let mut out = Vec::new();
        nix_syntax::show::identifier(self.symbols.name(symbol), &mut out);
        String::from_utf8_lossy(&out).into_owned()
    }
}

/// Whether an expression's value is that of a variable or attribute in it.
fn ends_in_variable<V>(mut expr: &Expr<'_, V>) -> bool {
    loop {
        expr = match expr {
            Expr::Local { .. } | Expr::Outer { .. } | Expr::FromWith { .. } => return true,
            Expr::Select { .. } | Expr::SelectPath(_) => return true,
            Expr::Let { body, .. } | Expr::With { body, .. } | Expr::Assert { body, .. } => body,
            // What was evaluated was lowered.
            Expr::Later(part) => match part.lowered() {
                Some(lowered) => lowered,
                None => return false,
            },
            _ => return false,
        }
    }
}

#[cold]
fn recursion_error(slot: &Slot<'_>) -> Box<EvalError> {
    let mut error = EvalError::new(ErrorKind::InfiniteRecursion, "infinite recursion encountered", Pos::NONE);
    error.cycle = Cycle::Open(std::ptr::from_ref(slot).addr());
    error
}
