//! The first stage: servers are listed, their newest artifacts fetched, read, and written to the catalog.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::Instant;

use anyhow::{Context, Result, bail};
use riskdex_catalog::{BlobStore, Failure};
use riskdex_crawl::source::awslabs::Awslabs;
use riskdex_crawl::source::docker::Docker;
use riskdex_crawl::source::file::{OnlineList, UserList};
use riskdex_crawl::source::registry::McpRegistry;
use riskdex_crawl::source::smithery::Smithery;
use riskdex_crawl::source::{Form, Place, Source, places};
use riskdex_crawl::{Client, Event, Memory, Plan, Registries};
use riskdex_extract::Extractor;
use riskdex_model::{Extraction, Registry, Release, Server};
use tokio::runtime::Handle;
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use super::{Run, sources};
use crate::progress::Progress;
use crate::{clock, embedded, packages, serve};

/// Packages that are fetched at once; the limits of each host hold beside it.
const JOBS: usize = 16;

/// Events that may wait for the catalog before fetching pauses.
const WAITING: usize = 64;

/// What it takes to read an artifact, on any thread.
struct Reader {
    extractor: Arc<Extractor>,
    client: Client,
    memory: Memory,
    blobs: BlobStore,
    registries: Registries,
    network: Handle,
}

impl Reader {
    /// Reads an artifact, and one package on what it leaves its tools to.
    fn read(&self, blob: &Path, card: Option<&Path>) -> Result<Extraction, riskdex_extract::Error> {
        let Self { extractor, client, memory, blobs, registries, network } = self;
        packages::read_following(extractor, blob, card, &mut |package, wish| {
            let (_, dependency) = network.block_on(registries.fetch(client, memory, blobs, package, wish))?;
            Ok(dependency)
        })
    }
}

/// An artifact that was read, or why it could not be.
struct Reading {
    server: Server,
    release: Release,
    extraction: Result<Extraction, riskdex_extract::Error>,
}

