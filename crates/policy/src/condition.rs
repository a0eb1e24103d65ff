use std::fmt;

use regex::Regex;
use serde::Serialize;
use serde::ser::{SerializeMap, Serializer};

use crate::json::Json;
use crate::number::Number;

/// Where an argument is: `args.order.items.0.price`; `*` stands for any element of a list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Path(Vec<String>);

impl Path {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let parts: Vec<String> = text.strip_prefix("args.")?.split('.').map(str::to_owned).collect();
        parts.iter().all(|part| !part.is_empty()).then_some(Self(parts))
    }

    /// The values at the path; several if it holds `*`.
    pub(crate) fn find<'j>(&self, arguments: &'j Json) -> Vec<&'j Json> {
        let mut found = vec![arguments];
        for part in &self.0 {
            found = found.into_iter().flat_map(|value| step(value, part)).collect();
        }
        found
    }
}

fn step<'j>(value: &'j Json, part: &str) -> Vec<&'j Json> {
    match value {
        Json::Array(elements) if part == "*" => elements.iter().collect(),
        Json::Array(elements) => part.parse::<usize>().ok().and_then(|i| elements.get(i)).into_iter().collect(),
        _ => value.get(part).into_iter().collect(),
    }
}

impl fmt::Display for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "args.{}", self.0.join("."))
    }
}

impl Serialize for Path {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

/// One statement about an argument.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Condition {
    pub(crate) path: Path,
    pub(crate) test: Test,
}

/// What is asked of the argument's value.
#[derive(Clone, Debug)]
pub(crate) enum Test {
    Eq(Json),
    Neq(Json),
    Lt(Number),
    Lte(Number),
    Gt(Number),
    Gte(Number),
    In(Vec<Json>),
    NotIn(Vec<Json>),
    Exists(bool),
    Matches(Regex),
    Contains(Json),
}

impl Condition {
    /// The operators' names.
    pub(crate) const OPERATORS: &'static [&'static str] =
        &["eq", "neq", "lt", "lte", "gt", "gte", "in", "not_in", "exists", "regex", "contains"];

    /// Whether it holds. About a missing argument nothing holds but `exists: false`; of several values (`*`)
    /// one that fits is enough.
    pub(crate) fn holds(&self, arguments: &Json) -> bool {
        let found = self.path.find(arguments);
        match self.test {
            Test::Exists(wanted) => wanted != found.is_empty(),
            _ => found.into_iter().any(|value| self.test.fits(value)),
        }
    }
}

impl Test {
    fn fits(&self, value: &Json) -> bool {
        let number = |test: &dyn Fn(&Number) -> bool| matches!(value, Json::Number(number) if test(number));
        match self {
            Self::Eq(wanted) => value == wanted,
            Self::Neq(wanted) => value != wanted,
            Self::Lt(bound) => number(&|n| n < bound),
            Self::Lte(bound) => number(&|n| n <= bound),
            Self::Gt(bound) => number(&|n| n > bound),
            Self::Gte(bound) => number(&|n| n >= bound),
            Self::In(list) => list.contains(value),
            Self::NotIn(list) => !list.contains(value),
            Self::Exists(wanted) => *wanted,
            Self::Matches(regex) => matches!(value, Json::String(text) if regex.is_match(text)),
            Self::Contains(part) => match (value, part) {
                (Json::String(text), Json::String(part)) => text.contains(part.as_str()),
                (Json::Array(elements), part) => elements.contains(part),
                _ => false,
            },
        }
    }

    fn operator(&self) -> &'static str {
        match self {
            Self::Eq(_) => "eq",
            Self::Neq(_) => "neq",
            Self::Lt(_) => "lt",
            Self::Lte(_) => "lte",
            Self::Gt(_) => "gt",
            Self::Gte(_) => "gte",
            Self::In(_) => "in",
            Self::NotIn(_) => "not_in",
            Self::Exists(_) => "exists",
            Self::Matches(_) => "regex",
            Self::Contains(_) => "contains",
        }
    }
}

impl PartialEq for Test {
    fn eq(&self, other: &Self) -> bool {
        let written = |test: &Self| serde_json::to_string(test).ok();
        self.operator() == other.operator() && written(self) == written(other)
    }
}

