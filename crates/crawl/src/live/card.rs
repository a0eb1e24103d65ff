//! Cards: documents in which a remote states its tools to everybody, also where asking needs a token.

use serde::Deserialize;
use serde_json::Value;
use url::Url;

use super::Bounds;
use crate::Client;
use crate::client::Request;

/// Where cards are put: by the convention that carries tools, and by the draft before it.
const PLACES: [&str; 2] = ["/.well-known/mcp/server-card.json", "/.well-known/mcp.json"];

/// What a card states.
#[derive(Clone, Debug, PartialEq)]
pub struct Card {
    /// Where it is.
    pub url: Url,
    /// The server's name and version, as stated; null when it states none.
    pub server_info: Value,
    /// The tools as written.
    pub tools: Vec<Value>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    #[serde(default)]
    server_info: Value,
    tools: Vec<Value>,
}

/// The card of the remote's host that states tools, when there is one.
pub async fn card(client: &Client, remote: &Url, bounds: &Bounds) -> Option<Card> {
    for place in PLACES {
        let request = Request::new(remote.join(place).ok()?).accept("application/json").limit(bounds.bytes).once();
        let Ok(answer) = client.get(&request).await else { continue };
        let Ok(card) = serde_json::from_slice::<Document>(&answer.body) else { continue };
        if (1..=bounds.tools).contains(&card.tools.len()) {
            return Some(Card { url: answer.head.url, server_info: card.server_info, tools: card.tools });
        }
    }
    None
}
