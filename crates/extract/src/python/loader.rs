//! Modules: where they lie in the artifact, and how they are imported.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use riskdex_model::GapKind;

use super::Python;
use crate::fold::{Interp, Namespace, Place, Scope, Value};
use crate::module::{Import, Imported, Module};
use crate::syntax;
use crate::tree::Tree;

/// The longest source file that is read, in bytes.
const FILE: usize = 4 << 20;

/// Where a module's code is.
enum Found {
    /// A file, and whether it is a package's `__init__`.
    File(String, bool),
    /// A folder without code of its own.
    Folder,
    /// Not in the artifact, though the package it belongs to is.
    Missing,
    /// Not in the artifact.
    Outside,
}

/// The folders of the artifact in which top-level modules lie, each empty or ending with `/`.
pub(super) fn roots(tree: &Tree) -> Vec<String> {
    let mut roots = vec![String::new()];
    let mut add = |root: String| {
        if !roots.contains(&root) {
            roots.push(root);
        }
    };
    for path in tree.paths().filter(|path| path.ends_with(".py")) {
        let mut parts = path.split('/');
        match (parts.next(), parts.next()) {
            (Some(data), Some(kind)) if data.ends_with(".data") && ["purelib", "platlib"].contains(&kind) => {
                add(format!("{data}/{kind}/"));
            }
            (Some(top @ ("src" | "lib" | "python")), Some(_)) if !tree.contains(&format!("{top}/__init__.py")) => {
                add(format!("{top}/"));
            }
            _ => {}
        }
    }
    roots
}

/// The folders that hold files, with `/` at the end.
pub(super) fn folders(tree: &Tree) -> BTreeSet<String> {
    let mut folders = BTreeSet::new();
    for path in tree.paths().filter(|path| path.ends_with(".py")) {
        for (at, _) in path.match_indices('/') {
            folders.insert(path[..=at].to_owned());
        }
    }
    folders
}

