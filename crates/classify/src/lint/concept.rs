//! Concepts: who is spoken to, what is taken, where it goes, what is kept from whom.
//!
//! A word, or a phrase, tells as bits the concepts it belongs to; a sentence those of its words. What a rule looks for is
//! then a test of bits, and places are looked at only where it holds.

use std::collections::BTreeMap;

use crate::definition::Definition;
use crate::error::Problem;
use crate::lexicon;
use crate::matcher::is_unspaced_letter;
use crate::source::Source;
use crate::vocabulary::{Vocabulary, WordId};

/// Concepts, one bit each.
pub(crate) type Mask = u128;
/// Concepts that are known by their shape, and not by their words.
const SHAPES: [&str; 7] = ["parameter", "other-tool", "url", "mail", "account", "local-file", "tag"];
/// The concept of tools that speak of attacks, instead of being one.
const ATTACKS: &str = "attacks";
/// The concept whose words have a shape of their own between angle or square brackets.
const ROLE: &str = "role";
/// The concept of words that make an identifier look like the name of a tool.
const TOOL_VERB: &str = "tool-verb";
/// What stands for any word in a phrase.
const ANY: &str = "*";
/// Letters and digits from which on something is the number of an account, and digits of a telephone number.
const ACCOUNT_MIN: usize = 15;
const PHONE_MIN: usize = 7;

/// The words of all concepts.
#[derive(Debug, Default)]
pub(crate) struct Concepts {
    names: BTreeMap<String, Mask>,
    words: Vocabulary,
    /// For each word, by number, what it means alone, and what it may mean as the end of a phrase.
    alone: Vec<Mask>,
    may_mean: Vec<Mask>,
    /// For each word the phrases that end with it, longer ones first.
    phrases: Vec<Vec<Phrase>>,
    shapes: Shapes,
    /// The bit of [`ATTACKS`].
    pub(crate) attacks: Mask,
}

#[derive(Debug)]
struct Phrase {
    /// Nothing stands for any word.
    words: Vec<Option<WordId>>,
    means: Mask,
    /// Whether its words are not read on their own.
    hides: bool,
}

/// The bits of [`SHAPES`], of [`ROLE`] and of [`TOOL_VERB`].
#[derive(Debug, Default)]
struct Shapes {
    parameter: Mask,
    other_tool: Mask,
    url: Mask,
    mail: Mask,
    account: Mask,
    local_file: Mask,
    tag: Mask,
    role: Mask,
    tool_verb: Mask,
}

/// Words of a text that belong to a concept.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hit {
    pub(crate) concepts: Mask,
    /// First and last word, counted through the text.
    pub(crate) first: u32,
    pub(crate) last: u32,
    /// First and one past the last byte.
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// A sentence: its hits, as a range, and all their concepts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Sentence {
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) concepts: Mask,
}

/// A text as concepts; sentences without any are left out.
#[derive(Debug, Default)]
pub(crate) struct Reading {
    pub(crate) hits: Vec<Hit>,
    pub(crate) sentences: Vec<Sentence>,
    /// The concepts of its first sentence.
    pub(crate) lead: Mask,
    /// The concepts of all sentences.
    pub(crate) concepts: Mask,
}

