//! Puts what the readers found together: bounded, without doubles, with one word on where sources differ.

use std::collections::BTreeMap;

use riskdex_model::{Annotations, Extraction, Gap, GapKind, Tool, capped};
use serde_json::Value;

use crate::about::Identity;
use crate::fold;
use crate::found::Found;
use crate::limits;
use crate::manifest::Stated;
use crate::tree::Tree;

/// Most notes on one artifact, and most names quoted in one note.
const NOTES: usize = 50;
const QUOTED_NAMES: usize = 10;
/// Characters of a note, a reason or a condition.
const NOTE_CHARS: usize = 500;

/// The extraction of one artifact. `found` is what its code says, `stated` what its manifests say.
pub(crate) fn assemble(identity: Identity, tree: &Tree, found: Found, stated: Stated, gaps: Vec<Gap>) -> Extraction {
    let mut extraction = Extraction {
        package: identity.name,
        version: identity.version,
        about: identity.about,
        dynamic: found.dynamic,
        notes: found.notes,
        gaps,
        ..Extraction::default()
    };
    extraction.gaps.extend(found.gaps);
    extraction.gaps.extend(stated.gaps);
    extraction.tools = distinct(found.tools, &mut extraction.notes);
    let listed = distinct(stated.tools, &mut extraction.notes);
    if extraction.tools.is_empty() {
        extraction.dynamic = extraction.dynamic.or(stated.dynamic);
        extraction.tools = listed;
    } else {
        compare(&mut extraction, listed);
    }
    if extraction.tools.is_empty() {
        note_compiled(tree, &mut extraction.gaps);
    }
    bound(&mut extraction, tree);
    extraction
}

/// The first definition of each name; says which names came again.
fn distinct(tools: Vec<Tool>, notes: &mut Vec<String>) -> Vec<Tool> {
    let mut seen = BTreeMap::new();
    let mut again = Vec::new();
    let mut kept: Vec<Tool> = Vec::with_capacity(tools.len());
    for tool in tools {
        match seen.get(&tool.name) {
            Some(&at) => {
                let first: &Tool = &kept[at];
                if first.fingerprint() != tool.fingerprint() {
                    again.push(tool.name);
                }
            }
            None => {
                seen.insert(tool.name.clone(), kept.len());
                kept.push(tool);
            }
        }
    }
    if !again.is_empty() {
        notes.push(format!("Defined more than once, differently; the first definition counts: {}.", list(&again)));
    }
    kept
}

/// Code counts before manifests. A tool that only the manifest lists is added where the code could not be
/// read whole, and mentioned where it could.
fn compare(extraction: &mut Extraction, listed: Vec<Tool>) {
    let mut differing = Vec::new();
    let mut unknown = Vec::new();
    for tool in listed {
        match extraction.tools.iter().find(|t| t.name == tool.name) {
            Some(known) if tool.description.is_some() && !same_words(&known.description, &tool.description) => {
                differing.push(tool.name);
            }
            Some(_) => {}
            None => unknown.push(tool),
        }
    }
    if !differing.is_empty() {
        let names = list(&differing);
        extraction.notes.push(format!("The manifest describes these tools in other words than the code: {names}."));
    }
    if unknown.is_empty() {
        return;
    }
    let names = list(&unknown.iter().map(|tool| tool.name.clone()).collect::<Vec<_>>());
    let is_partial = extraction.dynamic.is_some() || extraction.gaps.iter().any(|gap| gap.kind == GapKind::Incomplete);
    if is_partial {
        extraction.notes.push(format!("Listed in the manifest and not found in the code: {names}."));
        extraction.tools.extend(unknown);
    } else {
        extraction.notes.push(format!("Listed in the manifest, but nothing in the code registers them: {names}."));
    }
}

fn same_words(one: &Option<String>, two: &Option<String>) -> bool {
    let words =
        |text: &Option<String>| text.iter().flat_map(|t| t.split_whitespace()).map(str::to_owned).collect::<Vec<_>>();
    words(one) == words(two)
}

/// Says that the program is compiled, when that is why nothing was found.
fn note_compiled(tree: &Tree, gaps: &mut Vec<Gap>) {
    let Some(first) = tree.native().first() else { return };
    if gaps.iter().any(|gap| gap.kind == GapKind::Compiled) {
        return;
    }
    let reason = match tree.native().len() {
        1 => "the program is compiled; its tools cannot be read from code".to_owned(),
        count => format!("the program is compiled ({count} files); its tools cannot be read from code"),
    };
    gaps.push(Gap { kind: GapKind::Compiled, reason, file: first.clone(), line: 0 });
}

