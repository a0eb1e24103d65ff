//! The words of a definition that decided, marked in the text they stand in.

use riskdex_model::{Evidence, Tool, capped};
use serde::Serialize;
use serde_json::Value;

/// A text with its deciding words marked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Quote {
    /// Where it stands, for a reader.
    field: String,
    /// The rules that fired on it, joined.
    rules: String,
    parts: Vec<Part>,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
struct Part {
    text: String,
    marked: bool,
}

/// A text up to this many characters is quoted whole.
const WHOLE: usize = 700;
/// Else so many characters around each mark.
const AROUND: usize = 160;
/// Most quotations of one tool; more would bury the ones that matter.
const QUOTES: usize = 12;

/// The quotations of a tool's evidence, a text each, in the order in which the evidence names them.
pub(crate) fn quotes(tool: &Tool, evidence: &[Evidence]) -> Vec<Quote> {
    let mut texts: Vec<(&str, String, Vec<&Evidence>)> = Vec::new();
    for item in evidence {
        let text = source(tool, item).unwrap_or(&item.text).to_owned();
        match texts.iter_mut().find(|(field, known, _)| *field == item.field && *known == text) {
            Some((_, _, items)) => items.push(item),
            None => texts.push((&item.field, text, vec![item])),
        }
    }
    texts.into_iter().take(QUOTES).map(|(field, text, items)| quote(field, &text, &items)).collect()
}

fn quote(field: &str, text: &str, items: &[&Evidence]) -> Quote {
    let chars: Vec<char> = text.chars().collect();
    let mut spans: Vec<(usize, usize)> = items
        .iter()
        .map(|item| if holds(&chars, item) { (item.start, item.end) } else { (0, chars.len()) })
        .filter(|(start, end)| start < end)
        .collect();
    spans.sort_unstable();
    let spans = joined(spans, 0);
    let windows = if chars.len() <= WHOLE {
        vec![(0, chars.len())]
    } else {
        let around = spans.iter().map(|(start, end)| (start.saturating_sub(AROUND), (end + AROUND).min(chars.len())));
        joined(around.collect(), 40)
    };
    let mut parts = Vec::new();
    for (i, &(from, to)) in windows.iter().enumerate() {
        if from > 0 {
            parts.push(Part { text: if i == 0 { "… " } else { " … " }.to_owned(), marked: false });
        }
        let mut at = from;
        for &(start, end) in spans.iter().filter(|(start, end)| *start >= from && *end <= to) {
            parts.extend(part(&chars[at..start], false));
            parts.extend(part(&chars[start..end], true));
            at = end;
        }
        parts.extend(part(&chars[at..to], false));
    }
    if windows.last().is_some_and(|(_, to)| *to < chars.len()) {
        parts.push(Part { text: " …".to_owned(), marked: false });
    }
    let mut rules: Vec<&str> = items.iter().map(|item| item.rule.as_str()).collect();
    rules.sort_unstable();
    rules.dedup();
    Quote { field: field_name(field), rules: rules.join(", "), parts }
}

fn part(chars: &[char], marked: bool) -> Option<Part> {
    (!chars.is_empty()).then(|| Part { text: chars.iter().collect(), marked })
}

/// Merges spans that touch or lie at most `near` apart; they have to be sorted.
fn joined(spans: Vec<(usize, usize)>, near: usize) -> Vec<(usize, usize)> {
    let mut out: Vec<(usize, usize)> = Vec::new();
    for (start, end) in spans {
        match out.last_mut() {
            Some(last) if start <= last.1 + near => last.1 = last.1.max(end),
            _ => out.push((start, end)),
        }
    }
    out
}

fn holds(text: &[char], item: &Evidence) -> bool {
    text.get(item.start..item.end).is_some_and(|span| span.iter().copied().eq(item.text.chars()))
}

