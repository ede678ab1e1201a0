//! Messages as they are sent: a head, and behind it a body in its framing.

use std::fmt;
use std::io::{self, IoSlice};
use std::ops::Deref;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use tokio::io::AsyncWrite;

use super::buffer::Buffer;
use super::framing::Framing;
use super::head::Version;

const CRLF: &[u8] = b"\r\n";

/// The most slices of one write.
const SLICES: usize = 3;

/// Room for the size of a chunk in hexadecimal digits.
const DIGITS: usize = 2 * size_of::<usize>();

/// Writes the lines of a head into a buffer, in the order of the calls.
///
/// Names and values are written as they are: they are to be those of a head that was read, or checked in the same way.
#[must_use = "a head has to be ended"]
#[derive(Debug)]
pub struct HeadWriter<'a> {
    out: &'a mut Vec<u8>,
}

impl<'a> HeadWriter<'a> {
    pub fn new(out: &'a mut Buffer) -> Self {
        Self { out: out.for_appending() }
    }

    pub fn request_line(&mut self, method: &str, target: &str, version: Version) {
        self.put([method.as_bytes(), b" ", target.as_bytes(), b" ", version.as_str().as_bytes(), CRLF]);
    }

    /// Writes a status line. The space behind the status is there also without a reason.
    pub fn status_line(&mut self, version: Version, status: u16, reason: &[u8]) {
        debug_assert!((100..=999).contains(&status), "{status}");
        let digit = |unit: u16| char::from_digit(u32::from(status / unit % 10), 10).map_or(b'0', |digit| digit as u8);
        self.put([version.as_str().as_bytes(), b" ", &[digit(100), digit(10), digit(1)], b" ", reason, CRLF]);
    }

    pub fn field(&mut self, name: &[u8], value: &[u8]) {
        debug_assert!(is_line(name) && is_line(value), "a field would be several lines");
        self.put([name, b": ", value, CRLF]);
    }

    /// Writes lines that are finished, each with its end.
    pub fn lines(&mut self, lines: &[u8]) {
        self.out.extend_from_slice(lines);
    }

    /// Writes the empty line at the end of the head.
    pub fn end(self) {
        self.out.extend_from_slice(CRLF);
    }

    fn put<const N: usize>(&mut self, parts: [&[u8]; N]) {
        for part in parts {
            self.out.extend_from_slice(part);
        }
    }
}

fn is_line(bytes: &[u8]) -> bool {
    !bytes.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0))
}

/// What went out in one write, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Written {
    pub bytes: usize,
    /// Of the content that was handed over.
    pub content: usize,
}

/// Where in its body a message is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// So much content is to come.
    Length(u64),
    UntilClose,
    /// Between two chunks.
    Chunked,
    /// In a chunk, of which so much content is to come, never zero. Its size has been written, or is pending.
    Chunk(usize),
    Over,
}

/// What is to be written of one message after the other, each a head and a body in its framing. It keeps what the socket has not
/// taken of heads and chunk framing, never content that is handed to [`Self::pieces`].
#[derive(Debug)]
pub struct MessageWriter {
    /// What comes in front of all further content. Has no memory while there is nothing.
    pending: Buffer,
    state: State,
}

impl Default for MessageWriter {
    fn default() -> Self {
        Self::new()
    }
}

impl MessageWriter {
    #[must_use]
    pub const fn new() -> Self {
        Self { pending: Buffer::new(), state: State::Over }
    }

