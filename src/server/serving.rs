//! A request that is being served, as hyper polls it.

use std::convert::Infallible;
use std::future::Future;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use http::Request;
use hyper::body::Incoming;
use uuid::Uuid;

use super::turns::Turns;
use crate::proxy::client::Client;
use crate::proxy::exchange::GatewayResponse;
use crate::proxy::{Gateway, new_id};

/// A request that is being served. A panic becomes an answer; the unwinding has given back what the request held by then.
///
/// `Unpin`, so that a connection of HTTP/1 can be moved and the socket taken back from it.
pub(super) struct Serving {
    work: Pin<Box<dyn Future<Output = GatewayResponse>>>,
    gateway: Rc<Gateway>,
    client: Rc<Client>,
    id: Uuid,
    /// Of the connection, if it has several requests at once.
    turns: Option<Rc<Turns>>,
    /// Whether to look for the end of the request before it is begun.
    look_first: bool,
    done: bool,
}

impl Serving {
    /// `fault` is what is wrong with the request that hyper has not seen.
    pub(super) fn begin(
        gateway: &Rc<Gateway>,
        client: &Rc<Client>,
        request: Request<Incoming>,
        fault: Option<&'static str>,
    ) -> Self {
        let (gateway, client, id) = (gateway.clone(), client.clone(), new_id());
        // The place first: what begins as a few words of a large future is then written into it, not copied with all the rest.
        let work = Box::new_uninit();
        let work = Box::into_pin(Box::write(work, gateway.clone().handle(client.clone(), request, fault, id)));
        Self { work, gateway, client, id, turns: None, look_first: false, done: false }
    }

    /// One among several. While clients take requests back, one that was taken back together with its head is to be seen before its
    /// function is asked for anything. hyper looks for a reset only behind a request that waits.
    pub(super) fn among(mut self, turns: Rc<Turns>) -> Self {
        self.turns = Some(turns);
        self.look_first = self.gateway.are_requests_taken_back(self.client.now());
        self
    }
}

impl Future for Serving {
    type Output = Result<GatewayResponse, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if std::mem::take(&mut self.look_first) {
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        // Nothing of the work is touched again after a panic, so it does not matter what state it is in.
        let response = match catch_unwind(AssertUnwindSafe(|| self.work.as_mut().poll(cx))) {
            Ok(response) => response.map(Ok),
            Err(_panic) => Poll::Ready(Ok(self.gateway.panicked(&self.client, self.id))),
        };
        self.done = response.is_ready();
        response
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        if !self.done {
            self.gateway.note_taken_back(self.client.now());
        }
        if let Some(turns) = &self.turns {
            turns.learn(self.done);
        }
    }
}
