//! Classes, methods, and what TypeScript writes like classes: enums and namespaces.

use std::rc::Rc;

use tree_sitter::Node;

use super::{Lowering, assign, at, children, line, named, only_child, stmt};
use crate::module::{Block, Call, Class, DictItem, Export, Expr, ExprKind, Field, Function, Role, StmtKind};

impl<'t> Lowering<'t> {
    /// A class declaration or expression.
    pub(super) fn class(&mut self, node: Node<'t>) -> Class {
        let name = match node.child_by_field_name("name") {
            Some(name) => self.name(name),
            None => self.shared(""),
        };
        let mut class = Class {
            name,
            line: line(node),
            bases: self.base(node).into_iter().collect(),
            keywords: Vec::new(),
            decorators: self.decorators(node),
            docstring: None,
            body: Block::new(),
            fields: Vec::new(),
        };
        let Some(body) = node.child_by_field_name("body") else { return class };
        let mut cursor = body.walk();
        // The TypeScript grammar writes a method's decorators before it, as members of their own.
        let mut pending = Vec::new();
        for member in children(body, &mut cursor) {
            match member.kind() {
                "decorator" => pending.push(self.inner(member)),
                "method_definition" => {
                    let decorators = std::mem::take(&mut pending);
                    self.member_method(member, decorators, &mut class);
                }
                "field_definition" | "public_field_definition" => {
                    let decorators = std::mem::take(&mut pending);
                    self.member_field(member, decorators, &mut class);
                }
                "class_static_block" => {
                    let body = member.child_by_field_name("body").map(|body| self.block(body)).unwrap_or_default();
                    class.body.push(stmt(member, StmtKind::Block(body)));
                }
                _ => pending.clear(),
            }
        }
        class
    }

    /// What a class extends. JavaScript's grammar holds the expression itself, TypeScript's a clause.
    fn base(&mut self, node: Node<'t>) -> Option<Expr> {
        let mut cursor = node.walk();
        let heritage = children(node, &mut cursor).find(|child| child.kind() == "class_heritage")?;
        let inner = only_child(heritage)?;
        match inner.kind() {
            "implements_clause" => None,
            "extends_clause" => inner.child_by_field_name("value").map(|base| self.expression(base)),
            _ => Some(self.expression(inner)),
        }
    }

    fn decorators(&mut self, node: Node<'t>) -> Vec<Expr> {
        // An exported class has its decorators before `export`.
        let outer = node.parent().filter(|parent| parent.kind() == "export_statement");
        let mut out = Vec::new();
        for holder in outer.into_iter().chain([node]) {
            let mut cursor = holder.walk();
            let found: Vec<Node<'t>> = children(holder, &mut cursor).filter(|it| it.kind() == "decorator").collect();
            out.extend(found.into_iter().map(|decorator| self.inner(decorator)));
        }
        out
    }

    fn member_method(&mut self, node: Node<'t>, mut decorators: Vec<Expr>, class: &mut Class) {
        decorators.extend(self.decorators(node));
        let mut function = self.method(node);
        let is_computed = node.child_by_field_name("name").is_some_and(|name| name.kind() == "computed_property_name");
        if is_computed {
            let is_static = function.role == Role::Static;
            function.role = Role::Plain;
            let value = Some(at(node, ExprKind::Function(Rc::new(function))));
            let key = self.key_field(node, "name");
            class.fields.push(Field { key, value, is_static, decorators });
            return;
        }
        function.decorators = decorators;
        class.body.push(stmt(node, StmtKind::Function(Rc::new(function))));
    }

    fn member_field(&mut self, node: Node<'t>, mut decorators: Vec<Expr>, class: &mut Class) {
        decorators.extend(self.decorators(node));
        let field = if node.child_by_field_name("name").is_some() { "name" } else { "property" };
        let key = self.key_field(node, field);
        // `declare x: T` and abstract fields are types only.
        let is_type = has_word(node, "declare") || has_word(node, "abstract");
        let value = node.child_by_field_name("value").map(|value| self.expression(value));
        if !is_type {
            class.fields.push(Field { key, value, is_static: has_word(node, "static"), decorators });
        }
    }

