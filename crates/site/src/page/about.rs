//! Pages about the site itself: about, search, and the page for addresses that lead nowhere.

use riskdex_catalog::Totals;
use serde::Serialize;

use super::{Frame, Link, crumbs};
use crate::export::DOCUMENTS;

/// What this copy of the site holds, and where its data is.
#[derive(Serialize)]
pub(crate) struct AboutPage<'a> {
    pub(crate) page: Frame,
    crumbs: Vec<Link>,
    counts: &'a Totals,
    documents: Vec<Document>,
}

#[derive(Serialize)]
struct Document {
    path: &'static str,
    text: &'static str,
}

impl<'a> AboutPage<'a> {
    pub(crate) fn new(counts: &'a Totals) -> Self {
        let summary = "What riskdex is, what this copy of its index holds, and where to get the data.";
        Self {
            page: Frame::new("about", "/about/", "About riskdex", summary),
            crumbs: crumbs([], "About"),
            counts,
            documents: DOCUMENTS.iter().map(|&(path, text)| Document { path, text }).collect(),
        }
    }
}

/// The search, or the page for addresses that lead nowhere.
#[derive(Serialize)]
pub(crate) struct SearchPage {
    pub(crate) page: Frame,
    crumbs: Vec<Link>,
    heading: &'static str,
    lead: Option<&'static str>,
}

impl SearchPage {
    pub(crate) fn search() -> Self {
        let mut page = Frame::new("search", "/search/", "Search", "Search servers and tools.");
        page.indexed = false;
        Self { page, crumbs: crumbs([], "Search"), heading: "Search", lead: None }
    }

    pub(crate) fn not_found() -> Self {
        let mut page = Frame::new("search", "/404/", "Not found", "There is no page at this address.");
        page.indexed = false;
        let lead = "There is no page at this address. Search for what you wanted:";
        Self { page, crumbs: crumbs([], "Not found"), heading: "Not found", lead: Some(lead) }
    }
}
