//! Puts what the readers found together: bounded, without doubles, with one word on where sources differ.

use std::collections::BTreeMap;

use riskdex_model::{Annotations, Extraction, Gap, GapKind, ListSource, SourceList, Tool, capped};
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
/// Most names in each list of a [`SourceList`].
const LISTED_NAMES: usize = 50;
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
    let mut lists: BTreeMap<ListSource, Vec<Tool>> = BTreeMap::new();
    if !found.tools.is_empty() {
        lists.insert(ListSource::Static, found.tools);
    }
    for tool in stated.tools {
        lists.entry(source_of(&tool)).or_default().push(tool);
    }
    for tools in lists.values_mut() {
        *tools = distinct(std::mem::take(tools), &mut extraction.notes);
    }
    if let Some((source, tools)) = lists.first_key_value() {
        extraction.tools.clone_from(tools);
        for (other, listed) in lists.iter().skip(1) {
            compare(&mut extraction, *source, *other, listed);
            if *source == ListSource::Card {
                complete(&mut extraction, *other, listed);
            }
        }
    }
    if !lists.contains_key(&ListSource::Static) {
        extraction.dynamic = extraction.dynamic.or(stated.dynamic);
    }
    extraction.lists = lists.iter().map(|(source, tools)| beside(*source, tools, &extraction.tools)).collect();
    if extraction.tools.is_empty() {
        note_compiled(tree, &mut extraction.gaps);
    }
    bound(&mut extraction, tree);
    extraction
}

/// The first definition of each name, under what all of them depend on; says which names came again.
fn distinct(tools: Vec<Tool>, notes: &mut Vec<String>) -> Vec<Tool> {
    let mut seen = BTreeMap::new();
    let mut again = Vec::new();
    let mut kept: Vec<Tool> = Vec::with_capacity(tools.len());
    for tool in tools {
        match seen.get(&tool.name) {
            Some(&at) => {
                let first: &mut Tool = &mut kept[at];
                first.gated = first.gated.take().zip(tool.gated.as_deref()).and_then(|(a, b)| fold::common(&a, b));
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

/// Where a definition that was not read from code comes from, by what its origin says.
fn source_of(stated: &Tool) -> ListSource {
    match stated.origin.as_ref().map(|origin| origin.method.as_str()) {
        Some("live") => ListSource::Live,
        Some("card") => ListSource::Card,
        _ => ListSource::Manifest,
    }
}

/// Says where a list differs from the one that counts. A tool that only another list has is added where the code
/// counts and could not be read whole, and mentioned elsewhere.
fn compare(extraction: &mut Extraction, counts: ListSource, other: ListSource, listed: &[Tool]) {
    let (counting, named) = (counts.label(), other.label());
    let SourceList { adds, differs, .. } = beside(other, listed, &extraction.tools);
    if !differs.is_empty() {
        let names = list(&differs);
        extraction
            .notes
            .push(format!("The {named} describes these tools in other words than the {counting}: {names}."));
    }
    if adds.is_empty() {
        return;
    }
    let names = list(&adds);
    let is_partial = extraction.dynamic.is_some() || extraction.gaps.iter().any(|gap| gap.kind == GapKind::Incomplete);
    if counts != ListSource::Static {
        extraction.notes.push(format!("Listed in the {named}, but not by the {counting}: {names}."));
    } else if is_partial {
        extraction.notes.push(format!("Listed in the {named} and not found in the code: {names}."));
        let unknown = listed.iter().filter(|tool| !extraction.tools.iter().any(|known| known.name == tool.name));
        let unknown: Vec<Tool> = unknown.cloned().collect();
        extraction.tools.extend(unknown);
    } else {
        extraction.notes.push(format!("Listed in the {named}, but nothing in the code registers them: {names}."));
    }
}

/// What a card leaves out of its tools, as catalogs do that state names and descriptions alone, another list knows.
fn complete(extraction: &mut Extraction, other: ListSource, listed: &[Tool]) {
    let mut taken = Vec::new();
    for tool in &mut extraction.tools {
        let Some(other) = listed.iter().find(|other| other.name == tool.name) else { continue };
        if tool.input_schema.is_null() && !other.input_schema.is_null() {
            tool.input_schema.clone_from(&other.input_schema);
            taken.push(tool.name.clone());
        }
        tool.description = tool.description.take().or_else(|| other.description.clone());
        tool.annotations = tool.annotations.take().or_else(|| other.annotations.clone());
        tool.gated = tool.gated.take().or_else(|| other.gated.clone());
    }
    if !taken.is_empty() {
        let (from, names) = (other.label(), list(&taken));
        extraction
            .notes
            .push(format!("The server card states no parameters of these tools; they are from the {from}: {names}."));
    }
}

/// A list beside the tools that count. Texts that a list does not state do not differ.
fn beside(source: ListSource, listed: &[Tool], counting: &[Tool]) -> SourceList {
    let named: BTreeMap<&str, &Tool> = listed.iter().map(|tool| (tool.name.as_str(), tool)).collect();
    let known: BTreeMap<&str, &Tool> = counting.iter().map(|tool| (tool.name.as_str(), tool)).collect();
    let names = |tools: &mut dyn Iterator<Item = &Tool>| {
        let names = tools.take(LISTED_NAMES).map(|tool| capped(&tool.name, limits::NAME_CHARS).into_owned());
        names.collect()
    };
    let differs = |tool: &&Tool| {
        let other = known.get(tool.name.as_str());
        tool.description.is_some() && other.is_some_and(|other| !same_words(&other.description, &tool.description))
    };
    SourceList {
        source,
        tools: listed.len() as u64,
        lacks: names(&mut counting.iter().filter(|tool| !named.contains_key(tool.name.as_str()))),
        adds: names(&mut listed.iter().filter(|tool| !known.contains_key(tool.name.as_str()))),
        differs: names(&mut listed.iter().filter(differs)),
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
