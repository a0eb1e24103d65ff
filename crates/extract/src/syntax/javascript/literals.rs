//! The values of string, template and number literals.

use tree_sitter::Node;

use super::{Lowering, at};
use crate::module::{Expr, ExprKind, TemplatePart};

impl<'t> Lowering<'t> {
    /// A string literal, decoded.
    pub(super) fn string(&mut self, node: Node<'t>) -> Expr {
        let text = self.string_text(node);
        let text = self.shared(&text);
        at(node, ExprKind::Str(text))
    }

    /// The text that a string literal stands for.
    pub(super) fn string_text(&self, node: Node<'t>) -> String {
        let source = self.source(node);
        decode(source.get(1..source.len().saturating_sub(1)).unwrap_or_default())
    }

    /// A template literal; `raw` leaves its escapes alone, as `String.raw` does.
    pub(super) fn template(&mut self, node: Node<'t>, raw: bool) -> Vec<TemplatePart> {
        let mut parts = Vec::new();
        let mut from = node.start_byte() + 1;
        let mut cursor = node.walk();
        let values: Vec<Node<'t>> =
            node.named_children(&mut cursor).filter(|child| child.kind() == "template_substitution").collect();
        for value in values {
            self.template_text(from, value.start_byte(), raw, &mut parts);
            from = value.end_byte();
            let value = self.inner(value);
            parts.push(TemplatePart::Value(value, None));
        }
        self.template_text(from, node.end_byte().saturating_sub(1), raw, &mut parts);
        parts
    }

    fn template_text(&mut self, from: usize, to: usize, raw: bool, parts: &mut Vec<TemplatePart>) {
        let Some(source) = self.text.get(from..to).filter(|source| !source.is_empty()) else { return };
        let lines = source.replace("\r\n", "\n").replace('\r', "\n");
        parts.push(TemplatePart::Text(if raw { lines.into() } else { decode(&lines).into() }));
    }

    /// A number; big integers become floats where they do not fit.
    pub(super) fn number(&self, node: Node<'t>) -> ExprKind {
        let text = self.source(node).replace('_', "").to_ascii_lowercase();
        let digits = text.strip_suffix('n').unwrap_or(&text);
        let whole = match digits.get(..2) {
            Some("0x") => i64::from_str_radix(&digits[2..], 16),
            Some("0o") => i64::from_str_radix(&digits[2..], 8),
            Some("0b") => i64::from_str_radix(&digits[2..], 2),
            _ => digits.parse(),
        };
        match whole {
            Ok(whole) => ExprKind::Int(whole),
            Err(_) => digits.parse().map_or(ExprKind::Opaque("number"), ExprKind::Number),
        }
    }
}

/// Decodes the escapes of a string or template. Halves of surrogate pairs are joined; a lone half becomes U+FFFD.
pub(super) fn decode(source: &str) -> String {
    if !source.contains('\\') {
        return source.to_owned();
    }
    let mut out = String::with_capacity(source.len());
    let mut high: Option<u16> = None;
    let mut rest = source.chars();
    while let Some(c) = rest.next() {
        let unit = if c == '\\' { escape(&mut rest) } else { Escape::Char(c) };
        match unit {
            Escape::Unit(unit) if (0xD800..0xDC00).contains(&unit) => {
                if high.replace(unit).is_some() {
                    out.push(char::REPLACEMENT_CHARACTER);
                }
            }
            Escape::Unit(unit) => {
                let units = high.take().into_iter().chain([unit]);
                out.extend(char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)));
            }
            Escape::Char(c) => {
                out.extend(high.take().map(|_| char::REPLACEMENT_CHARACTER));
                out.push(c);
            }
            Escape::Nothing => {}
        }
    }
    out.extend(high.map(|_| char::REPLACEMENT_CHARACTER));
    out
}

/// What an escape sequence stands for.
enum Escape {
    Char(char),
    /// A UTF-16 code unit.
    Unit(u16),
    /// A continued line.
    Nothing,
}

/// Reads one escape after its backslash.
fn escape(rest: &mut std::str::Chars<'_>) -> Escape {
    let Some(c) = rest.next() else { return Escape::Nothing };
    match c {
        'n' => Escape::Char('\n'),
        't' => Escape::Char('\t'),
        'r' => Escape::Char('\r'),
        'b' => Escape::Char('\u{8}'),
        'f' => Escape::Char('\u{c}'),
        'v' => Escape::Char('\u{b}'),
        '0' => Escape::Char('\0'),
        '\n' | '\u{2028}' | '\u{2029}' => Escape::Nothing,
        '\r' => {
            if rest.as_str().starts_with('\n') {
                rest.next();
            }
            Escape::Nothing
        }
        'x' => hex(rest, 2).map_or(Escape::Char('x'), Escape::Unit),
        'u' => match rest.as_str().strip_prefix('{').and_then(|braced| braced.split_once('}')) {
            Some((digits, after)) => {
                *rest = after.chars();
                let c = u32::from_str_radix(digits, 16).ok().and_then(char::from_u32);
                Escape::Char(c.unwrap_or(char::REPLACEMENT_CHARACTER))
            }
            None => hex(rest, 4).map_or(Escape::Char('u'), Escape::Unit),
        },
        other => Escape::Char(other),
    }
}

/// Reads exactly `count` hex digits.
fn hex(rest: &mut std::str::Chars<'_>, count: usize) -> Option<u16> {
    let value = u16::from_str_radix(rest.as_str().get(..count)?, 16).ok()?;
    rest.nth(count - 1);
    Some(value)
}
