//! Python's built-in functions and types.

use std::rc::Rc;

use super::collections::{as_kind, fill, sorted, unclear};
use super::{Python, files, objects};
use crate::fold::{Args, Cause, ELEMENTS, Interp, ListKind, Place, Super, Value, one_of};

const NAMES: &[&str] = &[
    "abs",
    "aiter",
    "all",
    "anext",
    "any",
    "ascii",
    "bin",
    "bool",
    "breakpoint",
    "bytearray",
    "bytes",
    "callable",
    "chr",
    "classmethod",
    "compile",
    "complex",
    "copyright",
    "credits",
    "delattr",
    "dict",
    "dir",
    "divmod",
    "enumerate",
    "eval",
    "exec",
    "exit",
    "filter",
    "float",
    "format",
    "frozenset",
    "getattr",
    "globals",
    "hasattr",
    "hash",
    "help",
    "hex",
    "id",
    "input",
    "int",
    "isinstance",
    "issubclass",
    "iter",
    "len",
    "license",
    "list",
    "locals",
    "map",
    "max",
    "memoryview",
    "min",
    "next",
    "object",
    "oct",
    "open",
    "ord",
    "pow",
    "print",
    "property",
    "quit",
    "range",
    "repr",
    "reversed",
    "round",
    "set",
    "setattr",
    "slice",
    "sorted",
    "staticmethod",
    "str",
    "sum",
    "super",
    "tuple",
    "type",
    "vars",
    "zip",
    "__import__",
    "Ellipsis",
    "NotImplemented",
    "__debug__",
];

/// Whether the name is built in: a function, a type or an exception.
pub(super) fn is_builtin(name: &str) -> bool {
    NAMES.contains(&name)
        || name.ends_with("Error")
        || name.ends_with("Exception")
        || name.ends_with("Warning")
        || ["KeyboardInterrupt", "SystemExit", "StopIteration", "StopAsyncIteration", "GeneratorExit", "ExceptionGroup"]
            .contains(&name)
}

