//! The lowered program: what the evaluator runs.
//!
//! Every variable is resolved to a frame and a slot in it, or to the `with` scopes that may provide it. The program is
//! generic in `V`, the evaluator's value, so that literals are values already and this crate knows none of their inside.
//!
//! **Frames.** Evaluation of a lambda's body, a `let`, a `rec` set or a `with` adds one frame to the environment. A
//! variable names its frame by how many frames lie between (`level`), and its slot. Curried lambdas `a: b: body` share
//! one frame.
//!
//! **Lambdas** have numbers in a [`LambdaTable`], so that a function is that number and the frame that it was made in.

use std::cell::{Cell, OnceCell};
use std::sync::atomic::{AtomicU32, Ordering};

use crate::arena::Arena;

use crate::ast::BinOp;
use crate::lower::Later;
use crate::order::alphabetical;
use crate::source::Pos;
use crate::symbol::{Symbol, Symbols};

/// A small cache that an expression holds for the evaluator: the shape of the attribute set seen last, and the index found
/// in it.
#[derive(Debug, Default)]
pub struct InlineCache(Cell<(u32, u32)>);

impl InlineCache {
    /// The index stored for `shape`, if it was the last one.
    #[inline(always)]
    pub fn get(&self, shape: &Shape<'_>) -> Option<usize> {
        let (known, index) = self.0.get();
        if known == shape.number { Some(index as usize) } else { None }
    }

    /// Stores the index for `shape`.
    #[inline(always)]
    pub fn set(&self, shape: &Shape<'_>, index: usize) {
        self.0.set((shape.number, index as u32));
    }
}

/// A lowered expression.
#[derive(Debug)]
#[allow(missing_docs, reason = "the fields of a variant are told by its own comment")]
pub enum Expr<'a, V> {
    /// A literal or a global of the language.
    Const(V),
    /// A variable of the innermost frame.
    Local { slot: u32, name: Symbol, pos: Pos },
    /// A variable `level` frames up.
    Outer { level: u32, slot: u32, name: Symbol, pos: Pos },
    /// A variable that only the `with` scopes can have; `levels` are their frames, innermost first.
    FromWith { levels: &'a [u32], name: Symbol, pos: Pos },
    /// `base.name`.
    Select { base: &'a Expr<'a, V>, name: Symbol, pos: Pos, cache: InlineCache },
    /// `base.path or default` and selections with computed names.
    SelectPath(&'a Selection<'a, V>),
    /// `base ? path`.
    HasAttr { base: &'a Expr<'a, V>, path: &'a [Attr<'a, V>] },
    /// A function; the number is its place in the [`CodeTable`] of lambdas.
    Lambda(LambdaId),
    /// `func args…`.
    Call { func: &'a Expr<'a, V>, args: &'a [Delayed<'a, V>], pos: Pos },
    /// `let values in body`: a frame with one slot for each value.
    Let { values: &'a [Delayed<'a, V>], body: &'a Expr<'a, V> },
    /// An attribute set.
    Set(&'a SetDef<'a, V>),
    /// A list.
    List(&'a [Delayed<'a, V>]),
    /// `with scope; body`: a frame with the scope in slot 0.
    With { scope: Delayed<'a, V>, body: &'a Expr<'a, V>, pos: Pos },
    /// `if cond then yes else no`.
    If { cond: &'a Expr<'a, V>, yes: &'a Expr<'a, V>, no: &'a Expr<'a, V>, pos: Pos },
    /// `assert cond; body`; `text` is the condition as Nix would print it.
    Assert { cond: &'a Expr<'a, V>, body: &'a Expr<'a, V>, text: &'a &'a str, pos: Pos },
    /// `!e`.
    Not { operand: &'a Expr<'a, V>, pos: Pos },
    /// `a && b`.
    And { left: &'a Expr<'a, V>, right: &'a Expr<'a, V>, pos: Pos },
    /// `a || b`.
    Or { left: &'a Expr<'a, V>, right: &'a Expr<'a, V>, pos: Pos },
    /// `a -> b`.
    Implies { left: &'a Expr<'a, V>, right: &'a Expr<'a, V>, pos: Pos },
    /// `==` and `!=`.
    Equal { left: &'a Expr<'a, V>, right: &'a Expr<'a, V>, negate: bool, pos: Pos },
    /// `<` with the operands in place, swapped or the result negated, as the other comparisons are made of it.
    Less { left: &'a Expr<'a, V>, right: &'a Expr<'a, V>, negate: bool, pos: Pos },
    /// `-`, `*` and `/`.
    Arith { op: BinOp, left: &'a Expr<'a, V>, right: &'a Expr<'a, V>, pos: Pos },
    /// `a // b`.
    Update { left: &'a Expr<'a, V>, right: &'a Expr<'a, V>, pos: Pos },
    /// `a ++ b ++ …`, flattened.
    ConcatLists { parts: &'a [&'a Expr<'a, V>], pos: Pos },
    /// `a + b`, where the first decides the type.
    Add { left: &'a Expr<'a, V>, right: &'a Expr<'a, V>, pos: Pos },
    /// A string or path with interpolations; the parts are coerced and joined.
    Interpolate { parts: &'a [Part<'a, V>], path: bool, pos: Pos },
    /// `__curPos`.
    CurPos(Pos),
    /// What is lowered when it is evaluated for the first time.
    Later(&'a Later<'a, V>),
}

