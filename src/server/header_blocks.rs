//! Where in the frames of HTTP/2 header blocks are (RFC 9113 section 6): HEADERS and CONTINUATION, without padding and priority.

use std::ops::Range;

use super::hpack::{Blocks, Extent, TooLate};

/// The bytes of `PRI * HTTP/2.0` and what belongs to it (section 3.4), and those of a frame's header (section 4.1).
const PREFACE: usize = 24;
const HEADER: usize = 9;
const PRIORITY_BYTES: usize = 5;

const HEADERS: u8 = 1;
const PUSH_PROMISE: u8 = 5;
const CONTINUATION: u8 = 9;
const END_HEADERS: u8 = 4;
const PADDED: u8 = 8;
const PRIORITY: u8 = 0x20;

/// Reads what a client sends on one connection, and finds the fragments of targets.
#[derive(Debug)]
pub(super) struct HeaderBlocks {
    preface: usize,
    header: [u8; HEADER],
    /// How much of the header is there.
    filled: usize,
    /// What is still to come of the payload.
    payload: usize,
    /// What comes first of it: how much padding there is, and then a priority.
    has_padding: bool,
    priority: usize,
    /// The stream that the priority depends on, as far as it has been read.
    dependency: u32,
    /// What comes last of it.
    padding: usize,
    blocks: Blocks,
}

impl HeaderBlocks {
    pub(super) fn new() -> Self {
        Self {
            preface: PREFACE,
            header: [0; HEADER],
            filled: 0,
            payload: 0,
            has_padding: false,
            priority: 0,
            dependency: 0,
            padding: 0,
            blocks: Blocks::new(),
        }
    }

    /// Reads up to the first whole head that has a fragment in its target. Returns where that is: h2 has seen nothing of it.
    ///
    /// # Errors
    /// [`TooLate`]: the connection has to end.
    pub(super) fn read(&mut self, bytes: &mut [u8]) -> Result<Option<Range<usize>>, TooLate> {
        let mut at = 0;
        while at < bytes.len() {
            let (count, has_fragment) = match self.whole_frame(&mut bytes[at..]) {
                Some(read) => read?,
                None => (self.step(&mut bytes[at..])?, false),
            };
            if has_fragment {
                return Ok(Some(at..at + count));
            }
            at += count;
            if self.filled == HEADER && self.payload == 0 {
                self.close();
            }
        }
        Ok(None)
    }

    /// Reads a frame that is there as a whole, as most are, if it has neither padding nor a priority. Returns its length, and whether it is a
    /// head with a fragment.
    fn whole_frame(&mut self, bytes: &mut [u8]) -> Option<Result<(usize, bool), TooLate>> {
        let (&mut [high, middle, low, kind, flags, ..], payload) = bytes.split_first_chunk_mut::<HEADER>()?;
        let length = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
        if self.preface > 0 || self.filled > 0 || flags & (PADDED | PRIORITY) != 0 {
            return None;
        }
        let payload = payload.get_mut(..length)?;
        if kind == PUSH_PROMISE {
            return Some(Err(TooLate));
        }
        let mut has_fragment = false;
        if matches!(kind, HEADERS | CONTINUATION) {
            let is_whole = kind == HEADERS && flags & END_HEADERS != 0;
            if let Err(too_late) = self.blocks.read(payload, if is_whole { Extent::Whole } else { Extent::Part }) {
                return Some(Err(too_late));
            }
            has_fragment = flags & END_HEADERS != 0 && self.blocks.end();
        }
        Some(Ok((HEADER + length, has_fragment)))
    }

    /// Reads what is there of one part of a frame.
    fn step(&mut self, bytes: &mut [u8]) -> Result<usize, TooLate> {
        if self.preface > 0 {
            let count = self.preface.min(bytes.len());
            self.preface -= count;
            return Ok(count);
        }
        if self.filled < HEADER {
            let count = (HEADER - self.filled).min(bytes.len());
            self.header[self.filled..][..count].copy_from_slice(&bytes[..count]);
            self.filled += count;
            if self.filled == HEADER {
                self.open();
                // No client may send one (RFC 9113 section 8.4), and h2 reads its block nevertheless.
                if self.header[3] == PUSH_PROMISE {
                    return Err(TooLate);
                }
            }
            return Ok(count);
        }
        let mut count = self.payload.min(bytes.len());
        if matches!(self.header[3], HEADERS | CONTINUATION) {
            if self.has_padding {
                (self.has_padding, self.padding, count) = (false, bytes[0].into(), 1);
            } else if self.priority > 0 {
                count = 1;
                self.priority -= 1;
                if self.priority > 0 {
                    self.dependency = self.dependency << 8 | u32::from(bytes[0]);
                } else if self.depends_on_itself() {
                    // h2 resets the stream and does not read the block, so that its table would be another one.
                    return Err(TooLate);
                }
            } else if self.payload > self.padding {
                count = count.min(self.payload - self.padding);
                self.blocks.read(&mut bytes[..count], Extent::Part)?;
            }
        }
        self.payload -= count;
        Ok(count)
    }

    /// The header of a frame is complete.
    fn open(&mut self) {
        let [high, middle, low, kind, flags, ..] = self.header;
        self.payload = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
        self.has_padding = kind == HEADERS && flags & PADDED != 0;
        self.priority = if kind == HEADERS && flags & PRIORITY != 0 { PRIORITY_BYTES } else { 0 };
        (self.padding, self.dependency) = (0, 0);
    }

    fn depends_on_itself(&self) -> bool {
        let [.., first, second, third, fourth] = self.header;
        (self.dependency ^ u32::from_be_bytes([first, second, third, fourth])) & 0x7fff_ffff == 0
    }

    /// A frame is complete.
    fn close(&mut self) {
        self.filled = 0;
        if matches!(self.header[3], HEADERS | CONTINUATION) && self.header[4] & END_HEADERS != 0 {
            self.blocks.end();
        }
    }
}
