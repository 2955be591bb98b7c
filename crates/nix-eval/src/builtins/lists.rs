//! Lists.

use std::cmp::Ordering;

use nix_syntax::source::Pos;
use nix_syntax::symbol::Symbol;
use rustc_hash::{FxHashMap, FxHashSet};

use super::{Def, arity, def};
use crate::attrs::Attrs;
use crate::error::{EvalError, EvalResult, WithFrame};
use crate::eval::Eval;
use crate::pending::PendingArgs;
use crate::value::{Entry, List, Slot, Value, View, share};

pub(super) fn defs<'a>() -> Vec<Def<'a>> {
    vec![
        def("length", 1, 1, |eval, args, pos| {
            let [list] = args else { return Err(arity(pos)) };
            Ok(Value::int(eval.expect_list(*list, pos)?.len() as i64))
        }),
        def("head", 1, 1, |eval, args, pos| {
            let [list] = args else { return Err(arity(pos)) };
            match eval.expect_list(*list, pos)?.slice().first() {
                Some(slot) => eval.force_slot(slot),
                None => Err(EvalError::other("'builtins.head' called on an empty list", pos)),
            }
        }),
        def("tail", 1, 1, |eval, args, pos| {
            let [list] = args else { return Err(arity(pos)) };
            match eval.expect_list(*list, pos)?.slice().split_first() {
                Some((_, rest)) => Ok(eval.list_of(rest.len(), rest.iter().map(share))),
                None => Err(EvalError::other("'builtins.tail' called on an empty list", pos)),
            }
        }),
        def("elemAt", 2, 3, |eval, args, pos| {
            let [list, index] = args else { return Err(arity(pos)) };
            let (list, index) = (eval.expect_list(*list, pos)?, eval.expect_int(*index, pos)?);
            match usize::try_from(index).ok().and_then(|index| list.slice().get(index)) {
                Some(slot) => eval.force_slot(slot),
                None => Err(EvalError::other(
                    format!("'builtins.elemAt' called with index {index} on a list of size {}", list.len()),
                    pos,
                )),
            }
        }),
        def("elem", 2, 2, |eval, args, pos| {
            let [wanted, list] = args else { return Err(arity(pos)) };
            for slot in eval.expect_list(*list, pos)?.slice() {
                if eval.equal_shared(*wanted, Value::reference(slot), pos)? {
                    return Ok(Value::bool(true));
                }
            }
            Ok(Value::bool(false))
        }),
        def("map", 2, 2, |eval, args, pos| {
            let [func, list] = args else { return Err(arity(pos)) };
            let list = eval.expect_list(*list, pos)?;
            if list.is_empty() {
                return Ok(eval.empty_list());
            }
            let func = eval.expect_function(*func, pos)?;
            let calls = eval.put_off(func, PendingArgs::Element(list), pos);
            Ok(Value::list(List::new(eval.arena, (), list.len(), |index| eval.kept(calls.number(index)))))
        }),
        def("filter", 2, 2, filter),
        def("all", 2, 3, |eval, args, pos| {
            let [test, list] = args else { return Err(arity(pos)) };
            let test = eval.repeated(eval.expect_function(*test, pos)?, 1);
            for slot in eval.expect_list(*list, pos)?.slice() {
                let verdict = eval.call_repeated(&test, &[share(slot)], pos)?;
                if !eval.expect_bool(verdict, pos)? {
                    return Ok(Value::bool(false));
                }
            }
            Ok(Value::bool(true))
        }),
        def("any", 2, 3, |eval, args, pos| {
            let [test, list] = args else { return Err(arity(pos)) };
            let test = eval.repeated(eval.expect_function(*test, pos)?, 1);
            for slot in eval.expect_list(*list, pos)?.slice() {
                let verdict = eval.call_repeated(&test, &[share(slot)], pos)?;
                if eval.expect_bool(verdict, pos)? {
                    return Ok(Value::bool(true));
                }
            }
            Ok(Value::bool(false))
        }),
        def("foldl'", 3, 5, |eval, args, pos| {
            let [operator, start, list] = args else { return Err(arity(pos)) };
            let operator = eval.repeated(eval.expect_function(*operator, pos)?, 2);
            let list = eval.expect_list(*list, pos)?;
            let mut result = *start;
            for slot in list.slice() {
                result = eval.call_repeated(&operator, &[result, share(slot)], pos)?;
            }
            eval.force(result)
        }),
        def("concatLists", 1, 1, |eval, args, pos| {
            let [lists] = args else { return Err(arity(pos)) };
            let mut parts = Vec::new();
            for slot in eval.expect_list(*lists, pos)?.slice() {
                parts.push(eval.expect_list(Value::reference(slot), pos)?);
            }
            Ok(eval.joined_lists(&parts))
        }),
        def("concatMap", 2, 3, |eval, args, pos| {
            let [func, list] = args else { return Err(arity(pos)) };
            let func = eval.repeated(eval.expect_function(*func, pos)?, 1);
            let mut parts = Vec::new();
            for slot in eval.expect_list(*list, pos)?.slice() {
                let part = eval.call_repeated(&func, &[share(slot)], pos)?;
                parts.push(eval.expect_list(part, pos).with_frame(
                    || {
                        "while evaluating the return value of the function passed to builtins.concatMap"
                            .to_owned()
                    },
                    pos,
                )?);
            }
            Ok(eval.joined_lists(&parts))
        }),
        def("genList", 2, 2, |eval, args, pos| {
            let [func, length] = args else { return Err(arity(pos)) };
            let length = eval.expect_int(*length, pos)?;
            let Ok(length) = usize::try_from(length) else {
                return Err(EvalError::other(format!("cannot create list of size {length}"), pos));
            };
            // No memory has room for more slots than there are numbers of calls.
            if length > u32::MAX as usize {
                crate::thin::oversized();
            }
            let func = eval.expect_function(*func, pos)?;
            if length == 0 {
                return Ok(eval.empty_list());
            }
            let calls = eval.put_off(func, PendingArgs::Number, pos);
            Ok(Value::list(List::new(eval.arena, (), length, |index| eval.kept(calls.number(index)))))
        }),
        def("sort", 2, 2, sort),
        def("partition", 2, 2, partition),
        def("groupBy", 2, 3, group_by),
        def("genericClosure", 1, 1, generic_closure),
    ]
}

