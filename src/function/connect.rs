//! Opening a connection to an instance.

use std::cell::Cell;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, DuplexStream, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio::time::{Instant, sleep, timeout};

use super::echo;
use super::error::ConnectError;
use super::instance::Instance;
use crate::config::types::InstanceAddress;

/// The pause between two attempts while a function is starting.
const RETRY_PAUSE: Duration = Duration::from_millis(50);

/// A byte stream to an instance. Counts what it reads, because a request may only be repeated if nothing came back.
#[derive(Debug)]
pub struct Stream {
    kind: Kind,
    received: Rc<Cell<u64>>,
}

#[derive(Debug)]
enum Kind {
    Tcp(TcpStream),
    Unix(UnixStream),
    Echo(DuplexStream),
}

impl Stream {
    /// The count of bytes read so far, kept up to date.
    #[must_use]
    pub fn received(&self) -> Rc<Cell<u64>> {
        self.received.clone()
    }
}

/// Connects to `instance`: each attempt at most `connect_timeout`, new attempts until `start_wait` is over.
///
/// # Errors
/// The error of the last attempt.
pub async fn connect(
    instance: &Instance,
    connect_timeout: Duration,
    start_wait: Duration,
) -> Result<Stream, ConnectError> {
    let give_up = Instant::now() + start_wait;
    loop {
        let error = match timeout(connect_timeout, open(instance)).await {
            Ok(Ok(kind)) => {
                instance.set_up(true);
                return Ok(Stream { kind, received: Rc::default() });
            }
            Ok(Err(error)) => ConnectError::Failed(error),
            Err(_elapsed) => ConnectError::TimedOut(connect_timeout),
        };
        instance.set_up(false);
        if Instant::now() + RETRY_PAUSE > give_up {
            tracing::debug!(instance = %instance.label(), %error, "cannot connect");
            return Err(error);
        }
        sleep(RETRY_PAUSE).await;
    }
}

async fn open(instance: &Instance) -> io::Result<Kind> {
    match (instance.address(), instance.socket()) {
        (_, Some(socket)) => tcp(TcpStream::connect(socket).await?),
        (InstanceAddress::Http { host, port }, None) => tcp(TcpStream::connect((host.as_str(), *port)).await?),
        (InstanceAddress::Unix(path), None) => UnixStream::connect(path).await.map(Kind::Unix),
        (InstanceAddress::Echo, None) => Ok(Kind::Echo(echo::connect())),
    }
}

fn tcp(stream: TcpStream) -> io::Result<Kind> {
    stream.set_nodelay(true)?;
    Ok(Kind::Tcp(stream))
}

impl AsyncRead for Stream {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        let before = buffer.filled().len();
        let result = match &mut this.kind {
            Kind::Tcp(stream) => Pin::new(stream).poll_read(cx, buffer),
            Kind::Unix(stream) => Pin::new(stream).poll_read(cx, buffer),
            Kind::Echo(stream) => Pin::new(stream).poll_read(cx, buffer),
        };
        this.received.set(this.received.get() + (buffer.filled().len() - before) as u64);
        result
    }
}

impl AsyncWrite for Stream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().kind {
            Kind::Tcp(stream) => Pin::new(stream).poll_write(cx, bytes),
            Kind::Unix(stream) => Pin::new(stream).poll_write(cx, bytes),
            Kind::Echo(stream) => Pin::new(stream).poll_write(cx, bytes),
        }
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match &mut self.get_mut().kind {
            Kind::Tcp(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            Kind::Unix(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
            Kind::Echo(stream) => Pin::new(stream).poll_write_vectored(cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().kind {
            Kind::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            Kind::Unix(stream) => Pin::new(stream).poll_flush(cx),
            Kind::Echo(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match &mut self.get_mut().kind {
            Kind::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Kind::Unix(stream) => Pin::new(stream).poll_shutdown(cx),
            Kind::Echo(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
