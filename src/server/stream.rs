//! The socket of a client connection as h2 gets it: what moves is watched, and a write that does not is ended.

use std::cell::{Cell, RefCell};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::Instant;

use super::delivery::Delivery;
use super::fairness::Share;
use super::frames::Frames;
use super::outflow::Outflow;
use super::socket::{Pressed, Socket};
use super::watch::Watch;
use crate::proxy::client::Client;

/// How many times what it is to move a byte makes it expensive.
const EXPENSIVE: usize = 16;
/// What is read at a time behind bytes that were expensive: a read can bring hundreds of frames, and all of them are handled before anybody
/// asks whether that was more than a share.
const SMALL_READ: usize = 1024;

/// What the requests of a connection know of its socket.
#[derive(Debug)]
pub(super) struct Wire {
    pub(super) frames: Rc<Frames>,
    pub(super) delivery: Delivery,
    outflow: Cell<Outflow>,
}

impl Wire {
    pub(super) fn new(frames: Rc<Frames>, now: Instant) -> Rc<Self> {
        Rc::new(Self { frames, delivery: Delivery::default(), outflow: Cell::new(Outflow::new(now)) })
    }

    /// Since when the socket has kept nothing waiting, unless it does so now.
    pub(super) fn flowing_since(&self) -> Option<Instant> {
        self.outflow.get().flowing_since()
    }
}

/// A client's socket under h2.
#[derive(Debug)]
pub(super) struct ClientStream {
    /// Shared with the connection, which says goodbye on it.
    socket: Rc<RefCell<Socket>>,
    client: Rc<Client>,
    wire: Rc<Wire>,
    watch: Watch,
    share: Rc<Share>,
    /// What has been read before, and h2 has not seen yet.
    early: Bytes,
    /// How long the client may take no byte of what is to be written.
    write_idle: Duration,
    /// Whether what was read last was much work.
    is_expensive: bool,
}

impl ClientStream {
    /// `early` has been read of the socket already.
    pub(super) fn new(
        (socket, early): (Rc<RefCell<Socket>>, Bytes),
        client: Rc<Client>,
        wire: Rc<Wire>,
        write_idle: Duration,
    ) -> Self {
        let watch = Watch::new(wire.frames.clone());
        let share = Rc::default();
        Self { socket, client, wire, watch, share, early, write_idle, is_expensive: false }
    }

    fn poll_fill(&mut self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.is_expensive {
            return self.poll_source(cx, buffer);
        }
        let room = buffer.remaining().min(SMALL_READ);
        let mut small = ReadBuf::new(buffer.initialize_unfilled_to(room));
        let result = self.poll_source(cx, &mut small);
        let count = small.filled().len();
        buffer.advance(count);
        result
    }

    fn poll_source(&mut self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.early.is_empty() {
            return Pin::new(&mut *self.socket.borrow_mut()).poll_read(cx, buffer);
        }
        let count = buffer.remaining().min(self.early.len());
        buffer.put_slice(&self.early.split_to(count));
        Poll::Ready(Ok(()))
    }

    fn poll_send(&mut self, cx: &mut Context<'_>, slices: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let socket = self.socket.clone();
        let socket = &mut *socket.borrow_mut();
        let mut result = Pin::new(&mut *socket).poll_write_vectored(cx, slices);
        if result.is_pending() {
            let next: &[u8] = slices.iter().find(|slice| !slice.is_empty()).map_or(&[], |slice| slice);
            let pressed = self.press(socket, next)?;
            if pressed.of_next > 0 {
                result = Poll::Ready(Ok(pressed.of_next));
            } else if pressed.moved > 0 {
                result = Pin::new(&mut *socket).poll_write_vectored(cx, slices);
            }
        }
        if let Poll::Ready(Ok(count)) = result {
            self.unblock();
            self.share.spend(count);
            self.watch.sent(slices, count);
        }
        result
    }

    /// The socket takes no more, and what it does not take goes on with `next`. Ends the connection when that has been so for too long.
    fn press(&mut self, socket: &mut Socket, next: &[u8]) -> io::Result<Pressed> {
        let mut outflow = self.wire.outflow.get();
        let pressed = outflow.press(socket, next, &self.client, self.write_idle);
        self.wire.outflow.set(outflow);
        pressed
    }

    /// The socket has taken what there was.
    fn unblock(&mut self) {
        let mut outflow = self.wire.outflow.get();
        outflow.unblock(self.client.now());
        self.wire.outflow.set(outflow);
    }
}

impl AsyncRead for ClientStream {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.watch.is_over() {
            return Poll::Pending;
        }
        ready!(self.share.poll(cx));
        let before = buffer.filled().len();
        let result = self.poll_fill(cx, buffer);
        let bytes = &buffer.filled()[before..];
        if !bytes.is_empty() {
            let cost = self.watch.received(bytes)?;
            self.share.spend(cost);
            self.is_expensive = cost > EXPENSIVE * bytes.len();
            if self.watch.is_over() {
                buffer.set_filled(before);
                return Poll::Pending;
            }
        }
        result
    }
}

impl AsyncWrite for ClientStream {
    fn poll_write(self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_write_vectored(cx, &[IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.wire.delivery.begin_write();
        ready!(self.share.poll(cx));
        self.poll_send(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let socket = self.socket.clone();
        let socket = &mut *socket.borrow_mut();
        let mut result = Pin::new(&mut *socket).poll_flush(cx);
        if result.is_pending() && self.press(socket, &[])?.moved > 0 {
            result = Pin::new(&mut *socket).poll_flush(cx);
        }
        if let Poll::Ready(Ok(())) = result {
            self.unblock();
            self.wire.delivery.flushed();
        }
        result
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.socket.borrow_mut()).poll_shutdown(cx)
    }
}
