//! Modules: which files are loaded, what they import from one another, and what they export.

use std::cell::{Cell, RefCell};
use std::collections::BTreeMap;
use std::rc::Rc;

use indexmap::IndexMap;
use riskdex_model::GapKind;

use super::resolve::{Resolved, package_of};
use super::{Script, json, schema};
use crate::fold::{Interp, Namespace, Place, Scope, Value};
use crate::module::{Export, ExprKind, Import, Imported, StmtKind};
use crate::syntax;

/// Words and marks of all files that are loaded: what stays of them in memory is some 60 bytes for each.
const TOKENS: usize = 5_000_000;
/// Bytes of a file that is only read when something of it is used: as a rule it is a bundle of libraries.
const LARGE: usize = 256 << 10;
/// How many modules an export may be passed on through.
const PASSED_ON: usize = 32;

/// A file of the package that was loaded, or is being loaded.
#[derive(Debug)]
pub(super) struct Loaded {
    /// Its names, as a value.
    pub(super) namespace: Value,
    scope: Rc<Scope>,
    /// Names seen from outside.
    exports: RefCell<IndexMap<Rc<str>, Exported>>,
    /// Modules whose exports are passed on (`export * from`).
    passed_on: RefCell<Vec<Source>>,
    /// Names that stand for other modules' variables.
    imports: RefCell<BTreeMap<Rc<str>, (Source, Imported)>>,
    /// CommonJS's `module`.
    module: Value,
    is_es: Cell<bool>,
    is_done: Cell<bool>,
}

/// Where something is imported from.
#[derive(Clone, Debug)]
enum Source {
    /// A loaded file, by its number.
    File(usize),
    /// A file that is read when something of it is used.
    Unread(Rc<str>),
    /// Something that is not in the package, as a value.
    Outside(Value),
}

/// What an exported name stands for.
#[derive(Clone, Debug)]
enum Exported {
    /// A variable of the module.
    Own(Rc<str>),
    /// Something of another module.
    Other(Source, Imported),
}

