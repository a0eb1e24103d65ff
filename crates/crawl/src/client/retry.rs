//! When to ask again.

use std::time::{Duration, SystemTime};

use reqwest::header::{HeaderMap, RETRY_AFTER};

/// Whether a failed attempt is worth another, and after which wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Retry {
    /// Asking again would give the same answer.
    Never,
    /// This URL may work later.
    Later,
    /// Likewise; but each attempt costs a whole timeout, so there is only one more.
    Once,
    /// The host wants to be left alone: for so long, or for as long as seems fit.
    Pause(Option<Duration>),
}

impl Retry {
    /// What a status that is no success calls for.
    pub(crate) fn of_status(status: u16, headers: &HeaderMap, now: SystemTime) -> Self {
        match (status, retry_after(headers, now)) {
            (429, wait) => Self::Pause(wait),
            (503, Some(wait)) => Self::Pause(Some(wait)),
            (408 | 425 | 500 | 502 | 503 | 504, _) => Self::Later,
            _ => Self::Never,
        }
    }
}

/// The wait that a `Retry-After` header asks for, in seconds or as a date (RFC 9110, 10.2.3).
fn retry_after(headers: &HeaderMap, now: SystemTime) -> Option<Duration> {
    let text = headers.get(RETRY_AFTER)?.to_str().ok()?.trim();
    if let Ok(seconds) = text.parse() {
        return Some(Duration::from_secs(seconds));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    Some(date.duration_since(now).unwrap_or_default())
}

/// The wait before attempt number `attempt` (from 1): doubled each time, capped, and anywhere between its half
/// and its whole, so that clients that failed together do not come back together. `chance` is in 0..1.
pub(crate) fn back_off(first: Duration, attempt: u32, longest: Duration, chance: f64) -> Duration {
    let doubled = first.saturating_mul(2_u32.saturating_pow(attempt.saturating_sub(1)));
    doubled.min(longest).mul_f64(0.5 + chance / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use reqwest::header::HeaderValue;

    fn wait(value: &str) -> Option<Duration> {
        let now = httpdate::parse_http_date("Sun, 06 Nov 1994 08:49:37 GMT").unwrap();
        let headers = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_str(value).unwrap())]);
        retry_after(&headers, now)
    }

    #[test]
    fn retry_after_is_seconds_or_a_date() {
        assert_eq!(wait(" 120 "), Some(Duration::from_secs(120)));
        assert_eq!(wait("Sun, 06 Nov 1994 08:50:07 GMT"), Some(Duration::from_secs(30)));
        assert_eq!(wait("Sun, 06 Nov 1994 08:00:00 GMT"), Some(Duration::ZERO));
        assert_eq!(wait("-1"), None);
        assert_eq!(wait("soon"), None);
    }

    #[test]
    fn a_host_is_left_alone_when_it_says_so() {
        let now = SystemTime::UNIX_EPOCH;
        let of = |status, headers: &HeaderMap| Retry::of_status(status, headers, now);
        let none = HeaderMap::new();
        let soon = HeaderMap::from_iter([(RETRY_AFTER, HeaderValue::from_static("2"))]);
        assert_eq!(of(429, &none), Retry::Pause(None));
        assert_eq!((of(503, &none), of(500, &soon), of(404, &none)), (Retry::Later, Retry::Later, Retry::Never));
        let pause = Retry::Pause(Some(Duration::from_secs(2)));
        assert_eq!((of(429, &soon), of(503, &soon)), (pause, pause));
    }

    #[test]
    fn back_off_doubles_up_to_its_cap() {
        let (first, longest) = (Duration::from_millis(100), Duration::from_secs(1));
        let waits: Vec<_> = (1..=6).map(|n| back_off(first, n, longest, 1.0).as_millis()).collect();
        assert_eq!(waits, [100, 200, 400, 800, 1000, 1000]);
        assert_eq!(back_off(first, 3, longest, 0.0).as_millis(), 200);
        assert_eq!(back_off(first, u32::MAX, longest, 1.0), longest);
    }
}
