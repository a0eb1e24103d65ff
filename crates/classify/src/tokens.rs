//! Texts cut into words: names at case and marks, prose at spaces, with marks for the ends of clauses and sentences.

use crate::matcher::is_unspaced_letter;
use crate::vocabulary::{Vocabulary, WordId};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Word,
    /// A word in capitals inside prose: `INSERT`, `DELETE`, `IMPORTANT`. More often a name than an act.
    Capitals,
    /// A run of letters of a script without spaces between words.
    Unspaced,
    /// An identifier inside prose (`get_scan_status`, anything in backticks): names something, says nothing.
    Code,
    /// `,` `;` `(` `)` and dashes.
    Comma,
    /// `:`
    Colon,
    /// End of a sentence, of a paragraph or of a list item.
    Stop,
}

/// One word or mark.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token {
    pub(crate) kind: Kind,
    /// The word's number, 0 when no rule knows it.
    pub(crate) word: WordId,
    /// First and one past the last byte in the field's own text.
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// Cuts the texts of one definition, one after another, into one list of tokens.
pub(crate) struct Tokenizer<'m> {
    vocabulary: &'m Vocabulary,
    pub(crate) tokens: Vec<Token>,
    /// The word being read, in lower case.
    word: Vec<u8>,
    /// Whether a word begins with two capitals.
    has_capitals: bool,
}

impl<'m> Tokenizer<'m> {
    /// Begins with memory that was used before.
    pub(crate) fn new(vocabulary: &'m Vocabulary, mut tokens: Vec<Token>) -> Self {
        tokens.clear();
        Self { vocabulary, tokens, word: Vec::new(), has_capitals: false }
    }

    /// Adds a name: parts at anything that is no letter or digit, and where lower case turns to upper.
    pub(crate) fn identifier(&mut self, text: &str) {
        if text.is_ascii() {
            return self.plain_identifier(text);
        }
        let mut chars = text.char_indices().peekable();
        let mut before: Option<char> = None;
        while let Some((at, c)) = chars.next() {
            let next = chars.peek().map(|&(_, next)| next);
            if !c.is_alphanumeric() {
                before = None;
                self.end_word();
                if is_service_mark(c, next) {
                    self.mark(Kind::Comma, at, c.len_utf8());
                }
                continue;
            }
            let begins = before.is_none_or(|before| {
                c.is_uppercase() && (before.is_lowercase() || next.is_some_and(char::is_lowercase))
            });
            if begins {
                self.begin_word(at);
            }
            self.letter(c, at);
            before = Some(c);
        }
        self.end_text(text);
    }

    /// The same for a name in ASCII.
    fn plain_identifier(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let mut at = 0;
        while at < bytes.len() {
            let byte = bytes[at];
            let next = bytes.get(at + 1).copied();
            if !byte.is_ascii_alphanumeric() {
                if is_service_mark(char::from(byte), next.map(char::from)) {
                    self.mark(Kind::Comma, at, 1);
                }
                at += 1;
                continue;
            }
            let is_inside = |&to: &usize| {
                let is_small = |at: usize| bytes.get(at).is_some_and(u8::is_ascii_lowercase);
                let begins = bytes[to].is_ascii_uppercase() && (is_small(to - 1) || is_small(to + 1));
                bytes[to].is_ascii_alphanumeric() && !begins
            };
            let end = (at + 1..bytes.len()).take_while(is_inside).last().map_or(at + 1, |last| last + 1);
            let word = self.vocabulary.find_any_case(&bytes[at..end]);
            self.tokens.push(Token { kind: Kind::Word, word, start: at as u32, end: end as u32 });
            at = end;
        }
        self.end_text(text);
    }

