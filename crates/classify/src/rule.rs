//! One rule, and the Markdown file it is read from.

use std::collections::BTreeMap;

use riskdex_model::{Category, Signal, Tool};
use serde::Deserialize;
use toml::Spanned;

use crate::document::Type;
use crate::error::Problem;
use crate::grammar::Slot;
use crate::source::{Source, inside_toml};

/// What a rule says of a tool.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Claim {
    /// The tool is of this category; the claim is weighed against others.
    Category(Category),
    /// The signal holds beside the category.
    Signal(Signal),
}

/// Whether a rule takes part.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// In use.
    #[default]
    Stable,
    /// In use and may still change.
    Preview,
    /// Kept for its history; never fires.
    Retired,
}

/// One rule, as its file states it.
#[derive(Clone, Debug)]
pub struct Rule {
    /// Its name, unique among the rules.
    pub id: String,
    /// The heading of its file.
    pub title: String,
    /// Why it is right, in Markdown.
    pub why: String,
    /// Whether it takes part.
    pub status: Status,
    /// What it says.
    pub claim: Claim,
    /// How much it weighs for its category, in natural logarithms of odds; after fitting. Signals weigh nothing.
    pub weight: f64,
    /// The clause it adds to a rationale; `{words}` stands for the words that fired.
    pub says: String,
    /// Definitions that it must fire on.
    pub found: Vec<Example>,
    /// Definitions that it must not fire on.
    pub clean: Vec<Example>,
    /// The TOML block of its file: when it fires, in the words of its author.
    pub stated: String,
    /// The file it was read from.
    pub file: String,
    /// Whether the user added it, or put it in the place of a built-in one.
    pub own: bool,
    /// Rules whose more general claim this one replaces where both fire.
    pub overrules: Vec<String>,
    pub(crate) clauses: Vec<RawClause>,
}

impl Rule {
    /// The category it speaks for, if it does not state a signal.
    pub fn category(&self) -> Option<Category> {
        match self.claim {
            Claim::Category(category) => Some(category),
            Claim::Signal(_) => None,
        }
    }
}

/// A tool in a rule file, with what is expected of it.
#[derive(Clone, Debug)]
pub struct Example {
    /// The definition.
    pub tool: Tool,
    /// The category that the whole set of rules must come to, when the example states one.
    pub category: Option<Category>,
    /// Its line in the file.
    pub line: usize,
}

/// One way for a rule to fire: every condition holds and no exception does.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "kebab-case", default)]
pub(crate) struct RawClause {
    /// Words by slot: `@list` or plain words.
    pub(crate) when: BTreeMap<Slot, Vec<Spanned<String>>>,
    /// Exceptions, in the same form; any one of them is enough.
    pub(crate) unless: BTreeMap<Slot, Vec<Spanned<String>>>,
    /// The type that the parameter must have.
    pub(crate) parameter_type: Option<Vec<Type>>,
    /// Whether the parameter takes anything, or only listed values.
    pub(crate) free: Option<bool>,
    /// Whether a description must be there or missing.
    pub(crate) described: Option<bool>,
    /// Whether the name must have a known verb or none.
    pub(crate) known_verb: Option<bool>,
    /// Categories of the verdict for which a signal holds.
    pub(crate) verdict: Option<Vec<Category>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Head {
    id: Spanned<String>,
    #[serde(default)]
    status: Status,
    category: Option<Category>,
    signal: Option<Signal>,
    #[serde(default)]
    weight: f64,
    #[serde(default)]
    says: String,
    #[serde(default)]
    overrules: Vec<String>,
    fires: Vec<RawClause>,
}

const FENCE: &str = "```toml\n";
/// Where the TOML block begins in a rule file.
pub(crate) const BLOCK_AT: usize = FENCE.len();

/// The TOML block that a rule file begins with, and where the rest begins.
pub(crate) fn fenced<'s>(source: &'s Source, problems: &mut Vec<Problem>) -> Option<(&'s str, usize)> {
    let block = source.text.strip_prefix(FENCE).and_then(|text| {
        let end = text.find("\n```")?;
        Some((&text[..=end], FENCE.len() + end + "\n```".len()))
    });
    if block.is_none() {
        problems.push(source.problem(0, "a rule file begins with a block ```toml … ```"));
    }
    block
}

