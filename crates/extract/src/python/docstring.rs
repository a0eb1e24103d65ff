//! Documentation strings with sections: a summary, and what each parameter means. Newer generations of one SDK state
//! only the summary as the tool's description and move the rest into the schema.

use std::collections::BTreeMap;

/// A documentation string in its parts.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Sections {
    /// The text before the first section.
    pub(super) summary: Option<String>,
    /// Descriptions of parameters.
    pub(super) parameters: BTreeMap<String, String>,
    /// Whether any section follows the summary.
    pub(super) is_sectioned: bool,
}

/// Reads the sections of a cleaned documentation string, in Google's, NumPy's or Sphinx's style; `None` when none of
/// them describes a parameter and, where the SDK counts those too, there is no other section.
pub(super) fn sections(text: &str, others_count: bool) -> Option<Sections> {
    let lines: Vec<&str> = text.lines().collect();
    let is_one = |found: &Sections| !found.parameters.is_empty() || (others_count && found.is_sectioned);
    [google(&lines), numpy(&lines), sphinx(&lines)].into_iter().find(is_one)
}

const PARAMETERS: &[&str] = &["args", "arguments", "params", "parameters"];
fn is_blank(line: Option<&&str>) -> bool {
    line.is_some_and(|line| line.trim().is_empty())
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start().len()
}

fn summary_of(lines: &[&str]) -> Option<String> {
    let text = lines.join("\n");
    let text = text.trim_end_matches('\n');
    (!text.is_empty()).then(|| text.to_owned())
}

/// `Args:` with an indented block.
fn google(lines: &[&str]) -> Sections {
    let mut found = Sections::default();
    let mut at = 0;
    let mut in_code = false;
    let mut before: Option<usize> = None;
    while let Some(line) = lines.get(at) {
        if line.trim_start().to_lowercase().starts_with("```") {
            in_code = !in_code;
        }
        let Some(title) = heading(line).filter(|_| !in_code) else {
            at += 1;
            continue;
        };
        let is_indented = lines.get(at + 1).is_some_and(|line| line.starts_with(' ') && !line.trim().is_empty());
        if !is_indented || !(at == 0 || is_blank(lines.get(at - 1))) {
            at += 1;
            continue;
        }
        let kind = title.to_lowercase();
        found.is_sectioned = true;
        before.get_or_insert(at);
        let end = block_end(lines, at + 1);
        if PARAMETERS.contains(&kind.as_str()) {
            for (name, description) in items(&lines[at + 1..end]) {
                found.parameters.insert(name, description);
            }
        }
        // Any other title, known or not, ends the summary too.
        at = end;
    }
    found.summary = summary_of(&lines[..before.unwrap_or(lines.len())]);
    found
}

/// The words before the colon of a line that may open a section.
fn heading(line: &str) -> Option<&str> {
    if line.starts_with(char::is_whitespace) {
        return None;
    }
    let (title, rest) = line.split_once(':')?;
    let is_title = title.starts_with(|c: char| c.is_alphanumeric() || c == '_')
        && title.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '-' || c == ' ');
    (is_title && (rest.is_empty() || rest.starts_with(char::is_whitespace))).then_some(title)
}

fn block_end(lines: &[&str], from: usize) -> usize {
    let inside = |line: &&&str| line.trim().is_empty() || line.starts_with(' ');
    from + lines[from..].iter().take_while(inside).count()
}

/// `name (type): description` with further lines indented more.
fn items(block: &[&str]) -> Vec<(String, String)> {
    let first = block.iter().find(|line| !line.trim().is_empty());
    let Some(margin) = first.map(|line| indent(line)) else { return Vec::new() };
    let mut found: Vec<(String, String)> = Vec::new();
    let mut open = false;
    for line in block {
        if line.trim().is_empty() {
            if let (true, Some((_, description))) = (open, found.last_mut()) {
                description.push('\n');
            }
        } else if indent(line) <= margin {
            open = false;
            if let Some((name, description)) = line.split_once(':') {
                let name = name.split(['(', ' ']).find(|part| !part.is_empty()).unwrap_or_default();
                found.push((name.trim_start_matches('*').to_owned(), description.trim().to_owned()));
                open = true;
            }
        } else if let (true, Some((_, description))) = (open, found.last_mut()) {
            description.push('\n');
            description.push_str(line.trim());
        }
    }
    for (_, description) in &mut found {
        description.truncate(description.trim_end().len());
    }
    found
}

