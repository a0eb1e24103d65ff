//! The list of changes, and events in words.

use riskdex_catalog::{Cause, Event, EventKind};
use serde::Serialize;

use super::words::date;
use super::{Frame, Link, Pager, crumbs, full_name, one_line, server_path, tool_path, tools};

/// An event in a list.
#[derive(Clone, Serialize)]
pub(crate) struct EventRow {
    at: String,
    date: String,
    subject: String,
    is_tool: bool,
    /// The server, when the subject is one of its tools.
    server_name: Option<String>,
    text: String,
    path: String,
}

impl From<&Event> for EventRow {
    fn from(event: &Event) -> Self {
        let server_name = full_name(&event.server_name);
        let tool_name = event.tool_name.as_deref().map(full_name);
        Self {
            at: event.at.clone(),
            date: date(&event.at),
            is_tool: event.tool.is_some(),
            server_name: event.tool.is_some().then(|| server_name.clone()),
            subject: tool_name.unwrap_or(server_name),
            text: event_text(event),
            path: event_path(event),
        }
    }
}

/// The page that an event concerns.
pub(crate) fn event_path(event: &Event) -> String {
    match &event.tool {
        Some(tool) => tool_path(&event.server, tool),
        None => server_path(&event.server),
    }
}

/// What happened, in a sentence.
pub(crate) fn event_text(event: &Event) -> String {
    let version = event.version.as_deref().filter(|version| !version.is_empty());
    let version = version.map(|version| format!(" in version {}", one_line(version, 60))).unwrap_or_default();
    let why = match event.cause {
        Cause::Release => "",
        Cause::Extractor => " (this program reads it better now)",
        Cause::Rules => " (the rules changed)",
    };
    let (before, after) = (event.before.as_deref().unwrap_or("?"), event.after.as_deref().unwrap_or("?"));
    match event.kind {
        EventKind::Server => match event.after.as_deref().and_then(|count| count.parse().ok()) {
            Some(count) => format!("Read for the first time{version}: {}.", tools(count)),
            None => format!("Read for the first time{version}."),
        },
        EventKind::New => format!("New tool{version}{why}."),
        EventKind::Changed => format!("The definition changed{version}{why}."),
        EventKind::Gone => format!("No longer offered{version}{why}."),
        EventKind::Returned => format!("Offered again{version}{why}."),
        EventKind::Level => format!("The level changed from {before} to {after}{why}."),
    }
}

/// A page of the list of changes.
#[derive(Serialize)]
pub(crate) struct ChangesPage {
    pub(crate) page: Frame,
    crumbs: Vec<Link>,
    days: Vec<Day>,
    pager: Pager,
}

#[derive(Serialize)]
struct Day {
    at: String,
    date: String,
    events: Vec<EventRow>,
}

impl ChangesPage {
    pub(crate) fn new(events: &[Event], number: u64, last: u64) -> Self {
        let mut days: Vec<Day> = Vec::new();
        for event in events {
            let at = event.at.get(..10).unwrap_or(&event.at);
            match days.last_mut() {
                Some(day) if day.at == at => day.events.push(event.into()),
                _ => days.push(Day { at: at.to_owned(), date: date(at), events: vec![event.into()] }),
            }
        }
        let path = super::page_path("/changes/", number);
        let mut page = Frame::new("changes", path, "Changes", "New and changed tools of MCP servers, newest first.");
        page.json = Some("/api/v1/changes.json".to_owned());
        page.indexed = number == 1;
        Self { page, crumbs: crumbs([], "Changes"), days, pager: Pager::new("/changes/", number, last) }
    }
}
