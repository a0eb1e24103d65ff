//! zod, both generations: what its functions and methods mean.

use std::rc::Rc;

use serde_json::{Map, Value as Json, json};

use super::{Answer, Read, Shape};
use crate::fold::{Args, Interp, Made, Place, Value};
use crate::javascript::recipes::last;
use crate::javascript::{Script, arg, json as values};

/// Functions of the library that make a schema.
const FACTORIES: &[&str] = &[
    "any",
    "array",
    "base64",
    "bigint",
    "boolean",
    "cidrv4",
    "cuid",
    "cuid2",
    "custom",
    "date",
    "datetime",
    "discriminatedUnion",
    "email",
    "enum",
    "float32",
    "float64",
    "function",
    "guid",
    "hostname",
    "instanceof",
    "int",
    "int32",
    "intersection",
    "ipv4",
    "ipv6",
    "json",
    "jwt",
    "lazy",
    "literal",
    "looseObject",
    "looseRecord",
    "map",
    "nan",
    "nanoid",
    "nativeEnum",
    "never",
    "null",
    "number",
    "object",
    "partialRecord",
    "pipe",
    "preprocess",
    "promise",
    "record",
    "set",
    "strictObject",
    "string",
    "stringFormat",
    "stringbool",
    "symbol",
    "templateLiteral",
    "transform",
    "tuple",
    "uint32",
    "ulid",
    "undefined",
    "union",
    "unknown",
    "url",
    "uuid",
    "void",
    "xor",
];

/// Whether a function of that name makes a schema.
pub(super) fn is_factory(name: &str) -> bool {
    FACTORIES.binary_search(&name).is_ok()
}

/// The `format` of JSON Schema that a kind of string has.
pub(super) fn format_of(name: &str) -> Option<&'static str> {
    Some(match name {
        "email" => "email",
        "url" | "httpUrl" => "uri",
        "uuid" | "guid" | "uuidv4" | "uuidv7" => "uuid",
        "datetime" => "date-time",
        "date" => "date",
        "time" => "time",
        "duration" => "duration",
        "ip" | "ipv4" => "ipv4",
        "ipv6" => "ipv6",
        _ => return None,
    })
}

