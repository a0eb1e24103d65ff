//! What the files of a package declare beside tools: constants, records, enums and functions, by name.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::recipe::Recipe;
use super::scan::{Item, Kind, Value};
use super::text::{Expr, last_word};

/// How far constants are followed through constants, and records through records.
const DEPTH: usize = 8;

/// Declarations by name; a name that is declared twice, differently, is not known.
pub(super) struct Index<'a> {
    recipe: &'a Recipe,
    constants: BTreeMap<&'a str, Option<&'a Expr>>,
    records: BTreeMap<&'a str, &'a Item>,
    enums: BTreeMap<&'a str, &'a Item>,
    functions: BTreeMap<&'a str, &'a Item>,
}

impl<'a> Index<'a> {
    /// Indexes the items of all files.
    pub(super) fn of(recipe: &'a Recipe, items: &'a [Item]) -> Self {
        let mut index = Self {
            recipe,
            constants: BTreeMap::new(),
            records: BTreeMap::new(),
            enums: BTreeMap::new(),
            functions: BTreeMap::new(),
        };
        for item in items {
            let Some(name) = item.get("name").map(|value| value.source.as_str()) else { continue };
            let declared = match item.kind {
                Kind::Record => &mut index.records,
                Kind::Enum => &mut index.enums,
                Kind::Function => &mut index.functions,
                Kind::Constant => {
                    let Some(value) = item.get("value") else { continue };
                    let known = index.constants.entry(name).or_insert(Some(&value.expr));
                    if known.is_some_and(|expr| *expr != value.expr) {
                        *known = None;
                    }
                    continue;
                }
                Kind::Tool | Kind::Parameter | Kind::Field | Kind::Excluded => continue,
            };
            declared.entry(name).or_insert(item);
        }
        index
    }

    /// The text of an expression, when all of it is known.
    pub(super) fn text(&self, expr: &Expr) -> Option<String> {
        self.text_within(expr, DEPTH)
    }

    fn text_within(&self, expr: &Expr, depth: usize) -> Option<String> {
        match expr {
            Expr::Text(text) => Some(text.clone()),
            Expr::Concat(parts) => parts.iter().map(|part| self.text_within(part, depth)).collect(),
            Expr::Name(name) => self.text_within((*self.constants.get(name.as_str())?)?, depth.checked_sub(1)?),
            Expr::Unknown => None,
        }
    }

    /// The type of the argument that a handler of this name takes.
    pub(super) fn input_of(&self, handler: &str) -> Option<&'a Value> {
        self.functions.get(last_word(handler))?.get("input")
    }

    /// The schema of an object type; `None` when no record of that name is declared.
    pub(super) fn object(&self, type_name: &str) -> Option<Json> {
        self.object_within(self.bare(type_name), DEPTH)
    }

    /// The schema of a type, and whether a value of it may be absent; `None` for an unknown type.
    pub(super) fn schema(&self, type_name: &str) -> (Option<Json>, bool) {
        self.schema_within(type_name, DEPTH)
    }

    fn schema_within(&self, type_name: &str, depth: usize) -> (Option<Json>, bool) {
        let type_name = type_name.trim();
        let inner = |patterns: &[regex::Regex]| {
            patterns.iter().find_map(|pattern| Some(pattern.captures(type_name)?.get(1)?.as_str()))
        };
        let Some(deeper) = depth.checked_sub(1) else { return (None, false) };
        if let Some(inner) = inner(&self.recipe.optional) {
            return (self.schema_within(inner, deeper).0, true);
        }
        let schema = if let Some(json_type) = self.recipe.words.types.get(type_name) {
            Some(if json_type == "any" { json!({}) } else { json!({"type": json_type}) })
        } else if let Some(inner) = inner(&self.recipe.lists) {
            let items = self.schema_within(inner, deeper).0.unwrap_or_else(|| json!({}));
            Some(json!({"type": "array", "items": items}))
        } else if let Some(inner) = inner(&self.recipe.maps) {
            let values = self.schema_within(inner, deeper).0.unwrap_or_else(|| json!({}));
            Some(json!({"type": "object", "additionalProperties": values}))
        } else {
            self.choices(type_name).or_else(|| self.object_within(last_word(type_name), deeper))
        };
        (schema, false)
    }

    /// A type's name without marks of reference and path.
    fn bare<'t>(&self, type_name: &'t str) -> &'t str {
        let inner = self.recipe.optional.iter().find_map(|p| Some(p.captures(type_name.trim())?.get(1)?.as_str()));
        last_word(inner.unwrap_or(type_name))
    }

    fn choices(&self, type_name: &str) -> Option<Json> {
        let item = self.enums.get(last_word(type_name))?;
        if item.has("compound") {
            return None;
        }
        let case = self.case(item);
        let values: Vec<String> =
            item.all("value").iter().map(|value| recase(&value.source, case.as_deref())).collect();
        Some(json!({"type": "string", "enum": values}))
    }

    fn object_within(&self, name: &str, depth: usize) -> Option<Json> {
        let record = self.records.get(name)?;
        if depth == 0 {
            return Some(json!({"type": "object"}));
        }
        let case = self.case(record);
        let mut properties = Map::new();
        let mut required = Vec::new();
        for field in &record.parts {
            if let Some((name, schema, is_optional)) = self.field(field, case.as_deref(), depth) {
                if !is_optional {
                    required.push(json!(name));
                }
                properties.insert(name, schema);
            }
        }
        Some(json!({"type": "object", "properties": properties, "required": required}))
    }

    /// The case that an attribute, or the language, asks for.
    fn case(&self, item: &Item) -> Option<String> {
        let stated = item.get("case").and_then(|value| self.text(&value.expr));
        stated.or_else(|| item.settings.get("case").cloned())
    }

    /// A record's field as a property: its name, its schema, whether it may be left out.
    fn field(&self, field: &Item, case: Option<&str>, depth: usize) -> Option<(String, Json, bool)> {
        let plain = field.get("name")?.source.clone();
        let (schema, mut is_optional) = match field.get("type") {
            Some(value) => self.schema_within(&value.source, depth - 1),
            None => (None, false),
        };
        let mut schema = schema.unwrap_or_else(|| json!({}));
        let mut description = self.prose(field);
        let mut name = match field.get("rename").and_then(|value| self.text(&value.expr)) {
            Some(name) => name,
            None => recase(&plain, case),
        };
        is_optional = !is_required(field, is_optional);
        if let Some(rules) = &self.recipe.tag {
            let tag = field.get("tag").and_then(|value| self.text(&value.expr));
            // A field that is not visible outside its package, or says so, is no property.
            if tag.as_deref().is_some_and(|t| rules.skip.is_match(t)) || !plain.starts_with(char::is_uppercase) {
                return None;
            }
            let tag = tag.unwrap_or_default();
            let group = |pattern: &regex::Regex| Some(pattern.captures(&tag)?.get(1)?.as_str().to_owned());
            name = group(&rules.name).unwrap_or(name);
            description = description.or_else(|| rules.description.iter().find_map(group));
            // Go says by the tag alone what may be absent: a pointer is not enough.
            is_optional = rules.optional.is_match(&tag);
            let choices: Vec<&str> =
                rules.choice.captures_iter(&tag).filter_map(|c| Some(c.get(1)?.as_str())).collect();
            if !choices.is_empty() {
                schema["enum"] = json!(choices);
            }
        }
        if let Some(description) = description {
            schema["description"] = json!(description);
        }
        Some((name, schema, is_optional))
    }

    /// An item's description: stated, else its documentation comment.
    pub(super) fn prose(&self, item: &Item) -> Option<String> {
        if let Some(stated) = item.get("description") {
            return self.text(&stated.expr);
        }
        let lines: Vec<&str> = item.all("doc").iter().map(|value| value.source.trim()).collect();
        (!lines.is_empty()).then(|| lines.join("\n").trim().to_owned())
    }
}

