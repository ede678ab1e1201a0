//! What a client sends and gets in HTTP/2, as far as it has to be watched: the headers of frames, never what is in them.
//!
//! h2 bounds what a stream costs. What it answers or takes in without a stream (SETTINGS, PING, PRIORITY, WINDOW_UPDATE, resets,
//! frames that it does not know, empty ones) costs the client nothing and us a little each, and it waits for ever for the rest
//! of a preface or of a head. So such frames have to be paid for, from a credit that grows with time and with what is moved,
//! and what was begun has to be finished in time.

use std::cell::{Cell, RefCell};
use std::io::{self, IoSlice};
use std::rc::Rc;
use std::time::Duration;

use tokio::time::Instant;

use super::header_blocks::HeaderBlocks;
use super::stream::Observer;
use crate::clock::Clock;
use crate::config::types::Http2;

/// The bytes of `PRI * HTTP/2.0` and what belongs to it (RFC 9113 section 3.4).
const PREFACE: usize = 24;
/// The bytes of a frame's header (section 4.1).
const HEADER: usize = 9;
/// Body bytes, either way, that are worth a frame.
const WORTH: usize = 1024;
/// What a frame costs us, in bytes that are merely moved: a microsecond or more.
const TROUBLE: usize = 4096;
/// What a response frame is worth: clients may acknowledge each with a WINDOW_UPDATE for the stream and one for the connection.
const ANSWERED: u32 = 2;

/// The types of frames that matter here (section 6).
const DATA: u8 = 0;
const HEADERS: u8 = 1;
const CONTINUATION: u8 = 9;
const END_HEADERS: u8 = 4;

/// The frames of one connection. Shared by the stream that sees them and the connection that minds the time.
#[derive(Debug)]
pub struct Frames {
    clock: Clock,
    limits: Http2,
    parser: RefCell<Parser>,
    written: RefCell<Frame>,
    /// When the last byte of a body went to the client.
    delivered: Cell<Instant>,
    /// When that which is not complete was begun: the preface with its SETTINGS, a frame other than DATA, a head.
    begun: Cell<Option<Instant>>,
    /// Frames that the client may still send for nothing.
    credit: Cell<u32>,
    /// Bytes that have not been turned into credit yet.
    moved: Cell<usize>,
    topped_up: Cell<Instant>,
}

/// Where in what the client sends the next byte is.
#[derive(Debug)]
struct Parser {
    preface: usize,
    frame: Frame,
    /// Whether a head is being sent in several frames.
    in_head: bool,
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
}

