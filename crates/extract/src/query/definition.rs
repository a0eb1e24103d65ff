//! A marked item and the index of its package make a tool.

use riskdex_model::{Annotations, Origin, Tool, capped};
use serde_json::{Map, Value as Json, json};

use super::index::{Index, is_required, split_words};
use super::recipe::Recipe;
use super::scan::Item;

/// The tool that an item declares, and what of it is not known; an error when its name is not.
pub(super) fn tool(recipe: &Recipe, index: &Index<'_>, item: &Item) -> Result<(Tool, Vec<String>), String> {
    let name = match (item.get("name"), item.get("function")) {
        (Some(name), _) => index
            .text(&name.expr)
            .ok_or_else(|| format!("a tool's name could not be resolved: {}", capped(&name.source, 80)))?,
        (None, Some(function)) => default_name(recipe, &function.source),
        (None, None) => return Err("a tool is registered without a name".to_owned()),
    };
    let mut open = Vec::new();
    let description = index.prose(item);
    if let Some(stated) = item.get("description").filter(|_| description.is_none()) {
        open.push(format!("the description of {name:?} could not be resolved: {}", capped(&stated.source, 80)));
    }
    let text = |key: &str| item.get(key).and_then(|value| index.text(&value.expr));
    let hint = |key: &str| item.get(key).and_then(|value| boolean(&value.source));
    let annotations = Annotations {
        title: text("annotation_title"),
        read_only_hint: hint("read_only"),
        destructive_hint: hint("destructive"),
        idempotent_hint: hint("idempotent"),
        open_world_hint: hint("open_world"),
    };
    let input_schema = input(recipe, index, item).unwrap_or_else(|| {
        open.push(format!("the input schema of {name:?} could not be resolved"));
        Json::Null
    });
    let method = item.settings.get("method").cloned().unwrap_or_default();
    let tool = Tool {
        title: text("title"),
        description,
        input_schema,
        annotations: Some(annotations).filter(|annotations| !annotations.is_empty()),
        origin: Some(Origin { method, file: item.file.clone(), line: item.line, package: None }),
        name,
        ..Tool::default()
    };
    Ok((tool, open))
}

/// The schema: stated as JSON, else of the input type, else of the handler's argument, else of the parameters.
fn input(recipe: &Recipe, index: &Index<'_>, item: &Item) -> Option<Json> {
    if let Some(stated) = item.get("schema") {
        return serde_json::from_str(&index.text(&stated.expr)?).ok().filter(Json::is_object);
    }
    if let Some(input) = item.get("input") {
        return index.object(&input.source);
    }
    if let Some(handler) = item.get("handler") {
        return index.object(&index.input_of(&handler.source)?.source);
    }
    // A declaration apart from its handler, in a form that states parameters nowhere else.
    if item.settings.contains_key("schema_elsewhere") && item.parts.is_empty() {
        return None;
    }
    let named: Vec<String> = item.all("required").iter().filter_map(|name| index.text(&name.expr)).collect();
    let mut properties = Map::new();
    let mut required = Vec::new();
    for parameter in &item.parts {
        if parameter.settings.contains_key("marked_only") && !parameter.has("mark") {
            continue;
        }
        let Some(name) = parameter_name(index, parameter) else { continue };
        let is_described = parameter.has("description");
        let stated = parameter.get("json_type").and_then(|json_type| index.text(&json_type.expr));
        let stated = parameter.settings.get("json_type").or(stated.as_ref());
        let (schema, is_optional) = match (stated, parameter.get("type")) {
            (Some(json_type), _) => (Some(json!({"type": json_type})), false),
            (None, Some(type_name)) => index.schema(&type_name.source),
            (None, None) => (None, false),
        };
        if schema.is_none() && recipe.words.inject_unknown && !is_described {
            continue;
        }
        let mut schema = schema.unwrap_or_else(|| json!({}));
        if let Some(description) = index.prose(parameter) {
            schema["description"] = json!(description);
        }
        let choices: Vec<String> = parameter.all("choice").iter().filter_map(|value| index.text(&value.expr)).collect();
        if !choices.is_empty() {
            schema["enum"] = json!(choices);
        }
        if is_required(parameter, is_optional) || named.contains(&name) {
            required.push(json!(name));
        }
        properties.insert(name, schema);
    }
    Some(json!({"type": "object", "properties": properties, "required": required}))
}

/// A parameter's name: a text where the form states one, else the identifier itself.
fn parameter_name(index: &Index<'_>, parameter: &Item) -> Option<String> {
    match parameter.get("label") {
        Some(label) => index.text(&label.expr),
        None => Some(parameter.get("name")?.source.clone()),
    }
}

fn default_name(recipe: &Recipe, function: &str) -> String {
    let rule = &recipe.words.default_name;
    let stem = match function.strip_suffix(rule.strip_suffix.as_str()) {
        Some(stem) if !stem.is_empty() => stem,
        _ => function,
    };
    if rule.snake_case { split_words(stem).join("_") } else { stem.to_owned() }
}

/// A literal truth value, also inside a call that makes a pointer to it (`ToBoolPtr(true)`).
fn boolean(source: &str) -> Option<bool> {
    let inner = source.rsplit_once('(').map_or(source, |(_, inner)| inner.trim_end_matches([')', ' ']));
    inner.trim().parse().ok()
}
