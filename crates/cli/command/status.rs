//! `riskdex status`: what is in the catalog, and how the last run went.

use std::io::{self, Write};

use anyhow::Result;
use riskdex_catalog::{Catalog, RunRecord, Totals};
use serde_json::json;

use crate::args::{Global, Status, TextOrJson};
use crate::config::Config;
use crate::exit::Exit;

pub(crate) fn run(global: &Global, args: &Status) -> Result<Exit> {
    let data_dir = Config::load(global)?.data_dir(global)?;
    let totals = Catalog::open_read_only(&data_dir)?.totals()?;
    let mut out = io::stdout().lock();
    match args.format {
        TextOrJson::Json => {
            let document = json!({
                "servers": totals.servers,
                "servers_with_tools": totals.servers_with_tools,
                "tools": totals.tools,
                "definitions": totals.definitions,
                "by_level": totals.by_level,
                "by_category": totals.by_category,
                "failed": totals.failed,
                "last_run": totals.last_run,
            });
            writeln!(out, "{document:#}")?;
        }
        TextOrJson::Text => print(&totals, &mut out)?,
    }
    Ok(Exit::Success)
}

fn print(totals: &Totals, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "servers  {} ({} with tools, {} failed)", totals.servers, totals.servers_with_tools, totals.failed)?;
    writeln!(out, "tools    {} ({} distinct definitions)", totals.tools, totals.definitions)?;
    for (level, count) in &totals.by_level {
        writeln!(out, "  {level:9} {count}")?;
    }
    for (category, count) in &totals.by_category {
        writeln!(out, "  {category:12} {count}")?;
    }
    match &totals.last_run {
        Some(run) => print_run(run, out),
        None => writeln!(out, "no run yet; start one with: riskdex nightly --source awslabs"),
    }
}

fn print_run(run: &RunRecord, out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "last run {} of {}", run.started_at, run.source)?;
    match &run.report {
        Some(report) => super::crawl::print_report(report, out),
        None => writeln!(out, "  not finished: it is at work, or was ended; the next run takes up what is missing"),
    }
}
