//! `riskdex report`: over the whole catalog.

use std::io::{self, Write};

use anyhow::Result;
use riskdex_catalog::Catalog;
use riskdex_model::visible;
use serde_json::json;

use crate::args::{Global, Report, TextOrJson};
use crate::config::Config;
use crate::exit::Exit;

pub(crate) fn run(global: &Global, command: &Report) -> Result<Exit> {
    let Report::Annotations { format } = command;
    let data_dir = Config::load(global)?.data_dir(global)?;
    let catalog = Catalog::open_read_only(&data_dir)?;
    let mut out = io::BufWriter::new(io::stdout().lock());
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
    if *format == TextOrJson::Text {
        writeln!(out, "{rows} tool{} whose annotations and definition disagree", if rows == 1 { "" } else { "s" })?;
    }
    out.flush()?;
    Ok(Exit::Success)
}
