//! The changes as an Atom feed.

use riskdex_catalog::Event;
use serde::Serialize;

use crate::Result;
use crate::build::Site;
use crate::page::changes::{event_path, event_text};
use crate::page::{NAME_MAX, one_line};

#[derive(Serialize)]
struct Feed {
    updated: String,
    entries: Vec<Entry>,
}

#[derive(Serialize)]
struct Entry {
    /// What tells it from all others, wherever the site is served.
    id: String,
    url: String,
    title: String,
    text: String,
    at: String,
}

/// Newest events that the feed holds.
const ENTRIES: usize = 100;

pub(crate) fn write(site: &Site<'_>, events: &[Event]) -> Result<()> {
    let entry = |event: &Event| {
        let path = event_path(event);
        let subject = event.tool_name.as_deref().unwrap_or(&event.server_name);
        let place = if event.tool_name.is_some() { format!(" on {}", event.server_name) } else { String::new() };
        Entry {
            id: format!("{path}#{}-{:?}", event.at, event.kind).to_lowercase(),
            url: site.url(&path),
            title: one_line(&format!("{subject}{place}"), NAME_MAX),
            text: event_text(event),
            at: event.at.clone(),
        }
    };
    let updated = events.first().map_or(&site.options.generated_at, |event| &event.at).clone();
    let feed = Feed { updated, entries: events.iter().take(ENTRIES).map(entry).collect() };
    site.put_dated("/changes/feed.xml", &site.render("feed.xml", &feed)?)
}
