//! JSON Schema of results, as the SDKs make it from the declared type of what a function returns.

use serde_json::{Map, Value as Json, json};

use super::super::objects;
use super::super::recipes::last;
use super::super::tool::Subject;
use super::types::{Schemas, forward};
use crate::fold::{Interp, Value};

/// The output schema of a function registered under a server of that class; `None` where its type is not declared, is
/// none that the SDK makes a schema of, or is not wholly known.
pub(in crate::python) fn of_result(interp: &mut Interp, subject: &Subject, class: &str) -> Option<Json> {
    let code = subject.closure.code.clone();
    let scope = subject.closure.scope.clone();
    let written = code.returns.as_ref()?;
    let declared = interp.eval(written, &scope);
    let declared = forward(interp, &declared, &scope, written.line);
    if class.starts_with("mcp.") {
        let place = crate::fold::Place { file: scope.file.clone(), line: code.line };
        let name = interp.get(&subject.named, "__name__", &place);
        official(interp, &declared, name.as_str().unwrap_or_default())
    } else {
        independent(interp, &declared)
    }
}

/// The official SDK: objects as they are, everything else inside an object.
fn official(interp: &mut Interp, declared: &Value, function: &str) -> Option<Json> {
    let mut schemas = Schemas::new(true);
    let inner = match declared {
        Value::Generic(generic) if generic.origin.path().map(last) == Some("Annotated") => generic.args.first()?,
        other => other,
    };
    let as_object = match inner {
        Value::Class(class) if objects::is_enum(interp, class) => return None,
        Value::Class(_) => Some(schemas.whole(interp, inner)),
        // The built-in type only: its older name goes another way through the SDK.
        Value::Generic(generic) if generic.origin.path() == Some("builtins.dict") => {
            let has_names = generic.args.first().and_then(Value::path) == Some("builtins.str");
            has_names.then(|| {
                let mut whole = schemas.whole(interp, inner);
                if let Json::Object(whole) = &mut whole {
                    whole.insert("title".to_owned(), json!(format!("{function}DictOutput")));
                }
                whole
            })
        }
        Value::External(path) if !is_wrapped(path) => return None,
        _ => None,
    };
    let schema = as_object.unwrap_or_else(|| {
        let field = schemas.field(interp, Some(declared), None, "result");
        let mut whole = Map::new();
        let definitions = schemas.take_definitions();
        if !definitions.is_empty() {
            whole.insert("$defs".to_owned(), Json::Object(definitions));
        }
        whole.insert("properties".to_owned(), json!({"result": field.schema}));
        whole.insert("required".to_owned(), json!(["result"]));
        whole.insert("title".to_owned(), json!(format!("{function}Output")));
        whole.insert("type".to_owned(), json!("object"));
        Json::Object(whole)
    });
    let has_fields = schema.get("properties").is_some_and(|p| p.as_object().is_some_and(|p| !p.is_empty()));
    (schemas.is_whole() && (has_fields || schema.get("additionalProperties").is_some())).then_some(schema)
}

/// Types outside the package that the official SDK puts inside an object.
fn is_wrapped(path: &str) -> bool {
    matches!(last(path), "str" | "int" | "float" | "bool" | "bytes" | "None" | "NoneType")
}

/// The independent SDK: what describes objects as it is, everything else inside an object, and says so.
fn independent(interp: &mut Interp, declared: &Value) -> Option<Json> {
    if matches!(declared, Value::Null) {
        return None;
    }
    let mut schemas = Schemas::of_results();
    let schema = schemas.whole(interp, declared);
    if !schemas.is_whole() || schema.as_object().is_none_or(Map::is_empty) {
        return None;
    }
    if schema.get("type") == Some(&json!("object")) {
        return Some(schema);
    }
    let Json::Object(mut inner) = schema else { return None };
    let definitions = inner.shift_remove("$defs");
    let mut whole = Map::new();
    whole.extend(definitions.map(|definitions| ("$defs".to_owned(), definitions)));
    whole.insert("properties".to_owned(), json!({"result": inner}));
    whole.insert("required".to_owned(), json!(["result"]));
    whole.insert("type".to_owned(), json!("object"));
    whole.insert("x-fastmcp-wrap-result".to_owned(), json!(true));
    Some(Json::Object(whole))
}
