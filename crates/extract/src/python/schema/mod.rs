//! JSON Schema of arguments, as pydantic makes it from signatures and models.

mod field;
mod result;
mod types;

use std::collections::BTreeMap;
use std::rc::Rc;

use serde_json::{Map, Value as Json, json};

use super::dialect::new_dict;
use super::objects;
use super::recipes::last;
use super::tool::Subject;
use super::{Python, signature};
use crate::fold::{Args, Interp, ListKind, Place, Value};

pub(super) use result::of_result;
pub(super) use types::{Schemas, forward, is_record, is_record_mark};

/// How deep a value may be nested to become JSON.
const DEPTH: usize = 40;

/// The input schema of a function's parameters under a server of that class; `notes` describe parameters that do not describe themselves.
pub(super) fn of_signature(
    python: &Python,
    interp: &mut Interp,
    subject: &Subject,
    class: &str,
    left_out: &[String],
    notes: &BTreeMap<String, String>,
) -> Json {
    let has_titles = class.starts_with("mcp.");
    let mut schemas = Schemas::new(has_titles);
    let mut properties = Map::new();
    let mut required = Vec::new();
    for param in signature::parameters(interp, subject) {
        let is_out = !param.is_single || left_out.iter().any(|out| **out == *param.name);
        if is_out || is_injected(python, interp, param.annotation.as_ref(), param.default.as_ref()) {
            continue;
        }
        let mut field = schemas.field(interp, param.annotation.as_ref(), param.default.as_ref(), &param.name);
        if let (Json::Object(schema), Some(note)) = (&mut field.schema, notes.get(&*param.name)) {
            schema.entry("description").or_insert_with(|| json!(note));
        }
        if field.is_required {
            required.push(Json::from(field.name.as_str()));
        }
        properties.insert(field.name, field.schema);
    }
    let mut schema = Map::new();
    let defs = schemas.take_definitions();
    if !defs.is_empty() {
        schema.insert("$defs".into(), Json::Object(defs));
    }
    schema.insert("properties".into(), Json::Object(properties));
    if !required.is_empty() {
        schema.insert("required".into(), Json::Array(required));
    }
    if has_titles {
        let closure = &subject.closure;
        let place = Place { file: closure.scope.file.clone(), line: closure.code.line };
        let name = interp.get(&subject.named, "__name__", &place);
        schema.insert("title".into(), json!(format!("{}Arguments", name.as_str().unwrap_or_default())));
    }
    schema.insert("type".into(), json!("object"));
    Json::Object(schema)
}

/// Whether the SDK itself fills in the parameter.
fn is_injected(python: &Python, interp: &Interp, annotation: Option<&Value>, default: Option<&Value>) -> bool {
    let by_default = match default {
        Some(Value::Made(made)) => made.callee.path().is_some_and(|path| python.recipes.is_injected_default(path)),
        _ => false,
    };
    by_default || annotation.is_some_and(|annotation| is_injected_type(python, interp, annotation, 0))
}

fn is_injected_type(python: &Python, interp: &Interp, annotation: &Value, depth: usize) -> bool {
    match annotation {
        Value::External(path) => python.recipes.is_injected_type(path),
        Value::Generic(generic) if depth < 8 => {
            let origin = generic.origin.path().map(last);
            is_injected_type(python, interp, &generic.origin, depth + 1)
                || (matches!(origin, Some("Optional" | "Union" | "Annotated"))
                    && generic.args.iter().any(|arg| match arg {
                        Value::Made(made) => made.callee.path().is_some_and(|p| python.recipes.is_injected_default(p)),
                        arg => is_injected_type(python, interp, arg, depth + 1),
                    }))
        }
        Value::Class(class) => objects::descends(interp, class, |path| python.recipes.is_injected_type(path)),
        Value::OneOf(values) if depth < 8 => values.iter().any(|v| is_injected_type(python, interp, v, depth + 1)),
        _ => false,
    }
}

/// The attribute of a model that an SDK made which holds its schema; no program can name it.
const SCHEMA: &str = "its schema";

/// The model that an SDK makes of a registered function's parameters.
pub(super) fn model(interp: &mut Interp, schema: &Json, place: &Place) -> Value {
    let model = interp.made(&Value::external("pydantic.BaseModel"), &Args::default(), place);
    interp.set(&model, SCHEMA, value_of(schema));
    model
}

/// Methods that give a schema: of models, and of adapters around types.
pub(super) fn call_method(
    interp: &mut Interp,
    receiver: &Value,
    name: &str,
    args: &Args,
    place: &Place,
) -> Option<Value> {
    match (receiver, name) {
        (Value::Class(_), "model_json_schema" | "schema" | "__pydantic_json_schema__") => {
            Some(value_of(&Schemas::new(true).whole(interp, receiver)))
        }
        (Value::Made(made), "model_json_schema" | "schema")
            if made.callee.path().is_some_and(|path| last(path) == "create_model") =>
        {
            Some(value_of(&Schemas::new(true).whole(interp, receiver)))
        }
        (Value::Made(made), "model_json_schema" | "schema") if made.attrs.contains(SCHEMA) => made.attrs.get(SCHEMA),
        (Value::Made(made), "json_schema") if made.callee.path().is_some_and(|path| last(path) == "TypeAdapter") => {
            let inner = made.args.positional.first().filter(|inner| !inner.is_function())?.clone();
            Some(value_of(&Schemas::new(true).whole(interp, &inner)))
        }
        (Value::Class(class), "model_validate" | "parse_obj" | "model_construct") => {
            let named = match args.positional.first() {
                Some(Value::Dict(dict)) => {
                    dict.snapshot().into_iter().filter_map(|(k, v)| Some((Rc::from(k.as_str()?), v))).collect()
                }
                _ => args.named.clone(),
            };
            let args = Args { named, ..Args::default() };
            Some(interp.call(&Value::Class(class.clone()), &args, place))
        }
        _ => None,
    }
}