const _: () = assert!(size_of::<Expr<'static, [u64; 2]>>() == 32, "there are as many of them as of anything");

/// `base.path or default`.
#[derive(Debug)]
pub struct Selection<'a, V> {
    /// What is selected from.
    pub base: &'a Expr<'a, V>,
    /// What is selected.
    pub path: &'a [Attr<'a, V>],
    /// The value where there is no such attribute.
    pub default: Option<&'a Expr<'a, V>>,
}

/// A part of an interpolated string.
#[derive(Debug)]
pub struct Part<'a, V> {
    /// The expression; a literal piece is a [`Expr::Const`].
    pub expr: &'a Expr<'a, V>,
    /// Where it stands.
    pub pos: Pos,
}

/// An expression whose evaluation is put off: an argument, an attribute, an element, a definition.
#[derive(Debug)]
pub struct Delayed<'a, V> {
    /// The expression.
    pub expr: &'a Expr<'a, V>,
}

impl<V> Clone for Delayed<'_, V> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<V> Copy for Delayed<'_, V> {}

/// One element of an attribute path.
#[derive(Debug)]
pub enum Attr<'a, V> {
    /// A name known at parse time.
    Static(Symbol, Pos, InlineCache),
    /// A computed name.
    Dynamic(&'a Expr<'a, V>, Pos),
}

/// The names of an attribute set, shared by all sets that one expression makes.
#[derive(Debug)]
pub struct Shape<'a> {
    /// The names, ascending by symbol number.
    pub keys: &'a [Symbol],
    /// Where each was defined.
    pub positions: &'a [Pos],
    /// Tells the shape from all others of the process, for an [`InlineCache`]; none has number zero.
    number: u32,
    order: OnceCell<&'a [u32]>,
    bare: OnceCell<&'a Shape<'a>>,
}

impl<'a> Shape<'a> {
    /// A shape of `keys`, which are ascending and distinct, with the place of each.
    pub fn new(keys: &'a [Symbol], positions: &'a [Pos]) -> Self {
        static LAST: AtomicU32 = AtomicU32::new(0);
        let number = LAST.fetch_add(1, Ordering::Relaxed).wrapping_add(1);
        Shape { keys, positions, number, order: OnceCell::new(), bare: OnceCell::new() }
    }

    /// How many names there are.
    #[inline]
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Whether there are none.
    #[inline]
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// What tells the shape from all others of the process.
    #[inline(always)]
    pub fn number(&self) -> u32 {
        self.number
    }

    /// The index of `name`.
    #[inline]
    pub fn find(&self, name: Symbol) -> Option<usize> {
        if self.keys.len() <= 8 {
            self.keys.iter().position(|key| *key == name)
        } else {
            self.keys.binary_search(&name).ok()
        }
    }

    /// Where the attribute at `index` was defined.
    pub fn position(&self, index: usize) -> Pos {
        self.positions.get(index).copied().unwrap_or(Pos::NONE)
    }

    /// The same names without places, for sets that were defined elsewhere.
    pub fn bare(&'a self, arena: &'a Arena) -> &'a Shape<'a> {
        if self.positions.is_empty() {
            return self;
        }
        self.bare.get_or_init(|| arena.alloc(self.placed(&[])))
    }

    /// The same names with other places.
    pub fn placed(&self, positions: &'a [Pos]) -> Shape<'a> {
        let placed = Shape::new(self.keys, positions);
        // The order of the names is the same, so it is not sorted again.
        if let Some(order) = self.order.get() {
            let _ = placed.order.set(order);
        }
        placed
    }

    /// The indices in alphabetical order of the names, computed once.
    pub fn order(&self, arena: &'a Arena, symbols: &Symbols<'a>) -> &'a [u32] {
        self.order.get_or_init(|| {
            let name = |index: usize| self.keys.get(index).map_or(&b""[..], |key| symbols.name(*key));
            arena.alloc_slice_fill_iter(alphabetical(self.keys.len(), name))
        })
    }
}

