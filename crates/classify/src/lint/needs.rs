//! Which clauses are worth trying on a text: one pass over it finds the words that their expressions must hold.

use std::cell::RefCell;
use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::ops::Range;

use aho_corasick::Anchored;
use aho_corasick::automaton::{Automaton, StateID};
use aho_corasick::nfa::contiguous::NFA;

use super::required::{self, Choice};

/// How far from the rarest words of an expression its other words may stand, in bytes.
const NEAR: usize = 300;
/// Choices of a chain that are looked for.
const CHOICES_MAX: usize = 3;

/// What [`Plain`](super::plain::Plain) makes of each byte of ASCII, but that all white space is a space; 0 is left out.
const FOLDED: [u8; 256] = {
    let mut folded = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        folded[byte] = match byte as u8 {
            b'*' => 0,
            b'`' => b'\'',
            byte if byte.is_ascii_whitespace() => b' ',
            byte => byte.to_ascii_lowercase(),
        };
        byte += 1;
    }
    folded
};

/// The words that clauses need.
#[derive(Debug, Default)]
pub(crate) struct Needs {
    automaton: Option<(NFA, StateID)>,
    /// For each word where its senses begin; one more than words.
    offsets: Vec<u32>,
    senses: Vec<Sense>,
    /// For each choice the chains whose rarest it is.
    rarest_of: Vec<Vec<u32>>,
    chains: Vec<Chain>,
}

/// A choice that a word is in.
#[derive(Clone, Copy, Debug)]
struct Sense {
    choice: u32,
    /// Whether the word must begin, and end, where words of the text do.
    begins: bool,
    ends: bool,
    /// Whether it is the rarest choice of any chain.
    is_rare: bool,
}

/// What a match of a clause holds, as numbers of choices.
#[derive(Debug)]
struct Chain {
    clause: usize,
    choices: Vec<u32>,
    /// The choice that is expected least often.
    rarest: usize,
}

/// Words of a choice in a text, by their bytes.
#[derive(Clone, Copy, Debug)]
struct Hit {
    choice: u32,
    start: usize,
    end: usize,
}

/// Memory that is used again from one text to the next.
#[derive(Debug, Default)]
struct Scratch {
    hits: Vec<Hit>,
    /// Hits that are the rarest choice of a chain.
    rare: Vec<usize>,
}

thread_local! {
    static SCRATCH: RefCell<Scratch> = RefCell::default();
}

