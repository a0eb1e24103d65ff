//! `riskdex classify`: tool definitions in, verdicts out, in the same order, in bounded memory.

mod input;
mod output;

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, IsTerminal, Write};

use anyhow::{Context, Result, ensure};
use rayon::prelude::*;
use riskdex_classify::Rules;
use riskdex_model::{Level, Tool};

use self::input::{Definitions, Raw};
use self::output::{Writer, render};
use crate::args::{Classify, Global, VerdictFormat};
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
        let judge = Judge { rules: &rules, format: args.format, source: "standard input" };
        judge.all(io::stdin().lock(), &mut writer, &mut worst)?;
    }
    for path in &args.files {
        let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        let judge = Judge { rules: &rules, format: args.format, source: &path.display().to_string() };
        judge.all(BufReader::with_capacity(1 << 16, file), &mut writer, &mut worst)?;
    }
    writer.finish(&rules)?;
    Ok(match (args.fail_on, worst) {
        (Some(limit), Some(worst)) if worst >= limit => Exit::Found,
        _ => Exit::Success,
    })
}

/// What the definitions of one input are judged by.
struct Judge<'a> {
    rules: &'a Rules,
    format: VerdictFormat,
    source: &'a str,
}

impl Judge<'_> {
    /// Judges everything in an input, a batch at a time.
    fn all(&self, reader: impl BufRead, writer: &mut Writer<impl Write>, worst: &mut Option<Level>) -> Result<()> {
        let mut definitions = Definitions::open(self.source, reader)?;
        loop {
            let batch = definitions.batch(BATCH)?;
            if batch.is_empty() {
                return Ok(());
            }
            let judged: Vec<(Level, Vec<u8>)> = batch.par_iter().map(|raw| self.one(raw)).collect::<Result<_>>()?;
            let (levels, rendered): (Vec<Level>, Vec<Vec<u8>>) = judged.into_iter().unzip();
            *worst = levels.into_iter().chain(*worst).max();
            writer.write(&rendered)?;
        }
    }

    fn one(&self, raw: &Raw) -> Result<(Level, Vec<u8>)> {
        let definition = raw.parse(self.source)?;
        let verdict = self.rules.classify(&definition.tool);
        Ok((verdict.risk, render(self.format, self.source, &definition, &verdict)?))
    }
}

/// Every tool of one input, for the commands that look at a few.
pub(super) fn definitions(source: &str, reader: impl BufRead) -> Result<Vec<Tool>> {
    let mut definitions = Definitions::open(source, reader)?;
    definitions.batch(usize::MAX)?.into_iter().map(|raw| Ok(raw.parse(source)?.tool)).collect()
}
