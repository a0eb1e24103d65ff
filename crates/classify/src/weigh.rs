//! What the findings add up to: each rule adds its weight to the odds of its category.

use std::collections::BTreeMap;

use riskdex_model::Category;
use serde::Deserialize;

use crate::engine::Firing;
use crate::error::Problem;
use crate::rule::Rule;
use crate::source::{Source, inside_toml};

/// `weights.toml`: what fitting to labelled tools made of the weights in the rule files.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Weights {
    /// Divides the odds before they become a confidence, so that nine of ten verdicts said to be 90% sure are right.
    pub(crate) temperature: f64,
    /// Odds of each category when no rule fires.
    pub(crate) bias: BTreeMap<Category, f64>,
    /// Fitted weights by rule.
    pub(crate) weights: BTreeMap<String, f64>,
}

impl Default for Weights {
    fn default() -> Self {
        Self { temperature: 1.0, bias: BTreeMap::new(), weights: BTreeMap::new() }
    }
}

impl Weights {
    /// Reads `weights.toml`.
    pub(crate) fn read(source: &Source, problems: &mut Vec<Problem>) -> Self {
        match toml::from_str::<Self>(&source.text) {
            Ok(weights) if weights.temperature > 0.0 => weights,
            Ok(weights) => {
                problems.push(source.problem(0, "`temperature` is above 0"));
                Self { temperature: 1.0, ..weights }
            }
            Err(error) => {
                problems.push(inside_toml(source, 0, &error));
                Self::default()
            }
        }
    }
}

/// Odds by category, in the order of [`Category::ALL`].
pub(crate) type Scores = [f64; Category::ALL.len()];

/// The category that the rules come to, and how sure that is.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Weighed {
    pub(crate) category: Category,
    /// 0 to 1.
    pub(crate) confidence: f64,
}

/// Adds up what fired.
pub(crate) fn scores(rules: &[Rule], weights: &Weights, firings: &[Firing]) -> Scores {
    let mut scores = Category::ALL.iter().map(|c| weights.bias.get(c).copied().unwrap_or(0.0));
    let mut scores: Scores = std::array::from_fn(|_| scores.next().unwrap_or(0.0));
    for firing in firings {
        let rule = &rules[firing.rule];
        if let Some(category) = rule.category() {
            scores[category as usize] += rule.weight;
        }
    }
    scores
}

/// The best category; of equals the more severe.
pub(crate) fn weigh(scores: &Scores, temperature: f64) -> Weighed {
    let odds = scores.map(|s| s / temperature);
    let best = (0..odds.len()).max_by(|&a, &b| odds[a].total_cmp(&odds[b])).unwrap_or(0);
    let total: f64 = odds.iter().map(|o| (o - odds[best]).exp()).sum();
    Weighed { category: Category::ALL[best], confidence: 1.0 / total }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_best_wins_and_equals_go_to_the_worse() {
        let weighed = weigh(&[3.0, 0.0, 1.0, 0.0, 0.0], 1.0);
        assert_eq!(weighed.category, Category::Read);
        assert!(weighed.confidence > 0.7 && weighed.confidence < 0.9);
        assert_eq!(weigh(&[1.0, 1.0, 0.0, 0.0, 0.0], 1.0).category, Category::Write);
        assert!(weigh(&[3.0, 0.0, 1.0, 0.0, 0.0], 2.0).confidence < weighed.confidence);
    }
}
