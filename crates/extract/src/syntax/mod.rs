//! Source languages, each lowered into the one of [`crate::module`].

pub(crate) mod javascript;
pub(crate) mod python;

use std::ops::ControlFlow;

use tree_sitter::{Language, ParseOptions, Parser, Point, Range, Tree};

/// How often the parser may look up from its work for every byte of a file: a file of the most tangled real
/// bundles needs a small part of it, a hostile one would go on for minutes.
const CHECKS_PER_BYTE: usize = 4;
/// What every file may use, however short.
const CHECKS: usize = 10_000;

/// Words and marks in one file: a syntax tree takes some 140 bytes for each. Bundles of 12 MB have three million.
const TOKENS: usize = 3_500_000;

/// About how many words and marks a text has, whatever its language.
pub(crate) fn tokens(text: &str) -> usize {
    let mut is_inside = false;
    let starts = |byte: &u8| {
        let is_word = byte.is_ascii_alphanumeric() || *byte == b'_' || !byte.is_ascii();
        let was_inside = std::mem::replace(&mut is_inside, is_word);
        if is_word { !was_inside } else { !byte.is_ascii_whitespace() }
    };
    text.as_bytes().iter().copied().filter(starts).count()
}

/// Parses a file; `None` when that takes more work than any honest file of its length, or more memory than there is.
pub(crate) fn parse(language: &Language, text: &str) -> Option<Tree> {
    parse_from(language, text, 0)
}

/// The same for a part of a file that begins in that row.
fn parse_from(language: &Language, text: &str, row: usize) -> Option<Tree> {
    if tokens(text) > TOKENS {
        return None;
    }
    let mut parser = Parser::new();
    parser.set_language(language).ok()?;
    let (start_point, end_point) = (Point::new(row, 0), Point::new(usize::MAX, usize::MAX));
    parser.set_included_ranges(&[Range { start_byte: 0, end_byte: text.len(), start_point, end_point }]).ok()?;
    let mut left = CHECKS + CHECKS_PER_BYTE * text.len();
    let mut check = |_: &tree_sitter::ParseState| {
        left = left.saturating_sub(1);
        if left == 0 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let options = ParseOptions::new().progress_callback(&mut check);
    let bytes = text.as_bytes();
    parser.parse_with_options(&mut |at, _| bytes.get(at..).unwrap_or_default(), None, Some(options))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_words_and_marks() {
        assert_eq!(tokens("let häuser_1 = a+b;\n"), 7);
        assert_eq!(tokens(""), 0);
    }

    #[test]
    fn a_file_too_dense_for_memory_is_not_parsed() {
        let dense = "a;".repeat(TOKENS / 2 + 1);
        assert!(parse(&tree_sitter_javascript::LANGUAGE.into(), &dense).is_none());
    }
}
