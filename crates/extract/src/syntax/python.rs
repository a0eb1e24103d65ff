//! Python, lowered.

mod expressions;
mod statements;
mod strings;
#[cfg(test)]
mod tests;

use std::collections::HashSet;
use std::rc::Rc;

use tree_sitter::Node;

use crate::module::{Expr, ExprKind, Language, Module, Stmt, StmtKind};

/// How deep expressions and statements may nest; what is deeper becomes [`ExprKind::Opaque`].
const MAX_DEPTH: u32 = 300;
/// How many places with syntax errors are remembered.
const MAX_ERRORS: usize = 20;

/// Lowers one source file. `None` when the parser gave up.
pub(crate) fn lower(file: &str, text: &str) -> Option<Module> {
    let unix = text.contains('\r').then(|| text.replace("\r\n", "\n").replace('\r', "\n"));
    let text = unix.as_deref().unwrap_or(text);
    let tree = super::parse(&tree_sitter_python::LANGUAGE.into(), text)?;
    let mut lowering = Lowering::new(text, 1);
    let root = tree.root_node();
    let mut body = Vec::new();
    if let Some(doc) = lowering.docstring(root) {
        let target = Expr { line: 1, kind: ExprKind::Name("__doc__".into()) };
        let value = Some(Expr { line: 1, kind: ExprKind::Str(doc) });
        body.push(Stmt { line: 1, kind: StmtKind::Assign { targets: vec![target], value, annotation: None } });
    }
    lowering.block_into(root, &mut body);
    if root.has_error() {
        lowering.note_errors(root);
    }
    Some(Module { file: file.into(), language: Language::Python, body, errors: lowering.errors })
}

/// Lowers a single expression that stands at a line of some file: an annotation written as a string.
pub(crate) fn expression(text: &str, line: u32) -> Option<Expr> {
    let text = format!("({text})");
    let tree = super::parse(&tree_sitter_python::LANGUAGE.into(), &text)?;
    let root = tree.root_node();
    let statement = root.named_child(0).filter(|_| !root.has_error() && root.named_child_count() == 1)?;
    if statement.kind() != "expression_statement" {
        return None;
    }
    Some(Lowering::new(&text, line).expr(statement.named_child(0)?))
}

/// The state of lowering one file.
struct Lowering<'t> {
    text: &'t str,
    first_line: u32,
    names: HashSet<Rc<str>>,
    /// Whether each function around contains `yield`, innermost last.
    generators: Vec<bool>,
    depth: u32,
    errors: Vec<u32>,
}

impl<'t> Lowering<'t> {
    fn new(text: &'t str, first_line: u32) -> Self {
        Self { text, first_line, names: HashSet::new(), generators: Vec::new(), depth: 0, errors: Vec::new() }
    }

    fn text(&self, node: Node<'_>) -> &'t str {
        self.text.get(node.byte_range()).unwrap_or_default()
    }

    /// A name's text, shared between equal names.
    fn name(&mut self, node: Node<'_>) -> Rc<str> {
        let text = self.text(node);
        if let Some(known) = self.names.get(text) {
            return known.clone();
        }
        let name: Rc<str> = text.into();
        self.names.insert(name.clone());
        name
    }

    fn line(&self, node: Node<'_>) -> u32 {
        self.first_line.saturating_add(u32::try_from(node.start_position().row).unwrap_or(u32::MAX))
    }

    fn at(&self, node: Node<'_>, kind: ExprKind) -> Expr {
        Expr { line: self.line(node), kind }
    }

    /// Remembers where the parser had to recover.
    fn note_errors(&mut self, root: Node<'_>) {
        let mut todo = vec![root];
        while let Some(node) = todo.pop() {
            if self.errors.len() >= MAX_ERRORS {
                return;
            }
            if node.is_error() || node.is_missing() {
                let line = self.line(node);
                if !self.errors.contains(&line) {
                    self.errors.push(line);
                }
            } else if node.has_error() {
                todo.extend(node.children(&mut node.walk()).collect::<Vec<_>>().into_iter().rev());
            }
        }
    }
}

/// The named children that are code.
fn parts<'n>(node: Node<'n>) -> Vec<Node<'n>> {
    node.named_children(&mut node.walk()).filter(|child| !child.is_extra()).collect()
}

/// The children in a field.
fn fields<'n>(node: Node<'n>, name: &str) -> Vec<Node<'n>> {
    node.children_by_field_name(name, &mut node.walk()).filter(|child| child.is_named() && !child.is_extra()).collect()
}

/// Whether a keyword or operator stands directly in the node.
fn has_token(node: Node<'_>, token: &str) -> bool {
    node.children(&mut node.walk()).any(|child| child.kind() == token)
}
