//! Reads a document into a [`Policy`], and finds everything that is wrong with it on the way.

use std::collections::BTreeMap;

use regex::RegexBuilder;
use riskdex_model::Fingerprint;

use crate::amount::Amount;
use crate::condition::{Condition, Path, Test};
use crate::document::{AllTools, ApproveIf, DenyIf, Limit, Mode, Policy, Rule, Scope, Span, Stance, Version};
use crate::json::Json;
use crate::number::Number;
use crate::pattern::Pattern;
use crate::problem::{Problem, below, nearest, quoted};

/// The fields of each kind of object.
pub(crate) mod fields {
    pub(crate) const POLICY: &[&str] = &["version", "default", "mode", "hide", "all_tools", "tools"];
    pub(crate) const ALL_TOOLS: &[&str] = &["limits"];
    pub(crate) const RULE: &[&str] =
        &["deny", "require", "deny_if", "approve_if", "limits", "pin", "on_deny", "reason"];
    pub(crate) const DENY_IF: &[&str] = &["conditions", "on_deny", "reason"];
    pub(crate) const APPROVE_IF: &[&str] = &["conditions", "reason", "timeout"];
    pub(crate) const CONDITION: &[&str] = &["path", "op", "value"];
    pub(crate) const LIMIT: &[&str] = &["counter", "window", "max", "scope", "amount"];
}

/// What other policy languages call our fields; offered where the spelling alone would not lead there.
const OTHER_NAMES: &[(&str, &str)] = &[
    ("action", "deny"),
    ("args", "path"),
    ("field", "path"),
    ("increment_from", "amount"),
    ("message", "on_deny"),
    ("operator", "op"),
    ("period", "window"),
    ("per", "window"),
    ("rate_limit", "limits"),
    ("require_approval", "approve_if"),
];

/// Longest name of a tool or counter, and longest glob, in characters.
pub(crate) const NAME_MAX: usize = 256;
/// Most globs under `tools`: each pair is compared.
const GLOBS_MAX: usize = 500;
/// Largest compiled regular expression, in bytes.
const REGEX_MAX: usize = 1 << 20;
/// Most problems that are reported.
const PROBLEMS_MAX: usize = 200;

const WINDOWS: &str = "\"second\", \"minute\", \"hour\", \"day\", or a length such as \"90s\", \"15m\", \"2h\"";

/// Reads and checks a whole document.
pub(crate) fn policy(text: &str) -> Result<Policy, Vec<Problem>> {
    let mut problems = Vec::new();
    let json = Json::parse(text, &mut problems);
    let mut reader = Reader { unread: problems.len(), problems };
    let policy = json.and_then(|json| reader.policy(&json));
    match policy {
        Some(policy) if reader.problems.is_empty() => Ok(policy),
        _ => {
            reader.problems.truncate(PROBLEMS_MAX);
            Err(reader.problems)
        }
    }
}

/// Two globs of one document that no rule decides between.
pub(crate) fn ties(policy: &Policy) -> Vec<Problem> {
    let globs: Vec<&Pattern> = policy.tools.keys().filter(|pattern| pattern.is_glob()).collect();
    if globs.len() > GLOBS_MAX {
        return vec![Problem { pointer: "/tools".into(), message: format!("holds more than {GLOBS_MAX} globs") }];
    }
    let mut problems = Vec::new();
    for (i, one) in globs.iter().enumerate() {
        for other in globs[..i].iter().filter(|other| other.rank() == one.rank() && other.overlaps(one)) {
            problems.push(Problem {
                pointer: below("/tools", one),
                message: format!(
                    "ties with {}: both can match one name and neither is more specific; make one longer",
                    quoted(other.as_str())
                ),
            });
        }
    }
    problems
}

/// Collects problems; every method answers with what could be read.
struct Reader {
    problems: Vec<Problem>,
    /// How many of the problems are of the JSON itself; what could not be read is not judged once more.
    unread: usize,
}

/// An object whose field names have been checked.
struct Object<'j> {
    json: &'j Json,
    pointer: String,
}

impl<'j> Object<'j> {
    fn get(&self, field: &str) -> Option<(&'j Json, String)> {
        self.json.get(field).map(|json| (json, below(&self.pointer, field)))
    }
}

impl Reader {
    fn problem(&mut self, pointer: &str, message: impl Into<String>) {
        if self.problems[..self.unread].iter().all(|known| known.pointer != pointer) {
            self.problems.push(Problem { pointer: pointer.to_owned(), message: message.into() });
        }
    }

