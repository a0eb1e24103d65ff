//! `import` and `export`.

use std::rc::Rc;

use tree_sitter::Node;

use super::{Lowering, assign, at, children, named, only_child, stmt};
use crate::module::{Block, Export, Expr, ExprKind, Function, Import, ImportName, Imported, Role, StmtKind};

impl<'t> Lowering<'t> {
    /// `import x, {a as b}, * as ns from "m"`; what is imported as a type is left out.
    pub(super) fn import(&mut self, node: Node<'t>, out: &mut Block) {
        if has_type(node) {
            return;
        }
        let mut names = Vec::new();
        let mut source = node.child_by_field_name("source");
        let mut cursor = node.walk();
        for child in children(node, &mut cursor) {
            match child.kind() {
                "import_clause" => self.import_clause(child, &mut names),
                // `import x = require("m")`
                "import_require_clause" => {
                    source = child.child_by_field_name("source");
                    names.extend(only_child(child).map(|local| self.import_name(local, Imported::Module)));
                }
                _ => {}
            }
        }
        let Some(source) = source else { return };
        let module = self.string_text(source).into();
        out.push(stmt(node, StmtKind::Import(Import { module, level: 0, names })));
    }

    fn import_clause(&mut self, clause: Node<'t>, names: &mut Vec<ImportName>) {
        let mut cursor = clause.walk();
        for child in children(clause, &mut cursor) {
            match child.kind() {
                "identifier" => {
                    let default = Imported::Name(self.shared("default"));
                    names.push(self.import_name(child, default));
                }
                "namespace_import" => {
                    names.extend(only_child(child).map(|local| self.import_name(local, Imported::Module)));
                }
                "named_imports" => {
                    let mut cursor = child.walk();
                    for specifier in children(child, &mut cursor).filter(|it| !has_type(*it)) {
                        let Some(name) = specifier.child_by_field_name("name") else { continue };
                        let what = Imported::Name(self.export_name(name));
                        let local = specifier.child_by_field_name("alias").unwrap_or(name);
                        names.push(self.import_name(local, what));
                    }
                }
                _ => {}
            }
        }
    }

    fn import_name(&mut self, local: Node<'t>, what: Imported) -> ImportName {
        ImportName { what, local: self.name(local) }
    }

    /// A name in an import or export list, which may be a string.
    fn export_name(&mut self, node: Node<'t>) -> Rc<str> {
        if node.kind() == "string" { self.string_text(node).into() } else { self.name(node) }
    }

    /// Any form of `export`. Values get names, so that every export names a variable.
    pub(super) fn export(&mut self, node: Node<'t>, out: &mut Block) {
        if has_type(node) {
            return;
        }
        let from: Option<Rc<str>> = node.child_by_field_name("source").map(|source| self.string_text(source).into());
        if let Some(declaration) = node.child_by_field_name("declaration") {
            let before = out.len();
            self.statement(declaration, out);
            let mut names = Vec::new();
            for statement in &out[before..] {
                declared_names(&statement.kind, &mut names);
            }
            if has_word(node, "default") {
                let default = self.shared("default");
                return self.export_default(node, names.into_iter().next(), default, out);
            }
            let names = names.into_iter().map(|name| (named(node, &name), name)).collect();
            out.push(stmt(node, StmtKind::Export(Export { from: None, names, all: None })));
        } else if let Some(value) = node.child_by_field_name("value") {
            let value = self.default_value(value);
            self.export_value(node, "default", value, out);
        } else {
            self.export_list(node, from, out);
        }
    }

    /// `export default function f() {}`, `export default class {}`.
    fn export_default(&mut self, node: Node<'t>, name: Option<Rc<str>>, seen: Rc<str>, out: &mut Block) {
        let Some(local) = name.filter(|name| !name.is_empty()) else {
            let kind = match out.pop().map(|statement| statement.kind) {
                Some(StmtKind::Function(function)) => ExprKind::Function(function),
                Some(StmtKind::Class(class)) => ExprKind::Class(class),
                _ => ExprKind::Opaque("export"),
            };
            return self.export_value(node, &seen, at(node, kind), out);
        };
        let names = vec![(named(node, &local), seen)];
        out.push(stmt(node, StmtKind::Export(Export { from: None, names, all: None })));
    }

    fn default_value(&mut self, value: Node<'t>) -> Expr {
        match value.kind() {
            "function_expression" => {
                let function: Function = self.function(value, Role::Plain);
                at(value, ExprKind::Function(Rc::new(function)))
            }
            _ => self.expression(value),
        }
    }

    fn export_value(&mut self, node: Node<'t>, seen: &str, value: Expr, out: &mut Block) {
        let local = self.temporary("");
        out.push(assign(node, named(node, &local), Some(value)));
        let names = vec![(named(node, &local), self.shared(seen))];
        out.push(stmt(node, StmtKind::Export(Export { from: None, names, all: None })));
    }

    /// `export {a as b} [from "m"]`, `export * [as ns] from "m"`.
    fn export_list(&mut self, node: Node<'t>, from: Option<Rc<str>>, out: &mut Block) {
        let mut export = Export { from, names: Vec::new(), all: None };
        let mut cursor = node.walk();
        for child in node.children(&mut cursor) {
            match child.kind() {
                "*" => export.all = Some(None),
                "namespace_export" => export.all = Some(only_child(child).map(|name| self.export_name(name))),
                "export_clause" => {
                    let mut cursor = child.walk();
                    for specifier in children(child, &mut cursor).filter(|it| !has_type(*it)) {
                        let Some(name) = specifier.child_by_field_name("name") else { continue };
                        let inside = self.export_name(name);
                        let seen = match specifier.child_by_field_name("alias") {
                            Some(alias) => self.export_name(alias),
                            None => Rc::clone(&inside),
                        };
                        export.names.push((named(specifier, &inside), seen));
                    }
                }
                // `export = value`, CommonJS's whole module.
                "=" => {
                    if let Some(value) = only_child(node) {
                        let value = self.expression(value);
                        return self.export_value(node, "default", value, out);
                    }
                }
                _ => {}
            }
        }
        // Even `export {}` says something: that the file is a module.
        out.push(stmt(node, StmtKind::Export(export)));
    }
}

/// Whether an import, export or one of their names is for types only.
fn has_type(node: Node<'_>) -> bool {
    has_word(node, "type") || has_word(node, "typeof")
}

fn has_word(node: Node<'_>, word: &str) -> bool {
    let mut cursor = node.walk();
    node.children(&mut cursor).any(|child| child.kind() == word)
}

/// The names a declaration introduces.
fn declared_names(statement: &StmtKind, names: &mut Vec<Rc<str>>) {
    match statement {
        StmtKind::Function(function) => names.push(Rc::clone(&function.name)),
        StmtKind::Class(class) => names.push(Rc::clone(&class.name)),
        StmtKind::Assign { targets, .. } => targets.iter().for_each(|target| pattern_names(target, names)),
        _ => {}
    }
}

fn pattern_names(pattern: &Expr, names: &mut Vec<Rc<str>>) {
    use crate::module::DictItem::{Method, Pair, Spread};
    match &pattern.kind {
        ExprKind::Name(name) => names.push(Rc::clone(name)),
        ExprKind::Array(items) => items.iter().for_each(|item| pattern_names(item, names)),
        ExprKind::Dict(items) => items.iter().for_each(|item| match item {
            Pair(_, value) | Spread(value) => pattern_names(value, names),
            Method(..) => {}
        }),
        ExprKind::Spread(inner) | ExprKind::Assign(inner, _) => pattern_names(inner, names),
        _ => {}
    }
}
