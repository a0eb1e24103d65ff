//! What a crawl was told by a running server, or by its card: `tools` with the transport that they came over, or `auth`,
//! which says what it takes to be told.

use serde_json::Value;

use super::Stated;
use crate::tree::Tree;

/// What origins call such a document, whose own name may be a digest.
pub(crate) const FILE: &str = "answer.json";

/// Adds the tools of an answer.
pub(super) fn read(tree: &Tree, stated: &mut Stated) {
    let Some(bytes) = tree.answer() else { return };
    let Some(answer) = stated.parse(String::from_utf8_lossy(bytes).trim_start_matches('\u{feff}'), FILE) else {
        return;
    };
    let before = stated.tools.len();
    let list = if answer.is_array() { &answer } else { &answer["tools"] };
    stated.tools(list, FILE);
    let method = ["live", "card"].into_iter().zip(["transport", "card"]).find(|(_, key)| answer[*key].is_string());
    for origin in stated.tools[before..].iter_mut().filter_map(|tool| tool.origin.as_mut()) {
        if let Some((method, _)) = method {
            method.clone_into(&mut origin.method);
        }
    }
    if answer["auth"].is_object() && list.is_null() {
        stated.dynamic = Some(closed(&answer["auth"]));
    }
}

/// What it takes to be told, for a reader.
fn closed(auth: &Value) -> String {
    let names = |key: &str| {
        let names = auth[key].as_array().into_iter().flatten().filter_map(Value::as_str);
        names.collect::<Vec<_>>().join(", ")
    };
    let how = if auth["kind"] == "oauth" { "an OAuth token" } else { "a token" };
    let mut text = format!("the server tells its tools only to those with {how}");
    let (scopes, issuers) = (names("scopes"), names("authorization_servers"));
    if !issuers.is_empty() {
        text.push_str(&format!(", from {issuers}"));
    }
    if !scopes.is_empty() {
        text.push_str(&format!("; it advertises the scopes {scopes}"));
    }
    text
}
