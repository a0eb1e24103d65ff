//! Methods of lists, tuples, sets and dicts.

use std::rc::Rc;

use crate::fold::{Args, Cause, Dict, Interp, Items, List, ListKind, Place, Value, under_gate_of};

/// The attribute that holds what a container outside the package contains; no program can name it.
pub(super) const ITEMS: &str = "its items";

/// A method of a list, tuple or set.
pub(super) fn list(interp: &mut Interp, list: &Rc<List>, name: &str, args: &Args, place: &Place) -> Option<Value> {
    let first = || args.positional.first().cloned();
    Some(match name {
        "append" | "appendleft" => {
            interp.push(list, first()?);
            Value::Null
        }
        "add" => {
            let value = first()?;
            if !list.items.borrow().iter().any(|item| item.same(&value) == Some(true)) {
                interp.push(list, value);
            }
            Value::Null
        }
        "extend" | "update" => {
            for other in &args.positional {
                interp.extend(list, other, place);
            }
            Value::Null
        }
        "insert" => {
            let at = match first()? {
                Value::Int(at) => usize::try_from(at).unwrap_or(0),
                _ => 0,
            };
            let value = interp.gated_element(args.positional.get(1)?.clone(), list.depth);
            let mut items = list.items.borrow_mut();
            let at = at.min(items.len());
            items.insert(at, value);
            Value::Null
        }
        // What may be taken away is still there for somebody.
        "clear" if interp.gate_depth() > list.depth => Value::Null,
        "remove" | "discard" => {
            interp.take_element(list, &first()?);
            Value::Null
        }
        "pop" | "popleft" => {
            let at = if name == "popleft" { Some(Value::Int(0)) } else { first() };
            let value = interp.index(&Value::List(list.clone()), &at.unwrap_or(Value::Int(-1)), place);
            list.items.borrow_mut().pop();
            value
        }
        "clear" => {
            list.items.borrow_mut().clear();
            Value::Null
        }
        "copy" => copy(interp, list, list.kind),
        "sort" => {
            let sorted = sorted(interp, &Value::List(list.clone()), args, place);
            if let Value::List(sorted) = &sorted {
                let items = sorted.snapshot();
                *list.items.borrow_mut() = items;
            }
            Value::Null
        }
        "reverse" => {
            list.items.borrow_mut().reverse();
            Value::Null
        }
        "index" => {
            let value = first()?;
            let at = list.items.borrow().iter().position(|item| item.same(&value) == Some(true))?;
            Value::Int(i64::try_from(at).ok()?)
        }
        "count" => {
            let value = first()?;
            let n = list.items.borrow().iter().filter(|item| item.same(&value) == Some(true)).count();
            Value::Int(i64::try_from(n).ok()?)
        }
        "union" | "intersection" | "difference" => {
            let op = match name {
                "union" => crate::module::BinaryOp::BitOr,
                "intersection" => crate::module::BinaryOp::BitAnd,
                _ => crate::module::BinaryOp::Sub,
            };
            let mut result = copy(interp, list, ListKind::Set);
            for other in &args.positional {
                let other = as_kind(interp, other, ListKind::Set, place);
                result = interp.binary(op, &result, &other, place);
            }
            result
        }
        "issubset" | "issuperset" | "isdisjoint" => {
            let other = as_kind(interp, &first()?, ListKind::Set, place);
            let own = Value::List(list.clone());
            let (small, big) = if name == "issuperset" { (&other, &own) } else { (&own, &other) };
            let items = interp.iterate(small, place).values;
            let mut found = Vec::new();
            for item in &items {
                found.push(interp.contains(big, item)?);
            }
            Value::Bool(if name == "isdisjoint" { !found.contains(&true) } else { !found.contains(&false) })
        }
        _ => return None,
    })
}

