//! `riskdex site`: the catalog becomes a site.

use anyhow::Result;

use crate::args::{Global, Site};
use crate::exit::Exit;
use crate::pipeline::Rendering;

pub(crate) fn run(global: &Global, args: &Site) -> Result<Exit> {
    Rendering::prepare(global, args)?.render()?;
    Ok(Exit::Success)
}
