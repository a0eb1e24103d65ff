//! One tool as manifests write it: the MCP tool object, or Docker's short form with `arguments`.

use riskdex_model::{Annotations, Origin, Tool, schema_of_arguments};
use serde_json::{Map, Value};

use super::kind;

/// The tool, and what of it is not as it should be; an error when it has no name.
pub(super) fn read(item: &Value, file: &str) -> Result<(Tool, Vec<String>), String> {
    let Value::Object(item) = item else {
        return Err(format!("it is {}, not an object", kind(item)));
    };
    let name = match item.get("name") {
        Some(Value::String(name)) if !name.is_empty() => name.clone(),
        Some(other) => return Err(format!("its name is {}", if other == "" { "empty" } else { kind(other) })),
        None => return Err("it has no name".to_owned()),
    };
    let mut wrong = Vec::new();
    let mut text = |object: &Map<String, Value>, key: &str| match object.get(key) {
        Some(Value::String(text)) => Some(text.clone()),
        None | Some(Value::Null) => None,
        Some(other) => {
            wrong.push(format!("{key} is {}, not a string", kind(other)));
            None
        }
    };
    let description = text(item, "description");
    let title = text(item, "title");
    let annotations = match item.get("annotations") {
        Some(Value::Object(claims)) => {
            let title = text(claims, "title");
            Some(annotations(claims, title, &mut wrong))
        }
        None | Some(Value::Null) => None,
        Some(other) => {
            wrong.push(format!("annotations is {}, not an object", kind(other)));
            None
        }
    };
    let mut schema = |keys: &[&str]| {
        let (key, value) = keys.iter().find_map(|key| Some((key, item.get(*key)?)))?;
        if value.is_object() {
            return Some(value.clone());
        }
        if !value.is_null() {
            wrong.push(format!("{key} is {}, not an object", kind(value)));
        }
        None
    };
    let output_schema = schema(&["outputSchema", "output_schema"]);
    let input_schema = match (schema(&["inputSchema", "input_schema"]), item.get("arguments")) {
        (Some(schema), _) => schema,
        (None, Some(Value::Array(arguments))) => {
            let (schema, nameless) = schema_of_arguments(arguments);
            wrong.extend(std::iter::repeat_n("an argument has no name".to_owned(), nameless));
            schema
        }
        (None, _) => Value::Null,
    };
    let origin = Origin { method: "manifest".to_owned(), file: file.to_owned(), line: 1, package: None };
    let tool = Tool {
        name,
        title,
        description,
        input_schema,
        output_schema,
        annotations: annotations.filter(|a| !a.is_empty()),
        origin: Some(origin),
        gated: None,
    };
    Ok((tool, wrong))
}

fn annotations(claims: &Map<String, Value>, title: Option<String>, wrong: &mut Vec<String>) -> Annotations {
    let mut hint = |key: &str| match claims.get(key) {
        Some(Value::Bool(hint)) => Some(*hint),
        None | Some(Value::Null) => None,
        Some(other) => {
            wrong.push(format!("{key} is {}, not true or false", kind(other)));
            None
        }
    };
    Annotations {
        title,
        read_only_hint: hint("readOnlyHint"),
        destructive_hint: hint("destructiveHint"),
        idempotent_hint: hint("idempotentHint"),
        open_world_hint: hint("openWorldHint"),
    }
}
