//! Definitions that are written against their reader: hidden text, orders to the model, other tools' names.
//!
//! Words that honest definitions use too ("you must call … first") are signs, not proofs. Each sign has points, and
//! only a definition whose signs add up to [`THRESHOLD`] is warned of; then all its signs are shown.

mod covered;
mod field;
mod hidden;
mod needs;
mod plain;
mod required;
mod rule;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use riskdex_model::{Evidence, Finding, Tool, capped, visible};

use crate::definition::Definition;
use crate::document::Document;
use crate::error::Problem;
use crate::rules::Failure;
use crate::source::Source;
use crate::vocabulary::Vocabulary;
use field::{Field, Kind};
use hidden::Sighting;
use needs::Needs;
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
/// How far from the words that it needs a match may reach, in bytes.
const REACH: usize = 250;
/// How far before and after a match the words stand that make it innocent, in bytes.
const BEFORE: usize = 160;
const AFTER: usize = 100;

/// The rules about poisoned definitions, ready to run.
#[derive(Debug, Default)]
pub(crate) struct Lint {
    rules: Vec<PoisonRule>,
    needs: Needs,
    /// All clauses, in the order of the rules, as numbers of rule and clause.
    parts: Vec<(usize, usize)>,
    speaks_of: Option<Expression>,
    lookalikes: Lookalikes,
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

/// A field whose words some clauses want to try.
struct Heard<'t> {
    field: Field<'t>,
    plain: Plain,
    /// Numbers of the clauses, ascending, each with where its words are.
    wanted: Vec<(usize, Range<usize>)>,
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
        let numbered = rules.iter().enumerate();
        let parts = numbered.flat_map(|(r, rule)| (0..rule.fires.len()).map(move |c| (r, c))).collect();
        // The examples of all other rules are definitions such as most are.
        let honest = sources.iter().filter(|source| !is_ours(source)).flat_map(|source| source.text.lines());
        let needs = Needs::new(
            rules.iter().flat_map(|rule| &rule.fires).map(|clause| clause.pattern.needs()),
            honest.filter(|line| line.starts_with('{')),
        );
        let speaks_of = (!words.speaks_of.is_empty()).then(|| Expression::new(words.speaks_of.join("|")));
        let speaks_of = speaks_of.and_then(|built| {
            built.map_err(|message| problems.push(Problem { file: "poison/words.toml".into(), line: 1, message })).ok()
        });
        Self { rules, needs, parts, speaks_of, lookalikes: words.lookalikes }
    }

    /// Words in lower case that the vocabulary must know for these rules; of a phrase its words.
    pub(crate) fn words(&self) -> Vec<String> {
        Vec::new()
    }

    /// Takes the numbers of its words.
    pub(crate) fn learn(&mut self, vocabulary: &Vocabulary) {
        let _ = vocabulary;
    }

    /// The rules, by id.
    pub(crate) fn rules(&self) -> &[PoisonRule] {
        &self.rules
    }

    /// What is wrong with a definition, in the order of the rules; nothing for nearly all.
    pub(crate) fn warnings(&self, document: &mut Document, vocabulary: &Vocabulary) -> Vec<Finding> {
        let _ = vocabulary;
        let signs = self.signs(document.definition);
        if self.points(&signs) < THRESHOLD { Vec::new() } else { self.findings(signs) }
    }

    /// The same for a definition alone, as in the examples.
    fn warned(&self, tool: &Tool) -> Vec<Finding> {
        let definition = Definition::of(tool);
        let signs = self.signs(&definition);
        if self.points(&signs) < THRESHOLD { Vec::new() } else { self.findings(signs) }
    }

    /// All signs in a definition; none as soon as they cannot add up to a warning.
    fn signs(&self, tool: &Definition) -> Vec<Sign> {
        let mut signs = Vec::new();
        let suspect = self.suspect(tool);
        if suspect.is_empty() {
            return signs;
        }
        let fields = field::fields(tool).into_iter().enumerate().filter(|(at, _)| suspect.binary_search(at).is_ok());
        let heard: Vec<Heard> = fields.filter_map(|(_, field)| self.hear(field, &mut signs)).collect();
        let is_disguised = !signs.is_empty();
        let mut open: BTreeSet<usize> = heard.iter().flat_map(|heard| &heard.wanted).map(|(part, _)| *part).collect();
        let mut heaviest_first: Vec<usize> = open.iter().copied().collect();
        heaviest_first.sort_by_key(|&part| std::cmp::Reverse(self.clause(part).points));
        for part in heaviest_first {
            let before = signs.len();
            for heard in &heard {
                for (_, range) in heard.wanted.iter().filter(|(wanted, _)| *wanted == part) {
                    self.find(part, heard, range, tool, &mut signs);
                }
            }
            if signs.len() == before {
                open.remove(&part);
                if !is_disguised && self.reach(open.iter().copied()) < THRESHOLD {
                    return Vec::new();
                }
            }
        }
        signs
    }

    /// The texts, by their place in the definition, in which something may be hidden or that have the words of a clause;
    /// none where nothing is hidden and the clauses could not add up to a warning: those of name, title and description,
    /// with those of any one text of a schema.
    fn suspect(&self, tool: &Definition) -> Vec<usize> {
        let (mut suspect, mut whole) = (Vec::new(), Vec::new());
        let (mut at, mut may_warn) = (0, false);
        field::texts(tool, &mut |is_of_whole, kind, text| {
            let may_hide = covered::may_cover(text) || hidden::may_hide(text, &self.lookalikes);
            let found = match kind {
                Kind::Name | Kind::Parameter => self.wanted(kind, &spoken(text)),
                _ if !text.is_ascii() && text.chars().any(|c| !c.is_ascii() && c.is_alphanumeric()) => {
                    self.wanted(kind, &Plain::new(text, &self.lookalikes).text)
                }
                _ => self.wanted(kind, text),
            };
            may_warn |= may_hide;
            if may_hide || !found.is_empty() {
                suspect.push(at);
            }
            at += 1;
            if found.is_empty() {
                return;
            }
            let mut all: Vec<usize> = whole.iter().copied().chain(found.into_iter().map(|(part, _)| part)).collect();
            all.sort_unstable();
            all.dedup();
            may_warn |= self.reach(all.iter().copied()) >= THRESHOLD;
            if is_of_whole {
                whole = all;
            }
        });
        if may_warn { suspect } else { Vec::new() }
    }

    fn clause(&self, part: usize) -> &Clause {
        let (r, c) = self.parts[part];
        &self.rules[r].fires[c]
    }

    /// The clauses to try on a text.
    fn wanted(&self, kind: Kind, text: &str) -> Vec<(usize, Range<usize>)> {
        let mut wanted = self.needs.wanted(text);
        wanted.retain(|(part, _)| kind.is_among(&self.clause(*part).within));
        wanted
    }

    /// The most points that clauses, in ascending order, can come to.
    fn reach(&self, parts: impl Iterator<Item = usize>) -> u32 {
        let (mut total, mut rule, mut of_rule) = (0, usize::MAX, 0);
        for part in parts {
            let (r, _) = self.parts[part];
            if r != rule {
                (rule, of_rule) = (r, 0);
            }
            let before = of_rule;
            of_rule = (of_rule + self.clause(part).points).min(self.rules[r].limit);
            total += of_rule - before;
        }
        total
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
        let mut by_rule: BTreeMap<usize, u32> = BTreeMap::new();
        for ((rule, _), points) in most {
            *by_rule.entry(rule).or_default() += points;
        }
        by_rule.into_iter().map(|(rule, points)| points.min(self.rules[rule].limit)).sum()
    }

    /// Adds what is hidden in a field to `signs`, and makes its words plain if any clause wants them.
    fn hear<'t>(&self, field: Field<'t>, signs: &mut Vec<Sign>) -> Option<Heard<'t>> {
        let may_hide = hidden::may_hide(field.text, &self.lookalikes);
        let mut seen = if covered::may_cover(field.text) { covered::sightings(field.text) } else { Vec::new() };
        if may_hide {
            seen.extend(hidden::sightings(field.text, field.kind, &self.lookalikes));
        }
        for sighting in &seen {
            self.hidden(sighting, &field, signs);
        }
        let plain = match field.is_identifier() {
            true => Plain::new(&spoken(field.text), &self.lookalikes),
            false => Plain::new(field.text, &self.lookalikes),
        };
        let wanted = self.wanted(field.kind, &plain.text);
        (!wanted.is_empty()).then_some(Heard { field, plain, wanted })
    }

    /// Adds what a clause finds in a field, around the words that it needs.
    fn find(&self, part: usize, heard: &Heard, words: &Range<usize>, tool: &Definition, signs: &mut Vec<Sign>) {
        let (rule, clause_number) = self.parts[part];
        let clause = self.clause(part);
        let text = &heard.plain.text;
        let first = text.floor_char_boundary(words.start.saturating_sub(REACH));
        let last = text.ceil_char_boundary((words.end + REACH).min(text.len()));
        for (from, to) in clause.pattern.matches(&text[first..last]).take(EVIDENCE_MAX) {
            let (from, to) = (first + from, first + to);
            if !self.is_innocent(clause, text, from, to, tool) {
                let is_identifier = heard.field.is_identifier();
                let span = if is_identifier { (0, usize::MAX) } else { heard.plain.span(from, to) };
                let evidence = evidence(&heard.field, span, &self.rules[rule].id);
                signs.push(Sign { rule, part: clause_number, points: clause.points, evidence, inner: None });
            }
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
        for (part, _) in self.wanted(Kind::Prose, &plain.text) {
            let ((rule, clause_number), clause) = (self.parts[part], self.clause(part));
            if clause.pattern.is_match(&plain.text) {
                let evidence = evidence(field, span, &self.rules[rule].id);
                let points = HIDDEN_FACTOR * clause.points;
                signs.push(Sign { rule, part: clause_number, points, evidence, inner: None });
            }
        }
    }

    fn is_innocent(&self, clause: &Clause, text: &str, from: usize, to: usize, tool: &Definition) -> bool {
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
                    let warned = self.warned(&example.tool).iter().any(|finding| finding.rule == rule.id);
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
fn names_another(words: &str, tool: &Definition) -> bool {
    let own = tool.name().to_lowercase();
    let is_own = |name: &str| name == own || tool.parameters().any(|parameter| parameter.eq_ignore_ascii_case(name));
    let trim = |word: &'_ str| word.trim_matches(|c: char| !c.is_alphanumeric()).to_owned();
    let mut words = words.split_whitespace().map(trim).peekable();
    let mut before = String::new();
    while let Some(word) = words.next() {
        let is_identifier =
            word.contains('_') || (word.contains('-') && words.peek().is_some_and(|next| next == "tool"));
        let is_plural = matches!(word.as_str(), "tools" | "functions" | "servers" | "server");
        let is_general = matches!(before.as_str(), "all" | "any" | "every" | "other" | "another" | "each" | "that");
        let is_other = word == "tool" && !matches!(before.as_str(), "this" | "the" | "of" | "mcp");
        if (is_identifier && !is_own(&word)) || (is_plural && is_general) || is_other {
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
