//! One conversation over any transport: hello, then the pages of tools.

use std::collections::BTreeSet;

use riskdex_model::capped;
use rmcp::model::{
    ClientCapabilities, ClientConfig, ClientRequest, ErrorCode, Implementation, ListToolsRequest,
    PaginatedRequestParams, ProtocolVersion, ServerResult,
};
use rmcp::service::{ClientInitializeError, RunningService, ServiceError};
use rmcp::transport::IntoTransport;
use rmcp::{ClientLifecycleMode, ClientServiceExt, RoleClient};
use serde_json::Value;

use super::{Bounds, Era, Listed};
use crate::Error;

/// How long a server may take to end a session that we no longer need.
const FAREWELL: std::time::Duration = std::time::Duration::from_secs(2);

/// Longest text of a server's error that is passed on, in characters.
const LONGEST_REASON: usize = 300;

type Running = RunningService<RoleClient, ClientConfig>;

/// Why there is no list.
#[derive(Debug)]
pub(super) enum Fault {
    /// The server refuses to begin, with that error.
    Unwilling(String),
    /// Anything else.
    Broken(String),
}

impl Fault {
    /// The error to name, when nobody knows a better one.
    pub(super) fn of(self, server: &str) -> Error {
        let (Self::Unwilling(reason) | Self::Broken(reason)) = self;
        Error::Format { url: server.to_owned(), reason }
    }
}

/// Begins, lists every page, takes leave.
pub(super) async fn list<T, E, A>(transport: T, era: Era, bounds: &Bounds) -> Result<Listed, Fault>
where
    T: IntoTransport<RoleClient, E, A>,
    E: std::error::Error + Send + Sync + 'static,
{
    let us =
        ClientConfig::new(ClientCapabilities::default(), Implementation::new("riskdex", env!("CARGO_PKG_VERSION")))
            .with_protocol_version(ProtocolVersion::LATEST_WITH_INITIALIZE);
    let preferred_versions = vec![ProtocolVersion::V_2026_07_28];
    let lifecycle = match era {
        Era::Sessions => ClientLifecycleMode::Initialize,
        Era::Stateless => ClientLifecycleMode::Discover { preferred_versions },
        Era::Either => ClientLifecycleMode::Auto { preferred_versions, legacy_version: None },
    };
    let mut service = us.serve_with_lifecycle(transport, lifecycle).await.map_err(at_hello)?;
    let tools = pages(&service, bounds).await;
    // A session that is not ended ends by itself.
    let _ = service.close_with_timeout(FAREWELL).await;
    let peer = service.peer_info();
    let server_info = peer.as_ref().and_then(|peer| serde_json::to_value(peer.server_info.as_ref()?).ok());
    Ok(Listed {
        transport: "",
        protocol_version: peer.map(|peer| peer.protocol_version.to_string()).unwrap_or_default(),
        server_info: server_info.unwrap_or_default(),
        tools: tools.map_err(Fault::Broken)?,
    })
}

async fn pages(service: &Running, bounds: &Bounds) -> Result<Vec<Value>, String> {
    let mut tools = Vec::new();
    let mut seen = BTreeSet::new();
    let mut cursor = None;
    for _ in 0..bounds.pages {
        let params = cursor.map(|cursor| PaginatedRequestParams::default().with_cursor(Some(cursor)));
        let request = ListToolsRequest { params, ..ListToolsRequest::default() };
        let mut page = match service.send_request(ClientRequest::ListToolsRequest(request)).await {
            Ok(ServerResult::CustomResult(page)) => page.0,
            Ok(_) => return Err("answers tools/list with something else".to_owned()),
            // It never said that it had tools.
            Err(ServiceError::McpError(error))
                if error.code == ErrorCode::METHOD_NOT_FOUND && !offers_tools(service) =>
            {
                return Ok(tools);
            }
            Err(ServiceError::McpError(error)) => return Err(refusal("tools/list", error.code, &error.message)),
            Err(error) => return Err(reason(&error)),
        };
        if let Some(Value::Array(more)) = page.get_mut("tools").map(Value::take) {
            tools.extend(more);
        }
        if tools.len() > bounds.tools {
            return Err(format!("lists more than {} tools", bounds.tools));
        }
        cursor = match page.get("nextCursor") {
            None | Some(Value::Null) => return Ok(tools),
            Some(Value::String(next)) if seen.insert(next.clone()) => Some(next.clone()),
            Some(Value::String(next)) => return Err(format!("names the page {:?} twice", capped(next, 80))),
            Some(_) => return Err("names a next page that is no text".to_owned()),
        };
    }
    Err(format!("lists its tools on more than {} pages", bounds.pages))
}

fn offers_tools(service: &Running) -> bool {
    service.peer_info().is_some_and(|peer| peer.capabilities.tools.is_some())
}

fn at_hello(error: ClientInitializeError) -> Fault {
    match error {
        ClientInitializeError::JsonRpcError(error) => {
            Fault::Unwilling(refusal("the greeting", error.code, &error.message))
        }
        ClientInitializeError::LegacyFallbackFailed { fallback, .. } => at_hello(*fallback),
        ClientInitializeError::NoCompatibleProtocolVersion { server_supported, .. } => {
            let versions = server_supported.iter().take(10).map(ToString::to_string).collect::<Vec<_>>().join(", ");
            Fault::Unwilling(format!(
                "speaks no revision of the protocol that we know, only: {}",
                capped(&versions, 200)
            ))
        }
        ClientInitializeError::ConnectionClosed(_) => {
            Fault::Broken("ended the conversation before it began".to_owned())
        }
        ClientInitializeError::ExpectedInitResult(_) | ClientInitializeError::ExpectedInitResponse(_) => {
            Fault::Broken("answers the greeting with something else".to_owned())
        }
        error => Fault::Broken(reason(&error)),
    }
}

fn refusal(what: &str, code: ErrorCode, message: &str) -> String {
    format!("answers {what} with error {}: {}", code.0, capped(message, LONGEST_REASON))
}

fn reason(error: &dyn std::error::Error) -> String {
    capped(&error.to_string(), LONGEST_REASON).into_owned()
}
