//! The riskdex program: reads what the user typed, runs one command, prints errors, picks the exit code.

mod args;
mod clock;
mod command;
mod config;
mod counted;
mod embedded;
mod exit;
mod packages;
mod pipeline;
mod progress;
mod sandbox;
mod serve;

use std::error::Error;
use std::io::{self, Write};
use std::process::ExitCode;

use clap::Parser;
use mimalloc::MiMalloc;
use tracing_subscriber::EnvFilter;

use crate::args::Cli;
use crate::exit::Exit;

/// Reading a bundle makes and frees millions of small values; the system's allocator takes a quarter of that time.
#[global_allocator]
static ALLOCATOR: MiMalloc = MiMalloc;

fn main() -> ExitCode {
    let cli = Cli::parse();
    log_to_stderr(cli.global.verbose);
    // The HTTP client is built without a default provider, so that only one cryptography library is linked.
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        tracing::debug!("a cryptography provider was installed before");
    }
    match command::run(cli) {
        Ok(exit) => exit.into(),
        Err(error) if is_broken_pipe(&error) => Exit::Success.into(),
        Err(error) => {
            // Whoever closed stderr does not want to know.
            let _closed = writeln!(io::stderr(), "riskdex: {}", pipeline::with_causes(error.as_ref()));
            error.downcast_ref::<Exit>().copied().unwrap_or(Exit::Nothing).into()
        }
    }
}

fn log_to_stderr(verbose: u8) {
    let default = match verbose {
        0 => "off",
        1 => "riskdex=info",
        2 => "riskdex=debug",
        _ => "debug",
    };
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(default));
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(io::stderr).init();
}

/// `riskdex … | head` is not an error.
fn is_broken_pipe(error: &anyhow::Error) -> bool {
    let kind = |cause: &(dyn Error + 'static)| match cause.downcast_ref::<serde_json::Error>() {
        // It hides what it could not write to.
        Some(json) => json.io_error_kind(),
        None => cause.downcast_ref::<io::Error>().map(io::Error::kind),
    };
    error.chain().filter_map(kind).any(|kind| kind == io::ErrorKind::BrokenPipe)
}
