//! Regular expressions, as far as a linear-time engine can carry them out; others give nothing known.

use regex::{Captures, Regex, RegexBuilder};

use super::arg;
use crate::fold::{Args, Interp, ListKind, Made, Place, TEXT, Value};

/// The size of a compiled expression, in bytes.
const SIZE: usize = 1 << 20;
/// The attribute that says where a global expression stopped.
const STOPPED: &str = "%stopped";

/// The expression behind a value, and whether it is global.
pub(super) fn compiled(value: &Value) -> Option<(Regex, bool)> {
    let Value::Made(made) = value else { return None };
    if made.callee.path() != Some("RegExp") {
        return None;
    }
    let source = made.args.positional.first()?.as_str()?;
    let (body, flags) = match source.strip_prefix('/').and_then(|rest| rest.rsplit_once('/')) {
        Some((body, flags)) if !made.args.is_new => (body, flags),
        _ => (source, made.args.positional.get(1).and_then(Value::as_str).unwrap_or("")),
    };
    let regex = RegexBuilder::new(&translated(body))
        .case_insensitive(flags.contains('i'))
        .multi_line(flags.contains('m'))
        .dot_matches_new_line(flags.contains('s'))
        .size_limit(SIZE)
        .build()
        .ok()?;
    Some((regex, flags.contains('g')))
}

/// JavaScript's spelling in the engine's: `\/`, `[^]`, `$` and `[` inside classes, `(?<name>`.
fn translated(body: &str) -> String {
    let mut out = String::with_capacity(body.len());
    let mut rest = body.chars().peekable();
    let mut in_class = false;
    while let Some(c) = rest.next() {
        match c {
            '\\' => match rest.next() {
                Some('d') => out.push_str("[0-9]"),
                Some('/' | '\'' | '"' | '`' | '<' | '>' | '=' | '!' | ',' | ':' | ';' | '@' | '%' | '_') => {
                    out.extend(body_char(&rest, body));
                }
                Some(escaped) => out.extend(['\\', escaped]),
                None => out.push('\\'),
            },
            '[' if in_class => out.push_str("\\["),
            '[' => {
                in_class = true;
                if rest.peek() == Some(&'^') {
                    rest.next();
                    if rest.peek() == Some(&']') {
                        rest.next();
                        in_class = false;
                        out.push_str("[\\s\\S]");
                    } else {
                        out.push_str("[^");
                    }
                } else {
                    out.push('[');
                }
            }
            ']' => {
                in_class = false;
                out.push(']');
            }
            '&' | '~' | '-' if in_class && rest.peek() == Some(&c) => out.extend(['\\', c]),
            c => out.push(c),
        }
    }
    out
}

/// The character just passed.
fn body_char(rest: &std::iter::Peekable<std::str::Chars<'_>>, body: &str) -> Option<char> {
    let left: usize = rest.clone().map(char::len_utf8).sum();
    body[..body.len() - left].chars().next_back()
}

/// `pattern.test(text)` and its kin.
pub(super) fn call(interp: &mut Interp, made: &Made, name: &str, args: &Args, place: &Place) -> Option<Value> {
    let pattern = Value::Made(std::rc::Rc::new(Made {
        callee: made.callee.clone(),
        args: made.args.clone(),
        attrs: made.attrs.clone(),
        place: place.clone(),
    }));
    let text = arg(args, 0);
    let text = text.as_str()?;
    match name {
        "test" => Some(Value::Bool(compiled(&pattern)?.0.is_match(text))),
        "exec" => {
            let (regex, global) = compiled(&pattern)?;
            if !global {
                return find(interp, text, &pattern, "exec");
            }
            // A global expression goes on where it stopped.
            let from = made.attrs.get(STOPPED).and_then(|at| crate::javascript::operators::number(&at)).unwrap_or(0.0)
                as usize;
            let found = regex.captures_at(text, from.min(text.len())).filter(|_| from <= text.len());
            let end = found
                .as_ref()
                .and_then(|found| found.get(0))
                .map(|whole| (whole.end() + usize::from(whole.is_empty())) as i64);
            made.attrs.set(STOPPED, Value::Int(end.unwrap_or(0)));
            Some(found.map_or(Value::Null, |found| groups(interp, &found)))
        }
        _ => None,
    }
}

/// What a match gives: the whole and its groups.
fn groups(interp: &Interp, captures: &Captures<'_>) -> Value {
    let group = |group: Option<regex::Match<'_>>| group.map_or(Value::Undefined, |group| Value::str(group.as_str()));
    interp.list(ListKind::List, captures.iter().map(group).collect())
}

/// `text.match(pattern)`, `matchAll`, `search`, and `pattern.exec(text)`.
pub(super) fn find(interp: &Interp, text: &str, pattern: &Value, name: &str) -> Option<Value> {
    let (regex, global) = match pattern {
        Value::Str(text) => (Regex::new(&regex::escape(text)).ok()?, false),
        pattern => compiled(pattern)?,
    };
    Some(match name {
        "search" => {
            Value::Int(regex.find(text).map_or(-1, |found| text[..found.start()].encode_utf16().count() as i64))
        }
        "matchAll" => {
            interp.list(ListKind::List, regex.captures_iter(text).map(|found| groups(interp, &found)).collect())
        }
        "match" if global => {
            let found: Vec<Value> = regex.find_iter(text).map(|found| Value::str(found.as_str())).collect();
            if found.is_empty() { Value::Null } else { interp.list(ListKind::List, found) }
        }
        _ => regex.captures(text).map_or(Value::Null, |found| groups(interp, &found)),
    })
}

/// `text.replace(pattern, replacement)`.
pub(super) fn replace(
    interp: &mut Interp,
    text: &str,
    pattern: &Value,
    replacement: &Value,
    all: bool,
    place: &Place,
) -> Option<Value> {
    let (regex, global) = match pattern {
        Value::Str(text) => (Regex::new(&regex::escape(text)).ok()?, all),
        pattern => compiled(pattern)?,
    };
    let (mut out, mut from) = (String::new(), 0);
    for captures in regex.captures_iter(text).take(if global { usize::MAX } else { 1 }) {
        let found = captures.get(0)?;
        out.push_str(&text[from..found.start()]);
        from = found.end();
        match replacement {
            Value::Str(template) => expand(template, &captures, &mut out),
            function if function.is_function() => {
                let group =
                    |group: Option<regex::Match<'_>>| group.map_or(Value::Undefined, |g| Value::str(g.as_str()));
                let given = captures.iter().map(group).collect();
                let made = interp.call(function, &Args::of(given), place);
                let made = interp.text_of(&made, None, place);
                out.push_str(made.as_str()?);
            }
            _ => return None,
        }
        if out.len() > TEXT {
            return None;
        }
    }
    out.push_str(&text[from..]);
    Some(Value::str(out))
}

/// `$1`, `$&`, `$$` in a replacement.
fn expand(template: &str, captures: &Captures<'_>, out: &mut String) {
    let mut rest = template.chars().peekable();
    while let Some(c) = rest.next() {
        match (c, rest.peek().copied()) {
            ('$', Some('$')) => {
                rest.next();
                out.push('$');
            }
            ('$', Some('&')) => {
                rest.next();
                out.push_str(&captures[0]);
            }
            ('$', Some(digit)) if digit.is_ascii_digit() => {
                rest.next();
                let group = digit.to_digit(10).and_then(|n| captures.get(n as usize));
                out.push_str(group.map_or("", |group| group.as_str()));
            }
            _ => out.push(c),
        }
    }
}
