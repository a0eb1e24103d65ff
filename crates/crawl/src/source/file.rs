//! A user's own list: packages in JSON, YAML, CSV or plain lines, or the `mcp.json` of a client.

use std::collections::BTreeMap;

use futures_util::future::BoxFuture;
use riskdex_model::{PackageId, Registry, Server};
use serde_json::Value;

use super::package::{named, package, started_by};
use super::{Listing, Source};
use crate::{Client, Error, Memory};

/// A list that was read from a file.
#[derive(Clone, Debug)]
pub struct UserList {
    name: String,
    listing: Listing,
}

/// An entry: a server's name where it has one, and its package or why it has none.
type Entry = (Option<String>, Result<PackageId, String>);

impl UserList {
    /// Reads a list. `path` names it in messages, and its ending tells the form: `.json`, `.yaml`, `.yml`, `.csv`, or
    /// lines of text. `name` is the source's name in reports and on pages.
    ///
    /// JSON and YAML hold a list of packages, or an object with such a list as `packages` or `servers`, or a client's
    /// configuration (`mcpServers`, or `servers` by name). A package is a text (`pypi:NAME`, `npm:NAME` or a package
    /// URL) or an object with `package` (or `registry` and `identifier`) and, if wanted, `name`. CSV has these as its
    /// columns, named in the first line.
    pub fn new(name: &str, path: &str, text: &str) -> Result<Self, Error> {
        let text = text.trim_start_matches('\u{feff}');
        let ending = path.rsplit_once('.').map(|(_, ending)| ending.to_ascii_lowercase());
        let wrong = |reason: String| Error::setting(path, reason);
        let entries = match ending.as_deref() {
            Some("json") => document(&serde_json::from_str(text).map_err(|error| wrong(error.to_string()))?),
            Some("yaml" | "yml") => document(&serde_yaml_ng::from_str(text).map_err(|error| wrong(error.to_string()))?),
            Some("csv") => table(text),
            _ => Ok(lines(text)),
        };
        let mut listing = Listing::default();
        for (title, found) in entries.map_err(wrong)? {
            match found {
                Ok(package) => {
                    let title = title.unwrap_or_else(|| package.name.clone());
                    listing.servers.push(Server::new(package, &title, name));
                }
                Err(reason) => listing.notes.push(format!("{path}: left out: {reason}")),
            }
        }
        Ok(Self { name: name.to_owned(), listing })
    }
}

fn lines(text: &str) -> Vec<Entry> {
    let lines = text.lines().map(|line| line.split('#').next().unwrap_or_default().trim());
    lines.filter(|line| !line.is_empty()).map(|line| (None, named(line))).collect()
}

fn table(text: &str) -> Result<Vec<Entry>, String> {
    let rows: Result<Vec<BTreeMap<String, String>>, csv::Error> =
        csv::ReaderBuilder::new().trim(csv::Trim::All).from_reader(text.as_bytes()).deserialize().collect();
    Ok(rows
        .map_err(|error| error.to_string())?
        .iter()
        .map(|row| entry(|key| row.get(key).map(String::as_str)))
        .collect())
}

/// An entry by its keys or columns.
fn entry<'a>(get: impl Fn(&str) -> Option<&'a str>) -> Entry {
    let get = |key: &str| get(key).filter(|value| !value.is_empty());
    let registry = get("registry").or_else(|| get("registryType"));
    let found = match (get("package").or_else(|| get("purl")), registry, get("identifier")) {
        (Some(text), ..) => named(text),
        (None, Some(registry), Some(identifier)) => package(registry, identifier)
            .ok_or_else(|| format!("{identifier:?} of {registry:?} is no package of PyPI or npm")),
        _ => Err("an entry has neither `package` nor `registry` and `identifier`".to_owned()),
    };
    (get("name").map(str::to_owned), found)
}

fn document(value: &Value) -> Result<Vec<Entry>, String> {
    let list = |values: &[Value]| values.iter().map(item).collect();
    if let Value::Array(values) = value {
        return Ok(list(values));
    }
    for key in ["packages", "mcpServers", "servers", "mcp"] {
        match value.get(key) {
            Some(Value::Array(values)) => return Ok(list(values)),
            Some(Value::Object(servers)) if key != "mcp" => {
                return Ok(servers.iter().map(|(name, server)| (Some(name.clone()), started(name, server))).collect());
            }
            // Some editors keep the client's configuration one level deeper.
            Some(inner @ Value::Object(_)) => return document(inner),
            _ => {}
        }
    }
    Err("holds no list of packages, and no mcpServers".to_owned())
}

