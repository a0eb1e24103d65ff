//! A tool's definition as words: every text in lower case with one space between words, cut into tokens that know
//! where they came from.

use riskdex_model::Tool;
use serde_json::Value;

/// Bytes of all texts of one definition that are read; the rest is left out.
const TEXT_MAX: usize = 64 * 1024;
/// Parameters read, nested ones counted.
const PARAMETERS_MAX: usize = 200;
/// How deep nested parameters, references and alternatives are followed.
const DEPTH_MAX: usize = 5;

/// Where a text stands in the definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Place {
    Name,
    Title,
    Description,
    /// Name of the parameter with this index.
    Parameter(u16),
    /// Description of a parameter.
    ParameterText(u16),
    /// One of the values that a parameter may have.
    Choice(u16),
}

impl Place {
    /// Whether a text is written for people, and not a name.
    pub(crate) const fn is_prose(self) -> bool {
        matches!(self, Self::Description | Self::ParameterText(_))
    }

    /// The parameter that the text belongs to, if it does.
    pub(crate) const fn parameter(self) -> Option<u16> {
        match self {
            Self::Parameter(index) | Self::ParameterText(index) | Self::Choice(index) => Some(index),
            Self::Name | Self::Title | Self::Description => None,
        }
    }
}

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Word,
    /// A word in capitals inside prose: `INSERT`, `DELETE`, `IMPORTANT`. More often a name than an act.
    Capitals,
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
    /// First byte in the buffer, after the space.
    pub(crate) at: u32,
    /// First and one past the last byte in the field's own text.
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// One text of the definition.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field<'t> {
    pub(crate) place: Place,
    pub(crate) text: &'t str,
    /// Its tokens, as a range of [`Document::tokens`].
    pub(crate) first: u32,
    pub(crate) end: u32,
}

/// The type of a parameter, as far as rules ask for it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Type {
    String,
    Integer,
    Number,
    Boolean,
    Array,
    Object,
    /// Not stated.
    Any,
}

/// One parameter, nested ones included.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Parameter<'t> {
    pub(crate) name: &'t str,
    pub(crate) parent: Option<u16>,
    pub(crate) kind: Type,
    pub(crate) has_choices: bool,
}

/// The words of one definition.
#[derive(Debug, Default)]
pub(crate) struct Document<'t> {
    /// Every token preceded by a space, and a space at the end; fields are parted by a stop.
    pub(crate) buffer: Vec<u8>,
    pub(crate) tokens: Vec<Token>,
    pub(crate) fields: Vec<Field<'t>>,
    pub(crate) parameters: Vec<Parameter<'t>>,
}

impl<'t> Document<'t> {
    /// Reads a definition into memory that was used before.
    pub(crate) fn new(tool: &'t Tool, mut buffer: Vec<u8>, mut tokens: Vec<Token>) -> Self {
        buffer.clear();
        tokens.clear();
        let mut document = Self { buffer, tokens, ..Self::default() };
        document.identifier(Place::Name, &tool.name);
        if let Some(title) = &tool.title {
            document.identifier(Place::Title, title);
        }
        if let Some(description) = &tool.description {
            document.prose(Place::Description, description);
        }
        document.schema(&tool.input_schema, &tool.input_schema, None, 0);
        document.buffer.push(b' ');
        document
    }

    /// The JSON pointer of a parameter.
    pub(crate) fn pointer(&self, index: u16) -> String {
        let parameter = self.parameters[usize::from(index)];
        let parent = parameter.parent.map(|p| self.pointer(p)).unwrap_or_default();
        format!("{parent}/properties/{}", parameter.name.replace('~', "~0").replace('/', "~1"))
    }

    /// The field that a token belongs to.
    pub(crate) fn field_of(&self, token: u32) -> usize {
        self.fields.partition_point(|f| f.end <= token)
    }

