//! Opening a connection to an instance.

use std::cell::{Cell, RefCell};
use std::fmt;
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, DuplexStream, Interest, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::{Instant, timeout_at};
use tokio_rustls::client::TlsStream;

use super::echo;
use super::error::ConnectError;
use super::instance::Instance;
use super::tls::{self, Offer};
use crate::config::InstanceAddress;
use crate::message::lines::Lines;
use crate::net::gather;
use crate::net::socket::{self, KeepAlive, Unread, keep_alive, limit_unacknowledged, unread};
use crate::process;

/// What is read of a function before others of the worker have their turn.
const READ_IN_A_POLL: usize = 256 * 1024;

/// A byte stream to an instance under hyper.
#[derive(Debug)]
pub struct Stream(Rc<Wire>);

/// What the owner of a connection and its stream share.
pub struct Wire {
    kind: RefCell<Kind>,
    /// Bytes read so far: a request may only be repeated if nothing came back.
    received: Cell<u64>,
    /// Field lines that belong behind the request line which is written next.
    lines: RefCell<Vec<u8>>,
    /// Whether the request line is out and only lines are missing.
    behind_line: Cell<bool>,
    /// Whether a request is under way that has the connection to itself.
    in_exchange: Cell<bool>,
    http2: bool,
    /// What a request that has the connection to itself may still read in this poll.
    allowed: Cell<usize>,
    /// Whether a write has failed. What comes is read to its end all the same.
    write_failed: Cell<bool>,
    /// Who waits for the first bytes of HTTP/2.
    reader: Cell<Option<Waker>>,
}

impl fmt::Debug for Wire {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wire").field("kind", &self.kind).field("http2", &self.http2).finish_non_exhaustive()
    }
}

impl Wire {
    fn new(kind: Kind, http2: bool) -> Rc<Self> {
        Rc::new(Self {
            http2,
            allowed: Cell::default(),
            write_failed: Cell::default(),
            reader: Cell::default(),
            kind: RefCell::new(kind),
            received: Cell::default(),
            lines: RefCell::default(),
            behind_line: Cell::default(),
            in_exchange: Cell::default(),
        })
    }

    /// Whether a write has failed, so that the connection is good for no other request.
    #[must_use]
    pub fn has_write_failed(&self) -> bool {
        self.write_failed.get()
    }

    /// Whether it is certain that nothing has arrived since the last read, not even the end. Asks for the readiness itself: a poll would take
    /// the place of the task that waits for the socket, and is pending as well when the runtime's budget is used up.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        match &*self.kind.borrow() {
            Kind::Tcp(stream) => stream.try_io(Interest::READABLE, || Ok(())).is_err(),
            Kind::Unix(stream) => stream.try_io(Interest::READABLE, || Ok(())).is_err(),
            // What has been decrypted may wait inside.
            Kind::Tls(_) | Kind::Echo(_) => false,
        }
    }

    /// What the kernel has to read. Unlike [`Self::is_quiet`] it asks, which is a system call.
    #[must_use]
    pub fn unread(&self) -> Unread {
        match &*self.kind.borrow() {
            Kind::Tcp(stream) => unread(stream),
            Kind::Tls(stream) => unread(stream.get_ref().0),
            Kind::Unix(stream) => unread(stream),
            Kind::Echo(_) => Unread::Nothing,
        }
    }

    /// Whether HTTP/2 is spoken.
    #[must_use]
    pub fn is_http2(&self) -> bool {
        self.http2
    }

    /// Has the task woken when bytes of HTTP/2 arrive.
    pub fn watch(&self, waker: &Waker) {
        self.reader.set(Some(waker.clone()));
    }

    /// Wakes whoever watches.
    pub fn wake(&self) {
        if let Some(waker) = self.reader.take() {
            waker.wake();
        }
    }

    #[must_use]
    pub fn received(&self) -> u64 {
        self.received.get()
    }

    /// A request that has the connection to itself is polled.
    pub fn begin_poll(&self) {
        self.allowed.set(READ_IN_A_POLL);
    }

    /// An exchange begins or is over. A connection that is dropped in between is reset.
    pub fn set_in_exchange(&self, begun: bool) {
        self.in_exchange.set(begun);
    }

    /// Has lines written behind the request line that hyper writes next.
    pub fn insert(&self, lines: Lines) {
        self.lines.replace(lines.into_bytes());
    }
}

