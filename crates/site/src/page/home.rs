//! The home page.

use riskdex_catalog::{Event, ToolSummary, Totals};
use serde::Serialize;

use super::changes::EventRow;
use super::words::{Bar, date};
use super::{Frame, ToolRow};
use crate::survey::Survey;

/// Search, counts, levels, and what is new.
#[derive(Serialize)]
pub(crate) struct HomePage<'a> {
    pub(crate) page: Frame,
    counts: &'a Totals,
    levels: Option<Bar>,
    categories: Option<Bar>,
    riskiest: Vec<ToolRow>,
    events: Vec<EventRow>,
    updated: Option<Updated>,
}

#[derive(Serialize)]
struct Updated {
    at: String,
    date: String,
}

impl<'a> HomePage<'a> {
    pub(crate) fn new(survey: &'a Survey, riskiest: &[ToolSummary], events: &[Event]) -> Self {
        let totals = &survey.totals;
        let summary = "What the tools of MCP servers can do, why, how sure that is, and a policy for each.";
        let mut page = Frame::new("home", "/", "riskdex: what MCP tools can do", summary);
        page.json = Some("/api/v1/servers.json".to_owned());
        let finished = totals.last_run.as_ref().and_then(|run| run.finished_at.clone());
        Self {
            page,
            counts: totals,
            levels: Bar::levels(&totals.by_level, totals.tools),
            categories: Bar::categories(&totals.by_category, totals.tools),
            riskiest: riskiest.iter().map(Into::into).collect(),
            events: events.iter().map(Into::into).collect(),
            updated: finished.map(|at| Updated { date: date(&at), at }),
        }
    }
}
