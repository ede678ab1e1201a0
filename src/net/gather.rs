//! Writing several pieces at once.
//!
//! A small message in pieces is cheaper to copy together and send than to hand to the kernel as a list.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::AsyncWrite;

/// Up to so many bytes are copied.
const SMALL: usize = 2048;

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
    let mut small = [0; SMALL];
    let mut end = 0;
    for piece in pieces {
        small[end..end + piece.len()].copy_from_slice(piece);
        end += piece.len();
    }
    Pin::new(stream).poll_write(cx, &small[..end])
}

#[cfg(test)]
mod tests {
    use super::*;

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
