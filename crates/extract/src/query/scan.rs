//! Runs a language's query over one file and gathers what it marks into items.

use std::collections::{BTreeMap, HashMap};

use tree_sitter::{Node, QueryCursor, StreamingIterator};

use super::recipe::Recipe;
use super::text::{Expr, expression};

/// Matches in progress that the query engine may keep: as many as patterns times nested calls in real code. It
/// looks at each of them for every node.
const MATCHES_IN_PROGRESS: u32 = 512;
/// Depth of a syntax tree; a text put together from some hundred lines nests as deep.
const DEPTH: usize = 1000;
/// Pairs of siblings in a file: for every node the engine looks through those after it. Lists of five thousand
/// literals are within the bound, and cost a fifth of a second.
const PAIRS: u64 = 30_000_000;
/// Characters of a value's source that are kept: enough for any type or name.
const SOURCE_CHARS: usize = 4096;

/// What an item is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Kind {
    Tool,
    Parameter,
    Record,
    Field,
    Enum,
    Function,
    Constant,
    /// Code that is no part of the server: tools in it do not count.
    Excluded,
}

impl Kind {
    /// The kind of that name.
    pub(super) fn named(name: &str) -> Option<Self> {
        Some(match name {
            "tool" => Self::Tool,
            "parameter" => Self::Parameter,
            "record" => Self::Record,
            "field" => Self::Field,
            "enum" => Self::Enum,
            "function" => Self::Function,
            "constant" => Self::Constant,
            "excluded" => Self::Excluded,
            _ => return None,
        })
    }

    /// The kind of item that this one is a part of.
    const fn whole(self) -> Option<Self> {
        match self {
            Self::Parameter => Some(Self::Tool),
            Self::Field => Some(Self::Record),
            _ => None,
        }
    }
}

/// Something that a query marked, with its values in the order of the source.
#[derive(Debug)]
pub(super) struct Item {
    pub(super) kind: Kind,
    pub(super) file: String,
    pub(super) line: u32,
    /// The `(#set! …)` properties of the patterns that marked it.
    pub(super) settings: BTreeMap<String, String>,
    /// Parameters of a tool, fields of a record.
    pub(super) parts: Vec<Item>,
    values: BTreeMap<String, Vec<Value>>,
}

/// One captured node.
#[derive(Debug)]
pub(super) struct Value {
    /// Its text in the source.
    pub(super) source: String,
    /// What it says, as far as it is text.
    pub(super) expr: Expr,
}

impl Item {
    /// Whether a value of that name was captured.
    pub(super) fn has(&self, name: &str) -> bool {
        self.values.contains_key(name)
    }

    /// The first value of that name.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        self.all(name).first()
    }

    /// All values of that name.
    pub(super) fn all(&self, name: &str) -> &[Value] {
        self.values.get(name).map_or(&[], Vec::as_slice)
    }
}

/// An item before its parts are put into it.
struct Draft {
    start: usize,
    end: usize,
    item: Item,
}

