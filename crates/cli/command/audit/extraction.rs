//! Extracted tools beside what the same servers answered to `tools/list`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Instant;

use anyhow::{Context, Result, ensure};
use riskdex_extract::Extractor;
use riskdex_model::{Artifact, PackageId, Registry, Tool};
use riskdex_site::Figure;
use serde::{Deserialize, Serialize};

use super::artifacts::Artifacts;
use super::{figure, percent};
use crate::counted::counted;

/// What a server answered, and the artifact it was installed from.
#[derive(Deserialize)]
struct Truth {
    package: String,
    version: String,
    registry: Registry,
    artifact: Artifact,
    /// Whether the tools' names stand in the artifact itself.
    in_artifact: bool,
    /// How long the server took to start and answer.
    #[serde(default)]
    startup_seconds: Option<f64>,
    tools: Vec<Tool>,
}

/// One server's comparison.
#[derive(Default, Serialize)]
pub(super) struct Server {
    pub(super) package: String,
    pub(super) version: String,
    registry: Option<Registry>,
    in_artifact: bool,
    /// Tools that the server answered.
    truth: usize,
    /// Tools that were extracted.
    found: usize,
    missing: Vec<String>,
    extra: Vec<String>,
    /// Of the tools in both: how many have the same description, parameters, required parameters.
    matched: usize,
    descriptions: usize,
    parameters: usize,
    required: usize,
    dynamic: Option<String>,
    /// How long reading took.
    pub(super) seconds: f64,
    /// How long the server took to start and answer, when its truth file was made.
    pub(super) startup_seconds: Option<f64>,
    /// Whether its artifact was there to be read; where it was not, nothing was measured.
    pub(super) at_hand: bool,
    pub(super) error: Option<String>,
}

/// Compares every truth file below a folder whose package name holds `only`.
pub(super) fn measure(
    extractor: &Extractor,
    truth: &Path,
    artifacts: &mut Artifacts<'_>,
    only: &str,
) -> Result<Vec<Server>> {
    let mut files = Vec::new();
    json_files(truth, &mut files)?;
    let mut servers = Vec::new();
    for path in files {
        let text = fs::read_to_string(&path).with_context(|| format!("cannot read {}", path.display()))?;
        let truth: Truth =
            serde_json::from_str(&text).with_context(|| format!("{} is no truth file", path.display()))?;
        if truth.package.contains(only) {
            let package = PackageId::new(truth.registry, &truth.package);
            let artifact = artifacts.get(&package, &truth.version, &truth.artifact);
            servers.push(compare(extractor, &truth, artifact));
        }
    }
    ensure!(!servers.is_empty(), "no truth files in {}", truth.display());
    Ok(servers)
}

fn json_files(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let mut entries = fs::read_dir(folder)
        .and_then(Iterator::collect::<io::Result<Vec<_>>>)
        .with_context(|| format!("cannot read folder {}", folder.display()))?;
    entries.sort_by_key(fs::DirEntry::path);
    for path in entries.into_iter().map(|entry| entry.path()) {
        if path.is_dir() {
            json_files(&path, files)?;
        } else if path.extension().is_some_and(|e| e == "json") {
            files.push(path);
        }
    }
    Ok(())
}

fn compare(extractor: &Extractor, truth: &Truth, artifact: Result<PathBuf>) -> Server {
    let mut server = Server {
        package: truth.package.clone(),
        version: truth.version.clone(),
        registry: Some(truth.registry),
        in_artifact: truth.in_artifact,
        truth: truth.tools.len(),
        startup_seconds: truth.startup_seconds,
        at_hand: artifact.is_ok(),
        ..Server::default()
    };
    let read = artifact.and_then(|artifact| {
        let started = Instant::now();
        Ok((extractor.read(&artifact)?, started.elapsed()))
    });
    let (extraction, elapsed) = match read {
        Ok(read) => read,
        Err(error) => {
            server.error = Some(format!("{error:#}"));
            return server;
        }
    };
    server.seconds = elapsed.as_secs_f64();
    let found: BTreeMap<&str, &Tool> = extraction.tools.iter().map(|tool| (tool.name.as_str(), tool)).collect();
    let wanted: BTreeMap<&str, &Tool> = truth.tools.iter().map(|tool| (tool.name.as_str(), tool)).collect();
    let absent = |from: &BTreeMap<&str, &Tool>, of: &BTreeMap<&str, &Tool>| {
        of.keys().filter(|name| !from.contains_key(*name)).map(|name| (*name).to_owned()).collect()
    };
    (server.missing, server.extra) = (absent(&found, &wanted), absent(&wanted, &found));
    server.found = found.len();
    for (name, wanted) in &wanted {
        let Some(found) = found.get(name) else { continue };
        server.matched += 1;
        server.descriptions += usize::from(words(wanted) == words(found));
        server.parameters += usize::from(names(wanted, false) == names(found, false));
        server.required += usize::from(names(wanted, true) == names(found, true));
    }
    server.dynamic = extraction.dynamic;
    server
}

