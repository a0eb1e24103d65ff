//! Definitions that are written against their reader: hidden text, orders to the model, other tools' names.
//!
//! Words that honest definitions use too ("you must call … first") are signs, not proofs. Each sign has points, and
//! only a definition whose signs add up to [`THRESHOLD`] is warned of; then all its signs are shown.

mod covered;
mod field;
mod hidden;
mod plain;
mod rule;

use std::collections::{BTreeMap, BTreeSet};

use aho_corasick::{AhoCorasick, AhoCorasickKind};
use riskdex_model::{Evidence, Finding, Tool, capped, visible};

use crate::error::Problem;
use crate::rules::Failure;
use crate::source::Source;
use field::{Field, Kind};
use hidden::Sighting;
use plain::{Lookalikes, Plain};
pub use rule::PoisonRule;
use rule::{Clause, Expression, Words};

/// Points from which on a definition is warned of.
pub(crate) const THRESHOLD: u32 = 100;
/// Signs inside hidden text count this much more: nobody hides what is honest.
const HIDDEN_FACTOR: u32 = 2;
/// Pieces of evidence shown for one rule.
const EVIDENCE_MAX: usize = 4;
/// Longest quotation, in characters.
const QUOTED_MAX: usize = 240;
/// The two lists of words that a clause needs.
const NEEDED: usize = 0;
const ALSO_NEEDED: usize = 1;
/// How far apart words of both may stand, in bytes.
const NEAR: usize = 120;
/// How far before and after a match the words stand that make it innocent, in bytes.
const BEFORE: usize = 160;
const AFTER: usize = 100;

/// The rules about poisoned definitions, ready to run.
#[derive(Debug, Default)]
pub(crate) struct Lint {
    rules: Vec<PoisonRule>,
    /// Finds the words that clauses need, ignoring ASCII case.
    needs: Option<AhoCorasick>,
    /// For each such word the clauses that need it, as places in `parts`, and in which of their two lists.
    needed_by: Vec<Vec<(usize, usize)>>,
    /// All clauses, as numbers of rule and clause.
    parts: Vec<(usize, usize)>,
    speaks_of: Option<Expression>,
    lookalikes: Lookalikes,
}

/// Where the words that a clause needs were last seen.
#[derive(Clone, Copy, Debug, Default)]
struct Near {
    last: [Option<usize>; 2],
    /// Whether words of both lists were seen near each other.
    met: bool,
}

impl Near {
    fn see(&mut self, list: usize, at: usize) {
        self.last[list] = Some(at);
        self.met |= self.last[1 - list].is_some_and(|other| at.abs_diff(other) <= NEAR);
    }
}

/// One sign: which clause, how much, and where.
struct Sign {
    rule: usize,
    /// Number of the clause or, after all clauses, of the trick: each counts once.
    part: usize,
    points: u32,
    evidence: Evidence,
    inner: Option<String>,
}

impl Lint {
    /// Reads the files of `rules/poison/`.
    pub(crate) fn load(sources: &[Source], problems: &mut Vec<Problem>) -> Self {
        let is_ours = |source: &&Source| source.path.starts_with("poison/");
        let mut words = Words::default();
        for source in sources.iter().filter(is_ours).filter(|s| s.path.ends_with("words.toml")) {
            words = rule::words(source, problems);
        }
        let mut by_id: BTreeMap<String, PoisonRule> = BTreeMap::new();
        for source in sources.iter().filter(is_ours).filter(|s| s.path.ends_with(".md")) {
            if let Some(rule) = rule::read(source, &words, problems) {
                by_id.insert(rule.id.clone(), rule);
            }
        }
        let rules: Vec<PoisonRule> = by_id.into_values().collect();
        let mut parts = Vec::new();
        let mut needs: BTreeMap<String, Vec<(usize, usize)>> = BTreeMap::new();
        for (r, rule) in rules.iter().enumerate() {
            for (c, clause) in rule.fires.iter().enumerate() {
                for (words, list) in [(&clause.needs, NEEDED), (&clause.also, ALSO_NEEDED)] {
                    for word in words {
                        needs.entry(word.to_lowercase()).or_default().push((parts.len(), list));
                    }
                }
                parts.push((r, c));
            }
        }
        let speaks_of = (!words.speaks_of.is_empty()).then(|| Expression::new(words.speaks_of.join("|")));
        let speaks_of = speaks_of.and_then(|built| {
            built.map_err(|message| problems.push(Problem { file: "poison/words.toml".into(), line: 1, message })).ok()
        });
        let mut builder = AhoCorasick::builder();
        builder.ascii_case_insensitive(true).kind(Some(AhoCorasickKind::DFA));
        let automaton = builder.build(needs.keys()).ok();
        let needed_by = needs.into_values().collect();
        Self { rules, needs: automaton, needed_by, parts, speaks_of, lookalikes: words.lookalikes }
    }

