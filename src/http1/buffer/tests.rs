use std::pin::Pin;
use std::task::Waker;

use tokio::io::ReadBuf;

use super::*;

/// How many buffers of each size the thread keeps.
fn kept() -> (usize, usize) {
    POOL.with_borrow(|pool| (pool.standard.len(), pool.large.len()))
}

/// A socket that gives at most so many bytes at once, and is pending when it has none.
struct Socket<'a>(&'a [u8], usize);

impl AsyncRead for Socket<'_> {
    fn poll_read(mut self: Pin<&mut Self>, _: &mut Context<'_>, room: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.0.is_empty() {
            return Poll::Pending;
        }
        let (now, left) = self.0.split_at(self.1.min(self.0.len()).min(room.remaining()));
        room.put_slice(now);
        self.0 = left;
        Poll::Ready(Ok(()))
    }
}

fn fill(buffer: &mut Buffer, socket: &mut Socket<'_>, limit: usize) -> Option<usize> {
    match buffer.poll_fill(socket, &mut Context::from_waker(Waker::noop()), limit) {
        Poll::Ready(count) => Some(count.expect("no error")),
        Poll::Pending => None,
    }
}

#[test]
fn buffers_are_used_again() {
    assert_eq!(kept(), (0, 0));
    let place = Buffer::take().bytes.as_ptr();
    for _ in 0..1000 {
        assert_eq!(kept().0, 1);
        let mut buffer = Buffer::take();
        assert_eq!((buffer.bytes.as_ptr(), buffer.len(), kept().0), (place, 0, 0));
        buffer.extend_from_slice(b"abc");
        buffer.consume(1);
    }
    let (first, second) = (Buffer::take_large(), Buffer::take_large());
    let last = second.bytes.as_ptr();
    drop(first);
    drop(second);
    assert_eq!(kept(), (1, 2));
    assert_eq!(Buffer::take_large().bytes.as_ptr(), last, "the one used last is used next");
}

#[test]
fn few_buffers_are_kept_and_none_that_has_grown_far() {
    drop((0..MAX_STANDARD + 10).map(|_| Buffer::take()).collect::<Vec<_>>());
    drop((0..MAX_LARGE + 10).map(|_| Buffer::take_large()).collect::<Vec<_>>());
    assert_eq!(kept(), (MAX_STANDARD, MAX_LARGE));
    let (mut grown, mut far) = (Buffer::take(), Buffer::take_large());
    assert_eq!(kept(), (MAX_STANDARD - 1, MAX_LARGE - 1));
    grown.extend_from_slice(&[0; 3 * STANDARD]);
    far.extend_from_slice(&[0; 3 * LARGE]);
    drop((grown, far, Buffer::new()));
    assert_eq!(kept(), (MAX_STANDARD - 1, MAX_LARGE - 1));
}

#[test]
fn a_buffer_takes_memory_when_it_is_written() {
    let mut buffer = Buffer::new();
    buffer.extend_from_slice(b"");
    assert!(buffer.is_unallocated());
    buffer.extend_from_slice(b"abc");
    assert_eq!((&*buffer, buffer.bytes.capacity()), (&b"abc"[..], STANDARD));
    let mut buffer = Buffer::new();
    assert_eq!(fill(&mut buffer, &mut Socket(b"abc", 9), 2), Some(2));
    assert_eq!((&*buffer, buffer.bytes.capacity()), (&b"ab"[..], STANDARD));
}

#[test]
fn what_was_consumed_makes_room() {
    let data: Vec<u8> = (0..=250).cycle().take(STANDARD * 4).collect();
    let mut socket = Socket(&data, usize::MAX);
    let mut buffer = Buffer::take();
    let mut read = Vec::new();
    while let Some(count) = fill(&mut buffer, &mut socket, usize::MAX) {
        assert!(count >= LEAST_ROOM || socket.0.is_empty(), "{count}");
        let used = buffer.len() * 3 / 4;
        read.extend_from_slice(&buffer[..used]);
        buffer.consume(used);
        assert_eq!(buffer.bytes.capacity(), STANDARD);
    }
    read.extend_from_slice(&buffer);
    assert!(read == data);
}

#[test]
fn a_full_buffer_grows() {
    let data = vec![7; STANDARD * 3];
    let mut socket = Socket(&data, usize::MAX);
    let mut buffer = Buffer::take();
    while fill(&mut buffer, &mut socket, usize::MAX).is_some() {}
    assert!(*buffer == data);
    assert_eq!(format!("{buffer:?}"), format!("Buffer {{ unread: 24576, capacity: {} }}", buffer.bytes.capacity()));
}

#[test]
#[should_panic(expected = "consumes 4 of 3 bytes")]
fn what_is_not_there_cannot_be_consumed() {
    let mut buffer = Buffer::take();
    buffer.extend_from_slice(b"abc");
    buffer.consume(4);
}

/// The property that the tests above have examples of.
#[test]
fn a_buffer_is_a_queue() {
    proptest::proptest!(|(length in 0_usize..40_000, sizes in proptest::collection::vec((1_usize..9000, 0_usize..9000), 1..60))| {
        let data: Vec<u8> = (0..=250).cycle().take(length).collect();
        let (mut socket, mut buffer, mut read) = (Socket(&data, usize::MAX), Buffer::new(), Vec::new());
        for (limit, used) in sizes {
            if let Some(count) = fill(&mut buffer, &mut socket, limit) {
                assert!((1..=limit).contains(&count));
            }
            let used = used.min(buffer.len());
            read.extend_from_slice(&buffer[..used]);
            buffer.consume(used);
            assert!(buffer.bytes.capacity() <= 4 * data.len().max(STANDARD));
        }
        read.extend_from_slice(&buffer);
        read.extend_from_slice(socket.0);
        assert!(read == data);
    });
}
