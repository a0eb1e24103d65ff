//! `riskdex crawl`: ask the indexes, fetch what is new, read it into the catalog.

use std::io::{self, Write};

use anyhow::Result;
use riskdex_catalog::RunReport;
use riskdex_model::visible;

use crate::args::{Crawl, Global, TextOrJson};
use crate::exit::Exit;
use crate::pipeline::Run;

/// Most failures that the text report lists.
const FAILURES_SHOWN: usize = 50;

pub(crate) fn run(global: &Global, args: &Crawl) -> Result<Exit> {
    let mut run = Run::begin(global, args)?;
    run.crawl()?;
    run.classify()?;
    let report = run.finish()?;
    show_report(&report, args.format)?;
    Ok(exit_of(&report))
}

/// 0 with all read, 3 with some failed, 1 with none read.
pub(crate) fn exit_of(report: &RunReport) -> Exit {
    match (report.failed.is_empty(), report.read + report.unchanged) {
        (true, _) => Exit::Success,
        (false, 0) => Exit::Nothing,
        (false, _) => Exit::SomeFailed,
    }
}

pub(crate) fn show_report(report: &RunReport, format: TextOrJson) -> Result<()> {
    let mut out = io::stdout().lock();
    match format {
        TextOrJson::Text => print_report(report, &mut out)?,
        TextOrJson::Json => {
            serde_json::to_writer_pretty(&mut out, report)?;
            writeln!(out)?;
        }
    }
    Ok(())
}

/// The report for people.
pub(crate) fn print_report(report: &RunReport, out: &mut impl Write) -> io::Result<()> {
    let RunReport { listed, read, unchanged, new_tools, changed_tools, gone_tools, .. } = report;
    writeln!(out, "  servers  {listed} listed, {read} read, {unchanged} unchanged, {} failed", report.failed.len())?;
    writeln!(out, "  tools    {new_tools} new, {changed_tools} changed, {gone_tools} gone")?;
    let mib = report.bytes as f64 / f64::from(1 << 20);
    writeln!(out, "  network  {} requests, {mib:.1} MiB, {:.1} s in all", report.requests, report.seconds)?;
    for failure in report.failed.iter().take(FAILURES_SHOWN) {
        writeln!(out, "  failed   {} ({}): {}", visible(&failure.package), failure.stage, visible(&failure.error))?;
    }
    if let Some(more) = report.failed.len().checked_sub(FAILURES_SHOWN).filter(|more| *more > 0) {
        writeln!(out, "  … and {more} more; all of them: riskdex status --format json")?;
    }
    Ok(())
}
