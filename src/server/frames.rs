//! What a client sends and gets in HTTP/2, as far as it has to be watched: the headers of frames, never what is in them.
//!
//! h2 bounds what a stream costs. What it answers or takes in without a stream (SETTINGS, PING, PRIORITY, WINDOW_UPDATE, resets,
//! frames that it does not know, empty ones) costs the client nothing and us a little each, and it waits for ever for the rest
//! of a preface or of a head. So such frames have to be paid for, from a credit that grows with time and with what is moved,
//! and what was begun has to be finished in time.

use std::cell::{Cell, RefCell};
use std::io::{self, IoSlice};
use std::ops::Range;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use super::credit::{Credit, Spent};
use super::header_blocks::HeaderBlocks;
use super::stream::Observer;
use crate::clock::Clock;
use crate::config::http2::Http2;
use crate::telemetry::floods::Budget;

/// The bytes of `PRI * HTTP/2.0` and what belongs to it (RFC 9113 section 3.4).
const PREFACE: usize = 24;
/// The bytes of a frame's header (section 4.1).
const HEADER: usize = 9;
/// Body bytes, either way, that are worth a frame.
const WORTH: usize = 1024;
/// What a frame costs us, in bytes that are merely moved: a microsecond or more.
const TROUBLE: usize = 4096;
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

/// The frame and the error that end a connection (RFC 9113 sections 6.8 and 7).
const GOAWAY: u8 = 7;
const ENHANCE_YOUR_CALM: u32 = 11;

/// The types of frames that matter here (section 6).
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const CONTINUATION: u8 = 9;
const END_HEADERS: u8 = 4;

/// The frames of one connection. Shared by the stream that sees them and the connection that minds the time.
#[derive(Debug)]
pub struct Frames {
    clock: Clock,
    parser: RefCell<Parser>,
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
    /// The newest request that h2 has seen.
    last_stream: Cell<u32>,
}

/// Where in what the client sends the next byte is.
#[derive(Debug)]
struct Parser {
    preface: usize,
    frame: Frame,
    /// Whether a head is being sent in several frames.
    in_head: bool,
    /// The newest request.
    last_stream: u32,
}

/// A frame, as far as it has been seen.
#[derive(Debug, Default)]
struct Frame {
    header: [u8; HEADER],
    /// How much of that is there.
    filled: usize,
    /// What is still to come.
    payload: usize,
}

impl Frame {
    /// Takes what is missing of the header. Returns whether it is complete then.
    fn take_header(&mut self, bytes: &mut &[u8]) -> bool {
        let (taken, rest) = bytes.split_at((HEADER - self.filled).min(bytes.len()));
        self.header[self.filled..][..taken.len()].copy_from_slice(taken);
        self.filled += taken.len();
        *bytes = rest;
        let [high, middle, low, ..] = self.header;
        self.payload = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
        self.filled == HEADER
    }

    /// Takes what is there of the payload. Returns whether the frame is complete then.
    fn take_payload(&mut self, bytes: &mut &[u8]) -> bool {
        let count = self.payload.min(bytes.len());
        self.payload -= count;
        *bytes = &bytes[count..];
        self.payload == 0
    }

    fn kind(&self) -> u8 {
        self.header[3]
    }

    fn flags(&self) -> u8 {
        self.header[4]
    }

    fn stream(&self) -> u32 {
        let [.., first, second, third, fourth] = self.header;
        u32::from_be_bytes([first & 0x7f, second, third, fourth])
    }

    /// Whether it is a part of a head that goes on in the next frame.
    fn opens_head(&self) -> bool {
        matches!(self.kind(), HEADERS | CONTINUATION) && self.flags() & END_HEADERS == 0
    }
}

