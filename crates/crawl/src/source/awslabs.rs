//! The servers that awslabs publishes on PyPI, from one repository.

use std::collections::BTreeSet;

use futures_util::future::BoxFuture;
use riskdex_model::{PackageId, Registry, Server};
use serde::Deserialize;

use super::{Listing, Place, Source};
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
        let request = self.place.request(self.place.url.clone()).accept("application/vnd.github+json").once();
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

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use riskdex_catalog::Catalog;

    use super::*;
    use crate::loopback::{Loopback, Reply, client};
    use crate::source::places;

    const LIST: &str = "packages = ['awslabs.b-mcp-server', 'awslabs.a-mcp-server']";

    async fn listed(reply: Reply) -> Listing {
        let server = Loopback::start(move |_, _| reply.clone()).await;
        let folder = tempfile::tempdir().unwrap();
        let memory = Memory::new(Arc::new(Mutex::new(Catalog::open(folder.path()).unwrap())), "2026-01-31T00:00:00Z");
        let text = include_str!("../../../../data/sources.toml");
        let mut place = places(text, &toml::Table::new()).unwrap().remove("awslabs").unwrap();
        place.url = server.url("contents/src");
        let source = Awslabs::new(LIST, place).unwrap();
        source.list(&client(&[&server]), &memory).await.unwrap()
    }

    fn names(listing: &Listing) -> Vec<&str> {
        listing.servers.iter().map(|server| server.name.as_str()).collect()
    }

    #[tokio::test]
    async fn the_repository_adds_what_has_come_since() {
        let entries = r#"[{"name":"a-mcp-server","type":"dir"},{"name":"c-mcp-server","type":"dir"},
            {"name":"mcp-library","type":"dir"},{"name":"d-mcp-server","type":"file"}]"#;
        let listing = listed(Reply::ok("application/json", entries)).await;
        assert_eq!(names(&listing), ["awslabs.a-mcp-server", "awslabs.b-mcp-server", "awslabs.c-mcp-server"]);
        assert_eq!(listing.notes, ["new in the repository: awslabs.c-mcp-server"]);
        assert_eq!(listing.servers[0].slug, "pypi-awslabs-a-mcp-server");
    }

    #[tokio::test]
    async fn without_its_repository_the_list_that_ships_is_used() {
        for reply in [Reply::status(403), Reply::ok("application/json", "{}"), Reply::silent()] {
            let listing = listed(reply).await;
            assert_eq!(names(&listing), ["awslabs.a-mcp-server", "awslabs.b-mcp-server"]);
            assert!(listing.notes[0].contains("/contents/src: "), "{}", listing.notes[0]);
        }
    }

    #[test]
    fn the_list_that_ships_is_of_awslabs_alone() {
        let list: List = toml::from_str(include_str!("../../../../data/awslabs.toml")).unwrap();
        assert!(list.packages.len() > 50);
        assert!(list.packages.iter().all(|name| name.starts_with("awslabs.") && name.ends_with("-mcp-server")));
    }
}
