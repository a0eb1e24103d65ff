//! TypeBox: `Type.Object({ q: Type.String({ description: "…" }) })`.

use serde_json::{Map, Value as Json};

use super::{Answer, Read};
use crate::fold::{Args, Interp, Place};
use crate::javascript::{Script, arg};

const FACTORIES: &[&str] = &[
    "Any",
    "Array",
    "Boolean",
    "Composite",
    "Date",
    "Enum",
    "Integer",
    "Intersect",
    "Literal",
    "Null",
    "Number",
    "Object",
    "Omit",
    "Optional",
    "Partial",
    "Pick",
    "Readonly",
    "Record",
    "String",
    "Tuple",
    "Union",
    "Unknown",
    "Unsafe",
];

/// Whether a function of that name makes a schema.
pub(super) fn is_factory(name: &str) -> bool {
    FACTORIES.binary_search(&name).is_ok()
}

impl Script<'_> {
    /// The schema that a function of the library makes.
    pub(super) fn read_typebox(
        &self,
        interp: &mut Interp,
        name: &str,
        args: &Args,
        place: &Place,
        depth: usize,
    ) -> Answer {
        let first = arg(args, 0);
        let inner = |interp: &mut Interp| self.read(interp, &first, place, depth + 1);
        let all = |interp: &mut Interp| -> Result<Vec<Json>, _> {
            let items = interp.iterate(&first, place).values;
            items.iter().map(|item| self.read(interp, item, place, depth + 1).map(Read::json)).collect()
        };
        let (read, options) = match name {
            "String" | "Number" | "Integer" | "Boolean" | "Null" => (Read::typed(&name.to_lowercase()), 0),
            "Date" => (Read::typed("string").set("format", "date-time"), 0),
            "Any" | "Unknown" | "Unsafe" => (Read::default(), 0),
            "Literal" => (Read::default().set("const", self.json(interp, &first, false, place)?), 1),
            "Array" => (Read::typed("array").set("items", inner(interp)?.json()), 1),
            "Tuple" => (Read::typed("array").set("items", all(interp)?), 1),
            "Object" => {
                let shape = self.properties(interp, &first, place).into_iter().collect();
                (self.object(interp, &shape, place, depth), 1)
            }
            "Record" => {
                let values = self.read(interp, &arg(args, 1), place, depth + 1)?;
                (Read::typed("object").set("additionalProperties", values.json()), 2)
            }
            "Union" => (Read::default().set("anyOf", all(interp)?), 1),
            "Intersect" => (Read::default().set("allOf", all(interp)?), 1),
            "Composite" => (composite(all(interp)?), 1),
            "Enum" => {
                let values: Vec<Json> = match self.json(interp, &first, false, place)? {
                    Json::Object(map) => map.into_iter().map(|(_, value)| value).collect(),
                    Json::Array(values) => values,
                    _ => Vec::new(),
                };
                (Read::default().set("enum", values), 1)
            }
            "Optional" => return Ok(inner(interp)?.optional()),
            "Readonly" => return inner(interp),
            "Partial" => {
                let mut read = inner(interp)?;
                read.json.remove("required");
                (read, 1)
            }
            "Pick" | "Omit" => {
                let named = self.json(interp, &arg(args, 1), false, place)?;
                let named: Vec<Json> = named.as_array().cloned().unwrap_or_else(|| vec![named]);
                let mut read = inner(interp)?;
                let keep = |key: &str| named.contains(&Json::from(key)) == (name == "Pick");
                if let Some(Json::Object(properties)) = read.json.get_mut("properties") {
                    properties.retain(|key, _| keep(key));
                }
                if let Some(Json::Array(required)) = read.json.get_mut("required") {
                    required.retain(|key| key.as_str().is_some_and(keep));
                }
                (read, 2)
            }
            other => return Err(self.unread(interp, other, place)),
        };
        let options = self.json(interp, &arg(args, options), false, place).unwrap_or_default();
        Ok(options.as_object().into_iter().flatten().fold(read, |read, (key, value)| read.set(key, value.clone())))
    }
}

/// One object with the properties of all.
fn composite(parts: Vec<Json>) -> Read {
    let (mut properties, mut required) = (Map::new(), Vec::new());
    for part in parts {
        let Json::Object(mut part) = part else { continue };
        if let Some(Json::Object(more)) = part.remove("properties") {
            properties.extend(more);
        }
        if let Some(Json::Array(more)) = part.remove("required") {
            required.extend(more);
        }
    }
    let object = Read::typed("object").set("properties", properties);
    if required.is_empty() { object } else { object.set("required", required) }
}
