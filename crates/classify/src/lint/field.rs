//! The texts of a definition that a model reads, wherever they stand.

use riskdex_model::Tool;
use serde_json::Value;

/// What a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, serde::Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Kind {
    /// The tool's name.
    Name,
    /// A title or description of the tool.
    Prose,
    /// A title or description of a parameter; what is looked for in prose is looked for here too.
    ParameterProse,
    /// The name of a parameter.
    Parameter,
    /// A default, an example or one of the values that a parameter may have.
    Value,
}

/// One text and its place.
#[derive(Clone, Debug)]
pub(crate) struct Field<'t> {
    /// `name`, `title`, `description`, or the JSON pointer of the parameter.
    pub(crate) place: String,
    pub(crate) kind: Kind,
    pub(crate) text: &'t str,
}

impl Kind {
    /// Whether a clause that looks within `kinds` looks at such a text.
    pub(crate) fn is_among(self, kinds: &[Self]) -> bool {
        kinds.contains(&self) || (self == Self::ParameterProse && kinds.contains(&Self::Prose))
    }
}

impl Field<'_> {
    /// Whether the text is a name rather than prose.
    pub(crate) fn is_identifier(&self) -> bool {
        matches!(self.kind, Kind::Name | Kind::Parameter)
    }
}

/// How deep a schema is followed.
const DEPTH_MAX: usize = 16;
/// Texts of one definition that are read.
const FIELDS_MAX: usize = 2000;
/// Bytes of one text that are read.
const TEXT_MAX: usize = 64 * 1024;
/// Keys whose strings only have a meaning for programs.
const MUTE: &[&str] = &["type", "format", "$ref", "$schema", "$id", "required", "pattern"];

/// Every text of the definition, in the order of the definition.
pub(crate) fn fields(tool: &Tool) -> Vec<Field<'_>> {
    let mut fields = Vec::new();
    let mut add = |place: &str, kind, text| fields.push(Field { place: place.to_owned(), kind, text: cut(text) });
    add("name", Kind::Name, tool.name.as_str());
    let annotated = tool.annotations.as_ref().and_then(|a| a.title.as_deref());
    for title in tool.title.as_deref().into_iter().chain(annotated) {
        add("title", Kind::Prose, title);
    }
    if let Some(description) = &tool.description {
        add("description", Kind::Prose, description);
    }
    let mut walk = Walk { fields, pointer: String::new() };
    walk.schema(&tool.input_schema, Kind::Value, 0);
    walk.pointer = "outputSchema".to_owned();
    if let Some(schema) = &tool.output_schema {
        walk.schema(schema, Kind::Value, 0);
    }
    walk.fields
}

/// Calls `see` with every text, saying of its place only whether it is the tool's own and no parameter's: most
/// definitions need no more.
pub(crate) fn texts<'t>(tool: &'t Tool, see: &mut impl FnMut(bool, Kind, &'t str)) {
    see(true, Kind::Name, cut(&tool.name));
    let annotated = tool.annotations.as_ref().and_then(|a| a.title.as_ref());
    for text in tool.title.iter().chain(annotated).chain(&tool.description) {
        see(true, Kind::Prose, cut(text));
    }
    for schema in std::iter::once(&tool.input_schema).chain(&tool.output_schema) {
        strings(schema, see, 0);
    }
}

fn strings<'t>(value: &'t Value, see: &mut impl FnMut(bool, Kind, &'t str), depth: usize) {
    match value {
        _ if depth > DEPTH_MAX => {}
        Value::String(text) => see(false, Kind::Value, cut(text)),
        Value::Array(values) => values.iter().for_each(|value| strings(value, see, depth + 1)),
        Value::Object(members) => {
            for (key, value) in members.iter().filter(|(key, _)| !MUTE.contains(&key.as_str())) {
                match (key.as_str(), value) {
                    ("properties", Value::Object(properties)) => {
                        for (name, schema) in properties {
                            see(false, Kind::Parameter, cut(name));
                            strings(schema, see, depth + 1);
                        }
                    }
                    ("description" | "title" | "$comment", Value::String(text)) => {
                        see(false, Kind::ParameterProse, cut(text));
                    }
                    _ => strings(value, see, depth + 1),
                }
            }
        }
        _ => {}
    }
}

