//! The socket of a client connection as hyper gets it: somebody watches what moves, and a write that does not is ended.

use std::cell::{Cell, RefCell};
use std::io;
use std::ops::Range;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::task::{spawn_local, yield_now};
use tokio::time::Instant;

use super::socket::{Pressed, Socket};
use crate::drain::Phase;
use crate::proxy::client::Client;

/// How many times what it is to move a byte makes it expensive.
const EXPENSIVE: usize = 16;
/// What is read at a time behind bytes that were expensive: in HTTP/2 a read can bring hundreds of frames, and all of them are handled
/// before anybody asks whether that was more than a share.
const SIP: usize = 1024;

/// How many times the kernel is asked, while a client takes nothing, before that is over.
const LOOKS: u32 = 32;

/// Whoever watches the bytes of a connection, for one version of HTTP.
pub trait Observer {
    /// Bytes have come from the client, and are to be read by hyper. Returns what it is to handle them, in bytes that are merely moved.
    ///
    /// # Errors
    /// When the connection has to end for them; hyper does not see them then.
    fn received(&mut self, bytes: &mut [u8]) -> io::Result<usize>;

    /// Where in the bytes that came last a head is that hyper has to get by itself, so that the request is known by it. It has not looked at what
    /// is behind.
    fn take_isolated(&mut self) -> Option<Range<usize>> {
        None
    }

    /// Whether hyper gets nothing more to read, what has come last included.
    fn is_over(&self) -> bool {
        false
    }

    /// Whether bytes that hyper wants to send are kept from the client.
    fn holds_back(&mut self, bytes: &[u8]) -> bool;

