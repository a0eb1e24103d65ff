//! Server cards, Docker's `tools.json`, and `server.json`.

use serde_json::Value;

use super::Stated;
use crate::tree::Tree;

/// Where server cards lie: beside the code, or as it would be served.
const CARDS: &[&str] =
    &["server-card.json", ".well-known/mcp/server-card.json", ".well-known/mcp.json", ".well-known/mcp/server.json"];
/// Lists of tools alone.
const LISTS: &[&str] = &["tools.json"];
/// The official registry's document, as published inside packages.
const DOCUMENTS: &[&str] = &[".mcp/server.json", "server.json"];
/// The only part of a `server.json` that its publisher may add to.
const PUBLISHER: &str = "io.modelcontextprotocol.registry/publisher-provided";

/// Adds the tools that cards and lists state.
pub(super) fn read(tree: &Tree, stated: &mut Stated) {
    for file in CARDS {
        if let Some(card) = stated.json(tree, file) {
            stated.tools(&card["tools"], file);
        }
    }
    for file in LISTS {
        match stated.json(tree, file) {
            Some(list @ Value::Array(_)) => stated.tools(&list, file),
            Some(Value::Object(mut object)) if object.contains_key("tools") => {
                let list = object.remove("tools").unwrap_or_default();
                stated.tools(&list, file);
            }
            _ => {}
        }
    }
    for file in DOCUMENTS {
        if let Some(document) = stated.json(tree, file) {
            stated.tools(&document["_meta"][PUBLISHER]["tools"], file);
        }
    }
}
