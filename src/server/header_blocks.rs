//! Where in the frames of HTTP/2 header blocks are (RFC 9113 section 6): HEADERS and CONTINUATION, without padding and priority.

use super::hpack::Blocks;

/// The bytes of `PRI * HTTP/2.0` and what belongs to it (section 3.4), and those of a frame's header (section 4.1).
const PREFACE: usize = 24;
const HEADER: usize = 9;
const PRIORITY_BYTES: usize = 5;

const HEADERS: u8 = 1;
const CONTINUATION: u8 = 9;
const END_HEADERS: u8 = 4;
const PADDED: u8 = 8;
const PRIORITY: u8 = 0x20;

/// Reads what a client sends on one connection, and marks the fragments of targets.
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
            padding: 0,
            blocks: Blocks::new(),
        }
    }

    pub(super) fn read(&mut self, mut bytes: &mut [u8]) {
        while !bytes.is_empty() {
            let count = match self.whole_frame(bytes) {
                Some(count) => count,
                None => self.step(bytes),
            };
            bytes = &mut bytes[count..];
            if self.filled == HEADER && self.payload == 0 {
                self.close();
            }
        }
    }

    /// Reads a frame that is there as a whole, as most are, if it has neither padding nor a priority.
    fn whole_frame(&mut self, bytes: &mut [u8]) -> Option<usize> {
        let (&mut [high, middle, low, kind, flags, ..], payload) = bytes.split_first_chunk_mut::<HEADER>()?;
        let length = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
        if self.preface > 0 || self.filled > 0 || flags & (PADDED | PRIORITY) != 0 {
            return None;
        }
        let payload = payload.get_mut(..length)?;
        if matches!(kind, HEADERS | CONTINUATION) {
            self.blocks.read(payload);
            if flags & END_HEADERS != 0 {
                self.blocks.end();
            }
        }
        Some(HEADER + length)
    }

    /// Reads what is there of one part of a frame.
    fn step(&mut self, bytes: &mut [u8]) -> usize {
        if self.preface > 0 {
            let count = self.preface.min(bytes.len());
            self.preface -= count;
            return count;
        }
        if self.filled < HEADER {
            let count = (HEADER - self.filled).min(bytes.len());
            self.header[self.filled..][..count].copy_from_slice(&bytes[..count]);
            self.filled += count;
            if self.filled == HEADER {
                self.open();
            }
            return count;
        }
        let mut count = self.payload.min(bytes.len());
        if matches!(self.header[3], HEADERS | CONTINUATION) {
            if self.has_padding {
                (self.has_padding, self.padding, count) = (false, bytes[0].into(), 1);
            } else if self.priority > 0 {
                count = count.min(self.priority);
                self.priority -= count;
            } else if self.payload > self.padding {
                count = count.min(self.payload - self.padding);
                self.blocks.read(&mut bytes[..count]);
            }
        }
        self.payload -= count;
        count
    }

    /// The header of a frame is complete.
    fn open(&mut self) {
        let [high, middle, low, kind, flags, ..] = self.header;
        self.payload = usize::from(high) << 16 | usize::from(middle) << 8 | usize::from(low);
        self.has_padding = kind == HEADERS && flags & PADDED != 0;
        self.priority = if kind == HEADERS && flags & PRIORITY != 0 { PRIORITY_BYTES } else { 0 };
        self.padding = 0;
    }

    /// A frame is complete.
    fn close(&mut self) {
        self.filled = 0;
        if matches!(self.header[3], HEADERS | CONTINUATION) && self.header[4] & END_HEADERS != 0 {
            self.blocks.end();
        }
    }
}
