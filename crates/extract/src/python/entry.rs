//! Where a package's program starts, by its metadata.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use crate::manifest::bundle;
use crate::tree::Tree;

/// A function or module that a command starts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Entry {
    /// The dotted module.
    pub(super) module: String,
    /// The object in it that is called; `None` where the module itself is run.
    pub(super) object: Option<String>,
}

/// What the metadata says that concerns us.
#[derive(Debug, Default)]
pub(super) struct Manifest {
    /// Entry points, the likeliest to start the server first.
    pub(super) entries: Vec<Entry>,
    /// Declared dependencies: name as written, and the rest of the requirement.
    pub(super) requirements: Vec<(String, String)>,
}

impl Manifest {
    /// Reads what there is: a wheel's metadata, or a project's.
    pub(super) fn read(tree: &Tree) -> Self {
        let mut name = String::new();
        let mut scripts: Vec<(String, String)> = Vec::new();
        let mut requirements = Vec::new();
        let own = || tree.paths().filter(|path| tree.owner(path).is_none());
        for path in own() {
            let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
            if file == "entry_points.txt" && (folder.ends_with(".dist-info") || folder.ends_with(".egg-info")) {
                scripts.extend(
                    sections(&tree.text(path).unwrap_or_default()).remove("console_scripts").unwrap_or_default(),
                );
            } else if matches!(file, "METADATA" | "PKG-INFO") && (name.is_empty() || folder.ends_with(".dist-info")) {
                let text = tree.text(path).unwrap_or_default();
                let head: Vec<&str> = text.lines().take_while(|line| !line.trim().is_empty()).collect();
                let values = |key: &str| {
                    head.iter()
                        .filter_map(|line| line.strip_prefix(key))
                        .map(|v| v.trim().to_owned())
                        .collect::<Vec<_>>()
                };
                name = values("Name:").into_iter().next().unwrap_or(name);
                requirements.extend(values("Requires-Dist:").iter().filter_map(|r| requirement(r)));
            }
        }
        if let Some(text) = tree.text("pyproject.toml")
            && let Ok(project) = toml::from_str::<toml::Value>(&text)
            && let Ok(project) = serde_json::to_value(project)
        {
            read_project(&project, &mut name, &mut scripts, &mut requirements);
        }
        if let Some(text) = tree.text("setup.cfg") {
            let mut sections = sections(&text);
            if let Some(options) = sections.remove("options.entry_points") {
                let listed =
                    options.iter().filter(|(key, _)| key == "console_scripts").flat_map(|(_, value)| value.lines());
                scripts.extend(listed.filter_map(split_pair));
            }
        }
        let mut manifest = Self { entries: Vec::new(), requirements };
        if let Some(program) = bundle::program(tree).as_deref().and_then(|file| file.strip_suffix(".py")) {
            manifest.add(Entry { module: program.trim_start_matches("src/").replace('/', "."), object: None });
        }
        scripts.sort_by_key(|(script, _)| rank(script, &name));
        for (_, target) in scripts {
            let target = target.split('[').next().unwrap_or_default().trim();
            let (module, object) = match target.split_once(':') {
                Some((module, object)) => (module.trim(), Some(object.trim().to_owned())),
                None => (target, None),
            };
            manifest.add(Entry { module: module.to_owned(), object });
        }
        for path in own().filter(|path| path.ends_with("__main__.py")) {
            let folder = path.trim_end_matches("/__main__.py").trim_start_matches("src/");
            manifest.add(Entry { module: format!("{}.__main__", folder.replace('/', ".")), object: None });
        }
        // Without metadata: the files that people run by name, the outermost first.
        let mut run_by_name: Vec<&str> = own()
            .filter(|path| {
                let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
                matches!(file, "server.py" | "main.py" | "app.py" | "mcp_server.py") && !is_aside(folder)
            })
            .collect();
        run_by_name.sort_by_key(|path| path.matches('/').count());
        for path in run_by_name {
            let dotted = path.trim_end_matches(".py").trim_start_matches("src/").replace('/', ".");
            manifest.add(Entry { module: dotted, object: None });
        }
        if manifest.entries.is_empty() {
            // Somebody runs a file by its path: one that names an SDK.
            let mut named: Vec<&str> = own().filter(|path| is_server(tree, path)).collect();
            named.sort_by_key(|path| path.matches('/').count());
            for path in named {
                let dotted = path.trim_end_matches(".py").trim_end_matches("/__init__").trim_start_matches("src/");
                manifest.add(Entry { module: dotted.replace('/', "."), object: None });
            }
        }
        manifest
    }

    fn add(&mut self, entry: Entry) {
        if !entry.module.is_empty() && !self.entries.contains(&entry) {
            self.entries.push(entry);
        }
    }
}

/// Whether the file is code that imports an SDK, and not an example or a test.
fn is_server(tree: &Tree, path: &str) -> bool {
    let (folder, file) = path.rsplit_once('/').unwrap_or(("", path));
    let imports = |text: &str| {
        let is_sdk = |module: &str| ["mcp.server", "fastmcp"].iter().any(|sdk| module.starts_with(sdk));
        text.lines().filter_map(|line| line.strip_prefix("from ").or(line.strip_prefix("import "))).any(is_sdk)
    };
    file.ends_with(".py") && !is_aside(folder) && tree.text(path).is_some_and(|text| imports(&text))
}

