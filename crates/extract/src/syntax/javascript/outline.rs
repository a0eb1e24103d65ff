//! A program without the bodies of its functions: most of a bundle is libraries' functions that nothing calls, and
//! finding where a body ends takes a fraction of the time and memory that parsing it takes.

use std::ops::Range;

/// Bytes of a body that is worth leaving out.
const BODY: usize = 160;

/// Words after which a slash begins a regular expression.
const BEFORE_VALUES: [&str; 16] = [
    "return",
    "typeof",
    "instanceof",
    "in",
    "of",
    "new",
    "delete",
    "void",
    "throw",
    "case",
    "do",
    "else",
    "yield",
    "await",
    "default",
    "extends",
];
/// Words whose brackets hold no parameters.
const CONTROL: [&str; 6] = ["if", "for", "while", "switch", "with", "catch"];

/// A text in which the bodies of functions are empty but for their line ends.
pub(super) struct Outline {
    pub(super) text: String,
    /// Where an emptied body begins in that text, and the whole body in the original: in order.
    pub(super) bodies: Vec<(usize, Range<usize>)>,
}

impl Outline {
    /// The outline of a text; `None` when it cannot be told where its bodies end, or there is nothing to gain.
    pub(super) fn of(text: &str) -> Option<Self> {
        let found = Scanner { text, at: 0, before: Before::Operator, open: Vec::new(), heritage: None }.bodies()?;
        let (mut out, mut bodies, mut from) = (String::new(), Vec::new(), 0);
        for body in found {
            out.push_str(text.get(from..body.start)?);
            bodies.push((out.len(), body.clone()));
            out.push('{');
            out.extend(text.get(body.clone())?.chars().filter(|c| *c == '\n'));
            out.push('}');
            from = body.end;
        }
        out.push_str(text.get(from..)?);
        (!bodies.is_empty()).then_some(Self { text: out, bodies })
    }
}

/// What stands before the place that is looked at.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Before {
    Operator,
    Dot,
    Arrow,
    /// A name, a literal, a closing bracket.
    Value,
    /// A word like `return`.
    Word,
    /// A word like `if`.
    Control,
    /// `)`; of a call, of parameters, or of something like `if`.
    Close {
        is_control: bool,
    },
}

/// A bracket that is open.
enum Open {
    Round { is_control: bool },
    Square,
    Curly { body: Option<usize> },
    Template,
}

struct Scanner<'t> {
    text: &'t str,
    at: usize,
    before: Before,
    open: Vec<Open>,
    /// How many brackets were open at an `extends` whose class has not begun.
    heritage: Option<usize>,
}

