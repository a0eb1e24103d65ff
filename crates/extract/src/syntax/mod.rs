//! Source languages, each lowered into the one of [`crate::module`].

pub mod javascript;
pub mod python;

use std::ops::ControlFlow;

use tree_sitter::{Language, ParseOptions, Parser, Tree};

/// How often the parser may look up from its work for every byte of a file: a file of the most tangled real
/// bundles needs a small part of it, a hostile one would go on for minutes.
const CHECKS_PER_BYTE: usize = 4;
/// What every file may use, however short.
const CHECKS: usize = 10_000;

/// Parses a file; `None` when that takes more work than any honest file of its length.
pub(crate) fn parse(language: &Language, text: &str) -> Option<Tree> {
    let mut parser = Parser::new();
    parser.set_language(language).ok()?;
    let mut left = CHECKS + CHECKS_PER_BYTE * text.len();
    let mut check = |_: &tree_sitter::ParseState| {
        left = left.saturating_sub(1);
        if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let options = ParseOptions::new().progress_callback(&mut check);
    let bytes = text.as_bytes();
    parser.parse_with_options(&mut |at, _| bytes.get(at..).unwrap_or_default(), None, Some(options))
}