/// A method of a dict.
pub(super) fn dict(interp: &mut Interp, dict: &Rc<Dict>, name: &str, args: &Args, place: &Place) -> Option<Value> {
    let open = || dict.open.borrow().clone();
    let opened = |list: Value| {
        if let (Value::List(list), Some(why)) = (&list, open()) {
            list.leave_open(&why);
        }
        list
    };
    let pair = |(key, value): (Value, Value)| {
        let plain = match &value {
            Value::Gated(gated) => gated.1.clone(),
            value => value.clone(),
        };
        under_gate_of(&value, Value::list(ListKind::Tuple, vec![key, plain]))
    };
    Some(match name {
        "get" | "pop" | "setdefault" => {
            let key = args.positional.first()?;
            let default = args.positional.get(1).cloned().unwrap_or(Value::Null);
            let is_known = key.key().is_some() && !matches!(key, Value::Unknown(_));
            match dict.get(key).filter(|_| is_known) {
                Some(value) => {
                    if name == "pop" {
                        interp.take_item(dict, key);
                    }
                    match value {
                        Value::Gated(gated) => gated.1.clone(),
                        value => value,
                    }
                }
                None if !is_known && name == "get" => interp.lift(key, &mut |interp, key| match dict.get(key) {
                    Some(value) => value,
                    None if key.key().is_some() => default.clone(),
                    None => Value::Unknown(interp.why(key, place)),
                }),
                None => match open() {
                    // What a setting may add is not there usually.
                    Some(why) if why.cause == Cause::Setting => {
                        interp.setting(why.reason.clone(), Some(default), &why.place)
                    }
                    Some(why) => Value::Unknown(why),
                    None => {
                        if name == "setdefault" {
                            interp.set_item(dict, key.clone(), default.clone(), place);
                        }
                        default
                    }
                },
            }
        }
        "keys" => opened(
            interp.list(ListKind::List, dict.snapshot().into_iter().map(|(k, v)| under_gate_of(&v, k)).collect()),
        ),
        "values" => opened(interp.list(ListKind::List, dict.snapshot().into_iter().map(|(_, value)| value).collect())),
        "items" => opened(interp.list(ListKind::List, dict.snapshot().into_iter().map(pair).collect())),
        "update" => {
            if let Some(other) = args.positional.first() {
                fill(interp, dict, other, place);
            }
            for (name, value) in &args.named {
                dict.set(Value::Str(name.clone()), value.clone());
            }
            Value::Null
        }
        "copy" => {
            let copy = interp.dict();
            interp.merge_dict(&copy, &Value::Dict(dict.clone()), place);
            Value::Dict(copy)
        }
        "clear" if interp.gate_depth() > dict.depth => Value::Null,
        "clear" => {
            dict.items.borrow_mut().clear();
            Value::Null
        }
        "popitem" => {
            let (_, item) = dict.items.borrow_mut().pop()?;
            pair(item)
        }
        "move_to_end" => Value::Null,
        "__setitem__" => {
            let [key, value] = &args.positional[..] else { return None };
            interp.set_item(dict, key.clone(), value.clone(), place);
            Value::Null
        }
        _ => return None,
    })
}

/// Fills a dict from a mapping or from pairs.
pub(super) fn fill(interp: &mut Interp, dict: &Rc<Dict>, from: &Value, place: &Place) {
    match from {
        Value::List(_) => {
            let items = interp.iterate(from, place);
            if let Some(why) = items.open {
                dict.leave_open(&why);
            }
            for item in items.values {
                let parts = interp.iterate(&item, place).values;
                if let [key, value] = &parts[..] {
                    interp.set_item(dict, key.clone(), value.clone(), place);
                }
            }
        }
        other => interp.merge_dict(dict, other, place),
    }
}

/// A copy as another kind of sequence.
pub(super) fn copy(interp: &Interp, list: &Rc<List>, kind: ListKind) -> Value {
    let copy = interp.list(kind, list.snapshot());
    if let (Value::List(copy), Some(why)) = (&copy, &*list.open.borrow()) {
        copy.leave_open(why);
    }
    copy
}

/// The elements of anything as a list, tuple or set.
pub(super) fn as_kind(interp: &mut Interp, value: &Value, kind: ListKind, place: &Place) -> Value {
    let items = interp.iterate(value, place);
    let open = items.more();
    let Items { mut values, .. } = items;
    if kind == ListKind::Set {
        let mut seen: Vec<Value> = Vec::new();
        for value in values {
            if !seen.iter().any(|known| known.same(&value) == Some(true)) {
                seen.push(value);
            }
        }
        values = seen;
    }
    let list = interp.list(kind, values);
    if let (Value::List(list), Some(why)) = (&list, open) {
        list.leave_open(&why);
    }
    list
}

/// `sorted(values, key=…, reverse=…)`; what cannot be compared keeps its place.
pub(super) fn sorted(interp: &mut Interp, value: &Value, args: &Args, place: &Place) -> Value {
    let result = as_kind(interp, value, ListKind::List, place);
    let Value::List(list) = &result else { return result };
    let mut keyed: Vec<(Value, Value)> = Vec::new();
    for item in list.snapshot() {
        let key = match args.named("key") {
            None | Some(Value::Null) => item.clone(),
            Some(function) => interp.call(&function.clone(), &Args::of(vec![item.clone()]), place),
        };
        let key = super::objects::plain(&key).unwrap_or(key);
        keyed.push((key, item));
    }
    if keyed.iter().all(|(key, _)| rank(key).is_some()) {
        keyed.sort_by(|(a, _), (b, _)| rank(a).partial_cmp(&rank(b)).unwrap_or(std::cmp::Ordering::Equal));
        if args.named("reverse").is_some_and(|reverse| matches!(reverse, Value::Bool(true))) {
            keyed.reverse();
        }
    }
    *list.items.borrow_mut() = keyed.into_iter().map(|(_, item)| item).collect();
    result
}

/// What values are ordered by.
#[derive(PartialEq, PartialOrd)]
enum Rank {
    Number(f64),
    Text(Rc<str>),
    Row(Vec<Rank>),
}

fn rank(value: &Value) -> Option<Rank> {
    Some(match value {
        Value::Int(n) => Rank::Number(*n as f64),
        Value::Float(n) => Rank::Number(*n),
        Value::Bool(b) => Rank::Number(f64::from(u8::from(*b))),
        Value::Str(text) => Rank::Text(text.clone()),
        Value::List(list) => Rank::Row(list.items.borrow().iter().map(rank).collect::<Option<_>>()?),
        _ => return None,
    })
}

/// A value that a function of the standard library would have to look at, and cannot.
pub(super) fn unclear(interp: &Interp, what: &str, place: &Place) -> Value {
    interp.unknown(Cause::NotUnderstood, what, place)
}