impl Concepts {
    /// Reads `concepts.toml`.
    pub(crate) fn load(source: &Source, problems: &mut Vec<Problem>) -> Self {
        let lexicons = lexicon::read(source, problems);
        let named = lexicons.iter().map(|lexicon| lexicon.name.as_str()).chain(SHAPES);
        let names: BTreeMap<String, Mask> = named
            .enumerate()
            .map(|(bit, name)| (name.to_owned(), Mask::checked_shl(1, bit as u32).unwrap_or(0)))
            .collect();
        let room = Mask::BITS as usize - SHAPES.len();
        if lexicons.len() > room {
            problems.push(source.problem(0, format!("there may be {room} concepts")));
        }
        let mask = |name: &str| names.get(name).copied().unwrap_or(0);
        let [parameter, other_tool, url, mail, account, local_file, tag] = SHAPES.map(mask);
        let attacks = mask(ATTACKS);
        let shapes = Shapes {
            parameter,
            other_tool,
            url,
            mail,
            account,
            local_file,
            tag,
            role: mask(ROLE),
            tool_verb: mask(TOOL_VERB),
        };
        let mut terms: BTreeMap<Vec<&str>, (Mask, bool)> = BTreeMap::new();
        for lexicon in &lexicons {
            for term in &lexicon.terms {
                let part = |part| if part == ANY { vec![ANY] } else { Cut::new(part).map(|word| word.text).collect() };
                let (means, hides) = terms.entry(term.text.split(' ').flat_map(part).collect()).or_default();
                *means |= mask(&lexicon.name);
                *hides |= lexicon.hides;
            }
        }
        let words = Vocabulary::new(terms.keys().flatten().copied().filter(|word| *word != ANY));
        let mut alone = vec![0; words.count() + 1];
        let mut phrases: Vec<Vec<Phrase>> = Vec::new();
        phrases.resize_with(words.count() + 1, Vec::new);
        for (term, (means, hides)) in &terms {
            let words: Vec<Option<WordId>> =
                term.iter().map(|word| (*word != ANY).then(|| words.find(word.as_bytes()))).collect();
            match words.as_slice() {
                [Some(word)] => alone[*word as usize] = *means,
                [.., Some(last)] => phrases[*last as usize].push(Phrase { means: *means, hides: *hides, words }),
                _ => problems.push(source.problem(0, format!("`{}` does not end in a word", term.join(" ")))),
            }
        }
        phrases.iter_mut().for_each(|all| all.sort_by_key(|phrase| std::cmp::Reverse(phrase.words.len())));
        let of_phrases = phrases.iter().map(|all| all.iter().fold(0, |means, phrase| means | phrase.means));
        let may_mean = alone.iter().zip(of_phrases).map(|(alone, phrases)| alone | phrases).collect();
        Self { names, words, alone, may_mean, phrases, shapes, attacks }
    }

    /// The bit of a concept.
    pub(crate) fn bit(&self, name: &str) -> Option<Mask> {
        self.names.get(name).copied()
    }

    /// The concepts that a text may hold, and perhaps more; for a text of any case.
    pub(crate) fn may_hold(&self, text: &str) -> Mask {
        // What is a parameter only a look at the tool can tell.
        let (mut found, mut lower) = (self.shapes.parameter, Vec::new());
        for word in Cut::new(text) {
            lower.clear();
            lower.extend(word.text.bytes().map(|byte| byte.to_ascii_lowercase()));
            let id = self.word(&lower);
            found |= self.may_mean[id as usize] | self.shape(text, &word, self.may_mean[id as usize], None);
        }
        found
    }

    /// Finds the concepts of a plain text.
    pub(crate) fn read(&self, text: &str, tool: &Definition) -> Reading {
        let mut reading = Reading::default();
        let (mut read, mut from): (Vec<(WordId, u32)>, usize) = (Vec::new(), 0);
        let mut sentence_end = 0;
        for word in Cut::new(text) {
            if ends_sentence(&text[sentence_end..word.start]) {
                from = reading.end_sentence(from);
            }
            sentence_end = word.end;
            let id = self.word(word.text.as_bytes());
            let last = read.len() as u32;
            let (start, end) = (word.start as u32, word.end as u32);
            read.push((id, start));
            let concepts = self.alone[id as usize] | self.shape(text, &word, self.alone[id as usize], Some(tool));
            if concepts != 0 {
                reading.hits.push(Hit { concepts, first: last, last, start, end });
            }
            for phrase in &self.phrases[id as usize] {
                let Some(at) = read.len().checked_sub(phrase.words.len()) else { continue };
                if read[at..].iter().zip(&phrase.words).any(|((id, _), word)| word.is_some_and(|word| word != *id)) {
                    continue;
                }
                let (first, start) = (at as u32, read[at].1);
                if phrase.hides {
                    let hit_before = |hit: &Hit| hit.first >= first;
                    let kept = reading.hits[from..].iter().take_while(|hit| !hit_before(hit)).count();
                    reading.hits.truncate(from + kept);
                }
                reading.hits.push(Hit { concepts: phrase.means, first, last, start, end });
                if phrase.hides {
                    break;
                }
            }
        }
        reading.end_sentence(from);
        reading
    }

    /// The number of a word, also of one whose letters are written as digits: `1gn0r3`.
    fn word(&self, word: &[u8]) -> WordId {
        let id = self.words.find(word);
        let is_mixed = || word.iter().any(u8::is_ascii_digit) && word.iter().any(u8::is_ascii_alphabetic);
        if id != 0 || !is_mixed() {
            return id;
        }
        let letter = |byte: &u8| match byte {
            b'0' => b'o',
            b'1' => b'i',
            b'3' => b'e',
            b'4' => b'a',
            b'5' => b's',
            b'7' => b't',
            byte => *byte,
        };
        self.words.find(&word.iter().map(letter).collect::<Vec<u8>>())
    }

