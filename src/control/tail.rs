//! The request tail: what workers leave of each request, handed to everybody who listens.
//!
//! One task empties the workers' rings while there are listeners. Each listener reads at its own pace; one that is too slow misses
//! events and is told how many, and nobody waits for it.

pub mod filter;

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use tokio::sync::broadcast;
use tokio::sync::broadcast::error::RecvError;
use tokio::time::sleep;

use self::filter::TailFilter;
use crate::telemetry::tail::RequestEvent;
use crate::telemetry::tap::{Listening, Taps, Topic};

/// How often the rings are emptied.
const PERIOD: Duration = Duration::from_millis(100);
/// How many times that a listener may be late: three seconds.
const BATCHES: usize = 32;

/// Where the request tail can be listened to. Clones lead to the same one.
#[derive(Clone, Debug)]
pub struct Tail {
    taps: Arc<Taps>,
    batches: broadcast::WeakSender<Arc<Batch>>,
    position: Arc<AtomicU64>,
}

/// What a listener gets.
#[derive(Clone, Debug, PartialEq)]
pub enum TailItem {
    Event(Arc<RequestEvent>),
    /// So many events were missed here, of all requests: nobody knows whether the filter would have let them pass.
    Lost(u64),
}

/// What the rings held at one time.
#[derive(Debug)]
struct Batch {
    /// How many events came after the start and before these, those that were lost included.
    position: u64,
    events: Vec<Arc<RequestEvent>>,
}

impl Batch {
    fn end(&self) -> u64 {
        self.position + self.events.len() as u64
    }
}

/// The tail of these workers, and the task that empties their rings.
pub fn start(taps: Arc<Taps>) -> (Tail, impl Future<Output = ()> + Send + 'static) {
    let batches = broadcast::Sender::new(BATCHES);
    let tail = Tail { taps, batches: batches.downgrade(), position: Arc::default() };
    (tail.clone(), tail.run(batches))
}

impl Tail {
    /// Listens to the requests that end from now on and that a filter lets pass.
    #[must_use]
    pub fn subscribe(&self, filter: TailFilter) -> Subscription {
        let batches = self.batches.upgrade().map(|batches| batches.subscribe());
        let position = self.position.load(Ordering::Acquire);
        let listening = self.taps.listen(Topic::Tail);
        Subscription { filter, position, batches, pending: Vec::new().into_iter(), _listening: listening }
    }

    async fn run(self, batches: broadcast::Sender<Arc<Batch>>) {
        loop {
            self.taps.opened(Topic::Tail).await;
            while self.taps.is_open(Topic::Tail) {
                sleep(PERIOD).await;
                self.pass_on(&batches);
            }
        }
    }

    fn pass_on(&self, batches: &broadcast::Sender<Arc<Batch>>) {
        let (events, lost) = self.taps.take_events();
        if events.is_empty() && lost == 0 {
            return;
        }
        let position = self.position.load(Ordering::Acquire) + lost;
        let batch = Batch { position, events: events.into_iter().map(Arc::new).collect() };
        self.position.store(batch.end(), Ordering::Release);
        // The last listener may have left.
        let _ = batches.send(Arc::new(batch));
    }
}

/// Somebody who listens. The workers go on leaving events until the last of them is dropped.
#[derive(Debug)]
pub struct Subscription {
    filter: TailFilter,
    /// How many events have been seen or reported as lost.
    position: u64,
    /// None if the gateway has stopped.
    batches: Option<broadcast::Receiver<Arc<Batch>>>,
    /// What is left of the last batch.
    pending: std::vec::IntoIter<Arc<RequestEvent>>,
    _listening: Listening,
}

impl Subscription {
    /// The next event that the filter lets pass, or how many were lost in front of it; `None` when the gateway has stopped. Nothing is lost
    /// when the wait is given up.
    pub async fn next(&mut self) -> Option<TailItem> {
        loop {
            if let Some(event) = self.pending.find(|event| self.filter.matches(event)) {
                return Some(TailItem::Event(event));
            }
            let batch = match self.batches.as_mut()?.recv().await {
                Ok(batch) => batch,
                // The position of the next one says how much.
                Err(RecvError::Lagged(_)) => continue,
                Err(RecvError::Closed) => return None,
            };
            let lost = batch.position.saturating_sub(self.position);
            self.position = batch.end();
            self.pending = batch.events.clone().into_iter();
            if lost > 0 {
                return Some(TailItem::Lost(lost));
            }
        }
    }
}

#[cfg(test)]
mod tests;
