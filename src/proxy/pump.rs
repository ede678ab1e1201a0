//! Both directions of a tunnel, without a buffer for either: most tunnels wait most of the time.

use std::future::poll_fn;
use std::io;
use std::mem::MaybeUninit;
use std::pin::Pin;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

/// What is read at a time. The room for it is on the stack: only what the other side does not take at once is kept.
const ROOM: usize = 16 * 1024;
/// How many reads a poll may do before the other connections of the worker have their turn.
const READS: usize = 16;

/// Copies from each side to the other until both have ended, and passes each end on. `first` and `second` are what has been read of
/// them before.
///
/// # Errors
/// When a side is lost. What it had sent before has reached the other one by then, and so has its end.
pub(super) async fn join<A, B>((a, first): (&mut A, Bytes), (b, second): (&mut B, Bytes)) -> io::Result<()>
where
    A: AsyncRead + AsyncWrite + Unpin,
    B: AsyncRead + AsyncWrite + Unpin,
{
    let (mut there, mut back) = (Direction::new(first), Direction::new(second));
    poll_fn(|cx| {
        let mut reads = READS;
        there.poll(cx, a, b, &mut reads);
        back.poll(cx, b, a, &mut reads);
        if reads == 0 {
            cx.waker().wake_by_ref();
        }
        // A side that cannot be written to may have said something before it was lost: that is for the other direction to find out.
        match (there.is_over(), back.is_over()) {
            (true, true) => Poll::Ready(there.lost.take().or(back.lost.take()).map_or(Ok(()), Err)),
            (true, false) => there.lost_source().map_or(Poll::Pending, |lost| Poll::Ready(Err(lost))),
            (false, true) => back.lost_source().map_or(Poll::Pending, |lost| Poll::Ready(Err(lost))),
            (false, false) => Poll::Pending,
        }
    })
    .await
}

#[derive(Debug)]
struct Direction {
    /// Read and not written yet.
    rest: Bytes,
    is_flushed: bool,
    stage: Stage,
    /// Why it ended, unless that was in order.
    lost: Option<io::Error>,
    /// Whether it was the source that was lost, not the sink.
    is_source_lost: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Stage {
    Open,
    /// The source has ended, and the other side is to be told.
    Ended,
    Over,
}

impl Direction {
    fn new(rest: Bytes) -> Self {
        Self { rest, is_flushed: true, stage: Stage::Open, lost: None, is_source_lost: false }
    }

    fn is_over(&self) -> bool {
        self.stage == Stage::Over
    }

    /// The error of a lost source, once.
    fn lost_source(&mut self) -> Option<io::Error> {
        if self.is_source_lost { self.lost.take() } else { None }
    }

