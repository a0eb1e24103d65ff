//! Strings: their methods, and what other values look like as text. Positions are UTF-16 code units.

use std::rc::Rc;

use super::operators::number;
use super::{Script, arg, regexp};
use crate::fold::{Args, ELEMENTS, Interp, List, ListKind, Place, TEXT, Value};

/// The text of a value in a template or a concatenation.
pub(super) fn display(interp: &mut Interp, value: &Value) -> Option<Rc<str>> {
    let place = Place { file: "".into(), line: 0 };
    Some(match value {
        Value::Str(text) => text.clone(),
        Value::Null => "null".into(),
        Value::Undefined => "undefined".into(),
        Value::Bool(b) => b.to_string().into(),
        Value::Int(n) => n.to_string().into(),
        Value::Float(n) => n.to_string().into(),
        Value::List(list) => match join(interp, list, &Value::Undefined, &place) {
            Value::Str(text) => text,
            _ => return None,
        },
        Value::Dict(dict) if dict.open.borrow().is_none() => {
            let own = interp.get(value, "toString", &place);
            if !own.is_function() {
                return Some("[object Object]".into());
            }
            match interp.call(&own, &Args::default(), &place) {
                Value::Str(text) => text,
                _ => return None,
            }
        }
        Value::Instance(instance) => {
            interp.find_in_class(&instance.class, "toString", None)?;
            let own = interp.get(value, "toString", &place);
            match interp.call(&own, &Args::default(), &place) {
                Value::Str(text) => text,
                _ => return None,
            }
        }
        Value::Made(made) if made.callee.path() == Some("URL") => made.attrs.get("href")?.as_str()?.into(),
        _ => return None,
    })
}

/// `array.join(separator)`.
pub(super) fn join(interp: &mut Interp, list: &Rc<List>, separator: &Value, place: &Place) -> Value {
    if let Some(why) = &*list.open.borrow() {
        return Value::Unknown(why.without_default());
    }
    let separator = separator.as_str().unwrap_or(",").to_owned();
    let mut out = String::new();
    for (n, item) in list.snapshot().into_iter().enumerate() {
        if n > 0 {
            out.push_str(&separator);
        }
        let item = match item {
            Value::Null | Value::Undefined => continue,
            // With a part that may not be there, the whole is not known.
            Value::Gated(_) => return Value::Unknown(interp.why(&item, place)),
            item => item,
        };
        match interp.text_of(&item, None, place).usual() {
            Some(Value::Str(text)) if out.len() + text.len() <= TEXT => out.push_str(&text),
            _ => return Value::Unknown(interp.why(&item, place)),
        }
    }
    Value::str(out)
}

/// How a library lays a text out anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Layout {
    /// Without the indentation that all its lines have.
    Dedented,
    /// In one line.
    OneLine,
}

/// A text as such a library gives it.
pub(super) fn laid_out(text: &str, layout: Layout) -> String {
    if layout == Layout::OneLine {
        return text.split_whitespace().collect::<Vec<_>>().join(" ");
    }
    let indent = |line: &str| line.len() - line.trim_start_matches([' ', '\t']).len();
    // The first line stands behind the quote.
    let deep = text.lines().skip(1).filter(|line| !line.trim().is_empty()).map(indent).min().unwrap_or(0);
    let lines: Vec<&str> = text
        .lines()
        .enumerate()
        .map(|(n, line)| if n == 0 { line } else { line.get(deep.min(indent(line))..).unwrap_or_default() })
        .collect();
    lines.join("\n").trim().to_owned()
}

/// A property that is no method.
pub(super) fn property(text: &Rc<str>, name: &str) -> Option<Value> {
    (name == "length").then(|| Value::Int(length(text)))
}

fn length(text: &str) -> i64 {
    if text.is_ascii() { text.len() as i64 } else { text.encode_utf16().count() as i64 }
}

/// The part between two positions.
fn between(text: &str, from: i64, to: i64) -> Value {
    let (from, to) = (from.max(0) as usize, to.max(0) as usize);
    if text.is_ascii() {
        return Value::str(text.get(from.min(text.len())..to.min(text.len())).unwrap_or_default());
    }
    let units: Vec<u16> = text.encode_utf16().skip(from).take(to.saturating_sub(from)).collect();
    Value::str(String::from_utf16_lossy(&units))
}

