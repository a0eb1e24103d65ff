use std::collections::BTreeMap;

use crate::{Fingerprint, Tool};

/// Longest slug, in bytes. File systems allow 255; pages are folders below other folders.
pub const SLUG_MAX: usize = 100;

/// Names of the files that lie in a page's own folder, beside the folders of the pages below it.
const RESERVED: [&str; 2] = ["index.html", "policy.json"];

/// A path-safe name made from an identity: `[a-z0-9._-]`, never empty, never starting with a dot, at most
/// [`SLUG_MAX`] bytes. A text that loses anything but letter case and `_` keeps a mark of its digest, so
/// that different texts seldom share a slug.
///
/// ```
/// assert_eq!(riskdex_model::slug("list_EC2 instances"), "list-ec2-instances");
/// assert!(riskdex_model::slug("../etc").starts_with("etc-"));
/// ```
pub fn slug(text: &str) -> String {
    let mut out = String::new();
    let mut lossy = false;
    for c in text.chars().take(SLUG_MAX + 1) {
        let kept = match c {
            'a'..='z' | '0'..='9' | '.' => c,
            'A'..='Z' => c.to_ascii_lowercase(),
            '-' | '_' | ' ' | ':' | '/' | '@' => '-',
            _ => {
                lossy = true;
                '-'
            }
        };
        // Runs of marks become one; a run of dots is never what a name means.
        let repeated = matches!(kept, '-' | '.') && out.ends_with(kept);
        lossy |= repeated && kept == '.';
        if !repeated {
            out.push(kept);
        }
    }
    let out = out.trim_matches(['-', '.']).to_owned();
    lossy |= out.is_empty() || text.chars().count() > SLUG_MAX || RESERVED.contains(&&*out);
    if !lossy {
        return out;
    }
    let kept: String = out.chars().take(SLUG_MAX - 9).collect();
    format!("{}-{}", kept.trim_matches(['-', '.']), mark(text)).trim_matches('-').to_owned()
}

/// First eight hex digits of the text's digest.
fn mark(text: &str) -> String {
    let fingerprint = Fingerprint::of(&serde_json::Value::from(text));
    fingerprint.as_str()["sha256:".len()..][..8].to_owned()
}

/// The slugs of one server's tools, in the tools' order. Where several names fold to one slug, each of
/// them takes a mark of its own name: the result does not depend on the order of the list.
pub fn tool_slugs(tools: &[Tool]) -> Vec<String> {
    let plain: Vec<String> = tools.iter().map(|tool| slug(&tool.name)).collect();
    let mut wanted: BTreeMap<&str, usize> = BTreeMap::new();
    for slug in &plain {
        *wanted.entry(slug).or_default() += 1;
    }
    let slug = |(tool, slug): (&Tool, &String)| match wanted[slug.as_str()] {
        1 => slug.clone(),
        _ => marked(slug, &tool.name),
    };
    tools.iter().zip(&plain).map(slug).collect()
}

fn marked(slug: &str, name: &str) -> String {
    let kept: String = slug.chars().take(SLUG_MAX - 9).collect();
    format!("{}-{}", kept.trim_end_matches(['-', '.']), mark(name))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn names_that_fold_to_one_slug_are_told_apart() {
        let tools: Vec<Tool> =
            ["get_x", "get-x", "GET x", "other"].map(|n| Tool { name: n.into(), ..Tool::default() }).into();
        let slugs = tool_slugs(&tools);
        let distinct: std::collections::BTreeSet<_> = slugs.iter().collect();
        assert_eq!(distinct.len(), 4);
        assert_eq!(slugs[3], "other");
        assert!(slugs[0].starts_with("get-x-"));
    }

    #[test]
    fn runs_of_dots_leave_none_behind() {
        assert!(slug("A...A").starts_with("a.a-"));
        assert!(slug("a....b").starts_with("a.b-"));
    }

    #[test]
    fn plain_identities_stay_readable() {
        assert_eq!(slug("pypi:awslabs-eks-mcp-server"), "pypi-awslabs-eks-mcp-server");
        assert_eq!(slug("npm:@scope/name"), "npm-scope-name");
    }

    #[test]
    fn no_slug_takes_the_place_of_a_page_file() {
        assert!(slug("Index.HTML").starts_with("index.html-"));
        assert!(slug("policy.json").starts_with("policy.json-"));
    }

    proptest! {
        #[test]
        fn every_text_gives_a_safe_path_part(text in ".{0,300}") {
            let slug = slug(&text);
            prop_assert!(!slug.is_empty() && slug.len() <= SLUG_MAX, "{slug:?}");
            prop_assert!(!slug.starts_with('.') && !slug.contains(".."), "{slug:?}");
            prop_assert!(slug.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b"._-".contains(&b)), "{slug:?}");
        }
    }
}
