//! Schema expressions as JSON Schema.
//!
//! Libraries are not run: a schema is the symbolic chain of calls that made it (`z.string().describe("…")`), read by
//! what the names in the chain mean. The same goes for libraries inside a bundle, whose classes are recognised.

mod applied;
mod arktype;
mod classes;
mod defs;
mod generation;
mod typebox;
mod valibot;
mod zod;

use std::rc::Rc;

pub(super) use generation::{allows_zod4, is_zod4};
use indexmap::IndexMap;
use serde_json::{Map, Value as Json, json};

use super::Script;
use super::recipes::last;
use crate::fold::{Args, Cause, Interp, Made, Place, Unknown, Value};

/// How deep schemas may nest: one that contains itself ends here.
const DEPTH: usize = 24;

/// A schema that was read.
#[derive(Clone, Debug, Default)]
struct Read {
    json: Map<String, Json>,
    /// Whether a property of this schema may be left out.
    optional: bool,
}

/// What reading a schema gives; else why it is not known.
type Answer = Result<Read, Rc<Unknown>>;

impl Read {
    fn of(json: Json) -> Self {
        match json {
            Json::Object(json) => Self { json, optional: false },
            _ => Self::default(),
        }
    }

    fn typed(name: &str) -> Self {
        Self::of(json!({ "type": name }))
    }

    fn set(mut self, key: &str, value: impl Into<Json>) -> Self {
        self.json.insert(key.to_owned(), value.into());
        self
    }

    fn optional(mut self) -> Self {
        self.optional = true;
        self
    }

    fn json(self) -> Json {
        Json::Object(self.json)
    }

    /// The same, or `null`.
    fn nullable(self) -> Self {
        let optional = self.optional;
        let description = self.json.get("description").cloned();
        let mut made = match self.json.get("type") {
            Some(Json::String(name)) if !self.json.contains_key("enum") && !self.json.contains_key("const") => {
                let names = json!([name, "null"]);
                self.set("type", names)
            }
            _ => {
                let any = Self::of(json!({ "anyOf": [self.json(), { "type": "null" }] }));
                description.into_iter().fold(any, |any, text| any.set("description", text))
            }
        };
        made.optional = optional;
        made
    }
}

/// The properties of an object schema, as values.
type Shape = IndexMap<Rc<str>, Value>;

