//! A crate uses only crates on lower floors, never a neighbour.

use std::collections::BTreeMap;
use std::path::Path;

/// Floors from the ground up. The root package stands on top and may use everything.
const FLOORS: &[&[&str]] = &[&["model"], &["policy", "extract", "classify", "catalog"], &["crawl", "site"]];

/// What a crate on a higher floor may use; the crawler must not classify, the site must not fetch.
const ALLOWED: &[(&str, &[&str])] = &[("crawl", &["model", "catalog"]), ("site", &["model", "catalog", "policy"])];

fn manifest(path: &Path) -> toml::Table {
    let text = std::fs::read_to_string(path).unwrap_or_else(|e| panic!("{}: {e}", path.display()));
    text.parse().unwrap_or_else(|e| panic!("{}: {e}", path.display()))
}

fn own_dependencies(manifest: &toml::Table, section: &str) -> Vec<String> {
    let table = manifest.get(section).and_then(toml::Value::as_table);
    table
        .into_iter()
        .flat_map(toml::Table::keys)
        .filter_map(|k| k.strip_prefix("riskdex-"))
        .map(str::to_owned)
        .collect()
}

#[test]
fn crates_use_only_lower_floors() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let floor_of: BTreeMap<&str, usize> =
        FLOORS.iter().enumerate().flat_map(|(floor, names)| names.iter().map(move |name| (*name, floor))).collect();
    for (&name, &floor) in &floor_of {
        for dependency in
            own_dependencies(&manifest(&root.join("crates").join(name).join("Cargo.toml")), "dependencies")
        {
            let below = floor_of
                .get(dependency.as_str())
                .unwrap_or_else(|| panic!("{name} uses {dependency}, which has no floor"));
            assert!(*below < floor, "{name} (floor {floor}) uses {dependency} (floor {below})");
            if let Some((_, allowed)) = ALLOWED.iter().find(|(user, _)| *user == name) {
                assert!(allowed.contains(&dependency.as_str()), "{name} may not use {dependency}");
            }
        }
    }
}

#[test]
fn every_member_has_a_floor() {
    let members = manifest(&Path::new(env!("CARGO_MANIFEST_DIR")).join("Cargo.toml"));
    let members = members["workspace"]["members"].as_array().unwrap();
    let names: Vec<_> = members.iter().filter_map(|m| m.as_str()?.strip_prefix("crates/")).collect();
    let mut expected: Vec<_> = FLOORS.iter().flat_map(|floor| floor.iter().copied()).collect();
    expected.push("testbed");
    assert_eq!(names, expected, "members are listed in floor order, the testbed last");
}
