//! Tools declared in Go, Rust, C# and Java, found by queries kept as data.
//!
//! A language is a folder `queries/<name>/` with a [`recipe`](recipe::Recipe) (`recipe.toml`: types, literals,
//! what to pass over) and a tree-sitter query (`tools.scm`). The query marks *items* (`@tool`, `@parameter`,
//! `@record`, `@field`, `@enum`, `@function`, `@constant`) and their *values* (`@tool.name`,
//! `@field.type`, …). A value belongs to the item of its kind in the same match, else to the innermost one
//! around it; the attributes and comments before a declaration are part of it. A `@tool` counts only when
//! `@tool.mark` was seen in it: what shows that it is registered as one.

mod definition;
mod index;
mod recipe;
mod scan;
mod text;

use std::collections::BTreeMap;
use std::sync::OnceLock;

use riskdex_model::{Gap, GapKind};

use crate::Error;
use crate::found::Found;
use crate::language::Language;
use crate::tree::Tree;
use crate::wanted::is_vendored;
use index::Index;
use recipe::Recipe;
use scan::Kind;

/// Bytes of one file that is parsed; generated ones beyond it declare no tools by hand.
const FILE_BYTES: usize = 1 << 20;
/// Bytes parsed of one package.
const PACKAGE_BYTES: usize = 48 << 20;

/// The recipes and queries of all languages. A language's are compiled when the first package in it is read: that
/// takes longer than reading most packages does.
#[derive(Debug)]
pub(crate) struct Queries {
    files: BTreeMap<String, String>,
    recipes: Vec<Lazy>,
}

/// A language's recipe, at `path`.
#[derive(Debug)]
struct Lazy {
    language: Language,
    path: String,
    recipe: OnceLock<Result<Recipe, Wrong>>,
}

/// What is wrong with a file of a recipe.
#[derive(Clone, Debug)]
struct Wrong {
    file: String,
    reason: String,
}

impl From<Wrong> for Error {
    fn from(Wrong { file, reason }: Wrong) -> Self {
        Self::Recipe { file, reason }
    }
}

impl Queries {
    /// Those of every `queries/<name>/` folder among the files.
    pub(crate) fn new(files: &[(String, String)]) -> Result<Self, Error> {
        let files: BTreeMap<_, _> = files.iter().filter(|(path, _)| path.starts_with("queries/")).cloned().collect();
        let lazy =
            |path: &String| Ok(Lazy { language: Recipe::language(path)?, path: path.clone(), recipe: OnceLock::new() });
        let recipes = files.keys().filter(|path| path.ends_with("/recipe.toml")).map(lazy);
        Ok(Self { recipes: recipes.collect::<Result<_, Wrong>>()?, files })
    }

    /// Compiles all that is not compiled yet, to see whether anything is wrong with it.
    pub(crate) fn check(&self) -> Result<(), Error> {
        self.recipes.iter().try_for_each(|lazy| self.recipe(lazy.language).map(|_| ()))
    }

    fn recipe(&self, language: Language) -> Result<Option<&Recipe>, Error> {
        let Some(lazy) = self.recipes.iter().find(|lazy| lazy.language == language) else { return Ok(None) };
        match lazy.recipe.get_or_init(|| Recipe::load(language, &lazy.path, &self.files)) {
            Ok(recipe) => Ok(Some(recipe)),
            Err(wrong) => Err(wrong.clone().into()),
        }
    }

    /// The tools that a package's files in one language declare.
    pub(crate) fn tools(&self, language: Language, tree: &Tree) -> Result<Found, Error> {
        let mut found = Found::default();
        let Some(recipe) = self.recipe(language)? else { return Ok(found) };
        let paths: Vec<&str> = tree.paths().filter(|path| recipe.reads(path) && !is_vendored(path)).collect();
        if !paths.iter().any(|path| tree.bytes(path).is_some_and(|bytes| recipe.has_hint(bytes))) {
            return Ok(found);
        }
        let mut items = Vec::new();
        let mut budget = PACKAGE_BYTES;
        for path in paths {
            let Some(text) = tree.text(path) else { continue };
            if text.len() > FILE_BYTES.min(budget) {
                found.gaps.push(gap(GapKind::Limit, path, 0, "more source code than is read"));
                continue;
            }
            budget -= text.len();
            match scan::scan(recipe, path, &text) {
                Some((of_file, is_whole)) => {
                    if !is_whole && of_file.iter().any(|item| item.kind == Kind::Tool) {
                        found.gaps.push(gap(GapKind::Syntax, path, 0, "understood only in part"));
                    }
                    items.extend(of_file);
                }
                None => found.gaps.push(gap(GapKind::Syntax, path, 0, "too tangled to be read")),
            }
        }
        let index = Index::of(recipe, &items);
        for item in items.iter().filter(|item| item.kind == Kind::Tool && item.has("mark")) {
            match definition::tool(recipe, &index, item) {
                Ok((tool, open)) => {
                    found
                        .gaps
                        .extend(open.into_iter().map(|what| gap(GapKind::Incomplete, &item.file, item.line, &what)));
                    found.tools.push(tool);
                }
                Err(why) => found.gaps.push(gap(GapKind::Incomplete, &item.file, item.line, &why)),
            }
        }
        Ok(found)
    }
}

fn gap(kind: GapKind, file: &str, line: u32, reason: &str) -> Gap {
    Gap { kind, reason: reason.to_owned(), file: file.to_owned(), line }
}

#[cfg(test)]
mod tests;