    /// A method, getter or setter of a class or object literal.
    pub(super) fn method(&mut self, node: Node<'t>) -> Function {
        let role = if has_word(node, "get") {
            Role::Getter
        } else if has_word(node, "set") {
            Role::Setter
        } else if has_word(node, "static") {
            Role::Static
        } else {
            Role::Plain
        };
        self.function(node, role)
    }

    /// `enum X {A, B = "b"}` as the object it becomes.
    pub(super) fn enumeration(&mut self, node: Node<'t>, out: &mut Block) {
        let (Some(name), Some(body)) = (node.child_by_field_name("name"), node.child_by_field_name("body")) else {
            return;
        };
        let name = self.name(name);
        let mut items = Vec::new();
        let mut next = 0;
        let mut cursor = body.walk();
        for member in children(body, &mut cursor) {
            let (key, value) = match member.kind() {
                "enum_assignment" => (self.key_field(member, "name"), self.field(member, "value")),
                _ => {
                    let key = self.name(member);
                    let key = key.trim_matches(['"', '\'']).into();
                    (at(member, ExprKind::Str(key)), at(member, ExprKind::Int(next)))
                }
            };
            if let ExprKind::Int(number) = value.kind {
                next = number.saturating_add(1);
                if let ExprKind::Str(key) = &key.kind {
                    let back = at(member, ExprKind::Str(Rc::clone(key)));
                    items.push(DictItem::Pair(at(member, ExprKind::Str(number.to_string().into())), back));
                }
            }
            items.push(DictItem::Pair(key, value));
        }
        self.declare(&name);
        out.push(assign(node, named(node, &name), Some(at(node, ExprKind::Dict(items)))));
    }

    /// `namespace X { export const a = 1 }` as a function that is called at once and returns what is exported.
    pub(super) fn namespace(&mut self, node: Node<'t>, out: &mut Block) {
        let (Some(name), Some(body)) = (node.child_by_field_name("name"), node.child_by_field_name("body")) else {
            return;
        };
        if name.kind() != "identifier" {
            return;
        }
        let name = self.name(name);
        self.functions.push(Vec::new());
        let mut inside = self.block(body);
        inside.splice(
            ..0,
            self.functions.pop().filter(|vars| !vars.is_empty()).map(|vars| stmt(node, StmtKind::Declare(vars))),
        );
        let mut exported = Vec::new();
        inside.retain_mut(|statement| {
            let StmtKind::Export(Export { names, .. }) = &mut statement.kind else { return true };
            let pair = |(value, name): (Expr, Rc<str>)| DictItem::Pair(at(node, ExprKind::Str(name)), value);
            exported.extend(std::mem::take(names).into_iter().map(pair));
            false
        });
        inside.push(stmt(node, StmtKind::Return(Some(at(node, ExprKind::Dict(exported))))));
        let function = Function {
            name: self.shared(""),
            line: line(node),
            params: Vec::new(),
            returns: None,
            body: inside.into(),
            decorators: Vec::new(),
            docstring: None,
            is_async: false,
            is_generator: false,
            is_arrow: true,
            role: Role::Plain,
        };
        let callee = at(node, ExprKind::Function(Rc::new(function)));
        let call = Call { callee, args: Vec::new(), is_new: false };
        self.declare(&name);
        out.push(assign(node, named(node, &name), Some(at(node, ExprKind::Call(Box::new(call))))));
    }
}

/// Whether one of a member's own words (`static`, `get`, `declare`) is that word.
fn has_word(node: Node<'_>, word: &str) -> bool {
    let mut cursor = node.walk();
    node.children(&mut cursor)
        .take_while(|child| !matches!(child.kind(), "property_identifier" | "statement_block"))
        .any(|child| child.kind() == word || (child.kind() == "static get" && matches!(word, "static" | "get")))
}