    /// So many of these bytes have gone to the client.
    fn sent(&mut self, slices: &[io::IoSlice<'_>], count: usize);

    /// Everything that was buffered has gone.
    fn flushed(&mut self);
}

/// A client's socket under hyper.
#[derive(Debug)]
pub struct ClientStream<O> {
    /// Shared with the connection, which looks whether the client is still there while hyper does not read, and says goodbye.
    socket: Rc<RefCell<Socket>>,
    client: Rc<Client>,
    observer: O,
    /// What has been read before, and hyper has not seen yet.
    early: Bytes,
    /// How long the client may take no byte of what is to be written.
    write_idle: Duration,
    /// When the kernel was last asked whether it has room after all, since there was none.
    looked: Cell<Option<Instant>>,
    /// Whether what was read last was much work.
    is_expensive: bool,
    isolated: Option<Box<IsolatedHead>>,
}

/// A head with something wrong in it that hyper does not see. It is handed over by itself: the request that begins then is that one.
#[derive(Debug)]
struct IsolatedHead {
    head: Bytes,
    step: Step,
}

/// In which poll of the connection hyper asked for more: then it has read all that it had. By the next one, it has begun the requests in that.
#[derive(Clone, Copy, Debug)]
enum Step {
    /// What came before the head was handed over.
    Before,
    /// It was read.
    Read(u64),
    /// The head was handed over, and read if more is asked for.
    After(u64),
}

impl<O> ClientStream<O> {
    #[must_use]
    pub fn new(socket: Rc<RefCell<Socket>>, client: Rc<Client>, observer: O, write_idle: Duration) -> Self {
        Self {
            socket,
            client,
            observer,
            early: Bytes::new(),
            write_idle,
            looked: Cell::default(),
            is_expensive: false,
            isolated: None,
        }
    }

    /// Puts bytes that have been read already in front of what is still to come.
    #[must_use]
    pub fn with_early(self, early: Bytes) -> Self {
        Self { early, ..self }
    }

    #[must_use]
    pub fn into_observer(self) -> O {
        self.observer
    }
}

impl<O: Observer> ClientStream<O> {
    /// Once the share is used up others have their turn: everybody who can go on by the time that the worker has looked. To be polled
    /// again does not mean that, because what h2 does for one frame can wake the task for the next, dozens of times in a row.
    fn poll_turn(&self, cx: &Context<'_>) -> Poll<()> {
        if !self.client.has_had_its_share() {
            return Poll::Ready(());
        }
        if self.client.begin_rest() {
            let (client, waker) = (self.client.clone(), cx.waker().clone());
            spawn_local(async move {
                // Until the worker has been around.
                yield_now().await;
                client.end_rest();
                waker.wake();
            });
        }
        Poll::Pending
    }

    fn poll_fill(&mut self, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if !self.is_expensive {
            return self.poll_source(cx, buffer);
        }
        let room = buffer.remaining().min(SIP);
        let mut sip = ReadBuf::new(buffer.initialize_unfilled_to(room));
        let result = self.poll_source(cx, &mut sip);
        let count = sip.filled().len();
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

    fn isolate(&mut self, bytes: &mut [u8], head: &Range<usize>) {
        self.early = [&bytes[head.end..], &self.early[..]].concat().into();
        let head = Bytes::copy_from_slice(&bytes[head.clone()]);
        self.isolated = Some(Box::new(IsolatedHead { head, step: Step::Before }));
    }

    /// Hands over the isolated head when hyper has begun all requests before it. Ready without a byte when the next read may follow.
    fn poll_isolated(&mut self, cx: &Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        let (client, polls) = (&self.client, self.client.polls());
        let Some(isolated) = &mut self.isolated else { return Poll::Ready(Ok(())) };
        match isolated.step {
            Step::Before => {
                isolated.step = Step::Read(polls);
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            Step::Read(poll) | Step::After(poll) if poll == polls => {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            }
            Step::Read(_) => {
                client.mark_next_request();
                let count = buffer.remaining().min(isolated.head.len());
                buffer.put_slice(&isolated.head.split_to(count));
                if isolated.head.is_empty() {
                    isolated.step = Step::After(polls);
                }
            }
            Step::After(_) => {
                client.unmark_next_request();
                self.isolated = None;
            }
        }
        Poll::Ready(Ok(()))
    }

    fn poll_send(&mut self, cx: &mut Context<'_>, slices: &[io::IoSlice<'_>]) -> Poll<io::Result<usize>> {
        let socket = &mut *self.socket.borrow_mut();
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
            self.unblocked();
            self.client.moved(count);
            self.observer.sent(slices, count);
        }
        result
    }

    /// The socket takes no more, and what it does not take goes on with `next`. Ends the connection when that has been so for too long.
    ///
    /// A client that takes little by little makes no room that the kernel would tell of. So the kernel is asked: at first, that what it
    /// takes later is what the client has taken, and then now and then, to know when that was.
    fn press(&self, socket: &mut Socket, next: &[u8]) -> io::Result<Pressed> {
        let (client, pause) = (&self.client, self.write_idle / LOOKS);
        let since = client.blocked();
        let overdue = client.alarm().passed(since + self.write_idle);
        let mut pressed = Pressed::default();
        if overdue || self.looked.get().is_none_or(|looked| client.alarm().passed(looked + pause)) {
            pressed = socket.press(next)?;
            self.looked.set(Some(client.now()));
            client.alarm().passed(client.now() + pause);
        }
        if pressed.moved > 0 {
            // It is as full as before, but only from now on.
            client.unblocked();
            client.blocked();
        } else if overdue {
            return Err(io::ErrorKind::TimedOut.into());
        } else if client.seat().phase() == Phase::Expired {
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        Ok(pressed)
    }

    /// The socket has taken what there was.
    fn unblocked(&self) {
        self.client.unblocked();
        self.looked.set(None);
    }
}

impl<O: Observer + Unpin> AsyncRead for ClientStream<O> {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<io::Result<()>> {
        if self.observer.is_over() {
            return Poll::Pending;
        }
        ready!(self.poll_turn(cx));
        let before = buffer.filled().len();
        if self.isolated.is_some() {
            ready!(self.poll_isolated(cx, buffer))?;
            if buffer.filled().len() > before {
                return Poll::Ready(Ok(()));
            }
        }
        let result = self.poll_fill(cx, buffer);
        let bytes = &mut buffer.filled_mut()[before..];
        if !bytes.is_empty() {
            let cost = self.observer.received(bytes)?;
            self.client.moved(cost);
            self.is_expensive = cost > EXPENSIVE * bytes.len();
            if self.observer.is_over() {
                buffer.set_filled(before);
                return Poll::Pending;
            }
            if let Some(head) = self.observer.take_isolated() {
                self.isolate(&mut buffer.filled_mut()[before..], &head);
                buffer.set_filled(before + head.start);
                return if head.start > 0 { result } else { self.poll_isolated(cx, buffer) };
            }
        }
        result
    }
}

impl<O: Observer + Unpin> AsyncWrite for ClientStream<O> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<io::Result<usize>> {
        if self.observer.holds_back(bytes) {
            return Poll::Ready(Ok(bytes.len()));
        }
        self.client.delivery().begin_write();
        ready!(self.poll_turn(cx));
        self.poll_send(cx, &[io::IoSlice::new(bytes)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.observer.holds_back(slices.first().map_or(&[], |slice| slice)) {
            return Poll::Ready(Ok(slices.iter().map(|slice| slice.len()).sum()));
        }
        self.client.delivery().begin_write();
        ready!(self.poll_turn(cx));
        self.poll_send(cx, slices)
    }

    fn is_write_vectored(&self) -> bool {
        true
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let socket = &mut *this.socket.borrow_mut();
        let mut result = Pin::new(&mut *socket).poll_flush(cx);
        if result.is_pending() && this.press(socket, &[])?.moved > 0 {
            result = Pin::new(&mut *socket).poll_flush(cx);
        }
        if let Poll::Ready(Ok(())) = result {
            this.unblocked();
            this.client.delivery().flushed();
            this.observer.flushed();
        }
        result
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut *self.socket.borrow_mut()).poll_shutdown(cx)
    }
}