/// The value that is compared with.
impl Serialize for Test {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Eq(value) | Self::Neq(value) | Self::Contains(value) => value.serialize(serializer),
            Self::Lt(bound) | Self::Lte(bound) | Self::Gt(bound) | Self::Gte(bound) => bound.serialize(serializer),
            Self::In(list) | Self::NotIn(list) => list.serialize(serializer),
            Self::Exists(wanted) => serializer.serialize_bool(*wanted),
            Self::Matches(regex) => serializer.serialize_str(regex.as_str()),
        }
    }
}

impl Serialize for Condition {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(3))?;
        map.serialize_entry("path", &self.path)?;
        map.serialize_entry("op", self.test.operator())?;
        map.serialize_entry("value", &self.test)?;
        map.end()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Arguments, Policy};

    /// Whether a tool that requires `condition` would be let through with `arguments`.
    fn holds(condition: &str, arguments: &str) -> bool {
        let text = format!(r#"{{"version":"1","default":"deny","tools":{{"t":{{"require":[{condition}]}}}}}}"#);
        let policy = Policy::parse(&text).unwrap();
        let (_, rule) = policy.rule("t").unwrap();
        rule.require[0].holds(&Arguments::parse(arguments).unwrap().0)
    }

    #[test]
    fn operators_read_as_they_say() {
        for (condition, arguments, expected) in [
            (r#"{"path":"args.n","op":"gt","value":100}"#, r#"{"n":100.00000000000000000001}"#, true),
            (r#"{"path":"args.n","op":"lte","value":1e2}"#, r#"{"n":100.0}"#, true),
            (r#"{"path":"args.n","op":"gt","value":1}"#, r#"{"n":"2"}"#, false),
            (r#"{"path":"args.n","op":"eq","value":1.0}"#, r#"{"n":1}"#, true),
            (r#"{"path":"args.n","op":"eq","value":null}"#, r#"{"n":null}"#, true),
            (r#"{"path":"args.s","op":"neq","value":"usd"}"#, r#"{"s":"eur"}"#, true),
            (r#"{"path":"args.s","op":"in","value":["a","b"]}"#, r#"{"s":"b"}"#, true),
            (r#"{"path":"args.s","op":"not_in","value":["a",1]}"#, r#"{"s":1.0}"#, false),
            (r#"{"path":"args.s","op":"regex","value":"^/etc"}"#, r#"{"s":"/etc/passwd"}"#, true),
            (r#"{"path":"args.s","op":"regex","value":"etc"}"#, r#"{"s":"/etc/passwd"}"#, true),
            (r#"{"path":"args.s","op":"contains","value":"--force"}"#, r#"{"s":"push --force"}"#, true),
            (r#"{"path":"args.s","op":"contains","value":"x"}"#, r#"{"s":["y","x"]}"#, true),
            (r#"{"path":"args.s","op":"contains","value":"x"}"#, r#"{"s":["xy"]}"#, false),
            (r#"{"path":"args.a.b.1.c","op":"eq","value":2}"#, r#"{"a":{"b":[{"c":1},{"c":2}]}}"#, true),
            (r#"{"path":"args.to.*","op":"not_in","value":["me"]}"#, r#"{"to":["me","you"]}"#, true),
            (r#"{"path":"args.0","op":"eq","value":"x"}"#, r#"{"0":"x"}"#, true),
        ] {
            assert_eq!(holds(condition, arguments), expected, "{condition} of {arguments}");
        }
    }

    #[test]
    fn of_a_missing_argument_only_its_absence_holds() {
        for op in Condition::OPERATORS {
            let value = match *op {
                "in" | "not_in" => r#"["x"]"#,
                "exists" => "true",
                "lt" | "lte" | "gt" | "gte" => "0",
                _ => r#""x""#,
            };
            let condition = format!(r#"{{"path":"args.gone.*.x","op":"{op}","value":{value}}}"#);
            assert!(!holds(&condition, r#"{"gone":[],"other":1}"#), "{op}");
        }
        assert!(holds(r#"{"path":"args.gone","op":"exists","value":false}"#, "{}"));
        assert!(holds(r#"{"path":"args.there","op":"exists"}"#, r#"{"there":null}"#));
    }
}