/// The text of the definition that a piece of evidence lies in.
fn source<'a>(tool: &'a Tool, item: &Evidence) -> Option<&'a str> {
    let candidates: Vec<&'a str> = match item.field.as_str() {
        "name" => vec![&tool.name],
        "title" => tool.title.as_deref().into_iter().collect(),
        "description" => tool.description.as_deref().into_iter().collect(),
        pointer => {
            let (above, _) = pointer.rsplit_once('/')?;
            let parent = tool.input_schema.pointer(above).and_then(Value::as_object);
            let key = parent.and_then(|parent| parent.keys().find(|key| pointer.ends_with(&escaped(key))));
            let schema = tool.input_schema.pointer(pointer);
            let listed = schema.and_then(|schema| schema.get("enum")).and_then(Value::as_array).into_iter().flatten();
            let texts = ["description", "title", "default"].into_iter();
            let texts = texts.filter_map(|name| schema?.get(name)?.as_str());
            key.map(String::as_str)
                .into_iter()
                .chain(texts)
                .chain(listed.filter_map(Value::as_str))
                .chain(schema.and_then(Value::as_str))
                .collect()
        }
    };
    candidates.into_iter().find(|text| holds(&text.chars().take(item.end).collect::<Vec<_>>(), item))
}

fn escaped(key: &str) -> String {
    format!("/{}", key.replace('~', "~0").replace('/', "~1"))
}

/// A field for a reader: `description`, or `parameter query`.
fn field_name(field: &str) -> String {
    match parameter(field) {
        Some(name) => format!("parameter {}", capped(&name, 80)),
        None => capped(field, 80).into_owned(),
    }
}

/// The name of the parameter that a JSON pointer of evidence lies in.
pub(crate) fn parameter(field: &str) -> Option<String> {
    let name = field.strip_prefix("/properties/")?.split('/').next()?;
    Some(name.replace("~1", "/").replace("~0", "~"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn evidence(field: &str, start: usize, text: &str) -> Evidence {
        let end = start + text.chars().count();
        Evidence { field: field.into(), start, end, text: text.into(), rule: "r".into() }
    }

    fn shown(quote: &Quote) -> String {
        quote.parts.iter().map(|p| if p.marked { format!("[{}]", p.text) } else { p.text.clone() }).collect()
    }

    #[test]
    fn words_are_marked_where_they_stand() {
        let tool = Tool {
            name: "delete_thing".into(),
            description: Some("Löscht alles. Deletes it all.".into()),
            input_schema: json!({"properties": {"a/b": {"description": "path to remove"}}}),
            ..Tool::default()
        };
        let found = quotes(
            &tool,
            &[
                evidence("name", 0, "delete"),
                evidence("description", 14, "Deletes"),
                evidence("description", 22, "it"),
                evidence("/properties/a~1b", 8, "remove"),
                evidence("/properties/a~1b", 0, "a/b"),
            ],
        );
        let texts: Vec<String> = found.iter().map(shown).collect();
        assert_eq!(texts, ["[delete]_thing", "Löscht alles. [Deletes] [it] all.", "path to [remove]", "[a/b]"]);
        assert_eq!(found[2].field, "parameter a/b");
    }

    #[test]
    fn long_texts_are_cut_around_the_marks() {
        let tool = Tool { description: Some(format!("{}drop{}", "a".repeat(900), "b".repeat(900))), ..Tool::default() };
        let found = quotes(&tool, &[evidence("description", 900, "drop")]);
        assert_eq!(shown(&found[0]), format!("… {}[drop]{} …", "a".repeat(AROUND), "b".repeat(AROUND)));
    }

    proptest! {
        #[test]
        fn no_evidence_breaks_a_quotation(
            text in ".{0,1500}",
            spans in prop::collection::vec((0_usize..2000, 0_usize..2000), 1..6),
            claimed in ".{0,8}",
        ) {
            let chars: Vec<char> = text.chars().collect();
            let tool = Tool { description: Some(text.clone()), ..Tool::default() };
            let evidence: Vec<Evidence> = spans
                .into_iter()
                .map(|(start, end)| {
                    let text = chars.get(start..end).map_or(claimed.clone(), |span| span.iter().collect());
                    Evidence { field: "description".into(), start, end, text, rule: "r".into() }
                })
                .collect();
            for quote in quotes(&tool, &evidence) {
                for part in quote.parts.iter().filter(|part| part.marked) {
                    prop_assert!(text.contains(&part.text) || part.text == claimed);
                }
            }
        }
    }

    #[test]
    fn evidence_that_does_not_fit_is_quoted_alone() {
        let found = quotes(&Tool::default(), &[evidence("description", 50, "gone")]);
        assert_eq!(shown(&found[0]), "[gone]");
        let found = quotes(&Tool::default(), &[evidence("/properties/x/y", 7, "gone")]);
        assert_eq!(shown(&found[0]), "[gone]");
    }
}
