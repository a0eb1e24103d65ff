//! Programs that speak the protocol without an SDK: what they would answer to `tools/list`.

use super::{Python, sdk};
use crate::fold::{Args, Interp, Place, Value};

/// The member of the answer that holds the tools.
pub(super) const TOOLS: &str = "tools";
/// What tells a tool of the protocol from other things with names.
const SCHEMA: &str = "inputSchema";
/// The method as it stands in the code of a program that answers it by itself.
const METHOD: &str = "tools/list";

/// Notes what may be the answer.
pub(super) fn note(python: &Python, tools: &Value) {
    let Value::List(list) = tools else { return };
    let is_tool = |item: &Value| match item {
        Value::Dict(dict) => dict.get_str("name").is_some() && dict.get_str(SCHEMA).is_some(),
        _ => false,
    };
    if list.items.borrow().first().is_some_and(is_tool) {
        *python.answer.borrow_mut() = Some(tools.clone());
    }
}

/// Takes the noted answer for a server's list, where no SDK is used and the method is named.
pub(super) fn finish(python: &Python, interp: &mut Interp) {
    if !interp.servers.is_empty() {
        return;
    }
    let Some(tools) = python.answer.take() else { return };
    let is_named = python.parsed.borrow().keys().any(|file| python.tree.text(file).is_some_and(|t| t.contains(METHOD)));
    if !is_named {
        return;
    }
    let server = interp.server("jsonrpc");
    let place = Place { file: "".into(), line: 0 };
    for item in interp.iterate(&tools, &place).values {
        sdk::put(python, interp, &server, &item, &Args::default(), "python:answer", &place);
    }
}
