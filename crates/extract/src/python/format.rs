//! Format specifications: `{value:>10,.2f}` and `%5.1f`.

use crate::fold::{TEXT, Value};

/// A specification in its parts.
#[derive(Debug, Default, PartialEq)]
struct Spec {
    fill: Option<char>,
    align: Option<char>,
    has_plus: bool,
    width: usize,
    grouping: Option<char>,
    precision: Option<usize>,
    kind: Option<char>,
}

/// `text`, which is what the value is without a specification, as the specification has it; `None` when that is not
/// understood.
pub(super) fn apply(text: &str, value: &Value, spec: &str) -> Option<String> {
    if spec.is_empty() {
        return Some(text.to_owned());
    }
    let spec = parse(spec)?;
    let is_number = matches!(value, Value::Int(_) | Value::Float(_));
    let mut out = match (spec.kind, value) {
        (Some('f' | 'F' | '%'), Value::Int(_) | Value::Float(_)) => {
            let number = match value {
                Value::Int(n) => *n as f64,
                Value::Float(n) => *n,
                _ => return None,
            };
            let digits = spec.precision.unwrap_or(6);
            match spec.kind {
                Some('%') => format!("{:.digits$}%", number * 100.0),
                _ => format!("{number:.digits$}"),
            }
        }
        (Some('d') | None, Value::Int(_)) if spec.precision.is_none() => text.to_owned(),
        (Some('s') | None, _) if !is_number => text.chars().take(spec.precision.unwrap_or(usize::MAX)).collect(),
        (None, Value::Float(_)) if spec.precision.is_none() => text.to_owned(),
        _ => return None,
    };
    if let Some(separator) = spec.grouping {
        out = grouped(&out, separator);
    }
    if spec.has_plus && is_number && !out.starts_with('-') {
        out.insert(0, '+');
    }
    Some(pad(out, &spec, is_number))
}

fn parse(spec: &str) -> Option<Spec> {
    let is_align = |c: &char| matches!(c, '<' | '>' | '^' | '=');
    let chars: Vec<char> = spec.chars().collect();
    let mut found = Spec::default();
    let mut at = 0;
    if let Some(align) = chars.get(1).filter(|c| is_align(c)) {
        (found.fill, found.align, at) = (chars.first().copied(), Some(*align), 2);
    } else if let Some(align) = chars.first().filter(|c| is_align(c)) {
        (found.align, at) = (Some(*align), 1);
    }
    if let Some(sign) = chars.get(at).filter(|c| matches!(c, '+' | '-' | ' ')) {
        found.has_plus = *sign == '+';
        at += 1;
    }
    if chars.get(at) == Some(&'0') && found.align.is_none() {
        (found.fill, found.align, at) = (Some('0'), Some('='), at + 1);
    }
    let number = |from: usize| -> (Option<usize>, usize) {
        let digits: String = chars.iter().skip(from).take_while(|c| c.is_ascii_digit()).collect();
        (digits.parse().ok().filter(|n| *n <= TEXT), from + digits.len())
    };
    let (width, after) = number(at);
    (found.width, at) = (width.unwrap_or(0), after);
    if let Some(separator @ (',' | '_')) = chars.get(at) {
        (found.grouping, at) = (Some(*separator), at + 1);
    }
    if chars.get(at) == Some(&'.') {
        (found.precision, at) = number(at + 1);
        found.precision.filter(|precision| *precision < 20)?;
    }
    match chars.get(at..)? {
        [] => {}
        [kind] => found.kind = Some(*kind),
        _ => return None,
    }
    Some(found)
}

fn pad(text: String, spec: &Spec, is_number: bool) -> String {
    let missing = spec.width.saturating_sub(text.chars().count());
    let fill = |n: usize| spec.fill.unwrap_or(' ').to_string().repeat(n);
    match spec.align.unwrap_or(if is_number { '>' } else { '<' }) {
        '<' => text + &fill(missing),
        '^' => format!("{}{text}{}", fill(missing / 2), fill(missing - missing / 2)),
        '=' if text.starts_with(['-', '+']) => format!("{}{}{}", &text[..1], fill(missing), &text[1..]),
        _ => fill(missing) + &text,
    }
}

/// The digits before the point in groups of three.
fn grouped(number: &str, separator: char) -> String {
    let (whole, rest) = number.split_at(number.find('.').unwrap_or(number.len()));
    let digits = whole.trim_start_matches('-');
    let mut out = whole[..whole.len() - digits.len()].to_owned();
    for (i, c) in digits.chars().enumerate() {
        if i > 0 && (digits.len() - i).is_multiple_of(3) {
            out.push(separator);
        }
        out.push(c);
    }
    out + rest
}

/// The specification of a `%` conversion (`-5.1f`), and what follows it.
pub(super) fn of_percent(text: &str) -> Option<(String, char, &str)> {
    let at = text.find(|c: char| c.is_ascii_alphabetic())?;
    let (flags, rest) = text.split_at(at);
    let kind = rest.chars().next().filter(|kind| "sdirf".contains(*kind))?;
    let (align, flags) = match flags.strip_prefix('-') {
        Some(flags) => ("<", flags),
        None if kind == 's' && !flags.is_empty() => (">", flags),
        None => ("", flags),
    };
    let shown = if kind == 'f' { "f" } else { "" };
    Some((format!("{align}{flags}{shown}"), kind, &rest[1..]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_are_shown_as_specified() {
        let int = |spec| apply("-1234567", &Value::Int(-1_234_567), spec);
        assert_eq!(int(",").as_deref(), Some("-1,234,567"));
        assert_eq!(int("012d").as_deref(), Some("-00001234567"));
        assert_eq!(int("x"), None);
        let float = |spec| apply("0.125", &Value::Float(0.125), spec);
        assert_eq!(float(".1%").as_deref(), Some("12.5%"));
        assert_eq!(float("+.2f").as_deref(), Some("+0.12"));
        assert_eq!(float(">8").as_deref(), Some("   0.125"));
        let text = |spec| apply("abc", &Value::str("abc"), spec);
        assert_eq!(text("*^7").as_deref(), Some("**abc**"));
        assert_eq!(text(".2").as_deref(), Some("ab"));
    }

    #[test]
    fn percent_conversions_are_specifications() {
        assert_eq!(of_percent("-5.1f rest"), Some(("<5.1f".to_owned(), 'f', " rest")));
        assert_eq!(of_percent("d!"), Some((String::new(), 'd', "!")));
        assert_eq!(of_percent("x"), None);
    }
}
