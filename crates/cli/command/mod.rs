//! One module a command: each takes what the user typed and gives how it ended.

mod audit;
mod classify;
mod crawl;
pub(crate) mod extract;
mod introspect;
mod nightly;
mod policy;
mod report;
pub(crate) mod rules;
mod site;
mod status;
mod worker;

use std::io::{self, Write};

use anyhow::{Context, Result};
use clap::CommandFactory;

use crate::args::{Cli, Command, Serve};
use crate::config::Config;
use crate::exit::Exit;

/// Runs the command that was typed.
pub(crate) fn run(cli: Cli) -> Result<Exit> {
    let global = &cli.global;
    match cli.command {
        Command::Nightly(args) => nightly::run(global, &args),
        Command::Crawl(args) => crawl::run(global, &args),
        Command::Worker(args) => worker::run(global, &args),
        Command::Extract(args) => extract::run(global, &args),
        Command::Introspect(args) => introspect::run(global, &args),
        Command::Classify(args) => classify::run(global, &args),
        Command::Policy(args) => policy::run(global, args),
        Command::Site(args) => site::run(global, &args),
        Command::Serve(args) => serve(global, &args),
        Command::Rules(args) => rules::run(global, args),
        Command::Audit(args) => audit::run(global, &args),
        Command::Report(args) => report::run(global, &args),
        Command::Status(args) => status::run(global, &args),
        Command::Completions { shell } => {
            let mut script = Vec::new();
            clap_complete::generate(shell, &mut Cli::command(), "riskdex", &mut script);
            io::stdout().write_all(&script)?;
            Ok(Exit::Success)
        }
        Command::Man { out } => {
            std::fs::create_dir_all(&out).with_context(|| format!("cannot make folder {}", out.display()))?;
            clap_mangen::generate_to(Cli::command(), &out)
                .with_context(|| format!("cannot write man pages to {}", out.display()))?;
            Ok(Exit::Success)
        }
    }
}

fn serve(global: &crate::args::Global, args: &Serve) -> Result<Exit> {
    let config = Config::load(global)?;
    let folder = config.out(args.out.as_deref(), &config.data_dir(global)?);
    let runtime = tokio::runtime::Runtime::new().context("starting the runtime")?;
    runtime.block_on(async { crate::serve::serve(&folder, crate::serve::bind(args.listen).await?).await })?;
    Ok(Exit::Success)
}
