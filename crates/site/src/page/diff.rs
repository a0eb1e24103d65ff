//! What changed between two definitions of a tool, as lines for a reader.

use riskdex_model::{Tool, capped};
use serde::Serialize;
use similar::{ChangeTag, TextDiff};

use super::TEXT_MAX;

/// A line of a comparison.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Line {
    kind: &'static str,
    text: String,
}

/// Most lines shown of one comparison.
const LINES: usize = 120;
/// Unchanged lines shown around a change.
const CONTEXT: usize = 1;

/// The lines that differ, with a little of what is around them.
pub(crate) fn lines(before: &Tool, after: &Tool) -> Vec<Line> {
    let found = compare(&readable(before), &readable(after));
    if found.is_empty() { compare(&complete(before), &complete(after)) } else { found }
}

fn compare(before: &str, after: &str) -> Vec<Line> {
    let diff = TextDiff::from_lines(before, after);
    let mut lines = Vec::new();
    for (i, group) in diff.grouped_ops(CONTEXT).iter().enumerate() {
        if i > 0 {
            lines.push(Line { kind: "same", text: "…".to_owned() });
        }
        for change in group.iter().flat_map(|op| diff.iter_changes(op)) {
            let kind = match change.tag() {
                ChangeTag::Equal => "same",
                ChangeTag::Delete => "removed",
                ChangeTag::Insert => "added",
            };
            lines.push(Line { kind, text: change.value().trim_end().to_owned() });
        }
    }
    if lines.len() > LINES {
        lines.truncate(LINES);
        lines.push(Line { kind: "same", text: "… more lines differ".to_owned() });
    }
    lines
}

/// The parts that a reader judges a tool by, one a line.
fn readable(tool: &Tool) -> String {
    let mut text = format!("name: {}\n", capped(&tool.name, TEXT_MAX));
    if let Some(title) = &tool.title {
        text += &format!("title: {}\n", capped(title, TEXT_MAX));
    }
    match &tool.description {
        Some(description) => text += &format!("description:\n{}\n", capped(description, TEXT_MAX)),
        None => text += "no description\n",
    }
    for parameter in tool.parameters() {
        let required = if parameter.required { ", required" } else { "" };
        let about = parameter.description().unwrap_or("no description");
        let about = capped(about, 500).replace('\n', " ");
        text += &format!("parameter {} ({}{required}): {about}\n", parameter.name, parameter.type_name());
    }
    if let Some(claims) = tool.annotations.as_ref().and_then(|claims| serde_json::to_string(claims).ok()) {
        text += &format!("annotations: {claims}\n");
    }
    capped(&text, 2 * TEXT_MAX).into_owned()
}

/// All of a definition, for changes that the readable form does not show.
fn complete(tool: &Tool) -> String {
    let definition = Tool { origin: None, gated: None, ..tool.clone() };
    let text = serde_json::to_string_pretty(&definition).unwrap_or_default();
    capped(&text, 2 * TEXT_MAX).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn shown(before: &Tool, after: &Tool) -> Vec<String> {
        lines(before, after).iter().map(|line| format!("{} {}", line.kind, line.text)).collect()
    }

    #[test]
    fn a_changed_description_is_shown_by_lines() {
        let before = Tool { name: "t".into(), description: Some("Reads.\nSafe.".into()), ..Tool::default() };
        let after = Tool { description: Some("Reads.\nDeletes.".into()), ..before.clone() };
        assert_eq!(shown(&before, &after), ["same Reads.", "removed Safe.", "added Deletes."]);
        assert!(lines(&before, &before).is_empty());
    }

    #[test]
    fn a_change_of_the_schema_alone_is_shown_too() {
        let before = Tool { name: "t".into(), output_schema: Some(json!({"type": "string"})), ..Tool::default() };
        let after = Tool { output_schema: Some(json!({"type": "object"})), ..before.clone() };
        assert!(shown(&before, &after).iter().any(|line| line.starts_with("added") && line.contains("object")));
    }
}
