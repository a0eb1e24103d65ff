//! Types to schemas.

use std::rc::Rc;

use serde_json::{Map, Value as Json, json};

use super::super::objects;
use super::super::recipes::last;
use super::{clean, json_of};
use crate::fold::{Class, Generic, Interp, ListKind, Made, Scope, Value};
use crate::syntax;

/// How deep types may be inside one another.
const DEPTH: usize = 24;
/// How many definitions one schema may have.
const DEFINITIONS: usize = 200;

/// Makes schemas and gathers the definitions of the models in them.
pub(in crate::python) struct Schemas {
    pub(super) has_titles: bool,
    /// Whether fields with defaults are always there, as in what a function gives.
    is_result: bool,
    /// Whether some type was not understood.
    is_partial: bool,
    definitions: Map<String, Json>,
    depth: usize,
}

fn object(value: Json) -> Map<String, Json> {
    match value {
        Json::Object(map) => map,
        _ => Map::new(),
    }
}

impl Schemas {
    pub(in crate::python) fn new(has_titles: bool) -> Self {
        Self { has_titles, is_result: false, is_partial: false, definitions: Map::new(), depth: 0 }
    }

    /// Schemas of what functions give, as the independent SDK states them.
    pub(super) fn of_results() -> Self {
        Self { is_result: true, ..Self::new(false) }
    }

    /// Whether every type was understood.
    pub(super) fn is_whole(&self) -> bool {
        !self.is_partial
    }

    pub(super) fn take_definitions(&mut self) -> Map<String, Json> {
        std::mem::take(&mut self.definitions)
    }

    /// The schema of a type by itself, with its definitions.
    pub(in crate::python) fn whole(&mut self, interp: &mut Interp, value: &Value) -> Json {
        let schema = match value {
            Value::Class(class) if !objects::is_enum(interp, class) => self.model(interp, class),
            other => self.of(interp, other),
        };
        let definitions = self.take_definitions();
        let mut whole = Map::new();
        if !definitions.is_empty() {
            whole.insert("$defs".into(), Json::Object(definitions));
        }
        whole.extend(schema);
        Json::Object(whole)
    }

    /// The schema of a type.
    pub(super) fn of(&mut self, interp: &mut Interp, value: &Value) -> Map<String, Json> {
        if self.depth >= DEPTH {
            return Map::new();
        }
        self.depth += 1;
        let schema = self.of_any(interp, value);
        self.depth -= 1;
        self.is_partial |= schema.is_empty() && !is_anything(value);
        schema
    }

    fn of_any(&mut self, interp: &mut Interp, value: &Value) -> Map<String, Json> {
        match value {
            Value::Null => object(json!({"type": "null"})),
            Value::External(path) => named(path),
            Value::Generic(generic) => self.generic(interp, generic),
            Value::Class(class) => self.class(interp, class),
            Value::Made(made) => match made.callee.path().map(last) {
                // `NewType("Id", str)`
                Some("NewType") => made.args.positional.get(1).map_or_else(Map::new, |inner| self.of(interp, inner)),
                Some("create_model") => self.created(interp, made),
                Some("constr" | "conint" | "confloat" | "conlist") => {
                    let base = match made.callee.path().map(last) {
                        Some("constr") => "builtins.str",
                        Some("conint") => "builtins.int",
                        Some("confloat") => "builtins.float",
                        _ => "builtins.list",
                    };
                    let mut schema = named(base);
                    let note = Made {
                        callee: Value::external("pydantic.Field"),
                        args: made.args.clone(),
                        attrs: Default::default(),
                        place: made.place.clone(),
                    };
                    self.apply(interp, &mut schema, &Value::Made(Rc::new(note)));
                    schema
                }
                _ => Map::new(),
            },
            Value::OneOf(values) => values.first().map_or_else(Map::new, |value| self.of(interp, value)),
            Value::Unknown(unknown) => {
                unknown.default.as_ref().map_or_else(Map::new, |default| self.of(interp, &default.clone()))
            }
            _ => Map::new(),
        }
    }

