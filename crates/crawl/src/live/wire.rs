//! Messages as they go over the wire.

use rmcp::model::{CustomResult, RequestId, ServerJsonRpcMessage, ServerResult};
use serde_json::{Value, json};

/// Where a stateless server names itself.
const SERVER_INFO: &str = "io.modelcontextprotocol/serverInfo";

/// Reads a server's message. The library's own types refuse a greeting for one missing version and a page of tools
/// for one odd tool, and drop what they do not know. So a greeting is cut down to what we need of it, and a page
/// stays as the server wrote it.
pub(super) fn read(text: &[u8]) -> serde_json::Result<ServerJsonRpcMessage> {
    let mut message: Value = serde_json::from_slice(text)?;
    if let Some(greeting) = message.get("result").and_then(greeting) {
        message["result"] = greeting;
    } else if message.pointer("/result/tools").is_some_and(Value::is_array) {
        let id: RequestId = serde_json::from_value(message["id"].take())?;
        let page = ServerResult::CustomResult(CustomResult::new(message["result"].take()));
        return Ok(ServerJsonRpcMessage::response(page, id));
    }
    serde_json::from_value(message)
}

/// Whether a message ends a request.
pub(super) fn is_answer(message: &ServerJsonRpcMessage) -> bool {
    matches!(message, ServerJsonRpcMessage::Response(_) | ServerJsonRpcMessage::Error(_))
}

/// The answer to `initialize` or to `server/discover`, with all that the protocol asks for.
fn greeting(result: &Value) -> Option<Value> {
    let tools = result.pointer("/capabilities/tools").is_some_and(|tools| !tools.is_null());
    let capabilities = if tools { json!({"tools": {}}) } else { json!({}) };
    if let Some(version) = result.get("protocolVersion") {
        let info = named(result.get("serverInfo"));
        return Some(json!({"protocolVersion": version, "capabilities": capabilities, "serverInfo": info}));
    }
    let info = named(result.get("_meta").and_then(|meta| meta.get(SERVER_INFO)));
    Some(json!({
        "supportedVersions": result.get("supportedVersions")?,
        "resultType": "complete", "ttlMs": 0, "cacheScope": "private",
        "capabilities": capabilities,
        "_meta": {SERVER_INFO: info},
    }))
}

fn named(info: Option<&Value>) -> Value {
    let text = |key| info.and_then(|info| info.get(key)?.as_str()).unwrap_or_default();
    json!({"name": text("name"), "version": text("version")})
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn greetings_lack_what_nobody_needs() {
        for text in [
            r#"{"jsonrpc": "2.0", "id": 1, "result": {"protocolVersion": "2024-11-05", "capabilities": {"tools": 1}}}"#,
            r#"{"jsonrpc": "2.0", "id": 1, "result": {"protocolVersion": "2024-11-05", "instructions": 7, "tools": []}}"#,
        ] {
            let ServerJsonRpcMessage::Response(answer) = read(text.as_bytes()).unwrap() else { panic!("{text}") };
            assert!(matches!(answer.result, ServerResult::InitializeResult(_)), "{text}");
        }
        let text = r#"{"jsonrpc": "2.0", "id": 1, "result": {"supportedVersions": ["2026-07-28"]}}"#;
        let ServerJsonRpcMessage::Response(answer) = read(text.as_bytes()).unwrap() else { panic!("{text}") };
        assert!(matches!(answer.result, ServerResult::DiscoverResult(_)));
    }

    #[test]
    fn depth_is_bounded() {
        let deep = format!("{{\"result\": {{\"tools\": [{}", "[".repeat(100_000));
        assert!(read(deep.as_bytes()).is_err());
    }
}
