//! How long a request may wait for its function, and what it was waiting for when the time was over.

use std::time::Duration;

use tokio::time::Instant;

use super::client::Client;
use crate::drain::Phase;

/// The sync-wait budget of one request. It starts with the request and starts again with each forwarded chunk of its body;
/// queueing, connecting and retries all draw on it.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    pub timeout: Duration,
    /// When it last started.
    pub since: Instant,
    pub waiting_for: WaitingFor,
}

/// The phases of a wait.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum WaitingFor {
    Slot,
    Connection,
    Response,
}

/// Why a wait ended early.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Stop {
    Timeout(WaitingFor),
    /// The gateway stops and its drain timeout is over.
    Draining,
}

impl Budget {
    #[must_use]
    pub fn new(timeout: Duration, since: Instant) -> Self {
        Self { timeout, since, waiting_for: WaitingFor::Slot }
    }

    /// When the time is over, unless another chunk of the body is forwarded before.
    #[must_use]
    pub fn end(&self) -> Instant {
        self.since + self.timeout
    }

    /// Why not to wait any longer. To be asked in every poll that returns `Pending`.
    #[must_use]
    pub fn check(&self, client: &Client) -> Option<Stop> {
        if client.seat.phase() == Phase::Expired {
            return Some(Stop::Draining);
        }
        client.alarm().passed(self.end()).then_some(Stop::Timeout(self.waiting_for))
    }
}