/// `Parameters` underlined.
fn numpy(lines: &[&str]) -> Sections {
    let mut found = Sections::default();
    let mut before = None;
    let mut at = 0;
    let is_underline = |line: Option<&&str>| line.is_some_and(|l| l.len() >= 3 && l.trim().chars().all(|c| c == '-'));
    while at < lines.len() {
        if lines[at].trim().is_empty() || !is_underline(lines.get(at + 1)) {
            at += 1;
            continue;
        }
        before.get_or_insert(at);
        let mut end = at + 2;
        let opens = |n: usize| is_underline(lines.get(n + 1)) && !lines[n].trim().is_empty();
        while end < lines.len() && !opens(end) {
            end += 1;
        }
        if lines[at].trim().eq_ignore_ascii_case("parameters") {
            let mut names: Vec<String> = Vec::new();
            for line in lines[at + 2..end].iter().filter(|line| !line.trim().is_empty()) {
                if indent(line) == 0 {
                    let name = line.split([':', ',']).next().unwrap_or_default().trim();
                    names = vec![name.to_owned()];
                    found.parameters.insert(name.to_owned(), String::new());
                } else if let Some(description) = names.last().and_then(|name| found.parameters.get_mut(name)) {
                    if !description.is_empty() {
                        description.push('\n');
                    }
                    description.push_str(line.trim());
                }
            }
        }
        at = end;
    }
    found.summary = summary_of(&lines[..before.unwrap_or(lines.len())]);
    found
}

/// `:param name: description`.
fn sphinx(lines: &[&str]) -> Sections {
    let mut found = Sections::default();
    let mut before = None;
    let mut last: Option<String> = None;
    for (at, line) in lines.iter().enumerate() {
        let field = line.strip_prefix(':').and_then(|rest| rest.split_once(':'));
        if let Some((field, description)) = field {
            before.get_or_insert(at);
            let mut words = field.split_whitespace();
            let kind = words.next().unwrap_or_default();
            last = words
                .last()
                .filter(|_| matches!(kind, "param" | "parameter" | "arg" | "argument" | "key"))
                .map(str::to_owned);
            if let Some(name) = &last {
                found.parameters.insert(name.clone(), description.trim().to_owned());
            }
        } else if let Some(description) = last.as_ref().and_then(|name| found.parameters.get_mut(name))
            && line.starts_with(' ')
        {
            description.push(' ');
            description.push_str(line.trim());
        }
    }
    found.summary = summary_of(&lines[..before.unwrap_or(lines.len())]);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(text: &str) -> (String, Vec<(String, String)>) {
        let found = sections(text, false).unwrap();
        (found.summary.unwrap_or_default(), found.parameters.into_iter().collect())
    }

    fn pair(name: &str, description: &str) -> (String, String) {
        (name.to_owned(), description.to_owned())
    }

    #[test]
    fn googles_style() {
        let text = "Does it.\n\nAt length.\n\nNote:\n    beware\n\nArgs:\n    a (int): one\n        more\n    b: two\n\nReturns:\n    c: d\n";
        assert_eq!(parts(text), ("Does it.\n\nAt length.".into(), vec![pair("a", "one\nmore"), pair("b", "two")]));
    }

    #[test]
    fn numpys_style() {
        let text = "Does it.\n\nParameters\n----------\na : int\n    one\nb\n    two\n\nReturns\n-------\nint\n";
        assert_eq!(parts(text), ("Does it.".into(), vec![pair("a", "one"), pair("b", "two")]));
    }

    #[test]
    fn sphinxs_style() {
        assert_eq!(parts("Does it.\n\n:param int a: one\n:returns: b\n"), ("Does it.".into(), vec![pair("a", "one")]));
    }

    #[test]
    fn a_text_without_parameters_stays_whole() {
        let results = sections("Does it.\n\nReturns:\n    a thing: here\n", true).unwrap();
        assert_eq!(results.summary.as_deref(), Some("Does it."));
        assert_eq!(sections("Does it.\n\nReturns:\n    a thing: here\n", false), None);
        assert_eq!(sections("Does it. Args: none", true), None);
        assert_eq!(sections("Does it.\n\n- one: a list\n  and more\n", true), None);
        assert_eq!(sections("Text right above.\nArgs:\n    a: one\n", false), None);
    }
}