/// Calls a built-in.
pub(super) fn call(python: &Python, interp: &mut Interp, name: &str, args: &Args, place: &Place) -> Option<Value> {
    let first = args.positional.first();
    Some(match name {
        "str" | "repr" | "format" | "ascii" => match first {
            // A path stays one: where the package will lie is not known.
            Some(path @ Value::Made(_)) if name == "str" && files::path_of(path).is_some() => path.clone(),
            Some(value) => {
                let value = value.clone();
                interp.text_of(&value, (name == "repr").then_some("!r"), place)
            }
            None => Value::str(""),
        },
        "list" | "tuple" | "set" | "frozenset" => {
            let kind = crate::fold::list_kind(name)?;
            match first {
                // What a setting is by default stays a default.
                Some(value @ Value::Unknown(_)) if value.usual().is_some() => {
                    interp.lift(&value.clone(), &mut |interp, value| as_kind(interp, value, kind, place))
                }
                Some(value) => as_kind(interp, value, kind, place),
                None => interp.list(kind, Vec::new()),
            }
        }
        "dict" => {
            let dict = interp.dict();
            if let Some(value) = first {
                fill(interp, &dict, value, place);
            }
            for (name, value) in &args.named {
                dict.set(Value::Str(name.clone()), value.clone());
            }
            if let Some(why) = &args.open {
                dict.leave_open(why);
            }
            Value::Dict(dict)
        }
        "int" | "float" | "bool" | "abs" | "round" => return number(interp, name, args, place),
        "len" => return length(interp, first?, place),
        "range" => range(args)?,
        "enumerate" => {
            let items = interp.iterate(first?, place);
            let start = match args.get(1, "start") {
                Some(Value::Int(n)) => *n,
                _ => 0,
            };
            let pairs = items.values.into_iter().zip(start..).map(|(item, n)| pair(Value::Int(n), item)).collect();
            with_open(interp.list(ListKind::List, pairs), items.open)
        }
        "zip" => {
            let columns: Vec<_> = args.positional.iter().map(|column| interp.iterate(column, place)).collect();
            let rows = columns.iter().map(|column| column.values.len()).min().unwrap_or(0);
            let row = |n: usize| Value::list(ListKind::Tuple, columns.iter().map(|c| c.values[n].clone()).collect());
            let list = interp.list(ListKind::List, (0..rows).map(row).collect());
            with_open(list, columns.iter().find_map(|column| column.open.clone()))
        }
        "map" => {
            let items = interp.iterate(args.positional.get(1)?, place);
            let mut results = Vec::new();
            for item in items.values {
                results.push(interp.call(first?, &Args::of(vec![item]), place));
            }
            with_open(interp.list(ListKind::List, results), items.open)
        }
        "filter" => {
            let items = interp.iterate(args.positional.get(1)?, place);
            let mut kept = Vec::new();
            for item in items.values {
                let verdict = match first? {
                    Value::Null => item.clone(),
                    test => interp.call(test, &Args::of(vec![item.clone()]), place),
                };
                if interp.truth(&verdict) != crate::fold::Truth::Known(false) {
                    kept.push(item);
                }
            }
            with_open(interp.list(ListKind::List, kept), items.open)
        }
        "sorted" => sorted(interp, first?, args, place),
        "reversed" => {
            let list = as_kind(interp, first?, ListKind::List, place);
            if let Value::List(list) = &list {
                list.items.borrow_mut().reverse();
            }
            list
        }
        "iter" | "aiter" => as_kind(interp, first?, ListKind::List, place),
        "next" | "anext" => {
            let items = interp.iterate(first?, place);
            match (items.values.into_iter().next(), items.open) {
                (Some(value), _) => value,
                (None, Some(why)) => Value::Unknown(why),
                (None, None) => args.positional.get(1).cloned().unwrap_or(Value::Null),
            }
        }
        "any" | "all" => return any_all(interp, name == "any", first?, place),
        "sum" | "min" | "max" => return fold(interp, name, args, place),
        "getattr" => get_attribute(interp, args, place)?,
        "setattr" => {
            let [object, name, value] = &args.positional[..] else { return None };
            if let Some(Value::Str(name)) = name.usual() {
                interp.set(object, &name, value.clone());
            }
            Value::Null
        }
        "hasattr" => {
            let [object, name] = &args.positional[..] else { return None };
            let Some(Value::Str(name)) = name.usual() else { return None };
            match objects::has(python, interp, object, &name) {
                Some(has) => Value::Bool(has),
                None => Value::Unknown(interp.why(object, place)),
            }
        }
        "isinstance" => match objects::is_instance(interp, first?, args.positional.get(1)?) {
            Some(known) => Value::Bool(known),
            None => unclear(interp, "what type a value has", place),
        },
        "issubclass" => match objects::is_subclass(interp, first?, args.positional.get(1)?) {
            Some(known) => Value::Bool(known),
            None => unclear(interp, "what a class descends from", place),
        },
        "callable" => match first? {
            Value::Function(_) | Value::Bound(_) | Value::Class(_) => Value::Bool(true),
            Value::Str(_) | Value::Int(_) | Value::List(_) | Value::Dict(_) | Value::Null | Value::Bool(_) => {
                Value::Bool(false)
            }
            Value::Instance(instance) => Value::Bool(interp.find_in_class(&instance.class, "__call__", None).is_some()),
            _ => return None,
        },
        "type" => return type_of(args),
        // What reading them through a receiver gives is decided there.
        "property" | "classmethod" | "staticmethod" => {
            interp.made(&Value::external(format!("builtins.{name}")), args, place)
        }
        "super" => {
            let (receiver, after) = match &args.positional[..] {
                [Value::Class(class), receiver] => (receiver.clone(), class.clone()),
                _ => interp.running_method()?,
            };
            Value::Super(Rc::new(Super { receiver, after }))
        }
        "vars" if first.is_some() => interp.get(first?, "__dict__", place),
        "vars" | "globals" => Value::dict(python.module_in(&place.file)?.scope.vars.snapshot()),
        "exit" | "quit" => {
            interp.raise();
            Value::Null
        }
        "dir" => return super::library::names_of(interp, first?, place),
        "print" | "help" | "breakpoint" => Value::Null,
        "open" => return super::library::open(python, interp, first?, place),
        "__import__" => match first?.usual()? {
            Value::Str(name) => python.module(interp, &name).unwrap_or_else(|| Value::external(&*name)),
            _ => return None,
        },
        "id" | "hash" => return None,
        "ord" => Value::Int(i64::from(u32::from(first?.as_str()?.chars().next()?))),
        "chr" => match first? {
            Value::Int(n) => Value::str(char::from_u32(u32::try_from(*n).ok()?)?.to_string()),
            _ => return None,
        },
        _ => return None,
    })
}

