//! Strings: methods, formatting, and the texts of values.

use std::rc::Rc;

use super::{format, objects};
use crate::fold::{Args, Interp, ListKind, Place, TEXT, Value};

/// A method of a string.
pub(super) fn call(interp: &mut Interp, text: &Rc<str>, name: &str, args: &Args, place: &Place) -> Option<Value> {
    let arg = |n: usize| args.positional.get(n).and_then(Value::usual).map(|v| objects::plain(&v).unwrap_or(v));
    let text_arg = |n: usize| arg(n).and_then(|v| v.as_str().map(str::to_owned));
    let strip = |work: fn(&str, &[char]) -> String| -> Option<Value> {
        let set: Vec<char> = match args.positional.first() {
            None | Some(Value::Null) => vec![' ', '\t', '\n', '\r', '\x0b', '\x0c'],
            Some(_) => text_arg(0)?.chars().collect(),
        };
        Some(Value::str(work(text, &set)))
    };
    let strings = |parts: Vec<String>| Value::list(ListKind::List, parts.iter().map(Value::str).collect());
    Some(match name {
        "strip" => strip(|text, set| text.trim_matches(set).to_owned())?,
        "lstrip" => strip(|text, set| text.trim_start_matches(set).to_owned())?,
        "rstrip" => strip(|text, set| text.trim_end_matches(set).to_owned())?,
        "lower" | "casefold" => Value::str(text.to_lowercase()),
        "upper" => Value::str(text.to_uppercase()),
        "title" => Value::str(title(text)),
        "capitalize" => {
            let mut chars = text.chars();
            let first: String = chars.next().map(|c| c.to_uppercase().collect()).unwrap_or_default();
            Value::str(first + &chars.as_str().to_lowercase())
        }
        "join" => return Some(join(interp, text, args.positional.first()?, place)),
        "format" => return Some(format(interp, text, args, place)),
        "format_map" => {
            let mut named = Args::default();
            if let Some(Value::Dict(dict)) = args.positional.first() {
                named.named.extend(dict.snapshot().into_iter().filter_map(|(k, v)| Some((Rc::from(k.as_str()?), v))));
            }
            return Some(format(interp, text, &named, place));
        }
        "replace" => {
            let (from, to) = (text_arg(0)?, text_arg(1)?);
            let grown = text.matches(from.as_str()).count().saturating_mul(to.len());
            if grown > TEXT {
                return None;
            }
            match arg(2) {
                Some(Value::Int(n)) if n >= 0 => Value::str(text.replacen(&from, &to, usize::try_from(n).ok()?)),
                _ => Value::str(text.replace(&from, &to)),
            }
        }
        "split" | "rsplit" => {
            let limit = arg(1).or_else(|| args.named("maxsplit").cloned());
            let limit = match limit {
                Some(Value::Int(n)) => usize::try_from(n).ok(),
                _ => None,
            };
            strings(match (text_arg(0), limit) {
                (None, _) => text.split_whitespace().map(str::to_owned).collect(),
                (Some(sep), _) if sep.is_empty() => return None,
                (Some(sep), None) => text.split(sep.as_str()).map(str::to_owned).collect(),
                (Some(sep), Some(n)) if name == "split" => {
                    text.splitn(n + 1, sep.as_str()).map(str::to_owned).collect()
                }
                (Some(sep), Some(n)) => {
                    let mut parts: Vec<String> = text.rsplitn(n + 1, sep.as_str()).map(str::to_owned).collect();
                    parts.reverse();
                    parts
                }
            })
        }
        "splitlines" => strings(text.lines().map(str::to_owned).collect()),
        "partition" | "rpartition" => {
            let sep = text_arg(0)?;
            let cut = if name == "partition" { text.split_once(sep.as_str()) } else { text.rsplit_once(sep.as_str()) };
            let parts = match cut {
                Some((a, b)) => [a, &sep, b].map(Value::str),
                None if name == "partition" => [text, "", ""].map(Value::str),
                None => ["", "", text].map(Value::str),
            };
            Value::list(ListKind::Tuple, parts.to_vec())
        }
        "startswith" | "endswith" => {
            let options = match arg(0)? {
                Value::List(list) => list.snapshot(),
                one => vec![one],
            };
            let mut any = false;
            for option in &options {
                let option = option.as_str()?;
                any |= if name == "startswith" { text.starts_with(option) } else { text.ends_with(option) };
            }
            Value::Bool(any)
        }
        "removeprefix" => Value::str(text.strip_prefix(text_arg(0)?.as_str()).unwrap_or(text)),
        "removesuffix" => Value::str(text.strip_suffix(text_arg(0)?.as_str()).unwrap_or(text)),
        "find" | "index" | "rfind" => {
            let needle = text_arg(0)?;
            let at = if name == "rfind" { text.rfind(&needle) } else { text.find(&needle) };
            Value::Int(at.map_or(-1, |at| text[..at].chars().count() as i64))
        }
        "count" => Value::Int(i64::try_from(text.matches(text_arg(0)?.as_str()).count()).ok()?),
        "isdigit" | "isnumeric" | "isdecimal" => Value::Bool(!text.is_empty() && text.chars().all(char::is_numeric)),
        "isalpha" => Value::Bool(!text.is_empty() && text.chars().all(char::is_alphabetic)),
        "isalnum" => Value::Bool(!text.is_empty() && text.chars().all(char::is_alphanumeric)),
        "isidentifier" => {
            let mut chars = text.chars();
            let starts = chars.next().is_some_and(|c| c.is_alphabetic() || c == '_');
            Value::Bool(starts && chars.all(|c| c.is_alphanumeric() || c == '_'))
        }
        "isupper" => Value::Bool(text.chars().any(char::is_uppercase) && !text.chars().any(char::is_lowercase)),
        "islower" => Value::Bool(text.chars().any(char::is_lowercase) && !text.chars().any(char::is_uppercase)),
        "zfill" | "ljust" | "rjust" | "center" => {
            let Value::Int(width) = arg(0)? else { return None };
            let width = usize::try_from(width).ok().filter(|width| *width <= TEXT)?;
            let fill = text_arg(1).and_then(|t| t.chars().next()).unwrap_or(if name == "zfill" { '0' } else { ' ' });
            let missing = width.saturating_sub(text.chars().count());
            let pad = |n: usize| fill.to_string().repeat(n);
            Value::str(match name {
                "ljust" => format!("{text}{}", pad(missing)),
                "center" => format!("{}{text}{}", pad(missing / 2), pad(missing - missing / 2)),
                _ => format!("{}{text}", pad(missing)),
            })
        }
        "encode" => return None,
        "expandtabs" => Value::str(text.replace('\t', "        ")),
        "__len__" => Value::Int(text.chars().count() as i64),
        _ => return None,
    })
}

