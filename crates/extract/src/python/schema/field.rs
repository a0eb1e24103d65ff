//! One parameter or model field: its type, default, and what `Field(…)` says.

use serde_json::{Map, Value as Json, json};

use super::super::recipes::last;
use super::super::text::title;
use super::json_of;
use super::types::Schemas;
use crate::fold::{Interp, Made, Place, Value};

/// A property of a schema.
pub(in crate::python) struct Property {
    pub(super) name: String,
    pub(super) schema: Json,
    pub(super) is_required: bool,
}

impl Schemas {
    /// The property that a parameter or field becomes.
    pub(super) fn field(
        &mut self,
        interp: &mut Interp,
        annotation: Option<&Value>,
        default: Option<&Value>,
        name: &str,
    ) -> Property {
        let mut schema = match annotation {
            Some(annotation) => self.of(interp, annotation),
            None => Map::new(),
        };
        let mut property_name = name.to_owned();
        let mut default = default.cloned();
        let mut notes: Vec<Value> = Vec::new();
        if let Some(annotation) = annotation {
            gather_notes(annotation, &mut notes, 0);
        }
        if let Some(declared @ Value::Made(made)) = &default
            && is_field(made)
        {
            let declared = declared.clone();
            default = field_default(made);
            notes.push(declared);
        }
        for note in &notes {
            let Value::Made(made) = note else { continue };
            if default.is_none() {
                default = field_default(made);
            }
            if let Some(alias) =
                ["alias", "validation_alias"].iter().find_map(|k| made.args.named(k)?.as_str().map(str::to_owned))
            {
                property_name = alias;
            }
        }
        let is_required = default.is_none();
        if self.has_titles && !schema.contains_key("$ref") {
            schema.entry("title").or_insert_with(|| json!(title(&name.replace('_', " "))));
        }
        // A value made for every call anew is no default that a reader is shown.
        if let Some(default) = default.as_ref().and_then(json_of) {
            schema.insert("default".into(), default);
        }
        for note in notes {
            self.apply(interp, &mut schema, &note);
        }
        Property { name: property_name, schema: Json::Object(schema), is_required }
    }

    /// Adds what a `Field(…)`, or another note of `Annotated`, says.
    pub(super) fn apply(&mut self, interp: &mut Interp, schema: &mut Map<String, Json>, note: &Value) {
        let place = Place { file: "".into(), line: 0 };
        match note {
            Value::Made(made) if is_field(made) => {
                for (keyword, value) in &made.args.named {
                    let Some(key) = constraint(keyword, schema) else {
                        if &**keyword == "json_schema_extra"
                            && let Some(Json::Object(extra)) = json_of(value)
                        {
                            schema.extend(extra);
                        }
                        continue;
                    };
                    match json_of(value) {
                        Some(Json::Null) => {}
                        Some(json) => constrain(schema, key, json),
                        None => {
                            let why = interp.why(value, &place);
                            let reason = format!("a parameter's {key} depends on {}", why.reason);
                            interp.gap(riskdex_model::GapKind::Incomplete, reason, &made.place.clone());
                        }
                    }
                }
            }
            // `annotated_types.Ge(1)`, `MinLen(1)`, `Doc("…")`
            Value::Made(made) => {
                let (name, value) = (made.callee.path().map(last), made.args.positional.first().and_then(json_of));
                let key = match name {
                    Some("Ge") => "minimum",
                    Some("Gt") => "exclusiveMinimum",
                    Some("Le") => "maximum",
                    Some("Lt") => "exclusiveMaximum",
                    Some("MinLen") => "minLength",
                    Some("MaxLen") => "maxLength",
                    Some("Doc") => "description",
                    _ => return,
                };
                if let Some(value) = value {
                    constrain(schema, key, value);
                }
            }
            // fastmcp takes a plain string for the description.
            Value::Str(text) if !self.has_titles => {
                schema.entry("description").or_insert_with(|| json!(&**text));
            }
            _ => {}
        }
    }
}

/// Puts a constraint where its type is: into the alternative that has one, as pydantic does.
fn constrain(schema: &mut Map<String, Json>, key: &str, value: Json) {
    let is_text = matches!(key, "description" | "title" | "examples" | "deprecated");
    if !is_text
        && let Some(Json::Array(options)) = schema.get_mut("anyOf")
        && let Some(Json::Object(first)) = options.first_mut()
    {
        first.insert(key.to_owned(), value);
        return;
    }
    schema.insert(key.to_owned(), value);
}

fn constraint(keyword: &str, schema: &Map<String, Json>) -> Option<&'static str> {
    let kind = schema.get("type").and_then(Json::as_str).or_else(|| schema.get("anyOf")?.get(0)?.get("type")?.as_str());
    let is_array = kind == Some("array");
    Some(match keyword {
        "description" => "description",
        "title" => "title",
        "examples" => "examples",
        "deprecated" => "deprecated",
        "ge" => "minimum",
        "gt" => "exclusiveMinimum",
        "le" => "maximum",
        "lt" => "exclusiveMaximum",
        "multiple_of" => "multipleOf",
        "pattern" | "regex" => "pattern",
        "min_length" if is_array => "minItems",
        "max_length" if is_array => "maxItems",
        "min_length" => "minLength",
        "max_length" => "maxLength",
        "min_items" => "minItems",
        "max_items" => "maxItems",
        _ => return None,
    })
}

fn is_field(made: &Made) -> bool {
    matches!(made.callee.path().map(last), Some("Field" | "field" | "Query" | "Body" | "Form"))
}

/// The default that a `Field(…)` states.
fn field_default(made: &Made) -> Option<Value> {
    if !is_field(made) {
        return None;
    }
    if made.args.named("default_factory").or_else(|| made.args.named("factory")).is_some() {
        return Some(Value::Made(std::rc::Rc::new(Made {
            callee: Value::external("a default made for every call"),
            args: Default::default(),
            attrs: Default::default(),
            place: made.place.clone(),
        })));
    }
    let default = made.args.get(0, "default")?;
    (default.path() != Some("builtins.Ellipsis") && default.path().map(last) != Some("PydanticUndefined"))
        .then(|| default.clone())
}

/// The notes in `Annotated[…]`, also inside `Optional[…]`.
fn gather_notes(annotation: &Value, notes: &mut Vec<Value>, depth: usize) {
    if let Value::Generic(generic) = annotation
        && depth < 8
        && generic.origin.path().map(last) == Some("Annotated")
        && let Some((inner, own)) = generic.args.split_first()
    {
        gather_notes(inner, notes, depth + 1);
        notes.extend(own.iter().cloned());
    }
}
