//! What the servers of a program came to have, put together.

use std::rc::Rc;

use riskdex_model::Tool;

use super::Python;
use super::entry::Manifest;
use crate::fold::{Interp, drop_shared};
use crate::found::{Elsewhere, Found};
use crate::server::{Entry, Server};

/// How deep servers may be mounted in one another.
const MOUNTS: usize = 8;

/// Everything that was found.
pub(super) fn found(python: &Python, interp: &mut Interp, manifest: &Manifest) -> Found {
    let mut found = Found { gaps: std::mem::take(&mut interp.gaps), ..Found::default() };
    found.notes = std::mem::take(&mut interp.notes);
    let tops: Vec<Rc<Server>> = interp.servers.iter().filter(|server| !server.is_mounted.get()).cloned().collect();
    // The server that is run is the one a client sees; others may be made on the way.
    let run: Vec<Rc<Server>> = tops.iter().filter(|server| server.is_run.get() && !is_empty(server)).cloned().collect();
    let shown = if run.is_empty() { tops } else { run };
    let mut reasons: Vec<Rc<str>> = Vec::new();
    for server in &shown {
        let before = found.tools.len();
        add(&mut found, &mut reasons, server, None, None, 0);
        if let Some(own) = found.tools.get_mut(before..) {
            drop_shared(own, server.started.borrow().as_deref());
        }
    }
    found.dynamic = (!reasons.is_empty()).then(|| reasons.join("; "));
    if found.tools.is_empty() && found.dynamic.is_none() {
        found.elsewhere = elsewhere(python, manifest);
    }
    found
}

fn is_empty(server: &Server) -> bool {
    server.entries.borrow().is_empty()
}

fn add(
    found: &mut Found,
    reasons: &mut Vec<Rc<str>>,
    server: &Rc<Server>,
    prefix: Option<&str>,
    gate: Option<&str>,
    depth: usize,
) {
    if depth > MOUNTS {
        return;
    }
    let replaces = server.class.starts_with("fastmcp");
    for entry in server.entries.borrow().iter() {
        match entry {
            Entry::Tool(tool) => add_tool(found, tool, replaces, prefix, gate),
            Entry::Gap(gap) if !found.gaps.contains(gap) => found.gaps.push(gap.clone()),
            Entry::Gap(_) => {}
            Entry::Dynamic(reason) => {
                if !reasons.contains(reason) {
                    reasons.push(reason.clone());
                }
            }
            Entry::Mount { server, prefix: inner, gated } => {
                let joined = match (prefix, inner.as_deref().filter(|inner| !inner.is_empty())) {
                    (Some(outer), Some(inner)) => Some(format!("{outer}_{inner}")),
                    (outer, inner) => inner.or(outer).map(str::to_owned),
                };
                let gate = both(gate, gated.as_deref());
                add(found, reasons, server, joined.as_deref(), gate.as_deref(), depth + 1);
            }
            Entry::Remove(name) => found.tools.retain(|tool| tool.name != **name),
        }
    }
}

fn both(outer: Option<&str>, inner: Option<&str>) -> Option<String> {
    match (outer, inner) {
        (Some(outer), Some(inner)) if outer != inner => Some(format!("{outer} and {inner}")),
        (outer, inner) => outer.or(inner).map(str::to_owned),
    }
}

/// Adds a tool. Of two with one name the one that is always offered stays; else the SDK's own rule holds: the last
/// where a registration replaces (fastmcp), the first elsewhere.
fn add_tool(found: &mut Found, tool: &Tool, replaces: bool, prefix: Option<&str>, gate: Option<&str>) {
    let mut tool = tool.clone();
    if let Some(prefix) = prefix {
        tool.name = format!("{prefix}_{}", tool.name);
    }
    tool.gated = both(gate, tool.gated.as_deref());
    match found.tools.iter_mut().find(|known| known.name == tool.name) {
        Some(known) => {
            let wins = match (known.gated.is_some(), tool.gated.is_some()) {
                (true, false) => true,
                (false, true) => false,
                _ => replaces,
            };
            if wins {
                *known = tool;
            }
        }
        None => found.tools.push(tool),
    }
}

/// Dependencies that make the server in this package's stead: those whose functions it calls, and that are about the
/// protocol by their name.
fn elsewhere(python: &Python, manifest: &Manifest) -> Vec<Elsewhere> {
    let fold = |name: &str| name.to_lowercase().replace(['-', '.'], "_");
    let mut found: Vec<Elsewhere> = Vec::new();
    for path in python.calls.borrow().iter() {
        let root = path.split('.').next().unwrap_or_default();
        let declared = manifest.requirements.iter().find(|(name, _)| {
            let (name, path) = (fold(name), fold(path));
            name == fold(root) || path.starts_with(&format!("{name}_"))
        });
        let Some((name, range)) = declared else { continue };
        if ["mcp", "fastmcp"].contains(&root) || !fold(name).contains("mcp") {
            continue;
        }
        let module = path.rsplit_once('.').map_or(path.as_str(), |(module, _)| module);
        let requirement = (!range.is_empty()).then(|| range.clone());
        let one = Elsewhere { package: name.clone(), requirement, module: module.to_owned() };
        if !found.iter().any(|known| known.package == one.package) {
            found.push(one);
        }
    }
    found
}