impl Drop for Wire {
    /// An end in order would have to wait behind what the function does not read, and keep the port for a minute.
    fn drop(&mut self) {
        if self.in_exchange.get() {
            self.kind.get_mut().reset();
        }
    }
}

#[derive(Debug)]
enum Kind {
    Tcp(TcpStream),
    Tls(Box<TlsStream<TcpStream>>),
    Unix(UnixStream),
    Echo(DuplexStream),
}

impl Stream {
    #[must_use]
    pub fn wire(&self) -> &Rc<Wire> {
        &self.0
    }

    /// What writing comes to. Once it has failed, everything counts as written until what the function has sent is read: many servers answer without
    /// reading the whole request, and close.
    fn ignore_write_error<T>(&self, result: Poll<io::Result<T>>, done: impl FnOnce() -> T) -> Poll<io::Result<T>> {
        match result {
            Poll::Ready(Err(error)) if !self.0.http2 && error.kind() != io::ErrorKind::InvalidInput => {
                if !self.0.write_failed.replace(true) {
                    tracing::debug!(%error, "write to the function failed; reading what it has sent");
                }
                Poll::Ready(Ok(done()))
            }
            result => result,
        }
    }

    /// Writes hyper's bytes with the waiting lines behind the first line. The result counts hyper's bytes only.
    fn poll_insert(&self, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let wire = &*self.0;
        let mut lines = wire.lines.borrow_mut();
        let first: &[u8] = slices.first().map_or(&[], |slice| slice);
        let line = match first.iter().position(|&byte| byte == b'\n') {
            _ if wire.behind_line.get() => 0,
            Some(end) => end + 1,
            None => return Poll::Ready(Err(io::ErrorKind::InvalidInput.into())),
        };
        loop {
            let body = slices.get(1).map_or(&[][..], |slice| slice);
            let parts = [&first[..line], lines.as_slice(), &first[line..], body].map(IoSlice::new);
            let written = ready!(wire.kind.borrow_mut().poll_write_vectored(cx, &parts))?;
            if written == 0 || written < line {
                return Poll::Ready(Ok(written));
            }
            let inserted = (written - line).min(lines.len());
            lines.drain(..inserted);
            wire.behind_line.set(!lines.is_empty());
            if written > inserted {
                return Poll::Ready(Ok(written - inserted));
            }
        }
    }
}

impl Kind {
    /// Has a reset end the connection.
    fn reset(&self) {
        let reset = match self {
            Self::Tcp(stream) => stream.set_zero_linger(),
            Self::Tls(stream) => stream.get_ref().0.set_zero_linger(),
            Self::Unix(_) | Self::Echo(_) => Ok(()),
        };
        // One that cannot be reset is closed all the same.
        drop(reset);
    }

    fn poll_write_vectored(&mut self, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        match self {
            Self::Tcp(stream) => gather::poll_write(stream, cx, slices),
            Self::Tls(stream) => gather::poll_write(stream, cx, slices),
            Self::Unix(stream) => gather::poll_write(stream, cx, slices),
            Self::Echo(stream) => gather::poll_write(stream, cx, slices),
        }
    }
}

/// Connects to `instance` until `deadline`, which ends an attempt that may take `connect_timeout`; the handshake of TLS is
/// included. `preface` is what the connection begins with.
///
/// # Errors
/// Why there is no connection.
pub async fn connect(
    instance: &Instance,
    offer: Offer,
    connect_timeout: Duration,
    deadline: Instant,
    preface: &[u8],
) -> Result<Stream, ConnectError> {
    let error = match timeout_at(deadline, open(instance, offer, connect_timeout, preface)).await {
        Ok(Ok(kind)) => {
            instance.note_reached();
            let http2 = instance.is_h2c() || matches!(&kind, Kind::Tls(stream) if tls::is_http2(stream));
            return Ok(Stream(Wire::new(kind, http2)));
        }
        Ok(Err(error)) => ConnectError::Failed(error),
        Err(_elapsed) => ConnectError::TimedOut(connect_timeout),
    };
    tracing::debug!(instance = %instance.label(), %error, "cannot connect");
    match &error {
        ConnectError::Failed(error) if process::is_out_of_files(error) => {
            process::report_shortage("cannot connect to a function")
        }
        error => instance.note_unreachable(error),
    }
    Err(error)
}

