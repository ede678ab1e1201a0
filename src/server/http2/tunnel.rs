//! A stream of HTTP/2 that has become a tunnel (RFC 8441), as the bytes in it.

use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};

use bytes::{Buf, Bytes};
use h2::{Reason, RecvStream, SendStream};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::super::frames::Frames;

/// The most bytes in one frame.
const PIECE: usize = 16 << 10;

/// The two directions of a stream.
#[derive(Debug)]
pub(super) struct TunnelStream {
    sender: SendStream<Bytes>,
    receiver: RecvStream,
    /// What has come and was not read yet.
    data: Bytes,
    frames: Rc<Frames>,
    is_shut_down: bool,
}

impl TunnelStream {
    pub(super) fn new(sender: SendStream<Bytes>, receiver: RecvStream, frames: Rc<Frames>) -> Self {
        Self { sender, receiver, data: Bytes::new(), frames, is_shut_down: false }
    }

    /// Fills the data. False at the end.
    fn poll_fill(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<bool>> {
        while self.data.is_empty() {
            match ready!(self.receiver.poll_data(cx)) {
                Some(Ok(data)) => {
                    self.frames.consumed(1);
                    self.data = data;
                }
                // A client that ends a WebSocket may reset its stream.
                Some(Err(error)) if matches!(error.reason(), Some(Reason::NO_ERROR | Reason::CANCEL)) => {
                    return Poll::Ready(Ok(false));
                }
                Some(Err(error)) => return Poll::Ready(Err(io::Error::other(error))),
                None => return Poll::Ready(Ok(false)),
            }
        }
        Poll::Ready(Ok(true))
    }
}

impl AsyncRead for TunnelStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !ready!(self.poll_fill(cx))? {
            return Poll::Ready(Ok(()));
        }
        let count = buffer.remaining().min(self.data.len());
        buffer.put_slice(&self.data[..count]);
        self.data.advance(count);
        Poll::Ready(self.receiver.flow_control().release_capacity(count).map_err(io::Error::other))
    }
}

impl AsyncWrite for TunnelStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let wanted = bytes.len().min(PIECE);
        if wanted == 0 {
            return Poll::Ready(Ok(0));
        }
        let sender = &mut self.sender;
        if sender.capacity() == 0 {
            sender.reserve_capacity(wanted);
        }
        while sender.capacity() == 0 {
            match ready!(sender.poll_capacity(cx)) {
                Some(Ok(_)) => {}
                Some(Err(error)) => return Poll::Ready(Err(io::Error::other(error))),
                None => return Poll::Ready(Err(io::ErrorKind::BrokenPipe.into())),
            }
        }
        let count = wanted.min(sender.capacity());
        let sent = sender.send_data(Bytes::copy_from_slice(&bytes[..count]), false);
        Poll::Ready(sent.map(|()| count).map_err(io::Error::other))
    }

    /// The connection sends what it has been given.
    fn poll_flush(self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Poll::Ready(Ok(()))
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, _cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if std::mem::replace(&mut self.is_shut_down, true) {
            return Poll::Ready(Ok(()));
        }
        Poll::Ready(self.sender.send_data(Bytes::new(), true).map_err(io::Error::other))
    }
}