    fn policy(&mut self, json: &Json) -> Option<Policy> {
        let object = self.object(json, "", "the policy", fields::POLICY)?;
        let version = match object.get("version") {
            Some((Json::String(version), _)) if version == "1" => Some(Version::One),
            Some((json, at)) => self.wrong_kind(json, &at, "the string \"1\", the only version there is"),
            None => self.missing(&object, "version", "the string \"1\""),
        };
        let default = match object.get("default") {
            Some((json, at)) => self.word(json, &at, Stance::WORDS, Stance::of),
            None => {
                self.missing(&object, "default", "\"allow\" or \"deny\", what happens to a tool that no rule names")
            }
        };
        let mode = object.get("mode").and_then(|(json, at)| self.word(json, &at, Mode::WORDS, Mode::of));
        let mut hide = self.list(&object, "hide", |reader, json, at| {
            let name = reader.string(json, at, "a tool's name or a glob")?;
            reader.pattern(name, at)
        });
        hide.sort();
        hide.dedup();
        let limits = match object.get("all_tools") {
            Some((json, at)) => self.object(json, &at, "`all_tools`", fields::ALL_TOOLS).map(|o| self.limits(&o)),
            None => None,
        };
        let policy = Policy {
            version: version.unwrap_or(Version::One),
            default: default.unwrap_or(Stance::Deny),
            mode: mode.unwrap_or_default(),
            hide,
            all_tools: AllTools { limits: limits.unwrap_or_default() },
            tools: object.get("tools").map(|(json, at)| self.tools(json, &at)).unwrap_or_default(),
        };
        self.problems.extend(ties(&policy));
        Some(policy)
    }

    fn tools(&mut self, json: &Json, pointer: &str) -> BTreeMap<Pattern, Rule> {
        let Json::Object(members) = json else {
            return self.wrong_kind(json, pointer, "an object from tool names to rules").unwrap_or_default();
        };
        let mut tools = BTreeMap::new();
        for (name, json) in members {
            let at = below(pointer, name);
            let pattern = self.pattern(name, &at);
            let rule = self.object(json, &at, "a rule", fields::RULE).map(|object| self.rule(&object));
            tools.extend(pattern.zip(rule));
        }
        tools
    }

    fn rule(&mut self, object: &Object<'_>) -> Rule {
        Rule {
            deny: object.get("deny").and_then(|(json, at)| self.boolean(json, &at)).unwrap_or(false),
            require: self.list(object, "require", Self::condition),
            deny_if: self.list(object, "deny_if", |reader, json, at| {
                let object = reader.object(json, at, "an entry of `deny_if`", fields::DENY_IF)?;
                let conditions = reader.list(&object, "conditions", Self::condition);
                Some(DenyIf { conditions, on_deny: reader.on_deny(&object) })
            }),
            approve_if: self.list(object, "approve_if", |reader, json, at| {
                let object = reader.object(json, at, "an entry of `approve_if`", fields::APPROVE_IF)?;
                let conditions = reader.list(&object, "conditions", Self::condition);
                let reason = object.get("reason").and_then(|(json, at)| reader.text(json, &at));
                let timeout = object.get("timeout").and_then(|(json, at)| reader.span(json, &at));
                Some(ApproveIf { conditions, reason, timeout })
            }),
            limits: self.limits(object),
            pin: object.get("pin").and_then(|(json, at)| self.pin(json, &at)),
            on_deny: self.on_deny(object),
        }
    }

    /// `on_deny`, or `reason`, its other name.
    fn on_deny(&mut self, object: &Object<'_>) -> Option<String> {
        let (on_deny, reason) = (object.get("on_deny"), object.get("reason"));
        if let (Some(_), Some((_, at))) = (&on_deny, &reason) {
            self.problem(at, "is another name of `on_deny`, which is given too; keep one of them");
        }
        let (json, at) = on_deny.or(reason)?;
        self.text(json, &at)
    }

    fn condition(&mut self, json: &Json, pointer: &str) -> Option<Condition> {
        let object = self.object(json, pointer, "a condition", fields::CONDITION)?;
        let path = match object.get("path") {
            Some((json, at)) => self.path(json, &at),
            None => self.missing(&object, "path", "`args.` and the dotted path of an argument"),
        };
        let test = match object.get("op") {
            Some((json, at)) => self.word(json, &at, Condition::OPERATORS, |op| Some(op.to_owned())),
            None => self.missing(&object, "op", &format!("one of {}", Condition::OPERATORS.join(", "))),
        }
        .and_then(|op| self.test(&object, &op));
        Some(Condition { path: path?, test: test? })
    }