    fn schema(&mut self, root: &'t Value, schema: &'t Value, parent: Option<u16>, depth: usize) {
        if depth > DEPTH_MAX {
            return;
        }
        let schema = resolved(root, schema);
        for (name, inner) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
            if self.parameters.len() >= PARAMETERS_MAX {
                return;
            }
            let inner = resolved(root, inner);
            let index = self.parameters.len() as u16;
            self.parameters.push(Parameter { name, parent, kind: kind_of(inner), has_choices: false });
            self.identifier(Place::Parameter(index), name);
            self.choices(root, inner, index, 0);
            if let Some(text) = inner.get("description").and_then(Value::as_str) {
                self.prose(Place::ParameterText(index), text);
            }
            self.schema(root, inner, Some(index), depth + 1);
        }
        for inner in alternatives(schema).chain(schema.get("items")) {
            self.schema(root, inner, parent, depth + 1);
        }
    }

    fn choices(&mut self, root: &'t Value, schema: &'t Value, index: u16, depth: usize) {
        if depth > DEPTH_MAX {
            return;
        }
        let schema = resolved(root, schema);
        let listed = schema.get("enum").and_then(Value::as_array).into_iter().flatten();
        for value in listed.chain(schema.get("const")).filter_map(Value::as_str).take(PARAMETERS_MAX) {
            self.parameters[usize::from(index)].has_choices = true;
            self.identifier(Place::Choice(index), value);
        }
        for inner in alternatives(schema).chain(schema.get("items").filter(|items| items.get("properties").is_none())) {
            self.choices(root, inner, index, depth + 1);
        }
    }

    /// Adds a name: parts at anything that is no letter or digit, and where lower case turns to upper.
    fn identifier(&mut self, place: Place, text: &'t str) {
        let Some((text, first)) = self.begin(text) else { return };
        let mut chars = text.char_indices().peekable();
        let mut before: Option<char> = None;
        while let Some((at, c)) = chars.next() {
            if !c.is_alphanumeric() {
                before = None;
                let next = chars.peek().map(|&(_, next)| next);
                // `github.create`, `mcp__slack__post`: a service's name in front.
                if matches!(c, ':' | '|' | ';' | ',' | '.' | '/') || (matches!(c, '_' | '-') && next == Some(c)) {
                    self.mark(Kind::Comma, at, c.len_utf8());
                }
                continue;
            }
            let next_is_lower = chars.peek().is_some_and(|(_, next)| next.is_lowercase());
            let begins = match before {
                None => true,
                Some(before) => c.is_uppercase() && (before.is_lowercase() || next_is_lower),
            };
            if begins {
                self.word(at);
            }
            self.letter(c, at);
            before = Some(c);
        }
        self.finish(place, text, first);
    }

    /// Adds a text for people.
    fn prose(&mut self, place: Place, text: &'t str) {
        let Some((text, first)) = self.begin(text) else { return };
        let bytes = text.as_bytes();
        let (mut at, mut in_word, mut in_code) = (0, false, false);
        while at < bytes.len() {
            let byte = bytes[at];
            if byte.is_ascii_alphanumeric() {
                if !in_word {
                    self.word(at);
                    if in_code {
                        self.name_last();
                    }
                }
                in_word = true;
                self.buffer.push(byte.to_ascii_lowercase());
                self.extend(at + 1);
                at += 1;
                continue;
            }
            if !byte.is_ascii() {
                let c = text[at..].chars().next().unwrap_or(' ');
                match c {
                    '’' if in_word => {}
                    '。' | '！' | '？' => in_word = self.mark(Kind::Stop, at, c.len_utf8()),
                    '，' | '、' | '；' | '—' | '–' | '（' | '）' => {
                        in_word = self.mark(Kind::Comma, at, c.len_utf8())
                    }
                    '：' => in_word = self.mark(Kind::Colon, at, c.len_utf8()),
                    c if c.is_alphanumeric() => {
                        if !in_word {
                            self.word(at);
                        }
                        in_word = true;
                        self.letter(c, at);
                    }
                    _ => in_word = false,
                }
                at += c.len_utf8();
                continue;
            }
            let next = bytes.get(at + 1).copied().unwrap_or(b'\n');
            match byte {
                b'\'' if in_word && next.is_ascii_alphabetic() => {}
                b'_' if in_word && (next.is_ascii_alphanumeric() || next == b'_') => {
                    self.buffer.push(b'_');
                    self.extend(at + 1);
                    self.name_last();
                }
                b'`' => {
                    in_code = !in_code;
                    in_word = false;
                }
                b'.' | b'!' | b'?' if next.is_ascii_whitespace() || matches!(next, b')' | b'"' | b'\'' | b'*') => {
                    in_word = self.mark(Kind::Stop, at, 1);
                }
                b'|' => in_word = self.mark(Kind::Stop, at, 1),
                b'\n' if begins_block(&bytes[at + 1..]) => {
                    in_code = false;
                    in_word = self.mark(Kind::Stop, at, 1);
                }
                b':' if !in_word || next.is_ascii_whitespace() => in_word = self.mark(Kind::Colon, at, 1),
                b',' | b';' | b'(' | b')' | b'/' => in_word = self.mark(Kind::Comma, at, 1),
                b'-' if !in_word && next.is_ascii_whitespace() => in_word = self.mark(Kind::Comma, at, 1),
                _ => in_word = false,
            }
            at += 1;
        }
        self.finish(place, text, first);
    }

    /// The part of a text that is still to be read, and the index of its first token.
    fn begin(&self, text: &'t str) -> Option<(&'t str, u32)> {
        let room = TEXT_MAX.saturating_sub(self.buffer.len());
        let text = &text[..text.floor_char_boundary(room)];
        (!text.is_empty()).then_some((text, self.tokens.len() as u32))
    }

    fn finish(&mut self, place: Place, text: &'t str, first: u32) {
        self.mark(Kind::Stop, text.len(), 0);
        self.spot_capitals(text, first);
        self.fields.push(Field { place, text, first, end: self.tokens.len() as u32 });
    }

    /// Marks words in capitals, unless the whole text is shouted.
    fn spot_capitals(&mut self, text: &str, first: u32) {
        if !text.bytes().any(|b| b.is_ascii_lowercase()) {
            return;
        }
        for token in &mut self.tokens[first as usize..] {
            let word = &text.as_bytes()[token.start as usize..token.end as usize];
            if token.kind == Kind::Word && word.len() >= 3 && word.iter().all(u8::is_ascii_uppercase) {
                token.kind = Kind::Capitals;
            }
        }
    }

    fn word(&mut self, at: usize) {
        self.buffer.push(b' ');
        let start = at as u32;
        self.tokens.push(Token { kind: Kind::Word, at: self.buffer.len() as u32, start, end: start });
    }

    fn letter(&mut self, c: char, at: usize) {
        if c.is_ascii() {
            self.buffer.push(c.to_ascii_lowercase() as u8);
        } else {
            let lower = c.to_lowercase().next().unwrap_or(c);
            self.buffer.extend_from_slice(lower.encode_utf8(&mut [0; 4]).as_bytes());
        }
        self.extend(at + c.len_utf8());
    }

    fn extend(&mut self, end: usize) {
        if let Some(token) = self.tokens.last_mut() {
            token.end = end as u32;
        }
    }

    fn name_last(&mut self) {
        if let Some(token) = self.tokens.last_mut() {
            token.kind = Kind::Code;
        }
    }

    /// Adds a mark; `false`, because no word goes on behind it.
    fn mark(&mut self, kind: Kind, at: usize, len: usize) -> bool {
        self.buffer.extend_from_slice(if kind == Kind::Stop { b" ." } else { b" ," });
        let start = at as u32;
        let end = (at + len) as u32;
        self.tokens.push(Token { kind, at: self.buffer.len() as u32 - 1, start, end });
        false
    }
}