impl Script<'_> {
    /// A tool's schema: a raw shape, a schema object of a library, or JSON Schema. `None` when none was given.
    pub(super) fn schema(
        &self,
        interp: &mut Interp,
        value: &Value,
        place: &Place,
    ) -> Result<Option<Json>, Rc<Unknown>> {
        let Some(value) = value.usual() else { return Err(interp.why(value, place)) };
        match &value {
            Value::Undefined | Value::Null => Ok(None),
            Value::Dict(_) | Value::Module(_) | Value::Instance(_) if self.is_shape(interp, &value, place) => {
                let shape = self.properties(interp, &value, place).into_iter().collect();
                let open = match &value {
                    Value::Dict(dict) => dict.open.borrow().clone(),
                    _ => None,
                };
                match open {
                    Some(why) => Err(why),
                    None => Ok(Some(self.object(interp, &shape, place, 0).json())),
                }
            }
            _ => self.json(interp, &value, true, place).map(Some),
        }
    }

    /// Whether an object is a raw shape: its values are schemas, not parts of JSON Schema.
    fn is_shape(&self, interp: &mut Interp, value: &Value, place: &Place) -> bool {
        let properties = self.properties(interp, value, place);
        let words = ["type", "properties", "$schema", "anyOf", "oneOf", "allOf", "$ref"];
        let stated = properties
            .iter()
            .any(|(key, value)| words.contains(&&**key) && !is_symbolic(value) && !matches!(value, Value::Unknown(_)));
        !stated
            && (properties.is_empty()
                || properties.iter().any(|(_, value)| is_symbolic(value) || typed(value).is_some()))
            && properties.iter().all(|(_, value)| {
                is_symbolic(value)
                    || matches!(
                        value,
                        Value::Unknown(_) | Value::OneOf(_) | Value::Gated(_) | Value::Dict(_) | Value::Instance(_)
                    )
            })
    }

    /// A schema object of a library, or what a converter makes of one, as JSON Schema. `None` for other values.
    pub(super) fn foreign_schema(
        &self,
        interp: &mut Interp,
        value: &Value,
        place: &Place,
    ) -> Option<Result<Json, Rc<Unknown>>> {
        match value {
            Value::Made(made) => {
                let name = match &made.callee {
                    Value::External(path) => last(path).to_owned(),
                    Value::Method(method) => method.name.to_string(),
                    _ => return None,
                };
                if self.recipes.is_converter(&name) {
                    let from = made.args.positional.first()?.clone();
                    return Some(match self.schema(interp, &from, place) {
                        Ok(schema) => Ok(schema.unwrap_or_else(|| json!({}))),
                        Err(why) => Err(why),
                    });
                }
                Some(self.read(interp, value, place, 0).map(Read::json))
            }
            _ => None,
        }
    }

    /// Reads a schema.
    fn read(&self, interp: &mut Interp, value: &Value, place: &Place, depth: usize) -> Answer {
        if depth > DEPTH {
            return Ok(Read::default());
        }
        let Some(value) = value.usual() else { return Err(interp.why(value, place)) };
        match &value {
            Value::Made(made) => match &made.callee {
                Value::External(path) if path.starts_with("zod:v3") => self.read_v3(interp, made, place, depth),
                Value::External(path) if path.starts_with("zod:v4.") => self.read_v4(interp, made, place, depth),
                Value::External(path) if path.starts_with("arktype:") => {
                    self.read_arktype(interp, &super::arg(&made.args, 0), place, depth)
                }
                Value::External(path) if path.starts_with("valibot") => self.read_valibot(interp, made, place, depth),
                Value::External(path) => {
                    let name: Rc<str> = last(path).into();
                    let coerced = path.contains(".coerce.");
                    self.factory(interp, &name, &made.args, coerced, place, depth)
                }
                Value::Method(method) => {
                    let (receiver, name) = (method.receiver.clone(), method.name.clone());
                    if self.is_schema(&receiver) {
                        self.method(interp, &receiver, &name, made, place, depth)
                    } else {
                        self.factory(interp, &name, &made.args, false, place, depth)
                    }
                }
                _ => Err(interp.why(&value, place)),
            },
            // `{ type: z.string(), description: "…" }`
            Value::Dict(dict) if let Some(inner) = typed(&value).filter(|inner| self.is_schema(inner)) => {
                let read = self.read(interp, &inner, place, depth + 1)?;
                Ok(match dict.get_str("description").and_then(|text| text.usual()) {
                    Some(Value::Str(text)) => read.set("description", &*text),
                    _ => read,
                })
            }
            // A schema that was handed over as JSON Schema, or a nested raw shape.
            Value::Dict(_) | Value::Instance(_) | Value::Module(_) => match self.schema(interp, &value, place)? {
                Some(json) => Ok(Read::of(json)),
                None => Ok(Read::default()),
            },
            _ => Err(interp.why(&value, place)),
        }
    }

    /// An object schema of these properties. One that cannot be read is there without a word on its type.
    fn object(&self, interp: &mut Interp, shape: &Shape, place: &Place, depth: usize) -> Read {
        let (mut properties, mut required) = (Map::new(), Vec::new());
        for (name, value) in shape {
            // What only some settings add is no part of the usual schema.
            if let Value::Gated(_) = value {
                continue;
            }
            let read = self.read(interp, value, place, depth + 1).unwrap_or_else(|why| {
                let reason = format!("the parameter `{name}` comes from {}", why.reason);
                interp.gap(riskdex_model::GapKind::Incomplete, reason, place);
                Read::default()
            });
            if !read.optional {
                required.push(Json::from(&**name));
            }
            properties.insert(name.to_string(), read.json());
        }
        let object = Read::typed("object").set("properties", properties);
        if required.is_empty() { object } else { object.set("required", required) }
    }

    /// Whether a value is a schema of a library, not the library itself.
    pub(super) fn is_schema(&self, value: &Value) -> bool {
        match value {
            Value::Made(made) => match &made.callee {
                Value::External(path) => {
                    path.starts_with("zod:v")
                        || path.starts_with("arktype:type")
                        || zod::is_factory(last(path))
                        || typebox::is_factory(last(path))
                }
                Value::Method(method) if self.is_schema(&method.receiver) => !applied::is_query(&method.name),
                Value::Method(method) => zod::is_factory(&method.name),
                _ => false,
            },
            Value::OneOf(values) => values.iter().any(|value| self.is_schema(value)),
            _ => false,
        }
    }

    /// The method that a request schema stands for (`z.object({ method: z.literal("tools/list") })`).
    pub(super) fn request_method(&self, interp: &mut Interp, schema: &Value, place: &Place) -> Option<String> {
        let shape = self.shape(interp, schema, place, 0)?;
        let method = self.read(interp, shape.get("method")?, place, 0).ok()?;
        method.json.get("const")?.as_str().map(str::to_owned)
    }

    /// A property of a schema object that code looks into: `schema.shape`, `schema.options`.
    pub(super) fn schema_member(
        &self,
        interp: &mut Interp,
        made: &Rc<Made>,
        name: &str,
        place: &Place,
    ) -> Option<Value> {
        let value = Value::Made(made.clone());
        let known = ["shape", "options", "enum", "Enum", "Values", "_def", "_zod", "def", "description", "constructor"];
        let is_known = known.contains(&name);
        let is_part = ["element", "schema", "in", "out"].contains(&name);
        if !(is_known || is_part) || !self.is_schema(&value) {
            return None;
        }
        match name {
            _ if is_part => Some(self.part(interp, made, name, place).unwrap_or(Value::Undefined)),
            "shape" => match self.shape(interp, &value, place, 0) {
                Some(shape) => Some(Value::dict(shape)),
                // Only objects have one.
                None => self.schema_class_of(made, 0).filter(|class| class != "ZodObject").map(|_| Value::Undefined),
            },
            "description" => {
                let read = self.read(interp, &value, place, 0).ok()?;
                Some(read.json.get("description").map_or(Value::Undefined, super::json::value))
            }
            "options" | "enum" | "Enum" | "Values" => {
                if let Some(options) = self.part(interp, made, name, place) {
                    return Some(options);
                }
                let read = self.read(interp, &value, place, 0).ok()?;
                let values = read.json.get("enum")?;
                if name == "options" {
                    return Some(super::json::value(values));
                }
                let pairs = values.as_array()?.iter().filter_map(Json::as_str).map(|text| (text, Value::str(text)));
                Some(Value::dict(pairs))
            }
            "constructor" => Some(Value::dict([("name", Value::str(self.schema_class_of(made, 0)?))])),
            "_zod" => Some(Value::dict([("def", self.definition(interp, made, place)?)])),
            _ => self.definition(interp, made, place),
        }
    }

    /// A schema inside another one: of a lazy one, an array, a pipe or a union.
    fn part(&self, interp: &mut Interp, made: &Rc<Made>, name: &str, place: &Place) -> Option<Value> {
        let Value::Dict(def) = self.definition(interp, made, place)? else { return None };
        match name {
            "schema" => match def.get_str("getter") {
                Some(getter) => Some(interp.call(&getter, &Args::default(), place)),
                None => def.get_str("schema"),
            },
            "element" => def.get_str("element").or_else(|| def.get_str("type")).filter(|inner| self.is_schema(inner)),
            name => def.get_str(name),
        }
    }

    /// A call of a converter on a schema: code may go on with what it makes.
    pub(super) fn conversion(&self, interp: &mut Interp, function: &str, args: &Args, place: &Place) -> Option<Value> {
        let from = args.positional.first()?;
        if !self.recipes.is_converter(function) || !self.is_schema(from) {
            return None;
        }
        let schema = self.schema(interp, from, place).ok()??;
        // A schema that is given a name stands among the definitions.
        let name = match args.positional.get(1) {
            Some(Value::Str(name)) => Some(name.clone()),
            Some(options @ Value::Dict(_)) if function == "zodToJsonSchema" => match interp.get(options, "name", place)
            {
                Value::Str(name) => Some(name),
                _ => None,
            },
            _ => None,
        };
        Some(super::json::value(&match name {
            Some(name) => json!({ "$ref": format!("#/definitions/{name}"), "definitions": { &*name: schema } }),
            None => schema,
        }))
    }

    /// A call of a package's own function on a schema: when the function names JSON Schema's dialects, it is a
    /// converter inside a bundle, and what it would make is known without running it.
    pub(super) fn converted(
        &self,
        interp: &mut Interp,
        code: &Rc<crate::module::Function>,
        args: &Args,
        place: &Place,
    ) -> Option<Value> {
        let first = args.positional.first()?;
        if !matches!(first, Value::Made(_)) || !self.is_schema(first) || !self.is_bundled_converter(code) {
            return None;
        }
        Some(match self.read(interp, first, place, 0) {
            Ok(read) => super::json::value(&read.json()),
            Err(why) => Value::Unknown(why),
        })
    }

    fn unread(&self, interp: &Interp, what: &str, place: &Place) -> Rc<Unknown> {
        let value = interp.unknown(Cause::NotUnderstood, format!("the schema `{what}`"), place);
        interp.why(&value, place)
    }
}

/// Whether a value stands for something outside the package.
fn is_symbolic(value: &Value) -> bool {
    matches!(value, Value::Made(_) | Value::Method(_) | Value::External(_))
}

/// The schema that a property is said to have: `{ type: z.string() }`.
fn typed(property: &Value) -> Option<Value> {
    match property {
        Value::Dict(dict) => dict.get_str("type").filter(is_symbolic),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
