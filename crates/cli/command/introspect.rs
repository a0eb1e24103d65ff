//! `riskdex introspect`: what a live server says.

use std::fs;
use std::io::{self, Write};
use std::path::Path;
use std::time::Instant;

use anyhow::{Context, Result, anyhow, bail};
use riskdex_crawl::live::{self, Auth, Bounds, Era, Listed, Outcome, Target};
use riskdex_crawl::{Client, ClientConfig};
use riskdex_extract::Extractor;
use riskdex_model::{ArtifactKind, Registry, capped, visible, visible_line};
use serde::Serialize;
use serde_json::Value;
use sha2::{Digest, Sha256};
use url::Url;

use crate::args::{Global, Introspect, TextOrJson};
use crate::config::Config;
use crate::counted::counted;
use crate::exit::Exit;
use crate::sandbox::{Permits, Program};

/// Longest description in the text form, in characters.
const SUMMARY_MAX: usize = 100;

/// What is printed: the form of a truth file, and for remotes what a package has no words for.
#[derive(Serialize)]
struct Answered<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    url: Option<&'a Url>,
    #[serde(flatten)]
    package: Package,
    listed_with: ListedWith<'a>,
    protocol_version: String,
    server_info: Value,
    /// From the start of the program, or the first request, to the last tool.
    startup_seconds: f64,
    /// Present when the server tells its tools only to those it knows.
    #[serde(skip_serializing_if = "Option::is_none")]
    auth: Option<Auth>,
    tools: Vec<Value>,
}

/// What the server was installed from, as far as it is known.
#[derive(Default, Serialize)]
struct Package {
    package: Option<String>,
    registry: Option<Registry>,
    version: Option<String>,
    artifact: Option<Artifact>,
    /// Whether every tool's name stands in the artifact.
    in_artifact: Option<bool>,
}

#[derive(Serialize)]
struct Artifact {
    kind: ArtifactKind,
    file: String,
    sha256: String,
    bytes: u64,
}

#[derive(Serialize)]
struct ListedWith<'a> {
    args: &'a [String],
    label: &'a str,
    /// `streamable-http`, `sse`, `stdio`, or `card`.
    transport: &'static str,
    default_tools: Vec<String>,
}

pub(crate) fn run(global: &Global, args: &Introspect) -> Result<Exit> {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().context("starting the runtime")?;
    let started = Instant::now();
    let asked = async {
        tokio::select! {
            asked = ask(global, args) => asked,
            () = crate::serve::interrupted() => bail!("interrupted"),
        }
    };
    let (listed, auth) = runtime.block_on(asked)?;
    // A server that leaves nothing behind is not waited for.
    runtime.shutdown_background();
    let seconds = started.elapsed().as_secs_f64();
    let names = listed.tools.iter().filter_map(|tool| tool.get("name")?.as_str());
    let names: Vec<String> = names.map(str::to_owned).collect();
    let exit = match (&auth, names.is_empty()) {
        (None, _) => Exit::Success,
        (Some(_), false) => Exit::SomeFailed,
        (Some(_), true) => Exit::Nothing,
    };
    let answered = Answered {
        url: args.target.as_ref(),
        package: package(global, args, &names)?,
        listed_with: ListedWith {
            args: args.command.get(1..).unwrap_or_default(),
            label: &args.label,
            transport: listed.transport,
            default_tools: names,
        },
        protocol_version: listed.protocol_version,
        server_info: listed.server_info,
        startup_seconds: (seconds * 100.0).round() / 100.0,
        auth,
        tools: listed.tools,
    };
    let mut out = io::BufWriter::new(io::stdout().lock());
    match args.format {
        TextOrJson::Json => {
            serde_json::to_writer_pretty(&mut out, &answered)?;
            writeln!(out)?;
        }
        TextOrJson::Text => print(&answered, &mut out)?,
    }
    out.flush()?;
    Ok(exit)
}

/// What the server lists, and what it wants to know first when it does not.
async fn ask(global: &Global, args: &Introspect) -> Result<(Listed, Option<Auth>)> {
    let bounds = Bounds { time: args.timeout, ..Bounds::default() };
    let Some(url) = &args.target else {
        return Ok((run_command(args, &bounds).await?, None));
    };
    let client = client(global, args)?;
    let target = args.header.iter().try_fold(Target::new(url.clone()), |target, line| target.header(line))?;
    match live::list(&client, &target, &bounds).await? {
        Outcome::Listed(listed) => Ok((listed, None)),
        Outcome::Closed(auth) => {
            let card = live::card(&client, url, &bounds).await;
            let listed = card.map(|card| Listed {
                transport: "card",
                server_info: card.server_info,
                tools: card.tools,
                ..Listed::default()
            });
            Ok((listed.unwrap_or_default(), Some(auth)))
        }
    }
}

