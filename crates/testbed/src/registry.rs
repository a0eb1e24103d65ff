//! The official registry's `/v0.1/servers`: pages of servers, by cursor and by time of change.

use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use crate::universe::{Resident, Universe};

/// Entries of a page when the client does not say, and at most.
const LIMITS: (usize, usize) = (30, 100);

/// Answers `/registry/v0.1/servers`.
pub(crate) fn servers(query: &[(String, String)], universe: &Universe, day: u64, base: &str) -> Response {
    let get = |key: &str| query.iter().find(|(name, _)| name == key).map(|(_, value)| value.as_str());
    let limit = get("limit").and_then(|limit| limit.parse().ok()).unwrap_or(LIMITS.0).clamp(1, LIMITS.1);
    let since = get("updated_since").unwrap_or_default();
    let next = get("cursor").and_then(|cursor| cursor.split_once(':')).map_or(0, |(name, _)| {
        name.rsplit('-').next().and_then(|index| index.parse::<u64>().ok()).map_or(0, |index| index + 1)
    });
    let residents = (next..universe.servers()).map(|index| universe.resident(index, day));
    let mut page: Vec<_> =
        residents.filter(|resident| resident.updated_at().as_str() >= since).take(limit + 1).collect();
    let more = page.len() > limit;
    page.truncate(limit);
    let cursor = page.last().filter(|_| more).map(|last| format!("{}:{}", last.name, last.version()));
    let servers: Vec<_> = page.iter().map(|resident| entry(resident, base)).collect();
    let mut metadata = json!({"count": servers.len()});
    if let Some(cursor) = cursor {
        metadata["nextCursor"] = json!(cursor);
    }
    // Without an ETag, as the real one.
    let page = json!({"servers": servers, "metadata": metadata});
    ([(CONTENT_TYPE, "application/json")], page.to_string()).into_response()
}

fn entry(resident: &Resident, base: &str) -> Value {
    let Resident { name, style, index, .. } = resident;
    let mut server = json!({
        "$schema": "https://static.modelcontextprotocol.io/schemas/2025-12-11/server.schema.json",
        "name": format!("io.github.owner-{}/{name}", index % 97),
        "description": format!("Example server {index}"),
        "repository": {"url": format!("https://github.com/owner-{}/{name}", index % 97), "source": "github"},
        "version": resident.version(),
    });
    if style.is_remote() {
        let kind = if style.transport() == "sse" { "sse" } else { "streamable-http" };
        server["remotes"] = json!([{"type": kind, "url": format!("{base}/{}/{index}", style.transport())}]);
    } else {
        let registry = if style.is_python() { "pypi" } else { "npm" };
        server["packages"] = json!([{
            "registryType": registry,
            "identifier": name,
            "version": resident.version(),
            "transport": {"type": "stdio"},
        }]);
    }
    let updated = resident.updated_at();
    json!({"server": server, "_meta": {"io.modelcontextprotocol.registry/official": {
        "status": "active", "publishedAt": updated, "updatedAt": updated, "isLatest": true,
    }}})
}
