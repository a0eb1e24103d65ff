//! `riskdex policy`: write, check and combine policy documents.

use std::fs;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use riskdex_catalog::{Catalog, ServerRecord};
use riskdex_policy::{Policy, Problem};
use serde_json::json;

use crate::args::{self, Export, Global, TextOrJson};
use crate::config::Config;
use crate::exit::Exit;

/// Largest document that is read, in bytes.
const DOCUMENT_MAX: u64 = 16 << 20;

pub(crate) fn run(global: &Global, command: args::Policy) -> Result<Exit> {
    match command {
        args::Policy::Export(export) => run_export(global, &export),
        args::Policy::Check { files, format } => check(&files, format),
        args::Policy::Merge { files } => merge(&files),
        args::Policy::Diff { old, new, exit_code } => diff(&old, &new, exit_code),
        args::Policy::Schema => print(&riskdex_policy::schema()),
    }
}

fn run_export(global: &Global, args: &Export) -> Result<Exit> {
    let data_dir = Config::load(global)?.data_dir(global)?;
    let catalog = Catalog::open_read_only(&data_dir)?;
    match (&args.server, &args.out) {
        (Some(name), out) => {
            let policy = recommended(&find(&catalog, name)?, args.tool.as_deref())?;
            match out {
                Some(path) => write(path, &policy).map(|()| Exit::Success),
                None => {
                    writeln!(io::stdout(), "{}", policy.to_pretty())?;
                    Ok(Exit::Success)
                }
            }
        }
        (None, Some(folder)) => export_all(&catalog, folder),
        (None, None) => bail!("name a server with --server NAME, or take all with --all --out DIR"),
    }
}

fn find(catalog: &Catalog, name: &str) -> Result<ServerRecord> {
    let slug = catalog.find(name)?;
    let record = slug.map(|slug| catalog.server(&slug)).transpose()?.flatten();
    record.with_context(|| format!("no server {name:?} in the catalog; riskdex status says what is in it"))
}

fn recommended(record: &ServerRecord, tool: Option<&str>) -> Result<Policy> {
    let judged = record.tools.iter().filter_map(|t| Some((&t.tool, t.verdict.as_ref()?)));
    let Some(name) = tool else { return Ok(riskdex_policy::recommend(judged)) };
    let mut named = judged.filter(|(tool, _)| tool.name == name);
    let (tool, verdict) =
        named.next().with_context(|| format!("server {} has no classified tool {name:?}", record.server.name))?;
    Ok(riskdex_policy::recommend_one(tool, verdict))
}

fn export_all(catalog: &Catalog, folder: &Path) -> Result<Exit> {
    fs::create_dir_all(folder).with_context(|| format!("cannot make folder {}", folder.display()))?;
    let mut written = 0;
    for slug in catalog.slugs()? {
        if let Some(record) = catalog.server(&slug)? {
            write(&folder.join(format!("{slug}.json")), &recommended(&record, None)?)?;
            written += 1;
        }
    }
    let policies = if written == 1 { "policy" } else { "policies" };
    writeln!(io::stdout(), "{written} {policies} in {}", folder.display())?;
    Ok(Exit::Success)
}

fn write(path: &Path, policy: &Policy) -> Result<()> {
    fs::write(path, policy.to_pretty() + "\n").with_context(|| format!("cannot write {}", path.display()))
}

fn print(document: &impl serde::Serialize) -> Result<Exit> {
    let mut out = io::stdout().lock();
    serde_json::to_writer_pretty(&mut out, document)?;
    writeln!(out)?;
    Ok(Exit::Success)
}

fn read(path: &Path) -> Result<String> {
    let opened: io::Result<Box<dyn Read>> =
        if path == Path::new("-") { Ok(Box::new(io::stdin())) } else { fs::File::open(path).map(|f| Box::new(f) as _) };
    let mut text = String::new();
    opened
        .and_then(|reader| reader.take(DOCUMENT_MAX + 1).read_to_string(&mut text))
        .with_context(|| format!("cannot read {}", path.display()))?;
    ensure!(text.len() as u64 <= DOCUMENT_MAX, "{} is larger than {} MiB", path.display(), DOCUMENT_MAX >> 20);
    Ok(text)
}

fn check(files: &[PathBuf], format: TextOrJson) -> Result<Exit> {
    let mut exit = Exit::Success;
    let mut documents = Vec::new();
    let mut out = io::stdout().lock();
    for path in files {
        let problems = match read(path) {
            Ok(text) => Policy::parse(&text).err().unwrap_or_default(),
            Err(error) => vec![Problem { pointer: String::new(), message: format!("{error:#}") }],
        };
        if !problems.is_empty() {
            exit = Exit::Nothing;
        }
        match format {
            TextOrJson::Text if problems.is_empty() => writeln!(out, "{}: valid", path.display())?,
            TextOrJson::Text => {
                problems.iter().try_for_each(|problem| writeln!(out, "{}: {problem}", path.display()))?;
            }
            TextOrJson::Json => {
                documents.push(json!({"file": path, "valid": problems.is_empty(), "problems": problems}));
            }
        }
    }
    if format == TextOrJson::Json {
        print(&documents)?;
    }
    Ok(exit)
}

/// Reads a document; when it is not valid, the error lists every problem.
fn parse(path: &Path) -> Result<Policy> {
    Policy::parse(&read(path)?)
        .map_err(|problems| invalid(&format!("{} is not a valid policy", path.display()), problems))
}

fn invalid(what: &str, problems: Vec<Problem>) -> anyhow::Error {
    let lines: String = problems.into_iter().map(|problem| format!("\n  {problem}")).collect();
    anyhow::anyhow!("{what}:{lines}")
}

fn merge(files: &[PathBuf]) -> Result<Exit> {
    let Some((first, rest)) = files.split_first() else { bail!("name at least two documents") };
    let mut merged = parse(first)?;
    for path in rest {
        let refused =
            |problems| invalid(&format!("{} cannot be merged with what stands before it", path.display()), problems);
        merged = riskdex_policy::merge(&merged, &parse(path)?).map_err(refused)?;
    }
    print(&merged)
}

fn diff(old: &Path, new: &Path, exit_code: bool) -> Result<Exit> {
    let changes = riskdex_policy::diff(&parse(old)?, &parse(new)?);
    let mut out = io::stdout().lock();
    changes.iter().try_for_each(|change| writeln!(out, "{change}"))?;
    Ok(if exit_code && !changes.is_empty() { Exit::Nothing } else { Exit::Success })
}