fn is_aside(folder: &str) -> bool {
    folder.split('/').any(|part| matches!(part, "tests" | "test" | "examples" | "example" | "docs" | "scripts"))
}

/// The script with the package's own name first, then those that name the protocol.
fn rank(script: &str, package: &str) -> (u8, bool) {
    let fold = |name: &str| name.to_lowercase().replace(['_', '.'], "-");
    let (script, package) = (fold(script), fold(package));
    let rank = match script.contains("mcp") {
        _ if script == package => 0,
        true if script.contains("server") => 1,
        true => 2,
        false => 3,
    };
    (rank, script.contains("cli"))
}

/// `name[extra]>=1; marker` in its parts.
fn requirement(text: &str) -> Option<(String, String)> {
    let text = text.split(';').next()?.trim();
    let end = text.find(|c: char| !(c.is_alphanumeric() || "-_.".contains(c))).unwrap_or(text.len());
    let (name, rest) = text.split_at(end);
    let rest = match rest.trim_start().strip_prefix('[') {
        Some(extras) => extras.split_once(']').map_or("", |(_, rest)| rest),
        None => rest,
    };
    (!name.is_empty()).then(|| (name.to_owned(), rest.trim().trim_matches(['(', ')']).to_owned()))
}

fn read_project(
    project: &Json,
    name: &mut String,
    scripts: &mut Vec<(String, String)>,
    requirements: &mut Vec<(String, String)>,
) {
    for table in ["/project", "/tool/poetry"] {
        let Some(table) = project.pointer(table) else { continue };
        if let (true, Some(stated)) = (name.is_empty(), table.get("name").and_then(Json::as_str)) {
            *name = stated.to_owned();
        }
        for (script, target) in table.get("scripts").and_then(Json::as_object).into_iter().flatten() {
            scripts.extend(target.as_str().map(|target| (script.clone(), target.to_owned())));
        }
        match table.get("dependencies") {
            Some(Json::Array(list)) => {
                requirements.extend(list.iter().filter_map(Json::as_str).filter_map(requirement));
            }
            Some(Json::Object(map)) => {
                let range = |value: &Json| value.as_str().unwrap_or_default().to_owned();
                requirements.extend(map.iter().map(|(name, value)| (name.clone(), range(value))));
            }
            _ => {}
        }
    }
}

/// The sections of an INI file; a value may go on over indented lines.
fn sections(text: &str) -> BTreeMap<String, Vec<(String, String)>> {
    let mut found: BTreeMap<String, Vec<(String, String)>> = BTreeMap::new();
    let mut section = String::new();
    for line in text.lines() {
        let trimmed = line.trim();
        if trimmed.is_empty() || trimmed.starts_with(['#', ';']) {
            continue;
        }
        if let Some(name) = trimmed.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            section = name.trim().to_owned();
            continue;
        }
        let pairs = found.entry(section.clone()).or_default();
        match (line.starts_with([' ', '\t']), pairs.last_mut()) {
            (true, Some((_, value))) => {
                value.push('\n');
                value.push_str(trimmed);
            }
            _ => pairs.extend(split_pair(trimmed)),
        }
    }
    found
}

fn split_pair(line: &str) -> Option<(String, String)> {
    let (key, value) = line.split_once('=')?;
    Some((key.trim().to_owned(), value.trim().to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn manifest(files: &[(&str, &str)]) -> Manifest {
        Manifest::read(&Tree::new(files.iter().map(|(p, t)| ((*p).to_owned(), t.as_bytes().to_vec())).collect()))
    }

    fn entry(module: &str, object: Option<&str>) -> Entry {
        Entry { module: module.into(), object: object.map(str::to_owned) }
    }

    #[test]
    fn the_script_of_the_packages_name_comes_first() {
        let found = manifest(&[
            (
                "x-1.dist-info/METADATA",
                "Name: some.mcp-server\nRequires-Dist: dep[a] (>=1,<2) ; python_version > '3'\n\nbody: x\n",
            ),
            (
                "x-1.dist-info/entry_points.txt",
                "[console_scripts]\ncli = a.cli:main\nsome-mcp-server = a.b:run.main [extra]\n[other]\nx = y:z\n",
            ),
        ]);
        assert_eq!(found.entries, [entry("a.b", Some("run.main")), entry("a.cli", Some("main"))]);
        assert_eq!(found.requirements, [("dep".to_owned(), ">=1,<2".to_owned())]);
    }

    #[test]
    fn a_project_names_its_scripts_in_several_ways() {
        let poetry = manifest(&[(
            "pyproject.toml",
            "[tool.poetry]\nname='p'\n[tool.poetry.scripts]\np = 'p.m:f'\n[tool.poetry.dependencies]\nq = '^1'\n",
        )]);
        assert_eq!(poetry.entries, [entry("p.m", Some("f"))]);
        assert_eq!(poetry.requirements, [("q".to_owned(), "^1".to_owned())]);
        let setup = manifest(&[("setup.cfg", "[options.entry_points]\nconsole_scripts =\n    s = s.m:f\n")]);
        assert_eq!(setup.entries, [entry("s.m", Some("f"))]);
    }

    #[test]
    fn without_scripts_the_module_that_is_run_counts() {
        let found = manifest(&[("src/p/__main__.py", ""), ("src/p/server.py", ""), ("tests/server.py", "")]);
        assert_eq!(found.entries, [entry("p.__main__", None), entry("p.server", None)]);
    }
}
