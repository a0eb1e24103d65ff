use std::fmt;

use riskdex_model::{capped, visible};
use serde::Serialize;

/// What is wrong at one place of a document.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Problem {
    /// JSON pointer of the place; empty for the document as a whole.
    pub pointer: String,
    /// What is wrong there and what is allowed.
    pub message: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.pointer.is_empty() { "(document)" } else { &self.pointer };
        write!(f, "{place}: {}", self.message)
    }
}

/// Longest text of a document that a message repeats, in characters.
const QUOTED_MAX: usize = 60;

/// A text from a document as a message shows it: bounded, hidden characters made visible, in quotes.
pub(crate) fn quoted(text: &str) -> String {
    format!("\"{}\"", capped(&visible(&capped(text, QUOTED_MAX)), 4 * QUOTED_MAX))
}

/// The pointer of a member or element below `pointer`.
pub(crate) fn below(pointer: &str, key: impl fmt::Display) -> String {
    let key = key.to_string().replace('~', "~0").replace('/', "~1");
    format!("{pointer}/{key}")
}

/// The known name that `written` probably means: at most a third of its letters differ.
pub(crate) fn nearest<'k>(written: &str, known: &[&'k str]) -> Option<&'k str> {
    if written.chars().count() > QUOTED_MAX {
        return None;
    }
    let written = written.to_lowercase().replace('-', "_");
    let distance = |name: &str| strsim::damerau_levenshtein(&written, name);
    let (distance, name) = known.iter().map(|name| (distance(name), *name)).min()?;
    (distance <= (name.len() / 3).max(1)).then_some(name)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nearest_names_are_near() {
        let known = ["limits", "deny", "deny_if"];
        assert_eq!(nearest("limts", &known), Some("limits"));
        assert_eq!(nearest("Deny-If", &known), Some("deny_if"));
        assert_eq!(nearest("colour", &known), None);
    }

    #[test]
    fn pointers_escape_their_parts() {
        assert_eq!(below("/tools", "a/b~c"), "/tools/a~1b~0c");
        let problem = Problem { pointer: String::new(), message: "is empty".into() };
        assert_eq!(problem.to_string(), "(document): is empty");
    }
}
