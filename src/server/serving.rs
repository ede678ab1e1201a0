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
    begun: bool,
}

impl Serving {
    pub(super) fn begin(gateway: &Rc<Gateway>, client: &Rc<Client>, request: Request<Incoming>) -> Self {
        let (gateway, client, id) = (gateway.clone(), client.clone(), new_id());
        let work = Box::pin(gateway.clone().handle(client.clone(), request, id));
        Self { work, gateway, client, id, begun: false }
    }
}

impl Future for Serving {
    type Output = Result<GatewayResponse, Infallible>;

    fn poll(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Self::Output> {
        if !self.begun && self.client.take_queued() {
            // hyper looks for a reset only behind a request that waits, and one may have come meanwhile.
            cx.waker().wake_by_ref();
            self.begun = true;
            return Poll::Pending;
        }
        self.begun = true;
        // Nothing of the work is touched again after a panic, so it does not matter what state it is in.
        match catch_unwind(AssertUnwindSafe(|| self.work.as_mut().poll(cx))) {
            Ok(response) => response.map(Ok),
            Err(_panic) => Poll::Ready(Ok(self.gateway.panicked(&self.client, self.id))),
        }
    }
}
