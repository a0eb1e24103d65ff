//! A server's tools as the program sees them: objects that it may look up, change, filter and put back.

use std::rc::Rc;

use riskdex_model::Tool;
use serde_json::{Value as Json, json};

use super::recipes::ServerKind;
use super::schema::{self, value_of};
use super::{Python, sdk};
use crate::fold::{Args, Dict, Gate, Interp, Key, ListKind, Place, Value};
use crate::server::{Entry, Server};

/// The attribute that holds the table, once the program has asked for it.
const TABLE: &str = "tools by name";
/// The attribute that says how many registrations are in it.
const SEEN: &str = "tools in the table";
/// The attributes of a tool object that hold its input schema: of the SDKs' own classes, and of the protocol's.
const SCHEMAS: [&str; 3] = ["parameters", "inputSchema", "input_schema"];

/// The table from names to tool objects, with everything registered so far.
pub(super) fn table(interp: &mut Interp, server: &Rc<Server>) -> Rc<Dict> {
    let table = match server.attrs.get(TABLE) {
        Some(Value::Dict(table)) => table,
        _ => {
            let table = interp.dict();
            server.attrs.set(TABLE, Value::Dict(table.clone()));
            table
        }
    };
    let seen = match server.attrs.get(SEEN) {
        Some(Value::Int(seen)) => usize::try_from(seen).unwrap_or(0),
        _ => 0,
    };
    server.attrs.set(SEEN, Value::Int(server.entries.borrow().len() as i64));
    for entry in server.entries.borrow().iter().skip(seen) {
        if let Entry::Tool(tool) = entry
            && table.get_str(&tool.name).is_none()
        {
            let object = object(interp, server, tool);
            let object = match &tool.gated {
                Some(words) => {
                    Value::Gated(Rc::new((Gate { words: words.as_str().into(), usual: Some(false) }, object)))
                }
                None => object,
            };
            table.set(Value::str(&tool.name), object);
        }
    }
    table
}

fn function_key(name: &str) -> String {
    format!("function of {name}")
}

/// Notes what was registered under a name.
pub(super) fn remember(server: &Rc<Server>, name: &str, subject: &Value) {
    server.attrs.set(function_key(name), subject.clone());
}

/// The object that describes a registered tool.
fn object(interp: &mut Interp, server: &Rc<Server>, tool: &Tool) -> Value {
    let origin = tool.origin.clone().unwrap_or_default();
    let place = Place { file: origin.file.into(), line: origin.line };
    let object = interp.made(&Value::external("mcp.server.mcpserver.tools.Tool"), &Args::default(), &place);
    if let Value::Made(made) = &object {
        let text = |text: &Option<String>| text.as_ref().map_or(Value::Null, Value::str);
        made.attrs.set("name", Value::str(&tool.name));
        if let Some(function) = server.attrs.get(&function_key(&tool.name)) {
            made.attrs.set("fn", function);
        }
        made.attrs.set("title", text(&tool.title));
        made.attrs.set("description", text(&tool.description));
        for name in SCHEMAS {
            made.attrs.set(name, value_of(&tool.input_schema));
        }
        let model = schema::model(interp, &tool.input_schema, &place);
        let metadata =
            interp.made(&Value::external("mcp.server.mcpserver.utilities.FuncMetadata"), &Args::default(), &place);
        interp.set(&metadata, "arg_model", model);
        made.attrs.set("fn_metadata", metadata);
        made.attrs.set("annotations", tool.annotations.as_ref().map_or(Value::Null, |a| value_of(&json!(a))));
        made.attrs.set("output_schema", tool.output_schema.as_ref().map_or(Value::Null, value_of));
    }
    object
}

