//! What code does with schema objects besides building on them: it asks them, unwraps them, and parses with them.

use std::rc::Rc;

use crate::fold::{Args, Dict, Interp, Made, Place, Value};
use crate::javascript::recipes::last;
use crate::javascript::{Script, arg, collections};

/// How deep values are parsed.
const DEPTH: usize = 16;

/// Methods of a schema that give something other than a schema.
pub(super) fn is_query(method: &str) -> bool {
    matches!(
        method,
        "parse"
            | "safeParse"
            | "parseAsync"
            | "safeParseAsync"
            | "spa"
            | "isOptional"
            | "isNullable"
            | "unwrap"
            | "innerType"
            | "removeDefault"
            | "removeCatch"
            | "sourceType"
    )
}

impl Script<'_> {
    /// A call of a method that gives something other than a new schema.
    pub(crate) fn schema_call(
        &self,
        interp: &mut Interp,
        made: &Rc<Made>,
        method: &str,
        args: &Args,
        place: &Place,
    ) -> Option<Value> {
        let schema = Value::Made(made.clone());
        match method {
            "isOptional" => self.read(interp, &schema, place, 0).ok().map(|read| Value::Bool(read.optional)),
            "isNullable" => {
                let class = self.schema_class_of(made, 0)?;
                Some(Value::Bool(class == "ZodNullable"))
            }
            "unwrap" | "innerType" | "removeDefault" | "removeCatch" | "sourceType" => {
                let def = self.definition(interp, made, place)?;
                let Value::Dict(def) = &def else { return None };
                ["innerType", "schema", "element", "type"]
                    .iter()
                    .find_map(|key| def.get_str(key))
                    .filter(|inner| self.is_schema(inner))
            }
            "parse" | "parseAsync" => self.parsed_input(interp, &schema, &arg(args, 0), place),
            "safeParse" | "safeParseAsync" | "spa" => {
                let data = self.parsed_input(interp, &schema, &arg(args, 0), place)?;
                Some(Value::dict([("success", Value::Bool(true)), ("data", data)]))
            }
            _ => None,
        }
    }

    /// What parsing settings or known data gives; `None` for what is only there when the server runs.
    fn parsed_input(&self, interp: &mut Interp, schema: &Value, input: &Value, place: &Place) -> Option<Value> {
        let is_data = match input.usual()? {
            Value::External(path) => &*path == "process.env",
            made @ Value::Made(_) => collections::is_collection(&made),
            Value::Dict(_) | Value::List(_) | Value::Str(_) | Value::Int(_) | Value::Bool(_) | Value::Undefined => true,
            _ => false,
        };
        is_data.then(|| self.parsed(interp, schema, input.clone(), place, DEPTH))
    }

    /// What a schema makes of a value: its defaults and transformations; checks are taken to hold.
    fn parsed(&self, interp: &mut Interp, schema: &Value, input: Value, place: &Place, depth: usize) -> Value {
        let Some(Value::Made(made)) = schema.usual().filter(|_| depth > 0) else { return input };
        let inner =
            |interp: &mut Interp, schema: &Value, input: Value| self.parsed(interp, schema, input, place, depth - 1);
        let first = arg(&made.args, 0);
        if let Value::Method(method) = &made.callee
            && self.is_schema(&method.receiver)
        {
            let input = inner(interp, &method.receiver, input);
            return match &*method.name {
                "transform" if first.is_function() => interp.call(&first, &Args::of(vec![input]), place),
                "default" | "prefault" | "catch" if matches!(input.usual(), Some(Value::Undefined)) => {
                    let default =
                        if first.is_function() { interp.call(&first, &Args::default(), place) } else { first };
                    match &input {
                        Value::Unknown(why) => interp.setting(why.reason.clone(), Some(default), place),
                        _ => default,
                    }
                }
                "pipe" => inner(interp, &first, input),
                _ => input,
            };
        }
        let name = match &made.callee {
            Value::Method(method) => method.name.to_string(),
            callee => callee.path().map(last).unwrap_or_default().to_owned(),
        };
        match name.as_str() {
            "preprocess" if first.is_function() => {
                let input = interp.call(&first, &Args::of(vec![input]), place);
                inner(interp, &arg(&made.args, 1), input)
            }
            "object" | "strictObject" | "looseObject" => {
                let Some(shape) = self.shape(interp, schema, place, 0) else { return input };
                let parsed = Rc::new(Dict::default());
                for (name, field) in shape {
                    let given = interp.get(&input, &name, place);
                    let value = inner(interp, &field, given);
                    parsed.set(Value::Str(name), value);
                }
                Value::Dict(parsed)
            }
            _ => input,
        }
    }
}