fn filter<'a>(eval: &Eval<'a>, args: &[Value<'a>], pos: Pos) -> EvalResult<Value<'a>> {
    let [test, list] = args else { return Err(arity(pos)) };
    let list = eval.expect_list(*list, pos)?;
    if list.is_empty() {
        return Ok(Value::list(list));
    }
    let test = eval.repeated(eval.expect_function(*test, pos)?, 1);
    let mut kept = Choice::of(list);
    for slot in list.slice() {
        let verdict = eval.call_repeated(&test, &[share(slot)], pos)?;
        let keep = eval.expect_bool(verdict, pos).with_frame(
            || {
                "while evaluating the return value of the filtering function passed to builtins.filter"
                    .to_owned()
            },
            pos,
        )?;
        kept.push(keep);
    }
    if kept.count == list.len() { Ok(Value::list(list)) } else { Ok(kept.list(eval, true)) }
}

/// Which elements of a list are chosen. An answer takes less room than the element, which stays where it is.
struct Choice<'a> {
    list: List<'a>,
    answers: Vec<bool>,
    count: usize,
}

impl<'a> Choice<'a> {
    fn of(list: List<'a>) -> Self {
        Choice { list, answers: Vec::with_capacity(list.len()), count: 0 }
    }

    /// The answer for the next element.
    fn push(&mut self, chosen: bool) {
        self.answers.push(chosen);
        self.count += usize::from(chosen);
    }

