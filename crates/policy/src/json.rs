use std::fmt;

use riskdex_model::is_hidden;
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde::ser::{Serialize, Serializer};
use serde_json::value::RawValue;

use crate::Problem;
use crate::number::Number;
use crate::problem::{below, quoted};

/// JSON as it was written. `serde_json` rounds numbers and silently keeps the last of two equal keys; both
/// would let a call pass that a policy forbids.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Json {
    Null,
    Bool(bool),
    Number(Number),
    String(String),
    Array(Vec<Json>),
    Object(Vec<(String, Json)>),
}

/// Longest text, in bytes.
const TEXT_MAX: usize = 16 << 20;
/// Deepest nesting. Each level is scanned once more, so this bounds the work too.
const DEPTH_MAX: usize = 32;

impl Json {
    /// Reads a text; adds what is wrong with it to `problems`. `None` when it is no JSON at all.
    pub(crate) fn parse(text: &str, problems: &mut Vec<Problem>) -> Option<Self> {
        let mut fail = |message: String| {
            problems.push(Problem { pointer: String::new(), message });
            None
        };
        if text.len() > TEXT_MAX {
            return fail(format!("is longer than {TEXT_MAX} bytes"));
        }
        match serde_json::from_str::<&RawValue>(text.trim_start_matches('\u{feff}')) {
            Ok(raw) => Some(read(raw, "", 0, problems)),
            Err(error) => fail(format!("is not JSON: {error}")),
        }
    }

    /// The kind of value, with its article.
    pub(crate) fn kind(&self) -> &'static str {
        match self {
            Self::Null => "null",
            Self::Bool(_) => "a boolean",
            Self::Number(_) => "a number",
            Self::String(_) => "a string",
            Self::Array(_) => "a list",
            Self::Object(_) => "an object",
        }
    }

    /// The member of an object.
    pub(crate) fn get(&self, key: &str) -> Option<&Self> {
        match self {
            Self::Object(members) => members.iter().find(|(k, _)| k == key).map(|(_, value)| value),
            _ => None,
        }
    }
}

fn read(raw: &RawValue, pointer: &str, depth: usize, problems: &mut Vec<Problem>) -> Json {
    let text = raw.get();
    let mut fail = |message: String| {
        problems.push(Problem { pointer: pointer.to_owned(), message });
        Json::Null
    };
    if depth > DEPTH_MAX {
        return fail(format!("is nested deeper than {DEPTH_MAX} levels"));
    }
    match text.as_bytes().first() {
        Some(b'{') => match serde_json::from_str::<Members>(text) {
            Ok(Members(raws)) => object(&raws, pointer, depth, problems),
            Err(error) => fail(format!("cannot be read: {error}")),
        },
        Some(b'[') => match serde_json::from_str::<Vec<&RawValue>>(text) {
            Ok(raws) => {
                let element = |(i, raw): (usize, &&RawValue)| read(raw, &below(pointer, i), depth + 1, problems);
                Json::Array(raws.iter().enumerate().map(element).collect())
            }
            Err(error) => fail(format!("cannot be read: {error}")),
        },
        Some(b'"') => match serde_json::from_str(text) {
            Ok(string) => Json::String(string),
            Err(error) => fail(format!("cannot be read: {error}")),
        },
        Some(b't') => Json::Bool(true),
        Some(b'f') => Json::Bool(false),
        Some(b'n') => Json::Null,
        _ => match Number::parse(text) {
            Some(number) => Json::Number(number),
            None => fail("is a number beyond any use".to_owned()),
        },
    }
}

fn object(raws: &[(String, &RawValue)], pointer: &str, depth: usize, problems: &mut Vec<Problem>) -> Json {
    let mut seen = std::collections::BTreeSet::new();
    let mut members = Vec::with_capacity(raws.len());
    for (key, raw) in raws {
        let place = below(pointer, key);
        if seen.insert(key) {
            members.push((key.clone(), read(raw, &place, depth + 1, problems)));
        } else {
            problems.push(Problem { pointer: place, message: format!("the key {} is given twice", quoted(key)) });
        }
    }
    Json::Object(members)
}

/// The members of an object in order, equal keys kept apart.
struct Members<'a>(Vec<(String, &'a RawValue)>);

impl<'de: 'a, 'a> Deserialize<'de> for Members<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Collect;
        impl<'de> Visitor<'de> for Collect {
            type Value = Vec<(String, &'de RawValue)>;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(members)
            }
        }
        deserializer.deserialize_map(Collect).map(Self)
    }
}

impl Serialize for Number {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let raw = RawValue::from_string(self.to_string()).map_err(serde::ser::Error::custom)?;
        raw.serialize(serializer)
    }
}

impl Serialize for Json {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => serializer.serialize_bool(*value),
            Self::Number(value) => value.serialize(serializer),
            Self::String(value) => serializer.serialize_str(value),
            Self::Array(values) => serializer.collect_seq(values),
            Self::Object(members) => serializer.collect_map(members.iter().map(|(key, value)| (key, value))),
        }
    }
}

