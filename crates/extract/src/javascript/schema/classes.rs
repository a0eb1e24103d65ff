//! Which class of zod a schema has, and its definition: for code that looks into schemas itself.

use std::rc::Rc;

use serde_json::Value as Json;

use super::zod::format_of;
use crate::fold::{Args, Interp, ListKind, Made, Place, Value};
use crate::javascript::{Script, arg};

/// Methods that wrap a schema in one of another class, with that class.
const WRAPPERS: &[(&str, &str)] = &[
    ("optional", "ZodOptional"),
    ("exactOptional", "ZodOptional"),
    ("nullish", "ZodOptional"),
    ("nullable", "ZodNullable"),
    ("default", "ZodDefault"),
    ("prefault", "ZodPrefault"),
    ("catch", "ZodCatch"),
    ("array", "ZodArray"),
    ("or", "ZodUnion"),
    ("and", "ZodIntersection"),
    ("pipe", "ZodPipe"),
    ("readonly", "ZodReadonly"),
    ("nonoptional", "ZodNonOptional"),
    ("brand", "ZodBranded"),
    ("promise", "ZodPromise"),
    ("transform", "ZodEffects"),
    ("refine", "ZodEffects"),
    ("superRefine", "ZodEffects"),
    ("preprocess", "ZodEffects"),
];

/// The class of the schemas that a function makes.
fn class_of(factory: &str) -> String {
    if let Some((_, class)) = WRAPPERS.iter().find(|(name, _)| *name == factory) {
        return (*class).to_owned();
    }
    let base = match factory {
        "strictObject" | "looseObject" | "interface" => "object",
        "int" | "int32" | "uint32" | "float32" | "float64" => "number",
        "partialRecord" | "looseRecord" => "record",
        name if format_of(name).is_some() && name != "date" => "string",
        name => name,
    };
    let mut letters = base.chars();
    letters.next().map_or_else(String::new, |first| format!("Zod{}{}", first.to_uppercase(), letters.as_str()))
}

impl Script<'_> {
    /// The class of a schema, by the last call of its chain that wraps it.
    pub(crate) fn schema_class_of(&self, made: &Rc<Made>, depth: usize) -> Option<String> {
        if depth > 64 || !self.is_schema(&Value::Made(made.clone())) {
            return None;
        }
        match &made.callee {
            Value::External(path) if !path.starts_with("zod:v") => {
                Some(self.renamed(&class_of(crate::javascript::recipes::last(path))))
            }
            Value::Method(method) if !self.is_schema(&method.receiver) => Some(self.renamed(&class_of(&method.name))),
            Value::Method(method) => {
                let keeps = matches!(&*method.name, "refine" | "superRefine") && self.is_zod4.get();
                match (WRAPPERS.iter().find(|(name, _)| *name == &*method.name), &method.receiver) {
                    (Some((_, class)), _) if !keeps => Some(self.renamed(class)),
                    (_, Value::Made(inner)) => self.schema_class_of(inner, depth + 1),
                    _ => None,
                }
            }
            _ => None,
        }
    }

    /// Whether a class of schemas is there in the generation in use; `None` for other names.
    pub(crate) fn schema_class_exists(&self, path: &str) -> Option<bool> {
        let class = crate::javascript::recipes::last(path);
        let is_class = path.starts_with("zod") && class.starts_with("Zod");
        let is_old = matches!(class, "ZodEffects" | "ZodBranded" | "ZodPipeline");
        is_class.then(|| !(is_old && self.is_zod4.get()))
    }

    /// A part of a definition that the third generation has behind a function.
    fn given_back(&self, interp: &mut Interp, value: Value, place: &Place) -> Value {
        if self.is_zod4.get() || value.is_function() {
            return value;
        }
        // `bind(Object, value)` gives the value when it is called.
        interp.made(&Value::external("bind"), &Args::of(vec![Value::external("Object"), value]), place)
    }

    /// The class by its name in the generation in use: transformations are pipes in the fourth.
    fn renamed(&self, class: &str) -> String {
        match (class, self.is_zod4.get()) {
            ("ZodEffects", true) => "ZodPipe",
            ("ZodPipe", false) => "ZodPipeline",
            (class, _) => class,
        }
        .to_owned()
    }

    /// A schema's definition, for code that looks into it: the names of both generations, where they do not clash.
    pub(super) fn chain_definition(&self, interp: &mut Interp, made: &Rc<Made>, place: &Place) -> Option<Value> {
        let class = self.schema_class_of(made, 0)?;
        // The call that the class comes from; later ones only add to it.
        let mut at = made.clone();
        while let Value::Method(method) = &at.callee.clone() {
            let (Value::Made(inner), true) = (&method.receiver, self.is_schema(&method.receiver)) else { break };
            if self.schema_class_of(inner, 0)? != class {
                break;
            }
            at = inner.clone();
        }
        let inner = match &at.callee {
            Value::Method(method) if self.is_schema(&method.receiver) => method.receiver.clone(),
            _ => arg(&at.args, 0),
        };
        let kind = class.trim_start_matches("Zod").to_lowercase();
        let mut def: Vec<(&str, Value)> =
            vec![("typeName", Value::str(&class)), ("checks", Value::list(ListKind::List, Vec::new()))];
        if self.is_zod4.get() || kind != "array" {
            def.push(("type", Value::str(&kind)));
        }
        if let ("default", Value::Method(_)) = (kind.as_str(), &at.callee) {
            def.push(("defaultValue", self.given_back(interp, arg(&at.args, 0), place)));
        }
        match kind.as_str() {
            "optional" | "nullable" | "default" | "catch" | "readonly" | "prefault" | "nonoptional" => {
                def.push(("innerType", inner));
            }
            "effects" => def.push(("schema", inner)),
            "branded" => def.push(("type", inner)),
            "lazy" => def.push(("getter", inner)),
            "pipe" | "pipeline" => def.extend(pipe(interp, &at, inner, place)),
            "array" if self.is_zod4.get() => def.push(("element", inner)),
            "array" => def.push(("type", inner)),
            "enum" | "nativeenum" => def.extend([("values", inner.clone()), ("entries", inner)]),
            "literal" => def.extend([("value", inner.clone()), ("values", Value::list(ListKind::List, vec![inner]))]),
            "union" | "discriminatedunion" => {
                def.push(("options", arg(&at.args, at.args.positional.len().saturating_sub(1).min(1))));
            }
            "record" => def.extend([("keyType", inner), ("valueType", arg(&at.args, 1))]),
            "object" => {
                let shape = Value::dict(self.shape(interp, &Value::Made(made.clone()), place, 0)?);
                def.push(("shape", self.given_back(interp, shape, place)));
            }
            _ => {}
        }
        let read = self.read(interp, &Value::Made(made.clone()), place, 0).ok()?;
        if let Some(text) = read.json.get("description").and_then(Json::as_str) {
            def.push(("description", Value::str(text)));
        }
        Some(Value::dict(def))
    }
}

/// Both ends of a pipe: what goes in and what comes out.
fn pipe(interp: &mut Interp, at: &Made, inner: Value, place: &Place) -> [(&'static str, Value); 2] {
    let transform = interp.made(&Value::external("zod:z.transform"), &Args::default(), place);
    match &at.callee {
        Value::Method(method) if &*method.name == "pipe" => [("in", inner), ("out", arg(&at.args, 0))],
        Value::Method(method) if &*method.name == "transform" => [("in", inner), ("out", transform)],
        _ => [("in", transform), ("out", arg(&at.args, 1))],
    }
}
