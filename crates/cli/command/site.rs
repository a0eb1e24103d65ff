//! `riskdex site`: the catalog becomes a site.

use anyhow::Result;

use crate::args::{Global, Site};
use crate::config::Config;
use crate::exit::Exit;
use crate::pipeline;

pub(crate) fn run(global: &Global, args: &Site) -> Result<Exit> {
    let data_dir = Config::load(global)?.data_dir(global)?;
    pipeline::render(global, args, &data_dir)?;
    Ok(Exit::Success)
}
