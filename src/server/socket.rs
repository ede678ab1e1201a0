//! The socket of a client connection, whatever kind it is.

use std::future::{Future, poll_fn};
use std::io;
use std::mem::MaybeUninit;
use std::pin::{Pin, pin};
use std::task::{Context, Poll, Waker, ready};
use std::time::Duration;

use rustix::event::{PollFd, PollFlags, Timespec, poll};
use socket2::SockRef;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt, Interest, ReadBuf};
use tokio::net::{TcpStream, UnixStream};
use tokio::task::{unconstrained, yield_now};
use tokio::time::{sleep, timeout};
use tokio_rustls::server::TlsStream;

use crate::drain::{Phase, Seat};
use crate::net::gather;

/// What a client may still send after the last answer before the connection is cut.
const LINGER_BYTES: usize = 256 * 1024;
/// How long it may take to read the last answer and close: a client whose deadline is over is gone a second later.
pub const LINGER_TIME: Duration = Duration::from_millis(750);

/// The same for a client that is in the middle of a body.
const UPLOAD_BYTES: usize = 64 << 20;
const UPLOAD_TIME: Duration = Duration::from_secs(30);
const UPLOAD_PAUSE: Duration = Duration::from_secs(2);

/// How often the kernel is asked whether it has sent everything.
const SENT_PAUSE: Duration = Duration::from_millis(10);

/// How much of it is read at a time.
const SCRATCH: usize = 16 * 1024;

/// A client's socket.
#[derive(Debug)]
pub enum Socket {
    Tcp(TcpStream),
    Unix(UnixStream),
    Tls(Box<TlsStream<Self>>),
}

