use std::fmt;

use serde::Serialize;

/// A tool's name, or a glob over names: `*` stands for any characters (also none), `?` for one.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
pub(crate) struct Pattern(String);

impl Pattern {
    pub(crate) fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn is_glob(&self) -> bool {
        self.0.contains(['*', '?'])
    }

    /// How specific the pattern is: an exact name beats every glob, a glob with more literal characters one
    /// with fewer.
    pub(crate) fn rank(&self) -> (bool, usize) {
        (!self.is_glob(), self.0.chars().filter(|c| !matches!(c, '*' | '?')).count())
    }

    pub(crate) fn matches(&self, name: &str) -> bool {
        if !self.is_glob() {
            return self.0 == name;
        }
        covers(&tokens(&self.0), &name.chars().map(Token::Char).collect::<Vec<_>>())
    }

    /// Whether every name that `other` matches is matched by this pattern.
    pub(crate) fn contains(&self, other: &Self) -> bool {
        covers(&tokens(&self.0), &tokens(&other.0))
    }

    /// Whether some name is matched by both.
    pub(crate) fn overlaps(&self, other: &Self) -> bool {
        let (a, b) = (tokens(&self.0), tokens(&other.0));
        // meets[j]: whether the rests a[i..] and b[j..] match a common text; filled from the end.
        let mut meets: Vec<bool> = vec![false; b.len() + 1];
        for i in (0..=a.len()).rev() {
            let mut before = meets.clone();
            for j in (0..=b.len()).rev() {
                let (x, y) = (a.get(i), b.get(j));
                before[j] = match (x, y) {
                    (None, None) => true,
                    (Some(Token::Any), _) => meets[j] || (y.is_some() && before[j + 1]),
                    (_, Some(Token::Any)) => before[j + 1] || (x.is_some() && meets[j]),
                    (Some(x), Some(y)) => (x == y || *x == Token::One || *y == Token::One) && meets[j + 1],
                    _ => false,
                };
            }
            meets = before;
        }
        meets[0]
    }
}

impl fmt::Display for Pattern {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[derive(Clone, Copy, PartialEq)]
enum Token {
    Char(char),
    One,
    Any,
}

fn tokens(glob: &str) -> Vec<Token> {
    glob.chars()
        .map(|c| match c {
            '*' => Token::Any,
            '?' => Token::One,
            c => Token::Char(c),
        })
        .collect()
}

/// Whether `glob` matches everything that `text`, a name or itself a glob, stands for. On a mismatch the
/// last `*` takes one token more; no earlier one has to be tried again.
fn covers(glob: &[Token], text: &[Token]) -> bool {
    let (mut at, mut read) = (0, 0);
    let mut retry = None;
    while read < text.len() {
        match glob.get(at) {
            Some(Token::Any) => {
                retry = Some((at + 1, read));
                at += 1;
                continue;
            }
            Some(Token::One) if text[read] != Token::Any => {}
            Some(token @ Token::Char(_)) if *token == text[read] => {}
            _ => {
                let Some((star, from)) = retry else { return false };
                retry = Some((star, from + 1));
                (at, read) = (star, from + 1);
                continue;
            }
        }
        (at, read) = (at + 1, read + 1);
    }
    glob[at..].iter().all(|token| *token == Token::Any)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn glob(text: &str) -> Pattern {
        Pattern::new(text)
    }

    #[test]
    fn globs_match_whole_names() {
        for (pattern, name, expected) in [
            ("*", "", true),
            ("get_*", "get_", true),
            ("get_*", "forget_x", false),
            ("*_all", "delete_all", true),
            ("*a*b", "xaxbxb", true),
            ("*a*b", "xaxbx", false),
            ("l?st", "list", true),
            ("l?st", "lst", false),
            ("List", "list", false),
        ] {
            assert_eq!(glob(pattern).matches(name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn containment_and_overlap() {
        assert!(glob("*").contains(&glob("get_*")) && !glob("get_*").contains(&glob("*")));
        assert!(glob("get_*").contains(&glob("get_user")) && glob("get_*").contains(&glob("get_*_by_*")));
        assert!(!glob("a?").contains(&glob("a*")) && glob("a*").contains(&glob("a?")));
        assert!(glob("get_*").overlaps(&glob("*_all")) && !glob("get_*").overlaps(&glob("set_*")));
        assert!(glob("a*").overlaps(&glob("*")) && !glob("?").overlaps(&glob("ab")));
    }

    proptest! {
        #[test]
        fn contained_globs_overlap_and_match_no_more(a in "[ab*?]{0,6}", b in "[ab*?]{0,6}", name in "[ab]{0,6}") {
            let (a, b) = (glob(&a), glob(&b));
            if a.contains(&b) {
                prop_assert!(a.overlaps(&b));
                prop_assert!(!b.matches(&name) || a.matches(&name));
            }
            if a.matches(&name) && b.matches(&name) {
                prop_assert!(a.overlaps(&b) && b.overlaps(&a));
            }
        }
    }
}