impl Run<'_> {
    /// Reads every source into the catalog.
    pub(crate) fn crawl(&mut self) -> Result<()> {
        let started = Instant::now();
        let extractor = Arc::new(crate::command::extract::extractor(self.global)?);
        let places = places(embedded::data("sources.toml")?, &self.config.sources)?;
        let plan = self.plan(&places, &extractor)?;
        let client = self.client(&places, &plan.registries)?;
        let memory = Memory::new(self.catalog.clone(), &clock::now());
        let progress = Progress::start("read", 0, self.global.quiet);
        for endpoint in plan.registries.endpoints() {
            progress.note(&format!("index {} (from {})", endpoint.url, endpoint.stated_by));
        }
        let runtime = tokio::runtime::Runtime::new().context("starting the runtime")?;
        let (events, inbox) = mpsc::channel(WAITING);
        let reader = Arc::new(Reader {
            extractor,
            client: client.clone(),
            memory: memory.clone(),
            blobs: self.blobs.clone(),
            registries: plan.registries.clone(),
            network: runtime.handle().clone(),
        });
        let crawl = runtime.spawn(riskdex_crawl::run(plan, client.clone(), memory, self.blobs.clone(), events));
        let gathered = runtime.block_on(self.gather(inbox, &reader, &progress));
        crawl.abort();
        let usage = client.usage();
        (self.report.requests, self.report.bytes) = (usage.requests, usage.bytes);
        gathered?;
        self.report.took("crawl", started.elapsed());
        let (read, tools) = (self.report.read, self.report.new_tools);
        progress.finish(&format!("read {read} packages, {tools} new tools"));
        Ok(())
    }

    fn plan(&self, places: &BTreeMap<String, Place>, extractor: &Extractor) -> Result<Plan> {
        let args = self.args;
        let names = sources(&self.config, args);
        let chosen = names.iter().map(|name| source(name, places)).collect::<Result<Vec<_>>>()?;
        let needed: BTreeSet<Registry> = chosen.iter().flat_map(|source| source.registries()).collect();
        Ok(Plan {
            sources: chosen,
            registries: packages::registries(&self.config, &args.indexes, &needed)?,
            only: args.only.clone(),
            limit: args.limit,
            never: self.config.never.clone(),
            jobs: JOBS,
            // No artifact was read by an extractor of that name.
            extractor: if args.fresh { String::new() } else { extractor.version().to_owned() },
            asked: self.asked()?,
            until: args.budget.and_then(|budget| self.started.checked_add(budget)),
        })
    }

    fn client(&self, places: &BTreeMap<String, Place>, registries: &Registries) -> Result<Client> {
        let mut config = packages::client(&self.config, &self.args.indexes, registries);
        config.host_limits.extend(places.values().map(|place| (place.host(), place.limits)));
        config.host_limits.extend(self.config.limits.clone());
        // What the user named may have a private address, as a mirror inside a company has.
        let named = places.iter().filter(|(name, _)| self.config.sources.contains_key(*name));
        config.allow_private.extend(named.map(|(_, place)| place.host()));
        Ok(Client::new(config)?)
    }

    /// Takes events until the crawl ends: artifacts are read on worker threads, results written here, one
    /// transaction each.
    async fn gather(
        &mut self,
        mut inbox: mpsc::Receiver<Event>,
        reader: &Arc<Reader>,
        progress: &Progress,
    ) -> Result<()> {
        let most = available_parallelism().map_or(1, usize::from);
        let mut readings: JoinSet<Reading> = JoinSet::new();
        let mut open = true;
        let interrupted = serve::interrupted();
        tokio::pin!(interrupted);
        while open || !readings.is_empty() {
            tokio::select! {
                event = inbox.recv(), if open && readings.len() < most => match event {
                    Some(Event::Fetched { server, release, blob, card, .. }) => {
                        let reader = reader.clone();
                        let read = move || reader.read(&blob, card.as_deref());
                        readings.spawn_blocking(move || Reading { server, release, extraction: read() });
                    }
                    Some(event) => self.note(event, progress)?,
                    None => open = false,
                },
                Some(reading) = readings.join_next() => self.record(reading.context("a reader was ended")?, &reader.extractor, progress)?,
                () = &mut interrupted => bail!("interrupted; what was read is kept, and the next run goes on from there"),
            }
        }
        Ok(())
    }

    fn note(&mut self, event: Event, progress: &Progress) -> Result<()> {
        let now = clock::now();
        match event {
            Event::Listed { source, servers } => {
                self.report.listed += servers.len() as u64;
                *self.report.sources.entry(source.clone()).or_default() += servers.len() as u64;
                if self.id.is_some() {
                    self.catalog().record_listing(&source, &servers, &now)?;
                }
            }
            Event::Planned { due, later, never, first } => {
                (self.report.due, self.report.later, self.report.never) = (due as u64, later as u64, never as u64);
                progress.expect(due as u64);
                progress.note(&format!("{due} servers to ask, {later} not due yet"));
                self.planned = first;
            }
            Event::Left(servers) => {
                self.report.left = servers as u64;
                progress.note(&format!("the time is up; {servers} servers are left for the next run"));
            }
            Event::Unchanged { server, .. } => {
                self.report.unchanged += 1;
                self.catalog().record_unchanged(&server.package, &now)?;
                progress.step(&format!("{}: unchanged", server.name));
            }
            Event::Failed { server, source, stage, error } => {
                let failure = Failure {
                    server: server.as_ref().map(|s| s.slug.clone()).unwrap_or_default(),
                    package: server.as_ref().map_or_else(|| source, |s| s.package.to_string()),
                    stage: stage.as_str().to_owned(),
                    kind: error.kind().to_owned(),
                    error: with_causes(&error),
                };
                self.fail(server.as_ref(), failure, progress)?;
            }
            Event::Noted { source, note } => {
                let note = format!("{source}: {note}");
                progress.note(&note);
                self.report.notes.push(note);
            }
            Event::Fetched { .. } => {}
        }
        Ok(())
    }

    fn record(&mut self, reading: Reading, extractor: &Extractor, progress: &Progress) -> Result<()> {
        let Reading { server, release, extraction } = reading;
        let extraction = match extraction {
            Ok(extraction) => extraction,
            Err(error) => {
                let (slug, package) = (server.slug.clone(), server.package.to_string());
                let (stage, kind) = ("read".to_owned(), error.kind().to_owned());
                let failure = Failure { server: slug, package, stage, kind, error: with_causes(&error) };
                return self.fail(Some(&server), failure, progress);
            }
        };
        let changes = self.catalog().record_release(&release, &extraction, extractor.version(), &clock::now())?;
        self.report.read += 1;
        self.report.new_tools += changes.new.len() as u64;
        self.report.changed_tools += changes.changed.len() as u64;
        self.report.gone_tools += changes.gone.len() as u64;
        let made_later = if extraction.dynamic.is_some() { ", more at run time" } else { "" };
        let yanked = if release.yanked.is_some() { " (yanked)" } else { "" };
        let tools = extraction.tools.len();
        progress.step(&format!("{} {}{yanked}: {tools} tools{made_later}", server.name, release.version));
        Ok(())
    }

    fn fail(&mut self, server: Option<&Server>, failure: Failure, progress: &Progress) -> Result<()> {
        if let Some(server) = server {
            self.catalog().record_failure(&server.package, &failure.stage, &failure.error, &clock::now())?;
        }
        progress.step(&format!("{}: {} failed: {}", failure.package, failure.stage, failure.error));
        self.report.failed.push(failure);
        Ok(())
    }
}

/// The source of that name.
fn source(name: &str, places: &BTreeMap<String, Place>) -> Result<Box<dyn Source>> {
    if let Some(path) = name.strip_prefix("file:") {
        let text = std::fs::read_to_string(path).with_context(|| format!("cannot read the list {path}"))?;
        return Ok(Box::new(UserList::new("file", path, &text)?));
    }
    let known = || places.keys().map(String::as_str).collect::<Vec<_>>().join(", ");
    let place = places.get(name).cloned();
    let place = place.with_context(|| format!("unknown source {name:?}; known: {}, file:PATH", known()))?;
    Ok(match place.form {
        Form::Awslabs => Box::new(Awslabs::new(embedded::data("awslabs.toml")?, place)?),
        Form::Registry => Box::new(McpRegistry::new(name, place)),
        Form::List => Box::new(OnlineList::new(name, place)),
        Form::Docker => Box::new(Docker::new(name, place)),
        Form::Smithery => Box::new(Smithery::new(name, place)),
    })
}

/// An error with what caused it, on one line.
fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(inner) = cause {
        let inner_text = inner.to_string();
        if !text.contains(&inner_text) {
            text.push_str(": ");
            text.push_str(&inner_text);
        }
        cause = inner.source();
    }
    text
}
