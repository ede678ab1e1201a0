//! A response on its way to the client, with everything that must be given back when it ends, however it ends.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::Bytes;
use http::{Response, Version};
use hyper::body::{Body, Frame, SizeHint};
use tokio::time::Instant;

use super::client::Client;
use super::delivery::Since;
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
    /// Why it breaks off, as soon as all that came before has been written.
    broken: Option<(Broken, Since)>,
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
        Self {
            reply,
            record,
            client,
            rules,
            held,
            started,
            waiting_since: None,
            broken: None,
            rest: Bytes::new(),
            piece,
        }
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

    /// Notes why the answer breaks off. What the client was not given yet of the present chunk comes from the function, and is given to it first.
    fn break_off(&mut self, broken: Broken) {
        self.broken = Some((broken, Since::default()));
        self.record.aborted = Some(match self.held.progress.as_ref().and_then(|progress| progress.fault.take()) {
            Some(Fault::ClientClosed) => CLIENT_CLOSED,
            Some(Fault::Refused(problem)) => problem.reason.as_str(),
            None => broken.as_str(),
        });
    }

    /// The error of an answer that breaks off, once all that came before has been written.
    fn poll_broken(&mut self, cx: &Context<'_>) -> Poll<Option<Broken>> {
        let Some((broken, since)) = &mut self.broken else { return Poll::Ready(None) };
        ready!(self.client.delivery().poll(since, cx));
        Poll::Ready(Some(*broken))
    }

    fn poll_next(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Broken>>> {
        let now = self.client.now();
        if !self.rest.is_empty() {
            let chunk = std::mem::take(&mut self.rest);
            return Poll::Ready(Some(Ok(self.pass_data(chunk))));
        }
        if let Some(broken) = ready!(self.poll_broken(cx)) {
            return Poll::Ready(Some(Err(broken)));
        }
        let broken = if self.held.permit.spec().stream_max.is_some_and(|max| now >= self.started + max) {
            Broken::StreamMax
        } else {
            match self.reply.poll_frame(cx, now) {
                Poll::Ready(Some(Ok(frame))) => match self.pass(frame) {
                    Ok(frame) => return Poll::Ready(Some(Ok(frame))),
                    Err(broken) => broken,
                },
                Poll::Ready(Some(Err(broken))) => broken,
                Poll::Ready(None) => {
                    self.record.aborted = None;
                    return Poll::Ready(None);
                }
                Poll::Pending => {
                    let Some(broken) = self.overdue() else {
                        self.client.caught_up();
                        return Poll::Pending;
                    };
                    broken
                }
            }
        };
        self.break_off(broken);
        self.poll_broken(cx).map(|broken| broken.map(Err))
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
                    None => Err(Broken::FunctionClosed),
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
        // After a panic the function is not asked for more.
        catch_unwind(AssertUnwindSafe(|| self.poll_next(cx))).unwrap_or_else(|_panic| {
            self.rest = Bytes::new();
            self.break_off(Broken::InternalError);
            self.record.count_error(Broken::InternalError.as_str());
            self.poll_broken(cx).map(|broken| broken.map(Err))
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
