//! `riskdex report`: over the whole catalog.

use std::io::{self, Write};

use anyhow::Result;
use riskdex_catalog::{Catalog, ServerRecord, ToolRecord};
use riskdex_model::visible;
use serde_json::{Value, json};

use crate::args::{Global, Report, TextOrJson};
use crate::config::Config;
use crate::exit::Exit;

pub(crate) fn run(global: &Global, command: &Report) -> Result<Exit> {
    let data_dir = Config::load(global)?.data_dir(global)?;
    let catalog = Catalog::open_read_only(&data_dir)?;
    let mut out = io::BufWriter::new(io::stdout().lock());
    match command {
        Report::Annotations { format } => annotations(&catalog, *format, &mut out)?,
        Report::Servers => servers(&catalog, &mut out)?,
    }
    out.flush()?;
    Ok(Exit::Success)
}

fn annotations(catalog: &Catalog, format: TextOrJson, out: &mut impl Write) -> Result<()> {
    let mut rows = 0_u64;
    for slug in catalog.slugs()? {
        let Some(record) = catalog.server(&slug)? else { continue };
        for tool in &record.tools {
            let Some(verdict) = tool.verdict.as_ref().filter(|verdict| !verdict.disagreements.is_empty()) else {
                continue;
            };
            rows += 1;
            match format {
                TextOrJson::Text => {
                    let (server, name) = (&record.server.name, visible(&tool.tool.name));
                    writeln!(out, "{server} {name} ({}): {}", verdict.category, verdict.disagreements.join(" "))?;
                }
                TextOrJson::Json => {
                    let row = json!({"server": record.server.slug, "tool": tool.tool.name, "category": verdict.category,
                        "risk": verdict.risk, "annotations": tool.tool.annotations, "disagreements": verdict.disagreements});
                    writeln!(out, "{row}")?;
                }
            }
        }
    }
    if format == TextOrJson::Text {
        writeln!(out, "{rows} tool{} whose annotations and definition disagree", if rows == 1 { "" } else { "s" })?;
    }
    Ok(())
}

fn servers(catalog: &Catalog, out: &mut impl Write) -> Result<()> {
    for slug in catalog.slugs()? {
        if let Some(record) = catalog.server(&slug)? {
            writeln!(out, "{}", known(&record))?;
        }
    }
    Ok(())
}

/// What is known of a server now, and not since when: the same of two catalogs that know the same.
fn known(record: &ServerRecord) -> Value {
    let ServerRecord { server, release, tools, lists, dynamic, notes, gaps, failure, .. } = record;
    let tool = |record: &ToolRecord| {
        let ToolRecord { slug, tool, fingerprint, verdict, .. } = record;
        json!({"slug": slug, "fingerprint": fingerprint, "tool": tool, "verdict": verdict})
    };
    let failure = failure.as_ref().map(|failure| json!({"stage": failure.stage, "error": failure.error}));
    json!({"server": server, "release": release, "tools": tools.iter().map(tool).collect::<Vec<_>>(), "lists": lists,
        "dynamic": dynamic, "notes": notes, "gaps": gaps, "failure": failure})
}
