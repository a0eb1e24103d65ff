//! The servers that awslabs publishes on PyPI, from one repository.

use std::collections::BTreeSet;

use futures_util::future::BoxFuture;
use riskdex_model::{PackageId, Registry, Server};
use serde::Deserialize;

use super::{Listing, Place, Source};
use crate::client::Request;
use crate::{Client, Error, Memory};

/// The list that ships with the program, and the repository that says what has come since.
#[derive(Clone, Debug)]
pub struct Awslabs {
    place: Place,
    packages: BTreeSet<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct List {
    packages: BTreeSet<String>,
}

/// An entry of the repository's folder listing.
#[derive(Deserialize)]
struct Entry {
    name: String,
    #[serde(rename = "type")]
    kind: String,
}

impl Awslabs {
    /// Takes the text of the list (`awslabs.toml`), and where its repository is asked.
    pub fn new(list: &str, place: Place) -> Result<Self, Error> {
        let list: List = toml::from_str(list).map_err(|error| Error::setting("awslabs.toml", error.to_string()))?;
        Ok(Self { place, packages: list.packages })
    }

    /// Packages whose folders have come into the repository since the list was made.
    async fn news(&self, client: &Client, memory: &Memory) -> Result<Vec<String>, Error> {
        let mut request = Request::new(self.place.url.clone()).accept("application/vnd.github+json").once();
        if self.place.page {
            request = request.page();
        }
        let document = memory.document(client, request).await?;
        let entries: Vec<Entry> = serde_json::from_slice(&document.body)
            .map_err(|error| Error::format(&document.url, format!("is not a folder listing: {error}")))?;
        // Each folder is a package; those that are no servers are named otherwise.
        let servers = entries.into_iter().filter(|entry| entry.kind == "dir" && entry.name.ends_with("-mcp-server"));
        let packages = servers.map(|entry| format!("awslabs.{}", entry.name));
        Ok(packages.filter(|package| !self.packages.contains(package)).collect())
    }
}

impl Source for Awslabs {
    fn name(&self) -> &str {
        "awslabs"
    }

    fn registries(&self) -> Vec<Registry> {
        vec![Registry::Pypi]
    }

    fn list<'a>(&'a self, client: &'a Client, memory: &'a Memory) -> BoxFuture<'a, Result<Listing, Error>> {
        Box::pin(async move {
            let mut listing = Listing::default();
            let news = self.news(client, memory).await.unwrap_or_else(|error| {
                listing
                    .notes
                    .push(format!("the list that ships with the program is used, for its repository: {error}"));
                Vec::new()
            });
            if !news.is_empty() {
                listing.notes.push(format!("new in the repository: {}", news.join(", ")));
            }
            let server = |name: &String| {
                let mut server = Server::new(PackageId::new(Registry::Pypi, name), name, self.name());
                server.publisher = Some(self.place.title.clone());
                server.repository = Some(self.place.home.to_string());
                server
            };
            listing.servers = self.packages.iter().chain(&news).map(server).collect();
            Ok(listing)
        })
    }
}
