//! What the servers of a program came to have, put together.

use std::cmp::Reverse;
use std::collections::BTreeSet;
use std::rc::Rc;

use riskdex_model::{Gap, GapKind, Tool};

use super::Python;
use super::entry::{Entry, Manifest};
use crate::fold::{Interp, Value, drop_shared};
use crate::found::{Elsewhere, Found};
use crate::server::{self, Server};

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
    let mut lists = Vec::new();
    for server in &shown {
        add(&mut found, &mut reasons, server, None, None, 0);
        let mut own = std::mem::take(&mut found.tools);
        let dropped = drop_shared(&mut own, server.started.borrow().as_deref());
        lists.push((own, dropped));
    }
    found.tools = joined(lists);
    found.dynamic = (!reasons.is_empty()).then(|| reasons.join("; "));
    if found.tools.is_empty() && found.dynamic.is_none() {
        found.elsewhere = elsewhere(python, manifest);
    }
    found
}

/// The tools of all servers. Of several that are run under conditions of their own a client sees one: what not all of
/// them have is there under the conditions for those that have it.
fn joined(mut lists: Vec<(Vec<Tool>, Option<String>)>) -> Vec<Tool> {
    lists.retain(|(tools, _)| !tools.is_empty());
    lists.sort_by_key(|(tools, started)| started.as_ref().map(|_| Reverse(tools.len())));
    let names: Vec<BTreeSet<String>> =
        lists.iter().map(|(tools, _)| tools.iter().map(|tool| tool.name.clone()).collect()).collect();
    let mut joined = Vec::new();
    for (n, (tools, started)) in lists.into_iter().enumerate() {
        for tool in tools {
            // Where every server takes a condition, the first is the one that people run.
            let is_usual = n == 0 || names.iter().all(|names| names.contains(&tool.name));
            add_tool(&mut joined, &tool, false, None, started.as_deref().filter(|_| !is_usual));
        }
    }
    joined
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
            server::Entry::Tool(tool) => add_tool(&mut found.tools, tool, replaces, prefix, gate),
            server::Entry::Gap(gap) if !found.gaps.contains(gap) => found.gaps.push(gap.clone()),
            server::Entry::Gap(_) => {}
            server::Entry::Dynamic(reason) => {
                if !reasons.contains(reason) {
                    reasons.push(reason.clone());
                }
            }
            server::Entry::Mount { server, prefix: inner, gated } => {
                let joined = match (prefix, inner.as_deref().filter(|inner| !inner.is_empty())) {
                    (Some(outer), Some(inner)) => Some(format!("{outer}_{inner}")),
                    (outer, inner) => inner.or(outer).map(str::to_owned),
                };
                let gate = both(gate, gated.as_deref());
                add(found, reasons, server, joined.as_deref(), gate.as_deref(), depth + 1);
            }
            server::Entry::Remove(name) => found.tools.retain(|tool| tool.name != **name),
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
fn add_tool(found: &mut Vec<Tool>, tool: &Tool, replaces: bool, prefix: Option<&str>, gate: Option<&str>) {
    let mut tool = tool.clone();
    if let Some(prefix) = prefix {
        tool.name = format!("{prefix}_{}", tool.name);
    }
    tool.gated = both(gate, tool.gated.as_deref());
    match found.iter_mut().find(|known| known.name == tool.name) {
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
        None => found.push(tool),
    }
}

/// Why there is no tool, where nothing else says so.
pub(super) fn unexplained(python: &Python, interp: &Interp, entry: &Entry) -> Gap {
    let file = match python.modules.borrow().get(&entry.module) {
        Some(Value::Module(module)) => module.scope.file.to_string(),
        _ => String::new(),
    };
    let reason = match (interp.servers.is_empty(), file.is_empty()) {
        (false, _) => "a server is made, and no registration of a tool was seen".to_owned(),
        (true, true) => format!("the program starts in the module `{}`, which is not in the artifact", entry.module),
        (true, false) => "the program that starts here was not seen to make a server".to_owned(),
    };
    Gap { kind: GapKind::Incomplete, reason, file, line: 0 }
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
