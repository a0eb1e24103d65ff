//! A crawl: sources are listed, packages looked up, artifacts fetched.

use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Instant;

use futures_util::FutureExt;
use riskdex_catalog::BlobStore;
use riskdex_model::{Registry, Release, Server};
use tokio::sync::{Semaphore, mpsc};
use tokio::task::JoinSet;
use url::Url;

use crate::source::Source;
use crate::{Client, Error, Memory, Registries, Wish, remote};

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
    /// Never these: packages, names, or hosts of remote servers whose owners asked for it.
    pub never: Vec<String>,
    /// Packages that are worked on at once.
    pub jobs: usize,
    /// Version of the extractor that will read the artifacts: what it has read before is not fetched again.
    pub extractor: String,
    /// Which of the servers are asked.
    pub asked: Asked,
    /// No server is asked from then on; what is left stays due.
    pub until: Option<Instant>,
}

/// Which servers a crawl asks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Asked {
    /// Those that are due.
    Due,
    /// Those that are due and were not asked since then, which is when the run began that this one goes on with.
    DueAndNotSince(String),
    /// All of them.
    All,
    /// None: the lists are read, and what would be done is told.
    None,
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
    /// All sources were read; now servers are asked.
    Planned {
        /// How many are to be asked.
        due: usize,
        /// How many are not due yet.
        later: usize,
        /// How many are never asked because their owners wish so.
        never: usize,
        /// The first that are to be asked.
        first: Vec<Server>,
    },
    /// The time is up, and so many servers were not asked.
    Left(usize),
    /// An artifact is to be read.
    Fetched {
        /// Whose it is.
        server: Server,
        /// Its newest release, with the artifact's digest.
        release: Release,
        /// The artifact.
        blob: PathBuf,
        /// The document in which a catalog states its tools, where there is one beside the artifact.
        card: Option<PathBuf>,
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
    /// Asking a remote server for its tools.
    Ask,
}

impl Stage {
    /// The name in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::List => "list",
            Self::Look => "look up",
            Self::Fetch => "fetch",
            Self::Ask => "ask",
        }
    }
}

