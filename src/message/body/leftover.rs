//! The rest of a request's body that nobody wants any more, because the answer is already known.
//!
//! It is read and thrown away. A connection of HTTP/1 can take the next request then; and many clients look for the answer only when they have sent
//! everything, and lose it when they are reset before.

use std::cell::{Cell, RefCell};
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use hyper::body::{Body, Incoming};
use tokio::time::Instant;

use crate::alarm::Alarm;

/// What becomes of the bodies that the requests of a connection, or of a stream of HTTP/2, leave behind.
#[derive(Debug)]
pub struct Leftover {
    scope: Scope,
    rest: RefCell<Option<Rest>>,
    last: Cell<bool>,
    upload_continues: Cell<bool>,
    /// Frames of bodies that have been read since the last question, wanted or not.
    read: Cell<u32>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scope {
    Connection,
    Stream,
}

#[derive(Debug)]
struct Rest {
    incoming: Incoming,
    bytes: usize,
    since: Instant,
}

impl Scope {
    /// How much is read. Beyond that the connection is closed instead, or the stream reset. The other requests of a connection of HTTP/1 wait
    /// for it; a stream keeps nobody waiting.
    fn limit(self) -> usize {
        match self {
            Self::Connection => 1 << 20,
            Self::Stream => 16 << 20,
        }
    }
}

impl Leftover {
    /// Of the requests of a connection, one after the other.
    #[must_use]
    pub fn of_connection() -> Self {
        Self::new(Scope::Connection)
    }

    /// Of a request that is a stream of HTTP/2.
    #[must_use]
    pub fn of_stream() -> Self {
        Self::new(Scope::Stream)
    }

    fn new(scope: Scope) -> Self {
        Self {
            scope,
            rest: RefCell::default(),
            last: Cell::default(),
            upload_continues: Cell::default(),
            read: Cell::default(),
        }
    }

    /// Leaves a body to be read to its end.
    pub fn leave(&self, incoming: Incoming, now: Instant) {
        let hopeless = self.scope == Scope::Connection && incoming.size_hint().lower() > self.scope.limit() as u64;
        if hopeless {
            self.abandon();
        } else if !incoming.is_end_stream() {
            self.rest.replace(Some(Rest { incoming, bytes: 0, since: now }));
        }
    }

    /// Leaves a body behind which nothing can be trusted to be a request.
    pub fn refuse(&self, incoming: Incoming, now: Instant) {
        match self.scope {
            Scope::Connection => self.abandon(),
            Scope::Stream => self.leave(incoming, now),
        }
    }

    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.rest.borrow().is_none()
    }

    /// Notes that a body will not be read to its end, or that it had trailers: hyper takes an empty line of a bare LF among them for
    /// the end of the section, and reads on to the next CRLF CRLF all the same, so that the start of another request may be gone.
    pub fn end_connection(&self) {
        self.last.set(true);
    }

    /// The connection ends while its client may still be sending.
    fn abandon(&self) {
        self.last.set(true);
        self.upload_continues.set(true);
    }

    /// Lets go of what was left: the connection is to be closed, and nobody has to wait for it.
    pub fn forget(&self) {
        self.rest.take();
    }

    /// Whether what comes behind the present request cannot be trusted to be the next one.
    #[must_use]
    pub fn ends_connection(&self) -> bool {
        self.last.get()
    }

    /// Whether a client whose connection ends may be in the middle of a body.
    #[must_use]
    pub fn upload_continues(&self) -> bool {
        self.upload_continues.get()
    }

    /// Notes that a frame of the body has been read.
    pub fn note_read(&self) {
        self.read.set(self.read.get().saturating_add(1));
    }

    #[must_use]
    pub fn take_read(&self) -> u32 {
        self.read.take()
    }

    /// Reads on, and says whether that is over: the body has ended, or it was too much or took longer than `patience`.
    pub fn poll_discard(&self, cx: &mut Context<'_>, alarm: &Alarm, patience: Duration) -> Poll<()> {
        let mut slot = self.rest.borrow_mut();
        let Some(rest) = slot.as_mut() else { return Poll::Pending };
        while let Poll::Ready(frame) = Pin::new(&mut rest.incoming).poll_frame(cx) {
            self.note_read();
            let over = match frame {
                Some(Ok(frame)) => {
                    self.last.set(self.last.get() || frame.is_trailers());
                    rest.bytes += frame.data_ref().map_or(0, Bytes::len);
                    self.upload_continues.set(rest.bytes > self.scope.limit());
                    rest.bytes > self.scope.limit()
                }
                Some(Err(_)) | None => true,
            };
            if over {
                *slot = None;
                return Poll::Ready(());
            }
        }
        if alarm.passed(rest.since + patience) {
            *slot = None;
            return Poll::Ready(());
        }
        Poll::Pending
    }
}
