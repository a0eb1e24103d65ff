use std::collections::BTreeMap;
use std::fmt;
use std::time::Duration;

use riskdex_model::Fingerprint;
use serde::Serialize;
use serde::ser::Serializer;

use crate::amount::Amount;
use crate::check;
use crate::condition::{Condition, Path};
use crate::pattern::Pattern;
use crate::problem::Problem;

/// What an agent may do with one server: a checked `policy.json`. Serialises to the canonical document, with
/// whatever equals its default left out; equal meanings in equal order give equal bytes.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Policy {
    pub(crate) version: Version,
    pub(crate) default: Stance,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) mode: Mode,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) hide: Vec<Pattern>,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) all_tools: AllTools,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub(crate) tools: BTreeMap<Pattern, Rule>,
}

impl Policy {
    /// Reads a document. Every problem is reported, not the first alone.
    pub fn parse(text: &str) -> Result<Self, Vec<Problem>> {
        check::policy(text)
    }

    /// The document that only says what happens by default.
    pub fn new(default: Stance) -> Self {
        Self {
            version: Version::One,
            default,
            mode: Mode::Enforce,
            hide: Vec::new(),
            all_tools: AllTools::default(),
            tools: BTreeMap::new(),
        }
    }

    /// What happens to a tool that no rule names.
    pub fn default(&self) -> Stance {
        self.default
    }

    /// Whether decisions are enforced or only logged.
    pub fn mode(&self) -> Mode {
        self.mode
    }

    /// Whether the tool is taken out of the list of tools. Observing changes nothing, not even the list.
    pub fn hides(&self, tool: &str) -> bool {
        self.mode == Mode::Enforce && self.is_hidden(tool)
    }

    /// The document as a page shows it: indented, short lists and objects kept on one line.
    pub fn to_pretty(&self) -> String {
        crate::json::pretty(self)
    }

    pub(crate) fn is_hidden(&self, tool: &str) -> bool {
        self.hide.iter().any(|pattern| pattern.matches(tool))
    }

    /// The rule of a tool and the key it stands under: the exact name, else the most specific glob.
    pub(crate) fn rule(&self, tool: &str) -> Option<(&Pattern, &Rule)> {
        self.tools.iter().filter(|(pattern, _)| pattern.matches(tool)).max_by_key(|(pattern, _)| pattern.rank())
    }
}

/// The only version of the document.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub(crate) enum Version {
    #[serde(rename = "1")]
    One,
}

/// Declares an enum whose names in the document are known to the checker.
macro_rules! words {
    ($(#[$meta:meta])* $name:ident { $($(#[$vmeta:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
        pub enum $name { $($(#[$vmeta])* #[serde(rename = $text)] $variant,)+ }

        impl $name {
            /// The words of the document.
            pub(crate) const WORDS: &'static [&'static str] = &[$($text,)+];

            /// The value of a word.
            pub(crate) fn of(word: &str) -> Option<Self> {
                match word { $($text => Some(Self::$variant),)+ _ => None }
            }

            /// The word of the document.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }
    };
}

words! {
    /// What happens to a tool that no rule names.
    Stance {
        /// It may be called.
        Allow = "allow",
        /// It is denied.
        Deny = "deny",
    }
}

words! {
    /// Whether decisions are enforced.
    #[derive(Default)]
    Mode {
        /// They are.
        #[default]
        Enforce = "enforce",
        /// They are made and logged, and every call is let through: a dry run.
        Observe = "observe",
    }
}

words! {
    /// Whose calls a limit counts together.
    #[derive(Default)]
    Scope {
        /// Those of one grant (one client's access to the server).
        #[default]
        Grant = "grant",
        /// Those of one session.
        Session = "session",
        /// All calls to the server.
        Server = "server",
    }
}

/// What holds for every call, whatever the tool.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct AllTools {
    pub(crate) limits: Vec<Limit>,
}

/// What is asked of the calls of one tool, or of all whose names a glob matches.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct Rule {
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) deny: bool,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) require: Vec<Condition>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) deny_if: Vec<DenyIf>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) approve_if: Vec<ApproveIf>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) limits: Vec<Limit>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) pin: Option<Fingerprint>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) on_deny: Option<String>,
}

/// Denies when all conditions hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct DenyIf {
    pub(crate) conditions: Vec<Condition>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) on_deny: Option<String>,
}

/// Asks a person when all conditions hold.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub(crate) struct ApproveIf {
    pub(crate) conditions: Vec<Condition>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) timeout: Option<Span>,
}

/// Most calls, or most of an argument, in any interval of a length.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub(crate) struct Limit {
    pub(crate) counter: String,
    pub(crate) window: Span,
    pub(crate) max: Amount,
    #[serde(skip_serializing_if = "is_default")]
    pub(crate) scope: Scope,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) amount: Option<Path>,
}

/// A length of time in whole seconds, more than none: `minute`, `90s`, `15m`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Span(u64);

impl Span {
    pub(crate) const MINUTE: Self = Self(60);
    /// The lengths that have a name.
    pub(crate) const NAMED: &'static [(&'static str, u64)] =
        &[("second", 1), ("minute", 60), ("hour", 3600), ("day", 86_400)];
    const UNITS: &'static [(char, u64)] = &[('d', 86_400), ('h', 3600), ('m', 60), ('s', 1)];
    /// Ten years; beyond that a limit is a typing error.
    const MAX: u64 = 3650 * 86_400;

    pub(crate) fn parse(text: &str) -> Option<Self> {
        if let Some((_, seconds)) = Self::NAMED.iter().find(|(name, _)| *name == text) {
            return Some(Self(*seconds));
        }
        let unit = text.chars().last()?;
        let (_, seconds) = Self::UNITS.iter().find(|(letter, _)| *letter == unit)?;
        let count = &text[..text.len() - unit.len_utf8()];
        if !count.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
        let total = count.parse::<u64>().ok()?.checked_mul(*seconds)?;
        (1..=Self::MAX).contains(&total).then_some(Self(total))
    }

    pub(crate) fn duration(self) -> Duration {
        Duration::from_secs(self.0)
    }
}

impl fmt::Display for Span {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some((name, _)) = Self::NAMED.iter().find(|(_, seconds)| *seconds == self.0) {
            return f.write_str(name);
        }
        let whole = Self::UNITS.iter().find(|(_, seconds)| self.0.is_multiple_of(*seconds));
        let (unit, seconds) = whole.unwrap_or(&('s', 1));
        write!(f, "{}{unit}", self.0 / seconds)
    }
}

impl Serialize for Span {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
