//! arktype: `type({ name: "string", "age?": "number" })`, whose types are texts.

use serde_json::{Value as Json, json};

use super::{Answer, Read};
use crate::fold::{Interp, Place, Value};
use crate::javascript::Script;

/// Words for a type, with its name in JSON Schema.
const TYPES: &[(&str, &str)] = &[
    ("string", "string"),
    ("number.integer", "integer"),
    ("number", "number"),
    ("boolean", "boolean"),
    ("null", "null"),
    ("object", "object"),
    ("Array", "array"),
    ("Date", "string"),
];

impl Script<'_> {
    /// What a definition means: a text, an object of definitions, a tuple with an operator, or another schema.
    pub(super) fn read_arktype(&self, interp: &mut Interp, definition: &Value, place: &Place, depth: usize) -> Answer {
        match definition {
            Value::Str(text) => words(text).ok_or_else(|| self.unread(interp, text, place)),
            Value::Dict(dict) if dict.open.borrow().is_none() => {
                let mut object = Read::typed("object");
                let (mut properties, mut required) = (serde_json::Map::new(), Vec::new());
                for (name, value) in self.properties(interp, definition, place) {
                    let read = self.read_arktype(interp, &value, place, depth + 1)?;
                    let name = match name.strip_suffix('?') {
                        Some(name) => name,
                        None => {
                            if !read.optional {
                                required.push(Json::from(&*name));
                            }
                            &*name
                        }
                    };
                    properties.insert(name.to_owned(), read.json());
                }
                object = object.set("properties", properties);
                Ok(if required.is_empty() { object } else { object.set("required", required) })
            }
            Value::List(list) => {
                let items = list.snapshot();
                let [inner, operator, rest @ ..] = items.as_slice() else { return Ok(Read::typed("array")) };
                let read = self.read_arktype(interp, inner, place, depth + 1)?;
                Ok(match (operator.as_str(), rest) {
                    (Some("?"), _) => read.optional(),
                    (Some("="), [default, ..]) => {
                        let default = self.json(interp, default, false, place)?;
                        read.set("default", default).optional()
                    }
                    (Some("@"), [Value::Str(text), ..]) => read.set("description", &**text),
                    (Some("[]"), _) => Read::typed("array").set("items", read.json()),
                    _ => Read::typed("array"),
                })
            }
            other => self.read(interp, other, place, depth + 1),
        }
    }
}

/// A type in words: `string`, `number > 0`, `'a' | 'b'`, `string[]`, `boolean = false`.
fn words(text: &str) -> Option<Read> {
    let text = text.trim();
    if let Some((inner, default)) = text.split_once(" = ") {
        let default: Json = serde_json::from_str(&default.replace('\'', "\"")).ok()?;
        return Some(words(inner)?.set("default", default).optional());
    }
    let parts: Vec<&str> = text.split('|').map(str::trim).collect();
    if parts.len() > 1 {
        let literals: Option<Vec<Json>> = parts.iter().map(|part| literal(part)).collect();
        return match literals {
            Some(literals) => Some(Read::default().set("enum", literals)),
            None => {
                let any: Option<Vec<Json>> = parts.iter().map(|part| words(part).map(Read::json)).collect();
                Some(Read::default().set("anyOf", any?))
            }
        };
    }
    if let Some(inner) = text.strip_suffix("[]") {
        return Some(Read::typed("array").set("items", words(inner.trim_matches(['(', ')']))?.json()));
    }
    if let Some(literal) = literal(text) {
        return Some(Read::default().set("const", literal));
    }
    if text == "unknown" || text == "any" {
        return Some(Read::default());
    }
    let stated = text.split(|c: char| c.is_whitespace() || "<>=%".contains(c));
    let named = stated.into_iter().find_map(|word| {
        let of =
            |(name, _): &&(&str, &str)| word == *name || word.strip_prefix(name).is_some_and(|r| r.starts_with('.'));
        TYPES.iter().find(of)
    })?;
    Some(Read::of(json!({ "type": named.1 })))
}

/// A text in quotes, a number, `true` or `false`.
fn literal(text: &str) -> Option<Json> {
    for quote in ['\'', '"'] {
        if let Some(inner) = text.strip_prefix(quote).and_then(|text| text.strip_suffix(quote)) {
            return Some(Json::from(inner));
        }
    }
    serde_json::from_str(text).ok().filter(|value: &Json| value.is_number() || value.is_boolean())
}
