//! Tool lists that authors write beside their code: MCP bundle manifests, server cards, `tools.json`, and
//! the `server.json` that some packages carry. And what running servers answered.

pub(crate) mod answer;
pub(crate) mod bundle;
mod card;
mod definition;

use riskdex_model::{Gap, GapKind, Tool};
use serde_json::Value;

use crate::tree::Tree;

/// Longest excerpt of a parser's message in a gap, in characters.
const MESSAGE_CHARS: usize = 200;

/// What the manifests of one artifact say.
#[derive(Debug, Default)]
pub(crate) struct Stated {
    /// Tools, those of the more telling manifest first; a name may occur twice.
    pub(crate) tools: Vec<Tool>,
    /// Why the stated list is not whole, if a manifest says so.
    pub(crate) dynamic: Option<String>,
    /// What could not be read.
    pub(crate) gaps: Vec<Gap>,
}

/// Reads every manifest of the tree.
pub(crate) fn read(tree: &Tree) -> Stated {
    let mut stated = Stated::default();
    answer::read(tree, &mut stated);
    card::read(tree, &mut stated);
    bundle::read(tree, &mut stated);
    stated
}

impl Stated {
    fn gap(&mut self, file: &str, reason: impl Into<String>) {
        self.gaps.push(Gap { kind: GapKind::Incomplete, reason: reason.into(), file: file.to_owned(), line: 0 });
    }

    /// The file as JSON; `None`, with a gap, when it is not.
    fn json(&mut self, tree: &Tree, file: &str) -> Option<Value> {
        self.parse(&tree.text(file)?, file)
    }

    fn parse(&mut self, text: &str, file: &str) -> Option<Value> {
        match serde_json::from_str(text) {
            Ok(value) => Some(value),
            Err(error) => {
                let message = error.to_string();
                let reason = format!("not JSON: {}", riskdex_model::capped(&message, MESSAGE_CHARS));
                let line = u32::try_from(error.line()).unwrap_or_default();
                self.gaps.push(Gap { kind: GapKind::Syntax, reason, file: file.to_owned(), line });
                None
            }
        }
    }

    /// Reads a `tools` list, or says what else stands there.
    fn tools(&mut self, list: &Value, file: &str) {
        match list {
            Value::Array(items) => {
                for (at, item) in items.iter().enumerate() {
                    // Server cards may say `"tools": ["dynamic"]`.
                    if item == "dynamic" {
                        self.dynamic = Some(format!("{file} says that the list is made when the server runs"));
                        continue;
                    }
                    match definition::read(item, file) {
                        Ok((tool, wrong)) => {
                            wrong
                                .into_iter()
                                .for_each(|reason| self.gap(file, format!("tool {:?}: {reason}", tool.name)));
                            self.tools.push(tool);
                        }
                        Err(reason) => self.gap(file, format!("tool {}: {reason}", at + 1)),
                    }
                }
            }
            Value::Null => {}
            Value::String(word) if word == "dynamic" => {
                self.dynamic = Some(format!("{file} says that the list is made when the server runs"));
            }
            other => self.gap(file, format!("tools is {}, not a list", kind(other))),
        }
    }
}

/// The kind of a JSON value, for a reader.
fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "true or false",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests;
