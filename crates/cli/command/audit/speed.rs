//! How long reading a package takes, beside how long the server takes to start and answer.

use std::fs;
use std::io::{self, Write};

use riskdex_site::Figure;

use super::extraction::Server;
use super::figure;
use crate::counted::counted;

/// A line for each server of which both times are known, in the order of the files.
pub(super) fn print(servers: &[Server], out: &mut impl Write) -> io::Result<()> {
    writeln!(out, "{:48} {:>10} {:>16} {:>7}", "server", "read", "start and answer", "ratio")?;
    for server in servers {
        let Some((ratio, started)) = ratio(server) else { continue };
        let name = format!("{} {}", server.package, server.version);
        let read = format!("{:.1} ms", server.seconds * 1000.0);
        let ratio = if ratio < 10.0 { format!("{ratio:.1}x") } else { format!("{ratio:.0}x") };
        writeln!(out, "{name:48} {read:>10} {:>16} {ratio:>7}", format!("{started:.2} s"))?;
    }
    Ok(())
}

pub(super) fn figures(servers: &[Server]) -> Vec<Figure> {
    let mut figures = Vec::new();
    let mut ratios: Vec<f64> = servers.iter().filter_map(|server| Some(ratio(server)?.0)).collect();
    ratios.sort_by(f64::total_cmp);
    if let Some(median) = ratios.get(ratios.len() / 2) {
        let how = format!("time to start and answer by time to read, median of {}", counted(ratios.len(), "server"));
        figures.push(figure("reading instead of running", format!("{median:.0} times faster"), &how));
    }
    if let Some(kib) = peak_kib() {
        let how = "resident, the whole process, every package one after the other";
        figures.push(figure("memory at most", format!("{} MiB", kib.div_ceil(1024)), how));
    }
    figures
}

/// How many times longer starting took than reading, and how long it took, in seconds.
fn ratio(server: &Server) -> Option<(f64, f64)> {
    let started = server.startup_seconds?;
    (server.error.is_none() && server.seconds > 0.0).then(|| (started / server.seconds, started))
}

/// The most memory that this process has used, where the system says so (proc(5), VmHWM).
fn peak_kib() -> Option<u64> {
    let status = fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix("kB")?.trim().parse().ok()
}