    /// `create_model("Name", field=(type, default), …)`.
    fn created(&mut self, interp: &mut Interp, made: &Made) -> Map<String, Json> {
        let base = match made.args.named("__base__") {
            Some(Value::Class(class)) => self.model(interp, &class.clone()),
            _ => Map::new(),
        };
        let mut properties = base.get("properties").and_then(Json::as_object).cloned().unwrap_or_default();
        let mut required = base.get("required").and_then(Json::as_array).cloned().unwrap_or_default();
        for (name, given) in made.args.named.iter().filter(|(name, _)| !name.starts_with("__")) {
            let (annotation, default) = match given {
                Value::List(pair) if pair.kind == ListKind::Tuple => {
                    let mut parts = pair.snapshot().into_iter();
                    (parts.next(), parts.next())
                }
                default => (None, Some(default.clone())),
            };
            let default = default.filter(|default| default.path() != Some("builtins.Ellipsis"));
            let property = self.field(interp, annotation.as_ref(), default.as_ref(), name);
            required.retain(|known| *known != property.name);
            if property.is_required {
                required.push(Json::from(property.name.as_str()));
            }
            properties.insert(property.name, property.schema);
        }
        let mut schema = object(json!({"properties": properties, "type": "object"}));
        schema.extend(base.get("additionalProperties").map(|extra| ("additionalProperties".to_owned(), extra.clone())));
        if !required.is_empty() {
            schema.insert("required".into(), Json::Array(required));
        }
        schema.extend(made.args.get(0, "model_name").and_then(json_of).map(|name| ("title".to_owned(), name)));
        schema
    }

    fn generic(&mut self, interp: &mut Interp, generic: &Generic) -> Map<String, Json> {
        let name = match &generic.origin {
            Value::External(path) => last(path),
            Value::Class(class) => return self.class(interp, class),
            _ => return Map::new(),
        };
        let first = generic.args.first();
        match name {
            "Optional" => {
                let inner = first.cloned().unwrap_or(Value::Null);
                self.union(interp, &[inner, Value::Null])
            }
            "Union" | "UnionType" => self.union(interp, &generic.args),
            "Literal" => literal(&generic.args),
            "Annotated" => {
                let Some((inner, notes)) = generic.args.split_first() else { return Map::new() };
                let mut schema = self.of(interp, inner);
                for note in notes {
                    self.apply(interp, &mut schema, note);
                }
                schema
            }
            "Required" | "NotRequired" | "ReadOnly" | "Final" | "ClassVar" | "Awaitable" | "Unpack" => {
                first.map_or_else(Map::new, |inner| self.of(interp, inner))
            }
            "list" | "List" | "Sequence" | "Iterable" | "Collection" | "MutableSequence" | "deque" | "Deque" => {
                let items = first.map_or_else(Map::new, |inner| self.of(interp, inner));
                object(json!({"items": items, "type": "array"}))
            }
            "set" | "Set" | "frozenset" | "FrozenSet" | "AbstractSet" | "MutableSet" => {
                let items = first.map_or_else(Map::new, |inner| self.of(interp, inner));
                object(json!({"items": items, "type": "array", "uniqueItems": true}))
            }
            "tuple" | "Tuple" => self.tuple(interp, &generic.args),
            "dict" | "Dict" | "Mapping" | "MutableMapping" | "OrderedDict" | "defaultdict" | "DefaultDict" => {
                let values = generic.args.get(1).map_or_else(Map::new, |inner| self.of(interp, inner));
                let values = if values.is_empty() { json!(true) } else { Json::Object(values) };
                object(json!({"additionalProperties": values, "type": "object"}))
            }
            _ => Map::new(),
        }
    }