impl Script<'_> {
    /// The schema that a function of the library makes.
    pub(super) fn factory(
        &self,
        interp: &mut Interp,
        name: &str,
        args: &Args,
        coerced: bool,
        place: &Place,
        depth: usize,
    ) -> Answer {
        if super::typebox::is_factory(name) {
            return self.read_typebox(interp, name, args, place, depth);
        }
        let first = arg(args, 0);
        let inner = |script: &Self, interp: &mut Interp, n: usize| script.read(interp, &arg(args, n), place, depth + 1);
        let read = match name {
            "string" | "stringbool" | "templateLiteral" | "stringFormat" | "base64" | "cuid" | "cuid2" | "ulid"
            | "nanoid" | "jwt" | "hostname" | "cidrv4" => Read::typed("string"),
            "number" | "float32" | "float64" | "nan" => Read::typed("number"),
            "int" | "int32" | "uint32" | "bigint" => Read::typed("integer"),
            "boolean" => Read::typed("boolean"),
            "null" => Read::typed("null"),
            "date" if matches!(first, Value::Undefined | Value::Dict(_)) => {
                Read::typed("string").set("format", "date-time")
            }
            "any" | "unknown" => Read { optional: !self.is_zod4.get(), ..Read::default() },
            "custom" | "instanceof" | "json" | "transform" | "function" | "symbol" | "promise" => Read::default(),
            "undefined" | "void" => Read::default().optional(),
            "never" => Read::of(json!({ "not": {} })),
            "literal" => self.literal(interp, &first, place)?,
            "enum" | "nativeEnum" => self.enumeration(interp, &first, place)?,
            "array" => Read::typed("array").set("items", inner(self, interp, 0)?.json()),
            "set" => Read::typed("array").set("uniqueItems", true).set("items", inner(self, interp, 0)?.json()),
            "tuple" => {
                let items = self.all(interp, &first, place, depth)?;
                let items: Vec<Json> = items.into_iter().map(Read::json).collect();
                Read::typed("array").set("minItems", items.len()).set("maxItems", items.len()).set("items", items)
            }
            "object" | "strictObject" | "looseObject" | "interface" => {
                let shape = self.raw_shape(interp, &first, place)?;
                let object = self.object(interp, &shape, place, depth);
                if name == "strictObject" { object.set("additionalProperties", false) } else { object }
            }
            "record" | "partialRecord" | "looseRecord" => {
                let values = if args.positional.len() > 1 && !matches!(arg(args, 1), Value::Dict(_)) { 1 } else { 0 };
                Read::typed("object").set("additionalProperties", inner(self, interp, values)?.json())
            }
            "map" => Read::typed("array"),
            "union" | "xor" | "discriminatedUnion" => {
                let options = if name == "discriminatedUnion" { arg(args, 1) } else { first.clone() };
                let options = self.all(interp, &options, place, depth)?;
                let optional = options.iter().any(|option| option.optional);
                let any: Vec<Json> = options.into_iter().map(Read::json).collect();
                Read { optional, ..Read::default() }.set("anyOf", any)
            }
            "intersection" => {
                let (left, right) = (inner(self, interp, 0)?, inner(self, interp, 1)?);
                Read::default().set("allOf", vec![left.json(), right.json()])
            }
            "optional" | "nullish" | "prefault" | "exactOptional" => inner(self, interp, 0)?.optional(),
            "nullable" => inner(self, interp, 0)?.nullable(),
            "_default" | "default" => {
                let read = inner(self, interp, 0)?;
                self.with_default(interp, read, &arg(args, 1), place)
            }
            "catch" => inner(self, interp, 0)?,
            "nonoptional" => Read { optional: false, ..inner(self, interp, 0)? },
            "readonly" | "pipe" | "same" | "success" => inner(self, interp, 0)?,
            "preprocess" => inner(self, interp, 1)?,
            "lazy" => {
                let made = interp.call(&first, &Args::default(), place);
                self.read(interp, &made, place, depth + 1)?
            }
            name => match format_of(name) {
                Some(format) => Read::typed("string").set("format", format),
                None => return Err(self.unread(interp, name, place)),
            },
        };
        let read = match coerced && !self.is_zod4.get() && matches!(name, "string" | "boolean") {
            // `undefined` is coerced too.
            true => read.optional(),
            false => read,
        };
        Ok(self.with_params(interp, read, args, place))
    }

    /// The description among a factory's last argument.
    fn with_params(&self, interp: &mut Interp, read: Read, args: &Args, place: &Place) -> Read {
        let Some(params @ Value::Dict(dict)) = args.positional.last() else { return read };
        match dict.get_str("description") {
            Some(Value::Str(_)) if args.positional.len() > 1 || dict.items.borrow().len() <= 3 => {
                let text = interp.get(params, "description", place);
                match text {
                    Value::Str(text) if !read.json.contains_key("properties") || args.positional.len() > 1 => {
                        read.set("description", &*text)
                    }
                    _ => read,
                }
            }
            _ => read,
        }
    }

    fn literal(&self, interp: &mut Interp, value: &Value, place: &Place) -> Answer {
        let json = self.json(interp, value, false, place)?;
        Ok(match json {
            Json::Array(mut values) if values.len() == 1 => constant(values.remove(0)),
            Json::Array(values) => enumerated(values),
            value => constant(value),
        })
    }

    fn enumeration(&self, interp: &mut Interp, value: &Value, place: &Place) -> Answer {
        let json = self.json(interp, value, false, place)?;
        Ok(match json {
            Json::Array(values) => enumerated(values),
            Json::Object(map) => {
                // An enum of numbers also maps them back to names.
                let is_back = |key: &str| key.parse::<f64>().is_ok();
                let has_numbers = map.values().any(Json::is_number);
                let keep = |(key, value): (String, Json)| {
                    (!(has_numbers && is_back(&key) && value.is_string())).then_some(value)
                };
                enumerated(map.into_iter().filter_map(keep).collect())
            }
            _ => Read::default(),
        })
    }

    fn all(
        &self,
        interp: &mut Interp,
        list: &Value,
        place: &Place,
        depth: usize,
    ) -> Result<Vec<Read>, Rc<crate::fold::Unknown>> {
        let items = interp.iterate(list, place);
        if let Some(why) = items.open {
            return Err(why);
        }
        items.values.iter().map(|item| self.read(interp, item, place, depth + 1)).collect()
    }

    fn with_default(&self, interp: &mut Interp, read: Read, value: &Value, place: &Place) -> Read {
        let value = if value.is_function() { interp.call(value, &Args::default(), place) } else { value.clone() };
        let read = read.optional();
        match self.json(interp, &value, false, place) {
            Ok(json) if !matches!(value, Value::Undefined) => read.set("default", json),
            _ => read,
        }
    }

    /// The properties given to an object schema.
    fn raw_shape(&self, interp: &mut Interp, value: &Value, place: &Place) -> Result<Shape, Rc<crate::fold::Unknown>> {
        let value = if value.is_function() { interp.call(value, &Args::default(), place) } else { value.clone() };
        match value.usual() {
            Some(Value::Undefined) => Ok(Shape::default()),
            Some(value @ (Value::Dict(_) | Value::Module(_) | Value::Instance(_))) => {
                if let Value::Dict(dict) = &value
                    && let Some(why) = dict.open.borrow().clone()
                {
                    return Err(why);
                }
                Ok(self.properties(interp, &value, place).into_iter().collect())
            }
            _ => Err(interp.why(&value, place)),
        }
    }

    /// The properties of an object schema; `None` when it is none, or not known.
    pub(super) fn shape(&self, interp: &mut Interp, value: &Value, place: &Place, depth: usize) -> Option<Shape> {
        let Value::Made(made) = value.usual()? else { return None };
        if depth > super::DEPTH {
            return None;
        }
        let argument = |n: usize| arg(&made.args, n);
        // Only objects have properties.
        let is_other = |name: &str| is_factory(name) && !matches!(name, "object" | "strictObject" | "looseObject");
        match &made.callee {
            Value::External(path) if path.starts_with("zod:v") => {
                let Value::Dict(def) = argument(0) else { return None };
                let inner = ["innerType", "schema", "in", "type"].iter().find_map(|key| def.get_str(key));
                match def.get_str("shape") {
                    Some(_) => {
                        let shape = interp.get(&argument(0), "shape", place);
                        self.raw_shape(interp, &shape, place).ok()
                    }
                    None => self.shape(interp, &inner?, place, depth + 1),
                }
            }
            Value::Method(method) if self.is_schema(&method.receiver) => {
                let mut shape = self.shape(interp, &method.receiver, place, depth + 1)?;
                match &*method.name {
                    "extend" | "augment" | "safeExtend" | "merge" => {
                        let more = match argument(0) {
                            schema @ Value::Made(_) => self.shape(interp, &schema, place, depth + 1)?,
                            plain => self.raw_shape(interp, &plain, place).ok()?,
                        };
                        shape.extend(more);
                    }
                    "pick" => {
                        let mask = self.mask(interp, &argument(0), place);
                        shape.retain(|name, _| mask.contains(name));
                    }
                    "omit" => {
                        let mask = self.mask(interp, &argument(0), place);
                        shape.retain(|name, _| !mask.contains(name));
                    }
                    change @ ("partial" | "deepPartial" | "required") => {
                        let mask = self.mask(interp, &argument(0), place);
                        let change = if change == "required" { "nonoptional" } else { "optional" };
                        for (_, value) in shape.iter_mut().filter(|(name, _)| mask.is_empty() || mask.contains(*name)) {
                            let wrap = Value::external(format!("zod:z.{change}"));
                            *value = interp.made(&wrap, &Args::of(vec![value.clone()]), place);
                        }
                    }
                    _ => {}
                }
                Some(shape)
            }
            Value::External(path) if is_other(last(path)) => None,
            Value::Method(method) if is_other(&method.name) => None,
            _ => self.raw_shape(interp, &argument(0), place).ok(),
        }
    }

    /// The names that a mask (`{ a: true }`) holds.
    fn mask(&self, interp: &mut Interp, mask: &Value, place: &Place) -> Vec<Rc<str>> {
        self.properties(interp, mask, place).into_iter().map(|(name, _)| name).collect()
    }

    /// What a method of a schema makes of it.
    pub(super) fn method(
        &self,
        interp: &mut Interp,
        receiver: &Value,
        name: &str,
        made: &Rc<Made>,
        place: &Place,
        depth: usize,
    ) -> Answer {
        if matches!(
            name,
            "extend" | "augment" | "safeExtend" | "merge" | "pick" | "omit" | "partial" | "deepPartial" | "required"
        ) {
            let value = Value::Made(made.clone());
            return match self.shape(interp, &value, place, depth) {
                Some(shape) => {
                    let object = self.object(interp, &shape, place, depth);
                    Ok(match self.read(interp, receiver, place, depth + 1)?.json.get("additionalProperties") {
                        Some(more) => object.set("additionalProperties", more.clone()),
                        None => object,
                    })
                }
                None => Err(self.unread(interp, name, place)),
            };
        }
        if let ("keyof", Some(shape)) = (name, self.keys_of(interp, receiver, name, place, depth)) {
            return Ok(enumerated(shape.keys().map(|key| Json::from(&**key)).collect()));
        }
        let read = self.read(interp, receiver, place, depth + 1)?;
        let args = &made.args;
        let first = arg(args, 0);
        let first = first.usual().unwrap_or(first);
        Ok(match name {
            "optional" | "prefault" | "exactOptional" => read.optional(),
            "nullish" => read.nullable().optional(),
            "nullable" => read.nullable(),
            "default" | "_default" => self.with_default(interp, read, &first, place),
            "catch" if self.is_zod4.get() => read,
            "catch" => read.optional(),
            "nonoptional" | "unwrap" | "removeDefault" => Read { optional: false, ..read },
            "describe" => match first.usual() {
                Some(Value::Str(text)) => read.set("description", &*text),
                _ => read,
            },
            "meta" => {
                let meta = self.json(interp, &first, false, place).unwrap_or_default();
                let known = meta.as_object().into_iter().flatten().filter(|(key, _)| *key != "id");
                known.fold(read, |read, (key, value)| read.set(key, value.clone()))
            }
            "array" => Read::typed("array").set("items", read.json()),
            "or" => {
                let other = self.read(interp, &first, place, depth + 1)?;
                let optional = read.optional || other.optional;
                Read { optional, ..Read::default() }.set("anyOf", vec![read.json(), other.json()])
            }
            "and" => {
                let other = self.read(interp, &first, place, depth + 1)?;
                Read::default().set("allOf", vec![read.json(), other.json()])
            }
            "strict" => read.set("additionalProperties", false),
            "passthrough" | "loose" => read.set("additionalProperties", Map::new()),
            "catchall" => match self.read(interp, &first, place, depth + 1) {
                Ok(more) => read.set("additionalProperties", more.json()),
                Err(_) => read,
            },
            "int" | "safe" if read.json.contains_key("type") && name == "int" => read.set("type", "integer"),
            "exclude" | "extract" => {
                let named = self.json(interp, &first, false, place)?;
                let named = named.as_array().cloned().unwrap_or_default();
                let all = read.json.get("enum").and_then(Json::as_array).cloned().unwrap_or_default();
                enumerated(all.into_iter().filter(|value| named.contains(value) == (name == "extract")).collect())
            }
            _ => self.checked(read, name, &first),
        })
    }

    fn keys_of(&self, interp: &mut Interp, receiver: &Value, name: &str, place: &Place, depth: usize) -> Option<Shape> {
        (name == "keyof").then(|| self.shape(interp, receiver, place, depth + 1)).flatten()
    }

    /// A check on a schema: its bound in JSON Schema, where it has one.
    pub(super) fn checked(&self, read: Read, name: &str, value: &Value) -> Read {
        let number = || match value {
            Value::Int(n) => Some(Json::from(*n)),
            Value::Float(n) => Some(values::number(*n)),
            _ => None,
        };
        let kind = read.json.get("type").and_then(Json::as_str).unwrap_or_default().to_owned();
        let bounds = match kind.as_str() {
            "string" => ["minLength", "maxLength"],
            "array" => ["minItems", "maxItems"],
            _ => ["minimum", "maximum"],
        };
        let with = |read: Read, key: &str, value: Option<Json>| match value {
            Some(value) => read.set(key, value),
            None => read,
        };
        match name {
            "min" | "gte" | "minLength" => with(read, bounds[0], number()),
            "max" | "lte" | "maxLength" => with(read, bounds[1], number()),
            "length" => {
                let read = with(read, bounds[0], number());
                with(read, bounds[1], number())
            }
            "nonempty" => read.set(bounds[0], 1),
            "gt" => with(read, "exclusiveMinimum", number()),
            "lt" => with(read, "exclusiveMaximum", number()),
            "positive" => read.set("exclusiveMinimum", 0),
            "nonnegative" => read.set("minimum", 0),
            "negative" => read.set("exclusiveMaximum", 0),
            "nonpositive" => read.set("maximum", 0),
            "multipleOf" | "step" => with(read, "multipleOf", number()),
            "regex" => match value {
                Value::Made(pattern) => match pattern.args.positional.first().and_then(Value::as_str) {
                    Some(source) => {
                        let inside = source.strip_prefix('/').and_then(|rest| rest.rsplit_once('/'));
                        read.set("pattern", inside.map_or(source, |(body, _)| body))
                    }
                    None => read,
                },
                _ => read,
            },
            name => match format_of(name).filter(|_| kind == "string") {
                Some(format) => read.set("format", format),
                None => read,
            },
        }
    }
}

fn constant(value: Json) -> Read {
    let read = type_of(&value).map_or_else(Read::default, Read::typed);
    read.set("const", value)
}

fn enumerated(values: Vec<Json>) -> Read {
    let mut types: Vec<&str> = values.iter().filter_map(type_of).collect();
    types.dedup();
    let read = match types.as_slice() {
        [one] => Read::typed(one),
        _ => Read::default(),
    };
    read.set("enum", values)
}

fn type_of(value: &Json) -> Option<&'static str> {
    Some(match value {
        Json::String(_) => "string",
        Json::Number(_) => "number",
        Json::Bool(_) => "boolean",
        Json::Null => "null",
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    #[test]
    fn names_are_sorted() {
        assert!(super::FACTORIES.is_sorted());
    }
}
