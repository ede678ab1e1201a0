//! A tunnel: two byte streams joined after the function agreed to switch protocols.

use std::cell::Cell;
use std::future::poll_fn;
use std::io;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, sleep_until};

use super::pump;
use crate::drain::{Phase, Seat};
use crate::function::http1::Switched;
use crate::function::local::Permit;
use crate::telemetry::access::Record;

/// The function's side of a tunnel that waits for the client's.
#[derive(Debug)]
pub struct Tunnel {
    switched: Switched,
    record: Record,
    open: Open,
}

/// An open tunnel in the count of its function.
#[derive(Debug)]
struct Open(Permit);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.metrics().tunnels.dec();
    }
}

/// Why a tunnel ended; becomes `aborted` in the access log.
enum End {
    Closed,
    Broken,
    Idle,
    Draining,
}

impl Tunnel {
    #[must_use]
    pub fn new(switched: Switched, record: Record, permit: Permit) -> Self {
        permit.metrics().tunnels.inc();
        Self { switched, record, open: Open(permit) }
    }

    /// Copies both ways until both sides have closed, one is lost, nothing moves for the idle timeout, or the gateway stops.
    /// `early` is what the client sent behind its request head.
    pub async fn run<S: AsyncRead + AsyncWrite + Unpin>(mut self, client: &mut S, early: Bytes, seat: &Seat) {
        let idle = self.open.0.spec().websocket_idle;
        let moved = Rc::new(Moved { last: Cell::new(Instant::now()), sent: Cell::default() });
        let received = Rc::new(Cell::new(early.len() as u64));
        let mut client = Watched { stream: client, moved: moved.clone(), received: received.clone() };
        let Switched { stream: mut function, received: answered } = self.switched;
        let mut copy = std::pin::pin!(pump::join((&mut client, early), (&mut function, answered)));
        let mut timer = std::pin::pin!(sleep_until(Instant::now() + idle));
        let end = poll_fn(|cx| {
            if let Poll::Ready(outcome) = copy.as_mut().poll(cx) {
                return Poll::Ready(if outcome.is_ok() { End::Closed } else { End::Broken });
            }
            if seat.poll_phase(cx) == Phase::Expired {
                return Poll::Ready(End::Draining);
            }
            while timer.as_mut().poll(cx).is_ready() {
                let deadline = moved.last.get() + idle;
                if deadline <= Instant::now() {
                    return Poll::Ready(End::Idle);
                }
                timer.as_mut().reset(deadline);
            }
            Poll::Pending
        })
        .await;
        self.record.clock().tick();
        self.record.bytes_in = received.get();
        self.record.bytes_out = moved.sent.get();
        self.record.aborted = match end {
            End::Closed => None,
            End::Broken => Some("connection_lost"),
            End::Idle => Some("websocket_idle"),
            End::Draining => Some("draining"),
        };
    }
}

/// What has moved through a tunnel, and when last.
#[derive(Debug)]
struct Moved {
    last: Cell<Instant>,
    sent: Cell<u64>,
}

/// The client's side. Every byte of a tunnel passes here once, in one direction or the other.
struct Watched<S> {
    stream: S,
    moved: Rc<Moved>,
    received: Rc<Cell<u64>>,
}

impl<S: AsyncRead + Unpin> AsyncRead for Watched<S> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        let result = Pin::new(&mut self.stream).poll_read(cx, buffer);
        let count = buffer.filled().len() - before;
        if count > 0 {
            self.moved.last.set(Instant::now());
            self.received.set(self.received.get() + count as u64);
        }
        result
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        let result = Pin::new(&mut self.stream).poll_write(cx, bytes);
        if let Poll::Ready(Ok(count)) = result {
            self.moved.last.set(Instant::now());
            self.moved.sent.set(self.moved.sent.get() + count as u64);
        }
        result
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.stream).poll_shutdown(cx)
    }
}
