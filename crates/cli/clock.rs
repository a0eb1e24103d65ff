//! The one place that asks what time it is.

use std::time::SystemTime;

/// Now, as RFC 3339 UTC to the second: the form that the catalog keeps.
pub(crate) fn now() -> String {
    humantime::format_rfc3339_seconds(SystemTime::now()).to_string()
}
