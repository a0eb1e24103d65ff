//! Tools made from other tools: renamed, described anew, their arguments renamed, hidden or described.

use std::rc::Rc;

use riskdex_model::Tool;
use serde_json::{Map, Value as Json};

use super::Python;
use super::schema::json_of;
use super::tool::{self, Registration};
use crate::fold::{Args, Interp, Made, Unknown, Value};

/// The tool that `Tool.from_tool(base, name=…, transform_args={…})` makes.
pub(super) fn build(
    python: &Python,
    interp: &mut Interp,
    registration: &Registration<'_>,
    made: &Rc<Made>,
) -> Result<Option<Tool>, Rc<Unknown>> {
    let Some(base) = made.args.get(0, "tool") else {
        return Err(interp.why(registration.subject, registration.place));
    };
    let inner = Registration { subject: base, options: &Args::default(), ..*registration };
    let Some(mut changed) = tool::build(python, interp, &inner)? else { return Ok(None) };
    if let Some(name) = made.args.get(1, "name").filter(|name| !matches!(name, Value::Null)) {
        changed.name = tool::text(interp, name, registration.place)?;
    }
    for (keyword, part) in [("title", &mut changed.title), ("description", &mut changed.description)] {
        if let Some(given) = made.args.named(keyword).filter(|given| !matches!(given, Value::Null)) {
            *part = Some(tool::text(interp, given, registration.place)?);
        }
    }
    if let (Some(Value::Dict(changes)), Json::Object(schema)) =
        (made.args.named("transform_args"), &mut changed.input_schema)
    {
        for (name, change) in changes.snapshot() {
            if let (Some(name), Value::Made(change)) = (name.as_str(), change) {
                change_argument(schema, name, &change.args);
            }
        }
    }
    Ok(Some(changed))
}

fn change_argument(schema: &mut Map<String, Json>, name: &str, change: &Args) {
    let Some(Json::Object(properties)) = schema.get_mut("properties") else { return };
    let mut renamed = Map::new();
    let is_hidden = matches!(change.named("hide"), Some(Value::Bool(true)));
    let new_name = change.named("name").and_then(Value::as_str).unwrap_or(name);
    for (key, mut property) in std::mem::take(properties) {
        if key != name {
            renamed.insert(key, property);
            continue;
        }
        if is_hidden {
            continue;
        }
        if let Json::Object(property) = &mut property {
            for keyword in ["description", "default"] {
                property.extend(change.named(keyword).and_then(json_of).map(|json| (keyword.to_owned(), json)));
            }
        }
        renamed.insert(new_name.to_owned(), property);
    }
    *properties = renamed;
    let mut required: Vec<Json> = schema.get("required").and_then(Json::as_array).cloned().unwrap_or_default();
    let is_required = required.iter().any(|known| known == name);
    required.retain(|known| known != name);
    let asked = matches!(change.named("required"), Some(Value::Bool(true)));
    if !is_hidden && (asked || (is_required && change.named("default").is_none())) {
        required.push(new_name.into());
    }
    match required.is_empty() {
        true => schema.remove("required"),
        false => schema.insert("required".to_owned(), required.into()),
    };
}
