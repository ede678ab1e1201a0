//! Reads along with h2 what a client sends: where frames begin, and where in them header blocks are (RFC 9113 section 6).
//!
//! The frames are paid for, see [`Frames`]. Of the blocks only one thing matters, see [`Blocks`].

use std::io::{self, IoSlice};
use std::ops::Range;
use std::rc::Rc;

use super::frames::{END_HEADERS, Frame, Frames, HEADER, HEADERS, TooMany};
use super::hpack::Blocks;
use crate::telemetry::floods::Budget;

/// The bytes of `PRI * HTTP/2.0` and what belongs to it (section 3.4).
const PREFACE: usize = 24;
const PRIORITY_BYTES: usize = 5;

const PUSH_PROMISE: u8 = 5;
const PADDED: u8 = 8;
const PRIORITY: u8 = 0x20;

/// What a frame costs us, in bytes that are merely moved: a microsecond or more.
const TROUBLE: usize = 4096;

/// Shows a connection's bytes to its [`Frames`].
#[derive(Debug)]
pub(super) struct Watch {
    frames: Rc<Frames>,
    /// How much of the preface is still to come.
    preface: usize,
    frame: Frame,
    surround: Surround,
    blocks: Blocks,
}

/// What is around the part of a block in a frame.
#[derive(Debug, Default)]
struct Surround {
    /// Whether the length of the padding comes first, and how much of a priority comes then.
    has_padding: bool,
    priority: usize,
    /// The stream that the priority depends on, as far as it has been read.
    dependency: u32,
    /// What comes last.
    padding: usize,
}

/// Why h2 must not get what has been read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Refusal {
    /// h2 reads it in another way, or not at all, and would have another table.
    OtherTable,
    /// More targets have fragments than can be kept in mind.
    Fragments,
    Spent(Budget),
}

impl From<TooMany> for Refusal {
    fn from(TooMany: TooMany) -> Self {
        Self::Fragments
    }
}

impl From<Budget> for Refusal {
    fn from(budget: Budget) -> Self {
        Self::Spent(budget)
    }
}

impl Watch {
    #[must_use]
    pub(super) fn new(frames: Rc<Frames>) -> Self {
        Self { frames, preface: PREFACE, frame: Frame::default(), surround: Surround::default(), blocks: Blocks::new() }
    }

    /// Reads what has come. Returns how many frames begin in it.
    fn read(&mut self, bytes: &[u8]) -> Result<usize, Refusal> {
        let (mut at, mut begun) = (self.preface.min(bytes.len()), 0);
        self.preface -= at;
        while at < bytes.len() {
            let start = at;
            if !self.frame.has_header() {
                at += self.frame.take_header(&bytes[at..]);
                if !self.frame.has_header() {
                    self.frames.begin();
                    break;
                }
                self.open()?;
                begun += 1;
            }
            let here = &bytes[at..];
            let block = if at == start + HEADER { self.whole_block(here)? } else { None };
            at += match block {
                Some(block) => {
                    self.blocks.read(&here[block]);
                    self.frame.take_payload(here.len())
                }
                None => self.take_payload(here)?,
            };
            if self.frame.payload == 0 {
                self.close()?;
            }
        }
        Ok(begun)
    }

    /// The header of a frame is complete.
    fn open(&mut self) -> Result<(), Refusal> {
        let frame = &self.frame;
        self.frames.opened(frame)?;
        // No client may send one (section 8.4), and h2 reads its block nevertheless.
        if frame.kind() == PUSH_PROMISE {
            return Err(Refusal::OtherTable);
        }
        if frame.kind() == HEADERS {
            let has = |flag| frame.flags() & flag != 0;
            self.surround = Surround {
                has_padding: has(PADDED),
                priority: if has(PRIORITY) { PRIORITY_BYTES } else { 0 },
                ..Surround::default()
            };
        }
        Ok(())
    }