    fn union(&mut self, interp: &mut Interp, members: &[Value]) -> Map<String, Json> {
        let mut flat: Vec<Value> = Vec::new();
        flatten(members, &mut flat, 0);
        let mut options: Vec<Json> = Vec::new();
        for member in &flat {
            let option = Json::Object(self.of(interp, member));
            if !options.contains(&option) {
                options.push(option);
            }
        }
        match options.len() {
            1 => object(options.remove(0)),
            _ => object(json!({"anyOf": options})),
        }
    }

    fn tuple(&mut self, interp: &mut Interp, args: &[Value]) -> Map<String, Json> {
        if let [inner, Value::External(rest)] = args
            && &**rest == "builtins.Ellipsis"
        {
            let items = self.of(interp, inner);
            return object(json!({"items": items, "type": "array"}));
        }
        let items: Vec<Json> = args.iter().map(|arg| Json::Object(self.of(interp, arg))).collect();
        let n = items.len();
        object(json!({"maxItems": n, "minItems": n, "prefixItems": items, "type": "array"}))
    }

    /// A class of the package: an enum or model is defined once and referred to.
    fn class(&mut self, interp: &mut Interp, class: &Rc<Class>) -> Map<String, Json> {
        let name = class.code.name.to_string();
        let is_enum = objects::is_enum(interp, class);
        if !is_enum && !is_record(interp, class) {
            for ancestor in interp.ancestry(class) {
                if let Value::External(path) = &ancestor
                    && let schema = named(path)
                    && !schema.is_empty()
                {
                    return schema;
                }
            }
            return Map::new();
        }
        if !self.definitions.contains_key(&name) {
            if self.definitions.len() >= DEFINITIONS {
                return Map::new();
            }
            // Referred to from inside itself.
            self.definitions.insert(name.clone(), Json::Null);
            let schema = if is_enum { enumeration(class) } else { self.model(interp, class) };
            self.definitions.insert(name.clone(), Json::Object(schema));
        }
        object(json!({"$ref": format!("#/$defs/{name}")}))
    }

    /// The schema of a model's fields.
    fn model(&mut self, interp: &mut Interp, class: &Rc<Class>) -> Map<String, Json> {
        let is_typed_dict = objects::descends(interp, class, |path| last(path) == "TypedDict");
        let total = !class
            .code
            .keywords
            .iter()
            .any(|(name, value)| &**name == "total" && matches!(value.kind, crate::module::ExprKind::Bool(false)));
        let with_titles = std::mem::replace(&mut self.has_titles, true);
        let mut properties = Map::new();
        let mut required = Vec::new();
        for field in objects::fields(interp, class) {
            let Some(expr) = field.annotation() else { continue };
            let scope = field.class.scope.clone();
            let annotation = interp.eval(expr, &scope);
            let annotation = forward(interp, &annotation, &scope, expr.line);
            let default = field.default.as_ref();
            let property = self.field(interp, Some(&annotation), default, &field.name);
            let marked = match &annotation {
                Value::Generic(generic) => generic.origin.path().map(last),
                _ => None,
            };
            let is_required = match (is_typed_dict, marked) {
                (true, Some("NotRequired")) => false,
                (true, Some("Required")) => true,
                (true, _) => total,
                (false, _) => property.is_required || self.is_result,
            };
            if is_required {
                required.push(Json::from(property.name.as_str()));
            }
            properties.insert(property.name, property.schema);
        }
        self.has_titles = with_titles;
        let mut schema = Map::new();
        if let Some(doc) = class.code.docstring.as_ref() {
            schema.insert("description".into(), json!(clean(doc)));
        }
        if let Some(extra) = extra_of(interp, class) {
            schema.insert("additionalProperties".into(), json!(extra));
        }
        schema.insert("properties".into(), Json::Object(properties));
        if !required.is_empty() {
            schema.insert("required".into(), Json::Array(required));
        }
        schema.insert("title".into(), json!(&*class.code.name));
        schema.insert("type".into(), json!("object"));
        schema
    }
}

