//! The words that every match of an expression holds, read from the expression itself.

use std::collections::BTreeSet;

use regex_syntax::hir::{Class, Hir, HirKind, Look};

/// Words of which a match holds at least one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Choice {
    pub(crate) words: BTreeSet<Vec<u8>>,
    /// Whether they are whole words at their beginning, and at their end.
    pub(crate) begins: bool,
    pub(crate) ends: bool,
    /// Whether it is expected least often of its chain.
    pub(crate) is_rarest: bool,
}
/// Choices that a match meets one after another.
pub(crate) type Chain = Vec<Choice>;
type Texts = Vec<Vec<u8>>;

/// Most texts that a piece of an expression is spelled out to, most chains of one expression, most members of a class.
const TEXTS_MAX: usize = 64;
const CHAINS_MAX: usize = 24;
const CLASS_MAX: usize = 4;
/// Weakest choice that is looked for, and the weakest where there are others; see [`Choice::strength`].
const STRENGTH_MIN: usize = 2;
const STRONG: usize = 3;

/// What a text must hold for the expression to match: all choices of one of the chains, in their order. No chain is empty,
/// and there is none where the expression may match without any word.
pub(crate) fn chains(expression: &Hir) -> Vec<Chain> {
    let mut chains = of(expression);
    for chain in &mut chains {
        if chain.iter().filter(|choice| choice.strength() >= STRONG).count() > 1 {
            chain.retain(|choice| choice.strength() >= STRONG);
        }
    }
    if chains.iter().any(Vec::is_empty) { Vec::new() } else { chains }
}

fn of(expression: &Hir) -> Vec<Chain> {
    if let Some(texts) = spelled(expression) {
        return vec![Choice::new(&texts, false, false).into_iter().collect()];
    }
    match expression.kind() {
        HirKind::Capture(capture) => of(&capture.sub),
        HirKind::Repetition(repetition) if repetition.min > 0 => of(&repetition.sub),
        HirKind::Alternation(branches) => branches.iter().flat_map(of).collect(),
        HirKind::Concat(parts) => concatenated(parts),
        _ => vec![Chain::new()],
    }
}

fn concatenated(parts: &[Hir]) -> Vec<Chain> {
    let mut chains = vec![Chain::new()];
    // The texts that the last parts spell, and whether a word begins before them.
    let (mut texts, mut begins): (Texts, bool) = (vec![Vec::new()], false);
    for (at, part) in parts.iter().enumerate() {
        let ends = at > 0 && is_word_edge(&parts[at - 1]);
        match spelled(part) {
            Some(more) if texts.len() * more.len() <= TEXTS_MAX => {
                begins |= texts == [b""] && is_word_edge(part);
                texts = product(&texts, &more);
            }
            Some(more) => {
                follow(&mut chains, &[Choice::new(&texts, begins, ends).into_iter().collect()]);
                (texts, begins) = (more, ends);
            }
            None => {
                follow(&mut chains, &[Choice::new(&texts, begins, ends).into_iter().collect()]);
                follow(&mut chains, &of(part));
                (texts, begins) = (vec![Vec::new()], false);
            }
        }
    }
    let ends = parts.last().is_some_and(is_word_edge);
    follow(&mut chains, &[Choice::new(&texts, begins, ends).into_iter().collect()]);
    chains
}

fn is_word_edge(part: &Hir) -> bool {
    matches!(part.kind(), HirKind::Look(Look::WordAscii | Look::WordUnicode))
}

/// Lets each of the later chains follow each of the chains; where that would be too many, only the best choice of
/// each, as one.
fn follow(chains: &mut Vec<Chain>, later: &[Chain]) {
    if chains.len() * later.len() <= CHAINS_MAX {
        let joined = |chain: &Chain| later.iter().map(|more| [&chain[..], more].concat()).collect::<Vec<_>>();
        *chains = chains.iter().flat_map(joined).collect();
        return;
    }
    let best = later.iter().map(|chain| chain.iter().max_by_key(|choice| choice.strength()));
    if let Some(any) = best.collect::<Option<Vec<_>>>() {
        let words = any.iter().flat_map(|choice| choice.words.iter().cloned()).collect();
        let (begins, ends) = (any.iter().all(|choice| choice.begins), any.iter().all(|choice| choice.ends));
        chains
            .iter_mut()
            .for_each(|chain| chain.push(Choice { words: BTreeSet::clone(&words), begins, ends, is_rarest: false }));
    }
}

