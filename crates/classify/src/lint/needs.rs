//! Which clauses are worth trying on a text: one pass over it finds the words that each of them needs.

use std::collections::BTreeMap;
use std::ops::Range;

use aho_corasick::{AhoCorasick, AhoCorasickKind};

use super::rule::Clause;

/// How far apart words of a clause's two lists may stand, in bytes.
const NEAR: usize = 120;

/// The words that clauses need.
#[derive(Debug, Default)]
pub(crate) struct Needs {
    /// Finds the words, ignoring ASCII case.
    automaton: Option<AhoCorasick>,
    /// For each word the clauses that need it, by number, and in which of their lists.
    needed_by: Vec<Vec<(usize, bool)>>,
    /// For each clause whether it has a second list.
    has_also: Vec<bool>,
}

impl Needs {
    /// Clauses are numbered in the order given.
    pub(crate) fn new<'c>(clauses: impl Iterator<Item = &'c Clause>) -> Self {
        let mut words: BTreeMap<String, Vec<(usize, bool)>> = BTreeMap::new();
        let mut has_also = Vec::new();
        for (number, clause) in clauses.enumerate() {
            let lists =
                clause.needs.iter().map(|word| (word, false)).chain(clause.also.iter().map(|word| (word, true)));
            for (word, is_also) in lists {
                words.entry(word.to_lowercase()).or_default().push((number, is_also));
            }
            has_also.push(!clause.also.is_empty());
        }
        let mut builder = AhoCorasick::builder();
        builder.ascii_case_insensitive(true).kind(Some(AhoCorasickKind::DFA));
        Self { automaton: builder.build(words.keys()).ok(), needed_by: words.into_values().collect(), has_also }
    }

    /// The clauses whose words are in the text, of both lists near each other; ascending, each with the range
    /// of bytes from its first such word to its last.
    pub(crate) fn wanted(&self, text: &str) -> Vec<(usize, Range<usize>)> {
        let mut hits: Vec<Hit> = Vec::new();
        for found in self.automaton.iter().flat_map(|words| words.find_overlapping_iter(text)) {
            let clauses = &self.needed_by[found.pattern().as_usize()];
            hits.extend(clauses.iter().map(|&(clause, is_also)| (clause, found.start(), is_also)));
        }
        hits.sort_unstable();
        let of_one_clause = hits.chunk_by(|a, b| a.0 == b.0);
        of_one_clause.filter_map(|hits| Some((hits[0].0, meeting(hits, self.has_also[hits[0].0])?))).collect()
    }
}

/// A word found: the clause that needs it, where, and whether it is of the second list.
type Hit = (usize, usize, bool);

/// From the first to the last hit that is near one of the other list, if the clause has two.
fn meeting(hits: &[Hit], has_also: bool) -> Option<Range<usize>> {
    if !has_also {
        return Some(hits.first()?.1..hits.last()?.1);
    }
    let meet = |pair: &[Hit]| pair[0].2 != pair[1].2 && pair[1].1 - pair[0].1 <= NEAR;
    let first = hits.windows(2).find(|pair| meet(pair))?;
    let last = hits.windows(2).rfind(|pair| meet(pair))?;
    Some(first[0].1..last[1].1)
}
