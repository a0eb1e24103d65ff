//! Numbers with their nouns.

use std::fmt::Display;

/// `1 server`, `2 servers`.
pub(crate) fn counted(count: impl Display, noun: &str) -> String {
    let count = count.to_string();
    let ending = if count == "1" { "" } else { "s" };
    format!("{count} {noun}{ending}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_is_singular() {
        assert_eq!([0, 1, 2, 11].map(|n| counted(n, "tool")), ["0 tools", "1 tool", "2 tools", "11 tools"]);
    }
}