/// Servers that a plan names one by one.
const FIRST: usize = 20;

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
    let Plan { sources, registries, only, limit, never, jobs, extractor, asked, until } = plan;
    let crew = Arc::new(Crew { client, memory, blobs, registries, extractor, events });
    let wanted = |server: &Server| {
        only.is_empty() || only.iter().any(|name| [&server.name, &server.slug, &server.package.name].contains(&name))
    };
    let mut listed: BTreeMap<String, (String, Server)> = BTreeMap::new();
    let mut unwanted = 0;
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
        let room = limit.unwrap_or(usize::MAX).saturating_sub(listed.len());
        let (out, servers): (Vec<_>, Vec<_>) =
            listing.servers.into_iter().filter(wanted).partition(|server| opted_out(server, &never));
        unwanted += out.len();
        let servers: Vec<Server> = servers.into_iter().take(room).collect();
        if crew.events.send(Event::Listed { source: name.clone(), servers: servers.clone() }).await.is_err() {
            return;
        }
        // A package that several sources list is fetched once.
        for server in servers {
            listed.entry(server.slug.clone()).or_insert_with(|| (name.clone(), server));
        }
    }

    let known = listed.len();
    let queue = match crew.due(listed, &asked).await {
        Ok(queue) => queue,
        Err(error) => {
            let failed = Event::Failed { server: None, source: "catalog".to_owned(), stage: Stage::Look, error };
            // A receiver that is gone wants no more events.
            let _ = crew.events.send(failed).await;
            return;
        }
    };
    let first = queue.iter().take(FIRST).map(|(_, server)| server.clone()).collect();
    let planned = Event::Planned { due: queue.len(), later: known - queue.len(), never: unwanted, first };
    if crew.events.send(planned).await.is_err() || asked == Asked::None {
        return;
    }

    let places = Arc::new(Semaphore::new(jobs.max(1)));
    let mut tasks = JoinSet::new();
    let mut queue = queue.into_iter();
    while let Some((source, server)) = queue.next() {
        let Ok(place) = places.clone().acquire_owned().await else { return };
        if until.is_some_and(|until| Instant::now() >= until) {
            // A receiver that is gone wants no more events.
            let _ = crew.events.send(Event::Left(queue.len() + 1)).await;
            break;
        }
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

/// The release that the server's list names, else the newest.
fn wish(server: &Server) -> Wish {
    let exactly = |version: &String| match server.package.registry {
        Registry::Pypi => format!("=={version}"),
        _ => version.clone(),
    };
    Wish { range: server.version.as_ref().map(exactly), ..Wish::default() }
}

/// Whether packages of this registry are fetched and read.
const fn is_fetched(registry: Registry) -> bool {
    matches!(registry, Registry::Pypi | Registry::Npm | Registry::Github)
}

/// Whether the owner of a server wishes that it is left alone.
fn opted_out(server: &Server, never: &[String]) -> bool {
    let host = (server.package.registry == Registry::Remote)
        .then(|| Url::parse(&server.package.name).ok()?.host_str().map(str::to_owned))
        .flatten();
    let names = [&server.name, &server.slug, &server.package.name, &server.package.to_string()];
    never.iter().any(|wish| names.contains(&wish) || host.as_ref() == Some(wish))
}

impl Crew {
    /// The servers to ask, those first that matter most when time is short.
    async fn due(
        &self,
        listed: BTreeMap<String, (String, Server)>,
        asked: &Asked,
    ) -> Result<Vec<(String, Server)>, Error> {
        let resumed = match asked {
            Asked::All => return Ok(listed.into_values().collect()),
            Asked::DueAndNotSince(began) => Some(began.clone()),
            Asked::Due | Asked::None => None,
        };
        let listed: Vec<_> = listed.into_values().collect();
        self.memory.due(listed, &self.extractor, resumed).await
    }

    async fn visit(&self, source: String, server: Server) -> Event {
        // Whatever a page or a document makes a library do, it concerns this package alone.
        let found = AssertUnwindSafe(self.fetch(&server)).catch_unwind().await.unwrap_or_else(|_| {
            Err((Stage::Look, Error::setting(server.package.to_string(), "a fault in riskdex; please report it")))
        });
        match found {
            Ok(Found::Read(release)) => Event::Unchanged { server, release },
            Ok(Found::Blob { release, blob, bytes }) => {
                let card = self.card(&server).await;
                Event::Fetched { server, release, blob, card, bytes }
            }
            Err((stage, error)) => Event::Failed { server: Some(server), source, stage, error },
        }
    }

    async fn fetch(&self, server: &Server) -> Result<Found, (Stage, Error)> {
        let Self { client, memory, blobs, .. } = self;
        match (server.package.registry, &server.card) {
            (Registry::Remote, _) => {
                let answer = remote::ask(client, server, blobs).await;
                return self.answered(server, answer).await.map_err(|error| (Stage::Ask, error));
            }
            (registry, Some(card)) if !is_fetched(registry) => {
                let answer = remote::state(client, server, card, blobs).await;
                return self.answered(server, answer).await.map_err(|error| (Stage::Fetch, error));
            }
            _ => {}
        }
        let looked = self.registries.find(client, memory, &server.package, &wish(server)).await;
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

impl Crew {
    /// What a catalog states of a server whose package was fetched. One that cannot be had now is done without.
    async fn card(&self, server: &Server) -> Option<PathBuf> {
        let card = server.card.as_deref().filter(|_| is_fetched(server.package.registry))?;
        let stated = remote::state(&self.client, server, card, &self.blobs).await;
        stated.inspect_err(|error| tracing::info!(%card, %error, "no card")).ok().map(|answer| answer.blob)
    }

    /// An answer is the artifact that its server's tools are read from.
    async fn answered(&self, server: &Server, answer: Result<remote::Answer, Error>) -> Result<Found, Error> {
        let answer = answer?;
        if self.memory.is_read(&server.package, &answer.release.artifact.sha256, &self.extractor).await? {
            return Ok(Found::Read(answer.release));
        }
        Ok(Found::Blob { release: answer.release, blob: answer.blob, bytes: answer.bytes })
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