/// Whether what follows a line end is a new paragraph, heading or list item.
fn begins_block(rest: &[u8]) -> bool {
    let line = rest.iter().position(|b| !matches!(b, b' ' | b'\t' | b'\r')).unwrap_or(rest.len());
    match rest.get(line) {
        None | Some(b'\n' | b'#' | b'*' | b'-' | b'<' | b'>') => true,
        Some(b'0'..=b'9') => matches!(rest.get(line + 1), Some(b'.' | b')')),
        Some(b'A'..=b'Z') => true,
        Some(_) => false,
    }
}

/// The schema that `$ref` points to inside the same document, or the schema itself.
fn resolved<'t>(root: &'t Value, schema: &'t Value) -> &'t Value {
    let target = schema.get("$ref").and_then(Value::as_str).and_then(|r| r.strip_prefix('#'));
    target.and_then(|pointer| root.pointer(pointer)).unwrap_or(schema)
}

fn alternatives(schema: &Value) -> impl Iterator<Item = &Value> {
    ["anyOf", "oneOf", "allOf"].iter().filter_map(|key| schema.get(*key).and_then(Value::as_array)).flatten()
}

fn kind_of(schema: &Value) -> Type {
    let named = |name: &str| match name {
        "string" => Type::String,
        "integer" => Type::Integer,
        "number" => Type::Number,
        "boolean" => Type::Boolean,
        "array" => Type::Array,
        "object" => Type::Object,
        _ => Type::Any,
    };
    match schema.get("type") {
        Some(Value::String(name)) => named(name),
        Some(Value::Array(names)) => {
            names.iter().filter_map(Value::as_str).map(named).find(|&t| t != Type::Any).unwrap_or(Type::Any)
        }
        _ => alternatives(schema).map(kind_of_plain).find(|&t| t != Type::Any).unwrap_or(Type::Any),
    }
}

