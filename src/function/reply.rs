//! The body of a function's response, with the channel that it comes in on.

use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::Instant;

use super::channel::Channel;
use super::pool::Pool;
use crate::message::body::is_complete;
use crate::message::body::response::Broken;

/// A response body as the function sends it. Its channel is free when the exchange is over: a link returns to the pool. A reply that
/// is dropped before closes the link, or resets the stream.
#[derive(Debug)]
pub struct Reply {
    incoming: Incoming,
    channel: Option<Channel>,
    pool: Rc<Pool>,
}

impl Reply {
    /// A small answer has arrived whole by the time its head is read; its channel is free at once.
    #[must_use]
    pub fn new(incoming: Incoming, channel: Channel, pool: Rc<Pool>, now: Instant) -> Self {
        let mut reply = Self { incoming, channel: Some(channel), pool };
        if reply.is_link() || reply.incoming.is_end_stream() {
            reply.release(now);
        }
        reply
    }

    fn is_link(&self) -> bool {
        matches!(self.channel, Some(Channel::Link(_)))
    }

    fn release(&mut self, now: Instant) {
        let is_free = |channel: &mut Channel| match channel {
            Channel::Link(link) => link.is_free(),
            Channel::Turn(_) => true,
        };
        if let Some(Channel::Link(link)) = self.channel.take_if(is_free) {
            self.pool.put(link, now);
        }
    }

    /// Reads what has come. On a link that is what this very task has made ready.
    fn poll_incoming(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let incoming = Pin::new(&mut self.incoming);
        match &self.channel {
            Some(Channel::Link(link)) => link.read(|| incoming.poll_frame(&mut Context::from_waker(Waker::noop()))),
            Some(Channel::Turn(_)) | None => incoming.poll_frame(cx),
        }
    }

    /// What [`Body::poll_frame`] would return.
    pub fn poll_frame(&mut self, cx: &mut Context<'_>, now: Instant) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        let mut frame = self.poll_incoming(cx);
        if let (Poll::Pending, Some(Channel::Link(link))) = (&frame, &mut self.channel) {
            let ended = link.drive(cx).is_ready();
            frame = self.poll_incoming(cx);
            if ended && frame.is_pending() {
                return Poll::Ready(Some(Err(Broken::FunctionClosed)));
            }
        }
        let frame = std::task::ready!(frame);
        if frame.is_none() && matches!(self.channel, Some(Channel::Turn(_))) && !is_complete(&self.incoming) {
            tracing::debug!("the response was reset");
            return Poll::Ready(Some(Err(Broken::FunctionClosed)));
        }
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