    /// Begins a message, whose head is to be written now. What is still pending stands in front of it. For an interim response the
    /// framing is [`Framing::None`].
    pub fn begin(&mut self, framing: Framing) -> HeadWriter<'_> {
        debug_assert!(self.is_complete(), "a message begins inside of another: {:?}", self.state);
        self.state = match framing {
            Framing::None | Framing::Length(0) => State::Over,
            Framing::Length(length) => State::Length(length),
            Framing::Chunked => State::Chunked,
            Framing::UntilClose => State::UntilClose,
        };
        if self.pending.is_unallocated() {
            self.pending = Buffer::take();
        }
        HeadWriter::new(&mut self.pending)
    }

    /// What one vectored write is to write now: what is pending, and of `data` as much as the open chunk or the length takes. Where no
    /// chunk is open, all of `data` becomes one.
    ///
    /// Content that was not written has to be given again, in the same order. More may stand behind it by then.
    pub fn pieces<'a>(&'a mut self, data: &'a [u8]) -> Pieces<'a> {
        let (content, end) = match self.state {
            State::Over => (&data[..0], &data[..0]),
            State::UntilClose => (data, &data[..0]),
            State::Length(left) => {
                let count = usize::try_from(left).unwrap_or(usize::MAX).min(data.len());
                (&data[..count], &data[..0])
            }
            State::Chunked if data.is_empty() => (data, data),
            State::Chunked => {
                self.put_size(data.len());
                self.state = State::Chunk(data.len());
                (data, CRLF)
            }
            State::Chunk(left) if left <= data.len() => (&data[..left], CRLF),
            State::Chunk(_) => (data, &data[..0]),
        };
        Pieces::new([&self.pending, content, end])
    }

    /// Says that so many bytes of the last pieces have been written. Returns how many of them were content.
    pub fn wrote(&mut self, count: usize) -> usize {
        let pending = count.min(self.pending.len());
        self.pending.consume(pending);
        let count = count - pending;
        let content = match &mut self.state {
            State::UntilClose => count,
            State::Length(left) if (count as u64) < *left => {
                *left -= count as u64;
                count
            }
            State::Length(left) => {
                // It is not more than `count`.
                let content = usize::try_from(*left).unwrap_or(count);
                self.state = State::Over;
                content
            }
            State::Chunk(left) if count < *left => {
                *left -= count;
                count
            }
            State::Chunk(left) => {
                let content = *left;
                let end = CRLF.get(count - content..).unwrap_or_default();
                self.pending.extend_from_slice(end);
                self.state = State::Chunked;
                content
            }
            State::Chunked | State::Over => 0,
        };
        self.release();
        content
    }

    /// Writes once what is pending and what of `data` belongs to the body.
    ///
    /// # Errors
    /// Those of the stream.
    pub fn poll_write<S: AsyncWrite + Unpin>(
        &mut self,
        stream: &mut S,
        cx: &mut Context<'_>,
        data: &[u8],
    ) -> Poll<io::Result<Written>> {
        let pieces = self.pieces(data);
        if pieces.is_empty() {
            return Poll::Ready(Ok(Written::default()));
        }
        let bytes = ready!(Pin::new(stream).poll_write_vectored(cx, &pieces))?;
        if bytes == 0 {
            return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
        }
        Poll::Ready(Ok(Written { bytes, content: self.wrote(bytes) }))
    }

    /// Copies `data` behind what is pending, as a chunk of its own if the body is chunked: for a few bytes, which are to be written
    /// together with what follows. Returns how much of it the body takes.
    ///
    /// # Panics
    /// While a chunk is open.
    pub fn copy(&mut self, data: &[u8]) -> usize {
        assert!(!matches!(self.state, State::Chunk(_)), "a chunk is open");
        let (mut content, mut end) = (data, &data[..0]);
        match &mut self.state {
            State::Over => return 0,
            State::UntilClose => {}
            State::Length(left) => {
                let count = usize::try_from(*left).unwrap_or(usize::MAX).min(data.len());
                content = &data[..count];
                *left -= count as u64;
                if *left == 0 {
                    self.state = State::Over;
                }
            }
            _ if data.is_empty() => {}
            _ => {
                self.put_size(data.len());
                end = CRLF;
            }
        }
        self.pending.extend_from_slice(content);
        self.pending.extend_from_slice(end);
        content.len()
    }

    /// Ends a chunked body with these trailers, or one that ends with the connection. It changes nothing for other framings, nor
    /// while a chunk is open: such a body is cut off.
    pub fn finish<'t>(&mut self, trailers: impl IntoIterator<Item = (&'t [u8], &'t [u8])>) {
        match self.state {
            State::Chunked => {
                self.pending.extend_from_slice(b"0\r\n");
                let mut section = HeadWriter::new(&mut self.pending);
                for (name, value) in trailers {
                    section.field(name, value);
                }
                section.end();
                self.state = State::Over;
            }
            State::UntilClose => self.state = State::Over,
            State::Length(_) | State::Chunk(_) | State::Over => {}
        }
    }

    /// Whether nothing is pending. Content that has been given to [`Self::pieces`] is not counted.
    #[must_use]
    pub fn is_flushed(&self) -> bool {
        self.pending.is_empty()
    }

    /// Whether the body has all its content and its end, written or pending.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.state == State::Over
    }

    /// Writes the line in front of a chunk.
    fn put_size(&mut self, size: usize) {
        let mut line = [0; DIGITS + CRLF.len()];
        line[DIGITS..].copy_from_slice(CRLF);
        let (mut at, mut left) = (DIGITS, size);
        while left > 0 {
            at -= 1;
            line[at] = b"0123456789ABCDEF"[left & 15];
            left >>= 4;
        }
        self.pending.extend_from_slice(&line[at..]);
    }

    /// Gives the buffer back between messages.
    fn release(&mut self) {
        if self.state == State::Over && self.pending.is_empty() {
            self.pending = Buffer::new();
        }
    }
}

/// The slices of one write, none of them empty.
#[derive(Clone, Copy)]
pub struct Pieces<'a> {
    slices: [IoSlice<'a>; SLICES],
    count: usize,
}

impl<'a> Pieces<'a> {
    fn new(parts: [&'a [u8]; SLICES]) -> Self {
        let (mut slices, mut count) = ([IoSlice::new(&[]); SLICES], 0);
        for part in parts {
            if !part.is_empty() {
                slices[count] = IoSlice::new(part);
                count += 1;
            }
        }
        Self { slices, count }
    }
}

impl<'a> Deref for Pieces<'a> {
    type Target = [IoSlice<'a>];

    fn deref(&self) -> &[IoSlice<'a>] {
        &self.slices[..self.count]
    }
}

/// Without the bytes, which may be secret.
impl fmt::Debug for Pieces<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(|slice| slice.len())).finish()
    }
}

#[cfg(test)]
mod tests;
