//! The life of a request, from its head to the last byte of its response.

mod attempt;
pub mod begin;
mod broken;
pub mod client;
pub mod deadline;
pub mod downstream;
pub mod error;
#[cfg(test)]
mod fault;
pub mod forward;
pub mod incoming;
mod outbound;
mod own;
mod pump;
pub mod reply;
pub mod retry;
mod routing;
pub mod served;
pub mod upgrade;
mod upload;
pub mod view;

use std::cell::{Cell, RefCell};
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::Instant;
use uuid::Uuid;

use self::client::Client;
use self::view::View;
use crate::function::allowance::Allowance;
use crate::snapshot::Shared;
use crate::telemetry::access::Record;
use crate::telemetry::access::sink::Sink;

/// For so long after a request was taken back, more are expected to be.
const WARY: Duration = Duration::from_secs(1);

/// What the data path of one worker works with.
#[derive(Debug)]
pub struct Gateway {
    shared: Arc<Shared>,
    view: RefCell<Rc<View>>,
    sink: Rc<Sink>,
    /// When a client last took a request back before it was answered.
    taken_back: Cell<Option<Instant>>,
}

impl Gateway {
    /// The data path of worker `worker`, which keeps `idle_connections` to all functions together at most.
    #[must_use]
    pub fn new(shared: Arc<Shared>, sink: Rc<Sink>, worker: usize, idle_connections: usize) -> Rc<Self> {
        let view = View::first(shared.load(), worker, Allowance::new(idle_connections));
        Rc::new(Self { shared, view: RefCell::new(view), sink, taken_back: Cell::new(None) })
    }

    /// This worker's view of the current snapshot, brought up to date first.
    #[must_use]
    pub fn view(&self) -> Rc<View> {
        let mut view = self.view.borrow_mut();
        if view.snapshot.generation != self.shared.generation() {
            *view = view.adopt(self.shared.load());
        }
        view.clone()
    }

    /// Notes that a client left a request, or reset it, before it was answered.
    pub fn note_taken_back(&self, now: Instant) {
        self.taken_back.set(Some(now));
    }

    /// Whether clients of this worker do so at this time.
    #[must_use]
    pub fn are_requests_taken_back(&self, now: Instant) -> bool {
        self.taken_back.get().is_some_and(|last| now < last + WARY)
    }

    /// Starts the record of a request.
    fn record(&self, view: &View, client: &Client, id: Uuid) -> Record {
        let (sink, clock, peer) = (self.sink.clone(), client.alarm().clock().clone(), client.peer.text().clone());
        let mut record = Record::begin(sink, clock, peer, view.nowhere.clone(), id);
        record.revision = view.snapshot.revision;
        record.tls = client.peer.scheme().tls();
        record
    }
}

/// The id of a request: unique, not secret.
#[must_use]
pub fn new_id() -> Uuid {
    uuid::Builder::from_random_bytes(fastrand::u128(..).to_ne_bytes()).into_uuid()
}
