//! From what fired to a verdict: category, level, signals, evidence, and what the author claims otherwise.

use riskdex_model::{Annotations, Category, Evidence, Level, Signal, Tool, Verdict};

use crate::Rules;
use crate::document::{Document, Place};
use crate::engine::{Fired, Firing};
use crate::grammar::Fact;
use crate::rationale::Grounds;
use crate::rule::{Claim, Rule};
use crate::weigh::{scores, weigh};

/// Rules whose words are shown as evidence for the category.
const EVIDENCE_MAX: usize = 6;
/// Rules whose clauses open the rationale.
const CLAUSES_MAX: usize = 2;

/// Judges one tool.
pub(crate) fn judge(rules: &Rules, tool: &Tool, document: &Document, fired: &Fired) -> Verdict {
    let firings = &fired.firings;
    let odds = scores(&rules.rules, &rules.weights, firings);
    let weighed = weigh(&odds, rules.weights.temperature);
    let stated = rules.overrides.iter().find(|o| o.is_for(tool));
    let category = stated.and_then(|o| o.category).unwrap_or(weighed.category);
    let rule = |firing: &Firing| &rules.rules[firing.rule];

    let mut decisive: Vec<&Firing> = firings.iter().filter(|f| rule(f).claim == Claim::Category(category)).collect();
    decisive.sort_by(|a, b| rule(b).weight.total_cmp(&rule(a).weight).then(a.rule.cmp(&b.rule)));

    let mut signalling: Vec<(Signal, &Firing)> = Vec::new();
    for firing in firings.iter().filter(|f| rules.engine.counts(f, category)) {
        if let Claim::Signal(signal) = rule(firing).claim
            && !signalling.iter().any(|(s, _)| *s == signal)
        {
            signalling.push((signal, firing));
        }
    }
    signalling.sort_by_key(|(signal, _)| *signal);
    let signals: Vec<Signal> = signalling.iter().map(|(s, _)| *s).collect();

    let mut level = category.base_level();
    let highest = signals.iter().filter_map(|s| s.raises(category)).max().unwrap_or(level);
    let raised_by: Vec<Signal> =
        signals.iter().copied().filter(|s| highest > level && s.raises(category) == Some(highest)).collect();
    level = level.max(highest);
    let claimed = tool.annotations.as_ref().map_or(level, |a| claimed_level(a, category));
    let annotated = claimed > level;
    level = level.max(claimed);
    if let Some(stated) = stated.and_then(|o| o.level) {
        level = stated;
    }

    let confidence = if stated.is_some() { 1.0 } else { (weighed.confidence.min(0.99) * 100.0).round() / 100.0 };
    let mut others: Vec<usize> = (0..odds.len()).filter(|&c| Category::ALL[c] != category).collect();
    others.sort_by(|&a, &b| odds[b].total_cmp(&odds[a]));
    let mut clauses: Vec<String> = Vec::new();
    for firing in &decisive {
        let clause = clause(rule(firing), fired.words(firing), document);
        if !clause.is_empty() && !clauses.contains(&clause) && clauses.len() < CLAUSES_MAX {
            clauses.push(clause);
        }
    }
    let rationale = rules.templates.rationale(&Grounds {
        tool,
        category,
        level,
        confidence,
        other: others.first().map_or(category, |&c| Category::ALL[c]),
        clauses,
        signals: signals.clone(),
        raised_by,
        annotated,
        own_rules: decisive.iter().map(|f| rule(f)).filter(|r| r.own).map(|r| r.id.as_str()).collect(),
        overridden: stated.map(|o| o.reason.as_str()),
    });

    let mut evidence: Vec<Evidence> = Vec::new();
    let shown = decisive.iter().take(EVIDENCE_MAX).copied().chain(signalling.iter().map(|(_, f)| *f));
    for firing in shown {
        for fact in fired.words(firing) {
            let Some(found) = quoted(document, fact, &rule(firing).id) else { continue };
            if !evidence.contains(&found) {
                evidence.push(found);
            }
        }
    }
    if evidence.is_empty() {
        let end = tool.name.chars().count();
        let rule = decisive.first().map_or("name", |f| rule(f).id.as_str()).to_owned();
        evidence.push(Evidence { field: "name".into(), start: 0, end, text: tool.name.clone(), rule });
    }
    let disagreements = tool.annotations.as_ref().map(|a| disagreements(a, category)).unwrap_or_default();
    let warnings = Vec::new();
    Verdict { category, risk: level, confidence, rationale, evidence, signals, warnings, disagreements }
}

/// A rule's clause with the words that fired.
fn clause(rule: &Rule, facts: &[Fact], document: &Document) -> String {
    let words = facts.first().map(|fact| {
        let text = document.fields[usize::from(fact.field)].text;
        format!("“{}”", squeezed(&text[fact.start as usize..fact.end as usize]))
    });
    rule.says.replace("{words}", &words.unwrap_or_default())
}

fn squeezed(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The words of a fact, with their place in characters.
pub(crate) fn quoted(document: &Document, fact: &Fact, rule: &str) -> Option<Evidence> {
    let field = document.fields[usize::from(fact.field)];
    let (from, to) = (fact.start as usize, fact.end as usize);
    let text = &field.text[from..to];
    let rule = rule.to_owned();
    let name = match field.place {
        Place::Name => "name",
        Place::Title => "title",
        Place::Description => "description",
        Place::Parameter(index) | Place::ParameterText(index) | Place::Choice(index) => {
            // Inside JSON some characters are escaped: the words are quoted up to the first of them.
            let end = text.find(|c: char| c == '"' || c == '\\' || c.is_control()).unwrap_or(text.len());
            let text = text[..end].to_owned();
            let field = document.pointer(index);
            return (end > 0).then(|| Evidence { field, start: 0, end: text.chars().count(), text, rule });
        }
    };
    let start = field.text[..from].chars().count();
    let end = start + text.chars().count();
    Some(Evidence { field: name.to_owned(), start, end, text: text.to_owned(), rule })
}

/// The level that the author's own claims ask for at least.
fn claimed_level(annotations: &Annotations, category: Category) -> Level {
    let says_changes = annotations.read_only_hint == Some(false);
    let says_destroys = annotations.destructive_hint == Some(true) && annotations.read_only_hint != Some(true);
    match category {
        _ if says_destroys => Level::High.max(category.base_level()),
        Category::Read if says_changes => Level::Medium,
        _ => category.base_level(),
    }
}

/// What the author claims against what the definition admits.
fn disagreements(annotations: &Annotations, category: Category) -> Vec<String> {
    let mut found = Vec::new();
    if annotations.read_only_hint == Some(true) && category != Category::Read {
        found.push(format!(
            "The author declares it read-only (`readOnlyHint: true`); its definition admits {category}."
        ));
    }
    if annotations.destructive_hint == Some(false) && category == Category::Destructive {
        found.push(
            "The author declares it not destructive (`destructiveHint: false`); its definition admits Destructive."
                .to_owned(),
        );
    }
    if annotations.read_only_hint == Some(false) && category == Category::Read {
        found.push(
            "The author declares that it changes things (`readOnlyHint: false`); its definition speaks only of reading."
                .to_owned(),
        );
    }
    if annotations.destructive_hint == Some(true)
        && annotations.read_only_hint != Some(true)
        && matches!(category, Category::Read | Category::Write)
    {
        found.push(format!(
            "The author declares it destructive (`destructiveHint: true`); its definition speaks only of {}.",
            if category == Category::Read { "reading" } else { "writing" }
        ));
    }
    found
}
