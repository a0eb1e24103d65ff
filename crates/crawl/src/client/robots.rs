//! What a site's robots.txt allows us, for sources that are read as web pages (RFC 9309).

use std::collections::HashMap;
use std::sync::Arc;

use robotstxt::DefaultMatcher;
use tokio::sync::{Mutex, OnceCell};
use url::Url;

use super::{Client, Request};
use crate::Error;

/// Longest robots.txt that we read (RFC 9309 asks for at least this much).
const LONGEST: u64 = 512 * 1024;

/// The robots.txt of every site asked in this run.
#[derive(Default)]
pub(crate) struct Robots {
    known: Mutex<HashMap<String, Arc<OnceCell<Rules>>>>,
}

/// One site's rules.
enum Rules {
    /// No such file: everything is allowed.
    None,
    /// As the file says.
    Text(String),
    /// The file may exist and could not be read: nothing is allowed.
    Unknown(String),
}

impl Robots {
    /// Refuses a page that its site does not want us to read.
    pub(crate) async fn check(&self, client: &Client, url: &Url) -> Result<(), Error> {
        let refused = |reason: String| Err(Error::Refused { url: url.to_string(), reason });
        let cell = self.known.lock().await.entry(url.origin().ascii_serialization()).or_default().clone();
        match cell.get_or_init(|| read(client, url)).await {
            Rules::None => Ok(()),
            Rules::Unknown(why) => refused(format!("its site's robots.txt could not be read ({why})")),
            Rules::Text(text) if allows(text, client.agent(), url) => Ok(()),
            Rules::Text(_) => refused("its site's robots.txt asks us not to".to_owned()),
        }
    }
}

async fn read(client: &Client, page: &Url) -> Rules {
    let Ok(url) = page.join("/robots.txt") else { return Rules::None };
    // Boxed, because asking for a page asks for robots.txt first.
    match Box::pin(client.get(&Request::new(url).limit(LONGEST))).await {
        Ok(answer) => Rules::Text(String::from_utf8_lossy(&answer.body).into_owned()),
        Err(Error::Status { status: 400..=428 | 430..=499, .. }) => Rules::None,
        Err(error) => Rules::Unknown(error.to_string()),
    }
}

fn allows(text: &str, agent: &str, url: &Url) -> bool {
    DefaultMatcher::default().one_agent_allowed_by_robots(text, agent, url.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_own_group_counts_before_the_one_for_everybody() {
        let text = "User-agent: *\nDisallow: /\n\nUser-agent: riskdex\nAllow: /public/\nDisallow: /public/private\n";
        let allowed =
            |path: &str| allows(text, "riskdex", &Url::parse(&format!("https://site.example{path}")).unwrap());
        assert!(allowed("/public/list.md"));
        assert!(!allowed("/public/private"));
        assert!(!allows(text, "other", &Url::parse("https://site.example/public/list.md").unwrap()));
    }
}
