//! What grammar needs to know of each word before it reads: which of its lists the word begins, and whether it is denied or
//! said in passing.

use riskdex_model::Category;

use crate::document::Document;
use crate::lexicon::Lexicon;
use crate::matcher::{Hit, Role};
use crate::tokens::Kind;

/// What grammar needs to know of a word: which of the lists in `lexicon/grammar.toml` it begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mark {
    Filler,
    Adverb,
    And,
    Negation,
    Passing,
    Modal,
    Being,
    Preposition,
    Heading,
    Closing,
    Topic,
}

impl Mark {
    /// A bit of its own.
    pub(crate) const fn bit(self) -> u16 {
        1 << self as u16
    }
}

const MARKS: [(Mark, &str); 11] = [
    (Mark::Filler, "filler"),
    (Mark::Adverb, "adverb"),
    (Mark::And, "and"),
    (Mark::Negation, "negation"),
    (Mark::Passing, "passing"),
    (Mark::Modal, "modal"),
    (Mark::Being, "being"),
    (Mark::Preposition, "preposition"),
    (Mark::Heading, "heading"),
    (Mark::Closing, "closing"),
    (Mark::Topic, "topic"),
];

/// A bit beside those of the marks: a verb that does something begins here.
pub(crate) const DOES: u16 = 1 << MARKS.len();

/// What begins at a token, and what stands before it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct At {
    /// The first hit that begins here or later.
    pub(crate) hits: u32,
    /// The marks of the words that begin here.
    pub(crate) marks: u16,
    /// One past the last word of negation, and of passing, that stands before it in its clause; 0 where there is none.
    pub(crate) negation: u32,
    pub(crate) passing: u32,
}

/// The roles of lists, of which is known in which slots they are sought; or the name of a list of grammar that is missing.
pub(crate) fn roles(lexicons: &[Lexicon], sought: &[u16]) -> Result<Vec<Role>, &'static str> {
    let role = |(lexicon, &sought): (&Lexicon, &u16)| Role {
        marks: 0,
        sought,
        effect: lexicon.effect.map(Category::severity),
    };
    let mut roles: Vec<Role> = lexicons.iter().zip(sought).map(role).collect();
    for (mark, name) in MARKS {
        let list = lexicons.iter().position(|l| l.name == name).ok_or(name)?;
        roles[list].marks = mark.bit();
    }
    Ok(roles)
}

/// Puts what is known of each token into `tokens`, and of one past the last.
pub(crate) fn look(document: &Document, hits: &[Hit], tokens: &mut Vec<At>) {
    let read = &document.tokens;
    tokens.clear();
    tokens.reserve(read.len() + 1);
    let mut before = At::default();
    let mut rest = hits.iter().peekable();
    tokens.extend((1_u32..).zip(read).map(|(end, token)| {
        let mut at = before;
        while let Some(hit) = rest.next_if(|hit| hit.first < end) {
            at.marks |= hit.sense.role.marks;
            before.hits += 1;
        }
        if at.marks & Mark::Negation.bit() != 0 {
            before.negation = end;
        }
        if at.marks & Mark::Passing.bit() != 0 {
            before.passing = end;
        }
        if token.kind == Kind::Comma {
            (before.negation, before.passing) = (0, 0);
        }
        at
    }));
    tokens.push(before);
}
