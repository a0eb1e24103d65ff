//! Which of its tools a server shows: tools taken away, and groups of them switched off and on by name or by tag.

use std::rc::Rc;

use super::Python;
use crate::fold::{Args, Interp, Place, Value};
use crate::server::{Entry, Server};

/// Everything a program says on it, in order, and the tags of its tools.
#[derive(Debug, Default)]
pub(super) struct Rules {
    rules: Vec<Rule>,
    tags: Vec<(Rc<Server>, String, Vec<Rc<str>>)>,
}

#[derive(Debug)]
struct Rule {
    server: Rc<Server>,
    effect: Effect,
    names: Vec<Rc<str>>,
    tags: Vec<Rc<str>>,
    when: When,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Effect {
    Hide,
    Show,
    /// Shows these and no others.
    ShowOnly,
}

/// When a rule holds.
#[derive(Clone, Debug)]
enum When {
    Always,
    /// Unless somebody changes a setting, or as far as anybody knows; the opposite condition in words.
    Unless(String),
    /// Only when somebody has changed a setting; the condition in words.
    If(String),
}

impl When {
    /// What the conditions under way say.
    fn now(interp: &Interp) -> Self {
        if interp.gate_depth() == 0 {
            return Self::Always;
        }
        match interp.gated() {
            Some(words) if interp.is_unusual_beyond(0) => Self::If(words),
            _ => Self::Unless(interp.opposite_beyond(0)),
        }
    }
}

/// Notes the tags of a registered tool.
pub(super) fn tag(
    python: &Python,
    interp: &mut Interp,
    server: &Rc<Server>,
    name: &str,
    subject: &Value,
    options: &Args,
) {
    let own = match subject {
        Value::Made(made) => made.args.named("tags"),
        _ => None,
    };
    let place = Place { file: "".into(), line: 0 };
    let tags = options.named("tags").or(own).map(|tags| texts(interp, tags, &place)).unwrap_or_default();
    if !tags.is_empty() {
        python.visibility.borrow_mut().tags.push((server.clone(), name.to_owned(), tags));
    }
}

/// `server.remove_tool(name)`.
pub(super) fn remove(python: &Python, interp: &Interp, server: &Rc<Server>, name: Rc<str>) {
    match When::now(interp) {
        When::Always => server.put(Entry::Remove(name)),
        when => {
            let rule = Rule { server: server.clone(), effect: Effect::Hide, names: vec![name], tags: Vec::new(), when };
            python.visibility.borrow_mut().rules.push(rule);
        }
    }
}

/// `server.disable(names=…, tags=…)`, `server.enable(…, only=True)`.
pub(super) fn change(
    python: &Python,
    interp: &mut Interp,
    server: &Rc<Server>,
    show: bool,
    args: &Args,
    place: &Place,
) {
    let mut named = |keyword: &str| args.named(keyword).map(|v| texts(interp, v, place)).unwrap_or_default();
    let (mut names, tags) = (named("names"), named("tags"));
    // `tool:name`, perhaps with a version.
    let keys = named("keys");
    names.extend(keys.iter().filter_map(|key| Some(Rc::from(key.strip_prefix("tool:")?.split('@').next()?))));
    let effect = match args.named("only") {
        Some(Value::Bool(true)) if show => Effect::ShowOnly,
        _ if show => Effect::Show,
        _ => Effect::Hide,
    };
    let rule = Rule { server: server.clone(), effect, names, tags, when: When::now(interp) };
    python.visibility.borrow_mut().rules.push(rule);
}

/// `FastMCP(include_tags=…, exclude_tags=…)`.
pub(super) fn restrict(
    python: &Python,
    interp: &mut Interp,
    server: &Rc<Server>,
    only: bool,
    tags: &Value,
    place: &Place,
) {
    if matches!(tags.usual(), None | Some(Value::Null)) {
        return;
    }
    let effect = if only { Effect::ShowOnly } else { Effect::Hide };
    let tags = texts(interp, tags, place);
    let rule = Rule { server: server.clone(), effect, names: Vec::new(), tags, when: When::Always };
    python.visibility.borrow_mut().rules.push(rule);
}

/// The texts in a collection that are there unless somebody changes a setting.
fn texts(interp: &mut Interp, values: &Value, place: &Place) -> Vec<Rc<str>> {
    let items = interp.iterate(values, place).values;
    items.iter().filter_map(|item| item.as_str().map(Rc::from)).collect()
}

/// Takes away what a server does not show, and says of the rest under which condition it does.
pub(super) fn apply(python: &Python, server: &Rc<Server>) {
    let rules = python.visibility.borrow();
    let own: Vec<&Rule> = rules.rules.iter().filter(|rule| Rc::ptr_eq(&rule.server, server)).collect();
    if own.is_empty() {
        return;
    }
    let tags_of = |name: &str| {
        let found = rules.tags.iter().rfind(|(of, tool, _)| Rc::ptr_eq(of, server) && tool == name);
        found.map(|(_, _, tags)| tags.as_slice()).unwrap_or_default()
    };
    server.entries.borrow_mut().retain_mut(|entry| {
        let Entry::Tool(tool) = entry else { return true };
        // Whether it is hidden, and the condition under which it is shown.
        let (mut hidden, mut shown_if) = (false, None);
        for rule in &own {
            let is_meant = rule.names.iter().any(|name| **name == *tool.name)
                || rule.tags.iter().any(|tag| tags_of(&tool.name).contains(tag));
            let hides = match rule.effect {
                Effect::Hide if is_meant => true,
                Effect::ShowOnly if !is_meant => true,
                Effect::Show | Effect::ShowOnly if is_meant => false,
                _ => continue,
            };
            match (hides, &rule.when) {
                (true, When::Always) => (hidden, shown_if) = (true, None),
                (true, When::Unless(words)) if !hidden => (hidden, shown_if) = (true, Some(words.clone())),
                (false, When::Always | When::Unless(_)) => (hidden, shown_if) = (false, None),
                (false, When::If(words)) if hidden => shown_if = Some(words.clone()),
                _ => {}
            }
        }
        if let (true, Some(words), None) = (hidden, &shown_if, &tool.gated) {
            tool.gated = Some(words.clone());
        }
        !hidden || shown_if.is_some()
    });
}
