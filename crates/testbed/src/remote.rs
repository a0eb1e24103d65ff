//! Remote MCP servers: streamable HTTP with sessions, the stateless form, events (HTTP+SSE), and ones that
//! want a token. They list their tools and do nothing else.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, Method, StatusCode};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use futures_util::stream;
use serde_json::{Value, json};
use tokio::sync::mpsc;

use crate::universe::{Resident, Style, Tool};

/// The revisions of the protocol that are spoken.
const WITH_SESSIONS: &str = "2025-06-18";
const STATELESS: &str = "2026-07-28";
const WITH_EVENTS: &str = "2024-11-05";

/// Tools of one page.
const PAGE: usize = 25;

const JSON: &str = "application/json";
const EVENTS: &str = "text/event-stream";

/// Codes of JSON-RPC errors.
const UNKNOWN_METHOD: i64 = -32601;
const BAD_PARAMETERS: i64 = -32602;
const WRONG_VERSION: i64 = -32022;

/// The open event streams, by session.
#[derive(Clone, Debug, Default)]
pub(crate) struct Streams(Arc<Mutex<BTreeMap<String, mpsc::UnboundedSender<String>>>>);

/// One request to a remote.
pub(crate) struct Call<'a> {
    pub(crate) method: &'a Method,
    pub(crate) headers: &'a HeaderMap,
    /// What follows the server's number in the path: empty, or `/messages`.
    pub(crate) rest: &'a str,
    pub(crate) query: &'a [(String, String)],
    pub(crate) body: &'a [u8],
}

/// The transport, the server's number and what follows it in the path of a remote.
pub(crate) fn place(path: &str) -> Option<(&str, u64, &str)> {
    let (transport, rest) = path.strip_prefix('/')?.split_once('/')?;
    let end = rest.find('/').unwrap_or(rest.len());
    Some((transport, rest[..end].parse().ok()?, &rest[end..]))
}

/// Answers a request to a remote at `{base}/{transport}/{index}`.
pub(crate) fn answer(resident: &Resident, call: &Call<'_>, streams: &Streams, base: &str) -> Response {
    match resident.style {
        Style::Sse => events(resident, call, streams),
        Style::Closed => closed(resident, base),
        _ if call.method != Method::POST => StatusCode::METHOD_NOT_ALLOWED.into_response(),
        Style::Stateless => stateless(resident, call),
        _ => with_session(resident, call),
    }
}

/// The protected-resource metadata (RFC 9728) of a remote that wants a token.
pub(crate) fn protection(index: u64, base: &str) -> Response {
    let body = json!({
        "resource": format!("{base}/mcp/{index}"),
        "authorization_servers": [format!("{base}/login")],
        "scopes_supported": ["tools:read", "tools:write"],
    });
    ([(CONTENT_TYPE, JSON)], body.to_string()).into_response()
}

fn closed(resident: &Resident, base: &str) -> Response {
    let metadata = format!("{base}/.well-known/oauth-protected-resource/mcp/{}", resident.index);
    let challenge = format!("Bearer resource_metadata=\"{metadata}\", scope=\"tools:read\"");
    (StatusCode::UNAUTHORIZED, [(WWW_AUTHENTICATE, challenge)]).into_response()
}

fn result(id: &Value, result: &Value) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "result": result})
}

fn error(id: &Value, code: i64, message: &str) -> Value {
    json!({"jsonrpc": "2.0", "id": id, "error": {"code": code, "message": message}})
}

fn refused(status: StatusCode, message: &Value) -> Response {
    (status, [(CONTENT_TYPE, JSON)], message.to_string()).into_response()
}

/// A message as JSON, or as an event after another one, as servers do at their choice.
fn reply(resident: &Resident, message: &Value) -> Response {
    if resident.index.is_multiple_of(2) {
        return ([(CONTENT_TYPE, JSON)], message.to_string()).into_response();
    }
    let notice =
        json!({"jsonrpc": "2.0", "method": "notifications/message", "params": {"level": "info", "data": "hello"}});
    ([(CONTENT_TYPE, EVENTS)], format!("{}{}", event("message", &notice), event("message", message))).into_response()
}

fn event(name: &str, data: &Value) -> String {
    format!("event: {name}\ndata: {data}\n\n")
}

/// One page of the tools, or what is wrong with the cursor.
fn page(resident: &Resident, message: &Value) -> Result<Value, &'static str> {
    let tools = resident.tools();
    let begin = match message["params"]["cursor"].as_str() {
        None => 0,
        Some(cursor) => cursor.parse().ok().filter(|begin| *begin < tools.len()).ok_or("unknown cursor")?,
    };
    let end = tools.len().min(begin + PAGE);
    let listed: Vec<_> = tools[begin..end].iter().map(Tool::listed).collect();
    let mut page = json!({"tools": listed});
    if end < tools.len() {
        page["nextCursor"] = json!(end.to_string());
    }
    Ok(page)
}

