//! `manifest.json` of MCP bundles, versions 0.1 to 0.4 (the first ones say `dxt_version`).

use super::Stated;
use crate::tree::Tree;

/// The manifest's place.
const FILE: &str = "manifest.json";

/// Whether the root's `manifest.json` is that of an MCP bundle (browsers' extensions have one too).
pub(crate) fn is_bundle(tree: &Tree) -> bool {
    let Some(text) = tree.text(FILE) else { return false };
    match serde_json::from_str::<serde_json::Value>(&text) {
        Ok(value) => {
            let states_version = ["manifest_version", "dxt_version"].iter().any(|key| value[key].is_string());
            states_version || value["server"].is_object()
        }
        // Broken, but meant to be one: the place and a telling word are enough to report it.
        Err(_) => text.contains("manifest_version") || text.contains("dxt_version"),
    }
}

/// The file that the bundle's host runs, as far as it is a file of the bundle.
pub(crate) fn program(tree: &Tree) -> Option<String> {
    if !is_bundle(tree) {
        return None;
    }
    let manifest: serde_json::Value = serde_json::from_str(&tree.text(FILE)?).ok()?;
    let stated = manifest["server"]["entry_point"].as_str()?;
    let path = stated.trim_start_matches("${__dirname}/").trim_start_matches("./");
    tree.contains(path).then(|| path.to_owned())
}

/// Adds the tools that the bundle's manifest lists.
pub(super) fn read(tree: &Tree, stated: &mut Stated) {
    if !tree.contains(FILE) || !is_bundle(tree) {
        return;
    }
    let Some(manifest) = stated.json(tree, FILE) else { return };
    stated.tools(&manifest["tools"], FILE);
    if manifest["tools_generated"] == true {
        stated.dynamic = Some(format!("{FILE} says that more tools are generated when the server runs"));
    }
}
