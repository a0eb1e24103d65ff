//! A crawl: sources are listed, packages looked up, artifacts fetched.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;

use futures_util::FutureExt;
use riskdex_catalog::BlobStore;
use riskdex_model::{Release, Server};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;

use crate::source::Source;
use crate::{Client, Error, Memory, Registries, Wish};

/// What one crawl does.
pub struct Plan {
    /// The lists to read.
    pub sources: Vec<Box<dyn Source>>,
    /// The registries to ask.
    pub registries: Registries,
    /// Only servers with one of these names, slugs or package names; all when empty.
    pub only: Vec<String>,
    /// At most so many servers.
    pub limit: Option<usize>,
    /// Packages that are worked on at once.
    pub jobs: usize,
    /// Version of the extractor that will read the artifacts: what it has read before is not fetched again.
    pub extractor: String,
}

/// What happens during a crawl. Events of different servers come in any order.
#[derive(Debug)]
pub enum Event {
    /// A source was read.
    Listed {
        /// Its name.
        source: String,
        /// What it lists, and this crawl looks at.
        servers: Vec<Server>,
    },
    /// An artifact is to be read.
    Fetched {
        /// Whose it is.
        server: Server,
        /// Its newest release, with the artifact's digest.
        release: Release,
        /// The artifact.
        blob: PathBuf,
        /// Bytes that were downloaded; 0 when it was in the blob store.
        bytes: u64,
    },
    /// The newest release has been read before.
    Unchanged {
        /// Whose it is.
        server: Server,
        /// The release.
        release: Release,
    },
    /// A source or a package failed; everything else goes on.
    Failed {
        /// The server, unless a whole source failed.
        server: Option<Server>,
        /// The source that lists it.
        source: String,
        /// What was being done.
        stage: Stage,
        /// Why it failed.
        error: Error,
    },
    /// A remark for the report.
    Noted {
        /// The source that it concerns.
        source: String,
        /// The remark.
        note: String,
    },
}

/// The steps of a crawl.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stage {
    /// Reading a source's list.
    List,
    /// Asking a registry for the newest release.
    Look,
    /// Fetching the artifact.
    Fetch,
}

impl Stage {
    /// The name in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Look => "look up",
            Self::Fetch => "fetch",
        }
    }
}

/// What a package's task needs.
struct Crew {
    client: Client,
    memory: Memory,
    blobs: BlobStore,
    registries: Registries,
    extractor: String,
    events: mpsc::Sender<Event>,
}

/// Crawls by a plan. One package's failure is an event and spoils nothing. Whoever drops the future, or the
/// receiver of the events, stops the crawl: what is in the blob store and in the catalog stays.
pub async fn run(plan: Plan, client: Client, memory: Memory, blobs: BlobStore, events: mpsc::Sender<Event>) {
    let Plan { sources, registries, only, limit, jobs, extractor } = plan;
    let crew = Arc::new(Crew { client, memory, blobs, registries, extractor, events });
    let wanted = |server: &Server| {
        only.is_empty() || only.iter().any(|name| [&server.name, &server.slug, &server.package.name].contains(&name))
    };
    let mut queue: BTreeMap<String, (String, Server)> = BTreeMap::new();
    for source in &sources {
        let name = source.name().to_owned();
        let listing = match source.list(&crew.client, &crew.memory).await {
            Ok(listing) => listing,
            Err(error) => {
                let failed = Event::Failed { server: None, source: name, stage: Stage::List, error };
                if crew.events.send(failed).await.is_err() {
                    return;
                }
                continue;
            }
        };
        for note in listing.notes {
            if crew.events.send(Event::Noted { source: name.clone(), note }).await.is_err() {
                return;
            }
        }
        let room = limit.unwrap_or(usize::MAX).saturating_sub(queue.len());
        let servers: Vec<Server> = listing.servers.into_iter().filter(wanted).take(room).collect();
        if crew.events.send(Event::Listed { source: name.clone(), servers: servers.clone() }).await.is_err() {
            return;
        }
        // A package that several sources list is fetched once.
        for server in servers {
            queue.entry(server.slug.clone()).or_insert_with(|| (name.clone(), server));
        }
    }

    let places = Arc::new(Semaphore::new(jobs.max(1)));
    let mut tasks = JoinSet::new();
    for (source, server) in queue.into_values() {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        if crew.events.is_closed() {
            return;
        }
        let crew = crew.clone();
        tasks.spawn(async move {
            let event = crew.visit(source, server).await;
            drop(place);
            // A receiver that is gone wants no more events.
            let _ = crew.events.send(event).await;
        });
        // Tasks that have ended make room; dropping the set ends the others.
        while tasks.try_join_next().is_some() {}
    }
    while tasks.join_next().await.is_some() {}
}

impl Crew {
    async fn visit(&self, source: String, server: Server) -> Event {
        // Whatever a page or a document makes a library do, it concerns this package alone.
        let found = AssertUnwindSafe(self.fetch(&server)).catch_unwind().await.unwrap_or_else(|_| {
            Err((Stage::Look, Error::setting(server.package.to_string(), "a fault in riskdex; please report it")))
        });
        match found {
            Ok(Found::Read(release)) => Event::Unchanged { server, release },
            Ok(Found::Blob { release, blob, bytes }) => Event::Fetched { server, release, blob, bytes },
            Err((stage, error)) => Event::Failed { server: Some(server), source, stage, error },
        }
    }

    async fn fetch(&self, server: &Server) -> Result<Found, (Stage, Error)> {
        let Self { client, memory, blobs, .. } = self;
        let looked = self.registries.find(client, memory, &server.package, &Wish::default()).await;
        let newest = looked.map_err(|error| (Stage::Look, error))?;
        let mut release = newest.release;
        let fetch = async {
            if let Some(sha256) = newest.wanted.digest(memory).await?
                && memory.is_read(&server.package, &sha256, &self.extractor).await?
            {
                release.artifact.sha256 = sha256;
                return Ok(Found::Read(release));
            }
            let stored = newest.wanted.fetch(client, memory, blobs).await?;
            release.artifact.sha256 = stored.sha256;
            Ok(Found::Blob { release, blob: stored.blob, bytes: stored.bytes })
        };
        fetch.await.map_err(|error| (Stage::Fetch, error))
    }
}

enum Found {
    /// Read before, by this extractor.
    Read(Release),
    Blob {
        release: Release,
        blob: PathBuf,
        bytes: u64,
    },
}

#[cfg(test)]
mod tests;