impl Python<'_> {
    fn find(&self, dotted: &str) -> Found {
        let path = dotted.replace('.', "/");
        for root in &self.roots {
            for (file, is_package) in [(format!("{root}{path}/__init__.py"), true), (format!("{root}{path}.py"), false)]
            {
                if self.tree.contains(&file) {
                    return Found::File(file, is_package);
                }
            }
        }
        if self.roots.iter().any(|root| self.folders.contains(&format!("{root}{path}/"))) {
            return Found::Folder;
        }
        // A part of a namespace that several packages share may well be in another one.
        match dotted.rsplit_once('.') {
            Some((parent, _)) if matches!(self.find(parent), Found::File(_, true) | Found::Missing) => Found::Missing,
            _ => Found::Outside,
        }
    }

    /// Whether the module, or a part of it, is in the artifact.
    pub(super) fn is_own(&self, dotted: &str) -> bool {
        !matches!(self.find(dotted), Found::Outside | Found::Missing)
    }

    /// The full name of the module in a file, from the innermost folder in which top-level modules lie.
    pub(super) fn dotted(&self, file: &str) -> Option<String> {
        let inside =
            self.roots.iter().filter_map(|root| file.strip_prefix(root.as_str())).min_by_key(|rest| rest.len());
        let path = inside?.strip_suffix(".py")?;
        Some(path.strip_suffix("/__init__").unwrap_or(path).replace('/', "."))
    }

    /// The module whose code stands in that file, once it runs.
    pub(super) fn module_in(&self, file: &str) -> Option<Rc<Namespace>> {
        self.modules.borrow().values().find_map(|module| match module {
            Value::Module(module) if &*module.scope.file == file => Some(module.clone()),
            _ => None,
        })
    }

    /// The module of that name: its code is run when it is asked for the first time.
    pub(super) fn module(&self, interp: &mut Interp, dotted: &str) -> Option<Value> {
        if let Some(known) = self.modules.borrow().get(dotted) {
            return Some(known.clone());
        }
        let found = self.find(dotted);
        let (file, is_package): (Rc<str>, bool) = match &found {
            Found::File(file, is_package) => (file.as_str().into(), *is_package),
            Found::Folder => (dotted.into(), true),
            Found::Missing => {
                if interp.in_try() {
                    interp.raise();
                }
                return None;
            }
            Found::Outside => return None,
        };
        let parent = dotted.rsplit_once('.');
        let around = parent.and_then(|(parent, _)| self.module(interp, parent));
        // The parent's own code may have imported it.
        if let Some(known) = self.modules.borrow().get(dotted) {
            return Some(known.clone());
        }
        let scope = interp.module_scope(&file);
        let package = if is_package { dotted } else { parent.map_or("", |(parent, _)| parent) };
        let entry = self.main.borrow().as_deref() == Some(dotted);
        let name = if entry { "__main__" } else { dotted };
        for (name, value) in [("__name__", name), ("__package__", package), ("__file__", &file)] {
            scope.vars.set(name, Value::str(value));
        }
        scope.vars.set("__doc__", Value::Null);
        if is_package {
            let folder = file.strip_suffix("/__init__.py").unwrap_or(&file);
            scope.vars.set("__path__", Value::list(crate::fold::ListKind::List, vec![Value::str(folder)]));
        }
        let value = Value::Module(Rc::new(Namespace { name: dotted.into(), scope: scope.clone() }));
        self.modules.borrow_mut().insert(dotted.to_owned(), value.clone());
        if let (Some(Value::Module(around)), Some((_, last))) = (&around, parent) {
            around.scope.vars.set(last, value.clone());
        }
        if let Found::File(file, _) = &found
            && let Some(code) = self.code(interp, file)
        {
            interp.run_module(&code.body, &scope);
        }
        Some(value)
    }

    /// A file's code, parsed once.
    fn code(&self, interp: &mut Interp, file: &str) -> Option<Rc<Module>> {
        let place = Place { file: file.into(), line: 0 };
        let text = self.tree.text(file)?;
        if text.len() > FILE {
            interp.gap(GapKind::Limit, "the file is too long to be read", &place);
            return None;
        }
        if let Some(code) = self.parsed.borrow().get(file) {
            return Some(code.clone());
        }
        let Some(code) = syntax::python::lower(file, &text) else {
            interp.gap(GapKind::Limit, "the file takes too much work to parse", &place);
            return None;
        };
        for line in &code.errors {
            let place = Place { file: file.into(), line: *line };
            interp.gap(GapKind::Syntax, "not understood by the parser", &place);
        }
        let code = Rc::new(code);
        self.parsed.borrow_mut().insert(file.to_owned(), code.clone());
        Some(code)
    }

    /// The full name of a module as an import statement in `scope` means it.
    fn absolute(&self, import: &Import, scope: &Rc<Scope>) -> Option<String> {
        if import.level == 0 {
            return Some(import.module.to_string());
        }
        let package = scope.module().vars.get("__package__")?;
        let mut package = package.as_str()?;
        for _ in 1..import.level {
            package = package.rsplit_once('.').map_or("", |(parent, _)| parent);
        }
        Some(match (package.is_empty(), import.module.is_empty()) {
            (_, true) => package.to_owned(),
            (true, false) => import.module.to_string(),
            (false, false) => format!("{package}.{}", import.module),
        })
    }

    /// Carries out an import.
    pub(super) fn import_statement(&self, interp: &mut Interp, import: &Import, scope: &Rc<Scope>, place: &Place) {
        let Some(dotted) = self.absolute(import, scope) else { return };
        if dotted.starts_with("__future__") {
            return;
        }
        let module = self.module(interp, &dotted);
        for name in &import.names {
            match (&name.what, &module) {
                (Imported::Module, Some(module)) => interp.declare(scope, &name.local, module.clone()),
                (Imported::Module, None) => interp.declare(scope, &name.local, Value::external(&dotted)),
                (Imported::Root, _) => {
                    let root = self.module(interp, &name.local);
                    let root = root.unwrap_or_else(|| Value::external(&name.local));
                    interp.declare(scope, &name.local, root);
                }
                (Imported::Name(what), Some(module)) => {
                    let value = self.member(interp, module, what, place);
                    interp.declare(scope, &name.local, value);
                }
                (Imported::Name(what), None) => {
                    interp.declare(scope, &name.local, Value::external(format!("{dotted}.{what}")));
                }
                (Imported::All, Some(Value::Module(module))) => {
                    for (name, value) in public_names(module) {
                        interp.declare(scope, &name, value);
                    }
                }
                (Imported::All, _) => {
                    self.stars.borrow_mut().entry(scope.file.clone()).or_default().push(dotted.clone());
                }
            }
        }
    }

    /// A name of a module: its own, or a module inside it.
    pub(super) fn member(&self, interp: &mut Interp, module: &Value, name: &str, place: &Place) -> Value {
        let Value::Module(namespace) = module else { return interp.get(module, name, place) };
        if let Some(value) = namespace.scope.vars.get(name) {
            return value;
        }
        let dotted = format!("{}.{name}", namespace.name);
        if let Some(value) = self.module(interp, &dotted) {
            return value;
        }
        if let Some(Value::Function(fallback)) = namespace.scope.vars.get("__getattr__") {
            let args = crate::fold::Args::of(vec![Value::str(name)]);
            let value = interp.call_function(&fallback, None, &args, place);
            // A name that is made when it is asked for: what goes wrong with it does not end the import.
            interp.recover();
            return value;
        }
        if let Some(value) = self.starred(&namespace.scope.file, name) {
            return value;
        }
        if interp.in_try() {
            interp.raise();
        }
        interp.unknown(crate::fold::Cause::NotUnderstood, format!("`{dotted}`"), place)
    }

    /// A name that a file may have from `from outside import *`.
    pub(super) fn starred(&self, file: &str, name: &str) -> Option<Value> {
        let stars = self.stars.borrow();
        let module = stars.get(file)?.last()?;
        Some(Value::external(format!("{module}.{name}")))
    }
}

fn public_names(module: &Namespace) -> Vec<(Rc<str>, Value)> {
    let names = module.scope.vars.snapshot();
    let listed: Option<Vec<Value>> = match module.scope.vars.get("__all__") {
        Some(Value::List(list)) => Some(list.snapshot()),
        _ => None,
    };
    match listed {
        Some(listed) => names.into_iter().filter(|(n, _)| listed.iter().any(|v| v.as_str() == Some(n))).collect(),
        None => names.into_iter().filter(|(name, _)| !name.starts_with('_')).collect(),
    }
}

/// Outside modules whose names a file takes all, by file.
pub(super) type Stars = BTreeMap<Rc<str>, Vec<String>>;