/// Every text that a piece matches, if they are few.
fn spelled(expression: &Hir) -> Option<Texts> {
    match expression.kind() {
        HirKind::Empty | HirKind::Look(_) => Some(vec![Vec::new()]),
        HirKind::Literal(literal) => Some(vec![literal.0.to_vec()]),
        HirKind::Capture(capture) => spelled(&capture.sub),
        HirKind::Class(class) => members(class),
        HirKind::Repetition(repetition) if repetition.max == Some(1) && repetition.min == 0 => {
            let mut texts = spelled(&repetition.sub)?;
            texts.push(Vec::new());
            Some(texts)
        }
        HirKind::Alternation(branches) => {
            let texts = branches.iter().map(spelled).collect::<Option<Vec<_>>>()?.concat();
            (texts.len() <= TEXTS_MAX).then_some(texts)
        }
        HirKind::Concat(parts) => parts.iter().try_fold(vec![Vec::new()], |texts, part| {
            let more = spelled(part)?;
            (texts.len() * more.len() <= TEXTS_MAX).then(|| product(&texts, &more))
        }),
        HirKind::Repetition(_) => None,
    }
}

fn members(class: &Class) -> Option<Texts> {
    let members: Texts = match class {
        Class::Bytes(class) => {
            class.iter().flat_map(|range| range.start()..=range.end()).take(CLASS_MAX + 1).map(|b| vec![b]).collect()
        }
        Class::Unicode(class) => {
            let all = class.iter().flat_map(|range| range.start()..=range.end());
            all.take(CLASS_MAX + 1).map(|c| c.to_string().into_bytes()).collect()
        }
    };
    (members.len() <= CLASS_MAX).then_some(members)
}

fn product(first: &Texts, then: &Texts) -> Texts {
    first.iter().flat_map(|a| then.iter().map(|b| [&a[..], b].concat())).collect()
}

impl Choice {
    /// The texts without the space around them. None where one is too short to look for.
    fn new(texts: &Texts, begins: bool, ends: bool) -> Option<Self> {
        let begins = begins || texts.iter().all(|text| text.starts_with(b" "));
        let ends = ends || texts.iter().all(|text| text.ends_with(b" "));
        let words = texts.iter().map(|text| text.trim_ascii().to_vec()).collect();
        let choice = Self { words, begins, ends, is_rarest: false };
        (choice.strength() >= STRENGTH_MIN).then_some(choice)
    }

    /// How seldom the weakest of the words may be expected: its length, one more for a whole word, and a sign such as `@`
    /// as much as three letters.
    pub(crate) fn strength(&self) -> usize {
        let whole = usize::from(self.begins && self.ends);
        let of = |word: &Vec<u8>| match word.as_slice() {
            b"" => 0,
            b"@" | b"+" => STRONG,
            word => word.len() + whole,
        };
        self.words.iter().map(of).min().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(pattern: &str) -> String {
        let hir = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build().parse(pattern).unwrap();
        let choice =
            |choice: &Choice| choice.words.iter().map(|w| String::from_utf8_lossy(w)).collect::<Vec<_>>().join("|");
        let chain = |chain: &Chain| chain.iter().map(choice).collect::<Vec<_>>().join(" .. ");
        chains(&hir).iter().map(chain).collect::<Vec<_>>().join("; ")
    }

    #[test]
    fn every_match_holds_the_words() {
        assert_eq!(
            shown(r"\bsend(?:s|ing)?\b[^\n]{0,40}?\b(?:keys?|tokens)\b"),
            "send|sending|sends .. key|keys|tokens"
        );
        assert_eq!(shown(r"(?:if|when) [^.]+ (?:read \w+|open it)"), "if|when .. read; if|when .. open it");
        assert_eq!(shown(r"do not tell|~/\.ssh/\w+"), "do not tell; ~/.ssh/");
        assert_eq!(shown(r"\w+ (?:a \w+|keys)"), "");
    }
}
