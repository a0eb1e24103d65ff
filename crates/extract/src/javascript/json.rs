//! JSON as values, and values as JSON.

use std::rc::Rc;

use serde_json::{Map, Number, Value as Json};

use super::Script;
use crate::fold::{Cause, Interp, ListKind, Place, Unknown, Value};

/// How deep values may nest.
const DEPTH: usize = 64;
/// How many values one JSON text may hold.
const SIZE: usize = 50_000;

/// A JSON document as a value.
pub(super) fn value(json: &Json) -> Value {
    match json {
        Json::Null => Value::Null,
        Json::Bool(b) => Value::Bool(*b),
        Json::Number(number) => match number.as_i64() {
            Some(whole) => Value::Int(whole),
            None => Value::Float(number.as_f64().unwrap_or_default()),
        },
        Json::String(text) => Value::str(text),
        Json::Array(items) => Value::list(ListKind::List, items.iter().map(value).collect()),
        Json::Object(map) => Value::dict(map.iter().map(|(key, item)| (key.as_str(), value(item)))),
    }
}

/// A number as JSON has it: whole where it is whole.
pub(super) fn number(value: f64) -> Json {
    if value.fract() == 0.0 && value.abs() < 9e15 {
        return Json::from(value as i64);
    }
    Number::from_f64(value).map_or(Json::Null, Json::Number)
}

impl Script<'_> {
    /// A value as `JSON.stringify` sees it, with schemas of known libraries as JSON Schema where `schemas` says so.
    /// What is not known is the error; a property that is `undefined` is left out.
    pub(super) fn json(
        &self,
        interp: &mut Interp,
        value: &Value,
        schemas: bool,
        place: &Place,
    ) -> Result<Json, Rc<Unknown>> {
        let mut left = SIZE;
        self.json_at(interp, value, schemas, place, DEPTH, &mut left).map(|json| json.unwrap_or(Json::Null))
    }

    fn json_at(
        &self,
        interp: &mut Interp,
        value: &Value,
        schemas: bool,
        place: &Place,
        depth: usize,
        left: &mut usize,
    ) -> Result<Option<Json>, Rc<Unknown>> {
        if depth == 0 || *left == 0 {
            let Value::Unknown(why) = interp.unknown(Cause::Limit, "a value nested too deeply", place) else {
                return Ok(None);
            };
            return Err(why);
        }
        *left -= 1;
        // What only some settings add is no part of the usual schema.
        let is_usual = |item: &Value| !(schemas && matches!(item, Value::Gated(_)));
        Ok(Some(match value {
            Value::Null => Json::Null,
            Value::Undefined | Value::Function(_) | Value::Bound(_) | Value::Class(_) => return Ok(None),
            Value::Bool(b) => Json::Bool(*b),
            Value::Int(n) => Json::from(*n),
            Value::Float(n) => number(*n),
            Value::Str(text) => Json::from(&**text),
            Value::List(list) => {
                if let Some(why) = list.open.borrow().clone() {
                    return Err(why);
                }
                let mut items = Vec::new();
                for item in list.snapshot().into_iter().filter(is_usual) {
                    items.push(self.json_at(interp, &item, schemas, place, depth - 1, left)?.unwrap_or(Json::Null));
                }
                Json::Array(items)
            }
            Value::Dict(_) | Value::Instance(_) | Value::Module(_) => {
                if schemas && let Some(schema) = self.foreign_schema(interp, value, place) {
                    return schema.map(Some);
                }
                if let Some(own) = self.own_json(interp, value, place) {
                    return self.json_at(interp, &own, schemas, place, depth - 1, left);
                }
                if let Value::Dict(dict) = value
                    && let Some(why) = dict.open.borrow().clone()
                {
                    return Err(why);
                }
                let mut map = Map::new();
                for (key, item) in self.properties(interp, value, place).into_iter().filter(|(_, item)| is_usual(item))
                {
                    if let Some(item) = self.json_at(interp, &item, schemas, place, depth - 1, left)? {
                        map.insert(key.to_string(), item);
                    }
                }
                Json::Object(map)
            }
            Value::Gated(gated) => return self.json_at(interp, &gated.1, schemas, place, depth - 1, left),
            Value::OneOf(_) | Value::Unknown(_) => match value.usual() {
                Some(usual) => return self.json_at(interp, &usual, schemas, place, depth - 1, left),
                None => return Err(interp.why(value, place)),
            },
            other => match self.foreign_schema(interp, other, place).filter(|_| schemas) {
                Some(schema) => schema?,
                None => return Err(interp.why(other, place)),
            },
        }))
    }

    /// What an object's own `toJSON` gives.
    fn own_json(&self, interp: &mut Interp, value: &Value, place: &Place) -> Option<Value> {
        let Value::Instance(instance) = value else { return None };
        interp.find_in_class(&instance.class, "toJSON", None)?;
        let method = interp.get(value, "toJSON", place);
        Some(interp.call(&method, &crate::fold::Args::default(), place))
    }
}
