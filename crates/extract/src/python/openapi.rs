//! Tools that an SDK makes from an OpenAPI document which the program holds in full.

use std::collections::BTreeSet;
use std::rc::Rc;

use riskdex_model::{Origin, Tool};
use serde_json::{Map, Value as Json, json};

use super::recipes::last;
use super::schema::{json_of, value_of};
use crate::fold::{Args, CHANGED, Interp, Made, Place, Value};
use crate::server::{Entry, Server};

/// The methods of HTTP that a path may answer to, in the order of the specification.
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];
/// The longest name the SDK gives by itself, in characters.
const NAME: usize = 56;
/// How many references may lead on to others.
const REFERENCES: usize = 16;

/// Registers a tool for every operation of the document; `false` when the document is not wholly known.
pub(super) fn register(interp: &mut Interp, server: &Rc<Server>, args: &Args, place: &Place) -> bool {
    let document = args.get(0, "openapi_spec").and_then(Value::usual).and_then(|value| json_of(&value));
    let Some(document) = document else { return false };
    let Some(paths) = document.get("paths").and_then(Json::as_object) else { return false };
    let names = args.named("mcp_names").or_else(|| args.named("names")).and_then(json_of).unwrap_or(Json::Null);
    let mut taken = BTreeSet::new();
    for (path, item) in paths {
        for method in METHODS {
            let Some(operation) = item.get(method).filter(|operation| operation.is_object()) else { continue };
            let route = Route { document: &document, path, method, item, operation };
            let component = route.component(interp, &names, &mut taken, place);
            let shown = route.is_tool(interp, args, &component, place);
            let Some(gated) = shown else { continue };
            if let Some(tool) = route.tool(&component, gated, place) {
                server.put(Entry::Tool(Box::new(tool)));
            }
        }
    }
    true
}

struct Route<'d> {
    document: &'d Json,
    path: &'d str,
    method: &'d str,
    item: &'d Json,
    operation: &'d Json,
}