    /// The elements that are `chosen`, or are not.
    fn list(&self, eval: &Eval<'a>, chosen: bool) -> Value<'a> {
        let count = if chosen { self.count } else { self.answers.len() - self.count };
        let both = self.list.slice().iter().zip(&self.answers);
        let slots = both.filter(|(_, answer)| **answer == chosen);
        eval.list_of(count, slots.map(|(slot, _)| share(slot)))
    }
}

/// A stable merge sort, since the comparison may fail and may be inconsistent.
fn sort<'a>(eval: &Eval<'a>, args: &[Value<'a>], pos: Pos) -> EvalResult<Value<'a>> {
    let [less, list] = args else { return Err(arity(pos)) };
    let list = eval.expect_list(*list, pos)?;
    if list.is_empty() {
        return Ok(Value::list(list));
    }
    let less = eval.expect_function(*less, pos)?;
    let mut items: Vec<Value<'a>> = Vec::with_capacity(list.len());
    for slot in list.slice() {
        items.push(eval.force_slot(slot)?);
    }
    let native = matches!(less.view(), View::Builtin(_, builtin) if builtin.name == "lessThan");
    let before = eval.repeated(less, 2);
    let mut compare = |a: Value<'a>, b: Value<'a>| {
        if native {
            return eval.less_than(a, b, pos);
        }
        let verdict = eval.call_repeated(&before, &[a, b], pos)?;
        eval.expect_bool(verdict, pos).with_frame(
            || "while evaluating the return value of the sorting function passed to builtins.sort".to_owned(),
            pos,
        )
    };
    let sorted = merge_sort(items, &mut compare)?;
    Ok(eval.list(&sorted))
}

fn merge_sort<T: Copy>(
    mut items: Vec<T>,
    less: &mut impl FnMut(T, T) -> EvalResult<bool>,
) -> EvalResult<Vec<T>> {
    let mut merged: Vec<T> = Vec::with_capacity(items.len());
    let mut width = 1;
    while width < items.len() {
        merged.clear();
        for pair in items.chunks(width * 2) {
            let (left, right) = pair.split_at(width.min(pair.len()));
            let (mut i, mut j) = (0, 0);
            while let (Some(a), Some(b)) = (left.get(i), right.get(j)) {
                if less(*b, *a)? {
                    merged.push(*b);
                    j += 1;
                } else {
                    merged.push(*a);
                    i += 1;
                }
            }
            merged.extend_from_slice(left.get(i..).unwrap_or(&[]));
            merged.extend_from_slice(right.get(j..).unwrap_or(&[]));
        }
        std::mem::swap(&mut items, &mut merged);
        width *= 2;
    }
    Ok(items)
}

fn partition<'a>(eval: &Eval<'a>, args: &[Value<'a>], pos: Pos) -> EvalResult<Value<'a>> {
    let [test, list] = args else { return Err(arity(pos)) };
    let test = eval.repeated(eval.expect_function(*test, pos)?, 1);
    let list = eval.expect_list(*list, pos)?;
    let mut right = Choice::of(list);
    for slot in list.slice() {
        // Unlike `filter`, this evaluates the elements.
        let item = eval.force_slot(slot)?;
        let verdict = eval.call_repeated(&test, &[item], pos)?;
        right.push(eval.expect_bool(verdict, pos)?);
    }
    let entry = |name, chosen| Entry { name, pos: Pos::NONE, value: right.list(eval, chosen) };
    let entries = vec![entry(eval.names.right, true), entry(eval.names.wrong, false)];
    Ok(Value::attrs(Attrs::from_entries(&eval.shapes, entries)))
}

fn group_by<'a>(eval: &Eval<'a>, args: &[Value<'a>], pos: Pos) -> EvalResult<Value<'a>> {
    let [func, list] = args else { return Err(arity(pos)) };
    let func = eval.repeated(eval.expect_function(*func, pos)?, 1);
    let list = eval.expect_list(*list, pos)?;
    let mut numbers: FxHashMap<Symbol, u32> = FxHashMap::default();
    // Of each group its name and how many elements it has, and of each element the number of its group.
    let mut groups: Vec<(Symbol, usize)> = Vec::new();
    let mut of_elements: Vec<u32> = Vec::with_capacity(list.len());
    for slot in list.slice() {
        let key = eval.call_repeated(&func, &[share(slot)], pos)?;
        let key = eval.expect_plain_string(key, pos).with_frame(
            || {
                "while evaluating the return value of the grouping function passed to builtins.groupBy"
                    .to_owned()
            },
            pos,
        )?;
        let name = eval.symbols.intern(key);
        let number = *numbers.entry(name).or_insert(groups.len() as u32);
        match groups.get_mut(number as usize) {
            Some((_, count)) => *count += 1,
            None => groups.push((name, 1)),
        }
        of_elements.push(number);
    }
    let mut filled: Vec<(List<'a>, usize)> = groups
        .iter()
        .map(|(_, count)| (List::new(eval.arena, (), *count, |_| Slot::blackhole()), 0))
        .collect();
    for (slot, number) in list.slice().iter().zip(of_elements) {
        if let Some((items, next)) = filled.get_mut(number as usize) {
            if let Some(place) = items.slice().get(*next) {
                place.set(share(slot), eval.boxes);
            }
            *next += 1;
        }
    }
    let entries = groups
        .into_iter()
        .zip(filled)
        .map(|((name, _), (items, _))| Entry { name, pos: Pos::NONE, value: Value::list(items) })
        .collect();
    Ok(Value::attrs(Attrs::from_entries(&eval.shapes, entries)))
}

/// The keys met so far. Integers and strings, which is what programs use, are looked up by hash.
#[derive(Default)]
struct Keys<'a> {
    ints: FxHashSet<i64>,
    strings: FxHashSet<&'a [u8]>,
    others: Vec<Value<'a>>,
}

impl<'a> Keys<'a> {
    /// Whether `key` is new.
    fn insert(&mut self, eval: &Eval<'a>, key: Value<'a>, pos: Pos) -> EvalResult<bool> {
        match key.view() {
            View::Int(number) if self.others.is_empty() => {
                self.comparable(eval, key, self.strings.iter().next().map(|text| eval.string(text)), pos)?;
                Ok(self.ints.insert(number))
            }
            View::Str(text) if self.others.is_empty() => {
                self.comparable(eval, key, self.ints.iter().next().map(|number| Value::int(*number)), pos)?;
                Ok(self.strings.insert(text.bytes()))
            }
            key => {
                let known = self.ints.drain().map(Value::int).collect::<Vec<_>>();
                self.others.extend(known);
                let known = self.strings.drain().map(|text| eval.string(text)).collect::<Vec<_>>();
                self.others.extend(known);
                for other in &self.others {
                    if eval.compare(key.value(), *other, pos)? == Some(Ordering::Equal) {
                        return Ok(false);
                    }
                }
                self.others.push(key.value());
                Ok(true)
            }
        }
    }

    /// Keys of different types are an error, as comparing them is.
    fn comparable(
        &self,
        eval: &Eval<'a>,
        key: Value<'a>,
        other: Option<Value<'a>>,
        pos: Pos,
    ) -> EvalResult<()> {
        match other {
            Some(other) => eval.compare(key, other, pos).map(|_| ()),
            None => Ok(()),
        }
    }
}

fn generic_closure<'a>(eval: &Eval<'a>, args: &[Value<'a>], pos: Pos) -> EvalResult<Value<'a>> {
    let [arg] = args else { return Err(arity(pos)) };
    let attrs = eval.expect_attrs(*arg, pos)?;
    let get = |name| match attrs.get(name) {
        Some(slot) => eval.force_slot(slot),
        None => Err(eval.missing_attribute(attrs, name, pos)),
    };
    let start = eval.expect_list(get(eval.names.start_set)?, pos)?;
    if start.is_empty() {
        return Ok(Value::list(start));
    }
    let operator = eval.expect_function(get(eval.names.operator)?, pos)?;
    let mut work: std::collections::VecDeque<Value<'a>> = start.slice().iter().map(share).collect();
    let mut keys = Keys::default();
    let mut result = Vec::new();
    while let Some(item) = work.pop_front() {
        let item = eval.force(item)?;
        let fields = eval.expect_attrs(item, pos)?;
        let Some(key) = fields.get(eval.names.key) else {
            return Err(eval.missing_attribute(fields, eval.names.key, pos));
        };
        let key = eval.force_slot(key)?;
        if !keys.insert(eval, key, pos)? {
            continue;
        }
        result.push(item);
        let more = eval.call(operator, &[item], pos)?;
        let more = eval.expect_list(more, pos).with_frame(
            || {
                "while evaluating the return value of the `operator` passed to builtins.genericClosure"
                    .to_owned()
            },
            pos,
        )?;
        work.extend(more.slice().iter().map(share));
    }
    Ok(eval.list(&result))
}