impl Frames {
    #[must_use]
    pub fn new(clock: Clock, limits: Http2, since: Instant) -> Rc<Self> {
        let parser = Parser { preface: PREFACE, frame: Frame::default(), in_head: false };
        Rc::new(Self {
            parser: RefCell::new(parser),
            written: RefCell::default(),
            delivered: Cell::new(since),
            begun: Cell::new(Some(since)),
            credit: Cell::new(limits.control_frames),
            moved: Cell::new(0),
            topped_up: Cell::new(clock.now()),
            clock,
            limits,
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

    fn moved(&self, bytes: usize) {
        let bytes = self.moved.get() + bytes;
        self.moved.set(bytes % WORTH);
        self.earn(u32::try_from(bytes / WORTH).unwrap_or(u32::MAX));
    }

    fn earn(&self, frames: u32) {
        self.credit.set(self.credit.get().saturating_add(frames).min(self.limits.control_frames));
    }

    /// Takes a frame from the credit.
    fn pay(&self) -> io::Result<()> {
        if self.credit.get() == 0 {
            self.top_up();
        }
        match self.credit.get().checked_sub(1) {
            Some(left) => {
                self.credit.set(left);
                Ok(())
            }
            None => Err(io::Error::other("too many HTTP/2 control frames")),
        }
    }

    /// A tenth of the whole credit comes back in a second.
    fn top_up(&self) {
        const WHOLE: Duration = Duration::from_secs(10);
        let elapsed = (self.clock.now() - self.topped_up.get()).min(WHOLE);
        let share = u128::from(self.limits.control_frames) * elapsed.as_millis() / WHOLE.as_millis();
        if share > 0 {
            self.topped_up.set(self.clock.now());
            self.earn(u32::try_from(share).unwrap_or(u32::MAX));
        }
    }

    /// How many frames begin in these bytes.
    fn read(&self, mut bytes: &[u8]) -> io::Result<usize> {
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
    fn open(&self, parser: &mut Parser) -> io::Result<()> {
        match parser.frame.kind() {
            DATA if parser.frame.payload > 0 => {
                self.moved(parser.frame.payload);
                return Ok(());
            }
            HEADERS | CONTINUATION => parser.in_head = parser.frame.flags() & END_HEADERS == 0,
            _ => self.pay()?,
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

/// Shows a connection's bytes to its [`Frames`].
#[derive(Debug)]
pub struct Watch {
    frames: Rc<Frames>,
    blocks: HeaderBlocks,
}

impl Watch {
    #[must_use]
    pub fn new(frames: Rc<Frames>) -> Self {
        Self { frames, blocks: HeaderBlocks::new() }
    }
}

impl Observer for Watch {
    fn received(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        self.blocks.read(bytes);
        Ok(bytes.len() + self.frames.read(bytes)? * TROUBLE)
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
mod tests {
    use super::*;

    const LIMITS: Http2 = Http2 { control_frames: 10, ..Http2::DEFAULT };

    fn frames() -> Rc<Frames> {
        let clock = Clock::new();
        let now = clock.now();
        Frames::new(clock, LIMITS, now)
    }

    /// A frame of this type, with flags and a payload of zeros.
    fn frame(kind: u8, flags: u8, length: u8) -> Vec<u8> {
        [&[0, 0, length, kind, flags, 0, 0, 0, 1][..], &vec![0; usize::from(length)]].concat()
    }

    fn begin() -> Vec<u8> {
        [&[b' '; PREFACE][..], &frame(4, 0, 6)].concat()
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_not_complete_is_seen_wherever_it_is_cut() {
        let head = frame(HEADERS, END_HEADERS, 5);
        let split = [frame(HEADERS, 0, 5), frame(CONTINUATION, 0, 3), frame(CONTINUATION, END_HEADERS, 3)].concat();
        for (bytes, name) in [(begin(), "preface"), (head, "head"), (split, "head in parts"), (frame(6, 0, 8), "ping")]
        {
            for cut in 1..bytes.len() {
                let frames = frames();
                if name != "preface" {
                    frames.read(&begin()).expect("paid for");
                    assert_eq!(frames.unfinished_since(), None);
                }
                frames.read(&bytes[..cut]).expect("paid for");
                assert!(frames.unfinished_since().is_some(), "{name} cut at {cut}");
                frames.read(&bytes[cut..]).expect("paid for");
                assert_eq!(frames.unfinished_since(), None, "{name} cut at {cut}");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn what_is_delivered_is_seen_wherever_it_is_cut() {
        let bytes = [frame(4, 0, 6), frame(HEADERS, END_HEADERS, 20), frame(6, 1, 8), frame(DATA, 0, 0)].concat();
        let data = frame(DATA, 0, 2);
        for cut in 0..=bytes.len() {
            let frames = frames();
            let start = frames.delivered();
            tokio::time::advance(Duration::from_secs(1)).await;
            frames.clock.tick();
            frames.wrote(&bytes[..cut]);
            frames.wrote(&bytes[cut..]);
            frames.wrote(&data[..HEADER]);
            assert_eq!(frames.delivered(), start, "{cut}");
            for byte in [HEADER, HEADER + 1] {
                tokio::time::advance(Duration::from_secs(1)).await;
                frames.clock.tick();
                frames.wrote(&data[byte..=byte]);
                assert_eq!(frames.delivered(), Instant::now(), "{cut}");
            }
        }
    }

    #[tokio::test(start_paused = true)]
    async fn data_may_take_its_time() {
        let frames = frames();
        frames.read(&begin()).expect("paid for");
        frames.read(&frame(DATA, 0, 200)[..50]).expect("paid for");
        assert_eq!(frames.unfinished_since(), None);
    }

    #[tokio::test(start_paused = true)]
    async fn frames_for_nothing_are_paid_for() {
        for kind in [2, 3, 4, 6, 8, 77, DATA] {
            let frames = frames();
            frames.read(&begin()).expect("paid for");
            let empty = frame(kind, 0, 0);
            for _ in 0..9 {
                frames.read(&empty).expect("paid for");
            }
            assert!(frames.read(&empty).is_err(), "{kind}");
            tokio::time::advance(Duration::from_secs(1)).await;
            frames.clock.tick();
            assert!(frames.read(&empty).is_ok() && frames.read(&empty).is_err(), "{kind}");
            frames.moved(4 * WORTH);
            frames.answered(1);
            for _ in 0..6 {
                frames.read(&empty).expect("earned");
            }
            assert!(frames.read(&empty).is_err(), "{kind}");
        }
    }
}
