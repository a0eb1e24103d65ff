//! Which rules fire: each rule is looked at only when a word of its first condition was found.

use std::collections::BTreeMap;

use riskdex_model::{Category, Tool};
use toml::Spanned;

use crate::document::{Document, Place, Type};
use crate::error::{Error, Problem};
use crate::grammar::{Fact, Grammar, Slot};
use crate::lexicon::{Form, Lexicon, Term};
use crate::matcher::{LexiconId, Matcher};
use crate::rule::{Claim, Rule, Status};
use crate::source::Source;

/// The rules made ready to be run.
#[derive(Debug)]
pub(crate) struct Engine {
    matcher: Matcher,
    grammar: Grammar,
    clauses: Vec<Clause>,
    /// Clauses by the slot and list of their first condition.
    index: BTreeMap<(Slot, LexiconId), Vec<u32>>,
    /// Clauses that no word sets off.
    always: Vec<u32>,
    /// For each rule the rules that it overrules.
    overrules: Vec<Vec<u32>>,
}

/// A clause whose words are numbers of lists.
#[derive(Debug)]
struct Clause {
    rule: u32,
    when: Vec<Condition>,
    unless: Vec<Condition>,
    parameter_type: Option<Vec<Type>>,
    free: Option<bool>,
    described: Option<bool>,
    known_verb: Option<bool>,
    verdict: Option<Vec<Category>>,
}

#[derive(Debug)]
struct Condition {
    slot: Slot,
    any_of: Vec<LexiconId>,
}

/// One rule that fired, and the words that set it off.
#[derive(Clone, Debug)]
pub(crate) struct Firing {
    pub(crate) rule: usize,
    pub(crate) facts: Vec<Fact>,
    /// Categories of the verdict for which it counts; all when `None`.
    pub(crate) clause: usize,
}

impl Engine {
    /// Compiles rules; unknown lists are problems.
    pub(crate) fn new(
        rules: &[Rule],
        sources: &BTreeMap<String, Source>,
        mut lexicons: Vec<Lexicon>,
        problems: &mut Vec<Problem>,
    ) -> Result<Self, Error> {
        let mut by_name: BTreeMap<String, LexiconId> = BTreeMap::new();
        for (index, lexicon) in lexicons.iter().enumerate() {
            by_name.insert(format!("@{}", lexicon.name), index as LexiconId);
        }
        let mut clauses = Vec::new();
        for (number, rule) in rules.iter().enumerate().filter(|(_, r)| r.status != Status::Retired) {
            for raw in &rule.clauses {
                let mut compile = |slots: &BTreeMap<Slot, Vec<Spanned<String>>>| -> Vec<Condition> {
                    let conditions = slots.iter().map(|(&slot, words)| {
                        let any_of = words.iter().filter_map(|word| {
                            let known = list(word.get_ref(), &mut by_name, &mut lexicons);
                            if known.is_none()
                                && let Some(source) = sources.get(&rule.file)
                            {
                                let at = crate::rule::BLOCK_AT + word.span().start;
                                problems.push(source.problem(at, format!("there is no list `{}`", word.get_ref())));
                            }
                            known
                        });
                        Condition { slot, any_of: any_of.collect() }
                    });
                    conditions.collect()
                };
                clauses.push(Clause {
                    rule: number as u32,
                    when: compile(&raw.when),
                    unless: compile(&raw.unless),
                    parameter_type: raw.parameter_type.clone(),
                    free: raw.free,
                    described: raw.described,
                    known_verb: raw.known_verb,
                    verdict: raw.verdict.clone(),
                });
            }
        }
        let number: BTreeMap<&str, u32> = rules.iter().zip(0..).map(|(r, n)| (r.id.as_str(), n)).collect();
        let mut overrules = Vec::with_capacity(rules.len());
        for rule in rules {
            for unknown in rule.overrules.iter().filter(|id| !number.contains_key(id.as_str())) {
                let (file, message) = (rule.file.clone(), format!("there is no rule `{unknown}` to overrule"));
                problems.push(Problem { file, line: 1, message });
            }
            overrules.push(rule.overrules.iter().filter_map(|id| number.get(id.as_str()).copied()).collect());
        }
        let grammar = match Grammar::new(&lexicons) {
            Ok(grammar) => grammar,
            Err(name) => {
                let (file, line) = ("lexicon/grammar.toml".to_owned(), 1);
                problems.push(Problem { file, line, message: format!("the list `{name}` is missing") });
                return Err(Error::Rules(std::mem::take(problems)));
            }
        };
        let mut index: BTreeMap<(Slot, LexiconId), Vec<u32>> = BTreeMap::new();
        let mut always = Vec::new();
        for (number, clause) in clauses.iter().enumerate() {
            match clause.when.first() {
                Some(first) => {
                    for &lexicon in &first.any_of {
                        index.entry((first.slot, lexicon)).or_default().push(number as u32);
                    }
                }
                None => always.push(number as u32),
            }
        }
        Ok(Self { matcher: Matcher::new(&lexicons)?, grammar, clauses, index, always, overrules })
    }

