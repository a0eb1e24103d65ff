//! Methods of arrays. Elements that are only there under a condition stay so in what is made of them.

use std::rc::Rc;

use super::operators::number;
use super::{arg, strings};
use crate::fold::{Args, Gate, Interp, List, ListKind, Place, Truth, Value, one_of};

/// Runs `work` on an element, under the element's condition if it has one; the result keeps the condition.
pub(super) fn visit(interp: &mut Interp, item: Value, work: &mut dyn FnMut(&mut Interp, Value) -> Value) -> Value {
    match item {
        Value::Gated(gated) => {
            let depth = interp.gate_depth();
            interp.open_gate(gated.0.clone());
            let result = work(interp, gated.1.clone());
            interp.close_gates(depth);
            match result {
                inner @ Value::Gated(_) => inner,
                result => Value::Gated(Rc::new((gated.0.clone(), result))),
            }
        }
        item => work(interp, item),
    }
}

/// Calls a method of an array.
pub(super) fn call(interp: &mut Interp, list: &Rc<List>, name: &str, args: &Args, place: &Place) -> Option<Value> {
    let first = arg(args, 0);
    let this = Value::List(list.clone());
    Some(match name {
        "push" => {
            args.positional.iter().for_each(|value| interp.push(list, value.clone()));
            if let Some(why) = &args.open {
                list.leave_open(why);
            }
            Value::Int(list.items.borrow().len() as i64)
        }
        "unshift" => {
            let added: Vec<Value> =
                args.positional.iter().map(|value| interp.gated_element(value.clone(), list.depth)).collect();
            list.items.borrow_mut().splice(0..0, added);
            Value::Int(list.items.borrow().len() as i64)
        }
        "pop" => list.items.borrow_mut().pop().unwrap_or(Value::Undefined),
        "shift" => {
            let mut items = list.items.borrow_mut();
            if items.is_empty() { Value::Undefined } else { items.remove(0) }
        }
        "map" => mapped(interp, list, &first, place),
        "flatMap" => {
            let Value::List(made) = mapped(interp, list, &first, place) else { return None };
            flat(interp, &made, 1, place)
        }
        "flat" => flat(interp, list, number(&first).map_or(1, |depth| depth.min(16.0) as usize), place),
        "forEach" => {
            for (n, item) in rounds(list) {
                visit(interp, item, &mut |interp, item| interp.call(&first, &element(item, n, list), place));
            }
            Value::Undefined
        }
        "filter" => filtered(interp, list, &first, place),
        "find" | "findLast" | "findIndex" | "some" | "every" => searched(interp, list, name, &first, place),
        "reduce" | "reduceRight" => {
            let mut items = list.snapshot().into_iter().enumerate().collect::<Vec<_>>();
            if name == "reduceRight" {
                items.reverse();
            }
            let mut items = items.into_iter();
            let mut total = match args.positional.get(1) {
                Some(start) => start.clone(),
                None => items.next().map_or(Value::Undefined, |(_, item)| item),
            };
            for (n, item) in items {
                let item = if let Value::Gated(gated) = item { gated.1.clone() } else { item };
                let given = vec![total, item, Value::Int(n as i64), this.clone()];
                total = interp.call(&first, &Args::of(given), place);
            }
            total
        }
        "includes" => match interp.contains(&this, &first) {
            Some(found) => Value::Bool(found),
            None => Value::Unknown(interp.why(&this, place)),
        },
        "indexOf" => {
            let at = list.items.borrow().iter().position(|item| item.same(&first) == Some(true));
            Value::Int(at.map_or(-1, |at| at as i64))
        }
        "join" => strings::join(interp, list, &first, place),
        "toString" => strings::join(interp, list, &Value::Undefined, place),
        "concat" => {
            let joined = interp.list(ListKind::List, list.snapshot());
            let Value::List(made) = &joined else { return None };
            if let Some(why) = &*list.open.borrow() {
                made.leave_open(why);
            }
            for value in &args.positional {
                match value {
                    Value::List(_) | Value::OneOf(_) | Value::Unknown(_) => interp.extend(made, value, place),
                    value => interp.push(made, value.clone()),
                }
            }
            joined
        }
        "slice" => {
            let bound = |at: usize| number(&arg(args, at)).map(|n| n as i64);
            let items = crate::fold::pick(&list.items.borrow(), bound(0), bound(1), None);
            same_kind(interp, list, items)
        }
        "splice" => {
            let mut items = list.items.borrow_mut();
            let len = items.len() as i64;
            let from = number(&first).unwrap_or(0.0) as i64;
            let from = if from < 0 { (len + from).max(0) } else { from.min(len) } as usize;
            let count = args.positional.get(1).map_or(len as usize, |n| number(n).unwrap_or(0.0).max(0.0) as usize);
            let to = (from + count).min(items.len());
            let taken: Vec<Value> = items.splice(from..to, args.positional.iter().skip(2).cloned()).collect();
            drop(items);
            interp.list(ListKind::List, taken)
        }
        "reverse" => {
            list.items.borrow_mut().reverse();
            this
        }
        "toReversed" => {
            let mut items = list.snapshot();
            items.reverse();
            same_kind(interp, list, items)
        }
        "sort" | "toSorted" => {
            let items = sorted(interp, list.snapshot(), &first, place);
            if name == "toSorted" {
                return Some(same_kind(interp, list, items));
            }
            list.items.replace(items);
            this
        }
        "at" => interp.index(&this, &first, place),
        "keys" => same_kind(interp, list, (0..list.items.borrow().len()).map(|n| Value::Int(n as i64)).collect()),
        "values" => same_kind(interp, list, list.snapshot()),
        "entries" => {
            let pair = |(n, item): (usize, Value)| Value::list(ListKind::List, vec![Value::Int(n as i64), item]);
            let items = list.snapshot().into_iter().enumerate().map(pair).collect();
            same_kind(interp, list, items)
        }
        "fill" => {
            list.items.borrow_mut().iter_mut().for_each(|item| *item = first.clone());
            this
        }
        _ => return None,
    })
}

