//! What a client sends and gets in HTTP/2, as far as it has to be watched: the headers of frames, and which requests have a fragment.
//!
//! h2 bounds what a stream costs. What it answers or takes in without a stream (SETTINGS, PING, PRIORITY, WINDOW_UPDATE, resets,
//! frames that it does not know, empty ones) costs the client nothing and us a little each, and it waits for ever for the rest
//! of a preface or of a head. So such frames have to be paid for, from a credit that grows with time and with what is moved,
//! and what was begun has to be finished in time.

use std::cell::{Cell, RefCell};
use std::collections::VecDeque;
use std::rc::Rc;
use std::time::Duration;

use tokio::time::Instant;

use super::credit::{Credit, Spent};
use crate::clock::Clock;
use crate::config::Http2;
use crate::telemetry::floods::Budget;

/// The bytes of a frame's header (RFC 9113 section 4.1).
pub(super) const HEADER: usize = 9;
/// Body bytes, either way, that are worth a frame.
const WORTH: usize = 1024;
/// What a response frame is worth: clients may acknowledge each with a WINDOW_UPDATE for the stream and one for the connection, and some measure the
/// round trip with a PING.
const ANSWERED: u32 = 4;
/// What a request is worth that was answered: beside these, its client may end it with an empty DATA or a reset and give it a priority.
const EXCHANGED: u32 = 8;

/// A frame with more bytes than this counts as several: SETTINGS may have thousands of values.
const CONTROL_SIZE: usize = 256;
/// Half of the credit for control frames comes back in a second.
const CONTROL_WHOLE: Duration = Duration::from_secs(2);

/// DATA of fewer bytes takes up more memory than its window says, as long as nobody reads it: a hundred bytes for each.
const SMALL: usize = 256;
/// How many of those may wait to be read on one connection. They are paid back when they are read; those of a stream that is reset come back with time.
const SMALL_FRAMES: u32 = 100_000;
const SMALL_WHOLE: Duration = Duration::from_secs(10);

/// How many requests with a fragment may wait to be accepted. More than h2 keeps of one client.
const MAX_FRAGMENTS: usize = 1024;

/// The frame and the error that end a connection (sections 6.8 and 7).
const GOAWAY: u8 = 7;
const ENHANCE_YOUR_CALM: u32 = 11;

/// The types of frames that matter here (section 6).
const DATA: u8 = 0;
pub(super) const HEADERS: u8 = 1;
const CONTINUATION: u8 = 9;
pub(super) const END_HEADERS: u8 = 4;

/// The frames of one connection. Shared by the stream that sees them and the connection that minds the time.
#[derive(Debug)]
pub struct Frames {
    clock: Clock,
    /// The frame that is being written.
    written: RefCell<Frame>,
    /// When the last byte of a body went to the client.
    delivered: Cell<Instant>,
    /// When that which is not complete was begun: the preface with its SETTINGS, a frame other than DATA, a head.
    begun: Cell<Option<Instant>>,
    /// For frames that the client sends for nothing.
    control: Credit,
    /// For small DATA that nobody has read yet.
    small: Credit,
    /// Bytes that have not been turned into credit yet.
    moved: Cell<usize>,
    /// What the client has sent more of than its credit allowed.
    spent: Cell<Option<Budget>>,
    /// Whether the client is sending a head in several frames.
    in_head: Cell<bool>,
    /// The newest request.
    last_stream: Cell<u32>,
    /// The streams whose target has a fragment, and that h2 has not accepted yet.
    fragments: RefCell<VecDeque<u32>>,
}

/// There are more marks than requests can be on their way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct TooMany;

/// A frame, as far as it has been seen.
#[derive(Debug, Default)]
pub(super) struct Frame {
    header: [u8; HEADER],
    /// How much of that is there.
    filled: usize,
    /// What is still to come behind it.
    pub(super) payload: usize,
}

impl Frame {
    /// Takes what is there of the header. Returns how many bytes that were.
    pub(super) fn take_header(&mut self, bytes: &[u8]) -> usize {
        let count = (HEADER - self.filled).min(bytes.len());
        self.header[self.filled..][..count].copy_from_slice(&bytes[..count]);
        self.filled += count;
        let [high, middle, low, ..] = self.header;
        self.payload = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
        count
    }

    pub(super) fn has_header(&self) -> bool {
        self.filled == HEADER
    }

    /// Takes what is there of the payload. Returns how many bytes that were.
    pub(super) fn take_payload(&mut self, available: usize) -> usize {
        let count = self.payload.min(available);
        self.payload -= count;
        count
    }

    pub(super) fn kind(&self) -> u8 {
        self.header[3]
    }

    pub(super) fn flags(&self) -> u8 {
        self.header[4]
    }

    pub(super) fn stream(&self) -> u32 {
        let [.., first, second, third, fourth] = self.header;
        u32::from_be_bytes([first & 0x7f, second, third, fourth])
    }

    /// Whether it is a head, or a part of one.
    pub(super) fn is_of_head(&self) -> bool {
        matches!(self.kind(), HEADERS | CONTINUATION)
    }

    pub(super) fn is_whole_head(&self) -> bool {
        self.kind() == HEADERS && self.flags() & END_HEADERS != 0
    }

    /// Whether it is a part of a head that goes on in the next frame.
    fn opens_head(&self) -> bool {
        self.is_of_head() && self.flags() & END_HEADERS == 0
    }
}