fn introduction(resident: &Resident, version: &str) -> Value {
    json!({
        "protocolVersion": version,
        "capabilities": {"tools": {}},
        "serverInfo": {"name": resident.name, "version": resident.version()},
    })
}

/// Answers a message of the protocol's older form; none to a notification.
fn older(resident: &Resident, message: &Value, version: &str) -> Option<Value> {
    let id = message.get("id")?;
    Some(match message["method"].as_str().unwrap_or_default() {
        "initialize" => result(id, &introduction(resident, version)),
        "tools/list" => match page(resident, message) {
            Ok(page) => result(id, &page),
            Err(wrong) => error(id, BAD_PARAMETERS, wrong),
        },
        _ => error(id, UNKNOWN_METHOD, "Method not found"),
    })
}

fn with_session(resident: &Resident, call: &Call<'_>) -> Response {
    let Ok(message) = serde_json::from_slice::<Value>(call.body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let session = format!("session-{}-{}", resident.index, resident.revision);
    let Some(answer) = older(resident, &message, WITH_SESSIONS) else {
        return StatusCode::ACCEPTED.into_response();
    };
    if message["method"] == "initialize" {
        return ([("mcp-session-id", session)], reply(resident, &answer)).into_response();
    }
    match call.headers.get("mcp-session-id").map(|held| held.as_bytes() == session.as_bytes()) {
        None => {
            refused(StatusCode::BAD_REQUEST, &error(&message["id"], -32000, "Bad Request: Mcp-Session-Id is missing"))
        }
        Some(false) => refused(StatusCode::NOT_FOUND, &error(&message["id"], -32001, "Session not found")),
        Some(true) => reply(resident, &answer),
    }
}

fn stateless(resident: &Resident, call: &Call<'_>) -> Response {
    let Ok(message) = serde_json::from_slice::<Value>(call.body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let id = &message["id"];
    let method = message["method"].as_str().unwrap_or_default();
    let stated = &message["params"]["_meta"]["io.modelcontextprotocol/protocolVersion"];
    let header = |name| call.headers.get(name).and_then(|value| value.to_str().ok());
    if stated != STATELESS || header("mcp-protocol-version") != Some(STATELESS) || header("mcp-method") != Some(method)
    {
        let mut wrong = error(id, WRONG_VERSION, "Unsupported protocol version");
        wrong["error"]["data"] = json!({"supported": [STATELESS]});
        return refused(StatusCode::BAD_REQUEST, &wrong);
    }
    match method {
        "server/discover" => {
            let mut found =
                json!({"resultType": "complete", "supportedVersions": [STATELESS], "capabilities": {"tools": {}}});
            found["_meta"] = json!({"io.modelcontextprotocol/serverInfo": {"name": resident.name}});
            reply(resident, &result(id, &found))
        }
        "tools/list" => match page(resident, &message) {
            Ok(mut page) => {
                page["resultType"] = json!("complete");
                page["ttlMs"] = json!(86_400_000);
                page["cacheScope"] = json!("public");
                reply(resident, &result(id, &page))
            }
            Err(wrong) => refused(StatusCode::BAD_REQUEST, &error(id, BAD_PARAMETERS, wrong)),
        },
        _ => refused(StatusCode::NOT_FOUND, &error(id, UNKNOWN_METHOD, "Method not found")),
    }
}

/// The transport of 2024: a stream names the address for messages and carries the answers.
fn events(resident: &Resident, call: &Call<'_>, streams: &Streams) -> Response {
    let mut open = streams.0.lock().unwrap_or_else(PoisonError::into_inner);
    open.retain(|_, stream| !stream.is_closed());
    if call.rest != "/messages" {
        if call.method != Method::GET {
            return StatusCode::METHOD_NOT_ALLOWED.into_response();
        }
        let session = format!("{}-{}", resident.index, open.len());
        let (sender, receiver) = mpsc::unbounded_channel();
        // The receiver is at hand, so this arrives.
        let _ = sender.send(format!("event: endpoint\ndata: /sse/{}/messages?session={session}\n\n", resident.index));
        open.insert(session, sender);
        let body = stream::unfold(receiver, |mut receiver| async {
            receiver.recv().await.map(|text| (Ok::<_, Infallible>(Bytes::from(text)), receiver))
        });
        return ([(CONTENT_TYPE, EVENTS)], Body::from_stream(body)).into_response();
    }
    let session = call.query.iter().find(|(name, _)| name == "session");
    let Some(stream) = session.and_then(|(_, session)| open.get(session)) else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let Ok(message) = serde_json::from_slice::<Value>(call.body) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    if let Some(answer) = older(resident, &message, WITH_EVENTS) {
        // A client that has left gets no answer.
        let _ = stream.send(event("message", &answer));
    }
    StatusCode::ACCEPTED.into_response()
}
