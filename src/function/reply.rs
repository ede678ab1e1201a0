//! The body of a function's response, with the link that it comes in on.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::Instant;

use super::link::Link;
use super::pool::Pool;
use crate::message::body::Broken;

/// A response body as the function sends it. Its link returns to the pool when the exchange is over; a reply that is dropped
/// before closes it.
#[derive(Debug)]
pub struct Reply {
    incoming: Incoming,
    link: Option<Box<Link>>,
    pool: Rc<Pool>,
}

impl Reply {
    /// A small answer has arrived whole by the time its head is read; its link is free at once.
    #[must_use]
    pub fn new(incoming: Incoming, link: Box<Link>, pool: Rc<Pool>, now: Instant) -> Self {
        let mut reply = Self { incoming, link: Some(link), pool };
        reply.release(now);
        reply
    }

    fn release(&mut self, now: Instant) {
        if let Some(link) = self.link.take_if(|link| link.is_free()) {
            self.pool.put(link, now);
        }
    }

    fn poll_incoming(&mut self) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let incoming = Pin::new(&mut self.incoming);
        let read = || incoming.poll_frame(&mut Context::from_waker(Waker::noop()));
        match &self.link {
            Some(link) => link.read(read),
            None => read(),
        }
    }

    /// What [`Body::poll_frame`] would return.
    pub fn poll_frame(&mut self, cx: &mut Context<'_>, now: Instant) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        let mut frame = self.poll_incoming();
        if let (Poll::Pending, Some(link)) = (&frame, &mut self.link) {
            let ended = link.drive(cx).is_ready();
            frame = self.poll_incoming();
            if ended && frame.is_pending() {
                return Poll::Ready(Some(Err(Broken::FunctionClosed)));
            }
        }
        let frame = std::task::ready!(frame);
        if frame.is_none() || self.incoming.is_end_stream() {
            self.release(now);
        }
        Poll::Ready(frame.map(|frame| {
            frame.map_err(|error| {
                tracing::debug!(%error, "the response broke off");
                Broken::FunctionClosed
            })
        }))
    }

    #[must_use]
    pub fn is_end_stream(&self) -> bool {
        self.incoming.is_end_stream()
    }

    #[must_use]
    pub fn size_hint(&self) -> SizeHint {
        self.incoming.size_hint()
    }
}
