//! JavaScript and TypeScript, lowered.
//!
//! Types are dropped, names that a scope declares are gathered at its start (but those of imports, which name
//! another module's variables), function declarations and
//! imports come first as the language hoists them, and what only one grammar has a word for (`switch`,
//! three-part `for`, `enum`, `a ??= b`) is written with the words both languages share.

mod chains;
mod classes;
mod expressions;
mod literals;
mod modules;
mod outline;
mod patterns;
mod statements;
#[cfg(test)]
mod tests;

use std::collections::{BTreeMap, HashSet};
use std::ops::Range;
use std::rc::Rc;

use tree_sitter::{Node, TreeCursor};

use crate::module::{Block, Expr, ExprKind, Language, Module, Read, Stmt, StmtKind};
use outline::Outline;

/// How deep expressions and statements may nest; what is deeper becomes [`ExprKind::Opaque`].
const MAX_DEPTH: u32 = 400;
/// How many places with syntax errors are remembered.
const MAX_ERRORS: usize = 20;
/// Bytes of a file whose functions are read when they are needed.
const LARGE: usize = 100 << 10;
/// How many characters of an expression name what was made of it.
const WORDS: usize = 60;

/// Lowers one source file. The grammar goes by the file's extension: `.ts`, `.mts`, `.cts`, `.tsx`, and
/// JavaScript for all others. Functions of large JavaScript files are read when somebody looks into them. `None` when
/// the parser gave up.
pub(crate) fn lower(file: &str, text: &str) -> Option<Module> {
    let language = match file.rsplit('.').next().unwrap_or_default() {
        "ts" | "mts" | "cts" => tree_sitter_typescript::LANGUAGE_TYPESCRIPT,
        "tsx" => tree_sitter_typescript::LANGUAGE_TSX,
        _ if text.len() >= LARGE => match lower_outline(text) {
            Some(body) => {
                return Some(Module { file: file.into(), language: Language::JavaScript, body, errors: Vec::new() });
            }
            None => tree_sitter_javascript::LANGUAGE,
        },
        _ => tree_sitter_javascript::LANGUAGE,
    };
    let tree = super::parse(&language.into(), text)?;
    let mut lowering = Lowering::new(text);
    let body = lowering.module(tree.root_node());
    let mut errors = lowering.errors;
    if errors.is_empty() {
        errors.extend(first_error(tree.root_node()));
    }
    Some(Module { file: file.into(), language: Language::JavaScript, body, errors })
}

/// A large file whose functions are left for later; `None` when it has to be read as a whole: it does not parse, or
/// what looked like a function was something else.
fn lower_outline(text: &str) -> Option<Block> {
    let Outline { text: short, bodies } = Outline::of(text)?;
    let tree = super::parse(&tree_sitter_javascript::LANGUAGE.into(), &short)?;
    if tree.root_node().has_error() {
        return None;
    }
    let mut lowering = Lowering::new(&short);
    lowering.later = bodies.into_iter().map(|(at, body)| (at, Later { body, is_met: false })).collect();
    lowering.whole = text.into();
    let block = lowering.module(tree.root_node());
    lowering.later.values().all(|later| later.is_met).then_some(block)
}

/// A function's body that the parsed text does not have.
struct Later {
    /// Where it is in the whole text.
    body: Range<usize>,
    /// Whether a function was found to have it.
    is_met: bool,
}

/// Lowers a body that was left out of a file's outline. `declared` are the names its parameters made up.
fn lower_body(body: &str, row: usize, temporaries: u32, mut declared: Vec<Rc<str>>) -> Read {
    let text = format!("()=>{body}");
    let tree = super::parse_from(&tree_sitter_javascript::LANGUAGE.into(), &text, row);
    let mut function = tree.as_ref().map(|tree| tree.root_node());
    while let Some(node) = function.filter(|node| node.kind() != "arrow_function") {
        function = only_child(node);
    }
    let Some(block) = function.and_then(|function| function.child_by_field_name("body")) else {
        return Read { block: Block::new(), error: Some(line_of(row)) };
    };
    let mut lowering = Lowering { temporaries, blocks: vec![Vec::new()], ..Lowering::new(&text) };
    let statements = lowering.statements(block);
    declared.extend(lowering.blocks.into_iter().chain(lowering.functions).flatten());
    let error = lowering.errors.first().copied().or_else(|| first_error(tree.as_ref()?.root_node()));
    Read { block: hoisted(declared, statements, line(block)), error }
}

