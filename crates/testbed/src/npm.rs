//! npm: packuments and tarballs.

use axum::http::HeaderMap;
use axum::response::Response;
use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha512};

use crate::package::{Project, Published};
use crate::reply::{accepts, document, not_found};

const ABBREVIATED: &str = "application/vnd.npm.install-v1+json";

/// Answers what follows `/npm/`, decoded: `{name}`, or `{name}/-/{file}`; the name may have a scope.
pub(crate) fn answer(asked: &HeaderMap, path: &str, project: Option<&Project>, base: &str) -> Response {
    let Some(project) = project else { return not_found() };
    match path.split_once("/-/") {
        None if accepts(asked, ABBREVIATED) => document(asked, ABBREVIATED, packument(project, base)),
        None => document(asked, "application/json", packument(project, base)),
        Some((_, file)) => match project.artifact(file) {
            Some(release) => document(asked, "application/octet-stream", release.bytes.clone()),
            None => not_found(),
        },
    }
}

/// The package's name in such a path.
pub(crate) fn name(path: &str) -> &str {
    path.split_once("/-/").map_or(path, |(name, _)| name)
}

fn packument(project: &Project, base: &str) -> String {
    let versions: Map<String, Value> =
        project.releases.iter().map(|release| (release.version.clone(), version(project, release, base))).collect();
    let newest = project.releases.iter().rev().find(|release| release.yanked.is_none()).or(project.releases.last());
    let tags: Map<String, Value> = newest.iter().map(|release| ("latest".to_owned(), json!(release.version))).collect();
    json!({"name": project.name, "dist-tags": tags, "versions": versions}).to_string()
}

fn version(project: &Project, release: &Published, base: &str) -> Value {
    let dependencies: Map<String, Value> = release.requires.iter().map(|name| (name.clone(), json!("*"))).collect();
    let mut version = json!({
        "name": project.name,
        "version": release.version,
        "dependencies": dependencies,
        "dist": {
            "tarball": format!("{base}/npm/{}/-/{}", project.name, release.file),
            "integrity": format!("sha512-{}", BASE64_STANDARD.encode(Sha512::digest(&release.promised))),
        },
    });
    if let Some(reason) = &release.yanked {
        version["deprecated"] = json!(reason);
    }
    version
}
