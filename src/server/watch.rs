//! Reads along with h2 what a client sends: where frames begin, and where in them header blocks are (RFC 9113 section 6).
//!
//! The frames are paid for, see [`Frames`]. Of the blocks only one thing matters, see [`Blocks`].

use std::io::{self, IoSlice};
use std::ops::Range;
use std::rc::Rc;

use super::frames::{END_HEADERS, Frame, Frames, HEADER, HEADERS};
use super::hpack::{Blocks, Extent, TooLate};
use super::stream::Observer;
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
    /// Where in what was read last a head is that must come alone.
    isolated: Option<Range<usize>>,
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
    Fragment(TooLate),
    Spent(Budget),
}

impl From<TooLate> for Refusal {
    fn from(too_late: TooLate) -> Self {
        Self::Fragment(too_late)
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
        Self {
            frames,
            preface: PREFACE,
            frame: Frame::default(),
            surround: Surround::default(),
            blocks: Blocks::new(),
            isolated: None,
        }
    }

    /// Reads up to the first whole head that has a fragment in its target, which is isolated then. Returns how many frames begin in the bytes.
    fn read(&mut self, bytes: &mut [u8]) -> Result<usize, Refusal> {
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
            let here = &mut bytes[at..];
            let block = if at == start + HEADER { self.whole_block(here)? } else { None };
            let has_whole_head = block.is_some();
            at += match block {
                Some(block) => {
                    self.blocks.read(&mut here[block], Extent::Whole)?;
                    self.frame.take_payload(here.len())
                }
                None => self.take_payload(here)?,
            };
            if self.frame.payload == 0 && self.close() && has_whole_head {
                self.isolated = Some(start..at);
                break;
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
            return Err(TooLate.into());
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
        if dependency & 0x7fff_ffff == self.frame.stream() { Err(TooLate.into()) } else { Ok(()) }
    }

    /// Takes what is there of one part of a payload. Returns how many bytes that were.
    fn take_payload(&mut self, bytes: &mut [u8]) -> Result<usize, Refusal> {
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
                self.blocks.read(&mut bytes[..count], Extent::Part)?;
            }
            Some(_padding) => {}
        }
        Ok(self.frame.take_payload(count))
    }

    /// A frame is complete. Returns whether it ends a head whose target has a fragment.
    fn close(&mut self) -> bool {
        self.frames.closed();
        let ends_head = self.frame.is_of_head() && self.frame.flags() & END_HEADERS != 0;
        self.frame = Frame::default();
        self.surround = Surround::default();
        ends_head && self.blocks.end()
    }
}

impl Observer for Watch {
    fn received(&mut self, bytes: &mut [u8]) -> io::Result<usize> {
        match self.read(bytes) {
            Ok(frames) => Ok(bytes.len() + frames * TROUBLE),
            Err(Refusal::Spent(budget)) => {
                self.frames.overspend(budget);
                Ok(bytes.len())
            }
            Err(Refusal::Fragment(TooLate)) => {
                Err(io::Error::new(io::ErrorKind::InvalidData, "a fragment in a head that came in parts"))
            }
        }
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