impl Route<'_> {
    fn text(&self, key: &str) -> Option<&str> {
        self.operation.get(key).and_then(Json::as_str).filter(|text| !text.is_empty())
    }

    /// The object that a program's hooks may change: name, description and tags.
    fn component(&self, interp: &mut Interp, names: &Json, taken: &mut BTreeSet<String>, place: &Place) -> Rc<Made> {
        let own = match self.text("operationId") {
            Some(id) => match names.get(id).and_then(Json::as_str) {
                Some(name) => name.to_owned(),
                None => id.split("__").next().unwrap_or(id).to_owned(),
            },
            None => match self.text("summary") {
                Some(summary) => summary.to_owned(),
                None => format!("{}_{}", self.method.to_uppercase(), self.path),
            },
        };
        let base: String = slug(&own).chars().take(NAME).collect();
        let mut name = base.clone();
        let mut n = 2;
        while !taken.insert(name.clone()) {
            name = format!("{base}_{n}");
            n += 1;
        }
        let description = self.text("description").or(self.text("summary")).map(str::to_owned);
        let description =
            description.unwrap_or_else(|| format!("Executes {} {}", self.method.to_uppercase(), self.path));
        let made = Rc::new(Made {
            callee: Value::external("fastmcp.server.openapi.OpenAPITool"),
            args: Args::default(),
            attrs: interp.vars(),
            place: place.clone(),
        });
        made.attrs.set("name", Value::str(name));
        made.attrs.set("description", Value::str(description));
        made
    }

    /// What the program's hooks are told about the operation.
    fn value(&self, interp: &mut Interp, place: &Place) -> Value {
        let route = interp.made(&Value::external("fastmcp.utilities.openapi.HTTPRoute"), &Args::default(), place);
        if let Value::Made(made) = &route {
            let texts = [("operation_id", "operationId"), ("summary", "summary"), ("description", "description")];
            for (attribute, key) in texts {
                made.attrs.set(attribute, self.text(key).map_or(Value::Null, Value::str));
            }
            made.attrs.set("path", Value::str(self.path));
            made.attrs.set("method", Value::str(self.method.to_uppercase()));
            made.attrs.set("tags", self.operation.get("tags").map_or_else(|| value_of(&json!([])), value_of));
        }
        route
    }

    /// Whether the operation becomes a tool, by the program's maps and hooks: `None` when not, else the condition.
    fn is_tool(&self, interp: &mut Interp, args: &Args, component: &Rc<Made>, place: &Place) -> Option<Option<String>> {
        let route = self.value(interp, place);
        let mut kind = Value::external("MCPType.TOOL");
        if let Some(maps) = args.named("route_maps") {
            let maps = interp.iterate(&maps.clone(), place).values;
            if let Some(found) = maps.iter().find_map(|map| self.mapped(map)) {
                kind = found;
            }
        }
        if let Some(hook) = args.named("route_map_fn").filter(|hook| hook.is_function()) {
            let verdict = interp.call(&hook.clone(), &Args::of(vec![route.clone(), kind.clone()]), place);
            if !matches!(verdict, Value::Null) {
                kind = verdict;
            }
        }
        if let Some(hook) = args.named("mcp_component_fn").filter(|hook| hook.is_function()) {
            interp.call(&hook.clone(), &Args::of(vec![route, Value::Made(component.clone())]), place);
        }
        let is_tool = |kind: &Value| kind.path().map(last) == Some("TOOL");
        match &kind {
            Value::OneOf(kinds) if kinds.first().is_some_and(is_tool) => Some(None),
            Value::OneOf(kinds) if kinds.iter().any(is_tool) => Some(Some(CHANGED.to_owned())),
            kind if is_tool(kind) => Some(interp.gated()),
            _ => None,
        }
    }

    /// What a `RouteMap(…)` makes of the operation, when it is about it.
    fn mapped(&self, map: &Value) -> Option<Value> {
        let Value::Made(map) = map else { return None };
        let methods = map.args.named("methods").and_then(json_of);
        let is_method = methods.as_ref().and_then(Json::as_array).is_none_or(|methods| {
            methods
                .iter()
                .filter_map(Json::as_str)
                .any(|method| method.eq_ignore_ascii_case(self.method) || method == "*")
        });
        let is_path = match map.args.named("pattern").and_then(Value::as_str) {
            Some(pattern) => regex::Regex::new(pattern).ok()?.is_match(self.path),
            None => true,
        };
        let own: Vec<&Json> = self.operation.get("tags").and_then(Json::as_array).into_iter().flatten().collect();
        let tags = map.args.named("tags").and_then(json_of);
        let has_tags =
            tags.as_ref().and_then(Json::as_array).is_none_or(|tags| tags.iter().all(|tag| own.contains(&tag)));
        (is_method && is_path && has_tags).then(|| map.args.named("mcp_type").cloned()).flatten()
    }

    fn tool(&self, component: &Rc<Made>, gated: Option<String>, place: &Place) -> Option<Tool> {
        let text = |name: &str| component.attrs.get(name)?.usual()?.as_str().map(str::to_owned);
        let origin = Origin {
            method: "python:openapi".to_owned(),
            file: place.file.to_string(),
            line: place.line,
            package: None,
        };
        Some(Tool {
            name: text("name")?,
            description: text("description"),
            input_schema: self.input_schema(),
            origin: Some(origin),
            gated,
            ..Tool::default()
        })
    }

    fn resolve<'s>(&'s self, mut json: &'s Json) -> &'s Json {
        for _ in 0..REFERENCES {
            let target = json
                .get("$ref")
                .and_then(Json::as_str)
                .and_then(|reference| self.document.pointer(reference.strip_prefix('#')?));
            match target {
                Some(target) => json = target,
                None => break,
            }
        }
        json
    }

    /// Parameters and the body's properties side by side.
    fn input_schema(&self) -> Json {
        let mut properties = Map::new();
        let mut required = Vec::new();
        let body = self.operation.get("requestBody").map(|body| self.resolve(body));
        let body_schema = body.and_then(|body| {
            let content = body.get("content")?.as_object()?;
            Some(self.resolve(content.values().next()?.get("schema")?))
        });
        let body_properties = body_schema.map(|schema| self.body_properties(schema)).unwrap_or_default();
        let lists = [self.item, self.operation].map(|level| level.get("parameters").and_then(Json::as_array));
        for parameter in lists.into_iter().flatten().flatten().map(|parameter| self.resolve(parameter)) {
            let (Some(name), Some(place)) =
                (parameter.get("name").and_then(Json::as_str), parameter.get("in").and_then(Json::as_str))
            else {
                continue;
            };
            let collides = body_properties.contains_key(name);
            let name = if collides { format!("{name}__{place}") } else { name.to_owned() };
            let mut schema = parameter.get("schema").map_or_else(|| json!({}), |schema| self.resolve(schema).clone());
            if let (Some(description), Json::Object(schema)) = (parameter.get("description"), &mut schema) {
                schema.entry("description").or_insert_with(|| description.clone());
            }
            if parameter.get("required") == Some(&Json::Bool(true)) && !required.contains(&Json::from(name.as_str())) {
                required.push(Json::from(name.as_str()));
            }
            properties.insert(name, schema);
        }
        if let (Some(body), Some(schema)) = (body, body_schema) {
            let is_required = body.get("required") == Some(&Json::Bool(true));
            if body_properties.is_empty() {
                let title = schema.get("title").and_then(Json::as_str).unwrap_or("body").to_lowercase();
                if is_required {
                    required.push(Json::from(title.as_str()));
                }
                properties.insert(title, schema.clone());
            } else if is_required {
                required.extend(schema.get("required").and_then(Json::as_array).into_iter().flatten().cloned());
            }
            properties.extend(body_properties);
        }
        json!({"type": "object", "properties": properties, "required": required})
    }

    fn body_properties(&self, schema: &Json) -> Map<String, Json> {
        let mut found = Map::new();
        let parts = schema.get("allOf").and_then(Json::as_array).into_iter().flatten().map(|part| self.resolve(part));
        for part in parts.chain([schema]) {
            found.extend(part.get("properties").and_then(Json::as_object).cloned().unwrap_or_default());
        }
        found
    }
}

/// A name of letters, digits and underscores.
fn slug(text: &str) -> String {
    let mut out = String::new();
    for c in text.chars() {
        let c = if c.is_whitespace() || c == '-' || c == '.' { '_' } else { c };
        if (c == '_' && !out.ends_with('_')) || c.is_ascii_alphanumeric() {
            out.push(c);
        }
    }
    out.trim_matches('_').to_owned()
}
