//! The sentences that explain a verdict, from templates in `rationale.toml`.

use std::collections::BTreeMap;

use riskdex_model::{Category, Level, Signal};
use serde::Deserialize;

use crate::error::Problem;
use crate::source::{Source, inside_toml};

/// The templates. `{…}` stand for what the verdict says.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case")]
pub(crate) struct Templates {
    /// How a rationale opens, by category; `{because}` are the clauses of the rules that decided.
    opening: BTreeMap<Category, String>,
    /// How it opens when no rule fired for the category.
    unknown: String,
    /// `{category}` and `{level}`, with the right article.
    badge: String,
    /// The same where something raised the level; `{because}` says what.
    raised: String,
    /// What a signal means for this tool, as a clause.
    signals: BTreeMap<Signal, String>,
    /// When several signals hold: `{signals}`.
    also: String,
    /// No description was published.
    undescribed: String,
    /// The confidence is low; `{other}` is the next category.
    unsure: String,
    /// Annotations raised the level.
    annotated: String,
    /// The user's own rule decided.
    own_rule: String,
    /// The user's own verdict; `{reason}`.
    overridden: String,
}

impl Templates {
    /// Reads `rationale.toml` and checks that nothing is missing.
    pub(crate) fn read(source: &Source, problems: &mut Vec<Problem>) -> Self {
        let templates: Self = match toml::from_str(&source.text) {
            Ok(templates) => templates,
            Err(error) => {
                problems.push(inside_toml(source, 0, &error));
                return Self::default();
            }
        };
        for category in Category::ALL.iter().filter(|c| !templates.opening.contains_key(c)) {
            problems.push(source.problem(0, format!("`opening` lacks {category}")));
        }
        for signal in Signal::ALL.iter().filter(|s| !templates.signals.contains_key(s)) {
            problems.push(source.problem(0, format!("`signals` lacks {signal}")));
        }
        templates
    }
}

/// What a rationale is made from.
pub(crate) struct Grounds<'a> {
    pub(crate) is_described: bool,
    pub(crate) category: Category,
    pub(crate) level: Level,
    pub(crate) confidence: f64,
    /// The next most likely category.
    pub(crate) other: Category,
    /// Clauses of the rules that decided, the weightiest first, words filled in.
    pub(crate) clauses: Vec<String>,
    pub(crate) signals: Vec<Signal>,
    /// Signals that raised the level.
    pub(crate) raised_by: Vec<Signal>,
    /// Whether the author's annotations raised it.
    pub(crate) annotated: bool,
    /// The user's rules among those that decided.
    pub(crate) own_rules: Vec<&'a str>,
    /// The user's reason for a verdict of his own.
    pub(crate) overridden: Option<&'a str>,
}

/// Below this the next category is named.
const SURE: f64 = 0.7;

impl Templates {
    /// Two to four sentences.
    pub(crate) fn rationale(&self, grounds: &Grounds) -> String {
        let mut sentences = Vec::with_capacity(4);
        let badge = |template: &str| {
            let category = grounds.category.as_str();
            let article = if category.starts_with(['A', 'E', 'I', 'O', 'U']) { "an" } else { "a" };
            template.replace("{category}", &format!("{article} {category}")).replace("{level}", grounds.level.as_str())
        };
        if let Some(reason) = grounds.overridden {
            sentences.push(self.overridden.replace("{reason}", reason.trim().trim_end_matches('.')));
            sentences.push(badge(&self.badge));
            return sentences.join(" ");
        }
        let because = joined(&grounds.clauses, "and");
        match self.opening.get(&grounds.category) {
            Some(opening) if !grounds.clauses.is_empty() => sentences.push(opening.replace("{because}", &because)),
            _ => sentences.push(self.unknown.clone()),
        }
        let clause = |signal: &Signal| self.signals.get(signal).cloned().unwrap_or_default();
        let raised: Vec<String> = grounds.raised_by.iter().map(clause).collect();
        if raised.is_empty() {
            sentences.push(badge(&self.badge));
        } else {
            sentences.push(badge(&self.raised).replace("{because}", &joined(&raised, "and")));
        }
        let others: Vec<String> =
            grounds.signals.iter().filter(|s| !grounds.raised_by.contains(s)).map(clause).collect();
        if grounds.annotated {
            sentences.push(self.annotated.clone());
        } else if !others.is_empty() {
            sentences.push(self.also.replace("{signals}", &joined(&others, "and")));
        }
        if let [rule, ..] = grounds.own_rules.as_slice() {
            sentences.push(self.own_rule.replace("{rule}", rule));
        } else if !grounds.is_described {
            sentences.push(self.undescribed.clone());
        } else if grounds.confidence < SURE {
            sentences.push(self.unsure.replace("{other}", grounds.other.as_str()));
        }
        sentences.join(" ")
    }
}

/// `a`, `a and b`, `a, b and c`.
fn joined(clauses: &[String], and: &str) -> String {
    match clauses {
        [] => String::new(),
        [one] => one.clone(),
        [most @ .., last] => format!("{} {and} {last}", most.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_read_as_sentences() {
        let list = |words: &[&str]| joined(&words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>(), "and");
        assert_eq!(list(&["a"]), "a");
        assert_eq!(list(&["a", "b", "c"]), "a, b and c");
    }
}
