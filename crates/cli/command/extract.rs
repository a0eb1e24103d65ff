//! `riskdex extract`: the tools inside one package.

use std::io::{self, Write};
use std::path::{Path, PathBuf};

use anyhow::Result;
use riskdex_extract::Extractor;
use riskdex_model::{Extraction, capped, visible_line};

use crate::args::{Extract, Global, TextOrJson};
use crate::embedded;
use crate::exit::Exit;
use crate::packages::{self, Packages};

/// Longest description in the text form, in characters.
const SUMMARY_MAX: usize = 100;

/// The extractor with the built-in recipes, and the user's over them.
pub(crate) fn extractor(global: &Global) -> Result<Extractor> {
    Ok(Extractor::new(embedded::recipes(global.rules.as_deref())?)?)
}

pub(crate) fn run(global: &Global, args: &Extract) -> Result<Exit> {
    let extractor = extractor(global)?;
    let extraction = if args.follow_dependencies {
        let mut packages = None;
        packages::read_following(&extractor, &args.artifact, None, &mut |package, wish| {
            let packages = match &packages {
                Some(packages) => packages,
                // Most packages leave nothing to others.
                None => packages.insert(Packages::open(global, &args.indexes)?),
            };
            Ok(packages.fetch(package, wish)?.1)
        })?
    } else {
        let dependencies: Vec<&Path> = args.dependency.iter().map(PathBuf::as_path).collect();
        extractor.read_with(&args.artifact, &dependencies)?
    };
    let mut out = io::BufWriter::new(io::stdout().lock());
    match args.format {
        TextOrJson::Json => {
            serde_json::to_writer_pretty(&mut out, &extraction)?;
            writeln!(out)?;
        }
        TextOrJson::Text => print(&extraction, &mut out)?,
    }
    out.flush()?;
    Ok(Exit::Success)
}

fn print(extraction: &Extraction, out: &mut impl Write) -> io::Result<()> {
    let count = extraction.tools.len();
    let (package, version) = (visible_line(&extraction.package), visible_line(&extraction.version));
    writeln!(out, "{package} {version}: {count} tool{}", if count == 1 { "" } else { "s" })?;
    for tool in &extraction.tools {
        let place = tool.origin.as_ref().map(|o| format!("{}:{}", o.file, o.line)).unwrap_or_default();
        writeln!(out, "\n{}  ({})", visible_line(&tool.name), visible_line(&place))?;
        if let Some(text) = &tool.description {
            let words = text.split_whitespace().collect::<Vec<_>>().join(" ");
            writeln!(out, "    {}", visible_line(&capped(&words, SUMMARY_MAX)))?;
        }
        for parameter in tool.parameters() {
            let mark = if parameter.required { "" } else { "?" };
            writeln!(out, "    - {}{mark}: {}", visible_line(parameter.name), visible_line(&parameter.type_name()))?;
        }
        if let Some(condition) = &tool.gated {
            writeln!(out, "    offered only when: {}", visible_line(condition))?;
        }
    }
    if let Some(reason) = &extraction.dynamic {
        writeln!(out, "\nNot the whole list: {}", visible_line(reason))?;
    }
    if extraction.dynamic.is_none() && !extraction.gaps.is_empty() {
        writeln!(out, "\nMay not be the whole list: something was not understood")?;
    }
    for note in &extraction.notes {
        writeln!(out, "note: {}", visible_line(note))?;
    }
    for gap in &extraction.gaps {
        writeln!(out, "gap: {}:{}: {}", visible_line(&gap.file), gap.line, visible_line(&gap.reason))?;
    }
    Ok(())
}