fn pair(a: Value, b: Value) -> Value {
    Value::list(ListKind::Tuple, vec![a, b])
}

fn with_open(list: Value, open: Option<Rc<crate::fold::Unknown>>) -> Value {
    if let (Value::List(list), Some(why)) = (&list, open) {
        list.leave_open(&why);
    }
    list
}

fn range(args: &Args) -> Option<Value> {
    let bounds: Vec<i64> = args
        .positional
        .iter()
        .map(|bound| match bound.usual() {
            Some(Value::Int(n)) => Some(n),
            _ => None,
        })
        .collect::<Option<_>>()?;
    let (from, to, step) = match bounds[..] {
        [to] => (0, to, 1),
        [from, to] => (from, to, 1),
        [from, to, step] if step != 0 => (from, to, step),
        _ => return None,
    };
    let mut items = Vec::new();
    let mut at = from;
    while items.len() < ELEMENTS && if step > 0 { at < to } else { at > to } {
        items.push(Value::Int(at));
        at = at.checked_add(step)?;
    }
    Some(Value::list(ListKind::List, items))
}

fn number(interp: &mut Interp, name: &str, args: &Args, place: &Place) -> Option<Value> {
    let Some(first) = args.positional.first() else {
        return Some(match name {
            "bool" => Value::Bool(false),
            "float" => Value::Float(0.0),
            _ => Value::Int(0),
        });
    };
    let result = interp.lift(first, &mut |interp, value| {
        let plain = objects::plain(value).unwrap_or_else(|| value.clone());
        let known = match (name, &plain) {
            ("bool", value) => Some(interp.answer(value, |holds| holds, place)),
            ("int" | "round", Value::Int(n)) => Some(Value::Int(*n)),
            ("int", Value::Bool(b)) => Some(Value::Int(i64::from(*b))),
            ("int" | "round", Value::Float(n)) => Some(Value::Int(*n as i64)),
            ("int", Value::Str(text)) => text.trim().parse().ok().map(Value::Int),
            ("float", Value::Int(n)) => Some(Value::Float(*n as f64)),
            ("float", Value::Float(n)) => Some(Value::Float(*n)),
            ("float", Value::Str(text)) => text.trim().parse().ok().map(Value::Float),
            ("abs", Value::Int(n)) => Some(Value::Int(n.saturating_abs())),
            ("abs", Value::Float(n)) => Some(Value::Float(n.abs())),
            _ => None,
        };
        known.unwrap_or_else(|| Value::Unknown(interp.why(value, place)))
    });
    Some(result)
}

fn length(interp: &mut Interp, value: &Value, place: &Place) -> Option<Value> {
    let result = interp.lift(value, &mut |interp, value| match value {
        Value::Str(text) => Value::Int(text.chars().count() as i64),
        Value::List(_) | Value::Dict(_) | Value::Class(_) => {
            let items = interp.iterate(value, place);
            if let Some(why) = items.open.as_ref().filter(|why| why.cause != Cause::Setting) {
                return Value::Unknown(why.clone());
            }
            let more = items.more();
            let (gated, known): (Vec<_>, Vec<_>) =
                items.values.iter().partition(|item| matches!(item, Value::Gated(_)));
            let known = Value::Int(known.len() as i64);
            let is_unusual = |item: &&Value| matches!(item, Value::Gated(gated) if gated.0.usual == Some(false));
            match more {
                _ if !gated.iter().all(is_unusual) => unclear(interp, "how many elements there are", place),
                Some(why) => interp.setting(why.reason.clone(), Some(known), place),
                None if !gated.is_empty() => interp.setting("a setting", Some(known), place),
                None => known,
            }
        }
        other => Value::Unknown(interp.why(other, place)),
    });
    Some(result)
}