impl Needs {
    /// Takes the chains of each clause, and honest texts that tell which words are rare; clauses are numbered in the order
    /// given. Of each chain only the rarest choices are looked for.
    pub(crate) fn new<'c>(
        clauses: impl Iterator<Item = Vec<required::Chain>>,
        honest: impl Iterator<Item = &'c str>,
    ) -> Self {
        let mut clauses: Vec<Vec<required::Chain>> = clauses.collect();
        let all = Self::of(&clauses);
        let mut found = vec![0_u32; all.rarest_of.len()];
        let mut scratch = Scratch::default();
        for text in honest {
            all.look(text.as_bytes(), &mut scratch);
            scratch.hits.iter().for_each(|hit| found[hit.choice as usize] += 1);
        }
        let mut numbered = all.chains.iter();
        for chain in clauses.iter_mut().flatten() {
            let Some(Chain { choices, .. }) = numbered.next() else { break };
            let rarity = |at: &usize| (found[choices[*at] as usize], Reverse(chain[*at].strength()));
            let mut rarest: Vec<usize> = (0..chain.len()).collect();
            rarest.sort_by_key(rarity);
            rarest.truncate(CHOICES_MAX);
            let first = rarest.first().copied();
            rarest.sort_unstable();
            *chain = rarest.iter().map(|&at| Choice { is_rarest: first == Some(at), ..chain[at].clone() }).collect();
        }
        Self::of(&clauses)
    }

    fn of(clauses: &[Vec<required::Chain>]) -> Self {
        let mut needs = Self::default();
        let mut words: BTreeMap<&[u8], Vec<Sense>> = BTreeMap::new();
        let mut numbers: BTreeMap<&Choice, u32> = BTreeMap::new();
        for (clause, chains) in clauses.iter().enumerate() {
            for chain in chains {
                let number = |choice| {
                    *numbers.entry(choice).or_insert_with(|| {
                        let number = needs.rarest_of.len() as u32;
                        let &Choice { begins, ends, is_rarest: is_rare, .. } = choice;
                        let sense = Sense { choice: number, begins, ends, is_rare };
                        choice.words.iter().for_each(|word| words.entry(word).or_default().push(sense));
                        needs.rarest_of.push(Vec::new());
                        number
                    })
                };
                let choices: Vec<u32> = chain.iter().map(number).collect();
                let rarest = chain.iter().position(|choice| choice.is_rarest).unwrap_or(0);
                needs.rarest_of[choices[rarest] as usize].push(needs.chains.len() as u32);
                needs.chains.push(Chain { clause, choices, rarest });
            }
        }
        // With thousands of words a table of all steps is larger than any cache.
        let automaton = NFA::builder().dense_depth(3).build(words.keys()).ok();
        needs.automaton = automaton.and_then(|nfa| nfa.start_state(Anchored::No).ok().map(|start| (nfa, start)));
        needs.offsets.push(0);
        for senses in words.into_values() {
            needs.senses.extend(senses);
            needs.offsets.push(needs.senses.len() as u32);
        }
        needs
    }

    /// The clauses one of whose chains is in a text that is plain but for case and white space; ascending, each with the
    /// range of bytes that its words span.
    pub(crate) fn wanted(&self, text: &str) -> Vec<(usize, Range<usize>)> {
        SCRATCH.with_borrow_mut(|scratch| {
            self.look(text.as_bytes(), scratch);
            let mut wanted: Vec<(usize, Range<usize>)> = Vec::new();
            for &at in &scratch.rare {
                for &chain in &self.rarest_of[scratch.hits[at].choice as usize] {
                    let chain = &self.chains[chain as usize];
                    let Some(range) = chain.around(at, &scratch.hits) else { continue };
                    match wanted.iter_mut().find(|(clause, _)| *clause == chain.clause) {
                        Some((_, whole)) => *whole = whole.start.min(range.start)..whole.end.max(range.end),
                        None => wanted.push((chain.clause, range)),
                    }
                }
            }
            wanted.sort_unstable_by_key(|(clause, _)| *clause);
            wanted
        })
    }

    /// Finds all words.
    fn look(&self, text: &[u8], scratch: &mut Scratch) {
        scratch.hits.clear();
        scratch.rare.clear();
        let Some((automaton, start)) = &self.automaton else { return };
        // The last byte that was left out ends here: words around it begin earlier than their length tells.
        let mut left_out = 0;
        let (mut state, mut before) = (*start, b' ');
        for (at, &byte) in text.iter().enumerate() {
            let byte = FOLDED[usize::from(byte)];
            if byte == 0 || (byte == b' ' && before == b' ') {
                left_out = at + 1;
                continue;
            }
            before = byte;
            state = automaton.next_state(Anchored::No, state, byte);
            if !automaton.is_special(state) || !automaton.is_match(state) {
                continue;
            }
            let end = at + 1;
            let ends = !is_inside(text, end);
            for word in 0..automaton.match_len(state) {
                let word = automaton.match_pattern(state, word);
                let start = end - automaton.pattern_len(word);
                let begins = left_out > start || !is_inside(text, start);
                let (from, to) = (self.offsets[word.as_usize()], self.offsets[word.as_usize() + 1]);
                for sense in &self.senses[from as usize..to as usize] {
                    if (begins || !sense.begins) && (ends || !sense.ends) {
                        if sense.is_rare {
                            scratch.rare.push(scratch.hits.len());
                        }
                        scratch.hits.push(Hit { choice: sense.choice, start, end });
                    }
                }
            }
        }
    }
}

impl Chain {
    /// The bytes from its first words to its last around a hit that is its rarest choice, if they are all there. Hits are
    /// in the order of their ends.
    fn around(&self, at: usize, hits: &[Hit]) -> Option<Range<usize>> {
        let hit = hits[at];
        let Range { mut start, mut end } = hit.start..hit.end;
        let mut before = hits[..at].iter().rev().take_while(|other| other.end + NEAR > hit.start);
        for choice in self.choices[..self.rarest].iter().rev() {
            start = before.find(|other| other.choice == *choice && other.end <= start)?.start;
        }
        let mut after = hits[at + 1..].iter().take_while(|other| other.start < hit.end + NEAR);
        for choice in &self.choices[self.rarest + 1..] {
            end = after.find(|other| other.choice == *choice && other.start >= end)?.end;
        }
        Some(start..end)
    }
}

/// Whether a place is inside a word.
fn is_inside(bytes: &[u8], at: usize) -> bool {
    let is_word = |at: usize| bytes.get(at).is_some_and(|b| b.is_ascii_alphanumeric() || *b == b'_');
    at > 0 && is_word(at - 1) && is_word(at)
}