    /// Adds a text for people.
    pub(crate) fn prose(&mut self, text: &str) {
        let bytes = text.as_bytes();
        let first = self.tokens.len();
        self.has_capitals = false;
        let (mut at, mut in_code) = (0, false);
        // Where the last word ended that was added whole.
        let mut word_end = usize::MAX;
        while at < bytes.len() {
            let byte = bytes[at];
            if byte.is_ascii_alphanumeric() {
                let (word, end) = self.vocabulary.read(bytes, at);
                self.has_capitals |= byte.is_ascii_uppercase() && bytes.get(at + 1).is_some_and(u8::is_ascii_uppercase);
                let goes_on = bytes.get(end).is_some_and(|b| matches!(b, b'\'' | b'_' | 0x80..));
                if self.word.is_empty() && !goes_on {
                    let kind = if in_code { Kind::Code } else { Kind::Word };
                    self.tokens.push(Token { kind, word, start: at as u32, end: end as u32 });
                    word_end = end;
                    // Most words are followed by a space.
                    at = end + usize::from(bytes.get(end) == Some(&b' '));
                    continue;
                }
                if self.word.is_empty() || self.is_unspaced() {
                    self.begin_word(at);
                }
                self.word.extend(bytes[at..end].iter().map(u8::to_ascii_lowercase));
                self.extend(end, in_code);
                at = end;
                continue;
            }
            if !byte.is_ascii() {
                let c = text[at..].chars().next().unwrap_or(' ');
                self.foreign(c, at);
                at += c.len_utf8();
                continue;
            }
            let in_word = !self.word.is_empty() || at == word_end;
            let next = bytes.get(at + 1).copied().unwrap_or(b'\n');
            match byte {
                b'\'' if in_word && next.is_ascii_alphabetic() => {}
                b'_' if in_word && (next.is_ascii_alphanumeric() || next == b'_') => {
                    self.word.push(b'_');
                    self.extend(at + 1, true);
                }
                b'`' => {
                    in_code = !in_code;
                    self.end_word();
                }
                b'.' | b'!' | b'?' if next.is_ascii_whitespace() || matches!(next, b')' | b'"' | b'\'' | b'*') => {
                    self.mark(Kind::Stop, at, 1);
                }
                b'|' => self.mark(Kind::Stop, at, 1),
                b'\n' if begins_block(&bytes[at + 1..]) => {
                    in_code = false;
                    self.mark(Kind::Stop, at, 1);
                }
                b':' if !in_word || next.is_ascii_whitespace() => self.mark(Kind::Colon, at, 1),
                b',' | b';' | b'(' | b')' | b'/' => self.mark(Kind::Comma, at, 1),
                b'-' if !in_word && next.is_ascii_whitespace() => self.mark(Kind::Comma, at, 1),
                _ => self.end_word(),
            }
            at += 1;
        }
        self.end_text(text);
        self.spot_capitals(text, first);
    }

    /// A character of prose beyond ASCII.
    fn foreign(&mut self, c: char, at: usize) {
        match c {
            '’' if !self.word.is_empty() => {}
            '。' | '！' | '？' => self.mark(Kind::Stop, at, c.len_utf8()),
            '，' | '、' | '；' | '—' | '–' | '（' | '）' => self.mark(Kind::Comma, at, c.len_utf8()),
            '：' => self.mark(Kind::Colon, at, c.len_utf8()),
            c if c.is_alphanumeric() => {
                if self.word.is_empty() || self.is_unspaced() != is_unspaced_letter(c) {
                    self.begin_word(at);
                }
                self.letter(c, at);
            }
            _ => self.end_word(),
        }
    }

    /// Marks words in capitals, unless the whole text is shouted.
    fn spot_capitals(&mut self, text: &str, first: usize) {
        if !self.has_capitals || !text.bytes().any(|b| b.is_ascii_lowercase()) {
            return;
        }
        for token in self.tokens[first..].iter_mut().filter(|t| t.kind == Kind::Word) {
            let word = &text.as_bytes()[token.start as usize..token.end as usize];
            if word.len() >= 3 && word.iter().all(u8::is_ascii_uppercase) {
                token.kind = Kind::Capitals;
            }
        }
    }