fn client(global: &Global, args: &Introspect) -> Result<Client> {
    let config = Config::load(global)?;
    let mut settings = ClientConfig::new(&config.user_agent());
    settings.allow_private = args.allow_private.iter().chain(&config.allow_private).cloned().collect();
    // One server is asked, and its whole time is bounded.
    settings.timeouts.first_byte = args.timeout;
    settings.timeouts.stall = args.timeout;
    settings.timeouts.patience = args.timeout;
    Ok(Client::new(settings)?)
}

/// Starts the local server and asks it, in the older form of the protocol first: all servers of today know it.
async fn run_command(args: &Introspect, bounds: &Bounds) -> Result<Listed> {
    let permits = Permits {
        network: args.allow_network,
        read: args.allow_read.clone(),
        env: args.env.clone(),
        all: args.no_sandbox,
    };
    let name = args.command.first().map(String::as_str).unwrap_or_default();
    for era in [Era::Sessions, Era::Stateless] {
        let mut program = Program::start(&args.command, &permits)?;
        let (reader, writer) = program.pipes().context("the program has no pipes")?;
        match live::list_over(name, reader, writer, era, bounds).await {
            Ok(Some(listed)) => return Ok(listed),
            Ok(None) => {}
            Err(error) => {
                let said = program.last_words();
                return Err(if said.is_empty() {
                    error.into()
                } else {
                    anyhow!("{error}; it said: {}", visible(&said))
                });
            }
        }
    }
    bail!("{name}: refuses to begin, in either form of the protocol")
}

/// What the flags and the artifact say about the package.
fn package(global: &Global, args: &Introspect, names: &[String]) -> Result<Package> {
    let mut package = match &args.artifact {
        Some(path) => described(&super::extract::extractor(global)?, path, names)?,
        None => Package::default(),
    };
    package.package = args.package.clone().or(package.package);
    package.version = args.release.clone().or(package.version);
    package.registry = args.registry.or(package.registry);
    Ok(package)
}

fn described(extractor: &Extractor, path: &Path, names: &[String]) -> Result<Package> {
    let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
    let digest = Sha256::digest(&bytes);
    let file = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let tree = extractor.files(path)?;
    let absent = |name: &&String| !tree.paths().any(|file| tree.text(file).is_some_and(|text| text.contains(*name)));
    let in_artifact = names.iter().find(absent).is_none();
    let identity = extractor.read_tree(tree)?;
    let kind = match identity.registry {
        Some(Registry::Pypi) if file.ends_with(".whl") => ArtifactKind::Wheel,
        Some(Registry::Pypi) => ArtifactKind::Sdist,
        Some(Registry::Mcpb) => ArtifactKind::Bundle,
        _ => ArtifactKind::Tarball,
    };
    Ok(Package {
        package: Some(identity.package).filter(|name| !name.is_empty()),
        registry: identity.registry,
        version: Some(identity.version).filter(|version| !version.is_empty()),
        artifact: Some(Artifact {
            kind,
            file,
            sha256: digest.iter().map(|byte| format!("{byte:02x}")).collect(),
            bytes: bytes.len() as u64,
        }),
        in_artifact: Some(in_artifact),
    })
}

fn print(answered: &Answered<'_>, out: &mut impl Write) -> io::Result<()> {
    let text = |value: &Value, key: &str| {
        visible_line(value.get(key).and_then(Value::as_str).unwrap_or_default()).into_owned()
    };
    let info = &answered.server_info;
    let (count, seconds) = (answered.tools.len(), answered.startup_seconds);
    let (name, version) = (text(info, "name"), text(info, "version"));
    let (transport, revision) = (answered.listed_with.transport, visible_line(&answered.protocol_version));
    writeln!(out, "{name} {version}: {}, {transport} {revision}, {seconds} s", counted(count, "tool"))?;
    if let Some(auth) = &answered.auth {
        writeln!(out, "wants to know who asks: {} {}", auth.kind, visible_line(&auth.scheme))?;
        for (what, names) in [("scope", &auth.scopes), ("authorization server", &auth.authorization_servers)] {
            for name in names {
                writeln!(out, "  {what} {}", visible_line(name))?;
            }
        }
    }
    for tool in &answered.tools {
        let description = text(tool, "description");
        let words = description.split_whitespace().collect::<Vec<_>>().join(" ");
        writeln!(out, "{:40} {}", text(tool, "name"), capped(&words, SUMMARY_MAX))?;
    }
    Ok(())
}