impl Socket {
    /// Whether the client has closed its side, even if it left bytes that nobody has read yet.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        let cx = &mut Context::from_waker(Waker::noop());
        let ready = match self {
            Self::Tcp(stream) => pin!(unconstrained(stream.ready(Interest::READABLE))).poll(cx),
            Self::Unix(stream) => pin!(unconstrained(stream.ready(Interest::READABLE))).poll(cx),
            Self::Tls(stream) => return stream.get_ref().0.has_ended(),
        };
        matches!(ready, Poll::Ready(Ok(ready)) if ready.is_read_closed())
    }

    /// Ready when there is something to read, the end or an error as well. Of TLS these are bytes, which need not make up a record.
    pub fn poll_readable(&self, cx: &mut Context<'_>) -> Poll<()> {
        let ready = match self {
            Self::Tcp(stream) => stream.poll_read_ready(cx),
            Self::Unix(stream) => stream.poll_read_ready(cx),
            Self::Tls(stream) => return stream.get_ref().0.poll_readable(cx),
        };
        ready.map(drop)
    }

    /// Closes the sending side and waits a little for the client to do the same. A socket that is closed with unread bytes is
    /// reset, and a reset can destroy the last answer before the client has read it.
    pub async fn linger(mut self) {
        let goodbye = async {
            self.shutdown().await?;
            let mut left = LINGER_BYTES;
            while left > 0 {
                match self.discard().await? {
                    0 => break,
                    count => left = left.saturating_sub(count),
                }
                // Who goes on sending must not keep the worker here.
                yield_now().await;
            }
            io::Result::Ok(())
        };
        // Whether the client closed in time, too late or not at all: the connection is over.
        let _ = timeout(LINGER_TIME, goodbye).await;
    }

    /// The same for a client in the middle of a body that nobody wants. It may look for its answer only when it has sent everything, so it may go on
    /// for as long as it does so without a pause, within bounds and until a stop begins.
    pub async fn linger_over_upload(mut self, seat: &Seat) {
        let goodbye = async {
            self.shutdown().await?;
            let mut left = UPLOAD_BYTES;
            while left > 0 {
                match timeout(UPLOAD_PAUSE, self.discard()).await {
                    Ok(Ok(count)) if count > 0 => left = left.saturating_sub(count),
                    Ok(Err(error)) => return Err(error),
                    _end_or_pause => break,
                }
                yield_now().await;
            }
            io::Result::Ok(())
        };
        let mut goodbye = pin!(goodbye);
        let until_stop = poll_fn(|cx| match goodbye.as_mut().poll(cx) {
            Poll::Pending if seat.poll_phase(cx) >= Phase::Draining => Poll::Ready(Ok(())),
            goodbye => goodbye,
        });
        let _ = timeout(UPLOAD_TIME, until_stop).await;
    }

    /// Reads once, and says how many bytes nobody is going to see. The room for them is none of the connection's.
    async fn discard(&mut self) -> io::Result<usize> {
        poll_fn(|cx| {
            let mut room = [MaybeUninit::uninit(); SCRATCH];
            let mut buffer = ReadBuf::uninit(&mut room);
            ready!(Pin::new(&mut *self).poll_read(cx, &mut buffer))?;
            Poll::Ready(Ok(buffer.filled().len()))
        })
        .await
    }

    /// Offers what waits to be sent, and `next` where nothing does, to the kernel itself: it takes some as soon as anything has left, and
    /// says so only once half of what it holds has. Nobody is woken by this.
    ///
    /// # Errors
    /// When the connection is lost.
    pub fn press(&mut self, next: &[u8]) -> io::Result<Pressed> {
        let Self::Tls(stream) = self else {
            let count = unless_blocked(self.offer(next))?;
            return Ok(Pressed { moved: count, of_next: count });
        };
        let (socket, session) = stream.get_mut();
        let mut pressed = Pressed::default();
        while session.wants_write() {
            match unless_blocked(session.write_tls(&mut Offered(socket)))? {
                0 => break,
                count => pressed.moved += count,
            }
        }
        Ok(pressed)
    }

    fn offer(&self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => SockRef::from(stream).send(bytes),
            Self::Unix(stream) => SockRef::from(stream).send(bytes),
            Self::Tls(_) => unreachable!("TLS is spoken over another socket"),
        }
    }

    /// Closes with a reset as soon as the kernel has sent all that it holds, at the latest after `patience`: a response that broke off must not look
    /// complete to a client that reads to the end.
    pub async fn reset_when_sent(self, patience: Duration) {
        let sent = async {
            while !self.is_sent() {
                sleep(SENT_PAUSE).await;
            }
        };
        let _ = timeout(patience, sent).await;
        self.reset();
    }

    /// Whether the kernel has sent all that it was given.
    fn is_sent(&self) -> bool {
        let stream = match self {
            Self::Tcp(stream) => stream,
            Self::Unix(_) => return true,
            Self::Tls(stream) => return stream.get_ref().0.is_sent(),
        };
        // With this limit a socket is writable only if nothing waits to be sent.
        if SockRef::from(stream).set_tcp_notsent_lowat(1).is_err() {
            return true;
        }
        let mut asked = [PollFd::new(stream, PollFlags::OUT)];
        poll(&mut asked, Some(&Timespec { tv_sec: 0, tv_nsec: 0 })) != Ok(0)
    }

    /// Closes at once with a reset.
    pub fn reset(self) {
        match self {
            // A socket that cannot be reset is closed all the same.
            Self::Tcp(stream) => drop(stream.set_zero_linger()),
            Self::Unix(_) => {}
            Self::Tls(stream) => stream.into_inner().0.reset(),
        }
    }
}

/// What the kernel took when it was offered something, in bytes.
#[derive(Clone, Copy, Debug, Default)]
pub struct Pressed {
    pub moved: usize,
    /// Those that had not been handed over before.
    pub of_next: usize,
}

/// The socket below a TLS session, to which records are offered.
struct Offered<'a>(&'a Socket);

impl io::Write for Offered<'_> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.offer(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

fn unless_blocked(result: io::Result<usize>) -> io::Result<usize> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::WouldBlock => Ok(0),
        result => result,
    }
}

impl AsyncRead for Socket {
    fn poll_read(self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Unix(stream) => Pin::new(stream).poll_read(cx, buffer),
            Self::Tls(stream) => Pin::new(stream).poll_read(cx, buffer),
        }
    }
}

impl AsyncWrite for Socket {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Unix(stream) => Pin::new(stream).poll_write(cx, bytes),
            Self::Tls(stream) => Pin::new(stream).poll_write(cx, bytes),
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
            Self::Tls(stream) => gather::poll_write(stream, cx, slices),
        }
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_flush(cx),
            Self::Unix(stream) => Pin::new(stream).poll_flush(cx),
            Self::Tls(stream) => Pin::new(stream).poll_flush(cx),
        }
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match self.get_mut() {
            Self::Tcp(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Unix(stream) => Pin::new(stream).poll_shutdown(cx),
            Self::Tls(stream) => Pin::new(stream).poll_shutdown(cx),
        }
    }
}