    fn is_unspaced(&self) -> bool {
        !self.word.is_empty() && self.tokens.last().is_some_and(|t| t.kind == Kind::Unspaced)
    }

    fn begin_word(&mut self, at: usize) {
        self.end_word();
        let start = at as u32;
        self.tokens.push(Token { kind: Kind::Word, word: 0, start, end: start });
    }

    fn letter(&mut self, c: char, at: usize) {
        let lower = c.to_lowercase().next().unwrap_or(c);
        self.word.extend_from_slice(lower.encode_utf8(&mut [0; 4]).as_bytes());
        self.extend(at + c.len_utf8(), false);
        if is_unspaced_letter(c)
            && let Some(token) = self.tokens.last_mut()
        {
            token.kind = Kind::Unspaced;
        }
    }

    fn extend(&mut self, end: usize, code: bool) {
        if let Some(token) = self.tokens.last_mut() {
            token.end = end as u32;
            if code {
                token.kind = Kind::Code;
            }
        }
    }

    fn end_word(&mut self) {
        if self.word.is_empty() {
            return;
        }
        if let Some(token) = self.tokens.last_mut().filter(|t| t.kind != Kind::Unspaced) {
            token.word = self.vocabulary.find(&self.word);
        }
        self.word.clear();
    }

    fn mark(&mut self, kind: Kind, at: usize, len: usize) {
        self.end_word();
        self.tokens.push(Token { kind, word: 0, start: at as u32, end: (at + len) as u32 });
    }

    fn end_text(&mut self, text: &str) {
        self.mark(Kind::Stop, text.len(), 0);
    }
}

/// Whether a character of a name parts it from the name of a service in front: `github.create`, `mcp__slack__post`.
fn is_service_mark(c: char, next: Option<char>) -> bool {
    matches!(c, ':' | '|' | ';' | ',' | '.' | '/') || (matches!(c, '_' | '-') && next == Some(c))
}

/// Whether what follows a line end is a new paragraph, heading or list item.
fn begins_block(rest: &[u8]) -> bool {
    let line = rest.iter().position(|b| !matches!(b, b' ' | b'\t' | b'\r')).unwrap_or(rest.len());
    match rest.get(line) {
        None | Some(b'\n' | b'#' | b'*' | b'-' | b'<' | b'>' | b'A'..=b'Z') => true,
        Some(b'0'..=b'9') => matches!(rest.get(line + 1), Some(b'.' | b')')),
        Some(_) => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str, prose: bool) -> String {
        let vocabulary = Vocabulary::new([].into_iter());
        let mut tokenizer = Tokenizer::new(&vocabulary, Vec::new());
        if prose {
            tokenizer.prose(text);
        } else {
            tokenizer.identifier(text);
        }
        let shown = tokenizer.tokens.iter().map(|t| match t.kind {
            Kind::Comma => ",".to_owned(),
            Kind::Colon => ":".to_owned(),
            Kind::Stop => ".".to_owned(),
            Kind::Code => format!("`{}`", &text[t.start as usize..t.end as usize]),
            _ => text[t.start as usize..t.end as usize].to_lowercase(),
        });
        shown.collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn names_are_parted_at_case_and_marks() {
        assert_eq!(cut("getHTTPResponse", false), "get http response .");
        assert_eq!(cut("TwilioApiV2010--DeleteTranscription", false), "twilio api v2010 , delete transcription .");
        assert_eq!(cut("drop-database.now", false), "drop database , now .");
        assert_eq!(cut("删除文件", false), "删除文件 .");
    }

    #[test]
    fn prose_keeps_sentences_clauses_and_code_apart() {
        assert_eq!(
            cut("Doesn't delete.\n\nUse `rm_all`, or read-only", true),
            "doesn't delete . . . use `rm_all` , or read only ."
        );
        assert_eq!(cut("ok a_b c: d", true), "ok `a_b` c : d .");
        assert_eq!(cut("使用SQL查询。", true), "使用 sql 查询 . .");
    }
}
