//! A language's recipe: everything about it that is not a query.

use std::collections::BTreeMap;

use regex::{Regex, bytes};
use serde::Deserialize;
use tree_sitter::Query;

use super::Wrong;
use super::scan::Kind;
use super::text::Literal;
use crate::language::Language;

/// A language, ready to scan.
#[derive(Debug)]
pub(super) struct Recipe {
    pub(super) language: Language,
    pub(super) grammar: tree_sitter::Language,
    pub(super) query: Query,
    pub(super) words: Words,
    pub(super) optional: Vec<Regex>,
    pub(super) lists: Vec<Regex>,
    pub(super) maps: Vec<Regex>,
    pub(super) tag: Option<Tag>,
    hints: bytes::Regex,
}

/// `recipe.toml`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Words {
    /// Words without which no file of a package declares a tool.
    hints: Vec<String>,
    /// Endings of files that are passed over (`_test.go`).
    #[serde(default)]
    skip_suffixes: Vec<String>,
    /// Folders that are passed over.
    #[serde(default)]
    skip_folders: Vec<String>,
    /// Kinds of node that stand before a declaration and belong to it.
    #[serde(default)]
    pub(super) leading: Vec<String>,
    /// How each kind of string literal is written.
    pub(super) literals: BTreeMap<String, Literal>,
    /// Kinds of node that put two texts together.
    #[serde(default)]
    pub(super) concatenations: Vec<String>,
    /// Functions whose last argument is the text: translations, conversions.
    #[serde(default)]
    pub(super) transparent: Vec<String>,
    /// How a function's name becomes its tool's.
    #[serde(default)]
    pub(super) default_name: DefaultName,
    /// Whether a parameter of an unknown type is given by the framework and not by the caller.
    #[serde(default)]
    pub(super) inject_unknown: bool,
    /// JSON types by the language's names.
    pub(super) types: BTreeMap<String, String>,
    /// Types in which another, the first group, may be absent.
    #[serde(default)]
    optional: Vec<String>,
    /// Types that list another.
    #[serde(default)]
    lists: Vec<String>,
    /// Types that map texts to another.
    #[serde(default)]
    maps: Vec<String>,
    /// What a field's tag says, as patterns over the tag.
    tag: Option<TagWords>,
}

/// How a tool is named that states no name.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct DefaultName {
    /// An ending of the function's name that is left out.
    #[serde(default)]
    pub(super) strip_suffix: String,
    /// Whether it is written in snake case.
    #[serde(default)]
    pub(super) snake_case: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct TagWords {
    name: String,
    skip: String,
    optional: String,
    /// Tried in order.
    description: Vec<String>,
    choice: String,
}

/// Patterns over a field's tag; the first group is the text.
#[derive(Debug)]
pub(super) struct Tag {
    pub(super) name: Regex,
    pub(super) skip: Regex,
    pub(super) optional: Regex,
    pub(super) description: Vec<Regex>,
    pub(super) choice: Regex,
}

impl Recipe {
    /// The language of the recipe at `path`.
    pub(super) fn language(path: &str) -> Result<Language, Wrong> {
        match path.trim_start_matches("queries/").trim_end_matches("/recipe.toml") {
            "go" => Ok(Language::Go),
            "rust" => Ok(Language::Rust),
            "csharp" => Ok(Language::CSharp),
            "java" => Ok(Language::Java),
            other => {
                let reason = format!("no grammar for {other:?}; one of go, rust, csharp, java");
                Err(Wrong { file: path.to_owned(), reason })
            }
        }
    }

    /// Loads the recipe at `path` and the query beside it.
    pub(super) fn load(language: Language, path: &str, files: &BTreeMap<String, String>) -> Result<Self, Wrong> {
        let fail = |file: &str, reason: String| Wrong { file: file.to_owned(), reason };
        let words: Words = toml::from_str(&files[path]).map_err(|error| fail(path, error.to_string()))?;
        let grammar: tree_sitter::Language = match language {
            Language::Go => tree_sitter_go::LANGUAGE.into(),
            Language::Rust => tree_sitter_rust::LANGUAGE.into(),
            Language::CSharp => tree_sitter_c_sharp::LANGUAGE.into(),
            Language::Java => tree_sitter_java::LANGUAGE.into(),
            Language::Python => tree_sitter_python::LANGUAGE.into(),
            Language::JavaScript => tree_sitter_javascript::LANGUAGE.into(),
        };
        let query_path = format!("{}tools.scm", path.trim_end_matches("recipe.toml"));
        let source = files.get(&query_path).ok_or_else(|| fail(&query_path, "is missing".to_owned()))?;
        let query = Query::new(&grammar, source).map_err(|error| fail(&query_path, error.to_string()))?;
        for name in query.capture_names().iter().filter(|name| !name.starts_with('_')) {
            let kind = name.split_once('.').map_or(*name, |(kind, _)| kind);
            if Kind::named(kind).is_none() {
                return Err(fail(&query_path, format!("@{name} names no kind of item")));
            }
        }
        let regex = |pattern: &String| Regex::new(pattern).map_err(|error| fail(path, error.to_string()));
        let regexes = |patterns: &[String]| patterns.iter().map(regex).collect::<Result<Vec<_>, _>>();
        let tag = match &words.tag {
            Some(tag) => Some(Tag {
                name: regex(&tag.name)?,
                skip: regex(&tag.skip)?,
                optional: regex(&tag.optional)?,
                description: regexes(&tag.description)?,
                choice: regex(&tag.choice)?,
            }),
            None => None,
        };
        Ok(Self {
            language,
            grammar,
            query,
            optional: regexes(&words.optional)?,
            lists: regexes(&words.lists)?,
            maps: regexes(&words.maps)?,
            tag,
            hints: bytes::Regex::new(&words.hints.iter().map(|hint| regex::escape(hint)).collect::<Vec<_>>().join("|"))
                .map_err(|error| fail(path, error.to_string()))?,
            words,
        })
    }

    /// Whether a file is read: in the language, and no test or example.
    pub(super) fn reads(&self, path: &str) -> bool {
        self.language.owns(path)
            && !self.words.skip_suffixes.iter().any(|suffix| path.ends_with(suffix.as_str()))
            && !path.split('/').rev().skip(1).any(|folder| self.words.skip_folders.iter().any(|skip| skip == folder))
    }

    /// Whether a file has any word that registers tools.
    pub(super) fn has_hint(&self, bytes: &[u8]) -> bool {
        self.hints.is_match(bytes)
    }
}
