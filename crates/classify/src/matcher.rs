//! One automaton over the words of all rules, and one pass of it over a definition.

use std::collections::BTreeMap;

use aho_corasick::dfa::DFA;
use aho_corasick::{Anchored, Input, MatchKind, automaton::Automaton, automaton::OverlappingState};

use crate::document::Document;
use crate::error::Error;
use crate::lexicon::{Form, Lexicon};

/// Index of a list of words.
pub(crate) type LexiconId = u16;

/// What finding one pattern means.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sense {
    pub(crate) lexicon: LexiconId,
    pub(crate) form: Form,
    pub(crate) ambiguous: bool,
}

/// Words of a list found in a definition.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hit {
    pub(crate) sense: Sense,
    /// First and last token.
    pub(crate) first: u32,
    pub(crate) last: u32,
    /// First and one past the last byte in the field's text.
    pub(crate) start: u32,
    pub(crate) end: u32,
    /// Whether the script has no spaces between words, so that a token may hold several hits.
    pub(crate) glued: bool,
}

/// Finds every word of every list in one pass, whatever the number of lists.
#[derive(Debug)]
pub(crate) struct Matcher {
    automaton: DFA,
    /// For each pattern its senses, as a range of `senses`, and whether it hides the words inside it.
    patterns: Vec<(u32, u32, bool)>,
    senses: Vec<Sense>,
}

impl Matcher {
    /// Builds the automaton.
    pub(crate) fn new(lexicons: &[Lexicon]) -> Result<Self, Error> {
        let mut by_text: BTreeMap<&str, (Vec<Sense>, bool)> = BTreeMap::new();
        for (index, lexicon) in lexicons.iter().enumerate() {
            for term in &lexicon.terms {
                let (senses, hides) = by_text.entry(&term.text).or_default();
                senses.push(Sense { lexicon: index as LexiconId, form: term.form, ambiguous: term.ambiguous });
                *hides |= lexicon.hides;
            }
        }
        let (mut texts, mut patterns, mut senses) = (Vec::new(), Vec::new(), Vec::new());
        for (text, (meanings, hides)) in by_text {
            texts.push(if is_unspaced(text) { text.to_owned() } else { format!(" {text} ") });
            let from = senses.len() as u32;
            senses.extend(meanings);
            patterns.push((from, senses.len() as u32, hides));
        }
        let automaton = DFA::builder().match_kind(MatchKind::Standard).build(texts).map_err(Error::Automaton)?;
        Ok(Self { automaton, patterns, senses })
    }

    /// Puts everything found into `hits`, in the order of the first token, longer ones first.
    pub(crate) fn hits(&self, document: &Document, hits: &mut Vec<Hit>) {
        hits.clear();
        let input = Input::new(&document.buffer).anchored(Anchored::No);
        let mut state = OverlappingState::start();
        let mut hidden: Vec<(u32, u32, bool)> = Vec::new();
        let tokens = &document.tokens;
        let mut last = 0;
        loop {
            // The automaton was built without the features that this can fail for.
            if self.automaton.try_find_overlapping(&input, &mut state).is_err() {
                break;
            }
            let Some(found) = state.get_match() else { break };
            let spaced = document.buffer[found.start()] == b' ';
            let (from, to) = if spaced { (found.start() + 1, found.end() - 1) } else { (found.start(), found.end()) };
            while last + 1 < tokens.len() && tokens[last + 1].at as usize <= to - 1 {
                last += 1;
            }
            let mut first = last;
            while tokens[first].at as usize > from {
                first -= 1;
            }
            let (a, z) = (tokens[first], tokens[last]);
            let start = if spaced { a.start } else { a.start + (from as u32 - a.at) };
            let end = if spaced { z.end } else { (z.start + (to as u32 - z.at)).min(z.end) };
            let (begin, stop, hides) = self.patterns[found.pattern().as_usize()];
            for &sense in &self.senses[begin as usize..stop as usize] {
                hits.push(Hit { sense, first: first as u32, last: last as u32, start, end, glued: !spaced });
            }
            if hides {
                let prose = document.fields[document.field_of(first as u32)].place.is_prose();
                hidden.push((first as u32, last as u32, prose));
            }
        }
        if !hidden.is_empty() {
            hits.retain(|h| {
                // In a name a verb stays a verb: `get_request` gets.
                !hidden.iter().any(|&(a, z, prose)| {
                    let inside = a <= h.first && h.last <= z && (z - a) > (h.last - h.first);
                    inside && (prose || h.sense.form == Form::Noun)
                })
            });
        }
        hits.sort_by_key(|h| (h.first, std::cmp::Reverse(h.last), h.start, h.sense.lexicon));
    }
}

/// Whether a word is of a script that is written without spaces, or that glues endings to words.
fn is_unspaced(text: &str) -> bool {
    text.chars().any(|c| matches!(c, '\u{3040}'..='\u{30ff}' | '\u{3400}'..='\u{9fff}' | '\u{ac00}'..='\u{d7af}'))
}
