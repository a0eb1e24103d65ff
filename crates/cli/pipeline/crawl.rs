//! The first stage: servers are listed, their newest artifacts fetched, read, and written to the catalog.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::thread::available_parallelism;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, bail};
use riskdex_catalog::Failure;
use riskdex_crawl::queue::{Desk, Queue};
use riskdex_crawl::source::awslabs::Awslabs;
use riskdex_crawl::source::docker::Docker;
use riskdex_crawl::source::file::{OnlineList, UserList};
use riskdex_crawl::source::glama::Glama;
use riskdex_crawl::source::registry::McpRegistry;
use riskdex_crawl::source::smithery::Smithery;
use riskdex_crawl::source::{Form, Place, Source, places};
use riskdex_crawl::{Client, Event, Machine, Memory, Plan, Registries, Visitor, Visits};
use riskdex_extract::Extractor;
use riskdex_model::Registry;
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use url::Url;

use super::reading::{Outcome, Reader, Reading};
use super::{Run, sources, with_causes};
use crate::progress::Progress;
use crate::{clock, embedded, packages, serve};

/// Packages that are fetched at once; the limits of each host hold beside it.
const JOBS: usize = 64;

/// When no worker has answered for so long, the user is asked whether there is one.
const SILENCE: Duration = Duration::from_secs(60);

/// Events that may wait for the catalog before fetching pauses.
const WAITING: usize = 64;