    /// The concepts that the shape of a word tells, and with it what the word `means`. Without a tool every name may be
    /// another tool's.
    fn shape(&self, text: &str, word: &Word, means: Mask, tool: Option<&Definition>) -> Mask {
        let bytes = text.as_bytes();
        let before = word.start.checked_sub(1).map(|at| bytes[at]);
        let after = &bytes[word.end..];
        let mut found = 0;
        if means & self.shapes.role != 0 {
            let opens = matches!(before, Some(b'<' | b'[' | b'/' | b'|'));
            let closes = matches!(after.first(), Some(b'>' | b']' | b'|'));
            if opens && closes {
                found |= self.shapes.tag;
            }
        }
        match after.first() {
            Some(b':') if after.starts_with(b"://") => return found | self.shapes.url,
            Some(b'@') if after.get(1).is_some_and(u8::is_ascii_alphanumeric) => return found | self.shapes.mail,
            _ => {}
        }
        if before == Some(b'/') && bytes[..word.start - 1].last() == Some(&b'~') {
            found |= self.shapes.local_file;
        }
        let digits = word.text.bytes().filter(u8::is_ascii_digit).count();
        if digits >= PHONE_MIN && (before == Some(b'+') || word.text.len() >= ACCOUNT_MIN) {
            return found | self.shapes.account;
        }
        found | self.named(text, word, tool)
    }

    /// What a word names: a parameter of the tool, or another tool if it looks like an identifier.
    fn named(&self, text: &str, word: &Word, tool: Option<&Definition>) -> Mask {
        let bytes = text.as_bytes();
        let is_identifier = word.text.len() > 4 && word.text.trim_matches('_').contains('_');
        let is_verb = |part: &str| self.alone[self.words.find(part.as_bytes()) as usize] & self.shapes.tool_verb != 0;
        let Some(tool) = tool else {
            return if is_identifier { self.shapes.other_tool } else { 0 };
        };
        let is_quoted = word.start > 0 && matches!(bytes[word.start - 1], b'\'' | b'"' | b'`');
        let is_placed = || {
            let before = text[..word.start].trim_end();
            ["as", "into", "via", "through", "under", "in", "called", "named"].iter().any(|place| {
                before.strip_suffix(place).is_some_and(|rest| rest.ends_with(|c: char| !c.is_alphanumeric()))
            })
        };
        let may_be_parameter = is_quoted || is_identifier || is_placed();
        if may_be_parameter && tool.parameters().any(|name| word.text.eq_ignore_ascii_case(name)) {
            return self.shapes.parameter;
        }
        let is_own = word.text.eq_ignore_ascii_case(tool.name());
        if is_identifier && !is_own && word.text.split('_').any(is_verb) { self.shapes.other_tool } else { 0 }
    }
}

impl Reading {
    /// Closes the sentence whose hits begin at `from`; gives back where the next one's begin.
    fn end_sentence(&mut self, from: usize) -> usize {
        let to = self.hits.len();
        if to > from {
            let concepts = self.hits[from..].iter().fold(0, |all, hit| all | hit.concepts);
            if from == 0 {
                self.lead = concepts;
            }
            self.concepts |= concepts;
            self.sentences.push(Sentence { from, to, concepts });
        }
        to
    }
}

/// A word and where it stands, in bytes.
struct Word<'t> {
    text: &'t str,
    start: usize,
    end: usize,
}

/// The words of a text. A point before a name belongs to it (`.ssh`), so does the rest of `don't`; a letter of a script
/// without spaces is a word.
struct Cut<'t> {
    text: &'t str,
    at: usize,
}

impl<'t> Cut<'t> {
    fn new(text: &'t str) -> Self {
        Self { text, at: 0 }
    }
}

impl<'t> Iterator for Cut<'t> {
    type Item = Word<'t>;

    fn next(&mut self) -> Option<Word<'t>> {
        let bytes = self.text.as_bytes();
        loop {
            let start = self.at;
            let first = *bytes.get(start)?;
            if let Some(end) = word_end(self.text, start, first) {
                self.at = end;
                return Some(Word { text: &self.text[start..end], start, end });
            }
            self.at += 1;
            while !self.text.is_char_boundary(self.at) {
                self.at += 1;
            }
        }
    }
}

const fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == b'_'
}