    /// The rules, by id.
    pub(crate) fn rules(&self) -> &[PoisonRule] {
        &self.rules
    }

    /// What is wrong with a definition, in the order of the rules; nothing for nearly all.
    pub(crate) fn warnings(&self, tool: &Tool) -> Vec<Finding> {
        let signs = self.signs(tool);
        if self.points(&signs) < THRESHOLD { Vec::new() } else { self.findings(signs) }
    }

    /// All signs in a definition; none if its words cannot add up to a warning.
    fn signs(&self, tool: &Tool) -> Vec<Sign> {
        let mut signs = Vec::new();
        if self.may_warn(tool) {
            for field in field::fields(tool) {
                self.read(&field, tool, &mut signs);
            }
        }
        signs
    }

    /// Whether anything may be hidden, or the clauses whose words are there could add up to a warning: those
    /// of name, title and description, with those of any one text of a schema.
    fn may_warn(&self, tool: &Tool) -> bool {
        let mut whole: BTreeMap<(usize, usize), u32> = BTreeMap::new();
        let mut may_warn = false;
        field::texts(tool, &mut |is_of_whole, kind, text| {
            if may_warn {
                return;
            }
            let found = self.clauses(kind, text).map(|(r, c, clause)| ((r, c), clause.points));
            let points = if is_of_whole {
                whole.extend(found);
                self.limited(whole.iter())
            } else {
                let mut both = whole.clone();
                both.extend(found);
                self.limited(both.iter())
            };
            may_warn = points >= THRESHOLD || covered::may_cover(text) || hidden::may_hide(text, &self.lookalikes);
        });
        may_warn
    }

