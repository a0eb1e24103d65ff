//! A tool's definition as words: its texts, cut into tokens that know where they stand.

use crate::definition::{Definition, Json, Keyword};
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
pub(crate) struct Field<'d> {
    pub(crate) place: Place,
    pub(crate) text: &'d str,
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
pub(crate) struct Parameter<'d> {
    pub(crate) name: &'d str,
    pub(crate) parent: Option<u16>,
    pub(crate) kind: Type,
    pub(crate) has_choices: bool,
}

/// The words of one definition.
#[derive(Debug)]
pub(crate) struct Document<'d> {
    pub(crate) definition: &'d Definition,
    /// The words of all fields, each field ended by a stop.
    pub(crate) tokens: Vec<Token>,
    pub(crate) fields: Vec<Field<'d>>,
    pub(crate) parameters: Vec<Parameter<'d>>,
}

impl<'d> Document<'d> {
    /// Reads a definition into memory that was used before. A parameter's description is read only when its name is in
    /// one of the lists that `asked` names.
    pub(crate) fn new(definition: &'d Definition, matcher: &Matcher, asked: &[bool], tokens: Vec<Token>) -> Self {
        let tokenizer = Tokenizer::new(matcher.vocabulary(), tokens);
        let (fields, parameters) = (Vec::with_capacity(16), Vec::with_capacity(8));
        let mut reader = Reader { tokenizer, matcher, asked, room: TEXT_MAX, fields, parameters };
        reader.identifier(Place::Name, definition.name());
        if let Some(title) = definition.title() {
            reader.identifier(Place::Title, title);
        }
        if let Some(description) = definition.description() {
            reader.prose(Place::Description, description);
        }
        if let Some(schema) = definition.input_schema() {
            reader.schema(schema, &Keywords::of(schema, schema), None, 0);
        }
        let Reader { tokenizer, fields, parameters, .. } = reader;
        Self { definition, tokens: tokenizer.tokens, fields, parameters }
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

struct Reader<'d, 'm> {
    tokenizer: Tokenizer<'m>,
    matcher: &'m Matcher,
    asked: &'m [bool],
    /// Bytes that may still be read.
    room: usize,
    fields: Vec<Field<'d>>,
    parameters: Vec<Parameter<'d>>,
}

impl<'d, 'm> Reader<'d, 'm> {
    fn identifier(&mut self, place: Place, text: &'d str) {
        self.field(place, text, Tokenizer::identifier);
    }

    fn prose(&mut self, place: Place, text: &'d str) {
        self.field(place, text, Tokenizer::prose);
    }

    fn field(&mut self, place: Place, text: &'d str, cut: impl Fn(&mut Tokenizer<'m>, &str)) {
        let text = &text[..text.floor_char_boundary(self.room)];
        if text.is_empty() {
            return;
        }
        self.room -= text.len();
        let first = self.tokenizer.tokens.len() as u32;
        cut(&mut self.tokenizer, text);
        self.fields.push(Field { place, text, first, end: self.tokenizer.tokens.len() as u32 });
    }

    fn schema(&mut self, root: Json<'d>, schema: &Keywords<'d>, parent: Option<u16>, depth: usize) {
        if depth > DEPTH_MAX {
            return;
        }
        for (_, name, inner) in schema.properties.into_iter().flat_map(Json::members) {
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
            if is_asked && let Some(text) = inner.description.and_then(Json::as_str) {
                self.prose(Place::ParameterText(index), text);
            }
            self.schema(root, &inner, Some(index), depth + 1);
        }
        for inner in schema.alternatives().chain(schema.items) {
            self.schema(root, &Keywords::of(root, inner), parent, depth + 1);
        }
    }

    fn choices(&mut self, root: Json<'d>, schema: &Keywords<'d>, index: u16, depth: usize) {
        if depth > DEPTH_MAX {
            return;
        }
        let listed = schema.choices.into_iter().flat_map(Json::elements);
        for value in listed.chain(schema.constant).filter_map(Json::as_str).take(CHOICES_MAX) {
            self.parameters[usize::from(index)].has_choices = true;
            self.identifier(Place::Choice(index), value);
        }
        let items = schema.items.filter(|items| items.get(Keyword::Properties).is_none());
        for inner in schema.alternatives().chain(items) {
            self.choices(root, &Keywords::of(root, inner), index, depth + 1);
        }
    }
}

/// What a schema says, as far as it is read.
#[derive(Default)]
struct Keywords<'d> {
    properties: Option<Json<'d>>,
    description: Option<Json<'d>>,
    type_named: Option<Json<'d>>,
    items: Option<Json<'d>>,
    choices: Option<Json<'d>>,
    constant: Option<Json<'d>>,
    any_of: Option<Json<'d>>,
    one_of: Option<Json<'d>>,
    all_of: Option<Json<'d>>,
    reference: Option<&'d str>,
}