/// Longest line that [`pretty`] keeps together, in characters.
const LINE_MAX: usize = 80;

/// The value as indented JSON, in which whatever is short stays on one line.
pub(crate) fn pretty(value: &impl Serialize) -> String {
    let text = serde_json::to_string(value).unwrap_or_default();
    let mut out = String::new();
    if let Some(json) = Json::parse(&text, &mut Vec::new()) {
        lay_out(&json, 0, 0, &mut out);
    }
    out
}

/// Writes `json` at `indent`, on a line that already holds `used` characters.
fn lay_out(json: &Json, indent: usize, used: usize, out: &mut String) {
    let line = one_line(json);
    let (members, brackets): (Vec<(Option<&String>, &Json)>, _) = match json {
        Json::Object(members) => (members.iter().map(|(key, value)| (Some(key), value)).collect(), ['{', '}']),
        Json::Array(elements) => (elements.iter().map(|value| (None, value)).collect(), ['[', ']']),
        _ => return out.push_str(&line),
    };
    if members.is_empty() || (indent > 0 && used + line.chars().count() <= LINE_MAX) {
        return out.push_str(&line);
    }
    out.push(brackets[0]);
    for (i, (key, value)) in members.into_iter().enumerate() {
        out.push_str(if i == 0 { "\n" } else { ",\n" });
        out.push_str(&" ".repeat(indent + 2));
        let key = key.map(|key| format!("{}: ", one_line(&Json::String(key.clone())))).unwrap_or_default();
        out.push_str(&key);
        lay_out(value, indent + 2, indent + 2 + key.chars().count(), out);
    }
    out.push('\n');
    out.push_str(&" ".repeat(indent));
    out.push(brackets[1]);
}

fn one_line(json: &Json) -> String {
    match json {
        Json::Object(members) if !members.is_empty() => {
            let member = |(key, value): &(String, Json)| {
                format!("{}: {}", one_line(&Json::String(key.clone())), one_line(value))
            };
            format!("{{ {} }}", members.iter().map(member).collect::<Vec<_>>().join(", "))
        }
        Json::Array(elements) => format!("[{}]", elements.iter().map(one_line).collect::<Vec<_>>().join(", ")),
        json => escaped(serde_json::to_string(json).unwrap_or_default()),
    }
}

/// JSON text with every hidden character as an escape: a reader sees it, and a copy of the text still has it.
fn escaped(text: String) -> String {
    if !text.chars().any(is_hidden) {
        return text;
    }
    let mut units = [0; 2];
    let escape = |c: char| match is_hidden(c) {
        true => c.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04x}")).collect(),
        false => c.to_string(),
    };
    text.chars().map(escape).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn problems(text: &str) -> Vec<String> {
        let mut problems = Vec::new();
        Json::parse(text, &mut problems);
        problems.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn hidden_characters_are_escapes_in_the_layout() {
        let value = serde_json::json!({"a\u{202e}b": "\u{e0041}é"});
        let text = pretty(&value);
        assert!(text.contains(r#""a\u202eb": "\udb40\udc41é""#), "{text}");
        assert_eq!(serde_json::from_str::<serde_json::Value>(&text).unwrap(), value);
    }

    #[test]
    fn a_text_reads_back_as_written() {
        let text = r#"{"b":[1,0.30000000000000004,12345678901234567890123],"a":{"é":null,"t":true,"":"\n"}}"#;
        let json = Json::parse(text, &mut Vec::new()).unwrap();
        assert_eq!(serde_json::to_string(&json).unwrap(), text);
    }

    #[test]
    fn equal_keys_are_all_found_whatever_their_spelling() {
        let text = r#"{"a": 1, "\u0061": 2, "list": [{"x": 1, "x": {"y": 1, "y": 2}}]}"#;
        assert_eq!(problems(text), ["/a: the key \"a\" is given twice", "/list/0/x: the key \"x\" is given twice"]);
    }

    #[test]
    fn bad_texts_are_refused_and_named() {
        assert!(problems("{").first().unwrap().starts_with("(document): is not JSON: EOF"));
        assert!(problems("{} {}").first().unwrap().contains("trailing characters"));
        assert!(problems(&"[".repeat(200_000)).first().unwrap().starts_with("(document): is not JSON"));
        assert_eq!(problems(&format!("{}{}", "[".repeat(40), "]".repeat(40))).len(), 1);
        assert_eq!(problems(r#"[1e9999]"#), ["/0: is a number beyond any use"]);
        assert!(problems(r#"["\ud800"]"#).first().unwrap().starts_with("/0: cannot be read"));
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[\\[\\]{}\",:0-9a-e.+\\\\u \\-]{0,40}") {
            Json::parse(&text, &mut Vec::new());
        }
    }
}
