//! The forms in which verdicts are printed.

use std::io::Write;

use anyhow::Result;
use riskdex_classify::Rules;
use riskdex_model::{Level, Verdict, visible};
use serde::Serialize;
use serde_json::{Value, json};

use crate::args::VerdictFormat;

/// Prints verdicts in one form; a document that needs an end gets it from [`Writer::finish`].
pub(super) struct Writer<W> {
    format: VerdictFormat,
    out: W,
    is_begun: bool,
}

#[derive(Serialize)]
struct Line<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    server: Option<&'a str>,
    name: &'a str,
    #[serde(flatten)]
    verdict: &'a Verdict,
}

impl<W: Write> Writer<W> {
    pub(super) fn new(format: VerdictFormat, out: W) -> Self {
        Self { format, out, is_begun: false }
    }

    /// Writes what [`render`] made of some definitions, in order.
    pub(super) fn write(&mut self, rendered: &[u8]) -> Result<()> {
        let rest = match self.is_begun {
            true => rendered,
            false => {
                self.out.write_all(head(self.format).as_bytes())?;
                rendered.strip_prefix(separator(self.format).as_bytes()).unwrap_or(rendered)
            }
        };
        self.is_begun = true;
        Ok(self.out.write_all(rest)?)
    }

    /// Ends the document.
    pub(super) fn finish(mut self, rules: &Rules) -> Result<()> {
        match self.format {
            VerdictFormat::Json if !self.is_begun => self.out.write_all(b"[]\n")?,
            VerdictFormat::Json => self.out.write_all(b"\n]\n")?,
            VerdictFormat::Sarif => {
                if !self.is_begun {
                    self.out.write_all(SARIF_HEAD.as_bytes())?;
                }
                self.out.write_all(b"],\"tool\":")?;
                let driver = json!({"driver": {"name": "riskdex", "version": env!("CARGO_PKG_VERSION"),
                    "semanticVersion": env!("CARGO_PKG_VERSION"), "properties": {"rules": rules.version()},
                    "rules": riskdex_model::Category::ALL.iter().map(|category| sarif_rule(*category)).collect::<Vec<_>>()}});
                serde_json::to_writer(&mut self.out, &driver)?;
                self.out.write_all(b"}]}\n")?;
            }
            VerdictFormat::Jsonl | VerdictFormat::Table => {}
        }
        Ok(self.out.flush()?)
    }
}

/// Where a definition stands.
#[derive(Clone, Copy)]
pub(super) struct Place<'a> {
    pub(super) source: &'a str,
    /// Its line, or its position in the document, from 1.
    pub(super) line: usize,
    pub(super) server: Option<&'a str>,
}

/// Adds one verdict in a form, with what stands between it and the one before.
pub(super) fn render(
    format: VerdictFormat,
    place: Place,
    name: &str,
    verdict: &Verdict,
    mut out: &mut Vec<u8>,
) -> Result<()> {
    out.extend_from_slice(separator(format).as_bytes());
    match format {
        VerdictFormat::Jsonl | VerdictFormat::Json => {
            serde_json::to_writer(&mut out, &Line { server: place.server, name, verdict })?;
            if format == VerdictFormat::Jsonl {
                out.push(b'\n');
            }
        }
        VerdictFormat::Table => {
            let signals: Vec<_> = verdict.signals.iter().map(|signal| signal.as_str()).collect();
            let (name, sure) = (visible(name), verdict.confidence * 100.0);
            writeln!(out, "{:9} {:12} {sure:>4.0}%  {name:40} {}", verdict.risk, verdict.category, signals.join(" "))?;
        }
        VerdictFormat::Sarif => serde_json::to_writer(out, &sarif_result(place, name, verdict))?,
    }
    Ok(())
}

/// What stands before the first verdict.
fn head(format: VerdictFormat) -> &'static str {
    match format {
        VerdictFormat::Jsonl => "",
        VerdictFormat::Json => "[\n",
        VerdictFormat::Table => TABLE_HEAD,
        VerdictFormat::Sarif => SARIF_HEAD,
    }
}

/// What stands between two verdicts.
fn separator(format: VerdictFormat) -> &'static str {
    match format {
        VerdictFormat::Jsonl | VerdictFormat::Table => "",
        VerdictFormat::Json | VerdictFormat::Sarif => ",\n",
    }
}

const TABLE_HEAD: &str = "RISK      CATEGORY      SURE  TOOL                                     SIGNALS\n";

/// The document's start, up to the list of results (SARIF 2.1.0, OASIS).
const SARIF_HEAD: &str =
    "{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\",\"runs\":[{\"results\":[\n";

fn sarif_rule(category: riskdex_model::Category) -> Value {
    json!({"id": category.as_str(), "name": category.as_str(),
        "shortDescription": {"text": format!("A tool of category {category}")}})
}

fn sarif_result(place: Place, name: &str, verdict: &Verdict) -> Value {
    let level = match verdict.risk {
        Level::Low => "none",
        Level::Medium => "note",
        Level::High => "warning",
        Level::Critical => "error",
    };
    let name = visible(name);
    let logical = match place.server {
        Some(server) => format!("{server}/{name}"),
        None => name.to_string(),
    };
    json!({
        "ruleId": verdict.category.as_str(),
        "level": level,
        "kind": if verdict.risk == Level::Low { "informational" } else { "fail" },
        "message": {"text": verdict.rationale},
        "locations": [{
            "physicalLocation": {"artifactLocation": {"uri": place.source}, "region": {"startLine": place.line}},
            "logicalLocations": [{"name": name, "fullyQualifiedName": logical, "kind": "function"}],
        }],
        "properties": {"risk": verdict.risk, "confidence": verdict.confidence, "signals": verdict.signals},
    })
}