/// The arguments that a callback gets.
fn element(item: Value, n: usize, list: &Rc<List>) -> Args {
    Args::of(vec![item, Value::Int(n as i64), Value::List(list.clone())])
}

/// The elements with their numbers; one that is not known stands for those that are not.
fn rounds(list: &List) -> Vec<(usize, Value)> {
    let rest = list.open.borrow().as_ref().map(|why| Value::Unknown(why.without_default()));
    list.snapshot().into_iter().chain(rest).enumerate().collect()
}

fn same_kind(interp: &Interp, list: &Rc<List>, items: Vec<Value>) -> Value {
    let made = interp.list(ListKind::List, items);
    if let (Value::List(made), Some(why)) = (&made, &*list.open.borrow()) {
        made.leave_open(why);
    }
    made
}

fn mapped(interp: &mut Interp, list: &Rc<List>, function: &Value, place: &Place) -> Value {
    let mut items = Vec::new();
    for (n, item) in list.snapshot().into_iter().enumerate() {
        items.push(visit(interp, item, &mut |interp, item| interp.call(function, &element(item, n, list), place)));
    }
    same_kind(interp, list, items)
}

fn filtered(interp: &mut Interp, list: &Rc<List>, test: &Value, place: &Place) -> Value {
    let mut items = Vec::new();
    for (n, item) in list.snapshot().into_iter().enumerate() {
        let item = narrowed(interp, item, &mut |interp, item| interp.call(test, &element(item, n, list), place));
        let mut verdict = Value::Undefined;
        let kept = visit(interp, item, &mut |interp, item| {
            verdict = interp.call(test, &element(item.clone(), n, list), place);
            item
        });
        match interp.truth(&verdict) {
            Truth::Known(true) | Truth::Depends(Some(true)) => items.push(kept),
            Truth::Known(false) => {}
            Truth::Depends(usual) => {
                let words = format!("a filter that depends on {}", interp.why(&verdict, place).reason);
                let gate = Gate { words: words.into(), usual };
                items.push(match kept {
                    gated @ Value::Gated(_) => gated,
                    kept => Value::Gated(Rc::new((gate, kept))),
                });
            }
        }
    }
    same_kind(interp, list, items)
}