/// The value as JSON, when it is wholly known.
pub(super) fn json_of(value: &Value) -> Option<Json> {
    json_within(value, 0)
}

fn json_within(value: &Value, depth: usize) -> Option<Json> {
    if depth > DEPTH {
        return None;
    }
    Some(match value {
        Value::Null => Json::Null,
        Value::Bool(b) => json!(b),
        Value::Int(n) => json!(n),
        Value::Float(n) => serde_json::Number::from_f64(*n).map(Json::Number)?,
        Value::Str(text) => json!(&**text),
        Value::List(list) => {
            if list.open.borrow().is_some() {
                return None;
            }
            let items = list.snapshot();
            let usual = items.iter().filter(|item| !matches!(item, Value::Gated(_)));
            Json::Array(usual.map(|item| json_within(item, depth + 1)).collect::<Option<_>>()?)
        }
        Value::Dict(dict) => {
            if dict.open.borrow().is_some() {
                return None;
            }
            let mut map = Map::new();
            // What is there under a condition only is not there usually.
            for (key, value) in dict.snapshot().into_iter().filter(|(_, value)| !matches!(value, Value::Gated(_))) {
                let key = match objects::plain(&key).unwrap_or(key) {
                    Value::Str(key) => key.to_string(),
                    Value::Int(n) => n.to_string(),
                    _ => return None,
                };
                map.insert(key, json_within(&value, depth + 1)?);
            }
            Json::Object(map)
        }
        Value::Instance(instance) => match instance.attrs.get("_value_") {
            Some(value) => json_within(&value, depth + 1)?,
            None => return None,
        },
        Value::Unknown(unknown) => json_within(unknown.default.as_ref()?, depth + 1)?,
        Value::OneOf(values) => json_within(values.first()?, depth + 1)?,
        Value::Gated(gated) => json_within(&gated.1, depth + 1)?,
        _ => return None,
    })
}

/// JSON as a value.
pub(super) fn value_of(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(b) => Value::Bool(*b),
        Json::Number(n) => n.as_i64().map_or_else(|| Value::Float(n.as_f64().unwrap_or_default()), Value::Int),
        Json::String(text) => Value::str(text),
        Json::Array(items) => Value::list(ListKind::List, items.iter().map(value_of).collect()),
        Json::Object(map) => {
            let dict = new_dict();
            for (key, value) in map {
                dict.set(Value::str(key), value_of(value));
            }
            Value::Dict(dict)
        }
    }
}

/// JSON as Python's `json.dumps` writes it.
pub(super) fn python_json(json: &Json) -> String {
    match json {
        Json::Array(items) => format!("[{}]", items.iter().map(python_json).collect::<Vec<_>>().join(", ")),
        Json::Object(map) => {
            let pairs: Vec<String> = map.iter().map(|(k, v)| format!("{}: {}", json!(k), python_json(v))).collect();
            format!("{{{}}}", pairs.join(", "))
        }
        other => other.to_string(),
    }
}

/// `inspect.cleandoc`: the common indent of all lines but the first is taken away, and empty lines around.
pub(super) fn clean(text: &str) -> String {
    let expanded = text.replace('\t', "        ");
    let mut lines = expanded.lines();
    let first = lines.next().unwrap_or_default().trim_start();
    let rest: Vec<&str> = lines.collect();
    let indent = margin(&rest);
    let mut cleaned = vec![first.to_owned()];
    cleaned.extend(rest.iter().map(|line| line.chars().skip(indent).collect::<String>()));
    while cleaned.last().is_some_and(|line| line.trim().is_empty()) {
        cleaned.pop();
    }
    let start = cleaned.iter().position(|line| !line.is_empty()).unwrap_or(0);
    cleaned.drain(..start);
    cleaned.join("\n")
}

/// `textwrap.dedent`.
pub(super) fn dedent(text: &str) -> String {
    let lines: Vec<&str> = text.split('\n').collect();
    let indent = margin(&lines);
    let cut = |line: &&str| if line.trim().is_empty() { String::new() } else { line.chars().skip(indent).collect() };
    lines.iter().map(cut).collect::<Vec<String>>().join("\n")
}

fn margin(lines: &[&str]) -> usize {
    let indents = lines.iter().filter(|line| !line.trim().is_empty());
    indents.map(|line| line.chars().take_while(|c| c.is_whitespace()).count()).min().unwrap_or(0)
}
