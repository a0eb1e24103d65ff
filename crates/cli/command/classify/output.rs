//! The forms in which verdicts are printed.

use std::io::Write;

use anyhow::Result;
use riskdex_classify::Rules;
use riskdex_model::{Level, Verdict, visible};
use serde::Serialize;
use serde_json::{Value, json};

use super::input::Definition;
use crate::args::VerdictFormat;

/// Prints verdicts in one form; a document that needs an end gets it from [`Writer::finish`].
pub(super) struct Writer<W> {
    format: VerdictFormat,
    out: W,
    written: usize,
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
        Self { format, out, written: 0 }
    }

    /// Writes what [`render`] made of some definitions, in order.
    pub(super) fn write(&mut self, rendered: &[Vec<u8>]) -> Result<()> {
        for one in rendered {
            let before = match (self.format, self.written) {
                (VerdictFormat::Jsonl, _) => "",
                (VerdictFormat::Json, 0) => "[\n",
                (VerdictFormat::Table, 0) => TABLE_HEAD,
                (VerdictFormat::Sarif, 0) => SARIF_HEAD,
                (VerdictFormat::Table, _) => "",
                (VerdictFormat::Json | VerdictFormat::Sarif, _) => ",\n",
            };
            self.out.write_all(before.as_bytes())?;
            self.out.write_all(one)?;
            self.written += 1;
        }
        Ok(())
    }

    /// Ends the document.
    pub(super) fn finish(mut self, rules: &Rules) -> Result<()> {
        match self.format {
            VerdictFormat::Json if self.written == 0 => self.out.write_all(b"[]\n")?,
            VerdictFormat::Json => self.out.write_all(b"\n]\n")?,
            VerdictFormat::Sarif => {
                if self.written == 0 {
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

/// One verdict in a form, without what stands between verdicts.
pub(super) fn render(
    format: VerdictFormat,
    source: &str,
    definition: &Definition,
    verdict: &Verdict,
) -> Result<Vec<u8>> {
    let mut out = Vec::with_capacity(1024);
    match format {
        VerdictFormat::Jsonl | VerdictFormat::Json => {
            let line = Line { server: definition.server.as_deref(), name: &definition.tool.name, verdict };
            serde_json::to_writer(&mut out, &line)?;
            if format == VerdictFormat::Jsonl {
                out.push(b'\n');
            }
        }
        VerdictFormat::Table => {
            let signals: Vec<_> = verdict.signals.iter().map(|signal| signal.as_str()).collect();
            let (name, sure) = (visible(&definition.tool.name), verdict.confidence * 100.0);
            writeln!(out, "{:9} {:12} {sure:>4.0}%  {name:40} {}", verdict.risk, verdict.category, signals.join(" "))?;
        }
        VerdictFormat::Sarif => serde_json::to_writer(&mut out, &sarif_result(source, definition, verdict))?,
    }
    Ok(out)
}

const TABLE_HEAD: &str = "RISK      CATEGORY      SURE  TOOL                                     SIGNALS\n";

/// The document's start, up to the list of results (SARIF 2.1.0, OASIS).
const SARIF_HEAD: &str =
    "{\"$schema\":\"https://json.schemastore.org/sarif-2.1.0.json\",\"version\":\"2.1.0\",\"runs\":[{\"results\":[\n";

fn sarif_rule(category: riskdex_model::Category) -> Value {
    json!({"id": category.as_str(), "name": category.as_str(),
        "shortDescription": {"text": format!("A tool of category {category}")}})
}

fn sarif_result(source: &str, definition: &Definition, verdict: &Verdict) -> Value {
    let level = match verdict.risk {
        Level::Low => "none",
        Level::Medium => "note",
        Level::High => "warning",
        Level::Critical => "error",
    };
    let name = visible(&definition.tool.name);
    let logical = match &definition.server {
        Some(server) => format!("{server}/{name}"),
        None => name.to_string(),
    };
    json!({
        "ruleId": verdict.category.as_str(),
        "level": level,
        "kind": if verdict.risk == Level::Low { "informational" } else { "fail" },
        "message": {"text": verdict.rationale},
        "locations": [{
            "physicalLocation": {"artifactLocation": {"uri": source}, "region": {"startLine": definition.place}},
            "logicalLocations": [{"name": name, "fullyQualifiedName": logical, "kind": "function"}],
        }],
        "properties": {"risk": verdict.risk, "confidence": verdict.confidence, "signals": verdict.signals},
    })
}
