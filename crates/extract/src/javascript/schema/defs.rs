//! zod inside a bundle: its schema objects are known by the definition they are made from.

use std::rc::Rc;

use super::Answer;
use crate::fold::{Args, Interp, Made, Place, Value};
use crate::javascript::{Script, arg};
use crate::module::{Arg, DictItem, Expr, ExprKind, Function, Stmt, StmtKind, TemplatePart};

/// How many expressions of a function are looked at for the name of a dialect.
const LOOKED_AT: usize = 4_000;

impl Script<'_> {
    /// `new X({ typeName: "ZodString", … })` of zod 3.
    pub(super) fn read_v3(&self, interp: &mut Interp, made: &Rc<Made>, place: &Place, depth: usize) -> Answer {
        let def = arg(&made.args, 0);
        let get = |interp: &mut Interp, key: &str| interp.get(&def, key, place);
        let name = get(interp, "typeName");
        let name = name.as_str().unwrap_or_default().trim_start_matches("Zod").to_owned();
        let (factory, parts): (&str, &[&str]) = match name.as_str() {
            "Array" => ("array", &["type"]),
            "Object" => ("object", &["shape"]),
            "Enum" => ("enum", &["values"]),
            "NativeEnum" => ("nativeEnum", &["values"]),
            "Literal" => ("literal", &["value"]),
            "Union" | "DiscriminatedUnion" => ("union", &["options"]),
            "Optional" => ("optional", &["innerType"]),
            "Nullable" => ("nullable", &["innerType"]),
            "Default" => ("default", &["innerType", "defaultValue"]),
            "Record" => ("record", &["keyType", "valueType"]),
            "Tuple" => ("tuple", &["items"]),
            "Set" => ("set", &["valueType"]),
            "Lazy" => ("lazy", &["getter"]),
            "Intersection" => ("intersection", &["left", "right"]),
            "Catch" => ("catch", &["innerType"]),
            "Effects" => ("same", &["schema"]),
            "Branded" => ("same", &["type"]),
            "Readonly" => ("readonly", &["innerType"]),
            "Pipeline" => ("same", &["in"]),
            "BigInt" => ("bigint", &[]),
            _ => ("", &[]),
        };
        let mut args = Args::default();
        for part in parts {
            args.positional.push(get(interp, part));
        }
        let plain = name.to_lowercase();
        let mut read =
            self.factory(interp, if factory.is_empty() { &plain } else { factory }, &args, false, place, depth)?;
        let checks = get(interp, "checks");
        if let Value::List(checks) = &checks {
            for check in checks.snapshot() {
                let kind = interp.get(&check, "kind", place);
                let value = match interp.get(&check, "value", place) {
                    Value::Undefined => interp.get(&check, "regex", place),
                    value => value,
                };
                read = match kind.as_str() {
                    Some("int") => read.set("type", "integer"),
                    Some(kind) => self.checked(read, kind, &value),
                    None => read,
                };
            }
        }
        Ok(match (get(interp, "description"), get(interp, "unknownKeys")) {
            (Value::Str(text), _) => read.set("description", &*text),
            (_, Value::Str(keys)) if &*keys == "strict" => read.set("additionalProperties", false),
            _ => read,
        })
    }

    /// `new X({ type: "string", … })` of zod 4.
    pub(super) fn read_v4(&self, interp: &mut Interp, made: &Rc<Made>, place: &Place, depth: usize) -> Answer {
        let def = arg(&made.args, 0);
        let get = |interp: &mut Interp, key: &str| interp.get(&def, key, place);
        let kind = get(interp, "type");
        let kind = kind.as_str().unwrap_or_default().to_owned();
        let parts: &[&str] = match kind.as_str() {
            "array" => &["element"],
            "object" => &["shape"],
            "enum" => &["entries"],
            "literal" => &["values"],
            "union" => &["options"],
            "optional" | "nullable" | "prefault" | "catch" | "nonoptional" | "readonly" | "success" => &["innerType"],
            "default" => &["innerType", "defaultValue"],
            "record" => &["keyType", "valueType"],
            "tuple" => &["items"],
            "set" => &["valueType"],
            "lazy" => &["getter"],
            "intersection" => &["left", "right"],
            "pipe" => &["in"],
            _ => &[],
        };
        let mut args = Args::default();
        for part in parts {
            args.positional.push(get(interp, part));
        }
        let mut read = self.factory(
            interp,
            if kind == "template_literal" { "templateLiteral" } else { &kind },
            &args,
            false,
            place,
            depth,
        )?;
        let format = get(interp, "format");
        read = match format.as_str() {
            Some(format) if format.contains("int") => read.set("type", "integer"),
            Some(format) => self.checked(read, format, &Value::Undefined),
            None => read,
        };
        Ok(read)
    }

    /// The definition of a schema inside a bundle, for code that looks into it.
    pub(super) fn definition(&self, interp: &mut Interp, made: &Rc<Made>, place: &Place) -> Option<Value> {
        let path = made.callee.path().unwrap_or_default();
        if !path.starts_with("zod:v") {
            return self.chain_definition(interp, made, place);
        }
        made.args.positional.first().cloned()
    }

    /// `$constructor("ZodString", …)` of zod 4 inside a bundle makes a class of schemas.
    pub(crate) fn schema_class(&self, args: &Args) -> Option<Value> {
        let (Value::Str(name), true) = (arg(args, 0), arg(args, 1).is_function()) else { return None };
        let plain = name.trim_start_matches('$');
        let is_class = plain.strip_prefix("Zod").is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_uppercase()));
        if is_class {
            self.is_zod4.set(true);
        }
        is_class.then(|| Value::external(format!("zod:v4.{plain}")))
    }

    /// Whether a function names a dialect of JSON Schema: then it makes JSON Schema.
    pub(super) fn is_bundled_converter(&self, code: &Rc<Function>) -> bool {
        let key = Rc::as_ptr(code).addr();
        if let Some(known) = self.converters.borrow().get(&key) {
            return *known;
        }
        let mut left = LOOKED_AT;
        let found = names_dialect(&code.body, &|text| self.recipes.names_dialect(text), &mut left);
        self.converters.borrow_mut().insert(key, found);
        found
    }
}

