//! Conditions in words that a reader of the catalog understands.

use riskdex_model::Tool;

use super::value::{Cause, Value};
use super::words::{operator, opposite_operator, write};
use crate::module::{BinaryOp, Expr, ExprKind, UnaryOp};

/// What joins conditions that must all hold.
const AND: &str = " and ";
/// How many conditions a reader is shown, and how many characters each may have.
const SHOWN: usize = 3;
const LENGTH: usize = 120;
/// What stands for a condition that would not fit.
const LONG: &str = "a condition in the code";
/// What a setting is called whose name is lost.
pub(super) const SETTING: &str = "a setting";

/// The condition.
pub(super) fn holds(test: &Expr) -> String {
    bounded(test, None)
}

/// Its opposite.
pub(super) fn fails(test: &Expr) -> String {
    match &test.kind {
        ExprKind::Unary(UnaryOp::Not, inner) => bounded(inner, None),
        ExprKind::Binary(_, op, _) if opposite_operator(*op).is_some() => bounded(test, opposite_operator(*op)),
        ExprKind::Name(_) | ExprKind::Member(..) | ExprKind::Call(_) | ExprKind::Index(..) => {
            format!("not {}", bounded(test, None))
        }
        _ => format!("not ({})", bounded(test, None)),
    }
}

/// The condition in words, with the operator given in place of its own.
fn bounded(test: &Expr, op: Option<BinaryOp>) -> String {
    let mut out = String::new();
    match (&test.kind, op) {
        (ExprKind::Binary(left, _, right), Some(op)) => {
            write(left, &mut out, 1);
            out.push_str(operator(op));
            write(right, &mut out, 1);
        }
        _ => write(test, &mut out, 0),
    }
    if out.chars().count() > LENGTH || !is_telling(&out) { LONG.to_owned() } else { out }
}

/// Whether words say anything: what a minifier left of names does not.
fn is_telling(words: &str) -> bool {
    let names = words.split(|c: char| !c.is_alphanumeric() && c != '_' && c != '$');
    names.filter(|name| !matches!(*name, "not" | "and" | "or")).any(|name| name.chars().count() > 2)
}

/// The condition and its opposite, by the name of the setting they are about, where that is known. `usual` says whether
/// it holds when nobody has changed the setting.
pub(super) fn of_setting(test: &Expr, value: &Value, usual: Option<bool>) -> Option<[String; 2]> {
    let setting = setting_of(value)?;
    let mut both = match &test.kind {
        ExprKind::Unary(UnaryOp::Not, inner) => {
            let [holds, fails] = of_setting(inner, value, usual.map(|holds| !holds))?;
            return Some([fails, holds]);
        }
        ExprKind::Name(_) | ExprKind::Member(..) | ExprKind::Call(_) | ExprKind::Index(..) => {
            let [with, without] = ["with", "without"].map(|word| format!("{word} {setting}"));
            if usual == Some(true) { [without, with] } else { [with, without] }
        }
        ExprKind::Binary(value, op @ (BinaryOp::In | BinaryOp::NotIn), _) => {
            let mut named = String::new();
            write(value, &mut named, 1);
            match (&value.kind, op) {
                (ExprKind::Str(_), _) => {
                    [*op, opposite_operator(*op)?].map(|op| format!("{named}{}{setting}", operator(op)))
                }
                // The name that is looked for is the program's own.
                (_, BinaryOp::In) => [format!("with {setting}"), format!("without {setting}")],
                _ => [format!("without {setting}"), format!("with {setting}")],
            }
        }
        ExprKind::Binary(left, op @ (BinaryOp::Eq | BinaryOp::NotEq | BinaryOp::Is | BinaryOp::IsNot), right)
            if matches!(
                (&left.kind, &right.kind),
                (ExprKind::Name(_) | ExprKind::Member(..) | ExprKind::Call(_) | ExprKind::Index(..), ExprKind::Str(_))
            ) =>
        {
            let mut constant = String::new();
            write(right, &mut constant, 1);
            let op = if matches!(op, BinaryOp::Eq | BinaryOp::Is) { BinaryOp::Eq } else { BinaryOp::NotEq };
            [op, opposite_operator(op)?].map(|op| format!("{setting}{}{constant}", operator(op)))
        }
        _ => return None,
    };
    both.iter_mut().filter(|words| words.chars().count() > LENGTH).for_each(|words| *words = LONG.to_owned());
    Some(both)
}

/// The setting that a value depends on, where its name is known.
fn setting_of(value: &Value) -> Option<&str> {
    match value {
        Value::Unknown(unknown) if unknown.cause == Cause::Setting && &*unknown.reason != SETTING => {
            Some(&unknown.reason)
        }
        Value::Unknown(unknown) => setting_of(unknown.default.as_ref()?),
        Value::OneOf(values) => values.iter().find_map(setting_of),
        _ => None,
    }
}

/// Whether a setting is changed from its default, and the opposite.
pub(super) fn of_changed(setting: &str) -> [String; 2] {
    match setting {
        SETTING => [super::CHANGED.to_owned(), format!("not ({})", super::CHANGED)],
        _ => [format!("with {setting}"), format!("without {setting}")],
    }
}