    fn test(&mut self, object: &Object<'_>, op: &str) -> Option<Test> {
        let Some((json, at)) = object.get("value") else {
            if op == "exists" {
                return Some(Test::Exists(true));
            }
            return self.missing(object, "value", &format!("what `{op}` compares with"));
        };
        let of = |what: &str| format!("{what} for `{op}`");
        match op {
            "lt" | "lte" | "gt" | "gte" => {
                let Json::Number(bound) = json else { return self.wrong_kind(json, &at, &of("a number")) };
                let bound: Number = bound.clone();
                Some(match op {
                    "lt" => Test::Lt(bound),
                    "lte" => Test::Lte(bound),
                    "gt" => Test::Gt(bound),
                    _ => Test::Gte(bound),
                })
            }
            "in" | "not_in" => {
                let Json::Array(list) = json else { return self.wrong_kind(json, &at, &of("a list of values")) };
                if list.is_empty() {
                    self.problem(&at, "must list at least one value");
                }
                for (i, element) in list.iter().enumerate().filter(|(_, element)| !is_scalar(element)) {
                    self.wrong_kind::<()>(element, &below(&at, i), SCALAR);
                }
                Some(if op == "in" { Test::In(list.clone()) } else { Test::NotIn(list.clone()) })
            }
            "exists" => match json {
                Json::Bool(wanted) => Some(Test::Exists(*wanted)),
                _ => self.wrong_kind(json, &at, &of("true or false")),
            },
            "regex" => {
                let Json::String(text) = json else {
                    return self.wrong_kind(json, &at, &of("a regular expression in a string"));
                };
                match RegexBuilder::new(text).size_limit(REGEX_MAX).build() {
                    Ok(regex) => Some(Test::Matches(regex)),
                    Err(error) => {
                        self.problem(&at, format!("is no regular expression: {}", last_line(&error.to_string())));
                        None
                    }
                }
            }
            _ if !is_scalar(json) => {
                let hint = if matches!(json, Json::Array(_)) { " (`in` takes several values)" } else { "" };
                self.wrong_kind(json, &at, &format!("{}{hint}", of(SCALAR)))
            }
            "eq" => Some(Test::Eq(json.clone())),
            "neq" => Some(Test::Neq(json.clone())),
            _ => Some(Test::Contains(json.clone())),
        }
    }

    fn limits(&mut self, object: &Object<'_>) -> Vec<Limit> {
        self.list(object, "limits", |reader, json, at| {
            let object = reader.object(json, at, "a limit", fields::LIMIT)?;
            let counter = match object.get("counter") {
                Some((json, at)) => {
                    let name = reader.string(json, &at, "a counter's name")?;
                    reader.name(name, &at)
                }
                None => reader.missing(&object, "counter", "the name of what is counted"),
            };
            let window = match object.get("window") {
                Some((json, at)) => reader.span(json, &at),
                None => reader.missing(&object, "window", WINDOWS),
            };
            let max = match object.get("max") {
                Some((json, at)) => reader.max(json, &at),
                None => reader.missing(&object, "max", "a number, 0 or more"),
            };
            let scope = object.get("scope").map(|(json, at)| reader.word(json, &at, Scope::WORDS, Scope::of));
            let amount = object.get("amount").map(|(json, at)| reader.path(json, &at));
            Some(Limit {
                counter: counter?,
                window: window?,
                max: max?,
                scope: scope.unwrap_or(Some(Scope::Grant))?,
                amount: amount.map_or(Some(None), |path| path.map(Some))?,
            })
        })
    }

    fn max(&mut self, json: &Json, pointer: &str) -> Option<Amount> {
        let Json::Number(number) = json else { return self.wrong_kind(json, pointer, "a number, 0 or more") };
        let max = Amount::exactly(number);
        if max.is_none() {
            let message = format!("must be 0 or more, below 10^15, with at most 18 decimals, not {number}");
            self.problem(pointer, message);
        }
        max
    }

    fn pin(&mut self, json: &Json, pointer: &str) -> Option<Fingerprint> {
        let text = self.string(json, pointer, "\"sha256:\" and 64 hex digits")?;
        let hex = text.strip_prefix("sha256:").filter(|hex| hex.len() == 64);
        match hex.filter(|hex| hex.bytes().all(|b| b.is_ascii_hexdigit())) {
            Some(hex) => Some(Fingerprint::from_stored(format!("sha256:{}", hex.to_lowercase()))),
            None => {
                self.problem(pointer, format!("must be \"sha256:\" and 64 hex digits, not {}", quoted(text)));
                None
            }
        }
    }

    fn path(&mut self, json: &Json, pointer: &str) -> Option<Path> {
        const FORM: &str = "`args.` and the dotted path of an argument, such as \"args.order.items.*.price\"";
        let text = self.string(json, pointer, FORM)?;
        let path = Path::parse(text);
        if path.is_none() {
            let rest = text.trim_start_matches("arguments.").trim_start_matches("$.").trim_start_matches("args.");
            let meant = format!("args.{rest}");
            let hint = match Path::parse(&meant) {
                Some(_) if meant != text => format!("; did you mean {}?", quoted(&meant)),
                _ => String::new(),
            };
            self.problem(pointer, format!("must be {FORM}, not {}{hint}", quoted(text)));
        }
        path
    }