fn item(value: &Value) -> Entry {
    match value {
        Value::String(text) => (None, named(text)),
        Value::Object(object) => entry(|key| object.get(key).and_then(Value::as_str)),
        _ => (None, Err("an entry is neither a text nor an object".to_owned())),
    }
}

/// The package that an entry of a client's configuration starts.
fn started(name: &str, server: &Value) -> Result<PackageId, String> {
    let text = |key: &str| server.get(key).and_then(Value::as_str);
    let arguments = server.get("args").and_then(Value::as_array).map(Vec::as_slice).unwrap_or_default();
    let arguments: Vec<&str> = arguments.iter().filter_map(Value::as_str).collect();
    match text("command") {
        Some(command) => started_by(command, &arguments)
            .ok_or_else(|| format!("{name:?} starts {command:?}, which fetches no package of PyPI or npm")),
        None if text("url").or_else(|| text("serverUrl")).is_some() => Err(format!("{name:?} is remote")),
        None => Err(format!("{name:?} has no command")),
    }
}

impl Source for UserList {
    fn name(&self) -> &str {
        &self.name
    }

    fn registries(&self) -> Vec<Registry> {
        self.listing.servers.iter().map(|server| server.package.registry).collect()
    }

    fn list<'a>(&'a self, _: &'a Client, _: &'a Memory) -> BoxFuture<'a, Result<Listing, Error>> {
        Box::pin(async { Ok(self.listing.clone()) })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(path: &str, text: &str) -> (Vec<(String, String)>, Vec<String>) {
        let Listing { servers, notes } = UserList::new("mine", path, text).unwrap().listing;
        (servers.into_iter().map(|server| (server.name, server.package.to_string())).collect(), notes)
    }

    #[test]
    fn the_same_list_in_every_form() {
        let expected = vec![
            ("Weather".to_owned(), "npm:@example/weather".to_owned()),
            ("example-notes".to_owned(), "pypi:example-notes".to_owned()),
        ];
        let json = r#"[{"name":"Weather","package":"npm:@example/weather"},"pypi:Example_Notes"]"#;
        let page = r#"{"servers":[{"name":"Weather","registry":"npm","identifier":"@example/weather"},"pkg:pypi/example.notes"]}"#;
        let yaml = "packages:\n  - name: Weather\n    package: pkg:npm/%40example/weather\n  - pypi:example-notes\n";
        let csv = "name, registry, identifier\nWeather, npm, @example/weather\n,pypi,example-notes\n";
        for (path, text) in [("a.json", json), ("b.JSON", page), ("c.yml", yaml), ("dir.x/d.csv", csv)] {
            assert_eq!(read(path, text), (expected.clone(), vec![]), "{path}");
        }
        let (servers, _) =
            read("list.txt", "\u{feff}npm:@example/weather  # the first\n\n# none\npypi:example-notes\n");
        assert_eq!(
            servers.iter().map(|(_, package)| package.as_str()).collect::<Vec<_>>(),
            ["npm:@example/weather", "pypi:example-notes"]
        );
    }

    #[test]
    fn a_clients_configuration_is_a_list() {
        let servers = r#"{
            "notes": {"command": "uvx", "args": ["example-notes@latest"], "env": {"KEY": "secret"}},
            "box": {"command": "docker", "args": ["run", "image"]},
            "far": {"type": "http", "url": "https://far.example/mcp"}, "odd": {}}"#;
        for text in [
            format!(r#"{{"mcpServers":{servers}}}"#),
            format!(r#"{{"servers":{servers}}}"#),
            format!(r#"{{"mcp":{{"servers":{servers}}}}}"#),
        ] {
            let (servers, notes) = read("mcp.json", &text);
            assert_eq!(servers, [("notes".to_owned(), "pypi:example-notes".to_owned())]);
            assert_eq!(notes.len(), 3);
            assert!(
                notes[0].contains(r#""box" starts "docker""#) && notes[1].contains(r#""far" is remote"#),
                "{notes:?}"
            );
            assert!(!notes.iter().any(|note| note.contains("secret")));
        }
    }

    #[test]
    fn what_cannot_be_read_is_named() {
        let error = |path, text| UserList::new("mine", path, text).unwrap_err().to_string();
        assert!(error("a.json", "{").starts_with("a.json: "));
        assert_eq!(error("a.json", "{}"), "a.json: holds no list of packages, and no mcpServers");
        assert!(error("a.yaml", "a: [").starts_with("a.yaml: "));
        assert!(error("a.csv", "package\na,b\n").starts_with("a.csv: "));
        let (servers, notes) = read("a.json", r#"["cargo:x", 3, {}]"#);
        assert_eq!((servers.len(), notes.len()), (0, 3));
    }
}