/// Calls a method of a string.
pub(super) fn call(
    script: &Script<'_>,
    interp: &mut Interp,
    text: &Rc<str>,
    name: &str,
    args: &Args,
    place: &Place,
) -> Option<Value> {
    let first = arg(args, 0);
    let whole = |at: usize| number(&arg(args, at)).map(|n| n as i64);
    let len = length(text);
    let from_end = |at: i64| if at < 0 { (len + at).max(0) } else { at.min(len) };
    let pattern = |at: usize| args.positional.get(at).and_then(Value::as_str).map(str::to_owned);
    Some(match name {
        "toString" | "valueOf" | "normalize" => Value::Str(text.clone()),
        "trim" => Value::str(text.trim()),
        "trimStart" | "trimLeft" => Value::str(text.trim_start()),
        "trimEnd" | "trimRight" => Value::str(text.trim_end()),
        "toLowerCase" | "toLocaleLowerCase" => Value::str(text.to_lowercase()),
        "toUpperCase" | "toLocaleUpperCase" => Value::str(text.to_uppercase()),
        "startsWith" => Value::Bool(text.starts_with(first.as_str()?)),
        "endsWith" => Value::Bool(text.ends_with(first.as_str()?)),
        "includes" => Value::Bool(text.contains(first.as_str()?)),
        "indexOf" | "lastIndexOf" => {
            let found = if name == "indexOf" { text.find(first.as_str()?) } else { text.rfind(first.as_str()?) };
            Value::Int(found.map_or(-1, |at| length(&text[..at])))
        }
        "slice" => between(text, from_end(whole(0).unwrap_or(0)), from_end(whole(1).unwrap_or(len))),
        "substring" => {
            let (a, b) = (whole(0).unwrap_or(0).clamp(0, len), whole(1).unwrap_or(len).clamp(0, len));
            between(text, a.min(b), a.max(b))
        }
        "substr" => {
            let from = from_end(whole(0).unwrap_or(0));
            between(text, from, from.saturating_add(whole(1).unwrap_or(len)))
        }
        "charAt" | "at" => {
            let at = whole(0).unwrap_or(0);
            let at = if name == "at" && at < 0 { len + at } else { at };
            between(text, at, at.saturating_add(1))
        }
        "charCodeAt" | "codePointAt" => {
            let unit = text.encode_utf16().nth(usize::try_from(whole(0).unwrap_or(0)).ok()?)?;
            Value::Int(i64::from(unit))
        }
        "concat" => {
            let mut out = text.to_string();
            for value in &args.positional {
                out.push_str(&display(interp, value)?);
            }
            Value::str(out)
        }
        "repeat" => {
            let count = usize::try_from(whole(0)?).ok()?;
            (text.len().saturating_mul(count) <= TEXT).then(|| Value::str(text.repeat(count)))?
        }
        "padStart" | "padEnd" => {
            let missing = usize::try_from(whole(0)? - len).unwrap_or(0).min(TEXT);
            let filler = pattern(1).unwrap_or_else(|| " ".to_owned());
            let filler: String = filler.chars().cycle().take(missing).collect();
            Value::str(if name == "padStart" { format!("{filler}{text}") } else { format!("{text}{filler}") })
        }
        "split" => {
            let parts: Vec<String> = match &first {
                Value::Undefined => vec![text.to_string()],
                Value::Str(separator) if separator.is_empty() => text.chars().map(String::from).collect(),
                Value::Str(separator) => text.split(&**separator).map(str::to_owned).collect(),
                Value::Made(pattern) => {
                    let pattern = regexp::Expression::of(script, pattern)?;
                    pattern.regex.split(text).map(str::to_owned).collect()
                }
                _ => return None,
            };
            let limit = whole(1).and_then(|limit| usize::try_from(limit).ok()).unwrap_or(ELEMENTS).min(ELEMENTS);
            let parts = parts.into_iter().take(limit).map(Value::str).collect();
            interp.list(ListKind::List, parts)
        }
        "replace" | "replaceAll" => {
            regexp::replace(script, interp, text, &first, &arg(args, 1), name == "replaceAll", place)?
        }
        "match" | "matchAll" | "search" => regexp::find(script, interp, text, &first, name)?,
        "localeCompare" => Value::Int(text.as_ref().cmp(first.as_str()?) as i64),
        _ => return None,
    })
}
