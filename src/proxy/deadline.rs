//! How long a request may wait for its function, and what it was waiting for when the time was over.

use std::cell::Cell;
use std::future::Future;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::time::Instant;

use super::client::Client;
use crate::drain::Phase;
use crate::message::body::Progress;

/// The sync-wait budget of one request. It starts with the request and starts again with each forwarded chunk of its body;
/// queueing, connecting and retries all draw on it.
#[derive(Debug)]
pub struct Budget {
    timeout: Duration,
    started: Instant,
    progress: Option<Rc<Progress>>,
    waiting_for: Cell<WaitingFor>,
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
    pub fn new(timeout: Duration, started: Instant, progress: Option<Rc<Progress>>) -> Self {
        Self { timeout, started, progress, waiting_for: Cell::new(WaitingFor::Slot) }
    }

    #[must_use]
    pub fn timeout(&self) -> Duration {
        self.timeout
    }

    /// Says what the request waits for from now on.
    pub fn enter(&self, phase: WaitingFor) {
        self.waiting_for.set(phase);
    }

    /// Why not to wait any longer. To be asked in every poll that returns `Pending`.
    pub fn check(&self, client: &Client) -> Option<Stop> {
        if client.seat().phase() == Phase::Expired {
            return Some(Stop::Draining);
        }
        if self.progress.as_ref().is_some_and(|progress| progress.is_left_unread()) {
            client.hold_back();
        }
        client.alarm().passed(self.end()).then(|| Stop::Timeout(self.waiting_for.get()))
    }

    /// When the time is over, as far as it is known: each chunk of the body puts it off.
    #[must_use]
    pub fn end(&self) -> Instant {
        let since = self.progress.as_ref().map_or(self.started, |progress| progress.last_chunk.get());
        since.max(self.started) + self.timeout
    }

    /// Waits for `work` within the budget.
    ///
    /// # Errors
    /// [`Stop`]; the work is dropped.
    pub async fn limit<F: Future>(&self, client: &Client, work: F) -> Result<F::Output, Stop> {
        let mut work = std::pin::pin!(work);
        std::future::poll_fn(|cx: &mut Context<'_>| match work.as_mut().poll(cx) {
            Poll::Ready(output) => Poll::Ready(Ok(output)),
            Poll::Pending => self.check(client).map_or(Poll::Pending, |stop| Poll::Ready(Err(stop))),
        })
        .await
    }
}