/// Words with capitals, as `str.title` makes them.
pub(super) fn title(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut inside = false;
    for c in text.chars() {
        if inside {
            out.extend(c.to_lowercase());
        } else {
            out.extend(c.to_uppercase());
        }
        inside = c.is_alphabetic();
    }
    out
}

fn join(interp: &mut Interp, separator: &Rc<str>, parts: &Value, place: &Place) -> Value {
    let items = interp.iterate(parts, place);
    if let Some(why) = items.open {
        return Value::Unknown(why);
    }
    let mut joined = Value::str("");
    for (n, item) in items.values.into_iter().enumerate() {
        let item = match item {
            // Without the setting the element is not there.
            Value::Gated(_) => continue,
            item => item,
        };
        let item = interp.text_of(&item, None, place);
        if n > 0 {
            joined = interp.binary(crate::module::BinaryOp::Add, &joined, &Value::Str(separator.clone()), place);
        }
        joined = interp.binary(crate::module::BinaryOp::Add, &joined, &item, place);
    }
    joined
}

/// `"…{}…{name}…".format(…)`.
fn format(interp: &mut Interp, text: &str, args: &Args, place: &Place) -> Value {
    let mut out = Value::str("");
    let mut rest = text;
    let mut next = 0;
    let add = |interp: &mut Interp, out: &Value, piece: Value| {
        interp.binary(crate::module::BinaryOp::Add, out, &piece, place)
    };
    while let Some(at) = rest.find(['{', '}']) {
        let (before, after) = rest.split_at(at);
        out = add(interp, &out, Value::str(before));
        if after.starts_with("{{") || after.starts_with("}}") {
            out = add(interp, &out, Value::str(&after[..1]));
            rest = &after[2..];
            continue;
        }
        let Some(end) = after.find('}').filter(|_| after.starts_with('{')) else {
            out = add(interp, &out, Value::str(&after[..1]));
            rest = &after[1..];
            continue;
        };
        let field = &after[1..end];
        rest = &after[end + 1..];
        let cut = field.find(['!', ':']).unwrap_or(field.len());
        let (path, spec) = field.split_at(cut);
        let head = path.split(['.', '[']).next().unwrap_or_default();
        let value = if head.is_empty() {
            next += 1;
            args.positional.get(next - 1).cloned()
        } else if let Ok(n) = head.parse::<usize>() {
            args.positional.get(n).cloned()
        } else {
            args.named(head).cloned()
        };
        let Some(mut value) = value else {
            return interp.unknown(crate::fold::Cause::NotUnderstood, format!("`{{{field}}}` of a format"), place);
        };
        for part in path[head.len()..].split(['.', '[']).filter(|part| !part.is_empty()) {
            value = match part.strip_suffix(']') {
                Some(key) => {
                    let key = key.parse().map_or_else(|_| Value::str(key), Value::Int);
                    interp.index(&value, &key, place)
                }
                None => interp.get(&value, part, place),
            };
        }
        let piece = interp.text_of(&value, Some(spec).filter(|spec| !spec.is_empty()), place);
        out = add(interp, &out, piece);
    }
    add(interp, &out, Value::str(rest))
}

