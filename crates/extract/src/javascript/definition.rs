//! What describes a tool, as values: the parts of a definition, before they are read as text and schema.

use super::Script;
use super::objects::given;
use crate::fold::{Interp, ListKind, Place, Value};

/// Whether an object holds a function: what the tool that it describes does.
pub(super) fn does_something(definition: &Value) -> bool {
    match definition {
        Value::Dict(dict) => dict.snapshot().iter().any(|(_, value)| value.is_function()),
        _ => false,
    }
}

/// The object that describes a tool in a table: the likeliest one, or what a helper was given that gives it back.
pub(super) fn described(item: Value) -> Value {
    let of_one = |value: &Value| given(value).or_else(|| matches!(value, Value::Dict(_)).then(|| value.clone()));
    let found = match &item {
        Value::OneOf(values) => values.iter().find_map(|value| of_one(&value.usual()?)),
        Value::Unknown(_) => item.usual().as_ref().and_then(of_one),
        value => given(value),
    };
    found.unwrap_or(item)
}

/// A tool's parts, as values.
pub(super) struct Pending {
    pub(super) name: Value,
    pub(super) title: Value,
    pub(super) description: Value,
    pub(super) input_schema: Value,
    pub(super) output_schema: Value,
    pub(super) annotations: Value,
}

impl Pending {
    /// A tool that an object describes, with its name apart or inside.
    pub(super) fn defined(
        script: &Script<'_>,
        interp: &mut Interp,
        name: Option<Value>,
        definition: &Value,
        place: &Place,
    ) -> Self {
        let mut part = |keys: &[String]| {
            for key in keys {
                let found = interp.get(definition, key, place);
                if !matches!(found, Value::Undefined | Value::Null | Value::Method(_)) {
                    return found;
                }
            }
            Value::Undefined
        };
        let keys = &script.recipes.keys;
        let mut tool = Self {
            name: name.unwrap_or_else(|| part(&keys.name)),
            title: part(&keys.title),
            description: part(&keys.description),
            input_schema: part(&keys.input_schema),
            output_schema: part(&keys.output_schema),
            annotations: part(&keys.annotations),
        };
        if let (Value::Undefined, inputs @ Value::List(_)) = (&tool.input_schema, part(&keys.inputs)) {
            tool.input_schema = listed_parameters(script, interp, &inputs, place);
        }
        tool
    }

    /// `tool(name, [description], [shape], [annotations], function)`: the kinds of the arguments decide.
    pub(super) fn overloaded(name: Value, overloads: &[Value]) -> Self {
        let mut tool = Self {
            name,
            title: Value::Undefined,
            description: Value::Undefined,
            input_schema: Value::Undefined,
            output_schema: Value::Undefined,
            annotations: Value::Undefined,
        };
        let rest = overloads.get(..overloads.len().saturating_sub(1)).unwrap_or_default();
        for (n, value) in rest.iter().enumerate() {
            match value.usual().as_ref() {
                Some(Value::Str(_)) => tool.description = value.clone(),
                Some(Value::Dict(dict)) if is_annotations(dict) => tool.annotations = value.clone(),
                Some(Value::Undefined | Value::Null) => {}
                // A text that is not known can only stand first.
                None if n == 0 && rest.len() > 1 => tool.description = value.clone(),
                _ => tool.input_schema = value.clone(),
            }
        }
        tool
    }
}

/// The schema of parameters that are listed, each with a name, a type, and whether it is required.
fn listed_parameters(script: &Script<'_>, interp: &mut Interp, inputs: &Value, place: &Place) -> Value {
    let keys = &script.recipes.keys;
    let (mut properties, mut required) = (Vec::new(), Vec::new());
    for input in interp.iterate(inputs, place).values {
        let mut part = |names: &[String]| {
            let found = names.iter().map(|name| interp.get(&input, name, place));
            found.into_iter().find(|value| !matches!(value, Value::Undefined | Value::Null))
        };
        let (Some(name), kind, description) = (part(&keys.name), part(&["type".to_owned()]), part(&keys.description))
        else {
            continue;
        };
        if part(&["required".to_owned()]).is_some_and(|required| matches!(required.usual(), Some(Value::Bool(true)))) {
            required.push(name.clone());
        }
        let Some(Value::Str(name)) = name.usual() else { continue };
        let stated = [("type", kind), ("description", description)];
        properties.push((name, Value::dict(stated.into_iter().filter_map(|(key, value)| Some((key, value?))))));
    }
    Value::dict([
        ("type", Value::str("object")),
        ("properties", Value::dict(properties)),
        ("required", Value::list(ListKind::List, required)),
    ])
}

/// Whether an object can only be annotations: all its keys are hints or the title.
fn is_annotations(dict: &crate::fold::Dict) -> bool {
    let keys = dict.snapshot();
    !keys.is_empty()
        && keys.iter().all(|(key, value)| {
            let is_constant = matches!(value.usual(), Some(Value::Str(_) | Value::Bool(_)));
            key.as_str().is_some_and(|key| key.ends_with("Hint") || (key == "title" && is_constant))
        })
}