/// Whether a value must be given for a parameter or field whose type says whether it may be absent.
pub(super) fn is_required(item: &Item, is_optional_type: bool) -> bool {
    match item.get("required") {
        Some(said) => said.source != "false",
        None if item.settings.contains_key("optional_unless_said") => false,
        None => !is_optional_type && !item.has("optional"),
    }
}

/// A name in the case that an attribute asks for; as it stands when none does.
fn recase(name: &str, case: Option<&str>) -> String {
    let words = || split_words(name);
    let capital = |word: &String| {
        let mut chars = word.chars();
        chars.next().map_or_else(String::new, |first| first.to_uppercase().chain(chars).collect())
    };
    match case {
        Some("lowercase") => name.to_lowercase(),
        Some("UPPERCASE") => name.to_uppercase(),
        Some("snake_case") => words().join("_"),
        Some("kebab-case") => words().join("-"),
        Some("SCREAMING_SNAKE_CASE") => words().join("_").to_uppercase(),
        Some("PascalCase") => words().iter().map(capital).collect(),
        Some("camelCase") => {
            let words = words();
            words.first().cloned().unwrap_or_default() + &words.iter().skip(1).map(capital).collect::<String>()
        }
        _ => name.to_owned(),
    }
}

/// The words of a name in any case, in lower case.
pub(super) fn split_words(name: &str) -> Vec<String> {
    let chars: Vec<char> = name.chars().collect();
    let mut words: Vec<String> = vec![String::new()];
    for (at, c) in chars.iter().enumerate() {
        let follows_lower = at > 0 && (chars[at - 1].is_lowercase() || chars[at - 1].is_numeric());
        let ends_run = at > 0 && chars[at - 1].is_uppercase() && chars.get(at + 1).is_some_and(|n| n.is_lowercase());
        if matches!(c, '_' | '-') || (c.is_uppercase() && (follows_lower || ends_run)) {
            words.push(String::new());
        }
        if let Some(word) = words.last_mut().filter(|_| !matches!(c, '_' | '-')) {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_change_their_case() {
        for (name, case, expected) in [
            ("note_title", "camelCase", "noteTitle"),
            ("NoteTitle", "snake_case", "note_title"),
            ("GetHTTPHeader2X", "kebab-case", "get-http-header2-x"),
            ("Yellow", "lowercase", "yellow"),
            ("dark_red", "SCREAMING_SNAKE_CASE", "DARK_RED"),
            ("dark_red", "PascalCase", "DarkRed"),
        ] {
            assert_eq!(recase(name, Some(case)), expected);
        }
        assert_eq!(recase("asIs", None), "asIs");
    }
}
