//! `Map`, `Set` and their weak kin: a symbolic object whose entries are a dict from key to value.

use std::rc::Rc;

use super::arg;
use super::objects::pair;
use crate::fold::{Args, Dict, Interp, Items, ListKind, Place, Value};

/// The attribute that holds the entries.
const ENTRIES: &str = "%entries";
/// The attribute that says how many conditions were open when it was made.
const DEPTH: &str = "%depth";

/// Makes a collection from what its constructor was given.
pub(super) fn make(interp: &mut Interp, name: &str, args: &Args, place: &Place) -> Value {
    let args = Args { is_new: true, ..args.clone() };
    let value = interp.made(&Value::external(name), &args, place);
    let Value::Made(made) = &value else { return value };
    let entries = Rc::new(Dict::default());
    let given = match arg(&args, 0) {
        Value::Undefined | Value::Null => Items::known(Vec::new()),
        given => interp.iterate(&given, place),
    };
    if let Some(why) = &given.open {
        entries.leave_open(why);
    }
    for item in given.values {
        if name.ends_with("Set") {
            entries.set(item.clone(), item);
        } else {
            let (key, value) = pair(interp, &item, place);
            entries.set(key, value);
        }
    }
    made.attrs.set(ENTRIES, Value::Dict(entries));
    made.attrs.set(DEPTH, Value::Int(interp.gate_depth() as i64));
    value
}

/// Whether a value is such a collection.
pub(super) fn is_collection(value: &Value) -> bool {
    entries(value).is_some()
}

fn entries(value: &Value) -> Option<Rc<Dict>> {
    match value {
        Value::Made(made) => match made.attrs.get(ENTRIES) {
            Some(Value::Dict(dict)) => Some(dict),
            _ => None,
        },
        _ => None,
    }
}

fn is_set(value: &Value) -> bool {
    matches!(value, Value::Made(made) if made.callee.path().is_some_and(|path| path.ends_with("Set")))
}

/// What iterating over it gives.
pub(super) fn elements(interp: &mut Interp, value: &Value) -> Option<Items> {
    let dict = entries(value)?;
    let what = if is_set(value) { "values" } else { "entries" };
    let values = dict.snapshot().into_iter().map(|entry| part(interp, what, entry)).collect();
    Some(Items { values, open: dict.open.borrow().clone(), ..Items::default() })
}

/// One key, value or entry; conditions stay with it.
fn part(interp: &Interp, what: &str, (key, value): (Value, Value)) -> Value {
    let (gate, value) = match value {
        Value::Gated(gated) => (Some(gated.0.clone()), gated.1.clone()),
        value => (None, value),
    };
    let part = match what {
        "keys" => key,
        "values" => value,
        _ => interp.list(ListKind::List, vec![key, value]),
    };
    match gate {
        Some(gate) => Value::Gated(Rc::new((gate, part))),
        None => part,
    }
}

/// A property that is no method.
pub(super) fn property(value: &Value, name: &str) -> Option<Value> {
    let dict = entries(value).filter(|_| name == "size")?;
    let open = dict.open.borrow();
    Some(match &*open {
        Some(why) => Value::Unknown(why.without_default()),
        None => Value::Int(dict.items.borrow().len() as i64),
    })
}

/// Calls a method.
pub(super) fn call(interp: &mut Interp, receiver: &Value, name: &str, args: &Args, place: &Place) -> Option<Value> {
    let Value::Made(made) = receiver else { return None };
    let dict = entries(receiver)?;
    let depth = match made.attrs.get(DEPTH) {
        Some(Value::Int(depth)) => usize::try_from(depth).unwrap_or(0),
        _ => 0,
    };
    let first = arg(args, 0);
    Some(match name {
        "set" | "add" => {
            let value = if name == "add" { first.clone() } else { arg(args, 1) };
            let value = interp.gated_element(value, depth);
            // What was there without a condition is not made less certain.
            let known = dict.get(&first).is_some_and(|known| !matches!(known, Value::Gated(_)));
            if !(known && matches!(value, Value::Gated(_))) {
                interp.set_item(&dict, first, value, place);
            }
            receiver.clone()
        }
        "get" => match first.key() {
            Some(_) => match dict.get(&first) {
                Some(Value::Gated(gated)) => gated.1.clone(),
                Some(value) => value,
                None => missing(&dict),
            },
            None => Value::Unknown(interp.why(&first, place)),
        },
        "has" => match first.key() {
            Some(_) if dict.get(&first).is_some() => Value::Bool(true),
            Some(_) if dict.open.borrow().is_none() => Value::Bool(false),
            _ => Value::Unknown(interp.why(&first, place)),
        },
        "delete" => {
            let found = dict.get(&first).is_some();
            if let (Some(key), true) = (first.key(), interp.gate_depth() == depth) {
                dict.items.borrow_mut().shift_remove(&key);
            }
            Value::Bool(found)
        }
        "clear" => {
            if interp.gate_depth() == depth {
                dict.items.borrow_mut().clear();
            }
            Value::Undefined
        }
        "keys" | "values" | "entries" => {
            let what = if name == "keys" && is_set(receiver) { "values" } else { name };
            let items = dict.snapshot().into_iter().map(|entry| part(interp, what, entry)).collect();
            let list = interp.list(ListKind::List, items);
            if let (Value::List(list), Some(why)) = (&list, &*dict.open.borrow()) {
                list.leave_open(why);
            }
            list
        }
        "forEach" => {
            for (key, value) in dict.snapshot() {
                super::arrays::visit(interp, value, &mut |interp, value| {
                    interp.call(&first, &Args::of(vec![value, key.clone(), receiver.clone()]), place)
                });
            }
            Value::Undefined
        }
        _ => return None,
    })
}

fn missing(dict: &Dict) -> Value {
    match &*dict.open.borrow() {
        Some(why) => Value::Unknown(why.without_default()),
        None => Value::Undefined,
    }
}