    /// The points of clauses together, those of one rule at most its limit.
    fn limited<'c>(&self, points: impl Iterator<Item = (&'c (usize, usize), &'c u32)>) -> u32 {
        let mut by_rule: BTreeMap<usize, u32> = BTreeMap::new();
        for ((rule, _), points) in points {
            *by_rule.entry(*rule).or_default() += points;
        }
        by_rule.into_iter().map(|(rule, points)| points.min(self.rules[rule].limit)).sum()
    }

    /// The clauses to try on a text: those whose words are in it, near each other.
    fn clauses(&self, kind: Kind, text: &str) -> impl Iterator<Item = (usize, usize, &Clause)> {
        let mut near = vec![Near::default(); self.parts.len()];
        for found in self.needs.iter().flat_map(|needs| needs.find_overlapping_iter(text)) {
            for &(part, list) in &self.needed_by[found.pattern().as_usize()] {
                near[part].see(list, found.start());
            }
        }
        let clauses = near.into_iter().zip(&self.parts).map(|(near, &(r, c))| (near, r, c, &self.rules[r].fires[c]));
        let wanted = clauses.filter(move |(near, _, _, clause)| {
            clause.within.contains(&kind) && if clause.also.is_empty() { near.last[NEEDED].is_some() } else { near.met }
        });
        wanted.map(|(_, r, c, clause)| (r, c, clause))
    }

    /// What signs add up to: those of the tool as a whole, with those of the one parameter that has most.
    fn points(&self, signs: &[Sign]) -> u32 {
        let places: BTreeSet<&str> = signs.iter().map(|sign| sign.evidence.field.as_str()).collect();
        let totals = places.iter().map(|place| {
            let near = |sign: &&Sign| is_of_whole(&sign.evidence.field) || sign.evidence.field == **place;
            self.sum(signs.iter().filter(near))
        });
        totals.max().unwrap_or(0)
    }

    /// A clause that several words meet counts once, a rule at most its limit.
    fn sum<'s>(&self, signs: impl Iterator<Item = &'s Sign>) -> u32 {
        let mut most: BTreeMap<(usize, usize), u32> = BTreeMap::new();
        for sign in signs {
            let points = most.entry((sign.rule, sign.part)).or_default();
            *points = sign.points.max(*points);
        }
        self.limited(most.iter())
    }

    fn read(&self, field: &Field, tool: &Tool, signs: &mut Vec<Sign>) {
        let is_identifier = matches!(field.kind, Kind::Parameter | Kind::Name);
        let plain = match is_identifier {
            true => Plain::new(&spoken(field.text), &self.lookalikes),
            false => Plain::new(field.text, &self.lookalikes),
        };
        for (r, c, clause) in self.clauses(field.kind, &plain.text) {
            let matches = clause.pattern.regex().into_iter().flat_map(|regex| regex.find_iter(&plain.text));
            for found in matches.take(EVIDENCE_MAX) {
                if !self.is_innocent(clause, &plain.text, found.start(), found.end(), tool) {
                    let span = if is_identifier { (0, usize::MAX) } else { plain.span(found.start(), found.end()) };
                    let evidence = evidence(field, span, &self.rules[r].id);
                    signs.push(Sign { rule: r, part: c, points: clause.points, evidence, inner: None });
                }
            }
        }
        let mut seen = if covered::may_cover(field.text) { covered::sightings(field.text) } else { Vec::new() };
        if hidden::may_hide(field.text, &self.lookalikes) {
            seen.extend(hidden::sightings(field.text, field.kind, &self.lookalikes));
        }
        for sighting in &seen {
            self.hidden(sighting, field, signs);
        }
    }

    /// The sign that a sighting is, and those inside what it hides.
    fn hidden(&self, sighting: &Sighting, field: &Field, signs: &mut Vec<Sign>) {
        let span = (sighting.start, sighting.end);
        for (r, rule) in self.rules.iter().enumerate() {
            for (s, sees) in rule.sees.iter().enumerate().filter(|(_, sees)| sees.trick == sighting.trick) {
                let points = if sighting.strong { sees.points } else { sees.weak };
                let part = rule.fires.len() + s;
                let evidence = evidence(field, span, &rule.id);
                signs.push(Sign { rule: r, part, points, evidence, inner: sighting.inner.clone() });
            }
        }
        let Some(inner) = &sighting.inner else { return };
        let plain = Plain::new(inner, &self.lookalikes);
        for (r, c, clause) in self.clauses(Kind::Prose, &plain.text) {
            if clause.pattern.is_match(&plain.text) {
                let evidence = evidence(field, span, &self.rules[r].id);
                signs.push(Sign { rule: r, part: c, points: HIDDEN_FACTOR * clause.points, evidence, inner: None });
            }
        }
    }

    fn is_innocent(&self, clause: &Clause, text: &str, from: usize, to: usize, tool: &Tool) -> bool {
        let start = text.floor_char_boundary(from.saturating_sub(BEFORE));
        let start = text[start..from].rfind('\n').map_or(start, |at| start + at);
        let end = text.ceil_char_boundary((to + AFTER).min(text.len()));
        let end = text[to..end].find('\n').map_or(end, |at| to + at);
        let around = &text[start..end];
        clause.unless.as_ref().is_some_and(|unless| unless.is_match(around))
            || self.speaks_of.as_ref().is_some_and(|speaks| speaks.is_match(around))
            || (clause.elsewhere && !names_another(&text[from..to], tool))
    }

    fn findings(&self, signs: Vec<Sign>) -> Vec<Finding> {
        let mut findings: BTreeMap<usize, Finding> = BTreeMap::new();
        for sign in signs.into_iter().filter(|sign| sign.points > 0) {
            let rule = &self.rules[sign.rule];
            let finding = findings.entry(sign.rule).or_insert_with(|| {
                let inner = sign.inner.as_deref().unwrap_or("nothing that can be read");
                let shown = capped(&visible(&capped(inner, QUOTED_MAX)), 2 * QUOTED_MAX).replace('\n', " ");
                Finding { rule: rule.id.clone(), message: rule.says.replace("{text}", &shown), evidence: Vec::new() }
            });
            if finding.evidence.len() < EVIDENCE_MAX && !finding.evidence.contains(&sign.evidence) {
                finding.evidence.push(sign.evidence);
            }
        }
        findings.into_values().collect()
    }

    /// Runs the examples of the rules; what fails is given back.
    pub(crate) fn test(&self) -> Vec<Failure> {
        let mut failures = Vec::new();
        for rule in &self.rules {
            for (examples, wanted) in [(&rule.found, true), (&rule.clean, false)] {
                for example in examples {
                    let warned = self.warnings(&example.tool).iter().any(|finding| finding.rule == rule.id);
                    if warned != wanted {
                        let what = if wanted { "does not warn" } else { "warns" };
                        failures.push(Failure {
                            rule: rule.id.clone(),
                            file: rule.file.clone(),
                            line: example.line,
                            message: format!("{what} of `{}`", example.tool.name),
                        });
                    }
                }
            }
        }
        failures
    }
}