/// The description with its white space folded: SDKs differ in how they clean it.
fn words(tool: &Tool) -> Vec<&str> {
    tool.description.as_deref().unwrap_or_default().split_whitespace().collect()
}

fn names(tool: &Tool, required: bool) -> BTreeSet<String> {
    let parameters = tool.parameters().into_iter();
    parameters.filter(|p| !required || p.required).map(|p| p.name.to_owned()).collect()
}

/// A line for each server that is not exact.
pub(super) fn print(servers: &[Server], out: &mut impl Write) -> io::Result<()> {
    for server in servers {
        let Server { package, version, truth, matched, missing, extra, descriptions, parameters, seconds, .. } = server;
        match &server.error {
            Some(error) => writeln!(out, "{package} {version}: {error}")?,
            None if missing.is_empty() && extra.is_empty() && descriptions == matched && parameters == matched => {}
            None => writeln!(
                out,
                "{package} {version}: {matched} of {truth}, {} extra, {descriptions} descriptions, {parameters} parameters, \
                 {seconds:.2} s; missing {:?}, extra {:?}",
                extra.len(),
                first(missing),
                first(extra),
            )?,
        }
    }
    Ok(())
}

fn first(names: &[String]) -> &[String] {
    names.get(..5).unwrap_or(names)
}

/// The sums, for each registry over the servers whose artifact is at hand and names their tools.
pub(super) fn figures(servers: &[Server]) -> Vec<Figure> {
    let mut figures = Vec::new();
    for registry in [Registry::Pypi, Registry::Npm] {
        let of: Vec<_> =
            servers.iter().filter(|s| s.registry == Some(registry) && s.in_artifact && s.at_hand).collect();
        if of.is_empty() {
            continue;
        }
        let sum = |count: fn(&Server) -> usize| of.iter().map(|server| count(server)).sum::<usize>();
        let exact = |s: &Server| usize::from(s.error.is_none() && s.missing.is_empty() && s.extra.is_empty());
        let (truth, found, matched) = (sum(|s| s.truth), sum(|s| s.found), sum(|s| s.matched));
        let label = registry.label();
        let basis = format!("{}, {}", counted(of.len(), &format!("{label} server")), counted(truth, "tool"));
        let mut add = |name: &str, value, how: &str| {
            figures.push(figure(format!("{label}: {name}"), value, &format!("{how}; {basis}")));
        };
        add("tools found", percent(matched, truth), "of the tools that the running servers list");
        add("tools that exist", percent(matched, found), "of the tools that we list");
        add("servers exact", percent(sum(exact), of.len()), "the same names, none more");
        add("descriptions equal", percent(sum(|s| s.descriptions), matched), "word for word");
        add("parameters equal", percent(sum(|s| s.parameters), matched), "the same names");
        add("required parameters equal", percent(sum(|s| s.required), matched), "the same names");
        add("time of a package, median", milliseconds(&of, 2), "one thread");
        add("time of a package, slowest", milliseconds(&of, 1), "one thread");
    }
    figures
}

/// The time that all but one in `share` servers stay below.
fn milliseconds(servers: &[&Server], share: usize) -> String {
    let read = servers.iter().filter(|server| server.error.is_none());
    let mut seconds: Vec<f64> = read.map(|server| server.seconds).collect();
    seconds.sort_by(f64::total_cmp);
    let at = (seconds.len() / share).min(seconds.len().saturating_sub(1));
    seconds.get(at).map_or_else(|| "-".to_owned(), |seconds| format!("{:.0} ms", seconds * 1000.0))
}