/// An element that is one of several values, without those that a test refuses: what is left is there under a condition
/// when the usual one is refused.
fn narrowed(interp: &mut Interp, item: Value, test: &mut dyn FnMut(&mut Interp, Value) -> Value) -> Value {
    let Value::OneOf(parts) = &item else { return item };
    let mut holds = |interp: &mut Interp, part: &Value| {
        let verdict = test(interp, part.clone());
        matches!(interp.truth(&verdict), Truth::Known(true) | Truth::Depends(Some(true)))
    };
    let kept: Vec<bool> = parts.iter().map(|part| holds(interp, part)).collect();
    if kept.iter().all(|kept| *kept) || !kept.contains(&true) {
        return item;
    }
    let left = one_of(parts.iter().zip(&kept).filter(|(_, kept)| **kept).map(|(part, _)| part.clone()));
    match kept.first() {
        Some(true) => left,
        _ => Value::Gated(Rc::new((Gate::unusual(), left))),
    }
}

fn searched(interp: &mut Interp, list: &Rc<List>, name: &str, test: &Value, place: &Place) -> Value {
    let mut items: Vec<(usize, Value)> = list.snapshot().into_iter().enumerate().collect();
    if name == "findLast" {
        items.reverse();
    }
    let mut doubt = list.open.borrow().clone();
    // What it gives when nobody has changed a setting, as far as that is known.
    let (mut usual, mut is_settled) = (None, doubt.is_none());
    let none = || match name {
        "some" => Value::Bool(false),
        "every" => Value::Bool(true),
        "findIndex" => Value::Int(-1),
        _ => Value::Undefined,
    };
    let hit = |n: usize, item: &Value| match name {
        "some" => Value::Bool(true),
        "every" => Value::Bool(false),
        "findIndex" => Value::Int(n as i64),
        _ => item.clone(),
    };
    for (n, item) in items {
        let item = if let Value::Gated(gated) = item { gated.1.clone() } else { item };
        let verdict = interp.call(test, &element(item.clone(), n, list), place);
        let wanted = name != "every";
        match interp.truth(&verdict) {
            Truth::Known(known) if known != wanted => {}
            Truth::Known(_) if doubt.is_none() || matches!(name, "some" | "every") => return hit(n, &item),
            Truth::Known(_) => {
                usual.get_or_insert_with(|| hit(n, &item));
                break;
            }
            Truth::Depends(answer) => {
                is_settled &= answer.is_some() || usual.is_some();
                if answer == Some(wanted) {
                    usual.get_or_insert_with(|| hit(n, &item));
                }
                doubt.get_or_insert_with(|| interp.why(&verdict, place));
            }
        }
    }
    match doubt {
        Some(why) if is_settled => interp.setting(why.reason.clone(), Some(usual.unwrap_or_else(none)), place),
        Some(why) => Value::Unknown(why.without_default()),
        None => none(),
    }
}

fn flat(interp: &mut Interp, list: &Rc<List>, depth: usize, place: &Place) -> Value {
    let made = interp.list(ListKind::List, Vec::new());
    let Value::List(out) = &made else { return made };
    if let Some(why) = &*list.open.borrow() {
        out.leave_open(why);
    }
    for item in list.snapshot() {
        let (gate, inner) = match &item {
            Value::Gated(gated) => (Some(gated.0.clone()), gated.1.clone()),
            item => (None, item.clone()),
        };
        let gates = interp.gate_depth();
        if let Some(gate) = gate {
            interp.open_gate(gate);
        }
        match &inner {
            Value::List(inner) if depth > 0 => {
                let inner = flat(interp, inner, depth - 1, place);
                interp.extend(out, &inner, place);
            }
            Value::OneOf(_) | Value::Unknown(_) if depth > 0 => interp.extend(out, &inner, place),
            _ => interp.push(out, inner),
        }
        interp.close_gates(gates);
    }
    made
}

/// Sorted as `sort` does: by the comparison, or by text. What cannot be compared stays where it is.
fn sorted(interp: &mut Interp, items: Vec<Value>, compare: &Value, place: &Place) -> Vec<Value> {
    if compare.is_function() {
        let mut out: Vec<Value> = Vec::new();
        for item in items {
            let mut at = out.len();
            while at > 0 {
                let order = interp.call(compare, &Args::of(vec![out[at - 1].clone(), item.clone()]), place);
                if number(&order).is_none_or(|order| order <= 0.0) {
                    break;
                }
                at -= 1;
            }
            out.insert(at, item);
        }
        return out;
    }
    let mut items = items;
    items.sort_by(|a, b| match (a.as_str(), b.as_str()) {
        (Some(a), Some(b)) => a.encode_utf16().cmp(b.encode_utf16()),
        _ => std::cmp::Ordering::Equal,
    });
    items
}
