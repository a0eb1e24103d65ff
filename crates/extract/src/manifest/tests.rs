use std::collections::BTreeMap;

use riskdex_model::{GapKind, Tool};
use serde_json::json;

use super::{Stated, read};
use crate::tree::Tree;

fn stated(file: &str, text: &str) -> Stated {
    read(&tree(file, text))
}

fn tree(file: &str, text: &str) -> Tree {
    Tree::new(BTreeMap::from([(file.to_owned(), text.as_bytes().to_vec())]))
}

/// What a document says that is an answer.
fn answered(text: &str) -> Stated {
    let mut answer = Tree::default();
    answer.answered(tree("any name", text));
    read(&answer)
}

fn names(tools: &[Tool]) -> Vec<&str> {
    tools.iter().map(|tool| tool.name.as_str()).collect()
}

#[test]
fn every_version_of_a_bundle_manifest_is_read() {
    for version in [
        r#""dxt_version": "0.1""#,
        r#""manifest_version": "0.1""#,
        r#""manifest_version": "0.2""#,
        r#""manifest_version": "0.3""#,
        r#""manifest_version": "0.4""#,
    ] {
        let text = format!(
            r#"{{{version}, "name": "x", "server": {{"type": "node"}},
                "tools": [{{"name": "a", "description": "Reads."}}, {{"name": "b"}}], "tools_generated": false}}"#
        );
        let stated = stated("manifest.json", &text);
        assert_eq!(names(&stated.tools), ["a", "b"], "{version}");
        assert_eq!(stated.tools[0].description.as_deref(), Some("Reads."));
        assert_eq!(stated.dynamic, None);
    }
}

#[test]
fn generated_tools_make_the_list_dynamic() {
    let stated = stated("manifest.json", r#"{"manifest_version": "0.3", "tools_generated": true}"#);
    assert!(stated.dynamic.unwrap().contains("generated when the server runs"));
}

#[test]
fn a_browser_extension_is_no_bundle() {
    let stated = stated("manifest.json", r#"{"manifest_version": 3, "tools": [{"name": "x"}]}"#);
    assert!(stated.tools.is_empty() && stated.gaps.is_empty());
}

#[test]
fn docker_lists_have_two_forms() {
    let stated = stated(
        "tools.json",
        r#"[{"name": "short", "description": "d", "arguments": [
               {"name": "id", "type": "string", "desc": "the id"},
               {"name": "tags", "type": "array", "items": {"type": "string"}, "optional": true}]},
            {"name": "long", "inputSchema": {"type": "object"}, "annotations": {"readOnlyHint": true}}]"#,
    );
    assert_eq!(
        stated.tools[0].input_schema,
        json!({"type": "object", "required": ["id"], "properties": {
            "id": {"type": "string", "description": "the id"},
            "tags": {"type": "array", "items": {"type": "string"}},
        }})
    );
    assert_eq!(stated.tools[1].annotations.as_ref().unwrap().read_only_hint, Some(true));
    assert!(stated.gaps.is_empty());
}

#[test]
fn cards_and_registry_documents_are_read() {
    let card = r#"{"serverInfo": {"name": "x"}, "tools": [{"name": "a", "inputSchema": {"type": "object"}}]}"#;
    assert_eq!(names(&stated(".well-known/mcp/server-card.json", card).tools), ["a"]);
    let dynamic = stated("server-card.json", r#"{"serverInfo": {}, "tools": ["dynamic"]}"#);
    assert!(dynamic.tools.is_empty() && dynamic.dynamic.is_some());
    let document = r#"{"name": "io.x/y", "_meta":
        {"io.modelcontextprotocol.registry/publisher-provided": {"tools": [{"name": "b"}]}}}"#;
    assert_eq!(names(&stated(".mcp/server.json", document).tools), ["b"]);
}

#[test]
fn wrong_types_spoil_only_what_they_concern() {
    let stated = stated(
        "tools.json",
        r#"[{"name": "good", "description": 7, "annotations": {"readOnlyHint": "yes"}, "inputSchema": []},
            {"name": 3}, "text", {"description": "nameless"}, {"name": "last"}]"#,
    );
    assert_eq!(names(&stated.tools), ["good", "last"]);
    let reasons: Vec<&str> = stated.gaps.iter().map(|gap| gap.reason.as_str()).collect();
    assert_eq!(
        reasons,
        [
            "tool \"good\": description is a number, not a string",
            "tool \"good\": readOnlyHint is a string, not true or false",
            "tool \"good\": inputSchema is a list, not an object",
            "tool 2: its name is a number",
            "tool 3: it is a string, not an object",
            "tool 4: it has no name",
        ]
    );
}

#[test]
fn a_byte_order_mark_is_no_error_and_broken_json_names_its_line() {
    assert_eq!(names(&stated("tools.json", "\u{feff}[{\"name\": \"a\"}]").tools), ["a"]);
    let broken = stated("manifest.json", "{\n\"manifest_version\": \"0.2\",\n oops");
    assert_eq!((broken.gaps[0].kind, broken.gaps[0].line), (GapKind::Syntax, 3));
}

#[test]
fn a_running_servers_answer_is_a_list_too() {
    let live = r#"{"transport": "streamable-http", "protocolVersion": "2025-06-18", "serverInfo": {"name": "x"},
        "tools": [{"name": "a", "description": "Reads.", "inputSchema": {"type": "object"}}]}"#;
    let told = answered(live);
    assert!(stated("answer.json", live).tools.is_empty(), "no package speaks in the name of its running server");
    assert_eq!(names(&told.tools), ["a"]);
    assert_eq!(told.tools[0].origin.as_ref().unwrap().method, "live");

    let card = r#"{"auth": {"kind": "token"}, "card": "https://x.example/card", "tools": [{"name": "a"}]}"#;
    let told = answered(card);
    assert_eq!((told.tools[0].origin.as_ref().unwrap().method.as_str(), told.dynamic), ("card", None));

    let closed =
        r#"{"auth": {"kind": "oauth", "scopes": ["read", "write"], "authorization_servers": ["https://i.example"]}}"#;
    let expected = "the server tells its tools only to those with an OAuth token, from https://i.example; \
                    it advertises the scopes read, write";
    assert_eq!(answered(closed).dynamic.as_deref(), Some(expected));
    assert_eq!(names(&answered(r#"[{"name": "b"}]"#).tools), ["b"]);
}
