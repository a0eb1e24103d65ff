//! The names that every program has, and the functions among them.

use std::rc::Rc;

use super::operators::{number, of_number};
use super::{Script, arg, collections, json};
use crate::fold::{Args, Interp, List, ListKind, Place, Value};

/// Names of the language and of its usual hosts.
const NAMES: &[&str] = &[
    "AbortController",
    "AbortSignal",
    "AggregateError",
    "Array",
    "ArrayBuffer",
    "Atomics",
    "BigInt",
    "BigInt64Array",
    "Blob",
    "Boolean",
    "Buffer",
    "CustomEvent",
    "DataView",
    "Date",
    "Error",
    "EvalError",
    "Event",
    "EventTarget",
    "File",
    "FinalizationRegistry",
    "Float32Array",
    "Float64Array",
    "FormData",
    "Function",
    "Headers",
    "Int16Array",
    "Int32Array",
    "Int8Array",
    "Intl",
    "JSON",
    "Map",
    "Math",
    "MessageChannel",
    "Number",
    "Object",
    "Promise",
    "Proxy",
    "RangeError",
    "ReadableStream",
    "ReferenceError",
    "Reflect",
    "RegExp",
    "Request",
    "Response",
    "Set",
    "SharedArrayBuffer",
    "String",
    "Symbol",
    "SyntaxError",
    "TextDecoder",
    "TextEncoder",
    "TransformStream",
    "TypeError",
    "URIError",
    "URL",
    "URLSearchParams",
    "Uint16Array",
    "Uint32Array",
    "Uint8Array",
    "Uint8ClampedArray",
    "WeakMap",
    "WeakRef",
    "WeakSet",
    "WebAssembly",
    "WritableStream",
    "atob",
    "btoa",
    "clearInterval",
    "clearTimeout",
    "console",
    "crypto",
    "decodeURIComponent",
    "encodeURIComponent",
    "fetch",
    "global",
    "globalThis",
    "isFinite",
    "isNaN",
    "parseFloat",
    "parseInt",
    "performance",
    "process",
    "queueMicrotask",
    "require",
    "setImmediate",
    "setInterval",
    "setTimeout",
    "structuredClone",
];

/// What a global name means.
pub(super) fn named(name: &str) -> Option<Value> {
    match name {
        "NaN" => Some(Value::Float(f64::NAN)),
        "Infinity" => Some(Value::Float(f64::INFINITY)),
        _ => NAMES.binary_search(&name).ok().map(|_| Value::external(name)),
    }
}

/// Whether something outside the package belongs to the language.
pub(super) fn is_global(path: &str) -> bool {
    NAMES.binary_search(&path.split('.').next().unwrap_or(path)).is_ok() && !path.starts_with("process.")
}

/// A constant of a global object.
pub(super) fn constant(path: &str, name: &str) -> Option<Value> {
    Some(match (path, name) {
        ("Number", "MAX_SAFE_INTEGER") => Value::Int((1 << 53) - 1),
        ("Number", "MIN_SAFE_INTEGER") => Value::Int(1 - (1 << 53)),
        ("Number", "POSITIVE_INFINITY") => Value::Float(f64::INFINITY),
        ("Number", "NEGATIVE_INFINITY") => Value::Float(f64::NEG_INFINITY),
        ("Number", "MAX_VALUE") => Value::Float(f64::MAX),
        ("Number", "EPSILON") => Value::Float(f64::EPSILON),
        ("path" | "path/posix" | "path.posix", "sep") => Value::str("/"),
        ("path" | "path/posix" | "path.posix", "delimiter") => Value::str(":"),
        ("os", "EOL") => Value::str("\n"),
        ("Math", "PI") => Value::Float(std::f64::consts::PI),
        ("Math", "E") => Value::Float(std::f64::consts::E),
        _ => return None,
    })
}

