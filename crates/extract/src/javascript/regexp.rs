//! Regular expressions, as far as a linear-time engine can carry them out; others give nothing known.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::rc::Rc;

use regex::{Captures, Regex, RegexBuilder};

use super::{Script, arg};
use crate::fold::{Args, Interp, ListKind, Made, Place, TEXT, Value};

/// The size of a compiled expression, in bytes.
const SIZE: usize = 1 << 20;
/// How many compiled expressions are kept.
const KEPT: usize = 500;
/// The attribute that says where a global expression stopped.
const STOPPED: &str = "%stopped";

/// Compiled expressions by body and flags: a program uses the same ones over and over, and compiling takes far
/// longer than matching.
pub(super) type Compiled = RefCell<BTreeMap<(Rc<str>, Rc<str>), Option<Rc<Regex>>>>;

/// An expression that can be carried out.
pub(super) struct Expression {
    pub(super) regex: Rc<Regex>,
    is_global: bool,
}

impl Expression {
    /// The expression behind a value.
    pub(super) fn of(script: &Script<'_>, made: &Made) -> Option<Self> {
        if made.callee.path() != Some("RegExp") {
            return None;
        }
        let source = made.args.positional.first()?.as_str()?;
        let (body, flags) = match source.strip_prefix('/').and_then(|rest| rest.rsplit_once('/')) {
            Some((body, flags)) if !made.args.is_new => (body, flags),
            _ => (source, made.args.positional.get(1).and_then(Value::as_str).unwrap_or("")),
        };
        let key = (Rc::from(body), Rc::from(flags));
        let known = script.expressions.borrow().get(&key).cloned();
        let regex = known.unwrap_or_else(|| {
            let regex = compile(body, flags).map(Rc::new);
            let mut kept = script.expressions.borrow_mut();
            if kept.len() < KEPT {
                kept.insert(key, regex.clone());
            }
            regex
        })?;
        Some(Self { regex, is_global: flags.contains('g') })
    }

    /// The expression that a value stands for as an argument: a text stands for itself.
    fn given(script: &Script<'_>, value: &Value, is_global: bool) -> Option<Self> {
        match value {
            Value::Str(text) => Some(Self { regex: Rc::new(Regex::new(&regex::escape(text)).ok()?), is_global }),
            Value::Made(made) => Self::of(script, made),
            _ => None,
        }
    }
}

fn compile(body: &str, flags: &str) -> Option<Regex> {
    RegexBuilder::new(&translated(body))
        .case_insensitive(flags.contains('i'))
        .multi_line(flags.contains('m'))
        .dot_matches_new_line(flags.contains('s'))
        .size_limit(SIZE)
        .build()
        .ok()
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
                Some('w') => out.push_str("[0-9A-Za-z_]"),
                Some('W') => out.push_str("[^0-9A-Za-z_]"),
                Some('b') if in_class => out.push_str("\\x08"),
                Some(boundary @ ('b' | 'B')) => out.extend(["(?-u:\\", boundary.encode_utf8(&mut [0; 4]), ")"]),
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
pub(super) fn call(script: &Script<'_>, interp: &Interp, made: &Made, name: &str, args: &Args) -> Option<Value> {
    let text = arg(args, 0);
    let text = text.as_str()?;
    match name {
        "test" => Some(Value::Bool(Expression::of(script, made)?.regex.is_match(text))),
        "exec" => {
            let Expression { regex, is_global } = Expression::of(script, made)?;
            if !is_global {
                return Some(first_match(interp, &regex, text));
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

fn first_match(interp: &Interp, regex: &Regex, text: &str) -> Value {
    regex.captures(text).map_or(Value::Null, |found| groups(interp, &found))
}

/// `text.match(pattern)`, `matchAll` and `search`.
pub(super) fn find(script: &Script<'_>, interp: &Interp, text: &str, pattern: &Value, name: &str) -> Option<Value> {
    let Expression { regex, is_global } = Expression::given(script, pattern, false)?;
    Some(match name {
        "search" => {
            Value::Int(regex.find(text).map_or(-1, |found| text[..found.start()].encode_utf16().count() as i64))
        }
        "matchAll" => {
            interp.list(ListKind::List, regex.captures_iter(text).map(|found| groups(interp, &found)).collect())
        }
        "match" if is_global => {
            let found: Vec<Value> = regex.find_iter(text).map(|found| Value::str(found.as_str())).collect();
            if found.is_empty() { Value::Null } else { interp.list(ListKind::List, found) }
        }
        _ => first_match(interp, &regex, text),
    })
}

/// `text.replace(pattern, replacement)`.
pub(super) fn replace(
    script: &Script<'_>,
    interp: &mut Interp,
    text: &str,
    pattern: &Value,
    replacement: &Value,
    all: bool,
    place: &Place,
) -> Option<Value> {
    let Expression { regex, is_global } = Expression::given(script, pattern, all)?;
    let (mut out, mut from) = (String::new(), 0);
    for captures in regex.captures_iter(text).take(if is_global { usize::MAX } else { 1 }) {
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
