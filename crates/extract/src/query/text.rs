//! Texts in source code: literals decoded, concatenations and names kept for the index to resolve.

use serde::Deserialize;
use tree_sitter::Node;

use super::recipe::Recipe;

/// How deep an expression is followed; concatenations of hundreds of lines nest as deep.
const DEPTH: usize = 400;

/// How a kind of string literal is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Literal {
    /// In quotes, with escapes.
    Escaped,
    /// As it stands between its marks.
    Raw,
    /// As it stands, but a doubled quote is one.
    Verbatim,
    /// Between triple quotes, without the indentation of its last line (C#).
    Block,
    /// Between triple quotes, without the common indentation, with escapes (Java); in plain quotes: escaped.
    TextBlock,
}

/// A text, as far as it can be known from the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Expr {
    /// A known text.
    Text(String),
    /// Texts put together.
    Concat(Vec<Expr>),
    /// A name that may be a constant.
    Name(String),
    /// Anything else.
    Unknown,
}

/// What a node says.
pub(super) fn expression(recipe: &Recipe, node: Node<'_>, text: &str) -> Expr {
    read(recipe, node, text, DEPTH)
}

fn read(recipe: &Recipe, node: Node<'_>, text: &str, depth: usize) -> Expr {
    if depth == 0 {
        return Expr::Unknown;
    }
    let source = &text[node.byte_range()];
    let words = &recipe.words;
    if let Some(literal) = words.literals.get(node.kind()) {
        return literal.decode(source).map_or(Expr::Unknown, Expr::Text);
    }
    if words.concatenations.iter().any(|kind| kind == node.kind()) {
        let is_sum = node.child_by_field_name("operator").is_some_and(|operator| operator.kind() == "+");
        let sides = [node.child_by_field_name("left"), node.child_by_field_name("right")];
        return match sides {
            [Some(left), Some(right)] if is_sum => {
                Expr::Concat([left, right].map(|side| read(recipe, side, text, depth - 1)).into())
            }
            _ => Expr::Unknown,
        };
    }
    if let (Some(function), Some(arguments)) =
        (node.child_by_field_name("function"), node.child_by_field_name("arguments"))
    {
        let name = last_word(&text[function.byte_range()]);
        let is_transparent = words.transparent.iter().any(|t| t == name);
        let last =
            arguments.named_child(u32::try_from(arguments.named_child_count()).unwrap_or_default().saturating_sub(1));
        return match last.filter(|_| is_transparent) {
            Some(last) => read(recipe, last, text, depth - 1),
            None => Expr::Unknown,
        };
    }
    if node.kind() == "parenthesized_expression" {
        return node.named_child(0).map_or(Expr::Unknown, |inner| read(recipe, inner, text, depth - 1));
    }
    let is_name = !source.is_empty() && source.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '.' | ':'));
    if is_name { Expr::Name(last_word(source).to_owned()) } else { Expr::Unknown }
}

/// The last part of a qualified name (`a.b`, `a::b`).
pub(super) fn last_word(name: &str) -> &str {
    name.rsplit(['.', ':']).next().unwrap_or(name).trim()
}

impl Literal {
    /// The text that a literal stands for; `None` when it is not written as its kind says.
    fn decode(self, source: &str) -> Option<String> {
        match self {
            Self::Escaped => unescape(quoted(source)?),
            Self::Raw => Some(raw(source)?.to_owned()),
            Self::Verbatim => Some(quoted(source.trim_start_matches('@'))?.replace("\"\"", "\"")),
            Self::Block => block(source),
            Self::TextBlock if source.starts_with("\"\"\"") => text_block(source),
            Self::TextBlock => unescape(quoted(source)?),
        }
    }
}

/// What stands between the first and the last quote, whatever prefix the literal has.
fn quoted(source: &str) -> Option<&str> {
    let (start, end) = (source.find('"')?, source.rfind('"')?);
    source.get(start + 1..end)
}

/// What stands between backticks, or between the quotes of `r##"…"##`.
fn raw(source: &str) -> Option<&str> {
    match source.strip_prefix('`') {
        Some(rest) => rest.strip_suffix('`'),
        None => quoted(source),
    }
}

