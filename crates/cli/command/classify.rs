//! `riskdex classify`: tool definitions in, verdicts out, in the same order, in bounded memory.

mod input;
mod output;

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, IsTerminal, Write};
use std::path::Path;

use anyhow::{Context, Result, ensure};
use rayon::prelude::*;
use riskdex_classify::Rules;
use riskdex_model::{Level, Tool, Verdict};

use self::input::{Definition, Definitions};
use self::output::Writer;
use crate::args::{Classify, Global};
use crate::exit::Exit;

/// Definitions classified in one parallel step; bounds the memory that input and output take.
const BATCH: usize = 4096;

pub(crate) fn run(global: &Global, args: &Classify) -> Result<Exit> {
    let rules = super::rules::load(global)?;
    let stdin_is_terminal = io::stdin().is_terminal();
    ensure!(
        !args.files.is_empty() || !stdin_is_terminal,
        "nothing to read: name a file, or pipe tool definitions in (see riskdex classify --help)"
    );
    let mut writer = Writer::new(args.format, BufWriter::new(io::stdout().lock()));
    let mut worst = None;
    if args.files.is_empty() {
        classify("standard input", io::stdin().lock(), &rules, &mut writer, &mut worst)?;
    }
    for path in &args.files {
        let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        classify(&name_of(path), BufReader::with_capacity(1 << 16, file), &rules, &mut writer, &mut worst)?;
    }
    writer.finish(&rules)?;
    Ok(match (args.fail_on, worst) {
        (Some(limit), Some(worst)) if worst >= limit => Exit::Found,
        _ => Exit::Success,
    })
}

fn name_of(path: &Path) -> String {
    path.display().to_string()
}

fn classify(
    source: &str,
    reader: impl BufRead,
    rules: &Rules,
    writer: &mut Writer<impl Write>,
    worst: &mut Option<Level>,
) -> Result<()> {
    let mut definitions = Definitions::open(source, reader)?;
    loop {
        let batch = definitions.batch(BATCH)?;
        if batch.is_empty() {
            return Ok(());
        }
        let judged: Vec<(Definition, Verdict)> = batch
            .into_par_iter()
            .map(|raw| {
                let definition = raw.parse(source)?;
                let verdict = rules.classify(&definition.tool);
                Ok((definition, verdict))
            })
            .collect::<Result<_>>()?;
        *worst = judged.iter().map(|(_, verdict)| verdict.risk).chain(*worst).max();
        writer.write(source, &judged)?;
    }
}

/// Every tool of one input, for the commands that look at a few.
pub(super) fn definitions(source: &str, reader: impl BufRead) -> Result<Vec<Tool>> {
    let mut definitions = Definitions::open(source, reader)?;
    definitions.batch(usize::MAX)?.into_iter().map(|raw| Ok(raw.parse(source)?.tool)).collect()
}
