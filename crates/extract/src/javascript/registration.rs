//! Registrations: the calls, classes and request handlers by which a program declares its tools.

use std::rc::Rc;

use riskdex_model::{Annotations, Gap, GapKind, Origin, Tool};
use serde_json::{Value as Json, json};

use super::definition::{Pending, described, does_something};
use super::recipes::{Argument, last};
use super::{Script, arg};
use crate::fold::{Args, Class, Gate, Interp, Place, Value, common};
use crate::module::StmtKind;

/// How a reason ends that says when a list is made.
const WHEN_RUN: &str = " when the server runs";

/// A function that answers `tools/list`, to be asked when the program has been read.
pub(super) struct Lister {
    function: Value,
    gated: Option<String>,
    place: Place,
}

impl Lister {
    /// One that answers whatever the settings are.
    pub(super) fn open(function: Value, place: Place) -> Self {
        Self { function, gated: None, place }
    }
}

impl Script<'_> {
    /// Recognises a call that registers something; the value it has is returned.
    pub(super) fn registration(
        &self,
        interp: &mut Interp,
        callee: &Value,
        name: &str,
        receiver: Option<&Value>,
        args: &Args,
        place: &Place,
    ) -> Option<Value> {
        let function = last(name);
        if self.recipes.is_listing(function) {
            self.add_lister(interp, args, place);
            return Some(Value::Undefined);
        }
        if args.is_new {
            let path = callee.path()?;
            if self.recipes.is_server(path) {
                self.note_server(interp);
            }
            if let Some(kind) = self.recipes.tool_loader(path) {
                self.load_folder(interp, &kind.folder.clone(), place);
            }
            self.add_tables(interp, args, place);
            return None;
        }
        let Some(arguments) = self.recipes.registration(function) else {
            self.add_tables(interp, args, place);
            return None;
        };
        // A method of the language's own objects is no registration.
        if matches!(receiver, Some(Value::Str(_) | Value::List(_) | Value::Null | Value::Undefined)) {
            return None;
        }
        if arguments == [Argument::Table] {
            let items: Vec<Value> = interp.iterate(&arg(args, 0), place).values.into_iter().map(described).collect();
            if items.is_empty() || !items.iter().all(|item| self.is_definition(interp, item, place)) {
                return None;
            }
            items.iter().for_each(|item| self.add_listed(interp, item, "javascript:table", place));
            return Some(Value::Undefined);
        }
        let at = |wanted: Argument| arguments.iter().position(|argument| *argument == wanted);
        let method = format!("javascript:{function}");
        let tool =
            match (at(Argument::Name), at(Argument::Definition), at(Argument::Overloads), at(Argument::Definitions)) {
                (_, _, _, Some(definitions)) => {
                    let items = interp.iterate(&arg(args, definitions), place);
                    if let Some(why) = &items.open {
                        interp.gap(GapKind::Dynamic, format!("tools from {}", why.reason), place);
                    }
                    for item in items.values {
                        self.add_listed(interp, &item, &method, place);
                    }
                    return Some(Value::Undefined);
                }
                (Some(name), Some(definition), ..) => {
                    if args.positional.len() <= definition && args.open.is_none() {
                        return None;
                    }
                    Pending::defined(self, interp, Some(arg(args, name)), &arg(args, definition), place)
                }
                (Some(name), _, Some(rest), _) => {
                    let name = arg(args, name);
                    let overloads = args.positional.get(rest..).unwrap_or_default();
                    let is_function = |value: &Value| {
                        value.is_function() || matches!(value, Value::Unknown(_) | Value::Made(_) | Value::Method(_))
                    };
                    match name {
                        // `tool(name, { description, …, handler })`
                        name if let [definition] = overloads
                            && does_something(definition) =>
                        {
                            Pending::defined(self, interp, Some(name), definition, place)
                        }
                        // `tool({ name, …, handler })`
                        definition if overloads.is_empty() && does_something(&definition) => {
                            let tool = Pending::defined(self, interp, None, &definition, place);
                            if matches!(tool.name, Value::Undefined) || matches!(tool.description, Value::Undefined) {
                                return None;
                            }
                            tool
                        }
                        _ if !overloads.last().is_some_and(is_function) => return None,
                        // `tool({ name, … }, function)`
                        definition @ Value::Dict(_) => {
                            let tool = Pending::defined(self, interp, None, &definition, place);
                            if matches!(tool.name, Value::Undefined) {
                                return None;
                            }
                            tool
                        }
                        name => Pending::overloaded(name, overloads),
                    }
                }
                (_, Some(definition), ..) => {
                    let definition = arg(args, definition);
                    if !matches!(definition, Value::Dict(_) | Value::Instance(_) | Value::OneOf(_)) {
                        return None;
                    }
                    Pending::defined(self, interp, None, &definition, place)
                }
                _ => return None,
            };
        let before = self.tools.borrow().len();
        self.add(interp, &tool, &method, place);
        Some(self.registered(interp, before, place))
    }

    /// Notes under which conditions a server is made: of several ways to make one what they have in common counts.
    fn note_server(&self, interp: &Interp) {
        let now = interp.gated();
        let mut started = self.started.borrow_mut();
        *started = Some(match started.take() {
            None => now,
            Some(before) => before.zip(now).and_then(|(before, now)| common(&before, &now)),
        });
    }

    /// A handler of `tools/list`.
    fn add_lister(&self, interp: &mut Interp, args: &Args, place: &Place) {
        let request = arg(args, 0);
        let lists_tools = match request.usual() {
            Some(Value::Str(method)) => self.recipes.lists_tools(&method),
            Some(Value::External(path)) => self.recipes.lists_tools(last(&path)),
            // `{ method: "tools/list" }` in place of a schema.
            Some(Value::Dict(request)) if let Some(Value::Str(method)) = request.get_str("method") => {
                self.recipes.lists_tools(&method)
            }
            Some(schema) => self.request_method(interp, &schema, place).is_some_and(|m| self.recipes.lists_tools(&m)),
            None => false,
        };
        let function = arg(args, 1);
        if lists_tools && !matches!(function, Value::Undefined) {
            let lister = Lister { function, gated: interp.gated(), place: place.clone() };
            interp.results += 1;
            self.listers.borrow_mut().push(lister);
        }
    }

    /// Asks every handler of `tools/list`.
    pub(super) fn ask_listers(&self, interp: &mut Interp) {
        for lister in std::mem::take(&mut *self.listers.borrow_mut()) {
            let place = lister.place;
            let depth = interp.gate_depth();
            if let Some(words) = lister.gated {
                interp.open_gate(Gate { words: words.into(), usual: Some(false) });
            }
            let answer = interp.call(&lister.function, &super::functions::arguments(2), &place);
            interp.recover();
            let answers = match &answer {
                Value::OneOf(answers) => answers.to_vec(),
                answer => vec![answer.clone()],
            };
            for answer in answers {
                self.read_answer(interp, &answer, &place);
            }
            interp.close_gates(depth);
        }
    }

    pub(super) fn read_answer(&self, interp: &mut Interp, answer: &Value, place: &Place) {
        let tools = interp.get(answer, "tools", place);
        if matches!(tools, Value::Undefined | Value::Null) {
            return;
        }
        let items = interp.iterate(&tools, place);
        for item in &items.values {
            self.add_listed(interp, item, "javascript:list", place);
        }
        if let Some(why) = items.open
            && !self.recipes.keeps_handlers(&why.reason)
        {
            self.say_dynamic(interp, &why.reason, &why.place.clone());
        }
    }

    /// A tool object of a list, with the condition it has there.
    fn add_listed(&self, interp: &mut Interp, item: &Value, method: &str, place: &Place) {
        super::arrays::visit(interp, item.clone(), &mut |interp, item| {
            let tool = Pending::defined(self, interp, None, &item, place);
            self.add(interp, &tool, method, place);
            Value::Undefined
        });
    }

    /// Tables of definitions that something outside the package is given: `createServer({ tools })`. A table may be a
    /// list, an object from name to definition, or a function that gives one.
    fn add_tables(&self, interp: &mut Interp, args: &Args, place: &Place) {
        for options in &args.positional {
            let Value::Dict(options) = options else { continue };
            let table = self.recipes.keys.tables.iter().find_map(|key| options.get_str(key));
            let Some(table) = table else { continue };
            let table = match table.is_function() {
                true => interp.call(&table, &Args::default(), place),
                false => table,
            };
            match table.usual() {
                Some(list @ Value::List(_)) => {
                    for item in interp.iterate(&list, place).values {
                        let item = described(item);
                        if self.is_definition(interp, &item, place) {
                            self.add_listed(interp, &item, "javascript:table", place);
                        }
                    }
                }
                Some(named @ Value::Dict(_)) => {
                    for (name, item) in self.properties(interp, &named, place) {
                        let item = described(item);
                        if self.is_definition(interp, &item, place) {
                            super::arrays::visit(interp, item, &mut |interp, item| {
                                let mut tool = Pending::defined(self, interp, None, &item, place);
                                if matches!(tool.name, Value::Undefined) {
                                    tool.name = Value::Str(name.clone());
                                }
                                self.add(interp, &tool, "javascript:table", place);
                                Value::Undefined
                            });
                        }
                    }
                }
                _ => {}
            }
        }
    }

    /// Whether an object describes a tool: it has a description and says what its parameters are.
    pub(super) fn is_definition(&self, interp: &mut Interp, item: &Value, place: &Place) -> bool {
        let item = if let Value::Gated(gated) = item { &gated.1 } else { item };
        if !matches!(item, Value::Dict(_) | Value::Instance(_)) {
            return false;
        }
        let keys = &self.recipes.keys;
        let mut has = |names: &[String]| {
            names.iter().any(|name| {
                !matches!(interp.get(item, name, place), Value::Undefined | Value::Null | Value::Unknown(_))
            })
        };
        let is_described = has(&keys.description) && has(&keys.input_schema);
        let is_hidden = |name| matches!(interp.get(item, name, place).usual(), Some(Value::Bool(true)));
        is_described && !keys.hidden.iter().map(String::as_str).any(is_hidden)
    }

    /// Says that tools come from somewhere when the server runs.
    pub(super) fn say_dynamic(&self, interp: &mut Interp, reason: &str, place: &Place) {
        let reason = reason.strip_suffix(WHEN_RUN).unwrap_or(reason);
        let reason = format!("tools come from {reason}{WHEN_RUN}");
        interp.gap(GapKind::Dynamic, reason.clone(), place);
        self.dynamic.borrow_mut().get_or_insert(reason);
    }

    /// Adds a tool, or says what of it is not known.
    pub(super) fn add(&self, interp: &mut Interp, pending: &Pending, method: &str, place: &Place) {
        let name = match pending.name.usual() {
            Some(Value::Str(name)) if !name.is_empty() => name,
            _ => {
                let why = interp.why(&pending.name, place);
                let reason = format!("a tool whose name comes from {}", why.reason);
                interp.gap(GapKind::Incomplete, reason, place);
                return;
            }
        };
        let text = |interp: &mut Interp, value: &Value, what: &str| match value.usual() {
            Some(Value::Str(text)) => Some(text.to_string()),
            Some(Value::Undefined | Value::Null) => None,
            _ => {
                let reason = format!("the {what} of `{name}` comes from {}", interp.why(value, place).reason);
                interp.gap(GapKind::Incomplete, reason, place);
                None
            }
        };
        let title = text(interp, &pending.title, "title");
        let description = text(interp, &pending.description, "description");
        let input_schema = match self.schema(interp, &pending.input_schema, place) {
            Ok(Some(schema)) => schema,
            Ok(None) => json!({"type": "object", "properties": {}}),
            Err(why) => {
                let reason = format!("the parameters of `{name}` come from {}", why.reason);
                interp.gap(GapKind::Incomplete, reason, place);
                Json::Null
            }
        };
        let output_schema = self.schema(interp, &pending.output_schema, place).ok().flatten();
        let annotations = self.annotations(interp, &pending.annotations, place);
        let origin =
            Origin { method: method.to_owned(), file: place.file.to_string(), line: place.line, package: None };
        interp.results += 1;
        self.tools.borrow_mut().push(Tool {
            name: name.to_string(),
            title,
            description,
            input_schema,
            output_schema,
            annotations: Some(annotations).filter(|annotations| !annotations.is_empty()),
            origin: Some(origin),
            gated: interp.gated(),
        });
    }

    /// The annotations that are known; a package may keep things of its own beside them.
    fn annotations(&self, interp: &mut Interp, value: &Value, place: &Place) -> Annotations {
        let Some(value) = value.usual() else { return Annotations::default() };
        let mut hint = |name: &str| match interp.get(&value, name, place).usual() {
            Some(Value::Bool(hint)) => Some(hint),
            _ => None,
        };
        Annotations {
            read_only_hint: hint("readOnlyHint"),
            destructive_hint: hint("destructiveHint"),
            idempotent_hint: hint("idempotentHint"),
            open_world_hint: hint("openWorldHint"),
            title: interp.get(&value, "title", place).usual().and_then(|title| title.as_str().map(str::to_owned)),
        }
    }

    /// Loads the files of a folder beside the program, and registers the tool classes they hold.
    fn load_folder(&self, interp: &mut Interp, folder: &str, place: &Place) {
        let prefix = match super::resolve::parent(&place.file) {
            "" => format!("{folder}/"),
            beside => format!("{beside}/{folder}/"),
        };
        let files: Vec<String> = self
            .tree
            .paths()
            .filter(|path| path.starts_with(&prefix) && [".js", ".mjs", ".ts"].iter().any(|end| path.ends_with(end)))
            .map(str::to_owned)
            .collect();
        for file in files {
            self.load_file(interp, &file);
            let place = Place { file: file.as_str().into(), line: 1 };
            for (_, value) in self.namespace_members(interp, &file, &place) {
                self.add_tool_class(interp, &value, &place);
            }
        }
    }

    /// Registers a class that is one tool.
    fn add_tool_class(&self, interp: &mut Interp, value: &Value, place: &Place) {
        let Value::Class(class) = value else { return };
        let base = interp.outside_base(class);
        if base.as_ref().and_then(Value::path).and_then(|path| self.recipes.tool_base(path)).is_none() {
            return;
        }
        let tool = interp.call(value, &Args { is_new: true, ..Args::default() }, place);
        let place = Place { file: place.file.clone(), line: class.code.line };
        let tool = Pending::defined(self, interp, None, &tool, &place);
        self.add(interp, &tool, "javascript:class", &place);
    }

    /// What a class declaration of the package really is: a class of an SDK inside a bundle.
    pub(super) fn recognised_class(&self, class: &Class) -> Option<Value> {
        let has_method = |name: &str| {
            class.code.body.iter().any(|stmt| matches!(&stmt.kind, StmtKind::Function(code) if &*code.name == name))
        };
        self.recipes.bundled(&has_method).map(Value::external)
    }

    /// What `new` of a class of the package really makes: a schema of a library inside a bundle.
    pub(super) fn recognised_instance(
        &self,
        interp: &mut Interp,
        class: &Rc<Class>,
        args: &Args,
        place: &Place,
    ) -> Option<Value> {
        let base = interp.outside_base(class)?;
        if base.path() != Some("zod:v3") {
            return None;
        }
        let args = Args { is_new: true, ..args.clone() };
        Some(interp.made(&base, &args, place))
    }

    /// Whether something outside the package is surely a class.
    pub(super) fn is_constructor(&self, callee: &Value) -> bool {
        matches!(callee.path(), Some("Map" | "Set" | "Date" | "RegExp" | "URL" | "Error"))
    }
}

/// A gap that concerns the whole package.
pub(super) fn whole(kind: GapKind, reason: String) -> Gap {
    Gap { kind, reason, file: String::new(), line: 0 }
}