/// Whether a place is not that of one parameter.
fn is_of_whole(place: &str) -> bool {
    matches!(place, "name" | "title" | "description" | "inputSchema")
}

/// An identifier as words.
fn spoken(identifier: &str) -> String {
    let mut words = String::with_capacity(identifier.len() + 8);
    let mut lower = false;
    for c in identifier.chars() {
        if lower && c.is_ascii_uppercase() {
            words.push(' ');
        }
        lower = c.is_ascii_lowercase() || c.is_ascii_digit();
        words.push(if matches!(c, '_' | '-' | '.' | '/') { ' ' } else { c });
    }
    words
}

/// Whether the words name a tool that is neither this one nor one of its parameters, or speak of all tools.
fn names_another(words: &str, tool: &Tool) -> bool {
    let own = tool.name.to_lowercase();
    let is_own = |name: &str| name == own || tool.parameters().iter().any(|p| p.name.eq_ignore_ascii_case(name));
    let trim = |word: &'_ str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
    let mut words = words.split_whitespace().map(trim).peekable();
    let mut before = String::new();
    while let Some(word) = words.next() {
        let is_identifier =
            word.contains('_') || (word.contains('-') && words.peek().is_some_and(|next| next == "tool"));
        let is_plural = matches!(word.as_str(), "tools" | "functions" | "servers");
        let is_general = matches!(before.as_str(), "all" | "any" | "every" | "other" | "another" | "each" | "that");
        if (is_identifier && !is_own(&word)) || ((is_plural || word == "tool") && is_general) {
            return true;
        }
        before = word;
    }
    false
}

fn evidence(field: &Field, (start, end): (usize, usize), rule: &str) -> Evidence {
    let end = end.min(start.saturating_add(QUOTED_MAX));
    let text: String = field.text.chars().skip(start).take(end - start).collect();
    // In a parameter the span lies in the words that are quoted, not in the schema.
    let start = if is_of_whole(&field.place) { start } else { 0 };
    let end = start + text.chars().count();
    Evidence { field: field.place.clone(), start, end, text, rule: rule.to_owned() }
}

#[cfg(test)]
mod tests;