/// Calls a global function, or makes a global object.
pub(super) fn call(script: &Script<'_>, interp: &mut Interp, path: &str, args: &Args, place: &Place) -> Option<Value> {
    let first = arg(args, 0);
    Some(match path {
        "Map" | "Set" | "WeakMap" | "WeakSet" if args.is_new => collections::make(interp, path, args, place),
        "Array" | "Array.of" => match (&first, args.positional.len()) {
            (Value::Int(n), 1) if path == "Array" => {
                let n = usize::try_from(*n).unwrap_or(0).min(crate::fold::ELEMENTS);
                interp.list(ListKind::List, vec![Value::Undefined; n])
            }
            _ => interp.list(ListKind::List, args.positional.clone()),
        },
        "Array.isArray" => interp.lift(&first, &mut |interp, value| match value {
            Value::Made(_) | Value::Method(_) => Value::Unknown(interp.why(value, place)),
            value => Value::Bool(matches!(value, Value::List(_))),
        }),
        "Array.from" => array_from(interp, &first, &arg(args, 1), place),
        "String" => interp.text_of(&first, None, place),
        "Boolean" => interp.lift(&first, &mut |interp, value| match interp.truth(value) {
            crate::fold::Truth::Known(known) => Value::Bool(known),
            crate::fold::Truth::Depends(_) => Value::Unknown(interp.why(value, place)),
        }),
        "Number" | "parseFloat" | "parseInt" | "Number.parseInt" | "Number.parseFloat" => {
            interp.lift(&first, &mut |interp, value| match numeric(value, path) {
                Some(n) => of_number(n),
                None => Value::Unknown(interp.why(value, place)),
            })
        }
        "Number.isInteger" | "Number.isSafeInteger" => Value::Bool(number(&first).is_some_and(|n| n.fract() == 0.0)),
        "isNaN" | "Number.isNaN" => Value::Bool(number(&first)?.is_nan()),
        "isFinite" | "Number.isFinite" => Value::Bool(number(&first)?.is_finite()),
        "JSON.stringify" => stringify(script, interp, &first, &arg(args, 2), place),
        "JSON.parse" => interp.lift(&first, &mut |interp, text| {
            let parsed = text.as_str().and_then(|text| serde_json::from_str(text).ok());
            parsed.map_or_else(|| Value::Unknown(interp.why(text, place)), |parsed| json::value(&parsed))
        }),
        "structuredClone" => match script.json(interp, &first, false, place) {
            Ok(copy) => json::value(&copy),
            Err(_) => first,
        },
        "Promise.resolve" | "Promise.reject" => first,
        "Promise.all" | "Promise.allSettled" => match path {
            "Promise.all" => first,
            _ => return None,
        },
        "Promise" if args.is_new => promise(interp, &first, place),
        "Proxy" if args.is_new => first,
        "Function.prototype" => Value::Undefined,
        "RegExp" if !args.is_new => {
            let args = Args { is_new: true, ..args.clone() };
            interp.made(&Value::external("RegExp"), &args, place)
        }
        "Symbol" | "Symbol.for" => {
            let words = first.as_str().unwrap_or("").to_owned();
            match path {
                "Symbol.for" => Value::external(format!("Symbol({words})")),
                _ => Value::external(format!("Symbol({words})@{}:{}", place.file, place.line)),
            }
        }
        "Object" => first,
        "encodeURIComponent" | "decodeURIComponent" => {
            let plain = |text: &str| text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.!~*'()".contains(&b));
            first.as_str().filter(|text| plain(text)).map(Value::str)?
        }
        "setTimeout" | "setImmediate" | "queueMicrotask" | "process.nextTick" => {
            script.keep_callbacks(interp, args, place);
            Value::Undefined
        }
        _ if path.starts_with("console.") => Value::Undefined,
        _ => return math(path.strip_prefix("Math.")?, args),
    })
}

fn array_from(interp: &mut Interp, from: &Value, map: &Value, place: &Place) -> Value {
    let items = match from {
        // `Array.from({ length: n })`
        Value::Dict(dict) => match dict.get_str("length").as_ref().and_then(number) {
            Some(n) => crate::fold::Items::known(vec![Value::Undefined; (n as usize).min(crate::fold::ELEMENTS)]),
            None => interp.iterate(from, place),
        },
        from => interp.iterate(from, place),
    };
    let list = interp.list(ListKind::List, items.values);
    if let (Value::List(list), Some(why)) = (&list, &items.open) {
        list.leave_open(why);
    }
    match (&list, map) {
        (Value::List(list), map) if map.is_function() => {
            super::arrays::call(interp, list, "map", &Args::of(vec![map.clone()]), place).unwrap_or(Value::Undefined)
        }
        _ => list,
    }
}