struct Walk<'t> {
    fields: Vec<Field<'t>>,
    /// Pointer of the innermost parameter.
    pointer: String,
}

impl<'t> Walk<'t> {
    fn add(&mut self, kind: Kind, text: &'t str) {
        if self.fields.len() < FIELDS_MAX {
            let place = if self.pointer.is_empty() { "inputSchema" } else { self.pointer.as_str() };
            self.fields.push(Field { place: place.to_owned(), kind, text: cut(text) });
        }
    }

    fn schema(&mut self, value: &'t Value, kind: Kind, depth: usize) {
        match value {
            _ if depth > DEPTH_MAX => {}
            Value::String(text) => self.add(kind, text),
            Value::Array(values) => values.iter().for_each(|value| self.schema(value, kind, depth + 1)),
            Value::Object(members) => {
                for (key, value) in members.iter().filter(|(key, _)| !MUTE.contains(&key.as_str())) {
                    match (key.as_str(), value) {
                        ("properties", Value::Object(properties)) => self.properties(properties, depth),
                        ("description" | "title" | "$comment", Value::String(text)) => {
                            self.add(Kind::ParameterProse, text);
                        }
                        _ => self.schema(value, Kind::Value, depth + 1),
                    }
                }
            }
            _ => {}
        }
    }

    fn properties(&mut self, properties: &'t serde_json::Map<String, Value>, depth: usize) {
        let length = self.pointer.len();
        for (name, schema) in properties {
            self.pointer.push_str("/properties/");
            self.pointer.push_str(&name.replace('~', "~0").replace('/', "~1"));
            self.add(Kind::Parameter, name);
            self.schema(schema, Kind::Value, depth + 1);
            self.pointer.truncate(length);
        }
    }
}

fn cut(text: &str) -> &str {
    &text[..text.floor_char_boundary(TEXT_MAX)]
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn every_text_is_seen_with_its_place() {
        let tool = Tool {
            name: "t".into(),
            description: Some("does".into()),
            input_schema: json!({"type": "object", "description": "whole", "properties": {
                "a/b": {"type": "string", "description": "one", "default": "two", "enum": ["three"]},
                "list": {"items": {"properties": {"x": {"title": "four", "format": "uri"}}}},
            }}),
            output_schema: Some(json!({"properties": {"r": {"description": "five"}}})),
            ..Tool::default()
        };
        let found: Vec<_> = fields(&tool).into_iter().map(|f| (f.place, f.kind, f.text)).collect();
        let expected = [
            ("name", Kind::Name, "t"),
            ("description", Kind::Prose, "does"),
            ("inputSchema", Kind::ParameterProse, "whole"),
            ("/properties/a~1b", Kind::Parameter, "a/b"),
            ("/properties/a~1b", Kind::ParameterProse, "one"),
            ("/properties/a~1b", Kind::Value, "two"),
            ("/properties/a~1b", Kind::Value, "three"),
            ("/properties/list", Kind::Parameter, "list"),
            ("/properties/list/properties/x", Kind::Parameter, "x"),
            ("/properties/list/properties/x", Kind::ParameterProse, "four"),
            ("outputSchema/properties/r", Kind::Parameter, "r"),
            ("outputSchema/properties/r", Kind::ParameterProse, "five"),
        ];
        assert_eq!(found, expected.map(|(place, kind, text)| (place.to_owned(), kind, text)));
        let mut seen = Vec::new();
        texts(&tool, &mut |_, kind, text| seen.push((kind, text)));
        assert_eq!(seen, found.iter().map(|(_, kind, text)| (*kind, *text)).collect::<Vec<_>>());
    }

    #[test]
    fn deep_schemas_end() {
        let mut schema = json!({"description": "deep"});
        for _ in 0..500 {
            schema = json!({"items": schema});
        }
        let tool = Tool { name: "t".into(), input_schema: schema, ..Tool::default() };
        assert_eq!(fields(&tool).len(), 1);
    }
}
