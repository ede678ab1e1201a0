//! Writing several pieces at once.
//!
//! A small message in pieces is cheaper to copy together and send than to hand to the kernel as a list.

use std::cell::RefCell;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::AsyncWrite;

/// Up to so many bytes are copied.
const SMALL: usize = 2048;

thread_local! {
    /// Where pieces are copied together. Always in the cache, unlike a place on the stack, which would have to be zeroed first.
    static SCRATCH: RefCell<Vec<u8>> = const { RefCell::new(Vec::new()) };
}

/// Writes as much of `pieces`, in order, as the stream takes.
pub fn poll_write<S: AsyncWrite + Unpin>(
    stream: &mut S,
    cx: &mut Context<'_>,
    pieces: &[IoSlice<'_>],
) -> Poll<io::Result<usize>> {
    let total: usize = pieces.iter().map(|piece| piece.len()).sum();
    if let [piece] = pieces {
        return Pin::new(stream).poll_write(cx, piece);
    }
    if total > SMALL {
        return Pin::new(stream).poll_write_vectored(cx, pieces);
    }
    // Taken away meanwhile: a stream over another, as TLS is, writes pieces as well.
    let mut small = SCRATCH.take();
    small.clear();
    pieces.iter().for_each(|piece| small.extend_from_slice(piece));
    let written = Pin::new(stream).poll_write(cx, &small);
    SCRATCH.set(small);
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Writes each piece as two, to a stream below.
    struct Above(tokio::io::DuplexStream);

    impl AsyncWrite for Above {
        fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
            let (one, other) = bytes.split_at(bytes.len() / 2);
            poll_write(&mut self.0, cx, &[IoSlice::new(one), IoSlice::new(other)])
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    #[tokio::test]
    async fn a_stream_over_another_may_write_pieces_itself() {
        let (near, mut far) = tokio::io::duplex(100);
        let mut above = Above(near);
        let pieces = [IoSlice::new(b"record "), IoSlice::new(b"by record")];
        let written = std::future::poll_fn(|cx| poll_write(&mut above, cx, &pieces)).await.expect("written");
        let mut received = vec![0; written];
        tokio::io::AsyncReadExt::read_exact(&mut far, &mut received).await.expect("read");
        assert_eq!(received, b"record by record");
    }

    #[tokio::test]
    async fn pieces_arrive_in_order_whether_copied_or_not() {
        for size in [1, 500, 5000] {
            let (mut near, mut far) = tokio::io::duplex(1 << 20);
            let (one, other) = (vec![b'a'; size], vec![b'b'; size]);
            let pieces = [IoSlice::new(&one), IoSlice::new(&other)];
            let written = std::future::poll_fn(|cx| poll_write(&mut near, cx, &pieces)).await.expect("written");
            let mut received = vec![0; written];
            tokio::io::AsyncReadExt::read_exact(&mut far, &mut received).await.expect("read");
            assert_eq!(received, [one, other].concat()[..written]);
            assert!(written >= size);
        }
    }
}