impl Script<'_> {
    /// Loads a file, unless it is loaded already; its number.
    pub(super) fn load_file(&self, interp: &mut Interp, file: &str) -> usize {
        if let Some(known) = self.by_file.borrow().get(file) {
            return *known;
        }
        let name: Rc<str> = file.into();
        let scope = interp.module_scope(&name);
        let module = Value::dict([
            ("exports", Value::dict::<Rc<str>>([])),
            ("id", Value::str(".")),
            ("filename", Value::str(file)),
        ]);
        let loaded = Rc::new(Loaded {
            namespace: Value::Module(Rc::new(Namespace { name: name.clone(), scope: scope.clone() })),
            scope: scope.clone(),
            exports: RefCell::default(),
            passed_on: RefCell::default(),
            imports: RefCell::default(),
            module,
            is_es: Cell::new(false),
            is_done: Cell::new(false),
        });
        let number = self.modules.borrow().len();
        self.modules.borrow_mut().push(loaded.clone());
        self.by_file.borrow_mut().insert(name.clone(), number);
        self.read_file(interp, file, &loaded);
        loaded.is_done.set(true);
        number
    }

    /// Reads a file's text into its module.
    fn read_file(&self, interp: &mut Interp, file: &str, loaded: &Rc<Loaded>) {
        let place = Place { file: file.into(), line: 0 };
        let Some(text) = self.tree.text(file) else { return };
        if file.ends_with(".json") {
            match serde_json::from_str(&text) {
                Ok(data) => set_exports(loaded, json::value(&data)),
                Err(_) => interp.gap(GapKind::Syntax, "not valid JSON", &place),
            }
            return;
        }
        let tokens = self.tokens.get() + syntax::tokens(&text);
        if tokens > TOKENS {
            interp.gap(GapKind::Limit, "more code than is read of one package", &place);
            return;
        }
        self.tokens.set(tokens);
        let Some(module) = syntax::javascript::lower(file, &text) else {
            interp.gap(GapKind::Limit, "the file takes too much work to parse", &place);
            return;
        };
        drop(text);
        if let Some(line) = module.errors.first() {
            interp.gap(GapKind::Syntax, "a part of the file could not be parsed", &Place { line: *line, ..place });
        }
        let is_es = |kind: &StmtKind| matches!(kind, StmtKind::Import(_) | StmtKind::Export(_));
        loaded.is_es.set(module.body.iter().any(|stmt| is_es(&stmt.kind)));
        // The file that was asked for, not one that it imports.
        let is_program = self.modules.borrow().iter().all(|module| module.is_done.get() || Rc::ptr_eq(module, loaded));
        for statement in &module.body {
            let run = |interp: &mut Interp| interp.run_module(std::slice::from_ref(statement), &loaded.scope);
            // What a library sets up for itself shall not cost the program its turn.
            match is_program || is_es(&statement.kind) {
                true => run(interp),
                false => interp.on_part(self.steps / 8, true, run),
            }
            // What fails here may fail because it was misread: the rest is read all the same.
            interp.recover();
        }
    }

    fn loaded(&self, number: usize) -> Option<Rc<Loaded>> {
        self.modules.borrow().get(number).cloned()
    }

    fn loaded_at(&self, file: &str) -> Option<Rc<Loaded>> {
        let number = self.by_file.borrow().get(file).copied()?;
        self.loaded(number)
    }

    /// What `specifier` means in `file`, loaded.
    fn source(&self, interp: &mut Interp, file: &str, specifier: &str, require: bool, place: &Place) -> Source {
        match self.resolver.resolve(file, specifier, require) {
            Resolved::File(found) if !self.is_known_package(specifier) => Source::File(self.load_file(interp, &found)),
            Resolved::File(_) | Resolved::Package(_) => {
                if let Some(is_zod4) = schema::is_zod4(specifier) {
                    self.is_zod4.set(is_zod4);
                }
                self.imported.borrow_mut().insert(package_of(specifier).to_owned());
                Source::Outside(Value::external(specifier))
            }
            Resolved::Builtin(name) => Source::Outside(Value::external(name)),
            Resolved::Missing(_) if specifier.ends_with(".node") => {
                interp.gap(GapKind::Compiled, format!("`{specifier}` is compiled"), place);
                Source::Outside(Value::external(specifier))
            }
            Resolved::Missing(_) => {
                let reason = format!("`{specifier}`, which is not in the package");
                Source::Outside(interp.unknown(crate::fold::Cause::Runtime, reason, place))
            }
        }
    }

    /// What names of a module are imported from: a large file is read when one of them is used.
    fn source_of_names(&self, interp: &mut Interp, file: &str, specifier: &str, place: &Place) -> Source {
        match self.resolver.resolve(file, specifier, false) {
            Resolved::File(found)
                if self.tree.bytes(&found).is_some_and(|bytes| bytes.len() > LARGE)
                    && !self.is_known_package(specifier) =>
            {
                Source::Unread(found.into())
            }
            _ => self.source(interp, file, specifier, false, place),
        }
    }

    /// The file, read now if it was not.
    fn read_now(&self, interp: &mut Interp, source: &Source) -> Source {
        match source {
            Source::Unread(file) => {
                let read = |interp: &mut Interp| interp.on_part(self.steps / 3, true, |it| self.load_file(it, file));
                Source::File(interp.apart(read))
            }
            source => source.clone(),
        }
    }

    /// Carries out an `import` statement.
    pub(super) fn import_statement(&self, interp: &mut Interp, import: &Import, scope: &Rc<Scope>, place: &Place) {
        let source = match import.names.is_empty() {
            true => self.source(interp, &scope.file, &import.module, false, place),
            false => self.source_of_names(interp, &scope.file, &import.module, place),
        };
        let Some(loaded) = self.loaded_at(&scope.file) else { return };
        for name in &import.names {
            loaded.imports.borrow_mut().insert(name.local.clone(), (source.clone(), name.what.clone()));
        }
    }

    /// Carries out an `export` statement.
    pub(super) fn export_statement(&self, interp: &mut Interp, export: &Export, scope: &Rc<Scope>, place: &Place) {
        let source = export.from.as_ref().map(|from| match export.all {
            Some(_) => self.source(interp, &scope.file, from, false, place),
            None => self.source_of_names(interp, &scope.file, from, place),
        });
        let Some(loaded) = self.loaded_at(&scope.file) else { return };
        match (&export.all, &source) {
            (Some(Some(name)), Some(source)) => {
                let other = Exported::Other(source.clone(), Imported::Module);
                loaded.exports.borrow_mut().insert(name.clone(), other);
            }
            (Some(None), Some(source)) => loaded.passed_on.borrow_mut().push(source.clone()),
            _ => {}
        }
        for (inside, seen) in &export.names {
            let ExprKind::Name(name) = &inside.kind else { continue };
            let exported = match &source {
                Some(source) => Exported::Other(source.clone(), Imported::Name(name.clone())),
                None => Exported::Own(name.clone()),
            };
            loaded.exports.borrow_mut().insert(seen.clone(), exported);
        }
    }

    /// `import("x")` and `require("x")`, and what a path computed from `__dirname` names.
    pub(super) fn load_name(&self, interp: &mut Interp, name: &str, file: &str, require: bool, place: &Place) -> Value {
        if let Some(path) = self.own_path(name) {
            return match self.resolver.file(&path) {
                Some(found) => {
                    let number = self.load_file(interp, &found);
                    self.whole(&Source::File(number), require)
                }
                None => interp.unknown(crate::fold::Cause::Runtime, format!("the file `{path}`"), place),
            };
        }
        let source = self.source(interp, file, name, require, place);
        self.whole(&source, require)
    }

    /// A module as one value: its namespace, or what CommonJS calls `module.exports`.
    fn whole(&self, source: &Source, require: bool) -> Value {
        match source {
            Source::Outside(value) => value.clone(),
            Source::File(number) => match self.loaded(*number) {
                Some(loaded) if require && !loaded.is_es.get() => exports_of(&loaded),
                Some(loaded) => loaded.namespace.clone(),
                None => Value::Undefined,
            },
            Source::Unread(_) => Value::Undefined,
        }
    }

    /// A name that the module of `file` imports.
    pub(super) fn imported_name(&self, interp: &mut Interp, name: &str, file: &str, place: &Place) -> Option<Value> {
        let loaded = self.loaded_at(file)?;
        let (source, what) = loaded.imports.borrow().get(name).cloned()?;
        Some(self.taken(interp, &source, &what, 0, place))
    }

    fn taken(&self, interp: &mut Interp, source: &Source, what: &Imported, depth: usize, place: &Place) -> Value {
        let source = &self.read_now(interp, source);
        let Imported::Name(name) = what else { return self.whole(source, false) };
        match source {
            Source::File(number) => match self.exported(interp, *number, name, depth, place) {
                Some(value) => value,
                None => Value::Undefined,
            },
            Source::Outside(Value::External(path)) if super::node::is_builtin(path) => match &**name {
                "default" => Value::External(path.clone()),
                name => Value::external(format!("{path}.{name}")),
            },
            Source::Outside(Value::External(path)) => Value::external(format!("{path}:{name}")),
            Source::Outside(value) => value.clone(),
            Source::Unread(_) => Value::Undefined,
        }
    }

    /// What a loaded file exports under a name.
    fn exported(&self, interp: &mut Interp, number: usize, name: &str, depth: usize, place: &Place) -> Option<Value> {
        if depth > PASSED_ON {
            return None;
        }
        let loaded = self.loaded(number)?;
        if !loaded.is_es.get() {
            let exports = exports_of(&loaded);
            return match name {
                "default" => Some(exports),
                name => Some(interp.get(&exports, name, place)),
            };
        }
        let exported = loaded.exports.borrow().get(name).cloned();
        match exported {
            Some(Exported::Own(inside)) => match loaded.scope.vars.get(&inside) {
                Some(value) => Some(value),
                None => {
                    let (source, what) = loaded.imports.borrow().get(&inside).cloned()?;
                    Some(self.taken(interp, &source, &what, depth + 1, place))
                }
            },
            Some(Exported::Other(source, what)) => Some(self.taken(interp, &source, &what, depth + 1, place)),
            None if name == "default" => None,
            None => {
                let passed_on = loaded.passed_on.borrow().clone();
                passed_on.iter().find_map(|source| match source {
                    Source::File(number) => {
                        let found = self.exported(interp, *number, name, depth + 1, place);
                        found.filter(|value| !matches!(value, Value::Undefined))
                    }
                    Source::Outside(_) | Source::Unread(_) => {
                        Some(self.taken(interp, source, &Imported::Name(name.into()), depth + 1, place))
                    }
                })
            }
        }
    }

    /// A member of a module's namespace.
    pub(super) fn namespace_member(&self, interp: &mut Interp, file: &str, name: &str, place: &Place) -> Value {
        let number = self.by_file.borrow().get(file).copied();
        number.and_then(|number| self.exported(interp, number, name, 0, place)).unwrap_or(Value::Undefined)
    }

    /// Everything that a module exports, by name.
    pub(super) fn namespace_members(&self, interp: &mut Interp, file: &str, place: &Place) -> Vec<(Rc<str>, Value)> {
        let Some(number) = self.by_file.borrow().get(file).copied() else { return Vec::new() };
        let mut names = Vec::new();
        self.export_names(number, 0, &mut names);
        let value = |name: Rc<str>| Some((name.clone(), self.exported(interp, number, &name, 0, place)?));
        names.into_iter().filter_map(value).collect()
    }

    fn export_names(&self, number: usize, depth: usize, names: &mut Vec<Rc<str>>) {
        let Some(loaded) = self.loaded(number).filter(|_| depth < PASSED_ON) else { return };
        if let (false, Value::Dict(exports)) = (loaded.is_es.get(), exports_of(&loaded)) {
            names.extend(exports.snapshot().into_iter().filter_map(|(key, _)| key.as_str().map(Rc::from)));
        }
        for name in loaded.exports.borrow().keys() {
            if !names.contains(name) {
                names.push(name.clone());
            }
        }
        for source in loaded.passed_on.borrow().iter() {
            if let Source::File(other) = source {
                self.export_names(*other, depth + 1, names);
            }
        }
    }

    /// What stands at the top level of all modules: file, name, value.
    pub(super) fn top_level(&self) -> Vec<(Rc<str>, Rc<str>, Value)> {
        let modules = self.modules.borrow();
        let of_module = |loaded: &Rc<Loaded>| {
            let file = loaded.scope.file.clone();
            loaded.scope.vars.snapshot().into_iter().map(move |(name, value)| (file.clone(), name, value))
        };
        modules.iter().flat_map(of_module).collect()
    }

    /// CommonJS's `module` of the program's file.
    pub(super) fn main_module(&self) -> Value {
        self.loaded_at(&self.program.borrow()).map_or(Value::Undefined, |loaded| loaded.module.clone())
    }

    /// CommonJS's `module` and `exports` of a file.
    pub(super) fn commonjs_name(&self, name: &str, file: &str) -> Option<Value> {
        let loaded = self.loaded_at(file)?;
        match name {
            "module" => Some(loaded.module.clone()),
            "exports" => Some(exports_of(&loaded)),
            _ => None,
        }
    }
}

fn exports_of(loaded: &Loaded) -> Value {
    match &loaded.module {
        Value::Dict(module) => module.get_str("exports").unwrap_or(Value::Undefined),
        _ => Value::Undefined,
    }
}

fn set_exports(loaded: &Loaded, value: Value) {
    if let Value::Dict(module) = &loaded.module {
        module.set(Value::str("exports"), value);
    }
}
