//! The main job, one stage after the other. Each stage leaves the catalog whole, so a run that is ended at any
//! moment loses nothing that was recorded, and the next one takes up what is missing.

mod crawl;
mod reading;
mod render;

use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Instant;

use anyhow::{Context, Result};
use rayon::prelude::*;
use riskdex_catalog::{BlobStore, Catalog, Lock, RunId, RunReport};
use riskdex_crawl::Asked;
use riskdex_model::Server;

pub(crate) use self::reading::{Reader, Reading};
pub(crate) use self::render::render;
use crate::args::{Crawl, Global, Site};
use crate::clock;
use crate::config::Config;
use crate::exit::Exit;
use crate::progress::Progress;

/// Definitions that are classified and recorded in one step.
const BATCH: usize = 2000;

/// Source that is read when the user names none.
const USUAL_SOURCE: &str = "awslabs";

/// One run: it holds the data directory until it is finished or ends.
pub(crate) struct Run<'a> {
    global: &'a Global,
    args: &'a Crawl,
    config: Config,
    data_dir: PathBuf,
    catalog: Arc<Mutex<Catalog>>,
    blobs: BlobStore,
    /// None of a run that only looks.
    id: Option<RunId>,
    report: RunReport,
    /// The first servers that the crawl was to ask.
    planned: Vec<Server>,
    /// When the run began that this one may go on with.
    unfinished: Option<String>,
    started: Instant,
    _lock: Lock,
}

impl<'a> Run<'a> {
    /// Takes the data directory and opens what is in it.
    pub(crate) fn begin(global: &'a Global, args: &'a Crawl) -> Result<Self> {
        Self::open(global, args, false)
    }

    /// What a run would do: the sources are read, and nothing is asked or written but what they answered.
    pub(crate) fn look(global: &'a Global, args: &'a Crawl) -> Result<(RunReport, Vec<Server>)> {
        let mut run = Self::open(global, args, true)?;
        run.crawl()?;
        let planned = std::mem::take(&mut run.planned);
        Ok((run.finish()?, planned))
    }

    fn open(global: &'a Global, args: &'a Crawl, looks: bool) -> Result<Self> {
        let config = Config::load(global)?;
        let data_dir = config.data_dir(global)?;
        std::fs::create_dir_all(&data_dir)
            .with_context(|| format!("cannot make data directory {}", data_dir.display()))?;
        let lock = Lock::take(&data_dir).context(Exit::Busy)?;
        let mut catalog = Catalog::open(&data_dir)?;
        let blobs = BlobStore::open(&data_dir.join("blobs"))?;
        blobs.sweep(&lock)?;
        let unfinished = catalog.unfinished_run()?;
        let id = if looks { None } else { Some(catalog.begin_run(&sources(&config, args).join(" "), &clock::now())?) };
        let catalog = Arc::new(Mutex::new(catalog));
        let (report, planned, started) = (RunReport::default(), Vec::new(), Instant::now());
        Ok(Self {
            global,
            args,
            config,
            data_dir,
            catalog,
            blobs,
            id,
            report,
            planned,
            unfinished,
            started,
            _lock: lock,
        })
    }

    /// Which servers this run asks, by what the user said.
    fn asked(&self) -> Result<Asked> {
        Ok(match (self.args.fresh, self.args.resume) {
            _ if self.id.is_none() => Asked::None,
            (true, _) => Asked::All,
            (false, false) => Asked::Due,
            (false, true) => Asked::DueAndNotSince(
                self.unfinished.clone().context("there is nothing to resume: the last run came to its end")?,
            ),
        })
    }

    /// Builds the site from the catalog; its folder.
    pub(crate) fn render(&mut self, site: &Site) -> Result<PathBuf> {
        let started = Instant::now();
        let folder = render(self.global, site, &self.data_dir)?;
        self.report.took("site", started.elapsed());
        Ok(folder)
    }

    fn catalog(&self) -> MutexGuard<'_, Catalog> {
        // A panic elsewhere leaves at most an unfinished transaction, which SQLite takes back.
        self.catalog.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives every definition in use a verdict of the current rules.
    pub(crate) fn classify(&mut self) -> Result<()> {
        let started = Instant::now();
        let rules = crate::command::rules::load(self.global)?;
        let progress = Progress::start("classify", 0, self.global.quiet);
        let mut judged = 0;
        loop {
            let batch = self.catalog().unclassified(rules.version(), BATCH)?;
            if batch.is_empty() {
                break;
            }
            judged += batch.len();
            let verdicts: Vec<_> = batch.into_par_iter().map(|(id, tool)| (id, rules.classify(&tool))).collect();
            self.catalog().record_verdicts(rules.version(), &verdicts, &clock::now())?;
        }
        self.report.took("classify", started.elapsed());
        progress.finish(&format!("classified {judged} definitions by rules {}", rules.version()));
        Ok(())
    }

    /// Closes the run with its report.
    pub(crate) fn finish(mut self) -> Result<RunReport> {
        self.report.close(self.started.elapsed());
        if let Some(id) = self.id {
            self.catalog().finish_run(id, &self.report, &clock::now())?;
        }
        Ok(self.report)
    }
}

/// The sources to read: those that were named, else those of the configuration, else the usual one.
fn sources(config: &Config, args: &Crawl) -> Vec<String> {
    let mut names = if args.source.is_empty() { config.source.clone() } else { args.source.clone() };
    if names.is_empty() {
        names.push(USUAL_SOURCE.to_owned());
    }
    names
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
