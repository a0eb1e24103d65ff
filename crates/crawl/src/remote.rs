//! A server's own list as an artifact: what it, its card or a catalog answered, in one JSON document in the blob store.

use std::path::PathBuf;

use riskdex_catalog::BlobStore;
use riskdex_model::{Artifact, ArtifactKind, PackageId, Release, Server, capped};
use serde_json::{Value, json};
use url::Url;

use crate::live::{self, Bounds, Outcome, Target};
use crate::{Client, Error, Request};

/// Longest version that is kept of what a server says of itself, in characters.
const LONGEST_VERSION: usize = 100;

/// An answer in the blob store.
pub(crate) struct Answer {
    pub(crate) release: Release,
    pub(crate) blob: PathBuf,
    /// Its size in bytes.
    pub(crate) bytes: u64,
}

/// Asks a remote for its tools; where it tells them only to those with a token, its card may tell them to all. What a
/// token takes is an answer too.
pub(crate) async fn ask(client: &Client, server: &Server, blobs: &BlobStore) -> Result<Answer, Error> {
    let remote = &server.package;
    let url: Url = remote.name.parse().map_err(|_| Error::setting(remote.to_string(), "is no address"))?;
    client.ask_gently(&url);
    let bounds = Bounds::default();
    let document = match listed(client, &url, &bounds).await? {
        Outcome::Listed(listed) => json!({
            "transport": listed.transport,
            "protocolVersion": listed.protocol_version,
            "serverInfo": listed.server_info,
            "tools": listed.tools,
        }),
        Outcome::Closed(auth) => match live::card(client, &url, &bounds).await {
            Some(card) => {
                json!({"auth": auth, "card": card.url, "serverInfo": card.server_info, "tools": card.tools})
            }
            None => match &server.card {
                Some(card) => stated(client, card, &bounds).await?,
                None => json!({ "auth": auth }),
            },
        },
    };
    keep(&document, remote, &url, blobs).await
}

/// Asks for the list, from the beginning again where that may help: a single message cannot be sent twice.
async fn listed(client: &Client, url: &Url, bounds: &Bounds) -> Result<Outcome, Error> {
    let mut attempt = 1;
    loop {
        match live::list(client, &Target::new(url.clone()), bounds).await {
            Err(error) if client.again(attempt, &error).await => attempt += 1,
            outcome => return outcome,
        }
    }
}

/// Fetches the document in which a catalog states a server's tools.
pub(crate) async fn state(client: &Client, server: &Server, card: &str, blobs: &BlobStore) -> Result<Answer, Error> {
    let document = stated(client, card, &Bounds::default()).await?;
    let url: Url = card.parse().map_err(|_| Error::setting(card, "is no address"))?;
    keep(&document, &server.package, &url, blobs).await
}

/// Of a catalog's document the tools: it may hold what changes daily, as how often it was used.
async fn stated(client: &Client, card: &str, bounds: &Bounds) -> Result<Value, Error> {
    let url: Url = card.parse().map_err(|_| Error::setting(card, "is no address"))?;
    let answer = client.get(&Request::new(url.clone()).accept("application/json").limit(bounds.bytes)).await?;
    let wrong = |reason: &str| Error::format(&url, reason.to_owned());
    let mut document: Value = serde_json::from_slice(&answer.body).map_err(|_| wrong("is not JSON"))?;
    let tools = if document.is_array() { document } else { document["tools"].take() };
    if !tools.is_array() {
        return Err(wrong("states no tools"));
    }
    Ok(json!({ "card": card, "tools": tools }))
}

async fn keep(document: &Value, remote: &PackageId, url: &Url, blobs: &BlobStore) -> Result<Answer, Error> {
    let bytes = document.to_string().into_bytes();
    let size = bytes.len() as u64;
    let blobs = blobs.clone();
    let keeping = || format!("keeping the answer of {url}");
    let stored = tokio::task::spawn_blocking(move || blobs.keep(&bytes)).await;
    let stored = stored.map_err(|error| Error::store(keeping(), error))?;
    let (sha256, blob) = stored.map_err(|error| Error::store(keeping(), error))?;
    let version = document["serverInfo"]["version"].as_str().unwrap_or_default();
    let release = Release {
        package: remote.clone(),
        version: capped(version, LONGEST_VERSION).into_owned(),
        artifact: Artifact { file: url.to_string(), kind: ArtifactKind::Answer, sha256, size },
        yanked: None,
        published: None,
    };
    Ok(Answer { release, blob, bytes: size })
}