fn numeric(value: &Value, function: &str) -> Option<f64> {
    match value {
        Value::Str(text) => {
            let text = text.trim();
            let end = text.find(|c: char| !(c.is_ascii_digit() || "+-.eE".contains(c))).unwrap_or(text.len());
            let digits = if function == "Number" { text } else { &text[..end] };
            Some(match digits.parse::<f64>() {
                Ok(n) if function.ends_with("parseInt") => n.trunc(),
                Ok(n) => n,
                Err(_) if digits.is_empty() && function == "Number" => 0.0,
                Err(_) => f64::NAN,
            })
        }
        Value::Null => Some(0.0),
        Value::Undefined => Some(f64::NAN),
        value => number(value),
    }
}

fn stringify(script: &Script<'_>, interp: &mut Interp, value: &Value, indent: &Value, place: &Place) -> Value {
    if let Value::Undefined = value {
        return Value::Undefined;
    }
    let json = match script.json(interp, value, false, place) {
        Ok(json) => json,
        Err(why) => return Value::Unknown(why.without_default()),
    };
    let indent = match indent {
        Value::Int(n) => " ".repeat(usize::try_from(*n).unwrap_or(0).min(10)),
        Value::Str(text) => text.to_string(),
        _ => String::new(),
    };
    if indent.is_empty() {
        return Value::str(json.to_string());
    }
    let mut out = Vec::new();
    let formatter = serde_json::ser::PrettyFormatter::with_indent(indent.as_bytes());
    let mut serializer = serde_json::Serializer::with_formatter(&mut out, formatter);
    match serde::Serialize::serialize(&json, &mut serializer) {
        Ok(()) => Value::str(String::from_utf8_lossy(&out)),
        Err(_) => Value::Undefined,
    }
}

/// `new Promise(executor)`: what the executor resolves it with at once, if it does.
fn promise(interp: &mut Interp, executor: &Value, place: &Place) -> Value {
    let resolved = interp.list(ListKind::List, Vec::new());
    let resolve = super::objects::method(&resolved, "push");
    interp.call(executor, &Args::of(vec![resolve, Value::external("reject")]), place);
    interp.recover();
    let first = |list: &Rc<List>| list.items.borrow().first().and_then(Value::usual);
    match &resolved {
        Value::List(list) if first(list).is_some() => first(list).unwrap_or(Value::Undefined),
        _ => interp.made(&Value::external("Promise"), &Args::default(), place),
    }
}

fn math(name: &str, args: &Args) -> Option<Value> {
    let numbers: Vec<f64> = args.positional.iter().map(number).collect::<Option<_>>()?;
    let first = *numbers.first()?;
    Some(of_number(match name {
        "max" => numbers.iter().copied().fold(f64::NEG_INFINITY, f64::max),
        "min" => numbers.iter().copied().fold(f64::INFINITY, f64::min),
        "floor" => first.floor(),
        "ceil" => first.ceil(),
        "round" => (first + 0.5).floor(),
        "trunc" => first.trunc(),
        "abs" => first.abs(),
        "sqrt" => first.sqrt(),
        "pow" => first.powf(*numbers.get(1)?),
        "log2" => first.log2(),
        "log10" => first.log10(),
        "log" => first.ln(),
        "sign" => first.signum(),
        _ => return None,
    }))
}

/// A method of a number or boolean.
pub(super) fn number_method(
    interp: &mut Interp,
    value: &Value,
    name: &str,
    args: &Args,
    place: &Place,
) -> Option<Value> {
    let plain = |n: f64| n.fract() == 0.0 && n.abs() < 9e15;
    Some(match name {
        "toString" => match (number(value)?, number(&arg(args, 0))) {
            (n, Some(radix)) if radix != 10.0 && plain(n) && n >= 0.0 => Value::str(match radix as u32 {
                2 => format!("{:b}", n as u64),
                8 => format!("{:o}", n as u64),
                16 => format!("{:x}", n as u64),
                _ => return None,
            }),
            _ => interp.text_of(value, None, place),
        },
        "toFixed" => {
            Value::str(format!("{:.*}", number(&arg(args, 0)).unwrap_or(0.0).clamp(0.0, 20.0) as usize, number(value)?))
        }
        "toLocaleString" => {
            let n = number(value).filter(|n| plain(*n))?;
            let digits = (n.abs() as u64).to_string();
            let mut out = String::new();
            for (at, digit) in digits.chars().enumerate() {
                if at > 0 && (digits.len() - at).is_multiple_of(3) {
                    out.push(',');
                }
                out.push(digit);
            }
            Value::str(if n < 0.0 { format!("-{out}") } else { out })
        }
        "valueOf" => value.clone(),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_are_sorted() {
        assert!(super::NAMES.is_sorted());
    }
}