/// A type that may be written as a string, wholly or in a part.
pub(in crate::python) fn forward(interp: &mut Interp, value: &Value, scope: &Rc<Scope>, line: u32) -> Value {
    match value {
        Value::Str(text) => match syntax::python::expression(text, line) {
            Some(expr) => interp.eval(&expr, scope),
            None => value.clone(),
        },
        Value::Generic(generic) if generic.args.iter().any(|arg| matches!(arg, Value::Str(_) | Value::Generic(_))) => {
            let mut args = generic.args.clone();
            let types = match generic.origin.path().map(last) {
                Some("Literal") => 0,
                // What follows the type in `Annotated` are notes.
                Some("Annotated") => 1,
                _ => args.len(),
            };
            for arg in args.iter_mut().take(types) {
                *arg = forward(interp, arg, scope, line);
            }
            Value::Generic(Rc::new(Generic { origin: generic.origin.clone(), args }))
        }
        other => other.clone(),
    }
}

/// Whether the type allows everything.
fn is_anything(value: &Value) -> bool {
    match value {
        Value::External(path) => matches!(last(path), "Any" | "object" | "JsonValue" | "TypeVar"),
        Value::Generic(generic) => generic.args.first().is_some_and(is_anything),
        _ => false,
    }
}

/// `model_config = ConfigDict(extra="forbid")`.
fn extra_of(interp: &Interp, class: &Rc<Class>) -> Option<bool> {
    let extra = match interp.find_in_class(class, "model_config", None)?.0 {
        Value::Made(made) => made.args.named("extra").cloned(),
        Value::Dict(dict) => dict.get_str("extra"),
        _ => None,
    };
    match extra?.as_str()? {
        "forbid" => Some(false),
        "allow" => Some(true),
        _ => None,
    }
}

/// Whether a decorator makes a class's annotations its fields.
pub(in crate::python) fn is_record_mark(path: &str) -> bool {
    matches!(last(path), "dataclass" | "define" | "frozen" | "s" | "attrs")
}

/// Whether a class's annotations are its fields.
pub(in crate::python) fn is_record(interp: &Interp, class: &Rc<Class>) -> bool {
    let marked = |class: &Rc<Class>| class.marks.borrow().iter().any(|mark| mark.path().is_some_and(is_record_mark));
    interp.ancestry(class).iter().any(|ancestor| match ancestor {
        Value::Class(class) => marked(class),
        Value::External(path) => {
            matches!(last(path), "TypedDict" | "NamedTuple" | "SQLModel" | "RootModel" | "GenericModel")
                || last(path).ends_with("Model")
                || last(path) == "BaseSettings"
        }
        _ => false,
    })
}

fn flatten(members: &[Value], out: &mut Vec<Value>, depth: usize) {
    for member in members {
        match member {
            Value::Generic(generic) if depth < DEPTH => match generic.origin.path().map(last) {
                Some("Union") => flatten(&generic.args, out, depth + 1),
                Some("Optional") => {
                    flatten(&generic.args, out, depth + 1);
                    out.push(Value::Null);
                }
                _ => out.push(member.clone()),
            },
            _ => out.push(member.clone()),
        }
    }
}

/// `Literal["a", "b"]`.
fn literal(args: &[Value]) -> Map<String, Json> {
    let mut values: Vec<Json> = Vec::new();
    for arg in args {
        match arg {
            Value::Generic(generic) if generic.origin.path().map(last) == Some("Literal") => {
                values.extend(generic.args.iter().filter_map(json_of));
            }
            arg => values.extend(json_of(arg)),
        }
    }
    let mut schema = Map::new();
    if let [only] = &values[..] {
        schema.insert("const".into(), only.clone());
    } else {
        schema.insert("enum".into(), Json::Array(values.clone()));
    }
    if let Some(kind) = common_type(&values) {
        schema.insert("type".into(), json!(kind));
    }
    schema
}

