//! Bodies on their way through: chunk by chunk, nothing collected, every wait with a deadline.

pub mod detached;
pub mod leftover;
pub mod response;

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderName, Version};
use hyper::body::{Body, Frame, Incoming, SizeHint};
use tokio::time::Instant;

use self::leftover::Leftover;
use super::problem::{Problem, Reason};
use super::rules::Rules;
use super::trailer;
use crate::alarm::Alarm;

/// How long a body is held back for a function's `100 Continue` before it is sent all the same (RFC 9110 section 10.1.1).
const CONTINUE_WAIT: Duration = Duration::from_secs(1);

/// What the body of a request has come to, seen by those who wait for the answer to it.
#[derive(Debug)]
pub struct Progress {
    /// When a chunk was last forwarded, or when the request began.
    pub last_chunk: Cell<Instant>,
    pub bytes: Rc<Cell<u64>>,
    /// Why it broke off.
    pub fault: RefCell<Option<Fault>>,
    /// Whether nothing of it is left to be forwarded.
    pub finished: Cell<bool>,
    pub asked: Cell<Asked>,
    /// Since when the next chunk has been waited for.
    pub awaited_since: Cell<Option<Instant>>,
}

impl Progress {
    /// Whether there is more of it that nobody waits for: then the client is not read from, and not seen to leave.
    #[must_use]
    pub fn is_left_unread(&self) -> bool {
        !self.finished.get() && self.awaited_since.get().is_none()
    }
}

/// Whether the client is asked for the body of its request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Asked {
    Yes,
    /// It waits for `100 Continue`, and so does the gateway.
    NotYet,
    /// The answer has come without it.
    Never,
}

/// Why the body of a request broke off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The client closed its connection.
    ClientClosed,
    /// The client is to be told.
    Refused(Problem),
}

/// An error that ends a request body; the reason stands in [`Progress::fault`].
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("the body of the request broke off")]
pub struct UploadError;

/// The limits of a request body.
#[derive(Clone, Debug)]
pub struct UploadLimits {
    /// The version that the client speaks.
    pub version: Version,
    /// Between two chunks.
    pub idle: Duration,
    pub max_bytes: Option<u64>,
    pub rules: Rc<Rules>,
    /// Names that are configured for the function, and that no client may send.
    pub custom: Vec<HeaderName>,
}

/// Held shut while a client waits for `100 Continue`; opened when the function says so.
#[derive(Clone, Debug, Default)]
pub struct ContinueGate(Arc<AtomicBool>);

impl ContinueGate {
    pub fn open(&self) {
        self.0.store(true, Ordering::Relaxed);
    }
}

/// The body of a request as it is sent to a function.
#[derive(Debug, Default)]
pub struct RequestBody(Option<Box<Upload>>);

#[derive(Debug)]
struct Upload {
    /// None once it has been read to its end.
    incoming: Option<Incoming>,
    leftover: Rc<Leftover>,
    progress: Rc<Progress>,
    limits: UploadLimits,
    alarm: Rc<Alarm>,
    gate: Option<(ContinueGate, Instant)>,
}

impl RequestBody {
    /// The body of a request that has none.
    #[must_use]
    pub fn empty() -> Self {
        Self(None)
    }

    /// Forwards `incoming`; with a gate, only once that is open.
    #[must_use]
    pub fn forward(
        incoming: Incoming,
        limits: UploadLimits,
        (alarm, leftover): (Rc<Alarm>, Rc<Leftover>),
        gate: Option<ContinueGate>,
    ) -> (Self, Rc<Progress>) {
        let now = alarm.now();
        let progress = Rc::new(Progress {
            last_chunk: Cell::new(now),
            bytes: Rc::default(),
            fault: RefCell::default(),
            finished: Cell::new(false),
            asked: Cell::new(if gate.is_some() { Asked::NotYet } else { Asked::Yes }),
            awaited_since: Cell::default(),
        });
        let gate = gate.map(|gate| (gate, now + CONTINUE_WAIT));
        let incoming = Some(incoming);
        let upload = Upload { incoming, leftover, progress: progress.clone(), limits, alarm, gate };
        (Self(Some(Box::new(upload))), progress)
    }
}

