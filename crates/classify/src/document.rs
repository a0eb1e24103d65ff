//! A tool's definition as words: its texts, cut into tokens that know where they stand.

use riskdex_model::Tool;
use serde_json::{Map, Value};

use crate::matcher::Matcher;
use crate::tokens::{Token, Tokenizer};

/// Bytes of all texts of one definition that are read; the rest is left out.
const TEXT_MAX: usize = 64 * 1024;
/// Parameters read, nested ones counted.
const PARAMETERS_MAX: usize = 200;
/// Values of one parameter read.
const CHOICES_MAX: usize = 200;
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
    /// The words of all fields, each field ended by a stop.
    pub(crate) tokens: Vec<Token>,
    pub(crate) fields: Vec<Field<'t>>,
    pub(crate) parameters: Vec<Parameter<'t>>,
}

impl<'t> Document<'t> {
    /// Reads a definition into memory that was used before. A parameter's description is read only when its name is in
    /// one of the lists that `asked` names.
    pub(crate) fn new(tool: &'t Tool, matcher: &Matcher, asked: &[bool], tokens: Vec<Token>) -> Self {
        let tokenizer = Tokenizer::new(matcher, tokens);
        let mut reader =
            Reader { tokenizer, matcher, asked, room: TEXT_MAX, fields: Vec::new(), parameters: Vec::new() };
        reader.identifier(Place::Name, &tool.name);
        if let Some(title) = &tool.title {
            reader.identifier(Place::Title, title);
        }
        if let Some(description) = &tool.description {
            reader.prose(Place::Description, description);
        }
        reader.schema(&tool.input_schema, &Keywords::of(&tool.input_schema, &tool.input_schema), None, 0);
        Self { tokens: reader.tokenizer.tokens, fields: reader.fields, parameters: reader.parameters }
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
}

struct Reader<'t, 'm> {
    tokenizer: Tokenizer<'m>,
    matcher: &'m Matcher,
    asked: &'m [bool],
    /// Bytes that may still be read.
    room: usize,
    fields: Vec<Field<'t>>,
    parameters: Vec<Parameter<'t>>,
}

impl<'t, 'm> Reader<'t, 'm> {
    fn identifier(&mut self, place: Place, text: &'t str) {
        self.field(place, text, Tokenizer::identifier);
    }

    fn prose(&mut self, place: Place, text: &'t str) {
        self.field(place, text, Tokenizer::prose);
    }

    fn field(&mut self, place: Place, text: &'t str, cut: impl Fn(&mut Tokenizer<'m>, &str)) {
        let text = &text[..text.floor_char_boundary(self.room)];
        if text.is_empty() {
            return;
        }
        self.room -= text.len();
        let first = self.tokenizer.tokens.len() as u32;
        cut(&mut self.tokenizer, text);
        self.fields.push(Field { place, text, first, end: self.tokenizer.tokens.len() as u32 });
    }

    fn schema(&mut self, root: &'t Value, schema: &Keywords<'t>, parent: Option<u16>, depth: usize) {
        if depth > DEPTH_MAX {
            return;
        }
        for (name, inner) in schema.properties.into_iter().flatten() {
            if self.parameters.len() >= PARAMETERS_MAX {
                return;
            }
            let inner = Keywords::of(root, inner);
            let index = self.parameters.len() as u16;
            self.parameters.push(Parameter { name, parent, kind: inner.kind(), has_choices: false });
            let first = self.tokenizer.tokens.len();
            self.identifier(Place::Parameter(index), name);
            let name = &self.tokenizer.tokens[first..];
            let is_asked = self.matcher.lists(name).any(|list| self.asked[usize::from(list)]);
            self.choices(root, &inner, index, 0);
            if is_asked && let Some(text) = inner.description {
                self.prose(Place::ParameterText(index), text);
            }
            self.schema(root, &inner, Some(index), depth + 1);
        }
        for inner in schema.alternatives().chain(schema.items) {
            self.schema(root, &Keywords::of(root, inner), parent, depth + 1);
        }
    }