fn any_all(interp: &mut Interp, any: bool, value: &Value, place: &Place) -> Option<Value> {
    let items = interp.iterate(value, place);
    let mut known = items.open.is_none();
    for item in &items.values {
        match interp.truth(item) {
            crate::fold::Truth::Known(truth) if truth == any => return Some(Value::Bool(any)),
            crate::fold::Truth::Known(_) => {}
            crate::fold::Truth::Depends(_) => known = false,
        }
    }
    if known { Some(Value::Bool(!any)) } else { None }
}

fn fold(interp: &mut Interp, name: &str, args: &Args, place: &Place) -> Option<Value> {
    let items = match &args.positional[..] {
        [one] => interp.iterate(one, place),
        several if name != "sum" => crate::fold::Items::known(several.to_vec()),
        [several, _] => interp.iterate(several, place),
        _ => return None,
    };
    if items.open.is_some() || args.named("key").is_some() {
        return None;
    }
    let mut values = items.values.into_iter();
    let op = match name {
        "sum" => crate::module::BinaryOp::Add,
        "min" => crate::module::BinaryOp::Lt,
        _ => crate::module::BinaryOp::Gt,
    };
    if name == "sum" {
        let start = args.positional.get(1).cloned().unwrap_or(Value::Int(0));
        return Some(values.fold(start, |sum, value| interp.binary(op, &sum, &value, place)));
    }
    let mut best = values.next()?;
    for value in values {
        match interp.binary(op, &value, &best, place) {
            Value::Bool(true) => best = value,
            Value::Bool(false) => {}
            _ => return None,
        }
    }
    Some(best)
}

fn get_attribute(interp: &mut Interp, args: &Args, place: &Place) -> Option<Value> {
    let object = args.positional.first()?.clone();
    let name = args.positional.get(1)?.clone();
    let default = args.positional.get(2).cloned();
    Some(interp.lift(&name, &mut |interp, name| {
        let Value::Str(name) = objects::plain(name).unwrap_or_else(|| name.clone()) else {
            return Value::Unknown(interp.why(name, place));
        };
        let found = interp.get(&object, &name, place);
        match (&found, &default) {
            // Not there, as far as this reader sees.
            (Value::Unknown(why), Some(default)) if why.default.is_none() && is_own(&object) => default.clone(),
            (Value::Method(_), Some(default)) if matches!(object, Value::Made(_)) => one_of([found, default.clone()]),
            _ => found,
        }
    }))
}

/// Whether all attributes of the object are known.
fn is_own(object: &Value) -> bool {
    matches!(
        object,
        Value::Function(_) | Value::Bound(_) | Value::Class(_) | Value::Instance(_) | Value::Module(_) | Value::Null
    )
}

fn type_of(args: &Args) -> Option<Value> {
    let [value] = &args.positional[..] else { return None };
    Some(match value {
        Value::Instance(instance) => Value::Class(instance.class.clone()),
        Value::Str(_) => Value::external("builtins.str"),
        Value::Int(_) => Value::external("builtins.int"),
        Value::Float(_) => Value::external("builtins.float"),
        Value::Bool(_) => Value::external("builtins.bool"),
        Value::Dict(_) => Value::external("builtins.dict"),
        Value::List(list) => Value::external(match list.kind {
            ListKind::List => "builtins.list",
            ListKind::Tuple => "builtins.tuple",
            ListKind::Set => "builtins.set",
        }),
        Value::Made(made) => made.callee.clone(),
        _ => return None,
    })
}
