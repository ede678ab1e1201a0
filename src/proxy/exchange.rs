//! A response on its way to the client, with everything that must be given back when it ends, however it ends.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use http::{Response, Version};
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::Instant;

use super::client::Client;
use crate::drain::Phase;
use crate::function::local::Permit;
use crate::function::reply::Reply;
use crate::message::body::response::{Broken, ResponseBody};
use crate::message::body::{Fault, Progress};
use crate::message::rules::Rules;
use crate::message::trailer;
use crate::telemetry::access::{CLIENT_CLOSED, Record};

/// A response as hyper gets it.
pub type GatewayResponse = Response<ResponseBody<Exchange>>;

/// What a request holds until its response is over.
#[derive(Debug)]
pub struct Held {
    /// Given back on drop.
    pub permit: Permit,
    /// Of the request's body, if it has one: it may break off while the response is on its way.
    pub progress: Option<Rc<Progress>>,
}

/// A streaming response. Dropped when it is over or when the client left; then its slot is free, its record is written and
/// its connection is back in the pool or closed.
#[derive(Debug)]
pub struct Exchange {
    reply: Reply,
    record: Box<Record>,
    client: Rc<Client>,
    rules: Rc<Rules>,
    held: Held,
    started: Instant,
    /// When the wait for the chunk that is due began.
    waiting_since: Option<Instant>,
    /// What is left of a chunk that is passed on in pieces, and how large they are.
    rest: Bytes,
    piece: usize,
}

/// A frame of HTTP/2 holds so much by default, and h2 holds all that it is given until the client's window opens.
const PIECE: usize = 16 * 1024;

impl Exchange {
    #[must_use]
    pub fn new(reply: Reply, mut record: Box<Record>, client: Rc<Client>, rules: Rc<Rules>, held: Held) -> Self {
        if reply.is_end_stream() {
            record.aborted = None;
        }
        let started = client.now();
        let is_http2 = record.head.as_ref().is_some_and(|head| head.version == Version::HTTP_2);
        let piece = if is_http2 { PIECE } else { usize::MAX };
        Self { reply, record, client, rules, held, started, waiting_since: None, rest: Bytes::new(), piece }
    }

    /// The body is announced but never sent.
    pub fn withhold(&mut self) {
        self.record.aborted = None;
    }

    fn overdue(&mut self) -> Option<Broken> {
        let alarm = self.client.alarm();
        let since = *self.waiting_since.get_or_insert(alarm.now());
        let spec = self.held.permit.spec();
        if self.client.seat().phase() == Phase::Expired {
            Some(Broken::Draining)
        } else if alarm.passed(since + spec.stream_idle) {
            Some(Broken::StreamIdle)
        } else {
            spec.stream_max.filter(|max| alarm.passed(self.started + *max)).map(|_| Broken::StreamMax)
        }
    }

    fn break_off(&mut self, broken: Broken) -> Broken {
        self.record.aborted = Some(match self.held.progress.as_ref().and_then(|progress| progress.fault.take()) {
            Some(Fault::ClientClosed) => CLIENT_CLOSED,
            Some(Fault::Refused(problem)) => problem.reason.as_str(),
            None => broken.as_str(),
        });
        broken
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        let now = self.client.now();
        if self.held.permit.spec().stream_max.is_some_and(|max| now >= self.started + max) {
            return Poll::Ready(Some(Err(self.break_off(Broken::StreamMax))));
        }
        if !self.rest.is_empty() {
            let chunk = std::mem::take(&mut self.rest);
            return Poll::Ready(Some(Ok(self.pass_data(chunk))));
        }
        match self.reply.poll_frame(cx, now) {
            Poll::Ready(Some(Ok(frame))) => Poll::Ready(Some(self.pass(frame))),
            Poll::Ready(Some(Err(broken))) => Poll::Ready(Some(Err(self.break_off(broken)))),
            Poll::Ready(None) => {
                self.record.aborted = None;
                Poll::Ready(None)
            }
            Poll::Pending => match self.overdue() {
                Some(broken) => Poll::Ready(Some(Err(self.break_off(broken)))),
                None => {
                    self.client.caught_up();
                    Poll::Pending
                }
            },
        }
    }

    fn pass(&mut self, frame: Frame<Bytes>) -> Result<Frame<Bytes>, Broken> {
        self.waiting_since = None;
        #[cfg(test)]
        super::fault::strike("body", self.record.head.as_ref().expect("a head"));
        match frame.into_data() {
            Ok(chunk) => Ok(self.pass_data(chunk)),
            Err(frame) => {
                let trailers = frame.into_trailers().unwrap_or_default();
                match trailer::of_response(trailers, &self.rules.prefix) {
                    Some(trailers) => {
                        self.passed();
                        Ok(Frame::trailers(trailers))
                    }
                    None => Err(self.break_off(Broken::FunctionClosed)),
                }
            }
        }
    }

    fn pass_data(&mut self, mut chunk: Bytes) -> Frame<Bytes> {
        if chunk.len() > self.piece {
            self.rest = chunk.split_off(self.piece);
        }
        self.record.bytes_out += chunk.len() as u64;
        self.passed();
        Frame::data(chunk)
    }

    fn passed(&mut self) {
        self.client.passed_on();
        if self.is_end_stream() {
            self.record.aborted = None;
        }
    }
}

impl Body for Exchange {
    type Data = Bytes;
    type Error = Broken;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        // After a panic hyper is told that the body broke off, and asks for no more of it.
        catch_unwind(AssertUnwindSafe(|| self.poll_next(cx))).unwrap_or_else(|_panic| {
            let broken = self.break_off(Broken::InternalError);
            self.record.tally.count_error(broken.as_str());
            Poll::Ready(Some(Err(broken)))
        })
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty() && self.reply.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        if self.rest.is_empty() { self.reply.size_hint() } else { SizeHint::default() }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        self.client.answered();
    }
}
