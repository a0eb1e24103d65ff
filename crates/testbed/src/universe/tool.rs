use serde_json::{Map, Value, json};

use super::Dice;
use super::style::Spelling;

/// A tool as its author means it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Tool {
    pub(crate) name: String,
    pub(crate) description: String,
    /// Required ones first.
    pub(crate) parameters: Vec<Parameter>,
}

/// One of its arguments.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Parameter {
    pub(crate) name: &'static str,
    /// The name of its type in JSON Schema.
    pub(crate) kind: &'static str,
    pub(crate) description: &'static str,
    pub(crate) required: bool,
}

const VERBS: &[(&str, &str)] = &[
    ("list", "Lists"),
    ("get", "Returns"),
    ("search", "Searches"),
    ("describe", "Describes"),
    ("create", "Creates"),
    ("update", "Updates"),
    ("rename", "Renames"),
    ("delete", "Permanently deletes"),
    ("revoke", "Revokes"),
    ("send", "Sends"),
    ("run", "Runs"),
    ("deploy", "Deploys"),
    ("refund", "Refunds"),
    ("export", "Exports"),
];

const THINGS: &[&str] = &[
    "account",
    "alert",
    "backup",
    "branch",
    "build",
    "bucket",
    "campaign",
    "cluster",
    "contact",
    "contract",
    "dashboard",
    "dataset",
    "device",
    "document",
    "domain",
    "event",
    "folder",
    "function",
    "invoice",
    "issue",
    "job",
    "key",
    "message",
    "metric",
    "order",
    "payment",
    "pipeline",
    "policy",
    "project",
    "query",
    "queue",
    "record",
    "report",
    "role",
    "rule",
    "schedule",
    "secret",
    "session",
    "snapshot",
    "subscription",
    "table",
    "task",
    "template",
    "ticket",
    "token",
    "user",
    "volume",
    "webhook",
    "workflow",
    "workspace",
];

const DETAILS: &[&str] = &[
    "The result names what was found and when it was last changed.",
    "Use it before any other call on the same resource.",
    "Large results come in pages; pass the cursor of the last one to go on.",
    "It needs the permissions of the account that the server was started with.",
    "Nothing is returned when there is none.",
    "The change takes effect at once and is visible to everybody.",
];

const PARAMETERS: &[Parameter] = &[
    required("id", "string", "Which one."),
    required("name", "string", "Its name."),
    required("body", "string", "What it says."),
    optional("limit", "integer", "How many at most."),
    optional("cursor", "string", "Where to go on."),
    optional("dry_run", "boolean", "Only say what would happen."),
    optional("threshold", "number", "From which value on."),
    optional("labels", "array", "Labels it has to have."),
];

const fn required(name: &'static str, kind: &'static str, description: &'static str) -> Parameter {
    Parameter { name, kind, description, required: true }
}

const fn optional(name: &'static str, kind: &'static str, description: &'static str) -> Parameter {
    Parameter { name, kind, description, required: false }
}

/// The tools that a server has after `revision` changes.
pub(crate) fn of_revision(seed: u64, server: u64, spelling: Spelling, revision: u64) -> Vec<Tool> {
    let mut dice = Dice::new(seed, &[server, u64::MAX]);
    // Most servers have few tools and some have many: 23 on average.
    let most = *dice.pick(&[6, 12, 20, 40, 140]);
    let mut numbers: Vec<(u64, u64)> = (0..=dice.below(most)).map(|number| (number, 0)).collect();
    for revision in 1..=revision {
        let mut dice = Dice::new(seed, &[server, u64::MAX, revision]);
        let at = dice.below(numbers.len() as u64) as usize;
        match dice.below(3) {
            0 => numbers.push((1_000 + revision, 0)),
            1 if numbers.len() > 1 => drop(numbers.remove(at)),
            _ => numbers[at].1 = revision,
        }
    }
    numbers.into_iter().map(|(number, revised)| make(seed, server, spelling, number, revised)).collect()
}

fn make(seed: u64, server: u64, spelling: Spelling, number: u64, revised: u64) -> Tool {
    let mut dice = Dice::new(seed, &[server, u64::MAX - 1, number]);
    let (verb, does) = *dice.pick(VERBS);
    let thing = *dice.pick(THINGS);
    let kind = *dice.pick(THINGS);
    // The number keeps names apart.
    let name = spelled(spelling, &[verb, thing, &number.to_string()]);
    let mut description = format!("{does} the {kind} {thing}s of an account. {}", dice.pick(DETAILS));
    if dice.chance(0.5) {
        description.push_str(&format!(" {}", dice.pick(DETAILS)));
    }
    if revised > 0 {
        description.push_str(&format!(" Revised in 1.{revised}.0."));
    }
    let mut parameters: Vec<_> = PARAMETERS.iter().filter(|_| dice.chance(0.4)).cloned().collect();
    parameters.sort_by_key(|parameter| !parameter.required);
    Tool { name, description, parameters }
}

fn spelled(spelling: Spelling, words: &[&str]) -> String {
    match spelling {
        Spelling::Snake => words.join("_"),
        Spelling::Kebab => words.join("-"),
        Spelling::Camel => {
            let capital = |word: &&str| word[..1].to_uppercase() + &word[1..];
            words[..1].concat() + &words[1..].iter().map(capital).collect::<String>()
        }
    }
}

impl Tool {
    /// The JSON Schema of the arguments.
    pub(crate) fn schema(&self) -> Value {
        let property = |parameter: &Parameter| {
            let mut schema = json!({"type": parameter.kind, "description": parameter.description});
            if parameter.kind == "array" {
                schema["items"] = json!({"type": "string"});
            }
            (parameter.name.to_owned(), schema)
        };
        let required: Vec<_> = self.parameters.iter().filter(|p| p.required).map(|p| p.name).collect();
        let properties: Map<String, Value> = self.parameters.iter().map(property).collect();
        json!({"type": "object", "properties": properties, "required": required})
    }

    /// The tool as a server lists it.
    pub(crate) fn listed(&self) -> Value {
        json!({"name": self.name, "description": self.description, "inputSchema": self.schema()})
    }
}