impl<'d> Keywords<'d> {
    /// Those of a schema, or of the one inside the same document that its `$ref` points to.
    fn of(root: Json<'d>, schema: Json<'d>) -> Self {
        let own = Self::read(schema);
        let target = own.reference.and_then(|r| r.strip_prefix('#')).and_then(|pointer| root.pointer(pointer));
        target.map_or(own, Self::read)
    }

    fn read(schema: Json<'d>) -> Self {
        let mut found = Self::default();
        for (keyword, _, value) in schema.members() {
            match keyword {
                Keyword::Properties => found.properties = Some(value),
                Keyword::Description => found.description = Some(value),
                Keyword::Type => found.type_named = Some(value),
                Keyword::Items => found.items = Some(value),
                Keyword::Enum => found.choices = Some(value),
                Keyword::Const => found.constant = Some(value),
                Keyword::AnyOf => found.any_of = Some(value),
                Keyword::OneOf => found.one_of = Some(value),
                Keyword::AllOf => found.all_of = Some(value),
                Keyword::Ref => found.reference = value.as_str(),
                Keyword::Title | Keyword::Comment | Keyword::Mute | Keyword::Other => {}
            }
        }
        found
    }

    fn alternatives(&self) -> impl Iterator<Item = Json<'d>> + use<'d> {
        [self.any_of, self.one_of, self.all_of].into_iter().flatten().flat_map(Json::elements)
    }

    /// Its type, or that of the first alternative that states one.
    fn kind(&self) -> Type {
        match self.type_named {
            Some(named) => kind_of(named),
            None => {
                let stated = self.alternatives().filter_map(|schema| schema.get(Keyword::Type)).map(kind_of);
                stated.into_iter().find(|&kind| kind != Type::Any).unwrap_or(Type::Any)
            }
        }
    }
}

/// The first known type that the value of `type` names.
fn kind_of(named: Json) -> Type {
    let of_name = |name: &str| match name {
        "string" => Type::String,
        "integer" => Type::Integer,
        "number" => Type::Number,
        "boolean" => Type::Boolean,
        "array" => Type::Array,
        "object" => Type::Object,
        _ => Type::Any,
    };
    let names = named.as_str().into_iter().chain(named.elements().filter_map(Json::as_str));
    names.map(of_name).find(|&kind| kind != Type::Any).unwrap_or(Type::Any)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vocabulary::Vocabulary;
    use riskdex_model::Tool;
    use serde_json::json;

    fn read(definition: &Definition) -> Document<'_> {
        let matcher = Matcher::new(&[], &[], Vocabulary::default()).unwrap();
        Document::new(definition, &matcher, &[], Vec::new())
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
        let definition = Definition::of(&tool);
        let document = read(&definition);
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
        let definition = Definition::of(&tool);
        let document = read(&definition);
        let bytes: usize = document.fields.iter().map(|f| f.text.len()).sum();
        assert!(bytes <= TEXT_MAX && document.parameters.len() <= PARAMETERS_MAX);
    }
}