/// The type of an alternative, which is not looked into further.
fn kind_of_plain(schema: &Value) -> Type {
    match schema.get("type") {
        Some(_) => kind_of(schema),
        None => Type::Any,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn words(document: &Document) -> String {
        String::from_utf8(document.buffer.clone()).unwrap()
    }

    fn named(name: &str) -> String {
        let tool = Tool { name: name.into(), ..Tool::default() };
        words(&Document::new(&tool, Vec::new(), Vec::new())).trim_end_matches(['.', ' ']).trim().to_owned()
    }

    #[test]
    fn names_are_parted_at_case_and_marks() {
        assert_eq!(named("getHTTPResponse"), "get http response");
        assert_eq!(named("TwilioApiV2010--DeleteTranscription"), "twilio api v2010 , delete transcription");
        assert_eq!(named("drop-database.now"), "drop database , now");
        assert_eq!(named("删除文件"), "删除文件");
    }

    #[test]
    fn prose_keeps_sentences_clauses_and_code_apart() {
        let tool = Tool {
            name: "x".into(),
            description: Some("Doesn't delete.\n\nUse `rm_all`, or read-only mode".into()),
            ..Tool::default()
        };
        let document = Document::new(&tool, Vec::new(), Vec::new());
        assert_eq!(words(&document), " x . doesnt delete . . . use rm_all , or read only mode . ");
        let code: Vec<_> = document.tokens.iter().filter(|t| t.kind == Kind::Code).collect();
        assert_eq!(code.len(), 1);
        assert_eq!(&tool.description.as_ref().unwrap()[code[0].start as usize..code[0].end as usize], "rm_all");
    }

    #[test]
    fn parameters_are_read_with_pointers_types_and_choices() {
        let tool = Tool {
            name: "x".into(),
            input_schema: json!({"$defs": {"Op": {"enum": ["drop"], "type": "string"}}, "properties": {
                "a/b": {"type": ["null", "object"], "properties": {"op": {"$ref": "#/$defs/Op"}}},
            }}),
            ..Tool::default()
        };
        let document = Document::new(&tool, Vec::new(), Vec::new());
        assert_eq!(document.pointer(1), "/properties/a~1b/properties/op");
        assert_eq!((document.parameters[0].kind, document.parameters[1].kind), (Type::Object, Type::String));
        assert!(document.parameters[1].has_choices);
        assert_eq!(words(&document), " x . a , b . op . drop . ");
    }

    #[test]
    fn endless_references_and_texts_end() {
        let mut schema = json!({"properties": {"a": {"$ref": "#"}}});
        schema["properties"]["a"]["description"] = "word ".repeat(100_000).into();
        let tool = Tool { name: "x".repeat(100_000), input_schema: schema, ..Tool::default() };
        let document = Document::new(&tool, Vec::new(), Vec::new());
        assert!(document.buffer.len() < 2 * TEXT_MAX);
    }
}
