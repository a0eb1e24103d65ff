use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// A word that names no category, level or signal.
#[derive(Debug, thiserror::Error)]
#[error("unknown {kind} {found:?}; one of {}", .allowed.join(", "))]
pub struct UnknownName {
    kind: &'static str,
    found: String,
    allowed: Vec<&'static str>,
}

/// Declares an enum of named things whose JSON form, `Display`, `FromStr` and list agree.
macro_rules! named {
    ($(#[$meta:meta])* $name:ident, $kind:literal { $($(#[$vmeta:meta])* $variant:ident = $text:literal,)+ }) => {
        $(#[$meta])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        pub enum $name { $($(#[$vmeta])* #[serde(rename = $text)] $variant,)+ }

        impl $name {
            /// Every value, in the order of declaration.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name used in JSON, on pages and on the command line.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $text,)+ }
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl FromStr for $name {
            type Err = UnknownName;

            /// Reads a name, ignoring ASCII case.
            fn from_str(text: &str) -> Result<Self, UnknownName> {
                Self::ALL.iter().copied().find(|v| v.as_str().eq_ignore_ascii_case(text)).ok_or_else(|| UnknownName {
                    kind: $kind,
                    found: text.to_owned(),
                    allowed: Self::ALL.iter().map(|v| v.as_str()).collect(),
                })
            }
        }
    };
}

named! {
    /// The worst effect that a tool's definition admits.
    Category, "category" {
        /// Only retrieves, searches, computes, validates or renders.
        Read = "Read",
        /// Creates or changes stored data or settings; can be undone or changed again.
        Write = "Write",
        /// Triggers a process or action that reaches beyond a stored record.
        Execute = "Execute",
        /// Can permanently delete, revoke or overwrite data, resources or access.
        Destructive = "Destructive",
        /// Moves money or commits to spending.
        Financial = "Financial",
    }
}

impl Category {
    /// The level before any signal raises it.
    pub const fn base_level(self) -> Level {
        match self {
            Self::Read => Level::Low,
            Self::Write => Level::Medium,
            Self::Execute => Level::High,
            Self::Destructive | Self::Financial => Level::Critical,
        }
    }

    /// Rank of severity, 0 to 3; Destructive and Financial are equal.
    pub const fn severity(self) -> u8 {
        match self {
            Self::Read => 0,
            Self::Write => 1,
            Self::Execute => 2,
            Self::Destructive | Self::Financial => 3,
        }
    }
}

named! {
    /// How much harm one call can do.
    Level, "level" {
        /// Nothing changes.
        Low = "Low",
        /// Something changes and can be changed back, or private data is read.
        Medium = "Medium",
        /// Effects reach beyond a stored record, or secrets are handled.
        High = "High",
        /// Cannot be undone, spends money, or runs code of the caller's choice.
        Critical = "Critical",
    }
}

named! {
    /// A facet that holds beside the category; it may raise the level, never lower it.
    Signal, "signal" {
        /// A parameter takes code, a command, a script or arbitrary SQL.
        FreeCode = "free_code",
        /// Returns or handles credentials, keys, tokens.
        Secrets = "secrets",
        /// Returns mail, messages, files, customer or health records.
        PrivateData = "private_data",
        /// Changes permissions, policies, identities, security settings.
        AccessControl = "access_control",
        /// Can carry data out: sends, posts, publishes, uploads, fetches a caller's URL.
        ExternalSink = "external_sink",
        /// Brings text from outside into the model: web pages, issues, mail.
        UntrustedContent = "untrusted_content",
        /// A parameter takes a path.
        FilePath = "file_path",
        /// A parameter takes a URL.
        FreeUrl = "free_url",
        /// A parameter takes raw markup.
        FreeHtml = "free_html",
        /// Acts on many things in one call.
        Bulk = "bulk",
        /// Is billed by use, or launches billed capacity.
        CostsMoney = "costs_money",
        /// Reaches production-wide or account-wide resources.
        Unbounded = "unbounded",
    }
}

impl Signal {
    /// The level that a tool of `category` has at least when this signal holds, if the signal raises it.
    pub const fn raises(self, category: Category) -> Option<Level> {
        match (self, category) {
            (Self::FreeCode, Category::Execute) => Some(Level::Critical),
            (Self::Secrets, Category::Read | Category::Write) => Some(Level::High),
            (Self::AccessControl, Category::Write) => Some(Level::High),
            (Self::PrivateData | Self::CostsMoney, Category::Read) => Some(Level::Medium),
            _ => None,
        }
    }

    /// What the signal says of a tool, in a few words.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::FreeCode => "takes code, a command or arbitrary SQL",
            Self::Secrets => "returns or handles credentials, keys or tokens",
            Self::PrivateData => "returns mail, messages, files or personal records",
            Self::AccessControl => "changes permissions, policies or identities",
            Self::ExternalSink => "can carry data out",
            Self::UntrustedContent => "brings text from outside into the model",
            Self::FilePath => "takes a file path",
            Self::FreeUrl => "takes a URL",
            Self::FreeHtml => "takes raw markup",
            Self::Bulk => "acts on many things in one call",
            Self::CostsMoney => "is billed by use",
            Self::Unbounded => "reaches production-wide or account-wide resources",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_round_trip_and_ignore_case() {
        for &category in Category::ALL {
            assert_eq!(category.as_str().to_lowercase().parse::<Category>().unwrap(), category);
        }
        let error = "lethal".parse::<Level>().unwrap_err().to_string();
        assert_eq!(error, "unknown level \"lethal\"; one of Low, Medium, High, Critical");
    }

    #[test]
    fn no_signal_lowers_a_level() {
        for &category in Category::ALL {
            for &signal in Signal::ALL {
                assert!(signal.raises(category).is_none_or(|level| level > category.base_level()));
            }
        }
    }
}