async fn open(instance: &Instance, offer: Offer, connect_timeout: Duration, preface: &[u8]) -> io::Result<Kind> {
    let (host, port) = match instance.address() {
        InstanceAddress::Unix(path) => {
            let mut stream = UnixStream::connect(path).await?;
            if process::is_of_reserve(&stream) {
                return Err(process::out_of_files());
            }
            stream.write_all(preface).await?;
            return Ok(Kind::Unix(stream));
        }
        InstanceAddress::Echo => return Ok(Kind::Echo(echo::connect())),
        InstanceAddress::Http { host, port }
        | InstanceAddress::Https { host, port }
        | InstanceAddress::H2c { host, port } => (host, *port),
    };
    let mut stream = match instance.socket() {
        Some(address) => socket::connect(address).await?,
        None => instance.addresses().connect(host, port, connect_timeout).await?,
    };
    prepare(&stream)?;
    stream.write_all(preface).await?;
    let kind = match instance.tls() {
        Some(client) => Kind::Tls(client.connect(host, stream, offer).await?),
        None => Kind::Tcp(stream),
    };
    match &kind {
        Kind::Tls(stream) if tls::is_http2(stream) => limit_unacknowledged(stream.get_ref().0)?,
        Kind::Tcp(stream) if instance.is_h2c() => limit_unacknowledged(stream)?,
        Kind::Tcp(_) | Kind::Tls(_) | Kind::Unix(_) | Kind::Echo(_) => {}
    }
    Ok(kind)
}

/// Sets the options of a connection to a function.
fn prepare(stream: &TcpStream) -> io::Result<()> {
    stream.set_nodelay(true)?;
    keep_alive(stream, KeepAlive::FUNCTION)
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let wire = &*self.0;
        if wire.in_exchange.get() && wire.allowed.get() == 0 {
            // hyper takes interim answers without end in a single poll, and nobody would look at the deadline of the request.
            cx.waker().wake_by_ref();
            return Poll::Pending;
        }
        let before = buffer.filled().len();
        let result = match &mut *wire.kind.borrow_mut() {
            Kind::Tcp(stream) => Pin::new(stream).poll_read(cx, buffer),
            Kind::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
            Kind::Unix(stream) => Pin::new(stream).poll_read(cx, buffer),
            Kind::Echo(stream) => Pin::new(stream).poll_read(cx, buffer),
        };
        let count = (buffer.filled().len() - before) as u64;
        wire.received.set(wire.received.get() + count);
        wire.allowed.set(wire.allowed.get().saturating_sub(buffer.filled().len() - before));
        if wire.http2 && count > 0 {
            wire.wake();
        }
        result
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let result = if self.0.write_failed.get() {
            Poll::Ready(Err(io::ErrorKind::BrokenPipe.into()))
        } else if self.0.lines.borrow().is_empty() {
            self.0.kind.borrow_mut().poll_write_vectored(cx, slices)
        } else {
            self.poll_insert(cx, slices)
        };
        self.ignore_write_error(result, || slices.iter().map(|slice| slice.len()).sum())
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let result = match &mut *self.0.kind.borrow_mut() {
            _ if self.0.write_failed.get() => Poll::Ready(Ok(())),
            Kind::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            Kind::Tls(stream) => Pin::new(stream).poll_flush(cx),
            Kind::Unix(stream) => Pin::new(stream).poll_flush(cx),
            Kind::Echo(stream) => Pin::new(stream).poll_flush(cx),
        };
        self.ignore_write_error(result, || ())
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut *self.0.kind.borrow_mut() {
            Kind::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Kind::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
            Kind::Unix(stream) => Pin::new(stream).poll_shutdown(cx),
            Kind::Echo(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}

#[cfg(test)]
impl Stream {
    /// HTTP/1.1 over a stream that a test has made.
    pub(super) fn of_http1(stream: DuplexStream) -> Self {
        Self(Wire::new(Kind::Echo(stream), false))
    }

    /// HTTP/2 over a stream that a test has made.
    pub(super) fn of_http2(stream: DuplexStream) -> Self {
        Self(Wire::new(Kind::Echo(stream), true))
    }
}

#[cfg(test)]
mod tests;
