//! Requests that are over, one by one, as somebody who listens sees them.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::time::Instant;
use utoipa::ToSchema;

/// Events of a worker that may wait to be taken.
pub const ROOM: usize = 512;

/// One request, as the access log has it, but without the values of its fields: only `Host` is there, which selects the service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, ToSchema)]
pub struct RequestEvent {
    /// When the request head had been read, RFC 3339 in UTC with milliseconds.
    pub time: String,
    /// 32 hexadecimal digits, as in `X-Api-RequestId`.
    pub request_id: String,
    /// The address of the client.
    pub client: String,
    /// The host that the request was for; null if it named none.
    pub host: Option<String>,
    /// Empty if the request head could not be read.
    pub method: String,
    /// Without the query.
    pub path: String,
    /// `HTTP/2`, `HTTP/1.1` or `HTTP/1.0`.
    pub protocol: String,
    /// 499 if the client left before there was one.
    pub status: u16,
    /// Empty if no service answers to the host.
    pub service: String,
    /// Empty if the request reached no API.
    pub api: String,
    /// `release`, `prepub` or `test`; null if the request reached no API.
    pub environment: Option<String>,
    /// `namespace/name`; empty if the request reached no API.
    pub function: String,
    pub version: String,
    /// The instance that was asked last.
    pub instance: Option<String>,
    pub bytes_in: u64,
    pub bytes_out: u64,
    /// From the end of the request head to the end of the response.
    pub duration_ms: f64,
    /// Waiting for a slot; null if one was free.
    pub queue_ms: Option<f64>,
    /// Opening connections; null if an idle one was used.
    pub connect_ms: Option<f64>,
    /// To the head of the function's response.
    pub function_ms: Option<f64>,
    /// Why the gateway answered itself.
    pub reason: Option<String>,
    /// The same in words, as the client was told.
    pub detail: Option<String>,
    /// Why the exchange ended before its end.
    pub aborted: Option<String>,
    /// Of the configuration that the request was served with.
    pub revision: u64,
}

/// The events of one worker since they were last taken.
///
/// When it is full, further events are counted and not made: a worker with more than [`ROOM`] requests between two looks pays for these
/// and no more.
#[derive(Debug, Default)]
pub struct Ring {
    /// Each with the moment of its end.
    pub events: Vec<(Instant, RequestEvent)>,
    pub lost: u64,
}

impl Ring {
    pub(super) fn push(&mut self, ended: Instant, make: impl FnOnce() -> RequestEvent) {
        if self.events.len() < ROOM {
            self.events.push((ended, make()));
        } else {
            self.lost += 1;
        }
    }
}

/// Milliseconds to three places, as the access log has them.
pub(super) fn milliseconds(duration: Duration) -> f64 {
    let micros = u64::try_from(duration.as_nanos().saturating_add(500) / 1000).unwrap_or(u64::MAX);
    #[expect(clippy::cast_precision_loss, reason = "exact for the next 285 years")]
    let micros = micros as f64;
    micros / 1000.0
}
