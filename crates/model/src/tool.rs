use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use crate::Fingerprint;

/// What a package's author wrote about one tool: the MCP tool object, and where it was read.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Tool {
    /// The name a client calls, as written.
    pub name: String,
    /// A name for people, when it was given.
    #[serde(default)]
    pub title: Option<String>,
    /// The whole description, as the server states it.
    #[serde(default)]
    pub description: Option<String>,
    /// JSON Schema of the arguments; `null` where it could not be read.
    #[serde(default)]
    pub input_schema: Value,
    /// JSON Schema of the result, when it was given.
    #[serde(default)]
    pub output_schema: Option<Value>,
    /// What the author claims about the tool's effects, when anything was claimed.
    #[serde(default)]
    pub annotations: Option<Annotations>,
    /// Where the definition was read.
    #[serde(default)]
    pub origin: Option<Origin>,
    /// The condition under which the server offers the tool, when it is not always offered.
    #[serde(default)]
    pub gated: Option<String>,
}

impl Tool {
    /// The parameters that the input schema lists, in the author's order.
    pub fn parameters(&self) -> Vec<Parameter<'_>> {
        let Some(properties) = self.input_schema.get("properties").and_then(Value::as_object) else {
            return Vec::new();
        };
        let required = self.input_schema.get("required").and_then(Value::as_array);
        let is_required = |name: &str| required.is_some_and(|r| r.iter().any(|v| v == name));
        properties.iter().map(|(name, schema)| Parameter { name, required: is_required(name), schema }).collect()
    }

    /// Identifies the definition: equal for equal name, texts, schemas and annotations, wherever read.
    pub fn fingerprint(&self) -> Fingerprint {
        Fingerprint::of(&serde_json::json!({
            "name": self.name,
            "title": self.title,
            "description": self.description,
            "inputSchema": self.input_schema,
            "outputSchema": self.output_schema,
            "annotations": self.annotations,
        }))
    }
}

/// The schema that Docker's short form stands for, a list of `{name, type, desc, optional, items}`, and how many of its
/// arguments have no name and are left out.
pub fn schema_of_arguments(arguments: &[Value]) -> (Value, usize) {
    let mut properties = Map::new();
    let mut required = Vec::new();
    let mut nameless = 0;
    for argument in arguments {
        let Some(name) = argument["name"].as_str() else {
            nameless += 1;
            continue;
        };
        let mut schema = Map::new();
        for (from, to) in
            [("type", "type"), ("desc", "description"), ("description", "description"), ("items", "items")]
        {
            match argument.get(from) {
                None | Some(Value::Null) => {}
                Some(Value::String(text)) if text.is_empty() => {}
                Some(value) => drop(schema.insert(to.to_owned(), value.clone())),
            }
        }
        if argument["optional"] != true {
            required.push(json!(name));
        }
        properties.insert(name.to_owned(), Value::Object(schema));
    }
    (json!({"type": "object", "properties": properties, "required": required}), nameless)
}

/// One argument of a tool, as its schema has it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Parameter<'a> {
    /// The argument's name.
    pub name: &'a str,
    /// Whether a call must give it.
    pub required: bool,
    /// The argument's own schema.
    pub schema: &'a Value,
}

impl<'a> Parameter<'a> {
    /// The description in the schema, if any.
    pub fn description(&self) -> Option<&'a str> {
        self.schema.get("description").and_then(Value::as_str)
    }

    /// The type for a reader: `string`, `integer[]`, `string | null`, or `any` when none is stated.
    pub fn type_name(&self) -> String {
        type_name(self.schema, 0)
    }

    /// The values the argument may have, when the schema lists them (also inside `anyOf` and `items`).
    pub fn choices(&self) -> Vec<&'a Value> {
        choices(self.schema, 0)
    }
}

/// How deep [`Parameter::type_name`] and [`Parameter::choices`] look into a schema.
const SCHEMA_DEPTH: usize = 6;

fn alternatives(schema: &Value) -> Option<&Vec<Value>> {
    ["anyOf", "oneOf"].iter().find_map(|key| schema.get(*key).and_then(Value::as_array))
}

