use std::fmt;

use serde::Serialize;

use crate::document::Policy;
use crate::json::Json;
use crate::problem::{Problem, below};

/// One difference between two documents.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// JSON pointer of the place: in the later document, or in the earlier for what is gone.
    pub pointer: String,
    /// The JSON text that stood there.
    pub before: Option<String>,
    /// The JSON text that stands there now.
    pub after: Option<String>,
}

impl fmt::Display for Change {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let pointer = &self.pointer;
        match (&self.before, &self.after) {
            (Some(before), Some(after)) => write!(f, "~ {pointer}: {before} -> {after}"),
            (None, Some(after)) => write!(f, "+ {pointer}: {after}"),
            (Some(before), None) => write!(f, "- {pointer}: {before}"),
            (None, None) => Ok(()),
        }
    }
}

/// What must change in `a` to give `b`, in the order of the document. Lists are compared as sets but for the
/// limits of one counter, which are set side by side.
pub fn diff(a: &Policy, b: &Policy) -> Vec<Change> {
    let json = |policy: &Policy| Json::parse(&text(policy), &mut Vec::<Problem>::new()).unwrap_or(Json::Null);
    let mut changes = Vec::new();
    compare(&json(a), &json(b), "", &mut changes);
    changes
}

fn text(value: &impl Serialize) -> String {
    serde_json::to_string(value).unwrap_or_default()
}

fn compare(a: &Json, b: &Json, pointer: &str, changes: &mut Vec<Change>) {
    match (a, b) {
        _ if a == b => {}
        (Json::Object(before), Json::Object(after)) => {
            for (key, value) in before {
                match b.get(key) {
                    Some(other) => compare(value, other, &below(pointer, key), changes),
                    None => changes.push(gone(below(pointer, key), value)),
                }
            }
            for (key, value) in after.iter().filter(|(key, _)| a.get(key).is_none()) {
                changes.push(new(below(pointer, key), value));
            }
        }
        (Json::Array(before), Json::Array(after)) => lists(before, after, pointer, changes),
        _ => changes.push(Change { pointer: pointer.to_owned(), before: Some(text(a)), after: Some(text(b)) }),
    }
}

fn lists(before: &[Json], after: &[Json], pointer: &str, changes: &mut Vec<Change>) {
    let mut added: Vec<(usize, &Json)> = after.iter().enumerate().filter(|(_, item)| !before.contains(item)).collect();
    for (i, item) in before.iter().enumerate().filter(|(_, item)| !after.contains(item)) {
        let counter = item.get("counter");
        let same = added.iter().position(|(_, other)| counter.is_some() && other.get("counter") == counter);
        match same.map(|at| added.remove(at)) {
            Some((at, other)) => {
                changes.push(Change {
                    pointer: below(pointer, at),
                    before: Some(text(item)),
                    after: Some(text(other)),
                });
            }
            None => changes.push(gone(below(pointer, i), item)),
        }
    }
    changes.extend(added.into_iter().map(|(i, item)| new(below(pointer, i), item)));
}

fn gone(pointer: String, value: &Json) -> Change {
    Change { pointer, before: Some(text(value)), after: None }
}

fn new(pointer: String, value: &Json) -> Change {
    Change { pointer, before: None, after: Some(text(value)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn lines(a: &str, b: &str) -> Vec<String> {
        diff(&Policy::parse(a).unwrap(), &Policy::parse(b).unwrap()).iter().map(ToString::to_string).collect()
    }

    #[test]
    fn changes_read_as_lines() {
        let before = r#"{"version":"1","default":"allow","hide":["wipe"],"tools":{"old":{},"a/b":{"limits":[
            {"counter":"c","window":"minute","max":30}]}}}"#;
        let after = r#"{"version":"1","default":"deny","mode":"observe","hide":["drop_*","wipe"],"tools":{"new":{"deny":true},
            "a/b":{"limits":[{"counter":"c","window":"60s","max":10.0,"scope":"session"}]}}}"#;
        assert_eq!(
            lines(before, after),
            [
                r#"~ /default: "allow" -> "deny""#,
                r#"+ /hide/0: "drop_*""#,
                r#"~ /tools/a~1b/limits/0: {"counter":"c","window":"minute","max":30} -> {"counter":"c","window":"minute","max":10,"scope":"session"}"#,
                "- /tools/old: {}",
                r#"+ /tools/new: {"deny":true}"#,
                r#"+ /mode: "observe""#,
            ]
        );
        assert_eq!(lines(before, before), Vec::<String>::new());
    }
}