impl Upload {
    fn poll_frame(&mut self, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, UploadError>>> {
        if let Some((gate, deadline)) = &self.gate {
            if self.progress.asked.get() == Asked::Never
                || (!gate.0.load(Ordering::Relaxed) && !self.alarm.passed(*deadline))
            {
                return Poll::Pending;
            }
            self.gate = None;
            self.progress.asked.set(Asked::Yes);
        }
        let Some(incoming) = &mut self.incoming else { return Poll::Ready(None) };
        match Pin::new(&mut *incoming).poll_frame(cx) {
            Poll::Ready(Some(Ok(frame))) => {
                self.progress.awaited_since.set(None);
                self.leftover.note_read();
                if frame.is_trailers() {
                    self.incoming = None;
                    self.leftover.end_connection();
                }
                Poll::Ready(Some(self.pass(frame)))
            }
            Poll::Ready(Some(Err(error))) => Poll::Ready(Some(self.fail(fault_of(&error)))),
            Poll::Ready(None) if self.limits.version == Version::HTTP_2 && !is_complete(incoming) => {
                Poll::Ready(Some(self.fail(Fault::ClientClosed)))
            }
            Poll::Ready(None) => {
                self.incoming = None;
                Poll::Ready(None)
            }
            Poll::Pending => {
                let since = self.progress.awaited_since.get().unwrap_or(self.alarm.now());
                self.progress.awaited_since.set(Some(since));
                if !self.alarm.passed(since + self.limits.idle) {
                    return Poll::Pending;
                }
                let idle = crate::units::format_duration(self.limits.idle);
                let detail = format!("no byte of the request body arrived for {idle}");
                Poll::Ready(Some(self.fail(Fault::Refused(Problem::new(Reason::RequestTimeout, detail)))))
            }
        }
    }

    fn pass(&mut self, frame: Frame<Bytes>) -> Result<Frame<Bytes>, UploadError> {
        self.progress.last_chunk.set(self.alarm.now());
        match frame.into_data() {
            Ok(chunk) => {
                let bytes = self.progress.bytes.get() + chunk.len() as u64;
                self.progress.bytes.set(bytes);
                match self.limits.max_bytes {
                    Some(limit) if bytes > limit => self.fail(Fault::Refused(too_large(limit))),
                    _ => Ok(Frame::data(chunk)),
                }
            }
            Err(frame) => {
                let trailers = frame.into_trailers().unwrap_or_default();
                if trailers.is_empty() {
                    // hyper saw bytes of a trailer section, but no field: it began with a bare LF, and what came behind that,
                    // perhaps a request, was taken for a part of it. In HTTP/2 it had pseudo-fields, which h2 leaves out.
                    return self.fail(Fault::Refused(malformed()));
                }
                match trailer::of_request(trailers, &self.limits.rules, &self.limits.custom) {
                    Ok(trailers) => Ok(Frame::trailers(trailers)),
                    Err(problem) => self.fail(Fault::Refused(problem)),
                }
            }
        }
    }

    fn fail<T>(&self, fault: Fault) -> Result<T, UploadError> {
        self.progress.fault.replace(Some(fault));
        Err(UploadError)
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        self.progress.finished.set(true);
        let Some(incoming) = self.incoming.take() else { return };
        match &*self.progress.fault.borrow() {
            // Reading on would ask for a body that nobody wants.
            None if self.gate.is_some() => self.leftover.end_connection(),
            None => self.leftover.leave(incoming, self.alarm.now()),
            // It has had its time, or is gone.
            Some(Fault::ClientClosed) => self.leftover.end_connection(),
            Some(Fault::Refused(problem)) if problem.reason == Reason::RequestTimeout => self.leftover.end_connection(),
            Some(Fault::Refused(_)) => self.leftover.refuse(incoming, self.alarm.now()),
        }
    }
}

/// The refusal of a body of more than `limit` bytes.
#[must_use]
pub fn too_large(limit: u64) -> Problem {
    Problem::new(Reason::BodyTooLarge, format!("the request body is larger than {limit} bytes"))
}

fn malformed() -> Problem {
    Problem::new(Reason::BadRequest, "malformed request body")
}

/// Whether a body of HTTP/2 that has no further frame is complete. hyper also ends one quietly whose stream was reset with
/// `NO_ERROR`, which is for a server that does not want the rest of a request (RFC 9113 section 8.1), and is sent by others.
#[must_use]
pub fn is_complete(incoming: &Incoming) -> bool {
    incoming.is_end_stream()
}

/// Whose fault the end of a client's body was: hyper reports a broken chunk as invalid input or data.
fn fault_of(error: &hyper::Error) -> Fault {
    let source = std::error::Error::source(error).and_then(|source| source.downcast_ref::<std::io::Error>());
    match source.map(std::io::Error::kind) {
        Some(std::io::ErrorKind::InvalidInput | std::io::ErrorKind::InvalidData | std::io::ErrorKind::Other) => {
            Fault::Refused(malformed())
        }
        _ => Fault::ClientClosed,
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = UploadError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, UploadError>>> {
        match &mut self.0 {
            Some(upload) => upload.poll_frame(cx),
            None => Poll::Ready(None),
        }
    }

    fn is_end_stream(&self) -> bool {
        // Not the end of `incoming`: a length of zero, too, is for hyper to frame as the client did.
        self.0.as_ref().and_then(|upload| upload.incoming.as_ref()).is_none_or(Incoming::is_end_stream)
    }

    fn size_hint(&self) -> SizeHint {
        let incoming = self.0.as_ref().and_then(|upload| upload.incoming.as_ref());
        incoming.map_or_else(|| SizeHint::with_exact(0), Incoming::size_hint)
    }
}
