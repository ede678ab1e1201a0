//! The socket of a client connection as hyper gets it: it tells the connection what moves, ends a write that does not, and
//! holds back what hyper says on its own.

use std::cell::RefCell;
use std::io;
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, Interest, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::Instant;

use crate::drain::Phase;
use crate::net::gather;
use crate::proxy::client::Client;

/// A client's socket.
#[derive(Debug)]
pub enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
}

impl Socket {
    /// Whether the client has closed its side, even if it left bytes that nobody has read yet.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        let cx = &mut Context::from_waker(Waker::noop());
        let ready = match self {
            Self::Tcp(stream) => pin!(stream.ready(Interest::READABLE)).poll(cx),
            Self::Unix(stream) => pin!(stream.ready(Interest::READABLE)).poll(cx),
        };
        matches!(ready, Poll::Ready(Ok(ready)) if ready.is_read_closed())
    }
}

/// A client's socket under hyper.
///
/// hyper answers a head that it cannot read with a bare status line of its own and closes. Nobody has asked the gateway then,
/// so such bytes are recognized by their time: no request is being answered. They are not sent; their status is kept, for
/// the connection to send a proper answer.
#[derive(Debug)]
pub struct ClientStream {
    /// Shared with the connection, which looks whether the client is still there while hyper does not read.
    socket: Rc<RefCell<Socket>>,
    client: Rc<Client>,
    /// How long the client may take no byte of what is to be written.
    write_idle: Duration,
    blocked_since: Option<Instant>,
    verdict: Option<u16>,
}

impl ClientStream {
    #[must_use]
    pub fn new(socket: Rc<RefCell<Socket>>, client: Rc<Client>, write_idle: Duration) -> Self {
        Self { socket, client, write_idle, blocked_since: None, verdict: None }
    }

    /// The status that hyper wanted to answer an unreadable head with.
    #[must_use]
    pub fn verdict(&self) -> Option<u16> {
        self.verdict
    }

    /// Takes what hyper wrote on its own.
    fn hold_back(&mut self, bytes: &[u8]) {
        let status =
            bytes.strip_prefix(b"HTTP/1.1 ").and_then(|rest| std::str::from_utf8(rest.get(..3)?).ok()?.parse().ok());
        self.verdict = self.verdict.or(status);
    }

    fn wrote(&mut self, result: Poll<io::Result<usize>>) -> Poll<io::Result<usize>> {
        match result {
            Poll::Ready(Ok(_)) => {
                self.blocked_since = None;
                self.client.sent();
                result
            }
            Poll::Ready(Err(_)) => result,
            Poll::Pending => {
                let since = *self.blocked_since.get_or_insert(self.client.now());
                let given_up = self.client.seat().phase() == Phase::Expired;
                if given_up || self.client.alarm().passed(since + self.write_idle) {
                    return Poll::Ready(Err(io::ErrorKind::TimedOut.into()));
                }
                Poll::Pending
            }
        }
    }
}

impl AsyncRead for ClientStream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut *self.socket.borrow_mut()).poll_read(cx, buffer);
        if buffer.filled().len() > before {
            self.client.received();
        }
        result
    }
}

impl AsyncWrite for ClientStream {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if !self.client.is_answering() {
            self.hold_back(bytes);
            return Poll::Ready(Ok(bytes.len()));
        }
        let result = Pin::new(&mut *self.socket.borrow_mut()).poll_write(cx, bytes);
        self.wrote(result)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if !self.client.is_answering() {
            self.hold_back(slices.first().map_or(&[], |slice| slice));
            return Poll::Ready(Ok(slices.iter().map(|slice| slice.len()).sum()));
        }
        let result = Pin::new(&mut *self.socket.borrow_mut()).poll_write_vectored(cx, slices);
        self.wrote(result)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = Pin::new(&mut *self.socket.borrow_mut()).poll_flush(cx);
        if let Poll::Ready(Ok(())) = result {
            self.client.flushed();
        }
        result
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.socket.borrow_mut()).poll_shutdown(cx)
    }
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Unix(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Unix(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => gather::poll_write(stream, cx, slices),
            Self::Unix(stream) => gather::poll_write(stream, cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            Self::Unix(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Unix(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
