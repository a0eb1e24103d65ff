//! A rule about poisoned definitions, and the files that hold such rules.

use std::collections::BTreeMap;
use std::sync::OnceLock;

use regex::bytes::{Regex, RegexBuilder};
use regex_syntax::hir::Hir;
use serde::Deserialize;
use toml::Spanned;

use super::field::Kind;
use super::hidden::Trick;
use super::plain::Lookalikes;
use super::required::{Chain, chains};
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
    /// The file it was read from.
    pub file: String,
    /// The most points that all its signs together count; no bound when nothing is said.
    pub(crate) limit: u32,
    pub(crate) fires: Vec<Clause>,
    pub(crate) sees: Vec<Sees>,
}

/// Words that count as a sign.
#[derive(Debug)]
pub(crate) struct Clause {
    /// How much it weighs; a definition that comes to [`super::THRESHOLD`] is warned of.
    pub(crate) points: u32,
    pub(crate) pattern: Expression,
    /// Words around a match that make it innocent.
    pub(crate) unless: Option<Expression>,
    /// The kinds of text that are looked at; prose and values when nothing is said.
    pub(crate) within: Vec<Kind>,
    /// Whether the match must speak of a tool other than its own.
    pub(crate) elsewhere: bool,
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
    fires: Vec<RawClause>,
    #[serde(default)]
    sees: Vec<Sees>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawClause {
    points: u32,
    pattern: Spanned<String>,
    unless: Option<Spanned<String>>,
    within: Option<Vec<Kind>>,
    #[serde(default)]
    elsewhere: bool,
}

/// What `words.toml` holds.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Words {
    /// Expressions that patterns name in braces.
    #[serde(default)]
    pub(crate) lists: BTreeMap<String, Vec<String>>,
    /// Words around a match that show that the definition speaks of attacks, instead of being one.
    #[serde(default)]
    pub(crate) speaks_of: Vec<String>,
    /// Letters that look like Latin ones.
    #[serde(default)]
    pub(crate) lookalikes: Lookalikes,
}

/// Reads `words.toml`.
pub(crate) fn words(source: &Source, problems: &mut Vec<Problem>) -> Words {
    toml::from_str(&source.text).unwrap_or_else(|error| {
        problems.push(inside_toml(source, 0, &error));
        Words::default()
    })
}

/// Reads one rule.
pub(crate) fn read(source: &Source, words: &Words, problems: &mut Vec<Problem>) -> Option<PoisonRule> {
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
    let mut compile = |pattern: &Spanned<String>| {
        let at = BLOCK_AT + pattern.span().start;
        let built = expand(pattern.get_ref(), words).and_then(Expression::new);
        built.map_err(|message| problems.push(source.problem(at, message))).ok()
    };
    let (mut fires, mut wordless) = (Vec::new(), Vec::new());
    for raw in head.fires {
        let unless = raw.unless.as_ref().map(&mut compile);
        if let (Some(pattern), None | Some(Some(_))) = (compile(&raw.pattern), &unless) {
            if pattern.needs().is_empty() {
                wordless.push(source.problem(BLOCK_AT + raw.pattern.span().start, "it may match without any word"));
            }
            fires.push(Clause {
                points: raw.points,
                pattern,
                unless: unless.flatten(),
                within: raw.within.unwrap_or_else(|| vec![Kind::Prose, Kind::Value]),
                elsewhere: raw.elsewhere,
            });
        }
    }
    problems.append(&mut wordless);
    let Prose { title, why, found, clean } = prose(source, rest_at, problems);
    let file = source.path.clone();
    let limit = head.limit.unwrap_or(u32::MAX);
    Some(PoisonRule { id: head.id, title, why, says: head.says, found, clean, file, limit, fires, sees: head.sees })
}

/// Longest compiled expression, in bytes.
const REGEX_MAX: usize = 16 << 20;

/// A regular expression that is checked when it is read and compiled when a text first needs it: most never do.
/// One that is ASCII itself means ASCII by `\w` and `\b`, which makes it many times smaller and faster.
#[derive(Debug)]
pub(crate) struct Expression {
    text: String,
    compiled: OnceLock<Option<Regex>>,
}

impl Expression {
    pub(crate) fn new(text: String) -> Result<Self, String> {
        parse(&text)?;
        Ok(Self { text, compiled: OnceLock::new() })
    }

    /// What a text must hold for it to match; nothing where it may match without any word.
    pub(crate) fn needs(&self) -> Vec<Chain> {
        parse(&self.text).map(|parsed| chains(&parsed)).unwrap_or_default()
    }

    /// Whether it compiles within [`REGEX_MAX`]; a test of the rules asks.
    #[cfg(test)]
    pub(crate) fn compiles(&self) -> bool {
        self.regex().is_some()
    }

    pub(crate) fn is_match(&self, text: &str) -> bool {
        self.regex().is_some_and(|regex| regex.is_match(text.as_bytes()))
    }

    /// Where it matches, in bytes, widened to whole characters.
    pub(crate) fn matches<'t>(&'t self, text: &'t str) -> impl Iterator<Item = (usize, usize)> + 't {
        let found = self.regex().into_iter().flat_map(|regex| regex.find_iter(text.as_bytes()));
        found.map(|found| (text.floor_char_boundary(found.start()), text.ceil_char_boundary(found.end())))
    }

    fn regex(&self) -> Option<&Regex> {
        let build = || {
            let unicode = !self.text.is_ascii();
            RegexBuilder::new(&self.text).unicode(unicode).size_limit(REGEX_MAX).build().ok()
        };
        self.compiled.get_or_init(build).as_ref()
    }
}

fn parse(text: &str) -> Result<Hir, String> {
    let mut parser = regex_syntax::ParserBuilder::new().unicode(!text.is_ascii()).utf8(false).build();
    parser.parse(text).map_err(|error| {
        let message = error.to_string();
        message.lines().last().unwrap_or_default().trim_start_matches("error: ").to_owned()
    })
}

/// How deep lists may name lists.
const NESTING: usize = 4;

/// Puts lists in the place of their names in braces.
fn expand(pattern: &str, words: &Words) -> Result<String, String> {
    let mut text = pattern.to_owned();
    for _ in 0..NESTING {
        let mut out = String::with_capacity(text.len());
        let mut rest = text.as_str();
        let mut named = false;
        while let Some(open) = rest.find('{') {
            let (before, after) = rest.split_at(open);
            out.push_str(before);
            let name_end = after.find('}').unwrap_or(after.len());
            let name = &after[1..name_end];
            if name.starts_with(|c: char| c.is_ascii_lowercase()) {
                let list = words.lists.get(name).ok_or_else(|| format!("there is no list `{name}`"))?;
                out.push_str(&format!("(?:{})", list.join("|")));
                named = true;
                rest = &after[name_end + 1..];
            } else {
                out.push('{');
                rest = &after[1..];
            }
        }
        out.push_str(rest);
        text = out;
        if !named {
            return Ok(text);
        }
    }
    Err("lists name each other too deeply".to_owned())
}
