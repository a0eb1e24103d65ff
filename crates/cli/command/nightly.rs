//! `riskdex nightly`: the whole job in one run.

use anyhow::Result;

use super::crawl::{exit_of, show_report};
use crate::args::{Global, Nightly};
use crate::exit::Exit;
use crate::pipeline::{Rendering, Run};
use crate::serve;

pub(crate) fn run(global: &Global, args: &Nightly) -> Result<Exit> {
    let runtime = tokio::runtime::Runtime::new()?;
    // Listening comes first: a taken address should not be found out after the work; nor should a wrong setting.
    let listener = if args.serve { Some(runtime.block_on(serve::bind(args.listen))?) } else { None };
    let site = Rendering::prepare(global, &args.site)?;
    let mut run = Run::crawl(global, &args.crawl)?;
    run.classify()?;
    run.render(&site)?;
    let report = run.finish()?;
    show_report(&report, args.crawl.format)?;
    if let Some(listener) = listener {
        runtime.block_on(serve::serve(site.out(), listener))?;
    }
    Ok(exit_of(&report))
}