    /// Every rule that fires on a definition, once each, in the order of the rules.
    pub(crate) fn fire(&self, tool: &Tool, document: &Document) -> Vec<Firing> {
        let hits = self.matcher.hits(document);
        let facts = self.grammar.facts(document, &hits);
        let case = Case { tool, document, facts: &facts };
        let mut candidates: Vec<u32> = self.always.clone();
        for fact in &facts {
            candidates.extend(self.index.get(&(fact.slot, fact.lexicon)).into_iter().flatten());
        }
        candidates.sort_unstable();
        candidates.dedup();
        let mut firings: Vec<Firing> = Vec::new();
        for number in candidates {
            let clause = &self.clauses[number as usize];
            if firings.last().is_some_and(|f| f.rule == clause.rule as usize) {
                continue;
            }
            if let Some(facts) = case.holds(clause) {
                firings.push(Firing { rule: clause.rule as usize, facts, clause: number as usize });
            }
        }
        let overruled: Vec<u32> = firings.iter().flat_map(|f| &self.overrules[f.rule]).copied().collect();
        firings.retain(|f| !overruled.contains(&(f.rule as u32)));
        firings
    }

    /// Whether a firing counts under a verdict.
    pub(crate) fn counts(&self, firing: &Firing, category: Category) -> bool {
        self.clauses[firing.clause].verdict.as_ref().is_none_or(|list| list.contains(&category))
    }
}

/// The list that a word of a rule stands for: a named one, or a list of its own for plain words.
fn list(word: &str, by_name: &mut BTreeMap<String, LexiconId>, lexicons: &mut Vec<Lexicon>) -> Option<LexiconId> {
    if let Some(&known) = by_name.get(word) {
        return Some(known);
    }
    if word.starts_with('@') || word.is_empty() {
        return None;
    }
    let id = lexicons.len() as LexiconId;
    let term = Term { text: word.to_lowercase(), form: Form::Noun, ambiguous: false };
    lexicons.push(Lexicon { name: word.to_owned(), effect: None, hides: false, terms: vec![term] });
    by_name.insert(word.to_owned(), id);
    Some(id)
}

/// A definition and what was found in it.
struct Case<'a, 't> {
    tool: &'a Tool,
    document: &'a Document<'t>,
    facts: &'a [Fact],
}

impl Case<'_, '_> {
    /// The words that make a clause hold, or `None` when it does not.
    fn holds(&self, clause: &Clause) -> Option<Vec<Fact>> {
        let described = self.tool.description.as_ref().is_some_and(|d| !d.trim().is_empty());
        if clause.described.is_some_and(|wanted| wanted != described) {
            return None;
        }
        if clause.known_verb.is_some_and(|wanted| wanted != self.facts.iter().any(|f| f.slot == Slot::NameVerb)) {
            return None;
        }
        let mut found = Vec::with_capacity(clause.when.len());
        for condition in clause.when.iter().filter(|c| !c.slot.is_of_parameter()) {
            found.push(*self.first(condition, None)?);
        }
        let of_parameter: Vec<&Condition> = clause.when.iter().filter(|c| c.slot.is_of_parameter()).collect();
        if !of_parameter.is_empty() || clause.parameter_type.is_some() {
            let fits = |index: u16| -> Option<Vec<Fact>> {
                let parameter = self.document.parameters[usize::from(index)];
                if clause.parameter_type.as_ref().is_some_and(|wanted| !wanted.contains(&parameter.kind))
                    || clause.free.is_some_and(|free| free == parameter.has_choices)
                {
                    return None;
                }
                of_parameter.iter().map(|condition| self.first(condition, Some(index)).copied()).collect()
            };
            found.extend((0..self.document.parameters.len() as u16).find_map(fits)?);
        }
        let excepted = clause.unless.iter().any(|condition| self.first(condition, None).is_some());
        (!excepted).then_some(found)
    }

    /// The first words that meet a condition, in one parameter or anywhere.
    fn first(&self, condition: &Condition, parameter: Option<u16>) -> Option<&Fact> {
        self.facts.iter().find(|fact| {
            fact.slot == condition.slot
                && condition.any_of.contains(&fact.lexicon)
                && parameter.is_none_or(|index| self.parameter_of(fact) == Some(index))
        })
    }

    fn parameter_of(&self, fact: &Fact) -> Option<u16> {
        match self.document.fields[usize::from(fact.field)].place {
            Place::Parameter(index) | Place::ParameterText(index) | Place::Choice(index) => Some(index),
            _ => None,
        }
    }
}

/// Whether a rule is about a category.
pub(crate) fn category_of(rule: &Rule) -> Option<Category> {
    match rule.claim {
        Claim::Category(category) => Some(category),
        Claim::Signal(_) => None,
    }
}