impl Frames {
    #[must_use]
    pub fn new(clock: Clock, limits: Http2, since: Instant) -> Rc<Self> {
        Rc::new(Self {
            written: RefCell::default(),
            delivered: Cell::new(since),
            begun: Cell::new(Some(since)),
            // A frame costs a microsecond or two, and a request, of which a client may send any number, more than ten times as much.
            control: Credit::new(limits.control_frames, CONTROL_WHOLE, clock.now()),
            small: Credit::new(SMALL_FRAMES, SMALL_WHOLE, clock.now()),
            moved: Cell::new(0),
            clock,
            spent: Cell::default(),
            in_head: Cell::default(),
            last_stream: Cell::default(),
            fragments: RefCell::default(),
        })
    }

    /// When something was begun that is not complete yet.
    #[must_use]
    pub fn unfinished_since(&self) -> Option<Instant> {
        self.begun.get()
    }

    /// When the last byte of a body, whichever, went to the client; or the beginning.
    #[must_use]
    pub fn delivered(&self) -> Instant {
        self.delivered.get()
    }

    /// Notes that response frames have been handed over.
    pub fn answered(&self, frames: u32) {
        self.earn(frames.saturating_mul(ANSWERED));
    }

    /// Notes that a request is over: answered to its end, or taken back.
    pub fn exchanged(&self) {
        self.earn(EXCHANGED);
    }

    /// What the client has sent more of than it may.
    #[must_use]
    pub fn spent(&self) -> Option<Budget> {
        self.spent.get()
    }

    /// Notes that the target of a request has a fragment.
    ///
    /// # Errors
    /// [`TooMany`]: none must be forgotten.
    pub(super) fn mark_fragment(&self, stream: u32) -> Result<(), TooMany> {
        let mut fragments = self.fragments.borrow_mut();
        fragments.push_back(stream);
        if fragments.len() > MAX_FRAGMENTS { Err(TooMany) } else { Ok(()) }
    }

    /// Whether the target of the request that begins has a fragment. Requests begin in the order of their streams, so that what is marked
    /// and older was refused.
    #[must_use]
    pub fn take_fragment(&self, stream: u32) -> bool {
        let mut fragments = self.fragments.borrow_mut();
        while let Some(&marked) = fragments.front()
            && marked <= stream
        {
            fragments.pop_front();
            if marked == stream {
                return true;
            }
        }
        false
    }

    /// The last frame for a client that has, if it can be written: not in the middle of another.
    #[must_use]
    pub fn farewell(&self) -> Option<[u8; HEADER + 8]> {
        let written = &*self.written.borrow();
        if written.filled > 0 || written.opens_head() {
            return None;
        }
        let mut frame = [0; HEADER + 8];
        (frame[2], frame[3]) = (8, GOAWAY);
        frame[HEADER..][..4].copy_from_slice(&self.last_stream.get().to_be_bytes());
        frame[HEADER + 4..].copy_from_slice(&ENHANCE_YOUR_CALM.to_be_bytes());
        Some(frame)
    }

    /// Notes that the client has sent more than it may.
    pub(super) fn overspend(&self, budget: Budget) {
        self.spent.set(Some(budget));
    }

    pub(super) fn moved(&self, bytes: usize) {
        let bytes = self.moved.get() + bytes;
        self.moved.set(bytes % WORTH);
        self.earn(u32::try_from(bytes / WORTH).unwrap_or(u32::MAX));
    }

    fn earn(&self, frames: u32) {
        self.control.earn(frames);
    }

    /// Notes that frames of request bodies have been read.
    pub fn consumed(&self, frames: u32) {
        self.small.earn(frames);
    }

    /// Looks at what has gone to the client.
    pub(super) fn wrote(&self, mut bytes: &[u8]) {
        let frame = &mut *self.written.borrow_mut();
        while !bytes.is_empty() {
            if !frame.has_header() {
                bytes = &bytes[frame.take_header(bytes)..];
                if !frame.has_header() {
                    break;
                }
            }
            if frame.kind() == DATA && !bytes.is_empty() && frame.payload > 0 {
                self.delivered.set(self.clock.now());
            }
            bytes = &bytes[frame.take_payload(bytes.len())..];
            if frame.payload == 0 {
                frame.filled = 0;
            }
        }
    }

    /// Notes that something has come that is not complete.
    pub(super) fn begin(&self) {
        if self.begun.get().is_none() {
            self.begun.set(Some(self.clock.now()));
        }
    }

    /// The header of a frame from the client is complete.
    ///
    /// # Errors
    /// What the client has sent more of than its credit allows.
    pub(super) fn opened(&self, frame: &Frame) -> Result<(), Budget> {
        match frame.kind() {
            DATA if frame.payload > 0 => {
                if frame.payload < SMALL {
                    self.small.pay(1, self.clock.now()).map_err(|Spent| Budget::UnreadData)?;
                }
                self.moved(frame.payload);
                return Ok(());
            }
            HEADERS | CONTINUATION => {
                self.in_head.set(frame.opens_head());
                self.last_stream.set(self.last_stream.get().max(frame.stream()));
            }
            _ => {
                let size = u32::try_from(frame.payload / CONTROL_SIZE).unwrap_or(u32::MAX);
                self.control.pay(1 + size, self.clock.now()).map_err(|Spent| Budget::ControlFrames)?;
            }
        }
        self.begin();
        Ok(())
    }

    /// A frame from the client is complete.
    pub(super) fn closed(&self) {
        if !self.in_head.get() {
            self.begun.set(None);
        }
    }
}

#[cfg(test)]
mod tests;