fn enumeration(class: &Rc<Class>) -> Map<String, Json> {
    let members = objects::enum_members(class).unwrap_or_default();
    let values: Vec<Json> = members.iter().filter_map(json_of).collect();
    let mut schema = Map::new();
    if let Some(doc) = class.code.docstring.as_ref() {
        schema.insert("description".into(), json!(clean(doc)));
    }
    if let [only] = &values[..] {
        schema.insert("const".into(), only.clone());
    } else {
        schema.insert("enum".into(), Json::Array(values.clone()));
    }
    schema.insert("title".into(), json!(&*class.code.name));
    if let Some(kind) = common_type(&values) {
        schema.insert("type".into(), json!(kind));
    }
    schema
}

fn common_type(values: &[Json]) -> Option<&'static str> {
    let kind = |value: &Json| match value {
        Json::String(_) => Some("string"),
        Json::Bool(_) => Some("boolean"),
        Json::Number(n) if n.is_f64() => Some("number"),
        Json::Number(_) => Some("integer"),
        _ => None,
    };
    let first = kind(values.first()?)?;
    values.iter().all(|value| kind(value) == Some(first)).then_some(first)
}

/// A type outside the package, by its name.
fn named(path: &str) -> Map<String, Json> {
    let schema = match last(path) {
        "str" | "Text" | "AnyStr" | "StrictStr" | "LiteralString" => json!({"type": "string"}),
        "int" | "StrictInt" => json!({"type": "integer"}),
        "PositiveInt" => json!({"exclusiveMinimum": 0, "type": "integer"}),
        "NonNegativeInt" => json!({"minimum": 0, "type": "integer"}),
        "float" | "StrictFloat" | "FiniteFloat" => json!({"type": "number"}),
        "PositiveFloat" => json!({"exclusiveMinimum": 0, "type": "number"}),
        "NonNegativeFloat" => json!({"minimum": 0, "type": "number"}),
        "bool" | "StrictBool" => json!({"type": "boolean"}),
        "bytes" => json!({"format": "binary", "type": "string"}),
        "dict" | "Dict" | "Mapping" | "MutableMapping" => json!({"additionalProperties": true, "type": "object"}),
        "list" | "List" | "Sequence" | "Iterable" | "Collection" => json!({"items": {}, "type": "array"}),
        "tuple" | "Tuple" => json!({"items": {}, "type": "array"}),
        "set" | "Set" | "frozenset" | "FrozenSet" => json!({"items": {}, "type": "array", "uniqueItems": true}),
        "None" | "NoneType" => json!({"type": "null"}),
        "datetime" | "AwareDatetime" | "NaiveDatetime" => json!({"format": "date-time", "type": "string"}),
        "date" => json!({"format": "date", "type": "string"}),
        "time" => json!({"format": "time", "type": "string"}),
        "timedelta" => json!({"format": "duration", "type": "string"}),
        "UUID" | "UUID1" | "UUID3" | "UUID5" => json!({"format": "uuid", "type": "string"}),
        "UUID4" => json!({"format": "uuid4", "type": "string"}),
        "Path" | "PurePath" | "PosixPath" => json!({"format": "path", "type": "string"}),
        "FilePath" => json!({"format": "file-path", "type": "string"}),
        "DirectoryPath" => json!({"format": "directory-path", "type": "string"}),
        "AnyUrl" => json!({"format": "uri", "minLength": 1, "type": "string"}),
        "HttpUrl" | "AnyHttpUrl" => json!({"format": "uri", "maxLength": 2083, "minLength": 1, "type": "string"}),
        "EmailStr" => json!({"format": "email", "type": "string"}),
        "SecretStr" => json!({"format": "password", "type": "string", "writeOnly": true}),
        "Decimal" => json!({"anyOf": [{"type": "number"}, {"type": "string"}]}),
        _ => json!({}),
    };
    object(schema)
}