impl Frames {
    #[must_use]
    pub fn new(clock: Clock, limits: Http2, since: Instant) -> Rc<Self> {
        let parser = Parser { preface: PREFACE, frame: Frame::default(), in_head: false, last_stream: 0 };
        Rc::new(Self {
            parser: RefCell::new(parser),
            written: RefCell::default(),
            delivered: Cell::new(since),
            begun: Cell::new(Some(since)),
            // A frame costs a microsecond or two, and a request, of which a client may send any number, more than ten times as much.
            control: Credit::new(limits.control_frames, CONTROL_WHOLE, clock.now()),
            small: Credit::new(SMALL_FRAMES, SMALL_WHOLE, clock.now()),
            moved: Cell::new(0),
            clock,
            spent: Cell::default(),
            last_stream: Cell::default(),
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

    /// Notes that a request has been answered to its end.
    pub fn exchanged(&self) {
        self.earn(EXCHANGED);
    }

    /// What the client has sent more of than it may.
    #[must_use]
    pub fn spent(&self) -> Option<Budget> {
        self.spent.get()
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

    fn moved(&self, bytes: usize) {
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

    /// How many frames begin in these bytes.
    fn read(&self, mut bytes: &[u8]) -> Result<usize, Budget> {
        let parser = &mut *self.parser.borrow_mut();
        let mut begun = 0;
        while !bytes.is_empty() {
            if parser.preface > 0 {
                let count = parser.preface.min(bytes.len());
                parser.preface -= count;
                bytes = &bytes[count..];
                continue;
            }
            if parser.frame.filled < HEADER {
                if !parser.frame.take_header(&mut bytes) {
                    self.begin();
                    break;
                }
                self.open(parser)?;
                begun += 1;
            }
            if parser.frame.take_payload(&mut bytes) {
                self.close(parser);
            }
        }
        self.last_stream.set(parser.last_stream);
        Ok(begun)
    }

    /// Looks at what has gone to the client.
    fn wrote(&self, mut bytes: &[u8]) {
        let frame = &mut *self.written.borrow_mut();
        while !bytes.is_empty() {
            if frame.filled < HEADER && !frame.take_header(&mut bytes) {
                break;
            }
            if frame.kind() == DATA && !bytes.is_empty() && frame.payload > 0 {
                self.delivered.set(self.clock.now());
            }
            if frame.take_payload(&mut bytes) {
                frame.filled = 0;
            }
        }
    }

    fn begin(&self) {
        if self.begun.get().is_none() {
            self.begun.set(Some(self.clock.now()));
        }
    }

    /// The header of a frame is complete.
    fn open(&self, parser: &mut Parser) -> Result<(), Budget> {
        match parser.frame.kind() {
            DATA if parser.frame.payload > 0 => {
                if parser.frame.payload < SMALL {
                    self.small.pay(1, self.clock.now()).map_err(|Spent| Budget::UnreadData)?;
                }
                self.moved(parser.frame.payload);
                return Ok(());
            }
            HEADERS | CONTINUATION => {
                parser.in_head = parser.frame.opens_head();
                parser.last_stream = parser.last_stream.max(parser.frame.stream());
            }
            _ => {
                let size = u32::try_from(parser.frame.payload / CONTROL_SIZE).unwrap_or(u32::MAX);
                self.control.pay(1 + size, self.clock.now()).map_err(|Spent| Budget::ControlFrames)?;
            }
        }
        self.begin();
        Ok(())
    }

    /// A frame is complete.
    fn close(&self, parser: &mut Parser) {
        parser.frame.filled = 0;
        if !parser.in_head {
            self.begun.set(None);
        }
    }
}

/// A stream that has become a tunnel: each read takes what is left of one frame.
#[derive(Debug)]
pub struct Counted<S> {
    pub stream: S,
    pub frames: Rc<Frames>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Counted<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut self.stream).poll_read(cx, buffer);
        self.frames.consumed(result.is_ready().into());
        result
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Counted<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        Pin::new(&mut self.stream).poll_write(cx, bytes)
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}

/// Shows a connection's bytes to its [`Frames`].
#[derive(Debug)]
pub struct Watch {
    frames: Rc<Frames>,
    blocks: HeaderBlocks,
    /// Where in what was read last a head is that must come alone.
    isolated: Option<Range<usize>>,
}

impl Watch {
    #[must_use]
    pub fn new(frames: Rc<Frames>) -> Self {
        Self { frames, blocks: HeaderBlocks::new(), isolated: None }
    }
}

impl Observer for Watch {
    fn received(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        let too_late =
            |_too_late| io::Error::new(io::ErrorKind::InvalidData, "a fragment in a head that came in parts");
        self.isolated = self.blocks.read(bytes).map_err(too_late)?;
        let read = self.isolated.as_ref().map_or(bytes.len(), |head| head.end);
        let frames = self.frames.read(&bytes[..read]).unwrap_or_else(|budget| {
            self.frames.spent.set(Some(budget));
            0
        });
        Ok(bytes.len() + frames * TROUBLE)
    }

    fn take_isolated(&mut self) -> Option<Range<usize>> {
        self.isolated.take()
    }

    fn is_over(&self) -> bool {
        self.frames.spent().is_some()
    }

    fn holds_back(&mut self, _bytes: &[u8]) -> bool {
        false
    }

    fn sent(&mut self, slices: &[IoSlice<'_>], mut count: usize) {
        self.frames.moved(count);
        for slice in slices {
            let written = count.min(slice.len());
            self.frames.wrote(&slice[..written]);
            count -= written;
        }
    }

    fn flushed(&mut self) {}
}

#[cfg(test)]
mod tests;
