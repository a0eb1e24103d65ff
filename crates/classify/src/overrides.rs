//! Verdicts that the user states: `overrides.toml` in a folder of own rules.

use riskdex_model::{Category, Level};
use serde::Deserialize;

use crate::definition::Definition;
use crate::error::Problem;
use crate::source::{Source, inside_toml};

/// A verdict that stands in the place of what the rules say.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Override {
    /// The tool's name, as written.
    tool: String,
    /// The definition's fingerprint, to hold for one definition only.
    definition: Option<String>,
    pub(crate) category: Option<Category>,
    pub(crate) level: Option<Level>,
    pub(crate) reason: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    #[serde(rename = "override")]
    overrides: Vec<Override>,
}

impl Override {
    /// Whether it is meant for a tool.
    pub(crate) fn is_for(&self, definition: &Definition) -> bool {
        let is_meant = |wanted| definition.fingerprint().as_str() == wanted;
        self.tool == definition.name() && self.definition.as_deref().is_none_or(is_meant)
    }
}

/// Reads `overrides.toml`.
pub(crate) fn read(source: &Source, problems: &mut Vec<Problem>) -> Vec<Override> {
    let file: File = match toml::from_str(&source.text) {
        Ok(file) => file,
        Err(error) => {
            problems.push(inside_toml(source, 0, &error));
            return Vec::new();
        }
    };
    for stated in &file.overrides {
        if stated.category.is_none() && stated.level.is_none() {
            problems
                .push(source.problem(0, format!("the override of `{}` states no category and no level", stated.tool)));
        }
        if stated.reason.trim().is_empty() {
            problems.push(source.problem(0, format!("the override of `{}` gives no reason", stated.tool)));
        }
    }
    file.overrides
}