/// Whether a text of that kind stands in a block.
fn names_dialect(block: &[Stmt], is_dialect: &dyn Fn(&str) -> bool, left: &mut usize) -> bool {
    block.iter().any(|stmt| in_statement(stmt, is_dialect, left))
}

fn in_statement(stmt: &Stmt, is_dialect: &dyn Fn(&str) -> bool, left: &mut usize) -> bool {
    let inside = |expr: &Expr, left: &mut usize| in_expression(expr, is_dialect, left);
    match &stmt.kind {
        StmtKind::Expr(expr) | StmtKind::Return(Some(expr)) | StmtKind::Assign { value: Some(expr), .. } => {
            inside(expr, left)
        }
        StmtKind::If { then, otherwise, test } => {
            inside(test, left) || names_dialect(then, is_dialect, left) || names_dialect(otherwise, is_dialect, left)
        }
        StmtKind::Block(body)
        | StmtKind::For { body, .. }
        | StmtKind::While { body, .. }
        | StmtKind::Try { body, .. } => names_dialect(body, is_dialect, left),
        _ => false,
    }
}

fn in_expression(expr: &Expr, is_dialect: &dyn Fn(&str) -> bool, left: &mut usize) -> bool {
    if *left == 0 {
        return false;
    }
    *left -= 1;
    let mut inside = |expr: &Expr| in_expression(expr, is_dialect, left);
    match &expr.kind {
        ExprKind::Str(text) => is_dialect(text),
        ExprKind::Template(parts) => {
            parts.iter().any(|part| matches!(part, TemplatePart::Text(text) if is_dialect(text)))
        }
        ExprKind::Conditional(a, b, c) => inside(a) || inside(b) || inside(c),
        ExprKind::Assign(_, value) => inside(value),
        ExprKind::Logic(a, _, b) | ExprKind::Binary(a, _, b) => inside(a) || inside(b),
        ExprKind::Sequence(items) | ExprKind::Array(items) => items.iter().any(inside),
        ExprKind::Dict(items) => items.iter().any(|item| match item {
            DictItem::Pair(_, value) | DictItem::Spread(value) => inside(value),
            DictItem::Method(..) => false,
        }),
        ExprKind::Call(call) => {
            inside(&call.callee)
                || call
                    .args
                    .iter()
                    .any(|arg| matches!(arg, Arg::Positional(value) | Arg::Spread(value) if inside(value)))
        }
        ExprKind::Member(object, _) => inside(object),
        _ => false,
    }
}
