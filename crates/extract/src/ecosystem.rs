//! Which forms of package an artifact has, by the manifests at its root.

use riskdex_model::Registry;

use crate::tree::Tree;

/// A form of package, and with it a language to read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ecosystem {
    /// A Python wheel.
    Wheel,
    /// An MCP bundle.
    Bundle,
    /// A Python source distribution or project.
    Python,
    /// An npm package.
    Npm,
    /// A Go module.
    Go,
    /// A Rust crate.
    Rust,
    /// A .NET project or package.
    DotNet,
    /// A Maven or Gradle project.
    Java,
}

impl Ecosystem {
    /// Every form that the tree shows, the most telling one first.
    pub(crate) fn of(tree: &Tree) -> Vec<Self> {
        let has = |names: &[&str]| names.iter().any(|name| tree.contains(name));
        let mut found = Vec::new();
        let mut add = |ecosystem, is_there| {
            if is_there {
                found.push(ecosystem);
            }
        };
        add(Self::Wheel, wheel_metadata(tree).is_some());
        add(Self::Bundle, has(&["manifest.json"]) && crate::manifest::bundle::is_bundle(tree));
        // What is published on PyPI has PKG-INFO; an npm package may carry a Python project along.
        let is_published = has(&["PKG-INFO"]);
        add(Self::Python, is_published);
        add(Self::Npm, has(&["package.json"]));
        add(Self::Python, !is_published && has(&["pyproject.toml", "setup.py", "setup.cfg"]));
        add(Self::Go, has(&["go.mod"]));
        add(Self::Rust, has(&["Cargo.toml"]));
        add(Self::DotNet, dotnet_manifest(tree).is_some());
        add(Self::Java, has(&["pom.xml", "build.gradle", "build.gradle.kts"]));
        found
    }

    /// The registry whose form this is, where there is one.
    pub(crate) const fn registry(self) -> Option<Registry> {
        match self {
            Self::Wheel | Self::Python => Some(Registry::Pypi),
            Self::Bundle => Some(Registry::Mcpb),
            Self::Npm => Some(Registry::Npm),
            Self::Rust => Some(Registry::Cargo),
            Self::DotNet => Some(Registry::Nuget),
            Self::Go | Self::Java => None,
        }
    }
}

/// The path of a wheel's `METADATA`.
pub(crate) fn wheel_metadata(tree: &Tree) -> Option<&str> {
    tree.paths().find(|path| path.split_once('/').is_some_and(|(d, f)| d.ends_with(".dist-info") && f == "METADATA"))
}

/// The `.nuspec` of a .NET package, or the first project file of a source archive.
pub(crate) fn dotnet_manifest(tree: &Tree) -> Option<&str> {
    let find = |suffix: &str| tree.paths().find(|path| path.ends_with(suffix));
    find(".nuspec").filter(|path| !path.contains('/')).or_else(|| find(".csproj"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_telling_manifest_comes_first() {
        for (files, expected) in [
            (&["x-1.dist-info/METADATA", "package.json"][..], &[Ecosystem::Wheel, Ecosystem::Npm][..]),
            (&["package.json", "pyproject.toml"], &[Ecosystem::Npm, Ecosystem::Python]),
            (&["package.json", "pyproject.toml", "PKG-INFO"], &[Ecosystem::Python, Ecosystem::Npm]),
            (&["go.mod", "src/x.csproj"], &[Ecosystem::Go, Ecosystem::DotNet]),
            (&["lib/package.json", "lib/x.nuspec"], &[]),
        ] {
            let tree = Tree::new(files.iter().map(|path| ((*path).to_owned(), Vec::new())).collect());
            assert_eq!(Ecosystem::of(&tree), expected, "{files:?}");
        }
    }
}
