//! Regular expressions: what programs make names and texts with.

use regex::{Regex, RegexBuilder};

use super::recipes::last;
use crate::fold::{Args, Interp, Place, Value};

/// The largest compiled expression, in bytes.
const SIZE: usize = 1 << 20;
/// What stands before an expression that is only looked for, not taken, and not at the start of the text.
const NOT_FIRST: &str = "(?<!^)";

/// `re.sub(pattern, replacement, text)`.
pub(super) fn substitute(interp: &mut Interp, args: &Args, place: &Place) -> Option<Value> {
    let pattern = args.get(0, "pattern")?.clone();
    let replacement = args.get(1, "repl")?.usual()?;
    let replacement = expansion(replacement.as_str()?);
    let flags = args.named("flags").or_else(|| args.positional.get(4)).and_then(Value::path).map_or("", |path| {
        match last(path) {
            "MULTILINE" | "M" => "(?m)",
            "DOTALL" | "S" => "(?s)",
            "IGNORECASE" | "I" => "(?i)",
            _ => "",
        }
    });
    let text = args.get(2, "string")?.clone();
    Some(interp.lift(&text, &mut |interp, text| {
        let replaced = pattern.as_str().zip(text.as_str()).and_then(|(pattern, text)| {
            let is_late = pattern.starts_with(NOT_FIRST);
            let pattern = pattern.strip_prefix(NOT_FIRST).unwrap_or(pattern);
            match pattern.strip_prefix("(?=").and_then(|rest| rest.strip_suffix(')')) {
                Some(ahead) => Some(insert(&compile(flags, ahead)?, text, &replacement, is_late)),
                None if is_late => None,
                None => Some(compile(flags, pattern)?.replace_all(text, &replacement).into_owned()),
            }
        });
        replaced.map_or_else(|| Value::Unknown(interp.why(text, place)), Value::str)
    }))
}

fn compile(flags: &str, pattern: &str) -> Option<Regex> {
    RegexBuilder::new(&format!("{flags}{pattern}")).size_limit(SIZE).build().ok()
}

/// Puts a text before every match.
fn insert(ahead: &Regex, text: &str, inserted: &str, is_late: bool) -> String {
    let mut out = String::with_capacity(text.len());
    let mut from = 0;
    for found in ahead.find_iter(text).filter(|found| found.start() > 0 || !is_late) {
        out.push_str(&text[from..found.start()]);
        out.push_str(inserted);
        from = found.start();
    }
    out + &text[from..]
}

/// Python's replacement (`\1`, `\g<name>`) as the library writes it.
fn expansion(replacement: &str) -> String {
    let mut out = String::new();
    let mut rest = replacement;
    while let Some(at) = rest.find(['\\', '$']) {
        out.push_str(&rest[..at]);
        let special = &rest[at..];
        let named = special.strip_prefix("\\g<").and_then(|group| group.split_once('>'));
        let digit = special.strip_prefix('\\').and_then(|group| group.chars().next()).filter(char::is_ascii_digit);
        rest = match (named, digit) {
            (Some((group, rest)), _) => {
                out.push_str(&format!("${{{group}}}"));
                rest
            }
            (None, Some(digit)) => {
                out.push_str(&format!("${{{digit}}}"));
                &special[2..]
            }
            (None, None) => {
                out.push_str(if special.starts_with('$') { "$$" } else { "\\" });
                &special[1..]
            }
        };
    }
    out + rest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn replacements_name_groups() {
        assert_eq!(expansion(r"\1_\g<b> $ \n"), r"${1}_${b} $$ \n");
        let regex = compile("", "(.)([A-Z][a-z]+)").unwrap();
        assert_eq!(regex.replace_all("GetUser", expansion(r"\1_\2")), "Get_User");
    }

    #[test]
    fn what_is_only_looked_for_stays() {
        assert_eq!(insert(&compile("", "[A-Z]").unwrap(), "GetUser", "_", true), "Get_User");
    }
}
