//! Attribute sets.

use std::iter::Peekable;

use nix_syntax::source::Pos;
use nix_syntax::symbol::Symbol;
use rustc_hash::FxHashMap;

use super::{Def, arity, def};
use crate::attrs::Attrs;
use crate::error::WithFrame;
use crate::eval::Eval;
use crate::pending::PendingArgs;
use crate::value::{Entry, Value, share};

pub(super) fn defs<'a>() -> Vec<Def<'a>> {
    vec![
        def("attrNames", 1, 1, |eval, args, pos| {
            let [set] = args else { return Err(arity(pos)) };
            let set = eval.expect_attrs(*set, pos)?;
            let names =
                set.alphabetical(&eval.shapes, &eval.symbols).map(|(name, ..)| eval.name_string(name));
            Ok(eval.list_of(set.len(&eval.shapes), names))
        }),
        def("attrValues", 1, 1, |eval, args, pos| {
            let [set] = args else { return Err(arity(pos)) };
            let set = eval.expect_attrs(*set, pos)?;
            let values = set.alphabetical(&eval.shapes, &eval.symbols).map(|(_, _, slot)| share(slot));
            Ok(eval.list_of(set.len(&eval.shapes), values))
        }),
        def("getAttr", 2, 3, |eval, args, pos| {
            let [name, set] = args else { return Err(arity(pos)) };
            let name = eval.symbols.intern(eval.expect_plain_string(*name, pos)?);
            let set = eval.expect_attrs(*set, pos)?;
            match set.get(name) {
                Some(slot) => eval.force_slot(slot),
                None => Err(eval.missing_attribute(set, name, pos)),
            }
        }),
        def("hasAttr", 2, 3, |eval, args, pos| {
            let [name, set] = args else { return Err(arity(pos)) };
            let name = eval.expect_plain_string(*name, pos)?;
            let set = eval.expect_attrs(*set, pos)?;
            Ok(Value::bool(eval.symbols.lookup(name).is_some_and(|name| set.get(name).is_some())))
        }),
        def("removeAttrs", 2, 3, |eval, args, pos| {
            let [set, names] = args else { return Err(arity(pos)) };
            let set = eval.expect_attrs(*set, pos)?;
            let names = eval.expect_list(*names, pos)?;
            let mut removed: Vec<Symbol> = Vec::with_capacity(names.len());
            for slot in names.slice() {
                let name = eval.expect_plain_string(Value::reference(slot), pos)?;
                if let Some(name) = eval.symbols.lookup(name) {
                    removed.push(name);
                }
            }
            if !removed.iter().any(|name| set.get(*name).is_some()) {
                return Ok(Value::attrs(set));
            }
            removed.sort_unstable();
            let mut removed = removed.iter().peekable();
            let mut kept: Vec<Entry<'a>> = Vec::with_capacity(set.bound());
            kept.extend(
                set.entries(&eval.shapes)
                    .filter(|(name, ..)| !is_next(&mut removed, *name))
                    .map(|(name, pos, slot)| Entry { name, pos, value: share(slot) }),
            );
            Ok(Value::attrs(Attrs::from_sorted(&eval.shapes, &kept)))
        }),
        def("listToAttrs", 1, 1, |eval, args, pos| {
            let [list] = args else { return Err(arity(pos)) };
            let list = eval.expect_list(*list, pos)?;
            let mut entries = Vec::with_capacity(list.len());
            for slot in list.slice() {
                let item = eval.expect_attrs(Value::reference(slot), pos).with_frame(
                    || "while evaluating an element of the list passed to builtins.listToAttrs".to_owned(),
                    pos,
                )?;
                let Some((name, name_pos)) = item.get_with_pos(eval.names.name) else {
                    return Err(eval.missing_attribute(item, eval.names.name, pos));
                };
                let name = eval.expect_plain_string(Value::reference(name), name_pos)?;
                let Some((value, value_pos)) = item.get_with_pos(eval.names.value) else {
                    return Err(eval.missing_attribute(item, eval.names.value, pos));
                };
                entries.push(Entry { name: eval.symbols.intern(name), pos: value_pos, value: share(value) });
            }
            Ok(Value::attrs(Attrs::from_entries(&eval.shapes, entries)))
        }),
        def("intersectAttrs", 2, 3, |eval, args, pos| {
            let [left, right] = args else { return Err(arity(pos)) };
            let (left, right) = (eval.expect_attrs(*left, pos)?, eval.expect_attrs(*right, pos)?);
            let mut entries = Vec::with_capacity(left.bound().min(right.bound()));
            let both = |(name, pos, slot)| Entry { name, pos, value: share(slot) };
            if left.bound() * 8 < right.bound() {
                for (name, ..) in left.entries(&eval.shapes) {
                    if let Some((slot, pos)) = right.get_with_pos(name) {
                        entries.push(both((name, pos, slot)));
                    }
                }
            } else if right.bound() * 8 < left.bound() {
                entries.extend(
                    right.entries(&eval.shapes).filter(|(name, ..)| left.get(*name).is_some()).map(both),
                );
            } else {
                // Both ascend, so that one look at each finds all.
                let mut names = left.names(&eval.shapes).keys.iter().peekable();
                entries.extend(
                    right.entries(&eval.shapes).filter(|(name, ..)| is_next(&mut names, *name)).map(both),
                );
            }
            Ok(Value::attrs(Attrs::from_sorted(&eval.shapes, &entries)))
        }),
        def("catAttrs", 2, 3, |eval, args, pos| {
            let [name, list] = args else { return Err(arity(pos)) };
            let name = eval.symbols.intern(eval.expect_plain_string(*name, pos)?);
            let mut found = Vec::new();
            for slot in eval.expect_list(*list, pos)?.slice() {
                let set = eval.expect_attrs(Value::reference(slot), pos)?;
                if let Some(slot) = set.get(name) {
                    found.push(share(slot));
                }
            }
            Ok(eval.list(&found))
        }),
        def("mapAttrs", 2, 2, |eval, args, pos| {
            let [func, set] = args else { return Err(arity(pos)) };
            let set = eval.expect_attrs(*set, pos)?;
            let names = set.names(&eval.shapes);
            let calls = eval.put_off(*func, PendingArgs::Attribute(set), pos);
            let values = |index| eval.kept(calls.number(index));
            Ok(Value::attrs(Attrs::new(eval.arena, names.bare(eval.arena), values)))
        }),
        def("zipAttrsWith", 2, 3, |eval, args, pos| {
            let [func, list] = args else { return Err(arity(pos)) };
            let func = eval.expect_function(*func, pos)?;
            let mut groups: FxHashMap<Symbol, Vec<Value<'a>>> = FxHashMap::default();
            for slot in eval.expect_list(*list, pos)?.slice() {
                let set = eval.expect_attrs(Value::reference(slot), pos)?;
                for (name, _, slot) in set.entries(&eval.shapes) {
                    groups.entry(name).or_default().push(share(slot));
                }
            }
            let entries = groups
                .into_iter()
                .map(|(name, items)| {
                    let items = eval.list(&items);
                    let text = eval.name_string(name);
                    let args = PendingArgs::Two(eval.arena.alloc([text, items]));
                    Entry { name, pos: Pos::NONE, value: eval.put_off(func, args, pos).number(0) }
                })
                .collect();
            Ok(Value::attrs(Attrs::from_entries(&eval.shapes, entries)))
        }),
        def("unsafeGetAttrPos", 2, 3, |eval, args, pos| {
            let [name, set] = args else { return Err(arity(pos)) };
            let name = eval.symbols.intern(eval.expect_plain_string(*name, pos)?);
            let set = eval.expect_attrs(*set, pos)?;
            Ok(match set.get_with_pos(name) {
                Some((_, pos)) => eval.position_value(pos),
                None => Value::NULL,
            })
        }),
    ]
}

/// Whether `name` is among names that ascend, of which those below it are left behind.
fn is_next(names: &mut Peekable<std::slice::Iter<'_, Symbol>>, name: Symbol) -> bool {
    while names.next_if(|next| **next < name).is_some() {}
    names.peek().is_some_and(|next| **next == name)
}

impl<'a> Eval<'a> {
    /// A place as a set of `file`, `line` and `column`; null for text that is no file.
    pub(crate) fn position_value(&self, pos: Pos) -> Value<'a> {
        let Some(found) = self.sources.locate(pos) else { return Value::NULL };
        let nix_syntax::source::Origin::File(path) = &found.origin else { return Value::NULL };
        let file = self.string(path);
        let entry = |name, value| Entry { name, pos: Pos::NONE, value };
        Value::attrs(Attrs::from_entries(
            &self.shapes,
            vec![
                entry(self.names.file, file),
                entry(self.names.line, Value::int(i64::from(found.line))),
                entry(self.names.column, Value::int(i64::from(found.column))),
            ],
        ))
    }
}