/// The opposite of a condition in words.
pub(crate) fn opposite(words: &str) -> String {
    let swapped = |from: &str, to: &str| words.strip_prefix(from).map(|rest| format!("{to}{rest}"));
    let is_one = parts(words).len() == 1;
    let turned = swapped("with ", "without ").or_else(|| swapped("without ", "with ")).or_else(|| {
        let (is, is_not) = (operator(BinaryOp::Eq), operator(BinaryOp::NotEq));
        let (from, to) = if words.contains(is_not) { (is_not, is) } else { (is, is_not) };
        let (left, right) = words.split_once(from).filter(|_| !words.contains(" or "))?;
        Some(format!("{left}{to}{right}"))
    });
    let plain = swapped("not (", "").and_then(|rest| rest.strip_suffix(')').map(str::to_owned));
    let plain = plain.or_else(|| swapped("not ", ""));
    turned.filter(|_| is_one).or(plain.filter(|_| is_one)).unwrap_or_else(|| format!("not ({words})"))
}

/// Conditions that must all hold, each once; one that another says more closely is left out.
pub(crate) fn all_of<'w>(conditions: impl IntoIterator<Item = &'w str>) -> Option<String> {
    let mut found: Vec<&str> = Vec::new();
    for part in conditions.into_iter().flat_map(parts) {
        if !found.contains(&part) {
            found.push(part);
        }
    }
    let (is, is_not) = (operator(BinaryOp::Eq), operator(BinaryOp::NotEq));
    let decided: Vec<String> = found.iter().filter_map(|part| Some(part.split_once(is)?.0.to_owned())).collect();
    found.retain(|part| part.split_once(is_not).is_none_or(|(about, _)| !decided.iter().any(|known| known == about)));
    (!found.is_empty()).then(|| found.join(AND))
}

/// The conditions that were joined: what stands in brackets or quotes belongs together.
fn parts(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let (mut depth, mut quoted, mut from) = (0usize, false, 0);
    for (at, c) in text.char_indices() {
        match c {
            '"' => quoted = !quoted,
            '(' | '[' | '{' if !quoted => depth += 1,
            ')' | ']' | '}' if !quoted => depth = depth.saturating_sub(1),
            ' ' if depth == 0 && !quoted && text[at..].starts_with(AND) => {
                found.extend(text.get(from..at));
                from = at + AND.len();
            }
            _ => {}
        }
    }
    found.extend(text.get(from..));
    found
}

/// Takes away the conditions that say how the server is started at all: those under which it is run (`started`), and
/// those that all of several tools share. They are returned.
pub(crate) fn drop_shared(tools: &mut [Tool], started: Option<&str>) -> Option<String> {
    let mut shared: Vec<String> = started.into_iter().flat_map(parts).map(str::to_owned).collect();
    if let [first, rest @ ..] = &*tools
        && !rest.is_empty()
    {
        let has = |tool: &Tool, part: &str| tool.gated.as_deref().is_some_and(|words| parts(words).contains(&part));
        let own = first.gated.as_deref().map(parts).unwrap_or_default();
        shared.extend(own.into_iter().filter(|part| rest.iter().all(|tool| has(tool, part))).map(str::to_owned));
    }
    for tool in tools {
        let left = |words: &str| all_of(parts(words).into_iter().filter(|part| !shared.iter().any(|s| s == part)));
        tool.gated = tool.gated.take().and_then(|words| left(&words));
    }
    all_of(shared.iter().map(|part| &**part))
}

/// The conditions common to both.
pub(crate) fn common(one: &str, other: &str) -> Option<String> {
    let others = parts(other);
    all_of(parts(one).into_iter().filter(|part| others.contains(part)))
}

/// Joined conditions as a reader is shown them: the first few.
pub(crate) fn shown(words: &str) -> String {
    let all = parts(words);
    match all.len().checked_sub(SHOWN) {
        None | Some(0) => words.to_owned(),
        Some(more) => {
            let noun = if more == 1 { "condition" } else { "conditions" };
            format!("{}{AND}{more} more {noun}", all[..SHOWN].join(AND))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(gated: &str) -> Tool {
        Tool { gated: Some(gated.to_owned()), ..Tool::default() }
    }

    #[test]
    fn what_is_in_brackets_or_quotes_belongs_together() {
        assert_eq!(parts("not (a and b) and c == \" and \" and d"), ["not (a and b)", "c == \" and \"", "d"]);
    }

    #[test]
    fn a_condition_that_another_implies_is_left_out() {
        assert_eq!(all_of(["p != \"x\" and q", "p == \"y\"", "q"]).as_deref(), Some("q and p == \"y\""));
    }

    #[test]
    fn what_all_tools_share_is_how_the_server_is_started() {
        let mut tools = [tool("command != \"v\" and w"), tool("command != \"v\"")];
        assert_eq!(drop_shared(&mut tools, None).as_deref(), Some("command != \"v\""));
        assert_eq!(tools.map(|tool| tool.gated), [Some("w".to_owned()), None]);
        let mut one = [tool("w and x")];
        drop_shared(&mut one, Some("x"));
        assert_eq!(one[0].gated.as_deref(), Some("w"));
    }

    #[test]
    fn many_conditions_are_counted() {
        assert_eq!(shown("a and b"), "a and b");
        assert_eq!(shown("a and b and c and d and e"), "a and b and c and 2 more conditions");
    }
}
