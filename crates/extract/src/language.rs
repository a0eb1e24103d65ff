//! The languages that are read, and which of them an artifact may hold.

use riskdex_model::Registry;

use crate::ecosystem::Ecosystem;
use crate::tree::Tree;
use crate::wanted::is_vendored;

/// A source language with a reader.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Language {
    Python,
    JavaScript,
    Go,
    Rust,
    CSharp,
    Java,
}

impl Language {
    /// In the order in which they are tried when no manifest tells.
    const ALL: [Self; 6] = [Self::Python, Self::JavaScript, Self::Go, Self::Rust, Self::CSharp, Self::Java];

    /// The languages to read, the likeliest first: those of the manifests, else every one that has files.
    pub(crate) fn of(ecosystems: &[Ecosystem], tree: &Tree) -> Vec<Self> {
        let mut languages: Vec<Self> = Vec::new();
        for ecosystem in ecosystems {
            let known: &[Self] = match ecosystem {
                Ecosystem::Wheel | Ecosystem::Python => &[Self::Python],
                Ecosystem::Npm => &[Self::JavaScript],
                Ecosystem::Go => &[Self::Go],
                Ecosystem::Rust => &[Self::Rust],
                Ecosystem::DotNet => &[Self::CSharp],
                Ecosystem::Java => &[Self::Java],
                Ecosystem::Bundle => &Self::ALL,
            };
            languages.extend(known.iter().filter(|l| *ecosystem != Ecosystem::Bundle || l.has_files(tree)));
        }
        if ecosystems.is_empty() {
            languages.extend(Self::ALL.iter().filter(|language| language.has_files(tree)));
        }
        let mut seen = Vec::new();
        languages.retain(|language| {
            let is_new = !seen.contains(language);
            seen.push(*language);
            is_new
        });
        languages
    }

    /// Whether any file of the package's own is in this language.
    fn has_files(self, tree: &Tree) -> bool {
        tree.paths().any(|path| self.owns(path) && !is_vendored(path))
    }

    /// Whether a file is in this language, by its name.
    pub(crate) fn owns(self, path: &str) -> bool {
        let suffixes: &[&str] = match self {
            Self::Python => &[".py"],
            Self::JavaScript => &[".js", ".mjs", ".cjs", ".jsx", ".ts", ".mts", ".cts", ".tsx"],
            Self::Go => &[".go"],
            Self::Rust => &[".rs"],
            Self::CSharp => &[".cs"],
            Self::Java => &[".java"],
        };
        suffixes.iter().any(|suffix| path.ends_with(suffix))
    }

    /// Where packages in this language are published.
    pub(crate) const fn registry(self) -> Option<Registry> {
        match self {
            Self::Python => Some(Registry::Pypi),
            Self::JavaScript => Some(Registry::Npm),
            Self::Rust => Some(Registry::Cargo),
            Self::CSharp => Some(Registry::Nuget),
            Self::Go | Self::Java => None,
        }
    }

    /// The folder in which an installed dependency of this name lies, empty or ending with `/`.
    pub(crate) fn place_of(self, package: &str) -> String {
        match self {
            Self::JavaScript => format!("node_modules/{package}/"),
            _ => String::new(),
        }
    }
}
