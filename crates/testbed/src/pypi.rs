//! PyPI: the simple index (JSON and HTML) and the files.

use axum::http::header::LOCATION;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::archive::sha256;
use crate::package::Project;
use crate::reply::{accepts, document, not_found};

const JSON: &str = "application/vnd.pypi.simple.v1+json";

/// The canonical form of a project's name.
pub(crate) fn canonical(name: &str) -> String {
    let lower = name.to_lowercase().replace(['_', '.'], "-");
    lower.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
}

/// Answers `/pypi/simple/{name}/`; `path` is what follows `/pypi/simple/`.
pub(crate) fn project(
    asked: &HeaderMap,
    path: &str,
    project: Option<&Project>,
    base: &str,
    html_only: bool,
) -> Response {
    let name = path.trim_end_matches('/');
    if !path.ends_with('/') || canonical(name) != name {
        let to = format!("{base}/pypi/simple/{}/", canonical(name));
        return (StatusCode::MOVED_PERMANENTLY, [(LOCATION, to)]).into_response();
    }
    match project {
        None => not_found(),
        Some(project) if !html_only && accepts(asked, JSON) => document(asked, JSON, as_json(project, base)),
        Some(project) => document(asked, "text/html; charset=utf-8", as_html(project, base)),
    }
}

/// Answers `/pypi/files/{name}/{file}`.
pub(crate) fn file(asked: &HeaderMap, file: &str, project: Option<&Project>) -> Response {
    match project.and_then(|project| project.artifact(file)) {
        Some(release) => document(asked, "application/octet-stream", release.bytes.clone()),
        None => not_found(),
    }
}

fn url(project: &Project, file: &str, base: &str) -> String {
    format!("{base}/pypi/files/{}/{file}", canonical(&project.name))
}

fn as_json(project: &Project, base: &str) -> String {
    let versions: Vec<_> = project.releases.iter().map(|release| &release.version).collect();
    let files: Vec<_> = project
        .releases
        .iter()
        .map(|release| {
            let yanked = match release.yanked.as_deref() {
                None => json!(false),
                Some("") => json!(true),
                Some(reason) => json!(reason),
            };
            json!({
                "filename": release.file,
                "url": url(project, &release.file, base),
                "hashes": {"sha256": sha256(&release.promised)},
                "requires-python": ">=3.10",
                "size": release.bytes.len(),
                "upload-time": "2026-01-01T00:00:00.000000Z",
                "yanked": yanked,
            })
        })
        .collect();
    let meta = json!({"api-version": "1.1"});
    json!({"meta": meta, "name": canonical(&project.name), "versions": versions, "files": files}).to_string()
}

fn as_html(project: &Project, base: &str) -> String {
    let mut page = format!(
        "<!DOCTYPE html>\n<html><head><title>Links for {0}</title></head><body><h1>Links for {0}</h1>\n",
        project.name
    );
    for release in &project.releases {
        let yanked = release.yanked.as_ref().map(|reason| format!(" data-yanked=\"{}\"", escape(reason)));
        page.push_str(&format!(
            "<a href=\"{}#sha256={}\" data-requires-python=\"&gt;=3.10\"{}>{}</a><br/>\n",
            url(project, &release.file, base),
            sha256(&release.promised),
            yanked.unwrap_or_default(),
            release.file,
        ));
    }
    page.push_str("</body></html>\n");
    page
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('"', "&quot;")
}