    fn span(&mut self, json: &Json, pointer: &str) -> Option<Span> {
        let text = self.string(json, pointer, WINDOWS)?;
        let span = Span::parse(text);
        if span.is_none() {
            let names: Vec<&str> = Span::NAMED.iter().map(|(name, _)| *name).collect();
            let hint = did_you_mean(nearest(text, &names));
            self.problem(pointer, format!("must be {WINDOWS}, not {}{hint}", quoted(text)));
        }
        span
    }

    fn pattern(&mut self, text: &str, pointer: &str) -> Option<Pattern> {
        self.name(text, pointer).map(Pattern::new)
    }

    fn name(&mut self, text: &str, pointer: &str) -> Option<String> {
        if text.is_empty() || text.chars().count() > NAME_MAX {
            self.problem(pointer, format!("a name must have 1 to {NAME_MAX} characters"));
            return None;
        }
        Some(text.to_owned())
    }

    // The shapes that all fields share.

    fn object<'j>(&mut self, json: &'j Json, pointer: &str, what: &str, fields: &[&str]) -> Option<Object<'j>> {
        let Json::Object(members) = json else {
            return self.wrong_kind(json, pointer, &format!("an object with {}", fields.join(", ")));
        };
        for (key, _) in members.iter().filter(|(key, _)| !fields.contains(&key.as_str())) {
            let other = OTHER_NAMES.iter().find(|(name, field)| name == key && fields.contains(field));
            let hint = did_you_mean(other.map(|(_, field)| *field).or_else(|| nearest(key, fields)));
            let message = format!("{what} has no field {} (it has {}){hint}", quoted(key), fields.join(", "));
            self.problem(&below(pointer, key), message);
        }
        Some(Object { json, pointer: pointer.to_owned() })
    }

    fn list<'j, T>(
        &mut self,
        object: &Object<'j>,
        field: &str,
        mut element: impl FnMut(&mut Self, &'j Json, &str) -> Option<T>,
    ) -> Vec<T> {
        match object.get(field) {
            None => Vec::new(),
            Some((Json::Array(elements), at)) => {
                elements.iter().enumerate().filter_map(|(i, json)| element(self, json, &below(&at, i))).collect()
            }
            Some((json, at)) => self.wrong_kind(json, &at, "a list").unwrap_or_default(),
        }
    }

    fn word<T>(&mut self, json: &Json, pointer: &str, words: &[&str], of: fn(&str) -> Option<T>) -> Option<T> {
        let allowed = format!("one of {}", words.join(", "));
        let text = self.string(json, pointer, &allowed)?;
        if !words.contains(&text) {
            let hint = did_you_mean(nearest(text, words));
            self.problem(pointer, format!("must be {allowed}, not {}{hint}", quoted(text)));
            return None;
        }
        of(text)
    }

    fn string<'j>(&mut self, json: &'j Json, pointer: &str, what: &str) -> Option<&'j str> {
        match json {
            Json::String(text) => Some(text),
            _ => self.wrong_kind(json, pointer, what),
        }
    }

    fn text(&mut self, json: &Json, pointer: &str) -> Option<String> {
        self.string(json, pointer, "a string").map(str::to_owned)
    }

    fn boolean(&mut self, json: &Json, pointer: &str) -> Option<bool> {
        match json {
            Json::Bool(value) => Some(*value),
            _ => self.wrong_kind(json, pointer, "true or false"),
        }
    }

    fn missing<T>(&mut self, object: &Object<'_>, field: &str, what: &str) -> Option<T> {
        self.problem(&object.pointer, format!("`{field}` is missing: {what}"));
        None
    }

    fn wrong_kind<T>(&mut self, json: &Json, pointer: &str, what: &str) -> Option<T> {
        self.problem(pointer, format!("must be {what}, not {}", shown(json)));
        None
    }
}

const SCALAR: &str = "a string, a number, true, false or null";

fn is_scalar(json: &Json) -> bool {
    !matches!(json, Json::Array(_) | Json::Object(_))
}

fn did_you_mean(name: Option<&str>) -> String {
    name.map_or(String::new(), |name| format!("; did you mean `{name}`?"))
}

/// A wrong value in a message: what it is, and the value itself when it is short.
fn shown(json: &Json) -> String {
    match json {
        Json::String(text) => format!("the string {}", quoted(text)),
        Json::Number(number) => format!("the number {number}"),
        Json::Bool(value) => value.to_string(),
        other => other.kind().to_owned(),
    }
}

/// The reason alone, of an error that repeats the whole expression first.
fn last_line(text: &str) -> &str {
    text.lines().last().unwrap_or_default().trim_start_matches("error: ")
}

#[cfg(test)]
mod tests;
