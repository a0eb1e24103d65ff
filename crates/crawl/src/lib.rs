//! Asks indexes of MCP servers and registries of packages, politely, and fetches artifacts.
//!
//! A source lists servers; each server's package is looked up in its registry; the newest release's artifact goes
//! into the blob store.

mod artifact;
mod client;
mod endpoint;
mod error;
#[cfg(test)]
mod loopback;
mod memory;
mod registry;
mod run;
pub mod source;
mod surroundings;

pub use client::{Answer, Breaker, Client, ClientConfig, Head, Limits, Request, Timeouts, Usage};
pub use endpoint::{Credentials, Endpoint};
pub use error::Error;
pub use memory::Memory;
pub use registry::{Registries, npm, pypi};
pub use run::{Event, Plan, Stage, run};
pub use surroundings::{Machine, Surroundings};
