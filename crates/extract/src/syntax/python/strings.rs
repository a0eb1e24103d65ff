//! String literals: prefixes, escapes, f-strings and implicit concatenation.

use std::rc::Rc;

use tree_sitter::Node;

use super::{Lowering, parts};
use crate::module::{ExprKind, TemplatePart};

impl Lowering<'_> {
    /// One string literal.
    pub(super) fn string(&mut self, node: Node<'_>) -> ExprKind {
        self.strings(&[node])
    }

    /// Several adjacent literals.
    pub(super) fn strings(&mut self, nodes: &[Node<'_>]) -> ExprKind {
        let mut joined: Vec<TemplatePart> = Vec::new();
        let mut text = String::new();
        for node in nodes.iter().filter(|node| node.kind() == "string") {
            let children: Vec<Node<'_>> = node.children(&mut node.walk()).collect();
            let prefix = children.first().map_or("", |start| self.text(*start)).to_ascii_lowercase();
            if prefix.contains('b') {
                return ExprKind::Bytes;
            }
            let (raw, format) = (prefix.contains('r'), prefix.contains('f') || prefix.contains('t'));
            for child in children {
                match child.kind() {
                    "string_content" => {
                        let source = self.text(child);
                        let unbraced = format.then(|| source.replace("{{", "{").replace("}}", "}"));
                        let source = unbraced.as_deref().unwrap_or(source);
                        match if raw { Some(source.to_owned()) } else { unescape(source) } {
                            Some(decoded) => text.push_str(&decoded),
                            None => return ExprKind::Opaque("a character by its name"),
                        }
                    }
                    "interpolation" => {
                        let (value, format) = self.interpolation(child, &mut text);
                        if !text.is_empty() {
                            joined.push(TemplatePart::Text(std::mem::take(&mut text).into()));
                        }
                        joined.push(TemplatePart::Value(value, format));
                    }
                    _ => {}
                }
            }
        }
        if joined.is_empty() {
            return ExprKind::Str(text.into());
        }
        if !text.is_empty() {
            joined.push(TemplatePart::Text(text.into()));
        }
        ExprKind::Template(joined)
    }

    /// `{expression!r:format}`; `{expression=}` writes the expression before the value.
    fn interpolation(&mut self, node: Node<'_>, before: &mut String) -> (crate::module::Expr, Option<Rc<str>>) {
        let expression = node.child_by_field_name("expression");
        let conversion = node.child_by_field_name("type_conversion").map(|part| self.text(part)).unwrap_or_default();
        let format = node.child_by_field_name("format_specifier").map(|part| self.text(part)).unwrap_or_default();
        let mut format = format!("{conversion}{format}");
        if super::has_token(node, "=") {
            before.push_str(expression.map_or("", |part| self.text(part)));
            before.push('=');
            if format.is_empty() {
                format.push_str("!r");
            }
        }
        let value = match expression {
            Some(part) => self.expr(part),
            None => self.at(node, ExprKind::Opaque("interpolation")),
        };
        (value, (!format.is_empty()).then(|| format.into()))
    }

    /// The documentation string at the start of a body, as written.
    pub(super) fn docstring(&mut self, body: Node<'_>) -> Option<Rc<str>> {
        let statement = body.named_children(&mut body.walk()).find(|child| !child.is_extra())?;
        if statement.kind() != "expression_statement" {
            return None;
        }
        let mut literal = *parts(statement).first()?;
        while literal.kind() == "parenthesized_expression" {
            literal = *parts(literal).first()?;
        }
        let kind = match literal.kind() {
            "string" => self.string(literal),
            "concatenated_string" => self.strings(&parts(literal)),
            _ => return None,
        };
        match kind {
            ExprKind::Str(text) => Some(text),
            _ => None,
        }
    }
}

/// Decodes escapes; `None` for `\N{…}`, which needs a table of all characters' names.
fn unescape(source: &str) -> Option<String> {
    if !source.contains('\\') {
        return Some(source.to_owned());
    }
    let mut out = String::with_capacity(source.len());
    let mut chars = source.chars().peekable();
    while let Some(c) = chars.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        let Some(escape) = chars.next() else {
            out.push('\\');
            break;
        };
        let digits = match escape {
            '\n' => continue,
            '\\' | '\'' | '"' => {
                out.push(escape);
                continue;
            }
            'a' => '\x07'.into(),
            'b' => '\x08'.into(),
            'f' => '\x0c'.into(),
            'n' => '\n'.into(),
            'r' => '\r'.into(),
            't' => '\t'.into(),
            'v' => '\x0b'.into(),
            '0'..='7' => {
                let mut value = escape.to_digit(8)?;
                for _ in 0..2 {
                    match chars.peek().and_then(|c| c.to_digit(8)) {
                        Some(digit) => {
                            value = value * 8 + digit;
                            chars.next();
                        }
                        None => break,
                    }
                }
                char::from_u32(value)
            }
            'x' => code(&mut chars, 2),
            'u' => code(&mut chars, 4),
            'U' => code(&mut chars, 8),
            'N' => return None,
            other => {
                out.push('\\');
                Some(other)
            }
        };
        out.push(digits.unwrap_or(char::REPLACEMENT_CHARACTER));
    }
    Some(out)
}

fn code(chars: &mut std::iter::Peekable<std::str::Chars<'_>>, digits: usize) -> Option<char> {
    let mut value = 0u32;
    for _ in 0..digits {
        let digit = chars.peek()?.to_digit(16)?;
        chars.next();
        value = value.checked_mul(16)?.checked_add(digit)?;
    }
    char::from_u32(value)
}
