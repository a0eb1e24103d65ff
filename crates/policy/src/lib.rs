//! The whole meaning of `policy.json`: what an agent may do with one MCP server.
//!
//! A document is read into a [`Policy`] ([`Policy::parse`] reports every [`Problem`] at once), or made from
//! verdicts ([`recommend`]); two are combined by [`merge`], compared by [`diff`], and one is asked about a
//! [`Call`] by [`decide`], which answers with a [`Decision`]. Page, command line and gateway all use this
//! crate, so a snippet on a page and a decision at the gateway cannot disagree. Nothing here reads a file, a
//! clock or a network: time is handed in, quotas live in [`Counters`].
//!
//! ```
//! use std::time::Duration;
//! use riskdex_policy::{Arguments, Call, Counters, Outcome, Policy, decide};
//!
//! let policy = Policy::parse(r#"{"version": "1", "default": "deny", "tools": {"search": {
//!     "limits": [{"counter": "search_rate", "window": "minute", "max": 1}]}}}"#).unwrap();
//! let arguments = Arguments::parse(r#"{"query": "weather"}"#).unwrap();
//! let call = Call { tool: "search", arguments: &arguments, ..Call::default() };
//! let mut counters = Counters::default();
//!
//! let first = decide(Some(&policy), &call, &mut counters, Duration::ZERO);
//! assert!(matches!(first.outcome, Outcome::Forward(_)));
//! let second = decide(Some(&policy), &call, &mut counters, Duration::from_secs(59));
//! assert_eq!(second.rule, "/tools/search/limits/0");
//! ```

mod amount;
mod arguments;
mod check;
mod condition;
mod counters;
mod decide;
mod diff;
mod document;
mod json;
mod merge;
mod number;
mod pattern;
mod problem;
mod recommend;
mod schema;

pub use arguments::Arguments;
pub use counters::{Counters, Reservation};
pub use decide::{Call, Decision, Outcome, decide};
pub use diff::{Change, diff};
pub use document::{Mode, Policy, Scope, Stance};
pub use merge::merge;
pub use problem::Problem;
pub use recommend::{effect, recommend, recommend_one};
pub use schema::schema;