/// Where the parser had to recover first.
fn first_error(root: Node<'_>) -> Option<u32> {
    let mut at = root.has_error().then_some(root)?;
    while let Some(inside) = at.children(&mut at.walk()).find(Node::has_error) {
        at = inside;
    }
    Some(line(at))
}

/// The state of lowering one file.
struct Lowering<'t> {
    text: &'t str,
    /// Every name seen, so that equal names share their text.
    names: HashSet<Rc<str>>,
    /// `var`s of the functions around, innermost last.
    functions: Vec<Vec<Rc<str>>>,
    /// Names declared in the blocks around, innermost last.
    blocks: Vec<Vec<Rc<str>>>,
    depth: u32,
    /// How many names were made up so far.
    temporaries: u32,
    errors: Vec<u32>,
    /// Bodies that are lowered when somebody looks at them, by their place in the text.
    later: BTreeMap<usize, Later>,
    /// The text that has those bodies.
    whole: Rc<str>,
}

impl<'t> Lowering<'t> {
    /// The start of a text.
    fn new(text: &'t str) -> Self {
        Self {
            text,
            names: HashSet::new(),
            functions: vec![Vec::new()],
            blocks: Vec::new(),
            depth: 0,
            temporaries: 0,
            errors: Vec::new(),
            later: BTreeMap::new(),
            whole: "".into(),
        }
    }

    /// A whole file.
    fn module(&mut self, root: Node<'t>) -> Block {
        self.blocks.push(Vec::new());
        let body = self.statements(root);
        let mut declared = self.blocks.pop().unwrap_or_default();
        declared.append(&mut self.functions[0]);
        hoisted(declared, body, line(root))
    }

    /// The statements inside a node, with the names they declare at the start: a block of its own scope.
    fn block(&mut self, node: Node<'t>) -> Block {
        self.blocks.push(Vec::new());
        let body = self.statements(node);
        let declared = self.blocks.pop().unwrap_or_default();
        hoisted(declared, body, line(node))
    }

    /// The statements inside a node, in the scope around.
    fn statements(&mut self, node: Node<'t>) -> Block {
        let mut out = Block::new();
        let mut cursor = node.walk();
        for child in children(node, &mut cursor) {
            self.statement(child, &mut out);
        }
        out
    }

    /// A statement where the grammar allows one statement or a block: the body of `if` and of loops.
    fn body(&mut self, node: Option<Node<'t>>) -> Block {
        let Some(node) = node else { return Block::new() };
        if node.kind() == "statement_block" {
            return self.block(node);
        }
        let mut out = Block::new();
        self.statement(node, &mut out);
        out
    }

