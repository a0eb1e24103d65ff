use std::collections::BTreeSet;

use riskdex_model::{Tool, slug, tool_slugs};

/// Slugs for the names that are not among `known`, in their order. The slugs of known names stay as they
/// were published, so a newcomer that folds to one of them takes a mark.
pub(crate) fn new_slugs(known: &[(String, String)], new: &[&str]) -> Vec<String> {
    if new.is_empty() {
        return Vec::new();
    }
    let names = known.iter().map(|(name, _)| name.as_str()).chain(new.iter().copied());
    let tools: Vec<Tool> = names.map(|name| Tool { name: name.to_owned(), ..Tool::default() }).collect();
    let mut taken: BTreeSet<String> = known.iter().map(|(_, slug)| slug.clone()).collect();
    let wanted = tool_slugs(&tools).into_iter().skip(known.len());
    wanted
        .map(|wanted| {
            // The variants never end, so one of them is free.
            let slug = variants(&wanted).find(|slug| !taken.contains(slug)).unwrap_or_default();
            taken.insert(slug.clone());
            slug
        })
        .collect()
}

/// The slug itself, then variants of it without end, for where it is taken.
pub(crate) fn variants(wanted: &str) -> impl Iterator<Item = String> {
    std::iter::once(wanted.to_owned()).chain((2u64..).map(move |n| slug(&format!("{wanted}-{n}"))))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_published_slug_stays_when_a_namesake_arrives() {
        let known = [("get_x".to_owned(), "get-x".to_owned())];
        let new = new_slugs(&known, &["get-x", "other"]);
        assert!(new[0].starts_with("get-x-"), "{new:?}");
        assert_eq!(new[1], "other");
    }

    #[test]
    fn a_name_made_to_look_like_a_marked_slug_still_gets_its_own() {
        let marked = new_slugs(&[], &["get_x", "get-x"]);
        let forged = new_slugs(&[], &["get_x", "get-x", &marked[0], &marked[1]]);
        let distinct: BTreeSet<_> = forged.iter().collect();
        assert_eq!(distinct.len(), 4, "{forged:?}");
    }
}