    fn choices(&mut self, root: &'t Value, schema: &Keywords<'t>, index: u16, depth: usize) {
        if depth > DEPTH_MAX {
            return;
        }
        let listed = schema.choices.into_iter().flatten();
        for value in listed.chain(schema.constant).filter_map(Value::as_str).take(CHOICES_MAX) {
            self.parameters[usize::from(index)].has_choices = true;
            self.identifier(Place::Choice(index), value);
        }
        for inner in schema.alternatives().chain(schema.items.filter(|items| items.get("properties").is_none())) {
            self.choices(root, &Keywords::of(root, inner), index, depth + 1);
        }
    }
}

/// What a schema says, as far as it is read.
#[derive(Default)]
struct Keywords<'t> {
    properties: Option<&'t Map<String, Value>>,
    description: Option<&'t str>,
    type_named: Option<&'t Value>,
    items: Option<&'t Value>,
    choices: Option<&'t Vec<Value>>,
    constant: Option<&'t Value>,
    any_of: Option<&'t Vec<Value>>,
    one_of: Option<&'t Vec<Value>>,
    all_of: Option<&'t Vec<Value>>,
    reference: Option<&'t str>,
}

impl<'t> Keywords<'t> {
    /// Those of a schema, or of the one inside the same document that its `$ref` points to.
    fn of(root: &'t Value, schema: &'t Value) -> Self {
        let own = Self::read(schema);
        let target = own.reference.and_then(|r| r.strip_prefix('#')).and_then(|pointer| root.pointer(pointer));
        target.map_or(own, Self::read)
    }

    fn read(schema: &'t Value) -> Self {
        let mut found = Self::default();
        for (keyword, value) in schema.as_object().into_iter().flatten() {
            match keyword.as_str() {
                "properties" => found.properties = value.as_object(),
                "description" => found.description = value.as_str(),
                "type" => found.type_named = Some(value),
                "items" => found.items = Some(value),
                "enum" => found.choices = value.as_array(),
                "const" => found.constant = Some(value),
                "anyOf" => found.any_of = value.as_array(),
                "oneOf" => found.one_of = value.as_array(),
                "allOf" => found.all_of = value.as_array(),
                "$ref" => found.reference = value.as_str(),
                _ => {}
            }
        }
        found
    }

    fn alternatives(&self) -> impl Iterator<Item = &'t Value> + use<'t> {
        [self.any_of, self.one_of, self.all_of].into_iter().flatten().flatten()
    }

    /// Its type, or that of the first alternative that states one.
    fn kind(&self) -> Type {
        match self.type_named {
            Some(named) => kind_of(named),
            None => {
                let stated = self.alternatives().filter_map(|schema| schema.get("type")).map(kind_of);
                stated.into_iter().find(|&kind| kind != Type::Any).unwrap_or(Type::Any)
            }
        }
    }
}

/// The first known type that the value of `type` names.
fn kind_of(named: &Value) -> Type {
    let of_name = |name: &str| match name {
        "string" => Type::String,
        "integer" => Type::Integer,
        "number" => Type::Number,
        "boolean" => Type::Boolean,
        "array" => Type::Array,
        "object" => Type::Object,
        _ => Type::Any,
    };
    match named {
        Value::String(name) => of_name(name),
        Value::Array(names) => {
            names.iter().filter_map(Value::as_str).map(of_name).find(|&t| t != Type::Any).unwrap_or(Type::Any)
        }
        _ => Type::Any,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn read(tool: &Tool) -> Document<'_> {
        Document::new(tool, &Matcher::new(&[]).unwrap(), &[], Vec::new())
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
        let document = read(&tool);
        assert_eq!(document.pointer(1), "/properties/a~1b/properties/op");
        assert_eq!((document.parameters[0].kind, document.parameters[1].kind), (Type::Object, Type::String));
        assert!(document.parameters[1].has_choices);
        let places: Vec<Place> = document.fields.iter().map(|f| f.place).collect();
        assert_eq!(places, [Place::Name, Place::Parameter(0), Place::Parameter(1), Place::Choice(1)]);
    }

    #[test]
    fn endless_references_and_texts_end() {
        let schema = json!({"properties": {"a": {"$ref": "#"}, "b": {"enum": ["word ".repeat(100_000)]}}});
        let tool = Tool { name: "x".repeat(100_000), input_schema: schema, ..Tool::default() };
        let document = read(&tool);
        let bytes: usize = document.fields.iter().map(|f| f.text.len()).sum();
        assert!(bytes <= TEXT_MAX && document.parameters.len() <= PARAMETERS_MAX);
    }
}