    /// Where the block is of a head that is here as a whole: between a priority and padding, if it has these.
    fn whole_block(&self, payload: &[u8]) -> Result<Option<Range<usize>>, Refusal> {
        let length = self.frame.payload;
        if !self.frame.is_whole_head() || length > payload.len() {
            return Ok(None);
        }
        let Surround { has_padding, priority, .. } = self.surround;
        let (padding, start) = if has_padding { (payload.first().copied().unwrap_or(0).into(), 1) } else { (0, 0) };
        let block = start + priority..length.saturating_sub(padding);
        if block.start > block.end {
            // h2 refuses it.
            return Ok(None);
        }
        if priority > 0 {
            let dependency =
                payload[start..][..4].iter().fold(0, |dependency, &byte| dependency << 8 | u32::from(byte));
            self.check_dependency(dependency)?;
        }
        Ok(Some(block))
    }

    /// h2 resets a stream that depends on itself and does not read its block, so that its table would be another one.
    fn check_dependency(&self, dependency: u32) -> Result<(), Refusal> {
        if dependency & 0x7fff_ffff == self.frame.stream() { Err(Refusal::OtherTable) } else { Ok(()) }
    }

    /// Takes what is there of one part of a payload. Returns how many bytes that were.
    fn take_payload(&mut self, bytes: &[u8]) -> Result<usize, Refusal> {
        if !self.frame.is_of_head() {
            return Ok(self.frame.take_payload(bytes.len()));
        }
        let around = &mut self.surround;
        let mut count = self.frame.payload.min(bytes.len());
        match bytes.first() {
            None => {}
            Some(&padding) if around.has_padding => {
                (around.has_padding, around.padding, count) = (false, padding.into(), 1);
            }
            Some(&byte) if around.priority > 0 => {
                count = 1;
                around.priority -= 1;
                if around.priority > 0 {
                    around.dependency = around.dependency << 8 | u32::from(byte);
                } else {
                    let dependency = around.dependency;
                    self.check_dependency(dependency)?;
                }
            }
            Some(_) if self.frame.payload > around.padding => {
                count = count.min(self.frame.payload - around.padding);
                self.blocks.read(&bytes[..count]);
            }
            Some(_padding) => {}
        }
        Ok(self.frame.take_payload(count))
    }

    /// A frame is complete.
    fn close(&mut self) -> Result<(), Refusal> {
        self.frames.closed();
        let ends_head = self.frame.is_of_head() && self.frame.flags() & END_HEADERS != 0;
        let stream = std::mem::take(&mut self.frame).stream();
        self.surround = Surround::default();
        if ends_head && self.blocks.end() {
            self.frames.mark_fragment(stream)?;
        }
        Ok(())
    }

    /// Looks at what has come from the client, before h2 does. Returns what it is to handle it, in bytes that are merely moved.
    ///
    /// # Errors
    /// When the connection has to end for it; h2 must not see it then.
    pub(super) fn received(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let refused = |why: &str| Err(io::Error::new(io::ErrorKind::InvalidData, why));
        match self.read(bytes) {
            Ok(frames) => Ok(bytes.len() + frames * TROUBLE),
            Err(Refusal::Spent(budget)) => {
                self.frames.overspend(budget);
                Ok(bytes.len())
            }
            Err(Refusal::OtherTable) => refused("a header block that h2 would not read"),
            Err(Refusal::Fragments) => refused("too many targets with fragments"),
        }
    }

    /// Whether h2 gets nothing more to read, what has come last included.
    #[must_use]
    pub(super) fn is_over(&self) -> bool {
        self.frames.spent().is_some()
    }

    /// So many of these bytes have gone to the client.
    pub(super) fn sent(&mut self, slices: &[IoSlice<'_>], mut count: usize) {
        self.frames.moved(count);
        for slice in slices {
            let written = count.min(slice.len());
            self.frames.wrote(&slice[..written]);
            count -= written;
        }
    }
}