/// The definition of an attribute set.
#[derive(Debug)]
pub struct SetDef<'a, V> {
    /// Whether the values see the names (`rec`): then they live in a frame of their own, slots in the shape's order.
    pub recursive: bool,
    /// The static names.
    pub shape: &'a Shape<'a>,
    /// Their values, in the shape's order.
    pub values: &'a [Delayed<'a, V>],
    /// In a `rec` set, sources of `inherit (source)`: slots of its frame behind the names.
    pub hidden: &'a [Delayed<'a, V>],
    /// Names that are computed.
    pub dynamic: &'a [DynamicAttr<'a, V>],
    /// In a `rec` set, the index of `__overrides`.
    pub overrides: Option<u32>,
    /// Where the set begins.
    pub pos: Pos,
}

/// A definition whose name is computed.
#[derive(Debug)]
pub struct DynamicAttr<'a, V> {
    /// The name; null means that there is no such attribute.
    pub name: &'a Expr<'a, V>,
    /// The value.
    pub value: Delayed<'a, V>,
    /// Where the name stands.
    pub pos: Pos,
}

/// A function of one or more curried arguments.
#[derive(Debug)]
pub struct Lambda<'a, V> {
    /// How many arguments come before the body is evaluated.
    pub arity: u32,
    /// How many slots the frame has. Plain arguments take the first ones in order.
    pub frame: u32,
    /// The pattern of the last argument, if it has one.
    pub formals: Option<Formals<'a, V>>,
    /// The body.
    pub body: &'a Expr<'a, V>,
    /// What of a call's frame may be looked at after the call has returned.
    pub keeps: Keeps,
    /// The plain arguments' names.
    pub params: &'a [Symbol],
    /// The name it is bound to, for messages.
    pub name: Cell<Option<Symbol>>,
    /// Where it begins.
    pub pos: Pos,
    /// Where the functions inside begin that its calls with too few arguments give, the first argument's first.
    pub inner: &'a [Pos],
}

/// What of the frame of a call may be looked at after the call has returned, from the least to the most.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Keeps {
    /// Nothing.
    Nothing,
    /// The slot of an argument that was not computed when the call began: it was handed on.
    Arguments,
    /// All of it.
    Frame,
}

/// A set pattern.
#[derive(Debug)]
pub struct Formals<'a, V> {
    /// The names, ascending by symbol.
    pub formals: &'a [Formal<'a, V>],
    /// Whether further attributes are accepted.
    pub ellipsis: bool,
    /// The slot of the whole argument, if it is named.
    pub at: Option<(Symbol, u32)>,
    /// The slot of the first formal; the others follow in order.
    pub first_slot: u32,
}

/// One name of a set pattern.
#[derive(Debug)]
pub struct Formal<'a, V> {
    /// The name.
    pub name: Symbol,
    /// Where it stands.
    pub pos: Pos,
    /// What it is when the argument lacks it.
    pub default: Option<Delayed<'a, V>>,
}

/// The number of a lambda in the [`LambdaTable`].
pub type LambdaId = u32;

/// All lambdas of one evaluation, by number; read without a borrow.
pub struct LambdaTable<'a, V> {
    slots: Cell<&'a [Cell<Option<&'a Lambda<'a, V>>>]>,
    len: Cell<u32>,
}

impl<V> Default for LambdaTable<'_, V> {
    fn default() -> Self {
        Self::new()
    }
}

impl<'a, V> LambdaTable<'a, V> {
    /// An empty table.
    pub fn new() -> Self {
        LambdaTable { slots: Cell::new(&[]), len: Cell::new(0) }
    }

    /// Gives `lambda` a number.
    pub fn push(&self, arena: &'a Arena, lambda: &'a Lambda<'a, V>) -> LambdaId {
        let at = self.len.get() as usize;
        if at == self.slots.get().len() {
            let old = self.slots.get();
            let grown = arena.alloc_slice_fill_with((at * 2).max(16), |index| {
                Cell::new(old.get(index).and_then(Cell::get))
            });
            self.slots.set(grown);
        }
        if let Some(slot) = self.slots.get().get(at) {
            slot.set(Some(lambda));
        }
        self.len.set(at as u32 + 1);
        at as u32
    }

    /// The lambda with this number.
    #[inline(always)]
    pub fn get(&self, id: LambdaId) -> Option<&'a Lambda<'a, V>> {
        self.slots.get().get(id as usize).and_then(Cell::get)
    }
}
