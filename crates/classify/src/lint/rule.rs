//! A rule about poisoned definitions, and the files that hold such rules.

use serde::Deserialize;
use toml::Spanned;

use super::combination::{Combination, RawCombination};
use super::concept::Concepts;
use super::hidden::Trick;
use super::plain::Lookalikes;
use crate::error::Problem;
use crate::rule::{BLOCK_AT, Example, Prose, fenced, prose};
use crate::source::{Source, inside_toml};

/// One rule about definitions that are written against their reader, as its file states it.
#[derive(Debug)]
pub struct PoisonRule {
    /// Its name, unique among these rules.
    pub id: String,
    /// The heading of its file.
    pub title: String,
    /// Why it is right, in Markdown.
    pub why: String,
    /// What its finding says, in a sentence; `{text}` stands for what was hidden.
    pub says: String,
    /// Definitions for which it must be among the warnings.
    pub found: Vec<Example>,
    /// Definitions for which it must not be among the warnings.
    pub clean: Vec<Example>,
    /// The TOML block of its file: when it fires, in the words of its author.
    pub stated: String,
    /// The file it was read from.
    pub file: String,
    /// The most points that all its signs together count; no bound when nothing is said.
    pub(crate) limit: u32,
    pub(crate) fires: Vec<Combination>,
    pub(crate) sees: Vec<Sees>,
}

/// A trick that counts as a sign.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Sees {
    pub(crate) trick: Trick,
    pub(crate) points: u32,
    /// Points of a sighting that may be honest.
    #[serde(default)]
    pub(crate) weak: u32,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    id: String,
    says: String,
    limit: Option<u32>,
    #[serde(default)]
    fires: Vec<Spanned<RawCombination>>,
    #[serde(default)]
    sees: Vec<Sees>,
}

/// Reads `lookalikes.toml`: letters that look like Latin ones.
pub(crate) fn lookalikes(source: &Source, problems: &mut Vec<Problem>) -> Lookalikes {
    toml::from_str(&source.text).unwrap_or_else(|error| {
        problems.push(inside_toml(source, 0, &error));
        Lookalikes::default()
    })
}

/// Reads one rule.
pub(crate) fn read(source: &Source, concepts: &Concepts, problems: &mut Vec<Problem>) -> Option<PoisonRule> {
    let (block, rest_at) = fenced(source, problems)?;
    let head: Head = match toml::from_str(block) {
        Ok(head) => head,
        Err(error) => {
            problems.push(inside_toml(source, BLOCK_AT, &error));
            return None;
        }
    };
    if head.fires.is_empty() && head.sees.is_empty() {
        problems.push(source.problem(BLOCK_AT, "a rule has at least one [[fires]] or [[sees]]"));
    }
    let mut fires = Vec::new();
    for raw in head.fires {
        let at = BLOCK_AT + raw.span().start;
        match Combination::new(raw.into_inner(), concepts) {
            Ok(combination) => fires.push(combination),
            Err(message) => problems.push(source.problem(at, message)),
        }
    }
    let Prose { title, why, found, clean } = prose(source, rest_at, problems);
    let (file, stated) = (source.path.clone(), block.to_owned());
    let limit = head.limit.unwrap_or(u32::MAX);
    Some(PoisonRule {
        id: head.id,
        title,
        why,
        says: head.says,
        found,
        clean,
        stated,
        file,
        limit,
        fires,
        sees: head.sees,
    })
}
