use riskdex_model::{Category, Signal, Verdict};
use riskdex_policy::Policy;
use serde::Deserialize;

use crate::markdown;
use crate::{Error, Result};

/// A documented way of abusing tools: one file of `data/attacks/`.
///
/// A file is a TOML fence (identity, whom it concerns, public incidents), a title, the three sections
/// [`SECTIONS`] as Markdown, and at the end the defence as a JSON fence that the policy checker accepts.
#[derive(Clone, Debug)]
pub(crate) struct Attack {
    pub(crate) fence: Fence,
    pub(crate) title: String,
    /// HTML of the three sections.
    pub(crate) how: String,
    pub(crate) exposed: String,
    pub(crate) defence: String,
    pub(crate) policy: Policy,
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Fence {
    pub(crate) slug: String,
    pub(crate) class: String,
    pub(crate) summary: String,
    pub(crate) categories: Vec<Category>,
    pub(crate) signals: Vec<Signal>,
    /// Whether it works by the definition itself, so that a suspicious one may be a case of it.
    #[serde(default)]
    pub(crate) by_definition: bool,
    #[serde(default, rename = "incident")]
    pub(crate) incidents: Vec<Incident>,
}

/// Something that happened in public, or was shown there.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Incident {
    /// `2025-07-18`, or `2026-03` where the day is not certain.
    pub(crate) date: String,
    pub(crate) what: String,
    pub(crate) reference: String,
}

const SECTIONS: [&str; 3] = ["How it works", "Who is exposed", "Defence"];

impl Attack {
    /// Reads a file; `file` names it in errors.
    pub(crate) fn parse(file: &str, text: &str) -> Result<Self> {
        let wrong = |problem: String| Error::data(file, problem);
        let rest = text.strip_prefix("```toml\n").ok_or_else(|| wrong("has to begin with a ```toml fence".into()))?;
        let (fence, rest) = rest.split_once("\n```\n").ok_or_else(|| wrong("the ```toml fence has no end".into()))?;
        let fence: Fence = toml::from_str(fence).map_err(|error| wrong(error.to_string()))?;
        if riskdex_model::slug(&fence.slug) != fence.slug {
            return Err(wrong(format!("slug = {:?} is no slug", fence.slug)));
        }
        for incident in &fence.incidents {
            if !incident.reference.starts_with("https://") || !is_date(&incident.date) {
                return Err(wrong(format!("the incident of {:?} needs a date and an https reference", incident.date)));
            }
        }
        let rest = rest.trim_start().strip_prefix("# ").ok_or_else(|| wrong("a title (# …) has to follow".into()))?;
        let (title, rest) = rest.split_once('\n').unwrap_or((rest, ""));
        let (prose, policy) = rest
            .trim_end()
            .strip_suffix("```")
            .and_then(|rest| rest.rsplit_once("```json\n"))
            .ok_or_else(|| wrong("has to end with the defence, a ```json fence".into()))?;
        let policy = Policy::parse(policy).map_err(|problems| {
            let problems: Vec<String> = problems.iter().map(ToString::to_string).collect();
            wrong(format!("the defence is no policy: {}", problems.join("; ")))
        })?;
        let [how, exposed, defence] = sections(prose).map_err(wrong)?;
        Ok(Self { fence, title: title.trim().to_owned(), how, exposed, defence, policy })
    }

    /// How much it concerns a tool with this verdict: 0 not at all; a signal in common tells more than the category,
    /// and a suspicious definition more than both.
    pub(crate) fn concerns(&self, verdict: &Verdict) -> usize {
        let signals = self.fence.signals.iter().filter(|signal| verdict.signals.contains(signal)).count();
        let shown = self.fence.by_definition && verdict.is_suspicious();
        100 * usize::from(shown) + 3 * signals + usize::from(self.fence.categories.contains(&verdict.category))
    }

    pub(crate) fn path(&self) -> String {
        format!("/attacks/{}/", self.fence.slug)
    }
}

fn is_date(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let digits = |part: &&str, len| part.len() == len && part.bytes().all(|b| b.is_ascii_digit());
    (2..=3).contains(&parts.len()) && parts.iter().enumerate().all(|(i, part)| digits(part, if i == 0 { 4 } else { 2 }))
}

/// The HTML of the sections, which have to be these, in this order.
fn sections(prose: &str) -> Result<[String; 3], String> {
    let mut parts = prose.split("\n## ");
    if !parts.next().unwrap_or_default().trim().is_empty() {
        return Err("nothing may stand between the title and the first section".to_owned());
    }
    let mut html = SECTIONS.map(|_| String::new());
    for (name, html) in SECTIONS.iter().zip(&mut html) {
        let text = parts.next().and_then(|part| part.strip_prefix(name)?.strip_prefix('\n'));
        *html = markdown::to_html(text.ok_or_else(|| format!("the section \"## {name}\" is missing here"))?);
    }
    match parts.next() {
        Some(more) => Err(format!("one section too many: {:?}", more.lines().next().unwrap_or_default())),
        None => Ok(html),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = "```toml\nslug = \"x\"\nclass = \"Protocol\"\nsummary = \"S\"\ncategories = [\"Read\"]\nsignals = []\n```\n\n\
        # X\n\n## How it works\n\nA\n\n## Who is exposed\n\nB\n\n## Defence\n\nC\n\n\
        ```json\n{\"version\": \"1\", \"default\": \"deny\"}\n```\n";

    fn problem(text: &str) -> String {
        Attack::parse("x.md", text).unwrap_err().to_string()
    }

    #[test]
    fn a_file_is_read() {
        let attack = Attack::parse("x.md", FILE).unwrap();
        assert_eq!(
            (attack.title.as_str(), attack.how.as_str(), attack.defence.as_str()),
            ("X", "<p>A</p>\n", "<p>C</p>\n")
        );
    }

    #[test]
    fn what_is_wrong_is_named() {
        assert!(problem("# X").contains("x.md: has to begin with a ```toml fence"));
        assert!(problem(&FILE.replace("\"Read\"", "\"Reed\"")).contains("Reed"));
        assert!(problem(&FILE.replace("## Defence", "## Cure")).contains("\"## Defence\" is missing"));
        assert!(problem(&FILE.replace("\"1\"", "\"7\"")).contains("/version"));
        let incident =
            "signals = []\n[[incident]]\ndate = \"soon\"\nwhat = \"w\"\nreference = \"https://example.com/\"";
        assert!(problem(&FILE.replace("signals = []", incident)).contains("needs a date"));
    }
}
