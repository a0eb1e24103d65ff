//! `riskdex classify`: tool definitions in, verdicts out, in the same order, in bounded memory.

mod input;
mod output;

use std::fs::File;
use std::io::{self, BufRead, BufReader, BufWriter, IsTerminal, Write};

use anyhow::{Context, Result, ensure};
use rayon::prelude::*;
use riskdex_classify::{Definition, Rules};
use riskdex_model::Level;

use self::input::{Definitions, Raw};
use self::output::{Place, Writer, render, uri};
use crate::args::{Classify, Global, VerdictFormat};
use crate::exit::Exit;

/// Bytes read from an input at a time.
const READ: usize = 1 << 16;
/// Definitions that one thread judges before it takes others.
const SHARE: usize = 64;

pub(crate) fn run(global: &Global, args: &Classify) -> Result<Exit> {
    let rules = super::rules::load(global)?;
    let stdin_is_terminal = io::stdin().is_terminal();
    ensure!(
        !args.files.is_empty() || !stdin_is_terminal,
        "nothing to read: name a file, or pipe tool definitions in (see riskdex classify --help)"
    );
    let mut writer = Writer::new(args.format, BufWriter::new(io::stdout().lock()));
    let mut met = Met::default();
    let ended = all(&rules, args, &mut writer, &mut met);
    // What was judged before an input failed is a whole document too.
    writer.finish(&rules)?;
    ended?;
    let is_found =
        args.fail_on.is_some_and(|limit| met.worst >= Some(limit)) || (args.fail_on_warnings && met.warnings);
    Ok(if is_found { Exit::Found } else { Exit::Success })
}

/// Judges what is in all inputs, up to the first that cannot be read.
fn all(rules: &Rules, args: &Classify, writer: &mut Writer<impl Write>, met: &mut Met) -> Result<()> {
    if args.files.is_empty() {
        let judge = Judge { rules, format: args.format, source: "standard input", uri: "stdin" };
        judge.all(BufReader::with_capacity(READ, io::stdin().lock()), writer, met)?;
    }
    for path in &args.files {
        let file = File::open(path).with_context(|| format!("cannot read {}", path.display()))?;
        let judge = Judge { rules, format: args.format, source: &path.display().to_string(), uri: &uri(path) };
        judge.all(BufReader::with_capacity(READ, file), writer, met)?;
    }
    Ok(())
}

/// What `--fail-on` and `--fail-on-warnings` ask for.
#[derive(Clone, Copy, Default)]
struct Met {
    worst: Option<Level>,
    warnings: bool,
}

impl Met {
    fn and(self, other: Self) -> Self {
        Self { worst: self.worst.max(other.worst), warnings: self.warnings || other.warnings }
    }
}

/// What the definitions of one input are judged by.
struct Judge<'a> {
    rules: &'a Rules,
    format: VerdictFormat,
    /// The input's name for a reader.
    source: &'a str,
    /// The same as a reference.
    uri: &'a str,
}

/// The verdicts on some definitions, up to the first that cannot be read.
struct Judged {
    rendered: Vec<u8>,
    met: Met,
    ended: Result<()>,
}

impl Judge<'_> {
    /// Judges everything in an input, a batch at a time.
    fn all(&self, reader: impl BufRead, writer: &mut Writer<impl Write>, met: &mut Met) -> Result<()> {
        let mut definitions = Definitions::open(self.source, reader)?;
        while let Some(batch) = definitions.batch()? {
            let all: Vec<Raw> = batch.definitions().collect();
            let judged: Vec<Judged> = all.par_chunks(SHARE).map(|some| self.some(some)).collect();
            for Judged { rendered, met: of_these, ended } in judged {
                writer.write(&rendered)?;
                *met = met.and(of_these);
                ended?;
            }
        }
        Ok(())
    }

    fn some(&self, definitions: &[Raw]) -> Judged {
        let (mut rendered, mut met) = (Vec::with_capacity(definitions.len() * 1024), Met::default());
        let mut definition = Definition::default();
        let mut one = |raw: &Raw| {
            let server = raw.read(&mut definition, self.source)?;
            let verdict = self.rules.judge(&definition);
            met = met.and(Met { worst: Some(verdict.risk), warnings: verdict.is_suspicious() });
            let place = Place { uri: self.uri, line: raw.place.line, server: server.as_deref() };
            render(self.format, place, definition.name(), &verdict, &mut rendered)
        };
        let ended = definitions.iter().try_for_each(&mut one);
        Judged { rendered, met, ended }
    }
}

/// Every tool of one input, for the commands that look at a few.
pub(super) fn definitions(source: &str, reader: impl BufRead) -> Result<Vec<Definition>> {
    let mut definitions = Definitions::open(source, reader)?;
    let mut all = Vec::new();
    while let Some(batch) = definitions.batch()? {
        for raw in batch.definitions() {
            let mut definition = Definition::default();
            raw.read(&mut definition, source)?;
            all.push(definition);
        }
    }
    Ok(all)
}
