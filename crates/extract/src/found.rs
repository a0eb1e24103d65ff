//! What reading the code of one package gave.

use riskdex_model::{Gap, Tool};

/// Tools found in code, and what stands in the way of calling the list whole.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The tools, in the order of registration, with unique names.
    pub tools: Vec<Tool>,
    /// What was seen and not understood.
    pub gaps: Vec<Gap>,
    /// Why the list is made, wholly or partly, when the server runs.
    pub dynamic: Option<String>,
    /// Remarks for a reader.
    pub notes: Vec<String>,
    /// Packages that make the list, or a part of it, in this one's stead.
    pub elsewhere: Vec<Elsewhere>,
}

impl Found {
    /// Whether it has neither tools nor a reason why there are none.
    pub(crate) fn says_nothing(&self) -> bool {
        self.tools.is_empty() && self.dynamic.is_none() && self.gaps.is_empty() && self.elsewhere.is_empty()
    }
}

/// A dependency that registers tools for the package that was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Elsewhere {
    /// The package's name in the registry, when a dependency of that name is declared; else the imported name.
    pub package: String,
    /// The version range that the manifest states for it, as written.
    pub requirement: Option<String>,
    /// What is imported from it: the dotted module or the module specifier.
    pub module: String,
}
