//! The keys of `[[function]]` that say how connections to its instances are kept.

use std::time::Duration;

use crate::config::error::Problem;
use crate::config::range::{HEADER_BYTES, HEADERS, LONGEST};
use crate::config::section::Section;
use crate::config::value::{DURATION, Kind};
use crate::units::format_duration;

/// The shortest pause between two PINGs. Functions that limit them at all allow few.
const SHORTEST_PING: Duration = Duration::from_secs(1);

const KEEPALIVE: Kind<Duration> = Kind { example: "auto", number: DURATION.number, parse: keepalive };
const PING_INTERVAL: Kind<Option<Duration>> = Kind { example: "5m", number: DURATION.number, parse: ping_interval };

/// What holds for each connection to a function. Pools are carried over a reload only if it is unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionSettings {
    /// How long a connection may be idle, at most. [`Duration::MAX`] is what is learnt of the function, zero one request for each.
    pub keepalive: Duration,
    /// How often a function that has requests in HTTP/2 and is silent is sent a PING; `None` is never.
    pub ping_interval: Option<Duration>,
    /// Bytes of a response head.
    pub max_response_header_bytes: usize,
    /// Header fields of a response.
    pub max_response_headers: usize,
}

impl Default for ConnectionSettings {
    fn default() -> Self {
        Self {
            keepalive: Duration::MAX,
            // What servers of gRPC allow (`min_ping_interval_without_data`, `MinTime`).
            ping_interval: Some(Duration::from_secs(300)),
            max_response_header_bytes: 64 * 1024,
            max_response_headers: 100,
        }
    }
}

pub(in crate::config) fn read(section: &Section<'_>) -> ConnectionSettings {
    let default = ConnectionSettings::default();
    let keepalive = section.optional("keepalive", &KEEPALIVE);
    let ping_interval = section.optional("ping_interval", &PING_INTERVAL);
    let header_bytes =
        section.size("max_response_header_bytes", default.max_response_header_bytes as u64, HEADER_BYTES);
    ConnectionSettings {
        keepalive: keepalive.map_or(default.keepalive, |found| found.value),
        ping_interval: ping_interval.map_or(default.ping_interval, |found| found.value),
        max_response_header_bytes: usize::try_from(header_bytes).unwrap_or(usize::MAX),
        max_response_headers: section.number("max_response_headers", default.max_response_headers, HEADERS),
    }
}

fn keepalive(text: &str) -> Result<Duration, Problem> {
    match text {
        "auto" => Ok(ConnectionSettings::default().keepalive),
        _ => within("keepalive", text, Duration::ZERO),
    }
}

fn ping_interval(text: &str) -> Result<Option<Duration>, Problem> {
    match text {
        "off" => Ok(None),
        _ => within("ping_interval", text, SHORTEST_PING).map(Some),
    }
}

/// A duration from `shortest` to the longest that there is.
fn within(key: &str, text: &str, shortest: Duration) -> Result<Duration, Problem> {
    let duration = (DURATION.parse)(text)?;
    if (shortest..=LONGEST).contains(&duration) {
        return Ok(duration);
    }
    let (low, high) = (format_duration(shortest), format_duration(LONGEST));
    Err(Problem::new(format!("`{key}` must be from {low} to {high}, not {text}")))
}