/// The items of one file, and whether all of it was understood; `None` when it cannot be parsed at all.
pub(super) fn scan(recipe: &Recipe, file: &str, text: &str) -> Option<(Vec<Item>, bool)> {
    let tree = crate::syntax::parse(&recipe.grammar, text)?;
    let leads = leads(tree.root_node(), recipe)?;
    let names = recipe.query.capture_names();
    let mut cursor = QueryCursor::new();
    cursor.set_match_limit(MATCHES_IN_PROGRESS);

    let mut drafts: Vec<Draft> = Vec::new();
    let mut places: HashMap<(Kind, usize), usize> = HashMap::new();
    // Values that no item of their own match takes: they wait until all items are known.
    let mut loose: Vec<(Kind, &str, Node<'_>)> = Vec::new();
    let mut matches = cursor.matches(&recipe.query, tree.root_node(), text.as_bytes());
    while let Some(found) = matches.next() {
        let mut own: BTreeMap<Kind, usize> = BTreeMap::new();
        for capture in found.captures() {
            let Some(kind) = Kind::named(names[capture.index as usize]) else { continue };
            let node = capture.node;
            let at = *places.entry((kind, node.id())).or_insert_with(|| {
                let start = leads.get(&node.id()).copied().unwrap_or(node.start_byte());
                let line = u32::try_from(node.start_position().row + 1).unwrap_or(u32::MAX);
                let (settings, parts, values) = Default::default();
                let item = Item { kind, file: file.to_owned(), line, settings, parts, values };
                drafts.push(Draft { start, end: node.end_byte(), item });
                drafts.len() - 1
            });
            own.insert(kind, at);
        }
        for capture in found.captures() {
            let Some((kind, name)) = names[capture.index as usize].split_once('.') else { continue };
            let Some(kind) = Kind::named(kind) else { continue };
            match own.get(&kind) {
                Some(at) => add(&mut drafts[*at].item, name, value(recipe, capture.node, text)),
                None => loose.push((kind, name, capture.node)),
            }
        }
        for property in recipe.query.property_settings(found.pattern_index) {
            for at in own.values() {
                let value = property.value.as_deref().unwrap_or_default().to_owned();
                drafts[*at].item.settings.insert(property.key.to_string(), value);
            }
        }
    }
    drafts.sort_by_key(|draft| (draft.start, std::cmp::Reverse(draft.end)));
    for (kind, name, node) in loose {
        if let Some(at) = innermost(&drafts, kind, node.start_byte(), node.end_byte()) {
            add(&mut drafts[at].item, name, value(recipe, node, text));
        }
    }
    let is_excluded = |draft: &Draft| {
        draft.item.kind == Kind::Tool && innermost(&drafts, Kind::Excluded, draft.start, draft.end).is_some()
    };
    let excluded: Vec<bool> = drafts.iter().map(is_excluded).collect();
    let mut excluded = excluded.into_iter();
    drafts.retain(|_| !excluded.next().unwrap_or_default());
    let is_whole = !tree.root_node().has_error();
    Some((assemble(drafts), is_whole))
}

fn add(item: &mut Item, name: &str, value: Value) {
    item.values.entry(name.to_owned()).or_default().push(value);
}

fn value(recipe: &Recipe, node: Node<'_>, text: &str) -> Value {
    let source = riskdex_model::capped(&text[node.byte_range()], SOURCE_CHARS).into_owned();
    Value { source, expr: expression(recipe, node, text) }
}

/// The smallest item of a kind that holds the range; `drafts` are in the order of their starts.
fn innermost(drafts: &[Draft], kind: Kind, start: usize, end: usize) -> Option<usize> {
    let before = drafts.partition_point(|draft| draft.start <= start);
    (0..before).rev().find(|at| drafts[*at].item.kind == kind && drafts[*at].end >= end)
}

/// Puts parts into their wholes; a part without one is dropped.
fn assemble(drafts: Vec<Draft>) -> Vec<Item> {
    let wholes: Vec<Option<usize>> =
        drafts.iter().map(|draft| innermost(&drafts, draft.item.kind.whole()?, draft.start, draft.end)).collect();
    let mut parts: Vec<Vec<Item>> = drafts.iter().map(|_| Vec::new()).collect();
    let mut items: Vec<Option<Item>> = Vec::new();
    for (draft, whole) in drafts.into_iter().zip(wholes) {
        match (draft.item.kind.whole(), whole) {
            (Some(_), Some(at)) => {
                parts[at].push(draft.item);
                items.push(None);
            }
            (Some(_), None) => items.push(None),
            (None, _) => items.push(Some(draft.item)),
        }
    }
    items.into_iter().zip(parts).filter_map(|(item, parts)| item.map(|item| Item { parts, ..item })).collect()
}

/// Where a declaration begins when the attributes and comments before it are counted in, by node; `None` for a
/// tree that is deeper or broader than code is.
fn leads(root: Node<'_>, recipe: &Recipe) -> Option<HashMap<usize, usize>> {
    let mut leads = HashMap::new();
    let mut cursor = root.walk();
    // For each open level: how many siblings there were, and where the run of leading ones began.
    let mut levels: Vec<(u64, Option<usize>)> = vec![(0, None)];
    let mut pairs = 0;
    while let Some((count, run)) = levels.last_mut() {
        let node = cursor.node();
        pairs += *count;
        *count += 1;
        if recipe.words.leading.iter().any(|kind| kind == node.kind()) {
            run.get_or_insert(node.start_byte());
        } else if let Some(start) = run.take() {
            leads.insert(node.id(), start);
        }
        if levels.len() > DEPTH || pairs > PAIRS {
            return None;
        }
        if cursor.goto_first_child() {
            levels.push((0, None));
            continue;
        }
        while !cursor.goto_next_sibling() {
            if !cursor.goto_parent() {
                return Some(leads);
            }
            levels.pop();
        }
    }
    Some(leads)
}
