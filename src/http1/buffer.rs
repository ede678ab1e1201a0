//! Byte buffers that a thread uses again and again.

use std::cell::RefCell;
use std::fmt;
use std::io;
use std::ops::Deref;
use std::pin::pin;
use std::task::{Context, Poll};

use bytes::BufMut;
use tokio::io::{AsyncRead, AsyncReadExt};

/// The capacity of a buffer for heads.
pub const STANDARD: usize = 8 << 10;
/// The capacity of a buffer for bodies.
pub const LARGE: usize = 64 << 10;

/// The capacities of buffers that have grown once, which are still kept.
const GROWN_STANDARD: usize = 2 * STANDARD;
const GROWN_LARGE: usize = 2 * LARGE;

/// How many unused buffers a thread keeps: 2 MiB of each size, and twice as much if all of them have grown.
const MAX_STANDARD: usize = 256;
const MAX_LARGE: usize = 32;

/// A read into less room than this is not worth a system call, unless less is asked for.
const LEAST_ROOM: usize = 1 << 10;

thread_local!(static POOL: RefCell<Pool> = const { RefCell::new(Pool { standard: Vec::new(), large: Vec::new() }) });

/// The buffers of a thread that are not in use. The one used last is used next, since it is in the processor's cache.
struct Pool {
    standard: Vec<Vec<u8>>,
    large: Vec<Vec<u8>>,
}

impl Pool {
    /// The buffers of this capacity, and how many are kept. None if it has grown far beyond a size.
    fn shelf(&mut self, capacity: usize) -> Option<(&mut Vec<Vec<u8>>, usize)> {
        match capacity {
            STANDARD..=GROWN_STANDARD => Some((&mut self.standard, MAX_STANDARD)),
            LARGE..=GROWN_LARGE => Some((&mut self.large, MAX_LARGE)),
            _ => None,
        }
    }

    fn put(&mut self, mut bytes: Vec<u8>) {
        if let Some((shelf, most)) = self.shelf(bytes.capacity())
            && shelf.len() < most
        {
            bytes.clear();
            shelf.push(bytes);
        }
    }
}

/// Bytes that are written at the end and consumed at the front. Dereferences to those that have not been consumed.
///
/// Its memory belongs to a pool of the thread, and goes back there when it is dropped.
#[derive(Default)]
pub struct Buffer {
    bytes: Vec<u8>,
    /// How many have been consumed.
    start: usize,
}

impl Buffer {
    /// A buffer without memory, until something is written into it.
    #[must_use]
    pub const fn new() -> Self {
        Self { bytes: Vec::new(), start: 0 }
    }

    /// A buffer of the standard size.
    #[must_use]
    pub fn take() -> Self {
        Self::of_capacity(STANDARD)
    }

    /// A buffer for bodies.
    #[must_use]
    pub fn take_large() -> Self {
        Self::of_capacity(LARGE)
    }

    fn of_capacity(capacity: usize) -> Self {
        // While a thread ends there is no pool any more.
        let taken = POOL.try_with(|pool| pool.borrow_mut().shelf(capacity).and_then(|(shelf, _)| shelf.pop()));
        let bytes = taken.ok().flatten().unwrap_or_else(|| Vec::with_capacity(capacity));
        Self { bytes, start: 0 }
    }

    /// Takes memory of the pool, if nothing is in it: of the size for bodies where so many bytes come that a smaller one is filled again and
    /// again.
    pub fn prepare(&mut self, is_bulk: bool) {
        if self.is_empty() && (self.is_unallocated() || is_bulk && self.bytes.capacity() < LARGE) {
            *self = if is_bulk { Self::take_large() } else { Self::take() };
        }
    }

    /// Whether it has no memory.
    #[must_use]
    pub fn is_unallocated(&self) -> bool {
        self.bytes.capacity() == 0
    }

    /// Removes bytes at the front.
    ///
    /// # Panics
    /// If there are fewer.
    pub fn consume(&mut self, count: usize) {
        assert!(count <= self.len(), "consumes {count} of {} bytes", self.len());
        self.start += count;
        if self.start == self.bytes.len() {
            self.clear();
        }
    }

    pub fn clear(&mut self) {
        self.bytes.clear();
        self.start = 0;
    }

    /// Adds bytes at the end.
    pub fn extend_from_slice(&mut self, bytes: &[u8]) {
        if !bytes.is_empty() {
            self.for_appending().extend_from_slice(bytes);
        }
    }

    /// The bytes, to append to. Those that are there have to stay.
    pub fn for_appending(&mut self) -> &mut Vec<u8> {
        if self.is_unallocated() {
            *self = Self::take();
        }
        &mut self.bytes
    }

    /// Reads once, at most `limit` bytes, to the end of the buffer. Zero bytes are the end of the input.
    ///
    /// # Errors
    /// Those of the socket.
    pub fn poll_fill<S: AsyncRead + Unpin>(
        &mut self,
        socket: &mut S,
        cx: &mut Context<'_>,
        limit: usize,
    ) -> Poll<io::Result<usize>> {
        debug_assert!(limit > 0, "nothing to read looks like the end of the input");
        self.make_room(limit.min(LEAST_ROOM));
        let mut room = (&mut self.bytes).limit(limit);
        // The future has no state of its own, so that one which is pending can be dropped.
        pin!(socket.read_buf(&mut room)).poll(cx)
    }

    /// Sees to it that so many bytes fit in behind those that are there.
    fn make_room(&mut self, count: usize) {
        if self.is_unallocated() {
            *self = Self::take();
        }
        if self.bytes.capacity() - self.bytes.len() >= count {
            return;
        }
        // Never moves more bytes than have been consumed, so that each byte is moved once on average.
        if self.start >= self.len() && self.start > 0 {
            self.bytes.drain(..self.start);
            self.start = 0;
        }
        self.bytes.reserve(count);
    }
}

impl Deref for Buffer {
    type Target = [u8];

    fn deref(&self) -> &[u8] {
        &self.bytes[self.start..]
    }
}

impl Drop for Buffer {
    fn drop(&mut self) {
        let bytes = std::mem::take(&mut self.bytes);
        if bytes.capacity() > 0 {
            // While a thread ends there is no pool any more, and the memory is freed.
            let _ = POOL.try_with(|pool| pool.borrow_mut().put(bytes));
        }
    }
}

/// Without the bytes, which may be secret.
impl fmt::Debug for Buffer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Buffer").field("unread", &self.len()).field("capacity", &self.bytes.capacity()).finish()
    }
}

#[cfg(test)]
mod tests;