    /// The source text of a node.
    fn source(&self, node: Node<'t>) -> &'t str {
        self.text.get(node.byte_range()).unwrap_or_default()
    }

    /// The source text of a node as a shared name.
    fn name(&mut self, node: Node<'t>) -> Rc<str> {
        let text = self.source(node);
        self.shared(text)
    }

    /// A shared copy of a text.
    fn shared(&mut self, text: &str) -> Rc<str> {
        if let Some(known) = self.names.get(text) {
            return Rc::clone(known);
        }
        let name: Rc<str> = text.into();
        self.names.insert(Rc::clone(&name));
        name
    }

    /// A name that no source can hold, declared in the innermost function. What it stands for, in words, is a part of
    /// it: conditions are quoted to readers.
    fn temporary(&mut self, words: &str) -> Rc<str> {
        self.temporaries += 1;
        let words: String = words.split_whitespace().flat_map(|word| [" ", word]).collect();
        let name: Rc<str> = format!("%{}{}", self.temporaries, riskdex_model::capped(&words, WORDS)).into();
        self.declare_var(&name);
        name
    }

    /// Declares a name in the innermost block.
    fn declare(&mut self, name: &Rc<str>) {
        if let Some(block) = self.blocks.last_mut() {
            block.push(Rc::clone(name));
        }
    }

    /// Declares a name in the innermost function.
    fn declare_var(&mut self, name: &Rc<str>) {
        if let Some(function) = self.functions.last_mut() {
            function.push(Rc::clone(name));
        }
    }

    /// Remembers a place where the parser had to recover.
    fn error(&mut self, node: Node<'t>) {
        if self.errors.len() < MAX_ERRORS {
            self.errors.push(line(node));
        }
    }
}

/// A block with its declarations and hoisted statements first: imports, exports, functions.
fn hoisted(mut declared: Vec<Rc<str>>, body: Block, line: u32) -> Block {
    let rank = |stmt: &Stmt| match stmt.kind {
        StmtKind::Import(_) => 0,
        StmtKind::Export(_) => 1,
        StmtKind::Function(_) => 2,
        _ => 3,
    };
    declared.sort_unstable();
    declared.dedup();
    let mut out = Block::with_capacity(body.len() + usize::from(!declared.is_empty()));
    if !declared.is_empty() {
        out.push(Stmt { line, kind: StmtKind::Declare(declared) });
    }
    out.extend(body);
    let from = usize::from(matches!(out.first(), Some(Stmt { kind: StmtKind::Declare(_), .. })));
    out[from..].sort_by_key(rank);
    out
}

/// The named children of a node that are no comments.
fn children<'t, 'c>(node: Node<'t>, cursor: &'c mut TreeCursor<'t>) -> impl Iterator<Item = Node<'t>> + use<'t, 'c> {
    cursor.reset(node);
    let mut more = cursor.goto_first_child();
    std::iter::from_fn(move || {
        while more {
            let child = cursor.node();
            more = cursor.goto_next_sibling();
            if child.is_named() && !matches!(child.kind(), "comment" | "html_comment") {
                return Some(child);
            }
        }
        None
    })
}

/// The first named child that is no comment.
fn only_child(node: Node<'_>) -> Option<Node<'_>> {
    let mut cursor = node.walk();
    children(node, &mut cursor).next()
}

/// The line a node starts at, from 1.
fn line(node: Node<'_>) -> u32 {
    line_of(node.start_position().row)
}

fn line_of(row: usize) -> u32 {
    u32::try_from(row).unwrap_or(u32::MAX).saturating_add(1)
}

/// An expression at a node's place. Its lists keep no spare room: bundles make millions of short ones.
fn at(node: Node<'_>, mut kind: ExprKind) -> Expr {
    match &mut kind {
        ExprKind::Array(items) | ExprKind::Sequence(items) => items.shrink_to_fit(),
        ExprKind::Dict(items) => items.shrink_to_fit(),
        ExprKind::Template(parts) | ExprKind::Tagged(_, parts) => parts.shrink_to_fit(),
        ExprKind::Call(call) => call.args.shrink_to_fit(),
        _ => {}
    }
    Expr { line: line(node), kind }
}

/// A statement at a node's place, its blocks without spare room.
fn stmt(node: Node<'_>, mut kind: StmtKind) -> Stmt {
    match &mut kind {
        StmtKind::If { then, otherwise, .. } => {
            then.shrink_to_fit();
            otherwise.shrink_to_fit();
        }
        StmtKind::For { body, .. } | StmtKind::While { body, .. } | StmtKind::Block(body) => body.shrink_to_fit(),
        _ => {}
    }
    Stmt { line: line(node), kind }
}

/// A name as an expression.
fn named(node: Node<'_>, name: &Rc<str>) -> Expr {
    at(node, ExprKind::Name(Rc::clone(name)))
}

/// `target = value` as a statement.
fn assign(node: Node<'_>, target: Expr, value: Option<Expr>) -> Stmt {
    stmt(node, StmtKind::Assign { targets: vec![target], value, annotation: None })
}
