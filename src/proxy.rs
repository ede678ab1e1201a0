//! The life of a request, from its head to the last byte of its response.

pub mod answer;
pub mod client;
mod connector;
pub mod deadline;
pub mod delivery;
pub mod error;
pub mod exchange;
#[cfg(test)]
mod fault;
pub mod forward;
mod own;
mod pump;
pub mod retry;
mod routing;
pub mod upgrade;
mod upload;
pub mod view;

use std::cell::{Cell, RefCell};
use std::future::Future;
use std::rc::Rc;
use std::sync::Arc;
use std::time::Duration;

use http::header::{CONNECTION, CONTENT_LENGTH};
use http::{HeaderValue, Request, Version};
use hyper::body::Incoming;
use tokio::time::Instant;
use uuid::Uuid;

use self::client::Client;
use self::error::Error;
use self::exchange::GatewayResponse;
use self::routing::{Dismissed, Received, route};
use self::view::View;
use crate::function::allowance::Allowance;
use crate::message::expectation;
use crate::message::problem::{Problem, Reason};
use crate::message::websocket::Opening;
use crate::snapshot::Shared;
use crate::telemetry::access::Record;
use crate::telemetry::access::sink::Sink;
use crate::telemetry::trace::Trace;

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

    /// Serves one request, unless it has a `fault` that is known already. Whatever goes wrong becomes an answer.
    pub fn handle(
        self: Rc<Self>,
        client: Rc<Client>,
        request: Request<Incoming>,
        fault: Option<&'static str>,
        id: Uuid,
    ) -> impl Future<Output = GatewayResponse> {
        let (mut head, incoming) = request.into_parts();
        let opening = Opening::translate(&mut head, id.as_u128());
        let extensions = std::mem::take(&mut head.extensions);
        let received = Received { head: Rc::new(head), extensions, incoming, opening, fault };
        async move {
            let (view, version) = (self.view(), received.head.version);
            let mut record = self.record(&view, &client, id);
            if let Some(traces) = &view.snapshot.config.traces {
                record.trace = Trace::begin(&received.head.headers, id, traces.ratio);
            }
            record.head = Some(received.head.clone());
            #[cfg(test)]
            fault::strike("request", &received.head);
            let mut response = match route(&view, &client, &received, &mut record) {
                Ok(routed) => match forward::forward(&view, &client, received, &routed, &mut record).await {
                    Ok(answer) => answer.into_response(&view, client.clone(), record),
                    Err(error) => own::refuse(&client, &error, record),
                },
                Err(dismissed) => {
                    leave_body(&client, received, dismissed.ends_connection());
                    match dismissed {
                        Dismissed::Refused(problem) => own::refuse(&client, &Error::Refused(problem), record),
                        Dismissed::Redirected(location) => own::redirect(&client, location, record),
                        Dismissed::Proved(text) => own::prove(&client, text, record),
                    }
                }
            };
            if is_unbounded(version, &response) {
                client.delimit_by_close();
            }
            if version == Version::HTTP_2 {
                // Of our own answers; a function's has none any more.
                response.headers_mut().remove(CONNECTION);
            } else if client.leftover().ends_connection() || client.is_close_delimited() {
                response.headers_mut().insert(CONNECTION, HeaderValue::from_static("close"));
                // To an answer in HTTP/1.1 for a client of HTTP/1.0 hyper would add `keep-alive`.
                *response.version_mut() = version;
            }
            response
        }
    }

    /// Records a request whose head could not be read, and makes the answer to it.
    pub fn unreadable(&self, client: &Client, problem: &Problem) -> Vec<u8> {
        let mut record = self.record(&self.view(), client, new_id());
        own::note(&mut record, problem);
        problem.to_http1(record.id)
    }

    /// The answer to a request that a bug put an end to. Its record has been written by then.
    #[must_use]
    pub fn panicked(&self, client: &Client, id: Uuid) -> GatewayResponse {
        client.answered();
        own::answer(&Problem::new(Reason::InternalError, "an error in the gateway"), id).0
    }

    fn record(&self, view: &View, client: &Client, id: Uuid) -> Box<Record> {
        let (sink, clock, peer) = (self.sink.clone(), client.alarm().clock().clone(), client.peer().text().clone());
        let mut record = Record::begin(sink, clock, peer, view.nowhere.clone(), id);
        record.revision = view.snapshot.revision;
        record.tls = client.peer().scheme().tls();
        record
    }
}

/// The id of a request: unique, not secret.
#[must_use]
pub fn new_id() -> Uuid {
    uuid::Builder::from_random_bytes(fastrand::u128(..).to_ne_bytes()).into_uuid()
}

/// Decides what becomes of the body of a request that nobody will read.
fn leave_body(client: &Client, received: Received, ends_connection: bool) {
    let held = expectation::expects_continue(&received.head);
    let has_body = !hyper::body::Body::is_end_stream(&received.incoming);
    if has_body && held {
        // Reading on would ask for it.
        client.leftover().end_connection();
    } else if has_body && ends_connection {
        client.leftover().refuse(received.incoming, client.now());
    } else {
        client.leftover().leave(received.incoming, client.now());
    }
}

/// Whether the end of the connection is the end of this answer: a client of HTTP/1.0 knows no other without a length.
fn is_unbounded(version: Version, response: &GatewayResponse) -> bool {
    version == Version::HTTP_10 && !response.headers().contains_key(CONTENT_LENGTH)
}