/// Where the word that begins at a byte ends; nothing where none begins.
fn word_end(text: &str, at: usize, first: u8) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut end = at;
    if first == b'.' {
        let begins = (at == 0 || !is_word(bytes[at - 1])) && bytes.get(at + 1).is_some_and(u8::is_ascii_alphabetic);
        end += usize::from(begins);
    }
    loop {
        match bytes.get(end) {
            Some(&byte) if is_word(byte) => end += 1,
            Some(b'\'') if end > at => match (bytes.get(end + 1), bytes.get(end + 2)) {
                (Some(b's'), next) if !next.is_some_and(u8::is_ascii_alphanumeric) => break,
                (Some(next), _) if next.is_ascii_alphabetic() => end += 1,
                _ => break,
            },
            Some(byte) if !byte.is_ascii() => {
                let c = text[end..].chars().next()?;
                if is_unspaced_letter(c) {
                    end += if end == at { c.len_utf8() } else { 0 };
                    break;
                }
                if !c.is_alphanumeric() && !is_vowel_sign(c) {
                    break;
                }
                end += c.len_utf8();
            }
            _ => break,
        }
    }
    (end > at).then_some(end)
}

/// Signs that stand inside the words of Indian scripts.
fn is_vowel_sign(c: char) -> bool {
    matches!(c, '\u{900}'..='\u{dff}')
}

/// Whether a sentence, a paragraph or a list item ends between two words.
fn ends_sentence(between: &str) -> bool {
    let mut bytes = between.bytes();
    match bytes.next() {
        None => false,
        _ if between.contains('\n') => true,
        Some(b'.' | b'!' | b'?') => bytes.next().is_some_and(|b| matches!(b, b' ' | b')' | b'"' | b'\'' | b'<' | b']')),
        _ => {
            between.contains(['。', '！', '？', '।', '؟'])
                || [". ", "! ", "? ", ".\" "].iter().any(|end| between.contains(end))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use riskdex_model::Tool;
    use serde_json::json;

    const LISTS: &str = r#"
[tell]
verbs = ["tell/tells/telling/told"]
[person]
words = ["user", "用户", "the * user"]
[file]
words = [".ssh", "private key"]
[key]
words = ["key"]
[nothing]
hides = true
words = ["key word"]
[tool-verb]
words = ["send"]
[role]
words = ["system"]
"#;

    fn concepts() -> Concepts {
        let source = Source { path: "poison/concepts.toml".into(), text: LISTS.into(), own: false };
        let mut problems = Vec::new();
        let concepts = Concepts::load(&source, &mut problems);
        assert_eq!(problems, []);
        concepts
    }

    /// The words found, each with its concepts; sentences divided by `/`.
    fn read(text: &str) -> String {
        let concepts = concepts();
        let schema = json!({"properties": {"note": {}, "ctx": {}}});
        let tool = Definition::of(&Tool { name: "send_it".into(), input_schema: schema, ..Tool::default() });
        let reading = concepts.read(text, &tool);
        assert_eq!(concepts.may_hold(text) & reading.concepts, reading.concepts, "{text}");
        let show = |hit: &Hit| {
            let names =
                concepts.names.iter().filter(|(_, bit)| hit.concepts & **bit != 0).map(|(name, _)| name.as_str());
            format!("{}={}", &text[hit.start as usize..hit.end as usize], names.collect::<Vec<_>>().join("+"))
        };
        let sentences = reading.sentences.iter();
        let shown = sentences.map(|s| reading.hits[s.from..s.to].iter().map(show).collect::<Vec<_>>().join(" "));
        shown.collect::<Vec<_>>().join(" / ")
    }

    #[test]
    fn words_and_phrases_tell_concepts() {
        assert_eq!(read("never told. ask the human user"), "told=tell / user=person the human user=person");
        assert_eq!(read("a private key, no key word"), "key=key private key=file key word=nothing");
        assert_eq!(read("cat ~/.ssh/id"), ".ssh=file+local-file");
        assert_eq!(read("告诉用户"), "用户=person");
        assert_eq!(read("t3ll the u53r"), "t3ll=tell u53r=person");
    }

    #[test]
    fn shapes_tell_concepts() {
        assert_eq!(read("pass it as note or in 'ctx'"), "note=parameter ctx=parameter");
        assert_eq!(read("a note on send_mail and send_it"), "send_mail=other-tool");
        assert_eq!(read("see https://a.example or ask me@a.example"), "https=url me=mail");
        assert_eq!(read("call +4915112345678 now"), "4915112345678=account");
        assert_eq!(read("<system>x</system> the system"), "system=role+tag system=role+tag system=role");
    }

    #[test]
    fn a_phrase_must_end_in_a_word() {
        let source =
            Source { path: "poison/concepts.toml".into(), text: "[a]\nwords = [\"the *\"]".into(), own: false };
        let mut problems = Vec::new();
        Concepts::load(&source, &mut problems);
        assert_eq!(problems.len(), 1);
    }
}