fn type_name(schema: &Value, depth: usize) -> String {
    if depth > SCHEMA_DEPTH {
        return "any".to_owned();
    }
    let join = |mut names: Vec<String>| {
        names.dedup();
        names.join(" | ")
    };
    match schema.get("type") {
        Some(Value::String(name)) if name == "array" => match schema.get("items") {
            Some(items) => format!("{}[]", type_name(items, depth + 1)),
            None => "any[]".to_owned(),
        },
        Some(Value::String(name)) => name.clone(),
        Some(Value::Array(names)) => join(names.iter().filter_map(Value::as_str).map(str::to_owned).collect()),
        _ => match alternatives(schema) {
            Some(list) => join(list.iter().map(|s| type_name(s, depth + 1)).collect()),
            None if schema.get("enum").is_some() => "enum".to_owned(),
            None if schema.get("const").is_some() => "const".to_owned(),
            None => "any".to_owned(),
        },
    }
}

fn choices(schema: &Value, depth: usize) -> Vec<&Value> {
    if depth > SCHEMA_DEPTH {
        return Vec::new();
    }
    if let Some(values) = schema.get("enum").and_then(Value::as_array) {
        return values.iter().collect();
    }
    if let Some(value) = schema.get("const") {
        return vec![value];
    }
    let inner = alternatives(schema).into_iter().flatten().chain(schema.get("items"));
    inner.flat_map(|s| choices(s, depth + 1)).collect()
}

/// The author's claims. Absent and explicitly `false` are different things and stay apart.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Annotations {
    /// A name for people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Claims that nothing changes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub read_only_hint: Option<bool>,
    /// Claims that data may be destroyed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub destructive_hint: Option<bool>,
    /// Claims that a repeated call changes nothing more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub idempotent_hint: Option<bool>,
    /// Claims that the tool reaches beyond its own system.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub open_world_hint: Option<bool>,
}

impl Annotations {
    /// Whether nothing at all is claimed.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}

/// Where a tool's definition was read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// How: `live`, `card`, `manifest`, or the kind of registration that was recognised (`python:decorator`, ...).
    pub method: String,
    /// Path inside the artifact, with `/` between parts.
    pub file: String,
    /// Line, from 1.
    pub line: u32,
    /// The package it was read from, when that is not the server's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub package: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tool(schema: Value) -> Tool {
        Tool { name: "t".into(), input_schema: schema, ..Tool::default() }
    }

    #[test]
    fn parameters_keep_order_and_name_their_types() {
        let tool = tool(json!({"type": "object", "required": ["b"], "properties": {
            "b": {"type": "array", "items": {"type": "string"}},
            "a": {"anyOf": [{"enum": ["x", "y"], "type": "string"}, {"type": "null"}]},
        }}));
        let parameters = tool.parameters();
        let seen: Vec<_> = parameters.iter().map(|p| (p.name, p.required, p.type_name())).collect();
        assert_eq!(seen, [("b", true, "string[]".to_owned()), ("a", false, "string | null".to_owned())]);
        assert_eq!(parameters[1].choices(), [&json!("x"), &json!("y")]);
    }

    #[test]
    fn short_arguments_become_a_schema() {
        let short = [
            json!({"name": "id", "type": "string", "desc": "the id"}),
            json!({"name": "n", "optional": true}),
            json!(1),
        ];
        let schema = json!({"type": "object", "required": ["id"],
            "properties": {"id": {"type": "string", "description": "the id"}, "n": {}}});
        assert_eq!(schema_of_arguments(&short), (schema, 1));
    }

    #[test]
    fn absent_and_false_annotations_differ() {
        let absent: Annotations = serde_json::from_str("{}").unwrap();
        let stated: Annotations = serde_json::from_str(r#"{"readOnlyHint":false}"#).unwrap();
        assert!(absent.is_empty() && !stated.is_empty());
    }

    #[test]
    fn fingerprint_is_of_the_definition_not_of_the_place() {
        let mut one = tool(json!({"a": 1, "b": 2}));
        let mut two = tool(json!({"b": 2, "a": 1}));
        two.origin = Some(Origin { file: "x.py".into(), ..Origin::default() });
        assert_eq!(one.fingerprint(), two.fingerprint());
        one.description = Some("changed".into());
        assert_ne!(one.fingerprint(), two.fingerprint());
    }
}