    /// Moves what it can, until the end of the source has been passed on or the sink is lost.
    fn poll<R, W>(&mut self, cx: &mut Context<'_>, source: &mut R, sink: &mut W, reads: &mut usize)
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
    {
        if let Poll::Ready(Err(error)) = self.poll_to_end(cx, source, sink, reads) {
            self.stage = Stage::Over;
            self.rest = Bytes::new();
            self.lost.get_or_insert(error);
        }
    }

    /// Ready when the end has been passed on, or the sink is lost.
    fn poll_to_end<R, W>(
        &mut self,
        cx: &mut Context<'_>,
        source: &mut R,
        sink: &mut W,
        reads: &mut usize,
    ) -> Poll<io::Result<()>>
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
    {
        loop {
            while !self.rest.is_empty() {
                self.is_flushed = false;
                let count = ready!(poll_write(cx, sink, &self.rest))?;
                self.rest.advance(count);
            }
            // An empty one may still hold what it was a part of.
            self.rest = Bytes::new();
            match self.stage {
                Stage::Open if *reads == 0 => return Poll::Pending,
                Stage::Open => {
                    *reads -= 1;
                    ready!(self.poll_move(cx, source, sink))?;
                }
                Stage::Ended => {
                    ready!(Pin::new(&mut *sink).poll_shutdown(cx))?;
                    self.stage = Stage::Over;
                }
                Stage::Over => return Poll::Ready(Ok(())),
            }
        }
    }

    /// Reads once, and writes what it can of that. A source that is lost has ended.
    fn poll_move<R, W>(&mut self, cx: &mut Context<'_>, source: &mut R, sink: &mut W) -> Poll<io::Result<()>>
    where
        R: AsyncRead + Unpin,
        W: AsyncWrite + Unpin,
    {
        let mut room = [MaybeUninit::uninit(); ROOM];
        let mut buffer = ReadBuf::uninit(&mut room);
        let read = Pin::new(source).poll_read(cx, &mut buffer);
        if read.is_pending() {
            if !self.is_flushed {
                ready!(Pin::new(sink).poll_flush(cx))?;
                self.is_flushed = true;
            }
            return Poll::Pending;
        }
        if let Poll::Ready(Err(error)) = read {
            (self.lost, self.is_source_lost) = (Some(error), true);
        }
        let bytes = buffer.filled();
        if bytes.is_empty() {
            self.stage = Stage::Ended;
            return Poll::Ready(Ok(()));
        }
        self.is_flushed = false;
        let count = match poll_write(cx, sink, bytes)? {
            Poll::Ready(count) => count,
            Poll::Pending => 0,
        };
        self.rest = Bytes::copy_from_slice(&bytes[count..]);
        Poll::Ready(Ok(()))
    }
}

fn poll_write<W: AsyncWrite + Unpin>(cx: &mut Context<'_>, sink: &mut W, bytes: &[u8]) -> Poll<io::Result<usize>> {
    match ready!(Pin::new(sink).poll_write(cx, bytes))? {
        0 => Poll::Ready(Err(io::ErrorKind::WriteZero.into())),
        count => Poll::Ready(Ok(count)),
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt, AsyncWriteExt, duplex};

    use super::*;

    /// Joins two streams whose buffers hold so little, and returns their far ends.
    async fn joined(room: usize, first: &'static str, second: &'static str) -> (Vec<u8>, Vec<u8>) {
        let ((mut left, mut a), (mut right, mut b)) = (duplex(room), duplex(room));
        let sent: Vec<u8> = (0..100_000_u32).flat_map(u32::to_be_bytes).collect();
        let (there, back) = (sent.clone(), sent);
        let work = async move {
            let joined = join((&mut a, Bytes::from(first)), (&mut b, Bytes::from(second))).await;
            drop((a, b));
            joined
        };
        let (mut from_left, mut from_right) = (Vec::new(), Vec::new());
        let (mut left_reads, mut left_writes) = tokio::io::split(&mut left);
        let (mut right_reads, mut right_writes) = tokio::io::split(&mut right);
        let (joined, ..) = tokio::join!(
            work,
            async {
                left_writes.write_all(&there).await.expect("it is read");
                left_writes.shutdown().await.expect("closed");
            },
            async {
                right_writes.write_all(&back).await.expect("it is read");
                right_writes.shutdown().await.expect("closed");
            },
            right_reads.read_to_end(&mut from_left),
            left_reads.read_to_end(&mut from_right),
        );
        joined.expect("both have ended");
        assert!(from_left.ends_with(&there) && from_right.ends_with(&back));
        from_left.truncate(from_left.len() - there.len());
        from_right.truncate(from_right.len() - back.len());
        (from_left, from_right)
    }

    #[tokio::test]
    async fn everything_arrives_in_order_however_little_is_taken_at_a_time() {
        for room in [1, 7, 5000, 1 << 20] {
            let (from_left, from_right) = joined(room, "early", "answered").await;
            assert_eq!((&from_left[..], &from_right[..]), (&b"early"[..], &b"answered"[..]), "{room}");
        }
    }

    #[tokio::test]
    async fn one_direction_may_end_long_before_the_other() {
        let ((mut left, mut a), (mut right, mut b)) = (duplex(64), duplex(64));
        let work = tokio::spawn(async move { join((&mut a, Bytes::new()), (&mut b, Bytes::new())).await });
        left.write_all(b"last").await.expect("it is read");
        left.shutdown().await.expect("closed");
        let mut received = Vec::new();
        right.read_to_end(&mut received).await.expect("it ends");
        assert_eq!(received, b"last");
        right.write_all(b"still here").await.expect("it is read");
        drop(right);
        received.clear();
        left.read_to_end(&mut received).await.expect("it ends");
        assert_eq!(received, b"still here");
        work.await.expect("no panic").expect("both have ended");
    }

    #[tokio::test]
    async fn what_a_side_said_before_it_was_lost_arrives() {
        for room in [1, 5, 64, 1024] {
            // What it does not read any more makes the first write fail.
            let ((mut left, mut a), (mut right, mut b)) = (duplex(room), duplex(room));
            let last = vec![b'x'; 300];
            let sent = last.clone();
            let work = tokio::spawn(async move { join((&mut a, Bytes::new()), (&mut b, Bytes::new())).await });
            let leaving = tokio::spawn(async move {
                right.write_all(&sent).await.expect("it is read");
                drop(right);
            });
            left.write_all(b"f").await.expect("it is read");
            let mut received = Vec::new();
            left.read_to_end(&mut received).await.expect("it ends");
            assert_eq!(received, last, "{room}");
            leaving.await.expect("no panic");
            drop(left);
            // Whether it was lost or left in order depends on what was written to it.
            let _ = work.await.expect("no panic");
        }
    }

    #[tokio::test]
    async fn a_side_that_is_lost_ends_both() {
        let ((mut left, mut a), (right, mut b)) = (duplex(64), duplex(64));
        drop(right);
        left.write_all(b"for nobody").await.expect("it is read");
        let lost = join((&mut a, Bytes::new()), (&mut b, Bytes::new())).await.expect_err("nobody reads");
        assert_eq!(lost.kind(), io::ErrorKind::BrokenPipe);
    }
}