/// Methods of a server, or of the part of it that keeps its tools, by which a program looks at them.
pub(super) fn call_method(
    python: &Python,
    interp: &mut Interp,
    server: &Rc<Server>,
    name: &str,
    args: &Args,
) -> Option<Value> {
    // There the same name is a decorator.
    let is_listing = python.recipes.server_kind(&server.class) == Some(ServerKind::Listing);
    match name {
        "list_tools" | "_list_tools" if args.positional.is_empty() && !is_listing => {
            let table = table(interp, server);
            Some(interp.list(ListKind::List, table.snapshot().into_iter().map(|(_, object)| object).collect()))
        }
        "get_tools" => Some(Value::Dict(table(interp, server))),
        "get_tool" => {
            let wanted = args.positional.first()?.usual()?;
            let found = table(interp, server).get(&wanted);
            Some(match found {
                Some(Value::Gated(gated)) => gated.1.clone(),
                Some(object) => object,
                None => Value::Null,
            })
        }
        _ => None,
    }
}

/// Carries what the program did to the table over to the server.
pub(super) fn apply(python: &Python, interp: &mut Interp, server: &Rc<Server>) {
    let Some(Value::Dict(table)) = server.attrs.get(TABLE) else { return };
    let mut known: Vec<Rc<str>> = Vec::new();
    for entry in server.entries.borrow_mut().iter_mut() {
        let Entry::Tool(tool) = entry else { continue };
        known.push(tool.name.as_str().into());
        let Some(object) = table.get_str(&tool.name) else { continue };
        if let (Value::Gated(gated), None) = (&object, &tool.gated) {
            tool.gated = Some(gated.0.words.to_string());
        }
        let Some(Value::Made(made)) = plain(&object).usual() else { continue };
        if let Some(Value::Str(description)) = made.attrs.get("description").and_then(|d| d.usual()) {
            tool.description = Some(description.to_string());
        }
        let schemas = SCHEMAS.iter().filter_map(|name| schema::json_of(&made.attrs.get(name)?.usual()?));
        if let Some(changed) = schemas.filter(Json::is_object).find(|schema| *schema != tool.input_schema) {
            tool.input_schema = changed;
        }
    }
    for name in &known {
        if !table.items.borrow().contains_key(&Key::Str(name.clone())) {
            server.put(Entry::Remove(name.clone()));
        }
    }
    for (key, object) in table.snapshot() {
        if !key.as_str().is_some_and(|key| known.iter().any(|name| **name == *key)) {
            let place = Place { file: "".into(), line: 0 };
            sdk::put(python, interp, server, &object, &Args::default(), "python:table", &place);
        }
    }
}

fn plain(value: &Value) -> Value {
    match value {
        Value::Gated(gated) => gated.1.clone(),
        other => other.clone(),
    }
}

/// Asks an instance whose class answers `tools/list` in its own way: what it gives is the list.
pub(super) fn override_list(python: &Python, interp: &mut Interp, server: &Rc<Server>, lister: &Value) {
    let place = Place { file: "".into(), line: 0 };
    table(interp, server);
    let before = server.entries.take();
    sdk::list(python, interp, server, lister, &place);
    let mut after = server.entries.take();
    if !after.iter().any(|entry| matches!(entry, Entry::Tool(_))) {
        *server.entries.borrow_mut() = before;
        return;
    }
    server.attrs.remove(TABLE);
    server.attrs.remove(SEEN);
    let is_whole = after.iter().all(|entry| matches!(entry, Entry::Tool(_) | Entry::Mount { .. }));
    let names: Vec<String> = after.iter().filter_map(tool_name).map(str::to_owned).collect();
    // What the instance leaves out is left out, if all of its answer was understood.
    after.extend(before.into_iter().filter(|entry| match tool_name(entry) {
        Some(name) => !is_whole && !names.iter().any(|known| known == name),
        None => true,
    }));
    *server.entries.borrow_mut() = after;
}

fn tool_name(entry: &Entry) -> Option<&str> {
    match entry {
        Entry::Tool(tool) => Some(&tool.name),
        _ => None,
    }
}