/// The lines between triple (or longer) quotes, if there are several; else what stands between them.
fn block(source: &str) -> Option<String> {
    let quotes = source.chars().take_while(|c| *c == '"').count();
    let body = source.get(quotes..source.len().checked_sub(quotes)?)?;
    let Some((first, rest)) = body.split_once('\n') else { return Some(body.to_owned()) };
    let (lines, indent) = rest.rsplit_once('\n').unwrap_or(("", rest));
    if !first.trim().is_empty() {
        return None;
    }
    Some(
        lines
            .split('\n')
            .map(|line| line.trim_end_matches('\r').strip_prefix(indent).unwrap_or(line))
            .collect::<Vec<_>>()
            .join("\n"),
    )
}

/// A Java text block: common indentation and trailing spaces go, the closing line counts as one.
fn text_block(source: &str) -> Option<String> {
    let body = source.strip_prefix("\"\"\"")?.strip_suffix("\"\"\"")?;
    let (_, body) = body.split_once('\n')?;
    let lines: Vec<&str> = body.split('\n').map(|line| line.trim_end_matches('\r')).collect();
    let last = lines.len() - 1;
    let depth = |line: &str| line.len() - line.trim_start().len();
    let counted = lines.iter().enumerate().filter(|(at, line)| *at == last || !line.trim().is_empty());
    let indent = counted.map(|(_, line)| depth(line)).min().unwrap_or_default();
    let cut: Vec<&str> = lines.iter().map(|line| line.get(indent..).unwrap_or_default().trim_end()).collect();
    unescape(&cut.join("\n"))
}

/// Decodes the escapes that Go, Rust, C# and Java share; `None` for one that none of them has.
fn unescape(text: &str) -> Option<String> {
    let mut out = String::with_capacity(text.len());
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        if c != '\\' {
            out.push(c);
            continue;
        }
        match rest.next()? {
            'n' => out.push('\n'),
            't' => out.push('\t'),
            'r' => out.push('\r'),
            'a' => out.push('\x07'),
            'b' => out.push('\x08'),
            'f' => out.push('\x0c'),
            'v' => out.push('\x0b'),
            's' => out.push(' '),
            '0' => out.push('\0'),
            c @ ('\\' | '"' | '\'' | '`') => out.push(c),
            '\n' => while rest.next_if(|c| c.is_whitespace()).is_some() {},
            'x' => out.push(by_code(rest.by_ref().take(2))?),
            'U' => out.push(by_code(rest.by_ref().take(8))?),
            'u' if rest.peek() == Some(&'{') => {
                rest.next();
                out.push(by_code(rest.by_ref().take_while(|c| *c != '}'))?);
            }
            'u' => out.push(by_code(rest.by_ref().take(4))?),
            _ => return None,
        }
    }
    Some(out)
}

/// The character whose number the hexadecimal digits write.
fn by_code(digits: impl Iterator<Item = char>) -> Option<char> {
    char::from_u32(u32::from_str_radix(&digits.collect::<String>(), 16).ok()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn literals_of_every_kind() {
        for (literal, source, expected) in [
            (Literal::Escaped, r#""a\n\"b\" \u00e9 \u{1f600} \x41""#, Some("a\n\"b\" é 😀 A")),
            (Literal::Escaped, "\"one \\\n      two\"", Some("one two")),
            (Literal::Escaped, r#""\q""#, None),
            (Literal::Raw, "`a\\n\"`", Some("a\\n\"")),
            (Literal::Raw, "r#\"a\"b\"#", Some("a\"b")),
            (Literal::Verbatim, "@\"a\"\"b\\\"", Some("a\"b\\")),
            (Literal::Block, "\"\"\"\n    a\n      b\n    \"\"\"", Some("a\n  b")),
            (Literal::Block, "\"\"\"a\"\"\"", Some("a")),
            (Literal::TextBlock, "\"\"\"\n    a  \n      b\\n\n    \"\"\"", Some("a\n  b\n\n")),
            (Literal::TextBlock, "\"a\\tb\"", Some("a\tb")),
            (Literal::Escaped, "\"", None),
        ] {
            assert_eq!(literal.decode(source).as_deref(), expected, "{source}");
        }
    }
}