/// Keeps every text and list within its bound, and says what was cut.
fn bound(extraction: &mut Extraction, tree: &Tree) {
    let Extraction { tools, gaps, notes, dynamic, .. } = extraction;
    if tools.len() > limits::TOOLS {
        gaps.push(limit_gap(format!("{} tools; the first {} are kept", tools.len(), limits::TOOLS), None));
        tools.truncate(limits::TOOLS);
    }
    for tool in tools.iter_mut() {
        locate(tool, tree);
        bound_tool(tool, gaps);
    }
    tools.retain(|tool| !tool.name.is_empty());
    shorten(dynamic, NOTE_CHARS);
    notes.truncate(NOTES);
    gaps.truncate(limits::GAPS);
    for text in notes.iter_mut().chain(gaps.iter_mut().map(|gap| &mut gap.reason)) {
        *text = capped(text, NOTE_CHARS).into_owned();
    }
}

/// Names the dependency that a definition was read from.
fn locate(tool: &mut Tool, tree: &Tree) {
    let Some(origin) = &mut tool.origin else { return };
    let owner = tree.owner(&origin.file).map(|(package, file)| (package.to_owned(), file.to_owned()));
    if let Some((package, file)) = owner {
        origin.package = Some(package);
        origin.file = file;
    }
}

fn bound_tool(tool: &mut Tool, gaps: &mut Vec<Gap>) {
    let label = format!("tool {:?}", capped(&tool.name, 80));
    let mut cut = Vec::new();
    if tool.name.is_empty() {
        cut.push("a tool with an empty name was left out".to_owned());
    }
    let length = tool.name.chars().count();
    if length > limits::NAME_CHARS {
        cut.push(format!("{label} has a name of {length} characters; cut"));
        tool.name = capped(&tool.name, limits::NAME_CHARS).into_owned();
    }
    if let Some(length) = shorten(&mut tool.description, limits::DESCRIPTION_CHARS) {
        cut.push(format!("{label} has a description of {length} characters; cut"));
    }
    if let Some(length) = shorten(&mut tool.title, limits::LINE_CHARS) {
        cut.push(format!("{label} has a title of {length} characters; cut"));
    }
    if let Some(length) = tool.annotations.as_mut().and_then(|a| shorten(&mut a.title, limits::LINE_CHARS)) {
        cut.push(format!("{label} has a title of {length} characters; cut"));
    }
    tool.gated = tool.gated.take().map(|conditions| fold::shown(&conditions));
    shorten(&mut tool.gated, NOTE_CHARS);
    if !fits(&tool.input_schema) {
        cut.push(format!("{label} has an input schema too large to keep"));
        tool.input_schema = Value::Null;
    }
    if tool.output_schema.as_ref().is_some_and(|schema| !fits(schema)) {
        cut.push(format!("{label} has an output schema too large to keep"));
        tool.output_schema = None;
    }
    tool.annotations = tool.annotations.take().filter(|a: &Annotations| !a.is_empty());
    gaps.extend(cut.into_iter().map(|reason| limit_gap(reason, Some(tool))));
}

fn limit_gap(reason: String, tool: Option<&Tool>) -> Gap {
    let origin = tool.and_then(|tool| tool.origin.as_ref());
    let (file, line) = origin.map(|o| (o.file.clone(), o.line)).unwrap_or_default();
    Gap { kind: GapKind::Limit, reason, file, line }
}

/// Cuts a text after `most` characters; gives its length when it was longer.
fn shorten(text: &mut Option<String>, most: usize) -> Option<usize> {
    let long = text.as_mut().filter(|text| text.len() > most)?;
    let length = long.chars().count();
    if length <= most {
        return None;
    }
    *long = capped(long, most).into_owned();
    Some(length)
}

/// Whether a schema is within the bounds on depth and size.
fn fits(schema: &Value) -> bool {
    fn is_shallow(value: &Value, depth: usize) -> bool {
        depth > 0
            && match value {
                Value::Array(items) => items.iter().all(|item| is_shallow(item, depth - 1)),
                Value::Object(map) => map.values().all(|item| is_shallow(item, depth - 1)),
                _ => true,
            }
    }
    is_shallow(schema, limits::SCHEMA_DEPTH) && schema.to_string().len() <= limits::SCHEMA_BYTES
}

fn list(names: &[String]) -> String {
    let shown: Vec<String> = names.iter().take(QUOTED_NAMES).map(|name| capped(name, 80).into_owned()).collect();
    match names.len().checked_sub(QUOTED_NAMES) {
        None | Some(0) => shown.join(", "),
        Some(more) => format!("{} and {more} more", shown.join(", ")),
    }
}

#[cfg(test)]
mod tests;
