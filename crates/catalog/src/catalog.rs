use std::path::Path;
use riskdex_model::{Extraction, Fingerprint, PackageId, Release, Server, Tool, Verdict};
use crate::*;

/// The catalog, open. One writes at a time; any number read beside it.
#[derive(Debug)]
pub struct Catalog {
    _connection: rusqlite::Connection,
}

#[allow(unused_variables, missing_docs, clippy::todo)]
impl Catalog {
    pub fn open(data_dir: &Path) -> Result<Self> { todo!() }
    pub fn open_read_only(data_dir: &Path) -> Result<Self> { todo!() }

    // Writes: each is one transaction. Servers are named by their package (identity), not by slug.
    pub fn begin_run(&mut self, source: &str, now: &str) -> Result<RunId> { todo!() }
    pub fn finish_run(&mut self, run: RunId, report: &RunReport, now: &str) -> Result<()> { todo!() }
    pub fn record_listing(&mut self, source: &str, servers: &[Server], now: &str) -> Result<()> { todo!() }
    /// The server is `release.package`'s; it must have been listed.
    pub fn record_release(&mut self, release: &Release, extraction: &Extraction, extractor: &str, now: &str) -> Result<Changes> { todo!() }
    pub fn record_failure(&mut self, package: &PackageId, stage: &str, error: &str, now: &str) -> Result<()> { todo!() }
    pub fn record_unchanged(&mut self, package: &PackageId, now: &str) -> Result<()> { todo!() }
    pub fn record_verdicts(&mut self, rules_version: &str, verdicts: &[(Fingerprint, Verdict)], now: &str) -> Result<()> { todo!() }
    /// Whether the server's current tools were read from that artifact by that extractor.
    pub fn is_read(&self, package: &PackageId, sha256: &str, extractor: &str) -> Result<bool> { todo!() }
    /// Call, judge, record, until it gives none.
    pub fn unclassified(&self, rules_version: &str, limit: usize) -> Result<Vec<(Fingerprint, Tool)>> { todo!() }

    // HTTP memory.
    pub fn answer(&self, url: &str) -> Result<Option<Answer>> { todo!() }
    pub fn remember(&mut self, url: &str, answer: &Answer) -> Result<()> { todo!() }
    /// The same answer still holds (304): only its time changes.
    pub fn confirm_answer(&mut self, url: &str, now: &str) -> Result<()> { todo!() }

    // Reads. Visitors may call other reads of the same catalog; all see one state.
    pub fn slugs(&self) -> Result<Vec<String>> { todo!() }
    pub fn for_each_server<E: From<Error>>(&self, visit: impl FnMut(ServerSummary) -> Result<(), E>) -> Result<(), E> { todo!() }
    pub fn server(&self, slug: &str) -> Result<Option<ServerRecord>> { todo!() }
    /// slug, published name, package id (`pypi:name`) or package name
    pub fn find(&self, name: &str) -> Result<Option<String>> { todo!() }
    /// by tool name, then server slug (Filter::All: by server slug, then tool slug)
    pub fn for_each_tool<E: From<Error>>(&self, filter: Filter, visit: impl FnMut(ToolSummary) -> Result<(), E>) -> Result<(), E> { todo!() }
    /// Tools of other servers whose name begins with the same word, the nearest names first.
    pub fn related(&self, server: &str, tool: &str, limit: usize) -> Result<Vec<ToolSummary>> { todo!() }
    /// newest first
    pub fn for_each_event<E: From<Error>>(&self, limit: usize, visit: impl FnMut(Event) -> Result<(), E>) -> Result<(), E> { todo!() }
    pub fn verdicts(&self, fingerprint: &Fingerprint) -> Result<Vec<VerdictRecord>> { todo!() }
    pub fn totals(&self) -> Result<Totals> { todo!() }
    pub fn last_run(&self) -> Result<Option<RunRecord>> { todo!() }
    pub fn search(&self, query: &str, limit: usize) -> Result<Vec<ToolSummary>> { todo!() }
    pub fn search_servers(&self, query: &str, limit: usize) -> Result<Vec<ServerSummary>> { todo!() }
    /// Every term of the search table with the ids of the tools it occurs in, terms and ids ascending.
    pub fn for_each_term<E: From<Error>>(&self, visit: impl FnMut(&str, &[i64]) -> Result<(), E>) -> Result<(), E> { todo!() }
}