impl Scanner<'_> {
    fn byte(&self, ahead: usize) -> u8 {
        self.text.as_bytes().get(self.at + ahead).copied().unwrap_or_default()
    }

    /// The outermost bodies of functions, with their brackets.
    fn bodies(mut self) -> Option<Vec<Range<usize>>> {
        let mut found = Vec::new();
        let mut is_inside = false;
        if self.text.starts_with("#!") {
            self.at = self.text.find('\n')?;
        }
        while self.at < self.text.len() {
            let (byte, next) = (self.byte(0), self.byte(1));
            match byte {
                b'/' if next == b'/' => self.skip_to("\n").unwrap_or_else(|| self.at = self.text.len()),
                b'/' if next == b'*' => self.skip_past("*/")?,
                b'/' if self.begins_regex() => self.regex()?,
                b'"' | b'\'' => self.string(byte)?,
                b'`' => self.template()?,
                b'=' if next == b'>' => self.pass(2, Before::Arrow),
                b'+' | b'-' if next == byte => {
                    let before = if self.before == Before::Value { Before::Value } else { Before::Operator };
                    self.pass(2, before);
                }
                b'.' => self.pass(1, Before::Dot),
                b'(' => {
                    self.open.push(Open::Round { is_control: self.before == Before::Control });
                    self.pass(1, Before::Operator);
                }
                b')' => {
                    let Open::Round { is_control } = self.open.pop()? else { return None };
                    self.pass(1, Before::Close { is_control });
                }
                b'[' => {
                    self.open.push(Open::Square);
                    self.pass(1, Before::Operator);
                }
                b']' => {
                    let Open::Square = self.open.pop()? else { return None };
                    self.pass(1, Before::Value);
                }
                b'{' => {
                    let is_class = self.heritage == Some(self.open.len());
                    self.heritage = self.heritage.filter(|_| !is_class);
                    let is_body = matches!(self.before, Before::Arrow | Before::Close { is_control: false });
                    let body = (is_body && !is_class && !is_inside).then_some(self.at);
                    is_inside |= body.is_some();
                    self.open.push(Open::Curly { body });
                    self.pass(1, Before::Operator);
                }
                b'}' => match self.open.pop()? {
                    Open::Curly { body } => {
                        // As a rule a block ends here, not an object that is divided.
                        self.pass(1, Before::Operator);
                        if let Some(from) = body {
                            is_inside = false;
                            found.extend(Some(from..self.at).filter(|body| body.len() >= BODY));
                        }
                    }
                    Open::Template => self.template()?,
                    _ => return None,
                },
                _ if byte.is_ascii_digit() => self.word(b"._"),
                _ if is_word(byte) => self.name(),
                _ if byte.is_ascii_whitespace() => self.at += 1,
                _ => self.pass(1, Before::Operator),
            }
        }
        self.open.is_empty().then_some(found)
    }

    fn pass(&mut self, bytes: usize, before: Before) {
        self.at += bytes;
        self.before = before;
    }

    fn skip_to(&mut self, end: &str) -> Option<()> {
        self.at += self.text.get(self.at..)?.find(end)?;
        Some(())
    }

    fn skip_past(&mut self, end: &str) -> Option<()> {
        self.skip_to(end)?;
        self.at += end.len();
        Some(())
    }

    fn begins_regex(&self) -> bool {
        !matches!(self.before, Before::Value | Before::Close { is_control: false })
    }

    fn word(&mut self, more: &[u8]) {
        while is_word(self.byte(0)) || more.contains(&self.byte(0)) {
            self.at += 1;
        }
        self.before = Before::Value;
    }

    fn name(&mut self) {
        let (from, before) = (self.at, self.before);
        self.word(&[]);
        let word = self.text.get(from..self.at).unwrap_or_default();
        if before == Before::Dot {
            return;
        }
        if word == "extends" {
            self.heritage = Some(self.open.len());
        }
        if CONTROL.contains(&word) || (before == Before::Control && word == "await") {
            self.before = Before::Control;
        } else if BEFORE_VALUES.contains(&word) {
            self.before = Before::Word;
        }
    }

    fn string(&mut self, quote: u8) -> Option<()> {
        self.at += 1;
        loop {
            match self.byte(0) {
                b'\\' => self.at += 2,
                b'\n' | 0 => return None,
                byte => {
                    self.at += 1;
                    if byte == quote {
                        self.before = Before::Value;
                        return Some(());
                    }
                }
            }
        }
    }

    /// A part of a template, from its quote or the end of an expression in it.
    fn template(&mut self) -> Option<()> {
        self.at += 1;
        loop {
            match (self.byte(0), self.byte(1)) {
                (b'\\', _) => self.at += 2,
                (0, _) => return None,
                (b'`', _) => {
                    self.pass(1, Before::Value);
                    return Some(());
                }
                (b'$', b'{') => {
                    self.open.push(Open::Template);
                    self.pass(2, Before::Operator);
                    return Some(());
                }
                _ => self.at += 1,
            }
        }
    }

    fn regex(&mut self) -> Option<()> {
        self.at += 1;
        let mut in_class = false;
        loop {
            match self.byte(0) {
                b'\\' => self.at += 1,
                b'\n' | 0 => return None,
                b'[' => in_class = true,
                b']' => in_class = false,
                b'/' if !in_class => {
                    self.at += 1;
                    self.word(&[]);
                    return Some(());
                }
                _ => {}
            }
            self.at += 1;
        }
    }
}

fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'$' | b'#' | b'\\') || !byte.is_ascii()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of a text whose bodies are long.
    fn outline(text: &str) -> Option<String> {
        Outline::of(&text.replace("LONG", &"x; ".repeat(BODY / 3 + 1))).map(|outline| outline.text)
    }

    #[test]
    fn bodies_of_functions_are_left_out() {
        let cases = [
            ("function a(b) {LONG}\nlet c;", "function a(b) {}\nlet c;"),
            ("a = b => {\nLONG\n};", "a = b => {\n\n};"),
            ("class A extends b(c) { d() {LONG} }", "class A extends b(c) { d() {} }"),
            ("x({ 'a'(b) {LONG} })", "x({ 'a'(b) {} })"),
            ("function a() { if (/[/}]{/.test('}')) { `}${ {b: '}'} }` } LONG }", "function a() {}"),
            ("function a() { return b++ / 2 / c; /* } */ LONG // }\n}", "function a() {\n}"),
        ];
        for (text, left) in cases {
            assert_eq!(outline(text).as_deref(), Some(left));
        }
    }

    #[test]
    fn what_is_no_function_stays() {
        for text in ["if (a) {LONG}", "for await (a of b) {LONG}", "a = {LONG}", "class A {LONG}", "function a() {}"] {
            assert_eq!(outline(text), None);
        }
    }

    #[test]
    fn a_text_that_does_not_end_is_not_outlined() {
        for text in ["function a() {LONG", "function a() {LONG} `", "a() {LONG} '\n'", "{)}"] {
            assert_eq!(outline(text), None);
        }
    }
}
