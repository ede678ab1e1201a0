//! A byte stream to an instance, whatever kind it is.

use std::io::{self, IoSlice};
use std::pin::Pin;
use std::task::{Context, Poll};

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, Interest, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio_rustls::client::TlsStream;

use super::tls;
use crate::net::gather;
use crate::net::socket::{Unread, unread};

#[derive(Debug)]
pub enum Stream {
    Tcp(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    Unix(UnixStream),
    Echo(DuplexStream),
}

impl Stream {
    /// Takes the stream away from its owner, which has one that leads nowhere then.
    #[must_use]
    pub fn take(&mut self) -> Self {
        std::mem::replace(self, Self::Echo(tokio::io::duplex(1).0))
    }

    /// Whether the two have agreed on HTTP/2.
    #[must_use]
    pub fn has_agreed_on_http2(&self) -> bool {
        matches!(self, Self::Tls(stream) if tls::is_http2(stream))
    }

    /// Whether it is certain that nothing has arrived since the last read, not even the end. Asks for the readiness itself: a poll would take
    /// the place of the task that waits for the socket, and is pending as well when the runtime's budget is used up.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        let nothing_yet = |result: io::Result<()>| result.is_err();
        match self {
            Self::Tcp(stream) => nothing_yet(stream.try_io(Interest::READABLE, || Ok(()))),
            Self::Unix(stream) => nothing_yet(stream.try_io(Interest::READABLE, || Ok(()))),
            // What has been decrypted may wait inside.
            Self::Tls(_) | Self::Echo(_) => false,
        }
    }

    /// What the kernel has to read. Unlike [`Self::is_quiet`] it asks, which is a system call.
    #[must_use]
    pub fn unread(&self) -> Unread {
        match self {
            Self::Tcp(stream) => unread(stream),
            Self::Tls(stream) => unread(stream.get_ref().0),
            Self::Unix(stream) => unread(stream),
            Self::Echo(_) => Unread::Nothing,
        }
    }

    /// Has a reset end the connection when it is dropped: an end in order would have to wait behind what the function does not read, and keep
    /// the port for a minute.
    pub fn reset(&self) {
        let reset = match self {
            Self::Tcp(stream) => stream.set_zero_linger(),
            Self::Tls(stream) => stream.get_ref().0.set_zero_linger(),
            Self::Unix(_) | Self::Echo(_) => Ok(()),
        };
        // One that cannot be reset is closed all the same.
        drop(reset);
    }
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Unix(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Echo(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Unix(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Echo(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        pieces: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => gather::poll_write(stream, cx, pieces),
            Self::Tls(stream) => gather::poll_write(stream, cx, pieces),
            Self::Unix(stream) => gather::poll_write(stream, cx, pieces),
            Self::Echo(stream) => gather::poll_write(stream, cx, pieces),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
            Self::Unix(stream) => Pin::new(stream).poll_flush(cx),
            Self::Echo(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Unix(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Echo(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