/// `"…%s…" % values`.
pub(super) fn percent(interp: &mut Interp, text: &str, right: &Value, place: &Place) -> Option<Value> {
    let values = match right {
        Value::List(list) if list.kind == ListKind::Tuple => list.snapshot(),
        one => vec![one.clone()],
    };
    let mut values = values.into_iter();
    let mut out = Value::str("");
    let mut rest = text;
    let add = |interp: &mut Interp, out: &Value, piece: Value| {
        interp.binary(crate::module::BinaryOp::Add, out, &piece, place)
    };
    while let Some((before, after)) = rest.split_once('%') {
        out = add(interp, &out, Value::str(before));
        if let Some(after) = after.strip_prefix('%') {
            out = add(interp, &out, Value::str("%"));
            rest = after;
            continue;
        }
        let (value, after) = match after.strip_prefix('(').and_then(|after| after.split_once(')')) {
            Some((key, after)) => (interp.index(right, &Value::str(key), place), after),
            None => (values.next()?, after),
        };
        let (spec, kind, after) = format::of_percent(after)?;
        let spec = if kind == 'r' { format!("!r:{spec}") } else { spec };
        let piece = interp.text_of(&value, Some(spec.as_str()).filter(|spec| !spec.is_empty()), place);
        out = add(interp, &out, piece);
        rest = after;
    }
    Some(add(interp, &out, Value::str(rest)))
}

/// `str(value)`, or `repr` and simple formats.
pub(super) fn display(interp: &mut Interp, value: &Value, format: Option<&str>) -> Option<Rc<str>> {
    let format = format.unwrap_or_default();
    let (conversion, spec) = match format.strip_prefix('!') {
        Some(rest) => (rest.chars().next(), rest.get(1..).unwrap_or_default()),
        None => (None, format),
    };
    let spec = spec.strip_prefix(':').unwrap_or(spec);
    let text = if conversion == Some('r') { repr(value, 0)? } else { string(interp, value)? };
    Some(format::apply(&text, value, spec)?.into())
}

fn string(interp: &mut Interp, value: &Value) -> Option<String> {
    match value {
        Value::Str(text) => Some(text.to_string()),
        Value::Instance(instance) => {
            if let Some((Value::Function(method), _)) = interp.find_in_class(&instance.class, "__str__", None) {
                let place = Place { file: "".into(), line: 0 };
                let text = interp.call_function(&method, Some(value), &Args::default(), &place);
                return text.as_str().map(str::to_owned);
            }
            objects::enum_text(interp, instance)
        }
        _ => repr(value, 0),
    }
}

fn repr(value: &Value, depth: usize) -> Option<String> {
    if depth > 8 {
        return None;
    }
    Some(match value {
        Value::Null => "None".to_owned(),
        Value::Bool(b) => if *b { "True" } else { "False" }.to_owned(),
        Value::Int(n) => n.to_string(),
        Value::Float(n) if n.fract() == 0.0 && n.abs() < 1e16 => format!("{n:.1}"),
        Value::Float(n) => n.to_string(),
        Value::Str(text) => {
            let quote = if text.contains('\'') && !text.contains('"') { '"' } else { '\'' };
            let mut out = String::from(quote);
            for c in text.chars() {
                match c {
                    '\\' => out.push_str("\\\\"),
                    '\n' => out.push_str("\\n"),
                    '\t' => out.push_str("\\t"),
                    '\r' => out.push_str("\\r"),
                    c if c == quote => out.extend(['\\', c]),
                    c => out.push(c),
                }
            }
            out.push(quote);
            out
        }
        Value::List(list) => {
            if list.open.borrow().is_some() {
                return None;
            }
            let items = list.snapshot();
            let parts: Vec<String> = items.iter().map(|item| repr(item, depth + 1)).collect::<Option<_>>()?;
            match list.kind {
                ListKind::List => format!("[{}]", parts.join(", ")),
                ListKind::Tuple if parts.len() == 1 => format!("({},)", parts[0]),
                ListKind::Tuple => format!("({})", parts.join(", ")),
                // The order of a set is not known.
                ListKind::Set if parts.len() > 1 => return None,
                ListKind::Set => format!("{{{}}}", parts.join(", ")),
            }
        }
        Value::Dict(dict) => {
            if dict.open.borrow().is_some() {
                return None;
            }
            let mut parts = Vec::new();
            for (key, value) in dict.snapshot() {
                parts.push(format!("{}: {}", repr(&key, depth + 1)?, repr(&value, depth + 1)?));
            }
            format!("{{{}}}", parts.join(", "))
        }
        _ => return None,
    })
}
