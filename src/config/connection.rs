//! How connections to the instances of a function are kept: plain data.

use std::time::Duration;

/// What holds for each connection to a function. Pools are carried over a reload only if it is unchanged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConnectionSettings {
    /// How often a function that has requests in HTTP/2 and is silent is sent a PING; `None` is never.
    pub ping_interval: Option<Duration>,
}

impl Default for ConnectionSettings {
    fn default() -> Self {
        // What servers of gRPC allow (`min_ping_interval_without_data`, `MinTime`).
        Self { ping_interval: Some(Duration::from_secs(300)) }
    }
}
