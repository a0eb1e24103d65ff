//! Rules, templates, assets and data that the binary carries, and folders given instead.

use std::path::Path;

use anyhow::{Context, Result};
use include_dir::{Dir, include_dir};

static RULES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/rules");
static TEMPLATES: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates");
static ASSETS: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/site");
static DATA: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/data");

/// Path (with `/` between parts, relative to its folder) and text of a file.
pub(crate) type TextFile = (String, String);

/// Folders of `rules/` that say how tools are declared; the rest says what they can do.
const EXTRACTION: [&str; 2] = ["recipes/", "queries/"];

/// What the extractor is built from: the built-in files, and below `own` the user's. A file of the same path
/// takes the other's place.
pub(crate) fn recipes(own: Option<&Path>) -> Result<Vec<TextFile>> {
    let mut files = texts(&RULES)?;
    for (path, text) in own.map(folder).transpose()?.unwrap_or_default() {
        files.retain(|(known, _)| *known != path);
        files.push((path, text));
    }
    files.retain(|(path, _)| for_extraction(path));
    files.sort();
    Ok(files)
}

/// The built-in rules of the classifier, or the user's below `folder`.
pub(crate) fn rules(own: Option<&Path>) -> Result<Vec<TextFile>> {
    let mut files = own.map_or_else(|| texts(&RULES), folder)?;
    files.retain(|(path, _)| !for_extraction(path));
    files.sort();
    Ok(files)
}

fn for_extraction(path: &str) -> bool {
    EXTRACTION.iter().any(|folder| path.starts_with(folder))
}

/// The built-in templates.
pub(crate) fn templates() -> Result<Vec<TextFile>> {
    texts(&TEMPLATES)
}

/// The site's static assets.
pub(crate) fn assets() -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    collect(&ASSETS, &mut |path, bytes| files.push((path, bytes.to_vec())));
    files
}

/// A built-in data file.
pub(crate) fn data(path: &str) -> Result<&'static str> {
    let file = DATA.get_file(path).with_context(|| format!("no built-in data file {path}"))?;
    file.contents_utf8().with_context(|| format!("data file {path} is not UTF-8"))
}

/// The built-in data files below a folder.
pub(crate) fn data_folder(folder: &str) -> Result<Vec<TextFile>> {
    match DATA.get_dir(folder) {
        Some(dir) => texts(dir),
        None => Ok(Vec::new()),
    }
}

fn texts(dir: &'static Dir<'static>) -> Result<Vec<TextFile>> {
    let mut files = Vec::new();
    collect(dir, &mut |path, bytes| files.push((path, bytes.to_vec())));
    files.into_iter().map(|(path, bytes)| as_text(path, bytes)).collect()
}

fn collect(dir: &'static Dir<'static>, take: &mut impl FnMut(String, &'static [u8])) {
    for file in dir.files() {
        take(slashed(file.path()), file.contents());
    }
    for inner in dir.dirs() {
        collect(inner, take);
    }
}

/// Every text file below a folder of the user's, sorted by path.
pub(crate) fn folder(root: &Path) -> Result<Vec<TextFile>> {
    let mut files = Vec::new();
    let mut pending = vec![root.to_owned()];
    while let Some(dir) = pending.pop() {
        for entry in std::fs::read_dir(&dir).with_context(|| format!("cannot read folder {}", dir.display()))? {
            let path = entry?.path();
            if path.is_dir() {
                pending.push(path);
            } else {
                let bytes = std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?;
                files.push(as_text(slashed(path.strip_prefix(root).unwrap_or(&path)), bytes)?);
            }
        }
    }
    files.sort();
    Ok(files)
}

fn as_text(path: String, bytes: Vec<u8>) -> Result<TextFile> {
    let text = String::from_utf8(bytes).with_context(|| format!("{path} is not UTF-8"))?;
    Ok((path, text))
}

fn slashed(path: &Path) -> String {
    path.components().map(|part| part.as_os_str().to_string_lossy()).collect::<Vec<_>>().join("/")
}