/// Reads a rule file: a TOML block, a heading, why the rule is right, and examples under `## Found` and `## Clean`.
pub(crate) fn read(source: &Source, problems: &mut Vec<Problem>) -> Option<Rule> {
    let (block, rest_at) = fenced(source, problems)?;
    let head: Head = match toml::from_str(block) {
        Ok(head) => head,
        Err(error) => {
            problems.push(inside_toml(source, FENCE.len(), &error));
            return None;
        }
    };
    let mut complain = |at: usize, message: &str| problems.push(source.problem(at, message));
    let claim = match (head.category, head.signal) {
        (Some(category), None) => Claim::Category(category),
        (None, Some(signal)) => Claim::Signal(signal),
        _ => {
            complain(FENCE.len(), "a rule has either a `category` or a `signal`");
            return None;
        }
    };
    if matches!(claim, Claim::Category(_)) && !(head.weight > 0.0 && head.weight.is_finite()) {
        complain(FENCE.len(), "a rule for a category has a `weight` above 0");
    }
    if head.fires.is_empty() {
        complain(FENCE.len(), "a rule has at least one [[fires]]");
    }
    let prose = prose(source, rest_at, problems);
    Some(Rule {
        id: head.id.into_inner(),
        title: prose.title,
        why: prose.why,
        status: head.status,
        claim,
        weight: head.weight,
        says: head.says,
        found: prose.found,
        clean: prose.clean,
        stated: block.to_owned(),
        file: source.path.clone(),
        own: source.own,
        overrules: head.overrules,
        clauses: head.fires,
    })
}

#[derive(Default)]
pub(crate) struct Prose {
    pub(crate) title: String,
    pub(crate) why: String,
    pub(crate) found: Vec<Example>,
    pub(crate) clean: Vec<Example>,
}

#[derive(Clone, Copy, PartialEq)]
enum Part {
    Before,
    Why,
    Found,
    Clean,
}

pub(crate) fn prose(source: &Source, from: usize, problems: &mut Vec<Problem>) -> Prose {
    let mut prose = Prose::default();
    let mut part = Part::Before;
    let mut block: Option<(usize, Option<Category>, String)> = None;
    let mut at = from;
    for line in source.text[from..].split_inclusive('\n') {
        let start = at;
        at += line.len();
        let line = line.trim_end();
        if let Some((opened, category, json)) = &mut block {
            if line == "```" {
                match serde_json::from_str::<Tool>(json) {
                    Ok(tool) => {
                        let number = source.problem(*opened, "").line;
                        let example = Example { tool, category: *category, line: number };
                        match part {
                            Part::Clean => prose.clean.push(example),
                            _ => prose.found.push(example),
                        }
                    }
                    Err(error) => problems.push(source.problem(*opened, format!("the example is no tool: {error}"))),
                }
                block = None;
            } else {
                json.push_str(line);
                json.push('\n');
            }
            continue;
        }
        if let Some(info) = line.strip_prefix("```json") {
            if !matches!(part, Part::Found | Part::Clean) {
                problems.push(source.problem(start, "examples stand under `## Found` or `## Clean`"));
            }
            let info = info.trim();
            let category = (!info.is_empty()).then(|| info.parse::<Category>());
            if let Some(Err(error)) = &category {
                problems.push(source.problem(start, error.to_string()));
            }
            block = Some((start, category.and_then(Result::ok), String::new()));
        } else if let Some(title) = line.strip_prefix("# ") {
            prose.title = title.trim().to_owned();
            part = Part::Why;
        } else if line == "## Found" {
            part = Part::Found;
        } else if line == "## Clean" {
            part = Part::Clean;
        } else if part == Part::Why {
            prose.why.push_str(line);
            prose.why.push('\n');
        } else if !line.is_empty() {
            problems.push(source.problem(start, "text outside of the parts of a rule file"));
        }
    }
    if let Some((opened, ..)) = block {
        problems.push(source.problem(opened, "the example does not end"));
    }
    prose.why = prose.why.trim().to_owned();
    let missing = [
        (prose.title.is_empty(), "a heading `# …`"),
        (prose.why.is_empty(), "a paragraph that says why"),
        (prose.found.is_empty(), "an example under `## Found`"),
        (prose.clean.is_empty(), "an example under `## Clean`"),
    ];
    for (_, what) in missing.iter().filter(|(is_missing, _)| *is_missing) {
        problems.push(source.problem(from, format!("the rule lacks {what}")));
    }
    prose
}