impl Run<'_> {
    /// Reads every source into the catalog.
    pub(crate) fn crawl(&mut self) -> Result<()> {
        let started = Instant::now();
        let extractor = Arc::new(crate::command::extract::extractor(self.global)?);
        let places = places(embedded::data("sources.toml")?, &self.config.sources)?;
        let plan = self.plan(&places, &extractor)?;
        let needed: BTreeSet<Registry> = plan.sources.iter().flat_map(|source| source.registries()).collect();
        let registries = packages::registries(&self.config, &self.args.indexes, &needed)?;
        let client = self.client(&places, &registries)?;
        let memory = Memory::new(self.catalog.clone(), &clock::now());
        let progress = Progress::start("read", 0, self.global.quiet);
        for endpoint in registries.endpoints() {
            progress.note(&format!("index {} (from {})", endpoint.url, endpoint.stated_by));
        }
        let runtime = tokio::runtime::Runtime::new().context("starting the runtime")?;
        let (events, inbox) = mpsc::channel(WAITING);
        let visitor = Visitor { client: client.clone(), memory, blobs: self.blobs.clone(), registries };
        let reader = Reader { extractor, visitor: visitor.clone(), network: runtime.handle().clone() };
        let until = plan.until;
        let crawl = runtime.spawn(riskdex_crawl::run(plan, visitor, events));
        let gathered = runtime.block_on(async {
            match &self.args.queue {
                None => self.gather(inbox, &reader, &progress).await,
                Some(queue) => self.gather_shared(inbox, queue, &reader, until, &progress).await,
            }
        });
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
        Ok(Plan {
            sources: chosen,
            only: args.only.clone(),
            limit: args.limit,
            never: self.config.never.clone(),
            visits: if args.queue.is_some() { Visits::Told } else { Visits::Made(JOBS) },
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
    async fn gather(&mut self, mut inbox: mpsc::Receiver<Event>, reader: &Reader, progress: &Progress) -> Result<()> {
        let most = available_parallelism().map_or(1, usize::from);
        let mut readings: JoinSet<Reading> = JoinSet::new();
        let mut open = true;
        let interrupted = serve::interrupted();
        tokio::pin!(interrupted);
        while open || !readings.is_empty() {
            tokio::select! {
                event = inbox.recv(), if open && readings.len() < most => match event {
                    Some(Event::Visited(visited)) => {
                        let reader = reader.clone();
                        readings.spawn_blocking(move || reader.read(visited));
                    }
                    Some(event) => self.note(event, progress)?,
                    None => open = false,
                },
                Some(reading) = readings.join_next() => self.record(&reading.context("a reader was ended")?, reader.extractor.version(), progress)?,
                () = &mut interrupted => bail!("interrupted; what was read is kept, and the next run goes on from there"),
            }
        }
        Ok(())
    }

    /// Takes events until the crawl ends, with the visits made by workers: they are handed out over the queue, and
    /// what the workers read is written here, one transaction each.
    async fn gather_shared(
        &mut self,
        mut inbox: mpsc::Receiver<Event>,
        queue: &Url,
        reader: &Reader,
        until: Option<Instant>,
        progress: &Progress,
    ) -> Result<()> {
        let version = reader.extractor.version();
        let Visitor { client, registries, .. } = &reader.visitor;
        let queue = Queue::connect(queue).await?;
        let mut desk = Desk::open(queue, client.clone(), registries.clone(), version, until).await?;
        let mut open = true;
        let interrupted = serve::interrupted();
        tokio::pin!(interrupted);
        while open || desk.waiting() > 0 {
            tokio::select! {
                event = inbox.recv(), if open => match event {
                    Some(Event::Due(visit)) => desk.hand_out(visit),
                    Some(event) => self.note(event, progress)?,
                    None => open = false,
                },
                answer = desk.next::<Reading>() => {
                    let answer = answer?;
                    match &answer.value {
                        Ok(reading) => self.record(reading, version, progress)?,
                        Err(error) => progress.note(&format!("{}: its answer cannot be read: {error}", answer.package)),
                    }
                    answer.recorded().await?;
                }
                () = tokio::time::sleep(SILENCE), if desk.waiting() > 0 => {
                    let waiting = desk.waiting();
                    progress.note(&format!("{waiting} visits wait; is a worker running? (riskdex worker --queue …)"));
                }
                () = &mut interrupted => bail!("interrupted; what was read is kept, and the next run goes on from there"),
            }
        }
        self.note(Event::Left(desk.left()), progress)
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
            Event::Planned { due, later, same, never, first } => {
                (self.report.due, self.report.later) = (due as u64, later as u64);
                (self.report.same, self.report.never) = (same as u64, never as u64);
                progress.expect(due as u64);
                progress.note(&format!("{due} servers to ask, {later} not due yet"));
                self.planned = first;
            }
            Event::Left(0) => {}
            Event::Left(servers) => {
                self.report.left = servers as u64;
                progress.note(&format!("the time is up; {servers} servers are left for the next run"));
            }
            Event::Failed { source, error } => {
                let (stage, kind) = ("list".to_owned(), error.kind().to_owned());
                let failure =
                    Failure { server: String::new(), package: source, stage, kind, error: with_causes(&error) };
                progress.note(&format!(
                    "{}: {} failed: {}",
                    failure.package,
                    failure.stage,
                    riskdex_model::visible_line(&failure.error)
                ));
                self.report.failed.push(failure);
            }
            Event::Noted { source, note } => {
                let note = format!("{source}: {note}");
                progress.note(&note);
                self.report.notes.push(note);
            }
            Event::Visited(_) | Event::Due(_) => {}
        }
        Ok(())
    }

    /// Writes what a visit gave: one transaction.
    fn record(&mut self, reading: &Reading, extractor: &str, progress: &Progress) -> Result<()> {
        let Reading { server, outcome } = reading;
        let now = clock::now();
        progress.step(&format!("{}: {outcome}", server.name));
        match outcome {
            Outcome::Unchanged => {
                self.report.unchanged += 1;
                self.catalog().record_unchanged(&server.package, &now)?;
            }
            Outcome::Failed(failure) => {
                self.catalog().record_failure(&server.package, &failure.stage, &failure.error, &now)?;
                self.report.failed.push(failure.clone());
            }
            Outcome::Read(release, extraction) => {
                let changes = self.catalog().record_release(release, extraction, extractor, &now)?;
                self.report.read += 1;
                self.report.new_tools += changes.new.len() as u64;
                self.report.changed_tools += changes.changed.len() as u64;
                self.report.gone_tools += changes.gone.len() as u64;
            }
        }
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
    let place = place.unlock(name, &Machine)?;
    Ok(match place.form {
        Form::Awslabs => Box::new(Awslabs::new(embedded::data("awslabs.toml")?, place)?),
        Form::Registry => Box::new(McpRegistry::new(name, place)),
        Form::List => Box::new(OnlineList::new(name, place)),
        Form::Docker => Box::new(Docker::new(name, place)),
        Form::Smithery => Box::new(Smithery::new(name, place)),
        Form::Glama => Box::new(Glama::new(name, place)),
    })
}
