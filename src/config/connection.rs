//! How connections to the instances of a function are kept: plain data.

use std::time::Duration;

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
