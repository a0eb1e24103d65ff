//! What an entry offers: a name may stand for a package, an image of it, its sources and an address, in any mixture.

use std::collections::{BTreeMap, BTreeSet};

use riskdex_model::{PackageId, Registry, Server};

use super::entry::{Entry, Status};
use crate::source::package::{image, package, remote, repository};

/// How the transport is written as the last part of an address.
const TRANSPORTS: [&str; 4] = ["mcp", "sse", "http", "stream"];

/// The servers that an entry makes of its packages and addresses, as far as we can ask for their tools.
///
/// A package and an address are two servers, for what runs on somebody's machine and what runs elsewhere may have
/// different tools; so are two packages of one registry. A package on two registries is one server, and so is an address
/// that differs from another in its transport only.
pub(super) fn servers(source: &str, entry: &Entry) -> Vec<Server> {
    if entry.status == Status::Deleted {
        return Vec::new();
    }
    let server = |(package, version, also): (PackageId, Option<String>, Vec<PackageId>)| Server {
        version,
        also,
        summary: entry.description.clone(),
        repository: entry.repository.clone(),
        homepage: entry.homepage.clone(),
        ..Server::new(package, &entry.name, source)
    };
    packages(entry).into_iter().chain(addresses(entry)).map(server).collect()
}

/// The packages that we can read, each with the version that is wanted and what offers the same.
fn packages(entry: &Entry) -> Vec<(PackageId, Option<String>, Vec<PackageId>)> {
    let mut read: Vec<(PackageId, Option<String>, Vec<PackageId>)> = Vec::new();
    let mut others = Vec::new();
    for stated in &entry.packages {
        let version = Some(stated.version.clone()).filter(|version| !version.is_empty() && version != "latest");
        match package(&stated.registry, &stated.identifier) {
            Some(package) if read.iter().any(|(known, ..)| *known == package) => {}
            Some(package) => read.push((package, version, Vec::new())),
            None => others.extend(unread(&stated.registry, &stated.identifier)),
        }
    }
    // Of several packages nobody says which one an image holds. One package on two registries is one server.
    let registries = read.iter().map(|(package, ..)| package.registry);
    if registries.collect::<BTreeSet<_>>().len() == read.len() && !read.is_empty() {
        others.extend(read.drain(1..).map(|(package, ..)| package));
        others.extend(own_repository(entry));
        others.sort();
        others.dedup();
        read[0].2 = others;
    }
    read
}

/// A package of a kind that we do not read.
fn unread(registry: &str, identifier: &str) -> Option<PackageId> {
    let registry: Registry = registry.parse().ok()?;
    match registry {
        Registry::Oci => image(identifier),
        _ => Some(identifier.trim()).filter(|name| !name.is_empty()).map(|name| PackageId::new(registry, name)),
    }
}

/// The repository that holds this server and, as far as the entry knows, no other; if its owner is the one whose name
/// the entry has: that the registry has checked.
fn own_repository(entry: &Entry) -> Option<PackageId> {
    let package = repository(entry.repository.as_deref()?).filter(|_| entry.subfolder.is_none())?;
    let namespace = entry.name.split('/').next()?.to_ascii_lowercase();
    let owner = package.name.split('/').next()?;
    (namespace.strip_prefix("io.github.") == Some(owner)).then_some(package)
}

/// The addresses that anybody can ask, each with its older transports.
fn addresses(entry: &Entry) -> Vec<(PackageId, Option<String>, Vec<PackageId>)> {
    let mut places: BTreeMap<String, Vec<PackageId>> = BTreeMap::new();
    let mut stated: Vec<_> = entry.remotes.iter().collect();
    stated.sort_by_key(|remote| remote.kind == "sse");
    for package in stated.into_iter().filter_map(|stated| remote(&stated.url)) {
        let at = package.name.trim_end_matches('/');
        let place = match at.rsplit_once('/') {
            Some((place, last)) if TRANSPORTS.contains(&last) => place,
            _ => at,
        };
        let same = places.entry(place.to_owned()).or_default();
        if !same.contains(&package) {
            same.push(package);
        }
    }
    let server = |mut same: Vec<PackageId>| {
        let first = same.remove(0);
        (first, None, same)
    };
    places.into_values().map(server).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offered(server: &str) -> Vec<(String, Vec<String>)> {
        let entry = Entry::parse(&format!(r#"{{"server":{server}}}"#)).unwrap();
        let text = |servers: &[PackageId]| servers.iter().map(ToString::to_string).collect();
        servers("list", &entry).iter().map(|server| (server.package.to_string(), text(&server.also))).collect()
    }

    #[test]
    fn an_image_and_the_owners_repository_offer_what_the_package_does() {
        let of = |name: &str, subfolder: &str| {
            offered(&format!(
                r#"{{"name":"{name}","repository":{{"url":"https://github.com/Owner/thing"{subfolder}}},"packages":[
                    {{"registryType":"oci","identifier":"docker.io/owner/thing:1"}},
                    {{"registryType":"npm","identifier":"thing"}}, {{"registryType":"npm","identifier":"thing"}},
                    {{"registryType":"pypi","identifier":"thing"}}]}}"#
            ))
        };
        let whole = ["pypi:thing", "oci:owner/thing", "github:owner/thing"].map(str::to_owned).to_vec();
        assert_eq!(of("io.github.owner/thing", ""), [("npm:thing".to_owned(), whole.clone())]);
        let apart = whole[..2].to_vec();
        assert_eq!(of("io.github.other/thing", ""), [("npm:thing".to_owned(), apart.clone())], "somebody else's");
        assert_eq!(of("io.github.owner/thing", r#","subfolder":"a""#), [("npm:thing".to_owned(), apart)]);
    }

    #[test]
    fn packages_of_one_registry_stay_apart() {
        let two = r#"{"name":"io.github.owner/suite","repository":{"url":"https://github.com/owner/suite"},"packages":[
            {"registryType":"npm","identifier":"one"}, {"registryType":"npm","identifier":"two"},
            {"registryType":"oci","identifier":"owner/suite"}]}"#;
        assert_eq!(offered(two), [("npm:one".to_owned(), vec![]), ("npm:two".to_owned(), vec![])]);
    }

    #[test]
    fn an_older_transport_is_the_same_server() {
        let remotes = r#"{"name":"a/b","remotes":[{"type":"sse","url":"https://a.example/x/sse"},
            {"type":"streamable-http","url":"https://a.example/x/mcp"}, {"type":"sse","url":"https://a.example/y/sse"}]}"#;
        let remote = |path: &str| format!("remote:https://a.example/{path}");
        assert_eq!(offered(remotes), [(remote("x/mcp"), vec![remote("x/sse")]), (remote("y/sse"), vec![])]);
    }
}
